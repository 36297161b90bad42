"""The proof on signals in the styles of public code: those that look ahead are caught, honest ones pass."""

from functools import lru_cache

import numpy as np
import pytest
from markets import nyse, random_bars, source_of
from styles import HONEST, LEAKY, write_style
from worlds import configured

from engine.validation.prove import prove

DATES = nyse("2018-01-02", 180)
SOME = 5
"""Of so many styles one is tried in the kinds that take long, too, on `FEW` sessions."""
FEW = 110


@lru_cache
def fed(sessions):
    rng, dates = np.random.default_rng(12), DATES[:sessions]
    core = random_bars("CORE", dates, rng)
    return source_of(core, random_bars("FUND", dates, rng, follows=core, beta=-3.0))


def proof_of(folder, text, kind, cuts, sessions=None):
    keys = {"start": str(DATES[40]), "portfolio.core": {"CORE": 1.0}, "hedge.instrument": "FUND"}
    keys |= {"hedge.underlying": "CORE", "strategy.class": write_style(folder, text, kind)}
    return prove(configured(keys), fed(sessions), cuts)


@pytest.mark.parametrize("name", LEAKY)
def test_what_looks_ahead_is_caught(tmp_path, name):
    proof = proof_of(tmp_path, LEAKY[name], "intensity", 8)
    assert not proof.stands
    assert proof.leaks


@pytest.mark.parametrize("name", HONEST)
def test_what_is_honest_passes(tmp_path, name):
    proof = proof_of(tmp_path, HONEST[name], "intensity", 12)
    assert [one.sentence for one in proof.leaks] == []
    assert proof.stands


@pytest.mark.parametrize("kind", ["on_close", "backtrader"])
@pytest.mark.parametrize("name", [*list(LEAKY)[::SOME], *list(HONEST)[::SOME]])
def test_so_it_is_in_every_kind(tmp_path, name, kind):
    proof = proof_of(tmp_path, {**LEAKY, **HONEST}[name], kind, 8, FEW)
    assert proof.stands == (name in HONEST)

"""The compiled twins do what the plain functions do, to the last bit of every order."""

import ast
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds import laid_out, source
from worlds import settings as drawn_settings

from engine.kernel import compiled as kernel
from engine.kernel import loop, sweep
from engine.kernel.compiled import SOURCES, compiled


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_the_compiled_run_is_the_plain_run(keys, seed):
    setup = laid_out(keys, source(seed))

    ours = loop.run_policy(setup.prices, setup.terms, setup.plan)
    twins = compiled().run_policy(setup.prices, setup.terms, setup.plan)
    again = compiled().replay(setup.prices, setup.terms, ours)

    for theirs in (twins, again):
        assert theirs.last == ours.last
        np.testing.assert_allclose(theirs.equity, ours.equity, rtol=1e-12)
        np.testing.assert_array_equal(np.sign(theirs.traded), np.sign(ours.traded))
        np.testing.assert_array_equal(theirs.ordered, ours.ordered)
    np.testing.assert_array_equal(twins.actions[:, -1], ours.actions[:, -1])


@settings(max_examples=60, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_decisions_without_a_book_are_those_with_one(keys, seed):
    setup = laid_out(keys | {"hedge.rebalance": "weekly"}, source(seed))
    ledger = loop.run_policy(setup.prices, setup.terms, setup.plan)

    for decisions in (sweep.decisions, compiled().decisions):
        at, on, _anew, entries = decisions(setup.prices, setup.plan)
        kept = at < ledger.last
        assert at[kept].tolist() == np.flatnonzero(ledger.ordered[: ledger.last]).tolist()
        held = ledger.hedges[at[kept & on[:, -1]]]
        assert (held > 0).all() or setup.plan.size.min() <= 0 or np.isnan(setup.plan.size).any()
        if ledger.last == len(ledger.equity) - 1:
            assert entries == np.count_nonzero(ledger.actions[:, -1] == 1)


@pytest.mark.parametrize("module", SOURCES)
def test_what_is_compiled_is_kept_by_the_bytes_of_all_that_it_takes_in(module):
    """Constants are compiled in: of rooms with rules, nothing may be imported that isn't a source itself."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name for name in imported if name.startswith(("engine", "strategies"))} <= {one.__name__ for one in SOURCES}


def test_another_byte_of_a_source_is_another_folder(tmp_path, monkeypatch):
    source, folders = ModuleType("source"), []
    source.__file__ = str(tmp_path / "source.py")
    monkeypatch.setattr(kernel, "SOURCES", (*SOURCES, source))
    for text in ("LEAST = 1", "LEAST = 2"):
        Path(source.__file__).write_text(text, encoding="utf-8")
        folders.append(kernel._folder())

    assert folders[0] != folders[1]

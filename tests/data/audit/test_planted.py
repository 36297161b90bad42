"""Planted faults: each kind is found, in made-up and in real history, with its instrument, date and severity."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import pytest
from faults import NAMES, PLANTED, Family, made_up
from history import FOLDER, needs_history
from hypothesis import given, settings
from hypothesis import strategies as st

from data.arrays import day
from data.audit.finding import INFO, WARNING
from data.audit.repairing import repair, undo
from data.audit.run import audit
from data.bars import COLUMNS, Bars
from data.repairs import Repair, mended
from data.sources import BARS, SERIES
from data.sources.csv import CsvSource

SEEDS = (2, 5)
FROM = day("2010-06-01")
BY_HAND = ("high", "low", "stale", "shifted", "follows", "missing", "ends", "extra", "order", "values", "adjusted")
"""Kinds that a person has to mend, and volume."""
REPAIRED = [
    name
    for name, planted in PLANTED.items()
    if isinstance(planted.role, int) and planted.kind not in BY_HAND and "volume for" not in name
]


@lru_cache
def family(seed: int) -> Family:
    return made_up(seed)


@lru_cache
def real() -> Family:
    source = CsvSource(FOLDER)
    bars = {name: source.read(BARS, name) for name in NAMES}
    return Family(bars, {name: source.read(SERIES, name) for name in ("IRX", "VIX", "SOX")})


@dataclass
class Desk:
    """A source in memory that keeps repairs."""

    family: Family
    made: tuple[Repair, ...] = ()

    name = "desk"
    simulated = False

    def names(self, kind):
        return tuple({BARS: self.family.bars, SERIES: self.family.series}.get(kind, ()))

    def read(self, kind, name):
        if kind == BARS:
            return mended(self.bars_as_kept(name), [each for each in self.made if each.instrument == name])
        return self.family.series[name]

    def bars_as_kept(self, name: str) -> Bars:
        return self.family.bars[name]

    def repairs(self) -> tuple[Repair, ...]:
        return self.made

    def set_repairs(self, repairs) -> None:
        self.made = tuple(repairs)


@lru_cache
def told_before(names, first):
    """What is told of the clean history: nothing of a made-up one."""
    return frozenset() if first is None else frozenset(one.id for one in audit(real().source(), names, first))


def doubts(found, before):
    """What is no mere information, and was not told of the clean history."""
    return [one for one in found if one.severity != INFO and one.id not in before]


def assert_found(clean, name, date, first=None):
    planted = PLANTED[name]
    names = (*clean.names[:2], "IRX", "VIX")
    before = told_before(names, first)
    found = audit(planted.plant(clean, date).source(), names, first)
    hits = planted.in_findings(found, clean, date)
    assert len(hits) == 1, found
    others = [one for one in doubts(found, before) if one not in hits and one.kind not in planted.also]
    assert not others
    return hits[0]


@pytest.mark.parametrize("seed", SEEDS)
def test_a_clean_market_is_silent(seed):
    assert not audit(family(seed).source())


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_in_a_made_up_market(name, seed):
    clean = family(seed)
    assert_found(clean, name, PLANTED[name].date(clean, np.random.default_rng(seed)))


@needs_history
@pytest.mark.parametrize("name", PLANTED)
def test_a_planted_fault_is_found_in_real_history(name):
    clean = real()
    assert_found(clean, name, PLANTED[name].date(clean, np.random.default_rng(1)), FROM)


CERTAIN = sorted(name for name, planted in PLANTED.items() if planted.kind not in ("stale", "spike", "dividend"))
"""What stands still or spikes is told by what else moved that day; a payment, by noise."""


@given(name=st.sampled_from(CERTAIN), seed=st.integers(0, 10_000))
@settings(max_examples=40, deadline=None)
def test_a_fault_planted_at_any_date_is_found(name, seed):
    clean = family(SEEDS[0])
    assert_found(clean, name, PLANTED[name].date(clean, np.random.default_rng(seed)))


def assert_repaired(clean, name, date, first=None):
    names = clean.names[:2]
    before = told_before(names, first)
    desk = Desk(PLANTED[name].plant(clean, date))
    broken = {each: desk.read(BARS, each) for each in names}
    found = audit(desk, names, first)
    made = repair(desk, found)
    assert made or PLANTED[name].severity == WARNING or name not in REPAIRED
    assert {each.id for each in made} == {one.id for one in found if one.repair is not None}
    left = doubts(audit(desk, names, first), before)
    assert not [one for one in left if one.repair is not None or one.id in {each.id for each in made}]
    undo(desk, [each.id for each in made])
    for each in names:
        for column in COLUMNS:
            assert getattr(desk.read(BARS, each), column).tobytes() == getattr(broken[each], column).tobytes()
    return made


@pytest.mark.parametrize("name", REPAIRED)
def test_a_repaired_fault_is_gone_and_undone_is_back(name):
    clean = family(SEEDS[1])
    assert_repaired(clean, name, PLANTED[name].date(clean, np.random.default_rng(3)))


@needs_history
@pytest.mark.parametrize("name", REPAIRED)
def test_a_fault_repaired_in_real_history_is_gone(name):
    clean = real()
    assert_repaired(clean, name, PLANTED[name].date(clean, np.random.default_rng(2)), FROM)


EXACT = [
    "15 times too high before",
    "15 times too low before",
    "15 times too high before, volume too",
    "half before",
    "the underlying thrice before",
    "a split that isn't recorded",
    "a false split",
    "a false split of the underlying",
    "a split upside down",
    "a split a session early",
    "a split a session late",
    "a split of another ratio",
    "splits given twice",
    "three sessions of ten times",
    "an underlying's dividend of 4 % never paid",
]


@pytest.mark.parametrize("name", EXACT)
def test_a_repair_brings_the_very_bars_back(name):
    """Not only silence: what the audit makes of a broken history is the history before it was broken."""
    clean, planted = family(SEEDS[1]), PLANTED[name]
    desk = Desk(planted.plant(clean, planted.date(clean, np.random.default_rng(4))))
    repair(desk, audit(desk, clean.names[:2]))
    for each in clean.names[:2]:
        for column in COLUMNS:
            np.testing.assert_allclose(
                getattr(desk.read(BARS, each), column), getattr(clean.bars[each], column), rtol=1e-12
            )

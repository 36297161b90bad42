"""Sources that pass on what they don't change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from markets import MemorySource, days, make_bars, make_series, nyse, source_of

from data.audit.repairing import Without
from data.events import make_events, make_members
from data.sources import BARS, EVENTS, MEMBERS, SERIES
from data.sources.extended import ExtendedSource
from data.sources.wrapped import KeptSource, Wrapped

DATES = nyse("2024-01-02", 3)
HELD = (
    make_bars("CORE", DATES, [1, 2, 3]),
    make_series("VIX", DATES, [11, 12, 13]),
    make_events("fomc_dates", days("2024-01-31")),
    make_members("chips", ["CORE"]),
)
NAMES = {BARS: "CORE", SERIES: "VIX", EVENTS: "fomc_dates", MEMBERS: "chips"}
INNER = source_of(*HELD)


@pytest.mark.parametrize(
    "source",
    [
        Wrapped(INNER),
        KeptSource(INNER),
        ExtendedSource(INNER, (), 0.0),
        Without(INNER, None, "x"),  # type: ignore[arg-type]  # only its bars ask the keeper
    ],
    ids=["wrapped", "kept", "extended", "without"],
)
def test_what_isn_t_changed_is_passed_on(source):
    assert (source.name, source.simulated) == ("memory", False)
    assert (source.names(BARS), source.names(SERIES)) == (("CORE",), ("VIX",))
    assert (source.names(EVENTS), source.names(MEMBERS)) == (("fomc_dates",), ("chips",))
    for kind, name in NAMES.items():
        if (type(source), kind) != (Without, "bars"):
            given, held = source.read(kind, name), INNER.read(kind, name)
            assert given.values is held.values if kind == "series" else given is held


def test_a_derived_source_says_only_what_it_changes():
    @dataclass(frozen=True)
    class Doubled(Wrapped):
        by: float

        def read(self, kind, name):
            held = self.source.read(kind, name)
            return make_series(name, held.dates, self.by * held.values) if kind == SERIES else held

    source = Doubled(INNER, 2.0)
    np.testing.assert_array_equal(source.read(SERIES, "VIX").values, [22, 24, 26])
    assert source.read(EVENTS, "fomc_dates") is INNER.read(EVENTS, "fomc_dates")


def test_each_thing_is_read_once():
    asked = []

    @dataclass(frozen=True)
    class Counting(MemorySource):
        def read(self, kind, name):
            asked.append(name)
            return super().read(kind, name)

    source = KeptSource(Counting(INNER.held_bars, INNER.held_series, INNER.held_events, INNER.held_members))
    for _ in range(2):
        source.read(EVENTS, "fomc_dates")
        source.read(MEMBERS, "chips")
    assert asked == ["fomc_dates", "chips"]

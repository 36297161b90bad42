"""Sources that pass on what they don't change."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from markets import MemorySource, days, make_bars, make_series, nyse, source_of

from data.audit.repairing import Without
from data.errors import DataError
from data.events import make_events, make_members
from data.sources.extended import ExtendedSource
from data.sources.kept import KeptSource
from data.sources.wrapped import Eventless, Wrapped

DATES = nyse("2024-01-02", 3)
HELD = (
    make_bars("CORE", DATES, [1, 2, 3]),
    make_series("VIX", DATES, [11, 12, 13]),
    make_events("fomc_dates", days("2024-01-31")),
    make_members("chips", ["CORE"]),
)
NAMES = {"bars": "CORE", "series": "VIX", "events": "fomc_dates", "members": "chips"}
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
    assert (source.instruments(), source.series_names()) == (("CORE",), ("VIX",))
    assert (source.event_names(), source.member_names()) == (("fomc_dates",), ("chips",))
    for kind, name in NAMES.items():
        if (type(source), kind) != (Without, "bars"):
            given, held = getattr(source, kind)(name), getattr(INNER, kind)(name)
            assert given.values is held.values if kind == "series" else given is held


def test_a_derived_source_says_only_what_it_changes():
    @dataclass(frozen=True)
    class Doubled(Wrapped):
        by: float

        def series(self, name):
            held = self.source.series(name)
            return make_series(name, held.dates, self.by * held.values)

    source = Doubled(INNER, 2.0)
    np.testing.assert_array_equal(source.series("VIX").values, [22, 24, 26])
    assert source.events("fomc_dates") is INNER.events("fomc_dates")


def test_each_thing_is_read_once():
    asked = []

    @dataclass(frozen=True)
    class Counting(MemorySource):
        def events(self, name):
            asked.append(name)
            return super().events(name)

        def members(self, name):
            asked.append(name)
            return super().members(name)

    source = KeptSource(Counting(INNER.held_bars, INNER.held_series, INNER.held_events, INNER.held_members))
    for _ in range(2):
        source.events("fomc_dates")
        source.members("chips")
    assert asked == ["fomc_dates", "chips"]


def test_a_source_without_events_has_none():
    source = Eventless()
    assert (source.event_names(), source.member_names()) == ((), ())
    with pytest.raises(DataError, match="no events of fomc_dates: this source holds none"):
        source.events("fomc_dates")
    with pytest.raises(DataError, match="no members of chips: this source holds none"):
        source.members("chips")

"""What the proof is made of: histories tampered with, comparing, cuts, and orders noted as they are placed."""

from dataclasses import fields

import backtrader as bt
import numpy as np
import pytest
from companyfacts import filings, quarterly
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import days, make_bars, make_series, nyse, random_bars, source_of
from worlds import laid_out
from worlds import source as world

from data.bars import PRICES, Bars
from data.errors import DataError
from data.events import make_events, make_members
from data.sources import BARS, FILINGS, SERIES, altered
from data.sources.altered import AlteredSource, Companies
from data.sources.valued import ValuedSource
from data.sources.wrapped import KeptSource
from engine.backtrader_engine.execute import run_backtrader_strategy, run_noting_orders
from engine.validation.causality import choose_cuts, switches
from engine.validation.histories import (
    Garbage,
    cut,
    known_at,
    later,
    poisoned,
    scaled,
    whole,
)
from engine.validation.probe import DECISION, INPUT, ROUNDING, Output, OutputColumn, compare, differing

DATES = nyse("2018-01-02", 60)
SEEDS = st.integers(0, 1000)


@settings(deadline=None)  # the first example loads the calendar
@given(SEEDS, st.integers(0, 4), st.booleans(), st.integers(5, 50))
def test_what_is_known_of_a_series_stays_and_no_more(seed, lag, revised, row):
    """At every session up to the cut the series reads as before; after it, of a cut one, nothing new comes."""
    rng = np.random.default_rng(seed)
    dates = np.sort(rng.choice(np.arange(DATES[0], DATES[-1]), 40))
    known = dates + rng.integers(0, 9, 40) * np.timedelta64(1, "D") if revised else None
    series = make_series("PE", dates, rng.normal(size=40), known, 0 if revised else lag)
    whole = series.as_known(DATES, DATES)
    for history in (cut(DATES[row]), poisoned(DATES[row], Garbage(seed))):
        read = history("series/PE", series).as_known(DATES, DATES)
        np.testing.assert_array_equal(read[: row + 1], whole[: row + 1])
    ended = cut(DATES[row])("series/PE", series).as_known(DATES, DATES)
    assert (ended[row:] == ended[row]).all() or np.isnan(ended[row:]).all()
    assert known_at(series, DATES[row]).sum() == len(cut(DATES[row])("series/PE", series).dates)


@given(SEEDS, st.integers(0, 59))
def test_poisoned_bars_are_bars_and_the_same_up_to_the_cut(seed, row):
    bars = random_bars("CORE", DATES, np.random.default_rng(seed))
    spoilt = poisoned(DATES[row], Garbage(seed))("bars/CORE", bars)
    for name in (one.name for one in fields(Bars) if one.name != "instrument"):
        np.testing.assert_array_equal(getattr(spoilt, name)[: row + 1], getattr(bars, name)[: row + 1])
    for name in PRICES:
        assert (getattr(spoilt, name) > 0.0).all()
        assert (spoilt.low <= getattr(spoilt, name)).all()
        assert (spoilt.high >= getattr(spoilt, name)).all()
        assert row == 59 or (getattr(spoilt, name)[row + 1 :] != getattr(bars, name)[row + 1 :]).all()


def test_garbage_is_another_for_every_item_and_seed_and_the_same_again():
    bars = random_bars("CORE", DATES, np.random.default_rng(1))

    def close(item, seed):
        return poisoned(DATES[20], Garbage(seed))(item, bars).close[21:]

    np.testing.assert_array_equal(close("bars/A", 1), close("bars/A", 1))
    assert (close("bars/A", 1) != close("bars/B", 1)).all()
    assert (close("bars/A", 1) != close("bars/A", 2)).all()


def test_one_column_and_one_item_are_poisoned_alone():
    bars = random_bars("CORE", DATES, np.random.default_rng(1))
    history = poisoned(DATES[20], Garbage(1, fields=("volume",)), frozenset(("bars/CORE",)))
    spoilt = history("bars/CORE", bars)
    assert (spoilt.volume[21:] != bars.volume[21:]).all()
    np.testing.assert_array_equal(spoilt.close, bars.close)
    assert history("bars/OTHER", bars) is bars


def test_events_and_members_of_later_are_not_there_or_are_others():
    dates, told = days("2018-02-01", "2018-03-01", "2018-03-15"), days("2018-01-10", "2018-02-10", "2018-03-05")
    events = make_events("fomc", dates, announced=told)
    at = np.datetime64("2018-02-15")
    assert cut(at)("events/fomc", events).dates.tolist() == dates[:2].tolist()
    spoilt = poisoned(at, Garbage(3))("events/fomc", events)
    assert len(spoilt) == 3
    assert set(dates[:2].tolist()) <= set(spoilt.dates.tolist())
    assert not (spoilt.dates == dates[2]).any()
    undated = make_events("cpi", dates)
    assert cut(at)("events/cpi", undated) is undated

    members = make_members(
        "chips", ["A", "B", "C"], days("NaT", "2018-01-05", "2018-03-01"), days("2018-03-09", "NaT", "NaT")
    )
    for history in (cut(at), poisoned(at, Garbage(3))):
        left = history("members/chips", members)
        upto = nyse("2018-01-02", 31)
        np.testing.assert_array_equal(left.on(upto, ("A", "B", "C")), members.on(upto, ("A", "B", "C")))
    assert cut(at)("members/chips", members).symbols.tolist() == ["A", "B"]


def test_a_history_that_begins_later_knows_the_last_value_of_each_series():
    series = make_series("PE", DATES, np.arange(60.0), lag=2)
    left = later(DATES[30])("series/PE", series)
    assert left.as_known(DATES[30:], DATES[30:])[0] == 28.0 == series.as_known(DATES, DATES)[30]
    assert len(left.dates) == 32
    bars = random_bars("CORE", DATES, np.random.default_rng(1))
    assert later(DATES[30])("bars/CORE", bars).dates[0] == DATES[30]


def test_scaled_prices_have_the_same_returns_to_the_last_bit():
    bars = random_bars("CORE", DATES, np.random.default_rng(1))
    larger = scaled(8.0)("bars/CORE", bars)
    np.testing.assert_array_equal(larger.total_return(), 8.0 * bars.total_return())
    np.testing.assert_array_equal(larger.volume, bars.volume)


FILED = filings(quarterly(25e6, 100e6, 1e8, 2016, 2018), "NVDA")


def test_filings_of_a_session_are_not_known_at_its_close():
    at = np.datetime64("2018-05-10")  # the first quarter's
    assert known_at(FILED, at).sum() == 24
    assert known_at(FILED, at + 1).sum() == 27
    left = cut(at)("filings/NVDA", FILED)
    assert (len(left), left.filed.max()) == (24, np.datetime64("2018-02-20"))
    spoilt = poisoned(at, Garbage(3))("filings/NVDA", FILED)
    changed = spoilt.value != FILED.value
    np.testing.assert_array_equal(changed, FILED.filed >= at)
    assert (np.abs(np.log(spoilt.value / FILED.value)) <= np.log(3.0) + 1e-12).all()
    assert later(at)("filings/NVDA", FILED) is scaled(8.0)("filings/NVDA", FILED) is FILED


@pytest.fixture(autouse=True)
def _as_they_are(monkeypatch):
    """Take bars for as traded, as they are: made-up prices tell no lattice."""
    monkeypatch.setattr("data.sources.valued.as_traded", lambda bars: bars)


def valued_market(seed):
    """Two companies on a market, one of which splits, and their valuations, one known late."""
    rng = np.random.default_rng(seed)
    held = []
    for name in ("NVDA", "AMD"):
        split = {int(rng.integers(1, 60)): 4.0} if name == "AMD" else {}
        text = quarterly(*rng.integers(1, 90, 2) * 1e6, 1e8, 2016, 2018)
        held += [filings(text, name), make_bars(name, DATES, rng.lognormal(3, 0.2, 60).round(2), split=split)]
    return KeptSource(ValuedSource(source_of(*held)), {"CHIPS_PS": 2})


@settings(max_examples=30)
@given(SEEDS, st.integers(1, 59))
def test_valuations_are_made_anew_of_what_was_known(seed, row):
    """Of what was tampered with: up to the cut they are what they were, after it others or none."""
    source = valued_market(seed)
    for history in (cut(DATES[row]), poisoned(DATES[row], Garbage(seed))):
        for name in ("CHIPS_PE", "NVDA_EARNINGS_YIELD", "CHIPS_PS"):
            tampered = AlteredSource(source, history)
            expected, found = source.read(SERIES, name), tampered.read(SERIES, name)
            assert found.lag == expected.lag == (2 if name == "CHIPS_PS" else 0)
            upto = slice(row + 1)
            np.testing.assert_array_equal(found.as_known(DATES, DATES)[upto], expected.as_known(DATES, DATES)[upto])
            companies = ("NVDA",) if name.startswith("NVDA") else ("AMD", "NVDA")
            assert tampered.asked == {f"series/{name}"} | {
                f"{kind}/{company}" for kind in (BARS, FILINGS) for company in companies
            }


def test_a_company_is_valued_once_as_long_as_nothing_was_done_to_it(monkeypatch):
    """And to the same figures as by a source that remembers nothing, whatever was asked for before."""
    asked, source, companies = [], valued_market(3), Companies()
    value = altered.company
    monkeypatch.setattr(altered, "company", lambda *given: asked.append(given[0].name) or value(*given))
    rate, amd = frozenset(("series/RATE",)), frozenset(("filings/AMD",))
    spoilt = [poisoned(DATES[30], Garbage(1), items) for items in (rate, amd, None)]
    for history, count in zip(
        (whole, *spoilt, cut(DATES[40]), later(DATES[10]), whole), (2, 0, 1, 2, 2, 2, 0), strict=True
    ):
        asked.clear()
        found = AlteredSource(source, history, companies).read(SERIES, "CHIPS_PE")
        assert len(asked) == count
        again = AlteredSource(source, history).read(SERIES, "CHIPS_PE")
        np.testing.assert_array_equal(found.values, again.values)
        np.testing.assert_array_equal(found.dates, again.dates)


def test_a_valuation_that_is_known_late_is_cut_by_its_lag():
    found = AlteredSource(valued_market(1), cut(DATES[40])).read(SERIES, "CHIPS_PS")
    np.testing.assert_array_equal(found.dates, DATES[:39])


def test_a_series_of_one_s_own_is_tampered_with_as_any_other():
    own = make_series("CHIPS_PE", DATES, np.arange(60.0))
    source = ValuedSource(source_of(FILED, make_bars("NVDA", DATES, np.full(60, 20.0)), own))
    tampered = AlteredSource(source, cut(DATES[40]))
    np.testing.assert_array_equal(tampered.read(SERIES, "CHIPS_PE").values, np.arange(41.0))
    assert tampered.asked == {"series/CHIPS_PE"}


def test_before_a_company_has_a_bar_it_is_none_and_nobody_is_told():
    """AMD's bars begin on session 30: a history that ends before has NVDA's alone, and before filings no valuation."""
    bars = [make_bars(name, dates, np.full(len(dates), 20.0)) for name, dates in (("NVDA", DATES), ("AMD", DATES[30:]))]
    source = ValuedSource(source_of(FILED, filings(quarterly(1e6, 1e6, 1e8, 2016), "AMD"), *bars))
    early = AlteredSource(source, cut(DATES[20])).read(SERIES, "CHIPS_PE")
    assert set(early.values) == {20.0}
    np.testing.assert_array_equal(early.dates, DATES[:21])
    with pytest.raises(DataError, match=r"^AMD_PE: no session has a close as traded, shares and four quarters"):
        AlteredSource(source, cut(DATES[20])).read(SERIES, "AMD_PE")


def test_what_a_vendor_adjusted_is_undone_before_and_once(monkeypatch):
    """The prices tell how, all of them: garbage after a session must not reach what was traded before it."""
    asked = []
    monkeypatch.setattr("data.sources.valued.as_traded", lambda bars: asked.append(len(bars)) or bars)
    source = valued_market(1)
    for history in (whole, cut(DATES[40]), poisoned(DATES[40], Garbage(1)), cut(DATES[50])):
        AlteredSource(source, history).read(SERIES, "CHIPS_PE")
    assert asked == [60, 60]


def told(values, role=DECISION, against=None, first=0):
    columns = {"intensity": OutputColumn(role, np.array(values, float), against)}
    return Output(DATES[: len(values)], first, columns)


def test_a_rounding_is_no_difference_and_its_size_is_told():
    ours = np.array([1.0, 2.0, np.nan, 0.0, 1e-15])
    off, apart = differing(ours, ours * (1.0 + 1e-12))
    assert not off.any()
    assert 0.0 < apart < ROUNDING
    off, _ = differing(ours, np.array([1.0, 2.0 + 1e-6, np.nan, 0.0, np.nan]))
    assert off.tolist() == [False, True, False, False, True]


def test_comparing_stops_at_the_cut_and_begins_with_the_run():
    ours, theirs = told([0, 0, 1, 1], first=1), told([1, 0, 1, 0])
    assert not compare(ours, theirs, 2).differs
    assert compare(ours, theirs, 3).rows == {"intensity": 3}
    absent = compare(ours, Output(DATES[:4], 1), 3)
    assert absent.rows == {"intensity": 1}


def test_cuts_are_around_switches_and_over_the_whole_run():
    class Short:
        first = 5

        def __len__(self):
            return 60

    values = np.zeros(60)
    values[30:35] = 1.0
    seen = told(values)
    assert np.flatnonzero(switches(seen)).tolist() == [30, 35]
    rows = choose_cuts(Short(), seen, 12)
    assert len(rows) == 12 == len(set(rows.tolist()))
    assert {29, 30, 31, 34, 35, 36} <= set(rows.tolist())
    assert (np.diff(rows) > 0).all()
    assert (rows.min(), rows.max()) >= (6, 40)
    assert rows.max() <= 58
    assert choose_cuts(Short(), seen, 100).tolist() == list(range(6, 59))
    against = OutputColumn(INPUT, np.arange(60.0), np.full(60, 20.5))
    assert np.flatnonzero(switches(Output(DATES, 5, {"x": against}))).tolist() == [21]


class Patient(bt.Strategy):
    """Buys at the market, puts in a limit far below, and takes that back."""

    def next(self):
        t = len(self) - 1
        if t == 3:
            self.buy(self.data, size=2)
            self.low = self.buy(self.data, size=1, exectype=bt.Order.Limit, price=1e-3)
        if t == 6:
            self.cancel(self.low)
            self.sell(self.data, size=2)


def test_orders_are_noted_when_they_are_placed():
    setup = laid_out({}, world(5))
    ledger, placed = run_noting_orders(setup, Patient, {})
    name = setup.legs.names[0]
    assert [(one.session, one.instrument, one.size, one.words) for one in placed] == [
        (3, name, 2.0, f"buy 2 {name}"),
        (3, name, 1.0, f"buy 1 {name} limit at 0.001"),
        (6, name, 1.0, f"take back 1 {name}"),
        (6, name, -2.0, f"sell 2 {name}"),
    ]
    plain, _lost = run_backtrader_strategy(setup, Patient, {})
    np.testing.assert_array_equal(ledger.equity, plain.equity)


@pytest.mark.parametrize("until", [3, 5, 6])
def test_a_run_that_is_stopped_has_placed_the_same_orders_by_then(until):
    setup = laid_out({}, world(5))
    _, placed = run_noting_orders(setup, Patient, {})
    ledger, stopped = run_noting_orders(setup, Patient, {}, until)
    assert ledger is None
    assert [one.words for one in stopped] == [one.words for one in placed if one.session <= until]

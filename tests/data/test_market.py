"""The Market: whose sessions it has, what it refuses, and that nothing in it comes from later than it stands."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import ROLES, days, make_bars, make_market, make_series, nyse, random_bars, source_of

from data.arrays import DAY, day
from data.audit.finding import Finding
from data.bars import COLUMNS
from data.errors import DataError
from data.events import make_events, make_members
from data.market import MEMORY, load_market, recorded
from data.roles import HedgeRole, Roles
from data.sources.wrapped import KeptSource

DATES = nyse("2024-01-02", 12)
CORE = make_bars("CORE", DATES, np.arange(100.0, 112.0))
FUND = make_bars("FUND", DATES, np.arange(50.0, 38.0, -1.0))
TWO = Roles.with_fund({"CORE": 0.6, "OTHER": 0.4}, "FUND", "INDEX", -3.0)


def without(bars, *rows):
    return bars.rows(~np.isin(np.arange(len(bars)), rows))


def flat(instrument, **events):
    return make_bars(instrument, DATES, np.full(12, 10.0), **events)


def refused(source, start, end=None, roles=ROLES):
    with pytest.raises(DataError) as caught:
        load_market(source, roles, day(start), end and day(end))
    return str(caught.value)


# Roles


def test_listed_is_the_core_in_its_order_and_then_what_hedges_have_bars_of():
    roles = Roles.with_fund({"B": 0.25, "A": 0.75}, "H", "U", -3.0)
    made = (HedgeRole("BILLS", "cash"), HedgeRole("U-SHORT", "short", side=-1), HedgeRole("U-PUT95", "option"))
    assert roles.listed == ("B", "A", "H")
    assert Roles(roles.core, made, "U").listed == ("B", "A", "U")
    np.testing.assert_array_equal(roles.core_weights, [0.25, 0.75])


# Sessions


def test_start_and_end_may_be_any_day():
    """Saturday 6 to Sunday 14 January: the run is Monday 8 to Friday 12."""
    market = load_market(source_of(CORE, FUND), ROLES, day("2024-01-06"), day("2024-01-14"))
    np.testing.assert_array_equal(market.run_sessions, np.arange(day("2024-01-08"), day("2024-01-13")))
    np.testing.assert_array_equal(market.sessions[: market.first], DATES[:4])
    assert len(market) == 9


def test_the_run_has_the_sessions_on_which_everything_traded_has_a_bar():
    other, index = flat("OTHER"), make_bars("INDEX", DATES, np.arange(12.0) + 1)
    held = (without(CORE, 5), without(other, 7), without(FUND, 0, 1, 2, 9), without(index, 1, 10))
    market = load_market(source_of(*held), TWO, DATES[4])
    np.testing.assert_array_equal(market.sessions, DATES[[0, 2, 3, 4, 6, 8, 10, 11]])
    assert market.first == 3
    np.testing.assert_array_equal(market.total_return(), [1, 3, 4, 5, 7, 9, 9, 12])


def test_when_something_traded_lacks_the_first_session_the_run_begins_at_the_next():
    market = make_market(without(CORE, 4), FUND, row=4)
    assert market.run_sessions[0] == DATES[5]
    np.testing.assert_array_equal(market.sessions[: market.first], DATES[:4])


def test_a_session_that_only_the_underlying_has_belongs_to_the_warm_up():
    """The fund lacks the first session after start: the run begins at the next, and signals read that one too."""
    market = make_market(CORE, without(FUND, 4), row=4)
    np.testing.assert_array_equal(market.sessions, DATES)
    assert market.run_sessions[0] == DATES[5]


def test_a_value_of_the_last_session_is_known_at_its_close():
    market = make_market(CORE, FUND, make_series("VIX", DATES, np.arange(12.0)), row=2)
    assert market.series("VIX")[-1] == 11.0


def test_lags_are_counted_by_every_session_of_the_exchange():
    market = make_market(without(CORE, 5), FUND, make_series("S", DATES, np.arange(12.0)), row=3, lags={"S": 2})
    np.testing.assert_array_equal(market.calendar, DATES)
    np.testing.assert_array_equal(market.series("S")[market.first :], [1, 2, 4, 5, 6, 7, 8, 9])


def test_the_hedge_may_be_younger_than_the_warm_up():
    market = make_market(CORE, without(FUND, *range(5)), row=5)
    assert np.isnan(market.total_return("FUND")[:5]).all()
    np.testing.assert_array_equal(market.close("FUND")[5:], FUND.close[5:])


# Refused


def test_a_history_that_begins_after_start_is_refused():
    source = source_of(CORE, without(FUND, *range(5)))
    assert refused(source, "2024-01-03") == (
        "FUND begins 2024-01-09, after start 2024-01-03: set start to 2024-01-09 or later"
    )


def test_a_history_that_begins_on_the_first_session_after_start_is_not():
    market = load_market(source_of(CORE, without(FUND, *range(4))), ROLES, day("2024-01-06"))
    assert market.run_sessions[0] == DATES[4] == day("2024-01-08")


def test_a_start_before_all_history_is_refused_too():
    assert refused(source_of(CORE, FUND), "2020-01-02") == (
        "CORE begins 2024-01-02, after start 2020-01-02: set start to 2024-01-02 or later"
    )


def test_a_history_that_ends_before_start_is_refused():
    source = source_of(CORE, FUND.rows(slice(0, 4)))
    assert refused(source, "2024-01-09") == (
        "FUND ends 2024-01-05, before start 2024-01-09: choose an earlier start or newer data"
    )


@pytest.mark.parametrize("end", ["2024-01-03", "2024-01-04"])
def test_an_end_not_after_the_start_is_refused(end):
    assert refused(source_of(CORE, FUND), "2024-01-04", end) == f"end {end} is not after start 2024-01-04"


def test_an_end_before_any_bar_is_refused():
    assert refused(source_of(CORE, FUND), "2023-01-03", "2023-06-01") == (
        "CORE has no bar up to end 2023-06-01: choose an earlier start or newer data"
    )


def test_instruments_that_share_no_session_are_refused():
    source = source_of(without(CORE, *range(1, 12, 2)), without(FUND, *range(2, 12, 2)))
    assert refused(source, "2024-01-03") == (
        "fewer than two sessions between 2024-01-03 and the end of the data: widen start and end"
    )


def test_one_session_is_no_run():
    assert refused(source_of(CORE, FUND), "2024-01-05", "2024-01-07") == (
        "fewer than two sessions between 2024-01-05 and 2024-01-07: widen start and end"
    )


def test_an_instrument_that_the_source_has_not_is_refused():
    assert refused(source_of(CORE), "2024-01-03") == "memory: no bars of FUND"


# Bars and series on the market's sessions


def test_events_of_a_session_that_another_lacks_fold_into_the_next():
    core = make_bars("CORE", DATES, np.full(12, 10.0), dividend={6: 0.5}, split={7: 2.0})
    bars = make_market(core, without(FUND, 6), row=2).bars("CORE")
    assert bars.dates[6] == DATES[7]
    assert (bars.dividend[6], bars.split[6]) == (0.25, 2.0)
    assert bars.dividend.sum() == 0.25


def test_volume_that_the_vendor_wrote_as_zero_is_not_known():
    market = make_market(make_bars("CORE", DATES, np.full(12, 9.0), volume={3: 0.0}), FUND)
    np.testing.assert_array_equal(np.isnan(market.volume()), np.arange(12) == 3)
    np.testing.assert_array_equal(np.isnan(market.bars().volume), np.arange(12) == 3)


def test_a_series_has_its_own_lag_unless_the_run_says_otherwise():
    late = make_series("PE", DATES, np.arange(12.0), lag=2)
    np.testing.assert_array_equal(make_market(CORE, FUND, late).series("PE")[1:4], [np.nan, 0, 1])
    np.testing.assert_array_equal(make_market(CORE, FUND, late, lags={"PE": 0}).series("PE")[1:4], [1, 2, 3])


def test_a_value_can_t_be_read_before_its_lag():
    market = recorded(make_market(CORE, FUND, make_series("PE", DATES, np.arange(12.0)), lags={"PE": 1}))
    assert market.value("PE", DATES[3], DATES[4]) == 3.0
    with pytest.raises(
        DataError, match=f"the value of {DATES[4]} wasn't known at the close of {DATES[4]}: its lag is 1"
    ):
        market.value("PE", DATES[4], DATES[4])
    assert market.reads == {"series/PE"}


def test_without_a_bar_the_close_is_carried_and_the_volume_is_not():
    market = make_market(CORE, FUND, without(flat("SPY"), 3), row=2)
    assert (market.close("SPY")[3], market.total_return("SPY")[3]) == (10.0, 10.0)
    assert np.isnan(market.volume("SPY")[3])
    assert market.volume("SPY")[4] == 1000.0


def test_the_underlying_is_meant_unless_another_is_named():
    market = make_market(CORE, FUND, row=2)
    assert (market.underlying, market.hedge) == ("CORE", "FUND")
    np.testing.assert_array_equal(market.close(), CORE.close)
    np.testing.assert_array_equal(market.total_return(), market.total_return("CORE"))
    np.testing.assert_array_equal(market.bars().close, market.bars("CORE").close)
    np.testing.assert_array_equal(market.volume(), CORE.volume)


def test_a_rate_is_a_series_in_percent_or_a_constant():
    market = make_market(CORE, FUND, make_series("DFF", DATES[[1]], [5.0]), row=2)
    np.testing.assert_array_equal(market.rate("DFF"), [np.nan] + [0.05] * 11)
    np.testing.assert_array_equal(market.rate(0.03), np.full(12, 0.03))


def test_of_a_series_that_begins_after_the_end_nothing_is_known():
    market = make_market(CORE, FUND, make_series("LATE", nyse("2024-06-03", 3), [1, 2, 3]), row=2)
    assert np.isnan(market.series("LATE")).all()


def test_it_says_what_the_source_holds():
    market = make_market(CORE, FUND, make_series("VIX", DATES, np.ones(12)), row=2)
    assert (market.has_bars("FUND"), market.has_bars("SPY")) == (True, False)
    assert (market.has_series("VIX"), market.has_series("VIX3M")) == (True, False)


@pytest.mark.parametrize("simulated", [False, True])
def test_it_is_simulated_when_its_source_is(simulated):
    source = dataclasses.replace(source_of(CORE, FUND), simulated=simulated)
    assert load_market(source, ROLES, DATES[2]).simulated is simulated


def test_arrays_are_shared_so_nobody_can_write_into_them():
    market = make_market(CORE, FUND, make_series("VIX", DATES, np.ones(12)), row=2)
    handed = [market.close(), market.total_return(), market.volume(), market.series("VIX")]
    handed += [getattr(market.bars("FUND"), column) for column in COLUMNS]
    for array in handed:
        with pytest.raises(ValueError, match="read-only"):
            array[0] = 1.0


# Nothing from later


@given(st.integers(0, 500), st.integers(8, 38))
@settings(max_examples=25, deadline=None)
def test_a_market_cut_short_is_the_prefix_of_the_whole(seed, last):
    rng, dates = np.random.default_rng(seed), nyse("2019-01-02", 40)
    core, fund = random_bars("CORE", dates, rng), random_bars("FUND", dates, rng)
    core, fund = core.rows(rng.random(40) > 0.1), fund.rows(rng.random(40) > 0.1)
    source = source_of(core, fund, make_series("S", dates[1::3], rng.random(13)))
    start = max(core.dates[0], fund.dates[0]) + 2 * DAY
    whole = load_market(KeptSource(source, {"S": 2}), ROLES, start)
    short = load_market(KeptSource(source, {"S": 2}), ROLES, start, dates[last])
    kept = len(short)
    np.testing.assert_array_equal(short.sessions, whole.sessions[:kept])
    assert short.first == whole.first
    for name in ("CORE", "FUND"):
        assert short.total_return(name).tobytes() == whole.total_return(name)[:kept].tobytes()
        for column in COLUMNS:
            assert getattr(short.bars(name), column).tobytes() == getattr(whole.bars(name), column)[:kept].tobytes()
    assert short.series("S").tobytes() == whole.series("S")[:kept].tobytes()


# Events and members


def test_events_and_members_are_read_as_far_as_the_end_tells():
    events = make_events("fomc", days("2024-01-31", "2025-01-12", "2025-01-13"))
    members = make_members("chips", ["CORE", "NEW"], days("2010-01-04", "2024-01-16"))
    source = source_of(CORE, FUND, events, members)
    market = recorded(load_market(source, ROLES, DATES[2], day("2024-01-12")))
    np.testing.assert_array_equal(market.events("fomc").dates, events.dates[:2])
    assert market.members("chips").symbols.tolist() == ["CORE"]
    assert market.events("fomc") is market.events("fomc")
    assert (market.has_events("fomc"), market.has_events("cpi")) == (True, False)
    assert (market.has_members("chips"), market.has_members("banks")) == (True, False)
    assert market.instruments() == ("CORE", "FUND")
    assert market.reads == {"events/cpi", "events/fomc", "instruments", "members/banks", "members/chips"}
    with pytest.raises(DataError, match="no events of cpi"):
        market.events("cpi")


# Memory


def test_what_is_remembered_is_computed_once_and_can_t_be_written_into():
    market, made = make_market(CORE, FUND, row=2), []

    def compute(value):
        made.append(value)
        return np.full(12, value)

    first = market.remember(("mean", 5), lambda: compute(5.0))
    assert market.remember(("mean", 5), lambda: compute(5.0)) is first
    assert market.remember(("mean", 6), lambda: compute(6.0))[0] == 6.0
    assert made == [5.0, 6.0]
    with pytest.raises(ValueError, match="read-only"):
        first[0] = 1.0


def test_a_market_remembers_up_to_its_bound_of_bytes():
    market, made = make_market(CORE, FUND, row=2), []
    eighth = MEMORY // 8

    def ask(key):
        market.remember(key, lambda: (made.append(key), np.broadcast_to(0.0, eighth // 8))[1])

    for key in range(8):
        ask(key)
    ask(0)
    ask("one more")  # 1 is forgotten, 0 isn't
    made.clear()
    ask(0)
    ask(1)
    assert made == [1]
    assert market._memory.nbytes == MEMORY


# Fingerprint


def market_to(end, *held):
    return load_market(source_of(CORE, FUND, *held), ROLES, DATES[2], end)


def test_a_recorded_market_tells_what_was_read_and_what_was_missed():
    whole = market_to(None, make_series("VIX", DATES, np.ones(12)))
    whole.close("FUND")
    market = recorded(whole)
    assert (market.reads, market.fingerprint(())) == (set(), {})
    np.testing.assert_array_equal(market.total_return(), whole.total_return())
    market.series("VIX")
    assert (market.has_series("VIX3M"), market.has_bars("SPY"), market.has_bars("FUND")) == (False, False, True)
    used = whole.fingerprint(market.reads)
    assert list(used) == ["bars/CORE", "bars/FUND", "bars/SPY", "series/VIX", "series/VIX3M"]
    assert (used["bars/SPY"], used["series/VIX3M"]) == ("absent", "absent")
    assert len(used["bars/CORE"]) == len(used["series/VIX"]) == 64


def spoilt(bars, row, column):
    values = getattr(bars, column).copy()
    values[row] += 1.0
    return dataclasses.replace(bars, **{column: values})


@pytest.mark.parametrize("column", COLUMNS)
def test_the_fingerprint_sees_every_column_up_to_the_end_and_nothing_after(column):
    def used(core):
        return load_market(source_of(core, FUND), ROLES, DATES[2], DATES[8]).fingerprint(["bars/CORE"])

    assert used(spoilt(CORE, 8, column)) != used(CORE)
    assert used(spoilt(CORE, 9, column)) == used(CORE)


def test_the_fingerprint_of_a_series_sees_its_values_and_when_they_were_known():
    def used(**changed):
        held = dataclasses.replace(make_series("S", DATES[:3], [1.0, 2.0, 3.0]), **changed)
        return market_to(DATES[8], held).fingerprint(["series/S"])["series/S"]

    seen = [used(), used(values=np.array([1.0, 2.0, 4.0])), used(known=DATES[:3]), used(known=DATES[1:4])]
    assert len(set(seen)) == 4


@pytest.mark.parametrize("announced", [True, False])
def test_the_fingerprint_of_a_schedule_sees_what_could_be_known_by_the_end_and_nothing_after(announced):
    def used(last, told="2024-01-03"):
        dates = days("2024-01-31", last)
        said = days("2024-01-02", told) if announced else None
        return market_to(DATES[8], make_events("fomc", dates, announced=said)).fingerprint(["events/fomc"])

    assert used("2024-03-20") != used("2024-03-21")
    if announced:  # DATES[8] is 2024-01-12
        assert used("2024-03-20", "2024-01-16") == used("2024-03-21", "2024-01-17")
        assert used("2024-03-20", "2024-01-04") != used("2024-03-20", "2024-01-05")
    else:
        assert used("2025-01-14") == used("2025-01-15")


def test_the_fingerprint_of_members_and_of_what_there_is():
    def used(*symbols, until="2024-01-10"):
        held = make_members("chips", symbols, until=days(*[until] * len(symbols)))
        return market_to(DATES[8], held).fingerprint(["members/chips"])

    assert used("A", "B") != used("A", "C") != used("A")
    assert used("A") != used("A", until="2024-01-11")
    assert used("A", until="2024-01-16") == used("A", until="2024-01-17"), "nobody knew of that by the end"
    with_spy = load_market(source_of(CORE, FUND, flat("SPY")), ROLES, DATES[2])
    assert (with_spy.instruments(), market_to(None).instruments()) == (("CORE", "FUND", "SPY"), ("CORE", "FUND"))
    assert with_spy.fingerprint(["instruments"]) != market_to(None).fingerprint(["instruments"])


def test_what_a_run_does_not_use_is_neither_read_nor_checked():
    class Broken(type(source_of())):
        def read(self, kind, name):
            assert (kind, name) in {("bars", "CORE"), ("bars", "FUND")}
            return super().read(kind, name)

    source = Broken({"CORE": CORE, "FUND": FUND, "BAD": CORE}, {"VIX": make_series("VIX", DATES, np.ones(12))})
    market = load_market(source, ROLES, DATES[2])
    assert market.close("FUND")[0] == 50.0


def test_what_the_audit_found_is_in_the_fingerprint():
    market = make_market(CORE, FUND)
    found = Finding("FUND-step", "warning", "FUND", "step", DATES[:1], "moved +1 %", "look")
    prints = [
        dataclasses.replace(market, findings=each).fingerprint(())
        for each in ((), (found,), (dataclasses.replace(found, message="more"),))
    ]
    assert "audit" not in prints[0]
    assert prints[1]["audit"] != prints[2]["audit"]

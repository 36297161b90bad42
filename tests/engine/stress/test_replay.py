"""Scenarios behind history: what comes true is the later run, a replay is history's days, and nothing is nothing."""

from dataclasses import replace

import numpy as np
import pytest
from history import FOLDER, needs_history
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from stressed import DATES, run_config, things_of, up_to, whole

from backtest import load_config
from data.errors import DataError, UserError
from data.fund import fund_return
from data.sources import BARS, EVENTS, SERIES
from engine.engines import execute
from engine.evaluate_strategy import evaluate_strategy
from engine.setup import open_market
from engine.stress.books import run_books, today_of
from engine.stress.past import FALL
from engine.stress.replay import given as given_things
from engine.stress.replay import replay, standing_still

SLOW = settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


def later_run(config, source, engine):
    """Return the equity of a run to the end of a source."""
    with evaluate_strategy(config, open_market(config, source)) as prepared:
        hedged, _said = execute(engine, config, prepared)
    return hedged.equity


@pytest.mark.parametrize("named", ["Reads", "Closing", "Guest"])
@SLOW
@given(row=st.integers(450, 838))
def test_what_comes_true_is_the_run_to_that_later_date(tmp_path, named, row):
    """Cut at any session, with the true next 60 as its scenario: to 1e-9, for every kind of strategy."""
    config = run_config(tmp_path, named)
    today = today_of(config, up_to(DATES[row]))
    came = run_books(today, given_things(today.past, things_of(up_to(DATES[row + 60]))))
    equity = later_run(config, up_to(DATES[row + 60]), today.engine)
    assert len(came.growth["hedged"]) == 61
    np.testing.assert_array_equal(came.sessions, DATES[row : row + 61])
    np.testing.assert_allclose(came.growth["hedged"], equity[row - 150 :] / equity[row - 150], rtol=1e-9)


@needs_history
@pytest.mark.parametrize("named", ["hedge_soxs", "hedge_soxs_volatility", "hedge_soxs_calendar", "collar"])
def test_what_came_true_on_real_history_is_the_later_run(named):
    for last, later in (("2013-10-15", "2014-01-10"), ("2020-02-19", "2020-05-14"), ("2024-08-29", "2024-11-22")):
        config, after = (load_config(f"{named}.yaml", [f"end={end}"], data=FOLDER) for end in (last, later))
        today, true = today_of(config), today_of(after)
        source = true.past.market.source
        held = {item for item in true.reads if item.partition("/")[2] in source.names(item.partition("/")[0])}
        items = {item: source.read(*item.split("/", 1)) for item in held}
        items = {item: thing.up_to(np.datetime64(later)) for item, thing in items.items()}
        came = run_books(today, given_things(today.past, items))
        assert came.growth["hedged"][-1] * today.equity == pytest.approx(true.equity, rel=1e-9)


@needs_history
@pytest.mark.parametrize(
    ("last", "sessions"), [("2011-07-07", 126), ("2018-09-28", 126), ("2020-02-19", 126), ("2022-01-03", 126)]
)
def test_the_modelled_fund_stays_within_its_band_of_the_real_one(last, sessions):
    """A real span behind the history before it: underlying and rate as they were, the fund by its model."""
    config = load_config("hedge_soxs.yaml", [f"end={last}"], data=FOLDER)
    today, full = today_of(config), load_config("hedge_soxs.yaml", data=FOLDER)
    market = open_market(full)
    items = {f"{kind}/{name}": market.source.read(kind, name) for kind, name in ((BARS, "SOXX"), (SERIES, "IRX"))}
    until = market.sessions[np.searchsorted(market.sessions, np.datetime64(last)) + sessions]
    items = {item: thing.up_to(until) for item, thing in items.items()}
    real = {**items, "bars/SOXS": market.source.read(BARS, "SOXS").up_to(until)}
    modelled, true = (run_books(today, given_things(today.past, each)) for each in (items, real))
    apart = abs(modelled.growth["hedged"][-1] / true.growth["hedged"][-1] - 1.0)
    assert 0.0 < apart < 0.025 * sessions / 252.0


def test_a_replay_is_the_days_of_the_fall_on_the_underlying_and_all_that_is_read(tmp_path):
    today = today_of(run_config(tmp_path), whole())
    past = today.past
    span = next(span for span in past.spans if span.kind == FALL)
    course = replay(past, span)
    days = slice(span.first + 1, span.until + 1)  # the first day is the second session
    for name in ("CORE", "OTHER"):
        bars, level = course(f"bars/{name}", whole().held_bars[name]), whole().held_bars[name].total_return()
        grown = bars.close[900:] / bars.close[899:-1]
        np.testing.assert_allclose(grown, level[days] / level[span.first : span.until], rtol=1e-12)
    vix = course("series/VIX", whole().held_series["VIX"])
    np.testing.assert_array_equal(vix.values[900:], whole().held_series["VIX"].values[days])
    came = run_books(today, course)
    assert came.underlying[span.turn] == pytest.approx(1.0 + span.move)
    assert came.growth["unhedged"][span.turn] == pytest.approx(1.0 + span.move, rel=1e-9)


def test_a_rate_moves_by_what_it_did_as_it_was_known(tmp_path):
    """RATE is known a session late: on each day of the replay by what was known then, from what is known today."""
    past = today_of(run_config(tmp_path), whole()).past
    span = next(span for span in past.spans if span.kind == FALL)
    values, first = whole().held_series["RATE"].values, span.first + 1
    made = replay(past, span)("series/RATE", whole().held_series["RATE"])
    known = values[first - 1 : first - 1 + span.sessions]
    np.testing.assert_allclose(made.values[-span.sessions :], values[898] + known - values[first - 2], rtol=1e-12)
    assert made.as_known(DATES, DATES).tolist()[1:] == values[:-1].tolist()  # the past is as it was known


def test_a_schedule_comes_as_it_came(tmp_path):
    past = today_of(run_config(tmp_path), whole()).past
    span = next(span for span in past.spans if span.kind == FALL)
    course = replay(past, span)
    made, days = course("events/meetings", whole().held_events["meetings"]), DATES[span.first + 1 : span.until + 1]
    expected = course.sessions[np.isin(days, whole().held_events["meetings"].dates)]
    np.testing.assert_array_equal(made.dates[made.dates > DATES[-1]], expected)


def test_what_a_signal_reads_and_history_lacks_is_refused_by_its_name(tmp_path):
    full = whole()
    later = {"OTHER": full.held_bars["OTHER"].rows(slice(500, None))}
    young = type(full)({**full.held_bars, **later}, full.held_series, full.held_events)
    today = today_of(run_config(tmp_path, "Reads", f"start={DATES[600]}"), young)
    span = today.past.spans[0]
    first = today.past.days.dates[span.first]
    with pytest.raises(DataError, match=f"^OTHER, which it reads, has no bar on {first}"):
        run_books(today, replay(today.past, span))
    alone = {item: thing for item, thing in things_of(up_to(DATES[899])).items() if item != "series/VIX"}
    early = today_of(run_config(tmp_path), up_to(DATES[800]))
    with pytest.raises(DataError, match=r"^series VIX, which it reads, has no values in the scenario: give them"):
        run_books(early, given_things(early.past, alone))


def test_a_leg_that_had_no_bar_goes_by_its_beta(tmp_path):
    """OTHER is held: without a bar in the fall it follows the core, by its beta, with other days' remainders."""
    full = whole()
    later = {"OTHER": full.held_bars["OTHER"].rows(slice(500, None))}
    young = type(full)({**full.held_bars, **later}, full.held_series, full.held_events)
    config = run_config(tmp_path, "Closing", f"start={DATES[600]}", "portfolio.core={CORE: 0.5, OTHER: 0.5}")
    today = today_of(config, young)
    span = today.past.spans[0]
    course = replay(today.past, span)
    made = course("bars/OTHER", later["OTHER"])
    y, x = made.close[400:] / made.close[399:-1] - 1.0, course.underlying.course.close - 1.0
    beta = np.polyfit(x, y, 1)[0]
    assert beta == pytest.approx(today.past.named("OTHER").beta[0], abs=0.15)
    again = replay(today.past, span)("bars/OTHER", later["OTHER"])
    np.testing.assert_array_equal(again.close, made.close)


def test_where_nothing_moves_books_pay_interest_fees_and_the_costs_of_their_orders(tmp_path):
    """The fund earns four times the bill rate less fee and spread, day by day; the unhedged book stands still."""
    config = run_config(tmp_path, "Closing")
    today = today_of(config, whole())
    course = standing_still(today.past, 60)
    came = run_books(today, course)
    np.testing.assert_allclose(came.growth["unhedged"], 1.0, rtol=1e-12)
    fund = course("bars/FUND", whole().held_bars["FUND"])
    days = np.diff(np.concatenate((DATES[-1:], course.sessions))).astype(float)
    rate = whole().held_series["RATE"].values[898] / 100.0
    expected = 1.0 + fund_return(np.zeros(60), np.full(60, rate), days, -3.0)
    np.testing.assert_allclose(fund.close[900:] / fund.close[899:-1], expected, rtol=1e-12)
    share = came.growth["held_less"][-1] - 1.0
    earned = (1.0 - today.share) * (np.prod(1.0 + rate * days / 360.0) - 1.0)
    assert share == pytest.approx(earned, rel=0.2)  # monthly restored: a little of it goes into the core


@pytest.mark.parametrize(
    ("things", "fault"),
    [
        ({}, "a scenario takes bars of CORE after "),
        ({"bars/CORE": "early"}, "a scenario takes bars of CORE after "),
        ({"bars/CORE": "holiday"}, "on which the NYSE holds no session"),
    ],
)
def test_a_scenario_of_one_s_own_needs_bars_of_the_underlying(tmp_path, things, fault):
    today, bars = today_of(run_config(tmp_path), up_to(DATES[700])), whole().held_bars["CORE"]
    holiday = np.append(DATES[:750], DATES[750] + ((9 - DATES[750].astype(int)) % 7))  # 1970-01-01 was a Thursday
    given_as = {
        "early": bars.rows(slice(0, 600)),
        "holiday": replace(bars.rows(slice(0, 751)), dates=holiday),
    }
    with pytest.raises(UserError, match=fault):
        given_things(today.past, {item: given_as[word] for item, word in things.items()})


def test_events_that_begin_later_are_refused(tmp_path):
    full = whole()
    late = {"meetings": full.held_events["meetings"].rows(full.held_events["meetings"].dates > DATES[700])}
    today = today_of(run_config(tmp_path), type(full)(full.held_bars, full.held_series, late))
    with pytest.raises(DataError, match=r"^events meetings, which it reads, begin "):
        run_books(today, replay(today.past, today.past.spans[0]))
    assert EVENTS == "events"

"""The signal at the last close is what a run with more history decides there; distances, ages and dollars by hand."""

import datetime as dt
import json
from dataclasses import replace

import numpy as np
import pytest
from history import FOLDER, needs_history
from hypothesis import HealthCheck, assume, given
from hypothesis import settings as fast
from hypothesis import strategies as st
from markets import days, make_bars, make_market, make_series, nyse
from mixed import START, mixed_source, runs
from own_strategies import CLOSING, GUEST
from worlds import configured, settings, source
from worlds import days as sessions_2019

from backtest import load_config
from data.errors import DataError, UserError
from data.series import Series
from engine.engines import execute
from engine.evaluate_strategy import evaluate_strategy
from engine.hedges import traded_hedges
from engine.inspection.explain import explain
from engine.inspection.freshness import age, freshness
from engine.inspection.live_signal import _watched, lengthened, signal_now
from engine.setup import open_market
from strategies.inputs import Input
from strategies.policy import ENTER, STAY

TOLD = {"strategy.class": "told_signal:ToldSignal", "controls": "off"}
WORLD = source(10, 45, missing=False)
SESSIONS = WORLD.read("bars", "HHH").dates[30:]
NOW = dt.datetime(2026, 8, 22, 15, 0, tzinfo=dt.UTC)


def cut(world, last):
    """The same world, of which nothing after a day is known."""
    bars = {name: one.rows(one.dates <= last) for name, one in world.bars_by_name.items()}
    series = {
        name: replace(one, dates=one.dates[one.dates <= last], values=one.values[one.dates <= last])
        for name, one in world.series_by_name.items()
    }
    return type(world)(bars, series)


def signalled(*intensity):
    """A world whose signal is this from the run's first session on, and then 0."""
    values = np.zeros(75)
    values[30 : 30 + len(intensity)] = intensity
    return type(WORLD)(WORLD.bars_by_name, {**WORLD.series_by_name, "SIGNAL": Series("SIGNAL", days_of(WORLD), values)})


def days_of(world):
    return world.read("bars", "HHH").dates


def told(t, *intensity, equity=None, days=60, held=None, **keys):
    """What is said at the close of session t, where the data end."""
    return signal_now(configured(TOLD | keys), cut(signalled(*intensity), SESSIONS[t]), days, equity, NOW, held)


# It decides as the run would have


@given(st.integers(0, 10_000), settings(), st.integers(1, 43))
@fast(max_examples=40, deadline=None)
def test_the_last_close_decides_as_it_does_in_a_longer_run(seed, keys, t):
    whole = source(seed)
    config = configured(keys | TOLD)
    market = open_market(config, whole)
    t = min(t, len(market.run_sessions) - 2)
    date = market.run_sessions[t]
    try:
        ours = signal_now(config, cut(whole, date), 5, None, NOW)
    except DataError as ruined:
        assert "was ruined on" in str(ruined)
        return
    theirs = explain(config, date, whole)
    close = theirs.closes[-1]
    for field in ("date", "inputs", "intensity", "policy", "why", "since", "order", "core", "hedge"):
        assert getattr(ours.close, field) == getattr(close, field), field
    assert ours.equity == theirs.books[0].equity
    assert ours.targets[-1].weight == pytest.approx(theirs.weight, abs=1e-12)
    words = {"enter": "ENTER", "stay": "HOLD" if ours.on else "STAY OUT"}
    assert ours.order == words.get(close.policy.action, "LEAVE")


@given(st.integers(0, 10_000), runs(), st.integers(1, 30))
@fast(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_hedges_of_every_kind_decide_at_the_last_close_as_in_a_longer_run(seed, keys, t):
    whole = mixed_source(seed)
    config = configured(keys | TOLD | {"start": str(sessions_2019()[START])})
    market = open_market(config, whole)
    assume(t + 1 < len(market.run_sessions))  # at the last close of a run nothing is decided
    date = market.run_sessions[t]

    try:
        ours, theirs = signal_now(config, cut(whole, date), 5, None, NOW), explain(config, date, whole)
    except DataError as error:
        assume("ruined" not in str(error))
        raise

    assert replace(ours.close, fills=()) == replace(theirs.closes[-1], fills=())
    assert len(ours.hedges) == len(config.legs)
    assert ours.equity == pytest.approx(theirs.books[0].equity, rel=1e-12)
    options = [target for target in ours.targets if target.contract]
    assert len(options) == sum(role.kind == "option" for role in market.roles.hedges)
    assert all(target.contract.startswith("MODELLED") for target in options)
    ordered = sum(abs(target.trade) > 0.0 for target in ours.targets)
    assert ordered == 0 or ours.close.order is not None


@pytest.mark.parametrize("fill", ["next_open", "next_close"])
def test_a_strategy_asked_at_every_close_is_asked_at_the_last(tmp_path, fill):
    (tmp_path / "closing.py").write_text(CLOSING)
    config = configured(TOLD | {"strategy.class": f"{tmp_path}/closing.py:Closing", "execution.fill": fill})
    orders = set()
    for t in range(1, 44, 2):
        ours = signal_now(config, cut(WORLD, SESSIONS[t]), 5, None, NOW)
        close = explain(config, SESSIONS[t], WORLD).closes[-1]
        assert ours.close == replace(close, fills=ours.close.fills)
        assert (ours.close.policy, ours.intensity, ours.state) == (None, None, ())
        orders.add(ours.order)
    assert orders == {"ENTER", "LEAVE", "HOLD", "STAY OUT"}


def test_a_backtrader_strategy_tells_what_it_ordered_at_the_last_close(tmp_path):
    (tmp_path / "guest.py").write_text(GUEST)
    config = configured(TOLD | {"strategy.class": f"{tmp_path}/guest.py:Guest"})
    world = source(5, events=False, missing=False)
    sessions = world.read("bars", "HHH").dates[30:]
    with evaluate_strategy(config, open_market(config, world)) as prepared:
        whole, _ = execute("backtrader", config, prepared)
    orders = set()
    for t in range(2, 44):
        ours = signal_now(config, cut(world, sessions[t]), 5, None, NOW)
        assert [one.trade for one in ours.targets] == pytest.approx(whole.traded[t + 1].tolist())
        action = {STAY: "HOLD" if whole.shares[t, -1] else "STAY OUT", ENTER: "ENTER"}.get(
            whole.actions[t, -1], "LEAVE"
        )
        assert ours.order == action
        orders.add(action)
    assert orders == {"ENTER", "LEAVE", "HOLD", "STAY OUT"}
    assert "An order with a price of its own shows only where the last close would fill it." in ours.notes


@needs_history
@pytest.mark.parametrize("run", ["hedge_soxs.yaml", "hedge_soxs_volatility.yaml", "hedge_soxs_valuation.yaml"])
def test_on_real_history_it_says_what_the_whole_run_did(run):
    settings = ["controls=off", "start=2024-01-02", "policy.stop_loss=0.15", "hedge.rebalance=weekly"]
    config = load_config(run, [*settings, "end=2026-08-21"], FOLDER)
    with evaluate_strategy(config, open_market(config)) as prepared:
        whole, _ = execute("python", config, prepared)
    sessions = prepared.setup.market.run_sessions
    switches = np.flatnonzero(whole.actions[:, -1] != STAY)
    for t in sorted({*switches[:2], *(switches[-2:] - 1), len(sessions) // 2}):
        ours = signal_now(load_config(run, [*settings, f"end={sessions[t]}"], FOLDER), now=NOW)
        assert (ours.date, ours.close.core, ours.close.hedge) == (
            str(sessions[t]),
            whole.core[t],
            whole.hedges[t, -1],
        )
        assert (ours.close.order is not None) == whole.ordered[t]
        assert (ours.order in ("ENTER", "LEAVE")) == (whole.actions[t, -1] != STAY)
        assert ours.following == str(sessions[t + 1])
        assert ours.held[-30:] == tuple(whole.shares[: t + 1, -1][-30:] != 0.0)


def test_the_session_behind_the_last_is_the_nyses_and_nothing_moves_in_it():
    market = open_market(configured(TOLD), cut(WORLD, SESSIONS[20]))
    longer = lengthened(market)
    assert longer.sessions[-1] == SESSIONS[21]
    assert len(longer) == len(market) + 1
    assert longer.total_return("HHH")[-1] == longer.total_return("HHH")[-2]
    np.testing.assert_array_equal(longer.total_return("HHH")[:-1], market.total_return("HHH"))
    np.testing.assert_array_equal(longer.series("SIGNAL")[:-1], market.series("SIGNAL"))


def test_a_ruined_book_has_nothing_to_order_for():
    fund = WORLD.read("bars", "HHH")
    jump = np.where(np.arange(75) >= 50, 40.0, 1.0)
    up = replace(fund, **{name: getattr(fund, name) / jump for name in ("open", "high", "low", "close", "dividend")})
    keys = TOLD | {"hedge.weight": 1.0, "hedge.max_weight": 1.0, "hedge.funding": "margin"}
    core = WORLD.read("bars", "AAA")
    down = replace(core, **{name: getattr(core, name) / jump for name in ("open", "high", "low", "close", "dividend")})
    world = type(WORLD)({**WORLD.bars_by_name, "HHH": up, "AAA": down}, signalled(*np.ones(45)).series_by_name)
    with pytest.raises(DataError, match=f"the hedged book was ruined on {SESSIONS[20]}"):
        signal_now(configured(keys), world, now=NOW)


# What it says of itself


def test_the_headline_is_the_order():
    heads = [told(t, 0, 1, 1, 0).headline for t in (1, 2, 3, 5)]
    assert heads == [
        f"HHH hedge OFF. ENTER: buy HHH, to 15.0 % of equity, in the next session, {SESSIONS[2]}.",
        "HHH hedge ON. HOLD: keep HHH unchanged.",
        f"HHH hedge ON. LEAVE: sell all HHH in the next session, {SESSIONS[4]}.",
        "HHH hedge OFF. STAY OUT: no HHH.",
    ]
    restated = told(5, 0, **{"portfolio.rebalance": "daily"})
    assert restated.headline == f"HHH hedge OFF. STAY OUT: restate the core in the next session, {SESSIONS[6]}."
    daily = told(2, 0, 1, 1, **{"hedge.rebalance": "daily"})
    assert daily.headline == f"HHH hedge ON. HOLD: restate HHH to 15.0 % of equity in the next session, {SESSIONS[3]}."


# What a person holds decides their order

ON, OFF = (0, 1, 1), (0, 0, 0)
"""Intensities up to session 2: the hedge is on there, held since session 1; it never was."""


def held_as(live, scale=1.0, **changed):
    """So many of the shares that the run would hold, but for these."""
    return {target.instrument: scale * target.shares for target in live.targets} | changed


@pytest.mark.parametrize(
    ("intensity", "changed", "scale", "order", "does"),
    [
        (ON, {}, 0.1, "HOLD", "keep HHH unchanged"),
        (ON, {"HHH": 0.0}, 0.1, "ENTER", "buy HHH, to {weight} of equity, {then}"),
        (ON, {"HHH": 50.0}, 0.1, "REBALANCE", "restate HHH to {weight} of equity {then}"),
        (OFF, {}, 0.1, "STAY OUT", "no HHH"),
        (OFF, {"HHH": 50.0}, 0.1, "LEAVE", "sell all HHH {then}"),
        (OFF, {"cash": 5000.0}, 0.1, "STAY OUT", "restate the core {then}"),
    ],
)
def test_the_order_is_for_what_a_person_holds(intensity, changed, scale, order, does):
    run = told(2, *intensity, **{"hedge.rebalance": "never"})
    live = told(2, *intensity, held=held_as(run, scale, **changed), **{"hedge.rebalance": "never"})
    then, weight = f"in the next session, {SESSIONS[3]}", f"{100 * live.targets[1].target:.1f} %"
    state = "ON" if intensity == ON else "OFF"
    assert live.headline == f"HHH hedge {state} in the run. {order}: {does.format(weight=weight, then=then)}."
    assert (live.order, live.hedges[0].order, live.on) == (order, order, intensity == ON)
    assert json.loads(json.dumps(live.as_dict()))["order"] == order
    assert bool(live.targets[1].trade) == (order in {"ENTER", "LEAVE", "REBALANCE"})
    if order != "REBALANCE" and not changed:
        assert not any(target.trade for target in live.targets)


@given(st.floats(0.0, 400.0), st.floats(0.0, 400.0), st.floats(0.0, 20_000.0), st.sampled_from([ON, OFF, (0, 0, 1)]))
@fast(max_examples=40, deadline=None)
def test_the_order_and_what_to_trade_say_one_thing(core, fund, cash, intensity):
    assume(core + fund + cash > 1.0)
    live = told(2, *intensity, held={"AAA": core, "HHH": fund, "cash": cash})
    trade, target = live.targets[1].trade, live.targets[1].shares
    words = {(False, False): "STAY OUT", (False, True): "ENTER", (True, False): "LEAVE"}
    assert live.order == words.get((fund > 0.0, target > 0.0), "REBALANCE" if trade else "HOLD")
    if live.order == "HOLD":
        assert fund == pytest.approx(target, rel=0.01)
    else:
        assert trade == pytest.approx(target - fund)


def test_a_person_beside_the_run_is_told_to_trade_from_one_percent():
    run = told(2, *ON, **{"hedge.rebalance": "never"})
    near, far = (told(2, *ON, held=held_as(run, HHH=at * run.targets[1].shares)) for at in (1.005, 1.02))
    assert (near.order, [target.trade for target in near.targets]) == ("HOLD", [0.0, 0.0])
    assert far.order == "REBALANCE"
    assert far.targets[1].trade < 0.0


def test_what_became_of_the_run_is_said_to_be_the_runs():
    mine, run = told(2, *ON, held={"AAA": 10.0}), told(2, *ON)
    assert [said.replace(" in the run", "").replace("the run's", "the") for said in mine.state] == list(run.state)
    assert mine.state[0].startswith("Ordered on in the run at the close of")
    assert mine.state[1].endswith("since the run's fill.")
    assert told(3, 1, 0, 0, held={"AAA": 1.0}).state[0] == f"Off in the run since the close of {SESSIONS[1]}."


def test_cash_is_bills_in_a_run_that_sells_into_bills():
    keys = {"hedges": [{"kind": "cash", "underlying": "AAA", "weight": 0.6, "max_weight": 1.0}]}
    core, bills = told(2, *ON, **keys).targets
    live = told(2, *ON, held={"AAA": core.shares, "cash": bills.dollars}, **keys)
    assert (live.order, live.targets[1].weight) == ("HOLD", pytest.approx(bills.target, rel=0.01))
    assert told(2, *OFF, held={"AAA": core.shares, "cash": bills.dollars}, **keys).order == "LEAVE"


def test_the_state_counts_down():
    policy = {"policy.min_hold": 6, "policy.max_hold": 9, "policy.stop_loss": 0.2, "policy.take_profit": 0.3}
    said = told(5, 0, 1, 1, 1, 1, 1, **policy).state
    bars = WORLD.read("bars", "HHH").rows(slice(30, 36))
    fund = bars.total_return()[5] / bars.total_return()[2] * bars.close[2] / bars.open[2]
    stop, profit = (bars.close[5] * at / fund for at in (0.8, 1.3))
    assert said == (
        f"Ordered on at the close of {SESSIONS[1]}, held for 4 closes.",
        "policy.min_hold 6: its signal can't end it for 1 close.",
        "policy.max_hold 9: it ends in 5 closes at the latest.",
        f"HHH made {100 * (fund - 1):+.1f} % since the fill.",
        (
            f"policy.stop_loss ends it at a close of HHH at or below ${stop:,.2f}, "
            f"{100 * (stop / bars.close[5] - 1):+.1f} % from here."
        ),
        (
            f"policy.take_profit ends it at a close of HHH at or above ${profit:,.2f}, "
            f"{100 * (profit / bars.close[5] - 1):+.1f} % from here."
        ),
    )
    assert told(3, 1, 0, 0, 0, **{"policy.cooldown": 4}).state == (
        f"Off since the close of {SESSIONS[1]}.",
        "Cooling down: no entry at the next 2 closes.",
    )
    assert told(2, 0, 0, 1, **{"policy.confirm": 2}).state == (
        "The hedge was never on in this run.",
        "Confirmed at 1 of 2 closes.",
    )
    assert told(3, 1, 1, 1, 1, **{"policy.max_hold": 2}).state[-1] == (
        "After a forced exit the intensity has to fall below policy.exit 0.5 before it may enter."
    )


def test_an_input_tells_how_far_it_is_and_for_how_long():
    dates = nyse("2024-01-02", 6)

    def watched(values, threshold, fires="above"):
        return _watched(Input("it", np.array(values), threshold, fires), dates, slice(3, 6))

    one = watched([9.0, 9.0, 1.0, 2.0, 3.0, 4.0], 5.0)
    assert (one.value, one.threshold, one.fired, one.sessions, one.since) == (4.0, 5.0, False, 4, str(dates[2]))
    assert (one.distance, one.relative, one.whole) == (1.0, 0.25, False)
    assert (one.values, one.thresholds, one.fires_at) == ((2.0, 3.0, 4.0), (5.0, 5.0, 5.0), (False, False, False))
    one = watched([9.0, 9.0, 1.0, 2.0, 8.0, 8.0], np.arange(6.0))
    assert (one.distance, one.relative, one.fired, one.sessions, one.since) == (-3.0, -0.375, True, 2, str(dates[4]))
    one = watched([-1.0] * 6, -2.0, "at most")
    assert (one.distance, one.relative, one.sessions, one.since, one.whole) == (-1.0, None, 6, str(dates[0]), True)


def test_unknown_values_are_none():
    world = signalled(0, 0)
    empty = replace(world.read("series", "SIGNAL"), values=np.where(np.arange(75) >= 32, 0.0, np.nan))
    fed = type(WORLD)(WORLD.bars_by_name, {**world.series_by_name, "SIGNAL": empty})
    (one,) = signal_now(configured(TOLD), cut(fed, SESSIONS[1]), 3, None, NOW).inputs
    assert (one.value, one.distance, one.values) == (None, None, (None, None, None))


# The person's book


def test_targets_are_weights_times_the_books_dollars():
    ours = told(1, 0, 1)
    core, fund = ours.targets
    assert (core.instrument, fund.instrument) == ("AAA", "HHH")
    assert (core.weight, fund.weight) == (pytest.approx(1.0), 0.0)
    assert fund.target == pytest.approx(0.15, rel=1e-3)  # less what the sale costs
    assert fund.dollars == pytest.approx(fund.target * ours.equity)
    assert fund.shares == pytest.approx(fund.dollars / WORLD.read("bars", "HHH").close[31])
    assert (core.trade < 0.0 < fund.trade) is True
    assert -core.trade * core.price == pytest.approx(fund.trade * fund.price, rel=1e-3)
    mine = told(1, 0, 1, equity=3.0 * ours.equity)
    assert (mine.own, ours.own) == (True, False)
    assert [one.trade for one in mine.targets] == pytest.approx([3.0 * one.trade for one in ours.targets])
    assert [one.target for one in mine.targets] == pytest.approx([one.target for one in ours.targets])


def test_whole_shares_stay_whole_in_somebodys_own_book():
    for t in (1, 2):
        mine = told(t, 0, 1, 1, equity=12_345.0, **{"execution.shares": "whole"})
        assert [one.shares % 1.0 for one in mine.targets] == [0.0, 0.0]
        assert sum(one.dollars for one in mine.targets) <= 12_345.0
    assert mine.targets[-1].trade == 0.0


def test_levels_and_the_stretch_held_end_with_the_last_close():
    ours = told(6, 0, 1, 1, 0, days=5)
    assert ours.dates == tuple(map(str, SESSIONS[2:7]))
    assert ours.held == (True, True, False, False, False)
    level = WORLD.read("bars", "HHH").total_return()[32:37]
    assert ours.levels["HHH"] == pytest.approx(tuple(100.0 * level / level[0]))
    assert ours.intensity == (1.0, 0.0, 0.0, 0.0, 0.0)
    plain = json.loads(json.dumps(ours.as_dict(), allow_nan=False))
    assert plain["close"]["policy"]["after"]["on"] is False


# How old it is


@pytest.mark.parametrize(
    ("now", "sessions"),
    [
        ("2026-08-21T23:00", 0),  # Friday evening
        ("2026-08-23T12:00", 0),
        ("2026-08-24T19:59", 0),  # Monday, a minute before New York's close
        ("2026-08-24T20:00", 1),
        ("2026-09-08T12:00", 10),  # Labor Day between
        ("2026-08-20T12:00", 0),
    ],
)
def test_age_counts_the_sessions_that_closed_since(now, sessions):
    when = dt.datetime.fromisoformat(now).replace(tzinfo=dt.UTC)
    assert age(np.datetime64("2026-08-21"), when) == sessions


def test_old_data_are_named():
    real = replace(cut(WORLD, SESSIONS[4]))
    object.__setattr__(real, "simulated", False)
    late = {
        **real.series_by_name,
        "SIGNAL": replace(real.read("series", "SIGNAL"), dates=days_of(WORLD)[:30], values=np.zeros(30)),
    }
    fed = type(WORLD)(real.bars_by_name, late)
    object.__setattr__(fed, "simulated", False)
    ours = signal_now(configured(TOLD), fed, 5, None, dt.datetime(2019, 2, 27, 22, 0, tzinfo=dt.UTC))
    assert (str(SESSIONS[4]), ours.age) == ("2019-02-21", 4)
    (old,) = [note for note in ours.notes if note.startswith("OLD")]
    assert old.startswith("OLD: the last bar is of 2019-02-21, 4 sessions ago; SIGNAL's last value is of 2019-02-13, ")
    assert old.endswith(", 5 sessions before the last close: bring the files up to date first.")
    assert told(4, 0).age is None
    assert told(4, 0).notes[0].startswith("SIMULATED")


def test_late_is_what_neither_lag_nor_rhythm_explains():
    dates = nyse("2024-01-02", 80)
    monthly = days("2024-01-01", "2024-02-01", "2024-03-01", "2024-04-01")
    known = monthly + np.timedelta64(15, "D")
    core = make_bars("CORE", dates, np.full(80, 10.0))
    market = make_market(
        core,
        make_bars("FUND", dates, np.full(80, 10.0)),
        make_series("DAILY", dates[:-1], np.zeros(79)),
        make_series("LAGGED", dates[:-1], np.zeros(79), lag=1),
        make_series("MONTHLY", monthly, np.zeros(4), known),
        make_bars("OTHER", dates[:-3], np.full(77, 10.0)),
    )
    reads = [f"series/{name}" for name in ("DAILY", "LAGGED", "MONTHLY", "ABSENT")] + ["bars/OTHER"]
    found = {one.name: (one.last, one.behind, one.late) for one in freshness(market, reads)}
    assert str(dates[-1]) == "2024-04-25"
    assert found == {
        "DAILY": ("2024-04-24", 1, True),
        "LAGGED": ("2024-04-24", 1, False),
        "MONTHLY": ("2024-04-01", 18, False),
        "OTHER": ("2024-04-22", 3, True),
    }


@pytest.mark.parametrize("given", [{"days": 1}, {"days": 2.5}, {"equity": float("nan")}, {"equity": 0.0}])
def test_a_number_out_of_its_range_is_refused(given):
    (name,) = given
    with pytest.raises(UserError, match=f"^{name}=.*: has to be a "):
        signal_now(configured(TOLD), WORLD, **given)


# Several hedges

SEVERAL = [
    {"instrument": "HHH", "leverage": -3.0, "underlying": "AAA", "weight": 0.1},
    {"kind": "option", "option": {"structure": "collar"}, "policy": {"enter": 0.9, "exit": 0.9}},
    {"kind": "short", "weight": 0.2, "strategy": {"class": "WeaknessHedge", "params": {"trend_days": 3}}},
]


def test_each_hedge_has_its_order_and_an_option_its_contract():
    whole = mixed_source(3)
    config = configured(TOLD | {"hedges": SEVERAL, "start": str(sessions_2019()[START])})
    market = open_market(config, whole)
    found = [signal_now(config, cut(whole, date), 5, None, NOW) for date in market.run_sessions[1:12]]

    for ours in found:
        assert [call.instrument for call in ours.hedges] == ["HHH", "the MODELLED collar", "the short"]
        put, call = ours.targets[2:4]
        assert (put.instrument, call.instrument) == ("AAA-PUT95", "AAA-CALL110")
        path = traded_hedges(config)[1].path(market, config.execution.cash_rate)
        row = int(np.searchsorted(market.sessions, np.datetime64(ours.date)))
        assert f"MODELLED put, strike {path.strike[row]:,.2f}, expiry 2019-0" in put.contract
        assert put.shares == pytest.approx(-call.shares, rel=1e-6)
        assert [name for name in (rule.name for rule in ours.inputs) if name.startswith("AAA-SHORT: ")]
        for one, said in zip(ours.hedges, ("HHH hedge", "The MODELLED collar", "The short"), strict=True):
            assert f"{said} {'ON' if one.on else 'OFF'}. {one.order}: " in ours.headline
        plain = json.loads(json.dumps(ours.as_dict()))
        assert [row["instrument"] for row in plain["hedges"]] == [call.instrument for call in ours.hedges]
        assert [read["why"] in ours.close.why for read in plain["close"]["hedges"]] == [True] * 3
    assert len({tuple(call.order for call in ours.hedges) for ours in found}) > 2


def test_a_held_option_rolls_where_its_contract_expired():
    option = {"kind": "option", "underlying": "AAA", "option": {"structure": "collar"}}
    start, policy = str(sessions_2019()[START]), {"enter": 0.0, "exit": 0.0}
    config = configured(TOLD | {"policy": policy, "hedges": [option], "start": start})
    whole = mixed_source(3)
    market = open_market(config, whole)
    path = traded_hedges(config)[0].path(market, config.execution.cash_rate)
    held = market.run_sessions[3:]
    rolled = [day for day in held if 15 <= int(str(day)[-2:]) <= 21 and day.item().weekday() == 4]
    assert rolled
    beside = {at + by for at, day in enumerate(held) if day in rolled for by in (-1, 0, 1)}

    for day in held[sorted(beside | {*range(0, len(held), 6)})]:
        ours, row = signal_now(config, cut(whole, day), 5, None, NOW), int(np.searchsorted(market.sessions, day))
        assert [call.rolls for call in ours.hedges] == [day in rolled]
        assert ("HOLD: roll the MODELLED collar into the next contract" in ours.headline) == (day in rolled)
        settled = f"${path.carried[row]:,.2f} a share by the model: the one before expired at this close, worth"
        assert (settled in ours.targets[1].contract) == (day in rolled)
        assert ours.targets[1].price == pytest.approx(path.close[row])


@pytest.mark.parametrize(
    ("policy", "sizing", "shown"), [(0.5, "fixed", True), (0.0, "fixed", False), (0.0, "proportional", True)]
)
def test_a_signal_that_no_hedge_follows_is_not_shown(policy, sizing, shown):
    weak = {"class": "WeaknessHedge", "params": {"trend_days": 3}}
    keys = {"strategy": weak, "policy": {"enter": policy, "exit": policy}, "hedge.sizing": sizing}

    assert bool(signal_now(configured(keys), WORLD, 5, None, NOW).inputs) == shown

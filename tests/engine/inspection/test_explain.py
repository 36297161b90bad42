"""Explain: what a day's inputs, policy, order, fills, dollars and books were, and the words for each of its rules."""

from pathlib import Path

import numpy as np
import pytest
from history import FOLDER, needs_history
from hypothesis import given
from hypothesis import settings as fast
from hypothesis import strategies as st
from kept_runs import edited, keep
from worlds import configured, laid_out, settings, source

from backtest import load_config, run
from data.errors import DataError, StrategyError, UserError
from data.series import Series
from engine.inspection.explain import explain, policy_at, session_of
from engine.kernel.loop import run_policy
from engine.loading import build_config
from engine.loading import load_config as load_path
from strategies.policy import ENTER, REASONS, STAY
from strategies.reload import texts

EVERY = """
from dataclasses import dataclass

import numpy as np

from strategies import Strategy


@dataclass(frozen=True)
class Every(Strategy):
    def intensity(self, market):
        return (np.arange(len(market)) // 7 % 2).astype(float)
"""
"""A strategy that is a week on and a week off."""
TOLD = {"strategy.class": "told_signal:ToldSignal", "controls": "off"}
WORLD = source(10, 45, missing=False)
SESSIONS = WORLD.read("bars", "HHH").dates[30:]


def signalled(*intensity, **policy):
    """A run whose intensity is this from its first session on, and then 0."""
    values = np.zeros(75)
    values[30 : 30 + len(intensity)] = intensity
    series = {**WORLD.series_by_name, "SIGNAL": Series("SIGNAL", WORLD.read("bars", "HHH").dates, values)}
    fed = type(WORLD)(WORLD.bars_by_name, series)
    return configured(TOLD | {f"policy.{key}": value for key, value in policy.items()}), fed


def why(t, *intensity, **policy):
    """What is said of the close of session t."""
    config, fed = signalled(*intensity, **policy)
    return explain(config, SESSIONS[t], fed).closes[-1].why


@pytest.mark.parametrize(
    ("t", "intensity", "policy", "said"),
    [
        (2, [0, 0, 0.4], {}, "the hedge stays off: intensity 0.4 is below policy.enter 0.5"),
        (2, [0, 0, 0.5], {}, "the hedge is ordered on: intensity 0.5 is at or above policy.enter 0.5"),
        (
            3,
            [0, 0, 1, 1],
            {"confirm": 2},
            "the hedge is ordered on: intensity 1 is at or above policy.enter 0.5 at 2 closes in a row",
        ),
        (
            2,
            [0, 0, 1, 1],
            {"confirm": 2},
            "the hedge stays off: intensity 1 was at or above policy.enter at 1 of 2 closes",
        ),
        (3, [0, 0, 1, 0.5], {}, "the hedge stays on: intensity 0.5 is at or above policy.exit 0.5"),
        (
            3,
            [0, 0, 1, 0],
            {"min_hold": 2},
            (
                "the hedge stays on: intensity 0 is below policy.exit 0.5, but it was held for 1 close and "
                "policy.min_hold is 2"
            ),
        ),
        (4, [0, 0, 1, 1, 0.2], {}, "the hedge is ordered off: intensity 0.2 is below policy.exit 0.5"),
        (
            5,
            [0, 0, 1, 1, 1, 1],
            {"max_hold": 3},
            "the hedge is ordered off: it was held for 3 closes, policy.max_hold is 3",
        ),
        (
            6,
            [0, 0, 1, 1, 1, 1, 1],
            {"max_hold": 3},
            "the hedge stays off: after a forced exit intensity has to fall below policy.exit 0.5 first, it is 1",
        ),
        (
            5,
            [0, 0, 1, 1, 0, 1],
            {"cooldown": 2},
            "the hedge stays off: it cools down after an exit, 2 of policy.cooldown 2 left",
        ),
        (
            6,
            [0, 0, 1, 1, 0, 1, 1],
            {"cooldown": 2},
            "the hedge stays off: it cools down after an exit, 1 of policy.cooldown 2 left",
        ),
        (44, [], {}, "nothing is decided any more: the run ends here"),
    ],
)
def test_each_rule_of_the_policy_has_its_words(t, intensity, policy, said):
    assert why(t, *intensity, **policy) == said


def test_a_stop_and_a_profit_are_told_with_what_the_fund_made():
    """The fund's return is from the open after the order to the close, splits and dividends in it."""
    for key, bound in (("stop_loss", -0.05), ("take_profit", 0.05)):
        config, fed = signalled(*np.ones(45), **{key: abs(bound)})
        result = run(config, fed, engine="python")
        (left, *_) = np.flatnonzero(result.hedged.actions[:, -1] == REASONS.index(key))
        entered = np.flatnonzero(result.hedged.actions[:left, -1] == ENTER)[-1] + 1
        bars = fed.read("bars", "HHH").rows(slice(30, None))
        made = bars.close[entered] / bars.open[entered]
        made *= bars.total_return()[left] / bars.total_return()[entered]
        said = explain(config, SESSIONS[left], fed).closes[-1].why
        side = "below" if bound < 0 else "above"
        assert said == (
            f"the hedge is ordered off: it made {made - 1:+.1%} since the fill, at or {side} policy.{key} of "
            f"{bound:+.1%}"
        )


def test_no_weight_is_told_as_such():
    config, fed = signalled(1, 1, 1)
    flat = configured(TOLD | {"hedge.weight": 0.0})
    assert explain(flat, SESSIONS[2], fed).closes[-1].why == "the hedge stays off: sizing gives no weight here"
    assert explain(config, SESSIONS[2], fed).closes[-1].policy.size == 0.15


@given(st.integers(0, 10_000), settings())
@fast(max_examples=25, deadline=None)
def test_the_policy_stands_where_the_ledger_says(seed, keys):
    """On from an entry to an exit; held is the closes since the entry was decided."""
    setup = laid_out(keys, source(seed))
    ledger = run_policy(setup.prices, setup.terms, setup.plan)
    on, entry = False, 0
    for t in range(ledger.last):
        before, after = policy_at(setup, t)
        assert before.on[0] == on
        if ledger.actions[t, -1] != STAY:
            on = ledger.actions[t, -1] == ENTER
            entry = t if on else entry
        assert after.on[0] == on
        assert after.held[0] == (t - entry if on else 0)


@given(st.integers(0, 10_000), settings(), st.integers(0, 40))
@fast(max_examples=15, deadline=None)
def test_a_day_is_what_the_run_and_its_tables_say(seed, keys, t):
    fed = source(seed)
    config = configured(keys | TOLD)
    result = run(config, fed, engine="python")
    sessions, hedged = result.market.run_sessions, result.hedged
    t = min(t, hedged.last)
    day = explain(config, sessions[t], fed)
    assert (day.session, day.sessions, len(day.closes)) == (t, len(sessions), min(t, 1) + 1)
    change = hedged.equity[t] - (hedged.equity[t - 1] if t else hedged.equity[0])
    assert sum(day.attribution.values()) == pytest.approx(change, abs=1e-9 * max(hedged.equity[t], 1.0) + 1e-6)
    assert [(book.title, book.equity) for book in day.books][:2] == [
        ("HHH hedge", hedged.equity[t]),
        ("Unhedged", result.unhedged.equity[t]),
    ]
    columns = result.tables["orders"]
    orders = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    close = day.closes[-1]
    wanted = [one for one in orders if one["decided"] == sessions[t]]
    assert [(one.instrument, one.side, one.shares) for one in close.fills] == [
        (one["instrument"], one["side"], one["shares"]) for one in wanted
    ]
    assert [one.commission + one.slippage for one in close.fills] == pytest.approx(
        [one["commission"] + one["slippage"] for one in wanted]
    )
    assert close.intensity == result.intensity[t]
    known = np.isfinite(result.market.series("SIGNAL")[result.market.first + t])
    (read,) = close.inputs
    assert (read.value is not None) == known
    assert read.fired == (known and read.value <= read.threshold)


def test_every_control_is_a_book_of_the_day():
    config, fed = signalled(0, 1, 1)
    day = explain(configured(TOLD | {"controls": "on"}), SESSIONS[2], fed)
    controls = run(config, fed, engine="python").controls
    assert [book.title for book in day.books[1:3]] == [one.title for one in controls.values()]
    assert "Sold daily" in [book.title for book in day.books]


def test_the_first_session_has_no_close_before():
    config, fed = signalled(1)
    day = explain(config, SESSIONS[0], fed)
    assert day.headline == f"HHH was not held on {SESSIONS[0]}, the first session: nothing had been decided yet."
    assert (day.closes[0].order, day.closes[0].since) == ("switch", str(SESSIONS[0]))
    assert [book.made for book in day.books] == [None] * len(day.books)
    assert [one.side for one in day.closes[0].fills] == ["buy", "buy"]


def test_the_headline_says_what_became_of_the_hedge():
    config, fed = signalled(0, 1, 1, 0)
    told = [explain(config, SESSIONS[t], fed).headline.partition(".")[0] for t in range(1, 6)]
    words = ["was not held", "was bought", "was held", "was sold", "was not held"]
    assert told == [f"HHH {said} on {SESSIONS[t]}" for t, said in enumerate(words, 1)]


def test_rebalancing_is_an_order_too():
    config, fed = signalled(*np.ones(20))
    weekly = configured(TOLD | {"hedge.rebalance": "daily"})
    assert [close.order for close in explain(weekly, SESSIONS[5], fed).closes] == ["rebalancing", "rebalancing"]
    assert [close.order for close in explain(config, SESSIONS[5], fed).closes] == [None, None]


def test_what_the_policy_remembers_of_a_forced_exit_is_plain():
    config, fed = signalled(0, 0, 1, 1, 1, 1, max_hold=1)
    read = explain(config, SESSIONS[5], fed).closes[-1].policy
    assert read.before.spent
    assert type(read.after.spent) is bool


def test_a_day_that_is_no_session_names_its_neighbours():
    days = np.array(["2024-01-05", "2024-01-08", "2024-01-09"], dtype="datetime64[D]")
    assert [session_of(days, day) for day in days] == [0, 1, 2]
    span = r"\(2024-01-05 to 2024-01-09\)"
    for day, near in (
        ("2024-01-06", "the nearest are 2024-01-05 and 2024-01-08"),
        ("2024-01-01", "the nearest is 2024-01-05"),
        ("2024-02-01", "the nearest is 2024-01-09"),
    ):
        with pytest.raises(DataError, match=f"{day} is no session of this run {span}: {near}"):
            session_of(days, np.datetime64(day))


# Strategies of the user's own


@pytest.fixture
def mine(tmp_path):
    def written(body, base="Strategy", keys=()):
        head = f"from dataclasses import dataclass\nfrom backtest import {base}\nfrom strategies.inputs import Input\n"
        path = tmp_path / "mine.py"
        path.write_text(f"{head}@dataclass\nclass Mine({base}):\n{body}")
        return configured({"strategy.class": f"{path}:Mine", **dict(keys)})

    return written


FLAT = "    def intensity(self, market):\n        return market.close() * 0 + 1\n"


def test_a_strategy_that_tells_no_inputs_shows_its_intensity(mine):
    day = explain(mine(FLAT), SESSIONS[3], WORLD)
    assert (day.closes[0].inputs, day.closes[0].intensity) == ((), 1.0)


def test_a_fault_in_inputs_is_told_with_its_line(mine):
    body = f"{FLAT}    def inputs(self, market):\n        return {{}}['x']\n"
    with pytest.raises(StrategyError, match=r"Mine\.inputs fails: mine\.py:9: KeyError"):
        explain(mine(body), SESSIONS[3], WORLD)
    texts().take({})  # as loading a config does
    body = f"{FLAT}    def inputs(self, market):\n        return [Input('it', market.close()[1:], 1.0, 'above')]\n"
    with pytest.raises(StrategyError, match=r"Mine\.inputs: it needs one value a session, \(75,\)"):
        explain(mine(body), SESSIONS[3], WORLD)


def test_a_strategy_asked_at_each_close_tells_what_it_ordered(mine):
    body = "    def on_close(self, view, book):\n        return (0.0, 0.2, 0.2, 0.3, 0.0)[min(view.session, 4)]\n"
    told = [explain(mine(body, "CloseStrategy"), SESSIONS[t], WORLD).closes[-1] for t in range(6)]
    assert [close.why for close in told] == [
        "the strategy leaves the hedge off",
        "the strategy orders the hedge on, to 20.0% of equity",
        "the strategy leaves the hedge on",
        "the strategy changes the hedge from 20.0% to 30.0% of equity",
        "the strategy orders the hedge off",
        "the strategy leaves the hedge off",
    ]
    assert all(close.policy is None and close.intensity is None for close in told)


# Kept runs


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    return keep(tmp_path_factory.mktemp("runs"), "controls=off")


def config_of(kept):
    return load_path(kept.folder / "config.yaml")


def test_a_kept_run_is_explained_as_it_was_kept(kept):
    t = int(np.flatnonzero(kept.tables["equity"]["ordered"])[1])
    day = explain(config_of(kept), kept.sessions[t], kept=kept)
    assert day.books[0].equity == pytest.approx(kept.hedged.equity[t], rel=1e-12)
    assert day.weight == pytest.approx(kept.tables["equity"]["hedge_weight"][t], rel=1e-9)
    ours = kept.tables["orders"]["decided"] == kept.sessions[t]
    assert [fill.value for fill in day.closes[-1].fills] == pytest.approx(
        list(kept.tables["orders"]["value"][ours]), rel=1e-9
    )
    assert day.notes == ("SIMULATED market: it shows the machine and says nothing about SOXS.",)


def test_a_kept_run_that_would_come_out_otherwise_is_refused(kept):
    other = edited(kept, manifest={"data": {"bars/SOXX": "other"}})
    with pytest.raises(
        UserError, match="bars/SOXS, bars/SOXX, series/IRX changed since the run was kept: make it again"
    ):
        explain(config_of(kept), kept.sessions[3], kept=other)
    other = edited(
        kept,
        manifest={"code": "other"},
        equity={**kept.tables["equity"], "hedged": kept.hedged.equity * (1 + 2e-9)},
    )
    with pytest.raises(UserError, match="the code changed since the run was kept"):
        explain(config_of(kept), kept.sessions[3], kept=other)


def test_a_kept_run_of_a_strategy_that_changed_since_is_refused(tmp_path):
    file = tmp_path / "mine.py"
    file.write_text(EVERY)
    kept = keep(tmp_path / "runs", "controls=off", f"strategy.class={file}:Every")
    assert explain(config_of(kept), kept.sessions[40], kept=kept).closes[-1].intensity == 1.0
    file.write_text(EVERY.replace("7", "8"))
    changed = kept.settings["strategy"] | {"class": f"{file}:Every"}
    with pytest.raises(UserError, match="the code changed since the run was kept"):
        explain(build_config({**kept.settings, "strategy": changed}), kept.sessions[40], kept=kept)


# The day of the article


@needs_history
def test_the_seventh_of_january_2026():
    """The sector had fallen that day, but stood far above its average: no weakness, no hedge."""
    config = load_config("hedge_soxs.yaml", ["controls=off"], FOLDER)
    day = explain(config, np.datetime64("2026-01-07"))
    assert day.headline == (
        "SOXS was not held on 2026-01-07. At the close of 2026-01-06 the hedge stays off: "
        "intensity 0 is below policy.enter 0.5."
    )
    soxx, soxs = day.bars
    assert (soxs.open, soxs.high, soxs.low, soxs.close, soxs.volume) == (2.46, 2.52, 2.43, 2.45, 271_800_000.0)
    assert (soxs.made, soxx.close) == (pytest.approx(0.0294, abs=5e-5), 324.89)
    weak, restless = day.closes[-1].inputs
    closes = np.loadtxt(Path(FOLDER) / "bars" / "SOXX.csv", delimiter=",", skiprows=1, usecols=4)
    dates = np.loadtxt(Path(FOLDER) / "bars" / "SOXX.csv", delimiter=",", skiprows=1, usecols=0, dtype=str)
    seen = closes[: list(dates).index("2026-01-07") + 1]
    assert (weak.fired, restless.fired) == (False, True)
    # a dividend in the window moves both a little
    assert weak.value / weak.threshold == pytest.approx(seen[-1] / seen[-50:].mean(), abs=0.002)
    assert restless.value == pytest.approx(np.diff(np.log(seen[-21:])).std(ddof=1) * np.sqrt(252), abs=0.003)
    assert (day.closes[-1].since, day.weight) == ("2025-12-19", 0.0)

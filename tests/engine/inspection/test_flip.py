"""At which close the signal flips: a run that has such a bar decides so, and one a little nearer doesn't."""

import numpy as np
import pytest
from markets import MemorySource
from stressed import DATES, up_to, whole

from engine.inspection.flip import FURTHEST
from engine.inspection.live_signal import signal_now
from engine.inspection.signal import flip_words
from engine.loading import build_config
from engine.stress.books import today_of
from engine.stress.courses import appended, still
from engine.stress.replay import given

CONFIG = {
    "name": "flips",
    "start": str(DATES[150]),
    "strategy": {"class": "WeaknessHedge", "params": {"trend_days": 20, "volatility_floor": 0.0}},
    "portfolio": {"core": {"CORE": 1.0}},
    "hedge": {"instrument": "FUND", "underlying": "CORE"},
    "execution": {"cash_rate": 0.02},
    "data": {"accept": ["FUND-dividends"]},
}
ROWS = range(300, 340)


def lives():
    return [(row, signal_now(build_config(CONFIG), up_to(DATES[row]))) for row in ROWS]


def at_close(row, growth):
    """Return whether the hedge is on after a session, all else unchanged, in which the core closes at a growth."""
    base = up_to(DATES[row])
    core, session = base.held_bars["CORE"], DATES[row + 1 : row + 2]
    days = still(session)
    closed = type(days)(days.dates, type(days.course)(*(np.ones(1) for _ in range(3)), np.array([growth])), days.volume)
    bars = {"CORE": appended(core, 1000.0, session, closed)}
    today = today_of(build_config(CONFIG), base)
    fund = given(today.past, {"bars/CORE": bars["CORE"]})("bars/FUND", base.held_bars["FUND"])
    source = MemorySource({**base.held_bars, **bars, "FUND": fund}, base.held_series, base.held_events)
    return signal_now(build_config(CONFIG), source).order in ("ENTER", "HOLD")


def test_a_close_beyond_it_decides_otherwise_and_one_before_it_does_not():
    tried = [(row, live, flip) for row, live in lives() for flip in live.flips if flip.side][::8]
    assert len(tried) >= 3
    for row, live, flip in tried:
        assert flip.price == pytest.approx(whole().held_bars["CORE"].close[row] * (1.0 + flip.change))
        beyond, before = (1.0 + flip.change * factor for factor in (1.002, 0.99))
        assert at_close(row, beyond) == (flip.turns == "on")
        assert at_close(row, before) != (flip.turns == "on")
        assert f"{flip.side} ${flip.price:,.2f}" in flip_words(live)[0]


def test_a_hedge_that_no_close_turns_is_told_so():
    """Held for a quarter at least: one that was just entered can't be left by any close."""
    held = CONFIG | {"policy": {"min_hold": 63}}
    lives_ = [signal_now(build_config(held), up_to(DATES[row])) for row in range(300, 330, 3)]
    fixed = [live for live in lives_ if live.order == "HOLD" and not live.flips]
    assert fixed
    for live in fixed:
        (words,) = flip_words(live)
        assert words == "No close of CORE within 20.0 % of the last one turns the hedge on or off next."
    assert all(abs(flip.change) <= FURTHEST for live in lives_ for flip in live.flips)

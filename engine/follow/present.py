"""A followed run on the data as they are now: every recorded book from the first session on, and what it orders now."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from data.arrays import DAY, Dates, Floats, day
from data.calendar import nyse_sessions
from data.errors import DataError
from data.fingerprint import fingerprint
from data.format import counted
from data.market import Market, recorded
from data.sources import Source
from engine.analytics.answer.insurance import FALL, matches
from engine.analytics.controls import unhedged_plan
from engine.analytics.derisk import held_less_grid, run_held_less, sold_at_entry
from engine.config import RunConfig
from engine.engines import execute
from engine.evaluate_strategy import PreparedRun, evaluate_strategy
from engine.follow.books import BrokerFills
from engine.inspection.freshness import CLOSED
from engine.inspection.live_signal import one_more, standing_notes
from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger
from engine.rules import open_session
from engine.setup import Setup, open_market, run_beta
from strategies.base import Strategy
from strategies.policy import REASONS

NEW_YORK = ZoneInfo("America/New_York")
OPENED = dt.time(9, 30)
"""New York's clock at the open."""


@dataclass(frozen=True)
class Present:
    """A run on the data as they are now.

    Parameters
    ----------
    market
        As it was read; `sessions` are its own.
    setup
        What it was executed on: with one more session behind the last, so that the last close decides as any other.
    label
        The strategy's name as it shows.
    guest
        Whether it is somebody's `backtrader.Strategy`, which orders shares of its own accord.
    intensity
        Of each hedge of the config at each close, shape (sessions, hedges); None of a strategy that gives none.
    reads
        What was read, by kind and name.
    share
        Of the core, that holding less holds.
    ledgers
        Each of `engine.follow.books.BOOKS`.
    notes
        What a reader has to know, a sentence each.
    left_out
        A session of which the data have a bar but that isn't over.
    """

    market: Market
    setup: Setup
    label: str
    guest: bool
    intensity: Floats | None
    reads: frozenset[str]
    share: float
    ledgers: Mapping[str, Ledger]
    notes: tuple[str, ...]
    left_out: np.datetime64 | None

    @property
    def sessions(self) -> Dates:
        """The run's sessions, t=0 first."""
        return self.market.run_sessions

    def at(self, session: np.datetime64) -> int | None:
        """Return the place of a session, None where the data have none."""
        t = int(np.searchsorted(self.sessions, session))
        return t if t < len(self.sessions) and self.sessions[t] == session else None

    def signal(self, t: int) -> dict[str, object]:
        """Return what the strategy said at a close: the intensity, and what each hedge's policy did."""
        hedged, legs = self.ledgers["hedged"], self.setup.legs
        did = [REASONS[action] for action in hedged.actions[t].tolist()]
        return {
            "intensity": None if self.intensity is None else self.intensity[t].tolist(),
            "actions": {legs.labels[k]: did[k] for k in legs.firsts},
        }

    def inputs(self, session: np.datetime64) -> dict[str, str]:
        """Return a hash of each input as far as it was public at the close of a session."""
        return hashes(self.market, self.reads, session)

    def trade(self, t: int) -> dict[str, float] | None:
        """Return the shares that a guest's orders of the close of t buy and sell; None where they are none.

        An order with a price of its own shows only where the next session fills it, the last close's where that close
        would.
        """
        traded = zip(self.setup.legs.columns, self.ledgers["hedged"].traded[t + 1].tolist(), strict=True)
        return {name: shares for name, shares in traded if shares != 0.0} or None

    def given(self, t: int, equity: float) -> BrokerFills:
        """Return what a guest's broker gave in session t, for a book that was worth `equity` at the close before."""
        book, before = self.ledgers["hedged"], self.ledgers["hedged"].equity[t - 1]
        if t > book.last or before <= 0.0:
            return BrokerFills(np.zeros(book.shares.shape[1]), 0.0)
        opened = book.shares[t - 1].copy()
        cash = open_session(self.setup.prices, self.setup.terms, t, float(book.cash[t - 1]), opened)
        scale = equity / before
        if abs(scale - 1.0) < 1e-9:  # the same book, to the last digits
            scale = 1.0
        return BrokerFills(scale * (book.shares[t] - opened), scale * float(book.cash[t] - cash))


class Moment(NamedTuple):
    """When a call is made, and the last close that is in the log."""

    now: dt.datetime
    logged: np.datetime64 | None = None


def present_run(config: RunConfig, moment: Moment, source: Source | None = None, share: float | None = None) -> Present:
    """Run a config on the data as they are now.

    Parameters
    ----------
    config, source
        As for `engine.runs.execute.run`.
    moment
        By whose clock the last session of real data is over, or isn't and left out.
    share
        Of the core, that holding less holds; matched to the hedged book by a bad quarter unless given.

    Raises
    ------
    UserError
        What can't be used.
    """
    market, left_out = open_market(config, source), None
    if not market.simulated and _is_open(market.run_sessions[-1], moment):
        left_out, until = market.run_sessions[-1], market.run_sessions[-2]
        market = open_market(config.model_copy(update={"end": until.item()}), source)
    with evaluate_strategy(config, market, recorded(market)) as prepared:
        return _present(prepared, moment, share, left_out)


def _present(prepared: PreparedRun, moment: Moment, share: float | None, left_out: np.datetime64 | None) -> Present:
    config, market, after = prepared.config, prepared.setup.market, one_more(prepared.config, prepared)
    setup, count = after.setup, len(market.run_sessions)
    engine = "compiled" if isinstance(prepared.strategy, Strategy) else prepared.plain_engine
    hedged, said = execute(engine, config, after)
    if share is None:
        share = _matched(setup, hedged, count)
    unhedged = compiled().run_policy(setup.prices, setup.terms, unhedged_plan(setup))
    sold = sold_at_entry(setup, hedged, run_beta(config, setup.market))
    signals = prepared.signals
    return Present(
        market,
        setup,
        prepared.label,
        prepared.strategy is None,
        None if signals is None else signals[market.first :],
        prepared.reads,
        share,
        {"hedged": hedged, "unhedged": unhedged, "derisk_entry": sold, "held_less": run_held_less(setup, share)},
        (*said.remarks, *standing_notes(config, prepared, moment.now)),
        left_out,
    )


def _matched(setup: Setup, hedged: Ledger, count: int) -> float:
    """Return the share of the core that was as safe as the hedged book; raises DataError where none can be told."""
    if count < 2 * FALL:
        raise DataError(
            f"the backtest has {counted(count, 'session')}, and {2 * FALL} at least tell how safe a hedge is: an"
            " earlier start gives it more"
        )
    if hedged.last < count - 1 or hedged.equity[count - 1] <= 0.0:
        raise DataError(
            f"the hedged book was ruined on {setup.market.run_sessions[hedged.last]}: there is none to follow"
        )
    grid = [book.equity[:count] for book in held_less_grid(setup)]
    return matches(hedged.equity[:count], grid)[0]


def hashes(market: Market, reads: frozenset[str], session: np.datetime64) -> dict[str, str]:
    """Return a hash of each input as far as it was public at the close of a session."""
    return fingerprint(market.source, reads, session, prices=False, public=True)


def _is_open(session: np.datetime64, moment: Moment) -> bool:
    """Return whether a session has begun by the clock, isn't over, and isn't in the log."""
    there = moment.now.astimezone(NEW_YORK)
    logged = moment.logged is not None and session <= moment.logged
    return not logged and day(there.date()) == session and there.time() < CLOSED


def following(session: np.datetime64) -> np.datetime64:
    """Return the NYSE's next session."""
    return nyse_sessions(session + DAY, session + 14 * DAY)[0]


def is_late(session: np.datetime64, written: dt.datetime) -> bool:
    """Return whether what is written of a close can be no record made before the next session's open.

    It was written after that open, or by a clock that stands before the close itself.
    """
    return not close_of(session) <= written < _in_new_york(following(session), OPENED)


def close_of(session: np.datetime64) -> dt.datetime:
    """Return when a session closes, as if there were no half-days."""
    return _in_new_york(session, CLOSED)


def _in_new_york(session: np.datetime64, clock: dt.time) -> dt.datetime:
    return dt.datetime.combine(dt.date.fromisoformat(str(session)), clock, NEW_YORK)

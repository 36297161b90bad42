"""What a strategy says at the last close of its data, and why: the decision that a run leaves undecided there."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from data import ranges
from data.arithmetic import dot
from data.arrays import DAY, Dates, Floats
from data.bars import PRICES, Bars
from data.calendar import nyse_sessions
from data.errors import DataError, UserError, check_arguments
from data.format import counted, dollars
from data.market import Market, recorded
from data.sources import BARS, Source, Thing
from data.sources.altered import AlteredSource
from engine.config import RunConfig
from engine.engines import execute
from engine.evaluate_strategy import PreparedRun, evaluate_strategy
from engine.hedge_names import hedge_names
from engine.hedges import traded_hedges, with_made
from engine.inspection.explain import close_read, inputs_read, known_value
from engine.inspection.flip import flips_of
from engine.inspection.freshness import Fresh, age, freshness
from engine.inspection.own_book import OwnBook, for_holder, own_book
from engine.inspection.session import Close
from engine.inspection.signal import (
    ENTER,
    HOLD,
    LEAVE,
    STAY_OUT,
    TOLERANCE,
    Call,
    LiveSignal,
    Sentence,
    Target,
    Watched,
    headline,
    state,
)
from engine.kernel.loop import Ledger
from engine.legs import legs_of
from engine.provenance import index_note
from engine.reads import option_reads
from engine.rules import WHOLE_SHARE, Order, plan_trade
from engine.runs.run import SIMULATED
from engine.setup import Setup, open_market, prepare
from strategies.base import Strategy
from strategies.inputs import Input
from strategies.policy import ENTER as ENTERED
from strategies.policy import STAY

DAYS = 60
"""Sessions of recent history."""
UP_TO_DATE = {"store": "pull first", "embedded": "the embedded market ends there, and tells nothing of today"}
"""What is to be done about old bars, by the source; of any other the files are brought up to date."""


def signal_now(
    config: RunConfig,
    source: Source | None = None,
    days: int = DAYS,
    equity: float | None = None,
    now: dt.datetime | None = None,
    held: Mapping[str, float] | None = None,
) -> LiveSignal:
    """Return what a run's strategy decides at the last close of its data.

    Parameters
    ----------
    config, source
        As for `engine.runs.execute.run`.
    days
        Sessions of recent history.
    equity
        What the person's book is worth in dollars; the run's own book unless given.
    now
        By which the age of the data is told, with a time zone; the clock's unless given.
    held
        What the person holds, as-traded shares by instrument, and ``cash`` in dollars: orders, and what to
        trade, are told from there. What isn't named is 0.

    Raises
    ------
    UserError
        What can't be used, or the hedged book was ruined before the last close.
    """
    check_arguments(whole=True, days=(days, ranges.DAYS))
    check_arguments(equity=(equity, ranges.CASH))
    if held is not None and equity is not None:
        raise UserError("what is held tells what the book is worth: leave equity out")
    market = open_market(config, source)
    aged = None if market.simulated else age(market.run_sessions[-1], now)
    with evaluate_strategy(config, market, recorded(market)) as prepared:
        return _signal(prepared, days, equity, aged, held)


def _signal(
    prepared: PreparedRun, days: int, equity: float | None, aged: int | None, held_now: Mapping[str, float] | None
) -> LiveSignal:
    config, market, inputs = prepared.config, prepared.setup.market, inputs_read(prepared)
    after, t = one_more(config, prepared), len(market.run_sessions) - 1
    hedged, ran = execute(prepared.plain_engine, config, after)
    if hedged.last < t:
        raise DataError(
            f"the hedged book was ruined on {market.run_sessions[hedged.last]}: there is none to signal for"
        )
    close = close_read(after, hedged, inputs, t)
    calls = _calls(after, hedged, t, close)
    own = None if held_now is None else own_book(after, t, held_now)
    worth = float(hedged.equity[t]) if equity is None else equity
    said = [Sentence(read.weight, close.order is not None) for read in close.hedges]
    if own is not None:
        worth = own.worth
    targets = _targets(after, hedged, t, worth / float(hedged.equity[t]), own)
    if own is not None:
        calls, said = for_holder(after, t, calls, targets, own)
    following = str(after.setup.market.run_sessions[-1])
    rows = slice(max(len(market) - days, 0), len(market))
    held = (hedged.shares[:, legs_of(market.roles).of_hedges] != 0.0).any(axis=1)
    fresh = tuple(freshness(market, prepared.reads))
    priced = (role.instrument for role in market.roles.hedges if role.kind != "option")
    return LiveSignal(
        config.name,
        prepared.label,
        prepared.about,
        market.hedge,
        market.underlying,
        close.date,
        following,
        config.execution.fill,
        calls,
        headline(hedge_names(config), calls, said, following),
        close,
        tuple(_states(after.setup, close, t, own=own is not None)),
        (config.hedge.policy or config.policy).model_dump(),
        worth,
        equity is not None or own is not None,
        targets,
        tuple(_watched(rule, market.sessions, rows) for rule in inputs),
        tuple(map(str, market.sessions[rows])),
        {name: _level(market, name, rows) for name in dict.fromkeys((market.underlying, *priced))},
        None if prepared.signal is None else tuple(prepared.signal[rows].tolist()),
        tuple(np.concatenate((np.zeros(market.first, np.bool_), held[: t + 1]))[rows].tolist()),
        aged,
        fresh,
        market.simulated,
        (*ran.remarks, *_notes(config, prepared, aged, fresh)),
        flips_of(prepared, close.hedges),
    )


def one_more(config: RunConfig, prepared: PreparedRun) -> PreparedRun:
    """Return a run with one more session behind its last, so that the last close decides as any other does.

    In that session every instrument stays at its last close: what is ordered fills there at the last close's prices.
    The strategy has been asked for its intensity already, on the data as they are; nothing that a close decides
    reads a session after it.
    """
    market = with_made(config, lengthened(prepared.setup.market))
    signals = prepared.signals
    longer = None if signals is None else np.concatenate((signals, np.zeros_like(signals[:1])))
    return replace(prepared, setup=prepare(config, market, longer), view=market)


def lengthened(market: Market) -> Market:
    """Return a market with the NYSE's next session behind its last, in which no price moves."""
    last, roles = market.sessions[-1], market.roles
    (following, *_) = nyse_sessions(last + DAY, last + 14 * DAY)
    listed = dict.fromkeys((*roles.listed, roles.underlying, *option_reads(roles).bars))
    longer: dict[str, Thing] = {f"{BARS}/{name}": _longer(market, name, following) for name in listed}
    return replace(
        market,
        source=AlteredSource(market.source, longer.get),
        sessions=np.append(market.sessions, following),
        calendar=np.append(market.calendar, following),
    )


def _longer(market: Market, name: str, following: np.datetime64) -> Bars:
    """Return an instrument's bars to the last session, and one more at its last close."""
    bars = market.source.read(BARS, name)
    bars = bars.rows(slice(0, int(np.searchsorted(bars.dates, market.sessions[-1], side="right"))))
    added = {"volume": np.nan, "dividend": 0.0, "split": 1.0} | dict.fromkeys(PRICES, bars.close[-1])
    columns = {column: np.append(getattr(bars, column), value) for column, value in added.items()}
    return Bars(name, np.append(bars.dates, following), **columns)


def _calls(after: PreparedRun, hedged: Ledger, t: int, close: Close) -> tuple[Call, ...]:
    """Return what is to be done about each hedge in the next session."""
    legs, contracts, found = after.setup.legs, list(_contracts(after, t)), list[Call]()
    for read, k in zip(close.hedges, legs.firsts, strict=True):
        held = bool(hedged.shares[t, legs.of_hedge(k)] != 0.0)
        on = read.policy.before.on if read.policy else held
        rolls = held and contracts[legs.of_hedge(k)].rolls
        found.append(Call(read.instrument, on, _order(hedged.actions[t, k], on=on), rolls))
    return tuple(found)


def _states(setup: Setup, close: Close, t: int, *, own: bool) -> Iterator[str]:
    """Yield where each hedge's policy stands, a sentence each, with its name where there are several."""
    for read, k in zip(close.hedges, setup.legs.firsts, strict=True):
        for sentence in state(read, setup, k, t, own=own):
            yield f"{read.instrument}: {sentence}" if len(close.hedges) > 1 else sentence


def _order(action: int, *, on: bool) -> str:
    if action == STAY:
        return HOLD if on else STAY_OUT
    return ENTER if action == ENTERED else LEAVE


def _targets(
    after: PreparedRun, hedged: Ledger, t: int, scale: float, own: OwnBook | None = None
) -> tuple[Target, ...]:
    """Return what the book is and should be, at the prices of the last close, `scale` times the run's own.

    Of what a person holds: from there to the weights that the run's book has after its order; nothing where they
    are there but for `TOLERANCE`.
    """
    terms, price = after.setup.terms, after.setup.prices.close[t]
    cash, shares = hedged.cash[t] * scale, hedged.shares[t] * scale
    trade = np.zeros(len(shares))
    if after.strategy is None:
        trade = hedged.traded[t + 1] * scale
    elif hedged.ordered[t]:
        order = Order(hedged.core[t], hedged.hedges[t], bool(hedged.restate[t]))
        plan_trade(terms, order, price, after.setup.prices.spot[t], cash, shares, trade)
    worth, target = cash + dot(shares, price), shares + trade
    if terms.whole and (scale != 1.0 or own is not None):  # the run's part of a person's book needn't be whole
        target = np.floor(target + WHOLE_SHARE)
    if own is not None:
        shares, trade = own.shares, target - own.shares
        if (np.abs(trade) <= TOLERANCE * np.abs(target)).all():
            trade = np.zeros(len(shares))
    legs = after.setup.legs
    names = zip(legs.columns, _contracts(after, t), strict=True)
    columns = (price, shares * price / worth, target * price / worth, target * price, target, trade)
    return tuple(
        Target(name, *map(float, row), contract=contract.said)
        for (name, contract), row in zip(names, np.column_stack(columns), strict=True)
    )


class _Contract(NamedTuple):
    """Which contract an instrument is, in words, and whether the one before expired at the close."""

    said: str = ""
    rolls: bool = False


def _contracts(after: PreparedRun, t: int) -> Iterator[_Contract]:
    """Yield which contract each instrument is at the close of t; nothing is said of what is none."""
    config, market = after.config, after.setup.market
    yield from (_Contract() for _ in market.roles.core)
    for traded in traded_hedges(config):
        if traded.contract is None:
            yield _Contract()
            continue
        path, row = traded.path(market, config.execution.cash_rate), market.first + t
        day, schedule = market.sessions[row], traded.contract.schedule
        expiry, rolls = schedule.rolls(day + DAY, day + 400 * DAY)[0], day in schedule.rolls(day, day)
        said = f"MODELLED {traded.contract.right}, strike {path.strike[row]:,.2f}, expiry {expiry}"
        if rolls:
            settled, premium = dollars(path.close[row], 2), dollars(path.carried[row], 2)
            said += f", at {premium} a share by the model: the one before expired at this close, worth {settled}"
        yield _Contract(said, rolls)


def _watched(rule: Input, sessions: Dates, rows: slice) -> Watched:
    threshold = np.broadcast_to(np.asarray(rule.threshold, dtype=np.float64), np.shape(rule.values))
    value, bound, fired = float(rule.values[-1]), float(threshold[-1]), rule.fired
    known = not np.isnan(value) and not np.isnan(bound)
    turned = np.flatnonzero(fired != fired[-1])
    first = int(turned[-1]) + 1 if len(turned) else 0
    return Watched(
        rule.name,
        rule.fires,
        rule.unit,
        known_value(value),
        known_value(bound),
        bool(fired[-1]),
        bound - value if known else None,
        bound / value - 1.0 if known and value > 0.0 else None,
        len(fired) - first,
        str(sessions[first]),
        not len(turned),
        _listed(rule.values[rows]),
        _listed(threshold[rows]),
        tuple(fired[rows].tolist()),
    )


def _level(market: Market, name: str, rows: slice) -> tuple[float | None, ...]:
    level = market.total_return(name)[rows]
    begun = level[~np.isnan(level)]
    return _listed(100.0 * level / begun[0] if len(begun) else level)


def _notes(config: RunConfig, prepared: PreparedRun, aged: int | None, fresh: Sequence[Fresh]) -> Iterator[str]:
    market, last = prepared.setup.market, prepared.setup.market.run_sessions[-1]
    if market.simulated:
        yield SIMULATED.format(hedge=market.hedge)
    if note := index_note(config, market.source.name):
        yield note
    yield from _old(config, market, aged, fresh)
    if market.synthetic_sessions()[-1]:
        yield "SYNTHETIC: the last bar of a traded instrument was made by the fund model."
    if prepared.strategy is None:
        yield "An order with a price of its own shows only where the last close would fill it."
    if isinstance(prepared.strategy, Strategy):
        yield from prepared.strategy.remarks(market)
    for found in market.findings:
        if last in found.dates:
            yield f"The audit says of the last session: {found.instrument} {found.message}."


def standing_notes(config: RunConfig, prepared: PreparedRun, now: dt.datetime | None = None) -> tuple[str, ...]:
    """Return what a reader of the last close has to know besides the order; `now` as of `signal_now`."""
    market = prepared.setup.market
    aged = None if market.simulated else age(market.run_sessions[-1], now)
    return tuple(_notes(config, prepared, aged, tuple(freshness(market, prepared.reads))))


def _old(config: RunConfig, market: Market, aged: int | None, fresh: Sequence[Fresh]) -> Iterator[str]:
    """Yield what of the data ends too early for a signal of today, and what to do about it, in a sentence."""
    last = f"the last bar is of {market.run_sessions[-1]}, {counted(aged or 0, 'session')} ago"
    parts = [last] if aged else []
    parts += [
        f"{item.name}'s last value is of {item.last}, {counted(item.behind, 'session')} before the last close"
        for item in fresh
        if item.late
    ]
    remedy = UP_TO_DATE.get(market.source.name, "bring the files up to date first")
    if aged and config.end is not None:
        remedy = f"as asked for with end {config.end}"
    if parts:
        yield f"OLD: {'; '.join(parts)}: {remedy}."


def _listed(values: Floats) -> tuple[float | None, ...]:
    return tuple(known_value(value) for value in values.tolist())

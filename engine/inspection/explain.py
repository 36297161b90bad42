"""Why the hedge was on or off on one day: what was read and decided at two closes, what was filled, what it brought."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace

import numpy as np

from data.arrays import Dates
from data.bars import PRICES
from data.errors import DataError, StrategyError, UserError
from data.market import Market, recorded
from data.sources import Source
from data.version import code_version
from engine.analytics.attribution import attribute
from engine.analytics.controls import Case, controls_of, least_controls, titles_of
from engine.config import RunConfig
from engine.engines import Said, execute
from engine.evaluate_strategy import PreparedRun, errors_named, evaluate_strategy
from engine.hedge_config import HedgeConfig
from engine.hedge_names import MODELLED, hedge_name, hedge_names, modelled_note
from engine.inspection.session import BarRead, BookRead, Close, Day, Fill, HedgeRead, PolicyRead, Reading, headline, why
from engine.inspection.valuation import valuations_read
from engine.kernel.loop import Ledger, Memory, decide, empty_memory, fund_return, ledger_on, move, recall
from engine.legs import legs_of
from engine.provenance import index_note
from engine.reads import strategy_reads
from engine.runs.reuse import changed_inputs
from engine.runs.run import SIMULATED, Run
from engine.runs.tables import fills_of
from engine.setup import Setup, open_market, run_beta
from strategies import parameters
from strategies.base import Strategy
from strategies.inputs import Input
from strategies.load import SHIPPED, fresh, kind
from strategies.policy import REASONS, STAY
from strategies.rules import valuation_remarks
from strategies.signals.feeds import valuation_of

SAME = 1e-9
"""Of equity: as far as a kept run's equity may lie from what comes out again."""


def explain(config: RunConfig, date: np.datetime64, source: Source | None = None, kept: Run | None = None) -> Day:
    """Explain one session of a run, which is made again for that.

    Parameters
    ----------
    config, source
        As for `engine.runs.execute.run`.
    date
        The session.
    kept
        The same run as it was kept: what comes out again has to be what it holds.

    Raises
    ------
    UserError
        The date is no session of the run; or the kept run's data or code have changed since.
    """
    market = open_market(config, source)
    t = session_of(market.run_sessions, date)
    with evaluate_strategy(config, market, recorded(market)) as prepared:
        return _explained(prepared, t, kept)


def _explained(prepared: PreparedRun, t: int, kept: Run | None) -> Day:
    config, market = prepared.config, prepared.setup.market
    reused = _reused(config, prepared, kept)
    if reused is None:
        hedged, said = execute(prepared.plain_engine, config, prepared)
    else:
        hedged, said = reused.hedged, Said()
    if t > hedged.last:
        date, ruined = market.run_sessions[[t, hedged.last]]
        raise DataError(f"{date}: the hedged book was ruined on {ruined}: there is none after")
    inputs = inputs_read(prepared)
    if kept is not None:
        _check_kept(kept, market, prepared.reads, hedged)
    setup, closes = prepared.setup, tuple(close_read(prepared, hedged, inputs, s) for s in range(max(t - 1, 0), t + 1))
    return Day(
        config.name,
        prepared.label,
        prepared.about,
        market.hedge,
        str(market.run_sessions[t]),
        t,
        len(market.run_sessions),
        headline(hedge_names(config), _held(setup, hedged, t), closes),
        (config.hedge.policy or config.policy).model_dump(),
        _hedge_weight(setup, hedged, t),
        _bars(market, t),
        closes,
        tuple(dict.fromkeys(role.kind for role in setup.legs.hedges)),
        {name: float(column[t]) + 0.0 for name, column in attribute(setup, hedged).dollars.items()},
        _books(config, setup, hedged, t, reused),
        tuple(valuations_read(market, prepared.reads, inputs, t)),
        (*said.remarks, *_notes(config, market, t)),
    )


def _reused(config: RunConfig, prepared: PreparedRun, kept: Run | None) -> Run | None:
    """Return the kept run where this same code would make it again."""
    if kept is None or kept.manifest["code"] != code_version():
        return None
    ours = all(each.named in SHIPPED for each in config.strategies)  # the user's own code may have changed since
    return kept if ours and len(kept.hedged.equity) == len(prepared.setup.market.run_sessions) else None


def session_of(sessions: Dates, date: np.datetime64) -> int:
    """Return the number of a session; raises DataError naming the nearest ones where that day is none."""
    at = int(np.searchsorted(sessions, date))
    if at < len(sessions) and sessions[at] == date:
        return at
    near = [str(session) for session in sessions[max(at - 1, 0) : at + 1]]
    nearest = f"the nearest are {near[0]} and {near[1]}" if len(near) == 2 else f"the nearest is {near[0]}"
    raise DataError(f"{date} is no session of this run ({sessions[0]} to {sessions[-1]}): {nearest}")


def policy_at(setup: Setup, t: int) -> tuple[Memory, Memory]:
    """Return what deciding remembered before and after the close of t, by the plain loop's own steps up to it."""
    ledger, memory = ledger_on(setup.prices), empty_memory(len(setup.plan.sides))
    for s in range(t + 1):
        before = deepcopy(memory) if s == t else memory
        move(setup.prices, setup.terms, ledger, s)
        decide(setup.prices, setup.plan, ledger, s, memory)
    return before, memory


def inputs_read(prepared: PreparedRun) -> tuple[Input, ...]:
    """Return the inputs of the strategy, where a hedge follows it, and of hedges' own, which are named by their hedge.

    Raises StrategyError, with the line, for an error in the user's code.
    """
    read: list[Input] = []
    if isinstance(prepared.strategy, Strategy) and any(_follows(prepared.config, leg) for leg in prepared.config.legs):
        read += _inputs_of(prepared.strategy, prepared.view)
    for leg in prepared.config.legs:
        if leg.strategy is not None:
            with fresh(leg.strategy.named) as cls:
                own = _inputs_of(parameters.make(cls, leg.strategy.params), prepared.view)
            read += [replace(each, name=f"{leg.instrument}: {each.name}") for each in own]
    return tuple(read)


def _follows(config: RunConfig, leg: HedgeConfig) -> bool:
    """Return whether a hedge goes by the run's signal: one that is always on goes by none, but where it is its size."""
    timed = (leg.policy or config.policy).enter > 0.0
    return leg.strategy is None and (timed or leg.sizing == "proportional")


def _inputs_of(strategy: Strategy, market: Market) -> tuple[Input, ...]:
    with errors_named(strategy, "inputs fails"):
        given = tuple(strategy.inputs(market))
    for rule in given:
        if np.shape(rule.values) != (len(market),) or np.shape(rule.threshold) not in ((), (len(market),)):
            name = type(strategy).__name__
            raise StrategyError(f"{name}.inputs: {rule.name} needs one value a session, ({len(market)},)")
    return given


def close_read(prepared: PreparedRun, hedged: Ledger, inputs: tuple[Input, ...], t: int) -> Close:
    """Return what was read and decided at the close of t, and what was filled of it."""
    setup, row = prepared.setup, prepared.setup.market.first + t
    sessions, decides = setup.market.run_sessions, t < hedged.last
    memory = policy_at(setup, t) if decides and kind(prepared.cls) == "intensity" else None
    last = t if decides else t - 1  # the last close that decided something

    def read(leg: int, k: int) -> HedgeRead:
        policy = None if memory is None else _policy(setup, hedged, t, k, memory)
        switched = np.flatnonzero(hedged.actions[: last + 1, k] != STAY)
        return HedgeRead(
            hedge_names(prepared.config)[leg].called,
            None if prepared.signals is None else float(prepared.signals[row, leg]),
            policy,
            why(setup, hedged, t, k, policy) if decides else "nothing is decided any more: the run ends here",
            str(sessions[switched[-1]]) if len(switched) else None,
            abs(float(hedged.hedges[last, k])),
        )

    return Close(
        str(sessions[t]),
        tuple(_reading(rule, row) for rule in inputs),
        tuple(read(leg, k) for leg, k in enumerate(setup.legs.firsts)),
        _order(hedged, t) if decides else None,
        float(hedged.core[last]),
        _fills(setup, hedged, t + 1) if decides else (),
    )


def _reading(rule: Input, row: int) -> Reading:
    threshold = np.broadcast_to(rule.threshold, np.shape(rule.values))[row]
    return Reading(
        rule.name, known_value(rule.values[row]), known_value(threshold), rule.fires, bool(rule.fired[row]), rule.unit
    )


def _policy(setup: Setup, hedged: Ledger, t: int, k: int, memory: tuple[Memory, Memory]) -> PolicyRead:
    before, after = memory
    made = setup.plan.sides[k] * fund_return(setup.prices, k, before.entry[k], t) if before.on[k] else np.nan
    action, size = REASONS[hedged.actions[t, k]], known_value(setup.plan.size[t, k])
    return PolicyRead(recall(before, k), recall(after, k), action, size, known_value(made))


def _order(hedged: Ledger, t: int) -> str | None:
    if not hedged.ordered[t]:
        return None
    if (hedged.actions[t] != STAY).any():
        return "switch"
    return "rebalancing" if t else "first order"


def _fills(setup: Setup, hedged: Ledger, t: int) -> tuple[Fill, ...]:
    fills = fills_of(setup, hedged)
    at = np.flatnonzero(fills["filled"] == setup.market.run_sessions[t])
    columns = (column[at].astype(str if column.dtype.kind == "M" else column.dtype) for column in fills.values())
    return tuple(Fill(*row) for row in zip(*(column.tolist() for column in columns), strict=True))


def _hedge_weight(setup: Setup, hedged: Ledger, t: int) -> float:
    columns = [setup.legs.of_hedge(k) for k in setup.legs.firsts]
    worth = np.abs(hedged.shares[t, columns]) * setup.prices.spot[t, columns]
    return float(worth.sum() / hedged.equity[t]) if hedged.equity[t] > 0.0 else 0.0


def _held(setup: Setup, hedged: Ledger, t: int) -> list[tuple[bool, bool]]:
    """Return whether each hedge was held at the close before, and at the day's."""
    held = hedged.shares[:, [setup.legs.of_hedge(k) for k in setup.legs.firsts]] != 0.0
    return [(bool(before), bool(now)) for before, now in zip(held[t - 1] & (t > 0), held[t], strict=True)]


def _bars(market: Market, t: int) -> tuple[BarRead, ...]:
    row, read = market.first + t, []
    options = {role.instrument for role in market.roles.hedges if role.kind == "option"}
    for name in dict.fromkeys((*legs_of(market.roles).names, market.underlying)):
        bars = market.bars(name)
        level = np.full(len(market), np.nan) if name in options else market.total_return(name)
        opened, high, low, close, volume = (known_value(getattr(bars, name)[row]) for name in (*PRICES, "volume"))
        made = known_value(level[row] / level[row - 1] - 1.0) if t else None
        shown = f"{name}, {MODELLED}" if name in options else name
        read.append(BarRead(shown, opened, high, low, close, volume, made))
    return tuple(read)


def _books(config: RunConfig, setup: Setup, hedged: Ledger, t: int, reused: Run | None) -> tuple[BookRead, ...]:
    """Return what each book was worth: of a kept run as it was kept, as controls take long to run again."""
    case = Case(config, setup, hedged, run_beta(config, setup.market))
    books = [(hedge_name(config).title, hedged.equity)]
    if reused is None:
        controls = (controls_of if config.controls == "on" else least_controls)(case)
        books += [(run.title, run.ledger.equity) for run in controls.values() if run.ledger is not None]
    else:
        kept = reused.tables["equity"]
        books += [(title, kept[name]) for name, title in titles_of(case).items() if name in kept]
    return tuple(
        BookRead(title, float(equity[t]), float(equity[t] / equity[t - 1] - 1.0) if t else None)
        for title, equity in books
        if not (equity[:t] <= 0.0).any()  # a book that was ruined before is none any more
    )


def _notes(config: RunConfig, market: Market, t: int) -> Iterator[str]:
    if note := modelled_note(config):
        yield note
    if strategy_reads(config, market.roles).optional and valuation_of(market) is None:
        yield from valuation_remarks(market, None)
    if market.simulated:
        yield SIMULATED.format(hedge=market.hedge)
    if note := index_note(config, market.source.name):
        yield note
    if market.synthetic_sessions()[t]:
        yield "SYNTHETIC: a traded instrument's bar of this session was made by the fund model."
    for finding in market.findings:
        if market.run_sessions[t] in finding.dates:
            yield f"The audit says of this session: {finding.instrument} {finding.message}."


def _check_kept(kept: Run, market: Market, reads: frozenset[str], hedged: Ledger) -> None:
    """Refuse to explain a kept run by data or code that aren't its own."""
    again = f"make it again with backtest run {shlex.quote(str(kept.folder / 'config.yaml'))}"
    if changed := changed_inputs(kept.manifest, market, reads):
        raise UserError(f"{kept.folder}: {', '.join(changed)} changed since the run was kept: {again}")
    ours, theirs = (book.equity[: book.last + 1] for book in (hedged, kept.hedged))
    if len(ours) != len(theirs) or (np.abs(ours - theirs) > SAME * np.abs(theirs)).any():
        raise UserError(f"{kept.folder}: the code changed since the run was kept, it comes out otherwise: {again}")


def known_value(value: float) -> float | None:
    """Return a number, None where it is not known (NaN)."""
    return None if np.isnan(value) else float(value)

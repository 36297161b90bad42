"""Stability: how long decisions hang on where history begins, and whether they hang on the prices' unit."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from data.arrays import Floats
from engine.config import RunConfig
from engine.validation.comparing import compare
from engine.validation.histories import later, scaled
from engine.validation.probe import DECISION, INPUT, SIDE, Bench, Output, OutputColumn
from engine.validation.proof import Check, Steps

STARTS = {"intensity": (0.1, 0.25, 0.4, 0.55), "on_close": (0.1, 0.25, 0.4), "backtrader": (0.1, 0.25, 0.4)}
"""Where in the run history begins anew, by the strategy's kind."""
SAME = 1e-6
"""Of intensity, weight, or an input's distance from its threshold: what forgets its past slowly comes as near."""
QUIET = 0.25
"""The share of the rest of the history, at its end, in which nothing may differ any more."""
LEAST = 20
"""Sessions of a run below which it isn't begun later."""
TIMES = (1024.0, 1.0 / 1024.0)
"""Powers of two: what only hangs on ratios of prices stays the same to the last bit."""


def warm_up_check(bench: Bench, whole: Output, kind: str, steps: Steps) -> Check:
    """Begin history, and the run, later, and see after how many sessions the decisions are those of the whole."""
    market, needed, never = bench.market, dict[str, int](), dict[str, list[str]]()
    if len(market.run_sessions) < LEAST:
        return Check("warm-up", "skipped", f"the run is too short to begin later: it needs {LEAST} sessions")
    for number, share in enumerate(STARTS[kind]):
        steps.part("beginning later, start", number + 1, len(STARTS[kind]))
        row = market.first + int(share * len(market.run_sessions))
        begun = market.sessions[row]
        config = bench.config.model_copy(update={"start": begun.item()})
        told = bench.tell(later(begun), len(whole.sessions) - row - 2, config)
        if told.fault is not None:
            said = f"on history that begins on {begun} it fails: {told.fault}"
            return Check("warm-up", "warning", said, {"begins": str(begun)})
        for name, (count, settled) in _settled(whole, told, row).items():
            needed[name] = max(needed.get(name, 0), count)
            if not settled:
                never.setdefault(name, []).append(str(begun))
    decisions, inputs = (
        max((count for name, count in needed.items() if (name in _inputs(whole)) is wanted), default=0)
        for wanted in (False, True)
    )
    details = {
        "decisions": decisions,
        "inputs": inputs,
        "by_column": needed,
        "never": never,
        "before_the_run": market.first,
    }
    if never:
        return Check("warm-up", "warning", _never(never, whole), details)
    return Check("warm-up", "passed", _after(bench, decisions, inputs), details)


def scale_check(bench: Bench, whole: Output, steps: Steps) -> Check:
    """Multiply every price, and every amount of dollars of the run, by a constant: no decision may change."""
    last = len(whole.sessions) - 2
    for number, times in enumerate(TIMES):
        steps.part("at other prices, scale", number + 1, len(TIMES))
        told = bench.tell(scaled(times), last, _in_other_dollars(bench.config, times))
        if told.fault is not None:
            return Check("scale", "warning", f"at {times:g} times the prices it fails: {told.fault}", {"times": times})
        parting = compare(_priced(whole, times), told, last)
        if parting.decisions:
            date = str(whole.sessions[parting.row])
            said = (
                f"at {times:g} times the prices {date} is decided otherwise ({whole.decision(parting.row)} becomes "
                f"{told.decision(parting.row)}): it reads how many dollars a price is, which a split changes"
            )
            return Check("scale", "warning", said, {"times": times, "first": date})
    return Check(
        "scale", "passed", f"at {TIMES[0]:,g} times the prices, and at a {TIMES[0]:,g}th, every decision is the same"
    )


def _settled(whole: Output, told: Output, row: int) -> Mapping[str, tuple[int, bool]]:
    """Return for each column after how many sessions it is the whole history's, and whether it stays so."""
    rest = min(len(told.sessions), len(whole.sessions) - row)
    found = {}
    for name, column in whole.columns.items():
        if column.role == DECISION and name.startswith("order "):
            continue  # how large it is hangs on the book, which began later
        ours, theirs = _distance(column)[row : row + rest], _distance(told.columns.get(name))[:rest]
        theirs = np.zeros(rest) if column.role == SIDE and name not in told.columns else theirs
        theirs = np.full(rest, np.nan) if not len(theirs) else theirs
        apart = ~((np.abs(ours - theirs) <= SAME) | (np.isnan(ours) & np.isnan(theirs)))
        apart[-1] = False  # at the last close nothing is decided
        count = int(np.flatnonzero(apart)[-1]) + 1 if apart.any() else 0
        found[name] = (count, count <= (1.0 - QUIET) * rest)
    return found


def _distance(column: OutputColumn | None) -> Floats:
    """Return a column as it is compared: an input by its distance from a threshold that moves, relative to both."""
    if column is None:
        return np.zeros(0)
    if column.role != INPUT or column.against is None or (column.against == column.against[0]).all():
        return column.values
    size = np.abs(column.values) + np.abs(column.against)
    return np.divide(column.values - column.against, size, out=np.zeros_like(size), where=size != 0.0)


def _inputs(whole: Output) -> frozenset[str]:
    return frozenset(name for name, column in whole.columns.items() if column.role == INPUT)


def _never(never: Mapping[str, list[str]], whole: Output) -> str:
    inputs = [name for name in never if name in _inputs(whole)]
    decided = len(never) > len(inputs)
    what = "decisions still differ" if decided else f"input '{inputs[0]}' still differs"
    because = f" (input '{inputs[0]}')" if decided and inputs else ""
    begun = next(iter(never.values()))[0]
    return (
        f"begun on {begun}, {what} from the whole history's near its end{because}: they hang on where history begins, "
        f"as an average over all of the past does"
    )


def _after(bench: Bench, decisions: int, inputs: int) -> str:
    if not decisions and not inputs:
        return "wherever history begins, every decision is the same"
    said = (
        f"wherever history begins, decisions are the same after at most {decisions:,} session{'s' * (decisions != 1)}"
    )
    said += f" (its inputs after {inputs:,})" if inputs else ""
    short = max(decisions, inputs) - bench.market.first
    if short <= 0:
        return f"{said}; the run has {bench.market.first:,} before it starts"
    until = bench.market.run_sessions[min(short, len(bench.market.run_sessions) - 1)]
    return f"{said}; the run has {bench.market.first:,} before it starts, so until {until} they may hang on that"


def _in_other_dollars(config: RunConfig, times: float) -> RunConfig:
    """Return the run with its dollars multiplied, so that only what is read of prices is another."""
    execution, changed = config.execution, {}
    for name in ("commission_per_share", "slippage_per_share"):
        cost = getattr(execution, name)
        changed[name] = {key: one * times for key, one in cost.items()} if isinstance(cost, dict) else cost * times
    portfolio = config.portfolio.model_copy(update={"cash": config.portfolio.cash * times})
    return config.model_copy(update={"execution": execution.model_copy(update=changed), "portfolio": portfolio})


def _priced(whole: Output, times: float) -> Output:
    """Return what was told with the prices of its orders multiplied; inputs are of no account."""
    priced = (": price", ": limit")
    columns = {
        name: OutputColumn(column.role, column.values * times if name.endswith(priced) else column.values)
        for name, column in whole.columns.items()
        if column.role != INPUT
    }
    return Output(whole.sessions, whole.first, columns, whole.words)

"""Stability: whether decisions hang on state, on where history begins, on the prices' unit, and on a session's lag."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

import numpy as np

from data.arrays import Dates, Floats
from data.calendar import sessions_a_year
from engine.analytics.answer.variations import delayed
from engine.analytics.derisk import sold_daily
from engine.config import RunConfig
from engine.kernel.loop import Ledger, replay, run_policy
from engine.rules import open_session, settle
from engine.setup import Setup, prepare, run_beta
from engine.validation.histories import later, scaled
from engine.validation.histories import whole as untouched
from engine.validation.probe import DECISION, INPUT, SIDE, Bench, Output, OutputColumn, compare, loaded, signals_in
from engine.validation.proof import Check, Steps
from strategies.load import SHIPPED
from strategies.reload import is_users

NAMED = 3
"""Names of what a strategy keeps that are listed."""
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
    """Begin history, and the run, later, and count after how many sessions the decisions are those of the whole."""
    market, needed, never = bench.market, dict[str, int](), dict[str, list[str]]()
    if len(market.run_sessions) < LEAST:
        return Check("warm-up", "skipped", f"the run is too short to begin later: it needs {LEAST} sessions")
    for number, share in enumerate(STARTS[kind]):
        steps.part("beginning later, start", number + 1, len(STARTS[kind]))
        row = market.first + int(share * len(market.run_sessions))
        begun = market.sessions[row]
        config = bench.config.model_copy(update={"start": begun.item()})
        output = bench.run(later(begun), len(whole.sessions) - row - 2, config)
        if output.error is not None:
            sentence = f"on history that begins on {begun} it fails: {output.error}"
            return Check("warm-up", "warning", sentence, {"begins": str(begun)})
        for name, (count, settled) in _settled(whole, output, row).items():
            needed[name] = max(needed.get(name, 0), count)
            if not settled:
                never.setdefault(name, []).append(str(begun))
    inputs = max((count for name, count in needed.items() if name in whole.inputs), default=0)
    decisions = max((count for name, count in needed.items() if name not in whole.inputs), default=0)
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
        output, at = bench.run(scaled(times), last, _in_other_dollars(bench.config, times)), f"at {times:g} times"
        if output.error is not None:
            return Check("scale", "warning", f"{at} the prices it fails: {output.error}", {"times": times})
        trial = compare(_priced(whole, times), output, last)
        if trial.decisions:
            date, ours, theirs = whole.sessions[trial.row], whole.decision(trial.row), output.decision(trial.row)
            sentence = (
                f"{at} the prices {date} is decided otherwise ({ours} becomes {theirs}): it reads how many dollars a "
                "price is, which a split changes"
            )
            return Check("scale", "warning", sentence, {"times": times, "first": str(date)})
    sentence = f"at {TIMES[0]:,g} times the prices, and at a {TIMES[0]:,g}th, every decision is the same"
    return Check("scale", "passed", sentence)


def _settled(whole: Output, output: Output, row: int) -> Mapping[str, tuple[int, bool]]:
    """Return for each column after how many sessions it is the whole history's, and whether it stays so."""
    rest = min(len(output.sessions), len(whole.sessions) - row)
    found = {}
    for name, column in whole.columns.items():
        if column.role == DECISION and name.startswith("order "):
            continue  # how large it is hangs on the book, which began later
        ours, theirs = _distance(column)[row : row + rest], _distance(output.columns.get(name))[:rest]
        theirs = np.zeros(rest) if column.role == SIDE and name not in output.columns else theirs
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


def _never(never: Mapping[str, list[str]], whole: Output) -> str:
    inputs = [name for name in never if name in whole.inputs]
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
    same = f"wherever history begins, decisions are the same after at most {decisions:,} session"
    same += "s" * (decisions != 1) + (f" (its inputs after {inputs:,})" if inputs else "")
    short = max(decisions, inputs) - bench.market.first
    if short <= 0:
        return f"{same}; the run has {bench.market.first:,} before it starts"
    until = bench.market.run_sessions[min(short, len(bench.market.run_sessions) - 1)]
    return f"{same}; the run has {bench.market.first:,} before it starts, so until {until} they may hang on that"


def _in_other_dollars(config: RunConfig, times: float) -> RunConfig:
    """Return the run with its dollars multiplied, so that only what is read of prices is another."""
    execution, changed = config.execution, {}
    for name in ("commission_per_share", "slippage_per_share"):
        cost = getattr(execution, name)
        changed[name] = (
            {key: dollars * times for key, dollars in cost.items()} if isinstance(cost, dict) else cost * times
        )
    portfolio = config.portfolio.model_copy(update={"cash": config.portfolio.cash * times})
    return config.model_copy(update={"execution": execution.model_copy(update=changed), "portfolio": portfolio})


def _priced(whole: Output, times: float) -> Output:
    """Return an output with the prices of its orders multiplied, and without its inputs."""
    priced = (": price", ": limit")
    columns = {
        name: OutputColumn(column.role, column.values * times if name.endswith(priced) else column.values)
        for name, column in whole.columns.items()
        if column.role != INPUT
    }
    return Output(whole.sessions, whole.first, columns, whole.words)


def lag_check(bench: Bench, whole: Output) -> Check:
    """Compare the run's book, and the same with every signal a session late, both against selling daily.

    An intensity is moved by a session before the policy reads it; of a strategy that is asked at every close the
    orders are. Of somebody's own backtrader.Strategy every fill is: its shares, of the core too, are bought and sold
    a session later at that one's prices.
    """
    setup, ledger = bench.setup, whole.ledger
    if whole.unfinished:
        return Check("lag", "skipped", "it fails at the last close, so there is no book to be late")
    if ledger is None:
        signal = signals_in(whole.columns, bench.config)
        late = np.concatenate((np.zeros_like(signal[:1]), signal[:-1]))
        setups = [prepare(bench.config, bench.market, each) for each in (signal, late)]
        books = [(each, run_policy(each.prices, each.terms, each.plan)) for each in setups]
    elif "weight" in whole.columns:
        orders = (ledger, _later(setup, ledger))
        books = [(setup, replay(setup.prices, setup.terms, each)) for each in orders]
    else:
        books = [(setup, ledger), (setup, filled_later(setup, ledger))]
    beta = run_beta(bench.config, bench.market)
    now, then = (_figures(setup, ledger, beta) for setup, ledger in books)
    sentence = (
        f"a session late the hedged book makes {then['cagr']:.2%} a year instead of {now['cagr']:.2%}, "
        f"${then['final_equity']:,.0f} instead of ${now['final_equity']:,.0f}; against selling daily "
        f"{then['against_derisk']:+.2%} a year instead of {now['against_derisk']:+.2%}"
    )
    return Check("lag", "told", sentence, {"as_it_is": now, "a_session_late": then})


def _later(setup: Setup, ledger: Ledger) -> Ledger:
    """Return a ledger's orders a session later; at the first close the core is bought without a hedge."""
    late = delayed(ledger, setup, 1)
    if not ledger.hedges[0].any():  # that order is filled already
        late.ordered[1] = False
    return late


def filled_later(setup: Setup, ledger: Ledger, sessions: int = 1) -> Ledger:
    """Return the book that buys and sells what somebody's own backtrader.Strategy did, so many sessions later each.

    Shares are as many as they have become by splits meanwhile; cash that lacks is owed for.
    """
    from engine.backtrader_engine.record import ledger_of

    prices, terms = setup.prices, setup.terms
    cash, shares, traded = np.zeros_like(ledger.cash), np.zeros_like(ledger.shares), np.zeros_like(ledger.traded)
    cash[0] = terms.cash
    for t in range(1, len(cash)):
        shares[t] = shares[t - 1]
        cash[t] = open_session(prices, terms, t, cash[t - 1], shares[t])
        if t >= sessions:
            become = prices.split[t - sessions + 1 : t + 1].prod(axis=0)
            traded[t] = ledger.traded[t - sessions] * become
            cash[t] = settle(terms, prices.fill[t], cash[t], shares[t], traded[t])
    return ledger_of(setup, cash, shares, traded)


def _figures(setup: Setup, ledger: Ledger, beta: Any) -> dict[str, float]:
    derisk = sold_daily(setup, ledger, beta, replay).ledger  # plain: two books are run sooner than numba is imported
    sessions = setup.market.run_sessions
    made = _cagr(ledger, sessions)
    return {
        "cagr": made,
        "final_equity": float(ledger.equity[ledger.last]),
        "against_derisk": made - _cagr(derisk, sessions),
    }


def _cagr(ledger: Ledger, sessions: Dates) -> float:
    growth = float(ledger.equity[ledger.last] / ledger.equity[0])
    a_year = sessions_a_year(sessions[: ledger.last + 1])
    return growth ** (a_year / ledger.last) - 1.0 if growth > 0.0 else -1.0


def state_check(bench: Bench, whole: Output) -> Check:
    """Ask on half of the run and then, without loading the strategy again, on all of it: it has to answer the same."""
    passed = Check("state", "passed", "it keeps nothing from one asking to the next")
    if all(each.named in SHIPPED for each in bench.config.strategies):
        return passed
    last, half = len(whole.sessions) - 1, whole.first + len(bench.market.run_sessions) // 2
    again = bench.run(untouched, last - 1 if whole.unfinished else None, after=half)
    trial = compare(whole, again, last - 1 if whole.unfinished else last)
    if not trial.differs:
        return passed
    kept = _kept_in(bench)
    where = f"in {', '.join(kept[:NAMED])}" if kept else "in what it shares with others, such as np.random"
    what = f"it fails, {again.error}" if again.error else f"{whole.sessions[trial.row]} is decided otherwise"
    sentence = (
        f"asked on the first half of the run before, {what}: it keeps state outside itself, {where}; every run here "
        "has its file loaded anew, your own Cerebro or notebook doesn't: keep it on self"
    )
    return Check("state", "warning", sentence, {"kept": list(kept)})


def _kept_in(bench: Bench) -> tuple[str, ...]:
    """Return what of the strategies' modules differs after they were asked: ``SEEN of my_hedge.py``."""
    with loaded(bench.config) as classes:
        before = _contents(classes)
        bench.run_classes(classes, untouched, len(bench.market) - 2)
        after = _contents(classes)
    return tuple(name for name in after if after[name] != before.get(name))


def _contents(classes: Sequence[type]) -> Mapping[str, bytes]:
    """Return what classes' modules, and users' modules that those imported, hold by name, each as bytes."""
    modules, found = list(dict.fromkeys(sys.modules[cls.__module__] for cls in classes)), dict[str, bytes]()
    for module in modules:
        for name, value in _values(module):
            found[f"{name} of {Path(str(module.__file__)).name}"] = _as_bytes(value)
        values = list(vars(module).values())
        beside = [sys.modules.get(getattr(value, "__module__", None) or "", value) for value in values]
        modules += [other for other in beside if _is_beside(other) and other not in modules]
    return found


def _is_beside(value: Any) -> bool:
    file = getattr(value, "__file__", None)
    return isinstance(value, ModuleType) and isinstance(file, str) and is_users(file)


def _values(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield what a module's names hold that may change: data, defaults of functions, attributes of its classes."""
    for name, value in list(vars(module).items()):
        if name.startswith("__") or isinstance(value, ModuleType):
            continue
        if isinstance(value, type):
            if value.__module__ == module.__name__:
                yield from ((f"{name}.{key}", held) for key, held in vars(value).items() if key[:2] != "__")
        else:
            yield name, value


def _as_bytes(value: Any) -> bytes:
    """Return a value in bytes that differ where it does; of a function, of what it remembers."""
    if hasattr(value, "cache_info"):
        return str(value.cache_info().currsize).encode()
    if isinstance(value, FunctionType):
        value = (value.__defaults__, value.__kwdefaults__, vars(value))
    try:
        return pickle.dumps(value)
    except Exception:  # noqa: BLE001  # whatever a user's object does that can't be pickled
        return repr(type(value)).encode()

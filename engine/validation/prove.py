"""The proof, whole: that no decision of a run uses what wasn't known yet, and what its decisions hang on besides."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

from data.errors import StrategyError, check_arguments
from data.market import Market
from data.ranges import COUNT
from data.sources import Source
from engine.config import RunConfig
from engine.setup import open_market, prepare
from engine.validation.causality import causality_checks, choose_cuts
from engine.validation.histories import whole as untouched
from engine.validation.locate import Namer
from engine.validation.opened import Opened, ear, files_check
from engine.validation.probe import Bench, Output, compare
from engine.validation.proof import Check, Progress, Proof, Steps
from engine.validation.stability import lag_check, scale_check, state_check, warm_up_check
from strategies import parameters
from strategies.load import SHIPPED, fresh, kind, strategy_class

CUTS = {"intensity": 100, "on_close": 24, "backtrader": 16}
"""Dates at which history is cut by default, by the strategy's kind."""
SLOW, CUTS_OF_SLOW = 0.25, 24
"""Seconds from which on asking for an intensity counts as slow, and the cuts it then gets."""
STEPS = 9
"""Of a proof, for whoever watches."""


def prove(
    config: RunConfig, source: Source | None = None, cuts: int | None = None, progress: Progress | None = None
) -> Proof:
    """Ask a run's strategy again and again on history tampered with, and report what that shows.

    Its module is loaded afresh each time, so that nothing it keeps hides a leak. The same run gives the same proof.

    Parameters
    ----------
    config
        The run; its strategy is of any kind.
    source
        Where history comes from; what the config names unless given.
    cuts
        Dates at which history is cut, and poisoned; by the strategy's kind unless given.
    progress
        Told each step.

    Returns
    -------
    Proof
        A check a part: determinism, state, files, truncation, poison, publication, warm-up, scale, lag. Where the
        strategy isn't deterministic the first stands alone: nothing else can be proved of it.

    Raises
    ------
    UserError
        The run can't be made at all, or `cuts` is no count.
    """
    check_arguments(whole=True, cuts=(cuts, COUNT))
    steps = Steps(STEPS, progress)
    steps.begin("asking on the whole history")
    market = open_market(config, source)
    bench, sort = Bench(config, market, prepare(config, market, None)), kind(strategy_class(config.strategy.named))
    begun = time.perf_counter()
    with _listening(config) as opened:
        whole = _whole(bench, sort)
        slow = time.perf_counter() - begun > SLOW
        steps.begin("asking again")
        same = _determinism(bench, whole)
    run, label = market.run_sessions, _label(config, market)
    proof = Proof(config.name, label, sort, str(run[0]), str(run[-1]), len(run), market.simulated, ())
    if same.outcome != "passed":
        return replace(proof, checks=(same,))
    many = cuts or (CUTS_OF_SLOW if slow and sort == "intensity" else CUTS[sort])
    chosen = choose_cuts(market, whole, many)
    steps.begin("asking what has been asked already")
    checks: tuple[Check, ...] = (same, state_check(bench, whole), files_check(opened, market.source, str(run[0])))
    checks += causality_checks(Namer(bench, whole, sort), chosen, steps)
    steps.begin("beginning later")
    checks += (warm_up_check(bench, whole, sort, steps),)
    steps.begin("at other prices")
    checks += (scale_check(bench, whole, steps),)
    steps.begin("a session late")
    checks += (lag_check(bench, whole),)
    return replace(proof, checks=checks)


def _label(config: RunConfig, market: Market) -> str:
    with fresh(config.strategy.named) as cls:
        return cls.__name__ if kind(cls) == "backtrader" else parameters.make(cls, config.strategy.params).label(market)


@contextmanager
def _listening(config: RunConfig) -> Iterator[Opened]:
    """Collect what strategies open by themselves; a shipped strategy opens nothing."""
    if all(each.named in SHIPPED for each in config.strategies):
        yield Opened()
        return
    with ear().listening() as opened:
        yield opened


def _whole(bench: Bench, sort: str) -> Output:
    """Ask on the whole history; without its last close where the strategy reads a next bar, which isn't there."""
    try:
        return bench.run(untouched, strict=True)
    except StrategyError:
        output = bench.run(untouched, len(bench.market) - 2)
        if sort != "backtrader" or output.error is not None:
            raise
        return output


def _determinism(bench: Bench, whole: Output) -> Check:
    """Ask twice on the same history."""
    last = len(whole.sessions) - 1
    again = bench.run(untouched, last - 1 if whole.unfinished else None)
    trial, nothing = compare(whole, again, last), "nothing else can be proved"
    if not trial.differs:
        to = f" (to a rounding of {trial.rounding:.0e})" if trial.rounding else ""
        return Check("determinism", "passed", f"asked twice on the same history, it answers the same{to}")
    if again.error is not None:
        return Check("determinism", "unproved", f"asked twice, it fails the second time, {again.error}: {nothing}")
    row, name = trial.row, min(trial.rows, key=lambda column: trial.rows[column])
    if trial.decisions:
        ours, theirs, what = whole.decision(row), again.decision(row), ""
    else:
        ours, theirs = (f"{output.columns[name].values[row]:.6g}" for output in (whole, again))
        what = f" in input '{name}'"
    sentence = (
        f'asked twice on the same history, it answers "{ours}" and then "{theirs}" on {whole.sessions[row]}{what}: '
        f"{nothing}; give its random numbers a seed"
    )
    return Check("determinism", "unproved", sentence, {"first": str(whole.sessions[row])})

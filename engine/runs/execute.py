"""One run: config to market to intensity to orders to books to metrics, on one screen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np

from data.arrays import Dates
from data.errors import DataError
from data.format import counted, lowered
from data.market import Market, recorded
from data.sources import Source
from engine.analytics.answer.answer import OFF
from engine.analytics.carino import by_hedge
from engine.analytics.controls import Case, Control, least_controls, run_unhedged
from engine.analytics.derisk import weights_of
from engine.analytics.evaluate import Evaluation, evaluate
from engine.analytics.measure import metrics_of
from engine.analytics.metrics import trades_of
from engine.analytics.protective_put import put_reads
from engine.config import RunConfig
from engine.engines import execute
from engine.evaluate_strategy import PreparedRun, evaluate_strategy
from engine.hedge_names import hedge_name, modelled_note
from engine.hedges import sizing_from
from engine.kernel.loop import Ledger
from engine.provenance import notes_of
from engine.runs.run import SIMULATED, Execution, Run
from engine.setup import Setup, open_market, run_beta
from strategies.base import Strategy
from strategies.sizing import hedge_beta, most_hedge

Progress = Callable[[str], None]
MOST = 1e24
"""Dollars that no book comes to, nor owes."""


class Executed(NamedTuple):
    """A run whose hedged book is known, and nothing else yet: its config, setup, the strategy's label, the book."""

    config: RunConfig
    setup: Setup
    label: str
    hedged: Ledger


Meanwhile = Callable[[Executed], None]
"""Is given the hedged book before the controls run, to set going what takes no more than that."""


def run(
    config: RunConfig,
    source: Source | None = None,
    progress: Progress | None = None,
    engine: str = "backtrader",
    meanwhile: Meanwhile | None = None,
) -> Run:
    """Run a hedge, and its controls beside it.

    Parameters
    ----------
    config
        The run.
    source
        Where history comes from; what the config names unless given.
    progress
        Told each step as it begins.
    engine
        What executes the hedged book: one of `engine.engines.ENGINES`.

    Raises
    ------
    UserError
        What can't be used, in one line: DataError, ConfigError or StrategyError.
    """
    say = progress or (lambda _step: None)
    say("reading history")
    market = open_market(config, source)
    say("asking the strategy")
    with evaluate_strategy(config, market, recorded(market)) as prepared:
        return _result(prepared, source, engine, say, meanwhile)


def _result(
    prepared: PreparedRun, source: Source | None, engine: str, say: Progress, meanwhile: Meanwhile | None
) -> Run:
    """Execute a prepared run and evaluate it."""
    config, setup, market, label = prepared.config, prepared.setup, prepared.setup.market, prepared.label
    say(f"running in {engine}")
    hedged, said = execute(engine, config, prepared)
    check_worth(hedged, market)
    if meanwhile is not None:
        meanwhile(Executed(config, setup, label, hedged))
    say("running the controls")
    evaluation = evaluate(prepared, hedged, said.withheld) if config.controls == "on" else None
    controls = (
        evaluation.controls if evaluation else least_controls(Case(config, setup, hedged, run_beta(config, market)))
    )
    notes = (
        *said.remarks,
        *_notes(config, setup, hedged),
        *(prepared.strategy.remarks(prepared.view) if isinstance(prepared.strategy, Strategy) else ()),
        *notes_of(config, market, hedged),
        *(
            remark if remark.startswith(control.title) else f"{control.title}: {lowered(remark)}"
            for control in controls.values()
            for remark in control.remarks
        ),
    )
    sessions, trades = market.run_sessions, trades_of(hedged.traded, setup.prices.fill, setup.terms)
    metrics = {
        "verdict": None if evaluation is None else evaluation.verdict.as_dict(),
        "name": config.name,
        "strategy": label,
        "source": market.source.name,
        "simulated": market.simulated,
        **metrics_of(hedged, setup.terms.cash_accrual, sessions, trades, setup.legs.firsts),
        "controls": {
            name: measured
            for name, control in controls.items()
            if (measured := _measured(control, sessions, setup.legs.firsts)) is not None
        },
        **_judged(evaluation),
        "hedges": hedges_of(setup, hedged, evaluation),
        "synthetic": _synthetic(config, source, market),
        "notes": list(notes),
    }
    intensity = np.full(len(market), np.nan) if prepared.signal is None else prepared.signal
    reads = prepared.reads | (put_reads(market.source) if evaluation else frozenset())
    ledgers = {"hedged": hedged, **{name: book.ledger for name, book in controls.items() if book.ledger is not None}}
    own = intensity[market.first :]
    return Run(metrics, ledgers, Execution(config, setup, label, own, controls, evaluation, notes, reads, engine))


def hedges_of(setup: Setup, hedged: Ledger, evaluation: Evaluation | None) -> list[dict[str, Any]] | None:
    """Return what each traded hedge came to, where there are several; None else, and with ``controls: off``."""
    legs = setup.legs
    if evaluation is None or len(legs.hedges) == 1:
        return None
    weights = weights_of(setup, hedged)[1][: hedged.last + 1]
    counts = Counter(episode.hedge for episode in evaluation.episodes)
    found = by_hedge(evaluation.attribution), evaluation.bridge.legs, weights.mean(axis=0).tolist()
    parts = zip(legs.hedges, legs.labels, *found, strict=True)
    return [
        {
            "hedge": label,
            "kind": role.kind,
            "mean_weight": weight,
            "episodes": counts[role.leg],
            **made,
            "bridge": {name: float(dollars[evaluation.attribution.last]) for name, dollars in steps.items()},
        }
        for role, label, made, steps, weight in parts
    ]


def check_worth(hedged: Ledger, market: Market) -> None:
    """Raise DataError where a book comes to more than any could: what follows would compute with infinity."""
    beyond = ~(np.abs(hedged.equity[: hedged.last + 1]) <= MOST)
    if beyond.any():
        date = market.run_sessions[int(np.argmax(beyond))]
        what = f"the hedged book comes to more than {MOST:g} dollars on {date}"
        raise DataError(f"{what}: a price, dividend or split can't be right: backtest data check tells which")


def _measured(control: Control, sessions: Dates, firsts: Sequence[int]) -> dict[str, Any] | None:
    """Return every measure of a control; None for one that couldn't be run."""
    if control.ledger is None or control.trades is None:
        return None
    columns = control.ledger.hedges.shape[1]  # a short and a put in the hedges' place have one
    entries = [k for k in firsts if k < columns]
    return metrics_of(control.ledger, control.terms.cash_accrual, sessions, control.trades, entries)


def _judged(evaluation: Evaluation | None) -> dict[str, Any]:
    """Return the evaluation's parts of metrics.json, null where there is none."""
    parts = (
        "answer",
        "answer_why",
        "variations",
        "alternatives",
        "attribution",
        "bridge",
        "measures",
        "evidence",
        "study",
    )
    values = {"answer_why": OFF} if evaluation is None else evaluation.as_dict()
    return {part: values.get(part) for part in parts}


def _synthetic(config: RunConfig, source: Source | None, market: Market) -> dict[str, Any] | None:
    """Return what is synthetic, and the books' end values at both edges of its error band; None where all is real."""
    if not market.synthetic:
        return None
    edges = [_end_values(config, open_market(config, source, shift)) for shift in (-1, 1)]
    return {
        "before": {name: str(day) for name, day in market.synthetic.items()},
        "sessions": int(market.synthetic_sessions().sum()),
        "final_equity": sorted(hedged for hedged, _unhedged in edges),
        "unhedged_final_equity": sorted(unhedged for _hedged, unhedged in edges),
    }


def _end_values(config: RunConfig, market: Market) -> tuple[float, float]:
    """Return the end values of the hedged and of the unhedged book on a market."""
    with evaluate_strategy(config, market) as prepared:
        hedged, _said = execute(prepared.plain_engine, config, prepared)
    unhedged = run_unhedged(prepared.setup)
    return float(hedged.equity[hedged.last]), float(unhedged.equity[unhedged.last])


def _without_beta(config: RunConfig, setup: Setup, hedged: Ledger) -> Iterator[str]:
    """Yield which assets are held while their beta can't be estimated, a sentence each."""
    market, legs = setup.market, setup.legs
    for k, role in enumerate(legs.hedges):
        if role.kind == "asset":
            lookback = config.legs[role.leg].lookback
            unknown = np.isnan(hedge_beta(market, role, lookback)[market.first :])
            held = int(np.count_nonzero(unknown & (hedged.shares[:, legs.of_hedge(k)] != 0.0)))
            if held:
                yield (
                    f"{role.instrument}'s beta counts as 0 at {counted(held, 'close')} at which it is held:"
                    f" there aren't {lookback} sessions of its returns before."
                )


def _notes(config: RunConfig, setup: Setup, hedged: Ledger) -> tuple[str, ...]:
    """Return what the numbers alone don't say."""
    market, notes = setup.market, list[str]()
    if market.simulated:
        notes.append(SIMULATED.format(hedge=hedge_name(config).noun))
    if note := modelled_note(config):
        notes.append(note)
    for leg, sizing in ((leg, sizing_from(leg)) for leg in config.legs if leg.kind != "option"):
        if sizing.method in ("fixed", "proportional") and sizing.weight > most_hedge(sizing):
            whose = f"{leg.instrument}'s weight" if config.hedges else "The hedge's weight"
            notes.append(f"{whose} of {sizing.weight:g} is clipped to {most_hedge(sizing):g}.")
    notes += _without_beta(config, setup, hedged)
    held = np.count_nonzero((market.calendar >= market.run_sessions[0]) & (market.calendar <= market.run_sessions[-1]))
    if missing := held - len(market.run_sessions):
        notes.append(f"{missing} NYSE sessions are left out: not every traded instrument has a bar there.")
    if hedged.equity[hedged.last] <= 0.0:
        notes.append(f"The hedged book was ruined on {market.run_sessions[hedged.last]}.")
    return tuple(notes)

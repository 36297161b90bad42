"""One run, whole: config to market to intensity to orders to books to metrics, on one screen; kept and read back."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from data.arrays import Dates, Floats
from data.market import Market
from data.shown import figure, screen
from data.sources import Source
from data.version import VERSION, code_version
from engine.analytics.answer.answer import OFF
from engine.analytics.controls import Control, least_controls, run_unhedged
from engine.analytics.evaluate import Evaluation, evaluate
from engine.analytics.measure import BOOK, metrics_of
from engine.analytics.metrics import trades_of
from engine.config import RunConfig
from engine.engines import execute
from engine.evaluate_strategy import PreparedRun, evaluate_strategy
from engine.kernel.loop import Ledger
from engine.provenance import notes_of
from engine.runs import tables
from engine.runs.identity import as_run, digest, id_of, known_config
from engine.runs.record import Record
from engine.runs.schema import Columns
from engine.setup import Setup, open_market, run_beta, sizing_of
from strategies.base import Strategy
from strategies.sizing import most_hedge

SIMULATED = "SIMULATED market: it shows the machine and says nothing about {hedge}."

ALARM = "ORDERS: "
"""How a note begins that has to be read before the figures."""

LIBRARIES = ("backtrader", "numpy", "pandas", "pyarrow", "quantstats")
"""Whose versions the manifest holds."""

OTHER_INSTRUMENTS = ("short_underlying", "protective_put")
"""Controls that trade something else in the fund's place: of those only the equity is kept."""

FIGURES = {"cagr": "CAGR", "max_drawdown": "max drawdown", "sharpe": "Sharpe"}
"""The measures that a notebook shows of every book, and what each is called there."""

SHOWN = {"unhedged": "Unhedged", "derisk_entry": "Sold at entry", "derisk_daily": "Sold daily"}
"""What a person calls the controls that a notebook shows."""

Progress = Callable[[str], None]


@dataclass(frozen=True, repr=False)
class Execution:
    """What a run has only while it is in memory.

    Parameters
    ----------
    config
        As run, every default written out.
    setup
        Market, prices and terms it was executed on.
    label
        The strategy's name as it shows.
    intensity
        The signal at each of the run's closes, shape (sessions,); NaN for a strategy that has none.
    controls
        What it is compared with, by name: ``unhedged`` and ``derisk_entry`` at least.
    evaluation
        What is to be said of it; ``None`` with ``controls: off``.
    notes
        What a reader has to know besides the numbers, a sentence each.
    engine
        What executed the hedged book.
    """

    config: RunConfig
    setup: Setup
    label: str
    intensity: Floats
    controls: Mapping[str, Control]
    evaluation: Evaluation | None
    notes: tuple[str, ...]
    engine: str = "backtrader"


@dataclass(frozen=True, repr=False)
class Run:
    """One run and its controls, just executed or read back from its folder.

    Parameters
    ----------
    metrics
        What metrics.json holds.
    ledgers
        What each book did, by name: ``hedged`` first, then every control that could be run. Those read back are the
        ones of the run's own instruments, each to its last session.
    executed
        What only a run in memory has: config, market, controls, evaluation; ``None`` for one read back.
    folder
        Where it was read from; the current folder for one just executed.
    kept
        What its folder holds; ``None`` for one just executed.
    """

    metrics: Mapping[str, Any]
    ledgers: Mapping[str, Ledger]
    executed: Execution | None = None
    folder: Path = Path()
    kept: Record | None = None

    def __repr__(self) -> str:
        metrics, marks = self.metrics, [note for note in self.notes if note.startswith(("SIMULATED", "SYNTHETIC"))]
        derisk = "derisk_daily" if "derisk_daily" in metrics["controls"] else "derisk_entry"
        sessions = self.sessions if self.executed is None else self.market.run_sessions
        hedge = self.settings["hedge"]["instrument"] if self.executed is None else self.market.hedge
        books = [(f"Hedged with {hedge}", metrics)]
        books += [(SHOWN[name], metrics["controls"][name]) for name in (derisk, "unhedged")]
        marked = f"{self.name}-SIMULATED" if self.simulated else self.name
        return screen(
            f"Run {self.name}: {self.label}",
            f"{metrics['first']} to {sessions[-1]}, {len(sessions):,} sessions, by {self.engine}",
            None if metrics["verdict"] is None else metrics["verdict"]["sentence"],
            "",
            *books_shown(books),
            "",
            *marks,
            f"notes: {len(self.notes)}; "
            + (f"kept in {self.folder}" if self.kept else f"backtest.write_run(result) writes runs/{marked}-..."),
        )

    def save(self, folder: Path) -> None:
        """Write every data file of the run into a folder: config, manifest, metrics, tables, and their checksums."""
        self.record.save(folder)

    @classmethod
    def load(cls, folder: Path) -> Run:
        """Read a run's folder back; raises UserError where it is damaged, or an older version wrote it."""
        record = Record.load(folder)
        return cls(record.metrics, tables.ledgers_of(record.tables["ledger"]), folder=folder, kept=record)

    @cached_property
    def record(self) -> Record:
        """What its folder holds."""
        return self.kept or _record(self)

    @property
    def settings(self) -> Mapping[str, Any]:
        """Its config as nested keys, every default written out."""
        return self.record.settings

    @property
    def manifest(self) -> Mapping[str, Any]:
        """What manifest.json holds."""
        return self.record.manifest

    @property
    def tables(self) -> Mapping[str, Columns]:
        """The tables of its folder, by name: `engine.runs.schema.TABLES` has their columns."""
        return self.record.tables

    @property
    def id(self) -> str:
        """The hash of config, data content and code by which it is known; no path is in it."""
        return str(self.manifest["id"])

    @property
    def name(self) -> str:
        """What its YAML calls it."""
        return str(self.metrics["name"])

    @property
    def folder_name(self) -> str:
        """The name of its folder, which says so when its history is simulated."""
        return f"{self.name}-SIMULATED-{self.id}" if self.simulated else f"{self.name}-{self.id}"

    @property
    def hedged(self) -> Ledger:
        """What the hedged book did."""
        return self.ledgers["hedged"]

    @property
    def unhedged(self) -> Ledger:
        """What the unhedged book did."""
        return self.ledgers["unhedged"]

    @property
    def books(self) -> dict[str, Ledger]:
        """What each control did, by name."""
        return {name: ledger for name, ledger in self.ledgers.items() if name != "hedged"}

    @property
    def sessions(self) -> Dates:
        """The sessions on which it had a hedged book, ``datetime64[D]``."""
        return self.tables["equity"]["date"]

    @property
    def ruined(self) -> bool:
        """Whether the hedged book ended at nothing."""
        return bool(self.hedged.equity[self.hedged.last] <= 0.0)

    @property
    def simulated(self) -> bool:
        """Whether its history is made up."""
        return bool(self.metrics["simulated"])

    @property
    def execution(self) -> Execution:
        """What only a run in memory has."""
        if self.executed is None:
            raise TypeError(f"{self.folder}: a run read back has no market: run its config.yaml again")
        return self.executed

    @property
    def config(self) -> RunConfig:
        """Its config, of a run in memory."""
        return self.execution.config

    @property
    def setup(self) -> Setup:
        """What it was executed on, of a run in memory."""
        return self.execution.setup

    @property
    def market(self) -> Market:
        """The market it was fed, of a run in memory."""
        return self.setup.market

    @property
    def label(self) -> str:
        """The strategy's name as it shows."""
        return str(self.metrics["strategy"])

    @property
    def intensity(self) -> Floats:
        """The signal at each of its closes, shape (sessions,), of a run in memory."""
        return self.execution.intensity

    @property
    def controls(self) -> Mapping[str, Control]:
        """The controls by name, of a run in memory."""
        return self.execution.controls

    @property
    def evaluation(self) -> Evaluation | None:
        """What is to be said of it, of a run in memory; ``None`` with ``controls: off``."""
        return self.execution.evaluation

    @property
    def engine(self) -> str:
        """What executed the hedged book."""
        return self.execution.engine if self.kept is None else str(self.manifest["engine"])

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know besides the numbers, a sentence each."""
        return tuple(self.metrics["notes"])

    @property
    def alarms(self) -> tuple[str, ...]:
        """The notes that have to be read before the figures."""
        return tuple(note for note in self.notes if note.startswith(ALARM))


def books_shown(books: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """Return a table of books' figures, a line each below their heads."""
    wide, forms = max(len(title) for title, _figures in books), {"percent": ".2%", "number": ".2f"}
    heads = "".join(f"{head:>15}" for head in FIGURES.values())
    lines = [
        f"{title:<{wide}}" + "".join(f"{figure(figures[key], forms[BOOK[key].format]):>15}" for key in FIGURES)
        for title, figures in books
    ]
    return [" " * wide + heads, *lines]


def _record(run: Run) -> Record:
    """Return what is kept of a run in memory."""
    config, setup, market, hedged = run.config, run.setup, run.market, run.hedged
    kept = {name: book for name, book in run.ledgers.items() if name not in OTHER_INSTRUMENTS}
    made = {
        "equity": tables.equity_table(setup, run.ledgers, run.intensity),
        "ledger": tables.ledger_table(setup, kept),
        "fills": tables.fills_table(setup, kept),
        "orders": tables.fills_of(setup, hedged),
        "episodes": tables.episodes_table(setup, hedged),
    }
    if run.evaluation is not None:
        made["attribution"] = tables.attribution_table(market.run_sessions, run.evaluation.attribution)
        if run.evaluation.answer is not None:
            made["timing"] = tables.timing_table(run.evaluation.answer.shifts)
    source, (file, _, _) = market.source.name, config.strategy.named.rpartition(":")
    return Record(
        as_run(config, source).model_dump(mode="python"),
        _manifest(run, config, market),
        run.metrics,
        made,
        Path(file) if file.endswith(".py") else None,
    )


def _manifest(run: Run, config: RunConfig, market: Market) -> dict[str, Any]:
    data = market.fingerprint()
    return {
        "id": id_of(config, market.source.name, data, run.engine),
        "name": config.name,
        "strategy": run.label,
        "simulated": market.simulated,
        "source": market.source.name,
        "data": data,
        "synthetic": {name: {"before": str(day)} for name, day in market.synthetic.items()},
        "audit": [{"id": one.id, "severity": one.severity, "says": one.says} for one in market.findings],
        "config": digest(known_config(config, market.source.name)),
        "engine": run.engine,
        "code": code_version(),
        "versions": {
            "hedge-backtest": VERSION,
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
        "notes": list(run.notes),
    }


def run(
    config: RunConfig, source: Source | None = None, progress: Progress | None = None, engine: str = "backtrader"
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
    with evaluate_strategy(config, market) as prepared:
        return _result(config, source, prepared, engine, say)


def _result(config: RunConfig, source: Source | None, prepared: PreparedRun, engine: str, say: Progress) -> Run:
    """Execute a prepared run and evaluate it."""
    setup, market = prepared.setup, prepared.setup.market
    say(f"running in {engine}")
    hedged, said = execute(engine, config, prepared)
    say("running the controls")
    evaluation = evaluate(config, prepared, hedged, said.withheld) if config.controls == "on" else None
    controls = evaluation.controls if evaluation else least_controls(setup, hedged, run_beta(config, market))
    label = prepared.cls.__name__ if prepared.strategy is None else prepared.strategy.label(market)
    notes = (
        *said.remarks,
        *_notes(config, setup, hedged),
        *(prepared.strategy.remarks(market) if isinstance(prepared.strategy, Strategy) else ()),
        *notes_of(config, market, hedged),
        *(
            remark if remark.startswith(control.title) else f"{control.title}: {_lower(remark)}"
            for control in controls.values()
            for remark in control.remarks
        ),
    )
    sessions = market.run_sessions
    metrics = {
        "verdict": None if evaluation is None else evaluation.verdict.as_dict(),
        "name": config.name,
        "strategy": label,
        "source": market.source.name,
        "simulated": market.simulated,
        **metrics_of(hedged, setup.terms, sessions, trades_of(hedged.traded, setup.prices.fill, setup.terms)),
        "controls": {
            name: metrics_of(control.ledger, control.terms, sessions, control.trades)
            for name, control in controls.items()
            if control.ledger is not None and control.trades is not None
        },
        **_judged(evaluation),
        "synthetic": _synthetic(config, source, market),
        "notes": list(notes),
    }
    intensity = np.full(len(market), np.nan) if prepared.signal is None else prepared.signal
    ledgers = {"hedged": hedged, **{name: one.ledger for name, one in controls.items() if one.ledger is not None}}
    return Run(
        metrics,
        ledgers,
        Execution(config, setup, label, intensity[market.first :], controls, evaluation, notes, engine),
    )


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
    told = {"answer_why": OFF} if evaluation is None else evaluation.as_dict()
    return {part: told.get(part) for part in parts}


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
        hedged, _said = execute("backtrader" if prepared.strategy is None else "python", config, prepared)
    unhedged = run_unhedged(prepared.setup)
    return float(hedged.equity[hedged.last]), float(unhedged.equity[unhedged.last])


def _notes(config: RunConfig, setup: Setup, hedged: Ledger) -> tuple[str, ...]:
    """Say what the numbers alone don't."""
    market, sizing, notes = setup.market, sizing_of(config), []
    if market.simulated:
        notes.append(SIMULATED.format(hedge=market.hedge))
    if sizing.method in ("fixed", "proportional") and sizing.weight > most_hedge(sizing):
        notes.append(f"The hedge's weight of {sizing.weight:g} is clipped to {most_hedge(sizing):g}.")
    held = np.count_nonzero((market.calendar >= market.run_sessions[0]) & (market.calendar <= market.run_sessions[-1]))
    if missing := held - len(market.run_sessions):
        notes.append(f"{missing} NYSE sessions are left out: not every traded instrument has a bar there.")
    if hedged.equity[hedged.last] <= 0.0:
        notes.append(f"The hedged book was ruined on {market.run_sessions[hedged.last]}.")
    return tuple(notes)


def _lower(sentence: str) -> str:
    """Return a sentence as it stands after a colon; a name in capitals stays."""
    return sentence[:1].lower() + sentence[1:] if sentence[1:2].islower() else sentence

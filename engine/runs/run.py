"""A run with its controls: what it did and came to, saved into a folder and loaded from one."""

from __future__ import annotations

import platform
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.arrays import Dates, Floats
from data.market import Market
from data.shown import figure, mark_table, marks_of, screen
from data.version import VERSION, code_version
from engine.analytics.controls import Control
from engine.analytics.evaluate import Evaluation
from engine.analytics.measure import BOOK
from engine.config import RunConfig
from engine.hedge_names import MODELLED, SYNTHETIC, kept_names, modelled
from engine.kernel.loop import Ledger
from engine.runs import tables
from engine.runs.identity import as_run, digest, id_of, known_config
from engine.runs.index import flat_row
from engine.runs.record import Record, own_files
from engine.runs.schema import Columns
from engine.setup import Setup

if TYPE_CHECKING:
    import pandas as pd

SIMULATED = "SIMULATED market: it shows the machine and says nothing about {hedge}."

ALARMS = ("ORDERS: ", "PRICE INDEX: ")
"""How a note begins that has to be read before the figures."""

LIBRARIES = ("backtrader", "numpy", "pandas", "pyarrow", "quantstats")
"""Whose versions the manifest holds."""

OTHER_INSTRUMENTS = ("short_underlying", "protective_put")
"""Controls that trade something else in the fund's place: of those only the equity is kept."""

FIGURES = {"cagr": "CAGR", "max_drawdown": "max drawdown", "sharpe": "Sharpe"}
"""The measures that a notebook shows of every book, and what each is called there."""

SHOWN = {"unhedged": "Unhedged", "derisk_entry": "Sold at entry", "derisk_daily": "Sold daily"}
"""What a person calls the controls that a notebook shows."""


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
    reads
        What it read, by kind and name such as ``bars/SOXX``.
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
    reads: frozenset[str]
    engine: str = "backtrader"


@dataclass(frozen=True, repr=False)
class Run:
    """One run and its controls, just executed or read back from its folder.

    Parameters
    ----------
    figures
        What metrics.json holds, nested as it is there.
    ledgers
        What each book did, by name: ``hedged`` first, then every control that could be run. Those read back are the
        ones of the run's own instruments, each to its last session.
    executed
        What only a run in memory has: config, market, controls, evaluation; ``None`` for one read back.
    folder
        Where it was read from; the current folder for one just executed.
    kept
        What its folder holds; ``None`` for one just executed.
    shown
        Gives it as HTML for a notebook; ``None`` leaves it to `repr`.
    """

    figures: dict[str, Any]
    ledgers: Mapping[str, Ledger]
    executed: Execution | None = None
    folder: Path = Path()
    kept: Record | None = None
    shown: Callable[[Run], str] | None = field(default=None, repr=False, compare=False)

    def _repr_html_(self) -> str | None:
        """Return it as a notebook shows it."""
        return None if self.shown is None else self.shown(self)

    def __repr__(self) -> str:
        metrics = self.figures
        sessions = self.sessions if self.executed is None else self.market.run_sessions
        marked = f"{self.name}-SIMULATED" if self.simulated else self.name
        return screen(
            f"Run {self.name}: {self.label}",
            f"{metrics['first']} to {sessions[-1]}, {len(sessions):,} sessions, by {self.engine}",
            None if metrics["verdict"] is None else metrics["verdict"]["sentence"],
            "",
            *books_shown(self.main_books()),
            "",
            *marks_of(self.notes),
            f"notes: {len(self.notes)}; "
            + (f"kept in {self.folder}" if self.kept else f"backtest.write_run(result) writes runs/{marked}-..."),
        )

    def main_books(self) -> list[tuple[str, Mapping[str, Any]]]:
        """Return the figures of the books that are shown first, by what a person calls each."""
        controls = self.figures["controls"]
        derisk = "derisk_daily" if "derisk_daily" in controls else "derisk_entry"
        legs = self.settings.get("hedges") or [self.settings["hedge"]]
        hedge = " and ".join(dict.fromkeys(leg["instrument"] for leg in legs))
        return [
            (f"Hedged with {hedge}", self.figures),
            *((SHOWN[name], controls[name]) for name in (derisk, "unhedged")),
        ]

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

    @cached_property
    def equity(self) -> pd.DataFrame:
        """Each book's equity at each close, dollars, and the signal: a column each, by date."""
        return self._frame("equity", index="date")

    @cached_property
    def fills(self) -> pd.DataFrame:
        """What each book bought and sold: a row a fill."""
        return self._frame("fills")

    @cached_property
    def episodes(self) -> pd.DataFrame:
        """From each entry to flat: a row an episode."""
        return self._frame("episodes")

    @cached_property
    def attribution(self) -> pd.DataFrame:
        """What the hedge made, by what, dollars a session, by date; empty with ``controls: off``."""
        return self._frame("attribution", index="date")

    @cached_property
    def metrics(self) -> pd.Series[Any]:
        """Every figure of metrics.json under one name each, as a column of `backtest query` has it; NaN if undefined.

        `figures` has the same nested, with its sentences and lists.
        """
        import pandas as pd

        row = flat_row(self.folder_name, self.figures, self.manifest)
        made = {key: float("nan") if value is None else value for key, value in row.items()}
        series = pd.Series(made, name=self.name, dtype=object)
        series.index.name = "SIMULATED" if self.simulated else None
        series.attrs["SIMULATED"] = self.simulated
        return series

    def _frame(self, table: str, index: str | None = None) -> pd.DataFrame:
        import pandas as pd

        frame = pd.DataFrame(dict(self.tables.get(table, {})))
        if index in frame:
            frame = frame.set_index(index)
        return mark_table(frame, "SIMULATED" if self.simulated else "", simulated=self.simulated)

    @property
    def id(self) -> str:
        """The hash of config, data content and code by which it is known; no path is in it."""
        return str(self.manifest["id"])

    @property
    def name(self) -> str:
        """What its YAML calls it."""
        return str(self.figures["name"])

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
        return bool(self.figures["simulated"])

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
        return str(self.figures["strategy"])

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
        return tuple(self.figures["notes"])

    @property
    def marks(self) -> tuple[str, ...]:
        """What says of what prices its books are: words for those that were made, and its alarms."""
        priced = modelled(kept_names(self.settings))
        made = {"SIMULATED": self.simulated, SYNTHETIC: self.figures["synthetic"], MODELLED: priced}
        return (*(word for word, so in made.items() if so), *self.alarms)

    @property
    def alarms(self) -> tuple[str, ...]:
        """The notes that have to be read before the figures."""
        return tuple(note for note in self.notes if note.startswith(ALARMS))


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
        if len(market.roles.hedges) > 1:
            made["hedges"] = tables.hedges_table(setup, run.evaluation.attribution)
        if run.evaluation.answer is not None:
            made["timing"] = tables.timing_table(run.evaluation.answer.shifts)
    return Record(
        as_run(config, market.source.name).model_dump(mode="python"),
        _manifest(run, config, market),
        run.figures,
        made,
        own_files(Path(), config.model_dump(mode="python")),
    )


def _manifest(run: Run, config: RunConfig, market: Market) -> dict[str, Any]:
    data = market.fingerprint(run.execution.reads)
    return {
        "id": id_of(config, market.source.name, data, run.engine),
        "name": config.name,
        "strategy": run.label,
        "simulated": market.simulated,
        "source": market.source.name,
        "data": data,
        "synthetic": {name: {"before": str(day)} for name, day in market.synthetic.items()},
        "audit": [{"id": item.id, "severity": item.severity, "says": item.message} for item in market.findings],
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

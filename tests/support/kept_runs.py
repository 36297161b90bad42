"""Runs on the simulated market, kept without their pages."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from backtest import load_config, run, write_run
from engine.kernel.loop import Ledger
from engine.runs.run import Run

SPAN = ("start=2019-01-02", "end=2020-06-30")
"""A year and a half of the simulated market."""


def keep(runs: Path, *settings: str) -> Run:
    """Make a run and read it back from where it is kept."""
    result = run(load_config("hedge_soxs.yaml", [*SPAN, *settings]), engine="python")
    return Run.load(write_run(result, runs, tearsheet=False, report=False))


def edited(run: Run, *, manifest: Any = (), metrics: Any = (), settings: Any = None, **tables: Any) -> Run:
    """The run with other content, ``None`` for a table it lacks; ledgers follow the equity's sessions and curves."""
    assert run.kept is not None
    kept = {name: table for name, table in {**run.tables, **tables}.items() if table is not None}
    record = replace(
        run.kept,
        settings=settings or run.settings,
        manifest={**run.manifest, **dict(manifest)},
        metrics={**run.figures, **dict(metrics)},
        tables=kept,
    )
    equity, rows = kept["equity"], np.flatnonzero(np.isin(run.sessions, kept["equity"]["date"]))
    ledgers = {
        name: Ledger._make([*(column[rows] for column in book[:-1]), len(rows) - 1])._replace(equity=equity[name])
        for name, book in run.ledgers.items()
    }
    return replace(run, figures=record.metrics, ledgers=ledgers, kept=record)

"""The command as a person types it: in this process, so that a hundred of them are quick, or in one of its own."""

from __future__ import annotations

import contextlib
import io
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from unittest.mock import patch

import numpy as np
import typer.main

import backtest.cli
from data.bars import COLUMNS
from data.sources import BARS, SERIES
from data.sources.demo import DemoSource

ROOT = Path(__file__).resolve().parents[2]
SHORT = ("--start", "2020-01-01", "--end", "2020-06-30", "--set", "controls=off", "--no-tearsheet")
"""Half a year of the simulated market, in which the shipped hedge switches on."""


built = lru_cache(typer.main.get_command)
"""Typer reads the signatures of all commands anew at each call, which takes longer than most of what is typed here."""


@dataclass(frozen=True)
class Answer:
    """What the command gave back."""

    status: int
    out: str
    err: str


def command(*typed: str) -> Answer:
    """Type ``backtest ...`` in this process."""
    out, err, status = io.StringIO(), io.StringIO(), None
    argv = sys.argv
    sys.argv = ["backtest", *typed]
    try:
        with (
            patch("typer.main.get_command", built),
            contextlib.redirect_stdout(out),
            contextlib.redirect_stderr(err),
        ):
            backtest.cli.main()
    except SystemExit as left:
        status = left.code
    finally:
        sys.argv = argv
    return Answer(status, out.getvalue(), err.getvalue())


def started(*typed: str, before: str = "", cwd: Path | None = None, **environment: str) -> subprocess.Popen[str]:
    """Start ``backtest ...`` in a process of its own; `before` is Python that it runs first."""
    code = f"import sys\nfrom backtest.__main__ import main\nsys.argv[0] = 'backtest'\n{before}\nmain()"
    return subprocess.Popen(
        [sys.executable, "-P", "-c", code, *typed],
        cwd=cwd,
        env={**os.environ, "PYTHONPATH": str(ROOT), **environment},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> Answer:
    """Wait for a process to end."""
    out, err = process.communicate(timeout=60)
    return Answer(process.returncode, out, err)


def write_history(folder: Path, first: str, last: str, rate_from: str | None = None) -> Path:
    """Write a piece of the simulated market as somebody's own CSV files: SOXX, SOXS and the rate IRX."""
    source = DemoSource()
    for name in ("SOXX", "SOXS"):
        write_bars(folder, name, name, first, last)
    rate = source.read(SERIES, "IRX")
    keep = (rate.dates >= np.datetime64(rate_from or first)) & (rate.dates <= np.datetime64(last))
    _write(folder / "series" / "IRX.csv", rate.dates[keep], {"value": rate.values[keep]})
    return folder


def write_bars(folder: Path, name: str, held: str, first: str, last: str) -> None:
    """Write a piece of what the simulated market holds of an instrument as somebody's own CSV file of `name`."""
    bars = DemoSource().read(BARS, held)
    keep = (bars.dates >= np.datetime64(first)) & (bars.dates <= np.datetime64(last))
    _write(folder / "bars" / f"{name}.csv", bars.dates[keep], {c: getattr(bars, c)[keep] for c in COLUMNS})


def _write(path: Path, dates: np.ndarray, columns: dict[str, np.ndarray]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [
        ",".join(map(str, row)) for row in zip(dates, *(column.tolist() for column in columns.values()), strict=True)
    ]
    path.write_text("\n".join([",".join(["date", *columns]), *rows, ""]))

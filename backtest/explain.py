"""Behind `backtest explain`: which run and which day are meant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np

from backtest.compare import is_yaml, refuse_options
from data.arrays import day
from data.errors import UserError
from engine.config import RunConfig
from engine.inspection.explain import explain
from engine.inspection.session import Day
from engine.loading import load_config
from engine.runs.folder import find_run
from engine.runs.run import Run


def explain_run(
    given: str, date: str, runs: Path, configure: Callable[[str], RunConfig], options: tuple[str, ...] = ()
) -> Day:
    """Explain one session of a kept run or of a YAML.

    Parameters
    ----------
    given
        A kept run, as `engine.runs.folder.find_run` finds it, or a YAML file.
    date
        YYYY-MM-DD.
    runs
        Where runs are kept.
    configure
        Gives the config of a YAML file.
    options
        Those typed that are about YAML files: for a kept run they are refused.

    Raises
    ------
    UserError
        There is no such run, its data or code changed since, or the date is no session of it.
    """
    try:
        when = day(dt.date.fromisoformat(date))
    except ValueError:
        raise UserError(f"{date}: has to be a date, YYYY-MM-DD") from None
    if is_yaml(given):
        return explain(configure(given), when)
    refuse_options(given, options)
    kept = Run.load(find_run(given, runs))
    return explain(kept_config(kept), when, kept=kept)


def kept_config(kept: Run) -> RunConfig:
    """Return the config a kept run was made by, with its end where its history ended then."""
    until: np.datetime64 = kept.sessions[-1]
    ends = [] if kept.ruined else [f"end={until}"]  # a ruined book's last session isn't the history's
    return load_config(kept.folder / "config.yaml", ends)

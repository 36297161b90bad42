"""Behind `backtest explain`: which run and which day are meant."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path

import numpy as np

from backtest.comparing import is_yaml, refuse_options
from data.arrays import day
from data.errors import UserError
from engine.config import RunConfig
from engine.inspection.explain import explain
from engine.inspection.session import Day
from engine.loading import load_config
from engine.runs.folder import find_run
from engine.runs.reuse import made_before
from engine.runs.run import Run


def explain_run(
    given: str, date: str, runs: Path, configure: Callable[[str], RunConfig], options: tuple[str, ...] = ()
) -> Day:
    """Explain one session, YYYY-MM-DD, of a kept run or of a YAML file, whose config `configure` gives.

    Raises UserError where there is no such run, its data or code changed since, the date is no session of it, or
    options that are about YAML files were typed for a kept run.
    """
    try:
        when = day(dt.date.fromisoformat(date))
    except ValueError:
        raise UserError(f"{date}: has to be a date, YYYY-MM-DD") from None
    if is_yaml(given):
        config = configure(given)
        before = made_before(config, runs)
        return explain(config, when, kept=None if before is None else Run.load(before))
    refuse_options(given, options)
    kept = Run.load(find_run(given, runs))
    return explain(kept_config(kept), when, kept=kept)


def kept_config(kept: Run) -> RunConfig:
    """Return the config a kept run was made by, with its end where its history ended then."""
    until: np.datetime64 = kept.sessions[-1]
    ends = [] if kept.ruined else [f"end={until}"]  # a ruined book's last session isn't the history's
    return load_config(kept.folder / "config.yaml", ends)

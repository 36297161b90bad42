"""What the commands ask of a run, in Python: the same names, the same answers, as values."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from backtest.api import load_config, write_pages, write_run
from backtest.comparing import compare_runs
from backtest.drawing import Here
from backtest.explaining import explain_run
from backtest.studying import Studied, study_run
from data.errors import check_arguments
from data.ranges import PROCESSES, ROWS, SEED, SESSIONS
from data.sources import Source
from engine.analytics.measure import lower_is_better
from engine.inspection.live_signal import signal_now
from engine.inspection.session import Day
from engine.inspection.signal import LiveSignal
from engine.loading import Config, build_config, config_from
from engine.plain import plain
from engine.research.frontier import ProtectionFrontier, place_ways, plan_frontier
from engine.research.grid import grid_from
from engine.research.search.objectives import objectives_of
from engine.research.search.run import SearchResult, plan_search, search_trials
from engine.research.search.sampler import import_optuna
from engine.research.search.space import space_of
from engine.research.sweep import executor_for
from engine.research.walkforward.folds import Windows, span_of
from engine.research.walkforward.kept import WalkForward
from engine.research.walkforward.plan import plan_of
from engine.research.walkforward.run import walk_forward
from engine.research.way_books import FileGiven
from engine.runs.run import Run
from engine.validation.proof import Proof
from engine.validation.prove import prove
from reports.comparison import Comparison


def signal(
    config: Config,
    *,
    days: int = 60,
    equity: float | None = None,
    held: Mapping[str, float] | None = None,
    source: Source | None = None,
) -> LiveSignal:
    """Return what a run's strategy decides at the last close, and why.

    Parameters
    ----------
    config, source
        As for `run`.
    days
        Sessions of recent history.
    equity
        What your book is worth, dollars; the run's own unless given.
    held
        What you hold instead: shares by instrument, and ``cash`` in dollars; the order is for that.

    Raises
    ------
    UserError
        What can't be used, in one line.

    Examples
    --------
    >>> live = backtest.signal("hedge_soxs.yaml", equity=250_000)
    >>> live.order in ("ENTER", "LEAVE", "HOLD", "STAY OUT")
    True
    """
    return signal_now(config_from(config), source, days, equity, held=held)


def study(config: Config, *, every: str = "entry", since: str = "fill") -> Studied:
    """Return what the fund and the underlying did after each trigger, against all days.

    Parameters
    ----------
    config
        As for `run`.
    every
        ``entry`` for entries ordered, ``signal`` for rises of the signal.
    since
        Where windows begin: ``fill`` for the run's fill, ``close`` for the trigger's.

    Raises
    ------
    UserError
        What can't be used, in one line.

    Examples
    --------
    >>> studied = backtest.study("hedge_soxs.yaml")
    >>> [window["sessions"] for window in studied.study.as_dict()["windows"]]
    [1, 5, 21, 63]
    """
    return study_run(config_from(config), every, since, lambda _step: None)


def explain(run: Config, date: str | dt.date, *, runs: str | Path = "runs") -> Day:
    """Return why the hedge was on or off in a session, and what it came to.

    Parameters
    ----------
    run
        A kept run's name, id or folder; or a run's config, as for `run`.
    date
        The session, YYYY-MM-DD.
    runs
        Where runs are kept.

    Raises
    ------
    UserError
        What can't be used, in one line.

    Examples
    --------
    >>> backtest.explain("hedge_soxs.yaml", "2020-03-16").date
    '2020-03-16'
    """
    if isinstance(run, str | Path):
        return explain_run(str(run), str(date), Path(runs), load_config)
    return explain_run("run.yaml", str(date), Path(runs), lambda _file: config_from(run))


def lookahead(config: Config, *, cuts: int | None = None, source: Source | None = None) -> Proof:
    """Prove that no decision of a run uses what wasn't known yet.

    Parameters
    ----------
    config, source
        As for `run`.
    cuts
        Dates to cut history at; by the strategy's kind unless given.

    Raises
    ------
    UserError
        What can't be used, in one line.

    Examples
    --------
    >>> backtest.lookahead("hedge_soxs.yaml", cuts=3).stands
    True
    """
    return prove(config_from(config), source, cuts)


def frontier(
    configs: Config | Sequence[Config], *, ways: Sequence[str] | None = None, weights: Sequence[float] | None = None
) -> ProtectionFrontier:
    """Compare every way to make the core safer with holding less of it.

    Parameters
    ----------
    configs
        One run or several of one core, as for `run`.
    ways
        As for ``--with``: ``sold``, ``cash``, ``short``, ``put``, ``collar``, an instrument; the usual ones that the
        data hold unless given.
    weights
        Strengths of each way.

    Raises
    ------
    UserError
        What can't be used, in one line.

    Examples
    --------
    >>> found = backtest.frontier("hedge_soxs.yaml", ways=["cash"], weights=[0.2])
    >>> [way.key for way in found.ways]
    ['hedge_soxs', 'cash']
    """
    several = [configs] if isinstance(configs, str | Path | Mapping) or not isinstance(configs, Sequence) else configs
    given = [_given(config) for config in several]
    planned = plan_frontier(given, None if ways is None else list(ways), None if weights is None else list(weights))
    return place_ways(planned)


def compare(
    runs: Sequence[str | Path | Run],
    *,
    out: str | Path = "runs",
    page: str | Path | None = None,
    tearsheets: bool = False,
) -> tuple[Comparison, Path]:
    """Lay runs side by side over the sessions they share, write the page, and return both.

    Parameters
    ----------
    runs
        Kept runs by name, id or folder; YAML files, which are run and kept; runs in memory, which are kept.
    out
        Where runs are kept.
    page
        Where the page is written; ``comparison.html`` among the runs unless given. Beside it stands the page that shows
        two of their tear-sheets.
    tearsheets
        Whether quantstats draws its pictures of all runs, too, by the same axes, on a page beside.

    Raises
    ------
    UserError
        What can't be used, in one line.

    Examples
    --------
    >>> found, page = backtest.compare(["hedge_soxs.yaml", "hedge_soxs_fatigue.yaml"])
    >>> len(found.runs)
    2
    """
    given = [str(write_run(each, out)) if isinstance(each, Run) else str(each) for each in runs]
    where = None if page is None else Path(page)
    return compare_runs(given, Path(out), load_config, (), where, pictures=tearsheets)


def walkforward(  # noqa: PLR0913 - what is chosen from, on which stretches, and where it is kept
    config: Config,
    grid: Mapping[str, Any],
    *,
    train: str = "3y",
    test: str = "1y",
    anchored: bool = False,
    objective: str = "sharpe",
    embargo: int = 20,
    workers: int | None = None,
    out: str | Path = "walkforwards",
) -> WalkForward:
    """Choose parameters on the past and judge them on the next stretch, over and over.

    Parameters
    ----------
    config, grid
        The run, and values by key, as for `sweep`.
    train, test
        Spans such as ``3y``, ``18m``.
    anchored
        Train on all history before.
    objective
        A column of a sweep, by which is chosen.
    embargo
        Sessions between training and test.
    workers
        As for `sweep`.
    out
        The folder that keeps walk-forwards; one that was killed goes on where it was.

    Raises
    ------
    UserError
        What can't be used, in one line.

    Examples
    --------
    >>> walk = backtest.walkforward("hedge_soxs.yaml", {"hedge.weight": [0.1, 0.2]}, train="4y", test="2y")
    >>> walk.folds[0]["hedge.weight"] in (0.1, 0.2)
    True
    """
    read = config_from(config)
    check_arguments(whole=True, workers=(workers, PROCESSES), embargo=(embargo, SESSIONS))
    cut = Windows(span_of(train, "train"), span_of(test, "test"), anchored, embargo)
    plan = plan_of(read, grid_from(read, grid), cut, objective, lowest=lower_is_better(objective))
    return walk_forward(plan, Path(out), executor_for(read, workers=workers), _write_plain)


def search(
    config: Config,
    space: Mapping[str, Any],
    *,
    trials: int = 100,
    objective: str | Sequence[str] = "sharpe",
    seed: int = 0,
    source: Source | None = None,
    out: str | Path = "searches",
) -> SearchResult:
    """Search a space too large for a grid (optuna), for one objective or a front of two.

    Parameters
    ----------
    config, source
        As for `run`.
    space
        By key: a range as text, ``"10:200:10"``, or a list of choices.
    trials
        How many there are in the end; those made before count.
    objective
        A column of a sweep, or two.
    seed
        Of the sampler.
    out
        The folder that keeps searches.

    Raises
    ------
    UserError
        What can't be used, in one line; optuna isn't installed.

    Examples
    --------
    >>> found = backtest.search("hedge_soxs.yaml", {"hedge.weight": "0.05:0.3:0.05"}, trials=4)
    >>> len(found.tried)
    4
    """
    read = config_from(config)
    check_arguments(whole=True, trials=(trials, ROWS), seed=(seed, SEED))
    import_optuna()
    objectives = objectives_of(objective if isinstance(objective, str) else ",".join(objective), None)
    planned, market = plan_search(read, space_of(read, space.items()), objectives, Path(out), seed, source)
    return search_trials(planned, market, trials, executor_for(read, workers=1))


def _given(config: Config) -> FileGiven:
    """Return a run as the frontier takes it; further settings are set on its config."""
    if isinstance(config, str | Path):
        return FileGiven(load_config(config), lambda more: load_config(config, more), f"backtest run {config}")
    read = config_from(config)
    tree = plain(read.model_dump(mode="python", by_alias=True, exclude_unset=True))
    return FileGiven(read, lambda more: build_config(tree, more), f"backtest run {read.name}.yaml")


def _write_plain(result: Run, folder: Path) -> Path:
    """Write a run's folder without pages."""
    return write_pages(result, folder, {}, Here(), report=False)

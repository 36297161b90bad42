"""The command `search`: a space too large for a grid, tried trial by trial."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from backtest import completion
from backtest.console import console, counting, echo_data, open_in_browser
from backtest.options import UNCHANGED, File, Open, RunOptions, announce_compiling, kept_in, quietly, within
from backtest.sweep_commands import Answer, Cluster
from data.errors import UserError
from data.ranges import PROCESSES, ROWS, SEED, TRIALS

if TYPE_CHECKING:
    from engine.research.job import Executor
    from engine.research.search.run import SearchResult
    from engine.research.search.space import Dimension


def search(
    file: File,
    params: Annotated[
        list[str] | None,
        typer.Option("--param", metavar="KEY=SPACE", help="A dimension: low:high, low:high:step or a,b,c. Repeatable."),
    ] = None,
    trials: Annotated[int, typer.Option("--trials", **within(TRIALS), metavar="N", help="How many in all.")] = 100,
    objective: Annotated[
        str,
        typer.Option(
            "--objective",
            help="A sweep's column, or two for a front: cost,drawdown_avoided.",
            autocompletion=completion.columns,
        ),
    ] = "sharpe",
    directions: Annotated[
        str | None, typer.Option("--directions", help="maximize or minimize, one for each objective.")
    ] = None,
    answer: Answer = False,
    options: RunOptions = UNCHANGED,
    seed: Annotated[int, typer.Option("--seed", **within(SEED), help="Of the sampler.")] = 0,
    workers: Annotated[
        int | None,
        typer.Option("--workers", **within(PROCESSES), help="Processes; one alone gives the same bytes again."),
    ] = None,
    executor: Annotated[
        str | None, typer.Option("--executor", help="threads (one), processes or dask (the extra cluster).")
    ] = None,
    cluster: Cluster = None,
    top: Annotated[int, typer.Option("--top", **within(ROWS), help="Trials to show.")] = 10,
    out: Annotated[Path, kept_in("searches")] = Path("searches"),
    as_json: Annotated[bool, typer.Option("--json", help="Print the best as JSON, and nothing else.")] = False,
    open_page: Open = False,
) -> None:
    """Search a space too large for a grid (optuna), for one objective or a front of two. Resumes when killed."""
    config = options.config(file)
    from data.files import write_and_sweep_up
    from engine.research.search.objectives import objectives_of
    from engine.research.search.run import PAGE, plan_search, search_trials, selling_line
    from engine.research.search.sampler import import_optuna
    from engine.research.search.space import space_of
    from reports.search import write_search_page

    import_optuna()
    objectives = objectives_of(objective, directions, answer=answer)
    space = space_of(config, params or (config.sweep or {}).items())
    computing = executor_for_trials(executor, workers, cluster)
    announce_compiling()
    with quietly(), counting("trials", trials) as count:
        planned, market = plan_search(config, space, objectives, out, seed, answer=answer)
        result = search_trials(planned, market, trials, computing, count)
        line = selling_line(planned, market)
    page = result.folder / PAGE
    marked = "SIMULATED " if result.simulated else ""
    command = options.line(file)
    title = f"{marked}{config.name}: search"
    write_and_sweep_up(page, lambda path: write_search_page(path, result, line, title=title, command=command))
    if as_json:
        import json

        echo_data(json.dumps(summary_of(result), indent=2))
        return
    from reports.search import show_search

    show_search(console(), result, top, line, forward_command(command, result))
    if open_page:
        open_in_browser(page)


def executor_for_trials(named: str | None, workers: int | None, cluster: str | None) -> Executor:
    """Return who makes trials: one process unless more are asked for, so that the same search gives the same bytes."""
    from engine.research.executors import executor_of

    if named == "threads" and (workers or 1) > 1:
        raise UserError("--executor threads makes one trial after another: leave --workers out, or use processes")
    count = workers if cluster is not None or named == "dask" else workers or 1
    return executor_of(named, count, cluster, "threads" if count == 1 else "processes")


def summary_of(result: SearchResult) -> dict[str, Any]:
    """Return counts, seconds, and the best trials or the front, as --json prints them."""
    from engine.research.search.objectives import best_first
    from engine.research.search.space import parameters_of

    search, names = result.search, [objective.name for objective in result.search.objectives]
    best = best_first(result.values, search.objectives)
    shown = best if len(search.objectives) > 1 else best[:1]
    return {
        "trials": len(result.tried),
        "combinations": result.distinct,
        "failed": sum(bool(trial.failed) for trial in result.tried),
        "sessions": result.sessions,
        "made": result.seconds["trials"],
        **{f"{name}_seconds": result.seconds[name] for name in ("sampler", "row", "wall")},
        "objectives": {objective.name: objective.direction for objective in search.objectives},
        "best": [
            {
                "trial": result.tried[row].number + 1,
                **dict(zip(names, result.values[row].tolist(), strict=True)),
                "parameters": parameters_of(search.space, result.tried[row].drawn),
            }
            for row in shown
        ],
        "folder": str(result.folder),
    }


def forward_command(run: str, result: SearchResult) -> str | None:
    """Return a walk-forward over the searched space, to judge the choice out of sample; None where none can be made.

    It has three values a dimension: a person thins or widens that.
    """
    from engine.analytics.measure import SUM
    from engine.research.walkforward.plan import may_choose

    words = ["backtest", "walkforward", *shlex.split(run)[2:]]
    for dimension in result.search.space:
        if not may_choose(dimension.keys):
            return None
        words += ["--param", f"{dimension.name}={','.join(_three(dimension))}"]
    column = result.search.objectives[0].column
    words += [] if column == "sharpe" else ["--objective", column]
    return shlex.join([*words, *(["--answer"] if column in SUM else [])])


def _three(dimension: Dimension) -> list[str]:
    """Return both ends and the middle of a range, or all choices."""
    from reports.naming import as_yaml

    if dimension.range is None:
        return [as_yaml(value) for value in dimension.choices]
    low, high = dimension.range.low, dimension.range.high
    return list(dict.fromkeys(as_yaml(dimension.range.number(float(value))) for value in (low, (low + high) / 2, high)))

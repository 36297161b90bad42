"""The command `walkforward`: parameters chosen on the past, judged on the next stretch."""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backtest import completion
from backtest.console import console, counting, echo_data, open_in_browser, steps
from backtest.options import UNCHANGED, File, Open, Params, RunOptions, announce_compiling, kept_in, quietly, within
from backtest.sweep_commands import Answer, Cluster, Executor, Workers
from data.errors import UserError
from data.ranges import SESSIONS

if TYPE_CHECKING:
    from engine.runs.run import Run

STEPS = 8
"""Those of the stitched run, and what is done around it."""


def walkforward(
    file: File,
    params: Params = None,
    train: Annotated[str, typer.Option("--train", metavar="SPAN", help="Chosen on: 5y, 18m, 250d (sessions).")] = "5y",
    test: Annotated[str, typer.Option("--test", metavar="SPAN", help="Judged on, one after another.")] = "1y",
    anchored: Annotated[bool, typer.Option("--anchored", help="Train on all history before.")] = False,
    objective: Annotated[
        str,
        typer.Option("--objective", help="A column of a sweep, by which is chosen.", autocompletion=completion.columns),
    ] = "sharpe",
    embargo: Annotated[
        int, typer.Option("--embargo", **within(SESSIONS), help="Sessions between training and test.")
    ] = 20,
    answer: Answer = False,
    options: RunOptions = UNCHANGED,
    workers: Workers = None,
    executor: Executor = None,
    cluster: Cluster = None,
    out: Annotated[Path, kept_in("walk-forwards")] = Path("walkforwards"),
    as_json: Annotated[bool, typer.Option("--json", help="Print metrics and folds as JSON, and nothing else.")] = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="Print the tables as Markdown, and nothing else.")
    ] = False,
    open_page: Open = False,
) -> None:
    """Choose parameters on the past and judge them on the next stretch, over and over. Resumes when killed."""
    config = options.config(file)
    from backtest.api import write_pages
    from backtest.drawing import drawn_beside
    from backtest.tearsheets import UNHEDGED, draw_ahead, tearsheets
    from engine.analytics.measure import lower_is_better
    from engine.research.grid import grid_of
    from engine.research.sweep import executor_for
    from engine.research.walkforward.folds import Windows, span_of
    from engine.research.walkforward.plan import plan_of
    from engine.research.walkforward.run import sweep_windows, walk_forward
    from reports.walkforward import write_walkforward_page

    if as_json and markdown:
        raise UserError("--json and --markdown can't both be printed: leave one out")
    cut = Windows(span_of(train, "--train"), span_of(test, "--test"), anchored, embargo)
    grid = grid_of(config, params or (config.sweep or {}).items())
    computing = executor_for(config, executor, workers, cluster)
    with quietly():
        plan = plan_of(config, grid, cut, objective, lowest=lower_is_better(objective), answer=answer)
    announce_compiling()
    with quietly(), drawn_beside() as drawing:  # which imports what the tear-sheet takes beside the sweeps
        with counting("combinations", plan.combinations) as count:
            sweep_windows(plan, out, computing, count)
        with steps(STEPS) as say:

            def write(result: Run, folder: Path) -> Path:
                return write_pages(result, folder, tearsheets(result, UNHEDGED), drawing, report=True, progress=say)

            walk = walk_forward(plan, out, computing, write, say, partial(draw_ahead, drawing=drawing))
            page = write_walkforward_page(walk, replace(options, start=None, end=None).line(file))
    if as_json:
        import json

        found = {**walk.metrics, "by_fold": walk.folds, "folder": str(walk.folder)}
        echo_data(json.dumps(found, indent=2, default=str))
        return
    from reports.walkforward import as_markdown, show_walkforward

    if markdown:
        echo_data(as_markdown(walk))
        return
    show_walkforward(console(), walk)
    if open_page:
        open_in_browser(page)

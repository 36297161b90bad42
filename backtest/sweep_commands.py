"""The commands that run a run many times over: sweep, walkforward, search."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from backtest import completion
from backtest.console import complain, console, counting, echo_data
from backtest.options import (
    UNCHANGED,
    Csv,
    File,
    Params,
    RunOptions,
    Xlsx,
    announce_compiling,
    kept_in,
    quietly,
    within,
    write_sheets,
)
from data.ranges import PROCESSES, ROWS, SEED

Workers = Annotated[int | None, typer.Option("--workers", **within(PROCESSES), help="Threads, or processes.")]
Executor = Annotated[
    str | None,
    typer.Option(
        "--executor",
        metavar="[threads|processes|dask]",
        autocompletion=completion.words("threads", "processes", "dask"),
        help="Who computes. Threads, or processes where the strategy can't be compiled; dask starts them as a cluster.",
        show_default=False,
    ),
]
Answer = Annotated[
    bool, typer.Option("--answer", help="Rows hold exposure, timing, drift and fund too: some 10 ms more a row.")
]
Cluster = Annotated[str | None, typer.Option("--cluster", metavar="ADDRESS", help="A dask scheduler: tcp://host:8786.")]


def sweep(
    file: File,
    params: Params = None,
    options: RunOptions = UNCHANGED,
    random: Annotated[
        int | None, typer.Option("--random", **within(ROWS), metavar="N", help="Draw N combinations.")
    ] = None,
    seed: Annotated[int, typer.Option("--seed", **within(SEED), help="For --random.")] = 0,
    workers: Workers = None,
    executor: Executor = None,
    cluster: Cluster = None,
    top: Annotated[int, typer.Option("--top", **within(ROWS), help="Rows to show of the best and of the worst.")] = 5,
    metric: Annotated[
        str, typer.Option("--metric", help="By which they are the best.", autocompletion=completion.columns)
    ] = "sharpe",
    answer: Answer = False,
    luck: Annotated[bool, typer.Option("--luck", help="Show all that tells how much of the best is luck.")] = False,
    out: Annotated[Path, kept_in("sweeps")] = Path("sweeps"),
    as_json: Annotated[
        bool, typer.Option("--json", help="Print counts, seconds and how much is luck as JSON, and nothing else.")
    ] = False,
    as_csv: Csv = None,
    workbook: Xlsx = None,
) -> None:
    """Run many combinations of a run's keys, compiled; every row is what `backtest run` gives. Resumes when killed."""
    config = options.config(file)
    import json

    from backtest.sweeping import frame_of, write_sweep_html
    from engine.research.columns import check_column
    from engine.research.grid import grid_of
    from engine.research.overfitting.findings import figures_of, standing_of
    from engine.research.sweep import executor_for
    from engine.research.sweep import sweep as run_sweep

    check_column("--metric", metric, answer=answer)
    grid = grid_of(config, params or (config.sweep or {}).items(), random, seed)
    computing = executor_for(config, executor, workers, cluster)
    announce_compiling()
    with quietly(), counting("combinations", len(grid)) as count:
        result = run_sweep(config, grid, out, workers or 1, count, executor=computing, begin=count.begin, answer=answer)
    page = write_sweep_html(result, config, options.line(file))
    names = [axis.name for axis in grid.axes]
    write_sheets(lambda sheets: sheets.of_sweep(frame_of(result, names, kept=True), result), as_csv, workbook)
    standing = standing_of(result.folder)
    for path in standing.tried.damaged if standing else ():
        complain(f"{path}: is damaged: what that sweep tried isn't counted: make it again, or remove it")
    if as_json:
        counts = {"combinations": len(grid), "sessions": result.sessions}
        seconds = {f"{name}_seconds": value for name, value in result.seconds.items()}
        echo_data(json.dumps({**counts, **seconds, **figures_of(standing), "folder": str(result.folder)}))
        return
    from reports.overfitting import show_overfitting
    from reports.renderers.terminal import show, where
    from reports.sweep import show_sweep

    show_sweep(console(), result, metric, top)
    if standing:
        show_overfitting(console(), standing, whole=luck)
    show(console(), [where(page)])

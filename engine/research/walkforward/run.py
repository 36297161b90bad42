"""A walk-forward, whole: every combination over each window, the choices, and the book that they make together."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from data.arrays import Floats, Ints
from data.errors import UserError
from engine.research.combinations import Progress, finish_chunks
from engine.research.grid import with_values
from engine.research.job import Executor, join, read_column, unfinish
from engine.research.walkforward.figures import fold_rows, summary_of
from engine.research.walkforward.kept import (
    COMBINATIONS,
    WalkForward,
    read_walkforward,
    read_whole,
    write_equity,
    write_finished,
)
from engine.research.walkforward.plan import TEST, TRAIN, WalkForwardPlan, Window
from engine.research.walkforward.stitching import STRATEGY_FILE, Say, run_beside, stitched_run
from engine.runs.execute import Meanwhile
from engine.runs.run import Run

Write = Callable[[Run, Path], Path]
"""Writes a run's folder, with its pages, into another, and returns it."""

Files = dict[tuple[int, str], list[Path]]
"""The files of each window, by its fold and its kind."""


def sweep_windows(plan: WalkForwardPlan, out: Path, executor: Executor, progress: Progress | None = None) -> Files:
    """Run every combination over every window; what was finished before isn't run again.

    Parameters
    ----------
    plan, out, executor
        As for `walk_forward`.
    progress
        Called with the number of combinations that were finished, each time some are.
    """
    if read_whole(out / plan.folder):
        if progress:
            progress(plan.combinations)
        return {}
    found = finish_chunks(plan.job, plan.chunks, out / plan.folder / "parts", executor, progress)
    windows = plan.windows
    files: Files = {(window.fold, window.kind): [] for window in windows}
    for chunk, file in zip(plan.chunks, found.files, strict=True):
        window = windows[chunk.window or 0]
        files[window.fold, window.kind].append(file)
    return files


def walk_forward(
    plan: WalkForwardPlan,
    out: Path,
    executor: Executor,
    write: Write,
    progress: Say | None = None,
    meanwhile: Meanwhile | None = None,
) -> WalkForward:
    """Run a walk-forward and write its folder; one that is finished is read, one that was killed goes on where it was.

    Parameters
    ----------
    plan
        What to run.
    out
        The folder that keeps walk-forwards.
    executor
        Who computes the combinations; the files are the same whoever does.
    write
        Writes the stitched run.
    progress
        Called with each step as it begins.
    meanwhile
        Is given the stitched book before its controls run.

    Raises
    ------
    UserError
        What can't be used, in one line.
    """
    say, folder = progress or (lambda _step: None), out / plan.folder
    if walk := read_whole(folder):
        return walk
    files = sweep_windows(plan, out, executor)
    unfinish(folder)
    say("choosing")
    rows = choices(plan, files)
    best, chosen = rows[0], [rows[number] for number in range(1, len(rows))]
    by_fold = [{window: files[number, window] for window in (TRAIN, TEST)} for number in range(1, len(rows))]
    table = fold_rows(plan, chosen, by_fold)
    with TemporaryDirectory(prefix="backtest-walkforward-") as made:
        stitched = stitched_run(plan, chosen, Path(made) / STRATEGY_FILE, say, meanwhile)
        others = {"own": plan.config, "hindsight": with_values(plan.config, plan.grid.combination(best))}
        beside = {name: run_beside(plan, config) for name, config in others.items()}
        say("writing tables")
        groups = [({"fold": fold, "window": kind}, [part]) for (fold, kind), parts in files.items() for part in parts]
        join(groups, folder / COMBINATIONS)
        write_equity(folder, stitched, beside, _folds(plan))
        ran = write(stitched, folder)  # keeps the strategy's file; last, as its tear-sheet is drawn beside all this
    synthetic = {name: str(day) for name, day in plan.market.synthetic.items()}
    manifest = {"id": plan.id, "simulated": stitched.simulated, "synthetic": synthetic, "run": ran.name, **plan.known()}
    write_finished(folder, table, summary_of(plan, table, stitched, beside, best), manifest)
    shutil.rmtree(folder / "parts", ignore_errors=True)
    return read_walkforward(folder)


def choices(plan: WalkForwardPlan, files: Files) -> dict[int, int]:
    """Return the row of the grid that each fold's training chooses; under 0 the best of the whole history."""
    return {
        window.fold: chosen_row(window, files[window.fold, window.kind], plan.objective, lowest=plan.lowest)
        for window in plan.windows
        if window.kind != TEST
    }


def chosen_row(window: Window, files: list[Path], objective: str, *, lowest: bool) -> int:
    """Return the row that a window's results choose; raises UserError where no combination has a value."""
    row = best_row(read_column(files, objective), lowest=lowest)
    if row is None:
        import pyarrow.parquet as pq

        reasons = (why for file in files for why in pq.read_table(file, columns=["failed"]).column(0).to_pylist())
        first = next((f", the first because {why}" for why in reasons if why), "")
        raise UserError(
            f"no combination has a {objective} from {window.config.start} to {window.config.end}{first}: choose by"
            " another --objective, or another --param"
        )
    return row


def best_row(values: Floats, *, lowest: bool) -> int | None:
    """Return the row of the best value, the first of those that are equal; None where none is defined."""
    known = ~np.isnan(values)
    if not known.any():
        return None
    return int(np.argmax(np.where(known, -values if lowest else values, -np.inf)))


def _folds(plan: WalkForwardPlan) -> Ints:
    """Return the number of the fold that each session of all tests belongs to."""
    first = plan.folds[0].test_first
    begins = [fold.test_first for fold in plan.folds]
    return np.searchsorted(begins, np.arange(first, len(plan.sessions)), side="right").astype(np.int64)

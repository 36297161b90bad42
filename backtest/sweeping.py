"""A sweep in Python: a grid of values in, a table out; and its page."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any

from data.errors import check_arguments
from data.files import write_and_sweep_up
from data.ranges import PROCESSES, ROWS, SEED
from data.shown import mark_table
from data.sources import Source
from engine.config import RunConfig
from engine.loading import Config, config_from
from engine.research.columns import columns_of
from engine.research.grid import Axis, grid_from, grid_of
from engine.research.overfitting.findings import FILE, figures_of, standing_of
from engine.research.sweep import SweepResult, column, executor_for
from engine.research.sweep import sweep as run_sweep

if TYPE_CHECKING:
    import pandas as pd


def sweep(  # noqa: PLR0913 - what is swept, how, and where it is kept
    config: Config,
    grid: Mapping[str, Any] | None = None,
    *,
    random: int | None = None,
    seed: int = 0,
    workers: int | None = None,
    answer: bool = False,
    out: str | Path | None = None,
    progress: bool = False,
    source: Source | None = None,
) -> pd.DataFrame:
    """Run every combination of a grid; each row is what `run` gives with the same keys.

    Parameters
    ----------
    config
        The run that is swept, as for `run`.
    grid
        Values by key, such as ``{"trend_days": range(10, 201, 10), "hedge.weight": [0.05, 0.1]}``: a list, an array, a
        range; anything else, text too, is one value. A strategy's parameter may be named alone. The config's section
        ``sweep`` unless given.
    random, seed
        Draw that many combinations.
    workers
        Threads, or processes for a strategy that can't be compiled; the machine's cores unless given. The rows are the
        same.
    answer
        Whether rows hold the parts of the sum, too: exposure, timing (both estimated from 64 shifts), drift and fund.
    out
        The folder that keeps sweeps; a killed sweep goes on where it was. Nothing is kept unless given.
    progress
        Show a bar on the error stream.
    source
        Where history comes from; what the config names unless given.

    Returns
    -------
    A row a combination, in the grid's order, its last key turning fastest: keys as the grid has them, then the columns
    of results.parquet, NaN where one is undefined, and ``failed``, why a row has none. Of a market that is made up
    SIMULATED stands in the corner of what is printed: it is ``frame.columns.name``. In ``attrs``, as plain values:

    - ``kernel_seconds``, ``signal_seconds``, ``tail_seconds``, ``wall_seconds``: what this call computed;
    - ``says``, ``pbo``, ``deflated_sharpe``, ``spa``, ``overfitting``: how much is luck, ``None`` without a Sharpe;
    - ``sessions``, ``SIMULATED``, ``simulated``, ``mark`` (what has to stand beside numbers, or ``None``), ``folder``.

    Raises
    ------
    UserError
        What can't be used, in one line.

    Examples
    --------
    >>> frame = backtest.sweep("hedge_soxs.yaml", {"trend_days": range(20, 61, 20), "hedge.weight": [0.1, 0.2]})
    >>> len(frame), frame.columns.name
    (6, 'SIMULATED')
    """
    read = config_from(config)
    check_arguments(whole=True, workers=(workers, PROCESSES), random=(random, ROWS), seed=(seed, SEED))
    if grid is None and read.sweep:
        laid, names = grid_of(read, read.sweep.items(), random, seed), list(read.sweep)
    else:
        laid, names = grid_from(read, grid or {}, random, seed), list(grid or {})
    computing = executor_for(read, workers=workers)
    with ExitStack() as stack:
        kept = Path(out) if out is not None else Path(stack.enter_context(TemporaryDirectory(prefix="backtest-")))
        count, begin = stack.enter_context(_counting(len(laid) if progress else None))
        result = run_sweep(
            read, laid, kept, progress=count, source=source, executor=computing, begin=begin, answer=answer
        )
        return frame_of(result, names, kept=out is not None)


@contextmanager
def _counting(total: int | None) -> Iterator[tuple[Any, Any]]:
    """Show the command's bar, or nothing."""
    if total is None:
        yield None, None
        return
    from backtest.console import counting

    with counting("combinations", total) as count:
        yield count, count.begin


def frame_of(result: SweepResult, names: Sequence[str], *, kept: bool) -> pd.DataFrame:
    """Return a sweep's rows as a table, its axes first, by these names where no column has them."""
    import pyarrow.parquet as pq

    frame = pq.read_table(result.results, columns=[*columns_of(answer=result.answer), "failed"]).to_pandas()
    indices = result.grid.indices(0, len(result.grid))
    for i, (axis, name) in enumerate(zip(result.grid.axes, names, strict=True)):
        frame.insert(i, axis.name if name in frame else name, _values(axis, indices[:, i]))
    statistics = result.folder / FILE
    frame.attrs = {
        **{f"{name}_seconds": seconds for name, seconds in result.seconds.items()},
        **figures_of(standing_of(result.folder)),
        "overfitting": json.loads(statistics.read_text(encoding="utf-8")) if statistics.exists() else None,
        "sessions": result.sessions,
        "simulated": result.simulated,
        "mark": result.mark,
        "folder": str(result.folder) if kept else None,
    }
    return mark_table(frame, "SIMULATED" if result.simulated else "", simulated=result.simulated)


def _values(axis: Axis, indices: Any) -> Any:
    """Return the column of an axis: its values as they are, a column of one kind where they are of one."""
    import pandas as pd

    kinds = set(map(type, axis.values))
    plain = len(kinds) == 1 and kinds <= {bool, int, float, str}
    return pd.Series(list(axis.values), dtype=None if plain else object).take(indices).array


def write_sweep_html(result: SweepResult, config: RunConfig, command: str) -> Path:
    """Write a sweep's page beside its table and return it."""
    from reports.sweep import write_sweep_page
    from reports.sweep_numbers import Columns, Rows

    page = result.folder / "sweep.html"
    names, read = tuple(axis.name for axis in result.grid.axes), partial(column, result)
    rows = Rows(names, Columns(names, read), Columns(columns_of(answer=result.answer), read), len(result.grid))
    marked = "SIMULATED " if result.simulated else ""
    title, standing = f"{marked}{config.name}: sweep", standing_of(result.folder)

    def write(path: Path) -> None:
        write_sweep_page(path, rows, title=title, note=result.mark, command=command, standing=standing)

    write_and_sweep_up(page, write)
    return page

"""The Python API, of which the command is a thin wrapper; `sweep`, which takes numba, is in `backtest.sweeping`."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from backtest.drawing import Here, PageDrawing
from backtest.tearsheets import TEARSHEET, UNHEDGED, draw_tearsheet, tearsheets
from data.market import Market
from data.sources import Source
from engine.backtrader_engine.guest import as_backtrader
from engine.config import RunConfig
from engine.loading import Config, config_from, find_run, with_data
from engine.loading import load_config as _load_config
from engine.runs.execute import run as _run
from engine.runs.folder import find_run as find_kept
from engine.runs.folder import run_folder
from engine.runs.run import Run
from engine.setup import open_market

REPORT = "report.html"

__all__ = ["as_backtrader", "load_config", "load_market", "load_run", "run", "write_run"]


def load_config(file: str | Path, settings: Sequence[str] = (), data: str | Path | None = None) -> RunConfig:
    """Read a run's YAML.

    Parameters
    ----------
    file
        A YAML file, or the name of a shipped one.
    settings
        ``key=value`` texts, as for ``--set``.
    data
        A folder of CSV files to run on, or a source's name, as for ``--data``.

    Raises
    ------
    ConfigError
        File, line and key of what is wrong.

    Examples
    --------
    >>> config = backtest.load_config("hedge_soxs.yaml", ["trend_days=100", "hedge.weight=0.1"])
    >>> config.hedge.weight
    0.1
    """
    path, _shipped = find_run(str(file))
    config = _load_config(path, settings)
    return config if data is None else with_data(config, str(data))


def load_market(config: Config) -> Market:
    """Load what a run trades, laid on its sessions.

    Parameters
    ----------
    config
        As for `run`.

    Raises
    ------
    UserError
        What can't be used, in one line.

    Examples
    --------
    >>> market = backtest.load_market("hedge_soxs.yaml")
    >>> market.underlying, market.simulated
    ('SOXX', True)
    """
    return open_market(config_from(config))


def load_run(run: str | Path, runs: str | Path = "runs") -> Run:
    """Read a kept run back: its metrics, tables and books; a notebook shows its verdict, sum and frontier.

    Parameters
    ----------
    run
        Its name, id or folder.
    runs
        Where runs are kept.

    Raises
    ------
    UserError
        There is none, it is damaged, or an older version wrote it.

    Examples
    --------
    >>> folder = backtest.write_run(backtest.run("hedge_soxs.yaml"), tearsheet=False)
    >>> kept = backtest.load_run(folder.name)
    >>> kept.metrics["verdict"]
    'withheld'
    """
    return replace(Run.load(find_kept(str(run), Path(runs))), shown=_first_screen)


def run(
    config: Config,
    source: Source | None = None,
    progress: Callable[[str], None] | None = None,
    engine: str = "backtrader",
) -> Run:
    """Run a hedge, and its controls beside it.

    Parameters
    ----------
    config
        A RunConfig; a mapping of what a run's YAML holds, numpy's and pandas' scalars and dates too; or a YAML file,
        or the name of a shipped one, as the command finds it.
    source
        Where history comes from; what the config names unless given.
    progress
        Told each step as it begins.
    engine
        What executes the hedged book: ``backtrader``, ``compiled`` or ``python``.

    Raises
    ------
    UserError
        What can't be used, in one line: DataError, ConfigError or StrategyError.

    Examples
    --------
    >>> result = backtest.run({"start": "2019-01-02", "end": "2020-12-31", "hedge": {"weight": 0.1}})
    >>> result.metrics["sessions"], len(result.equity)
    (505, 505)
    """
    return replace(_run(config_from(config), source, progress, engine), shown=_first_screen)


def _first_screen(result: Run) -> str:
    from reports.notebook import first_screen

    return first_screen(result)


def write_run(
    result: Run,
    out: str | Path = "runs",
    *,
    tearsheet: bool = True,
    report: bool = True,
    benchmark: str | Sequence[str] = UNHEDGED,
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Write a run's folder, with its pages unless told not to, and return where it stands.

    The pages are quantstats' tear-sheet and, of a run with controls, the hedge report.

    Parameters
    ----------
    result, out
        The run, and where runs are kept.
    tearsheet, report
        Whether to draw each.
    benchmark
        What the tear-sheet sets the run against: one of `backtest.tearsheets.BENCHMARKS`, or several for a page each,
        the first of them ``tearsheet.html``, others by their names, such as ``tearsheet-held_less.html``.
    progress
        Told each step as it begins.

    Raises
    ------
    UserError
        The folder can't be written, or the run has no such benchmark.

    Examples
    --------
    >>> result = backtest.run("hedge_soxs.yaml", engine="compiled")
    >>> folder = backtest.write_run(result, tearsheet=False)
    >>> folder.name == result.folder_name, (folder / "report.html").is_file()
    (True, True)
    """
    sheets = tearsheets(result, benchmark) if tearsheet else {}
    return write_pages(result, Path(out), sheets, Here(), report=report, progress=progress)


def write_pages(
    result: Run,
    out: Path,
    sheets: Mapping[str, str],
    drawing: PageDrawing,
    *,
    report: bool,
    progress: Callable[[str], None] | None = None,
) -> Path:
    """Write a run's folder as `write_run` does, with these `tearsheets`, drawn by who is given."""
    say = progress or (lambda _step: None)
    with run_folder(result.folder_name, out) as (writing, final), _stopping(drawing):
        say("writing files")
        result.save(writing)
        reported = report and result.evaluation is not None
        for name, page in sheets.items():
            say("drawing the tear-sheet" if len(sheets) == 1 else f"drawing the tear-sheet against {name}")
            report_page = REPORT if reported else None
            draw_tearsheet(result, writing / page, name, report=report_page, sheets=sheets, drawing=drawing)
        drawing.begin()
        if reported:
            from reports.hedge_report import report_of
            from reports.renderers.html import write_document

            say("drawing the report")
            write_document(writing / REPORT, report_of(result, tearsheet=TEARSHEET if sheets else None))
        drawing.finish()
    return final


@contextmanager
def _stopping(drawing: PageDrawing) -> Iterator[None]:
    """Have nothing more drawn into a folder that an error leaves."""
    try:
        yield
    except BaseException:
        drawing.stop()
        raise

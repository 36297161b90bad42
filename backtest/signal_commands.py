"""The commands about a strategy's signal: what it says now, and what followed when it spoke."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from backtest import completion
from backtest.console import console, echo_data, steps
from backtest.options import (
    UNCHANGED,
    Csv,
    File,
    Json,
    Open,
    Page,
    RunOptions,
    Xlsx,
    page_asked_for,
    quietly,
    taken,
    within,
    write_sheets,
)
from data.errors import UserError, quoted
from data.ranges import CASH, DAYS


def signal(
    file: File,
    options: RunOptions = UNCHANGED,
    equity: Annotated[
        float | None, typer.Option("--equity", metavar="DOLLARS", help="What your book is worth.", show_default=False)
    ] = None,
    hold: Annotated[
        str | None,
        typer.Option(
            "--hold",
            metavar="SOXX=100,cash=5000",
            help="What you hold: shares, and cash in dollars.",
            autocompletion=completion.holdings,
            show_default=False,
        ),
    ] = None,
    days: Annotated[int, typer.Option("--days", **within(DAYS), metavar="N", help="Sessions of history to show.")] = 60,
    as_json: Json = False,
    as_csv: Csv = None,
    workbook: Xlsx = None,
    page: Page = None,
    open_page: Open = False,
) -> None:
    """Show what the strategy decides at the last close, and why: order, weights, every input by its threshold."""
    equity, held = taken("--equity", equity, CASH), None if hold is None else _held(hold)
    if equity is not None and held is not None:
        raise UserError("--hold tells what your book is worth: leave --equity out")
    config = options.config(file)
    from engine.inspection.live_signal import signal_now
    from reports.signal import show_signal, write_signal_page

    with quietly(), steps(1) as say:
        say("asking the strategy")
        live = signal_now(config, days=days, equity=equity, held=held)
    write_sheets(lambda sheets: sheets.of_signal(live), as_csv, workbook)
    if as_json:
        echo_data(json.dumps(live.as_dict(), indent=2, allow_nan=False))
    else:
        show_signal(console(), live)
    usual = Path(f"{config.name}-signal.html")
    page_asked_for(page, lambda path: write_signal_page(path, live), usual, quiet=as_json, open_page=open_page)


def _held(text: str) -> dict[str, float]:
    """Return what is held, by name, from ``SOXX=100,cash=5000``; raises UserError for what is none."""
    found = dict[str, float]()
    for part in text.split(","):
        name, _, amount = (word.strip() for word in part.partition("="))
        try:
            number = float(amount)
        except ValueError:
            raise UserError(f"--hold {quoted(part.strip())}: has to be a name and a number, such as SOXX=100") from None
        if name in found:
            raise UserError(f"--hold names {quoted(name)} twice")
        found[name] = number
    return found


def study(
    file: File,
    options: RunOptions = UNCHANGED,
    every: Annotated[
        str,
        typer.Option(
            "--every",
            metavar="[entry|signal]",
            help="Triggers: entries ordered, or rises of the signal.",
            autocompletion=completion.words("entry", "signal"),
        ),
    ] = "entry",
    since: Annotated[
        str,
        typer.Option(
            "--from",
            metavar="[fill|close]",
            help="Where windows begin: the run's fill, or that close.",
            autocompletion=completion.words("fill", "close"),
        ),
    ] = "fill",
    as_json: Json = False,
    as_csv: Csv = None,
    workbook: Xlsx = None,
    page: Page = None,
    open_page: Open = False,
) -> None:
    """Study what the fund and the underlying did 1, 5, 21 and 63 sessions after each trigger, against all days."""
    config = options.config(file)
    from backtest.studying import study_run
    from reports.study import show_study, write_study_page

    with quietly(), steps(3) as say:
        found = study_run(config, every, since, say)
    write_sheets(lambda sheets: sheets.of_study(found.study, found.marks), as_csv, workbook)
    if as_json:
        echo_data(json.dumps(found.study.as_dict(), indent=2, allow_nan=False))
    else:
        show_study(console(), found.study, found.roles, found.marks)

    def write(path: Path) -> None:
        note = " ".join(found.marks) or None
        write_study_page(path, found.study, found.roles, title=found.title, span=found.span, note=note)

    page_asked_for(page, write, Path(f"{config.name}-study.html"), quiet=as_json, open_page=open_page)

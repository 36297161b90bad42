"""The commands about a strategy's signal: what it says now, and what followed when it spoke."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from backtest.console import console, echo_data, steps
from backtest.options import (
    Data,
    End,
    File,
    Json,
    Open,
    Page,
    Settings,
    Start,
    config_of,
    page_asked_for,
    quietly,
    taken,
    within,
)
from data.ranges import CASH, DAYS


def signal(
    file: File,
    data: Data = None,
    settings: Settings = None,
    start: Start = None,
    end: End = None,
    equity: Annotated[
        float | None, typer.Option("--equity", metavar="DOLLARS", help="What your book is worth.", show_default=False)
    ] = None,
    days: Annotated[int, typer.Option("--days", **within(DAYS), metavar="N", help="Sessions of history to show.")] = 60,
    as_json: Json = False,
    page: Page = None,
    open_page: Open = False,
) -> None:
    """Show what the strategy decides at the last close, and why: order, weights, every input by its threshold."""
    equity = taken("--equity", equity, CASH)
    config, _shipped = config_of(file, data, settings, start, end)
    from engine.inspection.live_signal import signal_now
    from reports.signal import show_signal

    with quietly(), steps(1) as say:
        say("asking the strategy")
        live = signal_now(config, days=days, equity=equity)
    if as_json:
        echo_data(json.dumps(live.as_dict(), indent=2, allow_nan=False))
    else:
        show_signal(console(), live)

    def write(path: Path) -> None:
        from reports.signal import write_signal_page

        write_signal_page(path, live)

    page_asked_for(page, write, Path(f"{config.name}-signal.html"), quiet=as_json, open_page=open_page)


def study(
    file: File,
    data: Data = None,
    settings: Settings = None,
    start: Start = None,
    end: End = None,
    every: Annotated[
        str,
        typer.Option("--every", metavar="[entry|signal]", help="Triggers: entries ordered, or rises of the signal."),
    ] = "entry",
    since: Annotated[
        str, typer.Option("--from", metavar="[fill|close]", help="Where windows begin: the run's fill, or that close.")
    ] = "fill",
    as_json: Json = False,
    page: Page = None,
    open_page: Open = False,
) -> None:
    """Study what the fund and the underlying did 1, 5, 21 and 63 sessions after each trigger, against all days."""
    config, _shipped = config_of(file, data, settings, start, end)
    from backtest.studying import study_run
    from reports.study import show_study

    with quietly(), steps(3) as say:
        found = study_run(config, every, since, say)
    if as_json:
        echo_data(json.dumps(found.study.as_dict(), indent=2, allow_nan=False))
    else:
        show_study(console(), found.study, found.roles, found.marks)

    def write(path: Path) -> None:
        from reports.study import write_study_page

        write_study_page(
            path, found.study, found.roles, title=found.title, span=found.span, note=" ".join(found.marks) or None
        )

    page_asked_for(page, write, Path(f"{config.name}-study.html"), quiet=as_json, open_page=open_page)

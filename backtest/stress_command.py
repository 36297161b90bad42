"""The command `stress`: what becomes of today's book in falls and rallies again, on paths from here on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backtest.console import Count, console, counting, echo_data
from backtest.options import UNCHANGED, File, Json, Open, Page, RunOptions, page_asked_for, quietly, within
from data.ranges import DAYS, PROCESSES, SESSIONS

if TYPE_CHECKING:
    from collections.abc import Callable


def stress(
    file: File,
    options: RunOptions = UNCHANGED,
    scenarios: Annotated[
        list[str] | None,
        typer.Option(
            "--scenario",
            metavar="NAME",
            help="A fall by the month of its low, 2008-11; all of a year, 2008; a rally, rally-2025-04; any month, from"
            " which on sessions are replayed; nothing, in which no price moves. Repeatable; every fall and rally unless"
            " given.",
        ),
    ] = None,
    horizon: Annotated[int, typer.Option("--horizon", **within(DAYS), metavar="N", help="Sessions of a path.")] = 126,
    paths: Annotated[
        int | None,
        typer.Option(
            "--paths",
            **within(SESSIONS),
            metavar="N",
            help="Paths from today on; 0 for none.",
            show_default="2000; 500 of a CloseStrategy, 100 of a backtrader.Strategy",
        ),
    ] = None,
    fall: Annotated[
        float, typer.Option("--fall", metavar="FRACTION", help="Paths that fell by it are shown by themselves.")
    ] = -0.3,
    workers: Annotated[
        int | None,
        typer.Option("--workers", **within(PROCESSES), metavar="N", help="Processes.", show_default="the cores"),
    ] = None,
    as_json: Json = False,
    page: Page = None,
    open_page: Open = False,
) -> None:
    """Replay history's falls and rallies behind the last close, draw paths from there, find where the hedge fails."""
    config = options.config(file)
    from engine.stress.stress import steps_of
    from engine.stress.stress import stress as run_stress
    from reports.stress import write_stress_page
    from reports.stress_terminal import show_stress

    with quietly(), counting("scenarios", steps_of(scenarios, paths, horizon)) as count:
        found = run_stress(
            config,
            scenarios=scenarios,
            horizon=horizon,
            paths=paths,
            fall=fall,
            workers=workers,
            progress=_shown_by(count),
        )
    if as_json:
        echo_data(json.dumps(found.as_dict(), indent=2, allow_nan=False))
    else:
        show_stress(console(), found)
    usual = Path(f"{config.name}-stress.html")
    page_asked_for(page, lambda path: write_stress_page(path, found), usual, quiet=as_json, open_page=open_page)


def _shown_by(count: Count) -> Callable[[str, int], None]:
    """Return what moves a bar on: it is told the step, and how many scenarios are done more."""

    def say(step: str, done: int) -> None:
        count.begin(step)
        count(done)

    return say

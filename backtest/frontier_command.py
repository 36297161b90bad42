"""The command `frontier`: every way to make a core safer, each at several strengths, on one page."""

from __future__ import annotations

import json
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backtest import completion
from backtest.console import console, counting, echo_data, open_in_browser
from backtest.options import (
    EXECUTED,
    UNCHANGED,
    Json,
    Open,
    RunOptions,
    announce_compiling,
    quietly,
    within,
    write_page,
    written_to,
)
from data.errors import UserError, quoted
from data.ranges import ROWS, Range

if TYPE_CHECKING:
    from engine.research.way_books import FileGiven

STRENGTH = Range(0.001, 10)
"""Of a way: a weight, or contracts a core share."""


def frontier(
    files: Annotated[list[str], typer.Argument(metavar="FILE...", help=f"Runs of one core, a YAML each. {EXECUTED}")],
    named: Annotated[
        list[str] | None,
        typer.Option(
            "--with",
            metavar="WAYS",
            help="Ways beside the files' own: sold, cash, short, put, put_spread, collar or an instrument; put:always"
            " for one that is on all the time. Unless given: the usual ones that the data hold.",
            autocompletion=completion.words("sold", "cash", "short", "put", "put_spread", "collar"),
        ),
    ] = None,
    weights: Annotated[
        str | None,
        typer.Option(
            "--weights",
            metavar="A,B,...",
            help="Strengths of each way, such as 0.1,0.2; not of several hedges of a file.",
        ),
    ] = None,
    options: RunOptions = UNCHANGED,
    rows: Annotated[int, typer.Option("--top", **within(ROWS), help="Rows to show.")] = 12,
    page: Annotated[Path | None, written_to("--page", "Where the page is written.")] = None,
    as_json: Json = False,
    open_page: Open = False,
) -> None:
    """Compare every way to make the core safer with holding less of it: what a point of safety cost, by which way."""
    strengths = None if weights is None else _numbers(weights)
    ways = None if named is None else [way.strip() for text in named for way in text.split(",") if way.strip()]
    given = [_given(file, options) for file in files]
    from engine.research.frontier import place_ways, plan_frontier
    from reports.frontier import show_frontier, write_frontier

    announce_compiling()
    with quietly():
        planned = plan_frontier(given, ways, strengths)
        with counting("books", len(planned.tried)) as count:
            found = place_ways(planned, count)
    marked = "-SIMULATED" if found.market.simulated else ""
    target = page or Path(f"{found.config.name}{marked}-frontier.html")
    write_page(target, lambda path: write_frontier(path, found))
    if as_json:
        echo_data(json.dumps(found.as_dict(), indent=2, allow_nan=False))
    else:
        show_frontier(console(), found, target, rows)
    if open_page:
        open_in_browser(target)


def _given(file: str, options: RunOptions) -> FileGiven:
    from engine.research.way_books import FileGiven

    return FileGiven(options.config(file), partial(options.config, file), options.line(file))


def _numbers(text: str) -> list[float]:
    """Return the strengths of a list, from little to much; raises UserError for what is none."""
    found = list[float]()
    for part in text.split(","):
        try:
            found.append(STRENGTH.take(float(part)))
        except ValueError as error:
            why = str(error) if "has to" in str(error) else "has to be a number"
            raise UserError(f"--weights {quoted(part.strip())}: {why}, such as 0.1") from None
    return sorted(set(found))

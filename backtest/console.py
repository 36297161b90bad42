"""The terminal: what a command prints passes here, and progress bars on its error stream."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Protocol

import typer

from data.text import one_line, visible

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress, ProgressColumn


class Step(Protocol):
    """Shows what is being done; by default that is a step further, or a part of one."""

    def __call__(self, step: str, *, advance: float = True) -> None:
        """Show the step."""


def echo(text: str, *, err: bool = False) -> None:
    """Print for a person: what would steer the terminal is shown, not obeyed."""
    typer.echo(visible(text), err=err)


def complain(message: str) -> None:
    """Print an error or a warning, one line on the error stream."""
    typer.echo(one_line(message), err=True)


def echo_data(text: str, *, nl: bool = True) -> None:
    """Print JSON, CSV, YAML or a path: as it is for another program, visible where a terminal shows it."""
    typer.echo(visible(text) if sys.stdout.isatty() else text, nl=nl)


def show_traceback(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print the traceback of an error of ours, as Python's own hook does."""
    import traceback

    echo("".join(traceback.format_exception(kind, error, trace)).rstrip(), err=True)


def console() -> Console:
    """Return the console that answers are printed on."""
    from rich.console import Console

    return Console(highlight=False)


def open_in_browser(page: Path) -> None:
    """Open a page that was written."""
    import webbrowser

    webbrowser.open(page.resolve().as_uri())


@contextmanager
def _progress(*columns: ProgressColumn) -> Iterator[Progress]:
    """Show bars on the error stream, each with its description; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import Progress, TextColumn

    described = TextColumn("{task.description}", markup=False)
    shown_on = Console(stderr=True)
    with Progress(described, *columns, console=shown_on, transient=True, disable=not shown_on.is_terminal) as bar:
        yield bar


@contextmanager
def steps(total: int) -> Iterator[Step]:
    """Show a bar on the error stream while something works step by step."""
    from rich.progress import BarColumn, TimeElapsedColumn

    with _progress(BarColumn(), TimeElapsedColumn()) as bar:
        task = bar.add_task("starting", total=total)

        def say(step: str, *, advance: float = True) -> None:
            bar.update(task, description=visible(step), advance=advance)

        yield say


class Count:
    """A bar of many things: called with how many more are done; `begin` names what is done besides."""

    def __init__(self, bar: Progress, what: str, total: int) -> None:
        self._bar, self._what = bar, what
        self._task = bar.add_task(what, total=total)

    def __call__(self, done: int) -> None:
        """Move the bar on."""
        self._bar.update(self._task, advance=done)

    def begin(self, step: str) -> None:
        """Name a step."""
        self._bar.update(self._task, description=visible(f"{self._what}: {step}"))


@contextmanager
def counting(what: str, total: int) -> Iterator[Count]:
    """Show on the error stream how many of many are done, at what rate, and how long it will take."""
    from rich.progress import BarColumn, MofNCompleteColumn, TaskProgressColumn, TimeRemainingColumn

    columns = (BarColumn(), MofNCompleteColumn(), TaskProgressColumn(show_speed=True), TimeRemainingColumn())
    with _progress(*columns) as bar:
        yield Count(bar, what, total)

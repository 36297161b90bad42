"""The terminal: our console, and progress bars on its error stream."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Progress


class Step(Protocol):
    """Shows what is being done; by default that is a step further, or a part of one."""

    def __call__(self, step: str, *, advance: float = True) -> None:
        """Show the step."""


def console() -> Console:
    """Return the console that answers are printed on."""
    from rich.console import Console

    return Console(highlight=False)


def open_in_browser(page: Path) -> None:
    """Open a page that was written."""
    import webbrowser

    webbrowser.open(page.resolve().as_uri())


@contextmanager
def steps(total: int) -> Iterator[Step]:
    """Show a bar on the error stream while something works step by step; nothing where that is no terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    shown_on = Console(stderr=True)
    with Progress(*columns, console=shown_on, transient=True, disable=not shown_on.is_terminal) as bar:
        task = bar.add_task("starting", total=total)

        def say(step: str, *, advance: float = True) -> None:
            bar.update(task, description=step, advance=advance)

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
        self._bar.update(self._task, description=f"{self._what}: {step}")


@contextmanager
def counting(what: str, total: int) -> Iterator[Count]:
    """Show on the error stream how many of many are done, at what rate, and how long it will take."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TaskProgressColumn,
        TextColumn,
        TimeRemainingColumn,
    )

    shown_on = Console(stderr=True)
    columns = (BarColumn(), MofNCompleteColumn(), TaskProgressColumn(show_speed=True), TimeRemainingColumn())
    with Progress(
        TextColumn("{task.description}"), *columns, console=shown_on, transient=True, disable=not shown_on.is_terminal
    ) as bar:
        yield Count(bar, what, total)

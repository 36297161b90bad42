"""Who draws tear-sheets: this process, one after another, or a second one beside it."""

from __future__ import annotations

import pickle
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from multiprocessing.connection import Connection
    from multiprocessing.process import BaseProcess

Page = tuple[Path, dict[str, Any]]
"""The file to write, and what `reports.tearsheet.write_tearsheet` takes besides."""


class PageDrawing:
    """Draws tear-sheets, at the latest when it is told to finish; what it doesn't need to be told it passes over."""

    def ahead(self, **charted: Any) -> None:
        """Begin with a page of which nothing but the charts is known yet; as `reports.tearsheet.Charts`."""

    def draw(self, path: Path, **page: Any) -> None:
        """Draw a page, or put it down to be drawn; as `reports.tearsheet.write_tearsheet`."""

    def begin(self) -> None:
        """Begin with what was put down."""

    def finish(self) -> None:
        """Wait until all stands; raises what drawing raised."""

    def stop(self) -> None:
        """Draw no more: whoever calls it removes the folder."""


class Here(PageDrawing):
    """Draws each page in this process, at once: what is told ahead waits, as it has other things to do."""

    def draw(self, path: Path, **page: Any) -> None:
        """Draw a page."""
        from reports.tearsheet import write_tearsheet

        write_tearsheet(path, **page)


@dataclass
class Beside(PageDrawing):
    """Hands pages to another process; what that one doesn't come back with is drawn here.

    So a process that was killed costs time alone, and what is wrong with a page is raised here, by the page itself.

    Parameters
    ----------
    process, pipe
        That process, and the pipe to it: it takes what to draw ahead, then a list of pages, and answers whether it
        drew each.
    """

    process: BaseProcess
    pipe: Connection
    _pages: list[Page] = field(default_factory=list)

    def ahead(self, **charted: Any) -> None:
        """Have it drawn now; the page that has these charts takes no time then."""
        with suppress(OSError):
            self.pipe.send(charted)

    def draw(self, path: Path, **page: Any) -> None:
        """Put a page down."""
        self._pages.append((path.absolute(), page))  # that process may be in another folder

    def begin(self) -> None:
        """Send the pages out; it waits until the other process is ready for them."""
        with suppress(OSError):  # it has ended: `finish` finds that
            self.pipe.send(self._pages)

    def finish(self) -> None:
        """Wait for each page; draw here what wasn't drawn."""
        for path, page in self._pages:
            try:
                drawn = self.pipe.recv()
            except (EOFError, OSError):
                drawn = False
            if not drawn:
                Here().draw(path, **page)
        self.pipe.close()  # upon which that process ends by itself

    def stop(self) -> None:
        """End that process, whatever it is at: once all pages stand, to end by itself would take it half a second."""
        self.process.kill()
        self.pipe.close()
        self.process.join()


@contextmanager
def drawn_beside() -> Iterator[PageDrawing]:
    """Start a second process that imports what tear-sheets take, and hand it over; this one where none can be started.

    It is for a command, whose run comes before its pages; when that ends early, the second process is ended too.
    """
    import multiprocessing
    import tempfile

    from data.processes import without_main

    context = multiprocessing.get_context("spawn")  # `backtest` is what it imports first: our rooms come before others
    ours, theirs = context.Pipe()
    aside = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)  # ours, for that process may be killed
    process = context.Process(target=_serve, args=(theirs, Path(aside.name)), daemon=True)
    drawing: PageDrawing = Here()
    with suppress(OSError), without_main():  # as where there may be no more processes
        process.start()
        drawing = Beside(process, ours)
    theirs.close()
    try:
        yield drawing
    finally:
        drawing.stop()
        ours.close()
        aside.cleanup()


def _serve(pipe: Connection, aside: Path) -> None:
    """Draw the pages that come, once; end when the pipe does."""
    import logging
    import signal
    import sys
    from contextlib import redirect_stdout

    signal.signal(signal.SIGINT, signal.SIG_DFL)  # on Windows it reaches us too
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # as the command has it
    from reports.tearsheet import Charts, draw_ahead, get_ready, write_tearsheet

    charted: dict[str, Any] = {}
    drawn = ""
    with suppress(EOFError, OSError), redirect_stdout(sys.stderr):  # the parent is done with us, or gone
        get_ready()
        while isinstance(given := pipe.recv(), dict):
            with suppress(Exception):  # whatever it is, it comes up again
                charted, drawn = given, draw_ahead(Charts(**given), aside)
        for path, page in given:
            done = False
            with suppress(Exception):  # the parent draws it again, and meets it
                write_tearsheet(path, **page, drawn=drawn if drawn and _holds(page, charted) else None)
                done = True
            pipe.send(done)


def _holds(page: dict[str, Any], charted: dict[str, Any]) -> bool:
    """Return whether a page is of these charts, to the last bit."""
    return all(pickle.dumps(page[name]) == pickle.dumps(value) for name, value in charted.items())

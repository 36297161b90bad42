"""Behind `backtest compare`: runs are found, or made where need be, and laid side by side on a page."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from urllib.parse import quote

from backtest.api import run, write_run
from data.errors import UserError
from data.files import write_and_sweep_up
from engine.config import RunConfig
from engine.runs.folder import find_run
from engine.runs.reuse import made_before
from engine.runs.run import Run
from reports.comparison import Comparison, compared
from reports.comparison_page import write_comparison
from reports.comparison_tearsheets import kept_tearsheets, write_frames
from reports.document import Link

PAGE = "comparison.html"
"""What the page is called, among the kept runs."""


def compare_runs(
    given: Sequence[str],
    runs: Path,
    configure: Callable[[str], RunConfig],
    options: tuple[str, ...] = (),
    page: Path | None = None,
    progress: Callable[[str], None] | None = None,
    *,
    pictures: bool = False,
) -> tuple[Comparison, Path]:
    """Compare runs, write the page, and return what was found and where the page stands.

    Parameters
    ----------
    given
        Kept runs, as `find_run` finds them, and YAML files: those are run and kept, unless the same run is kept
        already. `configure` gives the config of a YAML file.
    options
        Those typed that are about YAML files: without one they are refused.
    pictures
        Whether quantstats draws its pictures of all runs, too, on a page beside.

    Raises
    ------
    UserError
        A run can't be found, read or made, or they share too few sessions.
    """
    say = progress or (lambda _step: None)
    if not any(map(is_yaml, given)):
        refuse_options(given[0], options)

    def made(file: str) -> Path:
        config = configure(file)
        if kept := made_before(config, runs):
            return kept
        result = run(config, progress=lambda step: say(f"{file}: {step}"))
        return write_run(result, runs, progress=lambda step: say(f"{file}: {step}"))

    folders = [made(name) if is_yaml(name) else find_run(name, runs) for name in given]
    say("comparing")
    found = compared([Run.load(folder) for folder in folders])
    target = page or runs / PAGE
    try:
        links = list(_write_beside(target, found, pictures=pictures, say=say))
        write_and_sweep_up(target, lambda path: write_comparison(path, found, target.parent, links))
    except OSError as error:
        raise UserError(f"{target}: can't be written: {error.strerror or error}: choose another with --out") from error
    return found, target


def _write_beside(target: Path, found: Comparison, *, pictures: bool, say: Callable[[str], None]) -> Iterator[Link]:
    """Write the pages that show the runs' tear-sheets together, and yield a link to each."""
    sheets = kept_tearsheets(found)
    if len(sheets) > 1:
        frames = target.with_name(f"{target.stem}-tearsheets.html")
        write_and_sweep_up(frames, lambda path: write_frames(path, found, sheets, target.parent))
        yield Link("Two tear-sheets beside each other, scrolling together", quote(frames.name))
    if pictures:
        from reports.comparison_pictures import write_pictures

        say("drawing quantstats' pictures")
        drawn = target.with_name(f"{target.stem}-pictures.html")
        write_and_sweep_up(drawn, lambda path: write_pictures(path, found))
        yield Link("Quantstats' pictures of all runs, by the same axes", quote(drawn.name))


def is_yaml(given: str) -> bool:
    """Return whether a run is given as a YAML file, which may be one that ships."""
    return Path(given).suffix.lower() in (".yaml", ".yml")


def refuse_options(given: str, options: Sequence[str]) -> None:
    """Refuse options that a kept run can't follow: its config is what it was."""
    if options:
        raise UserError(
            f"{options[0]} is for YAML files: {given} is kept as it was run: drop the option, or give a YAML"
        )

"""What commands share: their common arguments and options, and the config they mean."""

from __future__ import annotations

import inspect
import re
import shlex
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from functools import wraps
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from backtest import completion
from backtest.console import complain, console, open_in_browser
from data.errors import UserError, quoted
from data.ranges import Range

if TYPE_CHECKING:
    from engine.config import RunConfig
    from reports.renderers.spreadsheet import Sheet

EXECUTED = "The strategy file it names is executed."
File = Annotated[
    str,
    typer.Argument(
        help=f"A run's YAML: a file, or the name of one that ships. {EXECUTED}",
        show_default=False,
        autocompletion=completion.files,
    ),
]
Data = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Real history: a folder with bars/, series/, events/; or a source: embedded, demo.",
        autocompletion=completion.sources,
    ),
]
Params = Annotated[
    list[str] | None,
    typer.Option(
        "--param",
        metavar="KEY=VALUES",
        help="An axis: 10:200:10 (both ends) or a,b,c. Repeatable.",
        autocompletion=completion.settings,
    ),
]
Settings = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Set a key, or a strategy's parameter. Repeatable.",
        autocompletion=completion.settings,
    ),
]
Start = Annotated[str | None, typer.Option("--start", metavar="DATE", help="Short for --set start=DATE.")]
End = Annotated[str | None, typer.Option("--end", metavar="DATE", help="Short for --set end=DATE.")]
Runs = Annotated[Path, typer.Option("--runs", metavar="DIR", help="Where runs are kept.")]


def into_folder(param: typer.CallbackParam, target: Path | None) -> Path | None:
    """Return a file that an option names; raises UserError where there is no folder to write it into."""
    if target is not None and not target.parent.exists():
        folder = target.parent
        raise UserError(f"{param.opts[0]} {target}: there is no folder {folder}: make it first, or choose another file")
    return target


def written_to(option: str, what: str) -> Any:
    """Return an option that names a file to write."""
    return typer.Option(option, metavar="FILE", callback=into_folder, help=what)


Csv = Annotated[Path | None, written_to("--csv", "Write the table as CSV, too.")]
Xlsx = Annotated[Path | None, written_to("--xlsx", "Write the tables as a workbook, too.")]
Json = Annotated[bool, typer.Option("--json", help="As JSON, and nothing else.")]
Page = Annotated[Path | None, written_to("--page", "Write a page, too.")]
Open = Annotated[bool, typer.Option("--open", help="Open the page in a browser.")]
CHECK = ("data", "check", "--run")
"""The command that shows what the audit finds in a run's history."""
ADDRESS = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+:")
"""How an address begins, ``http:``."""


def kept_in(what: str) -> Any:
    """Return the option of the folder that keeps something; it refuses one that pyarrow would take for an address."""

    def check(out: Path) -> Path:
        if ADDRESS.match(str(out)):
            raise typer.BadParameter(f"{quoted(str(out))} begins as an address does: give a folder, or its whole path")
        return out

    return typer.Option("--out", metavar="DIR", callback=check, help=f"Where {what} are kept.")


Out = Annotated[Path, kept_in("runs")]


def within(numbers: Range) -> dict[str, Any]:
    """Return what an option of whole numbers of a range has besides: a check whose refusal names both ends."""

    def check(value: int | None) -> int | None:
        try:
            return None if value is None else int(numbers.take(value, whole=True))
        except ValueError as error:
            raise typer.BadParameter(f"{error}, not {quoted(value)}") from None

    return {"callback": check}


def taken(option: str, value: float | None, numbers: Range) -> float | None:
    """Return an option's number, None where it isn't given; raises UserError that names the range."""
    try:
        return None if value is None else numbers.take(value)
    except ValueError as error:
        raise UserError(f"{option} {quoted(value)}: {error}") from None


def command_line(
    does: Sequence[str], file: str, data: str | None, settings: Sequence[str] | None, start: str | None, end: str | None
) -> str:
    """Return a command with these options of a run, as it is typed."""
    words = ["backtest", *does, file]
    for option, values in (("--data", [data]), ("--start", [start]), ("--end", [end]), ("--set", settings or [])):
        words += [word for value in values if value is not None for word in (option, value)]
    return shlex.join(words)


def config_of(
    file: str, data: str | None, settings: list[str] | None, start: str | None, end: str | None
) -> tuple[RunConfig, bool]:
    """Return the config a command was given, and whether a shipped file was taken for want of a local one."""
    from engine.loading import find_run, load_config, with_data

    path, shipped = find_run(file)
    given = [*(settings or ())]
    given += [f"{key}={value}" for key, value in (("start", start), ("end", end)) if value is not None]
    with quietly():
        config = load_config(path, given)
    config = config if data is None else with_data(config, data)
    return config.checked_by(command_line(CHECK, file, data, settings, start, end)), shipped


@dataclass(frozen=True)
class RunOptions:
    """What is changed of a run's YAML: the options of every command that takes one."""

    data: Data = None
    settings: Settings = None
    start: Start = None
    end: End = None

    @property
    def typed(self) -> tuple[str, ...]:
        """Those that were typed."""
        given = (("--data", self.data), ("--set", self.settings), ("--start", self.start), ("--end", self.end))
        return tuple(option for option, value in given if value)

    def find(self, file: str) -> tuple[RunConfig, bool]:
        """Return a file's config, and whether a shipped file was taken for want of a local one."""
        return config_of(file, self.data, self.settings, self.start, self.end)

    def config(self, file: str, more: Sequence[str] = ()) -> RunConfig:
        """Return a file's config, with more keys set."""
        return replace(self, settings=[*(self.settings or ()), *more]).find(file)[0]

    def line(self, file: str, does: Sequence[str] = ("run",)) -> str:
        """Return a command with these options, as it is typed."""
        return command_line(does, file, self.data, self.settings, self.start, self.end)


UNCHANGED = RunOptions()


def expanded(command: Callable[..., None]) -> Callable[..., None]:
    """Return a command with the options of `RunOptions` in place of its argument ``options``, for typer to read."""
    signature = inspect.signature(command, eval_str=True)
    if "options" not in signature.parameters:
        return command
    own = inspect.signature(RunOptions, eval_str=True).parameters

    @wraps(command)
    def with_options(**given: Any) -> None:
        command(options=RunOptions(**{name: given.pop(name) for name in own}), **given)

    asked = [
        each for one in signature.parameters.values() for each in (own.values() if one.name == "options" else [one])
    ]
    with_options.__signature__ = signature.replace(parameters=asked)  # type: ignore[attr-defined]
    with_options.__annotations__ = {each.name: each.annotation for each in asked}
    return with_options


def quietly() -> redirect_stdout[TextIO]:
    """Send what a strategy of the user's prints to the error stream: it is no part of our answer."""
    return redirect_stdout(sys.stderr)


def write_sheets(make: Callable[[Any], Mapping[str, Sheet]], as_csv: Path | None, workbook: Path | None) -> None:
    """Write tables that are made by `reports.sheets` where that is asked for: the first as CSV, all as a workbook.

    Raises UserError where a file can't be written.
    """
    if as_csv is None and workbook is None:
        return
    from reports import sheets
    from reports.renderers.spreadsheet import write_csv, write_xlsx

    made = make(sheets)
    first = next(iter(made.values()))
    writers = ((as_csv, lambda path: write_csv(path, first)), (workbook, lambda path: write_xlsx(path, made)))
    for target, write in writers:
        if target is not None:
            write_page(target, write, "choose another file")


def announce_compiling() -> None:
    """Print on the error stream why a first call takes its time."""
    from engine.kernel.compiled import is_cached

    if not is_cached():
        complain("compiling the kernel, the first time: about ten seconds")


def write_page(target: Path, write: Callable[[Path], None], remedy: str = "choose another with --page") -> None:
    """Write a page, or another file that was asked for; raises UserError, with a remedy, where that can't be done."""
    from data.files import write_and_sweep_up

    try:
        write_and_sweep_up(target, write)
    except OSError as error:
        raise UserError(f"{target}: can't be written: {error.strerror or error}: {remedy}") from error


def page_asked_for(
    page: Path | None, write: Callable[[Path], None], usual: Path, *, quiet: bool, open_page: bool
) -> None:
    """Write a page where one is asked for, and open it."""
    if page is None and not open_page:
        return
    target = page or usual
    write_page(target, write)
    if not quiet:
        from reports.document import named
        from reports.renderers.terminal import show

        show(console(), [named("Page:", target)])
    if open_page:
        open_in_browser(target)

"""The command `lab`: a page on 127.0.0.1 on which a run is turned by hand."""

from __future__ import annotations

import os
import secrets
from contextlib import suppress
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backtest import completion
from backtest.console import complain, echo, open_in_browser, steps
from backtest.options import (
    EXECUTED,
    Data,
    End,
    Out,
    Settings,
    Start,
    announce_compiling,
    command_line,
    config_of,
    quietly,
    within,
)
from data.cache import user_cache
from data.errors import UserError
from data.ranges import Range

if TYPE_CHECKING:
    from backtest.lab_desk import LabFile
    from engine.config import RunConfig

FIRST, EMBEDDED = "hedge_soxs.yaml", "hedge_nasdaq.yaml"
PORT = 8642
PORTS = Range(0, 65_535)
TOKEN_FILE, OPENING_FILE = "lab-token", "lab-open.html"


def lab(
    files: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE]...",
            help=f"Runs to start from, a YAML each; those that ship unless given. {EXECUTED}",
            show_default=False,
            autocompletion=completion.files,
        ),
    ] = None,
    data: Data = None,
    settings: Settings = None,
    start: Start = None,
    end: End = None,
    out: Out = Path("runs"),
    port: Annotated[
        int,
        typer.Option(
            "--port", **within(PORTS), help="Where it listens; the next free one if that is taken, 0 for any."
        ),
    ] = PORT,
    new_token: Annotated[bool, typer.Option("--new-token", help="Make the addresses printed before useless.")] = False,
    open_page: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Turn a run by hand: a page on which each move of a slider runs it anew, beside holding less."""
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        raise UserError("backtest lab needs starlette and uvicorn: pip install 'hedge-backtest[lab]'")
    from backtest.lab_desk import LabDesk
    from backtest.lab_server import HOST, bound, lab_app, server_of

    with quietly(), steps(2) as say:
        say("reading the runs")
        found, given = _files(files, partial(_configured, data=data, settings=settings, start=start, end=end))
        announce_compiling()
        desk = LabDesk([_file(file, data, settings, start, end) for file in found], given, out)
        say("running the first")
        desk.move({})
    listening = bound(port, exactly=False)
    number = listening.getsockname()[1]
    if port not in (0, number):
        complain(f"port {port} is taken, by another lab perhaps: this one has {number}")
    token = _token(new=new_token)
    address = f"http://{HOST}:{number}/?token={token}"
    echo(f"the lab is open: {address}")
    echo("Ctrl-C ends it. A page that is open goes on when it is started again.")
    if open_page:
        _open(address)
    with quietly():
        server_of(lab_app(desk, token, number)).run([listening])


def _configured(
    file: str, data: str | None, settings: list[str] | None, start: str | None, end: str | None
) -> RunConfig:
    return config_of(file, data, settings, start, end)[0]


def _file(file: str, data: str | None, settings: list[str] | None, start: str | None, end: str | None) -> LabFile:
    from backtest.lab_desk import LabFile

    def command(more: object) -> str:
        return command_line(("run",), file, data, [*(settings or ()), *more], start, end)  # type: ignore[misc]

    return LabFile(file, partial(_configured, file, data, settings, start, end), command)


def _files(files: list[str] | None, configure: partial[RunConfig]) -> tuple[list[str], list[RunConfig]]:
    """Return the runs to start from, and the configs of those whose strategies are named."""
    from strategies.load import RUNS

    if files:
        found = list(dict.fromkeys(files))
        return found, [configure(file) for file in found]
    first = configure(FIRST)
    shipped = sorted(path.name for path in RUNS.glob("*.yaml"))
    begin = FIRST
    if first.data.source == "auto" and _lacks(first):
        begin = EMBEDDED
        complain(
            f"the store lacks what {FIRST} reads, which backtest data pull SOXS SOXX ^IRX brings: beginning with"
            f" {EMBEDDED}, the Nasdaq of 1999 to 2018"
        )
    return list(dict.fromkeys((begin, FIRST, *shipped))), [configure(begin)]


def _lacks(config: RunConfig) -> bool:
    from backtest.first_run import lacking_symbols

    pulled, own = lacking_symbols(config)
    return bool(pulled or own)


def _token(*, new: bool) -> str:
    """Return the token: the one kept in the user's cache, in a file that nobody else may read, or a new one."""
    from backtest.lab_server import TOKEN

    path = user_cache().folder / TOKEN_FILE
    if not new:
        try:
            kept = path.read_text(encoding="ascii").strip()
        except (OSError, ValueError):
            kept = ""
        if TOKEN.fullmatch(kept):
            return kept
    token = secrets.token_urlsafe(32)
    with suppress(OSError):  # where it can't be kept, an address holds until the lab ends
        _keep_privately(path, token)
    return token


def _open(address: str) -> None:
    """Open an address by a page that leads to it: all users of a machine see with what a browser is started."""
    from html import escape

    path = user_cache().folder / OPENING_FILE
    try:
        _keep_privately(path, f'<meta charset="utf-8"><meta http-equiv="refresh" content="0;url={escape(address)}">\n')
    except OSError:
        complain("the page can't be opened from here: open the address that is printed above")
        return
    open_in_browser(path)


def _keep_privately(path: Path, text: str) -> None:
    """Write a file that nobody else may read, in place of what was there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="ascii") as file:
        file.write(text)

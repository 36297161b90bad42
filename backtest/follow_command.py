"""The command `follow`: a run registered, and what it says at each new close appended to a log that shows changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from backtest.console import complain, console, echo_data, open_in_browser, steps
from backtest.options import (
    Data,
    File,
    Json,
    Settings,
    announce_compiling,
    config_of,
    kept_in,
    quietly,
    write_page,
    written_to,
)

if TYPE_CHECKING:
    from engine.follow.follow import Followed

TO_DO = 4
"""The status where the last close ordered something for the next session."""


def follow(
    file: File,
    data: Data = None,
    settings: Settings = None,
    out: Annotated[Path, kept_in("followed runs")] = Path("follow"),
    notify: Annotated[
        list[str] | None,
        typer.Option(
            "--notify",
            metavar="URL",
            help="Send a message there when the order changes, by apprise (the extra notify). Repeatable.",
        ),
    ] = None,
    report: Annotated[
        bool, typer.Option("--report", help="Show the record beside what the backtest promised; write report.html.")
    ] = False,
    page: Annotated[Path | None, written_to("--page", "Write the report's page there instead.")] = None,
    as_json: Json = False,
    open_page: Annotated[bool, typer.Option("--open", help="Open the report's page in a browser.")] = False,
) -> None:
    """Follow a run forward: register it, then at each call log what it said at every new close, and its books.

    Exits with 4 where the last close ordered something for the next session, an entry, an exit or a rebalancing, so
    that a scheduler can act on it; with 0 where there is nothing to do.
    """
    config, _shipped = config_of(file, data, settings, None, None)
    from engine.follow.follow import follow as follow_run
    from engine.follow.forward_tests import run_tests
    from engine.follow.record import record_of
    from reports.follow import followed_json, show_followed

    if notify:
        from backtest.notify import check_addresses

        check_addresses(notify)
    announce_compiling()
    with quietly(), steps(3) as say:
        followed = follow_run(config, out, progress=say)
    status = 0 if followed.order is None else TO_DO
    wanted = report or page is not None or open_page
    record = record_of(followed.chain) if wanted else None
    tests = None if record is None else run_tests(record)
    if as_json:
        echo_data(json.dumps(followed_json(followed, record, status, tests), indent=2, allow_nan=False))
    else:
        show_followed(console(), followed, record, tests)
    if notify and followed.changed:
        _send(notify, followed)
    if record is not None and tests is not None:
        from reports.follow import write_follow_page

        target = page or followed.folder / "report.html"
        write_page(target, lambda path: write_follow_page(path, followed, record, tests))
        if not as_json:
            from reports.document import named
            from reports.renderers.terminal import show

            show(console(), [named("Page:", target)])
        if open_page:
            open_in_browser(target)
    if status:
        raise typer.Exit(status)


def _send(addresses: list[str], followed: Followed) -> None:
    """Send the order, or that there is none any more; an address that can't be reached is told and no more."""
    from backtest.notify import notify
    from reports.follow import message_of

    for failed in notify(addresses, *message_of(followed)):
        complain(f"backtest: --notify {failed}: the message could not be sent; the log is written")

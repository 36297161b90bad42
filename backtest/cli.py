"""The `backtest` command. It loads nothing heavy until a command needs it."""

from __future__ import annotations

import io
import logging
import sys
from collections.abc import Callable
from contextlib import nullcontext
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from typer.core import TyperGroup

from backtest import (
    completion,
    data_commands,
    filings_commands,
    follow_command,
    frontier_command,
    lab_command,
    lookahead_command,
    own_commands,
    query_command,
    search_command,
    signal_commands,
    stress_command,
    sweep_commands,
    walkforward_command,
)
from backtest.console import complain, console, echo, echo_data, open_in_browser, show_traceback, steps
from backtest.examples import epilog_of, group_of
from backtest.interrupts import INTERRUPTED, INTERRUPTION
from backtest.options import (
    EXECUTED,
    UNCHANGED,
    Csv,
    File,
    Json,
    Open,
    Out,
    RunOptions,
    Runs,
    Xlsx,
    announce_compiling,
    expanded,
    quietly,
    write_sheets,
    written_to,
)
from data.errors import UserError
from data.files import check_utf8

USER_ERROR = 2
OUR_ERROR = 1
PARTED = 3

app = typer.Typer(
    help="I hold semiconductors; if I hedge with SOXS on some signal, does it pay after decay?",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback(invoke_without_command=True)
def _front(
    context: typer.Context, version: Annotated[bool, typer.Option("--version", help="Print the version.")] = False
) -> None:
    """Print the version when that is asked for, and help when nothing is."""
    if version:
        from data.version import VERSION

        echo(VERSION)
        raise typer.Exit
    if context.invoked_subcommand is None:
        typer.echo(context.get_help())


def _run(
    file: File,
    options: RunOptions = UNCHANGED,
    out: Out = Path("runs"),
    engine: Annotated[
        str,
        typer.Option(
            "--engine",
            help="backtrader, compiled or python.",
            autocompletion=completion.words("backtrader", "compiled", "python"),
        ),
    ] = "backtrader",
    as_json: Annotated[bool, typer.Option("--json", help="Print metrics as JSON, and nothing else.")] = False,
    as_csv: Csv = None,
    workbook: Xlsx = None,
    no_tearsheet: Annotated[bool, typer.Option("--no-tearsheet", help="Leave quantstats' page out.")] = False,
    no_report: Annotated[bool, typer.Option("--no-report", help="Leave the hedge report out.")] = False,
    benchmark: Annotated[
        list[str] | None,
        typer.Option(
            "--benchmark",
            help="The tear-sheet's: unhedged, held_less, derisk_entry, derisk_daily. Repeatable.",
            autocompletion=completion.words("unhedged", "held_less", "derisk_entry", "derisk_daily"),
        ),
    ] = None,
    open_page: Annotated[bool, typer.Option("--open", help="Open the report, or the tear-sheet.")] = False,
) -> None:
    """Run a hedge and its controls; show what it brought and write its folder."""
    from backtest.drawing import Here, drawn_beside

    if benchmark and no_tearsheet:
        raise UserError("--benchmark is the tear-sheet's: leave --no-tearsheet out")
    config, shipped = options.find(file)
    reported = config.controls == "on" and not no_report
    if open_page and no_tearsheet and not reported:
        raise UserError("--open has no page to open: leave one of them in")
    with nullcontext(Here()) if no_tearsheet else drawn_beside() as drawing:
        from backtest.tearsheets import UNHEDGED, benchmarks_of, draw_ahead, tearsheets  # takes what a run does

        benchmarks = benchmarks_of(benchmark or ())
        from backtest.api import write_pages
        from engine.runs.execute import run

        ahead = partial(draw_ahead, drawing=drawing) if not no_tearsheet and UNHEDGED in benchmarks else None
        pages = (0 if no_tearsheet else len(benchmarks)) + reported
        with quietly(), steps(5 + pages) as say:
            result = run(config, progress=say, engine=engine, meanwhile=ahead)
            sheets = {} if no_tearsheet else tearsheets(result, benchmarks)
            folder = write_pages(result, out, sheets, drawing, report=reported, progress=say)
    write_sheets(lambda sheets: sheets.of_run(result), as_csv, workbook)
    if as_json:
        echo_data((folder / "metrics.json").read_text(encoding="utf-8"), nl=False)
        return
    from reports.run import show_run

    remarks = [f"{file} is a run that ships; `backtest init` writes one of your own."] if shipped else []
    if result.simulated:
        real = replace(options, data="DIR").line(file)
        remarks.append(f"For real history give its folder: {real}  (see the README).")
    paged = reported or not no_tearsheet
    place = folder / ("report.html" if reported else "tearsheet.html") if paged else folder
    show_run(console(), result, place, remarks)
    if open_page:
        open_in_browser(place)


def _first(context: typer.Context) -> None:
    """Answer the question on what history there is: run hedge_soxs.yaml on the store, pulled into once where it lacks.

    Where nothing can be pulled, hedge_nasdaq.yaml is run, on real history that is installed. Options are those of run.
    """
    from backtest.first_run import ASKED, chosen_run

    commands = context.find_root().command
    assert isinstance(commands, TyperGroup)  # noqa: S101  # `app`
    command = commands.commands["run"]
    typed = command.make_context("run", [ASKED, *context.args], parent=context.parent)
    config = RunOptions(*(typed.params[name] for name in ("data", "settings", "start", "end"))).config(ASKED)
    with steps(1) as say:
        typed.params["file"] = chosen_run(config, complain, partial(say, advance=False))
    with typed:
        command.invoke(typed)


def _parity(file: File, options: RunOptions = UNCHANGED) -> None:
    """Run the plain loop, the compiled kernel and backtrader side by side; exit with 3 where they part."""
    config = options.config(file)
    from engine.validation.parity import parity
    from reports.run import show_parity

    announce_compiling()
    with quietly():
        rows = parity(config)
    show_parity(console(), rows)
    if any(row.parts for row in rows):
        raise typer.Exit(PARTED)


def _compare(
    given: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN",
            help="Kept runs, or YAMLs, whose strategy files are executed.",
            autocompletion=completion.kept_runs,
        ),
    ],
    options: RunOptions = UNCHANGED,
    runs: Runs = Path("runs"),
    page: Annotated[Path | None, written_to("--out", "Where the page goes.")] = None,
    as_csv: Csv = None,
    workbook: Xlsx = None,
    pictures: Annotated[
        bool, typer.Option("--tearsheets", help="Draw quantstats' pictures of all runs, too, by the same axes.")
    ] = False,
    open_page: Open = False,
) -> None:
    """Lay runs side by side, in the terminal and on a page: verdicts, sums, the frontier, curves, configs."""
    from backtest.comparing import compare_runs, is_yaml
    from reports.comparison_page import show_comparison

    with quietly(), steps(1 + pictures + 8 * sum(map(is_yaml, given))) as say:
        found, written = compare_runs(given, runs, options.config, options.typed, page, say, pictures=pictures)
    write_sheets(lambda sheets: sheets.of_comparison(found), as_csv, workbook)
    show_comparison(console(), found, written)
    if open_page:
        open_in_browser(written)


def _explain(
    given: Annotated[
        str,
        typer.Argument(
            metavar="RUN", help=f"A kept run, or a YAML file. {EXECUTED}", autocompletion=completion.kept_runs
        ),
    ],
    date: Annotated[str, typer.Argument(metavar="DATE", help="The session, YYYY-MM-DD.")],
    options: RunOptions = UNCHANGED,
    runs: Runs = Path("runs"),
    as_json: Json = False,
) -> None:
    """Explain why the hedge was on or off on a day: inputs, policy, order, fill, and what the day brought."""
    from backtest.explaining import explain_run
    from reports.explain import show_day

    with quietly():
        explanation = explain_run(given, date, runs, options.config, options.typed)
    if as_json:
        import json

        echo_data(json.dumps(explanation.as_dict(), indent=2))
        return
    show_day(console(), explanation)


AS_TYPED = {"allow_extra_args": True, "ignore_unknown_options": True}
"""For a command that hands what was typed on to another."""

COMMANDS: dict[str, Callable[..., None]] = {
    "first": _first,
    "run": _run,
    "compare": _compare,
    "explain": _explain,
    "signal": signal_commands.signal,
    "follow": follow_command.follow,
    "study": signal_commands.study,
    "frontier": frontier_command.frontier,
    "stress": stress_command.stress,
    "lab": lab_command.lab,
    "lookahead": lookahead_command.lookahead,
    "sweep": sweep_commands.sweep,
    "walkforward": walkforward_command.walkforward,
    "search": search_command.search,
    "runs": query_command.runs,
    "sweeps": query_command.sweeps,
    "query": query_command.query,
    "strategies": own_commands.strategies,
    "catalogue": own_commands.catalogue,
    "init": own_commands.init,
    "validate": own_commands.validate,
    "show": own_commands.show,
    "parity": _parity,
    "schema": own_commands.schema,
}
"""In the order in which help lists them."""

for _name, _command in COMMANDS.items():
    app.command(
        _name,
        context_settings=AS_TYPED if _command is _first else None,
        rich_help_panel=group_of(_name),
        epilog=epilog_of(_name),
    )(expanded(_command))
data_commands.app.command("valuation")(filings_commands.valuation)
data_commands.app.command("filings")(filings_commands.filings)
app.add_typer(data_commands.app, name="data", rich_help_panel=group_of("data"))


def main() -> None:
    """Run the command; exit with 0, with 2 and one line for a user's mistake, with 1 for ours."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)  # it warns of its own cache, by which no figure is made
    for stream in (sys.stdout, sys.stderr):  # names of files may hold what no encoding has
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
    completion.prepare()
    try:
        check_utf8(*sys.argv[1:])
        status = app(prog_name="backtest", standalone_mode=False) or 0
    except UserError as error:
        status = _refused(str(error))
    except (KeyboardInterrupt, typer.Abort):
        status = INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()
        status = OUR_ERROR
    except OSError as error:
        path = error.filename2 or error.filename or "the system"  # of a rename the file that couldn't be replaced
        status = _refused(f"{path}: {error.strerror or error}")
    except Exception as error:
        if not hasattr(error, "format_message"):  # typer's own complaints about the command line have it
            sys.excepthook = show_traceback
            raise
        command = getattr(getattr(error, "ctx", None), "command_path", "backtest")  # which command's help
        status = _refused(f"{error.format_message().removesuffix('.')}: see {command} --help")
    if status == INTERRUPTED:  # typer returns it for Ctrl-C
        complain(INTERRUPTION)
    sys.exit(status)


def _refused(message: str) -> int:
    complain(f"backtest: {message}")
    return USER_ERROR

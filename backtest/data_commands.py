"""The `backtest data` commands: pull, import, look, check, fit. Of these only `pull` goes online."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from backtest.console import console, echo, echo_data, open_in_browser
from backtest.data_options import STARTERS, Folder, day_of, exit_if, source_of, the_store
from backtest.options import EXECUTED, Json, Open, Settings, config_of, taken, within, written_to
from backtest.pull_command import PullCommand, pull
from data.errors import UserError
from data.files import write_and_sweep_up
from data.ranges import LEVERAGE, SESSIONS, YEARLY

if TYPE_CHECKING:
    import numpy as np

    from data.audit.finding import Finding
    from data.families import Fund
    from data.sources import Source
    from engine.config import RunConfig

FOUND = 3
"""Exit status of a check that found an error."""

app = typer.Typer(
    help="Market data: pull it, import it, check it.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)

Start = Annotated[str | None, typer.Option("--start", metavar="DATE", help="From this day on.")]
End = Annotated[str | None, typer.Option("--end", metavar="DATE", help="Up to this day.")]


app.command("pull", cls=PullCommand)(pull)


@app.command("import")
def _import(
    path: Annotated[Path, typer.Argument(help="A CSV file, a companyfacts file of the SEC, or a folder of them.")],
    name: Annotated[
        str | None, typer.Option("--name", help="What one file holds: SOXS, ^VIX for an index, fomc_dates.")
    ] = None,
    lag: Annotated[
        int | None, typer.Option("--lag", **within(SESSIONS), help="Sessions by which its series are known late.")
    ] = None,
    decimal: Annotated[
        str | None, typer.Option("--decimal", metavar="MARK", help="Its decimal mark, . or , where that isn't plain.")
    ] = None,
    dates: Annotated[
        str | None, typer.Option("--dates", metavar="FORM", help="Its form of dates: %d/%m/%Y, %m/%d/%Y, %Y%m%d ...")
    ] = None,
    as_json: Json = False,
) -> None:
    """Put files into the store: prices, series, events, members, filings; says what it assumed."""
    from data.importing import import_files
    from data.importing.notation import Notation

    imported = import_files(the_store(), path, name, lag, Notation(decimal, dates))
    if as_json:
        echo_data(json.dumps([asdict(each) for each in imported], indent=2))
    else:
        from reports.store import show_imported

        show_imported(console(), imported)
    faults = [each.error for each in imported if each.error]
    exit_if(faults, well=len(imported) - len(faults))


@app.command("path")
def _path() -> None:
    """Print the store's folder; BACKTEST_DATA names another."""
    from data.store import store_folder

    echo_data(str(store_folder()))


@app.command("list")
def _list(as_json: Json = False) -> None:
    """List what the store holds, and where each part came from."""
    store = the_store()
    entries = store.listing()
    if as_json:
        echo_data(json.dumps([asdict(each) for each in entries], indent=2))
        return
    if not entries:
        echo(f"the store is empty ({store.folder}): backtest data pull {STARTERS}, or backtest data import DIR")
        return
    from reports.store import show_listing

    show_listing(console(), entries, store.repairs(), str(store.folder))


@app.command("remove")
def _remove(names: Annotated[list[str], typer.Argument(help="What data list shows.")]) -> None:
    """Take instruments, series, schedules, groups or companies' filings out of the store, all that has the name."""
    the_store().remove(names)
    echo(f"removed {', '.join(names)}")


@app.command("check")
def _check(
    names: Annotated[
        list[str] | None, typer.Argument(help="Instruments, series, schedules, groups.", show_default="all there are")
    ] = None,
    folder: Folder = None,
    start: Start = None,
    end: End = None,
    fund: Annotated[
        list[str] | None, typer.Option("--fund", metavar="FUND=UNDERLYING:B", help="SQQQ=QQQ:-3. Repeatable.")
    ] = None,
    run: Annotated[
        str | None, typer.Option("--run", metavar="FILE", help=f"What a run uses: its YAML. {EXECUTED}")
    ] = None,
    settings: Settings = None,
    repair: Annotated[bool, typer.Option("--repair", help="Mend what can be mended; undo with --undo.")] = False,
    undo: Annotated[
        list[str] | None, typer.Option("--undo", metavar="ID", help="Take a repair back, or all. Repeatable.")
    ] = None,
    page: Annotated[Path | None, written_to("--page", "Write a page with a chart of each finding.")] = None,
    open_page: Open = False,
    as_json: Json = False,
) -> None:
    """Audit what there is: sessions, prices, splits, funds against their underlying. Exits with 3 on an error."""
    from data.audit.repairing import repair as apply_repairs
    from data.audit.repairing import undo as take_back
    from data.audit.run import audit, everything
    from data.sources.choose import open_files

    span = (day_of(start, "--start"), day_of(end, "--end"))
    funds = dict(_fund_option(text) for text in fund or ())
    if run is not None and (names or fund):
        raise UserError("--run checks what that run uses: leave names and --fund out")
    if run is None and settings:
        raise UserError("--set is for --run: name the run's YAML with it")
    config = None if run is None else config_of(run, folder, settings, start, end)[0]
    source = source_of(folder) if config is None else open_files(config.data.source, config.data.path)
    if undo:
        echo(f"taken back: {', '.join(repair.id for repair in take_back(source, undo))}", err=as_json)

    def check() -> tuple[tuple[Finding, ...], tuple[str, ...]]:
        if config is not None:
            return _of_run(config)
        read = source_of(folder)
        return audit(read, names, *span, funds), tuple(names or everything(read))

    found, checked = check()
    if repair:
        mended = apply_repairs(source, found)
        echo(f"mended: {', '.join(repair.id for repair in mended) or 'nothing that can be'}", err=as_json)
        found, checked = check()
    if page or open_page:
        _write_check_page(page or Path("data-check.html"), found, source, checked, span, opened=open_page)
    if as_json:
        echo_data(json.dumps([_plain(finding) for finding in found], indent=2))
    else:
        from reports.audit import show_findings

        show_findings(console(), found, checked)
    if any(finding.severity == "error" for finding in found):
        raise typer.Exit(FOUND)


@app.command("fund")
def _fund(
    fund: Annotated[str, typer.Argument(help="The leveraged fund, such as SOXS.")],
    underlying: Annotated[str | None, typer.Option("--underlying", help="What it is a multiple of.")] = None,
    leverage: Annotated[float | None, typer.Option("--leverage", help="Its multiple of the daily move.")] = None,
    fee: Annotated[float | None, typer.Option("--fee", help="Expense ratio, a fraction a year.")] = None,
    rate: Annotated[str, typer.Option("--rate", help="The cash rate: a series, or a yield as a fraction.")] = "IRX",
    folder: Folder = None,
    start: Start = None,
    end: End = None,
    page: Annotated[Path, written_to("--page", "Where its page goes.")] = Path("fund.html"),
    open_page: Open = False,
    as_json: Json = False,
) -> None:
    """Fit the leveraged-fund model to a fund: spread, regression, tracking by year, and a chart."""
    from data.families import FUNDS
    from data.fund_fit import fit

    if underlying is None and fund not in FUNDS:
        raise UserError(f"what {fund} is a multiple of isn't known: name it with --underlying")
    fitted = fit(
        source_of(folder),
        fund,
        underlying or FUNDS[fund].underlying,
        taken("--leverage", leverage, LEVERAGE),
        taken("--fee", fee, YEARLY),
        _rate(rate),
        day_of(start, "--start"),
        day_of(end, "--end"),
    )
    from reports.fund import fit_as_dict, show_fit, write_fund_page

    write_and_sweep_up(page, lambda path: write_fund_page(path, fitted, title=f"{fund} by the fund model"))
    if as_json:
        echo_data(json.dumps(fit_as_dict(fitted), indent=2))
    else:
        show_fit(console(), fitted, page)
    if open_page:
        open_in_browser(page)


def _of_run(config: RunConfig) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
    """Return what the audit finds in the history of a run, and what it read."""
    from engine.hedges import roles_of
    from engine.setup import run_findings

    roles, rate = roles_of(config), config.execution.cash_rate
    names = dict.fromkeys((*roles.listed, roles.underlying, *((rate,) if isinstance(rate, str) else ())))
    return run_findings(config), tuple(names)


def _rate(text: str) -> str | float:
    try:
        yields = float(text)
    except ValueError:
        return text
    return taken("--rate", yields, YEARLY) or 0.0


def _fund_option(text: str) -> tuple[str, Fund]:
    """Read ``SQQQ=QQQ:-3``."""
    from data.families import Fund
    from data.fund import FEE

    fund, _equals, rest = text.partition("=")
    underlying, _colon, leverage = rest.rpartition(":")
    try:
        multiple = LEVERAGE.take(float(leverage))
    except ValueError:
        multiple = 0.0
    if not (fund and underlying and multiple):
        raise UserError(f"--fund {text}: write FUND=UNDERLYING:LEVERAGE, such as SQQQ=QQQ:-3")
    return fund, Fund(underlying, multiple, FEE)


def _plain(finding: Finding) -> dict[str, Any]:
    """Return a finding as JSON holds it."""
    return {
        "id": finding.id,
        "severity": finding.severity,
        "instrument": finding.instrument,
        "kind": finding.kind,
        "dates": [str(date) for date in finding.dates],
        "says": finding.message,
        "cure": finding.remedy,
        "field": finding.field or None,
        "factor": finding.factor,
        "repairable": finding.repair is not None,
    }


def _write_check_page(
    page: Path,
    found: Sequence[Finding],
    source: Source,
    checked: Sequence[str],
    span: tuple[np.datetime64 | None, np.datetime64 | None],
    *,
    opened: bool,
) -> None:
    from reports.audit import write_audit_page

    note = "SIMULATED market" if source.simulated else None
    write_and_sweep_up(
        page,
        lambda path: write_audit_page(path, found, source, title="Data check", checked=checked, span=span, note=note),
    )
    echo(f"Page: {page}", err=True)
    if opened:
        open_in_browser(page)

"""`backtest data valuation` and `data filings`: what companies are worth by their filings, and what they filed."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated, Any

import typer

from backtest.console import console, echo_data
from backtest.data_options import Folder, day_of, source_of
from backtest.options import Json
from data.errors import DataError, UserError, did_you_mean

if TYPE_CHECKING:
    from data.filings.table import Worth
    from data.filings.valuation import Group
    from data.sources.valued import ValuedSource

SHOWN = 12
"""Month ends that are shown in a terminal unless a day is asked for."""
AsCsv = Annotated[bool, typer.Option("--csv", help="All of it as CSV, and nothing else.")]


def valuation(
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Companies, or a group of data/members.", show_default="all chip makers there are"),
    ] = None,
    date: Annotated[str | None, typer.Option("--date", metavar="DATE", help="At one close, not by month ends.")] = None,
    folder: Folder = None,
    as_csv: AsCsv = False,
    as_json: Json = False,
) -> None:
    """Show by month ends what companies are worth by their filings, and the filing it stands on, as known then."""
    from data.filings.table import WORTH, as_row, month_ends, row_of, worth

    if as_csv and as_json:
        raise UserError("--csv and --json are one or the other: leave one out")
    group, whose = _group(_valued(folder), names or [])
    day = day_of(date, "--date")
    rows = month_ends(group) if day is None else row_of(group.sessions, day)
    if as_csv or as_json:
        found = worth(group, rows)
        if as_csv:
            from reports.renderers.csv import csv_text

            echo_data(csv_text([WORTH, *map(as_row, found)]), nl=False)
        else:
            echo_data(json.dumps([asdict(each) for each in found], indent=2))
        return
    from reports.filings import show_valuation

    shown: list[Worth] = worth(group, rows[-SHOWN:])
    show_valuation(console(), group, whose, shown, int(rows[-1]), len(rows) if day is None else None)


def filings(
    name: Annotated[str, typer.Argument(help="A company's ticker.")],
    concept: Annotated[
        str | None, typer.Argument(help="Such as EarningsPerShareDiluted.", show_default="lists them")
    ] = None,
    folder: Folder = None,
    as_csv: AsCsv = False,
) -> None:
    """Show what a company filed of a concept: each span's first value and its day, and what was filed of it later."""
    from data.filings.facts import COLUMNS
    from data.sources import FILINGS
    from reports.filings import show_concept, show_concepts

    filed = source_of(folder).read(FILINGS, name.upper())
    known = sorted(set(filed.concept.tolist()))
    if concept is not None and concept not in known:
        raise DataError(f"{filed.name} filed no {concept}{did_you_mean(concept, known) or f': it has {known}'}")
    own = filed if concept is None else filed.of(concept)
    if as_csv:
        from reports.renderers.csv import csv_text

        columns: list[Any] = [getattr(own, column).tolist() for column in COLUMNS]
        echo_data(csv_text([COLUMNS, *zip(*columns, strict=True)]), nl=False)
    elif concept is None:
        show_concepts(console(), own)
    else:
        show_concept(console(), own, concept)


def _valued(folder: str | None) -> ValuedSource:
    """Return a source with its valuations; raises UserError where it holds no filings."""
    from data.sources import FILINGS
    from data.sources.valued import ValuedSource

    source = source_of(folder)
    if not source.names(FILINGS):
        where = "the store" if folder is None else folder
        raise UserError(
            f"{where} holds no filings: backtest data pull --filings NVDA AVGO ..., or backtest data import DIR with "
            "the SEC's companyfacts files"
        )
    return ValuedSource(source)


def _group(source: ValuedSource, names: list[str]) -> tuple[Group, str]:
    """Return the companies that are named, or one group, and what they are called; raises DataError."""
    from data.families import CHIPS
    from data.sources import FILINGS
    from data.sources.valued import groups_in, read_companies

    known = groups_in(source)
    companies = tuple(name for name, members in known.items() if members == (name,))
    if not known:
        filed = ", ".join(source.names(FILINGS))
        raise DataError(f"there are filings of {filed} and bars of none of them: pull or import those")
    names = list(dict.fromkeys(name if name in known else name.upper() for name in names))
    for name in names:
        if name not in known:
            raise DataError(f"{name}: its bars and its filings aren't both there{did_you_mean(name, known)}")
    if len(names) > 1:
        return read_companies(source, tuple(names), source.traded), ", ".join(names)
    whose = names[0] if names else CHIPS
    if whose not in known:
        return read_companies(source, companies, source.traded), ", ".join(companies)
    return source.group(whose), whose

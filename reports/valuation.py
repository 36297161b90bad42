"""What is said of a valuation that a run goes by: where it stands in its own past, and on whose filings."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from data.filings.table import Worth
from data.format import number, percent
from engine.inspection.valuation import Rank, ValuationRead, ValuedClose
from reports.document import Column, Paragraph, Part, Row, Table
from reports.filings import worth_table

CALLED = {"PE": "price/earnings", "PS": "price/sales", "EARNINGS_YIELD": "median earnings yield"}
"""What a person calls what a valuation's name ends in."""


def valuation_parts(read: ValuationRead) -> list[Part]:
    """Return where a valuation stands, its companies, and who is missing or behind."""
    parts: list[Part] = [_standing(read)]
    if read.companies:
        parts += [_companies(read), Paragraph(_stands_on(read), "dek")]
    return parts


def _standing(read: ValuationRead) -> Table:
    """Return the valuation at the close before and at the day's, with its percentiles."""
    closes = read.closes
    rows = [Row([CALLED[read.figure].capitalize(), *(_value(read, close) for close in closes)])]
    rows += [
        _ranked(f"  percentile of the last {ranks[-1].sessions:,} sessions", ranks)
        for ranks in zip(*(close.lookbacks for close in closes), strict=True)
    ]
    if (last := closes[-1].past) is not None:
        rows.append(_ranked(f"  percentile since {last.since}", [close.past for close in closes]))
    counts = (", ".join(filter(None, (str(close.companies), close.changed))) for close in closes)
    rows.append(Row(["  companies", *counts]))
    columns = [Column(f"{read.name}, of filings"), *(Column(f"close of {close.date}") for close in closes)]
    return Table(read.name, columns, rows)


def _ranked(title: str, ranks: Sequence[Rank | None]) -> Row:
    return Row([title, *(percent(None if rank is None else rank.share, 2, gap="") for rank in ranks)])


def _value(read: ValuationRead, close: ValuedClose) -> str:
    if close.value is not None:
        return percent(close.value, 2, gap="") if read.figure == "EARNINGS_YIELD" else number(close.value)
    return "none, together they lose" if close.companies else "not known yet"


def _companies(read: ValuationRead) -> Table:
    """Return the companies with their figures and filings, and all together."""
    table = worth_table(read.companies)
    if len(read.companies) == 1:
        return table
    all_of = together(read.companies)
    (row,) = worth_table([all_of]).rows
    return replace(table, rows=[*table.rows, replace(row, role="sum")])


def together(companies: Sequence[Worth]) -> Worth:
    """Return companies as one: the sums of what is in dollars; their shares have none."""

    def all_of(name: str) -> float:
        return sum(getattr(each, name) or 0.0 for each in companies)

    dollars = {name: all_of(name) for name in ("market_value", "net_income", "sales")}
    return Worth(companies[0].date, "together", **dollars, filed=None, close=None, shares=None, quarters_to=None)


def _stands_on(read: ValuationRead) -> str:
    """Return how the figures are made, and who is missing or behind."""
    said = ["Dollars in billions, shares in millions; four quarters as first filed. A filing counts a session later."]
    if read.behind:
        said.append(f"Quarters over half a year old: {', '.join(read.behind)}.")
    if read.left_out:
        said.append(f"Left out, without filings or a figure here: {', '.join(read.left_out)}.")
    return " ".join(said)

"""What `backtest data valuation` and `data filings` say in the terminal."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from data.filings.facts import UNITS, Filings
from data.filings.table import Worth
from data.filings.trailing import first_filed
from data.filings.valuation import Group
from data.format import UNKNOWN, counted, number, percent
from reports.document import Column, Paragraph, Part, Row, Table, named
from reports.renderers.terminal import show

if TYPE_CHECKING:
    from rich.console import Console

MILLION, BILLION = 1e6, 1e9


def show_valuation(
    console: Console, group: Group, whose: str, shown: Sequence[Worth], row: int, ends: int | None
) -> None:
    """Print a group at one close, and its companies.

    Parameters
    ----------
    group
        Of whom it is, at each session.
    whose
        What they are called.
    shown
        The companies' rows, company by company.
    row
        The session of the group's own figures.
    ends
        How many month ends there are in all; None where one day was asked for.
    """
    parts: list[Part] = [
        worth_table(shown, dated=ends is not None),
        named(f"{whose} {group.sessions[row]}", _of(group, row)),
    ]
    if behind := group.behind(row):
        parts.append(Paragraph(f"Quarters that ended over half a year before: {', '.join(behind)}.", "warning"))
    if ends is not None:
        parts.append(Paragraph(f"{counted(ends, 'month end')} in all: --csv writes them, --date DATE shows one close."))
    parts.append(
        Paragraph(
            "Closes are as traded, shares in millions, the rest in billions of dollars. Net income and sales are of "
            "the trailing four quarters as first filed, shares as filed, times splits since. What was filed on a day "
            "counts from the next session on.",
            "quiet",
        )
    )
    show(console, parts)


def show_concepts(console: Console, filings: Filings) -> None:
    """Print what a company filed: each concept, how many facts of it and when."""
    columns = [Column("concept"), Column("unit"), *(Column(head) for head in ("facts", "first filed", "last filed"))]
    rows = []
    for concept in sorted(set(filings.concept.tolist())):
        own = filings.of(concept)
        span = [str(own.filed.min()), str(own.filed.max())]
        rows.append(Row([concept, UNITS[concept], f"{len(own):,}", *span]))
    show(console, [Table("concepts", columns, rows), named(filings.name, f"CIK {filings.cik}")])


def show_concept(console: Console, filings: Filings, concept: str) -> None:
    """Print each span's value as it was first filed, and what was filed of it later where that is another."""
    heads = ("from", "to", "first filed", "on", "form", "later", "on ")
    columns = [Column(head, align="right" if head in ("first filed", "later") else "left") for head in heads]
    show(
        console,
        [
            Table("concept", columns, [Row(list(row)) for row in _spans(filings)]),
            named(filings.name, f"{concept}, {UNITS[concept]}"),
        ],
    )


def worth_table(shown: Sequence[Worth], *, dated: bool = False) -> Table:
    """Return companies with their figures and filings: of one close, or of several, `dated`, company by company."""
    columns = [Column("month end" if dated else "company", wrap="never")]
    columns += [Column("close", "$"), Column("shares", "m"), Column("market value", "$bn"), Column("net income", "$bn")]
    columns += [
        Column("sales", "$bn"),
        Column("P/E"),
        Column("filed", wrap="never"),
        Column("quarters to", wrap="never"),
    ]
    rows, last = list[Row](), ""
    for each in shown:
        if dated and each.ticker != last:
            rows.append(Row([each.ticker], role="group"))
        last = each.ticker
        rows.append(Row([each.date if dated else each.ticker, *_cells(each)]))
    return Table("worth", columns, rows, "dense")


def _cells(each: Worth) -> list[str]:
    return [
        _in(each.close, 1.0, 2),
        _in(each.shares, MILLION, 0),
        _in(each.market_value, BILLION, 1),
        _in(each.net_income, BILLION, 2),
        _in(each.sales, BILLION, 2),
        _in(each.price_earnings, 1.0, 1),
        each.filed or UNKNOWN,
        each.quarters_to or UNKNOWN,
    ]


def _in(value: float | None, unit: float, places: int) -> str:
    return UNKNOWN if value is None else number(value / unit, places)


def _of(group: Group, row: int) -> str:
    """Return a group's own figures at a close."""
    if not group.count[row]:
        return "nobody's price, shares and four quarters are known"
    earnings, sold = float(group.price_earnings[row]), float(group.price_sales[row])
    ratio = "none, together they lose" if np.isnan(earnings) else number(earnings, 1)
    median, count = percent(float(group.earnings_yield[row])), int(group.count[row])
    companies = "1 company" if count == 1 else f"{count} companies"
    out = ", ".join(group.left_out(row))
    of = companies + (f"; left out, a figure isn't known: {out}" if out else "")
    return f"price/earnings {ratio}, price/sales {number(sold, 1)}, median earnings yield {median}, of {of}"


def _spans(filings: Filings) -> Iterator[tuple[str, ...]]:
    """Yield each span with what was first filed of it and, where another value came later, that."""
    first = first_filed(filings)
    for start, end, value, filed, form in zip(
        first.start, first.end, first.value, first.filed, first.form, strict=True
    ):
        same = (filings.end == end) & ((filings.start == start) | (np.isnat(filings.start) & np.isnat(start)))
        other = np.flatnonzero(same & (filings.value != value) & (filings.filed > filed))
        later = (_plain(filings.value[other[0]]), str(filings.filed[other[0]])) if len(other) else ("", "")
        yield ("" if np.isnat(start) else str(start), str(end), _plain(value), str(filed), str(form), *later)


def _plain(value: float) -> str:
    return f"{value:,.2f}" if abs(value) < 1e4 else f"{value:,.0f}"

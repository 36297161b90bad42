"""What trading cost the hedged book, by instrument."""

from __future__ import annotations

import numpy as np

from data.format import UNKNOWN, counted, dollars, number
from engine.rules import costs_of
from engine.runs.run import Run
from reports.report_section import Head, Note, Row, Section, Table

HEADS = (
    Head(""),
    Head("Fills", "An instrument bought or sold in a session."),
    Head("Traded"),
    Head("Commission"),
    Head("Slippage", "What a fill gets worse than the price it is filled at."),
    Head("Cost"),
    Head("Basis points", "Hundredths of a percent of what was traded."),
)


def costs(result: Run) -> Section:
    """Return the section."""
    metrics = result.metrics
    finding = f"Trading cost {dollars(metrics['costs'])} over {counted(metrics['fills'], 'fill')}"
    return Section("costs-part", "Costs", finding, [Table("costs", HEADS, _rows(result)), Note("Of the hedged book.")])


def _rows(result: Run) -> list[Row]:
    setup, hedged = result.setup, result.hedged
    span = slice(0, hedged.last + 1)
    parts = costs_of(setup.terms, setup.prices.fill, hedged.traded)
    commission, slippage = (part[span].sum(axis=0) for part in parts)
    value = (np.abs(hedged.traded) * setup.prices.fill)[span].sum(axis=0)
    fills = np.count_nonzero(hedged.traded[span], axis=0)
    names = result.market.roles.traded
    rows = [_row(name, int(fills[i]), value[i], commission[i], slippage[i]) for i, name in enumerate(names)]
    total = _row("All", int(fills.sum()), value.sum(), commission.sum(), slippage.sum(), "sum")
    return [*rows, total]


def _row(name: str, fills: int, worth: float, commission: float, slippage: float, role: str = "") -> Row:
    cost = commission + slippage
    bps = number(1e4 * cost / worth, 1) if worth else UNKNOWN
    return Row([name, f"{fills:,}", *(dollars(one) for one in (worth, commission, slippage, cost)), bps], role=role)

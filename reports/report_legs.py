"""Each hedge of a run that has several: what it made by part, and what that came to in the hedged book's end value."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import numpy as np

from data.arithmetic import dot
from data.arrays import Floats
from data.format import capital, dollars, points
from engine.analytics.attribution import SLEEVE
from engine.analytics.carino import linking, yearly_share
from engine.analytics.evaluate import Evaluation
from engine.hedge_names import hedge_names
from engine.runs.run import Run
from reports.document import Bar, BarChart, Column, Paragraph, Part, Row, Section, Table
from reports.hedge_parts import abouts, sleeve_parts, titles_of

GAINED = partial(dollars, sign=True)


def legs(result: Run, evaluation: Evaluation) -> Section:
    """Return what each hedge of the config made, in points of the book's CAGR and in dollars."""
    roles, names = result.market.roles, hedge_names(result.config)
    made = legs_of(result, evaluation)
    parts, titles, about = sleeve_parts(roles), titles_of(roles), abouts(roles)
    share = linking(result.hedged.equity, result.hedged.last) * yearly_share(evaluation.attribution)
    rows, totals = [], []
    for name, leg in zip(names, made, strict=True):
        each = {part: dot(leg[part], share) for part in SLEEVE}
        total: Floats = np.sum(list(leg.values()), axis=0)
        totals.append(sum(each.values()))
        cells = [capital(name.noun), *(each[part] for part in parts), totals[-1], float(total.sum())]
        rows.append(Row([*cells, carried(result, total)]))
    sums = [sum(cells) for cells in zip(*(row.cells[1:] for row in rows), strict=True)]
    columns = [
        Column("", align="left"),
        *(Column(titles[part], about[part], format=points) for part in parts),
        Column("All", "What it made, after its costs: points a year.", format=points),
        Column("Made", "Dollars over the run.", format=GAINED),
        Column("Of the end value", "With what its dollars would have become in the book unhedged.", format=GAINED),
    ]
    said = [f"{capital(name.called)} {_brought(total)}" for name, total in zip(names, totals, strict=True)]
    dek = "What each hedge brought, in points of the book's CAGR, linked over time (Carino). The core made the rest"
    bars = [Bar(capital(name.noun), total, "hedge") for name, total in zip(names, totals, strict=True)]
    shown: list[Part] = [
        Paragraph(dek, "dek"),
        BarChart("legs-bars", "What each hedge brought", bars, points),
        Table("legs", columns, [*rows, Row(["All hedges", *sums], role="sum")]),
    ]
    return Section("legs-part", f"{', '.join(said)} points a year", shown, "Each hedge")


def _brought(total: float) -> str:
    return f"{'brought' if total >= 0.0 else 'took'} {abs(100.0 * total):.1f}"


def legs_of(result: Run, evaluation: Evaluation) -> list[Mapping[str, Floats]]:
    """Return each hedge's dollars by part, the contracts of an option together."""
    traded = list(zip(result.market.roles.hedges, evaluation.attribution.legs, strict=True))
    return [
        {part: np.sum([dollars[part] for role, dollars in traded if role.leg == k], axis=0) for part in SLEEVE}
        for k in range(len(result.config.legs))
    ]


def carried(result: Run, made: Floats) -> float:
    """Return what dollars have become by the end, when each grows from its session on as the unhedged book does."""
    theirs, last = result.unhedged.equity, result.hedged.last
    grown = np.divide(theirs[last], theirs, out=np.zeros_like(theirs), where=theirs > 0.0)
    return dot(made, grown)

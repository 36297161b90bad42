"""Each hedge of a run that trades several: what it made by part, a year and of the hedged book's end value."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

from data.format import dollars, points
from data.roles import Roles
from engine.analytics.attribution import SLEEVE
from engine.hedge_names import traded_name
from engine.legs import legs_of
from engine.runs.run import Run
from reports.document import Bar, BarChart, Column, Paragraph, Part, Row, Section, Table
from reports.hedge_parts import abouts, kinds_of, sleeve_parts, titles_of

GAINED = partial(dollars, sign=True)


def legs(result: Run) -> Section:
    """Return what each hedge, or each contract of an option, made: points of the book's CAGR, and dollars."""
    roles, found = result.market.roles, result.figures["hedges"]
    names = leg_names(roles)
    yearly = [{part: one[f"{part}_a_year"] for part in SLEEVE} for one in found]
    totals = [one["sleeve_a_year"] for one in found]
    said = [f"{name} {_brought(total)}" for name, total in zip(names, totals, strict=True)]
    dek = "What each brought, in points of the book's CAGR, linked over time (Carino). The core made the rest"
    carried = (
        "Of the end value, beside doing nothing: dollars count with what they would have become, had they grown with"
        " the unhedged book until the end. What the core's own trades cost isn't in it."
    )
    parts: list[Part] = [
        Paragraph(dek, "dek"),
        BarChart("legs-bars", "What each hedge brought", list(map(_bar, names, totals)), points),
        _table("legs", roles, yearly, points),
        Paragraph(carried, "dek"),
        _table("legs-carried", roles, [one["bridge"] for one in found], GAINED),
    ]
    return Section("legs-part", f"{', '.join(said)} points a year", parts, "Each hedge")


def leg_names(roles: Roles) -> list[str]:
    """Return what a person calls each traded hedge, a number after one that stands twice."""
    named = zip(roles.hedges, legs_of(roles).labels, strict=True)
    return [f"{traded_name(role, roles)}{label.removeprefix(role.instrument)}" for role, label in named]


def _bar(name: str, total: float) -> Bar:
    return Bar(name, total, "hedge")


def _brought(total: float) -> str:
    return f"{'brought' if total >= 0.0 else 'took'} {abs(100.0 * total):.1f}"


def _table(key: str, roles: Roles, made: Sequence[Mapping[str, float]], write: Callable[[Any], str]) -> Table:
    parts, titles, about = sleeve_parts(kinds_of(roles)), titles_of(kinds_of(roles)), abouts(roles)
    columns = [Column("", align="left"), *(Column(titles[part], about[part], format=write) for part in parts)]
    rows = [(name, [each[part] for part in parts]) for name, each in zip(leg_names(roles), made, strict=True)]
    rows.append(("All", [sum(values) for values in zip(*(values for _name, values in rows), strict=True)]))
    cells: list[list[Any]] = [[name, *values, sum(values)] for name, values in rows]
    shown = [Row(row, role="sum" if at == len(rows) - 1 else "") for at, row in enumerate(cells)]
    return Table(key, [*columns, Column("All", "After its costs.", format=write)], shown)

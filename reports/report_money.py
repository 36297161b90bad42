"""Where the money went: from doing nothing to the hedge in dollars, what the fund brought, what trading cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np

from data.format import UNKNOWN, capital, counted, dollars, number, percent, points
from data.roles import Roles
from engine.analytics.attribution import SLEEVE
from engine.analytics.carino import DECAY, linking
from engine.analytics.cascade import STEPS, Cascade
from engine.analytics.evaluate import Evaluation
from engine.hedge_names import hedge_name, traded_name
from engine.rules import costs_of
from engine.runs.run import Run
from reports.charts import singles
from reports.document import Chart, Column, Paragraph, Part, Row, Section, Table
from reports.hedge_parts import ALL_FUNDS, TITLES, abouts, kinds_of, sleeve_parts, spans_of, titles_of
from reports.renderers.html import typeset

GAINED = partial(dollars, sign=True)


def money(result: Run, evaluation: Evaluation) -> Section:
    """Return the bridge from doing nothing to the hedge, and the hedge's own parts."""
    metrics, roles, name = result.figures, result.market.roles, hedge_name(result.config)
    carried, fund, titles = metrics["bridge"], name.called, titles_of(kinds_of(roles))
    largest = max(spans_of(kinds_of(roles)), key=lambda name: abs(carried[name]))
    ends = f"{dollars(metrics['controls']['unhedged']['final_equity'])} to {dollars(metrics['final_equity'])}"
    step = f"the largest step is {titles[largest].lower()}, {GAINED(carried[largest])}"
    yearly = Column(
        f"{capital(name.possessive)} part of the growth, points a year",
        "Of the hedged book's CAGR, linked over time (Carino).",
        format=points,
    )
    steps = (
        "Each step is what one cause did to the hedged book's end value, beside doing nothing. It counts with what"
        " it would have become: dollars lost early would have grown with the core until the end."
    )
    drawn = "Waterfall from the end value of doing nothing to the hedge's"
    columns = [Column("Step"), Column("Of the end value", format=GAINED), yearly]
    so_far = f"What each part of {fund} has brought so far"
    summed = (
        f"What {fund} brought, a year, in points of the hedged book's CAGR, linked over time (Carino): with"
        " what the core made they sum to it."
    )
    linked = f"{so_far}, in points of the hedged book's total return, of which the core made the rest."
    parts: list[Part] = [
        Paragraph(steps, "dek"),
        Chart("bridge", drawn, size="tall", data=bridge_chart(metrics, roles)),
        Table("steps", columns, _steps(metrics, roles, fund)),
        Chart("sleeve", f"Waterfall of what {fund} brought a year", summed, data=sleeve_chart(metrics, roles, fund)),
        Chart("linked", so_far, linked, "tall", _linked(evaluation, roles, fund)),
    ]
    return Section("bridged", f"From {ends}: {step}", parts, "Money")


def _linked(evaluation: Evaluation, roles: Roles, fund: str) -> list[dict[str, Any]]:
    """Return each part of what the sleeve made, summed up from the start and linked, in points of total return."""
    ours = evaluation.attribution
    share = 100.0 * linking(ours.equity, ours.last)[: ours.last + 1]
    titles = titles_of(kinds_of(roles))
    parts = {titles[name]: ours.dollars[name][: ours.last + 1] for name in sleeve_parts(kinds_of(roles))}
    lines = {f"All of {fund}": ours.sleeve[: ours.last + 1]} | parts
    return [{"name": name, "y": singles(np.cumsum(column * share))} for name, column in lines.items()]


def _steps(metrics: Mapping[str, Any], roles: Roles, fund: str) -> list[Row]:
    """Return the steps from doing nothing to the hedge, and what a fund's decay and the sleeve are."""
    about, carried, yearly, kinds = abouts(roles), metrics["bridge"], metrics["attribution"], kinds_of(roles)
    titles, rows = titles_of(kinds), []
    for name in spans_of(kinds):
        own = "hedge_costs" if name == "costs" else name
        brought = yearly[f"{own}_a_year"] if own in SLEEVE else ""
        rows.append(Row([titles[name], carried[name], brought], about[name]))
    made = "What it made, after its costs."
    whole = Row([f"All of {fund}", "", yearly["sleeve_a_year"]], made, "sum")
    if kinds != ALL_FUNDS:
        return [*rows, whole]
    taken = sum(carried[name] for name in DECAY)
    what = "What the fund itself takes: fee, spread and tracking, to be set against the financing earned."
    return [*rows, Row(["Decay", taken, yearly["decay_a_year"]], what, "sum"), whole]


def bridge_chart(metrics: Mapping[str, Any], roles: Roles) -> dict[str, Any]:
    """Return the waterfall from the unhedged book's end value to the hedged one's, dollars."""
    titles, spans, end = titles_of(kinds_of(roles)), spans_of(kinds_of(roles)), metrics["final_equity"]
    steps = [metrics["bridge"][name] for name in spans]
    texts = [dollars(end - sum(steps)), *(dollars(step, sign=True) for step in steps), dollars(end)]
    labels = ["Doing nothing", *(titles[name] for name in spans), "The hedge"]
    return _waterfall(labels, [end - sum(steps), *steps], texts)


def sleeve_chart(metrics: Mapping[str, Any], roles: Roles, fund: str) -> dict[str, Any]:
    """Return the waterfall of what the sleeve brought, fractions a year of the hedged book's CAGR."""
    made, parts, titles = metrics["attribution"], sleeve_parts(kinds_of(roles)), titles_of(kinds_of(roles))
    steps, total = [made[f"{name}_a_year"] for name in parts], made["sleeve_a_year"]
    labels = [*(titles[name] for name in parts), f"All of {fund}"]
    return _waterfall(labels, steps, [points(value) for value in (*steps, total)], starts=False)


def cascade_chart(cascade: Cascade, roles: Roles) -> dict[str, Any]:
    """Return an episode's waterfall, fractions of a dollar left in the fund."""
    names = {
        "naive": f"{roles.leverage:g} x {roles.underlying}'s move",
        "convexity": "Compounding, no chop",
        "variance_drag": "Chop (variance drag)",
    }
    steps = [getattr(cascade, name) for name in STEPS]
    texts = [percent(value, sign=True) for value in (*steps, cascade.fund)]
    return _waterfall([*(names.get(name) or TITLES[name] for name in STEPS), roles.hedge], steps, texts, starts=False)


def _waterfall(labels: Sequence[str], values: Sequence[float], texts: Sequence[str], *, starts: bool = True) -> Any:
    """Return a waterfall as the page's script draws it: with a total at its end, and at its start where it has one."""
    return {
        "labels": list(labels),
        "values": list(values),
        "texts": [typeset(text) for text in texts],
        "starts": starts,
    }


def costs(result: Run) -> Section:
    """Return what trading cost the hedged book, by instrument."""
    metrics = result.figures
    bps = Column("Basis points", "Hundredths of a percent of what was traded.", format=partial(number, places=1))
    columns = [
        Column(""),
        Column("Fills", "An instrument bought or sold in a session.", format="{:,}".format),
        Column("Traded", format=dollars),
        Column("Commission", format=dollars),
        Column("Slippage", "What a fill gets worse than the price it is filled at.", format=dollars),
        Column("Cost", format=dollars),
        bps,
    ]
    finding = f"Trading cost {dollars(metrics['costs'])} over {counted(metrics['fills'], 'fill')}"
    parts: list[Part] = [Table("costs", columns, _costs(result)), Paragraph("Of the hedged book.", "dek")]
    return Section("costs-part", finding, parts, "Costs")


def _costs(result: Run) -> list[Row]:
    setup, hedged = result.setup, result.hedged
    span = slice(0, hedged.last + 1)
    commission, slippage = (part[span] for part in costs_of(setup.terms, setup.prices.fill, hedged.traded))
    traded = (np.abs(hedged.traded) * setup.prices.fill)[span]
    fills = hedged.traded[span] != 0.0
    figures = [part.sum(axis=0) for part in (fills, traded, commission, slippage)]
    roles = result.market.roles
    names = [*roles.core, *(traded_name(role, roles) for role in roles.hedges)]
    rows = [_cost_row(name, [column[i] for column in figures]) for i, name in enumerate(names)]
    return [*rows, _cost_row("All", [column.sum() for column in figures], "sum")]


def _cost_row(name: str, figures: Sequence[float], role: str = "") -> Row:
    fills, traded, commission, slippage = figures
    cost = commission + slippage
    bps = 1e4 * cost / traded if traded else UNKNOWN
    return Row([name, fills, traded, commission, slippage, cost, bps], role=role)

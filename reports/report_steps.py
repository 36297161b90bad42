"""The steps of the hedge report's waterfalls: what each is called and means, and its numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from data.format import dollars, percent, points
from data.fund import FEE, SPREAD
from data.market import Roles
from engine.analytics.attribution import SLEEVE
from engine.analytics.bridge import SPANS
from engine.analytics.carino import DECAY
from engine.analytics.cascade import STEPS, Cascade
from reports.renderers.html import typeset
from reports.report_section import Head, Row

TITLES = {
    "core": "Core not held",
    "interest": "Interest on cash",
    "direction": "Direction",
    "compounding": "Path effect",
    "financing": "Financing earned",
    "fee": "Fund's fee",
    "spread": "Swap spread",
    "tracking": "Tracking",
    "costs": "Costs of trading",
    "hedge_costs": "Costs of trading",
}


def abouts(roles: Roles) -> dict[str, str]:
    """Say what each step of the bridge and of the sleeve is."""
    b, way = roles.leverage, "short" if roles.leverage < 0 else "long"
    fee, spread = percent(FEE, 2), percent(SPREAD, 2)
    return {
        "core": "What the core would have made that was sold, or held less of, than unhedged.",
        "interest": "On the book's cash, or on what it owes.",
        "direction": f"What {abs(b):g} times as much {roles.underlying} {way}, set when the fund was bought and then"
        " left alone, would have made.",
        "compounding": f"What the fund's daily reset to {b:g} times added to that or took: a path effect,"
        " good in a trend and bad in a chop.",
        "financing": f"Interest on the fund's own cash, {1 - b:g} times its worth, at the bill rate.",
        "fee": f"The fund's expense ratio, {fee} a year.",
        "spread": f"What its swaps cost above the bill rate, {spread} a year on {abs(b):g} times its worth.",
        "tracking": f"The fund's own return less all of the above: how {roles.hedge} kept to its model.",
        "costs": "Commission and slippage on the fund and the core.",
        "hedge_costs": "Commission and slippage on the fund.",
    }


def steps_heads(roles: Roles) -> tuple[Head, ...]:
    """Return the heads of the table of steps."""
    yearly = Head(
        f"{roles.hedge}'s part of the growth, points a year", "Of the hedged book's CAGR, linked over time (Carino)."
    )
    return Head("Step"), Head("Of the end value"), yearly


def steps_rows(metrics: Mapping[str, Any], roles: Roles) -> list[Row]:
    """Return the steps from doing nothing to the hedge, and what the decay and the sleeve are."""
    about, carried, yearly = abouts(roles), metrics["bridge"], metrics["attribution"]
    own = {name: "hedge_costs" if name == "costs" else name for name in SPANS}
    rows = [
        Row(
            [
                TITLES[name],
                dollars(carried[name], sign=True),
                points(yearly[f"{own[name]}_a_year"]) if own[name] in SLEEVE else "",
            ],
            about[name],
        )
        for name in SPANS
    ]
    taken = dollars(sum(carried[name] for name in DECAY), sign=True)
    said = "What the fund itself takes: fee, spread and tracking, to be set against the financing earned."
    decay = Row(["Decay", taken, points(yearly["decay_a_year"])], said, "sum")
    made = Row([f"All of {roles.hedge}", "", points(yearly["sleeve_a_year"])], "What it made, after its costs.", "sum")
    return [*rows, decay, made]


def bridge_chart(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Return the waterfall from the unhedged book's end value to the hedged one's, dollars."""
    steps = [metrics["bridge"][name] for name in SPANS]
    end = metrics["final_equity"]
    texts = [dollars(end - sum(steps)), *(dollars(step, sign=True) for step in steps), dollars(end)]
    return _waterfall(
        ["Doing nothing", *(TITLES[name] for name in SPANS), "The hedge"], [end - sum(steps), *steps], texts
    )


def sleeve_chart(metrics: Mapping[str, Any], roles: Roles) -> dict[str, Any]:
    """Return the waterfall of what the sleeve brought, fractions a year of the hedged book's CAGR."""
    made = metrics["attribution"]
    steps, total = [made[f"{name}_a_year"] for name in SLEEVE], made["sleeve_a_year"]
    labels = [*(TITLES[name] for name in SLEEVE), f"All of {roles.hedge}"]
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

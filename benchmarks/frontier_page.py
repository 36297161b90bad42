"""Every way to be safer than SOXX, on real history. Writes docs/frontier.md and its picture."""

from __future__ import annotations

import argparse
import datetime as dt
import shlex
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from textwrap import fill

from backtest.api import load_config
from data.errors import UserError
from data.format import percent
from engine.analytics.answer.insurance import LEVEL
from engine.config import RunConfig
from engine.research.frontier import Placement, ProtectionFrontier, place_ways, plan_frontier
from engine.research.way_books import FileGiven
from reports.frontier import (
    CHEAPER,
    DEARER,
    WIDE,
    cheapest,
    described,
    draw,
    finding,
    label_of,
    lead,
    price_of,
    span_of,
)
from reports.renderers.html import write_page

DOCS = Path(__file__).parents[1] / "docs"
PAGE, PICTURE = DOCS / "frontier.md", DOCS / "frontier.svg"
RUN = "hedge_soxs.yaml"
WIDTH = 118
WORDS = """\
# Which protection is cheapest

`backtest frontier {run}` runs the usual ways to get safer that the data hold, each at several strengths, by the
compiled engine on the same sessions at the same costs, and places each book by how safe it was and how much it grew.
The line is holding less of the core all the time: what stands above it was cheaper protection than that, what stands
below it dearer. `--with` names ways (`sold`, `cash`, `short`, `put`, `put_spread`, `collar`, any instrument;
`put:always` is on whatever the signal), `--weights` their strengths; several files stand on one chart where they share
a core. The page has a menu for the measure of risk, a table by what a point of it avoided cost, and the command that
reruns each dot; every report has a small one. [hedges.md](hedges.md) tells how each kind is reckoned.

{span}. Made on {today} by
`{command}`.

![Growth a year against a bad quarter: every way to be safer, and holding less](frontier.svg)

## What a holder would choose by it

{lesson}

| way | price | growth | given up | bad quarter | gap | {level} interval | |
|-|-|-|-|-|-|-|-|
{rows}

*Price*: points of growth a year given up, against doing nothing, for each point by which a bad quarter was better.
*Gap*: growth less that of holding less to the same bad quarter. One in fifty of so many intervals would leave 0 out by
chance.
"""


def placed(data: str | None, start: str) -> ProtectionFrontier:
    """Run every way of the shipped run; raises UserError where the data lack what it needs."""
    settings = [f"start={start}", *([] if data else ["data.source=store"])]

    def configure(more: Sequence[str]) -> RunConfig:
        return load_config(RUN, [*settings, *more], data)

    command = f"backtest run {RUN}" + (" --data DIR" if data else "")
    return place_ways(plan_frontier([FileGiven(configure(()), configure, command)]))


def page(found: ProtectionFrontier, command: str) -> str:
    """Return the page."""
    ranked = sorted(
        (point for point in found.points if point.costs["bad_quarter"] is not None),
        key=lambda point: point.costs["bad_quarter"] or 0.0,
    )
    held = [point for point in found.line if point.dot.share in (0.9, 0.75, 0.5)]
    rows = [_row(found, point) for point in (*held, *ranked)]
    return WORDS.format(
        run=RUN,
        span=span_of(found),
        today=dt.datetime.now(dt.UTC).date(),
        command=command,
        lesson="\n\n".join(fill(sentence, WIDTH) for sentence in _lesson(found)),
        level=f"{100 * LEVEL:.0f} %",
        rows="\n".join(rows),
    )


def _lesson(found: ProtectionFrontier) -> Iterator[str]:
    yield f"{finding(found)} {lead(found)}"
    labels = [label_of(point) for point in found.points]
    yield (
        f"Of {len(labels)} books {labels.count(CHEAPER)} were cheaper than holding less and {labels.count(DEARER)}"
        f" dearer, as far as can be told at {100 * LEVEL:.0f} %; of the rest these years can't tell. So the size of the"
        " core comes first: who wants quarters a fifth milder holds about a fifth less, and gives up the growth"
        " of that fifth."
    )
    best = cheapest(found, "bad_quarter")
    if best is not None:
        way = found.ways[best.way]
        yield (
            f"Who acts on the signal all the same paid least by {way.title}, a little of it:"
            f" {price_of(best.costs['bad_quarter'])} points of growth a point. Doing more of it cost more a point, for"
            " the signal is on in falls and in rebounds alike."
        )
    modelled = [point for point in found.points if found.ways[point.way].modelled]
    if modelled:
        dear = max(modelled, key=lambda point: point.costs["bad_quarter"] or 0.0)
        yield (
            f"Options are MODELLED: {dear.dot.title}, gave up {price_of(dear.costs['bad_quarter'])} a point. A collar"
            " was cheaper than a put, because what it sells pays for what it buys, and it gave up the best months."
        )


def _row(found: ProtectionFrontier, point: Placement) -> str:
    held = point.way < 0
    mark = ", MODELLED" if not held and found.ways[point.way].modelled else ""
    title = f"holding {point.amount}" if held else f"{point.dot.title}{mark}"
    cells = [
        title,
        price_of(point.costs["bad_quarter"]),
        percent(point.dot.cagr),
        f"{100 * (found.idle.dot.cagr - point.dot.cagr):.1f}",
        f"{-100 * point.dot.bad_quarter:.1f}",
        "" if held else f"{100 * point.dot.gap:+.1f}",
        "" if point.interval is None else " to ".join(f"{100 * end:.1f}" for end in point.interval),
        label_of(point),
    ]
    return f"| {' | '.join(cells)} |"


def main() -> int:
    """Run every way and write the page; 2 where the data lack what it needs."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", metavar="DIR", help="a folder of real history; else the store")
    asked.add_argument("--start", default="2010-06-01")
    given = asked.parse_args()
    try:
        found = placed(given.data, given.start)
    except UserError as fault:
        print(fault, file=sys.stderr)
        return 2
    command = shlex.join(["backtest", "frontier", RUN, *(["--data", "DIR"] if given.data else [])])
    PAGE.write_text(page(found, command), encoding="utf-8")
    words = {"drawing": draw(found, "bad_quarter", WIDE), "described": described(found, "bad_quarter")}
    write_page(PICTURE, "frontier_runs.svg.j2", words, None)
    return 0


if __name__ == "__main__":
    sys.exit(main())

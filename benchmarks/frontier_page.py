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
from engine.analytics.answer.words import names_of
from engine.config import RunConfig
from engine.hedge_names import joined
from engine.research.frontier import RISKS, Placement, ProtectionFrontier, place_ways, plan_frontier
from engine.research.way_books import FileGiven
from reports.frontier import (
    CHEAPER,
    DEARER,
    WIDE,
    cheapest,
    described,
    draw,
    ends_of,
    finding,
    label_of,
    lead,
    price_of,
    priced,
    span_of,
)
from reports.frontier import WORDS as RISK_WORDS
from reports.renderers.html import write_page

DOCS = Path(__file__).parents[1] / "docs"
PAGE, PICTURE = DOCS / "frontier.md", DOCS / "frontier.svg"
RUN = "hedge_soxs.yaml"
WIDTH = 118
WORDS = """\
# Which protection is cheapest

`backtest frontier` answers what a run of one hedge can't: of all the ways to be safer, which costs least? It runs each
way at several strengths, by the compiled engine on the same sessions at the same costs, and places every book by how
safe it was and how much it grew, beside holding less of the core all the time, which needs no signal and no hedge.

```sh
backtest frontier {run}
backtest frontier {run} hedge_soxs_volatility.yaml      # several signals on one picture, of one core
backtest frontier {run} --with cash,put,put:always,XLU  # these ways alone
backtest frontier {run} --with short --weights 0.05,0.1,0.2
```

| `--with` | what it puts in the hedge's place | strengths |
|-|-|-|
| | the file's own hedge | a quarter, half, three quarters, all of it |
| `sold` | core sold at the hedge's orders, to the beta that the hedged book then has | the same |
| `cash`, `short` | bills; the underlying sold short | 25, 50, 75, 100 % of the book |
| `put`, `put_spread`, `collar` | an option, MODELLED | the same, in contracts a share of core |
| `TLT`, or any instrument | what the data hold by that name | 10, 20, 30, 50 %; SOXS 5, 10, 15, 20 % |

All follow the first file's signal; with `:always` (`put:always`) a way is on whatever the signal says, as all are
beside a run that follows none (`collar.yaml`). Named ways have to be there; unless any are named, every usual one is
tried that the data allow. A book that stands already is left out, and said so. A strategy that gives weights or orders
of its own can't be followed by another hedge: its book stands beside `sold` alone. [hedges.md](hedges.md) tells how
each kind is reckoned.

## How to read it

- The thick line is holding less. What stands above it was cheaper than that, what stands below it dearer. A way's line
  runs from doing nothing through its strengths.
- *Price*: points of growth a year given up, against doing nothing, for each point of risk avoided. *Gap*: growth less
  that of holding less to the same bad quarter, in points a year, with its {level} interval. By the rule of a run's own
  answer it is *cheaper* where that is above 0, *dearer* where that is below 0, also with the core's worst fall once
  more; *the same* where both ends are within .05 points of 0.
- The page's menu measures safety by a bad quarter (how far the mean of the worst twentieth of 63-session returns falls
  short of the mean of all), the deepest fall, the worst quarters themselves, or volatility. A row opens to the command
  that runs it, a dot gives it by a click. Each report has a small one.
- MODELLED: options have no quotes; their prices are a formula's, at a volatility made of VIX
  ([how, and how far off](hedges.md#options-modelled)).

![Growth a year against a bad quarter: every way to be safer, and holding less](frontier.svg)

{span}.
Made on {today} by `{command}`.

## What a holder would choose by it

{lesson}

| way | price | growth | given up | bad quarter | gap | {level} interval | |
|-|-|-|-|-|-|-|-|
{rows}

One in fifty of so many intervals would leave 0 out by chance.
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
    """Yield what a holder learns, a paragraph each; its numbers are computed."""
    yield f"{finding(found)} {lead(found)}"
    labels, idle = [label_of(point) for point in found.points], found.idle
    milder = min(found.line, key=lambda point: abs(point.dot.bad_quarter - 0.8 * idle.dot.bad_quarter))
    yield (
        f"Of {len(labels)} books {labels.count(CHEAPER) or 'none'} can be told to be cheaper than holding less and"
        f" {labels.count(DEARER) or 'none'} dearer; of the rest these years can't tell. So the size of the core comes"
        f" first: who wants bad quarters a fifth milder holds {milder.amount} {names_of(found.config).part}, which grew"
        f" {percent(milder.dot.cagr)}."
    )
    best = cheapest(found, "bad_quarter")
    if best is not None:
        most = [point for point in found.points if point.way == best.way][-1]
        yield (
            f"Who acts on the signal all the same paid least by {best.dot.title}: {price_of(best.costs['bad_quarter'])}"
            f" points of growth a point, and {price_of(most.costs['bad_quarter'])} by {most.amount}. Measured"
            f" otherwise, without intervals, the cheapest was {joined(list(_otherwise(found)))}."
        )
    whole = {found.ways[point.way].key: point for point in found.points if point.strength == 1.0}
    always = {key.partition(":")[0]: point for key, point in whole.items() if key in ("put:always", "collar:always")}
    if len(always) == 2:
        put, collar = (price_of(always[key].costs["bad_quarter"]) for key in ("put", "collar"))
        yield (
            f"Options are MODELLED. On the whole core all the time a put cost {put} a point and grew"
            f" {percent(always['put'].dot.cagr)}, a collar {collar} and {percent(always['collar'].dot.cagr)}: what a"
            " collar sells pays for what it buys, with the best months."
        )


def _otherwise(found: ProtectionFrontier) -> Iterator[str]:
    """Yield the cheapest book by each risk but a bad quarter, with the price of holding less to the same."""
    for risk in RISKS[1:]:
        best = cheapest(found, risk)
        if best is not None:
            yield f"by {RISK_WORDS[risk][3]} {priced(found, best, risk)}"


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
        ends_of(point),
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

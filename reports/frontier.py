"""The frontier of protection, in the terminal and on a page: which way to be safer costs least, and what that costs."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from data.format import counted, money, percent
from engine.analytics.answer.digits import PRINTS_AS_NOTHING
from engine.analytics.answer.insurance import CANT_TELL, LEVEL, NOT_PAID, PAID
from engine.analytics.answer.words import names_of
from engine.research.frontier import RISKS, Placement, ProtectionFrontier
from reports.document import (
    Cell,
    Column,
    Custom,
    Document,
    Items,
    Menus,
    Opening,
    Paragraph,
    Part,
    Row,
    Section,
    Table,
    named,
    notes,
)
from reports.drawing import Drawing, Scale, Shape, Spot, Stroke, around, cut
from reports.label_places import Box, Label
from reports.renderers.html import write_document
from reports.renderers.terminal import show

if TYPE_CHECKING:
    from rich.console import Console

WORDS = {
    "bad_quarter": ("Bad quarter", "points", "a bad quarter, points below an average one", "a bad quarter"),
    "max_drawdown": ("Deepest fall", "%", "the deepest fall from a peak, %", "the deepest fall"),
    "shortfall": ("Worst quarters", "%", "the mean of the worst twentieth of quarters, %", "the worst quarters"),
    "volatility": ("Volatility", "%", "volatility, % a year", "volatility"),
}
"""Each of `engine.research.frontier.RISKS`: its name, its unit, what an axis says and what a sentence calls it."""
WIDE = Shape("wide", 1152, 600, 40, 24, 30, 48, minor=True)
PHONE = Shape("phone", 358, 520, 30, 12, 30, 48, minor=False)
SHAPES = (WIDE, WIDE._replace(name="middle", width=720), PHONE)
"""The same picture for a screen, for half of one and for a phone: none is shown shrunk."""
HELD = (0.9, 0.75, 0.5, 0.25)
"""Shares of the core that stand in the table and are marked on the line."""
SHOWN = 12
"""Rows in the terminal."""
At = Callable[[Placement], tuple[float, float]]
"""Gives where a book stands in a picture."""
CHEAPER, DEARER, SAME = "cheaper", "dearer", "the same"


def label_of(point: Placement) -> str:
    """Return whether a book was cheaper than holding less to the same bad quarter, by the rule of a run's answer."""
    if point.interval is None:
        return ""
    if max(abs(end) for ends in point.interval for end in ends) < PRINTS_AS_NOTHING:
        return SAME
    return {PAID: CHEAPER, NOT_PAID: DEARER}.get(point.interval.label, point.interval.label)


def finding(found: ProtectionFrontier) -> str:
    """Return what the frontier shows, in a sentence."""
    names, best = names_of(found.config), cheapest(found, "bad_quarter")
    beat = dict.fromkeys(found.ways[point.way].title for point in found.points if label_of(point) == CHEAPER)
    if beat:
        return f"Cheaper than holding less {names.part}: {', '.join(beat)}."
    if best is None:
        return "Nothing avoided a tenth of a point of a bad quarter."
    line = as_safe(found, best, "bad_quarter")
    sure = "surely " if best.dot.gap > 0.0 else ""
    return (
        f"No way was {sure}cheaper than holding less {names.part}: a point of safety cost"
        f" {price_of(line.costs['bad_quarter'])} points of growth by that, {price_of(best.costs['bad_quarter'])} by"
        f" {found.ways[best.way].title}."
    )


def _answer(found: ProtectionFrontier) -> str:
    """Return the shortest that can be said of all ways, by a bad quarter."""
    best, cheaper = cheapest(found, "bad_quarter"), [point for point in found.points if label_of(point) == CHEAPER]
    if cheaper:
        return f"{found.ways[cheaper[0].way].title[:1].upper()}{found.ways[cheaper[0].way].title[1:]}."
    if best is None:
        return "None avoided anything."
    part = names_of(found.config).part
    return f"None surely beat holding less {part}." if best.dot.gap > 0.0 else f"Holding less {part}."


def finding_by(found: ProtectionFrontier, risk: str) -> str:
    """Return what the frontier shows by a risk, in a sentence; intervals are of a bad quarter alone."""
    best = cheapest(found, risk)
    if risk == "bad_quarter" or best is None:
        return finding(found)
    return f"By {WORDS[risk][3]}, without intervals, the cheapest was {priced(found, best, risk)}."


def priced(found: ProtectionFrontier, point: Placement, risk: str) -> str:
    """Return a book with what a point of a risk avoided cost by it, and by holding less to the same risk."""
    line = price_of(as_safe(found, point, risk).costs[risk])
    return f"{point.dot.title} ({price_of(point.costs[risk])} a point, holding less {line})"


def lead(found: ProtectionFrontier) -> str:
    """Return what the first file's own hedge came to."""
    own = [point for point in found.points if point.way == 0]
    start = f"Doing nothing grew {percent(found.idle.dot.cagr)} a year."
    if not own:
        return start
    point = own[-1]
    judged = f"{label_of(point)}: the {100 * LEVEL:.0f} % interval of the difference is {ends_of(point)} points"
    price = point.costs["bad_quarter"]
    cost = "it avoided no tenth of a point of a bad quarter" if price is None else f"a point of safety cost {price:.2f}"
    return (
        f"{start} {point.dot.title}, grew {percent(point.dot.cagr)}: {cost}, and holding less to the same bad quarter"
        f" grew {percent(point.dot.cagr - point.dot.gap)} ({judged}{_with_fall(point)})."
    )


def ends_of(point: Placement) -> str:
    """Return a gap's interval in points, as the sessions were."""
    return "" if point.interval is None else " to ".join(f"{100 * end:.1f}" for end in point.interval.interval)


def _with_fall(point: Placement) -> str:
    """Return why it can't be told, where the interval alone would be below 0."""
    if point.interval is None or point.interval.label != CANT_TELL or point.interval.interval[1] >= 0.0:
        return ""
    return f", but up to {100 * point.interval.with_fall[1]:+.1f} with the core's worst fall once more"


def as_safe(found: ProtectionFrontier, point: Placement, risk: str) -> Placement:
    """Return the share of the core on the line whose risk is nearest, but for the whole."""
    return min(found.line[:-1], key=lambda other: abs(other.risk(risk) - point.risk(risk)))


def cheapest(found: ProtectionFrontier, risk: str) -> Placement | None:
    """Return the book that gives up least growth for each point of a risk that it avoids."""
    priced = [point for point in found.points if point.costs[risk] is not None]
    return min(priced, key=lambda point: point.costs[risk] or 0.0) if priced else None


def price_of(cost: float | None) -> str:
    """Return points of growth a year for each point avoided."""
    return "none avoided" if cost is None else f"{cost:.2f}"


def show_frontier(console: Console, found: ProtectionFrontier, page: Path, rows: int = SHOWN) -> None:
    """Print the finding, the cheapest books by a bad quarter, and where the page is."""
    parts: list[Part] = [
        Paragraph(span_of(found), "dek"),
        *notes(filter(None, [found.mark])),
        Paragraph(finding(found), "strong"),
        Paragraph(lead(found)),
        Paragraph(""),
        _table(found, "bad_quarter", rows, narrow=True),
        Paragraph(_about_table("bad_quarter"), "dek"),
        Items([*_cautions(found), *found.remarks]),
        named("Page:", page),
    ]
    show(console, parts)


def span_of(found: ProtectionFrontier) -> str:
    """Return the core, the sessions and the data."""
    days, names = found.market.run_sessions, names_of(found.config)
    return f"{names.whole}, {days[0]} to {days[-1]}, {counted(len(days), 'session')}, data {found.data[:10]}"


def write_frontier(path: Path, found: ProtectionFrontier) -> None:
    """Write the page: one file, read offline."""
    marked = "SIMULATED " if found.market.simulated else ""
    menu = Menus([("risk", "Safer by", [(risk, WORDS[risk][0].lower()) for risk in RISKS])])
    drawings = [(risk, [draw(found, risk, shape) for shape in SHAPES], described(found, risk)) for risk in RISKS]
    picture: list[Part] = [
        menu,
        *(Paragraph(finding_by(found, risk), f"strong by-{risk}") for risk in RISKS),
        Paragraph(_about_picture(found), "dek"),
        Paragraph("Point at a dot for its figures; click it for its command.", "hint"),
        Custom("frontier.html.j2", {"drawings": drawings, "picked": "picked"}),
    ]
    tables: list[Part] = [Paragraph("A row opens to the command that runs it.", "hint")]
    for risk in RISKS:
        tables += [Paragraph(_about_table(risk), f"dek by-{risk}"), _table(found, risk)]
    title = f"{marked}Ways to be safer than {names_of(found.config).whole}"
    document = Document(
        title,
        [
            Section("frontier", _below(found), picture),
            Section("costs", _prices(found), tables),
            Section(
                "remarks",
                f"{counted(len(found.points), 'book')} tried, each judged by itself",
                [Items([*_cautions(found), *found.remarks])],
            ),
        ],
        note=found.mark or "",
        data={"commands": [point.command for point in found.points]},
        scripts=["frontier"],
        styles=["frontier_runs", "frontier"],
        opening=Opening(
            [title, *span_of(found).split(", ")[1:], "" if found.mark else "real history"],
            "Which way to be safer costs least growth?",
            _answer(found),
            lead(found),
        ),
    )
    write_document(path, document)


def _below(found: ProtectionFrontier) -> str:
    """Return how many books grew less than holding less to the same bad quarter."""
    less = sum(point.dot.gap < 0.0 for point in found.points)
    books = counted(len(found.points), "book")
    return f"{less or 'None'} of {books} grew less than holding less to the same bad quarter"


def _prices(found: ProtectionFrontier) -> str:
    """Return between which ends lies what a point of safety cost, and what it cost by holding less."""
    costs = [cost for point in found.points if (cost := point.costs["bad_quarter"]) is not None]
    held = [cost for point in _held(found) if (cost := point.costs["bad_quarter"]) is not None]
    if not (costs and held):
        return "No point of a bad quarter was avoided"
    ends, less = (" to ".join(dict.fromkeys(map(price_of, _reach(prices)))) for prices in (costs, held))
    return f"A point of safety cost {ends} points of growth, {less} by holding less"


def _about_picture(found: ProtectionFrontier) -> str:
    names = names_of(found.config)
    return (
        f"Each line is a way, from a little of it to much. The thick one is holding less {names.part} all the time, the"
        f" rest in {names.cash}: what stands above it is cheaper than that, what stands below it dearer. By a bad"
        f" quarter the bars of the file's own hedge are the gap's {100 * LEVEL:.0f} % interval, hung from that line."
        " Dashed is MODELLED."
    )


def _about_table(risk: str) -> str:
    return (
        f"Cheapest first. Price: points of growth a year given up, against doing nothing, for each point avoided of"
        f" {WORDS[risk][2].partition(',')[0]}. Gap: growth less that of holding less to the same bad quarter; it is"
        " dearer where the interval is below 0, also with the core's worst fall once more."
    )


def _cautions(found: ProtectionFrontier) -> Iterator[str]:
    count = len(found.points)
    yield (
        f"{counted(count, 'book')} {'is' if count == 1 else 'are'} judged at {100 * LEVEL:.0f} % each: were none better"
        f" or worse than holding less, about one in {round(1 / (1 - LEVEL))} would still be called cheaper or dearer."
    )
    if any(found.ways[point.way].modelled for point in found.points):
        yield "MODELLED: options have no quotes; their prices are a formula's at a volatility made of VIX."
    if any(found.ways[point.way].sold for point in found.points):
        yield "Core sold instead is the control Sold at entry of the run that its command makes."
    yield "All books are of the past: the same signal at the same costs, no book chosen before it was seen."


def _table(found: ProtectionFrontier, risk: str, most: int | None = None, *, narrow: bool = False) -> Table:
    """Return the books by what a point of a risk avoided costs, holding less among them."""
    wide = [("Given up", "points"), WORDS[risk][:2], ("Avoided", "points")]
    heads = [("Price", ""), ("Growth", "" if narrow else "% a year"), *([] if narrow else wide)]
    columns = [
        Column("SIMULATED" if found.market.simulated else "", wrap="fold"),
        *(Column(head, unit=unit) for head, unit in heads),
        Column("Gap", unit="" if narrow else "points a year"),
        Column(f"{100 * LEVEL:.0f} % interval"),
        Column("", align="left"),
    ]
    priced = [point for point in (*found.points, *_held(found)) if point.costs.get(risk) is not None]
    unpriced = [point for point in found.points if point.costs[risk] is None]
    ranked = [*sorted(priced, key=lambda point: point.costs[risk] or 0.0), *unpriced]
    rows = [_row(found, point, risk, narrow=narrow) for point in ranked[:most]]
    return Table(f"by-{risk}", columns, rows, "dense" if narrow else "")


def _held(found: ProtectionFrontier) -> list[Placement]:
    """Return the shares of the core that are shown."""
    return [point for point in found.line if any(abs((point.dot.share or 0.0) - share) < 1e-9 for share in HELD)]


def by_cost(found: ProtectionFrontier, risk: str) -> Table:
    """Return the books by what a point of a risk avoided costs, in few columns: for a report."""
    table = _table(found, risk, narrow=True)
    return Table("kinds", table.columns[:4], [replace(row, cells=row.cells[:4]) for row in table.rows])


def _row(found: ProtectionFrontier, point: Placement, risk: str, *, narrow: bool) -> Row:
    own = found.idle
    held = point.way < 0
    title = f"holding {point.amount}" if held else point.dot.title
    mark = "MODELLED" if not held and found.ways[point.way].modelled else ""
    whole = [
        price_of(point.costs[risk]),
        f"{100 * point.dot.cagr:.1f}",
        f"{100 * (own.dot.cagr - point.dot.cagr):.1f}",
        f"{100 * abs(point.risk(risk)):.1f}",
        f"{100 * (abs(own.risk(risk)) - abs(point.risk(risk))):.1f}",
    ]
    cells: list[str | Cell] = [title, *(whole[:2] if narrow else whole)]
    if held:
        cells += ["", "", ""]
    else:
        cells += [f"{100 * point.dot.gap:+.1f}", ends_of(point), label_of(point)]
    role = "sum" if held else "hedge" if point.way == 0 else ""
    return Row(cells, role=role, mark=mark, command="" if narrow else point.command)


def draw(found: ProtectionFrontier, risk: str, shape: Shape) -> Drawing:
    """Lay the picture out by a risk."""
    shown = [*found.points, found.idle]
    left, right = around(*_reach(abs(point.risk(risk)) for point in shown))
    low, high = around(*_reach(point.dot.cagr for point in shown))
    scale = Scale(shape, max(left, 0.0), right, low, high, WORDS[risk][2], falls=risk != "volatility")

    def at(point: Placement) -> tuple[float, float]:
        return scale.x(-abs(point.risk(risk))), scale.y(point.dot.cagr)

    line = [at(point) for point in found.line]
    frame = Box(shape.left, shape.top - 10.0, shape.width - 2.0, shape.height - shape.bottom - 2.0)
    strokes = list(_strokes(found, risk, at, scale))
    spots, labels = list(_spots(found, risk, at, scale)), list(_labels(found, risk, at, scale))
    pieces = [piece for start, end in pairwise(line) if (piece := cut((*start, *end), frame)) is not None]
    return scale.draw(frame=frame, pieces=pieces, spots=spots, labels=labels, strokes=strokes)


def _reach(values: Iterable[float]) -> tuple[float, float]:
    several = list(values)
    return min(several), max(several)


def _strokes(found: ProtectionFrontier, risk: str, at: At, scale: Scale) -> Iterator[Stroke]:
    for k, way in enumerate(found.ways):
        role = "way own" if k == 0 else "way modelled" if way.modelled else "way"
        points = [point for point in found.points if point.way == k]
        for start, end in pairwise([found.idle, *points]):
            yield role, (*at(start), *at(end))
        if k == 0 and risk == "bad_quarter":
            for point in points:
                if point.interval is not None:
                    x, on_line = at(point)[0], point.dot.cagr - point.dot.gap
                    ends = [scale.y(min(max(on_line + end, scale.low), scale.high)) for end in point.interval.interval]
                    yield "hung", (x, ends[0], x, ends[1])


def _spots(found: ProtectionFrontier, risk: str, at: At, scale: Scale) -> Iterator[Spot]:
    names = names_of(found.config)
    for point in _held(found):
        if scale.left <= abs(point.risk(risk)) <= scale.right and scale.low <= point.dot.cagr:
            yield Spot(*at(point), "stop", 4.0, _tip(point, f"{point.amount} {names.part}, the rest in {names.cash}"))
    for place, point in enumerate(found.points):
        role = "hedge" if point.way == 0 else "beside"
        title = f"{'MODELLED ' if found.ways[point.way].modelled else ''}{point.dot.title}"
        yield Spot(*at(point), role, 5.5 if point.way == 0 else 4.0, _tip(point, title), place)
    yield Spot(*at(found.idle), "held", 6.0, _tip(found.idle, "doing nothing"))


def _tip(point: Placement, title: str) -> str:
    dot = point.dot
    gap = "" if dot.share is not None else f", {100 * dot.gap:+.2f} points to holding less{_interval_of(point)}"
    return (
        f"{title}: grew {100 * dot.cagr:.2f} % a year{gap}; bad quarter {-100 * dot.bad_quarter:.2f} points below"
        f" an average one; worst quarters {100 * point.shortfall:.1f} %; deepest fall {100 * dot.max_drawdown:.1f} %;"
        f" volatility {100 * dot.volatility:.1f} %; ended at {money(dot.final_equity)}"
    )


def _interval_of(point: Placement) -> str:
    return "" if point.interval is None else f" ({100 * LEVEL:.0f} % interval {ends_of(point)})"


def _labels(found: ProtectionFrontier, risk: str, at: At, scale: Scale) -> Iterator[Label]:
    """Yield the labels, the most important first: each way by its last dot."""
    names = names_of(found.config)
    yield Label((f"*doing nothing {percent(found.idle.dot.cagr)}",), *at(found.idle), "strong", must=True)
    for k, way in enumerate(found.ways):
        points = [point for point in found.points if point.way == k]
        if points:
            mark = ", MODELLED" if way.modelled else ""
            words = f"{way.title}{mark}, {points[-1].amount}" if scale.shape.minor else f"{way.key}{mark}"
            own = k == 0
            yield Label((f"*{words}" if own else words,), *at(points[-1]), "hedge" if own else "strong", must=own)
    for point in _held(found):
        if scale.left <= abs(point.risk(risk)) <= scale.right and scale.low <= point.dot.cagr:
            yield Label((f"{point.amount} {names.part}",), *at(point), "quiet")


def described(found: ProtectionFrontier, risk: str) -> str:
    """Return the picture in words, for who can't see it."""
    named = [(p, f"{p.dot.title}{', MODELLED' * found.ways[p.way].modelled}") for p in found.points]
    dots = "; ".join(f"{name} {percent(p.dot.cagr)} at {100 * abs(p.risk(risk)):.1f}" for p, name in named)
    return f"Growth a year against {WORDS[risk][2]}. Doing nothing {percent(found.idle.dot.cagr)}. {dots}."

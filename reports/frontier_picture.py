"""The frontier as a picture: how safe against how much it grew, drawn for a wide screen and again for a phone."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

from data.format import money, percent, share, signed
from engine.analytics.answer.answer import Answer
from engine.analytics.answer.digits import printed_gap
from engine.analytics.answer.frontier import Dot
from engine.analytics.answer.words import Names, interval_words
from engine.analytics.controls import CONTROLS
from engine.hedge_names import MODELLED
from reports.drawing import Drawing, Scale, Shape, Spot, Stroke
from reports.label_places import Box, Label, Line, width_of

STOPS = (0.25, 0.5, 0.75)
"""Shares of the core that are marked on the line between both ends."""
UP = "growth, % a year"
"""What the upright axis says."""
WIDE = Shape("wide", 620, 300, 34, 150, 26, 44, minor=True)
PHONE = Shape("phone", 358, 400, 26, 84, 28, 44, minor=False)
NAMED = tuple(key for key, kind in CONTROLS.items() if kind.labelled(more=False))
"""Dots that are named on the phone too: what is modelled always says so."""


def draw_frontier(answer: Answer, names: Names, shape: Shape, others: Sequence[Dot] = ()) -> Drawing:
    """Lay a drawing out.

    Parameters
    ----------
    others
        The same hedge at other weights and rebalancings: drawn without names, which pointing at them tells.
    """
    frontier, match = answer.frontier, answer.insurance.quarter
    hedged = frontier.dots[0]
    ends, caps = _hung(answer)
    scale = _scale(answer, shape, ends, others)
    x = scale.x(hedged.bad_quarter)
    ring = (x if match.share < 1.0 else scale.x(frontier.line[-1].bad_quarter), scale.y(match.cagr))
    gap = (x, ring[1], x, scale.y(hedged.cagr))
    hung = (x, scale.y(ends[1]), x, scale.y(ends[0]))
    strokes: list[Stroke] = [("level", (*ring, x, ring[1]))] if ring[0] != x else []
    strokes += [("hung", hung), *(("cap", (x - 5, scale.y(cap), x + 5, scale.y(cap))) for cap in caps), ("gap", gap)]
    line = [scale.at(point) for point in frontier.line]
    return scale.draw(
        frame=Box(shape.left, 2.0, shape.width - 2.0, shape.height - shape.bottom - 2.0),
        pieces=[(*start, *other) for start, other in pairwise(line)],
        spots=[*_others(names, scale, others), *_spots(answer, names, scale, ring)],
        labels=_labels(answer, names, scale, ring, gap, hung),
        strokes=strokes,
        covered=[_around(gap, 3.0), _around(hung, 5.0), Box(0.0, 0.0, width_of(UP), 18.0)],
        floor=scale.y(0.0),
    )


def _hung(answer: Answer) -> tuple[list[float], list[float]]:
    """Return between which growths the gap's interval is drawn, and those of its ends that are not cut off.

    It is cut off half the dots' range beyond them: it may be so wide that nothing else could be seen.
    """
    growths = [0.0, *(dot.cagr for dot in (*answer.frontier.line, *answer.frontier.dots))]
    low, high = min(growths), max(growths)
    beyond = (high - low) / 2.0
    match = answer.insurance.quarter
    ends = [match.cagr + end for end in match.interval]
    drawn = [min(max(end, low - beyond), high + beyond) for end in ends]
    return drawn, [end for end in ends if end in drawn]


def _scale(answer: Answer, shape: Shape, ends: list[float], others: Sequence[Dot]) -> Scale:
    dots = [*answer.frontier.line, *answer.frontier.dots, *others]
    growths = [0.0, *ends, *(dot.cagr for dot in dots)]
    return Scale(shape, 0.0, 1.06 * max(-dot.bad_quarter for dot in dots), 1.06 * min(growths), max(growths))


def tip_of(dot: Dot, title: str) -> str:
    """Return a dot's exact values."""
    gap = "" if dot.share is not None else f", {100 * dot.gap:+.2f} points to holding less"
    return (
        f"{title}: grew {100 * dot.cagr:.2f} % a year{gap}; bad quarter {-100 * dot.bad_quarter:.2f} points below an"
        f" average one; worst fall {100 * dot.max_drawdown:.1f} %; volatility {100 * dot.volatility:.1f} %; ended at"
        f" {money(dot.final_equity)}"
    )


def title_of(dot: Dot, names: Names) -> str:
    """Return what a person calls a book beside the line."""
    if dot.name == "hedged":
        return names.hedge.title
    kind = CONTROLS.get(dot.name)
    title = (kind.labelled(more=names.more) if kind else "") or dot.title
    return marked(title, dot.name, names)


def marked(title: str, name: str, names: Names) -> str:
    """Return the title of a book beside the hedged one, which says where it holds an option of the run's."""
    holds = names.hedge.modelled and name in ("always_on", "buy_and_hold")
    return f"{title}, {MODELLED}" if holds and MODELLED not in title else title


def described(answer: Answer, names: Names) -> str:
    """Return the picture in words, for who can't see it."""
    frontier = answer.frontier
    held = f"Holding {share(answer.insurance.quarter.share)} {names.part}"
    dots = "; ".join(
        f"{title_of(dot, names)} {percent(dot.cagr)} at {-100 * dot.bad_quarter:.1f}" for dot in frontier.dots
    )
    return (
        f"Growth a year against how many points a bad quarter falls short of an average one. {held} grew"
        f" {percent(answer.insurance.quarter.cagr)}, the hedge {percent(frontier.dots[0].cagr)} at"
        f" {-100 * answer.insurance.bad_quarter:.1f} points. {dots}."
    )


def _others(names: Names, scale: Scale, others: Sequence[Dot]) -> Iterator[Spot]:
    for dot in others:
        yield Spot(*scale.at(dot), "other", 3.0, tip_of(dot, f"{names.hedge.title}, {dot.title}"))


def _spots(answer: Answer, names: Names, scale: Scale, ring: tuple[float, float]) -> Iterator[Spot]:
    for dot in answer.frontier.line:
        if dot.share in (0.0, *STOPS):
            title = f"{share(dot.share or 0.0)} {names.part}, the rest in {names.cash}"
            yield Spot(*scale.at(dot), "stop", 4.0, tip_of(dot, title))
    for dot in answer.frontier.dots[1:]:
        yield Spot(*scale.at(dot), "beside", 4.0, tip_of(dot, title_of(dot, names)))
    match = answer.insurance.quarter
    grown = f"grew {100 * match.cagr:.2f} % a year, the hedge {100 * match.gap:+.2f} points"
    yield Spot(*ring, "held", 6.0, f"{share(match.share)} {names.part}: {grown}")
    hedged = answer.frontier.dots[0]
    yield Spot(*scale.at(hedged), "hedge", 6.5, tip_of(hedged, title_of(hedged, names)))


def _labels(
    answer: Answer, names: Names, scale: Scale, ring: tuple[float, float], gap: Line, hung: Line
) -> list[Label]:
    """Return the labels, the most important first."""
    frontier, match, wide = answer.frontier, answer.insurance.quarter, scale.shape.minor
    by = {dot.name: dot for dot in frontier.dots}
    hedged = by.pop("hedged")
    apart = f"*{signed(printed_gap(match))} points{' a year' if wide else ''}"
    title, grew = f"*{title_of(hedged, names)}", percent(hedged.cagr)
    own = (f"{title} {grew}",) if wide else (title, f"*{grew}")
    labels = [Label(own, *scale.at(hedged), "hedge", must=True, size=14.0)]
    if match.share < 1.0:
        safe = f"*{share(match.share)} {names.part}{': as safe,' if wide else ''} {percent(match.cagr)}"
        labels.append(Label((safe,), *ring, "strong", must=True))
    if "unhedged" in by:
        idle = by.pop("unhedged")
        labels.append(Label((f"*doing nothing {percent(idle.cagr)}",), *scale.at(idle), "strong", must=True))
    middle = (gap[1] + gap[3]) / 2.0
    labels.append(Label((apart,), gap[0], middle, "hedge", must=True))
    reach = " reaches the line" if match.interval[0] <= 0.0 <= match.interval[1] else ""
    words = interval_words(answer.insurance).split(" interval ")
    lower = hung[3] if hung[3] > gap[3] else hung[1]
    hangs = (f"the gap's {words[0]} interval", f"{words[1]}{reach}") if wide else (f"{words[0]} interval", words[1])
    labels.append(Label(hangs, hung[0], lower, "quiet"))
    for name, dot in by.items():
        if wide or name in NAMED:
            labels.append(Label((f"{title_of(dot, names)} {percent(dot.cagr)}",), *scale.at(dot), "quiet"))
    upper = frontier.line[len(frontier.line) // 4]
    lines = ("*the line: holding less", f"above it is cheaper{', below dearer' if wide else ''}")
    labels.append(Label(lines, scale.x(upper.bad_quarter), scale.y(upper.cagr) - 60.0, "quiet", leads=False))
    stops = [dot for dot in frontier.line if dot.share in (0.0, *STOPS)]
    for dot in stops[::-1]:
        stop = f"{share(dot.share)} {names.part}" if dot.share else f"all in {names.cash}"
        labels.append(Label((stop,), *scale.at(dot), "quiet"))
    return labels


def _around(line: Line, air: float) -> Box:
    low, high = sorted((line[1], line[3]))
    return Box(line[0] - air, low, line[2] + air, high)

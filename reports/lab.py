"""What the lab's page shows of a move, of an answer and of a kept run: words as every page has them, lines thinned."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from data.arrays import Dates, Floats, Ints
from data.format import counted, dollars, in_percent, money, number, percent, points, rest, share, signed, times
from engine.analytics.answer.answer import NEVER
from engine.analytics.answer.digits import printed_gap
from engine.analytics.answer.frontier import Dot
from engine.analytics.answer.insurance import Match, bad_quarter
from engine.analytics.answer.words import Names, Piece, lead_of, names_of, no_headline, plain
from engine.analytics.metrics import drawdowns
from engine.hedge_names import MODELLED, SYNTHETIC
from engine.kernel.loop import Ledger
from engine.lab.knobs import Knob
from engine.lab.move import Move, Strengths
from engine.runs.run import Run
from reports.charts import thinned
from reports.first_screen import screen_of
from reports.first_sum import MONTHS, month
from reports.frontier_picture import tip_of
from reports.lab_picture import drawn
from reports.renderers.html import page_text, typeset
from reports.run import notes_told

POINTS = 260
"""Points of each line, about one for every second pixel."""


def lab_page(start: Mapping[str, Any], nonce: str) -> str:
    """Return the lab's page, whole: no other file belongs to it.

    Parameters
    ----------
    start
        What its script begins with: the runs there are, and what a run of the same is called on the command line.
    nonce
        By which the browser knows the page's own script and style.
    """
    return page_text("lab.html.j2", {"nonce": nonce}, {**start}, plots=False)


def knob_data(knobs: Sequence[Knob]) -> list[dict[str, Any]]:
    """Return what the page makes its controls of."""
    return [
        {**asdict(knob), "percent": knob.percent, "about": typeset(knob.about), "ends": _ends(knob)} for knob in knobs
    ]


def _ends(knob: Knob) -> str:
    """Return between what a number may lie, as its box says."""
    if knob.kind != "number":
        return ""
    by = 100.0 if knob.percent else 1.0
    return typeset(f"{by * knob.low:,.10g} to {by * knob.high:,.10g}{' %' if knob.percent else ''}")


def move_data(move: Move, *, phone: bool) -> dict[str, Any]:
    """Return what the page shows of a move."""
    names, sessions = names_of(move.config), move.sessions
    last = move.hedged.last
    return {
        "about": typeset(f"{names.whole}, {names.hedge.done}"),
        "span": f"{month(sessions[0], MONTHS)} to {month(sessions[last], MONTHS)}",
        "mark": _mark(move, names),
        "name": typeset(names.hedge.title),
        "lead": _pieces(_lead(move, names)),
        "spoken": typeset(_spoken(move, names)),
        "gap": _gap(move.match, names),
        "cash": dollars(move.config.portfolio.cash),
        "rows": _rows(move, names),
        "figures": [[typeset(title), typeset(text)] for title, text in _figures(move)],
        "curves": _curves(move),
        "names": _line_names(move, names),
        "frontier": drawn(move, names, phone=phone),
        "strengths": None if move.strengths is None else _strengths(move.strengths, move, names),
        "remarks": [typeset(remark) for remark in move.remarks],
    }


def _mark(move: Move, names: Names) -> str:
    marks = ["SIMULATED market"] * move.simulated + [f"options {MODELLED}"] * names.hedge.modelled
    marks += [SYNTHETIC] * bool(move.synthetic)
    return ", ".join(marks)


def _lead(move: Move, names: Names) -> tuple[Piece, ...]:
    if move.unknown == NEVER:
        return (
            Piece(
                f"{names.hedge.noun.capitalize() if names.hedge.noun.islower() else names.hedge.noun} was never"
                " bought: the book is the one without a hedge."
            ),
        )
    if move.match is None:
        return (Piece(no_headline(move.unknown)),)
    return lead_of(move.match, names)


def _spoken(move: Move, names: Names) -> str:
    """Return a move in one sentence, for who hears the page."""
    gap = "" if move.match is None else f" The gap is {signed(printed_gap(move.match))} points a year."
    return f"{plain(_lead(move, names))}{gap}"


def _gap(match: Match | None, names: Names) -> dict[str, str] | None:
    if match is None:
        return None
    held = f"{share(match.share)} {names.part}" if match.share > 0.0 else f"nothing but {names.cash}"
    return {"points": typeset(signed(printed_gap(match))), "to": typeset(f"points a year to holding {held}")}


def _rows(move: Move, names: Names) -> list[dict[str, Any]]:
    """Return the small table: doing nothing, holding less, the hedge."""
    rows = [_row(f"{share(names.held)} {names.part}, do nothing", move.unhedged, _cagr(move, "unhedged"))]
    match, held = move.match, move.held
    if match is not None and held is not None and match.share < 1.0:
        name = f"{share(match.share)} {names.part}, {rest(match.share)} {names.cash}"
        safe = _short_fall(move.dots["hedged"].bad_quarter)
        rows.append(_row(name, held, match.cagr, safe, "held"))
    rows.append(_row(names.hedge.title, move.hedged, float(move.figures["cagr"]), role="hedge"))
    return rows


def _cagr(move: Move, name: str) -> float | None:
    if name in move.dots:
        return move.dots[name].cagr
    book = move.unhedged
    grown = book.equity[book.last] / book.equity[0]
    return float(grown ** (1.0 / move.years) - 1.0) if grown > 0.0 else None


def _row(name: str, book: Ledger, cagr: float | None, quarter: str = "", role: str = "") -> dict[str, Any]:
    alive = book.equity.min() > 0.0
    short = quarter or _short_fall(bad_quarter(book.equity) if alive else None)
    fall = percent(float(drawdowns(book.equity[: book.last + 1]).min()))
    texts = (name, percent(cagr), short, fall, money(float(book.equity[book.last])))
    return {"role": role, "cells": [typeset(text) for text in texts]}


def _short_fall(value: float | None) -> str:
    return number(None if value is None else 100.0 * value, 1)


def _figures(move: Move) -> list[tuple[str, str]]:
    """Return what else is asked of the hedged book."""
    figures, beta = move.figures, move.net_beta[1 : move.hedged.last + 1]  # nothing is held before the first fill
    known = beta[~np.isnan(beta)]
    short = int(np.count_nonzero(known[:-1] < 0.0))
    below = f", below 0 on {counted(short, 'close')}" if short else ""
    low = f"{number(float(known.min()))}{below}" if len(known) else "-"
    return [
        (
            "On",
            f"{times(int(figures['episodes']))}, {figures['sessions_hedged']:,} of {figures['sessions']:,} sessions",
        ),
        ("Costs", f"{dollars(float(figures['costs']))} in {counted(int(figures['fills']), 'fill')}"),
        ("Volatility", f"{percent(float(figures['volatility']))} a year"),
        ("Lowest net beta", low),
    ]


def _curves(move: Move) -> dict[str, Any]:
    """Return the lines over time, thinned, on one axis of days."""
    until = slice(0, move.hedged.last + 1)
    books = {"hedged": move.hedged.equity, "unhedged": move.unhedged.equity}
    books |= {} if move.held is None else {"held": move.held.equity}
    falls = {name: drawdowns(equity[until]) for name, equity in books.items()}
    beta = _from_the_first_fill(move.net_beta)[until]
    at = _places([books["hedged"][until], falls["hedged"], falls["unhedged"], beta])
    return {
        "x": _days(move.sessions[at]),
        "growth": {name: _shown(equity[at] / equity[0]) for name, equity in books.items()},
        "drawdown": {name: _shown(fall[at], 6) for name, fall in falls.items()},
        "beta": {"hedged": _shown(beta[at], 4)},
    }


def _from_the_first_fill(beta: Floats) -> Floats:
    """Return net beta without its first session, before which nothing is held."""
    return np.concatenate(([np.nan], beta[1:]))


def _places(lines: Sequence[Floats]) -> Ints:
    """Return the places of points that lines need together."""
    found: Ints = np.unique(np.concatenate([thinned(line, POINTS) for line in lines]))
    return found


def _days(sessions: Dates) -> list[int]:
    days: list[int] = sessions.astype("datetime64[D]").astype(np.int64).tolist()
    return days


def _shown(values: Floats, digits: int = 5) -> list[float | None]:
    """Return numbers in so many significant digits; None for what isn't one."""
    return [float(f"{value:.{digits}g}") if math.isfinite(value) else None for value in values.tolist()]


def _line_names(move: Move, names: Names) -> dict[str, str]:
    held = "" if move.match is None else f"{share(move.match.share)} {names.part}"
    called = {"hedged": names.hedge.title, "unhedged": "doing nothing", "held": held}
    return {name: typeset(text) for name, text in called.items()}


def _strengths(found: Strengths, move: Move, names: Names) -> dict[str, Any]:
    """Return the same hedge at other strengths: bars of the gap, and what they show."""
    what = found.key.rpartition(".")[2]
    bars = [
        {
            "value": float(value),
            "label": typeset(_strength(what, value)),
            "gap": None if math.isnan(gap) else float(gap),
            "text": typeset(points(gap)),
            "cagr": typeset(percent(cagr)),
        }
        for value, gap, cagr in zip(found.values.tolist(), found.gaps.tolist(), found.cagrs.tolist(), strict=True)
    ]
    own = getattr(move.config.hedge, what)
    return {"key": found.key, "own": own, "what": what, "bars": bars, "finding": typeset(_best(found, what, names))}


def _strength(what: str, value: float) -> str:
    return in_percent(value) if what == "weight" else f"{value:g}"


def _best(found: Strengths, what: str, names: Names) -> str:
    """Return what the strengths show, in a sentence."""
    if np.isnan(found.gaps).all():
        return f"At no {what} can the hedge be compared"
    best = int(np.nanargmax(found.gaps))
    at, gap = _strength(what, float(found.values[best])), points(float(found.gaps[best]))
    above = int(np.count_nonzero(found.gaps > 0.0))
    less = f"holding less {names.part}"
    if not above:
        return f"At no {what} did it grow more than {less}; nearest at {at}, {gap} points"
    some = "every" if above == len(found.gaps) else f"{above} of {len(found.gaps)}"
    many = f"{what}" if above == len(found.gaps) else f"{what}s"
    return f"At {some} {many} it grew more than {less}; most at {at}, {gap} points"


def answer_data(run: Run) -> dict[str, Any]:
    """Return what the page shows when the hand rests: the first screen of the run's report."""
    screen = screen_of(run)
    return {
        "question": screen.question,
        "headline": typeset(screen.headline),
        "lead": _pieces(screen.lead),
        "label": typeset(screen.label),
        "line": typeset(f"{screen.line} {screen.safe}".strip()),
        "about": typeset(screen.about),
        "finding": typeset(screen.finding),
        "steps": [
            {
                "name": step.name,
                "about": typeset(step.about),
                "remark": _pieces(step.remark),
                "value": typeset(step.value),
                "begin": step.begin,
                "end": step.end,
                "role": step.role,
                "exact": typeset(step.exact),
            }
            for step in screen.steps
        ],
        "shorts": [
            {"title": short.title, "number": typeset(short.number), "text": _pieces(short.text)}
            for short in screen.shorts
        ],
        "signal": typeset(screen.signal),
        "notes": [typeset(note) if note in run.notes else note for note in notes_told(run)],  # a command as it is typed
    }


def _pieces(pieces: Sequence[Piece]) -> list[list[str]]:
    return [[typeset(piece.text), piece.role] for piece in pieces]


def kept_data(run: Run, net_beta: Floats | None) -> dict[str, Any]:
    """Return the lines of a kept run, without its net beta where that isn't known, and where it lies."""
    until = slice(0, run.hedged.last + 1)
    equity = run.hedged.equity[until]
    fall = drawdowns(equity)
    beta = np.full(len(equity), np.nan) if net_beta is None else _from_the_first_fill(net_beta)[until]
    at = _places([equity, fall, beta])
    dots = ((run.figures.get("answer") or {}).get("frontier") or {}).get("dots") or []
    hedged = next((Dot(**dot) for dot in dots if dot["name"] == "hedged"), None)
    return {
        "x": _days(run.sessions[at]),
        "growth": _shown(equity[at] / equity[0]),
        "drawdown": _shown(fall[at], 6),
        "beta": _shown(beta[at], 4),
        "dot": None if hedged is None else [hedged.bad_quarter, hedged.cagr],
        "tip": "" if hedged is None else typeset(tip_of(hedged, run.name)),
        "span": [str(run.sessions[0]), str(run.sessions[-1])],
    }

"""What each section of a comparison's page finds: its heading, from the numbers that the section shows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from data.arrays import Floats
from data.format import capital, counted, dollars, number, percent, points
from engine.analytics.answer.decompose import PARTS
from engine.analytics.answer.insurance import CANT_TELL, NOT_PAID, PAID
from engine.hedge_names import joined
from reports.comparison import HELD, SOLD, Comparison
from reports.comparison_rows import BEST, METRIC_ROWS, cells, match_of, monthly
from reports.first_sum import SHORT_MONTHS


def verdicts_finding(found: Comparison) -> str:
    """Return how many runs paid, and what became of the others."""
    labels = Counter(found.answers[run.label].label for run in found.runs)
    if len(found.runs) == 1:
        return f"{found.runs[0].label}: {next(iter(labels))}"
    others = len(found.runs) - sum(labels[label] for label in (PAID, NOT_PAID, CANT_TELL))
    rest = {"{} did not": labels[NOT_PAID], "of {} it can't be told": labels[CANT_TELL], "{} without a verdict": others}
    told = ", ".join(words.format(many) for words, many in rest.items() if many)
    return f"{labels[PAID] or 'None'} of {len(found.runs)} runs paid{f': {told}' if told else ''}"


def frontier_finding(found: Comparison) -> str:
    """Return how many runs grew less than holding less to the same safety."""
    gaps = [match_of(run.run.figures).gap for run in found.runs if run.run.figures["answer"] is not None]
    if len(gaps) == 1:
        return f"{points(gaps[0])} points a year beside holding less to the same safety"
    less = sum(gap < 0.0 for gap in gaps)
    return f"{less or 'None'} of {len(gaps)} runs grew less than holding less to the same safety"


def sum_finding(found: Comparison) -> str:
    """Return which part of the sum is the largest, and in how many runs."""
    answers = [run.run.figures["answer"] for run in found.runs if run.run.figures["answer"] is not None]
    sums = [{name: abs(answer["sum"]["cagr"][name] or 0.0) for name in PARTS} for answer in answers]
    largest = Counter(max(parts, key=lambda name: parts[name]) for parts in sums if any(parts.values()))
    if not largest:
        return "The parts of no run are known"
    name, many = largest.most_common(1)[0]
    title = found.own if name == "fund" else name.capitalize()
    return f"{title} is the largest part{f' in {many} of {len(sums)} runs' if len(sums) > 1 else ''}"


def chart_finding(found: Comparison, key: str, curves: Mapping[str, Sequence[tuple[str, Floats]]]) -> str:
    """Return what a chart shows.

    Parameters
    ----------
    key
        Its key in `reports.comparison_page.CHARTS`.
    curves
        What each chart draws, by name.
    """
    own = [curve for _, curve in curves[key][: len(found.runs)]]
    drawn = [at for at, curve in enumerate(own) if np.isfinite(curve).any()]
    shown = [at for at in drawn if found.competing[at]] or drawn
    return _CHARTS[key](found, [found.runs[at].label for at in shown], [own[at] for at in shown])


def _growth(found: Comparison, labels: Sequence[str], curves: Sequence[Floats]) -> str:
    ends = [float(curve[-1]) for curve in curves]
    best, idle = int(np.argmax(ends)), max(float(run.growth["unhedged"][-1]) for run in found.runs)
    if idle > ends[best]:
        beside = "the run's is" if len(ends) == 1 else f"of the runs {labels[best]} ended highest,"
        return f"A dollar unhedged became {dollars(idle, 2)}; {beside} {dollars(ends[best], 2)}"
    return f"A dollar became most in {labels[best]}: {dollars(ends[best], 2)}"


def _drawdown(_: Comparison, labels: Sequence[str], curves: Sequence[Floats]) -> str:
    falls = [-float(np.nanmin(curve)) for curve in curves]
    if len(falls) == 1:
        return f"{labels[0]} fell by {percent(falls[0])} at most"
    least, most = labels[int(np.argmin(falls))], labels[int(np.argmax(falls))]
    return f"{least} fell least, by {percent(min(falls))}; {most} most, by {percent(max(falls))}"


def _over(what: str) -> Callable[[Comparison, Sequence[str], Sequence[Floats]], str]:
    def finding(_: Comparison, labels: Sequence[str], curves: Sequence[Floats]) -> str:
        ends = [float(curve[np.isfinite(curve)][-1]) for curve in curves]
        above = sum(end > 1.0 for end in ends)
        if len(ends) == 1:
            return f"{labels[0]} ended at {number(ends[0], 2)} times {what}"
        return f"{above or 'None'} of {len(ends)} runs ended above {what}"

    return finding


def _sharpe(_: Comparison, labels: Sequence[str], curves: Sequence[Floats]) -> str:
    rolled = np.array(curves)[:, np.isfinite(curves).all(axis=0)]
    if len(curves) == 1:
        return f"{labels[0]} earned more than cash over {percent(float((rolled > 0.0).mean()), 0)} of the windows"
    first = np.flatnonzero((rolled == rolled.max(axis=0)).sum(axis=0) == 1)  # one alone
    if not len(first):
        return "No run's Sharpe ratio was ahead of the others"
    led = np.bincount(rolled[:, first].argmax(axis=0), minlength=len(curves)) / rolled.shape[1]
    best = int(led.argmax())
    return f"{labels[best]} led most often: the highest Sharpe ratio over {percent(float(led[best]), 0)} of the windows"


def _beta(_: Comparison, labels: Sequence[str], curves: Sequence[Floats]) -> str:
    betas = [float(np.nanmean(curve)) for curve in curves]
    least = int(np.argmin(betas))
    what = (
        "moved least with its unhedged book: its beta was" if len(betas) > 1 else "had a beta to its unhedged book of"
    )
    return f"{labels[least]} {what} {number(betas[least], 2)} on average"


_CHARTS = {
    "growth": _growth,
    "drawdown": _drawdown,
    HELD: _over("holding less"),
    SOLD: _over("selling daily"),
    "sharpe": _sharpe,
    "beta": _beta,
}


def figures_finding(found: Comparison) -> str:
    """Return which run is best in most rows."""
    figures = [run.figures for run in found.runs]
    best: Counter[str] = Counter()
    for row in METRIC_ROWS:
        written = cells(row, [measures.get(row.key) for measures in figures], found.competing)
        best.update(run.label for run, cell in zip(found.runs, written, strict=True) if cell.role == BEST)
    if not best:
        return "No run is better than the others in any figure" if len(figures) > 1 else "Every figure of the run"
    most = max(best.values())
    names = [run.label for run in found.runs if best[run.label] == most]
    return f"{joined(names)} {'is' if len(names) == 1 else 'are'} best in {most} of {len(METRIC_ROWS)} figures"


def hedges_finding(found: Comparison) -> str:
    """Return between which ends lies what the hedges brought."""
    brought = [run.attribution["sleeve"] for run in found.runs if run.attribution]
    if len(brought) == 1:
        return f"The hedge brought {points(brought[0])} points a year"
    return f"What the hedges brought lies between {points(min(brought))} and {points(max(brought))} points a year"


def correlations_finding(found: Comparison) -> str:
    """Return how far the books, and what the hedges added to them, moved together."""
    told = {"The books' days correlate": found.correlations, "what the hedges added": found.correlations_of_hedges}
    return "; ".join(f"{what} {_between(matrix)}" for what, matrix in told.items())


def _between(matrix: Floats) -> str:
    pairs = matrix[np.triu_indices(len(matrix), 1)]
    known = pairs[~np.isnan(pairs)]
    if not len(known):
        return "in no pair that can be told"
    ends = dict.fromkeys(number(end, 2) for end in (float(known.min()), float(known.max())))
    return f"by {' to '.join(ends)}"


def differences_finding(found: Comparison) -> str:
    """Return what the runs don't have in common."""
    keys = list(found.differences)
    if not keys:
        return "Nothing differs"
    return f"{counted(len(keys), 'key')} {'differs' if len(keys) == 1 else 'differ'}{_few(keys)}"


def _few(keys: Sequence[str]) -> str:
    return f": {joined([key.rpartition('.')[2] for key in keys])}" if len(keys) <= 3 else ""


def months_finding(found: Comparison) -> str:
    """Return the best and the worst month of all runs."""
    made: list[tuple[float, str, str]] = [
        (change, f"{SHORT_MONTHS[at]} {year}", run.label)
        for run in found.runs
        for year, row, _ in monthly(found.sessions, run.growth["hedged"])
        for at, change in enumerate(row)
        if change is not None
    ]
    if not made:
        return "There is no month"
    ends: dict[str, Any] = {"best": max(made), "worst": min(made)}
    of = " of {}" if len(found.runs) > 1 else ""
    told = [
        f"{name} month: {when}{of.format(label)}, {percent(change, sign=True)}"
        for name, (change, when, label) in ends.items()
    ]
    return capital("; ".join(told))

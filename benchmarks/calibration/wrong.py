"""The tables of how often a label is wrong, and what they say in words."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.calibration.labels import FUND, TESTS, VERDICT, Nulls, Test, pooled, rates_at_null
from benchmarks.calibration.markdown import NAMED, named, paragraphs, plus_minus, points, table
from benchmarks.calibration.planted import Design
from benchmarks.calibration.rates import Rate, better, mean_of, median_of, worse
from benchmarks.calibration.trial import Trial
from engine.setup import BORROW_FEE

WORDS = """There is nothing to find in any of these markets. ± is one standard error, from the number of markets alone.
**Bold** is a rate above its aim by more than two of the standard errors that the aim itself would have; luck alone
makes one rate in 40 so."""
NOTES = {
    "timing": """In brackets: not at the null. A signal that reads prices sees a crash of weeks coming, so that its
    label is no mistake. Real returns, too, keep whatever is predictable in them within a block.""",
    "fund": f"""The interval is read with the row's median taken off; *as it stands*, without. Not its mean: a market
    in which a book far net short meets a large rise can make most of that. Where nothing costs, the part is 0 but for
    the {100 * BORROW_FEE:g} % a year that whoever sells daily pays while net short, as a trend that is never rebalanced
    often is; where all is as usual, it is fee, spread and the costs of trading as well. A label as it stands is then no
    mistake.""",
    "gap": """The interval of the gap is read with the row's mean taken off; *as it stands*, without. Holding less, all
    the time, has the same growth as random spells only where there is no premium. A signal that reads prices changes
    what a bad quarter is, and a sleeve that nobody rebalances grows in a fall: these have a gap of their own, and a
    label is then no mistake.""",
}


def parts(nulls: Nulls) -> list[str]:
    """Return the section: a heading, a table and words for each test."""
    return [part for test in TESTS for part in (f"### {test.title}", _table(test, nulls), _words(test, nulls))]


def _table(test: Test, nulls: Nulls) -> str:
    names = [label.name for label in test.labels]
    beside = [] if test.each else ["either"]
    raw = [f"{name}, as it stands" for name in names] if test.centre else []
    share = ["as safe"] if test is VERDICT else []
    figure = [f"{'gap' if test is VERDICT else 'its part'}, points a year", *(["median"] if test is FUND else [])]
    head = (*NAMED, "markets", *share, *figure, *names, *beside, *raw)
    return table(head, [_row(test, design, trials) for design, trials in nulls.items()], left=3)


def _row(test: Test, design: Design, trials: Sequence[Trial]) -> tuple[str, ...]:
    rates = test.wrong(trials)
    cells = [_cell(rate, test.aim) for rate in rates] if test.each else [plus_minus(rate) for rate in rates]
    cells += [] if test.each else [_cell(rate, test.aim) for rate in test.aimed(trials)]
    if not test.at_null(design):
        cells = [f"({cell.strip('*')})" for cell in cells]
    raw = [plus_minus(label.rate(trials, 0.0)) for label in test.labels] if test.centre else []
    share = [f"{100 * mean_of(trials, 'share').value:.0f} %"] if test is VERDICT else []
    figure = [points(mean_of(trials, test.figure), 3 if test is FUND else 2)]
    figure += [f"{100 * median_of(trials, test.figure):+.3f}"] if test is FUND else []
    return (*named(design), str(len(trials)), *share, *figure, *cells, *raw)


def _cell(rate: Rate, aim: float) -> str:
    return f"**{plus_minus(rate)}**" if rate.above(aim) else plus_minus(rate)


def _words(test: Test, nulls: Nulls) -> str:
    rates = rates_at_null(test, nulls)
    if not rates:
        return ""
    said = []
    for place, (name, whole) in enumerate(zip(test.aimed_names, pooled(rates), strict=True)):
        over = [", ".join(named(design)) for design, row in rates.items() if row[place].above(test.aim)]
        held = f"In {len(over)} of {len(rates)} rows it is above: {'; '.join(over)}." if over else "No row is above it."
        said.append(f"{name}: {plus_minus(whole)} over all rows; the aim is at most {100 * test.aim:.0f} %. {held}")
    return paragraphs(*said, NOTES[test.figure], *([_lump(nulls)] if test is FUND else []))


def _lump(nulls: Nulls) -> str:
    """Return what the rates would be around the mean in the row whose mean is furthest from its median."""
    apart = {design: abs(mean_of(trials, "fund").value - median_of(trials, "fund")) for design, trials in nulls.items()}
    design = max(apart, key=lambda key: apart[key])
    trials, middle = nulls[design], mean_of(nulls[design], "fund").value
    largest = max(trials, key=lambda one: abs(one.fund))
    either = Rate(better(trials, -middle).hits + worse(trials, -middle).hits, len(trials))
    return f"""Mean and median are furthest apart for {", ".join(named(design))}, where one market alone has
    {100 * largest.fund:+.2f} points a year; read around the mean, a label comes out there in {plus_minus(either)}."""

"""The tables of how often a label is wrong, and what they say in words."""

from __future__ import annotations

from collections.abc import Sequence

from benchmarks.calibration.labels import FUND, TESTS, VERDICT, Nulls, Test, pooled, rates_at_null
from benchmarks.calibration.markdown import NAMED, named, paragraphs, plus_minus, points, table
from benchmarks.calibration.planted import Design
from benchmarks.calibration.rates import Rate, mean_of
from benchmarks.calibration.trial import Trial

WORDS = """There is nothing to find in any of these markets. ± is one standard error, from the number of markets alone.
**Bold** is a rate above its aim by more than two of the standard errors that the aim itself would have; luck alone
makes one rate in 40 so."""
NOTES = {
    "timing": """In brackets: not at the null. A signal that reads prices sees a crash of weeks coming, so that its
    label is no mistake. Real returns, too, keep whatever is predictable in them within a block.""",
    "fund": """The interval is read with the row's mean taken off. Where nothing costs, that mean is what fills at noisy
    prices and a sleeve that moves through the day come to; where all is as usual, it is fee, spread and the costs of
    trading as well.""",
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
    raw = [f"{name}, as it stands" for name in names] if test is VERDICT else []
    share = ["as safe"] if test is VERDICT else []
    figure = f"{'gap' if test is VERDICT else 'its part'}, points a year"
    head = (*NAMED, "markets", *share, figure, *names, *beside, *raw)
    return table(head, [_row(test, design, trials) for design, trials in nulls.items()], left=3)


def _row(test: Test, design: Design, trials: Sequence[Trial]) -> tuple[str, ...]:
    rates = test.wrong(trials)
    cells = [_cell(rate, test.aim) for rate in rates] if test.each else [plus_minus(rate) for rate in rates]
    cells += [] if test.each else [_cell(rate, test.aim) for rate in test.aimed(trials)]
    if not test.at_null(design):
        cells = [f"({cell.strip('*')})" for cell in cells]
    raw = [plus_minus(label.rate(trials, 0.0)) for label in test.labels] if test is VERDICT else []
    share = [f"{100 * mean_of(trials, 'share').value:.0f} %"] if test is VERDICT else []
    figure = points(mean_of(trials, test.figure), 3 if test is FUND else 2)
    return (*named(design), str(len(trials)), *share, figure, *cells, *raw)


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
    return paragraphs(*said, NOTES[test.figure])

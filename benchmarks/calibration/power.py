"""The tables of what is found of what is planted."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from benchmarks.calibration import plan
from benchmarks.calibration.labels import FUND, TIMING, VERDICT, Found, Test
from benchmarks.calibration.markdown import NAMED, named, paragraphs, percent, points, table
from benchmarks.calibration.plan import Row
from benchmarks.calibration.planted import Design
from benchmarks.calibration.rates import POWER, Rate, found_at, mean, mean_of
from benchmarks.calibration.trial import FEW, NO_VERDICT, Trial

HEAD = (*NAMED, "years", "markets")
LAST = f"found in {100 * POWER:.0f} %"
WORDS = f"""Shares of markets in which the label comes out, by what is planted. The last columns are the sizes that are
found in {100 * POWER:.0f} % of markets, by straight lines between those tried; a dash where none was."""
TIMING_WORDS = """The drift is lower while the signal is on, and higher while it is off, so that its timing is worth
about so much log growth a year; *measured* is what the largest added to the markets' own in the mean. The label is
*helped*."""
FUND_WORDS = "The fund returns so much less (-) or more (+) than its model. The label is *worse*, or *better*."
GAP_WORDS = """The interval of the markets without a gap (their mean taken off) is moved by so much: the
same markets in every column. The label is *did not pay*, or *paid*."""


def parts(found: Found) -> list[str]:
    """Return the section: a heading, words and a table for each thing that is planted."""
    return [
        *("### Timing worth so many points a year", paragraphs(TIMING_WORDS), _timing_table(found)),
        *("### A fund dearer or cheaper by so much of the sleeve a year", paragraphs(FUND_WORDS), _fund_table(found)),
        *("### A gap to holding less of so many points a year", paragraphs(GAP_WORDS), _gap_table(found)),
    ]


def shares_of(test: Test, found: Found, design: Design, sizes: Sequence[float]) -> list[float] | None:
    """Return how often a test's label comes out for each size: the worse one below 0. None where it wasn't tried."""
    if test is VERDICT:
        trials = found.get(Row(design, FEW))
        return None if trials is None else [_found_gap(trials, size) for size in sizes]
    made = plan.with_timing if test is TIMING else plan.with_fund
    tried = [found.get(Row(made(design, size), NO_VERDICT)) for size in sizes]
    found_ones = [_rate(test, size)(one, 0.0).share for size, one in zip(sizes, tried, strict=True) if one]
    return found_ones if len(found_ones) == len(sizes) else None


def least(sizes: Sequence[float], shares: Sequence[float]) -> str:
    """Write the size that is found, in points; a dash for none. Sizes all above 0, or all below and increasing."""
    if sizes[0] < 0.0:
        written = least([-size for size in sizes][::-1], shares[::-1])
        return written if written == "-" else f"-{written}"
    size = found_at(sizes, shares)
    return "-" if size is None else f"{100 * size:.1f}"


def _rate(test: Test, size: float) -> Callable[[Sequence[Trial], float], Rate]:
    return test.labels[int(size < 0.0)].rate


def _found_gap(trials: Sequence[Trial], size: float) -> float:
    return _rate(VERDICT, size)(trials, size - mean_of(trials, "gap").value).share


def _timing_table(found: Found) -> str:
    rows = []
    for design in plan.PLANTED_IN:
        shares = shares_of(TIMING, found, design, plan.TIMING)
        if shares and Row(design, FEW) in found:
            trials, without = found[Row(plan.with_timing(design, plan.TIMING[-1]), NO_VERDICT)], found[Row(design, FEW)]
            measured = points(mean([one.timing - two.timing for one, two in zip(trials, without, strict=False)]), 1)
            rows.append((*_row(design, trials, shares), least(plan.TIMING, shares), measured))
    return table((*HEAD, *(f"{100 * size:.0f}" for size in plan.TIMING), LAST, "measured"), rows, left=3)


def _fund_table(found: Found) -> str:
    return _two_sided(FUND, found, plan.PLANTED_IN, plan.both_sides(plan.FUND))


def _gap_table(found: Found) -> str:
    return _two_sided(VERDICT, found, plan.GAP_IN, plan.both_sides(plan.GAP))


def _two_sided(test: Test, found: Found, designs: Sequence[Design], sizes: Sequence[float]) -> str:
    rows, half = [], len(sizes) // 2
    for design in designs:
        if shares := shares_of(test, found, design, sizes):
            one = design if test is VERDICT else plan.with_fund(design, sizes[0])
            trials = found[Row(one, FEW if test is VERDICT else NO_VERDICT)]
            ends = (least(sizes[:half], shares[:half]), least(sizes[half:], shares[half:]))
            rows.append((*_row(design, trials, shares), *ends))
    head = (*HEAD, *(f"{100 * size:+.0f}" for size in sizes), f"{LAST}, below", "above")
    return table(head, rows, left=3)


def _row(design: Design, trials: Sequence[Trial], shares: Sequence[float]) -> tuple[str, ...]:
    return (*named(design), str(design.years), str(len(trials)), *map(percent, shares))

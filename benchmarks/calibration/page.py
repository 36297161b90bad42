"""The page of the calibration, docs/calibration.md, made from trials alone: no figure on it is written by hand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from benchmarks.calibration import plan, power, wrong
from benchmarks.calibration.labels import (
    FUND,
    TESTS,
    TIMING,
    VERDICT,
    Found,
    Nulls,
    Test,
    nulls_of,
    pooled,
    rates_at_null,
)
from benchmarks.calibration.markdown import items, paragraphs, percent, plus_minus, table
from benchmarks.calibration.plan import Row
from benchmarks.calibration.planted import CASH_YIELD, FLOOR, OFF, ON, TREND_DAYS, VOLATILITY_DAYS, WEIGHT, Design
from benchmarks.calibration.rates import POWER, two_sided
from benchmarks.calibration.returns import BLOCK, CRASH, CRASH_SESSIONS, CRASH_YEARS
from benchmarks.calibration.trial import FEW, FULL, NO_VERDICT, Effort, Trial
from data.demo_market import PREMIUM, SECTOR_GROWTH
from data.fund import FEE, SPREAD
from data.simulate import LONG_RUN_SD
from engine.analytics.answer.insurance import CANT_TELL
from engine.analytics.answer.timing import NO_SIGN

AGAIN = """`make calibrate` takes under 90 minutes on two quiet cores; `make calibrate DATA=DIR` draws the real returns
from a folder of history. Every few markets that are finished are kept, so that a run that was killed goes on where it
was, and the page is the same, byte for byte, for any number of processes and however often it was killed.
`ARGS="--markets 20"` is a glance; `ARGS="--finished"` writes the page of what is finished."""


@dataclass(frozen=True)
class Origin:
    """Where a page comes from.

    Parameters
    ----------
    code
        A hash of the code that judged.
    history
        What real returns were drawn from; empty where there were none.
    lacking
        Why there were none.
    rows
        How many markets each row was to have.
    """

    code: str
    history: str
    lacking: str
    rows: Mapping[Row, int]


def page(found: Found, origin: Origin) -> str:
    """Return the page of what is finished."""
    nulls = nulls_of(found)
    parts = [
        "# Calibration: how often the answer is wrong, and what it can find",
        _head(found, origin),
        "## In short",
        *(_short(test, nulls, found) for test in TESTS),
        "## How it is measured",
        *_measured(origin),
        "## How often a label is wrong",
        paragraphs(wrong.WORDS),
        *wrong.parts(nulls),
        "## What is found",
        paragraphs(power.WORDS),
        *power.parts(found),
        "## Few draws against full",
        *_agreement(found),
        "## Again",
        paragraphs(AGAIN),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _head(found: Found, origin: Origin) -> str:
    reached, wanted = sum(map(len, found.values())), sum(origin.rows.values())
    few, planted = (_most(found, effort) for effort in (FEW, NO_VERDICT))
    said = f"""SIMULATED markets throughout: they say how the answer behaves and nothing about SOXS. Written by `make
    calibrate`, by code {origin.code}."""
    if few < plan.MARKETS or planted < plan.POWER_MARKETS:
        said += f""" **Made with fewer markets than `make calibrate` takes unless told** ({plan.MARKETS} a row with
        nothing to find, {plan.POWER_MARKETS} with something planted): read the ±."""
    if reached < wanted:
        said += f" It was stopped at {reached:,} of {wanted:,} markets."
    why = f"""A label that is given too easily is worth nothing, and neither is one that is never given. So the answer
    is tried where the truth is known: on up to {few} markets a row in which there is nothing to find, and on
    {planted} a row in which something is planted."""
    return paragraphs(said, why)


def _most(found: Found, effort: Effort) -> int:
    return max((len(trials) for row, trials in found.items() if row.effort == effort), default=0)


def _short(test: Test, nulls: Nulls, found: Found) -> str:
    """Return what a test comes to, in a paragraph."""
    rates = rates_at_null(test, nulls)
    if not rates:
        return ""
    often = ", ".join(
        f"{name} in {plus_minus(rate)}" for name, rate in zip(test.aimed_names, pooled(rates), strict=True)
    )
    over = sum(any(rate.above(test.aim) for rate in row) for row in rates.values())
    held = f"it is more in {over} of {len(rates)} rows" if over else "no row is above it"
    aim = f"at most {100 * test.aim:.0f} %{' each' if test.each else ''}"
    said = f"**{test.title}.** Where there is nothing to find it says {often}; the aim is {aim}, and {held}."
    return paragraphs(f"{said} {_finds(test, found)}")


def _finds(test: Test, found: Found) -> str:
    """Return what a test can see: the sizes found by the years there are, and how often a likely one is."""
    sizes, likely, wanted, else_it = {
        TIMING: (plan.TIMING, 0.04, "timing has to be worth {} points a year", NO_SIGN),
        FUND: (plan.FUND, 0.02, "the fund has to bring {} % of the sleeve a year more than its model", CANT_TELL),
        VERDICT: (plan.GAP, 0.04, "the gap has to be {} points a year", CANT_TELL),
    }[test]
    years = ", ".join(map(str, plan.YEARS))
    calm, restless = (_sizes(test, found, *of, sizes) for of in (("independent", "random"), ("clustered", "trend")))
    words = f"""To be found in {100 * POWER:.0f} % of markets in {years} years, {wanted.format(calm)} (random spells,
    independent returns) or {restless} (a trend, clustered ones)."""
    if chance := power.shares_of(test, found, Design(), (likely,)):
        words += f" With {100 * likely:.0f}, {percent(chance[0])} of markets of 16 years get the label"
        words += "." if chance[0] >= POWER else f"; in the others *{else_it}* proves nothing."
    return words


def _sizes(test: Test, found: Found, returns: str, signal: str, sizes: Sequence[float]) -> str:
    """Return the sizes found in each number of years."""
    found_sizes = []
    for years in plan.YEARS:
        shares = power.shares_of(test, found, Design(returns, signal, years=years), sizes)
        size = "?" if shares is None else power.least(sizes, shares)
        found_sizes.append(f"more than {100 * sizes[-1]:.0f}" if size == "-" else size)
    return ", ".join(found_sizes)


def _measured(origin: Origin) -> list[str]:
    """Return what the markets, the hedge and the signals are."""
    real = f"""blocks of real sessions, {BLOCK} in the mean, that start anywhere ({origin.history}); signals read what
    they make when joined"""
    volatility, floor = 100 * LONG_RUN_SD * 252**0.5, 100 * FLOOR
    returns = (
        "*independent*: nights and days from a t-distribution;",
        "*clustered*: volatility comes in spells, and falls raise it (Glosten, Jagannathan and Runkle);",
        f"*real, in blocks*: {real if origin.history else f'left out, for want of real history: {origin.lacking}'};",
        f"""*rare crashes*: independent, and one in {CRASH_YEARS} years a fall of {-100 * CRASH:.0f} % in
        {CRASH_SESSIONS} sessions, which one time in two comes back in as many.""",
    )
    market = f"""Each market has 16 years of 252 sessions, unless a table says otherwise. Simulated volatility is
    {volatility:.0f} % a year, and bills bring {100 * CASH_YIELD:.0f} %. The underlying's returns are one of four
    kinds:"""
    free = f"""The mean return is that of bills: there is no premium. The fund is -3x without fee or spread,
    its prices off their value by {1e4 * PREMIUM:.0f} basis points at each open and close, and trading costs nothing.
    *As usual*: the underlying grows by {100 * SECTOR_GROWTH:.0f} % a year in logs, the fund takes {100 * FEE:.2f} %
    and a spread of {100 * SPREAD:.0f} % on each of three dollars, and trading costs 1 + 2 basis points."""
    hedge = f"""The hedge is {100 * WEIGHT:.0f} % of the book, bought at the next open. *Random spells* are on for
    {ON} and off for {OFF} sessions in the mean, whatever the market does; *trend* is on below the
    {TREND_DAYS}-session average; *volatility* is on while that of {VOLATILITY_DAYS} sessions is above {floor:.0f} % a
    year."""
    return [paragraphs(market), items(returns), paragraphs(free, hedge)]


def _agreement(found: Found) -> list[str]:
    """Return how the full rules label the same markets."""
    pairs = [
        pair
        for design in plan.AGREE_IN
        for pair in zip(found.get(Row(design, FEW), ()), found.get(Row(design, FULL), ()), strict=False)
    ]
    if not pairs:
        return ["Not measured."]
    tried = f"""{len(pairs)} markets of {len(plan.AGREE_IN)} kinds, some with something planted, were judged by the full
    rules too: {_work(FULL)}, instead of {_work(FEW)}."""
    after = """*apart* is the mean distance of the two-sided p, and of the ends of the intervals in points a year. Few
    draws put the ends of a 98 % interval a little further in, so that the rates above are a little too high rather
    than too low."""
    rows = [_agreement_row(test, pairs) for test in TESTS]
    head = ("test", "the same label", "labelled by the full rules", "by few draws", "apart")
    return [paragraphs(tried), table(head, rows), paragraphs(after)]


def _work(effort: Effort) -> str:
    shifts = f"{effort.shifts} even shifts" if effort.shifts else "all shifts"
    return f"{shifts}, {effort.fund_draws:,} draws for the fund and {effort.insurance_draws:,} for the verdict"


def _agreement_row(test: Test, pairs: Sequence[tuple[Trial, Trial]]) -> tuple[str, ...]:
    labels = [(test.label(few), test.label(full)) for few, full in pairs]
    same, given = sum(few == full for few, full in labels), [sum(map(bool, side)) for side in zip(*labels, strict=True)]
    if test is TIMING:
        apart = f"{sum(abs(two_sided(few) - two_sided(full)) for few, full in pairs) / len(pairs):.3f}"
    else:
        ends = ("low", "high") if test is VERDICT else ("fund_low", "fund_high")
        off = [abs(getattr(few, end) - getattr(full, end)) for few, full in pairs for end in ends]
        apart = f"{100 * sum(off) / len(off):.3f}"
    return test.title, f"{same} of {len(pairs)}", str(given[1]), str(given[0]), apart

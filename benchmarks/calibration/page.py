"""The page of the calibration, docs/calibration.md: its tables, and what they say in words."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import NamedTuple

from benchmarks.calibration import plan
from benchmarks.calibration.plan import Row
from benchmarks.calibration.planted import CASH_YIELD, FLOOR, OFF, ON, TREND_DAYS, VOLATILITY_DAYS, WEIGHT, Design
from benchmarks.calibration.rates import (
    POWER,
    Mean,
    Rate,
    better,
    found_at,
    helped,
    hurt,
    mean_of,
    not_paid,
    paid,
    worse,
)
from benchmarks.calibration.returns import BLOCK, CRASH, CRASH_SESSIONS, CRASH_YEARS, REAL
from benchmarks.calibration.trial import FEW, FULL, NO_VERDICT, Trial
from data.demo_market import PREMIUM, SECTOR_GROWTH
from data.fund import FEE, SPREAD
from data.simulate import LONG_RUN_SD

Found = Mapping[Row, Sequence[Trial]]
Labelled = Callable[[Sequence[Trial], float], Rate]
AIM, AIM_A_SIDE = 0.05, 0.02
"""At most so often wrong: timing and fund, both sides together; the verdict, a side."""
RETURNS = {"independent": "independent", "clustered": "clustered", REAL: "real, in blocks", "crashes": "rare crashes"}
SIGNALS = {"random": "random spells", "trend": "trend", "volatility": "volatility"}


class Made(NamedTuple):
    """How a page was made.

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


class Side(NamedTuple):
    """One label of a test: its name, and how often it comes out of trials whose interval is moved by so much."""

    name: str
    rate: Labelled


class Test(NamedTuple):
    """A test of the answer.

    Parameters
    ----------
    title
        Its name.
    figure
        What of a `Trial` it is about.
    sides
        Its two labels.
    aim, a_side
        At most so often wrong, and whether that is meant a side or of both together.
    centred
        Whether its null holds once the row's mean is taken off, rather than by how the market is made.
    """

    title: str
    figure: str
    sides: tuple[Side, Side]
    aim: float
    a_side: bool
    centred: bool

    def knows(self, design: Design) -> bool:
        """Return whether a design isn't at the test's null: in a crash that takes weeks, a signal of prices knows."""
        return self is TIMING and design.returns == "crashes" and design.signal != "random"


TIMING = Test(
    "Timing",
    "timing",
    (Side("helped", lambda trials, _moved: helped(trials)), Side("hurt", lambda trials, _moved: hurt(trials))),
    AIM,
    a_side=False,
    centred=False,
)
FUND = Test("Fund", "fund", (Side("better", better), Side("worse", worse)), AIM, a_side=False, centred=True)
VERDICT = Test("Verdict", "gap", (Side("paid", paid), Side("did not pay", not_paid)), AIM_A_SIDE, True, True)  # noqa: FBT003
TESTS = (TIMING, FUND, VERDICT)


def page(found: Found, made: Made) -> str:
    """Return the page.

    Parameters
    ----------
    found
        Trials of each row that has any.
    made
        How it was made.
    """
    nulls = {row.design: trials for row, trials in found.items() if row.effort == FEW and _nothing(row.design)}
    parts = [
        "# Calibration: how often the answer is wrong, and what it can find",
        _head(found, made),
        "## In short",
        *(_short(test, nulls, found) for test in TESTS),
        "## How it is measured",
        *_measured(made),
        "## How often a label is wrong",
        _paragraphs(WRONG),
        *(
            part
            for test in TESTS
            for part in (f"### {test.title}", _wrong_table(test, nulls), _wrong_words(test, nulls))
        ),
        "## What is found",
        _paragraphs(FINDING),
        *(part for title, about, table in _powers(found) for part in (f"### {title}", _paragraphs((about,)), table)),
        "## Few draws against full",
        *_agreement(found),
        "## Again",
        _paragraphs(AGAIN),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _nothing(design: Design) -> bool:
    return design.timing == design.fund == 0.0


def _null_rows(nulls: Mapping[Design, Sequence[Trial]]) -> dict[Design, Sequence[Trial]]:
    """Return the rows of the tables of wrong labels: 16 years each."""
    return {design: nulls[design] for design in (*plan.NULLS, *plan.USUAL) if design in nulls}


# How often a label is wrong


WRONG = (
    """Nothing is to be found in any of these markets. ± is one standard error, from the number of markets alone.
    **Bold** where a rate is above its aim by more than two of the standard errors that the aim itself would have:
    chance makes one row in 40 so.""",
)


def _rates(test: Test, trials: Sequence[Trial]) -> tuple[Rate, Rate]:
    """Return how often each side comes out at the test's null."""
    moved = -mean_of(trials, test.figure).value if test.centred else 0.0
    first, second = (side.rate(trials, moved) for side in test.sides)
    return first, second


def _wrong_table(test: Test, nulls: Mapping[Design, Sequence[Trial]]) -> str:
    sides = [side.name for side in test.sides]
    raw = [f"{name}, as it stands" for name in sides] if test is VERDICT else []
    head = (
        "returns",
        "signal",
        "rebalanced",
        "markets",
        _figure_head(test),
        *sides,
        *([] if test.a_side else ["both"]),
        *raw,
    )
    rows = [_wrong_row(test, design, trials) for design, trials in _null_rows(nulls).items()]
    return _table(head, rows, left=3)


def _figure_head(test: Test) -> str:
    return {"timing": "its part", "fund": "its part", "gap": "gap"}[test.figure] + ", points a year"


def _wrong_row(test: Test, design: Design, trials: Sequence[Trial]) -> tuple[str, ...]:
    first, second = _rates(test, trials)
    told = [first, second] if test.a_side else [first, second, _both(first, second)]
    aims = [test.aim] * 2 if test.a_side else [1.0, 1.0, test.aim]
    cells = [_wrong_cell(rate, 1.0 if test.knows(design) else aim) for rate, aim in zip(told, aims, strict=True)]
    cells = [f"({cell})" if test.knows(design) else cell for cell in cells]
    raw = [_plus_minus(side.rate(trials, 0.0)) for side in test.sides] if test is VERDICT else []
    places = 3 if test is FUND else 2
    return (*_named(design), str(len(trials)), _points(mean_of(trials, test.figure), places), *cells, *raw)


def _wrong_cell(rate: Rate, aim: float) -> str:
    return f"**{_plus_minus(rate)}**" if rate.above(aim) else _plus_minus(rate)


def _both(first: Rate, second: Rate) -> Rate:
    """Return how often one label or the other comes out; never both do."""
    return Rate(first.hits + second.hits, first.markets)


def _at_null(test: Test, nulls: Mapping[Design, Sequence[Trial]]) -> dict[Design, tuple[Rate, ...]]:
    """Return the rates that have an aim, of each row at the test's null."""
    rows = {design: trials for design, trials in _null_rows(nulls).items() if not test.knows(design)}
    rates = {design: _rates(test, trials) for design, trials in rows.items()}
    return rates if test.a_side else {design: (_both(*pair),) for design, pair in rates.items()}


def _wrong_words(test: Test, nulls: Mapping[Design, Sequence[Trial]]) -> str:
    names = [side.name for side in test.sides] if test.a_side else [" or ".join(side.name for side in test.sides)]
    at_null, said = _at_null(test, nulls), []
    for place, name in enumerate(names):
        over = [", ".join(_named(design)) for design, rates in at_null.items() if rates[place].above(test.aim)]
        whole = sum((rates[place] for rates in at_null.values()), Rate(0, 0))
        held = (
            f"In {len(over)} of {len(at_null)} rows it is too often: {'; '.join(over)}."
            if over
            else "No row is above it."
        )
        said.append(f"*{name}*: {_plus_minus(whole)} over all rows; the aim is at most {100 * test.aim:.0f} %. {held}")
    return _paragraphs((*said, NOTES[test.figure]))


NOTES = {
    "timing": """In brackets: not at the null. A crash that takes weeks is seen coming by a signal that reads prices, so
    that a label there is no mistake. Real blocks keep what predictability history has within them.""",
    "fund": """The interval is read with the row's mean taken off it. Where nothing costs, that mean is what trading at
    noisy prices and holding the sleeve through the day come to; where the market is as usual, fee and spread too.""",
    "gap": """The gap's interval is read with the row's mean taken off it; *as it stands* it isn't. A trend that is on
    in some of the worst quarters, or a sleeve that grows in a fall, has a gap of its own in a market without a premium,
    and a random-timed hedge has one where there is a premium: a label is then no mistake.""",
}


# What is found


FINDING = (
    f"""Shares of markets in which the label comes out, by what is planted. The last column is the size that is found in
    {100 * POWER:.0f} %, by straight lines between those tried; a dash where none was.""",
)


def _powers(found: Found) -> list[tuple[str, str, str]]:
    """Return title, words and table of each thing that is planted."""
    timing, fund = plan.TIMING, plan.both_sides(plan.FUND)
    return [
        (
            "Timing worth so many points a year",
            """*helped*, where the drift is lower while the signal is on, and higher while it is off, so that its timing
            is worth about so much log growth a year; *measured* is what the largest came to in the mean.""",
            _timing_table(found, timing),
        ),
        (
            "A fund dearer or cheaper by so much of the sleeve a year",
            "*worse* where it is dearer (-), *better* where it is cheaper (+).",
            _fund_table(found, fund),
        ),
        (
            "A gap of so many points a year to holding less",
            """*did not pay* below 0, *paid* above: the row's interval without a gap (its mean taken off), moved by so
            much, so that it is the same markets in every column.""",
            _gap_table(found, plan.both_sides(plan.GAP)),
        ),
    ]


def _timing_table(found: Found, sizes: Sequence[float]) -> str:
    rows = []
    for design in plan.PLANTED_IN:
        trials = [found.get(Row(replace(design, timing=size), NO_VERDICT)) for size in sizes]
        if all(trials):
            shares = [helped(one).share for one in trials if one]
            measured = _points(mean_of(trials[-1] or (), "timing"), 1)
            rows.append((*_named_years(design), *map(_percent, shares), _size_found(sizes, shares), measured))
    head = (*NAMED_YEARS, *(f"{100 * size:.0f}" for size in sizes), f"found in {100 * POWER:.0f} %", "measured")
    return _table(head, rows, left=4)


def _fund_table(found: Found, sizes: Sequence[float]) -> str:
    rows = []
    for design in plan.PLANTED_IN:
        trials = [found.get(Row(replace(design, fund=size), NO_VERDICT)) for size in sizes]
        if all(trials):
            shares = [
                (worse if size < 0.0 else better)(one, 0.0).share
                for size, one in zip(sizes, trials, strict=True)
                if one
            ]
            rows.append((*_named_years(design), *map(_percent, shares), _sizes_found(sizes, shares)))
    head = (*NAMED_YEARS, *(f"{100 * size:+.0f} %" for size in sizes), f"found in {100 * POWER:.0f} %")
    return _table(head, rows, left=4)


def _gap_table(found: Found, sizes: Sequence[float]) -> str:
    rows = []
    for design in plan.GAP_IN:
        if trials := found.get(Row(design, FEW)):
            shares = _gap_shares(trials, sizes)
            rows.append((*_named_years(design), *map(_percent, shares), _sizes_found(sizes, shares)))
    head = (*NAMED_YEARS, *(f"{100 * size:+.0f}" for size in sizes), f"found in {100 * POWER:.0f} %")
    return _table(head, rows, left=4)


def _gap_shares(trials: Sequence[Trial], sizes: Sequence[float]) -> list[float]:
    middle = mean_of(trials, "gap").value
    return [(not_paid if size < 0.0 else paid)(trials, size - middle).share for size in sizes]


def _size_found(sizes: Sequence[float], shares: Sequence[float]) -> str:
    size = found_at(sizes, shares)
    return "-" if size is None else f"{100 * size:.1f}"


def _sizes_found(sizes: Sequence[float], shares: Sequence[float]) -> str:
    """Return the sizes found below 0 and above."""
    half = len(sizes) // 2
    below = _size_found([-size for size in sizes[:half]][::-1], shares[:half][::-1])
    above = _size_found(sizes[half:], shares[half:])
    return f"{below if below == '-' else f'-{below}'} / {above if above == '-' else f'+{above}'}"


# In short


def _short(test: Test, nulls: Mapping[Design, Sequence[Trial]], found: Found) -> str:
    at_null = _at_null(test, nulls)
    if not at_null:
        return ""
    sums = [sum((rates[k] for rates in at_null.values()), Rate(0, 0)) for k in range(2 if test.a_side else 1)]
    over = sum(any(rate.above(test.aim) for rate in rates) for rates in at_null.values())
    if test.a_side:
        often = " and ".join(
            f"*{side.name}* in {_plus_minus(rate)}" for side, rate in zip(test.sides, sums, strict=True)
        )
    else:
        often = f"*{test.sides[0].name}* or *{test.sides[1].name}* in {_plus_minus(sums[0])}"
    kept = "every row holds it" if not over else f"{over} of {len(at_null)} rows are above it"
    aim = f"at most {100 * test.aim:.0f} %{' a side' if test.a_side else ''}"
    return _paragraphs(
        (
            f"**{test.title}.** Where there is nothing to find: {often}; the aim is {aim}, and {kept}. {_finds(test, found)}",
        )
    )


def _finds(test: Test, found: Found) -> str:
    """Return what a test finds in random spells and independent returns, by the years it has."""
    said = []
    for years in plan.YEARS:
        design = Design(years=years)
        if test is VERDICT:
            trials = found.get(Row(design, FEW))
            sizes, shares = plan.GAP, _gap_shares(trials, plan.GAP) if trials else []
        else:
            sizes = plan.TIMING if test is TIMING else plan.FUND
            rows = [found.get(Row(replace(design, **{test.figure: size}), NO_VERDICT)) for size in sizes]
            shares = [test.sides[0].rate(one, 0.0).share for one in rows if one]
        if len(shares) == len(sizes):
            size = found_at(sizes, shares)
            least = f"more than {100 * sizes[-1]:.0f}" if size is None else f"{100 * size:.1f}"
            said.append(f"{least} in {years} years")
    unit = {"timing": "points a year", "fund": "% of the sleeve a year", "gap": "points of gap"}[test.figure]
    return f"What it finds in {100 * POWER:.0f} % of markets, {unit}: {', '.join(said)}." if said else ""


# How it is measured


def _head(found: Found, made: Made) -> str:
    reached = sum(map(len, found.values()))
    wanted = sum(made.rows.values())
    part = (
        "" if reached == wanted else f" **This page is of {reached:,} markets of the {wanted:,} that were asked for.**"
    )
    few, many = _least_most(found, FEW), _least_most(found, NO_VERDICT)
    fewer = ""
    if not few or few[1] < plan.MARKETS:
        fewer = f""" **It was made with fewer markets than `make calibrate` takes by itself** ({plan.MARKETS} a row without
        anything planted, {plan.POWER_MARKETS} with): read the ±."""
    return _paragraphs(
        (
            f"""SIMULATED markets throughout: they say how the answer behaves and nothing about SOXS. Written by `make
            calibrate`, by code {made.code}.{part}{fewer}""",
            f"""A label that is given too easily is worth nothing, and so is one that is never given. So the answer is
            tried where the truth is known: {few[1] if few else 0} markets a row in which there is nothing to find, and
            {many[1] if many else 0} a row in which something is planted.""",
        )
    )


def _least_most(found: Found, effort: object) -> tuple[int, int] | None:
    counts = [len(trials) for row, trials in found.items() if row.effort == effort]
    return (min(counts), max(counts)) if counts else None


def _measured(made: Made) -> list[str]:
    real = f"""blocks of real sessions, {BLOCK} in the mean, start anywhere and are joined ({made.history}); signals read
    the joined prices"""
    lacking = f"left out, for want of real history: {made.lacking}"
    return [
        _paragraphs(
            (
                f"""Each market has 16 years of 252 sessions, where nothing else is said. The underlying's volatility is
                {100 * LONG_RUN_SD * 252**0.5:.0f} % a year; bills bring {100 * CASH_YIELD:.0f} %. Its returns are:""",
            )
        ),
        _items(
            (
                "*independent*: nights and days from a t-distribution;",
                "*clustered*: volatility comes in spells, and falls raise it (Glosten, Jagannathan and Runkle);",
                f"*real, in blocks*: {real if made.history else lacking};",
                f"""*rare crashes*: independent, and one in {CRASH_YEARS} years a fall of {-100 * CRASH:.0f} % in
                {CRASH_SESSIONS} sessions, which in one of two comes back in as many.""",
            )
        ),
        _paragraphs(
            (
                f"""There is no premium: the mean return is that of bills. The fund is -3x without fee or spread, its
                prices off their value by {1e4 * PREMIUM:.0f} basis points at each open and close, and trading costs
                nothing. So every part of the answer is 0 for random spells, but for luck. *As usual* the underlying
                grows by {100 * SECTOR_GROWTH:.0f} % a year in logs, the fund takes {100 * FEE:.2f} % and a spread of
                {100 * SPREAD:.0f} % on each of three dollars, and trading costs 1 + 2 basis points.""",
                f"""The hedge is {100 * WEIGHT:.0f} % of the book, bought at the next open. *Random spells* are on for
                {ON} and off for {OFF} sessions in the mean, whatever the market does; *trend* is on below the
                {TREND_DAYS}-session average; *volatility* is on while that of {VOLATILITY_DAYS} sessions is above
                {100 * FLOOR:.0f} % a year.""",
            )
        ),
    ]


# Few draws against full


def _agreement(found: Found) -> list[str]:
    pairs = [
        (few, full)
        for design in plan.AGREE_IN
        for few, full in zip(found.get(Row(design, FEW), ()), found.get(Row(design, FULL), ()), strict=False)
    ]
    if not pairs:
        return ["Not measured."]
    tried = f"""{len(pairs)} markets of {len(plan.AGREE_IN)} kinds, some with something planted, were judged by the full
    rules too: all shifts instead of {FEW.shifts} even ones, {FULL.fund_draws:,} draws for the fund instead of
    {FEW.fund_draws:,}, and {FULL.insurance_draws:,} for the verdict instead of {FEW.insurance_draws}."""
    rows = [_agreement_row(test, pairs) for test in TESTS]
    after = f"""*apart*: the mean distance of the two-sided p, and of the ends of the intervals, in points a year. Few
    draws make the ends of a 98 % interval lie a little further in, so that the verdict's rates above are a little too
    high rather than too low."""
    return [
        _paragraphs((tried,)),
        _table(("test", "the same label", "labels other than none", "apart"), rows),
        _paragraphs((after,)),
    ]


def _agreement_row(test: Test, pairs: Sequence[tuple[Trial, Trial]]) -> tuple[str, ...]:
    labels = [(_label(test, few), _label(test, full)) for few, full in pairs]
    same = Rate(sum(few == full for few, full in labels), len(labels))
    given = sum(full != "" for _few, full in labels)
    ends = ("low", "high") if test is VERDICT else ("fund_low", "fund_high")
    if test is TIMING:
        apart = f"{sum(abs(_two_sided(few) - _two_sided(full)) for few, full in pairs) / len(pairs):.3f}"
    else:
        off = [abs(getattr(few, end) - getattr(full, end)) for few, full in pairs for end in ends]
        apart = f"{100 * sum(off) / len(off):.{3 if test is FUND else 2}f}"
    return test.title, f"{same.hits} of {same.markets}", str(given), apart


def _label(test: Test, one: Trial) -> str:
    return "".join(side.name for side in test.sides if side.rate((one,), 0.0).hits)


def _two_sided(one: Trial) -> float:
    return min(1.0, 2.0 * min(one.p_low, one.p_high))


AGAIN = (
    """`make calibrate` takes some 80 minutes on two quiet cores, and `make calibrate DATA=DIR` draws real returns from a
    folder of history. Each finished handful of markets is kept, so that a run that was killed goes on where it was; the
    page is the same, byte for byte, for any number of processes and however often it was killed.
    `ARGS="--markets 20"` is a glance, and `ARGS="--finished"` writes the page of what is finished.""",
)


# Words and tables

NAMED_YEARS = ("returns", "signal", "rebalanced", "years")


def _named(design: Design) -> tuple[str, str, str]:
    usual = ", as usual" if design.usual else ""
    return f"{RETURNS[design.returns]}{usual}", SIGNALS[design.signal], design.rebalance


def _named_years(design: Design) -> tuple[str, ...]:
    return (*_named(design), str(design.years))


def _plus_minus(rate: Rate) -> str:
    return f"{100 * rate.share:.1f} ± {100 * rate.error:.1f} %"


def _points(mean: Mean, places: int) -> str:
    return f"{100 * mean.value:+.{places}f} ± {100 * mean.error:.{places}f}"


def _percent(value: float) -> str:
    return f"{100 * value:.0f} %"


def _table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    if not rows:
        return "Not measured."
    lines = [head, ["---"] * left + ["---:"] * (len(head) - left), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _items(texts: Iterable[str]) -> str:
    return "\n".join(_filled(f"- {' '.join(text.split())}", "  ") for text in texts)


def _paragraphs(texts: Iterable[str]) -> str:
    return "\n\n".join(_filled(" ".join(text.split())) for text in texts)


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)

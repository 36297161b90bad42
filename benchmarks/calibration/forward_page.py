"""The page of the tests of a forward record, docs/alarms.md: no figure on it is written by hand."""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial

import numpy as np

from benchmarks.calibration.forward import (
    BACKTEST_YEARS,
    CYCLE,
    CYCLE_YEARS,
    GIVEN_UP,
    LUMP_NOISE,
    LUMPS,
    RARELY,
    TOGETHER,
    UNSEEN,
    Design,
    Row,
)
from benchmarks.calibration.markdown import RETURNS, SIGNALS, items, paragraphs, percent, plus_minus, table
from benchmarks.calibration.planted import FLOOR, OFF, ON, TREND_DAYS, VOLATILITY_DAYS
from benchmarks.calibration.rates import Rate
from data.calendar import SESSIONS_A_YEAR
from data.demo_market import SECTOR_GROWTH
from engine.analytics.answer.timing import HELPED, HURT
from engine.analytics.e_outlook import HORIZONS, Outlook, gap_outlook, timing_outlook
from engine.analytics.e_process import LEVEL, PAYS, PAYS_NOT, WIDE

HEDGES = SIGNALS | {"rare": "rarely", "always": "always on"}
MEANS = {
    "cash": "as cash",
    "premium": "constant",
    "sharpe": "in proportion to volatility",
    "cycles": "high and low in turn",
}
WORDS = {"timing": (HELPED, HURT), "gap": (PAYS, PAYS_NOT)}
AGAIN = """`make alarms` takes some ten minutes on one core, and writes the same page, byte for byte, whenever it is
run; `ARGS="--records 200 --power 100"` is a glance."""


def page(rows: Sequence[Row]) -> str:
    """Return the page."""
    exact, near, power = (
        [row for row in rows if not row.design.effect and row.design.exact],
        [row for row in rows if not row.design.effect and not row.design.exact],
        [row for row in rows if row.design.effect],
    )
    parts = [
        "# How often the tests of a forward record alarm",
        paragraphs(
            """SIMULATED markets throughout: they say how the tests behave and nothing about SOXS. Written by `make
            alarms`. The tests themselves are in [forward.md](forward.md)."""
        ),
        "## In short",
        paragraphs(*_short(exact, near, power)),
        "## How it is measured",
        *_measured(rows),
        "## False alarms",
        paragraphs(
            f"""There is nothing to find in any of these records, and each is looked at after every session. ± is one
            standard error. **Bold** is a rate above {percent(LEVEL)} by more than two of the standard errors that it
            would have there."""
        ),
        "### Where the null is true of every session",
        *_null_tables(exact),
        "### Where it is true in the mean only",
        paragraphs(*_near_words()),
        *_null_tables(near),
        "## What is found, and when",
        paragraphs(*_power_words(power)),
        "### Timing",
        _power_table([row for row in power if row.design.test == "timing"]),
        "### Gap to holding less",
        _power_table([row for row in power if row.design.test == "gap"]),
        "## Again",
        paragraphs(AGAIN),
    ]
    return "\n\n".join(parts) + "\n"


def rates(row: Row) -> tuple[Rate, Rate, Rate]:
    """Return how often there was an alarm for the better, for the worse, and any."""
    rung, better = row.alarms.session >= 0, row.alarms.better
    count = len(rung)
    return (
        Rate(int((rung & better).sum()), count),
        Rate(int((rung & ~better).sum()), count),
        Rate(int(rung.sum()), count),
    )


def within(row: Row, years: float) -> float:
    """Return the share of records that alarmed for the better within so many years."""
    session = row.alarms.session
    return float(np.mean((session >= 0) & (session < years * SESSIONS_A_YEAR) & row.alarms.better))


def median_years(row: Row) -> float:
    """Return the years within which half of the records alarmed for the better; infinite where fewer did."""
    won = (row.alarms.session >= 0) & row.alarms.better
    years = np.sort(np.where(won, (row.alarms.session + 1) / SESSIONS_A_YEAR, math.inf))
    return float(years[(len(years) - 1) // 2])


def outlook_of(row: Row) -> Outlook:
    """Return what the formula says of a row, by the scales of its first backtest."""
    of = timing_outlook if row.design.test == "timing" else gap_outlook
    return of(row.design.effect, row.scales)


def _short(exact: Sequence[Row], near: Sequence[Row], power: Sequence[Row]) -> list[str]:
    told = []
    for test, title in (("timing", "Timing"), ("gap", "Gap to holding less")):
        highest = max((rates(row)[2] for row in exact if row.design.test == test), key=lambda rate: rate.share)
        kept = "no row is above it" if not highest.above(LEVEL) else "**a row is above it**"
        of = [row for row in power if row.design.test == test and row.design.returns == "clustered"]
        found = "; ".join(
            f"{100 * row.design.effect:.0f} points a year in {percent(within(row, 10))}"
            for row in of
            if row.design.hedge == "random"
        )
        told.append(
            f"""**{title}.** Where there is nothing to find, some session of ten years alarms in at most
            {plus_minus(highest)} of records; the aim is at most {percent(LEVEL)}, and {kept}. Within ten years it finds
            {found} (clustered returns, random spells)."""
        )
    unseen = [rates(row)[2] for row in near if row.design.returns == UNSEEN]
    told += [
        f"""**What no test can promise.** A hedge whose one large gain was in nobody's backtest looks like a loss until
        it comes: there *{PAYS_NOT}* is wrong in {plus_minus(rate)}."""
        for rate in unseen
    ]
    return told


def _measured(rows: Sequence[Row]) -> list[str]:
    years, records = (
        max(getattr(row.design, of) for row in rows if not row.design.effect) for of in ("years", "records")
    )
    return [
        paragraphs(
            f"""A record has {years} years of {SESSIONS_A_YEAR} sessions, and a row {records:,} records; each
            {TOGETHER} follow on one backtest of {BACKTEST_YEARS} years of the same market, which gives the scales.
            Volatility is 29 % a year. The core's log returns, less cash's, are"""
        ),
        items(
            (
                "*normal*, or *t(4)*: independent, the latter with four degrees of freedom;",
                """*clustered*: volatility comes in spells, and falls raise it (Glosten, Jagannathan and Runkle), as in
                [calibration.md](calibration.md), like *independent* and *rare crashes*.""",
            )
        ),
        paragraphs(
            f"""Their mean is that of cash, or constant at {percent(SECTOR_GROWTH)} a year; or it changes as the table
            says. While the hedge is on, {GIVEN_UP:.1f} of the core is given up: in *random spells* of {ON} sessions,
            and {OFF} without; by a *trend*, below the {TREND_DAYS}-session average; by *volatility*, while that of
            {VOLATILITY_DAYS} sessions is above {percent(FLOOR)} a year; *rarely*, in {percent(RARELY)} of sessions,
            five at a time; or always. Holding less gives up as much in the mean of the backtest, all the time. What is
            known at a close stands in the session after it."""
        ),
        paragraphs(
            f"""*Lumps* are differences to holding less without a market: noise of {100 * LUMP_NOISE:.1f} % a session,
            now and then a gain, and its cost on all other days."""
        ),
        items(f"*{name}*: a gain of {100 * gain:.0f} %, {often:g} a year." for name, (often, gain) in LUMPS.items()),
    ]


def _null_tables(rows: Sequence[Row]) -> list[str]:
    return [_null_table([row for row in rows if row.design.test == test], *words) for test, words in WORDS.items()]


def _null_table(rows: Sequence[Row], better: str, worse: str) -> str:
    head = ("returns", "hedge", "mean return", "records", better, worse, "either")
    lines = []
    for row in rows:
        *sides, either = rates(row)
        told = f"**{plus_minus(either)}**" if either.above(LEVEL) else plus_minus(either)
        lines.append((*_named(row.design), f"{row.design.records:,}", *map(plus_minus, sides), told))
    return table(head, lines, left=3)


def _named(design: Design) -> tuple[str, str, str]:
    if design.returns in LUMPS:
        return design.returns, "", ""
    return RETURNS.get(design.returns, design.returns), HEDGES[design.hedge], MEANS[design.mean]


def _near_words() -> list[str]:
    return [
        f"""Nobody knows that the mean return is constant. Here it isn't: it grows with the volatility that is expected;
        it is {100 * CYCLE:.0f} points a year too high for {CYCLE_YEARS:.0f} years in the mean and too low for as many;
        a crash goes on for a month. The hedge knows nothing of it, or no more than how much volatility to expect.""",
        f"""For the gap, a constant mean return above cash makes every session without the hedge a little better than
        holding less, and every session with it a little worse. And in *{UNSEEN}* the backtest had none: the lump is
        more than {WIDE:g} times as large as all that was seen, so that the bet against it was too large.""",
    ]


def _power_words(power: Sequence[Row]) -> list[str]:
    years, records = (max(getattr(row.design, of) for row in power) for of in ("years", "records"))
    return [
        f"""The core's mean return is made lower while the hedge is on and higher while it is off, so that its dates
        bring so many points of log growth a year; a signal reads the market as it was before. Of {records} records of
        {years} years, the share that had the right alarm within so many years, and the years within which half had it.
        *Ratio* is the effect over its standard deviation, a year. *Formula* is what `engine.analytics.e_outlook` says
        by the scales of one backtest, without simulating anything: the figure of a run's own report.""",
        """The wrong label came out in at most """
        + plus_minus(max((rates(row)[1] for row in power), key=lambda rate: rate.share))
        + " of any row.",
    ]


def _power_table(rows: Sequence[Row]) -> str:
    head = ("returns", "hedge", "points a year", "ratio", *(f"{years} y" for years in HORIZONS))
    head += ("half, years", "formula: 5 y", "10 y", "half, years")
    lines = []
    for row in rows:
        outlook, (returns, hedge, _mean) = outlook_of(row), _named(row.design)
        told = partial(within, row)
        guessed = (outlook.chances[HORIZONS.index(5)], outlook.chances[HORIZONS.index(10)])
        lines.append(
            (
                *(returns, hedge, f"{100 * row.design.effect:.0f}", f"{outlook.ratio:.2f}"),
                *(percent(told(years)) for years in HORIZONS),
                _years(median_years(row), row.design.years),
                *map(percent, guessed),
                _years(outlook.years, 100),
            )
        )
    return table(head, lines, left=2)


def _years(years: float, longest: float) -> str:
    return f"{years:.1f}" if years <= longest else f"more than {longest:.0f}"

"""The page of the calibration, docs/calibration.md: its tables, and what they say in words."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from data.demo_market import PREMIUM, SECTOR_GROWTH
from data.fund import FEE, SPREAD
from data.simulate import LONG_RUN_SD
from data.version import code_version
from engine.judgement.calibration import DRAWS, PLACEBOS, POWER, Rates, found_at
from engine.judgement.planted import CASH_YIELD, OFF, ON, Design

Readings = Mapping[Design, Rates]


@dataclass(frozen=True)
class Edge:
    """One thing that is planted, in several sizes.

    Parameters
    ----------
    title, about
        Its name, and what a size of it is.
    designs
        By size, increasing.
    told
        Writes a size, with so many decimals.
    """

    title: str
    about: str
    designs: dict[float, Design]
    told: Callable[[float, int], str]


def whole(size: float, decimals: int = 0) -> str:
    """Write a share."""
    return f"{100 * size:.{decimals}f} %"


def yearly(size: float, decimals: int = 0) -> str:
    """Write a fraction a year."""
    return f"{100 * size:.{decimals}f} % a year"


READINGS: dict[str, Callable[[Rates], float]] = {
    "paid": lambda rates: rates.paid,
    "did not pay": lambda rates: rates.not_paid,
    "below 0": lambda rates: rates.below,
    "entry-matched": lambda rates: rates.entry_above,
    "p": lambda rates: rates.p,
    "p of growth": lambda rates: rates.p_growth,
}
"""What may find something, and how often it did."""

OF_THE_DIFFERENCE = ("paid", "did not pay", "below 0")

PLACEBO_HEAD = (
    """Shares of p-values of 5 % and less, each with the probability that uniform ones lie as far from their line
    (Kolmogorov and Smirnov).""",
)

PLACEBO_WORDS = (
    """Of a signal that ignores volatility, in *random spells*, the p-value is uniform, and so is that of growth.""",
    """It isn't of a *trend* that is never rebalanced, for a placebo moves orders and not the growth of the sleeve. A
    trend rule stays on while the underlying falls, so that its sleeve grows more than its placebos' do: p is too high,
    and timing is claimed too seldom. Rebalanced weekly, in independent returns, it is uniform.""",
    """Clustered, falls raise volatility, so that a trend rule reads volatility, and the statistic depends on that: the
    more it shakes, the more the de-risk pays for following. The second view is for this: it shifts within terciles of
    volatility. But it cuts stretches up, and a path in pieces trades more often, which costs the de-risk twice what it
    costs the hedge; so its placebos look better than the run, and its p is too high wherever trading costs. Where
    nothing costs it is uniform. Read it as a check on a small p, never by itself.""",
)

READING_WORDS = (
    """*paid*, *did not pay*: the verdict. *below 0*: the verdict's interval, without the strip. *entry-matched*: the
    difference to the entry-matched de-risk lies above 0 by 1.96 of its HAC standard errors. *p*, *p of growth*: the
    placebo's p-value is 5 % or less.""",
)


def write_page(
    path: Path,
    nothing: Mapping[str, Design],
    edges: Sequence[Edge],
    rates: Readings,
    made: tuple[int, int, float],
) -> None:
    """Write the page.

    Parameters
    ----------
    nothing, edges
        What was tried: signals that know nothing by name, and what was planted.
    rates
        What came of each design.
    made
        Markets of each signal that knows nothing, of each size planted, and minutes it took.
    """
    markets, few, minutes = made
    without = {name: rates[design] for name, design in nothing.items()}
    parts = [
        "# Calibration: how often the judgement errs, and what it can find",
        _head(markets, few, minutes),
        "## Without a timing edge",
        _nothing_table(without),
        _nothing_words(without),
        "## The placebo without a timing edge",
        _paragraphs(PLACEBO_HEAD),
        _placebo_table(without),
        _paragraphs(PLACEBO_WORDS),
        "## With something planted",
        f"{few} markets a row, independent returns, random spells where the signal isn't named.",
        _paragraphs(READING_WORDS),
        *(_edge_table(edge, rates) for edge in edges),
        f"## The size that is found in {100 * POWER:.0f} %",
        _found_table(edges, rates),
        _found_words(edges, rates),
    ]
    path.write_text("\n\n".join(parts) + "\n", encoding="utf-8")


def _head(markets: int, few: int, minutes: float) -> str:
    today = dt.datetime.now(dt.UTC).date().isoformat()
    return _paragraphs(
        (
            f"""SIMULATED markets throughout: they say how the judgement behaves and nothing about SOXS. Written on
            {today} by `make calibrate` in {minutes:.0f} minutes, by code {code_version()}.""",
            f"""Each market has 16 years of sessions. The underlying grows by {100 * SECTOR_GROWTH:.0f} % a year in
            logs, with a volatility of {100 * LONG_RUN_SD * 252**0.5:.0f} %; nights and days are t-distributed and
            independent, or *clustered*: volatility comes in spells, and falls raise it (Glosten, Jagannathan and
            Runkle). The fund is -3x by the model: fee {100 * FEE:.2f} %, spread {100 * SPREAD:.0f} % on each of three
            dollars, bills at {100 * CASH_YIELD:.0f} %, prices off its value by {1e4 * PREMIUM:.0f} basis points at each
            open and close. The hedge is the shipped one: 15 %, at the next open, never rebalanced, 1 + 2 basis points.
            *Random spells* are on for {ON} and off for {OFF} sessions in the mean, whatever the market does.""",
            f"""All is judged as by `backtest run`, but that {DRAWS} draws make an interval and {PLACEBOS} placebos a
            p-value, and that the markets count as real, since of a simulated one the verdict is withheld. There are
            {markets} markets a row where nothing is planted and {few} where something is: a share of 80 % is then good
            to {200 * (0.16 / few) ** 0.5:.0f} points.""",
        )
    )


def _nothing_words(without: Mapping[str, Rates]) -> str:
    most = max(one.paid for one in without.values())
    free, shaken = (one for name, one in without.items() if "nothing costs" in name)
    return _paragraphs(
        (
            """*difference*: hedged less daily-matched de-risk, with the standard error of its mean. *above 0*,
            *below 0*: the verdict's interval by itself, without the strip and without counting episodes and drawdowns.
            *floored*: closes at which the hedged book is net short, which the de-risk can't be.""",
            f"""**Paid comes out in at most {share(most)} of markets**; 5 % would be allowed. Where nothing costs, so
            that the true difference is 0, the interval lies above 0 in {share(free.above)} and below in
            {share(free.below)}, clustered in {share(shaken.above)} and {share(shaken.below)}; 2.5 % each would be its
            due.""",
            """Fee and spread take 4 % a year of what is in the fund, a quarter of a percent of equity here. Little of
            that is left in the difference: the de-risk trades at every close to follow the hedged book's beta, and pays
            for it. The *trend* that is never rebalanced loses most: its sleeve grows in a long fall until the book is
            net short of a market that rises in the mean, while the de-risk stops at 0. Nearly all of its difference is
            made at those closes. Rebalanced weekly, that doesn't happen.""",
        )
    )


def _found_words(edges: Sequence[Edge], rates: Readings) -> str:
    found = {edge.title: _found(edge, rates) for edge in edges}
    at = {(title, name): cell for title, cells in found.items() for name, cell in zip(READINGS, cells, strict=True)}
    cheaper, dearer, night, stretches, weeks, session = found
    return _paragraphs(
        (
            """In brackets the difference at that size, in % of equity a year. *Always*: as often where the signal
            knows nothing, so that it is no sign of knowing.""",
            f"""**The verdict compares two ways to have the same exposure.** It sees what the fund returns beside its
            multiple: *paid* at {at[cheaper, "paid"]} cheaper; its interval lies below 0 at {at[dearer, "below 0"]}
            dearer. *Did not pay* follows the true drag too, but late, at {at[dearer, "did not pay"]}, because of the
            strip: costs times five weigh on the de-risk, which trades at every close, and a cash rate of 0 takes the
            interest from the cash it holds, so that both turn the sign of a small drag. Where the strip is all that
            stands between the interval and *did not pay*, read the interval.""",
            f"""It also sees moves that go on overnight, before the de-risk has followed: a part of {at[night, "paid"]}.
            And it sees what both books pay for trading: to switch the hedge moves 30 % of equity, to switch the same
            beta by core 60 %. That is why a signal that changes each session is *paid* whatever it knows, and rightly:
            SOXS is the cheaper way to trade so often.""",
            f"""**It doesn't see direction, and hardly sees trending stretches**: the de-risk has the same beta at every
            close. Those have readings of their own. A signal that knows when the underlying will do badly shows in the
            placebo's p-value of growth, when it is right in {at[weeks, "p of growth"]} of stretches of 15 sessions, or
            in {at[session, "p of growth"]} of single sessions. One that knows when moves trend, so that daily reset
            gains, shows in the difference to the entry-matched de-risk, when it is right in
            {at[stretches, "entry-matched"]}.""",
        )
    )


def _nothing_table(without: Mapping[str, Rates]) -> str:
    head = ("signal, returns", "difference, % a year", "paid", "did not pay", "above 0", "below 0", "floored")
    rows = [
        (
            name,
            f"{100 * one.difference:+.2f} ± {100 * one.error:.2f}",
            *(share(each) for each in (one.paid, one.not_paid, one.above, one.below, one.floored)),
        )
        for name, one in without.items()
    ]
    return _table(head, rows)


def _placebo_table(without: Mapping[str, Rates]) -> str:
    head = ("signal, returns", "p", "uniform", "p of growth", "uniform", "within terciles", "uniform")
    rows = [
        (
            name,
            *(share(one.p), f"{one.uniform:.3f}"),
            *(share(one.p_growth), f"{one.uniform_growth:.3f}"),
            *(share(one.p_within), f"{one.uniform_within:.3f}"),
        )
        for name, one in without.items()
    ]
    return _table(head, rows)


def _edge_table(edge: Edge, rates: Readings) -> str:
    rows = [
        (
            edge.told(size, 0),
            f"{100 * rates[design].difference:+.2f}",
            *(f"{100 * reading(rates[design]):.0f} %" for reading in READINGS.values()),
        )
        for size, design in edge.designs.items()
    ]
    told = _paragraphs((f"**{edge.title}.** {edge.about}",))
    return f"{told}\n\n{_table(('size', 'difference, % a year', *READINGS), rows)}"


def _found_table(edges: Sequence[Edge], rates: Readings) -> str:
    return _table(("planted", *READINGS), [(edge.title, *_found(edge, rates)) for edge in edges])


def _found(edge: Edge, rates: Readings) -> list[str]:
    """Return of each reading the size it finds in `POWER` of markets; a dash for none."""
    return [_found_by(name, edge, [rates[design] for design in edge.designs.values()]) for name in READINGS]


def _found_by(name: str, edge: Edge, came: Sequence[Rates]) -> str:
    shares = [READINGS[name](one) for one in came]
    if next(iter(edge.designs.values())).idle and shares[0] >= POWER:
        return "always"
    size = found_at(list(edge.designs), shares)
    apart = found_at([100 * one.difference for one in came], shares)
    if size is None or apart is None:
        return "-"
    return edge.told(size, 1) + (f" ({apart:+.2f})" if name in OF_THE_DIFFERENCE else "")


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _paragraphs(texts: Sequence[str]) -> str:
    return "\n\n".join(
        textwrap.fill(" ".join(text.split()), 120, break_long_words=False, break_on_hyphens=False) for text in texts
    )


def share(value: float) -> str:
    """Write a share of markets or of closes."""
    return f"{100 * value:.1f} %"

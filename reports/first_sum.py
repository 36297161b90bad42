"""The sum as a waterfall: from doing nothing to the hedge, a row a part, with the labels of timing and fund."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from data.arrays import Dates
from data.format import counted, percent, signed
from engine.analytics.answer.answer import Answer
from engine.analytics.answer.digits import printed_sum
from engine.analytics.answer.fund_part import AS_MODELLED, CANT_TELL, FundPart
from engine.analytics.answer.words import Names, Piece, as_known, beta_words, dates_words
from engine.hedge_config import HedgeConfig
from engine.hedge_names import joined
from engine.runs.run import Run
from reports.hedge_words import hedge_words

MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
SHORT_MONTHS = tuple(name[:3] for name in MONTHS)


@dataclass(frozen=True)
class SumStep:
    """A row of the waterfall.

    Parameters
    ----------
    name, about
        What it is, and in a few words more.
    remark
        A line below, in pieces, its label first.
    value
        As printed.
    begin, end
        Between what its bar lies, percent a year; the same for a part that can't be told.
    role
        ``total``, ``part`` or ``hedge``.
    exact
        For whoever wants more than a decimal.
    """

    name: str
    about: str
    remark: tuple[Piece, ...]
    value: str
    begin: float
    end: float
    role: str
    exact: str


def steps_of(result: Run, answer: Answer, names: Names) -> tuple[SumStep, ...]:
    """Return the rows of the waterfall, in order; the parts stand in points of CAGR."""
    printed, logs, exact = printed_sum(answer), answer.logs.parts, answer.cagr.parts
    whole = f"{names.held:.0%} {names.part}".replace("%", " %")
    bought = ", bought once" if result.config.portfolio.rebalance == "never" else ""
    steps = [_total("Doing nothing", f"{whole}{bought}", printed.unhedged, "total")]
    at = printed.unhedged
    for (name, about, remark), part, true, log in zip(
        _parts(result, answer, names), printed.parts, exact, logs, strict=True
    ):
        if part is None or true is None or log is None:
            steps.append(SumStep(name, about, remark, "can't tell", at, at, "part", "A book of it was ruined."))
            continue
        figures = f"{100 * true:+.3f} points of CAGR a year; {100 * log:+.3f} in log growth."
        steps.append(SumStep(name, about, remark, signed(part), at, at + part, "part", figures))
        at += part
    return (*steps, _total("The hedge", hedge_words(result), printed.hedged, "hedge"))


def fund_remark(answer: Answer, names: Names, episodes: int) -> tuple[Piece, ...]:
    """Return the fund's label and what it rests on."""
    fund = answer.fund
    if fund.label is None:
        return (Piece("can't be told" if fund.estimate is None else "nothing: both books are the same"),)
    erring = beta_words(answer, names)
    if fund.label == AS_MODELLED:
        return Piece(fund.label, "label"), Piece(f": no bar of {names.hedge.called} is real")
    if fund.rests_on:
        rests = rests_words(fund, answer.sessions, episodes)
        return Piece(fund.label, "label"), Piece(f": {rests}{erring and f'; {erring}'}")
    reason = _known(fund) if as_known(answer) else "it may be luck" if fund.label == CANT_TELL else "not luck"
    return Piece(fund.label, "label"), Piece(f": {reason}{erring and f'; {erring}'}")


def _known(fund: FundPart) -> str:
    return "about what was known in advance" if fund.label == CANT_TELL else "by what was known in advance"


def rests_words(fund: FundPart, sessions: Dates, episodes: int) -> str:
    """Return on which episodes the fund's part rests."""
    rest = [fund.clusters[i] for i in fund.rests_on]
    when = joined([months_of(sessions[cluster.first], sessions[cluster.last]) for cluster in rest])
    of = "its one episode" if episodes == 1 else f"{sum(cluster.episodes for cluster in rest)} of {episodes:,} episodes"
    return f"rests on {of}, {when}"


def months_of(first: object, last: object) -> str:
    """Write the months of a stretch: ``Feb 2020``, ``Jun 2010 to Aug 2026``."""
    return " to ".join(dict.fromkeys((month(first), month(last))))


def month(day: object, names: Sequence[str] = SHORT_MONTHS) -> str:
    """Write the month of a date: ``Feb 2020``."""
    year, number, _day = str(day).split("-")
    return f"{names[int(number) - 1]} {year}"


def _parts(result: Run, answer: Answer, names: Names) -> tuple[tuple[str, str, tuple[Piece, ...]], ...]:
    """Return name, about and remark of each part, in the sum's order."""
    exposure = answer.cagr.exposure
    brought = "cost" if exposure is None or exposure <= 0.0 else "brought"
    evaluation = result.evaluation
    episodes = 0 if evaluation is None else len(evaluation.episodes)
    timing = Piece(answer.timing.label, "label"), Piece(f": {dates_words(answer)}")
    hedge = names.hedge
    left = f"{hedge.called} left to move", f"{hedge.called} instead of {names.selling}"
    if hedge.only_sells:
        left = f"nothing but {names.whole} moves", f"what {names.selling} leaves"
    return (
        ("Exposure", f"{names.less} while hedged", (Piece(f"what random dates would have {brought}"),)),
        ("Timing", "the dates it chose", timing),
        ("Drift", left[0], (Piece(_drift(result, answer)),)),
        (hedge.part, left[1], fund_remark(answer, names, episodes)),
    )


def _drift(result: Run, answer: Answer) -> str:
    closes = answer.net_short.closes
    rebalanced = _between(result.config.held)
    if not closes:
        return f"{rebalanced}; never net short"
    return f"{rebalanced}; net short on {counted(closes, 'close')}"


def _between(legs: Sequence[HedgeConfig]) -> str:
    often = {leg.rebalance: leg.band for leg in legs}
    if not often.keys() & {"never", "band"}:
        return f"between {joined(list(often))} rebalancings"
    if len(often) > 1:
        return "each by its own calendar"
    return "never rebalanced" if "never" in often else f"in a band of {100 * often['band']:g} %"


def _total(name: str, about: str, value: float, role: str) -> SumStep:
    grown = percent(value / 100.0)
    return SumStep(name, about, (), grown, 0.0, value, role, f"CAGR, {grown} a year.")

"""The four short answers: against doing nothing, selling instead, random dates, and holding less."""

from __future__ import annotations

from dataclasses import dataclass

from data.format import capital, percent, share, signed
from engine.analytics.answer.answer import Answer
from engine.analytics.answer.digits import apart, printed_gap, tenths
from engine.analytics.answer.frontier import Dot
from engine.analytics.answer.fund_part import AS_MODELLED
from engine.analytics.answer.insurance import Match
from engine.analytics.answer.timing import HELPED, HURT
from engine.analytics.answer.words import Names, Piece, as_known, dates_number, dates_side
from engine.runs.run import Run
from reports.first_sum import rests_words


@dataclass(frozen=True)
class Short:
    """A short answer: against what, its number, and a sentence or two in pieces."""

    title: str
    number: str
    text: tuple[Piece, ...]


def short_answers(result: Run, answer: Answer, names: Names) -> tuple[Short, ...]:
    """Return the four, in order."""
    dots = {dot.name: dot for dot in answer.frontier.dots}
    return (
        _nothing(dots["hedged"], dots["unhedged"]),
        _selling(result, answer, names, dots["hedged"], dots.get("derisk_entry")),
        _dates(answer),
        _holding(answer, names),
    )


def _nothing(hedged: Dot, idle: Dot) -> Short:
    safer = apart(hedged.bad_quarter, idle.bad_quarter)
    fell = apart(hedged.max_drawdown, idle.max_drawdown)
    quarter = "left a bad quarter as it was" if not safer else f"made a bad quarter {abs(safer):.1f} points"
    quarter += "" if not safer else " milder" if safer > 0.0 else " worse"
    worst = "left the worst fall as deep" if not fell else f"the worst fall {abs(fell):.1f} points"
    worst += "" if not fell else " shallower" if fell > 0.0 else " deeper"
    text = f"It {quarter} and {'made ' if fell and not safer else ''}{worst}."
    return Short("Against doing nothing", _a_year(apart(hedged.cagr, idle.cagr)), (Piece(text),))


def _selling(result: Run, answer: Answer, names: Names, hedged: Dot, sold: Dot | None) -> Short:
    title, verb = f"Against {names.selling} instead", names.selling.capitalize()
    if names.hedge.only_sells and sold is not None:
        are = "are" if names.hedge.plural else "is"
        same = Piece(f"It is {names.selling}, on this signal: {names.hedge.noun} {are} all it leaves.")
        return Short(title, _a_year(apart(hedged.cagr, sold.cagr)), (same,))
    fund = _fund(result, answer, names)
    if sold is None:
        return Short(title, "can't tell", (Piece(f"{verb} at entry ruined its book. "), *fund))
    safer = apart(sold.bad_quarter, hedged.bad_quarter)
    also = "also " if safer > 0.0 and sold.cagr > hedged.cagr else ""
    how = f"was {also}safer" if safer > 0.0 else "was less safe"
    text = f"{verb} {how}, by {abs(safer):.1f} points. " if safer else f"{verb} was as safe. "
    return Short(title, _a_year(apart(hedged.cagr, sold.cagr)), (Piece(text), *fund))


def _fund(result: Run, answer: Answer, names: Names) -> tuple[Piece, ...]:
    """Return the hedge's own part in a sentence."""
    fund, hedge = answer.fund, names.hedge
    episodes = 0 if result.evaluation is None else len(result.evaluation.episodes)
    if fund.label is None:
        return (Piece(f"Of {hedge.itself} nothing can be told."),)
    if fund.label == AS_MODELLED:
        return (
            Piece(f"What {hedge.itself} made is "),
            Piece(fund.label, "label"),
            Piece(": no bar of it is real."),
        )
    if fund.rests_on:
        rests = rests_words(fund, answer.sessions, episodes)
        return Piece("Can't tell", "label"), Piece(f" {hedge.itself}: it {rests}.")
    if as_known(answer):
        return (Piece(f"{capital(hedge.itself)} came to what was known in advance."),)
    if fund.label == "can't tell":
        return Piece("Can't tell", "label"), Piece(f" {hedge.itself} from luck.")
    did = f"{capital(hedge.itself)} {hedge.was} "
    return Piece(did), Piece(fund.label, "label"), Piece(f" than {names.selling}.")


def _dates(answer: Answer) -> Short:
    timing, years = answer.timing, round((len(answer.sessions) - 1) / 252)
    if timing.alike:
        none = Piece(" of timing: other dates would have made no difference.")
        return Short("Against random dates", "all came to the same", (Piece("No sign", "label"), none))
    number = f"{dates_number(answer)} did {dates_side(answer)}"
    part = answer.cagr.timing
    if timing.label in (HELPED, HURT):
        size = "" if part is None else f"{abs(tenths(part)):.1f} points a year {'more' if part > 0.0 else 'less'}"
        made = size and f" Its dates made {size} than random ones."
        return Short("Against random dates", number, (Piece(f"Timing {timing.label}.", "label"), Piece(made)))
    if timing.smallest is None:
        seen = " of timing. Some random dates ruined the book."
    else:
        these = f"These {years} years" if years > 1 else "This year"
        least = abs(tenths(timing.smallest * answer.factor))
        seen = f" of timing. {these} could only show an effect of {least:.1f} points or more."
    return Short("Against random dates", number, (Piece("No sign", "label"), Piece(seen)))


def _holding(answer: Answer, names: Names) -> Short:
    insurance = answer.insurance
    fell = _alike("As deep a worst fall", "It fell deeper", insurance.drawdown, names)
    moved = _alike("As restless", "It was more restless", insurance.volatility, names)
    label, text = f"{insurance.label[0].upper()}{insurance.label[1:]}.", f" {fell} {moved}"
    return Short("Against holding less", _a_year(printed_gap(insurance.quarter)), (Piece(label, "label"), Piece(text)))


def _alike(how: str, beyond: str, match: Match, names: Names) -> str:
    """Return what holding less to another measure of risk made; that the hedge was riskier than the whole by it."""
    if match.share >= 1.0:
        return f"{beyond} than all of {names.whole}."
    return f"{how}: {share(match.share)} {names.part}, {percent(match.cagr)}."


def _a_year(value: float) -> str:
    return f"{signed(value)} points a year"

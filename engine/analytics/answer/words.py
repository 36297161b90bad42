"""The answer in words: the same sentences and digits on every screen. ASCII; a page sets its own signs and spaces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from data.format import capital, lowered, percent, points, share, signed
from engine.analytics.answer.answer import Answer
from engine.analytics.answer.digits import printed_gap, printed_sum
from engine.analytics.answer.fund_part import AS_MODELLED
from engine.analytics.answer.fund_part import CANT_TELL as FUND_UNTOLD
from engine.analytics.answer.insurance import CANT_TELL, LEVEL, NOT_PAID, PAID, Insurance, Match
from engine.config import RunConfig
from engine.hedge_names import MODELLED, SYNTHETIC, HedgeName, bills_of, hedge_name, joined

KNOWN = 0.002
"""How close to what was known in advance the fund's part counts as that, log growth a year."""
NEAR_ZERO = 0.005
"""How close to zero an interval's end is said to just reach or miss it: half a point a year."""


class Piece(NamedTuple):
    """A piece of a sentence and its role.

    ``number`` and ``hedge`` (the hedged book's) are numbers, ``label`` is a label, ``safe`` a term with a definition.
    """

    text: str
    role: str = ""


@dataclass(frozen=True)
class Names:
    """What a person calls the parts of a run.

    Parameters
    ----------
    core
        The core's one holding; ``None`` where it has several.
    hedge
        What it is hedged with.
    cash
        ``bills`` or ``cash``, by what it earns.
    held
        The share of equity that the unhedged book keeps in the core.
    more
        Whether the hedge adds to the book's exposure: its alternative is to buy core, not to sell.
    estimated
        The hedges whose beta is estimated.
    """

    core: str | None
    hedge: HedgeName
    cash: str = "bills"
    held: float = 1.0
    more: bool = False
    estimated: tuple[str, ...] = ()

    @property
    def whole(self) -> str:
        """All of it: ``SOXX`` or ``the core``."""
        return self.core or "the core"

    @property
    def part(self) -> str:
        """What follows a percentage: ``SOXX`` or ``of the core``."""
        return self.core or "of the core"

    @property
    def less(self) -> str:
        """What the hedge makes of the exposure: ``less SOXX``, ``less of the core``."""
        return f"{'more' if self.more else 'less'} {self.part}"

    @property
    def selling(self) -> str:
        """What could be done to the core instead."""
        return "buying" if self.more else "selling"


def names_of(config: RunConfig) -> Names:
    """Return what a person calls the parts of a run."""
    cores, hedge = list(config.portfolio.core), config.hedge
    paid_by_core = hedge.funding == "sell_core"
    return Names(
        cores[0] if len(cores) == 1 else None,
        hedge_name(config),
        bills_of(config),
        1.0 - hedge.buffer if hedge.funding == "cash_buffer" else 1.0,
        hedge.leverage is not None and hedge.leverage > (1.0 if paid_by_core else 0.0),
        tuple(dict.fromkeys(leg.instrument for leg in config.held if leg.kind == "asset")),
    )


def headline(answer: Answer, names: Names) -> str:
    """Return the answer in under six words, which never claim more than the label."""
    said = _headline(answer.insurance)
    marks = [MODELLED] * names.hedge.modelled + [SYNTHETIC] * (answer.fund.label == AS_MODELLED)
    return f"{', '.join(marks)}: {lowered(said)}" if marks else said


def _headline(insurance: Insurance) -> str:
    if insurance.label == PAID:
        return "It paid."
    if insurance.label == NOT_PAID:
        return "It did not pay."
    return "No sign that it did." if insurance.quarter.gap < 0.0 else "Perhaps; can't tell."


def no_headline(why: str) -> str:
    """Return what stands in the answer's place where there is none: the reason, in short."""
    return f"No verdict: {why.partition(':')[0]}."


def lead(answer: Answer, names: Names) -> tuple[Piece, ...]:
    """Return the sentence that carries the answer, in pieces."""
    return lead_of(answer.insurance.quarter, names)


def lead_of(held: Match, names: Names) -> tuple[Piece, ...]:
    """Return the sentence that lays the hedge beside holding less to the same bad quarter, in pieces."""
    grown, made = Piece(f"{percent(held.cagr)} a year", "number"), Piece(percent(held.cagr + held.gap), "hedge")
    end = (Piece(" and grew "), grown, Piece(f"; {names.hedge.hedge} grew "), made, Piece("."))
    if held.share >= 1.0:
        start = Piece(f"It protected from nothing: all of {names.whole}, all the time, was ")
        return (start, Piece("safer", "safe"), *end)
    if held.share <= 0.0:
        return (Piece(f"Holding nothing but {names.cash} all the time was "), Piece("as safe", "safe"), *end)
    start = Piece(f"Holding {share(held.share)} {names.part} and the rest in {names.cash} all the time was ")
    return (start, Piece("as safe", "safe"), *end)


def label_line(insurance: Insurance) -> str:
    """Return what follows the label: the gap with its interval, and what the worst fall once more does to it."""
    match, (low, high) = insurance.quarter, insurance.quarter.interval
    gap = f"{signed(printed_gap(match))} points a year, {interval_words(insurance)}"
    if insurance.label == PAID:
        return f"and more than luck: {gap}{', just above zero' if low < NEAR_ZERO else ''}."
    if insurance.label == NOT_PAID:
        just = ", just below zero" if high > -NEAR_ZERO else ""
        return f"and more than luck: {gap}{just}, and so with the worst fall once more."
    if high < 0.0:
        again = points(insurance.with_fall[1])
        return f"if the gap is luck: {gap}, but up to {again} with the worst fall once more."
    return f"if the gap is luck: {gap}{', just reaching zero' if min(-low, high) < NEAR_ZERO else ''}."


def interval_words(insurance: Insurance) -> str:
    """Return the gap's interval with its level."""
    low, high = insurance.quarter.interval
    return f"{100.0 * LEVEL:.0f} % interval {points(low)} to {points(high)}"


def label_sentence(insurance: Insurance) -> str:
    """Return the label with what follows it, as one sentence."""
    return f"{insurance.label}{'' if insurance.label == CANT_TELL else ','} {label_line(insurance)}"


def safe_line(answer: Answer, names: Names) -> str:
    """Return in what both books are as safe."""
    insurance = answer.insurance
    short = f"{-100.0 * insurance.bad_quarter:z.1f} points"
    if insurance.quarter.share >= 1.0:
        whole = -100.0 * answer.frontier.line[-1].bad_quarter
        fell = f"a bad quarter of {names.whole} fell {whole:z.1f} points short of an average one"
        return f"Safer: {fell}, {names.hedge.hedge}'s {short}."
    return f"As safe: a bad quarter of either fell {short} short of an average one."


def sum_words(answer: Answer, names: Names) -> str:
    """Return the sum in one sentence."""
    printed, timing = printed_sum(answer), answer.timing
    did = "gained" if printed.total > 0.0 else "cost"
    start = f"Against doing nothing {names.hedge.hedge} {did} {abs(printed.total):.1f} points a year"
    parts = [part for part in printed.parts if part is not None]
    if len(parts) < len(printed.parts):
        return f"{start}; the parts can't be told, because a book of them was ruined."
    mixed = min(parts) < 0.0 < max(parts)
    exposure, when, drift, fund = (signed(part) if mixed else f"{abs(part):.1f}" for part in parts)
    chosen = f"{exposure} for holding {names.less}, {when} for when ({timing.label}: {dates_words(answer)})"
    if names.hedge.only_sells and not any(parts[2:]):
        return f"{start}: {chosen}."
    short = " until the book was short" if answer.net_short.closes else ""
    return (
        f"{start}: {chosen}, {drift} for letting {names.hedge.pronoun} move{short}, {fund} for"
        f" {names.hedge.called} instead of {names.selling} ({fund_words(answer)})."
    )


def dates_words(answer: Answer) -> str:
    """Return how many random dates did better, or worse where that is most of them."""
    if answer.timing.alike:
        return "all dates came to the same"
    return f"{dates_number(answer)} of random dates did {dates_side(answer)}"


def dates_number(answer: Answer) -> str:
    """Return the share of random dates that were on one side of the run's own."""
    better = 100.0 * answer.timing.better_dates
    shown = round(better if better >= 50.0 else 100.0 - better)  # half of them
    return f"{shown:.0f} %" if shown < 100.0 or better in (0.0, 100.0) else "over 99 %"  # all of them


def dates_side(answer: Answer) -> str:
    """Return which side that was: better or worse."""
    return "better" if answer.timing.better_dates >= 0.5 else "worse"  # half of them


def fund_words(answer: Answer) -> str:
    """Return the fund's label, or that its part is what was known in advance."""
    fund = answer.fund
    if fund.label is None:
        return "can't be told" if fund.estimate is None else "the same book"
    if fund.label != AS_MODELLED and as_known(answer):
        return "as known in advance" if fund.label == FUND_UNTOLD else f"{fund.label}, as known in advance"
    return fund.label


def beta_words(answer: Answer, names: Names) -> str:
    """Return between what the hedge's own part lies as its estimated beta errs; nothing where none is estimated."""
    if answer.fund.beta_range is None:
        return ""
    low, high = (points(answer.factor * end) for end in answer.fund.beta_range)
    betas = "beta was" if len(names.estimated) == 1 else "betas were"
    return f"{low} to {high} if {joined(names.estimated)}'s {betas} a standard error off"


def as_known(answer: Answer) -> bool:
    """Return whether the fund's part is what was known in advance, to `KNOWN`."""
    fund = answer.fund
    known = fund.estimate is not None and fund.expected is not None
    return known and abs((fund.estimate or 0.0) - (fund.expected or 0.0)) < KNOWN


def finding(answer: Answer, names: Names) -> str:
    """Return what the sum shows: the fewest parts, largest first, that make up more than half of the total.

    Where much of it was won or lost back, the largest part each way, for most of a small rest means little.
    """
    printed = printed_sum(answer)
    parts = [part for part in printed.parts if part is not None]
    if len(parts) < len(printed.parts):
        return "The parts can't be told: a book of them was ruined"
    if not printed.total:
        return "The parts cancel out" if any(parts) else f"{capital(names.hedge.hedge)} changed nothing"
    side = 1.0 if printed.total > 0.0 else -1.0
    hedge = names.hedge
    phrases = (f"holding {names.less}", "its dates", f"letting {hedge.called} move", hedge.itself)
    against = sum(-side * part for part in parts if side * part < 0.0)
    if against > abs(printed.total) / 2.0:
        return _both_ways(parts, phrases)
    order = sorted(range(len(parts)), key=lambda i: -side * parts[i])
    count, made = 0, 0.0
    while made <= abs(printed.total) / 2.0 and count < len(parts):
        made += side * parts[order[count]]
        count += 1
    named = [phrases[i] for i in order[:count]]
    fund = len(parts) - 1
    told = fund in order[:count] or hedge.only_sells
    other = "" if told else f", not {'from' if side > 0.0 else 'on'} {phrases[fund]}"
    went = "came from" if side > 0.0 else "went on"
    return f"Most of the {abs(printed.total):.1f} points {went} {joined(named)}{other}"


def _both_ways(parts: Sequence[float], phrases: Sequence[str]) -> str:
    low, high = min(parts), max(parts)
    cost, brought = phrases[parts.index(low)], phrases[parts.index(high)]
    return f"{capital(cost)} cost {-low:.1f} points, {brought} brought {high:.1f}"


def frontier_finding(answer: Answer, names: Names) -> str:
    """Return what the frontier shows."""
    held, gap = answer.insurance.quarter, printed_gap(answer.insurance.quarter)
    if held.share >= 1.0:
        grew = "alike" if not gap else "less" if gap > 0.0 else "more"
        return f"All of {names.whole} was safer than {names.hedge.hedge} and grew {grew}"
    if not gap:
        return "For the same safety, both grew alike"
    return f"For the same safety, {names.hedge.hedge if gap > 0.0 else f'holding less {names.part}'} grew more"


def plain(pieces: Sequence[Piece]) -> str:
    """Return a sentence in pieces as one text."""
    return "".join(piece.text for piece in pieces)

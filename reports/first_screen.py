"""What the first screen of a run says, in order, for page and terminal alike: question, answer, numbers, sum, tests.

Texts are ASCII, as `engine.analytics.answer.words` has them; a page sets its own signs and spaces.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from data.format import dollars, money, number, percent, rest, share, times
from engine.analytics.answer import words
from engine.analytics.answer.answer import NEVER, OFF, Answer
from engine.analytics.answer.answer import SIMULATED as MADE_UP
from engine.analytics.answer.insurance import bad_quarter
from engine.analytics.answer.words import Names, Piece
from engine.hedge_names import MODELLED, SYNTHETIC, hedge_name, modelled
from engine.kernel.loop import Ledger
from engine.runs.run import SIMULATED, Run
from reports.first_answers import Short, short_answers
from reports.first_sum import MONTHS, SumStep, month, steps_of
from reports.hedge_words import always, book_words, entries, hedges_made, own_signals
from strategies.load import strategy_class


@dataclass(frozen=True)
class GlanceRow:
    """A book in the small table.

    Parameters
    ----------
    name, growth, quarter, became, in_full
        Texts: what it is, its CAGR, its bad quarter in points, what the cash became, and that to the dollar.
    role
        ``hedge`` for the hedged book, ``held`` for holding less.
    safe
        Whether its bad quarter is one of the two equal ones that carry "as safe".
    """

    name: str
    growth: str
    quarter: str
    became: str
    in_full: str
    role: str = ""
    safe: bool = False


@dataclass(frozen=True)
class Screen:
    """The first screen; what only an answer has is empty without one.

    Parameters
    ----------
    about, span, months, provenance
        What was run, when by the day and by the month, and on what history: the grey line.
    mark
        What the figures of the small table are: SIMULATED, MODELLED or nothing.
    question, headline, lead
        The answer's first words.
    cash
        What the last column of the table began with.
    rows
        The small table.
    label, line, safe
        The label, what follows it, and in what both books are as safe.
    finding, steps
        The sum: its title, and its rows.
    frontier
        The frontier's title.
    shorts
        The four short answers.
    signal
        What the signal is and what it does.
    """

    about: str
    span: str
    months: str
    provenance: str
    mark: str
    question: str
    headline: str
    lead: tuple[Piece, ...]
    cash: str
    rows: tuple[GlanceRow, ...]
    label: str = ""
    line: str = ""
    safe: str = ""
    finding: str = ""
    steps: tuple[SumStep, ...] = ()
    frontier: str = ""
    shorts: tuple[Short, ...] = ()
    signal: str = ""


def screen_of(result: Run) -> Screen:
    """Return what the first screen of a run says."""
    names, answer = words.names_of(result.config), None if result.evaluation is None else result.evaluation.answer
    sessions, last = result.market.run_sessions, result.hedged.last
    about = f"{names.whole}, {names.hedge.done} {calls(result)}".replace("the core,", "A core of several,")
    common: dict[str, Any] = {
        "about": about,
        "span": f"{sessions[0]} to {sessions[last]}",
        "months": f"{month(sessions[0], MONTHS)} to {month(sessions[last], MONTHS)}",
        "provenance": _provenance(result),
        "mark": ", ".join(_marks(result, names)),
        "question": f"Did {names.hedge.doing}{'' if always(result.config) else ' on this signal'} pay?",
        "cash": dollars(result.config.portfolio.cash),
        "signal": _signal(result, names),
    }
    if answer is None:
        why = _why(result)
        reason = (Piece(_why_not(result, why)),)
        return Screen(headline=words.no_headline(why), lead=reason, rows=_rows(result, names, None), **common)
    return Screen(
        headline=words.headline(answer, names),
        lead=words.lead(answer, names),
        rows=_rows(result, names, answer),
        label=answer.insurance.label,
        line=words.label_line(answer.insurance),
        safe=words.safe_line(answer, names),
        finding=words.finding(answer, names),
        steps=steps_of(result, answer, names),
        frontier=words.frontier_finding(answer, names),
        shorts=short_answers(result, answer, names),
        **common,
    )


def calls(result: Run) -> str:
    """Return when the hedge is on: the strategy's own words, its label where they can't be taken."""
    if always(result.config):
        return "all the time"
    own = [leg.strategy.named for leg in result.config.held if leg.strategy is not None]
    if own:
        return "by signals of their own" if len(result.config.held) > 1 else f"by {own[0]}"
    when = _when(result)
    return f"by {result.label}" if when is None else f"when {when}"


def _when(result: Run) -> str | None:
    doc = (strategy_class(result.config.strategy.named).__doc__ or "").strip().splitlines()
    begin, end = "Hedge (1) when ", ", else not (0)."
    if not doc or not (doc[0].startswith(begin) and doc[0].endswith(end)):
        return None
    when = doc[0][len(begin) : -len(end)]
    same = list(result.config.portfolio.core) == [result.market.underlying]
    return when.replace("the underlying", "it" if same else result.market.underlying)


def _provenance(result: Run) -> str:
    made, options = result.figures["synthetic"], f", options {MODELLED}" if modelled(result.config) else ""
    if result.simulated:
        return f"SIMULATED market{options}"
    sessions = "real history"
    if made is not None:
        sessions = f"{made['sessions']:,} of {result.figures['sessions']:,} sessions SYNTHETIC"
        if throughout := hedges_made(result):
            sessions = f"real history, {throughout} SYNTHETIC"
    return f"{sessions}{options}"


def _marks(result: Run, names: Names) -> list[str]:
    made = bool(result.market.made_throughout())
    return ["SIMULATED"] * result.simulated + [MODELLED] * names.hedge.modelled + [SYNTHETIC] * made


def _signal(result: Run, names: Names) -> str:
    when = _when(result)
    by = "" if when is None else result.label.partition(" (")[2]  # what of the data it found
    found = f" ({by}" if by else ""
    begin = f"Signal{found}: {result.label if when is None else when.replace('it is', f'{names.whole} is', 1)}."
    count = entries(result)
    held = f"{result.figures['sessions_hedged']:,} of {result.figures['sessions']:,} sessions. Costs paid."
    if always(result.config):
        return f"No signal: {book_words(result)}, all the time, {held}"
    return f"{begin}{own_signals(result.config)} Then {book_words(result)}: {times(count)}, {held}"


def _why(result: Run) -> str:
    """Return why there is no answer."""
    if result.evaluation is not None:
        return result.evaluation.why or ""
    return MADE_UP if result.simulated else OFF


def _why_not(result: Run, why: str) -> str:
    if result.simulated:
        return SIMULATED.format(hedge=hedge_name(result.config).noun)
    if why == NEVER:
        return f"No order for {hedge_name(result.config).noun} was filled: the book is the one without a hedge."
    more = why.partition(": ")[2]
    return f"{more[:1].upper()}{more[1:]}." if more else "The figures show what was done; nothing follows from them."


def _rows(result: Run, names: Names, answer: Answer | None) -> tuple[GlanceRow, ...]:
    idle = f"{share(names.held)} {names.part}, do nothing"
    rows = [_row(idle, result.unhedged, result.figures["controls"]["unhedged"]["cagr"])]
    if answer is not None and answer.insurance.quarter.share < 1.0:
        held = answer.insurance.quarter
        name = f"{share(held.share)} {names.part}, {rest(held.share)} {names.cash}"
        ledger = answer.held["held_less"].ledger
        assert ledger is not None  # noqa: S101  # holding less can always be run
        same = _short_fall(answer.insurance.bad_quarter)
        rows.append(_row(name, ledger, held.cagr, quarter=same, role="held", safe=True))
    safe = len(rows) > 1
    rows.append(_row(names.hedge.title, result.hedged, result.figures["cagr"], role="hedge", safe=safe))
    return tuple(rows)


def _row(name: str, book: Ledger, cagr: float, *, quarter: str = "", role: str = "", safe: bool = False) -> GlanceRow:
    end = float(book.equity[book.last])
    quarter_of = bad_quarter(book.equity) if book.equity.min() > 0.0 else None
    return GlanceRow(name, percent(cagr), quarter or _short_fall(quarter_of), money(end), dollars(end), role, safe)


def _short_fall(value: float | None) -> str:
    return number(None if value is None else 100.0 * value, 1)

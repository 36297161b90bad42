"""How a stress was made: what its replays, its paths and its fund are, and what none of it says."""

from __future__ import annotations

from collections.abc import Iterator

from data.extension import Extension, terms_of
from data.format import counted, in_percent, percent, share
from engine.stress.past import DEEP, LOOKBACK, RALLIES
from engine.stress.paths import BLOCK
from reports.document import Details, Items, Section
from reports.stress_words import StressTold

PAPERS = (
    "The volatility is that of a GJR-GARCH(1,1) (Glosten, Jagannathan and Runkle 1993, Journal of Finance 48); its"
    " standardised residuals are drawn (Barone-Adesi, Giannopoulos and Vosper 1999, Journal of Futures Markets 19), in"
    " blocks of days that belong together (Politis and Romano 1994, JASA 89)."
)


def made(told: StressTold) -> Section:
    """Return the section, folded."""
    parts = [Details("Replays, paths, the fund and the books", [Items(list(_assumed(told)))], "assumed")]
    return Section("made-part", "How it was made", parts, "Assumptions")


def _assumed(told: StressTold) -> Iterator[str]:
    yield from _replays(told)
    yield from _paths(told)
    yield from _fund(told)
    yield from _books(told)
    yield (
        "No figure is a forecast, nor how probable anything is: 18 falls are few, were chosen because they were falls,"
        " and the paths have the average return that the days drawn had. Nothing is tested for significance, and there"
        " is no p-value."
    ).replace("18 falls", counted(len(told.falls), "fall"))


def _replays(told: StressTold) -> Iterator[str]:
    past = told.found.today.past
    days = past.days.dates
    index = (
        f" Days before {past.own.dates[0]} are those of index {past.index}, of which only closes are known: each has"
        " the open, the range and the volume of one of the fund's own days of about that return."
    ).replace("the fund's", f"{told.underlying}'s")
    yield (
        f"Replayed is every fall of {told.underlying} by over {100 * DEEP:.0f} % from {days[0]} to {days[-1]}, each"
        f" from the session after its peak to a new peak or 40 % above its low, and the {RALLIES} sharpest rises over a"
        f" quarter.{index if past.index else ''}"
    )
    yield (
        "In a replay those days come again behind the last close, one after the other. An instrument does what it did"
        f" on them; one that is traded and had no bar then goes by its beta over the last {LOOKBACK} sessions, and what"
        " is left of another day's return. Rates do from today's level what they did, every other series has the values"
        " it had, events come where they came. A fall on which anything that a signal reads isn't known is refused."
    )


def _paths(told: StressTold) -> Iterator[str]:
    drawn = told.found.drawn
    if drawn is None:
        return
    count, first, last = drawn.pool
    now, usual = (percent(volatility) for volatility in drawn.volatility)
    yield (
        f"{counted(len(drawn.fell), 'path')} of {counted(told.found.horizon, 'session')}: {count:,} days from {first}"
        f" to {last}, on which all that the run reads has a value, are drawn anew in blocks of {BLOCK} on average, at"
        f" the volatility that follows today's: {now} a year, {usual} over that history. {PAPERS}"
    )
    yield (
        "On a path rates add what they did on the days drawn, implied volatility keeps its ratio to the underlying's,"
        " other series have the values of those days, another instrument goes by its beta and what the day left of its"
        " return, and schedules go on as a year before. The seed is fixed: the same history gives the same paths."
    )
    fell = f"{int(drawn.fell.sum()):,} of them fell by {in_percent(-drawn.fall)}"
    yield f"{fell} from today's close to any within {counted(told.found.horizon, 'session')}."


def _fund(told: StressTold) -> Iterator[str]:
    market = told.found.today.past.market
    for role in market.roles.hedges:
        if role.kind == "fund":
            terms = terms_of(Extension(role.instrument, market.underlying, role.leverage), on_index=False)
            yield (
                f"{role.instrument} follows its model in all of it: {role.leverage:g} times what {market.underlying}"
                f" does in a session, financing, fee and swap spread. The model errs by up to {percent(terms.band)} a"
                " year; the ends at both edges of that band stand in the tables."
            )


def _books(told: StressTold) -> Iterator[str]:
    names, less = told.names, told.found.today.share
    yield (
        "Each book begins with what it holds at the last close, and pays the run's costs. Doing nothing holds the core."
        " What is sold instead is sold when the hedge is ordered, to the beta that the hedged book then has."
    ).replace("sold instead is sold", "bought instead is bought" if names.more else "sold instead is sold")
    if less is None:
        yield "The run is too short to tell which part of the core was as safe as the hedge: holding less is left out."
    else:
        yield (
            f"Holding less is {share(less)} {names.part} and the rest in {names.cash}, rebalanced monthly: what was as"
            " safe as the hedged book over the run."
        )
    yield (
        "Values are of what each book is worth today. A worst fall is from any close before, today's included, to a"
        " later one; a worst quarter the worst return over 63 sessions, over all of them where there are fewer."
    )

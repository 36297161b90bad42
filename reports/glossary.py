"""The words of the report's page, and what they mean: by the kinds of hedge that a run has."""

from __future__ import annotations

from collections.abc import Iterator

from engine.config import RunConfig
from engine.hedge_names import MODELLED, hedge_name, modelled

WORDS = (
    (
        "Bad quarter",
        "How far the worst 5 % of 3-month returns fall short of an average one, in points: mean less mean.",
    ),
    ("As safe", "A bad quarter of both books falls as far short of an average one."),
    ("Doing nothing", "The same core without any hedge."),
    ("Holding less", "A part of the core and the rest in bills, all the time, restored monthly: no signal, no fund."),
    ("Exposure", "What holding less of the core on any dates, as much and as long as the hedge did, does on average."),
    ("Timing", "What the run's own dates did better or worse than random ones."),
    ("Drift", "What came of letting the hedge move between its orders, beside keeping the exposure ordered."),
    ("Fund", "What the fund did beside selling core, day by day, to the very same exposure."),
    ("Random dates", "The run's own orders moved around the calendar, by every number of sessions there is."),
    ("Core", "What the book holds for its own sake."),
    ("Hedge, sleeve", "The fund that is bought against the core, and the part of the book that is in it."),
    ("Underlying", "What the fund is a multiple of, day by day."),
    ("Session", "A trading day."),
    ("Episode", "From the fill that buys the hedge to being flat again."),
    ("Beta, exposure", "How much of equity moves with the underlying: 1 is all of it, once."),
    ("Net beta", "The book's exposure: core times its beta, and the hedge times its leverage. Net short: below 0."),
    (
        "Sold at entry",
        "Core sold, when the hedge is ordered, down to the exposure the hedged book then has; the rest in cash.",
    ),
    (
        "Sold daily",
        "Core sold or bought whenever the fund resets, to the exposure the hedged book then has; the rest in cash.",
    ),
    ("Decay", "What the fund itself takes: fee, swap spread and tracking, set against the interest it earns."),
    (
        "Path effect",
        "What daily reset makes beside a position that is left alone: a gain in a trend, a loss in a chop.",
    ),
    ("Fall", "From a peak of the core to a new peak, or to a rise of 40 % from the low, which begins another."),
    ("Recovery", "The close at which a fall is over."),
    ("Worst fall", "The deepest fall of a book from its highest equity so far."),
    ("Cluster", "Episodes with fewer than 21 sessions between them."),
    ("N_eff", "How many clusters of one size would weigh as much: few where a few make most of what differs."),
    ("Smallest effect", "What would be found in four of five histories like this one, at 5 %, two-sided."),
    ("p", "How often random dates are as far out as the run's own."),
    ("Log growth", "The logarithm of what a dollar became, a year: it adds up over time, where a CAGR doesn't."),
    ("CAGR", "The yearly rate that compounds from the first equity to the last."),
    ("Sharpe", "Mean daily return over that of cash, over its standard deviation, a year."),
    ("95 % interval", "Between what the figure lies in 95 % of histories drawn from this one's sessions, in blocks."),
)

OF_A_FUND = ("Decay", "Path effect")
"""Words that only a leveraged fund needs."""


def words_of(config: RunConfig) -> tuple[tuple[str, str], ...]:
    """Return the words of a run's page: `WORDS` where the hedge is one fund."""
    if len(config.legs) == 1 and config.hedge.kind == "fund":
        return WORDS
    funds = any(leg.kind == "fund" for leg in config.legs)
    changed = _changed(config)
    own = hedge_name(config).part
    kept = [
        (own if word == "Fund" else word, changed.get(word, meaning))
        for word, meaning in WORDS
        if funds or word not in OF_A_FUND
    ]
    return (*kept, *_more(config))


def _changed(config: RunConfig) -> dict[str, str]:
    """Return the meanings that aren't those of a fund."""
    name = hedge_name(config)
    return {
        "Holding less": "A part of the core and the rest in bills, all the time, restored monthly, without a signal.",
        "Fund": f"What {name.called} did beside selling core, day by day, to the very same exposure as far as known.",
        "Hedge, sleeve": "What is bought or sold against the core, and the part of the book that is in it.",
        "Underlying": "What signals read unless told otherwise, and what every beta is to.",
        "Net beta": "The book's exposure: core times its beta, and each hedge times its own. Net short: below 0.",
        "Episode": "From the fill that puts a hedge on to being flat again.",
        "Sold daily": "Core sold or bought at each close at which a hedge is held, to the exposure the hedged book then"
        " has; the rest in cash.",
    }


def _more(config: RunConfig) -> Iterator[tuple[str, str]]:
    kinds = {leg.kind for leg in config.legs}
    if "asset" in kinds:
        yield "Estimated beta", "How much an asset moved with the underlying in the sessions before, as known then."
    if modelled(config):
        yield MODELLED, "Priced by a formula, at a volatility that is made of VIX: nobody's quotes are read."
        yield "Delta", "How much an option's price moves with its underlying: its beta, for a moment."
        yield "Cover", "Contracts a share of the core: 1 covers all of it."

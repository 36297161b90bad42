"""The verdict: paid, did not pay or can't tell, by holding less; withheld, with the reason, without an answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from data.format import capital, percent
from engine.analytics.answer import words
from engine.analytics.answer.answer import Answer
from engine.analytics.answer.insurance import CANT_TELL, NOT_PAID, PAID
from engine.analytics.episode_stats import Figure
from engine.analytics.hedge_metrics import Protection

__all__ = ["CANT_TELL", "NOT_PAID", "PAID", "WITHHELD", "Verdict", "price_sentence", "verdict_of", "withheld"]

WITHHELD = "withheld"
JUDGE = "derisk_daily"
"""The control whose daily difference sets the blocks of the evidence's bootstrap."""


@dataclass(frozen=True)
class Verdict:
    """One sentence and its reasons.

    Parameters
    ----------
    outcome
        `PAID`, `NOT_PAID`, `CANT_TELL` or `WITHHELD`.
    headline
        The answer in under six words.
    sentence
        The verdict, for a person.
    reasons
        Why, a sentence each, with numbers and units.
    price
        What the hedge cost against the unhedged book, a sentence: no verdict.
    alternative
        When selling core is better, a sentence.
    """

    outcome: str
    headline: str
    sentence: str
    reasons: tuple[str, ...]
    price: str
    alternative: str

    @property
    def label(self) -> str:
        """The outcome, as metrics.json and every table name it."""
        return self.outcome

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values for metrics.json."""
        return {"label": self.label} | asdict(self) | {"reasons": list(self.reasons)}


def verdict_of(answer: Answer, names: words.Names, price: Protection, sale_cost: Figure) -> Verdict:
    """Return the verdict of an answer.

    Parameters
    ----------
    names
        What a person calls the parts of the run.
    price
        What the hedge cost against the unhedged book.
    sale_cost
        `engine.analytics.hedge_metrics.sale_cost_at_par` against the book sold at entry.
    """
    label, headline = answer.insurance.label, words.headline(answer, names)
    return Verdict(
        label,
        headline,
        f"{headline} {words.plain(words.lead(answer, names))}",
        (words.label_sentence(answer.insurance), words.sum_words(answer, names)),
        price_sentence(price),
        alternative_sentence(names.hedge.called, sale_cost),
    )


def withheld(why: str, hedge: str, price: Protection, sale_cost: Figure) -> Verdict:
    """Return that there is no verdict, and why."""
    headline = words.no_headline(why)
    return Verdict(
        WITHHELD, headline, f"No verdict: {why}.", (), price_sentence(price), alternative_sentence(hedge, sale_cost)
    )


def price_sentence(price: Protection) -> str:
    """Return what protection cost against the unhedged book, and for each point of drawdown and of tail loss.

    A price is left out where what it is a price of rounds to 0.
    """
    fell, tail = price.drawdown_avoided, price.cvar_avoided
    took = f"{_points(fell, 1)} maximum drawdown and {_points(tail, 2)} mean loss on the worst 5 % of sessions"
    if price.cost <= 0.0:
        more = f": {percent(-price.cost, 2)} a year more" if price.cost < 0.0 else ""
        return f"Against unhedged it cost nothing{more}, with {took}."
    each: Mapping[str, tuple[Figure, float]] = {
        "drawdown": (price.cost_per_drawdown, round(100.0 * fell, 1)),
        "tail loss": (price.cost_per_cvar, round(100.0 * tail, 2)),
    }
    prices = [
        f"{figure.value:.2f} % a year a point of {what}"
        for what, (figure, shown) in each.items()
        if figure.value is not None and shown
    ]
    each_point = " and ".join(prices) or "for nothing"
    return f"Against unhedged it cost {percent(price.cost, 2)} a year, with {took}: {each_point}."


def alternative_sentence(hedge: str, cost: Figure) -> str:
    """Return when selling core is better than the hedge."""
    if cost.value is None:
        return f"There is no cost of selling that makes {hedge} and selling core equal: {cost.why}."
    if cost.value == 0.0:
        return f"{capital(hedge)} and selling core ended with the same dollars."
    return f"Selling core is better unless selling costs you more than {percent(cost.value, 2)} of the amount sold."


def _points(avoided: float, decimals: int) -> str:
    return f"{100 * abs(avoided):.{decimals}f} points {'less' if avoided >= 0.0 else 'more'}"

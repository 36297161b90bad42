"""The verdict, by the rules of docs/verdict.md: paid, did not pay, can't tell, or withheld; and the price beside it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

from engine.judgement.drawdowns import DEEP
from engine.judgement.evidence import LEVEL, Interval
from engine.judgement.measures import Figure, Protection

PAID, NOT_PAID, CANT_TELL, WITHHELD = "paid", "did not pay", "can't tell", "withheld"

UNTOLD = "Can't tell whether {hedge} paid: "

LEAST_EPISODES = 10
LEAST_DRAWDOWNS = 10
"""How many of each it takes to claim anything."""

JUDGE = "derisk_daily"
"""The control that the verdict is about: the daily-matched de-risk."""

VARIATIONS = (
    "rebalanced never",
    "rebalanced daily",
    "rebalanced weekly",
    "filled at the next close",
    "signals one session late",
    "costs times five",
    "cash rate 0",
)
"""The sensitivity strip: the same run and its de-risk with one thing changed."""


@dataclass(frozen=True)
class Case:
    """What a verdict is made from.

    Parameters
    ----------
    hedge
        The fund's name.
    simulated
        Whether the history is made up.
    growth
        The growth difference to the daily-matched de-risk, a fraction a year, `Difference.growth`; ``None`` when
        either book was ruined.
    ruined
        Whether the hedged book was.
    episodes, drawdowns
        Episodes of the hedge, and `deep_drawdowns` of the core.
    strip
        The same growth difference when the run is made again with one thing changed, by `VARIATIONS`.
    price
        What the hedge cost against the unhedged book.
    sale_cost
        `sale_cost_at_par` against the daily-matched de-risk.
    withheld
        Why the book isn't the one that was meant; empty where it is.
    """

    hedge: str
    simulated: bool
    growth: Interval | None
    ruined: bool
    episodes: int
    drawdowns: int
    strip: Mapping[str, float]
    price: Protection
    sale_cost: Figure
    withheld: str = ""


class Rule(NamedTuple):
    """One rule: when it holds, what follows, and how it is said."""

    when: str
    holds: Callable[[Case], bool]
    outcome: str
    says: str


RULES = (
    Rule("the market is simulated", lambda case: case.simulated, WITHHELD, "No verdict on {hedge}: {when}."),
    Rule(
        "more than a tenth of a strategy's orders were rejected",
        lambda case: bool(case.withheld),
        WITHHELD,
        "No verdict on {hedge}: {withheld}.",
    ),
    Rule("the hedged book was ruined", lambda case: case.ruined, NOT_PAID, "{hedge} did not pay: {when}."),
    Rule("the de-risked book was ruined", lambda case: case.growth is None, CANT_TELL, UNTOLD + "{when}."),
    Rule("the hedge was never bought", lambda case: case.episodes == 0, CANT_TELL, UNTOLD + "{when}."),
    Rule(
        "a variation turns the sign of the growth difference",
        lambda case: bool(turned_by(case)),
        CANT_TELL,
        UNTOLD + "that depends on {turned}.",
    ),
    Rule(
        f"there are fewer than {LEAST_EPISODES} episodes or fewer than {LEAST_DRAWDOWNS} core drawdowns",
        lambda case: case.episodes < LEAST_EPISODES or case.drawdowns < LEAST_DRAWDOWNS,
        CANT_TELL,
        UNTOLD + "{when}.",
    ),
    Rule(
        "the interval lies above 0",
        lambda case: case.growth is not None and case.growth.low > 0.0,
        PAID,
        "{hedge} paid: {size} a year more than selling core to the same beta instead.",
    ),
    Rule(
        "the interval lies below 0",
        lambda case: case.growth is not None and case.growth.high < 0.0,
        NOT_PAID,
        "{hedge} did not pay: {size} a year less than selling core to the same beta instead.",
    ),
    Rule(
        "the interval covers 0",
        lambda _case: True,
        CANT_TELL,
        UNTOLD + "{size} a year {way} than selling core to the same beta instead is within chance.",
    ),
)
"""The rules of docs/verdict.md; the first that holds decides."""


@dataclass(frozen=True)
class Verdict:
    """One sentence and its reasons.

    Parameters
    ----------
    outcome
        `PAID`, `NOT_PAID`, `CANT_TELL` or `WITHHELD`.
    depends_on
        The variations that turn the sign.
    sentence
        The verdict, for a person.
    reasons
        Why, a sentence each, with numbers and units.
    price
        What the hedge cost against the unhedged book, a sentence: no verdict.
    alternative
        When selling core is better, a sentence.
    growth
        The interval it rests on, a fraction a year.
    strip
        The sensitivity strip, fractions a year.
    """

    outcome: str
    depends_on: tuple[str, ...]
    sentence: str
    reasons: tuple[str, ...]
    price: str
    alternative: str
    growth: Interval | None
    strip: Mapping[str, float]

    @property
    def label(self) -> str:
        """The outcome, and what it depends on."""
        return f"{self.outcome} (depends on {', '.join(self.depends_on)})" if self.depends_on else self.outcome

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values for metrics.json."""
        plain = asdict(self) | {"depends_on": list(self.depends_on), "reasons": list(self.reasons)}
        return {"label": self.label} | plain


def verdict_of(case: Case) -> Verdict:
    """Judge by the written rules, the first that holds."""
    rule = next(rule for rule in RULES if rule.holds(case))
    turned = turned_by(case)
    estimate = 0.0 if case.growth is None else case.growth.estimate
    return Verdict(
        rule.outcome,
        turned if "{turned}" in rule.says else (),
        rule.says.format(
            hedge=case.hedge,
            withheld=case.withheld,
            when=rule.when,
            turned=", ".join(turned),
            size=_percent(abs(estimate)),
            way="less" if estimate < 0.0 else "more",
        ),
        _reasons(case),
        price_sentence(case.price),
        _alternative(case.hedge, case.sale_cost),
        case.growth,
        dict(case.strip),
    )


def turned_by(case: Case) -> tuple[str, ...]:
    """Return the variations whose growth difference has the other sign."""
    if case.growth is None:
        return ()
    return tuple(name for name, value in case.strip.items() if value * case.growth.estimate < 0.0)


def price_sentence(price: Protection) -> str:
    """Say what protection cost against the unhedged book, and for each point of drawdown and of tail loss."""
    fell, tail = price.drawdown_avoided, price.cvar_avoided
    took = f"{_points(fell, 1)} maximum drawdown and {_points(tail, 2)} mean loss on the worst 5 % of sessions"
    if price.cost <= 0.0:
        return f"Against unhedged it cost nothing: {_percent(-price.cost)} a year more, with {took}."
    each = {"drawdown": price.cost_per_drawdown, "tail loss": price.cost_per_cvar}
    told = [f"{one.value:.2f} % a year a point of {what}" for what, one in each.items() if one.value is not None]
    return (
        f"Against unhedged it cost {_percent(price.cost)} a year, with {took}: {' and '.join(told) or 'for nothing'}."
    )


def _reasons(case: Case) -> tuple[str, ...]:
    if case.simulated:
        return (f"The figures show the machine and say nothing about {case.hedge}.",)
    if case.withheld:
        return (f"The figures are of another book than the strategy meant, and say little about {case.hedge}.",)
    reasons = []
    if case.growth is not None:
        low, high = (_percent(value, sign=True) for value in (case.growth.low, case.growth.high))
        reasons.append(
            f"Hedged less daily-matched de-risk, growth differed by {_percent(case.growth.estimate, sign=True)} a year"
            f" ({100 * LEVEL:.0f} % interval {low} to {high})."
        )
    few = case.episodes < LEAST_EPISODES or case.drawdowns < LEAST_DRAWDOWNS
    claim = f"it takes {LEAST_EPISODES} and {LEAST_DRAWDOWNS} to claim anything" if few else "enough to claim something"
    reasons.append(
        f"It rests on {_count(case.episodes, 'episode')} and {_count(case.drawdowns, 'separate fall')} of the core"
        f" by more than {100 * DEEP:.0f} %: {claim}."
    )
    if case.growth is not None and case.strip:
        reasons.append(_strip_sentence(turned_by(case), case.strip))
    return tuple(reasons)


def _strip_sentence(turned: tuple[str, ...], strip: Mapping[str, float]) -> str:
    if turned:
        told = ", ".join(f"{name} makes it {_percent(strip[name], sign=True)} a year" for name in turned)
        return f"The sign doesn't hold in all {len(strip)} variations: {told}."
    least, most = min(strip, key=lambda name: strip[name]), max(strip, key=lambda name: strip[name])
    span = f"from {_percent(strip[least], sign=True)} a year ({least}) to {_percent(strip[most], sign=True)} ({most})"
    return f"The sign holds in all {len(strip)} variations, {span}."


def _alternative(hedge: str, cost: Figure) -> str:
    if cost.value is None:
        return f"There is no cost of selling that makes {hedge} and selling core equal: {cost.why}."
    return f"Selling core is better unless selling costs you more than {_percent(cost.value)} of the amount sold."


def _percent(value: float, *, sign: bool = False) -> str:
    return f"{100 * value:+z.2f} %" if sign else f"{100 * value:z.2f} %"


def _points(avoided: float, places: int) -> str:
    return f"{100 * abs(avoided):.{places}f} points {'less' if avoided >= 0.0 else 'more'}"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"

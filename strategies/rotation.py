"""RotationHedge: hedge when money leaves the sector for defensives."""

from __future__ import annotations

from dataclasses import dataclass

from data.arrays import Floats
from data.market import Market
from strategies.base import Strategy
from strategies.parameters import parameter
from strategies.rules import Rule, all_fire, rule


@dataclass(frozen=True)
class RotationHedge(Strategy):
    """Hedge (1) when the sector falls behind the market while defensives get ahead of it, else not (0).

    Parameters
    ----------
    market
        What both are compared with.
    defensives
        Instruments that are held in equal parts.
    days
        Sessions over which both are compared.
    behind
        A fraction by which the sector has fallen behind at least.
    ahead
        A fraction by which the defensives have got ahead at least.

    Notes
    -----
    Relative strength as in Levy, "Relative Strength as a Criterion for Investment Selection" (1967).
    """

    market: str = "SPY"
    defensives: tuple[str, ...] = ("XLP", "XLU", "XLV")
    days: int = parameter(63, at_least=1)
    behind: float = parameter(0.05, at_least=0)
    ahead: float = 0.0

    def rules(self) -> tuple[Rule, ...]:
        """Return its rules."""
        compared = {"against": self.market, "days": self.days}
        return (
            rule("relative_strength", "at most", -self.behind, compared),
            rule("relative_strength", "at least", self.ahead, {"of": self.defensives, **compared}),
        )

    def intensity(self, market: Market) -> Floats:
        """Return 1 where both hold, else 0."""
        return all_fire(self.inputs(market))

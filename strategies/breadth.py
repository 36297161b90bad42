"""BreadthHedge: hedge when few chip makers hold up."""

from __future__ import annotations

from dataclasses import dataclass

from data.arrays import Floats
from data.market import Market
from strategies.base import Strategy
from strategies.parameters import parameter
from strategies.rules import Rule, any_fires, rule


@dataclass(frozen=True)
class BreadthHedge(Strategy):
    """Hedge (1) when few members are above their average or many are at new lows, else not (0).

    Parameters
    ----------
    members
        Instruments, or the name of a members file; none is every chip maker there are bars of.
    trend_days
        Sessions in each member's moving average.
    few
        The share of members above their averages at or below which breadth is poor.
    low_days
        Sessions of which a new low is the lowest close.
    lows
        The share of members at new lows at or above which breadth is poor.

    Notes
    -----
    Without dates of membership the members are today's names: those that fell out are missing, and breadth looks
    better than it was.
    """

    members: tuple[str, ...] | str | None = None
    trend_days: int = parameter(50, at_least=2)
    few: float = parameter(0.35, at_least=0, at_most=1)
    low_days: int = parameter(252, at_least=2)
    lows: float = parameter(0.2, at_least=0, at_most=1)

    def rules(self) -> tuple[Rule, ...]:
        """Return its rules."""
        return (
            rule("share_above_average", "at most", self.few, {"members": self.members, "days": self.trend_days}),
            rule("new_lows", "at least", self.lows, {"members": self.members, "days": self.low_days}),
        )

    def intensity(self, market: Market) -> Floats:
        """Return 1 where either holds, else 0."""
        return any_fires(self.inputs(market))

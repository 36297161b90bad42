"""RatesHedge: hedge when yields have jumped and the sector is weak."""

from __future__ import annotations

from dataclasses import dataclass

from data.arrays import Floats
from data.market import Market
from strategies.base import Strategy
from strategies.parameters import parameter
from strategies.rules import Rule, all_fire, rule, rule_of


@dataclass(frozen=True)
class RatesHedge(Strategy):
    """Hedge (1) when a yield rose by much of late and the sector is below its average, else not (0).

    Parameters
    ----------
    rate
        The series of a yield, in percent: TNX is the 10-year note's.
    days
        Sessions over which it rose.
    rise
        Percentage points.
    memory
        Sessions for which that is remembered.
    trend_days
        Sessions in the underlying's moving average.

    Notes
    -----
    Long-dated growth is worth less at higher yields; the correlation is not stable (it was positive before 2021).
    """

    rate: str = "TNX"
    days: int = parameter(21, at_least=1)
    rise: float = 0.35
    memory: int = parameter(10, at_least=1)
    trend_days: int = parameter(50, at_least=2)

    def rules(self) -> tuple[Rule, ...]:
        """Return its rules."""
        risen = {"change_over": self.days, "at_least": self.rise, "within": self.memory}
        return (
            rule_of({"signal": "series_value", "series": self.rate} | risen, "rate"),
            rule("moving_average_gap", "below", 0, {"days": self.trend_days}),
        )

    def intensity(self, market: Market) -> Floats:
        """Return 1 where both hold, else 0."""
        return all_fire(self.inputs(market))

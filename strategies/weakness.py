"""WeaknessHedge: hedge while the sector is below its trend and restless."""

from __future__ import annotations

from dataclasses import dataclass

from data.arrays import Floats
from data.market import Market
from data.ranges import DAYS, Range
from data.roles import Roles
from strategies.base import Strategy
from strategies.inputs import Input, Reads
from strategies.parameters import parameter
from strategies.signals.catalogue import shared
from strategies.signals.volatility import realised_volatility
from strategies.signals.windows import moving_average

VOLATILITY_DAYS = 20


@dataclass(frozen=True)
class WeaknessHedge(Strategy):
    """Hedge (1) when the underlying is weak and restless, else not (0).

    Weak: its total-return close is below its simple moving average of `trend_days` sessions. Restless: its realised
    volatility over 20 sessions, the standard deviation of log returns (ddof 1) times sqrt(252), is above
    `volatility_floor`. Both are 0 in warm-up.

    Parameters
    ----------
    trend_days
        Sessions in the moving average, at least 2.
    volatility_floor
        A fraction a year: the realised volatility of 20 sessions above which the underlying is restless; 0 leaves the
        trend alone to decide.

    Notes
    -----
    The trend rule is Faber, "A Quantitative Approach to Tactical Asset Allocation" (2007), with a shorter average;
    the floor keeps it out of quiet dips, in which daily reset costs little but gains less.
    """

    trend_days: int = parameter(50, DAYS)
    volatility_floor: float = parameter(0.25, Range(0, 10))

    def intensity(self, market: Market) -> Floats:
        """Return 1 where the underlying is below its average and volatility is above the floor, else 0."""
        weak, restless = self.inputs(market)
        return (weak.fired & restless.fired).astype(float)

    def inputs(self, market: Market) -> tuple[Input, Input]:
        """Return the total-return close against its average, and realised volatility against the floor."""
        level, name = market.total_return(), market.underlying
        average = shared(market, moving_average, days=self.trend_days)
        volatility = shared(market, realised_volatility, days=VOLATILITY_DAYS)
        return (
            Input(f"{name} total return, by its {self.trend_days}-session average", level, average, "below"),
            Input(
                f"{name} realised volatility over {VOLATILITY_DAYS} sessions",
                volatility,
                self.volatility_floor,
                "above",
                "fraction a year",
            ),
        )

    def reads(self, roles: Roles) -> Reads:
        """Return nothing: the underlying is always there."""
        del roles
        return Reads()

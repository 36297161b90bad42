"""VolatilityHedge: hedge while the sector's volatility is high for its year, or the VIX curve is inverted."""

from __future__ import annotations

from dataclasses import dataclass

from data.arrays import Floats
from data.market import Market
from data.ranges import CENTURY, DAYS, Range
from data.roles import Roles
from strategies.base import Strategy
from strategies.inputs import Input, Reads
from strategies.parameters import parameter
from strategies.rules import any_fires
from strategies.signals.catalogue import shared
from strategies.signals.feeds import Days, Level
from strategies.signals.volatility import realised_volatility
from strategies.signals.windows import percentile


def volatility_rank(level: Level, days: Days, year: Days) -> Floats:
    """Return the share of the last `year` realised volatilities, over `days` sessions, at or below this close's."""
    return percentile(realised_volatility(level, days), year)


@dataclass(frozen=True)
class VolatilityHedge(Strategy):
    """Hedge (1) when volatility is at the top of its own year or the VIX curve is inverted, else not (0).

    At the top: the underlying's realised volatility over `volatility_days` sessions (standard deviation of log
    returns, ddof 1, times sqrt(252)) is at or above the percentile `top` of its last `year` values. Inverted: the
    series VIX stands above VIX3M, asked only where the data hold both and `vix_curve` is true.

    Parameters
    ----------
    volatility_days
        Sessions in the realised volatility, the standard deviation of so many log returns.
    year
        Sessions among which today's volatility is ranked.
    top
        A fraction of the year's sessions, in (0, 1]: the rank from which volatility counts as high; 0.9 is the 90th
        percentile.
    vix_curve
        Whether an inverted VIX curve is a trigger too.

    Notes
    -----
    VIX above VIX3M marks stress: Cboe's volatility indices, 30 days against three months. Ranking volatility within
    its own year follows Moreira and Muir, "Volatility-Managed Portfolios" (2017), in spirit: volatility clusters.
    """

    volatility_days: int = parameter(20, DAYS)
    year: int = parameter(252, Range(20, CENTURY))
    top: float = parameter(0.9, Range(0.01, 1))
    vix_curve: bool = True

    def intensity(self, market: Market) -> Floats:
        """Return 1 where realised volatility tops its year or VIX is above VIX3M, else 0."""
        return any_fires(self.inputs(market))

    def inputs(self, market: Market) -> tuple[Input, ...]:
        """Return the rank of realised volatility in its year, and VIX against VIX3M where it has a say."""
        rank = Input(
            f"{market.underlying} realised volatility over {self.volatility_days} sessions, rank in {self.year}",
            shared(market, volatility_rank, days=self.volatility_days, year=self.year),
            self.top,
            "at least",
            "fraction",
        )
        if not self._reads_vix(market):
            return (rank,)
        return rank, Input("VIX, by VIX3M", market.series("VIX"), market.series("VIX3M"), "above")

    def reads(self, roles: Roles) -> Reads:
        """Return the VIX curve, where it has a say."""
        del roles
        return Reads(optional=("VIX", "VIX3M") if self.vix_curve else ())

    def label(self, market: Market) -> str:
        """Return its name, which says when the VIX curve had no say."""
        return "VolatilityHedge" if self._reads_vix(market) else "VolatilityHedge (realised volatility alone)"

    def _reads_vix(self, market: Market) -> bool:
        return self.vix_curve and market.has_series("VIX") and market.has_series("VIX3M")

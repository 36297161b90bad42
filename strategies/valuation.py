"""ValuationHedge: hedge when the sector is dear and has begun to turn down."""

from __future__ import annotations

from dataclasses import dataclass

from data.arrays import Floats
from data.market import Market
from strategies.base import Strategy
from strategies.parameters import parameter
from strategies.signals.windows import moving_average, percentile, within


@dataclass(frozen=True)
class ValuationHedge(Strategy):
    """Hedge (1) when the sector was stretched of late and is turning down, else not (0).

    Stretched: the valuation stands in the top of its own `lookback` sessions, at or above the percentile `stretched`,
    on any of the last `memory` sessions. Turning down: the underlying's total-return close is below its simple
    moving average of `turn_days` sessions.

    The valuation is the series named by `valuation` (a price/earnings ratio, say). Without one it is the total-return
    close divided by its own moving average of `trend_days` sessions: no earnings are in it, so it then goes by the
    name of a price-to-trend proxy.

    Parameters
    ----------
    valuation
        A series' name, or none for the proxy.
    trend_days
        Sessions in the proxy's moving average.
    lookback
        Sessions among which today's valuation is ranked.
    stretched
        The percentile from which the sector counts as dear, in (0, 1].
    memory
        Sessions for which "stretched" is remembered, this one included.
    turn_days
        Sessions in the moving average that tells the turn.

    Notes
    -----
    Own-history percentiles of price/earnings are the usual "richly valued" of market comment; ranking on the past
    alone keeps them causal. Asness, Ilmanen and Maloney, "Market Timing: Sin a Little" (2017) pair value with trend
    for the same reason: dear can stay dear for years.
    """

    valuation: str | None = None
    trend_days: int = parameter(200, at_least=2)
    lookback: int = parameter(756, at_least=20)
    stretched: float = parameter(0.8, at_least=0.01, at_most=1)
    memory: int = parameter(60, at_least=1)
    turn_days: int = parameter(50, at_least=2)

    def intensity(self, market: Market) -> Floats:
        """Return 1 where the sector was stretched within `memory` sessions and is below its average, else 0."""
        level = market.total_return()
        if self.valuation is None:
            value = level / moving_average(level, self.trend_days)
        else:
            value = market.series(self.valuation)
        dear = (percentile(value, self.lookback) >= self.stretched).astype(float)
        turning = level < moving_average(level, self.turn_days)
        return within(dear, self.memory) * turning

    def label(self, market: Market) -> str:
        """Return its name, which says when no earnings are in it."""
        del market
        return (
            "ValuationHedge (price-to-trend proxy)" if self.valuation is None else f"ValuationHedge ({self.valuation})"
        )

"""ValuationHedge: hedge when the sector is dear and has begun to turn down."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Floats
from data.market import Market
from data.ranges import CENTURY, COUNT, DAYS, Range
from data.roles import Roles
from strategies.base import Strategy
from strategies.inputs import Input, Reads
from strategies.parameters import parameter
from strategies.rules import all_fire
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
    trend_days: int = parameter(200, DAYS)
    lookback: int = parameter(756, Range(20, CENTURY))
    stretched: float = parameter(0.8, Range(0.01, 1))
    memory: int = parameter(60, COUNT)
    turn_days: int = parameter(50, DAYS)

    def intensity(self, market: Market) -> Floats:
        """Return 1 where the sector was stretched within `memory` sessions and is below its average, else 0."""
        return all_fire(self.inputs(market))

    def inputs(self, market: Market) -> tuple[Input, Input]:
        """Return the highest rank of the valuation within `memory` sessions, and the close against its average."""
        level, name = market.total_return(), market.underlying
        if self.valuation is None:
            value = level / moving_average(level, self.trend_days)
            called = f"{name} over its {self.trend_days}-session average"
        else:
            value, called = market.series(self.valuation), self.valuation
        rank = np.nan_to_num(percentile(value, self.lookback))  # ranks are above 0
        highest = within(rank, self.memory)
        return (
            Input(
                f"{called}, highest rank in {self.lookback} sessions, of the last {self.memory}",
                np.where(highest > 0.0, highest, np.nan),
                self.stretched,
                "at least",
                "fraction",
            ),
            Input(
                f"{name} total return, by its {self.turn_days}-session average",
                level,
                moving_average(level, self.turn_days),
                "below",
            ),
        )

    def reads(self, roles: Roles) -> Reads:
        """Return the valuation's series, where one is named."""
        del roles
        return Reads(series=() if self.valuation is None else (self.valuation,))

    def label(self, market: Market) -> str:
        """Return its name, which says when no earnings are in it."""
        del market
        return f"ValuationHedge ({'price-to-trend proxy' if self.valuation is None else self.valuation})"

"""ValuationHedge: hedge when the sector is dear and has begun to turn down."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.arrays import Floats
from data.market import Market
from data.ranges import CENTURY, COUNT, DAYS, Range
from data.roles import Roles
from strategies.base import Strategy
from strategies.inputs import Input, Reads
from strategies.parameters import parameter
from strategies.rules import all_fire, valuation_remarks
from strategies.signals.catalogue import shared
from strategies.signals.feeds import Days, Level, Value, valuation_of, valuations_of
from strategies.signals.valuation import price_to_trend
from strategies.signals.windows import moving_average, percentile, within

FORCED = "proxy"
"""What names the proxy in place of a series."""


def series_rank(value: Value, lookback: Days) -> Floats:
    """Return the share of the last `lookback` values at or below this close's; 0 where it isn't known."""
    return np.nan_to_num(percentile(value, lookback))  # ranks are above 0


def trend_rank(level: Level, days: Days, lookback: Days) -> Floats:
    """Return the rank of the total-return close over its average of `days` sessions, as `series_rank` does."""
    return series_rank(price_to_trend(level, days), lookback)


@dataclass(frozen=True)
class ValuationHedge(Strategy):
    """Hedge (1) when the sector was stretched of late and is turning down, else not (0).

    Stretched: the valuation stands in the top of its own `lookback` sessions, at or above the percentile `stretched`,
    on any of the last `memory` sessions. Turning down: the underlying's total-return close is below its simple
    moving average of `turn_days` sessions.

    The valuation is price/earnings: of the series named by `valuation`; unless one is named, of the underlying's own
    (``SOXX_PE``), else of the chip makers whose filings there are (``CHIPS_PE``). Where the data hold none it is the
    total-return close divided by its own moving average of `trend_days` sessions: no earnings are in it, so it then
    goes by the name of a price-to-trend proxy.

    Parameters
    ----------
    valuation
        A series' name; none for what the data hold, ``proxy`` for the proxy whatever they hold.
    trend_days
        Sessions in the proxy's moving average.
    lookback
        Sessions among which today's valuation is ranked.
    stretched
        A fraction of the lookback's sessions, in (0, 1]: the rank from which the sector counts as dear; 0.8 is the 80th
        percentile.
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
        level, name, series = market.total_return(), market.underlying, self._series(market)
        called = series or f"{name} over its {self.trend_days}-session average"
        highest = within(self._rank(market, series), self.memory)
        return (
            Input(
                f"{called}, highest rank in {self.lookback} sessions, of the last {self.memory}",
                np.where(highest > 0.0, highest, np.nan),
                self.stretched,
                "at least",
                "fraction",
                None if series is None else (series, self.lookback),
            ),
            Input(
                f"{name} total return, by its {self.turn_days}-session average",
                level,
                shared(market, moving_average, days=self.turn_days),
                "below",
            ),
        )

    def reads(self, roles: Roles) -> Reads:
        """Return the valuation's series: the one named, else those that may be there."""
        if self.valuation is None:
            return Reads(optional=valuations_of(roles.underlying))
        return Reads(series=() if self.valuation == FORCED else (self.valuation,))

    def remarks(self, market: Market) -> Sequence[str]:
        """Return what a reader has to know of the valuation: of whom it is, or that no earnings are in it."""
        return () if self.valuation == FORCED else tuple(valuation_remarks(market, self.valuation))

    def label(self, market: Market) -> str:
        """Return its name, which says when no earnings are in it."""
        return f"ValuationHedge ({self._series(market) or 'price-to-trend proxy'})"

    def _rank(self, market: Market, series: str | None) -> Floats:
        """Return the rank of the valuation at each close, of the proxy where there is no series."""
        if series is None:
            return shared(market, trend_rank, days=self.trend_days, lookback=self.lookback)
        return shared(market, series_rank, series=series, lookback=self.lookback)

    def _series(self, market: Market) -> str | None:
        """Return the series by which it goes; None for the proxy."""
        if self.valuation == FORCED:
            return None
        return self.valuation or valuation_of(market)

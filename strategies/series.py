"""SeriesHedge: hedge by any series: its level, change, rank or z-score."""

from __future__ import annotations

from dataclasses import dataclass

from data.arrays import Floats
from data.market import Market
from strategies.base import Strategy
from strategies.parameters import ParameterError, parameter
from strategies.rules import Rule, all_fire, rule, rule_of

BY = ("level", "change", "percentile", "zscore")


@dataclass(frozen=True)
class SeriesHedge(Strategy):
    """Hedge (1) when a series stands high (or low), and the sector is below its average, else not (0).

    Parameters
    ----------
    series
        Its name: a credit spread, a volatility index, a price/earnings ratio.
    by
        What of it: ``level``, ``change``, ``percentile`` or ``zscore``.
    over
        Sessions of the change, the rank or the z-score.
    threshold
        Where it speaks for hedging.
    high
        Whether it does so at or above the threshold; else at or below.
    memory
        Sessions for which that is remembered.
    trend_days
        Sessions in the underlying's moving average.
    """

    series: str = "VIX"
    by: str = "percentile"
    over: int = parameter(252, at_least=2)
    threshold: float = 0.8
    high: bool = True
    memory: int = parameter(5, at_least=1)
    trend_days: int = parameter(50, at_least=2)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.by not in BY:
            raise ParameterError(f"by has to be one of {', '.join(BY)}, not {self.by!r}", "by")

    def rules(self) -> tuple[Rule, ...]:
        """Return its rules."""
        written = {"signal": "series_value", "series": self.series, "within": self.memory}
        written |= {"at_least" if self.high else "at_most": self.threshold}
        written |= {} if self.by == "level" else {f"{self.by}_over": self.over}
        return (
            rule_of(written, "series"),
            rule("moving_average_gap", "below", 0, {"days": self.trend_days}),
        )

    def intensity(self, market: Market) -> Floats:
        """Return 1 where both hold, else 0."""
        return all_fire(self.inputs(market))

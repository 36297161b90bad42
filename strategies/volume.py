"""VolumeHedge: hedge when SOXS trades heavily while the sector is weak."""

from __future__ import annotations

from dataclasses import dataclass

from data.arrays import Floats
from data.market import Market
from strategies.base import Strategy
from strategies.parameters import parameter
from strategies.rules import Rule, all_fire, rule


@dataclass(frozen=True)
class VolumeHedge(Strategy):
    """Hedge (1) when the fund's volume surged of late and the sector is weak, else not (0).

    Surge: the log of the fund's dollar volume stood `surge` standard deviations or more above its mean of
    `volume_days` sessions, on any of the last `memory`. Weak: the underlying is below its average of `trend_days`.

    Parameters
    ----------
    volume_days
        Sessions with which a day's dollar volume is compared.
    surge
        Standard deviations.
    memory
        Sessions for which a surge is remembered.
    trend_days
        Sessions in the underlying's moving average.

    Notes
    -----
    Heavy volume in an inverse fund is the crowd's own hedge. Dollars are as traded: shares jump at reverse splits.
    """

    volume_days: int = parameter(63, at_least=2)
    surge: float = 1.5
    memory: int = parameter(5, at_least=1)
    trend_days: int = parameter(20, at_least=2)

    def rules(self) -> tuple[Rule, ...]:
        """Return its rules."""
        return (
            rule("volume_zscore", "at least", self.surge, {"days": self.volume_days}, within=self.memory),
            rule("moving_average_gap", "below", 0, {"days": self.trend_days}),
        )

    def intensity(self, market: Market) -> Floats:
        """Return 1 where both hold, else 0."""
        return all_fire(self.inputs(market))

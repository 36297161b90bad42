"""FatigueHedge: hedge when the sector ran too far and its momentum has turned."""

from __future__ import annotations

from dataclasses import dataclass

from data.arrays import Floats
from data.market import Market
from strategies.base import Strategy
from strategies.parameters import parameter
from strategies.rules import Rule, all_fire, rule


@dataclass(frozen=True)
class FatigueHedge(Strategy):
    """Hedge (1) when the sector was stretched of late and its momentum turned down from overbought, else not (0).

    Stretched: its total-return close stood `stretched` standard deviations or more above its average of `trend_days`
    sessions, on any of the last `memory`. Turned: its RSI over `rsi_days` is below `overbought` after it was there
    within the `memory` sessions before. The hedge is on while both hold, so for `memory` sessions at most after a turn.

    Parameters
    ----------
    trend_days
        Sessions in the average and its standard deviation.
    stretched
        Standard deviations above it.
    rsi_days
        Sessions of Wilder's RSI.
    overbought
        The RSI from which momentum counts as overbought.
    memory
        Sessions for which both are remembered.

    Notes
    -----
    Wilder, "New Concepts in Technical Trading Systems" (1978); Bollinger, "Bollinger on Bollinger Bands" (2001).
    """

    trend_days: int = parameter(50, at_least=2)
    stretched: float = 1.5
    rsi_days: int = parameter(14, at_least=2)
    overbought: float = parameter(70.0, at_least=0, at_most=100)
    memory: int = parameter(15, at_least=1)

    def rules(self) -> tuple[Rule, ...]:
        """Return its rules."""
        turn = {"days": self.rsi_days, "overbought": self.overbought, "memory": self.memory}
        return (
            rule("trend_deviation", "at least", self.stretched, {"days": self.trend_days}, within=self.memory),
            rule("rsi_turn", "at least", 1, turn),
        )

    def intensity(self, market: Market) -> Floats:
        """Return 1 where both hold, else 0."""
        return all_fire(self.inputs(market))

"""CalendarHedge: hedge into dates that move the sector, while it is weak."""

from __future__ import annotations

from dataclasses import dataclass

from data.arrays import Floats
from data.market import Market
from strategies.base import Strategy
from strategies.parameters import parameter
from strategies.rules import Rule, any_fires, rule


@dataclass(frozen=True)
class CalendarHedge(Strategy):
    """Hedge (1) when a date that moves the sector is near and the sector is below its average, else not (0).

    Near: the next event of any of the tables is `days` calendar days away or less.

    Parameters
    ----------
    events
        Tables of events.
    days
        Calendar days.
    trend_days
        Sessions in the underlying's moving average.

    Notes
    -----
    A schedule without the dates on which it was announced is read in hindsight: meetings are known a year ahead,
    earnings dates a few weeks, and unscheduled meetings not at all.
    """

    events: tuple[str, ...] = ("fomc_dates", "cpi_release_dates")
    days: int = parameter(3, at_least=0)
    trend_days: int = parameter(20, at_least=2)

    def rules(self) -> tuple[Rule, ...]:
        """Return its rules, the trend first."""
        near = (rule("days_to_event", "at most", self.days, {"events": name}) for name in self.events)
        return (rule("moving_average_gap", "below", 0, {"days": self.trend_days}), *near)

    def intensity(self, market: Market) -> Floats:
        """Return 1 where the sector is weak and any date is near, else 0."""
        trend, *near = self.inputs(market)
        return trend.fired * any_fires(near)

"""Strategies that are made of rules: each is its parameters, and the rules that they fill in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from data.arrays import Floats
from data.market import Market
from data.ranges import ANY, COUNT, DAYS, DEVIATIONS, SESSIONS, SHARE, Range
from strategies.base import Strategy
from strategies.parameters import parameter
from strategies.rules import Rule, any_fires, rule, rule_of


def _weak(days: int) -> Rule:
    """Return the rule that the underlying is below its moving average."""
    return rule("moving_average_gap", "below", 0, {"days": days})


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
        Standard deviations by which the close stood above its average at least.
    rsi_days
        Sessions of Wilder's average in the RSI.
    overbought
        Index 0-100: the RSI from which momentum counts as overbought.
    memory
        Sessions for which both are remembered.

    Notes
    -----
    Wilder, "New Concepts in Technical Trading Systems" (1978); Bollinger, "Bollinger on Bollinger Bands" (2001).
    """

    trend_days: int = parameter(50, DAYS)
    stretched: float = parameter(1.5, DEVIATIONS)
    rsi_days: int = parameter(14, DAYS)
    overbought: float = parameter(70.0, Range(0, 100))
    memory: int = parameter(15, COUNT)

    def rules(self) -> tuple[Rule, ...]:
        """Return its rules."""
        turn = {"days": self.rsi_days, "overbought": self.overbought, "memory": self.memory}
        return (
            rule("trend_deviation", "at least", self.stretched, {"days": self.trend_days}, within=self.memory),
            rule("rsi_turn", "at least", 1, turn),
        )


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
        Standard deviations by which the log of a day's dollar volume stood above its mean at least.
    memory
        Sessions for which a surge is remembered.
    trend_days
        Sessions in the underlying's moving average.

    Notes
    -----
    Heavy volume in an inverse fund is the crowd's own hedge. Dollars are as traded: shares jump at reverse splits.
    """

    volume_days: int = parameter(63, DAYS)
    surge: float = parameter(1.5, DEVIATIONS)
    memory: int = parameter(5, COUNT)
    trend_days: int = parameter(20, DAYS)

    def rules(self) -> tuple[Rule, ...]:
        """Return its rules."""
        return (
            rule("volume_zscore", "at least", self.surge, {"days": self.volume_days}, within=self.memory),
            _weak(self.trend_days),
        )


@dataclass(frozen=True)
class BreadthHedge(Strategy):
    """Hedge (1) when few members are above their average or many are at new lows, else not (0).

    Parameters
    ----------
    members
        Instruments, or the name of a members file; none is every chip maker there are bars of.
    trend_days
        Sessions in each member's moving average.
    few
        A fraction of the members: with so many or fewer of them above their averages breadth is poor.
    low_days
        Sessions of which a new low is the lowest close, its own included.
    lows
        A fraction of the members: with so many or more of them at new lows breadth is poor.

    Notes
    -----
    Without dates of membership the members are today's names: those that fell out are missing, and breadth looks
    better than it was.
    """

    members: tuple[str, ...] | str | None = None
    trend_days: int = parameter(50, DAYS)
    few: float = parameter(0.35, SHARE)
    low_days: int = parameter(252, DAYS)
    lows: float = parameter(0.2, SHARE)

    def rules(self) -> tuple[Rule, ...]:
        """Return its rules."""
        return (
            rule("share_above_average", "at most", self.few, {"members": self.members, "days": self.trend_days}),
            rule("new_lows", "at least", self.lows, {"members": self.members, "days": self.low_days}),
        )

    def intensity(self, market: Market) -> Floats:
        """Return 1 where either holds, else 0."""
        return any_fires(self.inputs(market))


@dataclass(frozen=True)
class LeadershipHedge(Strategy):
    """Hedge (1) when gains were narrow of late and the sector is below its average, else not (0).

    Narrow: the members held in equal parts fell behind the cap-weighted underlying by `behind` or more over
    `leader_days` sessions, on any of the last `memory`.

    Parameters
    ----------
    members
        Instruments, or the name of a members file; none is every chip maker there are bars of.
    leader_days
        Sessions over which both are compared.
    behind
        A fraction by which the members have fallen behind the underlying at least: 0.03 is three points.
    memory
        Sessions for which that is remembered.
    trend_days
        Sessions in the underlying's moving average.

    Notes
    -----
    Today's names flatter the equal-weighted members (survivorship), so narrowness shows less often than it was.
    """

    members: tuple[str, ...] | str | None = None
    leader_days: int = parameter(63, DAYS)
    behind: float = parameter(0.03, SHARE)
    memory: int = parameter(20, COUNT)
    trend_days: int = parameter(50, DAYS)

    def rules(self) -> tuple[Rule, ...]:
        """Return its rules."""
        compared = {"members": self.members, "days": self.leader_days}
        return (
            rule("equal_against_cap", "at most", -self.behind, compared, within=self.memory),
            _weak(self.trend_days),
        )


@dataclass(frozen=True)
class RotationHedge(Strategy):
    """Hedge (1) when the sector falls behind the market while defensives get ahead of it, else not (0).

    Parameters
    ----------
    market
        The instrument that both are compared with.
    defensives
        Instruments that are held in equal parts.
    days
        Sessions over which both are compared.
    behind
        A fraction by which the sector has fallen behind at least.
    ahead
        A fraction by which the defensives have got ahead at least.

    Notes
    -----
    Relative strength as in Levy, "Relative Strength as a Criterion for Investment Selection" (1967).
    """

    market: str = "SPY"
    defensives: tuple[str, ...] = ("XLP", "XLU", "XLV")
    days: int = parameter(63, COUNT)
    behind: float = parameter(0.05, SHARE)
    ahead: float = parameter(0.0, Range(-1, 10))

    def rules(self) -> tuple[Rule, ...]:
        """Return its rules."""
        compared = {"against": self.market, "days": self.days}
        return (
            rule("relative_strength", "at most", -self.behind, compared),
            rule("relative_strength", "at least", self.ahead, {"of": self.defensives, **compared}),
        )


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
        Percentage points by which the yield rose at least: 0.35 is from 4.00 to 4.35 percent.
    memory
        Sessions for which that is remembered.
    trend_days
        Sessions in the underlying's moving average.

    Notes
    -----
    Long-dated growth is worth less at higher yields; the correlation is not stable (it was positive before 2021).
    """

    rate: str = "TNX"
    days: int = parameter(21, COUNT)
    rise: float = parameter(0.35, Range(-100, 100))
    memory: int = parameter(10, COUNT)
    trend_days: int = parameter(50, DAYS)

    def rules(self) -> tuple[Rule, ...]:
        """Return its rules."""
        risen = {"change_over": self.days, "at_least": self.rise, "within": self.memory}
        return (rule_of({"signal": "series_value", "series": self.rate} | risen, "rate"), _weak(self.trend_days))


@dataclass(frozen=True)
class CalendarHedge(Strategy):
    """Hedge (1) when a date that moves the sector is near and the sector is below its average, else not (0).

    Near: the next event of any of the tables is `days` calendar days away or less.

    Parameters
    ----------
    events
        Names of tables of events, the next of which counts.
    days
        Calendar days to that event at most.
    trend_days
        Sessions in the underlying's moving average.

    Notes
    -----
    A schedule without the dates on which it was announced is read in hindsight: meetings are known a year ahead,
    earnings dates a few weeks, and unscheduled meetings not at all.
    """

    events: tuple[str, ...] = ("fomc_dates", "cpi_release_dates")
    days: int = parameter(3, SESSIONS)
    trend_days: int = parameter(20, DAYS)

    def rules(self) -> tuple[Rule, ...]:
        """Return its rules, the trend first."""
        near = (rule("days_to_event", "at most", self.days, {"events": name}) for name in self.events)
        return (_weak(self.trend_days), *near)

    def intensity(self, market: Market) -> Floats:
        """Return 1 where the sector is weak and any date is near, else 0."""
        trend, *near = self.inputs(market)
        return trend.fired * any_fires(near)


@dataclass(frozen=True)
class SeriesHedge(Strategy):
    """Hedge (1) when a series stands high (or low), and the sector is below its average, else not (0).

    Parameters
    ----------
    series
        The series' name: a credit spread, a volatility index, a price/earnings ratio.
    by
        What of it counts, one of ``level``, ``change``, ``percentile`` and ``zscore``.
    over
        Sessions of the change, the rank or the z-score.
    threshold
        In the unit of what counts, from where it speaks for hedging: the series' own for a level or a change, a
        fraction for a percentile, standard deviations for a z-score.
    high
        Whether it does so at or above the threshold; else at or below.
    memory
        Sessions for which that is remembered.
    trend_days
        Sessions in the underlying's moving average.
    """

    series: str = "VIX"
    by: Literal["level", "change", "percentile", "zscore"] = "percentile"
    over: int = parameter(252, DAYS)
    threshold: float = parameter(0.8, ANY)
    high: bool = True
    memory: int = parameter(5, COUNT)
    trend_days: int = parameter(50, DAYS)

    def rules(self) -> tuple[Rule, ...]:
        """Return its rules."""
        written = {"signal": "series_value", "series": self.series, "within": self.memory}
        written |= {"at_least" if self.high else "at_most": self.threshold}
        written |= {} if self.by == "level" else {f"{self.by}_over": self.over}
        return (rule_of(written, "series"), _weak(self.trend_days))

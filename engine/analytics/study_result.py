"""What an event study found, as plain values: `engine.analytics.event_study` finds it."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

from data.arrays import Floats, Ints
from engine.analytics.evidence import LEVEL


@dataclass(frozen=True)
class Compared:
    """A figure after triggers beside that of all days; ``None`` where there is none.

    Parameters
    ----------
    after, all_days
        Fractions.
    difference
        The first less the second.
    low, high
        Its interval of level `engine.analytics.evidence.LEVEL`.
    """

    after: float | None
    all_days: float | None
    difference: float | None
    low: float | None = None
    high: float | None = None

    @property
    def sure(self) -> bool:
        """Whether the interval leaves 0 out."""
        return self.low is not None and self.high is not None and (self.low > 0.0 or self.high < 0.0)


@dataclass(frozen=True)
class Moved:
    """What one thing did over a window: mean and median of simple returns, and the share of them above 0."""

    mean: Compared
    median: Compared
    above: Compared


@dataclass(frozen=True)
class Window:
    """A number of sessions after triggers.

    Parameters
    ----------
    sessions
        Its length.
    triggers, days
        Triggers, and days of the run, that have the whole window before them.
    apart
        Of those triggers as many as share no session of their windows.
    block
        Mean length of the blocks that were drawn, in sessions; ``None`` where there are too few triggers or sessions
        for an interval.
    fund, underlying
        Their total returns.
    static
        The fund's return less its multiple of the underlying's over the same window: what daily reset, carry and fee
        added or took against a position that is left alone.
    """

    sessions: int
    triggers: int
    apart: int
    days: int
    block: int | None
    fund: Moved
    underlying: Moved
    static: Moved


@dataclass(frozen=True)
class Path:
    """A mean path of simple returns since the price that windows begin at, shape (offsets,) each.

    Parameters
    ----------
    after, low, high
        Of the triggers, with the interval at each offset; NaN where there is none.
    all_days
        Of all days.
    """

    after: Floats
    low: Floats
    high: Floats
    all_days: Floats


@dataclass(frozen=True)
class Study:
    """What came after each trigger.

    Parameters
    ----------
    every
        ``entry``: closes at which the hedge was ordered on. ``signal``: closes at which the intensity rose to
        ``policy.enter``, whether or not the policy could enter.
    since
        The price that windows begin at: ``next_open`` and ``next_close`` are those an order of the trigger's close
        gets, ``close`` is the trigger's own.
    triggers
        Session numbers, increasing.
    windows
        By length.
    offsets
        Sessions from the trigger's close at which paths are told.
    fund, underlying
        Mean paths.
    draws, seed
        Resamples behind each interval, and what drew them.
    """

    every: str
    since: str
    triggers: Ints
    windows: tuple[Window, ...]
    offsets: Ints
    fund: Path
    underlying: Path
    draws: int
    seed: int

    def as_dict(self) -> dict[str, Any]:
        """Return its figures as plain values for metrics.json."""
        return {
            "every": self.every,
            "since": self.since,
            "triggers": len(self.triggers),
            "level": LEVEL,
            "draws": self.draws,
            "seed": self.seed,
            "windows": [asdict(one) for one in self.windows],
        }

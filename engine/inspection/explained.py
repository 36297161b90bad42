"""One session of a run, explained: what `engine.inspection.explain` finds out, as plain values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from strategies.policy import PolicyState


@dataclass(frozen=True)
class Reading:
    """What an input of the signal was at one close; ``None`` where it wasn't known."""

    name: str
    value: float | None
    threshold: float | None
    fires: str
    fired: bool
    unit: str


@dataclass(frozen=True)
class PolicyRead:
    """What the policy made of one close.

    Parameters
    ----------
    before, after
        Where it stood after the close before, and after this one.
    action
        A word of `strategies.policy.REASONS`.
    size
        The weight an entry would have got, a fraction of equity; ``None`` where it couldn't be told.
    fund_return
        The fund's return from the entry's fill to this close; ``None`` while off.
    """

    before: PolicyState
    after: PolicyState
    action: str
    size: float | None
    fund_return: float | None


@dataclass(frozen=True)
class Fill:
    """An instrument bought or sold in one session: as-traded shares, dollars a share, dollars."""

    decided: str
    filled: str
    instrument: str
    side: str
    shares: float
    price: float
    value: float
    commission: float
    slippage: float


@dataclass(frozen=True)
class Close:
    """One close: what was read, and what was decided.

    Parameters
    ----------
    date
        The session.
    inputs, intensity
        The signal; no inputs where the strategy tells none, no intensity where it has none.
    policy
        ``None`` for a strategy that gives the hedge's weight itself, and where nothing is decided any more.
    why
        What was decided, and by which rule.
    since
        The close at which the hedge was last ordered on or off; ``None`` where it never was.
    order
        Why target weights were ordered at this close: ``first order``, ``switch`` or ``rebalancing``; else ``None``.
    core, hedge
        The weights last ordered, fractions of equity.
    fills
        What became of the order in the session after.
    """

    date: str
    inputs: tuple[Reading, ...]
    intensity: float | None
    policy: PolicyRead | None
    why: str
    since: str | None
    order: str | None
    core: float
    hedge: float
    fills: tuple[Fill, ...]


@dataclass(frozen=True)
class BarRead:
    """An instrument's bar as traded and its total return in the session; ``None`` where unknown."""

    instrument: str
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float | None
    made: float | None


@dataclass(frozen=True)
class BookRead:
    """A book at the day's close: dollars, and its return in the session (``None`` in the first)."""

    title: str
    equity: float
    made: float | None


@dataclass(frozen=True)
class Day:
    """One session of a run, explained.

    Parameters
    ----------
    name, strategy, about, instrument
        The run, its strategy with what its class says of itself, and the hedge.
    date, session, sessions
        The day, its number in the run from 0, and how many there are.
    headline
        Whether the hedge was on or off, in a sentence.
    rules
        The policy's, as the config has them.
    weight
        The hedge's weight at the day's close, a fraction of equity.
    bars
        What the instruments did in the session: those traded, and the underlying.
    closes
        The close before, which decided what the day was gone through with (none in the first session), and the day's.
    attribution
        Where the day's dollars came from, by the columns of `engine.analytics.attribution`; they sum to the change
        of equity.
    books
        The hedged book and its controls.
    notes
        What a reader has to know besides.
    """

    name: str
    strategy: str
    about: str
    instrument: str
    date: str
    session: int
    sessions: int
    headline: str
    rules: Mapping[str, Any]
    weight: float
    bars: tuple[BarRead, ...]
    closes: tuple[Close, ...]
    attribution: Mapping[str, float]
    books: tuple[BookRead, ...]
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, as JSON holds them."""
        told = asdict(self)
        for close, one in zip(told["closes"], self.closes, strict=True):
            if one.policy is not None:
                close["policy"] |= {"before": one.policy.before._asdict(), "after": one.policy.after._asdict()}
        return told

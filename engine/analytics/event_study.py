"""The event study: what the fund and the underlying did after each trigger, against all days of the run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple

import numpy as np

from data.arithmetic import product
from data.arrays import Flags, Floats, Ints
from data.format import counted, percent
from data.roles import Roles
from data.shown import screen
from engine.analytics.bootstrap import BlockDraws, draw_blocks
from engine.analytics.evidence import LEVEL
from engine.analytics.fund_exposure import fills_at_open
from engine.kernel.loop import Ledger
from engine.setup import Setup
from strategies.policy import ENTER

EVERY, SINCE = ("entry", "signal"), ("fill", "close")
"""What counts as a trigger, and where windows begin."""

WINDOWS = (1, 5, 21, 63)
"""Sessions looked at after a trigger."""
BEFORE = 10
"""Sessions that a mean path shows before it."""
LEAST = 10
"""Triggers that don't overlap, and blocks in a history, below which there is no interval."""
BLOCK = 42
"""The least mean length of a block in sessions; twice the window where that is more."""
DRAWS = 1_000


@dataclass(frozen=True)
class Contrast:
    """A figure after triggers beside that of all days; ``None`` where there is none.

    Parameters
    ----------
    after, all_days
        Fractions.
    difference
        The first less the second.
    low, high
        Its interval of level `LEVEL`.
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
class Moves:
    """What one thing did over a window: mean and median of simple returns, and the share of them above 0."""

    mean: Contrast
    median: Contrast
    above: Contrast


@dataclass(frozen=True)
class StudyWindow:
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
        Total returns of the hedge and of the underlying; ``None`` for a hedge that has no price of its own.
    static
        The fund's return less its multiple of the underlying's over the same window: what daily reset, carry and fee
        added or took against a position that is left alone; ``None`` where the hedge isn't one leveraged fund.
    """

    sessions: int
    triggers: int
    apart: int
    days: int
    block: int | None
    fund: Moves | None
    underlying: Moves
    static: Moves | None


def _means(window: StudyWindow) -> Iterator[str]:
    for thing, moves in (("underlying", window.underlying), ("hedge", window.fund)):
        if moves is not None:
            yield f"{thing} {percent(moves.mean.after, sign=True)} ({percent(moves.mean.all_days, sign=True)})"


@dataclass(frozen=True)
class MeanPath:
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


@dataclass(frozen=True, repr=False)
class EventStudy:
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
        Sessions from the trigger's close of the mean paths.
    fund, underlying
        Mean paths of the hedge and of the underlying; ``None`` for a hedge that has no price of its own.
    draws, seed
        Resamples behind each interval, and what drew them.
    """

    every: str
    since: str
    triggers: Ints
    windows: tuple[StudyWindow, ...]
    offsets: Ints
    fund: MeanPath | None
    underlying: MeanPath
    draws: int
    seed: int

    def __repr__(self) -> str:
        return screen(
            f"EventStudy: {counted(len(self.triggers), 'trigger')}, every {self.every}, from {self.since}",
            "mean total return after them (on all days)",
            *(f"{counted(window.sessions, 'session')}: {', '.join(_means(window))}" for window in self.windows),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return its figures as plain values for metrics.json."""
        return {
            "every": self.every,
            "since": self.since,
            "triggers": len(self.triggers),
            "level": LEVEL,
            "draws": self.draws,
            "seed": self.seed,
            "windows": [asdict(window) for window in self.windows],
        }


def event_study(
    setup: Setup, hedged: Ledger, every: str = "entry", since: str = "fill", seed: int = 0, draws: int = DRAWS
) -> EventStudy:
    """Study what followed a run's triggers.

    Parameters
    ----------
    setup, hedged
        The run.
    every
        ``entry`` or ``signal``, as of `EventStudy`; of several hedges those of each count.
    since
        ``fill``: windows begin where the run's own orders fill. ``close``: at the trigger's close.
    seed, draws
        Of the bootstrap.

    Notes
    -----
    A window of h sessions from the next open ends at the close h sessions after the trigger; from the next close, h
    sessions after that close. Days whose window reaches beyond the run's end, or begins or ends on a session without a
    bar, don't count, for triggers and all days alike.

    What is resampled are sessions, in blocks (the stationary bootstrap, Politis and Romano 1994), each with all that
    followed it and with its mark, trigger or none; both means are taken anew on each draw. Triggers of one bad month
    so come and go together, and count about as one. Neighbouring windows share most of their sessions: a block is on
    average twice as long as the window, so that what overlaps mostly stays together. The interval is that of the
    draws' 2.5 % and 97.5 % quantiles. Below `LEAST` triggers whose windows share no session, or as many blocks, there
    is none.
    """
    name = "close" if since != "fill" else "next_open" if fills_at_open(setup) else "next_close"
    later = int(name == "next_close")  # a window begins a session later there, and ends so
    triggers, market = _triggers(setup, hedged, every), setup.market
    marked = np.zeros(len(market.run_sessions), np.bool_)
    marked[triggers] = True
    roles = market.roles
    priced = {"fund": _priced(setup, roles.hedge, name)} if shows_hedge(roles) else {}
    priced["underlying"] = _priced(setup, roles.underlying, name)
    moves = [_moves(priced, roles.leverage if roles.one_fund else None, h + later) for h in WINDOWS]
    blocks = [_block(marked & followed.whole, h) for followed, h in zip(moves, WINDOWS, strict=True)]
    drawn = {
        length: draw_blocks(len(marked), length, draws, seed)
        for length in sorted({length for length in blocks if length})
    }
    windows = tuple(
        _window(h, marked, followed, block, drawn.get(block or 0))
        for h, followed, block in zip(WINDOWS, moves, blocks, strict=True)
    )
    offsets = np.arange(-BEFORE, max(WINDOWS) + later + 1)
    taken = drawn[blocks[-1]].taken(triggers) if blocks[-1] else None
    paths = {thing: _path(each, triggers, offsets, taken) for thing, each in priced.items()}
    return EventStudy(every, name, triggers, windows, offsets, paths.get("fund"), paths["underlying"], draws, seed)


def shows_hedge(roles: Roles) -> bool:
    """Return whether the hedge is studied beside the underlying: one fund or asset, which has a price of its own."""
    return len(roles.hedges) == 1 and roles.hedges[0].kind in ("fund", "asset")


class _Priced(NamedTuple):
    """An instrument's total-return level on the market's sessions, and where windows begin, on the run's."""

    level: Floats
    base: Floats

    def ahead(self, offset: int) -> Floats:
        """Return the simple return to the close `offset` sessions from each of the run's; NaN where there is none."""
        rows = np.arange(len(self.level) - len(self.base), len(self.level)) + offset
        there = (rows >= 0) & (rows < len(self.level))
        return np.where(there, self.level[np.where(there, rows, 0)] / self.base - 1.0, np.nan)


class _Returns(NamedTuple):
    """What followed each of the run's closes.

    Parameters
    ----------
    things
        Whose returns they are, by the names of `StudyWindow`.
    made
        Simple returns, shape (sessions, things); 0 where the window isn't whole.
    whole
        Shape (sessions,).
    """

    things: tuple[str, ...]
    made: Floats
    whole: Flags


def _priced(setup: Setup, instrument: str, since: str) -> _Priced:
    market = setup.market
    bars, level = market.bars(instrument), market.total_return(instrument)
    level = np.where(np.isnan(bars.close), np.nan, level)
    if since == "close":
        return _Priced(level, level[market.first :])
    filled = level * bars.open / bars.close if since == "next_open" else level
    return _Priced(level, np.append(filled[market.first + 1 :], np.nan))


def _moves(priced: Mapping[str, _Priced], leverage: float | None, end: int) -> _Returns:
    ahead = {thing: each.ahead(end) for thing, each in priced.items()}
    if leverage is not None:
        ahead["static"] = ahead["fund"] - leverage * ahead["underlying"]
    made = np.column_stack(list(ahead.values()))
    whole = np.logical_and.reduce(np.isfinite(made), axis=1)
    return _Returns(tuple(ahead), np.where(whole[:, None], made, 0.0), whole)


def _triggers(setup: Setup, hedged: Ledger, every: str) -> Ints:
    """Return the sessions at whose closes there was a trigger."""
    if every == "entry":
        return np.flatnonzero((hedged.actions == ENTER).any(axis=1))
    there = setup.plan.intensity >= setup.plan.policies.enter
    return np.flatnonzero((there[1:] & ~there[:-1]).any(axis=1)) + 1


def _block(marked: Flags, window: int) -> int | None:
    """Return the mean length of blocks for a window; None where there is too little for an interval."""
    block = max(BLOCK, 2 * window)
    return block if _apart(marked, window) >= LEAST and len(marked) >= LEAST * block else None


def _apart(marked: Flags, window: int) -> int:
    """Count triggers, from the first on, whose windows share no session."""
    count, free = 0, 0
    for t in np.flatnonzero(marked).tolist():
        if t >= free:
            count, free = count + 1, t + window
    return count


def _window(window: int, marked: Flags, moves: _Returns, block: int | None, drawn: BlockDraws | None) -> StudyWindow:
    """Compare triggers with all days; where blocks are `drawn`, with an interval."""
    after, days = marked & moves.whole, moves.whole
    means, shares = _draws(moves, after, drawn) if drawn else (None, None)
    moved = {}
    for i, thing in enumerate(moves.things):
        ours, theirs = moves.made[after, i], moves.made[days, i]
        moved[thing] = Moves(
            _compared(_mean(ours), _mean(theirs), None if means is None else means[:, i]),
            _compared(_median(ours), _median(theirs)),
            _compared(_mean(ours > 0.0), _mean(theirs > 0.0), None if shares is None else shares[:, i]),
        )
    counts = window, int(after.sum()), _apart(after, window), int(days.sum())
    return StudyWindow(*counts, block, moved.get("fund"), moved["underlying"], moved.get("static"))


def _draws(moves: _Returns, after: Flags, drawn: BlockDraws) -> tuple[Floats, Floats]:
    """Return the differences of means and of shares above 0 on each draw, shape (draws, things) each."""
    both = np.column_stack([np.ones(len(after)), moves.made, moves.made > 0.0])
    differences = []
    for some in (after, moves.whole):
        sums = drawn.sums(both * some[:, None])
        differences.append(_ratio(sums[:, 1:], sums[:, :1]))
    apart = differences[0] - differences[1]
    return apart[:, : len(moves.things)], apart[:, len(moves.things) :]


def _compared(after: float | None, all_days: float | None, drawn: Floats | None = None) -> Contrast:
    difference = None if after is None or all_days is None else after - all_days
    if drawn is None:
        return Contrast(after, all_days, difference)
    low, high = _interval(drawn)
    return Contrast(after, all_days, difference, float(low), float(high))


def _interval(drawn: Floats) -> Floats:
    """Return both ends of the interval, shape (2,) and whatever follows the draws; a draw without a trigger is NaN."""
    out = (1.0 - LEVEL) / 2.0
    quantile = np.nanquantile if np.isnan(drawn).any() else np.quantile  # ten times as quick
    return quantile(drawn, [out, 1.0 - out], axis=0)


def _mean(values: Floats | Flags) -> float | None:
    return float(values.mean()) if len(values) else None


def _median(values: Floats) -> float | None:
    return float(np.median(values)) if len(values) else None


def _path(priced: _Priced, triggers: Ints, offsets: Ints, taken: Floats | None) -> MeanPath:
    """Return the mean path over what is known at each offset; `taken` is how often each draw takes each trigger."""
    made, all_days = np.empty((len(triggers), len(offsets))), np.empty(len(offsets))
    for at, offset in enumerate(offsets.tolist()):
        ahead = priced.ahead(offset)
        made[:, at] = ahead[triggers]
        known = np.isfinite(ahead)
        all_days[at] = ahead[known].mean() if known.any() else np.nan
    there, nothing = np.isfinite(made).astype(np.float64), np.full(len(offsets), np.nan)
    made = np.nan_to_num(made)
    after = _ratio(made.sum(axis=0), there.sum(axis=0))
    if taken is None:
        return MeanPath(after, nothing, nothing, all_days)
    low, high = _interval(_ratio(product(taken, made), product(taken, there)))
    return MeanPath(after, low, high, all_days)


def _ratio(total: Floats, count: Floats | Ints) -> Floats:
    """Return a mean from its sum and count; NaN of none."""
    with np.errstate(invalid="ignore", divide="ignore"):
        ratio: Floats = np.where(count > 0, total / count, np.nan)
    return ratio

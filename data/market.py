"""The Market a run is fed: traded bars on the run's sessions, warm-up before them, series as known, schedules.

Everything is loaded when it is first asked for, so only what a run uses is read and validated.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any, TypeVar

import numpy as np

from data.arrays import DAY, Array, Dates, Flags, Floats, among, read_only
from data.audit.finding import Finding
from data.bars import COLUMNS, Bars, carried_forward
from data.calendar import nyse_sessions, sessions_a_year
from data.errors import DataError
from data.events import Events, Members
from data.fingerprint import INSTRUMENTS, digest_lines, fingerprint
from data.rates import yield_known
from data.remembered import Remembered
from data.roles import HedgeRole, Roles
from data.shown import screen
from data.sources import BARS, EVENTS, MEMBERS, SERIES, Held, Kind, Source

Made = TypeVar("Made")

MEMORY = 32 * 2**20
"""Bytes of arrays that `Market.remember` keeps, those last asked for: 800 arrays of 5,000 sessions."""


class BeginsLateError(DataError):
    """A history that begins after a run's start: the fund model may make what is before."""


@dataclass(frozen=True, repr=False)
class Market:
    """Aligned history: warm-up sessions, then the run's own.

    Parameters
    ----------
    source
        Where everything comes from.
    roles
        Who is core, hedge and underlying.
    sessions
        ``datetime64[D]``, shape (sessions,): the underlying's own sessions before the start, then those from the
        start on which every traded instrument has a bar.
    first
        The row of `sessions` at which the run starts (t=0).
    calendar
        Every NYSE session of the same span, by which lags are counted.
    findings
        What the audit has to say about the history that is traded, errors that were accepted included.
    synthetic
        The first real session of each instrument whose history before it was made by the fund model.
    made
        Bars, on the market's sessions, of what is traded and no source holds: bills, a short, an option.

    Notes
    -----
    Arrays handed out are read-only, shape (sessions,), and row i holds only what is known at the close of session i.
    A strategy sees all rows at once and has to be causal.
    """

    source: Source
    roles: Roles
    sessions: Dates
    first: int
    calendar: Dates
    findings: tuple[Finding, ...] = ()
    synthetic: Mapping[str, np.datetime64] = field(default_factory=dict)
    made: Mapping[str, Bars] = field(default_factory=dict)
    _made: dict[str, Any] = field(init=False, default_factory=dict, repr=False, compare=False)
    _memory: Remembered = field(init=False, default_factory=lambda: Remembered(MEMORY), repr=False, compare=False)

    def __len__(self) -> int:
        return len(self.sessions)

    def __repr__(self) -> str:
        days, roles = self.run_sessions, self.roles
        made = ", ".join(f"{name} before {first}" for name, first in self.synthetic.items())
        hedges = ", ".join(map(_described, roles.hedges))
        return screen(
            f"Market: {', '.join(roles.core)} hedged with {hedges}; {roles.underlying} underlies",
            f"{days[0]} to {days[-1]}, {len(days):,} sessions, {self.first:,} more before them",
            f"source {self.source.name}" + (", SIMULATED" if self.simulated else ""),
            f"SYNTHETIC: {made}" if made else None,
            f"findings of the audit: {len(self.findings)}" if self.findings else None,
        )

    @property
    def underlying(self) -> str:
        """The instrument that signals read unless told otherwise."""
        return self.roles.underlying

    @property
    def hedge(self) -> str:
        """The fund that is bought as a hedge."""
        return self.roles.hedge

    @property
    def simulated(self) -> bool:
        """Whether the history is made up."""
        return self.source.simulated

    @cached_property
    def run_sessions(self) -> Dates:
        """The run's own sessions, t=0 first."""
        return self.sessions[self.first :]

    @cached_property
    def sessions_a_year(self) -> float:
        """How many of the run's sessions make a year: `data.calendar.sessions_a_year`."""
        return sessions_a_year(self.run_sessions)

    def bars(self, instrument: str | None = None) -> Bars:
        """Return an instrument's bars on the market's sessions (the underlying's unless named); NaN without a bar."""
        name = instrument or self.underlying
        return self._once(f"bars/{name}", lambda: self._laid(name))

    def close(self, instrument: str | None = None) -> Floats:
        """Return as-traded closes in dollars; the last one carries over a session without a bar."""
        name = instrument or self.underlying
        return self._once(f"close/{name}", lambda: read_only(carried_forward(self.bars(name).close)))

    def volume(self, instrument: str | None = None) -> Floats:
        """Return as-traded volume in shares; NaN without a bar, and where the vendor wrote 0."""
        return self.bars(instrument).volume

    def total_return(self, instrument: str | None = None) -> Floats:
        """Return the total-return close, splits undone and dividends put back in; the series signals read."""
        name = instrument or self.underlying
        return self._once(f"total_return/{name}", lambda: read_only(self.bars(name).total_return()))

    def has_bars(self, instrument: str) -> bool:
        """Return whether the source holds bars of an instrument."""
        return self._has(BARS, instrument)

    def has_series(self, name: str) -> bool:
        """Return whether the source holds a series of that name."""
        return self._has(SERIES, name)

    def has_events(self, name: str) -> bool:
        """Return whether the source holds a schedule of that name."""
        return self._has(EVENTS, name)

    def has_members(self, name: str) -> bool:
        """Return whether the source holds the members of a group of that name."""
        return self._has(MEMBERS, name)

    def instruments(self) -> tuple[str, ...]:
        """Return the names of all instruments the source holds bars of, sorted."""
        return self.source.names(BARS)

    def events(self, name: str) -> Events:
        """Return a schedule as far as this run can read it.

        That is what was announced by the last session; where nothing says when dates were announced, all that lie
        within a year after it. Row i of an array that is made of it may use only what was announced by session i.
        """
        return self._once(f"events/{name}", lambda: self._read(EVENTS, name).up_to(self.sessions[-1]))

    def members(self, name: str) -> Members:
        """Return who belonged to a group when, as far as the last session tells."""
        return self._once(f"members/{name}", lambda: self._read(MEMBERS, name).up_to(self.sessions[-1]))

    def remember(self, key: Hashable, compute: Callable[[], Array]) -> Array:
        """Return an array made of this market, computed once as long as it is among the 32 MB last asked for.

        A sweep over one parameter of a signal so computes the others once. Signals are asked for by their names, which
        makes the key: `strategies.signals.catalogue.shared`.

        Parameters
        ----------
        key
            Everything the array depends on but the market: the function's name and its parameters, say.
        compute
            Makes it. The array becomes read-only.
        """
        return self._memory.get(key, compute)

    def series(self, name: str) -> Floats:
        """Return a series as known at each close, the last known value carried forward; NaN before the first."""
        return self._once(f"series/{name}", lambda: read_only(self._known(name)))

    def value(self, name: str, of: np.datetime64, at: np.datetime64) -> float:
        """Return a series' value of one day as it stood at the close of session `at`.

        Raises
        ------
        DataError
            The value wasn't known by then: to read it would be to look ahead.
        """
        return self._read(SERIES, name).value(of, at, self.calendar)

    def made_throughout(self) -> tuple[str, ...]:
        """Return the hedges of which no bar is real on any of the run's sessions, those made of others apart."""
        last = self.run_sessions[-1]
        names = dict.fromkeys(hedge.instrument for hedge in self.roles.hedges)
        return tuple(name for name in names if name in self.synthetic and self.synthetic[name] > last)

    def synthetic_sessions(self) -> Flags:
        """Return for each of the run's sessions whether any traded instrument's bar is synthetic."""
        real = max((self.synthetic[name] for name in self.roles.listed if name in self.synthetic), default=None)
        return np.zeros(len(self.run_sessions), np.bool_) if real is None else self.run_sessions < real

    def rate(self, name_or_yield: str | float) -> Floats:
        """Return a yield a year as a fraction, as known at each close: from a rate series, or a constant."""
        if isinstance(name_or_yield, str):
            return yield_known(name_or_yield, self.series(name_or_yield), self.sessions)
        return np.full(len(self), float(name_or_yield))

    def fingerprint(self, reads: Iterable[str]) -> dict[str, str]:
        """Return a hash of each input that is read, by kind and name such as ``bars/SOXX``; ``absent`` without one.

        ``audit`` is the hash of what the audit found, which reads more than the run does.
        """
        found = (f"{each.id} {each.severity} {each.message} {each.dates.tolist()}" for each in self.findings)
        audit = {"audit": digest_lines(found)} if self.findings else {}
        return dict(sorted((fingerprint(self.source, reads, self.sessions[-1], prices=False) | audit).items()))

    def _read(self, kind: Kind[Held], name: str) -> Held:
        return self.source.read(kind, name)

    def _has(self, kind: Kind[Any], name: str) -> bool:
        return name in self.source.names(kind)

    def _laid(self, name: str) -> Bars:
        if name in self.made:
            return self.made[name]
        laid = self._read(BARS, name).up_to(self.sessions[-1]).onto(self.sessions)
        # No session of a listed fund trades nothing: a vendor that writes 0 doesn't know the volume.
        laid = replace(laid, volume=np.where(laid.volume == 0.0, np.nan, laid.volume))
        for column in COLUMNS:
            read_only(getattr(laid, column))
        return laid

    def _known(self, name: str) -> Floats:
        return self._read(SERIES, name).up_to(self.sessions[-1]).as_known(self.sessions, self.calendar)

    def _once(self, key: str, make: Callable[[], Made]) -> Made:
        if key not in self._made:
            self._made[key] = make()
        made: Made = self._made[key]
        return made


@dataclass(frozen=True, repr=False)
class RecordedMarket(Market):
    """A market that records what is read of it: what a strategy is fed, where its reads have to be known.

    Attributes
    ----------
    reads
        What was read so far, by kind and name such as ``bars/SOXX``, and what was looked for, there or not.
    """

    reads: set[str] = field(init=False, default_factory=set, repr=False, compare=False)

    def instruments(self) -> tuple[str, ...]:
        """Return the names of all instruments the source holds bars of, sorted."""
        self.reads.add(INSTRUMENTS)
        return super().instruments()

    def _read(self, kind: Kind[Held], name: str) -> Held:
        self.reads.add(f"{kind}/{name}")
        return super()._read(kind, name)

    def _has(self, kind: Kind[Any], name: str) -> bool:
        self.reads.add(f"{kind}/{name}")
        return super()._has(kind, name)


def _described(hedge: HedgeRole) -> str:
    """Return a hedge's name, with its multiple where it is a fund."""
    return f"{hedge.instrument} ({hedge.leverage:g} x)" if hedge.kind == "fund" else hedge.instrument


def recorded(market: Market) -> RecordedMarket:
    """Return the same market as one that records what is read of it; it shares nothing that was made of the other."""
    given = (getattr(market, field_.name) for field_ in fields(Market) if field_.init)
    return RecordedMarket(*given)


def load_market(source: Source, roles: Roles, start: np.datetime64, end: np.datetime64 | None = None) -> Market:
    """Load what a run trades and lay it on the run's sessions.

    Parameters
    ----------
    source
        Where everything comes from.
    roles
        Core, hedge and underlying.
    start, end
        Any days: the run's first session is the first on or after `start`, its last the last on or before `end`
        (the end of the data when ``None``).

    Raises
    ------
    DataError
        An instrument is missing or broken, its history begins after `start`, or fewer than two sessions are left.
    """
    named = dict.fromkeys((*roles.listed, roles.underlying))
    histories = {name: source.read(BARS, name) for name in named}
    if end is not None:
        histories = {name: bars.up_to(end) for name, bars in histories.items()}
    _check_span(histories, start, end)
    earliest = min(bars.dates[0] for bars in histories.values())
    calendar = nyse_sessions(earliest, max(bars.dates[-1] for bars in histories.values()))
    run = calendar[calendar >= start]
    for name in roles.listed:
        run = run[among(run, histories[name].dates)]
    _check_begins(histories, start)
    if len(run) < 2:  # a decision and a fill
        raise DataError(
            f"fewer than two sessions between {start} and {end or 'the end of the data'}: widen start and end"
        )
    own = histories[roles.underlying].dates
    warm_up = own[own < run[0]]
    sessions = np.concatenate((warm_up, run))
    return Market(source, roles, sessions, len(warm_up), calendar)


def _check_span(histories: Mapping[str, Bars], start: np.datetime64, end: np.datetime64 | None) -> None:
    if end is not None and end <= start:
        raise DataError(f"end {end} is not after start {start}")
    if end is not None and not len(nyse_sessions(start, end)):
        raise DataError(f"the NYSE held no session from {start} to {end}: widen start and end")
    for name, bars in histories.items():
        if not len(bars) or bars.dates[-1] < start:
            until = f"ends {bars.dates[-1]}, before start {start}" if len(bars) else f"has no bar up to end {end}"
            raise DataError(f"{name} {until}: choose an earlier start or newer data")


def _check_begins(histories: Mapping[str, Bars], start: np.datetime64) -> None:
    for name, bars in histories.items():
        if len(nyse_sessions(start, bars.dates[0] - DAY)):
            raise BeginsLateError(
                f"{name} begins {bars.dates[0]}, after start {start}: set start to {bars.dates[0]} or later"
            )

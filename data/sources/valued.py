"""A source with series of valuations, made of bars and filings wherever it holds both."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np

from data.arrays import Dates, Floats, among, read_only
from data.bars import Bars
from data.errors import DataError
from data.families import CHIPS, chip_makers
from data.filings.facts import Filings, NoFiguresError
from data.filings.valuation import Change, Company, Group, as_traded, company, group, sessions_of
from data.series import Series
from data.sources import BARS, FILINGS, MEMBERS, SERIES, Held, Kind, Source, typed
from data.sources.wrapped import KeptSource, Wrapped

COUNT = "COMPANIES"
FIGURES: Mapping[str, Callable[[Group], Floats]] = {
    "PE": lambda group: group.price_earnings,
    "PS": lambda group: group.price_sales,
    "EARNINGS_YIELD": lambda group: group.earnings_yield,
    COUNT: lambda group: group.count.astype(np.float64),
}
"""What a valuation's name ends in: price/earnings, price/sales, the median earnings yield, and, of a group, of how many
companies they are."""

Value = Callable[[Filings, Bars, Dates], Company]
"""Values a company at each close of some sessions, by what it filed and its bars as traded."""

SHOWN = 5
"""Days that are told of those on which a group changed: the last."""


class Named(NamedTuple):
    """Whose a valuation is, a group's or a company's, and which figure."""

    whose: str
    figure: str


@dataclass(frozen=True)
class ValuedSource(Wrapped):
    """A source, with valuations as series: ``CHIPS_PE``, ``NVDA_PS``, ``mygroup_EARNINGS_YIELD``.

    A group's are those of its members at each close, whose bars and filings there are; `CHIPS` are all chip makers. A
    value is known at the close of its session: it stands on that close, and on what was filed before that session. A
    series that the inner source holds under such a name is read in its place.
    """

    _groups: dict[str, Group] = field(init=False, default_factory=dict, repr=False, compare=False)
    _traded: dict[str, Bars] = field(init=False, default_factory=dict, repr=False, compare=False)

    @cached_property
    def valuations(self) -> Mapping[str, Named]:
        """The valuations that can be made, by name."""
        held = set(self.source.names(SERIES))
        alone = self.source.names(FILINGS)
        named = {
            f"{whose}_{figure}": Named(whose, figure)
            for whose in groups_in(self.source)
            for figure in FIGURES
            if whose not in alone or figure != COUNT
        }
        return {name: each for name, each in named.items() if name not in held}

    def names(self, kind: Kind[Any]) -> tuple[str, ...]:
        """Return the names of what it holds of a kind, of series the valuations too, sorted."""
        held = self.source.names(kind)
        return tuple(sorted({*held, *self.valuations})) if kind == SERIES else held

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Return a history; raises DataError."""
        named = self.valuations.get(name) if kind == SERIES else None
        if named is None:
            return self.source.read(kind, name)
        return typed(kind, valuation(self.group(named.whose), named))

    def group(self, whose: str) -> Group:
        """Return whom a valuation is of, at each session; raises DataError."""
        if whose not in self._groups:
            self._groups[whose] = read_group(self.source, whose, self.traded)
        return self._groups[whose]

    def traded(self, name: str) -> Bars:
        """Return a company's bars, their closes and splits as traded; raises DataError."""
        if name not in self._traded:
            self._traded[name] = as_traded(self.source.read(BARS, name))
        return self._traded[name]

    def remarks(self, name: str, last: np.datetime64) -> tuple[str, ...]:
        """Return what a reader has to know of a valuation up to a session: whose it is, since when, what is old.

        Nothing of a series that isn't made here.
        """
        named = self.valuations.get(name)
        if named is None:
            return ()
        of = self.group(named.whose)
        seen = np.flatnonzero((of.sessions <= last) & (of.count > 0))
        if not len(seen):
            return ()
        at = int(seen[-1])
        old = of.behind(at)
        stale = f"{name} stands on quarters that ended over half a year before {of.sessions[at]}: {', '.join(old)}."
        own = named.whose in self.source.names(FILINGS)
        said = () if own else (self._whose(named.whose, name, of, at), *_changed(name, of.changes(), last))
        return (*said, *([stale] if old else []))

    def _whose(self, whose: str, name: str, of: Group, at: int) -> str:
        """Return of whom a group's valuation is at a session, and whether they were chosen in hindsight."""
        counted, names = int(of.count[at]), ", ".join(of.names_at(at))
        if whose in self.source.names(MEMBERS):
            companies = "1 company" if counted == 1 else f"{counted} companies"
            return f"{name} on {of.sessions[at]} is of {companies}: {names}."
        return (
            f"Survivorship: {name} is of today's chip makers with filings, {counted} on {of.sessions[at]} ({names}); a "
            "members file would say who was one when."
        )


def _changed(name: str, changes: Sequence[Change], last: np.datetime64) -> Iterator[str]:
    """Yield from when on a group was of how many companies, where that changed up to a session."""
    told = [change for change in changes if change.session <= last]
    if told:
        listed = ", ".join(f"{change.count} from {change.session}" for change in told[-SHOWN:])
        before = f"; {len(told) - SHOWN} changes before" if len(told) > SHOWN else ""
        yield f"{name}'s companies change, and a jump there is no signal: {listed}{before}."


def valued(source: Source) -> Source:
    """Return a source with its valuations; itself where it holds no filings.

    It is read once: a run may ask for the bars that valuations are made of, too.
    """
    return ValuedSource(KeptSource(source)) if source.names(FILINGS) else source


def valued_in(source: Source) -> ValuedSource | None:
    """Return what makes a source's valuations: itself, or what it is made of; None where nothing does."""
    inner: Any = source
    while inner is not None and not isinstance(inner, ValuedSource):
        inner = getattr(inner, "source", None)
    found: ValuedSource | None = inner
    return found


def valuation(of: Group, named: Named) -> Series:
    """Return a group's figure as a series, from the first session on that has one; raises DataError where none has."""
    values = FIGURES[named.figure](of)
    begun = np.flatnonzero(of.count > 0)
    if not len(begun):
        raise DataError(
            f"{named.whose}_{named.figure}: no session has a close as traded, shares and four quarters of any company: "
            "pull or import more of their filings, or bars"
        )
    since = slice(begun[0], None)
    return Series(f"{named.whose}_{named.figure}", of.sessions[since], read_only(values[since]))


def groups_in(source: Source) -> Mapping[str, tuple[str, ...]]:
    """Return whom a source can value: each company whose bars and filings it holds, and groups that have such."""
    both = set(source.names(BARS)) & set(source.names(FILINGS))
    groups: dict[str, tuple[str, ...]] = {name: (name,) for name in sorted(both)}
    chips = chip_makers(both)
    if chips:
        groups[CHIPS] = chips
    for name in source.names(MEMBERS):
        try:
            members = both & set(source.read(MEMBERS, name).symbols.tolist())
        except DataError:
            continue
        if members:
            groups[name] = tuple(sorted(members))
    return groups


def read_group(source: Source, whose: str, traded: Callable[[str], Bars], value: Value = company) -> Group:
    """Return a group at each session on which any of its companies has a bar; raises DataError.

    Parameters
    ----------
    source
        Holds filings and members.
    whose
        A group's name, or a company's.
    traded
        Gives a company's bars, their closes and splits as traded.
    value
        Values a company: `data.filings.valuation.company`, or what remembers what that gave.
    """
    names = groups_in(source).get(whose, ())
    if not names:
        raise DataError(f"{whose}: no company of it has bars and filings here: pull or import both")
    return read_companies(source, names, traded, whose if whose in source.names(MEMBERS) else None, value)


def read_companies(
    source: Source,
    names: tuple[str, ...],
    traded: Callable[[str], Bars],
    members: str | None = None,
    value: Value = company,
) -> Group:
    """Return companies taken together, each while it was one of the group `members` where one is named.

    Those who report in another currency, or by IFRS, are left out; raises DataError where all do.
    """
    filed = _with_figures(source, names)
    bars = {name: traded(name) for name in filed}
    sessions, belongs = sessions_of(bars), None
    if members is not None:
        belongs = source.read(MEMBERS, members).on(sessions, tuple(filed))
        there = np.column_stack([among(sessions, bars[name].dates) for name in filed])
        # a session counts by who has been a member so far: bars of one who joins later make no day of it
        kept = (there & np.maximum.accumulate(belongs, axis=0)).any(axis=1)
        sessions, belongs = sessions[kept], belongs[kept]
    companies = [value(filings, bars[name], sessions) for name, filings in filed.items()]
    return group(companies, sessions, belongs)


def _with_figures(source: Source, names: tuple[str, ...]) -> dict[str, Filings]:
    """Return the filings of those that report in dollars by US GAAP; raises DataError where nobody does."""
    filed, why = dict[str, Filings](), None
    for name in names:
        try:
            filed[name] = source.read(FILINGS, name)
        except NoFiguresError as error:
            why = error
    if why is not None and not filed:
        raise why
    return filed

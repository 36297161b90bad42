"""What a run goes by that reads a valuation made of filings: where it stands in its own past, and whose filings."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from data.arrays import Floats, Ints
from data.families import CHIPS, chip_makers
from data.filings.table import Worth, worth
from data.filings.valuation import Group
from data.market import Market
from data.sources import BARS, MEMBERS, SERIES
from data.sources.valued import COUNT, ValuedSource, valued_in
from strategies.inputs import Input
from strategies.signals.windows import percentile


@dataclass(frozen=True)
class Rank:
    """A valuation's percentile in its own past at a close.

    Parameters
    ----------
    sessions, since
        Among how many sessions it is ranked, this one included, and the first of them.
    share
        The share of them whose values are at or below this one's; ``None`` where one isn't known.
    """

    sessions: int
    since: str
    share: float | None


@dataclass(frozen=True)
class ValuedClose:
    """A valuation at one close.

    Parameters
    ----------
    date
        The session.
    value
        As known there; ``None`` where it isn't, or has no meaning, as price/earnings where all together lose.
    companies
        How many it is of.
    changed
        Who came to them or went since the session before; empty where nobody did.
    lookbacks
        Its percentile in each of the strategies' own lookbacks.
    past
        That in all its known past; ``None`` before its first value.
    """

    date: str
    value: float | None
    companies: int
    changed: str
    lookbacks: tuple[Rank, ...]
    past: Rank | None


@dataclass(frozen=True)
class ValuationRead:
    """A valuation that a run goes by, and the filings it stands on.

    Parameters
    ----------
    name, figure
        Its series, ``CHIPS_PE``, and what it ends in, a key of `data.sources.valued.FIGURES`.
    closes
        The close before, unless the run begins with the day, and the day's.
    companies
        Those it is of at the day's close, what is worth most first.
    behind
        Those whose four quarters ended over half a year before.
    left_out
        Members without filings, or without a price, shares or four quarters known at that close.
    """

    name: str
    figure: str
    closes: tuple[ValuedClose, ...]
    companies: tuple[Worth, ...]
    behind: tuple[str, ...]
    left_out: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, as JSON holds them."""
        companies = [asdict(each) | {"price_earnings": each.price_earnings} for each in self.companies]
        return asdict(self) | {"companies": companies}


def valuations_read(market: Market, reads: frozenset[str], inputs: Sequence[Input], t: int) -> Iterator[ValuationRead]:
    """Yield the valuations that a run read and its source makes of filings, as they stood at the close of t.

    Parameters
    ----------
    market
        What the run is fed.
    reads
        What its strategies read, by kind and name such as ``series/CHIPS_PE``.
    inputs
        What they go by: a valuation that is ranked is ranked here among as many sessions.
    t
        The run's session.
    """
    made = valued_in(market.source)
    for name, named in {} if made is None else made.valuations.items():
        if made is None or f"{SERIES}/{name}" not in reads or named.figure == COUNT:
            continue
        days = sorted({input_.ranked[1] for input_ in inputs if input_.ranked and input_.ranked[0] == name})
        group, rows = made.group(named.whose), range(market.first + max(t - 1, 0), market.first + t + 1)
        at = _row_of(market, name, group, rows[-1])
        counted = group.names_at(at) if at >= 0 else ()
        companies = [each for each in worth(group, np.array([max(at, 0)])) if each.ticker in counted]
        yield ValuationRead(
            name,
            named.figure,
            tuple(_close(market, name, group, days, row) for row in rows),
            tuple(sorted(companies, key=lambda each: -(each.market_value or 0.0))),
            group.behind(at) if at >= 0 else (),
            tuple(each for each in _members(made, named.whose, group, max(at, 0)) if each not in counted),
        )


def _close(market: Market, name: str, group: Group, days: Sequence[int], row: int) -> ValuedClose:
    values, at = market.series(name)[: row + 1], _row_of(market, name, group, row)
    known = np.flatnonzero(~np.isnan(values))
    changes = (change.words for change in group.changes() if at >= 0 and change.session == group.sessions[at])
    return ValuedClose(
        str(market.sessions[row]),
        None if np.isnan(values[-1]) else float(values[-1]),
        int(group.count[at]) if at >= 0 else 0,
        next(changes, ""),
        tuple(_rank(market, values[-length:], row, length) for length in days),
        _rank_of_all(market, values, known) if len(known) else None,
    )


def _rank(market: Market, values: Floats, row: int, length: int) -> Rank:
    """Return the rank of the last of some values as the signals rank it."""
    share = float(percentile(values, length)[-1])
    since = market.sessions[max(row + 1 - length, 0)]
    return Rank(length, str(since), None if np.isnan(share) else share)


def _rank_of_all(market: Market, values: Floats, known: Ints) -> Rank:
    """Return the rank of the last of some values among those that are known."""
    share = None if np.isnan(values[-1]) else float((values[known] <= values[-1]).mean())
    return Rank(len(known), str(market.sessions[known[0]]), share)


def _row_of(market: Market, name: str, group: Group, row: int) -> int:
    """Return the group's session whose figure is known at a close, by the series' lag; -1 where there is none yet."""
    lag, asked = market.source.read(SERIES, name).lag, np.searchsorted(market.calendar, market.sessions[row])
    of = market.calendar[max(int(asked) - lag, 0)]
    return int(np.searchsorted(group.sessions, of, side="right")) - 1


def _members(made: ValuedSource, whose: str, group: Group, at: int) -> tuple[str, ...]:
    """Return who belonged to a group at one of its sessions, with filings or without."""
    if whose in made.names(MEMBERS):
        members = made.read(MEMBERS, whose)
        symbols = tuple(sorted(set(members.symbols.tolist())))
        (belongs,) = members.on(group.sessions[at : at + 1], symbols)
        return tuple(name for name, here in zip(symbols, belongs, strict=True) if here)
    return chip_makers(made.names(BARS)) if whose == CHIPS else (whose,)

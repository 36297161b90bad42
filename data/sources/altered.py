"""A source whose histories are others: cut short, tampered with, continued; valuations are made anew of them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

import numpy as np

from data.arrays import Dates
from data.bars import Bars
from data.filings.facts import Filings, differ_in_value
from data.filings.valuation import Company, Filed, QuarterSums, company, filed_by, sums_by
from data.series import Series
from data.sources import BARS, SERIES, Held, Kind, Thing, typed
from data.sources.valued import read_group, valuation, valued_in
from data.sources.wrapped import Wrapped

History = Callable[[str, Thing], Thing]
"""Gives what a history has in place of an item of the real one, which goes by ``bars/SOXX`` or ``series/VIX``."""


class Valued(NamedTuple):
    """A company, valued, and all that it was valued by."""

    filings: Filings
    sums: QuarterSums
    filed: Filed
    bars: Bars
    sessions: Dates
    company: Company


class Companies(dict[str, Valued]):
    """Values companies, each once as long as nothing was done to what it filed and to its bars: they are the same.

    What is kept is what was asked for first, on the whole history. Every other is valued anew, on sums and counts of
    what it filed that are kept too: where values alone are others, on sums of the same facts.
    """

    def value(self, filings: Filings, bars: Bars, sessions: Dates) -> Company:
        """Return a company at each close of some sessions."""
        if (known := self.get(filings.name)) is not None:
            if known.filings is not filings:
                sums = known.sums if differ_in_value(filings, known.filings) else None
                return company(filings, bars, sessions, filed_by(filings, sums))
            same = known.bars is bars and np.array_equal(known.sessions, sessions)
            return known.company if same else company(filings, bars, sessions, known.filed)
        sums = sums_by(filings)
        filed = filed_by(filings, sums)
        found = company(filings, bars, sessions, filed)
        self[filings.name] = Valued(filings, sums, filed, bars, sessions, found)
        return found


@dataclass(frozen=True)
class AlteredSource(Wrapped):
    """A source of which everything goes through a history.

    Parameters
    ----------
    history
        What is done to it.
    companies
        What values them, one for all histories.
    asked
        What was asked of it, by the names of items.
    """

    history: History
    companies: Companies = field(default_factory=Companies)
    asked: set[str] = field(default_factory=set)
    _made: dict[str, Thing] = field(init=False, default_factory=dict, repr=False, compare=False)

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Return what the history has in place of the inner source's; raises DataError."""
        item = f"{kind}/{name}"
        self.asked.add(item)
        if item not in self._made:
            found: Any = self._valuation(name) if kind == SERIES else None
            if found is None:
                found = self.source.read(kind, name)
            self._made[item] = self.history(item, found)
        return typed(kind, self._made[item])

    def _valuation(self, name: str) -> Series | None:
        """Return a valuation, made anew of bars and filings that went through the history; None of any other series.

        What a vendor adjusted is undone before: it hangs on later bars, as the file does.
        """
        valued = valued_in(self.source)
        named = None if valued is None else valued.valuations.get(name)
        if valued is None or named is None:
            return None

        def traded(company: str) -> Bars:
            self.asked.add(f"bars/{company}")
            return typed(BARS, self.history(f"bars/{company}", valued.traded(company)))

        lag = self.source.read(SERIES, name).lag
        return replace(valuation(read_group(self, named.whose, traded, self.companies.value), named), lag=lag)

"""Figures of the trailing four quarters, as they were first filed: each known from the session after its filing on."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from operator import itemgetter
from typing import NamedTuple

import numpy as np

from data.arrays import Dates, Floats, read_only
from data.filings.facts import INCOME, SALES, Filings

SPANS = ((80, 100), (170, 194), (260, 286), (345, 380))
"""Days of one, two, three and four quarters, of 12 to 14 weeks each; a fact of another span is none of a quarter's."""
DAYS = frozenset(days for low, high in SPANS for days in range(low, high + 1))
YEAR = SPANS[-1]
APART = 5
"""Days within which two dates are one end of a quarter: they wobble between filings."""
OF_INCOME, OF_SALES = (*((concept,) for concept in INCOME), INCOME), (SALES,)
"""What each figure is summed of, as `sums_of` takes it."""


@dataclass(frozen=True)
class FiledSteps:
    """A figure that changes when something is filed; read-only.

    Parameters
    ----------
    filed
        The day of each filing that brought a value, in order, ``datetime64[D]``, shape (values,). A value is known at
        the close of the session after it.
    value
        Each value, shape (values,).
    of
        The last day of what each is of, shape (values,).
    """

    filed: Dates
    value: Floats
    of: Dates


class QuarterSum(NamedTuple):
    """A sum of four quarters: the day it was filed, the last day it is of, and the facts that are taken off nothing.

    Facts are counted from 1; one below 0 is added. Which they are hangs on what was filed when, and on no value.
    """

    filed: int
    of: int
    facts: tuple[int, ...]


@dataclass
class Quarters:
    """Spans of time between ends of quarters, and what follows from them for other spans; days are counted."""

    spans: dict[int, dict[int, int]] = field(default_factory=dict)
    """The fact of the time from one end to another, and less than nothing the other way round."""
    last: list[int] = field(default_factory=list)
    """The ends at which a span ends, not only begins; in order."""
    ends: list[int] = field(default_factory=list)
    """All ends, in order."""

    def add(self, start: int, end: int, fact: int) -> bool:
        """Take in the fact of a span unless there is one, and return whether there was none."""
        if end - start + 1 not in DAYS:
            return False
        before, after = self._end(start - 1), self._end(end)
        if after in self.spans[before]:
            return False
        self.spans[before][after], self.spans[after][before] = fact, -fact
        if after not in self.last:
            insort(self.last, after)
        return True

    def after(self, day: int) -> list[int]:
        """Return the ends at which a span ends, those after a day, in order."""
        return self.last[bisect_right(self.last, day) :]

    def year_to(self, end: int) -> tuple[int, ...] | None:
        """Return the facts of the year to an end: as few spans as may be, forth and back; None where none lead there.

        So the last quarter is the year less three quarters, and a year that ends in the middle of a company's own is
        that one, with what came since, less as much of the year before.
        """
        begun, since = self._end(end), bisect_left(self.ends, end - YEAR[1])
        if self.ends[since] > end - YEAR[0]:
            return None  # wherever spans lead, nothing ends a year before
        ways, seen = deque[tuple[int, tuple[int, ...]]]([(begun, ())]), {begun}
        while ways:
            at, facts = ways.popleft()
            for other, fact in self.spans[at].items():
                if other not in seen:
                    if YEAR[0] <= end - other <= YEAR[1]:
                        return (*facts, fact)
                    seen.add(other)
                    ways.append((other, (*facts, fact)))
        return None

    def _end(self, day: int) -> int:
        """Return the end of a quarter that a day is, one that is known already where it is near."""
        if day in self.spans:  # no two are near each other
            return day
        at = bisect_left(self.ends, day - APART)
        if at < len(self.ends) and self.ends[at] <= day + APART:
            return self.ends[at]
        insort(self.ends, day)
        self.spans[day] = {}
        return day


def trailing(filings: Filings, choices: Sequence[Sequence[str]]) -> FiledSteps:
    """Return the sums of the four quarters before each end of one, as soon as filings gave them: of `sums_of`."""
    return summed(sums_of(filings, choices), filings)


def sums_of(filings: Filings, choices: Sequence[Sequence[str]]) -> tuple[QuarterSum, ...]:
    """Return which facts make up the four quarters before each end of one, as soon as filings gave them.

    Parameters
    ----------
    filings
        A company's.
    choices
        Sets of concepts, the one that counts first; a sum is made of one set's facts. Within a set the value that was
        filed first counts, of several in one filing the concept that stands first.

    Returns
    -------
    tuple
        A later end of a quarter replaces an earlier one, and nothing that is filed later changes a sum. Empty where
        filings never gave four quarters.
    """
    made = [Quarters() for _ in choices]
    found: list[QuarterSum] = []
    for day in _days(filings, choices, made):
        newest = found[-1].of if found else 0
        for end in sorted({end for each in made for end in each.after(newest + APART)}, reverse=True):
            facts = next((way for each in made if (way := each.year_to(end)) is not None), None)
            if facts is not None:
                found.append(QuarterSum(day, end, facts))
                break
    return tuple(found)


def summed(sums: Sequence[QuarterSum], filings: Filings) -> FiledSteps:
    """Return what sums come to, by the values of filings that they are of."""
    told, values = filings.value.tolist(), []
    for each in sums:
        total = 0.0
        for fact in each.facts:
            total = total - told[fact - 1] if fact > 0 else total + told[-fact - 1]
        values.append(total)
    filed, of = (read_only(np.array([each[k] for each in sums], np.int64).astype("datetime64[D]")) for k in range(2))
    return FiledSteps(filed, read_only(np.array(values, np.float64)), of)


def net_income(filings: Filings) -> FiledSteps:
    """Return net income of the trailing four quarters, dollars: `trailing`."""
    return trailing(filings, OF_INCOME)


def sales(filings: Filings) -> FiledSteps:
    """Return sales of the trailing four quarters, dollars, whatever each filing called them: `trailing`."""
    return trailing(filings, OF_SALES)


def first_filed(filings: Filings) -> Filings:
    """Return of each concept and span what was filed first; of several in that filing the one that stands first."""
    spans = (filings.concept, filings.start.astype(np.int64), filings.end)  # no two NaT are equal
    another = np.ones(len(filings), np.bool_)
    another[1:] = np.any([span[1:] != span[:-1] for span in spans], axis=0)
    return filings.rows(another)


def _days(filings: Filings, choices: Sequence[Sequence[str]], made: Sequence[Quarters]) -> Iterator[int]:
    """Take in what was filed day by day, and yield each day that brought anything new."""
    rank = {concept: rank for several in choices for rank, concept in enumerate(several)}
    numbered = filings.with_values(np.arange(1.0, len(filings) + 1))
    spans = first_filed(numbered.rows(np.isin(filings.concept, list(rank)) & ~np.isnat(filings.start)))
    days = (each.astype(np.int64).tolist() for each in (spans.filed, spans.start, spans.end))
    (filed, starts, ends), concepts = days, spans.concept.tolist()
    numbers = spans.value.astype(np.int64).tolist()
    facts = zip(filed, [rank[each] for each in concepts], starts, ends, concepts, numbers, strict=True)
    sets = [*zip(choices, made, strict=True)]
    takes = {concept: [quarters for several, quarters in sets if concept in several] for concept in rank}
    for day, together in groupby(sorted(facts), key=itemgetter(0)):
        new = False
        for _, _, start, end, concept, fact in together:
            for quarters in takes[concept]:
                new |= quarters.add(start, end, fact)
        if new:
            yield day

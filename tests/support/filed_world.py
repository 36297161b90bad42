"""A made-up market with filings: SOXX and its fund, two chip makers that file, and one without."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from markets import MemorySource
from worlds import source

from data.bars import Bars
from data.filings.facts import Fact, Filings, make_filings
from data.sources import BARS
from data.sources.valued import ValuedSource

ENDS = ("2017-12-31", "2018-03-31", "2018-06-30", "2018-09-30", "2018-12-31")
"""Ends of quarters; each but the first is of one that filings tell of."""
EARLIER = ("2016-12-31", "2017-03-31", "2017-06-30", "2017-09-30", "2017-12-31")
FILED = ("2018-05-04", "2018-08-03", "2018-11-02", "2019-03-15")
"""When each of those was filed: the last one within the run."""
RUN = {"hedge.instrument": "SOXS", "hedge.underlying": "SOXX", "portfolio.core": {"SOXX": 1.0}}
"""Dotted keys of a run on it."""
SHARES = {"AMD": 2e9, "NVDA": 1e9}
INCOME = {"AMD": (-1e9, -1e9, 5e8, 6e8), "NVDA": (2e9, 2e9, 3e9, 4e9)}
YEAR_BEFORE = {"AMD": (1e9, 2e8, 3e8, 4e8), "NVDA": (5e8, 1e9, 1e9, 1e9)}
"""Net income of the four quarters of 2017, which a 10-K tells of at once: it is filed on 2018-02-09."""


def filings(name: str, income: Sequence[float], before: Sequence[float]) -> Filings:
    """Make a company's filings: net income, sales of ten times its size, and shares with each."""
    ends = [np.datetime64(day) for day in ENDS]
    facts = _quarters(EARLIER, ["2018-02-09"] * 4, before)
    facts += _quarters(ENDS, FILED, income)
    for filed, end in zip(("2018-02-09", *FILED), ends, strict=True):
        facts.append(Fact("EntityCommonStockSharesOutstanding", None, end, SHARES[name], np.datetime64(filed), "", ""))
    return make_filings(name, 1, facts)


class AsTheyAre(ValuedSource):
    """A source whose companies' bars are taken as they are: made-up prices don't tell whether they are as traded."""

    def traded(self, name: str) -> Bars:
        """Return a company's bars."""
        return self.source.read(BARS, name)


def filed_world(seed: int = 3, until: str = "2100-01-01") -> ValuedSource:
    """Make the market, with what was filed before a day; the same for the same seed."""
    made = source(seed, events=False, missing=False)
    called = {"AAA": "SOXX", "HHH": "SOXS", "BBB": "AMD", "CCC": "NVDA", "DDD": "TSM"}
    bars = {new: replace(made.bars_by_name[old], instrument=new) for old, new in called.items()}
    last = np.datetime64(until)
    filed = {name: filings(name, INCOME[name], YEAR_BEFORE[name]).up_to(last) for name in SHARES}
    return AsTheyAre(MemorySource(bars, made.series_by_name, held_filings=filed, simulated=True))


def _quarters(ends: Sequence[str], filed: Sequence[str], income: Sequence[float]) -> list[Fact]:
    facts = []
    for begin, end, day, made in zip(ends[:-1], ends[1:], filed, income, strict=True):
        span = (np.datetime64(begin) + 1, np.datetime64(end))
        for concept, value in (("NetIncomeLoss", made), ("Revenues", 10 * abs(made))):
            facts.append(Fact(concept, *span, value, np.datetime64(day), "10-Q", ""))
    return facts

"""The facts of a company's filings, as the SEC's companyfacts files have them: each with the day it was filed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np

from data.arrays import Dates, Flags, Floats, read_only
from data.errors import DataError, did_you_mean
from data.events import Words
from data.foreign import refuse_packed

INCOME = ("NetIncomeLoss", "ProfitLoss")
"""Net income, the one that counts first: ProfitLoss has minority interests in it, and some file that alone."""
SALES = (
    "Revenues",
    "SalesRevenueNet",
    "RevenueFromContractWithCustomerExcludingAssessedTax",
    "RevenueFromContractWithCustomerIncludingAssessedTax",
    "SalesRevenueGoodsNet",
)
"""Sales, by what companies have called them over the years; of several in one filing the first here counts."""
SHARES = (
    "EntityCommonStockSharesOutstanding",
    "CommonStockSharesOutstanding",
    "WeightedAverageNumberOfDilutedSharesOutstanding",
)
"""Shares: of a filing's cover, of its balance sheet, and the mean of its period with what may become shares."""
EARNINGS_PER_SHARE = "EarningsPerShareDiluted"
UNITS: Mapping[str, str] = (
    dict.fromkeys((*INCOME, *SALES), "USD") | dict.fromkeys(SHARES, "shares") | {EARNINGS_PER_SHARE: "USD/shares"}
)
"""The concepts that are kept, each with the one unit that counts."""
TAXONOMIES = ("dei", "us-gaap")
EARLIEST, LATEST = "1990-01-01", "2100-01-01"
"""Days between which facts can be, as texts: these are compared forty times as fast."""
LARGEST = 1e18
"""Beyond which a fact is no amount of dollars or shares."""
DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
CIK = re.compile(r"[0-9]{1,10}")


class NoFiguresError(DataError):
    """A whole companyfacts file without income or sales in dollars: of a company that can't be valued."""


class Fact(NamedTuple):
    """One fact, as `Filings` has it; its start is None where it is of a day."""

    concept: str
    start: np.datetime64 | None
    end: np.datetime64
    value: float
    filed: np.datetime64
    form: str
    accession: str


@dataclass(frozen=True)
class Filings:
    """What a company filed, a row a fact, sorted by concept, span and day of filing; read-only.

    A fact is known at the close of the session after the day it was filed. What a later filing says of the same span is
    a row of its own: it never reaches back.

    Parameters
    ----------
    name
        The company's ticker.
    cik
        Its number with the SEC; the ticker of a company that was reorganised may stand for another one before.
    concept
        One of `UNITS`, shape (facts,).
    start, end
        The span each is of, ``datetime64[D]``, shape (facts,); no start (NaT) where it is of a day.
    value
        Dollars, shares or dollars a share, as filed: splits that came later aren't in it.
    filed
        The day of the filing.
    form, accession
        Such as ``10-Q`` or ``10-K/A``, and the filing's number.
    """

    name: str
    cik: int
    concept: Words
    start: Dates
    end: Dates
    value: Floats
    filed: Dates
    form: Words
    accession: Words

    def __len__(self) -> int:
        return len(self.concept)

    def of(self, *concepts: str) -> Filings:
        """Return the facts of some concepts."""
        return self.rows(np.isin(self.concept, concepts))

    def up_to(self, last: np.datetime64) -> Filings:
        """Return what was known at the close of a session: what was filed on a day before it."""
        return self.rows(self.filed < last)

    def rows(self, keep: Flags) -> Filings:
        """Return the chosen facts."""
        return replace(self, **{name: read_only(getattr(self, name)[keep]) for name in COLUMNS})

    def with_values(self, value: Floats) -> Filings:
        """Return the same facts with other values, shape (facts,)."""
        return replace(self, value=read_only(value))

    def lines(self) -> Iterator[str]:
        """Yield a line of text for each fact: what a hash is of."""
        yield f"CIK {self.cik}"
        for row in zip(*(getattr(self, name).tolist() for name in COLUMNS), strict=True):
            yield ",".join(map(repr, row))


COLUMNS = tuple(field.name for field in fields(Filings) if field.name not in ("name", "cik"))


def make_filings(name: str, cik: int, rows: Sequence[Fact]) -> Filings:
    """Return facts sorted, each once."""
    found = sorted(set(rows), key=_place)
    kinds = ("U", "datetime64[D]", "datetime64[D]", "float64", "datetime64[D]", "U", "U")
    columns = zip(*found, strict=True) if found else [()] * len(kinds)
    return Filings(name, cik, *(read_only(np.array(column, kind)) for column, kind in zip(columns, kinds, strict=True)))


def differ_in_value(some: Filings, others: Filings) -> bool:
    """Return whether filings are those of others `with_values`: they hold the same arrays of all else."""
    return all(getattr(some, name) is getattr(others, name) for name in COLUMNS if name != "value")


def joined(older: Filings, newer: Filings) -> Filings:
    """Return the facts of two downloads of one company, each once: what was seen once stays.

    A value that was corrected without a new filing stays as it was seen first.
    """
    kept = _rows(older)
    seen = {fact._replace(value=0.0) for fact in kept}
    return make_filings(
        newer.name, newer.cik, kept + [fact for fact in _rows(newer) if fact._replace(value=0.0) not in seen]
    )


def read_companyfacts(data: bytes, where: str, name: str) -> Filings:
    """Read a companyfacts file of the SEC.

    Parameters
    ----------
    data
        The file's bytes.
    where
        Its name for messages.
    name
        The company's ticker.

    Returns
    -------
    Filings
        The facts of the concepts and units of `UNITS`; others, and the fields that say of a filing what they seem to
        say of a span (fy, fp, frame), are passed over.

    Raises
    ------
    DataError
        It is no such file; a `NoFiguresError` where it has neither net income nor sales in dollars.
    """
    found = _parsed(data, where)
    if "filings" in found and "facts" not in found:
        raise DataError(f"{where}: is the SEC's list of a company's submissions: its companyfacts file has its figures")
    facts, cik = found.get("facts"), found.get("cik")
    if not isinstance(facts, dict) or not CIK.fullmatch(str(cik)):
        raise DataError(f"{where}: is no companyfacts file of the SEC: it has no cik and facts")
    rows = [
        row
        for taxonomy in TAXONOMIES
        for concept in UNITS
        for fact in _facts(facts, taxonomy, concept, where)
        if (row := _row(concept, fact, f"{where}: {concept}")) is not None
    ]
    if not any(row.concept in (*INCOME, *SALES) for row in rows):
        why = "its figures are in ifrs-full: " if "ifrs-full" in facts else ""
        raise NoFiguresError(f"{where}: holds no net income or sales in dollars by US GAAP: {why}leave it out")
    return make_filings(name, int(str(cik)), rows)


@lru_cache(maxsize=2)  # the SEC's list has ten thousand, and every company's file is found by it
def tickers_in(data: bytes, where: str) -> Mapping[str, int]:
    """Return the numbers of companies by their tickers, from the SEC's company_tickers.json; raises DataError."""
    found = _parsed(data, where)
    try:
        return {str(each["ticker"]).upper(): int(each["cik_str"]) for each in found.values()}
    except (LookupError, TypeError, ValueError, OverflowError):
        raise DataError(f"{where}: is no list of tickers as the SEC's company_tickers.json has it") from None


def cik_of(ticker: str, known: Mapping[str, int]) -> int:
    """Return a company's number; raises DataError where the SEC lists no such ticker."""
    if ticker not in known:
        raise DataError(f"{ticker}: is no ticker that the SEC lists{did_you_mean(ticker, known)}")
    return known[ticker]


def file_of(cik: int) -> str:
    """Return what the SEC calls the companyfacts file of a company."""
    return f"CIK{cik:010d}.json"


def _parsed(data: bytes, where: str) -> dict[str, Any]:
    refuse_packed(data, where)
    try:
        found = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise DataError(f"{where}: can't be read as JSON: {' '.join(str(error).split())}: fetch it again") from None
    if not isinstance(found, dict):
        raise DataError(f"{where}: is no file of the SEC: it holds {type(found).__name__}, not an object")
    return found


def _facts(facts: Mapping[str, Any], taxonomy: str, concept: str, where: str) -> list[Mapping[str, Any]]:
    """Return the facts of a concept in its own unit."""
    try:
        found = facts.get(taxonomy, {}).get(concept, {}).get("units", {}).get(UNITS[concept], [])
    except AttributeError:
        found = None
    if not isinstance(found, list):
        raise DataError(f"{where}: {taxonomy} {concept} isn't as companyfacts files have it: fetch it again")
    return found


def _row(concept: str, fact: Mapping[str, Any], where: str) -> Fact | None:
    """Return a fact; None of one that has no value, or days that can't be. Raises DataError where it can't be read."""
    try:
        return _fact(concept, fact)
    except (LookupError, TypeError, ValueError, AttributeError, OverflowError):
        raise DataError(f"{where} has a fact that can't be read: {str(fact)[:120]}: fetch the file again") from None


def _fact(concept: str, fact: Mapping[str, Any]) -> Fact | None:
    value, form, accession = fact["val"], str(fact.get("form") or ""), str(fact.get("accn") or "")
    if value is None:
        return None
    start, end, filed, number = fact.get("start"), _day(fact["end"]), _day(fact["filed"]), float(value)
    began = None if start is None else _day(start)
    f"{form}{accession}".encode()  # a ValueError where it can't be written
    if isinstance(value, bool | str) or not abs(number) <= LARGEST:
        raise ValueError(f"{value!r} is no amount")
    since = fact["end"] if start is None else start
    if not EARLIEST <= since <= fact["end"] <= fact["filed"] <= LATEST:
        return None  # a typing error, of which there are some
    return Fact(concept, began, end, number, filed, form, accession)


@lru_cache(maxsize=8192)  # many facts are of one day
def _day(text: Any) -> np.datetime64:
    """Return a day; raises ValueError on what is no ISO date."""
    if not isinstance(text, str) or not DAY.fullmatch(text):
        raise ValueError(f"{text!r} is no day")
    return np.datetime64(text, "D")


def _place(fact: Fact) -> tuple[Any, ...]:
    """Return what facts are sorted by: days as Python has them, which are compared ten times as fast."""
    start = date.fromisoformat(EARLIEST) if fact.start is None else fact.start.item()
    return (fact.concept, start, fact.end.item(), fact.filed.item(), fact.value, fact.form, fact.accession)


def _rows(filings: Filings) -> list[Fact]:
    """Return facts one by one."""
    columns = {name: list(getattr(filings, name)) for name in COLUMNS}
    starts = [None if np.isnat(start) else start for start in columns.pop("start")]
    return [
        Fact(str(concept), start, end, float(value), filed, str(form), str(accession))
        for start, concept, end, value, filed, form, accession in zip(starts, *columns.values(), strict=True)
    ]

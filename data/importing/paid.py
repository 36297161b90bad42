"""What a price file says was paid: its dividends, or those that its adjusted closes imply."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from data.arrays import Floats, Ints, day
from data.bars import PRICES, Bars
from data.importing.dividends import Implied, factor_of, implied, in_cents, unadjusted_factor
from data.importing.splits import later_splits
from data.importing.table import ImportedTable, counted

ANOTHER = 0.25
"""Part of the price from which a step of adjusted closes is a split rather than a dividend."""
APART = 5e-4
"""Part of the price by which dividends and adjusted closes may differ before that is said."""
CENTS = day("2001-04-09")
"""The day from which all stocks were quoted in cents."""
JUDGED = 250
"""Closes, the latest before the last dividend, by which it is judged whether prices are adjusted for dividends."""
FEWEST = 20
"""Of them."""
NOTHING_TOLD = "No dividends and no adjusted close: prices are taken as they stand, and nothing as paid out."


def read_paid(table: ImportedTable) -> tuple[Floats, tuple[str, ...]]:
    """Return the dividends that the file names, in its own share basis, and what was assumed; raises DataError."""
    dividend, gains = _column(table, "dividend"), _column(table, "capitalgains")
    if not gains.any():
        return dividend, ()
    # Yahoo counts capital gains into its dividends, but not in the whole history of every fund.
    title, within = table.titles["capitalgains"], "taken as part of a dividend that is as large, else as paid beside it"
    return np.where(gains > dividend, dividend + gains, dividend), (f"{title}: {within}.",)


def with_dividends(table: ImportedTable, rows: Ints, bars: Bars, *, adjusted: bool) -> tuple[Bars, tuple[str, ...]]:
    """Return the bars with their dividends, and what to say of them.

    Parameters
    ----------
    rows
        The table's rows that the bars are of.
    bars
        As traded, with the dividends that the file names.
    adjusted
        Whether the file's own prices are split-adjusted.

    Raises
    ------
    DataError
        A dividend is as much as the price, or adjusted closes that have to tell the dividends do what none does.
    """
    _check_paid(table, rows, bars)
    named = "dividend" in table.titles or "capitalgains" in table.titles
    closes = table.numbers("adjclose")[rows] if "adjclose" in table.titles else np.full(len(rows), np.nan)
    known = np.flatnonzero(~np.isnan(closes))
    if not len(known):
        return _put_back(bars) if named else (bars, (NOTHING_TOLD,))
    if (closes[known] <= 0).any():
        wrong = known[np.argmax(closes[known] <= 0)]
        raise table.fault(rows[wrong], f"{table.titles['adjclose']} is {closes[wrong]:g}: correct it, or empty it")
    basis = later_splits(bars.split)
    unit = table.unit("close") / (np.ones(len(basis)) if adjusted else basis)
    told = implied(closes[known], (bars.close / basis)[known], table.unit("adjclose"), unit[known])
    if not named:
        return _derived(table, rows[known], replace(bars, dividend=np.zeros(len(bars))), known, told)
    put_back, notes = _put_back(bars) if not told.dividend.any() else (bars, ())
    if put_back is not bars:  # its close is an adjusted one too
        return put_back, notes
    return bars, _compared(table, bars, known, told)


def _column(table: ImportedTable, column: str) -> Floats:
    values = np.nan_to_num(table.numbers(column)) if column in table.titles else np.zeros(len(table.dates))
    if (values < 0).any():
        says = f"{table.titles[column]} is negative: write dollars a share, 0 on most days"
        raise table.fault(int(np.argmax(values < 0)), says)
    return values


def _check_paid(table: ImportedTable, rows: Ints, bars: Bars) -> None:
    before = bars.close[:-1] / bars.split[1:]
    wrong = bars.dividend[1:] >= before
    if wrong.any():
        row = int(np.argmax(wrong))
        says = f"{bars.dividend[row + 1]:g} a share are paid of a price of {before[row]:g}"
        raise table.fault(rows[row + 1], f"{says}: correct the dividend")


def _derived(table: ImportedTable, rows: Ints, bars: Bars, known: Ints, told: Implied) -> tuple[Bars, tuple[str, ...]]:
    """Return the bars with the dividends that adjusted closes imply."""
    title = table.titles["adjclose"]
    found = np.flatnonzero(told.dividend != 0)
    if not len(found):
        return bars, (f"{title} moves as the close does: nothing is taken as paid out.",)
    basis = later_splits(bars.split)[known]
    part = told.dividend[found] / (bars.close[known] / basis)[found - 1]
    for row, paid in zip(found, part, strict=True):
        if np.isnan(paid):
            says = f"{title} falls against the close, which no dividend makes it do"
            raise table.fault(rows[row], f"{says}: correct it, add a column split, or take {title} out")
        if paid >= ANOTHER:
            says = f"{title} implies a dividend of {paid:.0%} of the price, as a split would"
            raise table.fault(rows[row], f"{says}: add a column split, or take {title} out")
    dividend = np.zeros(len(bars))
    dividend[known[found]] = np.round(told.dividend[found] * basis[found], 6)
    shows = 200 * np.median(told.width / told.factor)
    hides = f"one under {shows:.1g} % of the price would not show"
    return replace(bars, dividend=dividend), (f"{counted(len(found), 'dividend')} derived from {title}: {hides}.",)


def _compared(table: ImportedTable, bars: Bars, known: Ints, told: Implied) -> tuple[str, ...]:
    """Return the note on dividends and adjusted closes that contradict each other."""
    basis = later_splits(bars.split)
    named = np.log(factor_of(bars.dividend / basis, bars.close / basis)[known])
    apart = np.log(told.factor / told.factor[-1]) - (named - named[-1])
    rounding = told.width / told.factor + told.width[-1] / told.factor[-1]
    if not (np.abs(apart) > APART + rounding).any():
        return ()
    row = int(np.argmax(np.abs(np.diff(apart)))) + 1
    date, says = bars.dates[known[row]], bars.dividend[known[row]]
    before = bars.close[known[row - 1]] / bars.split[known[row]]
    implies = max(before * (1 - told.factor[row - 1] / told.factor[row]), 0.0)
    paid, title = table.titles.get("dividend") or table.titles["capitalgains"], table.titles["adjclose"]
    most = f"most on {date} (paid {says:g}, implied {implies:.4g})"
    by = f"by {np.abs(apart).max():.2%} of the price in all"
    return (f"{paid} and {title} contradict each other {by}, {most}: {paid} are taken.",)


def _put_back(bars: Bars) -> tuple[Bars, tuple[str, ...]]:
    """Return the bars with dividends put back into prices that are adjusted for them, where those tell so.

    Prices that were traded are whole cents. Where they are none before the last dividend, and are once what it took
    out is put back, they are adjusted, as yfinance's are unless it is told otherwise.
    """
    if not bars.dividend.any():
        return bars, ("Nothing is paid out in the whole file.",)
    basis = later_splits(bars.split)
    factor = unadjusted_factor(bars.close / basis, bars.dividend / basis)
    before = bars.dates < bars.dates[bars.dividend != 0][-1]
    judged = np.flatnonzero(before & (bars.dates >= CENTS) & (bars.close >= 1) & (bars.close <= 500))[-JUDGED:]
    if len(judged) < FEWEST or in_cents(bars.close[judged]).mean() > 0.5:
        return bars, ()
    if in_cents(bars.close[judged] / factor[judged]).mean() > 0.9:
        prices = {column: getattr(bars, column) / factor for column in PRICES}
        return replace(bars, **prices), ("Prices are adjusted for dividends, as cents tell: made as traded again.",)
    return bars, ("Nothing tells whether prices are adjusted for dividends: they are taken as not.",)

"""A price file as bars as traded: what its prices are adjusted for is told from the prices themselves, and undone."""

from __future__ import annotations

import numpy as np

from data.arrays import Dates, Flags, Floats
from data.bars import PRICES, Bars
from data.calendar import nyse_sessions
from data.errors import DataError
from data.importing.paid import read_paid, with_dividends
from data.importing.splits import later_splits, read_splits
from data.importing.table import ImportedTable, counted, named_days

USED = (*PRICES, "adjclose", "volume", "dividend", "split", "capitalgains")
COUNTED = 10
"""Split-adjusted shares from which a volume is kept: fewer, printed whole, are off by over 5 percent."""


def read_bars(table: ImportedTable, name: str) -> tuple[Bars, tuple[str, ...]]:
    """Return a price file's bars as traded, and what was assumed.

    Parameters
    ----------
    table
        With date, open, high, low and close, and perhaps adjusted close, volume, dividend, split and capital gains.
        Bars whose prices contradict each other stay as they are.
    name
        Of the instrument.

    Raises
    ------
    DataError
        File, line, date and cure, where a number can't be one or the prices are in no basis that can be told.
    """
    table.only_once("the date stands twice")
    table.in_step()
    prices, has_bar, empty_notes = read_prices(table)
    _check_positive(table, prices)
    split, adjusted, split_notes = read_splits(table, prices, has_bar)
    volume, volume_notes = _volume(table, has_bar, name)
    dividend, gains_notes = read_paid(table)
    if adjusted:
        basis = later_splits(split)
        prices, dividend = prices * basis, dividend * basis
        volume, volume_notes = _unadjusted(volume, basis, volume_notes)
    opened, high, low, close = prices
    bars = Bars(name, table.dates, opened, high, low, close, volume, dividend, split).onto(table.dates[has_bar])
    bars, dividend_notes = with_dividends(table, np.flatnonzero(has_bar), bars, adjusted=adjusted)
    kept, closed_notes = _sessions(table, bars.dates)
    notes = (*empty_notes, *closed_notes, *split_notes, *gains_notes, *dividend_notes, *volume_notes)
    return bars.onto(kept), (*table.notes, *table.passed_over(USED), *notes)


def read_prices(table: ImportedTable) -> tuple[Floats, Flags, tuple[str, ...]]:
    """Return open, high, low and close, shape (4, rows), the rows that hold them, and the note on others.

    Raises DataError where a row holds some of the four, or no row holds any.
    """
    prices = np.array([table.numbers(column) for column in PRICES])
    empty = np.isnan(prices)
    half = empty.any(axis=0) & ~empty.all(axis=0)
    if half.any():
        row = int(np.argmax(half))
        title = table.titles[PRICES[int(np.argmax(empty[:, row]))]]
        raise table.fault(row, f"{title} is empty where other prices aren't: fill it in, or delete the row")
    if empty.all():
        raise DataError(f"{table.where}: has no price in any row: add history")
    gone = table.dates[empty[0]]
    note = f"{counted(len(gone), 'row')} without prices left out: {named_days(gone)}."
    return prices, ~empty[0], (note,) if len(gone) else ()


def _check_positive(table: ImportedTable, prices: Floats) -> None:
    wrong = np.argwhere((prices <= 0).T)
    if len(wrong):
        row, column = wrong[0]
        says = f"{table.titles[PRICES[column]]} is {prices[column, row]:g}, and prices are positive"
        raise table.fault(row, f"{says}: correct it, or delete the row")


def _volume(table: ImportedTable, has_bar: Flags, name: str) -> tuple[Floats, tuple[str, ...]]:
    if "volume" not in table.titles:
        return np.full(len(has_bar), np.nan), ("No column of volume: it is unknown.",)
    volume = table.numbers("volume")
    if (volume < 0).any():
        raise table.fault(int(np.argmax(volume < 0)), f"{table.titles['volume']} is negative: write 0 or nothing")
    unknown = int(np.isnan(volume[has_bar]).sum())
    if (volume[has_bar] == 0).all():
        return volume, (f"Volume is 0 throughout: if this is an index, name it ^{name}, and it is kept as a series.",)
    return volume, (f"Volume is empty in {counted(unknown, 'row')}, and unknown there.",) if unknown else ()


def _unadjusted(volume: Floats, basis: Floats, notes: tuple[str, ...]) -> tuple[Floats, tuple[str, ...]]:
    """Return volume as traded, 0 where splits left too little of it, and what to say."""
    lost = (volume < COUNTED) & (volume > 0) & (basis < 1)
    note = f"Volume is under {COUNTED} split-adjusted shares in {counted(int(lost.sum()), 'row')}, and 0 there."
    return np.where(lost, 0.0, np.round(volume / basis)), (*notes, note) if lost.any() else notes


def _sessions(table: ImportedTable, dates: Dates) -> tuple[Dates, tuple[str, ...]]:
    """Return the dates that are sessions, and the note on those that aren't; raises DataError unless it is daily."""
    sessions = nyse_sessions(dates[0], dates[-1])
    held = np.isin(dates, sessions)
    kept, closed = dates[held], dates[~held]
    if not len(kept) or (len(kept) > 2 and np.median(np.diff(np.searchsorted(sessions, kept))) > 1):
        says = f"{counted(len(kept), 'row')} on the {len(sessions)} NYSE sessions from {dates[0]} to {dates[-1]}"
        raise DataError(f"{table.where}: has {says}: daily prices are needed, not weekly or monthly ones")
    note = f"{counted(len(closed), 'row')} on days without an NYSE session left out: {named_days(closed)}."
    return kept, (note,) if len(closed) else ()

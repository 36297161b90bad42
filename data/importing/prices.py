"""A price file as bars as traded: what its prices are adjusted for is told from the prices themselves, and undone."""

from __future__ import annotations

import re

import numpy as np

from data.arrays import Dates, Flags, Floats
from data.bars import MULTIPLY, PRICES, Bars, later_splits, splits_beyond
from data.calendar import nyse_sessions
from data.errors import DataError
from data.importing.dividends import read_paid, with_dividends
from data.importing.table import ImportedTable, counted, named_days
from data.ranges import PRICE, SPLIT, VOLUME

USED = (*PRICES, "adjclose", "volume", "dividend", "split", "capitalgains")
COUNTED = 10
"""Split-adjusted shares from which a volume is kept: fewer, printed whole, are off by over 5 percent."""
EVIDENT = np.log(1.2)
"""Log of a split from which it can be told from a day's move."""
STRAY = np.log(1.4)
"""Log move of its own that the day of a split may have."""
RATIO = re.compile(r"(\d+(?:\.\d+)?)\s*[:/]\s*(\d+(?:\.\d+)?)")


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
        File, line, date and remedy, where a number can't be one or the prices are in no basis that can be told.
    """
    table.only_once("the date stands twice")
    table.in_step()
    prices, has_bar, empty_notes = read_prices(table)
    _check_positive(table, prices)
    split, adjusted, split_notes = _read_splits(table, prices, has_bar)
    volume, volume_notes = _volume(table, has_bar, name)
    dividend, gains_notes = read_paid(table)
    if adjusted:
        basis = later_splits(split)
        prices, dividend = prices * basis, dividend * basis
        volume, volume_notes = _unadjusted(volume, basis, volume_notes)
    opened, high, low, close = prices
    bars = Bars(name, table.dates, opened, high, low, close, volume, dividend, split).onto(table.dates[has_bar])
    bars, dividend_notes = with_dividends(table, np.flatnonzero(has_bar), bars, adjusted=adjusted)
    kept, closed_notes = daily(table, bars.dates)
    notes = (*empty_notes, *closed_notes, *split_notes, *gains_notes, *dividend_notes, *volume_notes)
    return bars.onto(kept), (*table.notes, *table.passed_over(USED), *notes)


def read_prices(table: ImportedTable) -> tuple[Floats, Flags, tuple[str, ...]]:
    """Return open, high, low and close, shape (4, rows), the rows that hold them, and the note on others.

    Raises DataError where a row holds some of the four, or no row holds any.
    """
    prices = np.array([table.numbers(column, PRICE) for column in PRICES])
    empty = np.isnan(prices)
    half = empty.any(axis=0) & ~empty.all(axis=0)
    if half.any():
        row = int(np.argmax(half))
        title = table.titles[PRICES[int(np.argmax(empty[:, row]))]]
        raise table.error(row, f"{title} is empty where other prices aren't: fill it in, or delete the row")
    if empty.all():
        raise DataError(f"{table.where}: has no price in any row: add history")
    gone = table.dates[empty[0]]
    note = f"{counted(len(gone), 'row')} without prices left out: {named_days(gone)}."
    return prices, ~empty[0], (note,) if len(gone) else ()


def _check_positive(table: ImportedTable, prices: Floats) -> None:
    wrong = np.argwhere((prices <= 0).T)
    if len(wrong):
        row, column = wrong[0]
        message = f"{table.titles[PRICES[column]]} is {prices[column, row]:g}, and prices are positive"
        raise table.error(row, f"{message}: correct it, or delete the row")


def _volume(table: ImportedTable, has_bar: Flags, name: str) -> tuple[Floats, tuple[str, ...]]:
    if "volume" not in table.titles:
        return np.full(len(has_bar), np.nan), ("No column of volume: it is unknown.",)
    volume = table.numbers("volume", VOLUME)
    if (volume < 0).any():
        raise table.error(int(np.argmax(volume < 0)), f"{table.titles['volume']} is negative: write 0 or nothing")
    unknown = int(np.isnan(volume[has_bar]).sum())
    if (volume[has_bar] == 0).all():
        return volume, (f"Volume is 0 throughout: if this is an index, name it ^{name}, and it is kept as a series.",)
    return volume, (f"Volume is empty in {counted(unknown, 'row')}, and unknown there.",) if unknown else ()


def _unadjusted(volume: Floats, basis: Floats, notes: tuple[str, ...]) -> tuple[Floats, tuple[str, ...]]:
    """Return volume as traded, 0 where splits left too little of it, and what to say."""
    lost = (volume < COUNTED) & (volume > 0) & (basis < 1)
    note = f"Volume is under {COUNTED} split-adjusted shares in {counted(int(lost.sum()), 'row')}, and 0 there."
    return np.where(lost, 0.0, np.round(volume / basis)), (*notes, note) if lost.any() else notes


def daily(table: ImportedTable, dates: Dates) -> tuple[Dates, tuple[str, ...]]:
    """Return the dates that are sessions, and the note on those that aren't; raises DataError unless it is daily."""
    sessions = nyse_sessions(dates[0], dates[-1])
    held = np.isin(dates, sessions)
    kept, closed = dates[held], dates[~held]
    if not len(kept) or (len(kept) > 2 and np.median(np.diff(np.searchsorted(sessions, kept))) > 1):
        message = f"{counted(len(kept), 'row')} on the {len(sessions)} NYSE sessions from {dates[0]} to {dates[-1]}"
        raise DataError(f"{table.where}: has {message}: daily prices are needed, not weekly or monthly ones")
    note = f"{counted(len(closed), 'row')} on days without an NYSE session left out: {named_days(closed)}."
    return kept, (note,) if len(closed) else ()


def _read_splits(table: ImportedTable, prices: Floats, has_bar: Flags) -> tuple[Floats, bool, tuple[str, ...]]:
    """Return a file's splits, whether its prices, shape (4, rows), are adjusted for them, and what to say of that.

    Raises DataError where prices neither run on across a split nor step by it, or do so at one and not at another.
    """
    if "split" not in table.titles:
        return np.ones(len(has_bar)), False, ("No column of splits: prices are taken as they stand.",)
    split = table.numbers("split", SPLIT, _ratio)
    if (split < 0).any():
        raise table.error(int(np.argmax(split < 0)), "the split is negative: write new shares per old share")
    split = np.where(np.isnan(split) | (split == 0), 1.0, split)
    many = counted(int((split != 1).sum()), "split")
    if (split == 1).all():
        return split, False, ()
    if len(beyond := np.flatnonzero(splits_beyond(split))):
        raise table.error(int(beyond[0]), ": ".join(MULTIPLY))
    votes = _votes(table, prices, split, has_bar)
    if not len(votes):
        # Vendors title it "Stock Splits" and adjust; our own layout says "split" and doesn't.
        adjusted = table.titles["split"].lower() != "split"
        how = "split-adjusted, as Yahoo's are, and made as traded again" if adjusted else "traded"
        return split, adjusted, (f"Its {many} can't be told from a day's move: prices are taken as {how}.",)
    if votes[0]:
        return split, True, (f"Prices run on across its {many}: they are split-adjusted, and made as traded again.",)
    return split, False, (f"Prices step at its {many}: they are as traded.",)


def _votes(table: ImportedTable, prices: Floats, split: Floats, has_bar: Flags) -> Flags:
    """Return whether prices are adjusted for each split that is large enough to tell: all say the same."""
    rows = np.flatnonzero(has_bar)
    product = np.cumprod(split)
    ratio = product[rows[1:]] / product[rows[:-1]]
    moves = np.log(prices[[0, 3]][:, rows[1:]] / prices[3, rows[:-1]])
    if_adjusted, if_traded = np.abs(moves).min(axis=0), np.abs(moves + np.log(ratio)).min(axis=0)
    large = np.flatnonzero(np.abs(np.log(ratio)) >= EVIDENT)
    near, far = np.minimum(if_adjusted, if_traded)[large], np.maximum(if_adjusted, if_traded)[large]
    for at in large[(near > STRAY) | (near > far / 2)]:
        before, after = prices[3, rows[at]], prices[0, rows[at + 1]]
        goes = f"the price goes from {before:g} to {after:g}, {after / before:.3g} times as much"
        either = f"neither 1 (split-adjusted) nor {1 / ratio[at]:.3g} (as traded)"
        remedy = "correct the split or the prices"
        raise table.error(rows[at + 1], f"at a split of {ratio[at]:g} new per old {goes}: {either}: {remedy}")
    adjusted: Flags = (if_adjusted < if_traded)[large]
    if adjusted.any() and not adjusted.all():
        most = bool(adjusted.mean() > 0.5)
        odd, other = rows[large[adjusted != most][0] + 1], rows[large[adjusted == most][0] + 1]
        does = "step at this split but run on across" if most else "run on across this split but step at"
        raise table.error(odd, f"prices {does} that of {table.dates[other]}: correct the split or the prices")
    return adjusted


def _ratio(text: str) -> float | None:
    """Read new shares per old share as a ratio, ``1:10``."""
    pair = RATIO.fullmatch(text)
    return float(pair[1]) / float(pair[2]) if pair and float(pair[2]) else None

"""Whether prices are adjusted for splits: told from what they do across them."""

from __future__ import annotations

import re

import numpy as np

from data.arrays import Flags, Floats
from data.importing.table import ImportedTable, counted, number

EVIDENT = np.log(1.2)
"""Log of a split from which it can be told from a day's move."""
STRAY = np.log(1.4)
"""Log move of its own that the day of a split may have."""
RATIO = re.compile(r"(\d+(?:\.\d+)?)\s*[:/]\s*(\d+(?:\.\d+)?)")


def later_splits(split: Floats) -> Floats:
    """Return the product of the splits after each row: a traded price is the split-adjusted one times this."""
    later = np.ones(len(split))
    later[:-1] = np.cumprod(split[:0:-1])[::-1]
    return later


def read_splits(table: ImportedTable, prices: Floats, has_bar: Flags) -> tuple[Floats, bool, tuple[str, ...]]:
    """Return a file's splits, whether its prices are adjusted for them, and what to say of that.

    Parameters
    ----------
    prices
        Open, high, low and close as the file has them, shape (4, rows).
    has_bar
        The rows that hold prices.

    Raises
    ------
    DataError
        Prices neither run on across a split nor step by it, or do so at one and not at another.
    """
    if "split" not in table.titles:
        return np.ones(len(has_bar)), False, ("No column of splits: prices are taken as they stand.",)
    split = table.numbers("split", _ratio)
    if (split < 0).any():
        raise table.fault(int(np.argmax(split < 0)), "the split is negative: write new shares per old share")
    split = np.where(np.isnan(split) | (split == 0), 1.0, split)
    many = counted(int((split != 1).sum()), "split")
    if (split == 1).all():
        return split, False, ()
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
    told = np.flatnonzero(np.abs(np.log(ratio)) >= EVIDENT)
    near, far = np.minimum(if_adjusted, if_traded)[told], np.maximum(if_adjusted, if_traded)[told]
    for at in told[(near > STRAY) | (near > far / 2)]:
        before, after = prices[3, rows[at]], prices[0, rows[at + 1]]
        goes = f"the price goes from {before:g} to {after:g}, {after / before:.3g} times as much"
        either = f"neither 1 (split-adjusted) nor {1 / ratio[at]:.3g} (as traded)"
        cure = "correct the split or the prices"
        raise table.fault(rows[at + 1], f"at a split of {ratio[at]:g} new per old {goes}: {either}: {cure}")
    adjusted: Flags = (if_adjusted < if_traded)[told]
    if adjusted.any() and not adjusted.all():
        most = bool(adjusted.mean() > 0.5)
        odd, other = rows[told[adjusted != most][0] + 1], rows[told[adjusted == most][0] + 1]
        does = "step at this split but run on across" if most else "run on across this split but step at"
        raise table.fault(odd, f"prices {does} that of {table.dates[other]}: correct the split or the prices")
    return adjusted


def _ratio(text: str) -> float:
    """Read new shares per old share: ``0.1`` or ``1:10``."""
    pair = RATIO.fullmatch(text)
    if not pair:
        return number(text)
    if not float(pair[2]):
        raise ValueError(text)
    return float(pair[1]) / float(pair[2])

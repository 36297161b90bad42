"""Repairs of bars: notes beside the data, applied whenever it is read, so that each can be undone.

Factors are relative to what the vendor delivered, so that a repair holds whatever others there are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from data.arrays import Flags, Floats, day
from data.bars import COLUMNS, PRICES, Bars, later_splits
from data.ranges import ANY

PAID = (*PRICES, "dividend")
WORTHLESS = 1e-12
"""A split of this factor or less is no split: it can't be undone."""


@dataclass(frozen=True)
class Repair:
    """One mend of one instrument's bars.

    Parameters
    ----------
    id
        That of the finding it mends.
    instrument
        Whose bars.
    kind
        What is done. ``rescale`` multiplies every price and dividend before `date` by `factor` and divides the volume
        by it; ``reprice`` does so and leaves the volume; both leave the dividends where `field` is ``prices``.
        ``stretch`` multiplies those from `date` up to, but not on, the day `field`. ``split`` sets the split of `date`
        to `factor` (1 takes a false one out); ``move`` moves the split `factor` that is recorded on the day `field` to
        `date`. ``as-traded`` undoes every recorded split in the prices, dividends and volumes before it, for history
        that came split-adjusted and with its splits. ``price`` multiplies the price `field` of `date` by `factor`.
        ``dividend`` multiplies the dividend of `date` (0 takes it out), ``dividends`` every dividend before the day
        `field`, all where that is empty, ``later-splits`` every dividend by the splits recorded after it (-1 divides
        it). ``widen`` puts high and low around open and close wherever they aren't, from `date` on.
    date
        The session it is about.
    factor
        See `kind`; 1 where it says nothing.
    field
        ``open``, ``high``, ``low`` or ``close`` for ``price``, a date for ``move``,
        ``stretch`` and ``dividends``.
    """

    id: str
    instrument: str
    kind: str
    date: np.datetime64
    factor: float = 1.0
    field: str = ""


def as_json(repairs: Iterable[Repair]) -> list[dict[str, Any]]:
    """Return repairs as JSON keeps them."""
    return [asdict(each) | {"date": str(each.date)} for each in repairs]


def from_json(kept: Iterable[Mapping[str, Any]]) -> tuple[Repair, ...]:
    """Return repairs from JSON; raises KeyError, TypeError or ValueError on what isn't a repair."""
    repairs = tuple(Repair(**{**each, "date": day(each["date"])}) for each in kept)
    for repair in repairs:
        texts = (repair.id, repair.instrument, repair.kind, repair.field)
        "".join(texts).encode()
        ANY.take(repair.factor)
        if repair.kind not in APPLY:
            raise ValueError(f"{repair.kind} is no kind of repair")
        if repair.kind == "price" and repair.field not in PRICES:
            raise ValueError(f"{repair.field} is no price")
        if np.isnat(repair.date) or (repair.kind in ("move", "stretch") and np.isnat(day(repair.field))):
            raise ValueError(f"the repair {repair.id} has no date")
    return repairs


def mended(bars: Bars, repairs: Iterable[Repair]) -> Bars:
    """Return the bars with their repairs applied; bars without repairs are returned as they are.

    Rows may be unsorted, and hold NaN or NaT, as in a file that is yet to be checked.
    """
    ordered = sorted(repairs, key=lambda repair: (ORDER.index(repair.kind), repair.date, repair.id))
    if not ordered:
        return bars
    columns = {name: getattr(bars, name).copy() for name in COLUMNS}
    for repair in ordered:
        APPLY[repair.kind](columns, bars, repair)
    return replace(bars, **columns)


def _rescale(columns: dict[str, Floats], bars: Bars, repair: Repair) -> None:
    _reprice(columns, bars, repair)
    columns["volume"][bars.dates < repair.date] /= repair.factor


def _reprice(columns: dict[str, Floats], bars: Bars, repair: Repair) -> None:
    names = PRICES if repair.field == "prices" else PAID
    _scale(columns, bars.dates < repair.date, repair.factor, names)


def _scale(columns: dict[str, Floats], rows: Flags, factor: float | Floats, names: Sequence[str] = PAID) -> None:
    for name in names:
        columns[name][rows] *= factor


def _stretch(columns: dict[str, Floats], bars: Bars, repair: Repair) -> None:
    _scale(columns, (bars.dates >= repair.date) & (bars.dates < np.datetime64(repair.field)), repair.factor)


def _split(columns: dict[str, Floats], bars: Bars, repair: Repair) -> None:
    columns["split"][bars.dates == repair.date] = repair.factor


def _move(columns: dict[str, Floats], bars: Bars, repair: Repair) -> None:
    """Move a split, unless the vendor has done so meanwhile."""
    recorded, true = bars.dates == np.datetime64(repair.field), bars.dates == repair.date
    if (columns["split"][recorded] == repair.factor).any() and true.any():
        columns["split"][true] = repair.factor
        columns["split"][recorded] = 1.0


def _as_traded(columns: dict[str, Floats], bars: Bars, repair: Repair) -> None:
    del repair
    later = _later(columns)
    _scale(columns, np.ones(len(bars), dtype=bool), later)
    columns["volume"] /= later


def _later(columns: dict[str, Floats]) -> Floats:
    return later_splits(np.where(columns["split"] > WORTHLESS, columns["split"], 1.0))


def _price(columns: dict[str, Floats], bars: Bars, repair: Repair) -> None:
    """Correct one price; a high or low that stood on it goes with it, one that excludes it now is widened."""
    at = bars.dates == repair.date
    was = columns[repair.field][at]
    columns[repair.field][at] *= repair.factor
    if repair.field in ("open", "close"):
        high, low = columns["high"][at], columns["low"][at]
        outer = np.array([columns["open"][at], columns["close"][at]])
        columns["high"][at] = np.where(high <= was, outer.max(axis=0), np.maximum(high, outer.max(axis=0)))
        columns["low"][at] = np.where(low >= was, outer.min(axis=0), np.minimum(low, outer.min(axis=0)))


def _dividend(columns: dict[str, Floats], bars: Bars, repair: Repair) -> None:
    columns["dividend"][bars.dates == repair.date] *= repair.factor


def _dividends(columns: dict[str, Floats], bars: Bars, repair: Repair) -> None:
    rows = bars.dates < np.datetime64(repair.field) if repair.field else np.ones(len(bars), dtype=bool)
    columns["dividend"][rows] *= repair.factor


def _by_later_splits(columns: dict[str, Floats], bars: Bars, repair: Repair) -> None:
    del bars
    columns["dividend"] *= _later(columns) ** repair.factor


def _widen(columns: dict[str, Floats], bars: Bars, repair: Repair) -> None:
    since = bars.dates >= repair.date
    opened, close = columns["open"][since], columns["close"][since]
    ends = np.array([columns["high"][since], columns["low"][since], opened, close])
    columns["high"][since], columns["low"][since] = ends.max(axis=0), ends[1:].min(axis=0)


APPLY: Mapping[str, Callable[[dict[str, Floats], Bars, Repair], None]] = {
    "as-traded": _as_traded,
    "split": _split,
    "move": _move,
    "rescale": _rescale,
    "reprice": _reprice,
    "stretch": _stretch,
    "price": _price,
    "dividend": _dividend,
    "dividends": _dividends,
    "later-splits": _by_later_splits,
    "widen": _widen,
}
"""In the order in which they are applied: the splits that were recorded first, ranges last."""
ORDER = tuple(APPLY)

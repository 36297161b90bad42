"""The orders of somebody's own strategy: as they were placed, how they ended, and what of that a reader has to know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import backtrader as bt
import numpy as np

from data.format import counted

MOST_REJECTED = 0.1
"""The share of the orders above which a book with so many rejected isn't the one that the strategy meant."""
OPEN_HOOKS = ("next_open", "nextstart_open", "prenext_open")


class Placed(NamedTuple):
    """An order as it was when the strategy placed it, or took it back.

    Parameters
    ----------
    session
        The run's session at whose close that was.
    instrument, size
        Signed shares, of what.
    kind
        backtrader's number of an execution type; -1 for an order taken back.
    price, limit, trail
        What it asks for, NaN where it doesn't.
    """

    session: int
    instrument: str
    size: float
    kind: int
    price: float
    limit: float
    trail: float

    @property
    def numbers(self) -> dict[str, float]:
        """All of it but the instrument, as numbers."""
        return {
            "size": self.size,
            "type": float(self.kind),
            "price": self.price,
            "limit": self.limit,
            "trail": self.trail,
        }

    @property
    def words(self) -> str:
        """The order in words."""
        side = "take back" if self.kind < 0 else "buy" if self.size > 0.0 else "sell"
        how = "" if self.kind <= 0 else f" {bt.Order.ExecTypes[self.kind].lower()}"
        at = next((f" at {price:.6g}" for price in (self.price, self.limit, self.trail) if price == price), "")  # noqa: PLR0124  # NaN
        return f"{side} {abs(self.size):.6g} {self.instrument}{how}{at if self.kind > 0 else ''}"


def placed_by(order: bt.Order, session: int, kind: int) -> Placed:
    """Return an order of backtrader's as it stands at the close of a session."""
    asked = (order.price, order.pricelimit, order.trailamount or order.trailpercent)
    numbers = (np.nan if one is None else float(one) for one in asked)
    return Placed(session, order.data._name, float(order.size), int(kind), *numbers)  # where a feed's name is kept


class Ended(NamedTuple):
    """How an order ended: the date of the close at which it was placed, what it was, and backtrader's word."""

    date: str
    placed: Placed
    status: str

    @property
    def rejected(self) -> bool:
        """Return whether the broker refused it, or the order that it hung on."""
        return self.status in ("Margin", "Rejected")


def withheld_because(orders: Sequence[Ended]) -> str:
    """Return why nothing can be concluded from a book with such orders; nothing where it can."""
    rejected = sum(one.rejected for one in orders)
    if rejected <= MOST_REJECTED * len(orders):
        return ""
    placed = counted(len(orders), "order")
    return f"{rejected:,} of the strategy's {placed} were rejected, so that this isn't the book it meant"


def order_remarks(cls: type, orders: Sequence[Ended], sessions: int) -> Iterator[str]:
    """Yield what a reader has to know of a run's orders before its figures, a sentence each."""
    for hook in OPEN_HOOKS:
        if getattr(cls, hook) is not getattr(bt.Strategy, hook):
            yield f"ORDERS: {cls.__name__}.{hook} is never called: what is ordered in next fills at the next open."
    if not orders:
        yield f"ORDERS: {cls.__name__} placed none."
    rejected = [one for one in orders if one.rejected]
    if rejected:
        first = rejected[0]
        yield (
            f"ORDERS: {len(rejected):,} of {counted(len(orders), 'order')} were rejected for want of cash, the first of"
            f" {first.date}, to {first.placed.words}: leave cash for costs and for a higher open."
        )
    if missed := _never_filled(orders, sessions):
        how = ", ".join(f"{count:,} {word}" for word, count in missed.items())
        yield f"ORDERS: {sum(missed.values()):,} of {counted(len(orders), 'order')} never filled: {how}."


def _never_filled(orders: Sequence[Ended], sessions: int) -> dict[str, int]:
    """Return how many orders ended without a fill, by how; those of the last close have no open to fill at."""
    words = {"Expired": "expired", "Canceled": "were cancelled", "Partial": "filled in part"}
    found = Counter(
        words.get(one.status, "still waited at the end")
        for one in orders
        if one.status != "Completed" and not one.rejected and one.placed.session < sessions - 1
    )
    return dict(sorted(found.items()))

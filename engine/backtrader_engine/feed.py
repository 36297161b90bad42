"""Feeds: a run's bars as backtrader reads them, as traded, with the total-return close as a further line."""

from __future__ import annotations

import backtrader as bt
import numpy as np
from backtrader.linebuffer import LineBuffer

from data.arrays import Dates, Floats
from data.bars import Bars
from engine.backtrader_engine.guard import DATA, RefusedError, refusal

LINES = ("open", "high", "low", "close", "volume", "total_return")


class KeptLine(LineBuffer):
    """A line of a feed that is loaded: nobody writes into it any more."""

    def __setitem__(self, ago: int, value: float) -> None:
        """Refuse to write a value."""
        raise refusal("a strategy can't write into a feed", DATA)

    def set(self, value: float, ago: int = 0) -> None:
        """Refuse to write a value."""
        self[ago] = value


class BarsFeed(bt.feed.DataBase):
    """An instrument's bars on the run's sessions; the line ``total_return`` has splits and dividends in it."""

    lines = ("total_return",)
    params = (("bars", None), ("level", None))

    def start(self) -> None:
        """Begin at the first session."""
        super().start()
        self._row = 0
        self._table = _table(self.p.bars, self.p.level)
        self._days = ordinals(self.p.bars.dates)

    def preload(self) -> None:
        """Load all bars, and keep them as they are."""
        super().preload()
        for line in self.l.lines:
            line.__class__ = KeptLine

    def check(self) -> None:
        """Raise RefusedError where the lines aren't the bars any more."""
        loaded = {name: getattr(self.l, name).array[: len(self._days)] for name in LINES}
        changed = [name for name, held in loaded.items() if not np.array_equal(held, self._table[name], equal_nan=True)]
        if changed or list(self.l.datetime.array[: len(self._days)]) != self._days:
            what = f"line {changed[0]}" if changed else "dates"
            raise RefusedError(f"the strategy has written into the {what} of feed {self._name}: {DATA}")

    def _load(self) -> bool:
        if self._row >= len(self._days):
            return False
        for name, column in self._table.items():
            getattr(self.l, name)[0] = column[self._row]
        self.l.openinterest[0] = 0.0
        self.l.datetime[0] = self._days[self._row]
        self._row += 1
        return True


def ordinals(sessions: Dates) -> list[float]:
    """Return backtrader's day numbers (days since 0001-01-01, which is 1)."""
    return [float(day) for day in (sessions.astype("datetime64[D]").astype(np.int64) + 719_163)]


def _table(bars: Bars, level: Floats) -> dict[str, list[float]]:
    return {name: (level if name == "total_return" else getattr(bars, name)).tolist() for name in LINES}

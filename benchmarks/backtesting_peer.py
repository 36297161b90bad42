"""backtesting.py's part of `benchmarks.peers`: it knows one instrument, so the hedge is to hold less of the core.

Its orders are whole units, so prices are a millionth; its spread is taken of entries alone, so slippage is part of the
commission.
"""

from __future__ import annotations

import warnings

import numpy as np
import peer_work
from peer_work import Given

warnings.simplefilter("ignore")
import backtesting  # noqa: E402
import pandas as pd  # noqa: E402

backtesting.backtesting._tqdm = lambda bars, **_: bars  # noqa: SLF001  # no bar of progress
UNIT = 1e-6


class Less(backtesting.Strategy):
    """Sell a weight of the core where a state says so, and buy it back."""

    on = np.zeros(0, bool)
    weight = 0.0

    def init(self) -> None:
        """Nothing: the signal is given."""

    def next(self) -> None:
        """Order at the close; it is filled at the next open."""
        now = len(self.data) - 1
        if now == 1:  # its first call, at the second bar: the first is before the first session
            self.buy(size=(1 - 1e-9) if not self.on[0] else 1 - self.weight)
        elif self.on[now - 1] and not self.on[now - 2]:
            self.position.close(self.weight)
        elif self.on[now - 2] and not self.on[now - 1]:
            self.buy(size=1 - 1e-9)


def run(given: Given, combination: int) -> float:
    """Run one combination; return its final equity."""
    on, weight = peer_work.state(given, combination), float(given["weight"][combination])
    opened, closed = (np.concatenate((given[name][:1, 0], given[name][:, 0])) for name in ("fill", "close"))
    bars = pd.DataFrame(
        {"Open": opened, "High": np.maximum(opened, closed), "Low": np.minimum(opened, closed), "Close": closed},
        index=pd.bdate_range("2000-01-03", periods=len(closed)),
    )
    paid = float(given["slippage"] + given["commission"])
    test = backtesting.Backtest(bars * UNIT, Less, cash=float(given["cash"]), commission=paid)
    return test.run(on=on, weight=weight)["Equity Final [$]"]


if __name__ == "__main__":
    peer_work.answer(backtesting.__version__, peer_work.one_by_one(run))

"""bt's part of `benchmarks.peers`: it trades at the prices that it marks by, so orders are filled at the next close."""

from __future__ import annotations

import warnings

import numpy as np
import peer_work
from peer_work import Given

warnings.simplefilter("ignore")
import bt  # noqa: E402
import pandas as pd  # noqa: E402


def run(given: Given, combination: int) -> float:
    """Run one combination; return its final equity."""
    index = pd.bdate_range("2000-01-03", periods=len(given["close"]))
    prices = pd.DataFrame(given["close"], index=index, columns=["core", "hedge"])
    on, paid = peer_work.state(given, combination), float(given["slippage"] + given["commission"])
    orders = np.flatnonzero(peer_work.ordered(on)[:-1])
    hedged = on[orders] * float(given["weight"][combination])
    weights = pd.DataFrame({"core": 1.0 - hedged, "hedge": hedged}, index=index[orders + 1])
    strategy = bt.Strategy("book", [bt.algos.WeighTarget(weights), bt.algos.Rebalance()])
    test = bt.Backtest(
        strategy,
        prices,
        initial_capital=float(given["cash"]),
        commissions=lambda quantity, price: abs(quantity) * price * paid,
        integer_positions=False,
        progress_bar=False,
    )
    bt.run(test)
    equity = test.strategy.values.to_numpy()  # noqa: PD011  # bt's own
    peer_work.four(equity)
    return float(equity[-1])


if __name__ == "__main__":
    peer_work.answer(bt.__version__, peer_work.one_by_one(run))

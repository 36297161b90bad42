"""vectorbt's part of `benchmarks.sweeps` and `benchmarks.peers`, for any interpreter that has vectorbt."""

from __future__ import annotations

import warnings

import numpy as np
import peer_work
from peer_work import Given

warnings.simplefilter("ignore")
import pandas as pd  # noqa: E402
import vectorbt as vbt  # noqa: E402


def weights(given: Given) -> np.ndarray:
    """Return the hedge's weight where an order is filled, else NaN, shape (sessions, combinations)."""
    if "hedge" in given:  # the signals aren't part of the work
        return given["hedge"]
    on = peer_work.states(given)
    hedge = np.full(on.shape, np.nan)
    hedge[1:] = np.where(peer_work.ordered(on), on * given["weight"], np.nan)[:-1]
    return hedge


def run(given: Given) -> list[float]:
    """Trade all combinations at once, two columns each that share cash, and measure four metrics of them."""
    hedge = weights(given)
    sessions, combinations = hedge.shape
    index = pd.bdate_range("2000-01-03", periods=sessions)
    target = np.empty((sessions, combinations, 2))
    target[:, :, 0], target[:, :, 1] = 1.0 - hedge, hedge  # NaN stays: no order
    portfolio = vbt.Portfolio.from_orders(
        pd.DataFrame(np.tile(given["close"], combinations), index=index, copy=False),
        size=target.reshape(sessions, -1),
        size_type="targetpercent",
        price=np.tile(given["fill"], combinations),
        fees=float(given["commission"]),
        slippage=float(given["slippage"]),
        init_cash=float(given["cash"]),
        group_by=np.repeat(np.arange(combinations), 2),
        cash_sharing=True,
        call_seq="auto",
        update_value=False,
        freq="1D",
    )
    returns = portfolio.returns().vbt.returns(freq="1D", year_freq="252D")
    figures = returns.total(), returns.annualized_volatility(), returns.sharpe_ratio(), returns.max_drawdown()
    return (float(given["cash"]) * (1.0 + figures[0])).tolist()


if __name__ == "__main__":
    peer_work.answer(vbt.__version__, run)

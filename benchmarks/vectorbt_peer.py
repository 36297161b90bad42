"""vectorbt's part of `benchmarks.sweeps`, for any interpreter that has vectorbt: a round for each line it reads.

Takes the .npz as its argument; answers each line with JSON: the seconds of one round, and every combination's equity.
"""

from __future__ import annotations

import json
import sys
import time
import warnings

import numpy as np

warnings.simplefilter("ignore")
import pandas as pd  # noqa: E402
import vectorbt as vbt  # noqa: E402


def run(given: dict[str, np.ndarray]) -> list[float]:
    """Trade all combinations at once, two columns each that share cash, and measure four metrics of them."""
    sessions, combinations = given["hedge"].shape
    index = pd.bdate_range("2000-01-03", periods=sessions)
    target = np.empty((sessions, combinations, 2))
    target[:, :, 0], target[:, :, 1] = 1.0 - given["hedge"], given["hedge"]  # NaN stays: no order
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
    equity: list[float] = (float(given["cash"]) * (1.0 + figures[0])).tolist()
    return equity


def main() -> None:
    """Answer until the lines end."""
    with np.load(sys.argv[1]) as file:
        given = dict(file)
    print(json.dumps({"version": vbt.__version__}), flush=True)
    for _ in sys.stdin:
        began = time.perf_counter()
        equity = run(given)
        print(json.dumps({"seconds": time.perf_counter() - began, "equity": equity}), flush=True)


if __name__ == "__main__":
    main()

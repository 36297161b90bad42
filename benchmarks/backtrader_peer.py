"""The run of `hedge_soxs.yaml` as one writes it in backtrader alone: what `backtest run` is set beside.

Pandas reads the two CSV files of a folder and adjusts them, Cerebro trades at next opens, and what the book is worth at
the end is printed. The rule is that of the shipped run, and orders go out on the same days: 15 % of the book in SOXS
while SOXX is below its 50-session average and more volatile than 25 % a year over 20 sessions, brought back to that
each week, for 1 bp of commission and 2 of slippage. Dividends are in the prices, so that the end value is 1 % off ours.
"""

from __future__ import annotations

import sys
from pathlib import Path

import backtrader as bt
import numpy as np
import pandas as pd

START = "2010-06-01"
WEIGHT, TREND, DAYS, FLOOR = 0.15, 50, 20, 0.25
COMMISSION, SLIPPAGE = 0.0001, 0.0002
KEPT = 0.9995
"""Of the book that is invested: the rest pays the costs."""


def adjusted(path: Path) -> pd.DataFrame:
    """Return an instrument's bars with splits undone and dividends put back in."""
    bars = pd.read_csv(path, parse_dates=["date"], index_col="date")
    paid = 1.0 - bars["dividend"] * bars["split"] / bars["close"].shift()
    each = (paid.fillna(1.0) / bars["split"]).to_numpy()
    after = np.append(np.cumprod(each[:0:-1])[::-1], 1.0)  # what comes after each session
    return bars[["open", "high", "low", "close"]].mul(after, axis=0).assign(volume=bars["volume"])


def hedged_on(close: pd.Series[float]) -> pd.Series[bool]:
    """Return whether the hedge is wanted at each close."""
    average = close.rolling(TREND).mean()
    volatility = np.log(close).diff().rolling(DAYS).std() * np.sqrt(252)
    return (close < average) & (volatility > FLOOR)


class Hedge(bt.Strategy):  # type: ignore[misc]
    """Trades at the open what the close before asked for."""

    params = (("wanted", ()), ("due", ()))

    def __init__(self) -> None:
        self.at, self.on, self.begun, self.orders = 0, False, False, 0

    def next(self) -> None:
        """Count the close."""
        self.at += 1

    def next_open(self) -> None:
        """Order where the hedge goes on or off, and each week while it is on."""
        if not self.at:
            return
        wanted = self.p.wanted[self.at - 1]
        if self.begun and wanted == self.on and not (wanted and self.p.due[self.at - 1]):
            return
        self.begun, self.on = True, wanted
        worth = self.broker.get_cash() + sum(self.getposition(data).size * data.open[0] for data in self.datas)
        shares = (1.0 - WEIGHT, WEIGHT) if wanted else (1.0, 0.0)
        trades = [
            (KEPT * worth * share / data.open[0] - self.getposition(data).size, data)
            for data, share in zip(self.datas, shares, strict=True)
        ]
        for size, data in sorted(trades, key=lambda trade: trade[0] * trade[1].open[0]):  # sales pay for purchases
            if size:
                self.orders += 1
                (self.buy if size > 0 else self.sell)(data=data, size=abs(size))


def main() -> None:
    """Run on the folder that is named, and print what the book is worth at the end."""
    folder = Path(sys.argv[1]) / "bars"
    core, hedge = adjusted(folder / "SOXX.csv"), adjusted(folder / "SOXS.csv")
    wanted = hedged_on(core["close"])
    days = core.index.intersection(hedge.index)
    days = days[days >= START]
    weeks = days.isocalendar().week.to_numpy()
    cerebro = bt.Cerebro(cheat_on_open=True, stdstats=False)
    for name, bars in (("SOXX", core), ("SOXS", hedge)):
        cerebro.adddata(bt.feeds.PandasData(dataname=bars.loc[days]), name=name)
    cerebro.broker.set_cash(100_000.0)
    cerebro.broker.setcommission(COMMISSION)
    cerebro.broker.set_slippage_perc(SLIPPAGE, slip_open=True, slip_out=True)
    cerebro.broker.set_checksubmit(False)
    cerebro.addstrategy(Hedge, wanted=wanted.loc[days].tolist(), due=[False, *(weeks[1:] != weeks[:-1])])
    (ran,) = cerebro.run()
    print(f"{cerebro.broker.getvalue():.2f} after {ran.orders} orders on {len(days)} sessions")


if __name__ == "__main__":
    main()

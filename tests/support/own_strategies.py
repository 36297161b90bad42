"""Strategies as somebody writes them into a file of their own."""

CLOSING = """
from dataclasses import dataclass
from strategies import CloseStrategy

@dataclass
class Closing(CloseStrategy):
    seen: int = 0

    def on_close(self, view, book):
        self.seen += 1
        up = view.close()[-1] > view.close()[-2]
        return 0.1 * (self.seen % 3) if up else min(book.hedge_weight, 0.3)
"""
"""Asked at each close; remembers, and looks at its book."""

WEIGHING = """
from dataclasses import dataclass
from backtest import CloseStrategy

@dataclass
class Weighing(CloseStrategy):
    weight: float = 0.1

    def on_close(self, view, book):
        return self.weight
"""
"""Asked at each close; has a weight, which it always wants."""

FALLING = """
from dataclasses import dataclass
from backtest import CloseStrategy

@dataclass
class Closing(CloseStrategy):
    fall: float = 0.05

    def on_close(self, view, book):
        if self.fall > 0.5 and view.session == 10:
            raise ValueError("too far")
        level = view.total_return()
        return 0.2 if level[-1] < (1 - self.fall) * level[-60:].max() else 0.0
"""
"""Asked at each close; has a parameter, and fails at some of its values."""

GUEST = """
import backtrader as bt

class Guest(bt.Strategy):
    def next(self):
        core, fund = self.getdatabyname("AAA"), self.getdatabyname("HHH")
        if len(self) == 1:
            self.buy(core, size=0.5 * self.broker.getcash() / core.close[0])
        elif core.close[0] < core.close[-1] and not self.getposition(fund).size:
            self.buy(fund, size=0.2 * self.broker.getvalue() / fund.close[0])
        elif core.close[0] > core.close[-1] and self.getposition(fund).size:
            self.close(fund)
"""
"""Of backtrader: buys AAA once, then HHH after each fall and sells it after a rise."""

LIMITING = GUEST.replace("/ fund.close[0])", "/ fund.close[0], exectype=bt.Order.Limit, price=1.01 * fund.close[0])")
"""The same by a limit order."""

"""Strategies as users write them, in files of their own: some look into the future, each in its way, some don't."""

from __future__ import annotations

from pathlib import Path

HEAD = """
from dataclasses import dataclass

import numpy as np
import pandas as pd

from strategies import CloseStrategy, Strategy, parameter
from strategies.base import Input
"""

LEAKY = {
    "Centred": """
@dataclass(frozen=True)
class Centred(Strategy):
    days: int = parameter(9, at_least=3)

    def inputs(self, market):
        level = pd.Series(market.total_return())
        average = level.rolling(self.days, center=True).mean().to_numpy()
        return [Input("centred average", level.to_numpy(), average, "below")]

    def intensity(self, market):
        return self.inputs(market)[0].fired.astype(float)
""",
    "WholeSample": """
@dataclass(frozen=True)
class WholeSample(Strategy):
    def intensity(self, market):
        level = np.log(market.total_return())
        return ((level - level.mean()) / level.std() > 0.5).astype(float)
""",
    "Shifted": """
@dataclass(frozen=True)
class Shifted(Strategy):
    def intensity(self, market):
        tomorrow = pd.Series(market.total_return()).pct_change().shift(-1)
        return (tomorrow < 0).astype(float).to_numpy()
""",
    "Early": """
@dataclass(frozen=True)
class Early(Strategy):
    def intensity(self, market):
        raw = market.source.read("series", "PE")
        at = np.searchsorted(raw.dates, market.sessions, side="right") - 1
        return (raw.values[np.maximum(at, 0)] > 20.0).astype(float)
""",
    "Cached": """
SEEN = {}


@dataclass(frozen=True)
class Cached(Strategy):
    def intensity(self, market):
        level = np.log(market.total_return())
        mean = SEEN.setdefault("mean", level.mean())
        return (level > mean).astype(float)
""",
    "OneOfTwo": """
@dataclass(frozen=True)
class OneOfTwo(Strategy):
    def inputs(self, market):
        level = pd.Series(market.total_return())
        volume = pd.Series(market.volume())
        return [
            Input("five-session change", level.pct_change(5).to_numpy(), 0.0, "below"),
            Input("volume by tomorrow's", volume.to_numpy(), volume.shift(-1).to_numpy(), "above"),
        ]

    def intensity(self, market):
        change, volume = self.inputs(market)
        return 0.5 * change.fired + 0.5 * volume.fired
""",
    "Prophet": """
@dataclass
class Prophet(CloseStrategy):
    def on_close(self, view, book):
        level = view._market.total_return()
        ahead = min(view.row + 3, len(level) - 1)
        return 0.2 if level[ahead] < level[view.row] else 0.0
""",
    "Tomorrow": """
import backtrader as bt


class Tomorrow(bt.Strategy):
    def next(self):
        if self.data.close[1] < self.data.close[0] and not self.position:
            self.buy(self.data, size=10)
        elif self.data.close[1] > self.data.close[0] and self.position:
            self.close(self.data)
""",
    "ByLength": """
@dataclass(frozen=True)
class ByLength(Strategy):
    def intensity(self, market):
        return (np.arange(len(market)) > 0.6 * len(market)).astype(float)
""",
}
"""By the name of the class."""

HONEST = {
    "Stateful": """
@dataclass
class Stateful(CloseStrategy):
    days: int = parameter(5, at_least=1)

    def __post_init__(self):
        super().__post_init__()
        self.left = 0

    def on_close(self, view, book):
        level = view.total_return()
        if len(level) > 10 and level[-1] < level[-11] and not self.left and book.hedge_weight == 0.0:
            self.left = self.days
        self.left = max(self.left - 1, 0)
        return 0.15 if self.left else 0.0
""",
    "Crossing": """
import backtrader as bt


class Crossing(bt.Strategy):
    params = (("days", 10),)

    def __init__(self):
        self.average = bt.indicators.SMA(self.data.total_return, period=self.p.days)

    def next(self):
        core, fund = self.datas[0], self.datas[-1]
        if not self.getposition(core).size:
            self.buy(core, size=int(0.8 * self.broker.getcash() / core.close[0]))
        elif core.total_return[0] < self.average[0] and not self.getposition(fund).size:
            self.buy(fund, size=int(0.1 * self.broker.getvalue() / fund.close[0]))
        elif core.total_return[0] > self.average[0] and self.getposition(fund).size:
            self.close(fund)
""",
    "Rolling": """
@dataclass(frozen=True)
class Rolling(Strategy):
    def intensity(self, market):
        level = pd.Series(market.total_return())
        return (level.ewm(span=8).mean() < level.rolling(20).mean()).astype(float).to_numpy()
""",
    "Expanding": """
@dataclass(frozen=True)
class Expanding(Strategy):
    def inputs(self, market):
        returns = pd.Series(market.total_return()).pct_change()
        return [Input("return, by its mean so far", returns.to_numpy(), returns.expanding().mean().to_numpy(), "below")]

    def intensity(self, market):
        return self.inputs(market)[0].fired.astype(float)
""",
    "PriceLevel": """
@dataclass(frozen=True)
class PriceLevel(Strategy):
    level: float = 40.0

    def intensity(self, market):
        return (market.close() > self.level).astype(float)
""",
    "Unclipped": """
@dataclass(frozen=True)
class Unclipped(Strategy):
    def intensity(self, market):
        change = np.abs(pd.Series(market.total_return()).pct_change().fillna(0.0).to_numpy())
        if (change > 5.0).any():
            raise ValueError("no price moves like that")
        return np.minimum(change * 4.0, 1.0)
""",
    "ShortHistory": """
@dataclass(frozen=True)
class ShortHistory(Strategy):
    def intensity(self, market):
        windows = np.lib.stride_tricks.sliding_window_view(market.total_return(), 45)
        return np.concatenate((np.zeros(44), (windows[:, -1] < windows.mean(axis=1)).astype(float)))
""",
}

ODD = {
    "Random": """
@dataclass(frozen=True)
class Random(Strategy):
    def intensity(self, market):
        return np.random.default_rng().integers(0, 2, len(market)).astype(float)
""",
    "Opens": """
from pathlib import Path


@dataclass(frozen=True)
class Opens(Strategy):
    def intensity(self, market):
        least = float(Path(__file__).with_name("least.txt").read_text())
        return (market.total_return() > least).astype(float)
""",
}


def write_strategy(folder: Path, name: str, text: str | None = None) -> str:
    """Write one of them as a file of its own; return it as a run names it."""
    code = {**LEAKY, **HONEST, **ODD}[name] if text is None else text
    path = folder / f"{name.lower()}.py"
    path.write_text(f"{HEAD.lstrip()}{code}")
    return f"{path}:{name}"

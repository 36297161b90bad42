"""Signals in the styles of public code, each as a strategy of every kind: some look into the future, some don't."""

from __future__ import annotations

from pathlib import Path

HEAD = """
import functools
from dataclasses import dataclass

import backtrader as bt
import numpy as np
import pandas as pd
from scipy import ndimage, signal as filters, stats

from strategies import CloseStrategy, Strategy
"""

LEAKY = {
    "z-score of the whole sample": "(level - level.mean()) / level.std() < 0",
    "min-max scaler of the whole sample": "(level - level.min()) / (level.max() - level.min()) < 0.5",
    "rank of the whole sample": "level.rank(pct=True) < 0.5",
    "quantile of the whole sample": "change < change.quantile(0.3)",
    "quantile bins of the whole sample": "pd.qcut(level, 4, labels=False) == 0",
    "winsorized by the whole sample": "change.clip(change.quantile(0.05), None) < change.quantile(0.2)",
    "detrended by one line": "pd.Series(filters.detrend(np.log(level.to_numpy())), level.index) < 0",
    "regression on all of it": (
        "np.log(level) < np.polyval(np.polyfit(np.arange(len(level)), np.log(level), 2), np.arange(len(level)))"
    ),
    "first principal component": (
        "pd.Series(np.linalg.svd(pd.concat([change.shift(i).fillna(0) - change.mean() for i in range(3)], axis=1),"
        " full_matrices=False)[0][:, 0], level.index) < 0"
    ),
    "centred average": "level < level.rolling(9, center=True).mean()",
    "convolution, same": "level < np.convolve(level, np.ones(9) / 9, mode='same')",
    "Savitzky-Golay": "level < filters.savgol_filter(level, 11, 2)",
    "zero-phase filter": "level < filters.filtfilt(*filters.butter(2, 0.1), level)",
    "Gaussian filter": "level < ndimage.gaussian_filter1d(level.to_numpy(), 3)",
    "Fourier low pass": (
        "level < np.fft.irfft(np.where(np.arange(len(level) // 2 + 1) < 8, np.fft.rfft(level), 0), len(level))"
    ),
    "peaks with prominence": (
        "pd.Series(np.isin(np.arange(len(level)), filters.find_peaks(level, prominence=0.02 * level.mean())[0])"
        ", level.index).rolling(3).max() > 0"
    ),
    "peak is known once it has passed": "level == level.rolling(7, center=True, min_periods=1).max()",
    "shift(-1)": "change.shift(-1) < 0",
    "np.roll": "pd.Series(np.roll(change, -1), level.index) < 0",
    "diff backwards": "level.diff(-1) > 0",
    "pct_change backwards": "level.pct_change(-3) > 0",
    "gradient": "pd.Series(np.gradient(level.to_numpy()), level.index) < 0",
    "forward rolling": "level[::-1].rolling(5).mean()[::-1] < level",
    "reversed ewm": "level[::-1].ewm(span=5).mean()[::-1] < level",
    "backfilled weekly": "level > level.where(level.index.day_of_week == 4).bfill()",
    "interpolated weekly": "level > level.where(level.index.day_of_week == 4).interpolate(limit_direction='both')",
    "reindex nearest": "level > level[::5].reindex(level.index, method='nearest')",
    "merge_asof forward": (
        "level > pd.merge_asof(level.rename('a').rename_axis('d').reset_index(), level[::4].rename('b')"
        ".rename_axis('d').reset_index(), on='d', direction='forward').set_index('d')['b'].reindex(level.index)"
    ),
    "merge_asof nearest": (
        "level > pd.merge_asof(level.rename('a').rename_axis('d').reset_index(), level[::4].rename('b')"
        ".rename_axis('d').reset_index(), on='d', direction='nearest').set_index('d')['b'].reindex(level.index)"
    ),
    "weeks labelled on the left": (
        "level > level.resample('W-FRI', label='left').last().reindex(level.index, method='ffill')"
    ),
    "months by their start": "level > level.resample('MS').last().reindex(level.index, method='ffill')",
    "month's own mean": "level < level.groupby(level.index.to_period('M')).transform('mean')",
    "week's own low": "level == level.groupby(level.index.to_period('W')).transform('min')",
    "year's own quantile": "change < change.groupby(level.index.year).transform(lambda one: one.quantile(0.3))",
    "last value": "level > level.iloc[-1]",
    "maximum of all": "level > 0.9 * level.max()",
    "drawdown to the low of all": "level < 1.2 * level.min()",
    "cumulative share of all": "volume.cumsum() / volume.sum() > 0.5",
    "above the median of the rest": "level > level[::-1].expanding().median()[::-1]",
    "volatility of all": "change.abs() > change.std()",
    "seasonal means of all": "change.groupby(level.index.day_of_week).transform('mean') < 0",
    "k-means of all": (
        "pd.Series(__import__('scipy.cluster.vq').cluster.vq.kmeans2(change.fillna(0).to_numpy()[:, None], 2, seed=1)"
        "[1], level.index) == 0"
    ),
    "tomorrow's volume": "volume.shift(-1) > volume",
    "by how long it is": "pd.Series(np.arange(len(level)) > len(level) / 2, level.index)",
}
"""Of ``level``, ``change`` and ``volume``, by date, the hedge's days; by what is wrong with it."""

HONEST = {
    "rolling": "level < level.rolling(20).mean()",
    "ewm": "level.ewm(span=5, adjust=False).mean() < level.ewm(span=20, adjust=False).mean()",
    "expanding z-score": "(level - level.expanding(5).mean()) / level.expanding(5).std() < 0",
    "rolling rank": "level.rolling(20).rank(pct=True) < 0.3",
    "rolling quantile": "change < change.rolling(30).quantile(0.2)",
    "recursive filter": "level < filters.lfilter(*filters.butter(2, 0.1), level)",
    "causal convolution": "level < np.convolve(level, np.ones(9) / 9)[: len(level)]",
    "Savitzky-Golay, of windows that end today": (
        "level < level.rolling(11).apply(lambda one: filters.savgol_filter(one, 11, 2)[-1], raw=True)"
    ),
    "yesterday's": "change.shift(1) < 0",
    "month before's mean": (
        "level < level.groupby(level.index.to_period('M')).mean().shift(1)"
        ".reindex(level.index.to_period('M')).to_numpy()"
    ),
    "weeks labelled by their last day, shifted": (
        "level > level.resample('W-FRI').last().shift(1).reindex(level.index, method='bfill')"
    ),
    "merge_asof backward": (
        "level > pd.merge_asof(level.rename('a').rename_axis('d').reset_index(), level[::1].shift(4).rename('b')"
        ".rename_axis('d').reset_index(), on='d', direction='backward').set_index('d')['b'].reindex(level.index)"
    ),
    "drawdown so far": "level / level.cummax() < 0.95",
    "regression of windows": (
        "level.rolling(20).apply(lambda one: np.polyfit(np.arange(20), one, 1)[0], raw=True) < 0"
    ),
    "refit as it goes": (
        "change.rolling(5).mean() < pd.Series([change[: i // 20 * 20].quantile(0.3) if i >= 20 else np.nan"
        " for i in range(len(change))], level.index)"
    ),
    "seeded noise": (
        "change + pd.Series([np.random.default_rng(int(day.value % 2**32)).normal(0, 0.001) for day in level.index],"
        " level.index) < 0"
    ),
    "weekday": "pd.Series(level.index.day_of_week == 0, level.index)",
    "today's range": "volume > volume.shift(1)",
    "month of the day": "pd.Series(level.index.month % 2 == 0, level.index)",
    "cumulative volume so far": "volume > volume.expanding().mean()",
}

KINDS = {
    "intensity": """
@dataclass(frozen=True)
class S(Strategy):
    def intensity(self, market):
        level = pd.Series(market.total_return(), pd.DatetimeIndex(market.sessions))
        return np.nan_to_num(fires(level, pd.Series(market.volume(), level.index)))
""",
    "on_close": """
@dataclass
class S(CloseStrategy):
    def __post_init__(self):
        super().__post_init__()
        self.at = None

    def on_close(self, view, book):
        if self.at is None:
            market = view._market
            level = pd.Series(market.total_return(), pd.DatetimeIndex(market.sessions))
            self.at = fires(level, pd.Series(market.volume(), level.index))
        return 0.2 * self.at[view.row]
""",
    "backtrader": """
class S(bt.Strategy):
    def __init__(self):
        days = pd.DatetimeIndex([bt.num2date(one).date() for one in self.data.datetime.array])
        level = pd.Series(np.array(self.data.total_return.array), days)
        self.at = fires(level, pd.Series(np.array(self.data.volume.array), days))

    def next(self):
        self.order_target_percent(self.datas[-1], 0.2 * self.at[len(self) - 1])
""",
}
FIRES = """

def fires(level, volume):
    change = level.pct_change()
    return np.asarray({text}, dtype=float)

"""


def write_style(folder: Path, text: str, kind: str) -> str:
    """Write one of them as a strategy of a kind; return it as a run names it."""
    path = folder / "style.py"
    path.write_text(HEAD.lstrip() + FIRES.format(text=text) + KINDS[kind])
    return f"{path}:S"

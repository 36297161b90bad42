"""What quantstats 0.0.86 gets wrong or does in vain, put right while a tear-sheet is made.

But for the chart of yearly returns, usual runs have the same page with and without. Each mend has its test; when a
release of quantstats no longer needs one, it goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from types import ModuleType
from typing import Any


@contextmanager
def mended(quantstats: ModuleType) -> Iterator[None]:
    """Put better functions in the place of faulty ones, and take them out again."""
    with ExitStack() as stack:
        core = quantstats._plotting.core  # noqa: SLF001
        for owner, attribute, better in (*_mended_plots(core), *_mended_statistics(quantstats.stats, quantstats.utils)):
            stack.callback(setattr, owner, attribute, getattr(owner, attribute))
            setattr(owner, attribute, better)
        yield


Mend = tuple[Any, str, Any]
"""The module or class, the name of its function, and what stands in for it."""


def _mended_plots(core: ModuleType) -> tuple[Mend, ...]:
    import numpy as np
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    kde = core._sns.distributions.KDE  # noqa: SLF001
    plot_longest_drawdowns, define_support = core.plot_longest_drawdowns, kde.define_support
    plot_returns_bars = core.plot_returns_bars
    return (
        # A chart that is saved was drawn again, for nobody: a tenth of the time that the page takes.
        (FigureCanvasAgg, "draw_idle", lambda _: None),
        # The yearly bars stood under the next year's label, or far from any: pandas 3.1 puts them at 40, 41 ... for
        # 2010, 2011 ..., quantstats the labels at 0, 1 ... Both do right by bars that are numbered.
        (
            core,
            "plot_returns_bars",
            lambda returns, benchmark, **style: plot_returns_bars(
                returns.set_axis(returns.index.year),
                benchmark.set_axis(benchmark.index.year),
                **style | {"resample": None},
            ),
        ),
        # Two books that made the same in every month had no page: seaborn draws no density of a single value.
        (
            kde,
            "define_support",
            lambda self, x1, x2=None, weights=None, cache=True: (
                define_support(self, x1, x2, weights, cache) if np.ptp(x1) > 0 else None
            ),
        ),
        # Nor had a name with a % in it, which was read as a format.
        (
            core,
            "plot_longest_drawdowns",
            lambda returns, title, **style: plot_longest_drawdowns(returns, title=title.replace("%", "%%"), **style),
        ),
    )


def _mended_statistics(stats: ModuleType, utils: ModuleType) -> tuple[Mend, ...]:
    import numpy as np
    import pandas as pd

    drawdown_details, r_squared = stats.drawdown_details, stats.r_squared
    return (
        # Returns of which none is below 0 and one above 1 were taken for prices, here and in the next; and a
        # cash rate below 0 counted as 0.
        (
            utils,
            "_prepare_returns",
            lambda data, rf=0.0, periods=None, apply_rf=True: (
                utils.to_excess_returns(data, rf, periods) if apply_rf and rf else data.copy()
            ),
        ),
        (
            utils,
            "_looks_like_returns",
            lambda data: pd.Series(data=True, index=data.columns) if isinstance(data, pd.DataFrame) else True,
        ),
        # A book never again worth what it was at first had no drawdown: its peak is the eve, which had no row.
        (
            stats,
            "drawdown_details",
            lambda dd: drawdown_details(pd.concat([dd.iloc[:1].mul(0).shift(-1, freq="D"), dd])),
        ),
        # A book that stands still had no page: scipy fits no line to a constant.
        (
            stats,
            "r_squared",
            lambda returns, benchmark, prepare_returns=True: (
                r_squared(returns, benchmark, prepare_returns) if np.ptp(returns) > 0 else np.nan
            ),
        ),
    )

"""A core AAA, a fund HHH that is exactly the model of it, and a signal of long stretches."""

import numpy as np
from markets import make_bars, make_series, source_of
from worlds import WARM_UP, days

from data.fund import fund_return
from data.rates import days_between


def modelled(rate, seed=3, leverage=-3.0, *, dividends=False, gaps=False):
    """Make them; with `gaps` the fund's opens are those of a fund that was reset at the last close."""
    rng = np.random.default_rng(seed)
    dates = days(WARM_UP + 60)
    moves = rng.normal(0.0, 0.02, len(dates))
    dividend = np.where(rng.random(len(dates)) < 0.1, 0.004, 0.0) * dividends
    core = np.cumprod(1.0 + moves - dividend) * 50.0
    paid = np.concatenate(([0.0], dividend[1:] * core[:-1]))
    total = (core[1:] + paid[1:]) / core[:-1] - 1.0
    n = days_between(dates)[1:]
    fund = 20.0 * np.cumprod(np.concatenate(([1.0], 1.0 + fund_return(total, rate, n, leverage))))
    opens, fund_opens = core * 1.01, fund * 0.99
    if gaps:
        nights = np.append(0.0, rng.normal(0.0, 0.01, len(dates) - 1))
        opens = np.append(core[0], core[:-1]) * (1.0 + nights)
        fund_opens = np.append(fund[0], fund[:-1]) * (1.0 + leverage * nights)
    signal = np.repeat([0.0, 1.0, 0.0, 1.0, 0.0, 1.0], 15)
    return source_of(
        make_bars("AAA", dates, core, open=opens, dividend=paid),
        make_bars("HHH", dates, fund, open=fund_opens),
        make_series("SIGNAL", dates, signal),
    )

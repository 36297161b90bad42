"""The underlying on the run's sessions, as something that could be traded beside the core."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.arrays import Floats
from data.errors import DataError
from engine.config import RunConfig
from engine.setup import Setup


class Underlying(NamedTuple):
    """The underlying's as-traded prices and events on the run's sessions, each shape (sessions,), in dollars a share.

    Parameters
    ----------
    open, close, fill
        `fill` is what an order would fill at.
    dividend, split
        Events effective before the open.
    """

    open: Floats
    close: Floats
    fill: Floats
    dividend: Floats
    split: Floats


def underlying_of(config: RunConfig, setup: Setup) -> Underlying:
    """Return the underlying on the run's sessions; raises DataError where it has no bar on one of them."""
    market = setup.market
    bars = market.bars().rows(slice(market.first, None))
    missing = np.flatnonzero(np.isnan(bars.close) | np.isnan(bars.open))
    if len(missing):
        raise DataError(f"{market.underlying} has no bar on {market.run_sessions[missing[0]]}: it can't be traded then")
    fill = bars.open if config.execution.fill == "next_open" else bars.close
    return Underlying(bars.open, bars.close, fill, bars.dividend, bars.split)


def costs_from(setup: Setup) -> int:
    """Return the column whose costs a trade in the underlying bears: its own where it is held, else the hedge's."""
    traded = setup.market.roles.traded
    return traded.index(setup.market.underlying) if setup.market.underlying in traded else len(traded) - 1

"""A control: the underlying sold short in the fund's place, without the daily reset and without the fund's fee."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from data.arrays import Floats
from data.errors import DataError
from engine.config import RunConfig
from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger
from engine.rules import Prices, Terms
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


def run_short_underlying(config: RunConfig, setup: Setup, hedged: Ledger) -> tuple[Ledger, Prices, Terms]:
    """Run the hedged run's orders with ``leverage * h`` of equity in the underlying in the fund's place.

    Parameters
    ----------
    config, setup, hedged
        The hedged run. Its core is ordered as it was; a fund of positive leverage is replaced by a purchase on margin.

    Returns
    -------
    Ledger, Prices, Terms
        The control, its last column the underlying, and what it was executed on.

    Raises
    ------
    DataError
        The hedge isn't one leveraged fund, or the underlying has no bar on one of the run's sessions.
    """
    if not setup.market.roles.one_fund:
        raise DataError("the hedge isn't one leveraged fund, in the place of which it could be sold")
    leverage = setup.market.roles.leverage
    prices, terms = _prices(config, setup), _terms(setup, margin=setup.terms.margin or leverage > 0.0)
    orders = hedged._replace(hedges=leverage * hedged.hedges)
    return compiled().replay(prices, terms, orders), prices, terms


def _prices(config: RunConfig, setup: Setup) -> Prices:
    """Return the run's prices with the underlying's last."""
    held, own, core = setup.prices, underlying_of(config, setup), setup.legs.of_core
    columns = {name: np.column_stack((getattr(held, name)[:, core], getattr(own, name))) for name in own._fields}
    return Prices(**columns, level=own.close[:, np.newaxis], spot=columns["close"], spot_fill=columns["fill"])


def _terms(setup: Setup, *, margin: bool) -> Terms:
    """Return the run's terms with the underlying's costs last: its own where it is held, else the hedge's."""
    terms, traded, name = setup.terms, setup.legs.names, setup.market.underlying
    source = traded.index(name) if name in traded else len(traded) - 1

    def with_last(each: Floats) -> Floats:
        return np.append(each[:-1], each[source])

    return terms._replace(
        commission=with_last(terms.commission),
        slippage=with_last(terms.slippage),
        commission_per_share=with_last(terms.commission_per_share),
        slippage_per_share=with_last(terms.slippage_per_share),
        margin=margin,
    )

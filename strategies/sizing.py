"""Sizing: the hedge weight an order at each close would get, known from data up to that close alone."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from data.arithmetic import weighted
from data.arrays import Floats
from data.calendar import SESSIONS_A_YEAR
from data.market import Market
from data.roles import HedgeRole
from strategies.signals.windows import padded, windows

FUNDINGS = ("sell_core", "cash_buffer", "margin")


class Sizing(NamedTuple):
    """How big the hedge is, and where its money comes from.

    Parameters
    ----------
    method
        One of `METHODS`.
    weight, max_weight
        Fractions of equity; weight 0 switches the hedge off whatever the method.
    funding
        One of `FUNDINGS`.
    buffer
        The cash share of ``cash_buffer``.
    cover
        The share of the book's beta that ``beta`` takes away.
    lookback
        Sessions of simple total returns behind every estimate.
    target_volatility
        A fraction a year, for ``volatility_target``.
    """

    method: str
    weight: float
    max_weight: float
    funding: str
    buffer: float
    cover: float
    lookback: int
    target_volatility: float


def unhedged_core(sizing: Sizing) -> float:
    """Return the core's weight while there is no hedge: 1, or 1 less the cash buffer."""
    return 1.0 - sizing.buffer if sizing.funding == "cash_buffer" else 1.0


def most_hedge(sizing: Sizing) -> float:
    """Return the largest hedge weight allowed: `max_weight`, and no more than a cash buffer that pays for it."""
    return min(sizing.max_weight, sizing.buffer) if sizing.funding == "cash_buffer" else sizing.max_weight


def hedge_weights(sizing: Sizing, market: Market, intensity: Floats, hedge: HedgeRole | None = None) -> Floats:
    """Return the hedge weight that an order at each close would get, shape (sessions,); at least 0 of a short too.

    Clipped to [0, max_weight] and, funded from a cash buffer, to the buffer; NaN where it can't be told yet.

    Parameters
    ----------
    hedge
        Which; the market's first unless given. An option is sized by what it costs: `engine.options`.
    """
    if sizing.weight == 0.0:
        return np.zeros(len(market))
    wanted = METHODS[sizing.method].weights(sizing, market, intensity, hedge or market.roles.hedges[0])
    return np.clip(wanted, 0.0, most_hedge(sizing))


def core_beta(market: Market, lookback: int) -> Floats:
    """Return the core's beta to the underlying at each close, from `lookback` simple total returns; NaN in warm-up.

    Exactly 1 when the core is the underlying itself.
    """
    if tuple(market.roles.core) == (market.underlying,):
        return np.ones(len(market))
    core, underlying = core_returns(market), simple_returns(market, market.underlying)
    with np.errstate(divide="ignore", invalid="ignore"):
        return _covariance(core, underlying, lookback) / _covariance(underlying, underlying, lookback)


def hedge_beta(market: Market, hedge: HedgeRole, lookback: int) -> Floats:
    """Return what a unit of a hedge's weight adds to a book's beta at each close, shape (sessions,).

    A fund's leverage, 0 of bills, 1 of what is sold short at a weight below 0; of any other asset its beta to the
    underlying over `lookback` simple total returns, NaN in warm-up and where the underlying didn't move.
    """
    if hedge.kind == "asset":
        asset, underlying = simple_returns(market, hedge.instrument), simple_returns(market, market.underlying)
        with np.errstate(divide="ignore", invalid="ignore"):
            beta = _covariance(asset, underlying, lookback) / _covariance(underlying, underlying, lookback)
        return np.where(np.isfinite(beta), beta, np.nan)
    known = {"fund": hedge.leverage, "cash": 0.0, "short": 1.0}
    return np.full(len(market), known[hedge.kind])


def hedge_beta_error(market: Market, hedge: HedgeRole, lookback: int) -> Floats:
    """Return the standard error of `hedge_beta` at each close, shape (sessions,): 0 but of an asset's estimate.

    That of ordinary least squares on `lookback` simple total returns; 0 in warm-up.
    """
    if hedge.kind != "asset" or lookback < 3:
        return np.zeros(len(market))
    asset, underlying = simple_returns(market, hedge.instrument), simple_returns(market, market.underlying)
    beta = hedge_beta(market, hedge, lookback)
    spread = _covariance(underlying, underlying, lookback)
    with np.errstate(divide="ignore", invalid="ignore"):
        left = _covariance(asset, asset, lookback) - beta**2 * spread
        error = np.sqrt(np.maximum(left, 0.0) / (lookback - 2) / spread)
    return np.nan_to_num(error, posinf=0.0)


def core_returns(market: Market) -> Floats:
    """Return simple total returns of the core held at its configured weights, shape (sessions,); NaN first."""
    returns = np.column_stack([simple_returns(market, name) for name in market.roles.core])
    return weighted(returns, market.roles.core_weights)


def simple_returns(market: Market, instrument: str) -> Floats:
    """Return an instrument's simple total returns, shape (sessions,); NaN first."""
    level = market.total_return(instrument)
    return np.concatenate(([np.nan], level[1:] / level[:-1] - 1.0))


def takes_core(sizing: Sizing, hedge: HedgeRole) -> bool:
    """Return whether a hedge's money comes out of the core: what is sold short takes none."""
    return sizing.funding == "sell_core" and hedge.side > 0


def _beta(sizing: Sizing, market: Market, _intensity: Floats, hedge: HedgeRole) -> Floats:
    """Return the h that takes the share `cover` of the book's beta away; NaN where no weight of the hedge does."""
    beta, own = core_beta(market, sizing.lookback), hedge_beta(market, hedge, sizing.lookback)
    taken = abs(own) if hedge.kind == "fund" else -hedge.side * own
    if takes_core(sizing, hedge):
        taken = beta + taken
    taken = np.where(taken > 0.0, taken, np.nan)
    return sizing.cover * (beta if sizing.funding == "sell_core" else unhedged_core(sizing) * beta) / taken


def _quadratic(sizing: Sizing, market: Market, hedge: HedgeRole) -> tuple[Floats, Floats, Floats]:
    """Return a, b, c of the funded book's variance ``a h^2 + 2 b h + c`` as a function of the hedge weight h."""
    core = core_returns(market) * unhedged_core(sizing)
    own = hedge.side * simple_returns(market, hedge.instrument)
    added = own - core if takes_core(sizing, hedge) else own
    days = sizing.lookback
    return _covariance(added, added, days), _covariance(core, added, days), _covariance(core, core, days)


def _minimum_variance(sizing: Sizing, market: Market, _intensity: Floats, hedge: HedgeRole) -> Floats:
    curve, slope, _ = _quadratic(sizing, market, hedge)
    with np.errstate(divide="ignore", invalid="ignore"):
        return -slope / curve


def _volatility_target(sizing: Sizing, market: Market, _intensity: Floats, hedge: HedgeRole) -> Floats:
    """Return the smallest h at which the book's volatility is the target; the calmest h where none reaches it."""
    curve, slope, level = _quadratic(sizing, market, hedge)
    excess = level - sizing.target_volatility**2 / SESSIONS_A_YEAR
    with np.errstate(divide="ignore", invalid="ignore"):
        root = (-slope - np.sqrt(np.maximum(slope**2 - curve * excess, 0.0))) / curve
    return np.where(excess <= 0.0, 0.0, root)


def _covariance(left: Floats, right: Floats, days: int) -> Floats:
    """Return the sample covariance (ddof 1) over the last `days` rows; NaN in warm-up."""
    a, b = windows(left, days), windows(right, days)
    centred = (a - a.mean(axis=1, keepdims=True)) * (b - b.mean(axis=1, keepdims=True))
    return padded(centred.sum(axis=1) / (days - 1), len(left))


class Method(NamedTuple):
    """A way to size the hedge.

    Parameters
    ----------
    words
        What the hedge is sized to, with the config's ``{weight}``, ``{cover}`` and ``{target}``.
    weights
        The weight at each close before it is clipped, shape (sessions,), of a sizing, a market, the intensity, a hedge.
    """

    words: str
    weights: Callable[[Sizing, Market, Floats, HedgeRole], Floats]


METHODS = {
    "fixed": Method("{weight} of equity", lambda sizing, market, *_: np.full(len(market), sizing.weight)),
    "proportional": Method(
        "{weight} of equity times the signal", lambda sizing, _, intensity, __: sizing.weight * intensity
    ),
    "beta": Method("what takes {cover} of the book's beta away", _beta),
    "volatility_target": Method("the least that brings the book's volatility to {target} a year", _volatility_target),
    "minimum_variance": Method("what makes the book's variance least", _minimum_variance),
}
"""Every way to size the hedge by its name in YAML; `engine.config` has the names too, as types."""

"""What a run's hedges are on its market: their instruments, bars that no source holds, costs, betas and sizes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from data.arrays import Floats
from data.bars import Bars
from data.market import Market
from data.options import Contract, OptionPath
from data.rates import accrual
from data.roles import HedgeRole, Roles
from engine.config import RunConfig
from engine.hedge_config import HedgeConfig, PolicyConfig
from engine.options import contract_name, option_bars, path_on
from strategies.policy import NEVER, PolicyRules
from strategies.sizing import Sizing, core_beta, hedge_beta, hedge_beta_error, hedge_weights, most_hedge

BPS = 1e-4


class TradedHedge(NamedTuple):
    """An instrument that is traded as a hedge: a hedge of the config, or one contract of an option's.

    Parameters
    ----------
    role
        Its part.
    hedge
        What the config says of it.
    contract
        An option's; None for anything else.
    """

    role: HedgeRole
    hedge: HedgeConfig
    contract: Contract | None = None

    def path(self, market: Market, rate: str | float) -> OptionPath:
        """Return an option's path on the market."""
        option, contract = self.hedge.option, self.contract
        assert option is not None  # noqa: S101  # where there is a contract
        assert contract is not None  # noqa: S101  # the caller has looked
        return path_on(market, contract, option.skew, rate)


def roles_of(config: RunConfig) -> Roles:
    """Return who plays which part."""
    return Roles(dict(config.portfolio.core), tuple(each.role for each in traded_hedges(config)), config.read)


def traded_hedges(config: RunConfig) -> tuple[TradedHedge, ...]:
    """Return every instrument that is traded as a hedge, in the order of the columns."""
    found = list[TradedHedge]()
    for leg, hedge in enumerate(config.legs):
        for contract in hedge.option.contracts if hedge.option else ():
            role = HedgeRole(contract_name(config.read, contract), "option", np.nan, contract.side, leg)
            found.append(TradedHedge(role, hedge, contract))
        if not hedge.option:
            leverage = np.nan if hedge.leverage is None else hedge.leverage
            side = -1 if hedge.kind == "short" else 1
            found.append(TradedHedge(HedgeRole(hedge.instrument, hedge.kind, leverage, side, leg), hedge))
    return tuple(found)


def sizing_from(hedge: HedgeConfig) -> Sizing:
    """Return the sizing and funding of a hedge."""
    return Sizing(hedge.sizing, *(getattr(hedge, name) for name in Sizing._fields[1:]))


def most_of(hedge: HedgeConfig) -> float:
    """Return the largest weight that a hedge may have; contracts on ten times the book for an option."""
    return 10.0 if hedge.kind == "option" else most_hedge(sizing_from(hedge))


def policy_from(policy: PolicyConfig) -> PolicyRules:
    """Return a policy, with numbers no run reaches for what is switched off."""
    off = {"max_hold": NEVER, "stop_loss": np.inf, "take_profit": np.inf}
    given = {name: getattr(policy, name) for name in PolicyRules._fields}
    return PolicyRules(**given | {name: given[name] or never for name, never in off.items()})


def with_made(config: RunConfig, market: Market) -> Market:
    """Return the market with the bars of bills, shorts and options in it."""
    rate = config.execution.cash_rate
    made = {each.role.instrument: _made(each, market, rate) for each in traded_hedges(config) if each.role.made}
    return replace(market, made=made) if made else market


def _made(traded: TradedHedge, market: Market, rate: str | float) -> Bars:
    name = traded.role.instrument
    if traded.role.kind == "cash":
        return _bills(market, rate, name)
    if traded.role.kind == "short":
        return replace(market.bars(), instrument=name)
    return option_bars(market, name, traded.path(market, rate))


def _bills(market: Market, rate: str | float, name: str) -> Bars:
    """Return a dollar in bills: what cash earns by each session is there at its open."""
    grown: Floats = np.nan_to_num(accrual(market.sessions, market.rate(rate)))
    worth = np.cumprod(1.0 + grown)
    price = np.asarray(worth / worth[market.first], dtype=np.float64)
    none = np.zeros(len(market))
    return Bars(name, market.sessions, price, price, price, price, np.full(len(market), np.nan), none, none + 1.0)


def hedge_betas(config: RunConfig, market: Market) -> Floats:
    """Return what a unit of each hedge's weight adds to a book's beta, as known at each close of the market.

    Shape (market sessions, hedges). Where an asset's can't be estimated yet it counts as 0; an option's weight is that
    of the underlying it is written on, so that its delta is its beta.
    """
    betas = [
        hedge_beta(market, each.role, each.hedge.lookback)
        if each.contract is None
        else each.path(market, config.execution.cash_rate).delta
        for each in traded_hedges(config)
    ]
    return np.nan_to_num(np.column_stack(betas))


def beta_errors(config: RunConfig, market: Market) -> Floats:
    """Return the standard errors of `hedge_betas`, shape (market sessions, hedges): 0 but of an asset's estimate."""
    each = traded_hedges(config)
    return np.column_stack([hedge_beta_error(market, hedge.role, hedge.hedge.lookback) for hedge in each])


def sizes_and_takes(config: RunConfig, market: Market, intensity: Floats) -> tuple[Floats, Floats]:
    """Return the size an order at each close would give each hedge, and what a unit of it takes out of the core.

    Parameters
    ----------
    intensity
        Of each hedge of the config, shape (market sessions, hedges of the config).

    Returns
    -------
    arrays
        Shape (market sessions, traded hedges) each, as of `engine.kernel.loop.Plan`; sizes at least 0, NaN where none
        can be told yet.
    """
    sizes, takes = list[Floats](), list[Floats]()
    for each in traded_hedges(config):
        signal = intensity[:, each.role.leg]
        if each.contract is None:
            sizes.append(hedge_weights(sizing_from(each.hedge), market, signal, each.role))
            takes.append(np.full(len(market), 0.0 if each.role.kind == "short" else 1.0))
        else:
            sizes.append(option_size(each.hedge, market, signal))
            takes.append(each.role.side * each.path(market, config.execution.cash_rate).carried / market.close())
    return np.column_stack(sizes), np.column_stack(takes)


def option_size(hedge: HedgeConfig, market: Market, intensity: Floats) -> Floats:
    """Return the contracts a core share at each close, by the core's beta to the underlying; shape (sessions,)."""
    if hedge.weight == 0.0 or hedge.cover == 0.0:
        return np.zeros(len(market))
    beta = core_beta(market, hedge.lookback)
    a_share = hedge.cover * np.where(np.isfinite(beta) & (beta > 0.0), beta, 1.0)
    return a_share * intensity if hedge.sizing == "proportional" else a_share


def costs_of_legs(config: RunConfig) -> Mapping[str, Floats]:
    """Return each kind of cost in its own unit, shape (instruments,): a hedge's own, else what the run's say.

    Bills cost nothing to trade; a short costs what its underlying does, an option half its bid-ask.
    """
    keys = ("commission_bps", "slippage_bps", "commission_per_share", "slippage_per_share")
    return {key: np.array(list(_costs(config, key)), np.float64) for key in keys}


def _costs(config: RunConfig, key: str) -> Iterator[float]:
    cost = getattr(config.execution, key)
    for name in config.portfolio.core:
        yield cost[name] if isinstance(cost, dict) else cost
    for role, leg, contract in traded_hedges(config):
        own = getattr(leg, key, None)
        if own is not None:
            yield own
        elif role.kind == "cash":
            yield 0.0
        elif contract is not None and key == "slippage_bps":
            yield contract.bid_ask / 2.0 / BPS
        elif isinstance(cost, dict):
            yield cost[role.instrument if leg.of_own_bars else config.read]
        else:
            yield cost

"""From a config, a market and a strategy to the arrays every execution runs on."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from data.arrays import Dates, Flags, Floats
from data.audit.finding import Finding
from data.errors import DataError
from data.market import BeginsLateError, Market, Roles, load_market
from data.rates import accrual, days_between
from data.shown import screen
from data.sources import SERIES, Source
from data.sources.choose import open_source
from data.sources.wrapped import KeptSource
from engine.config import HedgeConfig, RunConfig
from engine.kernel.loop import Plan, policies_of
from engine.legs import legs_of
from engine.provenance import audited, extended, found_in, made_before, or_made
from engine.reads import check_held, strategy_reads
from engine.rules import Prices, Terms
from strategies.policy import NEVER, PolicyRules
from strategies.sizing import Sizing, core_beta, hedge_weights, unhedged_core

BPS = 1e-4

BORROW_FEE = 0.005
"""What lenders of a large sector fund ask of who sells it short: a fraction a year of its worth, actual/360."""


@dataclass(frozen=True, repr=False)
class Setup:
    """What a run is executed on.

    Parameters
    ----------
    market
        The market it came from.
    prices, terms, plan
        Arrays over the run's sessions, t=0 first.
    cash_yield
        The cash rate known at each close, a fraction a year, shape (sessions,).
    """

    market: Market
    prices: Prices
    terms: Terms
    plan: Plan
    cash_yield: Floats

    def __repr__(self) -> str:
        return screen(*repr(self.market).replace("Market", "Setup on a market", 1).splitlines())


def roles_of(config: RunConfig) -> Roles:
    """Return who plays which part."""
    hedge = config.hedge
    return Roles(dict(config.portfolio.core), hedge.instrument, hedge.underlying, hedge.leverage)


def open_market(config: RunConfig, source: Source | None = None, shift: int = 0) -> Market:
    """Load what a run trades, audited, from the source its config names unless one is given.

    Parameters
    ----------
    shift
        -1 or 1 for the low or the high edge of the error band of history made before inception.

    Raises
    ------
    DataError
        Something is missing, or the audit finds an error that isn't accepted.
    """
    market, ranges = _load(config, source, shift)
    return market if shift else replace(market, findings=audited(config, market, ranges))


def run_findings(config: RunConfig) -> tuple[Finding, ...]:
    """Return all that the audit finds in the history a run uses, accepted or not.

    Raises
    ------
    DataError
        Something is missing or can't be read.
    """
    return found_in(config, *_load(config))


def _load(config: RunConfig, source: Source | None = None, shift: int = 0) -> tuple[Market, tuple[str, ...]]:
    """Return a run's market before its audit, and the instruments of which signals read ranges."""
    real = KeptSource(source or open_source(config.data.source, config.data.path), config.data.lag)
    for name in config.data.lag:  # a lag that is mistyped would let a series be read before it was known
        if name not in real.names(SERIES):
            raise DataError(f"data.lag names {name}, which is no series of source {real.name}")
    reads = strategy_reads(config, roles_of(config))
    check_held(config, roles_of(config), reads, real)
    start = np.datetime64(config.start)
    end = None if config.end is None else np.datetime64(config.end)
    fed = extended(config, real, shift)
    try:
        market = load_market(fed, roles_of(config), start, end)
    except BeginsLateError as error:
        raise DataError(f"{error}{or_made(config, roles_of(config), real)}") from None
    made = {name: day for name, day in made_before(fed).items() if day > market.run_sessions[0]}
    return replace(market, synthetic=made), reads.ranges


def sizing_of(config: RunConfig) -> Sizing:
    """Return the config's sizing and funding."""
    return sizing_from(config.hedge)


def sizing_from(hedge: HedgeConfig) -> Sizing:
    """Return the sizing and funding of a hedge."""
    return Sizing(
        hedge.sizing,
        hedge.weight,
        hedge.max_weight,
        hedge.funding,
        hedge.buffer,
        hedge.cover,
        hedge.lookback,
        hedge.target_volatility,
    )


def policy_of(config: RunConfig) -> PolicyRules:
    """Return the config's policy, with numbers no run reaches for what is switched off."""
    policy = config.policy
    return PolicyRules(
        policy.enter,
        policy.exit,
        policy.confirm,
        policy.min_hold,
        policy.max_hold or NEVER,
        policy.cooldown,
        policy.stop_loss or np.inf,
        policy.take_profit or np.inf,
    )


def prepare(config: RunConfig, market: Market, intensity: Floats | None) -> Setup:
    """Lay out one run.

    Parameters
    ----------
    config, market
        The run, and what it is fed.
    intensity
        The signal without NaN, shape (market sessions,); ``None`` for a strategy that has none.

    Raises
    ------
    DataError
        The cash rate isn't known from the first session on.
    """
    prices = _prices(config, market)
    cash_yield = _cash_yield(config, market)
    signal = np.zeros(len(market)) if intensity is None else intensity
    return Setup(
        market,
        prices,
        _terms(config, market, prices, cash_yield),
        plan_of(config, market, signal),
        cash_yield,
    )


def rebalancing_days(sessions: Dates, every: str) -> Flags:
    """Return the closes at which a calendar calls for rebalancing: all, or the first of an ISO week or a month."""
    if every == "daily":
        return np.ones(len(sessions), np.bool_)
    due = np.zeros(len(sessions), np.bool_)
    if every == "weekly":
        due[1:] = np.diff((sessions.astype(np.int64) + 3) // 7) != 0  # day 0, 1970-01-01, was a Thursday
    if every == "monthly":
        due[1:] = np.diff(sessions.astype("datetime64[M]").astype(np.int64)) != 0
    return due


def run_beta(config: RunConfig, market: Market) -> Floats:
    """Return the core's beta to the underlying at each of the run's closes; 1 where it can't be told."""
    beta = core_beta(market, config.hedge.lookback)[market.first :]
    return np.where(np.isnan(beta) | (beta <= 0.0), 1.0, beta)


def plan_of(config: RunConfig, market: Market, intensity: Floats) -> Plan:
    """Return when and how the run decides, from an intensity without NaN over all the market's sessions."""
    sizing, sessions = sizing_of(config), market.run_sessions
    size = hedge_weights(sizing, market, intensity)[market.first :]
    core_due = rebalancing_days(sessions, config.portfolio.rebalance)
    return plan_with(config.hedge, policy_of(config), intensity[market.first :], size, sessions, core_due)


def plan_with(
    hedge: HedgeConfig, policy: PolicyRules, intensity: Floats, size: Floats, sessions: Dates, core_due: Flags
) -> Plan:
    """Return the plan of a hedge from its parts, arrays over the run's sessions."""
    return Plan(
        policies_of([policy]),
        intensity[:, np.newaxis],
        size[:, np.newaxis],
        np.ones(1),
        rebalancing_days(sessions, hedge.rebalance)[:, np.newaxis],
        core_due,
        np.array([hedge.band if hedge.rebalance == "band" else np.inf]),
        unhedged_core(sizing_from(hedge)),
        hedge.funding == "sell_core",
    )


def _prices(config: RunConfig, market: Market) -> Prices:
    traded = [market.bars(name).rows(slice(market.first, None)) for name in legs_of(market.roles).names]

    def columns(name: str) -> Floats:
        return np.column_stack([getattr(bars, name) for bars in traded])

    close, opening = columns("close"), columns("open")
    fill = opening if config.execution.fill == "next_open" else close
    levels = [market.total_return(name)[market.first :] for name in legs_of(market.roles).hedges]
    return Prices(opening, close, fill, columns("dividend"), columns("split"), np.column_stack(levels))


def _terms(config: RunConfig, market: Market, prices: Prices, cash_yield: Floats) -> Terms:
    execution, legs = config.execution, legs_of(market.roles).names

    def costs(value: Any) -> Floats:
        each = [value[name] if isinstance(value, dict) else value for name in legs]
        return np.array(each, dtype=np.float64)

    slippage, per_share = costs(execution.slippage_bps) * BPS, costs(execution.slippage_per_share)
    commission, fee = costs(execution.commission_bps) * BPS, costs(execution.commission_per_share)
    _check_costs(market, prices, (prices.fill * (1.0 - slippage) - per_share) * (1.0 - commission) - fee)
    sessions = market.run_sessions
    spread, days = execution.margin_spread_bps * BPS, days_between(sessions)
    earned = accrual(sessions, cash_yield)
    return Terms(
        config.portfolio.cash,
        market.roles.core_weights,
        commission,
        slippage,
        fee,
        per_share,
        earned,
        earned + spread * days / 360.0,
        BORROW_FEE * days / 360.0,
        config.portfolio.dividends == "reinvest",
        execution.shares == "whole",
        config.hedge.funding == "margin",
        np.zeros(len(legs)),
    )


def _check_costs(market: Market, prices: Prices, left: Floats) -> None:
    """Refuse costs that would leave nothing of a share that is sold."""
    if (left <= 0.0).any():
        t, i = np.argwhere(left <= 0.0)[0]
        name, date, price = legs_of(market.roles).names[i], market.run_sessions[t], prices.fill[t, i]
        raise DataError(f"{name} on {date}: costs per share take all of its price of {price:g}: lower them")


def _cash_yield(config: RunConfig, market: Market) -> Floats:
    rate = config.execution.cash_rate
    known = market.rate(rate)[market.first :]
    if np.isnan(known[0]):
        start = market.run_sessions[0]
        later = market.run_sessions[~np.isnan(known)]
        remedy = f"start at {later[0]} or later" if len(later) else "choose another series"
        raise DataError(
            f"series {rate} has no value known by {start}: {remedy}, or set execution.cash_rate to a number"
        )
    return known

"""From a config, a market and a strategy to the arrays every execution runs on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from data.arrays import Dates, Flags, Floats
from data.audit.finding import Finding
from data.errors import DataError
from data.market import BeginsLateError, Market, load_market
from data.rates import accrual, days_between
from data.shown import screen
from data.sources import SERIES, Source
from data.sources.choose import open_source
from data.sources.wrapped import KeptSource
from engine.config import RunConfig
from engine.hedge_config import HedgeConfig
from engine.hedges import (
    BPS,
    costs_of_legs,
    hedge_betas,
    policy_from,
    roles_of,
    sizes_and_takes,
    sizing_from,
    with_made,
)
from engine.kernel.loop import Plan, policies_of
from engine.legs import Legs, legs_of
from engine.provenance import audited, extended, found_in, made_before, or_made
from engine.reads import check_held, strategy_reads
from engine.rules import Prices, Terms
from strategies.policy import PolicyRules
from strategies.sizing import Sizing, core_beta, unhedged_core

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
    betas
        What a unit of each hedge's weight adds to the book's beta, as known at each close, shape (sessions, hedges): a
        fund's leverage, an asset's estimate, an option's delta, 0 of bills.
    """

    market: Market
    prices: Prices
    terms: Terms
    plan: Plan
    cash_yield: Floats
    betas: Floats

    @cached_property
    def legs(self) -> Legs:
        """What is traded, and where it stands in the columns of the arrays."""
        return legs_of(self.market.roles)

    def rebalanced(self, rebalance: str, band: float = np.inf) -> Plan:
        """Return the plan with another rebalancing of every hedge."""
        hedges = len(self.plan.sides)
        due = np.repeat(rebalancing_days(self.market.run_sessions, rebalance)[:, np.newaxis], hedges, axis=1)
        return self.plan._replace(hedge_due=due, band=np.full(hedges, band))

    def __repr__(self) -> str:
        return screen(*repr(self.market).replace("Market", "Setup on a market", 1).splitlines())


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


def market_key(config: RunConfig) -> str:
    """Return all of a config that its market is made from; the cash rate is, for it drives made history."""
    hedges = [(leg.kind, leg.instrument, leg.underlying, leg.leverage, leg.option) for leg in config.legs]
    traded = (config.portfolio.core, config.read, hedges)
    return repr((config.data, config.start, config.end, traded, config.execution.cash_rate))


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
    return with_made(config, replace(market, synthetic=made)), reads.ranges


def sizing_of(config: RunConfig) -> Sizing:
    """Return the sizing and funding of the config's first hedge; funding is that of all."""
    return sizing_from(config.hedge)


def policy_of(config: RunConfig) -> PolicyRules:
    """Return the run's own policy."""
    return policy_from(config.policy)


def prepare(config: RunConfig, market: Market, intensity: Floats | None) -> Setup:
    """Lay out one run.

    Parameters
    ----------
    config, market
        The run, and what it is fed.
    intensity
        The signal without NaN, shape (market sessions,), or one a hedge, shape (market sessions, hedges of the config);
        ``None`` for a strategy that has none.

    Raises
    ------
    DataError
        The cash rate isn't known from the first session on.
    """
    prices = _prices(config, market)
    cash_yield = _cash_yield(config, market)
    signal = np.zeros(len(market)) if intensity is None else intensity
    terms = _terms(config, market, prices, cash_yield)
    plan = plan_of(config, market, signal)
    if intensity is None:  # what such a strategy gives are weights
        plan = plan._replace(a_core_share=np.zeros_like(plan.a_core_share))
    return Setup(market, prices, terms, plan, cash_yield, hedge_betas(config, market)[market.first :])


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
    """Return when and how the run decides.

    Parameters
    ----------
    intensity
        Without NaN, over all the market's sessions: shape (sessions,), or (sessions, hedges of the config).
    """
    own = np.broadcast_to(intensity.reshape(len(market), -1), (len(market), len(config.legs)))
    of, first = [role.leg for role in market.roles.hedges], market.first
    legs, policies = [config.legs[k] for k in of], [policy_from(config.legs[k].policy or config.policy) for k in of]
    size, takes = sizes_and_takes(config, market, own)
    due = rebalancing_days(market.run_sessions, config.portfolio.rebalance)
    return plan_with(legs, policies, own[first:, of], size[first:], takes[first:], market, due)


def plan_with(
    legs: Sequence[HedgeConfig],
    policies: Sequence[PolicyRules],
    intensity: Floats,
    size: Floats,
    takes: Floats,
    market: Market,
    core_due: Flags,
) -> Plan:
    """Return the plan of hedges from its parts, arrays over the run's sessions; one of each a traded hedge."""
    sessions = market.run_sessions
    return Plan(
        policies_of(policies),
        np.ascontiguousarray(intensity),
        size,
        np.array([float(role.side) for role in market.roles.hedges]),
        takes,
        np.array([role.kind == "option" for role in market.roles.hedges]),
        np.column_stack([rebalancing_days(sessions, leg.rebalance) for leg in legs]),
        core_due,
        np.array([leg.band if leg.rebalance == "band" else np.inf for leg in legs]),
        unhedged_core(sizing_from(legs[0])),
        legs[0].funding == "sell_core",
    )


def _prices(config: RunConfig, market: Market) -> Prices:
    names = legs_of(market.roles).names
    traded = [market.bars(name).rows(slice(market.first, None)) for name in names]

    def columns(name: str) -> Floats:
        return np.column_stack([getattr(bars, name) for bars in traded])

    close, opening = columns("close"), columns("open")
    at_open = config.execution.fill == "next_open"
    fill = opening if at_open else close
    levels = [
        np.full(len(close), np.nan) if role.kind == "option" else market.total_return(role.instrument)[market.first :]
        for role in market.roles.hedges
    ]
    spot, spot_fill = close, fill
    options = [k for k, role in enumerate(market.roles.hedges, len(market.roles.core)) if role.kind == "option"]
    if options:
        under = market.bars().rows(slice(market.first, None))
        spot, spot_fill = spot.copy(), spot_fill.copy()
        spot[:, options] = under.close[:, np.newaxis]
        spot_fill[:, options] = (under.open if at_open else under.close)[:, np.newaxis]
    dividend, split = columns("dividend"), columns("split")
    return Prices(opening, close, fill, dividend, split, np.column_stack(levels), spot, spot_fill)


def _terms(config: RunConfig, market: Market, prices: Prices, cash_yield: Floats) -> Terms:
    execution, costs = config.execution, costs_of_legs(config)
    commission, slippage = costs["commission_bps"] * BPS, costs["slippage_bps"] * BPS
    fee, per_share = costs["commission_per_share"], costs["slippage_per_share"]
    kinds = ["core"] * len(market.roles.core) + [role.kind for role in market.roles.hedges]
    left = (prices.fill * (1.0 - slippage) - per_share) * (1.0 - commission) - fee
    sessions, spent = market.run_sessions, (left <= 0.0) & np.array([kind != "option" for kind in kinds])
    if spent.any():
        t, i = np.argwhere(spent)[0]
        name, date, price = legs_of(market.roles).names[i], sessions[t], prices.fill[t, i]
        raise DataError(f"{name} on {date}: costs per share take all of its price of {price:g}: lower them")
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
        np.array([kind != "option" for kind in kinds]),
        np.zeros(len(kinds)),
    )


def _cash_yield(config: RunConfig, market: Market) -> Floats:
    rate = config.execution.cash_rate
    known = market.rate(rate)[market.first :]
    if np.isnan(known[0]):
        start, later = market.run_sessions[0], market.run_sessions[~np.isnan(known)]
        remedy = f"start at {later[0]} or later" if len(later) else "choose another series"
        raise DataError(
            f"series {rate} has no value known by {start}: {remedy}, or set execution.cash_rate to a number"
        )
    return known

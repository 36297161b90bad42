"""The options of a run: their paths on its market, MODELLED, and what they cost beside the core."""

from __future__ import annotations

import numpy as np

from data.arrays import Dates, Floats
from data.bars import Bars
from data.errors import DataError
from data.market import Market
from data.options import (
    VOLATILITY_SESSIONS,
    Contract,
    OptionPath,
    UnderlyingHistory,
    base_volatility,
    option_path,
    trailing_yield,
)
from data.sources import SERIES

VOLATILITY_INDEX, ITS_INSTRUMENT = "VIX", "SPY"
"""A month's implied volatility in percent, and the instrument whose realised volatility it is held against."""
STALE = np.timedelta64(10, "D")
"""A quote older than this is none."""

PATH = ("open", "close", "carried", "dividend", "split", "strike", "delta")
"""What is kept of a path."""


def contract_name(underlying: str, contract: Contract) -> str:
    """Return a contract's name among the instruments, such as ``SOXX-PUT95`` or ``SPY-CALL110-3M``."""
    tenor = contract.schedule.tenor
    every = "" if tenor == 1 else f"-{tenor}M"
    return f"{underlying}-{contract.right.upper()}{100.0 * contract.moneyness:g}{every}"


def path_on(market: Market, contract: Contract, skew: float, rate: str | float) -> OptionPath:
    """Return a contract's path on the market's sessions; made once for a market.

    Raises
    ------
    DataError
        VIX or SPY is missing, or the contract can't be priced from the run's first session on.
    """

    def made() -> Floats:
        path = option_path(contract, _history(market, rate), skew / 100.0)
        return np.vstack([getattr(path, name) for name in PATH])

    key = ("option", contract, skew, rate)
    columns = dict(zip(PATH, market.remember(key, made), strict=True))
    unknown = np.flatnonzero(~np.isfinite(columns["open"] + columns["close"])[market.first :])
    if len(unknown):
        what, day = contract_name(market.underlying, contract), market.run_sessions[unknown[0]]
        raise DataError(
            f"{what} can't be priced on {day}: it needs {VOLATILITY_INDEX} and {VOLATILITY_SESSIONS} sessions of"
            f" {market.underlying} and {ITS_INSTRUMENT} before its first roll: start later"
        )
    return OptionPath(**columns, expiry=np.full(len(market), np.datetime64("NaT"), "datetime64[D]"))


def option_bars(market: Market, name: str, path: OptionPath) -> Bars:
    """Return a contract's path as bars: what the rules trade."""
    high, low = np.fmax(path.open, path.close), np.fmin(path.open, path.close)
    none = np.full(len(market), np.nan)
    return Bars(name, market.sessions, path.open, high, low, path.close, none, path.dividend, path.split)


def option_volatility(market: Market) -> Floats:
    """Return the volatility at the money, as known at each of the market's closes: a fraction a year, modelled.

    VIX/100 times the realised volatility of the underlying over that of SPY, both over 63 sessions; NaN where it isn't
    known. A session in which neither moves keeps the ratio of the one before: behind a quarter of them there is none.
    Raises DataError where VIX or SPY is missing, or has a hole in the run.
    """
    if not market.has_series(VOLATILITY_INDEX):
        raise DataError(f"there is no series {VOLATILITY_INDEX}, from which an option's volatility would come")
    _check_fresh(VOLATILITY_INDEX, market.source.read(SERIES, VOLATILITY_INDEX).dates, market.run_sessions)
    if market.underlying == ITS_INSTRUMENT:
        return base_volatility(market.series(VOLATILITY_INDEX))
    if not market.has_bars(ITS_INSTRUMENT):
        raise DataError(f"there are no bars of {ITS_INSTRUMENT}, which {VOLATILITY_INDEX} is held against")
    quoted = ~np.isnan(market.bars(ITS_INSTRUMENT).close)
    _check_fresh(ITS_INSTRUMENT, market.sessions[quoted], market.run_sessions)
    own, broad, vix = market.total_return(), market.total_return(ITS_INSTRUMENT), market.series(VOLATILITY_INDEX)
    known = base_volatility(vix, (own, broad))
    still = np.flatnonzero((np.diff(own) == 0.0) & (np.diff(broad) == 0.0)) + 1
    moved = np.arange(len(own))
    moved[still] = 0
    before = np.maximum.accumulate(moved)[still]
    known[still] = known[before] * vix[still] / vix[before]
    return known


def _history(market: Market, rate: str | float) -> UnderlyingHistory:
    bars = market.bars()
    paid = trailing_yield(market.sessions, bars.close, bars.dividend)
    yields = np.nan_to_num(market.rate(rate))  # before the first quote, in warm-up, money costs nothing
    volatility = option_volatility(market)
    return UnderlyingHistory(market.sessions, bars.open, market.close(), bars.split, volatility, yields, paid)


def _check_fresh(name: str, dates: Dates, sessions: Dates) -> None:
    """Refuse quotes that are missing for longer than a holiday: the last one carries forward, but not for ever."""
    place = np.searchsorted(dates, sessions, side="right") - 1
    stale = np.flatnonzero((place < 0) | (sessions - dates[np.maximum(place, 0)] > STALE))
    if len(stale):
        raise DataError(f"{name} has no value in the {STALE.astype(int)} days to {sessions[stale[0]]}")

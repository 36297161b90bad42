"""Options on an underlying, MODELLED: their volatility, and the path of a contract that is rolled for ever.

No quote of an option is read. A price is that of `black_scholes.py` (European, cash-settled), at a volatility made of
VIX: docs/hedges.md has every default with its source, and how far the model is from what Cboe published.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from data.arithmetic import log, log1p
from data.arrays import DAY, Dates, Floats, Ints
from data.black_scholes import OptionTerms, Right, option_delta, option_price
from data.calendar import SESSIONS_A_YEAR, nyse_sessions, session_numbers
from data.errors import ConfigError

Side: TypeAlias = Literal[1, -1]
Weekday = Literal["Mon", "Tue", "Wed", "Thu", "Fri"]

TENORS = (1, 2, 3, 4, 6, 12)
"""Months from roll to roll: what divides a year, so that rolls fall into the same months every year."""

SKEW = 0.04
"""Volatility added per 10 % that a strike lies below spot, and taken away above: 4 volatility points.

The puts that Cboe's PPUT3M bought 10 % below spot fit 5.0, 3.8 and 3.3 points over VIX; on 17 July 2013 options of 30
days had 5.1 at 90 % of spot, and 2.6 less at 110 %.
"""

LOWEST = 0.5
"""No strike's volatility is less than this part of the base volatility, however far above spot it lies."""

BID_ASK = 0.06
"""The bid-ask spread, a fraction of the premium.

Out-of-the-money options on large stocks had 6.1 to 6.6 % in 2010 and 6.2 to 6.4 % in 2015 (CFA Institute, 2022).
"""

VOLATILITY_SESSIONS = 63
"""Returns in the realised volatilities that VIX is scaled by."""

OPEN_TO_CLOSE = 6.5 / 24.0
"""The session's length in days: at the open an option has that much longer to live than at the close."""


def strike_volatility(base: Floats, spot: Floats, strike: Floats, skew: float = SKEW) -> Floats:
    """Return the volatility at which an option of a strike is priced, a fraction a year; arrays broadcast.

    ``base + skew * (1 - strike / spot) / 0.1``, a line in moneyness that moves with spot, never below half the base.
    NaN stay.

    Parameters
    ----------
    base
        The volatility at the money, a fraction a year.
    skew
        A fraction a year per 10 % of moneyness: 0.04 is 4 volatility points; 0 for none.
    """
    return np.maximum(base + skew * (1.0 - strike / spot) / 0.1, LOWEST * base)


def base_volatility(vix: Floats, levels: tuple[Floats, Floats] | None = None) -> Floats:
    """Return the volatility at the money, as known at each close: a fraction a year, shape (sessions,).

    ``VIX / 100 * realised(underlying) / realised(SPY)``, over 63 sessions each. VIX is of the S&P 500 and of 30 days:
    the ratio carries it to another underlying, and every tenor is priced at it.

    Parameters
    ----------
    vix
        VIX in percent as known at each close.
    levels
        Total-return closes of the underlying and of SPY on the same sessions; None where the underlying is SPY, whose
        volatility is VIX's.

    Returns
    -------
    numpy.ndarray
        NaN where VIX or a return of either window isn't known, and where SPY didn't move.
    """
    if levels is None:
        return vix / 100.0
    own, broad = (_realised(level) for level in levels)
    with np.errstate(divide="ignore", invalid="ignore"):
        scaled: Floats = vix / 100.0 * own / broad
    return np.where(np.isfinite(scaled), scaled, np.nan)


def trailing_yield(sessions: Dates, close: Floats, dividend: Floats) -> Floats:
    """Return the dividends of the last 252 sessions as a continuous yield a year, at each close; shape (sessions,).

    A session without a bar (NaN) paid nothing; before a year of history the yield is what was paid so far.
    """
    paid = np.nancumsum(log1p(dividend / close))
    numbers = session_numbers(sessions)
    before = np.searchsorted(numbers, numbers - SESSIONS_A_YEAR, side="right") - 1
    yields: Floats = paid - paid[np.maximum(before, 0)]
    return yields


@dataclass(frozen=True)
class Schedule:
    """When a contract expires and the next one is bought: in every `tenor`-th month, counted back from December.

    Parameters
    ----------
    tenor
        Months from roll to roll: 1, 2, 3 (March, June, September, December), 4, 6 or 12.
    week, weekday
        Which weekday of the month, the third Friday unless given; the session before where the NYSE is closed.
    """

    tenor: int = 1
    week: int = 3
    weekday: Weekday = "Fri"

    def __post_init__(self) -> None:
        if self.tenor not in TENORS:
            raise ConfigError(f"an option's tenor is {self.tenor} months: choose 1, 2, 3, 4, 6 or 12")
        if self.week not in range(1, 5):
            raise ConfigError(f"options roll in week {self.week} of the month: choose 1 to 4")
        if self.weekday not in get_args(Weekday):
            raise ConfigError(f"options roll on {self.weekday!r}: choose {', '.join(get_args(Weekday))}")

    def rolls(self, first: np.datetime64, last: np.datetime64) -> Dates:
        """Return the sessions of all rolls from `first` to `last`, both included, known years ahead."""
        beyond = last + 10 * DAY  # a roll on `last` may be due on a holiday after it
        months = np.arange(first.astype("datetime64[M]"), beyond.astype("datetime64[M]") + np.timedelta64(1, "M"))
        months = months[(months.astype(np.int64) + 1) % self.tenor == 0]  # December 1969 is month -1
        due = np.busday_offset(months, self.week - 1, roll="forward", weekmask=self.weekday)
        sessions = nyse_sessions(first - 10 * DAY, beyond)
        held = sessions[np.searchsorted(sessions, due[(due >= first) & (due <= beyond)], side="right") - 1]
        return held[(held >= first) & (held <= last)]


MONTHLY, QUARTERLY = Schedule(1), Schedule(3)


@dataclass(frozen=True)
class Contract:
    """A leg: an option that is bought (or sold) at a roll, settled in cash at the next one, and bought again.

    Parameters
    ----------
    right
        ``put`` or ``call``.
    moneyness
        The strike, a fraction of the underlying's close at the roll: 0.95 is 5 % below it.
    side
        1 where the leg is long, -1 where it is short. Prices are positive either way; a short leg holds a negative
        number of contract shares, and sells at the bid.
    schedule
        When it rolls.
    bid_ask
        A fraction of the premium; each roll pays half of it.
    """

    right: Right
    moneyness: float
    side: Side = 1
    schedule: Schedule = MONTHLY
    bid_ask: float = BID_ASK

    def __post_init__(self) -> None:
        if self.right not in get_args(Right) or self.side not in get_args(Side):
            raise ConfigError(f"an option is {self.right!r}, side {self.side}: choose put or call, side 1 or -1")
        if not self.moneyness > 0.0:
            raise ConfigError(
                f"a {self.right}'s strike is {self.moneyness:g} of spot: choose more than 0, such as 0.95"
            )
        if not 0.0 <= self.bid_ask < 1.0:
            raise ConfigError(f"a {self.right}'s bid-ask is {self.bid_ask:g} of its premium: choose from 0 to below 1")


def put(moneyness: float = 0.95, schedule: Schedule = MONTHLY) -> tuple[Contract, ...]:
    """Return the leg of a long put."""
    return (Contract("put", moneyness, 1, schedule),)


def put_spread(bought: float = 0.95, sold: float = 0.85, schedule: Schedule = MONTHLY) -> tuple[Contract, ...]:
    """Return the legs of a long put and a short one of a lower strike."""
    if not sold < bought:
        raise ConfigError(
            f"a put spread sells a put at {sold:g} of spot: choose less than {bought:g}, where it buys one"
        )
    return Contract("put", bought, 1, schedule), Contract("put", sold, -1, schedule)


def collar(
    bought: float = 0.95, sold: float = 1.1, schedule: Schedule = MONTHLY, call_schedule: Schedule | None = None
) -> tuple[Contract, ...]:
    """Return the legs of a long put and a short call of a higher strike; the call may have a schedule of its own."""
    if not sold > bought:
        raise ConfigError(
            f"a collar sells a call at {sold:g} of spot: choose more than {bought:g}, where it buys a put"
        )
    return Contract("put", bought, 1, schedule), Contract("call", sold, -1, call_schedule or schedule)


@dataclass(frozen=True)
class UnderlyingHistory:
    """What an option's price hangs on, shape (sessions,) each, known at each session's close but for the open.

    Parameters
    ----------
    sessions
        ``datetime64[D]``, increasing. The earlier they begin before a run, the surer a contract is held at its start.
    open, close
        As-traded dollars a share; a close of no bar is the last one carried over, an open of none NaN.
    split
        New shares per old share before the session's open.
    volatility
        At the money, a fraction a year: `base_volatility`.
    rate
        Simple yield a year, actual/360.
    dividend_yield
        A fraction a year, continuous: `trailing_yield`.
    """

    sessions: Dates
    open: Floats
    close: Floats
    split: Floats
    volatility: Floats
    rate: Floats
    dividend_yield: Floats


@dataclass(frozen=True)
class OptionPath:
    """A contract share's path, in as-traded dollars of each session's share basis, shape (sessions,) each.

    `open`, `close`, `dividend` and `split` are what bars have, so that rules which trade shares trade it: the total
    return from a close is ``(close[t] + dividend[t]) / (close[t-1] / split[t])``.

    Parameters
    ----------
    open, close
        The premium. A roll's session closes at what the old contract is settled at, its payoff; the next one opens with
        the new contract. Either may be 0, so that a leg is sized in contracts a share held, never by weight. NaN before
        the first contract is held, and where an input is.
    carried
        The premium at the close of the contract carried overnight, which at a roll is the new one: what sizes an order.
    dividend
        What a holder of a contract share is paid before the open of the session after a roll: the payoff of the old
        contract less the premium of the new one and half its bid-ask, both of the roll's close. Negative where the
        holder pays. It is cash: it can't be reinvested at an open.
    split
        The underlying's: a contract on a share becomes contracts on so many.
    strike, expiry
        Of the contract carried out of the close, which at a roll is the new one; NaN and NaT without one.
    delta
        Its delta at the close: shares of the underlying.
    """

    open: Floats
    close: Floats
    carried: Floats
    dividend: Floats
    split: Floats
    strike: Floats
    expiry: Dates
    delta: Floats


def option_path(contract: Contract, underlying: UnderlyingHistory, skew: float = SKEW) -> OptionPath:
    """Return the path of a contract that is held for ever; it hangs on no book.

    Row t uses the underlying's prices of session t, and volatility, rate and yield known at that close, at an open
    those of the close before. Where the sessions lack a roll's, the contract is settled at the next one they have.

    Parameters
    ----------
    skew
        As in `strike_volatility`.
    """
    row, strike, expiry = _contracts(contract, underlying)
    rows = np.arange(len(underlying.sessions))
    basis = np.cumprod(underlying.split)

    def terms(number: Ints, spot: Floats, known: Ints, longer: float = 0.0) -> OptionTerms:
        days = np.maximum((expiry[number] - underlying.sessions).astype(np.float64) + longer, 0.0)
        struck = strike[number] / basis
        volatility = strike_volatility(underlying.volatility[known], spot, struck, skew)
        return OptionTerms(spot, struck, days, volatility, underlying.rate[known], underlying.dividend_yield[known])

    held, kept = (np.searchsorted(row, rows, side=side) - 1 for side in ("left", "right"))
    after = terms(kept, underlying.close, rows)
    close, carried = (option_price(contract.right, at) for at in (terms(held, underlying.close, rows), after))
    paid = row[1:][row[1:] < rows[-1]]  # nothing is settled at the first roll, and the last session has no next one
    cost = carried[paid] * (1.0 + contract.side * contract.bid_ask / 2.0)
    dividend = np.zeros(len(rows))
    dividend[paid + 1] = (close[paid] - cost) / underlying.split[paid + 1]
    return OptionPath(
        option_price(contract.right, terms(held, underlying.open, np.maximum(rows - 1, 0), OPEN_TO_CLOSE)),
        close,
        carried,
        dividend,
        underlying.split,
        after.strike,
        expiry[kept],
        option_delta(contract.right, after),
    )


def _contracts(contract: Contract, underlying: UnderlyingHistory) -> tuple[Ints, Floats, Dates]:
    """Return the rows at whose closes contracts are bought, their strikes in one share basis, their expiries.

    Strikes and expiries end with NaN and NaT: those of contract -1, which is none.
    """
    sessions = underlying.sessions
    rolls = contract.schedule.rolls(sessions[0], sessions[-1] + 400 * DAY)  # the longest tenor's next one
    row = np.unique(np.searchsorted(sessions, rolls[rolls <= sessions[-1]]))
    strike = contract.moneyness * (underlying.close * np.cumprod(underlying.split))[row]
    expiry = rolls[np.searchsorted(rolls, sessions[row], side="right")]
    return row, np.append(strike, np.nan), np.append(expiry, np.datetime64("NaT"))


def _realised(level: Floats) -> Floats:
    """Return the deviation of 63 daily log returns, a year; NaN before there are as many."""
    returns = np.diff(log(level))
    known = np.full(len(level), np.nan)
    if len(returns) >= VOLATILITY_SESSIONS:
        full = sliding_window_view(returns, VOLATILITY_SESSIONS)
        known[VOLATILITY_SESSIONS:] = full.std(axis=1, ddof=1) * np.sqrt(SESSIONS_A_YEAR)
    return known

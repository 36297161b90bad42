"""History before inception: SYNTHETIC bars by the fund model, spliced before an instrument's real ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from data.arithmetic import power
from data.arrays import DAY, Dates, Flags, Floats, day
from data.as_traded import Course
from data.bars import COLUMNS, PRICES, Bars
from data.errors import DataError
from data.families import FUNDS
from data.fund import FEE, INDEX_SPREAD, SPREAD, Dated, dated, fund_return
from data.rates import days_between

BAND, UNLEVERED_BAND = 0.025, 0.01
"""By how much a synthetic return may be wrong a year, either way: a leveraged fund's, and one of leverage 1."""
DIVIDEND_YIELD = 0.01
"""Of a price index whose dividends nobody gave, a fraction a year, where a leveraged fund hangs on it."""
DIVIDEND_YIELDS: Mapping[str, Dated] = {
    "SOX": {"1994-05-05": 0.004, "2006-06-23": 0.011, "2010-06-01": 0.016, "2021-08-25": 0.012}
}
"""Of price indexes, by name. SOX: what SOXX distributed and its fee of 0.46 %, which took everything before 2006."""

FIRST_PRICE = 100.0
"""Dollars a share before the first close of an instrument that has no bar of its own."""
LOWEST, HIGHEST = 5.0, 200.0
"""Dollars a share between which synthetic closes are kept, by splits of `RATIO`."""
RATIO = 10.0


@dataclass(frozen=True)
class Extension:
    """How an instrument's history before its first real session is made.

    Parameters
    ----------
    instrument
        Whose history.
    underlying
        What drives it: an instrument, itself perhaps extended, or a series of index levels.
    leverage
        b; that of `data.families` unless given, else 1.
    before
        Real bars count from this day on; ``None``: from the first there is.
    fee
        A fraction a year, a number or dated; of a leveraged fund that of `data.families`, else 1.01 %, of leverage 1
        nothing unless given.
    spread
        A fraction a year, a number or dated. Unless given, of a leveraged fund 0.65 % on an index and 1.0 % on a fund's
        own total return, of leverage 1 nothing.
    dividend_yield
        What is added to a price index, a fraction a year, a number or dated. Unless given, nothing where leverage is 1
        (the dividends are taken to pay the fee), else `DIVIDEND_YIELDS`, else 1 %.
    band
        Error band, a fraction a year: 2.5 % of a leveraged fund, 1 % of leverage 1, unless given.
    opens_from
        The instrument from whose real bars open, high and low come, as parts of its close, on sessions of which the
        underlying has a close alone.
    """

    instrument: str
    underlying: str
    leverage: float | None = None
    before: dt.date | np.datetime64 | None = None
    fee: Dated | None = None
    spread: Dated | None = None
    dividend_yield: Dated | None = None
    band: float | None = None
    opens_from: str | None = None


@dataclass(frozen=True)
class FundTerms:
    """An extension with nothing left open; the fields are those of `Extension`."""

    leverage: float
    fee: Dated
    spread: Dated
    dividend_yield: Dated
    band: float


def terms_of(extension: Extension, *, on_index: bool) -> FundTerms:
    """Return an extension's terms, those that are left open by the rules of `Extension`.

    Raises
    ------
    DataError
        The leverage is 0, or dividends are given for an underlying whose bars have them already.
    """
    of, family = extension, FUNDS.get(extension.instrument)
    if of.dividend_yield is not None and not on_index:
        raise DataError(
            f"data.extend.{of.instrument}.dividend_yield is for an index: the bars of {of.underlying} "
            "have their dividends: take it out"
        )
    leverage = of.leverage if of.leverage is not None else family.leverage if family is not None else 1.0
    if leverage == 0.0:
        raise DataError(f"data.extend.{of.instrument}.leverage can't be 0")
    levered = leverage != 1.0
    fee = (family.fee if family is not None else FEE) if levered else 0.0
    spread = (INDEX_SPREAD if on_index else SPREAD) if levered else 0.0
    paid = DIVIDEND_YIELDS.get(of.underlying, DIVIDEND_YIELD) if levered and on_index else 0.0
    return FundTerms(
        leverage,
        fee if of.fee is None else of.fee,
        spread if of.spread is None else of.spread,
        paid if of.dividend_yield is None else of.dividend_yield,
        (BAND if levered else UNLEVERED_BAND) if of.band is None else of.band,
    )


def percent(value: Dated, sessions: Dates) -> str:
    """Return a fraction in percent, for a sentence: as it is on the first of some sessions, and on the last."""
    first, last = (f"{100 * number:.4g} %" for number in dated(value, sessions[[0, -1]]))
    return first if first == last else f"{first} to {last}"


@dataclass(frozen=True)
class Driver:
    """What drives synthetic bars.

    Parameters
    ----------
    bars
        Of the underlying.
    has_open
        Whether a session's open, high and low are known, shape (sessions,).
    """

    bars: Bars
    has_open: Flags


@dataclass(frozen=True)
class Extended:
    """An instrument with its extended history.

    Parameters
    ----------
    bars
        Synthetic ones, then the real ones untouched. Synthetic bars have no volume (NaN) and no dividend: it is in
        the price. Their splits keep the price between about $5 and $200.
    first_real
        The first session whose bar is real; the day after the last where none is.
    notional
        The synthetic sessions whose driver is taken to open at its last close, because nothing tells its open.
    notes
        What a reader has to know, a sentence each.
    """

    bars: Bars
    first_real: np.datetime64
    notional: Dates
    notes: tuple[str, ...] = ()


def index_driver(bars: Bars) -> Driver:
    """Return an index as a driver: a session that opens at the last close, or whose prices are one, tells no open."""
    last = np.concatenate((bars.close[:1], bars.close[:-1]))
    has_open = (bars.open != last) & ~((bars.open == bars.close) & (bars.high == bars.low))
    opened = np.where(has_open, bars.open, last)
    high = np.where(has_open, bars.high, np.maximum(last, bars.close))
    low = np.where(has_open, bars.low, np.minimum(last, bars.close))
    return Driver(replace(bars, open=opened, high=high, low=low), has_open)


def with_opens_from(driver: Driver, other: Bars) -> Driver:
    """Return the driver with open, high and low as parts of its close as `other` has them, where its own are unknown.

    Two instruments that are extended so fill at the same moment of a session.
    """
    bars, taken = driver.bars, ~driver.has_open & np.isin(driver.bars.dates, other.dates)
    rows = np.searchsorted(other.dates, bars.dates[taken])
    prices = {name: getattr(bars, name).copy() for name in ("open", "high", "low")}
    for name, column in prices.items():
        column[taken] = bars.close[taken] * (getattr(other, name)[rows] / other.close[rows])
    return Driver(replace(bars, **prices), driver.has_open | taken)


def extend(  # what is spliced, where, and of what it is made
    real: Bars, before: object, driver: Driver, rate: Floats, terms: FundTerms, shift: int = 0
) -> Extended:
    """Splice synthetic bars before an instrument's real ones.

    Parameters
    ----------
    real
        The instrument's own bars.
    before
        Real bars count from this day on; ``None``: all do.
    driver
        What the synthetic bars are made of.
    rate
        The yield known at each of the driver's closes, a fraction a year, shape (driver's sessions,).
    terms
        How they are made.
    shift
        -1 and 1 put each synthetic return at the lower and the upper edge of the error band.

    Returns
    -------
    Synthetic bars on the driver's sessions from its second on. The return into the first real session is the real one
    where a real bar stands at the close before, else the model's.

    Raises
    ------
    DataError
        The driver doesn't reach back, or not up to the real bars; or the model leaves the fund nothing.

    Notes
    -----
    Prices are scaled back from the splice, so their level (and where the synthetic splits fall) depends on what came
    later. Returns, open to close and close to close, do not.
    """
    begins = first_real_row(real, before)
    first_real = real.dates[begins]
    sessions = driver.bars.dates[1:]
    count = int(np.searchsorted(sessions, first_real))  # of synthetic sessions
    is_real = begins > 0 and count > 0 and bool(real.dates[begins - 1] == sessions[count - 1])
    _check_overlap(real.instrument, driver.bars, first_real, chained=is_real)
    made = count if is_real else count + 1
    moves = _moves(real.instrument, driver.bars.rows(slice(0, made + 1)), rate[:made], terms, shift)
    if is_real:
        anchor = real.close[begins - 1]
    else:
        anchor = (real.close[begins] + real.dividend[begins]) * real.split[begins] / moves.close[count]
    synthetic = _priced(real.instrument, sessions[:count], moves, anchor)
    kept = real.rows(slice(begins, None))
    joined = {name: np.concatenate((getattr(synthetic, name), getattr(kept, name))) for name in ("dates", *COLUMNS)}
    return Extended(Bars(real.instrument, **joined), first_real, sessions[:count][~driver.has_open[1 : count + 1]])


def make(instrument: str, driver: Driver, rate: Floats, terms: FundTerms, shift: int = 0) -> Extended:
    """Make all bars of an instrument that has none of its own: on the driver's sessions from its second on.

    The arguments are those of `extend`. Prices begin at `FIRST_PRICE` and hang on nothing that came later.

    Raises
    ------
    DataError
        The driver has fewer than two sessions, or the model leaves the fund nothing.
    """
    sessions = driver.bars.dates[1:]
    if not len(sessions):
        raise DataError(f"{instrument} can't be made of {driver.bars.instrument}, which has fewer than two sessions")
    moves = _moves(instrument, driver.bars, rate[:-1], terms, shift)
    bars = _priced(instrument, sessions, moves, FIRST_PRICE, forward=True)
    return Extended(bars, sessions[-1] + DAY, sessions[~driver.has_open[1:]])


def first_real_row(real: Bars, before: object) -> int:
    """Return the row of the first bar that counts as real; raises DataError where there is none."""
    row = 0 if before is None else int(np.searchsorted(real.dates, day(before)))
    if row == len(real):
        last = real.dates[-1]
        raise DataError(
            f"data.extend.{real.instrument}.before is {day(before)}, after the last bar of {last}: name an earlier day"
        )
    return row


def said_of(extension: Extension, terms: FundTerms, extended: Extended, *, on_index: bool) -> tuple[str, ...]:
    """Return in sentences what is synthetic, on what terms, and where opens are notional."""
    name, parts = extension.instrument, [f"{terms.leverage:g}x {extension.underlying}"]
    made = extended.bars.dates[extended.bars.dates < extended.first_real]
    if on_index:
        parts.append(f"dividends {percent(terms.dividend_yield, made)}")
    parts.append(f"fee {percent(terms.fee, made)}")
    if terms.leverage != 1.0 or terms.spread:
        parts.append(f"spread {percent(terms.spread, made)}")
    real = extended.bars.dates[-1] >= extended.first_real
    which = f"before {extended.first_real} is" if real else "has no bar of its own and is"
    synthetic = (
        f"{name} {which} SYNTHETIC: {', '.join(parts)} a year, "
        f"error band {percent(terms.band, made)} a year; distributions are in its price, volume is not known."
    )
    said = [synthetic]
    if count := len(extended.notional):
        said.append(
            f"{name} opens on {count} synthetic sessions, {extended.notional[0]} to {extended.notional[-1]}, as if "
            f"{extension.underlying} opened at its last close: nothing tells its open, and fills there are notional."
        )
    return tuple(said)


def _check_overlap(instrument: str, driver: Bars, first_real: np.datetime64, *, chained: bool) -> None:
    name, dates = driver.instrument, driver.dates
    if not len(dates) or (dates < first_real).sum() < 2:
        begins = f"begins {dates[0]}" if len(dates) else "is empty"
        raise DataError(
            f"{instrument} can't be extended by {name}, which {begins}: its first real session is {first_real}"
        )
    if not chained and first_real not in dates:
        raise DataError(
            f"{instrument} can't be extended by {name}, which ends {dates[dates < first_real][-1]} and has nothing on "
            f"{first_real}, the first real session: the two have to overlap"
        )


def _moves(instrument: str, driver: Bars, rate: Floats, terms: FundTerms, shift: int) -> Course:
    """Return each session's prices over the close before, by the model; each bears the whole day's financing."""
    days, since = days_between(driver.dates)[1:], driver.dates[1:]
    fee, spread = dated(terms.fee, since), dated(terms.spread, since)
    paid = dated(terms.dividend_yield, since) * days / 365.0
    before = driver.close[:-1] / driver.split[1:]

    def moved(price: Floats) -> Floats:
        r = (price[1:] + driver.dividend[1:]) / before - 1.0 + paid
        return 1.0 + fund_return(r, rate, days, terms.leverage, fee, spread) + shift * terms.band * days / 365.0

    prices = np.stack([moved(getattr(driver, name)) for name in PRICES])
    moves = Course(
        prices[0], prices.max(axis=0), prices.min(axis=0), prices[3]
    )  # a negative leverage swaps high and low
    if not (moves.low > 0.0).all():
        row = int(np.argmin(moves.low > 0.0))
        worst = (driver.high if terms.leverage < 0.0 else driver.low)[row + 1] / before[row] - 1.0
        raise DataError(
            f"{instrument} can't be extended by {driver.instrument}, which moved {100 * worst:+.1f} % on {since[row]}: "
            f"that leaves nothing of a fund of leverage {terms.leverage:g}"
        )
    return moves


def _priced(instrument: str, sessions: Dates, moves: Course, anchor: float, *, forward: bool = False) -> Bars:
    """Return bars whose last close is `anchor`, or the close before the first, in share prices that can be traded."""
    count = len(sessions)
    grown: Floats = np.cumprod(moves.close[:count], dtype=np.float64)
    level = anchor * grown if forward else anchor * (grown / grown[-1])
    powers = _powers(level[::-1])[::-1] if forward else _powers(level)
    scale = power(RATIO, powers)
    split = np.ones(count)
    split[1:] = power(RATIO, powers[:-1] - powers[1:])
    close = level * scale
    basis = np.concatenate(([level[0] / moves.close[0]], level[:-1])) * scale
    opened, high, low = (basis * column[:count] for column in (moves.open, moves.high, moves.low))
    high, low = np.maximum(high, close), np.minimum(low, close)  # the last bit of a close that is high or low
    return Bars(instrument, sessions, opened, high, low, close, np.full(count, np.nan), np.zeros(count), split)


def _powers(level: Floats) -> Floats:
    """Return the power of `RATIO` by which each close is scaled, 0 for the last: going back, one split at a time.

    The rule is the same from the first on, of closes turned round.
    """
    powers, count = np.zeros(len(level)), 0.0
    for row in range(len(level) - 2, -1, -1):
        while level[row] * RATIO**count > HIGHEST:
            count -= 1.0
        while level[row] * RATIO**count < LOWEST:
            count += 1.0
        powers[row] = count
    return powers

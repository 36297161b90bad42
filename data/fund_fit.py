"""The leveraged-fund model fitted to a real fund: its spread, and how closely the fund keeps to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from data.arrays import Dates, Floats, day
from data.bars import Bars
from data.errors import DataError, check_arguments
from data.families import FUNDS, Fund
from data.fund import FEE, Dated, driver, rate_known
from data.ranges import LEVERAGE, YEARLY
from data.series import index_bars
from data.sources import BARS, SERIES, Source
from data.tracking import Overlap, Tracking, growth, regression, returns

LEAST = 60
"""A fit takes more sessions than this."""
TRUSTED = {"SOXS": day("2010-06-01"), "SOXL": day("2010-06-01")}
"""From when a fund's closes are no longer stale."""
UNDERLYING_FEES = {"SOXX": 0.0046, "QQQ": 0.0020, "SPY": 0.0009, "IWM": 0.0019, "DIA": 0.0016}
"""Expense ratios of unlevered funds, a fraction a year: added back, their total return stands for their index.

SOXX's was looked up; the others stand as remembered.
"""


@dataclass(frozen=True)
class FundFit:
    """A fund and the model of it, on the sessions that fund and underlying share.

    Parameters
    ----------
    fund, underlying
        Their names.
    leverage
        b.
    fee
        A fraction a year, as `data.fund.dated` reads it.
    spread
        s fitted to the whole overlap on the underlying's own total return, so that the daily tracking's mean is zero.
    whole
        The overlap, driven by the underlying's own total return.
    years
        The same model by calendar year, the first and the last perhaps in part; the first return of a year is that
        from the last close before it.
    eras
        By the index that the fund followed, each driven by that index, each with its own spread; empty where the
        index never changed within the overlap.
    index
        The overlap, driven by the index throughout; ``None`` where nothing better than the underlying is known.
    told
        What was assumed, a sentence each.
    dates
        The close before the first return and then every session, shape (sessions+1,).
    actual, model, naive
        What a dollar became at each close, shape (sessions+1,): the fund's, the model's (`whole`), and leverage times
        the underlying's return a day with nothing earned or paid.
    """

    fund: str
    underlying: str
    leverage: float
    fee: Dated
    spread: float
    whole: Tracking
    years: tuple[Tracking, ...]
    eras: tuple[Tracking, ...]
    index: Tracking | None
    told: tuple[str, ...]
    dates: Dates
    actual: Floats
    model: Floats
    naive: Floats


def fit(
    source: Source,
    fund: str,
    underlying: str,
    leverage: float | None = None,
    fee: Dated | None = None,
    rate: str | float = "IRX",
    first: np.datetime64 | None = None,
    last: np.datetime64 | None = None,
) -> FundFit:
    """Fit the leveraged-fund model to a fund's history.

    Parameters
    ----------
    source
        Where bars, rate and index are.
    fund, underlying
        Instruments; the underlying may be a series of index levels, too.
    leverage
        b; from `data.families` unless given, else the slope rounded to halves.
    fee
        A fraction a year, a number or dated; from `data.families` unless given. A fit can't tell fee and spread apart:
        what the one leaves out is in the other.
    rate
        The cash-rate series, or a constant yield a year.
    first, last
        Any days: closes from `first` to `last` are used; the whole overlap unless given, but from `TRUSTED` on.

    Raises
    ------
    UserError
        Something isn't there, a number is out of its range, or the two share fewer than `LEAST` sessions.

    Notes
    -----
    Where the fund's index changed, `eras` and `index` are driven by the earlier index until then, a price index to
    which dividends are added: the underlying's own distributions in that time, and its fee. From then on they are
    driven by the underlying, its fee added back. Where the source lacks the earlier index, the underlying stands for
    it.
    """
    check_arguments(leverage=(leverage, LEVERAGE), rate=(None if isinstance(rate, str) else rate, YEARLY))
    for each in fee.values() if isinstance(fee, Mapping) else (fee,):
        check_arguments(fee=(each, YEARLY))
    assumed: list[str] = []
    if first is None and fund in TRUSTED:
        first = TRUSTED[fund]
        assumed.append(f"Closes of {fund} before {first} are stale and left out.")
    driven_by, is_index = driver(source, underlying)
    if is_index:
        assumed.append(f"{underlying} is a series, taken as it is: dividends that are not in it are in the spread.")
    own = _with_terms(_shared(source, fund, driven_by, (first, last), rate), fund, leverage, fee, assumed)
    spread, family = own.fitted(), FUNDS.get(fund)
    index: Tracking | None = None
    eras: tuple[Tracking, ...] = ()
    if family is not None and family.underlying == underlying and not is_index:
        index, eras = _by_index(source, own, family, driven_by, assumed)
    return FundFit(
        fund,
        underlying,
        own.leverage,
        own.fee,
        spread,
        own.tracking(spread),
        tuple(year.tracking(spread) for year in own.years()),
        eras,
        index,
        tuple(assumed),
        own.dates,
        own.fund / own.fund[0],
        growth(own.model(spread)),
        growth(own.leverage * returns(own.index)),
    )


def _shared(
    source: Source,
    fund: str,
    driven_by: Bars,
    span: tuple[np.datetime64 | None, np.datetime64 | None],
    rate: str | float,
) -> Overlap:
    """Return what fund and driver share; leverage and fee are yet to come."""
    bars, (first, last) = source.read(BARS, fund), span
    dates = np.intersect1d(bars.dates, driven_by.dates)
    start = 0 if first is None else int(np.searchsorted(dates, first))
    dates = dates[start : None if last is None else int(np.searchsorted(dates, last, side="right"))]
    if len(dates) <= LEAST:
        between = f"{'' if first is None else f' from {first}'}{'' if last is None else f' to {last}'}"
        raise DataError(
            f"{fund} and {driven_by.instrument} share {len(dates)} sessions{between}: a fit takes more than {LEAST}"
        )
    fund_level, level = (each.total_return()[np.searchsorted(each.dates, dates)] for each in (bars, driven_by))
    return Overlap(driven_by.instrument, dates, fund_level, level, rate_known(source, rate, dates))


def _with_terms(own: Overlap, fund: str, leverage: float | None, fee: Dated | None, assumed: list[str]) -> Overlap:
    """Return the overlap with leverage and fee as given, as known of the fund, or as the slope has it."""
    family = FUNDS.get(fund)
    if leverage is None and family is not None and own.driver in (family.underlying, family.earlier):
        leverage = family.leverage
    if leverage is None:
        slope = regression(returns(own.index), returns(own.fund))[0]
        leverage = 0.0 if np.isnan(slope) else round(2.0 * slope) / 2.0
        assumed.append(f"Leverage {leverage:g} is the slope of {slope:.3f}, rounded.")
    if leverage == 0.0:
        raise DataError(f"{fund} doesn't follow {own.driver}: name what it is a multiple of, or its leverage")
    if fee is None:
        fee = family.fee if family is not None else FEE if leverage != 1.0 else 0.0
        assumed += [] if family is not None else [f"The fee of {fund} isn't known: {100 * fee:g} % a year is assumed."]
    return replace(own, leverage=leverage, fee=fee)


def _by_index(
    source: Source, own: Overlap, family: Fund, underlying: Bars, assumed: list[str]
) -> tuple[Tracking | None, tuple[Tracking, ...]]:
    """Return how the fund kept to its index: over all, and before and since that changed."""
    fee, name = UNDERLYING_FEES.get(own.driver, 0.0), own.driver
    if fee:
        name += f" + {100 * fee:g} % fee"
        assumed.append(f"To stand for its index, {own.driver} has its fee of {100 * fee:g} % a year added back.")
    by_index = replace(own, driver=name, index=growth(returns(own.index) + fee * own.days / 365.0))
    changed, earlier = family.changed, family.earlier
    if changed is None or earlier is None or not own.dates[0] < changed <= own.dates[-1]:
        return (by_index.tracking(by_index.fitted()), ()) if fee else (None, ())
    before = name
    if earlier in source.names(SERIES):
        paid = _distributed(underlying, own.dates[0], changed) + fee
        before = f"{earlier} + {100 * paid:.2f} % dividends"
        by_index = _until(changed, index_bars(source.read(SERIES, earlier)), paid, by_index)
        assumed.append(
            f"Before {changed} the index is {earlier}, a price index: dividends of {100 * paid:.2f} % a year are "
            f"added, what {own.driver} then distributed and its fee."
        )
    else:
        assumed.append(f"There is no series {earlier}: {own.driver} stands for the index before {changed}, too.")
    last = int(np.searchsorted(by_index.dates, changed)) - 1  # the last close of the earlier era
    eras = (replace(by_index.rows(slice(0, last + 1)), driver=before), by_index.rows(slice(last, None)))
    whole = replace(by_index, driver=name if before == name else f"{before}, then {name}")
    return whole.tracking(whole.fitted()), tuple(era.tracking(era.fitted()) for era in eras if len(era.dates) > 1)


def _until(changed: np.datetime64, earlier: Bars, paid: float, since: Overlap) -> Overlap:
    """Return the overlap driven until a day by an earlier index, with dividends; sessions it lacks are left out."""
    held = since.rows((since.dates >= changed) | np.isin(since.dates, earlier.dates))
    level = np.full(len(held.dates), np.nan)
    its = np.isin(held.dates, earlier.dates)
    level[its] = earlier.close[np.isin(earlier.dates, held.dates)]
    by_earlier = returns(level) + paid * held.days / 365.0
    return replace(held, index=growth(np.where(held.dates[1:] < changed, by_earlier, returns(held.index))))


def _distributed(bars: Bars, first: np.datetime64, end: np.datetime64) -> float:
    """Return what was distributed between two days, a fraction of the price a year."""
    paid = bars.dividend[1:] * bars.split[1:] / bars.close[:-1]
    between = (bars.dates[1:] > first) & (bars.dates[1:] < end)
    return float(paid[between].sum() * 365.0 / (end - first).astype(float))

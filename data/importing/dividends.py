"""Dividends of a price file: those it names, or those that its adjusted closes imply, beyond what rounding hides."""

from __future__ import annotations

from dataclasses import replace
from typing import NamedTuple

import numpy as np

from data.arrays import Flags, Floats, Ints, day
from data.bars import PRICES, Bars, later_splits
from data.importing.table import ImportedTable, counted
from data.ranges import PAID, PRICE

ANOTHER = 0.25
"""Part of the price from which a step of adjusted closes is a split rather than a dividend."""
APART = 5e-4
"""Part of the price by which dividends and adjusted closes may differ before that is said."""
CENTS = day("2001-04-09")
"""The day from which all stocks were quoted in cents."""
JUDGED = 250
"""Closes, the latest before the last dividend, by which it is judged whether prices are adjusted for dividends."""
FEWEST = 20
"""Of them."""
NOTHING_RECORDED = "No dividends and no adjusted close: prices are taken as they stand, and nothing as paid out."
STORED = 5e-6
"""Relative error of a price beside its printed decimals: Yahoo's own factor wavers by up to 5e-7 between dividends."""
FEW = 20
"""Rows under which a lucky course of rounding can look like none."""


def read_paid(table: ImportedTable) -> tuple[Floats, tuple[str, ...]]:
    """Return the dividends that the file names, in its own share basis, and what was assumed; raises DataError."""
    dividend, gains = _column(table, "dividend"), _column(table, "capitalgains")
    if not gains.any():
        return dividend, ()
    # Yahoo counts capital gains into its dividends, but not in the whole history of every fund.
    title, within = table.titles["capitalgains"], "taken as part of a dividend that is as large, else as paid beside it"
    return np.where(gains > dividend, dividend + gains, dividend), (f"{title}: {within}.",)


def with_dividends(table: ImportedTable, rows: Ints, bars: Bars, *, adjusted: bool) -> tuple[Bars, tuple[str, ...]]:
    """Return the bars with their dividends, and what to say of them.

    Parameters
    ----------
    rows
        The table's rows that the bars are of.
    bars
        As traded, with the dividends that the file names.
    adjusted
        Whether the file's own prices are split-adjusted.

    Raises
    ------
    DataError
        A dividend is as much as the price, or adjusted closes that have to tell the dividends do what none does.
    """
    _check_paid(table, rows, bars)
    named = "dividend" in table.titles or "capitalgains" in table.titles
    closes = table.numbers("adjclose", PRICE)[rows] if "adjclose" in table.titles else np.full(len(rows), np.nan)
    known = np.flatnonzero(~np.isnan(closes))
    if not len(known):
        return _put_back(bars) if named else (bars, (NOTHING_RECORDED,))
    if (closes[known] <= 0).any():
        wrong = known[np.argmax(closes[known] <= 0)]
        raise table.error(rows[wrong], f"{table.titles['adjclose']} is {closes[wrong]:g}: correct it, or empty it")
    basis = later_splits(bars.split)
    unit = table.unit("close") / (np.ones(len(basis)) if adjusted else basis)
    implied = _implied(closes[known], (bars.close / basis)[known], table.unit("adjclose"), unit[known])
    if not named:
        return _derived(table, rows[known], replace(bars, dividend=np.zeros(len(bars))), known, implied)
    put_back, notes = _put_back(bars) if not implied.dividend.any() else (bars, ())
    if put_back is not bars:  # its close is an adjusted one too
        return put_back, notes
    return bars, _compared(table, bars, known, implied)


def _column(table: ImportedTable, column: str) -> Floats:
    values = np.nan_to_num(table.numbers(column, PAID)) if column in table.titles else np.zeros(len(table.dates))
    if (values < 0).any():
        message = f"{table.titles[column]} is negative: write dollars a share, 0 on most days"
        raise table.error(int(np.argmax(values < 0)), message)
    return values


def _check_paid(table: ImportedTable, rows: Ints, bars: Bars) -> None:
    before = bars.close[:-1] / bars.split[1:]
    wrong = bars.dividend[1:] >= before
    if wrong.any():
        row = int(np.argmax(wrong))
        message = f"{bars.dividend[row + 1]:g} a share are paid of a price of {before[row]:g}"
        raise table.error(rows[row + 1], f"{message}: correct the dividend")


def _derived(
    table: ImportedTable, rows: Ints, bars: Bars, known: Ints, implied: _Implied
) -> tuple[Bars, tuple[str, ...]]:
    """Return the bars with the dividends that adjusted closes imply."""
    title = table.titles["adjclose"]
    found = np.flatnonzero(implied.dividend != 0)
    if not len(found):
        return bars, (f"{title} moves as the close does: nothing is taken as paid out.",)
    basis = later_splits(bars.split)[known]
    part = implied.dividend[found] / (bars.close[known] / basis)[found - 1]
    for row, paid in zip(found, part, strict=True):
        if np.isnan(paid):
            message = f"{title} falls against the close, which no dividend makes it do"
            raise table.error(rows[row], f"{message}: correct it, add a column split, or take {title} out")
        if paid >= ANOTHER:
            message = f"{title} implies a dividend of {paid:.0%} of the price, as a split would"
            raise table.error(rows[row], f"{message}: add a column split, or take {title} out")
    dividend = np.zeros(len(bars))
    dividend[known[found]] = np.round(implied.dividend[found] * basis[found], 6)
    shows = 200 * np.median(implied.width / implied.factor)
    hides = f"one under {shows:.1g} % of the price would not show"
    return replace(bars, dividend=dividend), (f"{counted(len(found), 'dividend')} derived from {title}: {hides}.",)


def _compared(table: ImportedTable, bars: Bars, known: Ints, implied: _Implied) -> tuple[str, ...]:
    """Return the note on dividends and adjusted closes that contradict each other."""
    basis = later_splits(bars.split)
    named = np.log(_factor_of(bars.dividend / basis, bars.close / basis)[known])
    apart = np.log(implied.factor / implied.factor[-1]) - (named - named[-1])
    rounding = implied.width / implied.factor + implied.width[-1] / implied.factor[-1]
    if not (np.abs(apart) > APART + rounding).any():
        return ()
    row = int(np.argmax(np.abs(np.diff(apart)))) + 1
    date, message = bars.dates[known[row]], bars.dividend[known[row]]
    before = bars.close[known[row - 1]] / bars.split[known[row]]
    implies = max(before * (1 - implied.factor[row - 1] / implied.factor[row]), 0.0)
    paid, title = table.titles.get("dividend") or table.titles["capitalgains"], table.titles["adjclose"]
    most = f"most on {date} (paid {message:g}, implied {implies:.4g})"
    by = f"by {np.abs(apart).max():.2%} of the price in all"
    return (f"{paid} and {title} contradict each other {by}, {most}: {paid} are taken.",)


def _put_back(bars: Bars) -> tuple[Bars, tuple[str, ...]]:
    """Return the bars with dividends put back into prices that are adjusted for them, where those tell so.

    Prices that were traded are whole cents. Where they are none before the last dividend, and are once what it took
    out is put back, they are adjusted, as yfinance's are unless it is told otherwise.
    """
    if not bars.dividend.any():
        return bars, ("Nothing is paid out in the whole file.",)
    basis = later_splits(bars.split)
    factor = _unadjusted_factor(bars.close / basis, bars.dividend / basis)
    before = bars.dates < bars.dates[bars.dividend != 0][-1]
    judged = np.flatnonzero(before & (bars.dates >= CENTS) & (bars.close >= 1) & (bars.close <= 500))[-JUDGED:]
    if len(judged) < FEWEST or _in_cents(bars.close[judged]).mean() > 0.5:
        return bars, ()
    if _in_cents(bars.close[judged] / factor[judged]).mean() > 0.9:
        prices = {column: getattr(bars, column) / factor for column in PRICES}
        return replace(bars, **prices), ("Prices are adjusted for dividends, as cents tell: made as traded again.",)
    return bars, ("Nothing tells whether prices are adjusted for dividends: they are taken as not.",)


class _Implied(NamedTuple):
    """Dividends in the closes' basis, NaN where the factor falls, which none makes it do; that factor, its width."""

    dividend: Floats
    factor: Floats
    width: Floats


def _implied(adjusted: Floats, close: Floats, unit: float, close_unit: Floats) -> _Implied:
    """Return the dividends that make closes into adjusted closes, in one share basis and printed to these units.

    Yahoo's factor is f = adjusted/close, and a dividend d with ex-date t makes f[t-1] = f[t] (1 - d/close[t-1]).
    Rows belong together as long as one f explains them all within the rounding of the prices, so that rounding never
    makes a dividend. Closes are often exact in cents. So they are taken as exact first; where f falls then, as it does
    half of the time if it is noise, their rounding is allowed for too.
    """
    exact = _explained(adjusted, close, unit, np.zeros(len(close)))
    if len(close) >= FEW and not np.isnan(exact.dividend).any():
        return exact
    return _explained(adjusted, close, unit, close_unit)


def _factor_of(dividend: Floats, close: Floats) -> Floats:
    """Return the factor that these dividends make, 1 in the last row (see `_implied`)."""
    kept = np.ones(len(close))
    kept[:-1] = 1.0 - dividend[1:] / close[:-1]
    return np.cumprod(kept[::-1], dtype=np.float64)[::-1]


def _unadjusted_factor(adjusted: Floats, dividend: Floats) -> Floats:
    """Return the factor by which closes were adjusted for these dividends, both in one share basis (see `_implied`)."""
    factor: Floats = np.ones(len(adjusted))
    for row in np.flatnonzero(dividend[1:])[::-1]:
        close = adjusted[row] / factor[row + 1] + dividend[row + 1]
        factor[: row + 1] = adjusted[row] / close
    return factor


def _in_cents(close: Floats) -> Flags:
    """Return which closes are whole cents, but for how vendors keep them (see `STORED`)."""
    cents = close * 100.0
    return np.abs(cents - np.round(cents)) <= 1e-6 * cents


def _explained(adjusted: Floats, close: Floats, unit: float, close_unit: Floats) -> _Implied:
    least = (adjusted - unit / 2) / (close + close_unit / 2) * (1 - STORED)
    most = (adjusted + unit / 2) / np.maximum(close - close_unit / 2, close / 4) * (1 + STORED)
    ratio = adjusted / close
    starts, low, high = _runs(least, most)
    level = (low + high) / 2
    _sharpen(starts, ratio, level)
    dividend = np.zeros(len(close))
    paid = close[starts[1:] - 1] * (1.0 - level[:-1] / level[1:])
    dividend[starts[1:]] = np.where(paid > 0, paid, np.nan)
    return _Implied(dividend, ratio, (most - least) / 2)


def _runs(low: Floats, high: Floats) -> tuple[Ints, Floats, Floats]:
    """Return where each run of rows begins that one number explains, and the bounds of that number."""
    starts, lows, highs = [0], [low[0]], [high[0]]
    for row in range(1, len(low)):
        both = max(lows[-1], low[row]), min(highs[-1], high[row])
        if both[0] <= both[1]:
            lows[-1], highs[-1] = both
        else:
            starts.append(row)
            lows.append(low[row])
            highs.append(high[row])
    return np.array(starts), np.array(lows), np.array(highs)


def _sharpen(starts: Ints, ratio: Floats, level: Floats) -> None:
    """Move a run's start back over the rows that are nearer to its own level: a small step shows days late."""
    for run in range(1, len(starts)):
        while starts[run] - 1 > starts[run - 1]:
            before = ratio[starts[run] - 1]
            if abs(before - level[run]) >= abs(before - level[run - 1]):
                break
            starts[run] -= 1

"""Checks of dividends: out of size, twice, in another share basis, or given although the price never fell by them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from data.arithmetic import dot, weighted
from data.arrays import DAY, Flags, Floats, Ints
from data.audit.finding import ERROR, WARNING, Finding, identity
from data.audit.history import History
from data.audit.pair import Pair
from data.format import amount, multiple, rough
from data.repairs import Repair

LARGE = 0.1
"""Part of its price that an instrument hardly pays at once. TSM's 5.1 % of 2005 is the most among 26 instruments."""
TIMES, LEAST = 10.0, 0.015
"""A payment this many times what is usual, and this part of the price, is reported. SOXS and SOXL paid 4.4 % once, 15
times the usual: there the underlying tells that they did."""
USUAL = 8
"""Payments on either side by which a usual one is known."""
FALLS = 4.0
"""Daily standard deviations from which on a payment shows in the price by itself."""
SOON, SAME = 10, 0.02
"""Days within which nobody pays the same amount twice, and by which part two amounts are the same."""
SURE, NOISES = 0.005, 5.0
"""By this, and so many times the pair's noise, the fund's return is off on an ex-date that is in doubt."""
GRAVE = 0.03
"""An error of this size can't be a true close (see `disagreements.CLOSE`)."""
CLOSE_ENOUGH = 0.01
"""Part of the price by which share bases that fit may differ for the likeliest to be taken."""
PAYMENTS = 8
"""From which on it shows whether all dividends are given twice."""


def alone(history: History, judged: Flags) -> Iterator[Finding]:
    """Find payments that are out of size or stand twice.

    Parameters
    ----------
    judged
        Rows whose return the underlying has confirmed, payment and all, shape (sessions,).
    """
    paid = np.flatnonzero(history.yields > 0)
    shares = history.yields[paid]
    for at, row in enumerate(paid.tolist()):
        if judged[row] or not history.reported[row]:
            continue
        others = np.delete(shares[max(0, at - USUAL) : at + USUAL + 1], min(at, USUAL))
        usual = float(np.median(others)) if len(others) >= 3 else np.inf
        if shares[at] > LARGE or (shares[at] > LEAST and shares[at] > TIMES * usual):
            yield _out_of_size(history, row, usual)
    yield from _twice(history, paid, judged)


def _out_of_size(history: History, row: int, usual: float) -> Finding:
    share, price = float(history.yields[row]), float(history.bars.dividend[row])
    message = f"dividend of {amount(price)} is {rough(share)} of the price"
    message += f", {multiple(share / usual)} times the usual" if np.isfinite(usual) and share > 2 * usual else ""
    remedy = "look it up: a distribution of gains, or in another share basis"
    if share < FALLS * history.scale[row]:
        return history.finding("dividend", WARNING, row, message, remedy)
    fell = 1.0 - float(history.bars.close[row] / history.base[row])
    if fell > 0.5 * share:
        return history.finding("dividend", WARNING, row, message, remedy)
    return _mended(history, row, f"{message}, yet the price didn't fall by it", _bases(history, share, usual), ())


def _twice(history: History, paid: Ints, judged: Flags) -> Iterator[Finding]:
    """Find the same amount paid again within days, splits between them undone."""
    basis = np.cumprod(history.bars.split)
    amounts = history.bars.dividend[paid] * basis[paid]
    for at in range(1, len(paid)):
        first, second = int(paid[at - 1]), int(paid[at])
        soon = history.dates[second] - history.dates[first] <= SOON * DAY
        if soon and abs(amounts[at] / amounts[at - 1] - 1) < SAME and history.reported[second] and not judged[second]:
            price = amount(float(history.bars.dividend[second]))
            message = f"dividend of {price} is recorded a second time, {history.dates[first]} being the first"
            yield history.finding("dividend", WARNING, second, message, "look it up and take one out")


def beside(pair: Pair, leave: Flags) -> tuple[Flags, Flags, list[Finding]]:
    """Find payments that the other instrument of a pair contradicts: returns are off by just that much.

    Parameters
    ----------
    leave
        Rows that another check has reported.

    Returns
    -------
    Rows of the fund, and of the underlying, whose payments are judged; and the findings.
    """
    judged: list[Flags] = []
    found: list[Finding] = []
    limit = np.maximum(SURE * abs(pair.leverage), NOISES * pair.noise)
    sides = (
        (pair.fund, pair.fund.yields, pair.error),
        (pair.underlying, -pair.leverage * pair.underlying.yields, pair.plain),
    )
    again = _given_again(pair, np.array([given for _, given, _ in sides]), leave)
    for (held, given, error), twice in zip(sides, again, strict=True):
        off = (np.abs(error) > limit) & (np.abs(error - given) < np.abs(error) / 3) & (given != 0)
        if twice is None:
            rows = np.flatnonzero(off & held.reported & ~leave).tolist()
            found.extend(_contradicted(pair, held, row, float(error[row] / given[row])) for row in rows)
        elif (held.reported & (given != 0)).any():
            found.append(_twice_given(pair, held, twice))
        judged.append((np.abs(given) > limit) | off)
    return judged[0], judged[1], found


def _given_again(pair: Pair, given: Floats, leave: Flags) -> list[float | None]:
    """Return, for fund and underlying, the part of its dividends that prices didn't fall by, None where they did.

    On ex-dates the fund's return is regressed on both instruments' payments, which may fall on the same days.
    """
    rows = (given != 0).any(axis=0) & ~leave & ~np.isnan(pair.plain)
    paid = [bool((each[rows] != 0).sum() >= PAYMENTS) for each in given]
    parts: list[float | None] = [None, None]
    chosen = np.flatnonzero(paid)
    if not len(chosen):
        return parts
    of = given[chosen][:, rows]
    inverse = _inverse(np.array([[dot(a, b) for b in of] for a in of]))
    if inverse is None:
        return parts  # both always pay on the same days: nobody can tell
    error = np.clip(pair.plain[rows], -GRAVE, GRAVE)
    slopes = weighted(inverse, np.array([dot(each, error) for each in of]))
    spreads = np.sqrt(np.diag(inverse)) * float(np.median(pair.noise[rows]))
    for at, side in enumerate(chosen.tolist()):
        mine = of[at] != 0
        rest = error - weighted(of.T, slopes) + slopes[at] * of[at]  # what the other's payments don't explain
        usual = float(np.median(rest[mine] / of[at][mine]))  # one false payment sways the slope, not this
        if 0.5 < usual < 1.5 and slopes[at] > NOISES * spreads[at]:
            parts[side] = usual
    return parts


def _inverse(squares: Floats) -> Floats | None:
    """Return the inverse of a symmetric matrix of one row or two; None where its condition number is above 10,000."""
    if len(squares) == 1:
        return 1.0 / squares
    (a, b), (_, d) = squares
    apart = np.hypot(a - d, 2.0 * b)
    if a + d + apart > 1e4 * (a + d - apart):
        return None
    return np.array([[d, -b], [-b, a]]) / (a * d - b * b)


def _twice_given(pair: Pair, held: History, part: float) -> Finding:
    other = pair.other(held)
    rows = (held.yields > 0) & held.reported
    message = f"dividends are given twice: {rows.sum()} are recorded, and {other.name} shows that prices never fell by "
    message += f"them ({rough(part)} of each is too much): prices are adjusted for them already"
    repair = Repair(identity(held.name, "dividends"), held.name, "dividends", held.dates[rows][-1], 0.0)
    remedy = "--repair takes the dividends out"
    return held.finding("dividends", ERROR, rows, message, remedy, repair=repair, against=(other.name,))


def _contradicted(pair: Pair, held: History, row: int, part: float) -> Finding:
    """Report one payment that the price didn't fall by, or by so much less than this part of it."""
    other = pair.other(held)
    share = float(held.yields[row])
    paid = np.flatnonzero(held.yields > 0)
    usual = float(np.median(held.yields[paid[paid != row]])) if len(paid) > 3 else np.inf
    weight = 1.0 if held is pair.fund else abs(pair.leverage)
    fell, spread = share * (1.0 - part), float(pair.noise[row]) / weight
    message = f"dividend of {amount(float(held.bars.dividend[row]))} is {rough(share)} of the price, "
    message += f"yet {other.name} shows that the price didn't fall by it{pair.noted()}"
    ratios = _bases(held, share, usual)
    fitting = [ratio for ratio in ratios if abs(share * ratio - fell) < 3 * spread]
    return _mended(held, row, message, fitting, (other.name,))


def _mended(held: History, row: int, message: str, ratios: Sequence[float], against: tuple[str, ...]) -> Finding:
    """Return the finding of a false payment: in another share basis where a ratio fits, else never paid.

    Parameters
    ----------
    held, row, message, against
        Of the finding.
    ratios
        What it could be multiplied by, the likeliest first. Where they differ by more than `CLOSE_ENOUGH`, a person
        has to tell which.
    """
    date = held.dates[row]
    severity = ERROR if held.yields[row] > GRAVE else WARNING
    if ratios and (max(ratios) - min(ratios)) * held.yields[row] > CLOSE_ENOUGH:
        message, remedy = f"{message}: perhaps in another share basis", "look it up and correct it"
        return held.finding("dividend", severity, row, message, remedy, against=against)
    ratio, remedy = (ratios[0] if ratios else 0.0), "--repair takes it out"
    if ratio:
        price = float(held.bars.dividend[row]) * ratio
        message, remedy = f"{message}: in another share basis", f"--repair sets it to {amount(price)}"
    repair = Repair(identity(held.name, "dividend", date), held.name, "dividend", date, ratio)
    factor = 1 / ratio if ratio else None
    return held.finding("dividend", severity, row, message, remedy, factor=factor, repair=repair, against=against)


def _bases(held: History, share: float, usual: float) -> list[float]:
    """Return by what a payment could be multiplied to be usual: the splits that are recorded, one, or all since.

    The likeliest comes first.
    """
    split = held.bars.split[held.bars.split != 1]
    products = np.cumprod(split[::-1])
    ratios = np.unique(np.round(np.concatenate([products, 1 / products, split, 1 / split]), 12))
    fitting = [float(ratio) for ratio in ratios if ratio < 1 and usual / 3 < share * ratio < usual * 3]
    return sorted(fitting, key=lambda ratio: abs(np.log(share * ratio / usual)))

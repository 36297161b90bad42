"""Checks of dividends: out of size, twice, in another share basis, or given although the price never fell by them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from data.arrays import DAY, Flags, Floats, Ints
from data.audit.finding import ERROR, WARNING, Finding, identity
from data.audit.history import History
from data.audit.pair import Pair
from data.audit.payments import CLEARLY, Diagnosis, Single, late_words, of_many, of_one, sessions_late, usual_share
from data.audit.robust import local_median
from data.format import amount, counted, multiple, rough
from data.repairs import Repair

LARGE = 0.1
"""Part of its price that an instrument hardly pays at once. TSM's 5.1 % of 2005 is the most among 26 instruments."""
TIMES, LEAST = 10.0, 0.015
"""A payment this many times what is usual, and this part of the price, is reported. SOXS and SOXL paid 4.4 % once, 15
times the usual: there the underlying tells that they did."""
FALLS = 4.0
"""Daily standard deviations from which on a payment shows in the price by itself."""
SOON, SAME = 10, 0.02
"""Days within which nobody pays the same amount twice, and by which part two amounts are the same."""
SURE, NOISES = 0.005, 5.0
"""By this, and so many times the pair's noise, the fund's return is off on an ex-date that is in doubt."""
ON_EX_DATE = "record them on their ex-dates, the first days without a right to them"
GRAVE = 0.03
"""An error of this size can't be a true close (see `disagreements.CLOSE`)."""


def alone(history: History, judged: Flags) -> Iterator[Finding]:
    """Find payments that are out of size or stand twice.

    Parameters
    ----------
    judged
        Rows whose return the underlying has confirmed, payment and all, shape (sessions,).
    """
    paid = np.flatnonzero(history.yields > 0)
    suspects = []
    for row in paid[history.reported[paid] & ~judged[paid]].tolist():
        share, usual = history.yields[row], usual_share(history, row)
        if share > LARGE or (share > LEAST and share > TIMES * usual):
            suspects.append((row, usual))
    for row, usual in suspects:
        yield _out_of_size(history, row, usual, lone=len(suspects) == 1)
    yield from _twice(history, paid, judged)


def _out_of_size(history: History, row: int, usual: float, *, lone: bool) -> Finding:
    """Report a payment that is out of size; of several, no repair is offered: they have one cause that isn't known."""
    share, price = float(history.yields[row]), float(history.bars.dividend[row])
    message = f"dividend of {amount(price)} is {rough(share)} of the price"
    message += f", {multiple(share / usual)} times the usual" if np.isfinite(usual) and share > 2 * usual else ""
    remedy = "look it up: a distribution of gains, or in another share basis"
    if share < FALLS * history.scale[row]:
        return history.finding("dividend", WARNING, row, message, remedy)
    fell = 1.0 - float(history.bars.close[row] / history.base[row])
    if fell > 0.5 * share:
        return history.finding("dividend", WARNING, row, message, remedy)
    message += ", yet the price didn't fall by it"
    late, better = sessions_late(history.gross - 1.0, history.yields, np.array([row]))
    if better > CLEARLY:
        return _late(history, row, f"{message}: {late_words(late)}", ())
    ways = of_one(history, row, fell / share, float(history.scale[row]) / share) if lone else []
    return _mended(history, row, message, ways, ())


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
    many, drift = _of_many(pair, sides, leave), local_median(pair.error)
    for held, given, error in sides:
        off = (np.abs(error) > limit) & (np.abs(error - given) < np.abs(error) / 3) & (given != 0)
        if held.name not in many:
            rows = np.flatnonzero(off & held.reported & ~leave).tolist()
            for row in rows:
                late = sessions_late(error, given, np.array([row]))
                found.append(_contradicted(pair, held, row, float((error - drift)[row] / given[row]), late))
        elif (held.reported & (given != 0)).any():
            found.append(_scaled(pair, held, many[held.name]))
        judged.append((np.abs(given) > limit) | off)
    return judged[0], judged[1], found


def _of_many(pair: Pair, sides: Sequence[tuple[History, Floats, Floats]], leave: Flags) -> dict[str, Diagnosis]:
    """Return what is wrong with all or many dividends, by instrument; of two that pay on the same days the clearer."""
    weighed = {held.name: of_many(pair, held, given, leave) for held, given, _ in sides}
    found = {name: diagnosis for name, diagnosis in weighed.items() if diagnosis is not None}
    if len(found) < len(sides):
        return found
    (first, second), (name, other) = sorted(found.values(), key=lambda each: -each.gain), found
    if len(np.intersect1d(first.rows, second.rows)) < min(len(first.rows), len(second.rows)) / 2:
        return found
    clear = first.gain > second.gain + CLEARLY
    return {name if found[name] is first else other: first if clear else first._replace(rival=second.best)}


def _scaled(pair: Pair, held: History, diagnosis: Diagnosis) -> Finding:
    """Report dividends of which many are off by a factor, or that prices never fell by."""
    other, best, rows = pair.other(held), diagnosis.best, diagnosis.rows[held.reported[diagnosis.rows]]
    rows = rows if len(rows) else diagnosis.rows
    count = counted(len(rows), "payment")
    message = f"dividends are {best.words}: {other.name} shows by how much prices fell on {count}"
    remedy = "--repair multiplies those before by " + f"{best.factor:.4g}"
    if best.kind == "later-splits":
        remedy = f"--repair {'divides' if best.factor < 0 else 'multiplies'} them by the later splits"
    if best.kind == "dividends" and best.factor == 0:
        message = f"dividends are given twice: {len(rows)} are recorded, and {other.name} shows that prices never "
        message, remedy = f"{message}fell by them: {best.words}", "--repair takes the dividends out"
    name, dates = (
        identity(held.name, "dividends", np.datetime64(best.before) if best.before else None),
        held.dates[rows],
    )
    repair = None
    if best.kind == "late":
        message, remedy = f"dividends are {best.words}: {other.name} shows when prices fell on {count}", ON_EX_DATE
    elif diagnosis.rival is None:
        repair = Repair(name, held.name, best.kind, dates[-1], best.factor, best.before)
    else:
        message, remedy = f"{message}, or {diagnosis.rival.words}", "look them up and correct them"
    return Finding(name, ERROR, held.name, "dividends", dates, message, remedy, repair=repair, against=(other.name,))


def _contradicted(pair: Pair, held: History, row: int, part: float, late: tuple[int, float]) -> Finding:
    """Report one payment that the price didn't fall by, or by so much less than this part of it, or days before."""
    other = pair.other(held)
    share = float(held.yields[row])
    weight = 1.0 if held is pair.fund else abs(pair.leverage)
    message = f"dividend of {amount(float(held.bars.dividend[row]))} is {rough(share)} of the price, "
    message += f"yet {other.name} shows that the price didn't fall by it{pair.noted()}"
    if late[1] > CLEARLY:
        return _late(held, row, f"{message}: {late_words(late[0])}", (other.name,))
    ways = of_one(held, row, 1.0 - part, float(pair.noise[row]) / (weight * share))
    return _mended(held, row, message, ways, (other.name,))


def _late(held: History, row: int, message: str, against: tuple[str, ...]) -> Finding:
    """Return the finding of a payment that the price fell by on another day: to take it out would do harm."""
    severity = ERROR if held.yields[row] > GRAVE else WARNING
    return held.finding("dividend", severity, row, message, ON_EX_DATE, against=against)


def _mended(held: History, row: int, message: str, ways: Sequence[Single], against: tuple[str, ...]) -> Finding:
    """Return the finding of a false payment, with a repair where one explanation is clearly the best.

    Parameters
    ----------
    held, row, message, against
        Of the finding.
    ways
        What explains it, the likeliest first.
    """
    date = held.dates[row]
    severity = ERROR if held.yields[row] > GRAVE else WARNING
    if len(ways) != 1:
        message += f": {' or '.join(dict.fromkeys(way.words for way in ways))}" if ways else ""
        return held.finding("dividend", severity, row, message, "look it up and correct it", against=against)
    ratio, remedy = ways[0].ratio, "--repair takes it out"
    if ratio:
        price = float(held.bars.dividend[row]) * ratio
        message, remedy = f"{message}: {ways[0].words}", f"--repair sets it to {amount(price)}"
    repair = Repair(identity(held.name, "dividend", date), held.name, "dividend", date, ratio)
    factor = 1 / ratio if ratio else None
    return held.finding("dividend", severity, row, message, remedy, factor=factor, repair=repair, against=against)

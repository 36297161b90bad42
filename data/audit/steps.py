"""Steps in price by a factor: splits that aren't recorded, false ones, upside down, a session early or late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from data.arrays import Flags
from data.audit.bars import in_cents
from data.audit.finding import ERROR, WARNING, Finding, identity
from data.audit.history import History
from data.audit.robust import MEDIAN
from data.format import amount, counted, first_dates, multiple, rough
from data.repairs import Repair

LEAST = np.log(1.8)
"""Log of the least factor that an instrument's own history may be reported by: below, crashes look the same. Among 26
instruments since 1972 the largest true moves are +52 % and -38 %."""
OWN = 8.0
"""Daily standard deviations that such a step takes at least."""
SLACK = 3.0
"""Standard deviations of a day's move by which a factor may miss a whole number."""
NEAR = 0.02
"""Part by which it may miss one where the day's move is known."""
CERTAIN = 4.0
"""Standard deviations by which every other whole number has to be farther off for a repair by one."""
SHARP = 0.01
"""Part of a price that as many standard deviations of its estimate may be for a repair by the estimate itself."""
QUIET = 3.0
"""A real crash trades and ranges more than this many times what is usual after it; a split doesn't."""
HALVES = (5 / 4, 4 / 3, 3 / 2, 5 / 2)
"""Splits that are no whole number."""
AROUND = 20
"""Sessions, and payments, before and after a step that are compared."""
PAID, VARY = 4, 0.25
"""Payments on either side of it from which on they tell whether they step too, and the least standard deviation of
their logarithms."""
DIVIDENDS_STAY = ", the dividends as they are"
ELSEWHERE = "pull it again or from another source, or audit it beside its underlying"
WEEK = 5
"""Sessions within which a split and the step in price belong together."""


class Jump(NamedTuple):
    """A session whose return is off by a factor.

    Parameters
    ----------
    row
        In the history.
    factor
        What the recorded split would have to be multiplied by; above 1 the prices before are too high.
    slack
        Its uncertainty, in logs.
    message
        What it contradicts: ``-3x SOXX says -18.3 %``, or nothing.
    against
        The instruments that say so.
    """

    row: int
    factor: float
    slack: float
    message: str = ""
    against: tuple[str, ...] = ()


def own_jumps(history: History, where: Flags) -> list[Jump]:
    """Find jumps by the instrument's own volatility, on rows where no underlying tells.

    A factor is near a split's, or is taken back within days.
    """
    moves, alone = np.log(history.gross), np.log(history.bars.close / history.base)
    moves = np.where(np.abs(alone) < np.abs(moves), alone, moves)  # a false dividend is no step
    large = where & (np.abs(moves) > np.maximum(LEAST, OWN * history.scale))
    jumps = [Jump(int(row), float(np.exp(-moves[row])), float(history.scale[row])) for row in np.flatnonzero(large)]
    passing = {jump.row for pair in _stretches(jumps) for jump in pair}
    return [jump for jump in jumps if jump.row in passing or whole(jump.factor, jump.slack) is not None]


def own_opens(history: History, where: Flags) -> Iterator[Finding]:
    """Find opens that are off by a factor by the instrument's own volatility, on rows where no underlying tells."""
    night, session = np.log(history.gap), np.log(history.day)
    slack = np.maximum(OWN * history.scale, 2 * NEAR)
    off = (np.abs(night) > np.maximum(LEAST, OWN * history.scale)) & (np.abs(night + session) < slack)
    for row in np.flatnonzero(off & where & history.reported).tolist():
        jump = Jump(row, float(np.exp((session[row] - night[row]) / 2)), float(history.scale[row]) / 2)
        yield _lone_price(history, jump, "open", "the close is back")


def whole(factor: float, slack: float) -> float | None:
    """Return the split's ratio that a factor stands for: a whole number, one over it, 3/2 and its like; else None."""
    size = max(factor, 1.0 / factor)
    ratio = min((float(round(size)), *HALVES), key=lambda each: abs(np.log(size / each)))
    if ratio <= 1.0 or abs(np.log(size / ratio)) > max(NEAR, SLACK * slack):
        return None
    return ratio if factor > 1 else 1.0 / ratio


def splits_by(ratio: float, slack: float) -> float | None:
    """Return the ratio of a split as `whole` does, or 1 where there was none."""
    return 1.0 if is_near(ratio, 1.0, slack) else whole(ratio, slack)


def is_near(split: float, ratio: float, slack: float) -> bool:
    """Return whether a split is a ratio, given the slack of what is known of it."""
    return abs(np.log(split / ratio)) < max(3 * NEAR, SLACK * slack)


def repairing_factor(factor: float, slack: float) -> float | None:
    """Return what to mend a factor by: a whole number where no other is as near, the estimate where it is sharp."""
    ratio = whole(factor, slack)
    if ratio is not None and CERTAIN * slack < 0.5 / max(ratio, 1 / ratio):
        return ratio
    return factor if CERTAIN * slack < SHARP else None


def mend(history: History, jump: Jump, factor: float) -> str:
    """Choose how a step is mended; returns come out right in either way.

    ``split`` where the price before is a price that traded (in cents, and not in cents times the factor), at a level
    at which an issuer splits, unless the volume ran on through the step; else the history before is rescaled, with
    its volume unless that ran on.
    """
    bars, row = history.bars, jump.row
    before, after = slice(max(0, row - AROUND), row), slice(row, row + AROUND)
    volumes = [np.median(bars.volume[part]) for part in (before, after)]
    known = min(volumes) > 0
    turnover = [np.median(bars.volume[part] * bars.close[part]) for part in (before, after)]
    apart = np.log(turnover[1] / turnover[0]) if known else 0.0
    if known and abs(apart + np.log(factor)) < abs(apart):
        return "reprice"
    prices = np.concatenate([bars.open[before], bars.close[before]])
    traded = in_cents(prices) > 0.9 and (factor < 1 or in_cents(prices / factor) < 0.5)
    last, now = bars.close[row - 1], bars.close[row]
    plausible = last < 20 and now < 500 if factor < 1 else last > 50 and now > 10
    return "split" if traded and plausible else "rescale"


def _pays_on(history: History, row: int, factor: float) -> bool:
    """Return whether dividends ran on through a step: before it they are a part of the price that is off by it."""
    apart, sure = _yields_apart(history, row)
    return abs(apart) > sure and abs(apart + np.log(factor)) < sure / 2


def _yields_apart(history: History, row: int) -> tuple[float, float]:
    """Return the log of usual payments before a row over those after it, as parts of the price, and what it is sure by.

    Both 0 where too few are paid.
    """
    paid = np.flatnonzero(history.yields > 0)
    sides = [np.log(history.yields[side]) for side in (paid[paid < row][-AROUND:], paid[paid >= row][:AROUND])]
    if min(len(side) for side in sides) < PAID:
        return 0.0, 0.0
    before, after = (float(np.median(side)) for side in sides)
    vary = np.median(np.abs(np.concatenate((sides[0] - before, sides[1] - after)))) / MEDIAN
    sure = CERTAIN * max(vary, VARY) * np.sqrt(sum(1.0 / len(side) for side in sides))
    return before - after, float(sure)


def is_quiet(history: History, row: int) -> bool:
    """Return whether a day traded and ranged as usual: a split does that, a crash doesn't."""
    bars = history.bars
    after = slice(row + 1, row + 1 + AROUND)
    spread = np.log(bars.high / bars.low)
    usual = np.median(spread[after]) if len(spread[after]) else np.nan
    if spread[row] > QUIET * max(float(np.nan_to_num(usual, nan=np.inf)), 0.01):
        return False
    turnover = bars.volume * bars.close
    usual = np.median(turnover[after]) if len(turnover[after]) else np.nan
    return not turnover[row] > QUIET * usual


def step_findings(history: History, jumps: Sequence[Jump]) -> Iterator[Finding]:
    """Turn an instrument's jumps, oldest first, into findings."""
    left = list(jumps)
    adjusted = _all_continuous(history, left)
    if adjusted:
        yield _split_adjusted(history, adjusted)
        left = [jump for jump in left if jump not in adjusted]
    for early, late in _moved(history, left):
        if history.reported[[early.row, late.row]].any():
            yield _moved_split(history, early, late)
        left = [jump for jump in left if jump not in (early, late)]
    for first, back in _stretches(left):
        if history.reported[first.row]:
            yield _stretch(history, first, back)
        left = [jump for jump in left if jump not in (first, back)]
    for jump in left:
        if history.reported[jump.row]:
            yield _wrong_split(history, jump) if history.bars.split[jump.row] != 1 else _step(history, jump)


def _all_continuous(history: History, jumps: list[Jump]) -> list[Jump]:
    """Return the jumps at recorded splits, where prices run on through most of those: they are adjusted already.

    Of a single one the dividends have to tell that it was: they step by its ratio, as paid.
    """
    recorded = np.flatnonzero(history.bars.split != 1)
    through = [jump for jump in jumps if is_near(history.bars.split[jump.row] * jump.factor, 1.0, jump.slack)]
    through = [jump for jump in through if history.bars.split[jump.row] != 1]
    if len(through) == 1:
        apart, _sure = _yields_apart(history, through[0].row)
        return through if abs(apart + np.log(through[0].factor)) < abs(apart) / 2 else []
    return through if len(through) > len(recorded) / 2 else []


def _split_adjusted(history: History, through: list[Jump]) -> Finding:
    rows = [jump.row for jump in through]
    splits = counted(len(rows), "recorded split")
    message = f"prices run on through {splits} ({first_dates(history.dates[rows])}): they are split-adjusted, and "
    message += f"{'that split' if len(rows) == 1 else 'those splits'} would be given twice"
    repair = Repair(identity(history.name, "split-adjusted"), history.name, "as-traded", history.dates[rows[-1]])
    remedy = "--repair undoes the splits in the prices before them"
    return history.finding("split-adjusted", ERROR, rows, message, remedy, repair=repair)


def _moved(history: History, jumps: list[Jump]) -> Iterator[tuple[Jump, Jump]]:
    """Find pairs of jumps, one at a recorded split through which prices run on, one with that split's factor."""
    split = history.bars.split
    for first, second in pairwise(jumps):
        recorded, other = (first, second) if split[first.row] != 1 else (second, first)
        ratio = split[recorded.row]
        if ratio == 1 or split[other.row] != 1 or abs(recorded.row - other.row) > WEEK:
            continue
        if is_near(ratio * recorded.factor, 1.0, recorded.slack) and is_near(other.factor, ratio, other.slack):
            yield recorded, other


def _moved_split(history: History, recorded: Jump, other: Jump) -> Finding:
    dates, ratio = history.dates, float(history.bars.split[recorded.row])
    apart = abs(other.row - recorded.row)
    when = "early" if other.row > recorded.row else "late"
    message = f"the split {_split_words(ratio)} is recorded {counted(apart, 'session')} {when}: the price steps "
    message += f"on {dates[other.row]}"
    name = identity(history.name, "split", dates[recorded.row])
    repair = Repair(name, history.name, "move", dates[other.row], ratio, str(dates[recorded.row]))
    remedy = f"--repair moves it to {dates[other.row]}"
    against = recorded.against
    return history.finding("split", ERROR, recorded.row, message, remedy, factor=ratio, repair=repair, against=against)


def _stretches(jumps: list[Jump]) -> Iterator[tuple[Jump, Jump]]:
    """Find pairs of jumps within days of which the second undoes the first."""
    paired = -1
    for at, (first, second) in enumerate(pairwise(jumps)):
        slack = max(3 * NEAR, SLACK * (first.slack + second.slack))
        if at > paired and second.row - first.row <= WEEK and abs(np.log(first.factor * second.factor)) < slack:
            paired = at + 1
            yield first, second


def _stretch(history: History, first: Jump, back: Jump) -> Finding:
    """Report a few sessions in another basis, or a close that is, between two that agree."""
    dates, rows = history.dates, list(range(first.row, back.row))
    slack = float(np.hypot(first.slack, back.slack)) / 2
    jump = first._replace(factor=float(np.sqrt(first.factor / back.factor)), slack=slack)
    opened = abs(np.log(history.gap[first.row]) + np.log(first.factor)) < 0.5 * abs(np.log(first.factor))
    if len(rows) == 1 and not opened:
        return _lone_price(history, jump, "close", "the next is back")
    paid = history.bars.dividend[first.row : back.row].any()  # in which shares, nothing tells
    by = None if paid else repairing_factor(jump.factor, jump.slack)
    factor = by or jump.factor
    size, side = multiple(max(factor, 1 / factor)), "low" if factor > 1 else "high"
    message = f"prices of {counted(len(rows), 'session')} from {dates[first.row]} are "
    message += f"{size if by else _range(jump)} times too {side}{_contradicted(first)}"
    name = identity(history.name, "step", dates[first.row])
    repair = Repair(name, history.name, "stretch", dates[first.row], by, str(dates[back.row])) if by else None
    remedy = f"--repair {'multiplies' if factor > 1 else 'divides'} them by {size}" if by else ELSEWHERE
    off, against = 1 / factor, first.against
    found = history.finding("step", ERROR, first.row, message, remedy, factor=off, repair=repair, against=against)
    return replace(found, dates=dates[rows])


def _lone_price(history: History, jump: Jump, field: str, back: str) -> Finding:
    """Report one price off by a factor, as the instrument's own prices before and after it tell."""
    date, price = history.dates[jump.row], float(getattr(history.bars, field)[jump.row])
    by = repairing_factor(jump.factor, jump.slack)
    message = f"{field} of {amount(price)} is {_range(jump)} times too {'low' if jump.factor > 1 else 'high'}, and "
    message += f"{back}: a bad price"
    repair = Repair(identity(history.name, field, date), history.name, "price", date, by, field) if by else None
    remedy = f"--repair sets it to {amount(price * by)}" if by else ELSEWHERE
    return history.finding(field, ERROR, jump.row, message, remedy, factor=1 / jump.factor, repair=repair)


def _wrong_split(history: History, jump: Jump) -> Finding:
    """Report a recorded split that the price contradicts: a false one, one upside down, a wrong ratio."""
    recorded = float(history.bars.split[jump.row])
    wanted = recorded * jump.factor
    if is_near(wanted, 1.0, jump.slack):
        wanted, what = 1.0, "is recorded, yet the price runs on"
    elif is_near(wanted, 1.0 / recorded, jump.slack):
        wanted, what = 1.0 / recorded, f"is recorded upside down: the price says {_split_words(1.0 / recorded)}"
    else:
        wanted = whole(wanted, jump.slack) or 0.0
        what = f"is recorded, yet the price says {_split_words(wanted) if wanted else 'another'}"
    message = f"a split {_split_words(recorded)} {what}{_contradicted(jump)}"
    date = history.dates[jump.row]
    repair = Repair(identity(history.name, "split", date), history.name, "split", date, wanted) if wanted else None
    remedy = "look up the split and correct it"
    if wanted:
        remedy = "--repair takes it out" if wanted == 1.0 else f"--repair records it {_split_words(wanted)}"
    factor, against = jump.factor, jump.against
    return history.finding("split", ERROR, jump.row, message, remedy, factor=factor, repair=repair, against=against)


def _step(history: History, jump: Jump) -> Finding:
    """Report a step without a recorded split: mended by rescaling what is before, or by recording the split."""
    moved = rough(float(history.gross[jump.row]) - 1, sign=True)
    if not jump.against and not is_quiet(history, jump.row):
        usual = multiple(abs(float(np.log(history.gross[jump.row]))) / float(history.scale[jump.row]))
        message = f"moved {moved} in a session, {usual} times its usual day"
        return history.finding("step", WARNING, jump.row, message, "a crash or an unrecorded split: look it up")
    ratio = whole(jump.factor, jump.slack)
    factor = ratio or jump.factor
    sure = ratio is not None and repairing_factor(jump.factor, jump.slack) == ratio
    kind = mend(history, jump, factor) if sure else "rescale"
    edge = sure and kind != "split" and not WEEK <= jump.row < len(history) - WEEK
    message = f"the price steps {moved} and stays there{_contradicted(jump)}: "
    if kind == "split":
        message += f"a split {_split_words(factor)} isn't recorded"
        remedy = "--repair records it"
    else:
        size = multiple(max(factor, 1 / factor))
        message += f"prices before are {'' if sure else 'about '}{size} times too {'high' if factor > 1 else 'low'}"
        message += ", or the few on its other side are wrong" if edge else ""
        remedy = f"--repair {'divides' if factor > 1 else 'multiplies'} them by {size}"
        remedy += " and leaves the volume" if kind == "reprice" else ""
    date = history.dates[jump.row]
    by = factor if kind == "split" else 1.0 / factor
    part = "prices" if kind != "split" and _pays_on(history, jump.row, factor) else ""
    remedy += DIVIDENDS_STAY if part else ""
    sure &= not edge
    repair = Repair(identity(history.name, "step", date), history.name, kind, date, by, part) if sure else None
    remedy = remedy if sure else ELSEWHERE
    return history.finding("step", ERROR, jump.row, message, remedy, factor=factor, repair=repair, against=jump.against)


def _range(jump: Jump) -> str:
    """Return by how much prices are off, to two standard deviations."""
    size = np.exp(np.abs(np.log(jump.factor)) + 2.0 * jump.slack * np.array([-1.0, 1.0]))
    least, most = (multiple(float(each)) for each in size)
    return f"about {least}" if least == most else f"about {least} to {most}"


def _contradicted(jump: Jump) -> str:
    return f", while {jump.message}" if jump.message else ""


def _split_words(ratio: float) -> str:
    """Return a split as people write it: ``2-for-1``, ``1-for-15``."""
    simple = Fraction(ratio).limit_denominator(1000)
    return f"{simple.numerator}-for-{simple.denominator}"

"""Steps in price by a factor: splits that aren't recorded, false ones, upside down, a session early or late."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import pairwise

import numpy as np

from data.audit.finding import ERROR, WARNING, Finding
from data.audit.history import History, identity
from data.audit.jumps import NEAR, SLACK, Jump, is_certain, is_near, is_quiet, mend, whole
from data.format import amount, counted, first_dates, multiple, rough
from data.repairs import Repair

WEEK = 5
"""Sessions within which a split and the step in price belong together."""


def told(history: History, jumps: Sequence[Jump]) -> Iterator[Finding]:
    """Turn an instrument's jumps, oldest first, into findings."""
    left = list(jumps)
    adjusted = _all_continuous(history, left)
    if adjusted:
        yield _split_adjusted(history, adjusted)
        left = [jump for jump in left if jump not in adjusted]
    for early, late in _moved(history, left):
        if history.told[[early.row, late.row]].any():
            yield _moved_split(history, early, late)
        left = [jump for jump in left if jump not in (early, late)]
    for first, back in _stretches(left):
        if history.told[first.row]:
            yield _stretch(history, first, back)
        left = [jump for jump in left if jump not in (first, back)]
    for jump in left:
        if history.told[jump.row]:
            yield _wrong_split(history, jump) if history.bars.split[jump.row] != 1 else _step(history, jump)


def _all_continuous(history: History, jumps: list[Jump]) -> list[Jump]:
    """Return the jumps at recorded splits, where prices run on through most of those: they are adjusted already."""
    recorded = np.flatnonzero(history.bars.split != 1)
    through = [jump for jump in jumps if is_near(history.bars.split[jump.row] * jump.factor, 1.0, jump.slack)]
    through = [jump for jump in through if history.bars.split[jump.row] != 1]
    return through if len(through) >= 2 and len(through) > len(recorded) / 2 else []


def _split_adjusted(history: History, through: list[Jump]) -> Finding:
    rows = [jump.row for jump in through]
    says = f"prices run on through {len(rows)} recorded splits ({first_dates(history.dates[rows])}): "
    says += "they are split-adjusted, and those splits would be given twice"
    repair = Repair(identity(history.name, "split-adjusted"), history.name, "as-traded", history.dates[rows[-1]])
    cure = "--repair undoes the splits in the prices before them"
    return history.finding("split-adjusted", ERROR, rows, says, cure, repair=repair)


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
    says = f"the split {_split_words(ratio)} is recorded {counted(apart, 'session')} {when}: the price steps "
    says += f"on {dates[other.row]}"
    name = identity(history.name, "split", dates[recorded.row])
    repair = Repair(name, history.name, "move", dates[other.row], ratio, str(dates[recorded.row]))
    cure = f"--repair moves it to {dates[other.row]}"
    against = recorded.against
    return history.finding("split", ERROR, recorded.row, says, cure, factor=ratio, repair=repair, against=against)


def _stretches(jumps: list[Jump]) -> Iterator[tuple[Jump, Jump]]:
    """Find pairs of jumps within days of which the second undoes the first."""
    paired = -1
    for at, (first, second) in enumerate(pairwise(jumps)):
        slack = max(3 * NEAR, SLACK * (first.slack + second.slack))
        if at > paired and second.row - first.row <= WEEK and abs(np.log(first.factor * second.factor)) < slack:
            paired = at + 1
            yield first, second


def _stretch(history: History, first: Jump, back: Jump) -> Finding:
    """Tell of a few sessions in another basis, or of a close that is, between two that agree."""
    dates, rows = history.dates, list(range(first.row, back.row))
    size = multiple(max(first.factor, 1 / first.factor))
    factor = whole(first.factor, first.slack) or first.factor
    side = "low" if factor > 1 else "high"
    opened = abs(np.log(history.gap[first.row]) + np.log(first.factor)) < 0.5 * abs(np.log(first.factor))
    name = identity(history.name, "step", dates[first.row])
    if len(rows) == 1 and not opened:
        name = identity(history.name, "close", dates[first.row])
        price = float(history.bars.close[first.row])
        says = f"close of {amount(price)} is about {size} times too {side}, and the next is back: a bad price"
        repair = Repair(name, history.name, "price", dates[first.row], factor, "close")
        cure = f"--repair sets it to {amount(price * factor)}"
        return history.finding("close", ERROR, first.row, says, cure, factor=1 / factor, repair=repair)
    says = f"prices of {counted(len(rows), 'session')} from {dates[first.row]} are {size} times too {side}"
    says += _contradicted(first)
    repair = Repair(name, history.name, "stretch", dates[first.row], factor, str(dates[back.row]))
    cure = f"--repair {'multiplies' if factor > 1 else 'divides'} them by {multiple(max(factor, 1 / factor))}"
    by, against = 1 / factor, first.against
    found = history.finding("step", ERROR, first.row, says, cure, factor=by, repair=repair, against=against)
    return replace(found, dates=dates[rows])


def _wrong_split(history: History, jump: Jump) -> Finding:
    """Tell of a recorded split that the price contradicts: a false one, one upside down, a wrong ratio."""
    recorded = float(history.bars.split[jump.row])
    wanted = recorded * jump.factor
    if is_near(wanted, 1.0, jump.slack):
        wanted, what = 1.0, "is recorded, yet the price runs on"
    elif is_near(wanted, 1.0 / recorded, jump.slack):
        wanted, what = 1.0 / recorded, f"is recorded upside down: the price says {_split_words(1.0 / recorded)}"
    else:
        wanted = whole(wanted, jump.slack) or 0.0
        what = f"is recorded, yet the price says {_split_words(wanted) if wanted else 'another'}"
    says = f"a split {_split_words(recorded)} {what}{_contradicted(jump)}"
    date = history.dates[jump.row]
    repair = Repair(identity(history.name, "split", date), history.name, "split", date, wanted) if wanted else None
    cure = "look up the split and correct it"
    if wanted:
        cure = "--repair takes it out" if wanted == 1.0 else f"--repair records it {_split_words(wanted)}"
    factor = jump.factor
    return history.finding("split", ERROR, jump.row, says, cure, factor=factor, repair=repair, against=jump.against)


def _step(history: History, jump: Jump) -> Finding:
    """Tell of a step without a recorded split: mended by rescaling what is before, or by recording the split."""
    moved = rough(float(history.gross[jump.row]) - 1, sign=True)
    if not jump.against and not is_quiet(history, jump.row):
        usual = multiple(abs(float(np.log(history.gross[jump.row]))) / float(history.scale[jump.row]))
        says = f"moved {moved} in a session, {usual} times its usual day"
        return history.finding("step", WARNING, jump.row, says, "a crash or an unrecorded split: look it up")
    ratio = whole(jump.factor, jump.slack)
    factor = ratio or jump.factor
    sure = ratio is not None and is_certain(ratio, jump)
    kind = mend(history, jump, factor) if sure else "rescale"
    says = f"the price steps {moved} and stays there{_contradicted(jump)}: "
    if kind == "split":
        says += f"a split {_split_words(factor)} isn't recorded"
        cure = "--repair records it"
    else:
        size = multiple(max(factor, 1 / factor))
        says += f"prices before are {'' if sure else 'about '}{size} times too {'high' if factor > 1 else 'low'}"
        cure = f"--repair {'divides' if factor > 1 else 'multiplies'} them by {size}"
        cure += " and leaves the volume" if kind == "reprice" else ""
    date = history.dates[jump.row]
    by = factor if kind == "split" else 1.0 / factor
    repair = Repair(identity(history.name, "step", date), history.name, kind, date, by) if sure else None
    cure = cure if sure else "pull it again or from another source, or audit it beside its underlying"
    return history.finding("step", ERROR, jump.row, says, cure, factor=factor, repair=repair, against=jump.against)


def _contradicted(jump: Jump) -> str:
    return f", while {jump.says}" if jump.says else ""


def _split_words(ratio: float) -> str:
    """Return a split as people write it: ``2-for-1``, ``1-for-15``."""
    simple = Fraction(ratio).limit_denominator(1000)
    return f"{simple.numerator}-for-{simple.denominator}"

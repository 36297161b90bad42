"""Single sessions on which a fund and its underlying disagree, at the close or the open, and which of them is wrong."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from data.arrays import Flags, Floats
from data.audit.finding import ERROR, WARNING, Finding, identity
from data.audit.history import History
from data.audit.pair import WORST, Pair
from data.audit.peers import Blame, blame, expected_by_peers
from data.audit.steps import ELSEWHERE, Jump, repairing_factor, splits_by, step_findings
from data.format import amount, first_dates, rough
from data.repairs import Repair

CLOSE, CLOSE_NOISES = 0.01, 12.0
"""A close this far off, per unit of leverage, and as many times the pair's noise, is reported. On true closes since
2010-06 SOXS is at most 2.1 % off and SOXL 2.7 %, but for March 2020."""
HIDDEN = 2.0
"""Where the fund agrees with its earlier index, its underlying is wrong if it is this many times that limit off."""
OPEN, OPEN_NOISES = 0.02, 6.0
"""The same of opens, which differ more: SOXS since 2010-06 has one beyond 5.1 % but for 2010-06-21 (7 %, 5 times)."""
REACH = 0.035
"""The same of highs and lows: SOXS since 2010-06 reaches at most 5.4 % beyond what its underlying's range allows."""
GROSS = 0.25
"""A price this part off is wrong for sure: SOXL's dislocation of 2020-03-17 was 16 %."""
AFTER_GAP = 0.5
"""After sessions that are missing the fund has compounded, and a step alone is reported."""
BACK = 0.25
"""Part of a step that may be left when the price is said to be back."""
GROWN = 1.5
"""The session that takes an error back is reported too when it is this many times as large."""
LINES = 3
"""Sessions of one kind that are reported one by one; of more, the largest are, and the others together."""
WEEK = 5
"""Sessions on either side by which days are known to be wild."""
LEG = 0.7
"""A night, or a day, moves this part of what both together do."""


class Doubt(NamedTuple):
    """One price in doubt, by how much, and what there is to say."""

    row: int
    size: float
    message: str
    against: tuple[str, ...]


def closes(pair: Pair, leave: Flags) -> tuple[Flags, list[Finding]]:
    """Find closes that contradict each other: steps by a factor, bad closes, dislocations.

    Parameters
    ----------
    leave
        Rows that another check has reported, shape (sessions,).

    Returns
    -------
    The rows on which something was found, and the findings.
    """
    limit = np.maximum(CLOSE * abs(pair.leverage), CLOSE_NOISES * pair.noise)
    limit[pair.after_gap] = AFTER_GAP
    # a split a session early may lie before the first row that is reported
    reported = pair.fund.reported | (np.abs(pair.plain) > GROSS)
    hidden = (np.abs(pair.error) <= limit) & (np.abs(pair.plain) > HIDDEN * limit)
    rows = ((np.abs(pair.error) > limit) | hidden) & reported & ~leave
    jumps: dict[str, list[Jump]] = {held.name: [] for held in (pair.fund, pair.underlying)}
    doubts: dict[str, list[Doubt]] = {name: [] for name in jumps}
    found, skip = [], -1
    for row in np.flatnonzero(rows).tolist():
        if row == skip:
            continue
        blamed = Blame(underlying=True) if hidden[row] else _blame(pair, row, "close")
        held, expected = (pair.underlying, pair.implied) if blamed.underlying else (pair.fund, pair.model)
        jump, back = _jump(pair, held, expected, row, blamed), _is_back(held, expected, pair, row)
        skip = row + 1 if back and jump is None else -1
        if jump is not None:
            jumps[held.name].append(jump)
        elif (back or row + 1 == len(held)) and _is_gross(held.gross[row] / expected[row]) and held.reported[row]:
            found.append(_bad_price(pair, held, row, "close", expected[row] / held.gross[row], blamed))
        else:
            doubts[held.name].append(_doubt(pair, held, row, blamed, back=back))
            grown = row + 1 < len(held) and abs(pair.plain[row + 1]) > GROWN * abs(pair.plain[row])
            skip = -1 if grown else skip
    for held in (pair.fund, pair.underlying):
        found.extend(step_findings(held, jumps[held.name]))
        found.extend(_doubtful(held, "close", doubts[held.name]))
    return rows, found


def _blame(pair: Pair, row: int, field: str) -> Blame:
    """Decide who is wrong by two moves in a row of each: those of two closes, or of a night and the day after."""
    sides, scale = (pair.fund, pair.underlying), _scale(pair, row)
    if field == "close":
        fund, moves = ((held.gross[row : row + 2] - 1.0).tolist() for held in sides)
    else:
        fund, moves = ([float(held.gap[row]) - 1.0, float(held.day[row]) - 1.0] for held in sides)
        scale *= LEG
    return blame(row, [move / pair.leverage for move in fund], pair.underlying, moves, scale, field, pair.peers)


def _scale(pair: Pair, row: int) -> float:
    """Return the underlying's daily standard deviation, or that of the two weeks around a session, itself left out."""
    around = [at for at in range(max(1, row - WEEK), min(len(pair.fund), row + WEEK + 2)) if not 0 <= at - row <= 1]
    moves = [np.log(pair.underlying.gross[around]), (pair.fund.gross[around] - 1.0) / pair.leverage]
    wild = min(float(np.sqrt(np.mean(np.square(each)))) for each in moves) if around else 0.0
    return max(float(pair.underlying.scale[row]), wild)


def _is_back(held: History, expected: Floats, pair: Pair, row: int) -> bool:
    """Return whether the next close undoes what this one was off by."""
    if row + 1 >= len(held):
        return False
    off, after = np.log(held.gross[row : row + 2] / expected[row : row + 2])
    return bool(abs(off + after) < max(BACK * abs(off), 4 * pair.noise[row]))


def _is_alone(pair: Pair, held: History, factor: float, row: int) -> bool:
    """Return whether a close is off by a factor that the same session's open isn't off by."""
    expected = pair.open_model[row] if held is pair.fund else 1.0 + (pair.fund.gap[row] - 1.0) / pair.leverage
    return bool(abs(np.log(held.gap[row] / max(expected, WORST)) + np.log(factor)) > BACK * abs(np.log(factor)))


def _jump(pair: Pair, held: History, expected: Floats, row: int, blamed: Blame) -> Jump | None:
    """Return the step by a factor that a session is, or None: all its prices are in another basis, or it lasts."""
    factor = float(expected[row] / held.gross[row])
    if abs(np.log(held.bars.close[row] / held.base[row] / expected[row])) < abs(np.log(factor)) / 3:
        return None  # a false dividend is no step
    unit = 1.0 if held is pair.fund else abs(pair.leverage)
    slack, recorded = float(pair.noise[row] / unit / expected[row]), float(held.bars.split[row])
    if recorded == 1 or splits_by(recorded * factor, slack) is None:
        passing = row + 1 == len(held) or _is_back(held, expected, pair, row)
        if not _is_gross(factor) or (passing and _is_alone(pair, held, factor, row)):
            return None
    return Jump(row, factor, slack, _says(pair, held, expected[row], blamed), (pair.other(held).name,))


def _is_gross(factor: float) -> bool:
    return bool(abs(np.log(factor)) > np.log1p(GROSS))


def _says(pair: Pair, held: History, expected: float, blamed: Blame) -> str:
    """Return what the other instrument, and peers, say of a move."""
    other = pair.label if held is pair.fund else pair.fund.name
    return f"{other} says {rough(expected - 1.0, sign=True)}{pair.noted(blamed.message)}"


def _bad_price(pair: Pair, held: History, row: int, field: str, factor: float, blamed: Blame) -> Finding:
    """Report one price that is wrong for sure: the one before and the one after agree with the other instrument."""
    moved = float((held.gross if field == "close" else held.gap)[row])
    price = float(getattr(held.bars, field)[row])
    back = "the next close is back" if field == "close" else "the close is back"
    back = "its open says so too" if field == "close" and row + 1 == len(held) else back
    message = f"{field} of {amount(price)} ({rough(moved - 1, sign=True)}) while "
    message += f"{_says(pair, held, moved * factor, blamed)}, and {back}: a bad price"
    noise = pair.noise[row] if field == "close" else pair.open_noise[row]
    by = repairing_factor(factor, float(noise) / (1.0 if held is pair.fund else abs(pair.leverage)) / (moved * factor))
    name, date = identity(held.name, field, held.dates[row]), held.dates[row]
    repair = Repair(name, held.name, "price", date, by, field) if by else None
    remedy = f"--repair sets it to {amount(price * by)}" if by else ELSEWHERE
    against = (pair.other(held).name,)
    return held.finding(field, ERROR, row, message, remedy, factor=1 / factor, repair=repair, against=against)


def _doubt(pair: Pair, held: History, row: int, blamed: Blame, *, back: bool) -> Doubt:
    size = max(abs(float(pair.error[row])), abs(float(pair.plain[row])) if blamed.underlying else 0.0)
    moved = rough(float(held.gross[row]) - 1, sign=True)
    expected = pair.model[row] if held is pair.fund else 1.0 + (pair.fund.gross[row] - 1.0) / pair.leverage
    message = f"close moved {moved} while {_says(pair, held, float(expected), blamed)}"
    if held is not pair.fund:
        message += f", {rough(size)} apart in {pair.fund.name}'s terms"
    message += ", taken back the next session" if back else ""
    return Doubt(row, size, message, (pair.other(held).name,))


def opens(pair: Pair, leave: Flags) -> tuple[Flags, list[Finding]]:
    """Find opens that contradict each other, and name the instrument that also leaves its own day and its peers."""
    limit = np.maximum(OPEN * abs(pair.leverage), OPEN_NOISES * pair.open_noise)
    limit[pair.after_gap] = AFTER_GAP
    rows = (np.abs(pair.open_error) > limit) & pair.fund.reported & ~leave
    doubts: dict[str, list[Doubt]] = {held.name: [] for held in (pair.fund, pair.underlying)}
    found = []
    for row in np.flatnonzero(rows).tolist():
        blamed = _blame(pair, row, "open")
        held, expected = pair.fund, float(pair.open_model[row])
        if blamed.underlying:
            held, expected = pair.underlying, 1.0 + (float(pair.fund.gap[row]) - 1.0) / pair.leverage
        if _is_gross(held.gap[row] / max(expected, WORST)):
            found.append(_bad_price(pair, held, row, "open", expected / float(held.gap[row]), blamed))
        else:
            doubts[held.name].append(_doubt_open(pair, held, row, expected, blamed))
    for held in (pair.fund, pair.underlying):
        found.extend(_doubtful(held, "open", doubts[held.name]))
    return rows, found


def _doubt_open(pair: Pair, held: History, row: int, expected: float, blamed: Blame) -> Doubt:
    size = abs(float(pair.open_error[row]))
    moved = float(held.gap[row]) - 1
    if not blamed.message:
        answer = expected_by_peers(row, pair.underlying, "open", pair.peers.at_hand())
        blamed = blamed._replace(message=answer[1] if answer else "")
    message = f"opens at {amount(float(held.bars.open[row]))}, {rough(moved, sign=True)}, while "
    message += f"{_says(pair, held, expected, blamed)}: {rough(size)} off"
    message += f" in {pair.fund.name}'s terms" if held is not pair.fund else ""
    taken = 1.0 - abs(float(held.gross[row]) - 1.0 - (expected - 1.0)) / max(abs(moved - (expected - 1.0)), 1e-9)
    message += f"; by the close {rough(float(held.gross[row]) - 1, sign=True)}" if taken > 0.5 else ""
    return Doubt(row, size, message, (pair.other(held).name,))


def reaches(pair: Pair, leave: Flags) -> Iterator[Finding]:
    """Find highs and lows of the fund far beyond what its underlying's range allows."""
    limit = np.maximum(REACH * abs(pair.leverage), OPEN_NOISES * pair.open_noise)
    limit[pair.after_gap] = AFTER_GAP
    under, fund = pair.underlying, pair.fund
    ends = [(price + under.bars.dividend) / under.base - 1.0 for price in (under.bars.high, under.bars.low)]
    allowed = pair.leverage * np.array(ends)
    sides = {
        "high": (fund.bars.high + fund.bars.dividend) / fund.base - 1.0 - allowed.max(axis=0),
        "low": allowed.min(axis=0) - (fund.bars.low + fund.bars.dividend) / fund.base + 1.0,
    }
    for field, beyond in sides.items():
        doubts = []
        for row in np.flatnonzero((beyond > limit) & ~leave & fund.reported).tolist():
            message = f"{field} of {amount(float(getattr(fund.bars, field)[row]))} is {rough(float(beyond[row]))} "
            message += f"beyond what {pair.label}'s range allows{pair.noted()}"
            doubts.append(Doubt(row, float(beyond[row]), message, (under.name,)))
        yield from _doubtful(fund, field, doubts)


def _doubtful(held: History, field: str, doubts: Sequence[Doubt]) -> Iterator[Finding]:
    """Report prices in doubt, the largest alone, many small ones together."""
    doubts = sorted((doubt for doubt in doubts if held.reported[doubt.row]), key=lambda doubt: -doubt.size)
    alone = len(doubts) if len(doubts) <= LINES else LINES - 1
    remedy = (
        f"no fill there is sure: compare with {'execution.fill=next_close' if field == 'open' else 'another source'}"
    )
    for doubt in doubts[:alone]:
        yield held.finding(field, WARNING, doubt.row, doubt.message, remedy, against=doubt.against)
    if rest := sorted(doubts[alone:]):
        rows = [doubt.row for doubt in rest]
        message = f"{field} in doubt on {len(rows)} more sessions ({first_dates(held.dates[rows])}), "
        message += f"{rough(min(doubt.size for doubt in rest))} to {rough(max(doubt.size for doubt in rest))} off "
        message += f"{', '.join(rest[0].against)}"
        yield held.finding(field, WARNING, rows, message, remedy, against=rest[0].against)

"""Repairs on trial: one cause at a time, and none that doesn't bring returns nearer to what they should be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from data.arrays import Floats
from data.audit.finding import Finding
from data.audit.history import History
from data.audit.pair import WORST, Pair
from data.audit.steps import DIVIDENDS_STAY
from data.repairs import Repair, mended

ROUNDS = 8
"""Times that history is looked at again with what was found so far mended."""
FIRST = {"as-traded": 0, "split": 0, "move": 0, "rescale": 0, "reprice": 0, "stretch": 1, "price": 1}
"""Kinds of repairs that are tried before others: a step in all that is before makes dividends look wrong, and
single prices too. Others come after these."""
OF_NO_RETURN = ("widen", "revolume")
"""Kinds of repairs that change no return."""


def one_at_a_time(look: Callable[[tuple[Repair, ...]], Sequence[Finding]]) -> list[Finding]:
    """Find causes, the widest first, and look again with those mended, so that what only followed isn't found.

    Parameters
    ----------
    look
        Audits with some repairs on trial.
    """
    causes: list[Finding] = []
    trial: tuple[Repair, ...] = ()
    for _ in range(ROUNDS):
        found = look(trial)
        known = {each.id for each in causes}
        offered = [each for each in found if each.repair is not None and each.id not in known]
        if not offered:
            return [*causes, *found]
        ranks = [_rank(each) for each in offered]
        now = [each for each, rank in zip(offered, ranks, strict=True) if rank == min(ranks)]
        causes += now
        trial += tuple({each.id: each.repair for each in now if each.repair is not None}.values())  # of pairs alike
    return [*causes, *look(trial)]


def _rank(found: Finding) -> int:
    return FIRST.get(found.repair.kind, 2) if found.repair is not None else 2


def proven(found: Finding, history: History, pairs: Sequence[Pair]) -> Finding:
    """Return a finding, without its repair where that brings returns no nearer to what they should be.

    Parameters
    ----------
    found, history
        The finding, and the instrument it is about.
    pairs
        Those of the instrument with others that follow each other; without any, returns should be small.
    """
    made = found.repair
    if made is None or made.kind in OF_NO_RETURN:
        return found
    ways = [made]
    if pairs and made.kind in ("rescale", "reprice"):  # whether the dividends step too, the other instrument tells
        ways.append(replace(made, field="" if made.field else "prices"))
    before, *after = (_off(held, pairs) for held in (history, *(_after(history, way) for way in ways)))
    best = ways[int(np.argmin(after))]
    if min(after) < before:
        note = DIVIDENDS_STAY if best.field == "prices" else ""
        return replace(found, repair=best, remedy=found.remedy.removesuffix(DIVIDENDS_STAY) + note)
    remedy = "look it up: the repair at hand brings its returns no nearer to "
    remedy += f"{' and '.join(pair.other(history).name for pair in pairs) or 'what is usual'}"
    return replace(found, repair=None, remedy=remedy)


def _after(history: History, made: Repair) -> History:
    return replace(history, bars=mended(history.bars, [made]))


def _off(held: History, pairs: Sequence[Pair]) -> float:
    """Return how far a history's returns are off those that others of a pair tell, or by themselves their size."""
    return sum(_strays(_with(pair, held)) for pair in pairs) if pairs else _sum(held.gross) + _sum(held.gap)


def _with(pair: Pair, held: History) -> Pair:
    own = held.on(pair.dates)
    return replace(pair, fund=own) if held.name == pair.fund.name else replace(pair, underlying=own)


def _strays(pair: Pair) -> float:
    """Return the sum of what the fund's returns, to the close and to the open, stray from its underlying's."""
    model = np.maximum(1.0 + pair.leverage * (pair.underlying.gross - 1.0), WORST)
    return _sum(pair.fund.gross / model) + _sum(pair.fund.gap / pair.open_model)


def _sum(ratios: Floats) -> float:
    return float(np.nansum(np.abs(np.log(ratios))))

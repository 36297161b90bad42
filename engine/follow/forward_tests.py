"""The tests of a forward record that may be looked at after every session, on what a log holds (docs/forward.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from data.arrays import Dates
from engine.analytics.e_outlook import Outlook, gap_outlook, timing_outlook
from engine.analytics.e_process import EProcess, Scales, gap_process, timing_process
from engine.follow.record import ForwardRecord, ForwardReturns

EFFECT = 0.04
"""Log growth a year of which is told when it would show."""


class ForwardTest(NamedTuple):
    """A test of a forward record.

    Parameters
    ----------
    process
        On every session.
    on_time
        On the sessions whose orders were written down in time; None where all were.
    outlook
        When `EFFECT` would show.
    """

    process: EProcess
    on_time: EProcess | None
    outlook: Outlook


class ForwardTests(NamedTuple):
    """What the tests say of a forward record.

    Parameters
    ----------
    dates
        The sessions that are tested: all, or those before one in which the hedged book was ruined.
    late
        How many of them had an order that was written down late.
    timing, gap
        Of the hedge's dates, and of the hedged book against holding less.
    ruined
        The session of the ruin, None where there was none.
    """

    dates: Dates
    late: int
    timing: ForwardTest
    gap: ForwardTest
    ruined: np.datetime64 | None


def scales_of(registered: Mapping[str, Any]) -> Scales:
    """Return what the backtest says of sizes, from a registration."""
    scales = registered["scales"]
    given_up, gap = scales["given_up"], scales["held_less"] or {"sd": 0.0, "largest": 0.0}
    return Scales(scales["core"]["sd"], given_up["mean"], given_up["sd"], gap["sd"], gap["largest"])


def tests_of(record: ForwardRecord) -> ForwardTests:
    """Test a forward record.

    A session counts as late where the order that stood in it was written down late. It is out of sample all the same,
    as the registration's hashes stand, but nobody can tell by the log alone that the order was known before the fill.
    """
    returns, scales = record.returns, scales_of(record.registered)
    broken = np.flatnonzero(~np.isfinite(returns.hedged) | ~np.isfinite(returns.held_less))
    ruined = returns.dates[broken[0]] if len(broken) else None
    count = int(broken[0]) if len(broken) else len(returns.dates)
    all_of = ForwardReturns(*(column[:count] for column in returns))
    late = int(all_of.late.sum())
    on_time = ForwardReturns(*(column[~all_of.late] for column in all_of)) if late else None
    tested = _timing(all_of, scales), None if on_time is None else _timing(on_time, scales)
    timing = ForwardTest(*tested, timing_outlook(EFFECT, scales))
    tested = _gap(all_of, scales), None if on_time is None else _gap(on_time, scales)
    return ForwardTests(all_of.dates, late, timing, ForwardTest(*tested, gap_outlook(EFFECT, scales)), ruined)


def _timing(returns: ForwardReturns, scales: Scales) -> EProcess:
    return timing_process(returns.core, returns.given_up, scales)


def _gap(returns: ForwardReturns, scales: Scales) -> EProcess:
    return gap_process(returns.hedged, returns.held_less, scales)

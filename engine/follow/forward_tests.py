"""The tests of a forward record that may be looked at after every session, on what a log holds (docs/forward.md)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np

from data.arrays import Dates, Flags
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


def run_tests(record: ForwardRecord) -> ForwardTests:
    """Test a forward record.

    A session counts as late where the order that stood in it was written down late. It is out of sample all the same,
    as the registration's hashes stand, but nobody can tell by the log alone that the order was known before the fill.
    """
    returns, scales = record.returns, scales_of(record.registered)
    broken = np.flatnonzero(~np.isfinite(returns.hedged) | ~np.isfinite(returns.held_less))
    whole = np.arange(len(returns.dates)) < (broken[0] if len(broken) else len(returns.dates))
    processes = _processes(returns, whole, scales)
    late = int(returns.late[whole].sum())
    on_time = _processes(returns, whole & ~returns.late, scales) if late else (None, None)
    outlooks = timing_outlook(EFFECT, scales), gap_outlook(EFFECT, scales)
    timing, gap = (ForwardTest(*test) for test in zip(processes, on_time, outlooks, strict=True))
    return ForwardTests(returns.dates[whole], late, timing, gap, returns.dates[broken[0]] if len(broken) else None)


def _processes(returns: ForwardReturns, of: Flags, scales: Scales) -> tuple[EProcess, EProcess]:
    timing = timing_process(returns.core[of], returns.given_up[of], scales)
    return timing, gap_process(returns.hedged[of], returns.held_less[of], scales)

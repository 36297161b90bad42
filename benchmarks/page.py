"""docs/benchmarks.md, written by `make bench`: ours beside what people use today, and what whole commands cost."""

from __future__ import annotations

import datetime as dt
import importlib.metadata
import os
import platform
from collections.abc import Sequence
from typing import NamedTuple

from benchmarks.calibration.markdown import paragraphs, table
from benchmarks.commands import Result
from benchmarks.guard import Compared
from benchmarks.peers import PEERS, ROUNDS, Measured
from data.format import counted

LIBRARIES = ("numpy", "pandas", "numba", "quantstats", "backtrader", "dask")
PAGE = """# Benchmarks

{made}

## The same work

{work}

{peers}

{apart}

## Whole commands

{whole}

{commands}

## Two commits

{guard}{both}
"""
WORK = """1,000 combinations (20 averages, 10 floors of volatility, 5 weights) over {sessions} sessions and two
instruments, from closes in memory to measures: signals, orders when the hedge is switched, slippage and commission.
Ours, on two threads, makes every column of a sweep's table, splits, dividends and interest in it; peers are given
prices that hold splits and dividends, and measure total return, volatility, Sharpe ratio and drawdown. Medians of
{rounds} rounds, each peer's beside one of ours; *scaled*: it ran so many of them, drawn evenly. Memory is the whole
process's, at its peak."""
APART = """*Apart* is the largest difference of final equity from ours, by the same rules as far as the peer's allow.
{notes} vectorbt sizes an order before its cost."""
WHOLE = """From the command's start to its end, files and pages written, warm; *processor* is the user time of all
processes that it waited for, which the calibration's workers are not, memory that of the largest of them. Medians; the
ratio is the median over rounds of seconds by the peer's in the same round."""
GUARD = """`make guard BASE=COMMIT` runs the commands above in that commit and in the working tree, in turn, and prints
seconds, processor, memory and ratios; `ARGS="--worse 1.1"` ends with status 1 where a ratio is above that. No test of
the suite is timed."""


class Facts(NamedTuple):
    """On what it was measured.

    Parameters
    ----------
    sessions
        Of the run.
    history
        ``real`` or ``simulated``.
    """

    sessions: int
    history: str


BOTH = """Here `{base}`, before, and this tree, now: medians of rounds in turn, and how many times as fast it has
become, the median over rounds of one by the other beside it."""


def page(
    facts: Facts,
    peers: Sequence[Measured],
    commands: Sequence[Result],
    compared: Sequence[Compared] = (),
    base: str = "",
) -> str:
    """Return the page.

    Parameters
    ----------
    facts, peers, commands
        What was measured, and on what.
    compared, base
        The same commands in another commit, and which; nothing where none was asked for.
    """
    notes = " ".join(f"{peer.name}: {peer.note}." for peer in PEERS if peer.settings)
    return PAGE.format(
        made=paragraphs(_made(facts)),
        work=paragraphs(WORK.format(sessions=f"{facts.sessions:,}", rounds=ROUNDS)),
        peers=table(("", "version", "seconds", "times ours", "apart", "peak, MB"), [_peer(row) for row in peers], 2),
        apart=paragraphs(APART.format(notes=notes)),
        whole=paragraphs(WHOLE),
        commands=table(
            ("", "held against", "seconds", "processor", "peak, MB", "peer, s", "ratio"),
            [_command(result) for result in commands],
            2,
        ),
        guard=paragraphs(GUARD),
        both=f"\n\n{paragraphs(BOTH.format(base=base))}\n\n{_both(compared)}" if compared else "",
    )


def _both(compared: Sequence[Compared]) -> str:
    """Return the table of two commits."""
    heads = ("", "seconds before", "now", "times", "processor before", "now", "times", "peak before, MB", "now")
    return table(
        heads,
        [
            (
                each.name,
                *(_seconds(each.base.seconds), _seconds(each.ours.seconds), f"{1.0 / each.ratio.seconds:.1f}"),
                *(_seconds(each.base.user), _seconds(each.ours.user), f"{1.0 / each.ratio.user:.1f}"),
                *(_megabytes(each.base.memory), _megabytes(each.ours.memory)),
            )
            for each in compared
        ],
        1,
    )


def _made(facts: Facts) -> str:
    versions = ", ".join(f"{name} {importlib.metadata.version(name)}" for name in LIBRARIES if _has(name))
    return (
        f"Written by `make bench` on {dt.datetime.now(dt.UTC).date()}: "
        f"{counted(os.cpu_count() or 1, 'processor')} ({platform.machine()}), "
        f"Python {platform.python_version()}, {versions}; {facts.history} history of {facts.sessions:,} sessions. "
        "It is one machine's: ratios travel, seconds don't."
    )


def _has(name: str) -> bool:
    try:
        return bool(importlib.metadata.version(name))
    except importlib.metadata.PackageNotFoundError:
        return False


def _peer(row: Measured) -> tuple[str, ...]:
    scaled = "" if row.ran == row.of else f", scaled from {row.ran}"
    ours = not row.version
    apart = "" if ours else f"{row.apart:.0e}"
    return (
        f"{row.name}{scaled}",
        row.version,
        _seconds(row.seconds),
        f"{row.ratio:,.2f}" if ours else f"{row.ratio:,.0f}" if row.ratio >= 10 else f"{row.ratio:,.1f}",
        apart,
        "" if row.memory is None else _megabytes(row.memory),
    )


def _command(result: Result) -> tuple[str, ...]:
    row, ours, peer = result.row, result.ours, result.peer
    return (
        row.name,
        row.against,
        _seconds(ours.seconds),
        _seconds(ours.user),
        _megabytes(ours.memory),
        _seconds(peer.seconds) if peer else "",
        f"{result.ratio:.2f}" if result.ratio is not None else "",
    )


def _seconds(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.1f}" if value >= 10 else f"{value:.2f}"


def _megabytes(value: float) -> str:
    return f"{value / 1e6:,.0f}"

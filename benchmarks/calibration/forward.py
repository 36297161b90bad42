"""How often the tests of a forward record alarm, on SIMULATED markets with nothing to find and with something.

`make alarms` writes docs/alarms.md, in minutes on one core. A row hangs on its design alone.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple
from zlib import crc32

import numpy as np

from benchmarks.calibration.planted import LEVERAGE, WARM_UP, WEIGHT, random_spells, says
from benchmarks.calibration.returns import moves_of
from data.arithmetic import exp
from data.arrays import Flags, Floats, Ints
from data.calendar import SESSIONS_A_YEAR
from data.demo_market import SECTOR_GROWTH
from data.files import write_whole
from data.simulate import LONG_RUN_SD
from engine.analytics.e_process import DECAY, LEVEL, Scales, gap_bets, timing_bets

PAGE = Path(__file__).resolve().parents[2] / "docs" / "alarms.md"
RECORDS, YEARS = 2_000, 10
"""Forward records of a row with nothing to find, and how long each is."""
POWER_RECORDS, POWER_YEARS = 500, 40
"""Of a row in which something is planted."""
BACKTEST_YEARS = 16
"""Of the backtest that gives the scales."""
TOGETHER = 100
"""Records that follow on one backtest."""
GIVEN_UP = (1.0 - LEVERAGE) * WEIGHT
"""Core exposure that is given up while the hedge is on."""
RARELY = 0.02
"""How often the hedge is on, that is on rarely; a quarter of a month each time."""
CYCLE_YEARS, CYCLE = 2.0, 0.30
"""How long the mean return stays above its own mean, or below, and how far, a year."""
LUMPS = {"a lump a year": (1.0, 0.02), "a lump in 4 years": (0.25, 0.08), "a lump never seen": (0.1, 0.10)}
"""How many gains of one session a hedge makes a year, and of how much; every other session costs what they bring."""
LUMP_NOISE = 0.001
UNSEEN = "a lump never seen"
"""Its backtest had none; that of the others at least one."""


@dataclass(frozen=True)
class Design:
    """What a forward record is made of.

    Parameters
    ----------
    test
        ``timing`` or ``gap``.
    returns
        ``normal``; ``t(4)``; or as in `benchmarks.calibration.returns`; for the gap, also one of `LUMPS`.
    hedge
        ``random``, ``trend`` or ``volatility`` as in `benchmarks.calibration.planted`; ``rare``; ``always``.
    mean
        The core's mean return: ``cash``, that of cash; ``premium``, the same every session; ``sharpe``, in proportion
        to the volatility expected; ``cycles``, now high, now low.
    effect
        What the hedge's dates are made to bring, log growth a year.
    exact
        Whether the null holds session by session, rather than in the mean.
    years, records
        How long each record is, and how many there are.
    """

    test: str
    returns: str
    hedge: str = "random"
    mean: str = "cash"
    effect: float = 0.0
    exact: bool = True
    years: int = YEARS
    records: int = RECORDS


class Alarms(NamedTuple):
    """What the records of a row came to, shape (records,) each.

    Parameters
    ----------
    session
        Of the first alarm, from 0; -1 where there was none.
    better
        Whether it says helped, or pays.
    """

    session: Ints
    better: Flags


class Row(NamedTuple):
    """A design, what its records came to, and the scales of its first backtest."""

    design: Design
    alarms: Alarms
    scales: Scales


def nulls() -> list[Design]:
    """Return the designs with nothing to find, those of timing first."""
    timing = [
        Design("timing", returns, hedge, "premium")
        for returns in ("normal", "t(4)", "clustered")
        for hedge in ("random", "trend", "rare", "always")
    ]
    timing += [Design("timing", "clustered", "volatility", "premium")]
    timing += [Design("timing", "crashes", "random", "premium", exact=False)]
    timing += [Design("timing", "clustered", hedge, "sharpe", exact=False) for hedge in ("trend", "volatility")]
    timing += [Design("timing", "clustered", "random", "cycles", exact=False)]
    gap = [
        Design("gap", returns, hedge)
        for returns in ("normal", "t(4)", "clustered")
        for hedge in ("random", "trend", "rare")
    ]
    gap += [Design("gap", name, exact=name != UNSEEN) for name in LUMPS]
    gap += [Design("gap", "clustered", hedge, "premium", exact=False) for hedge in ("random", "trend")]
    return [*timing, *gap, Design("gap", "crashes", "random", exact=False)]


def planted() -> list[Design]:
    """Return the designs in which the hedge's dates bring something."""
    given = (("independent", "random"), ("clustered", "random"), ("clustered", "trend"))
    return [
        Design(test, *each, "premium" if test == "timing" else "cash", effect, years=POWER_YEARS, records=POWER_RECORDS)
        for test in ("timing", "gap")
        for each in given
        for effect in (0.02, 0.04, 0.08, 0.16)
    ]


def row_of(design: Design) -> Row:
    """Compute a row, the same for the same design."""
    firsts = range(0, design.records, TOGETHER)
    parts = [_followed(design, k, min(TOGETHER, design.records - first)) for k, first in enumerate(firsts)]
    session, better = (np.concatenate(column) for column in zip(*(alarms for _, alarms in parts), strict=True))
    return Row(design, Alarms(session, better), parts[0][0])


def _followed(design: Design, number: int, count: int) -> tuple[Scales, Alarms]:
    """Return the scales of a backtest, and what so many records that follow on it came to."""
    seed = crc32(repr(replace(design, test="", effect=0.0, exact=True, records=0)).encode())
    long, sessions = BACKTEST_YEARS * SESSIONS_A_YEAR, design.years * SESSIONS_A_YEAR
    if design.returns in LUMPS:
        lumps, noise = _lumpy(design.returns, np.random.default_rng([number, 0, seed]), (long, 1))
        lumps[0] = True
        before = noise if design.returns == UNSEEN else noise + LUMPS[design.returns][1] * lumps
        scales = Scales(LONG_RUN_SD, 0.0, 0.0, float(before.std()), float(np.abs(before).max()))
        lumps, noise = _lumpy(design.returns, np.random.default_rng([number, 1, seed]), (sessions, count))
        return scales, _alarms(gap_bets(noise + LUMPS[design.returns][1] * lumps, scales)[:2])
    core, on = _market(design, [number, 0, seed], long, 1)
    share = float(on.mean())
    before = GIVEN_UP * (share - on) * _with_effect(design, core, on, share)
    gap = (float(before.std()), float(np.abs(before).max())) if share < 1.0 else (1.0, 1.0)  # of no use there
    scales = Scales(float(core.std()), GIVEN_UP * share, GIVEN_UP * float(on.std()), *gap)
    core, on = _market(design, [number, 1, seed], sessions, count)
    core = _with_effect(design, core, on, share)
    if design.test == "timing":
        return scales, _alarms(timing_bets(core, GIVEN_UP * on, scales)[:2])
    return scales, _alarms(gap_bets(GIVEN_UP * (share - on) * core, scales)[:2])


def _alarms(sides: tuple[Floats, Floats]) -> Alarms:
    better, worse = sides
    rung = (better + worse) / 2.0 >= 1.0 / LEVEL
    first, records = rung.argmax(axis=0), np.arange(better.shape[1])
    return Alarms(np.where(rung.any(axis=0), first, -1), better[first, records] > worse[first, records])


def _with_effect(design: Design, core: Floats, on: Floats, share: float) -> Floats:
    """Return the core's returns, lower while the hedge is on and higher while it is off, by what is planted."""
    if not design.effect:
        return core
    apart = design.effect / SESSIONS_A_YEAR / (GIVEN_UP * share * (1.0 - share))
    return core - apart * (on - share)


def _market(design: Design, seed: list[int], sessions: int, count: int) -> tuple[Floats, Floats]:
    """Return log returns less cash's, and whether the hedge stood before each session, shape (sessions, count)."""
    core, on = np.empty((sessions, count)), np.empty((sessions, count))
    for record in range(count):
        chances, luck = (np.random.default_rng([*seed, record, stream]) for stream in range(2))
        moved = _returns(design.returns, chances, sessions + WARM_UP) + _means(design.mean, luck, sessions + WARM_UP)
        if design.mean == "sharpe":
            moved = _in_proportion(moved)
        core[:, record] = moved[WARM_UP:]
        on[:, record] = _stood(design.hedge, moved, luck)[WARM_UP - 1 : -1]
    return core, on


def _returns(kind: str, rng: np.random.Generator, count: int) -> Floats:
    """Return log returns of mean 0."""
    if kind == "normal":
        return LONG_RUN_SD * rng.standard_normal(count)
    if kind == "t(4)":
        return LONG_RUN_SD / math.sqrt(2.0) * rng.standard_t(4, count)
    moves = moves_of(kind, rng, count, 0.0, None)
    return moves.night + moves.course


def _means(kind: str, rng: np.random.Generator, count: int) -> Floats:
    """Return the mean of each session's log return, but for ``sharpe``."""
    if kind == "cycles":
        lengths = rng.geometric(1.0 / (CYCLE_YEARS * SESSIONS_A_YEAR), count)
        high = np.repeat((np.arange(count) + int(rng.integers(2))) % 2, lengths)[:count]
        return CYCLE / SESSIONS_A_YEAR * (2.0 * high - 1.0)
    return np.full(count, SECTOR_GROWTH / SESSIONS_A_YEAR if kind == "premium" else 0.0)


def _in_proportion(moved: Floats) -> Floats:
    """Return returns with a mean in proportion to the volatility that the returns before them make expected."""
    variance, means = LONG_RUN_SD**2, np.empty(len(moved))
    for t, move in enumerate(moved.tolist()):
        means[t] = math.sqrt(variance)
        variance = DECAY * variance + (1.0 - DECAY) * move**2
    return moved + SECTOR_GROWTH / SESSIONS_A_YEAR / LONG_RUN_SD * means


def _stood(kind: str, moved: Floats, rng: np.random.Generator) -> Flags:
    """Return whether the hedge is on at each close."""
    if kind == "always":
        return np.ones(len(moved), np.bool_)
    if kind == "rare":
        lengths = rng.geometric(1.0 / np.tile([5.0 / RARELY - 5.0, 5.0], len(moved)))
        return np.repeat(np.tile([False, True], len(moved)), lengths)[: len(moved)]
    return says(kind, exp(np.cumsum(moved)), random_spells(rng, len(moved)))


def _lumpy(kind: str, rng: np.random.Generator, shape: tuple[int, int]) -> tuple[Flags, Floats]:
    """Return where the rare gains are, and what there is beside them, so that both together have a mean of 0."""
    a_year, gain = LUMPS[kind]
    chance = a_year / SESSIONS_A_YEAR
    return rng.random(shape) < chance, LUMP_NOISE * rng.standard_normal(shape) - gain * chance


def rows_of(designs: list[Design]) -> Iterator[Row]:
    """Compute rows, one after the other."""
    from backtest.console import counting

    with counting("rows", len(designs)) as count:
        for design in designs:
            yield row_of(design)
            count(1)


def main() -> None:
    """Run it and write the page."""
    from benchmarks.calibration.forward_page import page

    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--records", type=int, default=RECORDS, help="a row with nothing to find; a glance takes 200")
    asked.add_argument("--power", type=int, default=POWER_RECORDS, help="a row with something planted")
    asked.add_argument("--out", type=Path, default=PAGE, help="the page to write")
    given = asked.parse_args()
    designs = [replace(design, records=given.records) for design in nulls()]
    designs += [replace(design, records=given.power) for design in planted()]
    text = page(list(rows_of(designs)))
    write_whole(given.out, lambda path: path.write_text(text, encoding="utf-8"))


if __name__ == "__main__":
    main()

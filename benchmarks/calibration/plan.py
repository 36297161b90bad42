"""What is tried: markets in which there is nothing to find, and markets in which something is planted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import NamedTuple

from benchmarks.calibration.planted import Design
from benchmarks.calibration.returns import REAL, RETURNS
from benchmarks.calibration.trial import FEW, FULL, NO_VERDICT, Effort

MARKETS, POWER_MARKETS, AGREE_MARKETS = 800, 200, 50
"""How many markets a row has: where nothing is planted, where something is, and judged by the full rules in all."""
YEARS = (8, 16, 30)
TIMING = (0.02, 0.04, 0.06, 0.08)
"""What timing is worth, log growth a year."""
FUND = (0.01, 0.02, 0.04)
"""What the fund returns more or less than its model, a fraction of the sleeve a year."""
GAP = (0.01, 0.02, 0.04, 0.08)
"""What the gap to holding less is more or less than 0, CAGR."""
TOGETHER = 5
"""Markets in a chunk."""

NULLS = tuple(
    Design(returns, signal, rebalance)
    for returns in RETURNS
    for signal in ("random", "trend", "volatility")
    for rebalance in ("weekly", "never")
)
"""Nothing to find, by any test."""
USUAL = tuple(Design("clustered", signal, usual=True) for signal in ("random", "trend"))
"""With the premium, fee, spread and costs of trading that a real market has."""
LENGTHS = tuple(
    replace(design, years=years)
    for design in (Design(), Design("clustered", "trend"))
    for years in YEARS
    if years != Design.years
)
"""Nothing to find, in more years and in fewer."""
PLANTED_IN = (
    *(Design(years=years) for years in YEARS),
    Design(rebalance="never"),
    Design("clustered"),
    Design("independent", "trend"),
    *(Design("clustered", "trend", years=years) for years in YEARS),
    Design("clustered", "volatility"),
    Design(REAL),
    Design(REAL, "trend"),
)
"""Where timing and the fund's return are planted."""
GAP_IN = (
    *(design for design in PLANTED_IN if design.rebalance == "weekly"),
    Design("crashes"),
)
"""Where a gap is looked for: nothing is planted there, the interval of the gap is moved by what would be."""
AGREE_IN = (
    *(
        Design(),
        Design("clustered", "trend"),
        Design("crashes", "random", "never"),
        Design("crashes", "trend", "never"),
    ),
    *(Design("clustered", "random", usual=True), Design("clustered", "trend", usual=True)),
    *(Design(timing=0.04), Design("clustered", "trend", timing=0.08)),
    *(Design(fund=0.02), Design("clustered", "trend", fund=-0.04)),
)
"""Where the full rules are tried too: labels of every kind come out there."""


class Row(NamedTuple):
    """Markets of one design, each judged with so much effort."""

    design: Design
    effort: Effort


Chunk = tuple[tuple[Design, int, Effort], ...]
"""Markets that a process is given at a time: what `benchmarks.calibration.trial.trial` is called with, but the pool."""


def rows_of(markets: int, power: int, agree: int, *, real: bool) -> dict[Row, int]:
    """Return how many markets each row has.

    Parameters
    ----------
    markets, power, agree
        As `MARKETS`, `POWER_MARKETS` and `AGREE_MARKETS`.
    real
        Whether there is real history to draw from; else its rows are left out.
    """
    each = -(-agree // len(AGREE_IN))
    wanted = [(Row(design, FEW), markets) for design in (*NULLS, *USUAL)]
    wanted += [(Row(design, FEW), power) for design in LENGTHS]
    planted = [with_timing(design, size) for size in TIMING for design in PLANTED_IN]
    planted += [with_fund(design, size) for size in both_sides(FUND) for design in PLANTED_IN]
    wanted += [(Row(design, NO_VERDICT), power) for design in planted]
    wanted += [(Row(design, effort), each) for design in AGREE_IN for effort in (FEW, FULL)]
    rows: dict[Row, int] = {}
    for row, count in wanted:
        if real or row.design.returns != REAL:
            rows[row] = max(count, rows.get(row, 0))
    return rows


def with_timing(design: Design, size: float) -> Design:
    """Plant what timing is worth, log growth a year."""
    return replace(design, timing=size)


def with_fund(design: Design, size: float) -> Design:
    """Plant what the fund returns beside its model, a fraction of the sleeve a year."""
    return replace(design, fund=size)


def both_sides(sizes: Iterable[float]) -> tuple[float, ...]:
    """Return sizes below 0 and above, increasing."""
    return tuple(sorted({side * size for size in sizes for side in (-1.0, 1.0)}))


def chunks_of(rows: Mapping[Row, int]) -> list[Chunk]:
    """Cut rows into chunks, the first of every row first: whenever it is stopped, all rows have come as far.

    Rows that differ in the fund alone go together, market by market: they have the same timing.
    """
    alike: dict[Row, list[Row]] = {}
    for row in rows:
        alike.setdefault(row._replace(design=with_fund(row.design, 0.0)), []).append(row)
    cut = []
    for group in alike.values():
        for first in range(0, max(rows[row] for row in group), TOGETHER):
            numbers = range(first, first + TOGETHER)
            cut.append((first, tuple((*row[:1], n, *row[1:]) for n in numbers for row in group if n < rows[row])))
    return [chunk for _first, chunk in sorted(cut, key=lambda pair: pair[0])]

"""Where what was told on two histories parts: beyond a rounding, up to a row."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from data.arrays import Flags, Floats
from engine.validation.probe import DECISION, INPUT, SIDE, Output

ROUNDING = 1e-9
"""Relative to what is compared: sums of the same numbers in another order differ by less."""


@dataclass(frozen=True)
class Parting:
    """Where a telling parts from that of the whole history.

    Parameters
    ----------
    cut
        The market's row after which history was tampered with.
    rows
        The first row that differs of each column that does, by the column's name.
    told
        What was told on the history tampered with.
    rounding
        The largest relative difference that counts as none.
    decisions
        Which of the columns are decisions.
    """

    cut: int
    rows: Mapping[str, int]
    told: Output
    rounding: float = 0.0
    decisions: tuple[str, ...] = field(default=())

    @property
    def parts(self) -> bool:
        """Whether anything differs, or the strategy couldn't be asked."""
        return bool(self.rows) or self.told.fault is not None

    @property
    def row(self) -> int:
        """The first row at which a decision differs; an input, where no decision does."""
        rows = [self.rows[name] for name in self.decisions] or list(self.rows.values())
        return min(rows, default=self.cut)

    @property
    def inputs(self) -> tuple[str, ...]:
        """The inputs that differ, by name."""
        return tuple(name for name in self.rows if name not in self.decisions)


def compare(whole: Output, told: Output, cut: int) -> Parting:
    """Compare decisions and inputs of the run up to a row, that row included."""
    if told.fault is not None:
        return Parting(cut, {}, told)
    rows, decisions, rounding = dict[str, int](), list[str](), 0.0
    for name in dict.fromkeys((*whole.columns, *told.columns)):
        ours, theirs = whole.columns.get(name), told.columns.get(name)
        role = (ours or theirs).role  # type: ignore[union-attr]  # one of them has it
        if role == SIDE:
            continue
        for part in ("values", "against") if role == INPUT else ("values",):
            mine, other = (_upto(getattr(one, part, None), cut) for one in (ours, theirs))
            off, apart = differing(mine, other)
            off[: whole.first] = False
            rounding = max(rounding, apart)
            if off.any():
                rows[name] = min(rows.get(name, cut), int(np.argmax(off)))
        if name in rows and role == DECISION:
            decisions.append(name)
    return Parting(cut, rows, told, rounding, tuple(decisions))


def differing(ours: Floats, theirs: Floats) -> tuple[Flags, float]:
    """Say where two columns differ beyond a rounding, and the largest relative difference that is only that."""
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    if same.all():
        return ~same, 0.0
    sizes = np.abs(ours[np.isfinite(ours)])
    typical = float(np.median(sizes)) if len(sizes) else 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.maximum(np.maximum(np.abs(ours), np.abs(theirs)), typical)
        apart = np.abs(ours - theirs) / scale
    rounded = ~same & (apart <= ROUNDING)
    return ~same & ~rounded, float(apart[rounded].max(initial=0.0))


def _upto(values: Floats | None, cut: int) -> Floats:
    return np.full(cut + 1, np.nan) if values is None else values[: cut + 1]

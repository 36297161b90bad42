"""Repairs made of findings: recorded beside the data, undone, and noticed when they do harm."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from data.audit.finding import ERROR, INFO, SEVERITIES, Finding
from data.audit.history import identity
from data.bars import COLUMNS, Bars
from data.errors import DataError, did_you_mean
from data.repairs import Repair, mended
from data.sources import BARS, Held, Kind, Source, typed
from data.sources.wrapped import Wrapped

ALL = "all"
"""In place of ids: every repair."""
SUBTLE = ("dividend", "dividends")
"""Kinds of repairs whose harm may be no error."""


class Keeper(Protocol):
    """What keeps bars and their repairs: a store, or a folder of CSV files."""

    def repairs(self) -> tuple[Repair, ...]:
        """Return the repairs that are applied to what is read."""

    def set_repairs(self, repairs: Iterable[Repair]) -> None:
        """Put these repairs in place of those there are."""

    def bars_as_kept(self, name: str) -> Bars:
        """Read bars without repairs."""


def keeper_of(source: Source) -> Keeper | None:
    """Return what keeps a source's repairs, None where nothing does (the demo market)."""
    kept: Any = getattr(source, "source", source)  # of a source that remembers what it read
    return kept if hasattr(kept, "set_repairs") else None


def repair(source: Source, findings: Iterable[Finding]) -> tuple[Repair, ...]:
    """Record the repairs of findings, so that they are applied whenever bars are read.

    Parameters
    ----------
    source
        What was audited: a store, or a folder of CSV files.
    findings
        Those to mend; one without a repair is passed over.

    Returns
    -------
    The repairs that were added; what is kept already isn't.

    Raises
    ------
    DataError
        The source keeps no repairs, or they can't be written.
    """
    keeper = _keeper(source)
    kept = keeper.repairs()
    present = {each.id for each in kept}
    new = {one.id: one.repair for one in findings if one.repair is not None and one.repair.id not in present}
    if new:
        keeper.set_repairs((*kept, *new.values()))
    return tuple(new.values())


def undo(source: Source, ids: Iterable[str]) -> tuple[Repair, ...]:
    """Take repairs back, by the ids of their findings, ``all`` of them, and return them.

    Raises
    ------
    DataError
        There is no such repair, or the source keeps none.
    """
    keeper = _keeper(source)
    kept = keeper.repairs()
    present = {each.id for each in kept}
    gone = set(ids)
    gone = present if ALL in gone else gone
    for wanted in sorted(gone - present):
        held = f"there are {', '.join(sorted(present))}" if present else "there is none"
        raise DataError(f"there is no repair {wanted}{did_you_mean(wanted, present)}: {held}")
    keeper.set_repairs(each for each in kept if each.id not in gone)
    return tuple(each for each in kept if each.id in gone)


def _keeper(source: Source) -> Keeper:
    keeper = keeper_of(source)
    if keeper is None:
        raise DataError(f"source {source.name} keeps no repairs: import its history into the store")
    return keeper


@dataclass(frozen=True)
class Without(Wrapped):
    """A source with one repair left out.

    Parameters
    ----------
    source, keeper
        What is read, and what keeps its repairs.
    left_out
        The repair's id.
    """

    keeper: Keeper
    left_out: str

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Return a history, bars mended but for one repair."""
        if kind != BARS:
            return self.source.read(kind, name)
        others = [each for each in _of(self.keeper, name) if each.id != self.left_out]
        return typed(kind, mended(self.keeper.bars_as_kept(name), others))


def reviewed(
    source: Source, found: Sequence[Finding], names: Iterable[str], again: Callable[[Source], Sequence[Finding]]
) -> Iterator[Finding]:
    """Pass findings on, and tell of repairs that a vendor who has mended the data himself made harmful, or idle.

    Parameters
    ----------
    source, found, names
        What was audited, with its repairs applied, and what was found.
    again
        Audits another source the same way. It is asked when an instrument with repairs has errors all the same, or
        the repair's harm would be small: it does harm when less is found without it, and takes the place of that.
    """
    keeper = keeper_of(source)
    repairs = [each for name in names for each in _of(keeper, name)] if keeper is not None else []
    left = list(found)
    for made in repairs:
        if keeper is None:
            break
        mine = [one for one in left if one.instrument == made.instrument]
        suspect = made.kind in SUBTLE or any(one.severity == ERROR for one in mine)
        still = again(Without(source, keeper, made.id)) if suspect else ()
        without = [one for one in still if one.instrument == made.instrument]
        if suspect and _doubts(without) < _doubts(mine):
            gone = [one for one in mine if one.id not in {each.id for each in without}] or mine
            left = [one for one in left if one not in gone]
            worst = min(gone, key=lambda one: SEVERITIES.index(one.severity))
            yield _told(made, ERROR, f"does harm now, the vendor has mended it: {worst.says}")
        elif _is_idle(keeper, made):
            yield _told(made, INFO, "changes nothing any more")
    yield from left


def _doubts(found: Iterable[Finding]) -> int:
    return sum(one.severity != INFO for one in found)


def _of(keeper: Keeper, name: str) -> list[Repair]:
    return [each for each in keeper.repairs() if each.instrument == name]


def _told(made: Repair, severity: str, what: str) -> Finding:
    name, dates = identity(made.instrument, "repair", made.date), np.array([made.date])
    return Finding(
        name, severity, made.instrument, "repair", dates, f"the repair {made.id} {what}", f"--undo {made.id}"
    )


def _is_idle(keeper: Keeper, made: Repair) -> bool:
    """Say whether a repair changes nothing."""
    kept, own = keeper.bars_as_kept(made.instrument), _of(keeper, made.instrument)
    here, without = mended(kept, own), mended(kept, [each for each in own if each.id != made.id])
    return all(np.array_equal(getattr(here, name), getattr(without, name), equal_nan=True) for name in COLUMNS)

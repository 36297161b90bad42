"""Repairs made of findings: recorded beside the data, undone, and noticed when they do harm."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from data.audit.finding import ERROR, INFO, SEVERITIES, Finding, identity
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
        Those to mend; finding without a repair is passed over.

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
    mends = [finding.repair for finding in findings if finding.repair is not None]
    new = {mend.id: mend for mend in mends if mend.id not in present}
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
    named = set(ids)
    gone = present if ALL in named else named
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
    """A source with one repair left out."""

    keeper: Keeper
    """What keeps the repairs."""
    left_out: str
    """The repair's id."""

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Return a history, bars mended but for that repair."""
        if kind != BARS:
            return self.source.read(kind, name)
        others = [each for each in _of(self.keeper, name) if each.id != self.left_out]
        return typed(kind, mended(self.keeper.bars_as_kept(name), others))


def reviewed(
    source: Source, found: Sequence[Finding], names: Iterable[str], again: Callable[[Source], Sequence[Finding]]
) -> Iterator[Finding]:
    """Pass findings on, and report repairs that a vendor who has mended the data himself made harmful, or idle.

    Parameters
    ----------
    source, found, names
        What was audited, with its repairs applied, and what was found.
    again
        Audits another source the same way. It is asked when an instrument with repairs has errors all the same, or
        the repair's harm would be small: it does harm when less is found without it, and takes the place of that.
    """
    keeper = keeper_of(source)
    if keeper is None:
        yield from found
        return
    left = list(found)
    for made in [each for name in names for each in _of(keeper, name)]:
        mine = [finding for finding in left if finding.instrument == made.instrument]
        suspect = made.kind in SUBTLE or any(finding.severity == ERROR for finding in mine)
        still = again(Without(source, keeper, made.id)) if suspect else ()
        without = [finding for finding in still if finding.instrument == made.instrument]
        if suspect and _doubts(without) < _doubts(mine):
            gone = [finding for finding in mine if finding.id not in {each.id for each in without}] or mine
            left = [finding for finding in left if finding not in gone]
            worst = min(gone, key=lambda finding: SEVERITIES.index(finding.severity))
            yield _about(made, ERROR, f"does harm now, the vendor has mended it: {worst.message}")
        elif _is_idle(keeper, made):
            yield _about(made, INFO, "changes nothing any more")
    yield from left


def _doubts(found: Iterable[Finding]) -> int:
    return sum(finding.severity != INFO for finding in found)


def _of(keeper: Keeper, name: str) -> list[Repair]:
    return [each for each in keeper.repairs() if each.instrument == name]


def _about(made: Repair, severity: str, what: str) -> Finding:
    name, dates = identity(made.instrument, "repair", made.date), np.array([made.date])
    return Finding(
        name, severity, made.instrument, "repair", dates, f"the repair {made.id} {what}", f"--undo {made.id}"
    )


def _is_idle(keeper: Keeper, made: Repair) -> bool:
    """Return whether a repair changes nothing."""
    kept, own = keeper.bars_as_kept(made.instrument), _of(keeper, made.instrument)
    here, without = mended(kept, own), mended(kept, [each for each in own if each.id != made.id])
    return all(np.array_equal(getattr(here, name), getattr(without, name), equal_nan=True) for name in COLUMNS)

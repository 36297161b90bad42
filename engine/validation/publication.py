"""Publication: no series, schedule or membership is read before it was public."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from data.arrays import Ints
from data.events import Events, Members
from data.families import published_late
from data.series import Series
from data.sources import Kind, Thing
from engine.validation.comparing import Parting, compare
from engine.validation.histories import poisoned
from engine.validation.locate import Namer
from engine.validation.perturb import Garbage
from engine.validation.proof import Check, Leak, Outcome, Steps

PUBLISHED = ("series", "events", "members")
DATES = 12
"""At so many of the cuts each is poisoned by itself."""


class Publication(NamedTuple):
    """How one item is published, and how it was read.

    Parameters
    ----------
    item, rule
        Its name, and when it is known, in words; empty where nothing says that.
    doubt
        Why that may be too early; empty where nothing speaks for it.
    partings
        Where garbage in place of what wasn't public changed something.
    """

    item: str
    rule: str
    doubt: str
    partings: tuple[Parting, ...]


def publication_check(namer: Namer, cuts: Ints, named: Sequence[str], steps: Steps) -> Check:
    """Poison each series, schedule and group by itself where it wasn't public yet, and say by what rule it is.

    Parameters
    ----------
    namer
        Names what is found.
    cuts
        Rows of the market, in order.
    named
        What leaks found before show in: they are not named again.
    steps
        Told each item.
    """
    items = sorted(item for item in namer.whole.read if item.startswith(PUBLISHED))
    if not items:
        return Check("publication", "passed", "it reads no series, schedule or group")
    chosen = cuts[np.unique(np.linspace(0, len(cuts) - 1, min(DATES, len(cuts))).astype(int))] if len(cuts) else cuts
    found = []
    for number, item in enumerate(items):
        steps.part(f"reading what is published, {item}:", number + 1, len(items))
        found.append(_published(namer, item, chosen))
    leaks = tuple(_leaks(namer, found, named))
    outcome: Outcome = "warning" if any(one.doubt for one in found) else "passed"
    if any(one.partings for one in found):
        outcome = "leak"
    groups = dict[str, list[str]]()
    for one in found:
        how = "before it was public" if one.partings else "no earlier than it was public"
        how = how if one.rule else "as if it had always been known"
        groups.setdefault(how, []).append(f"{one.item.replace('/', ' ')} ({': '.join(filter(None, one[1:3]))})")
    said = "; ".join(f"read {how}: {', '.join(each)}" for how, each in groups.items())
    details = {one.item: {"rule": one.rule, "doubt": one.doubt, "early": len(one.partings)} for one in found}
    return Check("publication", outcome, said, details, leaks)


def _published(namer: Namer, item: str, cuts: Ints) -> Publication:
    kind, _, name = item.partition("/")
    only = frozenset((item,))
    thing: Thing = namer.bench.market.source.read(Kind(kind), name)
    partings = []
    for row in cuts.tolist():
        history = poisoned(namer.whole.sessions[row], Garbage(row), only)
        partings.append(compare(namer.whole, namer.bench.tell(history, row), row))
    return Publication(item, *_rule(name, thing), tuple(one for one in partings if one.rows))


def _rule(name: str, thing: Thing) -> tuple[str, str]:
    """Return in words when an item is known, and why that may be too early."""
    if isinstance(thing, Events):
        hindsight = ("", "schedule in hindsight: no column announced says when its dates were public")
        return hindsight if thing.in_hindsight else ("known on the day each date was announced", "")
    if isinstance(thing, Members):
        undated = np.isnat(thing.since).all() and np.isnat(thing.until).all()
        hindsight = ("", "survivorship: no column since or until says when anybody belonged")
        return hindsight if undated else ("known on the day somebody joined or left", "")
    return _series_rule(name, thing) if isinstance(thing, Series) else ("", "")


def _series_rule(name: str, series: Series) -> tuple[str, str]:
    if series.known is not None:
        return "known on the day its column known says", ""
    sessions, usual = series.lag, published_late(name)
    doubt = f"it is published {usual} session late: set data.lag.{name}={usual}" if sessions < usual else ""
    if not sessions:
        return "known at the close of its own date", doubt
    return f"known {sessions} session{'s' * (sessions > 1)} after its date", doubt


def _leaks(namer: Namer, found: Sequence[Publication], named: Sequence[str]) -> list[Leak]:
    return [
        namer.name(subject, one.partings, frozenset((one.item,)))
        for one in found
        for subject in namer.subjects(one.partings)
        if subject not in named
    ]

"""Truncation and poison: what was decided up to a session is the same, whatever comes after it, or nothing at all."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from data.arrays import Ints
from engine.validation.comparing import Parting, compare
from engine.validation.histories import cut, poisoned
from engine.validation.locate import Namer, fails
from engine.validation.perturb import MILD, Garbage
from engine.validation.probe import Bench, Output
from engine.validation.proof import Check, Leak, Outcome, Steps

NAMED = 3
"""Leaks that are named at length: each takes a few dozen tellings."""


@dataclass(frozen=True)
class Trials:
    """What was told on history tampered with after each cut.

    Parameters
    ----------
    cuts
        The market's rows, in order.
    truncated, poisoned
        How each telling parts from that of the whole history.
    """

    cuts: Ints
    truncated: tuple[Parting, ...]
    poisoned: tuple[Parting, ...]

    @property
    def partings(self) -> tuple[Parting, ...]:
        """All that part in what was told."""
        return tuple(one for one in (*self.truncated, *self.poisoned) if one.rows)

    @property
    def short(self) -> tuple[Parting, ...]:
        """Those at the shortest histories that can't be asked: they are too short for the strategy, if any isn't."""
        works = [one.cut for one in self.truncated if one.told.fault is None]
        return tuple(one for one in self.truncated if works and one.cut < works[0])

    @property
    def failing(self) -> tuple[Parting, ...]:
        """Those that can't be asked on a history that is cut, although a shorter one is enough."""
        short = {one.cut for one in self.short}
        return tuple(one for one in self.truncated if one.told.fault is not None and one.cut not in short)


def tried(bench: Bench, whole: Output, cuts: Ints, steps: Steps) -> Trials:
    """Ask at every cut, on history that ends there and on history with garbage after it."""
    truncated, spoilt = [], []
    for number, row in enumerate(cuts.tolist()):
        steps.part("cutting history short, cut", number + 1, len(cuts))
        at = whole.sessions[row]
        truncated.append(compare(whole, bench.tell(cut(at), row), row))
        told = bench.tell(poisoned(at, Garbage(row)), row)
        if told.fault is not None:  # perhaps it refuses prices that no market has
            told = bench.tell(poisoned(at, Garbage(row, MILD)), row)
        spoilt.append(compare(whole, told, row))
    return Trials(cuts, tuple(truncated), tuple(spoilt))


def named_leaks(namer: Namer, trials: Trials, steps: Steps) -> dict[str, Leak]:
    """Return the leaks that both kinds of trial show, by what they show in: an input, or the decisions."""
    found, subjects = dict[str, Leak](), namer.subjects(trials.partings)[:NAMED]
    for number, subject in enumerate(subjects):
        steps.part("naming what was found, leak", number + 1, len(subjects))
        found[subject] = namer.name(subject, trials.partings)
    if trials.failing and not found:
        return {"": fails(namer.whole, trials.failing[0])}
    if trials.failing:
        first = next(iter(found))
        said = f"{found[first].sentence}; on history that is cut it fails, {trials.failing[0].told.fault}"
        found[first] = replace(found[first], sentence=said)
    return found


def truncation_check(namer: Namer, trials: Trials, leaks: dict[str, Leak]) -> Check:
    """Say what history cut short changed."""
    parted = [one for one in trials.truncated if one.rows]
    own = {one.cut for one in (*parted, *trials.failing)}
    found = tuple(leak for subject, leak in leaks.items() if not subject or _shows(subject, parted))
    said = f"history cut at {len(trials.cuts)} dates: "
    said += _counted(len(parted), len(trials.failing))
    if trials.short:
        last = trials.short[-1]
        said += f"; up to {namer.whole.sessions[last.cut]} it is too short to be asked ({last.told.fault})"
    return Check(
        "truncation", "leak" if own else "passed", said + _rounded(trials.truncated), _details(trials, own), found
    )


def poison_check(namer: Namer, trials: Trials, leaks: dict[str, Leak], before: Sequence[Leak]) -> Check:
    """Say what garbage after a date changed."""
    parted = [one for one in trials.poisoned if one.rows]
    failed = [one for one in trials.poisoned if one.told.fault is not None]
    # An intensity is asked for all sessions at once: on the garbage itself it may fail without looking ahead.
    harmless = failed if namer.kind == "intensity" else []
    own = {one.cut for one in (*parted, *failed)} - {one.cut for one in harmless}
    found = tuple(leak for subject, leak in leaks.items() if _shows(subject, parted) and leak not in before)
    said = f"garbage after {len(trials.cuts)} dates: "
    said += _counted(len(parted), len(failed) - len(harmless))
    outcome: Outcome = "leak" if own else "passed"
    if harmless:
        said += f"; {len(harmless)} times it fails on the garbage itself, {harmless[0].told.fault}"
        outcome = "leak" if own else "warning"
    return Check("poison", outcome, said + _rounded(trials.poisoned), _details(trials, own), found)


def _counted(parted: int, failing: int) -> str:
    """Return in words how often something came out otherwise."""
    counts = ((parted, "what was decided before comes out otherwise"), (failing, "it fails"))
    said = " and ".join(f"{count} times {what}" for count, what in counts if count)
    return said or "all that was decided before stays the same"


def _shows(subject: str, parted: Sequence[Parting]) -> bool:
    return any(subject in one.rows for one in parted)


def _rounded(partings: Sequence[Parting]) -> str:
    largest = max((one.rounding for one in partings), default=0.0)
    return f" (to a rounding of {largest:.0e})" if largest else ""


def _details(trials: Trials, own: set[int]) -> dict[str, int]:
    return {"cuts": len(trials.cuts), "otherwise": len(own)}

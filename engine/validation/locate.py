"""Naming a leak: the decision, the input, what it reads too early, and how many sessions too early."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from engine.validation.histories import Garbage, poisoned
from engine.validation.probe import OF_ONE, Bench, Divergence, Output, compare
from engine.validation.proof import Leak

SEEDS = range(4)
"""Garbage that happens to change nothing is tried again with other garbage, so often."""
FIELDS = ("open", "high", "low", "close", "volume")
SUBJECTS = {"intensity": "intensity", "on_close": "the hedge's weight", "backtrader": "its order"}
HORIZON = 1.0 / 3.0
"""The share of the run's sessions from which on "ahead" is the whole history, as in an average over all of it."""


@dataclass(frozen=True)
class Namer:
    """Names leaks, by asking what changes when one thing at a time is garbage.

    Parameters
    ----------
    bench, whole
        What the strategy is asked on, and its output on the whole history.
    kind
        The strategy's kind.
    """

    bench: Bench
    whole: Output
    kind: str

    def subjects(self, trials: Iterable[Divergence]) -> tuple[str, ...]:
        """Return what differs: inputs by their names where any does, else the first decision."""
        different = tuple(dict.fromkeys(name for trial in trials for name in trial.rows))
        return self._inputs(different) or different[:1]

    def name(self, subject: str, trials: Sequence[Divergence], only: frozenset[str] | None = None) -> Leak:
        """Name the leak that shows in an input, or in the decisions.

        Parameters
        ----------
        subject
            As `subjects` gives it.
        trials
            All whose output differs.
        only
            The items among which what is read lies; ``None`` for all that the strategy read.
        """
        shown = [trial for trial in trials if subject in trial.rows]
        first = min(shown, key=lambda trial: (not trial.decisions, trial.row, trial.cut))
        # The more sessions lie before the garbage, the sooner it shows; the fewer, the sooner it is asked.
        tries = (first.cut, max(trial.cut for trial in shown))
        reads = next(filter(None, (self._items(subject, cut, only) for cut in tries)), ())
        seen = max(trial.cut + 1 - trial.rows[subject] for trial in shown)
        ahead = self._furthest(subject, first.cut, seen, frozenset(reads)) if reads else seen
        return self._leak(subject, first, tuple(self._in_words(subject, tries, item) for item in reads), ahead)

    def _leak(self, subject: str, first: Divergence, reads: tuple[str, ...], ahead: int) -> Leak:
        row, sessions, inputs = first.row, self.whole.sessions, self._inputs(first.rows)
        to_the_end = ahead >= HORIZON * (len(sessions) - self.bench.market.first)
        if first.decisions:
            name = next((name for name in first.decisions if first.rows[name] == row and OF_ONE in name), "")
            what = name or SUBJECTS[self.kind]
            before, after = self.whole.decision(row, name), first.output.decision(row, name)
        else:
            what, inputs = f"input '{subject}'", (subject,)
            before, after = _value(self.whole, subject, row), _value(first.output, subject, row)
        date, cut = str(sessions[row]), str(sessions[first.cut])
        sentence = (
            f"{date}: {what} {_changes(before, after)} when {_when(reads, cut)} ({_ahead(reads, ahead, to_the_end)})"
        )
        if first.decisions and inputs:
            named = ", ".join(f"'{name}'" for name in dict.fromkeys((subject, *inputs)))
            sentence += f"; {'inputs' if len(inputs) > 1 else 'input'} {named}"
        return Leak(date, cut, before, after, inputs, reads, ahead, to_the_end, sentence)

    def _items(self, subject: str, cut: int, only: frozenset[str] | None) -> tuple[str, ...]:
        """Return the items of which garbage after the cut changes the subject; all together, where none does alone."""
        candidates = sorted(self.whole.read if only is None else only)
        alone = tuple(item for item in candidates if self._alters(subject, cut, cut, frozenset((item,))))
        if alone or not self._alters(subject, cut, cut, frozenset(candidates)):
            return alone
        return tuple(candidates)

    def _furthest(self, subject: str, row: int, seen: int, items: frozenset[str]) -> int:
        """Return how many sessions ahead of a row garbage still changes the subject there, or before: by bisection."""
        last = len(self.whole.sessions) - 1 - row
        good, step = 1, max(seen, 1)
        while step <= last and self._alters(subject, row + step - 1, row, items):
            good, step = step, 2 * step
        if good == 1 and step > 1:
            return seen  # what was seen elsewhere doesn't show here again
        bad = min(step, last + 1)
        while bad - good > 1:
            middle = (good + bad) // 2
            good, bad = (middle, bad) if self._alters(subject, row + middle - 1, row, items) else (good, middle)
        return max(good, seen)

    def _in_words(self, subject: str, tries: tuple[int, ...], item: str) -> str:
        """Return an item in words; of bars the column or two that change the subject alone."""
        sort, _, name = item.partition("/")
        if sort != "bars":
            return f"{sort} {name}" if sort == "series" else f"{name} ({sort})"
        single = frozenset((item,))
        for cut in tries:
            found = [field for field in FIELDS if self._alters(subject, cut, cut, single, (field,))]
            if found:
                return f"{name}'s {' and '.join(found)}" if len(found) <= 2 else f"{name}'s bars"
        return f"{name}'s bars"

    def _alters(
        self, subject: str, after: int, upto: int, items: frozenset[str], fields: tuple[str, ...] | None = None
    ) -> bool:
        """Return whether garbage in what wasn't known of items at the close of a row changes the subject by a row."""
        for seed in SEEDS:
            history = poisoned(self.whole.sessions[after], Garbage(seed, fields=fields), items)
            trial = compare(self.whole, self.bench.run(history, upto), upto)
            if subject in trial.rows or (self.kind != "intensity" and trial.differs):
                return True
        return False

    def _inputs(self, names: Iterable[str]) -> tuple[str, ...]:
        return tuple(name for name in names if name in self.whole.inputs)


def fails(whole: Output, trial: Divergence) -> Leak:
    """Return the leak of a strategy that can't be asked on the history as it stood at a session."""
    cut = str(whole.sessions[trial.cut])
    sentence = f"on history that ends on {cut} it fails, {trial.output.error}: it asks for what comes later"
    return Leak(cut, cut, whole.decision(trial.cut), "no answer", (), (), None, to_the_end=False, sentence=sentence)


def _value(output: Output, name: str, row: int) -> str:
    """Return an input's value in words; its threshold's, where that is what differs."""
    column = output.columns.get(name)
    if column is None:
        return "not told"
    against = "" if column.against is None else f" against {_number(column.against[row])}"
    return f"{_number(column.values[row])}{against}"


def _number(value: float) -> str:
    return "not known" if np.isnan(value) else f"{value:.6g}"


def _changes(before: str, after: str) -> str:
    words = " " in f"{before}{after}"
    return f'"{before}" becomes "{after}"' if words else f"{before} becomes {after}"


def _when(reads: tuple[str, ...], cut: str) -> str:
    if not reads:
        return f"history ends on {cut}: it hangs on how long that is, or on its later dates"
    several = len(reads) > 1 or " and " in reads[0] or reads[0].endswith("bars")
    if all("'s " in read for read in reads):
        return f"{' and '.join(reads)} after {cut} {'change' if several else 'changes'}"
    return f"what wasn't known of {' and '.join(reads)} by the close of {cut} changes"


def _ahead(reads: tuple[str, ...], ahead: int, to_the_end: bool) -> str:  # noqa: FBT001  # a word of a sentence
    if to_the_end:
        return "it sees the whole history"
    sessions = f"at least {ahead} session{'s' * (ahead > 1)}"
    if reads and not any("'s " in read for read in reads):
        return f"it reads it {sessions} before it is known"
    return f"it sees {sessions} ahead"

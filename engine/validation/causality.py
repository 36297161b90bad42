"""Truncation, poison and publication: no decision up to a session depends on what was known only after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from data.arrays import Flags, Ints
from data.events import Events, Members
from data.market import Market
from data.publication import RIGHT_AS_KNOWN, known_early
from data.series import Series
from data.sources import FILINGS, Kind, Thing
from engine.validation.histories import MILD, Garbage, cut, poisoned
from engine.validation.locate import Namer, fails
from engine.validation.probe import DECISION, Divergence, Output, compare
from engine.validation.proof import Check, Leak, Outcome, Steps

SEED = 20_100_311
AROUND = (-1, 0, 1)
"""Sessions from a switch, at whose closes history is cut."""
NAMED = 3
"""Leaks that are named at length: each takes a few dozen runs."""
PUBLISHED = ("series", "events", "members")
DATES = 12
"""At so many of the cuts each published item is poisoned by itself."""


def switches(output: Output) -> Flags:
    """Return for each row whether a decision, or an input's side of its threshold, differs from the one before."""
    changed = np.zeros(len(output.sessions), np.bool_)
    for column in output.columns.values():
        values = column.values
        if column.role == DECISION:
            same = (values[1:] == values[:-1]) | (np.isnan(values[1:]) & np.isnan(values[:-1]))
            changed[1:] |= ~same
        elif column.against is not None:
            with np.errstate(invalid="ignore"):
                above = values > column.against
            changed[1:] |= above[1:] != above[:-1]
    return changed


def choose_cuts(market: Market, output: Output, many: int) -> Ints:
    """Return rows of the market to cut at, in order: at most so many, half of them around switches.

    Where filings are read a quarter of them are on days of filings, which aren't known at those closes yet. A cut
    leaves a decision and a fill before it, and at least a session after it.
    """
    low, high = market.first + 1, len(market) - 2
    if high - low + 1 <= many:
        return np.arange(low, high + 1)
    rng = np.random.default_rng(SEED)
    near = (np.flatnonzero(switches(output))[:, None] + np.array(AROUND)).ravel()
    near = np.unique(near[(near >= low) & (near <= high)])
    chosen = rng.choice(near, min(len(near), many // 2), replace=False)
    filed = np.setdiff1d(_filed(market, output), chosen)
    filed = filed[(filed >= low) & (filed <= high)]
    chosen = np.concatenate((chosen, rng.choice(filed, min(len(filed), many // 4), replace=False)))
    edges = np.linspace(low, high + 1, many - len(chosen) + 1)
    spread = np.floor(edges[:-1] + rng.random(len(edges) - 1) * np.diff(edges)).astype(np.int64)
    rows = np.unique(np.concatenate((chosen, np.minimum(spread, high))))
    left = np.setdiff1d(np.arange(low, high + 1), rows)  # where two fell on the same row
    return np.sort(np.concatenate((rows, rng.choice(left, many - len(rows), replace=False))))


def _filed(market: Market, output: Output) -> Ints:
    """Return the rows of the market on which anything was filed of what was read."""
    names = [name for kind, _, name in (item.partition("/") for item in output.read) if kind == FILINGS]
    if not names:
        return np.zeros(0, np.int64)
    days = np.concatenate([market.source.read(FILINGS, name).filed for name in names])
    return np.flatnonzero(np.isin(market.sessions, days))


@dataclass(frozen=True)
class Trials:
    """How outputs differ on history tampered with after each cut, in order."""

    truncated: tuple[Divergence, ...]
    poisoned: tuple[Divergence, ...]

    @property
    def different(self) -> tuple[Divergence, ...]:
        """All whose output differs."""
        return tuple(trial for trial in (*self.truncated, *self.poisoned) if trial.rows)

    def failed(self, *, short: bool) -> tuple[Divergence, ...]:
        """Return those that fail on history cut too short for the strategy, or although a shorter one is enough."""
        works = next((trial.cut for trial in self.truncated if trial.output.error is None), -1)
        failed = [trial for trial in self.truncated if trial.output.error is not None]
        return tuple(trial for trial in failed if (trial.cut < works) is short)


def causality_checks(namer: Namer, cuts: Ints, steps: Steps) -> tuple[Check, ...]:
    """Cut and poison history, name what that shows, and poison what is published by itself."""
    if not len(cuts):
        return (Check("truncation", "skipped", "the run is too short to be cut: it needs four sessions"),)
    steps.begin("cutting history short")
    trials = _tried(namer, cuts, steps)
    steps.begin("naming what was found")
    leaks = _named_leaks(namer, trials, steps)
    truncation = _truncation(namer, trials, leaks)
    poison = _poison(namer, trials, leaks, truncation.leaks)
    steps.begin("reading what is published")
    return truncation, poison, _publication_check(namer, cuts, leaks, steps)


def _tried(namer: Namer, cuts: Ints, steps: Steps) -> Trials:
    """Ask at every cut, on history that ends there and on history with garbage after it."""
    bench, whole = namer.bench, namer.whole
    truncated, spoilt = [], []
    for number, row in enumerate(cuts.tolist()):
        steps.part("cutting history short, cut", number + 1, len(cuts))
        at = whole.sessions[row]
        truncated.append(compare(whole, bench.run(cut(at), row), row))
        output = bench.run(poisoned(at, Garbage(row)), row)
        if output.error is not None:  # perhaps it refuses prices that no market has
            output = bench.run(poisoned(at, Garbage(row, MILD)), row)
        spoilt.append(compare(whole, output, row))
    return Trials(tuple(truncated), tuple(spoilt))


def _named_leaks(namer: Namer, trials: Trials, steps: Steps) -> dict[str, Leak]:
    """Return the leaks that both kinds of trial show, by what they show in: an input, or the decisions."""
    found, subjects = dict[str, Leak](), namer.subjects(trials.different)[:NAMED]
    for number, subject in enumerate(subjects):
        steps.part("naming what was found, leak", number + 1, len(subjects))
        found[subject] = namer.name(subject, trials.different)
    failing = trials.failed(short=False)
    if failing and not found:
        return {"": fails(namer.whole, failing[0])}
    if failing:
        first = next(iter(found))
        sentence = f"{found[first].sentence}; on history that is cut it fails, {failing[0].output.error}"
        found[first] = replace(found[first], sentence=sentence)
    return found


def _truncation(namer: Namer, trials: Trials, leaks: dict[str, Leak]) -> Check:
    """Return what history cut short changed."""
    different, failing = [trial for trial in trials.truncated if trial.rows], trials.failed(short=False)
    found = tuple(leak for subject, leak in leaks.items() if not subject or _shows(subject, different))
    sentence = f"history cut at {len(trials.truncated)} dates: {_counted(len(different), len(failing))}"
    if short := trials.failed(short=True):
        last = short[-1]
        sentence += f"; up to {namer.whole.sessions[last.cut]} it is too short to be asked ({last.output.error})"
    own = {trial.cut for trial in (*different, *failing)}
    return _check("truncation", "leak" if own else "passed", sentence, trials.truncated, own, found)


def _poison(namer: Namer, trials: Trials, leaks: dict[str, Leak], before: Sequence[Leak]) -> Check:
    """Return what garbage after a date changed."""
    different = [trial for trial in trials.poisoned if trial.rows]
    failed = [trial for trial in trials.poisoned if trial.output.error is not None]
    # An intensity is asked for all sessions at once: on the garbage itself it may fail without looking ahead.
    harmless = failed if namer.kind == "intensity" else []
    own = {trial.cut for trial in (*different, *failed)} - {trial.cut for trial in harmless}
    found = tuple(leak for subject, leak in leaks.items() if _shows(subject, different) and leak not in before)
    counted = _counted(len(different), len(failed) - len(harmless))
    sentence = f"garbage after {len(trials.poisoned)} dates: {counted}"
    if harmless:
        sentence += f"; {len(harmless)} times it fails on the garbage itself, {harmless[0].output.error}"
    outcome: Outcome = "leak" if own else "warning" if harmless else "passed"
    return _check("poison", outcome, sentence, trials.poisoned, own, found)


def _check(
    name: str, outcome: Outcome, sentence: str, trials: Sequence[Divergence], own: set[int], found: tuple[Leak, ...]
) -> Check:
    """Return a check of trials, with the largest difference that counts as a rounding."""
    largest = max((trial.rounding for trial in trials), default=0.0)
    sentence += f" (to a rounding of {largest:.0e})" if largest else ""
    return Check(name, outcome, sentence, {"cuts": len(trials), "otherwise": len(own)}, found)


def _counted(different: int, failing: int) -> str:
    """Return in words how often something came out otherwise."""
    counts = ((different, "what was decided before comes out otherwise"), (failing, "it fails"))
    words = " and ".join(f"{count} times {what}" for count, what in counts if count)
    return words or "all that was decided before stays the same"


def _shows(subject: str, different: Sequence[Divergence]) -> bool:
    return any(subject in trial.rows for trial in different)


def _publication_check(namer: Namer, cuts: Ints, named: dict[str, Leak], steps: Steps) -> Check:
    """Poison each series, schedule and group by itself where it wasn't public yet; leaks named before are not again."""
    items = sorted(item for item in namer.whole.read if item.startswith(PUBLISHED))
    if not items:
        return Check("publication", "passed", "it reads no series, schedule or group")
    chosen = cuts[np.unique(np.linspace(0, len(cuts) - 1, min(DATES, len(cuts))).astype(int))]
    leaks, groups, details = list[Leak](), dict[str, list[str]](), dict[str, dict[str, Any]]()
    for number, item in enumerate(items):
        steps.part(f"reading what is published, {item}:", number + 1, len(items))
        kind, _, name = item.partition("/")
        rule, doubt = _rule(name, namer.bench.market.source.read(Kind(kind), name))
        early, only = list[Divergence](), frozenset((item,))
        for row in chosen.tolist():
            history = poisoned(namer.whole.sessions[row], Garbage(row), only)
            trial = compare(namer.whole, namer.bench.run(history, row), row)
            early += [trial] if trial.rows else []
        leaks += [namer.name(subject, early, only) for subject in namer.subjects(early) if subject not in named]
        how = "before it was public" if early else f"{'perhaps before' if doubt else 'no earlier than'} it was public"
        words = f"{item.replace('/', ' ')} ({': '.join(filter(None, (rule, doubt)))})"
        groups.setdefault(how if rule else "as if it had always been known", []).append(words)
        details[item] = {"rule": rule, "doubt": doubt, "early": len(early)}
    sentence = "; ".join(f"read {how}: {', '.join(each)}" for how, each in groups.items())
    doubtful = any(item["doubt"] for item in details.values())
    outcome: Outcome = "warning" if doubtful else "passed"
    outcome = "leak" if any(item["early"] for item in details.values()) else outcome
    return Check("publication", outcome, sentence, details, tuple(leaks))


def _rule(name: str, thing: Thing) -> tuple[str, str]:
    """Return in words when an item is known, and why that may be too early."""
    if isinstance(thing, Events):
        hindsight = ("", "schedule in hindsight: no column announced says when its dates were public")
        return hindsight if thing.in_hindsight else ("known on the day each date was announced", "")
    if isinstance(thing, Members):
        undated = np.isnat(thing.since).all() and np.isnat(thing.until).all()
        hindsight = ("", "survivorship: no column since or until says when anybody belonged")
        return hindsight if undated else ("known on the day somebody joined or left", "")
    if not isinstance(thing, Series):
        return "", ""
    found, sessions = known_early(thing), thing.lag
    doubt = f"{found.why}: set data.lag.{name}={found.lag}" if found is not None else ""
    if thing.known is not None:
        return "known on the day its column known says", "" if found is None else f"{found.why}: {RIGHT_AS_KNOWN}"
    if not sessions:
        return "known at the close of its own date", doubt
    return f"known {sessions} session{'s' * (sessions > 1)} after its date", doubt

"""optuna as a sampler: what it proposes after all that was tried, and the journal that keeps each finished trial.

The study lives in memory; the journal gets a record a trial, written at once and synced. So a search that is killed has
lost the trials it was at and nothing else, and proposes them again: each draws from a seed of its own number. One
process at a time writes it: a search's folder is locked.
"""

from __future__ import annotations

import hashlib
import json
import math
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from data.errors import UserError
from engine.research.search.objectives import Objective
from engine.research.search.space import Dimension, Drawn

if TYPE_CHECKING:
    from optuna.distributions import BaseDistribution
    from optuna.samplers import BaseSampler
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend
    from optuna.trial import FrozenTrial

JOURNAL = "journal.log"
CHECKSUM = "checksum"
"""Of a record of the journal, in it."""
NUMBER, FAILED, TOGETHER = "trial", "failed", "several_at_once"
"""What the journal tells of a trial besides its metrics, and of the study."""

POPULATION = 50
"""Trials in a generation of NSGA-II."""


class Trial(NamedTuple):
    """A finished trial.

    Parameters
    ----------
    number
        From 0; of a search by several workers not the order in which they finished.
    drawn
        A value a dimension, as `engine.research.search.space.Dimension.value` takes it.
    row
        Its metrics, NaN where undefined.
    failed
        Why it has none, or "".
    """

    number: int
    drawn: Drawn
    row: Mapping[str, float]
    failed: str


@dataclass
class OptunaSampler:
    """The trials of a search.

    Parameters
    ----------
    folder
        Where its journal is.
    name
        The study's.
    space, objectives
        What is searched, and for what.
    seed
        Of the sampler.

    Attributes
    ----------
    finished
        By number.

    Raises
    ------
    UserError
        optuna isn't installed.
    """

    folder: Path
    name: str
    space: tuple[Dimension, ...]
    objectives: tuple[Objective, ...]
    seed: int
    finished: dict[int, Trial] = field(default_factory=dict)

    def __post_init__(self) -> None:
        optuna = import_optuna()
        directions, path = [objective.direction for objective in self.objectives], self.folder / JOURNAL
        if path.is_symlink() and not path.exists():  # it would be written where the link leads
            path.unlink()
        _cut_off_damage(path)
        storage = _journal(path)
        if not storage.get_all_studies():
            optuna.create_study(storage=storage, study_name=self.name, directions=directions)
        self._distributions = {dimension.name: distribution_of(dimension) for dimension in self.space}
        self._memory = optuna.create_study(directions=directions)
        self._kept = optuna.load_study(study_name=self.name, storage=storage)
        self._asked: dict[int, Any] = {}
        self._alike: dict[Drawn, Trial] = {}
        self._generation = 1
        for trial in storage.get_all_trials(storage.get_study_id_from_name(self.name), deepcopy=False):
            number = trial.user_attrs[NUMBER]
            if number not in self.finished:
                self._memory.add_trial(trial)
                self._note(number, trial)

    def ask(self, number: int) -> Drawn:
        """Return what the sampler proposes for a trial, knowing all that are finished."""
        self._memory.sampler = sampler_of(len(self.objectives), self.seed, number, self._distributions)
        self._choose_parents()
        trial = self._memory.ask(self._distributions)
        self._asked[number] = trial
        return tuple(trial.params[dimension.name] for dimension in self.space)

    def tell(self, number: int, row: Mapping[str, float], failed: str) -> None:
        """Keep a trial that was asked for; one without a value of every objective counts as failed."""
        from optuna.trial import TrialState, create_trial

        values = [objective.of(row) for objective in self.objectives]
        fine = all(math.isfinite(value) for value in values)
        state = TrialState.COMPLETE if fine else TrialState.FAIL
        trial = self._memory.tell(self._asked.pop(number), values if fine else None, state=state)
        written = create_trial(
            state=state,
            values=values if fine else None,
            params=trial.params,
            distributions=trial.distributions,
            user_attrs={NUMBER: number, **row, FAILED: failed},
            system_attrs=trial.system_attrs,
        )
        self._kept.add_trial(written)
        self._note(number, written)

    def several(self) -> None:
        """Note that several are computed at once: which trials a proposal knows is then a matter of time."""
        self._kept.set_user_attr(TOGETHER, value=True)

    @property
    def deterministic(self) -> bool:
        """Whether the same search made anew would try the same."""
        return not self._kept.user_attrs.get(TOGETHER, False)

    def alike(self, drawn: Drawn) -> Trial | None:
        """Return the first finished trial of the same combination."""
        return self._alike.get(drawn)

    def _note(self, number: int, trial: FrozenTrial) -> None:
        kept = trial.user_attrs
        row = {name: value for name, value in kept.items() if name not in (NUMBER, FAILED)}
        drawn = tuple(trial.params[dimension.name] for dimension in self.space)
        self.finished[number] = Trial(number, drawn, row, kept[FAILED])
        self._alike.setdefault(drawn, self.finished[number])

    def _choose_parents(self) -> None:
        """Let each generation's parents be chosen in turn, so that a search that goes on has them in the same order."""
        from optuna.samplers import NSGAIISampler

        sampler = self._memory.sampler
        if not isinstance(sampler, NSGAIISampler):
            return
        while len(sampler.get_population(self._memory, self._generation - 1)) >= POPULATION:
            sampler.get_parent_population(self._memory, self._generation)
            self._generation += 1


def import_optuna() -> Any:  # the module
    """Return optuna, quiet; raises UserError where it isn't installed."""
    if find_spec("optuna") is None:
        raise UserError("a search needs optuna: pip install 'hedge-backtest[search]'")
    import optuna

    optuna.logging.set_verbosity(optuna.logging.WARNING)
    return optuna


def sampler_of(
    objectives: int, seed: int, number: int, space: Mapping[str, BaseDistribution] | None = None
) -> BaseSampler:
    """Return what proposes a trial: TPE by one objective, NSGA-II by two, with a seed of the trial's own.

    Where the space is known, TPE doesn't look through all trials for it: they all have the same.
    """
    from optuna.samplers import NSGAIISampler, TPESampler

    own = int(np.random.SeedSequence((seed, number)).generate_state(1)[0])
    if objectives > 1:
        return NSGAIISampler(seed=own, population_size=POPULATION)
    sampler = TPESampler(seed=own, constant_liar=False)
    if space is not None:
        several = {name: each for name, each in sorted(space.items()) if not each.single()}
        sampler.infer_relative_search_space = lambda study, trial: several  # type: ignore[method-assign] # noqa: ARG005
    return sampler


def distribution_of(dimension: Dimension) -> BaseDistribution:
    """Return a dimension as optuna has it."""
    from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

    if dimension.range is None:
        return CategoricalDistribution(dimension.labels)
    low, high, step, whole = dimension.range
    if whole:
        return IntDistribution(int(low), int(high), step=int(step or 1))
    return FloatDistribution(float(low), float(high), step=None if step is None else float(step))


def _journal(path: Path) -> JournalStorage:
    from optuna.storages import JournalStorage
    from optuna.storages.journal import JournalFileBackend

    backend = JournalFileBackend(str(path), lock_obj=_Held())  # type: ignore[arg-type]
    return JournalStorage(_Checked(backend))  # type: ignore[arg-type]


class _Held:
    """In place of the journal's own lock, which a killed process would leave behind: a search's folder is locked."""

    def acquire(self) -> bool:
        """Return that it is held."""
        return True

    def release(self) -> None:
        """Keep it."""


@dataclass(frozen=True)
class _Checked:
    """A journal whose records hold their checksums, which optuna itself doesn't read."""

    backend: JournalFileBackend

    def read_logs(self, log_number_from: int) -> Iterator[dict[str, Any]]:
        """Yield the records from one on."""
        return self.backend.read_logs(log_number_from)

    def append_logs(self, logs: list[dict[str, Any]]) -> None:
        """Write records."""
        self.backend.append_logs([log | {CHECKSUM: _checksum(log)} for log in logs])


def _checksum(log: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(log).encode()).hexdigest()[:16]


def _cut_off_damage(path: Path) -> None:
    """Let a journal end before the first record that isn't as it was written, as the half that a killed process left.

    What follows it goes too: each trial was proposed for what those before it came to.
    """
    path.touch()
    with path.open("rb") as file:
        whole = sum(map(len, takewhile(_is_whole, file)))
    if whole < path.stat().st_size:
        os.truncate(path, whole)


def _is_whole(line: bytes) -> bool:
    try:
        log = json.loads(line)
    except ValueError:
        return False
    return line.endswith(b"\n") and isinstance(log, dict) and log.pop(CHECKSUM, None) == _checksum(log)

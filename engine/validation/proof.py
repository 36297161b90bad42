"""A proof: a check a part, and every leak by its name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Protocol

from data.format import counted
from data.shown import screen

Outcome = Literal["passed", "leak", "unproved", "warning", "told", "skipped"]
"""``unproved``: nothing can be proved of it; ``told``: there is nothing to pass, a number is shown."""


class Progress(Protocol):
    """Called with what is being done; by default that is a step further, or a part of one."""

    def __call__(self, step: str, *, advance: float = True) -> None:
        """Show the step."""


@dataclass
class Steps:
    """Counts steps, and parts of each, for whoever watches.

    Parameters
    ----------
    total
        How many there are.
    progress
        Called with each, "step 3 of 8: cut 5 of 24".
    """

    total: int
    progress: Progress | None = None
    number: int = 0
    _left: float = 0.0

    def begin(self, step: str) -> None:
        """Begin a step; the one before is done."""
        self.number += 1
        self._show(step, self._left)
        self._left = 1.0

    def part(self, what: str, number: int, total: int) -> None:
        """Begin a part of the step, the number-th of so many: those before are done."""
        done = (number - 1) / total
        self._show(f"{what} {number:,} of {total:,}", self._left - (1.0 - done))
        self._left = 1.0 - done

    def _show(self, what: str, advance: float) -> None:
        if self.progress is not None:
            self.progress(f"step {self.number} of {self.total}: {what}", advance=advance)


@dataclass(frozen=True)
class Leak:
    """One look into the future.

    Parameters
    ----------
    date
        The session of the first decision, or value of an input, that hangs on what wasn't known yet.
    cut
        The session after which history was tampered with when it was found.
    before, after
        The decision on the whole history, and on the one tampered with; an input's value where no decision changed.
    inputs
        The strategy's inputs that changed with it, by name, where it names them.
    reads
        What it reads too early: ``SOXX's close``, ``series PE``; empty where it is only how long the history is.
    ahead
        How many sessions too early, at least; ``None`` where that isn't known.
    to_the_end
        Whether that is as far as the history goes.
    sentence
        All of it in words.
    """

    date: str
    cut: str
    before: str
    after: str
    inputs: tuple[str, ...]
    reads: tuple[str, ...]
    ahead: int | None
    to_the_end: bool
    sentence: str


@dataclass(frozen=True)
class Check:
    """One part of the proof.

    Parameters
    ----------
    name
        Such as ``truncation``.
    outcome, sentence
        How it came out, and that in words.
    details
        Its numbers, plain Python values.
    leaks
        Those it found that no check before it had found.
    """

    name: str
    outcome: Outcome
    sentence: str
    details: Mapping[str, Any] = field(default_factory=dict)
    leaks: tuple[Leak, ...] = ()


@dataclass(frozen=True, repr=False)
class Proof:
    """All that was tried on one strategy, on one history.

    Parameters
    ----------
    name, strategy, kind
        The run, its strategy as it shows, and its kind: ``intensity``, ``on_close`` or ``backtrader``.
    first, last, sessions
        The run's span.
    simulated
        Whether the history is made up: that proves as well as a real one.
    checks
        In the order they were made.
    """

    name: str
    strategy: str
    kind: str
    first: str
    last: str
    sessions: int
    simulated: bool
    checks: tuple[Check, ...]

    def __repr__(self) -> str:
        found = f"{counted(len(self.leaks), 'look')} into the future" if self.leaks else "not all could be proved"
        outcomes = ", ".join(f"{check.name} {check.outcome}" for check in self.checks)
        return screen(
            f"Proof {self.name}: {self.strategy}",
            f"{self.first} to {self.last}, {self.sessions:,} sessions",
            "no look into the future was found" if self.stands else found,
            f"checks: {outcomes}",
            *(leak.sentence for leak in self.leaks[:3]),
            "SIMULATED market: it proves as much as a real one." if self.simulated else None,
        )

    @property
    def leaks(self) -> tuple[Leak, ...]:
        """Every leak that was found, each once."""
        return tuple(leak for check in self.checks for leak in check.leaks)

    @property
    def stands(self) -> bool:
        """Whether no check found a leak, and all could be made."""
        return all(check.outcome not in ("leak", "unproved") for check in self.checks)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain Python values."""
        return {"stands": self.stands, **asdict(self)}

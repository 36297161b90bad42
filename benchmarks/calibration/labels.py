"""The answer's three tests, their labels, and how often those may be wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.calibration.plan import NULLS, USUAL, Row
from benchmarks.calibration.planted import Design
from benchmarks.calibration.rates import Rate, better, helped, hurt, mean_of, median_of, not_paid, paid, worse
from benchmarks.calibration.trial import FEW, Trial
from engine.analytics.answer.fund_part import BETTER, WORSE
from engine.analytics.answer.insurance import NOT_PAID, PAID
from engine.analytics.answer.timing import HELPED, HURT

Found = Mapping[Row, Sequence[Trial]]
"""Trials of each row that has any, by the number of their market."""
Nulls = Mapping[Design, Sequence[Trial]]
"""Trials of each design with nothing to find, of 16 years."""


@dataclass(frozen=True)
class Label:
    """A label of a test.

    Parameters
    ----------
    name
        As the answer says it.
    rate
        Returns how often it comes out of trials whose interval is moved by so much.
    """

    name: str
    rate: Callable[[Sequence[Trial], float], Rate]


@dataclass(frozen=True)
class Test:
    """A test of the answer.

    Parameters
    ----------
    title
        Its name.
    figure
        What of a `Trial` it is about.
    labels
        The better one first.
    aim
        The label may be wrong at most so often.
    each
        Whether that is meant of each label, rather than of both together.
    centre
        What of a row's figures is taken off the interval for a null; ``None`` where it is one as it stands.
    """

    title: str
    figure: str
    labels: tuple[Label, Label]
    aim: float
    each: bool = False
    centre: Callable[[Sequence[Trial], str], float] | None = None

    def at_null(self, design: Design) -> bool:
        """Return whether there is nothing to find: a signal that reads prices sees a crash of weeks coming."""
        return self is not TIMING or design.returns != "crashes" or design.signal == "random"

    def wrong(self, trials: Sequence[Trial]) -> tuple[Rate, Rate]:
        """Return how often each label comes out where there is nothing to find."""
        moved = -self.centre(trials, self.figure) if self.centre else 0.0
        better_one, worse_one = (label.rate(trials, moved) for label in self.labels)
        return better_one, worse_one

    def aimed(self, trials: Sequence[Trial]) -> tuple[Rate, ...]:
        """Return the rates that have an aim: of each label, or of both together, of which never both come out."""
        first, second = self.wrong(trials)
        return (first, second) if self.each else (Rate(first.hits + second.hits, first.markets),)

    @property
    def aimed_names(self) -> tuple[str, ...]:
        """What `aimed` returns the rates of."""
        names = tuple(f"*{label.name}*" for label in self.labels)
        return names if self.each else (" or ".join(names),)

    def label(self, trial: Trial) -> str:
        """Return the label of one market; empty for none."""
        return "".join(label.name for label in self.labels if label.rate((trial,), 0.0).hits)


TIMING = Test(
    "Timing",
    "timing",
    (Label(HELPED, lambda trials, _moved: helped(trials)), Label(HURT, lambda trials, _moved: hurt(trials))),
    0.05,
)
FUND = Test("Fund", "fund", (Label(BETTER, better), Label(WORSE, worse)), 0.05, centre=median_of)
VERDICT = Test(
    "Verdict",
    "gap",
    (Label(PAID, paid), Label(NOT_PAID, not_paid)),
    0.02,
    each=True,
    centre=lambda trials, name: mean_of(trials, name).value,
)
TESTS = (TIMING, FUND, VERDICT)


def nulls_of(found: Found) -> Nulls:
    """Return the rows with nothing to find, of 16 years each."""
    return {design: found[Row(design, FEW)] for design in (*NULLS, *USUAL) if Row(design, FEW) in found}


def rates_at_null(test: Test, nulls: Nulls) -> dict[Design, tuple[Rate, ...]]:
    """Return the rates that have an aim, of each row where the test has nothing to find."""
    return {design: test.aimed(trials) for design, trials in nulls.items() if test.at_null(design)}


def pooled(rates: Mapping[Design, tuple[Rate, ...]]) -> list[Rate]:
    """Return the rates over all rows."""
    return [Rate(*(sum(each) for each in zip(*column, strict=True))) for column in zip(*rates.values(), strict=True)]

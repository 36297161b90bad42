"""The space of a search: the keys that are tried, and between what."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, NamedTuple

from data.errors import ConfigError
from engine.config import RunConfig
from engine.plain import Keys
from engine.research.grid import MOST_VALUES, WrittenAxis, check_once, decimals, read_axis, value_taken
from engine.research.inputs import MOST
from engine.runs.identity import known_values

Drawn = tuple[Any, ...]
"""What a sampler draws, a value a dimension: numbers, and texts that stand for choices. It can be hashed and sent."""

FORMS = "write key=low:high, key=low:high:step or key=a,b,c"


class NumberRange(NamedTuple):
    """Numbers from `low` to `high`, both included.

    Parameters
    ----------
    low, high
        As written, in decimals.
    step
        Between neighbours; None for all numbers between.
    whole
        Whether they are whole numbers.
    """

    low: Decimal
    high: Decimal
    step: Decimal | None
    whole: bool

    @property
    def values(self) -> tuple[int | float, ...] | None:
        """All numbers, None where they are too many to be named."""
        if self.step is None or self.size is None or self.size > MOST:
            return None
        return tuple(self.number(float(self.low + k * self.step)) for k in range(self.size))

    @property
    def size(self) -> int | None:
        """How many there are; None for a continuum."""
        return None if self.step is None else int((self.high - self.low) / self.step) + 1

    def number(self, drawn: float) -> int | float:
        """Return the number of the range that was drawn: of steps exactly what decimal arithmetic gives."""
        if self.step is None:
            return float(drawn)
        exact = self.low + round((Decimal(drawn) - self.low) / self.step) * self.step
        return int(exact) if self.whole else float(exact)


@dataclass(frozen=True)
class Dimension:
    """One key, and what it may be.

    Parameters
    ----------
    keys
        The full key, such as ``("strategy", "params", "trend_days")``.
    text
        Where it was written, and how: what messages begin with.
    range
        Numbers; None where it has choices.
    choices
        Plain Python values, as the key takes them.
    """

    keys: Keys
    text: str
    range: NumberRange | None
    choices: tuple[Any, ...] = ()

    @property
    def name(self) -> str:
        """The full key as --set takes it."""
        return ".".join(self.keys)

    @property
    def size(self) -> int | None:
        """How many values it has; None for a continuum."""
        return self.range.size if self.range else len(self.choices)

    @property
    def values(self) -> tuple[Any, ...] | None:
        """All values that it has, None where they are numbers, too many to be named."""
        return self.range.values if self.range else self.choices

    @property
    def labels(self) -> tuple[str, ...]:
        """What stands for each of its choices, no two alike."""
        return tuple(map(repr, known_values(self.keys, self.choices)))

    def value(self, drawn: Any) -> Any:  # a number or a label
        """Return the value that was drawn."""
        return self.range.number(drawn) if self.range else self.choices[self.labels.index(drawn)]


def space_of(config: RunConfig, written: Iterable[WrittenAxis]) -> tuple[Dimension, ...]:
    """Read dimensions and check their ends and choices, each by itself, before anything runs.

    Parameters
    ----------
    config
        The run that is searched.
    written
        ``key=0.05:0.6`` (all numbers between; whole ones where the key takes those), ``key=10:200:10`` (steps, both
        ends included) or ``key=a,b,c``, or items of a YAML's section ``sweep``.

    Raises
    ------
    ConfigError
        An unknown key, an empty range, or a value outside the key's own range.
    """
    read = [_dimension(config, given) for given in written]
    if not read:
        raise ConfigError("a search needs a space: --param key=low:high or key=a,b,c, or a section sweep in the YAML")
    names = [dimension.name for dimension in read]
    check_once(names, "--param ")
    return tuple(_checked(config, dimension, names) for dimension in read)


def size_of(space: Sequence[Dimension]) -> int | None:
    """Return how many combinations a space holds; None for a continuum."""
    sizes = [dimension.size for dimension in space]
    return None if None in sizes else math.prod(size for size in sizes if size is not None)


def values_of(space: Sequence[Dimension], drawn: Sequence[Any]) -> tuple[Any, ...]:
    """Return the values that stand for what was drawn."""
    return tuple(dimension.value(each) for dimension, each in zip(space, drawn, strict=True))


def parameters_of(space: Sequence[Dimension], drawn: Sequence[Any]) -> dict[str, Any]:
    """Return them by their full keys."""
    return dict(zip((dimension.name for dimension in space), values_of(space, drawn), strict=True))


def _dimension(config: RunConfig, given: WrittenAxis) -> Dimension:
    keys, parts, choices, where = read_axis(config, given, FORMS)
    if len(set(map(repr, choices))) < len(choices):
        raise ConfigError(f"{where}: names a value twice: keep one")
    return Dimension(keys, where, _range(parts, where) if parts else None, choices)


def _range(parts: list[str], where: str) -> NumberRange:
    """Read a range; whether it is of whole numbers, and then by what step, the key has to tell."""
    low, high, *rest = decimals(parts, where, "low:high or low:high:step, of numbers")
    step = rest[0] if rest else None
    if step is not None and step <= 0:
        raise ConfigError(f"{where}: the step has to be above 0")
    if high < low:
        raise ConfigError(f"{where}: the range is empty: {high} is below {low}")
    if step is not None and high - low >= MOST_VALUES * step:
        raise ConfigError(f"{where}: more than {MOST_VALUES:,} values are more than a search steps through")
    last = high if step is None else low + int((high - low) / step) * step
    return NumberRange(low, last, step, whole=False)


def _checked(config: RunConfig, dimension: Dimension, searched: Sequence[str]) -> Dimension:
    """Return a dimension as the key takes it; a clash with another dimension is for the trials to tell."""

    def taken(value: Any) -> Any:
        return value_taken(config, dimension.keys, value, dimension.text, searched)

    if dimension.range is None:
        return replace(dimension, choices=tuple(map(taken, dimension.choices)))
    low, high, step, _whole = dimension.range
    whole = all(number is None or number == number.to_integral_value() for number in dimension.range[:3])
    ends = [taken(int(end) if whole else float(end)) for end in (low, high)]
    if any(isinstance(end, bool) or not isinstance(end, int | float) for end in ends):
        raise ConfigError(f"{dimension.text}: {dimension.name} takes no numbers: list its values, a,b,c")
    if any(isinstance(end, float) for end in ends):
        return dimension
    return replace(dimension, range=NumberRange(low, high, step or Decimal(1), whole=True))

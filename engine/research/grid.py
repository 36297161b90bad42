"""The grid: axes as a person writes them, and the combinations they span, by number and never as a list."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal, DecimalException
from typing import Any

import numpy as np

from data.arrays import Ints
from data.errors import LONGEST, ConfigError, cut
from data.ranges import ANY
from engine.config import RunConfig
from engine.keys import at, put
from engine.loading import build_config, full_keys, read_value
from engine.plain import Keys, plain

MOST = 100_000_000
"""Combinations above which a sweep is a mistake."""
MOST_VALUES = 1_000_000
"""Values of one key above which it is one."""

WrittenAxis = str | tuple[str, Any]
"""An axis as --param takes it, or an item of a YAML's section ``sweep``."""

FORMS = "write key=10:200:10 or key=a,b,c"


@dataclass(frozen=True)
class Axis:
    """One key and the values it takes.

    Parameters
    ----------
    keys
        The full key, such as ``("strategy", "params", "trend_days")``.
    values
        Plain Python values, each checked against the key's own range.
    text
        Where it was written, and how: what messages begin with.
    """

    keys: Keys
    values: tuple[Any, ...]
    text: str

    @property
    def name(self) -> str:
        """The full key as --set takes it."""
        return ".".join(self.keys)


@dataclass(frozen=True)
class Grid:
    """The combinations of all axes, or a random choice of them.

    Parameters
    ----------
    axes
        The last one turns fastest.
    chosen
        Numbers of the combinations that were drawn, sorted; ``None`` is all of them.
    """

    axes: tuple[Axis, ...]
    chosen: Ints | None = None

    @property
    def size(self) -> int:
        """All combinations of the axes."""
        return math.prod(len(axis.values) for axis in self.axes)

    @property
    def tried(self) -> dict[Keys, tuple[Any, ...]]:
        """The values that are tried of each key."""
        return {axis.keys: axis.values for axis in self.axes}

    def __len__(self) -> int:
        return self.size if self.chosen is None else len(self.chosen)

    def combination(self, row: int) -> dict[Keys, Any]:
        """Return the values of a row, by their keys."""
        return {
            axis.keys: axis.values[index] for axis, index in zip(self.axes, self.indices(row, row + 1)[0], strict=True)
        }

    def indices(self, first: int, last: int) -> Ints:
        """Return which value of each axis rows `first` to `last` (exclusive) have, shape (rows, axes)."""
        rows = np.arange(first, min(last, len(self)))
        numbers = rows if self.chosen is None else self.chosen[rows]
        return np.column_stack(np.unravel_index(numbers, [len(axis.values) for axis in self.axes]))


def grid_of(config: RunConfig, written: Iterable[WrittenAxis], random: int | None = None, seed: int = 0) -> Grid:
    """Read axes and check every value of each by itself, before anything runs.

    Parameters
    ----------
    config
        The run that is swept.
    written
        ``key=10:200:10`` (both ends included, in decimal arithmetic) or ``key=a,b,c``, or items of a YAML's section.
    random, seed
        Draw that many combinations without replacement.

    Raises
    ------
    ConfigError
        An unknown key, an empty range, a value outside its range, or more combinations than can be meant.
    """
    axes = [_axis(config, given) for given in written]
    if not axes:
        raise ConfigError("a sweep needs axes: --param key=10:200:10 or key=a,b,c, or a section sweep in the YAML")
    return _grid(config, axes, random, seed, "--")


def grid_from(config: RunConfig, given: Any, random: int | None = None, seed: int = 0) -> Grid:
    """Lay a grid out from Python values, and check every value of each axis by itself, before anything runs.

    Parameters
    ----------
    config
        The run that is swept.
    given
        A mapping, values by key: a list, an array, a range or whatever else has an order. Anything else, text and a
        mapping too, is one value.
    random, seed
        As for `grid_of`.

    Raises
    ------
    ConfigError
        As for `grid_of`.
    """
    if not isinstance(given, Mapping) or not given:
        raise ConfigError("a sweep needs axes: a grid {key: values}, or a section sweep in the YAML")
    axes = []
    for key, values in given.items():
        where = f"grid {key!r}"
        if not isinstance(key, str):
            raise ConfigError(f"{where}: a key is text, such as 'hedge.weight'")
        axes.append(Axis(full_keys(config, key, where), _listed(values, where), where))
    return _grid(config, axes, random, seed, "")


def _grid(config: RunConfig, axes: Sequence[Axis], random: int | None, seed: int, option: str) -> Grid:
    """Return the grid of axes that were read; `option` stands before the name of an option in messages."""
    names = [axis.name for axis in axes]
    check_once(names, f"{option}param " if option else "")
    grid = Grid(tuple(_checked(config, axis, names) for axis in axes))
    if random is not None and random < 1:
        raise ConfigError(f"{option}random {random}: draw at least one combination")
    if random is not None and random < grid.size:
        return Grid(grid.axes, _drawn(grid.size, random, seed))
    if grid.size > MOST:
        raise ConfigError(
            f"{grid.size:,} combinations are more than a sweep holds ({MOST:,}): thin it, or use {option}random"
        )
    return grid


def _listed(values: Any, where: str) -> tuple[Any, ...]:
    """Return the values of an axis given in Python."""
    if isinstance(values, set | frozenset):
        raise ConfigError(f"{where}: a set has no order: give a list")
    found = plain(values)
    if found == []:
        raise ConfigError(f"{where}: has no values: give a list of them")
    return tuple(found) if isinstance(found, list) else (found,)


def _drawn(size: int, count: int, seed: int) -> Ints:
    """Draw distinct numbers below `size`, sorted."""
    rng, drawn = np.random.default_rng(seed), np.empty(0, np.int64)
    if count > size // 2:  # few would be left to find: shuffle them all
        return np.sort(rng.permutation(size)[:count])
    while len(drawn) < count:
        drawn = np.unique(np.concatenate((drawn, rng.integers(0, size, count - len(drawn)))))
    return drawn


def named(text: str) -> str:
    """Return an axis as messages name it."""
    return f"--param {cut(text, 2 * LONGEST)}"


def _axis(config: RunConfig, given: WrittenAxis) -> Axis:
    keys, parts, values, where = read_axis(config, given, FORMS)
    return Axis(keys, tuple(_range(parts, where)) if parts else values, where)


def read_axis(config: RunConfig, given: WrittenAxis, forms: str) -> tuple[Keys, list[str], tuple[Any, ...], str]:
    """Read what --param takes, or what stands in a YAML's section ``sweep``.

    Parameters
    ----------
    config
        The run whose key it is.
    given
        ``key=first:last``, ``key=first:last:step`` or ``key=a,b,c``, where quotes keep a comma in a value; or a key
        with a range or the list of its values, which are taken as they are.
    forms
        How it is to be written, for messages.

    Returns
    -------
    The full key; the parts of a range, none where values are listed; the values that are listed; and where it was
    written, for messages.
    """
    if isinstance(given, str):
        where, (key, equals, written) = named(given), given.partition("=")
        if not equals or not key.strip():
            raise ConfigError(f"{where}: {forms}")
    else:
        key, written = given
        where = f"sweep.{key}"
    keys, parts = full_keys(config, key.strip(), where), _parts(written)
    if parts:
        return keys, parts, (), where
    listed = read_value(f"[{written.strip()}]", where) if isinstance(given, str) else [written]
    values = tuple(listed[0] if len(listed) == 1 and isinstance(listed[0], list) else listed)
    if not values:
        raise ConfigError(f"{where}: has no values: {forms}")
    return keys, [], values, where


def _parts(written: Any) -> list[str]:
    """Return the parts of a range; none where it is none."""
    if not isinstance(written, str) or any(mark in written for mark in ",[{\"'"):
        return []
    parts = written.strip().split(":")
    return parts if len(parts) in (2, 3) else []


def check_once(names: Sequence[str], option: str) -> None:
    """Raise ConfigError for a key that is given twice; `option` stands before it."""
    for name in names:
        if names.count(name) > 1:
            raise ConfigError(f"{option}{name} is given twice: keep one")


def value_taken(config: RunConfig, keys: Keys, value: Any, where: str, varied: Sequence[str]) -> Any:
    """Return a value as its key takes it; raises ConfigError where it doesn't, unless it clashes with a varied key."""
    try:
        return value_at(with_values(config, {keys: value}, where), keys)
    except ConfigError as error:
        if not any(name in str(error) for name in varied if name != ".".join(keys)):
            raise
        return value


def _checked(config: RunConfig, axis: Axis, swept: Sequence[str]) -> Axis:
    """Return an axis with its values as the config takes them; a clash with another axis is for the rows to tell.

    Of numbers the lowest, the highest and the nearest to 0 of each kind are tried, since a range is an interval or two;
    of others all.
    """
    numbers = all(type(value) in (int, float) and abs(value) <= ANY.high for value in axis.values)
    of_kinds = [[value for value in axis.values if type(value) is kind] for kind in (int, float)]
    tried = (
        [end for some in of_kinds if some for end in (min(some), max(some), min(some, key=abs))]
        if numbers
        else axis.values
    )
    taken = {repr(value): value_taken(config, axis.keys, value, axis.text, swept) for value in tried}
    kind = float if float in map(type, taken.values()) else type(next(iter(taken.values())))
    values = tuple(kind(value) if numbers else taken[repr(value)] for value in axis.values)
    if len(set(map(repr, values))) < len(values):
        raise ConfigError(f"{axis.text}: names a value twice: keep one")
    return replace(axis, values=values)


def decimals(parts: Sequence[str], where: str, form: str) -> list[Decimal]:
    """Return the numbers of a range as they are written; raises ConfigError that begins with `where`."""
    try:
        numbers = [Decimal(part) for part in parts]
    except DecimalException:
        raise ConfigError(f"{where}: a range is {form}") from None
    if not all(number.is_finite() and ANY.low <= number <= ANY.high for number in numbers):
        raise ConfigError(f"{where}: a range is of numbers from {ANY.ends}")
    return numbers


def _range(parts: list[str], where: str) -> Iterator[int | float]:
    """Yield a range's values, both ends included, in decimal arithmetic: 0.05:0.6:0.01 holds 0.6."""
    first, last, *rest = decimals(parts, where, "first:last:step, three numbers")
    stride = rest[0] if rest else Decimal(1)
    if stride <= 0:
        raise ConfigError(f"{where}: the step has to be above 0")
    if last < first:
        raise ConfigError(f"{where}: the range is empty: {last} is below {first}")
    if last - first >= MOST_VALUES * stride:
        raise ConfigError(f"{where}: more than {MOST_VALUES:,} values are more than a sweep holds of a key")
    count = int((last - first) / stride) + 1
    whole = all(number == number.to_integral_value() for number in (first, stride))
    for k in range(count):
        value = first + k * stride
        yield int(value) if whole else float(value)


def with_values(config: RunConfig, values: Mapping[Keys, Any], where: str = "sweep") -> RunConfig:
    """Return the config with some keys set; raises ConfigError that begins with `where`."""
    tree = config.model_dump(mode="python")
    for keys in sorted(values, key=len):  # a hedge's own policy begins as the run's
        put(tree, keys, values[keys], where, values)
    return build_config(tree, file=where)


def of_one_kind(values: Sequence[Any]) -> list[Any]:
    """Return a key's values as a column holds them: as text unless all are numbers, all flags or all text."""
    kinds = {type(value) for value in values if value is not None}
    alike = any(kinds <= some for some in ({bool}, {int, float}, {str}))
    return [value if alike or value is None else str(value) for value in values]


def value_at(config: RunConfig, keys: Keys) -> Any:
    """Return the value of a full key."""
    return at(config.model_dump(mode="python"), keys)

"""A strategy's parameters: the fields of its dataclass, with ranges, checked when it is made."""

from __future__ import annotations

import dataclasses
import datetime as dt
import inspect
import types
import typing
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar
from weakref import WeakKeyDictionary

from data.errors import StrategyError, did_you_mean, quoted
from data.ranges import ANY, Range

Made = TypeVar("Made")

Described = tuple[tuple["Parameter", ...], dict[str, Callable[[], Any]]]
_DESCRIBED: WeakKeyDictionary[type, Described] = WeakKeyDictionary()
"""What classes' fields say, which takes a tenth of a millisecond to read; a class that is gone takes its own along."""

UNITS = (
    *("sessions", "calendar days", "fraction a year", "fraction", "standard deviations", "percentage points"),
    *("index 0-100", "votes", "in the unit of"),
)
"""With one of these, or ``A`` and one of these, begins what a number's text says."""

WORDS = {str: "text", bool: "true or false"}
"""What a value of a type that is no number has to be."""


def parameter(default: Any, within: Range = ANY, *, at_least: float | None = None, at_most: float | None = None) -> Any:
    """Declare a parameter with its default and its range, both ends included.

    ``trend_days: int = parameter(50, at_least=2)`` in a strategy's dataclass body. An end that isn't given is that of
    `within`; a plain default, ``trend_days: int = 50``, takes the widest range there is.
    """
    low, high, apart = within
    low, high = (low if at_least is None else at_least), (high if at_most is None else at_most)
    return dataclasses.field(default=default, metadata={"range": Range(low, high, apart)})


class ParameterError(StrategyError):
    """A parameter that is unknown, missing or out of range; `parameter` is its name, dotted below another."""

    def __init__(self, message: str, parameter: str) -> None:
        super().__init__(message)
        self.parameter = parameter


class Parameter(NamedTuple):
    """One parameter as `describe` tells it."""

    name: str
    type: Any
    default: Any
    range: Range = ANY

    @property
    def ends(self) -> str:
        """The ends of its range; empty where it is no number, or none are declared."""
        return self.range.ends if self.range != ANY and {int, float} & set(_allowed(self.type)) else ""


def describe(cls: type) -> tuple[Parameter, ...]:
    """Return the parameters of a strategy class, in their order; raises StrategyError if it is no dataclass."""
    if cls not in _DESCRIBED:
        _DESCRIBED[cls] = _read(cls)
    known, made = _DESCRIBED[cls]
    if not made:
        return known
    return tuple(each._replace(default=made[each.name]()) if each.name in made else each for each in known)


def explained(made: Callable[..., Any]) -> dict[str, str]:
    """Return what the docstring of a function, or of a class and those it derives from, says of each parameter."""
    said = dict[str, str]()
    for each in reversed(getattr(made, "__mro__", (made,))):
        said |= _said(inspect.cleandoc(each.__doc__ or ""))  # an heir without one has none, not its parent's
    return said


def unit_of(said: str) -> str:
    """Return the unit that a parameter's text begins with, one of `UNITS`; empty where it begins with none."""
    begin = said.removeprefix("A ").lower()
    return next((unit for unit in UNITS if begin.startswith(unit)), "")


def _said(docstring: str) -> dict[str, str]:
    """Return the texts of a NumPy style section of parameters, by name; names may share one."""
    lines, texts = docstring.splitlines(), dict[str, list[str]]()
    heads = (n for n, line in enumerate(lines[:-1]) if line == "Parameters" and lines[n + 1].startswith("---"))
    begin = next((n + 2 for n in heads), None)
    names: list[str] = []
    for n, line in enumerate(lines[begin:] if begin is not None else []):
        following = lines[(begin or 0) + n + 1 : (begin or 0) + n + 2]
        if following and following[0].startswith("---"):
            break
        if line and not line.startswith(" "):
            names = [name.strip() for name in line.partition(":")[0].split(",")]
            texts |= {name: [] for name in names}
        elif line.strip():
            for name in names:
                texts[name].append(line.strip())
    return {name: " ".join(text).replace("``", "") for name, text in texts.items()}


def _read(cls: type) -> Described:
    """Return a class's parameters, and what makes the defaults of those that are made anew each time."""
    only_base = inspect.get_annotations(cls) and "__dataclass_params__" not in vars(cls)
    if only_base or not dataclasses.is_dataclass(cls):
        raise StrategyError(f"{cls.__name__} is no dataclass: put @dataclass(frozen=True) above it")
    try:
        hints = typing.get_type_hints(cls)
    except NameError as error:
        raise StrategyError(f"{cls.__name__}: the type of a parameter can't be read: {error}: import it") from None
    fields = [field for field in dataclasses.fields(cls) if field.init]
    made = {field.name: field.default_factory for field in fields if field.default_factory is not dataclasses.MISSING}
    return tuple(
        Parameter(field.name, hints[field.name], field.default, field.metadata.get("range", ANY)) for field in fields
    ), made


def make(cls: type[Made], given: Mapping[str, Any]) -> Made:
    """Make a strategy from the parameters given.

    Raises
    ------
    ParameterError
        One is unknown, missing or out of range.
    StrategyError
        The class is no dataclass.
    """
    known = {known.name: known for known in describe(cls)}
    for name in given:
        if name not in known:
            hint = did_you_mean(name, known) or f": it has {', '.join(known) or 'no parameters'}"
            raise ParameterError(f"{cls.__name__} has no parameter {name}{hint}", name)
    for name, needed in known.items():
        if name not in given and needed.default is dataclasses.MISSING:
            raise ParameterError(f"{cls.__name__} needs the parameter {name}: write it under strategy.params", name)
    return cls(**given)


def resolved(cls: type, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return every parameter of a strategy made from those given, defaults written out; raises as `make` does."""
    made: object = make(cls, given)
    values = {known.name: getattr(made, known.name) for known in describe(cls)}
    for name, value in values.items():
        if not _fits_yaml(value):
            message = f"{cls.__name__}: {name} has to be what YAML can hold, not {type(value).__name__}"
            raise ParameterError(message, name)
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def check(strategy: object) -> None:
    """Check every parameter of a strategy against its type and range, making whole numbers floats where asked."""
    for known in describe(type(strategy)):
        value = check_value(type(strategy).__name__, known, getattr(strategy, known.name), known.name)
        object.__setattr__(strategy, known.name, value)


def check_value(owner: str, known: Parameter, value: Any, path: str) -> Any:
    """Return a value as its parameter's type takes it.

    Parameters
    ----------
    owner, path
        Whose parameter it is, and its place under ``strategy.params``, dotted: for the message.

    Raises
    ------
    ParameterError
        It is of another type, or out of range.
    """
    allowed = _allowed(known.type)
    if value is None and type(None) in allowed:
        return value
    if words := choices(known.type):
        if value not in words:
            raise _wrong(owner, known, value, f"has to be one of {', '.join(map(str, words))}", path)
        return value
    if isinstance(value, list | tuple) and (lists := _lists(allowed)):
        return tuple(_elements(owner, known, value, lists[0], path))
    if any(isinstance(value, kind) for kind in allowed if kind in WORDS):
        return value
    if int in allowed or float in allowed:
        try:
            whole = float not in allowed or (int in allowed and isinstance(value, int))
            return known.range.take(value, whole=whole)
        except ValueError as error:
            raise _wrong(owner, known, value, str(error), path) from None
    if asked := [WORDS[kind] for kind in allowed if kind in WORDS] or ["a list"] * bool(_lists(allowed)):
        raise _wrong(owner, known, value, f"has to be {asked[0]}", path)
    return value


def _allowed(kind: Any) -> tuple[Any, ...]:
    """Return the types that a parameter's type allows."""
    if kind is float or kind is int:  # nearly all are, and what typing knows of a type takes it a while
        return (kind,)
    union = isinstance(kind, types.UnionType) or typing.get_origin(kind) is typing.Union
    return typing.get_args(kind) if union else (kind,)


def choices(kind: Any) -> tuple[Any, ...]:
    """Return the words that a parameter's type, a ``Literal``, allows; none where it allows others."""
    return tuple(word for each in _allowed(kind) if typing.get_origin(each) is typing.Literal for word in each.__args__)


def _lists(allowed: tuple[Any, ...]) -> list[Any]:
    return [kind for kind in allowed if typing.get_origin(kind) is tuple]


def _elements(owner: str, known: Parameter, values: Sequence[Any], kind: Any, path: str) -> Iterable[Any]:
    """Return a list's values, each checked where all are of one type."""
    match typing.get_args(kind):
        case (each, types.EllipsisType()):
            return [check_value(owner, known._replace(type=each), value, path) for value in values]
    return values


def _fits_yaml(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _fits_yaml(inner) for key, inner in value.items())
    if isinstance(value, list | tuple):
        return all(map(_fits_yaml, value))
    return value is None or isinstance(value, bool | int | float | str | dt.date)


def _wrong(owner: str, known: Parameter, value: object, why: str, path: str) -> ParameterError:
    return ParameterError(f"{owner}: {known.name} {why}, not {quoted(value)}", path)

"""A strategy's parameters: the fields of its dataclass, with ranges, checked when it is made."""

from __future__ import annotations

import dataclasses
import datetime as dt
import inspect
import math
import types
import typing
from collections.abc import Mapping
from typing import Any, NamedTuple, TypeVar

from data.errors import StrategyError, did_you_mean

Made = TypeVar("Made")


def parameter(default: Any, *, at_least: float | None = None, at_most: float | None = None) -> Any:
    """Declare a parameter with its default and its range, both ends included.

    ``trend_days: int = parameter(50, at_least=2)`` in a strategy's dataclass body. A plain default,
    ``trend_days: int = 50``, declares one without a range.
    """
    return dataclasses.field(default=default, metadata={"at_least": at_least, "at_most": at_most})


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
    at_least: float | None
    at_most: float | None

    @property
    def range(self) -> str:
        """The range in words, empty when there is none."""
        low = "" if self.at_least is None else f">= {self.at_least:g}"
        high = "" if self.at_most is None else f"<= {self.at_most:g}"
        return " and ".join(part for part in (low, high) if part)


def describe(cls: type) -> tuple[Parameter, ...]:
    """Return the parameters of a strategy class, in their order; raises StrategyError if it is no dataclass."""
    only_base = inspect.get_annotations(cls) and "__dataclass_params__" not in vars(cls)
    if only_base or not dataclasses.is_dataclass(cls):
        raise StrategyError(f"{cls.__name__} is no dataclass: put @dataclass(frozen=True) above it")
    try:
        hints = typing.get_type_hints(cls)
    except NameError as error:
        raise StrategyError(f"{cls.__name__}: the type of a parameter can't be read: {error}: import it") from None
    return tuple(
        Parameter(
            field.name,
            hints[field.name],
            field.default if field.default_factory is dataclasses.MISSING else field.default_factory(),
            field.metadata.get("at_least"),
            field.metadata.get("at_most"),
        )
        for field in dataclasses.fields(cls)
        if field.init
    )


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
    value = _typed(owner, known, value, path)
    if isinstance(value, int | float) and not isinstance(value, bool):
        low = known.at_least is not None and value < known.at_least
        high = known.at_most is not None and value > known.at_most
        if low or high:
            raise _wrong(owner, known, value, f"has to be {known.range}", path)
    return value


def _typed(owner: str, known: Parameter, value: Any, path: str) -> Any:  # a value of whatever type was declared
    union = isinstance(known.type, types.UnionType) or typing.get_origin(known.type) is typing.Union
    allowed = typing.get_args(known.type) if union else (known.type,)
    if value is None and type(None) in allowed:
        return value
    if float in allowed and isinstance(value, int | float) and not isinstance(value, bool):
        if not math.isfinite(value):
            raise _wrong(owner, known, value, "has to be a finite number", path)
        return value if isinstance(value, int) and int in allowed else float(value)
    words = {int: "a whole number", float: "a number", str: "text", bool: "true or false"}
    plain = [kind for kind in allowed if kind in words]
    fits = any(isinstance(value, kind) and not (kind is int and isinstance(value, bool)) for kind in plain)
    if isinstance(value, list | tuple) and any(typing.get_origin(kind) is tuple for kind in allowed):
        return tuple(value)
    if plain and not fits:
        raise _wrong(owner, known, value, f"has to be {words[plain[0]]}", path)
    if any(typing.get_origin(kind) is tuple for kind in allowed) and not fits:
        raise _wrong(owner, known, value, "has to be a list", path)
    return value


def _fits_yaml(value: object) -> bool:
    if isinstance(value, Mapping):
        return all(isinstance(key, str) and _fits_yaml(inner) for key, inner in value.items())
    if isinstance(value, list | tuple):
        return all(map(_fits_yaml, value))
    return value is None or isinstance(value, bool | int | float | str | dt.date)


def _wrong(owner: str, known: Parameter, value: object, why: str, path: str) -> ParameterError:
    return ParameterError(f"{owner}: {known.name} {why}, not {value!r}", path)

"""Every signal by its name: what it is fed, its parameters with their ranges, its unit, and how it is computed."""

from __future__ import annotations

import inspect
import re
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from types import ModuleType
from typing import Any
from weakref import WeakKeyDictionary

from data.arrays import Floats
from data.errors import StrategyError, cut, did_you_mean, quoted
from data.market import Market
from data.ranges import ANY, Range
from data.roles import Roles
from strategies.parameters import Parameter, ParameterError, check_value
from strategies.signals import (
    breadth,
    calendar,
    fatigue,
    garch,
    leadership,
    rates,
    rotation,
    series,
    valuation,
    volatility,
    volume,
    weakness,
)
from strategies.signals.feeds import Feed, Feeder

MUST = inspect.Parameter.empty
"""Stands for the default of a key that has none."""
UNIT = re.compile(r"^\s*Unit: (.+)$", re.MULTILINE)
"""How a signal's docstring tells its unit."""


@dataclass(frozen=True)
class Signal:
    """A function on arrays, with what its signature says of it.

    Parameters
    ----------
    family
        Of what it speaks: ``weakness``, ``breadth``.
    function
        It returns float64, shape (sessions,).
    """

    family: str
    function: Callable[..., Floats]

    @property
    def name(self) -> str:
        """The function's name, by which YAML knows it."""
        return self.function.__name__

    @property
    def about(self) -> str:
        """What its value is, in a line."""
        return (self.function.__doc__ or "").strip().partition("\n")[0]

    @property
    def unit(self) -> str:
        """Of its value."""
        found = UNIT.findall(self.function.__doc__ or "")
        return found[-1].rstrip(".") if found else ""

    @property
    def feeds(self) -> Mapping[str, Feed]:
        """What each argument that comes from the market is fed, by the argument's name."""
        return self._signature.feeds

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What else it takes, in order."""
        return self._signature.parameters

    @property
    def keys(self) -> Mapping[str, Any]:
        """The keys a run may write with their defaults, `MUST` where there is none: whose it is, then parameters."""
        return self._signature.keys

    def given(self, written: Mapping[str, Any], where: str) -> dict[str, Any]:
        """Return every key with its value, defaults written out; raises ParameterError, whose parameter is dotted."""
        for key in written:
            if key not in self.keys:
                hint = did_you_mean(key, self.keys) or f": it has {', '.join(self.keys)}"
                raise ParameterError(f"{self.name} has no {key}{hint}", f"{where}.{key}")
        values = {**self.keys, **written}
        for key, value in values.items():
            if value is MUST:
                raise ParameterError(f"{self.name} needs {key}: write it", where)
        for known in self.parameters:
            values[known.name] = check_value(self.name, known, values[known.name], f"{where}.{known.name}")
        for feed in self.feeds.values():
            if feed.key:
                values[feed.key] = _named(self.name, feed, values[feed.key], f"{where}.{feed.key}")
        return values

    def names(self, given: Mapping[str, Any], roles: Roles) -> dict[str, Any]:
        """Return what each argument names: an instrument, several, a series, a group, events."""
        stands_for = {"underlying": roles.underlying, "hedge": roles.hedge}
        return {
            name: _hashable(given.get(feed.key)) or stands_for.get(feed.default or "")
            for name, feed in self.feeds.items()
        }

    def compute(self, given: Mapping[str, Any], market: Market) -> Floats:
        """Return its value at each close, shape (sessions,); computed once for a market."""
        named = self.names(given, market.roles)
        numbers = {known.name: _hashable(given[known.name]) for known in self.parameters}

        def made() -> Floats:
            feeder = Feeder(market)
            fed = {name: getattr(feeder, feed.kind)(named[name]) for name, feed in self.feeds.items()}
            return self.function(**fed, **numbers)

        code = self.function.__code__  # one's own may have another's name, and its text; a file's constants are its own
        key = (self.function.__module__, self.name, code, code.co_filename)
        given_as = ((name, type(value), value) for name, value in numbers.items())  # 1, 1.0 and true are apart
        return market.remember((key, *named.items(), *given_as), made)

    @cached_property
    def _signature(self) -> Signature:
        if self.function not in _SIGNATURES:
            _SIGNATURES[self.function] = Signature.of(self.function)
        return _SIGNATURES[self.function]


@dataclass(frozen=True)
class Signature:
    """What a function's arguments say: which the market feeds, which are parameters, and what a run writes of both."""

    feeds: Mapping[str, Feed]
    parameters: tuple[Parameter, ...]
    keys: Mapping[str, Any]

    @classmethod
    def of(cls, function: Callable[..., Any]) -> Signature:
        """Return that of a function."""
        hints, feeds, parameters = typing.get_type_hints(function, include_extras=True), {}, []
        for name, argument in inspect.signature(function).parameters.items():
            kind, notes = _parted(hints.get(name, Any))
            fed = [note for note in notes if isinstance(note, Feed)]
            if fed:
                feeds[name] = fed[0]
            else:
                within = next((note for note in notes if isinstance(note, Range)), ANY)
                parameters.append(Parameter(name, kind, argument.default, within))
        named = {feed.key: None if feed.default else MUST for feed in feeds.values() if feed.key}
        return cls(feeds, tuple(parameters), named | {known.name: known.default for known in parameters})


_SIGNATURES: WeakKeyDictionary[Callable[..., Any], Signature] = WeakKeyDictionary()
"""Signatures, which take a tenth of a millisecond to read, by function; one that is gone takes its own along."""


def shared(market: Market, function: Callable[..., Floats], /, **given: Any) -> Floats:
    """Return a signal's value at each close of a market, computed once for all strategies that ask for the same.

    ``shared(market, realised_volatility, days=20)``, or ``shared(market, moving_average, of="SPY", days=200)``.

    Parameters
    ----------
    market
        What it is fed from, and what remembers it, by the function's name, the arguments and what it is fed.
    function
        A signal, a window of `strategies.signals.windows` that is fed `Level`, or a function of your own at the top
        level of a file, whose arguments tell by the types of `strategies.signals.feeds` what they are fed. Its value
        hangs on its arguments alone.
    given
        Its other arguments by name, and whose prices it is fed: ``of``, ``against``, ``series``, ``members``,
        ``events``.

    Returns
    -------
    numpy.ndarray
        As the function gives it, shape (sessions,), read-only: what another strategy reads nobody changes.

    Raises
    ------
    ParameterError
        An argument is unknown, missing or out of range.
    StrategyError
        The function has no name of its own by which to be known.
    """
    if not inspect.isfunction(function) or function.__closure__ or "<" in function.__qualname__:
        name = getattr(function, "__qualname__", repr(function))
        raise StrategyError(f"shared needs a function at the top level of a file, not {cut(name)}: define it there")
    signal = Signal("", function)
    return signal.compute(signal.given(given, signal.name), market)


def _parted(hint: Any) -> tuple[Any, tuple[Any, ...]]:
    if typing.get_origin(hint) is typing.Annotated:
        kind, *notes = typing.get_args(hint)
        return kind, tuple(notes)
    return hint, ()


def _hashable(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value


def _named(signal: str, feed: Feed, value: Any, where: str) -> Any:
    """Check what a key names: a name, or a list of names where several are meant."""
    several = feed.kind in ("level", "levels", "belongs")
    if value is None and feed.default:
        return None
    if isinstance(value, str) and value:
        return value
    if several and isinstance(value, list | tuple) and value and all(isinstance(name, str) for name in value):
        return list(value)
    asked = "a name, or a list of names" if several else "a name"
    raise ParameterError(f"{signal}: {feed.key} has to be {asked}, not {quoted(value)}", where)


FAMILIES: Mapping[str, tuple[ModuleType, ...]] = {
    "weakness": (weakness,),
    "fatigue": (fatigue,),
    "valuation": (valuation,),
    "volatility": (volatility, garch),
    "volume": (volume,),
    "breadth": (breadth,),
    "leadership": (leadership,),
    "rotation": (rotation,),
    "rates": (rates,),
    "calendar": (calendar,),
    "any series": (series,),
}


def _public(module: ModuleType) -> list[Callable[..., Floats]]:
    return [
        each
        for name, each in vars(module).items()
        if inspect.isfunction(each) and each.__module__ == module.__name__ and not name.startswith("_")
    ]


SIGNALS: Mapping[str, Signal] = {
    function.__name__: Signal(family, function)
    for family, modules in FAMILIES.items()
    for module in modules
    for function in _public(module)
}
"""Every signal that YAML can name."""


def signal(named: Any, where: str) -> Signal:
    """Return a signal by its name; raises ParameterError."""
    if not isinstance(named, str) or named not in SIGNALS:
        hint = did_you_mean(str(named), SIGNALS) or ": backtest catalogue lists them"
        raise ParameterError(f"there is no signal {cut(str(named))}{hint}", where)
    return SIGNALS[named]

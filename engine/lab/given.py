"""What a page may ask for: keys of the config alone, no path, no code, and no strategy but those named at the start."""

from __future__ import annotations

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from data.errors import ConfigError, cut, did_you_mean
from data.families import FUNDS
from engine.config import RunConfig
from engine.keys import in_tree, put
from engine.loading import build_config
from engine.plain import Keys
from engine.research.ways import KNOWN
from strategies.load import SHIPPED

FREE = ("name", "start", "end", "portfolio", "underlying", "hedge", "hedges", "strategy", "policy", "execution")
"""The keys of a run that a page may set; its data are those of the file."""
KEY = re.compile(r"[\w^=-]+(\.[\w^=-]+)*")
HEDGE_KEY = re.compile(r"hedges?(\.[0-9]+)?\.(kind|instrument)")
PLACE = re.compile(r"page:(\d+): ")
DEEPEST = 8
"""Levels of keys in a run, with room."""
LONGEST_TEXT = 120


class AskedError(ConfigError):
    """What a page asked for is refused; `key` is the key it is about, dotted; empty where it is about none."""

    def __init__(self, message: str, key: str = "") -> None:
        super().__init__(message)
        self.key = key


@dataclass(frozen=True)
class Strategies:
    """The strategies that a page may name: those that ship, and those of the files that the lab was started with.

    Parameters
    ----------
    named
        Classes with their files in full, by what a page calls them.
    """

    named: Mapping[str, str]

    @classmethod
    def of(cls, configs: Sequence[RunConfig]) -> Strategies:
        """Return those of some runs; two files of one name are told apart by a number."""
        named = {name: name for name in SHIPPED}
        for full in dict.fromkeys(each.named for config in configs for each in config.strategies):
            place, colon, name = full.rpartition(":")
            short, count = f"{Path(place).name}{colon}{name}", 1
            while full not in named.values() and short in named:
                count += 1
                short = f"{Path(place).name}-{count}{colon}{name}"
            named |= {} if full in named.values() else {short: full}
        return cls(named)

    def shown(self, full: str) -> str:
        """Return what a page calls a class."""
        return next((short for short, name in self.named.items() if name == full), full)

    def full(self, short: Any, key: str) -> str:
        """Return a class by what a page calls it; raises AskedError for one that wasn't named at the start."""
        if not isinstance(short, str) or short not in self.named:
            hint = did_you_mean(str(short), self.named) or f": {', '.join(self.named)} are there"
            raise AskedError(f"{key} {cut(str(short))} wasn't named when the lab was started{hint}", key)
        return self.named[short]


def tree_of(config: RunConfig, strategies: Strategies) -> dict[str, Any]:
    """Return the keys of a run that a page knows, plain: no data, and no path of a strategy's file."""
    tree = config.model_dump(mode="json")
    tree = {key: value for key, value in tree.items() if key in FREE}
    for _keys, section in _named_in(tree):
        section["class"] = strategies.shown(section["class"])
    return tree


def config_given(
    base: RunConfig, strategies: Strategies, tree: Mapping[str, Any] | None, moves: Sequence[tuple[Any, Any]] = ()
) -> RunConfig:
    """Return the run that a page asks for.

    Parameters
    ----------
    base
        The run as it was at the start: its data section is the run's, whatever the page says.
    strategies
        Which it may name.
    tree
        Its keys as `tree_of` gives them; those of `base` unless given.
    moves
        Keys, dotted, with the values they are set to, in order.

    Raises
    ------
    AskedError
        A key or a value is refused, in one line, with the key.
    """
    known = tree_of(base, strategies)
    wanted = copy.deepcopy(dict(known if tree is None else tree))
    for key, value in moves:
        keys = in_tree(wanted, _keys(key), "page")
        put(wanted, keys, value, "page")
    _check(wanted, {text for _place, text in _texts(known)})
    for keys, section in _named_in(wanted):
        section["class"] = strategies.full(section.get("class", "WeaknessHedge"), ".".join((*keys, "class")))
    wanted["data"], wanted["controls"] = base.model_dump(mode="python")["data"], "on"
    places = [place for place, _value in _nodes(wanted)]
    try:
        config = build_config(wanted, lines={place: k for k, place in enumerate(places, 1)}, file="page")
    except ConfigError as error:
        found = PLACE.match(str(error))
        keys = places[int(found[1]) - 1] if found else ()
        message = str(error)[found.end() if found else 0 :].removeprefix("page: ")
        raise AskedError(message, ".".join(keys)) from None
    return config.checked_by(base.check)


def completed(moves: Sequence[tuple[Any, Any]], config: RunConfig, instruments: Sequence[str]) -> list[tuple[Any, Any]]:
    """Return moves with what a hedge's kind and its instrument need of each other, where a page turned one of them.

    A fund of the underlying takes its leverage along, and anything else that has bars is an asset; a kind that is
    bought takes the first of what is usual, of what the data hold.

    Parameters
    ----------
    moves
        Keys with values.
    config
        The run that they begin from: what is held, and what signals read.
    instruments
        What the data hold bars of.
    """
    held, turned = {*config.portfolio.core, config.read}, {key for key, _value in moves if isinstance(key, str)}
    funds = {name: fund.leverage for name, fund in FUNDS.items() if fund.underlying == config.read and name not in held}
    funds |= {leg.instrument: leg.leverage for leg in config.legs if leg.kind == "fund" and leg.leverage is not None}
    bought = {"fund": [name for name in funds if name in instruments and funds[name] < 0.0]}
    bought["asset"] = [
        name for name in dict.fromkeys((*KNOWN, *instruments)) if name in instruments and name not in held
    ]
    found = list[tuple[Any, Any]]()
    for key, value in moves:
        place = key.rpartition(".")[0] if isinstance(key, str) and HEDGE_KEY.fullmatch(key) else ""
        named = value if place and key.endswith(".instrument") else None
        if place and key.endswith(".kind") and value in bought and f"{place}.instrument" not in turned:
            named = next(iter(bought[value]), None)
            found.append((key, value))
        if isinstance(named, str) and (named in funds or named in instruments):
            kind = "asset" if key.endswith(".kind") and value == "asset" else "fund" if named in funds else "asset"
            found += [(f"{place}.kind", kind), (f"{place}.instrument", named)]
            found += [(f"{place}.leverage", funds[named])] if kind == "fund" else []
        elif not found or found[-1] != (key, value):
            found.append((key, value))
    return found


def _keys(key: Any) -> Keys:
    if not isinstance(key, str) or not KEY.fullmatch(key) or len(key) > LONGEST_TEXT:
        raise AskedError(f"{cut(str(key))} is no key of a run")
    return tuple(key.split("."))


def _check(tree: Mapping[str, Any], known: set[str]) -> None:
    """Refuse keys that are no business of a page's, and texts that might be paths unless the run has them itself."""
    for key in tree:
        if key not in FREE:
            raise AskedError(f"{cut(str(key))} can't be set here: the lab takes {', '.join(FREE)}", str(key))
    for place, value in _nodes(tree):
        key = ".".join(place)
        if len(place) > DEEPEST:
            raise AskedError(f"{cut(key)} is nested too deep: a run has three levels of keys")
        own = not isinstance(value, str) or value in known or place[-1] == "class"
        if not own and not _is_a_name(value):
            raise AskedError(f"{key} can't be {cut(value)} here: a page gives names, no paths", key)


def _is_a_name(text: str) -> bool:
    return len(text) <= LONGEST_TEXT and text.isprintable() and not {"/", "\\"} & set(text)


def _named_in(tree: Mapping[str, Any]) -> Iterator[tuple[Keys, dict[str, Any]]]:
    """Yield every strategy section of a run's keys, and where it stands."""
    several = tree.get("hedges")
    places: list[tuple[Keys, Any]] = [((), tree), (("hedge",), tree.get("hedge"))]
    places += [(("hedges", str(k)), leg) for k, leg in enumerate(several if isinstance(several, list) else [])]
    for keys, section in places:
        if isinstance(section, dict) and isinstance(section.get("strategy"), dict):
            yield (*keys, "strategy"), section["strategy"]


def _nodes(tree: Any, above: Keys = ()) -> Iterator[tuple[Keys, Any]]:
    """Yield every key below a tree with what it holds, those above before those below."""
    pairs = tree.items() if isinstance(tree, Mapping) else enumerate(tree) if isinstance(tree, list) else ()
    for key, value in pairs:
        place = (*above, str(key))
        yield place, value
        if len(place) <= DEEPEST:
            yield from _nodes(value, place)


def _texts(tree: Mapping[str, Any]) -> Iterator[tuple[Keys, str]]:
    return ((place, value) for place, value in _nodes(tree) if isinstance(value, str))

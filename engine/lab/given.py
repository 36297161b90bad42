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
from engine.hedge_config import HedgeConfig
from engine.keys import in_tree, put
from engine.loading import build_config
from engine.plain import Keys
from engine.research.ways import KNOWN
from strategies.load import SHIPPED

FREE = ("name", "start", "end", "portfolio", "underlying", "hedge", "hedges", "strategy", "policy", "execution")
"""The keys of a run that a page may set; its data are those of the file."""
KEY = re.compile(r"[\w^=-]+(\.[\w^=-]+)*")
COUPLED = re.compile(r"hedges?(\.[0-9]+)?\.(kind|instrument|weight|option\.structure)|portfolio\.core\..+|.+\.combine")
"""Keys that take others along."""
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
    """Return moves with what the keys that a page turned need of others.

    A hedge's kind and its instrument need each other: a fund of the underlying takes its leverage along, and anything
    else that has bars is an asset; a kind that is bought takes the first of what is usual, of what the data hold. Bills
    sell core, an option is sized by its cover and never stopped. A weight is no less than may be held, holdings make
    room for one of them, and what is sold of an option or is enough of votes goes where it means nothing.

    Parameters
    ----------
    moves
        Keys with values.
    config
        The run that they begin from: what is held, and what signals read.
    instruments
        What the data hold bars of.
    """
    turned, cores = {key for key, _value in moves if isinstance(key, str)}, dict(config.portfolio.core)
    found = list[tuple[Any, Any]]()
    for key, value in moves:
        found.append((key, value))
        if not isinstance(key, str) or not COUPLED.fullmatch(key):
            continue
        above, _dot, name = key.rpartition(".")
        if above == "portfolio.core":
            cores = _made_room(cores, name, value)
            found += [(f"{above}.{other}", weight) for other, weight in cores.items()]
        elif name == "combine":
            known = value != "votes" and any("enough" in each.params for each in config.strategies)
            found += [(f"{above}.enough", None)] if known else []
        elif name == "structure":
            found.append((f"{above}.sold_strike", None))
        elif above != "hedge" and int(above.partition(".")[2]) >= len(config.legs):
            continue  # refused by its number
        elif name == "weight":
            room = _leg(config, above).max_weight
            found += [(f"{above}.max_weight", value)] if isinstance(value, int | float) and value > room else []
        else:
            found += _of_its_kind(above, name, value, config, instruments, turned)
    return found


def _leg(config: RunConfig, key: str) -> HedgeConfig:
    return config.legs[int(key.partition(".")[2] or 0)]


def _of_its_kind(
    above: str, name: str, value: Any, config: RunConfig, instruments: Sequence[str], turned: set[str]
) -> list[tuple[Any, Any]]:
    """Return what a hedge's kind, or its instrument, takes along."""
    held, leg = {*config.portfolio.core, config.read}, _leg(config, above)
    funds = {each: fund.leverage for each, fund in FUNDS.items() if fund.underlying == config.read and each not in held}
    funds |= {own.instrument: own.leverage for own in config.legs if own.kind == "fund" and own.leverage is not None}
    found = list[tuple[Any, Any]]()
    named, kind = value, "fund" if value in funds else "asset"
    if name == "kind":
        found += [(f"{above}.funding", "sell_core")] if value == "cash" and leg.funding != "sell_core" else []
        if value == "option":
            found += [(f"{above}.sizing", "fixed")] if leg.sizing not in ("fixed", "proportional") else []
            policies = {"policy": config.policy, f"{above}.policy": leg.policy}
            found += [
                (f"{place}.{stop}", None)
                for place, policy in policies.items()
                for stop in ("stop_loss", "take_profit")
                if policy is not None and getattr(policy, stop) is not None
            ]
        bought = {"fund": [each for each in funds if each in instruments and funds[each] < 0.0]}
        bought["asset"] = [each for each in (*KNOWN, *instruments) if each in instruments and each not in held]
        if value not in bought or f"{above}.instrument" in turned:
            return found
        named, kind = next(iter(bought[value]), None), value
    if isinstance(named, str) and (named in funds or named in instruments):
        kind = "fund" if kind != "asset" and named in funds else "asset"
        found += [(f"{above}.kind", kind), (f"{above}.instrument", named)]
        found += [(f"{above}.leverage", funds[named])] if kind == "fund" else []
    return found


def _made_room(cores: Mapping[str, float], name: str, value: Any) -> dict[str, float]:
    """Return holdings in which one has a weight, and the others share the rest as before; as they are for no weight."""
    if name not in cores or len(cores) == 1 or not isinstance(value, int | float) or not 0.0 < value < 1.0:
        return dict(cores)
    rest = 1.0 - cores[name]
    made = {other: weight * (1.0 - value) / rest for other, weight in cores.items() if other != name}
    return {other: value if other == name else made[other] for other in cores}


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

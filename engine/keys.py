"""Keys of a run as a person writes them, and what setting one does to all that a run's YAML holds."""

from __future__ import annotations

import copy
import re
from collections.abc import Collection, Mapping
from typing import Any, get_args, get_origin

from data.errors import ConfigError
from engine.config import SHARED, RunConfig
from engine.config_types import ConfigSection
from engine.hedge_config import MADE, OF_A_KIND, HedgeConfig
from engine.plain import Keys

NUMBER = re.compile(r"[0-9]{1,3}")


def fields_at(keys: Keys) -> list[str]:
    """Return the keys that may stand below some keys, as they are written; none where any may, or none."""
    section, listed = _section(RunConfig)
    for key in keys:
        if listed:
            listed = False
            continue
        fields = {} if section is None else section.model_fields
        field = next((field for name, field in fields.items() if key in (name, field.alias)), None)
        section, listed = (None, False) if field is None else _section(field.annotation)
    return [] if section is None or listed else [field.alias or name for name, field in section.model_fields.items()]


def _section(annotation: Any) -> tuple[type[ConfigSection] | None, bool]:
    """Return the section that a value of this type holds, and whether in a list or a map of such."""
    if isinstance(annotation, type) and issubclass(annotation, ConfigSection):
        return annotation, False
    within = [_section(argument) for argument in get_args(annotation)]
    section = next((section for section, _listed in within if section is not None), None)
    return section, section is not None and get_origin(annotation) in (list, dict)


def in_tree(tree: Mapping[str, Any], keys: Keys, where: str) -> Keys:
    """Return keys as the tree has them: hedges.0 is hedge where that is the only one, and hedge is none of several.

    Raises ConfigError that begins with `where` for a hedge that isn't there.
    """
    hedges = tree.get("hedges") or None
    if keys[0] not in ("hedge", "hedges") or keys == ("hedges",) or not (hedges is None or isinstance(hedges, list)):
        return keys
    if keys[0] == "hedge":
        if hedges is None:
            return keys
        if len(hedges) == 1:
            return ("hedges", "0", *keys[1:])
        raise ConfigError(f"{where}: the run has {len(hedges)} hedges: write {_each(hedges, keys[1:])}")
    legs = [tree.get("hedge")] if hedges is None else hedges
    if not NUMBER.fullmatch(keys[1]):
        below = keys[1:] if keys[1] in HedgeConfig.model_fields else keys[2:]
        raise ConfigError(f"{where}: hedges are numbered: write {_each(legs, below)}")
    if int(keys[1]) >= len(legs):
        raise ConfigError(f"{where}: there is no hedges.{keys[1]}: the run has {_each(legs, keys[2:])}")
    return ("hedge", *keys[2:]) if hedges is None else ("hedges", str(int(keys[1])), *keys[2:])


def _each(legs: list[Any], below: Keys) -> str:
    """Return a key as it is written for each hedge."""
    names = [leg.get("instrument") or leg.get("kind", "SOXS") if isinstance(leg, dict) else "" for leg in legs]
    return " or ".join(f"{'.'.join(('hedges', str(k), *below))} ({name or 'SOXS'})" for k, name in enumerate(names))


def put(tree: dict[str, Any], keys: Keys, value: Any, where: str, given: Collection[Keys] = ()) -> None:
    """Set a key in a tree, and drop what goes with what stood there.

    A strategy's class takes its parameters with it, and a hedge's kind what belongs to the kind, unless `given` names
    it. Raises ConfigError that begins with `where` where a value stands in the way.
    """
    leg = leg_of(keys)
    if leg:
        _before_a_hedge(tree, leg, keys[len(leg) :], value, given)
    section = at(tree, keys[:-1]) if keys[-2:] == ("strategy", "class") else None
    if isinstance(section, dict) and section.get("class") != value:  # another one's parameters are not its own
        section.pop("params", None)
    node: Any = tree
    for depth, key in enumerate(keys[:-1], start=1):
        if isinstance(node, list):
            node = node[int(key)]
            continue
        inner = node.get(key)
        if inner is None:
            inner = node[key] = {}
        if not isinstance(inner, dict) and not (isinstance(inner, list) and keys[:depth] == ("hedges",)):
            raise ConfigError(f"{where}: {'.'.join(keys[:depth])} is a value, it holds no keys")
        node = inner
    if isinstance(node, list):
        node[int(keys[-1])] = value
    else:
        node[keys[-1]] = value


def leg_of(keys: Keys) -> Keys:
    """Return the keys of the hedge that a key is of; none where it is of no hedge."""
    if keys[:1] == ("hedge",):
        return keys[:1]
    return keys[:2] if keys[:1] == ("hedges",) and len(keys) > 1 else ()


def below_leg(keys: Keys) -> Keys:
    """Return what a key is called below its hedge; nothing where it is of no hedge."""
    leg = leg_of(keys)
    return keys[len(leg) :] if leg else ()


def at(tree: Any, keys: Keys) -> Any:
    """Return what stands under some keys; None where nothing does."""
    for key in keys:
        if isinstance(tree, list):
            tree = tree[int(key)] if NUMBER.fullmatch(key) and int(key) < len(tree) else None
        else:
            tree = tree.get(key) if isinstance(tree, dict) else None
    return tree


def _before_a_hedge(tree: dict[str, Any], keys: Keys, below: Keys, value: Any, given: Collection[Keys]) -> None:
    """Make room in a hedge for a key that is set: for its kind, its own policy or strategy, and its own name."""
    leg = at(tree, keys)
    if not isinstance(leg, dict) or not below:
        return
    if below == ("kind",) and leg.get("kind", "fund") != value:
        _forget_kind(leg, value, {name for name in OF_A_KIND if (*keys, name) in given})
    if leg.get("kind") in MADE and below != ("instrument",):
        leg.pop("instrument", None)  # it names itself, by what is set here
    if below[0] in ("policy", "strategy") and len(below) > 1 and leg.get(below[0]) is None:
        leg[below[0]] = copy.deepcopy(tree.get(below[0]) or {})
    if keys == ("hedges", "0") and below[0] in SHARED:
        for other in tree["hedges"][1:]:
            if isinstance(other, dict):
                other.pop(below[0], None)


def _forget_kind(leg: dict[str, Any], kind: Any, given: Collection[str]) -> None:
    """Drop what goes with a hedge's kind but for what is given; what has bars of its own stays what it is."""
    listed = {leg.get("kind", "fund"), kind} <= {"fund", "asset"}
    named = leg.get("instrument", "SOXS")
    for name in OF_A_KIND:
        if name not in given:
            leg.pop(name, None)
    if listed and "instrument" not in given:
        leg["instrument"] = named
        if kind == "fund" and named != "SOXS":
            leg.setdefault("leverage", None)  # for which a person is asked


def as_written(tree: Mapping[str, Any], keys: Keys) -> Keys:
    """Return keys of a checked run as its YAML has them: what is hedge there may be the first, or all, of hedges."""
    if keys[:1] == ("hedge",) and isinstance(tree.get("hedges"), list):
        return ("hedges", "0", *keys[1:])
    return keys


def told_in_full(tree: Mapping[str, Any], said: str, leg: Keys) -> str:
    """Return a message with the keys that it names written out as the tree has them.

    Parameters
    ----------
    leg
        The keys of the hedge that it is said of, which it leaves out; none where it is said of the whole run.
    """
    words = said.split(" ")
    for k, word in enumerate(words):
        keys = tuple(word.split("."))
        if leg and (not k or len(keys) > 1) and keys[0] in HedgeConfig.model_fields:
            words[k] = ".".join((*leg, word))
        elif keys[0] == "hedge" and len(keys) > 1:
            words[k] = ".".join(as_written(tree, keys))
    return " ".join(words)

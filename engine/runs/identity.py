"""By what a run or a sweep is known: its config without paths, as text that is the same for the same content."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from data.version import code_version
from engine.config import RunConfig
from engine.plain import Keys
from strategies.load import source_hash

ID_LENGTH = 10
CLASS = ("strategy", "class")
"""The key that names the strategy."""


def identity(known: Any) -> str:
    """Return the short hash of what something is known by."""
    return digest(known)[:ID_LENGTH]


def digest(known: Any) -> str:
    """Return the hash of plain values, the same whatever the order of keys."""
    return hashlib.sha256(canonical(known).encode()).hexdigest()


def canonical(known: Any) -> str:
    """Return plain values as the shortest JSON, keys sorted."""
    return json.dumps(known, sort_keys=True, separators=(",", ":"), allow_nan=False, default=str)


def as_run(config: RunConfig, source: str) -> RunConfig:
    """Return the config with its source as it was resolved, and strategies' own files by their bare names."""
    data = config.data.model_copy(update={"source": source})
    bare = config.with_strategies(lambda each: each.model_copy(update={"named": _bare(each.named)}))
    return bare.model_copy(update={"data": data})


def _bare(named: str) -> str:
    place, colon, name = named.rpartition(":")
    return f"{Path(place).name}{colon}{name}" if place.endswith(".py") else named


def known_values(keys: Keys, values: Sequence[Any]) -> tuple[Any, ...]:
    """Return a key's values as they count for identity: a strategy's own file by its bare name, unless two share it."""
    bare = tuple(_bare(str(value)) for value in values) if keys[-2:] == CLASS else ()
    return bare if bare and len(set(bare)) == len(values) else tuple(values)


def known_config(config: RunConfig, source: str) -> dict[str, Any]:
    """Return a config as it counts for identity: no path of anybody's machine is in it."""
    known = as_run(config, source).model_dump(mode="json")
    del known["data"]["path"], known["sweep"]  # neither changes what a run is
    return known


def classes_in(tried: Mapping[Keys, Sequence[Any] | None]) -> tuple[str, ...]:
    """Return the classes among the values that are tried of each key, the run's own strategies or its hedges'."""
    return tuple(str(value) for keys, values in tried.items() if keys[-2:] == CLASS for value in values or ())


def known_by(config: RunConfig, source: str, data: Mapping[str, str], classes: Sequence[str] = ()) -> dict[str, Any]:
    """Return what a run, or the combinations of some axes, are known by before anything of their own.

    Parameters
    ----------
    config, source
        The run, and the name of the source that it was resolved to.
    data
        A hash of each input.
    classes
        The strategies that are tried, where several are.
    """
    named = [each.named for each in config.strategies]
    own = [source_hash(each) for each in (*named, *classes)]
    return {
        "config": known_config(config, source),
        "strategy": own if len(own) > 1 else own[0],
        "data": data,
        "code": code_version(),
    }


def id_of(config: RunConfig, source: str, data: Mapping[str, str], engine: str) -> str:
    """Return the id of a run: what its config, its inputs by content, its code and its engine come to."""
    known = known_by(config, source, data)
    if engine != "backtrader":  # the others agree to the cent, not to the last bit
        known["engine"] = engine
    return identity(known)

"""Where a kept run comes from: the YAML that ships under its name, or the defaults; and what it changes of that."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from data.errors import UserError
from engine.config import RunConfig
from engine.hedge_config import HedgeConfig
from engine.loading import build_config, load_config
from engine.plain import PlainYaml
from strategies.load import RUNS, SHIPPED

CLASS, PARAMETERS = "strategy.class", "strategy.params."
OF_SEVERAL = re.compile(r"hedges\.\d+\.(.*)")
"""A key of one of several hedges, and what it is under `hedge`."""


@dataclass(frozen=True)
class RunOrigin:
    """Where a run comes from.

    Parameters
    ----------
    shipped
        The file that ships under its name; ``None`` where it is compared with the defaults.
    changes
        Keys with other values, as ``--set`` takes them: ``hedge.weight``, a parameter of the strategy alone.
    """

    shipped: str | None
    changes: Mapping[str, str]


def origin_of(folder: Path, near: Sequence[RunConfig] = ()) -> RunOrigin | None:
    """Return where a kept run comes from; None where its config.yaml can't be read.

    No code of the user's is run for it: of a strategy of theirs every parameter counts as changed.

    Parameters
    ----------
    folder
        The run's.
    near
        Runs of which the most alike is what it is compared with, in place of the one that ships under its name.
    """
    path = folder / "config.yaml"
    try:
        tree = PlainYaml(path.read_text(encoding="utf-8"), partial(_place, path)).tree
        if not isinstance(tree, dict) or not isinstance(tree.get("strategy"), dict):
            return None
        own = {key: value for key, value in flat(tree).items() if counts(key)}
        if near:
            changes = (_changes(own, _flat_run(config)) for config in near)
            return RunOrigin(None, min(changes, key=len))
        file = f"{tree.get('name')}.yaml"
        shipped = file if file in {path.name for path in RUNS.glob("*.yaml")} else None
        base = _flat_run(load_config(RUNS / shipped) if shipped else _defaults(tree["strategy"].get("class")))
    except (OSError, UserError, UnicodeDecodeError):
        return None
    return RunOrigin(shipped, _changes(own, base))


def _changes(own: Mapping[str, Any], base: Mapping[str, Any]) -> dict[str, str]:
    """Return which keys of a run have other values than another's."""
    if own.get(CLASS) != base[CLASS]:
        base = {key: value for key, value in base.items() if not key.startswith(PARAMETERS)}
    usual = flat(HedgeConfig().model_dump())
    known = {key: usual.get(hedge[1]) for key in own if (hedge := OF_SEVERAL.fullmatch(key))} | dict(base)
    changed = {key: value for key, value in own.items() if key not in known or value != known[key]}
    return {key.removeprefix(PARAMETERS): shown(value) for key, value in changed.items()}


def flat(tree: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    """Return nested keys as one level, joined by dots."""
    found: dict[str, Any] = {}
    for key, value in tree.items():
        if isinstance(value, list) and value and all(isinstance(each, dict) for each in value):  # hedges, by number
            value = {str(place): each for place, each in enumerate(value)}  # noqa: PLW2901
        found |= flat(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}": value}
    return found


def shown(value: Any) -> str:
    """Return a value as YAML has it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)


def counts(key: str) -> bool:
    """Return whether a key changes what a run is."""
    return key not in ("name", "data.path", "data.source") and key.partition(".")[0] != "sweep"


def _place(path: Path, line: int) -> str:
    return f"{path}:{line}"


def _flat_run(config: RunConfig) -> dict[str, Any]:
    return flat(config.model_dump(mode="python"))


def _defaults(named: object) -> RunConfig:
    return build_config({"strategy": {"class": named}} if named in SHIPPED else {})

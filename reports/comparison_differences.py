"""What runs don't have in common: configs key by key, inputs and code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from engine.kept import KeptRun

NONE = "-"
"""Where a run has no such key."""


def differences(kept: Sequence[KeptRun]) -> Mapping[str, tuple[str, ...]]:
    """Return what configs, inputs and code of runs don't have in common: a value a run, by key; ``-`` for none."""
    told = [
        {**_flat(run.config), "engine": run.manifest["engine"], "code": run.manifest["code"], **_inputs(run, kept)}
        for run in kept
    ]
    sections = list(dict.fromkeys(key.partition(".")[0] for one in told for key in one))
    keys = dict.fromkeys(key for one in told for key in one if not _untold(key))
    together = sorted(keys, key=lambda key: sections.index(key.partition(".")[0]))
    rows = {key: tuple(_shown(one[key]) if key in one else NONE for one in told) for key in together}
    return {key: row for key, row in rows.items() if len(set(row)) > 1}


def _untold(key: str) -> bool:
    """Say whether a key changes nothing about what a run is."""
    return key in ("name", "data.path") or key.partition(".")[0] == "sweep"


def _inputs(run: KeptRun, kept: Sequence[KeptRun]) -> dict[str, str]:
    """Return the hash of a run's inputs where another run that ends alike was fed something else by that name."""
    rivals = [one for one in kept if one.sessions[-1] == run.sessions[-1]]
    return {
        f"data {name}": content[:8]
        for name, content in run.manifest["data"].items()
        if any(one.manifest["data"].get(name, content) != content for one in rivals)
    }


def _flat(tree: Mapping[str, Any], above: str = "") -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for key, value in tree.items():
        flat |= _flat(value, f"{above}{key}.") if isinstance(value, dict) else {f"{above}{key}": value}
    return flat


def _shown(value: Any) -> str:
    """Return a value as YAML has it."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    return f"{value:g}" if isinstance(value, float) else str(value)

"""What runs don't have in common: configs key by key, inputs and code."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.runs.origin import flat, shown
from engine.runs.run import Run

NONE = "-"
"""Where a run has no such key."""


def differences(kept: Sequence[Run]) -> Mapping[str, tuple[str, ...]]:
    """Return what configs, inputs and code of runs don't have in common: a value a run, by key; ``-`` for none."""
    told = [
        {**flat(run.settings), "engine": run.manifest["engine"], "code": run.manifest["code"], **_inputs(run, kept)}
        for run in kept
    ]
    sections = list(dict.fromkeys(key.partition(".")[0] for one in told for key in one))
    keys = dict.fromkeys(key for one in told for key in one if not _untold(key))
    together = sorted(keys, key=lambda key: sections.index(key.partition(".")[0]))
    rows = {key: tuple(shown(one[key]) if key in one else NONE for one in told) for key in together}
    return {key: row for key, row in rows.items() if len(set(row)) > 1}


def _untold(key: str) -> bool:
    """Say whether a key changes nothing about what a run is."""
    return key in ("name", "data.path") or key.partition(".")[0] == "sweep"


def _inputs(run: Run, kept: Sequence[Run]) -> dict[str, str]:
    """Return the hash of a run's inputs where another run that ends alike was fed something else by that name."""
    rivals = [one for one in kept if one.sessions[-1] == run.sessions[-1]]
    return {
        f"data {name}": content[:8]
        for name, content in run.manifest["data"].items()
        if any(one.manifest["data"].get(name, content) != content for one in rivals)
    }

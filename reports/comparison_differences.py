"""What configs, inputs and code of runs don't have in common."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from engine.runs.origin import flat, shown
from engine.runs.run import Run
from reports.comparison_rows import NONE


def differences(kept: Sequence[Run]) -> Mapping[str, tuple[str, ...]]:
    """Return what configs, inputs and code of runs don't have in common: a value a run, by key; ``-`` for none."""
    configs = [
        {**flat(run.settings), "engine": run.manifest["engine"], "code": run.manifest["code"], **_inputs(run, kept)}
        for run in kept
    ]
    sections = list(dict.fromkeys(key.partition(".")[0] for config in configs for key in config))
    names = {"name", "data.path"}  # they change nothing about what a run is, nor does a sweep's section
    keys = dict.fromkeys(key for own in configs for key in own if not (key in names or key.split(".")[0] == "sweep"))
    together = sorted(keys, key=lambda key: sections.index(key.partition(".")[0]))
    rows = {key: tuple(shown(config[key]) if key in config else NONE for config in configs) for key in together}
    return {key: row for key, row in rows.items() if len(set(row)) > 1}


def _inputs(run: Run, kept: Sequence[Run]) -> dict[str, str]:
    """Return the hash of a run's inputs where another run that ends alike was fed something else by that name."""
    rivals = [rival for rival in kept if rival.sessions[-1] == run.sessions[-1]]
    return {
        f"data {name}": content[:8]
        for name, content in run.manifest["data"].items()
        if any(rival.manifest["data"].get(name, content) != content for rival in rivals)
    }

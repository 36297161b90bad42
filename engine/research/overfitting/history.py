"""How many combinations were ever tried on a run: those of its finished sweeps and searches that are kept."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from data.arrow import floats_of, read_columns
from data.files import damaged
from engine.keys import at
from engine.runs.folder import MANIFEST
from engine.runs.identity import canonical
from engine.runs.results import PARTED, RESULTS, files_in

Hashes = npt.NDArray[np.uint64]

TRADED = ("instrument", "underlying", "leverage")
"""What two sweeps have to trade alike as hedges, and their kind, to be sweeps of one run."""
SEARCHES = "searches"
"""Beside the folder of sweeps: where searches are kept by default."""
ASIDE = ("start", "end", "data", "controls")
"""Keys that say on what history a combination was tried and what is shown of it, and not which it is."""


class Tried(NamedTuple):
    """What was tried.

    Parameters
    ----------
    combinations
        Distinct ones.
    sweeps
        Finished sweeps and searches that they come from, this one too.
    damaged
        Files of others that can't be read, or aren't as they were written: what those tried isn't counted.
    """

    combinations: int
    sweeps: int
    damaged: tuple[Path, ...] = ()


def tried_in(folder: Path) -> Tried:
    """Count the combinations of a sweep and of the sweeps and searches of its run that are kept beside it, each once.

    Notes
    -----
    A sweep is of the same run when it has its name, its strategy's class and what it trades, on a market as real or as
    simulated. A combination is known by its strategy's code and by all keys of its config but those of `ASIDE`: tried
    again on a newer history it counts once. What a person tried by ``backtest run``, or in another folder, isn't known.
    """
    own = _manifest(folder)
    beside = {*folder.parent.iterdir(), *(folder.parent.parent / SEARCHES).glob("*")} - {folder}
    others = [other for other in sorted(beside) if os.path.lexists(other / MANIFEST)]
    left_out = {other: name for other in others if (name := damaged(other, (MANIFEST, RESULTS, PARTED)))}
    kin = [folder, *(other for other in others if other not in left_out and _alike(own, other))]
    manifests = [_manifest(other) for other in kin]
    names = sorted({name for manifest in manifests for name in manifest["axes"]})
    rows = [_combinations(manifest, files_in(other), names) for manifest, other in zip(manifests, kin, strict=True)]
    unread = (other / name for other, name in left_out.items() if other.name.startswith(f"{own['name']}-"))
    return Tried(len(np.unique(np.concatenate(rows))), len(kin), tuple(unread))


def _manifest(folder: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
    return found


def _alike(own: Mapping[str, Any], other: Path) -> bool:
    """Return whether a folder holds a finished sweep of the same run."""
    if not all(path.is_file() for path in files_in(other)):
        return False
    try:
        return _of_run(_manifest(other)) == _of_run(own)
    except (OSError, ValueError, KeyError, TypeError):  # a folder of something else
        return False


def _of_run(manifest: Mapping[str, Any]) -> list[Any]:
    config = manifest["config"]
    legs = config.get("hedges") or [config["hedge"]]
    traded = [[leg.get("kind", "fund"), *(leg[key] for key in TRADED)] for leg in legs]  # older ones are funds
    strategy, core = config["strategy"]["class"], config["portfolio"]["core"]
    return [manifest["name"], manifest["simulated"], strategy, core, traded, len(manifest["axes"]) > 0]


def _combinations(manifest: Mapping[str, Any], results: Sequence[Path], names: list[str]) -> Hashes:
    """Return a number for each row: the sum of one for each of its keys and values, so that equal rows are equal."""
    config = manifest["config"]
    taken = [_take(config, name.split(".")) for name in names]
    rest = {key: value for key, value in config.items() if key not in ASIDE}
    total = np.full(manifest["combinations"], _number("", canonical([rest, manifest["strategy"]])), np.uint64)
    for name, value in zip(names, taken, strict=True):
        if name in manifest["axes"]:
            column = read_columns(results, [name]).column(0).combine_chunks().dictionary_encode()
            known = [_number(name, _text(value)) for value in (*column.dictionary.to_pylist(), None)]
            places = floats_of(column.indices)
            total += np.array(known, np.uint64)[np.nan_to_num(places, nan=len(known) - 1).astype(np.int64)]
        else:
            total += np.uint64(_number(name, _text(value)))
    return total


def _take(config: dict[str, Any], keys: list[str]) -> Any:
    """Take a value out of a config; None where it isn't there, as a parameter that another strategy has."""
    node = at(config, tuple(keys[:-1]))
    return node.pop(keys[-1], None) if isinstance(node, dict) else None


def _text(value: Any) -> str:
    """Return a value as text, the same from a manifest and from a table."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        return repr(float(value))
    return str(value)


def _number(name: str, text: str) -> int:
    return int.from_bytes(hashlib.blake2b(f"{name}={text}".encode(), digest_size=8).digest(), "little")

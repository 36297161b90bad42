"""Knowing a run that was made before: the kept one that running a config would only write again."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from data.errors import UserError
from data.market import Market
from data.version import code_version
from engine.config import RunConfig
from engine.runs import identity
from engine.runs.folder import id_of, kept_folders
from engine.runs.record import Record, read_json
from engine.setup import open_market


def made_before(config: RunConfig, runs: Path, engine: str = "backtrader") -> Path | None:
    """Return the folder of a kept run that running this config would only write again; None where there is none.

    The code, the engine, the config and the strategy's file are the same, and so is every input that the kept run
    used, by its content.
    """
    written = {name: _manifest(runs / name) for name in kept_folders(runs)}
    alike = {name: manifest for name, manifest in written.items() if manifest.get("code") == code_version()}
    if not alike:
        return None
    market = open_market(config)
    source = market.source.name
    known = identity.digest(identity.known_config(config, source))
    for name, manifest in alike.items():
        if (manifest.get("config"), manifest.get("engine")) == (known, engine):
            data = market.fingerprint(set(manifest["data"]) - {"audit"})  # and what the audit finds now
            if identity.id_of(config, source, data, engine) == id_of(name) and _is_whole(runs / name):
                return runs / name
    return None


def changed_inputs(manifest: Mapping[str, Any], market: Market, reads: Iterable[str]) -> list[str]:
    """Return which inputs that are read aren't what the kept run was fed: ``bars/SOXX``, ``series/IRX``."""
    fed = manifest["data"]
    return [name for name, content in market.fingerprint(reads).items() if fed.get(name) != content]


def _is_whole(folder: Path) -> bool:
    """Return whether all that is kept of a run is as it was written: any other is made again."""
    try:
        Record.load(folder)
    except UserError:
        return False
    return True


def _manifest(folder: Path) -> Mapping[str, Any]:
    """Return what a manifest says; nothing where it can't be read: such a run isn't reused."""
    try:
        return read_json(folder, "manifest.json")
    except UserError:
        return {}

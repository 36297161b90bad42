"""Knowing a run that was made before: the kept one that running a config would only write again."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from data.errors import UserError
from data.fingerprint import INSTRUMENTS
from data.market import Market
from data.version import code_version
from engine.config import RunConfig
from engine.runs import identity
from engine.runs.folder import id_of, kept_folders
from engine.runs.record import read_json
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
            _use(market, manifest["data"])
            now = market.fingerprint()
            read = {*manifest["data"], "audit"}  # what is found wrong now may not have been found then
            data = {input_: content for input_, content in now.items() if input_ in read}
            if identity.id_of(config, source, data, engine) == id_of(name):
                return runs / name
    return None


def changed_inputs(manifest: Mapping[str, Any], market: Market) -> list[str]:
    """Name the inputs used so far that aren't what the kept run was fed: ``bars/SOXX``, ``series/IRX``."""
    fed = manifest["data"]
    return [name for name, content in market.fingerprint().items() if fed.get(name) != content]


def _use(market: Market, names: Mapping[str, str]) -> None:
    """Read what a kept run has read, so that the market's fingerprint holds it."""
    asked: dict[str, tuple[Callable[[str], bool], Callable[[str], object]]] = {
        "bars": (market.has_bars, market.bars),
        "series": (market.has_series, market.series),
        "events": (market.has_events, market.events),
        "members": (market.has_members, market.members),
    }
    for place in names:
        kind, _, name = place.partition("/")
        if place == INSTRUMENTS:
            market.instruments()
        elif kind in asked and asked[kind][0](name):
            asked[kind][1](name)


def _manifest(folder: Path) -> Mapping[str, Any]:
    """Return what a manifest says; nothing where it can't be read: such a run isn't reused."""
    try:
        return read_json(folder, "manifest.json")
    except UserError:
        return {}

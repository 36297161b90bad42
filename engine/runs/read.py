"""Kept runs: finding one by its name or id, reading its folder back, knowing a run that was made before."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from data.arrays import DAY, Dates, Floats
from data.errors import UserError, did_you_mean
from data.market import Market
from data.version import code_version
from engine.analytics.attribution import COLUMNS
from engine.config import RunConfig
from engine.runs.identity import ID_LENGTH, digest, id_of, known_config
from engine.runs.write import RUN
from engine.setup import open_market

Columns = Mapping[str, npt.NDArray[Any]]
"""A table: arrays of one length by name."""

TABLES: Mapping[str, tuple[str, ...]] = {
    "equity": (
        *("date", "hedged", "unhedged", "cash", "core_weight", "hedge_weight", "intensity", "ordered"),
        *("ordered_core", "ordered_hedge", "cash_yield", "synthetic"),
    ),
    "orders": ("decided", "filled", "instrument", "side", "shares", "price", "value", "commission", "slippage"),
    "episodes": ("decided", "entered", "left", "exited", "sessions", "reason", "weight", "pnl"),
    "attribution": ("date", *COLUMNS),
    "timing": ("shift", "growth", "t"),
}
"""The tables of a run's folder, and the columns that are read of each; a run without controls has no attribution, and
one without an answer no timing."""

LISTED = 4
"""How many runs a message names."""


@dataclass(frozen=True)
class KeptRun:
    """A run as its folder tells it.

    Parameters
    ----------
    folder
        Where it stands.
    metrics, manifest
        What metrics.json and manifest.json hold.
    config
        What config.yaml holds, as nested keys.
    equity, orders, episodes
        Its tables, a row a session, a fill, an episode.
    attribution
        The same of its attribution, a row a session; ``None`` for a run without controls.
    timing
        The same of the shifts that its timing was tested against, its own first; ``None`` without an answer.
    """

    folder: Path
    metrics: Mapping[str, Any]
    manifest: Mapping[str, Any]
    config: Mapping[str, Any]
    equity: Columns
    orders: Columns
    episodes: Columns
    attribution: Columns | None
    timing: Columns | None = None

    @property
    def name(self) -> str:
        """What its YAML calls it."""
        return str(self.metrics["name"])

    @property
    def id(self) -> str:
        """By what it is known."""
        return str(self.manifest["id"])

    @property
    def sessions(self) -> Dates:
        """The sessions on which it had a book, ``datetime64[D]``."""
        return self.equity["date"]

    @property
    def hedged(self) -> Floats:
        """The hedged book's equity in dollars, shape (sessions,)."""
        return self.equity["hedged"]

    @property
    def ruined(self) -> bool:
        """Whether the hedged book ended at nothing."""
        return bool(self.hedged[-1] <= 0.0)

    @property
    def simulated(self) -> bool:
        """Whether its history is made up."""
        return bool(self.metrics["simulated"])


def find_kept(named: str, runs: Path) -> Path:
    """Find a kept run's folder.

    Parameters
    ----------
    named
        A folder; or, of those in `runs`, the folder's name, the run's id or name, or how only one of them begins.
    runs
        Where runs are kept.

    Raises
    ------
    UserError
        There is none, or more than one.
    """
    if (Path(named) / "manifest.json").is_file() or (Path(named) / "metrics.json").is_file():
        return Path(named)
    wanted = Path(named).name if Path(named).parent in (Path(), runs) else named
    kept = _folders(runs)
    tiers = (
        [one for one in kept if one == wanted],
        [one for one in kept if _id(one) == wanted],
        [one for one in kept if _name(one) == wanted],
        [one for one in kept if wanted and (one.startswith(wanted) or _id(one).startswith(wanted))],
    )
    for found in tiers:
        if found:
            return runs / _only(found, named)
    raise UserError(f"{named}: {_nothing(wanted, kept, runs)}")


def read_run(folder: Path) -> KeptRun:
    """Read a run's folder back; raises UserError where it is broken, or an older version wrote it."""
    metrics, manifest = (_json(folder, f"{name}.json") for name in ("metrics", "manifest"))
    for name, told, keys in (
        ("metrics.json", metrics, ("name", "strategy", "simulated", "synthetic", "verdict", "answer", "attribution")),
        ("manifest.json", manifest, ("id", "data", "config", "engine", "code")),
    ):
        if missing := [key for key in keys if key not in told]:
            raise _older(folder, f"{name} has no {missing[0]}")
    tables = {name: _table(folder, name, TABLES[name]) for name in ("equity", "orders", "episodes")}
    _check(folder, tables["equity"]["date"], metrics)
    attribution = None
    if metrics["attribution"] is not None:
        attribution = _table(folder, "attribution", TABLES["attribution"])
        if len(attribution["date"]) != len(tables["equity"]["date"]):
            raise _broken(folder, "attribution.parquet and equity.parquet have different sessions")
    timing = None if metrics["answer"] is None else _table(folder, "timing", TABLES["timing"])
    return KeptRun(folder, metrics, manifest, _config(folder), **tables, attribution=attribution, timing=timing)


def made_before(config: RunConfig, runs: Path, engine: str = "backtrader") -> Path | None:
    """Return the folder of a kept run that running this config would only write again; None where there is none.

    The code, the engine, the config and the strategy's file are the same, and so is every input that the kept run
    used, by its content.
    """
    written = {name: _manifest(runs / name) for name in _folders(runs)}
    alike = {name: told for name, told in written.items() if told.get("code") == code_version()}
    if not alike:
        return None
    market = open_market(config)
    source, known = market.source.name, digest(known_config(config, market.source.name))
    for name, told in alike.items():
        if (told.get("config"), told.get("engine")) == (known, engine):
            now = market.fingerprint(
                set(told["data"]) - {"audit"}
            )  # with what is found wrong now, even if it wasn't then
            if id_of(config, source, now, engine) == _id(name):
                return runs / name
    return None


def changed_inputs(kept: KeptRun, market: Market, reads: Iterable[str]) -> list[str]:
    """Return which inputs that are read aren't what the kept run was fed: ``bars/SOXX``, ``series/IRX``."""
    fed = kept.manifest["data"]
    return [name for name, content in market.fingerprint(reads).items() if fed.get(name) != content]


def _folders(runs: Path) -> list[str]:
    return sorted(path.parent.name for path in runs.glob("*/manifest.json") if RUN.fullmatch(path.parent.name))


def _id(folder: str) -> str:
    return folder[-ID_LENGTH:]


def _name(folder: str) -> str:
    return folder[: -ID_LENGTH - 1].removesuffix("-SIMULATED")


def _only(found: list[str], named: str) -> str:
    if len(found) == 1:
        return found[0]
    more = f" and {len(found) - LISTED} more" if len(found) > LISTED else ""
    raise UserError(f"{named}: fits {len(found)} runs: {', '.join(found[:LISTED])}{more}: write more of it")


def _nothing(wanted: str, kept: list[str], runs: Path) -> str:
    if not kept:
        return f"no such run, and none is kept in {runs}: backtest run hedge_soxs.yaml --out {_quoted(runs)} makes one"
    near = did_you_mean(wanted, [*kept, *map(_id, kept), *map(_name, kept)])
    return f"no such run in {runs}{near or f': backtest runs --out {_quoted(runs)} lists them'}"


def _json(folder: Path, name: str) -> Mapping[str, Any]:
    try:
        told = json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise _broken(folder, f"{name} is missing") from None
    except OSError as fault:
        raise UserError(f"{folder / name}: can't be read: {fault.strerror or fault}") from None
    except ValueError as fault:
        raise _broken(folder, f"{name} is not as a run wrote it: {fault}") from None
    if not isinstance(told, dict):
        raise _broken(folder, f"{name} is not as a run wrote it")
    return told


def _manifest(folder: Path) -> Mapping[str, Any]:
    """Return what a manifest says; nothing where it can't be read: such a run isn't reused."""
    try:
        return _json(folder, "manifest.json")
    except UserError:
        return {}


def _table(folder: Path, name: str, columns: tuple[str, ...]) -> Columns:
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / f"{name}.parquet"
    try:
        table = pq.read_table(path)
    except FileNotFoundError:
        raise _broken(folder, f"{path.name} is missing") from None
    except (pa.ArrowException, OSError) as fault:
        raise _broken(folder, f"{path.name} can't be read: {fault}") from None
    if missing := [column for column in columns if column not in table.column_names]:
        raise _older(folder, f"{path.name} has no column {missing[0]}")
    return {column: table[column].to_numpy() for column in table.column_names}


def _config(folder: Path) -> Mapping[str, Any]:
    from engine.plain_yaml import PlainYaml

    path = folder / "config.yaml"
    try:
        tree = PlainYaml(path.read_text(encoding="utf-8"), lambda line: f"{path}:{line}").tree
    except FileNotFoundError:
        raise _broken(folder, "config.yaml is missing") from None
    except OSError as fault:
        raise UserError(f"{path}: can't be read: {fault.strerror or fault}") from None
    if not isinstance(tree, dict):
        raise _broken(folder, "config.yaml is not as a run wrote it")
    return tree


def _check(folder: Path, sessions: Dates, metrics: Mapping[str, Any]) -> None:
    increasing = (np.diff(sessions) > 0 * DAY).all()
    if len(sessions) < 2 or len(sessions) != metrics.get("sessions") or not increasing:
        raise _broken(folder, f"equity.parquet has {len(sessions)} sessions, metrics.json {metrics.get('sessions')}")


def _broken(folder: Path, what: str) -> UserError:
    config = folder / "config.yaml"
    again = f" with backtest run {_quoted(config)}" if config.is_file() else ""
    return UserError(f"{folder}: {what}: make the run again{again}")


def _quoted(path: Path) -> str:
    return shlex.quote(str(path))


def _older(folder: Path, what: str) -> UserError:
    return _broken(folder, f"{what}, an older version wrote it")

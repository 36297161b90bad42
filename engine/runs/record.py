"""What is kept of a run: config, manifest, metrics and tables, written into a folder and read back from one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from data.arrays import DAY
from data.errors import UserError
from data.files import CHECKSUMS, damaged, read_checksums, write_checksums
from engine.config import RunConfig
from engine.plain import PlainYaml
from engine.runs.folder import quoted
from engine.runs.schema import TABLES, Columns, TableSchema

NEEDED: Mapping[str, tuple[str, ...]] = {
    "metrics.json": ("name", "strategy", "simulated", "synthetic", "verdict", "answer", "attribution", "hedges"),
    "manifest.json": ("id", "data", "config", "engine", "code"),
}
"""The keys that a run's JSON files have; an older version's lack some."""


@dataclass(frozen=True)
class Record:
    """What is kept of a run; the same run gives the same bytes.

    Parameters
    ----------
    settings
        Its config as nested keys, every default written out.
    manifest, metrics
        What manifest.json and metrics.json hold.
    tables
        Those of `engine.runs.schema.TABLES` that it has, by name.
    strategy_files
        The files of strategies of the user's own, the run's and its hedges', which are kept beside.
    """

    settings: Mapping[str, Any]
    manifest: Mapping[str, Any]
    metrics: dict[str, Any]
    tables: Mapping[str, Columns]
    strategy_files: tuple[Path, ...] = ()

    def save(self, folder: Path) -> None:
        """Write every data file into a folder, and their checksums."""
        import pyarrow.parquet as pq

        names = ["config.yaml", *NEEDED, *(TABLES[name].file for name in self.tables)]
        for file in self.strategy_files:
            shutil.copyfile(file, folder / file.name)
            names.append(file.name)
        (folder / "config.yaml").write_text(_yaml(self.settings), encoding="utf-8")
        (folder / "manifest.json").write_text(_json(self.manifest), encoding="utf-8")
        (folder / "metrics.json").write_text(_json(self.metrics), encoding="utf-8")
        for name, columns in self.tables.items():
            pq.write_table(TABLES[name].arrow(columns), folder / TABLES[name].file)
        write_checksums(folder, names)

    @classmethod
    def load(cls, folder: Path) -> Record:
        """Read a folder back; raises UserError where it is damaged, or an older version wrote it."""
        metrics, manifest = (_needed(folder, name) for name in NEEDED)
        names = ["equity", "orders", "episodes"]
        names += ["attribution"] if metrics["attribution"] is not None else []
        names += ["hedges"] if metrics["hedges"] is not None else []
        names += ["timing"] if metrics["answer"] is not None else []
        tables = {name: _table(folder, TABLES[name]) for name in names}
        _check_sessions(folder, tables, metrics)
        settings = _settings(folder)
        if not (folder / CHECKSUMS).is_file():
            raise _older(folder, f"{CHECKSUMS} is missing")
        tables |= {name: _table(folder, TABLES[name]) for name in ("ledger", "fills")}
        _check_whole(folder, "config.yaml", *NEEDED, *(TABLES[name].file for name in tables))
        strategy_files = own_files(folder, settings)
        _check_whole(folder, *(file.name for file in strategy_files))
        return cls(settings, manifest, metrics, tables, strategy_files)


def own_files(folder: Path, settings: Mapping[str, Any]) -> tuple[Path, ...]:
    """Return the files in a folder that hold strategies of the user's own, which a run or its hedges name."""
    sections = (settings, *(settings.get("hedges") or (settings["hedge"],)))
    files = (str(each["strategy"]["class"]).rpartition(":")[0] for each in sections if each.get("strategy"))
    return tuple(dict.fromkeys(folder / file for file in files if file.endswith(".py")))


def config_yaml(config: RunConfig) -> str:
    """Return a resolved config as YAML that runs again."""
    return _yaml(config.model_dump(mode="python"))


def _yaml(settings: Mapping[str, Any]) -> str:
    from io import StringIO

    from ruamel.yaml import YAML

    yaml = YAML(typ="rt")
    yaml.default_flow_style = False
    yaml.width = 10_000  # a long path stays in its line
    text = StringIO()
    yaml.dump(settings, text)
    return text.getvalue()


def read_json(folder: Path, name: str) -> dict[str, Any]:
    """Read a JSON file of a run's folder; raises UserError where it is damaged."""
    try:
        read = json.loads((folder / name).read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise broken(folder, f"{name} is missing") from None
    except OSError as error:
        raise UserError(f"{folder / name}: can't be read: {error.strerror or error}") from None
    except ValueError as error:
        raise broken(folder, f"{name} is not as a run wrote it: {error}") from None
    if not isinstance(read, dict):
        raise broken(folder, f"{name} is not as a run wrote it")
    return read


def broken(folder: Path, what: str) -> UserError:
    """Return the error of a folder that can't be read, with the command that makes the run again."""
    config = folder / "config.yaml"
    again = f" with backtest run {quoted(config)}" if config.is_file() else ""
    return UserError(f"{folder}: {what}: make the run again{again}")


def _older(folder: Path, what: str) -> UserError:
    return broken(folder, f"{what}, an older version wrote it")


def _needed(folder: Path, name: str) -> dict[str, Any]:
    read = read_json(folder, name)
    if missing := [key for key in NEEDED[name] if key not in read]:
        raise _older(folder, f"{name} has no {missing[0]}")
    return read


def _table(folder: Path, table: TableSchema) -> Columns:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        read = pq.read_table(folder / table.file)
    except FileNotFoundError:
        raise broken(folder, f"{table.file} is missing") from None
    except (pa.ArrowException, OSError) as error:
        raise broken(folder, f"{table.file} can't be read: {' '.join(str(error).split())}") from None
    if missing := [column for column in table.columns if column not in read.column_names]:
        raise _older(folder, f"{table.file} has no column {missing[0]}")
    return {column: read[column].to_numpy() for column in read.column_names}


def _settings(folder: Path) -> Mapping[str, Any]:
    path = folder / "config.yaml"
    try:
        tree = PlainYaml(path.read_text(encoding="utf-8"), lambda line: f"{path}:{line}").tree
    except FileNotFoundError:
        raise broken(folder, "config.yaml is missing") from None
    except OSError as error:
        raise UserError(f"{path}: can't be read: {error.strerror or error}") from None
    except UnicodeDecodeError:
        tree = None
    if not isinstance(tree, dict):
        raise broken(folder, "config.yaml is not as a run wrote it")
    return tree


def _check_whole(folder: Path, *names: str) -> None:
    name = damaged(folder, names, every=True)
    if name in names and not {*names} & {*(read_checksums(folder) or {})}:
        raise broken(folder, f"{CHECKSUMS} is damaged: it isn't as it was written")
    if name == "config.yaml":
        raise UserError(f"{folder}: {name} was changed after the run: run what it says now, or remove the folder")
    if name is not None:
        raise broken(folder, f"{name} is damaged: it isn't as it was written")


def _check_sessions(folder: Path, tables: Mapping[str, Columns], metrics: Mapping[str, Any]) -> None:
    sessions = tables["equity"]["date"]
    increasing = (np.diff(sessions) > 0 * DAY).all()
    if len(sessions) < 2 or len(sessions) != metrics.get("sessions") or not increasing:
        raise broken(folder, f"equity.parquet has {len(sessions)} sessions, metrics.json {metrics.get('sessions')}")
    if "attribution" in tables and len(tables["attribution"]["date"]) != len(sessions):
        raise broken(folder, "attribution.parquet and equity.parquet have different sessions")


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n"

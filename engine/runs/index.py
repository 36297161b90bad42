"""What is kept, as rows: runs, their controls, sweeps, searches and walk-forwards, from their JSON files alone."""

from __future__ import annotations

import datetime as dt
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import UserError
from data.files import damaged, read_checksums
from engine.runs.folder import CONFIG, MANIFEST, METRICS, folders_of, id_of
from engine.runs.identity import identity
from engine.runs.results import PARTED, RESULTS, files_in

if TYPE_CHECKING:
    import pyarrow.parquet as pq

Row = dict[str, Any]
Warn = Callable[[str], object]
"""Takes a sentence about a damaged folder, which is left out."""

DATES = ("first", "last")
PLAIN = ("attribution", "measures")
"""Parts of metrics.json whose figures go by their own names: a sweep's columns have the same."""
LEFT_OUT = ("controls", "sentence", "price", "alternative", "label", "outcome")
"""Parts that stand elsewhere, or are sentences."""
OLDER = ("name", "strategy", "first", "last", "cagr", "max_drawdown")
"""What an older version's metrics.json is read for."""
EVIDENCE = ("growth", "cagr", "sharpe", "max_drawdown", "cvar_95")
KINDS = ("sweep", "search", "walkforward")
READ = {"sweep": (MANIFEST, RESULTS, PARTED), "search": (MANIFEST, RESULTS), "walkforward": (MANIFEST, METRICS)}
"""The files from which a row of each is made."""
OURS = ("name", "strategy")
"""Keys that metrics.json has in every version, texts."""
OLD = "older: run again"
"""What is said of a folder that an older version wrote."""
LACKING = (KeyError, TypeError, AttributeError, ValueError)
"""What reading a folder raises where an older version wrote it."""


@dataclass(frozen=True)
class Places:
    """Where things are kept.

    Parameters
    ----------
    runs, sweeps, searches, walkforwards
        Folders; one that isn't there holds nothing.
    """

    runs: Path = Path("runs")
    sweeps: Path = Path("sweeps")
    searches: Path = Path("searches")
    walkforwards: Path = Path("walkforwards")

    def of(self, kind: str) -> Path:
        """Return the folder of runs, or of one of `KINDS`."""
        of = {"run": self.runs, "sweep": self.sweeps, "search": self.searches, "walkforward": self.walkforwards}
        return of[kind]


@dataclass(frozen=True)
class Wanted:
    """Which of the kept are asked for; what is None asks nothing.

    Parameters
    ----------
    name, strategy
        A part of it, or a pattern with ``*``; upper and lower case are alike.
    verdict
        The outcome's beginning: ``paid``, ``did not pay``, ``can't tell`` or ``withheld``.
    since, until
        The first session isn't before, the last isn't after, ISO.
    """

    name: str | None = None
    strategy: str | None = None
    verdict: str | None = None
    since: str | None = None
    until: str | None = None

    def has(self, row: Mapping[str, Any]) -> bool:
        """Return whether a row is asked for, by its ``name``, ``strategy``, ``verdict``, ``first`` and ``last``."""
        return (
            all(_fits(row.get(key), getattr(self, key)) for key in ("name", "strategy"))
            and (self.verdict is None or str(row.get("verdict") or "").startswith(self.verdict.lower()))
            and (self.since is None or (row["first"] is not None and str(row["first"]) >= self.since))
            and (self.until is None or (row["last"] is not None and str(row["last"]) <= self.until))
        )


def run_rows(runs: Path, warn: Warn) -> list[tuple[Row, Mapping[str, Any]]]:
    """Return every kept run, oldest first: its row, and its metrics.json.

    A row holds id, name, folder, strategy, verdict, its data's hash and every figure of metrics.json under one name;
    those of a control begin with the control's name. Of a run that an older version wrote it holds what is sure to
    mean the same today, and ``older`` is true.
    """
    found: list[tuple[Row, Mapping[str, Any]]] = []
    for folder in _oldest_first(runs, "run", METRICS, MANIFEST, CONFIG, warn=warn):
        with _named(warn):
            metrics, manifest = _json(folder / METRICS), _json(folder / MANIFEST)
            try:
                row = flat_row(folder.name, metrics, manifest)
            except LACKING:
                if not all(isinstance(metrics.get(key), str) for key in OURS):
                    continue  # another program's
                row = _older_row(folder.name, metrics)
            found.append((row, metrics))
    return found


def control_rows(runs: Path, warn: Warn) -> list[Row]:
    """Return a row for every control of every kept run, with what the evidence says against it."""
    return [
        {"run": row["id"], "name": row["name"], "control": control, **figures, **_evidence(metrics, control)}
        for row, metrics in run_rows(runs, warn)
        if not row["older"]
        for control, figures in metrics["controls"].items()
    ]


def kept_rows(places: Places, kind: str, warn: Warn) -> list[Row]:
    """Return a row for every finished sweep, search or walk-forward, oldest first; `kind` is one of `KINDS`."""
    make = {"sweep": _sweep_row, "search": _search_row, "walkforward": _walkforward_row}[kind]
    rows = []
    for folder in _oldest_first(places.of(kind), kind, *READ[kind], warn=warn):
        with _named(warn):
            manifest = _json(folder / MANIFEST)
            named = {"kind": kind, "id": id_of(folder.name), "name": manifest.get("name"), "folder": folder.name}
            try:
                rows.append({**named, **make(folder, manifest)})
            except LACKING:
                if isinstance(named["name"], str):  # else another program's
                    rows.append({**named, "keys": OLD, "first": None, "last": None, "older": True})
    return rows


def files_of(place: Path, kind: str, name: str, warn: Warn) -> list[Path]:
    """Return the files of a name, or of a folder of that name, in all folders of a kind, sorted.

    Those of a folder with one damaged are left out.
    """
    whole = [folder for folder in sorted(_having(place, kind, name)) if _is_whole(folder, name, warn=warn)]
    files = [path for each in whole for path in (files_in(each) if name == PARTED else [each / name])]
    found = []
    for path in files:
        with _named(warn):
            _footer(path)
            found.append(path)
    return found


def _having(place: Path, kind: str, name: str) -> list[Path]:
    """Return the folders of a kind that have a file, or had it when they were written."""
    folders = folders_of(place, kind)
    return [
        each
        for each in folders
        if os.path.lexists(each / name) or any(name in Path(held).parts[:1] for held in read_checksums(each) or ())
    ]


def _oldest_first(place: Path, kind: str, *names: str, warn: Warn) -> list[Path]:
    """Return the folders of a kind, none with one of some files damaged."""
    found = sorted(_having(place, kind, names[0]), key=lambda folder: (_written(folder / names[0]), folder.name))
    return [folder for folder in found if _is_whole(folder, *names, warn=warn)]


def _written(path: Path) -> int:
    """Return when a file was written, in nanoseconds; 0 where it is gone."""
    return path.lstat().st_mtime_ns if os.path.lexists(path) else 0


def _is_whole(folder: Path, *names: str, warn: Warn) -> bool:
    name = damaged(folder, names)
    if name is not None:
        warn(f"{folder / name}: is damaged, it isn't as it was written: remove its folder")
    return name is None


@contextmanager
def _named(warn: Warn) -> Iterator[None]:
    """Let what can't be read be named, and the next one be read."""
    try:
        yield
    except UserError as error:
        warn(str(error))


def _json(path: Path) -> dict[str, Any]:
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (ValueError, OSError) as error:
        raise UserError(f"{path}: is not as a run wrote it: {error}: remove its folder") from None
    if not isinstance(read, dict):
        raise UserError(f"{path}: is not as a run wrote it: remove its folder")
    return read


def flat_row(folder: str, metrics: Mapping[str, Any], manifest: Mapping[str, Any]) -> Row:
    """Return a run's figures under one name each; raises KeyError where an older version wrote them."""
    verdict = metrics["verdict"] or {}
    if "answer" not in metrics:
        raise KeyError("answer")
    row = {
        "id": manifest["id"],
        "name": metrics["name"],
        "folder": folder,
        "older": False,
        "strategy": metrics["strategy"],
        "verdict": verdict.get("outcome"),
        **{key: value for key, value in metrics.items() if not isinstance(value, dict | list) and key != "verdict"},
        "data": identity(manifest["data"]),
        "code": manifest["code"],
        "engine": manifest["engine"],
    }
    for control, figures in metrics["controls"].items():
        row |= {f"{control}_{key}": value for key, value in figures.items() if key not in DATES}
    for part, figures in metrics.items():
        if isinstance(figures, dict) and part not in LEFT_OUT:
            row |= {key: value for key, value in _flat(figures, () if part in PLAIN else (part,)) if key not in row}
    return {key: _date(value) if key in DATES else value for key, value in row.items()}


def _older_row(folder: str, metrics: Mapping[str, Any]) -> Row:
    """Return what is known of a run that an older version wrote: its verdict is by other rules."""
    plain = {key: metrics.get(key) for key in OLDER}
    return {"id": id_of(folder), "folder": folder, "older": True, "verdict": None} | {
        key: _date(value) if key in DATES else value for key, value in plain.items()
    }


def _flat(nested: Mapping[str, Any], above: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Yield the figures of nested keys under one name each; lists and sentences are left out."""
    for key, value in nested.items():
        if key in LEFT_OUT or isinstance(value, list):
            continue
        if isinstance(value, dict):
            yield from _flat(value, (*above, key))
        else:
            yield re.sub(r"\W+", "_", "_".join((*above, key))), value


def _evidence(metrics: Mapping[str, Any], control: str) -> Row:
    """Return what the hedged run less a control came to, with its interval."""
    against = ((metrics["evidence"] or {}).get("against") or {}).get(control) or {}
    return {
        f"hedged_less_{figure}_{part}": (against.get(figure) or {}).get(part)
        for figure in EVIDENCE
        for part in ("estimate", "low", "high")
    }


def _sweep_row(folder: Path, manifest: Mapping[str, Any]) -> Row:
    return {
        **_of_config(manifest),
        "combinations": manifest["combinations"],
        "of": manifest["of"],
        **_bests(files_in(folder)),
    }


def _search_row(folder: Path, manifest: Mapping[str, Any]) -> Row:
    return {
        **_of_config(manifest),
        "combinations": manifest["combinations"],
        "distinct": manifest["distinct"],
        "failed": manifest["failed"],
        "objectives": ", ".join(f"{way} {name}" for name, way in manifest["objectives"].items()),
        "seed": manifest["seed"],
        "deterministic": manifest["deterministic"],
        **_bests(files_in(folder)),
    }


def _walkforward_row(folder: Path, manifest: Mapping[str, Any]) -> Row:
    metrics = _json(folder / METRICS)
    figures = {key: value for key, value in metrics.items() if not isinstance(value, dict | list)}
    outcome = (metrics.get("verdict") or {}).get("outcome")
    return {**_of_config(manifest), **figures, **{key: _date(metrics[key]) for key in DATES}, "verdict": outcome}


def _of_config(manifest: Mapping[str, Any]) -> Row:
    """Return what the manifests of sweeps, searches and walk-forwards have in common."""
    config, data = manifest["config"], manifest["data"]
    return {
        "strategy": config["strategy"]["class"],
        "simulated": manifest["simulated"],
        "first": _date(config["start"]),
        "last": _date(config["end"]),
        "keys": ", ".join(manifest["axes"]),
        "data": identity(data) if isinstance(data, dict) else data,
        "code": manifest["code"],
    }


def _footer(path: Path) -> pq.FileMetaData:
    """Return what a table's footer holds; raises UserError where it can't be read."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_metadata(path)
    except (pa.ArrowException, OSError) as error:
        raise UserError(f"{path}: can't be read: {' '.join(str(error).split())}: remove its folder") from None


def _bests(results: Sequence[Path]) -> Row:
    """Return the highest Sharpe and CAGR of a table, from its footers alone; None where all are undefined."""
    footers = [_footer(path) for path in results]
    groups = [footer.row_group(number) for footer in footers for number in range(footer.num_row_groups)]
    columns = {footers[0].schema.column(i).path: i for i in range(footers[0].num_columns)}
    best = {}
    for name in ("sharpe", "cagr", "cagr_vs_unhedged"):
        statistics = [group.column(columns[name]).statistics for group in groups]
        highest = [known.max for known in statistics if known is not None and known.has_min_max]
        best[f"best_{name}"] = max(highest) if highest else None
    return best


def _fits(value: Any, asked: str | None) -> bool:
    if asked is None:
        return True
    text, pattern = str(value).lower(), asked.lower()
    return fnmatchcase(text, pattern if "*" in pattern else f"*{pattern}*")


def _date(value: Any) -> dt.date | None:
    return None if value is None else dt.date.fromisoformat(str(value))


def columns_of(rows: Sequence[Row]) -> dict[str, list[Any]]:
    """Return rows as columns, those first that the first rows have; what a row doesn't have is None."""
    names = dict.fromkeys(key for row in rows for key in row)
    return {name: [row.get(name) for row in rows] for name in names}

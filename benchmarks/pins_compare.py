"""How what two trees put out differs: the first line, JSON path or column, and the texts of errors.

``pins.py`` runs the trees; this module reads what they left and replaces what may differ.
"""

from __future__ import annotations

import ast
import datetime as dt
import json
import re
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

PAGES = {".html", ".svg", ".log"}
"""Listed, not compared: pages change with their design, and the search's journal is a log of times."""
NORMAL = (
    # A signal says how old the last bar is, counted to today.
    (re.compile(r"[\d,]+ sessions ago"), "N sessions ago"),
    # What is imported or pulled carries the time of that.
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|\+00:00)?"), "TIME"),
    # Elapsed times in plain text.
    (re.compile(r"\b\d[\d,]*(\.\d+)? (ms|s|seconds|min)\b"), "N s"),
    (re.compile(r"\b[\d,]+(\.\d+)? (rows|combinations|trials) a second"), "N a second"),
)
"""Patterns of what differs between two runs of the same code, each with its reason."""
CLOCK = re.compile(r"(^|_)(seconds|wall)$|^sessions_(old|behind|late)$|^(age|asked_at|now|today)$")
"""JSON keys whose values are times: seconds spent, and ages counted to today."""
IDS = (
    (re.compile(r"(?<=[-\"])[0-9a-f]{10}(?![0-9a-f.])"), "I" * 10),
    (re.compile(r"\b(?=[0-9]*[a-f])(?=[a-f]*\d)[0-9a-f]{10}\b"), "I" * 10),  # alone in a table: not a number
    (re.compile(r"(?<![0-9a-f])[0-9a-f]{64}(?![0-9a-f])"), "H" * 64),
)
"""With --ids-changed: ids of runs and sweeps (10 digits), and the hashes that manifests hold (64)."""


# What differs


Own = Sequence[tuple[str, str]]
"""What only one side's texts hold, each with what is put in its place: its folder, the day it was computed."""


def own(side: Path, entry: str) -> Own:
    """Return what only the texts of a side's entry hold."""
    done = dt.datetime.fromtimestamp((side / "out" / f"{entry}.done").stat().st_mtime, dt.UTC)
    return ((str(side), "SIDE"), (f"{done:%Y-%m-%d}", "TODAY-DATE"))


class Sameness:
    """What is replaced before two texts are compared: the side's own, times, and ids where they may change."""

    def __init__(self, *, ids_changed: bool = False) -> None:
        self.ids_changed = ids_changed

    def text(self, text: str, own: Own = ()) -> str:
        """Return a text without what may differ."""
        for pattern, instead in (*NORMAL, *(IDS if self.ids_changed else ())):
            text = pattern.sub(instead, text)
        for mine, instead in own:
            text = text.replace(mine, instead)
        return text

    def name(self, name: str) -> str:
        """Return a file's name without what may differ: ids, where they may."""
        for pattern, instead in IDS if self.ids_changed else ():
            name = pattern.sub(instead, name)
        return name


SHOWN = 150
"""Characters that are shown of what differs."""


def first_line(base: str, ours: str) -> str | None:
    """Return the first line in which two texts differ, None where none does."""
    if base == ours:
        return None
    old, new = base.split("\n"), ours.split("\n")
    for number, (was, now) in enumerate(zip(old, new, strict=False), 1):
        if was != now:
            # Long lines are shown from a little before the first character that differs.
            at = next((at for at, (a, b) in enumerate(zip(was, now, strict=False)) if a != b), min(len(was), len(now)))
            begin = 0 if at < SHOWN - 40 else at - 40
            return f"line {number}: {was[begin:][:SHOWN]!r} is now {now[begin:][:SHOWN]!r}"
    return f"{len(old)} lines are now {len(new)}"


def first_path(base: Any, ours: Any, path: str = "$") -> str | None:
    """Return the first place in which two JSON values differ, None where none does; clocks are left out."""
    if isinstance(base, dict) and isinstance(ours, dict):
        return _first_key(base, ours, path)
    if isinstance(base, list) and isinstance(ours, list):
        pairs = enumerate(zip(base, ours, strict=False))
        found = next((at for index, (was, now) in pairs if (at := first_path(was, now, f"{path}[{index}]"))), None)
        return found or (None if len(base) == len(ours) else f"{path}: {len(base)} items are now {len(ours)}")
    same = type(base) is type(ours) and (base == ours or (base != base and ours != ours))  # noqa: PLR0124  # NaN
    return None if same else f"{path}: {str(base)[:SHOWN]!r} is now {str(ours)[:SHOWN]!r}"


def _first_key(base: dict[str, Any], ours: dict[str, Any], path: str) -> str | None:
    old, new = ([key for key in value if not CLOCK.search(key)] for value in (base, ours))
    for key in old:
        if key not in ours:
            return f"{path}.{key} is gone"
        if found := first_path(base[key], ours[key], f"{path}.{key}"):
            return found
    if more := [key for key in new if key not in base]:
        return f"{path}.{more[0]} is new"
    return None if old == new else f"{path}: its keys stand in another order"


def first_column(base: Path, ours: Path, same: Sameness, owned: tuple[Own, Own]) -> str | None:
    """Return how two Parquet files differ whose bytes do: column and row, or the types, or the file's metadata."""
    import pyarrow.parquet as pq

    old, new = pq.read_table(base), pq.read_table(ours)
    if old.column_names != new.column_names:
        lost = [name for name in old.column_names if name not in new.column_names]
        more = [name for name in new.column_names if name not in old.column_names]
        return f"columns gone {lost}, new {more}" if lost or more else "columns stand in another order"
    if old.num_rows != new.num_rows:
        return f"{old.num_rows} rows are now {new.num_rows}"
    for name in old.column_names:
        if old.schema.field(name).type != new.schema.field(name).type:
            return f"column {name}: {old.schema.field(name).type} is now {new.schema.field(name).type}"
        for row, (was, now) in enumerate(zip(old[name].to_pylist(), new[name].to_pylist(), strict=True)):
            left, right = (
                same.text(value, own) if isinstance(value, str) else repr(value)
                for value, own in zip((was, now), owned, strict=True)
            )
            if left != right:
                return f"column {name}, row {row}: {left} is now {right}"
    was, now = (
        {key.decode(): same.text(value.decode(errors="replace"), own) for key, value in (kept or {}).items()}
        for kept, own in zip((old.schema.metadata, new.schema.metadata), owned, strict=True)
    )
    if was != now:
        return f"metadata: {first_path(was, now) or 'differ'}"
    # Texts that were replaced above are the one reason for other bytes; else they are written in another way.
    return None if _holds_texts(old) else "other bytes, the same values and metadata"


def _holds_texts(table: Any) -> bool:
    import pyarrow as pa

    kinds = (field.type for field in table.schema)
    return any(pa.types.is_string(kind) or pa.types.is_large_string(kind) for kind in kinds)


CLOCKED = re.compile(
    r'("(?:[a-z_]*_)?(?:seconds|wall|age|now|today|sessions_(?:old|behind|late))":) (?:[\d.e-]+|"[^"]*"|\{[^}]*\})'
)
"""A clock as it is written; with it left out the rest must be laid out alike."""


def difference(base: Path, ours: Path, same: Sameness, owned: tuple[Own, Own]) -> str | None:
    """Return how a file differs, None where it doesn't."""
    if base.read_bytes() == ours.read_bytes():
        return None
    if base.suffix == ".parquet":
        return first_column(base, ours, same, owned)
    try:
        old, new = (
            same.text(path.read_text(encoding="utf-8"), own) for path, own in zip((base, ours), owned, strict=True)
        )
    except UnicodeDecodeError:
        return "other bytes"
    if base.suffix == ".json" and old != new:
        with suppress(ValueError):  # a command that failed put out no JSON
            if found := first_path(json.loads(old), json.loads(new)):
                return found
            old, new = (CLOCKED.sub(r"\1 T", text) for text in (old, new))
    return first_line(old, new)


def files_of(folder: Path, same: Sameness) -> dict[str, Path]:
    """Return all files below a folder by their names, without ids where they may change."""
    found = (path for path in sorted(folder.rglob("*")) if path.is_file() and "__pycache__" not in path.parts)
    return {same.name(path.relative_to(folder).as_posix()): path for path in found}


def compare(base: Path, ours: Path, same: Sameness, owned: tuple[Own, Own]) -> tuple[list[str], list[str]]:
    """Return the differences between two folders, and the files that are added."""
    old, new = files_of(base, same), files_of(ours, same)
    both = [name for name in old if name in new and Path(name).suffix not in PAGES]
    found = [f"{name}: missing" for name in old if name not in new]
    found += [f"{name}: {how}" for name in both if (how := difference(old[name], new[name], same, owned))]
    return sorted(found), [name for name in new if name not in old]


# The text of every error


def template(node: ast.expr) -> str | None:
    """Return the text of an expression with ``{}`` for what it fills in; None where it is no text."""
    match node:
        case ast.Constant(value=str(text)):
            return text
        case ast.JoinedStr(values=parts):
            return "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in parts)
        case ast.BinOp(left=left, op=ast.Add(), right=right):
            sides = template(left), template(right)
            return None if sides == (None, None) else "".join("{}" if side is None else side for side in sides)
    return None


def texts(sources: Sequence[str]) -> tuple[Counter[str], set[str]]:
    """Return the texts that are raised in some sources, and all texts that stand in them.

    Raised are those of user errors and of their subclasses, by the names of their bases, and of the ValueError and
    TypeError that a config's checks turn into such.
    """
    trees = [ast.parse(source) for source in sources]
    classes = [node for tree in trees for node in ast.walk(tree) if isinstance(node, ast.ClassDef)]
    errors = {"UserError", "ValueError", "TypeError", "BadParameter"}
    while more := {each.name for each in classes if {ast.unparse(base) for base in each.bases} & errors} - errors:
        errors |= more
    raised: Counter[str] = Counter()
    for node in (node for tree in trees for node in ast.walk(tree)):
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            name = ast.unparse(node.exc.func).rpartition(".")[2]
            if name in errors:
                raised.update(text for each in node.exc.args if (text := template(each)) is not None)
    every = (template(node) for tree in trees for node in ast.walk(tree) if isinstance(node, ast.expr))
    return raised, {text for text in every if text is not None}


def compare_texts(base: Sequence[str], ours: Sequence[str]) -> list[str]:
    """Return the texts of errors that are gone or new; one that moved, or whose twins became one, is the same."""
    (old, known), (new, all_new) = texts(base), texts(ours)
    gone = [f"errors: gone {text!r}" for text in sorted(old) if text not in all_new]
    return gone + [f"errors: new {text!r}" for text in sorted(new) if text not in known]

"""The log of a followed run: JSON lines, each of which holds the hash of the one before, that only ever grow.

Beside it lies `HEAD`, which counts the lines and holds the last one's hash: what is cut off a chain's end doesn't show
in the chain.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from data.errors import DataError
from data.files import GATE, write_and_sweep_up
from engine.runs.folder import quoted

LOG, HEAD = "log.jsonl", "head.json"
REMEDY = "put the file back as it was, or follow the run anew under another name"
Entry = Mapping[str, Any]
"""A line of the log: its kind, its number `n` from 0, the hash of the line `before`, when it was `written`, more."""


class Chain(NamedTuple):
    """A log as it was read.

    Parameters
    ----------
    folder
        Where it lies.
    entries
        Its whole lines, the registration first; none of a run that isn't registered.
    hashes
        Of each line.
    size
        Bytes of the whole lines.
    torn
        Bytes behind them: of a line that was never finished.
    counted
        How many lines its head says there were; None without a head, or where that stands behind.
    """

    folder: Path
    entries: tuple[Entry, ...] = ()
    hashes: tuple[str, ...] = ()
    size: int = 0
    torn: int = 0
    counted: int | None = None

    @property
    def missing(self) -> int:
        """Lines that are gone from the end."""
        return max((self.counted or 0) - len(self.entries), 0)

    @property
    def headless(self) -> bool:
        """Whether nothing tells how long it was, which only a registration that was killed leaves behind."""
        return self.counted is None and len(self.entries) > 1


def read_log(folder: Path) -> Chain:
    """Read a log, and check that nobody has changed it.

    Raises
    ------
    DataError
        A line was edited, taken out, put in or moved; names the file and the line.
    """
    path = folder / LOG
    try:
        *lines, rest = path.read_bytes().split(b"\n")
    except FileNotFoundError:
        lines, rest = [], b""
    hashes = tuple(hashlib.sha256(line).hexdigest() for line in lines)
    entries = list[Entry]()
    for n, line in enumerate(lines):
        entry = _entry(path, n, line)
        if entry["n"] != n:
            raise refusal(path, n, f"is numbered {entry['n']}: lines were taken out, put in or moved")
        if entry["before"] != (hashes[n - 1] if n else ""):
            raise refusal(path, max(n - 1, 0), "isn't what the next line says it was: it was edited")
        entries.append(entry)
    if entries and entries[0].get("kind") != "registration":
        raise refusal(path, 0, "is no registration")
    if not entries and (folder / HEAD).exists():
        raise DataError(f"{quoted(path)}: it is gone, though {HEAD} counts its lines: {REMEDY}")
    chain = Chain(folder, tuple(entries), hashes, sum(map(len, lines)) + len(lines), len(rest), None)
    return _with_head(chain, path)


def append(chain: Chain, entries: Sequence[Mapping[str, Any]]) -> Chain:
    """Write lines behind a log's last whole one, and its head after them; return the log as it then is.

    Whatever kills the process leaves the log as it was, or with some of the new lines, whole but for the last.

    Parameters
    ----------
    chain
        The log, whose folder is locked.
    entries
        What the lines hold, without number and hash.
    """
    before, lines = chain.hashes[-1] if chain.hashes else "", list[bytes]()
    added, hashes = list[Entry](), list[str]()
    for n, entry in enumerate(entries, len(chain.entries)):
        numbered = {"kind": entry["kind"], "n": n, "before": before, **entry}
        lines.append(json.dumps(numbered, allow_nan=False, separators=(",", ":")).encode())
        before = hashlib.sha256(lines[-1]).hexdigest()
        added.append(json.loads(lines[-1]))
        hashes.append(before)
    text = b"".join(line + b"\n" for line in lines)
    if text or chain.torn:
        _write(chain, text)
    whole = (*chain.entries, *added), (*chain.hashes, *hashes), chain.size + len(text)
    return write_head(Chain(chain.folder, *whole, 0, None if entries else chain.counted))


def write_head(chain: Chain) -> Chain:
    """Write how long a log is beside it, unless that stands there; of one that was cut off also how long it was.

    The next line tells that it was cut off: until it stands, the head does.
    """
    if chain.counted == len(chain.entries):
        return chain
    head: dict[str, Any] = {"lines": len(chain.entries), "last": chain.hashes[-1]}
    text = json.dumps(head | ({"cut_off": chain.counted} if chain.missing else {})) + "\n"
    write_and_sweep_up(chain.folder / HEAD, lambda path: path.write_text(text, encoding="utf-8"))
    return chain if chain.missing else chain._replace(counted=len(chain.entries))


def _write(chain: Chain, text: bytes) -> None:
    GATE.check()
    file = os.open(chain.folder / LOG, os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0), 0o644)
    try:
        if chain.torn:
            os.ftruncate(file, chain.size)
        os.lseek(file, chain.size, os.SEEK_SET)
        while text:
            text = text[os.write(file, text) :]
        os.fsync(file)
    finally:
        os.close(file)


def _entry(path: Path, n: int, line: bytes) -> Entry:
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError):
        entry = None
    if not isinstance(entry, dict) or not {"kind", "n", "before", "written"} <= entry.keys():
        raise refusal(path, n, "is no line of a log")
    return entry


def _with_head(chain: Chain, path: Path) -> Chain:
    """Return the log with what its head says; raises DataError where a line isn't the one it counted last."""
    try:
        head = json.loads((chain.folder / HEAD).read_text(encoding="utf-8"))
        lines, last, cut_off = int(head["lines"]), str(head["last"]), head.get("cut_off")
    except (OSError, ValueError, KeyError, TypeError):
        return chain
    if 0 < lines <= len(chain.hashes) and chain.hashes[lines - 1] != last:
        raise refusal(path, lines - 1, f"isn't what {HEAD} says it was: it was edited")
    return chain._replace(counted=cut_off if cut_off and lines == len(chain.entries) else lines)


def refusal(path: Path, n: int, why: str) -> DataError:
    """Return the error that a line of a log can't be used; n counts from 0."""
    return DataError(f"{quoted(path)}:{n + 1}: the line {why}: {REMEDY}")

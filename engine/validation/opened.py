"""What a user's strategy opens by itself, past the market: some of it may be the run's own history."""

from __future__ import annotations

import filecmp
import functools
import os
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from fnmatch import fnmatch
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

from data.sources import KINDS, Source
from engine.validation.proof import Check, Leak
from strategies.reload import LIBRARIES, ROOMS

EVENTS = {
    "open": 0,
    "sqlite3.connect": 0,
    "socket.connect": 1,
    "subprocess.Popen": 1,
    "os.system": 0,
    "os.exec": 1,
    "os.posix_spawn": 1,
}
"""Audit events that may bring something in from outside, and which of their arguments says what."""
READERS = {
    "pyarrow": ("OSFile", "memory_map", "input_stream"),
    "pyarrow.csv": ("read_csv", "open_csv"),
    "pyarrow.dataset": ("dataset",),
    "pyarrow.feather": ("read_table", "read_feather"),
    "pyarrow.json": ("read_json",),
    "pyarrow.orc": ("ORCFile", "read_table"),
    "pyarrow.parquet": ("ParquetDataset", "ParquetFile", "read_pandas", "read_table"),
    "polars": ("read_csv", "read_ipc", "read_parquet", "scan_csv", "scan_ipc", "scan_parquet"),
    "duckdb": ("connect", "execute", "from_csv_auto", "from_parquet", "query", "read_csv", "read_parquet", "sql"),
}
"""What opens files outside of Python, which raises no audit event."""
CODE = (".py", ".pyc", ".so", ".pyd")
HERE = f"{Path(__file__).parent}{os.sep}"
"""Whatever this folder's code calls for itself is no user's doing: it reads the market."""
QUOTED = re.compile(r"'([^']+)'|\"([^\"]+)\"")


@dataclass(frozen=True)
class Opened:
    """What a strategy opened.

    Parameters
    ----------
    read
        What it read, in words, in order; and the files that may be meant, in full.
    written
        The files it wrote, in full.
    """

    read: dict[str, tuple[str, ...]] = field(default_factory=dict)
    written: set[str] = field(default_factory=set)


@dataclass
class Ear:
    """An audit hook that collects what a strategy opens, through whatever library, ours included."""

    heard: Opened | None = None

    @contextmanager
    def listening(self) -> Iterator[Opened]:
        """Collect what is opened meanwhile."""
        found = self.heard = Opened()
        try:
            with _wrapped(self.note):
                yield found
        finally:
            self.heard = None

    def __call__(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Take an audit event."""
        if self.heard is None or event not in EVENTS or len(arguments) <= EVENTS[event]:
            return
        what = arguments[EVENTS[event]]
        frame = sys._getframe(1)  # noqa: SLF001  # an audit hook isn't given its caller
        if event != "open" or _is_read(what, arguments):
            self.note(what, frame)
        elif isinstance(what, str | bytes | os.PathLike) and _is_theirs(frame):
            self.heard.written.add(os.path.realpath(os.fsdecode(what)))

    def note(self, what: Any, frame: FrameType | None) -> None:
        """Note what is opened, if it is a strategy's code that opens it."""
        if self.heard is None or not _is_theirs(frame):
            return
        words = what if isinstance(what, list | tuple) else (what,)
        text = " ".join(os.fsdecode(word) if isinstance(word, bytes | os.PathLike) else str(word) for word in words)
        names = [name for word in [*text.split(), text] for name in (word, *map("".join, QUOTED.findall(word)))]
        self.heard.read.setdefault(text, tuple(dict.fromkeys(os.path.realpath(name) for name in names)))


@cache
def ear() -> Ear:
    """Return the process's ear. An audit hook can't be taken off again, so there is one."""
    made = Ear()
    sys.addaudithook(made)
    return made


def files_check(opened: Opened, source: Source, first: str) -> Check:
    """Return what the strategy opened by itself: a file of the run's own data, or a copy of one, is a leak.

    Of what it wrote and reads again nothing can be proved: it may be what it saw of the whole history.

    Parameters
    ----------
    opened
        While it was asked on the whole history, twice.
    source
        The run's.
    first
        The run's first session: what is read so is known at its close already.
    """
    read = opened.read
    if not read:
        return Check("files", "passed", "it reads nothing but the market")
    files, details = data_files(source), {"opened": list(read)}
    own = {text: file for text, paths in read.items() if (file := next(_own(paths, files), None)) is not None}
    if own:
        text = next(iter(own))
        known = "by itself, which is the run's own history: every decision knows all of it"
        sentence = f"it opens {_listed(list(own))} {known}"
        reads = tuple(f"{file.parent.name}/{file.stem}" for file in dict.fromkeys(own.values()))
        leak = Leak(first, first, text, text, (), reads, None, to_the_end=True, sentence=sentence)
        return Check("files", "leak", sentence, details | {"own": list(own)}, (leak,))
    kept = [text for text, paths in read.items() if not opened.written.isdisjoint(paths)]
    if kept:
        sentence = f"it reads {_listed(kept)}, which it wrote itself: what it saw of the whole history may be in there"
        return Check("files", "unproved", f"{sentence}, so nothing can be proved; keep it on self", details)
    unseen = "what isn't in the market can't be cut, so nothing is proved of that"
    return Check("files", "warning", f"it reads {_listed(list(read))} by itself: {unseen}", details)


def data_files(source: Source) -> tuple[Path, ...]:
    """Return the files that a source's history is read from; none of one in memory."""
    inner: Any = source
    while hasattr(inner, "source"):
        inner = inner.source
    folder = getattr(getattr(inner, "store", inner), "folder", None)
    if not isinstance(folder, Path):
        return ()
    return tuple(path for kind in KINDS for path in sorted((folder / kind).rglob("*")) if path.is_file())


def _own(paths: Sequence[str], files: Sequence[Path]) -> Iterator[Path]:
    """Yield those of some files that paths name, as they are, by a pattern or by their folder, or hold the bytes of."""
    for file in files:
        real = file.resolve()
        above = (str(real.parent), str(real.parent.parent))
        if any(path in above or fnmatch(str(real), path) or _same(path, file) for path in paths):
            yield file


def _same(path: str, file: Path) -> bool:
    """Return whether two files are one, or hold the same."""
    try:
        return Path(path).is_file() and (file.samefile(path) or filecmp.cmp(path, file, shallow=False))
    except OSError:
        return False


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _is_read(what: Any, arguments: tuple[Any, ...]) -> bool:
    """Return whether an opened file is read, and is no code."""
    if not isinstance(what, str | bytes | os.PathLike):
        return False  # a number: it was opened before
    path = os.path.abspath(os.fsdecode(what))  # noqa: PTH100  # resolving would ask the disk
    mode, flags = (*arguments[1:3], None, None)[:2]
    if isinstance(mode, str):
        read = "r" in mode or "+" in mode
    else:
        read = not isinstance(flags, int) or flags & os.O_ACCMODE != os.O_WRONLY
    return read and not path.endswith(CODE) and not path.startswith((*LIBRARIES, *ROOMS))


def _is_theirs(frame: FrameType | None) -> bool:
    """Return whether a user's code opens it: its frame comes before any of the proof's, which reads the market."""
    while frame is not None:
        file = frame.f_code.co_filename
        if file.startswith(HERE):
            return False
        if not file.startswith(("<", *LIBRARIES, *ROOMS)):
            return True
        frame = frame.f_back
    return False


@contextmanager
def _wrapped(note: Callable[[Any, FrameType | None], None]) -> Iterator[None]:
    """Replace meanwhile what opens files outside of Python by functions that note what they are given."""
    real = []
    for module in (import_module(name) for name in READERS if find_spec(name.partition(".")[0])):
        for name in READERS[module.__name__]:
            if hasattr(module, name):
                real.append((module, name, getattr(module, name)))
                setattr(module, name, _noting(real[-1][2], note))
    try:
        yield
    finally:
        for module, name, function in real:
            setattr(module, name, function)


def _noting(real: Any, note: Callable[[Any, FrameType | None], None]) -> Any:
    """Return a function, or a class, that first notes what it is given."""

    def heard(given: tuple[Any, ...], named: Mapping[str, Any]) -> None:
        what = next(iter((*given, *named.values())), f"{real.__module__}.{real.__name__}")  # such as duckdb.connect()
        if isinstance(what, str | bytes | os.PathLike | list | tuple):
            note(what, sys._getframe(2))  # noqa: SLF001  # as for an audit event

    if isinstance(real, type):
        making = "__new__" if real.__init__ is object.__init__ else "__init__"  # type: ignore[misc]  # of the class

        def made(new: Any, *given: Any, **named: Any) -> Any:
            heard(given, named)
            return getattr(real, making)(new, *given, **named)

        return type(real.__name__, (real,), {making: made, "__module__": real.__module__})

    @functools.wraps(real)
    def noted(*given: Any, **named: Any) -> Any:
        heard(given, named)
        return real(*given, **named)

    return noted

"""A user's strategy file as text, for workers that don't have it: the file, and what it imports from its folder."""

from __future__ import annotations

import shutil
import sys
import tempfile
import weakref
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

from data.version import ROOMS
from strategies.load import fresh
from strategies.reload import texts


@dataclass(frozen=True)
class Bundle:
    """The text of strategy files, and of the modules that they had imported from their own folders.

    Parameters
    ----------
    of
        Where each class is found among them, by the name a run gives it: a place such as ``0/my_hedge.py``.
    files
        Bytes by place; files of one folder stay together.
    """

    of: dict[str, str]
    files: dict[str, bytes]


def bundle_of(names: Iterable[str]) -> Bundle:
    """Return the texts of those classes that are named by a file; raises StrategyError."""
    of: dict[str, str] = {}
    files: dict[str, bytes] = {}
    folders: dict[Path, int] = {}
    for named in names:
        if not named.rpartition(":")[0].endswith(".py"):
            continue
        path = Path(named.rpartition(":")[0]).resolve()
        place = folders.setdefault(path.parent, len(folders))
        of[named] = f"{place}/{path.name}"
        with fresh(named):  # imports what is beside it
            for file in {path, *_imported_from(path.parent)}:
                files[f"{place}/{file.relative_to(path.parent).as_posix()}"] = texts().text(str(file))
    return Bundle(of, dict(sorted(files.items())))


@dataclass(frozen=True)
class Unpacked:
    """A bundle written to a folder of its own, which is removed with this object.

    Parameters
    ----------
    bundle
        What is written.
    """

    bundle: Bundle
    folder: Path = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "folder", Path(tempfile.mkdtemp(prefix="backtest-strategy-")).resolve())
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        for place, text in self.bundle.files.items():
            path = self.folder / place
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text)

    def named(self, named: str) -> str:
        """Return the name by which a class is found here."""
        place = self.bundle.of.get(named)
        return named if place is None else f"{self.folder / place}:{named.rpartition(':')[2]}"


def _imported_from(folder: Path) -> list[Path]:
    """Return the files of modules imported from a folder; neither ours, nor those of an interpreter that lies in it."""
    installed, found = (Path(sys.prefix), Path(sys.base_prefix)), set()
    for name, module in list(sys.modules.items()):
        path = Path(getattr(module, "__file__", None) or "")
        if path.suffix != ".py" or not path.is_relative_to(folder) or name.partition(".")[0] in ROOMS:
            continue
        if "site-packages" not in path.parts and not any(path.is_relative_to(prefix) for prefix in installed):
            found.add(path)
    return sorted(found)

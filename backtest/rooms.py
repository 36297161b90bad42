"""Our rooms by their names, in whatever folder Python is started.

``python -c`` and a notebook look in their own folder first: a ``data/`` or ``engine/`` there would be taken for ours.
The one place that touches how modules are found; it loads none of them.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder
from pathlib import Path
from types import ModuleType

ROOMS = ("data", "strategies", "engine", "reports")
HOUSE = Path(__file__).resolve().parent.parent


class Rooms(MetaPathFinder):
    """Finds our rooms beside this package, before anything else is asked."""

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None = None,  # noqa: ARG002  # as the import system calls it
        target: ModuleType | None = None,  # noqa: ARG002  # the same
    ) -> ModuleSpec | None:
        """Return where a room of ours is; None for any other module."""
        return PathFinder.find_spec(fullname, [str(HOUSE)]) if fullname in ROOMS else None


def bind_rooms() -> None:
    """Have the names of our rooms mean ours; raises ImportError where one means another module already."""
    for name in ROOMS:
        if (module := sys.modules.get(name)) is not None and HOUSE / name not in (folders := _folders_of(module)):
            raise ImportError(
                f"backtest has a package {name} of its own, and {folders[0] if folders else 'another one'} was "
                f"imported before it: rename that one, or import backtest first and do without it"
            )
    if not any(isinstance(finder, Rooms) for finder in sys.meta_path):
        sys.meta_path.insert(0, Rooms())


def _folders_of(module: ModuleType) -> list[Path]:
    """Return the folders of a package, or the file of a module."""
    found = list(getattr(module, "__path__", ())) or [getattr(module, "__file__", None)]
    return [Path(folder).resolve() for folder in found if folder]

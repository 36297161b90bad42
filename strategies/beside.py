"""What a strategy's file imports from beside it, as its text says: runs are known by those files too."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

from data.version import ROOMS


def files_of(path: Path) -> list[Path]:
    """Return a file and the files beside it that it imports, and those that they import, sorted.

    Imports are found in the text, wherever they stand in it; ours and installed libraries are left out.
    """
    root, found, left = _root(path), set[Path](), [path]
    while left:
        one = left.pop()
        if one not in found:
            found.add(one)
            left += _imported(one, root)
    return sorted(found)


def _root(path: Path) -> Path:
    """Return the folder from which a file's own imports are found: that which holds its outermost package."""
    folder = path.parent
    while (folder / "__init__.py").is_file():
        folder = folder.parent
    return folder


def _imported(path: Path, root: Path) -> Iterator[Path]:
    if {"site-packages", "dist-packages"} & set(root.parts):
        return
    try:
        tree = ast.parse(path.read_bytes())
    except (SyntaxError, ValueError):  # it fails when it is imported, and says why
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from _files(root, alias.name.split("."))
        elif isinstance(node, ast.ImportFrom):
            above = path.parents[node.level - 1] if node.level else root
            inside = node.module.split(".") if node.module else []
            for alias in node.names:
                yield from _files(above, [*inside, alias.name])


def _files(folder: Path, names: list[str]) -> Iterator[Path]:
    """Yield the files of a dotted name, and of the packages around it, as far as they lie in a folder."""
    if names[0] in ROOMS:
        return
    for count in range(1, len(names) + 1):
        place = folder.joinpath(*names[:count])
        for file in (place.with_name(f"{place.name}.py"), place / "__init__.py"):
            if file.is_file():
                yield file

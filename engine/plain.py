"""Plain values: of YAML with the line of each key, and of numpy, pandas and pathlib.

YAML is read without tags, so without code; without aliases, so without bombs; and no key stands twice.
"""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from data.errors import LONGEST, ConfigError, cut

if TYPE_CHECKING:
    from ruamel.yaml.nodes import Node

Keys = tuple[str, ...]

STANDARD = "tag:yaml.org,2002:"
TEXT, MAP = f"{STANDARD}str", f"{STANDARD}map"
SCALAR = "scalar"
PLAIN = {
    **{STANDARD + kind: SCALAR for kind in ("str", "int", "float", "bool", "null", "timestamp")},
    MAP: "mapping",
    f"{STANDARD}seq": "sequence",
}
"""The tags that are read, and what each stands before."""

BEYOND = re.compile(r"\\U(?!00(?:0|10))[0-9A-Fa-f]{8}")
"""An escape beyond the last character that there is."""


class PlainYaml:
    """One YAML text, read.

    Parameters
    ----------
    text
        YAML.
    where
        What a message calls a line of it, by its number from 1.

    Attributes
    ----------
    tree
        Plain Python: dict, list, text, numbers, booleans, dates; ``None`` for an empty text.
    lines
        The line of each key, by the keys that lead to it.

    Raises
    ------
    ConfigError
        It is no YAML, or more than plain.
    """

    def __init__(self, text: str, where: Callable[[int], str]) -> None:
        from ruamel.yaml import YAML
        from ruamel.yaml.error import YAMLError

        yaml = YAML(typ="safe", pure=True)
        yaml.composer.warn_double_anchors = False  # a line of its own on the error stream; aliases are refused anyway
        self.lines: dict[Keys, int] = {}
        self._text, self._where, self._scalar = text, where, yaml.constructor.construct_object
        self._seen: set[Node] = set()
        try:
            root = yaml.compose(text)
            self.tree = None if root is None else self._plain(root, ())
        except YAMLError as error:
            mark = getattr(error, "problem_mark", None) or getattr(error, "context_mark", None)
            problem = [getattr(error, "context", None), getattr(error, "problem", None) or str(error).splitlines()[0]]
            raise ConfigError(
                f"{where(mark.line + 1 if mark else 1)}: is no YAML: {' '.join(filter(None, problem))}: "
                "indent with spaces, close what is opened, quote text that holds : or #"
            ) from None
        except (ValueError, OverflowError):
            found = BEYOND.search(text)
            at = text.count("\n", 0, found.start()) + 1 if found else 1
            raise ConfigError(f"{where(at)}: is no YAML: {found and found[0]} stands for no character") from None
        except RecursionError:
            raise ConfigError(f"{where(1)}: is nested too deep: a run has three levels of keys") from None

    def _plain(self, node: Node, keys: Keys) -> Any:
        where = self._where(node.start_mark.line + 1)
        if PLAIN.get(f"{node.tag}") != _shape(node):
            raise ConfigError(f"{where}: the tag in {self._written(node)} is refused: write plain values")
        if node in self._seen:
            raise ConfigError(f"{where}: &{node.anchor} is repeated by *{node.anchor}: write it out each time")
        self._seen.add(node)
        if isinstance(node.value, str):
            return self._value(node, where)
        if node.tag == MAP:
            return {self._key(key, keys): self._plain(value, (*keys, key.value)) for key, value in node.value}
        for at, value in enumerate(node.value):
            self.lines[*keys, str(at)] = value.start_mark.line + 1
        return [self._plain(value, (*keys, str(at))) for at, value in enumerate(node.value)]

    def _value(self, node: Node, where: str) -> Any:
        """Return a scalar; a tag may ask for what its text is not, and an escape make what is no character."""
        from ruamel.yaml.error import YAMLError

        try:
            value = self._scalar(node)
            str(value).encode()
        except (ValueError, TypeError, LookupError, AttributeError, YAMLError) as error:
            why = f": {error}" if type(error) is ValueError else ""
            why = ": it is too long" if len(node.value) > LONGEST else why
            raise ConfigError(f"{where}: {self._written(node)} can't be read{why}") from None
        return value

    def _key(self, node: Node, above: Keys) -> str:
        line = node.start_mark.line + 1
        if node.tag != TEXT or _shape(node) != SCALAR:
            raise ConfigError(f"{self._where(line)}: the key {self._written(node)} has to be text: quote it")
        key = (*above, self._value(node, self._where(line)))
        if key in self.lines:
            named, first = cut(".".join(key)), self.lines[key]
            raise ConfigError(f"{self._where(line)}: {named} stands twice, first in line {first}: keep one of them")
        self.lines[key] = line
        return key[-1]

    def _written(self, node: Node) -> str:
        return cut(self._text[node.start_mark.index : node.end_mark.index].partition("\n")[0])


def _shape(node: Node) -> str:
    """Return whether a node is a scalar, a sequence or a mapping, whatever its tag says."""
    return str(getattr(node, "id", ""))


MIDNIGHT = dt.time()


def plain(value: Any) -> Any:
    """Return a value as plain Python: numpy's scalars as numbers, text and dates, arrays and the like as lists.

    A date with a time of day, and whatever else has no plain form, is returned as it is: whoever checks it names its
    key.
    """
    if isinstance(value, Mapping):
        return {plain(name): plain(item) for name, item in value.items()}
    if isinstance(value, np.datetime64):
        value = value.astype("datetime64[us]").item()
    elif isinstance(value, np.generic):
        value = value.item()
    elif isinstance(value, os.PathLike):
        value = os.fspath(value)
    if isinstance(value, dt.datetime):
        whole = value == value and value.tzinfo is None and value.time() == MIDNIGHT  # noqa: PLR0124  # NaT is not
        return value.date() if whole else value
    if isinstance(value, np.ndarray) and not value.ndim:
        return plain(value[()])
    if isinstance(value, Iterable) and not isinstance(value, str | bytes):
        return [plain(item) for item in value]
    return value

"""The errors a person can mend. Lowest room, so that every room can raise them."""

from __future__ import annotations

import datetime as dt
import difflib
import json
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from data.text import abridge

if TYPE_CHECKING:
    from data.ranges import Range

LONGEST = 60
"""Characters of a value that a message quotes."""


class UserError(Exception):
    """A mistake the user can mend: shown as one line, exit status 2, no traceback; what it quotes may be long."""

    def __str__(self) -> str:
        return abridge(super().__str__())


class DataError(UserError):
    """Market data that is missing, broken or too short; names file, row and date."""


class ConfigError(UserError):
    """A run's YAML, or a value given on the command line, that can't be used; names file, line and key."""


class StrategyError(UserError):
    """A strategy that can't be loaded, was given wrong parameters, or returned something unusable."""


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """Return ``", did you mean X?"`` when a known word is close, else an empty string."""
    close = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    return f", did you mean {close[0]}?" if close else ""


def quoted(value: Any) -> str:
    """Return a value as YAML would have it, in one line, cut short; what can't be written by its type."""
    try:
        plain = value is None or isinstance(value, bool)
        text = json.dumps(value) if plain else str(value) if isinstance(value, dt.date) else repr(value)
    except ValueError:  # a number of more digits than Python writes
        return f"a {type(value).__name__} too long to be written"
    return cut(" ".join(text.split()))


def check_arguments(*, whole: bool = False, **given: tuple[Any, Range]) -> None:
    """Raise UserError that names an argument, ``None`` apart, which is no number, or no whole one, of its range."""
    for name, (value, numbers) in given.items():
        try:
            _ = value if value is None else numbers.take(value, whole=whole)
        except ValueError as error:
            raise UserError(f"{name}={quoted(value)}: {error}") from None


def cut(text: str, most: int = LONGEST) -> str:
    """Return a text that a message quotes, cut short."""
    return text if len(text) <= most else f"{text[: most - 3]}..."

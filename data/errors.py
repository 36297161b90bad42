"""The errors a person can mend. Lowest room, so that every room can raise them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable

from data.text import cut


class UserError(Exception):
    """A mistake the user can mend: shown as one line, exit status 2, no traceback; what it quotes may be long."""

    def __str__(self) -> str:
        return cut(super().__str__())


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

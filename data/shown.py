"""What an object says of itself in a notebook: at most a screen."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Iterable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd

WIDTH, HEIGHT = 80, 24
MARKS = ("SIMULATED", "SYNTHETIC", "MODELLED", "PRICE INDEX", "ORDERS", "OLD")
"""How a note begins that is shown with the figures."""


def screen(*lines: str | None) -> str:
    """Return lines as a screen takes them: long ones folded, and what doesn't fit left out; ``None`` is no line."""
    folded: list[str] = []
    for line in lines:
        if line is not None:
            folded += textwrap.wrap(line, WIDTH, subsequent_indent="  ") or [""]
    return "\n".join(folded if len(folded) <= HEIGHT else [*folded[: HEIGHT - 1], "..."])


def marks_of(notes: Iterable[str]) -> list[str]:
    """Return the notes that are shown with the figures."""
    return [note for note in notes if note.startswith(MARKS)]


def figure(value: float | None, form: str = ".2f") -> str:
    """Return a number by its format, a dash for none; percent is written apart from its number."""
    if value is None or math.isnan(value):
        return "-"
    return f"{value:{form}}".replace("%", " %")


def mark_table(frame: pd.DataFrame, mark: str, *, simulated: bool) -> pd.DataFrame:
    """Return a table with a mark in the corner of what it prints, the name of its columns, none where that is empty.

    No column and no index is another for it. ``attrs["SIMULATED"]`` has whether its history is made up.
    """
    frame.columns.name = mark or None
    frame.attrs["SIMULATED"] = simulated
    return frame

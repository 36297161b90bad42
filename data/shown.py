"""What an object says of itself in a notebook: at most a screen."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping, Sequence
from typing import Any

WIDTH, HEIGHT = 80, 24

FIGURES = (("CAGR", "cagr", ".2%"), ("max drawdown", "max_drawdown", ".2%"), ("Sharpe", "sharpe", ".2f"))
"""What is shown of every book: its title, its key in metrics.json, and its format."""


def screen(*lines: str | None) -> str:
    """Return lines as a screen takes them: long ones folded, and what doesn't fit left out; ``None`` is no line."""
    folded: list[str] = []
    for line in lines:
        if line is not None:
            folded += textwrap.wrap(line, WIDTH, subsequent_indent="  ") or [""]
    return "\n".join(folded if len(folded) <= HEIGHT else [*folded[: HEIGHT - 1], "..."])


def figure(value: float | None, form: str = ".2f") -> str:
    """Return a number by its format, a dash for none; percent is written apart from its number."""
    if value is None or math.isnan(value):
        return "-"
    return f"{value:{form}}".replace("%", " %")


def books_shown(books: Sequence[tuple[str, Mapping[str, Any]]]) -> list[str]:
    """Return a table of books' figures, a line each below their heads."""
    wide = max(len(title) for title, _figures in books)
    heads = "".join(f"{head:>15}" for head, _key, _form in FIGURES)
    lines = [
        f"{title:<{wide}}" + "".join(f"{figure(figures[key], form):>15}" for _head, key, form in FIGURES)
        for title, figures in books
    ]
    return [" " * wide + heads, *lines]

"""Figures, tables and paragraphs of a page in Markdown."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from benchmarks.calibration.planted import Design
from benchmarks.calibration.rates import Mean, Rate
from benchmarks.calibration.returns import REAL

RETURNS = {"independent": "independent", "clustered": "clustered", REAL: "real, in blocks", "crashes": "rare crashes"}
SIGNALS = {"random": "random spells", "trend": "trend", "volatility": "volatility"}
NAMED = ("returns", "signal", "rebalanced")


def named(design: Design) -> tuple[str, str, str]:
    """Name a design, by the columns of `NAMED`."""
    usual = ", as usual" if design.usual else ""
    return f"{RETURNS[design.returns]}{usual}", SIGNALS[design.signal], design.rebalance


def plus_minus(rate: Rate) -> str:
    """Write a rate in percent with its standard error."""
    return f"{100 * rate.share:.1f} ± {100 * rate.error:.1f} %"


def points(mean: Mean, places: int) -> str:
    """Write a mean in points with its standard error."""
    return f"{100 * mean.value:+.{places}f} ± {100 * mean.error:.{places}f}"


def percent(value: float) -> str:
    """Write a share in whole percent."""
    return f"{100 * value:.0f} %"


def table(head: Sequence[str], rows: Sequence[Sequence[str]], left: int = 1) -> str:
    """Return a table whose first columns are words."""
    if not rows:
        return "Not measured."
    lines = [head, ["---"] * left + ["---:"] * (len(head) - left), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def items(texts: Iterable[str]) -> str:
    """Return a list."""
    return "\n".join(_filled(f"- {' '.join(text.split())}", "  ") for text in texts)


def paragraphs(*texts: str) -> str:
    """Return paragraphs of lines of 120."""
    return "\n\n".join(_filled(" ".join(text.split())) for text in texts)


def _filled(text: str, indent: str = "") -> str:
    return textwrap.fill(text, 120, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)

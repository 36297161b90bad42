"""What a sweep's page shows of the statistics of overfitting: words, a table and four figures."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from data.arrays import Floats
from engine.research.overfitting.findings import Standing, outcome, sentence
from reports.overfitting_table import TITLES, counted_in_words, numbers_in_words, rows_of, splits_in_words

BINS = 60
LOWEST = 0.001
"""The share of combinations, the lowest, that the first bar holds whatever they are: a ruin would squeeze the rest."""


def overfitting_words(standing: Standing | None) -> dict[str, Any] | None:
    """Return what the page's template shows, ``None`` where nothing is known."""
    if standing is None:
        return None
    return {
        "sentence": sentence(*standing),
        "numbers": numbers_in_words(standing),
        "outcome": outcome(standing.found, standing.tried.combinations).replace(" ", "-").replace("'", ""),
        "titles": TITLES,
        "rows": rows_of(standing),
        "splits": splits_in_words(standing),
        "counted": counted_in_words(standing),
    }


def overfitting_data(standing: Standing | None, metrics: Mapping[str, Floats]) -> dict[str, Any] | None:
    """Return what the page's script draws, ``None`` where nothing is known.

    Parameters
    ----------
    metrics
        Columns of the sweep: ``sharpe`` and ``cagr_vs_unhedged`` are read once.
    """
    if standing is None:
        return None
    best, splits = standing.found.best, standing.found.splits
    drawn = {
        "sharpe": _histogram(metrics["sharpe"], best.sharpe, best.unhedged_sharpe),
        "cagr": _histogram(metrics["cagr_vs_unhedged"], best.cagr_vs_unhedged, 0.0),
    }
    if splits is None:
        return {**drawn, "splits": None}
    line = None if np.isnan(splits.slope) else [splits.slope, splits.intercept]
    return {**drawn, "splits": {"logits": splits.logits, "sharpes": splits.sharpes, "line": line}}


def _histogram(column: Floats, best: float, unhedged: float) -> dict[str, Any]:
    known = column[np.isfinite(column)]
    low = float(np.quantile(known, LOWEST))
    counts, edges = np.histogram(np.maximum(known, low), bins=BINS)
    marks = {"best": best, "unhedged": unhedged}
    return {"edges": edges.tolist(), "counts": counts.tolist()} | {
        name: float(value) if np.isfinite(value) else None for name, value in marks.items()
    }

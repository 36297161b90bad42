"""JSON schemas: of a run's YAML, for an editor, and of metrics.json, with units."""

from __future__ import annotations

from typing import Any

from engine.analytics.attribution import COLUMNS
from engine.analytics.bridge import SPANS
from engine.analytics.measure import BOOK
from engine.config import RunConfig


def run_schema() -> dict[str, Any]:
    """Return the JSON schema of a run's YAML."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **RunConfig.model_json_schema()}


def metrics_schema() -> dict[str, Any]:
    """Return the JSON schema of metrics.json: the hedged run's figures at the top, the controls' under `controls`."""
    book = {name: _metric(metric.unit, metric.meaning) for name, metric in BOOK.items()}
    figures = {"type": "object", "properties": book, "required": list(book)}
    head = {
        "name": {"type": "string"},
        "strategy": {"type": "string"},
        "source": {"type": "string"},
        "simulated": {"type": "boolean", "description": "true where the history is made up"},
        "synthetic": {
            "type": ["object", "null"],
            "description": "history made by the fund model; null where all is real",
            "properties": {
                "before": {"type": "object", "description": "the first real session, by instrument"},
                "sessions": _metric("count", "of the run, on which a traded instrument is synthetic"),
                "final_equity": _edges("the hedged book's"),
                "unhedged_final_equity": _edges("the unhedged book's"),
            },
        },
        **_judged(),
        "notes": {"type": "array", "items": {"type": "string"}},
        "controls": {
            "type": "object",
            "additionalProperties": figures,
            "required": ["unhedged", "derisk_entry"],
        },
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "metrics.json",
        "type": "object",
        "properties": {**head, **book},
        "required": [*head, *book],
    }


def _judged() -> dict[str, Any]:
    """Return what the evaluation adds: null with ``controls: off``."""
    columns = (*COLUMNS, "decay", "sleeve")
    dollars = {f"{name}_dollars": _metric("dollars", f"{name}, summed over the run") for name in columns}
    linked = {f"{name}_return": _metric("fraction", f"{name}, linked to total_return by Carino") for name in columns}
    yearly = {f"{name}_a_year": _metric("fraction a year", f"{name}, linked to cagr") for name in columns}
    timing = {
        "hedge_times_fund": _metric("fraction a year", "Y mean(w R), w the sleeve's weight, R the fund's return"),
        "average_hedge": _metric("fraction a year", "Y mean(w) mean(R)"),
        "hedge_timing": _metric("fraction a year", "Y cov(w, R)"),
    }
    parts = {
        "verdict": ("by the rules of docs/verdict.md", {}),
        "attribution": ("where the hedged book's dollars came from", {**dollars, **linked, **yearly, **timing}),
        "bridge": (
            "from the unhedged end value to the hedged one; the steps sum to the difference",
            {name: _metric("dollars", "grown from its session on as the unhedged book grew") for name in SPANS},
        ),
        "measures": ("what protection cost and caught (docs/verdict.md); `undefined` says why one is null", {}),
        "evidence": ("hedged less each control with 95 % intervals (docs/verdict.md)", {}),
        "study": (
            "what followed each entry, against all days: fractions, with 95 % intervals (docs/verdict.md)",
            {},
        ),
        "answer": ("the sum, the three tests, and holding less (docs/verdict.md)", {}),
    }
    listed = {
        "variations": "gap to holding less and the fund's part when one thing is changed (docs/verdict.md)",
        "alternatives": "the same signal with other sizes and rebalancings (docs/verdict.md)",
    }
    return {
        "answer_why": {"type": ["string", "null"], "description": "why there is no answer"},
        **{
            name: {"type": ["object", "null"], "description": told, **({"properties": held} if held else {})}
            for name, (told, held) in parts.items()
        },
        **{
            name: {"type": ["array", "null"], "items": {"type": "object"}, "description": told}
            for name, told in listed.items()
        },
    }


def _edges(whose: str) -> dict[str, Any]:
    described = f"{whose} end value with synthetic returns at the low and at the high edge of their error band"
    return {"type": "array", "items": {"type": "number"}, "description": described, "unit": "dollars"}


def _metric(unit: str, meaning: str) -> dict[str, Any]:
    kinds = {"count": "integer", "date": "string"}
    kind = [kinds[unit]] if unit in kinds else ["number", "null"]
    return {
        "type": kind if len(kind) > 1 else kind[0],
        "description": meaning,
        **({"unit": unit} if unit else {}),
    }

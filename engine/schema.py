"""JSON schemas: of a run's YAML, for an editor, and of metrics.json, with units."""

from __future__ import annotations

from typing import Any

from engine.config import RunConfig
from engine.metrics import METRICS

_COUNTS = ("count",)


def run_schema() -> dict[str, Any]:
    """Return the JSON schema of a run's YAML."""
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **RunConfig.model_json_schema()}


def metrics_schema() -> dict[str, Any]:
    """Return the JSON schema of metrics.json: the hedged run's figures at the top, the controls' under `controls`."""
    book = {name: _metric(metric.unit, metric.meaning) for name, metric in METRICS.items()}
    figures = {"type": "object", "properties": book, "required": list(book)}
    head = {
        "name": {"type": "string"},
        "strategy": {"type": "string"},
        "source": {"type": "string"},
        "simulated": {"type": "boolean", "description": "true where the history is made up"},
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


def _metric(unit: str, meaning: str) -> dict[str, Any]:
    kinds = {"count": "integer", "date": "string"}
    kind = [kinds[unit]] if unit in kinds else ["number", "null"]
    return {
        "type": kind if len(kind) > 1 else kind[0],
        "description": meaning,
        **({"unit": unit} if unit else {}),
    }

"""What measures and parameters are called, and how their values are written, in tables and on pages."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from data.errors import ConfigError
from data.format import figure, lowered
from engine.analytics.measure import AGAINST, MEASURES, SUM, base_of, lower_is_better
from engine.plain import PlainYaml
from engine.research.columns import ESTIMATED

APART = ("gap_to_held_less", *SUM)
"""Differences to another book that aren't named after it: shown with a sign, in points."""
ACRONYMS = {"cagr": "CAGR", "cvar 95": "CVaR 95 %"}
PEOPLE = ("Sharpe", "Sortino", "Calmar")
UNITS = {
    "bps": "basis points",
    "buffer": "of equity",
    "confirm": "closes",
    "cooldown": "sessions",
    "days": "sessions",
    "hold": "sessions",
    "lookback": "sessions",
    "weight": "of equity",
}
"""The unit of a parameter, by the last word of its key."""


def label(name: str) -> str:
    """Return a metric's name as a person reads it."""
    base, against, other = name.partition(AGAINST)
    words = base.removesuffix("_a_year").replace("_", " ")  # the unit tells that
    words = ACRONYMS.get(words) or words.capitalize()
    words += " (estimate)" if name in ESTIMATED else ""
    return f"{words} against {other.replace('_', ' ')}" if against else words


def within(words: str) -> str:
    """Return a metric's name as it stands within a sentence: one that is a person's keeps its capital."""
    return words if words.startswith(PEOPLE) else lowered(words)


def is_difference(name: str) -> bool:
    """Return whether a metric is a difference to another book."""
    return AGAINST in name or name in APART


def unit_of(name: str) -> str:
    """Return the unit that figures of a metric are shown in."""
    base = base_of(name)
    unit = MEASURES[base].unit if base in MEASURES else ""
    if unit.startswith("fraction"):
        return ("percentage points" if is_difference(name) else "%") + (" a year" if unit.endswith("a year") else "")
    return {"dollars": "$", "count": "", "a year": "times a year"}.get(unit, unit)


def spec_of(name: str) -> str:
    """Return how figures of a metric are written, as d3 has it: a sign for differences, % for fractions."""
    base = base_of(name)
    form = MEASURES[base].format if base in MEASURES else "number"
    forms = {"percent": ".2%", "dollars": "$,.0f", "count": ",.0f"}
    return ("+" if is_difference(name) else "") + forms.get(form, ",.2f")


def shown(name: str, value: float) -> str:
    """Write a figure of a metric, a dash for none; what rounds to 0 has no sign."""
    text = figure(value, spec_of(name))
    return text if text.strip("+-$0.,%") else text.lstrip("+-") or text


def measure_data(name: str) -> dict[str, Any]:
    """Return what a page's script knows of a measure: what it is called, how it is written, which way is better."""
    unit = unit_of(name)
    return {
        "label": label(name),
        "title": f"{label(name)} ({unit})" if unit else label(name),
        "format": spec_of(name),
        "lower": lower_is_better(name),
        "signed": is_difference(name),
    }


def parameter_data(key: str, short: str) -> dict[str, str]:
    """Return what a page's script knows of a parameter: its key, and what it is called, without and with its unit."""
    unit = UNITS.get(key.replace("_", ".").rpartition(".")[2])
    return {"key": key, "label": short, "title": f"{short} ({unit})" if unit else short}


def short_names(keys: Sequence[str]) -> list[str]:
    """Return the last part of each key, the whole key where two end alike."""
    ends = [key.rpartition(".")[2] for key in keys]
    return [end if ends.count(end) == 1 else key for key, end in zip(keys, ends, strict=True)]


def as_yaml(value: Any) -> str:
    """Write a parameter's value so that --set reads it back: text in quotes only where YAML would take it otherwise."""
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    if not isinstance(value, str):  # a whole number beside a None comes out of a table as a float
        return str(int(value)) if abs(value) < 2**53 and value == int(value) else str(value)
    try:
        read = PlainYaml(value, str).tree
    except ConfigError:
        read = None
    plain = read == value or (isinstance(read, dict | list) and value[0] in "{[")  # a map that was kept as text
    return value if plain else json.dumps(value, ensure_ascii=False)

"""Lists of what a run can be put together from: the signals, in the terminal and in Markdown, and the strategies."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import MISSING
from io import StringIO
from itertools import groupby
from typing import TYPE_CHECKING, Any

from engine.analytics.answer.words import Piece
from reports.document import Column, Paragraph, Row, Table
from reports.renderers.markdown import piped
from reports.renderers.terminal import show
from strategies.signals.catalogue import MUST, Signal

if TYPE_CHECKING:
    from rich.console import Console

WHOSE = {
    "underlying": "the underlying",
    "hedge": "the hedge",
    "members": "every chip maker",
    "valuation": "what the data hold",
}
"""Whose a signal is where nothing is said."""
HEADS = ("signal", "what its value is", "keys", "unit")


def show_catalogue(console: Console, signals: Iterable[Signal]) -> None:
    """Print signals by family, each with its keys and their defaults."""
    rows = []
    for family, members in groupby(signals, lambda signal: signal.family):
        rows += [Row([family], role="group")]
        rows += [Row([member.name, member.about, ", ".join(_keys(member)), member.unit]) for member in members]
    show(console, [Table("signals", [Column(head, align="left") for head in HEADS], rows)])


def catalogue_markdown(signals: Iterable[Signal]) -> str:
    """Return signals as a Markdown table."""
    rows = [
        Row([item.family, f"`{item.name}`", item.about, ", ".join(f"`{key}`" for key in _keys(item)), item.unit])
        for item in signals
    ]
    return piped(Table("signals", [Column(head, align="left") for head in ("family", *HEADS)], rows)) + "\n"


def _keys(signal: Signal) -> list[str]:
    """Return a signal's keys as YAML writes them, each with its default; `...` where there is none."""
    defaults = {feed.key: feed.default for feed in signal.feeds.values()}
    shown = []
    for key, value in signal.keys.items():
        absent = WHOSE.get(defaults.get(key) or "", "null")
        shown.append(f"{key}: {absent if value is None else '...' if value is MUST else value}")
    return shown


def show_strategies(console: Console, classes: Sequence[type]) -> None:
    """Print strategies, each with what it does, its parameters and what each of them is."""
    from strategies.parameters import describe, explained

    columns = [Column(head, align="left", wrap="never") for head in ("  parameter", "default", "range")]
    columns.append(Column("what it is", align="left"))
    for cls in classes:
        about, said = (cls.__doc__ or "").strip().splitlines()[0], explained(cls)
        rows = [
            Row([f"  {known.name}", _default(known.default), known.ends, said.get(known.name, "")])
            for known in describe(cls)
        ]
        head = Paragraph([Piece(cls.__name__, "strong"), Piece(f"  {about}")])
        show(console, [head, Table("parameters", columns, rows), Paragraph("")])


def _default(value: Any) -> str:
    """Return a parameter's default as YAML writes it, in one line."""
    from ruamel.yaml import YAML
    from ruamel.yaml.representer import RepresenterError

    if value is MISSING:
        return "(needed)"
    yaml, text = YAML(typ="safe", pure=True), StringIO()
    yaml.default_flow_style, yaml.width = True, 10_000
    yaml.representer.sort_base_mapping_type_on_output = False
    try:
        yaml.dump([value], text)  # alone, a value would get a line "..." below it
    except RepresenterError:
        return repr(value)  # a run refuses it
    return text.getvalue().strip()[1:-1]

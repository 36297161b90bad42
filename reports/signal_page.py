"""The page of what a strategy says now: the order, the book, and each input's recent history. One offline file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from engine.inspection.live_signal_read import Signal, Watched
from reports.renderers.html import write_page
from reports.signal_table import ALARMS, BOOK, book_note, book_rows, fresh_words, reason, standing


def write_signal_page(path: Path, signal: Signal) -> None:
    """Write the page: one file, read offline."""
    marked = "SIMULATED " if signal.simulated else ""
    loud = [note for note in signal.notes if note.startswith(ALARMS)]
    words = {
        "title": f"{marked}{signal.name}: {signal.strategy} on {signal.date}",
        "note": " ".join(loud) or None,
        "signal": signal,
        "reason": reason(signal),
        "heads": BOOK,
        "book": book_rows(signal),
        "book_note": book_note(signal),
        "inputs": [(one.name, standing(one)) for one in signal.inputs],
        "fresh": fresh_words(signal),
        "notes": [note for note in signal.notes if note not in loud],
    }
    write_page(path, "signal.html.j2", words, page_data(signal))


def page_data(signal: Signal) -> dict[str, Any]:
    """Return what the page's script draws."""
    return {
        "simulated": signal.simulated,
        "days": [*signal.dates, signal.following],
        "hedge": signal.instrument,
        "levels": [{"name": name, "y": list(values)} for name, values in signal.levels.items()],
        "held": stretches(signal.held),
        "inputs": [_input(one) for one in signal.inputs],
        "intensity": None if signal.intensity is None else list(signal.intensity),
        "enter": signal.rules["enter"],
        "exit": signal.rules["exit"],
    }


def stretches(flags: Sequence[bool]) -> list[list[int]]:
    """Return where flags are up: the first session of each stretch, and the one after its last."""
    edges = [
        at for at, (before, here) in enumerate(zip((False, *flags), (*flags, False), strict=True)) if before != here
    ]
    return [list(pair) for pair in zip(edges[::2], edges[1::2], strict=True)]


def _input(one: Watched) -> dict[str, Any]:
    return {
        "name": one.name,
        "unit": one.unit,
        "values": list(one.values),
        "thresholds": list(one.thresholds),
        "fired": stretches(one.fires_at),
    }

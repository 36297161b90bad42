"""What the lines of a log have to hold so that they can be computed with, whoever wrote them."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from typing import Any

from engine.follow.books import ACCRUALS, BAR, BOOKS, EACH, PRICED, SWITCHES
from engine.follow.log import LOG, Chain, refusal

Shape = Any
"""A type; a test of a value; a mapping from keys that have to be there, or from ``...`` for any; a list of the shape of
each item; a tuple of shapes of which one has to fit."""


def _number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _day(value: object) -> bool:
    try:
        return str(dt.date.fromisoformat(str(value))) == value
    except ValueError:
        return False


def _time(value: object) -> bool:
    try:
        return dt.datetime.fromisoformat(str(value)).tzinfo is not None
    except ValueError:
        return False


def _missing(value: object) -> bool:
    return value is None


_ORDER = (_missing, {"core": _number, "hedges": {...: _number}, "restate": bool}, {"trade": {...: _number}})
_BOOK = {
    "equity": _number,
    "cash": _number,
    "shares": {...: _number},
    "fills": [{"instrument": str, "shares": _number, "price": (_missing, _number)}],
    "order": _ORDER,
}
_BAR = {name: (_number, _missing) if name == "volume" else _number for name in (*BAR, *PRICED)}
_CLOSE = {
    "written": _time,
    "date": _day,
    "next": _day,
    "late": bool,
    "bars": {...: _BAR},
    "accruals": dict.fromkeys(ACCRUALS, _number),
    "intensity": (_missing, [_number]),
    "actions": {...: str},
    "inputs": {...: str},
    "books": dict.fromkeys(BOOKS, (_missing, _BOOK)),
}
_SPREAD = {"sd": _number, "largest": _number}
_REGISTRATION = _CLOSE | {
    **dict.fromkeys(("name", "strategy", "source", "first", "underlying"), str),
    **dict.fromkeys(("guest", "simulated"), bool),
    "config": {"execution": {"fill": str}},
    "made_with": {...: (str, _missing)},
    "instruments": [str],
    "terms": {
        "core_weights": [_number],
        "stock": [bool],
        **{key: [_number] for key in EACH},
        **dict.fromkeys(SWITCHES, bool),
    },
    "held_less": _number,
    "exposure": {"unhedged": _number, "sold_at_entry": _number},
    "promised": {"sessions": [_number], "levels": [_number], "gaps": {...: (_missing, [[_number]])}},
    "scales": {"core": {"sd": _number}, "given_up": {"mean": _number, "sd": _number}, "held_less": (_missing, _SPREAD)},
}
_ANY: Shape = object
_FOUND = {
    "bar": {"instrument": str, "date": _day, "column": str, "was": _ANY, "is": _ANY},
    "rebased": {"instrument": str, "up_to": _day, "factor": _number, "bars": {...: {...: _ANY}}},
    "input": {"input": str, "date": _day, "up_to": _day, "was": str, "is": str},
    "signal": {
        "date": _day,
        **{key: {"intensity": (_missing, [_number]), "actions": {...: str}} for key in ("was", "is")},
    },
    "session": {"date": _day, "was": bool, "is": bool},
    "code": {"of": str, "was": (_missing, str), "is": str},
    "log": {"was": int, "is": int},
    "clock": {"is": str},
}
_LINES = {"registration": _REGISTRATION, "close": _CLOSE, "changed": {"written": _time, "found": [{"what": str}]}}


def check_lines(chain: Chain) -> Chain:
    """Return a log as it is.

    Raises
    ------
    DataError
        A line doesn't hold what it has to, as where another version wrote it; names the file, the line and the key.
    """
    last = ""
    for n, entry in enumerate(chain.entries):
        known = _LINES.get(entry["kind"] if isinstance(entry["kind"], str) else "")
        key = "kind" if known is None or (n == 0) != (known is _REGISTRATION) else next(_misfits(entry, known), "")
        if not key and entry["kind"] == "changed":
            key = next(_unknown(entry["found"]), "")
        elif not key:
            key = _misplaced(chain, n, last)
            last = entry["date"]
        if key:
            raise refusal(
                chain.folder / LOG, n, f"holds no {key} that can be used: another version wrote it, or it was edited"
            )
    return chain


def _misplaced(chain: Chain, n: int, last: str) -> str:
    """Return what of a close's line goes with no other line."""
    entry, names = chain.entries[n], chain.entries[0]["instruments"]
    books = [book for book in entry["books"].values() if book is not None]
    if entry["date"] <= last:
        return "date"
    if list(entry["bars"]) != names:
        return "bars"
    fitting = all(
        list(book["shares"]) == names and {fill["instrument"] for fill in book["fills"]} <= {*names} for book in books
    )
    return "" if fitting else "books"


def _unknown(found: list[Any]) -> Iterator[str]:
    for place, finding in enumerate(found):
        known = _FOUND.get(finding["what"])
        if known is None:
            yield f"found.{place}.what"
        else:
            yield from (f"found.{place}.{key}" for key in _misfits(finding, known))


def _misfits(value: Any, shape: Shape) -> Iterator[str]:
    """Yield the keys, dotted, of what isn't as a shape has it."""
    if isinstance(shape, dict):
        yield from _unlike(value, shape)
    elif isinstance(shape, list):
        if not isinstance(value, list):
            yield ""
            return
        for place, item in enumerate(value):
            yield from (_dotted(place, key) for key in _misfits(item, shape[0]))
    elif isinstance(shape, tuple):
        fits = [list(_misfits(value, each)) for each in shape]
        if all(fits):
            yield max((each[0] for each in fits), key=len)
    elif not (isinstance(value, shape) if isinstance(shape, type) else shape(value)):
        yield ""


def _unlike(value: Any, shape: dict[Any, Shape]) -> Iterator[str]:
    if not isinstance(value, dict):
        yield ""
        return
    for key, item in shape.items():
        if key is ...:
            for name, each in value.items():
                yield from (_dotted(name, rest) for rest in _misfits(each, item))
        elif key not in value:
            yield str(key)
        else:
            yield from (_dotted(key, rest) for rest in _misfits(value[key], item))


def _dotted(key: object, rest: str) -> str:
    return f"{key}.{rest}" if rest else str(key)

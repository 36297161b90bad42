"""What the process of `backtest.first_run` does in tests: it has to be found there by name."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from chart_server import point_here

from data.bars import Bars
from data.errors import DataError
from data.pull import Pulled, pull
from data.series import Series
from data.sources import BARS, SERIES
from data.sources.demo import DemoSource
from data.store import Origin, Store

Show = Callable[[str], None]
ORIGIN = Origin("yahoo", "", "a test", "2026-08-21T20:15:00Z")


def demo(symbol: str) -> Bars | Series:
    """What the simulated market has by Yahoo's symbol."""
    name = symbol.removeprefix("^")
    return DemoSource().read(SERIES if symbol.startswith("^") else BARS, name)


def puts(folder: Path, symbols: Sequence[str], show: Show) -> list[Pulled]:
    """Pull all of it, from the simulated market."""
    for symbol in symbols:
        show(f"{symbol}: asking")
        print("a library prints")
        Store(folder).put(demo(symbol), ORIGIN)
    return [Pulled(symbol, symbol, "bars") for symbol in symbols]


def hangs(folder: Path, symbols: Sequence[str], show: Show) -> list[Pulled]:
    """Pull the first, and then wait for ever."""
    Store(folder).put(demo(symbols[0]), ORIGIN)
    (folder / BARS / f".{symbols[1]}.parquet.0123abcd.tmp").write_bytes(b"half")
    show("hanging")
    time.sleep(600)
    return []


def brings_all_and_hangs(folder: Path, symbols: Sequence[str], show: Show) -> list[Pulled]:
    """Pull all of it, and end late."""
    puts(folder, symbols, lambda _text: None)
    show("hanging")
    time.sleep(600)
    return []


def refused(folder: Path, symbols: Sequence[str], show: Show) -> list[Pulled]:
    """Pull the first; the others are refused."""
    pulled = puts(folder, symbols[:1], show)
    return [*pulled, *(Pulled(symbol, symbol, "bars", error=f"{symbol}: Yahoo refuses") for symbol in symbols[1:])]


def fails(folder: Path, symbols: Sequence[str], show: Show) -> list[Pulled]:
    """Raise what a person can mend."""
    raise DataError(f"{folder}: can't be written")


def stumbles(folder: Path, symbols: Sequence[str], show: Show) -> list[Pulled]:
    """Raise what is a fault of ours."""
    raise ZeroDivisionError("of ours")


def dies(folder: Path, symbols: Sequence[str], show: Show) -> list[Pulled]:
    """End without a word."""
    os._exit(3)


def asks(yahoo: str, fred: str, cookies: Path, folder: Path, symbols: Sequence[str], show: Show) -> list[Pulled]:
    """Pull from a server on loopback, as a person pulls from Yahoo."""
    point_here(yahoo, fred, cookies)
    return pull(Store(folder), symbols, say=lambda symbol, text: show(f"{symbol}: {text}"))

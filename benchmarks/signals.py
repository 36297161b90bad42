"""Every signal but GARCH, for 26 instruments of 30 years each: the wall clock of one warm pass."""

from __future__ import annotations

import statistics
import time
from collections.abc import Mapping
from typing import Any

import numpy as np

from data.arrays import day
from data.bars import Bars
from data.calendar import nyse_sessions
from data.events import Events
from data.market import Market, load_market
from data.roles import Roles
from data.series import Series
from data.sources import BARS, EVENTS, SERIES, Held, Kind
from strategies.signals.catalogue import MUST, SIGNALS, Signal

INSTRUMENTS = 26
FIRST, LAST = day("1996-01-02"), day("2025-12-31")
ROUNDS = 5
GROUPS = ("levels", "belongs", "schedule", "series", "sessions")
"""What a group, the calendar or a series is fed: such a signal is computed once, not once an instrument."""


class RandomSource:
    """26 random walks of 30 years, SIMULATED, made once; random values, and a date a month."""

    name = "random walks"
    simulated = True

    def __init__(self) -> None:
        self.sessions = nyse_sessions(FIRST, LAST)
        rng, count = np.random.default_rng(0), len(self.sessions)
        self.made = {f"CHIP{k:02d}": _walk(f"CHIP{k:02d}", self.sessions, rng) for k in range(INSTRUMENTS)}
        self.rates = {name: Series(name, self.sessions, rng.uniform(1, 9, count)) for name in ("A", "B")}

        dates = self.sessions[::21]
        words = np.full(len(dates), "")
        self.events = {"dates": Events("dates", dates, words, words)}

    def names(self, kind: Kind[Any]) -> tuple[str, ...]:
        """Return the names of what was made of a kind."""
        return tuple(self._held(kind))

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Return what was made; raises KeyError."""
        return self._held(kind)[name]

    def _held(self, kind: str) -> Mapping[str, Any]:
        return {BARS: self.made, SERIES: self.rates, EVENTS: self.events}.get(kind, {})


def _walk(name: str, sessions: np.ndarray, rng: np.random.Generator) -> Bars:
    level = 20 * np.exp(np.cumsum(rng.normal(0, 0.02, len(sessions))))
    ones = np.ones(len(sessions))
    volume = rng.lognormal(14, 0.5, len(sessions))
    return Bars(name, sessions, level, 1.01 * level, 0.99 * level, level, volume, 0 * ones, ones)


def one_pass(market: Market) -> float:
    """Return the seconds of computing every signal, for every instrument where it is of one."""
    began = time.perf_counter()
    for name, found in SIGNALS.items():
        if name == "garch_volatility":
            continue
        each = market.instruments() if _is_of_one(found) else ("",)
        for instrument in each:
            found.compute(found.given(_written(found, instrument), name), market)
    return time.perf_counter() - began


def _is_of_one(found: Signal) -> bool:
    return all(feed.kind not in GROUPS for feed in found.feeds.values())


def _written(found: Signal, instrument: str) -> dict[str, str]:
    """Return a signal's keys: the instrument, and something for what has no default."""
    series = any(feed.kind == "series" for feed in found.feeds.values())
    needed = {"series": "A", "against": "B" if series else "CHIP00", "events": "dates"}
    written = {key: needed[key] for key, default in found.keys.items() if default is MUST}
    return written | ({"of": instrument} if instrument and "of" in found.keys else {})


def main() -> None:
    """Print the median of several passes, each on a market of its own so that nothing is remembered."""
    source, roles = RandomSource(), Roles.with_fund({"CHIP00": 1.0}, "CHIP01", "CHIP00", -3.0)
    took = []
    for _ in range(ROUNDS + 1):  # the first warms up
        market = load_market(source, roles, day("1996-01-02"))
        for name in market.instruments():
            market.total_return(name)
        took.append(one_pass(market))
    print(
        f"{len(SIGNALS) - 1} signals, {INSTRUMENTS} instruments, {len(source.sessions):,} sessions: "
        f"{statistics.median(took[1:]):.2f} s (median of {ROUNDS}, {min(took[1:]):.2f} to {max(took[1:]):.2f})"
    )


if __name__ == "__main__":
    main()

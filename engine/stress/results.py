"""What a stress found, as values and as tables. SYNTHETIC: no figure of it is of a market that was."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from data.arrays import Flags, Floats
from data.shown import mark_table, screen
from engine.stress.books import HEDGED, UNHEDGED, ScenarioBooks, Today, figures
from engine.stress.many import ManyBooks
from engine.stress.reverse import Reverse

if TYPE_CHECKING:
    import pandas as pd

WORST = 0.05
"""The part of paths whose mean end is the shortfall."""
FAN = (0.05, 0.25, 0.50, 0.75, 0.95)
"""Quantiles of a fan."""


@dataclass(frozen=True)
class Replayed:
    """A scenario that was run.

    Parameters
    ----------
    name, title, kind
        As of `engine.stress.past.ReplaySpan`; kind also ``nothing`` and ``own``.
    first, last
        The days that are replayed; the scenario's own sessions of any other.
    move, turn
        As of `ReplaySpan`.
    books
        What the books came to.
    edges
        The hedged book's growth with the fund at the lower and the upper edge of its model's error band; the same twice
        where no fund is modelled.
    """

    name: str
    title: str
    kind: str
    first: np.datetime64
    last: np.datetime64
    move: float
    turn: int
    books: ScenarioBooks
    edges: tuple[Floats, Floats]


class Refused(NamedTuple):
    """A scenario that a run can't go through, and why, in a sentence."""

    name: str
    title: str
    why: str


@dataclass(frozen=True)
class DrawnPaths:
    """The paths that were drawn, and what the books came to on them.

    Parameters
    ----------
    books
        On every path.
    fall
        The fall of the underlying, a fraction < 0, by which paths are chosen.
    fell
        Which of them fell by it, from today's close to any within the horizon, shape (paths,).
    volatility
        The underlying's at the start, a fraction a year; that of history in all.
    pool
        Days drawn from, the first and the last of them.
    """

    books: ManyBooks
    fall: float
    fell: Flags
    volatility: tuple[float, float]
    pool: tuple[int, np.datetime64, np.datetime64]

    def chosen(self) -> ManyBooks | None:
        """Return the paths that fell by `fall`; None where none did."""
        return self.books.rows(self.fell) if self.fell.any() else None


@dataclass(frozen=True, repr=False)
class Stress:
    """What becomes of today's book. SYNTHETIC: no figure is of a market that was.

    Parameters
    ----------
    today
        Where the run stands.
    replays, refused
        The scenarios that were run, and those that can't be.
    drawn, reverse
        The paths, and where the hedge fails on them; ``None`` where none were asked for.
    horizon
        Sessions of each path.
    """

    today: Today
    replays: tuple[Replayed, ...]
    refused: tuple[Refused, ...]
    drawn: DrawnPaths | None
    reverse: Reverse | None
    horizon: int

    def __repr__(self) -> str:
        past = self.today.past
        return screen(
            f"Stress of {past.config.name} after {past.last}, SYNTHETIC"
            + (", on a SIMULATED market" if past.market.simulated else ""),
            f"replays: {', '.join(each.name for each in self.replays)}" if self.replays else None,
            f"refused: {', '.join(each.name for each in self.refused)}" if self.refused else None,
            f"paths: {len(self.drawn.fell):,} of {self.horizon} sessions" if self.drawn else None,
            f"as tables: scenarios{', paths, fan, tries' if self.drawn else ''}",
        )

    @property
    def scenarios(self) -> pd.DataFrame:
        """What each book came to in each scenario: a row a scenario and book, fractions; SYNTHETIC."""
        return self._frame(scenario_rows(self))

    @property
    def paths(self) -> pd.DataFrame:
        """What each book came to on the paths: a row a book and set of paths; SYNTHETIC."""
        return self._frame(path_rows(self))

    @property
    def fan(self) -> pd.DataFrame:
        """The quantiles `FAN` of each book's growth after each session: a row a book and session; SYNTHETIC."""
        return self._frame(fan_rows(self))

    @property
    def tries(self) -> pd.DataFrame:
        """The falls and chops that the hedge was tried on: a row each and book it may end behind; SYNTHETIC."""
        return self._frame(reverse_rows(self))

    def _frame(self, rows: Iterable[Mapping[str, Any]]) -> pd.DataFrame:
        """Return rows as a table that is marked."""
        import pandas as pd

        simulated = self.today.past.market.simulated
        return mark_table(pd.DataFrame(list(rows)), "SIMULATED" if simulated else "SYNTHETIC", simulated=simulated)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, as JSON holds them."""
        today = self.today
        return {
            "synthetic": True,
            "simulated": today.past.market.simulated,
            "name": today.past.config.name,
            "strategy": today.label,
            "last": str(today.past.last),
            "equity": today.equity,
            "held_less": today.share,
            "horizon": self.horizon,
            "scenarios": list(scenario_rows(self)),
            "refused": [each._asdict() for each in self.refused],
            "paths": list(path_rows(self)),
            "fan": list(fan_rows(self)),
            "reverse": list(reverse_rows(self)),
        }


def scenario_rows(found: Stress) -> Iterator[dict[str, Any]]:
    """Yield what each book came to in each scenario, fractions of what it is worth today."""
    for each in found.replays:
        low, high = (figures(edge, each.turn) for edge in each.edges)
        for book, growth in each.books.growth.items():
            came = figures(growth, each.turn)
            yield {
                "scenario": each.name,
                "title": each.title,
                "kind": each.kind,
                "from": str(each.first),
                "to": str(each.last),
                "sessions": len(growth) - 1,
                "underlying": float(each.books.underlying[-1] - 1.0),
                "underlying_turn": each.move,
                "book": book,
                "turn": came.turn,
                "end": came.end,
                "end_value": found.today.equity * (1.0 + came.end),
                "worst_fall": came.worst,
                "worst_quarter": came.quarter,
                "end_low": low.end if book == HEDGED else None,
                "end_high": high.end if book == HEDGED else None,
            }


def path_rows(found: Stress) -> Iterator[dict[str, Any]]:
    """Yield what each book came to on all paths, and on those that fell."""
    if found.drawn is None:
        return
    for which, books in (("all", found.drawn.books), ("fell", found.drawn.chosen())):
        if books is None:
            continue
        for book, growth in books.growth.items():
            ends, peaks = growth[:, -1] - 1.0, np.maximum.accumulate(growth, axis=1)
            worst = (growth / peaks - 1.0).min(axis=1)
            lowest = np.sort(ends)[: max(1, int(WORST * len(ends)))]
            at = np.quantile(ends, FAN).tolist()
            quantiles = {f"end_{100 * part:02.0f}": end for part, end in zip(FAN, at, strict=True)}
            yield {
                "paths": which,
                "count": len(ends),
                "book": book,
                **quantiles,
                "end_value": found.today.equity * (1.0 + quantiles["end_50"]),
                "shortfall": float(lowest.mean()),
                "worst_fall": float(np.median(worst)),
                "behind_unhedged": float((growth[:, -1] < books.growth[UNHEDGED][:, -1]).mean()),
            }


def fan_rows(found: Stress) -> Iterator[dict[str, Any]]:
    """Yield the quantiles of each book's growth after each session, on all paths."""
    if found.drawn is None:
        return
    growths = {"underlying": found.drawn.books.underlying, **found.drawn.books.growth}
    for book, growth in growths.items():
        for session, row in enumerate(np.quantile(growth, FAN, axis=0).T.tolist()):
            quantiles = {f"q{100 * part:02.0f}": q for part, q in zip(FAN, row, strict=True)}
            yield {"book": book, "session": session, **quantiles}


def reverse_rows(found: Stress) -> Iterator[dict[str, Any]]:
    """Yield the falls and the chops that the hedge was tried on."""
    if found.reverse is None:
        return
    for kind, tried in (("fall", found.reverse.falls), ("chop", found.reverse.chops)):
        for each in tried:
            for other, share in each.behind.items():
                yield {"kind": kind, "at": each.at, "against": other, "behind": share, "median": each.apart[other]}

"""The frontier of protection: ways to make a core safer, at several strengths, on the same sessions at the same costs.

Holding less of the core all the time is the line; what stands above it is cheaper than holding less to the same risk.
"""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np

from data.arrays import Floats
from data.errors import ConfigError, DataError, StrategyError, UserError
from data.format import percent, signed
from data.market import Market
from data.shown import screen
from data.sources import BARS, Source
from data.sources.choose import open_source
from engine.analytics.answer.answer import SHORT
from engine.analytics.answer.frontier import Dot, place
from engine.analytics.answer.insurance import FALL, GapInterval, gap_interval, quarters
from engine.analytics.derisk import GRID, held_less_grid
from engine.analytics.drawdowns import core_level
from engine.config import RunConfig
from engine.hedge_config import HedgeConfig
from engine.kernel.tails import TAIL
from engine.loading import build_config
from engine.provenance import index_note
from engine.research.sweep import mark_of
from engine.research.way_books import FileGiven, WayBooks, WayRun, strategy_key
from engine.research.ways import KINDS, LeftOut, Way, has_a_signal, own_way, usual_ways, way_of
from engine.runs.identity import digest
from engine.setup import open_market

RISKS = ("bad_quarter", "max_drawdown", "shortfall", "volatility")
"""By what a point may be avoided: a bad quarter below an average one, the deepest fall, a bad quarter, volatility."""

FEW = (0.5, 1.0)
"""Strengths of other kinds in a report."""
SAME = 1e-4
"""A fraction by which two books differ at most, at any close, that stand once."""
LEAST_AVOIDED = 1e-3
"""A tenth of a point: what avoids less has no price."""


@dataclass(frozen=True)
class Placement:
    """A book on the frontier.

    Parameters
    ----------
    way
        Its place among the ways.
    strength, amount
        How much of it, as a number and in words.
    dot
        Where it stands.
    shortfall
        The mean of its worst twentieth of 63-session returns, a fraction.
    interval
        Of the gap to holding less to the same bad quarter, 98 %; None on the line, and where no samples were drawn.
    costs
        Points of CAGR given up against doing nothing for each point of risk avoided, by `RISKS`; None where none is
        avoided.
    command
        Runs it.
    """

    way: int
    strength: float
    amount: str
    dot: Dot
    shortfall: float
    interval: GapInterval | None
    costs: Mapping[str, float | None]
    command: str

    def risk(self, name: str) -> float:
        """Return one of `RISKS`, a fraction; volatility above 0, the others below."""
        return self.shortfall if name == "shortfall" else float(getattr(self.dot, name))


@dataclass(frozen=True, repr=False)
class ProtectionFrontier:
    """Ways to make a core safer.

    Parameters
    ----------
    config, market
        The first run, and the market of all of them.
    ways
        In order.
    line
        Holding less of the core, shares increasing: the last is doing nothing.
    points
        Every book of every way.
    remarks
        What was left out, and why.
    data
        The hash of what was read.
    """

    config: RunConfig
    market: Market
    ways: tuple[Way, ...]
    line: tuple[Placement, ...]
    points: tuple[Placement, ...]
    remarks: tuple[str, ...]
    data: str

    def __repr__(self) -> str:
        days, gaps = self.market.run_sessions, {way.title: list[str]() for way in self.ways}
        for placed in self.points:
            gaps[self.ways[placed.way].title].append(signed(100.0 * placed.dot.gap))
        return screen(
            f"ProtectionFrontier of {', '.join(self.config.portfolio.core)}: {len(self.points)} books",
            f"{days[0]} to {days[-1]}, {len(days):,} sessions",
            "CAGR less that of holding less to the same bad quarter, points, little to much:",
            *(f"{title}: {', '.join(found) or 'left out'}" for title, found in gaps.items()),
            self.mark,
        )

    @property
    def mark(self) -> str | None:
        """What has to stand beside its numbers; None where all its history is real."""
        made = {name: str(first) for name, first in self.market.synthetic.items()}
        note = index_note(self.config, self.market.source.name)
        return mark_of(made, "a hedge", note, simulated=self.market.simulated)

    @property
    def idle(self) -> Placement:
        """Doing nothing."""
        return self.line[-1]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, as --json prints them."""
        return {
            "core": dict(self.config.portfolio.core),
            "underlying": self.config.read,
            "sessions": [str(self.market.run_sessions[0]), str(self.market.run_sessions[-1])],
            "data": self.data,
            "simulated": self.market.simulated,
            "synthetic": {name: str(first) for name, first in self.market.synthetic.items()},
            "held_less": [{"share": point.dot.share, **_figures(point)} for point in self.line],
            "ways": [
                {
                    "way": way.key,
                    "title": way.title,
                    "modelled": way.modelled,
                    "book": "derisk_entry" if way.sold else "hedged",
                    "points": [
                        {
                            "strength": point.strength,
                            "amount": point.amount,
                            **_figures(point),
                            "gap": point.dot.gap,
                            **_judged(point.interval),
                            "cost_per_point": dict(point.costs),
                            "command": point.command,
                        }
                        for point in self.points
                        if point.way == k
                    ],
                }
                for k, way in enumerate(self.ways)
            ],
            "remarks": list(self.remarks),
        }


def _judged(interval: GapInterval | None) -> dict[str, Any]:
    if interval is None:
        return {"interval": None, "interval_with_fall": None, "label": None}
    return {"interval": list(interval[0]), "interval_with_fall": list(interval[1]), "label": interval.label}


def _figures(point: Placement) -> dict[str, float]:
    risks = {name: point.risk(name) for name in RISKS}
    return {"cagr": point.dot.cagr, **risks, "final_equity": point.dot.final_equity}


class Planned(NamedTuple):
    """What a frontier will run: its ways, their runs, the market of all, and what was left out."""

    first: RunConfig
    ways: tuple[Way, ...]
    tried: tuple[WayRun, ...]
    market: Market
    remarks: tuple[str, ...]
    signal: Floats | None = None


def plan_frontier(
    files: Sequence[FileGiven], named: Sequence[str] | None = None, weights: Sequence[float] | None = None
) -> Planned:
    """Lay out every way at every strength, on the sessions that all of them have.

    Parameters
    ----------
    files
        Runs of one core, each placed with its own hedge; the first one's signal is what other ways follow.
    named
        Ways by their keys (`engine.research.ways`); all that the data allow unless given.
    weights
        Strengths in place of each way's usual ones.

    Raises
    ------
    UserError
        The runs aren't of one core, or a way isn't known or begins late.
    """
    files = [file for k, file in enumerate(files) if file.config not in [other.config for other in files[:k]]]
    first, remarks = files[0].config, list[str]()
    _check_alike([file.config for file in files])
    if named is None and not has_a_signal(first):
        remarks.append(f"{first.strategy.named} gives weights or orders of its own, which no other hedge can follow.")
    source = open_source(first.data.source, first.data.path)
    keys = usual_ways(first, source) if named is None else named
    ways = [own_way(file.config, weights) for file in files]
    ways += [way_of(key, first, source, weights) for key in dict.fromkeys(keys)]
    tried = _in_time(list(_tried(files, ways, remarks)), first, source, remarks, must=named is not None)
    market = open_market(_wide(first, [run.config for run in tried]))
    return Planned(first, tuple(ways), tuple(tried), market, tuple(remarks))


def few_ways(config: RunConfig, market: Market, signal: Floats) -> ProtectionFrontier:
    """Place a run's own hedge and a few other kinds, without intervals: what a report has room for.

    Parameters
    ----------
    config, market
        The run, and what it was fed.
    signal
        Its strategy's intensity, shape (market sessions,).
    """

    def configure(settings: Sequence[str]) -> RunConfig:
        return build_config(config.model_dump(mode="python"), settings)

    source, remarks = market.source, list[str]()
    keys = [key for key in usual_ways(config, source) if key.partition(":")[0] in KINDS]
    ways = [own_way(config, None), *(way_of(key, config, source, FEW) for key in keys)]
    file = FileGiven(config, configure, "")
    tried = tuple(_tried([file], ways, remarks))
    return place_ways(Planned(config, tuple(ways), tried, market, tuple(remarks), signal), intervals=False)


def place_ways(
    planned: Planned, progress: Callable[[int], None] | None = None, *, intervals: bool = True
) -> ProtectionFrontier:
    """Run every book by the compiled engine, and place it beside holding less.

    Parameters
    ----------
    progress
        Called with how many more books are done.
    intervals
        Whether to draw samples for each gap's interval.

    Raises
    ------
    UserError
        No book could be run.
    """
    first, market, ways = planned.first, planned.market, planned.ways
    days = market.run_sessions
    if len(days) < 2 * FALL:
        raise UserError(f"{days[0]} to {days[-1]}: {SHORT}: take an earlier --start")
    years, left = (len(days) - 1) / market.sessions_a_year, LeftOut()
    books = WayBooks(market, {} if planned.signal is None else {strategy_key(first): planned.signal})
    grid, points, core, placed = list[Floats](), list[Placement](), np.ones(0), list[tuple[Way, Floats]]()
    for run in planned.tried:
        try:
            ledger = books.run(run, sold=ways[run.way].sold)
        except (DataError, StrategyError) as error:
            left.add(ways[run.way], run.amount, str(error))
        else:
            if not grid:
                setup = books.setup_of(first)
                grid, core = [book.equity for book in held_less_grid(setup)], core_level(setup)
            same = next(
                (way for way, equity in placed if np.allclose(equity, ledger.equity, rtol=SAME, atol=0.0)), None
            )
            placed.append((ways[run.way], ledger.equity))
            if same not in (None, ways[run.way]):
                left.add(ways[run.way], run.amount, f"its book is that of {same.title}")
            elif ledger.equity.min() > 0.0:
                interval = gap_interval(ledger.equity, grid, core, years) if intervals else None
                points.append(_point(run, ways[run.way], ledger.equity, grid, years, interval))
            else:
                left.add(ways[run.way], run.amount, "it was ruined")
        if progress is not None:
            progress(1)
    remarks = [*planned.remarks, *left.remarks()]
    if not grid:
        why = [*left.remarks(), *planned.remarks[::-1], "name one with --with"][0]
        raise UserError(f"no way could be run: {why}")
    line = tuple(_on_line(float(share), equity, grid, years) for share, equity in zip(GRID, grid, strict=True))
    points, idle = [replace(point, costs=_costs(point, line[-1])) for point in points], line[-1]
    line = tuple(replace(point, costs=_costs(point, idle)) for point in line)
    data = digest(market.fingerprint({f"bars/{name}" for name in (*market.roles.listed, market.underlying)}))
    return ProtectionFrontier(first, market, ways, line, tuple(points), tuple(remarks), data)


def _tried(files: Sequence[FileGiven], ways: Sequence[Way], remarks: list[str]) -> Iterator[WayRun]:
    """Yield every run; those whose config can't be are remarked on."""
    left = LeftOut()
    for k, way in enumerate(ways):
        file = files[k] if k < len(files) else files[0]
        for strength, settings, amount in way.strengths:
            try:
                config = file.configure(settings)
            except ConfigError as error:
                left.add(way, amount, _what_is_wrong(str(error)))
                continue
            yield WayRun(k, strength, amount, config, file, settings)
    remarks += left.remarks()


def _what_is_wrong(message: str) -> str:
    """Return what a message says, from the key that it names."""
    start = message.rfind(": hedge")
    return message[start + 2 :] if start >= 0 else message


def _check_alike(configs: Sequence[RunConfig]) -> None:
    """Refuse runs that have no line of holding less in common."""
    first = configs[0]
    for config in configs[1:]:
        for name in ("start", "end", "data", "portfolio", "execution"):
            if getattr(config, name) != getattr(first, name):
                raise UserError(f"{config.name} has another {name} than {first.name}: a frontier is of one core")
        if config.read != first.read:
            raise UserError(
                f"{config.name} reads {config.read} and {first.name} {first.read}: a frontier is of one core"
            )


def _in_time(
    tried: Sequence[WayRun], first: RunConfig, source: Source, remarks: list[str], *, must: bool
) -> list[WayRun]:
    """Return the runs whose instruments begin by the start; others are remarked on, or refused where named."""
    start, kept, gone = np.datetime64(first.start), list[WayRun](), dict[str, str]()
    own = {leg.instrument for leg in first.legs}
    for run in tried:
        late = [
            leg.instrument
            for leg in run.config.legs
            if leg.of_own_bars
            and leg.instrument not in {*own, *first.data.extend}
            and source.read(BARS, leg.instrument).dates[0] > start
        ]
        if not late:
            kept.append(run)
            continue
        begins = source.read(BARS, late[0]).dates[0]
        if must:
            raise UserError(f"--with {late[0]}: it begins {begins}, after the start: --start {begins}, or leave it out")
        gone[late[0]] = f"{late[0]} begins {begins} and is left out: --start {begins} takes it in."
    remarks += gone.values()
    return kept


def _wide(first: RunConfig, configs: Sequence[RunConfig]) -> RunConfig:
    """Return the first run with every hedge of all runs, at no weight: what its market has to hold."""
    legs = {leg.instrument: leg for config in (first, *configs) for leg in config.legs}
    shared = {"weight": 0.0, "funding": first.hedge.funding, "buffer": first.hedge.buffer, "policy": None}
    several: list[HedgeConfig] = [leg.model_copy(update=shared) for leg in legs.values()]
    return first.model_copy(update={"hedge": several[0], "hedges": several if len(several) > 1 else []})


def _point(
    run: WayRun, way: Way, equity: Floats, grid: list[Floats], years: float, interval: GapInterval | None
) -> Placement:
    dot = place(way.key, f"{way.title}, {run.amount}", equity, grid, years)
    command = " ".join((run.file.command, *(f"--set {shlex.quote(setting)}" for setting in run.settings)))
    return Placement(run.way, run.strength, run.amount, dot, _shortfall(equity), interval, {}, command)


def _on_line(share: float, equity: Floats, grid: list[Floats], years: float) -> Placement:
    dot = place(f"held_{100 * share:.0f}", f"{100 * share:.0f} %", equity, grid, years, share)
    return Placement(-1, share, percent(share, 0), dot, _shortfall(equity), None, {}, "")


def _shortfall(equity: Floats) -> float:
    """Return the mean of the worst twentieth of 63-session returns, a fraction."""
    made = quarters(equity)
    return float(np.sort(made)[: int(TAIL * (len(made) - 1)) + 1].mean())


def _costs(point: Placement, idle: Placement) -> dict[str, float | None]:
    """Return the points of CAGR given up for each point of risk avoided, by `RISKS`."""
    given, costs = idle.dot.cagr - point.dot.cagr, dict[str, float | None]()
    for name in RISKS:
        avoided = abs(idle.risk(name)) - abs(point.risk(name))
        costs[name] = given / avoided if avoided > LEAST_AVOIDED else None
    return costs

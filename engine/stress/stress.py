"""A stress, whole: replays of history's falls and rallies, paths from today on, and where the hedge fails."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from numbers import Real
from typing import Any, NamedTuple

import numpy as np

from data import ranges
from data.arrays import Floats
from data.errors import DataError, UserError, check_arguments, did_you_mean, quoted
from data.sources import BARS, Source, Thing
from engine.config import RunConfig
from engine.stress.books import HEDGED, ScenarioBooks, Today, run_books, today_of
from engine.stress.continuation import Continuation
from engine.stress.many import WORTH, run_paths
from engine.stress.past import Past, ReplaySpan
from engine.stress.paths import YEAR, Paths, paths_of
from engine.stress.replay import given, replay, standing_still
from engine.stress.results import DrawnPaths, Refused, Replayed, Stress
from engine.stress.reverse import reverse_of, tries

STILL = "nothing"
"""The scenario in which no price moves."""
OWN = "own"
HORIZON, PATHS, FALL = 126, 2_000, -0.30
FEWER: Mapping[str, int] = {"python": 500, "backtrader": 100}
"""Paths unless some are asked for, of a strategy that is asked at every close, and of a ``backtrader.Strategy``: each
takes a tenth of a second and a second."""
MONTH = re.compile(r"\d{4}-(0[1-9]|1[0-2])")


class Scenario(NamedTuple):
    """A scenario of one's own: what comes after the last session.

    Parameters
    ----------
    name
        What it goes by.
    things
        Histories by ``bars/SOXX``, ``series/VIX``, ``events/fomc_dates``, of which what is later counts. Bars of the
        underlying are needed; a fund without bars follows its model, a rate without values stays what it is, a schedule
        stays as it is, and anything else that the run reads has to be there.
    """

    name: str
    things: Mapping[str, Thing]


Progress = Callable[[str, int], None]
"""Told what is being done, and how many books of scenarios are done more."""


def stress(
    config: RunConfig,
    source: Source | None = None,
    scenarios: str | Scenario | Sequence[str | Scenario] | None = None,
    horizon: int = HORIZON,
    paths: int | None = None,
    fall: float = FALL,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Stress:
    """Run today's book through history's falls and rallies, through paths from here on, and look where it fails.

    Parameters
    ----------
    config, source
        As for `engine.runs.execute.run`.
    scenarios
        Names of falls and rallies (`Past.spans`), a year of falls, a month whose first sessions are replayed, or
        ``nothing``; scenarios of one's own; every fall and rally unless given.
    horizon
        Sessions of each path, and of what is replayed from a month on.
    paths
        How many; `PATHS` unless given, `FEWER` of a strategy without an intensity; none with 0.
    fall
        Of the underlying, a fraction < 0: paths that fell by it are shown by themselves.
    workers
        Processes; the machine's cores unless given.
    progress
        Told each step.

    Raises
    ------
    UserError
        What can't be used, in one line; a scenario that was named can't be run.
    """
    check_arguments(whole=True, horizon=(horizon, ranges.DAYS), paths=(paths or None, ranges.COUNT))
    check_arguments(whole=True, workers=(workers, ranges.PROCESSES))
    asked: Any = fall
    if not isinstance(asked, Real) or not -1.0 < float(asked) < 0.0:
        shown = f"{asked:g}" if isinstance(asked, Real) else quoted(asked)
        raise UserError(f"fall {shown} is no fall: give a fraction between -1 and 0, such as -0.3")
    scenarios = _checked(scenarios)
    say = progress or (lambda _step, _done: None)
    say("running to the last close", 0)
    today = today_of(config, source)
    replays, refused = _replays(today, scenarios, horizon, say)
    count = FEWER.get(today.engine, PATHS) if paths is None else paths
    if not count:
        return Stress(today, replays, refused, None, None, horizon)
    say("drawing paths", 0)
    drawn = paths_of(today.past, today.reads, count, horizon, apart=count >= WORTH and workers != 1)
    books = run_paths(today, drawn, workers=workers, progress=lambda done: say("paths", done))
    reverse = reverse_of(today, drawn, workers, lambda done: say("falls and chops", done))
    fell = drawn.level.min(axis=1) <= 1.0 + fall
    found = DrawnPaths(books, fall, fell, _volatility(drawn), _pool(drawn))
    return Stress(today, replays, refused, found, reverse, horizon)


def _checked(scenarios: str | Scenario | Sequence[str | Scenario] | None) -> list[str | Scenario] | None:
    """Return scenarios as a list; raises UserError where one is none, or two of one's own have one name."""
    if scenarios is None:
        return None
    asked: list[Any] = [scenarios] if isinstance(scenarios, str | Scenario) else list(scenarios)
    for each in asked:
        if not isinstance(each, str | Scenario):
            raise UserError(f"{quoted(each)} is no scenario: give a name in quotes, or what scenario() makes")
    names = [each for each in asked if isinstance(each, str)]
    for each in asked:
        if isinstance(each, Scenario):
            if each.name in names:
                raise UserError(f"two scenarios are named {each.name}: name one otherwise")
            names.append(each.name)
    return asked


def _volatility(paths: Paths) -> tuple[float, float]:
    """Return the underlying's volatility at the start, and over history, fractions a year."""
    return float(paths.sd[-1] * YEAR**0.5), float(np.sqrt((paths.sd**2).mean() * YEAR))


def _pool(paths: Paths) -> tuple[int, np.datetime64, np.datetime64]:
    dates = paths.past.days.dates[paths.pool]
    return len(dates), dates[0], dates[-1]


def steps_of(scenarios: Sequence[str | Scenario] | None, paths: int | None, horizon: int) -> int:
    """Return about how many scenarios a stress runs, for a progress bar."""
    count = PATHS if paths is None else paths
    return (25 if scenarios is None else len(scenarios)) + count + (tries(count, horizon) if count else 0)


def replay_all(
    today: Today, spans: Sequence[ReplaySpan], *, calendars: bool = False, edges: bool = True
) -> Iterator[Replayed | Refused]:
    """Yield what became of a run in each span, or why it can't be replayed.

    Parameters
    ----------
    calendars
        Whether other rebalancings are run too.
    edges
        Whether the fund is run at both edges of its model's error band, too.
    """
    for span in spans:
        days = today.past.days.dates
        try:
            books, band = _run(today, replay(today.past, span), calendars=calendars, edges=edges)
        except DataError as error:
            yield Refused(span.name, span.title, f"{error}")
            continue
        first, last = days[span.first], days[span.until - 1]
        yield Replayed(span.name, span.title, span.kind, first, last, span.move, span.turn, books, band)


def _replays(
    today: Today, scenarios: Sequence[str | Scenario] | None, horizon: int, say: Progress
) -> tuple[tuple[Replayed, ...], tuple[Refused, ...]]:
    found: list[Replayed] = []
    refused: list[Refused] = []
    named = None if scenarios is None else [each for each in scenarios if isinstance(each, str)]
    for each in replay_all(
        today, today.past.spans if named is None else _named(today.past, named, horizon), calendars=True
    ):
        if isinstance(each, Replayed):
            found.append(each)
        elif named is not None:
            raise DataError(f"scenario {each.name} can't be replayed: {each.why}")
        else:
            refused.append(each)
        say("replays", 1)
    if named is not None and STILL in named:
        found.append(_other(today, STILL, "no price moves", STILL, standing_still(today.past, horizon)))
    for scenario in scenarios or ():
        if isinstance(scenario, Scenario):
            found.append(_other(today, scenario.name, scenario.name, OWN, given(today.past, scenario.things)))
            say("scenarios", 1)
    return tuple(found), tuple(refused)


def _other(today: Today, name: str, title: str, kind: str, continuation: Continuation) -> Replayed:
    books, band = _run(today, continuation, calendars=True)
    sessions, move = books.sessions, float(books.underlying[-1] - 1.0)
    return Replayed(name, title, kind, sessions[1], sessions[-1], move, len(sessions) - 1, books, band)


def _run(
    today: Today, continuation: Continuation, *, calendars: bool, edges: bool = True
) -> tuple[ScenarioBooks, tuple[Floats, Floats]]:
    """Return the books, and the hedged one's growth at both edges of the fund model's error band."""
    books = run_books(today, continuation, calendars=calendars)
    funds = [role.instrument for role in today.past.market.roles.hedges if role.kind == "fund"]
    if not edges or all(f"{BARS}/{name}" in continuation.given for name in funds):
        return books, (books.growth[HEDGED], books.growth[HEDGED])
    low, high = (run_books(today, replace(continuation, shift=shift)).growth[HEDGED] for shift in (-1, 1))
    return books, (low, high)


def _named(past: Past, named: Sequence[str], horizon: int) -> list[ReplaySpan]:
    """Return the spans that names mean: its own, a year of falls, or a month to begin with; raises UserError."""
    known, found = {span.name: span for span in past.spans}, dict[str, ReplaySpan]()
    for name in named:
        if name == STILL:
            continue
        of_year = [span for span in past.spans if span.name.startswith(f"{name}-")] if name.isdigit() else []
        if name in known:
            found[name] = known[name]
        elif of_year:
            found |= {span.name: span for span in of_year}
        elif MONTH.fullmatch(name):
            found[name] = past.since(np.datetime64(name, "M"), horizon)
        else:
            choices = (*known, STILL)
            guess = "" if name.replace("-", "").isdigit() else did_you_mean(name, choices)
            raise UserError(f"there is no scenario {name}{guess or ': ' + ', '.join(choices)}")
    return list(found.values())

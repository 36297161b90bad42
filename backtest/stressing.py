"""A stress in Python: today's book through history's falls, paths from here on, and scenarios of one's own."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from data.errors import DataError
from data.schema import check
from data.sources import BARS, EVENTS, SERIES, Kind, Source, Thing
from data.sources.csv import thing_of
from engine.loading import Config, config_from
from engine.stress.results import Stress
from engine.stress.stress import FALL, HORIZON, Scenario
from engine.stress.stress import stress as _stress

if TYPE_CHECKING:
    import pandas as pd

ABSENT = {"volume": 0.0, "dividend": 0.0, "split": 1.0}
"""What bars have where a frame has no such column; a volume of 0 isn't known."""


def stress(
    config: Config,
    scenarios: str | Scenario | Sequence[str | Scenario] | None = None,
    *,
    horizon: int = HORIZON,
    paths: int | None = None,
    fall: float = FALL,
    source: Source | None = None,
    workers: int | None = None,
    progress: Callable[[str, int], None] | None = None,
) -> Stress:
    """Run today's book through history's falls and rallies, through paths from here on, and look where it fails.

    SYNTHETIC: no figure is of a market that was.

    Parameters
    ----------
    config
        As for `run`; its history's last session is today.
    scenarios
        One or several: names, as for ``--scenario``: ``2008-11``, a year of falls, a month whose first sessions are
        replayed, ``nothing``; and what `scenario` makes. Every fall of over 20 % and the four sharpest rallies unless
        given.
    horizon
        Sessions of each path.
    paths
        How many; 2,000 unless given, 500 of a `CloseStrategy`, 100 of a ``backtrader.Strategy``; none with 0.
    fall
        Of the underlying: paths that fell by it are shown by themselves.
    source
        Where history comes from; what the config names unless given.
    workers
        Processes; the machine's cores unless given. The figures are the same.
    progress
        Told each step, and how many scenarios are done more.

    Returns
    -------
    Stress
        With DataFrames: ``scenarios`` (a row a scenario and book), ``paths`` (a row a set of paths and book), ``fan``
        (quantiles of growth by session), ``tries`` (where the hedge ends behind).

    Raises
    ------
    UserError
        What can't be used, in one line; a scenario that was named can't be run.

    Examples
    --------
    >>> found = backtest.stress("hedge_soxs.yaml", ["nothing"], paths=0)
    >>> found.scenarios["book"].tolist()[:4]
    ['hedged', 'unhedged', 'derisk_entry', 'held_less']
    """
    return _stress(config_from(config), source, scenarios, horizon, paths, fall, workers, progress)


def scenario(
    name: str,
    bars: Mapping[str, pd.DataFrame],
    series: Mapping[str, pd.DataFrame] | None = None,
    events: Mapping[str, pd.DataFrame] | None = None,
    others: Mapping[str, Thing] | None = None,
) -> Scenario:
    """Make a scenario of one's own, for `stress`.

    Parameters
    ----------
    name
        What it goes by.
    bars
        By instrument, with the columns of a file of bars, the date as a column or the index; volume, dividend and split
        may be left out. Those of the underlying are needed; a fund that has none follows its model.
    series
        By name, columns date and value, and known where the history has it. A rate that has none stays what it is.
    events
        By name, columns date, and symbol, timing and announced where the history has them. A schedule that has none
        stays as it is.
    others
        Histories as a source gives them, by ``filings/NVDA``, ``members/CHIPS``: they count whole.

    Raises
    ------
    DataError
        A row is broken, with its number; what the rows before today's close are doesn't matter.

    Examples
    --------
    >>> import pandas as pd
    >>> week = pd.DataFrame({"open": 330.0, "high": 340.0, "low": 290.0, "close": [320.0, 310.0, 300.0]})
    >>> week["date"] = ["2026-07-01", "2026-07-02", "2026-07-06"]
    >>> mine = backtest.scenario("a bad week", {"SOXX": week})
    >>> found = backtest.stress("hedge_soxs.yaml", [mine], paths=0)
    >>> found.scenarios["sessions"].tolist()[:2]
    [3, 3]
    """
    frames = ((BARS, bars), (SERIES, series or {}), (EVENTS, events or {}))
    made = {item: thing for kind, by_name in frames for item, thing in _things(name, kind, by_name)}
    return Scenario(name, {**(others or {}), **made})


def _things(scenario: str, kind: Kind[Thing], frames: Mapping[str, pd.DataFrame]) -> Iterator[tuple[str, Thing]]:
    """Yield what frames hold, by ``bars/SOXX``; raises DataError with the row of what is wrong."""
    for name, given in frames.items():
        where, frame = f"scenario {scenario}, {kind}/{name}", given
        if "date" not in frame:
            frame = frame.rename_axis("date").reset_index()
        try:
            frame = frame.assign(
                **{column: _dates(frame[column]) for column in ("date", "known", "announced") if column in frame}
            )
        except (ValueError, TypeError) as error:
            raise DataError(f"{where}: a date can't be read: {error}: write dates as YYYY-MM-DD") from None
        if kind == BARS:
            frame = frame.assign(**{column: value for column, value in ABSENT.items() if column not in frame})
        needed = {BARS: ("open", "high", "low", "close"), SERIES: ("value",)}.get(kind, ())
        if missing := [column for column in needed if column not in frame]:
            raise DataError(f"{where}: column {missing[0]} is missing")
        check(kind, frame, where)
        yield f"{kind}/{name}", thing_of(kind, name, frame)


def _dates(column: pd.Series[Any]) -> pd.Series[Any]:
    """Return dates, of times in a zone those of their place."""
    import pandas as pd

    dates = pd.to_datetime(column)
    return dates if dates.dt.tz is None else dates.dt.tz_localize(None)

"""Behind `backtest study`: a run, executed without its controls, and what followed its triggers."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from data.errors import UserError, did_you_mean
from data.roles import Roles
from data.shown import screen
from engine.analytics.event_study import EVERY, SINCE, EventStudy, event_study
from engine.config import RunConfig
from engine.engines import execute
from engine.evaluate_strategy import evaluate_strategy
from engine.hedge_names import hedge_name, joined, modelled_note
from engine.provenance import index_note
from engine.runs.run import SIMULATED
from engine.setup import open_market


@dataclass(frozen=True, repr=False)
class Studied:
    """A study with what its page says besides: title, first and last session, and what the history is, if made up."""

    study: EventStudy
    roles: Roles
    title: str
    span: tuple[str, str]
    marks: tuple[str, ...]

    def __repr__(self) -> str:
        from reports.study import headline

        return screen(
            f"Studied {self.title}",
            f"{self.span[0]} to {self.span[1]}",
            headline(self.study, self.roles),
            "",
            *repr(self.study).splitlines(),
            *self.marks,
        )


def study_run(config: RunConfig, every: str, since: str, progress: Callable[[str], object]) -> Studied:
    """Run a config and study it.

    Parameters
    ----------
    every, since
        As `engine.analytics.event_study.event_study` takes them.
    progress
        Told each step as it begins.

    Raises
    ------
    UserError
        One of the two is unknown, the run fails, or the strategy has no signal to rise.
    """
    for option, given, known in (("--every", every, EVERY), ("--from", since, SINCE)):
        if given not in known:
            raise UserError(f"{option} {given} is unknown{did_you_mean(given, known) or ': ' + ' or '.join(known)}")
    progress("reading history")
    market = open_market(config)
    progress("running the hedge")
    with evaluate_strategy(config, market) as prepared:
        if prepared.signal is None and every == "signal":
            raise UserError(f"{prepared.cls.__name__} has no intensity that could rise: --every entry takes its orders")
        hedged, said = execute(prepared.plain_engine, config, prepared)
        label = prepared.label
    progress("drawing samples")
    sessions, synthetic = market.run_sessions, int(market.synthetic_sessions().sum())
    marked = "SIMULATED " if market.simulated else ""
    marks = [SIMULATED.format(hedge=hedge_name(config).noun)] if market.simulated else []
    marks += [note] if (note := modelled_note(config)) else []
    if synthetic:
        throughout = joined(market.made_throughout()) if len(market.synthetic) == len(market.made_throughout()) else ""
        what = f"all bars of {throughout}" if throughout else f"{synthetic:,} of {len(sessions):,} sessions"
        marks.append(f"SYNTHETIC: {what} were made by the fund model.")
    marks += [note] if (note := index_note(config, market.source.name)) else []
    marks += said.remarks
    return Studied(
        event_study(prepared.setup, hedged, every, since),
        market.roles,
        f"{marked}{config.name}: {label}, after the trigger",
        (str(sessions[0]), str(sessions[-1])),
        tuple(marks),
    )

"""The answer, whole: one sum, three tests, against holding less (design: the answer)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from data.arrays import Dates, Floats
from engine.analytics.answer.decompose import Sum, cagr_factor, in_cagr, sum_of
from engine.analytics.answer.frontier import Frontier, frontier_of
from engine.analytics.answer.fund_part import EpisodeCluster, FundPart, fund_part
from engine.analytics.answer.insurance import FALL, Insurance, insurance_of, matches
from engine.analytics.answer.timing import Shifts, Timing, shifts_of, timing_of
from engine.analytics.controls import HELD_LESS, Case, Control, held_less_of
from engine.analytics.derisk import held_less_grid, net_short, sold_daily
from engine.analytics.drawdowns import core_level
from engine.analytics.episodes import Episode
from engine.analytics.metrics import log_growth
from engine.hedges import beta_errors
from engine.kernel.loop import Ledger
from engine.setup import Setup

SIMULATED = "the market is SIMULATED"
RUINED = "the hedged book was ruined"
UNHEDGED_RUINED = "the unhedged book was ruined"
NEVER = "the hedge was never bought"
SHORT = f"the run is too short: fewer than {2 * FALL} sessions have too few quarters to compare"
OFF = "controls are off"


@dataclass(frozen=True)
class NetShort:
    """When the hedge outgrew the core.

    Parameters
    ----------
    closes
        At how many closes the book's beta was below 0.
    dollars
        What the book made in the sessions that followed them.
    """

    closes: int
    dollars: float


@dataclass(frozen=True)
class Answer:
    """What the hedge cost against doing nothing, split, and against holding less.

    Parameters
    ----------
    growth
        Log growth a year of the unhedged book, which the sum starts from.
    logs, cagr
        The sum in log growth and in points of CAGR, both fractions a year.
    timing, fund, insurance
        The three tests.
    shifts
        What the timing was tested against.
    net_short
        When the hedge outgrew the core.
    held
        Controls that hold less, by name.
    grid
        Books that hold each share of `engine.analytics.derisk.GRID`.
    frontier
        Every book by how safe it was and how much it grew.
    sessions
        The run's, shape (sessions,).
    """

    growth: float
    logs: Sum
    cagr: Sum
    timing: Timing
    fund: FundPart
    insurance: Insurance
    shifts: Shifts
    net_short: NetShort
    held: Mapping[str, Control]
    grid: tuple[Ledger, ...]
    frontier: Frontier
    sessions: Dates

    @property
    def factor(self) -> float:
        """Points of CAGR a point of log growth."""
        return cagr_factor(self.logs.total, self.growth)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values for metrics.json: growth in logs, but for keys that name CAGR."""
        smallest = self.timing.smallest
        return {
            "sum": {"log": asdict(self.logs), "cagr": asdict(self.cagr)},
            "timing": asdict(self.timing) | {"smallest": None if smallest is None else smallest * self.factor},
            "fund": asdict(self.fund) | {"clusters": [self._dated(cluster) for cluster in self.fund.clusters]},
            "insurance": self.insurance.as_dict(),
            "frontier": self.frontier.as_dict(),
            "net_short": asdict(self.net_short),
        }

    def _dated(self, cluster: EpisodeCluster) -> dict[str, Any]:
        first, last = (str(self.sessions[at]) for at in (cluster.first, cluster.last))
        return asdict(cluster) | {"first": first, "last": last}


def no_answer(setup: Setup, hedged: Ledger, unhedged: Ledger, episodes: Sequence[Episode]) -> str | None:
    """Return why a run has no answer, None where it has one."""
    return SIMULATED if setup.market.simulated else no_comparison(hedged, unhedged, bought=bool(episodes))


def no_comparison(hedged: Ledger, unhedged: Ledger, *, bought: bool) -> str | None:
    """Return why a hedged book can't be compared with holding less, whatever its history is; None where it can."""
    if hedged.equity[hedged.last] <= 0.0:
        return RUINED
    if unhedged.equity[unhedged.last] <= 0.0:
        return UNHEDGED_RUINED
    if not bought:
        return NEVER
    return SHORT if len(hedged.equity) < 2 * FALL else None


def answer_of(case: Case, controls: Mapping[str, Control], episodes: Sequence[Episode], years: float) -> Answer:
    """Answer a run that `no_answer` has nothing against.

    Parameters
    ----------
    case, controls, episodes
        The run, and the books it is compared with.
    years
        Of the run.
    """
    setup, hedged, beta = case.setup, case.hedged, case.beta
    books = {name: controls[name].book for name in ("unhedged", "derisk_entry", "derisk_daily")}
    growth = {name: log_growth(book, years) for name, book in books.items()}
    shifts = shifts_of(setup, hedged, beta, years)
    timing = timing_of(shifts)
    logs = sum_of(
        growth["unhedged"], log_growth(hedged, years), growth["derisk_entry"], growth["derisk_daily"], timing.mean
    )
    grid = held_less_grid(setup)
    shares = matches(hedged.equity, [book.equity for book in grid])
    held = {name: held_less_of(case, name, share) for name, share in zip(HELD_LESS, shares, strict=True)}
    daily = books["derisk_daily"]
    return Answer(
        growth["unhedged"],
        logs,
        in_cagr(logs, growth["unhedged"]),
        timing,
        replace(fund_part(setup, hedged, daily, episodes, years), beta_range=_beta_range(case, years)),
        insurance_of(hedged, grid, [control.book for control in held.values()], core_level(setup), years),
        shifts,
        net_short_of(setup, hedged, beta),
        held,
        grid,
        frontier_of(hedged, controls, grid, years),
        setup.market.run_sessions,
    )


def _beta_range(case: Case, years: float) -> tuple[float, float] | None:
    """Return log growth a year of the hedged book less the one sold daily, at betas an error lower and higher."""
    held = (case.hedged.shares[:, case.setup.legs.of_hedges] != 0.0).any(axis=0)
    errors = beta_errors(case.config, case.setup.market)[case.setup.market.first :] * held
    if not errors.any():
        return None
    own, found = log_growth(case.hedged, years), []
    for side in (-1.0, 1.0):
        moved = replace(case.setup, betas=case.setup.betas + side * errors)
        daily = sold_daily(moved, case.hedged, case.beta).ledger
        if daily.equity[daily.last] <= 0.0:
            return None
        found.append(own - log_growth(daily, years))
    return min(found), max(found)


def net_short_of(setup: Setup, hedged: Ledger, beta: Floats) -> NetShort:
    """Count the closes at which a book's beta to the underlying is below 0, and what it made after them."""
    short = np.flatnonzero(net_short(setup, hedged, beta))
    return NetShort(len(short), float((hedged.equity[short + 1] - hedged.equity[short]).sum()))

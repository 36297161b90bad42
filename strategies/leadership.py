"""LeadershipHedge: hedge when few chip makers carry the sector and it turns down."""

from __future__ import annotations

from dataclasses import dataclass

from data.arrays import Floats
from data.market import Market
from strategies.base import Strategy
from strategies.parameters import parameter
from strategies.rules import Rule, all_fire, rule


@dataclass(frozen=True)
class LeadershipHedge(Strategy):
    """Hedge (1) when gains were narrow of late and the sector is below its average, else not (0).

    Narrow: the members held in equal parts fell behind the cap-weighted underlying by `behind` or more over
    `leader_days` sessions, on any of the last `memory`.

    Parameters
    ----------
    members
        Instruments, or the name of a members file; none is every chip maker there are bars of.
    leader_days
        Sessions over which both are compared.
    behind
        A fraction: 0.03 is three points.
    memory
        Sessions for which that is remembered.
    trend_days
        Sessions in the underlying's moving average.

    Notes
    -----
    Today's names flatter the equal-weighted members (survivorship), so narrowness shows less often than it was.
    """

    members: tuple[str, ...] | str | None = None
    leader_days: int = parameter(63, at_least=2)
    behind: float = parameter(0.03, at_least=0)
    memory: int = parameter(20, at_least=1)
    trend_days: int = parameter(50, at_least=2)

    def rules(self) -> tuple[Rule, ...]:
        """Return its rules."""
        compared = {"members": self.members, "days": self.leader_days}
        return (
            rule("equal_against_cap", "at most", -self.behind, compared, within=self.memory),
            rule("moving_average_gap", "below", 0, {"days": self.trend_days}),
        )

    def intensity(self, market: Market) -> Floats:
        """Return 1 where both hold, else 0."""
        return all_fire(self.inputs(market))

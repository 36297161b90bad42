"""What keeps backtrader's objects as the run set them while somebody's own strategy has them in hand."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path
from types import FrameType
from typing import Any

from data.errors import StrategyError

OURS = ("backtrader", "engine")
"""Packages whose code may change what is guarded."""

NEXT_OPEN = "what is ordered in next, at a close, fills at the next open, and nothing is ordered before an open"
CASH = "set portfolio.cash in the run's YAML; money paid in later would count as profit"
RATE = "set execution.cash_rate in the run's YAML"
COMMISSION = "set execution.commission_bps or commission_per_share in the run's YAML"
SLIPPAGE = "set execution.slippage_bps or slippage_per_share in the run's YAML"
FILLS = "fills, checks and shorts follow the rules of the run, for its controls too"
DATA = "portfolio.core and hedge.instrument in the run's YAML name what is traded, data.path where its bars are"
ALONE = "a run has one strategy, strategy.class in its YAML"
END = "set end in the run's YAML; to stop trading, close the positions and order nothing"
REMEDIES = {
    **dict.fromkeys(("coo", "coc", "eosbar", "cheat_on_open", "broker_coo"), NEXT_OPEN),
    **dict.fromkeys(("cash", "startingcash", "add_cash", "set_fund_history"), CASH),
    **dict.fromkeys(("int2pnl", "interest", "interest_long"), RATE),
    **dict.fromkeys(("commission", "per_share", "comminfo", "setcommission", "addcommissioninfo"), COMMISSION),
    **dict.fromkeys(("slip_perc", "slip_fixed", "slip_open", "slip_match", "slip_limit", "slip_out"), SLIPPAGE),
    **dict.fromkeys(("filler", "checksubmit", "shortcash", "leverage", "add_order_history"), FILLS),
    **dict.fromkeys(("adddata", "chaindata", "rolloverdata", "resampledata", "replaydata"), DATA),
    **dict.fromkeys(("addstrategy", "optstrategy", "run"), ALONE),
    "runstop": END,
}
"""What to do instead, by the name of what a strategy sets or calls."""
RUNS_OWN = "it is the run's own"


def column_of(feeds: Sequence[Any], feed: object) -> int:
    """Return a feed's column; feeds compare equal where their closes are, so that `index` may find another."""
    return next(column for column, candidate in enumerate(feeds) if candidate is feed)


class RefusedError(StrategyError):
    """A strategy changes what its run is executed on: no figure of it counts, nor any row of a sweep."""


def refusal(what: str, remedy: str) -> RefusedError:
    """Return the error for what a strategy is doing just now, with the line in its own code."""
    return RefusedError(f"{_their_line(sys._getframe(1))}{what}: {remedy}")  # whose line it is


class Guarded:
    """Mixed into a class of backtrader's: once guarded, only backtrader and the engine change its attributes."""

    guarded = False

    def guard(self, *calls: str) -> None:
        """Keep attributes and parameters from now on as they are, and refuse calls of the methods named."""
        params = self.params  # type: ignore[attr-defined]  # as all that has parameters in backtrader
        params.__class__ = type("Kept", (type(params),), {"__setattr__": _keep})
        vars(self).update({name: _refusing(name) for name in calls})
        self.guarded = True

    def __setattr__(self, name: str, value: Any) -> None:
        """Set an attribute, unless it is somebody's strategy that does."""
        if self.guarded and not _is_ours(sys._getframe(1)):  # as above
            _keep(self, name, value)
        super().__setattr__(name, value)


def _keep(_thing: object, name: str, _value: object) -> None:
    raise refusal(f"a strategy can't set {name}", REMEDIES.get(name, RUNS_OWN))


def _refusing(name: str) -> Any:
    def refuse(*_arguments: object, **_named: object) -> None:
        raise refusal(f"a strategy can't call {name}", REMEDIES.get(name, RUNS_OWN))

    return refuse


def _their_line(frame: FrameType | None) -> str:
    """Return the file and line of the innermost frame that is neither backtrader's nor ours."""
    while frame is not None and _is_ours(frame):
        frame = frame.f_back
    return "" if frame is None else f"{Path(frame.f_code.co_filename).name}:{frame.f_lineno}: "


def _is_ours(frame: FrameType) -> bool:
    return str(frame.f_globals.get("__name__", "")).partition(".")[0] in OURS

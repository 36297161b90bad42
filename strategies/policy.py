"""The policy: when to enter, hold and leave the hedge, a state machine of pure functions read at each close.

Written in plain scalars and named tuples, so that the same functions run in Python and compiled.
"""

from __future__ import annotations

from typing import NamedTuple

NEVER = 2**62
"""A number of sessions no run reaches."""

STAY, ENTER, SIGNAL, MAX_HOLD, STOP_LOSS, TAKE_PROFIT = range(6)
REASONS = ("stay", "enter", "signal", "max_hold", "stop_loss", "take_profit")
"""What each step did, by its number; from ``signal`` on they are exits."""


class PolicyRules(NamedTuple):
    """The policy's settings; sessions are counted in closes, losses and profits are fractions."""

    enter: float
    exit: float
    confirm: int
    min_hold: int
    max_hold: int
    cooldown: int
    stop_loss: float
    take_profit: float


class PolicyState(NamedTuple):
    """Where the policy stands after a close.

    Parameters
    ----------
    on
        The hedge is ordered on.
    held
        Closes since the entry decision.
    streak
        Closes in a row, off and not cooling, on which the intensity reached `enter`.
    cooling
        Closes left on which no entry is decided.
    spent
        A forced exit was made and the intensity hasn't been below `exit` since.
    """

    on: bool
    held: int
    streak: int
    cooling: int
    spent: bool


def start() -> PolicyState:
    """Return the state before the first close."""
    return PolicyState(False, 0, 0, 0, False)


def step(
    rules: PolicyRules, state: PolicyState, intensity: float, size: float, fund_return: float
) -> tuple[PolicyState, int]:
    """Read one close.

    Parameters
    ----------
    rules, state
        The settings, and the state after the close before.
    intensity
        The signal at this close; NaN counts as 0.
    size
        The hedge weight an entry would get; NaN or 0 is no entry.
    fund_return
        The fund's return from the entry's fill price to this close, a fraction; read only while on.

    Returns
    -------
    PolicyState, int
        The state after this close, and what was done: an index into `REASONS`.
    """
    signal = intensity if intensity == intensity else 0.0  # noqa: PLR0124  # NaN, in scalars that compile
    if state.on:
        reason = leave(rules, state.held + 1, signal, fund_return)
        if reason == STAY:
            return PolicyState(True, state.held + 1, 0, 0, False), STAY
        return PolicyState(False, 0, 0, rules.cooldown, reason != SIGNAL), reason
    spent = bool(state.spent and signal >= rules.exit)
    if state.cooling > 0:
        return PolicyState(False, 0, 0, state.cooling - 1, spent), STAY
    streak = state.streak + 1 if signal >= rules.enter else 0
    if streak >= rules.confirm and not spent and size > 0.0:
        return PolicyState(True, 0, 0, 0, False), ENTER
    return PolicyState(False, 0, streak, 0, spent), STAY


def leave(rules: PolicyRules, held: int, signal: float, fund_return: float) -> int:
    """Return why a hedge held for `held` closes is left at this one, or `STAY`; forced exits come first."""
    if fund_return <= -rules.stop_loss:
        return STOP_LOSS
    if fund_return >= rules.take_profit:
        return TAKE_PROFIT
    if held >= rules.max_hold:
        return MAX_HOLD
    if signal < rules.exit and held >= rules.min_hold:
        return SIGNAL
    return STAY

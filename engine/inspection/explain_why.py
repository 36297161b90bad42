"""Words for `engine.inspection.explain`: what the policy decided at a close, and by which of its rules."""

from __future__ import annotations

from collections.abc import Sequence

from engine.inspection.explained import Close, PolicyRead
from engine.kernel.loop import Ledger
from engine.setup import Setup
from strategies.policy import (
    ENTER,
    MAX_HOLD,
    REASONS,
    SIGNAL,
    STAY,
    STOP_LOSS,
    TAKE_PROFIT,
    PolicyRules,
)


def headline(hedge: str, before: bool, now: bool, closes: Sequence[Close]) -> str:  # noqa: FBT001  # two closes
    """Say what became of the hedge in a session, and which close decided it.

    Parameters
    ----------
    hedge
        The fund's name.
    before, now
        Whether it was held at the close before, and at the day's.
    closes
        The close before, unless the run begins with the day, and the day's.
    """
    held = {
        (False, False): "was not held",
        (True, True): "was held",
        (False, True): "was bought",
        (True, False): "was sold",
    }
    said = f"{hedge} {held[before, now]} on {closes[-1].date}"
    if len(closes) == 1:
        return f"{said}, the first session: nothing had been decided yet."
    return f"{said}. At the close of {closes[0].date} {closes[0].why}."


def why(setup: Setup, hedged: Ledger, t: int, policy: PolicyRead | None) -> str:
    """Say what was decided at a close, and by which rule of the policy."""
    if policy is None:
        return _given(hedged, t)
    rules, signal = setup.plan.policy, float(setup.plan.intensity[t])
    if policy.before.on:
        return _stays_on(rules, policy, signal) if policy.after.on else _ordered_off(rules, policy, signal)
    if policy.after.on:
        many = "" if rules.confirm == 1 else f" at {rules.confirm} closes in a row"
        return f"the hedge is ordered on: intensity {signal:g} is at or above policy.enter {rules.enter:g}{many}"
    return f"the hedge stays off: {_off_because(rules, policy, signal)}"


def _given(hedged: Ledger, t: int) -> str:
    """Say what a strategy did that gives the weight, or orders, itself."""
    before, now = float(hedged.hedge[t - 1]) if t else 0.0, float(hedged.hedge[t])
    if hedged.action[t] == ENTER:
        return f"the strategy orders the hedge on, to {now:.1%} of equity"
    if hedged.action[t] != STAY:
        return "the strategy orders the hedge off"
    if now != before:
        return f"the strategy changes the hedge from {before:.1%} to {now:.1%} of equity"
    return "the strategy leaves the hedge on" if now else "the strategy leaves the hedge off"


def _ordered_off(rules: PolicyRules, policy: PolicyRead, signal: float) -> str:
    made, held = f"the fund made {policy.fund_return:+.1%} since its fill", policy.before.held + 1
    because = {
        REASONS[STOP_LOSS]: f"{made}, at or below policy.stop_loss of {-rules.stop_loss:+.1%}",
        REASONS[TAKE_PROFIT]: f"{made}, at or above policy.take_profit of {rules.take_profit:+.1%}",
        REASONS[MAX_HOLD]: f"it was held for {held} closes, policy.max_hold is {rules.max_hold}",
        REASONS[SIGNAL]: f"intensity {signal:g} is below policy.exit {rules.exit:g}",
    }
    return f"the hedge is ordered off: {because[policy.action]}"


def _stays_on(rules: PolicyRules, policy: PolicyRead, signal: float) -> str:
    if signal >= rules.exit:
        return f"the hedge stays on: intensity {signal:g} is at or above policy.exit {rules.exit:g}"
    held = policy.after.held
    return (
        f"the hedge stays on: intensity {signal:g} is below policy.exit {rules.exit:g}, but it was held for {held} "
        f"{'close' if held == 1 else 'closes'} and policy.min_hold is {rules.min_hold}"
    )


def _off_because(rules: PolicyRules, policy: PolicyRead, signal: float) -> str:
    """Say which of the policy's rules kept it off, in the order in which it asks them."""
    if policy.before.cooling > 0:
        return f"it cools down after an exit, {policy.before.cooling} of policy.cooldown {rules.cooldown} left"
    if signal < rules.enter:
        return f"intensity {signal:g} is below policy.enter {rules.enter:g}"
    if policy.after.streak < rules.confirm:
        return f"intensity {signal:g} was at or above policy.enter at {policy.after.streak} of {rules.confirm} closes"
    if policy.after.spent:
        return f"after a forced exit intensity has to fall below policy.exit {rules.exit:g} first, it is {signal:g}"
    return "sizing gives no weight here"

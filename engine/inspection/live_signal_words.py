"""The words of `backtest signal`: the order for the next session, and where the policy stands."""

from __future__ import annotations

from collections.abc import Iterator

from data.format import counted, dollars, percent
from engine.inspection.explained import Close, PolicyRead
from engine.inspection.live_signal_read import ENTER, HOLD, LEAVE
from engine.setup import Setup
from strategies.policy import NEVER, PolicyRules


def headline(hedge: str, order: str, close: Close, following: str, *, on: bool) -> str:
    """Say whether the hedge is on, what to do about it, and when."""
    to = f"{percent(close.hedge)} of equity"
    does = {
        ENTER: f"buy {hedge}, to {to}, in the next session, {following}",
        LEAVE: f"sell all {hedge} in the next session, {following}",
        HOLD: f"restate {hedge} to {to} in the next session, {following}" if close.order else f"keep {hedge} as it is",
    }
    rest = f"restate the core in the next session, {following}" if close.order else f"no {hedge}"
    return f"{hedge} hedge {'ON' if on else 'OFF'}. {order}: {does.get(order, rest)}."


def state(hedge: str, setup: Setup, close: Close, t: int) -> tuple[str, ...]:
    """Say where the policy stands after the last close, a sentence each; nothing of a strategy that has none."""
    rules, read = setup.plan.policy, close.policy
    if read is None:
        return ()
    if not read.after.on:
        return tuple(_off(rules, read, close))
    return tuple(_on(hedge, rules, read, close, float(setup.prices.close[t, -1])))


def _off(rules: PolicyRules, read: PolicyRead, close: Close) -> Iterator[str]:
    yield f"Off since the close of {close.since}." if close.since else "The hedge was never on in this run."
    if read.after.cooling:
        yield f"Cooling down: no entry at the next {counted(read.after.cooling, 'close')}."
    if rules.confirm > 1:
        yield f"Confirmed at {read.after.streak} of {rules.confirm} closes."
    if read.after.spent:
        yield f"After a forced exit the intensity has to fall below policy.exit {rules.exit:g} before it may enter."


def _on(hedge: str, rules: PolicyRules, read: PolicyRead, close: Close, price: float) -> Iterator[str]:
    held = read.after.held
    yield f"Ordered on at the close of {close.since}" + (f", held for {counted(held, 'close')}." if held else ".")
    if rules.min_hold > held + 1:
        closes = counted(rules.min_hold - held - 1, "close")
        yield f"policy.min_hold {rules.min_hold}: its signal can't end it for {closes}."
    if rules.max_hold != NEVER:
        yield f"policy.max_hold {rules.max_hold}: it ends in {counted(rules.max_hold - held, 'close')} at the latest."
    if read.fund_return is None:
        return
    yield f"{hedge} made {percent(read.fund_return, sign=True)} since its fill."
    for name, bound in (("stop_loss", -rules.stop_loss), ("take_profit", rules.take_profit)):
        if abs(bound) != float("inf"):
            at = price * (1.0 + bound) / (1.0 + read.fund_return)
            yield (
                f"policy.{name} ends it at a close of {hedge} at or {'below' if bound < 0.0 else 'above'} "
                f"{dollars(at, 2)}, {percent(at / price - 1.0, sign=True)} from here."
            )

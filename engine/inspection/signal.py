"""What a strategy says at the last close: what `engine.inspection.live_signal` finds out, as values and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from data.format import counted, dollars, percent
from engine.inspection.freshness import Fresh
from engine.inspection.session import FIRST, Close, PolicyRead
from engine.kernel.loop import rules_of
from engine.setup import Setup
from strategies.policy import NEVER, PolicyRules

ENTER, LEAVE, HOLD, STAY_OUT = "ENTER", "LEAVE", "HOLD", "STAY OUT"
"""The order for the next session."""


@dataclass(frozen=True)
class Watched:
    """An input at the last close, and its recent history; ``None`` where it wasn't known.

    Parameters
    ----------
    name, fires, unit
        As the strategy tells them.
    value, threshold
        At the last close.
    fired
        Whether it speaks for hedging there.
    distance, relative
        What the value has to move by to reach the threshold, in its unit, and as a fraction of the value; ``None``
        for the second where the value isn't positive.
    sessions, since
        For how many closes in a row it has been so, this one included, and the first of them.
    whole
        Whether it has been so for all the history there is.
    values, thresholds, fires_at
        The last sessions', oldest first.
    """

    name: str
    fires: str
    unit: str
    value: float | None
    threshold: float | None
    fired: bool
    distance: float | None
    relative: float | None
    sessions: int
    since: str
    whole: bool
    values: tuple[float | None, ...]
    thresholds: tuple[float | None, ...]
    fires_at: tuple[bool, ...]


@dataclass(frozen=True)
class Target:
    """An instrument of the book: what it is now, what it should be, and what that takes at the last close.

    Parameters
    ----------
    instrument, price
        Its name, and its last close in dollars as traded.
    weight, target
        Fractions of equity at the last close, now and after the order; what isn't ordered stays.
    dollars, shares
        What the target is worth, and as-traded shares.
    trade
        Shares to buy (+) or sell (-) for it.
    """

    instrument: str
    price: float
    weight: float
    target: float
    dollars: float
    shares: float
    trade: float


@dataclass(frozen=True)
class LiveSignal:
    """What a strategy says at the last close, and why.

    Parameters
    ----------
    name, strategy, about, instrument, underlying
        The run, its strategy with what its class says of itself, the hedge, and what it is a multiple of.
    date, following
        The last session, and the NYSE's next one, in which an order fills.
    fill
        ``next_open`` or ``next_close``.
    on
        Whether the hedge is on at the last close.
    order
        ``ENTER``, ``LEAVE``, ``HOLD`` or ``STAY OUT``.
    headline
        Both in a sentence.
    close
        What was read and decided; its fills are those at the last close's prices.
    state
        Where the policy stands, a sentence each.
    rules
        The policy's, as the config has them.
    equity, own
        What the book is worth in dollars, and whether that is the person's own figure.
    targets
        By instrument, core first.
    inputs
        What the strategy looks at; none where it doesn't tell.
    dates, levels, intensity, held
        The last sessions, the total-return levels of underlying and hedge with 100 at the first of them, the
        intensity (``None`` for a strategy that has none), and whether the hedge was held at each close.
    age
        Sessions the NYSE has closed since the last one here; ``None`` where the market is simulated.
    fresh
        Every input used.
    simulated
        Whether the market is made up.
    notes
        What a reader has to know besides, what warns of old data first.
    """

    name: str
    strategy: str
    about: str
    instrument: str
    underlying: str
    date: str
    following: str
    fill: str
    on: bool
    order: str
    headline: str
    close: Close
    state: tuple[str, ...]
    rules: Mapping[str, Any]
    equity: float
    own: bool
    targets: tuple[Target, ...]
    inputs: tuple[Watched, ...]
    dates: tuple[str, ...]
    levels: Mapping[str, tuple[float | None, ...]]
    intensity: tuple[float, ...] | None
    held: tuple[bool, ...]
    age: int | None
    fresh: tuple[Fresh, ...]
    simulated: bool
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, as JSON holds them."""
        return asdict(self) | {"close": self.close.as_dict()}


def headline(hedge: str, order: str, close: Close, following: str, *, on: bool) -> str:
    """Return whether the hedge is on, what to do about it, and when."""
    to = f"{percent(close.hedge)} of equity"
    does = {
        ENTER: f"buy {hedge}, to {to}, in the next session, {following}",
        LEAVE: f"sell all {hedge} in the next session, {following}",
        HOLD: f"restate {hedge} to {to} in the next session, {following}" if close.order else f"keep {hedge} as it is",
    }
    rest = f"restate the core in the next session, {following}" if close.order else f"no {hedge}"
    return f"{hedge} hedge {'ON' if on else 'OFF'}. {order}: {does.get(order, rest)}."


def state(hedge: str, setup: Setup, close: Close, t: int) -> tuple[str, ...]:
    """Return where the policy stands after the last close, a sentence each; nothing of a strategy that has none."""
    rules, read = rules_of(setup.plan, FIRST), close.policy
    if read is None:
        return ()
    if not read.after.on:
        return tuple(_off(rules, read, close))
    return tuple(_on(hedge, rules, read, close, float(setup.prices.close[t, setup.market.roles.holdings])))


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

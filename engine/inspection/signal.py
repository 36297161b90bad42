"""What a strategy says at the last close: what `engine.inspection.live_signal` finds out, as values and in words."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, NamedTuple

from data.format import counted, dollars, percent
from data.shown import marks_of, screen
from engine.hedge_names import PARTS, HedgeName
from engine.inspection.flip import FURTHEST, Flip
from engine.inspection.freshness import Fresh
from engine.inspection.session import Close, HedgeRead, PolicyRead
from engine.kernel.loop import rules_of
from engine.setup import Setup
from strategies.policy import NEVER, PolicyRules

ENTER, LEAVE, REBALANCE, HOLD, STAY_OUT = "ENTER", "LEAVE", "REBALANCE", "HOLD", "STAY OUT"
"""The order for the next session; ``REBALANCE`` is of what a person holds, whose weights aren't the run's."""
TOLERANCE = 0.01
"""A person's book is left as it is where no instrument is further from its target, a fraction of its shares."""


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
    contract
        Which contract an option is, by the model that prices it; its shares are those of the underlying, of which a
        listed contract has 100. Empty for anything else.
    """

    instrument: str
    price: float
    weight: float
    target: float
    dollars: float
    shares: float
    trade: float
    contract: str = field(default="", kw_only=True)


class Call(NamedTuple):
    """What is to be done about a hedge.

    Parameters
    ----------
    instrument
        Its name.
    on
        Whether it is on at the last close, in the run.
    order
        For the next session: the run's, or what takes a person from what they hold to the run's weights.
    rolls
        Whether it is an option whose contract expired at the last close.
    """

    instrument: str
    on: bool
    order: str
    rolls: bool = False


class Sentence(NamedTuple):
    """What the headline says of a hedge's order besides.

    Parameters
    ----------
    weight
        What the hedge is ordered to, a fraction of equity; of an option that of the shares it is written on.
    restates
        Whether shares are traded that no switch of this hedge trades.
    own
        Whether the order is for what a person holds.
    """

    weight: float
    restates: bool
    own: bool = False


@dataclass(frozen=True, repr=False)
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
    hedges
        What is to be done about each hedge.
    headline
        That in a sentence each.
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
    flips
        The closes of the next session at which a hedge would be turned on or off.
    """

    name: str
    strategy: str
    about: str
    instrument: str
    underlying: str
    date: str
    following: str
    fill: str
    hedges: tuple[Call, ...]
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
    flips: tuple[Flip, ...]

    def __repr__(self) -> str:
        weights = [f"{each.instrument} {percent(each.target)} (now {percent(each.weight)})" for each in self.targets]
        return screen(
            f"LiveSignal {self.name}: {self.strategy}",
            f"close of {self.date}, for the next session, {self.following}, {self.fill}",
            self.headline,
            "",
            f"of equity: {', '.join(weights)}",
            *flip_words(self),
            *marks_of(self.notes),
            f"notes: {len(self.notes)}; as_dict() has all",
        )

    @property
    def on(self) -> bool:
        """Whether any hedge is on at the last close."""
        return any(call.on for call in self.hedges)

    @property
    def order(self) -> str:
        """``ENTER``, ``LEAVE``, ``REBALANCE``, ``HOLD`` or ``STAY OUT``: the first of these that a hedge has."""
        return min((call.order for call in self.hedges), key=(ENTER, LEAVE, REBALANCE, HOLD, STAY_OUT).index)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, as JSON holds them."""
        plain: dict[str, Any] = {}
        for name, value in asdict(self).items():
            plain |= {"on": self.on, "order": self.order} if name == "hedges" else {name: value}
        several = {"hedges": [call._asdict() for call in self.hedges]} if len(self.hedges) > 1 else {}
        flips = [each._asdict() | {"side": each.side} for each in self.flips]
        return plain | {"close": self.close.as_dict(), "flips": flips} | several


def headline(names: Sequence[HedgeName], calls: Sequence[Call], said: Sequence[Sentence], following: str) -> str:
    """Return which hedges are on, what to do about each, and when."""
    return " ".join(_sentence(*each, following) for each in zip(names, calls, said, strict=True))


def _sentence(name: HedgeName, call: Call, said: Sentence, following: str) -> str:
    hedge, then = name.called, f"in the next session, {following}"
    to = f"{'on' if name.part == PARTS['option'] else 'to'} {percent(said.weight)} of equity"
    core = f"restate the core {then}"
    keeps = f"keep {hedge} unchanged" + (f", and {core}" if said.own and said.restates else "")
    if call.rolls:
        keeps = f"roll {hedge} into the next contract {then}"
    restates = f"restate {hedge} {to} {then}"
    does = {
        ENTER: f"{name.enter}, {to}, {then}",
        LEAVE: f"{name.leave} {then}",
        REBALANCE: restates,
        HOLD: restates if said.restates and not said.own else keeps,
        STAY_OUT: core if said.restates else f"no {hedge.removeprefix('the ')}",
    }
    where = " in the run" if said.own else ""
    return f"{name.state} {'ON' if call.on else 'OFF'}{where}. {call.order}: {does[call.order]}."


def state(hedge: HedgeRead, setup: Setup, k: int, t: int, *, own: bool = False) -> tuple[str, ...]:
    """Return where a hedge's policy stands after the last close, a sentence each; nothing of one that has none.

    Parameters
    ----------
    hedge
        What was decided of it.
    k
        Its place among the hedges that are traded.
    own
        Whether a reader might take it for what they hold: then it says that the run's book is meant.
    """
    rules, read = rules_of(setup.plan, k), hedge.policy
    if read is None:
        return ()
    if not read.after.on:
        return tuple(_off(rules, read, hedge.since, " in the run" if own else ""))
    price = float(setup.prices.close[t, setup.legs.of_hedge(k)])
    return tuple(_on(hedge, rules, read, price, setup.market.roles.hedges[k].side, own=own))


def _off(rules: PolicyRules, read: PolicyRead, since: str | None, where: str) -> Iterator[str]:
    yield f"Off{where} since the close of {since}." if since else "The hedge was never on in this run."
    if read.after.cooling:
        yield f"Cooling down: no entry at the next {counted(read.after.cooling, 'close')}."
    if rules.confirm > 1:
        yield f"Confirmed at {read.after.streak} of {rules.confirm} closes."
    if read.after.spent:
        yield f"After a forced exit the intensity has to fall below policy.exit {rules.exit:g} before it may enter."


def _on(hedge: HedgeRead, rules: PolicyRules, read: PolicyRead, price: float, side: int, *, own: bool) -> Iterator[str]:
    held, name = read.after.held, hedge.instrument
    where, whose = (" in the run", "the run's") if own else ("", "the")
    yield f"Ordered on{where} at the close of {hedge.since}" + (
        f", held for {counted(held, 'close')}." if held else "."
    )
    if rules.min_hold > held + 1:
        closes = counted(rules.min_hold - held - 1, "close")
        yield f"policy.min_hold {rules.min_hold}: its signal can't end it for {closes}."
    if rules.max_hold != NEVER:
        yield f"policy.max_hold {rules.max_hold}: it ends in {counted(rules.max_hold - held, 'close')} at the latest."
    if read.fund_return is None:
        return
    yield f"{name} made {percent(read.fund_return, sign=True)} since {whose} fill."
    for rule, bound in (("stop_loss", -rules.stop_loss), ("take_profit", rules.take_profit)):
        if abs(bound) != float("inf"):
            at = price * (1.0 + side * bound) / (1.0 + side * read.fund_return)
            yield (
                f"policy.{rule} ends it at a close of {name} at or {'below' if side * bound < 0.0 else 'above'} "
                f"{dollars(at, 2)}, {percent(at / price - 1.0, sign=True)} from here."
            )


def flip_words(live: LiveSignal) -> tuple[str, ...]:
    """Return at which closes of the next session each hedge would be turned on or off, a sentence a hedge."""
    if live.intensity is None:
        return ()
    return tuple(_flips(live, call.instrument) for call in live.hedges)


def _flips(live: LiveSignal, instrument: str) -> str:
    whose = f"{instrument} " if len(live.hedges) > 1 else "the hedge "
    found = [flip for flip in live.flips if flip.instrument == instrument]
    told = [
        f"{'at or ' + flip.side + ' ' if flip.side else 'unchanged at '}{dollars(flip.price, 2)}"
        f"{f' ({percent(flip.change, sign=True)})' if flip.side else ''} turns {whose}{flip.turns}"
        for flip in found
    ]
    if not told:
        return f"No close of {live.underlying} within {percent(FURTHEST)} of the last one turns {whose}on or off next."
    return f"{live.underlying} closing {', '.join(told)} in the next session, all else as it is."

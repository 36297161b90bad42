"""One session of a run: what `engine.inspection.explain` finds out, as plain values and in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from data.format import capital, dollars, percent
from data.shown import marks_of, screen
from engine.hedge_names import PARTS, HedgeName
from engine.inspection.valuation import ValuationRead
from engine.kernel.loop import Ledger, rules_of
from engine.setup import Setup
from strategies.policy import ENTER, MAX_HOLD, REASONS, SIGNAL, STAY, STOP_LOSS, TAKE_PROFIT, PolicyRules, PolicyState


@dataclass(frozen=True)
class Reading:
    """What an input of the signal was at one close; ``None`` where it wasn't known."""

    name: str
    value: float | None
    threshold: float | None
    fires: str
    fired: bool
    unit: str


@dataclass(frozen=True)
class PolicyRead:
    """What the policy made of one close.

    Parameters
    ----------
    before, after
        Where it stood after the close before, and after this one.
    action
        A word of `strategies.policy.REASONS`.
    size
        The weight an entry would have got, a fraction of equity, of an option its contracts a core share; ``None``
        where it couldn't be told.
    fund_return
        The hedge's own return from the entry's fill to this close; ``None`` while off, and of an option.
    """

    before: PolicyState
    after: PolicyState
    action: str
    size: float | None
    fund_return: float | None


@dataclass(frozen=True)
class Fill:
    """An instrument bought or sold in one session: as-traded shares, dollars a share, dollars."""

    decided: str
    filled: str
    instrument: str
    side: str
    shares: float
    price: float
    value: float
    commission: float
    slippage: float


@dataclass(frozen=True)
class HedgeRead:
    """What was decided of one hedge at a close.

    Parameters
    ----------
    instrument
        Its name.
    intensity
        Its signal; ``None`` where it has none.
    policy
        ``None`` for a strategy that gives the hedge's weight itself, and where nothing is decided any more.
    why
        What was decided, and by which rule.
    since
        The close at which it was last ordered on or off; ``None`` where it never was.
    weight
        Last ordered, a fraction of equity; of an option that of the shares it is written on.
    """

    instrument: str
    intensity: float | None
    policy: PolicyRead | None
    why: str
    since: str | None
    weight: float

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, as JSON holds them."""
        plain = asdict(self)
        if self.policy is not None:
            plain["policy"] |= {"before": self.policy.before._asdict(), "after": self.policy.after._asdict()}
        return plain


@dataclass(frozen=True)
class Close:
    """One close: what was read, and what was decided.

    Parameters
    ----------
    date
        The session.
    inputs
        What the signals look at; none where a strategy tells none.
    hedges
        What was decided of each hedge.
    order
        Why target weights were ordered at this close: ``first order``, ``switch`` or ``rebalancing``; else ``None``.
    core
        The core's weight last ordered, a fraction of equity.
    fills
        What became of the order in the session after.
    """

    date: str
    inputs: tuple[Reading, ...]
    hedges: tuple[HedgeRead, ...]
    order: str | None
    core: float
    fills: tuple[Fill, ...]

    @property
    def intensity(self) -> float | None:
        """The first hedge's signal."""
        return self.hedges[0].intensity

    @property
    def policy(self) -> PolicyRead | None:
        """What the first hedge's policy made of it."""
        return self.hedges[0].policy

    @property
    def since(self) -> str | None:
        """The close at which the first hedge was last ordered on or off."""
        return self.hedges[0].since

    @property
    def hedge(self) -> float:
        """The hedges' weight last ordered, all together."""
        return sum(read.weight for read in self.hedges)

    @property
    def why(self) -> str:
        """What was decided of every hedge, and by which rule."""
        if len(self.hedges) == 1:
            return self.hedges[0].why
        return "; ".join(f"{read.instrument}: {read.why}" for read in self.hedges)

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, as JSON holds them; of one hedge, what was decided of it stands beside."""
        plain = asdict(self)
        reads = [read.as_dict() for read in self.hedges]
        if len(reads) > 1:
            return plain | {"hedges": reads, "hedge": self.hedge, "why": self.why}
        del plain["hedges"]
        own = {name: reads[0][name] for name in ("intensity", "policy", "why", "since")}
        order = ("date", "inputs", *own, "order", "core", "hedge", "fills")
        return {name: (plain | own | {"hedge": self.hedge})[name] for name in order}


@dataclass(frozen=True)
class BarRead:
    """An instrument's bar as traded and its total return in the session; ``None`` where unknown."""

    instrument: str
    open: float | None
    high: float | None
    low: float | None
    close: float | None
    volume: float | None
    made: float | None


@dataclass(frozen=True)
class BookRead:
    """A book at the day's close: dollars, and its return in the session (``None`` in the first)."""

    title: str
    equity: float
    made: float | None


@dataclass(frozen=True, repr=False)
class Day:
    """One session of a run, explained.

    Parameters
    ----------
    name, strategy, about, instrument
        The run, its strategy with what its class says of itself, and the hedge; of several the first.
    date, session, sessions
        The day, its number in the run from 0, and how many there are.
    headline
        Whether the hedge was on or off, in a sentence.
    rules
        The policy's, as the config has them; the first hedge's own where it has one.
    weight
        The hedges' weight at the day's close, all together, a fraction of equity.
    bars
        What the instruments did in the session: those traded, and the underlying.
    closes
        The close before, which decided what the day was gone through with (none in the first session), and the day's.
    kinds
        Of its hedges, each once.
    attribution
        Where the day's dollars came from, by the columns of `engine.analytics.attribution`; they sum to the change
        of equity.
    books
        The hedged book and its controls.
    valuations
        Those made of filings that its strategies read.
    notes
        What a reader has to know besides.
    """

    name: str
    strategy: str
    about: str
    instrument: str
    date: str
    session: int
    sessions: int
    headline: str
    rules: Mapping[str, Any]
    weight: float
    bars: tuple[BarRead, ...]
    closes: tuple[Close, ...]
    kinds: tuple[str, ...]
    attribution: Mapping[str, float]
    books: tuple[BookRead, ...]
    valuations: tuple[ValuationRead, ...]
    notes: tuple[str, ...]

    def __repr__(self) -> str:
        bars = [f"{bar.instrument} {percent(bar.made, 2, sign=True)}" for bar in self.bars]
        books = [f"{book.title} {dollars(book.equity)} ({percent(book.made, 2, sign=True)})" for book in self.books[:2]]
        return screen(
            f"Day {self.date} of {self.name}: {self.strategy}",
            f"session {self.session + 1:,} of {self.sessions:,}, {percent(self.weight)} of equity hedging at its close",
            self.headline,
            "",
            f"made: {', '.join(bars)}",
            f"books: {', '.join(books)}",
            *marks_of(self.notes),
            f"notes: {len(self.notes)}; as_dict() has all",
        )

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values, as JSON holds them."""
        valuations = tuple(read.as_dict() for read in self.valuations)
        return asdict(self) | {"closes": tuple(close.as_dict() for close in self.closes), "valuations": valuations}


def headline(names: Sequence[HedgeName], held: Sequence[tuple[bool, bool]], closes: Sequence[Close]) -> str:
    """Return what became of the hedges in a session, and which close decided it.

    Parameters
    ----------
    names
        What each hedge is called.
    held
        Whether each was held at the close before, and at the day's.
    closes
        The close before, unless the run begins with the day, and the day's.
    """
    each = zip(names, held, strict=True)
    words = ", ".join(f"{name.called} {name.was} {_became(name, *pair)}" for name, pair in each)
    said = f"{capital(words)} on {closes[-1].date}"
    if len(closes) == 1:
        return f"{said}, the first session: nothing had been decided yet."
    return f"{said}. At the close of {closes[0].date} {closes[0].why}."


def _became(name: HedgeName, before: bool, now: bool) -> str:  # noqa: FBT001  # a pair
    if before == now:
        return "held" if now else "not held"
    put_on, taken_off = ("opened", "closed") if name.part == PARTS["short"] else ("bought", "sold")
    return put_on if now else taken_off


def why(setup: Setup, hedged: Ledger, t: int, k: int, policy: PolicyRead | None) -> str:
    """Return what was decided at a close of the k-th hedge that is traded, and by which rule of the policy."""
    if policy is None:
        return _given(hedged, t, k)
    rules, signal = rules_of(setup.plan, k), float(setup.plan.intensity[t, k])
    if policy.before.on:
        return _stays_on(rules, policy, signal) if policy.after.on else _ordered_off(rules, policy, signal)
    if policy.after.on:
        many = "" if rules.confirm == 1 else f" at {rules.confirm} closes in a row"
        return f"the hedge is ordered on: intensity {signal:g} is at or above policy.enter {rules.enter:g}{many}"
    return f"the hedge stays off: {_off_because(rules, policy, signal)}"


def _given(hedged: Ledger, t: int, k: int) -> str:
    """Return what a strategy did that gives the weight, or orders, itself."""
    before, now = abs(float(hedged.hedges[t - 1, k])) if t else 0.0, abs(float(hedged.hedges[t, k]))
    if hedged.actions[t, k] == ENTER:
        return f"the strategy orders the hedge on, to {now:.1%} of equity"
    if hedged.actions[t, k] != STAY:
        return "the strategy orders the hedge off"
    if now != before:
        return f"the strategy changes the hedge from {before:.1%} to {now:.1%} of equity"
    return "the strategy leaves the hedge on" if now else "the strategy leaves the hedge off"


def _ordered_off(rules: PolicyRules, policy: PolicyRead, signal: float) -> str:
    held, own = policy.before.held + 1, policy.fund_return
    made = "" if own is None else f"it made {own:+.1%} since the fill"  # an option has no stop
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
    """Return which of the policy's rules kept it off, in the order in which it asks them."""
    if policy.before.cooling > 0:
        return f"it cools down after an exit, {policy.before.cooling} of policy.cooldown {rules.cooldown} left"
    if signal < rules.enter:
        return f"intensity {signal:g} is below policy.enter {rules.enter:g}"
    if policy.after.streak < rules.confirm:
        return f"intensity {signal:g} was at or above policy.enter at {policy.after.streak} of {rules.confirm} closes"
    if policy.after.spent:
        return f"after a forced exit intensity has to fall below policy.exit {rules.exit:g} first, it is {signal:g}"
    return "sizing gives no weight here"

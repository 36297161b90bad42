"""A rule: one signal held against a threshold, with what it remembers; written in YAML or in code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.arrays import Floats
from data.errors import did_you_mean
from data.events import Events
from data.families import holds_chips
from data.market import Market
from data.publication import RIGHT_AS_KNOWN, period_known_early
from data.ranges import COUNT, DAYS, Range
from data.roles import Roles
from data.sources import SERIES
from data.sources.valued import valued_in
from strategies.inputs import SIDES, Input, Reads, Side
from strategies.parameters import Parameter, ParameterError, check_value
from strategies.signals.catalogue import SIGNALS, Signal, signal
from strategies.signals.feeds import members_of, valuation_of, valuations_of
from strategies.signals.windows import change, percentile, zscore

KEYS: dict[str, Side] = {"above": "above", "below": "below", "at_least": "at least", "at_most": "at most"}
"""How YAML writes a side."""
OVER = {"percentile_over": percentile, "zscore_over": zscore, "change_over": change}
"""What may be made of a signal's value: its rank, its z-score or its change, over some sessions."""
OWN = (
    *(Parameter(key, int | None, None, COUNT if key == "change_over" else DAYS) for key in OVER),
    Parameter("within", int, 1, COUNT),
    Parameter("release", float | None, None),
    Parameter("weight", float, 1.0, Range(0, 1_000)),
)
"""The keys of a rule beside its signal's own and its threshold."""


PROXY = "a price-to-trend proxy"
"""What stands in for a valuation where the data tell no earnings."""


@dataclass(frozen=True)
class Rule:
    """One signal against a threshold.

    Parameters
    ----------
    signal
        Its name in the catalogue.
    given
        The signal's keys, every default written out.
    fires, threshold
        On which side of what it speaks for hedging.
    percentile_over, zscore_over, change_over
        Sessions, this one included, in which the value is ranked, or of whose mean and standard deviation it is told;
        or back over which it is changed. One of the three at most.
    within
        Sessions for which it is remembered that it fired, this one included.
    release
        Once it fired it goes on firing until the value is back on the other side of this.
    weight
        Votes that it has.
    """

    signal: str
    given: Mapping[str, Any]
    fires: Side
    threshold: float
    percentile_over: int | None = None
    zscore_over: int | None = None
    change_over: int | None = None
    within: int = 1
    release: float | None = None
    weight: float = 1.0

    def input(self, market: Market, name: str = "") -> Input:
        """Return its value and threshold at each close, as people are shown them.

        What is remembered is the highest (or lowest) value of the sessions remembered; what is released later is a
        threshold that moves. So value against threshold is the whole rule.
        """
        found = SIGNALS[self.signal]
        values = _remembered(self._value(found, market), self.within, upward=self.upward)
        threshold = self.threshold if self.release is None else self._released(values, self.release)
        prefix = f"{name}: " if name else ""
        words, unit = self._words(found, market), self.unit
        return Input(f"{prefix}{words}", values, threshold, self.fires, unit, self._ranked(found, market))

    def reads(self, roles: Roles) -> Reads:
        """Return what it needs of the data."""
        found, read = SIGNALS[self.signal], Reads()
        for argument, named in found.names(self.given, roles).items():
            several = named if isinstance(named, tuple) else (named,) if named else ()
            kind = found.feeds[argument].kind
            if kind == "series":
                read |= Reads(series=several)
            elif kind == "valuation":
                read |= Reads(series=several) if several else Reads(optional=valuations_of(roles.underlying))
            elif kind == "schedule":
                read |= Reads(events=several)
            elif kind in ("levels", "belongs") and isinstance(named, str):
                read |= Reads(members=several)
            elif kind in ("levels", "belongs") and named is None:
                read |= Reads(chip_makers=True)
            else:
                read |= Reads(bars=several, ranges=several if kind in ("open", "high", "low") else ())
        return read

    def remarks(self, market: Market) -> Iterable[str]:
        """Yield what a reader has to know of what it reads: survivors, hindsight, series known too early."""
        found = SIGNALS[self.signal]
        for argument, named in found.names(self.given, market.roles).items():
            kind = found.feeds[argument].kind
            if kind == "schedule":
                yield from _schedule_remarks(market.events(named), self.given.get("symbols"))
            if kind == "series" and isinstance(named, str):
                yield from _series_remarks(market, named)
            if kind == "valuation":
                yield from valuation_remarks(market, named)
            if kind == "levels":
                yield from _members_remarks(self.given, members_of(market, named), dated=isinstance(named, str))

    def as_dict(self) -> dict[str, Any]:
        """Return it as YAML writes it, every key written out; `rule_of` reads it back."""
        side = next(key for key, word in KEYS.items() if word == self.fires)
        own = {key.name: getattr(self, key.name) for key in OWN}
        return {"signal": self.signal, **self.given, side: self.threshold, **own}

    @property
    def upward(self) -> bool:
        """Whether it speaks for hedging at high values."""
        return self.fires in ("above", "at least")

    def _value(self, found: Signal, market: Market) -> Floats:
        values = found.compute(self.given, market)
        for key, make in OVER.items():
            if (sessions := getattr(self, key)) is not None:
                of = (self.signal, *((name, repr(value)) for name, value in self.given.items()))
                values = market.remember((key, sessions, of), lambda: make(values, sessions))  # noqa: B023  # called at once
        return values

    def _released(self, values: Floats, release: float) -> Floats:
        """Return the threshold at each close: the release's after one at which it fired."""
        compare, rows = SIDES[self.fires], np.arange(len(values))
        fired = np.maximum.accumulate(np.where(compare(values, self.threshold), rows, -1))
        let_go = np.maximum.accumulate(np.where(compare(values, release), -1, rows))
        on = fired > let_go
        before = np.concatenate(([False], on[:-1]))
        return np.where(before, release, self.threshold)

    def _ranked(self, found: Signal, market: Market) -> tuple[str, int] | None:
        """Return the series it ranks, and among how many sessions; None where it ranks none, or more than one."""
        named = [
            name or valuation_of(market)
            for argument, name in found.names(self.given, market.roles).items()
            if found.feeds[argument].kind in ("series", "valuation")
        ]
        if self.percentile_over is None or len(named) != 1 or named[0] is None:
            return None
        return named[0], self.percentile_over

    def _words(self, found: Signal, market: Market) -> str:
        named = dict(found.names(self.given, market.roles))
        valued = next((argument for argument, feed in found.feeds.items() if feed.kind == "valuation"), None)
        by = None if valued is None else named.pop(valued) or valuation_of(market) or PROXY
        names = [_listed(name) for name in dict.fromkeys(named.values()) if name]
        numbers = [
            f"{known.name.replace('_', ' ')} {_listed(self.given[known.name])}"
            for known in found.parameters
            if self.given[known.name] is not None and by in (None, PROXY)
        ]
        made = [
            f"{key.removesuffix('_over')} over {sessions} sessions"
            for key in OVER
            if (sessions := getattr(self, key)) is not None
        ]
        kept = [f"{'highest' if self.upward else 'lowest'} of the last {self.within}"] if self.within > 1 else []
        of = f" of {' against '.join(names)}" if names else ""
        of += f" by {by}" if by is not None else ""
        keys = f" ({', '.join(numbers)})" if numbers else ""
        return ", ".join([f"{found.name.replace('_', ' ')}{of}{keys}", *made, *kept])

    @property
    def unit(self) -> str:
        """The unit of its value and threshold."""
        if self.percentile_over is not None:
            return "fraction"
        return "standard deviations" if self.zscore_over is not None else SIGNALS[self.signal].unit


def rule(named: str, side: Side, threshold: float, given: Mapping[str, Any] | None = None, *, within: int = 1) -> Rule:
    """Return a rule written in code; raises ParameterError."""
    return Rule(named, signal(named, "signal").given(given or {}, "signal"), side, float(threshold), within=within)


def rule_of(written: Any, where: str) -> Rule:
    """Return a rule from what YAML holds.

    Parameters
    ----------
    written
        ``{signal: rsi, days: 14, above: 70, within: 5}``.
    where
        Its place under ``strategy.params``, dotted, for messages.

    Raises
    ------
    ParameterError
        A key is unknown, missing or out of range; its parameter is dotted.
    """
    if not isinstance(written, Mapping) or "signal" not in written:
        raise ParameterError(f"{where} has to be keys and values, with signal: and a threshold", where)
    found = signal(written["signal"], f"{where}.signal")
    _check_keys(found, written, where)
    sides = [key for key in KEYS if written.get(key) is not None]
    if len(sides) != 1:
        message = f"has {' and '.join(sides)}: keep one" if sides else f"needs a threshold: one of {', '.join(KEYS)}"
        raise ParameterError(f"{where} {message}", where)
    threshold = check_value(where, Parameter(sides[0], float, None), written[sides[0]], f"{where}.{sides[0]}")
    own = {key.name: check_value(where, key, written.get(key.name, key.default), f"{where}.{key.name}") for key in OWN}
    given = found.given({key: written[key] for key in written if key in found.keys}, where)
    made = Rule(found.name, given, KEYS[sides[0]], threshold, **own)
    _check_rule(made, where)
    return made


def all_fire(inputs: Iterable[Input]) -> Floats:
    """Return 1 at each close where every input speaks for hedging, else 0, shape (sessions,)."""
    return np.all([each.fired for each in inputs], axis=0).astype(float)


def any_fires(inputs: Iterable[Input]) -> Floats:
    """Return 1 at each close where an input speaks for hedging, else 0, shape (sessions,)."""
    return np.any([each.fired for each in inputs], axis=0).astype(float)


def reads_of(rules: Iterable[Rule], roles: Roles) -> Reads:
    """Return what rules need of the data."""
    read = Reads()
    for each in rules:
        read |= each.reads(roles)
    return read


def remarks_of(rules: Iterable[Rule], market: Market) -> tuple[str, ...]:
    """Return what a reader has to know of what rules read, each sentence once."""
    return tuple(dict.fromkeys(remark for each in rules for remark in each.remarks(market)))


def _check_keys(found: Signal, written: Mapping[str, Any], where: str) -> None:
    known = ("signal", *found.keys, *KEYS, *(key.name for key in OWN))
    for key in written:
        if key not in known:
            hint = did_you_mean(str(key), known) or f": it has {', '.join(known)}"
            raise ParameterError(f"{where}: {found.name} has no {key}{hint}", f"{where}.{key}")


def _check_rule(made: Rule, where: str) -> None:
    both = [key for key in OVER if getattr(made, key) is not None]
    if len(both) > 1:
        raise ParameterError(f"{where} has {' and '.join(both)}: keep one", f"{where}.{both[1]}")
    if made.release is None or made.release == made.threshold:
        return
    if (made.release > made.threshold) == made.upward:
        message = (
            f"{where}.release {made.release:g} is beyond the threshold {made.threshold:g}: it would let go at once"
        )
        raise ParameterError(message, f"{where}.release")


def _members_remarks(given: Mapping[str, Any], members: tuple[str, ...], *, dated: bool) -> Iterable[str]:
    count, fewest = len(members), given.get("min_members", 0)
    if not dated:
        yield f"Survivorship: the {count} members are today's names; a members file would say who was one when."
    if count < fewest:
        yield f"There are bars of {count} members, fewer than min_members {fewest}: their signal is never known."


def _schedule_remarks(schedule: Events, symbols: Any) -> Iterable[str]:
    if schedule.in_hindsight:
        yield f"Schedule in hindsight: {schedule.name} doesn't say when its dates were announced."
    known = set(schedule.symbols.tolist())
    for symbol in (symbols,) if isinstance(symbols, str) else symbols or ():
        if symbol not in known:
            yield f"{schedule.name} has no event of {symbol}{did_you_mean(symbol, known)}."


def _series_remarks(market: Market, name: str) -> Iterable[str]:
    made, series = valued_in(market.source), market.source.read(SERIES, name)
    if made is not None:
        yield from made.remarks(name, market.sessions[-1])
    early = period_known_early(series)
    if early is not None:
        remedy = f"set data.lag.{series.name}={early.lag}" if series.known is None else RIGHT_AS_KNOWN
        yield f"Known too early: {series.name}, {early.why}: {remedy}."


def valuation_remarks(market: Market, named: str | None) -> Iterable[str]:
    """Yield what a reader has to know of the valuation a market's underlying is judged by, the one named or found."""
    name = named or valuation_of(market)
    if name is None:
        hint = "; with filings of chip makers it is their price/earnings" if holds_chips(market.underlying) else ""
        yield f"Valuation is {PROXY}: no earnings are in it{hint}."
        return
    yield from _series_remarks(market, name)


def _remembered(values: Floats, sessions: int, *, upward: bool) -> Floats:
    """Return the highest (or lowest) known value of the last sessions, this one included; short windows count too."""
    if sessions == 1:
        return values
    most = np.fmax if upward else np.fmin
    kept = values.copy()
    for back in range(1, sessions):
        kept[back:] = most(kept[back:], values[:-back])
    return kept


def _listed(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)

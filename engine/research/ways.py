"""Ways to make a core safer, as settings of a run: each kind of hedge, at several strengths."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from data.errors import UserError, did_you_mean
from data.families import FUNDS
from data.format import in_percent
from data.sources import BARS, SERIES, Source
from data.store import can_be_pulled, symbol_of
from engine.config import ExtendConfig, RunConfig
from engine.hedge_config import HedgeConfig, OptionConfig
from engine.hedge_names import MODELLED, bills_of, hedge_name, joined, option_name
from engine.options import ITS_INSTRUMENT, VOLATILITY_INDEX
from strategies.load import kind, strategy_class

SOLD = "sold"
KINDS = ("cash", "short", "put", "put_spread", "collar")
OPTIONS = ("put", "put_spread", "collar")
AS_IT_IS = "as it is"
ALWAYS = ":always"
"""The end of a way that is on from the first close to the last, whatever the signal."""

KNOWN = ("TLT", "IEF", "GLD", "UUP", "VIXY", "XLU", "XLP", "USMV")
"""What people buy against a fall, tried where the data hold it."""

STRENGTHS = (0.25, 0.5, 0.75, 1.0)
"""Of the run's own weight, of the core that is sold, of the contracts a core share."""
WEIGHTS = (0.1, 0.2, 0.3, 0.5)
"""Of an asset."""

UNTIMED = ("policy.enter=0", "policy.exit=0", "policy.min_hold=0", "policy.max_hold=null")
UNSTOPPED = ("policy.stop_loss=null", "policy.take_profit=null")


Strength = tuple[float, tuple[str, ...], str]
"""How much of a way, with the settings of the run that has it, and what that is called, such as ``20 %``."""


class Way(NamedTuple):
    """A way to make a core safer.

    Parameters
    ----------
    key
        What it is called on the command line, such as ``TLT`` or ``put:always``; of a run's own hedge its name.
    title
        What a person calls it.
    modelled
        Whether its prices are a formula's.
    strengths
        From little to much.
    """

    key: str
    title: str
    modelled: bool
    strengths: tuple[Strength, ...]

    @property
    def sold(self) -> bool:
        """Whether its books sell core at the hedge's orders, instead of hedging."""
        return self.key.removesuffix(ALWAYS) == SOLD


class LeftOut:
    """What is left out, told once for all strengths that have one reason in common."""

    def __init__(self) -> None:
        self._amounts: dict[tuple[str, str], list[str]] = {}

    def add(self, way: Way, amount: str, reason: str) -> None:
        """Leave a strength of a way out."""
        self._amounts.setdefault((way.title, reason.removesuffix(".")), []).append(amount)

    def remarks(self) -> list[str]:
        """Return a sentence a way and reason."""
        return [
            f"{title}, {joined(amounts)}, is left out: {reason}." for (title, reason), amounts in self._amounts.items()
        ]


def has_a_signal(config: RunConfig) -> bool:
    """Return whether a run's strategy gives a signal that any hedge can follow, and no weights or orders of its own."""
    return kind(strategy_class(config.strategy.named)) == "intensity"


def own_way(config: RunConfig, weights: Sequence[float] | None) -> Way:
    """Return a run's own hedge at several strengths: all its weights times 1, .75, .5 and .25, or `weights`.

    Of a strategy that gives the weights itself, and of a size that follows from returns, only as it is.
    """
    sized = all(leg.kind == "option" or leg.sizing in ("fixed", "proportional", "beta") for leg in config.legs)
    fixed = sized and has_a_signal(config)
    several = weights if weights is not None and len(config.legs) == 1 and config.legs[0].kind != "option" else None
    strengths: list[Strength] = [(1.0, (), _written(config, 1.0) if fixed else AS_IT_IS)]
    if fixed and several is None:
        strengths = [(part, _scaled(config, part), _written(config, part)) for part in STRENGTHS]
    elif fixed and several is not None and config.hedge.sizing != "beta":
        strengths = [(weight, _weighing(config, weight), in_percent(weight)) for weight in several]
    name = hedge_name(config)
    named = name.noun.replace(f"a {MODELLED} ", "")
    return Way(config.name, f"{named} ({config.name})", name.modelled, tuple(strengths))


def _weighing(config: RunConfig, weight: float) -> tuple[str, ...]:
    return f"hedge.weight={weight:g}", f"hedge.max_weight={max(weight, config.hedge.max_weight):g}"


def _scaled(config: RunConfig, part: float) -> tuple[str, ...]:
    """Return the settings that multiply every hedge's weight, or its cover."""
    if part == 1.0:
        return ()
    key = "hedges.{}" if config.hedges else "hedge"
    return tuple(
        f"{key.format(k)}.cover={part * leg.cover:.10g}"
        if _covers(leg)
        else f"{key.format(k)}.weight={part * leg.weight:.10g}"
        for k, leg in enumerate(config.legs)
    )


def _written(config: RunConfig, part: float) -> str:
    """Return how much of a run's own hedge there is."""
    parts = [
        f"cover {part * leg.cover:.3g}" if _covers(leg) else in_percent(part * leg.weight)
        for leg in config.held
        if _covers(leg) or leg.sizing in ("fixed", "proportional")
    ]
    return joined(parts) if parts else AS_IT_IS


def _covers(leg: HedgeConfig) -> bool:
    """Return whether a hedge is sized by its cover."""
    return leg.kind == "option" or leg.sizing == "beta"


def usual_ways(config: RunConfig, source: Source) -> tuple[str, ...]:
    """Return the ways that the data allow, by their keys, where nobody names any."""
    if not has_a_signal(config):
        return (SOLD,)
    there, core = source.names(BARS), config.portfolio.core
    funds = [name for name, fund in FUNDS.items() if fund.underlying == config.read and fund.leverage < 0.0]
    bought = [name for name in (*funds, *KNOWN) if name in there and name not in core and name != config.read]
    own = {leg.instrument for leg in config.legs}
    priced = ITS_INSTRUMENT in there and VOLATILITY_INDEX in source.names(SERIES)
    always = "" if _untimed(config) else ALWAYS
    options = ("put", *([f"put{ALWAYS}"] if always else []), f"collar{always}") if priced else ()
    return (SOLD, "cash", "short", *(name for name in bought if name not in own), *options)


def way_of(key: str, config: RunConfig, source: Source, weights: Sequence[float] | None) -> Way:
    """Return a way by its key; raises UserError for one that isn't known, or that the data don't hold."""
    named, always = _name_in(key, source), key.endswith(ALWAYS) or _untimed(config)
    if named in config.portfolio.core or named == config.read:
        raise UserError(f"--with {key}: {named} is held, or what is hedged: write short, cash or sold")
    if not has_a_signal(config) and key != SOLD:
        raise UserError(
            f"--with {key}: {config.strategy.named} gives weights or orders of its own, which no other hedge can"
            f" follow: write {SOLD}, or leave it out"
        )
    when = "at its orders" if key == SOLD else "always on" if always else "on the signal"
    strengths = tuple(
        (strength, tuple(_settings(named, config, strength, always=always)), _amount(named, strength))
        for strength in _strengths(named, config, weights)
    )
    return Way(key, f"{_title(named, config)} {when}", named in OPTIONS, strengths)


def _name_in(key: str, source: Source) -> str:
    """Return what a way's key names."""
    named, colon, when = key.partition(":")
    if f"{colon}{when}" not in ("", ALWAYS):
        raise UserError(f"--with {key}: {colon}{when} isn't known: {named}, or {named}{ALWAYS}")
    known = (SOLD, *KINDS, *source.names(BARS))
    if named in known:
        return named
    hint = (
        did_you_mean(named, known)
        or did_you_mean(named.upper(), known)
        or f": {', '.join((SOLD, *KINDS))} need no bars"
    )
    pull = f", or backtest data pull {symbol_of(BARS, named.upper())}" if can_be_pulled(BARS, named.upper()) else ""
    raise UserError(f"--with {key}: the data hold no {named}{hint}{pull}")


def _title(named: str, config: RunConfig) -> str:
    titles = {SOLD: "core sold instead,", "cash": bills_of(config), "short": f"{config.read} sold short"}
    if named in OPTIONS:
        own = _own_option(config)
        given = {} if own is None else own.model_dump()
        return option_name(OptionConfig.model_validate(given | _struck(named, own)))
    return titles.get(named, named)


def _strengths(named: str, config: RunConfig, weights: Sequence[float] | None) -> Sequence[float]:
    if not has_a_signal(config):
        return (1.0,)
    if weights is not None:
        return weights
    fund = FUNDS.get(named)
    if fund is not None and fund.underlying == config.read and fund.leverage < 0.0:
        return [round(0.8 * part / (1.0 - fund.leverage), 4) for part in STRENGTHS]  # up to four fifths of the beta
    return STRENGTHS if named in (SOLD, *KINDS) else WEIGHTS


def _amount(named: str, strength: float) -> str:
    if named in OPTIONS:
        return f"cover {strength:.3g}"
    return (
        "as much beta"
        if named == SOLD and strength == 1.0
        else f"{strength:.3g} of its beta"
        if named == SOLD
        else in_percent(strength)
    )


def _settings(named: str, config: RunConfig, strength: float, *, always: bool) -> Iterator[str]:
    """Yield the settings that put a way in the hedge's place."""
    yield from _scaled(config, strength) if named == SOLD else _hedged_by(named, config, strength)
    places = _policies(config, own=named == SOLD)
    settings = (*(UNTIMED if always else ()), *(UNSTOPPED if named in OPTIONS else ()))
    yield from (f"{place}{setting}" for place in places for setting in settings)


def _untimed(config: RunConfig) -> bool:
    """Return whether the policy that other hedges take holds them whatever the signal says."""
    own = None if config.hedges else config.hedge.policy
    return (own or config.policy).enter <= 0.0


def _policies(config: RunConfig, *, own: bool) -> list[str]:
    """Return where the policies stand that hold: the run's, and those of its own hedges, or of the only one's place."""
    if config.hedges:
        return ["", *(f"hedges.{k}." for k, leg in enumerate(config.legs) if own and leg.policy is not None)]
    return ["", *(["hedge."] if config.hedge.policy is not None else [])]


def _hedged_by(named: str, config: RunConfig, strength: float) -> Iterator[str]:
    fund = FUNDS.get(named)
    keys: dict[str, object] = {"kind": "option" if named in OPTIONS else named if named in KINDS else "asset"}
    if named in OPTIONS:
        changed = _struck(named, _own_option(config))
        keys |= {f"option.{name}": "null" if value is None else value for name, value in changed.items()}
        keys |= {"cover": f"{strength:g}"}
    else:
        keys |= {"weight": f"{strength:g}", "max_weight": f"{max(strength, 0.5):g}"}
    if named not in KINDS:
        keys |= {"instrument": named}
    if fund is not None and fund.underlying == config.read:
        keys |= {"kind": "fund", "leverage": f"{fund.leverage:g}"}
    keys |= {"sizing": "fixed", "underlying": config.read} | ({"funding": "sell_core"} if named == "cash" else {})
    yield from _as_settings(config, keys)
    held = (*config.portfolio.core, config.read, named)
    if any(name not in held for name in config.data.extend):
        kept = [f"{name}: {_flow(made)}" for name, made in config.data.extend.items() if name in held]
        yield f"data.extend={{{', '.join(kept)}}}"


def _flow(made: ExtendConfig) -> str:
    """Return how history before inception is made, in one line of YAML."""
    return json.dumps(made.model_dump(mode="json", exclude_defaults=True))


def _own_option(config: RunConfig) -> OptionConfig | None:
    """Return the option whose terms another one keeps in its place: a file's only hedge's."""
    return None if config.hedges else config.hedge.option


def _struck(named: str, own: OptionConfig | None) -> dict[str, str | None]:
    """Return what another structure changes of a file's own option: what that one sold isn't what this one sells."""
    same = own is None or own.structure == named
    return {"structure": named} | ({} if same else {"sold_strike": None})


def _as_settings(config: RunConfig, keys: dict[str, object]) -> Iterator[str]:
    """Yield keys of the only hedge; in a run with several it takes the place of all."""
    if not config.hedges:
        yield from (f"hedge.{key}={value}" for key, value in keys.items())
        return
    first = config.hedge
    shared = {"funding": first.funding, "buffer": f"{first.buffer:g}", "rebalance": first.rebalance}
    flat = {key: value for key, value in (shared | keys).items() if "." not in key}
    nested = {key.partition(".")[2]: value for key, value in keys.items() if "." in key}
    inner = ", ".join(f"{key}: {value}" for key, value in flat.items())
    option = "" if not nested else f", option: {{{', '.join(f'{key}: {value}' for key, value in nested.items())}}}"
    yield f"hedges=[{{{inner}{option}}}]"

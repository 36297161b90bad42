"""Ways to make a core safer, as settings of a run: each kind of hedge, at several strengths."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from data.errors import UserError, did_you_mean
from data.families import FUNDS
from data.format import percent
from data.sources import BARS, SERIES, Source
from data.store import can_be_pulled, symbol_of
from engine.config import RunConfig
from engine.hedge_config import HedgeConfig
from engine.options import ITS_INSTRUMENT, VOLATILITY_INDEX

OWN, SOLD = "own", "sold"
KINDS = ("cash", "short", "put", "put_spread", "collar")
OPTIONS = ("put", "put_spread", "collar")
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


def own_way(config: RunConfig, weights: Sequence[float] | None) -> Way:
    """Return a run's own hedge at several strengths: all its weights times 1, .75, .5 and .25, or `weights`.

    Of a strategy that gives the weights itself, and of a size that follows from returns, only as it is.
    """
    fixed = all(leg.kind == "option" or leg.sizing in ("fixed", "proportional", "beta") for leg in config.legs)
    several = weights if weights is not None and len(config.legs) == 1 and config.legs[0].kind != "option" else None
    strengths: list[Strength] = [(1.0, (), _written(config, 1.0))]
    if fixed and several is None:
        strengths = [(part, _scaled(config, part), _written(config, part)) for part in STRENGTHS]
    elif fixed and several is not None and config.hedge.sizing != "beta":
        strengths = [(weight, _weighing(config, weight), percent(weight, 1)) for weight in several]
    modelled = any(leg.kind == "option" for leg in config.legs)
    named = " and ".join(dict.fromkeys(leg.instrument for leg in config.legs))
    return Way(config.name, f"{named} ({config.name})", modelled, tuple(strengths))


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
        f"cover {part * leg.cover:.3g}"
        if leg.kind == "option" or leg.sizing == "beta"
        else percent(part * leg.weight, 1)
        for leg in config.legs
        if _covers(leg) or leg.sizing in ("fixed", "proportional")
    ]
    return " and ".join(parts) or "as it is"


def _covers(leg: HedgeConfig) -> bool:
    """Return whether a hedge is sized by its cover."""
    return leg.kind == "option" or leg.sizing == "beta"


def usual_ways(config: RunConfig, source: Source) -> tuple[str, ...]:
    """Return the ways that the data allow, by their keys, where nobody names any."""
    there, core = source.names(BARS), config.portfolio.core
    funds = [name for name, fund in FUNDS.items() if fund.underlying == config.read and fund.leverage < 0.0]
    bought = [name for name in (*funds, *KNOWN) if name in there and name not in core and name != config.read]
    own = {leg.instrument for leg in config.legs}
    priced = ITS_INSTRUMENT in there and VOLATILITY_INDEX in source.names(SERIES)
    options = ("put", f"put{ALWAYS}", f"collar{ALWAYS}") if priced else ()
    return (SOLD, "cash", "short", *(name for name in bought if name not in own), *options)


def way_of(key: str, config: RunConfig, source: Source, weights: Sequence[float] | None) -> Way:
    """Return a way by its key; raises UserError for one that isn't known, or that the data don't hold."""
    named, always = key.removesuffix(ALWAYS), key.endswith(ALWAYS)
    known = (SOLD, *KINDS)
    if named not in known and named not in source.names(BARS):
        hint = did_you_mean(named, (*known, *source.names(BARS))) or f": {', '.join(known)} need no bars"
        pull = f", or backtest data pull {symbol_of(BARS, named)}" if can_be_pulled(BARS, named) else ""
        raise UserError(f"--with {key}: the data hold no {named}{hint}{pull}")
    if named in config.portfolio.core or named == config.read:
        raise UserError(f"--with {key}: {named} is held, or what is hedged: write short, cash or sold")
    when = ("always on" if always else "on the signal") if named != SOLD else ""
    strengths = tuple(
        (strength, (*_settings(named, config, strength), *(UNTIMED if always else ())), _amount(named, strength))
        for strength in _strengths(named, config, weights)
    )
    return Way(key, f"{_title(named)} {when}".strip(), named in OPTIONS, strengths)


def _title(named: str) -> str:
    titles = {SOLD: "core sold instead, at its orders", "cash": "bills", "short": "the underlying sold short"}
    return titles.get(named) or named.replace("_", " ")


def _strengths(named: str, config: RunConfig, weights: Sequence[float] | None) -> Sequence[float]:
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
        else percent(strength, 1).replace(".0", "")
    )


def _settings(named: str, config: RunConfig, strength: float) -> Iterator[str]:
    """Yield the settings that put a way in the hedge's place."""
    if named == SOLD:
        yield from _scaled(config, strength)
        return
    fund = FUNDS.get(named)
    leveraged = fund is not None and fund.underlying == config.read
    keys: dict[str, object] = {"kind": "option" if named in OPTIONS else named if named in KINDS else "asset"}
    if named in OPTIONS:
        keys |= {"option.structure": named, "cover": f"{strength:g}"}
    else:
        keys |= {"weight": f"{strength:g}", "max_weight": f"{max(strength, 0.5):g}"}
    if named not in KINDS:
        keys |= {"instrument": named}
    if leveraged and fund is not None:
        keys |= {"kind": "fund", "leverage": f"{fund.leverage:g}"}
    keys |= {"sizing": "fixed", "underlying": config.read}
    yield from _as_settings(config, keys)
    if named in OPTIONS:
        yield from UNSTOPPED


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

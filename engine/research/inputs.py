"""What combinations may read, before any of them runs: by it a sweep, a search and a walk-forward are known."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from data.arrays import day
from data.errors import DataError, UserError
from data.families import FUNDS, kin
from data.fingerprint import ABSENT, all_reads, fingerprint
from data.market import Market, recorded
from data.sources import BARS, Source
from engine.analytics.protective_put import put_reads
from engine.config import RunConfig
from engine.evaluate_strategy import intensity_of
from engine.hedges import roles_of
from engine.keys import below_leg
from engine.plain import Keys
from engine.reads import resolved, run_reads, strategy_reads
from engine.research.grid import with_values
from engine.runs.identity import classes_in
from strategies import parameters
from strategies.base import Strategy
from strategies.load import SHIPPED, fresh, strategy_class

Tried = Mapping[Keys, Sequence[Any] | None]
"""The values that are tried of each key; ``None`` where they are numbers, too many to be named."""

MOST = 1024
"""Combinations of names that are asked for what they read; where there are more, all that the source holds counts."""


class Inputs(NamedTuple):
    """What combinations may read.

    Parameters
    ----------
    data
        A hash of each input, by kind and name such as ``bars/SOXX``: other values of any make another sweep.
    named
        What is certainly read, of the same names: a part of that, and all of it that workers are sent beforehand.
    """

    data: dict[str, str]
    named: frozenset[str]


def inputs_of(
    config: RunConfig, tried: Tried, market: Market, source: Source, read: frozenset[str], *, stitched: bool = False
) -> Inputs:
    """Return what combinations may read.

    That is what their configs and strategies say that they read. Where one doesn't say, by `Strategy.reads` or by
    rules, or may read more than it says, all that the source holds counts: the base run's was asked, but another
    combination of a class of one's own may read what that one doesn't, unless it is made of rules alone.

    Parameters
    ----------
    config, tried
        The base run, and the values that are tried.
    market
        The base run's.
    source
        Where real history comes from.
    read
        What the base run's strategy has read, as `dry_reads` returns it.
    stitched
        Whether combinations run over parts of the history, each audited by itself, and a book is stitched of them
        that has controls: a walk-forward's.
    """
    own, declared = _reads(config, source), _declared(config, tried, source)
    named = read | own | (declared or frozenset())
    known = declared is not None and named <= own | declared
    reads = named if known else named | all_reads(source)
    if stitched or any(_reopens(keys) for keys in tried):
        reads |= _audited(config, tried)
    if stitched:
        reads |= put_reads(source)
    data = fingerprint(source, reads, _last(config, tried, market, source, reads)) | market.fingerprint(())
    return Inputs(data, frozenset(read for read in named if "/" in read and data[read] != ABSENT))


def dry_reads(config: RunConfig, market: Market) -> frozenset[str]:
    """Return what a run's strategies read that give an intensity, by asking them for it; raises StrategyError."""
    view = recorded(market)
    for named in config.strategies:
        with fresh(named.named) as cls:
            if issubclass(cls, Strategy):
                intensity_of(parameters.make(cls, named.params), view)
    return frozenset(view.reads)


def _says(named: str, *, varied: bool) -> bool:
    """Return whether a class says what it reads: all of it where it is varied and wasn't asked for each variant."""
    cls: Any = strategy_class(named)
    if not issubclass(cls, Strategy):
        return False
    if varied and named not in SHIPPED and (cls.intensity, cls.inputs) != (Strategy.intensity, Strategy.inputs):
        return False
    return cls.reads is not Strategy.reads or cls.rules is not Strategy.rules


def _declared(config: RunConfig, tried: Tried, source: Source) -> frozenset[str] | None:
    """Return what all combinations say that they read; None where one doesn't say, or they are too many to ask."""
    classes = (*(each.named for each in config.strategies), *classes_in(tried))
    ours = all(named in SHIPPED for named in classes)
    varied = any("strategy" in (keys[0], *below_leg(keys)[:1]) or _reopens(keys) for keys in tried)
    if not all(_says(named, varied=varied) for named in classes):
        return None
    naming = {keys: values for keys, values in tried.items() if _names(keys, values, ours=ours)}
    if math.prod(MOST + 1 if values is None else len(values) for values in naming.values()) > MOST:
        return None
    declared: frozenset[str] = frozenset()
    for variant in _variants(config, naming):
        declared |= _reads(variant, source)
    return declared


def _names(keys: Keys, values: Sequence[Any] | None, *, ours: bool) -> bool:
    """Return whether what is read may depend on a key: on names, and on numbers only in a strategy of one's own."""
    numbers = values is None or all(isinstance(value, int | float) and not isinstance(value, bool) for value in values)
    below = below_leg(keys)
    if "strategy" in (keys[0], *below[:1]):
        return not (ours and numbers)
    if below:
        return below[0] in ("kind", "instrument", "underlying")
    return keys[0] in ("data", "portfolio", "execution") and not numbers


def _variants(config: RunConfig, naming: Tried) -> Iterator[RunConfig]:
    """Yield the config of each combination; one that contradicts itself reads nothing: its rows fail."""
    for values in itertools.product(*(several or () for several in naming.values())):
        try:
            variant = with_values(config, dict(zip(naming, values, strict=True)))
            strategy_reads(variant, roles_of(variant))
        except UserError:
            continue
        yield variant


def _reads(config: RunConfig, source: Source) -> frozenset[str]:
    """Return what one run reads, as far as its config and its strategy say."""
    roles = roles_of(config)
    return resolved(run_reads(config, roles, source) | strategy_reads(config, roles), source)


def _reopens(keys: Keys) -> bool:
    """Return whether a key makes rows open another market than the base run's, which is audited by itself."""
    if below := below_leg(keys):
        return below[0] in ("kind", "instrument", "underlying", "leverage", "option")
    if keys[0] in ("portfolio", "execution"):
        return keys[1] in ("core", "cash_rate")
    return keys[0] in ("data", "start", "end", "underlying")


def _audited(config: RunConfig, tried: Tried) -> frozenset[str]:
    """Return what the audit of any combination's market may compare it with."""
    apart = {keys: values for keys, values in tried.items() if "strategy" not in (keys[0], *below_leg(keys)[:1])}
    naming = {keys: values for keys, values in apart.items() if _names(keys, values, ours=True)}
    traded = {name for variant in (config, *_variants(config, naming)) for name in _traded(variant)}
    funds = [FUNDS[name] for name in traded if name in FUNDS]
    bars = {peer for name in {*traded, *(fund.underlying for fund in funds)} for peer in (name, *kin(name))}
    return frozenset((*(f"bars/{name}" for name in bars), *(f"series/{etf.earlier}" for etf in funds if etf.earlier)))


def _traded(config: RunConfig) -> tuple[str, ...]:
    roles = roles_of(config)
    return (*roles.listed, roles.underlying)


def _last(config: RunConfig, tried: Tried, market: Market, source: Source, reads: frozenset[str]) -> np.datetime64:
    """Return the last day that any combination may read: no run goes on after the last bar there is.

    The prices of history that is made hang on the first real bar behind it, which may lie after the end.
    """
    ends = tried.get(("end",), (config.end,)) or (None,)
    newest = [last for read in reads if read.startswith("bars/") for last in _newest(source, read[5:])]
    latest: np.datetime64 = max(newest)
    if None in ends or any(keys[:2] == ("data", "extend") for keys in tried):
        return latest
    held = source.names(BARS)
    last = [*map(day, ends), *(first for name, first in market.synthetic.items() if name in held)]
    return min(latest, max(last))


def _newest(source: Source, name: str) -> list[np.datetime64]:
    try:
        return list(source.read(BARS, name).dates[-1:]) if name in source.names(BARS) else []
    except DataError:
        return []

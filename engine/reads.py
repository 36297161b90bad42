"""What a run reads, by its config and its strategy, before anything runs; what is lacking is told at once."""

from __future__ import annotations

from data.errors import DataError
from data.families import CHIP_MAKERS, chip_makers
from data.fingerprint import INSTRUMENTS
from data.roles import Roles
from data.sources import BARS, EVENTS, KINDS, MEMBERS, SERIES, Source
from data.store import can_be_pulled, symbol_of
from engine.config import RunConfig
from engine.options import ITS_INSTRUMENT, VOLATILITY_INDEX
from strategies import parameters
from strategies.base import Strategy
from strategies.inputs import Reads
from strategies.load import fresh

PLACES = {"store": "the store", "embedded": "the embedded market", "demo": "the demo market"}
"""What sources that aren't a folder are called, by their names."""
SOME = 8
"""Chip makers that are proposed where the data hold none."""


def strategy_reads(config: RunConfig, roles: Roles) -> Reads:
    """Return what a run's strategies say that they read; nothing of one that doesn't say."""
    reads = Reads()
    for named in config.strategies:
        with fresh(named.named) as cls:
            if issubclass(cls, Strategy):
                strategy: Strategy = parameters.make(cls, named.params)
                reads |= strategy.reads(roles)
    return reads


def run_reads(config: RunConfig, roles: Roles, source: Source) -> Reads:
    """Return what is traded, what extends it, and the cash rate."""
    rate, drivers = config.execution.cash_rate, {each.underlying for each in config.data.extend.values()}
    rates, there = (rate,) if isinstance(rate, str) else (), set(source.names(BARS))
    own = Reads((*roles.listed, roles.underlying, *sorted(drivers & there)), (*sorted(drivers - there), *rates))
    return own | option_reads(roles)


def option_reads(roles: Roles) -> Reads:
    """Return what an option's volatility is made of, where a hedge is one."""
    options = any(hedge.kind == "option" for hedge in roles.hedges)
    return Reads((ITS_INSTRUMENT,), (VOLATILITY_INDEX,)) if options else Reads()


def fed(config: RunConfig, roles: Roles) -> frozenset[str]:
    """Return what a run is fed whatever its strategy reads, by kind and name such as ``bars/SOXX``."""
    rate = config.execution.cash_rate
    own = Reads((*roles.listed, roles.underlying), (rate,) if isinstance(rate, str) else ()) | option_reads(roles)
    return frozenset(f"{kind}/{name}" for kind, names in own.by_kind() for name in names)


def resolved(reads: Reads, source: Source) -> frozenset[str]:
    """Return what is read of a source, by kind and name, chip makers and a group's members by theirs."""
    names = {f"{kind}/{name}" for kind, several in (*reads.by_kind(), (SERIES, reads.optional)) for name in several}
    if reads.chip_makers or reads.members:
        there = source.names(BARS)
        members = {symbol for group in reads.members for symbol in _symbols(source, group)} & set(there)
        chips = chip_makers(there) if reads.chip_makers else ()
        names |= {INSTRUMENTS, *(f"bars/{name}" for name in (*members, *chips))}
    return frozenset(names)


def _symbols(source: Source, group: str) -> list[str]:
    try:
        return list(map(str, source.read(MEMBERS, group).symbols)) if group in source.names(MEMBERS) else []
    except DataError:
        return []


def check_held(config: RunConfig, roles: Roles, reads: Reads, source: Source) -> None:
    """Raise DataError naming all that the source lacks for a run, whose strategy reads so much, with a remedy."""
    lacking = lacking_of(config, roles, reads, source)
    if lacking != Reads():
        where = PLACES.get(source.name) or config.data.path or source.name
        named = [f"{kind} of {', '.join(names)}" for kind, names in lacking.by_kind() if names]
        named += ["bars of chip makers"] if lacking.chip_makers else []
        raise DataError(f"{where} lacks {', '.join(named)}: {_remedy(lacking, source)}")


def lacking_of(config: RunConfig, roles: Roles, reads: Reads, source: Source) -> Reads:
    """Return all that a source lacks for a run, whose strategy reads so much."""
    reads = option_reads(roles) | reads
    if source.name == "store":
        reads = run_reads(config, roles, source) | reads
    there = {kind: source.names(kind) for kind in KINDS}
    return Reads(
        tuple(name for name in reads.bars if name not in (*there[BARS], *config.data.extend)),
        tuple(name for name in reads.series if name not in there[SERIES]),
        tuple(name for name in reads.events if name not in there[EVENTS]),
        tuple(name for name in reads.members if name not in there[MEMBERS]),
        reads.chip_makers and not chip_makers(there[BARS]),
    )


def to_pull(lacking: Reads) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return by which symbols what is lacking can be pulled, and the names of all that has to be imported."""
    chips = CHIP_MAKERS[:SOME] if lacking.chip_makers else ()
    pulled = [name for name in lacking.series if can_be_pulled(SERIES, name)]
    symbols = [symbol_of(BARS, name) for name in lacking.bars + chips]
    own = [name for name in lacking.series if name not in pulled]
    return (*symbols, *(symbol_of(SERIES, name) for name in pulled)), (*own, *lacking.events, *lacking.members)


def _remedy(lacking: Reads, source: Source) -> str:
    """Return how to get what is lacking."""
    if source.name == "store":
        symbols, own = to_pull(lacking)
        remedies = [f"backtest data pull {' '.join(symbols)}"] if symbols else []
        remedies += [f"backtest data import FILE --name {name}" for name in own]
        return "; ".join(remedies)
    if source.name == "csv":
        chips = CHIP_MAKERS[:SOME] if lacking.chip_makers else ()
        files = [f"{kind}/{name}.csv" for kind, names in lacking.by_kind() for name in names]
        return f"add {', '.join(files + [f'bars/{name}.csv' for name in chips])}"
    return "choose another, or give real history with --data DIR"

"""What a run needs of its source: all that is lacking is told in one line, with how to get it, before anything runs."""

from __future__ import annotations

from data.errors import DataError
from data.families import CHIP_MAKERS, chip_makers
from data.market import Roles
from data.sources import Source
from data.store import BARS, SERIES, can_be_pulled, symbol_of
from engine.config import RunConfig
from strategies import parameters
from strategies.base import Strategy
from strategies.inputs import Reads
from strategies.load import fresh

SOME = 8
"""Chip makers that are proposed where the data hold none."""


def check_held(config: RunConfig, roles: Roles, reads: Reads, source: Source) -> None:
    """Raise DataError naming everything that the source lacks for a run, whose strategy reads so much, and the cure."""
    if source.name == "store":
        reads = run_reads(config, roles, source) | reads
    lacking = Reads(
        tuple(name for name in reads.bars if name not in (*source.instruments(), *config.data.extend)),
        tuple(name for name in reads.series if name not in source.series_names()),
        tuple(name for name in reads.events if name not in source.event_names()),
        tuple(name for name in reads.members if name not in source.member_names()),
        reads.chip_makers and not chip_makers(source.instruments()),
    )
    if lacking != Reads():
        raise DataError(f"{_where(config, source)} lacks {_named(lacking)}: {_cure(lacking, source)}")


def strategy_reads(config: RunConfig, roles: Roles) -> Reads:
    """Return what a run's strategy says that it reads; nothing where it doesn't say."""
    with fresh(config.strategy.named) as cls:
        if not issubclass(cls, Strategy):
            return Reads()
        strategy: Strategy = parameters.make(cls, config.strategy.params)
        return strategy.reads(roles)


def run_reads(config: RunConfig, roles: Roles, source: Source) -> Reads:
    """Return what is traded, what extends it, and the cash rate."""
    rate, drivers = config.execution.cash_rate, {each.underlying for each in config.data.extend.values()}
    rates, there = (rate,) if isinstance(rate, str) else (), set(source.instruments())
    bars = tuple(dict.fromkeys((*roles.traded, roles.underlying, *sorted(drivers & there))))
    return Reads(bars, (*sorted(drivers - there), *rates))


def _where(config: RunConfig, source: Source) -> str:
    return {"store": "the store", "demo": "the demo market"}.get(source.name) or config.data.path or source.name


def _named(lacking: Reads) -> str:
    """Return what is lacking, as a person reads it."""
    told = [f"{kind} of {', '.join(names)}" for kind, names in lacking.by_kind() if names]
    return ", ".join([*told, *(["bars of chip makers"] if lacking.chip_makers else [])])


def _cure(lacking: Reads, source: Source) -> str:
    """Say how to get what is lacking."""
    chips = CHIP_MAKERS[:SOME] if lacking.chip_makers else ()
    if source.name == "store":
        pulled = [name for name in lacking.series if can_be_pulled(SERIES, name)]
        symbols = [symbol_of(BARS, name) for name in lacking.bars + chips] + [symbol_of(SERIES, one) for one in pulled]
        own = [name for name in lacking.series if name not in pulled]
        cures = [f"backtest data pull {' '.join(symbols)}"] if symbols else []
        cures += [f"backtest data import FILE --name {name}" for name in (*own, *lacking.events, *lacking.members)]
        return "; ".join(cures)
    if source.name == "csv":
        files = [f"{kind}/{name}.csv" for kind, names in lacking.by_kind() for name in names]
        return f"add {', '.join(files + [f'bars/{name}.csv' for name in chips])}"
    return "choose another, or give real history with --data DIR"

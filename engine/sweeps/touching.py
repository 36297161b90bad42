"""What only some combinations read: asked for beforehand, so that a sweep is known by all its data."""

from __future__ import annotations

from data.families import chip_makers
from data.market import Market
from engine.config import RunConfig
from engine.held import strategy_reads
from engine.sweeps.grid import Grid, with_values
from strategies.inputs import Reads


def touch(market: Market, config: RunConfig, grid: Grid) -> None:
    """Ask a market for what strategies read under the values of its axes, so that its fingerprint holds it.

    Of a strategy that doesn't tell what it reads, what only other parameters make it read isn't known. What the market
    lacks is left out: it fails the rows that read it.
    """
    for axis in grid.axes:
        if axis.keys[0] == "strategy" and not all(isinstance(value, int | float) for value in axis.values):
            for value in axis.values:
                _ask(market, strategy_reads(with_values(config, {axis.keys: value}), market.roles))


def _ask(market: Market, reads: Reads) -> None:
    chips = chip_makers(market.instruments()) if reads.chip_makers else ()
    for name in filter(market.has_bars, (*reads.bars, *chips)):
        market.bars(name)
    for name in filter(market.has_series, reads.series):
        market.series(name)
    for name in filter(market.has_events, reads.events):
        market.events(name)
    for name in filter(market.has_members, reads.members):
        market.members(name)

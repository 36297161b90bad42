"""What is known of names: who makes chips."""

from __future__ import annotations

from data.families import CHIP_MAKERS, chip_makers
from data.sources import BARS, MEMBERS
from data.sources.demo import DemoSource


def test_chip_makers_are_those_that_are_there():
    assert len(set(CHIP_MAKERS)) == len(CHIP_MAKERS)
    assert chip_makers(("SPY", "NVDA", "SOXX", "AMD", "CHIPS")) == ("AMD", "NVDA")
    assert chip_makers(()) == ()


def test_the_demo_market_has_twenty():
    source = DemoSource()
    assert chip_makers(source.names(BARS)) == tuple(source.read(MEMBERS, "chips").symbols)

"""What is known of names: who makes chips, and what is published late."""

from __future__ import annotations

import pytest

from data.families import CHIP_MAKERS, chip_makers, published_late
from data.sources import BARS, MEMBERS, fred
from data.sources.demo import DemoSource


def test_chip_makers_are_those_that_are_there():
    assert len(set(CHIP_MAKERS)) == len(CHIP_MAKERS)
    assert chip_makers(("SPY", "NVDA", "SOXX", "AMD", "CHIPS")) == ("AMD", "NVDA")
    assert chip_makers(()) == ()


def test_the_demo_market_has_twenty():
    source = DemoSource()
    assert chip_makers(source.names(BARS)) == tuple(source.read(MEMBERS, "chips").symbols)


@pytest.mark.parametrize("name", [*fred.KNOWN, "DGS20", "DGS3MO", "DTB6", "BAMLH0A0HYM2", "T10Y3M", "SOFR"])
def test_what_fred_publishes_daily_is_a_session_late(name):
    assert published_late(name) == fred.LAG == 1


@pytest.mark.parametrize("name", ["IRX", "TNX", "VIX", "VIX3M", "SOX", "SOXX_PE", "T", "DGSX", "TSM"])
def test_quotes_of_the_day_are_not(name):
    assert published_late(name) == 0

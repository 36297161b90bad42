"""What only some combinations read is in a sweep's fingerprint, so that other data make another sweep."""

import numpy as np
from markets import make_bars, make_market, make_series, nyse

from engine.loading import build_config
from engine.sweeps.grid import grid_of
from engine.sweeps.touching import touch

DATES = nyse("2020-01-02", 30)


def market(level):
    flat = np.full(len(DATES), 10.0)
    series = [make_series("A", DATES, flat), make_series("B", DATES, flat * level)]
    return make_market(make_bars("CORE", DATES, flat), make_bars("FUND", DATES, flat), *series)


def swept(*axes):
    config = build_config({"strategy": {"class": "SeriesHedge", "params": {"series": "A"}}})
    return config, grid_of(config, axes)


def test_a_series_that_one_value_names_is_asked_for():
    prints = []
    for level in (1.0, 2.0):
        held = market(level)
        touch(held, *swept("series=A,B,ABSENT", "over=10,20"))
        prints.append(held.fingerprint())
    assert {"series/A", "series/B"} <= set(prints[0])
    assert prints[0]["series/ABSENT"] == "absent"
    assert prints[0]["series/B"] != prints[1]["series/B"]


def test_numbers_name_nothing():
    held = market(1.0)
    touch(held, *swept("over=10,20"))
    assert "series/B" not in held.fingerprint()

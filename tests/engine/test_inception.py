"""A start before an inception: the keys that make what is before are told, and they help."""

import shlex

import numpy as np
import pytest
from markets import MemorySource, make_bars, make_series, nyse

from data.errors import DataError
from engine.loading import build_config
from engine.setup import open_market

DATES = nyse("2020-01-02", 60)
LEVEL = 1000 * np.cumprod(1 + np.random.default_rng(3).normal(0.001, 0.02, 60))


def source(**series):
    bars = {
        "SOXX": make_bars("SOXX", DATES[10:], LEVEL[10:] / 25),
        "SOXS": make_bars("SOXS", DATES[30:], 1000 / LEVEL[30:]),
    }
    rate = {"IRX": make_series("IRX", DATES[:1], [2.0])}
    return MemorySource(bars, {name: held for name, held in (rate | series).items() if held is not None})


SOX = make_series("SOX", DATES, LEVEL)


def refused(start, held, *settings):
    with pytest.raises(DataError) as caught:
        open_market(build_config({"start": start, "data": {"accept": []}}, settings), held)
    return str(caught.value)


def opened(start, held, said):
    """Open a market with the settings that were told."""
    line = said.partition("fund model: ")[2].partition(" (in YAML")[0]
    settings = [word for word in shlex.split(line) if word != "--set"]
    return open_market(build_config({"start": start}, settings), held)


def test_the_hedge_is_made_of_its_underlying():
    said = refused(str(DATES[15]), source())
    assert said == (
        f"SOXS begins {DATES[30]}, after start {DATES[15]}: set start to {DATES[30]} or later, or have what is before "
        "made by the fund model: --set data.extend.SOXS.underlying=SOXX "
        "(in YAML, data: {extend: {SOXS: {underlying: SOXX}}})"
    )
    market = opened(str(DATES[15]), source(), said)
    assert (market.run_sessions[0], dict(market.synthetic)) == (DATES[15], {"SOXS": DATES[30]})


def test_both_are_made_where_the_index_reaches_back():
    said = refused(str(DATES[5]), source(SOX=SOX))
    assert "--set data.extend.SOXX.underlying=SOX --set data.extend.SOXS.underlying=SOXX (in" in said
    assert set(opened(str(DATES[5]), source(SOX=SOX), said).synthetic) == {"SOXX", "SOXS"}


def test_nothing_is_proposed_that_would_not_help():
    later = "SOXX begins 2020-01-16, after start 2020-01-09: set start to 2020-01-16 or later"
    assert refused(str(DATES[5]), source()) == later
    assert refused(str(DATES[5]), source(SOX=make_series("SOX", DATES[8:], LEVEL[8:]))) == later
    late_rate = make_series("IRX", DATES[20:21], [2.0])
    assert refused(str(DATES[15]), source(IRX=late_rate)).endswith(f"set start to {DATES[30]} or later")


def test_what_was_asked_for_stays():
    said = refused(str(DATES[5]), source(SOX=SOX), "data.extend.SOXX.underlying=SOX")
    assert "--set data.extend.SOXS.underlying=SOXX (in" in said
    assert "data.extend.SOXX" not in said

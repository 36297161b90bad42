"""What a run needs of its source: all that is lacking in one line, with how to get it."""

import re
from dataclasses import replace

import numpy as np
import pytest
from markets import make_bars, make_series, nyse, source_of

from data.errors import DataError
from engine.loading import build_config
from engine.reads import check_held, strategy_reads
from engine.setup import open_market, roles_of

DATES = nyse("2020-01-02", 5)


def config(cls, source="demo", **params):
    return build_config({"data": {"source": source}, "strategy": {"class": cls, "params": params}})


def check(config, *names, called="demo"):
    flat = np.full(len(DATES), 10.0)
    held = [make_series(n, DATES, flat) if n in ("VIX", "TNX", "IRX") else make_bars(n, DATES, flat) for n in names]
    roles = roles_of(config)
    check_held(config, roles, strategy_reads(config, roles), replace(source_of(*held), name=called))


def test_what_a_strategy_reads_is_asked_for_before_anything_runs():
    check(config("SeriesHedge"), "SOXX", "SOXS", "VIX")
    with pytest.raises(DataError, match=re.escape("the demo market lacks series of VIX: choose another")):
        check(config("SeriesHedge"), "SOXX", "SOXS")


def test_the_store_names_everything_at_once_and_the_commands_that_get_it():
    with pytest.raises(DataError) as fault:
        check(config("RotationHedge", "store"), "SOXX", called="store")
    assert str(fault.value) == (
        "the store lacks bars of SOXS, SPY, XLP, XLU, XLV, series of IRX: backtest data pull SOXS SPY XLP XLU XLV ^IRX"
    )
    with pytest.raises(DataError, match="data import FILE --name fomc_dates; backtest data import FILE"):
        check(config("CalendarHedge", "store"), "SOXX", "SOXS", "IRX", called="store")
    with pytest.raises(DataError, match="lacks bars of chip makers: backtest data pull NVDA AVGO"):
        check(config("BreadthHedge", "store"), "SOXX", "SOXS", "IRX", called="store")


def test_a_folder_names_the_files_to_add():
    asked = config("CompositeHedge", signals={"a": {"signal": "days_to_event", "events": "fed", "at_most": 3}})
    with pytest.raises(DataError, match=re.escape("lacks events of fed: add events/fed.csv")):
        check(asked, "SOXX", "SOXS", called="csv")
    asked = config("BreadthHedge", members="index")
    with pytest.raises(DataError, match=re.escape("lacks members of index: add members/index.csv")):
        check(asked, "SOXX", "SOXS", called="csv")


def test_the_optional_vix_of_volatility_is_not_asked_for():
    check(config("VolatilityHedge"), "SOXX", "SOXS")
    with pytest.raises(DataError, match="lacks series of PE"):
        check(config("ValuationHedge", valuation="PE"), "SOXX", "SOXS")


def test_an_option_asks_for_what_its_volatility_is_made_of():
    put = build_config({"data": {"source": "demo"}, "hedge": {"kind": "option"}})

    check(put, "SOXX", "SPY", "VIX")
    with pytest.raises(DataError, match=re.escape("lacks bars of SPY, series of VIX: add bars/SPY.csv, series/VIX")):
        check(put, "SOXX", called="csv")
    store = put.model_copy(update={"data": put.data.model_copy(update={"source": "store"})})
    with pytest.raises(DataError, match=re.escape("backtest data pull SPY ^VIX")):
        check(store, "SOXX", "IRX", called="store")


def test_the_hedge_that_begins_late_is_named_with_its_day():
    flat = np.full(len(DATES), 10.0)
    late = [make_bars("TLT", DATES[3:], flat[3:])]
    source = source_of(*(make_bars(name, DATES, flat) for name in ("SOXX", "SOXS")), *late)
    hedges = [{"weight": 0.1}, {"kind": "asset", "instrument": "TLT", "weight": 0.1}]
    asked = build_config({"start": DATES[0].item(), "hedges": hedges, "execution": {"cash_rate": 0.0}})

    with pytest.raises(DataError, match=f"TLT begins {DATES[3]}, after start {DATES[0]}: set start to {DATES[3]}"):
        open_market(asked, source)

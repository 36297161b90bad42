"""Source ``store``: what was kept, as a run reads it."""

from dataclasses import replace

import numpy as np
import pytest
from markets import days, make_bars, make_series, nyse

from data.errors import DataError
from data.market import load_market
from data.repairs import Repair
from data.roles import Roles
from data.series import index_bars
from data.sources import BARS, SERIES
from data.store import Origin, Store

ORIGIN = Origin("import", "x.csv", "1", "2026-08-21T20:15:00Z")


@pytest.fixture
def source(tmp_path):
    store = Store(tmp_path)
    dates = nyse("2024-01-02", 5)
    for name, close in (("CORE", [10, 11, 12, 13, 14]), ("FUND", [40, 39, 38, 37, 36])):
        store.put(make_bars(name, dates, close), ORIGIN)
    store.put(make_series("PE", dates[:4], [1, 2, 3, 4], lag=2), ORIGIN)
    store.put(make_series("SOX", days("2024-01-01", "2024-01-02", "2024-01-03"), [5, 6, 7]), ORIGIN)
    index = {"open": np.array([1.0, 2, 3]), "high": np.array([8.0, 8, 8]), "low": np.array([0.5, 0.5, 0.5])}
    ndx = make_series("NDX", days("2024-01-01", "2024-01-02", "2024-01-03"), [5, 6, 7])
    store.put(replace(ndx, prices=index), ORIGIN)
    return store


def test_it_names_what_it_holds(source):
    assert source.names(BARS) == ("CORE", "FUND")
    assert source.names(SERIES) == ("NDX", "PE", "SOX")
    assert (source.name, source.simulated) == ("store", False)


def test_bars_come_with_their_repairs(source):
    source.set_repairs([Repair("FUND-x", "FUND", "split", np.datetime64("2024-01-04"), 0.5)])

    assert source.read(BARS, "FUND").split[2] == 0.5
    assert source.read(BARS, "CORE").split[2] == 1
    source.set_repairs([])
    assert source.read(BARS, "FUND").split[2] == 1


def test_a_series_is_known_as_late_as_it_was_kept(source):
    market = load_market(source, Roles.with_fund({"CORE": 1.0}, "FUND", "CORE", -3.0), np.datetime64("2024-01-02"))

    np.testing.assert_array_equal(market.series("PE"), [np.nan, np.nan, 1, 2, 3])


def test_an_index_has_its_own_opens_where_they_were_kept(source):
    own, derived = index_bars(source.read(SERIES, "NDX")), index_bars(source.read(SERIES, "SOX"))

    np.testing.assert_array_equal(own.dates, days("2024-01-02", "2024-01-03"))
    assert (list(own.open), list(own.high), list(own.low), list(own.close)) == ([2, 3], [8, 8], [0.5, 0.5], [6, 7])
    assert (list(derived.open), list(derived.high), list(derived.low)) == ([6, 6], [6, 7], [6, 6])
    assert np.isnan(own.volume).all()


@pytest.mark.parametrize(
    ("ask", "said"),
    [
        ("bars", "the store has no bars of QQQ: backtest data pull QQQ, or backtest data import FILE"),
        ("series", "the store has no series of QQQ: backtest data pull ^QQQ, or backtest data import FILE"),
    ],
)
def test_what_is_missing_is_told_with_what_to_pull(source, ask, said):
    with pytest.raises(DataError) as caught:
        source.read(ask, "QQQ")

    assert str(caught.value) == said

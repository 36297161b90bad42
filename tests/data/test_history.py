"""Real history: what is known of SOXS from elsewhere comes out of the files, through source, bars and calendar."""

from functools import lru_cache

import numpy as np
import pytest
from history import FOLDER, needs_history

from data.arrays import day
from data.audit.finding import ERROR
from data.audit.run import audit
from data.calendar import nyse_sessions
from data.market import load_market
from data.roles import Roles
from data.sources import BARS, SERIES
from data.sources.csv import CsvSource

pytestmark = needs_history

OLD_PER_NEW = {
    "2011-02-24": 5,
    "2013-08-20": 4,
    "2015-05-20": 4,
    "2017-05-01": 5,
    "2019-06-28": 10,
    "2020-08-28": 12,
    "2022-03-28": 10,
    "2024-04-15": 10,
    "2026-03-05": 20,
    "2026-07-15": 10,
}
ROLES = Roles.with_fund({"SOXX": 1.0}, "SOXS", "SOXX", -3.0)


@lru_cache
def bars(instrument):
    return CsvSource(FOLDER).read(BARS, instrument)


@lru_cache
def market():
    return load_market(CsvSource(FOLDER), ROLES, day("2010-06-01"))


def returns(instrument):
    """Simple total returns of the run's sessions but the first."""
    level = market().total_return(instrument)[market().first :]
    return level[1:] / level[:-1] - 1


def test_soxs_has_its_ten_reverse_splits():
    soxs = bars("SOXS")
    rows = np.flatnonzero(soxs.split != 1)
    assert dict(zip(soxs.dates[rows].astype(str), np.round(1 / soxs.split[rows], 6), strict=True)) == OLD_PER_NEW
    assert 1 / soxs.split.prod() == pytest.approx(960_000_000, rel=1e-6)


def test_soxs_began_at_its_first_price_as_traded():
    soxs = bars("SOXS")
    assert (soxs.dates[0], soxs.close[0]) == (day("2010-03-11"), 40.28)


def test_the_day_that_prompted_the_project_is_as_it_traded():
    soxs = bars("SOXS")
    row = int(np.searchsorted(soxs.dates, day("2026-01-07")))
    seen = [getattr(soxs, name)[row] for name in ("open", "high", "low", "close")]
    np.testing.assert_allclose(seen, [2.46, 2.52, 2.43, 2.45], atol=0.005)
    assert soxs.volume[row] == pytest.approx(271.8e6, abs=5e4)
    assert soxs.close[row] / soxs.close[row - 1] - 1 == pytest.approx(0.0294, abs=5e-5)


@pytest.mark.parametrize("instrument", ["SOXX", "SOXS"])
def test_every_session_of_the_exchange_has_a_bar(instrument):
    dates = bars(instrument).dates
    np.testing.assert_array_equal(dates, nyse_sessions(dates[0], dates[-1]))


def test_fund_and_underlying_align_so_nothing_is_cut_away():
    run = market().run_sessions
    np.testing.assert_array_equal(run, nyse_sessions(day("2010-06-01"), run[-1]))
    assert market().sessions[0] == day("2001-07-13")
    for instrument in ("SOXX", "SOXS"):
        assert not np.isnan(market().bars(instrument).close[market().first :]).any()


def test_the_fund_follows_minus_three_times_its_underlying_on_every_true_close():
    """No split, dividend or session is out of place: a single one would stand out by tens of percent."""
    missed = np.abs(returns("SOXS") + 3 * returns("SOXX"))
    assert missed.max() < 0.022


@pytest.mark.parametrize(("since", "slope"), [("2010-06-01", -3.002), ("2021-08-25", -2.993)])
def test_regressed_daily_the_fund_has_its_known_slope(since, slope):
    later = market().run_sessions[1:] >= day(since)
    index, fund = returns("SOXX")[later], returns("SOXS")[later]
    assert np.polyfit(index, fund, 1)[0] == pytest.approx(slope, abs=0.001)
    assert np.corrcoef(index, fund)[0, 1] ** 2 > 0.9965


@pytest.mark.parametrize(("years", "a_year"), [(3, -0.7751), (5, -0.7138), (10, -0.6814)])
def test_total_returns_are_the_issuer_s(years, a_year):
    """To 29 November 2022."""
    level, dates = bars("SOXS").total_return(), bars("SOXS").dates
    last = np.searchsorted(dates, day("2022-11-29"))
    first = np.searchsorted(dates, day(f"{2022 - years}-11-29"), side="right") - 1
    assert (level[last] / level[first]) ** (1 / years) - 1 == pytest.approx(a_year, abs=2e-4)


@pytest.mark.parametrize(("sessions", "share"), [(1, 0.45), (5, 0.39), (21, 0.30), (63, 0.19)])
def test_the_fund_gains_as_rarely_as_it_is_known_to(sessions, share):
    level = market().total_return("SOXS")[market().first :]
    assert (level[sessions:] > level[:-sessions]).mean() == pytest.approx(share, abs=0.01)


def test_at_one_open_the_underlying_s_print_is_bad():
    """2010-10-15: SOXX opens at 15.03, 6.4 % down, and SOXS hardly moves; a core fill price all the same."""
    soxx, soxs = market().bars("SOXX"), market().bars("SOXS")
    row = int(np.searchsorted(market().sessions, day("2010-10-15")))
    assert soxx.open[row] == pytest.approx(15.03, abs=0.005)
    apart = soxs.open[row] / soxs.close[row - 1] - 1 + 3 * (soxx.open[row] / soxx.close[row - 1] - 1)
    assert abs(apart) == pytest.approx(0.21, abs=0.02)


def test_days_without_volume_are_the_vendor_s_rounding_and_no_fault():
    soxs = bars("SOXS")
    empty = soxs.dates[(soxs.volume == 0) & (soxs.dates >= day("2010-06-01"))]
    assert (len(empty), empty[-1]) == (203, day("2013-11-29"))
    np.testing.assert_array_equal(market().run_sessions[np.isnan(market().volume("SOXS")[market().first :])], empty)


@pytest.mark.parametrize("name", ["SOX", "VIX", "VIX3M", "IRX", "DTB3", "SP500_forward_PE"])
def test_series_pass_the_checks_whatever_days_they_have(name):
    series = CsvSource(FOLDER).read(SERIES, name)
    assert len(series.dates) > 4000
    assert (np.diff(series.dates) > np.timedelta64(0, "D")).all()


def test_a_vendor_s_bad_row_is_read_and_found():
    """KLAC's low of 2015-03-30 is 1 % above its open."""
    klac = bars("KLAC")
    (row,) = np.flatnonzero(klac.dates == day("2015-03-30"))
    assert klac.low[row] / klac.open[row] - 1 == pytest.approx(0.0104, abs=5e-5)
    (found,) = (one for one in audit(CsvSource(FOLDER), ("KLAC",)) if one.severity == ERROR)
    assert (found.id, found.dates.astype(str).tolist()) == ("KLAC-range", ["2015-03-30"])

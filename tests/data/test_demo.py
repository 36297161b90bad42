"""The simulated market: it is whole, it looks like the sector, and it is the same everywhere."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import pytest

from data.arrays import Floats, day
from data.bars import COLUMNS, Bars
from data.calendar import nyse_sessions
from data.demo_market import CHIP_WEIGHTS, CHIPS, SECTOR_FEE, demo_market
from data.errors import DataError
from data.fund import fund_return
from data.rates import as_yield, days_between
from data.schema import check
from data.sources.demo import DemoSource

if TYPE_CHECKING:
    from data.sources import Source

SOURCE: Source = DemoSource()
FIRST_FUNDS = ("SOXL", "SOXS", "SOXX", "SPY", "XLI", "XLK", "XLP", "XLU", "XLV")
LATER_FUNDS = ("GLD", "QQQ", "SQQQ", "TLT", "VIXY")
FUNDS = tuple(sorted((*FIRST_FUNDS, *LATER_FUNDS)))
SERIES = ("HY_SPREAD", "IRX", "SOXX_PE", "TNX", "VIX", "VIX3M")
FIRST_SERIES = ("IRX", "SOXX_PE", "VIX", "VIX3M")
BYTES = "fffa5d4c329bb962a9ac9a682ea765cd0032e4c631af5027d3cb5fb2d5b78444"
"""Of the first bars and series: a change of the simulation shows here, and so does a platform that differs."""
LATER = "bdbb2fcdc1edc470b24b2e4cf32d15b58e1e400c543a82b7dabcb7efc0692a33"
"""Of the series that came later, the events and the members."""
LATER_BARS = "7668e0ab969c41dd00a1c7fc5d066f8506c92444ab00c2102979d7fdf7078a31"
"""Of the funds that came later."""
EVENTS = ("cpi_release_dates", "fomc_dates", "megacap_earnings", "semis_earnings_dates")


def returns(instrument: str) -> Floats:
    """Simple total returns from the second session on."""
    level = SOURCE.read("bars", instrument).total_return()
    return level[1:] / level[:-1] - 1


def overnight(bars: Bars) -> Floats:
    """Simple total returns from close to open, from the second session on."""
    return (bars.open[1:] + bars.dividend[1:]) * bars.split[1:] / bars.close[:-1] - 1


def since_start(instrument: str) -> Floats:
    """Total-return level from the shipped runs' start."""
    bars = SOURCE.read("bars", instrument)
    return bars.total_return()[bars.dates >= day("2010-06-01")]


def autocorrelation(values: Floats, lag: int) -> float:
    return float(np.corrcoef(values[:-lag], values[lag:])[0, 1])


def kurtosis(values: Floats) -> float:
    centred = values - values.mean()
    return float((centred**4).mean() / (centred**2).mean() ** 2)


def deepest(level: Floats) -> float:
    return float((level / np.maximum.accumulate(level) - 1).min())


# Whole


def test_it_says_what_it_is_and_what_it_holds() -> None:
    assert (SOURCE.name, SOURCE.simulated) == ("demo", True)
    assert SOURCE.names("bars") == (*CHIPS, *FUNDS)
    assert SOURCE.names("series") == SERIES
    assert (SOURCE.names("events"), SOURCE.names("members")) == (EVENTS, ("chips",))


@pytest.mark.parametrize("instrument", (*CHIPS, *FUNDS))
def test_bars_pass_the_schema_on_every_session(instrument: str) -> None:
    bars = SOURCE.read("bars", instrument)
    frame = pd.DataFrame({"date": bars.dates, **{name: getattr(bars, name) for name in COLUMNS}})
    check("bars", frame, instrument)
    assert bars.instrument == instrument
    assert (bars.volume > 0).all()
    np.testing.assert_array_equal(bars.dates, nyse_sessions(day("2009-01-02"), day("2026-06-30")))


@pytest.mark.parametrize("name", SERIES)
def test_series_pass_the_schema(name: str) -> None:
    series = SOURCE.read("series", name)
    check("series", pd.DataFrame({"date": series.dates, "value": series.values}), name)
    assert (series.name, series.lag, series.known) == (name, 0, None)
    assert len(series.dates) == len(SOURCE.read("bars", "SOXX"))


def test_a_wrong_name_is_told_with_the_near_one() -> None:
    with pytest.raises(DataError, match=r"no bars of SOXZ, did you mean SOX[XLS]\?: it has CHIP01, "):
        SOURCE.read("bars", "SOXZ")
    with pytest.raises(DataError, match=r"no series of VIX3, did you mean VIX3M\?: it has HY_SPREAD, "):
        SOURCE.read("series", "VIX3")
    with pytest.raises(DataError, match=r"no events of fomc_date, did you mean fomc_dates\?: it has cpi"):
        SOURCE.read("events", "fomc_date")
    with pytest.raises(DataError, match=r"no members of banks: it has chips"):
        SOURCE.read("members", "banks")


def test_nobody_can_write_into_it() -> None:
    bars, series = SOURCE.read("bars", "SOXS"), SOURCE.read("series", "VIX")
    columns = [bars.dates, *(getattr(bars, name) for name in COLUMNS), series.dates, series.values]
    assert not any(column.flags.writeable for column in columns)


# Like the sector


def test_the_sector_has_the_sector_s_stylised_facts() -> None:
    r, level = np.log1p(returns("SOXX")), since_start("SOXX")
    assert 0.28 < r.std() * 252**0.5 < 0.36
    assert 4 < kurtosis(r) < 20
    assert autocorrelation(np.abs(r), 1) > 0.1
    assert autocorrelation(np.abs(r), 10) > 0.1
    assert abs(autocorrelation(r, 1)) < 0.1
    assert 0.15 < (level[-1] / level[0]) ** (252 / (len(level) - 1)) - 1 < 0.25
    assert -0.50 < deepest(level) < -0.35
    assert -0.20 < r.min() < -0.10
    assert 0.30 < np.log1p(overnight(SOURCE.read("bars", "SOXX"))).var() / r.var() < 0.50


def test_the_hedge_decays_and_sometimes_pays() -> None:
    level = since_start("SOXS")
    assert 0.15 < (level[63:] > level[:-63]).mean() < 0.30
    assert -0.80 < (level[-1] / level[0]) ** (252 / (len(level) - 1)) - 1 < -0.55


@pytest.mark.parametrize(("fund", "leverage"), [("SOXS", -3.0), ("SOXL", 3.0)])
def test_leveraged_funds_follow_the_model(fund: str, leverage: float) -> None:
    index, own = returns("SOXX"), returns(fund)
    slope = np.cov(own, index)[0, 1] / index.var(ddof=1)
    assert slope == pytest.approx(leverage, abs=0.05)
    assert np.corrcoef(own, index)[0, 1] ** 2 > 0.99
    f, days = as_yield("IRX", SOURCE.read("series", "IRX").values), days_between(SOURCE.read("bars", "SOXX").dates)
    missed = own - fund_return(index, f[:-1], days[1:], leverage)
    assert np.abs(missed).max() < 0.01
    assert abs(missed.mean()) < 1e-5
    opened = overnight(SOURCE.read("bars", fund)) - leverage * overnight(SOURCE.read("bars", "SOXX"))
    assert np.abs(opened).max() < 0.01


def test_reverse_splits_come_when_the_price_is_low_and_leave_the_return_alone() -> None:
    bars, index = SOURCE.read("bars", "SOXS"), returns("SOXX")
    rows = np.flatnonzero(bars.split != 1)
    assert len(rows) >= 5
    assert set(np.round(1 / bars.split[rows], 9)) <= {4, 5, 8, 10, 20}
    assert bars.low.min() > 1
    assert bars.high.max() < 500
    for row in rows:
        assert bars.close[row - 20 : row].min() < 5
        assert bars.close[row] > 2 * bars.close[row - 1]
        assert returns("SOXS")[row - 1] == pytest.approx(-3 * index[row - 1], abs=0.01)


def test_forward_splits_come_when_the_price_is_high() -> None:
    for fund in ("SOXX", "SOXL"):
        bars = SOURCE.read("bars", fund)
        rows = np.flatnonzero(bars.split != 1)
        assert len(rows)
        assert (bars.split[rows] > 1).all()
        assert (bars.close[rows] < bars.close[rows - 1]).all()
        assert np.abs(returns(fund)[rows - 1]).max() < 0.25


def test_distributions_are_quarterly_and_a_leveraged_fund_s_hang_on_the_rate() -> None:
    bars, hedge = SOURCE.read("bars", "SOXX"), SOURCE.read("bars", "SOXS")
    paid = np.flatnonzero(bars.dividend)
    assert len(paid) == 70
    assert 0.005 < (bars.dividend[paid] / bars.close[paid]).sum() / 17.5 < 0.009
    earned = as_yield("IRX", SOURCE.read("series", "IRX").values)[paid - 1]
    np.testing.assert_array_equal(hedge.dividend[paid] > 0, earned > 0.015)
    assert 0 < np.count_nonzero(hedge.dividend) < 40


def test_chip_makers_add_up_to_the_sector() -> None:
    days = days_between(SOURCE.read("bars", "SOXX").dates)[1:]
    whole = sum(weight * returns(chip) for weight, chip in zip(CHIP_WEIGHTS, CHIPS, strict=True))
    np.testing.assert_allclose(whole, returns("SOXX") + SECTOR_FEE * days / 365, atol=2e-5)
    levels = [since_start(chip) for chip in CHIPS]
    growth = [level[-1] / level[0] for level in levels]
    assert min(growth) < 2
    assert max(growth) > 50


def test_other_funds_move_with_the_sector_as_far_as_they_should() -> None:
    spy = returns("SPY")
    assert 0.65 < np.corrcoef(spy, returns("SOXX"))[0, 1] < 0.85
    for fund in ("XLI", "XLK", "XLP", "XLU", "XLV"):
        assert 0.4 < np.corrcoef(returns(fund), spy)[0, 1] < 0.98
        assert 0.10 < returns(fund).std() * 252**0.5 < 0.25


def test_what_hedges_otherwise_moves_otherwise() -> None:
    sector, spy = returns("SOXX"), returns("SPY")
    with_sector = {name: float(np.corrcoef(returns(name), sector)[0, 1]) for name in ("GLD", "QQQ", "TLT", "VIXY")}
    assert 0.75 < with_sector["QQQ"] < 0.95
    assert abs(with_sector["GLD"]) < 0.1
    assert -0.3 < with_sector["TLT"] < -0.05
    assert -0.7 < with_sector["VIXY"] < -0.3
    assert np.corrcoef(returns("QQQ"), spy)[0, 1] > 0.9
    np.testing.assert_allclose(np.polyfit(returns("QQQ"), returns("SQQQ"), 1)[0], -3.0, atol=0.05)
    level = since_start("VIXY")
    assert level[-1] < 0.05 * level[0]
    assert (SOURCE.read("bars", "VIXY").split < 1.0).any()


def test_volatility_indices_follow_volatility_and_invert_in_stress() -> None:
    vix, vix3m = SOURCE.read("series", "VIX").values, SOURCE.read("series", "VIX3M").values
    spy, inverted = returns("SPY"), vix > vix3m
    assert vix.min() > 9
    assert vix.max() < 85
    assert 15 < np.median(vix) < 20
    assert 0.03 < inverted.mean() < 0.15
    assert vix[inverted].mean() > 1.3 * vix[~inverted].mean()
    assert np.corrcoef(np.diff(np.log(vix)), spy)[0, 1] < -0.4
    ahead = np.array([spy[t : t + 21].std() for t in range(len(spy) - 21)])
    assert np.corrcoef(vix[: len(ahead)], ahead)[0, 1] > 0.4


def test_rates_and_valuations_stay_in_their_bands() -> None:
    bill, valuation = SOURCE.read("series", "IRX"), SOURCE.read("series", "SOXX_PE").values
    assert (bill.values[bill.dates < day("2015-10-01")] < 0.3).all()
    assert bill.values.min() > 0
    assert 4.5 < bill.values.max() < 5.6
    assert 10 < valuation.min() < 18
    assert 30 < valuation.max() < 60


def test_the_long_rate_stands_above_the_bill_but_when_that_is_dear() -> None:
    bill, ten_years = SOURCE.read("series", "IRX").values, SOURCE.read("series", "TNX").values
    assert ten_years.min() > 0.5
    assert ten_years.max() < 6
    assert (ten_years[bill < 1.5] > bill[bill < 1.5]).all()
    assert 0.05 < (ten_years < bill).mean() < 0.25
    assert 0.03 < np.diff(ten_years).std() < 0.08


def test_credit_is_dear_in_stress() -> None:
    spread, volatility = SOURCE.read("series", "HY_SPREAD").values, SOURCE.read("series", "VIX").values
    assert spread.min() > 2
    assert 3 < np.median(spread) < 5
    assert 5.5 < spread.max() < 12
    month = slice(None, None, 21)
    assert np.corrcoef(spread[month], volatility[month])[0, 1] > 0.5
    level = SOURCE.read("bars", "SPY").total_return()
    assert np.corrcoef(spread[21:] - spread[:-21], np.log(level[21:] / level[:-21]))[0, 1] < -0.3


def test_schedules_reach_a_year_beyond_and_are_as_many_as_they_should_be() -> None:
    def a_year(name: str) -> set[int]:
        years = SOURCE.read("events", name).dates.astype("datetime64[Y]").astype(int) + 1970
        return {int((years == year).sum()) for year in range(2009, 2027)}

    assert (a_year("fomc_dates"), a_year("cpi_release_dates")) == ({8}, {12})
    for name in EVENTS:
        held = SOURCE.read("events", name)
        assert day("2027-05-01") < held.dates[-1] <= day("2027-07-01")
        assert held.in_hindsight is (name in ("megacap_earnings", "semis_earnings_dates"))
        assert held.announced is None or (held.announced < held.dates).all()


def test_every_chip_maker_reports_once_a_quarter_at_its_own_hour() -> None:
    held = SOURCE.read("events", "semis_earnings_dates")
    assert set(held.symbols) == set(CHIPS)
    for chip in CHIPS:
        own = held.symbols == chip
        gaps = np.diff(held.dates[own]).astype(int)
        assert 70 < gaps.min() <= gaps.max() < 110
        assert len(set(held.timing[own])) == 1
    assert set(held.timing) == {"AMC", "BMO"}
    assert np.isin(held.dates, nyse_sessions(held.dates[0], held.dates[-1])).all()


def test_all_chip_makers_have_always_belonged() -> None:
    members = SOURCE.read("members", "chips")
    assert members.on(SOURCE.read("bars", "SOXX").dates, CHIPS).all()


@pytest.mark.parametrize("instrument", ["SOXX", "SOXS", "SPY", "CHIP01"])
def test_volume_rises_with_the_move(instrument: str) -> None:
    bars = SOURCE.read("bars", instrument)
    dollars = np.log(bars.volume * bars.close)[1:]
    assert np.corrcoef(dollars, np.abs(returns(instrument)))[0, 1] > 0.25


# The same everywhere


def digest() -> str:
    """A hash of the first bars and of the first series, in the order of names."""
    market, hashed = demo_market(), bars_hash((*CHIPS, *FIRST_FUNDS))
    for name in FIRST_SERIES:
        hashed.update(market.series[name].values.tobytes())
    return hashed.hexdigest()


def bars_hash(names: tuple[str, ...]) -> hashlib._Hash:
    market, hashed = demo_market(), hashlib.sha256()
    for name in sorted(names):
        for column in COLUMNS:
            hashed.update(getattr(market.bars[name], column).tobytes())
    return hashed


def later_digest() -> str:
    """A hash of what was added to the market."""
    market, hashed = demo_market(), hashlib.sha256()
    for name in sorted({*market.series} - {*FIRST_SERIES}):
        hashed.update(market.series[name].values.tobytes())
    for held in (market.events, market.members):
        for name in sorted(held):
            hashed.update("\n".join(held[name].lines()).encode())
    return hashed.hexdigest()


def test_it_is_generated_once_and_again_the_same() -> None:
    assert SOURCE.read("bars", "SOXS") is DemoSource().read("bars", "SOXS")
    first = digest()
    demo_market.cache_clear()
    assert digest() == first == BYTES
    assert later_digest() == LATER
    assert bars_hash(LATER_FUNDS).hexdigest() == LATER_BARS


def test_neither_the_hash_seed_nor_the_processor_changes_a_byte() -> None:
    """Another process runs this file: other salt, and numpy without the instructions it picks here."""
    other = {"PYTHONHASHSEED": "5", "NPY_DISABLE_CPU_FEATURES": "X86_V4 X86_V3 AVX512_SKX AVX2 FMA3 ASIMDHP"}
    command = [sys.executable, "-W", "ignore", __file__]
    path = os.pathsep.join(entry for entry in sys.path if entry)
    ran = subprocess.run(
        command, env={**os.environ, "PYTHONPATH": path, **other}, capture_output=True, text=True, check=True
    )
    assert ran.stdout.split() == [digest(), later_digest()]


def test_it_is_loaded_without_pandas() -> None:
    """The calendar needs pandas, the source doesn't: listing the sources stays cheap."""
    code = "import sys, data.sources.demo; sys.exit('pandas' in sys.modules)"
    path = os.pathsep.join(entry for entry in sys.path if entry)
    subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": path}, check=True)


if __name__ == "__main__":
    print(digest(), later_digest())

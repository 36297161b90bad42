"""A source with history before inception: who hangs on whom, what is said of it, and the real SOXS back to 1994."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from itertools import pairwise

import numpy as np
import pytest
from history import FOLDER, needs_history
from markets import MemorySource, make_bars, make_series, nyse
from prospectus import estimated_return

from data.arrays import DAY, day
from data.bars import COLUMNS
from data.calendar import nyse_sessions
from data.errors import DataError
from data.extension import Extension
from data.fund_fit import fit
from data.market import load_market
from data.roles import Roles
from data.series import index_bars
from data.sources import BARS, SERIES
from data.sources.csv import CsvSource
from data.sources.demo import DemoSource
from data.sources.extended import ExtendedSource

DATES = nyse("2020-01-02", 30)
LEVEL = 1000 * np.cumprod(1 + np.random.default_rng(2).normal(0.001, 0.02, 30))


def small(**more):
    """SOX of 30 sessions, SOXX from the eleventh and SOXS from the twenty-first, at a rate of 2 %."""
    soxx = make_bars("SOXX", DATES[10:], LEVEL[10:] / 25, open=LEVEL[10:] / 25 * np.linspace(0.98, 1.02, 20))
    soxs = make_bars("SOXS", DATES[20:], np.linspace(40.0, 45.0, 10))
    series = {"SOX": make_series("SOX", DATES, LEVEL), "IRX": make_series("IRX", DATES[:1], [2.0])}
    return MemorySource({"SOXX": soxx, "SOXS": soxs}, {**series, **more})


def extended(*extensions, rate="IRX", shift=0, source=None):
    return ExtendedSource(source or small(), extensions, rate, shift)


def returns(bars):
    level = bars.total_return()
    return level[1:] / level[:-1] - 1


SOXX_FROM_SOX = Extension("SOXX", "SOX", leverage=1.0)
SOXS_FROM_SOX = Extension("SOXS", "SOX", opens_from="SOXX")
SOXS_FROM_SOXX = Extension("SOXS", "SOXX")


# Who hangs on whom


def test_what_is_not_extended_is_the_inner_source_s() -> None:
    inner = small()
    source = extended(SOXS_FROM_SOX, source=inner)
    assert (source.name, source.simulated) == ("memory", False)
    assert (source.names(BARS), source.names(SERIES)) == (inner.names(BARS), inner.names(SERIES))
    assert source.read(BARS, "SOXX") is inner.held_bars["SOXX"]
    assert source.read(SERIES, "SOX") is inner.held_series["SOX"]
    assert not len(source.notional("SOXX"))


def test_a_core_on_its_index_is_the_index_before_it_began() -> None:
    source = extended(SOXX_FROM_SOX)
    bars = source.read(BARS, "SOXX")
    np.testing.assert_array_equal(bars.dates, DATES[1:])
    np.testing.assert_allclose(returns(bars), LEVEL[2:] / LEVEL[1:-1] - 1, atol=1e-14)
    np.testing.assert_array_equal(bars.rows(slice(9, None)).open, small().held_bars["SOXX"].open)
    assert source.synthetic == {"SOXX": DATES[10]}
    np.testing.assert_array_equal(source.notional("SOXX"), DATES[1:10])


def test_a_fund_hangs_on_what_is_extended_itself() -> None:
    source = extended(SOXS_FROM_SOXX, SOXX_FROM_SOX)
    assert (
        source.read(BARS, "SOXS").dates[0] == DATES[2]
    )  # SOXX's synthetic history begins with the second session of SOX
    assert source.synthetic == {"SOXS": DATES[20], "SOXX": DATES[10]}
    direct = extended(replace(SOXS_FROM_SOXX, underlying="SOX", spread=0.01, dividend_yield=0.0))
    np.testing.assert_allclose(returns(source.read(BARS, "SOXS")), returns(direct.read(BARS, "SOXS"))[1:], atol=1e-13)


def test_a_fund_without_a_bar_is_made_whole() -> None:
    source = extended(Extension("NOIR", "SOXX", leverage=-2.0, fee=0.01, spread=0.005), rate=0.02)
    assert source.names(BARS) == ("NOIR", "SOXS", "SOXX")
    bars, soxx = source.read(BARS, "NOIR"), small().held_bars["SOXX"]
    np.testing.assert_array_equal(bars.dates, soxx.dates[1:])
    days = np.diff(soxx.dates).astype(float)
    r = soxx.close[1:] / soxx.close[:-1] - 1
    by_hand = -2 * r + 3 * 0.02 * days / 360 - 0.01 * days / 365 - 2 * 0.005 * days / 360
    assert bars.close[0] == pytest.approx(100 * (1 + by_hand[0]), rel=1e-12)
    np.testing.assert_allclose(returns(bars), by_hand[1:], atol=1e-14)
    assert source.synthetic == {"NOIR": soxx.dates[-1] + DAY}
    assert source.notes[0].startswith("NOIR has no bar of its own and is SYNTHETIC: -2x SOXX, fee 1 %")


def test_what_is_made_whole_hangs_on_nothing_later() -> None:
    extension, whole = Extension("NOIR", "SOX", leverage=-3.0), small()
    shorter = replace(whole.held_series["SOX"], dates=DATES[:20], values=LEVEL[:20])
    cut = MemorySource(whole.held_bars, {**whole.held_series, "SOX": shorter})
    bars, early = extended(extension).read(BARS, "NOIR"), extended(extension, source=cut).read(BARS, "NOIR")
    for column in ("dates", *COLUMNS):
        np.testing.assert_array_equal(getattr(bars, column)[:19], getattr(early, column))


def test_a_price_made_forward_stays_one_that_can_be_traded() -> None:
    falling = 1000 * 0.97 ** np.arange(400)
    dates = nyse("2018-01-02", 400)
    source = MemorySource(
        {}, {"UP": make_series("UP", dates, falling), "DOWN": make_series("DOWN", dates, 1 / falling)}
    )
    for name in ("UP", "DOWN"):
        bars = extended(Extension("NOIR", name, leverage=2.0), rate=0.0, source=source).read(BARS, "NOIR")
        assert 5 <= bars.close.min() <= bars.close.max() <= 200
        assert set(bars.split) == {1.0, 0.1 if name == "UP" else 10.0}


def test_a_fund_hangs_on_an_index_that_is_made_whole_itself() -> None:
    mine = small(MINE=make_series("MINE", DATES, LEVEL))
    source = extended(
        Extension("FUND", "IDX", leverage=-2.0, opens_from="IDX"), Extension("IDX", "MINE", leverage=1.0), source=mine
    )
    np.testing.assert_allclose(returns(source.read(BARS, "IDX")), LEVEL[2:] / LEVEL[1:-1] - 1, atol=1e-14)
    assert source.read(BARS, "FUND").dates[0] == DATES[2]
    assert len(source.notional("FUND")) == 28


def test_both_legs_open_at_the_same_moment() -> None:
    source = extended(SOXS_FROM_SOX, SOXX_FROM_SOX)
    np.testing.assert_array_equal(source.notional("SOXS"), DATES[1:10])
    soxs, soxx = source.read(BARS, "SOXS"), source.read(BARS, "SOXX")
    moved = [bars.open[1:] / bars.close[:-1] * bars.split[1:] - 1 for bars in (soxs, soxx)]
    both = slice(8, 18)  # from SOXX's first real session to SOXS's last synthetic one
    np.testing.assert_allclose(moved[0][both], -3 * moved[1][both], atol=3e-4)  # but for days of financing
    assert np.abs(moved[1][both]).max() > 0.01


def test_opens_come_from_real_bars_alone() -> None:
    source = extended(SOXS_FROM_SOX, replace(SOXX_FROM_SOX, before=DATES[15]))
    np.testing.assert_array_equal(source.notional("SOXS"), DATES[1:15])


def test_the_rate_need_not_reach_back_where_nothing_is_borrowed() -> None:
    late = {"IRX": make_series("IRX", DATES[5:6], [2.0])}
    assert len(extended(SOXX_FROM_SOX, source=small(**late)).read(BARS, "SOXX")) == 29
    with pytest.raises(DataError, match=r"^series IRX has no value known by 2020-01-02, from where the fund model "):
        extended(SOXS_FROM_SOX, source=small(**late)).read(BARS, "SOXS")
    assert len(extended(SOXS_FROM_SOX, source=small(**late), rate=0.02).read(BARS, "SOXS")) == 29


def test_a_session_on_which_the_driver_has_no_bar_is_none_of_the_instrument_s() -> None:
    inner = small()
    close = inner.held_bars["SOXX"].close.copy()
    close[3] = np.nan
    inner.held_bars["SOXX"] = replace(inner.held_bars["SOXX"], close=close)
    assert DATES[13] not in extended(SOXS_FROM_SOXX, source=inner).read(BARS, "SOXS").dates


# The low and the high run


def test_low_and_high_are_the_band_away_from_each_other() -> None:
    source = extended(SOXS_FROM_SOX)
    low, high = (replace(source, shift=shift).read(BARS, "SOXS") for shift in (-1, 1))
    days = np.diff(DATES).astype(int)[1:20]
    np.testing.assert_allclose(returns(high)[:18] - returns(low)[:18], 2 * 0.025 * days[:18] / 365, atol=1e-14)
    np.testing.assert_allclose(returns(high)[19:], returns(low)[19:], atol=1e-14)


def test_what_drives_an_instrument_is_not_shifted_with_it() -> None:
    high = extended(SOXS_FROM_SOXX, SOXX_FROM_SOX, shift=1)
    alone = extended(replace(SOXS_FROM_SOXX, band=0.0), SOXX_FROM_SOX)
    lift = returns(high.read(BARS, "SOXS")) - returns(alone.read(BARS, "SOXS"))
    assert lift[:17] == pytest.approx(0.025 * np.diff(DATES[2:20]).astype(int) / 365)


# What is said


MADE = "a year, error band {} a year; distributions are in its price, volume is not known."
AS_IF = (
    " opens on 9 synthetic sessions, 2020-01-03 to 2020-01-15, as if SOX opened at its last close: "
    "nothing tells its open, and fills there are notional."
)


def test_what_is_synthetic_is_said() -> None:
    levered, plain = MADE.format("2.5 %"), MADE.format("1 %")
    assert extended(SOXS_FROM_SOX, SOXX_FROM_SOX).notes == (
        f"SOXS before 2020-01-31 is SYNTHETIC: -3x SOX, dividends 1.6 %, fee 1.01 %, spread 0.65 % {levered}",
        f"SOXS{AS_IF}",
        f"SOXX before 2020-01-16 is SYNTHETIC: 1x SOX, dividends 0 %, fee 0 % {plain}",
        f"SOXX{AS_IF}",
    )
    assert extended(SOXS_FROM_SOXX).notes == (
        f"SOXS before 2020-01-31 is SYNTHETIC: -3x SOXX, fee 1.01 %, spread 1 % {levered}",
    )


@pytest.mark.parametrize(
    ("told", "fault"),
    [
        (
            Extension("SOXZ", "SOX", before="2020-01-10"),
            r"^data\.extend\.SOXZ\.before: SOXZ has no bar: take before out$",
        ),
        (Extension("SOXS", "SOX", opens_from="SOX"), r"^data\.extend\.SOXS\.opens_from names SOX, of which source "),
        (Extension("SOXS", "SOXS"), r"^data\.extend goes round in a circle: SOXS from SOXS: let one hang on an index$"),
    ],
)
def test_names_that_can_not_be_meant_are_refused_at_once(told, fault) -> None:
    with pytest.raises(DataError, match=fault):
        extended(told)


def test_a_circle_is_refused_wherever_it_is_entered() -> None:
    with pytest.raises(DataError, match=r"circle: SOXS from SOXX from SOXS: let one hang on an index$"):
        extended(SOXS_FROM_SOXX, Extension("SOXX", "SOXS"))


def test_an_unknown_underlying_is_named_with_what_is_near() -> None:
    with pytest.raises(DataError, match=r"neither bars nor a series of SOXY, did you mean SOX"):
        extended(Extension("SOXS", "SOXY")).read(BARS, "SOXS")


# Other sources, and a run's market


def test_the_demo_market_s_fund_can_be_made_again() -> None:
    demo = DemoSource()
    source = ExtendedSource(demo, (Extension("SOXS", "SOXX", before=day("2026-06-30")),), "IRX")
    assert source.simulated
    own, made = (each.read(BARS, "SOXS").rows(slice(-4000, None)) for each in (demo, source))
    apart = returns(made) - returns(own)
    assert np.abs(apart).max() < 0.01
    assert abs(apart.mean()) < 1e-5


def test_a_market_is_laid_on_synthetic_sessions_as_on_any() -> None:
    source = extended(SOXS_FROM_SOX, SOXX_FROM_SOX)
    market = load_market(source, Roles.with_fund({"SOXX": 1.0}, "SOXS", "SOXX", -3.0), DATES[3])
    np.testing.assert_array_equal(market.run_sessions, DATES[3:])
    assert np.isnan(market.volume("SOXS")[market.first : market.first + 17]).all()


# Real history


@lru_cache
def since_1994(underlying="SOX", shift=0):
    soxs = Extension("SOXS", underlying, before=day("2010-06-01"), opens_from="SOXX")
    return ExtendedSource(CsvSource(FOLDER), (soxs, SOXX_FROM_SOX), "IRX", shift)


def multiple(bars, first, last):
    level = bars.total_return()
    rows = np.searchsorted(bars.dates, [day(first), day(last)])
    return level[rows[1]] / level[rows[0]]


@needs_history
def test_soxs_and_soxx_reach_back_to_1994() -> None:
    source = since_1994()
    assert source.synthetic == {"SOXS": day("2010-06-01"), "SOXX": day("2001-07-13")}
    for name in ("SOXS", "SOXX"):
        bars, real = source.read(BARS, name), CsvSource(FOLDER).read(BARS, name)
        np.testing.assert_array_equal(bars.dates, nyse_sessions(day("1994-05-06"), real.dates[-1]))
        kept = real.rows(real.dates >= source.synthetic[name])
        for column in COLUMNS:
            tail = getattr(bars, column)[-len(kept) :]
            assert tail.tobytes() == getattr(kept, column).tobytes()
        made = bars.rows(bars.dates < source.synthetic[name])
        assert (made.close.min() >= 5, made.close.max() <= 200, made.low.min() > 4.5) == (True, True, True)
        assert (source.notional(name)[0], source.notional(name)[-1]) == (day("1994-05-06"), day("2001-07-12"))


@needs_history
def test_the_return_into_the_first_trusted_session_is_the_real_one() -> None:
    for first, last in (("2010-05-28", "2010-06-01"), ("2010-06-01", "2026-08-21")):
        real = multiple(CsvSource(FOLDER).read(BARS, "SOXS"), first, last)
        assert multiple(since_1994().read(BARS, "SOXS"), first, last) == pytest.approx(real, rel=1e-12)


@needs_history
@pytest.mark.parametrize(
    ("first", "last", "known"),
    [
        ("1994-05-06", "2010-05-28", -1.0),
        ("2000-03-10", "2002-10-09", -0.826),
        ("2007-12-31", "2008-12-31", 0.905),
    ],
)
def test_synthetic_soxs_is_the_model_session_by_session(first, last, known) -> None:
    """Made again from the files in a plain loop: minus three times the index, four times the bill, fee and spread."""
    folder = CsvSource(FOLDER)
    index, bill = folder.read(SERIES, "SOX"), folder.read(SERIES, "IRX")
    dollar = 1.0
    for before, now in pairwise(range(*np.searchsorted(index.dates, [day(first), day(last) + DAY]))):
        then, today = index.dates[[before, now]]
        nights = (today - then).astype(int)
        d = bill.values[np.searchsorted(bill.dates, then, side="right") - 1] / 100
        paid = 0.004 if today < day("2006-06-23") else 0.011
        r = index.values[now] / index.values[before] - 1 + paid * nights / 365
        interest = d / (1 - d * 91 / 360) * nights / 360
        dollar *= 1 - 3 * r + 4 * interest - 0.0101 * nights / 365 - 3 * 0.0065 * nights / 360
    assert dollar == pytest.approx(multiple(since_1994().read(BARS, "SOXS"), first, last), rel=1e-10)
    assert dollar - 1 == pytest.approx(known, abs=5e-4)


@needs_history
def test_2008_is_what_the_prospectus_formula_makes_of_it() -> None:
    """The index falls by 48 % at a volatility of 47 %: of the 611 % that a steady fall would have made, 93 are left."""
    index = index_bars(CsvSource(FOLDER).read(SERIES, "SOX"))
    logs = np.diff(np.log(index.close[(index.dates >= day("2007-12-31")) & (index.dates <= day("2008-12-31"))]))
    estimate = estimated_return(np.expm1(logs.sum()), np.sqrt(logs @ logs), -3.0)
    assert estimate == pytest.approx(
        multiple(since_1994().read(BARS, "SOXS"), "2007-12-31", "2008-12-31") - 1, abs=0.03
    )


@needs_history
def test_by_the_index_or_by_its_fund_the_history_is_much_the_same() -> None:
    by_index, by_fund = (since_1994(name).read(BARS, "SOXS") for name in ("SOX", "SOXX"))
    years = 16.06
    a_year = [multiple(bars, "1994-05-09", "2010-05-28") ** (1 / years) - 1 for bars in (by_index, by_fund)]
    assert a_year == pytest.approx([-0.727, -0.7215], abs=0.002)


@needs_history
def test_the_error_band_is_carried_over_the_years() -> None:
    run = [multiple(since_1994(shift=shift).read(BARS, "SOXS"), "1994-05-06", "2010-05-28") for shift in (-1, 0, 1)]
    assert np.diff(np.log(run)) == pytest.approx([16.06 * 0.025] * 2, rel=0.02)


@needs_history
@pytest.mark.parametrize(
    ("underlying", "until", "monthly", "yearly"), [("SOX", 2021, 0.005, 0.01), ("SOXX", 2026, 0.0071, 0.021)]
)
def test_made_again_soxs_is_the_real_one_s_twin(underlying, until, monthly, yearly) -> None:
    """By the defaults, on the index that it then followed or on SOXX throughout; 2022 gained: its points are larger."""
    again = Extension("SOXS", underlying, before=day("2026-08-21"), opens_from="SOXX")
    made = ExtendedSource(CsvSource(FOLDER), (again,), "IRX").read(BARS, "SOXS")
    twin = replace(made, instrument="TWIN")
    told = fit(
        MemorySource({"TWIN": twin, "SOXS": CsvSource(FOLDER).read(BARS, "SOXS")}),
        "SOXS",
        "TWIN",
        leverage=1.0,
        fee=0.0,
        rate=0.0,
        last=day(f"{until}-08-20"),
    )
    assert told.whole.slope == pytest.approx(1.0, abs=0.015)
    assert told.whole.r2 > 0.9965
    assert abs(told.spread) < 0.003  # a year of the fund: what the defaults leave over
    assert told.whole.monthly_error < monthly
    apart = [year.difference for year in told.years if str(year.last)[:4] != "2022"]
    assert max(map(abs, apart)) < yearly


@needs_history
def test_opens_taken_from_soxx_are_soxs_s_own_on_average() -> None:
    """SOXS opens 9 bp above three times SOXX's open, as it is known to."""
    again = Extension("SOXS", "SOX", before=day("2026-08-21"), opens_from="SOXX")
    real = CsvSource(FOLDER).read(BARS, "SOXS").rows(slice(58, None))  # from 2010-06-03
    made = ExtendedSource(CsvSource(FOLDER), (again,), "IRX").read(BARS, "SOXS")
    made = made.rows(np.isin(made.dates, real.dates))
    opened = [((bars.open + bars.dividend)[1:] * bars.split[1:] / bars.close[:-1] - 1)[:-1] for bars in (made, real)]
    assert (opened[1] - opened[0]).mean() == pytest.approx(0.0009, abs=2e-4)
    assert np.corrcoef(*opened)[0, 1] > 0.97

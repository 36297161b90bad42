"""As-traded closes: SIMULATED companies' adjusted prices give back what was traded, real ones what is known of them."""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest
from history import FOLDER, needs_history
from hypothesis import given, settings
from hypothesis import strategies as st

from data.arrays import day
from data.bars import Bars
from data.unadjusted import DECIMAL, unadjusted

SESSIONS = 800


@dataclass(frozen=True)
class Company:
    """What was traded, dollars: open, high, low, close, shape (sessions, 4), dividends and splits."""

    prices: np.ndarray
    dividend: np.ndarray
    split: np.ndarray

    def bars(self, prices, dividend=None, split=None, start="2012-01-03"):
        days = np.busday_offset(start, np.arange(len(prices)), roll="forward").astype("datetime64[D]")
        dividend = np.zeros(len(prices)) if dividend is None else dividend
        split = np.ones(len(prices)) if split is None else split
        return Bars("SIM", days, *np.ascontiguousarray(prices.T), np.full(len(prices), 1e6), dividend, split)

    def factor(self, *, dividends=True):
        """What a vendor multiplies prices by: at each ex-date, by 1 - dividend / close before, over the split."""
        factor = np.ones(len(self.prices))
        for row in range(len(factor) - 1, 0, -1):
            paid = self.dividend[row] / (self.prices[row - 1, 3] / self.split[row]) if dividends else 0.0
            factor[row - 1] = factor[row] * (1 - paid) / self.split[row]
        return factor

    def adjusted(self, *, dividends=True):
        """The vendor's prices, as a file with float32 has them."""
        factor = self.factor(dividends=dividends).astype(np.float32).astype(float)
        return (self.prices * factor[:, np.newaxis]).astype(np.float32).astype(float)


def company(
    seed=1, price=40.0, vol=0.02, payout=0.006, splits=None, special=None, false_prints=0.03, sessions=SESSIONS
):
    """Trade a random walk in whole cents; open, high and low are false at times, closes never."""
    rng = np.random.default_rng(seed)
    prices, dividend, split = np.empty((sessions, 4)), np.zeros(sessions), np.ones(sessions)
    for row, ratio in (splits or {}).items():
        split[row] = ratio
    amount = max(round(payout * price, 2), 0.01)
    for row in range(sessions):
        price, amount = price / split[row], round(amount / split[row], 4)
        if row % 63 == 40 and payout:
            amount = round(amount + rng.choice([0, 0, 0.01]), 4)
            dividend[row] = amount
        dividend[row] += (special or {}).get(row, 0.0)
        opened = (price - dividend[row]) * np.exp(vol * rng.normal() / 2)
        closed = opened * np.exp(vol * rng.normal())
        reach = np.exp(vol * np.abs(rng.normal(size=2)) / 2)
        prices[row] = np.round([opened, max(opened, closed) * reach[0], min(opened, closed) / reach[1], closed], 2)
        price = closed * np.exp(payout / 63)
    off = rng.random((sessions, 3)) < false_prints
    prices[:, :3][off] += np.round(rng.uniform(-0.005, 0.005, off.sum()), 4)
    return Company(prices, dividend, split)


def wrong(found, traded):
    told = np.isfinite(found.close)
    return np.flatnonzero(told & (np.abs(found.close - np.round(traded.prices[:, 3], 2)) > 1e-9))


def told(found):
    return np.isfinite(found.close).mean()


def test_dividends_and_splits_are_found_and_undone():
    traded = company(splits={300: 4.0, 555: 2.0})

    found = unadjusted(traded.bars(traded.adjusted()))

    assert not len(wrong(found, traded))
    assert told(found) > 0.97
    np.testing.assert_allclose(found.split, traded.split, rtol=1e-12)
    np.testing.assert_allclose(found.dividend[:790], traded.dividend[:790], atol=1e-4)
    assert np.isnan(found.close[796:]).all()  # a dividend four sessions before the end doesn't show
    assert traded.dividend.astype(bool).sum() == 13


@pytest.mark.parametrize("ratio", [1.5, 3.0, 5.0, 7.0, 10.0, 20.0, 0.1, 0.25, 0.125])
def test_every_usual_split_is_found(ratio):
    traded = company(price=200.0 if ratio > 1 else 6.0, splits={333: ratio})

    found = unadjusted(traded.bars(traded.adjusted()))

    assert not len(wrong(found, traded))
    assert told(found) > 0.95
    (row,) = np.flatnonzero(found.split != 1)
    assert found.split[row] == pytest.approx(ratio)
    assert row == 333 or (333 - 6 < row < 333 and np.isnan(found.close[row:334]).all())


@settings(max_examples=15, deadline=None, derandomize=True)
@given(
    seed=st.integers(0, 2**32 - 1),
    price=st.floats(5, 700),
    vol=st.floats(0.007, 0.035),
    payout=st.sampled_from([0.0005, 0.003, 0.01, 0.02]),
    false_prints=st.sampled_from([0.0, 0.03, 0.1]),
)
def test_nothing_is_told_wrongly(seed, price, vol, payout, false_prints):
    traded = company(seed, price, vol, payout, false_prints=false_prints, sessions=500)

    found = unadjusted(traded.bars(traded.adjusted()))

    assert len(wrong(found, traded)) == 0
    assert (found.split == 1).all()


def test_a_special_dividend_is_no_split():
    traded = company(price=80.0, vol=0.012, special={400: 16.5})

    found = unadjusted(traded.bars(traded.adjusted()))

    assert not len(wrong(found, traded))
    assert (found.split == 1).all()
    assert found.dividend[400] == pytest.approx(16.5, abs=1e-4)


def test_a_dividend_that_steps_as_a_stock_dividend_does_is_told_by_the_bars_own():
    traded = company(payout=0.0, false_prints=0.0)
    traded.prices[399] = [20.03, 20.14, 20.02, 20.10]
    paid = np.where(np.arange(SESSIONS) == 400, 0.10, 0.0)
    prices = replace(traded, dividend=paid).adjusted()

    found = unadjusted(traded.bars(prices))
    stock = unadjusted(traded.bars(prices, dividend=np.where(np.arange(SESSIONS) == 100, 0.2, 0.0)))

    assert found.dividend[400] == pytest.approx(0.10, abs=1e-5)
    assert (found.split == 1).all()
    assert stock.split[400] == pytest.approx(1.005, abs=1e-6)
    assert (stock.dividend == 0).all()


def test_a_split_and_a_dividend_on_one_day_are_told_apart():
    row = 63 * 6 + 40
    traded = company(price=300.0, payout=0.01, splits={row: 10.0})

    found = unadjusted(traded.bars(traded.adjusted()))

    assert not len(wrong(found, traded))
    assert found.split[row] == pytest.approx(10)
    assert found.dividend[row] == pytest.approx(traded.dividend[row], abs=1e-4)


def test_a_split_the_day_before_a_dividend_leaves_no_wrong_close():
    traded = company(price=900.0, payout=0.00008, splits={63 * 6 + 39: 10.0})

    found = unadjusted(traded.bars(traded.adjusted()))

    assert not len(wrong(found, traded))
    assert found.split[63 * 6 + 39 : 63 * 6 + 41].prod() == pytest.approx(10)


def test_of_bars_whose_splits_alone_were_taken_out_only_these_are_found():
    traded = company(splits={400: 3.0}, price=90.0)
    own = traded.dividend / np.where(np.arange(SESSIONS) < 400, 3.0, 1.0)

    found = unadjusted(traded.bars(traded.adjusted(dividends=False), dividend=own))

    assert not len(wrong(found, traded))
    assert told(found) > 0.98
    assert (found.dividend == 0).all()
    np.testing.assert_allclose(found.split, traded.split)


def test_bars_as_traded_come_back_as_they_are():
    traded = company(splits={200: 0.1, 600: 4.0}, price=6.0)

    found = unadjusted(traded.bars(traded.prices, traded.dividend, traded.split))

    np.testing.assert_array_equal(found.close, np.round(traded.prices[:, 3], 2))
    assert (found.split == 1).all()
    assert (found.dividend == 0).all()


def test_a_company_that_never_paid_is_known_by_its_nickels():
    traded = company(payout=0.0, false_prints=0.0)
    even = traded.prices.copy()
    rng = np.random.default_rng(3)
    at = rng.random(even.shape) < 0.08
    even[at] = np.round(even[at] * 20) / 20

    assert told(unadjusted(traded.bars(even))) > 0.99
    assert told(unadjusted(traded.bars(traded.prices))) == 0  # SIMULATED prices don't cluster: they may be rounded ones


@pytest.mark.parametrize("decimals", [2, 3])
def test_prices_that_were_rounded_after_they_were_adjusted_are_refused(decimals):
    traded = company(payout=0.002)

    found = unadjusted(traded.bars(np.round(traded.adjusted(), decimals)))

    assert told(found) == 0
    assert (found.split == 1).all()
    assert (found.dividend == 0).all()


def test_prices_written_with_five_decimals_are_told():
    traded = company(payout=0.01)

    found = unadjusted(traded.bars(np.round(traded.adjusted(), 5)))

    assert not len(wrong(found, traded))
    assert told(found) > 0.95


@pytest.mark.parametrize("seed", range(2))
def test_a_series_that_never_was_on_cents_is_refused(seed):
    rng = np.random.default_rng(seed)
    close = rng.uniform(2, 300) * np.exp(np.cumsum(rng.normal(0, 0.02, SESSIONS)))
    prices = close[:, np.newaxis] * np.exp(rng.normal(0, 0.01, (SESSIONS, 4)))
    drifting = company(seed).prices * np.exp(np.cumsum(rng.normal(0, 1e-4, SESSIONS)))[:, np.newaxis]
    for each in (prices, prices.astype(np.float32).astype(float), np.round(prices, 4), drifting):
        assert told(unadjusted(company(0).bars(each))) == 0


def test_closes_alone_are_enough():
    traded = company(payout=0.01)
    closes = traded.adjusted()[:, [3, 3, 3, 3]]

    found = unadjusted(traded.bars(closes))

    assert not len(wrong(found, traded))
    assert told(found) > 0.9


def test_what_is_told_stays_when_later_bars_are_cut_away():
    traded = company(splits={300: 4.0, 555: 2.0}, price=120.0)
    bars = traded.bars(traded.adjusted())
    whole = unadjusted(bars)
    for cut in (90, 217, 305, 420, 545, 560, 611, 733, 795):
        found = unadjusted(bars.rows(slice(0, cut)))
        both = np.isfinite(found.close) & np.isfinite(whole.close[:cut])
        np.testing.assert_array_equal(found.close[both], whole.close[:cut][both])
        assert not len(wrong(found, replace(traded, prices=traded.prices[:cut])))
        assert np.isfinite(found.close).sum() > cut - 40


@pytest.mark.parametrize("row", [300, 355, 607])
@pytest.mark.parametrize("kept", [1, 2, 5, 9])
def test_nothing_is_told_wrongly_where_history_begins_or_ends_beside_an_event(row, kept):
    traded = company(splits={300: 4.0, 355: 0.1}, price=90.0, false_prints=0.0)
    assert traded.dividend[607]
    for rows in (slice(0, row + kept), slice(row - kept, None)):
        part = Company(traded.prices[rows], traded.dividend[rows], traded.split[rows])

        assert not len(wrong(unadjusted(part.bars(traded.adjusted()[rows])), part))


def test_an_unknown_factor_of_the_newest_bars_changes_nothing():
    """A later dividend is in all prices, a vendor's own scale too."""
    traded = company()
    for scale in (0.9137, 0.031, 1.0050190):
        found = unadjusted(traded.bars((traded.adjusted() * scale).astype(np.float32).astype(float)))

        assert not len(wrong(found, traded))
        assert told(found) > 0.98


def test_a_vendor_s_patch_is_not_told_and_is_no_event():
    traded = company(payout=0.0, vol=0.015)
    prices = traded.prices.copy()
    prices[500:504] *= 0.99743
    prices[650:690] *= 0.9911
    prices[-2:] *= 0.9987

    found = unadjusted(traded.bars(prices, dividend=np.where(np.arange(SESSIONS) == 40, 0.1, 0.0)))

    assert not len(wrong(found, traded))
    for patch in (slice(500, 504), slice(650, 690), slice(-2, None)):
        assert np.isnan(found.close[patch]).all()
    assert told(found) > 0.93
    assert (found.split == 1).all()
    assert (found.dividend == 0).all()


def test_what_lies_before_a_lost_lattice_is_not_told():
    traded = company()
    prices = traded.adjusted()
    prices[:300] *= np.exp(np.cumsum(np.random.default_rng(0).normal(0, 1e-3, 300)))[:, np.newaxis]

    found = unadjusted(traded.bars(prices))

    assert not len(wrong(found, traded))
    assert np.isnan(found.close[:300]).all()
    assert np.isfinite(found.close[340:]).mean() > 0.97


def test_sessions_before_cents_and_before_the_first_that_is_asked_for_are_not_told():
    traded = company()
    bars = traded.bars(traded.adjusted(), start="2000-06-01")

    found = unadjusted(bars)
    later = unadjusted(bars, first=day("2002-01-02"))

    assert np.isnan(found.close[bars.dates < DECIMAL]).all()
    assert np.isfinite(found.close[bars.dates >= DECIMAL]).mean() > 0.97
    asked = bars.dates >= day("2002-01-02")
    assert np.isnan(later.close[~asked]).all()
    np.testing.assert_array_equal(later.close[asked][60:], found.close[asked][60:])


def test_sessions_without_a_bar_are_passed_over():
    traded = company()
    prices = traded.adjusted()
    prices[[5, 300, 301, 799]] = np.nan
    prices[400, 1] = 0.0

    found = unadjusted(traded.bars(prices))

    assert not len(wrong(found, traded))
    assert np.isnan(found.close[[5, 300, 301, 400, 799]]).all()
    assert told(found) > 0.97


@pytest.mark.parametrize("sessions", [0, 1, 4, 5, 9])
def test_a_few_bars_are_no_error(sessions):
    traded = company(sessions=9)

    found = unadjusted(traded.bars(traded.adjusted()[:sessions]))

    assert found.close.shape == found.split.shape == found.dividend.shape == (sessions,)
    assert not len(wrong(found, replace(traded, prices=traded.prices[:sessions])))


def test_stale_prices_tell_nothing():
    assert told(unadjusted(company(0).bars(np.full((200, 4), 12.3456789)))) == 0


# Real history

KNOWN = {
    "INTC": ("2010-12-31", 21.03),
    "TXN": ("2010-12-31", 32.50),
    "QCOM": ("2010-12-31", 49.49),
    "NVDA": ("2016-12-30", 106.74),
    "AVGO": ("2018-12-31", 254.28),
    "MU": ("2018-12-31", 31.73),
    "LRCX": ("2015-12-31", 79.42),
    "KLAC": ("2015-12-31", 69.35),
    "AMAT": ("2015-12-31", 18.67),
    "ADI": ("2015-12-31", 55.32),
    "MCHP": ("2015-12-31", 46.54),
    "NXPI": ("2018-12-31", 73.28),
    "MRVL": ("2015-12-31", 8.82),
}
SPLITS = {
    "NVDA": {"2021-07-20": 4, "2024-06-10": 10},
    "AVGO": {"2024-07-15": 10},
    "LRCX": {"2024-10-03": 10},
    "KLAC": {"2026-06-12": 10},
    "MCHP": {"2021-10-13": 2},
    "TSM": {"2009-07-15": 1.005},
}
PAYERS = ("INTC", "TXN", "QCOM", "NVDA", "AVGO", "MU", "LRCX", "KLAC", "AMAT", "ADI")


@cache
def real(name):
    rows = np.loadtxt(FOLDER / "bars" / f"{name}.csv", delimiter=",", skiprows=1, dtype=str)
    rows = rows[rows[:, 0] >= "2009-01-01"]
    bars = Bars(name, rows[:, 0].astype("datetime64[D]"), *np.ascontiguousarray(rows[:, 1:].T.astype(float)))
    return bars, unadjusted(bars)


@needs_history
@pytest.mark.parametrize("name", KNOWN)
def test_known_closes(name):
    bars, found = real(name)
    session, close = KNOWN[name]

    assert found.close[np.searchsorted(bars.dates, day(session))] == close
    assert told(found) > 0.99


@needs_history
@pytest.mark.parametrize("name", sorted({*KNOWN, *SPLITS, "AMD", "ON"}))
def test_known_splits(name):
    bars, found = real(name)
    at = np.flatnonzero(found.split != 1)

    assert dict(zip(bars.dates[at].astype(str), found.split[at].round(6), strict=True)) == SPLITS.get(name, {})


@needs_history
@pytest.mark.parametrize("name", PAYERS)
def test_dividends_come_quarterly_and_in_round_amounts(name):
    bars, found = real(name)
    at = np.flatnonzero(found.dividend)
    apart = np.diff(bars.dates[at]).astype(int)
    amounts = found.dividend[at][found.dividend[at] < 16]  # KLAC's special of $16.50 in 2014

    assert apart.min() >= 70
    assert apart.max() <= 112
    np.testing.assert_allclose(amounts, np.round(amounts * 2000) / 2000, atol=6e-5)


@needs_history
@pytest.mark.parametrize("name", ["SOXS", "SPY"])
def test_real_bars_as_traded_come_back_as_they_are(name):
    bars, found = real(name)

    np.testing.assert_allclose(found.close, bars.close, rtol=1e-7)
    assert (found.split == 1).all()
    assert (found.dividend == 0).all()


@needs_history
@pytest.mark.parametrize("name", ["NVDA", "TXN", "MCHP"])
def test_what_is_told_of_a_real_company_stays_when_later_bars_are_cut_away(name):
    bars, whole = real(name)
    for cut in np.random.default_rng(5).integers(100, len(bars), 6):
        found = unadjusted(bars.rows(slice(0, int(cut))))
        both = np.isfinite(found.close) & np.isfinite(whole.close[:cut])
        np.testing.assert_array_equal(found.close[both], whole.close[:cut][both])
        np.testing.assert_array_equal(np.isfinite(found.close[:-130]), np.isfinite(whole.close[: cut - 130]))


@needs_history
def test_a_company_takes_a_part_of_a_second():
    bars, _ = real("TXN")
    began = time.process_time()
    unadjusted(bars)

    assert time.process_time() - began < 2  # a tenth, on a machine that does nothing else

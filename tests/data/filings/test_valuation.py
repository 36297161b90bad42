"""What companies are worth: by hand on made-up bars and filings, and point in time on real filings."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from companyfacts import COVER, filings, quarterly
from history import FOLDER, needs_history
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from markets import make_bars, nyse

from data.arrays import DAY
from data.cache import DiskCache
from data.filings.files import companies_in, read_filings
from data.filings.valuation import Company, as_traded, company, group, median_of, sessions_of
from data.unadjusted import Unadjusted

DATES = nyse("2020-01-02", 520)
YEAR = """
NetIncomeLoss 2019-01-01..2019-12-31 100e6 2020-02-20 10-K
Revenues 2019-01-01..2019-12-31 900e6 2020-02-20 10-K
EntityCommonStockSharesOutstanding 2020-02-14 50e6 2020-02-20 10-K
"""


def bars_of(close=20.0, dates=DATES, name="ACME", **columns):
    return make_bars(name, dates, np.full(len(dates), close), **columns)


def row(date, dates=DATES):
    return int(np.searchsorted(dates, np.datetime64(date)))


def known(found, name):
    """A column of a company, at the sessions where it is known."""
    values = getattr(found, name)
    return values[~np.isnan(values)]


# A company, by hand


def test_a_filing_counts_from_the_session_after_its_day():
    """Filed on Thursday 20 February: on that day nothing is known, on the 21st 50 million shares at 20 dollars."""
    found = company(filings(YEAR), bars_of(), DATES)
    day, after = row("2020-02-20"), row("2020-02-21")
    assert np.isnan(found.market_value[day])
    assert not found.counts[: day + 1].any()
    assert (found.market_value[after], found.net_income[after], found.sales[after]) == (1e9, 100e6, 900e6)
    assert found.counts[after]
    assert (str(found.filed[after]), str(found.ended[after])) == ("2020-02-20", "2019-12-31")
    assert np.isnat(found.filed[day])


@pytest.mark.parametrize("filed", ["2020-02-21", "2020-02-22", "2020-02-23"])
def test_what_is_filed_before_a_week_end_or_on_it_counts_on_monday(filed):
    found = company(filings(YEAR.replace("2020-02-20", filed)), bars_of(), DATES)
    assert str(DATES[np.argmax(found.counts)]) == "2020-02-24"


def test_market_value_is_the_close_as_traded_times_shares_filed_times_splits_since():
    """Oddity 7: four for one on 1 May 2020 between two filings: 80 dollars become 20, 50 million shares 200 million.

    The next filing, on a cover of 8 May, has them: nothing jumps.
    """
    at = row("2020-05-01")
    closes = np.where(np.arange(len(DATES)) < at, 80.0, 20.0)
    split = make_bars("ACME", DATES, closes, split={at: 4.0})
    text = f"{YEAR}{COVER} 2020-05-08 200e6 2020-05-14\n{COVER} 2020-11-06 210e6 2020-11-12"
    found = company(filings(text), split, DATES)
    assert set(known(found, "shares")[: at - row("2020-02-21")]) == {50e6}
    assert set(found.market_value[row("2020-02-21") : row("2020-11-13")]) == {4e9}
    assert set(found.shares[at : row("2020-11-13")]) == {200e6}
    assert found.market_value[row("2020-11-13")] == 4.2e9


@pytest.mark.parametrize(("cover", "shares"), [("2020-04-30", 200e6), ("2020-05-01", 50e6), ("2020-05-04", 50e6)])
def test_a_cover_knows_the_splits_up_to_its_own_day_and_no_others(cover, shares):
    """Four for one on 1 May: a cover of 30 April that is filed on the 14th is of before."""
    text = YEAR.replace("2020-02-14", cover).replace("2020-02-20", "2020-05-14")
    found = company(filings(text), bars_of(split={row("2020-05-01"): 4.0}), DATES)
    assert set(known(found, "shares")) == {shares}


def test_a_balance_sheet_knows_the_splits_up_to_its_filing():
    text = YEAR.replace(f"{COVER} 2020-02-14", "CommonStockSharesOutstanding 2020-03-31").replace("02-20", "05-14")
    found = company(filings(text), bars_of(split={row("2020-05-01"): 4.0, row("2020-07-01"): 0.1}), DATES)
    assert known(found, "shares")[0] == 50e6
    assert known(found, "shares")[-1] == pytest.approx(5e6, rel=1e-12)


def test_a_close_stands_for_two_weeks_in_the_basis_of_the_session():
    """No close is known on five sessions, on the second of which four become one: 20 dollars are then 80."""
    at = row("2020-05-01")
    bars = bars_of(split={at + 1: 0.25})
    bars.close[at : at + 5] = np.nan
    bars.close[at + 5 :] = 80.0
    found = company(filings(YEAR), bars, DATES)
    np.testing.assert_array_equal(found.close[at - 1 : at + 6], [20.0, 20.0, *[80.0] * 5])
    assert set(found.market_value[at - 1 : at + 6]) == {1e9}


def test_a_price_of_over_two_weeks_ago_is_none():
    at = row("2020-05-01")
    fewer = bars_of().rows(np.arange(len(DATES)) <= at)
    close = company(filings(YEAR), fewer, DATES).close
    assert np.flatnonzero(~np.isnan(close))[-1] == row("2020-05-15") == at + 10
    assert (close[: at + 11] == 20.0).all()


def test_before_its_first_bar_a_company_has_no_price():
    found = company(filings(YEAR), bars_of(dates=DATES[300:]), DATES)
    np.testing.assert_array_equal(np.isnan(found.close), np.arange(len(DATES)) < 300)
    nobody = company(filings(YEAR), bars_of().rows(np.zeros(len(DATES), np.bool_)), DATES)
    assert np.isnan(nobody.close).all()
    assert set(known(nobody, "shares")) == {50e6}


def test_figures_of_over_500_days_ago_are_none():
    """The year to 31 December 2019 stands until 14 May 2021; shares stay as many until another count is filed."""
    found = company(filings(YEAR), bars_of(), DATES)
    for name, last in (("net_income", "2021-05-14"), ("sales", "2021-05-14"), ("shares", str(DATES[-1]))):
        assert str(DATES[np.flatnonzero(~np.isnan(getattr(found, name)))[-1]]) == last
    assert np.isnat(found.ended[row("2021-05-17")])
    assert str(found.filed[row("2021-05-17")]) == "2020-02-20"


def test_nothing_filed_is_nothing_known():
    found = company(filings("Revenues 2019-01-01..2019-01-31 5 2020-02-20"), bars_of(), DATES)
    assert np.isnan(found.net_income).all()
    assert np.isnan(found.shares).all()
    assert np.isnat(found.filed).all()
    assert not found.counts.any()


def test_bars_are_brought_to_what_was_traded(monkeypatch, tmp_path):
    """What a vendor took out is put back, beside splits that stand in the bars."""
    told = Unadjusted(np.full(520, 60.0), np.where(np.arange(520) == 9, 3.0, 1.0), np.zeros(520))
    monkeypatch.setattr("data.filings.valuation.unadjusted", lambda bars, first: told)
    monkeypatch.setattr("data.filings.valuation.user_cache", lambda: DiskCache(tmp_path))
    bars = bars_of(split={9: 2.0, 30: 0.5})
    found = as_traded(bars)
    monkeypatch.setattr("data.filings.valuation.unadjusted", None)
    np.testing.assert_array_equal(as_traded(bars).close, found.close)  # it is kept
    assert set(found.close) == {60.0}
    assert [found.split[at] for at in (8, 9, 30)] == [1.0, 6.0, 0.5]
    assert bars.split[9] == 2.0


def test_bars_whose_prices_tell_nothing_are_taken_as_they_stand(monkeypatch, tmp_path):
    nothing = Unadjusted(np.full(520, np.nan), np.ones(520), np.zeros(520))
    monkeypatch.setattr("data.filings.valuation.unadjusted", lambda bars, first: nothing)
    monkeypatch.setattr("data.filings.valuation.user_cache", lambda: DiskCache(tmp_path))
    bars = bars_of(split={9: 2.0})
    assert as_traded(bars) is bars


# Companies together


def some(name, close, shares, income, sales, count=6):
    """A company that is the same at every session, or told session by session."""
    columns = (np.broadcast_to(np.array(each, float), count) for each in (close, shares, income, sales))
    return Company(name, *columns, *[np.full(count, np.datetime64("2020-01-01"))] * 2)


def test_a_group_s_ratios_are_of_sums_and_its_yield_is_the_median():
    """Worth 100, 300 and 600; earning 10, 60 and -20: 1000 / 50, 1000 / 250, and the middle of 10, 20 and -3.3 %."""
    three = [some("A", 10, 10, 10, 50), some("B", 10, 30, 60, 100), some("C", 10, 60, -20, 100)]
    found = group(three, DATES[:6])
    assert set(found.price_earnings) == {20.0}
    assert set(found.price_sales) == {4.0}
    assert set(found.earnings_yield) == {0.1}
    assert set(found.count) == {3}


def test_without_earnings_there_is_no_price_of_them():
    """Together the two lose, or earn nothing: no ratio, and the yield tells the loss."""
    for loss in (-20.0, -10.0):
        found = group([some("A", 10, 10, 10, 50), some("B", 10, 10, loss, 50)], DATES[:6])
        assert np.isnan(found.price_earnings).all()
        assert set(found.price_sales) == {2.0}
        assert set(found.earnings_yield) == {(0.1 + loss / 100) / 2}


def test_who_isn_t_known_or_doesn_t_belong_doesn_t_count():
    """B's sales are known from the third session on; A belongs up to the fourth; C never has a price."""
    late = [np.nan, np.nan, 50, 50, 50, 50]
    three = [some("A", 10, 10, 10, 50), some("B", 10, 30, 10, late), some("C", np.nan, 1, 1, 1)]
    belongs = np.ones((6, 3), np.bool_)
    belongs[4:, 0] = False
    found = group(three, DATES[:6], belongs)
    assert found.count.tolist() == [1, 1, 2, 2, 1, 1]
    assert found.price_earnings.tolist() == [10, 10, 20, 20, 30, 30]
    assert [(str(each.session), each.came, each.went, each.count) for each in found.changes()] == [
        (str(DATES[2]), ("B",), (), 2),
        (str(DATES[4]), (), ("A",), 1),
    ]
    assert [each.words for each in found.changes()] == ["B came", "A went"]


def test_a_change_tells_who_came_and_who_went_and_a_beginning_is_none():
    turns = np.array([[False, False], [True, False], [False, True], [False, False], [True, True], [True, True]])
    found = group([some("A", 1, 1, 1, 1), some("B", 1, 1, 1, 1)], DATES[:6], turns)
    assert [each.words for each in found.changes()] == ["B came, A went", "B went"]
    assert np.isnan(found.price_sales[[0, 3]]).all()
    assert np.isnan(found.earnings_yield[[0, 3]]).all()


def test_who_doesn_t_count_changes_no_last_digit():
    rng = np.random.default_rng(4)
    many = [some(str(at), *rng.lognormal(20, 3, (4, 6))) for at in range(17)]
    silent = [replace(each, close=np.full(6, np.nan)) for each in many]
    for at in range(1, 17):
        fewer, more = group(many[:at], DATES[:6]), group([*silent[:9], *many[:at], *silent[9:]], DATES[:6])
        for figure in ("price_earnings", "price_sales", "earnings_yield"):
            assert getattr(fewer, figure).tobytes() == getattr(more, figure).tobytes()


@given(arrays(np.float64, (4, 7), elements=st.floats(-1e9, 1e9)), arrays(np.bool_, (4, 7)))
def test_the_median_is_numpy_s(values, counted):
    found = median_of(np.where(counted, values, np.nan), counted)
    for at in range(4):
        own = values[at][counted[at]]
        assert found[at] == pytest.approx(np.median(own), rel=1e-12, nan_ok=True) if len(own) else np.isnan(found[at])


def test_the_sessions_of_a_group_are_those_of_any():
    bars = {"A": bars_of(dates=DATES[:3]), "B": bars_of(dates=DATES[2:5])}
    np.testing.assert_array_equal(sessions_of(bars), DATES[:5])


# Point in time


def figures(filed, bars, sessions):
    found = company(filed, bars, sessions)
    return np.stack([found.market_value, found.net_income, found.sales, found.shares])


def assert_point_in_time(filed, bars, sessions, cuts, spoil):
    """Assert that what is filed on a session or later, and bars after it, change nothing known at its close."""
    whole = figures(filed, bars, sessions)
    for row_ in cuts:
        at = sessions[row_]
        spoilt = filed.with_values(np.where(filed.filed < at, filed.value, filed.value * spoil))
        other = replace(bars, split=np.where(np.arange(len(bars)) == row_ + 1, 7.0, bars.split))
        for tampered in (figures(filed.up_to(at), other, sessions), figures(spoilt, other, sessions)):
            np.testing.assert_array_equal(tampered[:, : row_ + 1], whole[:, : row_ + 1])


@given(
    st.permutations(
        f"{YEAR}{COVER} 2020-02-15 51e6 2020-02-20\nRevenues 2019-01-01..2019-12-31 9 2020-02-20".split("\n")
    )
)
def test_the_order_of_a_day_s_facts_says_nothing(lines):
    one, other = (company(filings("\n".join(way)), bars_of(), DATES) for way in (lines, lines[::-1]))
    for name in ("market_value", "net_income", "sales"):
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


@given(st.integers(0, 1000), st.sampled_from([-2.0, 0.3, 1e3]))
def test_nothing_later_changes_what_was_known(seed, spoil):
    rng = np.random.default_rng(seed)
    sessions = DATES[:: rng.integers(1, 9)]
    splits = {int(at): rng.choice([0.1, 2.0, 4.0]) for at in rng.integers(1, len(sessions), 2)}
    bars = bars_of(dates=sessions, split=splits)
    text = quarterly(*rng.integers(1, 100, 2) * 1e6, 1e8) + quarterly(*rng.integers(1, 100, 2) * 1e6, 2e8, 2019, 2020)
    assert_point_in_time(filings(text), bars, sessions, rng.integers(0, len(sessions), 3), spoil)


@lru_cache
def real(name):
    return read_filings(FOLDER / "filings", name)


@needs_history
@pytest.mark.parametrize("name", companies_in(FOLDER / "filings"))
def test_nothing_later_changes_what_was_known_of_a_real_company(name):
    """At 40 dates each, all of later filings gone, or three times and a half what they were."""
    filed = real(name)
    weeks = np.arange(np.datetime64("2009-06-05"), np.datetime64("2026-08-21"), 7 * DAY)
    closes = np.random.default_rng(2).lognormal(3, 1, len(weeks)).round(2)
    bars = make_bars(name, weeks, closes, split={200: 2.0, 600: 0.1, 800: 10.0})
    own = np.searchsorted(weeks, np.unique(filed.filed))  # around its own filings, where something happens
    near = np.unique(np.clip(own[:, np.newaxis] + np.array([-1, 0]), 0, len(weeks) - 1))
    cuts = near[np.linspace(0, len(near) - 1, 40).astype(int)]
    assert (~np.isnan(figures(filed, bars, weeks))).sum(axis=1).min() > 150
    assert_point_in_time(filed, bars, weeks, cuts, 3.5)


@needs_history
def test_real_counts_of_shares_in_the_basis_of_their_day():
    """Billions: NVDA's before and after its splits of 20 July 2021 and of 10 June 2024, of its covers."""
    sessions = nyse("2021-01-04", 1200)
    splits = {row("2021-07-20", sessions): 4.0, row("2024-06-10", sessions): 10.0}
    found = company(real("NVDA"), bars_of(dates=sessions, split=splits), sessions).shares / 1e9
    for date, expected in (
        ("2021-07-19", 0.623),
        ("2021-07-20", 2.492),
        ("2021-08-23", 2.5),
        ("2024-06-07", 2.46),
        ("2024-06-10", 24.6),
        ("2024-08-29", 24.53),
    ):
        assert found[row(date, sessions)] == pytest.approx(expected, abs=6e-4)


def test_a_session_that_isn_t_told_moves_as_the_adjusted_closes_do(monkeypatch, tmp_path):
    """Adjusted closes of 1, 1.1, 1.2 dollars were 10, 11, 12; then comes 4 for 1, on a day that isn't told."""
    told = np.full(520, np.nan)
    told[2:5], told[7:] = [10.0, 11.0, 12.0], 3.5
    out = np.where(np.arange(520) == 6, 4.0, 1.0)
    monkeypatch.setattr("data.filings.valuation.unadjusted", lambda bars, first: Unadjusted(told, out, np.zeros(520)))
    monkeypatch.setattr("data.filings.valuation.user_cache", lambda: DiskCache(tmp_path))
    bars = bars_of()
    close = np.full(520, 1.4)
    close[:7] = [0.8, 0.9, 1.0, 1.1, 1.2, 1.3, 1.36]
    found = as_traded(replace(bars, close=close))
    np.testing.assert_allclose(found.close[2:9], [10.0, 11.0, 12.0, 13.0, 3.4, 3.5, 3.5], rtol=1e-12)
    assert np.isnan(found.close[:2]).all()

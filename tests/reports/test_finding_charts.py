"""The chart of a finding shows the bars that it is about, those around them, and what they were measured against."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from markets import days, make_bars, make_series, nyse, random_bars, source_of
from packing import unpacked

from data.audit.finding import WARNING, Finding
from data.bars import PRICES
from data.errors import DataError
from data.sources import BARS
from data.sources.csv import CsvSource
from reports.charts import POINTS
from reports.finding_charts import AROUND, NEAR, finding_chart, histories, split_words

DATES = nyse("2020-01-02", 400)
RNG = np.random.default_rng(5)
FUND = random_bars("FUND", DATES, RNG)
CORE = random_bars("CORE", DATES, RNG)


def finding(dates, kind="step", instrument="FUND", **more):
    return Finding(f"{instrument}-{kind}", WARNING, instrument, kind, np.atleast_1d(dates), "says", "cure", **more)


def chart(found, *held):
    return finding_chart(found, histories(source_of(*(held or (FUND, CORE)))))


def sessions(drawn):
    return unpacked(drawn["days"]).astype(int).astype("datetime64[D]")


def test_thirty_sessions_each_side_have_candles():
    drawn = chart(finding(DATES[100]))
    around = slice(100 - AROUND, 100 + AROUND + 1)
    assert drawn["near"]
    assert sessions(drawn).tolist() == DATES[around].tolist()
    assert drawn["marks"] == [[29.5, 30.5]]
    assert unpacked(drawn["candles"]["x"]).tolist() == list(range(61))
    for name in PRICES:
        np.testing.assert_allclose(unpacked(drawn["candles"][name]), getattr(FUND, name)[around], rtol=1e-6)
    assert (drawn["rings"], drawn["others"], drawn["missing"]) == (None, [], [])


@pytest.mark.parametrize(
    ("at", "first", "last"), [(0, 0, AROUND), (399, 399 - AROUND, 399), ([5, 6, 7, 9], 0, 9 + AROUND)]
)
def test_a_history_ends_where_it_ends(at, first, last):
    drawn = chart(finding(DATES[at]))
    assert sessions(drawn).tolist() == DATES[first : last + 1].tolist()


def test_neighbours_are_shaded_together():
    assert chart(finding(DATES[[105, 100, 101, 102]]))["marks"] == [[29.5, 32.5], [34.5, 35.5]]


def test_a_session_without_a_bar_keeps_its_place_and_an_extra_one_gets_one():
    saturday = days("2020-03-07")
    dates = np.union1d(np.delete(DATES, [100]), saturday)
    bars = make_bars("FUND", dates, np.full(len(dates), 10.0))
    missing, extra = chart(finding(DATES[100], "missing"), bars), chart(finding(saturday, "extra"), bars)
    assert sessions(missing)[30] == DATES[100]
    assert 30 not in unpacked(missing["candles"]["x"])
    assert sessions(extra)[30] == saturday[0]
    assert 30 in unpacked(extra["candles"]["x"])


def test_sessions_after_the_last_bar_have_a_place():
    bars = make_bars("FUND", DATES[:100], np.full(100, 10.0))
    drawn = chart(finding(DATES[102:104]), bars)
    assert sessions(drawn)[-2:].tolist() == DATES[102:104].tolist()
    assert unpacked(drawn["candles"]["x"])[-1] == len(sessions(drawn)) - 3


def test_the_price_in_question_has_a_ring():
    rings = chart(finding(DATES[100:102], field="high"))["rings"]
    assert (unpacked(rings["x"]).tolist(), rings["name"]) == ([30, 31], "high")
    np.testing.assert_allclose(unpacked(rings["y"]), FUND.high[100:102], rtol=1e-6)


def test_what_it_is_measured_against_starts_at_a_hundred_through_splits_and_dividends():
    close = np.array([10.0, 11.0, 5.0, 5.5, 5.25])
    core = make_bars("CORE", DATES[:5], close, open=close - 1, dividend={3: 0.5}, split={2: 2.0})
    fund = make_bars("FUND", DATES[:5], close)
    (line,) = chart(finding(DATES[2], against=("CORE",)), fund, core)["others"]
    level = [100, 110, 100, 120, 120 * 5.25 / 5.5]
    assert (line["name"], unpacked(line["x"]).tolist()) == ("CORE", [0, 1, 2, 3, 4])
    np.testing.assert_allclose(unpacked(line["y"]), level, rtol=1e-6)

    (line,) = chart(finding(DATES[2], "open", field="open", against=("CORE",)), fund, core)["others"]
    np.testing.assert_allclose(unpacked(line["x"]), np.add.outer(np.arange(5), [-0.3, 0.3]).ravel(), rtol=1e-6)
    opens = [day * (price - 1) / price for day, price in zip(level, close, strict=True)]
    np.testing.assert_allclose(unpacked(line["y"]), np.column_stack((opens, level)).ravel(), rtol=1e-6)


def test_splits_and_dividends_stand_where_they_were():
    fund = make_bars("FUND", DATES[:60], np.full(60, 10.0), dividend={20: 0.125}, split={25: 0.1, 26: 1.5})
    drawn = chart(finding(DATES[20]), fund)
    assert [(one["x"], one["kind"], one["says"]) for one in drawn["events"]] == [
        (20, "dividend", "dividend $0.125"),
        (25, "split", "split 1:10"),
        (26, "split", "split 1.5:1"),
    ]
    whole = chart(finding(DATES[:60], "zero-volume"), fund)
    assert [one["x"] for one in whole["events"]] == DATES[[25, 26]].astype(int).tolist()


@pytest.mark.parametrize(
    ("split", "words"), [(3.0, "split 3:1"), (1 / 12, "split 1:12"), (15.0, "split 15:1"), (0.0, "split 0")]
)
def test_a_split_is_new_for_old(split, words):
    assert split_words(split) == words


def test_a_false_step_makes_a_logarithmic_axis():
    close = np.where(np.arange(400) < 200, 150.0, 10.0)
    drawn = chart(finding(DATES[200], factor=15.0, against=("CORE",)), make_bars("FUND", DATES, close), CORE)
    assert drawn["spread"] == [10.0, 150.0]
    assert chart(finding(DATES[100]), make_bars("FUND", DATES, close))["spread"] is None


def test_a_finding_of_many_sessions_shows_the_whole_history_thinned():
    dates = nyse("1990-01-02", 7000)
    close = 20 * np.exp(np.cumsum(np.random.default_rng(2).normal(0, 0.01, 7000)))
    fund, core = make_bars("FUND", dates, close, split={3000: 0.1}), make_bars("CORE", dates, close[::-1])
    drawn = chart(finding(dates[500:5500], against=("CORE",)), fund, core)
    (line,), (other,), ticks = drawn["lines"], drawn["others"], unpacked(drawn["marks"])
    assert not drawn["near"]
    assert drawn["candles"] is None
    assert len(unpacked(line["x"])) <= POINTS
    assert unpacked(line["y"]).max() == pytest.approx(close.max(), rel=1e-6)
    assert unpacked(line["y"]).min() == pytest.approx(close.min(), rel=1e-6)
    assert unpacked(other["y"])[0] == 100
    assert len(ticks) <= 1.5 * POINTS
    assert [ticks[0], ticks[-1]] == pytest.approx(dates[[500, 5499]].astype(int).tolist(), abs=7)


def test_the_limit_between_the_two():
    assert chart(finding(DATES[[10, 9 + NEAR]]))["near"]
    assert not chart(finding(DATES[[10, 10 + NEAR]]))["near"]


def test_a_finding_about_volume_shows_volume_with_gaps_where_there_is_none():
    volume = np.where(np.arange(400) % 100 == 50, 0.0, np.arange(1, 401))
    drawn = chart(
        finding(DATES[[50, 150, 250, 350]], "zero-volume"), make_bars("FUND", DATES, np.ones(400), volume=volume)
    )
    y = unpacked(drawn["lines"][0]["y"])
    assert drawn["unit"] == "shares, as traded"
    np.testing.assert_array_equal(y, np.where(volume > 0, volume, np.nan))


def test_a_series_is_a_line_and_a_later_revision_counts():
    days_of = np.repeat(DATES[:50], 2)
    series = make_series("VIX", days_of, np.arange(100.0), known=days_of + np.tile([1, 9], 50))
    drawn = chart(finding(DATES[20], "spike", "VIX"), series)
    assert unpacked(drawn["lines"][0]["y"]).tolist() == list(range(1, 102, 2))[:50]
    assert drawn["unit"] == "value, in its own unit"


def test_bars_out_of_order_or_not_positive_are_drawn_all_the_same():
    bars = replace(FUND, close=np.where(np.arange(400) % 7, FUND.close, -1.0), low=np.zeros(400))
    bars = bars.rows(np.r_[1:200, 0, 199:400])
    bars = replace(bars, close=np.where(bars.dates == DATES[0], 0.0, bars.close))
    drawn = chart(finding(DATES[[100, 0]], "open", field="open", against=("FUND",)), bars)
    assert sessions(drawn)[0] == DATES[0]
    np.testing.assert_array_equal(unpacked(drawn["candles"]["low"]), 0)
    whole = chart(finding(DATES[[0, 399]], "values", against=("FUND",)), bars)
    assert np.isnan(unpacked(whole["lines"][0]["y"])).sum() == 58  # no place on a logarithmic axis


@pytest.mark.parametrize("count", [50, 400])
def test_a_finding_about_no_session_shows_the_whole(count):
    drawn = chart(finding(days("NaT"), "unreadable"), FUND.rows(slice(count)))
    assert not drawn["near"]
    assert len(unpacked(drawn["marks"])) == 0


def test_what_is_not_there_is_said():
    drawn = chart(finding(DATES[0], against=("GONE", "CORE")))
    assert [line["name"] for line in drawn["others"]] == ["CORE"]
    assert drawn["missing"] == ["GONE can't be shown: memory: no series GONE."]
    assert chart(finding(DATES[0], instrument="GONE")) == {"missing": ["GONE can't be shown: memory: no series GONE."]}


def test_of_a_file_that_is_refused_the_rows_that_can_be_read_are_drawn(tmp_path):
    (tmp_path / "bars").mkdir()
    rows = [
        "date,open,high,low,close,volume,dividend,split",
        "2020-01-02,10,9,10,10,5,0,1",
        "2020-01-03,10,11,10,11,5,0,1",
        "2020-01-06,10,12,10,,5,0,1",
    ]
    (tmp_path / "bars" / "FUND.csv").write_text("\n".join(rows))
    source = CsvSource(tmp_path)
    with pytest.raises(DataError, match=r"^bars/FUND\.csv:4: 2020-01-06: close is missing"):
        source.read(BARS, "FUND")
    drawn = finding_chart(finding(days("2020-01-02"), "range", field="high"), histories(source))
    assert unpacked(drawn["candles"]["high"]).tolist() == [9, 11]
    (tmp_path / "bars" / "FUND.csv").write_text("nothing")
    assert "FUND can't be shown" in finding_chart(finding(days("2020-01-02")), histories(source))["missing"][0]

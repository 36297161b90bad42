"""The schema: which fault is told, and that none slips through, whatever row it is in."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import nyse, random_bars

from data.bars import COLUMNS
from data.errors import DataError
from data.schema import check_bars, check_series

DATES = nyse("2024-01-02", 12)
BARS = random_bars("X", DATES, np.random.default_rng(1))


def bars_frame():
    """Twelve rows as a source hands them over, the first on line 2 of its file."""
    columns = {"date": DATES.astype("datetime64[ns]")} | {name: getattr(BARS, name) for name in COLUMNS}
    return pd.DataFrame(columns, index=range(2, 14))


def series_frame(**columns):
    dates = pd.to_datetime(["2024-01-02", "2024-01-06", "2024-01-09"])  # a Saturday is fine for a series
    return pd.DataFrame({"date": dates, "value": [1.0, 2.0, 3.0], **columns}, index=range(2, 5))


def fault(check, frame):
    with pytest.raises(DataError) as caught:
        check(frame, "bars/X.csv")
    return str(caught.value)


def negate(frame, row, column):
    frame.loc[row, column] = -1.0


def empty(frame, row, column):
    frame.loc[row, column] = np.nan


def test_bars_and_series_without_a_fault_pass():
    check_bars(bars_frame(), "bars/X.csv")
    check_series(series_frame(), "series/S.csv")
    check_series(series_frame(known=pd.to_datetime(["2024-01-02", "2024-01-08", "2024-01-09"])), "series/S.csv")


@given(st.integers(2, 13), st.sampled_from(COLUMNS), st.sampled_from([negate, empty]))
@settings(max_examples=40, deadline=None)
def test_a_single_wrong_value_is_told_by_its_row_date_and_column(row, column, spoil):
    frame = bars_frame()
    spoil(frame, row, column)
    said = fault(check_bars, frame)
    assert said.startswith(f"bars/X.csv:{row}: {DATES[row - 2]}: {column} is ")


@given(st.lists(st.tuples(st.integers(2, 13), st.sampled_from(COLUMNS)), min_size=2, max_size=5))
@settings(max_examples=20, deadline=None)
def test_of_several_faults_the_first_row_s_is_told(spoiled):
    frame = bars_frame()
    for row, column in spoiled:
        empty(frame, row, column)
    first = min(spoiled)[0]
    assert fault(check_bars, frame).startswith(f"bars/X.csv:{first}: {DATES[first - 2]}: ")


def test_a_missing_high_is_not_called_lower_than_the_low():
    frame = bars_frame()
    empty(frame, 5, "high")
    assert fault(check_bars, frame) == (
        "bars/X.csv:5: 2024-01-05: high is missing or not finite: fill it in, or delete the row"
    )


def test_a_zero_split_is_refused_and_a_zero_volume_and_dividend_are_not():
    frame = bars_frame()
    frame["volume"] = 0.0
    frame["dividend"] = 0.0
    check_bars(frame, "bars/X.csv")
    frame.loc[4, "split"] = 0.0
    assert "split is zero or negative" in fault(check_bars, frame)


def test_a_fault_of_prices_on_a_day_without_a_session_is_told_before_the_date():
    """One row, two faults: the rules' order decides."""
    frame = bars_frame()
    frame.loc[13, "date"] = pd.Timestamp("2024-01-20")
    frame.loc[13, "close"] = -1.0
    assert ": close is zero or negative: " in fault(check_bars, frame)
    frame.loc[13, "close"] = frame.loc[13, "open"]
    assert fault(check_bars, frame) == (
        "bars/X.csv:13: 2024-01-20: NYSE held no session on that date: delete the row, or correct its date"
    )


@pytest.mark.parametrize(
    ("columns", "said"),
    [
        ({"value": [1.0, np.inf, 3.0]}, "3: 2024-01-06: value is missing or not finite: fill it in, or delete the row"),
        (
            {"date": pd.to_datetime(["2024-01-02", "2024-01-09", "2024-01-06"])},
            "4: 2024-01-06: date is before that of the row above: sort the rows by date, oldest first",
        ),
        (
            {"date": pd.to_datetime(["2024-01-02", "2024-01-06", "2024-01-06"])},
            "4: 2024-01-06: date stands twice: keep one row a date",
        ),
        (
            {"known": pd.to_datetime(["2024-01-02", "2024-01-05", "2024-01-09"])},
            "3: 2024-01-06: known is before date: a value can't be public before its day",
        ),
        (
            {"known": pd.to_datetime(["2024-01-02", None, "2024-01-09"])},
            "3: 2024-01-06: known is missing or unreadable: write it as YYYY-MM-DD",
        ),
    ],
    ids=["infinite", "unsorted", "twice", "known before", "known missing"],
)
def test_a_series_is_checked_too(columns, said):
    assert fault(check_series, series_frame(**columns)) == f"bars/X.csv:{said}"


def test_revisions_may_share_a_date_but_not_the_day_they_were_known():
    frame = series_frame(known=pd.to_datetime(["2024-01-10", "2024-01-11", "2024-01-12"]))
    frame["date"] = pd.Timestamp("2024-01-02")
    check_series(frame, "series/S.csv")
    frame.loc[4, "known"] = frame.loc[3, "known"]
    assert fault(check_series, frame) == "bars/X.csv:4: 2024-01-02: date and known stand twice: keep one row for both"


@pytest.mark.parametrize("check", [check_bars, check_series])
def test_an_unreadable_date_is_told_by_its_row(check):
    frame = bars_frame() if check is check_bars else series_frame()
    frame.loc[3, "date"] = pd.NaT
    assert fault(check, frame) == "bars/X.csv:3: date is missing or unreadable: write it as YYYY-MM-DD"


@pytest.mark.parametrize("check", [check_bars, check_series])
def test_a_row_with_nothing_in_it_is_a_fault(check):
    frame = bars_frame() if check is check_bars else series_frame()
    frame.loc[3, "date"] = pd.NaT
    frame.loc[3, frame.columns != "date"] = np.nan
    assert fault(check, frame) == "bars/X.csv:3: date is missing or unreadable: write it as YYYY-MM-DD"

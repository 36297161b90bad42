"""The schema: which fault is told, and that none slips through, whatever row it is in."""

import tracemalloc

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import nyse, random_bars

from data.bars import COLUMNS
from data.errors import DataError
from data.schema import check, faults_of

DATES = nyse("2024-01-02", 12)
BARS = random_bars("X", DATES, np.random.default_rng(1))


def bars_frame():
    """Twelve rows as a source hands them over, the first on line 2 of its file."""
    columns = {"date": DATES.astype("datetime64[ns]")} | {name: getattr(BARS, name) for name in COLUMNS}
    return pd.DataFrame(columns, index=range(2, 14))


def series_frame(**columns):
    dates = pd.to_datetime(["2024-01-02", "2024-01-06", "2024-01-09"])  # a Saturday is fine for a series
    return pd.DataFrame({"date": dates, "value": [1.0, 2.0, 3.0], **columns}, index=range(2, 5))


def fault(kind, frame):
    with pytest.raises(DataError) as caught:
        check(kind, frame, "bars/X.csv")
    return str(caught.value)


def negate(frame, row, column):
    frame.loc[row, column] = -1.0


def empty(frame, row, column):
    frame.loc[row, column] = np.nan


def test_bars_and_series_without_a_fault_pass():
    check("bars", bars_frame(), "bars/X.csv")
    check("series", series_frame(), "series/S.csv")
    check("series", series_frame(known=pd.to_datetime(["2024-01-02", "2024-01-08", "2024-01-09"])), "series/S.csv")


@given(st.integers(2, 13), st.sampled_from(COLUMNS), st.sampled_from([negate, empty]))
@settings(max_examples=40, deadline=None)
def test_a_single_wrong_value_is_told_by_its_row_date_and_column(row, column, spoil):
    frame = bars_frame()
    spoil(frame, row, column)
    said = fault("bars", frame)
    assert said.startswith(f"bars/X.csv:{row}: {DATES[row - 2]}: {column} is ")


@given(st.lists(st.tuples(st.integers(2, 13), st.sampled_from(COLUMNS)), min_size=2, max_size=5))
@settings(max_examples=20, deadline=None)
def test_of_several_faults_the_first_row_s_is_told(spoiled):
    frame = bars_frame()
    for row, column in spoiled:
        empty(frame, row, column)
    first = min(spoiled)[0]
    assert fault("bars", frame).startswith(f"bars/X.csv:{first}: {DATES[first - 2]}: ")


def test_a_missing_high_is_not_called_lower_than_the_low():
    frame = bars_frame()
    empty(frame, 5, "high")
    assert fault("bars", frame) == (
        "bars/X.csv:5: 2024-01-05: high is missing or not finite: fill it in, or delete the row"
    )


def test_a_zero_split_is_refused_and_a_zero_volume_and_dividend_are_not():
    frame = bars_frame()
    frame["volume"] = 0.0
    frame["dividend"] = 0.0
    check("bars", frame, "bars/X.csv")
    frame.loc[4, "split"] = 0.0
    assert "split is zero or negative" in fault("bars", frame)


def test_a_fault_of_prices_on_a_day_without_a_session_is_told_before_the_date():
    """One row, two faults: the rules' order decides."""
    frame = bars_frame()
    frame.loc[13, "date"] = pd.Timestamp("2024-01-20")
    frame.loc[13, "close"] = -1.0
    assert ": close is zero or negative: " in fault("bars", frame)
    frame.loc[13, "close"] = frame.loc[13, "open"]
    assert fault("bars", frame) == (
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
    assert fault("series", series_frame(**columns)) == f"bars/X.csv:{said}"


def test_revisions_may_share_a_date_but_not_the_day_they_were_known():
    frame = series_frame(known=pd.to_datetime(["2024-01-10", "2024-01-11", "2024-01-12"]))
    frame["date"] = pd.Timestamp("2024-01-02")
    check("series", frame, "series/S.csv")
    frame.loc[4, "known"] = frame.loc[3, "known"]
    assert fault("series", frame) == "bars/X.csv:4: 2024-01-02: date and known stand twice: keep one row for both"


@pytest.mark.parametrize("kind", ["bars", "series"])
def test_an_unreadable_date_is_told_by_its_row(kind):
    frame = bars_frame() if kind == "bars" else series_frame()
    frame.loc[3, "date"] = pd.NaT
    assert fault(kind, frame) == "bars/X.csv:3: date is missing or unreadable: write it as YYYY-MM-DD"


@pytest.mark.parametrize("kind", ["bars", "series"])
def test_a_row_with_nothing_in_it_is_a_fault(kind):
    frame = bars_frame() if kind == "bars" else series_frame()
    frame.loc[3, "date"] = pd.NaT
    frame.loc[3, frame.columns != "date"] = np.nan
    assert fault(kind, frame) == "bars/X.csv:3: date is missing or unreadable: write it as YYYY-MM-DD"


def test_all_faults_are_told_by_rule_and_the_other_rows_remain():
    frame = bars_frame()
    for row in (4, 6, 9):
        empty(frame, row, "close")
    negate(frame, 6, "volume")
    frame.loc[11, "date"] = frame.loc[10, "date"]
    frame.loc[[2, 3]] = frame.loc[[3, 2]].to_numpy()
    faults, rows = faults_of("bars", frame.astype(dict.fromkeys(COLUMNS, float)), "bars/X.csv")
    assert [(fault.key, fault.message) for fault in faults] == [
        ("unsorted", "date is before that of the row above (bars/X.csv, row 3)"),
        ("close-missing", "close is missing or not finite (bars/X.csv, rows 4, 6, 9)"),
        ("volume-negative", "volume is negative (bars/X.csv, row 6)"),
        ("duplicate", "date stands twice (bars/X.csv, row 11)"),
    ]
    assert [str(date) for date in faults[1].dates] == [str(DATES[at - 2]) for at in (4, 6, 9)]
    assert rows.index.tolist() == [3, 2, 5, 7, 8, 10, 12, 13]
    assert rows["date"].is_monotonic_increasing


def test_many_rows_of_one_fault_are_counted():
    frame = bars_frame()
    frame["open"] = -1.0
    (fault,), rows = faults_of("bars", frame, "bars/X.csv")
    assert fault.message == "open is zero or negative (bars/X.csv, rows 2, 3, 4 and 9 more)"
    assert (len(fault.dates), len(rows)) == (12, 0)


def test_a_range_that_excludes_its_open_is_left_to_the_audit():
    frame = bars_frame()
    frame.loc[5, "high"] = 0.5 * frame.loc[5, "low"]
    frame.loc[7, "low"] = 1.01 * frame.loc[7, ["open", "close"]].max()
    check("bars", frame, "bars/X.csv")
    faults, rows = faults_of("bars", frame, "bars/X.csv")
    assert (faults, len(rows)) == ((), 12)


def test_what_else_is_wrong_in_such_a_row_is_told():
    frame = bars_frame()
    frame.loc[5, "high"] = 0.5 * frame.loc[5, "low"]
    negate(frame, 5, "volume")
    assert fault("bars", frame) == "bars/X.csv:5: 2024-01-05: volume is negative: write 0 where it is not known"


def test_a_vendor_s_rounding_is_no_fault():
    frame = bars_frame()
    frame.loc[5, "high"] = frame.loc[5, ["open", "close"]].max() * (1 - 1e-7)
    frame.loc[5, "low"] = frame.loc[5, ["open", "close"]].min()
    check("bars", frame, "bars/X.csv")


@given(st.sets(st.tuples(st.integers(2, 13), st.sampled_from(COLUMNS)), min_size=1, max_size=8))
@settings(max_examples=20, deadline=None)
def test_every_broken_row_is_told_and_taken_out(spoiled):
    frame = bars_frame()
    for row, column in spoiled:
        empty(frame, row, column)
    faults, rows = faults_of("bars", frame, "bars/X.csv")
    assert {fault.key for fault in faults} == {f"{column}-missing" for _, column in spoiled}
    assert sum(len(fault.dates) for fault in faults) == len(spoiled)
    assert set(rows.index) == set(range(2, 14)) - {row for row, _ in spoiled}


def test_all_faults_of_a_series_are_told():
    frame = series_frame(value=[1.0, np.nan, np.inf])
    frame.loc[2, "date"] = pd.NaT
    faults, rows = faults_of("series", frame, "series/S.csv")
    assert [fault.key for fault in faults] == ["undated", "value-missing"]
    assert np.isnat(faults[0].dates).all()
    assert not len(rows)


def test_many_faults_take_little_memory():
    frame = pd.concat([bars_frame().iloc[:1]] * 20_000, ignore_index=True)
    tracemalloc.start()
    (found,), left = faults_of("bars", frame, "bars/X.csv")
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()

    assert (len(found.dates), len(left)) == (19_999, 1)
    assert peak < 6 * frame.memory_usage().sum()


@pytest.mark.parametrize("value", [1e16, -1e16])
def test_a_series_value_beyond_all_bounds_is_told(value):
    frame = pd.DataFrame({"date": pd.to_datetime(["2024-01-02", "2024-01-03"]), "value": [-4.0, value]}, index=[2, 3])

    with pytest.raises(DataError, match=r"^series/A.csv:3: 2024-01-03: value is beyond all bounds: correct it"):
        check("series", frame, "series/A.csv")


@pytest.mark.parametrize("split", [1e6, 1e-6])
def test_splits_that_multiply_beyond_all_bounds_are_told(split):
    frame = bars_frame()
    frame.loc[frame.index[:3], "split"] = split

    with pytest.raises(DataError, match=rf"A.csv:{frame.index[2]}: .*splits up to here multiply beyond all bounds"):
        check("bars", frame, "bars/A.csv")


@pytest.mark.parametrize(
    ("column", "value"),
    [("close", 1e-320), ("open", 1e13), ("dividend", 1e308), ("volume", 1e16), ("split", 1e7), ("split", 1e-7)],
)
def test_a_number_beyond_all_bounds_is_told_with_them(column, value):
    frame = bars_frame()
    frame.loc[frame.index[3], column] = value

    with pytest.raises(DataError, match=rf"{column} is beyond all bounds: correct it: it is from \S+ to \S+"):
        check("bars", frame, "bars/A.csv")

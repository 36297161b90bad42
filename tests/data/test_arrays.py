"""Days from whatever names one, and arrays that nobody can write into."""

import datetime as dt

import numpy as np
import pandas as pd
import pytest

from data.arrays import day, read_only


@pytest.mark.parametrize(
    "named",
    [
        "2024-02-29",
        dt.date(2024, 2, 29),
        dt.datetime(2024, 2, 29, 16, 0, tzinfo=dt.UTC),
        np.datetime64("2024-02-29T16:00", "ns"),
        pd.Timestamp("2024-02-29 16:00"),
    ],
    ids=lambda named: type(named).__name__,
)
def test_a_day_is_a_day_however_it_is_named(named):
    found = day(named)
    assert found == np.datetime64("2024-02-29")
    assert found.dtype == np.dtype("datetime64[D]")


def test_what_is_no_day_is_refused():
    with pytest.raises(ValueError, match="2024-02-30"):
        day("2024-02-30")


def test_a_read_only_array_and_what_is_cut_from_it_refuse_to_be_written_into():
    array = np.zeros(3)
    read_only(array)
    for target in (array, array[1:]):
        with pytest.raises(ValueError, match="read-only"):
            target[0] = 1.0

"""Arrays to arrow's and back: equal to pyarrow's own conversion, to the bytes of the file that is written."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from command import ROOT

from data.arrow import arrow_of, floats_of, values_of

DAYS = np.array(["2020-01-02", "NaT", "1960-02-29"], "datetime64[D]")


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        (np.array([1.5, np.nan, -np.inf, -0.0]), pa.float64()),
        (np.arange(12.0)[::3], pa.float64()),
        (np.arange(-3, 9), pa.int64()),
        (np.arange(11) % 3 == 0, pa.bool_()),
        (DAYS, pa.date32()),
        (DAYS[::2], pa.date32()),
        (np.array(["", "naïve", "SOXS", "一"]), pa.string()),
        (np.array([], "U4"), pa.string()),
        (np.array([]), pa.float64()),
        (np.array(["a", None], object), pa.string()),
        (np.arange(3), pa.float64()),
    ],
)
def test_it_is_what_pyarrow_makes_of_it_to_the_bytes_of_a_file(tmp_path, values, kind):
    ours, theirs = arrow_of(values, kind), pa.array(values, kind)
    ours.validate(full=True)
    assert (ours.type, ours.null_count) == (theirs.type, theirs.null_count)
    files = tmp_path / "ours.parquet", tmp_path / "theirs.parquet"
    for file, made in zip(files, (ours, theirs), strict=True):
        pq.write_table(pa.table({"column": made}), file)
    assert files[0].read_bytes() == files[1].read_bytes()


def test_numbers_come_back_as_a_copy_that_may_be_written_to():
    given = np.array([1.0, np.nan, 3.0])
    made = floats_of(arrow_of(given, pa.float64()))
    made[0] = 2.0
    assert np.array_equal(made, [2.0, np.nan, 3.0], equal_nan=True)
    assert given[0] == 1.0
    assert np.array_equal(floats_of(pa.array([0.0, 1.0, 2.0, 3.0])[2:]), [2.0, 3.0])
    assert floats_of(arrow_of(np.array([]), pa.float64())).shape == (0,)


def test_pandas_is_not_imported():
    code = "import sys, numpy as np; from data.arithmetic import log; log(np.ones(3)); print('pandas' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    "held",
    [
        [1, 2, 3],
        [1.5, None, 3.0],
        [1, None],
        ["a", None, "\u00e4"],
        ["a", "b"],
        [True, False],
        [True, None],
        [None, None],
    ],
)
def test_values_of_a_column_are_pyarrow_s_own(held):
    column = pa.chunked_array([pa.array(held), pa.array(held)[1:]])
    found, expected = values_of(column), column.to_numpy()

    assert found.dtype.kind == expected.dtype.kind
    if found.dtype.kind == "f":
        np.testing.assert_array_equal(found, expected)
    else:
        assert found.tolist() == expected.tolist()

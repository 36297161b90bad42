"""A folder of CSV files: what it may look like, and one line for every fault, naming file, row, date and remedy."""

import numpy as np
import pytest
from markets import days

from data.audit.run import audit
from data.bars import COLUMNS
from data.errors import DataError
from data.sources import BARS, SERIES
from data.sources.csv import CsvSource

HEADER = "date,open,high,low,close,volume,dividend,split"
ROWS = [
    "2024-01-02,40,42,39,41,1000,0,1",
    "2024-01-03,41,43,40,42,1000,0.5,1",
    "2024-01-04,420,431,410,430,100,0,0.1",
    "2024-01-05,43,43,40,42,0,0,1",
]
NEEDS = f"the header needs {HEADER}"
IMPORT = ", or take it into the store: backtest data import DIR, and run without --data"


def folder(tmp_path, text, kind="bars"):
    """Make a folder with one file of that text, or of those bytes."""
    for name in ("bars", "series"):
        (tmp_path / name).mkdir(exist_ok=True)
    raw = text if isinstance(text, bytes) else text.encode()
    (tmp_path / kind / ("SOXS.csv" if kind == "bars" else "VIX.csv")).write_bytes(raw)
    return CsvSource(tmp_path)


def lines(*rows):
    return "\n".join(rows) + "\n"


def second_row(row):
    """The file with another row on its third line, 3 January."""
    return lines(HEADER, ROWS[0], row, *ROWS[2:])


def changed(**columns):
    """The file with other values in that row."""
    values = dict(zip(HEADER.split(","), ROWS[1].split(","), strict=True)) | columns
    return second_row(",".join(values.values()))


def said_by(function, *given):
    with pytest.raises(DataError) as caught:
        function(*given)
    said = str(caught.value)
    assert len(said.splitlines()) == 1
    return said


# Fine


def test_columns_arrive_as_they_are_written(tmp_path):
    bars = folder(tmp_path, lines(HEADER, *ROWS)).read(BARS, "SOXS")
    assert bars.instrument == "SOXS"
    assert bars.dates.dtype == np.dtype("datetime64[D]")
    np.testing.assert_array_equal(bars.dates, days("2024-01-02", "2024-01-03", "2024-01-04", "2024-01-05"))
    np.testing.assert_array_equal(bars.open, [40, 41, 420, 43])
    np.testing.assert_array_equal(bars.high, [42, 43, 431, 43])
    np.testing.assert_array_equal(bars.low, [39, 40, 410, 40])
    np.testing.assert_array_equal(bars.close, [41, 42, 430, 42])
    np.testing.assert_array_equal(bars.volume, [1000, 1000, 100, 0])
    np.testing.assert_array_equal(bars.dividend, [0, 0.5, 0, 0])
    np.testing.assert_array_equal(bars.split, [1, 1, 0.1, 1])
    assert {getattr(bars, name).dtype for name in COLUMNS} == {np.dtype(float)}


@pytest.mark.parametrize(
    "text",
    [
        lines(HEADER, *ROWS) + "\n\n   \n,,,,,,,\n",
        "\r\n".join([HEADER, *ROWS]),
        b"\xef\xbb\xbf" + lines(HEADER, *ROWS).encode(),
        lines(HEADER, *ROWS).replace(",", ", "),
        lines(f"{HEADER},note", *(f"{row},seen" for row in ROWS)),
        lines(*(",".join(reversed(row.split(","))) for row in (HEADER, *ROWS))),
    ],
    ids=[
        "trailing blank lines",
        "Windows",
        "byte order mark",
        "spaces",
        "a further column",
        "columns in another order",
    ],
)
def test_what_means_the_same_reads_the_same(tmp_path, text):
    plain = folder(tmp_path, lines(HEADER, *ROWS)).read(BARS, "SOXS")
    other = folder(tmp_path, text).read(BARS, "SOXS")
    for name in ("dates", *COLUMNS):
        np.testing.assert_array_equal(getattr(other, name), getattr(plain, name))


def test_a_series_may_have_any_day_and_any_sign(tmp_path):
    series = folder(tmp_path, "date,value\n2024-01-06,-0.5\n2024-01-08,0\n", "series").read(SERIES, "VIX")
    assert (series.name, series.known, series.lag) == ("VIX", None, 0)
    np.testing.assert_array_equal(series.dates, days("2024-01-06", "2024-01-08"))
    np.testing.assert_array_equal(series.values, [-0.5, 0])


def test_a_series_may_say_when_each_value_was_known(tmp_path):
    text = "date,value,known\n2024-01-01,3.1,2024-02-13\n2024-01-01,3.2,2024-03-12\n"
    series = folder(tmp_path, text, "series").read(SERIES, "VIX")
    np.testing.assert_array_equal(series.known, days("2024-02-13", "2024-03-12"))
    np.testing.assert_array_equal(series.dates, days("2024-01-01", "2024-01-01"))


def test_it_lists_what_it_holds_in_order(tmp_path):
    source = folder(tmp_path, "")
    for path in ("bars/AMD.csv", "bars/^SOX.csv", "bars/notes.txt", "series/IRX.csv"):
        (tmp_path / path).touch()
    assert source.names(BARS) == ("AMD", "SOXS", "^SOX")
    assert source.names(SERIES) == ("IRX",)
    assert (source.name, source.simulated) == ("csv", False)


def test_a_folder_without_series_holds_none(tmp_path):
    (tmp_path / "bars").mkdir()
    assert CsvSource(tmp_path).names(SERIES) == ()


def test_only_the_file_that_is_asked_for_is_read(tmp_path):
    source = folder(tmp_path, lines(HEADER, *ROWS))
    (tmp_path / "bars" / "AMD.csv").write_text("nonsense")
    assert len(source.read(BARS, "SOXS")) == 4


# Faults


def wrong(fault):
    return f"bars/SOXS.csv:3: 2024-01-03: {fault}"


PLAINLY = "write it plainly, or take it into the store: backtest data import, with --decimal"
MISSING = "is missing or not finite: fill it in, or delete the row"
NOT_POSITIVE = "is zero or negative: correct the price, or delete the row"
UNREADABLE = "bars/SOXS.csv:3: date is missing or unreadable: write it as YYYY-MM-DD"
NO_SESSION = "NYSE held no session on that date: delete the row, or correct its date"
SPLIT = "split is zero or negative: write new shares per old share: 1 on most days, 0.1 for a 1:10 reverse split"

COMMA = "with a decimal comma, so that others' points may part thousands: write all numbers with a decimal point"

INTO_STORE = 'take it into the store: backtest data import, with --dates "%d/%m/%Y" or --dates "%m/%d/%Y"'

FAULTS = {
    "no split column": (HEADER.removesuffix(",split") + "\n", f"bars/SOXS.csv:1: column split is missing: {NEEDS}"),
    "no date column": (
        lines(HEADER.replace("date", "day"), *ROWS),
        f"bars/SOXS.csv:1: column date is missing: {NEEDS}{IMPORT}",
    ),
    "capitals": (lines(HEADER.title(), *ROWS), f"bars/SOXS.csv:1: column date is missing: {NEEDS}{IMPORT}"),
    "tabs": (
        lines(HEADER, *ROWS).replace(",", "\t"),
        "bars/SOXS.csv:1: its fields aren't separated by commas: save it as CSV with commas",
    ),
    "day or month first": (
        lines(HEADER, "03/01/2024,42,42,42,42,0,0,1", "04/01/2024,42,42,42,42,0,0,1"),
        f"bars/SOXS.csv:2: date is '03/01/2024', which is 2024-01-03 or 2024-03-01: {INTO_STORE}",
    ),
    "empty file": ("", "bars/SOXS.csv:1: is empty: the first line is the header"),
    "blank file": ("\n\n", "bars/SOXS.csv:1: is empty: the first line is the header"),
    "header only": (f"{HEADER}\n", "bars/SOXS.csv:2: has no rows: add history, oldest first"),
    "header and blank lines": (f"{HEADER}\n\n\n", "bars/SOXS.csv:2: has no rows: add history, oldest first"),
    "unsorted": (
        lines(HEADER, ROWS[0], ROWS[2], ROWS[1], ROWS[3]),
        "bars/SOXS.csv:4: 2024-01-03: date is before that of the row above: sort the rows by date, oldest first",
    ),
    "newest first": (
        lines(HEADER, *reversed(ROWS)),
        "bars/SOXS.csv:3: 2024-01-04: date is before that of the row above: sort the rows by date, oldest first",
    ),
    "duplicate date": (
        lines(HEADER, ROWS[0], ROWS[1], ROWS[1], ROWS[2]),
        "bars/SOXS.csv:4: 2024-01-03: date stands twice: keep one row a date",
    ),
    "no close": (changed(close=""), wrong(f"close {MISSING}")),
    "NaN": (changed(open="NaN"), wrong(f"open {MISSING}")),
    "infinite volume": (changed(volume="inf"), wrong(f"volume {MISSING}")),
    "overflow": (changed(high="1e999"), wrong(f"high {MISSING}")),
    "short row": (second_row("2024-01-03,41,43,40"), wrong(f"close {MISSING}")),
    "text": (changed(close="forty"), wrong("close is 'forty', not a number: correct it")),
    "flags": (
        lines(HEADER, *(",".join((*row.split(",")[:6], "True", row.split(",")[7])) for row in ROWS)),
        "bars/SOXS.csv:2: 2024-01-02: dividend is 'True', not a number: correct it",
    ),
    "decimal commas in a column that is passed over": (
        lines(f"{HEADER},change", *(f'{row},"0,5"' for row in ROWS)),
        f"bars/SOXS.csv:2: change is '0,5', {COMMA}",
    ),
    "thousands": (
        changed(volume='"1,000"'),
        wrong(f"volume is '1,000', which is 1000 or 1: {PLAINLY} . or --decimal ,"),
    ),
    "dollars": (changed(dividend="$0.5"), wrong(f"dividend is '$0.5', which is 0.5: {PLAINLY} .")),
    "ratio": (changed(split="1:10"), wrong("split is '1:10', not a number: correct it")),
    "400 digits": (changed(split="9" * 400), wrong(f"split {MISSING}")),
    "400 digits in a column of numbers": (
        lines(HEADER, *(f"{row.rpartition(',')[0]},{'9' * 400}" for row in ROWS)),
        f"bars/SOXS.csv:2: 2024-01-02: split {MISSING}",
    ),
    "zero price": (changed(low="0"), wrong(f"low {NOT_POSITIVE}")),
    "negative price": (changed(close="-42"), wrong(f"close {NOT_POSITIVE}")),
    "negative volume": (changed(volume="-1"), wrong("volume is negative: write 0 where it is not known")),
    "negative dividend": (
        changed(dividend="-0.1"),
        wrong("dividend is negative: write dollars a share, 0 on most days"),
    ),
    "split 0": (changed(split="0"), wrong(SPLIT)),
    "negative split": (changed(split="-0.1"), wrong(SPLIT)),
    "week-end": (
        lines(HEADER, *ROWS, "2024-01-06,42,42,42,42,0,0,1"),
        f"bars/SOXS.csv:6: 2024-01-06: {NO_SESSION}",
    ),
    "holiday": (lines(HEADER, "2024-01-01,42,42,42,42,0,0,1", *ROWS), f"bars/SOXS.csv:2: 2024-01-01: {NO_SESSION}"),
    "hurricane": (lines(HEADER, "2012-10-29,42,42,42,42,0,0,1", *ROWS), f"bars/SOXS.csv:2: 2012-10-29: {NO_SESSION}"),
}

DATE_FAULTS = {
    "words": (changed(date="3 January"), UNREADABLE),
    "slashes": (changed(date="03/01/2024"), UNREADABLE),
    "no such day": (changed(date="2024-02-30"), UNREADABLE),
    "no date": (changed(date=""), UNREADABLE),
    "blank line": (second_row(""), UNREADABLE),
    "commas alone": (second_row(",,,,,,,"), UNREADABLE),
    "comment": (second_row("# a split was due here"), UNREADABLE),
    "no dashes": (
        lines(HEADER, *ROWS).replace("-", ""),
        "bars/SOXS.csv:2: date is missing or unreadable: write it as YYYY-MM-DD",
    ),
}


@pytest.mark.parametrize(("text", "fault"), FAULTS.values(), ids=FAULTS)
def test_a_fault_is_told_in_one_line(tmp_path, text, fault):
    assert said_by(folder(tmp_path, text).read, BARS, "SOXS") == fault.replace("DIR", str(tmp_path))


RANGES = {
    "high below low": {"high": "39", "low": "40"},
    "high below close": {"high": "41.5"},
    "high below open": {"open": "44"},
    "low above open": {"low": "41.5"},
    "low above close": {"close": "39.5"},
}


@pytest.mark.parametrize("cells", RANGES.values(), ids=RANGES)
def test_a_range_that_excludes_its_open_or_close_is_read_as_it_is_and_left_to_the_audit(tmp_path, cells):
    source = folder(tmp_path, changed(**cells))
    bars = source.read(BARS, "SOXS")
    assert {name: getattr(bars, name)[1] for name in cells} == {name: float(text) for name, text in cells.items()}
    (found,) = (one for one in audit(source, ("SOXS",)) if one.kind == "range")
    assert (found.id, found.severity, str(found.first), len(found.dates)) == ("SOXS-range", "error", "2024-01-03", 1)
    source.set_repairs([found.repair])
    assert not [one for one in audit(source, ("SOXS",)) if one.kind == "range"]


@pytest.mark.parametrize(("text", "fault"), DATE_FAULTS.values(), ids=DATE_FAULTS)
def test_a_fault_of_dates_is_told_in_one_line(tmp_path, text, fault):
    assert said_by(folder(tmp_path, text).read, BARS, "SOXS") == fault.replace("DIR", str(tmp_path))


NO_CSV = {
    "ragged": (second_row(f"{ROWS[1]},7"), 3),
    "open quote": (second_row(f'"{ROWS[1]}'), 3),
    "Latin 1": (second_row(f"{ROWS[1]}é").encode("latin-1"), 3),
    "UTF-16": (lines(HEADER, *ROWS).encode("utf-16"), 1),
    "ragged first": (lines(HEADER, f"{ROWS[0]},7", *ROWS[1:]), 2),
    "all ragged": (lines(HEADER, *(f"{row}," for row in ROWS)), 2),
    "blank before": (lines("", HEADER, *ROWS), 1),
    "year 3024": (changed(date="3024-01-03"), 3),
}


@pytest.mark.parametrize(("text", "row"), NO_CSV.values(), ids=NO_CSV)
def test_a_file_that_is_no_table_of_this_century_is_told_by_row_and_cure(tmp_path, text, row):
    """The words are whoever's who mends it: file and row, what is wrong, what to do."""
    file_and_row, *rest = said_by(folder(tmp_path, text).read, BARS, "SOXS").split(": ")
    assert file_and_row == f"bars/SOXS.csv:{row}"
    assert len(rest) >= 2


SERIES_FAULTS = {
    "NaN": ("date,value\n2024-01-02,NaN\n", f"series/VIX.csv:2: 2024-01-02: value {MISSING}"),
    "a dot for a missing value": (
        "date,value\n2024-01-02,1\n2024-01-03,.\n",
        "series/VIX.csv:3: 2024-01-03: value is '.', not a number: correct it",
    ),
    "no value column": (
        "date,VIX\n2024-01-02,13\n",
        "series/VIX.csv:1: column value is missing: the header needs date,value",
    ),
    "duplicate date": (
        "date,value\n2024-01-02,1\n2024-01-02,2\n",
        "series/VIX.csv:3: 2024-01-02: date stands twice: keep one row a date",
    ),
    "unsorted": (
        "date,value\n2024-01-03,1\n2024-01-02,2\n",
        "series/VIX.csv:3: 2024-01-02: date is before that of the row above: sort the rows by date, oldest first",
    ),
    "known before its date": (
        "date,value,known\n2024-01-03,1,2024-01-02\n",
        "series/VIX.csv:2: 2024-01-03: known is before date: a value can't be public before its day",
    ),
    "known unreadable": (
        "date,value,known\n2024-01-03,1,soon\n",
        "series/VIX.csv:2: 2024-01-03: known is missing or unreadable: write it as YYYY-MM-DD",
    ),
    "the same revision twice": (
        "date,value,known\n2024-01-03,1,2024-01-04\n2024-01-03,2,2024-01-04\n",
        "series/VIX.csv:3: 2024-01-03: date and known stand twice: keep one row for both",
    ),
    "empty": ("", "series/VIX.csv:1: is empty: the first line is the header"),
}


@pytest.mark.parametrize(("text", "fault"), SERIES_FAULTS.values(), ids=SERIES_FAULTS)
def test_a_series_fault_is_told_in_one_line(tmp_path, text, fault):
    assert said_by(folder(tmp_path, text, "series").read, SERIES, "VIX") == fault


@pytest.mark.parametrize(("kind", "asked", "near"), [("bars", "SOXZ", "SOXS"), ("series", "VIXX", "VIX")])
def test_a_missing_file_is_answered_with_the_near_name(tmp_path, kind, asked, near):
    source = folder(tmp_path, "", kind)
    path = tmp_path / kind / f"{asked}.csv"
    remedy = "add it, or choose another folder with --data"
    assert said_by(source.read, kind, asked) == f"{path}: no such file, did you mean {near}?: {remedy}"
    strange = tmp_path / kind / "QQQ.csv"
    assert said_by(source.read, kind, "QQQ") == f"{strange}: no such file: {remedy}"


@pytest.mark.parametrize(
    "name", ["../x", "..", "bars/SOXS", "/etc/passwd", "", ".hidden", "SOXS\n", "a\\b", "a b", "-x"]
)
@pytest.mark.parametrize("kind", ["bars", "series"])
def test_a_name_can_t_lead_out_of_the_folder(tmp_path, name, kind):
    (tmp_path / "x.csv").write_text(lines(HEADER, *ROWS))
    assert said_by(folder(tmp_path, lines(HEADER, *ROWS)).read, kind, name) == (
        f"{name!r} is no name of an instrument or series: letters, digits and ^ . = _ - only"
    )


def test_a_missing_folder_is_told_with_what_it_should_hold(tmp_path):
    missing = tmp_path / "history"
    assert said_by(CsvSource, missing) == (
        f"{missing}: no such folder: give --data, or data.path, a folder that holds bars/ and series/"
    )
    missing.touch()
    assert said_by(CsvSource, missing).startswith(f"{missing}: no such folder: ")


def test_a_folder_without_bars_is_told_where_they_go(tmp_path):
    assert said_by(CsvSource, tmp_path) == (
        f"{tmp_path}: has no folder bars/: put one file per instrument there, such as bars/SOXS.csv"
    )


def test_a_long_text_is_quoted_in_part(tmp_path):
    source = folder(tmp_path, changed(close="x" * 100_000))
    assert len(said_by(source.read, BARS, "SOXS")) < 2_300
    assert max(len(finding.message) for finding in audit(source, ["SOXS"])) < 2_300


def test_a_field_that_is_too_long_is_one_line(tmp_path):
    text = f'date,value\n2020-01-02,"{"9" * 140_000}"\n'

    with pytest.raises(DataError, match=r"^series/VIX\.csv:2: can't be read as CSV: field larger than field limit"):
        folder(tmp_path, text, "series").read(SERIES, "VIX")

"""Files that aren't one instrument's CSV file: one line that says what each is and what to do, from both doors."""

import gzip

import pytest

from data.errors import DataError
from data.importing import import_files
from data.sources import BARS, SERIES
from data.sources.csv import CsvSource
from data.store import Store

OURS = "date,open,high,low,close,volume,dividend,split"
ROWS = ["2016-01-04,10,10,10,10,5,0,1", "2016-01-05,10,10,10,10,5,0,1"]
LINES = "\n".join([OURS, *ROWS]) + "\n"

FOREIGN = {
    "lfs": (
        "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        "bars/AAA.csv: is a git LFS pointer, not the file it stands for: fetch that with git lfs pull",
    ),
    "gzip": (gzip.compress(LINES.encode(), mtime=0), "bars/AAA.csv: is compressed: unpack it"),
    "one line above": ("AAA daily\n" + LINES, "bars/AAA.csv:1: line 1 is no header, line 2 is: delete what stands"),
    "preamble": (
        '# downloaded from a vendor\n"AAA, Inc.",daily\n\n' + LINES,
        "bars/AAA.csv:1: lines 1 to 3 are no header, line 4 is: delete what stands above it",
    ),
    "two tickers": (
        f"ticker,{OURS}\n" + "".join(f"{name},{row}\n" for name in ("AAA", "BBB") for row in ROWS),
        "bars/AAA.csv: holds 2 tickers, AAA, BBB: save one file an instrument, named after it",
    ),
    "five tickers": (
        f"{OURS},Symbol\n" + "".join(f"{row},{name}\n" for name in "ABCDE" for row in ROWS),
        "bars/AAA.csv: holds 5 tickers, A, B, C and 2 more: save one file an instrument",
    ),
    "tabs": (LINES.replace(",", "\t"), "bars/AAA.csv:1: its fields aren't separated by commas: save it as CSV with"),
    "bars": (LINES.replace(",", "|"), "bars/AAA.csv:1: its fields aren't separated by commas: save it as CSV with"),
    "row of tickers": (
        f"{OURS}\n,AAA,AAA,AAA,AAA,AAA,AAA,AAA\n" + "\n".join(ROWS),
        "bars/AAA.csv:2: holds the ticker AAA, as yfinance writes it: delete the line",
    ),
}


@pytest.mark.parametrize("door", ["import", "folder"])
@pytest.mark.parametrize(("held", "says"), FOREIGN.values(), ids=FOREIGN)
def test_what_a_file_is_and_what_to_do_stand_in_one_line(tmp_path, door, held, says):
    said = fault(tmp_path, door, "AAA.csv", held)
    assert said.startswith(says)
    assert len(said.splitlines()) == 1


@pytest.mark.parametrize("door", ["import", "folder"])
@pytest.mark.parametrize(
    ("name", "held", "says"),
    [
        (
            "AAA.csv.gz",
            gzip.compress(LINES.encode(), mtime=0),
            "bars/AAA.csv.gz: is compressed and not read: unpack it (gunzip bars/AAA.csv.gz)",
        ),
        ("AAA.txt", LINES, "bars/AAA.txt: is not read, its name doesn't end in .csv: save it as CSV, AAA.csv"),
        ("AAA.tsv", LINES.replace(",", "\t"), "bars/AAA.tsv: is not read, its name doesn't end in .csv"),
    ],
)
def test_a_table_under_another_name_is_not_passed_over(tmp_path, door, name, held, says):
    assert fault(tmp_path, door, name, held).startswith(says)


def test_notes_beside_the_files_are_passed_over(tmp_path):
    put(tmp_path, "README.txt", "where these came from, and on which date\n")
    put(tmp_path, "AAA.csv", LINES)
    put(tmp_path, "AAA.csv.gz", gzip.compress(LINES.encode(), mtime=0))  # kept beside what was unpacked
    assert CsvSource(tmp_path).names(BARS) == ("AAA",)


def test_one_ticker_beside_its_prices_is_no_fault(tmp_path):
    put(tmp_path, "AAA.csv", f"ticker,{OURS}\n" + "".join(f"AAA,{row}\n" for row in ROWS))
    assert len(CsvSource(tmp_path).read(BARS, "AAA")) == 2


def test_a_column_of_dates_without_a_title_is_told(tmp_path):
    put(tmp_path, "AAA.csv", LINES.removeprefix("date"))
    says = f"the header needs {OURS}; its first column has no title, or take it into the store: backtest data import"
    with pytest.raises(DataError, match=says):
        CsvSource(tmp_path).read(BARS, "AAA")
    (done,) = import_files(Store(tmp_path / "store"), tmp_path)
    assert (done.error, done.rows) == ("", 2)


SEMICOLONS = OURS.replace(",", ";")
READ = {
    "commas, thousands by points": (
        f"{SEMICOLONS}\n2016-01-04;10,5;11,25;10,1;10,8;1.234.567;0;1\n2016-01-05;1.010,5;1.011;9;1.010,8;1.234;0,125;1\n",
        ([10.8, 1010.8], [10.5, 1010.5], [11.25, 1011.0], [1234567.0, 1234.0], [0.0, 0.125]),
    ),
    "dates with points": (
        f"{SEMICOLONS}\n04.01.2016;10,5;11;10,1;10,8;7;0;1\n05.01.2016;9,5;11;9,1;9,8;8;0;1\n",
        ([10.8, 9.8], [10.5, 9.5], [11.0, 11.0], [7.0, 8.0], [0.0, 0.0]),
    ),
    "a day past the twelfth": (
        f"{SEMICOLONS}\n14/01/2016;10,5;11;10,1;10,8;7;0;1\n15/01/2016;9,5;11;9,1;9,8;8;0;1\n",
        ([10.8, 9.8], [10.5, 9.5], [11.0, 11.0], [7.0, 8.0], [0.0, 0.0]),
    ),
    "points": (
        f"{SEMICOLONS}\n2016-01-04;10.5;11;10.1;10.8;7;0;1\n2016-01-05;9.5;11;9.1;9.8;8;0;1\n",
        ([10.8, 9.8], [10.5, 9.5], [11.0, 11.0], [7.0, 8.0], [0.0, 0.0]),
    ),
    "quotes": (
        f'{OURS}\n2016-01-04,"10,5",11,"10,1","10,8",7,0,1\n2016-01-05,"9,5",11,"9,1","9,8",8,0,1\n',
        ([10.8, 9.8], [10.5, 9.5], [11.0, 11.0], [7.0, 8.0], [0.0, 0.0]),
    ),
    "quotes and semicolons": (
        f'"{OURS}"\r\n"2016-01-04,10-5,11,10-1,10-8,7,0,1"\r\n"2016-01-05,9-5,11,9-1,9-8,8,0,1"\r\n'.replace(",", '";"')
        .replace("10-", "10,")
        .replace("9-", "9,"),
        ([10.8, 9.8], [10.5, 9.5], [11.0, 11.0], [7.0, 8.0], [0.0, 0.0]),
    ),
}


@pytest.mark.parametrize("door", ["import", "folder"])
@pytest.mark.parametrize(("held", "numbers"), READ.values(), ids=READ)
def test_semicolons_and_decimal_commas_are_read_where_the_file_shows_them(tmp_path, door, held, numbers):
    bars = read(tmp_path, door, BARS, held)
    assert str(bars.dates[-1]) in {"2016-01-05", "2016-01-15"}
    assert [list(getattr(bars, name)) for name in ("close", "open", "high", "volume", "dividend")] == list(numbers)


@pytest.mark.parametrize("door", ["import", "folder"])
@pytest.mark.parametrize(
    ("values", "numbers"),
    [
        (("0,50", "1,510"), [0.5, 1.51]),
        (("-1.234,5", "1.234"), [-1234.5, 1234.0]),
        (("1234", "1235"), [1234.0, 1235.0]),
        (("1.5", "1.234"), [1.5, 1.234]),
        (("1,234", "1,235"), "value is '1,234', which is 1234 or 1.234: "),
        (("1.234", "1.235"), "value is '1.234', which is 1.234 or 1234: "),
        (("12,5", "1.235"), "value is '1.235', which is 1.235 or 1235: "),
        (("12,5", "0.125"), "value is '12,5', which is 12.5: "),
        (("12,5", "12.5"), "value is '12,5', which is 12.5: "),
        (("12,5", "twelve"), "value is 'twelve', not a number: "),
    ],
)
def test_a_series_between_semicolons_is_read_or_refused_by_the_line(tmp_path, door, values, numbers):
    held = f"date;value\n04.01.2016;{values[0]}\n05.01.2016;{values[1]}\n"
    if isinstance(numbers, list):
        assert list(read(tmp_path, door, SERIES, held).values) == numbers
        return
    with pytest.raises(DataError) as caught:
        read(tmp_path, door, SERIES, held)
    assert numbers in str(caught.value)
    assert str(caught.value).startswith("series/AAA.csv:")
    assert len(str(caught.value).splitlines()) == 1


def test_a_volume_with_a_comma_is_no_number_of_shares(tmp_path):
    held = READ["points"][0].replace(".", ",").replace(";7;", ";1,234;")
    with pytest.raises(DataError, match=r"volume is '1,234', which is 1234 or 1\.234"):
        read(tmp_path, "folder", BARS, held)


def test_german_titles_and_what_was_assumed_are_told(tmp_path):
    put(
        tmp_path,
        "AAA.csv",
        "Datum;Eröffnung;Hoch;Tief;Schluss;Volumen\n04.01.2016;10,5;11;10,1;10,8;1.234\n05.01.2016;9,5;11;9,1;9,8;8\n",
    )
    (done,) = import_files(Store(tmp_path / "store"), tmp_path)
    assert (done.error, done.rows) == ("", 2)
    assert "Numbers are read with a decimal comma: 10,5 can be nothing else." in done.notes
    assert "Dates with points are read as day.month.year." in done.notes


def test_a_line_above_semicolons_is_told_too(tmp_path):
    says = "bars/AAA.csv:1: line 1 is no header, line 2 is: delete what stands above it"
    assert fault(tmp_path, "import", "AAA.csv", f"AAA daily\n{READ['points'][0]}") == says


def read(tmp_path, door, kind, held):
    """Return what a file holds, through one of the doors; raises DataError."""
    folder, store = tmp_path / "own", Store(tmp_path / "store")
    (folder / "bars").mkdir(parents=True)
    (folder / kind).mkdir(exist_ok=True)
    (folder / kind / "AAA.csv").write_bytes(held.encode())
    if door == "folder":
        return CsvSource(folder).read(kind, "AAA")
    (done,) = import_files(store, folder)
    if done.error:
        raise DataError(done.error)
    return store.read(kind, "AAA")


def put(tmp_path, name, held):
    (tmp_path / "bars").mkdir(exist_ok=True)
    (tmp_path / "bars" / name).write_bytes(held if isinstance(held, bytes) else held.encode())


def fault(tmp_path, door, name, held):
    """Return what is said of a file, which stands in a folder, through one of the doors."""
    put(tmp_path, name, held)
    if door == "import":
        (done,) = import_files(Store(tmp_path / "store"), tmp_path)
        return done.error
    source = CsvSource(tmp_path)
    with pytest.raises(DataError) as caught:
        source.read(BARS, source.names(BARS)[0])
    return str(caught.value)

"""Files that aren't one instrument's CSV file: one line that says what each is and what to do, from both doors."""

import gzip

import pytest

from data.errors import DataError
from data.importing import import_files
from data.sources import BARS
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
    "semicolons": (
        LINES.replace(",", ";").replace("10;10", "10,5;10,5"),
        "bars/AAA.csv:1: its fields aren't separated by commas: save it as CSV with commas",
    ),
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

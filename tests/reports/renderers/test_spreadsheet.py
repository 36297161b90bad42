"""Tables for spreadsheets: values come back as they are, text is no formula, the same tables are the same bytes."""

import csv
import datetime as dt
import zipfile
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import UserError
from reports.renderers.spreadsheet import FORMULA, write_csv, write_xlsx

SHEET = {
    "date": np.array(["2020-01-02", "2020-01-03"], "M8[D]"),
    "number": np.array([1.25, np.nan]),
    "count": [3, -4],
    "flag": [True, False],
    "text": ['=HYPERLINK("x")', "plain, with a comma"],
}
SPACE = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def cells_of(path, sheet=1):
    """Return the cells of a workbook's sheet by their place: value, type, and whether it is a formula."""
    with zipfile.ZipFile(path) as book:
        page = ET.fromstring(book.read(f"xl/worksheets/sheet{sheet}.xml"))  # noqa: S314  # our own file
    found = {}
    for cell in page.iter(f"{SPACE}c"):
        text = "".join(cell.itertext())
        found[cell.get("r")] = (text, cell.get("t", "n"), cell.find(f"{SPACE}f") is not None)
    return found


def test_csv_has_points_iso_dates_and_nothing_for_the_unknown(tmp_path):
    write_csv(tmp_path / "t.csv", SHEET)
    with (tmp_path / "t.csv").open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file))
    assert rows == [
        ["date", "number", "count", "flag", "text"],
        ["2020-01-02", "1.25", "3", "True", '\'=HYPERLINK("x")'],
        ["2020-01-03", "", "-4", "False", "plain, with a comma"],
    ]


@given(st.sampled_from(FORMULA), st.text(max_size=5))
def test_no_text_in_a_csv_begins_as_a_formula(tmp_path_factory, begin, rest):
    path = tmp_path_factory.mktemp("csv") / "t.csv"
    write_csv(path, {begin + rest: [begin + rest]})
    with path.open(encoding="utf-8", newline="") as file:
        for row in csv.reader(file):
            assert row[0] == f"'{begin}{rest}".replace("\r\n", "\n") or row[0].startswith("'")


def test_a_workbook_has_numbers_dates_and_texts_and_no_formula(tmp_path):
    write_xlsx(tmp_path / "t.xlsx", {"first": SHEET, "second": {"a": ["+1"]}})
    cells = cells_of(tmp_path / "t.xlsx")
    days = (dt.date(2020, 1, 2) - dt.date(1899, 12, 30)).days
    assert cells["A2"][:2] == (str(days), "n")
    assert cells["B2"][:2] == ("1.25", "n")
    assert "B3" not in cells
    assert cells["C3"][:2] == ("-4", "n")
    assert cells["D2"][:2] == ("1", "b")
    assert cells["E2"][:2] == ('=HYPERLINK("x")', "inlineStr")
    assert not any(formula for _text, _kind, formula in (*cells.values(), *cells_of(tmp_path / "t.xlsx", 2).values()))


def test_the_same_tables_are_the_same_bytes(tmp_path):
    for name in ("one", "two"):
        write_xlsx(tmp_path / f"{name}.xlsx", {"sheet": SHEET})
    assert (tmp_path / "one.xlsx").read_bytes() == (tmp_path / "two.xlsx").read_bytes()


def test_more_rows_than_a_sheet_holds_are_refused_in_one_line(tmp_path):
    with pytest.raises(UserError, match=r"^rows has 1,048,576 rows and 1 columns, more than a sheet .* take --csv$"):
        write_xlsx(tmp_path / "t.xlsx", {"rows": {"a": np.zeros(1_048_576)}})
    assert not (tmp_path / "t.xlsx").exists()

"""A broken CSV file: all its faults as findings, and the audit of the rows that remain."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from faults import PLANTED, made_up
from markets import source_of

from data.arrays import day
from data.audit.finding import ERROR
from data.audit.run import audit
from data.bars import COLUMNS
from data.errors import DataError
from data.schema import ROUNDING
from data.sources import BARS
from data.sources.csv import CsvSource

HEADER = ",".join(["date", *COLUMNS])


@lru_cache
def rows():
    bars = made_up(5).bars["SMH"].rows(slice(0, 300))
    columns = zip(bars.dates, *(getattr(bars, name).tolist() for name in COLUMNS), strict=True)
    return tuple([str(value) for value in row] for row in columns)


def written(folder, lines, series="date,value\n2017-01-03,1.5\n2017-01-04,1.6\n"):
    for kind, name, text in (("bars", "SMH", "\n".join(lines) + "\n"), ("series", "IRX", series)):
        path = folder / kind / f"{name}.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return CsvSource(folder)


def with_cells(**cells):
    """The rows with other text in some: ``close_7="x"`` is column close of row 7."""
    changed = [list(row) for row in rows()]
    for cell, text in cells.items():
        column, row = cell.rsplit("_", 1)
        changed[int(row)][["date", *COLUMNS].index(column)] = text
    return [HEADER, *(",".join(row) for row in changed)]


def test_all_faults_are_told_each_rule_once(tmp_path):
    lines = with_cells(close_7="", close_9="", open_11="-3", volume_20="-1", high_30="forty", split_40="0")
    lines.insert(60, lines[60])
    lines[80], lines[81] = lines[81], lines[80]
    lines.append("2018-03-17,1,1,1,1,1,0,1")
    source = written(tmp_path, lines)
    with pytest.raises(DataError, match=r"^bars/SMH.csv:32: 2017-02-15: high is 'forty', not a number"):
        source.read(BARS, "SMH")
    found = {one.id: one for one in audit(source, ("SMH",)) if one.severity == ERROR}
    assert set(found) == {
        "SMH-close-missing",
        "SMH-duplicate",
        "SMH-high-text",
        "SMH-no-session",
        "SMH-open-not-positive",
        "SMH-split-not-positive",
        "SMH-unsorted",
        "SMH-volume-negative",
    }
    close = found["SMH-close-missing"]
    assert close.message == "close is missing or not finite (bars/SMH.csv, rows 9, 11)"
    assert [str(date) for date in close.dates] == [rows()[7][0], rows()[9][0]]
    assert found["SMH-no-session"].first == day("2018-03-17")
    assert found["SMH-high-text"].message == "high is 'forty', not a number (bars/SMH.csv, row 32)"


def test_text_is_called_missing_only_where_something_is(tmp_path):
    assert [one.kind for one in audit(written(tmp_path, with_cells(close_7="forty")), ("SMH",))] == ["close-text"]
    both = audit(written(tmp_path, with_cells(close_7="forty", close_9="")), ("SMH",))
    assert [one.kind for one in both] == ["close-missing", "close-text"]


def test_a_number_with_two_meanings_is_told_with_the_way_to_decide(tmp_path):
    (one,) = audit(written(tmp_path, with_cells(close_7='"40,500"')), ("SMH",))
    assert one.message == "close is '40,500', which is 40500 or 40.5 (bars/SMH.csv, row 9)"
    assert one.remedy.endswith("take it into the store: backtest data import, with --decimal . or --decimal ,")


def test_rows_that_can_t_be_read_are_not_called_missing_too(tmp_path):
    assert [one.kind for one in audit(written(tmp_path, with_cells(close_7="")), ("SMH",))] == ["close-missing"]


def test_the_rest_of_a_broken_file_is_audited(tmp_path):
    cells = {
        f"{name}_{row}": str(10 * float(rows()[row][1 + at]))
        for row in range(150)
        for at, name in enumerate(COLUMNS[:4])
    }
    lines = with_cells(close_200="", **cells)
    found = audit(written(tmp_path, lines), ("SMH",))
    assert [(one.kind, str(one.first)) for one in found] == [
        ("step", rows()[150][0]),
        ("close-missing", rows()[200][0]),
    ]


def test_a_range_that_excludes_its_open_is_one_error_that_can_be_repaired(tmp_path):
    low = str(1.01 * max(float(rows()[33][1]), float(rows()[33][4])))
    source = written(tmp_path, with_cells(low_33=low, high_33=low))
    assert source.read(BARS, "SMH").low[33] == float(low)
    (one,) = audit(source, ("SMH",))
    assert (one.kind, one.severity, one.dates.astype(str).tolist()) == ("range", ERROR, [rows()[33][0]])
    source.set_repairs([one.repair])
    bars = source.read(BARS, "SMH")
    assert bars.high[33] >= max(bars.open[33], bars.close[33]) >= min(bars.open[33], bars.close[33]) >= bars.low[33]
    assert not audit(source, ("SMH",))


def test_every_range_that_excludes_a_price_is_found_down_to_a_float32_s_rounding(tmp_path):
    """High below the higher, low above the lower of open and close, high below low: in the first row, the last, any."""
    cells, spoiled = {}, set()
    sizes = (0.9 * ROUNDING, 1.1 * ROUNDING, 1e-5, 1e-3, 0.01, 0.2)
    for number, (size, kind) in enumerate((size, kind) for size in sizes for kind in ("high", "low", "both")):
        row = (0, 299, *range(7, 290, 17))[number]
        opened, close = float(rows()[row][1]), float(rows()[row][4])
        high, low = max(opened, close), min(opened, close)
        cells[f"high_{row}"] = repr(high / (1 + size) if kind == "high" else low if kind == "both" else high)
        cells[f"low_{row}"] = repr(low * (1 + size) if kind != "high" else low)
        spoiled |= {rows()[row][0]} if size > ROUNDING or (kind == "both" and high > low * (1 + ROUNDING)) else set()
    source = written(tmp_path, with_cells(**cells))
    assert len(source.read(BARS, "SMH")) == 300
    (found,) = (one for one in audit(source, ("SMH",)) if one.kind == "range")
    assert found.severity == ERROR
    assert set(found.dates.astype(str)) == spoiled
    assert len(spoiled) == 16


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "bars/SMH.csv:1: is empty: the first line is the header"),
        ("date,open\n2024-01-02,1\n", "bars/SMH.csv:1: column high is missing"),
        (f"{HEADER}\n2024-01-02,1,1,1,1,1,0,1,9\n", "bars/SMH.csv:2: has 9 fields, the header 8: correct the row"),
    ],
)
def test_a_file_that_can_t_be_read_at_all_is_one_error_without_a_date(tmp_path, text, says):
    (one,) = audit(written(tmp_path, text.splitlines()), ("SMH",))
    assert (one.id, one.severity) == ("SMH-unreadable", ERROR)
    assert one.message.startswith(says)
    assert np.isnat(one.first)


@pytest.mark.parametrize(
    ("text", "key", "first"),
    [
        ("date,value\n2017-01-03,1.5\n2017-01-03,1.6\n2017-01-04,1.7\n", "duplicate", "2017-01-03"),
        ("date,value\n2017-01-04,1.5\n2017-01-03,1.6\n", "unsorted", "2017-01-03"),
        ("date,value\n2017-01-03,\n2017-01-04,1.6\n", "value-missing", "2017-01-03"),
        ("date,value\n2017-01-03,1.5\n2017-01-04,.\n", "value-text", "2017-01-04"),
        ("date,value,known\n2017-01-03,1.5,2017-01-02\n", "known-early", "2017-01-03"),
    ],
)
def test_faults_of_a_series_are_told(tmp_path, text, key, first):
    found = audit(written(tmp_path, [HEADER, *(",".join(row) for row in rows())], text), ("IRX",))
    told = {one.kind: str(one.first) for one in found if one.severity == ERROR}
    assert told.pop("value-missing", "2017-01-04") == ("2017-01-03" if key == "value-missing" else "2017-01-04")
    assert told == ({} if key == "value-missing" else {key: first})


def test_faults_outside_the_days_asked_for_are_not_told(tmp_path):
    source = written(tmp_path, with_cells(close_7="", close_9=""))
    assert not audit(source, ("SMH",), day("2017-06-01"))
    assert not audit(source, ("SMH",), None, day("2017-01-10"))
    (one,) = audit(source, ("SMH",), day(rows()[8][0]))
    assert [str(date) for date in one.dates] == [rows()[9][0]]


def test_a_source_that_can_t_give_an_instrument_is_told_of():
    class Broken:
        name, simulated = "broken", False

        def names(self, kind):
            return {"bars": ("SMH",), "series": ("IRX",)}.get(kind, ())

        def read(self, kind, name):
            raise DataError(f"{name} is damaged: pull it again")

    found = audit(Broken())
    assert [(one.id, one.message) for one in found] == [
        ("IRX-unreadable", "IRX is damaged: pull it again"),
        ("SMH-unreadable", "SMH is damaged: pull it again"),
    ]


def test_what_a_source_in_memory_holds_is_checked_as_a_file_is():
    clean = made_up(5)
    for name, kind in (
        ("a row twice", "order"),
        ("a close that isn't there", "values"),
        ("a negative price", "values"),
    ):
        fault = PLANTED[name]
        date = fault.date(clean, np.random.default_rng(1))
        broken = fault.plant(clean, date).bars[fault.about(clean)]
        found = audit(source_of(broken))
        assert [(one.kind, one.severity, one.first) for one in found] == [(kind, ERROR, date)]


@pytest.mark.parametrize(("column", "value"), [("close", 1e-320), ("open", 1e300), ("split", 1e7), ("dividend", 1e13)])
def test_a_value_beyond_all_bounds_can_t_be(column, value):
    bars = next(iter(made_up(5).bars.values()))
    values = getattr(bars, column).copy()
    values[50] = value
    (found,) = audit(source_of(replace(bars, **{column: values})))
    assert (found.kind, found.severity, found.first) == ("values", ERROR, bars.dates[50])

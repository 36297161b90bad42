"""A CSV file of a folder, read without guessing: its rows typed, the text that stands in the way, what is missing."""

from __future__ import annotations

import contextlib
import csv
import re
import shlex
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from data.arrays import Dates
from data.bars import COLUMNS
from data.day_order import PARTED, form_of, parsed
from data.errors import DataError, did_you_mean
from data.foreign import DATES, SEMICOLON, refuse_misnamed, refuse_packed, refuse_shape, separator
from data.numbers import POINT, comma_reader, read_certain, readings, shown_decimal, shows_decimal_comma
from data.schema import Fault
from data.sources import BARS, EVENTS, MEMBERS, SERIES
from data.stamps import intraday_words, read_stamps, undated_words
from data.text import abridge

if TYPE_CHECKING:
    import pandas as pd

NAME = re.compile(r"[A-Za-z0-9^][A-Za-z0-9^.=_-]*")
QUOTED_COMMA = re.compile(r'"[^",\n]*,\d+[^",\n]*"')
"""A field in quotes that may be a number with a comma."""
FIRST_ROW = 2
"""The number of the first row under the header, as an editor counts lines."""


class Text(NamedTuple):
    """Text that stands where a number should, with its date as written."""

    row: int
    date: str
    column: str
    text: str


class Layout(NamedTuple):
    """The columns of a file of dates and words, in small letters.

    Parameters
    ----------
    needed
        The column a file has to have.
    dates, words
        All of its kind that may be there.
    titled
        How else a column may be titled.
    """

    needed: str
    dates: tuple[str, ...]
    words: tuple[str, ...]
    titled: Mapping[str, tuple[str, ...]]

    def header(self) -> str:
        """Return what a header holds."""
        others = [column for column in (*self.words, *self.dates) if column != self.needed]
        also = {column: f" (or {', '.join(titles)})" for column, titles in self.titled.items()}
        named = [f"{column}{also.get(column, '')}" for column in (self.needed, *others)]
        return f"{named[0]} and perhaps {', '.join(named[1:])}"


NUMBERS: Mapping[str, tuple[str, ...]] = {BARS: COLUMNS, SERIES: ("value",)}
"""The columns of numbers that a file of a kind has to have, beside its dates."""
LAYOUTS: Mapping[str, Layout] = {
    EVENTS: Layout(
        "date",
        ("date", "announced"),
        ("symbol", "timing"),
        {"date": ("release_date", "report_date"), "symbol": ("ticker",)},
    ),
    MEMBERS: Layout("symbol", ("from", "to"), ("symbol",), {"symbol": ("ticker",)}),
}


def names_in(folder: Path) -> tuple[str, ...]:
    """Return the names of the CSV files in a folder, sorted; raises DataError on a table that is none."""
    if not folder.is_dir():
        return ()
    names = {path.stem for path in folder.glob("*.csv")}
    for path in sorted(folder.glob("[!.]*")):
        if path.name.partition(".")[0] not in names:
            refuse_misnamed(path, f"{folder.name}/{path.name}")
    return tuple(sorted(names))


def days_of(column: pd.Series[pd.Timestamp]) -> Dates:
    """Return a column of dates as days."""
    days: Dates = column.to_numpy().astype("datetime64[D]")
    return days


def refuse_text(where: str, texts: list[Text]) -> None:
    """Raise DataError that names the first text where a number should stand."""
    if texts:
        first = texts[0]
        raise DataError(
            f"{where}:{first.row}: {first.date}: {first.column} is {first.text!r}, {': '.join(_unread(first.text))}"
        )


def with_text(faults: Iterable[Fault], where: str, frame: pd.DataFrame, texts: list[Text]) -> tuple[Fault, ...]:
    """Return a file's faults, the first text of each column where a number should stand being quoted."""
    rows: dict[str, list[Text]] = {}
    for text in texts:
        rows.setdefault(text.column, []).append(text)
    found, missing = [], []
    for column, held in rows.items():
        what, remedy = _unread(held[0].text)
        message = f"{column} is {held[0].text!r}, {what} ({where}, row {held[0].row})"
        found.append(Fault(f"{column}-text", message, remedy, days_of(frame.loc[[each.row for each in held], "date"])))
        if len(held) == int(frame[column].isna().sum()):
            missing.append(f"{column}-missing")  # text is there, and nothing else is missing
    return (*found, *(each for each in faults if each.key not in missing))


def _unread(text: str) -> tuple[str, str]:
    """Return what is wrong with text that stands where a number should, and the remedy."""
    words, marks = readings(text)
    if not words:
        return "not a number", "correct it"
    options = " or ".join(f"--decimal {mark}" for mark in marks)
    return f"which is {words}", f"write it plainly, or take it into the store: backtest data import, with {options}"


def find_file(folder: Path, kind: str, name: str, present: tuple[str, ...]) -> tuple[Path, str]:
    """Return where a file is, and its name for messages; raises DataError where there is none."""
    if not NAME.fullmatch(name):
        raise DataError(f"{name!r} is no name of an instrument or series: letters, digits and ^ . = _ - only")
    path = folder / kind / f"{name}.csv"
    if not path.is_file():
        header = f" with the columns {LAYOUTS[kind].header()}" if kind in LAYOUTS else ""
        raise DataError(
            f"{path}: no such file{did_you_mean(name, present)}: add it{header}, or choose another folder with --data"
        )
    return path, f"{kind}/{name}.csv"


def read_file(kind: str, path: Path, where: str) -> tuple[str, pd.DataFrame, list[Text]]:
    """Return a file's name for messages, its rows, and text that stands where a number should.

    Rows keep their number in the file as index. Dates are read, NaT where empty or unreadable; of events and members
    ``unread`` tells of each row whether a date is no date.
    """
    if kind in LAYOUTS:
        return where, _read_words(path, where, LAYOUTS[kind]), []
    (frame, mark), numbers = _parse(path, where), NUMBERS[kind]
    missing = [column for column in ("date", *numbers) if column not in frame]
    if missing:
        needs = f"the header needs {','.join(('date', *numbers))}"
        raise DataError(f"{where}:1: column {missing[0]} is missing: {needs}{_other_layout(frame, path, where)}")
    _refuse_empty(where, frame)
    return where, *_typed(frame, where, numbers, mark)


def _read_words(path: Path, where: str, layout: Layout) -> pd.DataFrame:
    """Return what columns of a layout a file has."""
    import pandas as pd

    frame, _mark = _parse(path, where, words=True)
    columns = {title: column for column, titles in layout.titled.items() for title in titles}
    named = [columns.get(str(title).lower(), str(title).lower()) for title in frame]
    for column in (column for column in (*layout.dates, *layout.words) if named.count(column) > 1):
        twice = [str(title) for title, known in zip(frame, named, strict=True) if known == column]
        raise DataError(f"{where}:1: {' and '.join(twice)} are one column twice: take one out")
    frame.columns = pd.Index(named)
    if layout.needed not in frame:
        raise DataError(f"{where}:1: column {layout.needed} is missing: the header needs {layout.header()}")
    _refuse_empty(where, frame)
    read = pd.DataFrame({word: frame[word].str.strip() for word in layout.words if word in frame}, index=frame.index)
    read["unread"] = False
    for column in (each for each in layout.dates if each in frame):
        text = frame[column].str.strip()
        read[column], _intraday = _days(text, where)
        read["unread"] |= read[column].isna() & (text != "")
    return read


def _other_layout(frame: pd.DataFrame, path: Path, where: str) -> str:
    """Return what else can be done with a file whose column of dates isn't titled as ours is.

    Raises DataError where nothing can, as its rows are no sessions.
    """
    if "date" in frame:
        return ""
    first = f"{frame.columns[0]}"
    untitled = first == "Unnamed: 0"
    dated = [title for title in frame if re.sub("[^a-z0-9]", "", f"{title}".lower()) in DATES]
    if untitled or dated:
        _refuse_times(frame[first if untitled else dated[0]].dropna().astype("string").str.strip(), where)
    elif first != "Price":
        return ""
    what = "; its first column has no title" if untitled else ""
    folder = shlex.quote(str(path.parents[1]))
    return f"{what}, or take it into the store: backtest data import {folder}, and run without --data"


def _refuse_times(text: pd.Series[str], where: str) -> None:
    """Raise DataError where a column is of unix time, or of several times of one day."""
    cells = list(text)
    if cells and (known := undated_words(cells[0])):
        raise DataError(f"{where}:{text.index[0]}: {text.name} is {cells[0]!r}, {known}")
    with contextlib.suppress(ValueError):
        if read_stamps(cells).intraday:
            raise DataError(f"{where}: {': '.join(intraday_words())}")


def _refuse_empty(where: str, frame: pd.DataFrame) -> None:
    if not len(frame):
        raise DataError(f"{where}:{FIRST_ROW}: has no rows: add history, oldest first")


def _parse(path: Path, where: str, *, words: bool = False) -> tuple[pd.DataFrame, str]:
    """Return a file's rows, and what stands between its fields; text where numbers may have decimal commas."""
    import pandas as pd  # half a second that --help must not pay

    text = _checked(path, where)
    mark = separator(text)
    written = words or mark == SEMICOLON or bool(QUOTED_COMMA.search(text))
    try:
        frame = pd.read_csv(
            path,
            sep=mark,
            skip_blank_lines=False,
            skipinitialspace=True,
            encoding="utf-8-sig",
            dtype=str if written else None,
            keep_default_na=not words,  # NA is a symbol
        )
    except pd.errors.EmptyDataError:
        raise DataError(f"{where}:1: is empty: the first line is the header") from None
    except (pd.errors.ParserError, UnicodeDecodeError, OSError) as error:
        raise DataError(f"{where}: can't be read as CSV: {' '.join(str(error).split())}") from None
    frame = frame.rename(columns=lambda title: str(title).strip())
    frame.index += FIRST_ROW
    if words:
        frame = frame.fillna("")
    blank = (frame == "").all(axis=1) if words else frame.isna().all(axis=1)
    while len(frame) and blank.iloc[-1]:
        frame, blank = frame.iloc[:-1], blank.iloc[:-1]
    return frame, mark


def _checked(path: Path, where: str) -> str:
    """Return a file's text; raises DataError on what pandas would guess at.

    Text that isn't UTF-8, rows longer than the header, an open quote.
    """
    raw = path.read_bytes()
    refuse_packed(raw, where)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        row = raw[: error.start].count(b"\n") + 1
        raise DataError(f"{where}:{row}: is no text: save the file as UTF-8") from None
    with contextlib.suppress(csv.Error):  # told below
        refuse_shape(text, where)
    mark = separator(text)
    marks = {line.count(mark) for line in text.splitlines()}
    if '"' not in text and len(marks) == 1 and 0 not in marks:
        return text  # as nearly every file: what follows takes ten times as long
    reader = csv.reader(text.splitlines(keepends=True), delimiter=mark)
    try:
        rows = list(reader)
    except csv.Error as error:
        raise DataError(f"{where}:{reader.line_num}: can't be read as CSV: {error}") from None
    if rows and not rows[0]:
        raise DataError(f"{where}:1: is empty: the first line is the header")
    for number, fields in enumerate(rows, start=1):
        if len(fields) > len(rows[0]):
            raise DataError(f"{where}:{number}: has {len(fields)} fields, the header {len(rows[0])}: correct the row")
        if any("\n" in field for field in fields):
            raise DataError(f"{where}:{number}: a quote is open: close it, or take it out")
    return text


def _days(text: pd.Series[str], where: str) -> tuple[pd.Series[pd.Timestamp], bool]:
    """Return a column's days, NaT where one is empty or unreadable, and whether rows of one day differ in time.

    Raises DataError where its stamps are days only by an assumption, which nothing here would tell.
    """
    import pandas as pd

    days = pd.to_datetime(text, format="%Y-%m-%d", errors="coerce")
    filled = text.fillna("") != ""
    if not (days.isna() & filled).any():
        return days, False
    row, cells = int(text.index[filled][0]), list(text[filled])
    if all(map(PARTED.fullmatch, cells)):
        try:
            form, _note = form_of(cells, ())
        except ValueError as doubt:
            at, what, remedy = doubt.args
            if remedy.startswith("give "):
                remedy = f"take it into the store: backtest data import, with {remedy.removeprefix('give ')}"
            row = int(text.index[filled][at])
            raise DataError(f"{where}:{row}: {text.name} is {cells[at]!r}, {what}: {remedy}") from None
        days[filled] = pd.to_datetime([parsed(cell, form) for cell in cells], format="%Y-%m-%d", errors="coerce")
        return days, False
    if known := undated_words(cells[0]):
        raise DataError(f"{where}:{row}: {text.name} is {cells[0]!r}, {known}")
    try:
        stamps = read_stamps(cells)
    except ValueError:
        return days, False
    if not stamps.as_written:
        moment = f"{text.name} is {cells[0]!r}, a moment that New York dates otherwise"
        raise DataError(f"{where}:{row}: {moment}: write each session's own day as YYYY-MM-DD")
    days[filled] = pd.to_datetime(stamps.days)
    return days, stamps.intraday


def _refuse_commas(frame: pd.DataFrame, where: str, numbers: tuple[str, ...]) -> None:
    """Raise DataError where a column that is passed over has decimal commas: points of others may part thousands."""
    for column in frame.select_dtypes(exclude="number").columns.difference([*numbers, "date", "known"]):
        for row, text in frame[column].items():
            if isinstance(text, str) and shows_decimal_comma((text.strip(),)):
                what = f"{column} is {text!r}, with a decimal comma, so that others' points may part thousands"
                raise DataError(f"{where}:{row}: {what}: write all numbers with a decimal point")


def _typed(frame: pd.DataFrame, where: str, numbers: tuple[str, ...], mark: str) -> tuple[pd.DataFrame, list[Text]]:
    """Return dates as dates and columns as numbers, and the text that stands where a number should, by column."""
    import pandas as pd

    typed, texts = pd.DataFrame(index=frame.index), []
    for column in ("date", "known") if "known" in frame else ("date",):
        typed[column], intraday = _days(frame[column].astype("string").str.strip(), where)
        if intraday and column == "date":
            raise DataError(f"{where}: {': '.join(intraday_words())}")
    read = _read_by_comma(frame, numbers, mark)
    if not read:
        _refuse_commas(frame, where, numbers)
    untold = [column for column in numbers if frame[column].dtype in (bool, object)]  # no 1 and 0; ints of 400 digits
    frame = frame.astype(dict.fromkeys(untold, str))
    for column in numbers:
        values = read.get(column, frame[column])
        typed[column] = pd.to_numeric(values, errors="coerce").astype(float)
        wrong = frame.index[typed[column].isna() & frame[column].notna()]
        texts += [Text(int(row), f"{frame['date'][row]}", column, abridge(frame[column][row])) for row in wrong]
    return typed, texts


def _read_by_comma(frame: pd.DataFrame, numbers: tuple[str, ...], mark: str) -> dict[str, pd.Series[float]]:
    """Return the columns' numbers, NaN where a text is none, if the file shows decimal commas or may have them."""
    import pandas as pd

    written = {
        column: [text.strip() if isinstance(text, str) else "" for text in frame[column]]
        for column in frame.columns.difference(["date", "known"])
        if not pd.api.types.is_numeric_dtype(frame[column])
    }
    every = [text for texts in written.values() for text in texts]
    decimal = shown_decimal(every, semicolons=mark == SEMICOLON)
    if decimal == POINT or (decimal is None and mark != SEMICOLON):
        return {}
    found = {}
    for column in (each for each in numbers if each in written):
        reader = comma_reader(column, every) if decimal else partial(read_certain, commas=True)
        found[column] = pd.Series([reader(text) for text in written[column]], frame.index, dtype=float)
    return found

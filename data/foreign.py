"""Files that aren't the CSV file of one instrument, though they stand where one is read: what they are, what to do."""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Sequence
from pathlib import Path

from data.errors import DataError

LFS = b"version https://git-lfs.github.com/spec/"
GZIP = b"\x1f\x8b"
COMMA, SEMICOLON = ",", ";"
"""What may stand between fields."""
PACKED = (".gz", ".zip", ".bz2", ".xz", ".zst")
"""How the names of compressed files end."""
PLAIN = (".txt", ".tsv", ".tab", ".dat")
"""How else the names of tables of text end."""
DATES = frozenset(
    (
        "date",
        "datetime",
        "timestamp",
        "observationdate",
        "releasedate",
        "reportdate",
        "reporteddate",
        "earningsdate",
        "day",
        "datum",
    )
)
"""Titles of a column of dates, in small letters and digits alone."""
TICKERS = frozenset(("ticker", "symbol"))
PREAMBLE = 20
"""Lines within which a header is looked for."""
NAMED = 3
"""Tickers that are named of those a file holds."""


def refuse_packed(raw: bytes, where: str) -> None:
    """Raise DataError where a file's bytes are no text: a git LFS pointer, a compressed file."""
    if raw.startswith(LFS):
        raise DataError(f"{where}: is a git LFS pointer, not the file it stands for: fetch that with git lfs pull")
    if raw.startswith(GZIP):
        raise DataError(f"{where}: is compressed: {_unpack(where)}")


def refuse_preamble(rows: Sequence[tuple[int, Sequence[str]]], where: str) -> None:
    """Raise DataError where lines stand above a file's header; `rows` are its first lines' numbers and fields."""
    if any(_plain(title) in DATES for _line, row in rows[:1] for title in row) or _is_yfinance(rows):
        return
    for line, row in rows[1:PREAMBLE]:
        if len(row) > 1 and any(_plain(title) in DATES for title in row):
            above = "line 1 is" if line == 2 else f"lines 1 to {line - 1} are"
            raise DataError(f"{where}:1: {above} no header, line {line} is: delete what stands above it")


def refuse_marks(header: Sequence[str], where: str) -> None:
    """Raise DataError where tabs or bars stand between the titles of a header, not commas or semicolons."""
    if len(header) == 1 and re.search(r"[\t|]", header[0]):
        raise DataError(f"{where}:1: its fields aren't separated by commas: save it as CSV with commas")


def refuse_tickers(header: Sequence[str], rows: Iterable[tuple[int, Sequence[str]]], where: str) -> None:
    """Raise DataError where a file of prices has rows of several tickers, or a row of tickers under its header."""
    plain = [_plain(title) for title in header]
    if "close" not in plain:
        return
    dated = next((at for at, title in enumerate(plain) if title in DATES), 0)
    of = next((at for at, title in enumerate(plain) if title in TICKERS), None)
    held: dict[str, None] = {}
    for line, row in rows:
        if not held and len(row) == len(header) and not row[dated] and _is_word(row[plain.index("close")]):
            ticker = row[plain.index("close")]
            raise DataError(f"{where}:{line}: holds the ticker {ticker}, as yfinance writes it: delete the line")
        if of is None or len(row) <= of:
            return
        held.setdefault(row[of], None)
    if len(held) > 1:
        more = f" and {len(held) - NAMED} more" if len(held) > NAMED else ""
        named = f"{', '.join(list(held)[:NAMED])}{more}"
        raise DataError(f"{where}: holds {len(held)} tickers, {named}: save one file an instrument, named after it")


def refuse_shape(text: str, where: str) -> None:
    """Raise DataError where a CSV text has lines above its header, or rows of several tickers; raises csv.Error."""
    head = rows_of(text, PREAMBLE)
    if head:
        refuse_preamble(head, where)
        header = head[0][1]
        refuse_marks(header, where)
        several = any(_plain(title) in TICKERS for title in header)
        refuse_tickers(header, (rows_of(text) if several else head)[1:], where)


def separator(text: str) -> str:
    """Return what stands between the fields of a CSV text, a comma or a semicolon, by its header."""
    lines = text.split("\n", PREAMBLE)[:PREAMBLE]
    for line in lines:
        dated = {mark: any(_plain(title) in DATES for title in line.split(mark)) for mark in (COMMA, SEMICOLON)}
        if any(dated.values()):
            return COMMA if dated[COMMA] else SEMICOLON
    head = lines[0]
    return SEMICOLON if SEMICOLON in head and COMMA not in head else COMMA


def rows_of(text: str, most: int | None = None) -> list[tuple[int, list[str]]]:
    """Return the lines of a CSV text by their numbers, fields stripped, or the first of them; raises csv.Error."""
    reader = csv.reader(text.splitlines(keepends=True)[:most], delimiter=separator(text))
    rows, last = [], 0
    for row in reader:
        rows.append((last + 1, [cell.strip() for cell in row]))
        last = reader.line_num
    return rows


def misnamed(path: Path, where: str) -> str:
    """Return what is wrong with a file beside the CSV files that may be meant as one; nothing of any other."""
    suffix = path.suffix.lower()
    if suffix in PACKED and path.stem.lower().endswith((".csv", *PLAIN)):
        return f"{where}: is compressed and not read: {_unpack(where)}"
    if suffix in PLAIN and _looks_like_table(path):
        return f"{where}: is not read, its name doesn't end in .csv: save it as CSV, {Path(where).stem}.csv"
    return ""


def _is_yfinance(rows: Sequence[tuple[int, Sequence[str]]]) -> bool:
    """Return whether a file has the three lines of header that yfinance writes: Price, Ticker, Date."""
    return [row[:1] for _line, row in rows[:2]] == [["Price"], ["Ticker"]]


def refuse_misnamed(path: Path, where: str) -> None:
    """Raise DataError with what is wrong with a file beside the CSV files that may be meant as one."""
    if wrong := misnamed(path, where):
        raise DataError(wrong)


def _looks_like_table(path: Path) -> bool:
    try:
        with path.open(encoding="utf-8-sig") as file:
            header = re.split(r"[,;\t|]", file.readline())
    except (OSError, UnicodeDecodeError):
        return False
    return len(header) > 1 and any(_plain(title) in DATES for title in header)


def _unpack(where: str) -> str:
    return f"unpack it ({'gunzip' if where.endswith('.gz') else 'unzip'} {where})"


def _plain(title: str) -> str:
    return re.sub(r"[^a-z0-9]", "", title.lower())


def _is_word(cell: str) -> bool:
    return bool(re.fullmatch(r"\^?[A-Za-z][A-Za-z0-9.=_-]*", cell)) and cell.lower() not in (
        "nan",
        "null",
        "none",
        "na",
    )

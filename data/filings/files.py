"""A folder of the SEC's companyfacts files, as they are downloaded."""

from __future__ import annotations

from pathlib import Path

from data.errors import DataError, did_you_mean
from data.filings.facts import Filings, file_of, read_companyfacts, tickers_in

TICKERS = "company_tickers.json"
"""The SEC's list of all tickers, beside the companyfacts files."""


def companies_in(folder: Path) -> dict[str, Path]:
    """Return the companyfacts files of a folder by ticker, sorted; none where there is no such folder.

    Raises
    ------
    DataError
        There are such files and no list of tickers, or that can't be read.
    """
    files = {path.name: path for path in folder.glob("CIK*.json")}
    if not files:
        return {}
    listed, where = folder / TICKERS, f"{folder.name}/{TICKERS}"
    if not listed.is_file():
        raise DataError(
            f"{listed}: no such file: nothing says whose {min(files)} is: fetch the SEC's {TICKERS} into the folder"
        )
    tickers = tickers_in(_bytes(listed, where), where)
    return {name: files[file_of(cik)] for name, cik in sorted(tickers.items()) if file_of(cik) in files}


def read_filings(folder: Path, name: str) -> Filings:
    """Read a company's file from a folder of them; raises DataError."""
    files = companies_in(folder)
    if name not in files:
        raise DataError(f"{folder}: has no filings of {name}{did_you_mean(name, files)}: add its companyfacts file")
    return read_file(files[name], f"{folder.name}/{files[name].name}", name)


def ticker_of(path: Path, where: str) -> str:
    """Return whose file one is, by the list of tickers beside it; raises DataError where that doesn't say."""
    name = next((name for name, file in companies_in(path.parent).items() if file.name == path.name), None)
    if name is None:
        raise DataError(f"{where}: {TICKERS} beside it doesn't list it: give its ticker, --name NVDA")
    return name


def read_file(path: Path, where: str, name: str) -> Filings:
    """Read a company's file, called `where` in messages; raises DataError."""
    return read_companyfacts(_bytes(path, where), where, name)


def _bytes(path: Path, where: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"{where}: can't be read: {error.strerror}") from None

"""A folder's filings: the SEC's files as they are downloaded, beside the bars."""

import numpy as np
import pytest
from companyfacts import quarterly, write_filings
from markets import make_bars, nyse

from data.bars import COLUMNS
from data.errors import DataError
from data.sources import BARS, FILINGS, SERIES
from data.sources.choose import open_files, open_source
from data.sources.csv import CsvSource
from data.sources.valued import ValuedSource

DATES = nyse("2021-01-04", 300)


@pytest.fixture(autouse=True)
def _as_they_are(monkeypatch):
    """Take bars for as traded, as they are: made-up prices tell no lattice."""
    monkeypatch.setattr("data.sources.valued.as_traded", lambda bars: bars)


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "bars").mkdir()
    bars = make_bars("NVDA", DATES, np.full(len(DATES), 20.0))
    rows = zip(DATES, *(getattr(bars, name).tolist() for name in COLUMNS), strict=True)
    lines = [",".join(("date", *COLUMNS)), *(",".join(map(str, each)) for each in rows)]
    (tmp_path / "bars" / "NVDA.csv").write_text("\n".join(lines))
    write_filings(tmp_path / "filings", {"NVDA": quarterly(25e6, 100e6, 1e8, 2020), "AMD": quarterly(1, 1, 1e8)})
    return tmp_path


def test_companies_are_listed_and_read(folder):
    source = CsvSource(folder)
    assert source.names(FILINGS) == ("AMD", "NVDA")
    assert source.read(FILINGS, "NVDA").cik == 100
    with pytest.raises(
        DataError, match=r"filings: has no filings of NVIDIA, did you mean NVDA\?: add its companyfacts"
    ):
        source.read(FILINGS, "NVIDIA")


def test_without_a_folder_of_them_there_are_none(folder):
    for path in (folder / "filings").iterdir():
        path.unlink()
    (folder / "filings").rmdir()
    assert CsvSource(folder).names(FILINGS) == ()
    assert isinstance(open_source("csv", str(folder)), CsvSource)


def test_a_run_s_source_has_valuations(folder):
    source = open_source("csv", str(folder))
    assert isinstance(source, ValuedSource)
    assert open_files("csv", str(folder)) == CsvSource(folder)
    assert "CHIPS_PE" in source.names(SERIES)
    assert set(source.read(SERIES, "NVDA_PE").values) == {20.0}
    assert source.read(BARS, "NVDA").close[0] == 20.0


def test_a_series_of_the_folder_comes_first(folder):
    (folder / "series").mkdir()
    (folder / "series" / "CHIPS_PE.csv").write_text("date,value\n2021-01-04,33\n")
    assert open_source("csv", str(folder)).read(SERIES, "CHIPS_PE").values.tolist() == [33.0]


def test_files_without_the_list_of_tickers_are_told(folder):
    (folder / "filings" / "company_tickers.json").unlink()
    with pytest.raises(DataError, match=r"company_tickers\.json: no such file: nothing says whose CIK0000000100\.json"):
        open_source("csv", str(folder))

"""Which source a run's data section means."""

from pathlib import Path

import pytest

from data.errors import DataError
from data.sources.choose import open_source
from data.sources.csv import CsvSource
from data.sources.demo import DemoSource


@pytest.mark.parametrize("named", ["auto", "demo"])
def test_without_a_store_of_one_s_own_the_market_is_simulated(named):
    assert isinstance(open_source(named, None), DemoSource)


def test_csv_is_the_folder_it_names(tmp_path):
    (tmp_path / "bars").mkdir()
    assert open_source("csv", str(tmp_path)) == CsvSource(tmp_path)


def test_a_tilde_is_the_home_of_the_person(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    (tmp_path / "history" / "bars").mkdir(parents=True)
    assert open_source("csv", "~/history") == CsvSource(Path(tmp_path) / "history")


def test_a_folder_that_is_not_there_is_no_reason_to_simulate():
    with pytest.raises(DataError, match="no such folder"):
        open_source("csv", "/no/such/folder")

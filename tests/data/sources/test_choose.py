"""Which source a run's data section means."""

from pathlib import Path

import pytest
from filed_world import filed_world
from markets import MemorySource

from data.errors import DataError
from data.sources import BARS, FILINGS, SERIES
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


def test_where_there_are_filings_valuations_are_series_and_each_thing_is_read_once(monkeypatch):
    world, asked = filed_world().source, []

    def read(self, kind, name):
        asked.append((kind, name))
        return getattr(world, f"held_{kind}")[name]

    monkeypatch.setattr("data.sources.choose.open_files", lambda *_: world)
    monkeypatch.setattr("data.sources.valued.as_traded", lambda bars: bars)  # made-up prices don't tell
    monkeypatch.setattr(MemorySource, "read", read)
    opened = open_source("csv", "anywhere")
    assert {"CHIPS_PE", "NVDA_PE", "SIGNAL"} <= set(opened.names(SERIES))
    opened.read(SERIES, "CHIPS_PE")
    opened.read(SERIES, "NVDA_PE")
    opened.read(BARS, "NVDA")
    assert len(asked) == len(set(asked))
    assert {(BARS, "NVDA"), (FILINGS, "NVDA")} <= set(asked)

"""A file is parsed and checked once: the next reading of the same bytes gives the same arrays, of others their own."""

import json

import numpy as np
import pytest
from command import write_history

from data.bars import COLUMNS
from data.cache import DiskCache
from data.errors import DataError
from data.sources import BARS, SERIES, csv, kept_files
from data.sources.csv import CsvSource


@pytest.fixture
def cache(tmp_path, monkeypatch):
    kept = DiskCache(tmp_path / "cache")
    monkeypatch.setattr(kept_files, "user_cache", lambda: kept)
    return kept


@pytest.fixture
def source(tmp_path):
    return CsvSource(write_history(tmp_path / "market", "2020-01-02", "2020-03-31"))


@pytest.fixture
def parsed(monkeypatch):
    """The names of the files that were parsed."""
    names, read = [], csv.read_file
    monkeypatch.setattr(csv, "read_file", lambda kind, path, where: (names.append(where), read(kind, path, where))[1])
    return names


def same(one, other):
    assert one.dates.dtype == other.dates.dtype
    assert np.array_equal(one.dates, other.dates)
    for name in COLUMNS if hasattr(one, "close") else ("values",):
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


def test_the_same_bytes_are_parsed_once(cache, source, parsed):
    first = source.read(BARS, "SOXX"), source.read(SERIES, "IRX")
    again = source.read(BARS, "SOXX"), source.read(SERIES, "IRX")
    assert parsed == ["bars/SOXX.csv", "series/IRX.csv"]
    for one, other in zip(first, again, strict=True):
        same(one, other)
    assert again[0].instrument == "SOXX"
    assert (again[1].name, again[1].known, again[1].lag) == ("IRX", None, 0)


def test_days_on_which_values_became_known_are_kept(cache, source, parsed):
    path = source.folder / "series" / "CPI.csv"
    path.write_text("date,value,known\n2020-01-02,1.5,2020-02-03\n2020-02-03,1.75,2020-03-02\n")
    first, again = source.read(SERIES, "CPI"), source.read(SERIES, "CPI")
    assert parsed == ["series/CPI.csv"]
    assert np.array_equal(again.known, np.array(["2020-02-03", "2020-03-02"], "datetime64[D]"))
    same(first, again)


def test_other_bytes_are_read_anew_and_what_is_wrong_is_told_each_time(cache, source, parsed):
    source.read(BARS, "SOXX")
    path = source.folder / "bars" / "SOXX.csv"
    text = path.read_text()
    path.write_text(text + text.splitlines()[-1] + "\n")
    told = []
    for _ in range(2):
        with pytest.raises(DataError, match="date stands twice") as error:
            source.read(BARS, "SOXX")
        told.append(str(error.value))
    assert told[0] == told[1]
    path.write_text(text)
    source.read(BARS, "SOXX")
    assert len(parsed) == 3


def test_repairs_belong_to_what_was_read(cache, source):
    plain = source.read(BARS, "SOXX")
    day = str(plain.dates[3])
    repair = {"id": "x", "instrument": "SOXX", "kind": "price", "date": day, "factor": 0.5, "field": "close"}
    (source.folder / "repairs.json").write_text(json.dumps([repair | {"field": "low"}]))
    assert source.read(BARS, "SOXX").low[3] == 0.5 * plain.low[3]
    (source.folder / "repairs.json").unlink()
    assert source.read(BARS, "SOXX").low[3] == plain.low[3]


def test_what_is_damaged_in_the_cache_is_made_again(cache, source, parsed):
    first = source.read(BARS, "SOXS")
    (kept,) = cache.folder.glob("files-*/*")
    whole = kept.read_bytes()
    for content in (whole[:-8], b"", whole[:40] + b"\0" * 8 + whole[48:]):
        kept.write_bytes(content)
        same(first, source.read(BARS, "SOXS"))
    assert kept.read_bytes() == whole
    assert len(parsed) == 4


def test_other_code_reads_anew(cache, source, parsed, monkeypatch):
    source.read(BARS, "SOXX")
    monkeypatch.setattr(kept_files, "_maker", lambda: "another")
    source.read(BARS, "SOXX")
    assert len(parsed) == 2


def test_few_are_kept(cache, source, monkeypatch):
    monkeypatch.setattr(kept_files, "MOST", 2)
    for name in ("SOXX", "SOXS"):
        source.read(BARS, name)
    source.read(SERIES, "IRX")
    assert len([*cache.folder.glob("files-*/*")]) == 2

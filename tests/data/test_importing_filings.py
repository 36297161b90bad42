"""Importing companyfacts files: whose they are, what is said of them, and one line for what can't be."""

import json

import pytest
from companyfacts import companyfacts, quarterly, tickers, write_filings

from data.errors import DataError
from data.importing import import_files
from data.sources import FILINGS
from data.store import Store

TEXT = quarterly(10, 100, 5e6, 2020, 2021)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def folder(tmp_path):
    """Of NVDA's file, CIK0000000100.json, and AMD's, CIK0000000101.json."""
    return write_filings(tmp_path / "filings", {"NVDA": TEXT, "AMD": TEXT})


def test_a_file_is_kept_under_the_ticker_that_the_list_beside_it_has(store, folder):
    heard = []
    (done,) = import_files(store, folder / "CIK0000000100.json", say=heard.append)
    assert (done.file, done.name, done.kind, done.rows) == ("CIK0000000100.json", "NVDA", "filings", 24)
    assert (done.first, done.last, done.notes, done.error) == ("2020-05-10", "2022-02-20", (), "")
    assert heard == ["CIK0000000100.json: filings of NVDA, 24 rows from 2020-05-10 to 2022-02-20"]
    assert next(store.read(FILINGS, "NVDA").lines()) == "CIK 100"


def test_a_folder_s_files_are_imported_and_its_list_is_none(store, folder):
    for path in (folder, folder.parent):
        done = import_files(store, path)
        assert [(each.name, each.error) for each in done] == [("NVDA", ""), ("AMD", "")]
    assert store.names(FILINGS) == ("AMD", "NVDA")


def test_a_name_that_is_given_counts_in_capitals(store, folder):
    (folder / "company_tickers.json").unlink()
    (done,) = import_files(store, folder / "CIK0000000100.json", name="nvda")
    assert (done.name, done.notes) == ("NVDA", ("nvda is kept as NVDA.",))


def test_a_lag_isn_t_for_filings(store, folder):
    (done, _) = import_files(store, folder, lag=3)
    assert done.notes == ("A lag is for series: filings are known the session after their day.",)


def test_what_was_kept_is_replaced(store, folder):
    import_files(store, folder)
    (folder / "CIK0000000100.json").write_bytes(companyfacts(quarterly(10, 100, 5e6, 2021, 2021), 100))
    import_files(store, folder)
    assert len(store.read(FILINGS, "NVDA")) == 12


def refused(store, path, **options):
    done = import_files(store, path, **options)
    (said,) = [each.error for each in done if each.error]
    assert said.isprintable()
    return said


def test_a_file_of_nobody_asks_for_a_name(store, folder):
    (folder / "company_tickers.json").write_bytes(tickers({"TXN": 5}))
    assert refused(store, folder / "CIK0000000100.json") == (
        "CIK0000000100.json: company_tickers.json beside it doesn't list it: give its ticker, --name NVDA"
    )
    (folder / "company_tickers.json").unlink()
    assert "company_tickers.json: no such file: nothing says whose CIK0000000100.json is" in refused(
        store, folder / "CIK0000000100.json"
    )


@pytest.mark.parametrize("name", ["BRK B", "../NVDA", "n" * 65, "", "ä"])
def test_a_name_that_is_none_is_told(store, folder, name):
    assert f"CIK0000000100.json: {name!r} is no name of" in refused(store, folder / "CIK0000000100.json", name=name)
    assert store.listing() == ()


def test_a_list_of_submissions_is_told(store, folder):
    (folder / "CIK0000000100.json").write_text(json.dumps({"cik": "100", "filings": {"recent": {}}}))
    assert "is the SEC's list of a company's submissions" in refused(store, folder)
    assert store.names(FILINGS) == ("AMD",)


def test_two_files_of_one_company_are_both_refused(store, folder):
    """One below the folder's own, one beside it: whichever is newer, nobody says."""
    write_filings(folder / "filings", {"NVDA": TEXT})
    done = import_files(store, folder)
    assert [each.error for each in done if each.name == "NVDA"] == [
        "CIK0000000100.json: holds filings of NVDA, and so does filings/CIK0000000100.json: keep one",
        "filings/CIK0000000100.json: holds filings of NVDA, and so does CIK0000000100.json: keep one",
    ]
    assert store.names(FILINGS) == ("AMD",)


def test_a_folder_with_the_list_alone_has_nothing_to_import(store, tmp_path):
    (tmp_path / "company_tickers.json").write_bytes(tickers({"NVDA": 100}))
    with pytest.raises(DataError, match="has no CSV files"):
        import_files(store, tmp_path)

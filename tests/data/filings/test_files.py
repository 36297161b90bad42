"""A folder of companyfacts files: whose each is, and one line for what is wrong."""

import pytest
from companyfacts import companyfacts, quarterly, tickers, write_filings

from data.errors import DataError
from data.filings.files import companies_in, read_file, read_filings, ticker_of

TEXT = quarterly(10, 100, 5e6, 2020, 2020)


def said_by(function, *given):
    with pytest.raises(DataError) as caught:
        function(*given)
    said = str(caught.value)
    assert said.isprintable()
    return said


@pytest.fixture
def folder(tmp_path):
    return write_filings(tmp_path / "filings", {"NVDA": TEXT, "AMD": TEXT})


def test_companies_are_found_by_the_list_of_tickers(folder):
    (folder / "CIK0000000777.json").write_bytes(companyfacts(TEXT, 777))  # nobody's
    (folder / "notes.json").touch()
    assert {name: path.name for name, path in companies_in(folder).items()} == {
        "AMD": "CIK0000000101.json",
        "NVDA": "CIK0000000100.json",
    }
    assert list(companies_in(folder)) == ["AMD", "NVDA"]
    found = read_filings(folder, "AMD")
    assert (found.name, found.cik, len(found)) == ("AMD", 101, 12)


def test_without_files_there_are_no_companies(tmp_path):
    assert companies_in(tmp_path / "none") == {}
    (tmp_path / "company_tickers.json").write_bytes(tickers({"NVDA": 100}))
    assert companies_in(tmp_path) == {}


def test_without_the_list_nobody_knows_whose_they_are(folder):
    (folder / "company_tickers.json").unlink()
    said = f"{folder}/company_tickers.json: no such file: nothing says whose CIK0000000100.json is: fetch the SEC's "
    assert said_by(companies_in, folder) == f"{said}company_tickers.json into the folder"
    assert said_by(read_filings, folder, "NVDA") == f"{said}company_tickers.json into the folder"


def test_a_list_that_can_t_be_read_is_told(folder):
    (folder / "company_tickers.json").write_text("nothing")
    assert said_by(companies_in, folder).startswith("filings/company_tickers.json: can't be read as JSON: ")


def test_a_list_that_was_mended_is_read_again(folder):
    listed = folder / "company_tickers.json"
    assert "TXN" not in companies_in(folder)
    listed.write_bytes(tickers({"TXN": 100}))
    assert list(companies_in(folder)) == ["TXN"]


def test_two_classes_of_shares_are_of_one_file(folder):
    (folder / "company_tickers.json").write_bytes(tickers({"GOOGL": 100, "GOOG": 100}))
    assert {path.name for path in companies_in(folder).values()} == {"CIK0000000100.json"}
    assert ticker_of(folder / "CIK0000000100.json", "x") == "GOOG"


def test_a_company_that_isn_t_there_is_told(folder):
    assert said_by(read_filings, folder, "NVDIA") == (
        f"{folder}: has no filings of NVDIA, did you mean NVDA?: add its companyfacts file"
    )
    assert said_by(ticker_of, folder / "CIK0000000777.json", "CIK0000000777.json") == (
        "CIK0000000777.json: company_tickers.json beside it doesn't list it: give its ticker, --name NVDA"
    )


def test_a_damaged_file_is_told_by_its_name(folder):
    (folder / "CIK0000000100.json").write_bytes(companyfacts(TEXT)[:300])
    assert said_by(read_filings, folder, "NVDA").startswith("filings/CIK0000000100.json: can't be read as JSON: ")
    assert read_filings(folder, "AMD").name == "AMD"


def test_what_can_t_be_opened_is_told(folder):
    (folder / "CIK0000000100.json").unlink()
    (folder / "CIK0000000100.json").mkdir()
    assert said_by(read_filings, folder, "NVDA") == "filings/CIK0000000100.json: can't be read: Is a directory"
    assert said_by(read_file, folder / "none.json", "none.json", "X") == (
        "none.json: can't be read: No such file or directory"
    )

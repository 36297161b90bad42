"""`backtest data valuation` and `data filings`, as typed: one company earns 100 million a year, another loses."""

import csv
import io
import json

import numpy as np
import pytest
from command import command
from companyfacts import quarterly, write_filings
from history import FOLDER, needs_history
from markets import nyse

DATES = nyse("2019-01-02", 520)
HEAD = "date,open,high,low,close,volume,dividend,split"


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """NVDA at $20 with 100 million shares, split 2 for 1 on 2020-03-02; AMD at $5 with 200 million, from 2019-07 on."""
    monkeypatch.setenv("BACKTEST_DATA", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    write_filings(
        tmp_path / "filings",
        {"NVDA": quarterly(25e6, 100e6, 1e8, 2017, 2019), "AMD": quarterly(-5e6, 50e6, 2e8, 2018, 2020)},
    )
    (tmp_path / "bars").mkdir()
    split = np.where(np.datetime64("2020-03-02") == DATES, 2.0, 1.0)
    price = np.where(np.datetime64("2020-03-02") > DATES, 20.0, 10.0)
    for name, closes, splits in (("NVDA", price, split), ("AMD", np.full(520, 5.0), np.ones(520))):
        rows = [f"{d},{c},{c},{c},{c},1000,0,{s}" for d, c, s in zip(DATES, closes, splits, strict=True)]
        (tmp_path / "bars" / f"{name}.csv").write_text("\n".join([HEAD, *rows]))
    return str(tmp_path)


def rows(*words):
    answer = command("data", "valuation", "--csv", *words)
    assert (answer.status, answer.err) == (0, "")
    return list(csv.DictReader(io.StringIO(answer.out)))


def test_month_ends_hold_what_was_known_then(folder):
    found = {(row["ticker"], row["date"]): row for row in rows("--data", folder)}
    assert list(next(iter(found.values())))[:6] == ["date", "ticker", "market_value", "net_income", "sales", "filed"]
    last = found["NVDA", "2020-02-28"]
    assert (float(last["market_value"]), float(last["net_income"]), float(last["sales"])) == (2e9, 100e6, 400e6)
    assert (last["filed"], last["quarters_to"]) == ("2020-02-20", "2019-12-31")
    after = found["NVDA", "2020-03-31"]  # a split changes no worth
    assert (float(after["market_value"]), float(after["close"]), float(after["shares"])) == (2e9, 10.0, 2e8)
    months = [date for name, date in found if name == "NVDA"]
    assert months[0] == "2019-01-31"
    assert len(months) == len({month[:7] for month in months}) == 24  # January 2021 isn't over
    assert json.loads(command("data", "valuation", "nvda", "--json", "--data", folder).out)[0]["ticker"] == "NVDA"


def test_one_close_is_shown_with_all_together_and_who_is_left_out(folder):
    answer = command("data", "valuation", "--date", "2019-02-16", "--data", folder)  # a Saturday
    text = " ".join(answer.out.split())
    assert answer.status == 0
    assert "CHIPS 2019-02-15 price/earnings 20.0, price/sales 5.0, median earnings yield 5.0 %, of 1 company" in text
    assert "left out, a figure isn't known: AMD" in text
    losing = " ".join(command("data", "valuation", "AMD", "--data", folder).out.split())
    assert "AMD 2020-12-31 price/earnings none, together they lose" in losing
    assert "month ends in all" in losing


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("valuation", "NVD"), "NVD: its bars and its filings aren't both there, did you mean NVDA?"),
        (
            ("valuation", "--date", "1990-01-02"),
            "1990-01-02: there is no bar near that day: they are of 2019-",
        ),
        (("valuation", "--date", "soon"), "--date soon: has to be a date, YYYY-MM-DD"),
        (("valuation", "--csv", "--json"), "--csv and --json are one or the other: leave one out"),
        (("filings", "NVDA", "NetIncomeLos"), "NVDA filed no NetIncomeLos, did you mean NetIncomeLoss?"),
    ],
)
def test_what_can_t_be_shown_is_one_line(words, said, folder):
    answer = command("data", *words, "--data", folder)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(f"backtest: {said}")
    assert answer.err.count("\n") == 1


def test_without_filings_it_says_how_to_get_them(folder, tmp_path):
    for path in (tmp_path / "filings").iterdir():
        path.unlink()
    answer = command("data", "valuation", "--data", folder)
    assert (answer.status, answer.out) == (2, "")
    assert "holds no filings: backtest data pull --filings NVDA AVGO ..., or backtest data import DIR" in answer.err


def test_what_was_filed_first_and_what_later(folder, tmp_path):
    restated = "NetIncomeLoss 2018-01-01..2018-03-31 7 2020-05-10"
    write_filings(tmp_path / "filings", {"NVDA": quarterly(25e6, 100e6, 1e8, 2018, 2019) + f"\n{restated}"})
    answer = command("data", "filings", "nvda", "NetIncomeLoss", "--data", folder)
    first = next(line for line in answer.out.splitlines() if line.startswith("2018-01-01"))
    assert first.split() == ["2018-01-01", "2018-03-31", "25,000,000", "2018-05-10", "10-Q", "7.00", "2020-05-10"]
    listed = command("data", "filings", "NVDA", "--data", folder).out
    assert "Revenues" in listed
    told = list(csv.DictReader(io.StringIO(command("data", "filings", "NVDA", "--csv", "--data", folder).out)))
    assert any(
        {"concept": "NetIncomeLoss", "value": "7.0", "filed": "2020-05-10"}.items() <= row.items() for row in told
    )


@needs_history
def test_real_companies_are_worth_what_they_were():
    """As-traded closes and shares of those days, as anybody may look them up."""
    held = {(row["ticker"], row["date"]): row for row in rows("--data", str(FOLDER))}
    for (ticker, date), close, worth in (
        (("NVDA", "2015-06-30"), 20.11, 10.8e9),
        (("INTC", "2010-12-31"), 21.03, 117.2e9),
        (("NVDA", "2024-06-28"), 123.54, 3.039e12),
        (("MCHP", "2015-12-31"), 46.54, 9.46e9),
    ):
        row = held[ticker, date]
        assert float(row["close"]) == pytest.approx(close, abs=0.005)
        assert float(row["market_value"]) == pytest.approx(worth, rel=0.005)

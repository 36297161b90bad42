"""`backtest lookahead` as a person types it: what it prints, and its exit status."""

import json

import pytest
from command import command, write_bars, write_history
from companyfacts import quarterly, write_filings
from leaks import write_strategy

SPAN = ("--start", "2019-06-03", "--end", "2020-01-31", "--cuts", "6", "--set", "data.source=demo")


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_a_shipped_run_passes_with_a_line_a_check():
    answer = command("lookahead", "hedge_soxs.yaml", *SPAN)
    assert (answer.status or 0, answer.err) == (0, "")
    for name in ("determinism", "state", "files", "truncation", "poison", "publication", "warm-up", "scale", "lag"):
        assert any(line.startswith(name) for line in answer.out.splitlines())
    assert "No decision that was looked at uses what wasn't known yet" in answer.out


@pytest.fixture
def as_they_are(monkeypatch):
    """Take bars for as traded, as they are: made-up prices tell no lattice."""
    monkeypatch.setattr("data.sources.valued.as_traded", lambda bars: bars)


@pytest.mark.usefixtures("as_they_are")
def test_a_hedge_by_filings_passes_on_a_folder_of_one_s_own(tmp_path):
    """SOXX and SOXS are the simulated market's, two of its chip makers are called as real ones and filed."""
    folder = write_history(tmp_path / "history", "2018-01-02", "2020-01-31")
    for name, held in (("NVDA", "CHIP01"), ("AMD", "CHIP02")):
        write_bars(folder, name, held, "2018-01-02", "2020-01-31")
    write_filings(folder / "filings", {"NVDA": quarterly(25e6, 1e8, 1e8, 2016), "AMD": quarterly(5e6, 5e7, 2e8, 2017)})
    short = ("--set", "strategy.params.lookback=60", "--start", "2019-06-03", "--cuts", "5")
    answer = command("lookahead", "hedge_soxs_valuation.yaml", "--data", str(folder), *short)
    assert (answer.status or 0, answer.err) == (0, "")
    assert "ValuationHedge (CHIPS_PE)" in answer.out
    assert "series CHIPS_PE" in answer.out
    assert "No decision that was looked at uses what wasn't known yet" in answer.out


def test_a_leak_ends_with_status_3_and_is_named(tmp_path):
    answer = command(
        "lookahead", "hedge_soxs.yaml", *SPAN, "--set", f"strategy.class={write_strategy(tmp_path, 'Shifted')}"
    )
    assert answer.status == 3
    assert "It looks ahead:" in answer.out
    assert "SOXX's close" in answer.out


def test_it_is_told_as_json_too(tmp_path):
    named = f"strategy.class={write_strategy(tmp_path, 'Centred')}"
    answer = command("lookahead", "hedge_soxs.yaml", *SPAN, "--set", named, "--json")
    told = json.loads(answer.out)
    assert (answer.status, told["stands"], told["kind"]) == (3, False, "intensity")
    (leak,) = [leak for check in told["checks"] for leak in check["leaks"]]
    assert (leak["inputs"], leak["reads"], leak["ahead"]) == (["centred average"], ["SOXX's close"], 4)


def test_a_mistake_is_one_line():
    answer = command("lookahead", "hedge_sox.yaml")
    assert (answer.status, len(answer.err.splitlines())) == (2, 1)
    assert "--cuts" in command("lookahead", "hedge_soxs.yaml", "--cuts", "0").err

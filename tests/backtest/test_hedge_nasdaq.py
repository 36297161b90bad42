"""The run on the embedded market: a real verdict on a fund that is SYNTHETIC, and what it says of both."""

import json
import re

import numpy as np
import pytest
from command import command

from backtest import load_config, run, write_run
from data.rates import days_between
from data.sources import BARS
from data.sources.embedded import EmbeddedSource
from engine.analytics.drawdowns import core_level, falls_of
from engine.validation.parity import parity
from reports.first_screen import screen_of
from reports.run import show_run

INDEX = "PRICE INDEX: NASDAQ is the Nasdaq Composite, not semiconductors; its dividends are in no book"
FUND = "SYNTHETIC-3X"
SHORT = ("--start", "2017-01-03")


@pytest.fixture(scope="module")
def result():
    return run("hedge_nasdaq.yaml", engine="compiled")


@pytest.fixture(scope="module")
def page(result, tmp_path_factory):
    return write_run(result, tmp_path_factory.mktemp("runs"), tearsheet=False) / "report.html"


def plain(page):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", page).replace(" ", " "))


def test_it_is_real_history_with_a_fund_of_which_no_bar_is(result):
    metrics, market = result.figures, result.market
    assert (metrics["source"], metrics["simulated"], metrics["sessions"]) == ("embedded", False, 4929)
    assert (metrics["first"], metrics["last"]) == ("1999-06-01", "2018-12-31")
    assert metrics["synthetic"]["before"] == {FUND: "2019-01-01"}
    assert market.made_throughout() == (FUND,)
    assert FUND not in EmbeddedSource().names(BARS)
    assert [finding.severity for finding in market.findings] == ["info"]


def test_the_unhedged_book_is_the_index_bought_once(result):
    bars = EmbeddedSource().read(BARS, "NASDAQ")
    row = int(np.searchsorted(bars.dates, np.datetime64("1999-06-01"))) + 1
    cash = 100_000 * (1 + 0.0040 / 30)  # a night of June 1999, whose bill returned 0.40 %
    end = cash / (bars.open[row] * 1.0002 * 1.0001) * bars.close[-1]
    assert result.figures["controls"]["unhedged"]["final_equity"] == pytest.approx(end, rel=1e-12)
    assert result.figures["controls"]["unhedged"]["max_drawdown"] == pytest.approx(-0.779, abs=5e-4)


def test_it_fell_twice_by_more_than_half(result):
    level, days = core_level(result.setup), result.market.run_sessions
    deep = [fall for fall in falls_of(level) if level[fall.trough] / level[fall.peak] < 0.5]
    assert [str(days[fall.peak]) for fall in deep] == ["2000-03-10", "2007-10-31"]
    assert round(100 * (level[deep[1].trough] / level[deep[1].peak] - 1), 1) == -55.6
    assert round(100 * (level.min() / level[: deep[1].peak].max() - 1), 1) == -77.9


def test_the_fund_is_its_formula_on_every_session(result):
    """Three times the index the other way, four times the bill, less a fee and a spread."""
    market = result.market
    level, fund = market.total_return("NASDAQ"), market.total_return(FUND)
    n, rate = days_between(market.sessions)[1:], market.rate("TBILL")[:-1]
    made = -3 * (level[1:] / level[:-1] - 1) + 4 * rate * n / 360 - 0.0101 * n / 365 - 3 * 0.01 * n / 360
    np.testing.assert_allclose((fund[1:] / fund[:-1] - 1)[1:], made[1:], rtol=0, atol=1e-12)


def test_its_verdict(result):
    answer, verdict = result.evaluation.answer, result.figures["verdict"]
    held = answer.insurance.quarter
    assert result.figures["cagr"] == pytest.approx(0.0839, abs=2e-4)
    assert (held.share, held.gap) == (pytest.approx(0.626, abs=5e-3), pytest.approx(0.0372, abs=5e-4))
    assert held.interval == (pytest.approx(0.0005, abs=5e-3), pytest.approx(0.0714, abs=1e-2))
    assert answer.timing.label == "helped"
    assert answer.timing.p == pytest.approx(0.0337, abs=1e-3)
    assert (verdict["label"] == "paid") == (held.interval[0] > 0.0)


def test_what_the_fund_itself_did_is_no_finding(result):
    fund = result.evaluation.answer.fund
    assert fund.label == "as modelled"
    assert fund.interval[0] < fund.estimate < fund.interval[1]
    step = next(step for step in screen_of(result).steps if step.name == "Fund")
    assert "".join(piece.text for piece in step.remark) == f"as modelled: no bar of {FUND} is real"
    selling = next(short for short in screen_of(result).shorts if short.title == "Against selling instead")
    told = "".join(piece.text for piece in selling.text)
    assert told.endswith(f"What {FUND} itself made is as modelled: no bar of it is real.")


def test_the_first_screen_says_what_it_rests_on(result, capsys):
    from backtest.console import console

    screen = screen_of(result)
    assert screen.headline.startswith("SYNTHETIC: ")
    assert screen.provenance == "real history, the hedge SYNTHETIC"
    assert screen.mark == "SYNTHETIC"
    show_run(console(), result, None)
    lines = [line.strip() for line in capsys.readouterr().out.splitlines()]
    text = " ".join(lines)
    assert text.index(INDEX) < text.index("Did hedging with") < text.index("SYNTHETIC: ")
    assert "1999-06-01 to 2018-12-31, 4,929 sessions, real history, the hedge SYNTHETIC" in lines
    low, high = (f"${value:,.0f}" for value in result.figures["synthetic"]["final_equity"])
    assert f"SYNTHETIC history may err by its band: the end value is {low} to {high}." in text


def test_the_page_says_it_at_its_top_and_once_a_table(page):
    text = plain(page.read_text(encoding="utf-8"))
    note = text.index(
        f"SYNTHETIC: all bars of {FUND} come from the fund model. Within its error band the hedged book ends"
    )
    assert note < text.index(INDEX) < text.index("Did hedging with")
    assert text.count("SYNTHETIC: the hedge, in every row; the core is real.") == 2
    assert "2003 SYNTHETIC" not in text
    assert "price indices as the package arch has them in its files" in text
    assert "Cash earns the rate of series TBILL" in text
    assert "bills" in text


@pytest.mark.browser
def test_a_chart_of_which_all_is_synthetic_is_named_and_not_shaded(result, page, open_page):
    seen = open_page(page)
    seen.page.wait_for_function("document.getElementById('growth').layout !== undefined")
    layout = "document.getElementById('growth').layout"
    assert seen.page.evaluate(f"{layout}.annotations.map(one => one.text)").count("SYNTHETIC") == 1
    sessions = [str(day) for day in result.market.run_sessions[[0, -1]]]
    assert sessions not in seen.page.evaluate(f"{layout}.shapes.map(one => [one.x0, one.x1])")
    assert (seen.online, seen.errors) == ([], [])


def test_three_engines_agree():
    rows = parity(load_config("hedge_nasdaq.yaml", ["end=2003-12-31"]))
    assert not any(row.parts for row in rows)
    assert rows[0].fills > 100


# Other commands on it


AXES = ("--param", "trend_days=20,50")


@pytest.mark.parametrize(
    "typed",
    [
        ("frontier", "hedge_nasdaq.yaml", "--with", "cash"),
        ("sweep", "hedge_nasdaq.yaml", *AXES),
        ("search", "hedge_nasdaq.yaml", "--trials", "3", "--param", "trend_days=20:50"),
        ("walkforward", "hedge_nasdaq.yaml", *AXES, "--train", "9m", "--test", "6m"),
        ("signal", "hedge_nasdaq.yaml"),
        ("study", "hedge_nasdaq.yaml"),
        ("explain", "hedge_nasdaq.yaml", "2018-12-24"),
    ],
    ids=lambda typed: typed[0],
)
def test_every_other_answer_says_it_too(typed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = command(*typed, *SHORT)
    assert (answer.status, "Traceback" in answer.err) == (0, False)
    text = " ".join(answer.out.split())
    assert INDEX in text
    assert "SYNTHETIC" in text.replace(FUND, "")


def test_the_signal_says_that_it_is_of_no_day_to_come(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = " ".join(command("signal", "hedge_nasdaq.yaml", *SHORT).out.split())
    assert re.search(
        r"OLD: the last bar is of 2018-12-31, [\d,]+ sessions ago; .*: the embedded market ends there", text
    )


def test_two_runs_side_by_side_say_it_once(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    cash = (
        "--set",
        "hedge={kind: cash, underlying: NASDAQ, weight: 0.6}",
        "--set",
        "data.extend={}",
        "--set",
        "name=cash",
    )
    quick = ("--no-tearsheet", "--no-report")
    assert command("run", "hedge_nasdaq.yaml", *SHORT, *quick).status == 0
    answer = command("run", "hedge_nasdaq.yaml", *SHORT, *cash, "--json", *quick)
    assert json.loads(answer.out)["synthetic"] is None
    both = command("compare", *(str(path) for path in sorted((tmp_path / "runs").iterdir())))
    assert both.status == 0
    assert " ".join(both.out.split()).count(INDEX) == 1


def test_a_hedge_of_no_fund_on_it_is_told_by_its_own_labels(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = command(
        "run",
        "hedge_nasdaq.yaml",
        *SHORT,
        "--set",
        "hedge={kind: cash, underlying: NASDAQ, weight: 0.6}",
        "--set",
        "data.extend={}",
        "--no-tearsheet",
        "--no-report",
    ).out
    assert "SYNTHETIC" not in text
    assert "real history" in text
    assert "Did selling into bills on this signal pay?" in " ".join(text.split())


def test_what_it_lacks_is_told(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert command("run", "hedge_soxs.yaml", "--data", "embedded").err == (
        "backtest: the embedded market has no bars of SOXX: it has NASDAQ, SP500\n"
    )
    put = command(
        "run", "hedge_nasdaq.yaml", "--set", "hedge={kind: option, underlying: NASDAQ}", "--set", "data.extend={}"
    )
    assert put.err.startswith("backtest: the embedded market lacks bars of SPY, series of VIX")

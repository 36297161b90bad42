"""The tear-sheet of a run: its heading, its benchmarks, and what it is refused."""

import re
from pathlib import Path

import numpy as np
import pytest
from answered_runs import answered
from command import command

from backtest import load_config, run, write_run
from backtest.tearsheets import BENCHMARKS, SAME_BOOK, benchmarks_of
from data.errors import UserError
from data.format import lowered

SPAN = ("--start", "2019-01-02", "--end", "2020-06-30")
ASKED = "Did hedging with FUND on this signal pay?"


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def result():
    return answered()


def text(path):
    return path.read_text(encoding="utf-8")


def heading(page):
    return re.search(r'<p class="verdict">(.*?)</p>', page)[1]


def cagr(page):
    """The two numbers of the page's own row: the benchmark's, then the run's."""
    row = re.search(r"<tr><td>CAGR</td><td>(.*?)%</td><td>(.*?)%</td>", page)
    return [float(one) for one in row.groups()]


def test_several_benchmarks_make_a_page_each_with_the_run_s_own_verdict(result):
    folder = write_run(result, "runs", benchmark=("held_less", "derisk_daily"))
    pages = {"held_less": "tearsheet.html", "derisk_daily": "tearsheet-derisk_daily.html"}
    assert sorted(path.name for path in folder.glob("*.html")) == ["report.html", *sorted(pages.values())][:3]
    for name, file in pages.items():
        page = text(folder / file)
        (other,) = [(one, theirs) for one, theirs in pages.items() if one != name]
        called = lowered(result.controls[other[0]].title)
        links = f'<a href="report.html">The whole answer</a> &middot; <a href="{other[1]}">Against {called}</a>'
        assert heading(page) == f"{ASKED} {result.evaluation.verdict.sentence} {links}".replace("'", "&#x27;")
        ours, theirs = result.figures["cagr"], result.figures["controls"][name]["cagr"]
        assert cagr(page) == pytest.approx([100 * theirs, 100 * ours], abs=0.006)
        title = result.controls[name].title
        held = " all the time" if name == "held_less" else ""
        assert f"hedge against {title[0].lower()}{title[1:]}{held} (Compounded)" in page
    assert (folder / "report.html").is_file()


def test_unhedged_unless_told_and_no_link_without_a_report(result):
    folder = write_run(result, "runs", report=False)
    page = text(folder / "tearsheet.html")
    assert [path.name for path in folder.glob("*.html")] == ["tearsheet.html"]
    assert cagr(page)[0] == pytest.approx(100 * result.figures["controls"]["unhedged"]["cagr"], abs=0.006)
    assert heading(page) == f"{ASKED} {result.evaluation.verdict.sentence}".replace("'", "&#x27;")
    assert "report.html" not in page


def test_a_benchmark_that_is_the_same_book_gets_one_line():
    never = answered("hedge.weight=0")
    assert np.array_equal(never.hedged.equity, never.unhedged.equity)
    folder = write_run(never, "runs", report=False)
    page = text(folder / "tearsheet.html")
    assert page.count(SAME_BOOK.format("Unhedged")) == 1
    assert heading(page) == f"{ASKED} No verdict: the hedge was never bought."


def test_what_a_run_does_not_have_is_refused_before_anything_is_written():
    never = answered("hedge.weight=0")
    with pytest.raises(UserError, match="benchmark held_less: this run has none, the hedge was never bought: unhedged"):
        write_run(never, "runs", benchmark="held_less")
    off = run(load_config("hedge_soxs.yaml", ["start=2019-01-02", "end=2019-06-28", "controls=off"]), engine="python")
    with pytest.raises(UserError, match="benchmark derisk_daily: this run has none, controls are off"):
        write_run(off, "runs", benchmark=["unhedged", "derisk_daily"])
    assert not Path("runs").exists()


def test_names_are_known_and_counted_once():
    assert benchmarks_of(()) == ("unhedged",)
    assert benchmarks_of("held_less") == ("held_less",)
    assert benchmarks_of(["held_less", "unhedged", "held_less"]) == ("held_less", "unhedged")
    assert all(benchmarks_of(one) == (one,) for one in BENCHMARKS)
    with pytest.raises(UserError, match="benchmark SPY is unknown: unhedged, held_less, derisk_entry, derisk_daily"):
        benchmarks_of("SPY")


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--benchmark", "heldless"), "benchmark heldless is unknown, did you mean held_less?"),
        (("--benchmark", "held_less", "--no-tearsheet"), "--benchmark is the tear-sheet's"),
        (("--benchmark", "held_less"), "benchmark held_less: this run has none, the market is SIMULATED"),
    ],
)
def test_a_command_that_can_not_be_followed_is_one_line(words, said):
    answer = command("run", "hedge_soxs.yaml", *SPAN, *words)
    assert answer.status == 2
    assert said in answer.err
    assert answer.err.count("backtest: ") == 1
    assert "Traceback" not in answer.err
    assert not list(Path().glob("runs/*/*.html"))


def test_the_command_writes_a_page_a_benchmark():
    command("run", "hedge_soxs.yaml", *SPAN, "--no-report", "--benchmark", "derisk_entry", "--benchmark", "unhedged")
    (folder,) = Path("runs").iterdir()
    assert sorted(path.name for path in folder.glob("*.html")) == ["tearsheet-unhedged.html", "tearsheet.html"]
    assert "hedge against sold at entry" in text(folder / "tearsheet.html")

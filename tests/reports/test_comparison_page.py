"""The comparison's page in a browser: every run in every chart and table, links to its own pages, at any width."""

import html
import re
from urllib.parse import unquote

import numpy as np
import pytest
from kept_runs import edited, keep
from packing import data_of

from reports.comparison import ROLLING, compared
from reports.comparison_page import CHARTS, write_comparison
from reports.comparison_rows import METRIC_ROWS, decay_rows
from reports.hedge_parts import ALL_FUNDS

EVIL = "</script><script>alert('{{ title }}')</script> <b>bold</b> & sons"
DRAWN = "[...document.querySelectorAll('.chart')].map(chart => !!chart.querySelector('.main-svg'))"


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("it's 100% #1")


@pytest.fixture(scope="module")
def runs(folder):
    """Three runs on one history, one of them of an evil name, with a tear-sheet each but for the last."""
    made = [keep(folder / "runs", *settings) for settings in ((), ("trend_days=20", "name=q"), ("controls=off",))]
    for run, pages in zip(made, (("tearsheet", "report"), ("tearsheet",), ()), strict=True):
        for name in pages:
            (run.folder / f"{name}.html").write_text(f"<title>{name} of {run.id}</title>")
    made[1] = edited(made[1], metrics={"name": EVIL})
    return made


@pytest.fixture(scope="module")
def found(runs):
    return compared(runs)


@pytest.fixture(scope="module")
def page(folder, found):
    write_comparison(folder / "comparison.html", found, folder)
    return folder / "comparison.html"


def test_the_same_runs_make_the_same_page(folder, found, page):
    write_comparison(folder / "again.html", found, folder)
    assert (folder / "again.html").read_bytes() == page.read_bytes()
    assert page.read_bytes().count(b"plotly.js v") == 1


def cells(shown, where):
    return [row.locator("td").all_inner_texts() for row in shown.locator(where).first.locator("tbody tr").all()]


@pytest.mark.browser
def test_the_page_in_a_browser(page, runs, found, open_page):
    seen = open_page(page)
    shown = seen.page
    shown.wait_for_function(f"({DRAWN})[0]")
    labels = [one.label for one in found.runs]
    assert shown.title() == "SIMULATED Runs compared"
    assert (
        shown.locator("#note").inner_text() == "SIMULATED market: it shows the machine and says nothing about a hedge."
    )
    assert (
        shown.locator(".about span").all_inner_texts()[1] == f"2019-01-02 to 2020-06-30, {len(found.sessions)} sessions"
    )

    rows = cells(shown, "#runs")
    assert [row[0].strip() for row in rows] == [f"{label}SIMULATED" for label in labels]
    assert [row[1].split()[0] for row in rows] == ["withheld", "withheld", "not"]
    assert [row[-1] for row in rows] == ["report, tear-sheet", "tear-sheet", "none"]
    assert (shown.locator("#frontier").count(), shown.locator("#sum").count()) == (0, 0)  # no run has an answer
    metrics, decay = (shown.locator(name) for name in ("#metrics", "#decay"))
    assert metrics.locator("tbody tr").count() == len(METRIC_ROWS)
    assert decay.locator("tbody tr").count() == len(decay_rows(ALL_FUNDS))
    told = metrics.locator("tr", has_text=re.compile("^Sharpe")).locator("td")
    sharpe = [one.figures["sharpe"] for one in found.runs]
    assert [text.strip() for text in told.all_inner_texts()[1:]] == [f"{value:.2f}" for value in sharpe]
    best = told.evaluate_all("cells => cells.slice(1).map(cell => cell.classList.contains('best'))")
    assert best == [value == max(sharpe) for value in sharpe]
    assert decay.locator("tr", has_text=re.compile("^Decay")).locator("td").last.inner_text() == "-"
    first = cells(shown, "#correlations-0")
    assert [row[at + 1] for at, row in enumerate(first)] == ["1.000"] * 3
    assert ["strategy.params.trend_days", "50", "20", "50"] in cells(shown, "#config")
    assert shown.locator("details").count() == 3
    assert len(cells(shown, ".months")) == 2

    for chart in shown.locator(".chart").all():
        chart.scroll_into_view_if_needed()
    shown.wait_for_function(f"({DRAWN}).every(one => one)")
    names = shown.evaluate("[...document.querySelectorAll('.chart')].map(one => one.data.map(line => line.name))")
    drawn = [key for key in CHARTS if key != "held_less"]  # matched to a run's answer, which none of them has
    named = {key: [html.unescape(name) for name in lines] for key, lines in zip(drawn, names, strict=True)}
    assert named == {key: [*labels, *(["Unhedged"] if key == "growth" else [])] for key in drawn}
    one = found.runs[0]
    for key, curve in (("growth", one.growth["hedged"]), ("drawdown", one.drawdown), ("beta", one.beta)):
        line = shown.evaluate(f"(({{x, y}}) => ({{x, y}}))(document.getElementById('{key}').data[0])")
        at = np.searchsorted(found.sessions, np.array(line["x"], dtype="datetime64[D]"))
        levels = np.array([np.nan if value is None else value for value in line["y"]])
        np.testing.assert_allclose(levels, curve[at], rtol=1e-6, atol=1e-7)
        assert line["x"][-1] == str(found.sessions[-1])

    shown.locator("#growth .annotation", has_text=labels[0]).first.click()
    shown.wait_for_function("document.getElementById('growth').data[0].visible === 'legendonly'")
    links = shown.locator("#runs a").evaluate_all("all => all.map(one => one.getAttribute('href'))")
    folders = [run.folder.name for run in runs]
    wanted = [(folders[0], "report"), (folders[0], "tearsheet"), (folders[1], "tearsheet")]
    assert [unquote(link) for link in links] == [f"runs/{name}/{kind}.html" for name, kind in wanted]
    assert (seen.online, seen.errors, seen.dialogs) == ([], [], [])
    shown.locator("#runs a").first.click()
    shown.wait_for_url("**/report.html")
    assert shown.title() == f"report of {runs[0].id}"


@pytest.mark.browser
def test_a_telephone_at_night_and_paper(page, open_page):
    seen = open_page(page, width=390, scheme="dark")
    shown = seen.page
    shown.wait_for_function(f"({DRAWN})[0]")
    assert shown.evaluate("document.documentElement.scrollWidth") <= 390
    paper, ink = (shown.evaluate(f"getComputedStyle(document.body).{one}") for one in ("backgroundColor", "color"))
    light = [sum(map(int, re.findall(r"\d+", colour))) for colour in (paper, ink)]
    assert light[0] < light[1]
    font = "document.querySelector('.chart').layout.font.color"
    night = shown.evaluate(font)
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert all(shown.evaluate(DRAWN))
    assert shown.evaluate("[...document.querySelectorAll('details')].every(one => one.open)")
    assert shown.evaluate(font) != night
    cut = """[...document.querySelectorAll('td, th, p, summary')].filter(one => one.scrollWidth > one.clientWidth + 1
      && getComputedStyle(one).display !== 'inline').map(one => one.textContent)"""
    assert shown.evaluate(cut) == []
    assert (seen.online, seen.errors) == ([], [])


def test_short_runs_have_no_rolling_charts_and_one_run_no_correlations(folder, runs):
    short = edited(runs[2], equity={name: column[:ROLLING] for name, column in runs[2].tables["equity"].items()})
    write_comparison(folder / "short.html", compared([short]), folder)
    text = (folder / "short.html").read_text(encoding="utf-8").rpartition("<script>")[0]
    assert re.findall(r'class="chart low" id="(\w+)"', text) == ["growth", "drawdown"]
    assert "fewer than 127 sessions: too few for rolling figures" in text
    assert "Correlations" not in text.partition("<main>")[2].partition("</main>")[0]


@pytest.mark.browser
def test_forty_runs_fit_on_a_page(folder, runs, open_page):
    many = []
    for number in range(40):
        equity = {**runs[0].tables["equity"], "hedged": runs[0].hedged.equity ** (1 + number / 1000)}
        metrics, identity = {"name": f"run_number_{number}"}, {"id": f"{number:010x}"}
        many.append(edited(runs[0], metrics=metrics, equity=equity, manifest=identity))
    write_comparison(folder / "many.html", compared(many), folder)
    seen = open_page(folder / "many.html", width=390)
    seen.page.locator("#growth").scroll_into_view_if_needed()
    seen.page.wait_for_function(f"({DRAWN})[0]")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert seen.page.evaluate("document.querySelector('#growth .nsewdrag').getBoundingClientRect().height") > 150
    assert seen.errors == []


def test_a_synthetic_stretch_is_shaded_and_said(folder, runs):
    made = np.arange(len(runs[0].sessions)) < 100
    equity = {**runs[0].tables["equity"], "synthetic": made}
    synthetic = edited(runs[0], equity=equity, metrics={"synthetic": {"sessions": 100}})
    write_comparison(folder / "synthetic.html", compared([synthetic, runs[1]]), folder)
    text = (folder / "synthetic.html").read_text(encoding="utf-8")
    last = runs[0].sessions[99]
    assert f"rests on the fund model on 100 sessions, to {last}." in text
    assert data_of(folder / "synthetic.html")["synthetic"] == ["2019-01-02", str(last)]
    assert text.count('class="badge mark">SYNTHETIC') == 1

"""The audit's page: it says how the audit came out, lists each finding and draws it when it is looked at."""

from __future__ import annotations

import re

import numpy as np
import pytest
from history import FOLDER, needs_history
from markets import days, make_series, nyse, random_bars, source_of

from data.arrays import day
from data.audit.finding import ERROR, INFO, WARNING, Finding
from data.sources.csv import CsvSource
from reports.audit import write_audit_page
from reports.renderers.html import typeset

DATES = nyse("2018-01-02", 1200)
RNG = np.random.default_rng(11)
CORE = random_bars("CORE", DATES, RNG)
FUND = random_bars("FUND", DATES, RNG, follows=CORE, beta=-3.0)
SOURCE = source_of(CORE, FUND, make_series("VIX", DATES, np.full(1200, 20.0)))
EVIL = "</script><script>alert('{{ title }}')</script> <b>bold</b> & sons"


def finding(severity, name, kind, rows, says="it says", **more):
    dates = DATES[np.atleast_1d(rows)]
    return Finding(f"{name}-{kind}-{dates[0]}", severity, name, kind, dates, says, "what to do", **more)


FOUND = (
    finding(INFO, "VIX", "spike", 700),
    finding(WARNING, "CORE", "open", 500, field="open", against=("FUND", "GONE")),
    finding(WARNING, "FUND", "zero-volume", np.arange(0, 1200, 5)),
    finding(ERROR, "FUND", "step", [300, 301], EVIL, against=("CORE",)),
    Finding("VIX-unreadable", INFO, "VIX", "unreadable", days("NaT"), "it says", "what to do"),
    finding(INFO, "GONE", "step", 0),
)
ORDER = ["FUND-step", "CORE-open", "FUND-zero-volume", "VIX-spike", "VIX-unreadable", "GONE-step"]


def write(path, findings=FOUND, source=SOURCE, **words):
    words = {"title": "Data check", "checked": ("CORE", "FUND"), "span": (DATES[0], DATES[-1]), **words}
    write_audit_page(path, findings, source, **words)
    return path


def test_the_same_findings_make_the_same_page_and_none_a_small_one(tmp_path):
    first, second = (write(tmp_path / name).read_bytes() for name in ("a.html", "b.html"))
    assert first == second
    assert first.count(b"plotly.js v") == 1
    nothing = write(tmp_path / "c.html", (), span=(day("2010-06-01"), None)).read_text(encoding="utf-8")
    assert len(nothing) < 12_000
    assert "<script" not in nothing
    assert all(text in nothing for text in ("No errors, no warnings.", "CORE and FUND", "from 2010-06-01"))


@pytest.fixture(scope="module")
def page(tmp_path_factory):
    return write(tmp_path_factory.mktemp("audit") / "audit.html", title=EVIL, note="SIMULATED <market>")


DRAWN = "[...document.querySelectorAll('.chart')].map(chart => !!chart.querySelector('.main-svg'))"


@pytest.mark.browser
def test_the_page_in_a_browser(page, open_page):
    seen = open_page(page)
    shown = seen.page
    shown.wait_for_function(f"({DRAWN})[0]")
    assert (seen.online, seen.errors, seen.dialogs) == ([], [], [])
    assert (shown.title(), shown.locator(".about span").first.inner_text()) == (EVIL, EVIL)
    assert shown.locator("#note").inner_text() == "SIMULATED <market>"
    assert shown.locator("#headline").inner_text() == "1 error, 2 warnings."
    about = shown.locator(".about span").all_inner_texts()[1:]
    assert about == [f"from {DATES[0]} to {DATES[-1]}", "CORE and FUND"]
    assert f"data: {{accept: [FUND-step-{DATES[300]}]}}" in shown.locator("header").inner_text()

    rows = [row.locator("td").all_inner_texts() for row in shown.locator("#findings tbody tr:not(.run)").all()]
    ids = shown.locator("#findings .run code").all_inner_texts()
    assert [re.sub(r"-\d{4}-\d\d-\d\d$", "", one) for one in ids] == ORDER
    assert rows[0] == ["error", "FUND", f"2 sessions, {DATES[300]} to {DATES[301]}", typeset(EVIL), "what to do"]
    assert rows[2][2] == f"240 sessions, {DATES[0]} to {DATES[1195]}"
    assert rows[4][2] == "all of it"
    assert shown.locator("details").count() == 1
    assert len(shown.locator("details").text_content().split(", ")) == 240
    assert shown.locator("figcaption").first.inner_text() == typeset("GONE can't be shown: memory: no series GONE.")

    assert not all(shown.evaluate(DRAWN))  # those further down wait
    for at in range(5):
        shown.locator(".chart").nth(at).scroll_into_view_if_needed()
    shown.wait_for_function(f"({DRAWN}).slice(0, 5).every(one => one)")
    assert shown.evaluate("document.querySelector('.chart').data.map(one => one.type)")[:2] == [
        "scatter",
        "candlestick",
    ]
    assert shown.evaluate("document.querySelectorAll('.chart')[0].layout.shapes.length") == 1
    assert shown.locator(".chart").count() == 5

    shown.evaluate("navigator.clipboard.writeText = async text => { window.copied = text; }")
    shown.locator("#findings button").nth(1).click()
    shown.locator("#findings button", has_text="Copied").wait_for()
    assert shown.evaluate("window.copied") == f"CORE-open-{DATES[500]}"
    assert (seen.online, seen.errors, seen.dialogs) == ([], [], [])


@pytest.mark.browser
def test_a_telephone_at_night_and_paper(page, open_page):
    seen = open_page(page, width=400, scheme="dark")
    shown = seen.page
    shown.locator(".chart").first.scroll_into_view_if_needed()
    shown.wait_for_function(f"({DRAWN})[0]")
    assert shown.evaluate("document.documentElement.scrollWidth") <= 400
    paper, ink = (shown.evaluate(f"getComputedStyle(document.body).{one}") for one in ("backgroundColor", "color"))
    light = [sum(map(int, re.findall(r"\d+", colour))) for colour in (paper, ink)]
    assert light[0] < light[1]
    font = "document.querySelectorAll('.chart')[0].layout.font.color"
    night = shown.evaluate(font)
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert shown.evaluate(DRAWN) == [True] * 5
    assert shown.evaluate(font) != night
    shown.evaluate("dispatchEvent(new Event('afterprint'))")
    assert shown.evaluate(font) == night
    assert shown.evaluate("document.documentElement.scrollWidth") <= 400
    assert seen.errors == []


@pytest.mark.browser
def test_sixty_findings_open_as_quickly_as_one(tmp_path, open_page):
    many = [finding(WARNING, "FUND", "step", 10 * at, against=("CORE",)) for at in range(1, 61)]
    one = write(tmp_path / "one.html", many[:1])
    path = write(tmp_path / "many.html", many)
    assert path.stat().st_size - one.stat().st_size < 60 * 7_000
    seen = open_page(path)
    seen.page.wait_for_function(f"({DRAWN}).length === 60")
    assert sum(seen.page.evaluate(DRAWN)) <= 3
    seen.page.locator(".chart").last.scroll_into_view_if_needed()
    seen.page.wait_for_function(f"({DRAWN})[59]")
    assert seen.errors == []


@needs_history
@pytest.mark.browser
def test_the_open_of_soxx_in_october_2010(tmp_path, open_page):
    against = ("SOXS", "SMH")
    bad = Finding("SOXX-open", WARNING, "SOXX", "open", days("2010-10-15"), "", "", field="open", against=against)
    seen = open_page(write(tmp_path / "audit.html", (bad,), CsvSource(FOLDER), checked=("SOXX",)))
    seen.page.wait_for_function(f"({DRAWN})[0]")
    traces = "document.querySelector('.chart').data.map(({name, x, y, open, text}) => ({name, x, y, open, text}))"
    soxs, smh, candles, ring = seen.page.evaluate(traces)[:4]
    at = candles["x"].index(30)
    assert (candles["open"][at], ring["x"], ring["y"]) == (ring["y"][0], [30], [pytest.approx(15.03, abs=0.005)])
    assert candles["text"][at].startswith("2010-10-15<br>open 15.03")
    moves = {}
    for other in (soxs, smh):
        eve, opened = (other["y"][np.argmin(np.abs(np.array(other["x"]) - x))] for x in (29.3, 29.7))
        moves[other["name"]] = opened / eve - 1
    assert moves["SOXS"] == pytest.approx(-0.02, abs=0.001)
    assert moves["SMH"] == pytest.approx(0.007, abs=0.001)

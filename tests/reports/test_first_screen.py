"""The first screen: verdict and frontier on one screen, wide and on a phone, and every label where it can be read."""

from __future__ import annotations

import html
import re
from dataclasses import replace
from functools import cache
from io import StringIO

import numpy as np
import pytest
from markets import MemorySource, executed_with, nyse, random_bars, source_of
from reported import reported
from rich.console import Console

from engine.analytics.answer.words import plain
from engine.loading import build_config
from engine.runs.execute import run
from reports.document import plain_text
from reports.first_screen import screen_of
from reports.first_terminal import COLUMNS, screen_lines
from reports.glossary import WORDS
from reports.hedge_report import first_page
from reports.renderers.html import typeset, write_document
from reports.run import show_run

DATES = nyse("2012-01-03", 900)
CASES = {
    "weekly": ("hedge.rebalance=weekly",),
    "heavy": ("hedge.weight=0.45", "hedge.rebalance=never"),
    "light": ("hedge.weight=0.02",),
    "two": ("portfolio.core={CORE: 0.5, MORE: 0.5}",),
    "buffer": ("hedge.funding=cash_buffer", "hedge.buffer=0.2"),
    "long": ("hedge.leverage=2", "hedge.instrument=LONG", "hedge.funding=margin"),
}
"""Runs that differ in what they hold and in how it went."""


@cache
def made(name, *more):
    rng = np.random.default_rng(5)
    core = random_bars("CORE", DATES, rng)
    source = source_of(
        core,
        random_bars("FUND", DATES, rng, follows=core, beta=-3.0),
        random_bars("MORE", DATES, rng),
        random_bars("LONG", DATES, rng, follows=core, beta=2.0),
    )
    tree = {
        "start": str(DATES[100]),
        "portfolio": {"core": {"CORE": 1.0}},
        "hedge": {"instrument": "FUND", "underlying": "CORE"},
        "execution": {"cash_rate": 0.02},
        "data": {"accept": ["FUND-dividends", "LONG-dividends"]},
    }
    return run(build_config(tree, [*CASES.get(name, ()), *more]), source, engine="compiled")


def test_the_signal_says_which_data_it_found():
    assert screen_of(made("weekly")).signal.startswith("Signal: CORE is weak and restless. Then ")
    dear = screen_of(made("weekly", "strategy.class=ValuationHedge", "strategy.params={}")).signal
    assert dear.startswith("Signal (price-to-trend proxy): the sector was stretched of late and is turning down. Then ")


@pytest.fixture(params=CASES)
def judged(request):
    return made(request.param)


def shown(result, tmp_path, open_page, **how):
    path = tmp_path / "report.html"
    write_document(path, reported(result, "tearsheet.html"))
    return open_page(path, **how)


BOXES = """name => [...document.querySelectorAll(`#frontier .${name}-only .named`)].map(one => {
  const box = one.getBBox();
  return [one.textContent, box.x, box.y, box.x + box.width, box.y + box.height];
})"""
SMALLEST = """() => Math.min(...[...document.querySelectorAll(".first *, .bar *")].filter(one =>
  one.checkVisibility() &&
  [...one.childNodes].some(part => part.nodeType === 3 && part.textContent.trim())).map(one => {
    const svg = one.closest('svg'), size = parseFloat(getComputedStyle(one).fontSize);
    return svg ? size * svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : size;
  }))"""


def overlapping(boxes):
    return [
        (one[0], other[0])
        for i, one in enumerate(boxes)
        for other in boxes[:i]
        if one[1] < other[3] - 0.5 and other[1] < one[3] - 0.5 and one[2] < other[4] - 3 and other[2] < one[4] - 3
    ]


@pytest.mark.browser
@pytest.mark.parametrize(("width", "drawing"), [(1280, "wide"), (390, "phone")])
def test_no_label_of_the_frontier_is_over_another_or_cut(judged, tmp_path, open_page, width, drawing):
    seen = shown(judged, tmp_path, open_page, width=width)
    boxes = seen.page.evaluate(BOXES, drawing)
    edge = {"wide": 620, "phone": 358}[drawing]
    assert len(boxes) >= 5
    assert overlapping(boxes) == []
    assert [box[0] for box in boxes if box[1] < 0 or box[3] > edge] == []
    assert any("hedge" in box[0] for box in boxes)
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert seen.page.evaluate(SMALLEST) >= 12
    assert (seen.online, seen.errors) == ([], [])


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_first_screen_holds_verdict_and_frontier(tmp_path, open_page, scheme):
    seen = shown(made("weekly"), tmp_path, open_page, scheme=scheme)
    page = seen.page
    page.set_viewport_size({"width": 1280, "height": 800})
    for part in ("headline", "lead", "glance", "label", "sum", "frontier"):
        box = page.locator(f"#{part}").bounding_box()
        assert box["y"] >= 44, part
        assert box["y"] + box["height"] <= 800, part
    accent = page.evaluate("getComputedStyle(document.querySelector('circle.hedge')).fill")
    assert accent == {"light": "rgb(184, 66, 10)", "dark": "rgb(255, 138, 74)"}[scheme]
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert paper == {"light": "rgb(252, 251, 248)", "dark": "rgb(20, 21, 23)"}[scheme]
    assert page.locator("#frontier .drawing svg:visible").count() == 1
    assert "grew" in page.locator("#frontier .wide-only svg title").text_content()


@pytest.mark.browser
def test_a_tip_comes_with_the_pointer_with_focus_and_with_a_tap(tmp_path, open_page):
    page = shown(made("weekly"), tmp_path, open_page).page
    term, tip = page.locator("#glance .term"), page.locator("#tip")
    assert tip.is_hidden()
    term.hover()
    assert tip.inner_text() == dict(WORDS)["Bad quarter"].replace(" %", "\u202f%")
    page.mouse.move(0, 300)
    assert tip.is_hidden()
    term.focus()
    assert tip.is_visible()
    assert term.get_attribute("aria-describedby") == "tip"
    page.keyboard.press("Escape")
    assert tip.is_hidden()
    page.locator("#frontier .wide-only .spot").last.click()
    assert re.match(r"FUND hedge: grew -?\u2212?\d+\.\d\d\u202f% a year", tip.inner_text())


@pytest.mark.browser
def test_the_answer_needs_no_script(tmp_path, browser):
    path = tmp_path / "report.html"
    write_document(path, reported(made("weekly"), "tearsheet.html"))
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator("#headline").is_visible()
    assert page.locator("#frontier .wide-only svg").is_visible()
    context.close()


def test_page_and_terminal_say_the_same(judged, tmp_path):
    screen, path = screen_of(judged), tmp_path / "report.html"
    write_document(path, reported(judged, "tearsheet.html"))
    page = path.read_text(encoding="utf-8").split("<main>")[0]
    text = " ".join(html.unescape(re.sub("<[^>]+>", "", page)).split())
    lines = [plain_text(line.text) for line in screen_lines(screen, 800)]
    out = " ".join(" ".join(lines).split())
    assert max(map(len, lines)) <= COLUMNS
    assert out.isascii()
    sentences = [plain(screen.lead), screen.line, screen.safe, screen.finding, screen.frontier]
    sentences += [plain(one.text) for one in screen.shorts] + [plain(step.remark) for step in screen.steps]
    for sentence in sentences:
        assert sentence in out
        assert " ".join(typeset(sentence).split()) in text


def test_the_bars_run_from_one_to_the_next_and_the_parts_add_up(judged):
    page = first_page(judged, dict(WORDS))
    bars = page["falls"]
    steps = [bar["step"] for bar in bars]
    assert steps[0].end == pytest.approx(steps[1].begin)
    assert steps[-2].end == pytest.approx(steps[-1].end, abs=1e-9)
    assert sum(float(step.value) for step in steps[1:-1]) == pytest.approx(steps[-1].end - steps[0].end)
    assert all(0.0 <= bar["at"] <= bar["value"] <= 1.0 for bar in bars)


def printed(result):
    out = StringIO()
    show_run(Console(file=out, width=80), result, None)
    return out.getvalue()


def test_a_terminal_without_colours_gets_plain_ascii_in_80_columns(judged):
    text = printed(judged)
    assert text.isascii()
    assert max(map(len, (line.rstrip() for line in text.splitlines()))) <= COLUMNS
    assert screen_of(judged).headline.upper() in text


@pytest.mark.parametrize(
    ("settings", "headline"),
    [
        (("hedge.weight=0",), "No verdict: the hedge was never bought."),
        ((f"end={DATES[250]}",), "No verdict: the run is too short."),
        (("controls=off",), "No verdict: controls are off."),
    ],
)
def test_a_run_without_an_answer_says_why_and_draws_nothing(settings, headline, tmp_path):
    result = made("none", *settings)
    screen = screen_of(result)
    assert screen.headline == headline
    assert (screen.label, screen.steps, screen.shorts, first_page(result, dict(WORDS))["drawings"]) == ("", (), (), ())
    assert [row.role for row in screen.rows] == ["", "hedge"]
    assert headline.upper() in " ".join(printed(result).split())
    if result.evaluation is not None:
        write_document(tmp_path / "report.html", reported(result))
        assert 'id="frontier"' not in (tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_made_up_market_is_marked_wherever_it_shows():
    result = made("weekly")
    market = replace(result.market, source=MemorySource({}, name="demo", simulated=True))
    evaluation = replace(result.evaluation, answer=None, why="the market is SIMULATED")
    marked = replace(result, figures=result.figures | {"simulated": True})
    told = executed_with(marked, setup=replace(result.setup, market=market), evaluation=evaluation)
    screen = screen_of(told)
    assert screen.headline == "No verdict: the market is SIMULATED."
    assert screen.provenance == "SIMULATED market"
    assert any(plain_text(line.text).startswith("  SIMULATED") for line in screen_lines(screen, 800))
    synthetic = replace(result, figures=result.figures | {"synthetic": {"sessions": 200}})
    assert screen_of(synthetic).provenance == "200 of 800 sessions SYNTHETIC"

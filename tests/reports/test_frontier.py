"""The page of the frontier, in a browser: its menu, its dots, its table, its commands, and what is MODELLED."""

from __future__ import annotations

import json
import re

import pytest
from command import command
from playwright.sync_api import expect

from engine.analytics.answer.frontier import Dot
from engine.analytics.answer.insurance import GapInterval
from engine.research.frontier import RISKS, Placement
from reports.frontier import SHAPES, label_of

WEIGHTS = (0.1, 0.3)
NAMED = {
    "bad_quarter": "holding less SOXX",
    "max_drawdown": "By the deepest fall, without intervals, the cheapest was",
    "shortfall": "By the worst quarters, without intervals",
    "volatility": "By volatility, without intervals",
}
WAYS = ("hedge_soxs", "cash", "put:always", "XLU", "sold")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """The page of the simulated market, and the same frontier as plain values."""
    target = tmp_path_factory.mktemp("frontier") / "frontier.html"
    typed = ("--set", "data.source=demo", "--start", "2021-01-04", "--page", str(target), "--json")
    answer = command("frontier", "hedge_soxs.yaml", "--with", ",".join(WAYS[1:]), "--weights", "0.1,0.3", *typed)
    assert answer.status == 0, answer.err
    return target, json.loads(answer.out)


@pytest.fixture(scope="module")
def points(made):
    return [
        point | {"title": way["title"], "mark": "MODELLED " * way["modelled"]}
        for way in made[1]["ways"]
        for point in way["points"]
    ]


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_menu_switches_picture_and_table_and_nothing_scrolls_sideways(open_page, made, width, scheme):
    seen = open_page(made[0], width=width, scheme=scheme)
    page = seen.page

    assert page.title() == "SIMULATED Ways to be safer than SOXX"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for risk in RISKS:
        page.select_option("#risk", risk)
        assert [name for name in RISKS if page.locator(f"figure.by-{name}").is_visible()] == [risk]
        assert [name for name in RISKS if page.locator(f"#by-{name}").is_visible()] == [risk]
        assert page.locator(f"figure.by-{risk} svg:visible").count() == 1
        assert [name for name in RISKS if page.locator(f"p.strong.by-{name}").is_visible()] == [risk]
        assert NAMED[risk] in page.locator(f"p.strong.by-{risk}").inner_text()
        assert page.evaluate("document.documentElement.scrollWidth") <= width
    light = [
        sum(map(int, re.findall(r"\d+", page.evaluate(f"getComputedStyle(document.body).{one}"))))
        for one in ("backgroundColor", "color")
    ]
    assert (light[0] > light[1]) == (scheme == "light")
    assert (seen.online, seen.errors) == ([], [])


@pytest.mark.browser
def test_a_row_opens_to_its_command_by_mouse_and_by_enter(open_page, made, points):
    page = open_page(made[0]).page
    rows, runs = page.locator("#by-bad_quarter tr[tabindex]"), page.locator("#by-bad_quarter tr.run")
    assert rows.count() == runs.count() == len(points)
    prices = [point["cost_per_point"]["bad_quarter"] for point in points]
    ranked = sorted(zip(prices, points, strict=True), key=lambda one: (one[0] is None, one[0] or 0.0))
    assert [run.removeprefix("Copy").strip() for run in runs.all_text_contents()] == [
        point["command"] for _price, point in ranked
    ]

    expect(runs.first).to_be_hidden()
    for opened, shown in (("true", expect(runs.first).to_be_visible), ("false", expect(runs.first).to_be_hidden)):
        rows.first.click()
        shown()
        expect(rows.first).to_have_attribute("aria-expanded", opened)
    rows.first.focus()
    page.keyboard.press("Enter")
    expect(runs.first).to_be_visible()
    assert ranked[0][1]["command"] in runs.first.inner_text()


@pytest.mark.browser
def test_a_dot_says_where_it_stands_and_gives_its_command(open_page, made, points):
    page = open_page(made[0]).page
    dots = page.locator("figure.by-bad_quarter .wide-only circle[data-run]")
    tips = dots.locator("title").all_text_contents()
    assert len(tips) == len(points)
    for tip, point in zip(tips, points, strict=True):
        low, high = (f"{100 * end:.1f}" for end in point["interval"])
        told = re.sub(r"[\u00a0\u2009\u202f]", " ", tip).replace("\u2212", "-")
        title = f"{point['mark']}{point['title']}, {point['amount']}"
        assert told.startswith(f"{title}: grew {100 * point['cagr']:.2f} % a year, ")
        assert f"{100 * point['gap']:+.2f} points to holding less (98 % interval {low} to {high})" in told
    picked = page.locator("#picked")
    expect(picked).to_be_hidden()
    for place in (0, len(points) - 1):
        dots.nth(place).dispatch_event("click")
        expect(picked).to_contain_text(points[place]["command"])


@pytest.mark.browser
def test_paper_has_the_picture_that_was_chosen_and_no_words_about_clicking(open_page, made):
    page = open_page(made[0]).page
    page.select_option("#risk", "volatility")
    page.emulate_media(media="print")

    assert [name for name in RISKS if page.locator(f"figure.by-{name}").is_visible()] == ["volatility"]
    expect(page.locator("#risk")).to_be_hidden()
    for words in ("A row opens to the command", "Point at a dot"):
        expect(page.get_by_text(words)).to_be_hidden()
    ticks = page.locator("figure.by-volatility .wide-only text.quiet[text-anchor=middle]").all_text_contents()
    assert ticks
    assert all(float(tick) >= 0 for tick in ticks)  # volatility is no fall


def test_options_say_modelled_wherever_they_stand(made):
    text = made[0].read_text(encoding="utf-8")

    rows = re.findall(r"<tr[^>]*><td>([^<]*put always on[^<]*)(.*?)</td>", text)
    assert len(rows) == len(RISKS) * len(WEIGHTS)
    assert all("MODELLED" in rest for _name, rest in rows)
    labels = re.findall(r"<tspan[^>]*>([^<]*put[ :]always[^<]*)</tspan>", text)
    assert len(labels) >= 2 * len(RISKS) - 1
    assert all("MODELLED" in label for label in labels)
    assert text.count('class="way modelled"') == len(SHAPES) * len(RISKS) * len(WEIGHTS)
    assert len(text) < 600_000  # no plotting library in it


def test_a_book_s_share_of_the_core_has_a_row_without_a_gap(made):
    rows = re.findall(r'<tr class="sum[^>]*>(.*?)</tr>', made[0].read_text(encoding="utf-8"), re.DOTALL)

    held = [row for row in rows if "holding" in row]
    assert len(held) == 4 * len(RISKS)
    line = {round(100 * one["share"]): one for one in made[1]["held_less"]}
    for row in held:
        share = int(re.search(r"holding (\d+)", row)[1])
        assert f"{100 * line[share]['cagr']:.1f}" in row.replace("\u2212", "-")


@pytest.mark.parametrize(
    ("interval", "with_fall", "label"),
    [
        ((0.001, 0.02), (-0.03, 0.04), "cheaper"),
        ((-0.115, -0.003), (-0.112, -0.001), "dearer"),
        ((-0.115, -0.003), (-0.112, 0.003), "can't tell"),  # another such fall would have paid for it
        ((-0.115, 0.003), (-0.112, -0.001), "can't tell"),
        ((-0.0004, -0.0001), (-0.0004, -0.0001), "the same"),
        ((-0.0004, -0.0001), (-0.0004, 0.02), "can't tell"),
    ],
)
def test_a_book_is_dearer_by_the_rule_of_a_run_s_own_answer(interval, with_fall, label):
    dot = Dot("x", "x", None, 0.1, -0.1, -0.3, 0.2, 1.0, -0.01)
    assert label_of(Placement(0, 1.0, "all", dot, -0.2, GapInterval(interval, with_fall), {}, "")) == label


@pytest.mark.browser
def test_every_book_s_label_is_told_with_its_gap(open_page, made, points):
    cells = open_page(made[0]).page.locator("#by-bad_quarter tr[tabindex] td:last-child").all_text_contents()

    judged = {"paid": "cheaper", "did not pay": "dearer", "can't tell": "can't tell"}
    told = [cell.strip().replace("\u2019", "'") for cell in cells]
    assert sorted(told) == sorted(judged[point["label"]] for point in points)
    dearer = [point for point in points if point["label"] == "did not pay"]
    assert all(max(point["interval"][1], point["interval_with_fall"][1]) < 0.0 for point in dearer)

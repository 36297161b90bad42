"""The page of a stress: in a browser, by the figures of its JSON, for every kind of hedge; and its sentences."""

import json
import re
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from command import command
from hypothesis import given
from hypothesis import strategies as some

from engine.stress.reverse import Reverse, TriedPaths
from reports.stress_picture import spaced
from reports.stress_words import StressBook, reverse_sentence

DEMO = ("--set", "data.source=demo", "--start", "2021-01-04")
BOOKS = ("hedged", "unhedged", "derisk_entry", "held_less")
SECTIONS = ("falls-part", "rallies-part", "paths-part", "fails-part", "rebalanced-part")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A page of the simulated market, and the same stress as plain values."""
    target = tmp_path_factory.mktemp("stress") / "stress.html"
    typed = ("--paths", "40", "--horizon", "42", "--fall", "-0.1", "--page", str(target), "--json")
    answer = command("stress", "hedge_soxs.yaml", *DEMO, *typed)
    assert answer.status == 0, answer.err
    return target, json.loads(answer.out)


def plain(text):
    """Return a text of the page in ASCII, as the words have it."""
    text = re.sub("\u202f%", " %", text).replace("\u2212", "-").replace("\u2019", "'")
    return " ".join(text.split())


def rows_of(told, kind):
    names = list(dict.fromkeys(row["scenario"] for row in told["scenarios"] if row["kind"] == kind))
    by = {(row["scenario"], row["book"]): row for row in told["scenarios"]}
    return [{book: by[name, book] for book in BOOKS} for name in names]


def test_every_picture_carries_what_marks_it(made):
    pictures = re.findall("<figure>.*?</figure>", made[0].read_text(), re.DOTALL)

    assert len(pictures) >= 5
    assert all("<figcaption>SIMULATED, SYNTHETIC</figcaption>" in each for each in pictures)


@pytest.mark.browser
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_scrolls_sideways_is_cut_or_stands_over_another(open_page, made, width, scheme):
    seen = open_page(made[0], width=width, scheme=scheme)
    page = seen.page

    assert page.title() == "SIMULATED SYNTHETIC hedge_soxs: stress of the book of 2026-06-30"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    shown = page.evaluate(
        """[...document.querySelectorAll("svg")].filter(svg => svg.checkVisibility()).map(svg => {
            const frame = svg.getBoundingClientRect();
            return [...svg.querySelectorAll("text")].map(text => {
                const box = text.getBoundingClientRect();
                return {text: text.textContent, left: box.left, right: box.right,
                    before: frame.left - box.left, beyond: box.right - frame.right, top: box.top - frame.top,
                    bottom: box.bottom - frame.bottom, y: box.top, end: box.bottom};
            });
        })"""
    )
    assert len(shown) == 6  # falls, rallies, two fans, falls and chops that were tried
    for texts in shown:
        assert texts
        for text in texts:
            assert max(text["before"], text["beyond"]) <= 1, text  # what is outside of a drawing is cut
            assert text["top"] >= -2, text
            assert text["bottom"] <= 2, text
        over = [
            (one["text"], other["text"])
            for place, one in enumerate(texts)
            for other in texts[:place]
            if min(one["right"], other["right"]) - max(one["left"], other["left"]) > 2
            and min(one["end"], other["end"]) - max(one["y"], other["y"]) > 5  # letters are lower than their boxes
        ]
        assert over == []
    ground = page.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground)[:3])) > 384) == (scheme == "light")
    assert (seen.online, seen.errors) == ([], [])


@pytest.mark.browser
def test_dots_stand_by_one_scale_where_their_values_are(open_page, made):
    page, told = open_page(made[0]).page, made[1]
    falls = rows_of(told, "fall")
    assert len(falls) > 3
    for name, book in (("hedge", "hedged"), ("idle", "unhedged"), ("less", "held_less")):
        circles = page.locator(f"#falls-part .wide-only circle.{name}")
        x = circles.evaluate_all("all => all.map(one => +one.getAttribute('cx'))")
        values = [[row[book][when] for row in falls] for when in ("turn", "end")]
        assert len(x) == 2 * len(falls)
        for places, panel in zip((x[: len(falls)], x[len(falls) :]), values, strict=True):
            slope, start = np.polyfit(panel, places, 1)
            assert np.abs(slope * np.array(panel) + start - places).max() < 0.11  # tenths of a pixel
            assert slope > 100
    labels = plain(" ".join(page.locator("#falls-part .wide-only text.hedge").all_text_contents()))
    assert all(f"{100 * row['hedged'][when]:z.1f} %" in labels for row in falls for when in ("turn", "end"))
    tips = [plain(tip) for tip in page.locator("#falls-part .wide-only rect title").all_text_contents()]
    assert len(tips) == 2 * len(falls)
    assert all(
        f"doing nothing {100 * row['unhedged']['turn']:z.1f} %" in tip for row, tip in zip(falls, tips, strict=False)
    )


@pytest.mark.browser
def test_the_first_screen_says_what_the_figures_do(open_page, made):
    page, told = open_page(made[0]).page, made[1]
    falls = rows_of(told, "fall")

    def ahead(other, when):
        return sum(row["hedged"][when] - row[other][when] >= 5e-4 for row in falls)

    of, less = len(falls), f"{100 * told['held_less']:.0f} % SOXX"
    assert (
        plain(page.locator("h1").inner_text())
        == f"SIMULATED, SYNTHETIC: ahead in {ahead('unhedged', 'end')} of {of} falls."
    )
    lead = re.sub(r" \(level in \d+\)", "", plain(page.locator("#lead").inner_text()))
    assert (
        f"ahead of doing nothing in {ahead('unhedged', 'turn')} of {of} and of holding {less} in"
        f" {ahead('held_less', 'turn')}; at its end, in {ahead('unhedged', 'end')} and in {ahead('held_less', 'end')}."
    ) in lead
    (behind,) = (r["behind_unhedged"] for r in told["paths"] if (r["paths"], r["book"]) == ("all", "hedged"))
    assert f"it ends behind doing nothing on {100 * behind:.0f} %." in lead
    glance = plain(page.locator("#glance tr.hedge").inner_text())
    medians = [float(np.median([row["hedged"][when] for row in falls])) for when in ("turn", "end")]
    assert glance.startswith(f"SOXS hedge {100 * medians[0]:z.1f} % {100 * medians[1]:z.1f} %")
    assert "hedge off" in page.locator("#about").inner_text()


@pytest.mark.browser
def test_every_section_says_what_its_figures_are_and_tables_hold_them(open_page, made):
    page, told = open_page(made[0]).page, made[1]
    for section in SECTIONS:
        assert page.locator(f"#{section} > p.dek").first.inner_text().startswith("SIMULATED, SYNTHETIC.")
        heads = page.locator(f"#{section} th:first-child").all_text_contents()
        assert heads
        assert all(head.startswith("SIMULATED, SYNTHETIC") for head in heads)
    table = plain(page.locator("#falls").inner_text())
    for row in rows_of(told, "fall"):
        own = row["hedged"]
        for value in (own["worst_fall"], own["worst_quarter"], own["end_low"], own["end_high"]):
            assert f"{100 * value:z.1f} %" in table
        assert f"${own['end_value']:,.0f}" in table
    paths = plain(page.locator("#paths").inner_text())
    for row in told["paths"]:
        if row["book"] in BOOKS:
            assert f"${row['end_value']:,.0f} {100 * row['shortfall']:z.1f} %" in paths
    own = page.locator("#rebalanced tr.hedge").all_text_contents()
    assert len(own) == 1
    assert own[0].startswith("Weekly, its own")
    page.locator("#assumed summary").click()
    made_of = page.locator("#assumed").inner_text()
    for words in ("GJR-GARCH(1,1)", "Politis and Romano 1994", "follows its model", "no p-value", "blocks of 10"):
        assert words in made_of


@pytest.mark.parametrize(
    ("typed", "holds", "lacks"),
    [
        (("collar.yaml",), ("MODELLED", "95-110 collar, MODELLED", "holding"), ("low edge", "the hedge<")),
        (("sell_on_weakness.yaml",), ("Sold into bills", "Doing nothing"), ("elling instead", "low edge")),
        (("hedge_soxs_and_tlt.yaml",), ("SOXS and TLT hedge", "low edge"), ()),
        (("hedge_soxs.yaml", "--start", "2026-01-02"), ("too short to tell",), ("olding 8", "Holding")),
    ],
)
def test_each_kind_of_hedge_is_called_what_it_is(typed, holds, lacks, tmp_path):
    page = tmp_path / "page.html"
    scenarios = ("--scenario", "2022", "--scenario", "nothing", "--paths", "0", "--horizon", "21")

    answer = command("stress", *typed[:1], *DEMO, *typed[1:], *scenarios, "--page", str(page))

    assert answer.status == 0, answer.err
    text = plain(page.read_text(encoding="utf-8").partition("<body>")[2].partition("<script")[0])
    assert [words for words in holds if words not in text] == []
    assert [words for words in lacks if words in text.replace("Holding less", "")] == []
    assert ("paths-part" in text, "fails-part" in text) == (False, False)
    assert max(map(len, answer.out.splitlines()[:-1])) <= 80


def test_a_strategy_of_weights_has_no_other_rebalancing(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "closing.py").write_text(
        "from dataclasses import dataclass\nfrom strategies import CloseStrategy\n\n"
        "@dataclass\nclass Closing(CloseStrategy):\n    def on_close(self, view, book):\n        return 0.1\n"
    )
    own = ("--set", "strategy.class=closing.py:Closing", "--set", "strategy.params={}")
    few = ("--start", "2025-01-02", "--scenario", "nothing", "--paths", "3", "--horizon", "5", "--page", "page.html")

    answer = command("stress", "hedge_soxs.yaml", *DEMO, *own, *few)

    assert answer.status == 0, answer.err
    text = (tmp_path / "page.html").read_text(encoding="utf-8")
    assert 'id="rebalanced-part"' not in text
    assert 'id="falls-part"' not in text
    assert 'id="scenarios-part"' in text
    assert "SYNTHETIC: BEHIND ON" in " ".join(answer.out.split())
    assert "None of 3 paths fell by 30 %" in " ".join(answer.out.split())


EVERY = "at every fall that was tried, 5 to 40 % over 63 sessions"
ALWAYS = "after chops of 5 to 63 sessions, all that were tried"


def sentence(falls, chops, book="unhedged"):
    tried = (-0.05, -0.1, -0.2, -0.4)
    lengths = (5, 21, 63)

    def made(places, behind):
        return tuple(TriedPaths(at, {"unhedged": 0.6 if at in behind else 0.5}, {"unhedged": 0.0}) for at in places)

    reverse = Reverse(made(tried, falls), made(lengths, chops), 63)
    told = SimpleNamespace(found=SimpleNamespace(reverse=reverse))
    return reverse_sentence(told, StressBook(book, "Doing nothing", "doing nothing", "nothing", "idle"))


@pytest.mark.parametrize(
    ("falls", "chops", "said"),
    [
        ((-0.05, -0.1), (5, 21), "at falls of up to 10 % over 63 sessions, and after chops of 5 to 21 sessions"),
        ((-0.05, -0.2), (63,), "at falls of up to 5 % and of 20 % over 63 sessions, and after chops of 63 sessions"),
        ((-0.1, -0.2), (), "at falls of 10 to 20 % over 63 sessions, and after no chop that was tried"),
        ((-0.2, -0.4), (5, 63), "at falls of 20 % and more over 63 sessions, and after chops of 5 and of 63 sessions"),
        (
            (-0.05, -0.1, -0.2, -0.4),
            (5, 21, 63),
            f"{EVERY}, and {ALWAYS}",
        ),
    ],
)
def test_where_it_fails_is_said_by_stretches(falls, chops, said):
    assert sentence(falls, chops) == f"Most paths end behind doing nothing {said}"


def test_where_it_never_fails_is_said():
    none = "At no fall and after no chop that was tried do most paths end behind doing nothing"
    assert sentence((), ()) == none
    some_chop = "At no fall that was tried do most paths end behind doing nothing, but after chops of 5 sessions"
    assert sentence((), (5,)) == some_chop


@given(some.lists(some.floats(0.0, 300.0), min_size=1, max_size=8))
def test_labels_are_moved_apart_around_their_places(places):
    places = sorted(places)
    moved = spaced(places, 15.0)

    assert all(later - earlier >= 15.0 - 1e-9 for earlier, later in pairwise(moved))
    assert sum(moved) == pytest.approx(sum(places), abs=1e-6)  # groups stand around the mean of their own
    if all(later - earlier >= 15.0 for earlier, later in pairwise(places)):
        assert moved == pytest.approx(places)

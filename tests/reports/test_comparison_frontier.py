"""Runs on one frontier: where each stands, that every name can be read, and who shares a line."""

import re
from dataclasses import replace

import pytest
from answered_runs import DATES, keep_answered
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analytics.answer.frontier import Dot
from engine.analytics.answer.words import Names
from engine.hedge_names import bought
from reports.comparison import compared
from reports.comparison_frontier import PHONE, WIDE, Shared, distinct_ends, draw_shared, shared_lines
from reports.comparison_page import write_comparison

SHAPES = pytest.mark.parametrize("shape", [WIDE, PHONE], ids=["wide", "phone"])


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    made = {
        "of_base": (),
        "of_fast": ("trend_days=20",),
        "of_heavy": ("hedge.weight=0.4", "hedge.rebalance=never"),
        "later": (f"start={DATES[130]}",),
        "none": ("controls=off",),
    }
    return {name: keep_answered(folder, *given, name=name) for name, given in made.items()}


def test_who_has_one_core_and_the_same_sessions_shares_a_line(runs):
    first, second = shared_lines(runs)
    assert [(label, place) for label, place, _dot in first.runs] == [("of_base", 0), ("of_fast", 1), ("of_heavy", 2)]
    assert [label for label, _place, _dot in second.runs] == ["later"]
    assert first.title == f"CORE, {DATES[100]} to {DATES[-1]}"
    for label, _place, dot in first.runs:
        told = runs[label].figures["answer"]
        assert dot.cagr == pytest.approx(runs[label].figures["cagr"], abs=1e-12)
        assert dot.bad_quarter == told["insurance"]["bad_quarter"]
    assert shared_lines({"none": runs["none"]}) == []


def test_costs_that_change_the_line_part_the_picture(runs, tmp_path):
    dear = keep_answered(tmp_path, "execution.commission_bps=100", name="dear")
    assert [len(one.runs) for one in shared_lines({"of_base": runs["of_base"], "dear": dear})] == [1, 1]


def inside(box, shape):
    return box.left >= 0 and box.right <= shape.width and box.top >= 0 and box.bottom <= shape.height - shape.bottom


@SHAPES
def test_a_run_stands_where_its_growth_and_its_bad_quarter_put_it(runs, shape):
    (shared, _other) = shared_lines(runs)
    drawing = draw_shared(shared, shape)
    spots = {spot.run: spot for spot in drawing.spots if spot.run >= 0}
    dots = {place: dot for _label, place, dot in shared.runs}
    assert spots.keys() == dots.keys()
    safest = min(dots, key=lambda run: -dots[run].bad_quarter)
    assert min(spots, key=lambda run: spots[run].x) == safest
    assert min(spots, key=lambda run: spots[run].y) == max(dots, key=lambda run: dots[run].cagr)
    assert all(f"{100 * dots[run].cagr:.2f} %" in spot.tip for run, spot in spots.items())
    ends = re.findall(r"[ML](\S+) (\S+?)(?=[ML]|$)", drawing.path)
    assert ends
    assert all(0 <= float(x) <= shape.width and 0 <= float(y) <= shape.height for x, y in ends)


def dot(name, cagr, quarter, share=None):
    return Dot(name, name, share, cagr, quarter, -0.4, 0.3, 1e5, 0.0)


@SHAPES
@settings(max_examples=25, deadline=None)
@given(st.lists(st.tuples(st.floats(0.14, 0.26), st.floats(-0.28, -0.2)), min_size=1, max_size=14))
def test_no_name_is_over_another_or_over_a_dot(shape, places):
    line = tuple(dot(f"held_{i}", 0.014 + 0.0121 * i, -0.0129 * i, i / 20) for i in range(21))
    runs = tuple((f"hedge_soxs_{i}", i, dot("hedged", *place)) for i, place in enumerate(places))
    drawing = draw_shared(Shared("CORE", Names("CORE", bought("FUND")), line, line[-1], runs), shape)
    boxes = [placed.box for placed in drawing.labels]
    assert not [one for i, one in enumerate(boxes) for other in boxes[:i] if one.meets(other)]
    assert all(inside(box, shape) for box in boxes)
    assert len({spot.run for spot in drawing.spots}) == len(runs) + 1


def test_names_are_told_without_what_they_all_begin_with():
    assert distinct_ends(["hedge_soxs", "hedge_soxs_volume", "hedge_soxs_rates"]) == ["hedge_soxs", "volume", "rates"]
    assert distinct_ends(["a_b", "a_c"]) == ["b", "c"]
    assert distinct_ends(["one", "other"]) == ["one", "other"]
    assert distinct_ends(["hedge_soxs"]) == ["hedge_soxs"]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("width", "scheme"), [(1280, "light"), (1280, "dark"), (800, "light"), (390, "light"), (390, "dark")]
)
def test_the_page_shows_every_run_on_it_and_the_sum_of_each(runs, tmp_path, open_page, width, scheme):
    page = tmp_path / "comparison.html"
    write_comparison(page, compared(list(runs.values())), tmp_path)
    seen = open_page(page, width=width, scheme=scheme)
    shown = seen.page
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert shown.locator(".drawing svg:visible").count() == 2
    shrunk = "all => all.map(one => one.getBoundingClientRect().width / one.viewBox.baseVal.width)"
    assert min(shown.locator(".drawing svg:visible").evaluate_all(shrunk)) > 0.96  # its letters are what they should be
    names = shown.locator(".drawing svg:visible").first.locator("text.strong").all_text_contents()
    assert {text.split()[0] for text in names} >= {"base", "fast", "heavy"}
    colours = "one => getComputedStyle(one).fill"
    fills = (
        shown.locator(".drawing svg:visible")
        .first.locator("circle[data-run]")
        .evaluate_all(f"all => all.map({colours})")
    )
    assert len(set(fills)) == 3
    rows = [row.locator("td").all_inner_texts() for row in shown.locator("#sum tbody tr").all()]
    assert [row[0].strip().replace("\n", "") for row in rows] == list(runs)
    assert [row[9] for row in rows][3:] == ["-", "-"]
    assert rows[4][1:] == ["-"] * 10 + ["not judged"]
    assert (seen.online, seen.errors) == ([], [])


def test_a_ruined_unhedged_book_has_no_place(runs):
    (shared, _other) = shared_lines(runs)
    assert draw_shared(replace(shared, idle=None), WIDE).labels

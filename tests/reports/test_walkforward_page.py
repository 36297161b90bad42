"""A walk-forward's page: its numbers are the files', its commands run again, its menus flip the folds."""

import shlex

import numpy as np
import pytest
from packing import unpacked
from walkforwards import AXES, DAYS, FLOOR, WEIGHT, by_hand

from engine.research.walkforward.plan import TEST, TRAIN, WHOLE
from reports.walkforward_page import commands, page_data, write_walkforward_page

COMMAND = "backtest run hedge_soxs.yaml --data DIR"


def cube(values):
    return values.reshape(3, 2, 2)  # days, floor, weight


def heat(page, which):
    found = page.evaluate(f"(({{x, y, z}}) => ({{x, y, z}}))(document.getElementById('{which}').data[0])")
    return found["x"], found["y"], np.array(found["z"], dtype=float)


@pytest.mark.parametrize(("objective", "best"), [("sharpe", np.max), ("costs", np.min)])
def test_every_window_has_its_surfaces(tmp_path, objective, best):
    walk, values = by_hand(tmp_path, objective=objective)
    data = page_data(walk)

    assert [(one["fold"], one["window"]) for one in data["surfaces"]] == [
        (0, WHOLE),
        *((fold, window) for fold in (1, 2, 3) for window in (TRAIN, TEST)),
    ]
    assert data["pairs"] == ((0, 1), (0, 2), (1, 2))
    for one in data["surfaces"]:
        held = cube(values[one["fold"], one["window"]])
        for packed_best, packed_median, over in zip(one["best"], one["median"], (2, 1, 0), strict=True):
            np.testing.assert_allclose(unpacked(packed_best), best(held, axis=over).ravel(), rtol=1e-6)
            np.testing.assert_allclose(unpacked(packed_median), np.median(held, axis=over).ravel(), rtol=1e-6)


def test_choices_and_quartiles_are_the_files(tmp_path):
    walk, values = by_hand(tmp_path)
    data = page_data(walk)

    for number, (fold, chosen) in enumerate(zip(data["folds"], data["chosen"][1:], strict=True), start=1):
        assert fold["quartiles"] == pytest.approx(np.quantile(values[number, TEST], [0, 0.25, 0.5, 0.75, 1]).tolist())
        told = {one["key"]: one["numbers"][at] for one, at in zip(data["parameters"], chosen, strict=True)}
        assert told == {key: walk.folds[number - 1][key] for key in AXES}
        assert fold["in_sample"] == values[number, TRAIN].max()
    assert data["chosen"][0] == [0, 0, 0]


def test_each_fold_s_command_runs_its_choice_over_its_test(tmp_path):
    walk, _values = by_hand(tmp_path)
    words = [shlex.split(command) for command in commands(walk, COMMAND)]

    starts = [str(fold["test_first"]) for fold in walk.folds]
    assert [one[5:9] for one in words] == [
        ["--start", start, "--end", end] for start, end in zip(starts, [*starts[1:], "2018-12-28"], strict=True)
    ]
    assert words[0][9:] == [
        word for key in (DAYS, FLOOR, WEIGHT) for word in ("--set", f"{key}={walk.folds[0][key]:g}")
    ]


DRAWN = "[...document.querySelectorAll('.chart, .low, #left')].every(chart => chart.querySelector('.main-svg'))"


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_the_page_in_a_browser(tmp_path, open_page, width, scheme):
    walk, values = by_hand(tmp_path, name="<b>bold</b>", simulated=True)
    seen = open_page(write_walkforward_page(walk, COMMAND), width=width, scheme=scheme)
    page = seen.page
    for place in ("#standing", "#parameters", "#map-title", "#right"):
        page.locator(place).scroll_into_view_if_needed()
    page.wait_for_function(DRAWN)

    assert (seen.online, seen.errors, seen.dialogs) == ([], [], [])
    assert page.title() == "SIMULATED <b>bold</b>: <Weak>Hedge, walk-forward"
    assert "SIMULATED" in page.locator("#note").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#headline").inner_text().startswith("Chosen on the past, SOXS cost 1.30 points")
    assert page.locator("a").first.get_attribute("href") == "run-0123456789/report.html"
    assert len(page.locator("#folds tbody").all()) == 3
    assert len(page.locator("#figures tbody").all()) == 5

    assert page.locator("#left-title").inner_text() == "Training, 2014-01-04 to 2015-12-29"
    across, up, z = heat(page, "left")
    assert (across, up) == (["20", "40", "60"], ["0", "0.5"])
    np.testing.assert_allclose(z, cube(values[1, TRAIN]).max(axis=2).T, rtol=1e-6)
    page.locator("#on").click()
    np.testing.assert_allclose(heat(page, "right")[2], cube(values[2, TEST]).max(axis=2).T, rtol=1e-6)
    page.select_option("#how", "median")
    page.select_option("#x", label=WEIGHT)
    np.testing.assert_allclose(heat(page, "left")[2], np.median(cube(values[2, TRAIN]), axis=0), rtol=1e-6)
    page.locator("#back").click()
    page.locator("#back").click()
    assert page.locator("#left-title").inner_text() == "The whole history"
    assert page.locator("#right-figure").is_hidden()
    np.testing.assert_allclose(heat(page, "left")[2], np.median(cube(values[0, WHOLE]), axis=0), rtol=1e-6)
    assert (page.locator("#back").is_disabled(), page.locator("#on").is_disabled()) == (True, False)


@pytest.mark.browser
def test_one_parameter_makes_lines_instead_of_maps(tmp_path, open_page):
    axes = {"policy.max_hold": [None, 20, 5]}
    walk, values = by_hand(tmp_path, axes=axes)
    seen = open_page(write_walkforward_page(walk, COMMAND))
    page = seen.page
    page.locator("#map-title").scroll_into_view_if_needed()
    page.wait_for_function(DRAWN)

    assert seen.errors == []
    drawn = page.evaluate("(({x, y}) => ({x, y}))(document.getElementById('left').data[0])")
    assert drawn["x"] == ["5", "20", "null"]
    np.testing.assert_allclose(drawn["y"], values[1, TRAIN][[2, 1, 0]], rtol=1e-6)
    assert page.locator("#x").is_hidden()

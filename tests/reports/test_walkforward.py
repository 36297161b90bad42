"""A walk-forward's tables, sentences and page follow from its files; its commands run again, its menus flip folds."""

import io
import re
import shlex

import numpy as np
import pytest
from packing import unpacked
from rich.console import Console
from walkforward_runs import AXES, DAYS, FLOOR, WEIGHT, by_hand

from engine.research.walkforward.plan import TEST, TRAIN, WHOLE
from reports.sweep_numbers import extract
from reports.walkforward import (
    as_markdown,
    book_table,
    commands,
    fold_table,
    how,
    page_data,
    rows_of,
    sentences,
    show_walkforward,
    surface,
    write_walkforward_page,
)

COMMAND = "backtest run hedge_soxs.yaml --data DIR"


def texts(table):
    """A table's heads and its rows, as text."""
    return [column.head for column in table.columns], [[cell.text for cell in table.written(row)] for row in table.rows]


def data_of(walk):
    return page_data(walk, extract(rows_of(walk), surface(walk.metrics["objective"], 0, WHOLE)))


def printed(walk, width=90):
    console = Console(width=width, record=True, file=io.StringIO())
    show_walkforward(console, walk)
    return console.export_text()


def test_a_row_a_fold_holds_what_was_chosen_and_what_came_of_it(tmp_path):
    walk, _values = by_hand(tmp_path)
    heads, rows = texts(fold_table(walk))

    assert heads[:4] == ["test", "trend days", "volatility floor", "weight"]
    for row, fold in zip(rows, walk.folds, strict=True):
        assert row[0] == f"{fold['test_first']} to {fold['test_last']}"
        assert row[1] == str(fold[DAYS])
        assert row[4:6] == [f"{fold['in_sample']:.2f}", f"{fold['out_of_sample']:.2f}"]
        assert row[6] == f"{100 * fold['out_of_sample'] / fold['in_sample']:.0f} %"
        assert row[7] == f"{fold['rank']} of 12"
        assert row[8] == f"{100 * fold['beaten']:.0f} %"


def test_what_is_undefined_is_a_dash(tmp_path):
    walk, _values = by_hand(tmp_path, objective="costs")
    walk.folds[0].update(rank=None, beaten=None, out_of_sample=None)

    row = texts(fold_table(walk))[1][0]
    assert row[5:] == ["-", "-", "-", "-"]
    assert row[4].startswith("$")


@pytest.mark.parametrize(
    ("told", "said"),
    [
        (
            {},
            "SOXS cost 1.30 points a year against unhedged out of sample; in sample the same choices had brought 0.20",
        ),
        ({"cagr_vs_unhedged_out_of_sample": 0.02}, "SOXS brought 2.00 points a year against unhedged out of sample"),
        ({"cagr_vs_unhedged_out_of_sample": 1e-16}, "SOXS made no difference against unhedged out of sample"),
        ({"cagr_vs_unhedged_in_sample": None}, "against unhedged out of sample. Sharpe"),
        ({}, "Sharpe was 0.50 out of sample and 0.80 in sample, an efficiency of 62 %; own parameters 0.70;"),
        ({"efficiency": None}, "Sharpe was 0.50 out of sample and 0.80 in sample; own"),
        ({}, "In 2 of 3 tests the choice did better than half of all combinations"),
        ({}, "The verdict out of sample: SOXS did not pay: so much."),
    ],
)
def test_the_sentences(tmp_path, told, said):
    walk, _values = by_hand(tmp_path, **told)
    assert said in " ".join(sentences(walk))


def test_a_simulated_market_has_a_mark_and_no_verdict(tmp_path):
    verdict = {"outcome": "withheld", "sentence": "No verdict on SOXS."}
    walk, _values = by_hand(tmp_path, simulated=True, verdict=verdict)

    text = printed(walk)
    assert "SIMULATED market: it shows the machine and says nothing about SOXS." in text
    assert "No verdict" not in text
    assert as_markdown(walk).startswith("SIMULATED")


def test_how_it_was_made(tmp_path):
    walk, _values = by_hand(tmp_path)
    assert how(walk) == (
        "3 tests of 1y, each by the best of 12 combinations over the 2y before, 5 sessions apart, by Sharpe."
    )
    walk, _values = by_hand(tmp_path / "other", anchored=True, embargo=0)
    assert how(walk).endswith("over all history, 2y at first, by Sharpe.")


def test_an_objective_that_no_column_tells_has_its_own(tmp_path):
    walk, _values = by_hand(tmp_path / "one", objective="calmar")
    heads, rows = texts(book_table(walk))
    assert heads[:3] == ["book", "Calmar", "CAGR"]
    assert [row[1] for row in rows] == ["0.50", "-", "0.70", "0.80", "0.90"]
    assert "Calmar" not in texts(book_table(by_hand(tmp_path / "two")[0]))[0]


def test_the_terminal_fits_eighty_columns_and_names_the_folder(tmp_path):
    walk, _values = by_hand(tmp_path)
    text = printed(walk, 80)

    for fold in walk.folds:
        assert re.search(rf"^{fold['test_first']} +{fold[DAYS]} ", text, re.MULTILINE)
    assert "Best in hindsight" in text
    assert "The last test is shorter" in text
    assert str(walk.folder) in text.replace("\n", "")


def test_markdown_is_two_tables_with_span_and_hash(tmp_path):
    walk, _values = by_hand(tmp_path)
    text = as_markdown(walk)

    assert text.startswith("History to 2018-12-28, hash of its content `0123456789ab`. 3 tests of 1y")
    tables = [part.splitlines() for part in text.split("\n\n") if part.startswith("|")]
    assert [len(table) for table in tables] == [2 + 3, 2 + 5]
    assert all(len({line.count("|") for line in table}) == 1 for table in tables)


def cube(values):
    return values.reshape(3, 2, 2)  # days, floor, weight


def heat(page, which):
    found = page.evaluate(f"(({{x, y, z}}) => ({{x, y, z}}))(document.getElementById('{which}').data[0])")
    return found["x"], found["y"], np.array(found["z"], dtype=float)


@pytest.mark.parametrize(("objective", "best"), [("sharpe", np.max), ("costs", np.min)])
def test_every_window_has_its_surfaces(tmp_path, objective, best):
    walk, values = by_hand(tmp_path, objective=objective)
    data = data_of(walk)

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
    data = data_of(walk)

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


DRAWN = "[...document.querySelectorAll('.chart')].every(chart => chart.querySelector('.main-svg'))"


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_the_page_in_a_browser(tmp_path, open_page, width, scheme):
    walk, values = by_hand(tmp_path, name="<b>bold</b>", simulated=True)
    seen = open_page(write_walkforward_page(walk, COMMAND), width=width, scheme=scheme)
    page = seen.page
    for place in ("#standing", "#chosen-part", "#maps", "#right"):
        page.locator(place).scroll_into_view_if_needed()
    page.wait_for_function(DRAWN)

    assert (seen.online, seen.errors, seen.dialogs) == ([], [], [])
    assert page.title() == "SIMULATED <b>bold</b>: <Weak>Hedge, walk-forward"
    assert "SIMULATED" in page.locator("#note").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert page.locator("#lead").inner_text().startswith("Chosen on the past, SOXS cost 1.30 points")
    assert page.locator("a").first.get_attribute("href") == "run-0123456789/report.html"
    assert len(page.locator("#folds tbody tr:not(.run)").all()) == 3
    assert len(page.locator("#figures tbody tr").all()) == 5

    assert page.locator("#maps figcaption").first.inner_text() == "Training, 2014-01-04 to 2015-12-29"
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
    assert page.locator("#maps figcaption").first.inner_text() == "The whole history"
    assert page.locator("#right").is_hidden()
    np.testing.assert_allclose(heat(page, "left")[2], np.median(cube(values[0, WHOLE]), axis=0), rtol=1e-6)
    assert (page.locator("#back").is_disabled(), page.locator("#on").is_disabled()) == (True, False)


@pytest.mark.browser
def test_one_parameter_makes_lines_instead_of_maps(tmp_path, open_page):
    axes = {"policy.max_hold": [None, 20, 5]}
    walk, values = by_hand(tmp_path, axes=axes)
    seen = open_page(write_walkforward_page(walk, COMMAND))
    page = seen.page
    page.locator("#maps").scroll_into_view_if_needed()
    page.wait_for_function(DRAWN)

    assert seen.errors == []
    drawn = page.evaluate("(({x, y}) => ({x, y}))(document.getElementById('left').data[0])")
    assert drawn["x"] == ["5", "20", "null"]
    np.testing.assert_allclose(drawn["y"], values[1, TRAIN][[2, 1, 0]], rtol=1e-6)
    assert page.locator("#x").count() == 0

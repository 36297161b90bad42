"""What a sweep's page shows of its statistics of overfitting."""

import numpy as np
import pytest
from standings import standing
from sweep_rows import GRID, grid

from reports.overfitting_page import overfitting_data
from reports.sweep_page import write_sweep_page

ROWS = grid(GRID)


def write(path, of):
    write_sweep_page(path, ROWS, title="A sweep", note=None, command="backtest run", standing=of)
    return path


def test_all_combinations_are_in_the_bars_and_a_ruin_does_not_squeeze_them():
    told = overfitting_data(standing(), ROWS.metrics)
    many = {name: np.append(np.random.default_rng(2).normal(0.1, 0.05, 9_999), -1.0) for name in ROWS.metrics}
    ruined = overfitting_data(standing(), many)

    assert sum(told["sharpe"]["counts"]) == sum(told["cagr"]["counts"]) == len(ROWS)
    assert (told["sharpe"]["best"], told["sharpe"]["unhedged"]) == (0.9, 0.8)
    assert (told["cagr"]["best"], told["cagr"]["unhedged"]) == (0.004, 0.0)
    assert sum(ruined["cagr"]["counts"]) == 10_000
    assert ruined["cagr"]["edges"][0] > -0.2
    assert overfitting_data(None, ROWS.metrics) is None


@pytest.mark.browser
def test_words_table_and_figures_are_there(tmp_path, open_page):
    told = standing()
    seen = open_page(write(tmp_path / "sweep.html", told))
    page = seen.page

    assert (seen.online, seen.errors) == ([], [])
    assert "Of 24 combinations the best" in page.locator("#overfitting").inner_text()
    assert page.locator("#luck tbody tr").count() == 11
    page.locator("#luck-rest summary").click()
    names = ("luck-sharpe", "luck-cagr", "luck-logits", "luck-halves")
    drawn = {name: page.evaluate(f"document.getElementById('{name}').data") for name in names}
    assert sum(drawn["luck-logits"][0]["y"]) == 12_870
    shown = [value or 0 for row in drawn["luck-halves"][0]["z"] for value in row]
    assert sum(shown) == 12_870
    below = [y for x, y in zip(drawn["luck-logits"][0]["x"], drawn["luck-logits"][0]["y"], strict=True) if x < 0]
    assert sum(below) / 12_870 == pytest.approx(told.found.splits.pbo)
    marks = page.evaluate("document.getElementById('luck-sharpe').layout.shapes.map(one => one.x0)")
    assert marks == [0.9, 0.8]


@pytest.mark.browser
def test_a_page_without_statistics_or_without_splits_is_whole(tmp_path, open_page):
    bare = open_page(write(tmp_path / "bare.html", None))
    unsplit = open_page(write(tmp_path / "unsplit.html", standing(splits=False)), width=390)

    assert bare.page.locator("#overfitting").count() == 0
    assert unsplit.page.locator("#luck-logits").count() == 0
    unsplit.page.locator("#luck-rest summary").click()
    assert unsplit.page.locator("#luck-cagr .main-svg").count() > 0
    assert unsplit.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert bare.errors == unsplit.errors == []

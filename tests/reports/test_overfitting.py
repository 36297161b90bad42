"""What the statistics of overfitting say in the terminal and on a sweep's page."""

import io

import numpy as np
import pytest
from rich.console import Console
from standings import standing
from sweep_rows import GRID, grid

from engine.research.overfitting.findings import LESS_UNHEDGED, sentence
from reports.overfitting import overfitting_data, rows_of, show_overfitting
from reports.sweep import write_sweep_page

ROWS = grid(GRID)


def said(of, width=120, *, whole=True):
    out = io.StringIO()
    show_overfitting(Console(file=out, width=width, highlight=False), of, whole=whole)
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_sentences_table_and_counts_are_shown():
    told = standing()
    adds, lines = told.found.deflated[LESS_UNHEDGED], said(told)
    text = " ".join(lines)

    assert "over cash growth less unhedged growth less sold daily" in lines
    assert "of the unhedged book 0.80 - -" in lines
    assert "Sharpe ratio of the best, a year 0.90 0.40 -0.10" in lines
    assert f"luck's best of 24 tried {adds.luck(24):.2f} {adds.luck(24):.2f} {adds.luck(24):.2f}" in lines
    assert "Effective number of trials 9 9 10" in lines
    assert "SPA p-value of the best - 0.250 0.250" in lines
    assert "without the best - 0.500 0.500" in lines
    assert "in all 12,870 ways" in text
    assert "Splits: among 24 drawn evenly" not in text
    assert "Splits: among 24, 2 more left out. Effective number: of 24 and 12 drawn at random." in text
    assert "SPA: the best and 11 representatives, 1,000 resamples." in text


def test_unasked_it_is_one_sentence_and_three_numbers():
    told = standing()
    skill, overfit = told.found.deflated[LESS_UNHEDGED].deflated(24), told.found.splits.pbo

    shown = (
        f"Deflated Sharpe ratio of what its hedge adds {skill:.2f}, probability of overfitting {overfit:.2f},"
        " SPA p-value against unhedged 0.250. --luck tells the rest."
    )
    assert said(told, 200, whole=False) == ["", sentence(*told), shown]


def test_more_that_was_tried_raises_luck_and_is_told():
    few, many = standing(), standing(tried=5_000)
    text = " ".join(said(many))

    assert "(5,000 in all 2 sweeps of this run)" in text
    assert "Tried: 5,000 combinations in 2 sweeps of this run kept here." in text
    assert float(rows_of(many)[2].cells[2]) > float(rows_of(few)[2].cells[2])
    assert float(rows_of(many)[3].cells[2]) < float(rows_of(few)[3].cells[2])


def test_no_length_of_track_record_makes_a_loss_sure_and_nothing_is_said_of_splits_that_there_are_not():
    lines = said(standing(splits=False), 90)
    record = next(row.cells[1:] for row in rows_of(standing()) if row.cells[0] == "Track record for more than 0")

    assert record[2] == "no length"
    assert record[0].endswith(" years")
    assert "probability of overfitting -, SPA" in " ".join(lines)
    assert "Splits" not in " ".join(lines)


def test_the_table_fits_a_narrow_terminal():
    lines = said(standing(), 80)

    assert "Sharpe ratio of the best, a year 0.90 0.40 -0.10" in lines


def write(path, of):
    write_sweep_page(path, ROWS, title="A sweep", note=None, command="backtest run", standing=of)
    return path


def test_all_combinations_are_in_the_bars_and_a_ruin_does_not_squeeze_them():
    told = overfitting_data(standing(), ROWS.metrics)
    many = {name: np.append(np.random.default_rng(2).normal(0.1, 0.05, 9_999), -1.0) for name in ROWS.metrics}
    ruined = overfitting_data(standing(), many)

    assert sum(told["luck-sharpe"]["counts"]) == sum(told["luck-cagr"]["counts"]) == len(ROWS)
    assert (told["luck-sharpe"]["best"], told["luck-sharpe"]["unhedged"]) == (0.9, 0.8)
    assert (told["luck-cagr"]["best"], told["luck-cagr"]["unhedged"]) == (0.004, 0.0)
    assert sum(ruined["luck-cagr"]["counts"]) == 10_000
    assert ruined["luck-cagr"]["edges"][0] > -0.2


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
    for name in names:
        page.locator(f"#{name}").scroll_into_view_if_needed()
        page.locator(f"#{name} .main-svg").first.wait_for()
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
    unsplit.page.locator("#luck-cagr").scroll_into_view_if_needed()
    unsplit.page.locator("#luck-cagr .main-svg").first.wait_for()
    assert unsplit.page.evaluate("document.documentElement.scrollWidth") <= 390
    assert bare.errors == unsplit.errors == []

"""A walk-forward's tables and sentences follow from its figures."""

import io
import re

import pytest
from rich.console import Console
from walkforwards import DAYS, by_hand

from reports.walkforward_table import as_markdown, book_table, fold_table, how, sentences, show_walkforward


def printed(walk, width=90):
    console = Console(width=width, record=True, file=io.StringIO())
    show_walkforward(console, walk)
    return console.export_text()


def test_a_row_a_fold_holds_what_was_chosen_and_what_came_of_it(tmp_path):
    walk, _values = by_hand(tmp_path)
    heads, rows = fold_table(walk)

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

    row = fold_table(walk)[1][0]
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
    heads, rows = book_table(walk)
    assert heads[:3] == ["book", "Calmar", "CAGR"]
    assert [row[1] for row in rows] == ["0.50", "-", "0.70", "0.80", "0.90"]
    assert "Calmar" not in book_table(by_hand(tmp_path / "two")[0])[0]


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

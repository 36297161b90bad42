"""What the statistics of overfitting say in the terminal."""

import io

from rich.console import Console
from standings import standing

from engine.research.overfitting.findings import LESS_UNHEDGED, sentence
from reports.overfitting_table import rows_of, show_overfitting


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
    assert float(rows_of(many)[2].figures[1]) > float(rows_of(few)[2].figures[1])
    assert float(rows_of(many)[3].figures[1]) < float(rows_of(few)[3].figures[1])


def test_no_length_of_track_record_makes_a_loss_sure_and_nothing_is_said_of_splits_that_there_are_not():
    lines = said(standing(splits=False), 90)
    record = next(row.figures for row in rows_of(standing()) if row.label == "Track record for more than 0")

    assert record[2] == "no length"
    assert record[0].endswith(" years")
    assert "probability of overfitting -, SPA" in " ".join(lines)
    assert "Splits" not in " ".join(lines)


def test_the_table_fits_a_narrow_terminal():
    lines = said(standing(), 80)

    assert "Sharpe ratio of the best, a year 0.90 0.40 -0.10" in lines

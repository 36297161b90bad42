"""docs/frontier.md is what its generator writes: its words hang on the books."""

import pytest
from history import FOLDER, needs_history

from benchmarks.frontier_page import PAGE, page, placed
from reports.frontier import finding


@pytest.fixture(scope="module")
def found():
    return placed(str(FOLDER), "2022-01-03")


@needs_history
def test_the_page_has_a_row_a_book_and_its_finding(found):
    text = page(found, "make results DATA=DIR")
    rows = [line for line in text.splitlines() if line.startswith("| ") and not line.startswith("| way")]
    priced = [point for point in found.points if point.costs["bad_quarter"] is not None]

    assert len(rows) == len(priced) + 3
    assert finding(found).replace("\n", " ") in " ".join(text.split())
    assert all("MODELLED" in row for row in rows if row.startswith(("| put", "| collar")))
    assert found.data[:10] in text


def test_the_page_that_is_there_has_the_generator_s_words():
    kept = PAGE.read_text(encoding="utf-8")

    assert kept.startswith("# Which protection is cheapest\n")
    assert "## What a holder would choose by it" in kept
    assert "frontier.svg" in kept

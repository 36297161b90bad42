"""docs/frontier.md is what its generator writes: its words hang on the books."""

import re

import pytest
from history import FOLDER, needs_history

from benchmarks.frontier_page import PAGE, PICTURE, RUN, WORDS, page, placed
from reports.frontier import finding, label_of


def rows_of(text):
    rows = [line for line in text.splitlines() if line.startswith("| ") and line.count("|") == 9]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows if not row.startswith("| way")]


@pytest.fixture(scope="module")
def found():
    return placed(str(FOLDER), "2022-01-03")


@needs_history
def test_the_page_has_a_row_a_book_and_its_finding(found):
    text = page(found, "make results DATA=DIR")
    rows = rows_of(text)
    priced = [point for point in found.points if point.costs["bad_quarter"] is not None]

    assert len(rows) == len(priced) + 3
    assert finding(found) in " ".join(text.split())
    assert all("MODELLED" in title for title, *_ in rows if title.startswith(("put", "collar")))
    assert found.data[:10] in text
    assert [row[1] for row in rows[3:]] == sorted((row[1] for row in rows[3:]), key=float)


@needs_history
def test_what_a_holder_learns_is_counted(found):
    said = " ".join(page(found, "it").partition("## What a holder would choose")[2].split())
    labels = [label_of(point) for point in found.points]
    milder = int(re.search(r"a fifth milder holds (\d+) % SOXX", said)[1])

    assert f"Of {len(labels)} books {labels.count('cheaper') or 'none'} can be told" in said
    assert f" and {labels.count('dearer') or 'none'} dearer;" in said
    as_mild = next(point for point in found.line if point.dot.share == pytest.approx(milder / 100))
    assert as_mild.dot.bad_quarter == pytest.approx(0.8 * found.idle.dot.bad_quarter, rel=0.04)
    for words, risk in (("the deepest fall", "max_drawdown"), ("volatility", "volatility")):
        price = min(point.costs[risk] for point in found.points if point.costs[risk] is not None)
        assert re.search(rf"by {words} [^()]*(\([^()]*\))?[^()]* \({price:.2f} a point, holding less", said)
    collar = next(p for p in found.points if found.ways[p.way].key == "collar:always" and p.strength == 1.0)
    assert f"a collar {collar.costs['bad_quarter']:.2f} and {100 * collar.dot.cagr:.1f} %" in said


def test_the_page_and_the_picture_that_are_there_are_of_one_making():
    kept, picture = PAGE.read_text(encoding="utf-8"), PICTURE.read_text(encoding="utf-8")
    rows = rows_of(kept)
    label = re.search(r'aria-label="([^"]*)"', picture)[1].replace("\u202f", " ").replace("\u00a0", " ")

    assert kept.startswith(WORDS.partition("![")[0].format(run=RUN, level="98 %"))
    assert len(re.findall(r"<circle[^>]* data-run", picture)) == len(rows) - 3 > 20
    for title, _price, growth, *_ in rows[3:]:
        assert f"{title} {growth} at " in label

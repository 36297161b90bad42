"""False alarms of a forward record, few markets: a bound that luck doesn't reach, and the page."""

import re
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.calibration.forward import PAGE, UNSEEN, Alarms, Design, Row, nulls, planted, row_of
from benchmarks.calibration.forward_page import median_years, page, rates, within
from engine.analytics.e_process import Scales

FEW = {"years": 2, "records": 100}


@pytest.mark.parametrize(
    "design",
    [
        Design("timing", "t(4)", "trend", "premium", **FEW),
        Design("timing", "clustered", "random", "premium", **FEW),
        Design("gap", "clustered", "trend", **FEW),
        Design("gap", "a lump a year", **FEW),
    ],
)
def test_where_there_is_nothing_alarms_are_few(design):
    assert rates(row_of(design))[2].hits <= 14  # of 100 at 5 %: once in 10,000


def test_where_there_is_much_it_is_found():
    for test in ("timing", "gap"):
        found = row_of(Design(test, "independent", effect=0.5, **FEW))
        assert within(found, 2) > 0.9
        assert rates(found)[1].hits == 0


def test_a_row_hangs_on_its_design_alone_and_more_records_come_after():
    design = Design("gap", "clustered", "trend", years=1, records=120)
    row, again, fewer = row_of(design), row_of(design), row_of(replace(design, records=100))

    assert row.alarms.session.tolist() == again.alarms.session.tolist()
    assert row.alarms.session[:100].tolist() == fewer.alarms.session.tolist()
    assert row.scales == fewer.scales


def made(design, session=-1):
    return Row(design, Alarms(np.full(4, session), np.ones(4, bool)), Scales(0.0185, 0.24, 0.29, 0.0054, 0.03))


def test_a_page_is_made_of_rows():
    rows = [made(design) for design in nulls()] + [made(design, 1259) for design in planted()]
    rows = [made(row.design, 7) if row.design.returns == "t(4)" else row for row in rows]
    text = page(rows)

    assert "**a row is above it**" in text
    assert text.count("**100.0 ± 15.2 %**") == 7
    assert f"| {UNSEEN} |  |  | 2,000 | 0.0 ± 15.2 % | 0.0 ± 15.2 % | 0.0 ± 15.2 % |" in text
    assert "| clustered | trend | 8 | 0.94 | 0 % | 0 % | 0 % | 100 % | 100 % | 5.0 |" in text


def test_the_page_in_docs_has_every_row_and_keeps_the_promise():
    text = PAGE.read_text(encoding="utf-8")

    assert text.count("no row is above it") == 2
    assert text.count("| 2,000 |") == len(nulls())
    assert len(re.findall(r"^\| [\w ]+ \| [\w ]+ \| \d+ \| \d\.\d\d \|", text, re.MULTILINE)) == len(planted())


def test_half_is_counted_with_those_that_never_alarm():
    row = made(Design("gap", "normal"))
    for session, better, years in (([251, 503, -1, -1], True, 2.0), ([251, -1, -1, -1], True, np.inf)):
        assert median_years(row._replace(alarms=Alarms(np.array(session), np.full(4, better)))) == years

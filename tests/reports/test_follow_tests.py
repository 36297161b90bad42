"""What the tests of a forward record say: labels, the alarm and its day, what was late, what could be seen, JSON."""

import io
import json
import math
from dataclasses import replace

import numpy as np
import pytest
from followed import FIRST, call
from rich.console import Console

from engine.analytics.e_outlook import Outlook
from engine.analytics.e_process import EProcess
from engine.follow.forward_tests import run_tests
from engine.follow.record import record_of
from reports.document import plain_text
from reports.follow_tests import EVIDENCE, LUMP, forward_json, forward_section, forward_terminal, outlook_words
from reports.renderers.terminal import show

YEARS = (0.0, 0.0, 0.1, 0.2, 0.5)


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    out = tmp_path_factory.mktemp("told")
    for row in (FIRST, FIRST + 1, FIRST + 20):
        made = call(out, row)
    return record_of(made.chain)


def printed(record, tests):
    out = io.StringIO()
    show(Console(file=out, width=80, highlight=False), forward_terminal(record, tests))
    return out.getvalue()


def alarmed(tests, label):
    """The same, had the gap alarmed at the fifth session."""
    e = np.where(np.arange(len(tests.dates)) < 4, 1.0, 25.0)
    process = EProcess(label, e, e, e, e, 1.0 / e, 4, 2)
    return tests._replace(gap=tests.gap._replace(process=process))


def test_a_terminal_shows_labels_evidence_what_was_late_and_what_could_be_seen(record):
    tests = run_tests(record)
    text = printed(record, tests)
    flat = " ".join(text.split())
    held = f"{100 * record.registered['held_less']:.0f}"
    assert f"When it hedged: no sign. Growth beside {held} % held: can't tell." in flat
    assert f"When it hedged no sign {tests.timing.process.e[-1]:.2f} {tests.timing.process.largest[-1]:.2f}" in flat
    assert EVIDENCE in flat
    assert "In 18 of 20 sessions the order was written down late; without them: when it hedged no sign" in flat
    assert f"growth beside {held} % held can't tell (evidence {tests.gap.on_time.e[-1]:.2f})." in flat
    assert outlook_words(tests) in flat
    assert "alarm " not in text.partition("Evidence:")[0]
    assert LUMP not in flat
    assert max(map(len, text.splitlines())) <= 80


def test_an_alarm_has_its_day_and_a_loss_its_caveat(record):
    tests = alarmed(run_tests(record), "does not pay")
    flat = " ".join(printed(record, tests).split())
    assert f"does not pay 25.00 25.00 4% {record.dates[5]}" in flat
    assert "2 differences were so large that bets on them were cut off." in flat
    assert LUMP in flat
    assert forward_json(tests)["gap"]["alarm"] == str(record.dates[5])


def test_why_nothing_can_be_said_is_said(record, tmp_path):
    empty = record_of(call(tmp_path, FIRST).chain)
    flat = " ".join(printed(empty, run_tests(empty)).split())
    assert "There is no session to test yet." in flat
    assert "What could be seen: " in flat
    steady = run_tests(record)
    still = replace(steady.timing.process, why="the hedge stood at one weight all the time")
    flat = " ".join(printed(record, steady._replace(timing=steady.timing._replace(process=still))).split())
    assert "When it hedged nothing yet" in flat
    assert "When it hedged: the hedge stood at one weight all the time." in flat


@pytest.mark.parametrize(
    ("gap", "timing", "said"),
    [
        (29.4, 300.0, "would show in about 29 years, dates worth 4 points a year in more than 100 years, in half of"),
        (1.2, 2.2, "would show in about a year, dates worth 4 points a year in about 2 years"),
        (math.inf, 9.0, "would show in more than 100 years, dates worth 4 points a year in about 9 years"),
    ],
)
def test_what_could_be_seen_is_told_in_years(record, gap, timing, said):
    tests = run_tests(record)
    tests = tests._replace(
        gap=tests.gap._replace(outlook=Outlook(0.04, 0.5, YEARS, gap)),
        timing=tests.timing._replace(outlook=Outlook(0.04, 0.5, YEARS, timing)),
    )
    assert said in outlook_words(tests)
    assert json.loads(json.dumps(forward_json(tests), allow_nan=False))["gap"]["would_show"]["half_within_years"] == (
        gap if math.isfinite(gap) else None
    )


def test_the_page_has_the_picture_and_how_it_was_made(record):
    section = forward_section(record, run_tests(record))
    (chart,) = [part for part in section.parts if type(part).__name__ == "Chart"]
    assert (chart.id, chart.data["alarm"], len(chart.data["days"])) == ("evidence", 20, 20)
    made = section.parts[-1]
    said = " ".join(plain_text(part.text) for part in made.parts[:-1])
    assert LUMP in said
    assert any("Waudby-Smith" in item for item in made.parts[-1].items)

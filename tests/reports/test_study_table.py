"""What an event study says, in words, rows and the terminal."""

import io

import numpy as np
import pytest
from markets import ROLES
from rich.console import Console

from engine.analytics.event_study import Contrast, EventStudy, MeanPath, Moves, StudyWindow
from reports.study_table import CHANCE, HEADS, headline, notes, rows, show_study, things

NOTHING = Contrast(None, None, None)
SOME = Contrast(0.01, -0.02, 0.03, -0.01, 0.07)
SURE = Contrast(0.5, 0.25, 0.25, 0.1, 0.4)
QUIET = Moves(SOME, Contrast(0.011, 0.012, -0.001), SOME)
PATH = MeanPath(*(np.zeros(3) for _ in range(4)))


def studied(*windows, triggers=20, every="entry", since="next_open"):
    return EventStudy(every, since, np.arange(triggers), windows, np.arange(3), PATH, PATH, 1000, 0)


def window(sessions=5, block=42, fund=QUIET):
    return StudyWindow(sessions, 20, 12, 300, block, fund, QUIET, QUIET)


def said(study, width=80):
    out = io.StringIO()
    show_study(Console(file=out, width=width, highlight=False), study, ROLES, ("SIMULATED [market]",))
    return out.getvalue()


def test_the_headline_claims_what_intervals_leave_and_no_more():
    quiet = studied(window(1), window(5), window(63, block=None))
    assert headline(quiet, ROLES) == (
        "20 triggers, closes at which FUND was ordered on. Over 1 and 5 sessions FUND did no better and no worse after "
        "them than on all days, as far as can be told."
    )
    found = studied(window(1, fund=Moves(SOME, SOME, SURE)), window(5, fund=Moves(SURE, SOME, SOME)), every="signal")
    assert headline(found, ROLES) == (
        "20 triggers, closes at which the signal rose to policy.enter. Over 1 session FUND rose 25.00 points more of "
        "the time than on all days (95 % interval +10.00 to +40.00). Over 5 sessions FUND made 25.00 points more on "
        "average than on all days (95 % interval +10.00 to +40.00)."
    )
    less = Contrast(0.0, 0.5, -0.5, -0.6, -0.4)
    assert "made 50.00 points less on average" in headline(studied(window(fund=Moves(less, SOME, SOME))), ROLES)


def test_too_little_claims_nothing():
    few = studied(window(block=None), triggers=1)
    assert headline(few, ROLES) == (
        "1 trigger, closes at which FUND was ordered on. Nothing is claimed: an interval takes 10 triggers whose "
        "windows share no session, and some years of history."
    )
    assert headline(studied(window(), triggers=0), ROLES) == (
        "There is nothing to study: no close at which FUND was ordered on."
    )
    assert CHANCE not in notes(few, ROLES)
    assert CHANCE in notes(studied(window()), ROLES)


def test_rows_hold_the_figures_and_mark_what_is_sure():
    row = rows(studied(window(fund=Moves(SURE, QUIET.median, SOME))), "fund")[0]
    assert len(row) == len(HEADS)
    assert row[:5] == ("5", "20", "12", "50.00 %", "25.00 %")
    assert (row.mean_more, row.above_more) == (("+25.00", "+10.00 to +40.00", True), ("+3", "-1 to +7", False))
    assert (row.median, row.median_all, row.above, row.above_all) == ("1.10 %", "1.20 %", "1 %", "-2 %")
    empty = rows(studied(window(fund=Moves(NOTHING, NOTHING, NOTHING))), "fund")[0]
    assert (empty.mean, empty.mean_more.text, empty.mean_more.interval) == ("-", "-", "")


@pytest.mark.parametrize(("since", "words"), [("next_open", "the next session's open"), ("close", "which nobody gets")])
def test_it_is_told_from_where(since, words):
    assert words in notes(studied(window(), since=since), ROLES)[0]


def test_the_terminal_has_a_table_a_thing_and_every_note():
    text = said(studied(window(1), window(21)))
    flat = " ".join(text.split())
    assert flat.startswith("SIMULATED [market] 20 triggers")
    assert all(f"{title}, in percent" in flat for title in things(ROLES).values())
    assert "FUND less -3 times CORE over the same sessions" in flat
    assert "1 20 12 1.00 -2.00 +3.00 1.10 1.20 1 -2 +3 -1.00 to +7.00 -1 to +7" in flat
    assert all(note in flat for note in notes(studied(window(1), window(21)), ROLES))
    assert flat.count("+3.00") == 6
    assert max(map(len, text.splitlines())) <= 80

"""What an event study says, in words, rows, the terminal, and on a page that is online with nobody."""

import io
import re

import numpy as np
import pytest
from markets import ROLES, nyse, random_bars, source_of
from packing import unpacked
from rich.console import Console

from engine.analytics.event_study import Contrast, EventStudy, MeanPath, Moves, StudyWindow, event_study
from engine.engines import execute
from engine.evaluate_strategy import evaluate_strategy
from engine.loading import build_config
from engine.setup import open_market
from reports.document import Cell
from reports.renderers.html import typeset
from reports.study import CHANCE, HEADS, headline, notes, rows, show_study, study_data, things, write_study_page

DATES = nyse("2012-01-03", 900)
RNG = np.random.default_rng(5)
CORE = random_bars("CORE", DATES, RNG)
FUND = random_bars("FUND", DATES, RNG, follows=CORE, beta=-3.0)
TREE = {
    "start": str(DATES[100]),
    "portfolio": {"core": {"CORE": 1.0}},
    "hedge": {"instrument": "FUND", "underlying": "CORE"},
    "execution": {"cash_rate": 0.02},
    "data": {"accept": ["FUND-dividends"]},
}
EVIL = "</script><script>alert('{{ title }}')</script> <b>bold</b>"
SPAN = (str(DATES[100]), str(DATES[-1]))
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
    row = rows(studied(window(fund=Moves(SURE, QUIET.median, SOME))), "fund")[0].cells
    assert len(row) == len(HEADS)
    assert row[:5] == ["5", "20", "12", "50.00 %", "25.00 %"]
    assert (row[5], row[10]) == (Cell("+25.00", "strong", "+10.00 to +40.00"), Cell("+3", "", "-1 to +7"))
    assert row[6:10] == ["1.10 %", "1.20 %", "1 %", "-2 %"]
    empty = rows(studied(window(fund=Moves(NOTHING, NOTHING, NOTHING))), "fund")[0].cells
    assert empty[3:6] == ["-", "-", Cell("-")]


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


@pytest.fixture(scope="module")
def found():
    config = build_config(TREE, [])
    with evaluate_strategy(config, open_market(config, source_of(CORE, FUND))) as prepared:
        return event_study(prepared.setup, execute("python", config, prepared)[0], since="close")


def test_the_lines_are_the_studys_paths(found):
    drawn = study_data(found, ROLES)
    assert drawn["offsets"] == list(range(-10, 64))
    assert [line["name"] for line in drawn["lines"]] == ["FUND", "CORE"]
    for line, path in zip(drawn["lines"], (found.fund, found.underlying), strict=True):
        for part in ("after", "low", "high", "all_days"):
            np.testing.assert_allclose(unpacked(line[part]), getattr(path, part), rtol=1e-6, atol=1e-9)


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_the_page_in_a_browser(found, tmp_path, open_page, width, scheme):
    write_study_page(tmp_path / "study.html", found, ROLES, title=EVIL, span=SPAN, note="SIMULATED <market>")
    seen = open_page(tmp_path / "study.html", width=width, scheme=scheme)
    shown = seen.page
    shown.wait_for_function("!!document.querySelector('#after .main-svg')")
    assert (shown.title(), shown.locator("#note").inner_text()) == (EVIL, "SIMULATED <market>")
    assert shown.locator("#lead").inner_text() == typeset(headline(found, ROLES))
    assert shown.locator("li").all_inner_texts() == [typeset(one) for one in notes(found, ROLES)]
    cells = [row.locator("td").all_inner_texts() for row in shown.locator("#study tr:not(.group)").all()[1:]]
    (first, *_) = rows(found, "fund")
    assert cells[0][:5] == [typeset(one) for one in first.cells[:5]]
    assert re.split(r"\s+", cells[0][5], maxsplit=1)[0] == typeset(first.cells[5].text)
    assert len(cells) == 12
    layout = shown.evaluate("document.getElementById('after').layout")
    assert layout["xaxis"]["title"]["text"] == "sessions from the trigger's close"
    simulated, *names = [re.sub("</?b>", "", one["text"]) for one in layout["annotations"]]
    assert simulated == "SIMULATED"
    after = "{} after triggers" if width > 600 else "{}, triggers"
    assert set(names) == {said.format(one) for one in ("FUND", "CORE") for said in (after, "{}, all days")}
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert (seen.online, seen.errors, seen.dialogs) == ([], [], [])


@pytest.mark.browser
def test_a_study_of_nothing_has_no_chart(found, tmp_path, open_page):
    nothing = type(found)(**(vars(found) | {"triggers": np.array([], dtype=int)}))
    write_study_page(tmp_path / "study.html", nothing, ROLES, title="none", span=SPAN)
    seen = open_page(tmp_path / "study.html")
    assert seen.page.locator(".chart, table").count() == 0
    assert "There is nothing to study" in seen.page.locator("#lead").inner_text()
    assert seen.errors == []

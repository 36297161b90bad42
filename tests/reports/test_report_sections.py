"""The report's sections: each finding's numbers by another route, marks, and what is left out without an answer."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import cache
from itertools import pairwise

import numpy as np
import pytest
from history import FOLDER, needs_history
from markets import executed_with, nyse, random_bars, source_of
from packing import unpacked
from reported import reported
from stressed import DATES as STRESSED
from stressed import run_config, whole

from data.arrays import day
from data.format import percent, points
from engine.analytics.answer.digits import printed_sum
from engine.analytics.derisk import net_beta
from engine.analytics.drawdowns import core_level, falls_of
from engine.loading import build_config, find_run, load_config
from engine.runs.execute import run
from engine.setup import run_beta
from engine.stress.books import figures, standing, today_of
from engine.stress.results import Replayed
from engine.stress.stress import replay_all
from reports.document import Bar, BarChart, Chart, Details, Paragraph, Section, Table, plain_text
from reports.glossary import WORDS
from reports.renderers.html import rods, write_document
from reports.report_books import books_of
from reports.report_history import back_at_peak, years_of

DATES = nyse("2012-01-03", 900)
ORDER = [
    *("grown", "years-part", "falls-part", "crises-part", "rests-part", "bridged", "controls-part"),
    *(
        "kinds-part",
        "timing-part",
        "study-part",
        "sizes-part",
        "sensitivity-part",
        "episodes-part",
        "costs-part",
        "assumed-part",
        "words-part",
    ),
]


@cache
def made(*settings):
    rng = np.random.default_rng(5)
    core = random_bars("CORE", DATES, rng)
    source = source_of(core, random_bars("FUND", DATES, rng, follows=core, beta=-3.0))
    tree = {
        "start": str(DATES[100]),
        "portfolio": {"core": {"CORE": 1.0}},
        "hedge": {"instrument": "FUND", "underlying": "CORE"},
        "execution": {"cash_rate": 0.02},
        "data": {"accept": ["FUND-dividends"]},
    }
    return run(build_config(tree, list(settings)), source, engine="compiled")


@pytest.fixture(scope="module")
def judged():
    return made()


def sections(result) -> dict[str, Section]:
    return {one.id: one for one in reported(result).sections}


def table(section, name):
    """Return a table with its cells as texts."""
    parts = [part for one in section.parts for part in (one.parts if isinstance(one, Details) else [one])]
    found = next(part for part in parts if isinstance(part, Table) and part.id == name)
    return replace(found, rows=[replace(row, cells=[cell.text for cell in found.written(row)]) for row in found.rows])


def test_they_stand_in_order_and_each_leads_with_a_finding(judged):
    found = reported(judged).sections
    assert [one.id for one in found] == ORDER
    assert len({one.topic for one in found}) == len({one.heading for one in found}) == len(found)
    for one in found:
        drawn = [isinstance(part, Chart | BarChart) for part in one.parts]
        if any(drawn) and any(isinstance(part, Table) for part in one.parts):
            assert drawn.index(True) < [isinstance(part, Table) for part in one.parts].index(True)


def test_bars_start_at_0_and_share_a_scale():
    def laid(*values):
        return list(rods(BarChart("x", "", [Bar(f"{value}", value) for value in values], str)))

    one, other, none = laid(-2.0, 6.0, 0.0)
    assert {one.zero, other.zero, none.zero} == {0.25}
    assert (one.at, one.long) == (0.0, 0.25)
    assert (other.at, other.long) == (0.25, 0.75)
    assert none.long == 0.0
    [alone] = laid(3.0)
    assert (alone.zero, alone.at, alone.long) == (0.0, 0.0, 1.0)
    assert not laid()


@pytest.mark.parametrize(
    ("first", "last", "parts"),
    [
        ("2012-05-25", "2015-07-31", (True, False, False, True)),
        ("2012-12-31", "2014-12-31", (False, False)),
        ("2013-01-02", "2014-12-30", (True, True)),
    ],
)
def test_a_part_of_a_year_is_marked(first, last, parts):
    days = nyse("2012-01-03", 1000)
    days = days[(days >= day(first)) & (days <= day(last))]
    found = years_of(days)
    assert tuple(one.part for one in found) == parts
    assert (found[0].first, found[-1].last) == (0, len(days) - 1)
    assert all(one.last == other.first for one, other in pairwise(found))


def test_years_compound_to_what_the_books_became(judged):
    rows = table(sections(judged)["years-part"], "years").rows
    for place, book in enumerate(books_of(judged), start=1):
        if book.ledger is None:
            assert {row.cells[place] for row in rows} == {"-"}
            continue
        grown = np.prod([1.0 + float(row.cells[place]) / 100.0 for row in rows])
        assert grown == pytest.approx(book.ledger.equity[-1] / book.ledger.equity[0], rel=4e-3)
    assert [row.cells[0] for row in rows] == ["2012, part", "2013", "2014", "2015, part"]
    ahead = sum(float(row.cells[1]) > float(row.cells[2]) for row in rows)
    assert sections(judged)["years-part"].heading == f"Ahead of holding less in {ahead} of 4 years"


def test_falls_are_told_to_the_trough_to_the_end_and_to_the_old_peak(judged):
    level, days = core_level(judged.setup), judged.market.run_sessions
    found, section = falls_of(level), sections(judged)["falls-part"]
    rows = table(section, "falls").rows
    hedged, held = judged.hedged.equity, judged.books["held_less"].equity
    at = 0
    for one in found:
        ends = [one.trough, one.end]
        if one.ended == "rise" and back_at_peak(level, one) is not None:
            ends.append(back_at_peak(level, one))
        for row, end in zip(rows[at : at + len(ends)], ends, strict=True):
            told = [level[end] / level[one.peak], hedged[end] / hedged[one.peak], held[end] / held[one.peak]]
            assert list(row.cells[1:4]) == [percent(value - 1.0).removesuffix(" %") for value in told]
        assert rows[at].cells[0] == f"{days[one.peak]} to {days[one.trough]}"
        at += len(ends)
    assert at == len(rows) > 3
    over = [one for one in found if one.ended != "open"]
    won = sum(hedged[one.end] / hedged[one.peak] > held[one.end] / held[one.peak] for one in over)
    assert section.heading == f"Ahead of holding less at the recovery in {won} of {len(over)} falls"


def test_the_core_is_back_at_its_peak_at_the_first_close_that_reaches_it():
    level = np.array([100.0, 60.0, 90.0, 99.0, 100.0, 101.0])
    [fall] = falls_of(level)
    assert (fall.ended, fall.end) == ("rise", 2)
    assert back_at_peak(level, fall) == 4
    assert back_at_peak(level[:4], fall) is None


def test_growth_over_the_others_and_net_beta(judged):
    data = reported(judged).all_data()["growth"]
    for name, line in zip(("held_less", "derisk_daily"), data["over"], strict=True):
        other = data["books"][line["book"]]
        np.testing.assert_allclose(unpacked(other["equity"]), judged.books[name].equity, rtol=1e-6)
    beta, hedged, close = run_beta(judged.config, judged.market), judged.hedged, judged.setup.prices.close
    core, fund = (hedged.shares * close / hedged.equity[:, None]).T
    np.testing.assert_allclose(unpacked(data["beta"]), core * beta - 3.0 * fund, rtol=1e-6, atol=1e-6)
    ruined = hedged._replace(equity=np.where(np.arange(len(hedged.equity)) < 5, hedged.equity, 0.0))
    assert np.isnan(net_beta(judged.setup, ruined, beta)).sum() == len(hedged.equity) - 5


def test_what_it_rests_on(judged):
    fund, section = judged.evaluation.answer.fund, sections(judged)["rests-part"]
    rows = table(section, "clusters").rows
    assert sum(int(row.cells[1]) for row in rows) == len(judged.evaluation.episodes)
    shares = [float(row.cells[3].removesuffix(" %")) for row in rows]
    assert shares == sorted(shares, reverse=True)
    assert sum(shares) == pytest.approx(100.0, abs=0.5)
    assert len(rows) == len(fund.clusters)
    apart = np.diff(np.log(judged.hedged.equity / judged.books["held_less"].equity))
    days = table(section, "days").rows
    order = np.argsort(-np.abs(apart))[:5]
    assert [row.cells[0] for row in days] == [str(judged.market.run_sessions[t + 1]) for t in order]
    assert [row.cells[4] for row in days] == [points(apart[t]) for t in order]


def test_the_histogram_holds_every_random_date(judged):
    told, shifts = sections(judged)["timing-part"], judged.evaluation.answer.shifts
    drawn = reported(judged).all_data()["shifts"]
    assert sum(drawn["counts"]) == len(shifts.growth) - 1
    assert drawn["own"] == pytest.approx(100.0 * np.expm1(shifts.growth[0]))
    assert drawn["edges"][0] <= 100.0 * np.expm1(shifts.growth[1:].min()) + 1e-6
    rows = {row.cells[0]: row.cells[1] for row in table(told, "timing").rows}
    assert rows["p"] == f"{judged.evaluation.answer.timing.p:.3f}"


def test_sizes_and_sensitivity_are_the_judgement_s(judged):
    found, evaluation = sections(judged), judged.evaluation
    rows = table(found["sizes-part"], "sizes").rows
    assert [row.cells[6] for row in rows] == [points(one.dot.gap) for one in evaluation.alternatives]
    assert sum(row.role == "hedge" for row in rows) == sum(one.own for one in evaluation.alternatives) == 2
    starts = [one for one in evaluation.variations if one.group == "start"]
    others = [one for one in evaluation.variations if one.group != "start"]
    shown = table(found["sensitivity-part"], "sensitivity").rows
    assert [row.cells[1] for row in shown[1 : 1 + len(others)]] == [points(one.gap) for one in others]
    assert [row.cells[2] for row in shown[1 : 1 + len(others)]] == [points(one.fund_cagr) for one in others]
    assert shown[0].cells[2] == points(printed_sum(evaluation.answer).parts[-1] / 100)  # as the sum above has it
    folded = table(found["sensitivity-part"], "starts").rows
    assert [row.cells[1] for row in folded] == [points(one.gap) for one in starts]
    assert len(starts) == 12


def test_crises_are_the_replays_of_the_book_as_it_stands(judged):
    """To each fall's low and to its end, as `backtest stress` has them, and in the picture the difference."""
    share = judged.evaluation.answer.insurance.quarter.share
    own = judged.execution
    today = standing(own.config, own.setup, judged.hedged, share, "compiled", judged.label, own.reads)
    replays = [each for each in replay_all(today, today.past.spans) if isinstance(each, Replayed)]
    falls = [each for each in replays if each.kind == "fall"]
    section = sections(judged)["crises-part"]
    shown = table(section, "crises")
    assert len(falls) >= 2
    assert len(shown.rows) == 2 * len(falls) + len(replays) - len(falls)
    came = [figures(each.books.growth["hedged"], each.turn) for each in falls]
    ours = [column.role for column in shown.columns].index("hedge")
    written = [[row.cells[ours] for row in shown.rows[2 * k : 2 * k + 2]] for k in range(len(falls))]
    assert written == [[percent(one.turn).removesuffix(" %"), percent(one.end).removesuffix(" %")] for one in came]
    bars = next(part for part in section.parts if isinstance(part, BarChart)).bars
    beside = [figures(each.books.growth["held_less"], each.turn).end for each in falls]
    assert [bar.value for bar in bars] == pytest.approx(
        [one.end - other for one, other in zip(came, beside, strict=True)]
    )
    assert all("SYNTHETIC" in plain_text(part.text) for part in section.parts if isinstance(part, Paragraph))


@pytest.mark.parametrize("named", ["Closing", "Guest"])
def test_of_a_strategy_without_an_intensity_the_deepest_unseen_falls_are_replayed(named, tmp_path):
    """Those that were over before its run began, oldest first; it is asked again session by session."""
    result = run(run_config(tmp_path, named, f"start={STRESSED[780]}"), whole(), engine="backtrader")
    shown = table(sections(result)["crises-part"], "crises")
    today = today_of(result.config, whole())
    unseen = [
        span
        for span in today.past.spans
        if span.kind == "fall" and today.past.days.dates[span.until - 1] < STRESSED[780]
    ]
    deepest = sorted(sorted(unseen, key=lambda span: span.move)[:4], key=lambda span: span.first)
    assert [row.cells[0] for row in shown.rows[::2]] == [f"{span.title}, the low" for span in deepest]
    assert shown.rows[0].cells[1] == percent(deepest[0].move).removesuffix(" %")


def test_without_an_answer_what_rests_on_one_is_left_out_and_said(judged, tmp_path, open_page):
    short = made(f"end={DATES[300]}")
    assert short.evaluation.answer is None
    found = sections(short)
    assert list(found) == [
        one for one in ORDER if one not in ("rests-part", "kinds-part", "timing-part", "sizes-part", "sensitivity-part")
    ]
    assert found["grown"].parts[-1].text.startswith(f"There is no verdict ({short.evaluation.why})")
    assert "doing nothing" in found["grown"].heading
    assert "doing nothing" in found["years-part"].heading
    write_document(tmp_path / "report.html", reported(short))
    seen = open_page(tmp_path / "report.html")
    seen.page.locator("#growth .main-svg").first.wait_for()
    assert seen.errors == []


def test_synthetic_years_and_falls_are_marked(judged):
    market = replace(judged.market, synthetic={"FUND": day(DATES[300])})
    found = sections(executed_with(judged, setup=replace(judged.setup, market=market)))
    made_up = market.synthetic_sessions()
    years = table(found["years-part"], "years").rows
    assert [row.mark for row in years] == ["SYNTHETIC", "SYNTHETIC", "", ""]
    falls = falls_of(core_level(judged.setup))
    marks = [row.mark for row in table(found["falls-part"], "falls").rows if row.role != "next"]
    assert marks == ["SYNTHETIC" if made_up[one.peak : one.end + 1].any() else "" for one in falls]


LINKS = "all => all.map(one => one.hash)"


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "dark"), (390, "light")])
def test_contents_lead_to_every_section_and_stay_in_sight(judged, tmp_path, open_page, width, scheme):
    write_document(tmp_path / "report.html", reported(judged, "tearsheet.html"))
    seen = open_page(tmp_path / "report.html", width=width, scheme=scheme)
    shown = seen.page
    shown.emulate_media(reduced_motion="reduce")
    links = shown.locator(".bar a[href^='#']")
    assert links.evaluate_all(LINKS) == ["#answer", *(f"#{one}" for one in ORDER)]
    for place in ("years-part", "timing-part", "costs-part"):
        shown.evaluate(f"document.querySelector(\".bar a[href='#{place}']\").click()")
        shown.wait_for_function(f"Math.abs(document.getElementById('{place}').getBoundingClientRect().top - 56) < 40")
        assert shown.locator(".bar").bounding_box()["y"] == pytest.approx(0.0)
        assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert (seen.errors, seen.online) == ([], [])


@pytest.mark.browser
def test_tips_open_by_keyboard_and_every_head_that_needs_one_has_one(judged, tmp_path, open_page):
    write_document(tmp_path / "report.html", reported(judged))
    shown = open_page(tmp_path / "report.html").page
    term = shown.locator("#controls th .term", has_text="Bad quarter")
    term.focus()
    assert shown.locator("#tip").inner_text().startswith("How far the worst 5")
    shown.keyboard.press("Escape")
    assert not shown.locator("#tip").is_visible()
    assert shown.locator("#years th .term").count() == len(books_of(judged))


@pytest.mark.browser
def test_on_a_phone_the_first_column_stays_and_a_hint_says_that_tables_scroll(judged, tmp_path, open_page):
    write_document(tmp_path / "report.html", reported(judged))
    shown = open_page(tmp_path / "report.html", width=390).page
    wide = shown.locator(".wide:has(#falls)")
    assert shown.locator("#falls-part .hint").is_visible()
    assert not shown.locator("#timing-part .hint").is_visible()
    before = wide.locator("tbody td").first.bounding_box()["x"]
    wide.evaluate("one => one.scrollLeft = 300")
    assert wide.locator("tbody td").first.bounding_box()["x"] == pytest.approx(before, abs=1.0)
    assert wide.locator("tbody td").nth(1).bounding_box()["x"] < 0.0


@pytest.mark.browser
def test_a_day_tells_every_book(judged, tmp_path, open_page):
    write_document(tmp_path / "report.html", reported(judged))
    shown = open_page(tmp_path / "report.html").page
    shown.locator("#growth .main-svg").first.wait_for()
    shown.locator("#growth").scroll_into_view_if_needed()
    box = shown.locator("#growth").bounding_box()
    shown.mouse.move(box["x"] + 0.4 * box["width"], box["y"] + 0.2 * box["height"])
    label = shown.locator("#growth .hoverlayer .legend")
    label.wait_for()
    told = label.text_content()
    for book in books_of(judged):
        assert book.ledger is None or book.title.replace("%", "").split()[0] in told
    assert "net beta" in told
    assert "over holding less" in told


def test_words_are_explained_and_old_names_are_gone(judged, tmp_path):
    path = tmp_path / "report.html"
    write_document(path, reported(judged))
    shown = re.sub(r"<(script|style).*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    assert not re.search("de-risk|daily-matched|unhedged book sold", shown, re.IGNORECASE)
    words = dict(WORDS)
    assert {"Decay", "Path effect", "Sold daily", "Sold at entry", "Recovery", "Cluster", "N_eff"} <= set(words)
    assert "reset" not in words["Decay"]


@needs_history
def test_the_falls_of_real_history():
    path, _shipped = find_run("hedge_soxs.yaml")
    settings = ["data.source=csv", f"data.path={FOLDER}", "hedge.rebalance=never"]
    result = run(load_config(path, settings), engine="compiled")
    rows = table(sections(result)["falls-part"], "falls").rows
    titles = ["", "core", *(book.name for book in books_of(result))]
    places = [titles.index(name) for name in ("unhedged", "hedged", "derisk_entry")]
    assert sum(row.role != "next" for row in rows) == 13

    def told(begin, end):
        at = next(i for i, row in enumerate(rows) if row.cells[0].startswith(begin))
        last = next(row for row in rows[at:] if row.cells[0].endswith(end))
        return [[round(float(row.cells[place])) for place in places] for row in (rows[at], last)]

    assert told("2020-02-19", "the old peak") == [[-34, -22, -18], [2, -8, 4]]
    assert told("2021-12-27", "the old peak") == [[-46, -37, -33], [1, -11, 1]]
    assert told("2024-07-10", "the old peak") == [[-41, -37, -37], [2, -17, -6]]


@pytest.mark.browser
def test_paper_has_no_hint_and_holds_the_widest_table(judged, tmp_path, open_page):
    write_document(tmp_path / "report.html", reported(judged))
    shown = open_page(tmp_path / "report.html", width=718).page  # A4 less its margins
    shown.emulate_media(media="print")
    assert shown.locator(".hint:visible").count() == 0
    assert shown.locator("#falls").evaluate("one => one.scrollWidth") <= 718

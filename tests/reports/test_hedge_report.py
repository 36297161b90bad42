"""The hedge report shows the run's own numbers, opens each episode, and says what they rest on."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import numpy as np
import pytest
from markets import executed_with, nyse, random_bars, source_of
from packing import unpacked
from reported import reported

from data.arrays import day
from data.format import dollars, number, percent, points
from engine.analytics.attribution import SLEEVE
from engine.loading import build_config
from engine.runs.execute import run
from reports import report_assumed, report_episodes
from reports.hedge_report import report_of
from reports.renderers.html import typeset, write_document
from reports.report_books import books_of
from reports.report_episodes import measures
from reports.report_history import held_stretches
from reports.report_money import bridge_chart, cascade_chart, sleeve_chart
from reports.study import headline

DATES = nyse("2012-01-03", 900)
RNG = np.random.default_rng(5)
CORE = random_bars("CORE", DATES, RNG)
FUND = random_bars("FUND", DATES, RNG, follows=CORE, beta=-3.0)
SOURCE = source_of(CORE, FUND)
EVIL = "</script><script>alert('{{ title }}')</script> <b>bold</b> & sons"
TREE = {
    "start": str(DATES[100]),
    "portfolio": {"core": {"CORE": 1.0}},
    "hedge": {"instrument": "FUND", "underlying": "CORE"},
    "execution": {"cash_rate": 0.02},
    "data": {"accept": ["FUND-dividends"]},
}


def data_of(result):
    return reported(result).all_data()


def made(*settings, source=SOURCE):
    return run(build_config(TREE, list(settings)), source, engine="compiled")


@pytest.fixture(scope="session")
def judged():
    return made()


def renamed(result):
    return replace(result, figures=result.figures | {"strategy": EVIL})


@pytest.fixture(scope="session")
def page(judged, tmp_path_factory):
    path = tmp_path_factory.mktemp("report") / "report.html"
    write_document(path, report_of(renamed(judged), tearsheet="tearsheet.html"))
    return path


def test_the_waterfalls_end_where_the_books_do(judged):
    metrics, roles = judged.figures, judged.market.roles
    bridge = bridge_chart(metrics, roles)
    assert bridge["values"][0] == pytest.approx(metrics["controls"]["unhedged"]["final_equity"], rel=1e-9)
    assert sum(bridge["values"]) == pytest.approx(metrics["final_equity"], rel=1e-12)
    assert bridge["values"][1:] == list(metrics["bridge"].values())
    assert len(bridge["labels"]) == len(bridge["texts"]) == len(bridge["values"]) + 1
    sleeve = sleeve_chart(metrics, roles, "FUND")
    assert sum(sleeve["values"]) == pytest.approx(metrics["attribution"]["sleeve_a_year"], abs=1e-12)
    for cascade, episode in zip(judged.evaluation.cascades, judged.evaluation.episodes, strict=True):
        assert sum(cascade_chart(cascade, roles)["values"]) == pytest.approx(episode.fund_return, abs=1e-12)


def test_stretches_run_from_the_fill_that_bought_to_the_one_that_sold(judged):
    shares = np.zeros((10, 2))
    shares[[1, 2, 5, 8, 9], 1] = 3.0
    ledger = judged.hedged._replace(shares=shares, last=9)
    assert held_stretches(ledger) == [[1, 3], [5, 6], [8, 9]]
    assert held_stretches(ledger._replace(shares=0 * shares)) == []
    spans = [[e.entered, e.exited or judged.hedged.last] for e in judged.evaluation.episodes]
    assert held_stretches(judged.hedged) == spans


@pytest.mark.parametrize("fill", ["next_open", "next_close"])
def test_paths_run_from_fill_to_fill(fill):
    result = made(f"execution.fill={fill}", f"end={DATES[500]}")
    days = result.market.run_sessions
    begun = int(np.searchsorted(DATES, days[0]))
    column = "open" if fill == "next_open" else "close"
    level, base = CORE.total_return(), getattr(CORE, column) / CORE.close
    charts = report_episodes.charts(result, result.evaluation)
    assert len(charts) == len(result.evaluation.episodes) > 2
    for chart, episode, cascade in zip(charts, result.evaluation.episodes, result.evaluation.cascades, strict=True):
        x, core, fund, naive = (unpacked(chart[name]) for name in ("x", "underlying", "fund", "naive"))
        assert (fund[0], core[0], naive[0]) == (100.0, 100.0, 100.0)
        first = level[begun + episode.entered] * base[begun + episode.entered]
        inner = (x[1:-1] if episode.exited is not None else x[1:]).astype(int)
        np.testing.assert_allclose(core[1 : len(inner) + 1], 100 * level[begun + inner] / first, rtol=1e-5)
        np.testing.assert_allclose(naive, 100 - 3 * (core - 100), atol=1e-4)
        assert fund[-1] == pytest.approx(100 * (1 + episode.fund_return), rel=1e-6)
        assert core[-1] == pytest.approx(100 * (1 + cascade.index), rel=1e-6)
        assert x[0] == pytest.approx(episode.entered - (0.4 if fill == "next_open" else 0.0))
        around = unpacked(chart["outside"]["x"])
        assert np.isnan(around).sum() == 1
        assert np.nanmax(around) < len(days)


def test_cumulative_attribution_ends_at_the_linked_returns(judged):
    lines = data_of(judged)["linked"]
    told = judged.figures["attribution"]
    ends = [unpacked(line["y"])[-1] for line in lines]
    expected = [100 * told[f"{name}_return"] for name in ("sleeve", *SLEEVE)]
    assert ends == pytest.approx(expected, rel=1e-5, abs=1e-6)


def test_what_followed_the_triggers_is_the_study_of_the_run(judged, page):
    found, text = judged.evaluation.study, page.read_text(encoding="utf-8")
    assert found.triggers.tolist() == [one.decided for one in judged.evaluation.episodes]
    assert words(re.search(r'id="study-headline">(.*?)</p>', text)[1]) == told_as(headline(found, judged.market.roles))
    lines = [row for row in table(text, "study") if len(row) > 1]
    assert [row[0] for row in lines] == 3 * [str(one.sessions) for one in found.windows]
    assert lines[1][3:5] == [
        told_as(percent(getattr(found.windows[1].fund.mean, part), 2)) for part in ("after", "all_days")
    ]
    drawn = data_of(judged)["after"]["lines"]
    np.testing.assert_allclose(unpacked(drawn[0]["after"]), found.fund.after, rtol=1e-6, atol=1e-9)


def test_what_is_undefined_says_why(judged):
    held = judged.figures["measures"]
    undefined = held | {"payoff": None, "undefined": held["undefined"] | {"payoff": "no episode lost"}}
    rows = measures(replace(judged, figures=judged.figures | {"measures": undefined})).rows
    assert [row.cells[0] for row in rows] == ["Hit rate", "Payoff", "False alarms", "Whipsaws"]
    told = {row.cells[0]: (row.cells[1], row.about) for row in rows}
    assert told["Payoff"][0] == "undefined: no episode lost"
    assert told["False alarms"] == (f"{held['false_alarms']} of 27 episodes", "CORE rose from fill to fill")


def test_rules_are_told_in_words():
    config = build_config(
        TREE,
        [
            "hedge.funding=margin",
            "hedge.sizing=beta",
            "hedge.rebalance=band",
            "policy.confirm=2",
            "policy.stop_loss=0.1",
            "execution.fill=next_close",
            "execution.commission_per_share=0.005",
            "execution.cash_rate=IRX",
        ],
    )
    assert report_assumed.rules(config) == RULES


RULES = """
The core is 100 % CORE, never rebalanced; dividends are reinvested free of cost.
The hedge is what takes 100 % of the book's beta away in FUND, at most 50 %, paid for with borrowed cash, the core \
staying whole, rebalanced when its weight is more than 5.0 % away from what was last ordered.
It is entered when the signal reaches 0.5 and left when it is below 0.5, after 2 closes in a row, left at a loss of \
10.0 % of the fund.
What is decided at a close is filled at the next session's close, in fractional shares.
A fill costs, in basis points, 1 of commission and 2 of slippage, and $0.005 of commission a share.
Cash earns the rate of series IRX, as known the day before; borrowed cash costs 150 basis points more.
""".strip().splitlines()


def test_the_same_run_makes_the_same_page_and_none_without_a_judgement(judged, page, tmp_path):
    again = tmp_path / "report.html"
    write_document(again, report_of(renamed(judged), tearsheet="tearsheet.html"))
    assert again.read_bytes() == page.read_bytes()
    assert page.read_bytes().count(b"plotly.js v") == 1
    assert page.stat().st_size < 2_600_000
    with pytest.raises(ValueError, match="no evaluation"):
        write_document(again, report_of(executed_with(judged, evaluation=None), tearsheet=None))


def words(markup):
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", markup)).split())


def told_as(text):
    """Return a text as `words` reads it from the page."""
    return words(typeset(text))


def table(page, name):
    block = re.search(rf'<table[^>]*"{name}"[^>]*>(.*?)</table>', page, re.DOTALL)[1]
    rows = re.findall(r"<tr[^>]*>(.*?)</tr>", block, re.DOTALL)
    return [
        [words(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)] for row in rows if "<td" in row
    ]


def test_figures_on_the_page_are_those_of_the_metrics(judged, page):
    text, metrics = page.read_text(encoding="utf-8"), judged.figures
    rows, found = table(text, "controls"), books_of(judged)
    assert [row[0] for row in rows] == [told_as(book.title) for book in found]
    gaps = {dot.name: dot.gap for dot in judged.evaluation.answer.frontier.dots}
    for (_title, cagr, _, fall, _, sharpe, costs, end, gap), book in zip(rows, found, strict=True):
        if book.ledger is None:  # there is no VIX for a put
            assert {cagr, fall, sharpe, costs, end, gap} == {"-"}
            continue
        told = metrics if book.name == "hedged" else metrics["controls"][book.name]
        assert (cagr, fall) == tuple(told_as(percent(told[key])) for key in ("cagr", "max_drawdown"))
        assert (sharpe, costs, end) == (
            told_as(number(told["sharpe"])),
            dollars(told["costs"]),
            dollars(told["final_equity"]),
        )
        assert gap == told_as(points(gaps.get(book.name, 0.0)))
    total = table(text, "costs")[-1]
    assert (total[0], total[1], total[5]) == ("All", str(metrics["fills"]), f"${metrics['costs']:,.0f}")
    steps = table(text, "steps")
    assert [row[1] for row in steps[:9]] == [told_as(dollars(value, sign=True)) for value in metrics["bridge"].values()]
    assert steps[-1][2] == told_as(points(metrics["attribution"]["sleeve_a_year"]))
    decay = sum(metrics["attribution"][f"{part}_a_year"] for part in ("fee", "spread", "tracking"))
    assert steps[-2][0::2] == ["Decay", told_as(points(decay))]
    shown = words(re.sub(r"<script.*?</script>", "", text, flags=re.DOTALL))
    assert all(told_as(said) in shown for said in metrics["notes"])
    assert f"Findings of the audit ({len(judged.market.findings)}) accepted error FUND" in shown


DRAWN = "[...document.querySelectorAll('.chart')].filter(one => one.querySelector('.main-svg')).map(one => one.id)"
IDS = "all => all.map(one => one.id)"
CUT = """width => [...document.querySelectorAll('body *')].filter(one => {
  const box = one.getBoundingClientRect(), chart = one.closest('.chart');
  if (!box.width || (!chart && one.closest('.wide, .bar, svg'))) return false;
  if (!chart) return box.right > width + 1 || box.left < -1;
  const frame = chart.getBoundingClientRect();
  return one.tagName === 'text' && (box.right > frame.right + 2 || box.left < frame.left - 2);
}).map(one => `${one.tagName} ${one.id} ${one.textContent.slice(0, 40)}`)"""


def see(shown, chart):
    shown.locator(f"#{chart}").scroll_into_view_if_needed()
    shown.locator(f"#{chart} .main-svg").first.wait_for()


def see_all(shown):
    for name in shown.locator(".chart[id]").evaluate_all("all => all.map(one => one.id)"):
        see(shown, name)


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_page_in_a_browser(judged, page, open_page, width, scheme):
    seen = open_page(page, width=width, scheme=scheme)
    shown, metrics, verdict = seen.page, judged.figures, judged.figures["verdict"]
    see(shown, "growth")
    assert "needs" not in shown.evaluate(DRAWN)  # what is far below waits
    assert shown.title() == f"hedge_soxs: {EVIL}, FUND hedge"
    assert shown.locator("#note").count() == 0
    assert shown.locator("header .out").get_attribute("href") == "tearsheet.html"
    for part in ("price", "alternative"):
        assert words(shown.locator(f"#{part}").inner_text()) == words(typeset(verdict[part]))

    shown.locator("#all-episodes > summary").click()
    shown.locator("#episode-3 summary").click()
    shown.locator("#episode-3 .main-svg").nth(3).wait_for(state="attached")
    see_all(shown)
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert shown.evaluate(CUT, width) == []
    paper, ink = (shown.evaluate(f"getComputedStyle(document.body).{one}") for one in ("backgroundColor", "color"))
    light = [sum(map(int, re.findall(r"\d+", colour))) for colour in (paper, ink)]
    assert (light[0] < light[1]) == (scheme == "dark")

    drawn = shown.evaluate("document.getElementById('bridge').data[0].x")
    assert drawn[1:-1] == list(metrics["bridge"].values())
    assert drawn[-1] == pytest.approx(metrics["final_equity"], rel=1e-12)
    equity = dict(
        shown.evaluate("""document.getElementById('growth').data.filter(one => one.hoverinfo !== 'skip')
          .map(one => [one.name, one.y.at(-1)])""")
    )
    assert equity["FUND hedge"] == pytest.approx(metrics["final_equity"])
    assert equity["Sold daily"] == pytest.approx(metrics["controls"]["derisk_daily"]["final_equity"])
    held = metrics["controls"]["held_less"]["final_equity"]
    assert equity["over holding less"] == pytest.approx(metrics["final_equity"] / held, rel=1e-5)
    sold = metrics["controls"]["derisk_daily"]["final_equity"]
    assert equity["over sold daily"] == pytest.approx(metrics["final_equity"] / sold, rel=1e-5)
    assert (seen.online, seen.errors, seen.dialogs) == ([], [], [])


@pytest.mark.browser
def test_episodes_open_in_any_order_and_paper_takes_what_is_open(judged, page, open_page):
    seen = open_page(page, scheme="dark")
    shown, episodes = seen.page, judged.evaluation.episodes
    rows = shown.locator(".episode")
    assert rows.count() == len(episodes) == judged.figures["episodes"]
    shown.locator("#all-episodes > summary").click()
    row = shown.locator("#episode-3")
    told = [words(one) for one in row.locator("summary span").all_inner_texts()]
    assert told[1] == str(judged.market.run_sessions[episodes[2].entered])
    assert (told[3], told[7]) == (
        told_as(dollars(episodes[2].pnl, sign=True)),
        told_as(percent(episodes[2].fund_return, 2, sign=True)),
    )
    row.locator("summary").click()
    row.locator(".main-svg").nth(3).wait_for(state="attached")
    path, cascade = row.locator(".chart").all()
    assert path.evaluate("one => one.data.length") == 5
    assert cascade.evaluate("one => one.data[0].x.at(-1)") == pytest.approx(episodes[2].fund_return, abs=1e-12)
    assert "for FUND to gain. It" in row.inner_text()
    shown.locator("#order").select_option("pnl")
    worst = int(np.argmin([one.pnl for one in episodes])) + 1
    assert rows.first.get_attribute("id") == f"episode-{worst}"
    shown.locator("#order").select_option("at")
    assert rows.first.get_attribute("id") == "episode-1"
    see(shown, "needs")
    shown.evaluate("document.getElementById('needs').emit('plotly_click', {points: [{customdata: 4}]})")
    assert shown.locator("#episode-5").get_attribute("open") is not None

    see(shown, "growth")
    font = "document.getElementById('growth').layout.font.color"
    night = shown.evaluate(font)
    shown.emulate_media(media="print")
    shown.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert shown.evaluate(f"({DRAWN}).length") == shown.locator(".chart:visible").count() == 11
    assert shown.evaluate(font) != night
    assert shown.evaluate("document.getElementById('growth').layout.width") == 690
    shown.emulate_media(media="screen")
    shown.evaluate("dispatchEvent(new Event('afterprint'))")
    assert shown.evaluate(font) == night
    assert shown.locator("#growth .main-svg").first.bounding_box()["width"] > 1000
    assert seen.errors == []


@pytest.mark.browser
def test_simulated_and_synthetic_history_are_named(judged, tmp_path, open_page):
    market = judged.market
    made_up = replace(market, source=replace(SOURCE, simulated=True), synthetic={"FUND": day(DATES[300])})
    told = {"before": {}, "sessions": 200, "final_equity": [1.0, 2.0], "unhedged_final_equity": [3.0, 4.0]}
    result = executed_with(
        replace(judged, figures=judged.figures | {"simulated": True, "synthetic": told}),
        setup=replace(judged.setup, market=made_up),
        evaluation=replace(judged.evaluation, answer=None, why="the market is SIMULATED"),
    )
    write_document(tmp_path / "report.html", report_of(result, tearsheet=None))
    seen = open_page(tmp_path / "report.html")
    shown = seen.page
    shown.wait_for_function(f"({DRAWN}).includes('growth')")
    note = shown.locator("#note").inner_text()
    assert note.startswith("SYNTHETIC: 200 of 800")
    assert note.endswith("ends between $1 and $2, the unhedged one between $3 and $4.")
    assert shown.title().startswith("SIMULATED hedge_soxs")
    assert shown.locator("#headline").inner_text() == "No verdict: the market is SIMULATED."
    assert shown.locator("#lead").inner_text().startswith("SIMULATED market: it shows the machine and says nothing")
    assert (shown.locator("#price").count(), shown.locator("#alternative").count()) == (0, 0)
    assert shown.get_by_text("tear-sheet").count() == 0
    marks = "document.getElementById('growth').layout.annotations.map(one => one.text)"
    assert shown.evaluate(marks)[:2] == ["SIMULATED", "SYNTHETIC"]
    assert {"years", "falls"} <= set(shown.locator("table:has-text('SYNTHETIC')").evaluate_all(IDS))
    first = shown.evaluate("document.getElementById('growth').layout.shapes[0]")
    assert (first["x0"], first["x1"]) == (str(DATES[100]), str(DATES[299]))
    early = sum(DATES[100 + one.entered] < DATES[300] for one in judged.evaluation.episodes)
    assert shown.locator(".episode.made").count() == early > 0
    assert seen.errors == []


@pytest.mark.browser
def test_a_hedge_that_was_never_bought(tmp_path, open_page):
    result = made("hedge.weight=0", f"end={DATES[300]}")
    write_document(tmp_path / "report.html", report_of(result, tearsheet=None))
    seen = open_page(tmp_path / "report.html")
    shown = seen.page
    see_all(shown)
    assert shown.get_by_text("FUND was never bought.", exact=True).is_visible()
    assert shown.locator(".episode, #needs, #after, #sum, #frontier").count() == 0
    assert "There is nothing to study" in shown.locator("#study-headline").inner_text()
    assert (seen.online, seen.errors) == ([], [])

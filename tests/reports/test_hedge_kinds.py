"""The report of each kind of hedge: every sentence true of it, MODELLED where an option is, and sums that hold."""

from __future__ import annotations

import html
import re
from functools import cache

import numpy as np
import pytest
from markets import make_series, nyse, random_bars, source_of
from reported import reported

from engine.loading import build_config
from engine.runs.execute import run
from reports.document import Details, Table, plain_text
from reports.first_screen import screen_of
from reports.first_terminal import COLUMNS, screen_lines
from reports.glossary import WORDS, words_of
from reports.hedge_rules import hedges as hedge_rules
from reports.hedge_words import always, exposure, exposures
from reports.renderers.html import write_document
from reports.report_spells import moves_of

DATES = nyse("2012-01-03", 900)
HEDGES = {
    "asset": ({"kind": "asset", "instrument": "BOND", "weight": 0.3},),
    "cash": ({"kind": "cash", "weight": 0.6},),
    "short": ({"kind": "short", "weight": 0.3},),
    "put": ({"kind": "option", "rebalance": "monthly"},),
    "collar": ({"kind": "option", "option": {"structure": "collar"}, "rebalance": "monthly"},),
    "two": (
        {"instrument": "BEAR", "weight": 0.1},
        {"kind": "asset", "instrument": "BOND", "weight": 0.2, "rebalance": "monthly"},
    ),
}
OF_A_FUND = re.compile(r"\bfund|swap|-3 times|leverage|daily reset|expense ratio|nan\b|SPAN", re.IGNORECASE)
OPTIONS = ("put", "collar")
LEFT_OUT = "the hedge isn't one leveraged fund, in the place of which it could be sold"
"""Why a control couldn't be run."""


@cache
def made(kind, *settings):
    rng = np.random.default_rng(5)
    core = random_bars("CORE", DATES, rng)
    source = source_of(
        core,
        random_bars("BEAR", DATES, rng, follows=core, beta=-3.0),
        random_bars("BOND", DATES, rng, sd=0.008),
        random_bars("SPY", DATES, rng, sd=0.01),
        make_series("VIX", DATES, np.full(len(DATES), 18.0)),
    )
    tree = {
        "start": str(DATES[100]),
        "underlying": "CORE",
        "portfolio": {"core": {"CORE": 1.0}},
        "hedges": list(HEDGES[kind]),
        "execution": {"cash_rate": 0.02},
        "data": {"accept": ["BEAR-dividends"]},
    }
    return run(build_config(tree, list(settings)), source, engine="compiled")


@pytest.fixture(params=HEDGES)
def judged(request):
    return made(request.param)


@pytest.fixture
def told(judged, tmp_path):
    """The page's words, without the run's configuration and what a control or the audit says."""
    path = tmp_path / "report.html"
    write_document(path, reported(judged))
    page = re.sub(r"<(script|style|pre).*?</\1>", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    words = " ".join(html.unescape(re.sub("<[^>]+>", " ", page)).split()).replace("\u2019", "'")
    return words.replace(LEFT_OUT, "")


def table(result, section, name):
    found = next(one for one in reported(result).sections if one.id == section)
    parts = [part for one in found.parts for part in (one.parts if isinstance(one, Details) else [one])]
    return next(part for part in parts if isinstance(part, Table) and part.id == name)


def kind_of(result):
    return next(
        kind for kind, hedges in HEDGES.items() if len(hedges) == len(result.config.legs) and made(kind) is result
    )


def test_nothing_is_told_of_a_fund_where_there_is_none(judged, told):
    if kind_of(judged) != "two":
        assert OF_A_FUND.findall(told) == []
    else:
        assert "BOND is a fund" not in told
        assert "a fund's fee" in told


def test_what_rests_on_an_option_says_so(judged, told):
    screen = screen_of(judged)
    if kind_of(judged) not in OPTIONS:
        assert "MODELLED" not in f"{screen.about}{screen.question}{screen.headline}{screen.mark}{screen.signal}"
        return
    lines = (screen.question, screen.provenance, screen.headline, screen.rows[-1].name, screen.mark, screen.signal)
    assert all("MODELLED" in line for line in lines)
    assert any(piece.text == "; the MODELLED hedge grew " for piece in screen.lead)
    assert "nobody's quotes are read" in told
    names = [row.cells[0] for row in table(judged, "costs-part", "costs").rows]
    assert [("MODELLED" in name) for name in names] == [False, *([True] * (len(names) - 2)), False]
    beside = {row.cells[0] for row in table(judged, "controls-part", "controls").rows}
    assert all("MODELLED" in name for name in beside if "always on" in name or "bought and held" in name)


def test_the_terminal_stays_in_80_columns_of_ascii(judged):
    lines = [plain_text(line.text) for line in screen_lines(screen_of(judged), 800)]
    assert max(map(len, lines)) <= COLUMNS
    assert "\n".join(lines).isascii()


def test_the_fourth_part_bears_the_kind_s_name(judged):
    part = {"asset": "Asset", "cash": "Bills", "short": "Short", "two": "Hedges"}.get(kind_of(judged), "Option")
    assert [step.name for step in screen_of(judged).steps[1:5]] == ["Exposure", "Timing", "Drift", part]
    words = dict(words_of(judged.config))
    assert part in words
    assert "Fund" not in words
    assert ("Decay" in words) == (part == "Hedges")


def test_selling_into_bills_is_selling():
    cash = made("cash")
    screen = screen_of(cash)
    assert screen.question == "Did selling into bills on this signal pay?".replace("bills", "cash")
    assert screen.about.startswith("CORE, sold into cash when it is weak")
    assert [step.value for step in screen.steps[3:5]] == ["0.0", "0.0"]
    short = next(one for one in screen.shorts if one.title == "Against selling instead")
    assert (short.number, plain_text(short.text)) == (
        "0.0 points a year",
        "It is selling, on this signal: cash is all it leaves.",
    )


def test_net_exposure_is_that_of_the_orders(judged):
    hedged, setup = judged.hedged, judged.setup
    each = hedged.core + sum(setup.betas[:, k] * hedged.hedges[:, k] for k in range(hedged.hedges.shape[1]))
    np.testing.assert_allclose(exposures(judged), each[: hedged.last + 1], atol=1e-12)
    ordered = (hedged.actions == 1).any(axis=1)
    assert f"from 1.00 to {np.median(each[ordered]):.2f}" in exposure(judged)


def test_steps_and_parts_add_up(judged):
    steps = table(judged, "bridged", "steps").rows
    apart = judged.figures["final_equity"] - judged.figures["controls"]["unhedged"]["final_equity"]
    own = [row for row in steps if not row.role]
    assert sum(row.cells[1] for row in own) == pytest.approx(apart, rel=1e-9)
    brought = [row.cells[2] for row in own if row.cells[2] != ""]
    assert sum(brought) == pytest.approx(judged.figures["attribution"]["sleeve_a_year"], abs=1e-12)


@pytest.mark.parametrize("kind", ["two", "collar"])
def test_each_of_several_makes_its_part_of_the_whole(kind):
    several = made(kind)
    metrics, ours = several.figures, several.evaluation.attribution
    yearly, carried = (table(several, "legs-part", name).rows for name in ("legs", "legs-carried"))
    assert yearly[-1].cells[-1] == pytest.approx(metrics["attribution"]["sleeve_a_year"], abs=1e-12)
    for row, leg in zip(carried, ours.legs, strict=False):
        unhedged, now = several.unhedged.equity, 0.0
        for t, flow in enumerate(sum(leg.values())):
            now = flow if t == 0 else now * unhedged[t] / unhedged[t - 1] + flow
        assert row.cells[-1] == pytest.approx(now, rel=1e-9)
    core = float(metrics["bridge"]["core"] + metrics["bridge"]["interest"])
    end = metrics["final_equity"] - metrics["controls"]["unhedged"]["final_equity"]
    assert core + carried[-1].cells[-1] == pytest.approx(end, abs=abs(metrics["bridge"]["costs"]) + 1.0)
    names = {"two": ["BEAR", "BOND"], "collar": ["CORE-PUT95, MODELLED", "CORE-CALL110 sold, MODELLED"]}
    assert [row.cells[0] for row in yearly[:-1]] == names[kind]


def test_one_hedge_alone_needs_no_section_of_its_own():
    assert "legs-part" not in [one.id for one in reported(made("asset")).sections]


def test_episodes_tell_what_the_underlying_did():
    short = made("short")
    found, bars, first = short.evaluation.episodes, short.setup.market.bars("CORE"), short.setup.market.first
    paid = bars.close + bars.dividend
    for episode, move in zip(found, moves_of(short, found), strict=True):
        if episode.exited is None:
            continue
        into, out = first + episode.entered, first + episode.exited
        grown = paid[into] / (bars.open[into] + bars.dividend[into])  # a dividend falls into the night
        for t in range(into + 1, out):
            grown *= paid[t] * bars.split[t] / bars.close[t - 1]
        grown *= (bars.open[out] + bars.dividend[out]) * bars.split[out] / bars.close[out - 1]
        assert move == pytest.approx(grown - 1.0, abs=1e-9)
    assert len(table(short, "episodes-part", "episodes").rows) == len(found) > 10


def test_rules_list_each_hedge_with_its_terms():
    asset, short, bond = (hedge_rules(made(kind).config) for kind in ("asset", "short", "two"))
    assert asset[0].startswith("The hedge is 30.0 % of equity in BOND, whose beta is estimated, at most 100 %")
    assert "it takes no money out of the core, its proceeds are cash; its lender gets 0.5 % a year" in short[0]
    assert [line.partition(" is ")[0] for line in bond] == [
        "Hedge 1 of 2",
        "Hedge 2 of 2",
        "They are entered when the signal reaches 0.5 and left when it",
    ]
    collar = " ".join(hedge_rules(made("collar").config))
    for term in ("95 % of CORE at the roll, a call at 110 % sold", "third Friday", "skew of 4", "half of 6 %"):
        assert term in collar


def test_a_hedge_of_no_weight_is_no_word_of_the_answer():
    idle = "{kind: option, weight: 0}, {kind: short, weight: 0, strategy: {class: VolatilityHedge}}"
    bear, bond = "{instrument: BEAR, weight: 0.1}", "{kind: asset, instrument: BOND, weight: 0}"

    ours, alone = (made("two", f"hedges=[{hedges}]") for hedges in (f"{bond}, {bear}, {idle}", bear))

    one, other = screen_of(ours), screen_of(alone)
    for part in ("question", "headline", "lead", "rows", "line", "safe", "finding", "steps", "frontier", "shorts"):
        assert getattr(one, part) == getattr(other, part), part
    assert one.about == other.about
    assert exposure(ours) == exposure(alone)


def test_a_hedge_that_is_always_on_has_no_signal():
    config = build_config({"hedge": {"kind": "option"}, "policy": {"enter": 0, "exit": 0}}, [])
    assert always(config)
    assert not always(build_config({"hedge": {"kind": "option"}}, []))
    assert hedge_rules(config)[-1] == "It is held all the time: policy.enter is 0."


def test_a_fund_s_words_are_as_they_were():
    assert words_of(build_config({}, [])) == WORDS


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
@pytest.mark.parametrize("kind", ["cash", "collar", "two"])
def test_pages_open_without_an_error(kind, width, scheme, tmp_path, open_page):
    path = tmp_path / "report.html"
    write_document(path, reported(made(kind), "tearsheet.html"))
    seen = open_page(path, width=width, scheme=scheme)
    seen.page.locator("#growth").scroll_into_view_if_needed()
    seen.page.locator("#growth .main-svg").first.wait_for()
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= width
    assert (seen.errors, seen.online) == ([], [])

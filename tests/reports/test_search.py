"""The search page and table: their words follow from the trials, and the page does what its menus say."""

from __future__ import annotations

import io
import shlex
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from backtest import load_config
from data.sources.demo import DemoSource
from engine.research.columns import COLUMNS
from engine.research.search.objectives import objectives_of
from engine.research.search.run import Search, SearchResult
from engine.research.search.sampler import Trial
from engine.research.search.space import Dimension, NumberRange, values_of
from reports.search import (
    head,
    history_findings,
    page_data,
    sentences,
    short,
    show_search,
    slice_findings,
    span,
    write_search_page,
)

COMMAND = "backtest run hedge_soxs.yaml --data DIR"
WEIGHT = Dimension(("hedge", "weight"), "", NumberRange(Decimal("0.1"), Decimal("0.3"), None, whole=False))
HOW = Dimension(("hedge", "rebalance"), "", None, ("never", "it's"))
LINE = np.array([[0.0, 0.0, 0.0], [0.5, 0.05, 0.1], [1.0, 0.1, 0.2]])
POINTS = [(-0.01, 0.04), (-0.04, 0.06), (-0.04, 0.02), (-0.2, 0.3), (np.nan, np.nan)]
"""CAGR and drawdown against unhedged of each trial: the third is beaten, the fourth costs more than selling can."""


def result(objective="cost,drawdown_avoided", points=POINTS):
    objectives = objectives_of(objective, None)
    tried = []
    for number, (cagr, fall) in enumerate(points):
        row = dict.fromkeys(COLUMNS, np.nan) | {"cagr_vs_unhedged": cagr, "max_drawdown_vs_unhedged": fall}
        row |= {"sharpe": cagr, "episodes": number}
        failed = "sweep: policy.exit 0.8 is above policy.enter 0.5" if np.isnan(cagr) else ""
        tried.append(Trial(number, (0.1 + 0.01 * number, repr("it's" if number % 2 else "never")), row, failed))
    search = Search(load_config("hedge_soxs.yaml"), (WEIGHT, HOW), objectives, 0, DemoSource(), Path("searches/x"))
    return SearchResult(search, tuple(tried), 505, simulated=True, synthetic={}, seconds={})


def printed(found, line=LINE, top=10):
    told = io.StringIO()
    show_search(Console(file=told, width=100), found, top, line, "backtest walkforward x.yaml")
    return told.getvalue()


def test_the_words_count_trials_the_front_and_what_selling_would_have_cost():
    found = result()

    assert head(found).startswith(
        "5 trials, 505 sessions, for the least cost against unhedged and the highest drawdown"
    )
    assert sentences(found, LINE) == [
        "3 of 5 trials stand on the front: none is better by both.",
        "1 of the 3 that avoided drawdown cost less than core sold to cash that would have avoided as much.",
        "The best of 5 trials is mostly luck: judge it on a stretch that didn't choose it.",
    ]
    out = printed(found)
    assert "1 trial failed, the first: policy.exit 0.8 is above policy.enter 0.5" in out
    assert "SIMULATED" in out
    assert "Out of sample: backtest walkforward x.yaml" in out
    rows = [line.split() for line in out.splitlines() if line[:1].isdigit() and "%" in line]
    assert [row[0] for row in rows] == ["1", "2", "4"]
    assert rows[1][:5] == ["2", "0.11", "it's", "4.00%", "6.00%"]


def test_one_objective_is_ranked_and_repeats_are_told():
    found = result("sharpe", [(0.1, 0.0), (0.3, 0.0), (0.2, 0.0)])
    again = replace(found, tried=(*found.tried, found.tried[0]._replace(number=3)))

    assert [line.split()[0] for line in printed(again, None, 2).splitlines() if line[:1].isdigit()][1:] == ["2", "3"]
    assert "The best of 4 trials (3 combinations) is mostly luck" in " ".join(printed(again, None).split())


def test_headings_say_when_the_best_came_up_and_where_the_best_tenth_lies():
    found = result("sharpe", [(number % 7 / 10, 0.0) for number in range(20)])
    assert history_findings(found) == ["The highest Sharpe came up at trial 7 of 20: 13 trials since were no better"]
    assert slice_findings(found) == [
        [
            "The 2 trials of highest Sharpe have weight 0.16 to 0.23, of 0.1 to 0.3",
            "The 2 trials of highest Sharpe have rebalance never and it's, of never, it's",
        ]
    ]
    (nothing,) = slice_findings(result("sharpe", [(np.nan, np.nan)]))
    assert set(nothing) == {"No trial has a value of highest Sharpe"}


def test_nothing_defined_is_said():
    found = result("sharpe", [(np.nan, np.nan)])
    assert sentences(found, None) == ["None of 1 trial has a value of every objective."]
    assert "None of 1 trial" in printed(found, None)


def test_a_front_that_spares_nothing_is_said():
    assert "None of them avoided any drawdown." in sentences(result(points=[(-0.1, -0.1)]), LINE)


@pytest.mark.parametrize(("value", "text"), [(0.123456, "0.1235"), (12, "12"), ("never", "never"), (None, "null")])
def test_values_are_short(value, text):
    assert short(value) == text


def test_spans_in_words():
    steps = Dimension(("a",), "", NumberRange(Decimal(10), Decimal(200), Decimal(10), whole=True))
    whole = Dimension(("a",), "", NumberRange(Decimal(10), Decimal(200), Decimal(1), whole=True))
    assert list(map(span, (WEIGHT, HOW, steps, whole))) == ["0.1 to 0.3", "never, it's", "10 to 200 by 10", "10 to 200"]


def write(path, found, line=LINE):
    write_search_page(path, found, line, title="SIMULATED a <search>", command=COMMAND)
    return path


def test_the_page_s_data_hold_every_trial(tmp_path):
    found = result()
    told = page_data(found, LINE, (0, 1, 3), COMMAND)

    assert told["trials"] == [1, 2, 3, 4, 5]
    assert told["objectives"][0]["shown"] == ["1.00%", "4.00%", "4.00%", "20.00%", "-"]
    assert told["selling"]["shares"] == ["0%", "50%", "100%"]
    assert told["parameters"][1]["choices"] == ["never", "it's"]
    text = write(tmp_path / "search.html", found).read_text()
    assert "SIMULATED a &lt;search&gt;" in text
    assert "says nothing about SOXS" in text


def drawn(page, *figures):
    for figure in figures:
        page.locator(f"#{figure}").scroll_into_view_if_needed()
        page.wait_for_selector(f"#{figure} .scatterlayer .point", state="attached")
    return page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
def test_one_objective_is_drawn_offline_and_has_no_front(tmp_path, open_page):
    opened = open_page(write(tmp_path / "search.html", result("sharpe"), None))

    assert drawn(opened.page, "history", "slice")
    assert (opened.errors, opened.online) == ([], [])
    assert opened.page.locator("#front").count() == 0


@pytest.mark.browser
def test_menus_change_the_pictures_and_a_click_gives_the_command(tmp_path, open_page):
    found = result()
    opened = open_page(write(tmp_path / "search.html", found), width=420, scheme="dark")
    page = opened.page
    assert drawn(page, "front", "history", "slice")
    page.select_option("#parameter", label="hedge.rebalance")
    page.select_option("#against", index=1)
    assert (
        page.text_content("#slice-part h2")
        == "The trial of highest drawdown avoided has rebalance it's, of never, it's"
    )
    page.select_option("#objective", index=1)
    assert "Drawdown avoided of each trial" in page.text_content("figure:has(#history) figcaption")
    page.evaluate("document.getElementById('front').emit('plotly_click', {points: [{customdata: 1}]})")
    command = page.text_content("#picked code")

    *base, _set, weight, _again, how = shlex.split(command)
    assert " ".join(base) == COMMAND
    values = values_of(found.search.space, found.tried[1].drawn)
    assert (weight, how) == (f"hedge.weight={values[0]}", "hedge.rebalance=it's")
    assert page.locator("#best tbody tr:not(.run)").count() == 3
    assert page.text_content("#best tr:nth-of-type(4) code") == command
    assert (opened.errors, opened.online) == ([], [])

"""The rows of a comparison: every metric is shown, the best is marked, months are pandas' months."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from markets import nyse

from engine.analytics.attribution import SLEEVE
from engine.analytics.measure import BOOK
from reports.comparison_rows import METRIC_ROWS, FigureRow, cells, decay_rows, difference, monthly
from reports.hedge_parts import ALL_FUNDS


def test_every_metric_and_every_part_of_the_hedge_has_a_row():
    shown = {row.key for row in METRIC_ROWS}
    assert set(BOOK) - shown == {"first", "last", "sessions"}
    assert {row.key for row in decay_rows(ALL_FUNDS)} == {*SLEEVE, "sleeve", "decay"}


@pytest.mark.parametrize(
    ("kinds", "rows", "own"),
    [
        ({"cash"}, ["direction", "tracking", "hedge_costs", "sleeve"], "Interest on bills"),
        ({"short"}, ["direction", "fee", "tracking", "hedge_costs", "sleeve"], "Own return"),
        ({"fund", "option"}, [*SLEEVE, "sleeve", "decay"], "Own return"),
    ],
)
def test_a_part_that_no_hedge_has_is_no_row(kinds, rows, own):
    shown = {row.key: row for row in decay_rows(frozenset(kinds))}

    assert list(shown) == rows
    assert shown["tracking"].title == own
    assert all("fund" not in f"{row.title} {row.meaning}".lower() or "fund" in kinds for row in shown.values())


def marked(row, *values, competing=None):
    return [(cell.role == "best") for cell in cells(row, values, competing or [True] * len(values))]


def test_the_best_is_marked_where_there_is_one():
    high, low, neither = (FigureRow("", "", "", difference, best) for best in (max, min, None))
    assert marked(high, 0.1, 0.3, None, 0.3) == [False, True, False, True]
    assert marked(low, 0.1, 0.3, None) == [True, False, False]
    assert marked(high, -0.5, -0.2) == [False, True]
    assert marked(neither, 0.1, 0.3) == [False, False]
    assert marked(high, 0.3, 0.3) == marked(high, None, 0.3) == [False, False]
    assert marked(high, None, None) == [False, False]
    near = 0.3 * (1 + 1e-12)
    assert marked(high, 0.3, near) == [False, False]
    assert marked(high, 0.3, near, 0.1) == [True, True, False]


def test_what_takes_no_part_is_never_the_best():
    high = FigureRow("", "", "", difference, max)
    assert marked(high, 0.9, 0.3, 0.2, competing=[False, True, True]) == [False, True, False]
    assert marked(high, 0.9, None, 0.2, competing=[False, True, True]) == [False, False, False]
    assert marked(high, 0.3, 0.3, 0.2, competing=[False, True, True]) == [False, True, False]


@pytest.mark.parametrize(
    ("key", "better", "worse"),
    [("max_drawdown", -0.1, -0.4), ("cvar_95", -0.01, -0.04), ("volatility", 0.1, 0.4), ("costs", 10.0, 40.0)],
)
def test_less_loss_is_better(key, better, worse):
    (row,) = [row for row in METRIC_ROWS if row.key == key]
    assert marked(row, worse, better) == [False, True]


@given(st.integers(0, 1000), st.integers(2, 600), st.integers(0, 300))
def test_months_are_those_of_pandas(seed, count, first):
    sessions = nyse("2017-03-09", 900)[first : first + count]
    growth = np.cumprod(1 + np.random.default_rng(seed).normal(0, 0.02, count))
    ends = pd.Series(growth, pd.DatetimeIndex(sessions))
    for every, place in (("M", "month"), ("Y", None)):
        closes = ends.groupby(ends.index.to_period(every)).last()
        expected = closes / closes.shift(fill_value=growth[0]) - 1
        rows = {year: (made, total) for year, made, total in monthly(sessions, growth)}
        for period, value in expected.items():
            made, total = rows[period.year]
            assert (made[period.month - 1] if place else total) == pytest.approx(value, abs=1e-12)


def test_a_month_after_a_ruin_has_no_return():
    sessions = nyse("2020-01-02", 60)
    growth = np.where(np.arange(60) < 25, 1.0, 0.0)
    ((year, made, total),) = monthly(sessions, growth)
    assert (year, made[:4], total) == (2020, [0.0, -1.0, None, None], -1.0)

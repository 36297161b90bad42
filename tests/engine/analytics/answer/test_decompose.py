"""The sum: its parts add up to the last digit, in logs and in points of CAGR, whatever the market."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from worlds import configured, laid_out, source
from worlds import settings as drawn_settings

from engine.analytics.answer.decompose import cagr_factor, in_cagr, sum_of
from engine.analytics.answer.timing import shifts_of, timing_of
from engine.analytics.controls import run_unhedged
from engine.analytics.derisk import sold_at_entry, sold_daily
from engine.kernel.compiled import compiled
from engine.setup import run_beta


def growth(book, years):
    last = book.equity[book.last]
    return math.log(last / book.equity[0]) / years if last > 0.0 else -math.inf


@settings(max_examples=60, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_the_parts_add_up_to_the_difference_of_the_books(keys, seed):
    setup = laid_out(keys, source(seed))
    hedged, beta = (
        compiled().run_policy(setup.prices, setup.terms, setup.plan),
        run_beta(configured(keys), setup.market),
    )
    unhedged, years = run_unhedged(setup), (len(hedged.equity) - 1) / 252
    books = (unhedged, hedged, sold_at_entry(setup, hedged, beta), sold_daily(setup, hedged, beta).ledger)
    if min(book.equity[book.last] for book in books[:2]) <= 0.0:
        return
    grown = [growth(book, years) for book in books]
    shifts = shifts_of(setup, hedged, beta, years)
    mean = timing_of(shifts).mean

    logs = sum_of(*grown, mean)
    points = in_cagr(logs, grown[0])

    assert logs.total == grown[1] - grown[0]
    assert points.total == pytest.approx(math.exp(grown[1]) - math.exp(grown[0]), rel=1e-12, abs=1e-9)
    ruined = [value is None for value in logs.parts]
    assert any(ruined) == (shifts.ruined or not np.isfinite(grown).all())
    if not any(ruined):
        assert sum(logs.parts) == pytest.approx(logs.total, abs=1e-9)
        assert sum(points.parts) == pytest.approx(points.total, abs=1e-9 * max(1.0, abs(points.total)))
        assert logs.timing == pytest.approx(shifts.growth[0] - shifts.growth[1:].mean(), abs=1e-9)


def test_a_part_of_a_ruined_book_is_none_and_the_others_stand():
    logs = sum_of(0.10, 0.05, 0.07, 0.06, None)
    assert logs.parts == (None, None, pytest.approx(-0.01), pytest.approx(-0.01))

    logs = sum_of(0.10, 0.05, 0.07, -math.inf, 0.09)
    assert logs.parts == (pytest.approx(-0.01), pytest.approx(-0.02), None, None)
    assert in_cagr(logs, 0.10).drift is None


@given(st.floats(-0.9, 0.9), st.floats(-1e-7, 1e-7))
def test_where_both_grow_alike_a_point_of_growth_is_worth_its_limit(unhedged, total):
    logs = replace(sum_of(unhedged, unhedged, unhedged, unhedged, unhedged), total=total, timing=0.02, drift=-0.02)

    assert cagr_factor(logs.total, unhedged) == pytest.approx(math.exp(unhedged), rel=1e-7)
    assert in_cagr(logs, unhedged).timing == pytest.approx(0.02 * math.exp(unhedged), rel=1e-6)


def test_points_of_cagr_by_hand():
    logs = sum_of(math.log(1.2), math.log(1.1), math.log(1.14), math.log(1.11), math.log(1.15))
    points = in_cagr(logs, math.log(1.2))

    factor = -0.1 / math.log(1.1 / 1.2)
    assert points.total == pytest.approx(-0.1)
    assert points.parts == pytest.approx(
        [factor * math.log(a / b) for a, b in ((1.15, 1.2), (1.14, 1.15), (1.11, 1.14), (1.1, 1.11))]
    )

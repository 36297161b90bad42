"""How safe many books are at once: as one is, by numpy, and nothing where there is nothing to compare."""

import numpy as np
import pytest
from less import gap_by_hand, shortfall

from engine.analytics.answer.insurance import LEAST, Less, less_of, matches, safety_of, tails_of
from engine.analytics.derisk import GRID
from engine.analytics.metrics import cvar, returns_of

YEAR = 252


def books(seed=5, count=7, sessions=400):
    """Some books, and those that hold each share of a core."""
    rng = np.random.default_rng(seed)
    levels = 50.0 * np.exp(np.cumsum(rng.normal(0.0005, 0.02, (count, sessions)), axis=1))
    core = np.exp(np.cumsum(rng.normal(0.001, 0.02, sessions)))
    return levels, [1.0 - share + share * core for share in GRID]


def test_many_books_at_once_are_matched_as_one_is():
    levels, grid = books()
    found = safety_of(levels, less_of(grid), 399 / YEAR)

    for k, level in enumerate(levels):
        share = matches(level, grid)[0]
        at = np.searchsorted(GRID, share)
        ends = [np.log(grid[place][-1] / grid[place][0]) for place in (max(at - 1, 0), at)]
        held = np.interp(share, [GRID[max(at - 1, 0)], GRID[at]], ends)
        grown = np.log(level[-1] / level[0])
        assert found.gap[k] == pytest.approx(np.expm1(grown * YEAR / 399) - np.expm1(held * YEAR / 399), abs=1e-9)
        assert found.gap[k] == pytest.approx(gap_by_hand(level, grid, 399 / YEAR), abs=1e-9)
        assert found.bad_quarter[k] == pytest.approx(shortfall(level), abs=1e-12)


def test_what_holding_less_came_to_is_each_books_own():
    _, grid = books()
    grid = [7.0 * book for book in grid]  # whatever it began with
    less = less_of(grid)

    assert less.risks == pytest.approx([shortfall(book) for book in grid], abs=1e-12)
    assert less.growths == pytest.approx([np.log(book[-1] / book[0]) for book in grid], abs=1e-12)


def test_a_share_that_was_ruined_has_no_growth():
    _, grid = books()
    broken = [*grid[:-1], np.where(np.arange(400) < 399, grid[-1], 0.0)]

    assert np.isnan(less_of(broken).growths[-1])
    assert np.isfinite(less_of(broken).growths[:-1]).all()


def test_nothing_is_told_of_a_ruined_book_or_of_less_than_two_quarters():
    level = np.linspace(1.0, 2.0, 127)
    less = Less(np.linspace(0.0, -0.2, 21), np.linspace(0.0, 1.0, 21))
    ruined = np.where(np.arange(127) < 100, level, 0.0)

    found = safety_of(np.array([level, ruined]), less, 0.5)
    assert LEAST == 126
    assert np.isfinite([found.bad_quarter[0], found.gap[0]]).all()
    assert np.isnan([found.bad_quarter[1], found.gap[1]]).all()
    assert np.isnan(safety_of(level[np.newaxis, :126], less, 0.5)).all()


@pytest.mark.parametrize("least", [0.0, -1.0])
def test_a_book_is_ruined_at_nothing(least):
    levels, grid = books(count=2)
    levels[0, 200] = least  # it may come back: a ruined book counts for nothing all the same
    found = safety_of(levels, less_of(grid), 399 / YEAR)

    assert np.isnan([found.bad_quarter[0], found.gap[0]]).all()
    assert np.isfinite([found.bad_quarter[1], found.gap[1]]).all()


def test_a_book_worth_less_than_a_dollar_is_alive():
    levels, grid = books()
    small = safety_of(levels / 1e4, less_of(grid), 399 / YEAR)

    assert small.gap == pytest.approx(safety_of(levels, less_of(grid), 399 / YEAR).gap, abs=1e-12)


@pytest.mark.parametrize("sessions", [60, 126, 127, 400, 2000])
def test_the_tails_of_a_sweep_s_books_are_those_of_each(sessions):
    levels, grid = books(seed=sessions, sessions=sessions)
    less, years, alive = less_of(grid), sessions / YEAR, np.arange(len(levels)) != 3

    found, safety = tails_of(levels, alive, less, years), safety_of(levels, less, years)

    worst = [cvar(returns_of(level)) for level in levels]
    np.testing.assert_allclose(found.worst[alive], np.array(worst)[alive], rtol=1e-12)
    np.testing.assert_allclose(found.safety.bad_quarter[alive], safety.bad_quarter[alive], rtol=1e-11, atol=1e-15)
    np.testing.assert_allclose(found.safety.gap[alive], safety.gap[alive], rtol=1e-9, atol=1e-13)
    assert np.isnan(found.safety.gap).tolist() == (~alive | (sessions <= 126)).tolist()

"""The insurance bootstrap's kernel: risks by numpy, and the share that is as safe by numpy's interpolation."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analytics.answer.insurance import bad_quarter, draw_blocks, draw_sessions
from engine.analytics.metrics import drawdowns
from engine.kernel import tails
from engine.kernel.compiled import compiled
from engine.kernel.tails import MEASURES, WINDOW, Blocks, deepest, lowest, lowest_few, match_draws, quarter, spread

GRID = np.array([0.0, 0.25, 0.5, 0.75, 1.0])


def risks(level):
    """Return the three risks of a book by numpy."""
    windows = np.array([level[t + WINDOW] / level[t] - 1.0 for t in range(len(level) - WINDOW)])
    worst = np.sort(windows)[: int(0.05 * (len(windows) - 1)) + 1]
    return np.array([worst.mean() - windows.mean(), drawdowns(level).min(), -np.std(level[1:] / level[:-1], ddof=1)])


def matched(own, by_share, growths):
    """Return the share as safe as a book, and its growth, from the top down: straight lines between shares."""
    if own <= by_share[-1]:
        return GRID[-1], growths[-1]
    for k in range(len(GRID) - 2, -1, -1):
        if own <= by_share[k]:
            part = (own - by_share[k + 1]) / (by_share[k] - by_share[k + 1])
            return tuple(values[k + 1] + part * (values[k] - values[k + 1]) for values in (GRID, growths))
    return GRID[0], growths[0]


def made(seed, sessions=300, hedge=0.6):
    """Make returns of a hedged book and of books that hold shares of one core, shape (1 + shares, sessions)."""
    rng = np.random.default_rng(seed)
    core = rng.normal(0.0004, 0.02, sessions)
    own = hedge * core + rng.normal(0.0, 0.004, sessions)
    return np.stack([own, *(share * core + (1 - share) * 0.0001 for share in GRID)])


def paths_of(returns):
    return np.cumprod(np.column_stack((np.ones(len(returns)), 1.0 + returns)), axis=1)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), hedge=st.floats(0.0, 1.5), near=st.integers(0, 3))
def test_a_draw_is_matched_as_numpy_matches_the_returns_it_takes(seed, hedge, near):
    """From wherever it is looked for, on draws of a pool that is longer than they are."""
    returns, draws, count = made(seed, 330, hedge), 4, 300
    blocks, days = draw_blocks(330, count, draws, seed), draw_sessions(330, count, draws, seed)
    out = np.empty((draws, len(MEASURES), 3))

    match_draws(blocks, paths_of(returns), GRID, np.full(3, near), out)

    for d in range(draws):
        levels = paths_of(returns[:, days[d]])
        every, growths = np.array([risks(level) for level in levels]), np.log(levels[:, -1])
        for m in range(3):
            share, growth = matched(every[0, m], every[1:, m], growths[1:])
            assert out[d, m] == pytest.approx([share, growth, growths[0]], rel=1e-9, abs=1e-12)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 10_000), measures=st.integers(1, 3))
def test_the_compiled_kernel_is_the_plain_one(seed, measures):
    blocks, paths = draw_blocks(300, 300, 3, seed), paths_of(made(seed))
    plain, twin = np.empty((2, 3, measures, 3))

    match_draws(blocks, paths, GRID, np.full(measures, 3), plain)
    compiled().match_draws(blocks, paths, GRID, np.full(measures, 3), twin)

    assert twin == pytest.approx(plain, rel=1e-12)


@pytest.mark.parametrize(("hedge", "riskier", "least"), [(0.8, 3, 0.7), (1.3, 4, 1.0)])
def test_from_the_top_the_largest_share_that_is_as_safe_is_found_whatever_lies_below(hedge, riskier, least):
    """A grid one share of which, further down, is riskier than all of it."""
    returns = made(1, hedge=hedge)
    returns[riskier] *= 3.0
    whole, out = Blocks(np.array([0, 1]), np.array([0]), np.array([300])), np.empty((1, 1, 3))

    match_draws(whole, paths_of(returns), GRID, np.array([3]), out)

    every, growths = zip(*((risks(level)[0], np.log(level[-1])) for level in paths_of(returns)), strict=True)
    assert out[0, 0, 0] == pytest.approx(matched(every[0], every[1:], growths[1:])[0])
    assert out[0, 0, 0] >= least


def test_a_book_riskier_than_the_whole_core_is_matched_by_all_of_it_and_one_safer_than_cash_by_none():
    for hedge, share, row in ((3.0, 1.0, 5), (0.0, 0.0, 1)):
        returns = made(2, hedge=hedge)
        if not hedge:
            returns[0], returns[1] = 0.0, np.random.default_rng(0).normal(0.0, 1e-4, 300)
        out = np.empty((1, 3, 3))
        match_draws(
            Blocks(np.array([0, 1]), np.array([0]), np.array([300])), paths_of(returns), GRID, np.full(3, 2), out
        )
        assert (out[0, :, 0] == share).all()
        assert out[0, :, 1] == pytest.approx(np.log(paths_of(returns)[row, -1]), abs=1e-12)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 10_000), sessions=st.integers(WINDOW + 2, 400))
def test_risks_are_numpys(seed, sessions):
    level = np.exp(np.cumsum(np.random.default_rng(seed).normal(0.0, 0.02, sessions)))
    expected = risks(level)

    told = [quarter(level, np.empty(sessions)), deepest(level), spread(level)]
    assert told == pytest.approx(expected, rel=1e-9, abs=1e-14)
    assert bad_quarter(level) == pytest.approx(expected[0])


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=60), st.data())
def test_the_lowest_are_those_that_sorting_puts_first(values, data):
    """Ties and all; what lies beyond the count isn't looked at."""
    worst = data.draw(st.integers(1, len(values)))
    room = np.array([*values, -100], float)

    assert lowest(room, len(values), worst) == sum(sorted(values)[:worst])


def selected(values, count, worst):
    """Select as Hoare did (1961), one exchange after another, and return the sum of the lowest."""
    low, high = 0, count - 1
    while low < high:
        pivot, i, j = values[(low + high) // 2], low, high
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i, j = i + 1, j - 1
        if j < worst - 1 < i:
            break
        low, high = (low, j) if worst - 1 <= j else (i, high)
    return np.cumsum([0.0, *values[:worst]])[-1]


@given(
    st.one_of(
        st.lists(st.sampled_from([-1.0, -0.0, 0.0, 1.0, 2.0, math.nan]), min_size=1, max_size=80),
        st.lists(st.floats(-1.0, 1.0), min_size=1, max_size=300),
    ),
    st.data(),
)
def test_the_lowest_are_left_in_hoares_order(values, data):
    """The order of a sum shows in its last bits. With ties, both zeros and NaN."""
    worst = data.draw(st.integers(1, len(values)))
    room, expected = np.array(values), np.array(values)

    found, told = lowest(room, len(values), worst), selected(expected, len(values), worst)

    assert (room.tobytes(), np.float64(found).tobytes()) == (expected.tobytes(), np.float64(told).tobytes())


@given(
    st.one_of(st.lists(st.integers(-5, 5), min_size=1, max_size=600), st.lists(st.floats(-0.5, 0.5), min_size=400)),
    st.data(),
)
def test_the_lowest_of_many_are_those_that_sorting_puts_first(values, data):
    worst, room = data.draw(st.integers(1, len(values))), np.empty(len(values))

    found = lowest_few(np.array(values, float), len(values), worst, room)

    assert found == pytest.approx(math.fsum(sorted(values)[:worst]), rel=1e-12, abs=1e-12)


@given(st.lists(st.floats(-1.0, 1.0), max_size=40))
def test_a_sum_in_eight_is_the_sum(values):
    assert tails.total(np.array(values), len(values)) == pytest.approx(math.fsum(values), abs=1e-14)


def test_a_walk_goes_round_the_end_of_the_pool():
    path, level = np.array([1.0, 2.0, 6.0, 24.0]), np.empty(9)  # returns 1, 2, 3
    blocks = Blocks(np.array([0, 1, 3]), np.array([0, 2, 1]), np.array([8, 5, 3]))

    tails.walk(blocks, 1, path, level)

    assert np.diff(np.log(level)) == pytest.approx(np.log([4, 2, 3, 4, 2, 3, 4, 2]))

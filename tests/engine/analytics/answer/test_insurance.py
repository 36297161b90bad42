"""Insurance: draws are a stationary bootstrap, intervals are numpy's, and labels follow them."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analytics.answer import insurance
from engine.analytics.answer.insurance import (
    CANT_TELL,
    NOT_PAID,
    PAID,
    GapInterval,
    bad_quarter,
    draw_blocks,
    draw_sessions,
    gap_interval,
    gap_to_held_less,
    insurance_of,
    matches,
)
from engine.analytics.derisk import GRID
from engine.kernel.compiled import compiled
from engine.kernel.loop import empty_ledger

SESSIONS = 420


def ledger(returns):
    book = empty_ledger(len(returns) + 1, 2)
    book.equity[:] = 100.0 * np.cumprod(np.append(1.0, 1.0 + returns))
    return book


def judged(extra, seed=3, draws=300, hedge=0.6):
    """Judge a book of that share of a core, with a little of its own and some extra a session."""
    rng = np.random.default_rng(seed)
    core = rng.normal(0.0005, 0.02, SESSIONS)
    hedged = ledger(hedge * core + 0.4 * 0.0001 + rng.normal(0.0, 0.002, SESSIONS) + extra)
    grid = [ledger(share * core + (1.0 - share) * 0.0001) for share in GRID]
    shares = matches(hedged.equity, [one.equity for one in grid])
    held = [ledger(share * core + (1.0 - share) * 0.0001) for share in shares]
    level = np.cumprod(np.append(1.0, 1.0 + core))
    found = insurance_of(hedged, grid, held, level, SESSIONS / 252, draws, seed=0)
    return found, hedged, grid, level, shares


def test_blocks_start_anywhere_go_round_and_last_63_sessions_in_the_mean():
    pool, count, draws = 500, 374, 3000
    days = draw_sessions(pool, count, draws, 7)
    follows = (days[:, 1:] - days[:, :-1]) % pool == 1

    assert days.shape == (draws, count)
    assert (days.min(), days.max()) == (0, pool - 1)
    begun = 1.0 - follows.mean()  # but for one in `pool` that starts where the last one ended
    assert begun == pytest.approx((1 - 1 / pool) / 63, rel=0.02)
    assert np.bincount(days[:, 0], minlength=pool).max() < 25  # of 6 in the mean: any of them
    assert ((days[:, 1:] == 0) & (days[:, :-1] == pool - 1)).any()
    ends = np.flatnonzero(~follows[0])
    later = np.abs(np.corrcoef(follows[:, 0], follows[:, 1])[0, 1])
    assert len(ends)
    assert later < 0.06  # a block has no memory of how long it is


@given(pool=st.integers(1, 40), count=st.integers(1, 60), draws=st.integers(1, 5), seed=st.integers(0, 99))
def test_blocks_fill_every_draw_and_no_more(pool, count, draws, seed):
    blocks = draw_blocks(pool, count, draws, seed, block=5)

    assert (blocks.length > 0).all()
    assert ((blocks.start >= 0) & (blocks.start < pool)).all()
    for d in range(draws):
        assert blocks.length[blocks.of[d] : blocks.of[d + 1]].sum() == count


@pytest.mark.parametrize(("sessions", "worst"), [(63 + 2, 1), (63 + 20, 1), (63 + 21, 2), (63 + 40, 2), (63 + 41, 3)])
def test_a_bad_quarter_is_the_mean_of_the_lowest_twentieth_less_the_mean_of_all(sessions, worst):
    level = np.exp(np.cumsum(np.random.default_rng(sessions).normal(0.0, 0.02, sessions)))
    quarters = sorted(level[t + 63] / level[t] - 1.0 for t in range(sessions - 63))

    assert bad_quarter(level) == pytest.approx(np.mean(quarters[:worst]) - np.mean(quarters))
    assert bad_quarter(level[: 63 + 1]) is None


def test_the_gap_is_to_the_books_between_which_it_lies():
    _, hedged, grid, _, shares = judged(0.0)
    years, place = SESSIONS / 252, int(np.searchsorted(GRID, shares[0]))
    below, above = (np.log(grid[k].equity[-1] / 100.0) for k in (place - 1, place))
    part = (shares[0] - GRID[place - 1]) / (GRID[place] - GRID[place - 1])
    risks = [bad_quarter(grid[k].equity) for k in (place - 1, place)]

    assert risks[0] + part * (risks[1] - risks[0]) == pytest.approx(bad_quarter(hedged.equity))
    held = np.exp((below + part * (above - below)) / years)
    gap = (hedged.equity[-1] / 100.0) ** (1 / years) - held
    assert gap_to_held_less(hedged.equity, [one.equity for one in grid], years) == pytest.approx(gap)


@settings(max_examples=4, deadline=None)
@given(seed=st.integers(0, 99), hedge=st.sampled_from([0.3, 0.6, 1.4]))
def test_intervals_are_those_of_the_same_draws_matched_one_by_one(seed, hedge):
    """Each draw's sessions laid out by numpy and matched as history is: all measures, and once more with the fall."""
    draws, years = 25, SESSIONS / 252
    found, hedged, grid, level, _ = judged(0.0, seed, draws, hedge)
    returns = np.stack([book.equity[1:] / book.equity[:-1] - 1.0 for book in (hedged, *grid)])
    first = int(np.argmin([level[t + 63] / level[t] for t in range(len(level) - 63)]))
    pool = [*range(SESSIONS), *range(first, min(first + 126, SESSIONS))]

    def gaps(taken):
        books = np.cumprod(np.column_stack((np.ones(22), 1.0 + returns[:, taken])), axis=1)
        told = insurance._as_it_was(books[0], list(books[1:]), 3)
        return np.expm1(told[:, 2] / years) - np.expm1(told[:, 1] / years)

    plain = np.array([gaps(days) for days in draw_sessions(SESSIONS, SESSIONS, draws, 0)])
    fallen = np.array([gaps(np.array(pool)[days])[0] for days in draw_sessions(len(pool), SESSIONS, draws, 0)])
    for m, match in enumerate((found.quarter, found.drawdown, found.volatility)):
        assert match.interval == pytest.approx(np.percentile(plain[:, m], [1.0, 99.0]), abs=1e-9)
    assert found.with_fall == pytest.approx(np.percentile(fallen, [1.0, 99.0]), abs=1e-9)
    assert found.bad_quarter == pytest.approx(bad_quarter(hedged.equity))
    assert found.quarter.share == 1.0 or hedge < 1.0


@pytest.mark.parametrize(("extra", "label"), [(0.003, PAID), (-0.003, NOT_PAID), (0.0, CANT_TELL)])
def test_the_label_follows_the_interval(extra, label):
    found, *_ = judged(extra)

    assert found.label == label
    assert np.sign(found.quarter.gap) == np.sign(extra) or extra == 0.0


@pytest.mark.parametrize(
    ("low", "high", "fallen", "label"),
    [
        (-0.1, -0.01, -0.01, NOT_PAID),
        (-0.1, -0.01, 0.01, CANT_TELL),
        (-0.1, -0.01, 0.0, CANT_TELL),
        (-0.1, 0.0, -0.01, CANT_TELL),
        (0.0, 0.1, 0.1, CANT_TELL),
        (0.005, 0.1, -0.1, PAID),
    ],
)
def test_it_did_not_pay_only_if_it_did_not_with_the_worst_fall_once_more(low, high, fallen, label):
    assert GapInterval((low, high), (-0.1, fallen)).label == label


def test_a_gap_s_interval_is_that_of_the_whole_answer():
    found, hedged, grid, core, _shares = judged(0.0)

    told = gap_interval(hedged.equity, [book.equity for book in grid], core, SESSIONS / 252, 300)
    assert told == (found.quarter.interval, found.with_fall)
    assert told.label == found.label


def test_threads_change_nothing(monkeypatch):
    first = judged(0.0)[0]
    monkeypatch.setattr(insurance.os, "cpu_count", lambda: 5)
    monkeypatch.setattr(insurance, "CHUNK", 7)

    assert judged(0.0)[0] == first
    monkeypatch.setattr(insurance.os, "cpu_count", lambda: None)  # as where the system doesn't tell
    assert judged(0.0)[0] == first


def test_growth_is_that_of_the_books_and_the_gap_their_difference():
    found, hedged, grid, level, shares = judged(0.0)
    years = SESSIONS / 252
    cagr = [level_of(grid, share)[-1] ** (1 / years) - 1.0 for share in shares]
    own = (hedged.equity[-1] / hedged.equity[0]) ** (1 / years) - 1.0

    assert [one.share for one in (found.quarter, found.drawdown, found.volatility)] == list(shares)
    for match, held in zip((found.quarter, found.drawdown, found.volatility), cagr, strict=True):
        assert (match.cagr, match.gap) == pytest.approx((held, own - held), abs=1e-12)
    assert insurance.quarters(level)[5] == pytest.approx(level[68] / level[5] - 1.0)


def level_of(grid, share):
    """What a dollar of the core and cash became that hold a share: both are in the grid."""
    cash, core = (np.diff(book.equity) / book.equity[:-1] for book in (grid[0], grid[-1]))
    return np.cumprod(1.0 + share * core + (1.0 - share) * cash)


def test_what_is_drawn_unless_told_otherwise():
    _, hedged, grid, level, shares = judged(0.0)
    held, years = [grid[10]] * 3, SESSIONS / 252
    told = insurance_of(hedged, grid, held, level, years)

    assert told == insurance_of(hedged, grid, held, level, years, 2000, seed=0)
    assert told != insurance_of(hedged, grid, held, level, years, 2001, seed=0)
    assert len(shares) == 3
    assert (draw_sessions(500, 300, 4, 1) == draw_sessions(500, 300, 4, 1, block=63)).all()
    assert (draw_blocks(500, 3000, 4, 1).start == draw_blocks(500, 3000, 4, 1, block=63).start).all()


@pytest.mark.parametrize(("first", "count"), [(100, 126), (320, 100)])
def test_the_worst_fall_is_half_a_year_or_what_is_left_of_history(first, count):
    """From the first session of the core's worst quarter on; places among returns, of which there are 420."""
    returns = np.full(SESSIONS, 0.001)
    returns[first : first + 63] = -0.01
    level = np.cumprod(np.append(1.0, 1.0 + returns))

    assert insurance._worst_fall(level).tolist() == list(range(first, first + count))


def test_a_share_is_looked_for_from_the_place_below_the_one_of_history(monkeypatch):
    real, seen = compiled(), []

    class Spy:
        match_books = real.match_books

        @staticmethod
        def match_draws(blocks, paths, grid, near, out):
            seen.append((near.tolist(), blocks.of.tolist()))
            real.match_draws(blocks, paths, grid, near, out)

    monkeypatch.setattr(insurance, "compiled", lambda: Spy)
    _, hedged, grid, *_ = judged(0.0)
    returns = np.stack([book.equity[1:] / book.equity[:-1] - 1.0 for book in (hedged, *grid)], axis=1)
    insurance._intervals(returns, SESSIONS, [0.0, 0.52, 1.0], 1.0, 5, 0)

    assert seen[0] == ([19, 19, 19], [0, 1])  # history itself, one block of all of it: from the top
    assert seen[-1][0] == [0, 10, 19]


def test_the_last_draws_are_cut_into_blocks_like_the_first():
    """Enough lengths are drawn in advance: with too few, one block would fill what is left."""
    for seed in range(20):
        of = draw_blocks(500, 400, 2000, seed).of
        assert of[-1] - of[-4] > 6  # three draws, of some seven blocks each

"""What books come to in a scenario: figures by hand, ruin, and the run whose state they start from."""

import numpy as np
import pytest
from stressed import DATES, run_config, up_to, whole

from data.errors import UserError
from engine.kernel.loop import ended
from engine.runs.execute import run
from engine.stress.books import figures, run_books, standing, today_of
from engine.stress.many import run_paths
from engine.stress.paths import paths_of
from engine.stress.replay import standing_still


def test_figures_of_a_growth_by_hand():
    growth = np.array([1.0, 1.2, 0.9, 0.6, 0.8])
    came = figures(growth, 3)
    assert came.end == pytest.approx(-0.2)
    assert came.worst == pytest.approx(0.6 / 1.2 - 1.0)
    assert came.turn == pytest.approx(-0.4)
    assert came.quarter == pytest.approx(-0.2)  # four sessions are fewer than a quarter: all of them
    long = np.concatenate((np.ones(10), np.full(63, 0.9), np.ones(5)))
    assert figures(long).quarter == pytest.approx(-0.1)
    assert figures(np.array([1.0, 0.5, 0.0, 0.0])).worst == -1.0


def test_today_is_where_the_run_ends(tmp_path):
    config, source = run_config(tmp_path), up_to(DATES[800])
    today, ran = today_of(config, source), run(config, source, engine="compiled")
    assert today.equity == pytest.approx(ran.hedged.equity[-1], rel=1e-12)
    assert today.share == pytest.approx(ran.evaluation.answer.insurance.quarter.share, rel=1e-12)
    assert "series/VIX" in today.reads


def test_books_start_from_one_and_other_rebalancings_are_runs_with_that_key(tmp_path):
    source = whole()
    today = today_of(run_config(tmp_path), source)
    course = standing_still(today.past, 5)
    came = run_books(today, course, calendars=True)
    assert all(growth[0] == 1.0 and len(growth) == 6 for growth in came.growth.values())
    for how in ("never", "monthly", "daily"):
        other = today_of(run_config(tmp_path, "Reads", f"hedge.rebalance={how}"), source)
        alone = run_books(other, standing_still(other.past, 5)).growth["hedged"]
        np.testing.assert_allclose(came.growth[f"rebalanced {how}"], alone, rtol=1e-12)
    np.testing.assert_array_equal(came.growth["rebalanced weekly"], came.growth["hedged"])


def test_a_ruined_book_leaves_nothing_to_stress(tmp_path):
    ran = run(run_config(tmp_path), whole(), engine="compiled")
    ruined = ended(ran.hedged, 40)
    with pytest.raises(UserError, match=f"^the hedged book was ruined on {DATES[190]}: none is left to stress"):
        standing(ran.config, ran.setup, ruined, None, "compiled", "", frozenset())


def test_paths_come_to_the_same_whoever_computes_them(tmp_path):
    today = today_of(run_config(tmp_path), whole())
    paths = paths_of(today.past, today.reads, 55, 30)
    alone, two = (run_paths(today, paths, workers=workers) for workers in (1, 2))
    assert alone.growth.keys() == two.growth.keys()
    for name, growth in alone.growth.items():
        np.testing.assert_array_equal(growth, two.growth[name])
        assert growth.shape == (55, 31)
    np.testing.assert_array_equal(alone.underlying, paths.level)

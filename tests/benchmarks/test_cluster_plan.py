"""What more workers would take, by arithmetic."""

import pytest

from benchmarks.cluster import planned


def test_workers_share_chunks_and_nothing_else():
    assert planned(30, 1, fixed=5.0, chunk=2.0, here=0.01) == pytest.approx(65.0)
    assert planned(30, 2, fixed=5.0, chunk=2.0, here=0.01) == pytest.approx(35.0)
    assert planned(31, 2, fixed=5.0, chunk=2.0, here=0.01) == pytest.approx(37.0)  # the last one is nobody's to share


def test_the_command_takes_one_answer_after_another():
    """With more workers than it can serve it decides, after the first answer is there."""
    assert planned(1000, 100, fixed=5.0, chunk=2.0, here=0.1) == pytest.approx(107.0)
    assert planned(1000, 200, fixed=5.0, chunk=2.0, here=0.1) == pytest.approx(107.0)

"""Two commits compared: its arithmetic and its words. Nothing is timed."""

import pytest

from benchmarks.commands import BACKTEST, DEMO, rows
from benchmarks.cost import OUT, Cost
from benchmarks.guard import compared, line, worse


@pytest.fixture
def slower():
    """A command that takes half again as long, in rounds that differ by themselves."""
    base = [Cost(1.0, 0.5, 100e6), Cost(2.0, 1.0, 100e6), Cost(4.0, 2.0, 100e6)]
    ours = [Cost(1.5, 0.5, 90e6), Cost(3.0, 1.0, 90e6), Cost(8.0, 2.0, 90e6)]
    return compared("`sweep` of 1,000", base, ours)


def test_a_ratio_is_the_median_of_rounds_side_by_side(slower):
    assert slower.base == Cost(2.0, 1.0, 100e6)
    assert slower.ours == Cost(3.0, 1.0, 90e6)
    assert slower.ratio == Cost(1.5, 1.0, 0.9)  # not 3 / 2 of medians by chance: 1.5, 1.5 and 2


def test_a_line_has_base_ours_and_ratio_of_each_figure(slower):
    assert " ".join(line(slower).split()) == "sweep of 1,000 2.00 3.00 1.50 1.00 1.00 1.00 100 90 0.90"


def test_what_is_above_the_bound_is_named(slower):
    assert worse([slower], 1.5) == []
    assert worse([slower], 1.1) == ["sweep of 1,000: 1.50 times the seconds of the base, more than 1.1"]
    assert [text.partition(":")[0] for text in worse([slower, slower], 0.95)] == 4 * ["sweep of 1,000"]


def test_what_was_kept_is_not_found_again(tmp_path):
    """A command that keeps what it made is given an empty folder; names tell rows apart."""
    found = rows(tmp_path, DEMO)
    keeping = ("run", "sweep", "walkforward", "search")

    assert all(OUT in row.words for row in found if row.words[0] in keeping or row.program != BACKTEST)
    assert len({row.name for row in found}) == len(found)
    assert {"run", "signal", "sweep", "walkforward", "lookahead"} <= {row.words[0] for row in found if row.guarded}
    assert not any(row.guarded and row.large for row in found)

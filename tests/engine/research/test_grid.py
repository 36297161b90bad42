"""Axes as written, in decimal arithmetic, and every bad grid refused before anything runs."""

import numpy as np
import pytest

from backtest import load_config
from data.errors import ConfigError
from engine.research.grid import grid_of

CONFIG = load_config("hedge_soxs.yaml")


def values(text):
    return list(grid_of(CONFIG, [text]).axes[0].values)


def test_a_range_holds_both_ends_in_decimal_arithmetic():
    weights = values("hedge.weight=0.05:0.6:0.01")

    assert weights == [round(0.05 + k / 100, 2) for k in range(56)]
    assert weights[-1] == 0.6
    assert values("trend_days=10:200:10") == list(range(10, 201, 10))
    assert all(isinstance(value, int) for value in values("trend_days=10:200:10"))
    assert values("policy.cooldown=0:3") == [0, 1, 2, 3]
    assert values("hedge.weight=0.1:0.35:0.1") == [0.1, 0.2, 0.3]


def test_a_list_holds_any_kind_of_value():
    assert values("policy.max_hold=null,10") == [None, 10]
    assert values("hedge.funding=sell_core,margin") == ["sell_core", "margin"]
    assert values("execution.cash_rate=IRX,0.02") == ["IRX", 0.02]
    assert values("start=2015-01-02,2016-01-04")[0].year == 2015


def test_a_parameter_may_be_named_alone_and_the_last_axis_turns_fastest():
    grid = grid_of(CONFIG, ["trend_days=20,50", "hedge.weight=0.1,0.2,0.3"])

    assert [axis.name for axis in grid.axes] == ["strategy.params.trend_days", "hedge.weight"]
    assert grid.indices(0, 6).tolist() == [[0, 0], [0, 1], [0, 2], [1, 0], [1, 1], [1, 2]]
    assert grid.indices(4, 99).tolist() == [[1, 1], [1, 2]]


@pytest.mark.parametrize(("size", "count"), [(20, 3), (20, 19), (100_000, 50), (100_000, 99_000)])
def test_a_draw_is_without_replacement_and_the_same_for_a_seed(size, count):
    axes = [f"policy.enter=0.5:{0.5 + (size - 1) / 1e6:.6f}:0.000001"]
    drawn = grid_of(CONFIG, axes, count, seed=3)

    assert len(drawn) == count == len(np.unique(drawn.chosen))
    assert drawn.chosen.max() < size
    assert np.array_equal(drawn.chosen, grid_of(CONFIG, axes, count, seed=3).chosen)
    assert not np.array_equal(drawn.chosen, grid_of(CONFIG, axes, count, seed=4).chosen)


def test_a_section_of_yaml_reads_as_params_do():
    section = {"trend_days": "10:30:10", "hedge.weight": [0.1, 0.2], "policy.max_hold": [None, 5]}

    grid = grid_of(CONFIG, section.items())

    assert [axis.values for axis in grid.axes] == [(10, 20, 30), (0.1, 0.2), (None, 5)]


BAD = {
    "unknown": ("hedge.wieght=0.1", "--param hedge.wieght=0.1: hedge.wieght is unknown, did you mean weight?"),
    "unknown parameter": ("trend_dys=1", "WeaknessHedge has no parameter trend_dys, did you mean trend_days?"),
    "empty": ("trend_days=50:20:10", "the range is empty: 20 is below 50"),
    "step 0": ("trend_days=10:20:0", "the step has to be above 0"),
    "nothing": ("trend_days=", "has no values: write key=10:200:10 or key=a,b,c"),
    "no equals": ("trend_days", "write key=10:200:10 or key=a,b,c"),
    "no numbers": ("trend_days=a:b:c", "a range is first:last:step, three numbers"),
    "out of range": ("hedge.weight=0.5:1.5:0.5", "hedge.weight has to be a number from 0 to 1, not 1.5"),
    "out of a parameter's range": ("trend_days=1,2", "trend_days has to be a whole number from 2 to 25,200, not 1"),
    "twice": ("trend_days=20,20", "names a value twice: keep one"),
    "contradicts the run": ("policy.enter=0.3", "policy.exit 0.5 is above policy.enter 0.3"),
    "a number beyond all": ("trend_days=0:1e999999999:1", "a range is of numbers from -1e+15 to 1e+15"),
    "a step too small": ("hedge.weight=0:1:1e-999999999", "more than 1,000,000 values are more than a sweep holds"),
    "no end": ("hedge.weight=0:inf", "a range is of numbers from -1e+15 to 1e+15"),
    "a digit too many": ("hedge.weight=1e9999999999999999999:2", "a range is first:last:step, three numbers"),
    "more digits than a float": (f"trend_days={'1' * 400},3", f"not {'1' * 57}..."),
    "0 between": ("hedge.leverage=-3:3:1", "at least 0.1 away from 0, not 0"),
    "too many values": ("trend_days=2:99999999999", "values are more than a sweep holds"),
}


@pytest.mark.parametrize(("text", "words"), BAD.values(), ids=BAD)
def test_a_bad_axis_is_refused_in_one_line(text, words):
    with pytest.raises(ConfigError) as fault:
        grid_of(CONFIG, [text])

    assert words in str(fault.value)
    assert "\n" not in str(fault.value)
    assert str(fault.value).startswith(f"--param {text[:100]}")
    assert len(str(fault.value)) < 400


def test_ten_billion_combinations_are_refused_without_being_made():
    axes = ["trend_days=2:2001", "hedge.weight=0.001:0.5:0.001", "volatility_floor=0:1:0.0001"]

    with pytest.raises(ConfigError, match=r"10,001,000,000 combinations .* --random"):
        grid_of(CONFIG, axes)
    assert len(grid_of(CONFIG, axes, 100)) == 100


def test_a_sweep_needs_an_axis_and_each_once():
    with pytest.raises(ConfigError, match="a sweep needs axes"):
        grid_of(CONFIG, [])
    with pytest.raises(ConfigError, match=r"strategy.params.trend_days is given twice"):
        grid_of(CONFIG, ["trend_days=20", "strategy.params.trend_days=50"])

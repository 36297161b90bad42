"""CompositeHedge: all, any, votes, what is required; every inner key by its path, from YAML to a sweep."""

import re

import numpy as np
import pytest
from markets import make_bars, make_market, make_series, nyse

from data.errors import ConfigError
from engine.loading import build_config
from engine.research.grid import grid_of, value_at
from strategies.composite import CompositeHedge
from strategies.parameters import ParameterError, make

DATES = nyse("2020-01-02", 8)
A = np.array([0, 1, 0, 1, 0, 1, 0, 1.0])
B = np.array([0, 0, 1, 1, 0, 0, 1, 1.0])
C = np.array([0, 0, 0, 0, 1, 1, 1, 1.0])


def market():
    flat = np.full(len(DATES), 10.0)
    series = [make_series(name, DATES, values) for name, values in (("A", A), ("B", B), ("C", C))]
    return make_market(make_bars("CORE", DATES, flat), make_bars("FUND", DATES, flat), *series)


def signals(**weights):
    return {
        name: {"signal": "series_value", "series": name.upper(), "above": 0.5, "weight": weights.get(name, 1)}
        for name in "abc"
    }


def intensity(**params):
    params.setdefault("signals", signals())
    return make(CompositeHedge, params).intensity(market())


def test_all_and_any():
    np.testing.assert_array_equal(intensity(), A * B * C)
    np.testing.assert_array_equal(intensity(combine="any"), np.maximum(np.maximum(A, B), C))


def test_votes_give_their_share_or_say_yes_from_enough_of_them():
    np.testing.assert_allclose(intensity(combine="votes"), (A + B + C) / 3)
    np.testing.assert_array_equal(intensity(combine="votes", enough=2), (A + B + C >= 2).astype(float))
    weighed = signals(a=2, b=0.5)
    np.testing.assert_allclose(intensity(combine="votes", signals=weighed), (2 * A + 0.5 * B + C) / 3.5)
    np.testing.assert_array_equal(intensity(combine="votes", signals=weighed, enough=1.5), (2 * A + 0.5 * B + C >= 1.5))


def test_enough_is_reached_whatever_the_weights_rounding():
    tenths = signals(a=0.1, b=0.2, c=0.3)
    assert intensity(combine="votes", signals=tenths, enough=0.6)[7] == 1


def test_what_is_required_gates_and_doesnt_vote():
    np.testing.assert_allclose(intensity(combine="votes", require=["c"]), C * (A + B) / 2)
    np.testing.assert_array_equal(intensity(combine="any", require=["c"]), C * np.maximum(A, B))
    np.testing.assert_array_equal(intensity(require=["a", "b", "c"]), A * B * C)


def test_armed_then_triggered():
    """A fired within three sessions, and B fires now."""
    armed = signals() | {"a": signals()["a"] | {"within": 3}}
    del armed["c"]
    within = [A[max(0, t - 2) : t + 1].max() for t in range(len(A))]
    np.testing.assert_array_equal(intensity(signals=armed, require=["a"]), within * B)


def test_inputs_carry_the_names_they_were_given():
    found = make(CompositeHedge, {"signals": signals()}).inputs(market())
    assert [one.name for one in found] == ["a: series value of A", "b: series value of B", "c: series value of C"]


@pytest.mark.parametrize(
    ("params", "said", "at"),
    [
        ({"signals": {}}, "CompositeHedge needs signals", "signals"),
        ({"signals": [1]}, "CompositeHedge needs signals", "signals"),
        ({"combine": "sum"}, "combine has to be one of all, any, votes, not 'sum'", "combine"),
        ({"enough": 2.0}, "enough is for combine: votes, not all", "enough"),
        ({"combine": "votes", "enough": 4}, "enough 4 has to be above 0 and at most the weights' sum 3", "enough"),
        ({"combine": "votes", "enough": 3, "require": ["a"]}, "at most the weights' sum 2", "enough"),
        ({"combine": "votes", "require": ["a", "b", "c"]}, "votes need a signal", "signals"),
        ({"require": ["aa"]}, "require names aa, which is no signal of this run, did you mean a", "require"),
        (
            {"signals": {"x": {"signal": "rsi", "above": 70, "days": 0}}},
            "days has to be a whole number from 2 to 25,200",
            "signals.x.days",
        ),
    ],
)
def test_what_cant_be_used_is_told_with_its_place(params, said, at):
    with pytest.raises(ParameterError, match=re.escape(said)) as fault:
        make(CompositeHedge, {"signals": signals()} | params)
    assert fault.value.parameter == at


def config(*settings):
    return build_config({"strategy": {"class": "CompositeHedge", "params": {"signals": signals()}}}, settings)


def test_every_default_is_written_out():
    inner = config().strategy.params["signals"]["a"]
    assert inner == {
        "signal": "series_value", "series": "A", "above": 0.5, "percentile_over": None, "zscore_over": None,
        "change_over": None, "within": 1, "release": None, "weight": 1.0,
    }  # fmt: skip


def test_an_inner_parameter_is_set_and_swept_by_its_path():
    assert config("signals.a.above=2").strategy.params["signals"]["a"]["above"] == 2.0
    assert config("strategy.params.signals.a.within=5").strategy.params["signals"]["a"]["within"] == 5
    grid = grid_of(config(), ["signals.b.above=0:1:0.5", "strategy.params.signals.c.within=1:3"])
    assert [axis.name for axis in grid.axes] == ["strategy.params.signals.b.above", "strategy.params.signals.c.within"]
    assert grid.axes[0].values == (0.0, 0.5, 1.0)
    assert value_at(config(), grid.axes[1].keys) == 1


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("signals.b.abov=1:2", "signals.b.abov is unknown, did you mean above"),
        ("signals.d.above=1:2", "signals.d.above is unknown"),
        ("signals.b.within=0:2", "signals.b: within has to be a whole number from 1 to 25,200, not 0"),
    ],
)
def test_an_axis_that_cant_be_is_told(written, said):
    with pytest.raises(ConfigError, match=re.escape(said)):
        grid_of(config(), [f"strategy.params.{written}"])


def test_a_fault_is_told_with_the_line_it_stands_in(tmp_path):
    from engine.loading import load_config

    file = tmp_path / "mine.yaml"
    file.write_text(
        "strategy:\n  class: CompositeHedge\n  params:\n    signals:\n      dear:\n        signal: rsi\n"
        "        above: 70\n        dyas: 3\n"
    )
    with pytest.raises(ConfigError, match=re.escape("mine.yaml:8: signals.dear: rsi has no dyas, did you mean days")):
        load_config(file)

"""The space of a search: what a range, a step and a list mean for the key they are written for."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from backtest import load_config
from data.errors import ConfigError
from engine.loading import find_run
from engine.research.grid import grid_of
from engine.research.search.space import NumberRange, size_of, space_of


def one(text, run="hedge_soxs.yaml"):
    (found,) = space_of(load_config(find_run(run)[0]), [text])
    return found


@pytest.mark.parametrize(
    ("text", "key", "range_"),
    [
        ("trend_days=10:200", "strategy.params.trend_days", ("10", "200", "1", True)),
        ("trend_days=10:200:20", "strategy.params.trend_days", ("10", "190", "20", True)),
        ("hedge.weight=0:1", "hedge.weight", ("0", "1", None, False)),
        ("hedge.weight=0.05:0.6", "hedge.weight", ("0.05", "0.6", None, False)),
        ("hedge.weight=0.05:0.6:0.1", "hedge.weight", ("0.05", "0.55", "0.1", False)),
        ("policy.stop_loss=0.1:0.4", "policy.stop_loss", ("0.1", "0.4", None, False)),
        ("policy.max_hold=5:50", "policy.max_hold", ("5", "50", "1", True)),
    ],
)
def test_the_key_decides_whether_numbers_are_whole(text, key, range_):
    found = one(text)
    assert found.name == key
    assert tuple(None if part is None else str(part) for part in found.range[:3]) == range_[:3]
    assert found.range.whole is range_[3]


def test_inner_keys_of_a_composite_strategy_are_found_by_their_paths():
    level = one("signals.dear.at_least=0.6:0.95", "hedge_soxs_article.yaml")
    days = one("signals.dear.days=100:250", "hedge_soxs_article.yaml")

    assert level.name == "strategy.params.signals.dear.at_least"
    assert (level.range.whole, level.size) == (False, None)
    assert (days.range.whole, days.size) == (True, 151)


@given(low=st.integers(0, 50), count=st.integers(1, 40), step=st.sampled_from(["0.01", "0.05", "0.025"]))
def test_steps_are_what_a_sweep_s_axis_has_to_the_bit(low, count, step):
    first = low / 100
    last = first + count * float(step)
    text = f"hedge.target_volatility={first + 0.5:.3f}:{last + 0.5:.3f}:{step}"
    config = load_config("hedge_soxs.yaml")
    (axis,), (found,) = grid_of(config, [text]).axes, space_of(config, [text])

    assert found.size == len(axis.values)
    noisy = [float(found.range.low) + k * float(step) for k in range(len(axis.values))]  # as a sampler would have it
    assert tuple(map(found.value, noisy)) == axis.values


def test_a_list_keeps_its_values_whatever_they_are():
    found = one("hedge.rebalance=never,weekly")
    assert [found.value(label) for label in found.labels] == ["never", "weekly"]
    mixed = one("policy.max_hold=null,5")
    assert [mixed.value(label) for label in mixed.labels] == [None, 5]
    floats = one("hedge.weight=0,1")
    assert all(type(found) is float for found in floats.choices)


def test_size_counts_combinations_and_knows_a_continuum():
    config = load_config("hedge_soxs.yaml")
    finite = ["trend_days=10:200:10", "hedge.rebalance=never,weekly"]
    assert size_of(space_of(config, finite)) == 40
    assert size_of(space_of(config, [*finite, "hedge.weight=0.1:0.2"])) is None


def test_a_continuum_has_no_grid():
    assert NumberRange(*(None,) * 3, whole=False).size is None


def test_a_clash_between_two_dimensions_is_for_the_trials():
    config = load_config("hedge_soxs.yaml")
    assert len(space_of(config, ["policy.exit=0.1:0.9", "policy.enter=0.1:0.9"])) == 2
    with pytest.raises(ConfigError, match=r"policy.exit 0.9 is above policy.enter"):
        space_of(config, ["policy.exit=0.1:0.9"])


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([], "a search needs a space"),
        (["trend_dys=1:3"], "did you mean trend_days"),
        (["trend_days"], "write key=low:high"),
        (["trend_days="], "has no values"),
        (["trend_days=9:5"], "the range is empty: 5 is below 9"),
        (["trend_days=10:20:0"], "the step has to be above 0"),
        (["trend_days=10:2e"], "of numbers"),
        (["trend_days=10.5:20"], "trend_days has to be a whole number"),
        (["trend_days=0:1e999999999"], "a range is of numbers from -1e"),
        (["hedge.weight=0:1:1e-999999999"], "more than 1,000,000 values are more than a search steps through"),
        ([f"trend_days=2:{'9' * 5000}"], "a range is of numbers from -1e"),
        (["trend_days=1:20"], "a whole number from 2 to 25,200"),
        (["hedge.weight=0.5:1.5"], "hedge.weight has to be a number from 0 to 1"),
        (["hedge.rebalance=1:2"], "--param hedge.rebalance=1:2: hedge.rebalance has to be"),
        (["hedge.weight=0.1,0.1"], "names a value twice"),
        (["hedge.weight=0.1:0.2", "hedge.weight=0.3:0.4"], "is given twice"),
    ],
)
def test_a_mistake_is_told_before_anything_runs(texts, said):
    with pytest.raises(ConfigError, match=said):
        space_of(load_config("hedge_soxs.yaml"), texts)

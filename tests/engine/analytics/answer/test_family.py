"""Adjusted p-values: one run alone keeps its own, copies cost nothing, and where nothing is true few are small."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from engine.analytics.answer import family
from engine.analytics.answer.family import Adjusted, adjusted_in_families, family_adjusted, two_sided


def by_hand(values):
    """Westfall and Young's step-down, a loop a run and a shift."""
    names = list(values)
    p = {
        name: [
            min(1.0, 2 * min(sum(v <= x for v in values[name]), sum(v >= x for v in values[name])) / len(values[name]))
            for x in values[name]
        ]
        for name in names
    }
    left, told, before = sorted(names, key=lambda name: p[name][0]), {}, 0.0
    while left:
        count = len(p[left[0]])
        beaten = sum(min(p[name][k] for name in left) <= p[left[0]][0] for k in range(count))
        before = max(before, beaten / count)
        told[left.pop(0)] = before
    return told


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 10_000), runs=st.integers(1, 5), shifts=st.integers(2, 40))
def test_it_is_the_step_down_by_hand(seed, runs, shifts):
    rng = np.random.default_rng(seed)
    values = {f"run {i}": rng.normal(size=shifts) for i in range(runs)}

    assert family_adjusted(values) == pytest.approx(by_hand(values))


def test_one_run_keeps_its_own_and_copies_of_it_cost_nothing():
    values = np.random.default_rng(1).normal(size=500)
    own = two_sided(values)[0]

    assert family_adjusted({"a": values}) == {"a": pytest.approx(own)}
    assert family_adjusted({"a": values, "b": values, "c": values}) == dict.fromkeys("abc", pytest.approx(own))


def test_a_family_without_timing_is_claimed_seldom():
    """Twelve independent runs, 400 times: some p is at most 5 % in one family of 20, by chance alone."""
    rng = np.random.default_rng(7)
    least = [min(family_adjusted({str(i): rng.normal(size=999) for i in range(12)}).values()) for _ in range(400)]

    assert np.mean(np.array(least) <= 0.05) == pytest.approx(0.05, abs=0.03)


def test_runs_of_different_spans_are_refused():
    with pytest.raises(ValueError, match="different spans"):
        family_adjusted({"a": np.zeros(10), "b": np.zeros(11)})


def test_runs_are_adjusted_among_those_of_their_own_family():
    rng = np.random.default_rng(11)
    values = {name: rng.normal(size=200) for name in "abcde"}
    families = {"a": 1, "b": 2, "c": 1, "d": 1, "e": 3}
    found = adjusted_in_families({name: family.Tested(families[name], t) for name, t in values.items()})

    assert list(found) == list("abcde")
    assert {name: one.runs for name, one in found.items()} == {"a": 3, "b": 1, "c": 3, "d": 3, "e": 1}
    among = by_hand({name: values[name] for name in "acd"})
    assert {name: found[name].p for name in "acd"} == pytest.approx(among)
    assert found["b"] == Adjusted(pytest.approx(two_sided(values["b"])[0]), 1)


def test_a_value_is_ranked_from_both_sides_and_never_above_one():
    assert two_sided(np.array([3.0, 1.0, 2.0, 3.0])) == pytest.approx([1.0, 0.5, 1.0, 1.0])
    assert two_sided(np.array([2.0, 1.0, 3.0])) == pytest.approx([1.0, 2 / 3, 2 / 3])

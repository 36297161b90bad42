"""Lattices: found where prices lie on one, to the last digit that tells, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest

from data.lattice import multiple, quotes, spacing_before, whole


def cents(rows=60, low=2000, high=2400, seed=0):
    return np.random.default_rng(seed).integers(low, high, (rows, 4)).astype(float)


@pytest.mark.parametrize("spacing", [0.01, 0.0066746331, 0.00024597067, 0.1, 3.7])
@pytest.mark.parametrize("near", [1.0, 0.993, None])
def test_a_spacing_is_found_near_the_next_one_and_anywhere(spacing, near):
    given = quotes((cents() * spacing).astype(np.float32).astype(float))

    found = spacing_before(given, 60, near and near * spacing, wide=near is None)

    assert found == pytest.approx(spacing, rel=1e-7)


def test_a_split_is_found_only_by_looking_everywhere():
    given = quotes((cents() * 0.0033).astype(np.float32).astype(float))

    assert spacing_before(given, 60, 0.0132, wide=False) is None
    assert spacing_before(given, 60, 0.0132, wide=True) == pytest.approx(0.0033, rel=1e-7)


def test_a_few_false_prints_are_passed_over():
    prices = cents() * 0.0066746331
    prices[::4, 1] += 0.0021

    assert spacing_before(quotes(prices), 60, None, wide=True) == pytest.approx(0.0066746331, rel=1e-7)


def test_of_dear_shares_a_longer_window_tells():
    """A lattice whose every price is a cent more fits five sessions as well."""
    prices = (cents(60, 95_000, 105_000) * 0.00099137).astype(np.float32).astype(float)

    assert spacing_before(quotes(prices), 60, None, wide=True) == pytest.approx(0.00099137, rel=1e-8)
    assert spacing_before(quotes(prices[-5:]), 5, None, wide=True) is None


def test_no_lattice_is_found_where_there_is_none():
    rng = np.random.default_rng(1)
    prices = rng.uniform(20, 24, (300, 4)).astype(np.float32).astype(float)
    some = np.where(rng.random((300, 4)) < 0.3, np.round(prices, 2), prices)
    for each in (prices, some):
        given = quotes(each)
        assert [end for end in range(20, 300, 7) if spacing_before(given, end, 0.01, wide=True)] == []


def test_prices_are_no_lattice_of_their_own_decimals():
    for decimals in (3, 4):
        prices = np.round(np.random.default_rng(2).uniform(2, 2.4, (60, 4)), decimals)

        assert spacing_before(quotes(prices), 60, None, wide=True) is None


def test_how_prices_are_written():
    prices = cents() * 0.01
    assert (quotes(prices).quantum, quotes(prices).digits) == (0.01, 4)
    assert quotes(np.round(prices * 0.73137, 4)).quantum == pytest.approx(1e-4)
    significant = np.array([[float(f"{price:.6g}") for price in row] for row in prices * 0.0037137])
    assert quotes(significant).digits == 6
    written = quotes((prices * 0.73137).astype(np.float32).astype(float))
    assert (written.quantum, written.digits) == (0.0, 0)
    np.testing.assert_array_equal(written.last(prices), 0)
    np.testing.assert_allclose(quotes(significant).last(np.array([0.0712, 1.23])), [1e-7, 1e-5])


def test_multiples_show_a_coarser_lattice():
    numbers = cents().ravel()

    assert multiple(numbers, 0.95, 0.15) == 1
    assert multiple(numbers * 6, 0.95, 0.15) == 6
    assert multiple(numbers * 4 + 1, 0.95, 0.15) is None  # a coarser lattice, a cent off
    assert multiple(np.append(numbers[:120], numbers[120:] * 2), 0.95, 0.15) is None  # may be either
    assert multiple(numbers[:10] * 2, 0.95, 0.15) is None  # too few to say so


def test_whole():
    np.testing.assert_array_equal(whole(np.array([1.0, 1.0009, 1.002, -3.0004]), 0.001), [True, True, False, True])

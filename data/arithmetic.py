"""Sums of products, logarithms and powers whose last bit no processor decides.

``@``, ``np.dot`` and `numpy.linalg` leave the order of a sum to BLAS, which takes another one on another processor, and
numpy has logarithms of its own for processors with AVX-512. Here a sum of products goes in numpy's own pairwise order,
which is the same everywhere, and functions are the C library's, as `math` and compiled code have them, by way of arrow.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from data.arrays import Floats
from data.arrow import arrow_of, floats_of


def dot(left: Floats, right: Floats) -> float:
    """Return the sum of products of two vectors, shape (n,) each."""
    return float((left * right).sum())


def weighted(columns: Floats, weights: Floats) -> Floats:
    """Return ``columns @ weights``, shape (rows,), added up from the first column on."""
    summed: Floats = product(columns, weights[:, np.newaxis])[:, 0]
    return summed


def product(left: Floats, right: Floats) -> Floats:
    """Return ``left @ right``, added up from the first column of `left` on; for few columns, as it is slow."""
    total = np.zeros((len(left), right.shape[1]))
    for column, row in zip(left.T, right, strict=True):
        total += column[:, np.newaxis] * row
    return total


def log(values: npt.ArrayLike) -> Floats:
    """Return the natural logarithm of each value, of one value a number: -inf of 0, NaN below it, no warning."""
    return _each("ln", values)


def log1p(values: npt.ArrayLike) -> Floats:
    """Return ``ln(1 + value)`` of each value, of one value a number: -inf of -1, NaN below it, no warning."""
    return _each("log1p", values)


def exp(values: npt.ArrayLike) -> Floats:
    """Return e to the power of each value, of one value a number."""
    return _each("exp", values)


def expm1(values: npt.ArrayLike) -> Floats:
    """Return ``e^value - 1`` of each value, of one value a number."""
    return _each("expm1", values)


def power(base: npt.ArrayLike, exponent: npt.ArrayLike) -> Floats:
    """Return each value to a power, of numbers a number: NaN of a negative one to a fraction, no warning."""
    return _each("power", *np.broadcast_arrays(base, exponent))


def _each(name: str, *values: npt.ArrayLike) -> Floats:
    import pyarrow as pa
    from pyarrow._compute import call_function  # pyarrow.compute wraps 300 functions first, which takes 40 ms

    given = [np.asarray(each, np.float64) for each in values]
    computed = call_function(name, [arrow_of(each.ravel(), pa.float64()) for each in given])
    return floats_of(computed).reshape(given[0].shape)[()]

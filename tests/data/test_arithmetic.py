"""Arithmetic that no processor decides: against `math` and exact sums; and nothing of ours goes round it."""

import ast
import math
from pathlib import Path

import numpy as np
import pytest

from data.arithmetic import dot, exp, expm1, log, log1p, power, product, weighted

ROOT = Path(__file__).resolve().parents[2]
VALUES = np.random.default_rng(0).lognormal(0.0, 3.0, 20_000)

PROCESSORS_OWN = {"exp", "expm1", "log", "log1p", "log2", "log10", "power", "float_power", "cbrt", "sin", "cos", "tanh"}
BY_BLAS = {
    "dot",
    "vdot",
    "inner",
    "matmul",
    "tensordot",
    "linalg",
    "polyfit",
    "cov",
    "corrcoef",
    "convolve",
    "correlate",
}
ALLOWED = {
    "data/audit/": "compared with thresholds, and told in a few digits",
    "data/importing/": "the same",
    "data/lattice.py": "compared with thresholds; what is kept is whole cents",
    "data/unadjusted.py": "the same",
    "data/simulate.py": "rounded to what is quoted; tests/data/test_demo.py pins its bytes",
    "data/as_traded.py": "the same",
    "data/demo_market.py": "the same",
    "engine/research/overfitting/superior.py": "its figures have 9 digits, and the product is of 1,000 x 4,000 x 500",
    "engine/research/overfitting/sharpe.py": "its figures have 9 digits, those of eigenvalues 4",
    "reports/": "drawn, not kept",
}
KEPT = "reports/comparison_numbers.py"
"""Its figures are given out as JSON."""


@pytest.mark.parametrize(
    ("ours", "plain"),
    [(log, math.log), (log1p, math.log1p), (exp, math.exp), (expm1, math.expm1)],
    ids=lambda each: each.__name__,
)
def test_functions_are_the_c_library_s(ours, plain):
    values = VALUES[VALUES < 500]

    assert ours(values).tolist() == [plain(value) for value in values.tolist()]
    assert ours(values[:6].reshape(2, 3)).tolist() == ours(values[:6]).reshape(2, 3).tolist()
    assert ours(values[0]) == plain(values[0])


def test_a_power_is_the_c_library_s():
    assert power(VALUES, 0.1).tolist() == [value**0.1 for value in VALUES.tolist()]
    assert power(10.0, np.arange(-9.0, 9.0)).tolist() == [10.0**k for k in range(-9, 9)]
    assert power(2.0, 0.5) == math.sqrt(2.0)


def test_what_is_undefined_is_as_in_numpy():
    odd = np.array([0.0, -0.5, -1.0, -2.0, math.nan, math.inf, 1e3, -1e3])

    with np.errstate(all="ignore"):
        for ours, theirs in ((log, np.log), (log1p, np.log1p), (exp, np.exp), (expm1, np.expm1)):
            np.testing.assert_array_max_ulp(ours(odd), theirs(odd), 1)
        np.testing.assert_array_max_ulp(power(odd, 0.5), odd**0.5, 1)


def test_what_is_given_may_be_written_into_and_be_empty():
    made = log(VALUES[::2])
    made -= 1.0

    assert np.log(VALUES[0]) - 1.0 == pytest.approx(made[0])
    assert log(np.empty(0)).shape == (0,)


def test_sums_of_products_are_exact_to_rounding():
    left, right = np.random.default_rng(1).normal(size=(2, 4_001))
    columns, weights = np.random.default_rng(2).normal(size=(7, 3)), np.array([0.5, 0.3, 0.2])

    assert dot(left, right) == pytest.approx(math.fsum(a * b for a, b in zip(left, right, strict=True)), abs=1e-12)
    exact = [math.fsum(a * b for a, b in zip(row, weights, strict=True)) for row in columns]
    assert weighted(columns, weights) == pytest.approx(exact, abs=1e-15)
    assert product(columns, np.eye(3)).tolist() == columns.tolist()


def own_way(path):
    """Give each place where a module leaves a last bit to BLAS or to numpy's own functions."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.MatMult):
            yield f"{path}:{node.lineno}: @"
        if (
            isinstance(node, ast.Attribute)
            and node.attr in PROCESSORS_OWN | BY_BLAS
            and ast.unparse(node.value) == "np"
        ):
            yield f"{path}:{node.lineno}: np.{node.attr}"


def test_nothing_that_is_kept_leaves_its_last_bit_to_the_processor():
    found = []
    for room in ("data", "strategies", "engine", "reports", "backtest"):
        for path in sorted((ROOT / room).rglob("*.py")):
            place = path.relative_to(ROOT).as_posix()
            if place == KEPT or not place.startswith(tuple(ALLOWED)):
                found += own_way(path)

    assert found == []

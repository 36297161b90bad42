"""The numbers of a sweep's page are numpy's, whatever the sweep."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from sweep_rows import DAYS, FLOOR, GRID, METRICS, WEIGHT, WORDS, by_hand, grid

from reports import sweep_numbers
from reports.sweep import cells
from reports.sweep_numbers import Rows, extract


def picked(rows, **wanted):
    """Where the rows are whose parameters are so."""
    return np.array([all(rows.values[k][at] == v for k, v in wanted.items()) for at in range(len(rows))])


@pytest.mark.parametrize("axes", [GRID, WORDS], ids=["numbers", "words"])
@pytest.mark.parametrize("holes", [0.0, 0.6])
def test_every_cell_is_the_best_and_the_median_of_its_rows(axes, holes):
    rows = grid(axes, holes=holes)
    keep = np.random.default_rng(1).random(len(rows)) < 0.8  # a random sweep: cells of unequal numbers of rows
    rows = Rows(
        rows.parameters,
        {k: [v for v, kept in zip(values, keep, strict=True) if kept] for k, values in rows.values.items()},
        {name: column[keep] for name, column in rows.metrics.items()},
        rows.total,
    )
    found = extract(rows, "cagr")
    assert [tuple(found.axes[at].key for at in pair) for pair in found.pairs] == list(itertools.combinations(axes, 2))
    for name, (which, pair) in itertools.product(METRICS, enumerate(found.pairs)):
        a, b = (found.axes[at] for at in pair)
        for (i, x), (j, y) in itertools.product(enumerate(a.values), enumerate(b.values)):
            inside = rows.metrics[name][picked(rows, **{a.key: x, b.key: y})]
            land = found.landscapes[name]
            expected = by_hand(inside, lower=name == "costs")
            got = (land.best[which][i, j], land.median[which][i, j])
            np.testing.assert_allclose(got, np.float32(expected), rtol=1e-6)


def test_too_many_values_share_cells(monkeypatch):
    monkeypatch.setattr(sweep_numbers, "NUMBERS", 2 * 12)
    axes = {DAYS: list(range(10, 20)), WEIGHT: [round(0.01 * i, 2) for i in range(7)]}
    rows = grid(axes, ("cagr",))
    found = extract(rows, "cagr")
    days, weight = found.axes
    assert found.layered
    assert (days.width, weight.width) == (4, 3)
    assert cells(days) == ["10 to 13", "14 to 17", "18 to 19"]
    assert cells(weight) == ["0 to 0.02", "0.03 to 0.05", "0.06"]
    table = rows.metrics["cagr"].reshape(10, 7)
    land = found.landscapes["cagr"]
    assert land.best[0][1, 0] == np.float32(table[4:8, :3].max())
    assert land.median[0][2, 2] == np.float32(np.median(table[8:, 6]))


def test_values_stand_in_order_numbers_first():
    found = extract(grid(WORDS), "cagr")
    assert [axis.values for axis in found.axes] == [("never", "daily", "on"), (5, 20, None), (True, False)]
    assert cells(found.axes[0]) == ["never", "daily", "on"]  # YAML 1.2: no boolean
    assert cells(found.axes[1]) == ["5", "20", "null"]


def test_a_missing_number_is_none():
    rows = Rows(("policy.max_hold",), {"policy.max_hold": np.array([np.nan, 5.0, np.nan])}, {"cagr": np.ones(3)}, 3)
    (axis,) = extract(rows, "cagr").axes
    assert axis.values == (5.0, None)
    assert cells(axis) == ["5", "null"]  # as --set takes a whole number
    assert axis.codes.tolist() == [1, 0, 1]


@pytest.mark.parametrize("name", ["cagr", "costs"])
def test_the_top_is_sorted_stable_and_defined(name):
    rows = grid(GRID, holes=0.3)
    column = np.round(rows.metrics[name], 1)  # many are equal
    rows = Rows(rows.parameters, rows.values, {name: column}, rows.total)
    known = [at for at in range(len(column)) if not np.isnan(column[at])]
    expected = sorted(known, key=lambda at: column[at] if name == "costs" else -column[at])[: sweep_numbers.SHOWN]
    assert extract(rows, name).landscapes[name].top.tolist() == expected


def test_above_the_limit_the_best_rows_are_held(monkeypatch):
    monkeypatch.setattr(sweep_numbers, "KEPT", 5)
    rows = grid(GRID)
    assert extract(rows, "cagr", limit=24).drawn.tolist() == list(range(24))
    found = extract(rows, "cagr", limit=23)
    assert found.drawn.tolist() == np.argsort(-rows.metrics["cagr"])[:5].tolist()
    held = np.r_[found.drawn, found.listed]
    assert all((found.columns[name] == rows.metrics[name][held]).all() for name in METRICS)


def test_neighbours_are_one_step_away_in_one_number():
    rows = grid({**GRID, "policy.max_hold": [5, None, 10], "hedge.rebalance": ["never", "daily"]})
    found = extract(rows, "cagr")
    best = int(np.argmax(rows.metrics["cagr"]))
    places = {DAYS: GRID[DAYS], FLOOR: GRID[FLOOR], WEIGHT: GRID[WEIGHT], "policy.max_hold": [5, 10]}

    def neighbour(at):
        differs = [key for key in rows.parameters if rows.values[key][at] != rows.values[key][best]]
        if len(differs) != 1 or differs[0] not in places:
            return False
        scale, pair = places[differs[0]], [rows.values[differs[0]][row] for row in (at, best)]
        return None not in pair and abs(scale.index(pair[0]) - scale.index(pair[1])) == 1

    expected = [rows.metrics["cagr"][at] for at in range(len(rows)) if neighbour(at)]
    assert len(expected) >= 3
    assert sorted(found.landscapes["cagr"].neighbours) == sorted(expected)

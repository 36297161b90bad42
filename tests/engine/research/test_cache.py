"""What combinations share is found by what it was made from: more worlds than are kept change no row."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from worlds import configured, days, source

from data.remembered import Remembered
from engine.research.cache import Cache, Recent, _packed, _unpacked
from engine.research.columns import COLUMNS
from engine.research.compute import Timer, compute
from engine.research.grid import Grid, grid_of, with_values
from engine.runs.execute import run

PARAMS = {"series": "SIGNAL", "by": "level", "threshold": 0.5, "memory": 1, "trend_days": 3}
LAGS, STARTS = "data.lag.SIGNAL=0:15:1", f"start={','.join(map(str, days()[30:46]))}"
WORLDS = {
    "lag": [LAGS, "threshold=0.2,0.4,0.6"],
    "start": [STARTS, "trend_days=2,4,7", "hedge.sizing=fixed,beta,proportional"],
    "lag and core": ["portfolio.core={AAA: 1},{AAA: 0.5, BBB: 0.5},{BBB: 1}", LAGS, "hedge.sizing=beta,proportional"],
    "start and costs": [STARTS, "execution.slippage_bps=0,40", "threshold=0.3,0.5"],
}


def swept(axes):
    config = configured({"strategy.class": "SeriesHedge", "strategy.params": PARAMS, "data.lag": {"SIGNAL": 0}})
    return config, grid_of(config, axes)


def few_kept(config, grid, fed):
    """Return ingredients that keep two worlds, and what was made in them for long: an address is soon another's."""
    made = Cache(config, grid, fed)
    made._kept |= {kind: Recent(2) for kind in ("market", "environment")}
    return made


def in_chunks(made, rows):
    """Compute a whole grid, so many rows at a time."""
    parts = [compute(made, first, first + rows, 1, Timer()) for first in range(0, len(made.grid), rows)]
    return {name: np.concatenate([part[name] for part in parts]) for name in (*COLUMNS, "failed")}


@pytest.mark.parametrize("axes", WORLDS.values(), ids=WORLDS)
def test_more_worlds_than_are_kept_give_the_rows_that_each_gives_by_itself(axes):
    fed = source(5, missing=False)
    config, grid = swept(axes)

    table = in_chunks(few_kept(config, grid, fed), 7)

    assert not table["failed"].any()
    for row in range(len(grid)):
        alone = Grid(grid.axes, np.arange(row, row + 1))
        afresh = compute(Cache(config, alone, fed), 0, 1, 1, Timer())
        for name in COLUMNS:
            np.testing.assert_array_equal(table[name][row], afresh[name][0], err_msg=f"row {row}: {name}")


def test_a_cash_rate_that_drives_made_history_makes_another_market():
    fed = source(5, events=False, missing=False)
    made_until = str(days()[60])
    config = configured(
        {
            "strategy.params": {"trend_days": 3, "volatility_floor": 0.0},
            "data.extend": {"HHH": {"underlying": "AAA", "before": made_until}},
        }
    )
    grid = grid_of(config, ["execution.cash_rate=0.0,0.6"])

    table = compute(Cache(config, grid, fed), 0, 2, 1, Timer())

    alone = compute(Cache(config, Grid(grid.axes, np.array([1])), fed), 0, 1, 1, Timer())
    assert not table["failed"].any()
    assert table["final_equity"][1] == alone["final_equity"][0]


def test_a_buffer_is_in_the_unhedged_book_too():
    fed = source(5, missing=False)
    config = configured({"hedge.funding": "cash_buffer", "strategy.params": {"trend_days": 3, "volatility_floor": 0.0}})
    grid = grid_of(config, ["hedge.buffer=0.1,0.4"])

    table = compute(Cache(config, grid, fed), 0, 2, 1, Timer())

    for row, places in enumerate(grid.indices(0, 2)):
        ran = run(with_values(config, {("hedge", "buffer"): grid.axes[0].values[places[0]]}), fed).figures
        above = ran["total_return"] - ran["controls"]["unhedged"]["total_return"]
        assert table["total_return_vs_unhedged"][row] == pytest.approx(above, rel=1e-9)


OWN = """
from dataclasses import dataclass
from backtest import Strategy

SEEN = []

@dataclass(frozen=True)
class Own(Strategy):
    fast: int = 2
    slow: int = 9
    levels: tuple[float, ...] = (0.1, 0.2)

    def __post_init__(self):
        super().__post_init__()
        SEEN.append(self.fast)
        if self.fast >= self.slow:
            raise ValueError(f"{self.fast} against {self.slow} after {SEEN}")

    def intensity(self, market):
        level = market.total_return()
        SEEN.append(0)
        return ((level * 1e3).astype(int) % self.slow < self.fast) * 0.1 * min(len(SEEN), 9) + self.levels[0]
"""
"""Keeps what it saw in its module, which counts in what it says and in how it fails."""
WEAK = {"signals": {"weak": {"signal": "moving_average_gap", "days": 5, "below": 0}}}
SETS = {
    "numbers": ("WeaknessHedge", {}, ["trend_days=2:6:1", "volatility_floor=0,0.2"], 0),
    "words": ("SeriesHedge", PARAMS, ["by=level,change", "threshold=0.2,0.6"], 0),
    "nested": ("CompositeHedge", WEAK, ["signals.weak.below=0,0.05", "signals.weak.release=0.02,0.07"], 1),
    "own": ("own.py:Own", {}, ["fast=1,3,7", "slow=4,8", "levels=[0.05],[0.1, 0.3]"], 2),
    "class too": ("WeaknessHedge", {}, ["strategy.class=WeaknessHedge,VolatilityHedge", "policy.min_hold=0,3"], 0),
}


@pytest.mark.parametrize(("cls", "params", "axes", "refused"), SETS.values(), ids=SETS)
def test_a_set_of_parameters_is_what_a_whole_config_makes_of_it(cls, params, axes, refused, monkeypatch, tmp_path):
    """The same rows to the bit, and what is refused in the same words."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(OWN)
    fed = source(5, missing=False)
    config = configured({"strategy.class": cls, "strategy.params": params})
    grid = grid_of(config, axes)

    table = compute(Cache(config, grid, fed), 0, len(grid), 1, Timer())

    monkeypatch.setattr(Cache, "_strategy", lambda *_: None)
    whole = compute(Cache(config, grid, fed), 0, len(grid), 1, Timer())
    assert np.count_nonzero(whole["failed"]) == refused
    for name in (*COLUMNS, "failed"):
        np.testing.assert_array_equal(table[name], whole[name], err_msg=name)


@pytest.mark.parametrize("case", ["numbers", "words", "nested", "own"])
def test_a_set_of_parameters_alone_needs_no_whole_config(case, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text(OWN)
    cls, params, axes, refused = SETS[case]
    config = configured({"strategy.class": cls, "strategy.params": params})
    made = Cache(config, grid_of(config, axes), source(5, missing=False))
    indices = list(np.ndindex(*(len(axis.values) for axis in made.grid.axes)))
    env, asked = made.environment(()), []
    monkeypatch.setattr(Cache, "_config", lambda _, chosen: asked.append(chosen) or config)

    for chosen in indices:
        made.signal(env, chosen)

    assert len(asked) == refused


def test_a_sweep_of_two_parameters_computes_each_signal_once(monkeypatch):
    made, keep = [], Remembered._keep
    monkeypatch.setattr(Remembered, "_keep", lambda *given: (made.append(given[1][0][1]), keep(*given)))
    config = configured({"strategy.params": {"trend_days": 3, "volatility_floor": 0.0}})
    grid = grid_of(config, ["volatility_floor=0:0.5:0.1", "trend_days=2:9:1"])

    table = compute(Cache(config, grid, source(5, missing=False)), 0, len(grid), 1, Timer())

    assert not table["failed"].any()
    made = [name for name in made if name in ("moving_average", "realised_volatility")]
    assert sorted(made) == ["moving_average"] * 8 + ["realised_volatility"]


@given(
    intensity=st.one_of(
        st.lists(st.sampled_from([0.0, 1.0]), max_size=40),
        st.lists(st.sampled_from([0.0, -0.0, 1.0, 0.25]), max_size=40),
    ).map(np.array)
)
def test_an_intensity_is_the_same_bits_when_it_was_packed(intensity):
    packed = _packed(intensity.astype(float))
    found = _unpacked(packed, len(intensity))
    assert found.tobytes() == intensity.astype(float).tobytes()
    assert found.flags.writeable
    assert found.flags.owndata
    if set(intensity.tolist()) <= {0.0, 1.0} and not np.signbit(intensity).any():
        assert packed.nbytes == -(-len(intensity) // 8)


def test_a_set_is_asked_once_though_more_are_tried_than_are_kept(monkeypatch):
    asked, ask = [], Cache._asked
    monkeypatch.setattr(Cache, "_asked", lambda *given: (asked.append(given[2]), ask(*given))[1])
    config = configured({"strategy.params": {"trend_days": 3, "volatility_floor": 0.0}})
    grid = grid_of(config, ["trend_days=2:9:1", "volatility_floor=0,0.2"])
    made = Cache(config, grid, source(5, missing=False))
    made._kept["signal"] = Recent(2)

    table = compute(made, 0, len(grid), 1, Timer())

    assert not table["failed"].any()
    assert len(asked) == len(grid) == 16

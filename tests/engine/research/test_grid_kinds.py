"""Axes of any kind: keys of maps that the run doesn't set, and values that aren't all of one type."""

import pytest

from backtest import load_config, run, sweep
from data.errors import ConfigError
from engine.research.grid import grid_of, with_values

SHORT = ["start=2019-01-02", "end=2020-12-31", "controls=off"]


def series_hedge():
    return load_config("hedge_soxs_series.yaml", SHORT)


def test_the_lag_of_a_series_is_swept_though_the_run_sets_none():
    config = series_hedge()
    frame = sweep(config, {"data.lag.VIX": [0, 40]}, workers=1)
    for lag, equity in zip(frame["data.lag.VIX"], frame["final_equity"], strict=True):
        alone = run(with_values(config, {("data", "lag"): {"VIX": lag}}))
        assert equity == pytest.approx(alone.figures["final_equity"], rel=1e-9)
    assert frame["final_equity"].nunique() == 2


def test_a_strategy_s_parameters_and_a_section_s_keys_are_still_told_when_mistyped():
    for key in ("strategy.params.ovr", "hedge.weight.SOXS", "data.lags.VIX"):
        with pytest.raises(ConfigError, match=f"{key} is unknown"):
            grid_of(series_hedge(), [f"{key}=1,2"])


MIXED = {
    "execution.cash_rate": ["IRX", 0.02],
    "execution.commission_bps": [0, {"SOXS": 5, "SOXX": 1}],
}


@pytest.mark.parametrize("key", MIXED)
def test_values_of_several_types_are_swept(key):
    frame = sweep(series_hedge(), {key: MIXED[key]}, workers=1)
    assert list(frame[key]) == MIXED[key]
    assert frame["final_equity"].nunique() == 2

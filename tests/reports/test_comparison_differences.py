"""What differs between runs: every key of the configs, inputs by content, and the code."""

import pytest
from kept_runs import edited, keep

from reports.comparison_differences import differences


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    folder = tmp_path_factory.mktemp("runs")
    later = ("start=2019-08-01", "end=2020-05-15", "portfolio.cash=5000", "name=later", "hedge.weight=0.1")
    cheap = ("controls=off", "name=quick", "trend_days=20"), ("controls=off", *later)
    return [keep(folder, "controls=off"), *(keep(folder, *settings) for settings in cheap)]


def test_what_differs_is_told_key_by_key(runs):
    told = differences(runs)
    assert told["strategy.params.trend_days"] == ("50", "20", "50")
    assert told["start"] == ("2019-01-02", "2019-01-02", "2019-08-01")
    assert told["hedge.weight"] == ("0.15", "0.15", "0.1")
    assert told["portfolio.cash"] == ("100000", "100000", "5000")
    assert set(told) == {"strategy.params.trend_days", "start", "end", "hedge.weight", "portfolio.cash"}
    other = {**runs[0].settings, "strategy": {"class": "Other", "params": {"deep": {"x": None}, "on": True}}}
    told = differences([runs[0], edited(runs[0], settings=other)])
    assert told == {
        "strategy.class": ("WeaknessHedge", "Other"),
        "strategy.params.trend_days": ("50", "-"),
        "strategy.params.volatility_floor": ("0.25", "-"),
        "strategy.params.deep.x": ("-", "null"),
        "strategy.params.on": ("-", "true"),
    }


def test_other_inputs_and_other_code_differ_too(runs):
    """An input that ends with the run differs between runs that end apart: that is told by `end` alone."""
    manifest = runs[0].manifest
    fed = {**manifest["data"], "bars/SOXS": "0123456789abcdef"}
    other = edited(runs[0], manifest={"data": fed, "code": "0.0.9", "engine": "backtrader"})
    assert differences([runs[0], other]) == {
        "engine": ("python", "backtrader"),
        "code": (manifest["code"], "0.0.9"),
        "data bars/SOXS": (manifest["data"]["bars/SOXS"][:8], "01234567"),
    }
    assert not any(key.startswith("data") for key in differences(runs))

"""Where a kept run comes from, and what it changes."""

import pytest
from kept_runs import SPAN, keep

from backtest import load_config
from engine.runs.origin import RunOrigin, origin_of
from engine.runs.record import config_yaml
from strategies.load import RUNS

SPANNED = {"start": SPAN[0].removeprefix("start="), "end": SPAN[1].removeprefix("end=")}


def written(tmp_path, *settings, file="hedge_soxs.yaml"):
    (tmp_path / "config.yaml").write_text(config_yaml(load_config(file, settings)), encoding="utf-8")
    return origin_of(tmp_path)


@pytest.mark.parametrize("file", sorted(path.name for path in RUNS.glob("*.yaml")))
def test_a_shipped_run_changes_nothing(tmp_path, file):
    assert written(tmp_path, file=file) == RunOrigin(file, {})


def test_what_a_run_changes_of_the_shipped_one_is_told_as_set_takes_it(tmp_path):
    told = written(tmp_path, "hedge.weight=0.3", "trend_days=20", "hedge.rebalance=never", "end=2024-12-31")
    changes = {"end": "2024-12-31", "hedge.weight": "0.3", "hedge.rebalance": "never", "trend_days": "20"}
    assert (told.shipped, dict(told.changes)) == ("hedge_soxs.yaml", changes)
    again = [f"{key}={value}" for key, value in told.changes.items()]
    assert load_config("hedge_soxs.yaml", again) == load_config(tmp_path / "config.yaml")


def test_another_name_is_compared_with_the_defaults(tmp_path):
    told = written(tmp_path, "name=mine", "trend_days=21")
    assert (told.shipped, told.changes["trend_days"]) == (None, "21")
    assert "volatility_floor" not in told.changes or told.changes["volatility_floor"] == "0.25"


def test_a_kept_run_s_source_is_no_change(tmp_path):
    assert origin_of(keep(tmp_path).folder) == RunOrigin("hedge_soxs.yaml", SPANNED)


def test_a_strategy_of_the_user_s_is_not_run_to_list_it(tmp_path):
    (tmp_path / "config.yaml").write_text(
        config_yaml(load_config("hedge_soxs.yaml", ["name=own"])).replace("WeaknessHedge", "bomb.py:Bomb")
    )
    (tmp_path / "bomb.py").write_text("raise SystemExit('run')")
    told = origin_of(tmp_path)
    assert told.changes["strategy.class"] == "bomb.py:Bomb"
    assert "trend_days" in told.changes


def test_a_config_that_can_not_be_read_has_no_origin(tmp_path):
    assert origin_of(tmp_path) is None
    (tmp_path / "config.yaml").write_text("- 1\n")
    assert origin_of(tmp_path) is None
    (tmp_path / "config.yaml").write_text("a: [\n")
    assert origin_of(tmp_path) is None

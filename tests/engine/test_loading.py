"""From YAML and settings to a RunConfig: what counts over what, where a fault is said to be, no crash on anything."""

import datetime as dt
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.errors import ConfigError, UserError
from engine.config import RunConfig
from engine.loading import build_config, find_run, load_config, with_data
from engine.runs.record import config_yaml
from strategies.load import RUNS

MINE = """\
from dataclasses import dataclass

from backtest import Strategy, parameter


@dataclass(frozen=True)
class Mine(Strategy):
    weight: float = parameter({default}, at_least=0, at_most=1)

    def intensity(self, market):
        return market.close() * 0
"""
GUEST = """\
import backtrader as bt


class Guest(bt.Strategy):
    params = (("days", 3),)
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])


def written(folder, text, name="run.yaml"):
    path = folder / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def refusal(path, *settings):
    with pytest.raises(ConfigError) as caught:
        load_config(path, settings)
    said = str(caught.value)
    assert len(said.splitlines()) == 1
    return said


# What a run resolves to


def test_the_shipped_run_writes_the_defaults_out():
    shipped = load_config(RUNS / "hedge_soxs.yaml")
    assert shipped == build_config({})
    bare = RunConfig()
    assert shipped.model_copy(update={"strategy": bare.strategy}) == bare
    assert shipped.strategy.params == {"trend_days": 50, "volatility_floor": 0.25}


@pytest.mark.parametrize("path", sorted(RUNS.glob("*.yaml")), ids=lambda path: path.name)
def test_a_resolved_run_as_yaml_resolves_to_itself(path, tmp_path):
    config = load_config(path, ["portfolio.core={SOXX: 0.5, SPY: 0.5}", "policy.max_hold=30", "end=2024-05-31"])
    again = load_config(written(tmp_path, config_yaml(config)))
    assert again == config
    assert config_yaml(again) == config_yaml(config)


def test_data_given_by_hand_is_a_csv_source_with_a_path_in_full(tmp_path):
    config = with_data(build_config({}), "history")
    assert (config.data.source, config.data.path) == ("csv", str(tmp_path / "history"))


# What counts over what


def test_a_setting_counts_over_the_file_and_a_later_one_over_an_earlier_one(tmp_path):
    path = written(tmp_path, "hedge: {weight: 0.1, band: 0.02}\n")
    hedge = load_config(path, ["hedge.weight=0.2", "hedge.weight=0.3"]).hedge
    assert (hedge.weight, hedge.band) == (0.3, 0.02)


def test_a_setting_may_hold_a_whole_section_or_nothing(tmp_path):
    path = written(tmp_path, "hedge: {weight: 0.1, band: 0.02}\npolicy: {max_hold: 5}\n")
    config = load_config(path, ["hedge={weight: 0.2}", "policy.max_hold="])
    assert (config.hedge.weight, config.hedge.band, config.policy.max_hold) == (0.2, 0.05, None)


@pytest.mark.parametrize("key", ["trend_days", "strategy.params.trend_days"])
def test_a_strategys_parameter_may_be_named_alone_or_in_full(key):
    assert build_config({}, [f"{key}=120"]).strategy.params["trend_days"] == 120


def test_a_parameter_named_alone_is_of_the_class_that_was_set_before():
    config = build_config({}, ["strategy.class=VolatilityHedge", "top=0.8"])
    assert config.strategy.params["top"] == 0.8


def test_a_parameter_of_ones_own_class_may_bear_the_name_of_a_key(tmp_path):
    written(tmp_path, MINE.format(default=1.0), "mine.py")
    path = written(tmp_path, "strategy: {class: 'mine.py:Mine'}\n")
    config = load_config(path, ["weight=0.25"])
    assert (config.strategy.params, config.hedge.weight) == ({"weight": 0.25}, 0.15)


def test_dates_come_from_yaml_and_from_text(tmp_path):
    config = load_config(written(tmp_path, "start: 2015-03-02\nend: '2016-03-02'\n"))
    assert (config.start, config.end) == (dt.date(2015, 3, 2), dt.date(2016, 3, 2))


def test_the_tree_that_was_given_is_left_as_it_was():
    tree = {"hedge": {"weight": 0.1}}
    build_config(tree, ["hedge.weight=0.2"])
    assert tree == {"hedge": {"weight": 0.1}}


# Where files are looked for


def test_a_run_of_ones_own_comes_before_the_shipped_one(tmp_path):
    assert find_run("hedge_soxs.yaml") == (RUNS / "hedge_soxs.yaml", True)
    own = written(tmp_path, "name: mine\n", "hedge_soxs.yaml")
    path, shipped = find_run("hedge_soxs.yaml")
    assert (path.resolve(), shipped) == (own, False)


@pytest.mark.parametrize("file", ["../hedge_soxs.yaml", "sub/hedge_soxs.yaml", "base.py", "load.py", "signals"])
def test_only_a_runs_bare_name_is_looked_for_among_the_shipped_ones(file):
    with pytest.raises(ConfigError, match="no such file"):
        find_run(file)


def test_a_mistyped_run_is_answered_with_a_near_one_beside_it(tmp_path):
    written(tmp_path / "sub", "name: a\n", "my_hedge.yaml")
    with pytest.raises(ConfigError, match=r"sub/my_hegde.yaml: no such file, did you mean my_hedge.yaml\?"):
        find_run("sub/my_hegde.yaml")


def test_a_strategys_file_is_looked_for_beside_the_yaml_and_then_where_one_stands(tmp_path):
    path = written(tmp_path / "sub", "strategy: {class: 'mine.py:Mine'}\n")
    written(tmp_path, MINE.format(default=0.1), "mine.py")
    here = load_config(path).strategy
    assert (here.named, here.params) == (f"{tmp_path}/mine.py:Mine", {"weight": 0.1})
    written(tmp_path / "sub", MINE.format(default=0.2), "mine.py")
    beside = load_config(path).strategy
    assert (beside.named, beside.params) == (f"{tmp_path}/sub/mine.py:Mine", {"weight": 0.2})


# Where a fault is said to be


def test_a_fault_between_two_keys_is_where_either_was_written(tmp_path):
    path = written(tmp_path, "name: a\npolicy:\n  min_hold: 8\n")
    said = "policy.min_hold 8 is above policy.max_hold 3: lower one of them"
    assert refusal(path, "policy.max_hold=3") == f"--set policy.max_hold=3: {said}"
    path = written(tmp_path, "name: a\npolicy:\n  max_hold: 3\n  min_hold: 8\n")
    assert refusal(path) == f"run.yaml:4: {said}"


def test_a_default_that_does_not_fit_is_told_where_the_other_key_stands(tmp_path):
    path = written(tmp_path, "name: a\nportfolio:\n  cash: 5\n  core: {SOXS: 1}\n")
    assert refusal(path) == "run.yaml:4: hedge.instrument SOXS is in portfolio.core too: hold something else"


def test_a_setting_below_the_fault_or_above_it_is_named(tmp_path):
    path = written(tmp_path, "name: a\nhedge:\n  weight: 0.1\n")
    below = "--set hedge.weight.x=1: hedge.weight is a value, it holds no keys"
    assert refusal(path, "hedge.weight.x=1") == below
    beside = "--set portfolio.core.SPY=0.5: portfolio.core has to sum to 1, not 0.5"
    assert refusal(path, "portfolio.core.SPY=0.5") == beside
    above = "--set hedge={weight: 2}: hedge.weight has to be a number from 0 to 1, not 2"
    assert refusal(path, "hedge={weight: 2}") == above


def test_a_missing_key_is_told_at_the_section_that_needs_it(tmp_path):
    said = "data.path is missing: source csv needs the folder that holds bars/ and series/"
    assert refusal(written(tmp_path, "name: a\ndata:\n  source: csv\n")) == f"run.yaml:2: {said}"
    assert refusal(written(tmp_path, "name: a\n"), "data.source=csv") == f"--set data.source=csv: {said}"


def test_a_parameter_that_is_missing_is_told_at_the_class(tmp_path):
    written(tmp_path, MINE.format(default=1.0).replace(" = parameter(1.0, at_least=0, at_most=1)", ""), "mine.py")
    path = written(tmp_path, "name: a\nstrategy:\n  class: mine.py:Mine\n")
    assert refusal(path) == "run.yaml:2: Mine needs the parameter weight: write it under strategy.params"


def test_a_class_that_is_not_there_is_told_before_a_parameter_of_it(tmp_path):
    path = written(tmp_path, "name: a\nstrategy:\n  class: WeaknesHedge\n")
    assert refusal(path, "trend_days=3").startswith("run.yaml:3: there is no strategy WeaknesHedge, did you mean")


def test_a_guests_parameters_are_backtraders(tmp_path):
    written(tmp_path, GUEST, "guest.py")
    path = written(tmp_path, "strategy: {class: 'guest.py:Guest'}\n")
    assert load_config(path, ["days=5"]).strategy.params == {"days": 5}
    assert "Guest has no parameter dayz, did you mean days?" in refusal(path, "dayz=5")


# Nothing crashes

leaves = st.none() | st.booleans() | st.integers(-3, 400) | st.floats(width=16) | st.sampled_from(["SOXX", "", "on"])
values = st.recursive(leaves, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(), inner, max_size=2))
sections = {name: getattr(field.annotation, "model_fields", {}) for name, field in RunConfig.model_fields.items()}
keys = st.sampled_from(
    sorted([*sections, *(f"{name}.{inner}" for name, inners in sections.items() for inner in inners)])
)


@given(st.dictionaries(keys, values, max_size=4))
def test_any_values_under_known_keys_make_a_run_or_one_line(given):
    tree = {}
    for key, value in given.items():
        section, _, inner = key.partition(".")
        if inner and isinstance(tree.setdefault(section, {}), dict):
            tree[section][inner] = value
        elif not inner:
            tree[section] = value
    try:
        config = build_config(tree)
    except ConfigError as fault:
        assert len(str(fault).split("\n")) == 1
    else:
        assert build_config(config.model_dump(mode="python")) == config


@given(st.lists(st.text() | st.builds("{}={}".format, keys, st.text(max_size=8)), max_size=3))
def test_any_settings_make_a_run_or_one_refusal(settings):
    try:
        assert isinstance(build_config({}, settings), RunConfig)
    except UserError as fault:
        assert str(fault)

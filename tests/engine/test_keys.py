"""Keys of hedges: in a file, in --set and in sweeps; what a setting drops, and where a fault is said to be."""

import pytest

from data.errors import ConfigError
from engine.config import RunConfig
from engine.keys import fields_at
from engine.loading import build_config, full_keys, load_config
from engine.research.grid import value_at, with_values
from engine.runs.record import config_yaml

TWO = """\
name: two
hedges:
- {weight: 0.1}
- kind: asset
  instrument: TLT
  weight: 0.2
"""
OWN = """\
hedges:
- instrument: SOXS
  weight: 0.1
  strategy:
    class: VolatilityHedge
    params:
      top: 0.8
- {kind: cash, weight: 0.3}
"""


def written(folder, text):
    path = folder / "run.yaml"
    path.write_text(text)
    return path


def refusal(folder, text, *settings):
    with pytest.raises(ConfigError) as caught:
        load_config(written(folder, text), settings)
    said = str(caught.value)
    assert len(said.splitlines()) == 1
    return said


def test_the_first_of_hedges_is_hedge_where_it_is_the_only_one(tmp_path):
    one = load_config(written(tmp_path, "hedge: {weight: 0.1}\n"), ["hedges.0.weight=0.2"])
    listed = load_config(written(tmp_path, "hedges: [{weight: 0.1}]\n"), ["hedge.weight=0.2"])

    assert one == listed
    assert one.hedge.weight == 0.2
    assert full_keys(one, "hedges.0.weight", "here") == ("hedge", "weight")


def test_one_of_several_is_set_by_its_number(tmp_path):
    config = load_config(written(tmp_path, TWO), ["hedges.1.weight=0.3", "hedges.1.policy.enter=0.7"])

    assert [leg.weight for leg in config.legs] == [0.1, 0.3]
    assert config.legs[0].policy is None
    assert config.legs[1].policy.enter == 0.7


def test_what_one_hedge_says_for_all_is_set_for_all(tmp_path):
    settings = ["hedges.0.funding=cash_buffer", "hedges.0.buffer=0.5"]
    config = load_config(written(tmp_path, TWO), settings)

    assert [(leg.funding, leg.buffer) for leg in config.legs] == [("cash_buffer", 0.5)] * 2
    assert with_values(load_config(written(tmp_path, TWO)), {("hedges", "0", "funding"): "margin"}).legs[1].funding == (
        "margin"
    )


def test_a_hedges_own_policy_begins_as_the_runs(tmp_path):
    settings = ["hedges.1.policy.enter=0.7", "policy.confirm=3"]
    config = load_config(written(tmp_path, TWO), settings)
    swept = with_values(build_config({"policy": {"confirm": 2}}), {("hedge", "policy", "enter"): 0.9})

    assert (config.legs[1].policy.enter, config.legs[1].policy.confirm) == (0.7, 3)
    assert (swept.hedge.policy.enter, swept.hedge.policy.confirm, swept.policy.enter) == (0.9, 2, 0.5)


@pytest.mark.parametrize(
    ("settings", "kind", "instrument", "leverage"),
    [
        (["hedge.kind=cash"], "cash", "BILLS", None),
        (["hedges.0.kind=short"], "short", "SOXX-SHORT", None),
        (["hedge.kind=option"], "option", "SOXX-PUT95", None),
        (["hedge.kind=asset", "hedge.instrument=TLT"], "asset", "TLT", None),
        (["hedge.instrument=TLT", "hedge.kind=asset"], "asset", "TLT", None),
        (["hedge.kind=fund"], "fund", "SOXS", -3.0),
        (["hedge.kind=asset"], "asset", "SOXS", None),
        (["hedge.kind=asset", "hedge.kind=fund"], "fund", "SOXS", -3.0),
    ],
)
def test_a_kind_takes_what_belonged_to_another_with_it(settings, kind, instrument, leverage):
    hedge = load_config_shipped(settings).hedge

    assert (hedge.kind, hedge.instrument, hedge.leverage) == (kind, instrument, leverage)
    assert hedge.weight == 0.15
    assert hedge.max_weight == (0.5 if kind in ("fund", "short") else 1.0)


def load_config_shipped(settings):
    from strategies.load import RUNS

    return load_config(RUNS / "hedge_soxs.yaml", settings)


def test_a_kind_is_an_axis_and_a_name_follows_what_it_is_made_of():
    swept = with_values(build_config({}), {("hedge", "kind"): "cash"})
    struck = build_config({"hedge": {"kind": "option"}})

    assert (swept.hedge.instrument, swept.hedge.leverage) == ("BILLS", None)
    assert with_values(swept, {("hedge", "kind"): "fund"}).hedge == build_config({}).hedge
    assert with_values(struck, {("hedge", "option", "strike"): 90.0}).hedge.instrument == "SOXX-PUT90"
    assert build_config(struck.model_dump(), ["hedge.option.strike=85"]).hedge.instrument == "SOXX-PUT85"


def test_an_own_strategy_is_resolved_like_the_runs(tmp_path):
    config = load_config(written(tmp_path, OWN), ["hedges.0.strategy.params.top=0.9"])
    assert config.legs[0].strategy.params["top"] == 0.9
    assert set(config.legs[0].strategy.params) > {"top"}

    other = load_config(written(tmp_path, OWN), ["hedges.0.strategy.class=WeaknessHedge"])
    assert "top" not in other.legs[0].strategy.params


@pytest.mark.parametrize("text", [TWO, OWN, "hedges: [{kind: option, option: {structure: collar}}]\n"])
def test_a_resolved_run_of_any_hedges_resolves_to_itself(text, tmp_path):
    config = load_config(written(tmp_path, text), ["policy.max_hold=30"])
    again = load_config(written(tmp_path, config_yaml(config)))

    assert again == config
    assert config_yaml(again) == config_yaml(config)


def test_an_axis_may_be_of_any_hedge(tmp_path):
    config = load_config(written(tmp_path, OWN))

    for key, value in (
        ("hedges.0.weight", 0.3),
        ("hedges.1.policy.enter", 0.6),
        ("hedges.0.strategy.params.top", 0.7),
        ("hedges.1.strategy.params.trend_days", 20),
    ):
        keys = full_keys(config, key, "here")
        assert ".".join(keys) == key
        assert value_at(with_values(config, {keys: value}), keys) == value


FAULTS = {
    "a key of a hedge": (
        "hedges:\n- {weight: 0.1}\n- kind: asset\n  instrumnt: TLT\n",
        "run.yaml:4: hedges.1.instrumnt is unknown, did you mean instrument?",
    ),
    "a key of an option": (
        "hedge:\n  kind: option\n  option:\n    strik: 90\n",
        "run.yaml:4: hedge.option.strik is unknown, did you mean strike?",
    ),
    "a key of an own policy": (
        "hedges:\n- weight: 0.1\n  policy:\n    entr: 1\n- {kind: cash}\n",
        "run.yaml:4: hedges.0.policy.entr is unknown, did you mean enter?",
    ),
    "a number of the first": (
        "hedges:\n- weight: 2\n- {kind: cash, weight: 0.1}\n",
        "run.yaml:2: hedges.0.weight has to be a number from 0 to 1, not 2",
    ),
    "a kind": (
        "hedges:\n- {weight: 0.1}\n- {kind: gold}\n",
        "run.yaml:3: hedges.1.kind has to be 'fund', 'asset', 'cash', 'short' or 'option', not 'gold'",
    ),
    "an asset without instrument": (
        "hedges:\n- {weight: 0.1}\n- {kind: asset}\n",
        "run.yaml:3: hedges.1.instrument is missing: kind asset needs one, such as TLT",
    ),
    "leverage on an asset": (
        "hedge:\n  kind: asset\n  instrument: TLT\n  leverage: -1\n",
        "run.yaml:4: hedge.leverage is a fund's: take it out, kind asset has none",
    ),
    "a stop of an option's own": (
        "hedges:\n- {weight: 0.1}\n- kind: option\n  policy: {take_profit: 0.5}\n",
        "run.yaml:4: hedges.1.policy.take_profit can't be read of an option: take it out",
    ),
    "the run's stop": (
        "policy: {stop_loss: 0.5}\nhedges:\n- {weight: 0.1}\n- kind: option\n",
        "run.yaml:1: policy.stop_loss can't be read of an option, hedges.1: take it out",
    ),
    "bills on margin": (
        "hedge:\n  kind: cash\n  funding: margin\n",
        "run.yaml:3: hedge.funding margin is for what is bought: kind cash sells core, so take it out",
    ),
    "bills beside a buffer": (
        "hedges:\n- {weight: 0.1, funding: cash_buffer}\n- kind: cash\n",
        "run.yaml:3: hedges.1.funding cash_buffer is for what is bought: kind cash sells core, so take it out",
    ),
    "an option's strikes": (
        "hedge:\n  kind: option\n  option:\n    structure: collar\n    sold_strike: 90\n",
        "run.yaml:5: hedge.option.sold_strike 90 has to be above hedge.option.strike 95",
    ),
    "an own policy's order": (
        "hedges:\n- {weight: 0.1}\n- kind: cash\n  policy:\n    enter: 0.2\n",
        "run.yaml:5: hedges.1.policy.exit 0.5 is above hedges.1.policy.enter 0.2: lower exit or raise enter",
    ),
    "both": (
        "hedge: {weight: 0.1}\nhedges:\n- {weight: 0.2}\n",
        "run.yaml:1: hedge and hedges are both there: write every hedge into hedges",
    ),
    "none": ("name: a\nhedges: []\n", "run.yaml:2: hedges is empty: write one hedge at least, or take it out"),
    "no list": ("hedges: {weight: 0.1}\n", "run.yaml:1: hedges has to be a list, not {'weight': 0.1}"),
    "no hedge": ("hedges:\n- {weight: 0.1}\n- TLT\n", "run.yaml:3: hedges.1 has to hold keys and values, not 'TLT'"),
    "weights": (
        "hedges:\n- {weight: 0.3}\n- {kind: cash, weight: 0.8}\n",
        "run.yaml:1: hedges weigh up to 1.1 together, and the core pays for 1: lower their weights",
    ),
    "the core's": (
        "portfolio: {core: {SOXX: 0.5, TLT: 0.5}}\nhedges:\n- {weight: 0.1}\n- kind: asset\n  instrument: TLT\n",
        "run.yaml:5: hedges.1.instrument TLT is in portfolio.core too: hold something else",
    ),
    "another contract of that name": (
        "hedges:\n- {kind: option, option: {strike: 95}}\n- kind: option\n  option: {structure: collar, skew: 2}\n",
        "run.yaml:2: hedges.0.option and hedges.1.option trade the put at 95 % on terms apart: keep one of them",
    ),
    "an own strategy": (
        "hedges:\n- {kind: cash}\n- weight: 0.1\n  strategy:\n    class: VolatilityHdge\n",
        "run.yaml:5: there is no strategy VolatilityHdge, did you mean VolatilityHedge?",
    ),
    "its parameter": (
        OWN.replace("top: 0.8", "tpo: 0.8"),
        "run.yaml:7: VolatilityHedge has no parameter tpo, did you mean top?",
    ),
}


@pytest.mark.parametrize(("text", "said"), FAULTS.values(), ids=FAULTS)
def test_a_fault_of_a_hedge_is_told_where_it_stands(text, said, tmp_path):
    assert refusal(tmp_path, text).startswith(said)


@pytest.mark.parametrize(
    ("text", "setting", "said"),
    [
        (TWO, "hedge.weight=0.3", "the run has 2 hedges: write hedges.0.weight (SOXS) or hedges.1.weight (TLT)"),
        (
            TWO,
            "hedges.2.weight=0.3",
            "there is no hedges.2: the run has hedges.0.weight (SOXS) or hedges.1.weight (TLT)",
        ),
        ("name: a\n", "hedges.1.weight=0.3", "there is no hedges.1: the run has hedges.0.weight (SOXS)"),
        (TWO, "hedges.weight=0.3", "hedges are numbered: write hedges.0.weight (SOXS) or hedges.1.weight (TLT)"),
        (TWO, "hedges.x.weight=1", "hedges are numbered: write hedges.0.weight (SOXS) or hedges.1.weight (TLT)"),
        (TWO, "hedges.-1.weight=1", "hedges are numbered: write hedges.0.weight (SOXS) or hedges.1.weight (TLT)"),
        (TWO, "hedges.1.kind=fund", "hedges.1.leverage is missing: a fund has one, such as -3"),
        (TWO, "hedges.0.weight.x=1", "hedges.0.weight is a value, it holds no keys"),
        (TWO, "hedges.1.weigth=1", "hedges.1.weigth is unknown, did you mean weight?"),
        (TWO, "hedges.0.weight=3", "hedges.0.weight has to be a number from 0 to 1, not 3"),
    ],
)
def test_a_setting_of_a_hedge_that_is_not_there_says_what_to_write(text, setting, said, tmp_path):
    assert refusal(tmp_path, text, setting) == f"--set {setting}: {said}"


def test_known_keys_are_those_of_the_schema():
    assert fields_at(()) == list(RunConfig.model_fields)
    assert "weight" in fields_at(("hedges", "3"))
    assert "class" in fields_at(("hedge", "strategy"))
    assert "enter" in fields_at(("hedges", "0", "policy"))
    assert "before" in fields_at(("data", "extend", "SOXS"))
    assert fields_at(("data", "extend")) == fields_at(("hedge", "weight")) == fields_at(("nothing",)) == []


@pytest.mark.parametrize(
    ("hedges", "said"),
    [
        (
            "hedges:\n- {weight: 0.1}\n- kind: cash\n  weight: 0.1\n",
            "run.yaml:3: Guest trades feeds, and hedges.1.kind cash has no bars to trade: take a fund or an asset",
        ),
        (
            "hedges:\n- {weight: 0.1}\n- {weight: 0.2}\n",
            "run.yaml:4: Guest trades feeds, and hedges.1.instrument SOXS stands twice, and has one feed: take one",
        ),
        ("hedge: {kind: short}\n", "run.yaml:1: Guest trades feeds, and hedge.kind short has no bars to trade"),
    ],
)
def test_a_backtrader_strategy_is_refused_what_has_no_feed(hedges, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "guest.py").write_text("import backtrader as bt\n\n\nclass Guest(bt.Strategy):\n    pass\n")

    assert refusal(tmp_path, hedges + "strategy: {class: guest.py:Guest}\n").startswith(said)


def test_a_hedges_own_strategy_has_to_give_an_intensity(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "guest.py").write_text("import backtrader as bt\n\n\nclass Guest(bt.Strategy):\n    pass\n")
    text = "hedges:\n- {weight: 0.1}\n- kind: cash\n  strategy:\n    class: guest.py:Guest\n"

    assert refusal(tmp_path, text) == "run.yaml:5: Guest gives no intensity, which a hedge's own strategy has to"

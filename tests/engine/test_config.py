"""Every number that a run may hold has a lowest and a highest, and the refusal of any other names both."""

import math

import pytest

from data.errors import ConfigError
from data.ranges import Range
from engine.loading import build_config
from engine.runs.schema import run_schema
from strategies import rules
from strategies.load import SHIPPED, strategy_class
from strategies.parameters import ParameterError, describe
from strategies.signals.catalogue import MUST, SIGNALS

NUMBERS = ("number", "integer")
EXTEND = {"underlying": "SOX"}


def numeric(schema, node, path=()):
    """Yield the path and the node of every number of a JSON schema; a map is entered by ``*``."""
    if "$ref" in node:
        node = schema["$defs"][node["$ref"].rpartition("/")[2]]
    if node.get("type") in NUMBERS and "enum" not in node:
        yield ".".join(path), node
    for inner in node.get("anyOf", ()):
        yield from numeric(schema, inner, path)
    for name, inner in node.get("properties", {}).items():
        yield from numeric(schema, inner, (*path, name))
    if isinstance(values := node.get("additionalProperties"), dict):
        yield from numeric(schema, values, (*path, "*"))


KEYS = list(numeric(run_schema(), run_schema()))
OTHERS = [math.nan, math.inf, -math.inf, 10**400, -(2**63), 1e308, True, "0.5"]


def settings(path, value):
    """Return a tree that holds a value at a path, with what its section needs besides."""
    names = {"data.lag": "VIX", "data.extend": "SOXS", "portfolio.core": "SOXX"}
    tree = value
    keys = path.split(".")
    for depth in range(len(keys) - 1, -1, -1):
        above = ".".join(keys[:depth])
        by_date = above in ("data.extend.*.fee", "data.extend.*.spread")
        key = "2020-01-02" if by_date else names.get(above, "SOXS") if keys[depth] == "*" else keys[depth]
        tree = {key: tree, **(EXTEND if above == "data.extend.*" else {})}
    return tree


def test_the_walk_finds_the_numbers_of_every_section():
    found = {path for path, _node in KEYS}

    assert len(found) >= 30
    assert {"portfolio.core.*", "data.lag.*", "data.extend.*.fee", "data.extend.*.fee.*", "hedge.lookback"} <= found
    assert {"execution.commission_bps.*", "execution.cash_rate", "policy.max_hold", "portfolio.cash"} <= found


@pytest.mark.parametrize(("path", "node"), KEYS, ids=[path for path, _node in KEYS])
def test_every_number_has_two_ends_which_its_refusal_names(path, node):
    low, high = node["minimum"], node["maximum"]
    beyond = [low - 1, high + 1] if node["type"] == "integer" else [low - abs(low) - 1e-9, high * 1.0001]

    assert math.isfinite(low)
    assert math.isfinite(high)
    assert low < high
    for value in [*beyond, *(other for other in OTHERS if path != "execution.cash_rate" or other != "0.5")]:
        with pytest.raises(ConfigError) as fault:
            build_config(settings(path, value))
        said = str(fault.value)
        assert f"from {Range(low, high).ends}" in said
        assert path.partition("*")[0].rstrip(".") in said
        assert "\n" not in said
        assert len(said) < 300


@pytest.mark.parametrize("value", [math.nan, math.inf, 10**400, -(10**16), True, "5"])
@pytest.mark.parametrize("cls", [strategy_class(name) for name in SHIPPED], ids=SHIPPED)
def test_every_number_of_a_shipped_strategy_has_two_ends(cls, value):
    for known in (known for known in describe(cls) if known.ends):
        assert abs(known.range.low) <= 1e15
        assert abs(known.range.high) <= 1e15
        with pytest.raises(ParameterError) as fault:
            cls(**{known.name: value})
        assert f"{known.name} has to be a" in str(fault.value)
        assert f"from {known.ends}" in str(fault.value)
        assert len(str(fault.value)) < 300


@pytest.mark.parametrize("name", SIGNALS)
def test_every_number_of_a_signal_has_two_ends(name):
    needed = {key: "VIX" for key, default in SIGNALS[name].keys.items() if default is MUST}
    for known in (known for known in (*SIGNALS[name].parameters, *rules.OWN) if known.ends):
        with pytest.raises(ParameterError) as fault:
            rules.rule_of({"signal": name, "above": 1} | needed | {known.name: 10**400}, "signals.a")
        assert f"from {known.ends}" in str(fault.value)


@pytest.mark.parametrize("key", rules.KEYS)
def test_a_threshold_has_two_ends(key):
    with pytest.raises(ParameterError, match=r"from -1e\+15 to 1e\+15, not inf"):
        rules.rule_of({"signal": "rsi", key: math.inf}, "signals.a")


def test_minus_zero_is_zero():
    assert str(build_config({"hedge": {"weight": -0.0}}).hedge.weight) == "0.0"

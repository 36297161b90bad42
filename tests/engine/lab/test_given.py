"""What a page may ask for, and what it is refused in one line that names the key."""

import copy
import json

import pytest

from engine.lab.given import AskedError, Strategies, completed, config_given, tree_of
from engine.loading import build_config, load_config
from strategies.load import RUNS

OWN = """
from dataclasses import dataclass
from backtest import Strategy

@dataclass(frozen=True)
class Mine(Strategy):
    days: int = 20
    file: str = "prices/own.csv"

    def intensity(self, market):
        return [0.0] * len(market)
"""


@pytest.fixture(scope="module")
def base():
    return load_config(RUNS / "hedge_soxs.yaml", ["data.source=demo"])


def given(base, *moves, tree=None):
    return config_given(base, Strategies.of([base]), tree, moves)


@pytest.mark.parametrize("file", sorted(RUNS.glob("*.yaml")), ids=lambda path: path.stem)
def test_a_run_s_keys_lead_back_to_it(file):
    config = load_config(file)
    strategies = Strategies.of([config])

    tree = json.loads(json.dumps(tree_of(config, strategies)))

    assert "data" not in tree
    assert config_given(config, strategies, tree).model_dump() == config.model_dump()


def test_moves_are_set_in_order_and_a_kind_takes_what_is_its_own_along(base):
    config = given(base, ("hedge.weight", 0.3), ("hedge.weight", 0.2), ("hedge.kind", "cash"))

    assert (config.hedge.weight, config.hedge.kind, config.hedge.instrument) == (0.2, "cash", "BILLS")
    assert config.data == base.data


@pytest.mark.parametrize(
    ("move", "key", "said"),
    {
        "a number out of range": (("hedge.weight", 3), "hedge.weight", "has to be a number from 0 to 1, not 3"),
        "a parameter": (("strategy.params.trend_days", 1), "strategy.params.trend_days", "from 2 to 25,200, not 1"),
        "two keys": (("policy.exit", 0.9), "policy.exit", "above policy.enter 0.5: lower exit or raise enter"),
        "a mistyped key": (("hedge.weigth", 0.1), "hedge.weigth", "is unknown, did you mean weight?"),
        "text for a number": (("hedge.weight", "much"), "hedge.weight", "has to be a number"),
        "a map for a number": (("hedge.weight", {"a": 1}), "hedge.weight", "has to be a number"),
        "no hedge": (("hedge", None), "hedge", "has to hold keys and values"),
        "the data's folder": (("data.path", "/etc"), "data", "can't be set here"),
        "the data's source": (("data.source", "csv"), "data", "can't be set here"),
        "a list of axes": (("sweep", {"weight": [1]}), "sweep", "can't be set here"),
        "a file of code": (
            ("strategy.class", "../x.py:X"),
            "strategy.class",
            "wasn't named when the lab was started",
        ),
        "a module": (("strategy.class", "os:system"), "strategy.class", "wasn't named"),
        "a hedge's own code": (("hedge.strategy.class", "x.py:X"), "hedge.strategy.class", "wasn't named"),
        "a path for an instrument": (("hedge.instrument", "../../x"), "hedge.instrument", "names, no paths"),
        "a path for a series": (("execution.cash_rate", "a\\b"), "execution.cash_rate", "names, no paths"),
        "a folder for a name": (("name", "../elsewhere"), "name", "names, no paths"),
        "a hidden folder": (("name", ".ssh"), "name", "has to be a plain name"),
        "no key": (("a b", 1), "", "is no key of a run"),
        "no text": ((["hedge"], 1), "", "is no key of a run"),
    }.values(),
)
def test_what_a_page_is_refused(base, move, key, said):
    with pytest.raises(AskedError, match=r"^[^\n]+$") as refused:
        given(base, move)

    assert said in str(refused.value)
    assert refused.value.key == key


def test_a_tree_from_a_page_is_held_to_the_same(base):
    tree = tree_of(base, Strategies.of([base]))
    deep = copy.deepcopy(tree)
    for _level in range(30):
        deep = {"hedge": deep}

    for wrong in (
        {**tree, "data": {"source": "csv", "path": "/"}},
        deep,
        {**tree, "hedges": [{"strategy": {"class": "a.py:A"}}]},
    ):
        with pytest.raises(AskedError):
            given(base, tree=wrong)


def test_a_file_named_at_the_start_goes_by_its_name_and_keeps_its_texts(base, tmp_path):
    (tmp_path / "mine.py").write_text(OWN)
    own = build_config(base.model_dump(mode="python") | {"strategy": {"class": f"{tmp_path / 'mine.py'}:Mine"}})
    strategies = Strategies.of([own, base])

    tree = tree_of(own, strategies)

    assert tree["strategy"]["class"] == "mine.py:Mine"
    assert str(tmp_path) not in json.dumps(tree)
    assert config_given(own, strategies, tree, [("strategy.params.days", 5)]).strategy.params == {
        "days": 5,
        "file": "prices/own.csv",
    }
    with pytest.raises(AskedError, match="names, no paths"):
        config_given(own, strategies, tree, [("strategy.params.file", "other/own.csv")])


@pytest.mark.parametrize(
    ("moves", "expected"),
    {
        "another fund takes its leverage along": ([("hedge.instrument", "SOXL")], ("fund", "SOXL", 3.0)),
        "what is no fund of it is an asset": ([("hedge.instrument", "TLT")], ("asset", "TLT", None)),
        "an asset is the first usual one there is": ([("hedge.kind", "asset")], ("asset", "TLT", None)),
        "or the one that is named": ([("hedge.kind", "asset"), ("hedge.instrument", "XLU")], ("asset", "XLU", None)),
        "a fund is that of the underlying": ([("hedge.kind", "cash"), ("hedge.kind", "fund")], ("fund", "SOXS", -3.0)),
        "what is made names itself": ([("hedge.kind", "short")], ("short", "SOXX-SHORT", None)),
    }.values(),
)
def test_kind_and_instrument_take_along_what_they_need(base, moves, expected):
    turned = completed(moves, base, ("AMD", "SOXL", "SOXS", "SOXX", "TLT", "XLU"))

    leg = given(base, *turned).hedge

    assert (leg.kind, leg.instrument, leg.leverage) == expected


@pytest.mark.parametrize(
    ("file", "move", "expected"),
    {
        "holdings make room": (
            "portfolio.core={SOXX: 0.5, SMH: 0.3, SPY: 0.2}",
            ("portfolio.core.SOXX", 0.6),
            {"portfolio.core": {"SOXX": 0.6, "SMH": 0.24, "SPY": 0.16}},
        ),
        "a weight is no less than may be held": (
            "hedge.max_weight=0.2",
            ("hedge.weight", 0.4),
            {"hedge.max_weight": 0.4},
        ),
        "bills sell core": ("hedge.funding=margin", ("hedge.kind", "cash"), {"hedge.funding": "sell_core"}),
        "an option is never stopped": (
            "policy.stop_loss=0.1",
            ("hedge.kind", "option"),
            {"policy.stop_loss": None, "hedge.sizing": "fixed"},
        ),
    }.values(),
)
def test_keys_take_along_what_they_need(file, move, expected):
    begun = load_config(RUNS / "hedge_soxs.yaml", ["data.source=demo", file])

    config = given(begun, *completed([move], begun, ("SOXS", "SOXX", "SMH", "SPY")))

    tree = config.model_dump()
    for key, value in expected.items():
        found = tree
        for part in key.split("."):
            found = found[part]
        assert found == (pytest.approx(value, rel=1e-12) if isinstance(value, dict) else value)


def test_a_structure_and_a_way_of_combining_drop_what_means_nothing_there():
    collar, article = (load_config(RUNS / file) for file in ("collar.yaml", "hedge_soxs_article.yaml"))

    put = given(collar, *completed([("hedge.option.structure", "put")], collar, ()))
    every = given(article, *completed([("strategy.params.combine", "all")], article, ()))

    assert put.hedge.option.sold_strike is None
    assert every.strategy.params["enough"] is None

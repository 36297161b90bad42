"""Ways to be safer: their settings make the run that they say, of whatever the file's own hedge is."""

import pytest

from data.errors import UserError
from data.sources import BARS
from engine.loading import build_config
from engine.research.ways import KINDS, STRENGTHS, WEIGHTS, has_a_signal, own_way, usual_ways, way_of

TREE = {"name": "mine", "start": "2015-01-02", "portfolio": {"core": {"SOXX": 1.0}}}
SEVERAL = [{"instrument": "SOXS", "weight": 0.1}, {"kind": "option", "option": {"structure": "put"}, "cover": 0.8}]
GIVER = """
from dataclasses import dataclass
from backtest import CloseStrategy
@dataclass(frozen=True)
class Giver(CloseStrategy):
    def on_close(self, view, book):
        return 0.1
"""


class Holding:
    """A source that holds bars of these, and series."""

    def __init__(self, *bars, series=("IRX",)):
        self.bars, self.series = bars, series

    def names(self, kind):
        return self.bars if kind == BARS else self.series


ALL = Holding("SOXX", "SOXS", "SOXL", "SPY", "TLT", "XLU", series=("IRX", "VIX"))


def mine(*settings, **keys):
    return build_config(TREE | keys, settings)


def configs_of(way, *settings, **keys):
    return [mine(*settings, *more, **keys) for _strength, more, _amount in way.strengths]


@pytest.fixture
def giver(tmp_path):
    (tmp_path / "giver.py").write_text(GIVER)
    return mine(f"strategy.class={tmp_path / 'giver.py'}:Giver")


def test_the_usual_ways_are_those_that_the_data_hold():
    assert usual_ways(mine(), ALL) == ("sold", "cash", "short", "TLT", "XLU", "put", "put:always", "collar:always")
    assert usual_ways(mine(), Holding("SOXX", "SOXS", "SPY", "TLT")) == ("sold", "cash", "short", "TLT")
    assert usual_ways(mine("hedge.kind=cash"), Holding("SOXX", "SOXS", "VIXY")) == (
        *("sold", "cash", "short", "SOXS", "VIXY"),
    )
    held = mine("portfolio.core={SOXX: 0.5, XLU: 0.5}")
    assert "XLU" not in usual_ways(held, ALL)


@pytest.mark.parametrize("several", [False, True])
@pytest.mark.parametrize("key", [*KINDS, "TLT", "SOXL", "TLT:always", "put:always"])
def test_a_way_s_settings_put_it_in_the_hedge_s_place(key, several):
    keys = {"hedges": SEVERAL} if several else {"hedge": {"instrument": "SOXS", "funding": "margin"}}
    keys["policy"] = {"max_hold": 90, "enter": 0.5, "exit": 0.2} | ({} if several else {"stop_loss": 0.2})
    named = key.partition(":")[0]

    way = way_of(key, mine(**keys), ALL, None)
    configs = configs_of(way, **keys)

    strengths = WEIGHTS if named in ("TLT", "SOXL") else STRENGTHS
    assert [strength for strength, *_ in way.strengths] == list(strengths)
    for config, strength in zip(configs, strengths, strict=True):
        (leg,) = config.legs
        before = mine(**keys)
        assert leg.instrument == named or named in KINDS
        assert (leg.kind == "option") == way.modelled == (named in ("put", "put_spread", "collar"))
        assert (leg.cover if way.modelled else leg.weight) == strength
        assert leg.funding == ("sell_core" if named == "cash" else before.hedge.funding)
        assert (leg.rebalance, config.read) == (before.hedge.rebalance, before.read)
        assert (config.strategy, config.portfolio, config.execution) == (
            *(before.strategy, before.portfolio, before.execution),
        )
        untimed = {"enter": 0.0, "exit": 0.0, "min_hold": 0, "max_hold": None}
        changed = untimed if key.endswith(":always") else {}
        assert config.policy == before.policy.model_copy(
            update=changed | _unstopped(config, before, modelled=way.modelled)
        )


def _unstopped(config, before, *, modelled):
    return dict.fromkeys(("stop_loss", "take_profit")) if modelled else {}


COLLAR = {"kind": "option", "option": {"structure": "collar", "strike": 92, "sold_strike": 112, "tenor": 2}}


@pytest.mark.parametrize("key", ["put", "put_spread", "collar"])
def test_another_option_keeps_the_file_s_contract_but_for_what_it_sells(key):
    (config, *_) = configs_of(way_of(key, mine(hedge=COLLAR), ALL, None), hedge=COLLAR)

    sold = {"put": None, "put_spread": None, "collar": 112}
    titles = {"put": "92 % put", "put_spread": "92-85 put spread", "collar": "two-month 92-112 collar"}
    assert way_of(key, mine(hedge=COLLAR), ALL, None).title.endswith(f"{titles[key]} on the signal")
    assert config.hedge.option.structure == key
    assert (config.hedge.option.sold_strike, config.hedge.option.tenor) == (sold[key], 2)


@pytest.mark.parametrize("settings", [("policy.enter=0", "policy.exit=0"), ("hedge.policy={enter: 0, exit: 0}",)])
def test_beside_a_run_that_follows_no_signal_other_ways_are_always_on(settings):
    config = mine(*settings)

    assert usual_ways(config, ALL) == ("sold", "cash", "short", "TLT", "XLU", "put", "collar")
    assert [way_of(key, config, ALL, None).title for key in ("sold", "cash", "put")] == [
        *("core sold instead, at its orders", "bills always on", "95 % put always on"),
    ]
    assert all(
        leg.policy is None or leg.policy.enter == 0
        for leg in configs_of(way_of("cash", config, ALL, None), *settings)[0].legs
    )


def test_a_way_that_is_always_on_is_so_whatever_policy_the_hedge_has_of_its_own():
    own = {"enter": 0.7, "stop_loss": 0.1}
    (config, *_) = configs_of(way_of("put:always", mine(hedge={"policy": own}), ALL, None), hedge={"policy": own})
    assert (config.hedge.policy.enter, config.hedge.policy.stop_loss) == (0.0, None)

    several = [SEVERAL[0] | {"policy": own}, SEVERAL[1]]
    (config, *_) = configs_of(way_of("sold:always", mine(hedges=several), ALL, None), hedges=several)
    assert [leg.policy and leg.policy.enter for leg in config.legs] == [0.0, None]
    assert (config.policy.enter, config.legs[0].policy.stop_loss) == (0.0, 0.1)


def test_sold_scales_the_file_s_own_hedge():
    config = mine("hedge.weight=0.2")

    assert [each.hedge.weight for each in configs_of(way_of("sold", config, ALL, None), "hedge.weight=0.2")] == (
        pytest.approx([0.05, 0.1, 0.15, 0.2])
    )
    always = way_of("sold:always", config, ALL, (1.0,))
    assert always.title == "core sold instead, always on"
    assert configs_of(always)[0].policy.enter == 0.0


def test_a_run_s_own_way_multiplies_what_sizes_each_hedge():
    for settings, sized in (
        ((), lambda config: [config.hedge.weight / 0.15]),
        (("hedge.sizing=beta", "hedge.cover=0.5"), lambda config: [config.hedge.cover / 0.5]),
        (("hedge.kind=option", "hedge.option={structure: put}"), lambda config: [config.hedge.cover]),
        (("hedge.sizing=proportional", "hedge.weight=0.3"), lambda config: [config.hedge.weight / 0.3]),
    ):
        made = configs_of(own_way(mine("hedge.weight=0.15", *settings), None), "hedge.weight=0.15", *settings)
        assert [sized(config) for config in made] == [pytest.approx([part]) for part in STRENGTHS]

    both = configs_of(own_way(mine(hedges=SEVERAL), None), hedges=SEVERAL)
    assert [(config.legs[0].weight, config.legs[1].cover) for config in both] == [
        pytest.approx((0.1 * part, 0.8 * part)) for part in STRENGTHS
    ]


def test_a_size_that_follows_from_returns_stands_as_it_is():
    way = own_way(mine("hedge.sizing=minimum_variance"), (0.1, 0.2))

    assert way.strengths == ((1.0, (), "as it is"),)


def test_weights_given_may_pass_the_most_that_the_file_allows():
    way = own_way(mine("hedge.max_weight=0.2"), (0.1, 0.4))

    assert [(config.hedge.weight, config.hedge.max_weight) for config in configs_of(way, "hedge.max_weight=0.2")] == [
        (0.1, 0.2),
        (0.4, 0.4),
    ]


def test_nothing_follows_a_strategy_that_gives_weights_itself(giver):
    assert not has_a_signal(giver)
    assert own_way(giver, (0.1, 0.2)).strengths == ((1.0, (), "as it is"),)
    assert usual_ways(giver, ALL) == ("sold",)
    assert [strength for strength, *_ in way_of("sold", giver, ALL, (0.1, 0.2)).strengths] == [1.0]
    with pytest.raises(UserError, match=r"^--with cash: .*giver.py:Giver gives weights or orders of its own"):
        way_of("cash", giver, ALL, None)


def test_history_made_for_a_fund_that_is_gone_is_left_out_and_the_core_s_kept():
    extend = (
        "data.extend={SOXS: {underlying: SOXX}, SOXX: {underlying: ^SOX, before: 2001-07-13, dividend_yield: 0.01}}"
    )
    (config, *_) = configs_of(way_of("cash", mine(extend), ALL, None), extend)
    before = mine(extend).data.extend

    assert config.data.extend == {"SOXX": before["SOXX"]}
    assert all("extend" not in setting for setting in way_of("SOXS", mine(extend), ALL, None).strengths[0][1])


@pytest.mark.parametrize(
    ("key", "told"),
    [
        ("GLD", "--with GLD: the data hold no GLD: sold, cash, short, put, put_spread, collar need no bars"),
        ("tlt", "--with tlt: the data hold no tlt, did you mean TLT?"),
        ("colar", "--with colar: the data hold no colar, did you mean collar?"),
        ("put:alway", "--with put:alway: :alway isn't known: put, or put:always"),
        ("SOXX", "--with SOXX: SOXX is held, or what is hedged: write short, cash or sold"),
    ],
)
def test_a_way_that_can_t_be_is_refused_in_one_line(key, told):
    with pytest.raises(UserError) as refused:
        way_of(key, mine(), ALL, None)
    assert str(refused.value).startswith(told)
    assert "\n" not in str(refused.value)


def test_a_way_is_called_what_a_person_calls_it():
    titles = {key: way_of(key, mine(), ALL, None).title for key in ("sold", "cash", "short", "put_spread:always")}

    assert titles == {
        "sold": "core sold instead, at its orders",
        "cash": "bills on the signal",
        "short": "SOXX sold short on the signal",
        "put_spread:always": "95-85 put spread always on",
    }
    assert own_way(mine(hedges=SEVERAL), None).title == "SOXS and 95 % put (mine)"
    assert own_way(mine(hedges=SEVERAL), None).modelled

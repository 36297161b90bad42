"""The catalogue: every signal is causal bit by bit, tells its unit, and is fed what its signature says."""

import inspect
import re
from functools import partial

import numpy as np
import pytest
from causal import assert_same_bits
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import ROLES, make_bars, make_market, nyse, random_bars, source_of

from data.arrays import Floats
from data.errors import StrategyError
from data.events import Events, Members
from data.market import load_market
from data.sources import BARS
from strategies.parameters import ParameterError
from strategies.signals.catalogue import MUST, SIGNALS, shared, signal
from strategies.signals.feeds import Days, Feeder, Level, OtherLevel, basket, members_of
from strategies.signals.volatility import realised_volatility
from strategies.signals.weakness import moving_average_gap, rate_of_change
from strategies.signals.windows import (
    change,
    highest,
    lowest,
    moving_average,
    percentile,
    standard_deviation,
    zscore,
)

SESSIONS = nyse("2019-01-02", 190)
SHORT = {
    "garch_volatility": {"sessions": 120, "refit": 30},
    "log_trend_deviation": {"days": 40},
    "channel_breakdown": {"days": 8, "year": 40, "narrow": 0.5},
    "crossing": {"fast": 5, "slow": 12},
    "drawdown": {"days": 30},
    "new_lows": {"days": 30},
    "price_to_trend": {"days": 30},
}
"""Windows short enough for a short history, where the default is long."""
EVERY = pytest.mark.parametrize("name", SIGNALS)


def fed(rng, sessions=SESSIONS, members=7):
    """Return what each kind of feed holds; prices hang together as a day's do."""
    level = 50 * np.exp(np.cumsum(rng.normal(0, 0.02, len(sessions))))
    swing = np.exp(np.abs(rng.normal(0, 0.01, (2, len(sessions)))))
    opened = level * np.exp(rng.normal(0, 0.005, len(sessions)))
    count = len(sessions) // 5
    return {
        "level": level,
        "open": opened,
        "high": np.maximum(level, opened) * swing[0],
        "low": np.minimum(level, opened) / swing[1],
        "dollar_volume": rng.lognormal(18, 0.5, len(sessions)),
        "series": rng.uniform(10, 40, len(sessions)),
        "valuation": rng.uniform(10, 40, len(sessions)),
        "levels": 20 * np.exp(np.cumsum(rng.normal(0, 0.02, (len(sessions), members)), axis=0)),
        "belongs": np.ones((len(sessions), members), np.bool_),
        "sessions": sessions,
        "schedule": Events(
            "dates",
            np.sort(rng.choice(sessions, count, replace=False)),
            np.array([f"S{k % 5}" for k in range(count)]),
            np.full(count, ""),
        ),
    }


def computed(name, held):
    found = SIGNALS[name]
    return found.function(
        **{argument: held[feed.kind] for argument, feed in found.feeds.items()}, **SHORT.get(name, {})
    )


def cut(held, rows):
    return {kind: one if kind == "schedule" else one[:rows] for kind, one in held.items()}


def changed(held, row):
    """Return what is fed with that row replaced by other values."""
    other = {}
    for kind, one in held.items():
        if kind in ("sessions", "schedule"):
            other[kind] = one
            continue
        other[kind] = one.copy()
        other[kind][row] = ~one[row] if kind == "belongs" else one[row] * 1.3
    return other


@EVERY
def test_no_later_bar_changes_an_earlier_value_by_a_bit(name):
    held = fed(np.random.default_rng(5))
    whole = computed(name, held)
    assert whole.shape == SESSIONS.shape
    assert whole.dtype == np.float64
    assert np.isfinite(whole[-20:]).any()
    for last in range(150, len(SESSIONS), 19 if name == "garch_volatility" else 1):
        assert_same_bits(computed(name, changed(cut(held, last + 1), last))[:-1], whole[:last])
        assert_same_bits(computed(name, cut(held, last + 1)), whole[: last + 1])


@EVERY
def test_it_says_what_it_is_and_in_which_unit(name):
    found = SIGNALS[name]
    assert found.about.endswith(".")
    assert found.unit
    assert "unit" not in found.unit.lower()
    assert re.search("Parameters\n", found.function.__doc__)
    for key in found.keys:
        assert key in inspect.getdoc(found.function) or key in ("of", "against", "members", "series", "events"), key


@EVERY
def test_every_default_is_within_its_range(name):
    found = SIGNALS[name]
    written = {key: "NAME" for key, default in found.keys.items() if default is MUST}
    told = found.given(written, "here")
    assert set(told) == set(found.keys)
    assert found.given(told, "here") == told


def test_a_signal_is_computed_once_for_a_market():
    market = world()
    first = SIGNALS["rsi"].compute(SIGNALS["rsi"].given({}, "a"), market)
    again = SIGNALS["rsi"].compute(SIGNALS["rsi"].given({"days": 14}, "a"), market)
    assert first is again
    other = SIGNALS["rsi"].compute(SIGNALS["rsi"].given({"days": 15}, "a"), market)
    assert other.tobytes() != first.tobytes()


WINDOWS = {
    moving_average: 2,
    standard_deviation: 2,
    zscore: 2,
    highest: 2,
    lowest: 2,
    percentile: 2,
    change: 1,
    realised_volatility: 2,
    moving_average_gap: 2,
    rate_of_change: 1,
}
"""Functions of the total return and of days, with the fewest they take."""


@settings(max_examples=25, deadline=None)
@given(
    asked=st.lists(
        st.tuples(st.sampled_from(list(WINDOWS)), st.integers(2, 40), st.sampled_from([None, "CORE", "FUND"])),
        min_size=1,
        max_size=20,
    )
)
def test_what_is_shared_is_what_each_would_compute_by_itself(asked):
    """Bit by bit, in any order; of the underlying, named or not, it is one array."""
    market, seen = world(), {}
    for function, days, of in asked:
        values = shared(market, function, of=of, days=days)
        assert_same_bits(values, function(market.total_return(of), days))
        assert seen.setdefault((function.__name__, days, of or "CORE"), values) is values


def test_nobody_changes_what_another_reads():
    market = world()
    values = shared(market, moving_average, days=5)
    with pytest.raises(ValueError, match="read-only"):
        values[10] = 0.0
    with pytest.raises(ValueError, match="WRITEABLE"):
        values.flags.writeable = True


def test_a_rule_and_a_strategy_share_a_signal():
    market = world()
    by_rule = SIGNALS["realised_volatility"].compute(SIGNALS["realised_volatility"].given({}, "a"), market)
    assert shared(market, realised_volatility) is by_rule


def rsi(level: Level, other: OtherLevel, days: Days = 3) -> Floats:
    """Return something that isn't the catalogue's of that name."""
    return level / other + days


def test_a_function_of_one_s_own_is_fed_what_its_types_say_and_mistaken_for_no_other():
    market = world()
    theirs = SIGNALS["rsi"].compute(SIGNALS["rsi"].given({"days": 3}, "a"), market)
    own = shared(market, rsi, against="FUND")
    np.testing.assert_array_equal(own, market.total_return("CORE") / market.total_return("FUND") + 3)
    assert own is shared(market, rsi, of="CORE", against="FUND", days=3)
    assert own is not theirs


def nested():
    def function(level: Level) -> Floats:
        return level

    return function


@pytest.mark.parametrize("function", [nested(), lambda level: level, partial(moving_average, days=3), np.mean])
def test_what_has_no_name_of_its_own_is_refused(function):
    with pytest.raises(StrategyError, match="shared needs a function at the top level of a file, not"):
        shared(world(), function)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"dyas": 3}, "moving_average has no dyas, did you mean days"),
        ({}, "moving_average needs days: write it"),
        ({"days": 2.5}, "moving_average: days has to be a whole number"),
        ({"days": 3, "of": 5}, "moving_average: of has to be a name, or a list of names"),
    ],
)
def test_an_argument_that_is_wrong_is_told(given, said):
    with pytest.raises(ParameterError, match=re.escape(said)):
        shared(world(), moving_average, **given)


def world():
    rng = np.random.default_rng(3)
    core = random_bars("CORE", SESSIONS, rng)
    fund = random_bars("FUND", SESSIONS, rng, follows=core, beta=-3.0)
    chips = [random_bars(name, SESSIONS, rng) for name in ("NVDA", "AMD", "MU", "TXN", "ADI", "KLAC")]
    return make_market(core, fund, *chips)


def test_prices_are_fed_on_the_scale_of_the_total_return():
    dates = nyse("2020-01-02", 4)
    core = make_bars("CORE", dates, [10, 20, 5, 6], open=[9, 18, 4, 6], split={2: 4.0}, dividend={3: 1.0})
    feeder = Feeder(make_market(core, make_bars("FUND", dates, [1, 1, 1, 1])))
    level = feeder.level(None)
    np.testing.assert_allclose(level / level[0], [1, 2, 2, 2 * 7 / 5])
    np.testing.assert_allclose(feeder.open("CORE") / level, core.open / core.close)
    np.testing.assert_allclose(feeder.dollar_volume("CORE"), core.close * core.volume)


def test_several_instruments_are_equal_parts_restored_daily():
    levels = np.array([[10.0, np.nan], [11.0, 5.0], [12.0, 6.0]])
    np.testing.assert_allclose(basket(levels), [1, 1.1, 1.1 * 0.5 * (12 / 11 + 1.2)])
    np.testing.assert_allclose(basket(levels[:, 1:]), [np.nan, 1, 1.2])


def test_members_are_a_list_or_a_dated_group_or_every_chip_maker_there_is():
    market = world()
    assert members_of(market, ("MU", "AMD")) == ("MU", "AMD")
    assert members_of(market, None) == ("ADI", "AMD", "KLAC", "MU", "NVDA", "TXN")
    empty = np.datetime64("NaT", "D")
    group = Members(
        "pair", np.array(["AMD", "GONE", "MU"]), np.array([SESSIONS[5], empty, empty]), np.array([empty] * 3)
    )
    bars = [market.source.read(BARS, name) for name in market.instruments()]
    dated = load_market(source_of(*bars, group), ROLES, SESSIONS[0])
    assert members_of(dated, "pair") == ("AMD", "MU")
    belongs = Feeder(dated).belongs("pair")
    assert not belongs[4, 0]
    assert belongs[5:, 0].all()
    assert belongs[:, 1].all()


@pytest.mark.parametrize(
    ("name", "written", "said", "at"),
    [
        ("rsi", {"dyas": 3}, "rsi has no dyas, did you mean days", "signals.a.dyas"),
        ("rsi", {"days": 1}, "rsi: days has to be a whole number from 2 to 25,200, not 1", "signals.a.days"),
        ("rsi", {"days": 2.5}, "has to be a whole number", "signals.a.days"),
        ("relative_strength", {}, "relative_strength needs against", "signals.a"),
        ("series_value", {"series": 3}, "series has to be a name", "signals.a.series"),
        ("share_above_average", {"members": []}, "members has to be a name, or a list of names", "signals.a.members"),
    ],
)
def test_what_cant_be_used_is_told_with_its_place(name, written, said, at):
    with pytest.raises(ParameterError, match=re.escape(said)) as fault:
        SIGNALS[name].given(written, "signals.a")
    assert fault.value.parameter == at


def test_an_unknown_signal_is_answered_with_the_near_one():
    with pytest.raises(StrategyError, match="there is no signal moving_averge_gap, did you mean moving_average_gap"):
        signal("moving_averge_gap", "signals.a.signal")

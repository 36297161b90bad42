"""A rule: what it makes of a signal's value, what it remembers, when it lets go, and how it is written."""

import re
from dataclasses import replace

import numpy as np
import pytest
from filed_world import AsTheyAre, filed_world
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from markets import make_bars, make_market, make_series, nyse

from data.events import make_members
from data.market import load_market
from data.roles import Roles
from strategies.inputs import Reads
from strategies.parameters import ParameterError
from strategies.rules import Rule, all_fire, any_fires, reads_of, remarks_of, rule, rule_of
from strategies.signals.windows import change, percentile, zscore

DATES = nyse("2020-01-02", 40)
SERIES = {"signal": "series_value", "series": "S"}
VALUES = arrays(np.float64, len(DATES), elements=st.floats(-3, 3) | st.just(np.nan))


def market(values):
    flat = np.full(len(DATES), 10.0)
    return make_market(make_bars("CORE", DATES, flat), make_bars("FUND", DATES, flat), make_series("S", DATES, values))


def read(values, **written):
    return rule_of(SERIES | written, "signals.a").input(market(values))


def ramp():
    return np.sin(np.arange(len(DATES)) / 3.0)


@pytest.mark.parametrize(
    ("key", "make"), [("percentile_over", percentile), ("zscore_over", zscore), ("change_over", change)]
)
def test_a_value_is_ranked_scored_or_changed_over_some_sessions(key, make):
    found = read(ramp(), **{key: 5}, above=0.4)
    np.testing.assert_array_equal(found.values, make(ramp(), 5))
    assert key.partition("_")[0] in found.name


@given(VALUES, st.integers(1, 50), st.floats(-2, 2), st.sampled_from(["above", "below", "at_least", "at_most"]))
def test_remembering_is_having_fired_within_so_many_sessions(values, within, threshold, side):
    values[0] = 0.0  # a series that begins unknown begins later
    values = np.where(np.isnan(values), 0.0, values)
    now = read(values, **{side: threshold}).fired
    kept = read(values, **{side: threshold}, within=within).fired
    for t in range(len(values)):
        assert kept[t] == now[max(0, t - within + 1) : t + 1].any()


@given(VALUES, st.floats(-2, 2), st.floats(0, 2), st.sampled_from(["above", "below", "at_least", "at_most"]))
def test_once_fired_it_goes_on_until_released(values, threshold, apart, side):
    values = np.where(np.isnan(values), 0.0, values)
    upward = side in ("above", "at_least")
    release = threshold - apart if upward else threshold + apart
    found = read(values, **{side: threshold}, release=release).fired
    beyond = {"above": np.greater, "below": np.less, "at_least": np.greater_equal, "at_most": np.less_equal}[side]
    on = False
    for t, value in enumerate(values):
        on = bool(beyond(value, release if on else threshold))
        assert found[t] == on


def test_a_release_at_the_threshold_changes_nothing():
    plain, released = read(ramp(), above=0.3), read(ramp(), above=0.3, release=0.3)
    np.testing.assert_array_equal(plain.fired, released.fired)


def test_what_isnt_known_doesnt_speak():
    values = np.full(len(DATES), np.nan)
    assert not read(values, at_most=5).fired.any()
    assert not read(values, at_least=-5, within=10).fired.any()


def test_written_out_it_reads_back_the_same():
    made = rule_of({"signal": "price_to_trend", "percentile_over": 756, "at_least": 0.8, "within": 60}, "signals.dear")
    assert made == Rule("price_to_trend", {"of": None, "days": 200}, "at least", 0.8, percentile_over=756, within=60)
    assert rule_of(made.as_dict(), "signals.dear") == made
    assert made.as_dict()["days"] == 200


def test_its_name_tells_all_of_it():
    found = rule_of({"signal": "price_to_trend", "percentile_over": 20, "at_least": 0.8, "within": 6}, "signals.dear")
    told = found.input(market(ramp()), "dear")
    assert told.name == "dear: price to trend of CORE (days 200), percentile over 20 sessions, highest of the last 6"
    assert told.unit == "fraction"
    assert read(ramp(), below=0, within=3).name == "series value of S, lowest of the last 3"


@pytest.mark.parametrize(
    ("written", "said", "at"),
    [
        ("rsi", "signals.a has to be keys and values, with signal: and a threshold", "signals.a"),
        ({"above": 1}, "signals.a has to be keys and values, with signal:", "signals.a"),
        ({"signal": "rsj", "above": 1}, "there is no signal rsj, did you mean rsi", "signals.a.signal"),
        ({"signal": "rsi", "abvoe": 1}, "signals.a: rsi has no abvoe, did you mean above", "signals.a.abvoe"),
        ({"signal": "rsi"}, "signals.a needs a threshold: one of above, below, at_least, at_most", "signals.a"),
        ({"signal": "rsi", "above": 1, "below": 3}, "signals.a has above and below: keep one", "signals.a"),
        (
            {"signal": "rsi", "above": "x"},
            "above has to be a number from -1e+15 to 1e+15, not 'x'",
            "signals.a.above",
        ),
        (
            {"signal": "rsi", "above": 70, "days": 1},
            "rsi: days has to be a whole number",
            "signals.a.days",
        ),
        (
            {"signal": "rsi", "above": 70, "within": 0},
            "within has to be a whole number",
            "signals.a.within",
        ),
        (
            {"signal": "rsi", "above": 70, "zscore_over": 1},
            "zscore_over has to be a whole number",
            "signals.a.zscore_over",
        ),
        (
            {"signal": "rsi", "above": 70, "zscore_over": 9, "change_over": 3},
            "signals.a has zscore_over and change_over: keep one",
            "signals.a.change_over",
        ),
        ({"signal": "rsi", "above": 70, "release": 75}, "release 75 is beyond the threshold 70", "signals.a.release"),
        ({"signal": "rsi", "below": 30, "release": 25}, "release 25 is beyond the threshold 30", "signals.a.release"),
    ],
)
def test_what_cant_be_used_is_told_with_its_place(written, said, at):
    with pytest.raises(ParameterError, match=re.escape(said)) as fault:
        rule_of(written, "signals.a")
    assert fault.value.parameter == at


def test_what_rules_read_is_told_once():
    roles = market(ramp()).roles
    rules = [
        rule("series_ratio", "above", 1, {"series": "VIX", "against": "VIX3M"}),
        rule("relative_strength", "below", 0, {"of": ["XLP", "XLU"], "against": "SPY"}),
        rule("days_to_event", "at most", 3, {"events": "fomc_dates"}),
        rule("share_above_average", "at most", 0.4),
        rule("new_lows", "at least", 0.4, {"members": "chips"}),
        rule("volume_zscore", "above", 1),
    ]
    assert reads_of(rules, roles) == Reads(
        ("XLP", "XLU", "SPY", "FUND"), ("VIX", "VIX3M"), ("fomc_dates",), ("chips",), chip_makers=True
    )


def test_survivors_and_hindsight_are_remarked():
    chips = [make_bars(name, DATES, np.full(len(DATES), 5.0)) for name in ("AMD", "MU")]
    flat = np.full(len(DATES), 10.0)
    held = make_market(make_bars("CORE", DATES, flat), make_bars("FUND", DATES, flat), *chips)
    said = remarks_of([rule("share_above_average", "at most", 0.4), rule("new_lows", "at least", 0.2)], held)
    assert said == (
        "Survivorship: the 2 members are today's names; a members file would say who was one when.",
        "There are bars of 2 members, fewer than min_members 5: their signal is never known.",
    )


def test_a_series_that_is_known_too_early_is_remarked():
    months = np.arange("2019-01", "2020-04", dtype="datetime64[M]").astype("datetime64[D]")
    flat, monthly = np.full(len(DATES), 10.0), np.arange(len(months), dtype=float)
    written = rule("series_value", "above", 1, {"series": "MONTHLY"})
    bars = [make_bars(name, DATES, flat) for name in ("CORE", "FUND")]
    early, late = (
        remarks_of([written], make_market(*bars, make_series("MONTHLY", months, monthly, lag=lag))) for lag in (0, 23)
    )
    why = "its dates are the first days of months, and it is published some time after they are over"
    assert early == (f"Known too early: MONTHLY, {why}: set data.lag.MONTHLY=23.",)
    assert late == ()


SOXX = Roles.with_fund({"SOXX": 1.0}, "SOXS", "SOXX", -3.0)


def filed(until="2100-01-01", **members):
    """The made-up market with filings; members are first days by their names, of a group called mine."""
    world = filed_world(until=until)
    if members:
        first = np.array(list(members.values()), "datetime64[D]")
        world = AsTheyAre(replace(world.source, held_members={"mine": make_members("mine", list(members), first)}))
    return load_market(world, SOXX, np.datetime64("2019-02-14"))


def test_whose_valuation_it_is_is_remarked_however_it_is_read():
    said = (
        "Survivorship: CHIPS_PE is of today's chip makers with filings, 2 on 2019-04-18 (AMD, NVDA); "
        "a members file would say who was one when."
    )
    assert remarks_of([rule("valuation", "above", 1)], filed()) == (said,)
    assert remarks_of([rule("series_value", "above", 1, {"series": "CHIPS_PE"})], filed()) == (said,)
    assert remarks_of([rule("valuation", "above", 1, {"series": "NVDA_PE"})], filed()) == ()


def test_when_a_group_was_of_others_and_what_is_old_is_remarked():
    dated = filed("2019-03-15", AMD="2019-03-01", NVDA="2019-01-01")
    assert remarks_of([rule("valuation", "above", 1, {"series": "mine_PE"})], dated) == (
        "mine_PE on 2019-04-18 is of 2 companies: AMD, NVDA.",
        "mine_PE's companies change, and a jump there is no signal: 2 from 2019-03-01.",
        "mine_PE stands on quarters that ended over half a year before 2019-04-18: AMD, NVDA.",
    )


def test_an_input_tells_the_one_series_that_it_ranks():
    ranked = {"percentile_over": 5, "above": 0.5}
    assert read(ramp(), **ranked).ranked == ("S", 5)
    assert read(ramp(), above=0.5).ranked is None
    dear = rule_of({"signal": "valuation", "days": 5} | ranked, "signals.dear")
    assert dear.input(filed()).ranked == ("CHIPS_PE", 5)
    assert dear.input(market(ramp())).ranked is None
    two = {"signal": "series_ratio", "series": "S", "against": "S"}
    assert rule_of(two | ranked, "signals.two").input(market(ramp())).ranked is None


def test_inputs_fire_together_or_one_by_one():
    high, low = read(ramp(), above=0.5), read(ramp(), below=0.8)
    np.testing.assert_array_equal(all_fire([high, low]), (high.fired & low.fired).astype(float))
    np.testing.assert_array_equal(any_fires([high, low]), (high.fired | low.fired).astype(float))


VALUED = {"signal": "valuation", "percentile_over": 5, "at_least": 0.8}
CHIPS = Roles.with_fund({"SOXX": 1.0}, "FUND", "SOXX", -3.0)


def chips(*series, underlying="SOXX"):
    bars = [make_bars(name, DATES, 50 + ramp()) for name in (underlying, "FUND")]
    return make_market(*bars, *series, roles=Roles.with_fund({underlying: 1.0}, "FUND", underlying, -3.0), row=1)


def test_a_rule_of_valuation_says_by_what_it_goes():
    ratio = make_series("CHIPS_PE", DATES, 20 + ramp())
    made = rule_of(VALUED, "signals.dear")
    np.testing.assert_array_equal(made.input(chips(ratio)).values, percentile(20 + ramp(), 5))
    assert made.input(chips(ratio)).name == "valuation of SOXX by CHIPS_PE, percentile over 5 sessions"
    proxy = "valuation of SOXX by a price-to-trend proxy (days 200), percentile over 5 sessions"
    assert made.input(chips()).name == proxy
    named = rule_of(VALUED | {"series": "S"}, "signals.dear")
    assert named.input(chips(ratio, make_series("S", DATES, ramp()))).name == (
        "valuation of SOXX by S, percentile over 5 sessions"
    )


def test_a_rule_of_valuation_reads_the_series_named_or_what_may_be_there():
    bars = Reads(bars=("SOXX",))
    assert rule_of(VALUED, "s").reads(CHIPS) == bars | Reads(optional=("SOXX_PE", "CHIPS_PE"))
    assert rule_of(VALUED | {"series": "S"}, "s").reads(CHIPS) == bars | Reads(series=("S",))


def test_a_rule_of_valuation_remarks_on_what_it_goes_by():
    made = rule_of(VALUED, "s")
    said = "Valuation is a price-to-trend proxy: no earnings are in it"
    assert remarks_of([made, made], chips()) == (f"{said}; with filings of chip makers it is their price/earnings.",)
    assert remarks_of([made], chips(underlying="SPY")) == (f"{said}.",)
    assert remarks_of([made], chips(make_series("CHIPS_PE", DATES, ramp()))) == ()
    months = np.arange("2019-01", "2020-04", dtype="datetime64[M]").astype("datetime64[D]")
    (said,) = remarks_of([made], chips(make_series("SOXX_PE", months, np.arange(15.0))))
    assert said.startswith("Known too early: SOXX_PE, ")

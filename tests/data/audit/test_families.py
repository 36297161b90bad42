"""Pairs of other families: by name, by what a run says, by their own returns; and what changes nothing."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from faults import PLANTED, Family, made_up
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import scaled

from data.arrays import day
from data.audit.finding import ERROR
from data.audit.run import audit
from data.families import FUNDS, Fund, kin

BY_NAME = ("SQQQ", "QQQ", "TQQQ", "XLK")
UNKNOWN = ("BEAR", "INDEX", "BULL", "NEARBY")


@lru_cache
def family(names, seed=5):
    return made_up(seed, names)


def planted(name, names):
    """Plant a fault, and return what the audit of everything says of it, and everything it says."""
    clean, fault = family(names), PLANTED[name]
    date = fault.date(clean, np.random.default_rng(7))
    found = audit(fault.plant(clean, date).source())
    return fault.in_findings(found, clean, date), found


@pytest.mark.parametrize("names", [BY_NAME, UNKNOWN, ("TQQQ", "QQQ", "SQQQ", "SPY")], ids=["SQQQ", "unknown", "other"])
def test_a_clean_family_is_silent_whatever_its_names(names):
    if names[0] == "TQQQ":  # the fund at -3x goes by the name of the one at +3x, and is told
        found = audit(family(names).source())
        assert {one.id for one in found} == {"TQQQ-follows", "SQQQ-follows"}
        assert "slope -3.00" in found[1].message
        return
    assert not audit(family(names).source())


@pytest.mark.parametrize("names", [BY_NAME, UNKNOWN], ids=["SQQQ", "unknown"])
@pytest.mark.parametrize(
    "name",
    [
        "15 times too high before",
        "15 times too low before",
        "the underlying thrice before",
        "a split upside down",
        "a close ten times too high",
        "an underlying's open 7 % too low",
        "an underlying's close 8 % too low",
        "a fund a session late for a year",
        "an underlying's dividends given twice",
        "closes that stand for eight sessions",
    ],
)
def test_faults_of_another_family_are_found(name, names):
    hits, _found = planted(name, names)
    assert len(hits) == 1


def test_a_fund_that_nobody_named_is_matched_and_the_finding_says_how():
    hits, _found = planted("15 times too high before", UNKNOWN)
    assert "-3x INDEX says" in hits[0].message
    assert "-3x INDEX by its own returns, slope -3.00, R2 0.999" in hits[0].message
    assert hits[0].against == ("INDEX",)


def test_of_two_mirrors_the_one_that_lost_is_the_fund():
    """An inverse fund at -1x follows its index as that follows it."""
    clean = family(UNKNOWN)
    index = clean.underlying
    moves = 1.0 - (index.total_return()[1:] / index.total_return()[:-1] - 1.0)
    close = np.concatenate(([50.0], 50.0 * np.cumprod(moves - 0.0001)))
    outer = np.maximum(close, 1.001 * close)
    zeros, ones = np.zeros(len(close)), np.ones(len(close))
    mirror = replace(
        index, instrument="MIRROR", open=close, high=outer, low=close, close=close, dividend=zeros, split=ones
    )
    row = 1200
    broken = replace(mirror, close=np.where(np.arange(len(close)) < row, close, 2 * close))
    broken = replace(broken, open=broken.close, high=broken.close, low=broken.close)
    found = [one for one in audit(Family({"MIRROR": broken, "INDEX": index}).source()) if one.severity == ERROR]
    assert [one.id for one in found] == [f"MIRROR-step-{index.dates[row]}"]


def test_a_run_s_own_words_count_over_what_is_known_of_a_name():
    clean = family(("SOXS", "SOXX", "SOXL", "SMH"))
    given_2x = {"SOXS": Fund("SOXX", -2.0, 0.01)}
    found = audit(clean.source(), ("SOXS", "SOXX"), funds=given_2x)
    assert [one.id for one in found] == ["SOXS-follows"]
    assert "doesn't follow -2x SOXX: slope -3.00" in found[0].message
    named = {"BEAR": Fund("INDEX", -3.0, 0.01)}
    unnamed = family(UNKNOWN)
    assert not audit(unnamed.source(), ("BEAR", "INDEX"), funds=named)


def test_an_underlying_is_read_though_it_isn_t_named_and_told_of():
    clean, fault = family(BY_NAME), PLANTED["the underlying thrice before"]
    date = fault.date(clean, np.random.default_rng(1))
    found = audit(fault.plant(clean, date).source(), ("SQQQ",))
    assert [one.instrument for one in found] == ["QQQ"]


def test_a_fund_whose_underlying_isn_t_there_is_audited_by_itself():
    clean = family(BY_NAME)
    assert not audit(clean.source("SQQQ"))
    fault = PLANTED["15 times too high before"]
    date = fault.date(clean, np.random.default_rng(1))
    broken = fault.plant(clean, date)
    (step,) = audit(broken.source("SQQQ"))
    assert (step.kind, step.first, step.against) == ("step", date, ())


@given(factor=st.floats(0.01, 100.0), row=st.integers(50, 1800), shares=st.sampled_from([0.1, 0.25, 2.0, 3.0, 20.0]))
@settings(max_examples=15, deadline=None)
def test_a_price_scale_and_a_split_with_prices_to_match_change_nothing(factor, row, shares):
    clean = family(BY_NAME)
    for bars in (clean.fund, clean.underlying):
        basis = np.where(np.arange(len(bars)) < row, 1.0, shares) * factor
        split = bars.split.copy()
        split[row] *= shares
        other = replace(scaled(bars, basis), split=split)
        found = audit(clean.with_bars(other).source(*clean.names[:2]))
        assert not [one for one in found if one.kind != "adjusted"]


def test_what_is_known_of_funds_is_coherent():
    assert all(fund.leverage not in (0.0, 1.0) and name != fund.underlying for name, fund in FUNDS.items())
    assert kin("SOXX")[0] == "SMH"
    assert {"SOXS", "SOXL"} <= set(kin("SOXX"))
    assert FUNDS["SOXS"].changed == day("2021-08-25")
    assert kin("NOBODY") == ()

"""Legs: their columns are those of every array a run is laid out in."""

from data.roles import HedgeRole, Roles
from engine.legs import legs_of

COLLAR = (HedgeRole("PUT", "option", leg=1), HedgeRole("CALL", "option", side=-1, leg=1))
SEVERAL = Roles({"SOXX": 0.6, "SPY": 0.4}, (HedgeRole("SOXS"), *COLLAR, HedgeRole("SOXS", leg=2)), "SOXX")


def test_columns_are_the_core_s_and_then_the_hedges():
    legs = legs_of(SEVERAL)

    assert legs.names == ("SOXX", "SPY", "SOXS", "PUT", "CALL", "SOXS")
    assert legs.names[legs.of_core] == legs.core == ("SOXX", "SPY")
    assert legs.names[legs.of_hedges] == ("SOXS", "PUT", "CALL", "SOXS")
    assert [legs.names[legs.of_hedge(k)] for k in range(4)] == ["SOXS", "PUT", "CALL", "SOXS"]


def test_what_stands_twice_has_a_label_of_its_own():
    assert legs_of(SEVERAL).labels == ("SOXS", "PUT", "CALL", "SOXS (2)")


def test_a_hedge_of_two_contracts_has_one_first():
    assert legs_of(SEVERAL).firsts == (0, 1, 3)

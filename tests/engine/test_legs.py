"""Legs: their columns are those of every array a run is laid out in."""

import pytest
from markets import ROLES

from data.roles import Roles
from engine.legs import legs_of

TWO = Roles.with_fund({"SOXX": 0.6, "SPY": 0.4}, "SOXS", "SOXX", -3.0)


def test_columns_are_the_core_s_and_then_the_hedge_s():
    legs = legs_of(TWO)

    assert legs.names == ("SOXX", "SPY", "SOXS") == TWO.traded
    assert [legs.column(name) for name in legs.names] == [0, 1, 2]
    assert legs.names[: TWO.holdings] == legs.core == ("SOXX", "SPY")
    assert legs.names[TWO.holdings :] == legs.hedges == ("SOXS",)


def test_what_is_not_traded_has_no_column():
    with pytest.raises(ValueError, match="not in tuple"):
        legs_of(ROLES).column("XLP")

"""Legs: their columns are those of every array a run is laid out in."""

import numpy as np
import pytest
from markets import ROLES

from data.roles import Roles
from engine.legs import CORE, HEDGE, legs_of

TWO = Roles.with_fund({"SOXX": 0.6, "SPY": 0.4}, "SOXS", "SOXX", -3.0)


def test_columns_are_the_core_s_and_then_the_hedge_s():
    legs = legs_of(TWO)
    held = np.array([[1.0, 2.0, 3.0]])

    assert legs.names == ("SOXX", "SPY", "SOXS") == TWO.traded
    assert [legs.column(name) for name in legs.names] == [0, 1, 2]
    assert legs.names[HEDGE] == "SOXS"
    assert legs.names[CORE] == ("SOXX", "SPY")
    assert held[:, HEDGE].tolist() == [3.0]
    assert held[:, CORE].tolist() == [[1.0, 2.0]]


def test_what_is_not_traded_has_no_column():
    with pytest.raises(ValueError, match="not in tuple"):
        legs_of(ROLES).column("XLP")

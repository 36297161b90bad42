"""What an extension leaves open is filled in by the rules it states."""

from __future__ import annotations

import pytest
from markets import days

from data.errors import DataError
from data.extension import Extension, FundTerms, percent, terms_of

SOX = {"1994-05-05": 0.004, "2006-06-23": 0.011, "2010-06-01": 0.016, "2021-08-25": 0.012}


@pytest.mark.parametrize(
    ("told", "on_index", "terms"),
    [
        (Extension("SOXS", "SOX"), True, FundTerms(-3.0, 0.0101, 0.0065, SOX, 0.025)),
        (Extension("SOXS", "SOXX"), False, FundTerms(-3.0, 0.0101, 0.010, 0.0, 0.025)),
        (Extension("SOXL", "SOX"), True, FundTerms(3.0, 0.0075, 0.0065, SOX, 0.025)),
        (Extension("FUND", "NDX", leverage=-2.0), True, FundTerms(-2.0, 0.0101, 0.0065, 0.01, 0.025)),
        (Extension("SOXX", "SOX"), True, FundTerms(1.0, 0.0, 0.0, 0.0, 0.01)),
        (Extension("SOXX", "SMH", leverage=1.0), False, FundTerms(1.0, 0.0, 0.0, 0.0, 0.01)),
        (
            Extension("SOXX", "SOX", fee=0.0046, spread=0.001, dividend_yield=0.011, band=0.02),
            True,
            FundTerms(1.0, 0.0046, 0.001, 0.011, 0.02),
        ),
        (
            Extension("SOXS", "SOX", -2.0, fee=0.0, spread=0.0, dividend_yield=0.0, band=0.0),
            True,
            FundTerms(-2.0, 0.0, 0.0, 0.0, 0.0),
        ),
    ],
)
def test_what_is_left_open_has_its_default_and_what_is_told_stands(told, on_index, terms) -> None:
    assert terms_of(told, on_index=on_index) == terms


def test_dividends_of_bars_are_not_counted_twice() -> None:
    with pytest.raises(DataError, match=r"^data\.extend\.SOXS\.dividend_yield is for an index: the bars of SOXX have"):
        terms_of(Extension("SOXS", "SOXX", dividend_yield=0.01), on_index=False)


def test_no_leverage_is_no_fund() -> None:
    with pytest.raises(DataError, match=r"^data\.extend\.SOXS\.leverage can't be 0$"):
        terms_of(Extension("SOXS", "SOX", leverage=0.0), on_index=True)


def test_a_fraction_is_told_in_percent_as_it_is_over_the_sessions() -> None:
    sessions = days("1994-05-06", "2010-05-28")
    assert percent(0.0065, sessions) == "0.65 %"
    assert percent(SOX, sessions) == "0.4 % to 1.1 %"
    assert percent({"1990-01-01": 0.01, "2020-01-01": 0.02}, sessions) == "1 %"

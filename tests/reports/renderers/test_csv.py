"""CSV that a spreadsheet opens as what it is."""

import datetime as dt
from decimal import Decimal

import pytest

from reports.renderers.csv import csv_text


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1"])
def test_a_text_is_no_formula(text):
    assert csv_text([[text]]).lstrip('"').startswith("'" + text[0])


def test_numbers_and_other_texts_stay():
    row = ["SOXX", "a=b", "", None, -1, -2.5, Decimal("-3.50"), float("-inf"), True, dt.date(2020, 1, 2)]
    assert csv_text([row]) == "SOXX,a=b,,,-1,-2.5,-3.50,-inf,True,2020-01-02\n"

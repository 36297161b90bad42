"""Numbers are written with their units: a dash for none, no sign for what rounds to 0."""

import math

import numpy as np
import pytest

from data.format import (
    amount,
    counted,
    counted_of,
    dollars,
    figure,
    first_dates,
    money,
    multiple,
    number,
    p_value,
    percent,
    points,
    rest,
    rough,
    share,
    signed,
    significant,
    times,
    written,
)


def test_numbers():
    assert (number(1234.567, 1), number(0.001, sign=True), number(None)) == ("1,234.6", "0.00", "-")
    assert (signed(1.25), signed(0.0), p_value(0.0512), p_value(math.nan)) == ("+1.2", "0.0", "0.051", "-")
    assert [significant(value) for value in (18.25, 0.06667, 15.0, 1234.5)] == ["18.25", "0.06667", "15", "1,234"]
    assert (significant(1234.5678, 6, whole=1e6), significant(2.5e6, 6, whole=1e6)) == ("1234.57", "2,500,000")
    assert (multiple(15.2), multiple(1.52)) == ("15", "1.5")


def test_fractions_in_percent_and_differences_in_points():
    assert (percent(0.01234, 2), percent(-0.5, 0), percent(None), percent(np.nan)) == ("1.23 %", "-50 %", "-", "-")
    assert (percent(0.01, 2, sign=True), percent(-1e-9, 2, sign=True), percent(-0.0001)) == (
        "+1.00 %",
        "0.00 %",
        "0.0 %",
    )
    assert percent(0.123, gap="") == "12.3%"
    assert (rough(0.213), rough(-0.031, sign=True), rough(12.4, sign=True)) == ("21.3 %", "-3.1 %", "+1,240 %")
    assert (points(0.0), points(-0.012), points(-0.0123, 2), points(None)) == ("0.0", "-1.2", "-1.23", "-")
    assert (share(0.9961), rest(0.9961), share(0.002)) == ("99.6 %", "0.4 %", "0.2 %")


def test_dollars():
    assert (dollars(-1234.5), dollars(99.7, sign=True), dollars(-0.2, sign=True)) == ("-$1,234", "+$100", "$0")
    assert (dollars(12.345, 2), dollars(None)) == ("$12.35", "-")
    assert [money(each) for each in (917985.81, 999999.6, 3987413.5, 1.2e9)] == [
        "$917,986",
        "$1.00m",
        "$3.99m",
        "$1.20bn",
    ]
    assert [amount(each) for each in (2.45, 0.02134, 4.5e6, 3.87e10)] == [
        "$2.45",
        "$0.0213",
        "$4.5 million",
        "$38.7 billion",
    ]


def test_a_figure_by_its_specification():
    assert (figure(0.12345, ".2%"), figure(-0.01, "+.2%"), figure(math.nan, ".2%")) == ("12.35%", "-1.00%", "-")
    assert (figure(-1234.6, "$,.0f"), figure(1234.6, "+$,.0f"), figure(7.0, ",.0f")) == ("-$1,235", "+$1,235", "7")


def test_a_value_by_its_kind():
    kinds = ("percent", "dollars", "count", "number")
    assert [written(1234.5678, kind) for kind in kinds] == ["123,456.78 %", "$1,235", "1,235", "1,234.57"]
    assert [written(None, kind) for kind in kinds] == ["-"] * 4


def test_counts_and_dates():
    assert (counted(1, "row"), counted(1203, "row"), times(1), times(1203)) == (
        "1 row",
        "1,203 rows",
        "once",
        "1,203 times",
    )
    assert (counted_of(5, 17), counted_of(0, 0)) == ("5 of 17", "-")
    days = np.arange("2020-01-01", "2020-01-06", dtype="datetime64[D]")
    assert first_dates(days) == "2020-01-01, 2020-01-02, 2020-01-03 and 2 more"
    assert first_dates(days[:2]) == "2020-01-01, 2020-01-02"


@pytest.mark.parametrize(
    ("value", "text", "left"),
    [
        (0.0, "0 %", "100 %"),
        (0.0004, "0 %", "100 %"),
        (0.004, "0.4 %", "99.6 %"),
        (0.006, "1 %", "99 %"),
        (0.5, "50 %", "50 %"),
        (0.994, "99 %", "1 %"),
        (0.996, "99.6 %", "0.4 %"),
        (1.0, "100 %", "0 %"),
    ],
)
def test_a_share_and_the_rest_add_up_to_all(value, text, left):
    assert (share(value), rest(value)) == (text, left)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (999_999.4, "$999,999"),
        (999_999.5, "$1.00m"),
        (999_994_999.4, "$999.99m"),
        (999_995_000.0, "$1.00bn"),
        (1e16, "$10,000,000.00bn"),
        (0.0, "$0"),
    ],
)
def test_dollars_are_written_in_the_unit_they_round_to(value, text):
    assert money(value) == text

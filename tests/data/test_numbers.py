"""Numbers as files write them: what means one thing is read, what may mean two is not."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.numbers import (
    COMMA,
    POINT,
    comma_reader,
    read_certain,
    read_comma,
    read_number,
    readings,
    shown_decimal,
    shows_decimal_comma,
    shows_thousands,
)


def grouped(whole, mark):
    return f"{whole:,}".replace(",", mark)


@given(whole=st.integers(0, 10**12), decimals=st.text("0123456789", max_size=6), sign=st.sampled_from(["", "-"]))
@pytest.mark.parametrize(
    ("decimal", "mark"), [(POINT, ","), (POINT, "'"), (POINT, " "), (COMMA, "."), (COMMA, "\u202f"), (COMMA, "")]
)
def test_whatever_is_written_with_a_mark_is_read_by_it(whole, decimals, sign, decimal, mark):
    text = f"{sign}{grouped(whole, mark)}{decimal if decimals else ''}{decimals}"
    assert read_number(text, decimal) == float(f"{sign}{whole}.{decimals or 0}")


@given(value=st.floats(allow_nan=False, allow_infinity=False))
def test_whatever_python_writes_is_read_to_the_last_bit(value):
    assert read_certain(repr(value)) == value
    assert read_number(repr(value).replace(".", ","), COMMA) == value


@given(text=st.from_regex(r"-?[0-9]{1,3}([.,' ]?[0-9]{1,4}){0,2}", fullmatch=True))
def test_what_is_certain_has_no_other_reading_but_that_a_point_is_decimal_by_itself(text):
    value = read_certain(text, commas=True)
    if value is not None:
        assert {read_number(text, POINT), read_number(text, COMMA)} - {None} == {value}
    if read_certain(text) != value:
        assert text.count(".") == 1
        assert "," not in text


@pytest.mark.parametrize(
    ("text", "words", "marks"),
    [
        ("1,234", "1234 or 1.234", ".,"),
        ("0,500", "500 or 0.5", ".,"),
        ("-1,234M", "-1234000000 or -1234000", ".,"),
        ("1,5", "1.5", ","),
        ("1.234,5", "1234.5", ","),
        ("1.234.567", "1234567", ","),
        ("12,34", "12.34", ","),
        ("1 234,5", "1234.5", ","),
        ("1'234.5", "1234.5", "."),
        ("1 000", "1000", ".,"),
    ],
)
def test_what_may_be_two_numbers_or_needs_a_mark_is_not_read(text, words, marks):
    assert read_certain(text) is None
    assert readings(text) == (words, marks)


@pytest.mark.parametrize(
    "text",
    ["", "-", ".", "1e", "e5", "K", "inf", "nan", "1e999", "(5)", "5%", "4O", "1_000", "\uff11", "1,2,3"],
)
def test_what_is_no_number_is_none(text):
    assert read_certain(text, thousands=True) is None
    assert readings(text) == ("", "")


def test_commas_between_thousands_are_shown_by_their_column_or_by_another_s_decimal_point():
    assert shows_thousands(["1,234", "1,234,567"], [])
    assert shows_thousands(["1,234", "1,234.5"], [])
    assert shows_thousands(["1,234", "90"], ["12.50"])
    assert not shows_thousands(["1,234", "90"], ["12.500", "7", "x"])
    assert not shows_thousands(["1,234", "0.990"], ["12.50"])
    assert read_certain("1,234", thousands=True) == 1234.0
    assert read_certain("0,500", thousands=True) is None
    assert read_certain("0,500,000") is None


def test_a_point_before_three_digits_is_doubtful_beside_a_decimal_comma():
    for text in ("12,5", "0,50", "1.234,5", "1.234.567", "1,2345"):
        assert shows_decimal_comma(["1.234", text])
    for text in ("1,234", "1.234", "1,234,567", "1,234.5", "12", "a, b"):
        assert not shows_decimal_comma(["1.234", text])
    assert read_certain("1.234", commas=True) is None
    assert read_certain("1.2345", commas=True) == 1.2345


@pytest.mark.parametrize(
    ("texts", "between_semicolons", "between_commas"),
    [
        (["12,5", "7"], COMMA, COMMA),
        (["12,5", "1,234"], COMMA, None),
        (["12,5", "1.234"], COMMA, None),
        (["12,5", "12.5"], None, None),
        (["12,5", "0.125"], None, None),
        (["12,5", "1,234.5"], None, None),
        (["1,234", "1.234", "x"], None, None),
        (["1,234.5", "1.25"], POINT, POINT),
        (["17", ""], None, None),
    ],
)
def test_a_file_shows_its_decimal_mark_where_a_number_can_be_nothing_else(texts, between_semicolons, between_commas):
    assert shown_decimal(texts, semicolons=True) == between_semicolons
    assert shown_decimal(texts, semicolons=False) == between_commas


@given(text=st.from_regex(r"-?[0-9]{1,3}([.,][0-9]{1,4}){0,3}", fullmatch=True), counts=st.booleans())
def test_beside_decimal_commas_a_number_is_read_by_them_or_not_at_all(text, counts):
    assert read_comma(text, counts=counts) in {None, read_number(text, COMMA)}
    assert read_comma(text, counts=counts) == comma_reader("volume" if counts else "close", [text, "1,5"])(text) or (
        "." in text
    )


def test_a_point_stands_between_thousands_where_the_file_or_the_column_says_so():
    assert comma_reader("close", ["1.234", "1.234,5"])("1.234") == 1234.0
    assert comma_reader("close", ["1.234", "12,5"])("1.234") is None
    assert comma_reader("volume", ["1.234", "12,5"])("1.234") == 1234.0
    assert comma_reader("volume", ["1,234", "12,5"])("1,234") is None
    assert comma_reader("close", ["1,234", "12,5"])("1,234") == 1.234
    assert comma_reader("close", ["1.234,5"])("0.125") is None

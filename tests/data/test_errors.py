"""A mistyped word is answered with the near one, a strange one is not."""

import math

import pytest

from data.errors import ConfigError, DataError, StrategyError, UserError, check_arguments, did_you_mean
from data.ranges import COUNT, YEARLY


@pytest.mark.parametrize(
    ("word", "hint"),
    [("SOXZ", ", did you mean SOXS?"), ("sox", ""), ("VIX", ""), ("min_hodl", ", did you mean min_hold?")],
)
def test_only_a_near_word_is_suggested(word, hint):
    assert did_you_mean(word, ["SOXS", "QQQ", "min_hold"]) == hint


def test_nothing_is_suggested_where_nothing_is_known():
    assert did_you_mean("SOXS", []) == ""


@pytest.mark.parametrize("error", [DataError, ConfigError, StrategyError])
def test_every_error_a_person_can_mend_is_a_user_error(error):
    assert issubclass(error, UserError)


def test_what_an_error_quotes_at_length_is_cut():
    error = DataError(f"bad.csv:3: {'x' * 50_000}: correct it")
    assert len(str(error)) < 2_200
    assert str(error).startswith("bad.csv:3: xx")
    assert str(error).endswith("xx: correct it")
    assert str(UserError(error)) == str(error)


@pytest.mark.parametrize("value", [-1, 0, 25_201, 2**70, 1.5, math.nan, True, "5", [3]])
def test_an_argument_out_of_its_range_is_named(value):
    with pytest.raises(UserError, match=r"^days=.+: has to be a whole number from 1 to 25,200$"):
        check_arguments(whole=True, cuts=(None, COUNT), days=(value, COUNT))


def test_arguments_within_their_ranges_pass():
    check_arguments(whole=True, cuts=(None, COUNT), days=(1, COUNT))
    check_arguments(rate=(0.05, YEARLY))

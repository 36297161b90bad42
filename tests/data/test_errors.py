"""A mistyped word is answered with the near one, a strange one is not."""

import pytest

from data.errors import ConfigError, DataError, StrategyError, UserError, did_you_mean


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

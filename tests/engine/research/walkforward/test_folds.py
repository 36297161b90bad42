"""Folds: by hand on the calendar, and what holds of any: tests without gap or overlap, an embargo before each."""

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import nyse

from data.errors import ConfigError, DataError
from engine.research.walkforward.folds import Fold, Windows, folds_of, span_of


def windows(train, test, embargo=0, *, anchored=False):
    return Windows(span_of(train, "--train"), span_of(test, "--test"), anchored, embargo)


def dated(sessions, folds):
    return [[str(sessions[at]) for at in fold] for fold in folds]


def test_years_are_the_calendar_s():
    sessions = nyse("2015-01-02", 8 * 252)
    last = np.searchsorted(sessions, np.datetime64("2020-12-31"))

    folds = folds_of(sessions[: last + 1], windows("3y", "1y"))

    assert dated(sessions, folds) == [
        ["2015-01-02", "2017-12-29", "2018-01-02", "2019-01-02"],
        ["2016-01-04", "2018-12-31", "2019-01-02", "2020-01-02"],
        ["2017-01-03", "2019-12-31", "2020-01-02", "2020-12-31"],
    ]


def test_an_embargo_moves_the_tests_and_not_the_trainings():
    sessions = nyse("2015-01-02", 8 * 252)
    plain, apart = (folds_of(sessions, windows("3y", "6m", embargo)) for embargo in (0, 20))

    assert [fold[:2] for fold in apart] == [fold[:2] for fold in plain]
    assert [fold.test_first for fold in apart] == [fold.test_first + 20 for fold in plain]
    assert all(fold.test_first - fold.train_last == 21 for fold in apart)


def test_days_are_sessions():
    folds = folds_of(nyse("2019-01-02", 100), windows("40d", "25d", 5))

    assert folds == (Fold(0, 39, 45, 70), Fold(25, 64, 70, 99))  # 29 closes decide in the last, 4 too few for a test


def test_anchored_trainings_all_begin_with_the_first_session():
    folds = folds_of(nyse("2019-01-02", 120), windows("40d", "25d", 5, anchored=True))

    assert folds == (Fold(0, 39, 45, 70), Fold(0, 64, 70, 95), Fold(0, 89, 95, 119))


def test_a_last_test_of_a_quarter_stands_by_itself_and_a_shorter_one_is_joined():
    cut = windows("40d", "20d")

    assert folds_of(nyse("2019-01-02", 40 + 20 + 5 + 1), cut)[-1] == Fold(20, 59, 60, 65)
    assert folds_of(nyse("2019-01-02", 40 + 20 + 4 + 1), cut) == (Fold(0, 39, 40, 64),)


def test_months_of_another_length_keep_to_their_ends():
    sessions = nyse("2018-10-31", 400)
    folds = folds_of(sessions, windows("4m", "1m"))

    assert dated(sessions, folds)[:2] == [
        ["2018-10-31", "2019-02-27", "2019-02-28", "2019-03-28"],
        ["2018-11-28", "2019-03-27", "2019-03-28", "2019-04-29"],
    ]


spans = st.one_of(
    st.integers(2, 90).map(lambda count: f"{count}d"), st.integers(1, 8).map(lambda count: f"{count}m"), st.just("1y")
)


@given(st.integers(2, 700), spans, spans, st.integers(0, 30), st.booleans())
@settings(max_examples=200, deadline=None)
def test_tests_follow_one_another_and_trainings_end_an_embargo_before(count, train, test, embargo, anchored):
    sessions, cut = nyse("2015-02-27", 700)[:count], windows(train, test, embargo, anchored=anchored)
    try:
        folds = folds_of(sessions, cut)
    except DataError as fault:
        if "would fit" in str(fault):  # what it proposes does
            words = str(fault).rsplit("--train ", 1)[1].split()
            assert folds_of(sessions, windows(words[0], words[2], embargo, anchored=anchored))
        return

    assert folds[-1].test_last == count - 1
    for before, after in itertools.pairwise(folds):
        assert before.test_last == after.test_first > before.test_first
        assert after.train_first >= before.train_first
    for fold in folds:
        assert fold.test_first - fold.train_last == embargo + 1
        assert 0 <= fold.train_first < fold.train_last
        assert fold.test_first < fold.test_last
        assert not anchored or fold.train_first == 0
        if train.endswith("d") and not anchored:
            assert fold.train_last - fold.train_first + 1 == int(train[:-1])


@pytest.mark.parametrize("text", ["5", "y", "0y", "-1y", "1.5y", "5w", "", "1d"])
def test_a_span_that_is_none_is_refused(text):
    with pytest.raises(ConfigError, match="--train"):
        span_of(text, "--train")


def test_too_little_history_says_what_would_fit():
    sessions = nyse("2019-01-02", 300)
    with pytest.raises(DataError, match=r"300 sessions from 2019-01-02 .* hold no fold of --train 5y") as told:
        folds_of(sessions, windows("5y", "1y", 20))

    assert "--train 186d --test 93d would fit" in str(told.value)
    assert len(folds_of(sessions, windows("186d", "93d", 20))) == 1

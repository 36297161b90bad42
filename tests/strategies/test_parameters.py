"""Parameters: the fields of a strategy's dataclass, checked in one line that names the class and the field."""

import typing
from dataclasses import FrozenInstanceError, dataclass, field
from typing import Literal, Optional

import numpy as np
import pytest

from data.errors import StrategyError
from strategies import Strategy, parameter
from strategies.load import SHIPPED, strategy_class
from strategies.parameters import ParameterError, check, describe, explained, make, resolved, unit_of


@dataclass(frozen=True)
class Ranged(Strategy):
    days: int = parameter(50, at_least=2, at_most=500)
    floor: float = parameter(0.25, at_least=0)
    top: float = parameter(0.9, at_most=1)
    series: str | None = None
    loud: bool = False
    spread: float | None = None


@dataclass(frozen=True)
class Needing(Strategy):
    days: int
    spread: Optional[float] = None  # noqa: UP045  # as people write it


@dataclass(frozen=True)
class Heir(Ranged):
    days: int = parameter(10, at_least=5)
    more: int = 1


@dataclass(frozen=True)
class Plain(Strategy):
    days: int = 50
    made: list = field(default_factory=list, init=False)


class Undecorated(Strategy):
    days: int = 50


class HeirUndecorated(Ranged):
    extra: int = 1


def refusal(given, cls=Ranged):
    with pytest.raises(StrategyError) as caught:
        make(cls, given)
    return str(caught.value)


def test_what_is_given_counts_and_the_rest_has_its_default():
    made = make(Ranged, {"days": 20, "series": "VIX", "loud": True})
    assert made == Ranged(20, 0.25, 0.9, "VIX", loud=True)
    assert make(Ranged, {}) == Ranged()


@pytest.mark.parametrize("given", [{"days": 2}, {"days": 500}, {"floor": 0}, {"top": 1.0}, {"top": -5.0}])
def test_both_ends_of_a_range_belong_to_it(given):
    ((name, value),) = given.items()
    assert getattr(make(Ranged, given), name) == value


@pytest.mark.parametrize(
    ("given", "why"),
    [
        ({"days": 1}, "days has to be a whole number from 2 to 500, not 1"),
        ({"days": 501}, "days has to be a whole number from 2 to 500, not 501"),
        ({"floor": -0.01}, "floor has to be a number from 0 to 1e+15, not -0.01"),
        ({"top": 1.01}, "top has to be a number from -1e+15 to 1, not 1.01"),
        ({"days": 20.0}, "days has to be a whole number from 2 to 500, not 20.0"),
        ({"days": "20"}, "days has to be a whole number from 2 to 500, not '20'"),
        ({"days": True}, "days has to be a whole number from 2 to 500, not true"),
        ({"days": None}, "days has to be a whole number from 2 to 500, not null"),
        ({"floor": "high"}, "floor has to be a number from 0 to 1e+15, not 'high'"),
        ({"floor": True}, "floor has to be a number from 0 to 1e+15, not true"),
        ({"floor": float("nan")}, "floor has to be a number from 0 to 1e+15, not nan"),
        ({"floor": float("inf")}, "floor has to be a number from 0 to 1e+15, not inf"),
        ({"series": 5}, "series has to be text, not 5"),
        ({"loud": 1}, "loud has to be true or false, not 1"),
        ({"spread": "wide"}, "spread has to be a number from -1e+15 to 1e+15, not 'wide'"),
    ],
    ids=str,
)
def test_a_wrong_value_is_told_with_its_range_or_type(given, why):
    assert refusal(given) == f"Ranged: {why}"


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("dais", ", did you mean days?"),
        ("flor", ", did you mean floor?"),
        ("xyz", ": it has days, floor, top, series, loud, spread"),
    ],
)
def test_an_unknown_parameter_is_answered_with_the_near_one(name, hint):
    assert refusal({name: 1}) == f"Ranged has no parameter {name}{hint}"


def test_a_field_that_takes_no_value_is_no_parameter():
    assert refusal({"made": []}, Plain) == "Plain has no parameter made: it has days"


def test_a_class_without_parameters_says_so():
    @dataclass(frozen=True)
    class Bare(Strategy):
        pass

    assert refusal({"days": 1}, Bare) == "Bare has no parameter days: it has no parameters"


def test_a_parameter_without_a_default_has_to_be_given():
    assert refusal({}, Needing) == "Needing needs the parameter days: write it under strategy.params"
    assert make(Needing, {"days": 3, "spread": 1}).spread == 1.0


def test_a_refusal_knows_which_parameter_it_is_about():
    for given, cls in (({"dais": 1}, Ranged), ({"days": 1}, Ranged), ({}, Needing)):
        with pytest.raises(ParameterError) as caught:
            make(cls, given)
        assert caught.value.parameter == next(iter(given), "days")


def test_resolved_parameters_are_all_of_them_as_they_will_be_used():
    assert resolved(Ranged, {"floor": 1}) == {
        "days": 50,
        "floor": 1.0,
        "top": 0.9,
        "series": None,
        "loud": False,
        "spread": None,
    }
    with pytest.raises(ParameterError):
        resolved(Ranged, {"days": 1})


def test_a_whole_number_is_a_float_where_one_is_asked_for():
    made = make(Ranged, {"floor": 1, "spread": 2})
    assert [type(value) for value in (made.floor, made.spread, made.days)] == [float, float, int]


def test_none_is_a_value_only_where_it_is_allowed():
    made = make(Ranged, {"series": None, "spread": None})
    assert (made.series, made.spread) == (None, None)


@pytest.mark.parametrize("cls", [Undecorated, HeirUndecorated])
def test_a_forgotten_decorator_is_told_with_the_line_to_write(cls):
    assert refusal({}, cls) == f"{cls.__name__} is no dataclass: put @dataclass(frozen=True) above it"


def test_it_is_checked_however_it_is_made():
    with pytest.raises(StrategyError, match="Ranged: days has to be a whole number from 2 to 500"):
        Ranged(days=1)
    with pytest.raises(FrozenInstanceError):
        Ranged().days = 3


def test_an_heir_has_its_own_range_and_the_parameters_before_it():
    assert [known.name for known in describe(Heir)] == ["days", "floor", "top", "series", "loud", "spread", "more"]
    assert refusal({"days": 4}, Heir) == "Heir: days has to be a whole number from 5 to 1e+15, not 4"
    assert refusal({"floor": -1}, Heir) == "Heir: floor has to be a number from 0 to 1e+15, not -1"


def test_parameters_are_described_in_their_order_with_type_and_range():
    described = [(known.name, known.type, known.default, known.ends) for known in describe(Ranged)]
    assert described == [
        ("days", int, 50, "2 to 500"),
        ("floor", float, 0.25, "0 to 1e+15"),
        ("top", float, 0.9, "-1e+15 to 1"),
        ("series", str | None, None, ""),
        ("loud", bool, False, ""),
        ("spread", float | None, None, ""),  # none is declared
    ]


def test_a_type_that_nobody_imported_is_told():
    @dataclass(frozen=True)
    class Forgetful(Strategy):
        when: "Absent" = None  # noqa: F821  # that is the point

    said = refusal({}, Forgetful)
    assert said.startswith("Forgetful: the type of a parameter can't be read: name 'Absent' is not defined")


def test_what_is_no_dataclass_is_refused():
    with pytest.raises(StrategyError, match=r"object is no dataclass: put @dataclass\(frozen=True\) above it"):
        check(object())


def test_a_literal_is_one_of_its_words():
    @dataclass(frozen=True)
    class Worded(Strategy):
        by: Literal["level", "change"] | None = "level"

        def intensity(self, market):
            return np.zeros(len(market))

    assert [make(Worded, {"by": by}).by for by in ("change", None)] == ["change", None]
    with pytest.raises(ParameterError, match="Worded: by has to be one of level, change, not 'rank'") as refused:
        make(Worded, {"by": "rank"})
    assert refused.value.parameter == "by"


@pytest.mark.parametrize("name", SHIPPED)
def test_every_parameter_of_a_shipped_strategy_says_of_what_it_is_and_a_number_in_what_unit(name):
    cls = strategy_class(name)
    said = explained(cls)
    for known in describe(cls):
        about, kinds = said[known.name], {known.type, *typing.get_args(known.type)}
        assert len(about.split()) >= 5, f"{known.name}: {about}"
        if kinds & {int, float}:
            assert unit_of(about), f"{known.name}: {about}"
        elif bool in kinds:
            assert about.startswith("Whether "), f"{known.name}: {about}"


@pytest.mark.parametrize(
    ("said", "unit"),
    [
        ("Sessions in the average.", "sessions"),
        ("A fraction a year: of volatility.", "fraction a year"),
        ("A fraction of the members.", "fraction"),
        ("The share of members.", ""),
        ("", ""),
    ],
)
def test_a_unit_is_what_a_text_begins_with(said, unit):
    assert unit_of(said) == unit

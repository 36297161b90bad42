"""What is told of an answer can't be changed afterwards."""

import dataclasses
import importlib
import inspect

import pytest

MODULES = (
    *("answer", "decompose", "family", "frontier", "fund_part", "insurance", "timing"),
    *("variations", "words"),
)


@pytest.mark.parametrize("name", MODULES)
def test_every_dataclass_is_frozen(name):
    module = importlib.import_module(f"engine.analytics.answer.{name}")
    own = [cls for _, cls in inspect.getmembers(module, inspect.isclass) if cls.__module__ == module.__name__]
    made = [cls for cls in own if dataclasses.is_dataclass(cls)]

    assert made
    assert all(cls.__dataclass_params__.frozen for cls in made)

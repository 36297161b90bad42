"""The API: each example of a docstring does what it says, on the simulated market, and its answer is the command's."""

import doctest
import json
import re
from inspect import isfunction
from pathlib import Path

import pytest
from command import command

import backtest
from data.errors import UserError

ANSWERING = [name for name in backtest.__all__ if isfunction(getattr(backtest, name)) and name != "parameter"]
"""Every function of the API; `parameter` declares a field."""


def test_the_page_of_the_api_has_every_function():
    page = (Path(__file__).parents[2] / "docs/api.md").read_text()
    assert sorted({*ANSWERING} - {"as_backtrader"}) == sorted(re.findall(r"::: backtest\.\w+\.(\w+)", page))


@pytest.mark.parametrize("name", ANSWERING)
def test_the_example_in_its_docstring_does_what_it_says(name, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (case,) = doctest.DocTestFinder(recurse=False).find(getattr(backtest, name), name, globs={"backtest": backtest})
    assert case.examples
    told = []
    result = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(case, out=told.append, clear_globs=False)
    assert result.failed == 0, "".join(told)


def test_answers_are_the_command_s(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    live = json.loads(command("signal", "hedge_soxs.yaml", "--json").out)
    assert json.loads(json.dumps(backtest.signal("hedge_soxs.yaml").as_dict())) == live
    proof = json.loads(command("lookahead", "hedge_soxs.yaml", "--cuts", "3", "--json").out)
    assert json.loads(json.dumps(backtest.lookahead("hedge_soxs.yaml", cuts=3).as_dict())) == proof
    found = backtest.frontier({"strategy": {"class": "WeaknessHedge"}}, ways=["cash"], weights=[0.2])
    assert [way.key for way in found.ways][-1] == "cash"


def test_a_kept_run_is_read_back_and_explained(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ran = backtest.run("hedge_soxs.yaml", engine="compiled")
    folder = backtest.write_run(ran, "runs", tearsheet=False, report=False)
    again = backtest.load_run(folder.name)
    assert again.figures == json.loads((folder / "metrics.json").read_text())
    assert again.equity.equals(ran.equity)
    day = str(ran.equity.index[400].date())
    assert backtest.explain(folder.name, day).as_dict() == backtest.explain("hedge_soxs.yaml", day).as_dict()
    with pytest.raises(UserError):
        backtest.load_run("nothing")


def test_every_name_is_there_and_has_a_docstring_of_its_own():
    for name in backtest.__all__:
        assert getattr(backtest, name).__doc__ or name == "__version__"
    with pytest.raises(AttributeError):
        backtest.nothing  # noqa: B018  # that it raises is the test

"""data.source names a folder, and is then what --data with that folder is."""

import pytest

from backtest.api import load_market
from data.errors import ConfigError, DataError
from engine.loading import load_config, with_data
from engine.runs.schema import run_schema


@pytest.fixture
def yaml(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "mine" / "bars").mkdir(parents=True)

    def written(data):
        path = tmp_path / "run.yaml"
        path.write_text(f"name: run\n{data}\nstart: 2016-01-04\n")
        return path

    return written


def test_a_folder_as_source_is_the_folder_of_the_option(yaml):
    assert load_config(yaml("data: {source: mine}")) == with_data(load_config(yaml("")), "mine")
    assert load_config(yaml(""), ["data.source=./mine"]).data.path.endswith("/mine")


@pytest.mark.parametrize("name", ["demo", "embedded", "store", "auto"])
def test_a_source_s_own_name_is_no_folder(yaml, tmp_path, name):
    (tmp_path / name).mkdir()
    named = load_config(yaml(f"data: {{source: {name}}}"))
    assert named.data.path is None
    assert with_data(load_config(yaml("data: {source: mine}")), name) == named
    assert with_data(named, f"./{name}").data.path == str(tmp_path / name)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (
            "data: {source: stor}",
            "run.yaml:2: data.source has to be 'auto', 'store', 'embedded', 'demo', 'csv' or a folder, not 'stor'",
        ),
        ("data: {source: mine, path: x}", "run.yaml:2: data.source is a folder already: take data.path out"),
        ("data: {source: 3}", "run.yaml:2: data.source"),
    ],
)
def test_what_is_neither_is_refused(yaml, data, says):
    with pytest.raises(ConfigError, match=says):
        load_config(yaml(data))


def test_a_path_that_is_not_there_is_told_by_its_folder(yaml, tmp_path):
    with pytest.raises(DataError, match=f"{tmp_path}/mine/of: no such folder"):
        load_market(load_config(yaml("data: {source: mine/of}")))


def test_an_editor_takes_a_folder_too():
    source = run_schema()["$defs"]["DataConfig"]["properties"]["source"]
    assert {"type": "string"} in source["anyOf"]
    assert "enum" not in source

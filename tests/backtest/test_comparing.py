"""Behind `backtest compare`: what is run, what is reused, what is refused, and where the page goes."""

from pathlib import Path

import pytest
from kept_runs import SPAN, keep

import backtest.comparing
from backtest import load_config
from backtest.comparing import compare_runs, is_yaml
from data.errors import UserError


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(backtest.comparing, "write_run", without_pages)


without_pages_of = backtest.comparing.write_run


def without_pages(result, out, **more):
    return without_pages_of(result, out, tearsheet=False, report=False, **more)


def configure(file):
    return load_config(file, [*SPAN, "controls=off"])


def compare(*given, **more):
    return compare_runs(given, Path("runs"), configure, **more)


def test_kept_runs_and_yaml_files_are_compared_and_what_was_made_is_kept():
    kept = keep(Path("runs"), "controls=off", "trend_days=20", "name=quick")
    steps = []
    found, page = compare("quick", "hedge_soxs.yaml", progress=steps.append)
    assert [one.label for one in found.runs] == ["quick", "hedge_soxs"]
    assert found.runs[0].run.folder == kept.folder
    assert page == Path("runs/comparison.html")
    assert "<title>SIMULATED Runs compared</title>" in page.read_text(encoding="utf-8")
    assert "hedge_soxs.yaml: running in backtrader" in steps
    assert len(list(Path("runs").glob("*/metrics.json"))) == 2
    assert not [path for path in Path("runs").iterdir() if path.name.startswith(".")]

    steps.clear()
    again, _page = compare("hedge_soxs.yaml", progress=steps.append)
    assert again.runs[0].run.folder == found.runs[1].run.folder
    assert steps == ["comparing"]


def test_the_page_goes_where_it_is_told_and_links_from_there():
    kept = keep(Path("runs"), "controls=off")
    (kept.folder / "tearsheet.html").write_text("it")
    _found, page = compare(kept.id, page=Path("elsewhere/deep/page.html"))
    assert f'href="../../{kept.folder.as_posix()}/tearsheet.html"' in page.read_text(encoding="utf-8")
    assert (page.parent / "../.." / kept.folder / "tearsheet.html").is_file()


def test_a_page_that_can_not_be_written_is_told():
    keep(Path("runs"), "controls=off")
    Path("taken").write_text("")
    with pytest.raises(UserError, match=r"taken/page\.html: can't be written: .*: choose another with --out"):
        compare("hedge_soxs", page=Path("taken/page.html"))


def test_options_of_a_yaml_are_refused_without_one():
    kept = keep(Path("runs"), "controls=off")
    with pytest.raises(UserError, match="--data is for YAML files: hedge_soxs is kept as it was run"):
        compare("hedge_soxs", kept.id, options=("--data", "--set"))
    assert len(compare(kept.id, "hedge_soxs.yaml", options=("--data",))[0].runs) == 2
    with pytest.raises(UserError, match="nothing: no such run in runs"):
        compare("nothing")


def test_what_is_a_yaml():
    assert all(map(is_yaml, ("a.yaml", "b/c.YML", "hedge_soxs.yaml")))
    assert not any(map(is_yaml, ("a", "runs/a-0123456789", "0123456789", "a.yaml.d")))

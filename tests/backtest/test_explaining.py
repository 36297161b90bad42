"""Behind `backtest explain`: which run, which day, and what it says of a run that is kept."""

import json
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
from command import write_history
from kept_runs import SPAN, keep

from backtest import load_config, run, write_run
from backtest.explaining import explain_run
from data.errors import UserError

RUNS = Path("runs")


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def configure(file):
    return load_config(file, [*SPAN, "controls=off"])


def test_a_yaml_and_a_kept_run_of_it_are_explained_alike():
    kept = keep(RUNS, "controls=off")
    date = str(kept.tables["episodes"]["decided"][1])
    ours, theirs = (explain_run(given, date, RUNS, configure) for given in ("hedge_soxs.yaml", kept.id))
    assert ours == theirs
    assert (ours.date, ours.closes[-1].order, ours.closes[-1].policy.action) == (date, "switch", "enter")
    told = json.loads(json.dumps(ours.as_dict(), allow_nan=False))
    assert told["closes"][-1]["policy"]["after"] == {"on": True, "held": 0, "streak": 0, "cooling": 0, "spent": False}
    assert told["closes"][-1]["fills"][0]["instrument"] == "SOXX"


def test_controls_are_read_of_a_kept_run_and_not_run_again(monkeypatch):
    """The YAML's kept run is found by its own config, and another config's is not."""
    folder = write_history(Path("history"), "2019-06-03", "2020-06-30")
    configured = [
        partial(load_config, "hedge_soxs.yaml", ["start=2020-01-02", *more], folder)
        for more in ([], ["hedge.weight=0.1"])
    ]
    dates = "2020-01-02", "2020-03-10", "2020-06-30"
    anew = [explain_run("hedge_soxs.yaml", date, RUNS, lambda _file: configured[0]()) for date in dates]
    kept = write_run(run(configured[0]()), RUNS, tearsheet=False, report=False)

    def never(_case):
        raise AssertionError("the controls are run again")

    monkeypatch.setattr("engine.inspection.explain.controls_of", never)
    for given in (kept.name, "hedge_soxs.yaml"):
        for date, told in zip(dates, anew, strict=True):
            again = explain_run(given, date, RUNS, lambda _file: configured[0]())
            assert [book.title for book in again.books] == [book.title for book in told.books]
            assert [book.equity for book in again.books] == pytest.approx(
                [book.equity for book in told.books], rel=1e-9
            )
            ours, theirs = (replace(each, books=(), attribution={}, closes=()) for each in (again, told))
            assert ours == theirs
    assert {"Unhedged", "Sold daily", "Sold at entry"} <= {book.title for book in again.books}
    with pytest.raises(AssertionError, match="run again"):
        explain_run("hedge_soxs.yaml", dates[0], RUNS, lambda _file: configured[1]())


def test_a_run_kept_before_history_grew_is_explained_to_its_own_end():
    folder = write_history(Path("history"), "2019-06-03", "2020-03-31")
    settings = ["start=2020-01-02", "controls=off"]
    result = run(load_config("hedge_soxs.yaml", settings, folder))
    kept = write_run(result, RUNS, tearsheet=False, report=False)
    write_history(folder, "2019-06-03", "2020-06-30")
    last = str(result.market.run_sessions[-1])
    day = explain_run(kept.name, last, RUNS, configure)
    assert (day.session, day.sessions) == (61, 62)
    assert day.closes[-1].why == "nothing is decided any more: the run ends here"
    assert day.books[0].equity == pytest.approx(result.figures["final_equity"], rel=1e-9)
    with pytest.raises(UserError, match="2020-04-01 is no session of this run"):
        explain_run(kept.name, "2020-04-01", RUNS, configure)
    path = folder / "bars" / "SOXX.csv"
    header, *rows = path.read_text().splitlines()
    volume = header.split(",").index("volume")
    changed = [
        one if at == volume else text for at, (text, one) in enumerate(zip(rows[99].split(","), "1" * 9, strict=False))
    ]
    path.write_text("\n".join([header, *rows[:99], ",".join(changed), *rows[100:], ""]))
    with pytest.raises(
        UserError, match=r"bars/SOXX changed since the run was kept: make it again with backtest run runs/"
    ):
        explain_run(kept.name, last, RUNS, configure)


def test_what_can_not_be_explained_is_refused():
    keep(RUNS, "controls=off")
    for date in ("yesterday", "2020-02-30", "2020"):
        with pytest.raises(UserError, match=f"{date}: has to be a date, YYYY-MM-DD"):
            explain_run("hedge_soxs", date, RUNS, configure)
    with pytest.raises(UserError, match=r"2020-02-01 is no session .*: the nearest are 2020-01-31 and 2020-02-03"):
        explain_run("hedge_soxs", "2020-02-01", RUNS, configure)
    with pytest.raises(UserError, match="--start is for YAML files"):
        explain_run("hedge_soxs", "2020-02-03", RUNS, configure, ("--start",))
    with pytest.raises(UserError, match="nothing: no such run in runs"):
        explain_run("nothing", "2020-02-03", RUNS, configure)

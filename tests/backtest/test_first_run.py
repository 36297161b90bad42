"""Which run is made where history is there, can be pulled, or neither; and that a pull ends in time."""

import datetime as dt
import json
import multiprocessing
import time
from functools import partial
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pulling
import pytest
from chart_server import ChartServer
from command import SHORT, command, write_history

from backtest import first_run, load_config
from backtest.first_run import AGAIN, ASKED, EMBEDDED, FAILED, chosen_run, pull_once
from data.cache import DiskCache
from data.importing import import_files
from data.sources import BARS, SERIES, yahoo
from data.store import Store
from engine.loading import with_data

NOW = dt.datetime(2026, 8, 21, 22, tzinfo=dt.UTC)
SYMBOLS = ("SOXX", "SOXS", "^IRX")
PULL = "backtest data pull SOXX SOXS ^IRX"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    """A cache of the test's own."""
    kept = DiskCache(tmp_path / "cache")
    monkeypatch.setattr(first_run, "user_cache", lambda: kept)
    return kept


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("BACKTEST_DATA", str(tmp_path / "store"))
    return Store(tmp_path / "store")


@pytest.fixture
def asked(monkeypatch):
    """How often somebody looked for a way out; there is none."""
    looked = []
    monkeypatch.setattr(yahoo, "way_out", lambda seconds: looked.append(seconds) or "no such network")
    return looked


@pytest.fixture
def online(monkeypatch):
    monkeypatch.setattr(yahoo, "way_out", lambda _seconds: None)


def choose(*settings, now=NOW, data=None):
    """The run that is chosen, and what was said."""
    config, said = load_config(ASKED, settings), []
    config = config if data is None else with_data(config, data)
    return chosen_run(config, said.append, said.append, lambda: now), said


# What is there


def test_history_in_the_store_is_used(cache, store, asked, tmp_path):
    import_files(store, write_history(tmp_path / "mine", "2019-01-02", "2020-12-31"))
    assert choose() == (ASKED, [])
    assert asked == []


@pytest.mark.parametrize("named", ["demo", "embedded", "store", "."])
def test_a_source_that_is_named_is_used(cache, store, asked, named):
    assert choose(data=named) == (ASKED, [])
    assert choose(f"data.source={named}") == (ASKED, []) or named == "."
    assert asked == []


def test_what_cannot_be_pulled_is_left_to_the_run_to_tell(cache, store, asked):
    reads = "strategy={class: CalendarHedge, params: {}}"
    assert choose(reads) == (ASKED, [])
    assert asked == []


# No way out


def test_without_a_way_out_one_line_says_so_and_the_embedded_market_is_run(cache, store, asked):
    file, (line,) = choose()
    assert file == EMBEDDED
    assert line == (
        "Yahoo can't be reached (no such network): running hedge_nasdaq.yaml, the Nasdaq of 1999 to 2018, instead, and "
        f"nothing is pulled for a day; {PULL} tries at once"
    )
    assert asked == [3.0]


def test_what_failed_is_not_tried_again_for_a_day(cache, store, asked):
    choose()
    for later, age in ((dt.timedelta(seconds=5), "1 minute"), (dt.timedelta(minutes=59), "59 minutes")):
        file, (line,) = choose(now=NOW + later)
        assert (file, line.partition(": ")[0]) == (
            EMBEDDED,
            f"Yahoo can't be reached (no such network), tried {age} ago",
        )
    _file, (line,) = choose(now=NOW + dt.timedelta(hours=23, minutes=59))
    assert "24 hours ago" in line
    assert line.endswith(f"nothing is pulled for a day; {PULL} tries at once")
    assert len(asked) == 1
    choose(now=NOW + AGAIN)
    assert len(asked) == 2


@pytest.mark.parametrize("kept", [b"", b"[]", b"{}", b'{"why": "x", "time": 5}', b'{"why": "x", "time": "2026"}', None])
def test_a_failure_that_cannot_be_read_or_is_of_the_future_counts_for_nothing(cache, store, asked, kept):
    tomorrow = json.dumps({"why": "x", "time": (NOW + AGAIN).isoformat()}).encode()
    cache.keep(FAILED, tomorrow if kept is None else kept)
    choose()
    assert len(asked) == 1


def test_the_command_runs_the_embedded_market_and_says_so(cache, store, asked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    span = ("--start", "2018-01-02", "--no-tearsheet", "--set", "controls=off")
    answer = command("first", *span)
    assert answer.status == 0
    assert answer.err.count("\n") == 1
    assert answer.err.startswith("Yahoo can't be reached (no such network): running hedge_nasdaq.yaml")
    assert "PRICE INDEX: NASDAQ is the Nasdaq Composite" in answer.out
    assert "2018-01-02 to 2018-12-31, 251 sessions, real history, the hedge SYNTHETIC" in answer.out
    metrics = json.loads(command("first", *span, "--json").out)
    assert (metrics["name"], metrics["simulated"]) == ("hedge_nasdaq", False)
    assert (len(list(Path("runs").iterdir())), len(asked)) == (1, 1)


def test_the_command_hands_on_what_was_typed(cache, store, asked, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = command("first", "--data", "demo", *SHORT)
    assert (answer.status, answer.err) == (0, "")
    assert answer.out == command("run", "hedge_soxs.yaml", "--data", "demo", *SHORT).out
    assert "SIMULATED" in answer.out
    assert command("first", "--data", "gone").err == command("run", "hedge_soxs.yaml", "--data", "gone").err
    assert "No such option: --dta" in command("first", "--dta", "demo").err
    assert asked == []


# A way out


@pytest.mark.usefixtures("online")
def test_what_is_lacking_is_pulled_and_run(cache, store, monkeypatch, capfd):
    monkeypatch.setattr(first_run, "_pull", pulling.puts)
    file, said = choose()
    assert (file, len(said)) == (ASKED, 4)
    assert said[0] == "the store lacks SOXX, SOXS, ^IRX: pulling from Yahoo, 60 s at most"
    assert said[1:] == [f"{symbol}: asking" for symbol in SYMBOLS]
    assert capfd.readouterr().out == ""  # what a library prints is no part of our answer
    assert choose() == (ASKED, [])
    assert cache.read(FAILED) is None


@pytest.mark.usefixtures("online")
def test_from_a_server_that_speaks_as_yahoo_does(store, tmp_path):
    bars, rate = pulling.demo("SOXX"), pulling.demo("^IRX")
    keep = (bars.dates >= np.datetime64("2020-01-02")) & (bars.dates <= np.datetime64("2020-06-30"))
    with ChartServer() as server:
        server.lists("SOXX", bars.rows(keep))
        work = partial(pulling.asks, server.yahoo, server.fred, tmp_path / "cookies")
        said = []
        why = pull_once(("SOXX", "^IRX"), said.append, said.append, work=work)
    assert why.startswith("^IRX: Yahoo knows no such symbol")
    np.testing.assert_array_equal(store.read(BARS, "SOXX").dates, bars.dates[keep])
    assert store.names(SERIES) == ()
    assert said[1:] == ["SOXX: asking Yahoo", "^IRX: asking Yahoo"]
    assert len(rate.dates)


@pytest.mark.usefixtures("online")
@pytest.mark.parametrize(
    ("work", "says", "stays"),
    [
        (pulling.refused, "SOXS: Yahoo refuses", ("SOXX",)),
        (pulling.fails, "store: can't be written", ()),
        (pulling.stumbles, "the pull failed (ZeroDivisionError: of ours)", ()),
        (pulling.dies, "the pull from Yahoo ended before it was over", ()),
    ],
)
def test_a_pull_that_fails_is_told_and_remembered(cache, store, monkeypatch, capfd, work, says, stays):
    monkeypatch.setattr(first_run, "_pull", work)
    file, said = choose()
    assert file == EMBEDDED
    assert f"{says}: running hedge_nasdaq.yaml" in said[-1]
    assert store.names(BARS) == stays
    assert json.loads(cache.read(FAILED))["why"].endswith(says)
    out, err = capfd.readouterr()
    assert (out, "Traceback" in err) == ("", False)
    rest = [symbol for symbol in SYMBOLS if symbol not in stays]
    assert said[-1].endswith(f"backtest data pull {' '.join(rest)} tries at once")


@pytest.mark.usefixtures("online")
@pytest.mark.parametrize(("work", "chosen"), [(pulling.hangs, EMBEDDED), (pulling.brings_all_and_hangs, ASKED)])
def test_a_pull_that_hangs_is_ended_and_what_came_before_stays(cache, store, monkeypatch, work, chosen):
    """The clock stands still until the process hangs, and is then a minute on."""
    clock = SimpleNamespace(now=0.0)
    monkeypatch.setattr(first_run, "time", SimpleNamespace(monotonic=lambda: clock.now))
    monkeypatch.setattr(first_run, "_pull", work)
    said = []

    def show(text):
        said.append(text)
        clock.now = 61.0

    began = time.monotonic()
    file = chosen_run(load_config(ASKED), said.append, show, lambda: NOW)
    assert time.monotonic() - began < 30.0
    assert file == chosen
    assert said[1] == "hanging"
    assert multiprocessing.active_children() == []
    np.testing.assert_array_equal(store.read(BARS, "SOXX").close, pulling.demo("SOXX").close)  # whole
    if chosen == EMBEDDED:
        assert said[-1].startswith("the pull from Yahoo took too long: running hedge_nasdaq.yaml")
        assert store.names(BARS) == ("SOXX",)
        store.put(pulling.demo("SOXS"), pulling.ORIGIN)  # no lock is left
        assert len(list((store.folder / BARS).iterdir())) == 2  # nor half a file


def test_make_types_it():
    makefile = (Path(__file__).parents[2] / "Makefile").read_text(encoding="utf-8")
    assert "\n\t@$(BIN)/backtest first $(ARGS)\n" in makefile

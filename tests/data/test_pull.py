"""Pulling into the store, from a server on loopback that speaks Yahoo's chart API and FRED's CSV."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import time
import types
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from chart_server import ChartServer, served
from command import ROOT
from markets import make_bars, make_series, nyse

import data.pull
from data.bars import COLUMNS, Bars
from data.errors import DataError
from data.pull import Pulled, pull, pulled_before
from data.repairs import Repair
from data.series import Series, index_bars
from data.sources import BARS, SERIES
from data.sources.vendor import Fetched
from data.store import MANIFEST, Origin, Store
from data.tails import OVERLAP
from data.version import VERSION

EVENING = dt.datetime(2026, 8, 21, 22, tzinfo=dt.UTC)
LATER = dt.datetime(2026, 8, 22, 9, 30, tzinfo=dt.UTC)
DATES = nyse("2026-04-01", 99)
"""To 2026-08-21."""
IMPORTED = Origin("import", "mine.csv", "hedge-backtest 0.1.0", "2026-01-01T00:00:00Z")


@pytest.fixture(scope="module")
def started(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ChartServer]:
    with served(tmp_path_factory.mktemp("cookies")) as server:
        yield server


@pytest.fixture
def server(started: ChartServer, monkeypatch: pytest.MonkeyPatch) -> ChartServer:
    monkeypatch.setattr(data.pull, "WAITS", (0.0, 0.0, 0.0))
    started.forgets()
    return started


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def fund(rows: int = 99) -> Bars:
    """A fund with a reverse split and two dividends; the first `rows` of its sessions."""
    rng = np.random.default_rng(1)
    split = np.ones(99)
    split[72] = 0.1
    close = np.round(3.0 * np.exp(np.cumsum(rng.normal(0, 0.03, 99))) / np.cumprod(split), 2)
    volume = np.round(rng.uniform(1e6, 2e6, 99), -2)
    return make_bars("SOXS", DATES, close, volume=volume, dividend={55: 0.038, 90: 0.41}, split=split).rows(slice(rows))


def changed(bars: Bars, column: str, row: int, value: float) -> Bars:
    values = getattr(bars, column).copy()
    values[row] = value
    return replace(bars, **{column: values})


def one(
    store: Store, symbol: str = "SOXS", first: str | None = None, now: dt.datetime = EVENING
) -> tuple[Pulled, list[str]]:
    """Pull one symbol; return what became of it, and what was said."""
    said: list[str] = []
    since = None if first is None else np.datetime64(first)
    (result,) = pull(store, [symbol], since, lambda _symbol, text: said.append(text), lambda: now)
    return result, said


def assert_kept(store: Store, bars: Bars) -> None:
    kept = store.bars_as_kept(bars.instrument)
    assert kept.dates.tolist() == bars.dates.tolist()
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(kept, name), getattr(bars, name), err_msg=name)


def test_a_first_pull_is_whole(server: ChartServer, store: Store) -> None:
    server.lists("SOXS", fund())
    result, said = one(store)
    assert result == Pulled(
        "SOXS", "SOXS", "bars", 99, 99, "2026-04-01", "2026-08-21", ("made as traded by undoing 1 split",)
    )
    assert said == ["asking Yahoo"]
    assert_kept(store, fund())
    origin = store.find("bars", "SOXS").origin
    assert (origin.source, origin.symbol, origin.time) == ("yahoo", "SOXS", "2026-08-21T22:00:00Z")
    assert origin.version.startswith("yfinance 1.")
    assert origin.notes == result.notes


def test_nothing_new_updates_the_time(server: ChartServer, store: Store) -> None:
    server.lists("SOXS", fund())
    one(store)
    before = store.find("bars", "SOXS")
    result, _ = one(store, now=LATER)
    after = store.find("bars", "SOXS")
    assert (result.added, result.rows, result.notes, result.error) == (0, 99, ("nothing new",), None)
    assert after == replace(before, origin=replace(before.origin, time="2026-08-22T09:30:00Z"))


def test_only_the_tail_is_fetched_and_equals_the_whole(server: ChartServer, store: Store, tmp_path: Path) -> None:
    server.lists("SOXS", fund(94))
    one(store, now=dt.datetime(2026, 8, 14, 22, tzinfo=dt.UTC))
    server.asked.clear()
    server.lists("SOXS", fund())
    result, _ = one(store)
    assert (result.rows, result.added, result.last, result.notes) == (99, 5, "2026-08-21", ())
    (asked,) = server.about("SOXS")
    assert asked.first() == DATES[94 - 1 - OVERLAP]
    whole = Store(tmp_path / "another")
    one(whole)
    assert store.find("bars", "SOXS").hash == whole.find("bars", "SOXS").hash


def test_volume_of_the_last_days_is_renewed(server: ChartServer, store: Store) -> None:
    server.lists("SOXS", fund())
    one(store)
    server.lists("SOXS", changed(fund(), "volume", 98, 3e6))
    result, _ = one(store)
    assert result.notes == ("nothing new",)
    assert store.read(BARS, "SOXS").volume[98] == 3e6


@pytest.mark.parametrize(
    ("past", "says"),
    {
        "a dividend": (changed(fund(), "dividend", 90, 0.4123), "2026-08-11: dividend was 0.41, is 0.4123"),
        "a dividend that came late": (changed(fund(), "dividend", 95, 0.2), "2026-08-18: dividend was 0, is 0.2"),
        "a price": (
            changed(fund(), "low", 97, round(fund().low[97] - 0.01, 2)),
            f"2026-08-20: low was {fund().low[97]:g}, is {round(fund().low[97] - 0.01, 2):g}",
        ),
        "a split that came late": (
            changed(fund(), "split", 93, 2.0),
            "2026-08-14: split was 1, is 2",
        ),
        "two days": (
            changed(changed(fund(), "close", 97, 70.0), "high", 95, 99.0),
            f"2026-08-18: high was {fund().high[95]:g}, is 99, the first of 2 days",
        ),
        "a row less": (fund().rows(np.arange(99) != 90), "2026-08-11: its row is gone"),
    }.values(),
    ids=lambda case: case if isinstance(case, str) else "",
)
def test_a_restated_past_is_told_and_fetched_whole(server: ChartServer, store: Store, past: Bars, says: str) -> None:
    past = replace(past, dividend=np.where(past.dates == DATES[10], 0.07, past.dividend))  # out of the overlap
    server.lists("SOXS", fund())
    one(store)
    server.lists("SOXS", past)
    result, said = one(store)
    assert result.notes[0] == f"the past has changed ({says}): fetched whole"
    assert said[-1] == result.notes[0]
    assert_kept(store, past)
    assert result.added == 0
    assert not any("changed" in note for note in store.find("bars", "SOXS").origin.notes)
    assert one(store)[0].notes == ("nothing new",)


def test_a_row_that_comes_in_late_is_told(server: ChartServer, store: Store) -> None:
    server.lists("SOXS", fund().rows(np.arange(99) != 92))
    one(store)
    server.lists("SOXS", fund())
    result, _ = one(store)
    assert "2026-08-13: its row is new" in result.notes[0]
    assert result.added == 1
    assert_kept(store, fund())


def test_a_new_split_is_told_and_all_is_fetched(server: ChartServer, store: Store) -> None:
    server.lists("SOXS", fund(70))
    one(store)
    before = fund(70)
    assert_kept(store, before)
    server.lists("SOXS", fund(80))
    server.asked.clear()
    result, _ = one(store)
    assert result.notes[0] == f"the past has changed ({DATES[72]}: a split of 0.1): fetched whole"
    assert result.added == 10
    assert [each.first() for each in server.about("SOXS")] == [DATES[70 - 1 - OVERLAP], DATES[0]]
    expected = fund(80)  # of volumes before the split the last digit is gone
    np.testing.assert_array_equal(store.read(BARS, "SOXS").close, expected.close)
    np.testing.assert_allclose(store.read(BARS, "SOXS").volume, expected.volume, atol=5)


@pytest.mark.parametrize("hour", [14, 22], ids=["before its first bar is finished", "after"])
def test_a_split_that_yahoo_has_only_half_done_changes_nothing(server: ChartServer, store: Store, hour: int) -> None:
    server.lists("SOXS", fund(72))
    one(store)
    kept = store.find("bars", "SOXS")
    server.lists("SOXS", fund(73), unscaled=str(DATES[72]))
    result, _ = one(store, now=dt.datetime.combine(DATES[72].item(), dt.time(hour), dt.UTC))
    assert result.error == (
        "SOXS: Yahoo lists a new split of 0.1 but hasn't rescaled the prices before it: "
        "what was kept stays, pull again tomorrow"
    )
    assert store.find("bars", "SOXS") == kept
    server.lists("SOXS", fund(73))
    assert one(store)[0].error is None
    assert store.read(BARS, "SOXS").close.tolist() == fund(73).close.tolist()


def test_on_the_morning_of_a_split_nothing_has_changed(server: ChartServer, store: Store) -> None:
    server.lists("SOXS", fund(72))
    one(store)
    server.lists("SOXS", fund(73))
    result, _ = one(store, now=dt.datetime.combine(DATES[72].item(), dt.time(14), dt.UTC))
    assert result.notes == ("nothing new", f"today's bar ({DATES[72]}) is left out: it isn't finished")


def test_earlier_history_is_fetched_when_asked_for(server: ChartServer, store: Store) -> None:
    server.lists("SOXS", fund())
    result, _ = one(store, first="2026-05-09")
    assert (result.rows, result.first) == (72, "2026-05-11")
    server.asked.clear()
    result, _ = one(store, first="2026-04-13")
    assert (result.first, result.added) == ("2026-04-13", 20)
    assert [each.first() for each in server.about("SOXS")] == [np.datetime64("2026-04-13")]
    server.asked.clear()
    result, _ = one(store, first="2026-07-01")
    assert (result.first, result.notes) == ("2026-04-13", ("nothing new",))
    assert [each.first() for each in server.about("SOXS")] == [DATES[98 - OVERLAP]]


def test_a_short_history_is_fetched_whole(server: ChartServer, store: Store) -> None:
    server.lists("SOXS", fund(OVERLAP))
    one(store)
    server.lists("SOXS", fund())
    result, _ = one(store)
    assert (result.rows, result.added) == (99, 99 - OVERLAP)
    assert_kept(store, fund())


def test_rows_left_out_are_written_down_once(server: ChartServer, store: Store) -> None:
    gap = changed(fund(), "close", 91, np.nan)
    server.lists("SOXS", gap.rows(slice(90)))
    one(store)
    server.lists("SOXS", gap)
    one(store)
    server.lists("SOXS", gap)
    result, _ = one(store)
    assert result.rows == 98
    assert store.find("bars", "SOXS").origin.notes == (
        "made as traded by undoing 1 split",
        "1 row without prices left out: 2026-08-12",
    )


def test_todays_bar_is_told_and_not_written_down(server: ChartServer, store: Store) -> None:
    server.lists("SOXS", fund())
    result, _ = one(store, now=dt.datetime(2026, 8, 21, 15, tzinfo=dt.UTC))
    assert result.last == "2026-08-20"
    assert "today's bar (2026-08-21) is left out: it isn't finished" in result.notes
    assert not any("today" in note for note in store.find("bars", "SOXS").origin.notes)
    assert one(store)[0].added == 1


def test_repairs_stay_and_are_not_held_against_the_vendor(server: ChartServer, store: Store) -> None:
    server.lists("SOXS", fund())
    one(store)
    repair = Repair("SOXS-open-2026-08-20", "SOXS", "price", np.datetime64("2026-08-20"), 25.0, "open")
    store.set_repairs([repair])
    result, _ = one(store)
    assert result.notes == ("nothing new",)
    assert store.repairs() == (repair,)
    assert_kept(store, fund())


def test_an_index_is_a_series_with_its_prices(server: ChartServer, store: Store) -> None:
    bars = make_bars("^VIX", DATES, np.linspace(15, 30, 99).round(2), open=np.linspace(15, 29, 99).round(2))
    server.lists("^VIX", bars.rows(slice(90)), kind="INDEX")
    one(store, "^VIX")
    server.lists("^VIX", bars, kind="INDEX")
    result, _ = one(store, "^vix")
    assert (result.name, result.kind, result.rows, result.added, result.error) == ("VIX", "series", 99, 9, None)
    series = store.read(SERIES, "VIX")
    assert series.lag == 0
    assert series.values.tolist() == bars.close.tolist()
    index = index_bars(store.read(SERIES, "VIX"))
    for name in ("open", "high", "low", "close"):
        assert getattr(index, name).tolist() == getattr(bars, name).tolist()


def test_a_series_of_fred(server: ChartServer, store: Store) -> None:
    values = np.round(4.0 + np.sin(np.arange(99) / 9), 2)
    values[50] = np.nan
    rates = make_series("DGS10", DATES, values)
    server.publishes(replace(rates, dates=DATES[:95], values=values[:95]))
    result, said = one(store, "DGS10")
    assert (result.name, result.kind, result.rows, result.added) == ("DGS10", "series", 94, 94)
    assert said == ["asking FRED"]
    server.publishes(rates)
    result, _ = one(store, "dgs10")
    assert (result.rows, result.added, result.notes) == (98, 4, ())
    assert server.asked[-1].query == {"id": "DGS10", "cosd": str(DATES[95 - 1 - OVERLAP])}
    kept = store.read(SERIES, "DGS10")
    assert kept.lag == 1
    assert kept.values.tolist() == values[~np.isnan(values)].tolist()
    entry = store.find("series", "DGS10")
    assert (entry.origin.source, entry.origin.version) == ("fred", f"hedge-backtest {VERSION}")
    assert entry.origin.notes == ("FRED publishes a day later: each value is known at the close of the next session",)
    server.publishes(replace(rates, values=np.where(DATES[97] == DATES, 9.9, values)))
    result, _ = one(store, "fred:DGS10")
    assert f"{DATES[97]}: value was {values[97]:g}, is 9.9" in result.notes[0]
    assert store.read(SERIES, "DGS10").values[-2] == 9.9


def test_any_daily_series_by_its_prefix(server: ChartServer, store: Store) -> None:
    server.publishes(Series("NASDAQCOM", DATES, np.arange(99.0)))
    result, _ = one(store, "fred:nasdaqcom")
    assert (result.name, result.error) == ("NASDAQCOM", None)
    result, _ = one(store, "fred:NOTHING")
    assert result.error == "NOTHING: FRED knows no such series"


def test_all_that_was_pulled_is_pulled_again_from_where_it_came(server: ChartServer, store: Store) -> None:
    server.lists("SOXS", fund())
    server.lists("^VIX", fund(), kind="INDEX")
    for name in ("DGS10", "NASDAQCOM"):
        server.publishes(Series(name, DATES, np.arange(99.0)))
    store.put(replace(fund(), instrument="MINE"), IMPORTED)
    pull(store, ["SOXS", "^VIX", "DGS10", "fred:NASDAQCOM"], clock=lambda: EVENING)
    again = pulled_before(store)
    assert again == ["SOXS", "DGS10", "fred:NASDAQCOM", "^VIX"]
    assert [result.notes for result in pull(store, again, clock=lambda: EVENING)] == [("nothing new",)] * 4


def test_what_was_imported_is_replaced_and_told(server: ChartServer, store: Store) -> None:
    store.put(fund(), IMPORTED)
    server.lists("SOXS", fund(98))
    result, _ = one(store)
    assert result.notes[0] == "in place of what was kept from import mine.csv"
    assert result.rows == 98
    assert_kept(store, fund(98))


def test_what_is_damaged_is_fetched_whole(server: ChartServer, store: Store) -> None:
    server.lists("SOXS", fund())
    one(store)
    (store.folder / store.find("bars", "SOXS").file).write_bytes(b"spoiled")
    result, _ = one(store)
    assert result.notes[0] == "what was kept is damaged: fetched whole"
    assert_kept(store, fund())


def test_a_damaged_manifest_is_told_at_once(server: ChartServer, store: Store) -> None:
    store.folder.mkdir()
    (store.folder / MANIFEST).write_text("{")
    with pytest.raises(DataError, match="can't be read"):
        pull(store, ["SOXS", "SPY"])
    assert server.asked == []


@pytest.mark.parametrize("symbol", ["SOXS", "DGS10"])
def test_two_refusals_are_waited_out(
    server: ChartServer, store: Store, monkeypatch: pytest.MonkeyPatch, symbol: str
) -> None:
    waited: list[float] = []
    monkeypatch.setattr(data.pull, "WAITS", (1.0, 4.0, 15.0))
    monkeypatch.setattr(time, "sleep", waited.append)
    server.lists("SOXS", fund())
    server.publishes(Series("DGS10", DATES, np.full(99, 4.0)))
    server.refuses(symbol, *([429, 429, 503, 503] if symbol == "SOXS" else [429, "garbage"]))
    result, said = one(store, symbol)
    assert result.error is None
    assert result.rows == 99
    assert waited == [1.0, 4.0]
    assert "again in 1 s" in said[1]
    assert "again in 4 s" in said[2]


def test_who_refuses_four_times_is_asked_once_for_the_rest(server: ChartServer, store: Store) -> None:
    for symbol in ("SOXS", "SPY"):
        server.lists(symbol, fund())
        server.refuses(symbol, *["garbage"] * 9)
    server.publishes(Series("DGS10", DATES, np.full(99, 4.0)))
    results = pull(store, ["SOXS", "SPY", "DGS10"], clock=lambda: EVENING)
    assert [result.error is None for result in results] == [False, False, True]
    assert results[0].error is not None
    assert results[0].error.startswith("SOXS: Yahoo's answer can't be read")
    assert results[0].error.endswith("tried 4 times, try again later")
    assert len(server.about("SOXS")) == 4
    assert len(server.about("SPY")) == 1


def test_one_that_fails_does_not_stop_the_others(server: ChartServer, store: Store) -> None:
    server.lists("SOXS", fund())
    server.lists("^VIX", fund(), kind="INDEX")
    results = pull(store, ["SOXZ", "SOXS", "a b", "^VIX", "SOXS"], clock=lambda: EVENING)
    assert [(each.symbol, each.error is None) for each in results] == [
        ("SOXZ", False), ("SOXS", True), ("a b", False), ("^VIX", True),
    ]  # fmt: skip
    assert all(each.error is None or "\n" not in each.error for each in results)
    assert [(each.kind, each.name) for each in store.listing()] == [("bars", "SOXS"), ("series", "VIX")]
    assert (results[0].name, results[0].kind, results[0].rows) == ("SOXZ", "bars", 0)


@pytest.mark.parametrize("symbol", ["", "^", "../SOXS", "SO XS", ".X", "yahoo:SOXS", "fred:", "fred:^X", "a:b:c"])
def test_what_is_no_symbol_is_refused(server: ChartServer, store: Store, symbol: str) -> None:
    result, _ = one(store, symbol)
    assert result.error is not None
    assert "is no symbol" in result.error
    assert server.asked == []
    assert not store.folder.exists()


def test_offline_is_told_without_waiting(server: ChartServer, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    name = "a" * 64 + ".invalid"
    monkeypatch.setenv("no_proxy", f"127.0.0.1,.localhost,{name}")
    monkeypatch.setattr("yfinance.scrapers.history._BASE_URL_", f"http://{name}")
    result, said = one(store)
    assert result.error is not None
    assert "can't be reached" in result.error
    assert said == ["asking Yahoo"]
    assert not store.folder.exists()


PROCESS = """
import datetime, json, sys
from pathlib import Path
yahoo, fred, cookies, folder, *symbols = sys.argv[1:]
sys.path.insert(0, "tests/support")
from chart_server import point_here
point_here(yahoo, fred, Path(cookies))
from data.pull import pull
from data.sources import BARS, SERIES
from data.store import Store
said = []
clock = lambda: datetime.datetime(2026, 8, 21, 22, tzinfo=datetime.UTC)
results = pull(Store(Path(folder)), symbols, say=lambda symbol, text: said.append(text), clock=clock)
print(json.dumps([[each.rows, each.error] for each in results]), json.dumps(said), sep="\\n")
"""


def process(server: ChartServer, store: Store, cookies: Path, *symbols: str) -> subprocess.Popen[str]:
    """Start a pull in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-c", PROCESS, server.yahoo, server.fred, str(cookies), str(store.folder), *symbols],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def answer(running: subprocess.Popen[str]) -> tuple[list[object], list[str]]:
    out, err = running.communicate(timeout=60)
    assert err == ""
    results, said = out.splitlines()
    return json.loads(results), json.loads(said)


def test_two_processes_at_once(server: ChartServer, store: Store, tmp_path: Path) -> None:
    symbols = ["SOXS", "SPY", "QQQ", "DGS10"]
    for symbol in symbols[:3]:
        server.lists(symbol, fund())
    server.publishes(Series("DGS10", DATES, np.full(99, 4.0)))
    one(store, "SPY")
    running = [process(server, store, tmp_path, *order) for order in (symbols, symbols[::-1])]
    for each in running:
        results, _ = answer(each)
        assert results == [[99, None]] * 4
    assert [each.name for each in store.listing()] == ["QQQ", "SOXS", "SPY", "DGS10"]
    for symbol in symbols[:3]:
        assert_kept(store, replace(fund(), instrument=symbol))
    left = {path.name for path in (store.folder / "bars").iterdir()}
    assert left == {Path(each.file).name for each in store.listing() if each.kind == "bars"}


def test_a_killed_pull_leaves_what_was_kept(server: ChartServer, store: Store, tmp_path: Path) -> None:
    server.lists("SOXS", fund(94))
    one(store)
    server.lists("SOXS", fund())
    server.asked.clear()
    server.refuses("SOXS", "hang")
    running = process(server, store, tmp_path, "SOXS")
    until = time.monotonic() + 30
    while not server.about("SOXS") and time.monotonic() < until:
        time.sleep(0.01)
    waiting = process(server, store, tmp_path, "SOXS")  # another, which can't begin until the first is gone
    running.kill()
    running.communicate()
    server.hung.set()
    assert_kept(store, fund(94))
    results, _ = answer(waiting)
    assert results == [[99, None]]
    assert_kept(store, fund())


def test_who_has_to_wait_for_another_says_so(server: ChartServer, store: Store) -> None:
    server.lists("SOXS", fund())
    one(store)
    import fcntl
    import os
    import threading

    handle = os.open(store.folder / "bars", os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    threading.Timer(0.2, os.close, [handle]).start()
    result, said = one(store)
    assert said == ["asking Yahoo", "waiting for another pull to end"]
    assert result.notes == ("nothing new",)


# Another vendor


def test_a_vendor_is_a_module_and_its_registration(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    other = types.SimpleNamespace(
        NAME="other",
        TITLE="Other",
        KNOWN=("ONLYTHERE",),
        version=lambda: "other 1",
        kind_of=lambda _symbol: BARS,
        session=lambda _identity: lambda symbol, *_given: Fetched(replace(fund(), instrument=symbol), ("of another",)),
    )
    monkeypatch.setattr(data.pull, "VENDORS", (*data.pull.VENDORS, other))

    for symbol, name in (("other:SOXS", "SOXS"), ("ONLYTHERE", "ONLYTHERE")):
        result, said = one(store, symbol)
        assert (result.name, result.kind, result.rows, result.notes) == (name, "bars", 99, ("of another",))
        assert said == ["asking Other"]
        origin = store.find("bars", name).origin
        assert (origin.source, origin.symbol, origin.version) == ("other", name, "other 1")
    assert one(store, "else:SOXS")[0].error is not None

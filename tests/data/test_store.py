"""The store: what was put comes back, whatever is killed, damaged, done twice or done at once."""

import hashlib
import json
import os
import subprocess
import sys
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
from companyfacts import filings
from markets import days, make_bars, make_series, nyse, random_bars

from data.bars import COLUMNS
from data.errors import DataError
from data.events import make_events, make_members
from data.filings.facts import COLUMNS as FILED
from data.repairs import Repair
from data.sources import BARS, EVENTS, FILINGS, MEMBERS, SERIES
from data.store import Entry, Origin, Store, store_folder

HOUSE = Path(__file__).resolve().parents[2]
ORIGIN = Origin("import", "SOXS.csv", "hedge-backtest 1", "2026-08-21T20:15:00Z", ("One thing.", "Another."))


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


def bars_of(name, close, first="2024-01-02"):
    return make_bars(name, nyse(first, len(close)), close)


def said_by(call, *arguments):
    with pytest.raises(DataError) as caught:
        call(*arguments)
    said = str(caught.value)
    assert len(said.splitlines()) == 1
    return said


def files_of(store):
    return sorted(path.relative_to(store.folder).as_posix() for path in store.folder.rglob("*") if path.is_file())


# What was put comes back


def test_bars_come_back_bit_by_bit(store):
    bars = random_bars("SOXS", nyse("2020-01-02", 300), np.random.default_rng(0))
    bars.volume[7] = np.nan

    entry = store.put(bars, ORIGIN)

    got = store.bars_as_kept("SOXS")
    assert got.dates.dtype == np.dtype("datetime64[D]")
    for column in ("dates", *COLUMNS):
        assert getattr(got, column).tobytes() == getattr(bars, column).tobytes(), column
    for column in COLUMNS:
        assert getattr(store.read(BARS, "SOXS"), column).tobytes() == getattr(bars, column).tobytes(), column
    assert entry == store.find("bars", "SOXS")
    assert entry == Entry("bars", "SOXS", entry.file, "2020-01-02", "2021-03-11", 300, entry.hash, ORIGIN)


def test_a_series_comes_back_with_its_lag_and_its_revisions(store):
    dates = days("2024-01-31", "2024-01-31", "2024-02-29")
    known = days("2024-02-20", "2024-03-20", "2024-03-20")
    store.put(make_series("CPI", dates, [2.5, 2.6, 2.7], known), ORIGIN)
    store.put(make_series("PE", dates[1:], [15, 16], lag=5), ORIGIN)

    cpi, pe = store.read(SERIES, "CPI"), store.read(SERIES, "PE")
    np.testing.assert_array_equal(cpi.known, known)
    assert cpi.known.dtype == np.dtype("datetime64[D]")
    np.testing.assert_array_equal(cpi.values, [2.5, 2.6, 2.7])
    assert (cpi.lag, pe.lag, pe.known) == (0, 5, None)


def test_an_index_comes_back_with_its_prices(store):
    dates = nyse("2024-01-02", 2)
    index = {"open": np.array([1.0, 2]), "high": np.array([3.0, 4]), "low": np.array([0.5, 1])}
    store.put(replace(make_series("SOX", dates, [2, 3]), prices=index), ORIGIN)
    store.put(make_series("VIX", dates, [2, 3]), ORIGIN)

    held = store.read(SERIES, "SOX").prices
    assert {name: list(values) for name, values in held.items()} == {n: list(v) for n, v in index.items()}
    assert store.read(SERIES, "VIX").prices is None


def test_arrays_of_other_types_come_back_as_ours(store):
    dates = nyse("2024-01-02", 3)
    store.put(make_series("A", dates.astype("datetime64[ns]"), [1, 2, 3]), ORIGIN)
    assert store.read(SERIES, "A").dates.dtype == np.dtype("datetime64[D]")
    np.testing.assert_array_equal(store.read(SERIES, "A").dates, dates)


@pytest.mark.parametrize("announced", [None, days("2024-01-02", "2024-01-31", "2024-01-31")])
def test_events_come_back(store, announced):
    dates = days("2024-01-31", "2024-01-31", "2024-03-20")
    put = make_events("semis", dates, ["AMD", "NA", ""], ["AMC", "", "BMO"], announced)
    entry = store.put(put, ORIGIN)

    got = store.read(EVENTS, "semis")
    assert list(got.lines()) == list(put.lines())
    assert got.dates.dtype == np.dtype("datetime64[D]")
    assert (entry.kind, entry.first, entry.last, entry.rows) == ("events", "2024-01-31", "2024-03-20", 3)


def test_members_come_back_with_and_without_dates(store):
    nothing = np.datetime64("NaT", "D")
    ever = make_members("ever", ["AMD", "TXN"])
    some = make_members("some", ["AMD", "WOLF"], until=np.array([nothing, np.datetime64("2022-05-02")]))
    entries = [store.put(each, ORIGIN) for each in (ever, some)]

    assert [list(store.read(MEMBERS, each.name).lines()) for each in (ever, some)] == [
        list(ever.lines()),
        list(some.lines()),
    ]
    assert [(each.first, each.last, each.rows) for each in entries] == [("", "", 2), ("2022-05-02", "2022-05-02", 2)]


def test_filings_come_back_bit_by_bit(store):
    text = "Revenues 2020-01-01..2020-03-31 5 2020-05-01\nEntityCommonStockSharesOutstanding 2020-04-25 1e9 2020-05-01"
    put = filings(f"{text}\nNetIncomeLoss 2019-01-01..2019-12-31 0.1 2020-02-20 10-K/A", "NVDA")
    entry = store.put(put, ORIGIN)

    got = store.read(FILINGS, "NVDA")
    assert list(got.lines()) == list(put.lines())
    assert (got.name, got.cik) == ("NVDA", 1045810)
    for column in FILED:
        assert getattr(got, column).dtype.kind == getattr(put, column).dtype.kind
        assert not getattr(got, column).flags.writeable
    assert np.isnat(got.start).tolist() == [True, False, False]
    assert (entry.kind, entry.first, entry.last, entry.rows) == ("filings", "2020-02-20", "2020-05-01", 3)
    assert store.names(FILINGS) == ("NVDA",)

    changed = replace(put, cik=5)
    assert store.put(changed, ORIGIN).hash != entry.hash
    assert store.read(FILINGS, "NVDA").cik == 5
    assert len([name for name in files_of(store) if name.endswith(".parquet")]) == 1
    store.remove(["NVDA"])
    assert store.names(FILINGS) == ()


def test_filings_of_days_alone_come_back(store):
    """Without a single start, and with a company's facts in one download only."""
    put = filings(
        "NetIncomeLoss 2019-01-01..2019-12-31 1 2020-02-20\nCommonStockSharesOutstanding 2019-12-31 5 2020-02-20"
    )
    put = put.of("CommonStockSharesOutstanding")
    store.put(put, ORIGIN)
    assert list(store.read(FILINGS, "ACME").lines()) == list(put.lines())


def test_filings_that_aren_t_there_or_are_damaged_are_told(store):
    with pytest.raises(DataError) as caught:
        store.read(FILINGS, "NVDA")
    assert str(caught.value) == (
        "the store has no filings of NVDA: backtest data pull --filings NVDA, or backtest data import FILE"
    )
    entry = store.put(filings("Revenues 2020-01-01..2020-03-31 5 2020-05-01", "NVDA"), ORIGIN)
    (store.folder / entry.file).write_bytes(b"nothing")
    with pytest.raises(
        DataError, match=r"filings/NVDA\.[0-9a-f]{12}\.parquet: is damaged: .*: pull or import it again"
    ):
        store.read(FILINGS, "NVDA")
    with pytest.raises(DataError, match="there is no row to keep"):
        store.put(filings("Revenues 2020-01-01..2020-03-31 5 2020-05-01", "NVDA").of("ProfitLoss"), ORIGIN)


def test_what_changes_in_a_column_of_text_changes_the_hash(store):
    first = store.put(make_events("x", days("2024-01-31"), ["AMD"]), ORIGIN).hash
    assert store.put(make_events("x", days("2024-01-31"), ["AMD"], ["AMC"]), ORIGIN).hash != first
    assert store.put(make_events("x", days("2024-01-31"), ["TXN"]), ORIGIN).hash != first


def test_the_hash_is_of_dates_and_then_of_each_column_with_its_name(store):
    """By hand: stores that were filled before events came stay readable."""
    series = make_series("VIX", days("2024-01-02", "2024-01-03"), [13, 14])
    digest = hashlib.sha256(series.dates.astype("int64").tobytes() + b"value" + series.values.tobytes())
    assert store.put(series, ORIGIN).hash == digest.hexdigest()


def test_the_listing_is_sorted_and_readable_by_others(store):
    store.put(make_series("VIX", nyse("2024-01-02", 2), [13, 14]), ORIGIN)
    store.put(bars_of("SOXX", [1, 2]), ORIGIN)
    store.put(bars_of("SOXS", [1, 2]), ORIGIN)

    assert [(each.kind, each.name) for each in store.listing()] == [
        ("bars", "SOXS"),
        ("bars", "SOXX"),
        ("series", "VIX"),
    ]
    assert list(store.entries("bars")) == ["SOXS", "SOXX"]
    written = json.loads((store.folder / "manifest.json").read_text())
    assert written["entries"] == json.loads(json.dumps([asdict(each) for each in store.listing()]))


def test_the_same_content_makes_the_same_bytes(tmp_path):
    stores = [Store(tmp_path / "one"), Store(tmp_path / "two")]
    for each, order in zip(stores, (["A", "B"], ["B", "A"]), strict=True):
        for name in order:
            each.put(bars_of(name, [1, 2]), ORIGIN)

    one, two = files_of(stores[0]), files_of(stores[1])
    assert one == two
    assert [(stores[0].folder / file).read_bytes() for file in one] == [
        (stores[1].folder / file).read_bytes() for file in two
    ]


def test_what_is_put_again_replaces_and_leaves_no_file(store):
    store.put(bars_of("SOXS", [1, 2]), ORIGIN)
    store.put(bars_of("SOXX", [1, 2]), ORIGIN)
    store.put(bars_of("SOXS", [1, 2, 3]), ORIGIN)

    np.testing.assert_array_equal(store.bars_as_kept("SOXS").close, [1, 2, 3])
    assert files_of(store) == sorted(["manifest.json", *(each.file for each in store.listing())])
    assert len(files_of(store)) == 3


def test_bars_and_a_series_may_share_a_name(store):
    store.put(bars_of("VIX", [1, 2]), ORIGIN)
    store.put(make_series("VIX", nyse("2024-01-02", 2), [13, 14]), ORIGIN)

    assert len(store.listing()) == 2
    np.testing.assert_array_equal(store.bars_as_kept("VIX").close, [1, 2])
    np.testing.assert_array_equal(store.read(SERIES, "VIX").values, [13, 14])


def test_reading_loads_no_pandas(store):
    store.put(bars_of("SOXS", [1, 2]), ORIGIN)
    code = "import sys, pathlib, data.store; data.store.Store(pathlib.Path(sys.argv[1])).read('bars', 'SOXS')"
    code += "; print('pandas' in sys.modules)"

    told = subprocess.run(
        [sys.executable, "-P", "-c", code, store.folder],
        env={**os.environ, "PYTHONPATH": str(HOUSE)},
        capture_output=True,
        text=True,
        check=True,
    )

    assert told.stdout == "False\n"


# What isn't there


def test_what_is_missing_is_told_with_how_to_get_it(store):
    store.put(bars_of("SOXS", [1, 2]), ORIGIN)

    assert said_by(store.read, BARS, "SOXL") == (
        "the store has no bars of SOXL, did you mean SOXS?: backtest data pull SOXL, or backtest data import FILE"
    )
    assert said_by(store.read, SERIES, "VIX") == (
        "the store has no series of VIX: backtest data pull ^VIX, or backtest data import FILE"
    )
    assert (
        said_by(store.read, SERIES, "my_pe")
        == "the store has no series of my_pe: backtest data import FILE --name my_pe"
    )
    assert said_by(store.read, EVENTS, "fomc_dates") == (
        "the store has no events of fomc_dates: backtest data import FILE --name fomc_dates"
    )
    assert said_by(store.read, MEMBERS, "chips") == (
        "the store has no members of chips: backtest data import FILE --name chips"
    )


def test_an_empty_store_makes_no_folder(store):
    assert store.listing() == ()
    assert store.repairs() == ()
    assert not store.folder.exists()


def test_nothing_can_not_be_kept(store):
    assert said_by(store.put, bars_of("SOXS", []), ORIGIN) == "SOXS: there is no row to keep"
    assert store.listing() == ()


@pytest.mark.parametrize("name", ["../SOXS", "SO/XS", "", ".", "..", "SOXS\n", "^VIX", "SO XS", "x" * 65])
def test_a_name_is_a_name(store, name):
    assert said_by(store.put, bars_of(name, [1, 2]), ORIGIN) == (
        f"{name!r} is no name of an instrument or series: letters, digits and . = _ - only"
    )
    assert not store.folder.exists()


# Removing


def test_removing_takes_everything_of_a_name(store):
    store.put(bars_of("SOXS", [1, 2]), ORIGIN)
    store.put(bars_of("SOXX", [1, 2]), ORIGIN)
    mends = [Repair(f"{name}-split", name, "split", np.datetime64("2024-01-03"), 2.0) for name in ("SOXS", "SOXX")]
    store.set_repairs(mends)

    store.remove(["SOXS"])

    assert [each.name for each in store.listing()] == ["SOXX"]
    assert store.repairs() == (mends[1],)
    assert len(files_of(store)) == 2


def test_removing_what_is_not_there_removes_nothing(store):
    store.put(bars_of("SOXS", [1, 2]), ORIGIN)

    assert said_by(store.remove, ["SOXS", "SOXX"]) == "the store has no SOXX: backtest data list shows all"
    assert said_by(store.remove, ["SOXL"]) == (
        "the store has no SOXL, did you mean SOXS?: backtest data list shows all"
    )
    assert [each.name for each in store.listing()] == ["SOXS"]


# Repairs


def test_repairs_are_kept_and_applied_when_read(store):
    bars = bars_of("SOXS", [10, 10, 1, 1])
    store.put(bars, ORIGIN)
    mend = Repair("SOXS-split-2024-01-04", "SOXS", "split", bars.dates[2], 10.0)

    store.set_repairs([mend])

    assert store.repairs() == (mend,)
    np.testing.assert_array_equal(store.bars_as_kept("SOXS").split, [1, 1, 1, 1])
    np.testing.assert_array_equal(store.read(BARS, "SOXS").split, [1, 1, 10, 1])
    store.put(bars_of("SOXX", [1, 2]), ORIGIN)
    store.put(bars_of("SOXS", [10, 10, 1, 1, 1]), ORIGIN)
    assert store.repairs() == (mend,)
    store.set_repairs([])
    np.testing.assert_array_equal(store.read(BARS, "SOXS").split, [1, 1, 1, 1, 1])


# Where it is


def test_the_folder_is_the_users_unless_it_is_named(monkeypatch, tmp_path):
    monkeypatch.setenv("BACKTEST_DATA", str(tmp_path / "mine"))
    assert store_folder() == tmp_path / "mine"

    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("BACKTEST_DATA", "~/mine")
    assert store_folder() == tmp_path / "mine"

    for unset in ("", None):
        monkeypatch.setenv("BACKTEST_DATA", unset) if unset == "" else monkeypatch.delenv("BACKTEST_DATA")
        assert store_folder().name == "hedge-backtest"


def test_without_a_home_the_folder_has_to_be_named(monkeypatch):
    def homeless(_name):
        raise RuntimeError("could not determine the home directory")

    monkeypatch.delenv("BACKTEST_DATA")
    monkeypatch.setattr("platformdirs.user_data_dir", homeless)

    assert said_by(store_folder) == "there is no home folder to keep a store in: set BACKTEST_DATA to a folder for it"


def test_a_folder_that_can_not_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("")
    store = Store(tmp_path / "file" / "store")

    assert said_by(store.put, bars_of("SOXS", [1, 2]), ORIGIN) == (
        f"{tmp_path}/file/store: can't be written: Not a directory: name another folder with BACKTEST_DATA"
    )


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_folder_without_permission_is_told(store):
    store.folder.mkdir(mode=0o500)

    said = said_by(store.put, bars_of("SOXS", [1, 2]), ORIGIN)

    assert said.endswith("can't be written: Permission denied: name another folder with BACKTEST_DATA")


def test_a_full_disk_leaves_the_old_data(store, monkeypatch):
    import pyarrow.parquet as pq

    store.put(bars_of("SOXS", [1, 2]), ORIGIN)

    def full(table, path, **options):
        path.write_bytes(b"PAR1")
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(pq, "write_table", full)
        said = said_by(store.put, bars_of("SOXS", [1, 2, 3]), ORIGIN)

    assert "can't be written: No space left on device" in said
    np.testing.assert_array_equal(store.bars_as_kept("SOXS").close, [1, 2])
    assert len(files_of(store)) == 2


def test_files_that_are_not_the_stores_are_let_be(store):
    for kind in ("bars", "series"):
        (store.folder / kind / "older").mkdir(parents=True)
        (store.folder / kind / "SOXS.csv").write_text("mine")
        (store.folder / kind / "SOXS.parquet").write_text("mine")

    store.put(bars_of("SOXS", [1, 2]), ORIGIN)
    store.put(bars_of("SOXS", [1, 3]), ORIGIN)

    for kind in ("bars", "series"):
        assert (store.folder / kind / "SOXS.csv").read_text() == "mine"
        assert (store.folder / kind / "SOXS.parquet").read_text() == "mine"
    assert len(files_of(store)) == 6


# Damage


def test_a_damaged_file_is_told(store):
    store.put(bars_of("SOXS", np.arange(1.0, 200.0)), ORIGIN)
    path = store.folder / store.find("bars", "SOXS").file
    whole = path.read_bytes()

    for damage in (b"", whole[: len(whole) // 2], whole[:-1] + b"x", whole[:200] + bytes(8) + whole[208:]):
        path.write_bytes(damage)
        said = said_by(store.read, BARS, "SOXS")
        assert said.startswith(f"{path}: is damaged: ")
        assert said.endswith(": pull or import it again")
    path.unlink()
    assert said_by(store.read, BARS, "SOXS").startswith(f"{path}: is damaged: ")

    store.put(bars_of("SOXS", np.arange(1.0, 200.0)), ORIGIN)
    assert len(store.read(BARS, "SOXS")) == 199


def test_another_ones_content_under_the_right_name_is_told(store):
    store.put(bars_of("SOXS", [1, 2]), ORIGIN)
    store.put(bars_of("SOXX", [1, 3]), ORIGIN)
    soxs, soxx = (store.folder / store.find("bars", name).file for name in ("SOXS", "SOXX"))
    soxs.write_bytes(soxx.read_bytes())

    assert "its content isn't what the manifest says" in said_by(store.read, BARS, "SOXS")


@pytest.mark.parametrize(
    "manifest",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"null",
        b"{}",
        b'{"format": 2, "entries": [], "repairs": []}',
        b'{"format": 1}',
        b'{"format": 1, "entries": [{}], "repairs": [{}]}',
        b'{"format": 1, "entries": [7], "repairs": [7]}',
        b'{"format": 1, "entries": null, "repairs": null}',
    ],
)
def test_a_damaged_manifest_is_told_and_left_as_it_is(store, manifest):
    store.folder.mkdir()
    path = store.folder / "manifest.json"
    path.write_bytes(manifest)

    for call in (store.listing, store.repairs):
        assert str(path) in said_by(call)
    assert str(path) in said_by(store.read, BARS, "SOXS")
    assert path.read_bytes() == manifest


def test_a_manifest_that_links_to_nothing_is_no_empty_store(store):
    store.folder.mkdir()
    (store.folder / "manifest.json").symlink_to("gone.json")

    assert "manifest.json: is a link to a file that isn't there" in said_by(store.listing)


# Killed, and at once


def run(code, *arguments, wait=True):
    """Run Python in a process of its own, with the store's words at hand."""
    head = """
import os, signal, sys
from pathlib import Path
import numpy as np
import data.store
from data.bars import Bars
from data.sources import BARS, SERIES, EVENTS, MEMBERS
from data.store import Origin, Store
store, name = Store(Path(sys.argv[1])), sys.argv[2]
def bars(name, close):
    n = len(close)
    dates = np.datetime64("2024-01-02") + np.arange(n)
    close = np.array(close, float)
    return Bars(name, dates, close, close, close, close, np.ones(n), np.zeros(n), np.ones(n))
"""
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", head + code, *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": str(HOUSE)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    if wait:
        process.communicate(timeout=60)
    return process


KILLED = """
write_whole = data.store.write_whole
def killed(path, write):
    if path.suffix == sys.argv[3]:
        if sys.argv[4] == "within":
            write(path.with_name(f".{path.name}.00000000.tmp"))
        os.kill(os.getpid(), signal.SIGKILL)
    write_whole(path, write)
data.store.write_whole = killed
store.put(bars(name, [1, 2, 3]), Origin("import", "x", "1", "t"))
"""


@pytest.mark.parametrize("moment", ["before", "within"])
@pytest.mark.parametrize("suffix", [".parquet", ".json"])
def test_a_process_that_is_killed_leaves_the_old_data_whole(store, suffix, moment):
    store.put(bars_of("SOXS", [1, 2]), ORIGIN)
    before = store.listing()

    assert run(KILLED, store.folder, "SOXS", suffix, moment).returncode == -9

    assert store.listing() == before
    np.testing.assert_array_equal(store.read(BARS, "SOXS").close, [1, 2])
    store.put(bars_of("SOXX", [5, 6]), ORIGIN)
    assert files_of(store) == sorted(["manifest.json", *(each.file for each in store.listing())])


def test_two_processes_at_once_lose_nothing(store):
    code = """
print("ready", flush=True)
sys.stdin.readline()
for number in range(15):
    store.put(bars(f"{name}{number}", [1, number + 1]), Origin("import", name, "1", "t"))
    store.put(bars("SHARED", [1, number + 1]), Origin("import", name, "1", "t"))
"""
    writers = [run(code, store.folder, name, wait=False) for name in ("A", "B")]
    for writer in writers:
        assert writer.stdout.readline() == "ready\n"
    for writer in writers:
        writer.stdin.write("\n")
        writer.stdin.flush()
    for writer in writers:
        writer.communicate(timeout=60)
        assert writer.returncode == 0

    assert {each.name for each in store.listing()} == {f"{n}{k}" for n in "AB" for k in range(15)} | {"SHARED"}
    for name in "AB":
        np.testing.assert_array_equal(store.bars_as_kept(f"{name}14").close, [1, 15])
    np.testing.assert_array_equal(store.bars_as_kept("SHARED").close, [1, 15])
    assert len(files_of(store)) == 32


def test_a_reader_meanwhile_sees_the_old_or_the_new_and_nothing_between(store):
    code = """
for number in range(150):
    store.put(bars(name, [number] * (1 + number % 7)), Origin("import", name, "1", "t"))
"""
    store.put(bars_of("SOXS", [0.0]), ORIGIN)
    writer, seen = run(code, store.folder, "SOXS", wait=False), []
    while writer.poll() is None or not seen:
        close = store.bars_as_kept("SOXS").close
        assert len(set(close)) == 1
        assert len(close) == 1 + close[0] % 7
        seen.append(close[0])
    writer.communicate()

    assert writer.returncode == 0
    assert seen == sorted(seen)
    assert len(set(seen)) > 2


ENTRY_FAULTS = {
    "an entry that is a number": lambda held: held["entries"].append(3),
    "entries that are a number": lambda held: held.update(entries=3),
    "no repairs": lambda held: held.pop("repairs"),
    "no name": lambda held: held["entries"][0].pop("name"),
    "a name that climbs": lambda held: held["entries"][0].update(name="../SOXS"),
    "no file": lambda held: held["entries"][0].pop("file"),
    "a file elsewhere": lambda held: held["entries"][0].update(file="../../x.parquet"),
    "a file that is a list": lambda held: held["entries"][0].update(file=[]),
    "rows that are text": lambda held: held["entries"][0].update(rows="many"),
    "a lag below 0": lambda held: held["entries"][0].update(lag=-1),
    "a date that is NaN": lambda held: held["entries"][0].update(first=float("nan")),
    "half a character": lambda held: held["entries"][0].update(last="\ud800"),
    "notes that are a number": lambda held: held["entries"][0]["origin"].update(notes=1),
    "an unknown key": lambda held: held["entries"][0].update(more=1),
    "a repair of nothing": lambda held: held["repairs"].append({}),
    "a repair that is endless": lambda held: held["repairs"].append(REPAIR | {"factor": float("inf")}),
    "a repair of no price": lambda held: held["repairs"].append(REPAIR | {"field": "volume"}),
    "a repair on no day": lambda held: held["repairs"].append(REPAIR | {"date": ""}),
}
REPAIR = {"id": "a", "instrument": "SOXS", "kind": "price", "date": "2019-01-02", "factor": 2.0, "field": "open"}


@pytest.mark.parametrize("fault", ENTRY_FAULTS.values(), ids=ENTRY_FAULTS)
def test_a_malformed_entry_is_one_line_whatever_is_asked(store, fault):
    store.put(bars_of("SOXS", [10.0, 11.0]), ORIGIN)
    path = store.folder / "manifest.json"
    held = json.loads(path.read_text())
    fault(held)
    path.write_text(json.dumps(held))

    for ask in (store.listing, store.repairs, lambda: store.remove(["SOXS"]), lambda: store.set_repairs([])):
        with pytest.raises(DataError, match=r"manifest\.json: is damaged \(") as told:
            ask()
        assert "\n" not in str(told.value)
    assert path.read_text() == json.dumps(held)

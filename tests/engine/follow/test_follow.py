"""Following: the recorded books are the run's own; what was missed, restated, set back or edited is found and told."""

import datetime as dt
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from followed import FIRST, LATER, SESSIONS, call, config, cut, evening, log_of, restated, without, world
from own_strategies import CLOSING, LIMITING

import engine.follow.registration
from data.errors import ConfigError, DataError
from engine.analytics.derisk import run_held_less
from engine.follow.books import BOOKS
from engine.follow.log import HEAD, read_log
from engine.follow.past import past_of
from engine.follow.record import record_of
from engine.runs.execute import run
from strategies.reload import texts

ROOT = Path(__file__).resolve().parents[3]
KINDS = {
    "a policy": {},
    "whole shares, filled at the close, restated": {
        "execution__shares": "whole",
        "execution__fill": "next_close",
        "portfolio__core": {"AAA": 0.6, "BBB": 0.4},
        "portfolio__rebalance": "monthly",
        "portfolio__dividends": "cash",
        "hedge__rebalance": "weekly",
        "execution__cash_rate": "RATE",
        "execution__commission_per_share": 0.005,
    },
    "on margin": {"hedge__funding": "margin", "hedge__sizing": "proportional", "execution__cash_rate": 0.03},
    "a fund, a short and a collar": {
        "start": str(SESSIONS[LATER]),
        "hedges": [
            {"instrument": "HHH", "underlying": "AAA", "weight": 0.1, "lookback": 10},
            {"kind": "short", "underlying": "AAA", "weight": 0.1, "lookback": 10, "policy": {"min_hold": 6}},
            {"kind": "option", "underlying": "AAA", "option": {"structure": "collar"}, "cover": 0.5, "lookback": 10},
        ],
        "execution__cash_rate": "RATE",
    },
    "asked at each close": {"strategy__class": "closing.py:Closing"},
    "somebody's own": {"strategy__class": "guest.py:Guest"},
}


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("closing.py").write_text(CLOSING)
    Path("guest.py").write_text(LIMITING)


@pytest.fixture
def out(tmp_path):
    return tmp_path / "follow"


def keys_of(kind):
    keys = dict(KINDS[kind])
    if named := keys.get("strategy__class"):
        keys["strategy__class"] = str(Path(named).absolute())
    return keys


# The recorded books


@pytest.mark.parametrize("kind", KINDS)
def test_the_books_are_those_of_the_run_that_has_all_the_data(kind, out):
    keys = keys_of(kind)
    for row in (FIRST, FIRST + 1, FIRST + 4, FIRST + 5, FIRST + 33):
        followed = call(out, row, **keys)
        assert not followed.found
    entries = followed.past.closes
    assert [entry["date"] for entry in entries] == [str(day) for day in SESSIONS[FIRST : FIRST + 34]]
    whole = run(config(**keys), cut(world(), FIRST + 33), engine="backtrader")
    setup, first = whole.setup, int(np.searchsorted(whole.market.run_sessions, SESSIONS[FIRST]))
    t = np.arange(first, first + 34)
    theirs = {name: whole.ledgers[name] for name in BOOKS[:3]}
    theirs["held_less"] = run_held_less(setup, entries[0]["held_less"])
    for name, ledger in theirs.items():
        ours = np.array([entry["books"][name]["equity"] for entry in entries])
        np.testing.assert_allclose(ours, ledger.equity[t], rtol=1e-9, err_msg=name)
        held = np.array([list(entry["books"][name]["shares"].values()) for entry in entries])
        np.testing.assert_allclose(held, ledger.shares[t], rtol=1e-9, atol=1e-9, err_msg=name)
    traded = [sum(abs(fill["shares"]) for fill in entry["books"]["hedged"]["fills"]) for entry in entries[1:]]
    np.testing.assert_allclose(traded, np.abs(whole.hedged.traded[t[1:]]).sum(axis=1), rtol=1e-9, atol=1e-9)
    assert np.count_nonzero(traded) > 1
    record = record_of(followed.chain)
    assert record.wrong == ()
    np.testing.assert_allclose(record.growth["hedged"], whole.hedged.equity[t] / whole.hedged.equity[t[0]], rtol=1e-9)


def test_an_order_stands_until_the_next_session_fills_it(out):
    follows = [call(out, row) for row in range(FIRST, FIRST + 12)]
    entries = follows[-1].past.closes
    for followed, entry, after in zip(follows, entries, entries[1:], strict=False):
        assert (followed.order is None) == (entry["books"]["hedged"]["order"] is None)
        if followed.order is None:
            assert after["books"]["hedged"]["fills"] == []
    changed = [followed.changed for followed in follows]
    stands = [followed.order is not None for followed in follows]
    assert changed == [now or before for before, now in zip([False, *stands], stands, strict=False)]
    assert {True, False} == set(changed)


# Calls again


def test_a_call_that_finds_nothing_new_writes_nothing(out):
    call(out, FIRST)
    call(out, FIRST + 3)
    log = log_of(out)
    before = log.read_bytes(), (log.parent / HEAD).read_bytes(), log.stat().st_mtime_ns
    again = call(out, FIRST + 3, now=evening(FIRST + 3) + dt.timedelta(hours=3))
    assert (log.read_bytes(), (log.parent / HEAD).read_bytes(), log.stat().st_mtime_ns) == before
    assert (again.added, again.found, again.changed) == ((), (), False)


def test_a_month_that_was_missed_is_written_down_late_but_for_its_last_close(out):
    call(out, FIRST)
    followed = call(out, FIRST + 22)
    assert [entry["date"] for entry in followed.added] == [str(day) for day in SESSIONS[FIRST + 1 : FIRST + 23]]
    assert [entry["late"] for entry in followed.added] == [True] * 21 + [False]
    opens = dt.datetime.combine(SESSIONS[FIRST + 24].item(), dt.time(9, 30), dt.UTC)
    last = call(out, FIRST + 23, now=opens + dt.timedelta(hours=5))  # half past nine in New York, in winter
    assert [entry["late"] for entry in last.added] == [True]


def test_a_simulated_close_is_never_late(out):
    of = world(simulated=True)
    call(out, FIRST, of)
    followed = call(out, FIRST + 9, of, now=evening(FIRST + 9) + dt.timedelta(days=4000))
    assert not any(entry["late"] for entry in followed.added)
    assert followed.folder.name.startswith("hedge_soxs-SIMULATED-")
    assert call(out, FIRST).registered  # of a real market: what was tried on a simulated one isn't in its way


def test_a_session_that_is_not_over_is_left_to_the_next_call(out):
    call(out, FIRST)
    noon = dt.datetime.combine(SESSIONS[FIRST + 2].item(), dt.time(17), dt.UTC)
    followed = call(out, FIRST + 2, now=noon)
    assert [entry["date"] for entry in followed.added] == [str(SESSIONS[FIRST + 1])]
    assert any(f"{SESSIONS[FIRST + 2]} isn't over" in remark for remark in followed.remarks)
    assert [entry["late"] for entry in call(out, FIRST + 2).added] == [False]


def test_a_clock_set_back_is_told_and_no_close_then_counts_as_live(out):
    call(out, FIRST)
    call(out, FIRST + 5)
    followed = call(out, FIRST + 7, now=evening(FIRST + 2))
    kinds = [finding["what"] for finding in followed.found]
    assert kinds == ["clock", "clock"]  # set back, and before the closes it writes
    assert [entry["late"] for entry in followed.added] == [True, True]
    assert call(out, FIRST + 7, now=evening(FIRST + 2)).found == ()
    assert [entry["late"] for entry in call(out, FIRST + 8).added] == [False]


# A changed past of the data


def test_a_restated_bar_is_told_once_and_the_record_goes_on_with_what_it_was(out):
    call(out, FIRST)
    call(out, FIRST + 6)
    bars, row = world().bars_by_name["HHH"], FIRST + 4
    was = float(bars.close[row])
    other = restated(world(), "HHH", row, close=1.001 * was, high=1.01 * float(bars.high[row]))
    followed = call(out, FIRST + 8, other)
    told = [finding for finding in followed.found if finding["what"] == "bar"]
    assert [(finding["column"], finding["was"], finding["is"]) for finding in told] == [
        ("high", float(bars.high[row]), 1.01 * float(bars.high[row])),
        ("close", was, 1.001 * was),
    ]
    assert all((finding["instrument"], finding["date"]) == ("HHH", str(SESSIONS[row])) for finding in told)
    assert [finding["what"] for finding in followed.found if not finding.get("by_bars")] == ["bar", "bar"]
    assert record_of(followed.chain).wrong == ()
    size = followed.chain.size
    assert call(out, FIRST + 8, other).chain.size == size
    back = call(out, FIRST + 9)  # the vendor takes it back
    assert [(f["was"], f["is"]) for f in back.found if f.get("column") == "close"] == [(1.001 * was, was)]
    assert call(out, FIRST + 9).found == ()


def test_a_change_before_the_registration_names_the_input(out):
    call(out, FIRST)
    call(out, FIRST + 2)
    other = restated(world(), "AAA", 100, volume=1.0)
    later = restated(other, "HHH", FIRST + 1, volume=5.0)
    assert [(f.get("column"), f["is"]) for f in call(out, FIRST + 2, later).found if f["what"] == "bar"] == [
        ("volume", 5.0)
    ]
    (finding,) = [f for f in read_log(log_of(out).parent).entries[-1]["found"] if f.get("input") == "bars/AAA"]
    assert (finding["what"], finding["input"], finding["date"]) == ("input", "bars/AAA", str(SESSIONS[FIRST]))
    assert call(out, FIRST + 4, later).found == ()


def test_a_changed_series_tells_the_close_it_changes_and_the_signal_that_would_be_another(out):
    call(out, FIRST)
    call(out, FIRST + 9)
    held = world().series_by_name["SIGNAL"]
    row = FIRST + 3
    values = held.values.copy()
    values[row] = 1.0 - values[row]
    other = type(world())(world().bars_by_name, {**world().series_by_name, "SIGNAL": replace(held, values=values)})
    followed = call(out, FIRST + 10, other)
    inputs = [finding for finding in followed.found if finding["what"] == "input"]
    assert [(finding["input"], finding["date"]) for finding in inputs] == [("series/SIGNAL", str(SESSIONS[row]))]
    signals = {finding["date"]: finding for finding in followed.found if finding["what"] == "signal"}
    first = signals[str(SESSIONS[row])]
    assert (first["was"]["intensity"], first["is"]["intensity"]) == ([held.values[row]], [values[row]])
    assert call(out, FIRST + 10, other).found == ()


def test_a_session_that_is_gone_or_comes_up_is_told(out):
    whole = world(events=False)
    of, gone = without(whole, FIRST + 2), without(whole, FIRST + 4)
    call(out, FIRST, of)
    call(out, FIRST + 5, of)
    followed = call(out, FIRST + 6, whole)
    sessions = [finding for finding in followed.found if finding["what"] == "session"]
    assert [(f["date"], f["was"], f["is"]) for f in sessions] == [(str(SESSIONS[FIRST + 2]), False, True)]
    found = call(out, FIRST + 6, gone).found
    assert (str(SESSIONS[FIRST + 4]), True, False) in [(f["date"], f["was"], f["is"]) for f in found if "date" in f]
    assert call(out, FIRST + 6, gone).found == ()


def test_older_data_are_refused_and_nothing_is_written(out):
    call(out, FIRST)
    call(out, FIRST + 3)
    before = log_of(out).read_bytes()
    with pytest.raises(DataError, match=f"the data end {SESSIONS[FIRST + 2]}, before {SESSIONS[FIRST + 3]}"):
        call(out, FIRST + 2, now=evening(FIRST + 3))
    assert log_of(out).read_bytes() == before


# Prices on another basis, sessions that are gone


def scaled(of, instrument, factor, until):
    """The same world after a vendor has put an instrument's past on another basis, as after a split."""
    bars = of.bars_by_name[instrument]
    by = np.where(np.arange(len(bars)) <= until, factor, 1.0)
    prices = {name: getattr(bars, name) * by for name in ("open", "high", "low", "close", "dividend")}
    other = replace(bars, **prices, volume=bars.volume / by)
    return type(of)({**of.bars_by_name, instrument: other}, of.series_by_name)


@pytest.mark.parametrize("evenings", [(FIRST + 7,), (FIRST + 5, FIRST + 7)], ids=["with a new close", "without one"])
@pytest.mark.parametrize("instrument", ["AAA", "HHH"])
def test_prices_on_another_basis_are_told_in_one_line_and_the_books_go_on(out, evenings, instrument):
    """A split of 1:10 before the session FIRST + 6: the vendor has none, and ten times the prices before it."""
    whole = run(config(), cut(world(), FIRST + 7), engine="backtrader")
    old = scaled(world(), instrument, 0.1, FIRST + 5)  # as it was before, but for the split
    call(out, FIRST, old)
    call(out, FIRST + 5, old)
    told = [finding for row in evenings for finding in call(out, row, world(), now=evening(row)).found]
    (finding,) = [finding for finding in told if not finding.get("by_bars")]
    assert (finding["what"], finding["instrument"]) == ("rebased", instrument)
    assert finding["factor"] == pytest.approx(10.0)
    assert finding["up_to"] == str(SESSIONS[FIRST + 5])
    again = call(out, FIRST + 7)
    assert (again.found, record_of(again.chain).wrong) == ((), ())
    entries, first = again.past.closes, int(np.searchsorted(whole.market.run_sessions, SESSIONS[FIRST]))
    ours = np.array([entry["books"]["hedged"]["equity"] for entry in entries])
    np.testing.assert_allclose(ours, whole.hedged.equity[first : first + 8], rtol=1e-9)
    high = 1.01 * float(world().bars_by_name[instrument].high[FIRST + 2])
    other = restated(world(), instrument, FIRST + 2, high=high)
    found = {each["what"] for each in call(out, FIRST + 7, other).found}
    assert found & {"bar", "rebased"} == {"bar"}


def test_a_split_of_a_session_that_is_gone_counts_once(out):
    of = world(events=False)
    row = FIRST + 4
    bars = of.bars_by_name["AAA"]
    by = np.where(np.arange(len(bars)) >= row, 2.0, 1.0)
    prices = {name: getattr(bars, name) / by for name in ("open", "high", "low", "close")}
    split, dividend = bars.split.copy(), bars.dividend.copy()
    split[row], dividend[row] = 2.0, 0.002 * prices["close"][row]
    bars = replace(bars, **prices, split=split, dividend=dividend)
    of = type(of)({**of.bars_by_name, "AAA": bars}, of.series_by_name)
    call(out, FIRST, of, execution__cash_rate=0.04)
    call(out, row, of, execution__cash_rate=0.04)
    fund = of.bars_by_name["HHH"]
    gone = {**of.bars_by_name, "HHH": fund.rows(np.arange(len(fund)) != row)}  # the run's session with it
    followed = call(out, row + 2, type(of)(gone, of.series_by_name), execution__cash_rate=0.04)
    assert [f["what"] for f in followed.found if f["what"] in ("session", "bar")] == ["session"]
    (entry, after) = followed.added
    assert [entry["bars"]["AAA"][name] for name in ("split", "dividend")] == [1.0, 0.0]
    whole = run(config(execution__cash_rate=0.04), cut(of, row + 2), engine="backtrader")
    assert entry["accruals"]["cash_accrual"] == pytest.approx(whole.setup.terms.cash_accrual[-2])
    assert after["books"]["unhedged"]["equity"] == pytest.approx(float(whole.unhedged.equity[-1]), rel=1e-9)
    again = call(out, row + 2, type(of)(gone, of.series_by_name), execution__cash_rate=0.04)
    assert again.found == ()


# Another config, other code


def test_another_config_is_refused_by_the_keys_that_differ(out):
    call(out, FIRST)
    with pytest.raises(ConfigError, match=r"hedge\.weight is 0\.2 and was 0\.15: put that back, or set another name"):
        call(out, FIRST + 1, hedge__weight=0.2)
    assert len(read_log(log_of(out).parent).entries) == 1
    assert call(out, FIRST + 1, hedge__weight=0.2, name="another").registered
    with pytest.raises(ConfigError, match="end is 2019-06-03: no close comes after it"):
        call(out, FIRST, end="2019-06-03")


def test_a_changed_strategy_file_is_told_once(out):
    keys = keys_of("asked at each close")
    call(out, FIRST, **keys)
    Path("closing.py").write_text(f"{CLOSING}\n# a remark\n")
    texts().take({})  # as each command begins
    (finding,) = call(out, FIRST + 1, **keys).found
    assert (finding["what"], finding["of"]) == ("code", "strategy")
    assert call(out, FIRST + 1, **keys).found == ()
    assert past_of(read_log(log_of(out).parent).entries).first["strategy_files"] == {"closing.py": CLOSING}


def test_a_key_that_newer_code_adds_is_told_and_no_other_config(out, monkeypatch):
    called = call(out, FIRST)
    known = engine.follow.registration.known_config

    def grown(*given):
        tree = known(*given)
        tree["policy"]["patience"] = 3
        return tree

    monkeypatch.setattr(engine.follow.registration, "known_config", grown)
    with pytest.raises(ConfigError, match=r"policy\.patience is 3 and was not there"):
        call(out, FIRST + 1)
    monkeypatch.setattr(engine.follow.registration, "code_version", lambda: "0.3.0")
    followed = call(out, FIRST + 1)
    assert [(f["of"], f["is"]) for f in followed.found] == [("code", "0.3.0"), ("added", "policy.patience: 3")]
    assert followed.folder == called.folder
    assert call(out, FIRST + 2).found == ()
    with pytest.raises(ConfigError, match=r"portfolio\.core\.BBB is 0\.5 and was not there"):
        call(out, FIRST + 3, portfolio__core={"AAA": 0.5, "BBB": 0.5})


def test_a_finding_of_the_audit_that_is_accepted_later_is_no_other_config(out):
    call(out, FIRST)
    (finding,) = call(out, FIRST + 1, data__accept=["HHH-step-2019-06-13"]).found
    assert (finding["of"], finding["was"], finding["is"]) == ("accepted", "", "HHH-step-2019-06-13")
    assert call(out, FIRST + 2, data__accept=["HHH-step-2019-06-13"]).found == ()


def test_a_backtest_that_is_too_short_is_not_registered(out):
    with pytest.raises(DataError, match="the backtest has 171 sessions, and 252 at least"):
        call(out, 200)
    assert list(out.iterdir()) == []


# A changed past of the log


def dropped(lines):
    return [*lines[:3], *lines[4:]]


def swapped(lines):
    return [*lines[:3], lines[4], lines[3], *lines[5:]]


def edited(lines):
    return [*lines[:3], lines[3].replace(b'"late":false', b'"late":true '), *lines[4:]]


def truncated(lines):
    return [*lines[:3], lines[3][:200], *lines[4:]]


def last_edited(lines):
    return [*lines[:-1], lines[-1].replace(b'"late":false', b'"late":true ')]


def forged(lines):
    entry = json.loads(lines[3])
    return [*lines[:3], json.dumps(entry | {"late": True}).encode(), *lines[4:]]


@pytest.mark.parametrize(
    ("edit", "line"),
    [(dropped, 4), (swapped, 4), (edited, 4), (truncated, 4), (last_edited, 8), (forged, 4)],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_an_edited_log_is_refused_by_its_line(out, edit, line):
    for row in range(FIRST, FIRST + 8):
        call(out, row)
    log = log_of(out)
    before = log.read_bytes().splitlines()
    changed = edit(before)
    assert changed != before
    log.write_bytes(b"\n".join(changed) + b"\n")
    with pytest.raises(DataError, match=rf"log\.jsonl:{line}: the line .*put the file back"):
        call(out, FIRST + 9)
    assert log.read_bytes().splitlines() == changed


def test_lines_cut_off_the_end_are_told_and_made_again(out):
    for row in range(FIRST, FIRST + 5):
        call(out, row)
    log = log_of(out)
    log.write_bytes(b"".join(log.read_bytes().splitlines(keepends=True)[:3]))
    followed = call(out, FIRST + 4, now=evening(FIRST + 5))
    assert [(f["what"], f["was"], f["is"]) for f in followed.found] == [("log", 5, 3)]
    assert [entry["date"] for entry in followed.added] == [str(day) for day in SESSIONS[FIRST + 3 : FIRST + 5]]
    assert all(entry["late"] for entry in followed.added)
    assert call(out, FIRST + 4, now=evening(FIRST + 5)).found == ()


def test_a_log_without_its_head_says_so(out):
    call(out, FIRST)
    call(out, FIRST + 2)
    (log_of(out).parent / HEAD).unlink()
    followed = call(out, FIRST + 3)
    assert any("head.json is gone" in remark for remark in followed.remarks)
    assert call(out, FIRST + 3).remarks == ()


# Killed


DRIVER = """
import os, signal, sys, itertools
from pathlib import Path
from followed import FIRST, call
import engine.kernel.compiled
out = Path(sys.argv[1])

def hooked(at):
    \"\"\"Have the process die at its at-th touch of a file: before it, or halfway through a write.\"\"\"
    count = itertools.count()
    def wrap(name):
        real = getattr(os, name)
        def touch(*given, **more):
            if name == "write" and next(count) == at:
                real(given[0], given[1][: len(given[1]) // 2])
                os.kill(os.getpid(), signal.SIGKILL)
            if next(count) == at:
                os.kill(os.getpid(), signal.SIGKILL)
            done = real(*given, **more)
            if next(count) == at:
                os.kill(os.getpid(), signal.SIGKILL)
            return done
        setattr(os, name, touch)
    for name in ("write", "fsync", "ftruncate", "replace", "rename"):
        wrap(name)

for row in (FIRST, FIRST + 5):
    call(out / "warm", row)  # what is cached is no file of the log
killed = 0
for rows, now in (((FIRST,), FIRST), ((FIRST, FIRST + 5), FIRST + 5)):
    for at in range(1000):
        place = out / f"{now}-{at}"
        for row in rows[:-1]:
            call(place, row)
        child = os.fork()
        if not child:
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            hooked(at)
            call(place, rows[-1])
            os._exit(0)
        status = os.waitpid(child, 0)[1]
        if os.WIFEXITED(status):
            assert os.WEXITSTATUS(status) == 0
            break
        killed += 1
print(killed)
"""


def test_killed_at_any_moment_nothing_is_lost_and_nothing_doubled(out):
    driver = subprocess.run(
        [sys.executable, "-c", DRIVER, out],
        env={**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "tests" / "support")))},
        capture_output=True,
        text=True,
        check=False,
    )
    assert driver.returncode == 0, driver.stderr
    assert int(driver.stdout) >= 20
    torn = 0
    for last in (FIRST, FIRST + 5):
        whole = out / f"{last}-whole"
        for row in dict.fromkeys((FIRST, last)):
            call(whole, row)
        undisturbed = log_of(whole).read_bytes()
        places = [place for place in out.glob(f"{last}-*") if place != whole]
        for place in places:
            folders = list(place.iterdir())
            left = log_of(place).read_bytes() if folders and log_of(place).exists() else b""
            assert undisturbed.startswith(left)
            followed = call(place, last)
            torn += any("never finished" in remark for remark in followed.remarks)
            assert log_of(place).read_bytes() == undisturbed
            assert followed.found == ()
            again = call(place, last)
            assert (again.added, again.remarks) == ((), ())
            assert {path.name for path in log_of(place).parent.iterdir() if path.suffix != ".tmp"} == {
                "log.jsonl",
                HEAD,
            }
        assert len(places) > 8
    assert torn >= 2

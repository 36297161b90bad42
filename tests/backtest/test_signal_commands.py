"""The commands signal and study: what they print, write and refuse."""

import json
import webbrowser

import pytest
from command import command, write_history

SPAN = ("--start", "2019-01-02", "--end", "2020-06-30")


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_signal_tells_the_order_and_why():
    answer = command("signal", "hedge_soxs.yaml", *SPAN, "--days", "20")
    assert (answer.status, answer.err) == (0, "")
    flat = " ".join(answer.out.split())
    assert "SIMULATED market" in flat
    assert "SOXS hedge OFF. STAY OUT: no SOXS. At the close of 2020-06-30 the hedge stays off" in flat
    assert "SOXX total return, by its 50-session average" in flat
    assert "Page:" not in flat


def test_signal_as_json_with_a_book_of_ones_own(tmp_path):
    typed = ("signal", "hedge_soxs.yaml", *SPAN, "--equity", "50000", "--json", "--page", "now.html")
    told = json.loads(command(*typed).out)
    assert (told["date"], told["order"], told["equity"], told["own"]) == ("2020-06-30", "STAY OUT", 50000.0, True)
    assert sum(one["dollars"] for one in told["targets"]) == pytest.approx(50000.0)
    assert len(told["dates"]) == len(told["inputs"][0]["values"]) == 60
    assert "SOXS hedge OFF" in (tmp_path / "now.html").read_text()


def test_the_day_an_order_is_due_is_the_day_the_run_decides(tmp_path):
    assert command("run", "hedge_soxs.yaml", *SPAN, "--set", "controls=off", "--no-tearsheet").status == 0
    import pyarrow.parquet as pq

    (table,) = (tmp_path / "runs").glob("*/episodes.parquet")
    (_, decided, *_) = pq.read_table(table)["decided"].to_pylist()
    told = json.loads(command("signal", "hedge_soxs.yaml", SPAN[0], SPAN[1], "--end", str(decided), "--json").out)
    assert (told["order"], told["on"], told["close"]["hedge"]) == ("ENTER", False, 0.15)


def test_somebodys_own_history_is_old(tmp_path):
    folder = write_history(tmp_path / "mine", "2018-06-01", "2019-06-28")
    answer = command("signal", "hedge_soxs.yaml", "--data", str(folder), "--start", "2019-01-02")
    assert answer.status == 0
    assert "OLD: the last bar is of 2019-06-28" in answer.out


def test_study_tells_what_followed(tmp_path):
    answer = command("study", "hedge_soxs.yaml", "--page", "after.html")
    assert (answer.status, answer.err) == (0, "")
    flat = " ".join(answer.out.split())
    assert flat.startswith("SIMULATED market")
    assert "closes at which SOXS was ordered on" in flat
    assert flat.endswith("Page: after.html")
    assert "After the trigger" not in answer.out
    assert "SIMULATED hedge_soxs: WeaknessHedge, after the trigger" in (tmp_path / "after.html").read_text()


def test_study_as_json_is_what_metrics_hold():
    told = json.loads(command("study", "hedge_soxs.yaml", *SPAN, "--json").out)
    other = json.loads(command("study", "hedge_soxs.yaml", *SPAN, "--json", "--every", "signal", "--from", "close").out)
    assert (told["every"], told["since"], other["every"], other["since"]) == ("entry", "next_open", "signal", "close")
    assert [one["sessions"] for one in told["windows"]] == [1, 5, 21, 63]


def test_open_writes_a_page_of_the_runs_name_and_opens_it(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    for name in ("signal", "study"):
        assert command(name, "hedge_soxs.yaml", *SPAN, "--open").status == 0
        assert opened[-1] == (tmp_path / f"hedge_soxs-{name}.html").as_uri()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("signal", "--equity", "0"), "--equity 0.0: has to be a number from 1 to 1e+12"),
        (("signal", "--equity", "nan"), "--equity nan: has to be a number from 1 to 1e+12"),
        (("study", "--every", "entries"), "--every entries is unknown, did you mean entry?"),
        (("study", "--from", "open"), "--from open is unknown: fill or close"),
    ],
)
def test_what_is_mistyped_is_one_line(typed, said):
    name, *rest = typed
    answer = command(name, "hedge_soxs.yaml", *SPAN, *rest)
    assert (answer.status, answer.out) == (2, "")
    assert said in answer.err
    assert answer.err.count("\n") == 1


def test_a_page_that_cant_be_written_says_so(tmp_path):
    (tmp_path / "file").write_text("")
    answer = command("study", "hedge_soxs.yaml", *SPAN, "--json", "--page", "file/x.html")
    assert answer.status == 2
    assert "file/x.html: can't be written: " in answer.err


def test_a_strategy_without_a_signal_has_none_that_rises(tmp_path):
    (tmp_path / "closing.py").write_text(
        "from dataclasses import dataclass\nfrom strategies import CloseStrategy\n\n"
        "@dataclass\nclass Closing(CloseStrategy):\n"
        "    def on_close(self, view, book):\n        return 0.1 * (view.session % 2)\n"
    )
    typed = (
        "study",
        "hedge_soxs.yaml",
        *SPAN,
        "--set",
        "strategy.class=closing.py:Closing",
        "--set",
        "strategy.params={}",
    )
    answer = command(*typed, "--every", "signal")
    assert answer.status == 2
    assert "Closing has no intensity that could rise: --every entry takes its orders" in answer.err
    assert json.loads(command(*typed, "--json").out)["triggers"] > 100


def test_what_is_held_says_what_to_trade():
    """From a person's shares to the weights of the run's book after its order, at the last close's prices."""
    own = json.loads(command("signal", "hedge_soxs.yaml", *SPAN, "--json", "--hold", "SOXX=100,SOXS=20,cash=500").out)
    run = json.loads(command("signal", "hedge_soxs.yaml", *SPAN, "--json").out)
    price = {target["instrument"]: target["price"] for target in run["targets"]}
    worth = 100 * price["SOXX"] + 20 * price["SOXS"] + 500
    assert own["equity"] == pytest.approx(worth)
    for mine, theirs, held in zip(own["targets"], run["targets"], (100, 20), strict=True):
        assert mine["target"] == pytest.approx(theirs["target"])
        assert mine["weight"] == pytest.approx(held * mine["price"] / worth)
        assert mine["trade"] == pytest.approx(mine["target"] * worth / mine["price"] - held)


def test_the_headline_is_for_what_is_held():
    said = command("signal", "hedge_soxs.yaml", *SPAN, "--hold", "SOXX=400,SOXS=2000")
    flat = " ".join(said.out.split())
    assert "SOXS hedge OFF in the run. LEAVE: sell all SOXS in the next session, 2020-07-01." in flat
    assert "-2,000.00" in flat


@pytest.mark.parametrize(
    ("hold", "fault"),
    [
        ("SOXY=1", "SOXY is nothing that the run trades, did you mean SOXX?"),
        ("SOXX", "--hold 'SOXX': has to be a name and a number, such as SOXX=100"),
        ("SOXX=1,SOXX=2", "--hold names 'SOXX' twice"),
        ("cash=-5", "what is held is worth -$5 at the last close: there is nothing to hedge"),
    ],
)
def test_what_can_not_be_held_is_told_in_one_line(hold, fault):
    told = command("signal", "hedge_soxs.yaml", *SPAN, "--hold", hold)
    assert (told.status, told.err) == (2, f"backtest: {fault}\n")

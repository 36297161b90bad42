"""`backtest follow`, as a person or a scheduler types it: statuses, messages, the report, two at once, refusals."""

import concurrent.futures.thread
import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import numpy as np
import pytest
from command import command, ended, started, write_history

import backtest.notify
from backtest import load_config
from data.calendar import nyse_sessions
from engine.engines import execute
from engine.evaluate_strategy import evaluate_strategy
from engine.follow.log import HEAD, LOG
from engine.setup import open_market

START = "start=2018-01-02"
FIRST, LAST = "2017-09-01", "2019-08-30"
TO_DO = 4


@pytest.fixture(scope="module")
def days(tmp_path_factory):
    """Closes, of the run on the whole history, by whether they order: a quiet one, one that enters, one after it."""
    whole = write_history(tmp_path_factory.mktemp("whole"), FIRST, LAST)
    config = load_config("hedge_soxs.yaml", [START], whole)
    with evaluate_strategy(config, open_market(config)) as prepared:
        ledger, _said = execute("python", config, prepared)
    sessions = prepared.setup.market.run_sessions
    entered = next(t for t in np.flatnonzero(ledger.actions[:, 0] == 1) if t > 300 and not ledger.ordered[t - 1])
    after = next(t for t in range(entered + 1, len(sessions)) if not ledger.ordered[t])
    return {name: str(sessions[t]) for name, t in (("quiet", entered - 1), ("entry", entered), ("after", after))}


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def follow(last, *typed, file="hedge_soxs.yaml"):
    """Type it on the history that ends with a close."""
    shutil.rmtree("mine", ignore_errors=True)
    write_history(Path("mine"), FIRST, last)
    return command("follow", file, "--data", "mine", "--set", START, *typed)


def log():
    (folder,) = Path("follow").iterdir()
    return folder / LOG


class Messages(BaseHTTPRequestHandler):
    """Keeps what is posted."""

    def do_POST(self):
        self.server.posted.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_given):
        pass


@pytest.fixture
def server():
    with HTTPServer(("127.0.0.1", 0), Messages) as served:
        served.posted = []
        thread = threading.Thread(target=served.serve_forever)
        thread.start()
        yield served
        served.shutdown()
        thread.join()


def test_the_status_is_4_while_an_order_stands(days):
    first = follow(days["quiet"])
    assert (first.status, first.err) == (0, "")
    assert f"NOTHING TO DO in {days['entry']}: the hedge is off, no order stands." in first.out
    assert f"Registered at the close of {days['quiet']}" in " ".join(first.out.split())
    assert "OLD: the last bar is of" in first.out
    entry = follow(days["entry"])
    assert entry.status == TO_DO
    flat = " ".join(entry.out.split())
    assert "enter SOXS: core to 85.0 % of equity, 15.0 % SOXS." in flat
    assert f"1 new close recorded, {days['entry']}, 1 of them late" in flat
    before = log().read_bytes()
    again = follow(days["entry"])
    assert (again.status, log().read_bytes()) == (TO_DO, before)
    assert f"No new close since {days['entry']}: nothing to record." in again.out
    assert follow(days["after"]).status == 0


def test_a_registration_whose_last_close_orders_has_something_to_do(days):
    told = follow(days["entry"], "--json")
    plain = json.loads(told.out)
    assert (told.status, plain["status"], plain["registered"]) == (TO_DO, TO_DO, True)
    assert plain["order"]["hedges"] == {"SOXS": 0.15}
    assert plain["order"]["core"] == pytest.approx(0.85)


def test_two_at_once_write_each_close_once(days):
    write_history(Path("mine"), FIRST, days["quiet"])
    typed = ("follow", "hedge_soxs.yaml", "--data", "mine", "--set", START, "--json")
    first = [json.loads(ended(process).out) for process in [started(*typed), started(*typed)]]
    assert sorted(answer["registered"] for answer in first) == [False, True]
    last = str(nyse_sessions(np.datetime64(days["after"]), np.datetime64("2019-08-30"))[5])
    shutil.rmtree("mine")
    write_history(Path("mine"), FIRST, last)
    answers = [ended(process) for process in [started(*typed), started(*typed)]]
    assert {answer.status for answer in answers} <= {0, TO_DO}, answers
    added = [json.loads(answer.out)["added"] for answer in answers]
    assert min(map(len, added)) == 0
    lines = [json.loads(line) for line in log().read_text().splitlines()]
    expected = nyse_sessions(np.datetime64(days["entry"]), np.datetime64(last))
    assert [line["date"] for line in lines[1:]] == [str(day) for day in expected] == max(added, key=len)
    assert not [path for path in log().parent.iterdir() if path.name not in (LOG, HEAD)]


def test_a_message_is_sent_when_an_order_comes_and_when_it_goes(days, server):
    address = f"json://127.0.0.1:{server.server_port}/?token=secret"
    statuses = [follow(days[name], "--notify", address).status for name in ("quiet", "entry", "entry", "after")]
    assert statuses == [0, TO_DO, TO_DO, 0]
    came, went = server.posted
    assert came["title"].startswith("hedge_soxs: order for ")
    assert "enter SOXS" in came["message"]
    assert went["title"] == "hedge_soxs: no order any more"
    assert "NOTHING TO DO" in went["message"]


def test_an_address_that_cannot_be_reached_is_told_and_no_more(days, server):
    follow(days["quiet"])
    port = server.server_port
    server.shutdown()
    server.server_close()
    answer = follow(days["entry"], "--notify", f"json://user:secret@127.0.0.1:{port}/token")
    assert answer.status == TO_DO
    assert answer.err == (
        "backtest: --notify json://... (the 1. address): the message could not be sent; the log is written\n"
    )
    assert "secret" not in answer.out + answer.err
    assert len(log().read_text().splitlines()) == 2


class Slow(Messages):
    """Answers a byte at a time."""

    def do_POST(self):
        self.send_response(200)
        self.send_header("Content-Length", "10000")
        self.end_headers()
        for _byte in range(100):
            self.wfile.write(b"x")
            if self.server.over.wait(0.05):
                return


def test_a_server_that_never_ends_its_answer_is_left(server, monkeypatch):
    server.RequestHandlerClass, server.over = Slow, threading.Event()
    monkeypatch.setattr(backtest.notify, "PATIENCE", 0.3)
    address = f"json://127.0.0.1:{server.server_port}/"
    waited_for = set(concurrent.futures.thread._threads_queues)
    assert backtest.notify.notify([address], "title", "body") == ["json://... (the 1. address)"]
    assert set(concurrent.futures.thread._threads_queues) <= waited_for  # by Python, at its end
    server.over.set()


def test_messages_need_apprise_and_an_address_that_it_knows(days, monkeypatch):
    answer = follow(days["quiet"], "--notify", "nonsense-secret")
    assert (answer.status, answer.out) == (2, "")
    assert "--notify the 1. address: it is no address that apprise knows" in answer.err
    assert "secret" not in answer.err
    monkeypatch.setattr(backtest.notify, "find_spec", lambda _name: None)
    answer = follow(days["quiet"], "--notify", "json://127.0.0.1")
    assert answer.err == "backtest: --notify needs apprise: pip install 'hedge-backtest[notify]'\n"
    assert not Path("follow").exists()


def test_a_restated_bar_is_told_in_the_terminal(days):
    follow(days["quiet"])
    follow(days["entry"])
    path = Path("mine/bars/SOXX.csv")
    *rows, last = path.read_text().splitlines()
    day, opened, high, *others = last.split(",")
    path.write_text("\n".join([*rows, ",".join([day, opened, repr(1.01 * float(high)), *others]), ""]))
    answer = command("follow", "hedge_soxs.yaml", "--data", "mine", "--set", START)
    assert answer.status == TO_DO
    flat = " ".join(answer.out.split())
    assert "CHANGED since it was recorded:" in flat
    assert f"SOXX of {days['entry']}: high was {float(high)!r} and is {1.01 * float(high)!r} in the data now" in flat
    assert "bars/SOXX" not in flat


def test_the_report_stands_in_the_terminal_and_on_a_page(days):
    follow(days["quiet"])
    answer = follow(days["after"], "--report")
    flat = " ".join(answer.out.split())
    assert "Doing nothing" in flat
    assert "written late" in flat
    page = log().parent / "report.html"
    assert flat.endswith(f"Page: {page}")
    text = page.read_text(encoding="utf-8")
    assert f"hedge_soxs: the record since {days['quiet']}" in text
    assert "The gap in growth inside the promised band" in text
    told = json.loads(follow(days["after"], "--json", "--page", "mine.html").out)
    assert told["record"]["wrong"] == []
    assert told["record"]["gaps"]["held_less"]["gap"] == pytest.approx(
        np.log(told["record"]["growth"]["hedged"]) - np.log(told["record"]["growth"]["held_less"])
    )
    tests = told["record"]["tests"]
    assert [tests[name]["label"] for name in ("timing", "gap")] == ["no sign", "can't tell"]
    assert tests["late"] == tests["sessions"] == told["record"]["closes"]
    assert "When it hedged: " in flat
    assert Path("mine.html").read_text(encoding="utf-8").startswith("<!DOCTYPE html>")


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (
            ("--set", "hedge.weight=0.2"),
            "hedge.weight is 0.2 and was 0.15: put that back, or set another name",
        ),
        (
            ("--set", "end=2019-06-28"),
            "end is 2019-06-28: no close comes after it, so there is none",
        ),
        (("--out", "http:x"), "begins as an address does"),
    ],
)
def test_what_is_refused_is_one_line_and_writes_nothing(days, typed, told):
    follow(days["quiet"])
    before = log().read_bytes()
    answer = follow(days["entry"], *typed)
    assert (answer.status, answer.out) == (2, "")
    assert told in answer.err
    assert answer.err.count("\n") == 1
    assert log().read_bytes() == before


def test_an_edited_log_and_older_data_are_refused(days):
    follow(days["quiet"])
    follow(days["entry"])
    older = follow(days["quiet"])
    assert (older.status, older.out) == (2, "")
    assert f"the data end {days['quiet']}, before {days['entry']}, the last close in the log" in older.err
    first, second = log().read_text().splitlines(keepends=True)
    log().write_text(first + second.replace('"late":true', '"late":false'))
    edited = follow(days["after"])
    assert (edited.status, edited.out) == (2, "")
    assert f"{log()}:2: the line isn't what head.json says it was" in edited.err


def test_a_simulated_market_says_so_everywhere(tmp_path):
    answer = command("follow", "hedge_soxs.yaml", "--data", "demo", "--set", "start=2023-01-03", "--report")
    assert answer.status in (0, TO_DO)
    assert "SIMULATED market: it shows the machine and says nothing about SOXS." in answer.out
    assert log().parent.name.startswith("hedge_soxs-SIMULATED-")
    assert "<title>SIMULATED hedge_soxs" in (log().parent / "report.html").read_text(encoding="utf-8")


def test_a_folder_that_moved_is_the_same_run(days):
    follow(days["quiet"])
    shutil.move("mine", "elsewhere")
    write_history(Path("elsewhere"), FIRST, days["entry"])
    answer = command("follow", "hedge_soxs.yaml", "--data", "elsewhere", "--set", START, "--json")
    assert json.loads(answer.out)["added"] == [days["entry"]]

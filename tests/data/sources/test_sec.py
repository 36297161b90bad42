"""Filings of the SEC, from a server on loopback; the real one can't be asked in tests."""

from __future__ import annotations

import datetime as dt
import email.utils
import json
import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from agency_server import AgencyServer, company_facts

import data.pull
from data.errors import DataError
from data.filings.facts import Filings
from data.pull import Pulled, pull
from data.sources import FILINGS, sec
from data.sources.web import StatusError, seconds_of
from data.store import Origin, Store

WHO = "Ada Lovelace ada@example.com"
NOW = dt.datetime(2026, 8, 21, 22, tzinfo=dt.UTC)
NVDA, AMD = 1045810, 2488


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[AgencyServer]:
    with AgencyServer() as server:
        for address, here in server.patches.items():
            monkeypatch.setattr(address, here)
        monkeypatch.setattr(sec, "APART", 0.0)
        monkeypatch.setattr(data.pull, "WAITS", (0.0, 0.0, 0.0))
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        monkeypatch.delenv("SEC_IDENTITY", raising=False)
        server.lists("NVDA", NVDA, company_facts(NVDA, [10.0, 11.0, 12.0, 13.0]))
        server.lists("AMD", AMD, company_facts(AMD, [1.0, 2.0]))
        server.lists("SOXX", 1100663)
        yield server


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


def fetch(symbol: str = "NVDA") -> Filings:
    return sec.session(WHO)(symbol, None, NOW).thing


def one(store: Store, symbol: str = "sec:NVDA", identity: str | None = WHO) -> tuple[Pulled, list[str]]:
    said: list[str] = []
    (done,) = pull(store, [symbol], None, lambda _symbol, text: said.append(text), lambda: NOW, identity)
    return done, said


# What is asked


def test_a_company_by_its_ticker(server: AgencyServer) -> None:
    filings = fetch()
    assert (filings.name, filings.cik, len(filings)) == ("NVDA", NVDA, 7)
    assert filings.filed.min() == np.datetime64("2020-05-10")
    assert [each.path for each in server.asked] == [
        "/files/company_tickers.json",
        "/api/xbrl/companyfacts/CIK0001045810.json",
    ]
    assert {each.headers["User-Agent"] for each in server.asked} == {WHO}


def test_a_company_by_its_number_needs_no_ticker(server: AgencyServer) -> None:
    for symbol in ("CIK2488", "CIK0000002488"):
        assert (fetch(symbol).name, fetch(symbol).cik) == (symbol, AMD)
    assert not server.about("tickers")


def test_tickers_are_asked_for_once_a_pull(server: AgencyServer, store: Store) -> None:
    done = pull(store, ["sec:NVDA", "sec:amd", "sec:TXN"], identity=WHO)
    assert [each.error is None for each in done] == [True, True, False]
    assert len(server.about("tickers")) == 1
    pull(store, ["sec:NVDA"], identity=WHO)
    assert len(server.about("tickers")) == 2


def test_an_unknown_ticker_and_a_company_without_figures(server: AgencyServer) -> None:
    with pytest.raises(DataError, match=r"^NVDX: .*did you mean NVDA\?: name one .* no longer by its number, sec:CIK"):
        fetch("NVDX")
    with pytest.raises(DataError, match=r"^SOXX: the SEC knows no filings of it \(CIK0001100663\.json\): funds"):
        fetch("SOXX")
    server.lists("TSM", 1046179, {"cik": 1046179, "entityName": "TSMC", "facts": {"ifrs-full": {}}})
    with pytest.raises(DataError, match=r"^the SEC's CIK0001046179\.json: holds no net income.*ifrs-full"):
        fetch("TSM")


# Who asks


def test_without_an_identity_nothing_is_asked(server: AgencyServer, store: Store) -> None:
    done, said = one(store, identity=None)
    assert done.error is not None
    assert done.error.startswith('the SEC answers only who says who asks: set SEC_IDENTITY="Ada Lovelace ada@')
    assert "\n" not in done.error
    assert (said, server.asked) == (["asking the SEC"], [])


@pytest.mark.parametrize("identity", ["Ada Lovelace", "ada@example.com\r\nCookie: a", "Zoë zoe@example.com"])
def test_an_identity_that_cannot_be_sent_is_refused(server: AgencyServer, identity: str) -> None:
    with pytest.raises(DataError, match="is no name and e-mail to ask the SEC by"):
        sec.session(identity)


def test_the_environment_says_who_asks_unless_the_pull_does(
    server: AgencyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SEC_IDENTITY", "Env env@example.com")
    sec.session(None)("CIK2488", None, NOW)
    sec.session(WHO)("CIK2488", None, NOW)
    assert [each.headers["User-Agent"] for each in server.asked] == ["Env env@example.com", WHO]


def test_an_identity_is_kept_nowhere(server: AgencyServer, store: Store) -> None:
    done, said = one(store)
    texts = [json.dumps(said), repr(done), *(path.read_text("latin-1") for path in store.folder.rglob("*.*"))]
    assert not any("ada" in text.lower() for text in texts)


def test_an_identity_goes_nowhere_else(server: AgencyServer) -> None:
    server.refuses(NVDA, "moved")
    with pytest.raises(StatusError, match=r"^the SEC refuses for now \(302, Found\)$"):
        fetch()
    assert not [each for each in server.asked if each.path == "/elsewhere"]


def test_who_is_barred_all_the_same_is_told_why(server: AgencyServer) -> None:
    server.refuses(NVDA, 403)
    with pytest.raises(StatusError, match=r"^the SEC refuses for now \(403, Forbidden\): it refuses, for ten minutes"):
        fetch()


# Refusals


@pytest.mark.parametrize("what", ["tickers", NVDA])
@pytest.mark.parametrize("fault", [403, 429, 500, 503, "cut", "short", "half", "packed", "page"])
def test_a_refusal_may_be_tried_again(server: AgencyServer, what: str | int, fault: int | str) -> None:
    server.refuses(what, fault)
    with pytest.raises(ConnectionError, match=r"^the SEC"):
        fetch()
    assert len(fetch()) == 7


def test_a_pull_tries_four_times(server: AgencyServer, store: Store) -> None:
    server.refuses(NVDA, 429, "cut", "half")
    assert one(store)[0].rows == 7
    server.refuses(NVDA, 429, "cut", "half", 503)
    done, said = one(store)
    assert done.error == "sec:NVDA: the SEC refuses for now (503, Service Unavailable): tried 4 times, try again later"
    assert len(said) == 4
    assert store.read(FILINGS, "NVDA").cik == NVDA


class Clock:
    """A clock that only sleeping moves."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.slept = 1000.0, list[float]()
        monkeypatch.setattr(sec.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(time, "sleep", self.sleep)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += [seconds] if seconds else []


def test_a_wait_that_is_asked_for_is_kept(server: AgencyServer, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    monkeypatch.setattr(data.pull, "WAITS", (1.0, 4.0, 15.0))
    server.refuses(NVDA, (429, "90"), (503, "2"))
    done, said = one(store)
    assert (done.error, clock.slept) == (None, [90.0, 4.0])
    assert "it asks to be left alone for 90 s: again in 90 s" in said[1]


def test_who_asks_for_a_long_wait_is_not_asked_before(
    server: AgencyServer, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock = Clock(monkeypatch)
    server.refuses(NVDA, (429, "600"))
    first, second = pull(store, ["sec:NVDA", "sec:AMD"], identity=WHO)
    assert first.error == (
        "sec:NVDA: the SEC refuses for now (429, Too Many Requests): it asks to be left alone for 600 s: "
        "try again later"
    )
    assert second.error == "sec:AMD: the SEC asked to be left alone for 600 s more: try again later"
    assert (clock.slept, len(server.about(NVDA)), len(server.about(AMD))) == ([], 1, 0)


@pytest.mark.parametrize("told", ["", "soon", "-3", "Thu, 01 Jan 1970 00:00:00 GMT"])
def test_a_wait_that_says_nothing_is_none(told: str) -> None:
    assert seconds_of(told) == 0.0


def test_a_wait_may_be_a_date() -> None:
    until = dt.datetime.now(dt.UTC) + dt.timedelta(seconds=60)
    assert 50 < seconds_of(email.utils.format_datetime(until, usegmt=True)) <= 60


# How often


def test_sixteen_companies_are_asked_for_under_ten_a_second(
    server: AgencyServer, store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sec, "APART", 0.125)
    companies = [f"CHIP{k}" for k in range(16)]
    for k, name in enumerate(companies):
        server.lists(name, 100 + k, company_facts(100 + k, [1.0, 2.0]))
    server.refuses(103, 429, 503)
    server.refuses(109, "cut")
    done = pull(store, [f"sec:{name}" for name in companies], identity=WHO)
    assert [each.error for each in done] == [None] * 16
    times = np.array([each.at for each in server.asked])
    assert len(times) == 1 + 16 + 3
    assert (times[10:] - times[:-10]).min() >= 1.0  # of any eleven in a row the first and the last are a second apart
    assert np.diff(times).min() >= 0.1


# What is kept


def test_a_first_pull(server: AgencyServer, store: Store) -> None:
    done, said = one(store)
    note = "a fact counts as known at the close of the session after the day it was filed"
    assert done == Pulled("sec:NVDA", "NVDA", "filings", 7, 7, "2020-05-10", "2021-02-09", (note,))
    assert said == ["asking the SEC"]
    origin = store.find(FILINGS, "NVDA").origin
    assert (origin.source, origin.symbol, origin.notes) == ("sec", "NVDA", (note,))
    assert list(store.read(FILINGS, "NVDA").lines()) == list(fetch().lines())


def test_a_second_pull_adds_what_is_new(server: AgencyServer, store: Store) -> None:
    one(store)
    assert one(store)[0].notes == ("nothing new",)
    server.lists("NVDA", NVDA, company_facts(NVDA, [10.0, 11.0, 12.0, 13.0, 14.0]))
    done, _ = one(store)
    assert (done.rows, done.added, done.notes) == (9, 2, ("2 new facts, the last filing 10-Q of 2021-05-10",))


def test_what_was_seen_once_stays(server: AgencyServer, store: Store) -> None:
    one(store)
    before = set(store.read(FILINGS, "NVDA").lines())
    later = company_facts(NVDA, [10.0, 11.0, 12.0, 13.0, 14.0])
    facts = later["facts"]["us-gaap"]["NetIncomeLoss"]["units"]["USD"]
    facts[:] = [fact for fact in facts if fact["filed"] > "2020-08-09"]  # the SEC's file has begun later
    facts[0]["val"] = 99.0  # and a figure was corrected without a filing
    server.lists("NVDA", NVDA, later)
    done, _ = one(store)
    assert set(store.read(FILINGS, "NVDA").lines()) > before
    assert done.added == 2
    assert done.notes[0] == "2 new facts, the last filing 10-Q of 2021-05-10"
    assert 99.0 not in store.read(FILINGS, "NVDA").value


def test_filings_that_were_imported_are_added_to(server: AgencyServer, store: Store) -> None:
    old = sec.read_companyfacts(json.dumps(company_facts(77, [5.0], "2010-01-01")).encode(), "old", "NVDA")
    store.put(old, Origin("import", "CIK0000000077.json", "x", "2026-01-01T00:00:00Z"))
    done, _ = one(store)
    assert (done.rows, done.added, done.first) == (8, 7, "2010-05-10")
    assert done.notes[-2:] == (
        "1 that is listed no more stays",
        f"the ticker was CIK 77 and is CIK {NVDA}: filings of both are kept",
    )


def test_what_fails_leaves_what_was_kept(server: AgencyServer, store: Store) -> None:
    one(store)
    kept = store.find(FILINGS, "NVDA")
    for fault in ([404], ["half"] * 4, [500] * 4):
        server.refuses(NVDA, *fault)
        assert one(store)[0].error is not None
    server.lists("NVDA", NVDA, {"cik": NVDA, "facts": {"us-gaap": {"Assets": {"units": {"USD": [{}]}}}}})
    assert one(store)[0].error is not None
    assert store.find(FILINGS, "NVDA") == kept


def test_a_file_of_four_megabytes(server: AgencyServer, store: Store) -> None:
    whole = company_facts(NVDA, list(np.arange(1.0, 61.0)), "2009-01-01")
    filler = {f"Concept{k}": whole["facts"]["us-gaap"]["NetIncomeLoss"] for k in range(240)}
    whole["facts"]["us-gaap"] |= filler
    body = json.dumps(whole).encode()
    assert len(body) > 4e6
    server.lists("NVDA", NVDA, body)
    done, _ = one(store)
    assert (done.error, done.rows) == (None, 119)

"""What following says: the order, every kind of change in a sentence, the record, and its page."""

import io
from dataclasses import replace

import pytest
from followed import FIRST, SESSIONS, call, restated, world
from rich.console import Console

from engine.follow.forward_tests import run_tests
from engine.follow.record import record_of
from reports.follow import (
    CHANGES,
    change_words,
    followed_json,
    message_of,
    order_words,
    record_words,
    show_followed,
    write_follow_page,
    written_words,
)

EVIL = "</script><script>alert('{{ title }}')</script> <b>bold</b>"


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    """A record with an entry, a hold and an exit, some of it late, and a restated bar."""
    out = tmp_path_factory.mktemp("followed")
    for row in (FIRST, FIRST + 20, FIRST + 21):
        call(out, row)
    bars = world().bars_by_name["HHH"]
    other = restated(world(), "HHH", FIRST + 3, high=1.01 * float(bars.high[FIRST + 3]))
    return call(out, FIRST + 23, other)


def printed(followed, record=None, width=100):
    out = io.StringIO()
    tests = record and run_tests(record)
    show_followed(Console(file=out, width=width, highlight=False), followed, record, tests)
    return out.getvalue()


def test_every_kind_of_change_has_its_sentence():
    then, now = "2019-07-01T22:00:00+00:00", "2019-06-01T22:00:00+00:00"
    signal = {"intensity": [0.0], "actions": {"HHH": "stay"}}, {"intensity": [1.0], "actions": {"HHH": "enter"}}
    found = [
        {"what": "bar", "instrument": "HHH", "date": "2019-07-01", "column": "close", "was": 10.0, "is": 10.5},
        {
            "what": "rebased",
            "instrument": "HHH",
            "date": "2019-06-03",
            "up_to": "2019-07-01",
            "factor": 10.0,
            "bars": {},
        },
        {"what": "input", "input": "series/VIX", "date": "2019-07-01", "was": "a", "is": "b"},
        {"what": "signal", "date": "2019-07-01", "was": signal[0], "is": signal[1]},
        {"what": "session", "date": "2019-07-01", "was": True, "is": False},
        {"what": "code", "of": "strategy", "was": "a" * 64, "is": "b" * 64},
        {"what": "code", "of": "numpy", "was": "2.4.6", "is": "2.5.0"},
        {"what": "log", "was": 9, "is": 7},
        {"what": "clock", "was": then, "is": now},
        {"what": "clock", "close": "2019-07-01", "is": now},
    ]
    assert {finding["what"] for finding in found} == set(CHANGES)
    rebased = ", as where a vendor adjusts the past for a split; the record goes on in the new shares."
    assert [change_words(finding).removesuffix(" it was.") for finding in found] == [
        "HHH of 2019-07-01: close was 10.0 and is 10.5 in the data now; the record goes on with what",
        f"HHH: all prices up to 2019-07-01 are 10 times what they were{rebased}",
        "series/VIX is another now, as it was known at the close of 2019-07-01 or before.",
        "The signal of 2019-07-01 was 0 (HHH stay) and would be 1 (HHH enter) now; the record goes on with what",
        "2019-07-01: the data have no bar of it any more.",
        "The strategy's code has changed: aaaaaaaaaaaa... before, bbbbbbbbbbbb... now.",
        "numpy has changed: 2.4.6 before, 2.5.0 now.",
        "2 lines of log.jsonl are gone from its end: what closes they held is recorded again.",
        f"The clock was set back: the last line was written {then}, now it is {now}.",
        f"The clock says {now}, which is before the close of 2019-07-01: that counts as late.",
    ]


@pytest.mark.parametrize("width", [60, 80, 120])
def test_the_terminal_shows_order_changes_and_record(followed, width):
    record = record_of(followed.chain)
    text = printed(followed, record, width)
    flat = " ".join(text.split())
    (bar,) = [finding for finding in followed.found if finding["what"] == "bar"]
    for told in (order_words(followed), written_words(followed), change_words(bar), record_words(record)):
        assert told in flat
    assert f"{len(record.closes)} closes since {SESSIONS[FIRST]}, 20 of them written late; 1 change" in flat
    held = 100.0 * followed.past.first["held_less"]
    assert f"{held:.0f}% held" in flat
    lines = [line for line in text.splitlines() if not line.startswith("Log:") and "log.jsonl" not in line]
    assert max(map(len, lines)) <= width


def test_many_changes_are_cut_short_in_the_terminal(followed):
    (bar,) = [finding for finding in followed.found if finding["what"] == "bar"]
    many = replace(followed, found=tuple(bar | {"date": f"2019-07-{day:02}"} for day in range(1, 21)))
    flat = " ".join(printed(many).split())
    assert flat.count("high was") == 8
    assert "... and 12 more changes, in the log." in flat


def test_a_message_says_what_to_do_and_that_the_past_has_changed(followed):
    title, body = message_of(followed)
    assert title.startswith("hedge_soxs: ")
    assert body.startswith(order_words(followed))
    assert "1 change of the past told: see the log." in body


def test_every_order_has_words(followed):
    def ordered(order, **actions):
        last = dict(followed.last) | {"actions": actions}
        last["books"] = dict(last["books"]) | {"hedged": dict(last["books"]["hedged"]) | {"order": order}}
        return order_words(replace(followed, chain=followed.chain._replace(entries=(*followed.chain.entries, last))))

    weights = {"core": 0.85, "hedges": {"HHH": 0.15}, "restate": False}
    then = f"ORDER for {followed.last['next']}: "
    assert ordered(weights, HHH="enter") == f"{then}enter HHH: core to 85.0 % of equity, 15.0 % HHH."
    assert ordered(weights, HHH="stay") == f"{then}restate the weights: core to 85.0 % of equity, 15.0 % HHH."
    assert ordered(weights, HHH="stop_loss").startswith(f"{then}leave HHH, it lost as much as it may: ")
    assert ordered({"trade": {"AAA": -1.5, "HHH": 20.0}}, HHH="enter") == f"{then}sell 1.5 AAA, buy 20 HHH."


def test_the_page_shows_names_as_text(followed, tmp_path):
    entries = list(followed.chain.entries)
    entries[0] = dict(entries[0]) | {"name": EVIL, "strategy": EVIL}
    evil = replace(followed, chain=followed.chain._replace(entries=tuple(entries)))
    record = record_of(evil.chain)
    write_follow_page(tmp_path / "a.html", evil, record, run_tests(record))
    text = (tmp_path / "a.html").read_text(encoding="utf-8")
    assert "<script>alert" not in text
    assert "written late" in text
    write_follow_page(tmp_path / "b.html", evil, record, run_tests(record))
    assert (tmp_path / "b.html").read_bytes() == (tmp_path / "a.html").read_bytes()


def test_json_holds_the_call_and_the_record(followed):
    plain = followed_json(followed, record_of(followed.chain), 4)
    assert plain["added"] == [str(SESSIONS[FIRST + 22]), str(SESSIONS[FIRST + 23])]
    assert plain["late"] == [str(SESSIONS[FIRST + 22])]
    assert plain["record"]["closes"] == 23
    assert [finding["what"] for finding in plain["changed"]] == ["bar", "input"]


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_the_page_in_a_browser(followed, tmp_path, open_page, width, scheme):
    record = record_of(followed.chain)
    write_follow_page(tmp_path / "report.html", followed, record, run_tests(record))
    seen = open_page(tmp_path / "report.html", width=width, scheme=scheme)
    seen.page.locator("#gap.chart, .chart#gap").first.scroll_into_view_if_needed()
    seen.page.wait_for_function("!!document.querySelector('#gap .main-svg')")
    drawn = seen.page.evaluate("document.querySelector('.chart#gap').data.map(one => [one.name, one.y])")
    assert dict(drawn)["gap"] == pytest.approx(record.gap("held_less").tolist())
    assert dict(drawn)["median"] == pytest.approx(record.band("held_less")[:, 2].tolist())
    assert len(dict(drawn)["late"]) == record.late
    assert seen.errors == []
    assert seen.online == []

"""The chained log: what is appended is read again, each line holds the hash of the one before, a torn line is seen."""

import hashlib
import json

import pytest

from data.errors import DataError
from engine.follow.log import HEAD, LOG, Chain, append, read_log, write_head


def line(kind="close", **more):
    return {"kind": kind, "written": "2026-07-01T22:00:00+00:00", **more}


@pytest.fixture
def chain(tmp_path):
    first = append(Chain(tmp_path), [line("registration")])
    return append(first, [line(date="a"), line(date="b", value=0.1 + 0.2)])


def test_what_is_appended_is_read_again_and_chained(chain, tmp_path):
    assert read_log(tmp_path) == chain
    lines = (tmp_path / LOG).read_bytes().splitlines()
    assert [json.loads(each)["n"] for each in lines] == [0, 1, 2]
    hashes = [hashlib.sha256(each).hexdigest() for each in lines]
    assert [json.loads(each)["before"] for each in lines] == ["", *hashes[:-1]]
    assert json.loads((tmp_path / HEAD).read_text()) == {"lines": 3, "last": hashes[-1]}
    assert chain.entries[2]["value"] == 0.1 + 0.2


def test_a_torn_line_is_counted_and_cut_off_by_the_next(chain, tmp_path):
    whole = (tmp_path / LOG).read_bytes()
    (tmp_path / LOG).write_bytes(whole + b'{"kind":"clo')
    torn = read_log(tmp_path)
    assert (torn.torn, torn.size, len(torn.entries)) == (12, len(whole), 3)
    append(torn, [])
    assert (tmp_path / LOG).read_bytes() == whole
    append(torn, [line(date="c")])
    assert read_log(tmp_path).entries[-1]["date"] == "c"


def test_a_head_that_a_kill_left_behind_is_no_change(chain, tmp_path):
    head = (tmp_path / HEAD).read_text()
    append(chain, [line(date="c")])
    (tmp_path / HEAD).write_text(head)
    read = read_log(tmp_path)
    assert (read.missing, read.headless, len(read.entries)) == (0, False, 4)
    write_head(read)
    assert json.loads((tmp_path / HEAD).read_text())["lines"] == 4


def test_what_was_cut_off_is_known_until_a_line_tells_it(chain, tmp_path):
    lines = (tmp_path / LOG).read_bytes().splitlines(keepends=True)
    (tmp_path / LOG).write_bytes(lines[0])
    cut = read_log(tmp_path)
    assert (cut.missing, cut.counted) == (2, 3)
    write_head(cut)  # and here a kill
    again = read_log(tmp_path)
    assert (again.missing, again.counted) == (2, 3)
    (tmp_path / LOG).write_bytes(lines[0] + lines[1])  # as if it had been told, and then a kill
    assert read_log(tmp_path).missing == 0
    append(again, [line("changed"), line(date="a"), line(date="b")])  # as many lines as the head was told of, and more
    assert (read_log(tmp_path).missing, read_log(tmp_path).counted) == (0, 4)


def test_what_is_no_log_says_so(tmp_path):
    (tmp_path / LOG).write_text("{}\n")
    with pytest.raises(DataError, match=r"log\.jsonl:1: the line is no line of a log"):
        read_log(tmp_path)
    append(Chain(tmp_path), [line("close")])
    with pytest.raises(DataError, match=r"log\.jsonl:1: the line is no registration"):
        read_log(tmp_path)


def test_a_log_that_is_gone_is_not_begun_anew(chain, tmp_path):
    (tmp_path / LOG).unlink()
    with pytest.raises(DataError, match=r"log\.jsonl: it is gone, though head\.json counts its lines"):
        read_log(tmp_path)


def test_a_number_that_json_has_not_is_refused(tmp_path):
    with pytest.raises(ValueError, match="Out of range"):
        append(Chain(tmp_path), [line("registration", value=float("nan"))])
    assert not (tmp_path / LOG).exists()

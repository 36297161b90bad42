"""Files that are whole or absent, and folders that one process writes at a time."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from data.errors import UserError
from data.files import (
    ABANDONED,
    CHECKSUMS,
    GATE,
    absolute,
    damaged,
    locked,
    path_of,
    replace_synced,
    write_and_sweep_up,
    write_checksums,
    write_whole,
)

HOUSE = Path(__file__).resolve().parents[2]


def test_a_file_is_written_with_its_folders(tmp_path):
    path = tmp_path / "a" / "b" / "note.txt"
    write_whole(path, lambda writing: writing.write_text("whole"))

    assert path.read_text() == "whole"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("named", ["/", ".", ""])
def test_a_folder_has_no_name_to_write_beside(named):
    with pytest.raises(IsADirectoryError) as caught:
        write_whole(Path(named), lambda writing: writing.write_text("never"))
    assert caught.value.filename == str(Path(named))


def test_a_fault_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("old")

    def half(writing):
        writing.write_text("ha")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        write_whole(path, half)

    assert path.read_text() == "old"
    assert list(tmp_path.iterdir()) == [path]


def test_until_it_is_whole_the_old_file_is_there(tmp_path):
    path = tmp_path / "note.txt"
    path.write_text("old")
    seen = []

    def slow(writing):
        assert writing.parent == tmp_path  # a rename is atomic within one file system
        writing.write_text("new")
        seen.append(path.read_text())

    write_whole(path, slow)

    assert (seen, path.read_text()) == (["old"], "new")


def test_two_writers_of_one_file_do_not_share_a_temporary_one(tmp_path):
    path, names = tmp_path / "note.txt", []

    def outer(writing):
        names.append(writing)
        writing.write_text("outer")
        write_whole(path, lambda inner: (names.append(inner), inner.write_text("inner")))

    write_whole(path, outer)

    assert len(set(names)) == 2
    assert path.read_text() == "outer"


def test_what_a_killed_process_left_goes_with_the_next_file_of_its_name(tmp_path):
    page, old = tmp_path / "page.html", time.time() - ABANDONED - 60.0
    left = [".page.html.0123abcd.tmp"]
    stays = [
        ".page.html.0123abcd.tmp.mine",
        ".page.html.mine.tmp",
        ".other.html.0123abcd.tmp",
        "page.html.0123abcd.tmp",
    ]
    for name in (*left, *stays):
        (tmp_path / name).write_text("half")
        os.utime(tmp_path / name, (old, old))
    (tmp_path / ".page.html.4567cdef.tmp").write_text("somebody writes it")

    write_and_sweep_up(page, lambda path: path.write_text("whole"))

    there = {path.name for path in tmp_path.iterdir()}
    assert there == {*stays, ".page.html.4567cdef.tmp", "page.html"}
    assert page.read_text() == "whole"


def test_behind_a_closed_gate_nothing_gets_its_name(tmp_path, monkeypatch):
    monkeypatch.setattr(GATE, "closed", True)
    with pytest.raises(KeyboardInterrupt):
        write_whole(tmp_path / "note.txt", lambda path: path.write_text("late"))

    assert [*tmp_path.iterdir()] == []


def test_all_bytes_and_the_name_are_on_the_disk_when_the_rename_is_done(tmp_path, monkeypatch):
    synced, sync = [], os.fsync
    monkeypatch.setattr(os, "fsync", lambda handle: (synced.append(os.fstat(handle).st_ino), sync(handle)))
    writing = tmp_path / ".made.tmp"
    (writing / "inner").mkdir(parents=True)
    (writing / "inner" / "a.txt").write_text("a")
    (writing / "b.txt").write_text("b")

    replace_synced(writing, tmp_path / "made")

    made = tmp_path / "made"
    assert {path.stat().st_ino for path in [made, *made.rglob("*")]} == set(synced[:-1])
    assert len(synced) == 5
    assert synced[-1] == tmp_path.stat().st_ino
    assert (tmp_path / "made" / "inner" / "a.txt").read_text() == "a"


def test_a_checksum_shows_a_file_that_changed_and_proves_nothing_where_there_is_none(tmp_path):
    (tmp_path / "a.txt").write_text("a")
    (tmp_path / "b.txt").write_text("b")
    assert damaged(tmp_path, ["a.txt"]) is None
    write_checksums(tmp_path, ["a.txt"])
    assert damaged(tmp_path, ["a.txt", "b.txt"]) is None

    for name in ("a.txt", "b.txt"):
        (tmp_path / name).write_text("other")
    assert damaged(tmp_path, ["b.txt"]) is None
    assert damaged(tmp_path, ["b.txt", "a.txt"]) == damaged(tmp_path) == "a.txt"
    (tmp_path / "a.txt").unlink()
    (tmp_path / "a.txt").symlink_to("a.txt")
    assert damaged(tmp_path) == "a.txt"

    assert damaged(tmp_path, ["b.txt"], every=True) == "b.txt"

    (tmp_path / "a.txt").unlink()
    assert damaged(tmp_path, ["a.txt"]) == "a.txt"
    for text in ("{", json.dumps(["a"])):
        (tmp_path / CHECKSUMS).write_text(text)
        assert damaged(tmp_path, ["b.txt"]) == CHECKSUMS


def test_a_folder_is_locked_until_its_holder_is_done(tmp_path):
    with locked(tmp_path), pytest.raises(BlockingIOError), locked(tmp_path, wait=False):
        pass
    with pytest.raises(RuntimeError), locked(tmp_path):
        raise RuntimeError
    with locked(tmp_path, wait=False):
        pass


def test_a_process_that_is_killed_gives_its_lock_back(tmp_path):
    code = f"""
import os, pathlib, sys
from data.files import locked
with locked(pathlib.Path({str(tmp_path)!r})):
    print("held", flush=True)
    sys.stdin.read()
"""
    holder = subprocess.Popen(
        [sys.executable, "-P", "-c", code],
        env={**os.environ, "PYTHONPATH": str(HOUSE)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with holder:
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(BlockingIOError), locked(tmp_path, wait=False):
            pass
        holder.kill()
        with locked(tmp_path):
            pass


def test_a_folder_is_named_from_the_root_on_with_its_home(tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    monkeypatch.chdir(tmp_path)

    assert absolute("~/data") == absolute("data") == tmp_path.resolve() / "data"
    assert path_of("~/data") == tmp_path / "data"
    assert path_of("data") == Path("data")


@pytest.mark.skipif(os.name == "nt", reason="links take a right there")
def test_a_link_to_itself_and_nobody_s_home_are_folders_that_aren_t_there(tmp_path, monkeypatch):
    """Both are a RuntimeError of pathlib's, by which a command would end with a traceback."""
    monkeypatch.chdir(tmp_path)
    Path("loop").symlink_to("loop")
    for named in ("loop", "loop/data", "~nobody-has-this-name/data"):
        assert not path_of(named).is_dir()
        assert not absolute(named).is_dir()
        assert absolute(named).is_absolute()


@pytest.mark.skipif(os.name == "nt", reason="names are UTF-16 there")
def test_a_working_folder_that_is_not_utf_8_is_told_before_a_run_names_it(tmp_path, monkeypatch):
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    monkeypatch.chdir(folder)

    with pytest.raises(UserError, match=r"caf.udce9/data' is not UTF-8: rename the file or folder"):
        absolute("data")

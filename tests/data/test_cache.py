"""The user's cache: what is read is what was kept, and a cache that can't be used is done without."""

import errno
import multiprocessing
import os
from pathlib import Path

import pytest

from data.cache import DiskCache, user_cache

NAME = "kernel/sum"
CONTENT = bytes(range(256)) * 8


@pytest.fixture
def cache(tmp_path):
    return DiskCache(tmp_path / "cache")


def flipped(content):
    return bytes(byte ^ (0xFF if place % 20 == 0 else 0) for place, byte in enumerate(content))


def test_what_is_kept_is_read(cache):
    assert cache.read(NAME) is None
    cache.keep(NAME, CONTENT)
    cache.keep("empty", b"")

    assert (cache.read(NAME), cache.read("empty")) == (CONTENT, b"")
    assert DiskCache(cache.folder).read(NAME) == CONTENT
    assert not cache.warned


@pytest.mark.parametrize(
    "damage",
    {
        "empty": lambda content: b"",
        "cut": lambda content: content[: len(content) // 2],
        "cut in its checksum": lambda content: content[:20],
        "longer": lambda content: content + b"\0",
        "flipped": flipped,
        "garbage": lambda content: b"garbage" * 100,
    }.values(),
)
def test_what_is_damaged_is_not_there_and_is_kept_again(cache, damage):
    cache.keep(NAME, CONTENT)
    file = cache.folder / NAME
    file.write_bytes(damage(file.read_bytes()))
    assert cache.read(NAME) is None

    cache.keep(NAME, CONTENT)
    assert cache.read(NAME) == CONTENT


def test_what_was_kept_under_another_name_is_not_read(cache):
    cache.keep("other", CONTENT)
    (cache.folder / "other").rename(cache.folder / "this")

    assert cache.read("this") is None


def a_file(folder):
    folder.write_text("mine")


def below_a_file(folder):
    folder.parent.joinpath("file").write_text("mine")
    return folder.parent / "file" / "cache"


def full(folder, monkeypatch):
    def write(_path, _content):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(Path, "write_bytes", write)


def forbidden(folder, monkeypatch):
    def refuse(path, *_given, **_named):
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))

    for name in ("read_bytes", "write_bytes", "mkdir"):
        monkeypatch.setattr(Path, name, refuse)


def a_folder_in_the_way(folder):
    (folder / NAME).mkdir(parents=True)


@pytest.mark.parametrize("unusable", [a_file, below_a_file, full, forbidden, a_folder_in_the_way])
def test_one_that_cannot_be_used_is_done_without_and_told_of_once(cache, unusable, monkeypatch, capsys):
    wanted = (cache.folder, monkeypatch)[: unusable.__code__.co_argcount]
    cache.folder = unusable(*wanted) or cache.folder
    for _ in range(3):
        assert cache.read(NAME) is None
        cache.keep(NAME, CONTENT)

    shown = capsys.readouterr()
    assert shown.out == ""
    (line,) = shown.err.splitlines()
    assert line.startswith(f"backtest: {cache.folder}: can't be used as a cache: ")
    assert [*cache.folder.parent.rglob("*.tmp")] == []


def test_a_worker_process_does_not_tell_what_its_command_tells(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(multiprocessing, "parent_process", lambda: "the command")
    (tmp_path / "cache").write_text("mine")
    DiskCache(tmp_path / "cache").keep(NAME, CONTENT)

    assert capsys.readouterr().err == ""


def test_without_a_home_nothing_is_written_below_a_folder_named_tilde(tmp_path, monkeypatch, capsys):
    def homeless(_name):
        raise RuntimeError("could not determine the home directory")

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("platformdirs.user_cache_dir", homeless)
    user_cache.cache_clear()
    try:
        user_cache().keep(NAME, CONTENT)
        assert user_cache().read(NAME) is None
    finally:
        user_cache.cache_clear()

    assert [*tmp_path.iterdir()] == []
    assert "there is no home folder" in capsys.readouterr().err


def test_two_that_keep_at_once_leave_one_whole_file(cache):
    first, second = DiskCache(cache.folder), DiskCache(cache.folder)
    first.keep(NAME, CONTENT)
    second.keep(NAME, CONTENT)

    assert [path.name for path in (cache.folder / NAME).parent.iterdir()] == ["sum"]
    assert first.read(NAME) == second.read(NAME) == CONTENT


def test_a_process_has_one(monkeypatch, tmp_path):
    monkeypatch.setattr("platformdirs.user_cache_dir", lambda name: str(tmp_path / name))
    user_cache.cache_clear()
    try:
        assert user_cache() is user_cache()
        assert user_cache().folder == tmp_path / "hedge-backtest"
    finally:
        user_cache.cache_clear()


def test_a_run_that_reads_more_than_are_kept_keeps_what_it_reads_first(tmp_path):
    kept = DiskCache(tmp_path / "cache")
    for _ in range(2):
        for k in range(5):
            if kept.read(f"few/{k}") is None:
                kept.keep_few(f"few/{k}", b"content", 3, settled=3600.0)
        assert [kept.read(f"few/{k}") is not None for k in range(5)] == [True, True, True, False, False]
    for path in (tmp_path / "cache" / "few").iterdir():  # an hour later others may take their place
        os.utime(path, (1.0, 1.0))
    kept.keep_few("few/4", b"content", 3, settled=3600.0)
    assert kept.read("few/4") is not None


def test_older_folders_of_a_kind_are_dropped(tmp_path):
    kept = DiskCache(tmp_path / "cache")
    for k in range(5):
        kept.keep(f"files-{k}/a", b"content")
        os.utime(tmp_path / "cache" / f"files-{k}", (1_000.0 + k, 1_000.0 + k))
    kept.keep("other/a", b"content")
    kept.drop_older("files", 2)
    assert sorted(path.name for path in (tmp_path / "cache").iterdir()) == ["files-3", "files-4", "other"]

"""Options that take numbers: each has a lowest and a highest, and the refusal names both; files need a folder."""

import re

import pytest
import typer.main
from command import command

from backtest.cli import app


def options(found, path=()):
    """Yield every command's numbers with the words that call it."""
    for name, inner in getattr(found, "commands", {}).items():
        yield from options(inner, (*path, name))
    for option in found.params:
        if option.type_descriptor.annotation in (int, float):
            yield (*path, option.opts[0]), option


NUMBERS = dict(options(typer.main.get_command(app)))
CHECKED = {("signal", "--equity"), ("data", "fund", "--leverage"), ("data", "fund", "--fee"), ("stress", "--fall")}


def test_the_walk_finds_the_numbers():
    assert {("sweep", "--workers"), ("sweep", "--top"), ("query", "--rows"), ("data", "import", "--lag")} <= set(
        NUMBERS
    )
    assert set(NUMBERS) >= CHECKED


@pytest.mark.parametrize("words", [words for words in NUMBERS if words not in CHECKED], ids=" ".join)
def test_an_option_of_whole_numbers_has_two_ends_which_its_refusal_names(words):
    for value in (-1, 10**10, 10**400):
        answer = command(*words[:-1], f"{words[-1]}={value}", *["x"] * (words[0] not in ("query", "runs", "sweeps")))

        assert (answer.status, answer.out) == (2, "")
        assert re.match(
            rf"backtest: Invalid value for '{words[-1]}': has to be a whole number from \d+ to \S+, not", answer.err
        )
        assert len(answer.err.splitlines()) == 1
        assert len(answer.err) < 300


@pytest.mark.parametrize("value", ["nan", "inf", "-1e400", "1e308"])
@pytest.mark.parametrize(
    "words",
    [
        ("signal", "hedge_soxs.yaml", "--equity"),
        ("data", "fund", "SOXS", "--data", "bars", "--leverage"),
        ("data", "fund", "SOXS", "--data", "bars", "--fee"),
        ("data", "fund", "SOXS", "--data", "bars", "--rate"),
    ],
    ids=" ".join,
)
def test_a_fraction_is_within_its_range(words, value, tmp_path, monkeypatch):
    (tmp_path / "bars" / "bars").mkdir(parents=True)
    monkeypatch.chdir(tmp_path)
    answer = command(*words[:-1], f"{words[-1]}={value}")

    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(f"backtest: {words[-1]} ")
    assert "has to be a number from" in answer.err


@pytest.mark.parametrize(
    "typed", [("run", "a"), ("sweep", "a"), ("search", "a"), ("walkforward", "a"), ("runs",), ("sweeps",)]
)
@pytest.mark.parametrize("out", ["http://x/y", "s3:bucket"])
def test_a_folder_that_begins_as_an_address_is_refused(typed, out, tmp_path, monkeypatch):
    """A relative one would be pyarrow's to fetch, and end in its traceback."""
    monkeypatch.chdir(tmp_path)
    answer = command(*typed, "--out", out)

    assert (answer.status, answer.out, len(answer.err.splitlines())) == (2, "", 1)
    assert "begins as an address does: give a folder, or its whole path" in answer.err
    assert not list(tmp_path.iterdir())


READ = {("data", "check", "--run"), ("data", "pull", "--config")}
"""Options of files that are read."""


def files(found, path=()):
    """Yield every command's options of a file, with the words that call it."""
    for name, inner in getattr(found, "commands", {}).items():
        yield from files(inner, (*path, name))
    for option in found.params:
        if option.metavar == "FILE" and option.opts[0].startswith("--") and (*path, option.opts[0]) not in READ:
            yield (*path, option.opts[0])


FILES = sorted(files(typer.main.get_command(app)))
NEEDED = {"data": (), "compare": ("hedge_soxs.yaml",), "query": ("select 1",), "runs": ()}


def test_the_walk_finds_the_files():
    assert {("signal", "--csv"), ("run", "--xlsx"), ("compare", "--out"), ("data", "check", "--page")} <= set(FILES)


@pytest.mark.parametrize("typed", FILES, ids=" ".join)
def test_a_file_in_no_folder_is_refused_before_the_work(tmp_path, typed):
    target = tmp_path / "nowhere" / "x.csv"
    *words, option = typed
    names = ("SOXS",) if words == ["data", "fund"] else NEEDED.get(words[0], ("hedge_soxs.yaml",))
    answer = command(*words, *names, option, str(target))
    said = f"{option} {target}: there is no folder {target.parent}: make it first, or choose another file"
    assert (answer.status, answer.out, answer.err) == (2, "", f"backtest: {said}\n")
    assert not target.parent.exists()

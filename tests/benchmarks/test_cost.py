import sys
from pathlib import Path

import pytest

from benchmarks.cost import OUT, cost_of, in_turn

HOLD = "import sys; held = bytearray(int(sys.argv[1])); held[::4096] = b'x' * len(held[::4096])"


def test_memory_is_the_command_s_own():
    """Not what this process held when it started the command."""
    small, large = (cost_of([sys.executable, "-c", HOLD, str(size)]).memory for size in (1, 200_000_000))

    assert 190e6 < large - small < 210e6
    assert small < 60e6


def test_each_time_has_an_empty_folder(tmp_path):
    write = "import pathlib, sys; folder = pathlib.Path(sys.argv[1]); assert not [*folder.iterdir()]; "
    write += "(folder / 'made').touch(); open(sys.argv[2], 'a').write(f'{folder}\\n')"

    costs = in_turn([[sys.executable, "-c", write, OUT, str(tmp_path / "log")]], 2)

    assert [len(column) for column in costs] == [2]
    folders = (tmp_path / "log").read_text().split()
    assert len(set(folders)) == 3  # with the one that warms up
    assert not any(Path(folder).exists() for folder in folders)


def test_commands_are_run_in_turn(tmp_path):
    log = "open(__import__('sys').argv[1], 'a').write(__import__('sys').argv[2])"

    in_turn([[sys.executable, "-c", log, str(tmp_path / "log"), name] for name in "ab"], 2)

    assert (tmp_path / "log").read_text() == "ababab"


def test_a_command_that_fails_is_shown_with_its_error():
    with pytest.raises(SystemExit, match=r"(?s)^.*python.*\nno such run$"):
        cost_of([sys.executable, "-c", "import sys; sys.exit('no such run')"])

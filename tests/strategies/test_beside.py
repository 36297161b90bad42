"""A run is known by what its strategy's file imports from beside it, and not by what else lies there."""

import pytest

from strategies.beside import files_of
from strategies.load import source_hash, strategy_class
from strategies.reload import texts

MINE = """
from dataclasses import dataclass
import json, numpy as np
from backtest import CloseStrategy
from besides.weights import weight

@dataclass
class Mine(CloseStrategy):
    def on_close(self, view, book):
        import late
        return weight()
"""
FILES = {
    "mine.py": MINE,
    "late.py": "import deeper",
    "deeper.py": "",
    "besides/__init__.py": "",
    "besides/weights.py": "from . import most\nfrom .least import LEAST\n\ndef weight():\n    return 0.1\n",
    "besides/most.py": "def later():\n    import mine\n",
    "besides/least.py": "LEAST = 0.0",
    "besides/other.py": "",
    "backtest.py": "",
    "unread.py": "",
}
READ = ["deeper.py", "besides/__init__.py", "besides/least.py", "besides/most.py", "besides/weights.py", "late.py"]


@pytest.fixture
def folder(tmp_path):
    for name, text in FILES.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    return tmp_path


def test_imports_are_followed_wherever_they_stand(folder):
    found = [path.relative_to(folder).as_posix() for path in files_of(folder / "mine.py")]
    assert found == sorted([*READ, "mine.py"])


def test_a_file_of_a_package_finds_its_own(folder):
    assert folder / "besides" / "least.py" in files_of(folder / "besides" / "weights.py")


@pytest.mark.parametrize("name", READ)
def test_another_text_beside_is_another_strategy(folder, name):
    cls = strategy_class("mine.py:Mine", (folder,))
    before = source_hash(cls)
    (folder / "unread.py").write_text("ANOTHER = 1")
    assert source_hash(cls) == before
    (folder / name).write_text(FILES[name] + "\nANOTHER = 1\n")
    texts().take({})  # as loading a config does
    assert source_hash(cls) != before


def test_a_file_beside_that_is_no_python_is_known_by_its_bytes(folder):
    (folder / "late.py").write_text("import (")
    assert folder / "late.py" in files_of(folder / "mine.py")

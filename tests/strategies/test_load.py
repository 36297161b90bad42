"""Finding a strategy by its name: shipped, in a file of one's own, or in a module; every miss is one line."""

import hashlib
import inspect
import sys
from pathlib import Path
from types import ModuleType

import backtrader as bt
import numpy as np
import pytest
from markets import make_bars, make_market, nyse
from ruamel.yaml import YAML

from data.errors import StrategyError
from strategies import CloseStrategy, Strategy
from strategies.load import (
    RUNS,
    SHIPPED,
    fault_in,
    files_of,
    fresh,
    full_name,
    kind,
    raised_in,
    source_hash,
    strategy_class,
)
from strategies.parameters import make
from strategies.reload import texts

MINE = """\
from dataclasses import dataclass

from strategies import Strategy, parameter


@dataclass(frozen=True)
class MyHedge(Strategy):
    level: float = parameter(1.0, at_least=0, at_most=1)

    def intensity(self, market):
        return market.close() * 0 + self.level
"""


@pytest.fixture(autouse=True)
def _same_imports(monkeypatch):
    """A test's files leave nothing behind in the import path or among the modules."""
    before = set(sys.modules)
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    for name in set(sys.modules) - before:
        if name.startswith(("_strategy_", "mine_")):
            del sys.modules[name]


def written(folder, text=MINE, name="my_hedge.py"):
    """Write a file, and forget what was read of it, as when a config is loaded."""
    texts().take({})
    folder.mkdir(exist_ok=True)
    path = folder / name
    path.write_text(text)
    return path


def refusal(named, *folders):
    with pytest.raises(StrategyError) as caught:
        strategy_class(named, folders)
    said = str(caught.value)
    assert len(said.splitlines()) == 1
    return said


# Shipped

TUNED = {RUNS / "hedge_soxs_and_tlt.yaml"}
"""Runs that show a kind of hedge, on the default strategy."""


@pytest.mark.parametrize("name", [name for name in SHIPPED if name != "CompositeHedge"])
def test_a_shipped_class_is_found_by_its_name_and_made_without_parameters(name):
    cls = strategy_class(name)
    assert (cls.__name__, kind(cls)) == (name, "intensity")
    assert isinstance(make(cls, {}), Strategy)


@pytest.mark.parametrize("path", sorted(set(RUNS.glob("hedge_soxs*.yaml")) - TUNED), ids=lambda path: path.name)
def test_a_shipped_run_names_a_shipped_class_with_all_its_parameters_at_their_defaults(path):
    section = YAML(typ="safe").load(path.read_text())["strategy"]
    cls = strategy_class(section["class"])
    if section["class"] == "CompositeHedge":  # it has no signals by default
        assert make(cls, section["params"]).rules()
        return
    assert make(cls, section["params"]) == cls()
    assert set(section["params"]) == set(vars(cls()))


def test_every_shipped_class_has_a_run():
    runs = set(RUNS.glob("*.yaml")) - TUNED
    named = {YAML(typ="safe").load(path.read_text()).get("strategy", {}).get("class") for path in runs} - {None}
    assert named == set(SHIPPED)


def test_an_unknown_name_is_answered_with_the_near_one():
    own = "a class of your own is file.py:Class or module:Class"
    assert refusal("WeeknessHedge") == f"there is no strategy WeeknessHedge, did you mean WeaknessHedge?; {own}"
    assert refusal("Momentum") == (f"there is no strategy Momentum: {', '.join(SHIPPED)} ship; {own}")


# A file of one's own


def test_a_file_s_class_is_found_and_runs(tmp_path):
    written(tmp_path)
    cls = strategy_class("my_hedge.py:MyHedge", (tmp_path,))
    dates = nyse("2024-01-02", 4)
    market = make_market(make_bars("CORE", dates, np.ones(4)), make_bars("FUND", dates, np.ones(4)))
    np.testing.assert_array_equal(make(cls, {"level": 0.5}).intensity(market), np.full(4, 0.5))


def test_a_full_path_needs_no_folder(tmp_path):
    path = written(tmp_path)
    assert strategy_class(f"{path}:MyHedge").__name__ == "MyHedge"


def test_without_a_folder_it_is_looked_for_where_one_stands(tmp_path, monkeypatch):
    written(tmp_path)
    monkeypatch.chdir(tmp_path)
    assert strategy_class("my_hedge.py:MyHedge").__name__ == "MyHedge"


def test_the_first_folder_that_has_the_file_counts(tmp_path):
    written(tmp_path / "second", MINE.replace("1.0, at_least", "0.2, at_least"))
    folders = (tmp_path / "first", tmp_path / "second")
    assert strategy_class("my_hedge.py:MyHedge", folders)().level == 0.2
    written(tmp_path / "first")
    assert strategy_class("my_hedge.py:MyHedge", folders)().level == 1.0


def test_a_file_that_has_changed_is_read_again_and_an_unchanged_one_is_not(tmp_path):
    written(tmp_path)
    first = strategy_class("my_hedge.py:MyHedge", (tmp_path,))
    assert strategy_class("my_hedge.py:MyHedge", (tmp_path,)) is first
    written(tmp_path, MINE.replace("1.0, at_least", "0.3, at_least"))
    assert strategy_class("my_hedge.py:MyHedge", (tmp_path,))().level == 0.3


def test_a_file_may_import_its_neighbour(tmp_path):
    written(tmp_path, "LEVEL = 0.7\n", "mine_level.py")
    written(tmp_path, MINE.replace("1.0,", "LEVEL,").replace("from strat", "from mine_level import LEVEL\nfrom strat"))
    assert strategy_class("my_hedge.py:MyHedge", (tmp_path,))().level == 0.7


def test_a_neighbour_does_not_hide_what_is_installed_nor_a_room(tmp_path, monkeypatch):
    written(tmp_path / "installed", "LEVEL = 0.7\n", "mine_level.py")
    monkeypatch.syspath_prepend(tmp_path / "installed")
    folder = tmp_path / "own"
    written(folder, "LEVEL = 0.1\n", "mine_level.py")
    written(folder, "raise RuntimeError('this is not our room')\n", "strategies.py")
    written(folder, MINE.replace("1.0,", "LEVEL,").replace("from strat", "from mine_level import LEVEL\nfrom strat"))
    assert strategy_class("my_hedge.py:MyHedge", (folder,))().level == 0.7


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = 1\ny = 1 / 0\n", "2: ZeroDivisionError: division by zero"),
        ("def f():\n    return later\n\nf()\n", "2: NameError: name 'later' is not defined"),
        ("raise SystemExit(3)\n", "1: SystemExit: 3"),
        ("import nothing_of_that_name\n", "1: ModuleNotFoundError: No module named 'nothing_of_that_name'"),
        ("x = 1\ny = (\n", "2: SyntaxError: '(' was never closed"),
        ("raise ValueError('two\\nlines')\n", "1: ValueError: two lines"),
    ],
    ids=["division", "name", "exit", "import", "syntax", "two lines"],
)
def test_a_file_that_fails_is_told_with_its_line(tmp_path, text, said):
    written(tmp_path, text)
    assert refusal("my_hedge.py:MyHedge", tmp_path) == f"my_hedge.py:{said}"


def test_a_file_that_failed_and_was_mended_is_read_again(tmp_path):
    written(tmp_path, "1 / 0\n")
    for _ in range(2):
        assert "ZeroDivisionError" in refusal("my_hedge.py:MyHedge", tmp_path)
    written(tmp_path)
    assert strategy_class("my_hedge.py:MyHedge", (tmp_path,)).__name__ == "MyHedge"


def test_a_file_that_is_not_there_is_told_where_it_was_looked_for_first(tmp_path):
    folders = (tmp_path / "first", tmp_path)
    assert refusal("my_hedge.py:MyHedge", *folders) == (
        f"{tmp_path / 'first' / 'my_hedge.py'}: no such file: strategy.class names it"
    )


def test_a_mistyped_file_is_answered_with_the_near_one(tmp_path):
    written(tmp_path)
    assert refusal("my_hegde.py:MyHedge", tmp_path) == (
        f"{tmp_path / 'my_hegde.py'}: no such file, did you mean my_hedge.py?: strategy.class names it"
    )


def test_a_file_is_compiled_as_python_would(tmp_path):
    written(tmp_path)
    assert strategy_class("my_hedge.py:MyHedge", (tmp_path,)).__annotations__ == {"level": float}


def test_a_full_name_is_found_from_anywhere(tmp_path, monkeypatch):
    path = written(tmp_path / "mine")
    named = full_name("my_hedge.py:MyHedge", (tmp_path / "mine",))
    assert named == f"{path.resolve()}:MyHedge"
    monkeypatch.chdir(tmp_path)
    assert strategy_class(named).__name__ == "MyHedge"
    for other in ("WeaknessHedge", "package.module:MyHedge"):
        assert full_name(other, (tmp_path,)) == other


def test_a_class_that_is_not_in_the_file_is_answered_with_the_near_one(tmp_path):
    written(tmp_path)
    assert refusal("my_hedge.py:MyHegde", tmp_path) == "my_hedge.py has no class MyHegde, did you mean MyHedge?"
    assert refusal("my_hedge.py:parameter", tmp_path).startswith("my_hedge.py has no class parameter")


def test_a_class_that_is_no_strategy_is_refused(tmp_path):
    written(tmp_path, "class MyHedge:\n    pass\n")
    assert refusal("my_hedge.py:MyHedge", tmp_path) == (
        "MyHedge is no strategy: derive it from Strategy, CloseStrategy or backtrader.Strategy"
    )


# A module


def test_a_module_s_class_is_found(tmp_path, monkeypatch):
    written(tmp_path, name="mine_module.py")
    monkeypatch.syspath_prepend(tmp_path)
    assert strategy_class("mine_module:MyHedge").__module__ == "mine_module"
    assert strategy_class("strategies.weakness:WeaknessHedge") is strategy_class("WeaknessHedge")


def test_a_module_that_is_not_there_or_fails_is_told(tmp_path, monkeypatch):
    assert refusal("mine_absent:MyHedge") == (
        "module mine_absent can't be imported: No module named 'mine_absent': "
        "give an installed module, or file.py:Class"
    )
    written(tmp_path, "1 / 0\n", "mine_broken.py")
    monkeypatch.syspath_prepend(tmp_path)
    assert refusal("mine_broken:MyHedge") == "module mine_broken fails: ZeroDivisionError: division by zero"
    assert refusal(":MyHedge").startswith("module  fails: ")


# Kinds and hashes


class Asked(CloseStrategy):
    pass


class Guest(bt.Strategy):
    pass


@pytest.mark.parametrize(("cls", "found"), [(Asked, "on_close"), (Guest, "backtrader")])
def test_a_class_s_kind_is_told_by_what_it_derives_from(cls, found):
    assert kind(cls) == found


@pytest.mark.parametrize("cls", [object, bt.Indicator, Path])
def test_any_other_class_has_no_kind(cls):
    with pytest.raises(StrategyError, match=f"^{cls.__name__} is no strategy"):
        kind(cls)


def test_the_hash_of_a_class_is_its_file_s(tmp_path):
    path = written(tmp_path)
    named = full_name("my_hedge.py:MyHedge", (tmp_path,))
    before = source_hash(named)
    assert before == hashlib.sha256(path.read_bytes()).hexdigest()
    written(tmp_path, MINE + "# another thought\n")
    texts().take({})  # as loading a config does
    assert source_hash(named) != before


def test_a_class_from_beside_is_known_by_the_file_that_names_it_too(tmp_path):
    written(tmp_path)
    named = f"{tmp_path / 'mine.py'}:MyHedge"
    hashes = []
    for text in ("from my_hedge import MyHedge\n", "from my_hedge import MyHedge\nMyHedge.level = 3\n"):
        (tmp_path / "mine.py").write_text(text)
        texts().take({})  # as loading a config does
        hashes.append(source_hash(named))
    written(tmp_path, MINE + "# another thought\n")
    texts().take({})
    assert len({*hashes, source_hash(named)}) == 3


def test_a_class_without_a_file_is_refused(monkeypatch):
    module = ModuleType("typed")
    module.Typed = type("Typed", (Strategy,), {"__module__": "typed"})
    monkeypatch.setitem(sys.modules, "typed", module)
    with pytest.raises(StrategyError, match=r"^strategy\.class typed:Typed has no file by which a run is known"):
        source_hash("typed:Typed")


def test_a_fault_names_the_innermost_line_of_the_file_that_is_asked_about():
    def inner():
        raise KeyError("gone")

    def outer():
        inner()

    with pytest.raises(KeyError) as caught:
        outer()
    line = inspect.getsourcelines(inner)[1] + 1
    assert fault_in(caught.value, __file__) == f"test_load.py:{line}: KeyError: 'gone'"
    assert fault_in(caught.value, "another.py") == "another.py: KeyError: 'gone'"
    assert fault_in(caught.value, None) == "KeyError: 'gone'"
    assert (raised_in(caught.value, __file__), raised_in(caught.value, "another.py")) == (True, False)


# What a file imports from beside it: a run is known by that too, and not by what else lies there

IMPORTING = """
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
    "mine.py": IMPORTING,
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
    named = full_name("mine.py:Mine", (folder,))
    before = source_hash(named)
    (folder / "unread.py").write_text("ANOTHER = 1")
    assert source_hash(named) == before
    (folder / name).write_text(FILES[name] + "\nANOTHER = 1\n")
    texts().take({})  # as loading a config does
    assert source_hash(named) != before


def test_a_file_beside_that_is_no_python_is_known_by_its_bytes(folder):
    (folder / "late.py").write_text("import (")
    assert folder / "late.py" in files_of(folder / "mine.py")


SHARING = """
from dataclasses import dataclass
import numpy as np
from strategies.base import Strategy
from strategies.signals.catalogue import shared
from helpers_of_mine import gap

@dataclass(frozen=True)
class Sharing(Strategy):
    def intensity(self, market):
        return np.nan_to_num(shared(market, gap))
"""
HELPERS = """
from strategies.signals.feeds import Level
from strategies.signals.windows import moving_average
DAYS = {days}

def gap(level: Level):
    return (level < moving_average(level, DAYS)).astype(float)
"""


def two_folders(tmp_path):
    """Write two strategies of one text, each with helpers of one text but for a constant; return the classes' names."""
    for folder, days in (("a", 2), ("b", 5)):
        written(tmp_path / folder, SHARING, "sharing.py")
        written(tmp_path / folder, HELPERS.format(days=days), "helpers_of_mine.py")
    return [f"{tmp_path / folder / 'sharing.py'}:Sharing" for folder in ("a", "b")]


def falling_and_rising():
    dates = nyse("2024-01-02", 12)
    close = np.array([9.0, 8, 7, 6, 7, 8, 9, 8, 7, 8, 9, 10])
    return make_market(make_bars("CORE", dates, close), make_bars("FUND", dates, np.ones(12)))


def asked_in(named, market):
    with fresh(named) as cls:
        return cls().intensity(market)


def test_functions_of_one_text_from_two_files_share_nothing(tmp_path):
    first, second = two_folders(tmp_path)
    market = falling_and_rising()
    alone = [asked_in(named, falling_and_rising()) for named in (first, second)]

    assert not np.array_equal(*alone)
    for named, expected in zip((first, second, first), (*alone, alone[0]), strict=True):
        np.testing.assert_array_equal(asked_in(named, market), expected)


def test_a_strategy_asked_within_another_has_its_own_helpers(tmp_path):
    first, second = two_folders(tmp_path)
    alone = [asked_in(named, falling_and_rising()) for named in (first, second)]
    for outer, inner, expected in ((first, second, alone[1]), (second, first, alone[0]), (first, first, alone[0])):
        with fresh(outer) as cls:
            np.testing.assert_array_equal(asked_in(inner, falling_and_rising()), expected)
            own = cls().intensity(falling_and_rising())
        np.testing.assert_array_equal(own, alone[0] if outer == first else alone[1])

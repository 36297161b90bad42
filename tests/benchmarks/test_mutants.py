"""What mutation testing changes and reports: its parts, and that all it is told of exists."""

import re

import pytest
from cosmic_ray.plugins import operator_names
from cosmic_ray.work_item import MutationSpec

from benchmarks import mutants

SOURCE = """
def f(x: float | None, *, y: int = 2) -> tuple[int, int]:
    z: list[int] = [x + 1]
    return z, y
"""


def test_every_module_and_test_it_is_told_of_exists():
    told = mutants.EXPLAINED.read_text("utf-8")
    for module in mutants.CONFIG["modules"]:
        assert (mutants.ROOT / module).is_file()
        assert f"| `{module}` |" in told
        for test in mutants.tests_of(module):
            assert (mutants.ROOT / test).is_file(), test


def test_every_line_that_is_explained_still_stands_in_its_module():
    for part in mutants.EXPLAINED.read_text("utf-8").split("### ")[1:]:
        module, _, explained = part.partition("\n")
        source = " ".join((mutants.ROOT / module).read_text("utf-8").split())
        lines = re.findall(r"^  - `(.*?)` -> `", explained, re.MULTILINE)

        assert lines
        assert not [line for line in lines if " ".join(line.split()) not in source], module


@pytest.mark.parametrize("pattern", mutants.CONFIG["operators"])
def test_every_operator_it_is_told_of_exists(pattern):
    assert [name for name in operator_names() if re.fullmatch(f"core/(?:{pattern})", name)]


def test_annotations_are_never_run_and_so_never_mutated():
    hidden = list(mutants.annotations(SOURCE))
    wanted = re.compile("core/NumberReplacer$")

    def testable(line, column, operator="core/NumberReplacer"):
        mutation = MutationSpec("m.py", operator, 0, (line, column), (line, column + 1))
        return mutants.is_testable(mutation, wanted, hidden)

    lines = SOURCE.splitlines()
    notes = {lines[first[0] - 1][first[1] : last[1]] for first, last in hidden}
    assert notes == {"tuple[int, int]", "float | None", "int", "list[int]"}
    assert testable(2, lines[1].index("2"))
    assert not testable(2, lines[1].index("|"))
    assert not testable(2, lines[1].index("2"), "core/AddNot")


def test_a_mutant_is_told_on_one_line():
    head = "--- mutation diff ---\n--- a/m.py\n+++ b/m.py\n@@ -1,3 +1,3 @@\n"
    diff = head + " a = 1\n-    if a < 1:\n+    if a <= 1:\n b = 2"

    assert mutants.changed(diff) == "`if a < 1:` -> `if a <= 1:`"

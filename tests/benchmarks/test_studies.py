"""The studies: tables of Markdown, dated and hashed, and in step with what ships elsewhere in docs/."""

import re
import shlex
from pathlib import Path

import pytest
from command import command

from benchmarks.results_page import table
from benchmarks.studies import DOCS, STUDIES

PAGES = {name: (DOCS / f"{name}.md").read_text(encoding="utf-8") for name in STUDIES}
RESULTS = Path(DOCS / "results.md").read_text(encoding="utf-8")


def test_a_table_has_a_head_a_line_and_its_rows():
    assert table(("a", "b"), [("1", "-2")]) == "| a | b |\n|-|-|\n| 1 | -2 |"


@pytest.mark.parametrize("name", STUDIES)
def test_each_page_says_when_and_of_what_it_was_made_and_by_which_command(name):
    page = PAGES[name]
    assert re.search(
        r"Made on \d{4}-\d\d-\d\d by `make studies DATA=DIR`; .*; data [0-9a-f]{16}\.", page.replace("\n", " ")
    )
    (block,) = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    for line in block.splitlines():
        words = shlex.split(line.partition(" #")[0])
        if words[0] == "backtest":
            shown = command(words[1], "--help").out
            assert all(word in shown for word in words if word.startswith("--"))


def test_the_signals_are_those_of_all_shipped_runs_to_the_digit():
    for name, grew, share, gap in re.findall(
        r"\| `(\w+)` \| (\S+ %) \| (\d+ %) \| ([+-]?[\d.]+) \|", PAGES["study_signals"]
    ):
        shipped = re.search(rf"\| `{name}` \| (\S+ %) \| (\d+ %) \| \S+ % \| ([+-]?[\d.]+) \|", RESULTS)
        assert shipped is not None
        assert shipped.groups() == (grew, share, gap)


def test_the_faq_has_the_growth_of_each_rebalancing_that_the_study_has():
    faq = " ".join((DOCS / "faq.md").read_text(encoding="utf-8").split())
    asked = re.search(r"\*\*Which rebalancing\?\*\* (.*?) Weekly is the default", faq)
    assert asked is not None
    studied = dict(re.findall(r"^\| (\S[^|]*?) \| ([\d.]+) % \|", PAGES["study_rebalancing"], re.MULTILINE))
    quoted = {name: figure for figure, name in re.findall(r"([\d.]+) % (never|monthly|weekly|daily)", asked[1])}
    assert quoted == {name: studied[name] for name in ("never", "monthly", "weekly", "daily")}
    assert "bands of 2 to 10 % lay between monthly and daily" in asked[1]
    bands = [float(figure) for name, figure in studied.items() if name.startswith("in a band")]
    assert len(bands) == 3
    assert float(studied["monthly"]) < min(bands) <= max(bands) < float(studied["daily"])

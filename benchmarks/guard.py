"""Compare what commands cost in the working tree with what they cost in another commit, in turn.

    make guard BASE=main                                  # every command of the guard
    make guard BASE=main ARGS="--only sweep --rounds 9"   # those whose name holds it, more often
    make guard BASE=main ARGS="--worse 1.1"               # status 1 where a ratio is above 1.1

Both trees are copied, so that the working tree may be edited meanwhile, and run by this interpreter. A command's
rounds are taken in turn, base and ours, after one that warms up; a ratio is the median over rounds of ours by the
base's beside it. Without ``--worse`` nothing is judged: where a machine does other things too, seconds of the clock
tell little, and processor seconds more.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.commands import DEMO, Row, median, rows
from benchmarks.cost import Cost, in_turn
from benchmarks.pins import commit_of, copy_commit, copy_working_tree

HEAD = f"{'':34}{'seconds':^26}{'processor, s':^26}{'peak, MB':^26}"
LEFT_OUT = ("BACKTEST_DATA", "PYTHONPATH", "PYTHONDONTWRITEBYTECODE")


class Compared(NamedTuple):
    """One command in both trees: medians, and the median of each figure's ratios."""

    name: str
    base: Cost
    ours: Cost
    ratio: Cost


def compared(name: str, base: Sequence[Cost], ours: Sequence[Cost]) -> Compared:
    """Return what the rounds of a command came to."""
    ratios = [[a / b for a, b in zip(mine, theirs, strict=True)] for mine, theirs in zip(ours, base, strict=True)]
    ratio = Cost(*(statistics.median(column) for column in zip(*ratios, strict=True)))
    return Compared(name, median(base), median(ours), ratio)


def line(found: Compared) -> str:
    """Return a line: each figure of the base, of ours, and their ratio."""
    told = f"{found.name.replace('`', ''):34}"
    for before, now, ratio, scale, places in zip(*found[1:], (1.0, 1.0, 1e-6), (2, 2, 0), strict=True):
        told += f"{before * scale:>8,.{places}f} {now * scale:>8,.{places}f} {ratio:>7.2f} "
    return told.rstrip()


def worse(found: Sequence[Compared], bound: float) -> list[str]:
    """Return what is above a bound, a line each."""
    words = ("seconds", "processor seconds", "peak memory")
    return [
        f"{one.name.replace('`', '')}: {ratio:.2f} times the {word} of the base, more than {bound:g}"
        for one in found
        for word, ratio in zip(words, one.ratio, strict=True)
        if ratio > bound
    ]


def measure(row: Row, trees: Sequence[Path], rounds: int) -> Compared:
    """Run a command in the base's tree and in ours, in turn."""
    kept = {key: value for key, value in os.environ.items() if key not in LEFT_OUT}
    started = [{"env": {**kept, "PYTHONPATH": str(tree)}, "cwd": tree.parent} for tree in trees]
    return compared(row.name, *in_turn(2 * [row.command], rounds, started))


def in_both(base: str, data: str, only: str = "", rounds: int = 5) -> Iterator[Compared]:
    """Yield each guarded command whose name holds a text, as it is measured in a commit and in the working tree."""
    with tempfile.TemporaryDirectory() as folder:
        trees = [Path(folder) / side / "tree" for side in ("base", "ours")]
        copy_commit(commit_of(base), trees[0])
        copy_working_tree(trees[1])
        for row in rows(Path(folder), data):
            if row.guarded and only in row.name:
                yield measure(row, trees, rounds)


def main() -> int:
    """Compare and print; 1 where something is worse than was asked for."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("base", help="the commit to compare with")
    asked.add_argument("--data", metavar="DIR", default=os.environ.get("BACKTEST_TEST_MARKET"), help="real history")
    asked.add_argument("--only", metavar="TEXT", default="", help="commands whose name holds it")
    asked.add_argument("--rounds", type=int, default=5, help="of each command")
    asked.add_argument("--worse", type=float, metavar="RATIO", help="status 1 where a ratio is above it")
    given = asked.parse_args()
    data, found = str(Path(given.data).resolve()) if given.data else DEMO, []
    print(f"{'':26}{commit_of(given.base)[:10]}, working tree, ratio; medians of {given.rounds} rounds in turn\n{HEAD}")
    for each in in_both(given.base, data, given.only, given.rounds):
        found.append(each)
        print(line(each), flush=True)
    failed = worse(found, given.worse) if given.worse else []
    print(*failed, sep="\n", end="\n" if failed else "")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

"""What a command costs: seconds, seconds of processors, and peak memory, of whole processes run in turn.

    python benchmarks/cost.py backtest --help            # one command, as JSON

A command is started by this file in an interpreter of its own that has imported next to nothing: Linux counts what
the parent held when it forked as the child's memory, and a parent with numpy in it would be most of a small command's.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from typing import Any, NamedTuple

OUT = "{out}"
"""Stands in a command for an empty folder: what was made once is not made again."""


class Cost(NamedTuple):
    """What a command cost, with all processes that it waited for.

    Parameters
    ----------
    seconds, user
        Of the clock, and of processors in its own code.
    memory
        Bytes, of the largest of its processes.
    """

    seconds: float
    user: float
    memory: float


def cost_of(command: list[str], **started: Any) -> Cost:
    """Run a command, and return what it cost; raises SystemExit with its error where it fails.

    Parameters
    ----------
    command
        Its words; `OUT` in any stands for an empty folder.
    started
        How it is started, as `subprocess.run` takes it: ``env`` and ``cwd``.
    """
    with tempfile.TemporaryDirectory() as out:
        words = [word.replace(OUT, out) for word in command]
        ran = subprocess.run(
            [sys.executable, "-I", "-S", __file__, *words], check=False, capture_output=True, text=True, **started
        )
    if ran.returncode:
        sys.exit(f"{' '.join(words)}\n{ran.stderr.strip() or ran.stdout.strip()}")
    return Cost(*json.loads(ran.stdout.splitlines()[-1]))


def in_turn(commands: list[list[str]], rounds: int, started: list[dict[str, Any]] | None = None) -> list[list[Cost]]:
    """Return each command's costs round by round: one after the other, after a round that warms up.

    Parameters
    ----------
    started
        How each is started, as `cost_of` takes it.
    """
    pairs = list(zip(commands, started or [{} for _ in commands], strict=True))
    took = [[cost_of(command, **how) for command, how in pairs] for _ in range(1 + rounds)][1:]
    return [list(column) for column in zip(*took, strict=True)]


def main() -> None:
    """Run the command that the arguments are; print its cost."""
    began = time.perf_counter()
    with open(os.devnull, "w") as nowhere:  # noqa: PTH123  # pathlib takes as long to import as all of this
        process = subprocess.Popen(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=nowhere)
        _, status, used = os.wait4(process.pid, 0)
    seconds = time.perf_counter() - began
    if status:
        sys.exit(os.waitstatus_to_exitcode(status) or 1)
    print(json.dumps([seconds, used.ru_utime, used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)]))


if __name__ == "__main__":
    main()

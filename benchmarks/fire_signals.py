"""Commands under SIGINT and SIGTERM: each ends with status 130, or had finished before.

``python -m benchmarks.fire_signals`` sends one signal a command after a random delay, and prints how each answered.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

INTERRUPTED = 130
PATIENCE = 120.0
"""Seconds that a command may take to end."""
DEMO = ("--set", "data.source=demo", "--start", "2019-01-01", "--end", "2021-12-31")
AXIS = ("--param", "trend_days=20:200:20")
COMMANDS: dict[str, tuple[str, ...]] = {
    "run": ("run", "hedge_soxs.yaml"),
    "sweep": ("sweep", "hedge_soxs.yaml", "--param", "trend_days=10:200:1"),
    "sweep in processes": ("sweep", "hedge_soxs.yaml", "--param", "trend_days=10:40:10", "--executor", "processes"),
    "walkforward": ("walkforward", "hedge_soxs.yaml", *AXIS, "--train", "1y", "--test", "1y"),
    "search": ("search", "hedge_soxs.yaml", "--param", "trend_days=20:200:1", "--trials", "60"),
    "compare": ("compare", "hedge_soxs.yaml", "buy_and_hold.yaml"),
    "signal": ("signal", "hedge_soxs.yaml"),
    "explain": ("explain", "hedge_soxs.yaml", "2020-03-16"),
    "lookahead": ("lookahead", "hedge_soxs.yaml"),
    "data check": ("data", "check", "--run", "hedge_soxs.yaml", "--page", "page.html"),
}
"""Long commands, each on three years of the simulated market."""


class Fired(NamedTuple):
    """How a command answered a signal.

    Parameters
    ----------
    status
        Its exit status, as `subprocess` tells it.
    elapsed
        Seconds from the signal to its end.
    errors
        Its error stream.
    left
        How many processes still work in its folder a moment later.
    """

    status: int
    elapsed: float
    errors: str
    left: int

    @property
    def held(self) -> bool:
        """Whether it ended as it should: interrupted or finished, without a traceback, its workers with it."""
        shown = any(word in self.errors for word in ("Traceback", "Exception ignored"))
        return self.status in (INTERRUPTED, 0) and not shown and not self.left


def fire(command: Sequence[str], number: signal.Signals, delay: float, folder: Path) -> Fired:
    """Start a command in a folder, signal it after a delay, and return how it answered.

    The delay begins when the command hears signals, which Python's own start takes some hundredths of a second to come
    to. SIGINT goes to the command and its workers, as Ctrl-C in a terminal does, SIGTERM to the command alone.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background: the command would inherit it
        signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-P", "-m", "backtest", *command],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).resolve().parents[1])},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    while process.poll() is None and not _hears(process.pid, signal.SIGTERM):
        time.sleep(0.002)
    time.sleep(delay)
    sent = time.perf_counter()
    with suppress(ProcessLookupError):
        (os.killpg if number == signal.SIGINT else os.kill)(process.pid, number)
    try:
        _, errors = process.communicate(timeout=PATIENCE)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        _, errors = process.communicate()
    elapsed = time.perf_counter() - sent
    return Fired(process.returncode, elapsed, errors, _working_in(folder))


def _hears(pid: int, number: signal.Signals) -> bool:
    """Return whether a process has a handler for a signal, or must be taken to, where there is no /proc."""
    try:
        status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    except OSError:
        return True
    caught = int(status.partition("SigCgt:")[2].split()[0], 16)
    return bool(caught >> (number - 1) & 1)


def _working_in(folder: Path) -> int:
    """Return how many processes work in a folder after a second at the latest, as far as /proc tells."""
    for _ in range(20):
        found = 0
        for cwd in Path("/proc").glob("[0-9]*/cwd"):
            with suppress(OSError):
                found += cwd.readlink() == folder
        if not found:
            return 0
        time.sleep(0.05)
    return found


def volley(command: Sequence[str], times: int, drawn: random.Random, scratch: Path) -> tuple[float, list[Fired]]:
    """Return how long a command takes undisturbed, and how it answered so many signals at random moments of that."""
    whole = fire(command, signal.SIGCONT, 0.0, scratch)  # it changes nothing
    if whole.status != 0:
        raise SystemExit(f"{' '.join(command)}: {whole.errors}")
    fired = []
    for _ in range(times):
        number = drawn.choice((signal.SIGINT, signal.SIGTERM))
        fired.append(fire(command, number, drawn.uniform(0.0, whole.elapsed), Path(tempfile.mkdtemp(dir=scratch))))
    return whole.elapsed, fired


def main() -> None:
    """Fire at each command and print what came back."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only", choices=COMMANDS, action="append")
    given = parser.parse_args()
    drawn = random.Random(given.seed)  # noqa: S311  # delays are no secret
    tried = failed = 0
    for name in given.only or COMMANDS:
        with tempfile.TemporaryDirectory() as scratch:
            command = (*COMMANDS[name], *DEMO)
            lasts, fired = volley(command, given.times, drawn, Path(scratch).resolve())
        statuses = dict(Counter(shot.status for shot in fired))
        held, slowest = sum(shot.held for shot in fired), max(shot.elapsed for shot in fired)
        tried, failed = tried + given.times, failed + given.times - held
        print(f"{name}: {held} of {given.times} held, statuses {statuses}, {slowest:.1f} s at most of {lasts:.1f}")
        for shot in fired:
            if not shot.held:
                print(f"  status {shot.status}, {shot.left} left running: {shot.errors[-2000:]}", flush=True)
    print(f"{len(given.only or COMMANDS)} commands under signals: tried {tried}, held {tried - failed}")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()

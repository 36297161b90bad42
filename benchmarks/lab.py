"""How long the lab takes to answer a move, and whether moves leave anything behind: `python -m benchmarks.lab`.

    python -m benchmarks.lab --data DIR --moves 1000 hedge_soxs.yaml hedge_soxs_article.yaml

A lab is started as a person starts it, and asked over HTTP as its page asks: a walk over every slider and menu of the
run, each move another value. Shown are the median, the 95th percentile and the slowest move, what a move takes of a
processor (which other programs don't change), and the server's memory after the first hundred moves and at the end.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import random
import re
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ADDRESS = re.compile(r"http://127\.0\.0\.1:(\d+)/\?token=(\S+)")
WARM = 100
"""Moves after which all that is loaded once is loaded."""


class Client:
    """A page without a browser."""

    def __init__(self, port: int, token: str) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port)
        self._headers = {"content-type": "application/json", "x-lab-token": token}

    def move(self, asked: Mapping[str, Any]) -> tuple[int, Any, float]:
        """Return the status, what was told, and the seconds until its last byte."""
        begun = time.perf_counter()
        self._connection.request("POST", "/move", json.dumps(asked), self._headers)
        answer = self._connection.getresponse()
        body = answer.read()
        return answer.status, json.loads(body), time.perf_counter() - begun


def values(knobs: list[dict[str, Any]], moves: int) -> Iterator[tuple[str, Any, float]]:
    """Yield keys, values and steps: a slider after another is drawn for twenty moves, then a menu, without a step."""
    rng = random.Random(0)  # noqa: S311  # a walk, no secret
    sliders = [knob for knob in knobs if knob["kind"] == "number" and knob["value"] is not None]
    menus = [knob for knob in knobs if knob["kind"] == "choice" and knob["key"].endswith((".rebalance", ".fill"))]
    for at in range(moves):
        if at % 20 == 19:
            menu = rng.choice(menus)
            yield menu["key"], rng.choice(menu["choices"]), 0.0
            continue
        knob = sliders[at // 20 % len(sliders)]
        low, high, step = knob["usual"]
        value = low + step * rng.randint(0, round((high - low) / step))
        yield knob["key"], int(value) if knob["whole"] else round(min(value, high), 6), step


def memory(process: int) -> float:
    """Return a process's resident megabytes."""
    found = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
    return int(found[1]) / 1024.0 if found else float("nan")


def worked(process: int) -> float:
    """Return the seconds that a process has had of processors."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def measure(file: str, data: str | None, moves: int) -> str:
    """Return a line of what a run's moves took."""
    with tempfile.TemporaryDirectory() as out:
        words = ["lab", file, "--port", "0", "--out", out, *(["--data", data] if data else [])]
        server = subprocess.Popen([sys.executable, "-m", "backtest", *words], stdout=subprocess.PIPE, text=True)
        try:
            found = ADDRESS.search(server.stdout.readline() if server.stdout else "")
            if found is None:
                return f"{file}: the lab didn't start"
            client = Client(int(found[1]), found[2])
            _status, told, _seconds = client.move({})
            took, refused, stopped, settled = [], 0, 0, memory(server.pid)
            begun = worked(server.pid)
            for at, (key, value, step) in enumerate(values(told["knobs"], moves)):
                slid = {"slid": [step, told["values"][key]]} if step else {}
                move = {"tree": told["tree"], "moves": [[key, value]], "shape": told["shape"], **slid}
                status, answer, seconds = client.move(move)
                took.append(1000.0 * seconds)
                refused, stopped = refused + (status != 200), stopped + ("stopped" in answer)
                told = {**told, **(answer if status == 200 else {})}
                settled = memory(server.pid) if at + 1 == WARM else settled
            each = 1000.0 * (worked(server.pid) - begun) / moves
            cuts = statistics.quantiles(took, n=100)
            return (
                f"{file:32} {len(took):,} moves, {refused} refused, {stopped} drawn back:"
                f" median {cuts[49]:5.1f} ms, p95 {cuts[94]:5.1f} ms,"
                f" {each:.0f} ms of a processor each,"
                f" slowest {max(took):6.1f} ms; memory {settled:,.0f} MB"
                f" after {WARM} moves, {memory(server.pid):,.0f} MB at the end"
            )
        finally:
            server.terminate()
            server.wait()


def main() -> None:
    """Measure the runs that are named."""
    parser = argparse.ArgumentParser(description="How long the lab takes to answer a move.")
    parser.add_argument("files", nargs="*", default=["hedge_soxs.yaml", "hedge_soxs_article.yaml", "collar.yaml"])
    parser.add_argument("--data", help="real history")
    parser.add_argument("--moves", type=int, default=1000)
    given = parser.parse_args()
    for file in given.files:
        print(measure(file, given.data, given.moves), flush=True)


if __name__ == "__main__":
    main()

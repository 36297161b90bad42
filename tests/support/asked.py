"""A strategy that is not compiled, as slow as BACKTEST_TEST_SECONDS says; it writes down each row that it runs."""

from __future__ import annotations

import zlib
from pathlib import Path

from engine.config import RunConfig
from engine.loading import find_run, load_config

SLOW = """
import os
import time
from dataclasses import dataclass

from backtest import CloseStrategy
from BESIDE import below

@dataclass
class Slow(CloseStrategy):
    fall: float = 0.05
    deep: float = 0.1

    def on_close(self, view, book):
        stress = view.series("VIX")[-1]  # before the log: a worker that lacks it begins the row again
        if view.session == 0:
            time.sleep(float(os.environ.get("BACKTEST_TEST_SECONDS", "0")))
            with open(LOG, "a") as log:
                log.write(f"{os.getpid()} {self.fall} {self.deep}\\n")
            print("a strategy that talks")
        if self.fall > 0.5:
            raise ValueError("too far")
        return 0.2 if below(view.total_return(), self.fall) or stress > 100 * self.deep else 0.0
"""
BESIDE = """
def below(level, fall):
    return level[-1] < (1 - fall) * level[-60:].max()
"""
AXES = ["fall=0.02,0.03,0.04,0.05,0.06,0.07,0.08,0.9", "deep=0.2:0.35:0.05"]
"""32 combinations, of which 4 fail."""


def write_slow(folder: Path) -> Path:
    """Write the strategy, the module it imports and a run's YAML; return the YAML."""
    beside = f"beside_{zlib.crc32(str(folder).encode())}"  # a process that loads several knows them apart
    text = SLOW.replace("BESIDE", beside).replace("LOG", repr(str(folder / "log")))
    (folder / "slow.py").write_text(text)
    (folder / f"{beside}.py").write_text(BESIDE)
    file = folder / "slow.yaml"
    file.write_text("name: slow\nstart: 2020-01-02\nend: 2020-02-28\nstrategy: {class: slow.py:Slow}\n")
    return file


def slow_config(folder: Path) -> RunConfig:
    """Return the run of such a strategy."""
    return load_config(find_run(str(write_slow(folder)))[0], [])


def logged(folder: Path) -> list[tuple[int, tuple[float, float]]]:
    """Return the process, and the fall and depth, of every combination that was begun, in their order."""
    log = folder / "log"
    rows = [line.split() for line in log.read_text().splitlines()] if log.exists() else []
    return [(int(process), (float(fall), float(deep))) for process, fall, deep in rows]


def finished_rows(folder: Path) -> set[tuple[float, float]]:
    """Return fall and depth of every combination that stands in a part."""
    import pyarrow.parquet as pq

    rows = set()
    for part in folder.glob("*/parts/*.parquet"):
        table = pq.read_table(part)
        names = ("strategy.params.fall", "strategy.params.deep")
        rows |= set(zip(*(table.column(name).to_pylist() for name in names), strict=True))
    return rows

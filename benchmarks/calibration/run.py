"""How often the answer is wrong where the truth is known: `make calibrate` writes docs/calibration.md.

A market and what is planted in it hang on its design and its number alone, and each finished chunk is a file: a run
that was killed goes on where it was, and the page is the same, byte for byte, however often and on whatever it ran.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import sys
from collections.abc import Iterable, Mapping
from functools import partial
from pathlib import Path

from backtest.console import counting
from benchmarks.calibration import plan
from benchmarks.calibration.page import Origin, page
from benchmarks.calibration.plan import Chunk, Row
from benchmarks.calibration.returns import Pool, pool_of
from benchmarks.calibration.trial import Trial, judged
from data.errors import UserError
from data.files import write_whole
from engine.research.executors import executor_of
from engine.research.job import Executor, FunctionJob

HOUSE = Path(__file__).resolve().parents[2]
PAGE = HOUSE / "docs" / "calibration.md"
JUDGING = ("data", "strategies", "engine")
"""Rooms whose code a trial may run."""
OURS = ("planted.py", "returns.py", "trial.py")


def code_digest() -> str:
    """Return a hash of all code that a trial may run."""
    files = [path for room in JUDGING for path in (HOUSE / room).rglob("*.py")]
    files += [Path(__file__).with_name(name) for name in OURS]
    digest = hashlib.sha256()
    for path in sorted(files):
        digest.update(path.relative_to(HOUSE).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def cache_folder(pool: Pool | None) -> Path:
    """Return where finished chunks are kept, by the code that makes them and the real history they draw from."""
    import platformdirs

    named = f"calibration-{code_digest()}" + (f"-{pool.digest}" if pool else "")
    return Path(platformdirs.user_cache_dir("hedge-backtest")) / named


def kept(folder: Path, chunk: Chunk) -> list[Trial] | None:
    """Return a finished chunk's trials, None where it isn't finished."""
    path = _file(folder, chunk)
    return [Trial(*values) for values in json.loads(path.read_text())] if path.is_file() else None


def keep(folder: Path, chunk: Chunk, trials: Iterable[Trial]) -> None:
    """Write a finished chunk down, whole or not at all; figures keep every bit."""
    text = json.dumps([list(one) for one in trials])
    write_whole(_file(folder, chunk), lambda path: path.write_text(text))


def finish(chunks: Iterable[Chunk], pool: Pool | None, executor: Executor, folder: Path) -> None:
    """Compute what isn't finished yet."""
    left = [chunk for chunk in chunks if not _file(folder, chunk).is_file()]
    if not left:
        return
    with counting("markets", sum(map(len, left))) as count:
        for chunk, trials in executor.run(FunctionJob("backtest-calibration", partial(judged, pool)), left):
            keep(folder, chunk, trials)
            count(len(chunk))


def finished(rows: Mapping[Row, int], folder: Path) -> dict[Row, list[Trial]]:
    """Return the trials of each row, by the number of their market, as far as they are finished without a gap."""
    found: dict[Row, list[Trial]] = {row: [] for row in rows}
    stopped: set[Row] = set()
    for chunk in plan.chunks_of(rows):
        trials, of = kept(folder, chunk), [Row(design, effort) for design, _number, effort in chunk]
        if trials is None:
            stopped.update(of)
            continue
        for row, one in zip(of, trials, strict=True):
            if row not in stopped:
                found[row].append(one)
    return {row: trials for row, trials in found.items() if trials}


def history(folder: str | None) -> tuple[Pool | None, str]:
    """Return real moves, or why there are none."""
    try:
        return pool_of(folder), ""
    except UserError as fault:
        return None, str(fault)


def _file(folder: Path, chunk: Chunk) -> Path:
    return folder / f"{hashlib.sha256(repr(chunk).encode()).hexdigest()[:24]}.json"


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Calibrate the answer on SIMULATED markets.")
    parser.add_argument("--markets", type=int, default=plan.MARKETS, help="a row without anything planted")
    parser.add_argument("--power", type=int, help="markets a row with something planted; a quarter of --markets")
    parser.add_argument("--agree", type=int, help="markets judged by the full rules too; 50, or --markets if fewer")
    parser.add_argument("--data", default=os.environ.get("BACKTEST_TEST_MARKET"), help="real history; else the store")
    parser.add_argument("--finished", action="store_true", help="compute nothing: the page of what is finished")
    parser.add_argument("--workers", type=int, help="processes")
    parser.add_argument("--executor", choices=("processes", "dask"), help="who starts them")
    parser.add_argument("--cluster", help="a dask scheduler, tcp://host:8786, whose workers run in a clone of this")
    parser.add_argument("--out", type=Path, default=PAGE, help="the page to write")
    return parser.parse_args()


def main() -> int:
    """Run it and write the page."""
    options = _options()
    pool, lacking = history(options.data)
    power = options.power or max(2, options.markets // 4)
    agree = options.agree or min(plan.AGREE_MARKETS, options.markets)
    rows, folder = plan.rows_of(options.markets, power, agree, real=pool is not None), cache_folder(pool)
    if not options.finished:
        executor = executor_of(options.executor, options.workers, options.cluster, "processes")
        finish(plan.chunks_of(rows), pool, executor, folder)
    found = finished(rows, folder)
    text = page(found, Origin(code_digest(), pool.span if pool else "", lacking, rows))
    write_whole(options.out, lambda path: path.write_text(text, encoding="utf-8"))
    print(f"{options.out}: {sum(map(len, found.values())):,} markets")
    return 0


if __name__ == "__main__":
    sys.exit(main())

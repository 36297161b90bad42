"""What ``fire.py`` damages: every kind of file that is kept, the commands that read it, and how it is damaged."""

from __future__ import annotations

import random
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

OWN = '''
from dataclasses import dataclass

import numpy as np
from backtest import Strategy


@dataclass(frozen=True)
class Own(Strategy):
    """Hedge in a downtrend, or on the days of news of the group's members."""

    days: int = 20

    def intensity(self, market):
        level, below = market.total_return(), np.zeros(len(market.total_return()))
        below[self.days :] = level[self.days :] < level[: -self.days]
        news = np.isin(market.sessions, market.events("NEWS").dates)
        return np.maximum(below, news & (len(market.members("GROUP").symbols) > 0)) * (market.series("IRX") > -9)
'''
SPAN = "start: 2020-01-02\nend: 2020-06-30\n"
FILES = {
    "own.py": OWN,
    "own.yaml": f"name: own\n{SPAN}strategy: {{class: own.py:Own}}\n",
    "plain.yaml": f"name: plain\n{SPAN}hedge: {{weight: 0.2}}\n",
    "csv/events/NEWS.csv": "date\n2020-02-20\n2020-03-12\n2020-05-01\n",
    "csv/members/GROUP.csv": "symbol,from,to\nSOXX,2010-01-04,\nSOXS,2012-01-03,2022-01-03\n",
}
"""What stands in the folder before anything is kept there."""

FRESH = "--no-tearsheet"
SWEEP = "sweep own.yaml --param days=10,20,40 --param hedge.weight=0.1,0.2 --json"
WALK = "walkforward own.yaml --start 2019-01-02 --param days=10,40 --train 6m --test 6m --json"
NEXT = "sweep own.yaml --param days=15,25 --json"
SEARCHES = tuple(f"search own.yaml --param days=10:60 --json --trials {trials}" for trials in (4, 6))
MADE = ("data import csv", f"run own.yaml {FRESH}", f"run plain.yaml {FRESH}", SWEEP, NEXT, SEARCHES[0], WALK)
"""The commands that make what is damaged."""
KILLED = (
    ("engine.research.sweep.join", f"{SWEEP} --out killed"),
    ("engine.research.walkforward.run.join", f"{WALK} --out killed"),
)
"""Commands that are killed when they come to a function: what they leave has parts."""

RUN, OTHER, FORWARD = "runs/own-*", "runs/plain-*", "walkforwards/own-walkforward-*"
LISTS = ("runs --json", "query 'select * from runs order by id' --json")
SWEEPS = ("sweeps --json", "query 'select * from sweeps order by id' --json")
STORED = (f"run own.yaml {FRESH} --out fresh", "signal own.yaml --json", "data list --json", "data check --json")
STORED += (f"{SWEEP} --out fresh",)
COMPILED = f"run own.yaml {FRESH} --no-report --engine compiled --out fresh --json"
TABLES = ("equity", "ledger", "fills", "orders", "episodes", "attribution")
READ_BACK = (f"compare {RUN} {OTHER} --out page.html", f"explain {RUN} 2020-03-12 --json")


@dataclass(frozen=True)
class KeptFile:
    """A kind of file that is kept.

    Parameters
    ----------
    of
        What keeps it.
    file
        A pattern that finds one below the folder.
    commands
        Those that read it; a word with ``*`` is the first path that fits.
    makes
        A pattern of what the commands write: its bytes have to be the undisturbed ones.
    cold
        Whether the commands are run by a Python of their own: a fork has in memory what the file holds.
    beside
        The commands that read it, but make something else: they leave it as it is.
    """

    of: str
    file: str
    commands: tuple[str, ...]
    makes: str = ""
    cold: bool = False
    beside: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """What it is called in the table."""
        return f"{self.of}: {self.file.rpartition('/')[2]}"


def _all_of(table: str) -> str:
    return f"query 'select * from {table}' --json"  # noqa: S608  # our own tables


def _of_run(name: str, *more: str) -> KeptFile:
    return KeptFile("run", f"{RUN}/{name}", (*LISTS, *READ_BACK, f"run own.yaml {FRESH}", *more), RUN)


_SWEPT, _SEARCHED = "sweeps/own-sweep-*", "searches/own-search-*"
_IN_SWEEP = ("results.parquet", "manifest.json", "checksums.json")
_IN_SEARCH = ("journal.log", "results.parquet", "manifest.json", "checksums.json")
_IN_WALK = (
    "folds.parquet",
    "combinations.parquet",
    "equity.parquet",
    "metrics.json",
    "manifest.json",
    "checksums.json",
)
_IN_STORE = ("manifest.json", "bars/SOXX.*", "series/IRX.*", "events/NEWS.*", "members/GROUP.*")
_IN_CACHE = ("kernel-*/run_policy-*", "nyse-*")
_STITCHED = f"{FORWARD}/own-walkforward-*"

KEPT = (
    _of_run("config.yaml", "runs", f"show {RUN}/config.yaml"),
    _of_run("manifest.json", "compare own.yaml plain.yaml --out page.html"),
    _of_run("metrics.json", "query 'select * from controls' --json"),
    _of_run("checksums.json"),
    _of_run("own.py", f"signal {RUN}/config.yaml --json", f"validate {RUN}/config.yaml"),
    *(_of_run(f"{name}.parquet", _all_of(name)) for name in TABLES),
    KeptFile("killed sweep", "killed/own-sweep-*/parts/*.parquet", (f"{SWEEP} --out killed",), "killed/own-sweep-*"),
    KeptFile("sweep", f"{_SWEPT}/overfitting.json", (SWEEP, *SWEEPS), "sweeps/*"),
    *(
        KeptFile("sweep", f"{_SWEPT}/{name}", (SWEEP, NEXT, *SWEEPS, _all_of("results")), "sweeps/*", beside=(NEXT,))
        for name in _IN_SWEEP
    ),
    *(
        KeptFile("search", f"{_SEARCHED}/{name}", (*SEARCHES, *SWEEPS, SWEEP), "searches/*", beside=(SWEEP,))
        for name in _IN_SEARCH
    ),
    KeptFile("killed walk-forward", "killed/own-walk*/parts/*.parquet", (f"{WALK} --out killed",), "killed/own-walk*"),
    *(KeptFile("walk-forward", f"{FORWARD}/{name}", (WALK, SWEEPS[0], _all_of("folds")), FORWARD) for name in _IN_WALK),
    *(
        KeptFile("its run", f"{_STITCHED}/{name}", (WALK, f"compare {_STITCHED} {OTHER} --out page.html"), FORWARD)
        for name in ("walkforward_weights.py", "metrics.json", "equity.parquet")
    ),
    *(KeptFile("store", f"store/{name}", STORED, "fresh/*") for name in _IN_STORE),
    *(KeptFile("cache", f"cache/hedge-backtest/{name}", (COMPILED,), "fresh/*", cold=True) for name in _IN_CACHE),
)


# How a file is damaged


def emptied(path: Path, _rng: random.Random) -> None:
    """Leave nothing of it."""
    path.write_bytes(b"")


def cut(path: Path, _rng: random.Random) -> None:
    """Leave its first half."""
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])


def flipped(path: Path, rng: random.Random) -> None:
    """Change 100 of its bytes, or all where it has fewer."""
    content = bytearray(path.read_bytes())
    for at in rng.sample(range(len(content)), min(100, len(content))):
        content[at] ^= rng.randrange(1, 256)
    path.write_bytes(content)


def forbidden(path: Path, _rng: random.Random) -> None:
    """Take the right to read it away, which does nothing to root."""
    path.chmod(0)


def a_folder(path: Path, _rng: random.Random) -> None:
    """Put a folder in its place."""
    path.unlink()
    path.mkdir()


def a_loop(path: Path, _rng: random.Random) -> None:
    """Put a link to itself in its place."""
    path.unlink()
    path.symlink_to(path.name)


def nowhere(path: Path, _rng: random.Random) -> None:
    """Put a link to nothing in its place."""
    path.unlink()
    path.symlink_to("not-there")


def another_kind(path: Path, _rng: random.Random) -> None:
    """Put a sound file of another kind in its place: a table for text, a text for a table."""
    path.write_bytes(_table() if path.suffix != ".parquet" else b'{"name": "app", "icons": []}\n')


def another_like_it(path: Path, _rng: random.Random) -> None:
    """Put a sound file of its kind in its place, which holds something else."""
    others = {
        ".json": b'{"name": "app", "icons": []}\n',
        ".yaml": b"- a\n- b\n",
        ".py": b"X = 1\n",
        ".log": b"begun\nended\n",
    }
    path.write_bytes(others.get(path.suffix) or _table())


def _table() -> bytes:
    import pyarrow as pa
    import pyarrow.parquet as pq

    buffer = pa.BufferOutputStream()
    pq.write_table(pa.table({"date": np.array(["2020-01-02"], "datetime64[D]"), "value": [1.0]}), buffer)
    return buffer.getvalue().to_pybytes()


Damage = Callable[[Path, random.Random], None]
DAMAGES: Mapping[str, Damage] = {
    damage.__name__.replace("_", " "): damage
    for damage in (emptied, cut, flipped, forbidden, a_folder, a_loop, nowhere, another_kind, another_like_it)
}


def write_files(folder: Path) -> None:
    """Write what stands there before anything is kept: SIMULATED history as files to import, a run, a strategy."""
    from data.bars import COLUMNS
    from data.sources import BARS, SERIES
    from data.sources.demo import DemoSource

    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    source, first, last = DemoSource(), np.datetime64("2018-01-02"), np.datetime64("2020-07-31")
    for name in ("SOXX", "SOXS"):
        bars = source.read(BARS, name)
        columns = {column: getattr(bars, column) for column in COLUMNS}
        _write_csv(folder / "csv" / "bars" / f"{name}.csv", bars.dates, columns, (first, last))
    rate = source.read(SERIES, "IRX")
    _write_csv(folder / "csv" / "series" / "IRX.csv", rate.dates, {"value": rate.values}, (first, last))


def _write_csv(
    path: Path, dates: np.ndarray, columns: Mapping[str, np.ndarray], span: tuple[np.datetime64, np.datetime64]
) -> None:
    keep = (dates >= span[0]) & (dates <= span[1])
    rows = zip(dates[keep].tolist(), *(column[keep].tolist() for column in columns.values()), strict=True)
    lines = [",".join(["date", *columns]), *(",".join(map(str, row)) for row in rows), ""]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join(lines), encoding="utf-8")


def without(folder: Path, path: Path) -> None:
    """Take away what a file belongs to: the folder of its run, sweep, search or walk-forward."""
    shutil.rmtree(folder / Path(*path.relative_to(folder).parts[:2]))

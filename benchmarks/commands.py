"""What whole commands cost, each beside what it is held against: one list of rows, for the page and for the guard."""

from __future__ import annotations

import os
import statistics
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from benchmarks.cost import OUT, Cost, in_turn

BACKTEST = (sys.executable, "-P", "-m", "backtest")
HERE = Path(__file__).resolve().parent
RUN, ARTICLE = "hedge_soxs.yaml", "hedge_soxs_article.yaml"
DEMO = "demo"
"""The simulated market, where no folder of real history is named."""
THOUSAND = ("trend_days=10:200:10", "volatility_floor=0.1:0.55:0.05", "hedge.weight=0.05:0.25:0.05")
SETS = ("trend_days=5:250:1", "volatility_floor=0.05:0.6:0.01")
MILLION = ("trend_days=5:250:5", "volatility_floor=0.02:0.8:0.02", "hedge.weight=0.005:0.25:0.005")
MILLION += ("policy.confirm=1:10:1",)
FEW = ("trend_days=10:200:10", "hedge.weight=0.05:0.25:0.05")
BAND = ("--set", "hedge.rebalance=band", "--set", "hedge.band=0.05")
CHOSEN = ("trend_days=20:200:20", "volatility_floor=0:0.5:0.05", "hedge.weight=0.05:0.3:0.05")
SEARCHED = ("trend_days=10:200", "volatility_floor=0.05:0.6", "hedge.weight=0.05:0.5", "policy.min_hold=0:20")
CLOSES = ("fall=0.02:0.09:0.01", "hedge.max_weight=0.1,0.2,0.3,0.4,0.6,0.8,0.9,1")
BARE_PAGE = """
import sys, pandas as pd
import matplotlib; matplotlib.use("agg")
import logging; logging.getLogger("matplotlib.font_manager").disabled = True
frame = pd.read_parquet(sys.argv[1]).set_index("date")
returns = frame[["hedged", "unhedged"]].pct_change().iloc[1:]
returns.index = pd.DatetimeIndex(returns.index)
import quantstats.reports
quantstats.reports.html(returns.hedged, returns.unhedged, rf=0.015, match_dates=False, output=sys.argv[2])
"""
CALIBRATED = """
import os, sys
from pathlib import Path
import platformdirs
out = Path(sys.argv[1])
own, real = out / "hedge-backtest", Path(platformdirs.user_cache_dir("hedge-backtest"))
own.mkdir()
for each in real.glob("*") if real.is_dir() else ():
    if not each.name.startswith("calibration-"):  # what is finished isn't made again
        (own / each.name).symlink_to(each)
os.environ["XDG_CACHE_HOME"] = str(out)
sys.argv[1:] = [*sys.argv[2:], "--out", str(out / "page.md")]
from benchmarks.calibration import run
sys.exit(run.main())
"""


class Row(NamedTuple):
    """A command, and what it is held against.

    Parameters
    ----------
    name
        What it does.
    words
        What follows the program; `OUT` stands for an empty folder.
    peer, against
        Another command, whole, and what it is called; nothing where there is none.
    rounds
        Of which the medians are taken.
    large
        Whether it is run only when asked for.
    guarded
        Whether two commits are compared by it.
    program
        What runs the words.
    """

    name: str
    words: tuple[str, ...]
    peer: tuple[str, ...] = ()
    against: str = ""
    rounds: int = 5
    large: bool = False
    guarded: bool = False
    program: tuple[str, ...] = BACKTEST

    @property
    def command(self) -> list[str]:
        """The whole command."""
        return [*self.program, *self.words]


class Result(NamedTuple):
    """What a row came to: medians, and the median of the ratios of seconds, None without a peer."""

    row: Row
    ours: Cost
    peer: Cost | None
    ratio: float | None


def rows(scratch: Path, data: str) -> list[Row]:
    """Return all rows.

    Parameters
    ----------
    scratch
        A folder, with ``equity.parquet`` of a run and ``closing.py`` where peers and sweeps of closes are to be run.
    data
        A folder of history, or "demo".
    """
    python, out = (sys.executable, "-W", "ignore"), ("--out", OUT)
    bare = str(HERE / "backtrader_peer.py")
    page = (*python, "-c", BARE_PAGE, str(scratch / "equity.parquet"), f"{OUT}/page.html")
    closing = ("--set", f"strategy.class={scratch / 'closing.py'}:Closing", "--executor", "dask", *out)
    asked = (RUN, "--data", data)

    def swept(*axes: str) -> tuple[str, ...]:
        return ("sweep", *asked, *(word for axis in axes for word in ("--param", axis)))

    return [
        Row("`--help`", ("--help",), (*python, "-c", "import typer"), "bare typer", guarded=True),
        Row(
            "`run` without pages and controls",
            ("run", *asked, *out, "--no-tearsheet", "--no-report", "--set", "controls=off"),
            (*python, bare, data) if data != DEMO else (),
            "a bare backtrader script",
            guarded=True,
        ),
        Row("`run` without pages", ("run", *asked, *out, "--no-tearsheet", "--no-report"), guarded=True),
        Row("`run` with both pages", ("run", *asked, *out), page, "quantstats' page alone", guarded=True),
        Row("`signal`", ("signal", *asked), guarded=True),
        Row("`explain` of one session", ("explain", *asked, "2018-10-11", "--runs", OUT)),
        Row("`sweep` of 1,000", (*swept(*THOUSAND), *out), guarded=True),
        Row("`sweep` of 1,000 with `--answer`", (*swept(*THOUSAND), "--answer", *out), rounds=3),
        Row("`sweep` of 100 with a band", (*swept(*FEW), *BAND, *out), guarded=True),
        Row("`sweep` of 13,776 sets of signals", (*swept(*SETS), *out), rounds=3),
        Row("`sweep` of 1,000,000", (*swept(*MILLION), *out), rounds=1, large=True),
        Row(
            "`walkforward` of 100, 3 folds",
            ("walkforward", *swept(*FEW)[1:], "--train", "5y", "--test", "3y", *out),
            rounds=3,
            guarded=True,
        ),
        Row(
            "`walkforward` of 660, 13 folds",
            ("walkforward", *swept(*CHOSEN)[1:], "--train", "5y", "--test", "1y", *out),
            rounds=3,
            guarded=True,
        ),
        Row(
            "`search` of 300 trials", ("search", *swept(*SEARCHED)[1:], "--trials", "300", *out), rounds=3, guarded=True
        ),
        Row("`lookahead`, 3 cuts", ("lookahead", *asked, "--cuts", "3"), rounds=3, guarded=True),
        Row("`lookahead`", ("lookahead", *asked), rounds=3, guarded=True),
        Row(
            "`lookahead` of the article, 24 cuts",
            ("lookahead", ARTICLE, "--data", data, "--cuts", "24"),
            rounds=3,
            guarded=True,
        ),
        Row(
            "calibration, 2 markets a row",
            (OUT, "--markets", "2", *(("--data", data) if data != DEMO else ())),
            rounds=3,
            guarded=True,
            program=(sys.executable, "-c", CALIBRATED),
        ),
        Row(
            "`sweep` of 64 asked at every close, 2 dask workers",
            (*swept(*CLOSES), *closing, "--workers", "2"),
            (*BACKTEST, *swept(*CLOSES), *closing, "--workers", "1"),
            "1 dask worker",
            rounds=1,
        ),
    ]


def measured(row: Row) -> Result:
    """Return what a row came to."""
    ours, *peer = in_turn([row.command, *([[*row.peer]] if row.peer else [])], row.rounds)
    ratio = statistics.median(a.seconds / b.seconds for a, b in zip(ours, *peer, strict=True)) if peer else None
    return Result(row, median(ours), median(peer[0]) if peer else None, ratio)


def median(costs: Sequence[Cost]) -> Cost:
    """Return the median of each figure."""
    return Cost(*map(statistics.median, zip(*costs, strict=True)))


def is_there(row: Row) -> bool:
    """Return whether what a row is held against is part of the clone."""
    return all(os.path.exists(word) for word in row.peer if word.startswith(str(HERE)))  # noqa: PTH110

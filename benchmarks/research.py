"""What proof, walk-forward, search and calibration cost, as whole commands: `python -m benchmarks.research`.

    python -m benchmarks.research --data DIR --against ../other-clone --rounds 3 --only walkforward

Each command is run in turn in this tree and in the other, after a round that warms both up. Shown are medians, and the
medians of the ratios, round by round: how many times as long the other takes.
"""

from __future__ import annotations

import argparse
import os
import statistics
import sys
from pathlib import Path
from typing import Any

from benchmarks.cost import OUT, Cost, in_turn

HOUSE = Path(__file__).resolve().parents[1]
BACKTEST = [sys.executable, "-m", "backtest"]
SEARCHED = ("trend_days=10:200", "volatility_floor=0.05:0.6", "hedge.weight=0.05:0.5", "policy.min_hold=0:20")
CHOSEN = ("trend_days=20:200:20", "volatility_floor=0:0.5:0.05", "hedge.weight=0.05:0.3:0.05")
GLANCE = """
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


def commands(data: str | None, markets: int) -> dict[str, list[str]]:
    """Return the commands by name, as docs/lookahead.md, walkforward.md and search.md have them."""
    fed = ["--data", data] if data else []
    axes, dimensions = ([word for each in some for word in ("--param", each)] for some in (CHOSEN, SEARCHED))
    chosen, searched = (["hedge_soxs.yaml", *fed, "--out", OUT, *words] for words in (axes, dimensions))
    return {
        "lookahead": [*BACKTEST, "lookahead", "hedge_soxs.yaml", *fed],
        "lookahead, the article": [*BACKTEST, "lookahead", "hedge_soxs_article.yaml", "--cuts", "24", *fed],
        "walkforward": [*BACKTEST, "walkforward", *chosen, "--train", "5y", "--test", "1y"],
        "search": [*BACKTEST, "search", *searched, "--trials", "300"],
        f"calibration, {markets} markets": [sys.executable, "-c", GLANCE, OUT, "--markets", str(markets), *fed],
    }


def row(name: str, ours: list[Cost], theirs: list[Cost] | None) -> str:
    """Return a line: seconds, seconds of processors and peak memory, and how many times as much the other tree takes.

    Parameters
    ----------
    ours, theirs
        Round by round.
    """
    cells = []
    for field, scale, places in (("seconds", 1.0, 2), ("user", 1.0, 2), ("memory", 1e-6, 0)):
        own = [getattr(cost, field) * scale for cost in ours]
        cells.append(f"{statistics.median(own):>10.{places}f}")
        if theirs is not None:
            other = [getattr(cost, field) * scale for cost in theirs]
            ratio = statistics.median(b / a for a, b in zip(own, other, strict=True))
            cells.append(f"{statistics.median(other):>10.{places}f}{ratio:>8.2f}")
    return f"{name:28}{''.join(cells)}"


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description="What proof, walk-forward, search and calibration cost.")
    parser.add_argument("--data", default=os.environ.get("BACKTEST_TEST_MARKET"), help="real history")
    parser.add_argument("--against", type=Path, help="another tree of this project")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--markets", type=int, default=2, help="of the calibration, a row")
    parser.add_argument("--only", help="commands whose name has this in it")
    options = parser.parse_args()
    trees = [HOUSE, *([options.against.resolve()] if options.against else [])]
    titles = [
        f"{what:>10}" + (f"{'other':>10}{'ratio':>8}" if options.against else "") for what in ("s", "user s", "MB")
    ]
    print(f"{'':28}{''.join(titles)}")
    for name, command in commands(options.data, options.markets).items():
        if (options.only or "") in name:
            started: list[dict[str, Any]] = [{"cwd": tree} for tree in trees]
            costs = in_turn([command] * len(trees), options.rounds, started)
            print(row(name, costs[0], costs[1] if options.against else None), flush=True)


if __name__ == "__main__":
    main()

"""Strategies that keep state outside themselves, each in its way: they count how often they were asked."""

from __future__ import annotations

from pathlib import Path

HEAD = """
import functools
import itertools
import random
import sys
from dataclasses import dataclass
from pathlib import Path

import backtrader as bt
import numpy as np

from strategies import CloseStrategy, Strategy
"""

KEPT = {
    "list of the module": "SEEN = []\n\ndef count():\n    SEEN.append(1)\n    return len(SEEN)\n",
    "global": "N = 0\n\ndef count():\n    global N\n    N += 1\n    return N\n",
    "list of a class": (
        "class Kept:\n    seen = []\n\ndef count():\n    Kept.seen.append(1)\n    return len(Kept.seen)\n"
    ),
    "default argument": "def count(seen=[]):\n    seen.append(1)\n    return len(seen)\n",
    "lru_cache": (
        "NUMBERS = itertools.count(1)\n\n@functools.lru_cache\ndef first(which):\n    return next(NUMBERS)\n\n"
        "def count():\n    return first(object())\n"
    ),
    "seeded generator": ("RNG = np.random.default_rng(7)\n\ndef count():\n    return int(RNG.integers(0, 1000))\n"),
    "seeded module random": "random.seed(5)\n\ndef count():\n    return random.randrange(1000)\n",
    "seeded np.random": "np.random.seed(5)\n\ndef count():\n    return int(np.random.randint(0, 1000))\n",
    "module beside": "from kept_beside import count\n",
    "module beside, imported late": "def count():\n    import kept_beside\n    return kept_beside.count()\n",
    "module elsewhere": (
        'sys.path.insert(0, str(Path(__file__).parent / "elsewhere"))\nfrom kept_elsewhere import count\n'
    ),
}
"""Each defines ``count()``, by the name of where its state is."""

KINDS = {
    "intensity": """
@dataclass(frozen=True)
class S(Strategy):
    days: int = 3

    def intensity(self, market):
        return (np.arange(len(market)) + 7 * count()) // self.days % 3 / 2.0
""",
    "on_close": """
@dataclass
class S(CloseStrategy):
    days: int = 3

    def on_close(self, view, book):
        return 0.1 * (count() // self.days % 3)
""",
    "backtrader": """
class S(bt.Strategy):
    params = (("days", 3),)

    def next(self):
        self.order_target_percent(self.datas[-1], 0.1 * (count() // self.p.days % 3))
""",
}


def write_stateful(folder: Path, where: str, kind: str) -> str:
    """Write a strategy of a kind that keeps its state somewhere; return it as a run names it."""
    for place in (folder / "kept_beside.py", folder / "elsewhere" / "kept_elsewhere.py"):
        place.parent.mkdir(exist_ok=True)
        place.write_text(KEPT["list of the module"])
    path = folder / "stateful.py"
    path.write_text(f"{HEAD.lstrip()}\n{KEPT[where]}{KINDS[kind]}")
    return f"{path}:S"

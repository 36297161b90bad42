"""What ``pins.py`` runs in both trees: entries of commands that share a folder, by name, over short spans."""

from __future__ import annotations

SHIPPED = ("", "article", "breadth", "calendar", "fatigue", "leadership", "rates", "rotation", "series", "valuation")
SHIPPED += ("volatility", "volume")
SPAN = ("--start", "2018-01-02", "--end", "2020-12-31")
BARE = ("--no-tearsheet", "--no-report")
PATIENT = '''
from dataclasses import dataclass

from backtest import CloseStrategy


@dataclass
class Patient(CloseStrategy):
    """Hold the fund below a fall from the high."""

    fall: float = 0.1
    weight: float = 0.2

    def __post_init__(self):
        super().__post_init__()
        self.high = 0.0

    def on_close(self, view, book):
        now = view.total_return()[-1]
        self.high = max(self.high, now)
        return self.weight if now < (1 - self.fall) * self.high and book.equity > 0 else 0.0
'''
CROSS = """
import backtrader as bt


class Cross(bt.Strategy):
    params = (("days", 40),)

    def __init__(self):
        self.core, self.fund = self.getdatabyname("SOXX"), self.getdatabyname("SOXS")
        self.mean = bt.indicators.SimpleMovingAverage(self.core.total_return, period=self.p.days)

    def next(self):
        if len(self.core) == 1:
            self.order_target_percent(self.core, 0.85)
        if self.core.total_return[0] < self.mean[0] and not self.getposition(self.fund).size:
            self.order_target_percent(self.fund, 0.1)
        elif self.core.total_return[0] > self.mean[0] and self.getposition(self.fund).size:
            self.order_target_percent(self.fund, 0)
"""
KINDS = {
    "kinds.yaml": "name: kinds\nstrategy: {class: kinds:Fallen}\n",
    "kinds.py": """
from dataclasses import dataclass

import numpy as np
from backtest import Strategy


@dataclass(frozen=True)
class Fallen(Strategy):
    days: int = 20
    sign: int = -1

    def intensity(self, market):
        level, change = market.total_return(), np.zeros(len(market.total_return()))
        change[self.days :] = level[self.days :] / level[: -self.days] - 1
        return (self.sign * change > 0).astype(float)


@dataclass(frozen=True)
class Risen(Fallen):
    sign: int = 1
""",
}
SNIPPET = """
import backtest

frame = backtest.sweep(RUN, {"trend_days": [20, 50], "hedge.weight": [0.1, 0.2]})
print(frame.to_json(orient="records", indent=1))
result = backtest.run(RUN)
print(repr(result).partition(" ")[2])  # without its class, whose name is ours
print(backtest.write_run(result, "runs", tearsheet=False, report=False))
"""
FILES = {
    "patient.py": PATIENT,
    "cross.py": CROSS,
    "patient.yaml": "name: patient\nstrategy: {class: patient.py:Patient}\n",
    "cross.yaml": "name: cross\nstrategy: {class: cross.py:Cross}\n",
    "book.yaml": (
        "name: book\nportfolio: {core: {SOXX: 0.6, SPY: 0.4}, rebalance: monthly, dividends: cash}\n"
        "hedge: {weight: 0.2, funding: cash_buffer, rebalance: band, sizing: proportional}\n"
        "policy: {confirm: 2, min_hold: 5, max_hold: 40, cooldown: 3, stop_loss: 0.1, take_profit: 0.3}\n"
        "execution: {fill: next_close, shares: whole, commission_per_share: 0.005, slippage_per_share: 0.01}\n"
    ),
    "typo.yaml": "name: typo\nhedge: {wieght: 0.2}\npolicy:\n  min_hodl: 3\n",
    "broken.yaml": "name: [broken\n",
    "wrong.yaml": "name: wrong\nstrategy: {class: patient.py:Pateint}\n",
    "raises.yaml": "name: raises\nstrategy: {class: raises.py:Raises}\n",
    "raises.py": (
        "from dataclasses import dataclass\n\nfrom backtest import CloseStrategy\n\n\n@dataclass\n"
        "class Raises(CloseStrategy):\n"
        "    def on_close(self, view, book):\n        return float(view.total_return()[10**6])\n"
    ),
    "text/PE.csv": "date,value\n2018-01-02,20\n2018-01-03,21.5\n2018-01-04,19\n",
    "text/NEWS.csv": "date\n2018-02-01\n2018-03-01\n",
    "bad/SOXX.csv": "date,open,high,low,close\n2018-01-02,1,1,1,1\n2018-01-02,1,0.5,1,-1\n",
}

Entry = tuple[list[list[str]], dict[str, str]]


def plan(data: str) -> dict[str, Entry]:
    """Return the entries by name: their commands and the files that stand in their folder."""
    history = ("--data", data) if data else ()
    asked = (*history, *SPAN)
    entries: dict[str, list[list[str]]] = {}
    for name in ("_".join(filter(None, ("hedge_soxs", kind))) for kind in SHIPPED):
        entries[f"run-{name}"] = [["run", f"{name}.yaml", *asked, *BARE, "--json"]]
    entries |= _runs(asked) | _studies(asked) | _inspections(asked, history) | _data(data, history)
    slowest_first = sorted(entries, key=lambda name: not name.startswith(("walkforward", "lookahead", "report")))
    more = {"python": {"snippet.py": SNIPPET.replace("RUN", repr(_config(data)))}, "sweep-class": KINDS}
    return {name: (entries[name], FILES | more.get(name, {})) for name in slowest_first}


def warm_up(data: str) -> list[str]:
    """Return the command that has a process import and compile what entries need."""
    history = ("--data", data) if data else ()
    return ["run", "hedge_soxs.yaml", *history, "--start", "2016-01-04", "--end", "2016-12-30", *BARE]


def _config(data: str) -> dict[str, object]:
    found: dict[str, object] = {"source": "csv", "path": data} if data else {"source": "demo"}
    return {"name": "api", "data": found, "start": SPAN[1], "end": SPAN[3]}


def _set(*settings: str) -> list[str]:
    return [word for setting in settings for word in ("--set", setting)]


def _runs(asked: tuple[str, ...]) -> dict[str, list[list[str]]]:
    run = ["run", "hedge_soxs.yaml", *asked, *BARE]
    return {
        "run-on-close": [["run", "patient.yaml", *asked, *BARE, "--json"]],
        "run-backtrader": [["run", "cross.yaml", *asked, *BARE]],
        "run-book": [["run", "book.yaml", *asked, *BARE, "--json"]],
        "run-compiled": [[*run, "--engine", "compiled", "--json"]],
        "run-python": [[*run, "--engine", "python", "--json"]],
        "run-unhedged": [[*run, *_set("hedge.weight=0")]],
        "run-no-controls": [[*run, *_set("controls=off")]],
        "run-margin": [[*run, *_set("hedge.funding=margin", "hedge.sizing=minimum_variance", "hedge.rebalance=daily")]],
        "run-volatility": [[*run, *_set("hedge.sizing=volatility_target", "hedge.rebalance=never"), "--json"]],
        "run-beta": [[*run, *_set("hedge.sizing=beta", "hedge.rebalance=monthly", "portfolio.rebalance=weekly")]],
        "report": [["run", "hedge_soxs_series.yaml", *asked, "--benchmark", "unhedged", "--benchmark", "held_less"]],
    }


def _studies(asked: tuple[str, ...]) -> dict[str, list[list[str]]]:
    few = ("--param", "trend_days=20,50", "--param", "hedge.weight=0.1,0.2")
    walk = ["walkforward", "hedge_soxs.yaml", *asked[:-4], "--start", "2016-01-04", "--end", "2019-12-31"]
    walk += ["--param", "trend_days=20,50", "--train", "2y", "--test", "1y"]
    listing = [["sweeps"], ["sweeps", "--json"], ["query", "--tables"]]
    return {
        "sweep-data": [["sweep", "hedge_soxs.yaml", *asked, *few, "--param", "data.lag.VIX=0,1", "--luck"], *listing],
        "sweep-answer": [["sweep", "hedge_soxs.yaml", *asked, *few, "--answer"]],
        "sweep-on-close": [
            ["sweep", "patient.yaml", *asked, "--param", "fall=0.1,0.2", "--param", "weight=0.1,0.2", "--json"]
        ],
        "sweep-policy": [
            [
                *("sweep", "hedge_soxs.yaml", *asked, "--param", "policy.min_hold=0:20:5", "--json"),
                *("--param", "hedge.sizing=fixed,beta,proportional", "--param", "hedge.rebalance=weekly,daily,band"),
                *("--random", "24", "--seed", "3", "--metric", "cagr"),
            ],
            ["query", "select * from sweeps", "--json"],
        ],
        "sweep-class": [
            [
                *("sweep", "kinds.yaml", *asked, "--param", "strategy.class=kinds:Fallen,kinds:Risen"),
                *("--param", "hedge.weight=0,0.1", "--json"),
            ]
        ],
        "walkforward": [[*walk, "--json"], walk, ["sweeps", "--json"]],
        "frontier": [
            ["frontier", "hedge_soxs.yaml", "hedge_soxs_volatility.yaml", *asked, "--json"],
            ["frontier", "patient.yaml", *asked],
            [
                "frontier",
                "hedge_soxs.yaml",
                *asked,
                "--with",
                "short,put:always",
                "--weights",
                "0.2",
                "--page",
                "p.html",
            ],
        ],
        "search": [
            [
                *("search", "hedge_soxs.yaml", *asked, "--param", "trend_days=20:90", "--param"),
                *("hedge.weight=0.05:0.3", "--trials", "8", "--workers", "1", "--json"),
            ],
            ["sweeps", "--json"],
            ["query", "select * from searches", "--json"],
        ],
        "search-front": [
            [
                *("search", "hedge_soxs.yaml", *asked, "--param", "trend_days=20:90", "--trials", "6", "--workers"),
                *("1", "--objective", "cost,drawdown_avoided"),
            ]
        ],
    }


def _inspections(asked: tuple[str, ...], history: tuple[str, ...]) -> dict[str, list[list[str]]]:
    run = [["run", "hedge_soxs.yaml", *asked, *BARE], ["run", "hedge_soxs_series.yaml", *asked, *BARE]]
    kept = "glob:runs/hedge_soxs-*"
    day, quiet = "2018-10-11", "2019-07-03"
    signal = ["signal", "hedge_soxs_volatility.yaml", *history, "--end", "2020-03-16"]
    study = ["study", "hedge_soxs.yaml", *asked]
    proof = ["lookahead", "hedge_soxs_series.yaml", *asked, "--cuts", "3"]
    refused = [
        ["run", "typo.yaml"], ["run", "broken.yaml"], ["run", "wrong.yaml", *asked], ["run", "nothing.yaml"],
        ["run", "raises.yaml", *asked], ["run", "hedge_soxs.yaml", *history, "--start", "2020-13-01"],
        ["run", "hedge_soxs.yaml", *history, "--start", "2031-01-01"], ["run", "hedge_soxs.yaml", "--data", "nowhere"],
        ["run", "hedge_soxs.yaml", *asked, *_set("hedge.weight=2")],
        ["run", "hedge_soxs.yaml", *asked, *_set("trend_dyas=3")],
        ["run", "hedge_soxs.yaml", *asked, *_set("hedge.instrument=NOPE")],
        ["run", "hedge_soxs.yaml", *asked, "--engine", "fast"],
        ["sweep", "hedge_soxs.yaml", *asked, "--param", "trend_days=20:10:5"],
        ["sweep", "hedge_soxs.yaml", *asked, "--param", "trend_days=20,50", "--metric", "shrape"],
        ["sweep", "hedge_soxs.yaml", *asked],
        ["walkforward", "hedge_soxs.yaml", *asked, "--param", "trend_days=20,50", "--train", "9y"],
        ["search", "hedge_soxs.yaml", *asked, "--param", "trend_days=20:21", "--trials", "9"],
        ["explain", "hedge_soxs-0000000000", day], ["explain", "hedge_soxs.yaml", "2018-10-13", *asked],
        ["compare", "nothing"], ["query", "select nothing from runs"], ["runs", "--sort", "nothing"],
        ["catalogue", "nothing"], ["strategies", "Nothing"], ["data", "remove", "NOPE"], ["data", "fund", "NOPE"],
        ["data", "import", "bad/SOXX.csv"], ["data", "check", "--data", "bad"], ["nothing"], ["init", "9x"],
    ]  # fmt: skip
    return {
        "kept": [
            *run,
            *([*words] for words in (["runs"], ["runs", "--json"], ["runs", "--sort", "sharpe", "--top", "1"])),
            ["compare", kept, "glob:runs/hedge_soxs_series-*", "--out", "compare.html"],
            ["query", "select * from runs", "--json"],
            ["query", "select * from equity limit 5", "--csv"],
            ["query", "--tables"],
            ["explain", kept, day],
            ["explain", kept, day, "--json"],
        ],
        "explain": [
            ["explain", "hedge_soxs.yaml", quiet, *asked],
            ["explain", "hedge_soxs.yaml", day, *asked, "--json"],
            ["explain", "book.yaml", day, *asked],
            ["explain", "patient.yaml", day, *asked],
            ["explain", "cross.yaml", day, *asked, "--json"],
        ],
        "signal": [signal, [*signal, "--json"], ["signal", "patient.yaml", *history, "--end", "2020-03-16", "--json"]],
        "study": [[*study, "--page", "study.html"], [*study, "--json", "--every", "signal", "--from", "close"]],
        "lookahead": [proof, [*proof, "--json"]],
        "parity": [["parity", "hedge_soxs.yaml", *asked], ["parity", "book.yaml", *asked]],
        "lists": [
            *(["catalogue"], ["catalogue", "--markdown"], ["strategies"], ["strategies", "patient.py:Patient"]),
            *(["schema", "run"], ["schema", "metrics"], ["show", "book.yaml"], ["show", "hedge_soxs_rates.yaml"]),
            *(["validate", "book.yaml", *asked], ["validate", "patient.yaml", *asked], ["init", "mine"]),
            *(["run", "mine.yaml", *asked, *BARE], ["--help"], ["run", "--help"], ["--version"]),
        ],
        "python": [["python", "snippet.py"]],
        "refused": refused,
    }


def _data(data: str, history: tuple[str, ...]) -> dict[str, list[list[str]]]:
    span = (*history, *SPAN)
    imports = [["data", "import", "text"], ["data", "import", "text/PE.csv", "--name", "OTHER", "--lag", "2", "--json"]]
    if data:
        imports += [["data", "import", f"{data}/bars/{name}.csv"] for name in ("SOXX", "SOXS")]
        imports += [["data", "import", f"{data}/series/IRX.csv", "--json"]]
    return {
        "data-check": [
            ["data", "check", "SOXS", "SOXX", "VIX", *span],
            ["data", "check", "SOXS", "SOXX", "VIX", *span, "--json"],
            ["data", "check", *span, "--run", "hedge_soxs.yaml"],
        ],
        "data-fund": [["data", "fund", "SOXS", *span], ["data", "fund", "SOXS", *span, "--json"]],
        "data-store": [
            *imports,
            *(["data", "path"], ["data", "list"], ["data", "list", "--json"], ["data", "check"]),
            *(["data", "remove", "PE"], ["data", "list"]),
        ],
    }

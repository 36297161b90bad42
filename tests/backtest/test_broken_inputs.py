"""Every mistake a user can make: one clear line, exit status 2, nothing on standard output, nothing left behind.

``...`` in an expected line stands for words that are not ours: the operating system's, Python's or ruamel's.
"""

import os
import re
import sys
from pathlib import Path

import pytest
from command import SHORT, command, write_history

SHIP = (
    "WeaknessHedge, FatigueHedge, ValuationHedge, VolatilityHedge, VolumeHedge, BreadthHedge, LeadershipHedge, "
    "RotationHedge, RatesHedge, CalendarHedge, SeriesHedge, CompositeHedge ship"
)
OWN = "a class of your own is file.py:Class or module:Class"
RUNS = (
    "collar.yaml, hedge_nasdaq.yaml, hedge_qqq.yaml, hedge_soxs.yaml, hedge_soxs_and_tlt.yaml, "
    "hedge_soxs_article.yaml, hedge_soxs_breadth.yaml, hedge_soxs_calendar.yaml, "
    "hedge_soxs_fatigue.yaml, hedge_soxs_leadership.yaml, hedge_soxs_rates.yaml, hedge_soxs_rotation.yaml, "
    "hedge_soxs_series.yaml, hedge_soxs_valuation.yaml, hedge_soxs_volatility.yaml, hedge_soxs_volume.yaml, "
    "hedge_vixy.yaml, sell_on_weakness.yaml"
)
ADVICE = "indent with spaces, close what is opened, quote text that holds : or #"
NAME = r"name has to be a plain name of at most 80 bytes, without / or \, that starts with no dot or dash"
COST = "has to be a number from 0 to 1,000, or a map of such numbers by instrument"
RATE = "has to be the name of a rate series, or a yield a year (0.04 for 4 %), a number from -0.5 to 1"
SHARE = "a number from 0 to 1"
DAYS = "a whole number from 2 to 25,200"
CASH = "a number from 1 to 1e+12"

EVIL = "!!python/object/apply:os.system [touch pwned]"
BOMB = "a0: &a0 [x]\n" + "".join(f"a{level + 1}: &a{level + 1} [*a{level}, *a{level}]\n" for level in range(40))

YAML = {
    "empty": ("", "run.yaml: is empty: backtest init writes a file to start from"),
    "comments only": ("# nothing\n", "run.yaml: is empty: backtest init writes a file to start from"),
    "not YAML": ("name: [a\nstart: 3\n", f"run.yaml:2: is no YAML: ...: {ADVICE}"),
    "tab": ("name: a\nhedge:\n\tweight: 0.1\n", f"run.yaml:3: is no YAML: ...'\\t'...: {ADVICE}"),
    "duplicate key": ("name: a\nname: b\n", "run.yaml:2: name stands twice, first in line 1: keep one of them"),
    "duplicate key in a section": (
        "hedge:\n  weight: 0.1\n  weight: 0.2\n",
        "run.yaml:3: hedge.weight stands twice, first in line 2: keep one of them",
    ),
    "two documents": ("name: a\n---\nname: b\n", f"run.yaml:2: is no YAML: ...another document: {ADVICE}"),
    "list at the top": ("- a\n- b\n", "run.yaml:1: has to hold keys and values, such as name: hedge_soxs"),
    "text at the top": ("hello\n", "run.yaml:1: has to hold keys and values, such as name: hedge_soxs"),
    "unknown key": ("name: a\npolcy: {}\n", "run.yaml:2: polcy is unknown, did you mean policy?"),
    "unknown key, nothing near": (
        "zzz: {}\n",
        "run.yaml:1: zzz is unknown: a run has name, data, start, end, portfolio, underlying, hedge, hedges, ...",
    ),
    "unknown in data": ("data:\n  sorce: csv\n", "run.yaml:2: data.sorce is unknown, did you mean source?"),
    "unknown in portfolio": ("portfolio: {kash: 1}\n", "run.yaml:1: portfolio.kash is unknown, did you mean cash?"),
    "unknown in hedge": ("hedge:\n  weigth: 1\n", "run.yaml:2: hedge.weigth is unknown, did you mean weight?"),
    "unknown in strategy": ("strategy: {clas: A}\n", "run.yaml:1: strategy.clas is unknown, did you mean class?"),
    "unknown in policy": ("policy:\n  min_hodl: 3\n", "run.yaml:2: policy.min_hodl is unknown, did you mean min_hold?"),
    "unknown in execution": (
        "execution: {comission_bps: 1}\n",
        "run.yaml:1: execution.comission_bps is unknown, did you mean commission_bps?",
    ),
    "section that is a number": ("hedge: 3\n", "run.yaml:1: hedge has to hold keys and values, not 3"),
    "section that is a list": ("hedge: [3]\n", "run.yaml:1: hedge has to hold keys and values, not [3]"),
    "section without keys": ("name: a\nhedge:\n", "run.yaml:2: hedge has to hold keys and values, not null"),
    "text for a number": ("hedge: {weight: heavy}\n", f"run.yaml:1: hedge.weight has to be {SHARE}, not 'heavy'"),
    "truth for a number": ("hedge: {weight: true}\n", f"run.yaml:1: hedge.weight has to be {SHARE}, not true"),
    "part for a whole": (
        "policy: {min_hold: 2.5}\n",
        "run.yaml:1: policy.min_hold has to be a whole number from 0 to 25,200, not 2.5",
    ),
    "number for text": ("hedge: {instrument: 5}\n", "run.yaml:1: hedge.instrument has to be text, not 5"),
    "number for a key": ("portfolio:\n  core: {700: 1.0}\n", "run.yaml:2: the key 700 has to be text: quote it"),
    "weight above 1": ("hedge: {weight: 1.5}\n", f"run.yaml:1: hedge.weight has to be {SHARE}, not 1.5"),
    "weight below 0": ("hedge: {weight: -0.1}\n", f"run.yaml:1: hedge.weight has to be {SHARE}, not -0.1"),
    "no cash": ("portfolio: {cash: 0}\n", f"run.yaml:1: portfolio.cash has to be {CASH}, not 0"),
    "NaN": ("hedge: {weight: .nan}\n", f"run.yaml:1: hedge.weight has to be {SHARE}, not nan"),
    "infinite": ("portfolio: {cash: .inf}\n", f"run.yaml:1: portfolio.cash has to be {CASH}, not inf"),
    "no such choice": (
        "execution: {fill: open}\n",
        "run.yaml:1: execution.fill has to be 'next_open' or 'next_close', not 'open'",
    ),
    "leverage 0": (
        "hedge: {leverage: 0}\n",
        "run.yaml:1: hedge.leverage has to be a number from -10 to 10, at least 0.1 away from 0, not 0",
    ),
    "exit above enter": (
        "policy:\n  enter: 0.2\n  exit: 0.8\n",
        "run.yaml:3: policy.exit 0.8 is above policy.enter 0.2: lower exit or raise enter",
    ),
    "min_hold above max_hold": (
        "policy:\n  min_hold: 8\n  max_hold: 3\n",
        "run.yaml:2: policy.min_hold 8 is above policy.max_hold 3: lower one of them",
    ),
    "core that doesn't sum to 1": (
        "portfolio:\n  cash: 5\n  core: {SOXX: 0.5, SPY: 0.4}\n",
        "run.yaml:3: portfolio.core has to sum to 1, not 0.9",
    ),
    "core without instruments": ("portfolio: {core: {}}\n", "run.yaml:1: portfolio.core has to sum to 1, not 0"),
    "core with a short": (
        "portfolio:\n  core: {SPY: -0.5, SOXX: 1.5}\n",
        "run.yaml:2: portfolio.core.SPY has to be a number from 1e-06 to 1, not -0.5",
    ),
    "hedge in core": (
        "hedge:\n  instrument: SOXX\n",
        "run.yaml:2: hedge.instrument SOXX is in portfolio.core too: hold something else",
    ),
    "instrument that is a path": (
        "hedge: {instrument: ../SOXS}\n",
        "run.yaml:1: hedge.instrument has to be a name of letters, digits and ^ . = _ - only, not '../SOXS'",
    ),
    "cost of what isn't traded": (
        "execution:\n  commission_bps: {SOXX: 1, SOXS: 1, SOXL: 1}\n",
        "run.yaml:2: execution.commission_bps names SOXL, which isn't traded: give one number for each of SOXS, SOXX",
    ),
    "cost of one only": (
        "execution: {slippage_per_share: {SOXX: 1}}\n",
        "run.yaml:1: execution.slippage_per_share has nothing for SOXS: give one number for each of SOXS, SOXX",
    ),
    "negative cost": ("execution: {slippage_bps: -1}\n", f"run.yaml:1: execution.slippage_bps {COST}, not -1"),
    "NaN cost": ("execution: {slippage_bps: .nan}\n", f"run.yaml:1: execution.slippage_bps {COST}, not nan"),
    "cost that takes all": (
        "execution: {slippage_bps: 10000}\n",
        f"run.yaml:1: execution.slippage_bps {COST}, not 10000",
    ),
    "rate in percent": ("execution: {cash_rate: 4}\n", f"run.yaml:1: execution.cash_rate {RATE}, not 4"),
    "rate of NaN": (
        "execution: {cash_rate: .nan}\n",
        f"run.yaml:1: execution.cash_rate {RATE}, not nan",
    ),
    "lag below 0": (
        "data:\n  lag: {VIX: -1}\n",
        "run.yaml:2: data.lag.VIX has to be a whole number from 0 to 25,200, not -1",
    ),
    "date that isn't one": ("start: soon\n", "run.yaml:1: start has to be a date, YYYY-MM-DD, not 'soon'"),
    "date that never was": ("start: 2020-02-30\n", "run.yaml:1: 2020-02-30 can't be read: ..."),
    "date with a time": (
        "start: 2020-02-03 10:00:00\n",
        "run.yaml:1: start has to be a date, YYYY-MM-DD, not 2020-02-03 10:00:00",
    ),
    "year for a date": ("start: 2020\n", "run.yaml:1: start has to be a date, YYYY-MM-DD, not 2020"),
    "no start": ("start:\n", "run.yaml:1: start has to be a date, YYYY-MM-DD, not null"),
    "end before start": (
        "start: 2020-01-02\nend: 2019-01-02\n",
        "run.yaml:2: end 2019-01-02 is not after start 2020-01-02",
    ),
    "code in a value": (f"name: {EVIL}\n", f"run.yaml:1: the tag in {EVIL} is refused: write plain values"),
    "code for the whole": (f"{EVIL}\n", f"run.yaml:1: the tag in {EVIL} is refused: write plain values"),
    "code in a parameter": (
        f"strategy:\n  params:\n    trend_days: {EVIL}\n",
        f"run.yaml:3: the tag in {EVIL} is refused: write plain values",
    ),
    "bomb of aliases": (BOMB, "run.yaml:1: &a0 is repeated by *a0: write it out each time"),
    "contains itself": ("hedge: &h\n  weight: *h\n", "run.yaml:1: &h is repeated by *h: write it out each time"),
    "nested without end": (
        "a: " + "[" * 500,
        "run.yaml:1: is nested too deep: a run has three levels of keys",
    ),
    "binary": (bytes(range(256)), "run.yaml: is no text: save it as UTF-8"),
    "UTF-16": ("name: a\n".encode("utf-16"), "run.yaml: is no text: save it as UTF-8"),
    "NUL": (b"name: a\x00b\n", f"run.yaml:1: is no YAML: ...: {ADVICE}"),
    "huge": ("#" * 1_000_001, "run.yaml: is larger than a run's YAML can be (1000000 bytes)"),
    "name that climbs": ("name: ../../x\n", f"run.yaml:1: {NAME}, not '../../x'"),
    "name that is a path": ("name: /etc/x\n", f"run.yaml:1: {NAME}, not '/etc/x'"),
    "name of dots": ("name: ..\n", f"run.yaml:1: {NAME}, not '..'"),
    "name with a NUL": ('name: "a\\0b"\n', f"run.yaml:1: {NAME}, not 'a\\x00b'"),
    "name with a line end": ('name: "a\\nb"\n', f"run.yaml:1: {NAME}, not 'a\\nb'"),
    "empty name": ('name: ""\n', f"run.yaml:1: {NAME}, not ''"),
    "name too long for a folder": (f"name: {'漢' * 30}\n", f"run.yaml:1: {NAME}, not '{'漢' * 30}'"),
    "name that is a number": ("name: 3\n", "run.yaml:1: name has to be text, not 3"),
    "no such source": (
        "data: {source: yahoo}\n",
        "run.yaml:1: data.source has to be 'auto', 'store', 'embedded', 'demo', 'csv' or a folder, not 'yahoo'",
    ),
    "csv without a path": (
        "data:\n  source: csv\n",
        "run.yaml:1: data.path is missing: source csv needs the folder that holds bars/ and series/",
    ),
    "path without csv": (
        "data:\n  path: history\n",
        "run.yaml:2: data.path is for source csv: write source: csv beside it",
    ),
    "no such class": (
        "strategy:\n  class: WeaknesHedge\n",
        f"run.yaml:2: there is no strategy WeaknesHedge, did you mean WeaknessHedge?; {OWN}",
    ),
    "no such class, nothing near": ("strategy: {class: Foo}\n", f"run.yaml:1: there is no strategy Foo: {SHIP}; {OWN}"),
    "no such file of a class": (
        "strategy:\n  class: nope.py:Mine\n",
        "run.yaml:2: nope.py: no such file: strategy.class names it",
    ),
    "no such module": (
        "strategy: {class: 'nope:Mine'}\n",
        "run.yaml:1: module nope can't be imported: No module named 'nope': give an installed module, or file.py:Class",
    ),
    "no such class in a module": (
        "strategy: {class: 'strategies.weakness:WeaknesHedge'}\n",
        "run.yaml:1: strategies.weakness has no class WeaknesHedge, did you mean WeaknessHedge?",
    ),
    "mistyped parameter": (
        "strategy:\n  params:\n    trend_day: 3\n",
        "run.yaml:3: WeaknessHedge has no parameter trend_day, did you mean trend_days?",
    ),
    "parameter out of range": (
        "strategy: {params: {trend_days: 1}}\n",
        f"run.yaml:1: WeaknessHedge: trend_days has to be {DAYS}, not 1",
    ),
    "parameter of the wrong type": (
        "strategy: {params: {trend_days: long}}\n",
        f"run.yaml:1: WeaknessHedge: trend_days has to be {DAYS}, not 'long'",
    ),
    "parameter of NaN": (
        "strategy: {params: {volatility_floor: .nan}}\n",
        "run.yaml:1: WeaknessHedge: volatility_floor has to be a number from 0 to 10, not nan",
    ),
    "parameters that are a list": (
        "strategy: {params: [1]}\n",
        "run.yaml:1: strategy.params has to hold keys and values, not [1]",
    ),
}

SETTINGS = {
    "weight": "--set weight: write key=value, such as hedge.weight=0.1",
    "=3": "--set =3: write key=value, such as hedge.weight=0.1",
    "hedge..weight=3": "--set hedge..weight=3: write key=value, such as hedge.weight=0.1",
    "hedge.weigth=0.1": "--set hedge.weigth=0.1: hedge.weigth is unknown, did you mean weight?",
    "polcy.exit=0.1": "--set polcy.exit=0.1: polcy is unknown, did you mean policy?",
    "hedge.weight=": f"--set hedge.weight=: hedge.weight has to be {SHARE}, not null",
    "hedge.weight=[": f"--set hedge.weight=[: is no YAML: ...: {ADVICE}",
    "hedge.weight=!x 1": "--set hedge.weight=!x 1: the tag in !x 1 is refused: write plain values",
    "end=2020-13-01": "--set end=2020-13-01: 2020-13-01 can't be read: ...",
    "hedge=3": "--set hedge=3: hedge has to hold keys and values, not 3",
    "name.x=3": "--set name.x=3: name is a value, it holds no keys",
    "name=../../x": f"--set name=../../x: {NAME}, not '../../x'",
    "trend_day=5": "--set trend_day=5: WeaknessHedge has no parameter trend_day, did you mean trend_days?",
    "trend_days=1": f"--set trend_days=1: WeaknessHedge: trend_days has to be {DAYS}, not 1",
    "zzz=1": "--set zzz=1: WeaknessHedge has no parameter zzz: it has trend_days, volatility_floor",
    "min_hold=5": "--set min_hold=5: WeaknessHedge has no parameter min_hold: write policy.min_hold in full",
    "portfolio.core={SOXS: 1}": (
        "--set portfolio.core={SOXS: 1}: hedge.instrument SOXS is in portfolio.core too: hold something else"
    ),
    "strategy.class=VolatilityHedg": (
        "--set strategy.class=VolatilityHedg: there is no strategy VolatilityHedg, did you mean VolatilityHedge?; "
        f"{OWN}"
    ),
}

HEAD = """\
from dataclasses import dataclass

import numpy as np

from backtest import CloseStrategy, Strategy, parameter

"""
STRATEGY = (
    HEAD
    + """\
@dataclass(frozen=True)
class Mine(Strategy):
    fall: float = parameter(0.1, at_least=0, at_most=1)

    def intensity(self, market):
        return {}
"""
)
CLOSE = (
    HEAD
    + """\
@dataclass
class Mine(CloseStrategy):
    def on_close(self, view, book):
        return {}
"""
)
GUEST = """\
import backtrader


class Mine(backtrader.Strategy):
    params = (("days", 3),)

    def next(self):
        {}
"""
QUIET = "np.zeros(len(market))"

CODE = {
    "syntax": (HEAD + "class Mine(Strategy):\nfall = 3\n", "run.yaml:2: mine.py:8: IndentationError: ..."),
    "not Python": (b"a = 1\n\x00", "run.yaml:2: mine.py: SyntaxError: ..."),
    "an import that fails": ("\nimport nope\n", "run.yaml:2: mine.py:2: ModuleNotFoundError: No module named 'nope'"),
    "raises when read": (
        "\nraise ValueError('two\\nlines')\n",
        "run.yaml:2: mine.py:2: ValueError: two lines",
    ),
    "leaves when read": ("raise SystemExit(3)\n", "run.yaml:2: mine.py:1: SystemExit: 3"),
    "no such class": (
        STRATEGY.format(QUIET).replace("Mine", "Mina"),
        "run.yaml:2: mine.py has no class Mine, did you mean Mina?",
    ),
    "no class": ("def Mine(): pass\n", "run.yaml:2: mine.py has no class Mine"),
    "no strategy": (
        "class Mine: pass\n",
        "run.yaml:2: Mine is no strategy: derive it from Strategy, CloseStrategy or backtrader.Strategy",
    ),
    "no dataclass": (
        STRATEGY.format(QUIET).replace("@dataclass(frozen=True)\n", ""),
        "run.yaml:2: Mine is no dataclass: put @dataclass(frozen=True) above it",
    ),
    "fields above which dataclass is missing": (
        "from strategies.weakness import WeaknessHedge\nclass Mine(WeaknessHedge):\n    days: int = 3\n",
        "run.yaml:2: Mine is no dataclass: put @dataclass(frozen=True) above it",
    ),
    "a type that isn't there": (
        "from __future__ import annotations\n" + STRATEGY.format(QUIET).replace(": float", ": Flaot"),
        "run.yaml:2: Mine: the type of a parameter can't be read: name 'Flaot' is not defined: import it",
    ),
    "a parameter without a value": (
        STRATEGY.format(QUIET).replace(" = parameter(0.1, at_least=0, at_most=1)", ""),
        "run.yaml:1: Mine needs the parameter fall: write it under strategy.params",
    ),
    "a parameter that YAML can't hold": (
        STRATEGY.format(QUIET).replace("float = parameter(0.1, at_least=0, at_most=1)", "object = np.inf.__class__"),
        "run.yaml:1: Mine: fall has to be what YAML can hold, not type",
    ),
    "raises when made": (
        STRATEGY.format(QUIET) + "\n    def __post_init__(self):\n        1 / 0\n",
        "run.yaml:1: Mine can't be made: mine.py:15: ZeroDivisionError: division by zero",
    ),
    "raises": (
        STRATEGY.format("1 / 0"),
        "Mine.intensity fails: mine.py:12: ZeroDivisionError: division by zero",
    ),
    "answers nothing": (STRATEGY.format("None"), "Mine.intensity has shape (): return one value a session, (2893,)"),
    "too few values": (STRATEGY.format("[0, 1]"), "Mine.intensity has shape (2,): return one value a session, (2893,)"),
    "two columns": (
        STRATEGY.format("np.zeros((len(market), 2))"),
        "Mine.intensity has shape (2893, 2): return one value a session, (2893,)",
    ),
    "above 1": (
        STRATEGY.format("np.full(len(market), 1.5)"),
        "Mine.intensity is 1.5 on 2009-01-02: return values between 0 and 1",
    ),
    "infinite": (
        STRATEGY.format("np.full(len(market), -np.inf)"),
        "Mine.intensity is -inf on 2009-01-02: return values between 0 and 1",
    ),
    "no numbers": (STRATEGY.format("['a'] * len(market)"), "Mine.intensity fails: mine.py: ValueError: ..."),
    "writes into history": (
        STRATEGY.format("market.close().fill(0)"),
        "Mine.intensity fails: mine.py:12: ValueError: assignment destination is read-only",
    ),
    "a series that isn't there": (STRATEGY.format("market.series('VXN')"), "demo market: no series of VXN...VIX3M"),
    "an instrument that isn't there": (STRATEGY.format("market.close('SMH')"), "demo market: no bars of SMH...XLV"),
    "weight of NaN": (
        CLOSE.format("float('nan')"),
        "Mine.on_close gives nan on 2020-01-02: return a weight from 0 to 0.5",
    ),
    "too much weight": (CLOSE.format("0.9"), "Mine.on_close gives 0.9 on 2020-01-02: return a weight from 0 to 0.5"),
    "weight of nothing": (CLOSE.format("None"), "Mine.on_close fails on 2020-01-02: mine.py: TypeError: ..."),
    "raises at a close": (
        CLOSE.format("[0, 0, 0][view.session]"),
        "Mine.on_close fails on 2020-01-07: mine.py:10: IndexError: list index out of range",
    ),
    "backtrader that raises": (GUEST.format("1 / 0"), "Mine fails: mine.py:8: ZeroDivisionError: division by zero"),
}

COMMAND_LINES = {
    "no such file": (["hedge_sox.yaml"], "hedge_sox.yaml: no such file, did you mean hedge_soxs.yaml?"),
    "no such file, nothing near": (["zzz.yml"], f"zzz.yml: no such file: these ship: {RUNS}"),
    "a folder for a file": (["afolder"], f"afolder: no such file: these ship: {RUNS}"),
    "no such data": (
        ["run.yaml", "--data", "/nowhere"],
        "/nowhere: no such folder: give --data, or data.path, a folder that holds bars/ and series/",
    ),
    "a file for data": (
        ["run.yaml", "--data", "run.yaml"],
        "{folder}/run.yaml: no such folder: give --data, or data.path, a folder that holds bars/ and series/",
    ),
    "data without bars": (
        ["run.yaml", "--data", "afolder"],
        "{folder}/afolder: has no folder bars/: put one file per instrument there, such as bars/SOXS.csv",
    ),
    "no such instrument": (
        ["run.yaml", "--data", "history", "--set", "hedge.instrument=SOXZ"],
        "{folder}/history/bars/SOXZ.csv: no such file, did you mean SOX...?: add it, or choose another folder ...",
    ),
    "history that begins late": (
        ["run.yaml", "--data", "history", "--start", "2015-01-02"],
        "SOXX begins 2019-09-03, after start 2015-01-02: set start to 2019-09-03 or later",
    ),
    "history that ends early": (
        ["run.yaml", "--data", "history", "--start", "2024-01-02", "--end", "2025-01-01"],
        "SOXX ends 2020-12-31, before start 2024-01-02: choose an earlier start or newer data",
    ),
    "rate that isn't known yet": (
        ["run.yaml", "--data", "history"],
        "series IRX has no value known by 2020-01-02: start at 2020-03-02 or later, or ...",
    ),
    "no such rate": (
        ["run.yaml", "--set", "execution.cash_rate=IRXX"],
        "demo market: no series of IRXX, did you mean IRX?: it has HY_SPREAD, IRX, SOXX_PE, TNX, VIX, VIX3M",
    ),
    "a row without a price": (
        ["run.yaml", "--data", "broken"],
        "bars/SOXS.csv:4: 2019-09-05: close is missing or not finite: fill it in, or delete the row",
    ),
    "a high below what traded": (
        ["run.yaml", "--data", "ranged"],
        (
            "SOXS 2020-03-02: high below...: backtest data check SOXS --data {folder}/ranged --repair ... "
            "--set data.accept=[SOXS-range]"
        ),
    ),
    "start that isn't a date": (
        ["run.yaml", "--start", "2020-1-2"],
        "--set start=2020-1-2: start has to be a date, YYYY-MM-DD, not '2020-1-2'",
    ),
    "end before start": (
        ["run.yaml", "--start", "2020-06-01", "--end", "2020-01-01"],
        "--set end=2020-01-01: end 2020-01-01 is not after start 2020-06-01",
    ),
    "a file for the output folder": (
        ["run.yaml", "--out", "run.yaml"],
        "run.yaml: can't be written: ...: choose another folder with --out",
    ),
    "output below a file": (
        ["run.yaml", "--out", "run.yaml/runs"],
        "run.yaml/runs: can't be written: ...: choose another folder with --out",
    ),
    "output that can't be made": (
        ["run.yaml", "--out", "/proc/runs"],
        "/proc/runs: can't be written: ...: choose another folder with --out",
    ),
    "a page that isn't drawn": (
        ["run.yaml", "--open"],
        "--open has no page to open: leave one of them in",
    ),
    "no such option": (["run.yaml", "--dta", "x"], "No such option: --dta ...--data...: see backtest run --help"),
    "an option without its value": (
        ["run.yaml", "--set"],
        "Option '--set' requires an argument: see backtest --help",
    ),
    "one argument too many": (
        ["run.yaml", "b.yaml"],
        "Got unexpected extra argument(s) (b.yaml): see backtest run --help",
    ),
}

SPOILED = {"broken": ("2019-09-05", 4, ""), "ranged": ("2020-03-02", 2, "17.3")}
"""Folders in which SOXS has other text on a date: its close, its high."""


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    return tmp_path


def refused(expected, *typed, folder):
    """Type a command; it has to answer with that line alone, and leave the folder as it was."""
    before = sorted(folder.rglob("*"))
    answer = command(*typed)
    line = re.escape(f"backtest: {expected}\n".replace("{folder}", str(folder))).replace(r"\.\.\.", ".*")
    assert (answer.status, answer.out) == (2, "")
    assert re.fullmatch(line, answer.err), answer.err
    assert sorted(folder.rglob("*")) == before


@pytest.mark.parametrize("case", YAML)
def test_a_broken_yaml(case, folder):
    text, expected = YAML[case]
    Path("run.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
    refused(expected, "run", "run.yaml", "--no-tearsheet", folder=folder)


@pytest.mark.parametrize("setting", SETTINGS)
def test_a_broken_setting(setting, folder):
    Path("run.yaml").write_text("name: a\n")
    refused(SETTINGS[setting], "run", "run.yaml", "--no-tearsheet", "--set", setting, folder=folder)


@pytest.mark.parametrize("case", CODE)
def test_a_broken_strategy(case, folder):
    code, expected = CODE[case]
    Path("mine.py").write_bytes(code if isinstance(code, bytes) else code.encode())
    Path("run.yaml").write_text("strategy:\n  class: mine.py:Mine\n")
    refused(expected, "run", "run.yaml", *SHORT, folder=folder)


@pytest.mark.parametrize("case", COMMAND_LINES)
def test_a_broken_command_line(case, folder):
    typed, expected = COMMAND_LINES[case]
    Path("run.yaml").write_text("name: a\n")
    Path("afolder").mkdir()
    if "history" in typed:
        write_history(Path("history"), "2019-09-01", "2020-12-31", rate_from="2020-03-01")
    for name in SPOILED.keys() & typed:
        date, column, text = SPOILED[name]
        bars = write_history(Path(name), "2019-09-01", "2020-12-31") / "bars" / "SOXS.csv"
        rows = [row.split(",") for row in bars.read_text().splitlines()]
        (row,) = (row for row in rows if row[0] == date)
        row[column] = text
        bars.write_text("\n".join(map(",".join, rows)))
    refused(expected, "run", *SHORT, *typed, folder=folder)


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        (["run"], "Missing argument 'file': see backtest run --help"),
        (["rum"], "No such command 'rum'. Did you mean 'run'?: see backtest --help"),
        (["quux"], "No such command 'quux': see backtest --help"),
        (["show", "hedge_sox.yaml"], "hedge_sox.yaml: no such file, did you mean hedge_soxs.yaml?"),
        (["validate", "hedge_soxs.yaml", "--set", "trend_days=1"], SETTINGS["trend_days=1"]),
        (
            ["validate", "hedge_soxs.yaml", "--data", "."],
            "{folder}: has no folder bars/: put one file per instrument there, such as bars/SOXS.csv",
        ),
        (["strategies", "Foo"], f"there is no strategy Foo: {SHIP}; {OWN}"),
        (["schema", "runs"], "there is no schema of runs: run or metrics"),
        (["init", "../x"], "'../x' can't be a name: small letters, digits and _, such as my_hedge"),
        (["init", "My-Hedge"], "'My-Hedge' can't be a name: small letters, digits and _, such as my_hedge"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_another_command_mistyped(typed, expected, folder):
    refused(expected, *typed, folder=folder)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is unwritable to root")
def test_an_output_folder_that_is_read_only(folder):
    Path("runs").mkdir(mode=0o555)
    expected = "runs: can't be written: Permission denied: choose another folder with --out"
    refused(expected, "run", "hedge_soxs.yaml", *SHORT, folder=folder)


def test_a_runs_metrics_that_somebody_broke(folder):
    broken = Path("runs/a-0123456789/metrics.json")
    broken.parent.mkdir(parents=True)
    broken.write_text("{")
    answer = command("runs")
    assert answer.status == 0  # it is named, and the rest is listed
    assert re.fullmatch(rf"{re.escape(str(broken))}: is not as a run wrote it: .*: remove its folder\n", answer.err)


def test_no_code_of_a_yaml_has_run_in_any_case(folder):
    for text, _expected in YAML.values():
        Path("run.yaml").write_bytes(text if isinstance(text, bytes) else text.encode())
        command("validate", "run.yaml")
    assert not Path("pwned").exists()


@pytest.mark.parametrize(
    "typed",
    [
        ("run", "hedge_soxs.yaml", "--out", "o\udcff"),
        ("run", "f\udcff.yaml"),
        ("compare", "r\udcff"),
        ("data", "import", "d\udcff.csv"),
        ("show", "hedge_soxs.yaml", "--set", "name=\udcff"),
        ("show", "hedge_soxs.yaml", "--data", "\udcff"),
    ],
    ids=ascii,
)
def test_what_is_not_utf8_is_refused_in_one_line(typed, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = command(*typed)

    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith("backtest: '")
    assert "\\udcff" in answer.err
    assert answer.err.endswith(" is not UTF-8: rename the file or folder, or type it again\n")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("option", ["--set", "--start", "--param"])
def test_a_number_of_thousands_of_digits_is_one_short_line(option):
    for value in ("9" * 5000, f"hedge.weight={'9' * 5000}", f"hedge.weight=0x{'f' * 5000}", f"{'9' * 5000}=1"):
        answer = command("sweep" if option == "--param" else "show", "hedge_soxs.yaml", option, value)

        assert (answer.status, answer.out) == (2, "")
        assert len(answer.err.splitlines()) == 1
        assert len(answer.err) < 2_100

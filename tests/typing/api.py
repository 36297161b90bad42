"""What the Python API's types promise: `make lint` has mypy check it; nothing here is run."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import Any, assert_type

import numpy as np
import pandas as pd

import backtest
from backtest.studying import Studied
from data.arrays import Floats
from data.market import Market
from engine.analytics.controls import Control
from engine.analytics.evaluate import Evaluation
from engine.config import RunConfig
from engine.inspection.session import Day
from engine.inspection.signal import LiveSignal
from engine.kernel.loop import Ledger
from engine.research.frontier import ProtectionFrontier
from engine.research.search.run import SearchResult
from engine.research.walkforward.kept import WalkForward
from engine.runs.run import Run
from engine.stress.results import Stress
from engine.validation.proof import Proof
from reports.comparison import Comparison


def configs() -> None:
    assert_type(backtest.load_config("hedge_soxs.yaml"), RunConfig)
    assert_type(backtest.load_config(Path("mine.yaml"), ["hedge.weight=0.1"], data="history"), RunConfig)
    assert_type(backtest.load_market("hedge_soxs.yaml"), Market)
    assert_type(backtest.__version__, str)


def runs(config: RunConfig) -> None:
    result = backtest.run(config)
    assert_type(result, Run)
    assert_type(backtest.run("hedge_soxs.yaml", engine="compiled"), Run)
    assert_type(backtest.run({"start": dt.date(2019, 1, 2), "hedge": {"weight": np.float64(0.1)}}), Run)
    assert_type(result.hedged, Ledger)
    assert_type(result.hedged.equity, Floats)
    assert_type(result.controls["unhedged"], Control)
    assert_type(result.evaluation, Evaluation | None)
    assert_type(result.metrics, "pd.Series[Any]")
    assert_type(result.figures, dict[str, Any])
    assert_type(backtest.write_run(result, "runs", report=False), Path)
    backtest.run(5)  # type: ignore[arg-type]


def sweeps() -> None:
    grid = {"trend_days": range(10, 201, 10), "hedge.weight": np.arange(0.1, 0.3, 0.1)}
    assert_type(backtest.sweep("hedge_soxs.yaml", grid), pd.DataFrame)
    backtest.sweep(Path("mine.yaml"), workers=2, out="sweeps", progress=True)
    backtest.sweep("hedge_soxs.yaml", [10, 20])  # type: ignore[arg-type]
    backtest.sweep("hedge_soxs.yaml", {}, workers="two")  # type: ignore[arg-type]


class Mine(backtest.Strategy):
    def intensity(self, market: Market) -> Floats:
        return np.ones(len(market))


class AtTheClose(backtest.CloseStrategy):
    def on_close(self, view: backtest.View, book: backtest.Book) -> float:
        return 0.1 if view.session else 0.0


def answers(result: Run) -> None:
    assert_type(result.equity, pd.DataFrame)
    assert_type(backtest.load_run("hedge_soxs"), Run)
    assert_type(backtest.signal("hedge_soxs.yaml"), LiveSignal)
    assert_type(backtest.study("hedge_soxs.yaml"), Studied)
    assert_type(backtest.explain("hedge_soxs.yaml", dt.date(2020, 3, 16)), Day)
    assert_type(backtest.lookahead("hedge_soxs.yaml"), Proof)
    assert_type(backtest.frontier(["hedge_soxs.yaml"], ways=["cash"]), ProtectionFrontier)
    assert_type(backtest.compare(["hedge_soxs.yaml", result]), tuple[Comparison, Path])
    assert_type(backtest.walkforward("hedge_soxs.yaml", {"hedge.weight": [0.1, 0.2]}), WalkForward)
    assert_type(backtest.search("hedge_soxs.yaml", {"hedge.weight": "0.05:0.3:0.05"}, trials=4), SearchResult)
    assert_type(backtest.stress("hedge_soxs.yaml", ["2008-11"], paths=0), Stress)
    backtest.stress("hedge_soxs.yaml", [backtest.scenario("mine", {"SOXX": pd.DataFrame()})])
    backtest.signal("hedge_soxs.yaml", equity="much")  # type: ignore[arg-type]

"""The three executions by name: equal on every shipped run, and refusing what they can't run."""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from history import FOLDER, needs_history

from backtest import load_config, run
from data.errors import UserError
from data.sources import BARS
from data.sources.csv import CsvSource
from data.sources.wrapped import Wrapped
from engine.kernel.loop import run_policy
from engine.loading import build_config
from engine.validation.parity import compare, parity

SHIPPED = tuple(f"hedge_soxs{kind}.yaml" for kind in ("", "_volatility", "_article"))
MIXED = {
    "cash": [{"kind": "cash", "weight": 1.0}],
    "short": [{"kind": "short", "weight": 0.3}],
    "collar": [{"kind": "option", "option": {"structure": "collar"}, "rebalance": "monthly"}],
    "four": [
        {"weight": 0.1, "commission_bps": 5.0},
        {"weight": 0.05, "rebalance": "daily", "strategy": {"class": "VolatilityHedge"}},
        {"kind": "asset", "instrument": "XLU", "weight": 0.2, "rebalance": "band"},
        {"kind": "option", "cover": 0.5, "policy": {"enter": 0.1, "exit": 0.1}},
    ],
}
CLOSING = """
from dataclasses import dataclass
from data.sources import BARS
from backtest import CloseStrategy

@dataclass
class Closing(CloseStrategy):
    def on_close(self, view, book):
        return 0.1 if view.session % 20 > 10 else 0.0
"""


@needs_history
@pytest.mark.parametrize("name", SHIPPED)
def test_a_shipped_run_is_the_same_in_all_three_on_real_history(name):
    rows = parity(load_config(name, ["end=2026-08-21"], FOLDER))

    assert [row.engine for row in rows] == ["python", "compiled", "backtrader"]
    assert all(row.parts is None and row.largest < 1e-9 for row in rows)
    assert len({row.fills for row in rows}) == 1
    assert rows[0].fills > 40


@needs_history
@pytest.mark.parametrize("hedges", MIXED.values(), ids=MIXED)
def test_hedges_of_every_kind_are_the_same_in_all_three_on_real_history(hedges):
    span = {"start": "2018-06-01", "end": "2020-12-31", "data": {"source": "csv", "path": str(FOLDER)}}

    rows = parity(build_config(span | {"hedges": hedges}))

    assert [row.engine for row in rows] == ["python", "compiled", "backtrader"]
    assert all(row.parts is None and row.largest < 1e-12 for row in rows)
    assert len({row.fills for row in rows}) == 1
    assert rows[0].fills > 40


@pytest.fixture
def short():
    return load_config("hedge_soxs.yaml", ["start=2019-01-02", "end=2019-12-31"])


def test_metrics_do_not_depend_on_the_engine(short):
    runs = [run(short, engine=engine).figures for engine in ("backtrader", "compiled", "python")]

    for metrics in runs[1:]:
        assert metrics["final_equity"] == pytest.approx(runs[0]["final_equity"], rel=1e-12)
        assert metrics["fills"] == runs[0]["fills"]


def test_a_difference_is_found_with_its_first_session(short):
    setup = run(short, engine="python").setup
    plain = run_policy(setup.prices, setup.terms, setup.plan)
    other = plain._replace(equity=plain.equity.copy(), traded=plain.traded.copy())
    other.equity[100:] *= 1.0 + 1e-6

    row = compare("another", setup, plain, other)
    assert row.parts == str(setup.market.run_sessions[100])
    assert row.largest == pytest.approx(1e-6)

    other.traded[50, 0] = 1.0
    assert compare("another", setup, plain, other).parts == str(setup.market.run_sessions[50])


def test_an_on_close_strategy_runs_in_two_and_is_refused_by_the_third(tmp_path, monkeypatch):
    (tmp_path / "closing.py").write_text(CLOSING)
    monkeypatch.chdir(tmp_path)
    config = load_config("hedge_soxs.yaml", ["start=2019-01-02", "end=2019-12-31", "strategy.class=closing.py:Closing"])

    rows = parity(config)

    assert [row.engine for row in rows] == ["python", "backtrader"]
    assert all(row.parts is None for row in rows)
    with pytest.raises(UserError, match="--engine compiled can't run it, python can"):
        run(config, engine="compiled")


def test_a_backtrader_strategy_is_refused_by_the_others(tmp_path, monkeypatch):
    (tmp_path / "mine.py").write_text("import backtrader as bt\n\nclass Mine(bt.Strategy):\n    pass\n")
    monkeypatch.chdir(tmp_path)
    config = load_config("hedge_soxs.yaml", ["start=2019-01-02", "end=2019-12-31", "strategy.class=mine.py:Mine"])

    with pytest.raises(UserError, match="--engine python can't run it, backtrader can"):
        run(config, engine="python")
    with pytest.raises(UserError, match="backtrader alone can run it"):
        parity(config)


def test_an_unknown_engine_is_refused(short):
    with pytest.raises(UserError, match="there is no engine backtrade, did you mean backtrader"):
        run(short, engine="backtrade")


@needs_history
@pytest.mark.parametrize("engine", ["backtrader", "compiled", "python"])
def test_split_events_are_worth_what_a_rescaled_history_is(engine):
    """SOXS with its ten reverse splits as events, and the same put into the last session's shares."""
    config = load_config("hedge_soxs.yaml", ["end=2026-08-21", "controls=off"], FOLDER)

    as_traded = run(config, engine=engine)
    rescaled = run(config, source=Rescaled(CsvSource(FOLDER)), engine=engine)

    assert (rescaled.market.bars("SOXS").split == 1).all()
    assert rescaled.market.bars("SOXS").close[rescaled.market.first] > 1e9
    np.testing.assert_allclose(rescaled.hedged.equity, as_traded.hedged.equity, rtol=1e-9)
    assert rescaled.figures["fills"] == as_traded.figures["fills"] == 732


@dataclass(frozen=True)
class Rescaled(Wrapped):
    """A source whose prices are in the last session's shares, as vendors have them."""

    def read(self, kind, name):
        bars = self.source.read(kind, name)
        if kind != BARS:
            return bars
        later = np.append(np.cumprod(bars.split[:0:-1])[::-1], 1.0)  # the splits after each session
        prices = {name: getattr(bars, name) / later for name in ("open", "high", "low", "close", "dividend")}
        return replace(bars, **prices, split=np.ones(len(bars)))

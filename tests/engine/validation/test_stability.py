"""The lag table: its own figure is the run's, of every kind of strategy; late is what trades a session later."""

import backtrader as bt
import numpy as np
import pytest
from leaks import write_strategy
from worlds import configured, laid_out, source

from engine.analytics.derisk import sold_daily
from engine.backtrader_engine.execute import run_backtrader_strategy
from engine.runs.execute import run
from engine.setup import run_beta
from engine.validation.prove import prove
from engine.validation.stability import filled_later

FED = source(8, 60)

TIMED = """
@dataclass(frozen=True)
class Timed(Strategy):
    def intensity(self, market):
        return (market.total_return() < pd.Series(market.total_return()).rolling(5, 1).mean()).astype(float).to_numpy()
"""
WEIGHED = """
@dataclass
class Timed(CloseStrategy):
    def on_close(self, view, book):
        return 0.2 if view.total_return()[-1] < view.total_return()[-5:].mean() else 0.0
"""
CORE_ONLY = """
import backtrader as bt


class Timed(bt.Strategy):
    def next(self):
        self.order_target_percent(self.datas[0], 0.0 if len(self) % 9 < 4 else 0.9)
"""
SHORT_TOO = """
import backtrader as bt


class Timed(bt.Strategy):
    def next(self):
        self.order_target_percent(self.datas[0], -0.3 if len(self) % 7 < 3 else 0.6)
        self.order_target_percent(self.datas[-1], 0.2 if len(self) % 5 < 2 else 0.0)
"""


@pytest.mark.parametrize("shares", ["fractional", "whole"])
@pytest.mark.parametrize("rebalance", ["never", "weekly"])
@pytest.mark.parametrize("text", [TIMED, WEIGHED, CORE_ONLY, SHORT_TOO])
def test_its_own_figures_are_the_runs(tmp_path, text, rebalance, shares):
    core = {"portfolio.core": {"AAA": 0.6, "BBB": 0.4}, "portfolio.rebalance": rebalance}
    rate = {"execution.cash_rate": 0.04, "execution.slippage_bps": 20.0, "execution.shares": shares}
    config = configured({"strategy.class": write_strategy(tmp_path, "Timed", text), "controls": "off"} | core | rate)
    (check,) = [one for one in prove(config, FED, 2).checks if one.name == "lag"]
    ran = run(config, FED)
    now, late = check.details["as_it_is"], check.details["a_session_late"]
    assert now["final_equity"] == pytest.approx(ran.figures["final_equity"], rel=1e-9)
    assert now["cagr"] == pytest.approx(ran.figures["cagr"], rel=1e-9)
    derisk = sold_daily(ran.setup, ran.hedged, run_beta(config, ran.market)).ledger
    growth = (derisk.equity[-1] / derisk.equity[0]) ** (ran.market.sessions_a_year / (len(derisk.equity) - 1)) - 1
    assert now["against_derisk"] == pytest.approx(ran.figures["cagr"] - growth, rel=1e-6)
    assert late["final_equity"] != pytest.approx(now["final_equity"], rel=1e-6)


COUNTED = """
@dataclass
class Timed(CloseStrategy):
    shift: int = 0
    late: int = 0
    closes: int = 0

    def on_close(self, view, book):
        self.closes += 1
        asked = self.closes - self.late
        return 0.2 if asked > 0 and (asked + self.shift) % 5 < 2 else 0.0
"""


@pytest.mark.parametrize(("shift", "core"), [(1, {"AAA": 0.6, "BBB": 0.4}), (4, {"AAA": 1.0})])
def test_late_is_the_book_of_weights_that_are_given_a_session_later(tmp_path, shift, core):
    """Off at the first close or on: of two holdings one more order there would put them back to their weights."""
    core = {"portfolio.core": core, "hedge.rebalance": "never", "controls": "off"}
    named = {"strategy.class": write_strategy(tmp_path, "Timed", COUNTED)} | core
    config, late = (configured(named | {"strategy.params": {"shift": shift, "late": by}}) for by in (0, 1))
    (check,) = [one for one in prove(config, FED, 2).checks if one.name == "lag"]
    ran = run(config, FED)

    assert (ran.hedged.hedges[0, -1] > 0.0) == (shift == 4)
    assert check.details["a_session_late"]["final_equity"] == pytest.approx(
        run(late, FED).figures["final_equity"], rel=1e-12
    )


class Both(bt.Strategy):
    """Trades core and hedge every few sessions, a session late if told so."""

    params = (("late", 0),)

    def next(self):
        t = len(self) - 1 - self.p.late
        if t % 4 == 0:
            self.buy(self.datas[0], size=10)
            self.buy(self.datas[-1], size=3)
        if t > 0 and t % 6 == 5:
            self.sell(self.datas[0], size=7)


def test_late_is_the_same_shares_a_session_later():
    """A strategy that gives the same orders a session later makes the book that is told as late."""
    setup = laid_out({"execution.cash_rate": 0.03}, source(4, 50, events=False, missing=False))
    ours, theirs = (run_backtrader_strategy(setup, Both, {"late": late})[0] for late in (0, 1))
    np.testing.assert_allclose(filled_later(setup, ours).equity, theirs.equity, rtol=1e-12)
    again = filled_later(setup, ours, 0)
    np.testing.assert_allclose(again.equity, ours.equity, rtol=1e-12)


def test_shares_that_are_bought_late_have_been_split_meanwhile():
    setup = laid_out({}, source(4, 50))
    ours = run_backtrader_strategy(setup, Both, {})[0]
    again = filled_later(setup, ours, 0)
    np.testing.assert_allclose(again.equity, ours.equity, rtol=1e-12)
    late = filled_later(setup, ours)
    t = int(np.flatnonzero((setup.prices.split[1:] != 1.0) & (ours.traded[:-1] != 0.0))[0] // ours.traded.shape[1])
    np.testing.assert_allclose(late.traded[t + 1], ours.traded[t] * setup.prices.split[t + 1])

"""Metrics against other people's libraries, and against arithmetic where those define them otherwise."""

import empyrical
import numpy as np
import pytest
from worlds import laid_out, source

from data.calendar import sessions_a_year
from engine.analytics.measure import metrics_of
from engine.analytics.metrics import (
    annual,
    cvar,
    drawdowns,
    mean_cash_return,
    returns_of,
    trades_of,
)
from engine.kernel.loop import empty_ledger, run_policy

KEYS = {"hedge.rebalance": "weekly", "execution.cash_rate": 0.03, "portfolio.dividends": "cash"}


def measured(keys=None, seed=3):
    setup = laid_out(KEYS | (keys or {}), source(seed))
    ledger = run_policy(setup.prices, setup.terms, setup.plan)
    return setup, ledger, of(setup, ledger)


def of(setup, ledger):
    trades = trades_of(ledger.traded, setup.prices.fill, setup.terms)
    return metrics_of(ledger, setup.terms.cash_accrual, setup.market.run_sessions, trades, setup.legs.firsts)


def a_year(setup):
    """Return how many sessions make a year there: those worlds lack some."""
    return sessions_a_year(setup.market.run_sessions)


def test_growth_volatility_and_tail_agree_with_empyrical():
    setup, ledger, figures = measured()
    returns = returns_of(ledger.equity)

    assert figures["cagr"] == pytest.approx(empyrical.cagr(returns, annualization=a_year(setup)))
    assert figures["total_return"] == pytest.approx(empyrical.cum_returns_final(returns))
    assert figures["volatility"] == pytest.approx(empyrical.annual_volatility(returns, annualization=a_year(setup)))
    assert figures["max_drawdown"] == pytest.approx(empyrical.max_drawdown(returns))
    assert figures["calmar"] == pytest.approx(empyrical.calmar_ratio(returns, annualization=a_year(setup)))
    assert figures["cvar_95"] == pytest.approx(empyrical.conditional_value_at_risk(returns))


def test_sharpe_and_sortino_agree_with_empyrical_over_the_mean_cash_return():
    setup, ledger, figures = measured()
    returns, cash = returns_of(ledger.equity), mean_cash_return(setup.terms.cash_accrual, ledger.last)

    assert cash > 0
    assert figures["sharpe"] == pytest.approx(
        empyrical.sharpe_ratio(returns, risk_free=cash, annualization=a_year(setup))
    )
    assert figures["sortino"] == pytest.approx(
        empyrical.sortino_ratio(returns, required_return=cash, annualization=a_year(setup))
    )
    assert (1 + annual(cash)) ** (1 / 252) - 1 == pytest.approx(cash)


def test_quantstats_shows_the_same_sharpe_when_it_is_handed_the_same_rate():
    import pandas as pd
    import quantstats.stats as qs

    setup, ledger, figures = measured()
    returns = pd.Series(returns_of(ledger.equity), setup.market.run_sessions[1:])
    rate = annual(mean_cash_return(setup.terms.cash_accrual, ledger.last), a_year(setup))

    assert qs.sharpe(returns, rf=rate, periods=a_year(setup)) == pytest.approx(figures["sharpe"])
    assert qs.sortino(returns, rf=rate, periods=a_year(setup)) == pytest.approx(figures["sortino"])


def test_counts_and_dollars_by_counting():
    setup, ledger, figures = measured()
    bought = (np.abs(ledger.traded) * setup.prices.fill).sum()
    years = (len(ledger.equity) - 1) / a_year(setup)

    assert figures["fills"] == sum(1 for row in ledger.traded for shares in row if shares)
    assert figures["sessions_hedged"] == sum(1 for row in ledger.shares if row[-1])
    assert figures["turnover"] == pytest.approx(bought / ledger.equity.mean() / years)
    assert figures["costs"] == pytest.approx(3e-4 * bought, rel=1e-3)  # 1 bp and 2 bps of what was traded
    assert figures["sessions"] == len(setup.market.run_sessions)


def test_the_starting_cash_is_a_peak():
    assert drawdowns(np.array([100.0, 90.0, 95.0])).tolist() == [0.0, pytest.approx(-0.1), pytest.approx(-0.05)]


def test_cvar_is_the_mean_of_the_lowest_twentieth():
    returns = np.arange(41) / 100.0 - 0.2

    assert cvar(returns) == pytest.approx((-0.2 - 0.19 - 0.18) / 3)


def test_a_book_that_stands_still_has_no_ratios_and_no_nan():
    setup = laid_out({"execution.cash_rate": 0.0}, source(3))
    still = empty_ledger(*setup.prices.close.shape)
    still.equity[:] = 100.0

    figures = of(setup, still)

    assert figures["sharpe"] is None
    assert figures["sortino"] is None
    assert figures["calmar"] is None
    assert figures["volatility"] == 0.0
    assert figures["max_drawdown"] == 0.0


def test_a_ruined_book_is_measured_to_its_ruin():
    setup = laid_out({}, source(3))
    ruined = empty_ledger(*setup.prices.close.shape)._replace(last=2)
    ruined.equity[:3] = [100.0, 50.0, -10.0]

    figures = of(setup, ruined)

    assert figures["sessions"] == 3
    assert figures["last"] == str(setup.market.run_sessions[2])
    assert figures["cagr"] == -1.0
    assert figures["max_drawdown"] == pytest.approx(-1.1)

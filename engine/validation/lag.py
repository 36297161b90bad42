"""What it costs when every signal comes a session late."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.arrays import Dates
from data.calendar import sessions_a_year
from engine.analytics.derisk import sold_daily
from engine.config import RunConfig
from engine.kernel.loop import Ledger, replay, run_policy
from engine.rules import open_session, settle
from engine.setup import Setup, prepare, run_beta
from engine.validation.probe import Bench, Output
from engine.validation.proof import Check


def lag_check(bench: Bench, whole: Output) -> Check:
    """Show the run's book, and the same with every signal a session late, both against selling daily.

    An intensity is moved by a session before the policy reads it; of a strategy that is asked at every close the
    orders are. Of somebody's own backtrader.Strategy every fill is: its shares, of the core too, are bought and sold
    a session later at that one's prices.
    """
    config, market = bench.config, bench.market
    if whole.ledger is None and "intensity" not in whole.columns:
        return Check("lag", "skipped", "it fails at the last close, so there is no book to be late")
    if whole.ledger is None:
        signal = whole.columns["intensity"].values
        late = np.concatenate(([0.0], signal[:-1]))
        books = [_on_signal(config, bench, one) for one in (signal, late)]
    elif "weight" in whole.columns:
        orders = (whole.ledger, _later(bench.setup, whole.ledger))
        books = [(bench.setup, replay(bench.setup.prices, bench.setup.terms, one)) for one in orders]
    else:
        books = [(bench.setup, one) for one in (whole.ledger, filled_later(bench.setup, whole.ledger))]
    beta = run_beta(config, market)
    now, then = (_figures(setup, ledger, beta) for setup, ledger in books)
    sentence = (
        f"a session late the hedged book makes {then['cagr']:.2%} a year instead of {now['cagr']:.2%}, "
        f"${then['final_equity']:,.0f} instead of ${now['final_equity']:,.0f}; against selling daily "
        f"{then['against_derisk']:+.2%} a year instead of {now['against_derisk']:+.2%}"
    )
    return Check("lag", "told", sentence, {"as_it_is": now, "a_session_late": then})


def _on_signal(config: RunConfig, bench: Bench, signal: Any) -> tuple[Setup, Ledger]:
    setup = prepare(config, bench.market, signal)
    return setup, run_policy(setup.prices, setup.terms, setup.plan)


def _later(setup: Setup, ledger: Ledger) -> Ledger:
    """Return a ledger's orders a session later; at the first close the core is bought without a hedge."""
    moved = {name: np.roll(getattr(ledger, name), 1) for name in ("ordered", "core", "hedge", "restate")}
    moved["ordered"][0], moved["restate"][0] = True, True
    moved["core"][0], moved["hedge"][0] = setup.plan.unhedged_core, 0.0
    if len(moved["ordered"]) > 1 and ledger.hedge[0] == 0.0:  # that order was met already
        moved["ordered"][1] = False
    return ledger._replace(**moved)


def filled_later(setup: Setup, ledger: Ledger, sessions: int = 1) -> Ledger:
    """Return the book that buys and sells what somebody's own backtrader.Strategy did, so many sessions later each.

    Shares are as many as they have become by splits meanwhile; cash that lacks is owed for.
    """
    from engine.backtrader_engine.record import ledger_of

    prices, terms = setup.prices, setup.terms
    cash, shares, traded = np.zeros_like(ledger.cash), np.zeros_like(ledger.shares), np.zeros_like(ledger.traded)
    cash[0] = terms.cash
    for t in range(1, len(cash)):
        shares[t] = shares[t - 1]
        cash[t] = open_session(prices, terms, t, cash[t - 1], shares[t])
        if t >= sessions:
            become = prices.split[t - sessions + 1 : t + 1].prod(axis=0)
            traded[t] = ledger.traded[t - sessions] * become
            cash[t] = settle(terms, prices.fill[t], cash[t], shares[t], traded[t])
    return ledger_of(setup, cash, shares, traded)


def _figures(setup: Setup, ledger: Ledger, beta: Any) -> dict[str, float]:
    derisk = sold_daily(setup, ledger, beta).ledger
    sessions = setup.market.run_sessions
    made = _cagr(ledger, sessions)
    return {
        "cagr": made,
        "final_equity": float(ledger.equity[ledger.last]),
        "against_derisk": made - _cagr(derisk, sessions),
    }


def _cagr(ledger: Ledger, sessions: Dates) -> float:
    growth = float(ledger.equity[ledger.last] / ledger.equity[0])
    a_year = sessions_a_year(sessions[: ledger.last + 1])
    return growth ** (a_year / ledger.last) - 1.0 if growth > 0.0 else -1.0

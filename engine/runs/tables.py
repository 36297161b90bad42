"""A run's tables, computed from what was executed; and ledgers from their table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from data.arrays import Dates, Floats
from engine.analytics.answer.timing import Shifts
from engine.analytics.attribution import SLEEVE, Attribution
from engine.analytics.carino import linking
from engine.analytics.episodes import episodes_of
from engine.kernel.loop import Ledger, empty_ledger, ended
from engine.rules import costs_of
from engine.runs.schema import Columns
from engine.setup import Setup
from strategies.policy import REASONS


def equity_table(setup: Setup, books: Mapping[str, Ledger], intensity: Floats) -> Columns:
    """Return a row a session: the books' equity in dollars, the hedged book's parts, the signal, what was ordered."""
    hedged, legs, own = books["hedged"], setup.legs, list(setup.legs.firsts)
    worth = hedged.shares * setup.prices.spot / np.where(hedged.equity > 0, hedged.equity, np.nan)[:, None]
    columns = {
        "date": setup.market.run_sessions,
        **{name: book.equity for name, book in books.items()},
        "cash": hedged.cash,
        "core_weight": worth[:, legs.of_core].sum(axis=1),
        "hedge_weight": worth[:, legs.of_hedges][:, own].sum(axis=1),
        "intensity": intensity,
        "ordered": hedged.ordered,
        "ordered_core": hedged.core,
        "ordered_hedge": hedged.hedges[:, own].sum(axis=1),
        **_of_several(setup, "weight", worth[:, legs.of_hedges]),
        **_of_several(setup, "ordered", hedged.hedges),
        "cash_yield": setup.cash_yield,
        "synthetic": setup.market.synthetic_sessions(),
    }
    return {name: column[: hedged.last + 1] for name, column in columns.items()}


def _of_several(setup: Setup, what: str, values: npt.NDArray[Any]) -> Columns:
    """Return a column a hedge where there are several, such as ``SOXS weight``."""
    labels = setup.legs.labels
    return {f"{label} {what}": values[:, k] for k, label in enumerate(labels)} if len(labels) > 1 else {}


def ledger_table(setup: Setup, books: Mapping[str, Ledger]) -> Columns:
    """Return a row a book and session, to the last one with a book."""
    return _stacked({name: _ledger_columns(setup, book) for name, book in books.items()})


def _ledger_columns(setup: Setup, book: Ledger) -> Columns:
    actions = np.array(REASONS)[book.actions]
    columns = {
        "date": setup.market.run_sessions,
        "equity": book.equity,
        "cash": book.cash,
        "ordered": book.ordered,
        "core": book.core,
        "hedge": book.hedges[:, list(setup.legs.firsts)].sum(axis=1),
        "restate": book.restate,
        "action": actions[:, 0],
        **_of_several(setup, "hedge", book.hedges),
        **_of_several(setup, "action", actions),
        **{f"{name} shares": column for name, column in zip(setup.legs.columns, book.shares.T, strict=True)},
        **{f"{name} traded": column for name, column in zip(setup.legs.columns, book.traded.T, strict=True)},
    }
    return {name: column[: book.last + 1] for name, column in columns.items()}


def ledgers_of(table: Columns) -> dict[str, Ledger]:
    """Return the ledgers of a `ledger_table`, by the books' names: all as long as the longest, with 0 after a ruin."""
    starts = np.flatnonzero(np.concatenate(([True], table["book"][1:] != table["book"][:-1])))
    ends = [*starts[1:], len(table["book"])]
    sessions = int(np.diff([*starts, len(table["book"])]).max())
    return {
        str(table["book"][start]): _ledger({name: column[start:end] for name, column in table.items()}, sessions)
        for start, end in zip(starts, ends, strict=True)
    }


def _ledger(columns: Columns, sessions: int) -> Ledger:
    shares, traded = (
        np.column_stack([column for name, column in columns.items() if name.endswith(f" {part}")])
        for part in ("shares", "traded")
    )
    hedges = _one_or_several(columns, "hedge")
    actions = np.vectorize({reason: number for number, reason in enumerate(REASONS)}.get, otypes=[np.int64])(
        _one_or_several(columns, "action")
    )
    kept = {name: columns[name] for name in ("equity", "cash", "ordered", "core", "restate")}
    kept |= {"shares": shares, "traded": traded, "hedges": hedges, "actions": actions}
    ledger = empty_ledger(sessions, shares.shape[1], hedges.shape[1])
    for name, values in kept.items():
        getattr(ledger, name)[: len(values)] = values
    return ended(ledger, len(actions) - 1)


def _one_or_several(columns: Columns, what: str) -> npt.NDArray[Any]:
    """Return what each hedge has a column of, shape (rows, hedges): one column where there is one hedge."""
    several = [column for name, column in columns.items() if name.endswith(f" {what}")]
    return np.column_stack(several or [columns[what]])


def fills_table(setup: Setup, books: Mapping[str, Ledger]) -> Columns:
    """Return a row a fill of every book."""
    return _stacked({name: fills_of(setup, book) for name, book in books.items()})


def fills_of(setup: Setup, ledger: Ledger) -> Columns:
    """Return a row a fill: decided and filled dates, instrument, side, shares, price, value and costs in dollars."""
    sessions, names = setup.market.run_sessions, np.array(setup.legs.names)
    commission, slippage = costs_of(setup.terms, setup.prices.fill, ledger.traded)
    filled, column = np.nonzero(ledger.traded)
    price, shares = setup.prices.fill[filled, column], ledger.traded[filled, column]
    return {
        "decided": sessions[filled - 1],
        "filled": sessions[filled],
        "instrument": names[column],
        "side": np.where(shares > 0, "buy", "sell"),
        "shares": np.abs(shares),
        "price": price,
        "value": np.abs(shares) * price,
        "commission": commission[filled, column],
        "slippage": slippage[filled, column],
    }


def _stacked(tables: Mapping[str, Columns]) -> Columns:
    """Return tables one below another, with the name of each beside its rows."""
    names, parts = list(tables), list(tables.values())
    lengths = [len(next(iter(part.values()))) for part in parts]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return {"book": np.repeat(names, lengths), **columns}


def attribution_table(sessions: Dates, attribution: Attribution) -> Columns:
    """Return a row a session: dollars by column, and what each contributed to the total return, linked."""
    link = linking(attribution.equity, attribution.last)
    columns = {
        "date": sessions,
        **attribution.dollars,
        **{f"{name}_linked": dollars * link for name, dollars in attribution.dollars.items()},
    }
    return {name: column[: attribution.last + 1] for name, column in columns.items()}


def hedges_table(setup: Setup, attribution: Attribution) -> Columns:
    """Return a row a traded hedge and session: where its dollars came from."""
    days, labels = setup.market.run_sessions[: attribution.last + 1], setup.legs.labels
    return {
        "hedge": np.repeat(np.array(labels, np.str_), len(days)),
        "date": np.tile(days, len(labels)),
        **{name: np.concatenate([leg[name][: len(days)] for leg in attribution.legs]) for name in SLEEVE},
    }


def timing_table(shifts: Shifts) -> Columns:
    """Return a row a shift of the book sold at entry, the run's own first: closes, log growth a year, studentised."""
    return {"shift": shifts.shift, "growth": shifts.growth, "t": shifts.t}


def episodes_table(setup: Setup, hedged: Ledger) -> Columns:
    """Return a row an episode: dates, sessions held, which hedge, why it ended, weight, its return and its dollars."""
    sessions, episodes, legs = setup.market.run_sessions, episodes_of(setup, hedged), setup.legs
    days = ("decided", "entered", "left", "exited")
    dates = np.append(sessions, np.datetime64("NaT", "D"))  # of what isn't left yet
    at = {name: [-1 if (t := getattr(episode, name)) is None else t for episode in episodes] for name in days}
    held = [(hedged.last if episode.exited is None else episode.exited) - episode.entered for episode in episodes]
    return {
        **{name: dates[np.array(at[name], np.int64)] for name in days},
        "sessions": np.array(held, np.int64),
        "hedge": np.array([legs.hedges[legs.firsts[episode.hedge]].instrument for episode in episodes], np.str_),
        "reason": np.array([episode.reason for episode in episodes], np.str_),
        **{
            name: np.array([getattr(episode, name) for episode in episodes], np.float64)
            for name in ("weight", "fund_return", "pnl", "costs")
        },
    }

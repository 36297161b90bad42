"""The tables of the hedge report: texts ready to be shown, one row a tuple or a small record."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import numpy as np

from engine.judgement.controls import Control
from engine.judgement.judge import Judgement
from engine.judgement.verdict import JUDGE
from engine.rules import costs_of
from engine.run import RunResult
from reports.report_words import UNKNOWN, dollars, number, percent, points

FIGURES: tuple[tuple[str, str, Callable[[Any], str]], ...] = (
    ("End value", "final_equity", dollars),
    ("CAGR", "cagr", percent),
    ("Volatility a year", "volatility", lambda value: percent(value, 1)),
    ("Sharpe", "sharpe", number),
    ("Max. drawdown", "max_drawdown", lambda value: percent(value, 1)),
    ("CVaR of a session", "cvar_95", percent),
    ("Turnover a year", "turnover", lambda value: f"{value:.1f} x"),
    ("Costs", "costs", dollars),
)
GLANCE = ("CAGR", "Max. drawdown", "Sharpe", "End value")

DIFFERENCES: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("Growth, % a year", "growth", points),
    ("CAGR, points", "cagr", points),
    ("Sharpe", "sharpe", lambda value: number(value, 3, sign=True)),
    ("Max. drawdown, points", "max_drawdown", points),
    ("CVaR of a session, points", "cvar_95", lambda value: points(value, 3)),
)
"""Above 0 is better hedged, in each."""


class Book(NamedTuple):
    """A control as the tables show it."""

    title: str
    about: str
    remarks: tuple[str, ...]
    figures: list[str]


class Cell(NamedTuple):
    """A difference with its interval; `sure` where the interval leaves 0 out."""

    estimate: str
    interval: str
    sure: bool


def titles(result: RunResult) -> dict[str, str]:
    """Return what each book is called, by name, the hedged one first."""
    return {"hedged": f"Hedged with {result.market.hedge}"} | {n: one.title for n, one in result.controls.items()}


def books(result: RunResult) -> list[Book]:
    """Return every book's figures, the hedged one first."""
    own = Book(titles(result)["hedged"], "", (), _figures(result.metrics))
    controls = result.metrics["controls"]
    return [own, *(_book(one, controls.get(name)) for name, one in result.controls.items())]


def glance(result: RunResult) -> list[tuple[str, list[str]]]:
    """Return the few figures that stand beside the verdict: hedged, de-risked, unhedged."""
    at = [[title for title, _key, _shown in FIGURES].index(title) for title in GLANCE]
    figures = {"hedged": result.metrics, **result.metrics["controls"]}
    return [(titles(result)[name], [_figures(figures[name])[i] for i in at]) for name in ("hedged", JUDGE, "unhedged")]


def _book(control: Control, figures: Mapping[str, Any] | None) -> Book:
    remarks = tuple(remark.removeprefix(f"{control.title}: ") for remark in control.remarks)
    return Book(control.title, control.about, remarks, _figures(figures) if figures else [UNKNOWN] * len(FIGURES))


def _figures(figures: Mapping[str, Any]) -> list[str]:
    return [UNKNOWN if figures[key] is None else shown(figures[key]) for _title, key, shown in FIGURES]


def differences(result: RunResult, judgement: Judgement) -> list[tuple[str, list[Cell], str]]:
    """Return hedged less each control: title, a cell for each of `DIFFERENCES`, t-value."""
    rows = []
    for name, control in result.controls.items():
        if name not in judgement.evidence.against:
            continue
        one = judgement.evidence.against[name]
        cells = [_cell(getattr(one, key), shown) for _title, key, shown in DIFFERENCES]
        rows.append((control.title, cells, number(one.hac_t, sign=True)))
    return rows


def _cell(interval: Any, shown: Callable[[float], str]) -> Cell:
    if interval is None:
        return Cell(UNKNOWN, "", sure=False)
    low, high = shown(interval.low), shown(interval.high)
    return Cell(shown(interval.estimate), f"{low} to {high}", interval.low > 0.0 or interval.high < 0.0)


def left_out(result: RunResult, judgement: Judgement) -> list[str]:
    """Say which controls have no interval, and why."""
    return [f"{result.controls[name].title}: {why}." for name, why in judgement.evidence.left_out.items()]


def costs(result: RunResult) -> list[list[str]]:
    """Return what trading cost the hedged book: instrument, fills, dollars traded, commission, slippage, their sum."""
    setup, hedged = result.setup, result.hedged
    span = slice(0, hedged.last + 1)
    parts = costs_of(setup.terms, setup.prices.fill, hedged.traded)
    commission, slippage = (part[span].sum(axis=0) for part in parts)
    value = (np.abs(hedged.traded) * setup.prices.fill)[span].sum(axis=0)
    fills = np.count_nonzero(hedged.traded[span], axis=0)
    rows = [(name, fills[i], value[i], commission[i], slippage[i]) for i, name in enumerate(result.market.roles.traded)]
    rows.append(("All", fills.sum(), value.sum(), commission.sum(), slippage.sum()))
    return [
        [
            name,
            f"{count:,}",
            dollars(worth),
            dollars(paid),
            dollars(lost),
            dollars(paid + lost),
            _bps(paid + lost, worth),
        ]
        for name, count, worth, paid, lost in rows
    ]


def _bps(cost: float, worth: float) -> str:
    return number(1e4 * cost / worth, 1) if worth else UNKNOWN

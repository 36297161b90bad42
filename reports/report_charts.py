"""What the hedge report's charts are drawn from: plain values and packed arrays."""

from __future__ import annotations

from typing import Any

import numpy as np

from data.arrays import Flags, Floats
from engine.judgement.attribution import SLEEVE
from engine.judgement.judge import Judgement
from engine.judgement.linking import linking
from engine.kernel.loop import Ledger
from engine.metrics import drawdowns
from engine.run import RunResult
from reports import report_episodes as episodes
from reports.charts import singles, spread
from reports.report_steps import TITLES, bridge_chart, sleeve_chart
from reports.report_tables import DIFFERENCES, titles
from reports.study_page import study_data

SHOWN = ("unhedged", "derisk_entry", "derisk_daily")
"""Controls that the growth chart shows before anything is tapped."""


def page_data(result: RunResult, judgement: Judgement) -> dict[str, Any]:
    """Return what the page's script reads as ``DATA``; a chart there is nothing for is None."""
    roles, sessions = result.market.roles, result.market.run_sessions
    made = np.flatnonzero(result.market.synthetic_sessions())
    return {
        "simulated": result.simulated,
        "fund": roles.hedge,
        "underlying": roles.underlying,
        "leverage": roles.leverage,
        "days": singles(sessions.astype("int64")),
        "held": held_stretches(result.hedged),
        "synthetic": [int(made[0]), int(made[-1])] if len(made) else None,
        **_growth(result),
        "waterfalls": {
            "bridge": bridge_chart(result.metrics),
            "sleeve": sleeve_chart(result.metrics, roles),
        },
        "linked": _linked(judgement, roles.hedge),
        "forest": _forest(result, judgement),
        "episodes": episodes.charts(result, judgement),
        "study": study_data(judgement.study, roles),
    }


def held_stretches(hedged: Ledger) -> list[list[int]]:
    """Return the sessions between which the fund was held: the fill that bought it, and the one that sold all of it."""
    held: Flags = hedged.shares[: hedged.last + 1, -1] != 0.0
    edges = np.diff(np.concatenate(([0], held.astype(np.int64), [0])))
    ends = np.minimum(np.flatnonzero(edges < 0), hedged.last)
    return np.column_stack((np.flatnonzero(edges > 0), ends)).tolist()


def _growth(result: RunResult) -> dict[str, Any]:
    """Return every book's equity and drawdown."""
    books = {"hedged": result.hedged, **result.books}
    equity = {name: _alive(ledger) for name, ledger in books.items()}
    return {
        "books": [
            {
                "name": titles(result)[name],
                "shown": name == "hedged" or name in SHOWN,
                "equity": singles(values),
                "drawdown": singles(drawdowns(values)),
            }
            for name, values in equity.items()
        ],
        "spread": spread(np.concatenate(list(equity.values()))),
    }


def _alive(ledger: Ledger) -> Floats:
    """Return a book's equity, NaN once it is ruined: what is at 0 has no place on a logarithmic axis."""
    there = (np.arange(len(ledger.equity)) <= ledger.last) & (ledger.equity > 0.0)
    return np.where(there, ledger.equity, np.nan)


def _linked(judgement: Judgement, fund: str) -> list[dict[str, Any]]:
    """Return each part of what the sleeve made, summed up from the start and linked, in points of total return."""
    ours = judgement.attribution
    share = 100.0 * linking(ours.equity, ours.last)[: ours.last + 1]
    parts = {TITLES[name]: ours.dollars[name][: ours.last + 1] for name in SLEEVE}
    lines = {f"All of {fund}": ours.sleeve[: ours.last + 1]} | parts
    return [{"name": name, "y": singles(np.cumsum(column * share))} for name, column in lines.items()]


def _forest(result: RunResult, judgement: Judgement) -> list[dict[str, Any]]:
    """Return, for each figure, its difference to each control: title, estimate, low, high."""
    against = judgement.evidence.against
    return [
        {
            "title": title,
            "format": "+.2f" if key == "sharpe" else "+.2~%",
            "rows": [
                [result.controls[name].title, one.estimate, one.low, one.high]
                for name in against
                if (one := getattr(against[name], key)) is not None
            ],
        }
        for title, key, _shown in DIFFERENCES
    ]

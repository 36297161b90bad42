"""The hedge report's episodes where the hedge is no single fund: no multiple, so no break-even to draw, but a table."""

from __future__ import annotations

from functools import partial

import numpy as np

from data.format import UNKNOWN, capital, counted, dollars, percent
from engine.analytics.episodes import Episode
from engine.analytics.evaluate import Evaluation
from engine.analytics.fund_exposure import Index, fills_at_open, index_of
from engine.hedge_names import HedgeName, hedge_name, hedge_names
from engine.runs.run import Run
from reports.document import Column, Details, Paragraph, Part, Row, Section, Table

WHY = {
    "signal": "signal",
    "max_hold": "longest stay",
    "stop_loss": "stop loss",
    "take_profit": "take profit",
    "open": "still held",
}


def spells(result: Run, evaluation: Evaluation, measures: Table) -> Section:
    """Return the section: what became of the episodes, and each of them in a folded table."""
    name, underlying, found = hedge_name(result.config), result.market.underlying, evaluation.episodes
    count = len(found)
    if not count:
        never = Paragraph(f"{capital(name.noun)} {name.was} never ordered on.", "dek")
        return Section("episodes-part", "No episodes", [never], "Episodes")
    moves = moves_of(result, found)
    fell = sum(move < 0.0 for move in moves)
    of = counted(count, "episode")
    if name.only_sells:
        heading = f"{underlying} fell in {fell:,} of {of}"
        about = (
            f"From selling core to buying it back. {capital(name.noun)} earn interest in every episode: whether selling"
            " was right is whether the core fell meanwhile."
        )
        measures = Table("measures", measures.columns, [row for row in measures.rows if row.cells[0] == "False alarms"])
    else:
        heading = f"{sum(episode.pnl <= 0.0 for episode in found):,} of {of} made nothing or lost"
        about = f"{underlying} fell in {fell:,} of them, from fill to fill. What {name.called} made is after costs."
    each = Table("episodes", _columns(result, name), _rows(result, found, moves))
    parts: list[Part] = [Paragraph(about, "dek"), measures, Details(f"All {count} episodes", [each], "all-episodes")]
    return Section("episodes-part", heading, parts, "Episodes")


def _columns(result: Run, name: HedgeName) -> list[Column]:
    made = "Made" if len(result.config.legs) > 1 else f"{capital(name.called)} made"
    to, weight = partial(percent, places=2, sign=True), "The hedge's weight as ordered."
    return [
        *(Column("No."), Column("From", align="left"), Column("To", align="left")),
        *([Column("Hedge", align="left")] if len(result.config.legs) > 1 else []),
        Column("Sessions", format="{:,}".format),
        Column(result.market.underlying, "From fill to fill, dividends in.", format=to),
        Column(made, "After costs.", format=partial(dollars, sign=True)),
        Column("Of equity", "What it made over equity when it was decided.", format=to),
        *(Column("Weight", weight, format=percent), Column("Left by", align="left")),
    ]


def _rows(result: Run, found: tuple[Episode, ...], moves: list[float]) -> list[Row]:
    days, hedged, names = result.market.run_sessions, result.hedged, hedge_names(result.config)
    rows = []
    for number, (episode, move) in enumerate(zip(found, moves, strict=True), start=1):
        end = hedged.last if episode.exited is None else episode.exited
        until = "still held" if episode.exited is None else str(days[episode.exited])
        equity = hedged.equity[episode.decided]
        made = episode.pnl / equity if equity > 0.0 else UNKNOWN
        which = [capital(names[episode.hedge].noun)] if len(names) > 1 else []
        cells = [f"{number}", str(days[episode.entered]), until, *which, end - episode.entered, move, episode.pnl, made]
        rows.append(Row([*cells, episode.weight, WHY[episode.reason]]))
    return rows


def moves_of(result: Run, found: tuple[Episode, ...]) -> list[float]:
    """Return what the underlying made in each episode, from the fill that began it to the one that ended it."""
    index, at_open, last = index_of(result.setup), fills_at_open(result.setup), result.hedged.last
    return [_move(index, episode, last, at_open=at_open) for episode in found]


def _move(index: Index, episode: Episode, last: int, *, at_open: bool) -> float:
    filled = index.opened if at_open else index.level
    end = index.level[last] if episode.exited is None else filled[episode.exited]
    return float(np.divide(end, filled[episode.entered]) - 1.0)

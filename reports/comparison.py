"""The numbers of a comparison: kept runs laid on the sessions they share, and everything measured there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from data.arithmetic import dot
from data.arrays import Dates, Flags, Floats, Ints
from data.calendar import SESSIONS_A_YEAR, session_numbers, sessions_a_year
from data.errors import UserError
from data.format import counted, percent
from data.rates import accrual
from data.shown import marks_of, screen
from engine.analytics.attribution import COLUMNS, SLEEVE, Attribution
from engine.analytics.carino import scalars
from engine.analytics.measure import metrics_of
from engine.analytics.metrics import Trades, drawdowns, returns_of
from engine.hedge_names import hedge_name, kept_names, run_title
from engine.hedges import roles_of
from engine.kernel.loop import Ledger
from engine.legs import legs_of
from engine.runs.identity import ID_LENGTH
from engine.runs.run import Run
from engine.runs.schema import Columns
from reports.comparison_differences import differences
from reports.comparison_rows import NONE, AnswerRow, answer_rows, family_note
from reports.document import LOUD
from reports.hedge_parts import ALL_FUNDS, Kinds, kinds_of, sleeve_parts
from strategies.policy import ENTER
from strategies.signals.windows import padded, windows

LEAST = 21
"""Sessions that runs have to share to be compared."""
ROLLING = 126
"""Sessions in a rolling window, half a year."""
BASE = 100_000.0
"""Dollars that every run begins with where they don't begin alike."""
BOOKS = ("hedged", "unhedged")
SOLD, HELD = "derisk_daily", "held_less"
"""Controls that a run is laid over, where it has them."""
OWN = "Hedge's own"
"""What the own part of runs of several kinds is called together."""
MOST = 8
"""Runs that a comparison shows of itself."""
TINY = 1e-12
"""A standard deviation of daily returns below which they don't vary."""


@dataclass(frozen=True, repr=False)
class Compared:
    """One run on the sessions that all share.

    Parameters
    ----------
    label
        Its name, with as much of its id as tells it from others of that name.
    run
        As it was kept.
    growth
        A dollar in the hedged book, in the unhedged one and, where they were run, in the ones sold daily and held
        less, by name; shape (sessions,) each, 1 at the first session, flat after a ruin.
    returns
        Their daily returns, shape (sessions - 1,) each, 0 after a ruin.
    figures
        The measures of `engine.analytics.measure.BOOK` there, ``unhedged_cagr``, ``unhedged_max_drawdown`` and the CAGR
        less that of each control: ``cagr_vs_unhedged``, ``cagr_vs_derisk_daily``, ``cagr_vs_held_less``; None for one
        that wasn't run.
    attribution
        What each column of `engine.analytics.attribution` that its hedges have contributed to the CAGR there, linked,
        a year, with ``sleeve`` and, of funds, ``decay``; ``None`` without controls.
    drawdown, sharpe, beta
        Falls from the highest so far, and over `ROLLING` sessions the Sharpe ratio and the beta to the unhedged book;
        NaN while the window isn't full, and where nothing varies.
    synthetic
        Which sessions were made by the fund model.
    """

    label: str
    run: Run
    growth: Mapping[str, Floats]
    returns: Mapping[str, Floats]
    figures: Mapping[str, Any]
    attribution: Mapping[str, float] | None
    drawdown: Floats
    sharpe: Floats
    beta: Floats
    synthetic: Flags

    @property
    def made_up(self) -> bool:
        """Whether no session of it is real: simulated, or all made by the fund model."""
        return self.run.simulated or bool(self.synthetic.all())

    def __repr__(self) -> str:
        cagr, fall = percent(self.figures["cagr"]), percent(self.figures["max_drawdown"])
        return f"Compared {self.label}: CAGR {cagr}, worst fall {fall}{', SIMULATED' if self.run.simulated else ''}"


@dataclass(frozen=True, repr=False)
class Comparison:
    """Runs side by side.

    Parameters
    ----------
    sessions
        The ones they share, ``datetime64[D]``.
    runs
        In the order given.
    notes
        What a reader has to know, a sentence each: how spans were aligned, what is simulated or synthetic.
    correlations, correlations_of_hedges
        Of the books' daily returns, and of what the hedge added to them: hedged less unhedged; shape (runs, runs),
        NaN where nothing varies.
    differences
        What their configs, inputs and code don't have in common: a value a run, by key.
    answers
        Each run's answer as tables show it, by its label: of its own sessions.
    family
        Which runs' p-values were adjusted together, in words.
    kinds
        The kinds of all runs' hedges.
    own
        What the part of the sum is called that is a hedge's own doing: of a fund ``Fund``, of runs that differ
        ``Hedge's own``.
    """

    sessions: Dates
    runs: tuple[Compared, ...]
    notes: tuple[str, ...]
    correlations: Floats
    correlations_of_hedges: Floats
    differences: Mapping[str, tuple[str, ...]]
    answers: Mapping[str, AnswerRow]
    family: str
    kinds: Kinds
    own: str

    def __repr__(self) -> str:
        return screen(
            f"Comparison of {counted(len(self.runs), 'run')}",
            self.span,
            *(self._line(run.label) for run in self.runs[:MOST]),
            f"and {len(self.runs) - MOST} more" if len(self.runs) > MOST else None,
            *marks_of(self.notes),
        )

    def _line(self, label: str) -> str:
        answer, figures = self.answers[label], next(run.figures for run in self.runs if run.label == label)
        gap = "" if answer.gap == NONE else f", {answer.gap} points a year to holding less"
        return f"{label}: CAGR {percent(figures['cagr'])}, {answer.label}{gap}"

    @property
    def mark(self) -> str:
        """What its titles begin with: that a market is made up, or nothing."""
        return "SIMULATED " if any(compared.run.simulated for compared in self.runs) else ""

    @property
    def span(self) -> str:
        """Which sessions it is over."""
        return f"{self.sessions[0]} to {self.sessions[-1]}, {len(self.sessions):,} sessions"

    @property
    def loud(self) -> list[str]:
        """The notes that come before anything else."""
        return [note for note in self.notes if note.startswith(LOUD)]

    @property
    def competing(self) -> tuple[bool, ...]:
        """Which runs may be the best of anything: real ones, beside which a made-up history is none; else all."""
        real = tuple(not each.made_up for each in self.runs)
        return real if any(real) else (True,) * len(real)


def compared(kept: Sequence[Run]) -> Comparison:
    """Lay runs side by side; raises UserError where they share fewer than `LEAST` sessions."""
    kept = list({run.id: run for run in kept}.values())
    sessions = shared_sessions(kept)
    labels = _labels(kept)
    starts = [run.hedged.equity[_rows(run, sessions)[0]] for run in kept]
    alike = max(starts) - min(starts) <= 1e-9 * max(starts)
    runs = tuple(
        _compared(label, run, sessions, 1.0 if alike else BASE / start)
        for label, run, start in zip(labels, kept, starts, strict=True)
    )
    returns = np.array([run.returns["hedged"] for run in runs])
    added = returns - np.array([run.returns["unhedged"] for run in runs])
    aligned = any(len(run.sessions) != len(sessions) for run in kept)
    named, configs = dict(zip(labels, kept, strict=True)), [kept_names(run.settings) for run in kept]
    parts = {hedge_name(config).part for config in configs}
    return Comparison(
        sessions,
        runs,
        tuple(_notes(runs, sessions, aligned=aligned, scaled=not alike)),
        _correlations(returns),
        _correlations(added),
        differences(kept),
        answer_rows(named),
        family_note(named),
        frozenset(leg.kind for config in configs for leg in config.legs),
        parts.pop() if len(parts) == 1 else OWN,
    )


def shared_sessions(kept: Sequence[Run]) -> Dates:
    """Return the sessions that all runs have; a ruined one has no book any more, and ends nobody else's."""
    living = [run for run in kept if not run.ruined] or list(kept)
    shared = living[0].sessions
    for run in living:
        shared = np.intersect1d(shared, run.sessions)
    for run in kept:
        shared = shared[np.isin(shared, run.sessions) | (run.ruined & (shared > run.sessions[-1]))]
    alive = sum(not run.ruined or bool(len(shared) and run.sessions[-1] > shared[0]) for run in kept)
    if len(shared) < LEAST or alive < len(kept):
        spans = ", ".join(f"{run.folder.name} {run.sessions[0]} to {run.sessions[-1]}" for run in kept)
        raise UserError(f"the runs share {len(shared)} sessions, fewer than {LEAST}: compare runs of one time: {spans}")
    return shared


def _compared(label: str, run: Run, sessions: Dates, scale: float) -> Compared:
    rows = _rows(run, sessions)
    kept = run.tables["equity"]
    accrued = np.cumsum(accrual(run.sessions, kept["cash_yield"]))[rows]
    earned = np.diff(accrued, prepend=accrued[0])
    equity = {name: _to_ruin(kept[name][rows]) for name in (*BOOKS, SOLD, HELD) if name in kept}
    roles = roles_of(kept_names(run.settings))
    ours = metrics_of(*_executed(run, rows, earned, scale), legs_of(roles).firsts)
    theirs = metrics_of(*_executed(run, rows, earned, scale, "unhedged"), ())
    returns = {name: _until(returns_of(curve), len(sessions) - 1, 0.0) for name, curve in equity.items()}
    growth = {name: _until(curve / curve[0], len(sessions), curve[-1] / curve[0]) for name, curve in equity.items()}
    figures = {
        "unhedged_cagr": theirs["cagr"],
        "unhedged_max_drawdown": theirs["max_drawdown"],
        "cagr_vs_unhedged": ours["cagr"] - theirs["cagr"],
        **{f"cagr_vs_{name}": _cagr_difference(growth, name, sessions_a_year(sessions)) for name in (SOLD, HELD)},
    }
    return Compared(
        label,
        run,
        growth,
        returns,
        ours | figures,
        _attributed(run, kinds_of(roles), rows, sessions_a_year(sessions[: len(rows)])),
        drawdowns(growth["hedged"]),
        _rolling_sharpe(returns["hedged"] - _until(earned[1:], len(sessions) - 1, 0.0), sessions),
        _rolling_beta(returns["hedged"], returns["unhedged"]),
        np.isin(sessions, run.sessions[kept["synthetic"]]),
    )


def _rows(run: Run, sessions: Dates) -> Ints:
    """Return the rows of a run's tables at shared sessions, up to its ruin."""
    rows: Ints = np.searchsorted(run.sessions, sessions[sessions <= run.sessions[-1]])
    return rows


def _to_ruin(equity: Floats) -> Floats:
    """Return the curve up to its first close at which nothing is left."""
    gone = np.flatnonzero(equity <= 0.0)
    return equity[: gone[0] + 1] if len(gone) else equity


def _until(values: Floats, length: int, rest: float) -> Floats:
    return np.concatenate((values, np.full(length - len(values), rest)))


def _executed(
    run: Run, rows: Ints, earned: Floats, scale: float, book: str = "hedged"
) -> tuple[Ledger, Floats, Dates, Trades]:
    """Return what `metrics_of` asks of a book: its ledger at shared sessions, its fills in dollars by session.

    What was ordered or filled on a session that isn't shared counts on the next one.
    """
    sessions, whole = run.sessions[rows], run.ledgers[book]
    equity, actions = whole.equity[rows] * scale, np.zeros_like(whole.actions[rows])
    ordered, which = np.nonzero(whole.actions == ENTER)
    seen = (ordered >= rows[0]) & (ordered < rows[-1])
    actions[np.searchsorted(rows, ordered[seen]), which[seen]] = ENTER
    cut = Ledger._make([*(column[rows] for column in whole[:-1]), len(_to_ruin(equity)) - 1])
    ledger = cut._replace(equity=equity, actions=actions)
    return ledger, earned, sessions, _trades(run.tables["fills"], book, sessions, scale)


def _trades(fills: Columns, book: str, sessions: Dates, scale: float) -> Trades:
    """Return what a book traded, by shared session and instrument."""
    seen = (fills["book"] == book) & (fills["filled"] > sessions[0]) & (fills["filled"] <= sessions[-1])
    names, column = np.unique(fills["instrument"][seen].astype(np.str_), return_inverse=True)
    at = np.searchsorted(sessions, fills["filled"][seen]), column
    dollars, costs = (np.zeros((len(sessions), len(names))) for _ in range(2))
    np.add.at(dollars, at, fills["value"][seen] * scale)
    np.add.at(costs, at, (fills["commission"] + fills["slippage"])[seen] * scale)
    return Trades(dollars, costs, (dollars != 0.0).astype(np.float64))


def _cagr_difference(growth: Mapping[str, Floats], book: str, a_year: float) -> float | None:
    """Return the CAGR less another book's; None where there is none."""
    if book not in growth:
        return None
    ours, theirs = (max(float(growth[name][-1]), 0.0) for name in ("hedged", book))
    years = (len(growth["hedged"]) - 1) / a_year
    return float(ours ** (1.0 / years) - theirs ** (1.0 / years))


def _attributed(run: Run, kinds: Kinds, rows: Ints, a_year: float) -> Mapping[str, float] | None:
    """Return what each column that hedges of these kinds have contributed to the CAGR, linked; decay and sleeve."""
    kept = run.tables.get("attribution")
    if kept is None:
        return None
    summed = {name: np.cumsum(kept[name])[rows] for name in COLUMNS}
    dollars = {name: np.diff(column, prepend=column[0]) for name, column in summed.items()}
    nothing = np.zeros(len(rows))  # of the weight and the fund only the timing is asked for
    yearly = scalars(Attribution(dollars, run.hedged.equity[rows], nothing, nothing, len(rows) - 1, a_year))
    told = {name.removesuffix("_a_year"): value for name, value in yearly.items() if name.endswith("_a_year")}
    lacking = {*SLEEVE, *({"decay"} if kinds != ALL_FUNDS else ())} - {*sleeve_parts(kinds)}
    return {name: value for name, value in told.items() if name not in lacking}


def _rolling_sharpe(excess: Floats, sessions: Dates) -> Floats:
    """Return the Sharpe ratio a year of the last `ROLLING` returns over cash, shape (returns + 1,)."""
    seen, numbers = windows(excess, ROLLING), session_numbers(sessions)
    a_year = SESSIONS_A_YEAR * ROLLING / (numbers[ROLLING:] - numbers[:-ROLLING])
    spread = seen.std(axis=1, ddof=1)
    ratio = np.divide(seen.mean(axis=1), spread, out=np.full(len(seen), np.nan), where=spread > TINY)
    return padded(ratio * np.sqrt(a_year), len(excess) + 1)


def _rolling_beta(ours: Floats, market: Floats) -> Floats:
    """Return the slope of the last `ROLLING` returns on the market's, shape (returns + 1,)."""
    a, b = windows(ours, ROLLING), windows(market, ROLLING)
    b = b - b.mean(axis=1, keepdims=True)
    variance = (b * b).sum(axis=1)
    slope = np.divide((a * b).sum(axis=1), variance, out=np.full(len(a), np.nan), where=variance > TINY**2)
    return padded(slope, len(ours) + 1)


def _correlations(returns: Floats) -> Floats:
    """Return correlations of rows, NaN for one that doesn't vary, shape (rows, rows)."""
    apart = returns - returns.mean(axis=1, keepdims=True)
    length = np.sqrt((apart * apart).sum(axis=1))
    length[length <= TINY] = np.nan
    products = np.array([[dot(row, other) for other in apart] for row in apart])
    return products / np.outer(length, length)


def _labels(kept: Sequence[Run]) -> list[str]:
    """Name each run, those that share a name with as much of their ids as tells them apart, four letters at least."""
    names = [run.name for run in kept]
    for length in range(4, ID_LENGTH + 1):
        labels = [
            run_title(run.name if names.count(run.name) == 1 else f"{run.name} {run.id[:length]}", run.settings)
            for run in kept
        ]
        if len(set(labels)) == len(labels):
            return labels
    return [run.folder.name for run in kept]


def _notes(runs: Sequence[Compared], sessions: Dates, *, aligned: bool, scaled: bool) -> Iterator[str]:
    """Yield what the numbers alone don't say."""
    if simulated := [kept.label for kept in runs if kept.run.simulated]:
        which = "" if len(simulated) == len(runs) else f" ({', '.join(simulated)})"
        yield f"SIMULATED market{which}: it shows the machine and says nothing about a hedge."
    for run in runs:
        if run.synthetic.any():
            made = sessions[run.synthetic]
            yield f"SYNTHETIC: {run.label} rests on the fund model on {len(made):,} sessions, to {made[-1]}."
    loud = [note for run in runs for note in run.run.notes if note.startswith("PRICE INDEX: ")]
    yield from dict.fromkeys(loud)
    if aligned:
        spans = ", ".join(f"{kept.label} {kept.run.sessions[0]} to {kept.run.sessions[-1]}" for kept in runs)
        yield (
            f"The runs have different sessions ({spans}): all are cut to the {len(sessions):,} they share, "
            f"{sessions[0]} to {sessions[-1]}, and every figure is computed anew from their curves and orders there. "
            "Verdicts, sums and tests are of each run's own sessions, and so is how much holding less holds."
        )
    if scaled:
        yield f"The books differ in size: dollars are told as if each began {sessions[0]} with ${BASE:,.0f}."
    for kept in runs:
        if kept.run.ruined:
            yield f"{kept.label} was ruined on {kept.run.sessions[-1]}: its curve stays where it ended."

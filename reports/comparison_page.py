"""Runs side by side, on the sessions they share: in the terminal, and on a page, one offline file."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

import numpy as np

from data.arrays import Floats
from data.format import number
from engine.analytics.answer.insurance import LEVEL
from engine.analytics.answer.words import Piece
from reports.charts import line, spread, thinned
from reports.comparison import HELD, ROLLING, SOLD, Compared, Comparison
from reports.comparison_frontier import PHONE, WIDE, described, draw_shared, shared_lines
from reports.comparison_rows import BEST, DECAY_ROWS, METRIC_ROWS, NONE, cells, monthly
from reports.document import Cell, Column, Paragraph, Part, Row, Table
from reports.renderers.html import write_page
from reports.renderers.terminal import show

if TYPE_CHECKING:
    from rich.console import Console

PAGES = {"report.html": "report", "tearsheet.html": "tear-sheet"}
"""A run's own pages, and what a link to each is called."""

ALIKE = 0.002
"""How far, of their size, unhedged books may differ that are drawn as one: a run's first order costs a little."""

STRONG = 0.2
"""A month's return that is shaded in full."""


LOUD = ("SIMULATED", "SYNTHETIC")
"""How notes begin that come before anything else."""

SHOWN = {
    "cagr": "CAGR",
    "cagr_vs_unhedged": "less unhedged",
    "cagr_vs_held_less": "less held less",
    "max_drawdown": "drawdown",
    "sharpe": "Sharpe",
}
"""The figures that the terminal shows, and what each is called."""
VERDICTS = {"verdict": {"": "label"}}
ANSWERS = {
    "verdict": {"": "label", "as safe, held": "held", "gap to it": "gap", f"{100 * LEVEL:.0f} % interval": "interval"},
    "sum": {
        "doing nothing": "unhedged",
        **{name: name for name in ("exposure", "timing", "drift", "fund")},
        "the hedge": "hedged",
    },
    "tests": {"timing": "when", "p": "p", "p adjusted": "adjusted", "fund": "fund_label"},
}
"""Tables of answers by title: each column's title, and its field of `reports.comparison_rows.AnswerRow`."""
WORDS = ("label", "when", "fund_label")
"""The fields that are words."""


def show_comparison(console: Console, found: Comparison, page: Path) -> None:
    """Print a comparison: figures, verdicts, what a reader has to know, and where the page is."""
    parts: list[Part] = [Paragraph(span_of(found), "dek"), Paragraph(""), _figures(found)]
    if len(found.runs) > 1:
        parts.append(Paragraph([Piece("*", "strong"), Piece(" is the best of its column.")], "dek"))
    for title, fields in (ANSWERS if found.family else VERDICTS).items():
        parts += [Paragraph(""), _answers(found, title, fields)]
    if found.family:
        parts.append(Paragraph(f"Points of CAGR. {found.family}", "dek"))
    parts += [Paragraph(note, "alarm" if note.startswith(LOUD) else "warning") for note in found.notes]
    show(console, [*parts, Paragraph([Piece("Page: "), Piece(str(page), "strong")], "path")])


def span_of(found: Comparison) -> str:
    """Return which sessions a comparison is over."""
    return f"{found.sessions[0]} to {found.sessions[-1]}, {len(found.sessions):,} sessions"


def _figures(found: Comparison) -> Table:
    shown = [row for row in METRIC_ROWS if row.key in SHOWN]
    written = {row.key: cells(row, [run.figures[row.key] for run in found.runs]) for row in shown}
    corner = "SIMULATED" if any(one.run.simulated for one in found.runs) else ""
    columns = [Column(corner, wrap="fold"), *(Column(title) for title in SHOWN.values())]
    rows = [Row([run.label, *(_marked(written[key][at]) for key in SHOWN)]) for at, run in enumerate(found.runs)]
    return Table("figures", columns, rows)


def _marked(cell: Cell) -> Cell:
    return Cell(f"{cell.text}*", "strong") if cell.role == BEST else Cell(f"{cell.text} ")


def _answers(found: Comparison, title: str, fields: Mapping[str, str]) -> Table:
    columns = [Column(head, align="left" if name in WORDS else "right") for head, name in fields.items()]
    rows = [
        Row([run.label, *(getattr(found.answers[run.label], name) for name in fields.values())]) for run in found.runs
    ]
    return Table(title, [Column(title, wrap="fold"), *columns], rows)


def write_comparison(path: Path, found: Comparison, folder: Path) -> None:
    """Write the page of a comparison: one file, read offline.

    Parameters
    ----------
    path
        The file to write.
    found
        The comparison.
    folder
        Where the page will stand: links to the runs' own pages are relative to it.
    """
    loud = [note for note in found.notes if note.startswith(LOUD)]
    words = {
        "title": f"{'SIMULATED ' if any(one.run.simulated for one in found.runs) else ''}Runs compared",
        "note": " ".join(loud) or None,
        "span": span_of(found),
        "notes": [note for note in found.notes if note not in loud],
        "runs": [_run_words(one, found, folder) for one in found.runs],
        "level": f"{100 * LEVEL:.0f}\u202f%",
        "family": found.family,
        "frontiers": [
            (shared, [draw_shared(shared, shape) for shape in (WIDE, PHONE)], described(shared))
            for shared in shared_lines({one.label: one.run for one in found.runs})
        ],
        "metrics": [(row, cells(row, [run.figures[row.key] for run in found.runs])) for row in METRIC_ROWS],
        "decay": [
            (row, cells(row, [None if run.attribution is None else run.attribution[row.key] for run in found.runs]))
            for row in (DECAY_ROWS if any(run.attribution for run in found.runs) else ())
        ],
        "correlations": {
            "Daily returns": _matrix(found.correlations),
            "What the hedge added each day (hedged less unhedged)": _matrix(found.correlations_of_hedges),
        },
        "months": [(one.label, _months(found, one)) for one in found.runs],
        "differences": found.differences,
        "rolling": ROLLING,
        "charts": {key: chart for key, chart in CHARTS.items() if _has(found, key)},
    }
    write_page(path, "compare.html.j2", words, page_data(found))


CHARTS = {
    "growth": (
        "Growth",
        "What a dollar became; dotted the unhedged book, one for all where they differ by no more than 0.2 %.",
    ),
    "drawdown": ("Drawdowns", "The fall from the highest value so far."),
    HELD: (
        "Over held less",
        (
            "The hedged book over the one that holds less of the core all the time, to the same safety: rising, the "
            "hedge does better; falling, holding less does."
        ),
    ),
    SOLD: (
        "Over sold daily",
        (
            "The hedged book over the one that sells core to the same beta, when the fund resets: rising, the hedge "
            "does better; falling, selling does."
        ),
    ),
    "sharpe": ("Rolling Sharpe", f"Of the last {ROLLING} sessions, a year, over what cash earned."),
    "beta": ("Rolling beta", f"Of the last {ROLLING} sessions' returns, to the run's own unhedged book."),
}
"""The charts: a title and what a reader has to know, by key."""


def page_data(found: Comparison) -> dict[str, Any]:
    """Return what the page's script draws."""
    days = found.sessions.astype("int64")
    unhedged = [one.growth["unhedged"] for one in found.runs]
    same = all(np.allclose(one, unhedged[0], rtol=ALIKE, atol=0.0) for one in unhedged)
    controls = (
        [("Unhedged", unhedged[0])]
        if same
        else [(f"{one.label}, unhedged", one.growth["unhedged"]) for one in found.runs]
    )
    drawn: dict[str, list[tuple[str, Floats]]] = {
        "growth": [*((one.label, one.growth["hedged"]) for one in found.runs), *controls],
        "drawdown": [(one.label, one.drawdown) for one in found.runs],
        **{name: [(one.label, _over(one, name)) for one in found.runs] for name in (HELD, SOLD)},
        "sharpe": [(one.label, one.sharpe) for one in found.runs],
        "beta": [(one.label, one.beta) for one in found.runs],
    }
    made = found.sessions[np.any([one.synthetic for one in found.runs], axis=0)]
    return {
        "runs": len(found.runs),
        "lines": {key: [_line(name, days, curve, key) for name, curve in lines] for key, lines in drawn.items()},
        "spread": spread(np.concatenate([curve for _name, curve in drawn["growth"]])),
        "synthetic": [str(made[0]), str(made[-1])] if len(made) else None,
    }


def _line(name: str, days: Any, curve: Floats, key: str) -> dict[str, str]:
    if key == "growth":
        curve = np.where(curve > 0.0, curve, np.nan)  # what is at 0 has no place on a logarithmic axis
    kept = thinned(np.log(curve) if key == "growth" else curve)
    return line(name, days[kept], curve[kept])


def _over(run: Compared, book: str) -> Floats:
    """Return the hedged book over another; NaN where there is no other, or nothing of it is left."""
    nothing = np.full(len(run.growth["hedged"]), np.nan)
    if book not in run.growth:
        return nothing
    control = run.growth[book]
    return np.divide(run.growth["hedged"], control, out=nothing, where=control > 0.0)


def _has(found: Comparison, key: str) -> bool:
    """Return whether there is anything to draw: a rolling window may be longer than the runs."""
    curves = {name: [_over(one, name) for one in found.runs] for name in (HELD, SOLD)}
    curves |= {"sharpe": [one.sharpe for one in found.runs], "beta": [one.beta for one in found.runs]}
    return key not in curves or bool(np.isfinite(np.concatenate(curves[key])).any())


def _run_words(run: Compared, found: Comparison, folder: Path) -> dict[str, Any]:
    """Return what the first tables say of a run, and the links to its own pages."""
    kept, verdict = run.run, run.run.metrics["verdict"]
    place = os.path.relpath(kept.folder.resolve(), folder.resolve())
    return {
        "label": run.label,
        "strategy": kept.metrics["strategy"],
        "span": f"{kept.sessions[0]} to {kept.sessions[-1]}",
        "marks": [
            word for word, true in (("SIMULATED", kept.simulated), ("SYNTHETIC", kept.metrics["synthetic"])) if true
        ],
        "answer": found.answers[run.label],
        "sentence": "" if verdict is None else verdict["sentence"],
        "links": [
            (called, quote(Path(place, name).as_posix()))
            for name, called in PAGES.items()
            if (kept.folder / name).is_file()
        ],
    }


def _matrix(correlations: Floats) -> list[list[tuple[str, str]]]:
    """Return each correlation as it is written, and its shade."""
    return [
        [(NONE, "") if np.isnan(value) else (f"{value:.3f}", _shade(value, 1.0)) for value in row]
        for row in correlations.tolist()
    ]


def _months(found: Comparison, run: Compared) -> list[tuple[int, list[tuple[str, str]]]]:
    return [
        (year, [("", "") if one is None else (number(100 * one, 1), _shade(one, STRONG)) for one in (*made, total)])
        for year, made, total in monthly(found.sessions, run.growth["hedged"])
    ]


def _shade(value: float, strong: float) -> str:
    """Return a style: blue above 0, orange below, the stronger the further."""
    colour = "47,126,216" if value >= 0.0 else "224,130,20"
    return f"background: rgba({colour},{0.5 * min(abs(value) / strong, 1.0):.2f})"

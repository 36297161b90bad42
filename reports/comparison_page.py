"""Runs side by side, on the sessions they share: in the terminal, and on a page, one offline file."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
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
from reports.comparison_frontier import PHONE, WIDE, Shared, described, draw_shared, shared_lines
from reports.comparison_rows import BEST, DECAY_ROWS, METRIC_ROWS, NONE, FigureRow, cells, monthly
from reports.document import (
    Cell,
    Chart,
    Column,
    Custom,
    Details,
    Document,
    Link,
    Paragraph,
    Part,
    Row,
    Section,
    Table,
)
from reports.renderers.html import write_document
from reports.renderers.terminal import show

if TYPE_CHECKING:
    from rich.console import Console

PAGES = {"report.html": "report", "tearsheet.html": "tear-sheet"}
"""A run's own pages, and what a link to each is called."""

ALIKE = 0.002
"""How far, of their size, unhedged books may differ that are drawn as one: a run's first order costs a little."""

GAP = "Gap to holding less, points a year"
LINE = (
    "The line is holding less of the core all the time, the rest in {}. A run above it is cheaper than holding less to "
    "the same safety, one below it is dearer. Each run stands as it was judged, on its own sessions."
)
SUM = (
    "What the hedge did to growth, in points of CAGR. Exposure: less of the core while hedged, at random dates. Timing:"
    " the dates it chose instead; p is two-sided, of that run alone. Drift: the hedge left to move while held. Fund: it"
    " instead of selling."
)
MONTHS = ("Year", "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec", "Year")

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
    simulated = any(one.run.simulated for one in found.runs)
    document = Document(
        f"{'SIMULATED ' if simulated else ''}Runs compared",
        [*_first(found, folder), *_charts(found), *(_beside(found) if len(found.runs) > 1 else ()), _by_month(found)],
        note=" ".join(loud),
        header=[
            Paragraph(span_of(found), "strong", "span"),
            *(Paragraph(note) for note in found.notes if note not in loud),
        ],
        data=page_data(found),
        scripts=["compare"],
        styles=["frontier_runs", "compare"],
    )
    write_document(path, document)


def _first(found: Comparison, folder: Path) -> Iterator[Section]:
    """Yield the runs with their verdicts, then where they stand against holding less, and the sum."""
    columns = [Column(head, align="left") for head in ("Run", "Verdict", GAP, "Strategy", "Sessions", "Pages")]
    verdicts = [_verdict(found, at, folder) for at in range(len(found.runs))]
    yield Section("runs", "", [Table("verdicts", columns, verdicts)])
    shared = shared_lines({run.label: run.run for run in found.runs})
    if shared:
        about = Paragraph(LINE.format(shared[0].names.cash), "dek")
        yield Section("frontier", "Against holding less", [about, *map(_drawing, shared)])
        fields = [*ANSWERS["sum"].items(), *ANSWERS["tests"].items(), ("verdict", "label")]
        heads = [Column(head, align="left" if name in WORDS else "right") for head, name in fields]
        answers = [found.answers[run.label] for run in found.runs]
        rows = [Row([_name(found, at), *(getattr(one, name) for _, name in fields)]) for at, one in enumerate(answers)]
        about = Paragraph(f"{SUM} {found.family}", "dek")
        yield Section("sum", "The sum", [about, Table("sums", [Column("Run"), *heads], rows)])


def _drawing(shared: Shared) -> Custom:
    words = {"title": shared.title, "described": described(shared)}
    drawings = [draw_shared(shared, shape) for shape in (WIDE, PHONE)]
    return Custom("compare_frontier.html.j2", words | {"drawings": drawings})


def _name(found: Comparison, at: int) -> Cell:
    return Cell([Piece(f"run-{at}", "swatch"), Piece(found.runs[at].label)])


def _verdict(found: Comparison, at: int, folder: Path) -> Row:
    """Return what the first table says of a run, with links to its own pages."""
    run, answer = found.runs[at], found.answers[found.runs[at].label]
    kept, verdict = run.run, run.run.metrics["verdict"]
    place = os.path.relpath(kept.folder.resolve(), folder.resolve())
    there = {name: called for name, called in PAGES.items() if (kept.folder / name).is_file()}
    links = [Link(called, quote(Path(place, name).as_posix())) for name, called in there.items()]
    pages = [piece for link in links for piece in (Piece(", "), link)][1:] or [Piece("none")]
    marks = [word for word, true in (("SIMULATED", kept.simulated), ("SYNTHETIC", kept.metrics["synthetic"])) if true]
    interval = "" if answer.interval == NONE else f"{100 * LEVEL:.0f} % interval {answer.interval}"
    sentence = Piece("" if verdict is None else f" {verdict['sentence']}")
    span = f"{kept.sessions[0]} to {kept.sessions[-1]}"
    label, gap = Cell([Piece(answer.label, "strong"), sentence]), Cell(answer.gap, detail=interval)
    return Row([_name(found, at), label, gap, kept.metrics["strategy"], span, Cell(pages)], mark=" ".join(marks))


def _charts(found: Comparison) -> Iterator[Section]:
    """Yield the charts that have something to draw; below growth the figures of all runs."""
    drawn = [key for key in CHARTS if _has(found, key)]
    for key in drawn:
        title, caption = CHARTS[key]
        yield Section("", title, [Chart(key, title, caption)])
        if key == "growth":
            about = Paragraph("The best of each row is marked \u2605, where more or less of it is better.", "dek")
            values = [[run.figures[row.key] for run in found.runs] for row in METRIC_ROWS]
            yield Section("", "Side by side", [about, _side(found, "metrics", "Hedged book", METRIC_ROWS, values)])
            yield from _decay(found)
    if "sharpe" not in drawn:
        yield Section("", "", [Paragraph(f"There are fewer than {ROLLING + 1} sessions: too few for rolling figures.")])


def _decay(found: Comparison) -> Iterator[Section]:
    if any(run.attribution for run in found.runs):
        about = "What each part of the hedge contributed to the book's CAGR, linked, a year. Below 0 it took."
        values = [[(run.attribution or {}).get(row.key) for run in found.runs] for row in DECAY_ROWS]
        table = _side(found, "decay", "Part of the hedge", DECAY_ROWS, values)
        yield Section("", "What the hedge brought and took", [Paragraph(about, "dek"), table])


def _side(
    found: Comparison, name: str, corner: str, shown: Sequence[FigureRow], values: Sequence[Sequence[float | None]]
) -> Table:
    each = zip(shown, values, strict=True)
    rows = [Row([Cell(row.title, detail=row.meaning), *cells(row, figures)]) for row, figures in each]
    return Table(name, [Column(corner), *(Column(run.label) for run in found.runs)], rows, "side")


def _beside(found: Comparison) -> Iterator[Section]:
    """Yield correlations, and what configs, inputs and code don't have in common."""
    added = "What the hedge added each day (hedged less unhedged)"
    yield Section(
        "",
        "Correlations",
        [
            _matrix(found, "correlations", "Daily returns", found.correlations),
            _matrix(found, "correlations-of-hedges", added, found.correlations_of_hedges),
        ],
    )
    parts: list[Part] = [Paragraph("Nothing: config, inputs and code are the same.")]
    if found.differences:
        rows = [Row([key, *row]) for key, row in found.differences.items()]
        same = "Every key of the resolved configs is compared; those not listed are the same in all runs."
        heads = [Column("Key"), *(Column(run.label) for run in found.runs)]
        parts = [Table("config", heads, rows, "side"), Paragraph(same, "dek")]
    yield Section("", "What differs", parts)


def _matrix(found: Comparison, name: str, title: str, correlations: Floats) -> Table:
    columns = [Column(run.label, format=lambda value: number(value, 3)) for run in found.runs]
    rows = [Row([run.label, *row]) for run, row in zip(found.runs, correlations.tolist(), strict=True)]
    return Table(name, [Column(title), *columns], rows, "side shaded")


def _by_month(found: Comparison) -> Section:
    about = Paragraph("Returns of the hedged book in percent. The first and the last month may be parts.", "dek")
    columns = [Column(head, format=lambda value: "" if value is None else number(100 * value, 1)) for head in MONTHS]
    tables = []
    for at, run in enumerate(found.runs):
        years = monthly(found.sessions, run.growth["hedged"])
        rows = [Row([str(year), *months, total]) for year, months, total in years]
        tables.append(Details(run.label, [Table(f"months-{at}", columns, rows, "side months shaded")]))
    return Section("", "Month by month", [about, *tables])


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

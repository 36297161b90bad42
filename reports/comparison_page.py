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
from engine.analytics.answer.insurance import LEVEL, PAID
from engine.analytics.answer.words import Piece
from engine.hedge_names import PARTS
from reports import comparison_findings as findings
from reports.charts import line, spread, thinned
from reports.comparison import HELD, ROLLING, SOLD, Compared, Comparison
from reports.comparison_frontier import SHAPES, described, draw_shared, shared_lines
from reports.comparison_rows import BEST, METRIC_ROWS, NONE, FigureRow, cells, decay_rows, monthly
from reports.comparison_tearsheets import kept_tearsheets, tearsheet_section
from reports.document import (
    Cell,
    Chart,
    Column,
    Custom,
    Details,
    Document,
    Link,
    Opening,
    Paragraph,
    Part,
    Row,
    Section,
    Table,
    Text,
    named,
    notes,
)
from reports.first_sum import SHORT_MONTHS
from reports.renderers.html import write_document
from reports.renderers.terminal import show

if TYPE_CHECKING:
    from rich.console import Console

PAGES = {"report.html": "report", "tearsheet.html": "tear-sheet"}
"""A run's own pages, and what a link to each is called."""

ALIKE = 0.002
"""How far, of their size, unhedged books may differ that are drawn as one: a run's first order costs a little."""

STRONG = 0.2
"""A month's return that is shaded in full."""


SHOWN = {
    "cagr": "CAGR",
    "cagr_vs_unhedged": "less unhedged",
    "cagr_vs_held_less": "less held less",
    "max_drawdown": "drawdown",
    "sharpe": "Sharpe",
}
"""The figures that the terminal shows, and what each is called."""
Fields = tuple[tuple[str, str], ...]
"""Columns, and each one's field of `reports.comparison_rows.AnswerRow`."""
VERDICT = ("", "label")
JUDGED: Fields = (
    VERDICT, ("as safe, held", "held"), ("gap to it", "gap"), (f"{100 * LEVEL:.0f} % interval", "interval"),
)  # fmt: skip
WORDS = ("label", "when", "fund_label")
"""The fields that are words."""


def show_comparison(console: Console, found: Comparison, page: Path) -> None:
    """Print a comparison: figures, verdicts, what a reader has to know, and where the page is."""
    parts: list[Part] = [Paragraph(found.span, "dek"), Paragraph(""), _figures(found)]
    if len(found.runs) > 1:
        parts.append(Paragraph([Piece("*", "strong"), Piece(f" is the best of its column{_beside(found)}.")], "dek"))
    answers = {"verdict": JUDGED, "sum": _parts(found), "tests": _tests(found)}
    for title, fields in (answers if found.family else {"verdict": (VERDICT,)}).items():
        parts += [Paragraph(""), _answers(found, title, fields)]
    if found.family:
        parts.append(Paragraph(f"Points of CAGR. {found.family}", "dek"))
    show(console, [*parts, *notes(found.notes), named("Page:", page)])


def _parts(found: Comparison) -> Fields:
    """Return the columns of the sum."""
    return (
        ("Doing nothing", "unhedged"), ("Exposure", "exposure"), ("Timing", "timing"), ("Drift", "drift"),
        (found.own, "fund"), ("The hedge", "hedged"),
    )  # fmt: skip


def _tests(found: Comparison) -> Fields:
    """Return the columns of the tests of its parts."""
    return ("Timing", "when"), ("p", "p"), ("p adjusted", "adjusted"), (found.own, "fund_label")


def _figures(found: Comparison) -> Table:
    shown = [row for row in METRIC_ROWS if row.key in SHOWN]
    written = {row.key: cells(row, [run.figures[row.key] for run in found.runs], found.competing) for row in shown}
    columns = [Column(found.mark.strip(), wrap="fold"), *(Column(title) for title in SHOWN.values())]
    rows = [Row([run.label, *(_marked(written[key][at]) for key in SHOWN)]) for at, run in enumerate(found.runs)]
    return Table("figures", columns, rows)


def _beside(found: Comparison) -> str:
    """Return what is to be said of runs that can't be the best; nothing where all can."""
    return "" if all(found.competing) else "; a made-up history beside real ones is none"


def _marked(cell: Cell) -> Cell:
    return Cell(f"{cell.text}*", "strong") if cell.role == BEST else Cell(f"{cell.text} ")


def _answers(found: Comparison, title: str, fields: Sequence[tuple[str, str]]) -> Table:
    columns = [Column(head[:1].lower() + head[1:], align="left" if name in WORDS else "") for head, name in fields]
    return Table(title, [Column(title, wrap="fold"), *columns], _answer_rows(found, fields))


def _answer_rows(found: Comparison, fields: Sequence[tuple[str, str]]) -> list[Row]:
    return [Row([run.label, *(getattr(found.answers[run.label], name) for _, name in fields)]) for run in found.runs]


def write_comparison(path: Path, found: Comparison, folder: Path, pages: Sequence[Link] = ()) -> None:
    """Write the page of a comparison: one file, read offline.

    Parameters
    ----------
    path
        The file to write.
    found
        The comparison.
    folder
        Where the page will stand: links to the runs' own pages are relative to it.
    pages
        Links to the pages that show the runs' tear-sheets together.
    """
    others = [Paragraph(note) for note in found.notes if note not in found.loud]
    title = f"{found.mark}Runs compared"
    document = Document(
        title,
        list(_sections(found, folder, pages)),
        note=" ".join(found.loud),
        header=others,
        data=page_data(found),
        scripts=["compare"],
        styles=["compare", "frontier_runs"],
        opening=_opening(found, title),
    )
    write_document(path, document)


def _opening(found: Comparison, title: str) -> Opening:
    """Return which of the runs paid, and how the best of them stood beside holding less."""
    labels = [found.answers[run.label].label for run in found.runs]
    real = zip(found.runs, found.competing, strict=True)
    judged = [run for run, may in real if may and found.answers[run.label].gap != NONE]
    paid = [run.label for run, label in zip(found.runs, labels, strict=True) if label == PAID]
    answer = f"{len(paid)} of {len(labels)} did." if paid else "None, as far as can be told."
    lead: Text = "No run has a verdict: the first table says why."
    if judged:
        best = max(judged, key=lambda run: float(found.answers[run.label].gap.replace("\u2212", "-")))
        row = found.answers[best.label]
        lead = [
            Piece("Beside holding less to the same safety, "),
            Piece(best.label, "name"),
            Piece(f" came out highest: {row.gap} points a year"),
            Piece(f", {100 * LEVEL:.0f} % interval {row.interval} ({row.label})."),
        ]
    history = "" if found.mark else "real history"
    answer = answer if judged else "There is no verdict."
    return Opening([title, found.span, history], "Which of these hedges paid?", answer, lead)


def _sections(found: Comparison, folder: Path, pages: Sequence[Link]) -> Iterator[Section]:
    """Yield the page's sections, in order."""
    answered = [*answer_sections(found)]
    yield from answered[:1]
    yield Section("", findings.verdicts_finding(found), [_run_table(found, folder)])
    yield from answered[1:]
    curves = _curves(found)  # a rolling window may be longer than the runs
    shown = [key for key in CHARTS if any(np.isfinite(curve).any() for _name, curve in curves[key])]
    for key in shown:
        title, caption = CHARTS[key]
        yield Section("", findings.chart_finding(found, key, curves), [Chart(key, title, caption)])
        if key == "growth":
            yield from _side_by_side(found)
    if "sharpe" not in shown:
        few = f"There are fewer than {ROLLING + 1} sessions: too few for rolling figures."
        yield Section("", "", [Paragraph(few)])
    if len(found.runs) > 1:
        yield Section("", findings.correlations_finding(found), _correlations(found))
        yield Section("", findings.differences_finding(found), _differences(found))
    yield from tearsheet_section(found, kept_tearsheets(found), pages)
    yield _months(found)


def answer_sections(found: Comparison) -> Iterator[Section]:
    """Yield the frontier with the runs on it, and their sums; nothing where none has an answer."""
    lines = shared_lines({kept.label: kept.run for kept in found.runs})
    if not lines:
        return
    about = (
        f"The line is holding less of the core all the time, the rest in {lines[0].names.cash}. A run above it is"
        " cheaper than holding less to the same safety, one below it is dearer. Each run stands as it was judged,"
        " on its own sessions."
    )
    drawn = [(shared.title, [draw_shared(shared, shape) for shape in SHAPES], described(shared)) for shared in lines]
    parts: list[Part] = [Paragraph(about, "dek"), Custom("frontiers.html.j2", {"frontiers": drawn})]
    yield Section("frontier", findings.frontier_finding(found), parts)
    yield _sum(found)


def _run_table(found: Comparison, folder: Path) -> Table:
    gap = "Gap to holding less, points a year"
    heads = ("Run", "Verdict", gap, "Strategy", "Sessions", "Pages")
    rows = [Row(_run_cells(run, found, folder)) for run in found.runs]
    return Table("runs", [Column(head, align="left") for head in heads], rows, "stacked")


def _run_cells(run: Compared, found: Comparison, folder: Path) -> list[str | Cell]:
    """Return what the first table says of a run, with links to its own pages."""
    kept, verdict, answer = run.run, run.run.figures["verdict"], found.answers[run.label]
    place = os.path.relpath(kept.folder.resolve(), folder.resolve())
    marks = {"SIMULATED": kept.simulated, "SYNTHETIC": kept.figures["synthetic"]}
    links = [
        Link(called, quote(Path(place, name).as_posix()))
        for name, called in PAGES.items()
        if (kept.folder / name).is_file()
    ]
    pages = [piece for link in links for piece in (Piece(", "), link)][1:]
    sentence = "" if verdict is None else verdict["sentence"]
    interval = "" if answer.interval == NONE else f"{100 * LEVEL:.0f} % interval {answer.interval}"
    return [
        Cell([Piece(run.label, "name"), *(Piece(word, "badge mark") for word, true in marks.items() if true)]),
        Cell([Piece(answer.label, "badge verdict"), Piece(f" {sentence}")]),
        Cell(answer.gap, "", interval),
        kept.figures["strategy"],
        Cell(str(kept.sessions[0]), detail=f"to {kept.sessions[-1]}"),
        Cell(pages or "none"),
    ]


def _sum(found: Comparison) -> Section:
    meanings = {
        "Exposure": ": less of the core while hedged, at random dates. ",
        "Timing": ": the dates it chose instead; p is two-sided, of that run alone. ",
        "Drift": ": the hedge left to move while held. ",
        found.own: f": {'it' if found.own == PARTS['fund'] else 'the hedge itself'} instead of selling. {found.family}",
    }
    about = [Piece("What the hedge did to growth, in points of CAGR. ")]
    about += [piece for name, text in meanings.items() for piece in (Piece(name, "strong"), Piece(text))]
    fields = (*_parts(found), *_tests(found), ("Verdict", "label"))
    columns = [Column("Run")] + [
        Column(head, role="strong" if name in ("unhedged", "hedged") else "", align="left" if name in WORDS else "")
        for head, name in fields
    ]
    table = Table("sum", columns, _answer_rows(found, fields))
    return Section("", findings.sum_finding(found), [Paragraph(about, "dek"), table])


def _side_by_side(found: Comparison) -> Iterator[Section]:
    figures = [run.figures for run in found.runs]
    about = f"The best of each row is marked \u2605, where more or less of it is better{_beside(found)}."
    rows = [_figure_row(row, figures, found.competing) for row in METRIC_ROWS]
    table = _across(found, "metrics", "Hedged book", rows)
    yield Section("", findings.figures_finding(found), [Paragraph(about, "dek"), table])
    if any(run.attribution for run in found.runs):
        parts = [run.attribution or {} for run in found.runs]
        about = "What each part of the hedge contributed to the book's CAGR, linked, a year. Below 0 it took."
        rows = [_figure_row(row, parts, found.competing) for row in decay_rows(found.kinds)]
        table = _across(found, "decay", "Part of the hedge", rows)
        yield Section("", findings.hedges_finding(found), [Paragraph(about, "dek"), table])


def _figure_row(row: FigureRow, figures: Sequence[Mapping[str, Any]], competing: Sequence[bool]) -> Row:
    values = [measures.get(row.key) for measures in figures]
    return Row([Cell(row.title, "", row.meaning), *cells(row, values, competing)])


def _across(found: Comparison, name: str, first: str, rows: Sequence[Row]) -> Table:
    """Return a table with a column a run."""
    return Table(name, [Column(first), *(Column(run.label) for run in found.runs)], rows, "across")


def _correlations(found: Comparison) -> list[Part]:
    matrices = {
        "Daily returns": found.correlations,
        "What the hedge added each day (hedged less unhedged)": found.correlations_of_hedges,
    }
    parts: list[Part] = []
    for place, (title, matrix) in enumerate(matrices.items()):
        rows = [
            Row([run.label, *(Cell(NONE) if np.isnan(value) else Cell(f"{value:.3f}", shade=value) for value in row)])
            for run, row in zip(found.runs, matrix.tolist(), strict=True)
        ]
        parts.append(_across(found, f"correlations-{place}", title, rows))
    return parts


def _differences(found: Comparison) -> list[Part]:
    if not found.differences:
        return [Paragraph("Nothing: config, inputs and code are the same.")]
    rows = [Row([key, *values]) for key, values in found.differences.items()]
    about = "Every key of the resolved configs is compared; those not listed are the same in all runs."
    return [_across(found, "config", "Key", rows), Paragraph(about, "dek")]


def _months(found: Comparison) -> Section:
    columns = [Column(head) for head in ("Year", *SHORT_MONTHS, "Year")]
    parts: list[Part] = [
        Paragraph("Returns of the hedged book in percent. The first and the last month may be parts.", "dek")
    ]
    for run in found.runs:
        rows = [
            Row([f"{year}", *map(_month, made), _month(total)._replace(role="strong")])
            for year, made, total in monthly(found.sessions, run.growth["hedged"])
        ]
        parts.append(Details(run.label, [Table("", columns, rows, "months")], opened=run is found.runs[0]))
    return Section("months", findings.months_finding(found), parts)


def _month(made: float | None) -> Cell:
    return Cell("") if made is None else Cell(number(100 * made, 1), shade=made / STRONG)


OVER = "The hedged book over the one that {}: rising, the hedge does better; falling, {} does."
CHARTS = {
    "growth": (
        "Growth",
        "What a dollar became; dotted the unhedged book, one for all where they differ by no more than 0.2 %.",
    ),
    "drawdown": ("Drawdowns", "The fall from the highest value so far."),
    HELD: ("Over held less", OVER.format("holds less of the core all the time, to the same safety", "holding less")),
    SOLD: ("Over sold daily", OVER.format("sells core to the same beta each day", "selling")),
    "sharpe": ("Rolling Sharpe", f"Of the last {ROLLING} sessions, a year, over what cash earned."),
    "beta": ("Rolling beta", f"Of the last {ROLLING} sessions' returns, to the run's own unhedged book."),
}
"""The charts: what each draws and what a reader has to know, by key."""


def _curves(found: Comparison) -> dict[str, list[tuple[str, Floats]]]:
    """Return what each of `CHARTS` draws, by name."""
    unhedged = [run.growth["unhedged"] for run in found.runs]
    same = all(np.allclose(growth, unhedged[0], rtol=ALIKE, atol=0.0) for growth in unhedged)
    controls = [("Unhedged" if same else f"{run.label}, unhedged", run.growth["unhedged"]) for run in found.runs]
    return {
        "growth": [*((run.label, run.growth["hedged"]) for run in found.runs), *controls[: 1 if same else None]],
        "drawdown": [(run.label, run.drawdown) for run in found.runs],
        **{name: [(run.label, _over(run, name)) for run in found.runs] for name in (HELD, SOLD)},
        "sharpe": [(run.label, run.sharpe) for run in found.runs],
        "beta": [(run.label, run.beta) for run in found.runs],
    }


def page_data(found: Comparison) -> dict[str, Any]:
    """Return what the page's script draws."""
    days, drawn = found.sessions.astype("int64"), _curves(found)
    made = found.sessions[np.any([run.synthetic for run in found.runs], axis=0)]
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

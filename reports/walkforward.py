"""What `backtest walkforward` says, in the terminal, in Markdown and on its page.

A row a fold, the books over all tests, plain sentences; and on the page what was chosen when, and each fold's surface.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from data.files import write_and_sweep_up
from data.format import UNKNOWN, counted, dollars, percent, points, written
from engine.analytics.answer.words import Piece
from engine.analytics.measure import AGAINST, MEASURES
from engine.analytics.verdict import NOT_PAID, PAID, WITHHELD
from engine.hedge_names import joined
from engine.research.walkforward.kept import BOOKS, PAGE, WalkForward
from engine.research.walkforward.plan import TEST, TRAIN, WHOLE
from reports.charts import singles, spread
from reports.document import (
    Chart,
    Column,
    Document,
    Glossary,
    Heading,
    Items,
    Link,
    Menus,
    Opening,
    Paragraph,
    Part,
    Row,
    Section,
    Table,
)
from reports.naming import as_yaml, label, measure_data, short_names, shown
from reports.renderers.html import write_document
from reports.renderers.markdown import markdown
from reports.renderers.terminal import show, where
from reports.sweep import axes_data, command_of, surface_data, surface_menus
from reports.sweep_numbers import Columns, Extract, Rows, extract

if TYPE_CHECKING:
    from rich.console import Console

TITLES = {
    "walk_forward": "Walk-forward",
    "derisk_daily": "Sold daily",
    "own": "Own parameters",
    "hindsight": "Best in hindsight",
    "unhedged": "Unhedged",
}
ABOUT = {
    "walk_forward": "Each test by the parameters that its past had chosen, one book throughout.",
    "derisk_daily": "Core sold, at every close, to the beta of the walk-forward's book, in place of the hedge.",
    "own": "The parameters of the YAML: {own}.",
    "hindsight": "What did best over the whole history, tests included, and could not be known: {hindsight}.",
    "unhedged": "The same core without any hedge.",
}
FIGURES = ("cagr", "volatility", "sharpe", "max_drawdown", "final_equity", "costs")
"""The measures that are told of every book."""
HEADS = ("test", "in sample", "out of sample", "efficiency", "rank", "ahead of")
BRIEF = ("test from", "in", "out", "out / in", "rank", "ahead")
"""The heads of the table of folds on a page, and in a terminal."""
WORDS = 6
"""The most that an answer at the top of a page takes."""
BRIEF_VERDICTS = {PAID: "It paid", NOT_PAID: "It did not pay"}
ABOUT_BOOKS = (
    "Equity at each close, every book from the same cash on the same sessions. Dotted lines: where the next test "
    "begins."
)
ABOUT_BOXES = (
    "Boxes: {objective} of all combinations in each test, least and most, quartiles and median. The filled dot is the "
    "one chosen; the ring is what it had shown in its training."
)
ABOUT_FOLDS = (
    "In sample is over the training, out of sample over the test alone, begun anew as every combination's is; rank "
    "and the share it was ahead of are among all combinations in that test, a tie counting half. Efficiency is out "
    "of sample over in sample; it has no meaning where there was nothing to keep. Each command runs its row's test."
)
ABOUT_CHOSEN = (
    "Each line lies over the test in which its value was followed, between the ends of what was tried. Dashed: the "
    "best over the whole history, in hindsight."
)


def show_walkforward(console: Console, walk: WalkForward) -> None:
    """Print a walk-forward: a row a fold, the books over all tests, what it says, and its page."""
    metrics, mark = walk.metrics, [Paragraph(walk.mark, "alarm")] if walk.mark else []
    head = [
        Paragraph([Piece(metrics["name"], "strong"), Piece(f"  {metrics['strategy']}")]),
        *(Paragraph(how(walk), "dek"), Paragraph("")),
    ]
    tests = [Paragraph(""), Paragraph(f"All tests, {metrics['first']} to {metrics['last']}:", "dek")]
    books, notes = book_table(walk, "SIMULATED" if walk.simulated else ""), metrics["notes"]
    lines = [*map(Paragraph, ("", *sentences(walk))), *mark, *(Paragraph(note, "warning") for note in notes)]
    show(console, [*head, fold_table(walk, brief=True), *tests, books, *lines, where(walk.folder / PAGE)])


def as_markdown(walk: WalkForward) -> str:
    """Return both tables in Markdown, with the history's span and hash, as docs hold them."""
    metrics = walk.metrics
    made = f"History to {metrics['last']}, hash of its content `{metrics['data']}`. {how(walk)}"
    words = Paragraph(" ".join(sentences(walk)))
    return markdown([Paragraph(walk.mark or ""), Paragraph(made), fold_table(walk), book_table(walk), words])


def write_walkforward_page(walk: WalkForward, command: str) -> Path:
    """Write the page of a walk-forward into its folder and return it: one file, read offline.

    Parameters
    ----------
    walk
        A finished walk-forward.
    command
        The command that runs one combination, without dates and parameters: ``backtest run hedge_soxs.yaml``.
    """
    metrics, page = walk.metrics, walk.folder / PAGE
    objective = metrics["objective"]
    found = extract(rows_of(walk), surface(objective, 0, WHOLE))
    chosen = {name: parameters(values) for name, values in metrics["parameters"].items()}
    about = Glossary([(TITLES[name], ABOUT[name].format(**chosen)) for name in BOOKS])
    folds = fold_table(walk, run=commands(walk, command))
    content = Paragraph(f"Hash of the history's content: {metrics['data']}.", "dek")
    marked = "SIMULATED " if walk.simulated else ""
    about_boxes = ABOUT_BOXES.format(objective=label(objective))
    standing = Chart("standing", "What was chosen beside all combinations, test by test", about_boxes, "tall")
    books: list[Part] = [Chart("books", "Equity of each book", ABOUT_BOOKS, "tall"), book_table(walk, ""), about]
    books.insert(1, Items([*sentences(walk)[1:], *metrics["notes"]]))
    document = Document(
        f"{marked}{metrics['name']}: {metrics['strategy']}",
        [
            Section("books-part", _ended(walk), books),
            Section("", _better(walk), [standing]),
            Section("", _kept(walk), [Paragraph(ABOUT_FOLDS, "dek"), folds]),
            Section("chosen-part", _turned(walk), _chosen_charts(found)),
            Section("maps", _best_again(walk), [*_maps(walk, found), content]),
        ],
        note=walk.mark or "",
        header=_header(walk),
        opening=_opening(walk),
        data=page_data(walk, found),
        scripts=["surfaces", "walkforward"],
        styles=["research"],
    )
    write_and_sweep_up(page, lambda path: write_document(path, document))
    return page


def _ended(walk: WalkForward) -> str:
    """Return where the walk-forward's book ended among all books."""
    ends = {name: walk.metrics["books"][name]["final_equity"] for name in BOOKS}
    ahead = [TITLES[name].lower() for name in BOOKS[1:] if (ends[name] or 0.0) > (ends[BOOKS[0]] or 0.0)]
    behind = joined(ahead) if ahead else "no other"
    return f"Out of sample the book ended at {dollars(ends[BOOKS[0]])}, behind {behind}"


def _better(walk: WalkForward) -> str:
    """Return in how many tests the choice did better than half of all combinations."""
    tests = counted(walk.metrics["folds"], "test")
    return f"In {walk.metrics['better_half']} of {tests} the choice did better than half of all combinations"


def _kept(walk: WalkForward) -> str:
    """Return what was left out of sample of what the choices had shown."""
    name = walk.metrics["objective"]
    then, now = (figure(name, walk.metrics[where]) for where in ("in_sample", "out_of_sample"))
    return f"{label(name)}: {then} in sample, {now} out of it"


def _turned(walk: WalkForward) -> str:
    """Return how often the choice changed from one test to the next."""
    chosen = [tuple(row[name] for name in walk.parameters) for row in walk.folds]
    changed = sum(before != after for before, after in pairwise(chosen))
    return f"The choice changed {changed} of {counted(len(chosen) - 1, 'time')} it might have"


def _best_again(walk: WalkForward) -> str:
    """Return in how many tests the choice was the best of all."""
    best = sum(row["rank"] == 1 for row in walk.folds)
    return f"The best on the past was the best of its test in {best} of {counted(len(walk.folds), 'test')}"


def _opening(walk: WalkForward) -> Opening:
    """Return whether what was chosen on the past went on to pay, by the verdict of its book, and how much was kept."""
    metrics = walk.metrics
    title = f"{'SIMULATED ' if walk.simulated else ''}{metrics['name']}: {metrics['strategy']}"
    span = f"{metrics['first']} to {metrics['last']}"
    judged, inside = metrics["verdict"]["outcome"] != WITHHELD, metrics["cagr_vs_unhedged_in_sample"]
    first = metrics["verdict"]["sentence"].partition(". ")[0].removesuffix(".")
    brief = (
        first if len(first.split()) <= WORDS else BRIEF_VERDICTS.get(metrics["verdict"]["label"], "It can't be told")
    )
    answer = f"{brief}." if judged else "There is no verdict."
    columns = [Column("against unhedged"), Column("points a year", format=lambda value: points(value, 2))]
    ends = (("in sample", inside), ("out of sample", metrics["cagr_vs_unhedged_out_of_sample"]))
    rows = [Row([name, value], role="sum" if name != "in sample" else "") for name, value in ends if value is not None]
    about = [title, span, counted(metrics["sessions"], "session"), "" if walk.simulated else "real history"]
    question = "Did what was chosen on the past go on to pay?"
    return Opening(about, question, answer, sentences(walk)[0], Table("glance", columns, rows))


def _header(walk: WalkForward) -> list[Part]:
    run = walk.run.name
    links: list[Piece | Link] = [
        Piece("The walk-forward's book is a run like any other: its "),
        Link("hedge report", f"{run}/report.html"),
    ]
    if (walk.run / "tearsheet.html").is_file():
        links += [Piece(" and its "), Link("tear-sheet", f"{run}/tearsheet.html")]
    return [
        Paragraph(how(walk), "dek"),
        Paragraph([*links, Piece(".")]),
    ]


def _chosen_charts(found: Extract) -> list[Part]:
    parts: list[Part] = []
    for at, axis in enumerate(axes_data(found)):
        if any(at in pair for pair in found.pairs):
            parts += [Heading(axis["title"]), Chart(f"chosen-{at}", f"{axis['label']} chosen in each test")]
    return [*parts, Paragraph(ABOUT_CHOSEN, "dek")]


def _maps(walk: WalkForward, found: Extract) -> list[Part]:
    folds = [("0", "whole history"), *((str(row["fold"]), f"{row['fold']}: {row['test_first']}") for row in walk.folds)]
    charts = [Chart(name, f"The surface of the {window}", " ") for name, window in (("left", TRAIN), ("right", TEST))]
    menus = Menus([("fold", "Fold", folds), *surface_menus(found)])
    return [menus, *charts, Paragraph(" ", "dek", "map-caption")]


def commands(walk: WalkForward, command: str) -> list[str]:
    """Return the commands that run each fold's choice over its test alone."""
    ends = [row["test_first"] for row in walk.folds[1:]] + [walk.metrics["last"]]
    return [
        command_of(
            f"{command} --start {row['test_first']} --end {end}", {name: as_yaml(row[name]) for name in walk.parameters}
        )
        for row, end in zip(walk.folds, ends, strict=True)
    ]


def page_data(walk: WalkForward, found: Extract) -> dict[str, Any]:
    """Return what the page's script draws."""
    objective = walk.metrics["objective"]
    best = walk.metrics["parameters"]["hindsight"]
    return {
        "simulated": walk.simulated,
        "objective": measure_data(objective) | {"signed": AGAINST in objective},
        "folds": [_fold_data(walk, row) for row in walk.folds],
        "books": _books_data(walk),
        "parameters": axes_data(found),
        "chosen": [[axis.values.index(row[axis.key]) for axis in found.axes] for row in (best, *walk.folds)],
        "pairs": found.pairs,
        "layered": found.layered,
        "surfaces": [
            {"fold": fold, "window": window, **surface_data(found, surface(objective, fold, window))}
            for fold, window in _windows(walk)
        ],
    }


def rows_of(walk: WalkForward) -> Rows:
    """Return the combinations, each window's objective as a metric of its own, so that all share a page's room."""
    objective, total = walk.metrics["objective"], int(walk.metrics["combinations"])
    windows = {surface(objective, *which): which for which in _windows(walk)}
    surfaces = Columns(windows, lambda name: walk.values(*windows[name], objective))
    return Rows(walk.parameters, walk.combinations(0, WHOLE, walk.parameters), surfaces, total)


def surface(objective: str, fold: int, window: str) -> str:
    """Name the objective over a window, as what it is compared with is named: so its better side is known."""
    return f"{objective}{AGAINST}{fold}-{window}"


def _windows(walk: WalkForward) -> list[tuple[int, str]]:
    """Return every window: the whole history, then each fold's training and test."""
    return [(0, WHOLE), *((row["fold"], window) for row in walk.folds for window in (TRAIN, TEST))]


def _fold_data(walk: WalkForward, row: Mapping[str, Any]) -> dict[str, Any]:
    """Return a fold's dates and figures, and how all combinations did in its test: least, quartiles, most."""
    values = walk.values(row["fold"], TEST, walk.metrics["objective"])
    known = values[~np.isnan(values)]
    dates = {name: str(row[name]) for name in ("train_first", "train_last", "test_first", "test_last")}
    figures = {name: row[name] for name in ("in_sample", "out_of_sample", "efficiency")}
    return {**dates, **figures, "quartiles": np.quantile(known, np.arange(5) / 4).tolist() if len(known) else None}


def _books_data(walk: WalkForward) -> dict[str, Any]:
    equity = walk.equity()
    alive = {name: np.where(equity[name] > 0.0, equity[name], np.nan) for name in BOOKS}
    return {
        "days": singles(equity["date"].astype("datetime64[D]").astype("int64")),
        "lines": [{"name": TITLES[name], "y": singles(alive[name])} for name in BOOKS],
        "spread": spread(np.concatenate(list(alive.values()))),
    }


def how(walk: WalkForward) -> str:
    """Return how it was made."""
    metrics = walk.metrics
    trained = f"all history, {metrics['train']} at first" if metrics["anchored"] else f"the {metrics['train']} before"
    apart = f", {counted(metrics['embargo'], 'session')} apart" if metrics["embargo"] else ""
    among = counted(metrics["combinations"], "combination")
    return (
        f"{counted(metrics['folds'], 'test')} of {metrics['test']}, each by the best of {among} over {trained}{apart},"
        f" by {label(metrics['objective'])}."
    )


def fold_table(walk: WalkForward, *, brief: bool = False, run: Sequence[str] = ()) -> Table:
    """Return a row a fold; a brief table fits a terminal. `run` has each row's command."""
    names = [name.replace("_", " ") for name in short_names(walk.parameters)]
    test, *others = BRIEF if brief else HEADS
    heads = ["SIMULATED" if brief and walk.simulated else test, *names, *others]
    columns = [Column(heads[0], wrap="never"), *map(Column, heads[1:])]
    runs = run or [""] * len(walk.folds)
    rows = [Row(_fold(walk, row, brief=brief), command=line) for row, line in zip(walk.folds, runs, strict=True)]
    return Table("folds", columns, rows)


def _fold(walk: WalkForward, row: Mapping[str, Any], *, brief: bool) -> list[str]:
    rank = UNKNOWN if row["rank"] is None else f"{row['rank']:,}" + ("" if brief else f" of {row['ranked']:,}")
    return [
        str(row["test_first"]) + ("" if brief else f" to {row['test_last']}"),
        *(as_yaml(row[name]) for name in walk.parameters),
        *(figure(walk.metrics["objective"], row[where]) for where in ("in_sample", "out_of_sample")),
        percent(row["efficiency"], 0),
        rank,
        percent(row["beaten"], 0),
    ]


def book_table(walk: WalkForward, corner: str = "book") -> Table:
    """Return a row a book over all tests, with the objective where no other column tells it."""
    objective = walk.metrics["objective"]
    own, measures = [] if objective in FIGURES else [objective], [MEASURES[key] for key in FIGURES]
    titles = [*map(label, own), *(measure.title.removesuffix(" a year") for measure in measures)]
    rows = []
    for name in BOOKS:
        book = walk.metrics["books"][name]
        first = [figure(objective, book["objective"]) for _ in own]
        rows.append(Row([TITLES[name], *first, *(written(book[measure.key], measure.format) for measure in measures)]))
    return Table("figures", [Column(corner, wrap="never"), *map(Column, titles)], rows)


def figure(objective: str, value: float | None) -> str:
    """Write a figure of the objective, a dash for none."""
    return shown(objective, float("nan") if value is None else value).replace("%", " %")


def parameters(values: Mapping[str, Any]) -> str:
    """Write parameters in a line."""
    names = short_names(list(values))
    return ", ".join(f"{name} {as_yaml(value)}" for name, value in zip(names, values.values(), strict=True))


def sentences(walk: WalkForward) -> list[str]:
    """Return what a walk-forward says, in plain words."""
    metrics, books = walk.metrics, walk.metrics["books"]
    fund = walk.hedge.noun
    inside, outside = metrics["cagr_vs_unhedged_in_sample"], metrics["cagr_vs_unhedged_out_of_sample"]
    before = "" if inside is None else f"; in sample the same choices {_brought(inside, 'had ')}"
    lines = [f"Chosen on the past, {fund} {_brought(outside)} against unhedged out of sample{before}."]
    name = metrics["objective"]
    now, then = (figure(name, metrics[where]) for where in ("out_of_sample", "in_sample"))
    kept = "" if metrics["efficiency"] is None else f", an efficiency of {percent(metrics['efficiency'], 0)}"
    beside = {book: figure(name, books[book]["objective"]) for book in BOOKS[1:]}
    others = "".join(f"; {TITLES[book].lower()} {value}" for book, value in beside.items() if value != UNKNOWN)
    lines.append(f"{label(name)} was {now} out of sample and {then} in sample{kept}{others}.")
    lines.append(
        f"In {metrics['better_half']} of {counted(metrics['folds'], 'test')} the choice did better than half of all"
        " combinations; one drawn by lot does so in about every other."
    )
    if metrics["verdict"]["outcome"] != WITHHELD:
        lines.append(f"The verdict out of sample: {metrics['verdict']['sentence']}")
    return lines


def _brought(difference: float, had: str = "") -> str:
    """Return what a difference in CAGR was, in points a year."""
    if abs(difference) < 0.00005:
        return f"{had}made no difference"
    size = points(abs(difference), 2).removeprefix("+")
    return f"{had}{'brought' if difference > 0 else 'cost'} {size} points a year"

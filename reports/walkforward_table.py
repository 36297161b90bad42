"""What a walk-forward says in the terminal and in Markdown: a row a fold, the books over all tests, plain sentences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from data.format import UNKNOWN, counted, percent, points, written
from engine.analytics.measure import MEASURES
from engine.analytics.verdict import WITHHELD
from engine.research.walkforward.kept import BOOKS, WalkForward
from reports.sweep_page import as_yaml, label, short_names, shown

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


def show_walkforward(console: Console, walk: WalkForward) -> None:
    """Print a walk-forward: a row a fold, the books over all tests, what it says, and where its files are."""
    metrics = walk.metrics
    console.print(f"[bold]{escape(metrics['name'])}[/]  {escape(metrics['strategy'])}", highlight=False)
    console.print(how(walk), style="dim", highlight=False)
    console.print()
    heads, rows = fold_table(walk, brief=True)
    console.print(_table("SIMULATED" if walk.simulated else heads[0], heads[1:], rows))
    console.print()
    heads, rows = book_table(walk)
    console.print(f"All tests, {metrics['first']} to {metrics['last']}:", style="dim", highlight=False)
    console.print(_table("SIMULATED" if walk.simulated else "", heads[1:], rows))
    console.print()
    for sentence in sentences(walk):
        console.print(escape(sentence), highlight=False)
    for note in (*([walk.mark] if walk.mark else []), *metrics["notes"]):
        style = "bold yellow" if note == walk.mark else "yellow"
        console.print(escape(note), style=style, highlight=False)
    console.print(f"Files: [bold]{escape(str(walk.folder))}[/]", highlight=False, soft_wrap=True)


def _table(corner: str, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column(
        corner, header_style="bold yellow" if corner == "SIMULATED" else "bold", vertical="bottom", no_wrap=True
    )
    for head in heads:
        table.add_column(head, justify="right", vertical="bottom")
    for row in rows:
        table.add_row(*(escape(cell.replace(" %", "%")) for cell in row))
    return table


def as_markdown(walk: WalkForward) -> str:
    """Return both tables in Markdown, with the history's span and hash, as docs hold them."""
    metrics = walk.metrics
    made = f"History to {metrics['last']}, hash of its content `{metrics['data']}`. {how(walk)}"
    parts = [walk.mark, made, _piped(*fold_table(walk)), _piped(*book_table(walk)), " ".join(sentences(walk))]
    return "\n\n".join(part for part in parts if part)


def _piped(heads: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    return "\n".join(f"| {' | '.join(row)} |" for row in (heads, ["---"] + ["---:"] * (len(heads) - 1), *rows))


def how(walk: WalkForward) -> str:
    """Say how it was made."""
    told = walk.metrics
    trained = f"all history, {told['train']} at first" if told["anchored"] else f"the {told['train']} before"
    apart = f", {counted(told['embargo'], 'session')} apart" if told["embargo"] else ""
    among = counted(told["combinations"], "combination")
    return (
        f"{counted(told['folds'], 'test')} of {told['test']}, each by the best of {among} over {trained}{apart},"
        f" by {label(told['objective'])}."
    )


def fold_table(walk: WalkForward, *, brief: bool = False) -> tuple[list[str], list[list[str]]]:
    """Return the heads and the rows of the table of folds, as text; a brief one fits a terminal."""
    names = [name.replace("_", " ") for name in short_names(walk.parameters)]
    told = ["test", "in sample", "out of sample", "efficiency", "rank", "ahead of"]
    short = ["test from", "in", "out", "out / in", "rank", "ahead"]
    test, *figures = short if brief else told
    heads = [test, *names, *figures]
    return heads, [_fold(walk, row, brief=brief) for row in walk.folds]


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


def book_table(walk: WalkForward) -> tuple[list[str], list[list[str]]]:
    """Return the heads and the rows of the table of books over all tests, as text."""
    objective = walk.metrics["objective"]
    named, told = objective in FIGURES, [MEASURES[key] for key in FIGURES]
    heads = ["book", *([] if named else [label(objective)]), *(one.title.removesuffix(" a year") for one in told)]
    rows = []
    for name in BOOKS:
        book = walk.metrics["books"][name]
        own = [] if named else [figure(objective, book["objective"])]
        rows.append([TITLES[name], *own, *(written(book[one.key], one.format) for one in told)])
    return heads, rows


def figure(objective: str, value: float | None) -> str:
    """Write a figure of the objective, a dash for none."""
    return shown(objective, float("nan") if value is None else value).replace("%", " %")


def parameters(values: Mapping[str, Any]) -> str:
    """Write parameters in a line."""
    names = short_names(list(values))
    return ", ".join(f"{name} {as_yaml(value)}" for name, value in zip(names, values.values(), strict=True))


def sentences(walk: WalkForward) -> list[str]:
    """Say what a walk-forward says, in plain words."""
    told, books = walk.metrics, walk.metrics["books"]
    fund = walk.manifest["config"]["hedge"]["instrument"]
    inside, outside = told["cagr_vs_unhedged_in_sample"], told["cagr_vs_unhedged_out_of_sample"]
    before = "" if inside is None else f"; in sample the same choices {_brought(inside, 'had ')}"
    said = [f"Chosen on the past, {fund} {_brought(outside)} against unhedged out of sample{before}."]
    name = told["objective"]
    now, then = (figure(name, told[where]) for where in ("out_of_sample", "in_sample"))
    kept = "" if told["efficiency"] is None else f", an efficiency of {percent(told['efficiency'], 0)}"
    beside = {book: figure(name, books[book]["objective"]) for book in BOOKS[1:]}
    others = "".join(f"; {TITLES[book].lower()} {value}" for book, value in beside.items() if value != UNKNOWN)
    said.append(f"{label(name)} was {now} out of sample and {then} in sample{kept}{others}.")
    said.append(
        f"In {told['better_half']} of {counted(told['folds'], 'test')} the choice did better than half of all"
        " combinations; one drawn by lot does so in about every other."
    )
    if told["verdict"]["outcome"] != WITHHELD:
        said.append(f"The verdict out of sample: {told['verdict']['sentence']}")
    return said


def _brought(difference: float, had: str = "") -> str:
    """Say what a difference in CAGR was, in points a year."""
    if abs(difference) < 0.00005:
        return f"{had}made no difference"
    size = points(abs(difference), 2).removeprefix("+")
    return f"{had}{'brought' if difference > 0 else 'cost'} {size} points a year"

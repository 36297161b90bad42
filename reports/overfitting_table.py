"""What a sweep's statistics of overfitting say in the terminal, and the rows that its page shows too."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from data.format import UNKNOWN, counted, number, p_value
from engine.research.overfitting.findings import BARE, COSTS, HOLDS, LUCK, SERIES, Standing, numbers, outcome, sentence
from engine.research.overfitting.sharpe import Deflated

TITLES = ("over cash", "growth less unhedged", "growth less sold daily")
"""What a person calls `engine.research.overfitting.findings.SERIES`."""
COLOURS = {BARE: "red", COSTS: "red", LUCK: "red", HOLDS: "green"}
NEVER = "no length"


class Row(NamedTuple):
    """A line of the table: what it is, and the figure of each of `TITLES`."""

    label: str
    figures: tuple[str, ...]


def rows_of(standing: Standing) -> tuple[Row, ...]:
    """Return the table's lines."""
    found, tried = standing.found, standing.tried.combinations
    series = [found.deflated[name] for name in SERIES]

    def line(label: str, of: Callable[[Deflated], str]) -> Row:
        return Row(label, tuple(of(one) for one in series))

    tests = [found.superior[name] for name in ("unhedged", "derisk")]
    return (
        line("Sharpe ratio of the best, a year", lambda one: number(one.sharpe)),
        Row("of the unhedged book", (number(found.best.unhedged_sharpe), UNKNOWN, UNKNOWN)),
        line(f"luck's best of {tried:,} tried", lambda one: number(one.luck(tried))),
        line("deflated Sharpe ratio", lambda one: number(one.deflated(tried))),
        line("Effective number of trials", lambda one: f"{one.effective_of(tried):,.0f}"),
        line("luck's best of so many", lambda one: number(one.luck(one.effective_of(tried)))),
        line("deflated Sharpe ratio", lambda one: number(one.deflated(one.effective_of(tried)))),
        line("Track record for more than 0", lambda one: _years(one, 0.0)),
        line("for more than luck's best", lambda one: _years(one, one.luck(tried))),
        Row("SPA p-value of the best", (UNKNOWN, *(p_value(test.p_value) for test in tests))),
        Row("without the best", (UNKNOWN, *(p_value(test.without_best) for test in tests))),
    )


def splits_in_words(standing: Standing) -> str | None:
    """Return what the splits say; ``None`` where there are none."""
    splits = standing.found.splits
    if splits is None:
        return None
    below, loss = 100.0 * splits.below_unhedged, 100.0 * splits.loss
    return (
        f"Probability of backtest overfitting {number(splits.pbo)}: {splits.blocks} blocks of sessions, half of them to"
        f" choose in and half to judge by, in all {splits.splits:,} ways. Out of sample the one chosen was below the"
        f" unhedged book in {below:.0f} %, and its Sharpe ratio below 0 in {loss:.0f} %; where it was higher by 1"
        f" in-sample, it was {_by(splits.slope)} out of sample."
    )


def counted_in_words(standing: Standing) -> str:
    """Say on how many combinations each figure stands."""
    found, tried, splits = standing.found, standing.tried, standing.found.splits
    sizes = " and ".join(dict.fromkeys(f"{found.deflated[name].measured_on:,}" for name in SERIES))
    test = found.superior["unhedged"]
    tries = f"{counted(tried.combinations, 'combination')} in {counted(tried.sweeps, 'sweep')}"
    said = [f"Tried: {tries} of this run kept here."]
    if splits is not None:
        drawn = " drawn evenly over the grid" if splits.rows + splits.left_out < found.combinations else ""
        out = f", {splits.left_out:,} more left out" if splits.left_out else ""
        said += [f"Splits: among {splits.rows:,}{drawn}{out}."]
    said += [
        f"Effective number: of {sizes} drawn at random.",
        f"SPA: the best and {counted(test.representatives, 'representative')}, {test.draws:,} resamples.",
        "Nothing was drawn by its result.",
        *(
            f"No deflated Sharpe ratio and no track record {title}: {found.deflated[name].undefined}."
            for name, title in zip(SERIES, TITLES, strict=True)
            if found.deflated[name].undefined
        ),
    ]
    return " ".join(said)


def numbers_in_words(standing: Standing) -> tuple[str, ...]:
    """Return the three numbers beside the sentence, each with what it is."""
    return tuple(f"{one.label} {number(one.value, one.digits)}" for one in numbers(*standing))


def show_overfitting(console: Console, standing: Standing, *, whole: bool = False) -> None:
    """Print how much of a sweep's best is luck: a sentence and three numbers, and the rest where it is asked for."""
    style = COLOURS.get(outcome(standing.found, standing.tried.combinations), "yellow")
    console.print()
    console.print(sentence(*standing), style=f"bold {style}", highlight=False)
    told = ", ".join(numbers_in_words(standing))
    console.print(f"{told[0].upper()}{told[1:]}.{'' if whole else ' --luck tells the rest.'}", highlight=False)
    if whole:
        _show_rest(console, standing)


def _show_rest(console: Console, standing: Standing) -> None:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("", no_wrap=True)
    for title in TITLES:
        table.add_column(title, justify="right")
    for row in rows_of(standing):
        table.add_row(row.label, *row.figures)
    console.print(table)
    for text in (splits_in_words(standing), counted_in_words(standing)):
        if text:
            console.print(text, style="dim", highlight=False)


def _years(one: Deflated, above: float) -> str:
    if one.undefined:
        return UNKNOWN
    sessions = one.track_record(above)
    years = 0.0 if sessions is None else sessions / one.sessions_a_year
    return NEVER if sessions is None else f"{number(years, 1 if years < 100.0 else 0)} years"


def _by(slope: float) -> str:
    text = number(abs(slope))
    return "-" if text == UNKNOWN else f"{'higher' if slope > 0 else 'lower'} by {text}"

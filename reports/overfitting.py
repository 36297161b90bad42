"""What a sweep's statistics of overfitting say, in the terminal and on its page: how much of its best is luck."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from data.arrays import Floats
from data.format import UNKNOWN, counted, number, p_value
from engine.research.overfitting.findings import BARE, COSTS, HOLDS, LUCK, SERIES, Standing, numbers, outcome, sentence
from engine.research.overfitting.sharpe import Deflated
from reports.document import Chart, Column, Details, Heading, Items, Paragraph, Part, Row, Section, Table
from reports.renderers.terminal import show

if TYPE_CHECKING:
    from rich.console import Console

TITLES = ("over cash", "growth less unhedged", "growth less sold daily")
"""What a person calls `engine.research.overfitting.findings.SERIES`."""
ROLES = {BARE: "bad", COSTS: "bad", LUCK: "bad", HOLDS: "good"}
NEVER = "no length"
BINS = 60
LOWEST = 0.001
"""The share of combinations, the lowest, that the first bar holds whatever they are: a ruin would squeeze the rest."""
ABOUT = (
    "A deflated Sharpe ratio is the probability that the true one is above the best that luck gives. Over cash it "
    "speaks of the whole book, core and all, so that a good market alone makes it high; what the hedge adds to the "
    "growth of the unhedged book, or of the book sold daily, is its own. A p-value is the probability, where no "
    "combination beats what it is compared with, of a best that stands out as much. A track record is how long what "
    "is seen would have to last to be 95 % sure."
)
CAPTIONS = {
    "luck-sharpe": "All combinations by Sharpe ratio.",
    "luck-cagr": (
        "All combinations by what they gain on the unhedged book. The best is the one with the highest Sharpe ratio."
    ),
    "luck-logits": (
        "Where the one chosen in-sample ranks out of sample, split by split: at 0 it is the median, orange is below."
    ),
    "luck-halves": (
        "Its Sharpe ratio in both halves, stronger where more splits are. The line is the best fit; along the dotted "
        "one nothing would be lost. Both halves make up one history: what the market does in one it can't do in the "
        "other, and the line falls with that too."
    ),
}


def show_overfitting(console: Console, standing: Standing, *, whole: bool = False) -> None:
    """Print how much of a sweep's best is luck: a sentence and three numbers, and the rest where it is asked for."""
    found = ", ".join(numbers_in_words(standing))
    parts: list[Part] = [
        Paragraph(""),
        Paragraph(sentence(*standing), ROLES.get(_outcome(standing), "alarm")),
        Paragraph(f"{found[0].upper()}{found[1:]}.{'' if whole else ' --luck tells the rest.'}"),
    ]
    if whole:
        texts = (splits_in_words(standing), counted_in_words(standing))
        parts += [_table(standing), *(Paragraph(text, "dek") for text in texts if text)]
    show(console, parts)


def overfitting_section(standing: Standing, metrics: Mapping[str, Floats]) -> Section:
    """Return what a sweep's page shows: the sentence, three numbers, and folded all that they rest on.

    Parameters
    ----------
    metrics
        Columns of the sweep: ``sharpe`` and ``cagr_vs_unhedged`` are read once.
    """
    splits, drawn = splits_in_words(standing), overfitting_data(standing, metrics)
    charts = {name: Chart(name, text, text, data=drawn[name]) for name, text in CAPTIONS.items() if name in drawn}
    rest: list[Part] = [_table(standing), Paragraph(ABOUT, "dek"), charts["luck-sharpe"], charts["luck-cagr"]]
    if splits:
        halves = [charts["luck-logits"], charts["luck-halves"]]
        rest += [Heading("Chosen in one half, judged in the other"), Paragraph(splits), *halves]
    parts: list[Part] = [
        Items(numbers_in_words(standing)),
        Details("All that this rests on", [*rest, Paragraph(counted_in_words(standing), "dek")], "luck-rest"),
    ]
    return Section("overfitting", sentence(*standing).removesuffix("."), parts)


def _outcome(standing: Standing) -> str:
    return outcome(standing.found, standing.tried.combinations)


def overfitting_data(standing: Standing, metrics: Mapping[str, Floats]) -> dict[str, Any]:
    """Return what the page's script draws, by chart."""
    best, splits = standing.found.best, standing.found.splits
    drawn = {
        "luck-sharpe": _histogram(metrics["sharpe"], best.sharpe, best.unhedged_sharpe),
        "luck-cagr": _histogram(metrics["cagr_vs_unhedged"], best.cagr_vs_unhedged, 0.0),
    }
    if splits is None:
        return drawn
    line = None if np.isnan(splits.slope) else [splits.slope, splits.intercept]
    return drawn | {"luck-logits": splits.logits, "luck-halves": {**splits.sharpes, "line": line}}


def _histogram(column: Floats, best: float, unhedged: float) -> dict[str, Any]:
    known = column[np.isfinite(column)]
    low = float(np.quantile(known, LOWEST))
    counts, edges = np.histogram(np.maximum(known, low), bins=BINS)
    marks = {"best": best, "unhedged": unhedged}
    return {"edges": edges.tolist(), "counts": counts.tolist()} | {
        name: float(value) if np.isfinite(value) else None for name, value in marks.items()
    }


def _table(standing: Standing) -> Table:
    return Table("luck", [Column("", wrap="never"), *map(Column, TITLES)], rows_of(standing))


def rows_of(standing: Standing) -> list[Row]:
    """Return the table's rows: what each is, and the figure of each of `TITLES`."""
    found, tried = standing.found, standing.tried.combinations
    series = [found.deflated[name] for name in SERIES]
    tests = [found.superior[name] for name in ("unhedged", "derisk")]

    def row(title: str, of: Callable[[Deflated], str]) -> Row:
        return Row([title, *map(of, series)])

    return [
        row("Sharpe ratio of the best, a year", lambda sharpe: number(sharpe.sharpe)),
        Row(["of the unhedged book", number(found.best.unhedged_sharpe), UNKNOWN, UNKNOWN]),
        row(f"luck's best of {tried:,} tried", lambda sharpe: number(sharpe.luck(tried))),
        row("deflated Sharpe ratio", lambda sharpe: number(sharpe.deflated(tried))),
        row("Effective number of trials", lambda sharpe: number(sharpe.effective_of(tried), 0)),
        row("luck's best of so many", lambda sharpe: number(sharpe.luck(sharpe.effective_of(tried)))),
        row("deflated Sharpe ratio", lambda sharpe: number(sharpe.deflated(sharpe.effective_of(tried)))),
        row("Track record for more than 0", lambda sharpe: _years(sharpe, 0.0)),
        row("for more than luck's best", lambda sharpe: _years(sharpe, sharpe.luck(tried))),
        Row(["SPA p-value of the best", UNKNOWN, *(p_value(test.p_value) for test in tests)]),
        Row(["without the best", UNKNOWN, *(p_value(test.without_best) for test in tests)]),
    ]


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
    """Return on how many combinations each figure stands."""
    found, tried, splits = standing.found, standing.tried, standing.found.splits
    sizes = " and ".join(dict.fromkeys(f"{found.deflated[name].measured_on:,}" for name in SERIES))
    test = found.superior["unhedged"]
    tries = f"{counted(tried.combinations, 'combination')} in {counted(tried.sweeps, 'sweep')}"
    words = [f"Tried: {tries} of this run kept here."]
    if splits is not None:
        drawn = " drawn evenly over the grid" if splits.rows + splits.left_out < found.combinations else ""
        out = f", {splits.left_out:,} more left out" if splits.left_out else ""
        words += [f"Splits: among {splits.rows:,}{drawn}{out}."]
    words += [
        f"Effective number: of {sizes} drawn at random.",
        f"SPA: the best and {counted(test.representatives, 'representative')}, {test.draws:,} resamples.",
        "Nothing was drawn by its result.",
        *(
            f"No deflated Sharpe ratio and no track record {title}: {found.deflated[name].undefined}."
            for name, title in zip(SERIES, TITLES, strict=True)
            if found.deflated[name].undefined
        ),
    ]
    return " ".join(words)


def numbers_in_words(standing: Standing) -> tuple[str, ...]:
    """Return the three numbers beside the sentence, each with what it is."""
    return tuple(f"{item.label} {number(item.value, item.digits)}" for item in numbers(*standing))


def _years(sharpe: Deflated, above: float) -> str:
    if sharpe.undefined:
        return UNKNOWN
    sessions = sharpe.track_record(above)
    years = 0.0 if sessions is None else sessions / sharpe.sessions_a_year
    return NEVER if sessions is None else f"{number(years, 1 if years < 100.0 else 0)} years"


def _by(slope: float) -> str:
    text = number(abs(slope))
    return "-" if text == UNKNOWN else f"{'higher' if slope > 0 else 'lower'} by {text}"

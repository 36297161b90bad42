"""What `backtest data fit` says: how a leveraged fund moved with its underlying and kept to its model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from data.arrays import Floats, Ints, day
from data.calendar import nyse_sessions
from data.format import as_json, counted, number, percent, points
from data.fund import Dated
from data.fund_fit import FundFit
from data.tracking import Tracking
from engine.analytics.answer.words import Piece
from reports.charts import line, singles, thinned
from reports.document import Chart, Column, Document, Items, Opening, Paragraph, Row, Section, Table, named
from reports.renderers.html import write_document
from reports.renderers.terminal import show

if TYPE_CHECKING:
    from rich.console import Console

SLOPE = Column("Slope", format=partial(number, places=3))
R2 = Column("R2", format=partial(number, places=4))
ABOUT_TRACKING = (
    "Tracking is the fund's return less the model's; its error is the standard deviation, of calendar months, or of "
    "days times the root of the sessions a year. Each row's spread makes its mean daily tracking zero; years have that "
    "of the first row."
)


def _shares(*titles: str, places: int = 2) -> list[Column]:
    return [Column(title, format=partial(percent, places=places)) for title in titles]


def write_fund_page(path: Path, fit: FundFit, *, title: str) -> None:
    """Write the page of a fit: one file, read offline.

    Parameters
    ----------
    path
        The file to write.
    fit
        The fit.
    title
        Stands at the top; any text is safe.
    """
    whole, changed = fit.whole, _changed(fit)
    dots = (
        f"Total returns of each session, close to close, and the line of least squares: {fit.fund} = "
        f"{percent(whole.intercept, 2)} a year + ({number(whole.slope, 4)} \u00b1 {number(whole.slope_error, 4)}) "
        f"\u00d7 {fit.underlying}, R\u00b2 {number(whole.r2, 4)}."
    )
    levels = (
        f"From the close of {fit.dates[0]}, distributions put back in. The model earns interest and pays fee and "
        "spread on the same exposure; the third line has neither."
    )
    levels += f" Since {changed} the fund follows another index." if changed else ""
    years = "The fund's total return less the model's, in percentage points."
    sections = [
        Section(
            "",
            f"{percent(whole.r2, 1)} of a day's move is {fit.underlying}'s, {number(whole.slope, 2)} times",
            [Chart("dots", "Daily returns of the fund against its underlying's", dots, "tall")],
        ),
        Section("", _became(fit), [Chart("levels", "Fund, model and plain multiple", levels, "tall")]),
        Section("", _largest(fit), [Chart("differences", "Fund less model by year", years, "tall"), _years(fit)]),
        Section("", _driven(fit), [_spans(fit), Paragraph(ABOUT_TRACKING, "dek")]),
        Section("", f"A fee of {fee_words(fit.fee)} was assumed", [Items(fit.told)]),
    ]
    opened = Opening(
        [title, f"{whole.first} to {whole.last}", counted(whole.sessions, "session")],
        f"How much does {fit.fund} move for each move of {fit.underlying}?",
        f"{number(whole.slope, 3)} times, day by day.",
        headline(fit),
        _glance(fit),
    )
    write_document(path, Document(title, sections, data=page_data(fit), scripts=["fund"], opening=opened))


def _became(fit: FundFit) -> str:
    """Return what the fund and the model made a year."""
    made, modelled = percent(fit.whole.actual_a_year), percent(fit.whole.model_a_year)
    return f"{fit.fund} made {made} a year, by the model {modelled}"


def _largest(fit: FundFit) -> str:
    """Return in which year fund and model were furthest apart."""
    at = max(range(len(fit.years)), key=lambda at: abs(fit.years[at].difference))
    return f"Fund and model were furthest apart in {year_label(fit, at)}: {points(fit.years[at].difference, 2)} points"


def _driven(fit: FundFit) -> str:
    """Return the spread by what drives the fund."""
    spans = {fit.underlying: fit.whole, **({"its index": fit.index} if fit.index else {})}
    told = ", ".join(f"{percent(span.spread, 2)} driven by {name}" for name, span in spans.items())
    return f"The spread that fits best, a year: {told}"


def _glance(fit: FundFit) -> Table:
    columns = [Column("driven by"), *_shares("spread a year", "error a month")]
    spans = [(fit.underlying, fit.whole), *([("its index", fit.index)] if fit.index else [])]
    return Table("glance", columns, [Row([name, span.spread, span.monthly_error]) for name, span in spans])


def _years(fit: FundFit) -> Table:
    columns = [
        *(Column("Year"), Column("Sessions"), SLOPE, R2),
        *_shares(fit.fund, "Model"),
        Column("Difference (points)", format=partial(points, places=2)),
        *_shares("Tracking error a month", "Worst day"),
        Column("on"),
    ]
    names = ("sessions", "slope", "r2", "actual", "model", "difference", "monthly_error", "worst", "worst_on")
    rows = [Row([year_label(fit, at), *_values(year, names)]) for at, year in enumerate(fit.years)]
    return Table("years", columns, rows)


def _spans(fit: FundFit) -> Table:
    columns = [
        *(Column("Driven by"), Column("Returns from"), Column("to"), SLOPE, R2),
        *_shares("Spread a year", f"{fit.fund} a year", "Model a year", "Tracking error a month"),
        *_shares("Mean a month", places=3),
        *_shares("Daily tracking error a year"),
    ]
    names = ("driver", "first", "last", "slope", "r2", "spread", "actual_a_year", "model_a_year", "monthly_error")
    spans = (fit.whole, *([fit.index] if fit.index else []), *fit.eras)
    rows = [Row(_values(span, (*names, "monthly_mean", "daily_error"))) for span in spans]
    return Table("spans", columns, rows)


def _values(span: Tracking, names: Sequence[str]) -> list[Any]:
    return [getattr(span, name) for name in names]


def show_fit(console: Console, fit: FundFit, page: Path) -> None:
    """Print how the leveraged-fund model fits a fund: in all, by index, by year."""
    whole, tight = fit.whole, partial(percent, places=2, gap="")
    slope = f"slope {whole.slope:.3f} (standard error {whole.slope_error:.3f}), R2 {whole.r2:.4f}"
    head = f" is {fit.leverage:+g} x {fit.underlying}: {slope}, {whole.sessions:,} sessions"
    about = (
        f"fitted spread {tight(fit.spread)} a year on {fit.underlying}'s own total return; a month's tracking has "
        f"mean {tight(whole.monthly_mean, sign=True)} and standard deviation {tight(whole.monthly_error)}"
    )
    show(console, [Paragraph([Piece(fit.fund, "strong"), Piece(head)]), Paragraph(about), Paragraph("")])
    eras = [*([fit.index] if fit.index else []), *fit.eras]
    if eras:
        columns = [
            Column("driven by its index", wrap="never"),
            *_lower(SLOPE, R2),
            *_shares("spread", "tracking error a year"),
        ]
        shown = ("slope", "r2", "spread", "daily_error")
        rows = [Row([f"{era.first} to {era.last}", *_values(era, shown)]) for era in eras]
        drivers = dict.fromkeys(era.driver for era in fit.eras)
        indices = [Paragraph(f"the index: {driver}", "dek") for driver in drivers]
        show(console, [Table("eras", columns, rows), *indices, Paragraph("")])
    difference = Column("difference", format=partial(percent, places=2, sign=True))
    columns = [Column(f"driven by {fit.underlying}", wrap="never"), *_lower(SLOPE, R2)]
    columns += [*_shares("fund", "model", places=1), difference, *_shares("tracking error")]
    names = ("slope", "r2", "actual", "model", "difference", "daily_error")
    rows = [Row([str(year.first)[:4], *_values(year, names)]) for year in fit.years]
    assumed = [Paragraph(text, "dek") for text in fit.told]
    show(console, [Table("years", columns, rows), *assumed, named("Page:", page)])


def _lower(*columns: Column) -> Sequence[Column]:
    return [Column(column.title if column is R2 else column.title.lower(), format=column.format) for column in columns]


def headline(fit: FundFit) -> str:
    """Return in a sentence or two how a fund was fitted."""
    whole = fit.whole
    words = (
        f"{fit.fund} moved {whole.slope:.3f} times {fit.underlying} a day, from {whole.first} to {whole.last}: with a "
        f"spread of {percent(whole.spread, 2)} a year, the model of a {fit.leverage:g}x fund tracks it with an error "
        f"of {percent(whole.monthly_error, 2)} a month."
    )
    if fit.index is None:
        return words
    return (
        f"{words} Driven by its index, the spread is {percent(fit.index.spread, 2)} a year and the error "
        f"{percent(fit.index.monthly_error, 2)} a month."
    )


def fee_words(fee: Dated) -> str:
    """Write a fee, or fees by the day from which they count."""
    if not isinstance(fee, Mapping):
        return f"{percent(fee, 2)} a year"
    since = sorted((day(date), float(value)) for date, value in fee.items())
    return ", ".join(f"{percent(value, 2)} a year from {date}" for date, value in since)


def year_label(fit: FundFit, at: int) -> str:
    """Return a year as a chart and a table name it: ``2010 (part)`` where the fit has only a part of it."""
    first, last = (date.astype("datetime64[Y]") for date in (fit.years[at].first, fit.years[at].last))
    begun = at == 0 and fit.dates[0].astype("datetime64[Y]") == first
    rest = nyse_sessions(fit.years[at].last, day(f"{last}-12-31"))
    return f"{last} (part)" if begun or len(rest) > 1 else str(last)


def _changed(fit: FundFit) -> np.datetime64 | None:
    """Return the first session on the present index, where the fit knows of another before."""
    return fit.eras[1].first if len(fit.eras) == 2 else None


def page_data(fit: FundFit) -> dict[str, Any]:
    """Return what the page's script draws."""
    x = (fit.naive[1:] / fit.naive[:-1] - 1.0) / fit.leverage
    y = fit.actual[1:] / fit.actual[:-1] - 1.0
    whole, changed = fit.whole, _changed(fit)
    ends = np.array(_ends(x))
    levels = {fit.fund: fit.actual, "model": fit.model, f"{fit.leverage:g} times {fit.underlying} a day": fit.naive}
    levels = {name: np.where(values > 0, values, np.nan) for name, values in levels.items()}  # a logarithm has no 0
    return {
        "fund": fit.fund,
        "underlying": fit.underlying,
        "changed": None if changed is None else str(changed),
        "days": singles(fit.dates[1:].astype("int64")),
        "dots": line(fit.fund, x, y),
        "fitted": line(f"slope {whole.slope:.3f}", ends, whole.intercept / whole.sessions_a_year + whole.slope * ends),
        "levels": [_level(name, fit.dates.astype("int64"), values) for name, values in levels.items()],
        "spread": _ends(np.concatenate(list(levels.values()))),
        "years": [year_label(fit, at) for at in range(len(fit.years))],
        "differences": singles([year.difference for year in fit.years]),
    }


def _ends(values: Floats) -> list[float]:
    return [float(np.nanmin(values)), float(np.nanmax(values))]


def _level(name: str, days: Ints, values: Floats) -> dict[str, str]:
    kept = thinned(np.log(values))
    return line(name, days[kept], values[kept])


def fit_as_dict(fit: FundFit) -> dict[str, Any]:
    """Return a fit as JSON holds it, without what the chart draws."""
    drawn = ("dates", "actual", "model", "naive")
    return {name: as_json(value) for name, value in asdict(fit).items() if name not in drawn}

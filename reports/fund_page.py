"""The page of a fund's fit: how a leveraged fund moved with its underlying and kept to its model. One offline file."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from data.arrays import Floats, Ints, day
from data.calendar import nyse_sessions
from data.format import percent
from data.fund import Dated
from data.fund_fit import FundFit
from reports.charts import line, singles, thinned
from reports.renderers.html import write_page


def write_fund_page(path: Path, fit: FundFit, *, title: str, note: str | None = None) -> None:
    """Write the page of a fit: one file, read offline.

    Parameters
    ----------
    path
        The file to write.
    fit
        The fit.
    title, note
        Stand at the top; any text is safe.
    """
    words = {
        "title": title,
        "note": note,
        "fit": fit,
        "headline": headline(fit),
        "told": (f"The fee is {fee_words(fit.fee)}.", *fit.told),
        "years": [(year_label(fit, at), year) for at, year in enumerate(fit.years)],
        "spans": [fit.whole, *([fit.index] if fit.index else []), *fit.eras],
        "percent": percent,
        "changed": _changed(fit),
    }
    write_page(path, "fund.html.j2", words, page_data(fit))


def headline(fit: FundFit) -> str:
    """Say in a sentence or two how a fund was fitted."""
    whole = fit.whole
    said = (
        f"{fit.fund} moved {whole.slope:.3f} times {fit.underlying} a day, from {whole.first} to {whole.last}: with a "
        f"spread of {percent(whole.spread, 2)} a year, the model of a {fit.leverage:g}x fund tracks it with an error "
        f"of {percent(whole.monthly_error, 2)} a month."
    )
    if fit.index is None:
        return said
    return (
        f"{said} Driven by its index, the spread is {percent(fit.index.spread, 2)} a year and the error "
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
    levels = {
        name: np.where(values > 0, values, np.nan)  # what is at 0 has no place on a logarithmic axis
        for name, values in (
            (fit.fund, fit.actual),
            ("model", fit.model),
            (f"{fit.leverage:g} times {fit.underlying} a day", fit.naive),
        )
    }
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

"""The tear-sheet: quantstats' own HTML page. No other module imports quantstats.

CAGR, Sharpe, Sortino, volatility, maximum drawdown and Calmar on it are the run's metrics, to the digits
printed. Other rows have their own definitions: VaR and cVaR are parametric, "Time in Market" counts sessions
whose return isn't 0, the last 3, 5 and 10 years are 35, 59 and 119 months, and the rolling Sharpe and Sortino
charts take no cash rate off.
"""

from __future__ import annotations

import functools
import html
import logging
import pkgutil
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, ModuleType
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from data.arrays import DAY
from data.errors import UserError
from reports.quantstats_mends import mended

if TYPE_CHECKING:
    import numpy as np
    from matplotlib.axes import Axes
    from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Charts:
    """What quantstats draws a page of; each as `write_tearsheet` takes it."""

    sessions: NDArray[np.datetime64]
    hedged: NDArray[np.float64]
    benchmark: NDArray[np.float64]
    cash_rate: float
    title: str
    name: str
    benchmark_name: str
    sessions_a_year: float
    synthetic: tuple[np.datetime64, np.datetime64] | None


def write_tearsheet(  # noqa: PLR0913 - two books, their cash rate, and the words on the page
    path: Path,
    *,
    sessions: NDArray[np.datetime64],
    hedged: NDArray[np.float64],
    benchmark: NDArray[np.float64],
    cash_rate: float,
    sessions_a_year: float = 252,
    title: str,
    name: str,
    benchmark_name: str = "Unhedged",
    verdict: str = "",
    report: str | None = None,
    neighbours: Mapping[str, str] = MappingProxyType({}),
    notes: Sequence[str] = (),
    synthetic: tuple[np.datetime64, np.datetime64] | None = None,
    drawn: str | None = None,
) -> None:
    """Write the page of a hedged run, with another book as benchmark: one file, made and read offline.

    Parameters
    ----------
    path : Path
        The file to write; left alone when the page can't be made.
    sessions : datetime64[D] array, shape (T,)
        The sessions that have a return: the run's second to its last.
    hedged, benchmark : float64 arrays, shape (T,)
        Simple returns of the two books, fractions; no NaN.
    cash_rate : float
        A yield a year, of either sign; ``(1 + cash_rate) ** (1/sessions_a_year) - 1`` is taken off each return.
    sessions_a_year : float
        How many of the sessions make a year.
    title, name, benchmark_name : str
        Of the page, and of its two columns. Any text is safe.
    verdict : str
        The sentence that heads the page; nothing where there is none.
    report : str, optional
        The file that the heading links to, beside this one.
    neighbours : mapping of str to str
        The run's other tear-sheets: the file of each, beside this one, by what it is set against.
    notes : sequence of str
        Stand above everything else, a paragraph each.
    synthetic : two datetime64[D], optional
        The first and the last session before the real history: shaded in every chart that has a time axis.
    drawn : str, optional
        What `draw_ahead` drew of the same books, under the same title and names.

    Raises
    ------
    UserError
        When no session has a return.
    """
    if drawn is None:
        charts = Charts(sessions, hedged, benchmark, cash_rate, title, name, benchmark_name, sessions_a_year, synthetic)
        draw(path, charts)
        drawn = path.read_text(encoding="utf-8")
    page = _finish(drawn, title, _label(benchmark_name), _heading(verdict, report, neighbours, notes))
    page = page.replace(f"Periods/Year: {sessions_a_year}", f"Periods/Year: {sessions_a_year:.5g}")
    path.write_text(page, encoding="utf-8")


def draw_ahead(charts: Charts, folder: Path) -> str:
    """Return quantstats' part of a page, for whoever knows the books before what stands above them.

    It is drawn in a folder of the caller's, who removes that even where this process is killed.
    """
    path = folder / "page.html"
    draw(path, charts)
    return path.read_text(encoding="utf-8")


def draw(path: Path, charts: Charts) -> None:
    """Have quantstats write its page into a file; raises UserError when no session has a return."""
    import pandas as pd

    if not len(charts.sessions):
        raise UserError("a tear-sheet needs two sessions or more: start the run earlier, or end it later")
    index, a_year = pd.DatetimeIndex(charts.sessions), charts.sessions_a_year
    name, benchmark_name = _label(charts.name), _label(charts.benchmark_name)
    if name == benchmark_name:
        name += " (hedged)"  # quantstats finds its columns by name
    with drawing() as quantstats, mended(quantstats), _shading(charts.synthetic):
        quantstats.reports.html(
            pd.Series(charts.hedged, index),
            pd.Series(charts.benchmark, index),
            rf=float(charts.cash_rate),
            title=_escape(charts.title),
            output=path,
            compounded=True,
            periods_per_year=int(a_year) if a_year == int(a_year) else a_year,
            match_dates=False,  # True drops idle sessions
            strategy_title=name,
            benchmark_title=benchmark_name,
        )


def get_ready() -> None:
    """Import all that a page takes, so that the first is drawn as fast as the next."""
    import matplotlib as mpl

    mpl.use("agg")  # as for a page
    _quantstats()


def _heading(verdict: str, report: str | None, neighbours: Mapping[str, str], notes: Sequence[str]) -> str:
    """Return what stands above quantstats' own page: notes, the verdict, links to the report and other tear-sheets."""
    banner = "".join(f'<p class="note">{_escape(note)}</p>' for note in notes)
    links = [] if report is None else [f'<a href="{quote(report)}">The whole answer</a>']
    links += [f'<a href="{quote(file)}">Against {_escape(against)}</a>' for against, file in neighbours.items()]
    line = " ".join(part for part in (_escape(verdict), " &middot; ".join(links)) if part)
    return f'{banner}<p class="verdict">{line}</p>' if line else banner


def _finish(page: str, title: str, benchmark_name: str, heading: str) -> str:
    """Mend the page's text: title, heading, narrow screens, the dark, and what asks for the network or tells the time.

    Its script does nothing but in a frame.
    """
    shown = benchmark_name.upper()
    style = f"<style>\n{_template('tearsheet.css')}{_template('quantstats.css')}</style>"
    for theirs, ours in (
        ("<title>Tearsheet (generated by QuantStats)</title>", f"<title>{_escape(title)}</title>"),
        ('<body onload="save()">', f"<body>{style}{heading}"),  # there is no save()
        ("</body>", f"<script>\n{_template('tearsheet.js')}</script></body>"),
        (f"Benchmark: {shown} &bull;", f"Benchmark: {_escape(shown)} &bull;"),
        ("<td>%</td>", "<td>-</td>"),  # the drawdown, when neither run has one
        ("CAGR\ufe6a", "CAGR"),  # a small percent sign, which many fonts lack
    ):
        page = page.replace(theirs, ours)
    return undated(re.sub(r'<link rel="shortcut icon".*?>', "", page))


def undated(picture: str) -> str:
    """Return pictures as SVG without the time at which they were drawn."""
    return re.sub(r"<dc:date>.*?</dc:date>", "", picture)


@functools.cache
def _template(name: str) -> str:
    """Return a style or a script of ours."""
    return (pkgutil.get_data("reports", f"templates/{name}") or b"").decode()


def _escape(text: str) -> str:
    """Return text as HTML; quantstats fills in whatever stands in double braces."""
    return html.escape(text).replace("{", "&#123;")


def _label(name: str) -> str:
    """Return a name that tables and charts both show: matplotlib hides one that begins with an underscore."""
    return re.sub("^_", " _", re.sub(r"{(?={)", "{ ", name))


@functools.cache
def _quantstats() -> tuple[ModuleType, dict[Any, Any]]:
    """Import quantstats; take back the chart style that it sets for everybody, and return it."""
    import matplotlib as mpl

    before = dict(mpl.rcParams)
    with mpl.rc_context():
        import quantstats.reports

        return quantstats, {key: value for key, value in mpl.rcParams.items() if value != before[key]}


@contextmanager
def drawing() -> Iterator[ModuleType]:
    """Quantstats in its own style and without its warnings; matplotlib is left as it was found."""
    fonts = logging.getLogger("matplotlib.font_manager")  # misses Arial at every word
    with warnings.catch_warnings(), ExitStack() as stack:
        warnings.filterwarnings("ignore", module=r"(quantstats|seaborn)\.")
        # A book that idles makes them divide 0 by 0.
        warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"(numpy|scipy)\.")
        stack.callback(setattr, fonts, "disabled", fonts.disabled)
        fonts.disabled = True
        quantstats, style = _quantstats()
        import matplotlib as mpl

        if backend := mpl.get_backend(auto_select=False):
            stack.callback(mpl.use, backend)
        mpl.use("agg")  # opens no window
        # The salt makes the ids in the charts, and so the page, the same every time; a $ in a name is a dollar.
        stack.enter_context(mpl.rc_context(style | {"svg.hashsalt": "page", "text.parse_math": False}))
        yield quantstats


@contextmanager
def _shading(span: tuple[np.datetime64, np.datetime64] | None) -> Iterator[None]:
    """Shade a span of time in every figure that is saved; with no span, change nothing."""
    from matplotlib.figure import Figure

    if span is None:
        yield
        return
    savefig = Figure.savefig

    def shaded(figure: Figure, *args: Any, **options: Any) -> None:
        for axes in figure.axes:
            _shade(axes, span)
        savefig(figure, *args, **options)

    Figure.savefig = shaded  # type: ignore[assignment, method-assign]
    try:
        yield
    finally:
        Figure.savefig = savefig  # type: ignore[method-assign]


def _shade(axes: Axes, span: tuple[np.datetime64, np.datetime64]) -> None:
    """Lay light grey under what one chart shows of a span of time, and name it; other charts are left alone."""
    from matplotlib import dates

    if not isinstance(axes.xaxis.get_major_locator(), dates.DateLocator):
        return
    left, right = axes.get_xlim()
    first, after = dates.date2num([span[0], span[1] + DAY])  # type: ignore[no-untyped-call]
    begin, end = max(left, first), min(right, after)
    if begin < end:
        axes.axvspan(begin, end, facecolor="#808080", alpha=0.18, linewidth=0, zorder=0)
        axes.text(begin, 1.01, "SYNTHETIC", fontsize=8, color="#555555", transform=axes.get_xaxis_transform())
        axes.set_xlim(left, right)

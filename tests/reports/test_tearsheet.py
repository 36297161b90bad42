"""The tear-sheet: what it shows is right, whatever the run, and it is a page of its own."""

from __future__ import annotations

import html
import logging
import re
import socket
import warnings
from contextlib import contextmanager

import matplotlib as mpl
import numpy as np
import pandas as pd
import pytest
from matplotlib import dates
from matplotlib import pyplot as plt
from matplotlib.figure import Figure

from data.errors import UserError
from reports import tearsheet
from reports.quantstats_mends import mended
from reports.tearsheet import write_tearsheet

NAMES = ["Sharpe", "Sortino", "CAGR", "Max Drawdown", "Volatility (ann.)", "Calmar", "Cumulative Return"]
NOTES = ("SIMULATED: it shows the machine and says nothing about <SOXS>", "SYNTHETIC before {{2015-06-01}}")


def sessions(count):
    return np.busday_offset("2015-01-02", np.arange(1, count + 1), roll="forward").astype("datetime64[D]")


def books(count, seed=7):
    """A book, and a hedged one that stands idle on two sessions of five."""
    rng = np.random.default_rng(seed)
    unhedged = rng.standard_t(4, count) * 0.015 + 0.0007
    return np.where(rng.random(count) < 0.4, 0.0, 0.4 * unhedged), unhedged


def write(path, hedged, unhedged, rate=0.02, **words):
    words = {"title": "A run", "name": "SOXS hedge", **words}
    write_tearsheet(path, sessions=sessions(len(hedged)), hedged=hedged, benchmark=unhedged, cash_rate=rate, **words)
    return path


def by_hand(returns, rate):
    """The plain formulas, printed as quantstats does: two digits, fractions in percent, a dash for no number."""
    excess = returns - ((1 + rate) ** (1 / 252) - 1)
    equity = np.cumprod(np.r_[1.0, returns + 1])
    with np.errstate(all="ignore"):
        growth = equity[-1] ** (252 / len(returns)) - 1
        drawdown = (equity / np.maximum.accumulate(equity) - 1).min() or np.nan
        downside = np.sqrt(np.mean(np.minimum(excess, 0) ** 2))
        values = [
            excess.mean() / excess.std(ddof=1) * np.sqrt(252),
            excess.mean() / downside * np.sqrt(252),
            100 * growth,
            100 * drawdown,
            100 * returns.std(ddof=1) * np.sqrt(252),
            growth / -drawdown,
            100 * (equity[-1] - 1),
        ]
    signs = ["", "", "%", "%", "%", "", "%"]
    printed = zip((round(value, 2) for value in values), signs, strict=True)
    return [f"{value}{sign}" if np.isfinite(value) else "-" for value, sign in printed]


def printed(page):
    """The two columns of the page's table of metrics, unhedged first."""
    rows = dict(re.findall(r"<tr><td>([^<]+)</td>((?:<td>[^<]*</td>){2})</tr>", page))
    cells = [re.findall("<td>(.*?)</td>", rows[name].replace(",", "")) for name in NAMES]
    return [list(column) for column in zip(*cells, strict=True)]


@pytest.fixture(scope="module")
def usual(tmp_path_factory):
    hedged, unhedged = books(1000)
    words = {"title": "SIMULATED: hedge & <b>seek</b>", "name": "<script>alert('{{returns}}')</script>", "notes": NOTES}
    return write(tmp_path_factory.mktemp("usual") / "page.html", hedged, unhedged, **words)


@pytest.fixture(scope="module")
def plain(tmp_path_factory):
    """A page without a word of its own, and what stood in its charts."""
    drawn = []
    with drawings_noted(drawn):
        return write(tmp_path_factory.mktemp("plain") / "page.html", *books(300)), drawn


@contextmanager
def drawings_noted(drawn):
    """Note down each figure: its title, whether its axis is time, its limits, patches and words."""

    def note_down(figure, *args, **options):
        savefig(figure, *args, **options)
        for axes in figure.axes:
            spans = [patch.get_extents().transformed(axes.transData.inverted()) for patch in axes.patches]
            words = [text.get_text() for text in axes.texts if text.get_text() == "SYNTHETIC"]
            over_time = isinstance(axes.xaxis.get_major_locator(), dates.DateLocator)
            title = figure.texts[0].get_text() if figure.texts else axes.get_title()
            drawn.append((title, over_time, axes.get_xlim(), axes.get_ylim(), len(axes.patches), words, spans))

    savefig = Figure.savefig
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", note_down)
        yield
        assert Figure.savefig is note_down


CASES = {
    "two sessions, no cash rate": (*books(2), 0.0),
    "three sessions": (*books(3), 0.02),
    "a negative cash rate": (*books(30), -0.03),
    "identical books": (books(60)[1], books(60)[1], 0.02),
    "identical books, ten sessions of one month": (books(10)[1], books(10)[1], 0.02),
    "a hedged book that stands still": (np.zeros(60), books(60)[1], 0.02),
    "both stand still": (np.zeros(60), np.zeros(60), 0.0),
    "a session above 100 %": (np.r_[0.0, 1.2, 0.01, np.zeros(57)], books(60)[1], 0.0),
    "never again what they were at first": (np.r_[-0.5, books(59)[0]], np.r_[-0.5, books(59)[1]], 0.02),
    "one ruined": (np.r_[books(30)[0], -1.0, np.zeros(29)], books(60)[1], 0.02),
    "one ruined, with debts": (np.r_[books(30)[0], -1.4, np.zeros(29)], books(60)[1], 0.02),
}


@pytest.mark.parametrize(("hedged", "unhedged", "rate"), CASES.values(), ids=CASES)
def test_the_figures_are_the_plain_formulas(tmp_path, hedged, unhedged, rate):
    page = write(tmp_path / "page.html", hedged, unhedged, rate).read_text(encoding="utf-8")
    assert printed(page) == [by_hand(unhedged, rate), by_hand(hedged, rate)]


def test_idle_sessions_count(usual):
    hedged, unhedged = books(1000)
    assert (hedged == 0).mean() > 0.3
    assert printed(usual.read_text(encoding="utf-8")) == [by_hand(unhedged, 0.02), by_hand(hedged, 0.02)]


def test_of_a_usual_run_the_page_is_quantstats_own_to_the_byte_but_for_the_yearly_bars(plain, tmp_path):
    hedged, unhedged = (pd.Series(returns, pd.DatetimeIndex(sessions(300))) for returns in books(300))
    theirs = tmp_path / "theirs.html"
    words = {"title": "A run", "strategy_title": "SOXS hedge", "benchmark_title": "Unhedged"}
    with tearsheet.drawing() as quantstats:
        quantstats.reports.html(hedged, unhedged, rf=0.02, match_dates=False, output=theirs, **words)
    theirs = tearsheet._finish(theirs.read_text(encoding="utf-8"), "A run", "Unhedged", "")
    ours = plain[0].read_text(encoding="utf-8")
    chart = re.compile('<div id="eoy_returns">.*?</div>', re.DOTALL)
    assert chart.sub("", ours) == chart.sub("", theirs)


@pytest.mark.parametrize("count", [300, 3000])
def test_a_yearly_bar_stands_over_its_year(count):
    hedged, unhedged = (pd.Series(returns, pd.DatetimeIndex(sessions(count))) for returns in books(count))
    with tearsheet.drawing() as quantstats, mended(quantstats):
        draw = quantstats.plots.yearly_returns
        axes = draw(hedged.rename("hedged"), unhedged.rename("unhedged"), subtitle=False, show=False).axes[0]
    years = {tick: label.get_text() for tick, label in zip(axes.get_xticks(), axes.get_xticklabels(), strict=True)}
    bars = {years[round(bar.get_x() + bar.get_width())]: bar.get_height() for bar in axes.containers[0]}
    assert bars == pytest.approx({str(year): (1 + of).prod() - 1 for year, of in unhedged.groupby(unhedged.index.year)})


@pytest.mark.parametrize(
    ("name", "benchmark"),
    [("Same", "Same"), ("_15 % in $SOXS$ {{{metrics}}}", "<i>100 %s</i> of $\\foo &amp; {{v}}")],
)
def test_any_name_will_do(tmp_path, name, benchmark):
    page = write(tmp_path / "page.html", *books(30), name=name, benchmark_name=benchmark).read_text(encoding="utf-8")
    head = re.search("<tr><th>Metric.*?</tr>", page).group()
    shown = [html.unescape(cell).replace("{ ", "{") for cell in re.findall("<th>(.*?)</th>", head)]
    assert shown == ["Metric", benchmark, name if name != benchmark else f"{name} (hedged)"]
    assert f"Benchmark: {html.escape(benchmark.replace('{{', '{ {').upper()).replace('{', '&#123;')} &bull;" in page
    assert "<i>" not in page.lower()


def test_no_return_is_a_mistake_of_the_user(tmp_path):
    with pytest.raises(UserError, match="two sessions"):
        write(tmp_path / "page.html", np.array([]), np.array([]))
    assert not list(tmp_path.iterdir())


def test_everything_is_put_back_and_nothing_is_asked_of_the_network(tmp_path, monkeypatch):
    def refused(*args):
        raise AssertionError("the tear-sheet went online")

    for way in ("connect", "connect_ex", "sendto"):
        monkeypatch.setattr(socket.socket, way, refused)
    monkeypatch.setattr(socket, "getaddrinfo", refused)
    mpl.use("pdf")

    def state():
        quantstats, _ = tearsheet._quantstats()
        owners = [vars(owner) for owner in (quantstats.utils, quantstats.stats, quantstats._plotting.core)]
        functions = [{name: value for name, value in owner.items() if callable(value)} for owner in owners]
        fonts = logging.getLogger("matplotlib.font_manager").disabled
        return (
            functions,
            Figure.savefig,
            mpl.rcParams.copy(),
            mpl.get_backend(),
            plt.get_fignums(),
            warnings.filters[:],
            fonts,
        )

    before = state()
    with tearsheet.drawing() as quantstats, mended(quantstats):
        assert state()[0] != before[0]
    write(tmp_path / "page.html", *books(30), synthetic=(sessions(1)[0], sessions(9)[-1]))
    assert state() == before


def test_what_is_synthetic_is_shaded_in_every_chart_over_time(plain, tmp_path):
    (page, before), drawn, days = plain, [], sessions(300)
    with drawings_noted(drawn):
        shaded = write(tmp_path / "shaded.html", *books(300), synthetic=(days[0], days[149]))
    assert len(before) == len(drawn) == 14
    assert shaded.read_text(encoding="utf-8").count("<!-- SYNTHETIC -->") == 10
    assert "SYNTHETIC" not in page.read_text(encoding="utf-8")
    first, last = dates.date2num(days[0]), dates.date2num(days[149] + np.timedelta64(1, "D"))
    for (title, over_time, xlim, ylim, patches, _, _), after in zip(before, drawn, strict=True):
        assert (title, over_time, xlim, ylim) == after[:4]
        assert after[4:6] == (patches + over_time, ["SYNTHETIC"] * over_time)
        if over_time:
            span = after[6][-1]
            assert (span.x0, span.x1) == pytest.approx((max(first, xlim[0]), last))
    assert [title for title, over_time, *_ in before if not over_time] == [
        "EOY Returns  vs Benchmark",
        "Distribution of Monthly Returns",
        "SOXS hedge - Monthly Returns (%)\n",
        "SOXS hedge - Return Quantiles",
    ]


@pytest.mark.browser
def test_the_page_in_a_browser(usual, open_page):
    seen = open_page(usual)
    page = seen.page
    assert (seen.online, seen.errors, seen.dialogs) == ([], [], [])
    assert page.evaluate("document.querySelectorAll('link, iframe, img, b').length") == 0
    assert page.evaluate("document.scripts.length") == 1  # ours, which only acts in a frame
    assert page.title() == "SIMULATED: hedge & <b>seek</b>"
    assert page.locator("h1").inner_text().startswith("SIMULATED: hedge & <b>seek</b>")
    assert tuple(page.locator(".note").all_inner_texts()) == NOTES
    assert page.locator(".note").last.bounding_box()["y"] < page.locator("h1").bounding_box()["y"] < 200
    table = [row.split("\t") for row in page.locator("#right table").first.inner_text().splitlines()]
    assert table[0] == ["Metric", "Unhedged", "<script>alert('{ {returns}}')</script>"]
    assert printed(usual.read_text(encoding="utf-8"))[1][0] == {row[0]: row[-1] for row in table}["Sharpe"]
    charts = page.locator("#left svg").all()
    assert len(charts) == 14
    assert all(chart.bounding_box()["height"] > 100 for chart in charts)


CONTRASTS = """() => {
  const parts = colour => (colour.match(/[\\d.]+/g) || [0, 0, 0, 0]).map(Number);
  const light = colour => parts(colour).slice(0, 3).map(one => one / 255)
    .map(one => one <= .04045 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4)
    .reduce((sum, one, at) => sum + one * [.2126, .7152, .0722][at], 0);
  const apart = (one, other) => (Math.max(one, other) + .05) / (Math.min(one, other) + .05);
  const ground = light(getComputedStyle(document.body).backgroundColor), found = {};
  for (const one of document.querySelectorAll("#right td, #right h3, h1, h4, h4 a, .verdict"))
    (found.words ??= []).push(apart(light(getComputedStyle(one).color), ground));
  for (const one of document.querySelectorAll("svg g[id^=text] g:has(> use)")) {
    const mapped = one.closest("[id^=axes]")?.querySelector("g[id^=QuadMesh]");
    if (!mapped || one.closest("[id^='matplotlib.axis']"))
      (found.letters ??= []).push(apart(light(getComputedStyle(one).fill), ground));
  }
  for (const one of document.querySelectorAll("g[id^=patch] > path"))
    if (one.style.fill === "rgb(255, 255, 255)")
      (found.papers ??= []).push(apart(light(getComputedStyle(one).fill), ground));
  return found;
}"""


@pytest.mark.browser
@pytest.mark.parametrize(("scheme", "ground"), [("light", (255, 255, 255)), ("dark", (20, 21, 23))])
def test_a_telephone_needs_no_scrolling_sideways_and_all_is_readable_at_night(usual, open_page, scheme, ground):
    page = open_page(usual, width=390, scheme=scheme).page
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") == f"rgb{ground}"
    found = page.evaluate(CONTRASTS)
    assert min(found["words"]) > (4.5 if scheme == "dark" else 3)  # quantstats' grey on white
    assert len(found["letters"]) > 100
    assert min(found["letters"]) > 3.9  # its grey again
    assert len(found["papers"]) > 28
    assert set(found["papers"]) == {1}

"""What a strategy says now, in the terminal, and on its page, online with nobody."""

import io
from dataclasses import replace

import numpy as np
import pytest
from rich.console import Console
from worlds import configured, source

from data.format import quantity
from engine.inspection.live_signal import signal_now
from engine.inspection.signal import Watched
from reports.renderers.html import typeset
from reports.signal import (
    book_note,
    fresh_words,
    page_data,
    reason,
    show_signal,
    sparkline,
    standing,
    stretches,
    write_signal_page,
)

KEYS = {"strategy.class": "told_signal:ToldSignal", "controls": "off"}
SIGNAL = signal_now(configured(KEYS), source(10, 45, missing=False), days=40)
EVIL = "</script><script>alert('{{ title }}')</script> <b>bold</b>"
INPUT = Watched("it", "above", "", 8.0, 10.0, False, 2.0, 0.25, 3, "2024-01-02", False, (1.0,), (1.0,), (True,))


def said(signal, width=100):
    out = io.StringIO()
    show_signal(Console(file=out, width=width, highlight=False), signal)
    return out.getvalue()


def test_the_order_the_book_the_inputs_and_the_notes_are_shown():
    text = said(SIGNAL)
    flat = " ".join(text.split())
    for told in (SIGNAL.headline, reason(SIGNAL), *SIGNAL.state, *SIGNAL.notes, book_note(SIGNAL), fresh_words(SIGNAL)):
        assert told in flat
    assert flat.index(SIGNAL.notes[0]) < flat.index(SIGNAL.headline)
    core, fund = SIGNAL.targets
    for one in (core, fund):
        assert (
            f"{one.instrument} ${one.price:,.2f} {100 * one.weight:.1f}% {100 * one.target:.1f}% ${one.dollars:,.0f}"
            in flat
        )
    (watched,) = SIGNAL.inputs
    assert standing(watched) in flat
    assert sparkline(watched.values) in text
    assert "".join("▲" if here else "·" for here in watched.fires_at) in text


@pytest.mark.parametrize("width", [60, 80, 120])
def test_it_keeps_to_the_width_of_the_terminal(width):
    long = signal_now(configured(KEYS), source(10, 45, missing=False), days=75)
    assert max(map(len, said(replace(long, name="x"), width).splitlines())) <= max(width, 67)


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (INPUT, "8.00 is not above 10.00, by 2.00 or 25.0 % of it: quiet since 2024-01-02, 3 sessions"),
        (
            replace(
                INPUT, value=0.3, threshold=0.25, distance=-0.05, relative=-1 / 6, fired=True, unit="fraction a year"
            ),
            (
                "30.00 % a year is above 25.00 % a year, by 5.00 points or 16.7 % of it: it speaks for hedging since "
                "2024-01-02, 3 sessions"
            ),
        ),
        (
            replace(INPUT, value=-1.0, distance=11.0, relative=None, whole=True, unit="points"),
            "-1.00 points is not above 10.00 points, by 11.00 points: quiet for all the history there is",
        ),
        (replace(INPUT, value=None, whole=True), "It isn't known yet"),
        (replace(INPUT, threshold=None), "It isn't known since 2024-01-02"),
    ],
)
def test_an_input_is_told_in_words(one, words):
    assert standing(one) == words


def test_quantities_have_their_units():
    assert [quantity(0.1234, unit) for unit in ("", "fraction", "fraction a year", "points")] == [
        "0.12",
        "12.34 %",
        "12.34 % a year",
        "0.12 points",
    ]


def test_a_sparkline_goes_from_the_lowest_to_the_highest():
    assert sparkline([1.0, None, 4.5, 8.0]) == "▁ ▅█"
    assert sparkline([2.0, 2.0]) == "▁▁"
    assert sparkline([None, None]) == "  "


def test_markup_is_text():
    (one,) = SIGNAL.inputs
    assert "[bold]x[/]" in said(replace(SIGNAL, inputs=(replace(one, name="[bold]x[/]"),), notes=("[red]y[/]",)))


def test_stretches_end_before_the_session_behind_them():
    assert stretches([True, True, False, True]) == [[0, 2], [3, 4]]
    assert stretches([False, False]) == []
    flags = np.random.default_rng(0).random(50) < 0.5
    covered = [any(begin <= at < end for begin, end in stretches(flags)) for at in range(50)]
    assert covered == flags.tolist()


def test_the_pictures_are_of_the_signal():
    drawn = page_data(SIGNAL)
    assert drawn["days"] == [*SIGNAL.dates, SIGNAL.following]
    (one,), (watched,) = drawn["inputs"], SIGNAL.inputs
    assert (one["values"], one["thresholds"]) == (list(watched.values), list(watched.thresholds))
    assert sum(end - begin for begin, end in drawn["held"]) == sum(SIGNAL.held)
    assert sum(end - begin for begin, end in one["fired"]) == sum(watched.fires_at)


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_the_page_in_a_browser(tmp_path, open_page, width, scheme):
    (watched,) = SIGNAL.inputs
    told = replace(SIGNAL, inputs=(replace(watched, name=EVIL),), notes=(*SIGNAL.notes, "<b>told</b>"))
    write_signal_page(tmp_path / "signal.html", told)
    seen = open_page(tmp_path / "signal.html", width=width, scheme=scheme)
    shown = seen.page
    charts = shown.locator(".chart")
    for at in range(charts.count()):
        charts.nth(at).scroll_into_view_if_needed()
        charts.nth(at).locator(".main-svg").first.wait_for()
    assert shown.title() == f"SIMULATED hedge_soxs: ToldSignal on {SIGNAL.date}"
    assert shown.locator("#note").inner_text() == SIGNAL.notes[0]
    assert shown.locator("#headline").inner_text() == typeset(SIGNAL.headline)
    assert shown.locator("#lead").inner_text() == typeset(reason(SIGNAL))
    assert shown.locator("h2").all_inner_texts() == [
        "Nothing to trade",
        typeset("Over 40 sessions: AAA -6.2 % and HHH -19.5 %"),
        typeset(f"{EVIL} speaks for hedging"),
        "The intensity is 0.6438, and from 0.5 the policy may enter",
    ]
    assert shown.locator(".standing").inner_text() == typeset(f"{standing(watched)}.")
    assert shown.locator("#book tbody tr").count() == 2
    assert "<b>told</b>" in shown.locator("main li").all_inner_texts()
    bound, value = shown.evaluate("document.querySelector('#input-0').data.map(one => one.y)")
    assert (bound, value) == (list(watched.thresholds), list(watched.values))
    layout = shown.evaluate("document.querySelector('#input-0').layout")
    assert layout["xaxis"]["title"]["text"] == ""
    assert layout["yaxis"]["title"]["text"] == ("" if width < 600 else "points")
    assert len(layout["shapes"]) == len(stretches(SIGNAL.held)) + len(stretches(watched.fires_at))
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert (seen.online, seen.errors, seen.dialogs) == ([], [], [])


@pytest.mark.browser
def test_a_strategy_that_tells_nothing_has_the_prices_alone(tmp_path, open_page):
    write_signal_page(tmp_path / "signal.html", replace(SIGNAL, inputs=(), intensity=None, state=(), simulated=False))
    seen = open_page(tmp_path / "signal.html")
    seen.page.wait_for_function("!!document.querySelector('#prices .main-svg')")
    assert seen.page.locator(".chart").count() == 1
    assert seen.page.title().startswith("hedge_soxs: ToldSignal")
    assert seen.errors == []

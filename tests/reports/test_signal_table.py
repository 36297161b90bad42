"""What a strategy says now, in the terminal."""

import io
from dataclasses import replace

import pytest
from rich.console import Console
from worlds import configured, source

from engine.inspection.live_signal import signal_now
from engine.inspection.live_signal_read import Watched
from reports.signal_table import book_note, fresh_words, quantity, reason, show_signal, sparkline, standing

KEYS = {"strategy.class": "told_signal:ToldSignal", "controls": "off"}
SIGNAL = signal_now(configured(KEYS), source(10, 45, missing=False), days=40)
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
            f"{one.instrument} ${one.price:,.2f} {100 * one.weight:.1f} % {100 * one.target:.1f} % ${one.dollars:,.0f}"
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

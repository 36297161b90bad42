"""The page of what a strategy says now: every input against its threshold, online with nobody."""

from dataclasses import replace

import numpy as np
import pytest
from worlds import configured, source

from engine.inspection.live_signal import signal_now
from reports.signal_page import page_data, stretches, write_signal_page
from reports.signal_table import reason, standing

KEYS = {"strategy.class": "told_signal:ToldSignal", "controls": "off"}
SIGNAL = signal_now(configured(KEYS), source(10, 45, missing=False), days=40)
EVIL = "</script><script>alert('{{ title }}')</script> <b>bold</b>"


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
    assert shown.locator("#order").inner_text().replace("\xa0", " ") == SIGNAL.headline
    assert shown.locator("#reason").inner_text() == reason(SIGNAL)
    assert shown.locator("h2").all_inner_texts() == ["AAA and HHH", EVIL, "Intensity"]
    assert shown.locator(".standing").inner_text().replace("\xa0", " ") == f"{standing(watched)}."
    assert shown.locator("#book tbody tr").count() == 2
    assert "<b>told</b>" in shown.locator("main li").all_inner_texts()
    bound, value = shown.evaluate("document.querySelector('[data-input]').data.map(one => one.y)")
    assert (bound, value) == (list(watched.thresholds), list(watched.values))
    layout = shown.evaluate("document.querySelector('[data-input]').layout")
    assert layout["xaxis"]["title"]["text"] == "session"
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

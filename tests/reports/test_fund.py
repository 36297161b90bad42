"""The page of a fund's fit shows the fit's own numbers, and the returns that they come from."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from history import FOLDER, needs_history
from markets import nyse, random_bars, source_of
from packing import unpacked

from data.arrays import day
from data.format import percent
from data.fund_fit import fit
from data.sources.csv import CsvSource
from reports.fund import fee_words, headline, page_data, write_fund_page, year_label
from reports.renderers.html import typeset

DATES = nyse("2018-06-01", 900)
RNG = np.random.default_rng(4)
CORE = random_bars("CORE", DATES, RNG)
FUND = random_bars("FUND", DATES, RNG, follows=CORE, beta=-3.0)
FITTED = fit(source_of(CORE, FUND), "FUND", "CORE", -3.0, 0.0101, 0.02)
EVIL = "</script><script>alert('{{ title }}')</script> <b>bold</b>"


def returns(bars):
    level = bars.total_return()
    return level[1:] / level[:-1] - 1


def test_the_pictures_are_of_the_bars():
    drawn = page_data(FITTED)
    x, y = (unpacked(drawn["dots"][axis]) for axis in "xy")
    np.testing.assert_allclose(x, returns(CORE), rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(y, returns(FUND), rtol=1e-5, atol=1e-9)
    slope, intercept = np.polyfit(returns(CORE), returns(FUND), 1)
    ends = unpacked(drawn["fitted"]["x"])
    np.testing.assert_allclose(unpacked(drawn["fitted"]["y"]), intercept + slope * ends, rtol=1e-5)
    assert ends.tolist() == pytest.approx([x.min(), x.max()])
    assert (drawn["years"], drawn["changed"]) == (["2018 (part)", "2019", "2020", "2021 (part)"], None)
    fund, model, naive = drawn["levels"]
    assert [fund["name"], model["name"], naive["name"]] == ["FUND", "model", "-3 times CORE a day"]
    np.testing.assert_allclose(unpacked(fund["y"]), np.cumprod(np.r_[1, 1 + returns(FUND)]), rtol=1e-5)
    np.testing.assert_allclose(unpacked(naive["y"]), np.cumprod(np.r_[1, 1 - 3 * returns(CORE)]), rtol=1e-5)
    growth = [np.prod(1 + returns(FUND)[DATES[1:].astype("datetime64[Y]") == day(f"{year}-01-01")]) for year in (2019,)]
    assert FITTED.years[1].actual == pytest.approx(growth[0] - 1)
    assert unpacked(drawn["differences"])[1] == pytest.approx(FITTED.years[1].actual - FITTED.years[1].model)


def test_a_fund_at_nothing_leaves_the_logarithmic_axis():
    ruined = replace(FITTED, naive=np.r_[FITTED.naive[:100], -FITTED.naive[100:]])
    drawn = page_data(ruined)
    assert np.isnan(unpacked(drawn["levels"][2]["y"])[-1])
    assert drawn["spread"][0] > 0


def test_a_year_is_whole_from_close_to_close():
    eve = int(np.searchsorted(DATES, day("2019-01-01"))) - 1
    last = int(np.searchsorted(DATES, day("2020-12-31")))
    source = source_of(CORE, FUND)
    whole = fit(source, "FUND", "CORE", -3.0, 0.0101, 0.02, DATES[eve], DATES[last])
    assert [year_label(whole, at) for at in range(2)] == ["2019", "2020"]
    part = fit(source, "FUND", "CORE", -3.0, 0.0101, 0.02, DATES[eve + 1], DATES[last - 1])
    assert [year_label(part, at) for at in range(2)] == ["2019 (part)", "2020 (part)"]


def furthest():
    at = int(np.argmax([abs(year.difference) for year in FITTED.years]))
    return f"{year_label(FITTED, at)}: {100 * FITTED.years[at].difference:+.2f} points"


def test_words():
    assert fee_words(0.0101) == "1.01 % a year"
    assert fee_words({"2022-01-01": 0.0108, "2010-03-11": 0.0101}) == (
        "1.01 % a year from 2010-03-11, 1.08 % a year from 2022-01-01"
    )
    whole = replace(FITTED.whole, slope=-3.0026, spread=0.01027, monthly_error=0.00696)
    assert headline(replace(FITTED, whole=whole)) == (
        f"FUND moved -3.003 times CORE a day, from {DATES[1]} to {DATES[-1]}: with a spread of 1.03 % a year, "
        "the model of a -3x fund tracks it with an error of 0.70 % a month."
    )
    index = replace(FITTED.whole, spread=0.0068, monthly_error=0.0046)
    assert headline(replace(FITTED, index=index)).endswith(
        " Driven by its index, the spread is 0.68 % a year and the error 0.46 % a month."
    )


DRAWN = "[...document.querySelectorAll('.chart')].every(chart => chart.querySelector('.main-svg'))"


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_the_page_in_a_browser(tmp_path, open_page, width, scheme):
    told = replace(FITTED, told=("What was assumed <b>boldly</b>.",))
    write_fund_page(tmp_path / "fund.html", told, title=EVIL)
    seen = open_page(tmp_path / "fund.html", width=width, scheme=scheme)
    shown = seen.page
    shown.locator("#differences").scroll_into_view_if_needed()
    shown.wait_for_function(DRAWN)
    assert (seen.online, seen.errors, seen.dialogs) == ([], [], [])
    assert shown.title() == EVIL
    assert shown.locator("#lead").inner_text() == typeset(headline(FITTED))
    whole = FITTED.whole
    assert shown.locator("h2").all_inner_texts() == [
        typeset(f"{percent(whole.r2)} of a day's move is CORE's, {whole.slope:.2f} times").replace("'", "\u2019"),
        typeset(f"FUND made {percent(whole.actual_a_year)} a year, by the model {percent(whole.model_a_year)}"),
        typeset(f"Fund and model were furthest apart in {furthest()}"),
        typeset(f"The spread that fits best, a year: {percent(whole.spread, 2)} driven by CORE"),
        typeset("A fee of 1.01 % a year was assumed"),
    ]
    assert shown.locator("li").all_inner_texts() == ["What was assumed <b>boldly</b>."]
    assert shown.evaluate("document.documentElement.scrollWidth") <= width

    rows = [row.locator("td").all_inner_texts() for row in shown.locator("#years tbody tr").all()]
    bars = shown.evaluate("document.getElementById('differences').data[0].y")
    assert [row[0] for row in rows] == ["2018 (part)", "2019", "2020", "2021 (part)"]
    assert [row[6] for row in rows] == [typeset(f"{100 * bar:+.2f}") for bar in bars]
    assert rows[1][4] == typeset(percent(FITTED.years[1].actual, 2))
    (span,) = [row.locator("td").all_inner_texts() for row in shown.locator("#spans tbody tr").all()]
    assert (span[0], span[5]) == ("CORE", typeset(percent(FITTED.spread, 2)))
    lines = shown.evaluate("document.getElementById('levels').layout")
    assert (lines["yaxis"]["type"], lines["shapes"]) == ("log", [])


@needs_history
@pytest.mark.browser
def test_soxs_and_its_change_of_index(tmp_path, open_page):
    write_fund_page(tmp_path / "fund.html", fit(CsvSource(FOLDER), "SOXS", "SOXX"), title="SOXS by the fund model")
    seen = open_page(tmp_path / "fund.html")
    seen.page.wait_for_function("!!document.querySelector('#levels .main-svg')")
    (change,) = seen.page.evaluate("document.getElementById('levels').layout.shapes.map(shape => shape.x0)")
    groups = seen.page.evaluate("document.getElementById('dots').data.map(({name, text}) => [name, text])")
    assert change == "2021-08-25"
    assert [name for name, _ in groups] == ["before 2021-08-25", "since 2021-08-25", "slope -3.003"]
    assert (max(groups[0][1]), min(groups[1][1])) == ("2021-08-24", "2021-08-25")
    assert seen.page.locator("#spans tbody tr").count() == 4
    assert seen.errors == []

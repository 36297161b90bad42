"""The page of an event study: drawn from its paths, with what its table says, online with nobody."""

import re

import numpy as np
import pytest
from markets import ROLES, nyse, random_bars, source_of
from packing import unpacked

from engine.analytics.event_study import study
from engine.engines import execute
from engine.evaluate_strategy import evaluate_strategy
from engine.loading import build_config
from engine.setup import open_market
from reports.report_words import typeset
from reports.study_page import study_data, write_study_page
from reports.study_table import headline, notes, rows

DATES = nyse("2012-01-03", 900)
RNG = np.random.default_rng(5)
CORE = random_bars("CORE", DATES, RNG)
FUND = random_bars("FUND", DATES, RNG, follows=CORE, beta=-3.0)
TREE = {
    "start": str(DATES[100]),
    "portfolio": {"core": {"CORE": 1.0}},
    "hedge": {"instrument": "FUND", "underlying": "CORE"},
    "execution": {"cash_rate": 0.02},
    "data": {"accept": ["FUND-dividends"]},
}
EVIL = "</script><script>alert('{{ title }}')</script> <b>bold</b>"
SPAN = (str(DATES[100]), str(DATES[-1]))


@pytest.fixture(scope="module")
def found():
    config = build_config(TREE, [])
    with evaluate_strategy(config, open_market(config, source_of(CORE, FUND))) as prepared:
        return study(prepared.setup, execute("python", config, prepared)[0], since="close")


def test_the_lines_are_the_studys_paths(found):
    drawn = study_data(found, ROLES)
    assert drawn["offsets"] == list(range(-10, 64))
    assert [line["name"] for line in drawn["lines"]] == ["FUND", "CORE"]
    for line, path in zip(drawn["lines"], (found.fund, found.underlying), strict=True):
        for part in ("after", "low", "high", "all_days"):
            np.testing.assert_allclose(unpacked(line[part]), getattr(path, part), rtol=1e-6, atol=1e-9)


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (400, "dark")])
def test_the_page_in_a_browser(found, tmp_path, open_page, width, scheme):
    write_study_page(tmp_path / "study.html", found, ROLES, title=EVIL, span=SPAN, note="SIMULATED <market>")
    seen = open_page(tmp_path / "study.html", width=width, scheme=scheme)
    shown = seen.page
    shown.wait_for_function("!!document.querySelector('#after .main-svg')")
    assert (shown.title(), shown.locator("#note").inner_text()) == (EVIL, "SIMULATED <market>")
    assert shown.locator("#study-headline").inner_text() == typeset(headline(found, ROLES))
    assert shown.locator("li").all_inner_texts() == [typeset(one) for one in notes(found, ROLES)]
    cells = [row.locator("td").all_inner_texts() for row in shown.locator("#study tr:not(.about)").all()[1:]]
    (first, *_) = rows(found, "fund")
    assert cells[0][:5] == [typeset(one) for one in first[:5]]
    assert re.split(r"\s+", cells[0][5], maxsplit=1)[0] == typeset(first.mean_more.text)
    assert len(cells) == 12
    layout = shown.evaluate("document.getElementById('after').layout")
    assert layout["xaxis"]["title"]["text"] == "sessions from the trigger's close"
    simulated, *names = [re.sub("</?b>", "", one["text"]) for one in layout["annotations"]]
    assert simulated == "SIMULATED"
    after = "{} after triggers" if width > 600 else "{}, triggers"
    assert set(names) == {said.format(one) for one in ("FUND", "CORE") for said in (after, "{}, all days")}
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    assert (seen.online, seen.errors, seen.dialogs) == ([], [], [])


@pytest.mark.browser
def test_a_study_of_nothing_has_no_chart(found, tmp_path, open_page):
    nothing = type(found)(**(vars(found) | {"triggers": np.array([], dtype=int)}))
    write_study_page(tmp_path / "study.html", nothing, ROLES, title="none", span=SPAN)
    seen = open_page(tmp_path / "study.html")
    assert seen.page.locator(".chart, table").count() == 0
    assert "There is nothing to study" in seen.page.locator("#study-headline").inner_text()
    assert seen.errors == []

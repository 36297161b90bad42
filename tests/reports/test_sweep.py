"""The sweep page: its words follow from its numbers, its commands run again, and it does what its menus say."""

from __future__ import annotations

import re
import shlex
from collections.abc import Mapping

import numpy as np
import pytest
from sweep_rows import DAYS, FLOOR, GRID, METRICS, WEIGHT, WORDS, by_hand, grid

from data.errors import UserError
from engine.plain import PlainYaml
from reports import sweep
from reports.naming import as_yaml, shown
from reports.sweep import headings_of, verdict, write_sweep_page
from reports.sweep_numbers import Rows, extract

COMMAND = "backtest run hedge_soxs.yaml --data DIR"
NOTE = "SIMULATED: it shows the machine and says nothing about <SOXS>"


def bumpy(row_of, axes=GRID):
    """A sweep of one metric, the value of each combination given by a function."""
    rows = grid(axes, ("cagr",))
    columns = zip(*(rows.values[key] for key in axes), strict=True)
    return Rows(rows.parameters, rows.values, {"cagr": np.array([float(row_of(*one)) for one in columns])}, rows.total)


def write(path, rows, **words):
    write_sweep_page(path, rows, **{"title": "A sweep", "note": None, "command": COMMAND, **words})
    return path


# Words ----------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("row_of", "heading", "told"),
    [
        (lambda days, floor, weight: -abs(days - 60) - floor - weight, "stands on a plateau: its median", "the worst"),
        (
            lambda days, floor, weight: (days, floor, weight) == (50, 0.25, 0.1),
            "is a spike: its median neighbour keeps none",
            "keeps none of that",
        ),
        (lambda *_: 0.1, "A plateau: half of all are as good", "At least half of all combinations are as good"),
        (lambda *_: np.nan, "Nothing to judge", "CAGR is undefined in every combination."),
        (lambda days, floor, weight: 1 if days == 50 else np.nan, "A plateau: half of all", "At least half"),
        (
            lambda days, floor, weight: {(10, 0.0, 0.05): 1, (200, 0.5, 0.1): 0}.get((days, floor, weight), np.nan),
            "it can't be told",
            "no neighbour with a value",
        ),
    ],
)
def test_plateau_or_spike(row_of, heading, told):
    land = extract(bumpy(row_of), "cagr").landscapes["cagr"]
    said, sentence = verdict(land, "cagr")
    assert heading in said
    assert told in sentence


def test_headings_say_what_was_found():
    rows = bumpy(lambda days, floor, weight: (days - 60) / 100 + floor + weight)
    gaps = Rows(
        rows.parameters, rows.values, {"gap_to_held_less": rows.metrics["cagr"] - 1.2, **rows.metrics}, rows.total
    )
    found = extract(gaps, "cagr")
    ahead = int(np.count_nonzero(rows.metrics["cagr"] > 1.2))
    assert 1 < ahead < len(rows)
    by = {name: headings_of(found, name) for name in gaps.metrics}
    many = f"{ahead} of {len(rows)} combinations grew more than holding less to the same bad quarter"
    assert by["gap_to_held_less"]["map-part"] == many
    assert by["cagr"]["map-part"] == "CAGR is highest, 200.00%, at trend_days 200, volatility_floor 0.5, weight 0.1"
    assert by["cagr"]["lines-part"] == "The 20 best are spread over every value of each parameter"


def test_a_heading_says_where_the_best_lie():
    rows = bumpy(lambda days, floor, weight: days, {**GRID, WEIGHT: [0.05 * step for step in range(1, 8)]})
    found = headings_of(extract(rows, "cagr"), "cagr")
    assert found["lines-part"] == "The 20 best have trend_days 200, of 10, 50, 100, 200"
    assert found["top-part"] == "The 20 best are all at 20,000.00%".replace(",", "")


def test_a_lowest_best_is_judged_the_other_way_up():
    rows = bumpy(lambda days, floor, weight: 100 + abs(days - 60) + floor)
    rows = Rows(rows.parameters, rows.values, {"costs": rows.metrics["cagr"]}, rows.total)
    land = extract(rows, "costs").landscapes["costs"]
    assert land.leader == 110
    assert "on a plateau" in verdict(land, "costs")[0]


@pytest.mark.parametrize(
    "value", [1e-05, 0.15, -3, True, False, None, "never", "on", "5", "null", "it's $HOME; a b", "", "[1", "a: b", "é"]
)
def test_a_command_is_read_back_as_it_was(value):
    rows = Rows(("hedge.key",), {"hedge.key": [value]}, {"cagr": np.ones(1)}, 1)
    (row,) = sweep.page_data(extract(rows, "cagr"), COMMAND)["table"]
    *base, option, setting = shlex.split(row["command"])
    assert (base, option) == (shlex.split(COMMAND), "--set")
    key, _, text = setting.partition("=")
    read = PlainYaml(text, str).tree
    assert (key, read, type(read)) == ("hedge.key", value, type(value))


def test_a_map_that_was_kept_as_text_is_a_map_again():
    assert as_yaml('{"SOXX": 1, "SOXS": 2}') == '{"SOXX": 1, "SOXS": 2}'


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("cagr", 0.12345, "12.35%"),
        ("cagr_vs_unhedged", 0.01, "+1.00%"),
        ("final_equity", 1234567.8, "$1,234,568"),
        ("final_equity", -5.0, "-$5"),
        ("costs_vs_unhedged", 5.0, "+$5"),
        ("episodes", 61.0, "61"),
        ("sharpe", -0.456, "-0.46"),
        ("not_ours", 1.0, "1.00"),
        ("cagr", np.nan, "-"),
    ],
)
def test_figures(name, value, text):
    assert shown(name, value) == text


def test_nothing_was_run(tmp_path):
    for rows in (Rows((), {}, {}, 0), Rows(("a.b",), {"a.b": []}, {"cagr": np.empty(0)}, 0)):
        with pytest.raises(UserError, match="there is none"):
            write(tmp_path / "sweep.html", rows)
    assert not list(tmp_path.iterdir())


def test_the_same_sweep_makes_the_same_page(tmp_path):
    first, second = (write(tmp_path / name, grid(GRID)).read_bytes() for name in ("a.html", "b.html"))
    assert first == second
    assert first.count(b"plotly.js v") == 1


# The page -------------------------------------------------------------------------------------------------------------

pages = pytest.mark.browser
CLIPBOARDS = {
    "{writeText: async text => { window.copied = text; }}": "Copied",
    "{writeText: async () => { throw new Error('no'); }}": "Selected",
    "undefined": "Selected",
}
"""A browser's clipboard: it works, is refused, or isn't there."""


def heat(page):
    """What the heatmap shows: the labels across and up, and its values."""
    data = page.evaluate("(({x, y, z}) => ({x, y, z}))(document.getElementById('map').data[0])")
    return data["x"], data["y"], np.array(data["z"], dtype=float)


def lines(page):
    return page.evaluate(
        "document.getElementById('lines').data[0].dimensions.map(({label, values}) => [label, values])"
    )


@pages
def test_the_menus_change_the_picture(tmp_path, open_page):
    rows = grid(GRID)
    seen = open_page(write(tmp_path / "sweep.html", rows))
    page, cube = seen.page, {name: column.reshape(4, 3, 2) for name, column in rows.metrics.items()}

    across, up, z = heat(page)
    assert (across, up) == (["10", "50", "100", "200"], ["0", "0.25", "0.5"])
    np.testing.assert_allclose(z, cube["cagr_vs_unhedged"].max(axis=2).T, rtol=1e-6)
    assert lines(page)[-1][0] == "CAGR<br>against unhedged"

    page.select_option("#how", "median")
    np.testing.assert_allclose(heat(page)[2], np.median(cube["cagr_vs_unhedged"], axis=2).T, rtol=1e-6)

    page.select_option("#metric", label="Costs ($)")
    page.select_option("#how", "best")
    np.testing.assert_allclose(heat(page)[2], cube["costs"].min(axis=2).T, rtol=1e-6)
    np.testing.assert_allclose(lines(page)[-1][1], rows.metrics["costs"], rtol=1e-6)
    least, *_, last = np.sort(rows.metrics["costs"])[:20]
    ends = list(dict.fromkeys(shown("costs", end) for end in (least, last)))
    lie = f"The 20 best {'are all at' if len(ends) == 1 else 'lie between'} {' and '.join(ends)}"
    assert page.locator("#top-part h2").inner_text() == lie
    assert "the lowest Costs over hedge.weight" in page.locator("#map-part figcaption").inner_text()

    page.select_option("#x", label=WEIGHT)
    np.testing.assert_allclose(heat(page)[2], cube["costs"].min(axis=0), rtol=1e-6)
    page.select_option("#y", label=WEIGHT)  # they change places
    assert page.locator("#x").input_value() == "1"
    np.testing.assert_allclose(heat(page)[2], cube["costs"].min(axis=0).T, rtol=1e-6)
    assert (seen.online, seen.errors) == ([], [])


@pages
def test_the_table_shows_the_best_rows_and_copies_their_commands(tmp_path, open_page):
    rows = grid(GRID)
    page = open_page(write(tmp_path / "sweep.html", rows)).page
    best = int(np.argmax(rows.metrics["cagr_vs_unhedged"]))
    head, row, run = page.locator("#top tr").all()[:3]
    labels = ["", "CAGR against unhedged", "trend_days", "volatility_floor", "weight", "CAGR", "Max drawdown", "Sharpe"]
    assert head.locator("th").all_inner_texts() == [*labels, "Final equity", "Episodes", "Costs"]
    figures = {name: shown(name, column[best]) for name, column in rows.metrics.items()}
    parameters = [as_yaml(values[best]) for values in rows.values.values()]
    first = figures.pop("cagr_vs_unhedged")
    assert row.locator("td").all_inner_texts() == ["1", first, *parameters, *figures.values()]
    settings = [f"--set {key}={as_yaml(rows.values[key][best])}" for key in GRID]
    assert run.locator("code").inner_text() == " ".join([COMMAND, *settings])

    for at, (clipboard, said) in enumerate(CLIPBOARDS.items()):
        page.evaluate(f"Object.defineProperty(navigator, 'clipboard', {{value: {clipboard}, configurable: true}})")
        page.locator("#top button").nth(at).click()
        page.locator("#top button", has_text=said).nth(0).wait_for()
        copied = page.evaluate("window.copied" if said == "Copied" else "String(getSelection())")
        assert copied == page.locator("#top code").nth(at).inner_text()


@pages
def test_any_title_note_and_value_is_text(tmp_path, open_page):
    evil = "</script><script>alert('{{ title }}')</script>"
    rows = grid({"hedge.rebalance": [evil, "<b>bold</b>"], FLOOR: [0.0, 0.25]})
    seen = open_page(write(tmp_path / "sweep.html", rows, title=evil, note=NOTE, command=f"backtest {evil}"))
    page = seen.page
    assert (seen.online, seen.errors, seen.dialogs) == ([], [], [])
    assert (page.title(), page.locator(".about span").first.inner_text()) == (evil, evil)
    assert page.locator("#note").inner_text() == NOTE
    assert page.locator("#note").bounding_box()["y"] < page.locator("h1").bounding_box()["y"] < 200
    assert "<b>bold</b>" in page.locator("#map .xtick text").all_text_contents()
    assert evil in page.locator("#top").inner_text()
    assert "The best of many is mostly luck" in page.locator("header").inner_text()


@pages
def test_one_parameter_makes_a_line(tmp_path, open_page):
    rows = grid({DAYS: [10, 50, 200], WEIGHT: [0.15]})
    seen = open_page(write(tmp_path / "sweep.html", rows))
    (line,) = seen.page.evaluate("document.getElementById('map').data.map(({type, x, y}) => ({type, x, y}))")
    assert (line["type"], line["x"]) == ("scatter", [10, 50, 200])
    np.testing.assert_allclose(line["y"], rows.metrics["cagr_vs_unhedged"], rtol=1e-6)
    assert seen.page.locator("#map-menus").count() == 0
    seen.page.select_option("#metric", label="Sharpe")
    assert "hedge.weight=0.15" in seen.page.locator("#top code").first.inner_text()
    assert seen.errors == []


@pages
def test_one_combination_is_a_sweep_too(tmp_path, open_page):
    seen = open_page(write(tmp_path / "sweep.html", grid({"hedge.rebalance": ["never"]})))
    assert "At least half of all combinations are as good as the best." in seen.page.locator("#verdict").inner_text()
    assert seen.errors == []


@pages
def test_words_nothing_and_undefined_metrics(tmp_path, open_page):
    rows = grid(WORDS, holes=0.6)
    rows.metrics["sharpe"][:] = np.nan
    seen = open_page(write(tmp_path / "sweep.html", rows))
    cube = rows.metrics["cagr_vs_unhedged"].reshape(3, 3, 2)[:, [2, 1, 0]]  # 5, 20, null
    expected = [[by_hand(cube[x, y], lower=False)[0] for x in range(3)] for y in range(3)]
    across, up, z = heat(seen.page)
    assert (across, up) == (["never", "daily", "on"], ["5", "20", "null"])
    np.testing.assert_allclose(z, expected, rtol=1e-6)
    assert np.isnan(z).any()
    assert len(lines(seen.page)[-1][1]) == np.isfinite(cube).sum()
    seen.page.select_option("#metric", label="Sharpe")
    assert seen.page.locator("#standing h2").inner_text() == "Nothing to judge"
    assert seen.page.locator("#map-part h2").inner_text() == "No combination has a value of Sharpe"
    assert seen.page.locator("#top tbody").count() == 0
    assert seen.errors == []


@pages
def test_a_telephone_needs_no_scrolling_sideways_and_paper_is_white(tmp_path, open_page):
    rows = grid({**GRID, **WORDS})
    seen = open_page(write(tmp_path / "sweep.html", rows, note=NOTE), width=390, scheme="dark")
    assert seen.page.evaluate("document.documentElement.scrollWidth") <= 390
    paper, ink = (seen.page.evaluate(f"getComputedStyle(document.body).{one}") for one in ("backgroundColor", "color"))
    light = [sum(map(int, re.findall(r"\d+", colour))) for colour in (paper, ink)]
    assert light[0] < light[1]

    drawn = "document.getElementById('map').layout.font.color"
    before = seen.page.evaluate(drawn)
    seen.page.evaluate("dispatchEvent(new Event('beforeprint'))")
    seen.page.emulate_media(media="print", color_scheme="dark")
    assert seen.page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(255, 255, 255)"
    assert seen.page.evaluate(drawn) == "#191a1c"
    seen.page.evaluate("dispatchEvent(new Event('afterprint'))")
    assert seen.page.evaluate(drawn) == before


class Reader(Mapping):
    """Many rows, made a column at a time."""

    def __init__(self, names, count):
        self.names, self.count, self.asked = names, count, dict.fromkeys(names, 0)

    def __getitem__(self, name):
        self.asked[name] += 1
        return np.random.default_rng(self.names.index(name)).normal(size=self.count)

    def __iter__(self):
        return iter(self.names)

    def __len__(self):
        return len(self.names)


@pytest.mark.browser
def test_a_large_sweep_fits_on_a_page_and_it_opens(tmp_path, open_page):
    """Of a million rows, with 50 weights instead of 10, the page is 2 MB larger."""
    axes = {DAYS: list(range(2, 202)), FLOOR: [round(0.005 * i, 3) for i in range(100)], WEIGHT: np.arange(10) / 100}
    places = np.unravel_index(np.arange(200_000), [len(values) for values in axes.values()])
    values = {key: np.array(axes[key])[at] for key, at in zip(axes, places, strict=True)}
    more = [f"{name}_vs_unhedged" for name in ("sharpe", "calmar", "sortino", "volatility")]
    metrics = Reader([*METRICS, *more, *(f"more_{i}" for i in range(12))], 200_000)
    path = write(tmp_path / "sweep.html", Rows(tuple(axes), values, metrics, 200_000))
    assert path.stat().st_size < 16e6
    assert max(metrics.asked.values()) <= 3
    seen = open_page(path)
    assert (seen.online, seen.errors) == ([], [])
    assert "200,000 combinations" in seen.page.locator("header").inner_text()
    assert seen.page.evaluate("document.getElementById('lines').data[0].line.color.length") == 1000
    cell = metrics["cagr_vs_unhedged"].reshape(200, 100, 10)[7, 11].max()
    assert cell == pytest.approx(seen.page.evaluate("document.getElementById('map').data[0].z[11][7]"), rel=1e-6)


@pytest.mark.parametrize(("together", "table"), [(24, "results.parquet"), (23, "results/")])
def test_a_page_that_holds_a_part_says_where_every_row_is(tmp_path, monkeypatch, together, table):
    monkeypatch.setattr("engine.runs.results.TOGETHER", together)
    monkeypatch.setattr("reports.sweep_numbers.KEPT", 5)
    monkeypatch.setattr("reports.sweep.extract", lambda rows, metric: extract(rows, metric, limit=5))
    page = write(tmp_path / "page.html", grid(GRID)).read_text(encoding="utf-8")

    assert f"every row is in <code>{table}</code>" in page

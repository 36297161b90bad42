"""Tear-sheets side by side: every row as it stands there, pictures by the same axes, frames that scroll together."""

import re
from html.parser import HTMLParser

import pytest
from kept_runs import SPAN, keep

from backtest import load_config, run, write_run
from backtest.comparing import compare_runs
from engine.runs.run import Run
from reports import sheets
from reports.comparison import compared
from reports.comparison_pictures import charts_of
from reports.comparison_tearsheets import figures_of, kept_tearsheets
from reports.tearsheet_pictures import PICTURES, draw_pictures

LETTERS = re.compile(r'id="(?P<axis>[xy])tick_\d+">.*?<!-- (?P<label>.*?) -->.*?translate\((?P<at>.*?)\)', re.DOTALL)


class Tables(HTMLParser):
    """The tables of a page: rows of cells, as texts."""

    def __init__(self, path):
        super().__init__()
        self.tables, self.inside = [], False
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        self.inside = bool(self.tables) and tag in ("td", "th", "span")

    def handle_endtag(self, tag):
        self.inside = self.inside and tag not in ("td", "th")

    def handle_data(self, text):
        if self.inside:
            self.tables[-1][-1][-1] += text.replace("\N{MINUS SIGN}", "-").replace("\u2019", "'")

    def headed(self, *heads):
        """The rows of the only table that begins with these heads."""
        (rows,) = [table for table in self.tables if table and tuple(table[0][: len(heads)]) == heads]
        return [row for row in rows if len(row) > 1]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Three kept runs: one with tear-sheets against two books, one with one, one without."""
    runs = tmp_path_factory.mktemp("it's 100% #1") / "runs"
    for settings, against in ((["name=first"], ("derisk_daily", "unhedged")), (["name=other", "trend_days=20"], ())):
        made = run(load_config("hedge_soxs.yaml", [*SPAN, *settings]), engine="python")
        write_run(made, runs, report=False, benchmark=against)
    keep(runs, "name=bare", "controls=off")
    return runs


@pytest.fixture(scope="module")
def found(folder):
    paths = {path.name.split("-")[0]: path for path in folder.iterdir() if path.is_dir()}
    return compared([Run.load(paths[name]) for name in ("first", "other", "bare")])


@pytest.fixture(scope="module")
def pages(folder, found):
    names = [kept.run.folder.name for kept in found.runs]
    return compare_runs(names, folder, load_config, pictures=True)[1]


def test_every_row_is_the_tear_sheet_s(found, pages):
    kept = kept_tearsheets(found)
    assert [(one.label, one.path.name, one.against) for one in kept] == [
        ("first", "tearsheet-unhedged.html", "Unhedged"),
        ("first", "tearsheet.html", "Sold daily"),
        ("other", "tearsheet.html", "Unhedged"),
    ]
    shown = Tables(pages).headed("", "first", "other", "Unhedged")
    theirs = [Tables(kept[at].path) for at in (0, 2)]
    rows = [page.headed("Metric")[1:] for page in theirs]
    years = [page.headed("Year")[1:] for page in theirs]
    assert len(rows[0]) > 70
    wanted = [
        [one[0], one[2], other[2], one[1] if one[1] == other[1] else f"{one[1]}, {other[1]}"]
        for one, other in zip(*rows, strict=True)
    ]
    assert sum(", " in row[-1] for row in wanted) < 8  # of the two together, and not of the book
    wanted += [[one[0], f"{one[2]}%", f"{other[2]}%", f"{one[1]}%"] for one, other in zip(*years, strict=True)]
    assert shown[1] == ["Period", *["3 Jan, 2019 - 30 Jun, 2020"] * 3]
    assert shown[2:] == wanted
    made = sheets.of_comparison(found)["tear-sheets"]
    assert [list(row) for row in zip(*list(made.values())[:4], strict=True)] == shown[1:]
    assert made["history"] == ["SIMULATED"] * len(shown[1:])
    assert "Kept without a tear-sheet, and so not in this: bare." in pages.read_text(encoding="utf-8")


def test_books_that_differ_have_a_column_each(found):
    kept = kept_tearsheets(found)
    both = (kept[1], kept[2])
    assert list(figures_of(found, both)) == ["Figure", "first", "other", "Sold daily", "Unhedged"]


def ticks(picture):
    """Where each letter of the axes stands: picture by picture the same where the axes are."""
    return [(found["axis"], found["label"], found["at"]) for found in LETTERS.finditer(picture)]


def test_pictures_have_the_same_axes_and_are_quantstats_own(found, pages):
    page = pages.with_name("comparison-pictures.html").read_text(encoding="utf-8")
    drawn = re.findall("<svg.*?</svg>", page, re.DOTALL)
    rows = [drawn[at : at + 3] for at in range(0, len(drawn), 3)]
    assert len(rows) == len(PICTURES) == 14
    for title, row in zip(PICTURES, rows, strict=True):
        assert ticks(row[0]), title
        assert ticks(row[0]) == ticks(row[1]) == ticks(row[2]), title
    assert rows[0][0] != rows[0][1]
    (alone,) = zip(*draw_pictures([charts_of(found.runs[1], found)]), strict=True)
    theirs = re.findall("<svg.*?</svg>", kept_tearsheets(found)[2].path.read_text(encoding="utf-8"), re.DOTALL)
    moved = [title for title, one, row in zip(PICTURES, alone, rows, strict=True) if ticks(one) != ticks(row[1])]
    assert 2 < len(moved) < 10
    for title, one, row in zip(PICTURES, alone, rows, strict=True):  # a map's colours are by all runs' largest month
        if title != "Monthly returns":
            assert (one.strip() == row[1]) == (title not in moved), title
    for title, one, other in zip(PICTURES, alone, theirs, strict=True):
        if title != "Monthly returns":
            numbers = [[float(each) for each in re.findall(r"-?\d+\.\d+", text)] for text in (one, other)]
            assert numbers[0] == pytest.approx(numbers[1], abs=0.0101), title


def test_the_same_runs_make_the_same_pages(found, pages, folder):
    before = {path.name: path.read_bytes() for path in folder.glob("comparison*.html")}
    assert sorted(before) == ["comparison-pictures.html", "comparison-tearsheets.html", "comparison.html"]
    again = folder / "again.html"
    compare_runs([kept.run.folder.name for kept in found.runs], folder, load_config, page=again)
    assert again.with_name("again-tearsheets.html").read_bytes() == before["comparison-tearsheets.html"]
    with_pictures = (
        '<p><a href="comparison-pictures.html">Quantstats\u2019 pictures of all runs, by the same axes</a></p>\n'
    )
    page = before["comparison.html"].decode()
    assert with_pictures in page
    wanted = page.replace(with_pictures, "").replace("comparison-tearsheets.html", "again-tearsheets.html")
    assert again.read_text(encoding="utf-8") == wanted
    assert not again.with_name("again-pictures.html").exists()


TOP = "document.getElementById('{}').getBoundingClientRect().top"


@pytest.mark.browser
def test_two_tear_sheets_scroll_together(pages, open_page):
    seen = open_page(pages)
    page = seen.page
    page.locator("#tearsheets a").first.click()
    page.wait_for_url("**/comparison-tearsheets.html")
    page.wait_for_load_state()
    _, left, right = page.frames
    assert [one.url.rsplit("/", 1)[1] for one in (left, right)] == ["tearsheet-unhedged.html", "tearsheet.html"]
    for one, other, part in ((left, right, "dd_plot"), (right, left, "rolling_beta"), (left, right, "ddinfo")):
        one.evaluate(f"scrollBy(0, {TOP.format(part)} - 40)")
        where = one.evaluate(TOP.format(part))
        other.wait_for_function(f"Math.abs({TOP.format(part)} - {where}) < 3")
        assert one.evaluate(TOP.format(part)) == pytest.approx(where, abs=1)  # nothing came back
    page.locator("select").last.select_option(label="first, against sold daily")
    right = page.wait_for_selector("iframe[title^=Right]").content_frame()
    right.wait_for_url("**/tearsheet.html")
    where = left.evaluate(TOP.format("ddinfo"))
    right.wait_for_function(f"Math.abs({TOP.format('ddinfo')} - {where}) < 3")
    page.locator("#together").uncheck()
    left.evaluate("scrollTo(0, 0)")
    page.wait_for_timeout(200)
    assert right.evaluate("scrollY") > 1000
    left.locator(".verdict a").click()  # the menu would name another tear-sheet than its frame shows
    page.wait_for_url("**/tearsheet.html")
    assert len(page.frames) == 1
    assert (seen.online, seen.errors, seen.dialogs) == ([], [], [])


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(390, "dark"), (1280, "light")])
def test_a_telephone_has_one_above_the_other_and_frames_follow_the_dark(pages, open_page, width, scheme):
    page = open_page(pages.with_name("comparison-tearsheets.html"), width=width, scheme=scheme).page
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    above, below = (one.bounding_box() for one in page.locator("iframe").all())
    assert (below["y"] >= above["y"] + above["height"]) == (width == 390)
    ground = page.frames[1].evaluate("getComputedStyle(document.body).backgroundColor")
    assert ground == ("rgb(20, 21, 23)" if scheme == "dark" else "rgb(255, 255, 255)")
    pictures = open_page(pages.with_name("comparison-pictures.html"), width=width, scheme=scheme)
    shown = pictures.page
    assert shown.evaluate("document.documentElement.scrollWidth") <= width
    grounds = "[...document.querySelectorAll('#patch_1 > path')].map(one => getComputedStyle(one).fill)"
    assert set(shown.evaluate(grounds)) == {shown.evaluate("getComputedStyle(document.body).backgroundColor")}
    assert (pictures.online, pictures.errors, pictures.dialogs) == ([], [], [])

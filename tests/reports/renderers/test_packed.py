"""The library that draws, packed into a page: what is in it, its size, and that a browser unpacks it by itself."""

from __future__ import annotations

import base64
import pkgutil
import re
import zlib

import pytest
from packing import data_of

from data.cache import DiskCache
from reports.charts import singles
from reports.document import Chart, Document, Section
from reports.renderers import html
from reports.renderers.html import write_document

PATH = {part: singles([0.0, 0.1, 0.3]) for part in ("after", "low", "high", "all_days")}
DATA = {"offsets": [-1, 0, 1], "lines": [{"name": "</script><b>ONE", **PATH}]}
PAGE = Document("t", [Section("s", "A path", [Chart("after", "A path", data=DATA)])], scripts=["study"])


@pytest.fixture
def page(tmp_path):
    write_document(tmp_path / "page.html", PAGE)
    return tmp_path / "page.html"


def test_a_page_holds_the_library_whole_and_small(page, tmp_path, monkeypatch):
    text = page.read_text(encoding="utf-8")
    (packed,) = re.findall(r'<script type="text/plain" id="library">([^<]*)</script>', text)
    source = pkgutil.get_data("plotly", "package_data/plotly.min.js")
    assert zlib.decompress(base64.b64decode(packed)) == source
    assert source.decode().startswith(re.search(r"/\*\*.*?\*/", text, re.DOTALL)[0])
    assert "MIT license" in re.search(r"/\*\*.*?\*/", text, re.DOTALL)[0]
    assert len(text) < 2_050_000 < len(source)
    assert data_of(page) == {"after": DATA}
    monkeypatch.setattr(html, "user_cache", lambda: DiskCache(tmp_path / "cache"))
    for name in ("afresh.html", "kept.html"):  # with nothing in the cache, and with what the first put there
        html._library.cache_clear()
        write_document(tmp_path / name, PAGE)
        assert (tmp_path / name).read_bytes() == page.read_bytes()


@pytest.mark.browser
def test_a_browser_draws_it_without_a_network(page, open_page):
    seen = open_page(page)
    seen.page.locator("#after .main-svg").first.wait_for()
    assert seen.page.evaluate("document.getElementById('after').data.at(-1).y") == pytest.approx([0.0, 0.1, 0.3])
    assert not seen.page.locator("#unpacked").is_visible()
    assert (seen.online, seen.errors, seen.dialogs) == ([], [], [])


@pytest.mark.browser
@pytest.mark.parametrize("fault", ["too old", "cut off"])
def test_a_browser_that_cannot_unpack_it_says_so(page, browser, fault):
    context = browser.new_context()
    shown, errors = context.new_page(), []
    shown.on("pageerror", lambda error: errors.append(str(error)))
    if fault == "too old":
        shown.add_init_script("delete window.DecompressionStream")
    else:
        text = page.read_text(encoding="utf-8")
        page.write_text(text.replace(text[200_000:200_400], ""), encoding="utf-8")
    shown.goto(page.as_uri())
    shown.locator("#unpacked").wait_for(state="visible")
    assert "can\u2019t be unpacked" in shown.locator("#unpacked").inner_text()
    assert (shown.locator("h2").inner_text(), errors) == ("A path", [])
    context.close()

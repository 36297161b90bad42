"""The page of the frontier, in a browser: its menu, its dots, its table, and what is MODELLED."""

from __future__ import annotations

import re

import pytest
from command import command
from history import FOLDER, needs_history
from playwright.sync_api import expect

RISKS = ("bad_quarter", "max_drawdown", "shortfall", "volatility")


@pytest.fixture(scope="module")
def page_file(tmp_path_factory):
    target = tmp_path_factory.mktemp("frontier") / "frontier.html"
    typed = ("--data", str(FOLDER), "--start", "2021-01-04", "--page", str(target))
    answer = command("frontier", "hedge_soxs.yaml", "--with", "cash,put:always,XLU", "--weights", "0.1,0.3", *typed)
    assert answer.status == 0, answer.err
    return target, answer.out


@needs_history
@pytest.mark.parametrize("width", [1280, 390])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_the_page_in_a_browser(browser, page_file, width, scheme):
    page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(page_file[0].as_uri())

    assert page.evaluate("document.documentElement.scrollWidth") <= width
    for risk in RISKS:
        page.select_option("#risk", risk)
        shown = [name for name in RISKS if page.locator(f"figure.by-{name}").is_visible()]
        assert shown == [risk]
        assert [name for name in RISKS if page.locator(f"#by-{name}").is_visible()] == [risk]
    page.select_option("#risk", "bad_quarter")
    row = page.locator("#by-bad_quarter tr[tabindex]").first
    run = page.locator("#by-bad_quarter tr.run").first
    expect(run).to_be_hidden()
    row.focus()
    page.keyboard.press("Enter")
    expect(run).to_be_visible()
    assert run.inner_text().startswith("Copy")
    assert "backtest run hedge_soxs.yaml" in run.inner_text()
    row.click()
    expect(run).to_be_hidden()
    assert errors == []
    page.close()


@needs_history
def test_options_say_modelled_and_the_terminal_has_the_finding(page_file):
    text = page_file[0].read_text(encoding="utf-8")

    rows = re.findall(r"<tr[^>]*><td>([^<]*put always on[^<]*)(.*?)</td>", text)
    assert rows
    assert all("MODELLED" in rest for _name, rest in rows)
    labels = re.findall(r"<tspan[^>]*>([^<]*put always[^<]*)</tspan>", text)
    assert labels
    assert all("MODELLED" in label for label in labels)
    assert "cheaper than holding less SOXX" in " ".join(page_file[1].split())
    assert len(text) < 600_000  # no plotting library in it

"""The site of docs/: it builds without a warning, holds every page, its links lead somewhere, nothing is fetched."""

import re
import shutil
import subprocess
import sys
import tomllib
from html import unescape
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PARTS = ("docs", "backtest", "data", "engine", "reports", "strategies")


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Return the built site."""
    folder = tmp_path_factory.mktemp("house")
    shutil.copyfile(ROOT / "zensical.toml", folder / "zensical.toml")
    for part in PARTS:
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__"))
    done = subprocess.run(
        [sys.executable, "-m", "zensical", "build", "--strict", "--clean"],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No issues found" in done.stdout + done.stderr
    assert "griffe" not in done.stdout + done.stderr  # a docstring that can't be read as NumPy style
    return folder / "site"


def pages(site):
    return {path.name: path.read_text(encoding="utf-8") for path in site.glob("*.html")}


def test_every_page_of_docs_is_in_its_navigation(site):
    def listed(nav):
        for item in nav:
            for value in item.values() if isinstance(item, dict) else [item]:
                yield from [value] if isinstance(value, str) else listed(value)

    nav = tomllib.loads((ROOT / "zensical.toml").read_text(encoding="utf-8"))["project"]["nav"]
    assert sorted(listed(nav)) == sorted(path.name for path in (ROOT / "docs").glob("*.md"))
    assert {path.stem for path in (ROOT / "docs").glob("*.md")} <= {Path(name).stem for name in pages(site)}


def test_links_within_it_lead_to_a_page_and_a_heading_of_it(site):
    found = pages(site)
    ids = {name: set(re.findall(r'\bid="([^"]+)"', page)) for name, page in found.items()}
    for name, page in found.items():
        if name == "404.html":
            continue
        for href in re.findall(r'<a[^>]* href="([^"]+)"', page):
            target, _, anchor = unescape(href).partition("#")
            if "://" in target or target.startswith("mailto:"):
                continue
            assert (site / (target or name)).exists(), f"{name}: {href}"
            if anchor and (target or name) in ids:
                assert anchor in ids[target or name], f"{name}: {href}"


def test_nothing_is_fetched_from_elsewhere(site):
    for name, page in pages(site).items():
        fetched = re.findall(r'<(?:script|link|img)[^>]*(?:src|href)="(https?://[^"]+)"', page)
        assert not fetched, (name, fetched)


def test_the_api_is_told_from_its_docstrings(site):
    import backtest

    page = (site / "api.html").read_text(encoding="utf-8")
    for name in ("run", "sweep", "signal", "stress", "scenario", "compare", "frontier", "walkforward", "search"):
        first = getattr(backtest, name).__doc__.strip().partition("\n")[0]
        text = re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", "", page)))
        assert re.sub(r"[`\s]+", " ", first)[:40] in text.replace("`", "")

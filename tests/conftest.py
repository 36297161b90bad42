"""A browser for the tests of pages: Debian's own chromium, driven by playwright."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, ConsoleMessage, Dialog, Error, Page, Route

# How fast examples are drawn and tried tells of the machine's load, not of ours.
UNHURRIED = hypothesis.settings(deadline=None, suppress_health_check=[hypothesis.HealthCheck.too_slow])
hypothesis.settings.register_profile("desk", UNHURRIED)
hypothesis.settings.register_profile("ci", UNHURRIED, derandomize=True)  # the same examples
hypothesis.settings.register_profile(  # benchmarks/mutants.py: that a test fails is enough
    "mutants", UNHURRIED, derandomize=True, phases=[hypothesis.Phase.explicit, hypothesis.Phase.generate]
)
hypothesis.settings.load_profile("ci" if os.environ.get("CI") == "true" else "desk")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:  # as in a shell's background, and every command inherits it
    signal.signal(signal.SIGINT, signal.default_int_handler)

# Rewritten asserts and what a hundred processes import are compiled once, whatever the environment says of bytecode.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

gc.disable()  # until all is collected: each of thousands of tests is kept, and none of them is garbage


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what stands beside the rooms: it builds whole copies, for which all would wait at the end."""
    items.sort(key=lambda item: item.path.parent != HERE)


def pytest_collection_finish() -> None:
    """Leave what was collected out of every later collection of garbage."""
    gc.freeze()
    gc.enable()


HERE = Path(__file__).parent
QUIET = ["background-networking", "component-update", "quic", "sync", "gpu"]


@dataclass
class Opened:
    """A page as a person has it, and what it did: the addresses it asked for, its errors, its pop-ups."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

    def answer(self, route: Route) -> None:
        self.requests.append(route.request.url)
        route.abort() if self.online else route.continue_()

    def pageerror(self, error: Error) -> None:
        self.errors.append(str(error))

    def console(self, said: ConsoleMessage) -> None:
        if said.type == "error":
            self.errors.append(said.text)

    def dialog(self, asked: Dialog) -> None:
        self.dialogs.append(asked.message)
        asked.dismiss()

    def leave(self) -> None:
        """Leave the page as one that has just been opened."""
        for event in ("pageerror", "console", "dialog"):
            self.page.remove_listener(event, getattr(self, event))
        self.page.context.unroute_all()
        for other in self.page.context.pages:
            if other is not self.page:
                other.close()
        self.page.mouse.move(0, 0)
        self.page.goto("about:blank")

    @property
    def online(self) -> list[str]:
        return [url for url in self.requests if not url.startswith(("file:", "data:", "blob:"))]


@pytest.fixture(scope="session", autouse=True)
def _no_store_of_anybody_s(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Give the suite an empty store: what a developer has pulled changes no test."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BACKTEST_DATA", str(tmp_path_factory.mktemp("store")))
        yield


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    chromium = shutil.which("chromium")
    if chromium is None:
        # A suite that never opened a page must not look green where it counts.
        (pytest.fail if os.environ.get("CI") == "true" else pytest.skip)("no chromium on this machine")
    from playwright.sync_api import sync_playwright  # here: most tests open no page

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(
            executable_path=chromium,
            args=["--headless", "--no-sandbox", "--no-first-run", *(f"--disable-{what}" for what in QUIET)],
        )
        yield started
        started.close()


@pytest.fixture(scope="session")
def tab(browser: Browser) -> Iterator[Page]:
    """A page that is kept from test to test: chromium takes two seconds for a new one, and a tenth to open a file."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture
def open_page(browser: Browser, tab: Page) -> Iterator[Callable[..., Opened]]:
    """Open a file in the browser, cut off from the network, at a width and in a colour scheme."""
    shown: list[Opened] = []

    def opened(path: Path, *, width: int = 1280, scheme: str = "light") -> Opened:
        page = browser.new_context().new_page() if shown else tab
        shown.append(seen := Opened(page))
        page.set_viewport_size({"width": width, "height": 900})
        page.emulate_media(media="null", color_scheme=scheme, reduced_motion="null")
        page.context.route("**/*", seen.answer)
        for event in ("pageerror", "console", "dialog"):
            page.on(event, getattr(seen, event))
        page.goto(path.resolve().as_uri(), wait_until="load")
        page.wait_for_function("!document.getElementById('library')")  # what draws is unpacked after the load
        return seen

    yield opened
    for seen in shown:
        if seen.page is tab:
            seen.leave()
        else:
            seen.page.context.close()

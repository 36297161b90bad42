"""A browser for the tests of pages: Debian's own chromium, driven by playwright."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import hypothesis
import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, Route

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

QUIET = ["background-networking", "component-update", "quic", "sync", "gpu"]


@dataclass
class Opened:
    """A page as a person has it, and what it did: the addresses it asked for, its errors, its pop-ups."""

    page: Page
    requests: list[str] = field(default_factory=list)
    errors: list[str] = field(default_factory=list)
    dialogs: list[str] = field(default_factory=list)

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


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Opened]]:
    """Open a file in the browser, cut off from the network, at a width and in a colour scheme."""
    contexts = []

    def opened(path: Path, *, width: int = 1280, scheme: str = "light") -> Opened:
        context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        contexts.append(context)
        seen = Opened(context.new_page())

        def answer(route: Route) -> None:
            seen.requests.append(route.request.url)
            route.abort() if seen.online else route.continue_()

        context.route("**/*", answer)
        seen.page.on("pageerror", lambda error: seen.errors.append(str(error)))
        seen.page.on("console", lambda said: seen.errors.append(said.text) if said.type == "error" else None)
        seen.page.on("dialog", lambda dialog: (seen.dialogs.append(dialog.message), dialog.dismiss()))
        seen.page.goto(path.resolve().as_uri(), wait_until="load")
        return seen

    yield opened
    for context in contexts:
        context.close()

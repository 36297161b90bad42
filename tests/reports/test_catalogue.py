"""The catalogue as tables: every signal with its keys, in the terminal and in the docs."""

import io
from pathlib import Path

from rich.console import Console

from reports.catalogue import catalogue_markdown, show_catalogue
from strategies.signals.catalogue import SIGNALS

DOCS = Path(__file__).parents[2] / "docs" / "signals.md"


def test_the_docs_hold_the_catalogue_as_it_is():
    told = DOCS.read_text(encoding="utf-8").partition("<!-- made by: backtest catalogue --markdown -->\n")[2]
    assert told.partition("<!-- end -->")[0] == catalogue_markdown(SIGNALS.values())


def test_the_terminal_shows_every_signal_with_its_family_keys_and_unit():
    shown = Console(file=io.StringIO(), width=200)
    show_catalogue(shown, SIGNALS.values())
    text = shown.file.getvalue()
    assert all(name in text for name in SIGNALS)
    assert "of: the hedge, days: 63" in text
    assert "standard deviations" in text


def test_what_has_no_default_shows_dots():
    assert "`series: ...`" in catalogue_markdown([SIGNALS["series_value"]])

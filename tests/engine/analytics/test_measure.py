"""Measures: each stands once, and metrics.json, sweeps and docs are made from it."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest
from worlds import laid_out, source

from engine.analytics.measure import AGAINST, BOOK, MEASURES, NUMBERS, lower_is_better, metrics_of, ratio
from engine.analytics.metrics import trades_of
from engine.kernel.loop import run_policy
from engine.research.columns import COLUMNS

DOCS = Path(__file__).resolve().parents[3] / "docs"


def test_every_measure_of_a_book_is_in_its_metrics_and_in_a_sweep_s_columns():
    setup = laid_out({}, source(3))
    ledger = run_policy(setup.prices, setup.terms, setup.plan)
    trades = trades_of(ledger.traded, setup.prices.fill, setup.terms)

    assert list(metrics_of(ledger, setup.terms.cash_accrual, setup.market.run_sessions, trades, (0,))) == list(BOOK)
    assert set(BOOK) - set(COLUMNS) == {"first", "last"}
    assert all(column.partition(AGAINST)[0] in MEASURES for column in COLUMNS)


@pytest.mark.parametrize("page", ["metrics.md", "sweeps.md"])
def test_docs_hold_the_tables_of_the_registry(page):
    spec = importlib.util.spec_from_file_location("tables", DOCS / "tables.py")
    tables = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tables)
    text = (DOCS / page).read_text(encoding="utf-8")

    assert tables.renewed(text, tables.PAGES[page]) == text, "write it anew: make docs"
    broken = text.replace("| `cagr` |", "| `cgar` |").replace("| `fee_a_year` |", "| `fee` |")
    assert tables.renewed(broken, tables.PAGES[page]) == text != broken


def test_which_way_is_better_holds_for_differences_too():
    lowest = {key for key in MEASURES if lower_is_better(key)}

    assert lowest == {"volatility", "fills", "turnover", "costs"}
    assert lower_is_better("volatility_vs_unhedged")
    assert not lower_is_better("cagr_vs_unhedged")
    assert not lower_is_better("unheard_of")


def test_formats_follow_units():
    assert [BOOK[key].format for key in ("cagr", "costs", "fills", "first", "turnover", "sharpe")] == [
        "percent", "dollars", "count", "date", "number", "number",
    ]  # fmt: skip
    assert "first" not in NUMBERS


def test_a_ratio_over_nothing_is_nan_of_one_book_and_of_many():
    assert ratio(1.0, 4.0) == 0.25
    assert np.isnan(ratio(1.0, 0.0))
    assert ratio(np.array([1.0, 1.0]), np.array([0.5, 0.0])) == pytest.approx([2.0, np.nan], nan_ok=True)

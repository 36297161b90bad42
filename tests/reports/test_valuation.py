"""What is said of a valuation: its percentiles beside each other, each company's row, and who is missing."""

import io
import re
from dataclasses import replace

import pytest
from filed_world import RUN, filed_world
from rich.console import Console
from worlds import configured

from data.sources import BARS
from engine.inspection.explain import explain
from reports.explain import show_day
from reports.valuation import together

WORLD = filed_world()
SESSIONS = WORLD.read(BARS, "SOXX").dates
KEYS = RUN | {"strategy.class": "ValuationHedge", "strategy.params": {"lookback": 20}, "controls": "off"}
DAY = explain(configured(KEYS), SESSIONS[60], WORLD)
(READ,) = DAY.valuations


def said(read, width=80):
    out = io.StringIO()
    show_day(Console(file=out, width=width, highlight=False), replace(DAY, valuations=(read,)))
    return [" ".join(line.split()) for line in out.getvalue().splitlines()]


def test_both_closes_stand_beside_each_other_with_every_percentile():
    lines, (before, now) = said(READ), READ.closes
    assert f"CHIPS_PE, of filings close of {before.date} close of {now.date}" in lines
    assert f"Price/earnings {before.value:.2f} {now.value:.2f}" in lines
    own = [f"{100 * close.lookbacks[0].share:.2f}%" for close in READ.closes]
    assert f"percentile of the last 20 sessions {' '.join(own)}" in lines
    past = [f"{100 * close.past.share:.2f}%" for close in READ.closes]
    assert f"percentile since {SESSIONS[0]} {' '.join(past)}" in lines
    assert "companies 2 2" in lines


def test_each_company_has_a_row_and_all_together_the_ratio_of_the_whole():
    lines = said(READ)
    for each in READ.companies:
        (row,) = (line for line in lines if line.startswith(f"{each.ticker} "))
        assert row.endswith(f"{each.filed} {each.quarters_to}")
        assert f" {each.market_value / 1e9:,.1f} {each.net_income / 1e9:,.2f} " in row
    (sum_,) = (line for line in lines if line.startswith("together "))
    whole = together(READ.companies)
    assert whole.market_value / whole.net_income == pytest.approx(READ.closes[-1].value)
    assert f" {READ.closes[-1].value:.1f} - -" in sum_
    assert "Left out, without filings or a figure here: TSM." in " ".join(lines)


def test_one_company_has_no_sum_and_what_is_none_is_said():
    close = READ.closes[-1]
    losing = replace(close, value=None, changed="AMD came", past=replace(close.past, share=None))
    alone = replace(READ, companies=READ.companies[:1], closes=(losing, losing), behind=("AMD",), left_out=())
    lines = said(alone)
    assert "Price/earnings none, together they lose none, together they lose" in lines
    assert "companies 2, AMD came 2, AMD came" in lines
    assert not any(line.startswith(("together", "Left out")) for line in lines)
    assert "Quarters over half a year old: AMD." in " ".join(lines)
    unknown = replace(READ, companies=(), closes=(replace(losing, companies=0, past=None),) * 2)
    assert "Price/earnings not known yet not known yet" in said(unknown)


def test_a_yield_is_told_in_percent():
    yields = replace(READ, figure="EARNINGS_YIELD", closes=tuple(replace(close, value=0.0312) for close in READ.closes))
    assert "Median earnings yield 3.12% 3.12%" in said(yields)


def test_it_keeps_to_eighty_columns():
    out = io.StringIO()
    show_day(Console(file=out, width=80, highlight=False), DAY)
    assert max(map(len, out.getvalue().splitlines())) <= 80
    assert re.search(r"^NVDA +[\d.,]+ +1,000 ", out.getvalue(), re.MULTILINE)

"""The examples of docs/hedges.md: a day on which SOXX falls by 2 % and TLT rises by 1 %, with each kind of hedge."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from markets import make_bars, nyse, source_of

from data.black_scholes import OptionTerms, option_delta, option_price
from data.options import strike_volatility
from engine.analytics.attribution import SLEEVE, attribute
from engine.loading import build_config
from engine.runs.execute import run

DATES = nyse("2019-09-03", 90)
PAGE = Path("docs/hedges.md").read_text(encoding="utf-8")
FREE = {"commission_bps": 0, "slippage_bps": 0, "cash_rate": 0}
BOND_BETA = -0.3


def source():
    """Return SOXX and TLT, whose beta is -0.3 until the last day, and SOXS; opens are the closes before."""
    rng = np.random.default_rng(3)
    moved = rng.normal(0.0, 0.01, len(DATES))
    moved[-1] = -0.02
    held = {"SOXX": moved, "TLT": BOND_BETA * moved, "SOXS": -3.0 * moved}
    held["TLT"][-1] = 0.01
    closes = {name: 100.0 * np.cumprod(1.0 + returns) for name, returns in held.items()}
    return source_of(*(make_bars(name, DATES, c, open=np.append(c[0], c[:-1])) for name, c in closes.items()))


def one_day(*hedges):
    """Return the run that holds hedges over the last day, and what each made by part; nothing costs or earns."""
    tree = {
        "start": str(DATES[-2]),
        "portfolio": {"core": {"SOXX": 1.0}},
        "hedges": [{"underlying": "SOXX", **hedge} for hedge in hedges],
        "strategy": {"class": "WeaknessHedge", "params": {"trend_days": 2, "volatility_floor": 0}},
        "policy": {"enter": 0, "exit": 0},
        "execution": FREE,
        "controls": "off",
        "data": {"accept": ["SOXS-dividends"]},
    }
    result = run(build_config(tree, []), source(), engine="python")
    made = attribute(result.setup, result.hedged)
    legs = [{name: float(leg[name][-1]) for name in SLEEVE} for leg in made.legs]
    return result, legs


def told(text):
    """Return whether the page says so, however its lines are broken."""
    return " ".join(text.split()) in " ".join(re.sub(r"[`*]", "", PAGE).split())


FUND, BONDS = {"instrument": "SOXS", "weight": 0.15}, {"kind": "asset", "instrument": "TLT", "weight": 0.2}


@pytest.mark.parametrize(
    ("hedge", "end", "parts"),
    [
        (FUND, 99_200, {"direction": 900}),
        (BONDS, 98_600, {"direction": 120, "tracking": 80}),
        ({"kind": "cash", "weight": 0.6}, 99_200, {}),
        ({"kind": "short", "weight": 0.3}, 98_600, {"direction": 600}),
    ],
    ids=["fund", "asset", "cash", "short"],
)
def test_each_kind_makes_what_the_page_says(hedge, end, parts):
    result, [leg] = one_day(hedge)
    assert result.hedged.equity[-1] == pytest.approx(end)
    assert {name: value for name, value in leg.items() if abs(value) > 1e-6} == pytest.approx(parts)
    assert told(f"the book ends the day at {end:,}")


def test_the_page_s_exposures_are_those_of_the_orders():
    for hedges, after in (((FUND,), 0.4), ((BONDS,), 0.74), (({**FUND, "weight": 0.1}, BONDS), 0.34)):
        result, *_ = one_day(*hedges)
        exposure = result.hedged.core[0] + (result.setup.betas[0] * result.hedged.hedges[0]).sum()
        assert exposure == pytest.approx(after, abs=1e-9)
        assert told(f"net exposure is {after:g}")


def test_two_hedges_make_the_sum_of_both():
    result, legs = one_day({**FUND, "weight": 0.1}, BONDS)
    assert [round(sum(leg.values())) for leg in legs] == [600, 200]
    assert result.hedged.equity[-1] == pytest.approx(99_400)
    assert told("SOXS makes 600 dollars and TLT 200, and the book ends the day at 99,400")


def test_the_page_s_put_is_the_model_s():
    terms = OptionTerms(*(np.float64(x) for x in (200.0, 190.0, 28.0, 0.0, 0.04, 0.01)))
    volatility = strike_volatility(np.float64(0.30), terms.spot, terms.strike, 0.04)
    terms = terms._replace(volatility=volatility)
    price, delta = float(option_price("put", terms)), float(option_delta("put", terms))
    core = 1.0 / (1.0 + price / 200.0)
    assert told(
        f"at {100 * volatility:.0f} %, costs {price:.2f} dollars, {100 * price / 200.0:.2f} % of SOXX, with a delta of"
        f" {delta:.2f}"
    )
    assert told(f"{100 * core:.2f} % of the book stays in SOXX")
    assert told(f"net exposure is {core * (1.0 + delta):.2f}")

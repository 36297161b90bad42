"""Made-up runs of one to four hedges of every kind, each with terms and signals of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

import numpy as np
from hypothesis import strategies as st
from worlds import LOOKBACK, WARM_UP, World, configured, days, market, prepared, source
from worlds import settings as drawn_settings

from data.arrays import Floats
from data.series import Series
from engine.hedges import with_made
from engine.runs.execute import run
from engine.runs.run import Run
from engine.setup import Setup

START, SESSIONS = 82, 95
"""Options read 63 sessions before their first roll, which is the April of the made-up year."""
OPTIONS = (
    {},
    {"structure": "put_spread", "strike": 97.0, "bid_ask": 20.0},
    {"structure": "collar"},
    {"strike": 100.0, "skew": 8.0},
)
KINDS = ("fund", "asset", "cash", "short", "option")


def leg() -> st.SearchStrategy[dict[str, Any]]:
    """Draw one hedge; its weight is a share of what the book pays for."""
    levels = st.sampled_from([(0.5, 0.5), (0.7, 0.3), (0.4, 0.0)])
    drawn = {
        "kind": st.sampled_from(KINDS),
        "option": st.sampled_from(OPTIONS),
        "weight": st.sampled_from([0.0, 0.4, 1.0]),
        "sizing": st.sampled_from(["fixed", "fixed", "proportional", "beta", "volatility_target", "minimum_variance"]),
        "rebalance": st.sampled_from(["never", "daily", "weekly", "monthly", "band"]),
        "band": st.sampled_from([0.01, 0.05]),
        "cover": st.sampled_from([0.5, 1.0]),
        "commission_bps": st.sampled_from([None, 0.0, 20.0]),
        "policy": st.one_of(st.none(), levels.map(lambda pair: {"enter": pair[0], "exit": pair[1]})),
    }
    return st.fixed_dictionaries(drawn)


def runs(kinds: tuple[str, ...] = KINDS) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a run's keys, `hedges` among them."""
    legs = st.lists(leg().filter(lambda drawn: drawn["kind"] in kinds), min_size=1, max_size=4)
    return st.builds(_together, drawn_settings(), legs)


def _together(keys: dict[str, Any], legs: list[dict[str, Any]]) -> dict[str, Any]:
    bills = any(leg["kind"] == "cash" for leg in legs)  # they are sold core
    shared = {"funding": "sell_core" if bills else keys["hedge.funding"], "buffer": 0.4, "underlying": "AAA"}
    paid = {"sell_core": 1.0, "cash_buffer": 0.4, "margin": 0.8}[shared["funding"]] / len(legs)
    hedges = [shared | _terms(leg, paid) for leg in legs]
    drop = {"policy.stop_loss", "policy.take_profit"} if any(leg["kind"] == "option" for leg in hedges) else set()
    return {key: value for key, value in keys.items() if not key.startswith("hedge.") and key not in drop} | {
        "hedges": hedges
    }


def _terms(leg: dict[str, Any], paid: float) -> dict[str, Any]:
    kind = leg["kind"]
    own = {"fund": {"instrument": "HHH", "leverage": -3.0}, "asset": {"instrument": "XXX"}}.get(kind, {})
    if kind != "option":
        leg = {key: value for key, value in leg.items() if key != "option"}
    elif leg["sizing"] not in ("fixed", "proportional"):
        own = {"sizing": "fixed"}
    return leg | {"weight": leg["weight"] * paid, "max_weight": paid, "lookback": LOOKBACK} | own


def mixed_source(seed: int, *, missing: bool = True) -> World:
    """Make the made-up instruments, another asset XXX, and SPY and VIX, which options read."""
    fed, other = source(seed, SESSIONS, missing=missing), source(seed + 1, SESSIONS, missing=False)
    dates = days(WARM_UP + SESSIONS)
    vix = Series("VIX", dates, 20.0 + 10.0 * np.random.default_rng(seed).random(len(dates)))
    made = {name: replace(other.bars_by_name[of], instrument=name) for name, of in (("XXX", "BBB"), ("SPY", "CCC"))}
    return World({**fed.bars_by_name, **made}, {**fed.series_by_name, "VIX": vix})


def mixed_setup(
    keys: dict[str, Any], seed: int, signals: Sequence[int] | None = None, *, missing: bool = True
) -> Setup:
    """Lay a run out whose hedges each have a signal of their own, that of the number given or of their place."""
    config = configured(keys | {"start": str(days()[START])})
    laid = with_made(config, market(config, mixed_source(seed, missing=missing)))
    numbers = range(len(config.legs)) if signals is None else signals
    spells = np.column_stack([_spells(np.random.default_rng([seed, number]), len(laid)) for number in numbers])
    return prepared(config, laid, spells)


def _spells(rng: np.random.Generator, sessions: int) -> Floats:
    return np.round(np.repeat(rng.random(sessions), rng.integers(1, 6, sessions))[:sessions], 1)


SEVERAL = (
    {"instrument": "HHH", "weight": 0.1},
    {"kind": "asset", "instrument": "XXX", "weight": 0.2, "policy": {"min_hold": 6}},
    {"kind": "option", "option": {"structure": "collar"}, "cover": 0.5},
    {"kind": "short", "weight": 0.1},
    {"kind": "cash", "weight": 0.1},
)
"""A hedge of each kind, all at once."""


@lru_cache
def several(*picked: int) -> Run:
    """Run a hedge of each kind, or those of the numbers given, with controls; a market made up has no answer."""
    shared = {"underlying": "AAA", "lookback": LOOKBACK, "rebalance": "weekly"}
    hedges = [shared | SEVERAL[k] for k in picked or range(len(SEVERAL))]
    keys = {"start": str(days()[START]), "strategy.params": {"trend_days": 5, "volatility_floor": 0.0}}
    return run(configured(keys | {"hedges": hedges}), mixed_source(7), engine="python")

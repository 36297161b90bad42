"""Real history against another person's loop, written from the rules alone: reference_cases.json has its numbers."""

import json
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from history import FOLDER, needs_history

from data.market import load_market
from data.sources.csv import CsvSource
from data.sources.wrapped import KeptSource
from engine.analytics.controls import run_unhedged
from engine.analytics.derisk import sold_at_entry
from engine.backtrader_engine.execute import run_in_backtrader
from engine.evaluate_strategy import intensity_of
from engine.kernel.loop import run_policy
from engine.loading import build_config
from engine.setup import prepare, roles_of, run_beta
from strategies import parameters
from strategies.load import strategy_class

pytestmark = needs_history
CASES = json.loads(Path(__file__).with_name("reference_cases.json").read_text())
IN_BACKTRADER = ("next_close", "margin", "whole", "daily", "SMH", "stop_loss")


@lru_cache(maxsize=1)
def source():
    return KeptSource(CsvSource(FOLDER))


def tree_of(keys):
    tree = {}
    for key, value in keys.items():
        *sections, last = key.split(".")
        node = tree
        for section in sections:
            node = node.setdefault(section, {})
        node[last] = value
    return tree


def laid_out(keys):
    config = build_config(tree_of({"hedge.rebalance": "never"} | keys))
    market = load_market(source(), roles_of(config), np.datetime64(config.start), np.datetime64(config.end))
    strategy = parameters.make(strategy_class(config.strategy.named), config.strategy.params)
    return config, prepare(config, market, intensity_of(strategy, market))


def outcome(ledger):
    return [ledger.equity[ledger.last], int(np.count_nonzero(ledger.traded))]


def named(case):
    return (
        " ".join(f"{key.rpartition('.')[2]}={value}" for key, value in case["set"].items() if key != "end")
        or "defaults"
    )


@pytest.mark.parametrize("case", CASES, ids=named)
def test_the_plain_loop_ends_where_the_other_loop_does(case):
    config, setup = laid_out(case["set"])

    hedged = run_policy(setup.prices, setup.terms, setup.plan)
    derisk = sold_at_entry(setup, hedged, run_beta(config, setup.market))

    assert outcome(hedged) == [pytest.approx(case["hedged"][0], rel=1e-9), case["hedged"][1]]
    assert outcome(run_unhedged(setup)) == [pytest.approx(case["unhedged"][0], rel=1e-9), case["unhedged"][1]]
    assert outcome(derisk) == [pytest.approx(case["derisk_entry"][0], rel=1e-9), case["derisk_entry"][1]]
    assert np.count_nonzero(hedged.actions[:, -1] == 1) == case["episodes"]


@pytest.mark.parametrize("word", ["defaults", *IN_BACKTRADER])
def test_backtrader_does_what_the_loop_does_on_every_session(word):
    case = next(case for case in CASES if word in named(case))
    _, setup = laid_out(case["set"])

    ours, theirs = run_policy(setup.prices, setup.terms, setup.plan), run_in_backtrader(setup)

    assert (np.abs(theirs.equity / ours.equity - 1) < 1e-9).all()
    assert np.array_equal(np.sign(theirs.traded), np.sign(ours.traded))
    assert np.array_equal(theirs.actions[:, -1], ours.actions[:, -1])
    assert (np.abs(theirs.traded - ours.traded) * setup.prices.fill <= 1e-9 * ours.equity[:, None]).all()

"""Windows of one history: what ships says in each what it says over the whole; any other code is asked in each."""

from pathlib import Path

import numpy as np
import pytest
from history import FOLDER, needs_history

import strategies
from backtest import load_config
from data.sources.choose import open_source
from data.sources.wrapped import KeptSource
from engine.evaluate_strategy import intensity_of
from engine.hedge_config import StrategyConfig
from engine.research.cache import Cache
from engine.research.combinations import Combinations, chunks_of
from engine.research.executors import Threads
from engine.research.grid import grid_of
from engine.research.windows import begins, causal_by_construction
from engine.setup import open_market
from strategies import parameters
from strategies.load import strategy_class

RUNS = sorted({path.name for path in Path(strategies.__file__).parent.glob("*.yaml")} - {"hedge_nasdaq.yaml"})
SPAN = ["start=2014-01-02", "end=2020-12-31"]
WINDOWS = [("2014-01-02", "2014-03-31"), ("2015-06-01", "2018-05-31"), ("2019-02-01", "2020-12-31")]
AXES = ["trend_days=20,60", "hedge.weight=0.1,0.3"]

LEAKING = """
from dataclasses import dataclass
import numpy as np
from backtest import Strategy

@dataclass(frozen=True)
class Leaking(Strategy):
    trend_days: int = 20

    def intensity(self, market):
        close = market.close()
        return (close < np.nanmean(close)).astype(float)
"""
"""It knows the mean of all closes, so that each window is answered otherwise than the whole."""


def kept(config):
    return KeptSource(open_source(config.data.source, config.data.path))


def asked(config, market):
    named = config.strategy
    return intensity_of(parameters.make(strategy_class(named.named), named.params), market)


def same_in_windows(config, windows):
    """Return in how many windows the intensity is how the whole's begins, all that may be shared to the bit."""
    source = kept(config)
    whole = open_market(config, source)
    over_all, shared = asked(config, whole), 0
    for first, last in windows:
        window = config.model_copy(update={"start": np.datetime64(first).item(), "end": np.datetime64(last).item()})
        part = open_market(window, source)
        if begins(part, whole):
            assert asked(window, part).tobytes() == over_all[: len(part)].tobytes()
            shared += 1
    return shared


@pytest.mark.parametrize("name", RUNS)
def test_what_ships_says_in_a_window_what_it_says_over_the_whole(name):
    config = load_config(name, ["data.source=demo", "controls=off", *SPAN])
    if causal_by_construction(config.strategy, open_market(config).roles):
        expected = 0 if open_market(config).made else len(WINDOWS)
        assert same_in_windows(config, WINDOWS) == expected


@needs_history
@pytest.mark.parametrize("name", ["hedge_soxs.yaml", "hedge_soxs_article.yaml", "hedge_soxs_volatility.yaml"])
def test_so_it_does_on_real_history(name):
    config = load_config(name, [f"data={{source: csv, path: {FOLDER}}}"])
    assert same_in_windows(config, [("2012-05-01", "2017-04-28"), ("2020-01-02", "2026-01-30")]) == 2


def test_whoever_reads_a_schedule_or_a_group_is_asked_in_every_window():
    config = load_config("hedge_soxs_calendar.yaml", ["data.source=demo", *SPAN])
    roles = open_market(config).roles
    assert not causal_by_construction(config.strategy, roles)
    narrow = {"signal": "share_above_average", "members": "chips", "at_most": 0.5}
    named = {"class": "CompositeHedge", "params": {"combine": "all", "signals": {"narrow": narrow}}}
    assert not causal_by_construction(StrategyConfig.model_validate(named), roles)


def test_other_sessions_and_what_is_made_are_no_beginning():
    config = load_config("hedge_soxs.yaml", ["data.source=demo", *SPAN])
    whole = open_market(config)
    part = open_market(config.model_copy(update={"end": np.datetime64("2016-01-04").item()}))
    assert begins(part, whole)
    assert not begins(whole, part)
    other = load_config("hedge_soxs.yaml", ["data.source=demo", "hedge.leverage=-1", *SPAN])
    assert not begins(open_market(other), whole)
    synthetic = open_market(load_config("hedge_nasdaq.yaml", ["start=2010-01-04"]))
    assert synthetic.synthetic
    assert not begins(synthetic, synthetic)


def parts(config, windows):
    """Return every window's columns, and how often strategies were asked."""
    grid = grid_of(config, AXES)
    spans = [{"start": np.datetime64(first).item(), "end": np.datetime64(last).item()} for first, last in windows]
    job = Combinations("test", (*(config.model_copy(update=span) for span in spans), config), grid, kept(config))
    chunks = [chunk for window in range(len(windows) + 1) for chunk in chunks_of(config, grid, window)]
    return [answer.columns for _, answer in Threads(1).run(job, chunks)]


@pytest.mark.parametrize("leaking", [False, True])
def test_rows_are_the_same_as_without_sharing(tmp_path, monkeypatch, leaking):
    (tmp_path / "leaking.py").write_text(LEAKING, encoding="utf-8")
    own = [f"strategy.class={tmp_path / 'leaking.py'}:Leaking", "strategy.params={}"] if leaking else []
    config = load_config("hedge_soxs.yaml", ["data.source=demo", *SPAN, *own])
    count = []
    ask = Cache._asked
    monkeypatch.setattr(Cache, "_asked", lambda *given: count.append(1) or ask(*given))
    shared, asked_shared = parts(config, WINDOWS), len(count)
    monkeypatch.setattr(Cache, "beginning", lambda *_: None)
    alone = parts(config, WINDOWS)
    assert (asked_shared, len(count) - asked_shared) == ((8, 8) if leaking else (2, 8))
    for ours, theirs in zip(shared, alone, strict=True):
        for name, column in ours.items():
            np.testing.assert_array_equal(column, theirs[name])
    assert np.isfinite(shared[0]["cagr"]).all()

"""Whether a hedge left alone would have drifted net short: by hand, and by the books themselves."""

import numpy as np
import pytest
from modelled import modelled
from worlds import WARM_UP, configured, laid_out, source

from engine.analytics.drift import drifted, short_drift
from engine.evaluate_strategy import PreparedRun


def warned(keys, fed):
    config, setup = configured(keys), laid_out(keys, fed)
    found = short_drift(config, PreparedRun(config, object, None, setup.plan.intensity[:, -1], setup, setup.market))
    return found and found.said, setup


def falling(sessions=60):
    """A market whose core falls by 1 % a session from the start of the run, 20 times, and rises by 0.5 % again."""
    moves = np.full(WARM_UP + sessions, 0.0)
    moves[WARM_UP + 1 : WARM_UP + 21], moves[WARM_UP + 21 :] = -0.01, 0.005
    fed = modelled(0.0)
    core = 50.0 * np.cumprod(1.0 + moves)
    fund = 20.0 * np.cumprod(1.0 - 3.0 * moves)
    for name, path in (("AAA", core), ("HHH", fund)):
        bars = fed.held_bars[name]
        bars.close[:], bars.open[:] = path, path
    return fed


def test_a_dollar_left_alone_by_hand():
    level, since = np.array([1.0, 0.9, 0.99, 0.891]), np.array([0, 0, 1, 1])

    told = drifted(level, since, 0.85, 0.15, -3.0)

    fund = [1.0, 1.3, 1.3 * 0.7, 1.3 * 0.7 * 1.3]
    assert told == pytest.approx(
        [
            0.85 - 0.45,
            0.85 * 0.9 - 0.45 * 1.3,
            0.85 * 1.1 - 0.45 * fund[2] / fund[1],
            0.85 * 0.99 - 0.45 * fund[3] / fund[1],
        ]
    )


def test_a_fund_that_was_wiped_out_stays_so_and_nothing_warns():
    told = drifted(np.array([1.0, 1.4, 1.3, 1.2]), np.array([0, 0, 1, 2]), 0.85, 0.15, -3.0)

    assert np.isfinite(told).all()
    assert told[1] == pytest.approx(0.85 * 1.4, abs=1e-6)


def test_never_rebalanced_in_a_fall_it_warns_with_the_first_close_and_how_many():
    found, setup = warned({"hedge.rebalance": "never"}, falling())
    fund, core = 1.03 ** np.arange(21), 0.99 ** np.arange(21)
    first = int(np.argmax(0.85 * core < 0.45 * fund))

    assert first == 17  # log(.85 / .45) / log(1.03 / .99) is 16.05
    assert found is not None
    assert found.startswith("never rebalanced, 15 % in HHH would have drifted net short at ")
    assert f"first on {setup.market.run_sessions[first]}" in found


def test_rebalanced_weekly_or_of_a_small_weight_there_is_nothing_to_warn_of():
    assert warned({"hedge.rebalance": "weekly"}, falling())[0] is None
    assert warned({"hedge.rebalance": "never", "hedge.weight": 0.05}, falling())[0] is None


@pytest.mark.parametrize("rebalance", ["daily", "weekly", "never"])
def test_a_weight_that_is_net_short_as_ordered_is_not_told_to_rebalance_more_often(rebalance):
    """0.74 - 3 x 0.26: no rebalancing mends it."""
    keys = {"hedge.rebalance": rebalance, "hedge.weight": 0.26, "hedge.max_weight": 0.3}
    found, _ = warned(keys, falling())

    assert found == "the largest weight in HHH orders a net beta of -0.04: lower hedge.weight"


def test_an_underlying_without_a_bar_hides_nothing_that_comes_after():
    fed = source(5, missing=False)
    keys = {"hedge.rebalance": "never", "portfolio.core": {"BBB": 1.0}, "hedge.weight": 0.25, "hedge.max_weight": 0.3}
    whole, _ = warned(keys, fed)
    kept = np.ones(len(fed.bars_by_name["AAA"].dates), bool)
    kept[WARM_UP + 1] = False
    fed.bars_by_name["AAA"] = fed.bars_by_name["AAA"].rows(kept)
    holed, _ = warned(keys, fed)

    assert whole is not None
    assert holed is not None


@pytest.mark.parametrize("share", [1e-3, 0.9])
def test_what_happens_at_hardly_any_close_is_a_note_without_a_cure(monkeypatch, share):
    monkeypatch.setattr("engine.analytics.drift.RARE", share)
    keys = {"hedge.rebalance": "never"}
    config, setup = configured(keys), laid_out(keys, falling())
    found = short_drift(config, PreparedRun(config, object, None, setup.plan.intensity[:, -1], setup, setup.market))
    assert found is not None
    assert found.rare == (share > 0.5)
    assert ("rebalance more often, or lower hedge.weight" in found.said) == (not found.rare)
    assert f" of {len(setup.market.run_sessions)}, first on" in found.said or not found.rare

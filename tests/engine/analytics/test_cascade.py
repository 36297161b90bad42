"""The cascade: real episodes against figures found by another route, one by hand, and its signs and sums."""

import csv
import datetime as dt
import itertools
from dataclasses import astuple
from functools import lru_cache

import numpy as np
import pytest
from history import FOLDER, needs_history
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import make_bars, make_market, nyse
from worlds import laid_out, source
from worlds import settings as drawn_settings

from data.market import load_market
from data.sources.csv import CsvSource
from engine.analytics.cascade import STEPS, cascades
from engine.analytics.episodes import Episode, episodes_of
from engine.kernel.loop import empty_ledger, run_policy
from engine.loading import build_config
from engine.setup import prepare, roles_of

EXPENSE_RATIO = 0.0046
"""SOXX's own."""
INDEX_SPREAD = 0.0069
"""What the swaps cost against the index itself."""

MEASURED = {
    ("2022-01-04", "2022-10-14"): (-45.3, 148.6, 135.97, 375.85, -360.34, 11.37, -2.05, -4.21, -8.00),
    ("2020-02-20", "2020-03-18"): (-34.0, 100.8, 102.00, 145.82, -141.42, 0.54, -0.15, -0.32, -5.67),
    ("2018-10-01", "2018-12-24"): (-21.4, 74.4, 64.17, 41.69, -33.51, 3.83, -0.42, -0.87, -0.46),
    ("2023-01-01", "2023-12-31"): (67.9, -84.6, -203.65, 124.79, -8.31, 2.97, -0.16, -0.33, 0.14),
}
"""Index, fund, then each step, in percent of the sleeve at entry, each to 0.1."""


def an_episode(entered, exited, fund):
    return Episode(entered - 1, entered, exited - 1, exited, "signal", 0.15, fund, 0.0, 0.0)


@lru_cache(maxsize=1)
def real_setup():
    config = build_config({"start": "2010-06-01", "end": "2025-12-31", "execution": {"fill": "next_close"}})
    market = load_market(CsvSource(FOLDER), roles_of(config), np.datetime64(config.start), np.datetime64(config.end))
    return prepare(config, market, np.zeros(len(market)))


def real_cascade(first, last, **costs):
    """From the close before `first` to the close of `last`."""
    setup = real_setup()
    sessions, level = setup.market.run_sessions, setup.prices.level[:, -1]
    entered, exited = (
        int(np.searchsorted(sessions, np.datetime64(day), side=side)) - 1
        for day, side in ((first, "left"), (last, "right"))
    )
    one = an_episode(entered, exited, float(level[exited] / level[entered] - 1.0))
    (found,) = cascades(setup, empty_ledger(len(sessions), 2), [one], **costs)
    return found


@needs_history
@pytest.mark.parametrize(("first", "last"), MEASURED)
def test_the_measured_episodes(first, last):
    found = real_cascade(first, last, spread=INDEX_SPREAD, added_back=EXPENSE_RATIO)

    told = (found.index, found.fund, *(getattr(found, step) for step in STEPS))
    assert [100.0 * each for each in told] == pytest.approx(MEASURED[first, last], abs=0.1)


@needs_history
@pytest.mark.parametrize(
    ("first", "last"), [("2011-07-08", "2011-10-03"), ("2024-07-11", "2024-08-07"), ("2025-02-20", "2025-04-08")]
)
def test_episodes_that_nobody_measured_against_a_loop_over_the_files(first, last):
    found = real_cascade(first, last)

    told = (found.index, found.fund, *(getattr(found, step) for step in STEPS))
    assert told == pytest.approx(by_a_loop(first, last), abs=1e-12)


def by_a_loop(first, last, fee=0.0101, spread=0.010):
    """The cascade from the CSV files, with nothing of ours: dictionaries by date and a loop."""
    index, fund, bill = growth_of("SOXX"), growth_of("SOXS"), bills()
    days = sorted(set(index) & set(fund))
    before = max(day for day in days if day < first)
    levels, actual, now, line = [1.0, 1.0, 1.0, 1.0], 1.0, before, 1.0
    for day in (each for each in days if first <= each <= last):
        n = (dt.date.fromisoformat(day) - dt.date.fromisoformat(now)).days
        discount = bill[max(each for each in bill if each <= now)] / 100
        f = discount / (1 - discount * 91 / 360)
        parts = [-3 * (index[day] - 1), 4 * f * n / 360, -fee * n / 365, -3 * spread * n / 360]
        levels = [level * (1 + sum(parts[: k + 1])) for k, level in enumerate(levels)]
        line, actual, now = line * index[day], actual * fund[day], day
    path = [1.0, 1 - 3 * (line - 1), line**-3, *levels, actual]
    return [line - 1, actual - 1, *(b - a for a, b in itertools.pairwise(path))]


def growth_of(name):
    with (FOLDER / "bars" / f"{name}.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {
        row["date"]: (float(row["close"]) + float(row["dividend"])) / float(before["close"]) * float(row["split"])
        for before, row in itertools.pairwise(rows)
    }


def bills():
    with (FOLDER / "series" / "IRX.csv").open() as file:
        return {row["date"]: float(row["value"]) for row in csv.DictReader(file) if row["value"]}


def hand_made(fill, rate=0.0):
    dates = nyse("2024-01-02", 4)
    core = make_bars("CORE", dates, [100.0, 110.0, 99.0, 90.0], open=[100.0, 105.0, 104.5, 93.06])
    fund = make_bars("FUND", dates, [10.0, 8.0, 10.5, 12.5], open=[10.0, 9.0, 9.4, 12.2])
    tree = {
        "start": str(dates[0]),
        "portfolio": {"core": {"CORE": 1.0}},
        "hedge": {"instrument": "FUND", "underlying": "CORE"},
        "execution": {"fill": fill, "cash_rate": rate},
    }
    return prepare(build_config(tree), make_market(core, fund), np.zeros(4))


def test_from_open_to_open_by_hand():
    """In at the open of the second session, out at that of the fourth; a calendar day each."""
    setup = hand_made("next_open", rate=0.036)
    (found,) = cascades(setup, empty_ledger(4, 2), [an_episode(1, 3, 12.2 / 9.0 - 1)], fee=0.0365, spread=0.012)

    move = 93.06 / 105.0 - 1.0
    entry_day = (1 - 3 * 0.10) / (1 - 3 * 0.05)
    after, earned, paid, spread = [-3 * -0.1, -3 * -0.06], 4 * 0.0001, 0.0001, 3 * 0.012 / 360
    chain = [
        entry_day * (1 + after[0] + extra) * (1 + after[1] + extra)
        for extra in (0.0, earned, earned - paid, earned - paid - spread)
    ]
    levels = [1.0, 1 - 3 * move, (1 + move) ** -3, *chain, 12.2 / 9.0]
    assert astuple(found) == pytest.approx((move, *np.diff(levels), 12.2 / 9.0 - 1.0))


def test_an_open_episode_goes_to_the_last_close():
    setup = hand_made("next_open")
    still = Episode(0, 1, None, None, "open", 0.15, 12.5 / 9.0 - 1, 0.0, 0.0)
    (found,) = cascades(setup, empty_ledger(4, 2), [still])

    assert found.index == pytest.approx(90.0 / 105.0 - 1)
    assert found.naive + found.convexity + found.variance_drag == pytest.approx(
        (1 - 0.3) / (1 - 0.15) * 1.3 * (1 - 3 * (90.0 / 99.0 - 1)) - 1
    )


def test_one_entered_on_the_last_session_has_the_day_alone_or_nothing():
    for fill, index in (("next_open", 90.0 / 93.06 - 1), ("next_close", 0.0)):
        setup = hand_made(fill)
        still = Episode(2, 3, None, None, "open", 0.15, 0.02, 0.0, 0.0)
        (found,) = cascades(setup, empty_ledger(4, 2), [still])

        assert found.index == pytest.approx(index, abs=1e-15)
        assert (found.financing, found.fee, found.spread) == (0.0, 0.0, 0.0)


@settings(max_examples=60, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_the_steps_sum_to_the_funds_return_and_have_their_signs(keys, seed):
    setup = laid_out(keys, source(seed, missing=False))  # with its bar a split would be lost, and signs with it
    ledger = run_policy(setup.prices, setup.terms, setup.plan)
    episodes = episodes_of(setup, ledger)

    for episode, found in zip(episodes, cascades(setup, ledger, episodes), strict=True):
        assert sum(getattr(found, step) for step in STEPS) == pytest.approx(episode.fund_return, abs=1e-12)
        assert found.fund == episode.fund_return
        assert found.convexity >= -1e-12
        assert found.fee <= 0.0
        assert found.spread <= 0.0
        if keys["execution.fill"] == "next_close":
            assert found.variance_drag <= 1e-12


def test_rebalancing_does_not_touch_it():
    """The same signal, the book rebalanced daily and never: a dollar left in the fund is the same dollar."""
    found = []
    for rebalance in ("never", "daily"):
        setup = laid_out({"hedge.rebalance": rebalance}, source(4))
        ledger = run_policy(setup.prices, setup.terms, setup.plan)
        found.append(cascades(setup, ledger, episodes_of(setup, ledger)))

    assert len(found[0]) > 1
    assert found[0] == found[1]

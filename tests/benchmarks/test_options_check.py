"""The check of modelled options: its book by a loop of units, and on real history how far it is from Cboe."""

import numpy as np
import pytest
from history import FOLDER, needs_history
from markets import nyse

from benchmarks.options_check import (
    BOOKS,
    PUBLISHED,
    compare,
    level,
    main,
    read_spy,
    settled_at_open,
)
from data.options import SKEW, UnderlyingHistory, option_path


@pytest.fixture(scope="module")
def spy():
    return read_spy(FOLDER)


def test_a_book_buys_units_again_at_each_roll():
    """Each roll settles every leg, buys it again at its price, and shares the worth out over as many units."""
    rng = np.random.default_rng(1)
    sessions = nyse("2024-01-02", 120)
    close = 100.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, 120)))
    none = np.zeros(120)
    made = UnderlyingHistory(sessions, close, close, np.ones(120), np.full(120, 0.3), none, none)
    dividend = np.where(np.arange(120) % 40 == 0, 0.5, 0.0)
    paths = [(leg.side, option_path(leg, made)) for leg in BOOKS["CLL"]]

    begun = int(np.flatnonzero(~np.isnan(sum(path.close for _, path in paths)))[0])
    units, expected = 1.0, []
    for t in range(begun, 120):
        unit = close[t] + sum(side * path.close[t] for side, path in paths)
        due = sum(side * path.dividend[t + 1] for side, path in paths) if t < 119 else 0.0
        units *= 1.0 + dividend[t] / unit if t > begun else 1.0
        expected.append(units * unit)
        units *= unit / (unit - due)
    worth = level(BOOKS["CLL"], made, dividend, SKEW)
    assert worth[begun:] / worth[begun] == pytest.approx(np.array(expected) / expected[0], rel=1e-12)


@needs_history
def test_spy_stands_for_the_s_and_p(spy):
    assert np.abs(compare("S&P 500", *spy, 0.0)[1]).max() < 0.35


@needs_history
@pytest.mark.parametrize(("name", "most"), [("PPUT", 1.8), ("CLL", 1.9)])
def test_settled_as_cboe_settles_its_quarters_are_near(spy, name, most):
    """On average, in points; 4Q2008 is the farthest: the roll of October 2008 fell into a day that moved by 7 %."""
    at_open = settled_at_open(spy[0]), spy[1]
    with_skew, without = (np.abs(compare(name, *at_open, skew)[1]) for skew in (SKEW, 0.0))

    assert np.nanmean(with_skew) < most
    assert np.nanmean(with_skew) < np.nanmean(without)
    assert with_skew[4] < 1.0  # 1Q2020
    assert with_skew[5] < 1.5  # 2Q2022


@needs_history
def test_it_prints_every_book(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["options_check", "--data", str(FOLDER)])
    assert main() == 0
    printed = capsys.readouterr().out

    assert all(name in printed for name in PUBLISHED)
    assert "2025-03-21   49.75" in printed


def test_a_folder_that_is_not_there_is_one_line(capsys, monkeypatch, tmp_path):
    monkeypatch.setattr("sys.argv", ["options_check", "--data", str(tmp_path / "none")])

    assert main() == 2
    assert len(capsys.readouterr().err.splitlines()) == 1

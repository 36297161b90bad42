"""Which falls and rallies history holds, back to the index before the fund."""

import itertools

import numpy as np
import pytest
from history import FOLDER, needs_history
from markets import make_bars, make_market, make_series, nyse

from backtest import load_config
from data.errors import DataError
from data.roles import Roles
from engine.loading import build_config
from engine.setup import open_market
from engine.stress.past import FALL, RALLY, Past

DATES = nyse("2015-01-02", 700)
SOXX = Roles.with_fund({"SOXX": 1.0}, "SOXS", "SOXX", -3.0)


def past_of(level, index=None):
    """Return the past of a run whose underlying has these closes, the index before it another 200."""
    held = [make_bars(name, DATES[200 : 200 + len(level)], level) for name in ("SOXX", "SOXS")]
    series = [] if index is None else [make_series("SOX", DATES[: len(index)], index)]
    return Past(build_config({"start": str(DATES[200])}), make_market(*held, *series, roles=SOXX))


def test_a_fall_is_named_by_the_month_of_its_low_and_ends_with_the_rise():
    level = np.concatenate((np.linspace(100, 70, 40), np.linspace(70, 110, 40), np.full(80, 110.0)))
    past = past_of(level)
    fall = next(span for span in past.spans if span.kind == FALL)
    assert fall.name == str(past.days.dates[38].astype("datetime64[M]"))  # the first day is the second close
    assert fall.move == pytest.approx(-0.30)
    assert (fall.first, fall.turn) == (0, 39)
    low = past.level[fall.turn]
    assert past.level[fall.until - 1] < 1.4 * low <= past.level[fall.until]


def test_an_index_comes_before_the_first_bar_and_joins_by_its_returns():
    index = np.concatenate((np.full(100, 400.0), np.linspace(400, 200, 100), np.full(50, 200.0)))
    past = past_of(np.full(300, 50.0), index)
    assert past.index == "SOX"
    assert past.days.dates[0] == DATES[1]
    assert len(past.days) == 499
    fall = next(span for span in past.spans if span.kind == FALL)
    assert fall.move == pytest.approx(-0.5)
    np.testing.assert_allclose(past.days.course.close[:199], index[1:200] / index[:199])


def test_two_falls_of_a_month_have_two_names_and_rallies_do_not_overlap():
    shape = np.array([100.0, 75.0, 110.0, 80.0, 120.0])
    past = past_of(np.concatenate((shape, np.full(295, 120.0))))
    names = [span.name for span in past.spans if span.kind == FALL]
    assert len(names) == 2
    assert names[1] == f"{names[0]}b"
    rallies = [span for span in past.spans if span.kind == RALLY]
    assert all(later.first >= earlier.until for earlier, later in itertools.pairwise(rallies))


def test_a_month_begins_with_its_first_session_and_has_to_be_long_enough():
    past = past_of(np.full(300, 50.0))
    month = past.days.dates[30].astype("datetime64[M]") + 1
    span = past.since(month, 20)
    assert past.days.dates[span.first].astype("datetime64[M]") == month
    assert past.days.dates[span.first - 1].astype("datetime64[M]") < month
    assert span.sessions == 20
    for wrong in (np.datetime64("1990-01", "M"), past.days.dates[-1].astype("datetime64[M]")):
        with pytest.raises(DataError, match=f"^{wrong}: 200 sessions from there are not in the history"):
            past.since(wrong, 200)


@needs_history
def test_the_semiconductor_index_fell_by_a_fifth_eighteen_times():
    """Measured apart (facts): 18 falls of the index since 1994; by their lows these years are among them."""
    config = load_config("hedge_soxs.yaml", data=FOLDER)
    spans = Past(config, open_market(config)).spans
    falls = [span for span in spans if span.kind == FALL]
    assert len(falls) == 18
    years = {span.name[:4] for span in falls}
    assert {"1998", "2000", "2001", "2002", "2008", "2011", "2018", "2020", "2022", "2025"} <= years
    assert [span.name for span in spans if span.kind == RALLY][2] == "rally-2025-04"


def test_what_all_days_leave_of_a_leg_s_return_is_nothing_on_average():
    """The beta is of the last 756 sessions, the mean beside it of all: the leg did better of late than before."""
    dates, rng = nyse("2010-01-04", 1500), np.random.default_rng(4)
    x = rng.normal(0.0005, 0.02, 1500)
    y = np.where(np.arange(1500) < 750, 0.3, 0.8) * x + np.where(np.arange(1500) < 750, -0.001, 0.002)
    held = [make_bars(name, dates, 100.0 * np.cumprod(1.0 + moves)) for name, moves in (("SOXX", x), ("OTHER", y))]
    fund = make_bars("SOXS", dates, np.full(1500, 10.0))
    market = make_market(*held, fund, roles=Roles.with_fund({"SOXX": 0.5, "OTHER": 0.5}, "SOXS", "SOXX", -3.0))
    own = Past(build_config({"start": str(dates[200])}), market).named("OTHER")
    beta, mean = own.beta

    assert beta == pytest.approx(np.polyfit(x[-756:], y[-756:], 1)[0], rel=1e-6)
    assert (y[1:] - beta * x[1:] - mean).mean() == pytest.approx(0.0, abs=1e-12)

"""The two kinds of strategy, and the view of one close, which ends where it stands."""

from dataclasses import dataclass

import numpy as np
import pytest
from markets import make_bars, make_market, make_series, nyse

from data.errors import StrategyError
from strategies import Book, CloseStrategy, Strategy, View, parameter
from strategies.inputs import Input
from strategies.rules import rule

DATES = nyse("2024-01-02", 8)
CORE = make_bars("CORE", DATES, [100, 101, 102, 51, 52, 53, 54, 55], split={3: 2.0}, volume={2: 7.0})
FUND = make_bars("FUND", DATES, np.arange(50.0, 42.0, -1.0))
MARKET = make_market(CORE, FUND, make_series("VIX", DATES, np.arange(8.0)), row=2, lags={"VIX": 1})


@dataclass(frozen=True)
class MyHedge(Strategy):
    level: float = parameter(0.5, at_least=0, at_most=1)

    def intensity(self, market):
        return np.full(len(market), self.level)


@dataclass
class Counting(CloseStrategy):
    every: int = parameter(2, at_least=1)

    def __post_init__(self):
        super().__post_init__()
        self.asked = 0

    def on_close(self, view, book):
        self.asked += 1
        return 0.1 if self.asked % self.every == 0 else 0.0


@pytest.mark.parametrize(("cls", "asked"), [(Strategy, "intensity"), (CloseStrategy, "on_close")])
def test_a_strategy_that_says_nothing_is_unfinished(cls, asked):
    @dataclass
    class Unfinished(cls):
        pass

    arguments = {"intensity": (MARKET,), "on_close": (View(MARKET, 2), Book(1.0, 0.0, 1.0, 0.0))}[asked]
    with pytest.raises(StrategyError, match=f"Unfinished has no method {asked}"):
        getattr(Unfinished(), asked)(*arguments)


def test_of_rules_alone_all_have_to_hold():
    @dataclass(frozen=True)
    class High(Strategy):
        least: float = 2.0

        def rules(self):
            least = rule("series_value", "at least", self.least, {"series": "VIX"})
            return least, rule("series_value", "below", 5, {"series": "VIX"})

    np.testing.assert_array_equal(High().intensity(MARKET), [0, 0, 0, 1, 1, 1, 0, 0])  # known a session later


@pytest.mark.parametrize("strategy", [MyHedge(), Counting()], ids=lambda strategy: type(strategy).__name__)
def test_it_goes_by_its_class_s_name(strategy):
    assert strategy.label(MARKET) == type(strategy).__name__


def test_both_kinds_check_their_parameters():
    with pytest.raises(StrategyError, match="MyHedge: level has to be a number from 0 to 1, not 2"):
        MyHedge(level=2)
    with pytest.raises(StrategyError, match=r"Counting: every has to be a whole number from 1 to 1e\+15, not 0"):
        Counting(every=0)


def test_a_close_strategy_may_keep_state():
    counting, view = Counting(), View(MARKET, 2)
    assert [counting.on_close(view, Book(1.0, 0.0, 1.0, 0.0)) for _ in range(4)] == [0.0, 0.1, 0.0, 0.1]


@pytest.mark.parametrize("row", [0, 2, 7])
def test_a_view_ends_with_its_session(row):
    view = View(MARKET, row)
    assert (view.date, view.session) == (DATES[row], row - 2)
    np.testing.assert_array_equal(view.close(), CORE.close[: row + 1])
    np.testing.assert_array_equal(view.close("FUND"), FUND.close[: row + 1])
    np.testing.assert_array_equal(view.volume(), CORE.volume[: row + 1])
    np.testing.assert_array_equal(view.volume("FUND"), FUND.volume[: row + 1])
    np.testing.assert_allclose(view.total_return(), [100, 101, 102, 102, 104, 106, 108, 110][: row + 1])
    np.testing.assert_allclose(view.total_return("FUND"), FUND.close[: row + 1])
    np.testing.assert_array_equal(view.series("VIX"), [np.nan, 0, 1, 2, 3, 4, 5, 6][: row + 1])


@pytest.mark.parametrize(
    ("fires", "fired"),
    [
        ("above", [False, False, True, False]),
        ("below", [True, False, False, False]),
        ("at least", [False, True, True, False]),
        ("at most", [True, True, False, False]),
    ],
)
def test_an_input_fires_on_its_side_and_never_where_it_is_not_known(fires, fired):
    values = np.array([1.0, 2.0, 3.0, np.nan])
    for threshold in (2.0, np.full(4, 2.0)):
        np.testing.assert_array_equal(Input("it", values, threshold, fires).fired, fired)


def test_an_input_of_no_known_side_is_refused():
    with pytest.raises(StrategyError, match="input it fires over: has to be one of above, below, at least, at most"):
        Input("it", np.zeros(3), 1.0, "over")


def test_a_strategy_need_not_tell_its_inputs():
    assert MyHedge().inputs(MARKET) == ()

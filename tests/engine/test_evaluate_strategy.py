"""What a strategy answers is checked, and a fault is told with the session or the line."""

from dataclasses import dataclass

import numpy as np
import pytest
from worlds import configured, laid_out, market, source

from data.errors import StrategyError
from engine.evaluate_strategy import intensity_of, weigher
from engine.kernel.loop import run_given
from strategies import CloseStrategy, Strategy


def seen():
    return market(configured({}), source(1))


def answering(answer):
    @dataclass(frozen=True)
    class Answering(Strategy):
        def intensity(self, market):
            return answer(market)

    return Answering()


def test_nan_counts_as_nothing():
    given = intensity_of(answering(lambda m: np.where(np.arange(len(m)) < 5, np.nan, 1.0)), seen())

    assert given[:6].tolist() == [0, 0, 0, 0, 0, 1]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (lambda m: np.ones(3), r"has shape \(3,\): return one value a session"),
        (lambda m: np.full(len(m), 1.5), r"is 1\.5 on 2019-01-02: return values between 0 and 1"),
        (lambda m: 1 / 0, r"fails: test_evaluate_strategy.py:\d+: ZeroDivisionError"),
        (lambda m: ["a"] * len(m), r"fails: test_evaluate_strategy.py: ValueError: could not convert"),
    ],
)
def test_an_unusable_intensity_is_refused(answer, words):
    with pytest.raises(StrategyError, match=words):
        intensity_of(answering(answer), seen())


@pytest.mark.parametrize("weight", [float("nan"), -0.1, 0.51])
def test_an_unusable_weight_is_refused_with_its_session(weight):
    class Wrong(CloseStrategy):
        def __init__(self):
            pass

        def on_close(self, view, book):
            return weight if view.session == 3 else 0.0

    setup = laid_out({}, source(1))
    date = setup.market.run_sessions[3]

    with pytest.raises(StrategyError, match=f"gives .* on {date}: return a weight from 0 to 0.5"):
        run_given(setup.prices, setup.terms, setup.plan, weigher(Wrong(), configured({}), setup))


def test_a_strategy_sees_no_more_than_its_close():
    lengths, dates = [], []

    class Looking(CloseStrategy):
        def __init__(self):
            pass

        def on_close(self, view, book):
            lengths.append({len(view.close()), len(view.total_return()), len(view.volume()), len(view.series("RATE"))})
            dates.append(view.date)
            assert view.close()[-1] == setup.prices.close[view.session, 0]
            return 0.0

    setup = laid_out({}, source(1, missing=False))
    run_given(setup.prices, setup.terms, setup.plan, weigher(Looking(), configured({}), setup))

    first = setup.market.first
    assert lengths == [{first + t + 1} for t in range(len(setup.prices.close) - 1)]  # none on the last session
    assert dates == setup.market.run_sessions[:-1].tolist()

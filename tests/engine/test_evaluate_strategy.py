"""What a strategy answers is checked, and a fault is told with the session or the line."""

from dataclasses import dataclass

import numpy as np
import pytest
from mixed import START, mixed_source
from worlds import configured, days, laid_out, market, source

from data.errors import StrategyError
from engine.evaluate_strategy import intensity_of, weigher
from engine.hedges import with_made
from engine.kernel.loop import run_given
from engine.setup import prepare
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


# Several hedges

TWO = [
    {"instrument": "HHH", "leverage": -3.0, "underlying": "AAA", "weight": 0.1},
    {"kind": "asset", "instrument": "BBB", "weight": 0.2, "max_weight": 0.9},
]


def given(answer, keys):
    """Return the books that an on_close strategy was shown, and the weights that its answers came to."""

    class Giving(CloseStrategy):
        def __init__(self):
            self.books = []

        def on_close(self, view, book):
            self.books.append(book)
            return answer(view.session) if callable(answer) else answer

    config = configured(keys)
    setup = prepare(config, market(config, source(1)), None)
    strategy = Giving()
    ledger = run_given(setup.prices, setup.terms, setup.plan, weigher(strategy, config, setup))
    return strategy.books, ledger.hedges[:-1]


@pytest.mark.parametrize(
    ("answer", "hedges", "weights"),
    [
        (0.2, None, [0.2]),
        ([0.2], None, [0.2]),
        ({"HHH": 0.2}, None, [0.2]),
        ([0.1, 0.3], TWO, [0.1, 0.3]),
        ((0.1, 0), TWO, [0.1, 0.0]),
        (np.array([0.1, 0.3]), TWO, [0.1, 0.3]),
        ({"BBB": 0.3}, TWO, [0.0, 0.3]),
        ({"BBB": 0.3, "HHH": 0.1}, TWO, [0.1, 0.3]),
        ({}, TWO, [0.0, 0.0]),
    ],
)
def test_an_on_close_strategy_gives_each_hedge_its_weight(answer, hedges, weights):
    books, ordered = given(answer, {"hedges": hedges} if hedges else {})

    assert (ordered == weights).all()
    held = dict(zip(("HHH", "BBB"), weights, strict=False))
    assert books[1].hedge_weights == pytest.approx(held, abs=0.05)
    assert books[1].hedge_weight == pytest.approx(sum(books[1].hedge_weights.values()))


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (0.1, "1 weights for 2 hedges: give one of HHH, BBB each"),
        ([0.1, 0.1, 0.1], "3 weights for 2 hedges: give one of HHH, BBB each"),
        ({"HHHH": 0.1}, "there is no hedge HHHH, did you mean HHH"),
        ([0.1, None], "TypeError"),
        ([0.1, float("nan")], "gives nan for BBB on .*: return a weight from 0 to 0.9"),
        ({"HHH": 0.6}, "gives 0.6 for HHH on .*: return a weight from 0 to 0.5"),
        ([0.4, 0.8], "gives 1.2 together on .*, more than the 1 that is paid for"),
    ],
)
def test_weights_that_do_not_fit_the_hedges_are_refused(answer, words):
    with pytest.raises(StrategyError, match=words):
        given(answer, {"hedges": TWO})


def test_a_hedge_that_stands_twice_needs_a_list():
    twice = [TWO[0], TWO[0]]

    assert (given([0.1, 0.2], {"hedges": twice})[1] == [0.1, 0.2]).all()
    assert given([0.1, 0.2], {"hedges": twice})[0][1].hedge_weights == pytest.approx({"HHH": 0.3}, abs=0.05)
    with pytest.raises(StrategyError, match="HHH stands more than once among the hedges: give a list of weights"):
        given({"HHH": 0.1}, {"hedges": twice})


def test_a_collar_has_one_weight_and_two_contracts():
    keys = {"hedge.kind": "option", "hedge.option": {"structure": "collar"}, "start": str(days()[START])}
    config = configured(keys | {"hedge.instrument": "AAA-COLLAR95-110"})
    setup = prepare(config, with_made(config, market(config, mixed_source(1))), None)
    seen = []

    class Half(CloseStrategy):
        def __init__(self):
            pass

        def on_close(self, view, book):
            seen.append(book)
            return 0.5

    ledger = run_given(setup.prices, setup.terms, setup.plan, weigher(Half(), config, setup))

    assert (ledger.hedges[:-1] == [0.5, -0.5]).all()
    assert seen[1].hedge_weights == pytest.approx({"AAA-COLLAR95-110": 0.5}, abs=0.05)

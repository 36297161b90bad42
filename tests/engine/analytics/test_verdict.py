"""The verdict: the answer's label in words, prices that are none, and why there is none."""

import json

import pytest
from worlds import laid_out, source

from engine.analytics import verdict
from engine.analytics.answer.answer import NEVER, RUINED, SHORT, SIMULATED, UNHEDGED_RUINED, no_answer
from engine.analytics.controls import run_unhedged
from engine.analytics.hedge_metrics import Figure, Protection, sale_cost_at_par
from engine.kernel.loop import run_policy

PRICE = Protection(0.012, 0.083, 0.0061, Figure(0.012 / 0.083), Figure(0.012 / 0.0061))


def test_a_reason_withholds_the_verdict():
    found = verdict.withheld("60 of the strategy's 100 orders were rejected", "SOXS", PRICE, Figure(0.031))

    assert found.outcome == found.label == "withheld"
    assert found.sentence == "No verdict: 60 of the strategy's 100 orders were rejected."
    assert found.reasons == ()
    told = json.loads(json.dumps(found.as_dict(), allow_nan=False))
    assert {"label", "outcome", "sentence", "reasons"} <= set(told)


def test_what_protection_cost_and_when_selling_is_better():
    assert verdict.price_sentence(PRICE) == (
        "Against unhedged it cost 1.20 % a year, with 8.3 points less maximum drawdown and 0.61 points less mean loss"
        " on the worst 5 % of sessions: 0.14 % a year a point of drawdown and 1.97 % a year a point of tail loss."
    )
    assert verdict.alternative_sentence("SOXS", Figure(0.031)) == (
        "Selling core is better unless selling costs you more than 3.10 % of the amount sold."
    )
    assert verdict.alternative_sentence("SOXS", Figure(None, "so")) == (
        "There is no cost of selling that makes SOXS and selling core equal: so."
    )


def test_books_that_ended_alike_are_not_told_as_one_ahead():
    same = Protection(0.0, 0.0, 0.0, Figure(None, "free"), Figure(None, "free"))

    at_par = sale_cost_at_par(lambda _rate: (1.1, 1.1))
    assert verdict.alternative_sentence("SOXS", at_par) == "SOXS and selling core ended with the same dollars."
    assert verdict.price_sentence(same).startswith("Against unhedged it cost nothing, with 0.0 points less maximum")


def test_a_price_that_bought_nothing_says_so():
    worse = Protection(0.012, -0.02, -0.001, Figure(None, "no"), Figure(None, "no"))
    free = Protection(-0.003, 0.02, 0.001, Figure(None, "free"), Figure(None, "free"))

    assert "2.0 points more maximum drawdown" in verdict.price_sentence(worse)
    assert verdict.price_sentence(worse).endswith(": for nothing.")
    assert verdict.price_sentence(free).startswith("Against unhedged it cost nothing: 0.30 % a year more, with 2.0")


def test_no_price_is_told_of_what_rounds_to_nothing():
    hardly = Protection(0.012, 0.0004, 0.00004, Figure(0.012 / 0.0004), Figure(0.012 / 0.00004))
    half = Protection(0.012, 0.0006, 0.00004, Figure(0.012 / 0.0006), Figure(0.012 / 0.00004))

    assert verdict.price_sentence(hardly).endswith(": for nothing.")
    assert verdict.price_sentence(half).endswith(": 20.00 % a year a point of drawdown.")


@pytest.mark.parametrize(
    ("why", "simulated", "hedged_end", "unhedged_end", "episodes", "sessions"),
    [
        (SIMULATED, True, 1.0, 1.0, [1], 300),
        (RUINED, False, -1.0, 1.0, [1], 300),
        (RUINED, False, -0.5, 1.0, [1], 300),
        (RUINED, False, 0.0, 1.0, [1], 300),
        (UNHEDGED_RUINED, False, 0.5, -0.5, [1], 300),
        (UNHEDGED_RUINED, False, 1.0, 0.0, [1], 300),
        (NEVER, False, 1.0, 1.0, [], 300),
        (SHORT, False, 1.0, 1.0, [1], 251),
        (None, False, 1.0, 1.0, [1], 252),
    ],
)
def test_there_is_no_answer_where_there_is_nothing_to_answer(
    monkeypatch, why, simulated, hedged_end, unhedged_end, episodes, sessions
):
    setup = laid_out({}, source(3, sessions=45))
    hedged, unhedged = run_policy(setup.prices, setup.terms, setup.plan), run_unhedged(setup)

    def ended(book, value):
        equity = book.equity[:1].repeat(sessions)
        equity[-1] = value
        return book._replace(equity=equity, last=sessions - 1)

    monkeypatch.setattr(type(setup.market), "simulated", property(lambda _self: simulated))
    assert no_answer(setup, ended(hedged, hedged_end), ended(unhedged, unhedged_end), episodes) == why

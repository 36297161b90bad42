"""A verdict that is withheld for a reason given."""

from engine.judgement.evidence import Interval
from engine.judgement.measures import Figure, Protection
from engine.judgement.verdict import Case, verdict_of

REASON = "60 of the strategy's 100 orders were rejected"
PRICE = Protection(0.012, 0.083, 0.0061, Figure(0.145), Figure(1.97))
GROWTH = Interval(0.015, 0.002, 0.028)
CLEAR = Case("SOXS", False, GROWTH, False, 38, 21, {"costs": 0.01}, PRICE, Figure(0.031), REASON)


def test_a_reason_withholds_the_verdict_however_clear_it_is():
    found = verdict_of(CLEAR)

    assert found.outcome == "withheld"
    assert found.sentence == "No verdict on SOXS: 60 of the strategy's 100 orders were rejected."
    assert not any("%" in reason for reason in found.reasons)

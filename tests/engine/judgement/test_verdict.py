"""The verdict: the rules as docs/verdict.md writes them, its worked cases, and what it says in words."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from engine.judgement import bootstrap, drawdowns, evidence, measures, outcomes, verdict
from engine.judgement.evidence import Interval
from engine.judgement.measures import Figure, Protection
from engine.judgement.verdict import Case, verdict_of

DOCS = (Path(__file__).resolve().parents[3] / "docs" / "verdict.md").read_text(encoding="utf-8")
PRICE = Protection(0.012, 0.083, 0.0061, Figure(0.012 / 0.083), Figure(0.012 / 0.0061))
PAID = Case("SOXS", False, Interval(0.015, 0.002, 0.028), False, 38, 21, {"costs": 0.01}, PRICE, Figure(0.031))


def table(head):
    lines = DOCS.splitlines()
    start = lines.index(head) + 2
    rows = lines[start : start + next(i for i, line in enumerate(lines[start:]) if not line.startswith("|"))]
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows]


WORKED = table("| episodes | drawdowns | estimate | low | high | strip | verdict |")


def test_the_documents_rules_are_the_codes():
    assert table("| when | outcome |") == [[rule.when, rule.outcome] for rule in verdict.RULES]


@pytest.mark.parametrize("row", WORKED, ids=" ".join)
def test_the_documents_cases_are_judged_as_written(row):
    episodes, falls, estimate, low, high, strip, said = row
    values = dict(zip(("first", "second"), (float(value) / 100 for value in strip.split(",")), strict=True))
    growth = Interval(float(estimate) / 100, float(low) / 100, float(high) / 100)

    found = verdict_of(replace(PAID, growth=growth, episodes=int(episodes), drawdowns=int(falls), strip=values))

    assert found.label == said


def test_the_documents_numbers_are_the_codes():
    flat = " ".join(DOCS.split())
    assert re.findall(r"^- (.*)$", DOCS, re.MULTILINE) == list(verdict.VARIATIONS)
    assert f"The {100 * evidence.LEVEL:.0f} % interval is that of {bootstrap.DRAWS:,} draws" in flat
    assert f"by more than {100 * drawdowns.DEEP:.0f} %" in flat
    assert f"core's {measures.WINDOWS} worst windows of {measures.WINDOW} sessions" in flat
    assert f"losing episodes of fewer than {outcomes.SHORT} sessions" in flat


def test_nothing_is_claimed_of_a_simulated_market_however_clear_it_is():
    found = verdict_of(replace(PAID, simulated=True))

    assert found.outcome == "withheld"
    assert found.sentence == "No verdict on SOXS: the market is simulated."
    assert not any("%" in reason for reason in found.reasons)


def test_a_verdict_reads_as_sentences_with_numbers_and_units():
    found = verdict_of(replace(PAID, strip={"costs times five": 0.004, "cash rate 0": 0.013}))

    assert found.sentence == "SOXS paid: 1.50 % a year more than selling core to the same beta instead."
    assert found.reasons == (
        "Hedged less daily-matched de-risk, growth differed by +1.50 % a year (95 % interval +0.20 % to +2.80 %).",
        "It rests on 38 episodes and 21 separate falls of the core by more than 10 %: enough to claim something.",
        "The sign holds in all 2 variations, from +0.40 % a year (costs times five) to +1.30 % (cash rate 0).",
    )
    assert found.price == (
        "Against unhedged it cost 1.20 % a year, with 8.3 points less maximum drawdown and 0.61 points less mean loss"
        " on the worst 5 % of sessions: 0.14 % a year a point of drawdown and 1.97 % a year a point of tail loss."
    )
    assert found.alternative == ("Selling core is better unless selling costs you more than 3.10 % of the amount sold.")


def test_what_turns_the_sign_is_named_with_its_size():
    found = verdict_of(replace(PAID, strip={"costs times five": -0.004, "cash rate 0": 0.013}))

    assert found.sentence == "Can't tell whether SOXS paid: that depends on costs times five."
    assert "The sign doesn't hold in all 2 variations: costs times five makes it -0.40 % a year." in found.reasons


def test_a_price_that_bought_nothing_says_so():
    worse = Protection(0.012, -0.02, -0.001, Figure(None, "no"), Figure(None, "no"))
    free = Protection(-0.003, 0.02, 0.001, Figure(None, "free"), Figure(None, "free"))

    assert "2.0 points more maximum drawdown" in verdict.price_sentence(worse)
    assert verdict.price_sentence(worse).endswith(": for nothing.")
    assert verdict.price_sentence(free).startswith("Against unhedged it cost nothing: 0.30 % a year more, with 2.0")


@pytest.mark.parametrize(
    ("change", "outcome", "sentence"),
    [
        ({"growth": None, "ruined": True}, "did not pay", "SOXS did not pay: the hedged book was ruined."),
        ({"growth": None}, "can't tell", "Can't tell whether SOXS paid: the de-risked book was ruined."),
        ({"episodes": 0, "strip": {}}, "can't tell", "Can't tell whether SOXS paid: the hedge was never bought."),
    ],
)
def test_a_book_without_an_interval_gets_a_plain_answer(change, outcome, sentence):
    found = verdict_of(replace(PAID, **change))

    assert (found.outcome, found.sentence) == (outcome, sentence)


def test_it_goes_into_metrics_json_as_plain_values():
    found = json.loads(json.dumps(verdict_of(PAID).as_dict(), allow_nan=False))

    assert found["label"] == "paid"
    assert found["growth"] == {"estimate": 0.015, "low": 0.002, "high": 0.028}
    assert found["strip"] == {"costs": 0.01}

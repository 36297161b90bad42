"""What the proof says in the terminal."""

import io

from rich.console import Console

from engine.validation.proof import Check, Leak, Proof
from reports.lookahead import in_a_word, show_proof

LEAK = Leak(
    "2019-05-13", "2019-05-14", "1", "0", ("x [y]",), ("SOXX's close",), 2, to_the_end=False, sentence="2019-05-13: [x]"
)


def proof(*checks, simulated=False):
    return Proof("mine", "My[Hedge]", "intensity", "2019-01-02", "2020-01-02", 252, simulated, checks)


def shown(made):
    out = io.StringIO()
    show_proof(Console(file=out, width=200, highlight=False), made)
    return out.getvalue()


def test_leaks_are_told_in_full_below_the_checks():
    text = shown(proof(Check("determinism", "passed", "the same"), Check("truncation", "leak", "9 times", {}, (LEAK,))))
    assert "mine  My[Hedge]" in text
    assert "truncation   LEAK    9 times" in text
    assert text.rstrip().endswith("It looks ahead:\n  2019-05-13: [x]")


def test_it_says_in_a_word_what_it_comes_to():
    passed, warned = Check("poison", "passed", ""), Check("scale", "warning", "")
    assert in_a_word(proof(passed)) == "No decision that was looked at uses what wasn't known yet."
    assert in_a_word(proof(passed, warned, warned)).endswith("; 2 warnings above.")
    assert in_a_word(proof(Check("determinism", "unproved", ""))) == "Nothing is proved."
    assert "SIMULATED" in shown(proof(passed, simulated=True))
    assert "SIMULATED" not in shown(proof(passed))

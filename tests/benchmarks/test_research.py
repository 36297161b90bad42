"""The table of what proof, walk-forward, search and calibration cost."""

from benchmarks.cost import OUT, Cost
from benchmarks.research import commands, row


def test_ratios_are_of_rounds_and_medians_are_shown():
    ours = [Cost(1.0, 2.0, 3e6), Cost(2.0, 2.0, 3e6), Cost(4.0, 2.0, 3e6)]
    theirs = [Cost(3.0, 1.0, 6e6), Cost(4.0, 1.0, 6e6), Cost(4.0, 1.0, 6e6)]

    assert row("proof", ours, theirs).split() == [
        "proof",
        "2.00",
        "4.00",
        "2.00",
        "2.00",
        "1.00",
        "0.50",
        "3",
        "6",
        "2.00",
    ]
    assert row("proof", ours, None).split() == ["proof", "2.00", "2.00", "3"]


def test_commands_write_where_nothing_is():
    made = commands("history", 2)

    assert all(OUT in command for name, command in made.items() if not name.startswith("lookahead"))
    assert all("history" in command for command in made.values())

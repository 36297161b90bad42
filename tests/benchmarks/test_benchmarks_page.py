"""docs/benchmarks.md: its words and rounding, from figures that are given."""

from benchmarks.commands import Result, Row
from benchmarks.cost import Cost
from benchmarks.guard import compared
from benchmarks.page import Facts, page
from benchmarks.peers import PEERS, Measured, drawn

FACTS = Facts(4082, "real")


def lines(peers=(), commands=()):
    return page(FACTS, peers, commands).splitlines()


def test_a_peer_that_ran_few_is_marked():
    ours = Measured("hedge-backtest", "", 0.25, 1.0, 0.0, 439e6, 1000, 1000)
    peer = Measured("bt", "1.4.1", 254.6, 1018.4, 4.4e-5, None, 4, 1000)

    text = lines([ours, peer])

    assert "| hedge-backtest |  | 0.25 | 1.00 |  | 439 |" in text
    assert "| bt, scaled from 4 | 1.4.1 | 255 | 1,018 | 4e-05 |  |" in text


def test_a_command_without_a_peer_has_no_ratio():
    alone = Result(Row("`signal`", ("signal",)), Cost(0.9, 0.8, 172e6), None, None)
    beside = Result(Row("`--help`", ("--help",), ("x",), "bare typer"), Cost(0.2, 0.1, 3e7), Cost(0.1, 0.1, 3e7), 2.04)

    text = lines(commands=[alone, beside])

    assert "| `signal` |  | 0.90 | 0.80 | 172 |  |  |" in text
    assert "| `--help` | bare typer | 0.20 | 0.10 | 30 | 0.10 | 2.04 |" in text


def test_two_commits_stand_side_by_side_where_they_were_measured():
    base, ours = [Cost(6.0, 4.0, 600e6), Cost(9.0, 4.0, 600e6)], [Cost(2.0, 1.6, 300e6), Cost(3.0, 1.6, 300e6)]
    both = [compared("`sweep` of 1,000", base, ours)]

    text = page(FACTS, (), (), both, "0123456").splitlines()

    assert "| `sweep` of 1,000 | 7.50 | 2.50 | 3.0 | 4.00 | 1.60 | 2.5 | 600 | 300 |" in text
    assert any("`0123456`" in line for line in text)
    assert not any("seconds before" in line for line in lines())


def test_what_was_not_measured_says_so():
    assert lines().count("Not measured.") == 2


def test_the_page_says_on_what_it_was_measured_and_what_rules_differ():
    text = " ".join(lines())

    assert "real history of 4,082 sessions" in text
    for peer in PEERS:
        assert not peer.settings or peer.note in text


def test_combinations_are_drawn_evenly_and_none_twice():
    assert drawn(4, 1000).tolist() == [125, 375, 625, 875]
    assert drawn(1000, 1000).tolist() == list(range(1000))

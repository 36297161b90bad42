"""Who is wrong when two instruments disagree."""

import numpy as np
import pytest
from markets import make_bars, nyse

from data.audit.history import History
from data.audit.peers import Peers, blame, expected_by_peers, own_evidence

DATES = nyse("2020-01-02", 300)


def history(name, moves):
    return History(make_bars(name, DATES, 40.0 * np.cumprod(1.0 + moves)), DATES[0])


def nobody():
    return Peers(list, list)


MOVES = np.random.default_rng(1).normal(0.0, 0.015, 300)
UNDERLYING = history("IDX", MOVES)


@pytest.mark.parametrize(
    ("fund", "underlying", "wrong"),
    [
        ([0.007, 0.001], [-0.064, 0.073], True),  # SOXX's open of 2010-10-15, SOXS's by its leverage
        ([-0.31, 0.01], [0.061, -0.01], False),  # a false step of 15 in SOXS
        ([0.0, 0.01], [-0.67, 0.01], True),  # a split of SOXX that isn't recorded
    ],
)
def test_the_likelihood_of_two_moves_in_a_row_tells_by_itself(fund, underlying, wrong):
    assert blame(150, fund, UNDERLYING, underlying, 0.01, "close", nobody()).underlying is wrong


def test_evidence_is_the_log_of_two_normal_likelihoods():
    """ln N(m1; s) + ln N(m2; s) of the fund's moves, less that of the underlying's."""
    fund, underlying, s = [0.01, -0.02], [0.03, 0.0], 0.02
    log = [sum(-(m**2) / (2 * s**2) for m in moves) for moves in (fund, underlying)]
    assert own_evidence(fund, underlying, s) == pytest.approx(log[0] - log[1])


def test_where_the_moves_don_t_tell_peers_do():
    moved = MOVES.copy()
    peer = history("NEAR", 0.9 * moved + np.random.default_rng(2).normal(0, 0.002, 300))
    fair = float(UNDERLYING.gross[150]) - 1
    asked = []

    def read():
        asked.append(1)
        return [peer]

    off = blame(150, [fair + 0.02, 0.0], UNDERLYING, [fair, 0.0], 0.05, "close", Peers(read, list))
    assert (off.underlying, asked) == (False, [1])
    assert off.message.startswith("NEAR ")
    off = blame(150, [fair, 0.0], UNDERLYING, [fair + 0.02, 0.0], 0.05, "close", Peers(read, list))
    assert off.underlying


def test_peers_that_don_t_move_with_it_aren_t_heard():
    stranger = history("XYZ", np.random.default_rng(9).normal(0, 0.015, 300))
    assert expected_by_peers(150, UNDERLYING, "close", [stranger]) is None
    assert expected_by_peers(150, UNDERLYING, "close", []) is None
    assert not blame(
        150, [0.02, 0.0], UNDERLYING, [0.0, 0.0], 0.05, "close", Peers(lambda: [stranger], list)
    ).underlying


def test_what_a_peer_says_of_an_open_is_its_gap_by_its_slope():
    opens = 40.0 * np.cumprod(1.0 + MOVES / 2)
    opens[150] = opens[149] * 1.03
    peer = History(make_bars("HALF", DATES, 40.0 * np.cumprod(1.0 + MOVES / 2), open=opens), DATES[0])
    move, words = expected_by_peers(150, UNDERLYING, "open", [peer])
    assert move == pytest.approx(2 * 0.03, rel=0.02)
    assert words == "HALF +3.0 %"

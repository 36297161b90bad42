"""The policy: each field on a path made by hand, and the whole against another reading of its rules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from strategies.policy import (
    ENTER,
    MAX_HOLD,
    NEVER,
    REASONS,
    SIGNAL,
    STAY,
    STOP_LOSS,
    TAKE_PROFIT,
    PolicyRules,
    PolicyState,
    leave,
    start,
    step,
)

PLAIN = PolicyRules(
    enter=0.5, exit=0.5, confirm=1, min_hold=0, max_hold=NEVER, cooldown=0, stop_loss=np.inf, take_profit=np.inf
)
WORDS = {STAY: ".", ENTER: "E", SIGNAL: "s", MAX_HOLD: "m", STOP_LOSS: "l", TAKE_PROFIT: "p"}
NAN = float("nan")


def signal(drawn):
    """Intensities of 1 and 0, drawn as a string of ones and noughts."""
    return [float(mark) for mark in drawn]


def played(rules, intensities, sizes=None, funds=None):
    """What was done at each close, a letter each; `funds` gives the fund's return since the entry at each close."""
    state, done = start(), ""
    for t, intensity in enumerate(intensities):
        size = 0.15 if sizes is None else sizes[t]
        fund = 0.0 if funds is None else funds[t]
        state, action = step(rules, state, intensity, size, fund if state.on else NAN)
        done += WORDS[action]
    return done


def rules(**changed):
    return PLAIN._replace(**changed)


# Each field by hand


@pytest.mark.parametrize(
    ("changed", "intensities", "done"),
    [
        ({}, "0110100", ".E.sEs."),
        ({"confirm": 2}, "1011110", "...E..s"),
        ({"confirm": 3}, "1101110", ".....Es"),
        ({"min_hold": 3}, "1000000", "E..s..."),
        ({"min_hold": 3}, "1011000", "E...s.."),
        ({"max_hold": 2}, "1111111", "E.m...."),
        ({"max_hold": 2}, "1111101", "E.m...E"),
        ({"max_hold": 1}, "1101101", "Em.Em.E"),
        ({"cooldown": 2}, "1011111", "Es..E.."),
        ({"cooldown": 2, "confirm": 2}, "1101111111", ".Es...E..."),
        ({"cooldown": 3, "max_hold": 1}, "1101111", "Em...Em"),
        ({"min_hold": 2, "max_hold": 2}, "1000000", "E.m...."),
    ],
    ids=str,
)
def test_a_field_by_hand(changed, intensities, done):
    assert played(rules(**changed), signal(intensities)) == done


def test_between_exit_and_enter_nothing_changes():
    assert played(rules(enter=0.8, exit=0.3), [0.5, 0.79, 0.8, 0.5, 0.3, 0.29, 0.5, 0.9]) == "..E..s.E"


def test_the_levels_themselves_enter_and_hold():
    assert played(rules(enter=0.6, exit=0.6), [0.6, 0.6, 0.6 - 1e-12]) == "E.s"


def test_a_loss_as_large_as_the_stop_is_a_forced_exit_whatever_min_hold():
    stop = rules(stop_loss=0.1, min_hold=5)
    assert played(stop, signal("1111"), funds=[0, -0.0999, -0.1, 0]) == "E.l."


def test_a_profit_as_large_as_the_target_is_taken_whatever_min_hold():
    take = rules(take_profit=0.2, min_hold=5)
    assert played(take, signal("1111"), funds=[0, 0.1999, 0.2, 0]) == "E.p."


def test_after_a_forced_exit_intensity_has_to_fall_below_exit_before_the_next_entry():
    stop = rules(enter=0.6, exit=0.4, stop_loss=0.1)
    path = [0.9, 0.9, 0.9, 0.5, 0.9, 0.4, 0.9, 0.39, 0.5, 0.9]
    assert played(stop, path, funds=[0, -0.2] + [0] * 8) == "El.......E"


def test_after_a_signal_exit_it_need_not():
    """It has been below exit already: that was the exit."""
    assert played(rules(enter=0.6, exit=0.4), [0.9, 0.3, 0.9]) == "EsE"


def test_falling_below_exit_while_cooling_counts():
    assert played(rules(max_hold=1, cooldown=2), signal("110111")) == "Em..Em"


def test_an_exit_and_an_entry_never_share_a_close():
    """With every close an exit of the day before's entry, the two take turns."""
    assert played(rules(enter=0.0, exit=0.0, take_profit=0.1), [0.0] * 4, funds=[1.0] * 4) == "Ep.."
    assert played(rules(enter=0.5, exit=0.5), signal("10101")) == "EsEsE"


def test_a_close_at_which_the_hedge_leaves_confirms_nothing():
    """Two closes are asked for: the one that exits doesn't count though its intensity is high."""
    take = rules(confirm=2, take_profit=0.1, exit=0.5)
    assert played(take, signal("111011"), funds=[0, 0, 0.5, 0, 0, 0]) == ".Ep..E"


def test_a_missing_intensity_is_none():
    assert played(PLAIN, [NAN, 1.0, NAN, NAN]) == ".Es."
    assert played(rules(confirm=2), [1.0, NAN, 1.0, 1.0]) == "...E"


@pytest.mark.parametrize("size", [NAN, 0.0])
def test_without_a_size_there_is_no_entry_until_there_is_one(size):
    assert played(PLAIN, signal("1111"), sizes=[size, size, 0.1, 0.1]) == "..E."
    assert played(rules(confirm=2), signal("1111"), sizes=[size, size, 0.1, 0.1]) == "..E."


def test_a_missing_size_does_not_end_an_episode():
    assert played(PLAIN, signal("110"), sizes=[0.1, NAN, NAN]) == "E.s"


def test_forced_exits_are_named_before_the_signal_s():
    both = rules(max_hold=1, stop_loss=0.1)
    assert REASONS[leave(both, 1, 0.0, -0.5)] == "stop_loss"
    assert REASONS[leave(both, 1, 0.0, 0.0)] == "max_hold"
    assert REASONS[leave(both, 0, 0.0, 0.0)] == "signal"


def test_an_intensity_below_exit_at_the_very_close_of_a_forced_exit_is_not_after_it():
    """Read to the letter: "has been below exit since". Nothing but a later low close frees the next entry."""
    assert played(rules(stop_loss=0.1), signal("10111"), funds=[0, -0.5, 0, 0, 0]) == "El..."


def states(rules, intensities, funds=None):
    """The state before the first close and after each."""
    found = [start()]
    for t, intensity in enumerate(intensities):
        found.append(step(rules, found[-1], intensity, 0.15, 0.0 if funds is None else funds[t])[0])
    return found


def test_a_state_holds_what_it_stands_for_and_nothing_from_before():
    """Off it holds nothing, on it counts closes alone, and what it counted starts from nothing."""
    found = states(rules(confirm=2, cooldown=2), signal("11001011"))

    assert [(one.on, one.held, one.streak, one.cooling) for one in found] == [
        (False, 0, 0, 0),
        (False, 0, 1, 0),
        (True, 0, 0, 0),
        (False, 0, 0, 2),
        (False, 0, 0, 1),
        (False, 0, 0, 0),
        (False, 0, 0, 0),
        (False, 0, 1, 0),
        (True, 0, 0, 0),
    ]
    assert not any(one.spent for one in found)


def test_a_forced_exit_is_remembered_until_a_close_below_exit():
    found = states(rules(take_profit=0.1), signal("11110"), funds=[0.0, 0.0, 0.2, 0.0, 0.0])

    assert [(one.on, one.held, one.spent) for one in found] == [
        (False, 0, False),
        (True, 0, False),
        (True, 1, False),
        (False, 0, True),
        (False, 0, True),
        (False, 0, False),
    ]
    assert found[2] == PolicyState(True, 1, 0, 0, False)


def test_never_is_more_sessions_than_any_run_has_and_fits_where_the_kernel_keeps_it():
    assert 10**15 < NEVER <= np.iinfo(np.int64).max


# Against another reading of the rules


def reread(rules, intensities, sizes, levels):
    """Decide each close from the whole history of decisions, as the rules are written, keeping no state."""
    done = []
    for t in range(len(intensities)):
        read = [0.0 if np.isnan(one) else one for one in intensities[: t + 1]]
        entries = [row for row, one in enumerate(done) if one == ENTER]
        exits = [row for row, one in enumerate(done) if one > ENTER]
        if len(entries) > len(exits):
            done.append(_reread_on(rules, read, t, entries[-1], levels))
        else:
            done.append(_reread_off(rules, read, t, done, sizes[t]))
    return done


def _reread_on(rules, read, t, entry, levels):
    fund = levels[t] / levels[entry] - 1
    if fund <= -rules.stop_loss:
        return STOP_LOSS
    if fund >= rules.take_profit:
        return TAKE_PROFIT
    if t - entry >= rules.max_hold:
        return MAX_HOLD
    return SIGNAL if read[t] < rules.exit and t - entry >= rules.min_hold else STAY


def _reread_off(rules, read, t, done, size):
    exits = [row for row, one in enumerate(done) if one > ENTER]
    free_from = exits[-1] + rules.cooldown + 1 if exits else 0
    confirming = range(t - rules.confirm + 1, t + 1)
    if confirming[0] < free_from or any(read[row] < rules.enter for row in confirming):
        return STAY
    if exits and done[exits[-1]] != SIGNAL and min(read[exits[-1] + 1 :]) >= rules.exit:
        return STAY
    return ENTER if size > 0 else STAY


@st.composite
def rule_settings(draw):
    low, high = sorted(draw(st.tuples(*[st.sampled_from([0.0, 0.25, 0.5, 0.75, 1.0])] * 2)))
    least = draw(st.integers(0, 5))
    return PolicyRules(
        enter=high,
        exit=low,
        confirm=draw(st.integers(1, 4)),
        min_hold=least,
        max_hold=draw(st.one_of(st.just(NEVER), st.integers(max(least, 1), 8))),
        cooldown=draw(st.integers(0, 4)),
        stop_loss=draw(st.sampled_from([np.inf, 0.05, 0.1])),
        take_profit=draw(st.sampled_from([np.inf, 0.05, 0.1])),
    )


@given(rule_settings(), st.integers(0, 10_000))
@settings(max_examples=400, deadline=None)
def test_it_decides_as_the_rules_read(rules, seed):
    rng = np.random.default_rng(seed)
    intensities = rng.choice([0.0, 0.25, 0.4, 0.5, 0.75, 1.0, NAN], 60, p=[0.15, 0.1, 0.1, 0.15, 0.15, 0.3, 0.05])
    sizes = rng.choice([0.15, 0.0, NAN], 60, p=[0.9, 0.05, 0.05])
    levels = np.exp(np.cumsum(rng.normal(0, 0.03, 60)))
    state, done, entry = start(), [], 0
    for t in range(60):
        fund = levels[t] / levels[entry] - 1 if state.on else NAN
        state, action = step(rules, state, intensities[t], sizes[t], fund)
        entry = t if action == ENTER else entry
        done.append(action)
    assert [REASONS[one] for one in done] == [REASONS[one] for one in reread(rules, intensities, sizes, levels)]


@given(rule_settings(), st.lists(st.sampled_from([0.0, 0.5, 1.0]), min_size=2, max_size=40))
@settings(max_examples=100, deadline=None)
def test_a_later_close_changes_no_earlier_decision(rules, intensities):
    changed = [*intensities[:-1], 1.0 - intensities[-1]]
    assert played(rules, intensities)[:-1] == played(rules, changed)[:-1]

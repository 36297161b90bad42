"""The tests on a log: the arrays they are given, without what was late, up to a ruin, and by what scales."""

from dataclasses import replace

import numpy as np
import pytest
from followed import FIRST, SESSIONS, WARM_UP, call, config, cut, world
from own_strategies import GUEST

from engine.analytics.e_outlook import gap_outlook, timing_outlook
from engine.analytics.e_process import Scales, gap_process, timing_process
from engine.follow.forward_tests import EFFECT, run_tests, scales_of
from engine.follow.record import record_of
from engine.runs.execute import run


@pytest.fixture(scope="module")
def record(tmp_path_factory):
    """Five evenings in time, then 28 closes at once."""
    out = tmp_path_factory.mktemp("tested")
    for row in (*range(FIRST, FIRST + 6), FIRST + 33):
        made = call(out, row)
    return record_of(made.chain)


def test_the_tests_are_those_of_the_run_s_own_returns(record):
    whole = run(config(), cut(world(), FIRST + 33), engine="compiled")
    first = FIRST - WARM_UP
    rows = slice(first, first + 34)
    stands, given_up = 0.0, []
    for ordered, weight in zip(whole.hedged.ordered, whole.hedged.hedges[:, 0], strict=True):
        stands = 4.0 * weight if ordered else stands
        given_up.append(stands)
    core = np.diff(np.log(world().bars_by_name["AAA"].up_to(SESSIONS[FIRST + 33]).total_return()))[-33:]
    core = core - np.log1p(whole.setup.terms.cash_accrual[rows][1:])
    before = np.array(given_up[:first])
    timing = timing_process(
        core,
        np.array(given_up[rows][:-1]),
        Scales(scales_of(record.registered).core, before.mean(), before.std(ddof=1), 0, 0),
    )
    tests = run_tests(record)
    np.testing.assert_allclose(tests.timing.process.e, timing.e, rtol=1e-3)  # a dividend counts at the open there
    assert tests.timing.process.why == ""
    scales = scales_of(record.registered)
    assert (scales.hedge_mean, scales.hedge_sd) == pytest.approx((before.mean(), before.std(ddof=1)))
    hedged, less = (np.diff(np.log(record.growth[name])) for name in ("hedged", "held_less"))
    np.testing.assert_allclose(tests.gap.process.e, gap_process(hedged, less, scales).e, rtol=1e-12)
    assert tests.timing.outlook == timing_outlook(EFFECT, scales)
    assert tests.gap.outlook == gap_outlook(EFFECT, scales)


def test_without_what_was_late_only_orders_that_were_written_in_time_count(record):
    tests = run_tests(record)
    in_time = 6  # the orders of the registration and of five closes
    assert (len(tests.dates), tests.late) == (33, 27)
    assert len(tests.gap.on_time.e) == in_time
    np.testing.assert_array_equal(tests.gap.on_time.e, tests.gap.process.e[:in_time])
    np.testing.assert_array_equal(tests.timing.on_time.e, tests.timing.process.e[:in_time])


def test_the_tests_end_before_a_ruin(record):
    growth = {name: grown.copy() for name, grown in record.growth.items()}
    growth["hedged"][11], growth["hedged"][12:] = 0.0, np.nan
    tests = run_tests(replace(record, growth=growth))
    assert tests.ruined == record.dates[11]
    assert tests.dates.tolist() == record.dates[1:11].tolist()
    np.testing.assert_array_equal(tests.gap.process.e, run_tests(record).gap.process.e[:10])


def test_a_record_without_a_session_says_nothing(tmp_path):
    tests = run_tests(record_of(call(tmp_path, FIRST).chain))
    assert (len(tests.dates), tests.late, tests.timing.on_time) == (0, 0, None)
    assert tests.gap.process.why == tests.timing.process.why == "there is no session yet"
    assert tests.gap.outlook.years > 1.0


def test_a_guest_s_fills_count_from_the_session_after_them(tmp_path):
    """Its orders are known by their fills, and a fill may hang on the session's own prices."""
    path = tmp_path / "guest.py"
    path.write_text(GUEST)
    keys = {"strategy__class": f"{path}:Guest"}
    for row in (FIRST, FIRST + 1, FIRST + 2, FIRST + 33):
        made = call(tmp_path / "follow", row, **keys)
    returns = record_of(made.chain).returns
    whole, first = run(config(**keys), cut(world(), FIRST + 34), engine="backtrader"), FIRST - WARM_UP
    sold = whole.ledgers["derisk_entry"].core[first - 1 : first + 32]
    np.testing.assert_allclose(returns.given_up, 1.0 - sold, rtol=1e-9)
    assert len(set(returns.given_up.tolist())) > 2

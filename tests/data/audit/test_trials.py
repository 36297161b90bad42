"""Repairs on trial: what is offered is sharp, clearer than any other cause, and brings returns nearer to the truth."""

import re
from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from faults import Family, back_adjusted, bad_price, changed, dividend_times, false_step, made_up, never_paid, times
from history import FOLDER, needs_history
from hypothesis import given, settings
from hypothesis import strategies as st

from data.arrays import day
from data.audit.finding import ERROR, INFO, WARNING, Finding
from data.audit.history import History
from data.audit.payments import FEWEST
from data.audit.run import audit
from data.audit.trials import proven
from data.bars import PRICES
from data.repairs import Repair, mended
from data.sources import BARS
from data.sources.csv import CsvSource

TOLERANCE = 0.01
"""By which a session's return may be off after a repair by an estimate."""
SEED = 5
PAIR = ("SOXS", "SOXX")


@lru_cache
def clean(seed=SEED):
    return made_up(seed)


@lru_cache
def real():
    source = CsvSource(FOLDER)
    return Family({name: source.read(BARS, name) for name in ("SOXS", "SOXX", "SOXL", "NVDA")})


def found_in(bars, *names, family=None):
    family = family or clean()
    return [one for one in audit(family.with_bars(bars).source(*names)) if one.severity != INFO]


def errors_of(found):
    return [one for one in found if one.severity == ERROR]


def later_splits(bars):
    return np.append(np.cumprod(bars.split[::-1])[::-1][1:], 1.0)


def returns(bars):
    """Return the growth from each close to the next open and the next close."""
    base = bars.close[:-1] / bars.split[1:]
    return np.array([(getattr(bars, name)[1:] + bars.dividend[1:]) / base for name in ("open", "close")])


def off(bars, true):
    """Return by how much returns are off, in logs, shape (2, sessions - 1)."""
    return np.abs(np.log(returns(bars) / returns(true)))


@pytest.mark.parametrize("factor", [15.0, 17.0, 100.0, 0.06])
@pytest.mark.parametrize("count", [1, 5])
def test_by_its_own_moves_alone_a_large_factor_is_no_sharp_estimate(factor, count):
    bars = clean().bars["SOXL"]
    (one,) = found_in(times(bars, slice(900, 900 + count), factor, PRICES), "SOXL")
    assert (one.severity, one.kind, one.first, one.repair) == (ERROR, "step", bars.dates[900], None)
    assert "about" in one.message
    assert one.remedy.startswith("pull it again or from another source, or audit it beside its underlying")


def test_beside_its_underlying_the_same_bar_is_mended_to_the_cent():
    bars = clean().fund
    (one,) = found_in(times(bars, 900, 15.0, PRICES), *PAIR)
    fixed = mended(times(bars, 900, 15.0, PRICES), [one.repair])
    np.testing.assert_allclose(fixed.close, bars.close, rtol=1e-12)


def test_a_fund_that_follows_nothing_hides_no_bar():
    family = clean()
    stranger = replace(family.bars["SOXL"], instrument="SOXS")  # +3x where -3x is known
    broken = family.with_bars(times(stranger, 900, 15.0, PRICES))
    found = audit(broken.source(*PAIR))
    assert [one.id for one in errors_of(found)] == ["SOXS-follows", f"SOXS-step-{stranger.dates[900]}"]


def test_an_open_alone_is_found_without_an_underlying():
    bars = clean().bars["SMH"]
    (one,) = found_in(bad_price("open", 15.0)(bars, 900), "SMH")
    assert (one.kind, one.severity, one.field, one.first) == ("open", ERROR, "open", bars.dates[900])
    assert 14 <= float(re.search(r"is about ([\d.]+)", one.message)[1]) <= 15


def test_a_range_isn_t_widened_to_a_price_that_is_wrong():
    bars = clean().bars["SMH"]
    found = found_in(times(bars, 900, 30.0, ("open",)), "SMH")
    assert {one.kind for one in found} == {"range", "open"}
    assert [one.repair for one in found if one.kind == "range"] == [None]


@pytest.mark.parametrize("name", PAIR)
def test_dividends_as_paid_are_divided_by_the_later_splits(name):
    bars = clean().bars[name]
    broken = replace(bars, dividend=bars.dividend * later_splits(bars))
    (one,) = errors_of(found_in(broken, *PAIR))
    assert (one.instrument, one.kind, one.remedy) == (name, "dividends", "--repair divides them by the later splits")
    np.testing.assert_allclose(mended(broken, [one.repair]).dividend, bars.dividend, rtol=1e-12)


@pytest.mark.parametrize("names", [PAIR, (*PAIR, "SOXL")])
@pytest.mark.parametrize("splits", [1, 2])
def test_dividends_as_paid_beside_prices_adjusted_for_recorded_splits(names, splits):
    """Two funds find the same, which is mended once."""
    bars = back_adjusted(clean().underlying, 0)
    recorded = changed(bars, [500, 1200][:splits], split=3.0)
    basis = later_splits(recorded)
    broken = replace(recorded, dividend=bars.dividend * basis)
    true = replace(broken, **{name: getattr(bars, name) * basis for name in PRICES})
    found = errors_of(found_in(broken, *names))
    fixed = mended(broken, {one.id: one.repair for one in found}.values())
    np.testing.assert_allclose(returns(fixed), returns(true), rtol=1e-12)


@pytest.mark.parametrize("ratio", [3.0, 10.0])
def test_dividends_as_paid_beside_prices_adjusted_for_a_split_that_isn_t_recorded(ratio):
    bars = clean().underlying
    row = np.flatnonzero(bars.dividend)[18]
    broken = changed(bars, slice(0, row), dividend=ratio * bars.dividend[:row])
    (one,) = errors_of(found_in(broken, *PAIR))
    assert one.kind == "dividends"
    assert f"{ratio:g} times too high before" in one.message
    if one.repair is not None:
        np.testing.assert_allclose(mended(broken, [one.repair]).dividend, bars.dividend, rtol=1e-12)


@pytest.mark.parametrize("factor", [10.0, 100.0])
@pytest.mark.parametrize("role", [0, 1])
def test_a_dividend_in_another_unit_is_mended_to_what_was_paid(role, factor):
    bars = clean().bars[PAIR[role]]
    row = np.flatnonzero(bars.dividend)[12]
    if factor * bars.dividend[row] / bars.close[row] < 0.03:
        pytest.skip("ten times as little is lost in the noise")
    broken = dividend_times(factor)(bars, row)
    (one,) = errors_of(found_in(broken, *PAIR))
    assert (one.kind, one.first) == ("dividend", bars.dates[row])
    np.testing.assert_allclose(mended(broken, [one.repair]).dividend, bars.dividend, rtol=1e-12)


@pytest.mark.parametrize(("late", "words"), [(1, "1 session late"), (20, "20 sessions late"), (-2, "2 sessions early")])
def test_dividends_off_their_ex_dates_are_not_taken_out(late, words):
    """Such as on the days they are paid out: the total return has them all."""
    bars = clean().underlying
    broken = replace(bars, dividend=np.roll(bars.dividend, late))
    (one,) = errors_of(found_in(broken, *PAIR))
    assert (one.instrument, one.kind, one.repair) == ("SOXX", "dividends", None)
    assert f"dividends are recorded {words}: SOXS shows when prices fell" in one.message


@pytest.mark.parametrize(("names", "share"), [(PAIR, 0.02), (("SOXX",), 0.14)])
@pytest.mark.parametrize("late", [3, -1])
def test_one_dividend_off_its_ex_date_is_not_taken_out(names, share, late):
    bars = clean().underlying
    row = int(np.flatnonzero(bars.dividend)[12])
    fallen = times(bars, slice(row, None), 1.0 - share, PRICES)
    paid = fallen.dividend.copy()
    paid[row], paid[row + late] = 0.0, paid[row] + share * bars.close[row - 1]
    found = found_in(replace(fallen, dividend=paid), *names)
    assert not any(one.repair for one in found)
    (one,) = (each for each in found if each.kind == "dividend")
    assert one.first == bars.dates[row + late]
    assert f"recorded {abs(late)} session" in one.message


@pytest.mark.parametrize("ratio", [4.0, 0.25, 10.0, 0.1])
def test_history_appended_over_a_split_nobody_undid_keeps_its_dividends(ratio):
    """Prices of before in other shares than their dividends: the step is mended, no true dividend taken out."""
    bars = clean().underlying
    broken = times(bars, slice(0, 1000), ratio, PRICES)
    found = errors_of(found_in(broken, *PAIR))
    assert [one.id for one in found] == [f"SOXX-step-{bars.dates[1000]}"]
    fixed = mended(broken, [found[0].repair])
    np.testing.assert_allclose(fixed.close, bars.close, rtol=1e-12)
    np.testing.assert_allclose(fixed.dividend, bars.dividend, rtol=1e-12)


def test_of_two_causes_the_step_is_mended_first_and_the_other_found_then():
    bars = clean().underlying
    paid = int(np.flatnonzero(bars.dividend)[12])
    broken = dividend_times(100.0)(times(bars, slice(0, 1000), 3.0), paid)
    found = errors_of(found_in(broken, *PAIR))
    assert {one.kind for one in found} == {"step", "dividend"}
    fixed = mended(broken, [one.repair for one in found])
    np.testing.assert_allclose(fixed.close, bars.close, rtol=1e-12)
    np.testing.assert_allclose(fixed.dividend, bars.dividend, rtol=1e-12)


def test_a_step_at_the_end_may_be_of_what_comes_after_it():
    bars = clean().bars["SMH"]
    last = len(bars) - 3
    (one,) = found_in(times(bars, slice(last, None), 3.0, PRICES), *PAIR, "SMH")
    assert one.repair is None
    assert one.message.endswith("or the few on its other side are wrong")


@pytest.mark.parametrize("power", [1.0, -1.0])
@pytest.mark.parametrize("name", ["SOXS", "SOXX"])
def test_volume_in_other_shares_than_prices_is_found_at_the_splits(name, power):
    bars = clean().bars[name]
    broken = replace(bars, volume=bars.volume * later_splits(bars) ** power)
    (one,) = found_in(broken, name)
    assert (one.kind, one.severity, one.repair) == ("volume", WARNING, None)
    assert (one.dates == bars.dates[bars.split != 1]).all()


def test_as_traded_volume_beside_adjusted_prices_is_found_once_those_are_as_traded_too():
    bars = clean().fund
    later = later_splits(bars)
    broken = replace(bars, **{name: getattr(bars, name) / later for name in (*PRICES, "dividend")})
    found = found_in(broken, *PAIR)
    assert {one.kind for one in found} == {"split-adjusted", "volume"}


@pytest.mark.parametrize("ratio", [10.0, 0.1])
def test_as_traded_volume_beside_prices_adjusted_for_a_split_that_isn_t_recorded(ratio):
    bars = replace(clean().bars["SMH"], split=np.ones(len(clean().fund)))
    adjusted = replace(
        bars, **{name: getattr(clean().bars["SMH"], name) / later_splits(clean().bars["SMH"]) for name in PRICES}
    )
    broken = changed(adjusted, slice(0, 1200), volume=bars.volume[:1200] * ratio)
    (one,) = [each for each in found_in(broken, "SMH") if each.kind == "volume"]
    assert abs(int(np.searchsorted(bars.dates, one.first)) - 1200) <= 3


def test_a_repair_that_brings_returns_no_nearer_isn_t_offered():
    bars = clean().fund
    harm = Repair("SOXS-x", "SOXS", "reprice", bars.dates[900], 2.0)
    history = History(bars, bars.dates[0])
    asked = Finding("SOXS-x", ERROR, "SOXS", "step", bars.dates[[900]], "a step", "--repair", repair=harm)
    refused = proven(asked, history, ())
    assert refused.repair is None
    assert refused.remedy == "look it up: the repair at hand brings its returns no nearer to what is usual"


CHANGES = {
    "bars": lambda bars, row, by: times(bars, row, by, PRICES),
    "five bars": lambda bars, row, by: times(bars, slice(row, row + 5), by, PRICES),
    **{field: lambda bars, row, by, field=field: times(bars, row, by, (field,)) for field in PRICES},
    "open and range": lambda bars, row, by: bad_price("open", by)(bars, row),
    "close and range": lambda bars, row, by: bad_price("close", by)(bars, row),
    "before": lambda bars, row, by: false_step(by)(bars, row),
    "before, volume too": lambda bars, row, by: false_step(by, with_volume=True)(bars, row),
    "prices before": lambda bars, row, by: times(bars, slice(0, row), by, PRICES),
    "dividends before": lambda bars, row, by: changed(bars, slice(0, row), dividend=by * bars.dividend[:row]),
    "a dividend": lambda bars, row, by: dividend_times(by)(bars, _paid(bars, row)),
    "never paid": lambda bars, row, by: never_paid(0.03)(bars, row),
    "split": lambda bars, row, by: changed(bars, row, split=by),
    "dividends as paid": lambda bars, row, by: replace(bars, dividend=bars.dividend * later_splits(bars)),
}
TWO = ("prices before",)
"""What some of the dividends may be left of."""


def _paid(bars, row):
    paid = np.flatnonzero(bars.dividend)
    return int(paid[np.argmin(np.abs(paid - row))]) if len(paid) else row


def assert_no_harm(family, names, name, change, factor, row, first=None):
    """What is offered brings no session's return farther off, and one clean fault is mended to the truth."""
    true = family.bars[name]
    broken = CHANGES[change](true, row, factor)
    found = audit(family.with_bars(broken).source(*names), names, first)
    offered = [one.repair for one in found if one.repair is not None and one.instrument == name]
    assert not [one for one in found if one.repair is not None and one.instrument != name]
    if not offered:
        return
    before, after = off(broken, true), off(mended(broken, offered), true)
    assert after.sum() <= before.sum()
    few = change == "dividends before" and np.count_nonzero(true.dividend[:row]) < FEWEST  # each is judged by itself
    if change not in TWO and not few:
        assert after.max() < TOLERANCE, [one.message for one in found]


FACTORS = st.sampled_from([10.0, 15.0, 100.0, 0.1, 1 / 15, 3.0, 4.0, 0.25, 0.01])


@given(
    change=st.sampled_from(sorted(CHANGES)),
    factor=FACTORS,
    row=st.integers(60, 1800),
    of=st.sampled_from([(PAIR, "SOXS"), (PAIR, "SOXX"), (("SOXL", "SOXX"), "SOXL"), (("SMH",), "SMH")]),
)
@settings(max_examples=15, deadline=None, derandomize=True)
def test_no_repair_that_is_offered_does_harm(change, factor, row, of):
    assert_no_harm(clean(), *of, change, factor, row)


@needs_history
@given(
    change=st.sampled_from(sorted(CHANGES)),
    factor=FACTORS,
    row=st.integers(700, 3800),
    of=st.sampled_from([(PAIR, "SOXS"), (PAIR, "SOXX"), (("SOXL", "SOXX"), "SOXL"), (("NVDA",), "NVDA")]),
)
@settings(max_examples=15, deadline=None, derandomize=True)
def test_no_repair_that_is_offered_in_real_history_does_harm(change, factor, row, of):
    assert_no_harm(real(), *of, change, factor, row, day("2010-06-01"))


@pytest.mark.parametrize("count", [80, 250])
def test_short_history_is_mended_no_worse(count):
    cut = Family({name: bars.rows(slice(-count, None)) for name, bars in clean().bars.items()})
    for change in ("bars", "before", "a dividend"):
        assert_no_harm(cut, PAIR, "SOXS", change, 15.0, count // 2)


def test_a_step_and_a_split_on_a_day_with_a_dividend():
    bars = clean().underlying
    row = _paid(bars, 900)
    broken = replace(bars, split=bars.split.copy())
    broken = times(broken, slice(0, row), 4.0)
    (one,) = errors_of(found_in(broken, *PAIR))
    assert (one.kind, one.first) == ("step", bars.dates[row])
    np.testing.assert_allclose(off(mended(broken, [one.repair]), bars), 0.0, atol=1e-9)


def test_a_dividend_as_large_as_the_price_is_no_step():
    """Where nothing tells what the dividends are, none of their ex-dates is taken for a split."""
    bars = clean().fund
    broken = replace(bars, dividend=400.0 * bars.dividend)
    found = errors_of(found_in(broken, *PAIR))
    assert "dividends" in {one.kind for one in found}
    assert "step" not in {one.kind for one in found}

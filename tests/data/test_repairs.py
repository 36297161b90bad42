"""Repairs of bars: what each kind does, row by row, and that nothing else changes."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from markets import make_bars, nyse, random_bars, scaled

from data.arrays import day
from data.bars import COLUMNS, PRICES
from data.repairs import APPLY, Repair, as_json, from_json, mended

DATES = nyse("2024-01-02", 6)
BARS = make_bars(
    "X",
    DATES,
    [10.0, 11.0, 12.0, 13.0, 14.0, 15.0],
    open=[9.0, 10.0, 11.0, 12.0, 13.0, 14.0],
    high=[10.5, 11.5, 12.5, 13.5, 14.5, 15.5],
    low=[8.0, 9.0, 10.0, 11.0, 12.0, 13.0],
    dividend={1: 0.2, 4: 0.4},
    split={3: 0.5},
)


def made(kind, row=3, factor=1.0, field=""):
    return Repair(f"X-{kind}", "X", kind, DATES[row], factor, field)


def changes(repair, bars=BARS):
    """Return what a repair changes: the new value by column and row."""
    after = mended(bars, [repair])
    return {
        (name, row): getattr(after, name)[row]
        for name in COLUMNS
        for row in np.flatnonzero(getattr(after, name) != getattr(bars, name)).tolist()
    }


def test_dividends_are_multiplied_all_or_before_a_day():
    assert changes(made("dividends", factor=0.5)) == {("dividend", 1): 0.1, ("dividend", 4): 0.2}
    assert changes(made("dividends", factor=0.5, field=str(DATES[4]))) == {("dividend", 1): 0.1}


def test_dividends_as_paid_are_divided_by_the_splits_that_came_later():
    assert changes(made("later-splits", factor=-1.0)) == {("dividend", 1): 0.4}
    assert changes(made("later-splits", factor=1.0)) == {("dividend", 1): 0.1}


def test_prices_alone_are_rescaled_where_dividends_ran_on():
    assert {name for name, _ in changes(made("reprice", factor=0.5, field="prices"))} == set(PRICES)


def test_without_repairs_the_bars_are_the_same_object():
    assert mended(BARS, []) is BARS


def test_rescale_moves_all_that_is_before_into_another_share_basis():
    after = mended(BARS, [made("rescale", factor=0.1)])
    basis = np.array([10.0, 10.0, 10.0, 1.0, 1.0, 1.0])
    for name in COLUMNS:
        np.testing.assert_allclose(getattr(after, name), getattr(scaled(BARS, basis), name), rtol=1e-15)


def test_reprice_leaves_the_volume():
    after = mended(BARS, [made("reprice", factor=0.1)])
    np.testing.assert_array_equal(after.volume, BARS.volume)
    np.testing.assert_allclose(after.close, [1.0, 1.1, 1.2, 13.0, 14.0, 15.0])
    np.testing.assert_allclose(after.dividend, [0.0, 0.02, 0.0, 0.0, 0.4, 0.0])


def test_stretch_multiplies_prices_from_a_day_up_to_another():
    after = mended(BARS, [made("stretch", row=1, factor=2.0, field=str(DATES[3]))])
    np.testing.assert_array_equal(after.close, [10.0, 22.0, 24.0, 13.0, 14.0, 15.0])
    np.testing.assert_array_equal(after.volume, BARS.volume)


def test_split_sets_one():
    assert changes(made("split", row=2, factor=4.0)) == {("split", 2): 4.0}
    assert changes(made("split", factor=1.0)) == {("split", 3): 1.0}


def test_move_takes_a_split_to_its_day_unless_that_is_done():
    assert changes(made("move", row=4, factor=0.5, field=str(DATES[3]))) == {("split", 3): 1.0, ("split", 4): 0.5}
    assert changes(made("move", row=3, factor=0.5, field=str(DATES[4]))) == {}


def test_as_traded_undoes_the_splits_in_what_is_before_them():
    adjusted = replace(
        BARS,
        **{name: getattr(BARS, name) / np.array([0.5, 0.5, 0.5, 1, 1, 1]) for name in (*PRICES, "dividend")},
        volume=BARS.volume * np.array([0.5, 0.5, 0.5, 1, 1, 1]),
    )
    after = mended(adjusted, [made("as-traded")])
    for name in COLUMNS:
        np.testing.assert_array_equal(getattr(after, name), getattr(BARS, name))


def test_price_corrects_one_and_the_range_that_stood_on_it():
    assert changes(made("price", row=2, factor=0.5, field="low")) == {("low", 2): 5.0}
    bad = replace(
        BARS, close=np.array([10, 11, 120.0, 13, 14, 15]), high=np.array([10.5, 11.5, 120.0, 13.5, 14.5, 15.5])
    )
    assert changes(made("price", row=2, factor=0.1, field="close"), bad) == {("close", 2): 12.0, ("high", 2): 12.0}
    assert changes(made("price", row=2, factor=2.0, field="open")) == {("open", 2): 22.0, ("high", 2): 22.0}


def test_dividends_are_multiplied_one_or_all():
    assert changes(made("dividend", row=4, factor=0.25)) == {("dividend", 4): 0.1}
    assert changes(made("dividends", factor=0.0)) == {("dividend", 1): 0.0, ("dividend", 4): 0.0}


def test_widen_mends_every_range_from_its_day_on():
    narrow = replace(BARS, high=np.full(6, 11.2), low=np.full(6, 11.1))
    after = mended(narrow, [made("widen", row=2)])
    np.testing.assert_array_equal(after.high, [11.2, 11.2, 12.0, 13.0, 14.0, 15.0])
    np.testing.assert_array_equal(after.low, [11.1, 11.1, 11.0, 11.1, 11.1, 11.1])


@pytest.mark.parametrize("kind", APPLY)
def test_a_day_that_isn_t_there_and_rows_that_can_t_be_read_are_passed_over(kind):
    strange = replace(BARS, dates=BARS.dates.copy(), close=np.array([np.nan, 11, 12, 13, 14, 15]))
    strange.dates[5] = np.datetime64("NaT", "D")
    repair = Repair("X", "X", kind, day("2030-01-02"), 1.0, {"price": "close"}.get(kind, "2030-01-01"))
    after = mended(strange, [repair])
    if kind not in ("as-traded", "later-splits"):
        for name in COLUMNS:
            np.testing.assert_array_equal(getattr(after, name), getattr(strange, name))


@given(st.permutations(range(6)), st.integers(0, 2**31))
@settings(max_examples=20, deadline=None)
def test_the_order_in_which_repairs_were_made_doesn_t_matter(order, seed):
    bars = random_bars("X", nyse("2024-01-02", 40), np.random.default_rng(seed))
    repairs = [
        Repair("a", "X", "rescale", bars.dates[30], 0.1),
        Repair("b", "X", "reprice", bars.dates[20], 3.0),
        Repair("c", "X", "price", bars.dates[10], 0.5, "close"),
        Repair("d", "X", "dividends", bars.dates[5], 0.0),
        Repair("e", "X", "widen", bars.dates[0]),
        Repair("f", "X", "split", bars.dates[12], 2.0),
    ]
    one, other = mended(bars, repairs), mended(bars, [repairs[at] for at in order])
    for name in COLUMNS:
        assert getattr(one, name).tobytes() == getattr(other, name).tobytes()


def test_repairs_survive_json():
    fields = {"move": "2020-01-02", "stretch": "2020-01-02"}
    repairs = tuple(made(kind, factor=1 / 3, field=fields.get(kind, "close")) for kind in APPLY)
    assert from_json(as_json(repairs)) == repairs
    with pytest.raises(ValueError, match="magic is no kind of repair"):
        from_json(as_json([made("magic")]))

"""The rules of money on one session, by hand."""

import numpy as np
import pytest

from engine.rules import Order, Prices, Terms, cost, costs_of, open_session, plan_trade, proceeds, settle


def terms(**changed):
    given = {
        "cash": 1000.0,
        "core_weights": np.array([0.6, 0.4]),
        "commission": np.array([0.001, 0.001, 0.002]),
        "slippage": np.array([0.01, 0.01, 0.02]),
        "commission_per_share": np.zeros(3),
        "slippage_per_share": np.zeros(3),
        "cash_accrual": np.array([0.0, 0.001]),
        "borrow_accrual": np.array([0.0, 0.003]),
        "borrow": np.array([0.0, 0.0005]),
        "reinvest": True,
        "whole": False,
        "margin": False,
        "stock": np.ones(3, np.bool_),
        "levy": np.zeros(3),
    }
    return Terms(**{**given, **changed})


def prices(dividend, split):
    flat = np.full((2, 3), 10.0)
    return Prices(
        flat, flat, flat, np.array([[0.0] * 3, dividend]), np.array([[1.0] * 3, split]), flat[:, -1:], flat, flat
    )


def test_a_reinvested_dividend_buys_shares_at_the_open_after_the_split():
    shares = np.array([8.0, 5.0, 100.0])

    cash = open_session(prices([0.5, 0.0, 0.2], [1.0, 2.0, 0.1]), terms(), 1, 200.0, shares)

    assert cash == pytest.approx(200.0 * 1.001)  # interest alone
    assert shares == pytest.approx([8 * 1.05, 10.0, 10 * 1.02])


def test_a_cash_dividend_is_paid_on_shares_after_the_split_and_earns_nothing_yet():
    shares = np.array([8.0, 5.0, 100.0])

    cash = open_session(prices([0.5, 0.0, 0.2], [1.0, 2.0, 0.1]), terms(reinvest=False), 1, 200.0, shares)

    assert cash == pytest.approx(200.0 * 1.001 + 8 * 0.5 + 10 * 0.2)
    assert shares == pytest.approx([8.0, 10.0, 10.0])


def test_borrowed_cash_owes_the_spread_too():
    assert open_session(prices([0, 0, 0], [1, 1, 1]), terms(), 1, -200.0, np.zeros(3)) == pytest.approx(-200.6)


@pytest.mark.parametrize(("cash", "rate"), [(0.5, 0.001), (-0.5, 0.003)])
def test_less_than_a_dollar_earns_or_owes_too(cash, rate):
    assert open_session(prices([0, 0, 0], [1, 1, 1]), terms(), 1, cash, np.zeros(3)) == pytest.approx(cash * (1 + rate))


def to(core, hedge, *, restate):
    return Order(core, np.array([hedge]), restate)


def traded(order, price, cash, held, **changed):
    shares, deal = np.array(held, dtype=float), np.zeros(3)
    on = terms(**changed)
    at = np.array(price, dtype=float)
    plan_trade(on, order, at, at, cash, shares, deal)
    left = settle(on, np.array(price, dtype=float), cash, shares, deal)
    return deal, left, shares


def test_the_first_order_buys_by_configured_weights_scaled_by_its_costs():
    deal, left, _ = traded(to(1.0, 0.0, restate=True), [10, 20, 5], 1000.0, [0, 0, 0])

    needed = 1000 * 1.01 * 1.001  # both holdings cost 1 % slippage and 0.1 % commission on top
    scale = 1000 / needed
    assert deal == pytest.approx([60 * scale, 20 * scale, 0.0])
    assert left == pytest.approx(0.0, abs=1e-9)


def test_switching_on_sells_core_pro_rata_to_its_worth_not_to_configured_weights():
    # worth 900 and 100: the core's 80 % is 720 and 80, though 60/40 is configured
    deal, left, shares = traded(to(0.8, 0.2, restate=False), [10, 20, 5], 0.0, [90, 5, 0])

    assert deal[:2] == pytest.approx([-18.0, -1.0])
    brought = 180 * 0.99 * 0.999 + 20 * 0.99 * 0.999
    assert deal[2] == pytest.approx(brought / (5 * 1.02 * 1.002))  # all of it, less than the 40 shares wanted
    assert left == pytest.approx(0.0, abs=1e-9)
    assert shares == pytest.approx([72.0, 4.0, deal[2]])


def test_restating_puts_the_core_back_to_configured_weights():
    deal, _, _ = traded(to(1.0, 0.0, restate=True), [10, 20, 5], 0.0, [90, 5, 0])

    assert deal[0] == pytest.approx(-30.0)
    assert 0 < deal[1] < 15.0  # wanted 15, scaled to what the sale brought


def test_buys_are_not_scaled_on_margin():
    deal, left, _ = traded(to(1.0, 0.5, restate=True), [10, 20, 5], 1000.0, [0, 0, 0], margin=True)

    assert deal == pytest.approx([60.0, 20.0, 100.0])
    assert left == pytest.approx(1000 - 1000 * 1.01 * 1.001 - 500 * 1.02 * 1.002)


def test_whole_shares_floor_the_target_and_what_the_cash_buys():
    deal, _, shares = traded(to(0.0, 0.33, restate=False), [10, 20, 7], 1000.0, [0, 0, 0], whole=True)
    assert deal[2] == 47.0  # 330/7 is 47.14

    deal, _, shares = traded(to(0.0, 1.0, restate=False), [10, 20, 7], 1000.0, [0, 0, 0], whole=True)
    assert deal[2] == 139.0  # 142 wanted; 1000/(7 * 1.02 * 1.002) is 139.77

    deal, _, shares = traded(to(0.0, 0.0, restate=False), [10, 20, 7], 0.0, [0, 0, 12.3], whole=True)
    assert shares[2] == 0.0  # a target of 0 sells the fraction too

    deal, _, shares = traded(to(0.0, 0.5, restate=False), [10, 20, 7], 0.0, [0, 0, 100.25], whole=True)
    assert shares[2] == 50.0  # 50.125 is the target; an order towards it sells the fraction


def test_a_difference_below_a_trillionth_of_equity_is_not_traded():
    deal, left, _ = traded(to(1.0, 0.0, restate=False), [10, 20, 5], 1e-10, [60, 20, 0])

    assert not deal.any()
    assert left == 1e-10


def test_what_is_worth_a_trillionth_of_equity_is_traded_however_many_shares_it_is():
    deal, _, _ = traded(to(0.0, 0.5, restate=False), [1, 1, 1], 5e11 + 1.0, [0, 0, 5e11 - 1.0])
    assert deal[2] == 1.0  # a dollar of 1e12

    deal, _, _ = traded(to(1.0, 0.0, restate=False), [0.1, 20, 5], 5e-11, [6000, 20, 0])
    assert not deal.any()  # 3e-10 shares at a dime


def test_of_a_book_that_holds_nothing_nothing_is_ordered():
    deal, cash, _ = traded(to(0.8, 0.2, restate=False), [10, 20, 5], 0.0, [0, 0, 0])

    assert not deal.any()
    assert cash == 0.0


def test_while_a_book_owes_cash_it_buys_nothing():
    deal, cash, _ = traded(to(3.0, 0.0, restate=True), [10, 20, 5], -500.0, [60, 0, 0])  # sells from 600 to 180

    assert deal == pytest.approx([-42.0, 0.0, 0.0])
    assert cash == pytest.approx(-500.0 + 420.0 * 0.99 * 0.999)


def test_a_book_of_less_than_a_dollar_scales_its_buys_too():
    deal, cash, _ = traded(to(1.0, 0.0, restate=True), [10, 20, 5], 0.5, [0, 0, 0])

    assert deal[:2] == pytest.approx([0.03 / (1.01 * 1.001), 0.01 / (1.01 * 1.001)])
    assert cash == pytest.approx(0.0, abs=1e-12)


def test_a_core_that_was_sold_whole_is_bought_back_by_configured_weights():
    deal, _, _ = traded(to(1.0, 0.0, restate=False), [10, 20, 5], 0.0, [0, 0, 200])

    assert deal[0] / deal[1] == pytest.approx((0.6 / 10) / (0.4 / 20))


def test_a_book_below_water_sells_what_it_has_and_buys_nothing():
    deal, _, _ = traded(to(1.0, 0.5, restate=False), [10, 20, 5], -2000.0, [60, 20, 10], margin=True)

    assert deal == pytest.approx([-60.0, -20.0, -10.0])


def test_costs_are_what_the_cash_shows():
    on = terms(commission_per_share=np.array([0.01, 0.0, 0.02]), slippage_per_share=np.array([0.03, 0.0, 0.0]))
    price = np.array([[10.0, 20.0, 5.0]] * 2)
    deal = np.array([[-4.0, 0.0, 3.0], [7.0, -2.0, 0.0]])

    commission, slippage = costs_of(on, price, deal)

    for t in range(2):
        for i in range(3):
            shares = abs(deal[t, i])
            if deal[t, i] < 0:
                lost = shares * price[t, i] - proceeds(on, i, shares, price[t, i])
            else:
                lost = cost(on, i, shares, price[t, i]) - shares * price[t, i]
            assert commission[t, i] + slippage[t, i] == pytest.approx(lost, abs=1e-12)


def test_shares_sold_short_pay_their_lender_and_their_dividends_in_cash_whatever_the_long_do():
    """The fee is on their worth at the close before, before the split; interest on the cash of that close."""
    shares = np.array([-8.0, 5.0, 0.0])

    cash = open_session(prices([0.5, 0.2, 0.0], [2.0, 1.0, 1.0]), terms(reinvest=True), 1, 200.0, shares)

    assert cash == pytest.approx(200.0 * 1.001 - 8.0 * 10.0 * 0.0005 - 16.0 * 0.5)
    assert shares == pytest.approx([-16.0, 5.0 * 1.02, 0.0])


def test_what_was_sold_short_is_charged_at_the_close_before():
    close = np.array([[4.0] * 3, [10.0] * 3])
    found = Prices(close, close, close, np.zeros((2, 3)), np.ones((2, 3)), close[:, -1:], close, close)

    assert open_session(found, terms(), 1, 0.0, np.array([-8.0, 0.0, 0.0])) == pytest.approx(-8.0 * 4.0 * 0.0005)


def test_half_a_share_is_long_or_short_as_a_whole_one_is():
    shares = np.array([-0.5, 0.5, 0.5])

    cash = open_session(prices([1.0, 1.0, 0.0], [1.0, 1.0, 1.0]), terms(), 1, 0.0, shares)

    assert cash == pytest.approx(-0.5 * 10.0 * 0.0005 - 0.5 * 1.0)
    assert shares == pytest.approx([-0.5, 0.5 * 1.1, 0.5])


def test_half_a_share_sold_short_is_covered_whole_before_the_others_are_scaled():
    deal, cash, shares = traded(to(0.0, 1.0, restate=False), [10.0, 20.0, 5.0], 100.0, [-0.5, 0.0, 0.0])
    left = 100.0 - 5.0 * 1.01 * 1.001

    assert shares[0] == 0.0
    assert deal[2] == pytest.approx(min(95.0, left / (1.02 * 1.002)) / 5.0)
    assert cash == pytest.approx(left - deal[2] * 5.0 * 1.02 * 1.002)
    assert cash == pytest.approx(0.0, abs=1e-9)


def test_half_a_share_more_sold_short_brings_its_proceeds_once():
    deal, cash, _ = traded(
        to(-0.75, 1.75, restate=False), [10.0, 20.0, 5.0], 40.0, [-1.5, 0.0, 1.0]
    )  # 22.5 short of 30
    brought = 40.0 + 7.5 * 0.99 * 0.999

    assert deal[0] == pytest.approx(-0.75)
    assert deal[2] * 5.0 == pytest.approx(min(47.5, brought / (1.02 * 1.002)))
    assert cash == pytest.approx(0.0, abs=1e-9)


def test_a_buy_from_short_through_nothing_is_unscaled_and_the_others_share_what_cash_it_leaves():
    """Of 60 dollars, 40 short, an equity of 20 is left: the first goes 12 long, each dollar at 1.01 x 1.001."""
    price = [10.0, 20.0, 5.0]
    deal, cash, shares = traded(to(0.0, 0.0, restate=False), price, 60.0, [-4.0, 0.0, 0.0])

    assert shares == pytest.approx([0.0, 0.0, 0.0])  # covered whole
    assert cash == pytest.approx(60.0 - 40.0 * 1.01 * 1.001)

    deal, cash, shares = traded(to(1.0, 0.0, restate=True), price, 60.0, [-4.0, 0.0, 0.0])
    left = 60.0 - 52.0 * 1.01 * 1.001

    assert deal[0] == pytest.approx(5.2)
    assert deal[1] * 20.0 == pytest.approx(left / (1.01 * 1.001))
    assert left < 8.0  # what 40 % of equity would have taken
    assert cash == pytest.approx(0.0, abs=1e-12)


def test_a_buy_from_short_may_leave_cash_below_nothing():
    deal, cash, _ = traded(to(1.0, 0.0, restate=False), [10.0, 20.0, 5.0], 45.0, [-4.0, 0.0, 0.0])

    assert deal[0] == pytest.approx(4.5)
    assert cash == pytest.approx(45.0 - 45.0 * 1.01 * 1.001)
    assert cash < 0.0


def test_a_core_below_nothing_is_spread_pro_rata_and_by_configured_weights_only_where_it_is_nothing():
    price = [10.0, 20.0, 5.0]
    deal, _, shares = traded(to(-0.5, 0.0, restate=False), price, 160.0, [-4.0, -1.0, 0.0])  # 40 and 20 short of 100

    assert shares * price == pytest.approx([-50.0 * 2 / 3, -50.0 / 3, 0.0])
    assert deal[0] > 0.0 < deal[1]

    *_, shares = traded(to(-0.5, 0.0, restate=False), price, 100.0, [4.0, -2.0 + 4e-13, 0.0])  # 8e-12 of 100: nothing
    assert shares * price == pytest.approx([-30.0, -20.0, 0.0])

    *_, shares = traded(to(-0.5, 0.0, restate=False), price, 100.0, [4.0, -2.0 + 1e-11, 0.0])  # 2e-10: something
    assert abs(shares[0]) * 10.0 > 1e6


def test_whole_shares_sold_short_go_to_the_floor_of_the_target():
    deal, _, shares = traded(to(-0.25, 0.0, restate=True), [7.0, 9.0, 5.0], 100.0, [0.0, 0.0, 0.0], whole=True)

    assert shares.tolist() == [-3.0, -2.0, 0.0]  # -15 / 7 and -10 / 9
    deal, _, shares = traded(to(0.5, 0.0, restate=True), [7.0, 9.0, 5.0], 139.0, [-3.0, -2.0, 0.0], whole=True)
    assert shares.tolist() == [4.0, 2.0, 0.0]  # 30 / 7 and 20 / 9
    assert deal.tolist() == [7.0, 4.0, 0.0]


def test_a_levy_falls_on_what_is_sold_alone():
    on = terms(levy=np.array([0.1, 0.1, 0.0]))

    assert proceeds(on, 0, 3.0, 10.0) == pytest.approx(proceeds(terms(), 0, 3.0, 10.0) - 3.0)
    assert proceeds(on, 2, 3.0, 10.0) == proceeds(terms(), 2, 3.0, 10.0)
    assert cost(on, 0, 3.0, 10.0) == cost(terms(), 0, 3.0, 10.0)


def test_whole_shares_are_never_sold_short_beyond_what_was_ordered():
    on, traded = terms(whole=True, margin=True), np.zeros(3)
    price = np.array([10.0, 10.0, 400.0])

    for weight, sold in ((-0.3, 0.0), (-0.5, -1.0), (-0.9, -2.0)):
        plan_trade(on, Order(1.0, np.array([weight]), True), price, price, 1000.0, np.zeros(3), traded)
        assert traded[2] == sold

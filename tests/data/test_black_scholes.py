"""Prices of options: textbooks, QuantLib, identities, bounds; deltas by finite differences."""

import numpy as np
import pytest
import QuantLib
from hypothesis import given
from hypothesis import strategies as st

from data.black_scholes import OptionTerms, option_delta, option_price

RIGHTS = ("put", "call")
SPOT = st.floats(1.0, 1000.0)
MONEYNESS = st.floats(0.5, 2.0)
DAYS = st.integers(1, 730)
VOLATILITY = st.floats(0.03, 1.5)
RATE = st.floats(-0.02, 0.15)
PAID_OUT = st.floats(0.0, 0.08)
OPTIONS = st.tuples(SPOT, MONEYNESS, DAYS, VOLATILITY, RATE, PAID_OUT)


def terms(spot, moneyness, days, volatility, rate, paid_out):
    return OptionTerms(*(np.array([float(x)]) for x in (spot, moneyness * spot, days, volatility, rate, paid_out)))


def price(right, *option):
    return option_price(right, terms(*option))[0]


def discounts(days, rate, paid_out):
    """Return D and Q."""
    return 1.0 / (1.0 + rate * days / 360.0), np.exp(-paid_out * days / 365.0)


def by_quantlib(right, spot, moneyness, days, volatility, rate, paid_out):
    """Price it by QuantLib's own term structures and engine; return price and delta."""
    today, count = QuantLib.Date(2, 1, 2024), QuantLib.Actual365Fixed()
    QuantLib.Settings.instance().evaluationDate = today

    def flat(simple):
        return QuantLib.YieldTermStructureHandle(QuantLib.FlatForward(today, simple, count, QuantLib.Continuous))

    deviation = QuantLib.BlackVolTermStructureHandle(
        QuantLib.BlackConstantVol(today, QuantLib.NullCalendar(), volatility, count)
    )
    continuous = np.log1p(rate * days / 360.0) * 365.0 / days
    process = QuantLib.BlackScholesMertonProcess(
        QuantLib.QuoteHandle(QuantLib.SimpleQuote(spot)), flat(paid_out), flat(float(continuous)), deviation
    )
    payoff = QuantLib.PlainVanillaPayoff(
        QuantLib.Option.Put if right == "put" else QuantLib.Option.Call, moneyness * spot
    )
    option = QuantLib.VanillaOption(payoff, QuantLib.EuropeanExercise(today + days))
    option.setPricingEngine(QuantLib.AnalyticEuropeanEngine(process))
    return option.NPV(), option.delta()


@pytest.mark.parametrize("right", RIGHTS)
@given(OPTIONS)
def test_quantlib_has_the_same_price_and_delta(right, drawn):
    npv, delta = by_quantlib(right, *drawn)

    assert price(right, *drawn) == pytest.approx(npv, rel=1e-8, abs=1e-8)
    assert option_delta(right, terms(*drawn))[0] == pytest.approx(delta, rel=1e-8, abs=1e-8)


@given(OPTIONS)
def test_a_call_less_a_put_is_a_forward(drawn):
    spot, moneyness, days, _, rate, paid_out = drawn
    discount, kept = discounts(days, rate, paid_out)

    forward = spot * kept - moneyness * spot * discount
    assert price("call", *drawn) - price("put", *drawn) == pytest.approx(forward, abs=1e-12 * spot)
    deltas = [option_delta(right, terms(*drawn))[0] for right in ("call", "put")]
    assert deltas[0] - deltas[1] == pytest.approx(kept, abs=1e-14)


@pytest.mark.parametrize("right", RIGHTS)
@given(OPTIONS)
def test_it_lies_between_its_payoff_on_the_forward_and_what_it_can_pay_at_most(right, drawn):
    spot, moneyness, days, _, rate, paid_out = drawn
    discount, kept = discounts(days, rate, paid_out)
    strike = moneyness * spot * discount
    least = max(spot * kept - strike, 0.0) if right == "call" else max(strike - spot * kept, 0.0)

    most, rounding = (spot * kept if right == "call" else strike), 1e-12 * spot
    assert least - rounding <= price(right, *drawn) <= most + rounding


@pytest.mark.parametrize("right", RIGHTS)
def test_no_rounding_takes_it_below_its_payoff(right):
    """Far in the money the two terms leave 1e-14 too little in one price of three hundred."""
    spot, strike = np.full(5000, 100.0), np.linspace(50.0, 200.0, 5000)
    none, volatility = np.zeros(5000), np.full(5000, 0.15)
    payoff = strike - spot if right == "put" else spot - strike

    assert (option_price(right, OptionTerms(spot, strike, np.full(5000, 20.0), volatility, none, none)) >= payoff).all()


@pytest.mark.parametrize("right", RIGHTS)
@given(MONEYNESS, DAYS, VOLATILITY, RATE, PAID_OUT, st.floats(1.001, 1.5))
def test_more_volatility_is_dearer_and_strikes_order_prices(right, moneyness, days, volatility, rate, paid_out, more):
    base = price(right, 100.0, moneyness, days, volatility, rate, paid_out)
    higher = price(right, 100.0, moneyness * more, days, volatility, rate, paid_out)

    assert price(right, 100.0, moneyness, days, volatility * more, rate, paid_out) >= base - 1e-12
    assert (higher - base) * (1.0 if right == "put" else -1.0) >= -1e-12
    assert abs(higher - base) <= 100.0 * moneyness * (more - 1.0) * discounts(days, rate, paid_out)[0] + 1e-12


@pytest.mark.parametrize("right", RIGHTS)
@given(MONEYNESS, st.integers(5, 730), st.floats(0.1, 1.5), RATE, PAID_OUT)
def test_delta_is_what_the_price_moves_by(right, moneyness, days, volatility, rate, paid_out):
    at = terms(100.0, moneyness, days, volatility, rate, paid_out)
    up, down = (option_price(right, at._replace(spot=at.spot + step))[0] for step in (1e-3, -1e-3))

    assert option_delta(right, at)[0] == pytest.approx((up - down) / 2e-3, abs=1e-6)


def test_textbook_prices():
    """Hull, Options, Futures, and Other Derivatives: S 42, K 40, r 10 %, sigma 20 %, half a year: 4.76 and 0.81."""
    simple = (np.exp(0.05) - 1.0) * 360.0 / 182.5
    option = (42.0, 40.0 / 42.0, 182.5, 0.2, simple, 0.0)

    assert price("call", *option) == pytest.approx(4.7594, abs=5e-5)
    assert price("put", *option) == pytest.approx(0.8086, abs=5e-5)


@pytest.mark.parametrize("right", RIGHTS)
def test_the_price_is_the_mean_of_what_it_pays(right):
    """The discounted integral of its payoff over a lognormal price."""
    drawn = np.linspace(-8.0, 8.0, 400_001)
    density = np.exp(-(drawn**2) / 2.0) / np.sqrt(2.0 * np.pi)
    days, sigma, rate, paid_out = 30.0, 0.45, 0.04, 0.01
    discount, kept = discounts(days, rate, paid_out)
    deviation = sigma * np.sqrt(days / 365.0)
    final = 100.0 * kept / discount * np.exp(deviation * drawn - deviation**2 / 2.0)
    paid = np.maximum((final - 95.0) * (1.0 if right == "call" else -1.0), 0.0) * density

    mean = discount * paid.sum() * (drawn[1] - drawn[0])
    assert price(right, 100.0, 0.95, days, sigma, rate, paid_out) == pytest.approx(mean, rel=1e-6)


@pytest.mark.parametrize("right", RIGHTS)
def test_at_expiry_it_is_worth_what_it_pays_whatever_the_rest(right):
    sign = 1.0 if right == "call" else -1.0
    spot, strike, half = np.array([90.0, 95.0, 100.0]), np.full(3, 95.0), np.full(3, 0.5)
    at = OptionTerms(spot, strike, np.zeros(3), half, half, half)

    assert option_price(right, at).tolist() == np.maximum(sign * (spot - strike), 0.0).tolist()
    assert option_delta(right, at).tolist() == [sign * (sign * (s - 95.0) > 0) for s in spot]


@pytest.mark.parametrize("right", RIGHTS)
def test_without_volatility_it_is_worth_its_payoff_on_the_forward(right):
    sign = 1.0 if right == "call" else -1.0
    spot, strike = np.array([90.0, 100.0, 110.0]), np.full(3, 100.0)
    at = OptionTerms(spot, strike, np.full(3, 90.0), np.zeros(3), np.full(3, 0.08), np.full(3, 0.02))
    discount, kept = discounts(90.0, 0.08, 0.02)

    np.testing.assert_allclose(option_price(right, at), np.maximum(sign * (spot * kept - 100.0 * discount), 0.0))
    assert option_price(right, at._replace(volatility=np.full(3, 1e-9))) == pytest.approx(option_price(right, at))


@pytest.mark.parametrize("right", RIGHTS)
@pytest.mark.parametrize("column", range(6))
def test_what_is_not_known_has_no_price(right, column):
    known = [np.array([100.0]), np.array([95.0]), np.array([30.0]), np.array([0.2]), np.array([0.05]), np.array([0.01])]
    known[column] = np.array([np.nan])

    assert np.isnan(option_price(right, OptionTerms(*known)))
    assert np.isnan(option_delta(right, OptionTerms(*known)))


@pytest.mark.parametrize("wrong", [{"days": -1.0}, {"volatility": -0.2}])
def test_less_than_no_time_or_volatility_has_no_price(wrong):
    at = terms(100.0, 0.95, 30, 0.2, 0.05, 0.01)._replace(**{name: np.array([x]) for name, x in wrong.items()})

    assert np.isnan(option_price("put", at))
    assert np.isnan(option_delta("put", at))


def test_arrays_broadcast_and_each_row_is_its_own():
    spot, strike = np.array([80.0, 100.0, 120.0]), np.array([[90.0], [100.0]])
    at = OptionTerms(spot, strike, np.array(30.0), np.array(0.3), np.array(0.04), np.array(0.01))

    priced = option_price("put", at)
    assert priced.shape == option_delta("put", at).shape == (2, 3)
    alone = option_price("put", at._replace(spot=spot[1:2], strike=strike[1]))
    assert priced[1, 1] == alone[0]

"""GARCH against arch on each prefix by hand, its schedule, and without look-ahead."""

import numpy as np
import pytest
from arch import arch_model
from causal import assert_same_bits

from strategies.signals import garch
from strategies.signals.garch import garch_volatility

SESSIONS, REFIT = 150, 40


def simulated():
    """GARCH(1,1) with 1.5 % a session on average, alpha 0.15, beta 0.8."""
    rng, variance, returns = np.random.default_rng(31), 2.25e-4, []
    for _ in range(299):
        returns.append(np.sqrt(variance) * rng.normal())
        variance = 0.05 * 2.25e-4 + 0.15 * returns[-1] ** 2 + 0.8 * variance
    return 40 * np.exp(np.cumsum([0.0, *returns]))


PATH = simulated()
RETURNS = 100 * np.diff(np.log(PATH))
WHOLE = garch_volatility(PATH, REFIT, SESSIONS)


def fit(seen):
    """Fit to the last returns of those seen."""
    model = arch_model(RETURNS[seen - SESSIONS : seen], mean="Zero", vol="GARCH", p=1, q=1, rescale=False)
    return model.fit(disp="off")


@pytest.mark.parametrize("seen", [150, 190, 270])
def test_on_a_day_of_refit_it_is_arch_s_own_forecast_from_the_prefix(seen):
    ahead = fit(seen).forecast(horizon=1).variance.iloc[-1, 0]
    assert WHOLE[seen] == pytest.approx(np.sqrt(252 * ahead) / 100, rel=1e-9)


def test_in_between_the_last_parameters_carry_the_forecast_forward():
    omega, alpha, beta = fit(190).params
    ahead = (100 * WHOLE[190]) ** 2 / 252
    for row in range(191, 230):
        ahead = omega + alpha * RETURNS[row - 1] ** 2 + beta * ahead
        assert WHOLE[row] == pytest.approx(np.sqrt(252 * ahead) / 100, rel=1e-9)


def test_it_is_unknown_until_there_are_as_many_returns():
    assert np.isnan(WHOLE[:SESSIONS]).all()
    assert not np.isnan(WHOLE[SESSIONS:]).any()
    assert np.isnan(garch_volatility(PATH[:SESSIONS], REFIT, SESSIONS)).all()
    assert garch_volatility(PATH[:0], REFIT, SESSIONS).shape == (0,)


@pytest.mark.parametrize("rows", [151, 189, 190, 191, 231, 272])
def test_it_does_not_look_ahead(rows):
    assert_same_bits(garch_volatility(PATH[:rows], REFIT, SESSIONS), WHOLE[:rows])
    changed = PATH[:rows].copy()
    changed[-1] *= 1.7
    assert_same_bits(garch_volatility(changed, REFIT, SESSIONS)[:-1], WHOLE[: rows - 1])


def test_a_fit_that_fails_leaves_the_last_parameters(monkeypatch):
    fitted, asked, once = garch._fitted, [], garch_volatility(PATH, 1000, SESSIONS)

    def second_fails(returns):
        asked.append(len(returns))
        return fitted(returns) if len(asked) == 1 else None

    monkeypatch.setattr(garch, "_fitted", second_fails)
    assert_same_bits(garch_volatility(PATH, REFIT, SESSIONS), once)
    assert asked == [SESSIONS] * 4


def test_a_search_that_does_not_converge_is_no_fit(monkeypatch):
    class Stuck:
        convergence_flag = 9

    monkeypatch.setattr("arch.univariate.base.ARCHModel.fit", lambda *_, **__: Stuck())
    assert garch._fitted(RETURNS / 100) is None
    assert np.isnan(garch_volatility(PATH, REFIT, SESSIONS)).all()


def test_a_price_that_does_not_move_has_no_forecast():
    assert np.isnan(garch_volatility(np.full(200, 3.3), REFIT, SESSIONS)).all()


def test_holes_are_left_out_and_poison_nothing():
    holed = np.insert(PATH, [0, 0, 200], np.nan)
    found, known = garch_volatility(holed, REFIT, SESSIONS), ~np.isnan(holed)
    assert_same_bits(found[known], WHOLE)
    assert np.isnan(found[~known]).all()
    assert np.isnan(garch_volatility(np.full(5, np.nan), REFIT, SESSIONS)).all()


def test_the_price_s_scale_does_not_matter():
    np.testing.assert_allclose(garch_volatility(1e4 * PATH, REFIT, SESSIONS), WHOLE, rtol=1e-3)

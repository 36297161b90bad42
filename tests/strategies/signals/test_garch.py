"""GARCH against arch on each prefix by hand, its schedule, and without look-ahead."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from causal import assert_same_bits
from numpy._core import _multiarray_umath as umath

from data.arithmetic import exp
from strategies.signals import garch
from strategies.signals.garch import garch_volatility

SESSIONS, REFIT = 150, 40
NEWER = [one for one in umath.__cpu_dispatch__ if umath.__cpu_features__.get(one)]
"""The instructions that numpy takes here and an older processor lacks."""


def simulated():
    """GARCH(1,1) with 1.5 % a session on average, alpha 0.15, beta 0.8."""
    rng, variance, returns = np.random.default_rng(31), 2.25e-4, []
    for _ in range(299):
        returns.append(np.sqrt(variance) * rng.normal())
        variance = 0.05 * 2.25e-4 + 0.15 * returns[-1] ** 2 + 0.8 * variance
    return 40 * exp(np.cumsum([0.0, *returns]))


PATH = simulated()
RETURNS = 100 * np.diff(np.log(PATH))
WHOLE = garch_volatility(PATH, REFIT, SESSIONS)


def fit(seen):
    """Fit to the last returns of those seen."""
    from arch import arch_model  # here: the processes of other processors do without

    model = arch_model(RETURNS[seen - SESSIONS : seen], mean="Zero", vol="GARCH", p=1, q=1, rescale=False)
    return model.fit(disp="off")


@pytest.mark.parametrize("seen", [150, 190, 270])
def test_on_a_day_of_refit_it_is_arch_s_forecast_from_the_prefix(seen):
    ahead = fit(seen).forecast(horizon=1).variance.iloc[-1, 0]
    assert WHOLE[seen] == pytest.approx(np.sqrt(252 * ahead) / 100, rel=2e-4)


def test_in_between_the_last_parameters_carry_the_forecast_forward():
    omega, alpha, beta = fit(190).params
    ahead = (100 * WHOLE[190]) ** 2 / 252
    for row in range(191, 230):
        ahead = omega + alpha * RETURNS[row - 1] ** 2 + beta * ahead
        assert WHOLE[row] == pytest.approx(np.sqrt(252 * ahead) / 100, rel=2e-4)


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
    monkeypatch.setattr(garch, "STEPS", 10)
    assert garch._fitted(RETURNS / 100) is None
    assert np.isnan(garch_volatility(PATH, REFIT, SESSIONS)).all()


@pytest.mark.parametrize("seed", range(6))
def test_its_fits_are_no_less_likely_than_arch_s(seed):
    """Of returns with clusters, and of a walk with none, where alpha or omega is at its bound."""
    drawn = np.random.default_rng(seed).normal(size=400) * np.repeat([1.0, 1.0 + seed % 3], 200)
    own = garch._fitted(drawn / 100)
    from arch import arch_model

    model = arch_model(drawn, mean="Zero", vol="GARCH", p=1, q=1, rescale=False)
    likelihood = model.fix([1e4 * own.omega, own.alpha, own.beta]).loglikelihood
    assert likelihood > model.fit(disp="off").loglikelihood - 1e-3


@pytest.mark.parametrize("kernel", ["Prescott", "Haswell"])
def test_no_processor_changes_a_bit(kernel):
    assert told_elsewhere(OPENBLAS_CORETYPE=kernel, NPY_DISABLE_CPU_FEATURES=" ".join(NEWER)) == WHOLE.tobytes().hex()


def told_elsewhere(**environment):
    """Return the bits of the whole path's forecasts in a process of its own, which goes a processor's way."""
    code = "import test_garch; print(test_garch.WHOLE.tobytes().hex())"
    kept = {
        name: value
        for name, value in os.environ.items()
        if name not in ("OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES")
    }
    ran = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code],
        env={**kept, "PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path]), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


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

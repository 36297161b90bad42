"""Where a statistic of overfitting says nothing, it says so: SPA of a loss, Sharpe ratios of a long tail."""

import math
from dataclasses import replace

import numpy as np
import pytest
from standings import standing

from engine.analytics.evidence import Difference, beyond_normal, probabilistic_sharpe, psr_of
from engine.research.overfitting.findings import CANT_TELL, HOLDS, LESS_DERISK, LESS_UNHEDGED, numbers, outcome
from engine.research.overfitting.sharpe import Deflated, moments
from engine.research.overfitting.superior import SEED, _means, _p_values, superior
from reports.overfitting import counted_in_words, rows_of


def losses(books=6, sessions=400):
    """Differences that all lose on average, by less than luck makes of one in two."""
    apart = np.random.default_rng(1).normal(0.0, 0.01, (sessions, books))
    return apart - apart.mean(axis=0) - 0.0001 * np.arange(1, books + 1)


def jumpy(sessions=4_081):
    """A difference of two books that are alike but for a few hundred sessions, one of them far off."""
    rng = np.random.default_rng(5)
    apart = np.zeros(sessions)
    days = rng.permutation(sessions)[:250]
    apart[days] = rng.normal(0.0002, 0.001, 250)
    apart[days[0]] = -0.02
    return apart


def test_of_losses_alone_every_p_value_is_1():
    """Hansen's statistic is the highest mean or 0; `arch` leaves the 0 out, and called such a best .6 likely."""
    found = superior(losses())

    assert (found.lower, found.p_value, found.upper, found.without_best) == (1.0, 1.0, 1.0, 1.0)


def test_the_best_alone_can_gain_and_the_others_not_and_the_other_way_round():
    apart = losses()
    apart[:, 0] += 0.003
    first = superior(apart)
    other = superior(apart[:, [1, 0, 2]])

    assert first.p_value < 0.01
    assert first.without_best == 1.0
    assert other.p_value == pytest.approx(other.without_best, abs=0.01)


def test_books_that_are_the_benchmark_have_a_p_value_of_1():
    assert superior(np.zeros((400, 3))).p_value == 1.0


def test_a_gain_keeps_the_p_value_of_arch():
    from arch.bootstrap import SPA

    apart = losses()
    apart[:, 3] += 0.0009
    means = _means(apart, 5, 300, SEED)
    unit = 1.0 / np.sqrt(len(apart) * means.var(axis=0))
    peer = SPA(np.zeros(len(apart)), -apart * unit, block_size=5, reps=300, nested=True, seed=SEED)
    peer.compute()

    assert _p_values(apart.mean(axis=0) * unit, means * unit, len(apart))[0] == peer.pvalues.to_dict()


def test_a_difference_has_no_probabilistic_sharpe_ratio():
    assert "psr" not in Difference.__dataclass_fields__


def test_a_long_tail_of_few_returns_has_none_and_says_why():
    told, why = psr_of(jumpy())

    assert told is None
    assert why == "a skew of -31.4 in 4,081 returns, beyond 10.2, leaves no normal approximation"
    symmetric = np.concatenate((jumpy(), -jumpy()))
    assert beyond_normal(len(symmetric), *moments(symmetric)).startswith("a kurtosis of ")


@pytest.mark.parametrize(
    ("count", "skew", "kurtosis", "fine"),
    [
        (1_250, -3.0, 10.0, True),  # Bailey and Lopez de Prado (2014), the published example
        (4_081, -0.2, 5.4, True),  # a book of semiconductors
        (4_081, -21.0, 714.0, False),  # a hedged book less a de-risked one
        (24, -2.448, 10.164, False),  # their hedge fund of 24 months
        (4_081, 0.0, 257.0, False),
        (4_081, 0.0, 256.0, True),
        (4_081, 10.2, 120.0, False),
        (4_081, 10.1, 120.0, True),
    ],
)
def test_the_bounds_count_the_returns(count, skew, kurtosis, fine):
    assert (beyond_normal(count, skew, kurtosis) is None) == fine


def test_the_skew_bound_is_two_points_of_the_first_term_left_out():
    x = np.linspace(-6.0, 6.0, 100_001)
    term = 10.17 * (2 * x**2 + 1) * np.exp(-(x**2) / 2) / math.sqrt(2 * math.pi) / (6 * math.sqrt(4_081))

    assert term.max() == pytest.approx(0.02, abs=1e-5)


@pytest.mark.parametrize("law", ["skewed", "jumps", "fat"])
def test_where_the_bounds_hold_a_probability_is_one(law):
    """Of returns whose true Sharpe ratio is the benchmark, PSR is below 5 % in 5 % of histories, and so on."""
    rng, low = np.random.default_rng(3), []
    for _ in range(1_500):
        if law == "skewed":
            returns = 1.5 * (4 / 9 - rng.gamma(4 / 9, 1.0, 1_250))
        elif law == "jumps":
            returns = rng.normal(size=1_250) - 10.0 * ((rng.random(1_250) < 0.024) - 0.024)
        else:
            returns = rng.standard_t(5, 1_250)
        told, why = psr_of(returns)
        if why is None:
            low.append(told)

    assert len(low) > 1_400
    for share in (0.05, 0.5, 0.95):
        assert (np.array(low) <= share).mean() == pytest.approx(share, abs=0.04)


def test_no_sample_makes_the_variance_of_a_sharpe_ratio_negative():
    """g4 >= g3^2 + 1, so 1 - g3 SR + (g4 - 1)/4 SR^2 has no root but that of two values, at 2/g3."""
    coin = np.array([0.0] * 99 + [1.0])
    skew, kurtosis = moments(coin)

    assert kurtosis == pytest.approx(skew**2 + 1.0)
    assert all(1 - skew * sr + (kurtosis - 1) / 4 * sr**2 >= -1e-9 for sr in np.linspace(-3, 3, 61))


def undefined():
    told = standing(adds=0.4, p_value=0.01)
    one = Deflated(0.4, -40.0, 1_900.0, 4_081, 0.12, 24, 24, 9.0, 0.2)
    return told._replace(found=replace(told.found, deflated={**told.found.deflated, LESS_UNHEDGED: one}))


def test_what_is_undefined_is_null_with_its_reason_wherever_it_is_told():
    told = undefined()
    one = told.found.deflated[LESS_UNHEDGED]
    plain = one.as_dict(24)
    rows = {row.cells[0]: tuple(row.cells[1:]) for row in rows_of(told)}

    assert {plain[name] for name in ("deflated_sharpe", "deflated_sharpe_effectively", "track_record")} == {None}
    assert plain["undefined"] == "a skew of -40.0 in 4,081 returns, beyond 10.2, leaves no normal approximation"
    assert rows["deflated Sharpe ratio"][1] == rows["Track record for more than 0"][1] == "-"
    assert numbers(*told)[0].value is None
    assert f"no track record growth less unhedged: {one.undefined}." in counted_in_words(told)


def test_a_choice_does_not_hold_up_on_a_figure_that_there_is_not():
    told = undefined()

    assert outcome(told.found, 24) in {CANT_TELL, "luck"}
    assert outcome(told.found, 24) != HOLDS


def test_the_published_example_still_stands():
    assert beyond_normal(1_250, -3.0, 10.0) is None
    assert probabilistic_sharpe(2.5 / math.sqrt(250), 1250, -3.0, 10.0, 0.1132) == pytest.approx(0.9004, abs=2e-4)
    assert standing().found.deflated[LESS_DERISK].undefined is None

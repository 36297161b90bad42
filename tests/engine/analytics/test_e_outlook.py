"""How long until an effect shows: the formula against walks, and where it can't."""

import math
from dataclasses import replace

import numpy as np
import pytest

from engine.analytics import e_outlook
from engine.analytics.e_outlook import HORIZONS, gap_outlook, timing_outlook
from engine.analytics.e_process import Scales, gap_bets

SCALES = Scales(core=0.0185, hedge_mean=0.24, hedge_sd=0.29, gap=0.0054, gap_largest=0.03)


@pytest.mark.parametrize("effect", [0.08, 0.16])
def test_alarms_come_about_as_often_as_told(effect):
    drawn = np.random.default_rng(2).standard_normal((2520, 600))
    pays, pays_not, _ = gap_bets(SCALES.gap * drawn + effect / 252, SCALES)
    rung = (pays + pays_not) / 2.0 >= 20.0
    first = np.where(rung.any(axis=0), rung.argmax(axis=0), 10**6)
    told = gap_outlook(effect, SCALES)

    shares = [float(np.mean(first < 252 * years)) for years in HORIZONS]
    assert told.chances == pytest.approx(shares, abs=0.05)
    assert told.years == pytest.approx(np.median(first) / 252, rel=0.15)
    assert told.ratio == pytest.approx(effect / (SCALES.gap * math.sqrt(252)))


@pytest.mark.parametrize("outlook", [gap_outlook, timing_outlook])
def test_more_shows_sooner_and_a_loss_as_soon_as_a_gain(outlook):
    found = [outlook(effect, SCALES) for effect in (0.0, 0.02, 0.04, 0.08, 0.16)]

    assert [each.years for each in found] == sorted((each.years for each in found), reverse=True)
    assert all(list(each.chances) == sorted(each.chances) for each in found)
    assert found[0].chances[-1] <= 0.05  # of nothing
    assert found[0].years == math.inf
    assert outlook(-0.08, SCALES) == replace(found[3], effect=-0.08)


@pytest.mark.parametrize("outlook", [gap_outlook, timing_outlook])
def test_half_of_alarms_have_come_where_the_chance_is_even(outlook, monkeypatch):
    years = outlook(0.08, SCALES).years
    monkeypatch.setattr(e_outlook, "HORIZONS", (years, 1000.0))

    assert 6.0 < years < 10.0
    assert outlook(0.08, SCALES).chances == pytest.approx((0.5, 1.0), abs=1e-9)


def test_what_is_on_seldom_or_never_changes_can_hardly_show():
    share = 0.02
    rarely = replace(SCALES, hedge_mean=0.6 * share, hedge_sd=0.6 * math.sqrt(share * (1.0 - share)))
    often = timing_outlook(0.16, SCALES)

    assert timing_outlook(0.16 * rarely.hedge_sd / SCALES.hedge_sd, rarely).years > 2.0 * often.years
    never = [timing_outlook(0.16, replace(SCALES, **{name: 0.0})) for name in ("hedge_sd", "hedge_mean")]
    never += [gap_outlook(0.16, replace(SCALES, **{name: 0.0})) for name in ("gap", "gap_largest")]
    for each in never:
        assert each.years == math.inf
        assert each.chances == (0.0,) * len(HORIZONS)

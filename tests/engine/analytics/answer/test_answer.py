"""The answer, whole: every part of it from the books that it is told by."""

import json
from dataclasses import asdict, replace

import numpy as np
import pytest
from answered_runs import ran, whole

from engine.analytics.answer.answer import SHORT, NetShort, answer_of, net_short_of
from engine.analytics.answer.fund_part import fund_part
from engine.analytics.answer.insurance import insurance_of, matches
from engine.analytics.answer.timing import shifts_of, timing_of
from engine.analytics.controls import Case
from engine.analytics.derisk import GRID, run_held_less
from engine.analytics.drawdowns import core_level
from engine.setup import run_beta

HELD = ("held_less", "held_less_drawdown", "held_less_volatility")
YEARS = 599 / 252
WIDE = "hedge.weight=0.3"
"""A hedge that outgrows the core now and then."""


def beta_of(settings=()):
    config, prepared, _ = ran(*settings)
    return run_beta(config, prepared.setup.market)


def growth(book):
    return np.log(book.equity[-1] / book.equity[0]) / YEARS


def test_the_sum_is_that_of_the_books_it_names():
    (_, prepared, hedged), found = ran(), whole()
    answer, controls = found.answer, found.controls
    shifts = shifts_of(prepared.setup, hedged, beta_of(), YEARS)
    bare, entry, daily = (growth(controls[name].ledger) for name in ("unhedged", "derisk_entry", "derisk_daily"))
    mean = shifts.growth[1:].mean()

    assert prepared.setup.market.sessions_a_year == 252
    assert answer.growth == pytest.approx(bare, abs=1e-12)
    parts = [mean - bare, entry - mean, daily - entry, growth(hedged) - daily]
    assert answer.logs.parts == pytest.approx(parts, abs=1e-12)
    assert answer.logs.total == pytest.approx(sum(parts), abs=1e-12)
    apart = np.exp(growth(hedged)) - np.exp(bare)
    assert answer.cagr.total == pytest.approx(apart, abs=1e-12)
    assert answer.factor == pytest.approx(apart / answer.logs.total, rel=1e-12)
    assert answer.timing == timing_of(shifts)
    assert answer.shifts.growth.tolist() == shifts.growth.tolist()


def test_holding_less_is_run_at_the_shares_that_match():
    (_, prepared, hedged), found = ran(), whole()
    answer, setup = found.answer, prepared.setup
    shares = matches(hedged.equity, [book.equity for book in answer.grid])
    books = [run_held_less(setup, share) for share in shares]

    assert [book.equity.tolist() for book in answer.grid] == [run_held_less(setup, s).equity.tolist() for s in GRID]
    assert tuple(answer.held) == HELD
    assert [one.ledger.equity.tolist() for one in answer.held.values()] == [book.equity.tolist() for book in books]
    assert answer.insurance == insurance_of(hedged, answer.grid, books, core_level(setup), YEARS)
    assert answer.frontier.dots[0].final_equity == hedged.equity[-1]
    assert [dot.name for dot in answer.frontier.dots][1:3] == ["unhedged", "derisk_entry"]


def test_the_fund_is_held_against_the_book_sold_daily():
    (_, prepared, hedged), found = ran(), whole()
    daily = found.controls["derisk_daily"].ledger

    assert found.answer.fund == fund_part(prepared.setup, hedged, daily, found.episodes, YEARS)


def test_net_short_closes_are_those_whose_next_session_is_counted():
    (config, prepared, hedged), found = ran(WIDE), whole(WIDE)
    setup, beta = prepared.setup, beta_of((WIDE,))
    worth = hedged.shares * setup.prices.close
    exposed = worth[:, 0] * beta - 3.0 * worth[:, 1]
    closes = [t for t in range(599) if exposed[t] < 0.0]

    assert config.hedge.weight == 0.3
    assert len(closes) > 5
    assert found.answer.net_short.closes == len(closes)
    made = sum(hedged.equity[t + 1] - hedged.equity[t] for t in closes)
    assert found.answer.net_short.dollars == pytest.approx(made, rel=1e-9)
    calm = hedged._replace(shares=np.abs(hedged.shares) * [1.0, 0.0])
    assert net_short_of(setup, calm, beta) == NetShort(0, 0.0)


def test_a_run_that_is_too_short_is_told_how_long_it_has_to_be():
    assert SHORT.startswith("the run is too short: fewer than 252 sessions ")


def test_parts_of_a_book_that_was_ruined_are_none():
    (config, prepared, hedged), found = ran(), whole()
    case, daily = Case(config, prepared.setup, hedged, beta_of()), found.controls["derisk_daily"]
    for end in (0.0, -1.0):
        broken = daily.ledger._replace(equity=np.append(daily.ledger.equity[:-1], end))
        controls = dict(found.controls) | {"derisk_daily": replace(daily, ledger=broken)}
        answer = answer_of(case, controls, found.episodes, YEARS)

        assert (answer.logs.drift, answer.logs.fund, answer.fund.label) == (None, None, None)
        assert answer.logs.exposure == found.answer.logs.exposure
    nearly = daily.ledger._replace(equity=np.append(daily.ledger.equity[:-1], 0.5))
    controls = dict(found.controls) | {"derisk_daily": replace(daily, ledger=nearly)}
    assert answer_of(case, controls, found.episodes, YEARS).logs.fund is not None


def test_as_plain_values_it_is_dated_and_in_the_units_it_names():
    (_, prepared, _), found = ran(), whole()
    answer, sessions = found.answer, prepared.setup.market.run_sessions
    plain = json.loads(json.dumps(answer.as_dict(), allow_nan=False))

    assert list(plain) == ["sum", "timing", "fund", "insurance", "frontier", "net_short"]
    assert plain["sum"] == {"log": asdict(answer.logs), "cagr": asdict(answer.cagr)}
    assert plain["timing"]["smallest"] == pytest.approx(answer.timing.smallest * answer.factor)
    assert plain["timing"]["mean"] == answer.timing.mean
    assert plain["insurance"]["c"] == answer.insurance.quarter.share
    assert [(one["first"], one["last"], one["episodes"]) for one in plain["fund"]["clusters"]] == [
        (str(sessions[one.first]), str(sessions[one.last]), one.episodes) for one in answer.fund.clusters
    ]
    assert plain["net_short"] == {"closes": answer.net_short.closes, "dollars": answer.net_short.dollars}
    assert len(plain["frontier"]["line"]) == 21
    alone = replace(answer, timing=replace(answer.timing, smallest=None)).as_dict()
    assert alone["timing"]["smallest"] is None

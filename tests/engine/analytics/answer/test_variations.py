"""The same run with one thing changed: what each name stands for, by a run laid out and judged by hand."""

from dataclasses import asdict, replace
from functools import lru_cache

import numpy as np
import pytest
from answered_runs import DATES, market, ran
from less import gap_by_hand

from data.errors import DataError
from engine.analytics.answer import variations
from engine.analytics.answer.variations import VariedRun, alternatives_of, variations_of
from engine.analytics.derisk import held_less_grid, net_short, sold_daily
from engine.analytics.drawdowns import Fall, core_level, falls_of
from engine.kernel.loop import replay, run_policy
from engine.loading import build_config
from engine.setup import open_market, prepare, run_beta

BASE = {
    "start": str(DATES[100]),
    "portfolio": {"core": {"CORE": 1.0}},
    "hedge": {"instrument": "FUND", "underlying": "CORE"},
    "execution": {"cash_rate": 0.02},
    "data": {"accept": ["FUND-dividends"]},
}
DECIDED = (
    *("filled at the next close", "signals one session late", "signals two sessions late"),
    *("FUND's slippage 10 bp more", "FUND's slippage 30 bp more", "start 1 month later"),
    *(f"start {months} months later" for months in range(2, 13)),
    *("weight 10 %", "weight 20 %", "first half", "second half"),
)
GROUPS = ["fills"] * 3 + ["costs"] * 2 + ["start"] * 12 + ["weight"] * 2 + ["time"] * 2 + ["falls"] * 3


@lru_cache
def bench(*settings):
    config, prepared, hedged = ran(*settings)
    daily = sold_daily(prepared.setup, hedged, run_beta(config, prepared.setup.market)).ledger
    return VariedRun(prepared, hedged, held_less_grid(prepared.setup), daily)


@lru_cache
def varied():
    return variations_of(bench())


def mute(given):
    """The same bench, of a strategy that has no intensity to decide by."""
    return replace(given, prepared=replace(given.prepared, signal=None))


def named(found):
    return {one.name: one for one in found}


def figures(config, setup, hedged, grid=None):
    """The gap and the fund's part of a book, in log growth and in points of CAGR."""
    years = (len(hedged.equity) - 1) / 252
    daily = sold_daily(setup, hedged, run_beta(config, setup.market)).ledger
    books = [one.equity for one in (grid or held_less_grid(setup))]
    gap = gap_by_hand(hedged.equity, books, years)
    ours, theirs, idle = ((book[-1] / book[0]) ** (1 / years) for book in (hedged.equity, daily.equity, books[-1]))
    return gap, np.log(ours / theirs), np.log(ours / theirs) * (ours - idle) / np.log(ours / idle)


def is_run(variation, config, setup, hedged, grid=None):
    found = variation.gap, variation.fund, variation.fund_cagr
    assert found == pytest.approx(figures(config, setup, hedged, grid), abs=1e-9)


def rerun(late=0, **changed):
    """The run with keys changed, or its signal late, from the config on by the plain loop."""
    tree = {key: {**value, **changed.get(key, {})} if isinstance(value, dict) else value for key, value in BASE.items()}
    config = build_config(tree | {key: value for key, value in changed.items() if key == "start"})
    signal = ran()[1].signal
    if late:
        signal = np.append(np.zeros(late), signal[:-late])
    setup = prepare(config, open_market(config, market()), signal)
    return config, setup, run_policy(setup.prices, setup.terms, setup.plan)


def test_all_that_is_varied_is_named_in_its_order():
    found = varied()

    assert [one.name for one in found][: len(DECIDED)] == list(DECIDED)
    assert [one.group for one in found] == GROUPS
    assert asdict(found[0]) == {
        "name": "filled at the next close",
        "group": "fills",
        "gap": found[0].gap,
        "fund": found[0].fund,
        "fund_cagr": found[0].fund_cagr,
    }


CHANGES = {
    "filled at the next close": {"execution": {"fill": "next_close"}},
    "signals one session late": {"late": 1},
    "signals two sessions late": {"late": 2},
    "FUND's slippage 10 bp more": {"execution": {"slippage_bps": {"CORE": 2.0, "FUND": 12.0}}},
    "FUND's slippage 30 bp more": {"execution": {"slippage_bps": {"CORE": 2.0, "FUND": 32.0}}},
    "weight 10 %": {"hedge": {"weight": 0.1}},
    "weight 20 %": {"hedge": {"weight": 0.2}},
}


@pytest.mark.parametrize("name", CHANGES)
def test_a_variation_is_what_a_run_of_its_own_says(name):
    is_run(named(varied())[name], *rerun(**CHANGES[name]))


@pytest.mark.parametrize("months", [1, 7, 12])
def test_a_later_start_is_the_same_day_of_a_later_month(months):
    """The run starts on 2012-05-25; the first session on or after that day."""
    year, month = divmod(2012 * 12 + 4 + months, 12)
    config, setup, hedged = rerun(start=f"{year}-{month + 1:02}-25")
    name = f"start {months} month{'s' if months > 1 else ''} later"

    assert str(DATES[100]) == "2012-05-25"
    assert setup.market.run_sessions[0] >= np.datetime64(f"{year}-{month + 1:02}-25")
    is_run(named(varied())[name], config, setup, hedged)


def test_a_start_that_leaves_two_falls_or_less_is_left_out(monkeypatch):
    """600 sessions, of which 12 months are some 250: with falls of 200 sessions 400 have to be left."""
    monkeypatch.setattr(variations, "FALL", 200)
    found = named(variations_of(bench()))
    market = ran()[1].setup.market

    for months in range(1, 13):
        year, month = divmod(2012 * 12 + 4 + months, 12)
        first = np.searchsorted(market.sessions, np.datetime64(f"{year}-{month + 1:02}-25"))
        name = f"start {months} month{'s' if months > 1 else ''} later"
        assert (name in found) == (len(market) - first > 400)
    assert {"first half", "second half"}.isdisjoint(found)


@pytest.mark.parametrize("months", range(1, 7))
def test_a_start_that_leaves_just_two_falls_is_left_out(monkeypatch, months):
    market = ran()[1].setup.market
    left = int(len(market) - np.searchsorted(market.sessions, np.datetime64(f"2012-{5 + months:02}-25")))
    name = f"start {months} month{'s' if months > 1 else ''} later"
    for fall in (left // 2, (left - 1) // 2):
        monkeypatch.setattr(variations, "FALL", fall)
        assert (name in named(variations_of(bench()))) == (left > 2 * fall)


def test_halves_and_falls_are_cut_out_of_every_book():
    given = bench()
    found = named(varied())
    equity = {"hedged": given.hedged.equity, "daily": given.daily.equity}
    grid = [one.equity for one in given.grid]

    def cut(name, kept):
        def left(book):
            return np.cumprod(np.append(1.0, (book[1:] / book[:-1])[kept]))

        years = np.count_nonzero(kept) / 252
        books = {key: left(book) for key, book in equity.items()}
        assert found[name].gap == pytest.approx(gap_by_hand(books["hedged"], [left(b) for b in grid], years), abs=1e-9)
        assert found[name].fund == pytest.approx(np.log(books["hedged"][-1] / books["daily"][-1]) / years, abs=1e-9)

    place, setup = np.arange(1, 600), given.prepared.setup
    cut("first half", place <= 299)
    cut("second half", place > 299)
    falls = sorted(falls_of(core_level(setup)), key=lambda fall: fall.depth)[:3]
    for fall in falls:
        day = setup.market.run_sessions[fall.peak]
        cut(f"without the fall from {day}", (place <= fall.peak) | (place > fall.end))
    assert len([one for one in found if "fall" in one]) == len(falls) == 3


def test_what_leaves_two_falls_or_less_is_no_cut(monkeypatch):
    for fall, names in ((149, {"first half", "second half"}), (150, set())):
        monkeypatch.setattr(variations, "FALL", fall)  # 299 sessions in a half: more than 298, not more than 300
        found = named(variations_of(mute(bench())))
        assert {name for name in found if "half" in name} == names
    monkeypatch.setattr(variations, "FALL", 299)
    assert not [one for one in variations_of(mute(bench())) if one.group == "falls"]


def test_a_strategy_without_an_intensity_has_its_orders_carried_out_late():
    given = bench()
    found = named(variations_of(mute(given)))
    setup = given.prepared.setup

    assert alternatives_of(mute(given)) == ()
    assert {one.group for one in found.values()} == {"fills", "costs", "time", "falls"}
    for late, name in ((1, "signals one session late"), (2, "signals two sessions late")):
        orders = given.hedged
        moved = {key: np.roll(getattr(orders, key), late) for key in ("ordered", "core", "hedges", "restate")}
        moved["core"][:late], moved["hedges"][:late] = setup.plan.unhedged_core, 0.0
        moved["ordered"][:late] = moved["restate"][:late] = [True, *[False] * (late - 1)]
        book = replay(setup.prices, setup.terms, orders._replace(**moved))
        is_run(found[name], given.config, setup, book, given.grid)


def test_alternatives_are_runs_of_their_own():
    found = alternatives_of(bench())
    titles = [one.dot.title for one in found]

    assert titles == [
        *(f"rebalanced {how}" for how in ("never", "monthly", "weekly", "daily")),
        *(f"rebalanced in a band of {band} %" for band in (2, 5, 10)),
        *("7.5 % of equity", "15 % of equity", "22.5 % of equity"),
    ]
    assert [one.kind for one in found] == ["rebalance"] * 7 + ["weight"] * 3
    assert [one.dot.title for one in found if one.own] == ["rebalanced weekly", "15 % of equity"]
    for title, hedge in (
        ("rebalanced never", {"rebalance": "never"}),
        ("rebalanced in a band of 2 %", {"rebalance": "band", "band": 0.02}),
        ("22.5 % of equity", {"weight": 0.225}),
    ):
        changed, setup, book = rerun(hedge=hedge)
        one = found[titles.index(title)]
        assert one.dot.final_equity == pytest.approx(book.equity[-1], rel=1e-12)
        assert one.dot.gap == pytest.approx(figures(changed, setup, book)[0], abs=1e-9)
        assert one.fills == np.count_nonzero(book.traded)
        assert one.net_short == net_short(setup, book, run_beta(changed, setup.market)).sum()
        assert one.dot.cagr == pytest.approx((book.equity[-1] / book.equity[0]) ** (252 / 599) - 1.0, rel=1e-12)
    assert asdict(found[0])["dot"]["name"] == "rebalanced never"


def test_a_band_is_the_runs_own_only_with_its_width():
    for band, own in ((0.05, ["rebalanced in a band of 5 %"]), (0.03, [])):
        found = alternatives_of(bench("hedge.rebalance=band", f"hedge.band={band}"))
        assert [one.dot.title for one in found if one.own and one.kind == "rebalance"] == own


@pytest.mark.parametrize(
    ("settings", "weights"),
    [
        (("hedge.sizing=beta",), []),
        (("hedge.weight=0.8", "hedge.max_weight=1"), ["40 % of equity", "80 % of equity"]),
        (("hedge.weight=0.05",), ["2.5 % of equity", "5 % of equity", "7.5 % of equity"]),
    ],
)
def test_other_weights_are_those_that_can_be_ordered(settings, weights):
    found = alternatives_of(bench(*settings))

    assert [one.dot.title for one in found if one.kind == "weight"] == weights


def test_a_weight_is_varied_as_far_as_it_can_be_ordered():
    assert {"weight 75 %", "weight 85 %"} <= set(named(variations_of(bench("hedge.weight=0.8", "hedge.max_weight=1"))))
    least = [one.name for one in variations_of(bench("hedge.weight=0.05")) if one.group == "weight"]
    most = [one.name for one in variations_of(bench("hedge.weight=1", "hedge.max_weight=1")) if one.group == "weight"]

    assert (least, most) == (["weight 10 %"], ["weight 95 %"])
    assert not [one for one in variations_of(bench("hedge.sizing=beta")) if one.group == "weight"]


def test_a_change_that_ruins_the_book_or_can_not_be_run_is_left_out(monkeypatch):
    given = bench()
    run, count = VariedRun.again, iter(range(100))

    def broken(self, setup, late=0):
        book = run(self, setup, late)
        at = next(count)
        if at == 0:
            book.equity[300] = 0.0
        if at == 1:
            book.equity[300] = 0.5
        return book

    monkeypatch.setattr(VariedRun, "again", broken)
    found = named(variations_of(given))
    assert "filled at the next close" not in found
    assert "signals one session late" in found

    def refused(self, config, late=0, first=None):
        raise DataError("costs take all of the price")

    monkeypatch.setattr(VariedRun, "laid_out", refused)
    assert {one.group for one in variations_of(given)} == {"time", "falls"}


def test_an_alternative_that_is_ruined_is_left_out(monkeypatch):
    run, ends = VariedRun.again, iter([0.0, -1.0, 0.5] + [None] * 20)

    def broken(self, setup, late=0):
        book = run(self, setup, late)
        end = next(ends)
        if end is not None:
            book.equity[300] = end
        return book

    monkeypatch.setattr(VariedRun, "again", broken)

    assert [one.dot.title for one in alternatives_of(bench())][:2] == ["rebalanced weekly", "rebalanced daily"]


def test_of_a_book_sold_daily_that_is_ruined_there_is_no_fund_part():
    given = bench()
    for end, told in ((0.0, False), (-1.0, False), (0.5, True)):
        broken = given.daily._replace(equity=np.append(given.daily.equity[:-1], end))
        found = named(variations_of(mute(replace(given, daily=broken))))
        assert (found["second half"].fund is not None) == told
        assert found["first half"].fund is not None


def test_of_many_falls_the_three_deepest_are_left_out_oldest_first(monkeypatch):
    depths = (-0.3, -0.2, -0.4, -0.25)
    falls = tuple(Fall(100 * k, 100 * k + 5, 100 * k + 9, depth, "peak") for k, depth in enumerate(depths))
    monkeypatch.setattr(variations, "falls_of", lambda _level: falls)
    days = bench().prepared.setup.market.run_sessions

    cut = [one.name for one in variations_of(mute(bench())) if one.group == "falls"]
    assert cut == [f"without the fall from {days[100 * k]}" for k in (0, 2, 3)]


def test_a_cut_that_leaves_just_two_falls_is_left_out(monkeypatch):
    setup = bench().prepared.setup
    for fall in sorted(falls_of(core_level(setup)), key=lambda fall: fall.depth)[:3]:
        left = 599 - (fall.end - fall.peak)
        for length in (left // 2, (left - 1) // 2):
            monkeypatch.setattr(variations, "FALL", length)
            found = named(variations_of(mute(bench())))
            assert (f"without the fall from {setup.market.run_sessions[fall.peak]}" in found) == (left > 2 * length)


def test_halves_are_cut_only_where_the_shorter_is_long_enough(monkeypatch):
    """597 sessions: 298 and 299."""
    given = mute(bench(f"end={DATES[697]}"))
    for fall, there in ((149, False), (148, True)):
        monkeypatch.setattr(variations, "FALL", fall)
        assert ("second half" in named(variations_of(given))) == there


def test_a_book_sold_daily_that_was_ruined_on_the_way_has_no_fund_part():
    given = bench()
    equity = given.daily.equity.copy()
    equity[450:] = 0.0
    found = named(variations_of(mute(replace(given, daily=given.daily._replace(equity=equity)))))

    assert found["second half"].fund is None
    assert found["first half"].fund is not None


@pytest.mark.parametrize(
    ("setting", "sizes", "steps"),
    [
        ("hedge.weight=0", "", "5"),
        ("hedge.weight=0.95", "47.5 95", "90 100"),
        ("hedge.weight=1", "50 100", "95"),
        ("hedge.sizing=proportional", "7.5 15 22.5", "10 20"),
    ],
)
def test_weights_are_asked_for_above_nothing_and_up_to_all(monkeypatch, setting, sizes, steps):
    monkeypatch.setattr(variations, "_alternative", lambda _run, title, kind, _changed, own: (title, kind))
    monkeypatch.setattr(variations, "_rerun", lambda _run, name, group, *_more, **_named: iter([(name, group)]))
    given = bench(setting, "hedge.max_weight=1")
    asked = [title for title, kind in alternatives_of(given) if kind == "weight"]

    assert asked == [f"{size} % of equity" for size in sizes.split()]
    varied = [name for name, group in variations._reruns(given) if group == "weight"]
    assert varied == [f"weight {step} %" for step in steps.split()]


def test_orders_that_are_late_begin_with_the_core_alone():
    given = bench()
    orders, setup = given.hedged, given.prepared.setup
    moved = variations.delayed(orders, setup, 2)

    assert moved.ordered[:2].tolist() == moved.restate[:2].tolist() == [True, False]
    assert moved.hedges[:2, -1].tolist() == [0.0, 0.0]
    assert moved.core[:2].tolist() == [setup.plan.unhedged_core] * 2
    for name in ("ordered", "restate", "hedges", "core"):
        assert getattr(moved, name)[2:].tolist() == getattr(orders, name)[:-2].tolist()
    assert variations.delayed(orders, setup, 0) is orders


def test_the_weights_of_several_hedges_stay_with_their_hedge_when_they_are_late():
    given = bench()
    two = given.hedged._replace(hedges=np.column_stack((given.hedged.hedges[:, -1], -2.0 * given.hedged.hedges[:, -1])))
    moved = variations.delayed(two, given.prepared.setup, 1)

    np.testing.assert_array_equal(moved.hedges[1:], two.hedges[:-1])
    assert not moved.hedges[0].any()


def test_a_book_of_cents_is_alive():
    given = bench()
    small = replace(given, daily=given.daily._replace(equity=given.daily.equity * 1e-6))

    assert named(variations_of(mute(small)))["second half"].fund == pytest.approx(named(varied())["second half"].fund)

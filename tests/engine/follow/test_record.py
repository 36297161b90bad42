"""The record read back: every book from the log alone, returns by hand, the promised band and its place."""

import json

import numpy as np
import pytest
from followed import FIRST, LATER, SESSIONS, WARM_UP, call, config, cut, world

from engine.analytics.answer.insurance import draw_sessions
from engine.follow.books import BOOKS
from engine.follow.log import Chain, append, read_log
from engine.follow.promise import HORIZONS, LEVELS, band_after, place_in
from engine.follow.record import record_of
from engine.runs.execute import run

KEYS = {"execution__cash_rate": "RATE", "hedge__rebalance": "weekly"}


@pytest.fixture(scope="module")
def followed(tmp_path_factory):
    out = tmp_path_factory.mktemp("record")
    for row in (FIRST, FIRST + 1, FIRST + 2, FIRST + 33):
        made = call(out, row, **KEYS)
    return made


@pytest.fixture(scope="module")
def whole():
    return run(config(**KEYS), cut(world(), FIRST + 33), engine="compiled")


def test_returns_are_those_of_the_bars(followed, whole):
    record = record_of(followed.chain)
    returns, first = record.returns, FIRST - WARM_UP
    rows = slice(first, first + 34)
    assert returns.dates.tolist() == SESSIONS[FIRST + 1 : FIRST + 34].tolist()
    for name, ours in (("hedged", returns.hedged), ("derisk_entry", returns.derisk_entry)):
        np.testing.assert_allclose(ours, np.diff(np.log(whole.ledgers[name].equity[rows])), rtol=1e-9, atol=1e-12)
    level = whole.unhedged.equity[rows]  # all of it in the core
    cash = whole.setup.terms.cash_accrual[rows][1:]
    np.testing.assert_allclose(returns.core, np.diff(np.log(level)) - np.log1p(cash), rtol=1e-9, atol=1e-12)
    assert (whole.unhedged.cash[rows] == 0.0).all()
    np.testing.assert_allclose(returns.given_up, given_up(whole)[rows][:-1], rtol=1e-12)
    assert set(returns.given_up.tolist()) == {0.0, 0.6}
    # two evenings were kept; the order of the third close was written in time, those after it with the last
    assert returns.late.tolist() == [False] * 3 + [True] * 30


def given_up(run):
    """What stands after each close of the core exposure that was given up, by the weights of SOXS that were ordered."""
    book, stands = run.hedged, 0.0
    found = []
    for ordered, weight in zip(book.ordered, book.hedges[:, 0], strict=True):
        stands = 4.0 * weight if ordered else stands
        found.append(stands)
    return np.array(found)


def test_an_order_that_fills_at_the_close_bears_on_the_session_after(tmp_path):
    keys = KEYS | {"execution__fill": "next_close"}
    call(tmp_path, FIRST, **keys)
    returns = record_of(call(tmp_path, FIRST + 33, **keys).chain).returns
    whole, first = run(config(**keys), cut(world(), FIRST + 33), engine="compiled"), FIRST - WARM_UP
    np.testing.assert_allclose(returns.given_up, given_up(whole)[first - 1 : first + 32], rtol=1e-12)
    assert len(set(returns.given_up.tolist())) == 2


def test_what_is_given_up_is_what_the_book_sold_at_entry_moves_less(tmp_path):
    """In the session after its order was filled at a close that book moves with 1 - given up of the core, and cash."""
    keys = {
        "execution__fill": "next_close",
        "hedge__rebalance": "daily",
        "hedge__slippage_bps": 0,
        "hedge__commission_bps": 0,
    }
    call(tmp_path, FIRST, **keys)
    record = record_of(call(tmp_path, FIRST + 33, **keys).chain)
    returns = record.returns
    cash = np.array([entry["accruals"]["cash_accrual"] for entry in record.closes])
    core = np.expm1(returns.core + np.log1p(cash))
    moved = np.log1p(core + returns.given_up * (cash - core))
    stood = returns.given_up > 0.0
    stood[1:] &= stood[:-1]
    assert np.count_nonzero(stood) > 5
    np.testing.assert_allclose(returns.derisk_entry[stood], moved[stood], atol=2e-4)


def test_a_book_that_does_not_follow_from_the_line_before_is_named(followed, tmp_path):
    entries = [json.loads(json.dumps(entry)) for entry in followed.chain.entries]
    entries[5]["books"]["unhedged"]["equity"] *= 1.001
    entries[9]["books"]["hedged"]["shares"]["AAA"] += 0.01
    for entry in entries:
        del entry["n"], entry["before"]
    forged = append(Chain(tmp_path), entries)
    assert read_log(tmp_path) == forged  # the chain was made again from its first line, and so was its head
    wrong = record_of(forged).wrong
    dates = [entry["date"] for entry in entries]
    assert [line.partition(": ")[0] for line in wrong] == [
        f"line 6, {dates[5]}",
        f"line 10, {dates[9]}",
        f"line 11, {dates[10]}",  # which goes on from there
    ]
    assert "unhedged comes to" in wrong[0]


def test_the_band_is_of_resampled_sessions_of_the_backtest(followed, whole):
    promise = followed.past.first["promised"]
    last = FIRST - WARM_UP + 1
    logs = {name: np.log(whole.ledgers[name].equity[:last]) for name in BOOKS[:3]}
    days = draw_sessions(last - 1, HORIZONS[-1], 2_000, 0)
    for name in ("unhedged", "derisk_entry"):
        ahead = np.diff(logs["hedged"]) - np.diff(logs[name])
        for sessions, ours in zip(HORIZONS, promise["gaps"][name], strict=True):
            drawn = np.sort([ahead[taken[:sessions]].sum() for taken in days])
            np.testing.assert_allclose(ours, [np.quantile(drawn, level) for level in LEVELS], atol=1e-10)
        scale = followed.past.first["scales"].get(name)
        assert scale is None or scale["largest"] == pytest.approx(np.abs(ahead).max())
        assert scale is None or scale["sd"] == pytest.approx(np.std(ahead, ddof=1))
    scales, setup = followed.past.first["scales"], whole.setup
    core = np.diff(logs["unhedged"])[1:] - np.log1p(
        setup.terms.cash_accrual[2:last]
    )  # it is bought in the second session
    assert scales["core"]["sd"] == pytest.approx(np.std(core, ddof=1), rel=0.01)
    hedged = whole.hedged
    held = hedged.shares[:last, 1] * setup.prices.close[:last, 1] / hedged.equity[:last]
    assert scales["hedged"] == pytest.approx(np.mean(held > 0.0))
    stood = given_up(whole)[: last - 1]
    assert scales["given_up"]["mean"] == pytest.approx(np.mean(stood))
    assert scales["given_up"]["sd"] == pytest.approx(np.std(stood, ddof=1))


def test_between_horizons_a_band_grows_with_the_root_of_time():
    promise = {"sessions": [4, 16], "levels": [0.05, 0.95], "gaps": {"one": [[-2.0, 2.0], [-4.0, 6.0]], "none": None}}
    assert band_after(promise, "one", 0).tolist() == [0.0, 0.0]
    assert band_after(promise, "one", 1) == pytest.approx([-1.0, 1.0])
    assert band_after(promise, "one", 9) == pytest.approx([-3.0, 4.0])
    assert band_after(promise, "one", 17) is None
    assert band_after(promise, "none", 4) is None
    levels = (0.05, 0.5, 0.95)
    band = np.array([-1.0, 0.0, 1.0])
    assert [place_in(band, levels, gap) for gap in (-2.0, -0.5, 2.0)] == [(0.0, 0.05), (0.05, 0.5), (0.95, 1.0)]


def test_a_record_without_a_close_is_empty(tmp_path):
    record = record_of(call(tmp_path, FIRST, start=str(SESSIONS[LATER])).chain)
    assert (len(record.dates), record.closes, record.late, record.wrong) == (1, (), 0, ())
    assert record.gap("held_less").tolist() == [0.0]
    assert all(len(column) == 0 for column in record.returns)

"""Bars that are missing: what a run says of them, and that years are the exchange's, not of the sessions left."""

import json
import math
import re

import numpy as np
import pyarrow.parquet as pq
import pytest
from markets import make_bars, nyse, source_of

from backtest import run, write_run
from backtest.api import draw_tearsheet
from data.audit.run import audit
from data.calendar import nyse_sessions, session_numbers, sessions_a_year
from data.errors import DataError
from engine.loading import build_config
from engine.research.executors import Threads
from engine.research.grid import grid_of
from engine.research.sweep import sweep
from engine.research.walkforward.folds import Windows, span_of
from engine.research.walkforward.plan import plan_of
from engine.research.walkforward.run import walk_forward
from engine.runs.run import Run
from engine.setup import open_market
from reports.comparison import compared

DATES = nyse("2015-01-02", 1_100)
HOLE = slice(600, 850)
"""Rows of the fund that are missing: nearly a year."""


def world(**missing):
    """Return a core and a -3x fund that follows it, without some rows of each."""
    rng = np.random.default_rng(3)
    moves = rng.normal(0.0006, 0.015, len(DATES))
    moves[0] = 0.0
    levels = {"SOXX": 50.0 * np.cumprod(1.0 + moves), "SOXS": 900.0 * np.cumprod(1.0 - 3.0 * moves)}
    levels["MU"] = 30.0 * np.cumprod(1.0 + rng.normal(0.0, 0.01, len(DATES)))
    return source_of(
        *(
            make_bars(name, DATES, level).rows(~np.isin(np.arange(len(DATES)), missing.get(name, ())))
            for name, level in levels.items()
        )
    )


def config(accept=(), start=DATES[60], **keys):
    return build_config(
        {
            "name": "holed",
            "start": str(start),
            "data": {"accept": list(accept)},
            "execution": {"cash_rate": 0.02},
            "strategy": {"class": "WeaknessHedge", "params": {"trend_days": 20, "volatility_floor": 0.1}},
            **keys,
        }
    )


def rows(part):
    return np.arange(len(DATES))[part]


ID = f"SOXS-hole-{DATES[HOLE][0]}"


@pytest.fixture(scope="module")
def holed():
    """A run over the hole, accepted."""
    return run(config([ID]), world(SOXS=rows(HOLE)), engine="python")


# Years


def test_a_year_is_252_sessions_where_all_are_there():
    for count in (2, 3, 7, 252, 253, 1_000, 1_099):
        assert sessions_a_year(DATES[:count]) == 252.0  # to the bit
    assert sessions_a_year(DATES[:1]) == 252.0


def test_the_sessions_left_make_a_year_by_what_the_exchange_held():
    left = DATES[np.r_[0:600, 850:1_100]]
    assert sessions_a_year(left) == 252 * 849 / 1_099
    np.testing.assert_array_equal(session_numbers(left)[598:602], [598, 599, 850, 851])


def test_every_yearly_figure_is_by_the_exchange_s_years(holed):
    told, last = holed.figures, len(holed.hedged.equity) - 1
    years = (len(nyse_sessions(DATES[60], DATES[-1])) - 1) / 252
    assert (last, years) == (789, 1_039 / 252)
    for ledger, figures in ((holed.hedged, told), (holed.unhedged, told["controls"]["unhedged"])):
        returns, growth = np.diff(ledger.equity) / ledger.equity[:-1], ledger.equity[-1] / ledger.equity[0]
        assert figures["cagr"] == pytest.approx(growth ** (1 / years) - 1, rel=1e-12)
        assert figures["volatility"] == pytest.approx(returns.std(ddof=1) * math.sqrt(last / years), rel=1e-12)
        cash = holed.setup.terms.cash_accrual[1:].mean()
        assert figures["sharpe"] == pytest.approx(
            (returns - cash).mean() / returns.std(ddof=1) * math.sqrt(last / years)
        )
        turned = (np.abs(ledger.traded) * holed.setup.prices.fill).sum() / ledger.equity.mean() / years
        assert figures["turnover"] == pytest.approx(turned, rel=1e-12)
    unhedged = told["controls"]["unhedged"]["cagr"]
    parts = told["attribution"]
    assert sum(parts[f"{name}_a_year"] for name in holed.evaluation.attribution.dollars) == pytest.approx(told["cagr"])
    assert told["measures"]["cost_a_year"] == pytest.approx(unhedged - told["cagr"], rel=1e-12)
    held = holed.evaluation.attribution
    assert parts["hedge_times_fund"] == pytest.approx((held.weight[:-1] * held.fund[1:]).sum() / years)
    against = told["evidence"]["against"]["unhedged"]
    apart = np.log(holed.hedged.equity[-1] / holed.unhedged.equity[-1])
    assert against["growth"]["estimate"] == pytest.approx(apart / years)
    assert against["cagr"]["estimate"] == pytest.approx(told["cagr"] - unhedged)
    assert against["sharpe"]["estimate"] == pytest.approx(told["sharpe"] - told["controls"]["unhedged"]["sharpe"])
    parts, growth = told["answer"]["sum"], np.log(holed.hedged.equity[-1] / holed.unhedged.equity[-1]) / years
    assert parts["log"]["total"] == pytest.approx(growth)
    assert parts["cagr"]["total"] == pytest.approx(told["cagr"] - unhedged)
    held = told["controls"]["held_less"]["cagr"]
    assert told["answer"]["insurance"]["gap"] == pytest.approx(told["cagr"] - held)


def test_a_hole_changes_no_dollar_and_no_return(holed):
    """Only years: what the sessions left make by themselves, without a calendar, is the same book."""
    assert holed.figures["total_return"] == pytest.approx(holed.hedged.equity[-1] / 100_000 - 1)
    assert holed.figures["sessions"] == len(holed.market.run_sessions)


def test_an_episode_over_a_hole_is_no_whipsaw(holed):
    sessions = session_numbers(holed.market.run_sessions)
    for one, need in zip(holed.evaluation.episodes, holed.evaluation.measures.needs, strict=True):
        end = holed.hedged.last if one.exited is None else one.exited
        assert need.sessions == sessions[end] - sessions[one.entered]


def test_a_sweep_over_a_hole_has_the_run_s_figures(tmp_path, holed):
    given = config([ID])
    grid = grid_of(given, ["trend_days=20,30", "hedge.weight=0.1,0.15"])
    folder = sweep(given, grid, tmp_path, source=world(SOXS=rows(HOLE))).folder
    table = pq.read_table(folder / "results.parquet").to_pylist()
    (row,) = [one for one in table if (one["strategy.params.trend_days"], one["hedge.weight"]) == (20, 0.15)]
    for name in ("cagr", "volatility", "sharpe", "sortino", "calmar", "turnover"):
        assert row[name] == pytest.approx(holed.figures[name], rel=1e-9), name
    for name in ("sleeve_a_year", "decay_a_year", "hedge_timing"):
        assert row[name] == pytest.approx(holed.figures["attribution"][name], rel=1e-9), name
    found = json.loads((folder / "overfitting.json").read_text())
    best = max(one["sharpe"] for one in table)
    assert found["deflated"]["over_cash"]["sharpe"] == pytest.approx(best, rel=1e-6)
    assert found["deflated"]["over_cash"]["sessions_a_year"] == pytest.approx(252 * 789 / 1_039)


def test_a_comparison_over_a_hole_has_the_runs_figures(tmp_path, holed):
    other = run(config([ID], name="other", hedge={"weight": 0.1}), world(SOXS=rows(HOLE)), engine="python")
    kept = [Run.load(write_run(one, tmp_path, tearsheet=False, report=False)) for one in (holed, other)]
    for one in compared(kept).runs:
        for name in ("cagr", "volatility", "sharpe", "turnover"):
            assert one.figures[name] == pytest.approx(one.run.figures[name], rel=1e-9), name
        daily = one.run.figures["controls"]["derisk_daily"]["cagr"]
        assert one.figures["cagr_vs_derisk_daily"] == pytest.approx(one.run.figures["cagr"] - daily)


def test_quantstats_page_has_the_run_s_figures_and_says_so(tmp_path, holed):
    draw_tearsheet(holed, tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text(encoding="utf-8")
    rows_of = dict(re.findall(r"<td>([^<]*)</td><td>[^<]*</td><td>([^<]*)</td>", page))
    assert float(rows_of["CAGR"].rstrip("%")) == round(100 * holed.figures["cagr"], 2)
    assert float(rows_of["Sharpe"]) == round(holed.figures["sharpe"], 2)
    assert "191.4 of those that there are make a year on this page" in page
    assert "Periods/Year: 191.36" in page


# Findings


def missing_of(source, **span):
    return [(one.id, one.severity, len(one.dates)) for one in audit(source, **span) if one.kind in ("hole", "missing")]


def test_a_run_over_a_hole_is_refused_and_says_how_to_go_on():
    with pytest.raises(DataError) as refused:
        open_market(config(), world(SOXS=rows(HOLE)))
    first, last = DATES[HOLE][0], DATES[HOLE][-1]
    assert str(refused.value) == (
        f"SOXS {first}: no bar from {first} to {last}, 250 sessions of the NYSE in a row: pull or import it again, or"
        f" go on with --set data.accept=[{ID}]"
    )


def test_an_accepted_hole_stands_in_the_notes(holed):
    assert [note for note in holed.notes if note.startswith(f"Accepted, {ID}: SOXS")]
    assert "250 NYSE sessions are left out: not every traded instrument has a bar there." in holed.notes


@pytest.mark.parametrize(
    ("gone", "told"),
    [
        ([500], [("SOXS-missing", "warning", 1)]),
        (range(500, 509), [("SOXS-missing", "warning", 9)]),
        (range(500, 510), [(f"SOXS-hole-{DATES[500]}", "error", 10)]),
        (range(100, 430, 15), [("SOXS-missing", "warning", 22)]),
        (range(100, 445, 15), [("SOXS-missing", "error", 23)]),
        (
            [*range(200, 203), *range(500, 520), *range(700, 715)],
            [
                (f"SOXS-hole-{DATES[500]}", "error", 20),
                (f"SOXS-hole-{DATES[700]}", "error", 15),
                ("SOXS-missing", "warning", 3),
            ],
        ),
    ],
    ids=["one", "nine in a row", "ten in a row", "2 %", "more than 2 %", "two holes and a gap"],
)
def test_data_check_tells_a_hole_from_a_slip(gone, told):
    assert missing_of(world(SOXS=list(gone)), names=["SOXS"]) == told


def test_history_with_most_of_it_missing_has_a_hole_and_weekly_bars_are_not_daily():
    (one,) = [one for one in audit(world(SOXS=rows(slice(100, 900))), ["SOXS"]) if one.kind == "hole"]
    assert one.severity == "error"
    (one,) = [one for one in audit(world(SOXS=rows(rows(slice(None)) % 5 != 0)), ["SOXS"]) if one.kind == "missing"]
    assert (one.severity, one.message.split(":")[0]) == ("error", "isn't daily")


def test_what_each_instrument_lacks_adds_up():
    """None lacks a fiftieth of the run's 1,040 sessions; the run, which needs them all, is cut by more."""
    source = world(SOXS=[*range(100, 400, 20)], MU=[*range(110, 410, 20)])
    given = config(portfolio={"core": {"SOXX": 0.5, "MU": 0.5}})
    told = (
        r"MU .*: 15 sessions of the NYSE are missing.*; the run, with what SOXS lacks: 30 sessions .*, 2.9 % of all: "
    )
    with pytest.raises(DataError, match=rf"{told}.*accept=\[MU-missing,SOXS-missing\]"):
        open_market(given, source)
    accepted = config(["MU-missing", "SOXS-missing"], portfolio={"core": {"SOXX": 0.5, "MU": 0.5}})
    assert len(open_market(accepted, source).run_sessions) == 1_010
    assert [one.severity for one in audit(source) if one.kind == "missing"] == ["warning", "warning"]


def test_two_short_holes_that_meet_are_one():
    source = world(SOXS=[*range(500, 506)], MU=[*range(506, 511)])
    given = config(portfolio={"core": {"SOXX": 0.5, "MU": 0.5}})
    with pytest.raises(DataError, match=rf"MU .*lacks: no bar from {DATES[500]} to {DATES[510]}, 11 sessions"):
        open_market(given, source)


def test_a_run_that_would_begin_behind_a_hole_is_refused():
    """It was asked to begin in it, and would begin months later."""
    with pytest.raises(DataError, match=f"SOXS {DATES[700]}: no bar from {DATES[700]} to {DATES[849]}, 150 sessions"):
        open_market(config(start=DATES[700]), world(SOXS=rows(HOLE)))


def test_a_few_missing_sessions_stop_no_run():
    market = open_market(config(), world(SOXS=[300, 301, 302]))
    assert [one.severity for one in market.findings if one.kind == "missing"] == ["warning"]


# Walk-forward


def walked(given, source, folder):
    windows = Windows(span_of("1y", "--train"), span_of("6m", "--test"))
    plan = plan_of(given, grid_of(given, ["trend_days=20,40"]), windows, "cagr", source=source)
    write = lambda result, at: write_run(result, at, tearsheet=False, report=False)  # noqa: E731
    return plan, walk_forward(plan, folder, Threads(1), write)


def test_a_walk_forward_weighs_its_tests_by_time(tmp_path):
    plan, walk = walked(config([ID]), world(SOXS=rows(HOLE)), tmp_path)
    inside = [one["in_sample"] for one in walk.folds]
    numbers = session_numbers(plan.sessions)
    weights = [numbers[fold.test_last] - numbers[fold.test_first] for fold in plan.folds]
    assert sum(weights) > sum(one["test_sessions"] for one in walk.folds)
    assert walk.metrics["in_sample"] == pytest.approx(np.average(inside, weights=weights), rel=1e-12)


def test_a_slip_of_the_whole_history_stops_no_window_of_a_walk_forward(tmp_path):
    """Five sessions are a two-hundredth of all, and a twentieth of a test."""
    _plan, walk = walked(config(), world(SOXS=[*range(700, 705)]), tmp_path)
    assert all(one["out_of_sample"] is not None for one in walk.folds)

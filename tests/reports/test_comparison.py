"""A comparison's numbers: those of metrics.json over a run's own sessions, and pandas' own on shared ones."""

import numpy as np
import pandas as pd
import pytest
from kept_runs import SPAN, edited, keep

from data.errors import UserError
from data.rates import accrual
from engine.analytics.attribution import COLUMNS
from engine.analytics.measure import BOOK
from reports.comparison import BASE, ROLLING, compared, shared_sessions

CURVE_ONLY = [name for name in BOOK if name not in ("first", "last", "sessions")]


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """Three runs: two over the whole span, and a later one of another size, cut at both ends."""
    folder = tmp_path_factory.mktemp("runs")
    later = ("start=2019-08-01", "end=2020-05-15", "portfolio.cash=5000", "name=later", "controls=off")
    return keep(folder), keep(folder, "trend_days=20", "name=quick"), keep(folder, *later)


def cut(run, first, last, **more):
    """The same run's tables cut to some of its sessions: what a run that has no others would have kept."""
    rows = slice(first, last)
    equity = {name: column[rows] for name, column in run.tables["equity"].items()}
    return edited(run, equity=equity, attribution=None, **more)


def ended(run, row):
    """The run, ruined at that row."""
    equity = {name: column[: row + 1].copy() for name, column in run.tables["equity"].items()}
    equity["hedged"][-1] = 0.0
    rows = {name: column[: row + 1] for name, column in run.tables["attribution"].items()}
    return edited(run, equity=equity, attribution=rows, manifest={"id": "ruined"}, metrics={"name": "gone"})


def test_over_its_own_sessions_a_run_has_the_figures_of_its_metrics(runs):
    found = compared(runs[:2])
    assert len(found.sessions) == runs[0].figures["sessions"]
    for one in found.runs:
        told = one.run.figures
        assert one.figures["fills"] > 0
        for name in CURVE_ONLY:
            assert one.figures[name] == pytest.approx(told[name], rel=1e-9), name
        assert one.figures["unhedged_cagr"] == pytest.approx(told["controls"]["unhedged"]["cagr"], rel=1e-12)
        sold = told["cagr"] - told["controls"]["derisk_daily"]["cagr"]
        assert one.figures["cagr_vs_derisk_daily"] == pytest.approx(sold, rel=1e-9)
        for name, value in one.attribution.items():
            assert value == pytest.approx(told["attribution"][f"{name}_a_year"], rel=1e-9, abs=1e-12), name


COLLAR = ("hedge={kind: option, option: {structure: collar}}", "name=collar")
BILLS = ("hedge={kind: cash, weight: 0.4}", "name=bills")


def test_of_other_kinds_of_hedge_it_has_their_parts_and_names(runs, tmp_path):
    collar, bills = keep(tmp_path, *COLLAR), keep(tmp_path, *BILLS)

    found = compared([collar, bills])
    assert (found.kinds, found.own) == ({"option", "cash"}, "Hedge's own")
    for one in found.runs:
        told = one.run.figures
        assert {name: one.figures[name] for name in CURVE_ONLY} == pytest.approx({n: told[n] for n in CURVE_ONLY})
        of_a_fund = {"compounding", "financing", "fee", "spread", "decay"}
        assert set(one.attribution) == {*COLUMNS, "sleeve"} - of_a_fund
    assert [one.label for one in found.runs] == ["collar, MODELLED", "bills"]
    assert (compared([bills]).own, compared([collar]).own) == ("Bills", "Option")
    assert (compared([runs[0], bills]).own, compared(runs[:2]).own) == ("Hedge's own", "Fund")


def test_on_shared_sessions_figures_are_those_of_the_curve_there(runs):
    """Made again with pandas from the kept tables."""
    found = compared(runs)
    first, last = found.sessions[[0, -1]]
    assert (first, last) == (np.datetime64("2019-08-01"), np.datetime64("2020-05-15"))
    one, run = found.runs[0], runs[0]
    whole = pd.Series(run.hedged.equity, run.sessions).loc[str(first) : str(last)]
    returns = whole.pct_change().dropna()
    cash = pd.Series(accrual(run.sessions, run.tables["equity"]["cash_yield"]), run.sessions).loc[returns.index]
    figures = one.figures
    assert figures["sessions"] == len(whole)
    assert figures["total_return"] == pytest.approx(whole.iloc[-1] / whole.iloc[0] - 1)
    assert figures["cagr"] == pytest.approx((whole.iloc[-1] / whole.iloc[0]) ** (252 / len(returns)) - 1)
    assert figures["volatility"] == pytest.approx(returns.std() * 252**0.5)
    assert figures["sharpe"] == pytest.approx((returns - cash.mean()).mean() / returns.std() * 252**0.5)
    assert figures["max_drawdown"] == pytest.approx((whole / whole.cummax() - 1).min())
    assert figures["final_equity"] == pytest.approx(BASE * whole.iloc[-1] / whole.iloc[0])
    orders = pd.DataFrame(run.tables["orders"])
    orders = orders[(orders["filled"] > first) & (orders["filled"] <= last)]
    assert figures["fills"] == len(orders)
    scale = BASE / whole.iloc[0]
    assert figures["costs"] == pytest.approx(scale * (orders["commission"] + orders["slippage"]).sum())
    assert figures["turnover"] == pytest.approx(orders["value"].sum() / whole.mean() / len(returns) * 252)
    decided = run.tables["episodes"]["decided"]
    assert figures["episodes"] == np.count_nonzero((decided >= first) & (decided < last))
    rows = (run.sessions >= first) & (run.sessions <= last)
    assert figures["sessions_hedged"] == np.count_nonzero(run.tables["equity"]["hedge_weight"][rows])
    parts = [one.attribution[name] for name in run.tables["attribution"] if name in one.attribution]
    assert sum(parts) == pytest.approx(figures["cagr"], rel=1e-9)
    assert (found.runs[2].attribution, found.runs[2].figures["cagr_vs_derisk_daily"]) == (None, None)


def test_how_spans_and_sizes_were_aligned_is_said(runs):
    simulated, aligned, scaled = compared(runs).notes
    assert simulated == "SIMULATED market: it shows the machine and says nothing about a hedge."
    assert aligned.startswith("The runs have different sessions (hedge_soxs 2019-01-02 to 2020-06-30, quick ")
    assert "all are cut to the 200 they share, 2019-08-01 to 2020-05-15, and every figure is computed anew" in aligned
    assert scaled == "The books differ in size: dollars are told as if each began 2019-08-01 with $100,000."
    assert compared(runs[:2]).notes == (simulated,)
    real = edited(runs[1], metrics={"simulated": False})
    assert compared([runs[0], real]).notes[0].startswith("SIMULATED market (hedge_soxs): ")


def test_a_made_up_history_does_not_compete_with_a_real_one(runs):
    real = edited(runs[1], metrics={"simulated": False})
    throughout = np.ones(len(runs[0].sessions), dtype=bool)
    partly = np.arange(len(throughout)) < 150
    synthetic = edited(real, manifest={"id": "f" * 12}, equity={**real.tables["equity"], "synthetic": throughout})
    mixed = edited(real, manifest={"id": "e" * 12}, equity={**real.tables["equity"], "synthetic": partly})
    assert compared([runs[0], real]).competing == (False, True)
    assert compared([synthetic, real]).competing == (False, True)
    assert compared([mixed, real]).competing == (True, True)
    assert compared([runs[0], synthetic]).competing == (True, True)


def test_synthetic_sessions_are_counted_where_they_are_shared(runs):
    made = np.arange(len(runs[0].sessions)) < 150
    synthetic = edited(runs[0], equity={**runs[0].tables["equity"], "synthetic": made})
    day = runs[0].sessions[149]
    assert f"SYNTHETIC: hedge_soxs rests on the fund model on 150 sessions, to {day}." in compared([synthetic]).notes
    assert any("on the fund model on 4 sessions" in note for note in compared([synthetic, runs[2]]).notes)


def test_rolling_figures_are_those_of_pandas(runs):
    one, run = compared(runs[:2]).runs[1], runs[1]
    ours, theirs = (pd.Series(run.tables["equity"][name]).pct_change() for name in ("hedged", "unhedged"))
    excess = ours - accrual(run.sessions, run.tables["equity"]["cash_yield"])
    rolled = excess.rolling(ROLLING)
    np.testing.assert_allclose(one.sharpe, rolled.mean() / rolled.std() * 252**0.5, rtol=1e-8)
    beta = ours.rolling(ROLLING).cov(theirs) / theirs.rolling(ROLLING).var()
    np.testing.assert_allclose(one.beta, beta, rtol=1e-8)
    assert np.isfinite(one.beta).sum() == len(ours) - ROLLING
    np.testing.assert_allclose(one.drawdown, run.hedged.equity / np.maximum.accumulate(run.hedged.equity) - 1)


def test_correlations_are_those_of_numpy(runs):
    found = compared(runs[:2])
    returns = [np.diff(run.hedged.equity) / run.hedged.equity[:-1] for run in runs[:2]]
    added = [
        ours - np.diff(run.tables["equity"]["unhedged"]) / run.tables["equity"]["unhedged"][:-1]
        for ours, run in zip(returns, runs, strict=False)
    ]
    np.testing.assert_allclose(found.correlations, np.corrcoef(returns), rtol=1e-12)
    np.testing.assert_allclose(found.correlations_of_hedges, np.corrcoef(added), rtol=1e-12)
    never = edited(runs[1], equity={**runs[1].tables["equity"], "hedged": runs[1].unhedged.equity})
    assert np.isnan(compared([runs[0], never]).correlations_of_hedges[1]).all()


def test_runs_that_share_too_little_are_refused(runs):
    run = runs[0]
    later = cut(run, 100, 300, manifest={"id": "later"})
    assert len(compared([cut(run, 0, 121), later]).sessions) == 21
    with pytest.raises(UserError, match=r"the runs share 20 sessions, fewer than 21: .* 2019-01-02 to ") as told:
        compared([cut(run, 0, 120), later])
    assert "\n" not in str(told.value)
    with pytest.raises(UserError, match="share 0 sessions"):
        compared([cut(run, 0, 50), later])


def test_a_ruined_run_ends_nobody_elses_span(runs):
    gone = ended(runs[0], 100)
    found = compared([runs[1], gone])
    assert len(found.sessions) == len(runs[1].sessions)
    one = found.runs[1]
    assert (one.growth["hedged"][100:] == 0).all()
    assert (one.figures["cagr"], one.figures["max_drawdown"]) == (-1.0, -1.0)
    sold = found.runs[0].figures["cagr"] - found.runs[0].figures["cagr_vs_derisk_daily"]
    assert one.figures["cagr_vs_derisk_daily"] < -1.0 < sold
    assert one.drawdown[-1] == -1.0
    assert f"gone was ruined on {runs[0].sessions[100]}: its curve stays where it ended." in found.notes
    assert found.runs[0].figures["cagr"] == pytest.approx(runs[1].figures["cagr"])
    assert len(shared_sessions([gone])) == 101
    with pytest.raises(UserError, match="share"):
        compared([gone, cut(runs[1], 100, 300, manifest={"id": "later"})])


def test_sessions_that_one_run_lacks_are_bridged(runs):
    """A run without some sessions inside its span: the others' returns run over them, and dollars add up."""
    run, lacking = runs[1], np.isin(np.arange(len(runs[0].sessions)), [50, 51, 120])
    thin = edited(
        runs[0], equity={name: column[~lacking] for name, column in runs[0].tables["equity"].items()}, attribution=None
    )
    one = compared([run, thin]).runs[0]
    assert len(one.growth["hedged"]) == len(run.sessions) - 3
    np.testing.assert_array_equal(one.growth["hedged"], run.hedged.equity[~lacking] / run.hedged.equity[0])
    parts = [one.attribution[name] for name in run.tables["attribution"] if name in one.attribution]
    assert sum(parts) == pytest.approx(one.figures["cagr"], rel=1e-9)
    assert one.figures["costs"] == pytest.approx(run.figures["costs"])


def test_runs_of_one_name_are_told_apart_by_their_ids(runs, tmp_path):
    again = keep(tmp_path, *SPAN, "trend_days=30", "controls=off")
    labels = [one.label for one in compared([runs[0], runs[1], again]).runs]
    assert labels == [f"hedge_soxs {runs[0].id[:4]}", "quick", f"hedge_soxs {again.id[:4]}"]
    near = edited(runs[0], manifest={"id": f"{runs[0].id[:6]}zzzz"})
    assert compared([runs[0], near]).runs[0].label == f"hedge_soxs {runs[0].id[:7]}"


def test_a_run_given_twice_is_shown_once(runs):
    assert len(compared([runs[0], runs[1], runs[0]]).runs) == 2

"""Walk-forward from end to end: its choices, its book and its figures are re-derived by single runs."""

import json
import pickle
import re
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest
from history import FOLDER, ROOT, needs_history
from markets import make_bars, nyse, random_bars, source_of
from own_strategies import FALLING

from backtest import load_config, run, write_run
from data.errors import ConfigError, StrategyError, UserError
from data.files import CHECKSUMS
from engine.loading import build_config
from engine.research.cache import Cache
from engine.research.columns import COLUMNS
from engine.research.compute import Timer, compute
from engine.research.executors import Threads
from engine.research.grid import grid_of, with_values
from engine.research.job import read_column
from engine.research.walkforward.figures import efficiency, standing
from engine.research.walkforward.folds import Windows, span_of
from engine.research.walkforward.plan import TEST, TRAIN, WHOLE, check_axes, plan_of
from engine.research.walkforward.run import best_row, choices, sweep_windows, walk_forward
from engine.research.walkforward.stitching import stitched_run, stitched_weights
from engine.runs.identity import digest

DEMO = ["start=2018-07-02", "end=2020-10-30", "policy.confirm=3", "policy.min_hold=5", "policy.cooldown=4"]
AXES = ["trend_days=20,60", "hedge.weight=0.1,0.3"]
OWN = ("strategy", "params", "trend_days"), ("hedge", "weight")


def cut(train, test, embargo=5, *, anchored=False):
    return Windows(span_of(train, "--train"), span_of(test, "--test"), anchored, embargo)


def written(result, folder):
    return write_run(result, folder, tearsheet=False, report=False)


def planned(axes=AXES, settings=DEMO, windows=None, objective="sharpe", **more):
    config = load_config("hedge_soxs.yaml", settings)
    return plan_of(config, grid_of(config, axes), windows or cut("1y", "4m"), objective, **more)


def alone(config, first, last):
    return run(config.model_copy(update={"start": first, "end": last, "controls": "off"}), engine="python")


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    """A walk-forward on the simulated market, a policy that remembers."""
    plan = planned()
    return plan, walk_forward(plan, tmp_path_factory.mktemp("demo"), Threads(1), written)


# Choices --------------------------------------------------------------------------------------------------------------


def test_each_choice_is_the_best_of_plain_runs_over_its_training(demo):
    plan, walk = demo
    chosen = set()
    for row in walk.folds:
        sharpes = {}
        for values in ((days, weight) for days in (20, 60) for weight in (0.1, 0.3)):
            config = with_values(plan.config, dict(zip(OWN, values, strict=True)))
            sharpes[values] = alone(config, row["train_first"], row["train_last"]).figures["sharpe"]
        best = max(sharpes, key=sharpes.get)
        assert (row["strategy.params.trend_days"], row["hedge.weight"]) == best
        assert row["in_sample"] == pytest.approx(sharpes[best], rel=1e-9)
        chosen.add(best)

    assert len(walk.folds) == 4
    assert len(chosen) > 1


def test_out_of_sample_is_a_plain_run_over_the_test_ranked_among_all(demo):
    plan, walk = demo
    ends = [row["test_first"] for row in walk.folds[1:]] + [date(2020, 10, 30)]
    for row, end in zip(walk.folds, ends, strict=True):
        sharpes = [
            alone(with_values(plan.config, dict(zip(OWN, values, strict=True))), row["test_first"], end).figures[
                "sharpe"
            ]
            for values in ((days, weight) for days in (20, 60) for weight in (0.1, 0.3))
        ]
        own = sharpes[2 * (row["strategy.params.trend_days"] == 60) + (row["hedge.weight"] == 0.3)]
        assert row["out_of_sample"] == pytest.approx(own, rel=1e-9)
        assert row["rank"] == 1 + sum(one > own + 1e-12 for one in sharpes)
        assert row["best_out_of_sample"] == pytest.approx(max(sharpes), rel=1e-9)
        assert row["median_out_of_sample"] == pytest.approx(np.median(sharpes), rel=1e-9)
        kept = own / row["in_sample"] if row["in_sample"] > 0 else None
        assert row["efficiency"] == (kept if kept is None else pytest.approx(kept, rel=1e-9))
        assert row["degradation"] == pytest.approx(row["in_sample"] - own, rel=1e-9)


PLANTED = """
from dataclasses import dataclass
import numpy as np
from backtest import Strategy, parameter

@dataclass(frozen=True)
class Planted(Strategy):
    side: int = parameter(0, at_least=0, at_most=2)

    def intensity(self, market):
        return (np.arange(len(market)) // 10 % 2 == self.side).astype(float)
"""


def planted(tmp_path, turn, count=360, rng=None):
    """A core that falls in even stretches of ten sessions and rises in odd ones, the other way round from `turn` on."""
    (tmp_path / "planted.py").write_text(PLANTED)
    rows, dates = np.arange(count), nyse("2019-01-02", count)
    falls = (rows - 2) // 10 % 2 == np.where(rows < turn, 0, 1)  # decided at one close, held from the next
    moves = np.where(falls, -0.01, 0.011) + (0.0 if rng is None else rng.normal(0.0, 0.004, count))
    core, fund = 40.0 * np.cumprod(1.0 + moves), 40.0 * np.cumprod(1.0 - 3.0 * moves)
    source = replace(source_of(make_bars("CORE", dates, core), make_bars("FUND", dates, fund)), simulated=True)
    tree = {
        "name": "planted",
        "start": str(dates[0]),
        "portfolio": {"core": {"CORE": 1.0}},
        "hedge": {"instrument": "FUND", "underlying": "CORE"},
        "strategy": {"class": f"{tmp_path / 'planted.py'}:Planted"},
        "execution": {"cash_rate": 0.0},
    }
    return build_config(tree), source


def test_what_is_best_in_one_half_and_then_in_the_other_is_found_in_each(tmp_path):
    config, source = planted(tmp_path, turn=180)
    plan = plan_of(config, grid_of(config, ["side=0:2"]), cut("60d", "30d"), "cagr_vs_unhedged", source=source)
    walk = walk_forward(plan, tmp_path, Threads(1), written)

    sides = [row["strategy.params.side"] for row in walk.folds]
    before = [fold.train_last < 180 for fold in plan.folds]
    after = [fold.train_first >= 180 for fold in plan.folds]
    assert [side for side, early in zip(sides, before, strict=True) if early] == [0] * sum(before)
    assert [side for side, late in zip(sides, after, strict=True) if late] == [1] * sum(after)
    assert sum(before) > 2
    assert sum(after) > 2
    pays = [row["cagr_vs_unhedged_out_of_sample"] > 0.05 for row in walk.folds]
    assert pays == [side == (fold.test_first >= 180) for side, fold in zip(sides, plan.folds, strict=True)]


def test_no_session_after_a_training_influences_its_choice(tmp_path):
    rng = np.random.default_rng(4)
    dates = nyse("2018-01-02", 420)
    core = random_bars("CORE", dates, rng)
    fund = random_bars("FUND", dates, rng, follows=core, beta=-3.0)
    tree = {
        "name": "poisoned",
        "start": str(dates[60]),
        "portfolio": {"core": {"CORE": 1.0}},
        "hedge": {"instrument": "FUND", "underlying": "CORE"},
        "strategy": {"params": {"volatility_floor": 0.0}},
        "execution": {"cash_rate": 0.0},
    }
    config = build_config(tree)
    grid = grid_of(config, ["trend_days=5:50:3", "hedge.weight=0.05,0.2"])

    def chosen(bars, out):
        plan = plan_of(config, grid, cut("80d", "40d", 10), "sharpe", source=replace(source_of(*bars), simulated=True))
        files = sweep_windows(plan, out, Threads(1))
        return plan, files, choices(plan, files)

    plan, files, honest = chosen((core, fund), tmp_path / "honest")
    for k in (1, 4):
        last = 60 + plan.folds[k].train_last
        turn = np.where(np.arange(len(dates)) > last, rng.uniform(0.5, 2.0, len(dates)), 1.0)
        poisoned = [
            replace(bars, **{name: getattr(bars, name) * turn for name in ("open", "high", "low", "close")})
            for bars in (core, fund)
        ]
        _plan, others, poisoned_choices = chosen(poisoned, tmp_path / f"poisoned-{k}")

        untouched = range(1, k + 2)
        assert [poisoned_choices[fold] for fold in untouched] == [honest[fold] for fold in untouched]
        for fold in untouched:
            ours, theirs = (read_column(held[fold, TRAIN], "final_equity") for held in (files, others))
            assert (ours == theirs).all()
        ours, theirs = (read_column(held[k + 1, TEST], "final_equity") for held in (files, others))
        assert (ours != theirs).all()


def test_ties_go_to_the_first_of_the_grid_and_what_is_undefined_never_wins():
    values = np.array([np.nan, 0.5, 0.7, 0.7, -np.inf, np.nan])

    assert best_row(values, lowest=False) == 2
    assert best_row(values[:4], lowest=True) == 1
    assert best_row(np.full(3, np.nan), lowest=False) is None


def test_rows_that_fail_never_win(tmp_path):
    plan = planned(["policy.exit=0.6,0.5", "policy.enter=0.5,0.7"], DEMO[:2])
    files = sweep_windows(plan, tmp_path, Threads(1))

    sharpes = read_column(files[1, TRAIN], "sharpe")
    assert np.isnan(sharpes).tolist() == [True, False, False, False]
    assert "policy.exit 0.6 is above policy.enter 0.5" in pq.read_table(files[1, TRAIN])["failed"][0].as_py()
    assert choices(plan, files)[1] == 1  # of three that tie


def test_where_none_has_a_value_it_says_so(tmp_path):
    plan = planned(["policy.enter=0.4,0.5", "policy.exit=0.6,0.7"], DEMO[:2])
    with pytest.raises(
        UserError, match=r"no combination has a sharpe from 2018-07-02 .* the first because sweep: policy"
    ):
        walk_forward(plan, tmp_path, Threads(1), written)


# The book -------------------------------------------------------------------------------------------------------------


def test_the_stitched_book_orders_what_the_chosen_runs_ordered(demo):
    plan, walk = demo
    table = pq.read_table(walk.run / "equity.parquet")
    ordered, dates = table["ordered_hedge"].to_numpy(), table["date"].to_numpy().astype("datetime64[D]")
    fresh = []
    for fold, row in zip(plan.folds, walk.folds, strict=True):
        values = (row["strategy.params.trend_days"], row["hedge.weight"])
        config = with_values(plan.config, dict(zip(OWN, values, strict=True)))
        sessions = [plan.sessions[at].item() for at in (fold.train_first, fold.test_first, fold.test_last)]
        followed = alone(config, sessions[0], sessions[2]).hedged.hedges[fold.test_first - fold.train_first : -1, -1]
        first = np.searchsorted(dates, plan.sessions[fold.test_first])
        assert (ordered[first : first + len(followed)] == followed).all()
        fresh.append((alone(config, sessions[1], sessions[2]).hedged.hedges[:-1, -1] != followed).any())

    assert (ordered > 0.0).any()
    assert any(fresh)  # a policy that remembers stands elsewhere than one that begins with the test


def test_the_stitched_run_is_one_like_any_other_and_runs_again_from_its_own_config(demo):
    _plan, walk = demo
    config = load_config(walk.run / "config.yaml")
    again = run(config)

    kept = pq.read_table(walk.run / "equity.parquet")
    assert again.label == "WeaknessHedge, walk-forward"
    assert (again.hedged.equity == kept["hedged"].to_numpy()).all()
    assert written(again, walk.folder.parent / "again").name == walk.run.name
    metrics = json.loads((walk.run / "metrics.json").read_text())
    assert walk.metrics["verdict"] == metrics["verdict"]
    assert {"unhedged", "derisk_daily"} < set(metrics["controls"])
    assert (config.start, config.end) == (walk.folds[0]["test_first"], walk.folds[-1]["test_last"])


def test_the_books_beside_it_are_plain_runs_over_the_same_sessions(demo):
    plan, walk = demo
    books, told = walk.metrics["books"], walk.metrics
    first, last = walk.folds[0]["test_first"], walk.folds[-1]["test_last"]
    own = alone(plan.config, first, last).figures
    sharpes = walk.values(0, WHOLE, "sharpe")
    best = dict(zip(OWN, [(20, 60)[sharpes.argmax() // 2], (0.1, 0.3)[sharpes.argmax() % 2]], strict=True))
    hindsight = alone(with_values(plan.config, best), first, last).figures

    for name, metrics in (("own", own), ("hindsight", hindsight), ("unhedged", own["controls"]["unhedged"])):
        assert books[name]["final_equity"] == pytest.approx(metrics["final_equity"], rel=1e-9)
        assert books[name]["objective"] == pytest.approx(metrics["sharpe"], rel=1e-9)
    assert list(told["parameters"]["hindsight"].values()) == list(best.values())
    assert told["out_of_sample"] == books["walk_forward"]["sharpe"]
    weights = [row["test_sessions"] for row in walk.folds]
    assert told["in_sample"] == pytest.approx(np.dot([row["in_sample"] for row in walk.folds], weights) / sum(weights))
    assert told["efficiency"] == pytest.approx(told["out_of_sample"] / told["in_sample"])
    difference = books["walk_forward"]["cagr"] - books["unhedged"]["cagr"]
    assert told["cagr_vs_unhedged_out_of_sample"] == pytest.approx(difference)
    equity = walk.equity()
    assert equity["walk_forward"][-1] == books["walk_forward"]["final_equity"]
    assert sum(weights) == len(equity["date"]) - 1
    assert [int((equity["fold"][:-1] == row["fold"]).sum()) for row in walk.folds] == weights


@pytest.mark.parametrize("rebalance", ["weekly", "band"])
def test_a_rebalanced_hedge_is_rebalanced_in_the_stitched_book_too(tmp_path, rebalance):
    settings = ["start=2018-07-02", "end=2019-06-28", f"hedge.rebalance={rebalance}", "hedge.band=0.01"]
    plan = planned(["hedge.weight=0.2"], settings, cut("6m", "3m"))
    walk = walk_forward(plan, tmp_path, Threads(1), written)
    first, last = walk.folds[0]["test_first"], walk.folds[-1]["test_last"]

    single = alone(
        plan.config.model_copy(update={"hedge": plan.config.hedge.model_copy(update={"weight": 0.2})}), first, last
    )
    assert walk.metrics["books"]["walk_forward"]["fills"] == single.figures["fills"]
    assert walk.metrics["books"]["walk_forward"]["final_equity"] == pytest.approx(
        single.figures["final_equity"], rel=1e-9
    )


# Files ----------------------------------------------------------------------------------------------------------------

FILES = ("combinations.parquet", "folds.parquet", "equity.parquet", "metrics.json", "manifest.json")


def bytes_of(walk):
    return {name: (walk.folder / name).read_bytes() for name in FILES}


class Counting(Threads):
    """Threads that note every piece, and may be stopped."""

    def run(self, job, asked):
        for piece, answer in super().run(job, asked):
            NOTED.done.append(piece)
            yield piece, answer


NOTED = SimpleNamespace(done=[])


def test_a_killed_one_goes_on_and_its_files_are_the_same(demo, tmp_path, monkeypatch):
    plan, walk = demo
    monkeypatch.setattr(NOTED, "done", [])

    def stopping(_rows):
        if len(NOTED.done) == 5:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        sweep_windows(plan, tmp_path, Counting(1), stopping)
    with pytest.raises(ZeroDivisionError):
        walk_forward(plan, tmp_path, Counting(1), lambda *_: 1 / 0)
    again = walk_forward(plan, tmp_path, Counting(1), written)

    assert len(NOTED.done) == len(set(NOTED.done)) == len(plan.windows) == 9
    assert bytes_of(again) == bytes_of(walk)
    assert {path.name for path in again.folder.iterdir()} == {*FILES, CHECKSUMS, again.run.name}
    written_at = (again.folder / "folds.parquet").stat().st_mtime_ns
    assert walk_forward(plan, tmp_path, Counting(1), written).folds == again.folds
    assert (again.folder / "folds.parquet").stat().st_mtime_ns == written_at
    assert len(NOTED.done) == 9


def test_a_worker_that_shares_no_file_answers_the_same(demo):
    plan, _walk = demo
    job, chunks = plan.job, [*plan.chunks]
    sent = pickle.loads(pickle.dumps(job.packed())).open(2)  # noqa: S301  # our own
    here = job.open(1)

    for window in (0, 1, 8, 3):
        ours, theirs = (answer(chunks[window]).columns for answer in (here, sent))
        assert ours.keys() == theirs.keys()
        for name, column in ours.items():
            np.testing.assert_array_equal(column, theirs[name])


def test_every_combination_is_kept_as_a_sweep_keeps_it(demo):
    plan, walk = demo
    table = pq.read_table(walk.folder / "combinations.parquet")

    assert table.num_rows == plan.combinations == 4 * 9
    assert table.column_names[:4] == ["fold", "window", "strategy.params.trend_days", "hedge.weight"]
    assert walk.combinations(2, TEST, ("hedge.weight",))["hedge.weight"] == [0.1, 0.3, 0.1, 0.3]
    assert walk.values(0, WHOLE, "sessions").tolist() == [len(plan.sessions)] * 4
    assert tuple(table.column_names[4:]) == (*COLUMNS, "failed")


def test_a_strategy_that_cannot_be_compiled_is_walked_forward_too(tmp_path):
    (tmp_path / "closing.py").write_text(FALLING)
    settings = ["start=2019-07-01", "end=2020-05-29", f"strategy.class={tmp_path / 'closing.py'}:Closing"]
    plan = planned(["fall=0.02,0.1"], settings, cut("6m", "4m"))
    walk = walk_forward(plan, tmp_path, Threads(1), written)

    (row,) = walk.folds
    sharpes = [
        alone(with_values(plan.config, {("strategy", "params", "fall"): fall}), row["train_first"], row["train_last"])
        for fall in (0.02, 0.1)
    ]
    assert row["strategy.params.fall"] == (0.02, 0.1)[int(np.argmax([one.figures["sharpe"] for one in sharpes]))]
    assert walk.metrics["strategy"] == "Closing, walk-forward"


@needs_history
def test_the_table_in_the_docs_is_what_the_command_gives():
    page = (ROOT / "docs" / "walkforward.md").read_text(encoding="utf-8")
    axes = re.findall(r"--param (\S+)", page.partition("On real history")[2].partition("--train")[0])
    config = load_config("hedge_soxs.yaml", data=FOLDER)
    plan = plan_of(config, grid_of(config, axes), cut("5y", "1y", 20), "sharpe")
    if f"`{digest(plan.inputs.data)[:12]}`" not in page:
        pytest.skip("the history is another than that of the docs")
    for fold in (1, 4):
        values = {}
        for window in plan.windows:
            if window.fold == fold:
                made = Cache(window.config, plan.grid, plan.source)
                values[window.kind] = compute(made, 0, len(plan.grid), 1, Timer())["sharpe"]
        row = best_row(values[TRAIN], lowest=False)
        told = standing(values[TEST], row, lowest=False)
        start = plan.sessions[plan.folds[fold - 1].test_first]
        (line,) = [line for line in page.splitlines() if line.startswith(f"| {start} to ")]
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        assert cells[4:6] == [f"{values[kind][row]:.2f}" for kind in (TRAIN, TEST)]
        assert cells[7:] == [f"{told['rank']} of 660", f"{100 * told['beaten']:.0f} %"]


# Figures and refusals -------------------------------------------------------------------------------------------------


def test_standing_by_hand():
    values = np.array([3.0, 1.0, 2.0, 2.0, np.nan, 0.0])

    told = standing(values, 2, lowest=False)
    assert (told["rank"], told["ranked"], told["beaten"]) == (2, 5, (2 + 0.5) / 4)
    assert (told["best_out_of_sample"], told["median_out_of_sample"]) == (3.0, 2.0)
    assert standing(values, 1, lowest=True)["rank"] == 2
    assert standing(values, 4, lowest=False)["rank"] is None
    assert standing(np.array([1.0]), 0, lowest=False)["beaten"] is None


@pytest.mark.parametrize(
    ("objective", "inside", "outside", "kept"),
    [
        ("sharpe", 0.8, 0.6, 0.75),
        ("cagr_vs_unhedged", 0.02, -0.01, -0.5),
        ("sharpe", -0.1, 0.5, None),
        ("total_return", 0.5, 0.1, None),
        ("max_drawdown_vs_unhedged", 0.1, 0.1, None),
        ("sharpe", 0.8, None, None),
    ],
)
def test_efficiency(objective, inside, outside, kept):
    assert efficiency(objective, inside, outside, lowest=False) == (None if kept is None else pytest.approx(kept))
    assert efficiency(objective, inside, outside, lowest=True) is None


@pytest.mark.parametrize(
    ("axes", "objective", "said"),
    [
        (["hedge.rebalance=never,daily"], "sharpe", "hedge.rebalance can't change within one book"),
        (["execution.slippage_bps=1,2"], "sharpe", "set others with --set"),
        (["trend_days=20,40"], "sharp", "--objective sharp is unknown, did you mean sharpe?"),
    ],
)
def test_what_cannot_be_chosen_is_refused(axes, objective, said):
    with pytest.raises(ConfigError) as told:
        planned(axes, objective=objective)
    assert said in str(told.value)


def test_a_backtrader_strategy_is_refused(tmp_path):
    (tmp_path / "theirs.py").write_text(
        "import backtrader as bt\n\nclass Theirs(bt.Strategy):\n    params = (('n', 1),)\n"
    )
    with pytest.raises(StrategyError, match=r"Theirs is a backtrader\.Strategy, which orders by itself"):
        planned(["hedge.weight=0.1,0.2"], [*DEMO[:2], f"strategy.class={tmp_path / 'theirs.py'}:Theirs"])


# Several hedges -------------------------------------------------------------------------------------------------------


def test_several_hedges_are_chosen_and_stitched_each_by_its_own_weight(tmp_path):
    hedges = [
        {"weight": 0.1},
        {"kind": "cash", "weight": 0.3, "policy": {"enter": 0.2, "exit": 0.2}},
        {"kind": "option", "option": {"structure": "collar"}, "rebalance": "monthly"},
    ]
    config = load_config("hedge_soxs.yaml", [*DEMO, f"hedges={json.dumps(hedges)}"])
    grid = grid_of(config, ["hedges.1.weight=0.2,0.4", "hedges.0.policy.confirm=1,3"])
    plan = plan_of(config, grid, cut("1y", "4m"), "sharpe")
    rows = [3, 0, 3, 2]

    weights = stitched_weights(plan, rows)
    stitched = stitched_run(plan, rows, tmp_path / "weights.py", lambda _: None)

    assert weights.shape == (len(plan.sessions) - 1 - plan.folds[0].test_first, 3)
    ordered = stitched.hedged.hedges[:-1]
    np.testing.assert_array_equal(ordered[:, :3], weights)
    np.testing.assert_array_equal(ordered[:, 3], -weights[:, 2])  # the call of the collar is sold
    assert set(np.unique(weights[:, 1])) == {0.0, 0.2, 0.4}
    fold = plan.folds[1]
    own = with_values(config, grid.combination(0))
    alike = alone(own, plan.sessions[fold.train_first].item(), plan.sessions[fold.test_last].item()).hedged.hedges
    first = fold.test_first - plan.folds[0].test_first
    inside = alike[fold.test_first - fold.train_first : -1, :3]
    np.testing.assert_array_equal(weights[first : first + len(inside)], inside)


def test_what_may_not_change_within_a_book_is_refused_of_any_hedge():
    config = build_config({"hedges": [{"weight": 0.1}, {"kind": "option"}]})

    check_axes(config, grid_of(config, ["hedges.1.cover=0.5,1", "hedges.0.policy.enter=0.5,0.7"]))
    with pytest.raises(ConfigError, match=r"hedges.1.option.strike can't change within one book"):
        check_axes(config, grid_of(config, ["hedges.1.option.strike=90,95"]))

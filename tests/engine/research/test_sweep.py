"""Sweeps from end to end: the same bytes however they are run, killed or cut; one failing row is one failing row."""

import json
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
from own_strategies import FALLING

from backtest import load_config, run
from backtest.sweeping import write_sweep_html
from data.errors import ConfigError, UserError
from data.files import CHECKSUMS
from engine.analytics.measure import HEDGE
from engine.research import combinations
from engine.research.executors import Threads
from engine.research.grid import grid_of, with_values
from engine.research.overfitting.findings import FILE
from engine.research.sweep import sweep
from engine.runs.index import Places
from engine.runs.results import PARTED, RESULTS
from engine.runs.sql import run_query

SHORT = ["start=2019-01-02", "end=2020-12-31"]
AXES = ["trend_days=10:100:10", "hedge.weight=0.05:0.5:0.05"]


def swept(tmp_path, axes=AXES, workers=1, settings=SHORT):
    config = load_config("hedge_soxs.yaml", settings)
    return sweep(config, grid_of(config, axes), tmp_path, workers)


def test_the_table_holds_a_row_a_combination(tmp_path):
    result = swept(tmp_path)
    table = pq.read_table(result.results)

    assert table.num_rows == 100
    assert table.column("strategy.params.trend_days").to_pylist()[:11] == [10] * 10 + [20]
    assert table.column("hedge.weight").to_pylist()[9] == 0.5
    assert {path.name for path in result.folder.iterdir()} == {RESULTS, FILE, CHECKSUMS, "manifest.json"}
    assert "SIMULATED" in result.folder.name


def test_a_large_table_is_a_folder_of_files_which_everybody_reads_alike(tmp_path, monkeypatch):
    one = swept(tmp_path / "one")
    for module in ("combinations", "sweep"):
        monkeypatch.setattr(f"engine.research.{module}.CHUNK", 10)
    monkeypatch.setattr("engine.research.sweep.TOGETHER", 40)
    many = swept(tmp_path / "many")

    assert sorted(path.name for path in many.results.iterdir()) == ["0000.parquet", "0001.parquet", "0002.parquet"]
    assert pq.read_metadata(many.results / "0000.parquet").num_rows == 40
    assert pq.read_table(many.results).equals(pq.read_table(one.results))
    assert (many.folder / FILE).read_bytes() == (one.folder / FILE).read_bytes()
    counted = [count_by_sql(tmp_path / place) for place in ("one", "many")]
    assert counted[0] == counted[1] == [{"id": None, "rows": 100, "best_sharpe": counted[0][0]["best_sharpe"]}]
    assert write_sweep_html(many, load_config("hedge_soxs.yaml", SHORT), "backtest run").is_file()

    (many.results / "0001.parquet").unlink()
    complaints = []
    assert count_by_sql(tmp_path / "many", complaints.append) == []
    assert f"{PARTED}/0001.parquet: is damaged" in complaints[0]
    assert sweep(load_config("hedge_soxs.yaml", SHORT), many.grid, tmp_path / "many").results == many.results
    assert pq.read_table(many.results).equals(pq.read_table(one.results))


@pytest.mark.parametrize(
    "axis", ["hedge.rebalance=weekly,band", "strict=true,false", "policy.stop_loss=null", "policy.stop_loss=0.1,null"]
)
def test_axes_of_texts_flags_and_nothing_have_a_page(tmp_path, axis):
    own = tmp_path / "flagged.py"
    own.write_text(FLAGGED, encoding="utf-8")
    config = load_config("hedge_soxs.yaml", [*SHORT, f"strategy.class={own}:Flagged", "strategy.params={}"])
    result = sweep(config, grid_of(config, [axis, "hedge.weight=0.1,0.2"]), tmp_path)
    page = write_sweep_html(result, config, "backtest run").read_text(encoding="utf-8")

    assert all(word in page for word in axis.partition("=")[2].split(","))


FLAGGED = """
from dataclasses import dataclass
import numpy as np
from backtest import Strategy

@dataclass(frozen=True)
class Flagged(Strategy):
    strict: bool = True

    def intensity(self, market):
        level = market.total_return()
        return (level < (0.95 if self.strict else 1.0) * np.maximum.accumulate(level)).astype(float)
"""


def count_by_sql(sweeps, warn=pytest.fail):
    sql = (
        "select null as id, count(*) as rows, any_value(best_sharpe) as best_sharpe "
        "from results r join sweeps s on r.id = s.id and r.folder = s.folder group by r.folder"
    )
    try:
        with run_query(sql, Places(sweeps=sweeps), warn) as answer:
            return answer.read_all().to_pylist()
    except UserError:
        return []


def test_bytes_do_not_depend_on_workers_or_chunks(tmp_path, monkeypatch):
    one = swept(tmp_path / "one").results.read_bytes()
    monkeypatch.setattr("engine.research.layout.BLOCK", 7)
    two = swept(tmp_path / "two", workers=2).results.read_bytes()

    assert one == two


def test_a_finished_sweep_is_not_run_again(tmp_path):
    first = swept(tmp_path)
    before = first.results.stat().st_mtime_ns

    again = swept(tmp_path)

    assert again.results.stat().st_mtime_ns == before
    assert again.seconds["kernel"] == 0.0


def test_finished_chunks_are_kept_and_the_rest_is_computed(tmp_path, monkeypatch):
    monkeypatch.setattr(combinations, "CHUNK", 16)
    whole = swept(tmp_path / "whole").results.read_bytes()
    done = []

    class Noting(Threads):
        def run(self, job, asked):
            for chunk, answer in super().run(job, asked):
                done.append(chunk.number)
                yield chunk, answer

    def stopping(rows):
        if rows and len(done) == 3:
            raise KeyboardInterrupt

    config = load_config("hedge_soxs.yaml", SHORT)
    with pytest.raises(KeyboardInterrupt):
        sweep(config, grid_of(config, AXES), tmp_path / "cut", progress=stopping, executor=Noting(1))
    kept = {part.name[:6] for part in (tmp_path / "cut").glob("*/parts/*.parquet")}
    again = sweep(config, grid_of(config, AXES), tmp_path / "cut", executor=Noting(1))

    assert again.results.read_bytes() == whole
    assert kept == {"000000", "000001", "000002"}
    assert done == list(range(7))


def test_what_comes_besides_the_metrics_stays_in_the_parts(tmp_path, monkeypatch):
    monkeypatch.setattr(combinations, "CHUNK", 64)
    plain, parts = swept(tmp_path / "plain").results.read_bytes(), []

    class More(Threads):
        def run(self, job, asked):
            for chunk, answer in super().run(job, asked):
                sums = np.arange(16.0 * (chunk.last - chunk.first)).reshape(-1, 16)
                yield chunk, answer._replace(columns={**answer.columns, "block_sums": sums, "sampled": sums[:, 0]})

    def reading(_rows):
        parts[:] = [pq.read_table(part) for part in sorted(tmp_path.glob("more/*/parts/*.parquet"))]

    config = load_config("hedge_soxs.yaml", SHORT)
    table = sweep(config, grid_of(config, AXES), tmp_path / "more", progress=reading, executor=More(1)).results

    assert table.read_bytes() == plain
    assert [part.num_rows for part in parts] == [64, 36]
    assert parts[0].column("block_sums")[1].as_py() == list(range(16, 32))
    assert parts[0].column("sampled")[1].as_py() == 16.0


def test_a_strategy_that_cannot_be_compiled_is_swept_in_processes(tmp_path, monkeypatch):
    (tmp_path / "closing.py").write_text(FALLING)
    monkeypatch.chdir(tmp_path)
    settings = ["start=2020-01-02", "end=2020-06-30", "strategy.class=closing.py:Closing"]
    config = load_config("hedge_soxs.yaml", settings)
    grid = grid_of(config, ["fall=0.02,0.1,0.9", "execution.commission_bps=0,10"])

    table = pq.read_table(sweep(config, grid, Path("sweeps"), 2).results)

    failed = table.column("failed").to_pylist()
    assert [bool(word) for word in failed] == [False] * 4 + [True] * 2
    assert "too far" in failed[4]
    single = run(with_values(config, {("strategy", "params", "fall"): 0.1, ("execution", "commission_bps"): 10.0}))
    for name in ("final_equity", "sharpe", "episodes", "costs"):
        assert table.column(name)[3].as_py() == pytest.approx(single.figures[name], rel=1e-12)
    for name in HEDGE:
        assert table.column(name)[3].as_py() == pytest.approx(single.figures["attribution"][name], rel=1e-12)
    assert table.column("sleeve_a_year")[3].as_py() != 0.0


def test_a_sweep_of_ones_own_classes_is_the_same_in_any_folder(tmp_path):
    names = []
    for folder in ("here", "there"):
        (tmp_path / folder).mkdir()
        file = tmp_path / folder / "closing.py"
        file.write_text(FALLING + "\n\n@dataclass\nclass Later(Closing):\n    pass\n")
        classes = f"strategy.class={file}:Closing,{file}:Later"
        result = swept(
            tmp_path / folder,
            [classes],
            settings=["start=2020-01-02", "end=2020-03-31", f"strategy.class={file}:Closing"],
        )
        names.append(result.folder.name)
        manifest = json.loads((result.folder / "manifest.json").read_text())
        assert manifest["axes"] == {"strategy.class": ["closing.py:Closing", "closing.py:Later"]}
        assert pq.read_table(result.results).column("failed").to_pylist() == [None, None]
    assert names[0] == names[1]


def test_one_history_is_swept(tmp_path):
    with pytest.raises(ConfigError, match=r"--param data\.source=auto,demo: a sweep reads one history"):
        swept(tmp_path, ["data.source=auto,demo"])


def test_dates_can_be_swept(tmp_path):
    table = pq.read_table(swept(tmp_path, ["start=2019-01-02,2020-01-02"]).results)

    assert table.column("start").to_pylist() == ["2019-01-02", "2020-01-02"]
    assert table.column("sessions")[0].as_py() > table.column("sessions")[1].as_py()

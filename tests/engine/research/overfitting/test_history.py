"""How many combinations were tried: each once, whatever sweep it stood in."""

import json

import pyarrow as pa
import pyarrow.parquet as pq

from data.files import write_checksums
from engine.loading import build_config
from engine.research.grid import grid_of
from engine.research.overfitting.history import Tried, tried_in
from engine.runs.identity import known_config


def as_kept(value):
    return value if isinstance(value, bool | int | float | str | None) else str(value)


def kept(folder, axes, settings=None, *, simulated=False, random=None, strategy="abc"):
    """A finished sweep's folder, as far as history reads it."""
    config = build_config({"name": "mine", **(settings or {})})
    grid = grid_of(config, axes, random)
    places = grid.indices(0, len(grid))
    table = {axis.name: pa.array([as_kept(axis.values[at]) for at in places[:, i]]) for i, axis in enumerate(grid.axes)}
    folder.mkdir(parents=True)
    pq.write_table(pa.table(table), folder / "results.parquet")
    told = {"simulated": simulated, "name": config.name, "config": known_config(config, "store"), "strategy": strategy}
    told |= {
        "axes": {axis.name: [as_kept(one) for one in axis.values] for axis in grid.axes},
        "combinations": len(grid),
    }
    (folder / "manifest.json").write_text(json.dumps(told))
    return folder


def test_every_combination_counts_once(tmp_path):
    one = kept(tmp_path / "one", ["trend_days=10:100:10", "hedge.weight=0.1,0.2"])
    assert tried_in(one) == Tried(20, 1)

    kept(tmp_path / "newer", ["trend_days=10:100:10", "hedge.weight=0.1,0.2"], {"end": "2024-12-31"})
    assert tried_in(one) == Tried(20, 2)  # the same on other history
    kept(tmp_path / "wider", ["trend_days=50:150:10", "hedge.weight=0.2,0.3"])
    assert tried_in(one) == Tried(20 + 22 - 6, 3)
    weak = {"class": "WeaknessHedge", "params": {"trend_days": 70}}
    kept(tmp_path / "other axes", ["policy.min_hold=0,5"], {"hedge": {"weight": 0.2}, "strategy": weak})
    assert tried_in(one) == Tried(36 + 1, 4)  # with no least hold it is one of the first sweep's
    kept(tmp_path / "drawn", ["trend_days=1000:1100", "hedge.weight=0.1,0.2"], random=7)
    assert tried_in(one) == tried_in(tmp_path / "wider") == Tried(44, 5)


def test_a_damaged_sweep_beside_is_named_and_not_counted(tmp_path):
    one = kept(tmp_path / "mine-sweep-1", ["trend_days=10:100:10"])
    other = kept(tmp_path / "mine-sweep-2", ["trend_days=200:300:10"])
    write_checksums(other, ["manifest.json", "results.parquet"])
    assert tried_in(one) == Tried(21, 2)

    for name in ("results.parquet", "manifest.json"):
        (other / name).write_bytes(b"{}")
        assert tried_in(one) == Tried(10, 1, (other / name,))
    other.rename(tmp_path / "others-sweep-2")
    assert tried_in(one) == Tried(10, 1)


def test_a_sweep_of_before_there_were_kinds_counts_and_one_of_another_kind_does_not(tmp_path):
    one = kept(tmp_path / "one", ["hedge.weight=0.1,0.2"])
    older = kept(tmp_path / "older", ["hedge.weight=0.3,0.4"]) / "manifest.json"
    manifest = json.loads(older.read_text())
    for key in ("kind", "option", "strategy", "policy"):
        del manifest["config"]["hedge"][key]
    older.write_text(json.dumps(manifest))
    kept(tmp_path / "bills", ["hedge.weight=0.5,0.6"], {"hedge": {"kind": "cash"}})

    assert tried_in(one) == Tried(4, 2)


def test_sweeps_of_other_runs_do_not_count(tmp_path):
    axes = ["hedge.weight=0.1,0.2"]
    one = kept(tmp_path / "one", axes)
    kept(tmp_path / "named", axes, {"name": "other"})
    kept(tmp_path / "simulated", axes, simulated=True)
    kept(tmp_path / "traded", axes, {"portfolio": {"core": {"SMH": 1.0}}})
    (tmp_path / "unfinished").mkdir()
    (tmp_path / "a file").write_text("")
    (tmp_path / "a run").mkdir()
    (tmp_path / "a run" / "manifest.json").write_text("{}")
    (tmp_path / "a run" / "results.parquet").write_text("")
    assert tried_in(one) == Tried(2, 1)

    kept(tmp_path / "rewritten", axes, strategy="def")
    assert tried_in(one) == Tried(4, 2)  # the same parameters of another rule are other combinations


def test_dates_count_where_they_are_swept(tmp_path):
    one = kept(tmp_path / "one", ["start=2010-06-01,2015-06-01", "hedge.weight=0.1,0.2"])
    kept(tmp_path / "two", ["hedge.weight=0.2,0.3"], {"start": "2015-06-01"})
    assert tried_in(one) == Tried(5, 2)


def test_values_of_any_kind_are_told_apart(tmp_path):
    one = kept(tmp_path / "one", ["policy.max_hold=null,20,30", "hedge.rebalance=never,daily"])
    kept(tmp_path / "two", ["policy.max_hold=20,40"], {"hedge": {"rebalance": "daily"}})
    assert tried_in(one) == Tried(7, 2)

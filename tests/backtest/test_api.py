"""The Python API: what a run may be given as, and a sweep as a table."""

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from command import command

import backtest
from data.errors import ConfigError, UserError
from engine.research.columns import COLUMNS
from engine.research.grid import grid_from, grid_of
from engine.research.search.space import space_of
from engine.research.sweep import sweep as run_sweep

SHORT = {"name": "short", "start": dt.date(2019, 1, 2), "end": "2020-12-31", "controls": "off"}


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_all_is_true():
    assert len(set(backtest.__all__)) == len(backtest.__all__)
    assert all(getattr(backtest, name) is not None for name in backtest.__all__)
    assert set(backtest.__all__) <= set(dir(backtest))
    with pytest.raises(AttributeError, match="sweap"):
        _ = backtest.sweap


def test_a_run_is_a_mapping_a_file_or_a_shipped_name(folder):
    (folder / "mine.yaml").write_text("name: short\nstart: 2019-01-02\nend: 2020-12-31\ncontrols: off\n")
    told = backtest.run("mine.yaml").figures

    assert backtest.run(SHORT).figures == told
    assert backtest.run(Path("mine.yaml")).figures == told
    assert backtest.run(backtest.load_config("mine.yaml")).figures == told
    assert backtest.load_market("hedge_soxs.yaml").hedge == "SOXS"


def test_a_mapping_may_hold_what_numpy_and_pandas_hold():
    config = {
        "name": np.str_("short"),
        "start": pd.Timestamp("2019-01-02"),
        "end": np.datetime64("2020-12-31"),
        "controls": np.bool_(False),
        "hedge": {"weight": np.float32(0.5), "lookback": np.int64(21)},
        "portfolio": {"core": pd.Series({"SOXX": 1.0}).to_dict()},
        "strategy": {"params": {"trend_days": np.array(40)}},
    }
    read = backtest.run(config).config

    assert (read.hedge.weight, read.hedge.lookback, read.start) == (0.5, 21, dt.date(2019, 1, 2))
    assert type(read.strategy.params["trend_days"]) is int


@pytest.mark.parametrize(
    ("config", "said"),
    [
        ({"hedge": {"wieght": 0.1}}, "config: hedge.wieght is unknown, did you mean weight?"),
        (
            {"start": pd.Timestamp("2020-01-02 10:00")},
            "config: start has to be a date, YYYY-MM-DD, not 2020-01-02 10:00",
        ),
        ({"start": pd.NaT}, "config: start has to be a date, YYYY-MM-DD, not NaT"),
        ({1: 2}, "config: 1 has to be text"),
        ({"hedge": {"weight": np.float64("nan")}}, "config: hedge.weight has to be a number from 0 to 1, not nan"),
        ({"strategy": {"params": {"trend_dys": 3}}}, "no parameter trend_dys, did you mean trend_days?"),
        ("hedge_sox.yaml", "hedge_sox.yaml: no such file, did you mean hedge_soxs.yaml?"),
        (5, "a run is a file, a mapping or a RunConfig, not int"),
        (None, "a run is a file, a mapping or a RunConfig, not NoneType"),
    ],
)
def test_what_is_wrong_with_it_is_one_line_that_names_the_key(config, said):
    with pytest.raises(ConfigError) as fault:
        backtest.run(config)

    assert said in str(fault.value)
    assert "\n" not in str(fault.value)


def test_a_sweep_is_a_table_in_the_grids_order_and_leaves_nothing(folder):
    frame = backtest.sweep(SHORT, {"trend_days": range(20, 61, 20), "hedge.weight": np.array([0.1, 0.2])})
    single = backtest.run({**SHORT, "hedge": {"weight": 0.2}, "strategy": {"params": {"trend_days": 40}}}).figures

    assert list(frame.columns) == ["trend_days", "hedge.weight", *COLUMNS, "failed"]
    assert frame["trend_days"].tolist() == [20, 20, 40, 40, 60, 60]
    assert frame["hedge.weight"].tolist() == [0.1, 0.2] * 3
    assert (frame["trend_days"].dtype, frame["hedge.weight"].dtype) == (np.int64, np.float64)
    for name in ("cagr", "sharpe", "max_drawdown", "fills", "costs"):
        assert frame[name][3] == pytest.approx(single[name], rel=1e-9)
    assert frame["failed"].isna().all()
    assert list(folder.iterdir()) == []


def test_what_it_took_and_how_much_is_luck_stand_in_attrs_as_plain_values():
    frame = backtest.sweep(SHORT, {"trend_days": [20, 40], "hedge.weight": [0.1, 0.2]})
    attrs = frame.attrs

    assert 0.0 < attrs["kernel_seconds"] < attrs["wall_seconds"]
    assert attrs["overfitting"]["combinations"] == 4
    assert attrs["pbo"] == attrs["overfitting"]["splits"]["pbo"]
    assert attrs["spa"]["unhedged"] == attrs["overfitting"]["superior"]["unhedged"]["p_value"]
    assert set(attrs["deflated_sharpe"]) == {"over_cash", "less_unhedged", "less_derisk"}
    assert attrs["mark"].startswith("SIMULATED")
    assert attrs["SIMULATED"] is attrs["simulated"] is True
    json.dumps(attrs)


def test_a_simulated_sweep_says_so_wherever_it_is_printed():
    frame = backtest.sweep(SHORT, {"trend_days": [20, 40]})
    few = frame.nlargest(1, "cagr")[["trend_days", "cagr"]]

    assert "SIMULATED" not in frame
    assert frame.index.tolist() == [0, 1]
    for shown in (frame, few):
        assert "SIMULATED" in repr(shown)
        assert "SIMULATED" in shown._repr_html_()


def test_out_keeps_what_the_command_keeps_and_the_rows_are_the_same_whoever_computes(folder):
    grid = {"trend_days": [20, 40], "hedge.weight": [0.1, 0.2]}
    kept, other = backtest.sweep(SHORT, grid, out="sweeps", workers=1), backtest.sweep(SHORT, grid, workers=2)
    table = pd.read_parquet(Path(kept.attrs["folder"]) / "results.parquet")

    pd.testing.assert_frame_equal(kept, other)
    assert list(table.columns) == ["strategy.params.trend_days", *kept.columns[1:]]
    config = backtest.load_config(
        "hedge_soxs.yaml", ["name=short", "start=2019-01-02", "end=2020-12-31", "controls=off"]
    )
    found = run_sweep(config, grid_of(config, ["trend_days=20,40", "hedge.weight=0.1,0.2"]), folder / "sweeps")
    assert found.folder == folder / kept.attrs["folder"]


def test_rows_that_fail_say_why_and_have_no_numbers():
    frame = backtest.sweep(SHORT, {"policy.enter": [0.3, 0.7], "policy.exit": [0.2, 0.5]})

    assert frame["failed"].notna().tolist() == [False, True, False, False]
    assert "policy.exit 0.5 is above policy.enter 0.3" in frame["failed"][1]
    assert np.isnan(frame["cagr"][1])


def test_values_stay_what_they_are():
    frame = backtest.sweep(
        SHORT,
        {
            "policy.max_hold": [None, 20],
            "start": pd.to_datetime(["2019-01-02", "2019-06-03"]),
            "hedge.weight": 0.1,
            "execution.commission_bps": [{"SOXX": 1.0, "SOXS": 2.0}],
        },
    )

    assert frame["policy.max_hold"].tolist() == [None, None, 20, 20]
    assert frame["start"][1] == dt.date(2019, 6, 3)
    assert frame["execution.commission_bps"][0] == {"SOXX": 1.0, "SOXS": 2.0}


def test_a_grid_in_the_config_is_taken_where_none_is_given():
    frame = backtest.sweep({**SHORT, "sweep": {"trend_days": "20:40:10", "hedge.weight": [0.1, 0.2]}}, random=4, seed=1)

    assert list(frame.columns[:2]) == ["trend_days", "hedge.weight"]
    assert len(frame) == 4


@pytest.mark.parametrize(
    ("grid", "said"),
    [
        ({"trend_dys": [1]}, "no parameter trend_dys, did you mean trend_days?"),
        ({"hedge.wieght": [0.1]}, "hedge.wieght is unknown, did you mean weight?"),
        ({"trend_days": []}, "grid 'trend_days': has no values"),
        ({"trend_days": np.array([])}, "grid 'trend_days': has no values"),
        ({"trend_days": [10, 10]}, "grid 'trend_days': names a value twice"),
        ({"hedge.weight": [0, 0.0]}, "grid 'hedge.weight': names a value twice"),
        ({"trend_days": [10, 20.5, 30]}, "trend_days has to be a whole number from 2 to 25,200, not 20.5"),
        ({"hedge.weight": [0.1, float("nan"), 0.2]}, "hedge.weight has to be a number from 0 to 1, not nan"),
        ({"trend_days": {10, 20}}, "grid 'trend_days': a set has no order"),
        ({"hedge.rebalance": "a,b"}, "not 'a,b'"),
        ({"trend_days": [10], "strategy.params.trend_days": [20]}, "strategy.params.trend_days is given twice"),
        ({"data.source": ["demo", "store"]}, "a sweep reads one history"),
        ({3: [1]}, "grid 3: a key is text"),
        ({}, "a sweep needs axes"),
        (None, "a sweep needs axes"),
    ],
)
def test_a_grid_that_can_not_be_meant_is_one_line(grid, said):
    with pytest.raises(ConfigError) as fault:
        backtest.sweep(SHORT, grid)

    assert said in str(fault.value)
    assert "\n" not in str(fault.value)
    assert "--" not in str(fault.value)


def test_nobody_works():
    with pytest.raises(UserError, match="workers=0"):
        backtest.sweep(SHORT, {"trend_days": [10, 20]}, workers=0)


def test_an_interrupt_leaves_nothing(folder, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(folder))

    def interrupt(*_args):
        raise KeyboardInterrupt

    monkeypatch.setattr("engine.research.sweep.join", interrupt)
    with pytest.raises(KeyboardInterrupt):
        backtest.sweep(SHORT, {"trend_days": [10, 20]})

    assert list(folder.iterdir()) == []


def test_nothing_is_printed(capfd):
    plain = backtest.sweep(SHORT, {"trend_days": [10, 20]})
    pd.testing.assert_frame_equal(backtest.sweep(SHORT, {"trend_days": [10, 20]}, progress=True), plain)

    assert capfd.readouterr() == ("", "")


def test_a_value_with_a_comma_stays_one_value_in_python_and_in_yaml():
    file = "import backtest\n\nclass Named(backtest.Strategy):\n    kind: str = 'a'\n"
    file += "    def intensity(self, market):\n        return market.close() * 0.0 + len(self.kind) / 10.0\n"
    Path("named.py").write_text(
        "from dataclasses import dataclass\n" + file.replace("class Named", "@dataclass(frozen=True)\nclass Named")
    )
    config = backtest.load_config("hedge_soxs.yaml", ["strategy.class=named.py:Named", "name=short"])

    assert grid_from(config, {"kind": ["a,b", "c"]}).axes[0].values == ("a,b", "c")
    assert grid_from(config, {"kind": "a,b"}).axes[0].values == ("a,b",)
    for values in (["a,b", "c", "0.5", "x: y", "[z"], ["a,b"], ["10:200:10"], ["x:y"], ["😀,"], ["'", '"'], ["#x"]):
        assert grid_of(config, [("kind", values)]).axes[0].values == tuple(values)
        assert space_of(config, [("kind", values)])[0].choices == tuple(values)
    assert grid_of(config, [("kind", "a,b")]).axes[0].values == ("a,b",)
    assert grid_of(config, ['kind="a,b",c']).axes[0].values == ("a,b", "c")


def test_dates_in_a_yaml_section_are_dates():
    config = backtest.load_config("hedge_soxs.yaml")
    days = [dt.date(2019, 1, 2), dt.date(2020, 1, 2)]

    assert grid_of(config, [("start", days)]).axes[0].values == tuple(days)


def test_the_commands_json_holds_how_much_is_luck(folder):
    words = ["--start", "2019-01-02", "--end", "2020-12-31", "--set", "controls=off", "--set", "name=short", "--json"]
    told = json.loads(command("sweep", "hedge_soxs.yaml", "--param", "trend_days=20,40", *words).out)
    attrs = backtest.sweep(SHORT, {"trend_days": [20, 40]}, out=folder / "sweeps").attrs

    assert {"pbo", "deflated_sharpe", "spa", "says"} <= set(told)
    assert {name: told[name] for name in ("pbo", "deflated_sharpe", "spa", "says")} == {
        name: attrs[name] for name in ("pbo", "deflated_sharpe", "spa", "says")
    }
    assert Path(attrs["folder"]).name == Path(told["folder"]).name

"""Tables of a run with several hedges: a column and a row a hedge, sums over them, and books read back from them."""

import json

import numpy as np
import pytest
from mixed import several

from engine.analytics.attribution import SLEEVE
from engine.runs.run import Run
from strategies.policy import ENTER

LABELS = ("HHH", "XXX", "AAA-PUT95", "AAA-CALL110", "AAA-SHORT", "BILLS")
COLLAR = 2
"""Its number among the hedges."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    several().save(folder)
    return folder


def test_each_traded_hedge_has_a_row_a_session_that_sum_to_the_sleeve():
    run = several()
    table, whole, sessions = run.tables["hedges"], run.tables["attribution"], len(run.sessions)

    assert run.setup.legs.labels == LABELS
    assert table["hedge"].tolist() == [label for label in LABELS for _ in range(sessions)]
    assert table["date"].tolist() == 6 * run.sessions.tolist()
    for name in SLEEVE:
        summed = table[name].reshape(6, sessions).sum(axis=0)
        np.testing.assert_allclose(summed, whole[name], atol=1e-9)
        assert summed.any() or name == "financing"  # cash earns nothing there


def test_figures_of_each_hedge_sum_to_those_of_all():
    run = several()
    figures, made = run.figures["hedges"], run.figures["attribution"]
    dollars = run.tables["hedges"]

    assert [(each["hedge"], each["kind"]) for each in figures] == list(
        zip(LABELS, ("fund", "asset", "option", "option", "short", "cash"), strict=True)
    )
    for name in (*SLEEVE, "sleeve"):
        assert sum(each[f"{name}_a_year"] for each in figures) == pytest.approx(made[f"{name}_a_year"], abs=1e-12)
    for name in SLEEVE[:-1]:
        carried = sum(each["bridge"][name] for each in figures)
        assert carried == pytest.approx(run.figures["bridge"][name], abs=1e-9)
    assert [each["sleeve_a_year"] != 0.0 for each in figures] == [
        dollars["tracking"][dollars["hedge"] == h].any() for h in LABELS
    ]
    assert made["decay_a_year"] is None


def test_mean_weights_are_those_of_the_equity_table():
    run = several()
    table, hedged = run.tables["equity"], run.hedged

    for k, each in enumerate(run.figures["hedges"]):
        worth = hedged.shares[:, 1 + k] * run.setup.prices.spot[:, 1 + k] / hedged.equity
        np.testing.assert_allclose(table[f"{LABELS[k]} weight"], worth, atol=1e-12)
        assert each["mean_weight"] == pytest.approx(worth.mean(), abs=1e-12)
        np.testing.assert_array_equal(table[f"{LABELS[k]} ordered"], hedged.hedges[:, k])


def test_a_collar_weighs_what_its_contracts_are_written_on():
    run = several(COLLAR)
    table = run.tables["equity"]
    put, call = table["AAA-PUT95 weight"], table["AAA-CALL110 weight"]

    assert 0.4 < put.max() < 0.6
    assert -0.6 < call.min() < -0.4
    np.testing.assert_array_equal(table["hedge_weight"], put)
    np.testing.assert_array_equal(table["ordered_hedge"], table["AAA-PUT95 ordered"])


def test_episodes_are_each_hedges_own_and_a_collars_is_one():
    run = several()
    table, entered = run.tables["episodes"], run.hedged.actions == ENTER
    entries = {label: run.sessions[entered[:, k]].tolist() for k, label in enumerate(LABELS)}

    assert entries.pop("AAA-CALL110") == entries["AAA-PUT95"]
    assert entries["XXX"] != entries["HHH"]  # it has a policy of its own
    assert list(table["decided"]) == sorted(table["decided"])
    assert run.figures["episodes"] == len(table["hedge"]) == sum(map(len, entries.values()))
    for name, days in entries.items():
        assert table["decided"][table["hedge"] == name].tolist() == days
    made = sum(run.tables["hedges"][name].sum() for name in SLEEVE)
    assert table["pnl"].sum() == pytest.approx(made, abs=1e-6)
    assert np.isnan(table["fund_return"]).tolist() == (table["hedge"] == "AAA-PUT95").tolist()


def test_books_and_tables_are_read_back_as_they_were_made(folder):
    made, read = several(), Run.load(folder)

    assert read.tables.keys() == made.tables.keys() >= {"hedges"}
    for name, table in made.tables.items():
        for column, values in table.items():
            np.testing.assert_array_equal(read.tables[name][column], values, err_msg=f"{name} {column}")
    assert {"hedged", "unhedged", "derisk_entry", "always_on"} <= read.ledgers.keys()
    for name, book in read.ledgers.items():
        for field in ("shares", "traded", "hedges", "actions", "equity", "cash"):
            np.testing.assert_array_equal(getattr(book, field), getattr(made.ledgers[name], field))


def test_metrics_are_json_without_a_number_that_is_none(folder):
    def refused(name):
        raise AssertionError(name)

    text = (folder / "metrics.json").read_text()
    metrics = json.loads(text, parse_constant=refused)
    assert metrics["study"]["windows"][0]["fund"] is metrics["study"]["windows"][0]["static"] is None
    assert metrics["attribution"]["average_hedge"] is None


def test_one_hedge_has_no_columns_nor_table_of_its_own():
    run = several(1)

    assert run.figures["hedges"] is None
    assert "hedges" not in run.tables
    assert not [name for name in run.tables["equity"] if " " in name]

"""A stress, whole: names of scenarios, tables that add up, and where the hedge fails."""

import numpy as np
import pytest
from stressed import DATES, run_config, things_of, up_to, whole

import backtest
from data.errors import UserError
from engine.stress.books import figures
from engine.stress.reverse import Reverse, TriedPaths
from engine.stress.stress import Scenario, stress


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    own = Scenario("true", things_of(whole()))
    config = run_config(tmp_path_factory.mktemp("run"))
    return stress(config, up_to(DATES[800]), ["nothing", own], horizon=30, paths=40, fall=-0.05, workers=1)


def test_named_scenarios_alone_are_run_and_their_rows_are_the_books(found):
    assert [each.name for each in found.replays] == ["nothing", "true"]
    rows = found.scenarios
    assert [table.columns.name for table in (rows, found.paths, found.fan, found.tries)] == ["SYNTHETIC"] * 4
    for each in found.replays:
        for book, growth in each.books.growth.items():
            row = rows[(rows["scenario"] == each.name) & (rows["book"] == book)].iloc[0]
            assert row["end"] == figures(growth).end
            assert row["end_value"] == pytest.approx(found.today.equity * growth[-1])
    true = next(each for each in found.replays if each.name == "true")
    assert len(true.books.sessions) == 100
    assert "SYNTHETIC" in repr(found)


def test_paths_are_counted_by_their_quantiles_and_those_that_fell(found):
    rows = found.paths
    all_, fell = (rows[rows["paths"] == which] for which in ("all", "fell"))
    ends = found.drawn.books.growth["hedged"][:, -1] - 1.0
    hedged = all_[all_["book"] == "hedged"].iloc[0]
    assert hedged["end_50"] == pytest.approx(np.median(ends))
    assert hedged["shortfall"] == pytest.approx(np.sort(ends)[:2].mean())
    lowest = found.drawn.books.underlying.min(axis=1)
    assert fell["count"].iloc[0] == (lowest <= 0.95).sum() == found.drawn.fell.sum()
    fan = found.fan
    last = fan[(fan["book"] == "unhedged") & (fan["session"] == 30)].iloc[0]
    assert last["q95"] == pytest.approx(np.quantile(found.drawn.books.growth["unhedged"][:, -1], 0.95))


def test_where_the_hedge_ends_behind_is_by_most_paths(found):
    rows = found.tries
    assert set(rows["kind"]) == {"fall", "chop"}
    assert rows[rows["kind"] == "chop"]["at"].max() == 21  # of those that fit into the horizon
    tried = [
        TriedPaths(at, {"unhedged": share}, {"unhedged": 0.0}) for at, share in ((-0.1, 0.9), (-0.2, 0.4), (-0.3, 0.6))
    ]
    reverse = Reverse(tuple(tried), (TriedPaths(5.0, {"unhedged": 0.2}, {"unhedged": 0.0}),), 30)
    assert reverse.behind("unhedged") == ([-0.1, -0.3], [])
    assert reverse.behind("held_less") == ([], [])


@pytest.mark.parametrize(
    ("scenarios", "given", "fault"),
    [
        (["2oo8"], {}, r"^there is no scenario 2oo8"),
        (["nothin"], {}, r"^there is no scenario nothin, did you mean nothing\?"),
        (["1995-01"], {}, r"^1995-01: 126 sessions from there are not in the history"),
        ("2oo8", {}, r"^there is no scenario 2oo8"),
        (["2007-13"], {}, r"^there is no scenario 2007-13: \d{4}-"),
        ([2008], {}, r"^2008 is no scenario: give a name in quotes"),
        (["nothing", Scenario("nothing", {})], {}, r"^two scenarios are named nothing"),
        (Scenario("mine", {"bars/CORF": None}), {}, r"^a scenario has bars of CORF, of .* did you mean CORE\?"),
        ([], {"fall": 0.3}, r"^fall 0.3 is no fall"),
        ([], {"fall": None}, r"^fall null is no fall"),
        ([], {"workers": 0}, r"^workers=0: has to be a whole number"),
        ([], {"horizon": 1}, r"horizon"),
        ([], {"paths": -1}, r"paths"),
    ],
)
def test_what_can_not_be_used_is_told_in_one_line(tmp_path, scenarios, given, fault):
    with pytest.raises((UserError, ValueError), match=fault) as told:
        stress(run_config(tmp_path), whole(), scenarios, **({"paths": 0} | given))
    assert "\n" not in str(told.value)


def test_a_month_or_a_year_names_falls_and_any_month_begins_a_replay(tmp_path):
    found = stress(run_config(tmp_path), whole(), ["2013-03"], horizon=20, paths=0)
    (only,) = found.replays
    assert (only.kind, len(only.books.sessions)) == ("since", 21)
    assert str(only.first).startswith("2013-03")
    falls = stress(run_config(tmp_path), whole(), None, paths=0).replays
    year = falls[0].name[:4]
    named = stress(run_config(tmp_path), whole(), [year], paths=0).replays
    assert {each.name for each in named} == {each.name for each in falls if each.name.startswith(year)}


def test_frames_make_a_scenario(tmp_path):
    frame = {name: getattr(whole().held_bars["CORE"], name) for name in ("open", "high", "low", "close")}
    import pandas as pd

    table = pd.DataFrame(frame, index=pd.Index(DATES, name="date"))
    rate = pd.DataFrame({"date": DATES, "value": whole().held_series["RATE"].values})
    config, source = run_config(tmp_path, "Closing"), up_to(DATES[880])
    own = backtest.scenario("mine", {"CORE": table}, {"RATE": rate})
    found = backtest.stress(config, [own], paths=0, source=source)
    assert found.scenarios["sessions"].iloc[0] == 19
    zoned = backtest.scenario("mine", {"CORE": table.tz_localize("America/New_York")}, {"RATE": rate})
    np.testing.assert_array_equal(zoned.things["bars/CORE"].dates, own.things["bars/CORE"].dates)
    with pytest.raises(UserError, match=r"^scenario bad, bars/CORE: column close is missing"):
        backtest.scenario("bad", {"CORE": table.drop(columns="close")})
    with pytest.raises(UserError, match=r"^scenario bad, bars/CORE:\d+: .* zero or negative"):
        backtest.scenario("bad", {"CORE": table.assign(low=-1.0)})
    with pytest.raises(UserError, match=r"^scenario bad, series/RATE: a date can't be read"):
        backtest.scenario("bad", {"CORE": table}, {"RATE": rate.assign(date="soon")})

"""By what run, sweep, search and walk-forward are known: any value that a combination reads changes the id of each."""

import pickle
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pytest
from filed_world import RUN, filed_world
from markets import make_series, nyse, random_bars, source_of
from worlds import configured

from data.bars import Bars
from data.events import make_events, make_members
from data.fingerprint import ABSENT
from data.series import Series
from data.sources import SERIES
from data.sources.wrapped import part_of
from engine.loading import build_config
from engine.research.grid import grid_of, with_values
from engine.research.inputs import dry_reads, inputs_of
from engine.research.search.objectives import objectives_of
from engine.research.search.run import plan_search
from engine.research.search.space import space_of
from engine.research.sweep import sweep
from engine.research.walkforward.folds import Windows, span_of
from engine.research.walkforward.plan import plan_of
from engine.runs.execute import run
from engine.setup import open_market, roles_of
from strategies.load import SHIPPED, strategy_class
from strategies.parameters import describe
from strategies.reload import texts

DATES = nyse("2019-01-02", 200)
START, EARLY, LATE = (str(DATES[at]) for at in (60, 120, 180))
ALL = ("run", "sweep", "search", "walkforward")
NO_WALK = ("run", "sweep", "search")
OWN = """
from dataclasses import dataclass
import numpy as np
from backtest import CloseStrategy, Strategy
from strategies.inputs import Reads

@dataclass(frozen=True)
class Silent(Strategy):
    which: int = 0

    def intensity(self, market):
        return (market.series("AB"[self.which]) > 20).astype(float)

class Twin(Silent):
    def intensity(self, market):
        return (market.series("INDEX") > 100).astype(float)

class Half(Silent):
    def reads(self, roles):
        return Reads(series=("A",))

@dataclass
class Closing(CloseStrategy):
    name: str = "A"

    def on_close(self, view, book):
        return 0.1 if view.series(self.name)[-1] > 20 else 0.0
"""


def held():
    """Return a source of everything there is a kind of, its bars walking at random."""
    rng = np.random.default_rng(3)
    core = random_bars("CORE", DATES, rng)
    fund = random_bars("FUND", DATES, rng, follows=core, beta=-3.0)
    more = [random_bars(name, DATES, rng) for name in ("OTHER", "XLP", "XLU", "NVDA", "AMD", "UNREAD")]
    more.append(random_bars("FUND2", DATES, rng, follows=core, beta=-3.0))
    series = [make_series(name, DATES, rng.uniform(10, 30, len(DATES))) for name in ("A", "B", "VIX", "VIX3M")]
    indices = [make_series(name, DATES, rng.uniform(99, 101, len(DATES))) for name in ("INDEX", "INDEX2")]
    rates = [make_series(name, DATES, rng.uniform(1, 4, len(DATES))) for name in ("IRX", "RATE")]
    events = [make_events(name, DATES[5::20]) for name in ("fomc", "cpi")]
    groups = [make_members("one", ["XLP", "OTHER"]), make_members("two", ["XLP", "XLU"])]
    return replace(source_of(core, fund, *more, *series, *indices, *rates, *events, *groups), simulated=True)


def changed(source, place, row=50):
    """Return the source with one value of an input changed, or a series' own lag."""
    kind, _, name = place.partition("/")
    table = dict(getattr(source, f"held_{kind.removesuffix('+lag')}"))
    one = table[name]
    if kind == "series+lag":
        table[name] = replace(one, lag=one.lag + 1)
    elif isinstance(one, Bars | Series):
        column = "close" if isinstance(one, Bars) else "values"
        values = getattr(one, column).copy()
        values[row] *= 1.0001
        table[name] = replace(one, **{column: values})
    elif kind == "events":
        table[name] = make_events(name, np.concatenate((one.dates, DATES[7:8])))
    else:
        table[name] = make_members(name, [*one.symbols[1:], "UNREAD"])
    return replace(source, **{f"held_{kind.removesuffix('+lag')}": table})


def told(keys: Mapping[str, Any]):
    tree = {
        "start": START,
        "hedge": {"instrument": "FUND", "underlying": "CORE"},
        "portfolio": {"core": {"CORE": 1.0}},
        "execution": {"cash_rate": 0.01},
        "strategy": {"class": "SeriesHedge", "params": {"series": "A"}},
        "controls": "off",
    }
    return build_config(
        {
            name: tree.get(name, {}) | more if isinstance(more, dict) else more
            for name, more in (tree | dict(keys)).items()
        }
    )


class Asked(Exception):  # noqa: N818  # it is no error
    """A sweep has its id, and was about to compute."""


class Ask:
    """An executor that tells the job's name and computes nothing."""

    def run(self, job, chunks):
        del chunks
        raise Asked(job.id)


def ids(kinds, keys, axes, source, out):
    """Return the ids by which each command knows the same combinations."""
    config = told(keys)
    grid, found = grid_of(config, axes), {}
    last = {axis.keys: axis.values[-1] for axis in grid.axes}
    if "run" in kinds:
        compiled = "python" if "Closing" in config.strategy.named else "compiled"
        found["run"] = run(with_values(config, last), source, engine=compiled).id
    if "sweep" in kinds:
        with pytest.raises(Asked) as asked:
            sweep(config, grid, out, source=source, executor=Ask())
        found["sweep"] = str(asked.value)
    if "search" in kinds:
        objectives = objectives_of("sharpe", None)
        found["search"] = plan_search(config, space_of(config, axes), objectives, out, 0, source)[0].folder.name
    if "walkforward" in kinds:
        cut = Windows(span_of("20d", "--train"), span_of("10d", "--test"), anchored=False, embargo=2)
        found["walkforward"] = plan_of(config, grid, cut, "sharpe", source=source).id
    return found


@dataclass(frozen=True)
class Case:
    """Axes, and an input that only their last value reads."""

    axes: tuple[str, ...]
    place: str
    keys: Mapping[str, Any]
    kinds: tuple[str, ...] = ALL
    row: int = 50


def case(axes, place, kinds=ALL, row=50, **keys):
    return Case((axes,) if isinstance(axes, str) else axes, place, keys, kinds, row)


def strategy(named, **params):
    return {"class": named, "params": params}


SAID = {
    "SeriesHedge": {"series": "A"},
    "RatesHedge": {"rate": "RATE"},
    "RotationHedge": {"market": "OTHER", "defensives": ["XLP"]},
    "CalendarHedge": {"events": ["fomc"]},
    "CompositeHedge": {"signals": {"one": {"signal": "series_value", "series": "A", "above": 20}}},
}
"""Parameters of those whose defaults name what isn't held."""
EXTENDED = {"extend": {"FUND": {"underlying": "CORE", "before": EARLY}}}
CASES = {
    "a series": case("series=A,B", "series/B"),
    "a series' own lag": case("series=A,B", "series+lag/B"),
    "a series that two axes name": case(("by=level,zscore", "series=A,B"), "series/B"),
    "what is traded": case("hedge.weight=0.1,0.2", "bars/FUND"),
    "a hedge": case("hedge.instrument=FUND,FUND2", "bars/FUND2", NO_WALK),
    "an underlying": case("hedge.underlying=CORE,OTHER", "bars/OTHER", NO_WALK),
    "a core": case("portfolio.core={CORE: 1},{CORE: 0.5, OTHER: 0.5}", "bars/OTHER", NO_WALK),
    "a cash rate": case("execution.cash_rate=IRX,RATE", "series/RATE", NO_WALK),
    "a lag": case("data.lag.A=0,3", "series/A", NO_WALK, data={"lag": {"A": 0}}),
    "a later end": case(f"end={EARLY},{LATE}", "bars/CORE", NO_WALK, 170, end=EARLY),
    "the end of the data": case(f"end={EARLY},null", "series/A", NO_WALK, 190, end=EARLY),
    "an earlier start": case(f"start={EARLY},{START}", "bars/CORE", NO_WALK, 20),
    "made history's index": case(
        "data.extend.FUND.underlying=INDEX,INDEX2", "series/INDEX2", NO_WALK,
        data={"extend": {"FUND": {"underlying": "INDEX", "before": EARLY}}}, execution={"cash_rate": "IRX"},
    ),
    "made history's rate": case("trend_days=20,30", "series/IRX", data=EXTENDED, execution={"cash_rate": "IRX"}),
    "the first real bar behind made history, after the end": case(
        "trend_days=20,30", "bars/FUND", row=179, end=EARLY,
        data={"extend": {"FUND": {"underlying": "CORE", "before": LATE}}},
    ),
    "instruments in a list": case(
        "defensives=[[XLP],[XLP,XLU]]", "bars/XLU",
        strategy=strategy("RotationHedge", market="OTHER", defensives=["XLP"]),
    ),
    "a group": case("members=one,two", "members/two", strategy=strategy("BreadthHedge", members="one")),
    "a group's members": case("members=one,two", "bars/XLU", strategy=strategy("BreadthHedge", members="one")),
    "chip makers": case("members=one,null", "bars/AMD", strategy=strategy("BreadthHedge", members="one")),
    "events": case("events=[[fomc],[fomc,cpi]]", "events/cpi", strategy=strategy("CalendarHedge", events=["fomc"])),
    "rules in a list": case(
        "signals.one.series=A,B", "series/B",
        strategy=strategy("CompositeHedge", signals={"one": {"signal": "series_value", "series": "A", "above": 20}}),
    ),
    "another class": case(
        "strategy.class=own.py:Silent,own.py:Twin", "series/INDEX", strategy=strategy("own.py:Silent")
    ),
    "a series where there is one": case(
        "vix_curve=false,true", "series/VIX", strategy=strategy("VolatilityHedge", vix_curve=False)
    ),
    "a number that chooses": case("which=0,1", "series/B", strategy=strategy("own.py:Silent", which=0)),
    "what a strategy reads and doesn't say": case("which=0,1", "series/B", strategy=strategy("own.py:Half", which=0)),
    "an on_close strategy": case("strategy.params.name=A,B", "series/B", strategy=strategy("own.py:Closing", name="A")),
}  # fmt: skip


@pytest.mark.parametrize("one", CASES.values(), ids=CASES)
def test_a_value_that_only_some_combinations_read_changes_every_id(one, tmp_path, monkeypatch):
    (tmp_path / "own.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    source = held()

    before = ids(one.kinds, one.keys, one.axes, source, tmp_path)
    after = ids(one.kinds, one.keys, one.axes, changed(source, one.place, one.row), tmp_path)

    assert ids(one.kinds, one.keys, one.axes, held(), tmp_path) == before
    assert tuple(before) == one.kinds
    assert [kind for kind in one.kinds if before[kind] == after[kind]] == []


def test_what_nobody_reads_and_what_lies_behind_the_end_change_no_id(tmp_path):
    source, axes, keys = held(), ["series=A,B", "over=20,30"], {"end": EARLY}
    before = ids(ALL, keys, axes, source, tmp_path)

    for place, row in (("bars/UNREAD", 50), ("series/INDEX", 50), ("bars/CORE", 170), ("series/B", 170)):
        assert ids(ALL, keys, axes, changed(source, place, row), tmp_path) == before


def test_what_a_strategy_of_one_s_own_says_counts_where_its_run_was_asked(tmp_path, monkeypatch):
    (tmp_path / "own.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    keys, axes, kinds = {"strategy": strategy("own.py:Half")}, ["hedge.weight=0.1,0.2"], ("sweep", "search")
    before = ids(kinds, keys, axes, held(), tmp_path)

    assert ids(kinds, keys, axes, changed(held(), "series/B"), tmp_path) == before
    assert ids(kinds, keys, axes, changed(held(), "series/A"), tmp_path) != before


def test_a_walk_forward_is_known_by_what_its_book_s_controls_and_each_window_s_audit_read(tmp_path):
    source, axes = held(), ["over=20,30"]
    more = {"SOXS": "FUND", "SPY": "OTHER", "SMH": "OTHER"}  # a put reads SPY; SMH is what SOXX is audited against
    bars = source.held_bars | {name: replace(source.held_bars[of], instrument=name) for name, of in more.items()}
    source, keys = replace(source, held_bars=bars), {"hedge": {"instrument": "SOXS", "underlying": "CORE"}}
    before = ids(ALL, keys, axes, source, tmp_path)

    for place in ("series/VIX", "bars/SPY", "bars/SMH"):
        after = ids(ALL, keys, axes, changed(source, place), tmp_path)
        assert [kind for kind in ALL if before[kind] != after[kind]] == ["walkforward"]


def test_a_search_between_ends_is_known_by_what_numbers_may_choose(tmp_path, monkeypatch):
    (tmp_path / "own.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    source, keys = held(), {"strategy": strategy("own.py:Silent", which=0)}
    config, objectives = told(keys), objectives_of("sharpe", None)

    def known(fed):
        return plan_search(config, space_of(config, ["which=0:1"]), objectives, tmp_path, 0, fed)[0].folder.name

    assert known(source) != known(changed(source, "series/B"))


def test_every_strategy_file_on_an_axis_counts(tmp_path, monkeypatch):
    for name in ("one", "two"):
        (tmp_path / f"{name}.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    keys, kinds = {"strategy": strategy("one.py:Silent")}, ("sweep", "search", "walkforward")
    axes = ["strategy.class=one.py:Silent,two.py:Silent"]
    before = ids(kinds, keys, axes, held(), tmp_path)

    (tmp_path / "two.py").write_text(OWN.replace("> 20", "> 21"))
    texts().take({})  # as loading a config does

    after = ids(kinds, keys, axes, held(), tmp_path)
    assert [kind for kind in kinds if before[kind] == after[kind]] == []


@pytest.mark.parametrize("named", SHIPPED)
def test_every_shipped_strategy_says_what_it_reads(named):
    """So that no sweep of one is made anew for what it doesn't read."""
    source = held()
    config = told({"strategy": strategy(named, **SAID.get(named, {}))})
    market = open_market(config, source)
    read = inputs_of(config, {}, market, source, dry_reads(config, market))
    assert read.named <= set(read.data)
    assert "bars/UNREAD" not in read.data


@pytest.mark.parametrize("named", [name for name in SHIPPED if name != "CompositeHedge"])  # of rules, which read names
def test_what_a_shipped_strategy_says_that_it_reads_hangs_on_no_number(named):
    """So that a sweep asks for its names alone."""
    cls, roles = strategy_class(named), roles_of(told({}))
    for one in describe(cls):
        if isinstance(one.default, int | float) and not isinstance(one.default, bool):
            other = one.default + 1 if isinstance(one.default, int) else one.default * 0.9
            assert cls(**{one.name: other}).reads(roles) == cls().reads(roles)


def test_a_sweep_by_a_valuation_is_known_by_it_and_sends_it_out_whole():
    """What was filed later than anything here changes nothing; a filing that counts does."""
    config = configured(RUN | {"strategy.class": "ValuationHedge", "strategy.params": {"lookback": 20}})

    def inputs(until):
        world = filed_world(until=until)
        market = open_market(config, world)
        return inputs_of(config, {}, market, world, dry_reads(config, market)), world

    (found, world), (fewer, _), (same, _) = inputs("2019-04-01"), inputs("2019-03-15"), inputs("2019-05-01")
    assert {"series/CHIPS_PE"} == {read for read in found.named if "PE" in read}
    assert found.data["series/SOXX_PE"] == ABSENT
    assert found.data == same.data
    changed = {read for read in found.data if found.data[read] != fewer.data[read]}
    assert changed == {"series/CHIPS_PE"}
    sent = pickle.loads(pickle.dumps(part_of(world, found.named)))  # noqa: S301  # as dask does
    np.testing.assert_array_equal(sent.read(SERIES, "CHIPS_PE").values, world.read(SERIES, "CHIPS_PE").values)
    there, here = ([*open_market(config, source).series("CHIPS_PE")] for source in (sent, world))
    assert there == here
    assert "SOXX_PE" not in sent.names(SERIES)
    assert not sent.lacking

"""The proof: planted leaks are caught and named, honest strategies pass, and what can't be proved is said."""

import sys
from dataclasses import replace
from functools import lru_cache
from importlib import import_module

import numpy as np
import pytest
from history import FOLDER, needs_history
from leaks import HEAD, HONEST, LEAKY, write_strategy
from markets import make_series, nyse, random_bars, source_of
from worlds import configured

from data.arrays import DAY
from data.errors import DataError, StrategyError, UserError
from data.events import make_events, make_members
from engine.analytics.derisk import sold_daily
from engine.loading import find_run, load_config, with_data
from engine.runs.execute import run
from engine.setup import run_beta
from engine.validation.opened import ear
from engine.validation.prove import prove

DATES = nyse("2018-01-02", 180)
FIRST = 40
NEW = "\n"


@lru_cache
def made_up():
    rng = np.random.default_rng(12)
    core = random_bars("CORE", DATES, rng)
    fund = random_bars("FUND", DATES, rng, follows=core, beta=-3.0)
    series = [make_series("PE", DATES, rng.uniform(17.0, 23.0, len(DATES)), lag=2)]
    series += [make_series(name, DATES, rng.uniform(15.0, 25.0, len(DATES))) for name in ("VIX", "VIX3M", "DTB3")]
    return source_of(core, fund, *series)


def config_of(named, **keys):
    given = {
        "start": str(DATES[FIRST]),
        "portfolio.core": {"CORE": 1.0},
        "hedge.instrument": "FUND",
        "hedge.underlying": "CORE",
        "strategy.class": named,
    }
    return configured(given | keys)


def proved(folder, name, text=None, cuts=8, **keys):
    return prove(config_of(write_strategy(folder, name, text), **keys), made_up(), cuts)


@pytest.fixture(scope="module")
def planted(tmp_path_factory):
    """Prove each leaky strategy once."""
    folder = tmp_path_factory.mktemp("leaks")
    return lru_cache(lambda name: proved(folder, name, cuts=8 if name == "Tomorrow" else 16))


def outcomes(proof):
    return {check.name: check.outcome for check in proof.checks}


def check(proof, name):
    return next(one for one in proof.checks if one.name == name)


# What is caught: the kind of the check that finds it, what it reads, how many sessions ahead, and the input's name.
CAUGHT = {
    "Centred": (("truncation", "poison"), "CORE's close", 4, ("centred average",)),
    "WholeSample": (("truncation", "poison"), "CORE's close", None, ()),
    "Shifted": (("truncation", "poison"), "CORE's close", 1, ()),
    "Early": (("truncation", "poison", "publication"), "series PE", 2, ()),
    "Cached": (("truncation", "poison"), "CORE's close", None, ()),
    "OneOfTwo": (("truncation", "poison"), "CORE's volume", 1, ("volume by tomorrow's",)),
    "Prophet": (("truncation", "poison"), "CORE's close", 3, ()),
    "Tomorrow": (("truncation", "poison"), "CORE's close", 1, ()),
}


@pytest.mark.parametrize("name", CAUGHT)
def test_a_planted_leak_is_caught_and_named(planted, name):
    checks, reads, ahead, inputs = CAUGHT[name]
    proof = planted(name)
    assert not proof.stands
    assert {one for one, outcome in outcomes(proof).items() if outcome == "leak"} == set(checks)
    (leak,) = proof.leaks
    assert (leak.reads, leak.inputs) == ((reads,), inputs)
    assert leak.to_the_end == (ahead is None)
    assert ahead is None or leak.ahead == ahead
    assert leak.before != leak.after
    assert leak.date in map(str, DATES[FIRST:])
    assert leak.sentence.startswith(f"{leak.date}: ")
    assert all(word in leak.sentence for word in (*reads.split(), *inputs, leak.cut))


def test_the_leak_of_a_return_is_dated_and_its_decision_told(planted):
    """Tomorrow's return decides: on the date named it really fell or rose the next day, as the decision says."""
    (leak,) = planted("Shifted").leaks
    level = made_up().read("bars", "CORE").total_return()
    row = int(np.searchsorted(DATES, np.datetime64(leak.date)))
    assert leak.before == f"{float(level[row + 1] < level[row]):g}"
    assert (leak.cut, leak.before, leak.after) in ((leak.date, "0", "1"), (leak.date, "1", "0"))


def test_an_index_error_on_cut_data_is_told_with_its_line(planted):
    (leak,) = planted("Tomorrow").leaks
    line = (
        LEAKY["Tomorrow"].split("\n").index("        if self.data.close[1] < self.data.close[0] and not self.position:")
    )
    assert (
        f"on history that is cut it fails, tomorrow.py:{HEAD.lstrip().count(NEW) + line + 1}: IndexError"
        in leak.sentence
    )


def test_how_far_it_sees_is_found_by_bisection_where_a_cut_shows_less(tmp_path):
    """One cut, no inputs: that the twelfth session ahead is read shows only where it is poisoned by itself."""
    text = """
@dataclass(frozen=True)
class Far(Strategy):
    def intensity(self, market):
        level = market.total_return()
        ahead = np.minimum(np.arange(len(level)) + 12, len(level) - 1)
        return (level[ahead] < level).astype(float)
"""
    proof = proved(tmp_path, "Far", text, cuts=1)
    (leak,) = proof.leaks
    shown = np.datetime64(leak.cut) + DAY, np.datetime64(leak.date)
    assert np.count_nonzero((shown[1] <= DATES) & (shown[0] > DATES)) < 12
    assert leak.ahead == 12


def test_what_hangs_on_the_length_of_history_is_found_by_cutting_alone(tmp_path):
    proof = proved(tmp_path, "ByLength")
    assert {one for one, outcome in outcomes(proof).items() if outcome == "leak"} == {"truncation"}
    (leak,) = proof.leaks
    assert leak.reads == ()
    assert "it hangs on how long that is" in leak.sentence


def test_what_fails_in_the_middle_of_history_is_named_by_its_error(tmp_path):
    text = """
@dataclass(frozen=True)
class Middle(Strategy):
    def intensity(self, market):
        if 80 < len(market) < 150:
            raise ValueError("not now")
        return market.close() * 0.0
"""
    proof = proved(tmp_path, "Middle", text)
    (leak,) = proof.leaks
    assert "fails, middle.py:13: ValueError: not now: it asks for what comes later" in leak.sentence
    assert "times it fails" in check(proof, "truncation").sentence


@pytest.mark.parametrize("name", [*HONEST, "WeaknessHedge", "ValuationHedge", "VolatilityHedge"])
def test_an_honest_strategy_passes(tmp_path, name):
    params = {
        "PriceLevel": {"level": float(np.median(made_up().read("bars", "CORE").close[FIRST:]))},
        "WeaknessHedge": {"trend_days": 10, "volatility_floor": 0.2},
        "ValuationHedge": {"trend_days": 10, "lookback": 25, "stretched": 0.7, "memory": 8, "turn_days": 5},
        "VolatilityHedge": {"volatility_days": 5, "year": 25, "top": 0.7},
    }
    named = write_strategy(tmp_path, name) if name in HONEST else name
    proof = prove(config_of(named, **{"strategy.params": params.get(name, {})}), made_up(), 10)
    assert proof.stands
    assert not proof.leaks
    warned = {one for one, outcome in outcomes(proof).items() if outcome == "warning"}
    assert warned == {"Expanding": {"warm-up"}, "PriceLevel": {"scale"}}.get(name, set())
    assert list(outcomes(proof)) == [
        "determinism",
        "state",
        "files",
        "truncation",
        "poison",
        "publication",
        "warm-up",
        "scale",
        "lag",
    ]


def test_a_history_too_short_for_a_strategy_is_no_leak(tmp_path):
    said = check(proved(tmp_path, "ShortHistory", cuts=200, end=str(DATES[70])), "truncation").sentence
    assert f"up to {DATES[43]} it is too short to be asked (shorthistory.py" in said


def test_what_is_not_deterministic_is_not_proved(tmp_path):
    proof = proved(tmp_path, "Random")
    assert outcomes(proof) == {"determinism": "unproved"}
    assert not proof.stands
    assert "nothing else can be proved; give its random numbers a seed" in proof.checks[0].sentence


def test_a_file_that_the_strategy_opens_is_told(tmp_path):
    (tmp_path / "least.txt").write_text("1.0")
    proof = proved(tmp_path, "Opens")
    assert outcomes(proof)["files"] == "warning"
    assert check(proof, "files").details == {"opened": [str(tmp_path / "least.txt")]}
    assert ear().heard is None


def test_the_users_modules_are_as_they_were(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "path", [*sys.path])
    (tmp_path / "kept_by.py").write_text("KEPT = []\n")
    text = """
import kept_by


@dataclass(frozen=True)
class Beside(Strategy):
    def intensity(self, market):
        kept_by.KEPT.append(market.close()[-1])
        return (market.close() < kept_by.KEPT[0]).astype(float)
"""
    config = config_of(write_strategy(tmp_path, "Beside", text))
    assert "kept_by" not in sys.modules
    monkeypatch.syspath_prepend(tmp_path)
    kept = import_module("kept_by")
    (leak,) = prove(config, made_up(), 12).leaks
    assert leak.reads == ("CORE's close",)
    assert sys.modules["kept_by"] is kept
    assert kept.KEPT == []


def test_the_same_run_gives_the_same_proof(tmp_path):
    config = config_of(write_strategy(tmp_path, "OneOfTwo"))
    assert prove(config, made_up(), 6) == prove(config, made_up(), 6)


def test_warm_up_is_as_long_as_the_window():
    """A level by its 12-session average is first known at the twelfth session: eleven differ."""
    proof = prove(
        config_of("WeaknessHedge", **{"strategy.params": {"trend_days": 30, "volatility_floor": 0.0}}), made_up(), 4
    )
    details = check(proof, "warm-up").details
    assert details["inputs"] == 29
    assert details["decisions"] <= 29


def test_a_session_late_is_as_a_series_that_is_known_a_session_later(tmp_path):
    """The book on a delayed signal is that of a run whose series has one session more of lag."""
    text = """
@dataclass(frozen=True)
class ByPE(Strategy):
    def intensity(self, market):
        return (market.series("PE") > 20.0).astype(float)
"""
    config = config_of(write_strategy(tmp_path, "ByPE", text), controls="off")
    details = check(prove(config, made_up(), 4), "lag").details
    late = config.model_copy(update={"data": config.data.model_copy(update={"lag": {"PE": 3}})})
    for told, asked in (("as_it_is", config), ("a_session_late", late)):
        result = run(asked, made_up(), engine="python")
        assert details[told]["final_equity"] == pytest.approx(result.figures["final_equity"], rel=1e-12)
        derisk = sold_daily(result.setup, result.hedged, run_beta(asked, result.market)).ledger
        daily = derisk.equity
        growth = (daily[-1] / daily[0]) ** (252 / (len(daily) - 1)) - 1
        assert details[told]["against_derisk"] == pytest.approx(result.figures["cagr"] - growth, abs=1e-9)


def test_a_series_known_sooner_than_it_is_published_is_doubted(tmp_path):
    text = """
@dataclass(frozen=True)
class ByRate(Strategy):
    def intensity(self, market):
        return (market.series("DTB3") > 20.0).astype(float)
"""
    named = write_strategy(tmp_path, "ByRate", text)
    early = check(prove(config_of(named), made_up(), 4), "publication")
    assert early.outcome == "warning"
    assert early.sentence.endswith(
        "series DTB3 (known at the close of its own date: it is published 1 session late: set data.lag.DTB3=1)"
    )
    right = check(prove(config_of(named, **{"data.lag": {"DTB3": 1}}), made_up(), 4), "publication")
    assert (right.outcome, right.details["series/DTB3"]["doubt"]) == ("passed", "")


BY_MONTH = """
@dataclass(frozen=True)
class ByMonth(Strategy):
    wait: int = 0

    def intensity(self, market):
        high = (market.series("INDPRO") > 20.0).astype(float)
        return np.concatenate((np.zeros(self.wait), high))[: len(high)]
"""


@pytest.mark.parametrize(
    ("lag", "wait", "outcome", "how"),
    [
        (0, 0, "leak", "before"),
        (12, 0, "leak", "before"),
        (22, 0, "warning", "perhaps before"),
        (0, 22, "warning", "perhaps before"),
        (35, 0, "passed", "no earlier than"),
    ],
)
def test_a_series_dated_by_the_first_days_of_its_months_is_a_leak_before_they_are_over(
    tmp_path, lag, wait, outcome, how
):
    """22 sessions cover each month, by the lag or by the strategy itself; INDPRO is published 18 days after it."""
    months = np.arange("2017-01", "2018-12", dtype="datetime64[M]").astype("datetime64[D]")
    values = np.random.default_rng(3).permutation(np.linspace(15.0, 25.0, len(months)))
    fed = source_of(*made_up().held_bars.values(), make_series("INDPRO", months, values))
    keys = {"data.lag": {"INDPRO": lag}, "strategy.params": {"wait": wait}}
    proof = prove(config_of(write_strategy(tmp_path, "ByMonth", BY_MONTH), **keys), fed, 6)
    said = check(proof, "publication")
    assert (said.outcome, proof.stands) == (outcome, outcome != "leak")
    assert said.sentence.startswith(f"read {how} it was public: series INDPRO (known ")
    assert ("set data.lag.INDPRO=35" in said.sentence) == (outcome != "passed")
    assert [leak.reads for leak in proof.leaks] == [("series INDPRO",)] * (outcome == "leak")


def test_a_schedule_read_before_it_was_announced_and_members_before_they_joined_are_leaks(tmp_path):
    dates = DATES[45::9]
    held = made_up()
    fed = replace(
        held,
        held_events={"fomc": make_events("fomc", dates, announced=dates - 5 * DAY), "cpi": make_events("cpi", dates)},
        held_members={"chips": make_members("chips", ["A"] * len(dates), dates, dates + 3 * DAY)},
    )
    text = """
@dataclass(frozen=True)
class Scheduled(Strategy):
    kind: str = "events"
    named: str = "fomc"
    early: bool = True

    def intensity(self, market):
        fed = market.source.read(self.kind, self.named) if self.early else None
        read = getattr(market, self.kind)(self.named) if fed is None else fed
        if self.kind == "members":
            return 1.0 - read.on(market.sessions + np.timedelta64(2 * self.early, "D"), ("A",))[:, 0]
        known = read.dates if self.early or read.announced is None else read.dates[:0]
        ahead = np.searchsorted(known, market.sessions + np.timedelta64(8, "D"))
        return (ahead > np.searchsorted(known, market.sessions, side="right")).astype(float)
"""
    named = write_strategy(tmp_path, "Scheduled", text)
    for kind, table in (("events", "fomc"), ("members", "chips")):
        proof = prove(config_of(named, **{"strategy.params": {"kind": kind, "named": table}}), fed, 10)
        (leak,) = proof.leaks
        assert leak.reads == (f"{table} ({kind})",)
        assert outcomes(proof)["publication"] == "leak"
        right = {"kind": kind, "named": table, "early": False}
        assert prove(config_of(named, **{"strategy.params": right}), fed, 6).stands
    hindsight = check(prove(config_of(named, **{"strategy.params": {"named": "cpi"}}), fed, 4), "publication")
    assert hindsight.outcome == "warning"
    assert hindsight.sentence.startswith("read as if it had always been known: events cpi (schedule in hindsight")


def test_a_run_too_short_to_be_cut_is_told(tmp_path):
    proof = proved(tmp_path, "Rolling", start=str(DATES[-2]))
    assert outcomes(proof)["truncation"] == "skipped"


def test_a_strategy_that_fails_anyway_is_refused_as_in_a_run(tmp_path):
    text = """
@dataclass(frozen=True)
class Broken(Strategy):
    def intensity(self, market):
        return 1.0 / 0.0
"""
    with pytest.raises(StrategyError, match=r"Broken.intensity fails: broken.py:12: ZeroDivisionError"):
        proved(tmp_path, "Broken", text)
    with pytest.raises(DataError, match="no bars of FUND2"):
        proved(tmp_path, "Rolling", **{"hedge.instrument": "FUND2"})


@needs_history
def test_the_shipped_hedge_passes_on_real_history():
    config = load_config(find_run("hedge_soxs_volatility.yaml")[0], ["start=2019-06-03", "end=2021-06-30"])
    proof = prove(with_data(config, str(FOLDER)), cuts=6)
    assert proof.stands
    assert outcomes(proof)["publication"] == "passed"
    assert check(proof, "files").outcome == "passed"


@pytest.mark.parametrize("cuts", [0, -1, 1.5, True, 2**63])
def test_cuts_are_counted(cuts):
    with pytest.raises(UserError, match=r"^cuts=.*: has to be a whole number from 1 to 25,200$"):
        prove(configured({}), made_up(), cuts)


# Several hedges, and of other kinds -----------------------------------------------------------------------------------

STATEFUL = """
SEEN = []


@dataclass(frozen=True)
class Stateful(Strategy):
    def intensity(self, market):
        SEEN.append(len(market))
        return np.full(len(market), 1.0 if len(SEEN) == 1 else 0.0)
"""

HONEST_OWN = """
@dataclass(frozen=True)
class Averages(Strategy):
    def intensity(self, market):
        level = pd.Series(market.total_return())
        return (level < level.rolling(5).mean()).astype(float).to_numpy()
"""


def several(folder, own, text=None, **keys):
    named = {"class": write_strategy(folder, own, text)}
    hedges = [
        {"instrument": "FUND", "underlying": "CORE", "weight": 0.1},
        {"kind": "short", "weight": 0.2, "strategy": named, "sizing": "proportional"},
        {"kind": "cash", "weight": 0.2},
    ]
    given = {"start": str(DATES[FIRST]), "portfolio.core": {"CORE": 1.0}, "strategy.class": "WeaknessHedge"}
    return configured(given | {"strategy.params": {"trend_days": 5}, "hedges": hedges} | keys)


def test_a_hedges_own_strategy_is_proved_too(tmp_path):
    proof = prove(several(tmp_path, "Shifted"), made_up(), 8)

    assert outcomes(proof)["truncation"] == "leak"
    leak = check(proof, "truncation").leaks[0]
    assert ": intensity of hedges.1 " in leak.sentence
    assert leak.before != leak.after
    assert leak.reads == ("CORE's close",)


def test_honest_hedges_of_several_kinds_pass_every_check(tmp_path):
    proof = prove(several(tmp_path, "Averages", HONEST_OWN), made_up(), 8)

    assert {name: outcome for name, outcome in outcomes(proof).items() if outcome not in ("passed", "told")} == {}
    late = check(proof, "lag").details
    assert late["as_it_is"] != late["a_session_late"]


def test_what_a_hedges_own_strategy_keeps_is_found(tmp_path):
    proof = prove(several(tmp_path, "Stateful", STATEFUL), made_up(), 4)

    assert outcomes(proof)["state"] == "warning"
    assert "SEEN of" in check(proof, "state").sentence


def test_each_weight_of_an_on_close_strategy_is_proved(tmp_path):
    text = """
@dataclass
class Both(CloseStrategy):
    def on_close(self, view, book):
        whole = view._market.total_return()
        return [0.1, 0.0] if view.row + 3 > len(whole) else [0.1, 0.2 * (whole[view.row + 2] > whole[view.row])]
"""
    hedges = [{"instrument": "FUND", "underlying": "CORE"}, {"kind": "cash", "weight": 0.2}]
    named = write_strategy(tmp_path, "Both", text)
    given = {"start": str(DATES[FIRST]), "portfolio.core": {"CORE": 1.0}, "strategy.class": named, "hedges": hedges}
    proof = prove(configured(given), made_up(), 6)

    failed = check(proof, "truncation")
    assert failed.outcome == "leak"
    assert ": weight of hedges.1 " in failed.leaks[0].sentence

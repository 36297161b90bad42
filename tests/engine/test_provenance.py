"""What a run's history is made of, and what it says of it: the audit's gate, doubtful fills, synthetic sessions."""

import re

import numpy as np
import pytest
from history import FOLDER, needs_history

from backtest import load_config, run
from data.errors import ConfigError, DataError
from data.importing import import_files
from data.store import Store
from engine.setup import open_market

OFF = ["end=2026-08-21", "controls=off"]
EXTENDED = [
    "start=1995-01-03",
    "data.extend={SOXS: {underlying: SOX, before: 2010-06-01}, SOXX: {underlying: SOX, leverage: 1}}",
]
LACKING = "the store lacks bars of SOXX, series of IRX: backtest data pull SOXX ^IRX"


def ran(*settings):
    return run(load_config("hedge_soxs.yaml", [*OFF, *settings], FOLDER), engine="python")


# The audit


@needs_history
def test_real_history_from_june_2010_has_two_warnings_and_no_error():
    market = open_market(load_config("hedge_soxs.yaml", OFF, FOLDER))
    assert [one.id for one in market.findings if one.severity != "info"] == ["SOXS-zero-volume", "SOXX-open-2010-10-15"]
    (note,) = [note for note in ran().notes if note.startswith("The audit warns")]
    assert note == "The audit warns of 2 things in this history."


@needs_history
def test_a_fill_at_a_price_in_doubt_is_named():
    always = ("policy.enter=0", "policy.exit=0", "hedge.rebalance=daily", "end=2010-12-31")
    said = [note for note in ran(*always).notes if "doubtful open" in note]
    assert len(said) == 1
    assert said[0].startswith("SOXX was bought on 2010-10-15 at a doubtful open: opens at $15.03, -6.4 %, while SOXS")
    assert not [note for note in ran(*always, "execution.fill=next_close").notes if "doubtful" in note]


@needs_history
def test_the_made_up_market_is_not_audited():
    assert open_market(load_config("hedge_soxs.yaml")).findings == ()


# The store


@needs_history
def test_a_run_reads_the_store_once_something_is_in_it_and_says_what_to_pull(tmp_path, monkeypatch):
    monkeypatch.setenv("BACKTEST_DATA", str(tmp_path))
    config = load_config("hedge_soxs.yaml", OFF)
    assert open_market(config).source.name == "demo"

    store = Store(tmp_path)
    import_files(store, FOLDER / "bars" / "SOXS.csv")
    with pytest.raises(DataError, match=f"^{re.escape(LACKING)}$"):
        open_market(config)

    import_files(store, FOLDER / "bars" / "SOXX.csv")
    import_files(store, FOLDER / "series" / "IRX.csv")
    kept, read = run(config, engine="python"), ran()
    assert kept.market.source.name == "store"
    np.testing.assert_array_equal(kept.hedged.equity, read.hedged.equity)
    assert kept.manifest["data"] == read.manifest["data"]


# Before inception


@needs_history
def test_a_study_reaches_back_before_the_fund_and_says_what_is_made():
    result = ran(*EXTENDED)
    made, market = result.figures["synthetic"], result.market

    assert made["before"] == {"SOXS": "2010-06-01", "SOXX": "2001-07-13"}
    assert made["sessions"] == np.count_nonzero(market.run_sessions < np.datetime64("2010-06-01"))
    low, high = made["final_equity"]
    assert low < result.figures["final_equity"] < high
    lowest, highest = made["unhedged_final_equity"]
    assert lowest < result.figures["controls"]["unhedged"]["final_equity"] < highest
    assert sum("SYNTHETIC" in note for note in result.notes) == 2
    (fills,) = [note for note in result.notes if note.startswith("Fills at such notional opens")]
    switched = np.count_nonzero(result.hedged.traded[market.run_sessions < np.datetime64("2001-07-13")], axis=0)
    assert fills == f"Fills at such notional opens: {switched[0]} in SOXX and {switched[1]} in SOXS."
    assert not [one for one in market.findings if str(one.dates[-1]) < "2001-07-13"]


@needs_history
def test_from_its_first_real_session_on_the_extended_run_has_the_real_prices():
    real, made = ran(), ran(*EXTENDED)
    since = np.searchsorted(made.market.run_sessions, real.market.run_sessions[0])
    for prices in ("open", "close", "dividend"):
        np.testing.assert_array_equal(getattr(made.setup.prices, prices)[since:], getattr(real.setup.prices, prices))
    assert real.figures["synthetic"] is None


@needs_history
def test_all_three_executions_agree_on_synthetic_history():
    config = load_config("hedge_soxs.yaml", [*OFF, *EXTENDED, "end=2003-12-31"], FOLDER)
    plain, compiled, broker = (run(config, engine=engine) for engine in ("python", "compiled", "backtrader"))
    np.testing.assert_allclose(compiled.hedged.equity, plain.hedged.equity, rtol=1e-9)
    np.testing.assert_allclose(broker.hedged.equity, plain.hedged.equity, rtol=1e-9)
    assert broker.figures["fills"] == plain.figures["fills"] > 100


def test_only_what_a_run_uses_can_be_extended():
    with pytest.raises(ConfigError, match=r"data\.extend\.SPY is neither held nor the hedge's underlying: drop it"):
        load_config("hedge_soxs.yaml", ["data.extend={SPY: {underlying: SPX}}"])

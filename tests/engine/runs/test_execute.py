"""What a run refuses of its own book."""

import numpy as np
import pytest
from worlds import configured, source

import engine.runs.execute
from data.errors import DataError
from engine.runs.execute import run


@pytest.mark.parametrize("worth", [1e25, -1e25, np.inf, np.nan])
def test_a_book_beyond_all_bounds_is_one_line_with_its_session(monkeypatch, worth):
    """Measured, it would be infinity and NaN, which no JSON holds."""
    config, execute, dates = configured({}), engine.runs.execute.execute, []

    def overflowing(*given):
        ledger, said = execute(*given)
        dates.append(given[2].setup.market.run_sessions[30])
        return ledger._replace(equity=np.where(np.arange(len(ledger.equity)) < 30, ledger.equity, worth)), said

    monkeypatch.setattr(engine.runs.execute, "execute", overflowing)
    with pytest.raises(
        DataError, match=r"^the hedged book comes to more than 1e\+24 dollars on \d{4}-\d\d-\d\d: "
    ) as caught:
        run(config, source(1), engine="python")
    assert f"on {dates[0]}: a price, dividend or split can't be right" in str(caught.value)


@pytest.mark.parametrize("lookback", [10, 35])
def test_it_is_told_where_an_asset_s_beta_can_t_be_estimated(lookback):
    asset = {"kind": "asset", "instrument": "BBB", "underlying": "AAA", "weight": 0.3, "lookback": lookback}
    always = {"policy": {"enter": 0.0, "exit": 0.0}, "strategy.class": "told_signal:ToldSignal", "controls": "off"}

    found = run(configured(always | {"hedges": [asset]}), source(1, missing=False), engine="python")

    assert len(found.market) - len(found.market.run_sessions) == 30  # so many returns at the first close
    said = f"BBB's beta counts as 0 at 4 closes at which it is held: there aren't {lookback} sessions of its returns"
    assert [note for note in found.notes if "beta" in note] == ([f"{said} before."] if lookback > 30 else [])

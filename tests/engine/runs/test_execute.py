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

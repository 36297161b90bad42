"""What a run says that its audit stops, where a file can't be read at all."""

import numpy as np
import pytest
from markets import MemorySource, make_bars, nyse, source_of

from data.errors import DataError
from engine.loading import build_config
from engine.setup import open_market


def test_a_series_that_cannot_be_read_is_told_in_one_clear_line(monkeypatch):
    dates = nyse("2020-01-02", 300)
    source = source_of(*(make_bars(name, dates, 100.0 + np.arange(300) % 7) for name in ("SOXS", "SOXX")))

    def damaged(name):
        raise DataError(f"series/{name}.csv:2: it is no series: pull it again")

    monkeypatch.setattr(MemorySource, "series_names", lambda _: ("IRX",))
    monkeypatch.setattr(MemorySource, "series", lambda _, name: damaged(name))
    given = {"start": "2020-08-03", "strategy": {"params": {"trend_days": 20}}, "data": {"accept": ["SOXS-follows"]}}
    with pytest.raises(DataError) as refused:
        open_market(build_config({"name": "run", **given}), source)
    assert str(refused.value) == (
        "IRX: series/IRX.csv:2: it is no series: pull it again, or go on with --set data.accept=[IRX-unreadable]"
    )

"""What a run says that its audit stops, where a file can't be read at all."""

import numpy as np
import pytest
from markets import MemorySource, make_bars, nyse, source_of

from data.errors import DataError
from data.sources import SERIES
from engine.loading import build_config
from engine.setup import open_market


def test_a_series_that_cannot_be_read_is_told_in_one_clear_line():
    dates = nyse("2020-01-02", 300)
    source = source_of(*(make_bars(name, dates, 100.0 + np.arange(300) % 7) for name in ("SOXS", "SOXX")))

    class Damaged(MemorySource):
        def names(self, kind):
            return ("IRX",) if kind == SERIES else super().names(kind)

        def read(self, kind, name):
            if kind == SERIES:
                raise DataError(f"series/{name}.csv:2: it is no series: pull it again")
            return super().read(kind, name)

    given = {"start": "2020-08-03", "strategy": {"params": {"trend_days": 20}}, "data": {"accept": ["SOXS-follows"]}}
    with pytest.raises(DataError) as refused:
        open_market(build_config({"name": "run", **given}), Damaged(source.held_bars))
    assert str(refused.value) == (
        "IRX: series/IRX.csv:2: it is no series: pull it again, or go on with --set data.accept=[IRX-unreadable]"
    )

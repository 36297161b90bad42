"""A strategy whose intensity is the series SIGNAL, which it tells as its one input, against the number of sessions."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from strategies import Strategy
from strategies.inputs import Input


@dataclass(frozen=True)
class ToldSignal(Strategy):
    """Hedge as the series says."""

    def intensity(self, market):
        return market.series("SIGNAL")

    def inputs(self, market):
        rows = np.arange(len(market), dtype=float)
        return [Input("the signal", market.series("SIGNAL"), rows, "at most", "points")]

"""Stub."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from data.arrays import Floats
from data.bars import Bars


@dataclass(frozen=True)
class Unadjusted:
    """Stub."""

    close: Floats
    split: Floats
    dividend: Floats


def unadjusted(bars: Bars) -> Unadjusted:
    """Stub."""
    return Unadjusted(bars.close, np.ones(len(bars)), np.zeros(len(bars)))

"""Which leveraged fund is what multiple of what, who makes chips: facts, not anybody's data."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from data.arrays import day


@dataclass(frozen=True)
class Fund:
    """A fund that resets its exposure every day.

    Parameters
    ----------
    underlying
        The unlevered fund that stands for its index.
    leverage
        b, the multiple of the daily move.
    fee
        Expense ratio, a fraction a year.
    earlier
        The series that it followed before `changed`, when its index changed.
    changed
        The first session on the present index.
    """

    underlying: str
    leverage: float
    fee: float
    earlier: str | None = None
    changed: np.datetime64 | None = None


INDEX_CHANGE = day("2021-08-25")
"""SOXS and SOXL: PHLX Semiconductor (^SOX) before; since, the ICE, now NYSE, Semiconductor index, as SOXX."""

FUNDS = {
    "SOXS": Fund("SOXX", -3.0, 0.0101, "SOX", INDEX_CHANGE),
    "SOXL": Fund("SOXX", 3.0, 0.0075, "SOX", INDEX_CHANGE),
    "SQQQ": Fund("QQQ", -3.0, 0.0095),
    "TQQQ": Fund("QQQ", 3.0, 0.0084),
    "QID": Fund("QQQ", -2.0, 0.0095),
    "QLD": Fund("QQQ", 2.0, 0.0095),
    "PSQ": Fund("QQQ", -1.0, 0.0095),
    "SPXS": Fund("SPY", -3.0, 0.0108),
    "SPXL": Fund("SPY", 3.0, 0.0087),
    "SPXU": Fund("SPY", -3.0, 0.0090),
    "UPRO": Fund("SPY", 3.0, 0.0091),
    "SDS": Fund("SPY", -2.0, 0.0089),
    "SSO": Fund("SPY", 2.0, 0.0089),
    "SH": Fund("SPY", -1.0, 0.0089),
    "TZA": Fund("IWM", -3.0, 0.0107),
    "TNA": Fund("IWM", 3.0, 0.0105),
    "TECS": Fund("XLK", -3.0, 0.0108),
    "TECL": Fund("XLK", 3.0, 0.0091),
    "FAZ": Fund("XLF", -3.0, 0.0104),
    "FAS": Fund("XLF", 3.0, 0.0092),
    "SDOW": Fund("DIA", -3.0, 0.0095),
    "UDOW": Fund("DIA", 3.0, 0.0095),
}
"""By the fund's name. Only SOXS's expense ratio was looked up; the
others stand as remembered, good to a tenth of a percent or so: give `--fee` where a fit hangs on it."""

NEAR = {
    "SOXX": ("SMH", "SOXQ", "XSD"),
    "QQQ": ("QQQM", "XLK", "SPY"),
    "SPY": ("VOO", "IVV", "DIA"),
    "IWM": ("VTWO", "IJR", "SPY"),
    "XLK": ("VGT", "QQQ"),
    "XLF": ("VFH", "SPY"),
    "DIA": ("SPY", "VOO"),
}
"""Instruments that hold much the same as an underlying: they say which of a pair is wrong when the two disagree."""

CHIP_MAKERS = (
    "NVDA", "AVGO", "AMD", "TSM", "QCOM", "TXN", "MU", "INTC", "ADI", "AMAT", "LRCX", "KLAC", "NXPI", "MRVL", "MCHP",
    "ON", "ASML", "ARM", "MPWR", "TER", "SWKS", "QRVO", "ENTG", "STM", "UMC", "ASX", "COHR", "CRUS", "LSCC", "GFS",
    "AMKR", "MTSI", "NVMI", "OLED", "ONTO", "RMBS", "WOLF",
)  # fmt: skip
"""US-listed chip makers and those who equip them, whose bars count as the sector's members where nobody names others.

They are today's names, as remembered: about what the indices of SOXX and SMH held in 2024-26. Companies that were
taken over, or failed, aren't among them, so that breadth read from these alone flatters the past (survivorship). A
file of members with dates is the remedy.
"""
CHIPS = "CHIPS"
"""What valuations of all of them whose filings there are go by: ``CHIPS_PE``."""
DEMO_CHIP = re.compile(r"CHIP\d\d")
"""What the chip makers of the demo market are called."""


def chip_makers(instruments: Iterable[str]) -> tuple[str, ...]:
    """Return the chip makers among some instruments, sorted: those of `CHIP_MAKERS`, or of the demo market."""
    return tuple(sorted(name for name in set(instruments) if name in CHIP_MAKERS or DEMO_CHIP.fullmatch(name)))


def holds_chips(underlying: str) -> bool:
    """Return whether an underlying is a fund or index of chip makers."""
    return underlying in ("SOXX", "SOX", *NEAR["SOXX"])


def kin(underlying: str) -> tuple[str, ...]:
    """Return the instruments that move with an underlying, the nearest first: what is like it, then its funds."""
    funds = (name for name, fund in FUNDS.items() if fund.underlying == underlying)
    return (*NEAR.get(underlying, ()), *funds)

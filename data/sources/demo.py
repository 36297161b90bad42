"""Source ``demo``: a SIMULATED market from a fixed seed. It shows the machine and says nothing about SOXS."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from data.demo_market import demo_market
from data.errors import DataError, did_you_mean
from data.sources import Held, Kind


@dataclass(frozen=True)
class DemoSource:
    """A SIMULATED market on the NYSE's sessions from 2009-01-02 to 2026-06-30, the same on every machine.

    Bars: SOXX, a fund of chip makers with fat tails, clustered volatility and bear markets of the sector's
    size; SOXS and SOXL, -3x and +3x of it by the leveraged-fund model; SPY, XLI, XLK, XLP, XLU, XLV; QQQ and
    SQQQ, -3x of it; TLT, GLD and VIXY, which move little with the sector, not at all, and against it; the chip makers
    CHIP01 to CHIP20, which add up to SOXX. Series: IRX (T-bill discount rate, percent), TNX (ten-year yield,
    percent), VIX, VIX3M, HY_SPREAD (junk bonds' yield over Treasuries, percent), SOXX_PE (price/earnings). Events, to
    a year beyond: fomc_dates and cpi_release_dates, with the days they were announced, semis_earnings_dates and
    megacap_earnings without. Members: chips. Whatever the names, nothing in it is anybody's history.
    """

    name = "demo"
    simulated = True

    def names(self, kind: Kind[Any]) -> tuple[str, ...]:
        """Return the names of what it holds of a kind, sorted."""
        return tuple(sorted(getattr(demo_market(), kind, ())))

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Return a history, read-only; raises DataError."""
        held: Mapping[str, Held] = getattr(demo_market(), kind, {})
        if name not in held:
            guess = did_you_mean(name, held)
            raise DataError(f"demo market: no {kind} of {name}{guess}: it has {', '.join(sorted(held)) or 'none'}")
        return held[name]

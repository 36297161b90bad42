"""The numbers that keys, parameters and options take: every one has a lowest and a highest, checked here alone."""

from __future__ import annotations

import math
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    import numpy.typing as npt


class Range(NamedTuple):
    """The numbers that are taken, both ends included.

    Parameters
    ----------
    low, high
        The ends.
    apart
        How far from 0 a number is at least.
    """

    low: float
    high: float
    apart: float = 0.0

    @property
    def ends(self) -> str:
        """Both ends, as people read them."""
        apart = f", at least {self.apart:g} away from 0" if self.apart else ""
        return f"{self.low:,.10g} to {self.high:,.10g}{apart}"

    def words(self, *, whole: bool = False) -> str:
        """Return what a number has to be, for messages."""
        return f"a {'whole ' if whole else ''}number from {self.ends}"

    def take(self, value: Any, *, whole: bool = False) -> int | float:
        """Return a number as the key holds it, -0.0 as 0; raises ValueError that names the range.

        Neither a truth value nor text is a number, a fraction no whole number, and NaN is in no range.
        """
        fits = isinstance(value, int if whole else int | float) and not isinstance(value, bool)
        if not fits or not self.low <= value <= self.high or abs(value) < self.apart:
            raise ValueError(f"has to be {self.words(whole=whole)}")
        return int(value) if whole else float(value) + 0.0

    def beyond(self, values: npt.NDArray[np.float64]) -> npt.NDArray[np.bool_]:
        """Return which finite numbers of a column are out of it; of a range from 0 up none that is 0 or negative."""
        low = (-math.inf < values) & (values < self.low)
        return ((values > self.high) & (values < math.inf)) | (low & (values > 0) if self.low >= 0 else low)

    def __get_pydantic_core_schema__(self, source: Any, handler: Callable[[Any], Any]) -> Any:
        """Have pydantic take a key's number by `take`."""
        from pydantic_core.core_schema import no_info_before_validator_function

        return no_info_before_validator_function(partial(self.take, whole=source is int), handler(source))

    def __get_pydantic_json_schema__(self, core: Any, handler: Callable[[Any], dict[str, Any]]) -> dict[str, Any]:
        """Return the JSON schema with both ends, as an editor reads them."""
        return {**handler(core), "minimum": self.low, "maximum": self.high}


CENTURY = 25_200
"""Sessions in a hundred years: more than any history has."""
ANY = Range(-(10**15), 10**15)
"""What a number that means anything is within: dollars of a market, a series' own unit."""
SESSIONS = Range(0, CENTURY)
COUNT = Range(1, CENTURY)
DAYS = Range(2, CENTURY)
"""Sessions of a window with more than one value."""
SHARE = Range(0, 1)
YEARLY = Range(-0.5, 1)
"""A yield, fee or spread a year, as a fraction."""
LEVERAGE = Range(-10, 10, apart=0.1)
"""A fund's multiple of its underlying's daily move."""
CASH = Range(1, 10**12)
"""Dollars of a book."""
PRICE = Range(1e-6, 1e12)
"""Dollars a share; adjusted ones of funds with many reverse splits reach 1e11."""
PAID = Range(0, PRICE.high)
"""Dollars that a share pays."""
VOLUME = Range(0, ANY.high)
SPLIT = Range(1e-6, 1e6)
"""New shares per old share."""
SPLITS = Range(1e-15, 1e15)
"""What one share has become by all splits of a history."""
TRIALS = Range(1, 10**6)
PROCESSES = Range(1, 1_024)
ROWS = Range(1, 10**9)
SEED = Range(0, 2**32 - 1)
DEVIATIONS = Range(-100, 100)
"""Standard deviations from a mean."""

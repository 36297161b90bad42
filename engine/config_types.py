"""What the values of a run's config may be: names, dates, rates, costs, parts."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict

from data.ranges import COUNT, LEVERAGE, SESSIONS, SHARE, YEARLY, Range

INSTRUMENT = re.compile(r"[A-Za-z0-9^][A-Za-z0-9^.=_-]*")
SERIES_OR_INSTRUMENT = "letters, digits and ^ . = _ - only"


def symbol(value: Any) -> Any:
    """Return an instrument's or a series' name; raises ValueError for what is none."""
    if isinstance(value, str) and not INSTRUMENT.fullmatch(value):
        raise ValueError(f"has to be a name of {SERIES_OR_INSTRUMENT}")
    return value


def _date(value: Any) -> Any:
    """Take a date as YAML reads it or as ISO text; a time of day is refused."""
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date | str | None):
        raise ValueError("has to be a date, YYYY-MM-DD")  # noqa: TRY004  # pydantic turns ValueError into its own
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            raise ValueError("has to be a date, YYYY-MM-DD") from None
    return value


def _mapped(numbers: Range, by: str, name: Callable[[Any], Any] = str) -> BeforeValidator:
    """Return what takes a number, or a map of such numbers by what `name` takes."""

    def take(value: Any) -> Any:
        try:
            if isinstance(value, dict):
                return {name(key): numbers.take(number) for key, number in value.items()}
            return numbers.take(value)
        except ValueError as error:
            raise ValueError(f"{error}, or a map of such numbers by {by}") from None

    return BeforeValidator(take)


Symbol = Annotated[str, BeforeValidator(symbol)]
Date = Annotated[dt.date, BeforeValidator(_date)]
BPS = Range(0, 1_000)
"""Of a price: a tenth of it is the most that a trade costs."""
DOLLARS = Range(0, 100)
"""A share."""
PART = Range(0.0001, 1)
"""A fraction that is worth a decision: one basis point and up."""

Yield = Annotated[float, YEARLY]
Cost = Annotated[float, BPS]
Paid = Annotated[float, DOLLARS]
Bps = Annotated[Cost | dict[str, Cost], _mapped(BPS, "instrument")]
Dollars = Annotated[Paid | dict[str, Paid], _mapped(DOLLARS, "instrument")]
Yearly = Annotated[Yield | dict[dt.date, Yield], _mapped(YEARLY, "date", _date)]
Fraction = Annotated[float, SHARE]
Part = Annotated[float, PART]
Sessions = Annotated[int, SESSIONS]
Count = Annotated[int, COUNT]
Leverage = Annotated[float, LEVERAGE]


class ConfigSection(BaseModel):
    """A part of the config: frozen, strict about types, and closed to keys it doesn't know."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)

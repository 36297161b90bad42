"""What the `backtest data` commands share: the store, days as typed, and how they end where something failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from backtest.console import complain
from data.errors import UserError, cut

if TYPE_CHECKING:
    import numpy as np

    from data.store import Store

FAULTY = 2
"""Exit status where something could not be pulled or imported: the rest was."""
STARTERS = "SOXS SOXX SPY ^SOX ^VIX ^IRX"
AsJson = Annotated[bool, typer.Option("--json", help="As JSON, and nothing else.")]


def the_store() -> Store:
    """Return the store in the user's folder."""
    from data.store import Store, store_folder

    return Store(store_folder())


def day_of(text: str | None, option: str) -> np.datetime64 | None:
    """Return the day that an option names; raises UserError."""
    import datetime as dt

    from data.arrays import day

    if text is None:
        return None
    try:
        return day(dt.date.fromisoformat(text))
    except ValueError:
        raise UserError(f"{option} {cut(text)}: has to be a date, YYYY-MM-DD") from None


def exit_if(faults: Sequence[str], *, well: int) -> None:
    """Print what failed on the error stream, and how many others went well, and exit; not where nothing failed."""
    if not faults:
        return
    for fault in faults:
        complain(f"backtest: {fault}")
    if well:
        complain(f"backtest: the other {well} went well")
    raise typer.Exit(FAULTY)

"""What the `backtest data` commands share: where they read, days as typed, how they end where something failed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from backtest import completion
from backtest.console import complain
from data.errors import UserError, cut

if TYPE_CHECKING:
    import numpy as np

    from data.sources import Source
    from data.store import Store

FAULTY = 2
"""Exit status where something could not be pulled or imported: the rest was."""
STARTERS = "SOXS SOXX SPY ^SOX ^VIX ^IRX"
Folder = Annotated[
    str | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="A folder with bars/, series/, filings/ ..., or embedded; not the store.",
        autocompletion=completion.sources,
    ),
]


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


def source_of(folder: str | None) -> Source:
    """Return the folder or the source given, else the store; refuse an empty store."""
    if folder is not None:
        from data.sources.choose import data_named, open_files

        return open_files(*data_named(folder))
    store = the_store()
    if not store.listing():
        raise UserError(f"the store is empty: backtest data pull {STARTERS}, or name a folder with --data")
    return store

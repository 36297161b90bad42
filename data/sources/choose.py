"""Which source a run's ``data`` section means."""

from __future__ import annotations

from data.files import path_of
from data.sources import Source
from data.sources.valued import valued


def open_source(named: str, path: str | None) -> Source:
    """Open a source by its name in a run's config, with valuations as series where it holds filings: `open_files`."""
    return valued(open_files(named, path))


def open_files(named: str, path: str | None) -> Source:
    """Open a source by its name in a run's config, as it is.

    ``csv`` reads the folder `path`, ``store`` what was pulled or imported, ``demo`` makes a simulated market up.
    ``auto`` is the store, and the simulated market as long as nothing was ever put into that.
    """
    if named == "csv" and path is not None:
        from data.sources.csv import CsvSource

        return CsvSource(path_of(path))
    if named in ("auto", "store"):
        from data.store import Store, store_folder

        store = Store(store_folder())
        if named == "store" or store.listing():
            return store
    from data.sources.demo import DemoSource

    return DemoSource()

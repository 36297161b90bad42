"""Which source a run's ``data`` section means."""

from __future__ import annotations

from data.files import absolute, path_of
from data.sources import Source
from data.sources.valued import valued

SOURCES = ("auto", "store", "embedded", "demo", "csv")
"""The names of sources in a run's config."""


def data_named(given: str) -> tuple[str, str | None]:
    """Return which source ``--data`` means, and its path: a source by its name, else a folder, which is made absolute.

    ``./demo`` is a folder of that name; so is ``csv``, a source that needs one.
    """
    return (given, None) if given in SOURCES and given != "csv" else ("csv", str(absolute(given)))


def open_source(named: str, path: str | None) -> Source:
    """Open a source by its name in a run's config, with valuations as series where it holds filings: `open_files`."""
    return valued(open_files(named, path))


def open_files(named: str, path: str | None) -> Source:
    """Open a source by its name in a run's config, as it is.

    ``csv`` reads the folder `path`, ``store`` what was pulled or imported, ``embedded`` two real indices that are
    installed with a library, ``demo`` makes a simulated market up. ``auto`` is the store, and the simulated market as
    long as nothing was ever put into that.
    """
    if named == "csv" and path is not None:
        from data.sources.csv import CsvSource

        return CsvSource(path_of(path))
    if named in ("auto", "store"):
        from data.store import Store, store_folder

        store = Store(store_folder())
        if named == "store" or store.listing():
            return store
    if named == "embedded":
        from data.sources.embedded import EmbeddedSource

        return EmbeddedSource()
    from data.sources.demo import DemoSource

    return DemoSource()

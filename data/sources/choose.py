"""Which source a run's ``data`` section means."""

from __future__ import annotations

from pathlib import Path

from data.sources import Source


def open_source(named: str, path: str | None) -> Source:
    """Open a source by its name in a run's config.

    ``csv`` reads the folder `path`, ``demo`` makes a simulated market up. ``auto`` is the simulated market too, as
    long as there is no store of one's own.
    """
    if named == "csv" and path is not None:
        from data.sources.csv import CsvSource

        return CsvSource(Path(path).expanduser())
    from data.sources.demo import DemoSource

    return DemoSource()

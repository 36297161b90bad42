"""A walk-forward's folder: what it holds, written whole and read back."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from data.arrays import Floats
from data.files import CHECKSUMS, damaged, write_whole
from data.shown import screen
from engine.hedge_names import HedgeName, hedge_name, kept_names, modelled_note
from engine.provenance import index_note
from engine.research.job import MANIFEST, finish, is_finished, write_json
from engine.research.sweep import mark_of
from engine.runs.run import Run, books_shown

if TYPE_CHECKING:
    import pyarrow as pa

FOLDS, COMBINATIONS, EQUITY = "folds.parquet", "combinations.parquet", "equity.parquet"
METRICS, PAGE = "metrics.json", "walkforward.html"
FILES = (FOLDS, COMBINATIONS, EQUITY, METRICS)

BOOKS = ("walk_forward", "derisk_daily", "own", "hindsight", "unhedged")
"""The books over all tests, in the order to show them."""


@dataclass(frozen=True, repr=False)
class WalkForward:
    """A finished walk-forward, as its folder holds it.

    Parameters
    ----------
    folder
        Where it stands.
    metrics, manifest
        What metrics.json and manifest.json hold.
    folds
        A row a fold.
    """

    folder: Path
    metrics: Mapping[str, Any]
    manifest: Mapping[str, Any]
    folds: Sequence[Mapping[str, Any]]

    def __repr__(self) -> str:
        metrics, verdict, chosen = self.metrics, self.metrics["verdict"], ", ".join(self.parameters)
        return screen(
            f"WalkForward {metrics['name']}: {metrics['strategy']}",
            f"{len(self.folds)} folds, tests {metrics['first']} to {metrics['last']}; chosen: {chosen}",
            None if verdict is None else verdict["sentence"],
            "",
            *books_shown([(name, metrics["books"][name]) for name in BOOKS if name in metrics["books"]]),
            "",
            self.mark,
            f"folder: {self.folder}",
        )

    @property
    def parameters(self) -> tuple[str, ...]:
        """The full keys of what was chosen."""
        return tuple(self.manifest["axes"])

    @property
    def run(self) -> Path:
        """The folder of the stitched run, with its report and its tear-sheet."""
        return self.folder / str(self.manifest["run"])

    @property
    def simulated(self) -> bool:
        """Whether its history is made up."""
        return bool(self.metrics["simulated"])

    @property
    def mark(self) -> str | None:
        """What has to stand beside its numbers; None where all its history is real."""
        config = kept_names(self.manifest["config"])
        others = modelled_note(config), index_note(config, self.metrics["source"])
        return mark_of(self.manifest["synthetic"], self.hedge.noun, *others, simulated=self.simulated)

    @property
    def hedge(self) -> HedgeName:
        """What a person calls its hedges."""
        return hedge_name(kept_names(self.manifest["config"]))

    def equity(self) -> Mapping[str, npt.NDArray[Any]]:
        """Return the sessions of all tests, their folds, and each book's dollars at the closes, by name."""
        import pyarrow.parquet as pq

        table = pq.read_table(self.folder / EQUITY)
        return {name: table[name].to_numpy() for name in table.column_names}

    def combinations(self, fold: int, window: str, names: Sequence[str]) -> Mapping[str, list[Any]]:
        """Return columns of all combinations over one window, in the grid's order; fold 0 is the whole history."""
        import pyarrow.parquet as pq

        rows = [("fold", "=", fold), ("window", "=", window)]
        found: dict[str, list[Any]] = pq.read_table(
            self.folder / COMBINATIONS, columns=list(names), filters=rows
        ).to_pydict()
        return found

    def values(self, fold: int, window: str, name: str) -> Floats:
        """Return one metric of all combinations over one window, NaN where it is undefined."""
        column = self.combinations(fold, window, (name,))[name]
        return np.array([np.nan if value is None else value for value in column], dtype=np.float64)


def read_whole(folder: Path) -> WalkForward | None:
    """Read a walk-forward's folder back; None where it isn't finished, or a file isn't what was written."""
    if not is_finished(folder):
        return None
    walk = read_walkforward(folder)
    return walk if (walk.run / CHECKSUMS).is_file() and damaged(walk.run) is None else None


def read_walkforward(folder: Path) -> WalkForward:
    """Read a finished walk-forward's folder back."""
    import pyarrow.parquet as pq

    metrics, manifest = (json.loads((folder / name).read_text(encoding="utf-8")) for name in (METRICS, MANIFEST))
    return WalkForward(folder, metrics, manifest, pq.read_table(folder / FOLDS).to_pylist())


def write_finished(
    folder: Path, rows: Sequence[Mapping[str, Any]], metrics: Mapping[str, Any], manifest: Mapping[str, Any]
) -> None:
    """Write what a walk-forward came to, the manifest last: with it the folder is whole."""
    import pyarrow as pa

    write_table(pa.Table.from_pylist([dict(row) for row in rows]), folder / FOLDS)
    write_json(folder / METRICS, metrics)
    finish(folder, FILES, manifest)


def write_equity(folder: Path, stitched: Run, others: Mapping[str, Run], folds: npt.NDArray[Any]) -> None:
    """Write each book's equity in dollars at the closes of all tests, and whose test each is."""
    import pyarrow as pa

    books = {"walk_forward": stitched.hedged, **{name: result.hedged for name, result in others.items()}}
    books |= {name: stitched.books[name] for name in ("derisk_daily", "unhedged")}
    columns = {name: pa.array(books[name].equity) for name in BOOKS}
    dates = {"date": pa.array(stitched.market.run_sessions), "fold": pa.array(folds)}
    write_table(pa.table(dates | columns), folder / EQUITY)


def write_table(table: pa.Table, path: Path) -> None:
    """Write a table, whole or not at all."""
    import pyarrow.parquet as pq

    write_whole(path, lambda writing: pq.write_table(table, writing))

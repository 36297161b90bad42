"""A job: work in chunks, by whoever computes it; each chunk is kept as it comes, so that a killed one goes on."""

from __future__ import annotations

import hashlib
import json
import shutil
import sys
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import redirect_stdout, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import numpy as np

from data.arrays import Floats
from data.arrow import arrow_of, nullable, plain, read_columns, values_of
from data.errors import UserError
from data.files import damaged, read_checksums, write_checksums, write_whole
from engine.research.columns import columns_in, columns_of

if TYPE_CHECKING:
    import pyarrow as pa

ChunkOf = TypeVar("ChunkOf")
AnswerOf = TypeVar("AnswerOf")

MANIFEST = "manifest.json"

DEATHS = 3
"""Processes that end with the same chunk in hand before the chunk is given up."""


class ExecutorError(UserError):
    """Whoever computes is gone, or can't compute; what was finished by then is good."""


class Job(Protocol[ChunkOf, AnswerOf]):
    """Work that comes in chunks. It is pickled, so it has to be importable wherever it is computed."""

    @property
    def id(self) -> str:
        """By which a cluster that others use too knows it."""

    @property
    def lacking(self) -> Collection[str]:
        """The inputs that a packed job was asked for and lacks, by kind and name: an answer without them is void."""

    def open(self, threads: int) -> Callable[[ChunkOf], AnswerOf]:
        """Return what computes a chunk, on so many threads; called once a worker, which keeps it."""

    def packed(self, lacking: Iterable[str] = ()) -> Job[ChunkOf, AnswerOf]:
        """Return the same job for a worker that shares no file with this machine, with the inputs that one lacked."""


class Executor(Protocol):
    """Computes the chunks of a job."""

    def run(self, job: Job[ChunkOf, AnswerOf], chunks: Iterable[ChunkOf]) -> Iterator[tuple[ChunkOf, AnswerOf]]:
        """Yield each chunk with its answer, as they come; raises ExecutorError, and whatever a chunk raises."""


@dataclass(frozen=True)
class FunctionJob:
    """A job that calls a function of each chunk.

    Parameters
    ----------
    id
        As `Job.id`.
    function
        Of a module that every worker has.
    """

    id: str
    function: Callable[[Any], Any]
    lacking: tuple[str, ...] = ()

    def open(self, threads: int) -> Callable[[Any], Any]:
        """Return the function."""
        del threads
        return self.function

    def packed(self, lacking: Iterable[str] = ()) -> FunctionJob:
        """Return the job as it is: what it needs are its chunks."""
        del lacking
        return self


def compute_quietly(compute: Callable[[ChunkOf], AnswerOf], chunk: ChunkOf) -> AnswerOf:
    """Return a worker's answer; what a strategy prints there goes to the error stream, as it does here."""
    with redirect_stdout(sys.stderr):
        return compute(chunk)


@dataclass(frozen=True)
class Parts:
    """The finished chunks of a job, a Parquet file each.

    A file's name ends with the checksum of its part's name and content: what was cut short, changed or renamed since
    isn't found again.

    Parameters
    ----------
    folder
        Where they stand.
    """

    folder: Path

    def finished(self) -> dict[str, Path]:
        """Return the files whose content is what was written, by the names of their parts; remove others."""
        found = {}
        for path in self.folder.glob("*.parquet"):
            name, _, checksum = path.stem.rpartition("-")
            with suppress(OSError):
                if checksum == _checksum(name, path.read_bytes()):
                    found[name] = path
                    continue
            if path.is_dir():
                shutil.rmtree(path)
            else:
                path.unlink()
        return found

    def write(self, name: str, table: pa.Table) -> Path:
        """Write a part, whole or not at all."""
        import pyarrow as pa
        import pyarrow.parquet as pq

        buffer = pa.BufferOutputStream()
        pq.write_table(table, buffer)
        content = buffer.getvalue().to_pybytes()
        path = self.folder / f"{name}-{_checksum(name, content)}.parquet"
        write_whole(path, lambda writing: writing.write_bytes(content))
        return path


def _checksum(name: str, content: bytes) -> str:
    return hashlib.sha256(name.encode() + content).hexdigest()[:16]


def rows_table(keys: Mapping[str, pa.Array], columns: Mapping[str, Any]) -> pa.Table:
    """Return rows as a table keeps them: their keys, their metrics, why one failed, and whatever came more.

    Parameters
    ----------
    keys
        By their full names.
    columns
        Those of `engine.research.columns`, ``failed``, and numbers that something is to be made of, shape (rows,) or
        (rows, values), which stay in the parts.
    """
    import pyarrow as pa

    table = dict(keys)
    for name in columns_in(columns):
        table[name] = nullable(np.asarray(columns[name], np.float64))
    table["failed"] = plain([word or None for word in columns["failed"]]).cast(pa.string())
    for name in [name for name in columns if name not in table]:
        values = np.asarray(columns[name])
        table[name] = nullable(values) if values.ndim == 1 else _lists(values)
    return pa.table(table)


def _lists(values: Floats) -> pa.Array:
    """Return a list a row, null where it begins with NaN: few rows of a large sweep have one."""
    import pyarrow as pa

    known = ~np.isnan(values[:, 0])
    ends = np.concatenate(([0], np.cumsum(known * values.shape[1]))).astype(np.int32)
    flat, mask = nullable(values[known].reshape(-1)), arrow_of(~known, pa.bool_())
    return pa.ListArray.from_arrays(arrow_of(ends, pa.int32()), flat, mask=mask)


def join(groups: Sequence[tuple[Mapping[str, Any], Sequence[Path]]], path: Path) -> None:
    """Join what a table keeps of parts, reading few at a time.

    Parameters
    ----------
    groups
        Parts that make a row group together, with the values of leading columns that all their rows share.
    path
        The table.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    (leading, (some, *_)), *_ = groups
    kept = pq.read_schema(some)
    names = kept.names[: kept.names.index("failed") + 1]
    fields = [pa.field(name, pa.scalar(value).type) for name, value in leading.items()]
    schema = pa.schema([*fields, *(kept.field(name) for name in names)])

    def write(writing: Path) -> None:
        alike = [name for name in schema.names if name not in columns_of(answer=True)]  # figures are seldom equal
        with pq.ParquetWriter(writing, schema, use_dictionary=alike) as writer:
            for shared, files in groups:
                rows = read_columns(files, names).combine_chunks()
                ahead = [plain([value] * len(rows)) for value in shared.values()]
                writer.write_table(pa.table([*ahead, *rows.columns], schema=schema))

    write_whole(path, write)


def read_column(files: Sequence[Path], name: str) -> Any:
    """Return a column of several files, one after the other, as `values_of` gives it."""
    return values_of(read_columns(files, [name]).column(0))


def write_json(path: Path, values: Mapping[str, Any]) -> None:
    """Write plain values, whole or not at all."""
    write_whole(path, lambda writing: writing.write_bytes(_json(values)))


def _json(values: Mapping[str, Any]) -> bytes:
    return (json.dumps(values, indent=2, ensure_ascii=False, default=str) + "\n").encode()


def unfinish(folder: Path, *, alone: bool = False) -> None:
    """Have a folder count as unfinished until `finish`: its files are about to change.

    Whoever is `alone`, by its lock, removes what killed processes left half-written.
    """
    (folder / MANIFEST).unlink(missing_ok=True)
    for left in folder.glob(".*.tmp") if alone else ():
        left.unlink(missing_ok=True)


def finish(folder: Path, names: Sequence[str], manifest: Mapping[str, Any]) -> None:
    """Write the checksums of a folder's files, of those of some names that are there, and last its manifest."""
    own = {MANIFEST: hashlib.sha256(_json(manifest)).hexdigest()}
    write_checksums(folder, [name for name in names if (folder / name).is_file()], own)
    write_json(folder / MANIFEST, manifest)


def is_finished(folder: Path) -> bool:
    """Return whether a folder has its manifest, and all its files are what was written."""
    return MANIFEST in (read_checksums(folder) or {}) and damaged(folder) is None

"""The commands that ask what is kept: query, runs, sweeps."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from backtest import completion
from backtest.console import complain, console, echo, echo_data
from backtest.options import Json, Runs, kept_in, within, written_to
from data.errors import UserError, did_you_mean
from data.ranges import ROWS

if TYPE_CHECKING:
    import pyarrow as pa

Sweeps = Annotated[Path, typer.Option("--sweeps", metavar="DIR", help="Where sweeps are kept.")]
Searches = Annotated[Path, typer.Option("--searches", metavar="DIR", help="Where searches are kept.")]
Forwards = Annotated[Path, typer.Option("--walkforwards", metavar="DIR", help="Where walk-forwards are kept.")]
Name = Annotated[str | None, typer.Option("--name", help="A part of its name, or a pattern with *.")]
Strategy = Annotated[str | None, typer.Option("--strategy", help="A part of its strategy's name.")]
Since = Annotated[str | None, typer.Option("--since", metavar="DATE", help="Its first session isn't before.")]
Until = Annotated[str | None, typer.Option("--until", metavar="DATE", help="Its last session isn't after.")]
Sort = Annotated[
    str | None,
    typer.Option(
        "--sort", metavar="COLUMN", help="The best by it first, such as sharpe.", autocompletion=completion.columns
    ),
]
Top = Annotated[int | None, typer.Option("--top", **within(ROWS), metavar="N", help="No more than so many.")]

SHOWN_ROWS = 40


def query(
    sql: Annotated[str | None, typer.Argument(help="One select, in quotes.", show_default=False)] = None,
    tables: Annotated[bool, typer.Option("--tables", help="List the tables and their columns.")] = False,
    rows: Annotated[int, typer.Option("--rows", **within(ROWS), help="Rows to show.")] = SHOWN_ROWS,
    as_csv: Annotated[bool, typer.Option("--csv", help="All rows as CSV, and nothing else.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="All rows as JSON, and nothing else.")] = False,
    parquet: Annotated[Path | None, written_to("--parquet", "All rows into a file.")] = None,
    runs: Runs = Path("runs"),
    sweeps: Sweeps = Path("sweeps"),
    searches: Searches = Path("searches"),
    walkforwards: Forwards = Path("walkforwards"),
) -> None:
    """Ask all runs, sweeps, searches and walk-forwards by SQL (DuckDB); nothing that is kept is changed."""
    from engine.runs.index import Places
    from engine.runs.sql import described, run_query
    from reports.query import show_answer, show_views

    places = Places(runs, sweeps, searches, walkforwards)
    if tables:
        show_views(console(), described(places, _warner()))
        return
    if sql is None:
        raise UserError('a query needs a select, such as "select name, cagr from runs": --tables lists what there is')
    if sum((as_csv, as_json, parquet is not None)) > 1:
        raise UserError("--csv, --json and --parquet are one or another: leave the others out")
    with run_query(sql, places, _warner(), dates_as_text=parquet is None) as answer:
        if as_json or parquet is not None:
            _check_names(answer.schema.names)
        if as_csv:
            _write_csv(answer)
        elif as_json:
            _write_json(answer)
        elif parquet is not None:
            echo(f"wrote {_write_parquet(answer, parquet):,} rows to {parquet}")
        else:
            first, total = _first(answer, rows)
            show_answer(console(), answer.schema.names, first, total)


def runs(
    out: Annotated[Path, kept_in("runs")] = Path("runs"),
    name: Name = None,
    strategy: Strategy = None,
    verdict: Annotated[
        str | None,
        typer.Option(
            "--verdict",
            help="paid, did not pay, can't tell or withheld.",
            autocompletion=completion.words("paid", "did not pay", "can't tell", "withheld"),
        ),
    ] = None,
    since: Since = None,
    until: Until = None,
    sort: Sort = None,
    top: Top = None,
    as_json: Json = False,
) -> None:
    """List the runs that are kept, oldest first, or those asked for."""
    from engine.runs.index import Wanted, run_rows
    from engine.runs.origin import origin_of
    from reports.query import show_kept_runs

    wanted = Wanted(name, strategy, _outcome(verdict), _day("--since", since), _day("--until", until))
    kept = run_rows(out, _warner())
    metrics_of = {row["folder"]: metrics for row, metrics in kept}
    found = _chosen([row for row, _metrics in kept], wanted.has, sort, top)
    if as_json:
        _echo_json([{"folder": row["folder"], **metrics_of[row["folder"]]} for row in found])
    elif not kept:
        echo(f"no runs in {out}: backtest run hedge_soxs.yaml{_into(out, 'runs')} makes one")
    else:
        origins = {row["folder"]: origin_of(out / row["folder"]) for row in found}
        show_kept_runs(console(), found, len(kept), origins, sort)


def _warner() -> Callable[[str], None]:
    """Return what prints a warning about a damaged folder, each once; the others are listed."""
    printed: set[str] = set()

    def warn(message: str) -> None:
        if message not in printed:
            complain(message)
        printed.add(message)

    return warn


def _into(out: Path, usual: str) -> str:
    """Return the option that names a folder, where it isn't the usual one."""
    return "" if out == Path(usual) else f" --out {shlex.quote(str(out))}"


def sweeps(
    out: Annotated[Path, kept_in("sweeps")] = Path("sweeps"),
    searches: Searches = Path("searches"),
    walkforwards: Forwards = Path("walkforwards"),
    name: Name = None,
    strategy: Strategy = None,
    since: Since = None,
    until: Until = None,
    sort: Sort = None,
    top: Top = None,
    as_json: Json = False,
) -> None:
    """List the sweeps, searches and walk-forwards that are finished, oldest first, or those asked for."""
    from engine.runs.index import KINDS, Places, Wanted, kept_rows
    from reports.query import show_kept_sweeps

    wanted = Wanted(name, strategy, None, _day("--since", since), _day("--until", until))
    places = Places(sweeps=out, searches=searches, walkforwards=walkforwards)
    warn = _warner()
    kept = [row for kind in KINDS for row in kept_rows(places, kind, warn)]
    found = _chosen(kept, wanted.has, sort, top)
    if as_json:
        _echo_json(found)
    elif not kept:
        made = f"backtest sweep hedge_soxs.yaml --param trend_days=10:200:10{_into(out, 'sweeps')}"
        echo(f"no sweeps in {out}: {made} makes one")
    else:
        show_kept_sweeps(console(), found, len(kept), sort)


def _chosen(
    rows: list[dict[str, Any]], has: Callable[[Mapping[str, Any]], bool], sort: str | None, top: int | None
) -> list[Mapping[str, Any]]:
    """Return the rows asked for, sorted, no more than `top`."""
    from reports.query import sorted_rows

    columns = dict.fromkeys(key for row in rows for key in row)
    if rows and sort is not None and sort not in columns:
        raise UserError(f"--sort {sort} is unknown{did_you_mean(sort, columns) or ': ' + ', '.join(columns)}")
    found: list[Mapping[str, Any]] = [row for row in rows if has(row)]
    return (found if sort is None else sorted_rows(found, sort))[:top]


def _outcome(verdict: str | None) -> str | None:
    from engine.analytics.verdict import CANT_TELL, NOT_PAID, PAID, WITHHELD

    outcomes = (PAID, NOT_PAID, CANT_TELL, WITHHELD)
    if verdict is not None and not any(outcome.startswith(verdict.lower()) for outcome in outcomes):
        raise UserError(
            f"--verdict {verdict} is unknown{did_you_mean(verdict, outcomes) or ': ' + ', '.join(outcomes)}"
        )
    return verdict


def _day(option: str, text: str | None) -> str | None:
    try:
        return None if text is None else dt.date.fromisoformat(text).isoformat()
    except ValueError:
        raise UserError(f"{option} {text} is no date: write YYYY-MM-DD") from None


def _first(answer: pa.RecordBatchReader, count: int) -> tuple[list[list[Any]], int]:
    """Return the first rows of an answer, and how many it has; no more than a batch is held."""
    rows: list[list[Any]] = []
    total = 0
    for batch in answer:
        total += batch.num_rows
        part = batch.slice(0, count - len(rows))
        rows += map(list, _rows_of(part))
    return rows, total


def _rows_of(batch: pa.RecordBatch) -> Iterator[tuple[Any, ...]]:
    return zip(*(column.to_pylist() for column in batch.columns), strict=True)


def _write_csv(answer: pa.RecordBatchReader) -> None:
    from reports.renderers.csv import csv_text

    echo_data(csv_text([answer.schema.names]), nl=False)
    for batch in answer:
        echo_data(csv_text(_rows_of(batch)), nl=False)


def _check_names(names: Sequence[str]) -> None:
    """Refuse columns that share a name: neither a JSON object nor a Parquet file can tell them apart."""
    if twice := [name for name in dict.fromkeys(names) if names.count(name) > 1]:
        raise UserError(f"two columns are called {twice[0]}: name each, such as: {twice[0]} as other")


def _write_json(answer: pa.RecordBatchReader) -> None:
    """Print the answer as a list of objects, a line each."""
    import json

    from data.format import as_json

    names, before = answer.schema.names, "["
    for batch in answer:
        for row in _rows_of(batch):
            record = {name: as_json(value) for name, value in zip(names, row, strict=True)}
            echo_data(f"{before}\n{json.dumps(record, ensure_ascii=False, allow_nan=False, default=str)}", nl=False)
            before = ","
    echo_data("[]" if before == "[" else "\n]")


def _write_parquet(answer: pa.RecordBatchReader, path: Path) -> int:
    """Write the answer whole, and return how many rows it has."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    from data.files import write_and_sweep_up

    count = 0

    def write(writing: Path) -> None:
        nonlocal count
        with pq.ParquetWriter(writing, answer.schema) as writer:
            for batch in answer:
                writer.write_batch(batch)
                count += batch.num_rows

    try:
        write_and_sweep_up(path, write)
    except pa.ArrowNotImplementedError as error:
        raise UserError(f"--parquet {path}: {error}: cast that column to text, with ::varchar") from None
    return count


def _echo_json(rows: Sequence[Mapping[str, Any]]) -> None:
    import json

    echo_data(json.dumps(rows, indent=2, default=str))

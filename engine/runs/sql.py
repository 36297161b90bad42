"""SQL over all that is kept: views of runs, sweeps, searches and walk-forwards in DuckDB, read and never written."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from data.errors import UserError, did_you_mean
from engine.runs.index import DATES, Places, Row, Warn, columns_of, control_rows, files_of, kept_rows, run_rows
from engine.runs.results import PARTED, RESULTS
from engine.runs.schema import TABLES

if TYPE_CHECKING:
    import duckdb
    import pyarrow as pa

CLOSED: Mapping[str, Any] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "temp_directory": "",
}
"""Nothing is fetched, and nothing is written aside."""

DATED = re.compile(r"\b(?:DATE|TIMESTAMP(?: WITH TIME ZONE|_NS|_MS|_S)?)(?![\w\" ])")
"""DuckDB's types of dates and moments."""


@dataclass(frozen=True)
class SqlView:
    """A table that can be asked.

    Parameters
    ----------
    about
        What a row is.
    rows
        Makes its rows; None where they stand in files.
    files
        The places of its files, and what they are called.
    """

    about: str
    rows: Callable[[Places, Warn], list[Row]] | None = None
    files: tuple[tuple[str, str], ...] = ()


VIEWS: Mapping[str, SqlView] = {
    "runs": SqlView(
        "a row a run: name, strategy, verdict, every metric; a control's begin with its name, unhedged_cagr",
        lambda places, warn: [row for row, _metrics in run_rows(places.runs, warn)],
    ),
    "controls": SqlView(
        "a row a run and control, with the evidence against it", lambda places, warn: control_rows(places.runs, warn)
    ),
    **{name: SqlView(f"a row {table.row}", files=(("run", table.file),)) for name, table in TABLES.items()},
    "sweeps": SqlView("a row a finished sweep", lambda places, warn: kept_rows(places, "sweep", warn)),
    "searches": SqlView("a row a finished search", lambda places, warn: kept_rows(places, "search", warn)),
    "results": SqlView(
        "a row a combination of all sweeps and searches, parameters by their full keys",
        files=(("sweep", RESULTS), ("sweep", PARTED), ("search", RESULTS)),
    ),
    "walkforwards": SqlView(
        "a row a finished walk-forward", lambda places, warn: kept_rows(places, "walkforward", warn)
    ),
    "folds": SqlView("a row a walk-forward and fold", files=(("walkforward", "folds.parquet"),)),
}


@contextmanager
def run_query(sql: str, places: Places, warn: Warn, *, dates_as_text: bool = False) -> Iterator[pa.RecordBatchReader]:
    """Answer a select over the views.

    Parameters
    ----------
    sql
        One select. A file of one's own may stand in it too, such as ``'prices.csv'``.
    places
        Where runs, sweeps, searches and walk-forwards are kept.
    warn
        Takes a sentence about each damaged folder, which is left out.
    dates_as_text
        Whether dates and moments come as text: DuckDB knows more of them than Python, infinity among them.

    Yields
    ------
    The answer, batch by batch.

    Raises
    ------
    UserError
        DuckDB isn't installed, or what it says of the SQL.
    """
    import_duckdb()
    import duckdb

    with _open() as connection:
        try:
            statements = connection.extract_statements(sql)
            if [statement.type for statement in statements] != [duckdb.StatementType.SELECT]:
                raise UserError("a query is one select: nothing is changed or written")
            for name in VIEWS:
                if re.search(rf"\b{name}\b", sql, re.IGNORECASE):
                    _lay_out(connection, name, places, warn)
            answer = connection.sql(sql)
            yield (_dated_in_text(answer) if dates_as_text else answer).to_arrow_reader()
        except duckdb.Error as error:
            raise UserError(_message(str(error), places)) from None


def _dated_in_text(answer: duckdb.DuckDBPyRelation) -> duckdb.DuckDBPyRelation:
    """Return an answer whose dates and moments, nested ones too, are text."""
    kinds = list(map(str, answer.types))
    if not any(map(DATED.search, kinds)):
        return answer
    names = [name.replace('"', '""') for name in answer.columns]
    columns = ", ".join(
        f'c{at}::{DATED.sub("VARCHAR", kind)} as "{name}"'
        for at, (kind, name) in enumerate(zip(kinds, names, strict=True))
    )
    numbered = ", ".join(f"c{at}" for at in range(len(names)))
    dated = answer.query("answer", f"select {columns} from answer as answered({numbered})")  # noqa: S608  # our own
    return answer if dated is None else dated


def described(places: Places, warn: Warn) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """Return every view's name, what a row of it is, and its columns with their types; none where nothing is kept."""
    import_duckdb()
    found = []
    for name, view in VIEWS.items():
        with _open() as connection:
            _lay_out(connection, name, places, warn)
            columns = connection.execute(
                "select column_name, data_type from duckdb_columns() where table_name = ? order by column_index", [name]
            )
            found.append((name, view.about, columns.fetchall()))
    return found


def import_duckdb() -> None:
    """Raise UserError where DuckDB isn't installed."""
    if find_spec("duckdb") is None:
        raise UserError("a query needs DuckDB: pip install 'hedge-backtest[query]'")


@contextmanager
def _open() -> Iterator[duckdb.DuckDBPyConnection]:
    import duckdb

    with duckdb.connect(config=dict(CLOSED)) as connection:
        yield connection


def _lay_out(connection: duckdb.DuckDBPyConnection, name: str, places: Places, warn: Warn) -> None:
    """Make a view of what is kept; where nothing is, there is none."""
    view = VIEWS[name]
    if view.rows is not None:
        if rows := view.rows(places, warn):
            connection.register(name, _table(rows))
        return
    parts = [path for kind, file in view.files for path in files_of(places.of(kind), kind, file, warn)]
    if parts:
        connection.execute(f'create view "{name}" as {_selected(name, parts)}')


def _selected(name: str, parts: list[Path]) -> str:
    """Return the select of all files of a view, each row with whose it is."""
    files = ", ".join("'" + _literal(path) + "'" for path in parts)
    folder = f"parse_path(filename)[case when parse_path(filename)[-2] = '{PARTED}' then -3 else -2 end]"
    whose = f"right({folder}, 10)"
    named = f"{whose} as run" if name in TABLES else f"{whose} as id, {folder} as folder"
    return f"select {named}, * exclude (filename) from read_parquet([{files}], union_by_name = true, filename = true)"  # noqa: S608  # our own files


def _literal(path: Path) -> str:
    """Return a path as DuckDB takes it between quotes: marks of a pattern stand for themselves."""
    return re.sub(r"([\[*?])", r"[\1]", str(path.absolute())).replace("'", "''")


def _table(rows: list[Row]) -> pa.Table:
    """Return rows as a table; a column that holds texts and numbers is text."""
    import pyarrow as pa

    made = {}
    for name, values in columns_of(rows).items():
        try:
            made[name] = pa.array(values)
        except (pa.ArrowInvalid, pa.ArrowTypeError):
            made[name] = pa.array([None if value is None else str(value) for value in values])
        if pa.types.is_null(made[name].type):
            made[name] = made[name].cast(pa.date32() if name in DATES else pa.float64())
    return pa.table(made)


def _message(error: str, places: Places) -> str:
    """Return what DuckDB says in a line, and what may be meant by a table that isn't there."""
    missing = re.match(r"Catalog Error: Table with name (\S+) does not exist", error)
    if missing is None:
        return " ".join(re.sub(r"\s*LINE \d+:.*", "", error, flags=re.DOTALL).split())
    name = missing[1].lower()
    if name in VIEWS:
        own = places.runs if name == "controls" else getattr(places, name, None)
        where = " and ".join([str(places.of(kind)) for kind, _ in VIEWS[name].files] or [str(own)])
        return f"{name}: nothing is kept in {where}"
    return f"there is no table {missing[1]}{did_you_mean(name, VIEWS) or ': ' + ', '.join(VIEWS)}"

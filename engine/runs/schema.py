"""What is in a run's folder: its tables, for writing, reading and documenting, and metrics.json as a JSON schema."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy.typing as npt

from data.arrow import arrow_of
from engine.analytics.attribution import COLUMNS, SLEEVE, SPANS
from engine.analytics.measure import BOOK
from engine.config import RunConfig
from strategies.load import SHIPPED, strategy_class
from strategies.parameters import Parameter, choices, describe, explained

if TYPE_CHECKING:
    import pyarrow as pa

Columns = Mapping[str, npt.NDArray[Any]]
"""A table: arrays of one length by name."""

DATE, NUMBER, FLAG, COUNT, TEXT = "date32", "double", "bool", "int64", "string"
"""Types of columns, by pyarrow's names."""


@dataclass(frozen=True)
class TableSchema:
    """A table of a run's folder.

    Parameters
    ----------
    name
        Its file's name, without ``.parquet``.
    row
        What a row is.
    columns
        Each column's type and meaning, by its name.
    more
        What the other columns are, numbers or texts; empty where there are none.
    """

    name: str
    row: str
    columns: Mapping[str, tuple[str, str]]
    more: str = ""

    @property
    def file(self) -> str:
        """Its file's name."""
        return f"{self.name}.parquet"

    def arrow(self, columns: Columns) -> pa.Table:
        """Return columns as the file holds them, in the order given."""
        import pyarrow as pa

        kinds = {
            name: self.columns[name][0] if name in self.columns else NUMBER if values.dtype.kind in "fiu" else TEXT
            for name, values in columns.items()
        }
        return pa.table({name: arrow_of(values, pa.type_for_alias(kinds[name])) for name, values in columns.items()})


_FILL = {
    "decided": (DATE, "the close at which it was ordered"),
    "filled": (DATE, "the session in which it was filled"),
    "instrument": (TEXT, "what was traded"),
    "side": (TEXT, "`buy` or `sell`"),
    "shares": (NUMBER, "as-traded shares"),
    "price": (NUMBER, "dollars a share, before slippage"),
    "value": (NUMBER, "dollars at that price"),
    "commission": (NUMBER, "dollars"),
    "slippage": (NUMBER, "dollars"),
}
_BOOK = {"book": (TEXT, "`hedged`, or a control's name")}

TABLES: Mapping[str, TableSchema] = {
    table.name: table
    for table in (
        TableSchema(
            "equity",
            "a run and session: every book, weights, the intensity",
            {
                "date": (DATE, "the session"),
                "hedged": (NUMBER, "the hedged book's equity in dollars at the close"),
                "unhedged": (NUMBER, "the unhedged book's"),
                "cash": (NUMBER, "the hedged book's cash in dollars, below 0 what it owes"),
                "core_weight": (NUMBER, "fraction of its equity in the core"),
                "hedge_weight": (
                    NUMBER,
                    "fraction of its equity in the hedge; of an option what its contract is written on",
                ),
                "intensity": (NUMBER, "the strategy's signal at the close, NaN for a strategy that has none"),
                "ordered": (FLAG, "whether target weights were decided at the close"),
                "ordered_core": (NUMBER, "the core's weight last decided"),
                "ordered_hedge": (NUMBER, "the hedge's weight last decided"),
                "cash_yield": (NUMBER, "the cash rate known at the close, a fraction a year"),
                "synthetic": (FLAG, "whether a traded instrument's bar was made by the fund model"),
            },
            "each control's equity in dollars, by its name; of several hedges `NAME weight` and `NAME ordered`",
        ),
        TableSchema("orders", "a fill", _FILL),
        TableSchema(
            "episodes",
            "an episode of a hedge",
            {
                "decided": (DATE, "the close at which it was ordered on"),
                "entered": (DATE, "the session in which that was filled"),
                "left": (DATE, "the close at which it was ordered off, null while it is open at the end"),
                "exited": (DATE, "the session in which that was filled, null while it is open"),
                "sessions": (COUNT, "sessions held"),
                "hedge": (TEXT, "its instrument; of an option the contract that is bought"),
                "reason": (TEXT, "why it was left"),
                "weight": (NUMBER, "the weight as ordered, a fraction of equity"),
                "fund_return": (NUMBER, "the hedge's own return from fill to fill, before costs; NaN of an option"),
                "pnl": (NUMBER, "what the sleeve made in dollars, after costs"),
                "costs": (NUMBER, "the hedge's own commission and slippage in dollars"),
            },
        ),
        TableSchema(
            "attribution",
            "a run and session: where its dollars came from",
            {"date": (DATE, "the session"), **dict.fromkeys(COLUMNS, (NUMBER, "dollars of the session"))},
            "`NAME_linked`, what each contributed to the total return",
        ),
        TableSchema(
            "hedges",
            "a traded hedge and session, of a run with several: where its dollars came from",
            {
                "hedge": (TEXT, "the instrument, a number after one that stands twice"),
                "date": (DATE, "the session"),
                **dict.fromkeys(SLEEVE, (NUMBER, "dollars of the session")),
            },
        ),
        TableSchema(
            "timing",
            "a shift of the orders' dates, the run's own first",
            {
                "shift": (COUNT, "closes"),
                "growth": (NUMBER, "log growth a year"),
                "t": (NUMBER, "the growth, studentised"),
            },
        ),
        TableSchema(
            "ledger",
            "a run, book and session: what it held, traded and decided",
            {
                **_BOOK,
                "date": (DATE, "the session"),
                "equity": (NUMBER, "dollars at the close"),
                "cash": (NUMBER, "dollars at the close, below 0 what it owes"),
                "ordered": (FLAG, "whether target weights were decided at the close"),
                "core": (NUMBER, "the core's weight last decided"),
                "hedge": (NUMBER, "the hedge's weight last decided"),
                "restate": (FLAG, "whether the weights last decided restate the core"),
                "action": (TEXT, "what the policy did at the close"),
            },
            "`NAME shares`, the as-traded shares of each instrument at the close, and `NAME traded`, those bought (+)"
            " or sold (-) in the session; of several hedges also `NAME hedge` and `NAME action`",
        ),
        TableSchema("fills", "a fill of a book", {**_BOOK, **_FILL}),
    )
}
"""The tables by name. Attribution needs controls, timing an answer, hedges several of them."""


def tables_page() -> str:
    """Return docs/tables.md."""
    lines = [
        "# The tables of a run's folder",
        "",
        "Parquet files that pandas, polars and DuckDB read; `backtest query` asks those of all runs at once. The books",
        "of `ledger` and `fills` are the hedged one and every control that trades the run's own instruments. A run",
        "with `controls: off` has no `attribution`, and one without an answer no `timing`. `checksums.json` holds the",
        "SHA-256 of every data file: a file that was changed is named when it is read.",
    ]
    for table in TABLES.values():
        lines += ["", f"## {table.file}", "", f"A row {table.row}.", "", "| column | type | |", "|---|---|---|"]
        lines += [f"| `{name}` | {kind} | {meaning} |" for name, (kind, meaning) in table.columns.items()]
        if table.more:
            lines.append(f"| others | {NUMBER} | {table.more} |")
    return "\n".join([*lines, ""])


def run_schema() -> dict[str, Any]:
    """Return the JSON schema of a run's YAML: of a shipped strategy with its parameters, their ranges and words."""
    schema = RunConfig.model_json_schema()
    strategy = schema["$defs"]["StrategyConfig"]
    strategy["properties"]["class"]["examples"] = [*SHIPPED, "my_hedge.py:MyHedge"]
    strategy["allOf"] = [_with_params(name) for name in SHIPPED]
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _with_params(name: str) -> dict[str, Any]:
    """Return what holds where a shipped strategy is named: which parameters there are."""
    cls = strategy_class(name)
    said, default = explained(cls), RunConfig.model_fields["strategy"].get_default(call_default_factory=True).named
    params = {known.name: _parameter(known, said.get(known.name, "")) for known in describe(cls)}
    named = {"properties": {"class": {"const": name}}, **({} if name == default else {"required": ["class"]})}
    about = (cls.__doc__ or "").strip().partition("\n")[0]
    given = {"description": about, "properties": params, "additionalProperties": False}
    return {"if": named, "then": {"properties": {"params": given}}}


def _parameter(known: Parameter, about: str) -> dict[str, Any]:
    """Return the schema of a parameter; anything goes where its type is no number, text, or true and false."""
    kinds = {int: "integer", float: "number", str: "string", bool: "boolean", type(None): "null"}
    allowed = get_args(known.type) or (known.type,)
    types = [kinds[each] for each in allowed if each in kinds]
    found: dict[str, Any] = {"description": about} if about else {}
    if types and len(types) == len(allowed):
        found["type"] = types[0] if len(types) == 1 else types
    if words := choices(known.type):
        found["enum"] = list(words)
    if known.ends:
        found |= {"minimum": known.range.low, "maximum": known.range.high}
    return found if known.default is MISSING else {**found, "default": known.default}


def metrics_schema() -> dict[str, Any]:
    """Return the JSON schema of metrics.json: the hedged run's figures at the top, the controls' under `controls`."""
    book = {name: _metric(metric.unit, metric.meaning) for name, metric in BOOK.items()}
    figures = {"type": "object", "properties": book, "required": list(book)}
    head = {
        "name": {"type": "string"},
        "strategy": {"type": "string"},
        "source": {"type": "string"},
        "simulated": {"type": "boolean", "description": "true where the history is made up"},
        "synthetic": {
            "type": ["object", "null"],
            "description": "history made by the fund model; null where all is real",
            "properties": {
                "before": {"type": "object", "description": "the first real session, by instrument"},
                "sessions": _metric("count", "of the run, on which a traded instrument is synthetic"),
                "final_equity": _edges("the hedged book's"),
                "unhedged_final_equity": _edges("the unhedged book's"),
            },
        },
        **_judged(),
        "notes": {"type": "array", "items": {"type": "string"}},
        "controls": {"type": "object", "additionalProperties": figures, "required": ["unhedged", "derisk_entry"]},
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "metrics.json",
        "type": "object",
        "properties": {**head, **book},
        "required": [*head, *book],
    }


def _judged() -> dict[str, Any]:
    """Return what the evaluation adds: null with ``controls: off``."""
    columns = (*COLUMNS, "decay", "sleeve")
    dollars = {f"{name}_dollars": _metric("dollars", f"{name}, summed over the run") for name in columns}
    linked = {f"{name}_return": _metric("fraction", f"{name}, linked to total_return by Carino") for name in columns}
    yearly = {f"{name}_a_year": _metric("fraction a year", f"{name}, linked to cagr") for name in columns}
    timing = {
        "hedge_times_fund": _metric("fraction a year", "Y mean(w R), w the sleeve's weight, R the fund's return"),
        "average_hedge": _metric("fraction a year", "Y mean(w) mean(R)"),
        "hedge_timing": _metric("fraction a year", "Y cov(w, R)"),
    }
    parts = {
        "verdict": ("by the rules of docs/verdict.md", {}),
        "attribution": ("where the hedged book's dollars came from", {**dollars, **linked, **yearly, **timing}),
        "bridge": (
            "from the unhedged end value to the hedged one; the steps sum to the difference",
            {name: _metric("dollars", "grown from its session on as the unhedged book grew") for name in SPANS},
        ),
        "measures": ("what protection cost and caught (docs/verdict.md); `undefined` says why one is null", {}),
        "evidence": ("hedged less each control with 95 % intervals (docs/verdict.md)", {}),
        "study": ("what followed each entry, against all days: fractions, with 95 % intervals (docs/verdict.md)", {}),
        "answer": ("the sum, the three tests, and holding less (docs/verdict.md)", {}),
    }
    listed = {
        "hedges": "what each instrument of several came to: mean weight, parts a year, linked to cagr, bridge",
        "variations": "gap to holding less and the fund's part when one thing is changed (docs/verdict.md)",
        "alternatives": "the same signal with other sizes and rebalancings (docs/verdict.md)",
    }
    return {
        "answer_why": {"type": ["string", "null"], "description": "why there is no answer"},
        **{
            name: {"type": ["object", "null"], "description": about, **({"properties": held} if held else {})}
            for name, (about, held) in parts.items()
        },
        **{
            name: {"type": ["array", "null"], "items": {"type": "object"}, "description": about}
            for name, about in listed.items()
        },
    }


def _edges(whose: str) -> dict[str, Any]:
    described = f"{whose} end value with synthetic returns at the low and at the high edge of their error band"
    return {"type": "array", "items": {"type": "number"}, "description": described, "unit": "dollars"}


def _metric(unit: str, meaning: str) -> dict[str, Any]:
    kinds = {"count": "integer", "date": "string"}
    kind = [kinds[unit]] if unit in kinds else ["number", "null"]
    return {"type": kind if len(kind) > 1 else kind[0], "description": meaning, **({"unit": unit} if unit else {})}

"""A run's folder: resolved config, manifest, metrics and tables; the same inputs give the same bytes."""

from __future__ import annotations

import json
import platform
import re
import secrets
import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from data.errors import UserError
from data.files import locked
from data.version import VERSION, code_version
from engine.analytics.answer.timing import Shifts
from engine.analytics.attribution import Attribution
from engine.analytics.carino import linking
from engine.analytics.episodes import episodes_of
from engine.config import RunConfig
from engine.rules import costs_of
from engine.runs.identity import ID_LENGTH, as_run, digest, id_of, known_config
from engine.runs.run import RunResult

if TYPE_CHECKING:
    import pyarrow as pa

LIBRARIES = ("backtrader", "numpy", "pandas", "pyarrow", "quantstats")
RUN = re.compile(rf"[^.].*-[0-9a-f]{{{ID_LENGTH}}}")
"""Names of runs' folders."""
LEFT = re.compile(rf"\.(?P<run>{RUN.pattern})\.[0-9a-f]{{8}}\.(?P<kind>tmp|old)")
"""Names of folders that a run is writing, or that a killed one left behind."""


def run_id(result: RunResult) -> str:
    """Return the hash of config, data content and code by which a run is known; no path is in it."""
    return id_of(result.config, result.market.source.name, result.market.fingerprint(result.reads), result.engine)


def folder_name(result: RunResult) -> str:
    """Return the name of a run's folder, which says so when its history is simulated."""
    marked = f"{result.config.name}-SIMULATED" if result.simulated else result.config.name
    return f"{marked}-{run_id(result)}"


@contextmanager
def run_folder(result: RunResult, out: Path) -> Iterator[tuple[Path, Path]]:
    """Give a temporary folder to write into, and rename it at the end: a killed run leaves nothing half-written.

    Yields
    ------
    Path, Path
        Where to write now, and where it will stand. An existing folder of the same id is replaced whole.
    """
    final = out / folder_name(result)
    writing = out / f".{final.name}.{secrets.token_hex(4)}.tmp"
    try:
        out.mkdir(parents=True, exist_ok=True)
        with ExitStack() as held:
            with locked(out):  # so that nobody sweeps it up before its own lock is held
                _sweep_up(out)
                writing.mkdir()
                held.enter_context(locked(writing))
            yield writing, final
            with locked(out):
                _replace(writing, final)
    except OSError as fault:
        raise UserError(
            f"{out}: can't be written: {fault.strerror or fault}: choose another folder with --out"
        ) from fault
    finally:
        shutil.rmtree(writing, ignore_errors=True)


def write_data(result: RunResult, folder: Path) -> None:
    """Write every data file of a run: config, with a strategy's own file beside it, manifest, metrics and tables."""
    import pyarrow.parquet as pq

    own, _, _ = result.config.strategy.named.rpartition(":")
    if own.endswith(".py"):
        shutil.copyfile(own, folder / Path(own).name)
    (folder / "config.yaml").write_text(config_yaml(as_run(result.config, result.market.source.name)), encoding="utf-8")
    (folder / "manifest.json").write_text(_json(_manifest(result)), encoding="utf-8")
    (folder / "metrics.json").write_text(_json(result.metrics), encoding="utf-8")
    pq.write_table(equity_table(result), folder / "equity.parquet")
    pq.write_table(orders_table(result), folder / "orders.parquet")
    pq.write_table(episodes_table(result), folder / "episodes.parquet")
    if result.evaluation is not None:
        pq.write_table(attribution_table(result.evaluation.attribution, result), folder / "attribution.parquet")
        if result.evaluation.answer is not None:
            pq.write_table(timing_table(result.evaluation.answer.shifts), folder / "timing.parquet")


def config_yaml(config: RunConfig) -> str:
    """Return a resolved config as YAML that runs again."""
    from io import StringIO

    from ruamel.yaml import YAML

    yaml = YAML(typ="rt")
    yaml.default_flow_style = False
    yaml.width = 10_000  # a long path stays in its line
    text = StringIO()
    yaml.dump(config.model_dump(mode="python"), text)
    return text.getvalue()


def equity_table(result: RunResult) -> pa.Table:
    """Return a row a session: the books' equity in dollars, the hedged book's parts, the signal, what was ordered."""
    import pyarrow as pa

    hedged, end = result.hedged, result.hedged.last + 1
    worth = hedged.shares * result.setup.prices.close / np.where(hedged.equity > 0, hedged.equity, np.nan)[:, None]
    columns = {
        "date": result.market.run_sessions,
        "hedged": hedged.equity,
        **{name: book.equity for name, book in result.books.items()},
        "cash": hedged.cash,
        "core_weight": worth[:, :-1].sum(axis=1),
        "hedge_weight": worth[:, -1],
        "intensity": result.intensity,
        "ordered": hedged.ordered,
        "ordered_core": hedged.core,
        "ordered_hedge": hedged.hedge,
        "cash_yield": result.setup.cash_yield,
        "synthetic": result.market.synthetic_sessions(),
    }
    return pa.table({name: pa.array(values) for name, values in columns.items()}).slice(0, end)


def orders_table(result: RunResult) -> pa.Table:
    """Return a row a fill: decided and filled dates, instrument, side, shares, price, value and costs in dollars."""
    import pyarrow as pa

    setup, hedged, sessions = result.setup, result.hedged, result.market.run_sessions
    commission, slippage = costs_of(setup.terms, setup.prices.fill, hedged.traded)
    filled, column = np.nonzero(hedged.traded)
    price, shares = setup.prices.fill[filled, column], hedged.traded[filled, column]
    names = np.array(result.market.roles.traded)
    return pa.table(
        {
            "decided": pa.array(sessions[filled - 1]),
            "filled": pa.array(sessions[filled]),
            "instrument": pa.array(names[column].tolist(), pa.string()),
            "side": pa.array(np.where(shares > 0, "buy", "sell").tolist(), pa.string()),
            "shares": pa.array(np.abs(shares)),
            "price": pa.array(price),
            "value": pa.array(np.abs(shares) * price),
            "commission": pa.array(commission[filled, column]),
            "slippage": pa.array(slippage[filled, column]),
        }
    )


def attribution_table(attribution: Attribution, result: RunResult) -> pa.Table:
    """Return a row a session: dollars by column, and what each contributed to the total return, linked."""
    import pyarrow as pa

    link = linking(attribution.equity, attribution.last)
    columns = {
        "date": result.market.run_sessions,
        **attribution.dollars,
        **{f"{name}_linked": dollars * link for name, dollars in attribution.dollars.items()},
    }
    return pa.table({name: pa.array(values) for name, values in columns.items()}).slice(0, attribution.last + 1)


def timing_table(shifts: Shifts) -> pa.Table:
    """Return a row a shift of the book sold at entry, the run's own first: closes, log growth a year, studentised."""
    import pyarrow as pa

    return pa.table({"shift": pa.array(shifts.shift), "growth": pa.array(shifts.growth), "t": pa.array(shifts.t)})


def episodes_table(result: RunResult) -> pa.Table:
    """Return a row an episode: dates, sessions held, weight, why it ended, the fund's return, the sleeve's dollars."""
    import pyarrow as pa

    sessions, episodes = result.market.run_sessions, episodes_of(result.setup, result.hedged)

    def dates(numbers: list[int | None]) -> pa.Array:
        return pa.array([None if number is None else sessions[number].item() for number in numbers], pa.date32())

    return pa.table(
        {
            "decided": dates([episode.decided for episode in episodes]),
            "entered": dates([episode.entered for episode in episodes]),
            "left": dates([episode.left for episode in episodes]),
            "exited": dates([episode.exited for episode in episodes]),
            "sessions": pa.array(
                [(result.hedged.last if e.exited is None else e.exited) - e.entered for e in episodes],
                pa.int64(),
            ),
            "reason": pa.array([episode.reason for episode in episodes], pa.string()),
            "weight": pa.array([episode.weight for episode in episodes], pa.float64()),
            "fund_return": pa.array([episode.fund_return for episode in episodes], pa.float64()),
            "pnl": pa.array([episode.pnl for episode in episodes], pa.float64()),
            "costs": pa.array([episode.costs for episode in episodes], pa.float64()),
        }
    )


def _manifest(result: RunResult) -> dict[str, Any]:
    return {
        "id": run_id(result),
        "name": result.config.name,
        "strategy": result.label,
        "simulated": result.simulated,
        "source": result.market.source.name,
        "data": result.market.fingerprint(result.reads),
        "synthetic": {name: {"before": str(day)} for name, day in result.market.synthetic.items()},
        "audit": [{"id": one.id, "severity": one.severity, "says": one.says} for one in result.market.findings],
        "config": digest(known_config(result.config, result.market.source.name)),
        "engine": result.engine,
        "code": code_version(),
        "versions": {
            "hedge-backtest": VERSION,
            "python": platform.python_version(),
            **{name: version(name) for name in LIBRARIES},
        },
        "notes": list(result.notes),
    }


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, allow_nan=False, ensure_ascii=False) + "\n"


def _replace(writing: Path, final: Path) -> None:
    """Rename into place; an older folder of that name steps aside first and is removed after."""
    aside = writing.with_suffix(".old")
    if final.exists():
        final.rename(aside)
    writing.rename(final)
    shutil.rmtree(aside, ignore_errors=True)


def _sweep_up(out: Path) -> None:
    """Mend what killed runs left: a folder that had stepped aside goes back, what nobody is writing any more goes."""
    for left in out.iterdir():
        name = LEFT.fullmatch(left.name)
        if name is None:
            continue
        if name["kind"] == "old" and not (out / name["run"]).exists():
            left.rename(out / name["run"])
            continue
        with suppress(BlockingIOError, FileNotFoundError), locked(left, wait=False):
            shutil.rmtree(left, ignore_errors=True)

"""Every run that ships, on real history: what it cost, avoided and came to. Writes docs/results.md."""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import sys
from pathlib import Path
from typing import Any

from backtest.api import load_config, run
from backtest.console import console, steps
from data.errors import UserError
from engine.judgement.lookahead.prove import prove
from engine.run import RunResult
from strategies.base import Strategy
from strategies.load import RUNS, strategy_class
from strategies.parameters import make

PAGE = Path(__file__).parents[1] / "docs" / "results.md"
HEADS = (
    "run", "CAGR", "cost a year", "max drawdown", "drawdown avoided", "decay a year", "against de-risk a year",
    "verdict", "episodes", "sessions hedged", "look-ahead",
)  # fmt: skip
WORDS = """\
# What the shipped runs came to

{span}, {sessions:,} sessions, SOXX held unhedged made {cagr} a year with a maximum drawdown of {drawdown}.
Made on {today} by `{command}`; data {hashed}.

{table}

- *cost a year*: growth of the unhedged book less that of the hedged one. *Drawdown avoided*: points of maximum
  drawdown.
- *decay a year*: compounding, fee and spread of the sleeve, as a contribution to the book's return.
- *against de-risk a year*: growth less that of the book that sells core to the same beta day by day, with its 95 %
  interval: the difference the [verdict](verdict.md) rests on.
- *look-ahead*: what [`backtest lookahead`](lookahead.md) says.

These runs were chosen because market comment names such signals, not because they did well. They are {count} tries on
one history with eight drawdowns over 20 %: the best of them is partly luck.{notes}
"""


def row_of(result: RunResult, proof: str) -> tuple[str, ...]:
    """Return a run's row of the table."""
    told, verdict = result.metrics, result.metrics["verdict"]
    growth = verdict["growth"]
    between = (
        ""
        if growth is None
        else f"{_percent(growth['estimate'])} [{_percent(growth['low'])}, {_percent(growth['high'])}]"
    )
    return (
        f"`{result.config.name}`",
        _percent(told["cagr"]),
        _percent(told["measures"]["cost_a_year"]),
        _percent(told["max_drawdown"]),
        _percent(told["measures"]["drawdown_avoided"]),
        _percent(told["attribution"]["decay_a_year"]),
        between,
        verdict["label"],
        str(told["episodes"]),
        f"{told['sessions_hedged']:,}",
        proof,
    )


def _percent(value: float | None) -> str:
    return "" if value is None else f"{100 * value:.2f} %"


def page(results: list[tuple[RunResult, str]], command: str, lacking: list[str]) -> str:
    """Return the page."""
    first = results[0][0]
    unhedged: dict[str, Any] = first.metrics["controls"]["unhedged"]
    hashes = {name: digest for result, _ in results for name, digest in result.market.fingerprint().items()}
    lines = [f"| {' | '.join(HEADS)} |", f"|{'-|' * len(HEADS)}"]
    lines += [f"| {' | '.join(row_of(result, proof))} |" for result, proof in results]
    sessions = first.market.run_sessions
    return WORDS.format(
        span=f"{sessions[0]} to {sessions[-1]}",
        sessions=len(sessions),
        cagr=_percent(unhedged["cagr"]),
        drawdown=_percent(unhedged["max_drawdown"]),
        today=dt.datetime.now(tz=dt.UTC).date(),
        command=command,
        hashed=hashlib.sha256(repr(sorted(hashes.items())).encode()).hexdigest()[:16],
        table="\n".join(lines),
        count=len(results),
        notes="".join(f"\n\n{one}." for one in (*_remarks(results), *lacking)),
    )


def _remarks(results: list[tuple[RunResult, str]]) -> list[str]:
    """Return what strategies have to say of what they read, each with the runs it is said of."""
    said: dict[str, list[str]] = {}
    for result, _proof in results:
        strategy: Strategy = make(strategy_class(result.config.strategy.named), result.config.strategy.params)
        for remark in strategy.remarks(result.market):
            said.setdefault(remark.removesuffix("."), []).append(f"`{result.config.name}`")
    return [f"{remark} ({', '.join(runs)})" for remark, runs in said.items()]


def main() -> int:
    """Run everything that ships and write the page; 2 where no run could be made."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", metavar="DIR", help="a folder of real history; else the store")
    asked.add_argument("--start", default="2010-06-01")
    asked.add_argument("--end", default=None)
    given = asked.parse_args()
    settings = [
        f"start={given.start}",
        *([f"end={given.end}"] if given.end else []),
        *([] if given.data else ["data.source=store"]),
    ]
    files = sorted(RUNS.glob("*.yaml"))
    results, lacking = [], []
    with steps(2 * len(files)) as say:
        for file in files:
            try:
                say(f"{file.stem}: running")
                config = load_config(file, settings, given.data)
                result = run(config)
                say(f"{file.stem}: proving that it doesn't look ahead")
                proof = prove(config)
            except UserError as fault:
                lacking.append(f"`{file.stem}` is left out: {fault}")
                continue
            results.append((result, "a leak" if proof.leaks else "none"))
    for one in lacking:
        print(one, file=sys.stderr)
    if not results:
        return 2
    written = "make results" + (" DATA=DIR" if given.data else "")
    PAGE.write_text(page(results, written, lacking), encoding="utf-8")
    console().print(PAGE.read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())

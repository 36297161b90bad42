"""The commands for a run and a strategy of one's own: init, validate, show, and lists of what there is."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from backtest import completion
from backtest.console import console, echo, echo_data
from backtest.options import UNCHANGED, File, RunOptions
from data.errors import UserError


def validate(file: File, options: RunOptions = UNCHANGED) -> None:
    """Check a run, its strategy and the history it would use, without running it."""
    config = options.config(file)
    from backtest.api import load_market
    from engine.analytics.drift import short_drift
    from engine.evaluate_strategy import evaluate_strategy

    market = load_market(config)
    with evaluate_strategy(config, market) as prepared:
        drift = short_drift(config, prepared)
    sessions = market.run_sessions
    simulated = ", SIMULATED" if market.simulated else ""
    echo(f"{file} is fine: {len(sessions):,} sessions, {sessions[0]} to {sessions[-1]}{simulated}")
    if not config.hedges and "rebalance" not in config.hedge.model_fields_set:
        echo("hedge.rebalance is weekly, the default; it was never before 0.2: set it to keep an older result")
    if drift is not None:
        echo(f"{'note' if drift.rare else 'warning'}: {drift.said}")


def show(file: File, options: RunOptions = UNCHANGED) -> None:
    """Print a run with every default written out, as YAML that runs again."""
    from engine.runs.record import config_yaml

    echo_data(config_yaml(options.config(file)), nl=False)


def init(name: Annotated[str, typer.Argument(help="What to call it.")] = "my_hedge") -> None:
    """Write a commented YAML and a strategy file to start from."""
    from backtest.starter import write_starter

    for path in write_starter(name, Path()):
        echo(f"wrote {path}")
    echo(f"next: backtest run {name}.yaml")


def strategies(
    named: Annotated[
        list[str] | None,
        typer.Argument(
            help="Classes: shipped, file.py:Class or module:Class, which is executed.",
            show_default="shipped",
            autocompletion=completion.strategies,
        ),
    ] = None,
) -> None:
    """List strategies with their parameters."""
    from reports.catalogue import show_strategies
    from strategies.load import SHIPPED, strategy_class

    show_strategies(console(), [strategy_class(name, (Path(),)) for name in named or SHIPPED])


def catalogue(
    named: Annotated[
        list[str] | None, typer.Argument(help="Signals.", show_default="all", autocompletion=completion.signals)
    ] = None,
    markdown: Annotated[bool, typer.Option("--markdown", help="As a table in Markdown.")] = False,
) -> None:
    """List the signals that YAML can put together, with their keys and units."""
    from reports.catalogue import catalogue_markdown, show_catalogue
    from strategies.signals.catalogue import SIGNALS, signal

    signals = [signal(name, name) for name in named] if named else list(SIGNALS.values())
    if markdown:
        echo_data(catalogue_markdown(signals), nl=False)
        return
    show_catalogue(console(), signals)


def schema(
    of: Annotated[
        str, typer.Argument(help="run (the YAML) or metrics (metrics.json).", metavar="[run|metrics]")
    ] = "run",
) -> None:
    """Print a JSON schema: of a run's YAML, for completion in an editor, or of metrics.json, with units."""
    import json

    from engine.runs.schema import metrics_schema, run_schema

    schemas = {"run": run_schema, "metrics": metrics_schema}
    if of not in schemas:
        raise UserError(f"there is no schema of {of}: run or metrics")
    echo_data(json.dumps(schemas[of](), indent=2))

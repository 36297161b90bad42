"""The command `lookahead`: the proof that a run's decisions use nothing that wasn't known yet."""

from __future__ import annotations

from typing import Annotated

import typer

from backtest.console import complain, console, echo_data, steps
from backtest.options import UNCHANGED, File, RunOptions, quietly, within
from data.ranges import COUNT

LOOKS_AHEAD = 3


def lookahead(
    file: File,
    options: RunOptions = UNCHANGED,
    cuts: Annotated[
        int | None,
        typer.Option(
            "--cuts", metavar="N", **within(COUNT), help="Dates to cut history at; by the strategy's kind if not given."
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print the proof as JSON, and nothing else.")] = False,
) -> None:
    """Prove that no decision uses what wasn't known yet, and show what it hangs on; exit with 3 where that fails."""
    config = options.config(file)
    from engine.backtrader_engine.guard import RefusedError
    from engine.validation.prove import STEPS, prove

    try:
        with quietly(), steps(STEPS) as say:
            proof = prove(config, cuts=cuts, progress=say)
    except RefusedError as error:  # what its fills are made of is the strategy's own, so nothing can be proved
        complain(f"backtest: leak: {error}")
        raise typer.Exit(LOOKS_AHEAD) from None
    if as_json:
        import json

        echo_data(json.dumps(proof.as_dict(), indent=2))
    else:
        from reports.lookahead import show_proof

        show_proof(console(), proof)
    if not proof.stands:
        raise typer.Exit(LOOKS_AHEAD)

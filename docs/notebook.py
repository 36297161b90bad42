"""Execute the notebook of docs/ on real history, as Jupyter would, and write it with its outputs: `make notebook`."""

from __future__ import annotations

import argparse
import ast
import contextlib
import io
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

NOTEBOOK = Path(__file__).parent / "first_look.ipynb"
CELLS = """\
# %% [markdown]
# A first look

Does hedging semiconductors with SOXS on a weakness signal pay after decay? Every cell was run.
# %%
import backtest

config = backtest.load_config("hedge_soxs.yaml", data=DATA)
result = backtest.run(config, engine="compiled")
result
# %% [markdown]
The run shows its first screen: the verdict, where the points went, and every book beside holding less.
Its tables are DataFrames.
# %%
result.equity[["hedged", "unhedged", "derisk_entry", "held_less"]].iloc[[0, -1]].round(0)
# %%
result.episodes[["decided", "left", "sessions", "fund_return", "pnl"]].tail(5)
# %% [markdown]
## Which weight?

A sweep has the gap to holding less of each row, and says how much of the best is luck.
# %%
frame = backtest.sweep(config, {"hedge.weight": [0.0, 0.05, 0.1, 0.15, 0.2]})
frame[["hedge.weight", "cagr", "bad_quarter", "max_drawdown", "gap_to_held_less"]].round(4)
# %% [markdown]
## If it falls again

Today's book in each fall that history holds, at its end: SYNTHETIC, fractions of what it is worth today.
# %%
found = backtest.stress(config, paths=0)
rows = found.scenarios.query("kind == 'fall' and book in ['hedged', 'unhedged', 'held_less']")
rows.pivot(index="title", columns="book", values="end").round(3)
# %% [markdown]
## Tonight

What the signal says at the last close, and at which close it would flip.
# %%
live = backtest.signal(config)
print(live.headline)
live.flips
"""
"""The notebook's, in their order, as editors have cells in a script; ``DATA`` is the folder of history."""
MARKDOWN = " [markdown]"


def cells() -> Iterator[tuple[str, str]]:
    """Yield the kind of each cell, and its source."""
    for part in CELLS.split("# %%")[1:]:
        head, _, source = part.partition("\n")
        yield ("markdown" if head == MARKDOWN else "code"), source.rstrip()


def executed(data: str) -> Iterator[dict[str, Any]]:
    """Yield the cells with what they gave, run one after the other; raises what a cell raises."""
    names: dict[str, Any] = {"DATA": data}
    count = 0
    for kind, source in cells():
        cell: dict[str, Any] = {"cell_type": kind, "metadata": {}, "source": source.splitlines(keepends=True)}
        if kind == "code":
            count += 1
            cell |= {"execution_count": count, "outputs": list(outputs_of(source, names, count))}
        yield cell


def outputs_of(source: str, names: dict[str, Any], count: int) -> Iterator[dict[str, Any]]:
    """Run a cell and yield what it printed, and the value of its last expression."""
    tree, value, printed = ast.parse(source), None, io.StringIO()
    last = tree.body.pop() if tree.body and isinstance(tree.body[-1], ast.Expr) else None
    with contextlib.redirect_stdout(printed):
        exec(compile(tree, "cell", "exec"), names)  # noqa: S102  # our own cells
        if isinstance(last, ast.Expr):
            value = eval(compile(ast.Expression(last.value), "cell", "eval"), names)  # noqa: S307
    if printed.getvalue():
        yield {"output_type": "stream", "name": "stdout", "text": printed.getvalue().splitlines(keepends=True)}
    if value is not None:
        shown = {"text/plain": repr(value).splitlines(keepends=True)}
        page = value._repr_html_() if hasattr(value, "_repr_html_") else None
        shown |= {"text/html": page.splitlines(keepends=True)} if page else {}
        yield {"output_type": "execute_result", "execution_count": count, "metadata": {}, "data": shown}


def main() -> int:
    """Write the notebook."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", metavar="DIR", required=True, help="a folder of real history")
    given = asked.parse_args()
    kernel = {"display_name": "Python 3", "language": "python", "name": "python3"}
    folder = str(Path(given.data).resolve())
    page = {"cells": list(executed(folder)), "metadata": {"kernelspec": kernel}, "nbformat": 4, "nbformat_minor": 4}
    NOTEBOOK.write_text(json.dumps(page, indent=1).replace(folder, "DIR") + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The command `data pull`: prices, series and filings from online into the store."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperCommand

from backtest.console import console, echo_data, steps
from backtest.data_options import STARTERS, day_of, exit_if, the_store
from backtest.options import Json
from data.errors import UserError

if TYPE_CHECKING:
    from data.pull import Pulled

FILINGS = "--filings"
COMPANY = "sec:"
"""What stands before a symbol whose filings are meant."""


class PullCommand(TyperCommand):
    """A command with the flag ``--filings``, which says what the symbols after it mean."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Read the words of the command line."""
        taking = {option for each in self.params if not getattr(each, "is_flag", True) for option in each.opts}
        return super().parse_args(ctx, companies_after(args, taking))


def companies_after(words: Iterable[str], taking: Collection[str]) -> list[str]:
    """Return the words of a command line, each symbol after ``--filings`` written as a company's filings, ``sec:NVDA``.

    Parameters
    ----------
    words
        As typed. A symbol that says itself what it is, by a caret or a prefix, stays.
    taking
        The options after which a value stands.
    """
    written, filings, value = [], False, False
    for word in words:
        plain = not value and not word.startswith("-") and not {":", "^"} & set(word)
        written.append(f"{COMPANY}{word}" if filings and plain else word)
        filings, value = filings or (word == FILINGS and not value), not value and word in taking
    return written


def pull(
    symbols: Annotated[
        list[str] | None,
        typer.Argument(
            help="As at Yahoo (SOXS, ^VIX), of FRED (DGS10, fred:NAME), treasury:IRX, filings as sec:NVDA.",
            show_default="all there are",
        ),
    ] = None,
    filings: Annotated[
        bool, typer.Option(FILINGS, help="The symbols after it are companies: their filings with the SEC.")
    ] = False,
    first: Annotated[
        str | None, typer.Option("--from", metavar="DATE", help="From this day on; else all there is.")
    ] = None,
    identity: Annotated[
        str | None,
        typer.Option("--identity", metavar="WHO", help="Name and e-mail, for the SEC; else SEC_IDENTITY says it."),
    ] = None,
    config: Annotated[
        str | None, typer.Option("--config", metavar="FILE", help="A run's YAML, whose data.sec_identity says it.")
    ] = None,
    as_json: Json = False,
) -> None:
    """Fetch daily history into the store: new sessions, or all of it where the past has changed; and filings."""
    from data.pull import pull as pull_symbols
    from data.pull import pulled_before

    if filings and not any(symbol.startswith(COMPANY) for symbol in symbols or ()):
        raise UserError(f"name companies after {FILINGS}, such as: backtest data pull {FILINGS} NVDA AVGO")
    if identity is None and config is not None:
        from engine.loading import data_of

        identity = data_of(config).sec_identity
    store = the_store()
    symbols = symbols or pulled_before(store)
    if not symbols:
        raise UserError(f"name what to pull, such as: backtest data pull {STARTERS}")
    with steps(len(symbols)) as step:
        begun: set[str] = set()

        def say(symbol: str, text: str) -> None:
            step(f"{symbol}: {text}", advance=symbol not in begun)
            begun.add(symbol)

        pulled = pull_symbols(store, symbols, day_of(first, "--from"), say, identity=identity)
    if as_json:
        import json
        from dataclasses import asdict

        echo_data(json.dumps([asdict(each) for each in pulled], indent=2))
    else:
        from reports.store import show_pulled

        show_pulled(console(), pulled)
    exit_if(_failures(pulled), well=sum(each.error is None for each in pulled))


def _failures(pulled: Sequence[Pulled]) -> list[str]:
    """Return what failed, a line for all symbols of which the same is said, each named once."""
    said: dict[str, list[str]] = {}
    for each in pulled:
        if each.error is not None:
            error = each.error.removeprefix(f"{each.symbol}: ").removeprefix(f"{each.name}: ")
            said.setdefault(error, []).append(each.symbol)
    return [f"{', '.join(symbols)}: {error}" for error, symbols in said.items()]

"""The front door: the `backtest` command and the Python API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from backtest.rooms import bind_rooms

bind_rooms()  # before any of them is imported, here or by what we import

from data.version import VERSION  # noqa: E402

__version__ = VERSION

if TYPE_CHECKING:
    from backtest.api import as_backtrader, load_config, load_market, load_run, run, write_run
    from backtest.asking import compare, explain, frontier, lookahead, search, signal, study, walkforward
    from backtest.stressing import scenario, stress
    from backtest.sweeping import sweep
    from strategies import Book, CloseStrategy, Input, Strategy, View, parameter

__all__ = [
    "Book",
    "CloseStrategy",
    "Input",
    "Strategy",
    "View",
    "__version__",
    "as_backtrader",
    "compare",
    "explain",
    "frontier",
    "load_config",
    "load_market",
    "load_run",
    "lookahead",
    "parameter",
    "run",
    "scenario",
    "search",
    "signal",
    "stress",
    "study",
    "sweep",
    "walkforward",
    "write_run",
]


ROOMS = (
    dict.fromkeys(("Book", "CloseStrategy", "Input", "Strategy", "View", "parameter"), "strategies")
    | dict.fromkeys(
        ("compare", "explain", "frontier", "lookahead", "search", "signal", "study", "walkforward"), "backtest.asking"
    )
    | dict.fromkeys(("scenario", "stress"), "backtest.stressing")
    | {"sweep": "backtest.sweeping"}
)
"""Where a name of the API stands that isn't in `backtest.api`."""


def __getattr__(name: str) -> Any:
    """Import what is asked for when it is asked for: the command's help must not wait for pandas."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    return getattr(importlib.import_module(ROOMS.get(name, "backtest.api")), name)


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})

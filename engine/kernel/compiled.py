"""The compiled twins of the plain functions, and the only module that imports numba.

A twin is the plain function's own code with its helpers exchanged for their twins, compiled once and kept on disk: the
rules stand in one place, wherever they live, and numba in one other.
"""

from __future__ import annotations

import hashlib
import types
from collections.abc import Callable
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

import platformdirs

from data.arrays import Flags, Ints
from engine import legs, rules
from engine.kernel import attribution, bootstrap, loop, placebo, sweep, tails
from strategies import policy

SOURCES = (legs, rules, loop, sweep, attribution, placebo, bootstrap, tails, policy)

INLINED = (
    *(sweep.fill, sweep.accumulate, attribution.link),
    placebo.worth,
)
"""Set into their caller, as all of the rule book is."""

UNCOUNTED = (
    *INLINED,
    sweep.run_sessions,
    attribution.attribute_fill,
    attribution.attribute_sessions,
    placebo.run_shift,
)
"""They make no array, and so needn't count the owners of each, which would take most of their time."""


class Compiled(NamedTuple):
    """The compiled twins: the plain loop's two runs, the sweep's parts, the shifted runs, the bootstrap's figures."""

    run_policy: Callable[..., loop.Ledger]
    replay: Callable[..., loop.Ledger]
    decisions: Callable[..., tuple[Ints, Flags, Flags, int]]
    orders_of: Callable[..., sweep.Orders]
    run_block: Callable[..., None]
    attribute_books: Callable[..., None]
    run_shifts: Callable[..., None]
    resample: Callable[..., None]
    match_draws: Callable[..., None]
    match_books: Callable[..., None]


@lru_cache(maxsize=1)
def compiled() -> Compiled:
    """Return the compiled twins; the first call ever compiles for some seconds, later ones read the disk."""
    _use_cache()
    twins: dict[str, Any] = {}
    for function in (
        *(policy.start, policy.leave, policy.step),
        *(
            rules.proceeds,
            rules.cost,
            rules.open_session,
            rules.wanted,
            rules.scale_buys,
            rules.plan_trade,
            rules.settle,
        ),
        *(
            loop.empty_ledger,
            loop.ledger_on,
            loop.empty_memory,
            loop.ended,
            loop.mark,
            loop.move,
            loop.fund_return,
            loop.is_due,
        ),
        *(loop.next_weight, loop.rules_of, loop.recall, loop.remember, loop.write_order, loop.decide),
        *(loop.run_policy, loop.replay),
        *(sweep.accumulate, sweep.fill, sweep.run_sessions, sweep.decisions, sweep.orders_of, sweep.run_block),
        *(attribution.link, attribution.attribute_fill, attribution.attribute_sessions, attribution.attribute_books),
        bootstrap.resample,
        *(placebo.worth, placebo.run_shift, placebo.run_shifts),
        *(tails.lowest, tails.quarter, tails.deepest, tails.spread, tails.risk_of),
        *(tails.walk, tails.risk_and_growth, tails.between, tails.match, tails.match_draws),
        *(tails.as_safe, tails.match_books),
    ):
        twins[function.__name__] = twin(function, twins)
    return Compiled(*(twins[name] for name in Compiled._fields))


def twin(function: Callable[..., Any], twins: dict[str, Any]) -> Any:
    """Return the compiled twin of a plain function whose helpers have twins already.

    What is called a million times is set into its caller: passing arrays on costs more than the arithmetic.
    """
    import numba  # here, so that a run without controls does without it

    known = {**function.__globals__, **{name: made for name, made in twins.items() if name in function.__globals__}}
    rebound = types.FunctionType(function.__code__, known, function.__name__, function.__defaults__)
    rebound.__module__, rebound.__qualname__ = function.__module__, function.__qualname__
    inlined = function.__module__ == rules.__name__ or function in INLINED
    options: dict[str, Any] = {
        "inline": "always" if inlined else "never",
        "no_cpython_wrapper": function.__name__ not in Compiled._fields,  # nothing else is called from Python
        "no_cfunc_wrapper": True,
        "_nrt": function not in UNCOUNTED,
    }
    return numba.njit(cache=True, nogil=True, error_model="numpy", **options)(rebound)


def is_cached() -> bool:
    """Return whether compiled code is on disk; else the first call compiles for about ten seconds."""
    return _folder().is_dir()


def _use_cache() -> None:
    import numba

    settings: Any = numba.config
    settings.CACHE_DIR = str(_folder())


def _folder() -> Path:
    """Return where compiled code is kept, by the hash of all its sources: numba itself would look at one file."""
    digest = hashlib.sha256(version("numba").encode())
    for path in (__file__, *(str(module.__file__) for module in SOURCES)):
        digest.update(Path(path).read_bytes())
    return Path(platformdirs.user_cache_dir("hedge-backtest")) / f"kernel-{digest.hexdigest()[:16]}"

"""The compiled twins of the plain functions, and the only module that imports numba.

A twin is the plain function's own code with its helpers exchanged for their twins, compiled once and kept on disk: the
rules stand in one place, wherever they live, and numba in one other.
"""

from __future__ import annotations

import hashlib
import pickle
import sys
import types
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, NamedTuple

from data.cache import user_cache
from engine import rules
from engine.kernel import attribution, bootstrap, core, decisions, fills, loop, placebo, sweep, tails
from engine.kernel.decisions import Decisions
from strategies import policy

SOURCES = (rules, loop, core, decisions, fills, sweep, attribution, placebo, bootstrap, tails, policy)

INLINED = (sweep.fill, attribution.link)
"""Set into their caller, as all of the rule book is."""

UNCOUNTED = (
    *INLINED,
    *(
        decisions.rests,
        decisions.decide_closes,
        sweep.is_core,
        core.stretch,
        sweep.leap,
        sweep.carry,
        sweep.run_book,
        sweep.follow,
    ),
    attribution.attribute_book,
    *(placebo.open_books, placebo.order_books, placebo.value_books, placebo.run_some),
    *(loop.mark, loop.move, loop.fund_return, loop.is_due, loop.last_ordered, loop.next_size),
    *(loop.rules_of, loop.recall),
    *(loop.remember, loop.write_order, loop.decide, policy.step),
    *(tails.part, tails.walk),
)
"""They make no array, and so needn't count the owners of each, which would take most of their time; and LLVM sets them
into their callers, for passing a plan's arrays on takes as long as a close does."""


class Compiled(NamedTuple):
    """The compiled twins: the plain loop's two runs, the sweep's parts, the shifted runs, the bootstrap's figures."""

    run_policy: Callable[..., loop.Ledger]
    replay: Callable[..., loop.Ledger]
    decisions: Callable[..., Decisions]
    run_books: Callable[..., None]
    follow_books: Callable[..., None]
    attribute_books: Callable[..., None]
    run_shifts: Callable[..., None]
    resample: Callable[..., None]
    match_draws: Callable[..., None]
    match_books: Callable[..., None]
    tails_of: Callable[..., None]


@dataclass(frozen=True)
class MachineCode:
    """What numba takes for the cache of a function: a file of the user's cache for each of its signatures.

    Numba's own loads whatever bytes it finds, and falls back to a folder beside the source, where it goes by that one
    source and not by those of the function's helpers.

    Parameters
    ----------
    folder
        Where it is kept, in the user's cache.
    function
        The function's name.
    """

    folder: str
    function: str

    def load_overload(self, sig: Any, target_context: Any) -> Any:
        """Return what was compiled for a signature, None where that isn't kept."""
        from numba.core import compiler

        _name_runtime()
        kept = user_cache().read(self._name(sig, target_context.codegen()))
        results: Any = compiler.CompileResult
        return kept and results._rebuild(target_context, *pickle.loads(kept))  # noqa: S301, SLF001  # our own bytes

    def save_overload(self, sig: Any, data: Any) -> None:
        """Keep what was compiled for a signature."""
        from numba.core import serialize

        pickled: Any = serialize.dumps
        user_cache().keep(self._name(sig, data.codegen), pickled(data._reduce()))  # noqa: SLF001

    def _name(self, sig: Any, codegen: Any) -> str:
        """Return a file's name, by the types of the arguments and by the processor that the code is for."""
        digest = hashlib.sha256(repr((sig, codegen.magic_tuple())).encode())
        return f"{self.folder}/{self.function}-{digest.hexdigest()[:16]}"


@lru_cache(maxsize=1)
def _name_runtime() -> None:
    """Have loaded code find what it calls of numba's memory of arrays, once a process: it calls Python but for that.

    Numba's own cache loads all that it can compile, too, and compiles what all code holds already: a third of a second
    and 60 MB. A compiler does both for itself when there is something to be compiled.
    """
    from numba.core.runtime import nrt

    own: Any = nrt
    for name, address in own._nrt.c_helpers.items():  # noqa: SLF001
        own.ll.add_symbol(name if name.startswith("_") else f"NRT_{name}", address)


@lru_cache(maxsize=1)
def compiled() -> Compiled:
    """Return the compiled twins; the first call ever compiles for some seconds, later ones read the disk."""
    folder, twins = _folder(), dict[str, Any]()
    for function in (
        *(policy.start, policy.leave, policy.step),
        *(
            rules.proceeds,
            rules.cost,
            rules.core_beside,
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
            loop.last_ordered,
        ),
        *(loop.next_size, loop.rules_of, loop.recall, loop.remember, loop.write_order, loop.decide),
        *(loop.run_policy, loop.replay),
        *(
            decisions.rests,
            decisions.decide_closes,
            decisions.decisions,
            sweep.fill,
            sweep.is_core,
            core.stretch,
            sweep.leap,
            sweep.carry,
        ),
        *(sweep.run_book, sweep.run_books),
        *(sweep.follow, sweep.follow_books),
        *(attribution.link, attribution.attribute_book, attribution.attribute_books),
        bootstrap.resample,
        *(placebo.open_books, placebo.order_books, placebo.value_books, placebo.run_some, placebo.run_shifts),
        *(tails.part, tails.lowest, tails.quarter, tails.deepest, tails.spread, tails.risk_of),
        *(tails.walk, tails.risk_and_growth, tails.between, tails.match, tails.match_draws),
        *(tails.as_safe, tails.match_books, tails.cut, tails.lowest_few, tails.total, tails.tail_of, tails.tails_of),
    ):
        twins[function.__name__] = twin(function, twins, folder)
    return Compiled(*(twins[name] for name in Compiled._fields))


def twin(function: Callable[..., Any], twins: dict[str, Any], folder: str) -> Any:
    """Return the compiled twin of a plain function whose helpers have twins already, kept in a folder of the cache.

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
        "forceinline": function in UNCOUNTED and not inlined,
        "_nrt": function not in UNCOUNTED,
    }
    made: Any = numba.njit(nogil=True, error_model="numpy", **options)(rebound)
    made._cache = MachineCode(folder, function.__name__)  # noqa: SLF001
    return made


def is_cached() -> bool:
    """Return whether compiled code is on disk; else the first call compiles for about ten seconds."""
    return (user_cache().folder / _folder()).is_dir()


def _folder() -> str:
    """Return where compiled code is kept: by all its sources, and by what compiles them and runs them."""
    digest = hashlib.sha256(f"{version('numba')} {version('llvmlite')} {sys.version}".encode())
    for path in (__file__, *(str(module.__file__) for module in SOURCES)):
        digest.update(Path(path).read_bytes())
    return f"kernel-{digest.hexdigest()[:16]}"

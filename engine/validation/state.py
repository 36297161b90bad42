"""Whether a strategy keeps state outside itself: asked on another history first, it then answers otherwise."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from engine.validation.comparing import compare
from engine.validation.histories import whole as untouched
from engine.validation.probe import Bench, Output
from engine.validation.proof import Check
from strategies.load import SHIPPED, fresh
from strategies.reload import is_users

NAMED = 3


def state_check(bench: Bench, whole: Output) -> Check:
    """Ask on half of the run and then, without loading the strategy again, on all of it: it has to answer the same."""
    passed = Check("state", "passed", "it keeps nothing from one asking to the next")
    if bench.config.strategy.named in SHIPPED:
        return passed
    ended = whole.ledger is None and "intensity" not in whole.columns  # it fails at the last close
    last, half = len(whole.sessions) - 1, whole.first + len(bench.market.run_sessions) // 2
    again = bench.tell(untouched, last - 1 if ended else None, after=half)
    parting = compare(whole, again, last - 1 if ended else last)
    if not parting.parts:
        return passed
    kept = kept_in(bench)
    where = f"in {', '.join(kept[:NAMED])}" if kept else "in what it shares with others, such as np.random"
    what = f"it fails, {again.fault}" if again.fault else f"{whole.sessions[parting.row]} is decided otherwise"
    said = (
        f"asked on the first half of the run before, {what}: it keeps state outside itself, {where}; every run here "
        "has its file loaded anew, your own Cerebro or notebook doesn't: keep it on self"
    )
    return Check("state", "warning", said, {"kept": list(kept)})


def kept_in(bench: Bench) -> tuple[str, ...]:
    """Return what of a strategy's modules differs after it was asked: ``SEEN of my_hedge.py``."""
    with fresh(bench.config.strategy.named) as cls:
        before = _contents(cls)
        bench.ask(cls, untouched, len(bench.market) - 2)
        after = _contents(cls)
    return tuple(name for name in after if after[name] != before.get(name))


def _contents(cls: type) -> Mapping[str, bytes]:
    """Return what a class's module, and users' modules that it imported, hold by name, each as bytes."""
    modules, found = [sys.modules[cls.__module__]], dict[str, bytes]()
    for module in modules:
        for name, value in _values(module):
            found[f"{name} of {Path(str(module.__file__)).name}"] = _as_bytes(value)
        beside = [sys.modules.get(getattr(one, "__module__", None) or "", one) for one in vars(module).values()]
        modules += [one for one in beside if _is_beside(one) and one not in modules]
    return found


def _is_beside(one: Any) -> bool:
    file = getattr(one, "__file__", None)
    return isinstance(one, ModuleType) and isinstance(file, str) and is_users(file)


def _values(module: ModuleType) -> Iterator[tuple[str, Any]]:
    """Yield what a module's names hold that may change: data, defaults of functions, attributes of its classes."""
    for name, value in list(vars(module).items()):
        if name.startswith("__") or isinstance(value, ModuleType):
            continue
        if isinstance(value, type):
            if value.__module__ == module.__name__:
                yield from ((f"{name}.{key}", one) for key, one in vars(value).items() if key[:2] != "__")
        else:
            yield name, value


def _as_bytes(value: Any) -> bytes:
    """Return a value in bytes that differ where it does; of a function, of what it remembers."""
    if hasattr(value, "cache_info"):
        return str(value.cache_info().currsize).encode()
    if isinstance(value, FunctionType):
        value = (value.__defaults__, value.__kwdefaults__, vars(value))
    try:
        return pickle.dumps(value)
    except Exception:  # noqa: BLE001  # whatever a user's object does that can't be pickled
        return repr(type(value)).encode()

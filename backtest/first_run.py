"""Which run `backtest first` makes: on history in the store, pulled where it is lacking; else on the embedded market.

It is what ``make run`` types. `backtest run` itself never goes online; this does, once a day at most where it failed.
"""

from __future__ import annotations

import datetime as dt
import json
import multiprocessing
import time
from collections.abc import Callable, Sequence
from functools import partial
from multiprocessing.connection import Connection
from pathlib import Path
from typing import TYPE_CHECKING

from backtest.options import quietly
from data.cache import user_cache
from data.errors import UserError
from data.format import counted
from data.processes import without_interrupts

if TYPE_CHECKING:
    from data.pull import Pulled
    from engine.config import RunConfig

ASKED, EMBEDDED = "hedge_soxs.yaml", "hedge_nasdaq.yaml"
"""The run that a person means, and the one for whoever has no history of its instruments and can't pull any."""
CONNECTING, PULLING = 3.0, 60.0
"""Seconds that connecting may take, and all of the pull."""
AGAIN = dt.timedelta(days=1)
"""How long a pull that failed isn't tried again."""
FAILED = "first-pull"
"""What the user's cache keeps of it."""

Say = Callable[[str], None]
Work = Callable[[Path, Sequence[str], Say], "list[Pulled]"]


def chosen_run(config: RunConfig, say: Say, show: Say, clock: Callable[[], dt.datetime] | None = None) -> str:
    """Return the file of the run to make.

    Parameters
    ----------
    config
        What `ASKED` comes to with what was typed. A source that is named in it is used as it is.
    say
        Prints a line.
    show
        Told each step of a pull.
    clock
        Returns the time, with its zone.

    Raises
    ------
    DataError
        The store's manifest can't be read.
    """
    if config.data.source != "auto":
        return ASKED
    symbols, own = lacking_symbols(config)
    if own or not symbols:  # what can't be pulled the run tells, with what to do
        return ASKED
    now = (clock or partial(dt.datetime.now, dt.UTC))()
    if failed := _failed_before(now):
        why, since = failed
        why = f"{why}, tried {_age(now - since)} ago"
    else:
        why_not = pull_once(symbols, say, show)
        symbols, _own = lacking_symbols(config)
        if why_not is None or not symbols:
            return ASKED
        user_cache().keep(FAILED, json.dumps({"why": why_not, "time": now.isoformat()}).encode())
        why = why_not
    command = f"backtest data pull {' '.join(symbols)}"
    instead = f"running {EMBEDDED}, the Nasdaq of 1999 to 2018, instead"
    say(f"{why}: {instead}, and nothing is pulled for a day; {command} tries at once")
    return EMBEDDED


def pull_once(
    symbols: Sequence[str],
    say: Say,
    show: Say,
    *,
    work: Work | None = None,
    connecting: float = CONNECTING,
    pulling: float = PULLING,
) -> str | None:
    """Pull symbols into the store, in a process that ends with the time for it; return why not all of them came.

    What came before that stays: the store is whole whenever the process ends.

    Parameters
    ----------
    symbols, say, show
        As for `chosen_run`.
    work
        What the process does, of a store's folder, symbols and who is told each step; it pulls unless given.
    connecting, pulling
        Seconds for a connection to Yahoo, and for all of it.
    """
    from data.sources import yahoo
    from data.store import store_folder

    begun = time.monotonic()
    if why := yahoo.way_out(connecting):
        return f"Yahoo can't be reached ({why})"
    say(f"the store lacks {', '.join(symbols)}: pulling from Yahoo, {pulling:g} s at most")
    return _in_a_process(partial(work or _pull, store_folder(), tuple(symbols)), show, begun + pulling)


def lacking_symbols(config: RunConfig) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return by which symbols what the store lacks for a run can be pulled, and what has to be imported."""
    from data.store import Store, store_folder
    from engine.hedges import roles_of
    from engine.reads import lacking_of, strategy_reads, to_pull

    roles = roles_of(config)
    return to_pull(lacking_of(config, roles, strategy_reads(config, roles), Store(store_folder())))


def _failed_before(now: dt.datetime) -> tuple[str, dt.datetime] | None:
    """Return why a pull failed within the last day, and when; None where none did."""
    try:
        kept = json.loads(user_cache().read(FAILED) or b"")
        why, since = str(kept["why"]), dt.datetime.fromisoformat(kept["time"])
        fresh = dt.timedelta(0) <= now - since < AGAIN
    except (ValueError, LookupError, TypeError):
        return None
    return (why, since) if fresh else None


def _age(passed: dt.timedelta) -> str:
    minutes = max(1, round(passed / dt.timedelta(minutes=1)))
    return counted(minutes, "minute") if minutes < 60 else counted(round(minutes / 60), "hour")


def _in_a_process(work: Callable[[Say], list[Pulled]], show: Say, until: float) -> str | None:
    """Work in a process of its own, which is killed at a time; return why not all of it was done, None where it was."""
    context = multiprocessing.get_context("spawn")  # it can't inherit a lock that a thread of ours holds
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_serve, args=(work, theirs), daemon=True)
    try:
        with without_interrupts():
            process.start()
        theirs.close()
        while ours.poll(max(0.0, until - time.monotonic())):
            over, told = ours.recv()
            if over:
                return told
            show(told)
    except EOFError:
        return "the pull from Yahoo ended before it was over"
    finally:
        process.kill()
        process.join()
        ours.close()
    return "the pull from Yahoo took too long"


def _serve(work: Callable[[Say], list[Pulled]], pipe: Connection) -> None:
    """Work, and send each step, and at the end why not all of it was done."""
    try:
        with quietly():
            pulled = work(lambda text: pipe.send((False, text)))
        why = next((each.error for each in pulled if each.error), None)
    except UserError as error:
        why = str(error)
    except Exception as error:  # noqa: BLE001  # whatever it is, there is another run to make
        why = f"the pull failed ({type(error).__name__}: {error})"
    pipe.send((True, why))


def _pull(folder: Path, symbols: Sequence[str], show: Say) -> list[Pulled]:
    from data.pull import pull
    from data.store import Store

    return pull(Store(folder), symbols, say=lambda symbol, text: show(f"{symbol}: {text}"))

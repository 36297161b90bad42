"""What a run whose start is before an inception is told: the keys with which the fund model makes that history."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from data.errors import DataError
from data.families import FUNDS
from data.market import Roles, load_market
from data.sources import BARS, SERIES, Source
from engine.config import ExtendConfig, RunConfig
from engine.provenance import extended


def or_made(config: RunConfig, roles: Roles, source: Source) -> str:
    """Return the cure beside a later start, from a comma on; nothing where what the source holds doesn't reach back.

    Parameters
    ----------
    config, roles
        The run, which begins before an instrument of its own does.
    source
        Its real history.
    """
    start = np.datetime64(config.start)
    asked_for = config.data.extend
    traded = (name for name in dict.fromkeys((*roles.traded, roles.underlying)) if name not in asked_for)
    late = [name for name in traded if source.read(BARS, name).dates[0] > start]
    made = {name: ExtendConfig(underlying=by) for name in late if (by := _driver(name, late, roles, source, start))}
    asked = config.model_copy(update={"data": config.data.model_copy(update={"extend": {**made, **asked_for}})})
    end = None if config.end is None else np.datetime64(config.end)
    try:  # only what helps is proposed
        load_market(extended(asked, source), roles, start, end)
    except DataError:
        return ""
    keys = " ".join(f"--set data.extend.{name}.underlying={one.underlying}" for name, one in made.items())
    yaml = ", ".join(f"{name}: {{underlying: {one.underlying}}}" for name, one in made.items())
    return f", or have what is before made by the fund model: {keys} (in YAML, data: {{extend: {{{yaml}}}}})"


def _driver(name: str, late: list[str], roles: Roles, source: Source, start: np.datetime64) -> str | None:
    """Return what may drive an instrument before its inception: the hedge's underlying, else the index of both."""

    def candidates() -> Iterator[str]:
        if name == roles.hedge and (roles.underlying not in late or _index(roles.underlying, source, start)):
            yield roles.underlying
        if index := _index(name, source, start):
            yield index

    return next(candidates(), None)


def _index(name: str, source: Source, start: np.datetime64) -> str | None:
    """Return the index, kept as a series that begins before `start`, that an instrument or its funds follow."""
    known = [fund.earlier for fund_name, fund in FUNDS.items() if name in (fund_name, fund.underlying)]
    held = (index for index in known if index is not None and index in source.names(SERIES))
    return next((index for index in held if source.read(SERIES, index).dates[0] < start), None)

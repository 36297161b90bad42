"""Trials whose rows are computed on machines that don't reach the journal: proposed and kept here, run there."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from typing import NamedTuple

from data.errors import StrategyError
from data.sources import Source
from data.sources.memory import part_of
from data.sources.wrapped import KeptSource
from engine.config import RunConfig
from engine.research.code_bundle import Texts, Written, texts_of
from engine.research.search.rows import Rows
from engine.research.search.space import Dimension, Drawn, values_of
from engine.runs.identity import CLASS
from strategies.load import source_hash, strategy_class


class Asked(NamedTuple):
    """A trial that goes out."""

    number: int
    drawn: Drawn

    def __str__(self) -> str:
        return f"trial {self.number + 1}"


class Row(NamedTuple):
    """What comes back: the metrics, why there are none or "", and the seconds it took."""

    row: dict[str, float]
    failed: str
    seconds: float


@dataclass(frozen=True)
class Away:
    """What a worker has to know of a search; chunks are `Asked`, answers `Row`.

    Parameters
    ----------
    name
        What it goes by on a cluster that others use too.
    config, space
        What is searched, and over what.
    source
        Where history comes from.
    used
        What the base run reads of it, by kind and name such as ``bars/SOXX``.
    answer
        Whether rows hold the parts of the sum.
    texts
        Strategy files, where the worker doesn't have them.
    strategy
        The hash of the strategy's file.
    """

    name: str
    config: RunConfig
    space: tuple[Dimension, ...]
    source: Source
    used: frozenset[str]
    answer: bool
    texts: Texts | None = None
    strategy: str = ""

    def open(self, threads: int) -> Callable[[Asked], Row]:
        """Return what computes a trial's row; raises StrategyError where the strategy isn't the one sent out."""
        del threads
        return _Opened(self).row

    def packed(self, lacking: Iterable[str] = ()) -> Away:
        """Return the same with what the base run reads in memory, what was found lacking too, and its files."""
        names = {self.config.strategy.named}
        names |= {str(choice) for one in self.space if one.keys == CLASS for choice in one.choices}
        known = source_hash(strategy_class(self.config.strategy.named))
        source = part_of(self.source, self.used | set(lacking))
        return replace(self, source=source, texts=texts_of(sorted(names)), strategy=known)


class _Opened:
    """A search on a worker."""

    def __init__(self, away: Away) -> None:
        self._written = None if away.texts is None else Written(away.texts)  # kept: its files go when it does
        self._space, section = away.space, away.config.strategy
        section = section.model_copy(update={"named": self._named(section.named)})
        if away.strategy and source_hash(strategy_class(section.named)) != away.strategy:
            raise StrategyError(f"{section.named} is another file here: install the same version of it")
        config = away.config.model_copy(update={"strategy": section})
        self._rows = Rows(config, away.space, KeptSource(away.source), answer=away.answer)

    def row(self, asked: Asked) -> Row:
        """Return a trial's row."""
        began = time.perf_counter()
        values = [
            self._named(str(value)) if one.keys == CLASS else value
            for one, value in zip(self._space, values_of(self._space, asked.drawn), strict=True)
        ]
        row, failed = self._rows.row(values)
        return Row(row, failed, time.perf_counter() - began)

    def _named(self, named: str) -> str:
        return named if self._written is None else self._written.named(named)


def asked_of(ask: Callable[[int], Drawn], numbers: Iterable[int]) -> Iterator[Asked]:
    """Yield trials as they are proposed: each when a worker is about to be free, knowing what has come back by then."""
    for number in numbers:
        yield Asked(number, ask(number))

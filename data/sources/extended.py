"""A source whose instruments have SYNTHETIC history before their real bars."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from data.arrays import Dates
from data.bars import Bars
from data.errors import DataError, did_you_mean
from data.extension import (
    Driver,
    Extended,
    Extension,
    extend,
    first_real_row,
    index_driver,
    make,
    said_of,
    terms_of,
    with_opens_from,
)
from data.fund import driver, rate_known
from data.sources import BARS, Held, Kind, typed
from data.sources.wrapped import Wrapped


@dataclass(frozen=True)
class ExtendedSource(Wrapped):
    """A source, with history before inception; everything else comes from the inner one.

    Raises DataError where an extension names what the source doesn't have, or they go round in a circle.
    """

    extensions: tuple[Extension, ...]
    """Whose history is extended, and by what; the underlying may be extended itself. An instrument without bars is made
    whole."""
    rate: str | float
    """The cash-rate series of the fund model, or a constant yield a year."""
    shift: int = 0
    """-1 and 1 make the low and the high run: every synthetic return at the edge of its instrument's error band. What
    drives an instrument isn't shifted with it."""
    _made: dict[str, Extended] = field(init=False, default_factory=dict, repr=False, compare=False)

    def __post_init__(self) -> None:
        bars = self.names(BARS)
        for each in self.extensions:
            if each.opens_from is not None and each.opens_from not in bars:
                raise DataError(
                    f"data.extend.{each.instrument}.opens_from names {each.opens_from}, of which source "
                    f"{self.source.name} has no bars{did_you_mean(each.opens_from, bars)}"
                )
            if each.before is not None and not self._has_bars(each.instrument):
                raise DataError(f"data.extend.{each.instrument}.before: {each.instrument} has no bar: take before out")
            self._check_circle(each)

    def names(self, kind: Kind[Any]) -> tuple[str, ...]:
        """Return the names of what it holds of a kind, of instruments those whose bars are made too, sorted."""
        held = self.source.names(kind)
        return tuple(sorted({*held, *(each.instrument for each in self.extensions)})) if kind == BARS else held

    @property
    def synthetic(self) -> dict[str, np.datetime64]:
        """The first real session of each extended instrument; the day after its last where it has none."""
        return {each.instrument: self.extended(each).first_real for each in self.extensions}

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader has to know, a sentence each."""
        return tuple(sentence for each in self.extensions for sentence in self.extended(each).notes)

    def notional(self, instrument: str) -> Dates:
        """Return the sessions on which nothing tells an instrument's open: what drives it opens at its last close."""
        extension = self._extension(instrument)
        return np.array([], "datetime64[D]") if extension is None else self.extended(extension).notional

    def extended(self, extension: Extension) -> Extended:
        """Return one extension's history, made once; raises DataError."""
        if extension.instrument not in self._made:
            driven_by, on_index = self._driver(extension)
            terms = terms_of(extension, on_index=on_index)
            # with leverage 1 nothing is lent or borrowed, so the rate needn't reach back
            rate = rate_known(self.source, self.rate if terms.leverage != 1.0 else 0.0, driven_by.bars.dates)
            if self._has_bars(extension.instrument):
                real = self.source.read(BARS, extension.instrument)
                made = extend(real, extension.before, driven_by, rate, terms, self.shift)
            else:
                made = make(extension.instrument, driven_by, rate, terms, self.shift)
            self._made[extension.instrument] = replace(made, notes=said_of(extension, terms, made, on_index=on_index))
        return self._made[extension.instrument]

    def read(self, kind: Kind[Held], name: str) -> Held:
        """Return a history, synthetic and then real where an instrument is extended; raises DataError."""
        extension = self._extension(name) if kind == BARS else None
        if extension is None:
            return self.source.read(kind, name)
        return typed(kind, self.extended(extension).bars)

    def _extension(self, instrument: str | None) -> Extension | None:
        return next((each for each in self.extensions if each.instrument == instrument), None)

    def _driver(self, extension: Extension) -> tuple[Driver, bool]:
        """Return what drives an extension, and whether that is an index."""
        name, on_index = extension.underlying, False
        if (further := self._extension(name)) is not None:
            made = replace(self, shift=0).extended(further)
            driven_by = Driver(made.bars, ~np.isin(made.bars.dates, made.notional))
        else:
            bars, on_index = driver(self.source, name)
            bars = bars.onto(bars.dates[~np.isnan(bars.close)])
            driven_by = index_driver(bars) if on_index else Driver(bars, np.ones(len(bars), np.bool_))
        if extension.opens_from is not None and self._has_bars(extension.opens_from):
            driven_by = with_opens_from(driven_by, self._real(extension.opens_from))
        return driven_by, on_index

    def _has_bars(self, instrument: str) -> bool:
        return instrument in self.source.names(BARS)

    def _real(self, instrument: str) -> Bars:
        """Return the bars of an instrument that count as real."""
        bars, extension = self.source.read(BARS, instrument), self._extension(instrument)
        return bars if extension is None else bars.rows(slice(first_real_row(bars, extension.before), None))

    def _check_circle(self, extension: Extension) -> None:
        way, further = [extension.instrument], self._extension(extension.underlying)
        while further is not None:
            way.append(further.instrument)
            if further.instrument in way[:-1]:
                raise DataError(f"data.extend goes round in a circle: {' from '.join(way)}: let one hang on an index")
            further = self._extension(further.underlying)

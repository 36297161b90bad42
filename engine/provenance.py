"""What a run's history is made of: audited before use, made before inception, and what a reader has to know of it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from typing import NamedTuple

import numpy as np

from data.arrays import DAY
from data.audit.finding import ERROR, INFO, SEVERITIES, WARNING, Finding
from data.calendar import nyse_sessions
from data.errors import DataError
from data.extension import Extension
from data.families import FUNDS, Fund
from data.market import Market, load_market
from data.roles import Roles
from data.sources import BARS, SERIES, Source
from data.sources.embedded import EmbeddedSource
from data.sources.embedded import index_note as index_of
from data.sources.extended import ExtendedSource
from engine.config import ExtendConfig, RunConfig
from engine.hedge_config import HedgeConfig
from engine.kernel.loop import Ledger
from engine.legs import legs_of

FEE = 0.0101
"""Of a hedge that `data.families` doesn't know; the audit's bounds are a hundred times as wide."""

WARNED = "The audit warns of"
"""How the note begins that counts the audit's warnings."""


def audited(config: RunConfig, market: Market, ranges: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    """Return what `found_in` finds; raises DataError on an error that isn't accepted."""
    found = found_in(config, market, ranges)
    left = [finding for finding in found if finding.severity == ERROR and finding.id not in config.data.accept]
    if left:
        shown = f": {config.check} shows them" if config.check else ""
        more = f" (and {len(left) - 1} more{shown})" if len(left) > 1 else ""
        mend = f"{_check_command(config, left[0].instrument)} " if left[0].remedy.startswith("--") else ""
        where = left[0].instrument if np.isnat(left[0].first) else f"{left[0].instrument} {left[0].first}"
        remedy = f": {mend}{left[0].remedy}" if left[0].remedy else ""  # what can't be read says it itself
        accept = ",".join(finding.id for finding in left)
        raise DataError(f"{where}: {left[0].message}{remedy}, or go on with --set data.accept=[{accept}]{more}")
    return found


def found_in(config: RunConfig, market: Market, ranges: tuple[str, ...] = ()) -> tuple[Finding, ...]:
    """Audit the real history that a run trades and reads its signals from.

    Parameters
    ----------
    config, market
        The run, and what it is fed. Of what lies before its start, only errors in the underlying count: signals warm
        up on it. Real bars that synthetic ones stand in for aren't used.
    ranges
        Instruments of which signals read opens, highs or lows: a day's range has to hold them, in warm-up too.

    Returns
    -------
    Errors, warnings, and what is good to know.
    """
    from data.audit.kept import found_once

    source = market.source.source if isinstance(market.source, ExtendedSource) else market.source
    if source.simulated:
        return ()
    rate, last = config.execution.cash_rate, market.run_sessions[-1]
    real = _RealHistory(
        names=tuple(dict.fromkeys((*market.roles.listed, config.read))),
        read=config.read,
        rates=(rate,) if isinstance(rate, str) else (),
        ranges=ranges,
        first=np.datetime64(config.start),  # a run that begins behind a hole has that hole
        last=last,
        made=dict(market.synthetic),
        funds=_funds(config),
    )
    by_id = {each.id: each for each in found_once(source, repr(real), real.audited)}
    by_id |= {each.id: each for each in _together(market, real.first, by_id.values())}
    return tuple(
        sorted(by_id.values(), key=lambda each: (SEVERITIES.index(each.severity), each.instrument, each.first))
    )


class _RealHistory(NamedTuple):
    """What is audited for a run.

    Parameters
    ----------
    names, read
        Instruments that are traded or read; the one whose errors before the start count, too.
    rates, ranges
        Series of the cash rate; instruments of which signals read opens, highs or lows.
    first, last
        The days between which findings are reported.
    made
        The first real session of each instrument whose history before it is synthetic.
    funds
        Which fund is what multiple of what.
    """

    names: tuple[str, ...]
    read: str
    rates: tuple[str, ...]
    ranges: tuple[str, ...]
    first: np.datetime64
    last: np.datetime64
    made: dict[str, np.datetime64]
    funds: dict[str, Fund]

    def audited(self, source: Source) -> tuple[Finding, ...]:
        """Return what the audit of a source has to say about each of these."""
        from data.audit.run import audit

        held = (*source.names(BARS), *self.rates)
        funds = {name: fund for name, fund in self.funds.items() if name in held}
        by_id: dict[str, Finding] = {}
        for name in (each for each in dict.fromkeys((*self.names, *self.rates)) if each in held):
            found = audit(
                source, (name,), max(self.first, self.made.get(name, self.first)), self.last, funds, self.rates
            )
            new = {each.id: each for each in found if each.instrument == name or each.id not in by_id}
            by_id = new | {key: each for key, each in by_id.items() if each.instrument != name}
            if name == self.read:
                before = audit(source, (name,), self.made.get(name), self.first - DAY, funds)
                by_id |= {each.id: each for each in before if (each.instrument, each.severity) == (name, ERROR)}
        for name in (each for each in self.ranges if each in held):
            by_id |= {each.id: each for each in audit(source, (name,), None, self.last, funds) if each.kind == "range"}
        return tuple(by_id.values())


def _together(market: Market, start: np.datetime64, found: Iterable[Finding]) -> Iterator[Finding]:
    """Return what was a slip of each instrument alone and is an error where slips add up: a run needs all of a session.

    A session that one traded instrument lacks is cut for all.
    """
    from data.audit.bars import AGAIN, holes

    traded = legs_of(market.roles).names
    missing = (each for each in found if (each.kind, each.severity) == ("missing", WARNING))
    slips = [finding for finding in missing if finding.instrument in traded]
    if len(slips) < 2:
        return
    held = nyse_sessions(start, market.run_sessions[-1])
    gone = np.isin(held, np.concatenate([finding.dates for finding in slips]))
    for sum_of in holes("the run", held, gone):
        if sum_of.severity == ERROR:
            for finding in (slip for slip in slips if np.isin(slip.dates, sum_of.dates).any()):
                others = ", ".join(other.instrument for other in slips if other is not finding)
                message = f"{finding.message}; the run, with what {others} lacks: {sum_of.message}"
                yield replace(finding, severity=ERROR, message=message, remedy=AGAIN)


def _funds(config: RunConfig) -> dict[str, Fund]:
    """Return the leveraged funds among the hedges as the run describes them, with what is known of their indices."""
    return {leg.instrument: _fund(leg, leg.leverage) for leg in config.legs if leg.leverage is not None}


def _fund(hedge: HedgeConfig, leverage: float) -> Fund:
    known = FUNDS.get(hedge.instrument)
    if known is not None and (known.underlying, known.leverage) == (hedge.underlying, leverage):
        return known
    return Fund(hedge.underlying, leverage, FEE if known is None else known.fee)


def _check_command(config: RunConfig, instrument: str) -> str:
    """Return the command that finds what the run's audit finds of one instrument."""
    words = ["backtest", "data", "check", instrument]
    if config.data.path:
        words += ["--data", config.data.path]
    for name, fund in _funds(config).items():
        if instrument in (name, fund.underlying) and fund is not FUNDS.get(name):
            words += ["--fund", f"{name}={fund.underlying}:{fund.leverage:g}"]
    return shlex.join(words)


def extended(config: RunConfig, source: Source, shift: int = 0) -> Source:
    """Return the source with history before inception where the config asks for it.

    Parameters
    ----------
    shift
        -1 or 1 moves every synthetic session's return down or up by the error band: the low and the high run.
    """
    if not config.data.extend:
        return source
    extensions = tuple(_extension(config, name, asked) for name, asked in config.data.extend.items())
    return ExtendedSource(source, extensions, config.execution.cash_rate, shift)


def made_before(source: Source) -> Mapping[str, np.datetime64]:
    """Return the first real session of each instrument whose history before it is synthetic."""
    return source.synthetic if isinstance(source, ExtendedSource) else {}


def _extension(config: RunConfig, name: str, asked: ExtendConfig) -> Extension:
    """Return what data.extend says of an instrument; the hedge opens when the underlying does."""
    leg = next((leg for leg in config.legs if leg.instrument == name and leg.kind == "fund"), None)
    return Extension(
        name,
        asked.underlying,
        leg.leverage if leg is not None and asked.leverage is None else asked.leverage,
        asked.before,
        asked.fee,
        asked.spread,
        asked.dividend_yield,
        asked.band,
        None if leg is None else leg.underlying,
    )


def index_note(config: RunConfig, source: str) -> str:
    """Return what a reader has to know where a run's instruments are indices of the embedded market; else nothing."""
    if source != EmbeddedSource.name:
        return ""
    return index_of((*config.portfolio.core, config.read, *(leg.instrument for leg in config.legs)))


def notes_of(config: RunConfig, market: Market, ledger: Ledger) -> Iterator[str]:
    """Yield what a reader has to know of the history: what is synthetic or accepted, which fills are in doubt."""
    real = market.run_sessions
    if note := index_note(config, market.source.name):
        yield note
    if market.synthetic and isinstance(market.source, ExtendedSource):
        yield from (note for note in market.source.notes if note.split()[0] in market.synthetic)
        yield from _notional_fills(config, market.source, market, ledger)
    for finding in market.findings:
        if finding.severity == ERROR:
            yield f"Accepted, {finding.id}: {finding.instrument} {finding.first}: {finding.message}."
    gone = [id_ for id_ in config.data.accept if id_ not in {finding.id for finding in market.findings}]
    if gone:
        yield f"data.accept names {', '.join(gone)}, which the audit doesn't find between {real[0]} and {real[-1]}."
    yield from _doubtful_fills(config, market, ledger)
    warned = sum(finding.severity == WARNING for finding in market.findings)
    if warned:
        yield f"{WARNED} {warned} thing{'s' * (warned > 1)} in this history."


def _notional_fills(config: RunConfig, source: ExtendedSource, market: Market, ledger: Ledger) -> Iterator[str]:
    """Yield how many fills are at opens that nothing tells."""
    if config.execution.fill != "next_open":
        return
    traded, fills = legs_of(market.roles).names, ledger.traded != 0.0
    at_close = {name: np.isin(market.run_sessions, source.notional(name)) for name in traded}
    counts = {name: np.count_nonzero(at_close[name] & fills[:, column]) for column, name in enumerate(traded)}
    named = " and ".join(f"{count:,} in {name}" for name, count in counts.items() if count)
    if named:
        yield f"Fills at such notional opens: {named}."


def _doubtful_fills(config: RunConfig, market: Market, ledger: Ledger) -> Iterator[str]:
    """Yield each fill at a price that the audit doubts."""
    price = "open" if config.execution.fill == "next_open" else "close"
    for finding in market.findings:
        if finding.severity == INFO or finding.field != price or finding.instrument not in legs_of(market.roles).names:
            continue
        column = legs_of(market.roles).names.index(finding.instrument)
        filled = np.isin(market.run_sessions, finding.dates) & (ledger.traded[:, column] != 0.0)
        for t in np.flatnonzero(filled):
            side = "bought" if ledger.traded[t, column] > 0 else "sold"
            traded = f"{finding.instrument} was {side} on {market.run_sessions[t]} at a doubtful {price}"
            yield f"{traded}: {finding.message}."


def or_made(config: RunConfig, roles: Roles, source: Source) -> str:
    """Return the remedy beside a later start, from a comma on; nothing where what the source holds doesn't reach back.

    Parameters
    ----------
    config, roles
        The run, which begins before an instrument of its own does.
    source
        Its real history.
    """
    start = np.datetime64(config.start)
    asked_for = config.data.extend
    traded = (name for name in dict.fromkeys((*roles.listed, roles.underlying)) if name not in asked_for)
    late = [name for name in traded if source.read(BARS, name).dates[0] > start]
    made = {name: ExtendConfig(underlying=by) for name in late if (by := _driver(name, late, roles, source, start))}
    asked = config.model_copy(update={"data": config.data.model_copy(update={"extend": {**made, **asked_for}})})
    end = None if config.end is None else np.datetime64(config.end)
    try:  # only what helps is proposed
        load_market(extended(asked, source), roles, start, end)
    except DataError:
        return ""
    keys = " ".join(f"--set data.extend.{name}.underlying={extend.underlying}" for name, extend in made.items())
    yaml = ", ".join(f"{name}: {{underlying: {extend.underlying}}}" for name, extend in made.items())
    return f", or have what is before made by the fund model: {keys} (in YAML, data: {{extend: {{{yaml}}}}})"


def _driver(name: str, late: list[str], roles: Roles, source: Source, start: np.datetime64) -> str | None:
    """Return what may drive an instrument before its inception: the hedge's underlying, else the index of both."""

    def candidates() -> Iterator[str]:
        funds = [hedge.instrument for hedge in roles.hedges if hedge.kind == "fund"]
        if name in funds and (roles.underlying not in late or _index(roles.underlying, source, start)):
            yield roles.underlying
        if index := _index(name, source, start):
            yield index

    return next(candidates(), None)


def _index(name: str, source: Source, start: np.datetime64) -> str | None:
    """Return the index, kept as a series that begins before `start`, that an instrument or its funds follow."""
    known = [fund.earlier for fund_name, fund in FUNDS.items() if name in (fund_name, fund.underlying)]
    held = (index for index in known if index is not None and index in source.names(SERIES))
    return next((index for index in held if source.read(SERIES, index).dates[0] < start), None)

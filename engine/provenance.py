"""What a run's history is made of: audited before use, made before inception, and what a reader is told of it."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace

import numpy as np

from data.arrays import DAY
from data.audit.finding import ERROR, INFO, SEVERITIES, WARNING, Finding
from data.calendar import nyse_sessions
from data.errors import DataError
from data.extension import Extension
from data.families import FUNDS, Fund
from data.market import Market
from data.sources import BARS, Source
from data.sources.extended import ExtendedSource
from engine.config import ExtendConfig, RunConfig
from engine.kernel.loop import Ledger

FEE = 0.0101
"""Of a hedge that `data.families` doesn't know; the audit's bounds are a hundred times as wide."""


def audited(
    config: RunConfig,
    source: Source,
    market: Market,
    made: Mapping[str, np.datetime64],
    ranges: tuple[str, ...] = (),
) -> tuple[Finding, ...]:
    """Return what `found_in` finds.

    Raises
    ------
    DataError
        An error that isn't accepted.
    """
    found = found_in(config, source, market, made, ranges)
    _refuse_errors(found, config)
    return found


def found_in(
    config: RunConfig,
    source: Source,
    market: Market,
    made: Mapping[str, np.datetime64],
    ranges: tuple[str, ...] = (),
) -> tuple[Finding, ...]:
    """Audit the history that a run trades and reads its signals from.

    Parameters
    ----------
    config, source
        The run, and where its real history comes from.
    market
        What the run is fed. Of what lies before its start, only errors in the underlying count: signals warm up on it.
    made
        The first real session of each instrument whose history before it is synthetic: older bars aren't used.
    ranges
        Instruments of which signals read opens, highs or lows: a day's range has to hold them, in warm-up too.

    Returns
    -------
    Errors, warnings, and what is good to know.
    """
    from data.audit.run import audit

    if source.simulated:
        return ()
    hedge, rate = config.hedge, config.execution.cash_rate
    first, last = np.datetime64(config.start), market.run_sessions[-1]  # a run that begins behind a hole has that hole
    rates = (rate,) if isinstance(rate, str) else ()
    held = (*source.names(BARS), *rates)
    funds, told = {hedge.instrument: _fund(config)} if hedge.instrument in held else {}, dict[str, Finding]()
    traded = (*config.portfolio.core, hedge.instrument, hedge.underlying)
    for name in (each for each in dict.fromkeys((*traded, *rates)) if each in held):  # of what is made, nothing is
        found = audit(source, (name,), max(first, made.get(name, first)), last, funds, rates)
        told = {one.id: one for one in found if one.instrument == name or one.id not in told} | {
            key: one for key, one in told.items() if one.instrument != name
        }
        if name == hedge.underlying:
            before = audit(source, (name,), made.get(name), first - DAY, funds)
            told |= {one.id: one for one in before if (one.instrument, one.severity) == (name, ERROR)}
    for name in (each for each in ranges if each in held):
        told |= {one.id: one for one in audit(source, (name,), None, last, funds) if one.kind == "range"}
    told |= {one.id: one for one in _together(market, first, told.values())}
    return tuple(sorted(told.values(), key=lambda one: (SEVERITIES.index(one.severity), one.instrument, one.first)))


def _together(market: Market, start: np.datetime64, found: Iterable[Finding]) -> Iterator[Finding]:
    """Return what was a slip of each instrument alone and is an error where slips add up: a run needs all of a session.

    A session that one traded instrument lacks is cut for all.
    """
    from data.audit.sessions import AGAIN, holes

    traded = market.roles.traded
    slips = [one for one in found if (one.kind, one.severity) == ("missing", WARNING) and one.instrument in traded]
    if len(slips) < 2:
        return
    held = nyse_sessions(start, market.run_sessions[-1])
    gone = np.isin(held, np.concatenate([one.dates for one in slips]))
    for sum_of in holes("the run", held, gone):
        if sum_of.severity == ERROR:
            for one in (slip for slip in slips if np.isin(slip.dates, sum_of.dates).any()):
                others = ", ".join(other.instrument for other in slips if other is not one)
                says = f"{one.says}; the run, with what {others} lacks: {sum_of.says}"
                yield replace(one, severity=ERROR, says=says, cure=AGAIN)


def _fund(config: RunConfig) -> Fund:
    """Return the hedge as the run describes it, with what is known of its index."""
    hedge = config.hedge
    known = FUNDS.get(hedge.instrument)
    if known is not None and (known.underlying, known.leverage) == (hedge.underlying, hedge.leverage):
        return known
    return Fund(hedge.underlying, hedge.leverage, FEE if known is None else known.fee)


def _refuse_errors(found: tuple[Finding, ...], config: RunConfig) -> None:
    left = [one for one in found if one.severity == ERROR and one.id not in config.data.accept]
    if left:
        shown = f": {config.check} shows them" if config.check else ""
        more = f" (and {len(left) - 1} more{shown})" if len(left) > 1 else ""
        mend = f"{_check_command(config, left[0].instrument)} " if left[0].cure.startswith("--") else ""
        where = left[0].instrument if np.isnat(left[0].first) else f"{left[0].instrument} {left[0].first}"
        cure = f": {mend}{left[0].cure}" if left[0].cure else ""  # what can't be read says it itself
        accept = ",".join(one.id for one in left)
        raise DataError(f"{where}: {left[0].says}{cure}, or go on with --set data.accept=[{accept}]{more}")


def _check_command(config: RunConfig, instrument: str) -> str:
    """Return the command that finds what the run's audit finds of one instrument."""
    hedge, words = config.hedge, ["backtest", "data", "check", instrument]
    if config.data.path:
        words += ["--data", config.data.path]
    if instrument in (hedge.instrument, hedge.underlying) and _fund(config) is not FUNDS.get(hedge.instrument):
        words += ["--fund", f"{hedge.instrument}={hedge.underlying}:{hedge.leverage:g}"]
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
    hedged = name == config.hedge.instrument
    return Extension(
        name,
        asked.underlying,
        config.hedge.leverage if hedged and asked.leverage is None else asked.leverage,
        asked.before,
        asked.fee,
        asked.spread,
        asked.dividend_yield,
        asked.band,
        config.hedge.underlying if hedged else None,
    )


def notes_of(config: RunConfig, market: Market, ledger: Ledger) -> Iterator[str]:
    """Say what a reader has to know of the history: what is synthetic, what was accepted, which fills are in doubt."""
    real = market.run_sessions
    if market.synthetic and isinstance(market.source, ExtendedSource):
        yield from (told for told in market.source.told if told.split()[0] in market.synthetic)
        yield from _notional_fills(config, market.source, market, ledger)
    for one in market.findings:
        if one.severity == ERROR:
            yield f"Accepted, {one.id}: {one.instrument} {one.first}: {one.says}."
    gone = [one for one in config.data.accept if one not in {finding.id for finding in market.findings}]
    if gone:
        yield f"data.accept names {', '.join(gone)}, which the audit doesn't find between {real[0]} and {real[-1]}."
    yield from _doubtful_fills(config, market, ledger)
    warned = sum(one.severity == WARNING for one in market.findings)
    if warned:
        yield f"The audit warns of {warned} thing{'s' * (warned > 1)} in this history."


def _notional_fills(config: RunConfig, source: ExtendedSource, market: Market, ledger: Ledger) -> Iterator[str]:
    """Say how many fills are at opens that nothing tells."""
    if config.execution.fill != "next_open":
        return
    traded, fills = market.roles.traded, ledger.traded != 0.0
    at_close = {name: np.isin(market.run_sessions, source.notional(name)) for name in traded}
    counts = {name: np.count_nonzero(at_close[name] & fills[:, column]) for column, name in enumerate(traded)}
    told = " and ".join(f"{count:,} in {name}" for name, count in counts.items() if count)
    if told:
        yield f"Fills at such notional opens: {told}."


def _doubtful_fills(config: RunConfig, market: Market, ledger: Ledger) -> Iterator[str]:
    """Name each fill at a price that the audit doubts."""
    price = "open" if config.execution.fill == "next_open" else "close"
    for one in market.findings:
        if one.severity == INFO or one.field != price or one.instrument not in market.roles.traded:
            continue
        column = market.roles.traded.index(one.instrument)
        filled = np.isin(market.run_sessions, one.dates) & (ledger.traded[:, column] != 0.0)
        for t in np.flatnonzero(filled):
            side = "bought" if ledger.traded[t, column] > 0 else "sold"
            yield f"{one.instrument} was {side} on {market.run_sessions[t]} at a doubtful {price}: {one.says}."

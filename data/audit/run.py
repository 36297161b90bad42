"""The audit: everything that is wrong, or looks wrong, with what a source holds."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from data.arrays import Dates, Flags
from data.audit import bars, dividends, series, volumes
from data.audit.bars import ends, missing
from data.audit.disagreements import closes, opens, reaches
from data.audit.finding import SEVERITIES, WARNING, Finding
from data.audit.following import early, follows, shifted, stale, stale_alone
from data.audit.history import History
from data.audit.pair import Pair, match, pair_up
from data.audit.peers import Peers
from data.audit.reading import Reader
from data.audit.repairing import reviewed
from data.audit.robust import grown
from data.audit.series import check_events, check_members
from data.audit.steps import own_jumps, own_opens, step_findings
from data.audit.trials import one_at_a_time, proven
from data.calendar import FIRST, LAST
from data.errors import DataError, did_you_mean
from data.families import FUNDS, Fund, kin
from data.repairs import Repair
from data.series import Series
from data.sources import BARS, EVENTS, FILINGS, KINDS, MEMBERS, SERIES, Source

SHORT = 20
"""Sessions that a fund and its underlying have to share to be compared."""
READ = 3
"""Peers of an underlying that are read when one has to be asked."""
EDGE = 3
"""Sessions on either side of a stretch whose dates are off that aren't judged one by one."""


def audit(
    source: Source,
    names: Iterable[str] | None = None,
    first: np.datetime64 | None = None,
    last: np.datetime64 | None = None,
    funds: Mapping[str, Fund] | None = None,
    rates: Collection[str] = (),
) -> tuple[Finding, ...]:
    """Audit what a source holds.

    Parameters
    ----------
    source
        What is audited, repairs applied.
    names
        Instruments, series, schedules and groups to audit; everything when there are none. A fund's underlying is read
        even when it isn't named, and findings about it are reported: they bear on the fund.
    first, last
        Days between which findings are reported, any when None. What lies before `first` tells what is usual; nothing
        after `last` is read.
    funds
        Which fund is what multiple of what, over `data.families.FUNDS`. A fund whose underlying the source lacks is
        audited by itself; an instrument in neither is matched, among those that are audited, to the underlying that
        it follows at -3, -2, -1, 2 or 3 times.
    rates
        Series that a run takes for rates in percent.

    Returns
    -------
    Findings, the gravest first, then by instrument and date; none twice.

    Raises
    ------
    DataError
        The source has nothing of that name.
    """
    wanted = _wanted(source, names)
    traded = wanted["bars"]
    since, until = FIRST if first is None else first, LAST if last is None else last

    whole = _Audit(Reader(source, since, until), dict(funds or {}))

    def of_bars(read: Source) -> list[Finding]:
        def look(trial: tuple[Repair, ...]) -> list[Finding]:
            own = read is source and not trial
            return (whole if own else replace(whole, reader=Reader(read, since, until, trial))).of_bars(traded)

        return one_at_a_time(look)

    found = list(reviewed(source, of_bars(source), traded, of_bars))
    found += whole.of_series(wanted["series"], rates)
    found += whole.of_events(wanted["events"])
    found += whole.of_members(wanted["members"])
    found += whole.of_filings(wanted["filings"])
    return _sorted(found)


def everything(source: Source) -> tuple[str, ...]:
    """Return the names of all a source holds: instruments, series, schedules, groups, companies."""
    return tuple(dict.fromkeys(name for kind in KINDS for name in source.names(kind)))


def _wanted(source: Source, names: Iterable[str] | None) -> dict[str, list[str]]:
    """Return what to audit of each kind, a name that means two kinds in both; raises DataError on an unknown one."""
    wanted = tuple(dict.fromkeys(names or everything(source)))
    held: dict[str, tuple[str, ...]] = {kind: source.names(kind) if kind in (BARS, SERIES) else () for kind in KINDS}
    # a run's own audit names its instruments and series, and needn't ask for more
    if not names or any(name not in (*held[BARS], *held[SERIES]) for name in wanted):
        held = {kind: source.names(kind) for kind in KINDS}
    for name in wanted:
        if not any(name in named for named in held.values()):
            raise DataError(
                f"source {source.name} has no {name}{did_you_mean(name, everything(source))}: it can't be audited"
            )
    return {kind: [name for name in wanted if name in named] for kind, named in held.items()}


def _sorted(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return findings in order; of several with one id the first counts, and whatever else it was measured against."""
    by_id: dict[str, Finding] = {}
    for each in found:
        kept = by_id.setdefault(each.id, each)
        by_id[each.id] = replace(kept, against=tuple(dict.fromkeys((*kept.against, *each.against))))

    def gravity(each: Finding) -> tuple[int, str, str, str]:
        return SEVERITIES.index(each.severity), each.instrument, str(each.first), each.id

    return tuple(sorted(by_id.values(), key=gravity))


@dataclass(frozen=True)
class _Audit:
    """One audit: what is read, and which fund is what."""

    reader: Reader
    funds: dict[str, Fund]

    @cached_property
    def present(self) -> frozenset[str]:
        """The instruments that the source holds."""
        return frozenset(self.reader.source.names(BARS))

    def of_bars(self, names: Sequence[str]) -> list[Finding]:
        """Audit instruments: each pair first, which knows best, then each by itself."""
        histories = {name: held for name in names if (held := self.reader.history(name)) is not None}
        newest = max((held.dates[-1] for held in histories.values()), default=self.reader.until)
        beside: dict[str, list[Pair]] = {}
        paid: dict[str, list[Dates]] = {}
        findings: list[Finding] = []
        for pair in self._pairs(names, histories):
            found, judged = _of_pair(pair)
            findings += found
            if judged is None:
                continue
            for held, rows in zip((pair.fund, pair.underlying), judged, strict=True):
                beside.setdefault(held.name, []).append(pair)
                paid.setdefault(held.name, []).append(pair.dates[rows])
        for name in names:
            findings += self.reader.found[name]
            if name in histories:
                history = histories[name]
                lone = ~_on(history, [pair.dates for pair in beside.get(name, ())])
                findings += _alone(history, newest, lone, _on(history, paid.get(name, ())))
        held_by = {name: held for name, held in self.reader.held.items() if held is not None}
        return [
            proven(each, held_by[each.instrument], beside.get(each.instrument, ())) if each.repair else each
            for each in findings
        ]

    def of_series(self, names: Sequence[str], rates: Collection[str]) -> Iterator[Finding]:
        """Audit series."""
        newest = self.newest
        for name in names:
            found, held = self.reader.series(name)
            yield from found
            if held is None or not len(held.dates):
                continue
            yield from series.check(held, self.reader.since, rate=name in rates)
            if newest is not None and held.dates[-1] >= self.reader.since:
                yield from ends(name, held.dates, newest, series.spacing(held.dates))

    def of_events(self, names: Sequence[str]) -> Iterator[Finding]:
        """Audit schedules; what lies ahead of the days audited belongs to them."""
        if names and self.newest is None and self.present:
            self.reader.history(min(self.present))  # any tells how far history reaches
        for name in names:
            found, held = self.reader.whole(EVENTS, name)
            yield from found
            if held is not None and len(held):
                yield from check_events(held, self.reader.since, self.newest)

    def of_members(self, names: Sequence[str]) -> Iterator[Finding]:
        """Audit groups."""
        for name in names:
            found, held = self.reader.whole(MEMBERS, name)
            yield from found
            if held is not None and len(held):
                yield from check_members(held, self.present)

    def of_filings(self, names: Sequence[str]) -> Iterator[Finding]:
        """Audit what companies filed: whether it can be read."""
        for name in names:
            yield from self.reader.whole(FILINGS, name)[0]

    @property
    def newest(self) -> np.datetime64 | None:
        """The last date of the bars that were read."""
        return max((held.dates[-1] for held in self.reader.held.values() if held is not None), default=None)

    def _pairs(self, names: Sequence[str], histories: Mapping[str, History]) -> Iterator[Pair]:
        """Return each fund with its underlying, inverse ones first: those are hedges."""
        pairs = []
        for name, history in histories.items():
            fund, matched = self._fund(name, names, histories)
            underlying = self._read(fund.underlying) if fund is not None else None
            if fund is not None and underlying is not None and underlying is not history:
                peers = self._peers(name, fund.underlying)
                pairs.append(pair_up(history, underlying, fund, peers, matched, self._earlier(fund, history)))
        yield from sorted((pair for pair in pairs if len(pair.fund) >= SHORT), key=lambda pair: pair.leverage)

    def _fund(self, name: str, names: Sequence[str], histories: Mapping[str, History]) -> tuple[Fund | None, str]:
        """Return what an instrument is a multiple of, and how that was found where nobody named it."""
        known = FUNDS.get(name)
        if name in self.funds:
            given = self.funds[name]
            same = known is not None and (known.underlying, known.leverage) == (given.underlying, given.leverage)
            return (known if same else given), ""
        if known is not None:
            return known, ""
        if any(fund.underlying == name for fund in (*self.funds.values(), *FUNDS.values())) or len(names) < 2:
            return None, ""
        return match(histories[name], histories) or (None, "")

    def _read(self, name: str) -> History | None:
        return self.reader.history(name) if name in self.present else None

    def _earlier(self, fund: Fund, history: History) -> Series | None:
        if fund.earlier is None or fund.changed is None or max(history.dates[0], history.since) >= fund.changed:
            return None
        if fund.earlier not in self.reader.source.names(SERIES):
            return None
        return self.reader.series(fund.earlier)[1]

    def _peers(self, fund: str, underlying: str) -> Peers:
        names = [name for name in kin(underlying) if name in self.present and name != fund]
        given = (name for name, each in self.funds.items() if each.underlying == underlying)
        names += [name for name in given if name not in (*names, fund)]

        def at_hand() -> list[History]:
            held = (self.reader.held.get(name) for name in names)
            return [each for each in held if each is not None]

        def read() -> list[History]:
            if names:
                return [each for name in names[:READ] if (each := self.reader.history(name)) is not None]
            others = (each for each in self.reader.held.values() if each is not None)
            return [each for each in others if each.name not in (fund, underlying)]

        return Peers(read, at_hand)


def _on(history: History, days: Sequence[Dates]) -> Flags:
    """Return the rows of a history that are on any of some days."""
    return np.isin(history.dates, np.concatenate(days)) if days else np.zeros(len(history), dtype=bool)


def _of_pair(pair: Pair) -> tuple[list[Finding], tuple[Flags, Flags] | None]:
    """Check a fund against its underlying.

    Returns
    -------
    Findings, and rows on which payments of each are judged; None where the one doesn't follow the other, so that
    neither tells of the other's returns.
    """
    off, found = shifted(pair)
    still, stuck = stale(pair)
    found += stuck
    stranger = list(follows(pair, off | still))
    if stranger:
        return [*found, *stranger], None
    off = grown(off, EDGE)
    of_fund, of_underlying, paid = dividends.beside(pair, off | still)
    doubtful = off | still | _on(pair.fund, [each.dates for each in paid])
    apart, at_close = closes(pair, doubtful)
    open_apart, at_open = opens(pair, doubtful | apart)
    found += [*paid, *at_close, *at_open, *reaches(pair, doubtful | apart | open_apart), *early(pair)]
    return found, (of_fund | off, of_underlying | off)


def _alone(history: History, newest: np.datetime64, lone: Flags, paid: Flags) -> Iterator[Finding]:
    """Check an instrument by itself.

    Parameters
    ----------
    history, newest
        Its own, and the last date among those audited.
    lone
        Rows on which no pair tells of its returns.
    paid
        Rows whose dividend a pair has confirmed or doubted.
    """
    yield from missing(history)
    if history.reported.any():
        yield from ends(history.name, history.dates, newest)
    yield from bars.ranges(history)
    adjusted = list(bars.adjusted(history))
    yield from adjusted
    yield from volumes.check(history, rounded=any(each.severity == WARNING for each in adjusted))
    yield from bars.far(history)
    yield from dividends.alone(history, paid)
    if lone.any():
        yield from step_findings(history, own_jumps(history, lone))
        yield from own_opens(history, lone)
        yield from stale_alone(history, lone)

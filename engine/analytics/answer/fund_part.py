"""The fund's part: whether SOXS was the right thing to do it with, against selling core whenever the fund resets.

What differs between the two books is lumpy: a few episodes make most of it. So whole clusters of episodes are drawn,
and a sample without the rare lump looks too good: every draw has one more copy of the worst and of the best.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from data.arithmetic import log
from data.arrays import Floats, Ints
from data.fund import FEE, SPREAD
from engine.analytics.episodes import Episode
from engine.kernel.loop import Ledger
from engine.setup import Setup

BETTER, WORSE, CANT_TELL = "better", "worse", "can't tell"
AS_MODELLED = "as modelled"
"""The label of a fund whose every bar in the run is SYNTHETIC: what it made is what the fund model was told."""
APART = 21
"""Episodes with fewer sessions than this between them are one cluster."""
LARGEST = 0.25
"""The share of all that differs which no single cluster may exceed for a label."""
SAME = 1e-9
"""Of log growth: what rounding leaves between two books that are the same."""
DRAWS = 10_000
LEVEL = 0.95


@dataclass(frozen=True)
class EpisodeCluster:
    """Episodes close to each other.

    Parameters
    ----------
    first, last
        Session numbers of the first fill and of the last.
    episodes
        How many.
    difference
        What the hedged book made more than the book sold daily, in logs.
    share
        Of the sum of absolute differences.
    """

    first: int
    last: int
    episodes: int
    difference: float
    share: float


@dataclass(frozen=True)
class FundPart:
    """The hedged book against the book sold daily.

    Parameters
    ----------
    label
        `BETTER`, `WORSE`, `CANT_TELL` or `AS_MODELLED`; ``None`` where both are the same book, as of bills, or the one
        sold daily was ruined.
    estimate
        Log growth a year of the one less that of the other; ``None`` where that one was ruined.
    interval
        Log growth a year, of level `LEVEL`.
    n_effective
        ``(sum |e|)^2 / sum e^2`` over clusters.
    clusters
        Oldest first.
    rests_on
        Places in `clusters` of those that alone have more than `LARGEST` of the sum.
    expected
        What was known in advance of leveraged funds: less fee and swap spread on the mean weight, log growth a year;
        None where any hedge is something else.
    beta_range
        The estimate with every beta that is itself estimated one standard error lower, and higher, lowest first; None
        where none is.
    """

    label: str | None
    estimate: float | None
    interval: tuple[float, float] | None
    n_effective: float | None
    clusters: tuple[EpisodeCluster, ...]
    rests_on: tuple[int, ...]
    expected: float | None
    beta_range: tuple[float, float] | None = None


def fund_part(
    setup: Setup,
    hedged: Ledger,
    daily: Ledger,
    episodes: Sequence[Episode],
    years: float,
    draws: int = DRAWS,
    seed: int = 0,
) -> FundPart:
    """Compare the hedged book, which has to be alive to the end, with the book sold daily.

    Parameters
    ----------
    setup, hedged, episodes
        The run.
    daily
        `engine.analytics.derisk.sold_daily`.
    years
        Of the run.
    """
    expected = _expected(setup, hedged)
    if daily.equity[daily.last] <= 0.0:
        return FundPart(None, None, None, None, (), (), expected)
    apart = np.diff(log(hedged.equity / daily.equity), prepend=0.0)
    spans = _spans(episodes, len(apart) - 1)
    sums = np.array([apart[first : last + 1].sum() for first, last, _count in spans])
    estimate, size = float(apart.sum()) / years, float(np.abs(sums).sum())
    if size <= SAME or all(role.kind == "cash" for role in setup.market.roles.hedges):
        return FundPart(None, estimate, None, None, (), (), expected)
    clusters = tuple(
        EpisodeCluster(first, last, count, float(value), float(abs(value) / size))
        for (first, last, count), value in zip(spans, sums, strict=True)
    )
    rests_on = tuple(i for i, cluster in enumerate(clusters) if cluster.share > LARGEST)
    interval = _interval(sums, float(apart.sum() - sums.sum()), years, draws, seed)
    label = CANT_TELL if rests_on else BETTER if interval[0] > 0.0 else WORSE if interval[1] < 0.0 else CANT_TELL
    if setup.market.made_throughout():
        label = AS_MODELLED
    return FundPart(label, estimate, interval, size**2 / float((sums**2).sum()), clusters, rests_on, expected)


def _expected(setup: Setup, hedged: Ledger) -> float | None:
    """Return less fee and swap spread of the funds on their mean weights; None where a hedge that was held is none."""
    expected = 0.0
    for i, role in enumerate(setup.legs.hedges, len(setup.legs.core)):
        if not hedged.shares[:, i].any():
            continue
        if role.kind != "fund":
            return None
        weight = hedged.shares[:, i] * setup.prices.close[:, i] / hedged.equity
        expected -= float(weight.mean()) * (FEE + abs(role.leverage) * SPREAD)
    return expected


def _spans(episodes: Sequence[Episode], end: int) -> list[tuple[int, int, int]]:
    """Return each cluster's first fill, last fill and number of episodes."""
    spans: list[tuple[int, int, int]] = []
    for episode in episodes:
        last = end if episode.exited is None else episode.exited
        if spans and episode.entered - spans[-1][1] <= APART:
            spans[-1] = (spans[-1][0], max(last, spans[-1][1]), spans[-1][2] + 1)
        else:
            spans.append((episode.entered, last, 1))
    return spans


def _interval(sums: Floats, outside: float, years: float, draws: int, seed: int) -> tuple[float, float]:
    """Return the quantiles of sums over n clusters drawn out of n + 2: all, the worst and the best once more."""
    pool = np.append(sums, [sums.min(), sums.max()])
    drawn: Ints = np.random.default_rng(seed).integers(len(pool), size=(draws, len(sums)))
    values = (pool[drawn].sum(axis=1) + outside) / years
    out = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(values, [out, 1.0 - out])
    return float(low), float(high)

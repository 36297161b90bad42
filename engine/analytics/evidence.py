"""Evidence: how far apart the hedged book and a control are, and how much of that sampling alone could make."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from data.arithmetic import dot, expm1, log
from data.arrays import Floats
from data.calendar import SESSIONS_A_YEAR
from engine.analytics.bootstrap import DRAWS, block_length, bootstrapped, figures_on
from engine.analytics.metrics import returns_of

LEVEL = 0.95
"""What an interval covers."""

RUIN, OWN_RUIN = "its equity fell to 0", "the hedged book's equity fell to 0"
"""Why there is no difference to resample."""

OFF = 0.02
"""By how much a probability that takes a Sharpe ratio to be normal may be off for the skew of its returns."""
UNSTEADY = 0.25
"""The relative standard error of a variance above which a few returns make it."""


@dataclass(frozen=True)
class Interval:
    """A difference, and its percentile interval of level `LEVEL`.

    Parameters
    ----------
    estimate
        On the history as it was.
    low, high
        The 2.5 % and 97.5 % quantiles of the draws.
    """

    estimate: float
    low: float
    high: float


@dataclass(frozen=True)
class Difference:
    """The hedged book less one control: above 0 is better hedged, in every figure.

    Parameters
    ----------
    growth
        The mean daily log-return difference times the sessions a year, a fraction. The verdict reads this.
    cagr
        Fraction a year.
    sharpe
        As in metrics.json; ``None`` where a book's returns don't vary.
    max_drawdown
        Fraction: 0.08 is a maximum drawdown 8 points shallower.
    cvar_95
        Fraction of a session's mean tail loss.
    hac_t, hac_lags
        t-value of the mean daily log-return difference by Newey and West, and its lags; ``None`` where it doesn't vary.
    """

    growth: Interval
    cagr: Interval
    sharpe: Interval | None
    max_drawdown: Interval
    cvar_95: Interval
    hac_t: float | None
    hac_lags: int


@dataclass(frozen=True)
class Evidence:
    """What the paired returns say.

    Parameters
    ----------
    against
        The difference to each control by its name.
    left_out
        Controls that can't be resampled, and why.
    judge
        The control whose difference sets the blocks.
    block, draws, seed
        Mean block length in sessions, how many resamples, and what drew them.
    returns
        Daily returns resampled.
    psr, psr_undefined
        The probability that the hedged book's Sharpe ratio over cash is above 0, or why there is none.
    """

    against: Mapping[str, Difference]
    left_out: Mapping[str, str]
    judge: str
    block: float
    draws: int
    seed: int
    returns: int
    psr: float | None
    psr_undefined: str | None

    def as_dict(self) -> dict[str, Any]:
        """Return it as plain values for metrics.json."""
        return asdict(self) | {"level": LEVEL}


def evidence_of(
    hedged: Floats,
    controls: Mapping[str, Floats],
    cash: Floats,
    judge: str,
    seed: int,
    draws: int = DRAWS,
    a_year: float = SESSIONS_A_YEAR,
) -> Evidence:
    """Resample the hedged book and its controls together, the same sessions for all.

    Parameters
    ----------
    hedged
        Equity in dollars at each close, shape (sessions,).
    controls
        The same of each control. A book that falls to 0 has no returns to resample: such a control is left out and
        named; where the hedged book does, there is no evidence.
    cash
        What a dollar of cash earned by each session, ``Terms.cash_accrual``, shape (sessions,).
    judge
        The control whose daily log-return difference sets the block length, and so the draws: other controls,
        switched on or off, don't move the verdict's interval. Where there is no such control, the first.
    seed
        Draws are the same for the same seed.
    draws
        How many resamples.
    a_year
        How many of the sessions make a year: `data.calendar.sessions_a_year`.

    Notes
    -----
    Percentile intervals. Resampled in blocks of a few sessions a long fall comes apart, so the interval of the
    maximum drawdown shows how much its luck of order matters, not how deep it may get.
    """
    lost = {name for name, equity in controls.items() if equity.min() <= 0.0}
    names = [name for name in controls if name not in lost]
    if hedged.min() <= 0.0 or not names:
        why = OWN_RUIN if hedged.min() <= 0.0 else RUIN
        return Evidence({}, dict.fromkeys(controls, why), judge, 1.0, draws, seed, len(hedged) - 1, None, why)
    books = np.column_stack([hedged, *(controls[name] for name in names)])
    logs = np.diff(log(books), axis=0)
    apart = logs[:, :1] - logs[:, 1:]
    block = block_length(apart[:, names.index(judge) if judge in names else 0])
    true = figures_on(np.arange(len(logs))[None], books, cash[1:])[0]
    drawn = bootstrapped(books, cash[1:], block, draws, seed)
    against = {
        name: _difference(true[[0, i]], drawn[:, [0, i]], apart[:, i - 1], a_year) for i, name in enumerate(names, 1)
    }
    own = psr_of(returns_of(hedged) - cash[1:].mean())
    return Evidence(against, dict.fromkeys(sorted(lost), RUIN), judge, block, draws, seed, len(logs), *own)


def _difference(true: Floats, drawn: Floats, logs: Floats, a_year: float) -> Difference:
    """Compare two books, the hedged one first: figures of shape (2, figures) and (draws, 2, figures)."""
    growth, sharpe, fall, tail = (
        _interval(float(value[0] - value[1]), each[:, 0] - each[:, 1], unit)
        for value, each, unit in zip(true.T, np.moveaxis(drawn, 2, 0), (a_year, math.sqrt(a_year), 1, 1), strict=True)
    )
    grown = expm1(a_year * true[:, 0]), expm1(a_year * drawn[:, :, 0])
    cagr = _interval(float(grown[0][0] - grown[0][1]), grown[1][:, 0] - grown[1][:, 1], 1)
    t, lags = hac_t(logs)
    undefined = math.isnan(sharpe.low) or math.isnan(sharpe.estimate)
    return Difference(growth, cagr, None if undefined else sharpe, fall, tail, t, lags)


def _interval(estimate: float, drawn: Floats, unit: float) -> Interval:
    out = (1.0 - LEVEL) / 2.0
    low, high = np.quantile(drawn, [out, 1.0 - out])
    return Interval(estimate * unit, float(low) * unit, float(high) * unit)


def hac_t(series: Floats) -> tuple[float | None, int]:
    """Return the t-value of a mean, robust to autocorrelation and changing variance, and the lags it took.

    Bartlett weights 1 - l/(lags+1) of ``floor(4 (n/100)^(2/9))`` lags: 9 for 4,081. ``None`` for a series that doesn't
    vary. No small-sample correction.

    References
    ----------
    Newey and West (1987), Econometrica 55; the rule of lags by Newey and West (1994), Rev. Econ. Studies 61.
    """
    n = len(series)
    most = int(4.0 * (n / 100.0) ** (2.0 / 9.0))
    if (series == series[0]).all():
        return None, most
    off = series - series.mean()
    spectrum = dot(off, off) + 2.0 * sum((1 - k / (most + 1)) * dot(off[k:], off[:-k]) for k in range(1, most + 1))
    return float(series.mean() * n / math.sqrt(spectrum)), most


def probabilistic_sharpe(sharpe: float, count: int, skew: float, kurtosis: float, benchmark: float = 0.0) -> float:
    """Return the probability that the true Sharpe ratio is above a benchmark.

    Parameters
    ----------
    sharpe, benchmark
        Sharpe ratios a period, not a year.
    count
        Periods.
    skew, kurtosis
        Of the returns; kurtosis is raw, 3 for a normal distribution.

    References
    ----------
    Bailey and Lopez de Prado (2012), "The Sharpe ratio efficient frontier", Journal of Risk 15, equation 11.
    """
    spread = 1.0 - skew * sharpe + (kurtosis - 1.0) / 4.0 * sharpe**2
    z = (sharpe - benchmark) * math.sqrt(count - 1) / math.sqrt(spread)
    return 0.5 * math.erfc(-z / math.sqrt(2.0))


def beyond_normal(count: int, skew: float, kurtosis: float) -> str | None:
    """Return why `probabilistic_sharpe` doesn't hold for returns with these moments; ``None`` where it does.

    It takes the distribution of a Sharpe ratio to be normal, which of few returns with a long tail it isn't. The first
    term that this leaves out of the Edgeworth expansion is skew (2 x^2 + 1) phi(x) / (6 sqrt(count)), at most
    0.126 skew / sqrt(count): it may be `OFF`. And its standard error takes the variance to be known, whose relative
    standard error is sqrt((kurtosis - 1) / count): it may be `UNSTEADY`.

    Parameters
    ----------
    count
        How many returns.
    skew, kurtosis
        Of the returns; kurtosis is raw.

    References
    ----------
    Hall (1992), "The bootstrap and Edgeworth expansion", section 2.6 (the Studentised mean). Mertens (2002),
    "Comments on variance of the IID estimator in Lo", for the standard error.
    """
    most = OFF * 6.0 * math.sqrt(count) / (4.0 * math.exp(-0.75) / math.sqrt(2.0 * math.pi))  # x^2 = 3/2 is the worst
    if abs(skew) > most:
        return f"a skew of {skew:.1f} in {count:,} returns, beyond {most:.1f}, leaves no normal approximation"
    steady = 1.0 + UNSTEADY**2 * count
    if kurtosis > steady:
        return f"a kurtosis of {kurtosis:,.0f} in {count:,} returns, beyond {steady:,.0f}: a few days make the variance"
    return None


def psr_of(returns: Floats, benchmark: float = 0.0) -> tuple[float | None, str | None]:
    """Return `probabilistic_sharpe` of returns, shape (n,), or ``None`` and why there is none.

    The spread is by ddof 1, as in metrics.json; skew and kurtosis are the sample's plain moments.
    """
    if (returns == returns[0]).all():
        return None, "its returns don't vary"
    off = returns - returns.mean()
    squares = off * off
    variance = float(squares.mean())
    skew, kurtosis = float((squares * off).mean()) / variance**1.5, float((squares * squares).mean()) / variance**2
    sharpe = float(returns.mean() / returns.std(ddof=1))
    why = beyond_normal(len(returns), skew, kurtosis)
    return (None if why else probabilistic_sharpe(sharpe, len(returns), skew, kurtosis, benchmark)), why

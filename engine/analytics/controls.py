"""Controls: the books a hedge is compared with, on the same sessions at the same costs, listed in `CONTROLS`."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from data.arrays import Floats
from data.errors import DataError
from data.format import capital
from data.roles import Roles
from data.shown import screen
from engine.analytics.derisk import Replay, run_held_less, sold_at_entry, sold_daily
from engine.analytics.metrics import Trades, trades_of
from engine.analytics.protective_put import MONEYNESS, run_protective_put
from engine.analytics.short_underlying import run_short_underlying
from engine.config import RunConfig
from engine.hedge_names import hedge_name, traded_name
from engine.hedges import most_of
from engine.kernel.loop import Ledger, Plan, replay, run_given, run_policy
from engine.rules import LEAST_TRADE, Terms
from engine.setup import BORROW_FEE, Setup

ALWAYS, CONTROLLED, MATCHED = "always", "controls: on", "matched"
"""When a control is run: with ``controls: off`` too; only without; matched to the hedged book that has an answer."""


@dataclass(frozen=True, repr=False)
class Control:
    """One control.

    Parameters
    ----------
    name, title
        Its key in metrics.json, and what a person calls it.
    about
        What it is, in a sentence.
    ledger
        What it did; ``None`` where it couldn't be run, and then a remark says why.
    trades
        What it traded; ``None`` where it couldn't be run.
    terms
        On what terms: the run's own, but for a control whose last column isn't the fund.
    remarks
        What a reader has to know besides the numbers, a sentence each.
    """

    name: str
    title: str
    about: str
    ledger: Ledger | None
    trades: Trades | None
    terms: Terms
    remarks: tuple[str, ...] = ()

    @property
    def book(self) -> Ledger:
        """What it did, of a control that can always be run."""
        assert self.ledger is not None  # noqa: S101  # only the short and the put can fail to run
        return self.ledger

    def __repr__(self) -> str:
        book = ("couldn't be run",) if self.ledger is None else repr(self.ledger).splitlines()
        return screen(f"Control {self.name}: {self.title}", self.about, *book, *self.remarks)


class Case(NamedTuple):
    """The hedged run that a control is made for.

    Parameters
    ----------
    config, setup, hedged
        The run, what it was executed on, and what it did.
    beta
        The core's beta to the underlying at each close, shape (sessions,), as `engine.setup.run_beta` gives it.
    share
        Of the core, for a control that is matched.
    replay
        What replays orders; compiled unless given.
    """

    config: RunConfig
    setup: Setup
    hedged: Ledger
    beta: Floats
    share: float = 1.0
    replay: Replay | None = None

    @property
    def roles(self) -> Roles:
        """Who plays which part in the run."""
        return self.setup.market.roles


class Made(NamedTuple):
    """What a control did, and what isn't the run's own: the prices of its fills, its terms, its trades, its remarks."""

    ledger: Ledger
    fill: Floats | None = None
    terms: Terms | None = None
    trades: Trades | None = None
    remarks: tuple[str, ...] = ()


Text = str | Callable[[Case], str]


@dataclass(frozen=True)
class ControlKind:
    """How a control is named, described and run.

    Parameters
    ----------
    key
        Its name in metrics.json and of its column in equity.parquet.
    title, about
        What a person calls it, and what it is, in a sentence.
    run
        Runs it; raises DataError where that can't be done.
    when
        `ALWAYS`, `CONTROLLED` or `MATCHED`.
    report, rising
        What the report calls it where that is something else, and for a hedge that adds exposure.
    label
        What pictures call it where that is something else.
    applies
        Whether it is one of this run's: a short in a fund's place takes a fund.
    matched_by
        What the report adds to its title.
    main
        Whether the report shows it first and draws it strong.
    """

    key: str
    title: Text
    about: Text
    run: Callable[[Case], Made]
    when: str = CONTROLLED
    report: str = ""
    rising: str = ""
    label: str = ""
    applies: Callable[[Case], bool] = lambda _case: True
    matched_by: str = ""
    main: bool = False

    def shown(self, *, more: bool) -> str:
        """Return what the report calls it, if anything else than its title; `more` where the hedge adds exposure."""
        return self.rising if more and self.rising else self.report

    def labelled(self, *, more: bool) -> str:
        """Return what pictures call it, if anything else than its title."""
        shown = self.shown(more=more)
        return self.label or shown[:1].lower() + shown[1:]


def controls_of(case: Case) -> Mapping[str, Control]:
    """Run every control of a hedged run but those that are matched to it (`held_less_of`); by name, in their order."""
    return {kind.key: _control(kind, case) for kind in _kinds_of(case)}


def titles_of(case: Case) -> Mapping[str, str]:
    """Return the titles of the controls that `controls_of` would run, or `least_controls` with ``controls: off``."""
    return {kind.key: _told(kind.title, case) for kind in (_kinds_of(case) if case.config.controls == "on" else _LEAST)}


def _kinds_of(case: Case) -> list[ControlKind]:
    return [kind for kind in CONTROLS.values() if kind.when != MATCHED and kind.applies(case)]


def _told(text: Text, case: Case) -> str:
    return text if isinstance(text, str) else text(case)


def least_controls(case: Case) -> Mapping[str, Control]:
    """Run the controls that ``controls: off`` leaves, by the plain loop."""
    least = case._replace(replay=replay)
    return {kind.key: _control(kind, least) for kind in _LEAST}


def held_less_of(case: Case, name: str, share: float) -> Control:
    """Run a control of `HELD_LESS` that holds a share of the core all the time."""
    return _control(CONTROLS[name], case._replace(share=share))


def _control(kind: ControlKind, case: Case) -> Control:
    title, about = _told(kind.title, case), _told(kind.about, case)
    setup = case.setup
    try:
        made = kind.run(case)
    except DataError as error:
        return Control(kind.key, title, about, None, None, setup.terms, (f"{title} is left out: {error}.",))
    ledger, terms = made.ledger, made.terms or setup.terms
    fill = setup.prices.fill if made.fill is None else made.fill
    ruined = ledger.equity[ledger.last] <= 0.0
    ruin = (f"{title}: the book was ruined on {setup.market.run_sessions[ledger.last]}.",) if ruined else ()
    trades = made.trades or trades_of(ledger.traded, fill, terms)
    return Control(kind.key, title, about, ledger, trades, terms, (*made.remarks, *ruin))


def unhedged_plan(setup: Setup) -> Plan:
    """Return the run's plan with the hedge's weight at 0: the policy is never on."""
    return setup.plan._replace(size=np.zeros_like(setup.plan.size))


def run_unhedged(setup: Setup) -> Ledger:
    """Run the same book without its hedge."""
    return run_policy(setup.prices, setup.terms, unhedged_plan(setup))


def run_always_on(setup: Setup, sizes: Floats, rebalance: str = "monthly") -> Ledger:
    """Hold each hedge at one size from the first order on, rebalanced at the first close of each month, or never."""
    return run_given(setup.prices, setup.terms, setup.rebalanced(rebalance), lambda _t, _ledger: sizes)


def median_sizes(case: Case) -> Floats:
    """Return the median size of each hedge over the run's orders that had one, shape (hedges,), as of a `Plan`.

    The configured one where none had; at least 0 of what is sold short too.
    """
    hedged, plan = case.hedged, case.setup.plan
    ordered = hedged.ordered[:, np.newaxis] & (hedged.hedges != 0.0)
    each = np.where(plan.a_core_share, hedged.core[:, np.newaxis], 1.0)
    sizes = np.divide(np.abs(hedged.hedges), each, out=np.zeros_like(hedged.hedges), where=ordered)
    legs = [case.config.legs[role.leg] for role in case.roles.hedges]
    configured = np.where(
        plan.a_core_share, [leg.cover for leg in legs], [min(leg.weight, most_of(leg)) for leg in legs]
    )
    return np.array([np.median(sizes[of, k]) if of.any() else configured[k] for k, of in enumerate(ordered.T)])


def _derisk_entry(case: Case) -> Made:
    """Run it, and remark how often the hedged book's beta would have taken borrowing, as that of a rising fund does."""
    ledger = sold_at_entry(case.setup, case.hedged, case.beta, case.replay)
    beyond = int(np.count_nonzero(ledger.ordered & (ledger.core > 1.0 + LEAST_TRADE)))
    if not beyond or case.setup.terms.margin:
        return Made(ledger)
    name = hedge_name(case.config)
    remark = (
        f"The core without {name.called} was held at 1 on {beyond} orders: more beta would have meant borrowing, so"
        f" that {name.possessive} own part holds what the beta above 1 brought."
    )
    return Made(ledger, remarks=(remark,))


def _untimed(case: Case) -> str:
    roles, a_core_share = case.roles, case.setup.plan.a_core_share
    each = zip(median_sizes(case), a_core_share, roles.hedges, strict=True)
    parts = [
        f"{size:.4g} contracts of {role.instrument} a core share"
        if by_core
        else f"contracts of {role.instrument} on {100.0 * size:.4g} % of equity"
        if role.kind == "option"
        else f"{100.0 * size:.4g} % of equity {'sold short' if role.side < 0 else 'in ' + traded_name(role, roles)}"
        for size, by_core, role in each
    ]
    what = "size" if a_core_share.any() else "weight"
    whose = f"median {what} ordered" if (case.hedged.hedges != 0.0).any() else f"configured {what}"
    return f"{' and '.join(parts)}, the {whose}"


def _buy_and_hold(case: Case) -> Made:
    restated = f"portfolio.rebalance: {case.config.portfolio.rebalance} restates the fund too."
    ledger = run_always_on(case.setup, median_sizes(case), "never")
    return Made(ledger, remarks=(restated,) if case.setup.plan.core_due.any() else ())


def _short_about(case: Case) -> str:
    roles = case.roles
    if roles.leverage > 0.0:
        return (
            f"{roles.leverage:g} times the hedge's weight of {roles.underlying} bought on margin in the fund's place."
        )
    return (
        f"{-roles.leverage:g} times the hedge's weight of {roles.underlying} sold short in the fund's place, at"
        f" each of its orders; it pays dividends and {100.0 * BORROW_FEE:g} % a year to borrow, its cash earns."
    )


def _short(case: Case) -> Made:
    ledger, prices, terms = run_short_underlying(case.config, case.setup, case.hedged)
    return Made(ledger, prices.fill, terms)


def _put(case: Case) -> Made:
    ledger, own = run_protective_put(case.config, case.setup)
    modelled = "MODELLED, by Black-Scholes-Merton at VIX times the sector's realised volatility over that of SPY."
    return Made(ledger, own.prices.fill, own.terms, remarks=(modelled,))


def _held_less(key: str, so_that: str, matched_by: str, *, main: bool = False) -> ControlKind:
    return ControlKind(
        key,
        lambda case: f"{100.0 * case.share:.0f} % held",
        lambda case: (
            f"{100.0 * case.share:.1f} % of the core and the rest in cash, restored monthly, so that {so_that}."
        ),
        lambda case: Made(run_held_less(case.setup, case.share)),
        MATCHED,
        matched_by=matched_by,
        main=main,
    )


_KINDS = (
    ControlKind(
        "unhedged",
        "Unhedged",
        "The same core without any hedge.",
        lambda case: Made(run_unhedged(case.setup)),
        ALWAYS,
        report="Doing nothing",
        main=True,
    ),
    ControlKind(
        "derisk_entry",
        "Sold at entry",
        "Core sold, when the hedge is ordered, down to the beta the hedged book then has; the rest in cash.",
        _derisk_entry,
        ALWAYS,
        report="Sold at entry",
        rising="Bought at entry",
        main=True,
    ),
    ControlKind(
        "derisk_daily",
        "Sold daily",
        "Core sold or bought, when the fund resets, to the beta of the hedged book as it drifts; the rest in cash.",
        lambda case: Made(**sold_daily(case.setup, case.hedged, case.beta)._asdict()),
        report="Sold daily",
        rising="Bought daily",
        main=True,
    ),
    ControlKind(
        "always_on",
        lambda case: f"{capital(hedge_name(case.config).noun)} always on",
        lambda case: f"{_untimed(case)}, held from the first session and rebalanced monthly.",
        lambda case: Made(run_always_on(case.setup, median_sizes(case))),
        label="always on",
    ),
    ControlKind(
        "buy_and_hold",
        lambda case: f"{capital(hedge_name(case.config).noun)} bought and held",
        lambda case: f"{_untimed(case)}, bought in the first session and never rebalanced.",
        _buy_and_hold,
        applies=lambda case: all(role.kind in ("fund", "asset") for role in case.roles.hedges),
    ),
    ControlKind(
        "short_underlying",
        lambda case: f"{case.roles.underlying} {'sold short' if case.roles.leverage < 0.0 else 'on margin'}",
        _short_about,
        _short,
        applies=lambda case: case.roles.one_fund,
    ),
    ControlKind(
        "protective_put",
        "Protective put",
        lambda case: (
            f"A one-month put on the whole core, struck {100.0 * (1.0 - MONEYNESS):g} % below"
            f" {case.setup.market.underlying}, rolled on each third Friday and paid for as the hedge is."
        ),
        _put,
        report="Put, MODELLED",
    ),
    _held_less(
        "held_less",
        "a bad quarter of it falls as far short of an average one as the hedged book's",
        "as safe",
        main=True,
    ),
    _held_less("held_less_drawdown", "its deepest fall is as deep as the hedged book's", "same worst fall"),
    _held_less("held_less_volatility", "it is as volatile as the hedged book", "same volatility"),
)
CONTROLS = {kind.key: kind for kind in _KINDS}
"""Every control by its key, in the order to show them."""
_LEAST = tuple(kind for kind in CONTROLS.values() if kind.when == ALWAYS)
HELD_LESS = tuple(key for key, kind in CONTROLS.items() if kind.when == MATCHED)
"""Those matched to the hedged book, by each of `engine.kernel.tails.MEASURES`."""

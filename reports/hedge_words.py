"""What a run does with its hedges, in words: how much of each, when, and what that does to net exposure."""

from __future__ import annotations

import numpy as np

from data.arrays import Flags, Floats
from data.format import capital, counted, in_percent, lowered, percent, share, times
from engine.config import RunConfig
from engine.hedge_config import HedgeConfig
from engine.hedge_names import MODELLED, hedge_name, hedge_names, joined, option_name
from engine.kernel.loop import Ledger
from engine.runs.run import Run
from strategies.load import kind, strategy_class
from strategies.policy import ENTER


def always(config: RunConfig, leg: HedgeConfig | None = None) -> bool:
    """Return whether a hedge is held whatever its signal says; all of them, without one."""
    if leg is None:
        return all(always(config, each) for each in config.legs)
    by = strategy_class((leg.strategy or config.strategy).named)
    return kind(by) == "intensity" and (leg.policy or config.policy).enter <= 0.0


def columns_of(result: Run) -> tuple[int, ...]:
    """Return the first column of each hedge of the config among the traded hedges': a collar has two."""
    legs = [role.leg for role in result.market.roles.hedges]
    return tuple(legs.index(leg) for leg in range(len(result.config.legs)))


def weights_of(result: Run) -> tuple[str, ...]:
    """Return the weight, or the weights, at which each hedge was ordered on."""
    found = zip(result.config.legs, columns_of(result), strict=True)
    return tuple(_spread(_ordered(result, column), leg.weight) for leg, column in found)


def _ordered(result: Run, column: int) -> Floats:
    """Return the weights at which a hedge was ordered on; above 0 of what is sold short too."""
    hedged = result.hedged
    until = slice(0, hedged.last + 1)
    weights: Floats = np.abs(hedged.hedges[until, column][hedged.actions[until, column] == ENTER])
    return weights


def _spread(weights: Floats, configured: float) -> str:
    if not len(weights):
        return in_percent(configured)
    low, high = float(weights.min()), float(weights.max())
    middle = in_percent(float(np.median(weights)))
    return middle if high - low < 0.005 else f"{share(low).removesuffix(' %')} to {share(high)}"  # shown whole


def holding_words(result: Run) -> str:
    """Return how much of each hedge is held: ``15 % SOXS``, ``10 % SOXS and 20 % TLT``."""
    config = result.config
    each = zip(config.legs, hedge_names(config), weights_of(result), strict=True)
    return joined([held_words(config, leg, name.noun, weight) for leg, name, weight in each if leg in config.held])


def held_words(config: RunConfig, leg: HedgeConfig, noun: str, weight: str) -> str:
    """Return how much of a hedge is held: ``15 % SOXS``, ``60 % in bills``, ``a MODELLED put on 100 %``."""
    if leg.kind == "cash":
        return f"{weight} in {noun}"
    if leg.kind == "short":
        return f"{weight} of {config.read} sold short"
    return f"{noun} on {weight}" if leg.kind == "option" else f"{weight} {noun}"


def hedge_words(result: Run) -> str:
    """Return what the hedged book holds, and when."""
    config = result.config
    when = "all the time" if always(config) else "while the signal is on"
    own = any(leg.strategy is not None or leg.policy is not None for leg in config.held)
    what = holding_words(result) if len(config.held) < 3 else lowered(hedge_name(config).title)  # so that it fits
    return f"{what} {'while their signals are on' if own and not always(config) else when}"


def book_words(result: Run) -> str:
    """Return what the book turns into while it is hedged, and when that is restored."""
    config, weights = result.config, weights_of(result)
    often = [_rebalanced(leg) for leg in config.held]
    alike = len(set(often)) == 1
    parts = [
        _of_the_book(config, leg, name.noun, weight) + ("" if alike else f", {_rebalanced(leg)}")
        for leg, name, weight in zip(config.legs, hedge_names(config), weights, strict=True)
        if leg in config.held
    ]
    if alike:
        return f"{joined(parts)}, {often[0]}"
    return f"{', '.join(parts[:-1])}, and {parts[-1]}"


def _of_the_book(config: RunConfig, leg: HedgeConfig, noun: str, weight: str) -> str:
    if leg.kind == "short":
        return f"{config.read} is sold short for {weight} of the book"
    if leg.kind == "option":
        return f"{noun} is held on {weight} of the book"
    return f"{weight} of the book is {noun}"


def _rebalanced(leg: HedgeConfig) -> str:
    often = {"band": f"rebalanced beyond {100 * leg.band:g} %", "never": "never rebalanced"}
    return often.get(leg.rebalance, f"rebalanced {leg.rebalance}")


def own_signals(config: RunConfig) -> str:
    """Return which hedges follow a strategy of their own, as a sentence; nothing where none does."""
    named = zip(config.legs, hedge_names(config), strict=True)
    own = [f"{name.called} by {leg.strategy.named}" for leg, name in named if leg.strategy and leg in config.held]
    return f" By signals of their own: {joined(own)}." if own else ""


def exposure(result: Run) -> str:
    """Return in words what the hedge does to net exposure, and what selling core does instead."""
    config, hedged = result.config, result.hedged
    ordered = _entered(hedged)
    name = hedge_name(config)
    if not ordered.any():
        return "The hedge was never ordered on."
    when, count = f" while hedged, {times(int(ordered.sum()))}", ordered
    if always(config):  # it is ordered on once, and then restored
        when, count = " all the time", hedged.ordered[: hedged.last + 1] & held_weights(hedged).any(axis=1)
    before, after = unhedged_exposure(config), float(np.median(exposures(result)[count]))
    takes = f"net exposure from {before:.2f} to {after:.2f}{when}"
    if name.only_sells:
        return f"Selling {weights_of(result)[0]} of the book into {name.noun} takes {takes}: it is selling core itself."
    one = len(config.held) == 1
    what = _exposed(result) if one else holding_words(result)
    known = "".join(f"; {said}" for leg in config.held if (said := _known_beta(leg)))
    return (
        f"{capital(what)} {'takes' if one else 'take'} {takes}; selling core instead goes to the same exposure on the"
        f" same days{known}."
    )


def hedges_made(result: Run) -> str:
    """Return the hedges that are SYNTHETIC throughout, where all else is real; nothing otherwise."""
    made = result.market.made_throughout()
    if not made or len(made) < len(result.market.synthetic):
        return ""
    return "the hedge" if len(result.config.legs) == 1 else joined(made)


def entries(result: Run) -> int:
    """Return at how many closes a hedge was ordered on."""
    return int(np.count_nonzero(_entered(result.hedged)))


def _entered(hedged: Ledger) -> Flags:
    entered: Flags = (hedged.actions[: hedged.last + 1] == ENTER).any(axis=1)
    return entered


def held_weights(hedged: Ledger) -> Flags:
    """Return which hedges each close's orders give a weight, shape (sessions, hedges)."""
    given: Flags = hedged.hedges[: hedged.last + 1] != 0.0
    return given


def _exposed(result: Run) -> str:
    (leg,), noun = result.config.held, hedge_name(result.config).noun
    weights = _ordered(result, columns_of(result)[result.config.legs.index(leg)])
    low, middle, high = float(weights.min()), float(np.median(weights)), float(weights.max())
    least, usual, most = (percent(weight, 0) for weight in (low, middle, high))
    spread = usual if high - low < 0.005 else f"{least} to {most} (median {usual})"  # shown in whole percents
    if leg.kind == "short":
        return f"selling {result.config.read} short for {spread} of the book"
    return f"{noun} on {spread} of the book" if leg.kind == "option" else f"{spread} in {noun}"


def _known_beta(leg: HedgeConfig) -> str:
    """Return by which beta a hedge counts that isn't a given multiple."""
    if leg.kind == "asset":
        return f"{leg.instrument} counts by its beta over the {counted(leg.lookback, 'session')} before"
    if leg.option is not None:
        return f"the {MODELLED} {option_name(leg.option)} counts by its delta, which moves with the market"
    return ""


def unhedged_exposure(config: RunConfig) -> float:
    """Return the exposure to the underlying that the book has without a hedge, of equity, with a core of beta 1."""
    return 1.0 - config.hedge.buffer if config.hedge.funding == "cash_buffer" else 1.0


def exposures(result: Run) -> Floats:
    """Return what each order takes the exposure to, of equity, with a core of beta 1; shape (sessions,)."""
    hedged, betas = result.hedged, result.setup.betas
    until = slice(0, hedged.last + 1)
    ordered: Floats = hedged.core[until] + (betas[until] * hedged.hedges[until]).sum(axis=1)
    return ordered

"""CompositeHedge: any signals, put together in YAML."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Literal

import numpy as np

from data.arrays import Floats
from data.errors import did_you_mean
from data.market import Market
from strategies.base import Strategy
from strategies.inputs import Input
from strategies.parameters import ParameterError
from strategies.rules import Rule, all_fire, any_fires, rule_of

ROUNDING = 1e-12
"""Of a sum of weights."""


@dataclass(frozen=True)
class CompositeHedge(Strategy):
    """Hedge as its signals say together: all, any, or by weighted votes.

    Parameters
    ----------
    signals
        Rules by names of your own: ``dear: {signal: price_to_trend, days: 200, percentile_over: 756, at_least: 0.8,
        within: 60}``. `backtest catalogue` lists the signals with their keys. Each has one threshold (above, below,
        at_least, at_most), and may have percentile_over, zscore_over or change_over (sessions), within (sessions for
        which it is remembered), release (where it lets go again) and weight.
    combine
        One of ``all``, ``any`` and ``votes``. The first two give 1 or 0. ``votes`` gives the share of the weights that
        speak for hedging, or with `enough` 1 where those weights sum to that: 3 of 5, where all weights are 1.
    enough
        Votes, the sum of the weights that speak for it, from which it hedges; without it the share itself is the
        intensity. For ``combine: votes``.
    require
        Names of signals without which there is no hedge, whatever the others say; they don't vote. Armed, then
        triggered: require one with a long `within`.

    Notes
    -----
    A signal that isn't known yet doesn't speak for hedging.
    """

    signals: Mapping[str, Any] = field(default_factory=dict)
    combine: Literal["all", "any", "votes"] = "all"
    enough: float | None = None
    require: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        super().__post_init__()
        rules = self.named_rules()
        object.__setattr__(self, "signals", {name: rule.as_dict() for name, rule in rules.items()})
        for name in self.require:
            if name not in rules:
                hint = did_you_mean(name, rules) or f": they are {', '.join(rules)}"
                raise ParameterError(f"require names {name}, which is no signal of this run{hint}", "require")
        self._check_enough(sum(rules[name].weight for name in self._voters))

    def named_rules(self) -> dict[str, Rule]:
        """Return its rules by their names; raises ParameterError."""
        return dict(self._rules)

    @cached_property
    def _rules(self) -> Mapping[str, Rule]:
        given: Any = self.signals  # whatever YAML holds
        if not isinstance(given, Mapping) or not given:
            raise ParameterError("CompositeHedge needs signals: names with a signal and a threshold each", "signals")
        return {str(name): rule_of(written, f"signals.{name}") for name, written in given.items()}

    def intensity(self, market: Market) -> Floats:
        """Return how strongly its signals speak for hedging together, in [0, 1]."""
        rules = self.named_rules()
        read = {name: rule.input(market) for name, rule in rules.items()}
        required = all_fire(read[name] for name in self.require) if self.require else np.ones(len(market))
        if not self._voters:
            return required
        if self.combine == "votes":
            weights = {name: rules[name].weight for name in self._voters}
            spoken = sum(weight * read[name].fired for name, weight in weights.items())
            return required * self._voted(spoken, sum(weights.values()))
        together = all_fire if self.combine == "all" else any_fires
        return required * together(read[name] for name in self._voters)

    def rules(self) -> Sequence[Rule]:
        """Return its rules."""
        return tuple(self.named_rules().values())

    def inputs(self, market: Market) -> Sequence[Input]:
        """Return each signal's value against its threshold."""
        return [rule.input(market, name) for name, rule in self.named_rules().items()]

    def label(self, market: Market) -> str:
        """Return its name with how it puts its signals together."""
        del market
        way = f"{self.enough:g} of the votes" if self.combine == "votes" and self.enough else self.combine
        needs = f", needing {' and '.join(self.require)}" if self.require else ""
        return f"CompositeHedge ({way} of {', '.join(self._voters)}{needs})"

    @property
    def _voters(self) -> list[str]:
        return [name for name in self.signals if name not in self.require]

    def _voted(self, spoken: Any, weights: float) -> Floats:
        """Return the intensity of the weights that speak for hedging, shape (sessions,), of their sum."""
        if self.enough is not None:
            return (spoken >= self.enough - ROUNDING).astype(float)
        share: Floats = np.minimum(spoken / weights, 1.0)
        return share

    def _check_enough(self, weights: float) -> None:
        if self.combine == "votes" and weights <= 0.0:
            raise ParameterError("votes need a signal whose weight is above 0 and that isn't required", "signals")
        if self.enough is None:
            return
        if self.combine != "votes":
            raise ParameterError(f"enough is for combine: votes, not {self.combine}", "enough")
        if not 0.0 < self.enough <= weights + ROUNDING:
            raise ParameterError(
                f"enough {self.enough:g} has to be above 0 and at most the weights' sum {weights:g}", "enough"
            )

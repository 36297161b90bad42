"""The parts of a run: each is made once for all combinations that share it, and dropped when it is long unused."""

from __future__ import annotations

import copy
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, NamedTuple, TypeVar

import numpy as np
import numpy.typing as npt

from data.arrays import Floats
from data.errors import UserError
from data.market import Market
from data.remembered import Remembered
from data.sources import Source
from engine.analytics.answer.insurance import Less
from engine.analytics.attribution_batch import daily_of
from engine.analytics.controls import unhedged_plan
from engine.analytics.measure import metrics_of
from engine.analytics.metrics import mean_cash_return, trades_of
from engine.config import RunConfig
from engine.evaluate_strategy import intensity_of
from engine.hedge_config import HedgeConfig, StrategyConfig
from engine.kernel.attribution import Daily
from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger, Plan
from engine.kernel.sweep import Units, units_of
from engine.keys import below_leg, put
from engine.loading import with_params
from engine.plain import Keys
from engine.research.grid import Grid, with_values
from engine.research.overfitting.drawn import drawn_of
from engine.research.rows import less_in
from engine.research.windows import begins, causal_by_construction
from engine.setup import Setup, market_key, open_market, plan_of, plan_with, policy_of, prepare, sizing_of
from strategies import parameters
from strategies.load import fresh
from strategies.policy import PolicyRules
from strategies.sizing import Sizing, hedge_weights, most_hedge, unhedged_core

Made = TypeVar("Made")
Indices = tuple[int, ...]
PARTS = ("environment", "signal", "policy", "hedge")
SIZED = ("weight", "max_weight", "sizing", "rebalance", "band", "cover", "target_volatility")
"""Keys of a hedge that change neither what is traded nor on what terms, nor the unhedged book: a buffer is in that."""
FUNDS_ONLY = ("indexed", "financing", "fee", "spread", "indexed_before", "indexed_after", "static", "static_filled")
"""What a session does to a unit of a leveraged fund, and to nothing else."""

SAID = 16 * 2**20
"""Bytes of intensities that are kept packed: 20,000 of them, on or off, over 6,000 sessions."""
Bits = npt.NDArray[np.uint8]


def part_of(keys: Keys) -> str:
    """Return which part of a run a key changes."""
    first = (below_leg(keys) or keys)[0]
    if first in ("strategy", "policy"):
        return "signal" if first == "strategy" else "policy"
    return "hedge" if below_leg(keys) and first in SIZED else "environment"


def shares_sessions(config: RunConfig, grid: Grid) -> bool:
    """Return whether a config's books can go through the sessions together, many at once.

    Others run by themselves: several hedges, one that is sold short or an option, and one that has a policy or a
    strategy of its own.
    """
    leg = config.hedge
    own = {"policy", "strategy"}.intersection(below for axis in grid.axes for below in below_leg(axis.keys)[:1])
    return len(config.legs) == 1 and leg.kind in ("fund", "asset", "cash") and not (leg.policy or leg.strategy or own)


@dataclass(frozen=True)
class Environment:
    """What combinations share that trade the same instruments on the same terms.

    Parameters
    ----------
    indices
        Its value on each of the axes that turn it: by these it is known, never by its address, which another may get.
    fed
        All that its market is made from, by value.
    config, setup
        The run it stands for, and how that is laid out.
    units, daily
        Prices in units, and what each session does to one of the hedge; None where books run by themselves.
    cash_return
        The mean cash return a session.
    unhedged
        The unhedged book.
    less
        What holding less of the core came to.
    """

    indices: Indices
    fed: Hashable
    config: RunConfig
    setup: Setup
    units: Units
    daily: Daily | None
    cash_return: float
    unhedged: Ledger
    less: Less

    @property
    def market(self) -> Market:
        """The market it is fed."""
        return self.setup.market

    @cached_property
    def figures_unhedged(self) -> dict[str, Any]:
        """The metrics of the unhedged book, which every chunk is compared with."""
        return self.figures(self.unhedged)

    def figures(self, ledger: Ledger) -> dict[str, Any]:
        """Return a single book's metrics, NaN where one is undefined."""
        setup = self.setup
        trades = trades_of(ledger.traded, setup.prices.fill, setup.terms)
        metrics = metrics_of(ledger, setup.terms.cash_accrual, self.market.run_sessions, trades, setup.legs.firsts)
        return {name: np.nan if value is None else value for name, value in metrics.items()}


class Hedge(NamedTuple):
    """How a hedge is sized and rebalanced, and what of that decides when it is entered."""

    config: HedgeConfig
    sizing: Sizing
    pattern: Hashable


class Recent:
    """What was made, by what it was made from; the longest unused is dropped when there are too many."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._made: OrderedDict[Hashable, Any] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Made]) -> Made:
        """Return what a key stands for, made now if it isn't there."""
        if key not in self._made:
            self._made[key] = make()
            if len(self._made) > self._most:
                self._made.popitem(last=False)
        self._made.move_to_end(key)
        found: Made = self._made[key]
        return found


class Caches:
    """The caches of this process, those of the last two windows; what is sent to another process begins with none."""

    def __init__(self) -> None:
        self._recent = Recent(2)

    def of(self, window: int, make: Callable[[], Cache]) -> Cache:
        """Return a window's cache, made now if it isn't there."""
        return self._recent.get(window, make)

    def __reduce__(self) -> tuple[type[Caches], tuple[()]]:
        return Caches, ()


@dataclass
class Cache:
    """Makes parts and remembers them, each kind up to a number; for one thread.

    Parameters
    ----------
    config, grid
        The run that is swept, and over what.
    source
        Where history comes from.
    signal_seconds
        Time spent on asking strategies so far.
    warm
        Whether a row has been computed: from then on compiled code is loaded, and history is read.
    whole
        The same combinations over a history that this one is a window of: `engine.research.windows`.

    Attributes
    ----------
    axes
        Which axes turn each part.
    drawn
        The rows of which something is kept for the statistics of overfitting.
    """

    config: RunConfig
    grid: Grid
    source: Source
    signal_seconds: float = 0.0
    warm: bool = False
    whole: Cache | None = field(default=None, repr=False, compare=False)
    _kept: dict[str, Recent] = field(default_factory=dict)
    _said: Remembered = field(default_factory=lambda: Remembered(SAID))

    def __post_init__(self) -> None:
        room = {"market": 16, "environment": 64, "signal": 512, "size": 2048}
        room |= {"policy": 100_000, "hedge": 100_000, "run": 4096}
        self._kept = {kind: Recent(most) for kind, most in room.items()}
        self.axes = {part: [i for i, axis in enumerate(self.grid.axes) if part_of(axis.keys) == part] for part in PARTS}
        self.drawn = drawn_of(len(self.grid)).split

    def market(self, config: RunConfig) -> Market:
        """Return what a run is fed; raises DataError."""
        return self._kept["market"].get(market_key(config), lambda: open_market(config, self.source))

    def environment(self, indices: Indices) -> Environment:
        """Return the environment of some indices on its axes."""
        return self._kept["environment"].get(indices, lambda: self._make_environment(indices))

    def signal(self, env: Environment, indices: Indices) -> Floats:
        """Return the intensity over all of the market's sessions; raises StrategyError."""
        return self._kept["signal"].get((env.fed, indices), lambda: self._ask(env, indices))

    def beginning(self, part: Market, at: Indices, indices: Indices) -> Floats | None:
        """Return the intensity over a window of this history; None where it has to be asked for there."""
        try:
            env = self.environment(at)
            causal = causal_by_construction(self._strategy_at(indices), env.market.roles)
            return self.signal(env, indices)[: len(part)] if causal and begins(part, env.market) else None
        except UserError:  # that of the window itself is the one to be told
            return None

    def policy(self, indices: Indices) -> PolicyRules:
        """Return the policy; raises ConfigError where its keys contradict each other."""
        return self._kept["policy"].get(indices, lambda: policy_of(self._config({"policy": indices})))

    def hedge(self, env: Indices, indices: Indices) -> Hedge:
        """Return the hedge's sizing."""

        def make() -> Hedge:
            config = self._config({"environment": env, "hedge": indices})
            sizing = sizing_of(config)
            some = min(sizing.weight, most_hedge(sizing)) > 0.0
            plain = sizing.method in ("fixed", "proportional")
            return Hedge(config.hedge, sizing, (sizing.method, some) if plain else sizing)

        return self._kept["hedge"].get((env, indices), make)

    def core(self, hedge: Hedge) -> float:
        """Return the core's weight while there is no hedge."""
        return unhedged_core(hedge.sizing)

    def size(self, env: Environment, hedge: Hedge, signal: Indices) -> Floats:
        """Return the hedge weight that an order at each of the run's closes would get."""
        market = env.market
        read = signal if hedge.sizing.method == "proportional" else ()
        return self._kept["size"].get(
            (env.fed, hedge.sizing, read),
            lambda: hedge_weights(hedge.sizing, market, self.signal(env, signal))[market.first :],
        )

    def plan(self, env: Environment, signal: Indices, policy: PolicyRules, hedge: Hedge) -> Plan:
        """Return when and how a combination decides."""
        intensity, size = self.signal(env, signal)[env.market.first :, np.newaxis], self.size(env, hedge, signal)
        takes, due = env.setup.plan.takes, env.setup.plan.core_due
        return plan_with([hedge.config], [policy], intensity, size[:, np.newaxis], takes, env.market, due)

    def run_at(self, indices: Indices) -> RunConfig:
        """Return the run at some indices on the axes; raises ConfigError where its keys contradict each other."""
        values = {axis.keys: axis.values[index] for axis, index in zip(self.grid.axes, indices, strict=True)}
        return self._kept["run"].get(indices, lambda: with_values(self.config, values))

    def plan_alone(self, env: Environment, indices: Indices) -> Plan:
        """Return when and how a run decides whose book goes through the sessions by itself; raises UserError."""
        config = self.run_at(indices)
        return plan_of(config, env.market, np.column_stack(self.signals(env, config)))

    def signals(self, env: Environment, config: RunConfig) -> list[Floats]:
        """Return the intensity of each hedge over all of the market's sessions; raises StrategyError."""
        return [self._signal_of(env, leg.strategy or config.strategy) for leg in config.legs]

    def _signal_of(self, env: Environment, named: StrategyConfig) -> Floats:
        return self._kept["signal"].get((env.fed, repr(named)), lambda: self._asked(env, named))

    def _config(self, indices: dict[str, Indices]) -> RunConfig:
        values = {
            self.grid.axes[i].keys: self.grid.axes[i].values[index]
            for part, chosen in indices.items()
            for i, index in zip(self.axes[part], chosen, strict=True)
        }
        return with_values(self.config, values)

    def _make_environment(self, indices: Indices) -> Environment:
        config = self._config({"environment": indices})
        fed, market = market_key(config), self.market(config)
        setup = prepare(config, market, None)
        unhedged = compiled().run_policy(setup.prices, setup.terms, unhedged_plan(setup))
        cash = mean_cash_return(setup.terms.cash_accrual, len(setup.prices.close) - 1)
        units = units_of(setup.prices, setup.terms)
        daily = _daily_of(setup, units) if shares_sessions(config, self.grid) else None
        return Environment(indices, fed, config, setup, units, daily, cash, unhedged, less_in(setup))

    def _ask(self, env: Environment, indices: Indices) -> Floats:
        """Return what a strategy says; what it said before, after more sets than are kept, it isn't asked again."""

        def made() -> Bits | Floats:
            begun = None if self.whole is None else self.whole.beginning(env.market, env.indices, indices)
            return _packed(self._asked(env, self._strategy_at(indices)) if begun is None else begun)

        said: Any = self._said.get((env.fed, indices), made)
        return _unpacked(said, len(env.market))

    def _strategy_at(self, indices: Indices) -> StrategyConfig:
        return self._strategy(indices) or self._config({"signal": indices}).strategy

    def _strategy(self, indices: Indices) -> StrategyConfig | None:
        """Return the strategy at some indices, checked as a config's is; None where a whole config has to be.

        Parameters hang together with nothing but one another, and a config takes a hundred times as long to check.
        Where they are wrong, that says how.
        """
        axes = [self.grid.axes[i] for i in self.axes["signal"]]
        if any(axis.keys[:2] != ("strategy", "params") for axis in axes):
            return None
        tree: dict[str, Any] = {"strategy": {"params": copy.deepcopy(self.config.strategy.params)}}
        try:
            for axis, index in zip(axes, indices, strict=True):
                put(tree, axis.keys, copy.deepcopy(axis.values[index]), "sweep")
            return with_params(self.config.strategy, tree["strategy"]["params"])
        except Exception:  # noqa: BLE001  # whatever a class does when it is made: a config names the key too
            return None

    def _asked(self, env: Environment, named: StrategyConfig) -> Floats:
        began = time.perf_counter()
        with fresh(named.named) as cls:
            intensity = intensity_of(parameters.make(cls, named.params), env.market)
        self.signal_seconds += time.perf_counter() - began
        return intensity


def _packed(intensity: Floats) -> Bits | Floats:
    """Return an intensity that is 0 or 1 throughout as bits, any other as it is."""
    on = intensity == 1.0
    return np.packbits(on) if (on | (intensity == 0.0)).all() and not np.signbit(intensity).any() else intensity


def _unpacked(packed: Any, sessions: int) -> Floats:
    """Return an intensity, shape (sessions,), that is the caller's own."""
    values = np.unpackbits(packed, count=sessions) if packed.dtype == np.uint8 else packed
    own: Floats = values.astype(np.float64)
    return own


def _daily_of(setup: Setup, units: Units) -> Daily:
    """Return what each session does to a unit of the hedge; whatever isn't modelled is all that it makes."""
    daily = daily_of(setup, units)
    if setup.market.roles.one_fund:
        return daily
    return daily._replace(**dict.fromkeys(FUNDS_ONLY, np.zeros(len(daily.fund))))

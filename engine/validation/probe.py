"""Asking a strategy of any kind on one history for its decisions and inputs, and comparing two such outputs."""

from __future__ import annotations

import inspect
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace

import numpy as np

from data.arrays import Dates, Flags, Floats
from data.errors import DataError, StrategyError, UserError
from data.market import Market, load_market
from data.sources.altered import AlteredSource, Companies, History
from engine.config import RunConfig
from engine.evaluate_strategy import intensity_of, weigher
from engine.hedge_config import StrategyConfig
from engine.hedges import roles_of, with_made
from engine.kernel.loop import Ledger, decide_given, ledger_on, move
from engine.legs import legs_of
from engine.setup import Setup, plan_of, prepare
from engine.validation.histories import cut
from strategies import parameters
from strategies.base import Strategy
from strategies.load import fault_in, fresh, kind

DECISION = "decision"
SIDE = "side"
INPUT = "input"
OF_ONE = " of hedges."
"""In the name of a column that is of one of several hedges, before its number."""
ROUNDING = 1e-9
"""Relative to what is compared: sums of the same numbers in another order differ by less."""


@dataclass(frozen=True)
class OutputColumn:
    """One series of decisions, or of an input.

    Parameters
    ----------
    role
        ``decision``; ``side``, what is left of an order when nobody asks how large it is; or ``input``.
    values
        By the market's rows, NaN where there is nothing, shape (market sessions,).
    against
        An input's threshold, of the same shape.
    """

    role: str
    values: Floats
    against: Floats | None = None


@dataclass(frozen=True)
class Output:
    """What a strategy answers on one history.

    Parameters
    ----------
    sessions
        The market's sessions, whose rows the columns have.
    first
        The row at which the run starts.
    columns
        By name.
    words
        Orders in words, by row, of a backtrader.Strategy.
    error
        Why it couldn't be asked, with the line in the user's file; ``None`` where it could.
    read
        The items it read, by name, ``series/VIX``.
    ledger
        What it did, where the whole run was made to ask it.
    """

    sessions: Dates
    first: int
    columns: Mapping[str, OutputColumn] = field(default_factory=dict)
    words: Mapping[int, str] = field(default_factory=dict)
    error: str | None = None
    read: frozenset[str] = frozenset()
    ledger: Ledger | None = None

    def decision(self, row: int, name: str = "") -> str:
        """Return the decision of a row in words, of the column named where there are several."""
        number = self.columns.get(name, self.columns.get("intensity", self.columns.get("weight")))
        return self.words.get(row, "none") if number is None else f"{number.values[row]:.6g}"

    @property
    def inputs(self) -> frozenset[str]:
        """The names of the columns that are inputs."""
        return frozenset(name for name, column in self.columns.items() if column.role == INPUT)

    @property
    def unfinished(self) -> bool:
        """Whether the whole run couldn't be made, as it fails at the last close."""
        return self.ledger is None and "intensity" not in self.columns


@dataclass(frozen=True)
class Bench:
    """What a strategy is asked on: a run, its market, it laid out, and what values companies in all histories."""

    config: RunConfig
    market: Market
    setup: Setup
    companies: Companies = field(default_factory=Companies)

    def run(
        self,
        history: History,
        upto: int | None = None,
        config: RunConfig | None = None,
        *,
        strict: bool = False,
        after: int | None = None,
    ) -> Output:
        """Ask the strategy, its code loaded afresh.

        Parameters
        ----------
        history
            What is done to the real history.
        upto
            The market's row after which nothing needs to be asked any more; ``None`` for the whole run.
        config
            Another run of the same strategy, such as one that starts later.
        strict
            Raise what goes wrong as a run would, instead of returning it.
        after
            The market's row up to which the same code is asked first, on history that ends there.

        Raises
        ------
        UserError
            The history is too short to run on; with `strict`, also what the strategy does wrong.
        """
        with loaded(config or self.config) as classes:
            if after is not None:
                self.run_classes(classes, cut(self.market.sessions[after]), after)
            return self.run_classes(classes, history, upto, config, strict=strict)

    def run_classes(
        self,
        classes: Sequence[type],
        history: History,
        upto: int | None = None,
        config: RunConfig | None = None,
        *,
        strict: bool = False,
    ) -> Output:
        """Ask classes that are loaded, the run's and its hedges' own; as `run` does."""
        cls = classes[0]
        asked, sort = config or self.config, kind(cls)
        with warnings.catch_warnings():
            if not strict:
                warnings.simplefilter("ignore")
            market = _market_on(self, asked, history)
            # Up to where history was tampered with, prices and terms are the run's own; an intensity needs none.
            anew = sort == "backtrader" or (config is not None and sort == "on_close")
            try:
                if sort == "intensity":
                    return _intensity(classes, asked, market, strict=strict)
                own = with_made(asked, _market_on(self, asked, history)) if anew else market
                setup = replace(prepare(asked, own, None) if anew else self.setup, market=market)
                return (_weights if sort == "on_close" else _orders)(cls, asked, setup, upto)
            except (Exception, SystemExit) as error:
                known = isinstance(error, UserError)
                message = str(error) if known else fault_in(error, inspect.getsourcefile(cls))
                if strict:
                    raise (error if known else StrategyError(f"{cls.__name__} fails: {message}")) from error
                return Output(market.sessions, market.first, error=message)


@contextmanager
def loaded(config: RunConfig) -> Iterator[Sequence[type]]:
    """Give the classes of a run and of its hedges' own strategies, each as if its file had just been loaded."""
    with ExitStack() as stack:
        yield [stack.enter_context(fresh(each.named)) for each in config.strategies]


def _market_on(bench: Bench, config: RunConfig, history: History) -> Market:
    """Return a run's market, everything in it read through a history; nothing counts as read yet."""
    source = AlteredSource(bench.market.source, history, bench.companies)
    end = None if config.end is None else np.datetime64(config.end)
    market = load_market(source, roles_of(config), np.datetime64(config.start), end)
    with suppress(DataError):  # garbage can't be priced, and a strategy that doesn't read it needn't care
        market = with_made(config, market)
    source.asked.clear()
    return replace(market, findings=bench.market.findings, synthetic=bench.market.synthetic)


def _read(market: Market) -> frozenset[str]:
    """Return what was read through a market, or past it from its source."""
    return frozenset(market.source.asked)  # type: ignore[attr-defined]  # it is tampered with


def _intensity(classes: Sequence[type], config: RunConfig, market: Market, *, strict: bool) -> Output:
    """Ask for the intensities and for the inputs; what is given on garbage may lie outside 0 and 1.

    An option's size is that of its premium at the same close, which has a proof of its own.
    """
    columns = dict[str, OutputColumn]()
    names = ["intensity", *(_numbered("intensity", k) for k, leg in enumerate(config.legs) if leg.strategy)]
    for name, cls, named in zip(names, classes, config.strategies, strict=True):
        _ask_one(cls, named, market, name, columns, strict=strict)
    read = _read(market)
    sized = [k for k, leg in enumerate(config.legs) if leg.sizing != "fixed" and leg.kind != "option"]
    if sized:
        size = np.full((len(market), len(market.roles.hedges)), np.nan)
        size[market.first :] = plan_of(config, market, np.clip(signals_in(columns, config), 0.0, 1.0)).size
        firsts = legs_of(market.roles).firsts
        columns |= {_numbered("the hedge's size", k): OutputColumn(DECISION, size[:, firsts[k]]) for k in sized}
    return Output(market.sessions, market.first, columns, read=read)


def signals_in(columns: Mapping[str, OutputColumn], config: RunConfig) -> Floats:
    """Return the intensity of each hedge of a run, the run's strategy's or its own, shape (market sessions, hedges)."""
    names = ["intensity" if leg.strategy is None else _numbered("intensity", k) for k, leg in enumerate(config.legs)]
    return np.column_stack([columns[name].values for name in names])


def _numbered(what: str, leg: int) -> str:
    """Return the name of a column of a hedge; the first one's is that of a run with one."""
    return f"{what}{OF_ONE}{leg}" if leg or what == "intensity" else what


def _ask_one(
    cls: type,
    named: StrategyConfig,
    market: Market,
    name: str,
    columns: dict[str, OutputColumn],
    *,
    strict: bool,
) -> None:
    """Write what a strategy gives, and its inputs, into the columns."""
    strategy: Strategy = parameters.make(cls, named.params)
    given = intensity_of(strategy, market) if strict else np.asarray(strategy.intensity(market), dtype=np.float64)
    if given.shape != (len(market),):
        raise StrategyError(f"{cls.__name__}.intensity has shape {given.shape}, not ({len(market)},)")
    columns[name] = OutputColumn(DECISION, np.nan_to_num(given))
    for series in strategy.inputs(market):
        values = np.array(series.values, dtype=np.float64)
        threshold = np.array(np.broadcast_to(series.threshold, values.shape), dtype=np.float64)
        known = series.name if series.name not in columns else f"{series.name}, number {len(columns)}"
        columns[known] = OutputColumn(INPUT, values, threshold)


def _weights(cls: type, config: RunConfig, setup: Setup, upto: int | None) -> Output:
    """Ask at every close for the weight, in the plain loop, up to a row."""
    market, prices = setup.market, setup.prices
    weigh = weigher(parameters.make(cls, config.strategy.params), config, setup)
    firsts = list(setup.legs.firsts)
    ledger, values = ledger_on(prices), np.full((len(market), len(firsts)), np.nan)
    before = np.zeros(len(setup.plan.sides))
    for t in range(len(prices.close) - 1 if upto is None else upto + 1 - market.first):
        move(prices, setup.terms, ledger, t)
        if ledger.equity[t] <= 0.0:
            break
        weights = weigh(t, ledger)
        decide_given(prices, setup.plan, ledger, t, weights, before)
        before = weights
        values[market.first + t] = weights[firsts]
    columns = {_numbered("weight", k): OutputColumn(DECISION, column) for k, column in enumerate(values.T)}
    return Output(market.sessions, market.first, columns, read=_read(market), ledger=ledger)


def _orders(cls: type, config: RunConfig, setup: Setup, upto: int | None) -> Output:
    """Run it in backtrader up to a row, and note the orders it places at each close."""
    from engine.backtrader_engine.execute import run_noting_orders

    market = setup.market
    until = None if upto is None else upto - market.first
    ledger, placed = run_noting_orders(setup, cls, config.strategy.params, until)
    columns, words, count = dict[str, OutputColumn](), dict[int, str](), Counter[int]()
    for order in placed:
        row = market.first + order.session
        if order.session < 0 or (upto is not None and row > upto):
            continue
        count[row] += 1
        numbers = {"instrument": float(setup.legs.names.index(order.instrument)), **order.numbers}
        for name, value in numbers.items():
            nothing = OutputColumn(DECISION, np.full(len(market), np.nan))
            columns.setdefault(f"order {count[row]}: {name}", nothing).values[row] = value
        nothing = OutputColumn(SIDE, np.zeros(len(market)))
        side = columns.setdefault(f"side of {order.instrument}", nothing).values
        side[row] = np.sign(side[row] + np.sign(order.size))
        words[row] = f"{words[row]}, {order.words}" if row in words else order.words
    feeds = frozenset(f"bars/{name}" for name in setup.legs.names)
    return Output(market.sessions, market.first, columns, words, read=_read(market) | feeds, ledger=ledger)


@dataclass(frozen=True)
class Divergence:
    """Where an output differs from that on the whole history.

    Parameters
    ----------
    cut
        The market's row after which history was tampered with.
    rows
        The first row that differs of each column that does, by the column's name.
    output
        The output on the history tampered with.
    rounding
        The largest relative difference that counts as none.
    decisions
        Which of the columns are decisions.
    """

    cut: int
    rows: Mapping[str, int]
    output: Output
    rounding: float = 0.0
    decisions: tuple[str, ...] = ()

    @property
    def differs(self) -> bool:
        """Whether anything differs, or the strategy couldn't be asked."""
        return bool(self.rows) or self.output.error is not None

    @property
    def row(self) -> int:
        """The first row at which a decision differs; an input, where no decision does."""
        rows = [self.rows[name] for name in self.decisions] or list(self.rows.values())
        return min(rows, default=self.cut)


def compare(whole: Output, output: Output, cut: int) -> Divergence:
    """Compare decisions and inputs of the run up to a row, that row included."""
    if output.error is not None:
        return Divergence(cut, {}, output)
    rows, decisions, rounding, absent = dict[str, int](), list[str](), 0.0, np.full(cut + 1, np.nan)
    for name in dict.fromkeys((*whole.columns, *output.columns)):
        ours, theirs = whole.columns.get(name), output.columns.get(name)
        role = (ours or theirs).role  # type: ignore[union-attr]  # one of them has it
        if role == SIDE:
            continue
        for part in ("values", "against") if role == INPUT else ("values",):
            values = (getattr(column, part, None) for column in (ours, theirs))
            off, apart = differing(*(absent if held is None else held[: cut + 1] for held in values))
            off[: whole.first] = False
            rounding = max(rounding, apart)
            if off.any():
                rows[name] = min(rows.get(name, cut), int(np.argmax(off)))
        if name in rows and role == DECISION:
            decisions.append(name)
    return Divergence(cut, rows, output, rounding, tuple(decisions))


def differing(ours: Floats, theirs: Floats) -> tuple[Flags, float]:
    """Return where two columns differ beyond a rounding, and the largest relative difference that is only that."""
    same = (ours == theirs) | (np.isnan(ours) & np.isnan(theirs))
    if same.all():
        return ~same, 0.0
    sizes = np.abs(ours[np.isfinite(ours)])
    typical = float(np.median(sizes)) if len(sizes) else 0.0
    with np.errstate(invalid="ignore", divide="ignore"):
        scale = np.maximum(np.maximum(np.abs(ours), np.abs(theirs)), typical)
        apart = np.abs(ours - theirs) / scale
    rounded = ~same & (apart <= ROUNDING)
    return ~same & ~rounded, float(apart[rounded].max(initial=0.0))

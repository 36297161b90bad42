"""RunConfig: everything a run is told, with its defaults and ranges; unknown keys are refused."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal

from pydantic import (
    BeforeValidator,
    Field,
    PrivateAttr,
    SerializerFunctionWrapHandler,
    model_serializer,
    model_validator,
)

from data.files import absolute, path_of
from data.ranges import CASH, YEARLY, Range
from data.shown import screen
from data.sources.choose import SOURCES
from engine.config_types import (
    Bps,
    ConfigSection,
    Date,
    Dollars,
    Fraction,
    Leverage,
    Sessions,
    Symbol,
    Yearly,
    Yield,
    symbol,
)
from engine.hedge_config import HedgeConfig, PolicyConfig, StrategyConfig

NAME = re.compile(r"[^/\\\x00-\x1f\x7f.\s-]([^/\\\x00-\x1f\x7f]*[^/\\\x00-\x1f\x7f\s])?")
SHARED = ("underlying", "funding", "buffer")
"""Keys of the first hedge that hold for the others too."""


def _run_name(value: Any) -> Any:  # whatever YAML holds
    if isinstance(value, str) and (len(value.encode()) > 80 or not NAME.fullmatch(value)):  # a folder's name
        raise ValueError("has to be a plain name of at most 80 bytes, without / or \\, that starts with no dot or dash")
    return value


def _rate(value: Any) -> Any:
    if isinstance(value, str):
        return symbol(value)
    try:
        return YEARLY.take(value)
    except ValueError:
        yields = f"a yield a year (0.04 for 4 %), {YEARLY.words()}"
        raise ValueError(f"has to be the name of a rate series, or {yields}") from None


def _switch(value: Any) -> Any:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


def _or_a_folder(schema: dict[str, Any]) -> None:
    """Let an editor take a folder's name for source."""
    schema["anyOf"] = [{"enum": schema.pop("enum")}, {"type": "string"}]


class ExtendConfig(ConfigSection):
    """How an instrument's history before its own is made by the leveraged-fund model; what is left out has defaults."""

    underlying: Symbol = Field(description="what drives it: an index series, or an instrument")
    before: Date | None = Field(None, description="its first real session; null: the first there is a bar of")
    leverage: Leverage | None = Field(None, description="null: hedge.leverage for the hedge, 1 for anything else")
    fee: Yearly | None = Field(None, description="a fraction a year, or a map by the date from which it holds")
    spread: Yearly | None = Field(None, description="on the swaps, a fraction a year, or such a map")
    dividend_yield: Yield | None = Field(None, description="of a price index, a fraction a year")
    band: Fraction | None = Field(None, description="error band, a fraction a year: the low and the high run")


class DataConfig(ConfigSection):
    """Where history comes from, how late each series is known, what the audit may find, and what comes before."""

    source: Literal["auto", "store", "embedded", "demo", "csv"] = Field(
        "auto",
        description="auto: the store, or the demo market while nothing is in it; embedded: the Nasdaq Composite and "
        "the S&P 500 of 1999 to 2018; a folder is csv with that path",
        json_schema_extra=_or_a_folder,
    )
    path: str | None = Field(None, description="the folder of source csv")
    lag: dict[str, Sessions] = Field(default_factory=dict, description="sessions by which a series is known late")
    accept: list[str] = Field(default_factory=list, description="ids of findings at error level to go on with")
    extend: dict[Symbol, ExtendConfig] = Field(default_factory=dict, description="history before inception")
    sec_identity: str | None = Field(
        None,
        description="who asks the SEC, by name and e-mail, for backtest data pull --config; no part of a run",
        exclude=True,
        repr=False,
        json_schema_extra={"writeOnly": True},
    )

    def __getstate__(self) -> dict[Any, Any]:
        """Return what is pickled: nobody's e-mail, for which no worker has a use."""
        state = super().__getstate__()
        return {**state, "__dict__": {**state["__dict__"], "sec_identity": None}}

    @model_validator(mode="before")
    @classmethod
    def _folder_is_csv(cls, given: Any) -> Any:
        """Take a folder for source as ``--data`` takes it."""
        source = given.get("source") if isinstance(given, dict) else None
        if not isinstance(source, str) or source in SOURCES:
            return given
        folder = path_of(source)
        if not folder.is_dir() and folder.name == source:  # a mistyped word; a path that isn't there is told on opening
            raise ValueError(f"data.source has to be {', '.join(map(repr, SOURCES))} or a folder, not {source!r}")
        if given.get("path") is not None:
            raise ValueError("data.source is a folder already: take data.path out")
        return {**given, "source": "csv", "path": str(absolute(source))}

    @model_validator(mode="after")
    def _csv_has_a_path(self) -> DataConfig:
        if self.source == "csv" and self.path is None:
            raise ValueError("data.path is missing: source csv needs the folder that holds bars/ and series/")
        if self.source != "csv" and self.path is not None:
            raise ValueError("data.path is for source csv: write source: csv beside it")
        return self


class PortfolioConfig(ConfigSection):
    """What is held."""

    cash: Annotated[float, CASH] = Field(100_000.0, description="dollars at the start")
    core: dict[Symbol, Annotated[float, Range(1e-6, 1)]] = Field(
        default_factory=lambda: {"SOXX": 1.0}, description="weights, sum 1"
    )
    dividends: Literal["reinvest", "cash"] = Field("reinvest", description="what becomes of the core's dividends")
    rebalance: Literal["never", "daily", "weekly", "monthly"] = Field("never", description="of the core")

    @model_validator(mode="after")
    def _core_sums_to_one(self) -> PortfolioConfig:
        total = sum(self.core.values())
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"portfolio.core has to sum to 1, not {total:g}")
        return self


class ExecutionConfig(ConfigSection):
    """At what prices and costs."""

    fill: Literal["next_open", "next_close"] = Field(
        "next_open", description="the price at which what is decided at a close is filled"
    )
    shares: Literal["fractional", "whole"] = Field("fractional", description="whether a part of a share can be held")
    commission_bps: Bps = Field(1.0, description="basis points, or a map by instrument")
    slippage_bps: Bps = Field(2.0, description="basis points, or a map by instrument")
    commission_per_share: Dollars = Field(0.0, description="dollars an as-traded share, added")
    slippage_per_share: Dollars = Field(0.0, description="dollars an as-traded share, added")
    cash_rate: Annotated[str | Yield, BeforeValidator(_rate)] = Field("IRX", description="a series, or a yield a year")
    margin_spread_bps: Annotated[float, Range(0, 5_000)] = Field(
        150.0, description="over the cash rate, on borrowed cash"
    )


class RunConfig(ConfigSection):
    """One run, complete: what `backtest show` prints and a run's folder keeps."""

    name: Annotated[str, BeforeValidator(_run_name)] = Field(
        "hedge_soxs", description="with which the run's folder begins"
    )
    data: DataConfig = Field(default_factory=DataConfig)
    start: Date = Field(
        dt.date(2010, 6, 1), description="the first session, or the next one; signals read what is before"
    )
    end: Date | None = Field(None, description="the last session; null: the last there is")
    portfolio: PortfolioConfig = Field(default_factory=PortfolioConfig)
    underlying: Symbol | None = Field(None, description="what signals read; null: the first hedge's underlying")
    hedge: HedgeConfig = Field(default_factory=HedgeConfig)
    hedges: list[HedgeConfig] = Field(default_factory=list, description="several, in place of hedge")
    strategy: StrategyConfig = Field(default_factory=StrategyConfig)
    policy: PolicyConfig = Field(default_factory=PolicyConfig)
    execution: ExecutionConfig = Field(default_factory=ExecutionConfig)
    sweep: dict[str, Any] | None = Field(None, description="axes for backtest sweep: key: 10:200:10, or a list")
    controls: Annotated[Literal["on", "off"], BeforeValidator(_switch)] = Field(
        "on", description="off: only the unhedged run and the one sold at entry"
    )

    def __repr__(self) -> str:
        own = self.model_dump(exclude={"name", "start", "end", "strategy"}, exclude_defaults=True)
        settings = [f"{key}: {value}" for key, value in own.items()]
        parameters = ", ".join(f"{name}={value!r}" for name, value in self.strategy.params.items())
        return screen(
            f"RunConfig {self.name}: {self.start} to {self.end or 'the last session'}",
            f"strategy: {self.strategy.named}({parameters})",
            *settings,
            "all else as `backtest show` has it by default" if settings else "all else by default",
        )

    def __str__(self) -> str:
        return repr(self)

    _check: str = PrivateAttr("")

    @property
    def check(self) -> str:
        """The command that shows what the audit finds in its history, as a person would type it; no part of the run."""
        return self._check

    def checked_by(self, command: str) -> RunConfig:
        """Return the same run with that command."""
        copy = self.model_copy()
        copy._check = command  # noqa: SLF001  # its own class
        return copy

    @property
    def legs(self) -> tuple[HedgeConfig, ...]:
        """Every hedge: `hedges`, or the one in `hedge`."""
        return tuple(self.hedges) or (self.hedge,)

    @property
    def held(self) -> tuple[HedgeConfig, ...]:
        """The hedges that may be held, of which words tell: those of some weight; all where none has any."""
        return tuple(leg for leg in self.legs if leg.weight > 0.0) or self.legs

    @property
    def strategies(self) -> tuple[StrategyConfig, ...]:
        """The run's strategy, and then its hedges' own."""
        return (self.strategy, *(leg.strategy for leg in self.legs if leg.strategy))

    def with_strategies(self, changed: Callable[[StrategyConfig], StrategyConfig]) -> RunConfig:
        """Return the run with its strategy and its hedges' own as a function makes them."""
        legs = [leg.model_copy(update={"strategy": leg.strategy and changed(leg.strategy)}) for leg in self.legs]
        return self.with_legs(legs).model_copy(update={"strategy": changed(self.strategy)})

    @property
    def read(self) -> str:
        """The instrument that signals read unless told otherwise."""
        return self.underlying or self.hedge.underlying

    @property
    def untraded(self) -> str:
        """Why backtrader's feeds can't stand for its hedges, by the key of the first that has none; else nothing."""
        seen = set[str]()
        for k, leg in enumerate(self.legs):
            key = f"hedges.{k}" if self.hedges else "hedge"
            if not leg.of_own_bars:
                return f"{key}.kind {leg.kind} has no bars to trade: take a fund or an asset"
            if leg.instrument in seen:
                return f"{key}.instrument {leg.instrument} stands twice, and has one feed: take one of them out"
            seen.add(leg.instrument)
        return ""

    @property
    def paid(self) -> float:
        """The weight that all hedges which are bought can be paid for together."""
        return {"sell_core": 1.0, "cash_buffer": self.hedge.buffer}.get(self.hedge.funding, math.inf)

    def with_legs(self, legs: Sequence[HedgeConfig]) -> RunConfig:
        """Return the run with other hedges, which have to be checked already."""
        return self.model_copy(update={"hedge": legs[0], "hedges": list(legs) if len(legs) > 1 else []})

    @model_validator(mode="before")
    @classmethod
    def _one_or_several(cls, given: Any) -> Any:
        """Take hedges for hedge, each with what the run or the first of them says for all."""
        if not isinstance(given, dict):
            return given
        several = given.get("hedges")
        if several == []:
            raise ValueError("hedges is empty: write one hedge at least, or take it out")
        if several is None:
            given = {key: value for key, value in given.items() if key != "hedges"}
            several = [given["hedge"]] if isinstance(given.get("hedge"), dict) else []
        elif given.get("hedge") is not None:
            raise ValueError("hedge and hedges are both there: write every hedge into hedges")
        if not isinstance(several, list) or not all(isinstance(leg, dict) for leg in several):
            return given
        shared = {key: several[0][key] for key in SHARED if several and key in several[0]}
        if given.get("underlying") is not None:
            shared["underlying"] = given["underlying"]
        legs = [{**shared, **leg} for leg in several]
        one = {"hedge": legs[0]} if legs else {}
        return {**given, **one, **({"hedges": legs} if len(legs) > 1 else {"hedges": []})}

    @model_serializer(mode="wrap")
    def _as_written(self, serialize: SerializerFunctionWrapHandler) -> dict[str, Any]:
        """Leave out hedge or hedges, whichever says nothing."""
        tree: dict[str, Any] = serialize(self)
        return {key: value for key, value in tree.items() if key != ("hedge" if self.hedges else "hedges")}

    @model_validator(mode="after")
    def _consistent(self) -> RunConfig:
        if self.end is not None and self.end <= self.start:
            raise ValueError(f"end {self.end} is not after start {self.start}")
        for k, leg in enumerate(self.legs):
            self._check_leg(f"hedges.{k}" if self.hedges else "hedge", leg)
        self._check_funded()
        named = {*self.portfolio.core, *(leg.instrument for leg in self.legs), self.read}
        for name in self.data.extend:
            if name not in named:
                raise ValueError(f"data.extend.{name} is neither held nor the hedge's underlying: drop it")
        for key in ("commission_bps", "slippage_bps", "commission_per_share", "slippage_per_share"):
            self._costs_by_instrument(key)
        return self

    def _check_stops(self, key: str, leg: HedgeConfig) -> None:
        """Refuse a stop of an option, which has no level to be stopped at."""
        policy, of = (leg.policy, f"{key}.") if leg.policy else (self.policy, "")
        for name in ("stop_loss", "take_profit") if leg.kind == "option" else ():
            if getattr(policy, name):
                whose = f", {key}" if len(self.legs) > 1 and not of else ""
                raise ValueError(f"{of}policy.{name} can't be read of an option{whose}: take it out")

    def _check_leg(self, key: str, leg: HedgeConfig) -> None:
        """Refuse a hedge that is held or follows something else, and terms that can't be kept."""
        if leg.of_own_bars and leg.instrument in self.portfolio.core:
            raise ValueError(f"{key}.instrument {leg.instrument} is in portfolio.core too: hold something else")
        if leg.kind == "asset" and leg.instrument == self.read:
            raise ValueError(
                f"{key}.instrument {leg.instrument} is the underlying: kind short sells it, kind cash sells core"
            )
        if leg.underlying != self.read:
            asset = f": kind asset takes {leg.instrument}, its beta estimated" if leg.kind == "fund" else ""
            raise ValueError(f"{key}.underlying {leg.underlying} isn't the run's underlying, {self.read}{asset}")
        for name in ("funding", "buffer"):
            if getattr(leg, name) != getattr(self.hedge, name):
                raise ValueError(f"{key}.{name} isn't that of the first hedge: a book has one")
        self._check_stops(key, leg)
        for k, other in enumerate(self.legs):
            if leg.option and other.option and (named := leg.option.clash(other.option)):
                raise ValueError(
                    f"{key}.option and hedges.{k}.option trade the {named} on terms apart: keep one of them"
                )
        twin = next(other for other in self.legs if other.instrument == leg.instrument)
        if (twin.kind, twin.leverage, twin.option) != (leg.kind, leg.leverage, leg.option):
            raise ValueError(f"{key}.instrument {leg.instrument} stands twice, on other terms: make them the same")

    def _check_funded(self) -> None:
        """Refuse weights that all hedges together can't be paid for."""
        first, most = self.hedge, sum(leg.most for leg in self.legs if leg.kind not in ("short", "option"))
        if len(self.legs) > 1 and most > self.paid + 1e-9:
            by = "the core" if first.funding == "sell_core" else "the buffer"
            raise ValueError(
                f"hedges weigh up to {most:g} together, and {by} pays for {self.paid:g}: lower their weights"
            )

    def _costs_by_instrument(self, key: str) -> None:
        costs = getattr(self.execution, key)
        own = {leg.instrument for leg in self.legs if leg.of_own_bars}
        traded = {*self.portfolio.core, *own}
        if isinstance(costs, dict) and set(costs) != traded:
            named = min(set(costs) ^ traded)
            problem = f"names {named}, which isn't traded" if named in costs else f"has nothing for {named}"
            raise ValueError(f"execution.{key} {problem}: give one number for each of {', '.join(sorted(traded))}")

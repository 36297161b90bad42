"""RunConfig: everything a run is told, with its defaults and ranges; unknown keys are refused."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PrivateAttr, model_validator

from data.files import absolute, path_of
from data.ranges import CASH, COUNT, LEVERAGE, SESSIONS, SHARE, YEARLY, Range
from data.shown import screen

NAME = re.compile(r"[^/\\\x00-\x1f\x7f.\s-]([^/\\\x00-\x1f\x7f]*[^/\\\x00-\x1f\x7f\s])?")
INSTRUMENT = re.compile(r"[A-Za-z0-9^][A-Za-z0-9^.=_-]*")
SOURCES = ("auto", "store", "demo", "csv")
SERIES_OR_INSTRUMENT = "letters, digits and ^ . = _ - only"


def _run_name(value: Any) -> Any:  # whatever YAML holds
    if isinstance(value, str) and (len(value.encode()) > 80 or not NAME.fullmatch(value)):  # a folder's name
        raise ValueError("has to be a plain name of at most 80 bytes, without / or \\, that starts with no dot or dash")
    return value


def _symbol(value: Any) -> Any:
    if isinstance(value, str) and not INSTRUMENT.fullmatch(value):
        raise ValueError(f"has to be a name of {SERIES_OR_INSTRUMENT}")
    return value


def _date(value: Any) -> Any:
    """Take a date as YAML reads it or as ISO text; a time of day is refused."""
    if isinstance(value, dt.datetime) or not isinstance(value, dt.date | str | None):
        raise ValueError("has to be a date, YYYY-MM-DD")  # noqa: TRY004  # pydantic turns ValueError into its own
    if isinstance(value, str):
        try:
            return dt.date.fromisoformat(value)
        except ValueError:
            raise ValueError("has to be a date, YYYY-MM-DD") from None
    return value


def _rate(value: Any) -> Any:
    if isinstance(value, str):
        return _symbol(value)
    try:
        return YEARLY.take(value)
    except ValueError:
        yields = f"a yield a year (0.04 for 4 %), {YEARLY.words()}"
        raise ValueError(f"has to be the name of a rate series, or {yields}") from None


def _switch(value: Any) -> Any:
    return {True: "on", False: "off"}[value] if isinstance(value, bool) else value


def _mapped(numbers: Range, by: str, name: Callable[[Any], Any] = str) -> BeforeValidator:
    """Return what takes a number, or a map of such numbers by what `name` takes."""

    def take(value: Any) -> Any:
        try:
            if isinstance(value, dict):
                return {name(key): numbers.take(number) for key, number in value.items()}
            return numbers.take(value)
        except ValueError as error:
            raise ValueError(f"{error}, or a map of such numbers by {by}") from None

    return BeforeValidator(take)


def _or_a_folder(schema: dict[str, Any]) -> None:
    """Let an editor take a folder's name for source."""
    schema["anyOf"] = [{"enum": schema.pop("enum")}, {"type": "string"}]


Symbol = Annotated[str, BeforeValidator(_symbol)]
Date = Annotated[dt.date, BeforeValidator(_date)]
BPS = Range(0, 1_000)
"""Of a price: a tenth of it is the most that a trade costs."""
DOLLARS = Range(0, 100)
"""A share."""
PART = Range(0.0001, 1)
"""A fraction that is worth a decision: one basis point and up."""

Yield = Annotated[float, YEARLY]
Cost = Annotated[float, BPS]
Paid = Annotated[float, DOLLARS]
Bps = Annotated[Cost | dict[str, Cost], _mapped(BPS, "instrument")]
Dollars = Annotated[Paid | dict[str, Paid], _mapped(DOLLARS, "instrument")]
Yearly = Annotated[Yield | dict[dt.date, Yield], _mapped(YEARLY, "date", _date)]
Fraction = Annotated[float, SHARE]
Part = Annotated[float, PART]
Sessions = Annotated[int, SESSIONS]
Count = Annotated[int, COUNT]
Leverage = Annotated[float, LEVERAGE]


class ConfigSection(BaseModel):
    """A part of the config: frozen, strict about types, and closed to keys it doesn't know."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False)


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

    source: Literal["auto", "store", "demo", "csv"] = Field(
        "auto",
        description="auto: the store, or the demo market while nothing is in it; a folder is csv with that path",
        json_schema_extra=_or_a_folder,
    )
    path: str | None = Field(None, description="the folder of source csv")
    lag: dict[str, Sessions] = Field(default_factory=dict, description="sessions by which a series is known late")
    accept: list[str] = Field(default_factory=list, description="ids of findings at error level to go on with")
    extend: dict[Symbol, ExtendConfig] = Field(default_factory=dict, description="history before inception")

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
    dividends: Literal["reinvest", "cash"] = "reinvest"
    rebalance: Literal["never", "daily", "weekly", "monthly"] = Field("never", description="of the core")

    @model_validator(mode="after")
    def _core_sums_to_one(self) -> PortfolioConfig:
        total = sum(self.core.values())
        if abs(total - 1.0) > 1e-9:
            raise ValueError(f"portfolio.core has to sum to 1, not {total:g}")
        return self


class HedgeConfig(ConfigSection):
    """With what, how much, and out of which money."""

    instrument: Symbol = "SOXS"
    underlying: Symbol = "SOXX"
    leverage: Leverage = Field(-3.0, description="the fund's multiple of the underlying's daily move")
    weight: Fraction = Field(0.15, description="a fraction of equity; 0 is the unhedged run")
    max_weight: Fraction = 0.5
    sizing: Literal["fixed", "proportional", "beta", "volatility_target", "minimum_variance"] = "fixed"
    funding: Literal["sell_core", "cash_buffer", "margin"] = "sell_core"
    rebalance: Literal["never", "daily", "weekly", "monthly", "band"] = "weekly"
    band: Part = Field(0.05, description="for rebalance band: distance from the weight last ordered")
    buffer: Annotated[float, Range(0, 0.99)] = Field(0.2, description="for funding cash_buffer: its cash share")
    cover: Annotated[float, Range(0.01, 10)] = Field(
        1.0, description="for sizing beta: the share of the book's beta to take away"
    )
    lookback: Annotated[int, Range(2, 2_520)] = Field(63, description="sessions of returns behind an estimate")
    target_volatility: Annotated[float, Range(0.001, 10)] = Field(
        0.2, description="for sizing volatility_target: a fraction a year"
    )


class StrategyConfig(ConfigSection):
    """Which Strategy class, with which parameters."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    named: str = Field("WeaknessHedge", alias="class", description="a shipped class, file.py:Class or module:Class")
    params: dict[str, Any] = Field(default_factory=dict)


class PolicyConfig(ConfigSection):
    """When the intensity switches the hedge on and off; counted in sessions."""

    enter: Fraction = 0.5
    exit: Fraction = 0.5
    confirm: Count = 1
    min_hold: Sessions = 0
    max_hold: Count | None = None
    cooldown: Sessions = 0
    stop_loss: Part | None = None
    take_profit: Annotated[float, Range(0.0001, 100)] | None = None

    @model_validator(mode="after")
    def _in_order(self) -> PolicyConfig:
        if self.exit > self.enter:
            raise ValueError(
                f"policy.exit {self.exit:g} is above policy.enter {self.enter:g}: lower exit or raise enter"
            )
        if self.max_hold is not None and self.min_hold > self.max_hold:
            raise ValueError(
                f"policy.min_hold {self.min_hold} is above policy.max_hold {self.max_hold}: lower one of them"
            )
        return self


class ExecutionConfig(ConfigSection):
    """At what prices and costs."""

    fill: Literal["next_open", "next_close"] = "next_open"
    shares: Literal["fractional", "whole"] = "fractional"
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

    name: Annotated[str, BeforeValidator(_run_name)] = "hedge_soxs"
    data: DataConfig = Field(default_factory=DataConfig)
    start: Date = dt.date(2010, 6, 1)
    end: Date | None = None
    portfolio: PortfolioConfig = Field(default_factory=PortfolioConfig)
    hedge: HedgeConfig = Field(default_factory=HedgeConfig)
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

    @model_validator(mode="after")
    def _consistent(self) -> RunConfig:
        if self.hedge.instrument in self.portfolio.core:
            raise ValueError(f"hedge.instrument {self.hedge.instrument} is in portfolio.core too: hold something else")
        if self.end is not None and self.end <= self.start:
            raise ValueError(f"end {self.end} is not after start {self.start}")
        for name in self.data.extend:
            if name not in {*self.portfolio.core, self.hedge.instrument, self.hedge.underlying}:
                raise ValueError(f"data.extend.{name} is neither held nor the hedge's underlying: drop it")
        for key in ("commission_bps", "slippage_bps", "commission_per_share", "slippage_per_share"):
            self._costs_by_instrument(key)
        return self

    def _costs_by_instrument(self, key: str) -> None:
        costs, traded = getattr(self.execution, key), {*self.portfolio.core, self.hedge.instrument}
        if isinstance(costs, dict) and set(costs) != traded:
            named = min(set(costs) ^ traded)
            problem = f"names {named}, which isn't traded" if named in costs else f"has nothing for {named}"
            raise ValueError(f"execution.{key} {problem}: give one number for each of {', '.join(sorted(traded))}")

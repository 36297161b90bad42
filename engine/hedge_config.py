"""What hedges a book: each with its kind, its size, its money, and, where it has one, a strategy of its own."""

from __future__ import annotations

from typing import Annotated, Any, Literal, get_args

from pydantic import ConfigDict, Field, model_validator

from data.options import Contract, Schedule, Weekday, collar, put, put_spread
from data.ranges import Range
from data.roles import BILLS, Kind
from engine.config_types import ConfigSection, Cost, Count, Fraction, Leverage, Part, Sessions, Symbol

Structure = Literal["put", "put_spread", "collar"]
Percent = Annotated[float, Range(1, 500)]
"""Of the underlying's price at a roll."""

MADE: tuple[Kind, ...] = ("cash", "short", "option")
"""Kinds of which no source has bars: they name themselves."""

OF_A_KIND = ("instrument", "leverage", "option", "max_weight")
"""Keys of a hedge that belong to its kind, and go with it."""


class OptionConfig(ConfigSection):
    """Which contracts a hedge of kind option rolls; MODELLED, as docs/hedges.md says."""

    structure: Structure = Field("put", description="what is bought and sold at each roll")
    strike: Percent = Field(95.0, description="of the put that is bought, in percent of the underlying at the roll")
    sold_strike: Percent | None = Field(None, description="of what is sold: 85 of a put spread, 110 of a collar")
    tenor: Literal[1, 2, 3, 4, 6, 12] = Field(1, description="months from roll to roll")
    roll_week: Literal[1, 2, 3, 4] = Field(3, description="of the month in which contracts roll")
    roll_weekday: Weekday = Field("Fri", description="of that week, on which contracts roll")
    skew: Annotated[float, Range(0, 50)] = Field(4.0, description="volatility points per 10 % of moneyness")
    bid_ask: Annotated[float, Range(0, 99)] = Field(6.0, description="in percent of the premium")

    @model_validator(mode="after")
    def _in_order(self) -> OptionConfig:
        if self.structure == "put" and self.sold_strike is not None:
            raise ValueError("option.sold_strike is for a put_spread or a collar: take it out")
        if self.structure == "put_spread" and not self.sold < self.strike:
            raise ValueError(f"option.sold_strike {self.sold:g} has to be below option.strike {self.strike:g}")
        if self.structure == "collar" and not self.sold > self.strike:
            raise ValueError(f"option.sold_strike {self.sold:g} has to be above option.strike {self.strike:g}")
        return self

    @property
    def sold(self) -> float:
        """The strike of what is sold, in percent."""
        return self.sold_strike or {"put_spread": 85.0, "collar": 110.0}.get(self.structure, 0.0)

    @property
    def contracts(self) -> tuple[Contract, ...]:
        """The contracts, what is bought first."""
        schedule = Schedule(self.tenor, self.roll_week, self.roll_weekday)
        bought, sold = self.strike / 100.0, self.sold / 100.0
        if self.structure == "put":
            made = put(bought, schedule)
        else:
            made = (put_spread if self.structure == "put_spread" else collar)(bought, sold, schedule)
        return tuple(Contract(c.right, c.moneyness, c.side, c.schedule, self.bid_ask / 100.0) for c in made)

    def clash(self, other: OptionConfig) -> str:
        """Return the contract that both have by one name and on terms apart; nothing where there is none."""
        for mine in self.contracts:
            for theirs in other.contracts:
                named = [(each.right, each.moneyness, each.schedule.tenor) for each in (mine, theirs)]
                if named[0] == named[1] and (mine, self.skew) != (theirs, other.skew):
                    return f"{mine.right} at {100.0 * mine.moneyness:g} %"
        return ""

    @property
    def label(self) -> str:
        """The end of its name, such as ``PUT95`` or ``COLLAR95-110-3M``."""
        strikes = f"{self.strike:g}" + (f"-{self.sold:g}" if self.structure != "put" else "")
        return f"{self.structure.replace('_', '').upper()}{strikes}{self.every}"

    @property
    def every(self) -> str:
        """The end of a contract's name where it isn't rolled monthly."""
        return "" if self.tenor == 1 else f"-{self.tenor}M"


class StrategyConfig(ConfigSection):
    """Which Strategy class, with which parameters."""

    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    named: str = Field("WeaknessHedge", alias="class", description="a shipped class, file.py:Class or module:Class")
    params: dict[str, Any] = Field(
        default_factory=dict, description="its parameters: backtest strategies CLASS lists them"
    )


class PolicyConfig(ConfigSection):
    """When the intensity switches the hedge on and off; counted in sessions."""

    enter: Fraction = Field(0.5, description="the hedge is bought at a signal, 0 to 1, from this on")
    exit: Fraction = Field(0.5, description="the hedge is sold at a signal below this")
    confirm: Count = Field(1, description="closes in a row with such a signal before the hedge is bought")
    min_hold: Sessions = Field(0, description="sessions before which no signal ends the hedge")
    max_hold: Count | None = Field(None, description="sessions after which the hedge is sold; null: no limit")
    cooldown: Sessions = Field(0, description="sessions without a new hedge after one has ended")
    stop_loss: Part | None = Field(
        None, description="loss since it was bought, a part of its price, at which it is sold"
    )
    take_profit: Annotated[float, Range(0.0001, 100)] | None = Field(
        None, description="gain since it was bought, a part of its price, at which it is sold"
    )

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


class HedgeConfig(ConfigSection):
    """With what, how much, and out of which money."""

    kind: Kind = Field("fund", description="or asset (anything with bars), cash (bills), short, option")
    instrument: Symbol = Field("SOXS", description="what is bought; bills, a short and an option name themselves")
    underlying: Symbol = Field("SOXX", description="what a fund is a multiple of; the run's own where that is written")
    leverage: Leverage | None = Field(-3.0, description="a fund's multiple of the underlying's daily move")
    weight: Fraction = Field(0.15, description="a fraction of equity; 0 is the unhedged run")
    max_weight: Fraction = Field(0.5, description="no order makes the hedge a larger part of equity than this")
    sizing: Literal["fixed", "proportional", "beta", "volatility_target", "minimum_variance"] = Field(
        "fixed", description="how the weight is found: as written, times the signal, or by beta, volatility or variance"
    )
    funding: Literal["sell_core", "cash_buffer", "margin"] = Field(
        "sell_core", description="what pays for the hedge: core that is sold, cash kept aside, or a loan"
    )
    rebalance: Literal["never", "daily", "weekly", "monthly", "band"] = Field(
        "weekly", description="how often the hedge is brought back to its weight while it is held"
    )
    band: Part = Field(0.05, description="for rebalance band: distance from the weight last ordered")
    buffer: Annotated[float, Range(0, 0.99)] = Field(0.2, description="for funding cash_buffer: its cash share")
    cover: Annotated[float, Range(0.01, 10)] = Field(
        1.0, description="for sizing beta: the share of the book's beta to take away"
    )
    lookback: Annotated[int, Range(2, 2_520)] = Field(63, description="sessions of returns behind an estimate")
    target_volatility: Annotated[float, Range(0.001, 10)] = Field(
        0.2, description="for sizing volatility_target: a fraction a year"
    )
    option: OptionConfig | None = Field(None, description="for kind option: which contracts")
    commission_bps: Cost | None = Field(None, description="of this hedge; null: execution's")
    slippage_bps: Cost | None = Field(None, description="of this hedge; null: execution's, or half an option's bid-ask")
    strategy: StrategyConfig | None = Field(None, description="of this hedge; null: the run's")
    policy: PolicyConfig | None = Field(None, description="of this hedge; null: the run's")

    @model_validator(mode="before")
    @classmethod
    def _of_its_kind(cls, given: Any) -> Any:
        """Fill in what follows from the kind, and refuse what it can't have."""
        kind = given.get("kind", "fund") if isinstance(given, dict) else "fund"
        if kind == "fund" or kind not in get_args(Kind):
            return given
        if given.get("leverage") is not None:
            raise ValueError(f"leverage is a fund's: take it out, kind {kind} has none")
        wide = {} if kind == "short" else {"max_weight": 1.0}
        option: dict[str, Any] = {"option": {}} if kind == "option" and given.get("option") is None else {}
        return {**wide, **given, "leverage": None, **option}

    @model_validator(mode="after")
    def _names_itself(self) -> HedgeConfig:
        if self.kind == "asset" and "instrument" not in self.model_fields_set:
            raise ValueError("instrument is missing: kind asset needs one, such as TLT")
        if self.kind == "fund" and self.leverage is None:
            raise ValueError("leverage is missing: a fund has one, such as -3")
        if self.kind == "cash" and self.funding != "sell_core":
            raise ValueError(f"funding {self.funding} is for what is bought: kind cash sells core, so take it out")
        if self.kind != "option" and self.option is not None:
            raise ValueError(f"option is for kind option: take it out, this is kind {self.kind}")
        if self.kind == "option" and self.sizing not in ("fixed", "proportional"):
            raise ValueError(f"sizing {self.sizing} is for shares: an option's size is cover, contracts a core share")
        own = self._own_name()
        if own and "instrument" in self.model_fields_set and self.instrument != own:
            raise ValueError(
                f"instrument {self.instrument} can't be had by kind {self.kind}, which is {own}: take it out"
            )
        if own:
            object.__setattr__(self, "instrument", own)  # frozen for everybody else
        return self

    def _own_name(self) -> str:
        """Return the name of what is made here; nothing for what has bars."""
        if self.kind == "cash":
            return BILLS
        if self.kind == "short":
            return f"{self.underlying}-SHORT"
        return f"{self.underlying}-{self.option.label}" if self.option is not None and self.kind == "option" else ""

    @property
    def most(self) -> float:
        """The largest weight it may have."""
        return min(self.weight, self.max_weight) if self.sizing in ("fixed", "proportional") else self.max_weight

    @property
    def of_own_bars(self) -> bool:
        """Whether it is bought as it is listed: a fund or another asset."""
        return self.kind not in MADE

"""What a person calls the hedges of a run: SOXS, bills, SOXX sold short, a MODELLED 95 % put, SOXS and TLT."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from data.format import capital
from data.roles import BILLS, HedgeRole, Roles
from engine.config import RunConfig
from engine.hedge_config import HedgeConfig, OptionConfig
from engine.keys import below_leg
from engine.plain import Keys

MODELLED = "MODELLED"
"""What stands beside every name of an option: its prices are a formula's."""
SYNTHETIC = "SYNTHETIC"
"""What stands beside the numbers of bars that the fund model made."""
PARTS = {"fund": "Fund", "asset": "Asset", "cash": "Bills", "short": "Short", "option": "Option"}
SEVERAL = "Hedges"
BILL_RATES = ("IRX", "DTB3", "TBILL")
"""Rate series of Treasury bills: cash that earns one of them is called bills."""
NOTHING: Mapping[Keys, Sequence[Any] | None] = MappingProxyType({})
NUMBERS = {3: "Three", 4: "Four", 5: "Five", 6: "Six"}
MONTHS = {1: "", 2: "two-month ", 3: "three-month ", 4: "four-month ", 6: "six-month ", 12: "one-year "}


@dataclass(frozen=True)
class HedgeName:
    """What a person calls a hedge, or all hedges of a run together.

    Parameters
    ----------
    noun
        In a sentence that introduces it: ``SOXS``, ``bills``, ``SOXX sold short``, ``a MODELLED 95 % put``.
    called
        In one that goes on about it: ``SOXS``, ``the short``, ``the MODELLED put``.
    title
        Its book, in tables and pictures: ``SOXS hedge``, ``Sold into bills``, ``95 % put, MODELLED``.
    doing
        What is done with it: ``hedging with SOXS``, ``selling into bills``.
    done
        The same of the core: ``hedged with SOXS``, ``sold into bills``.
    part
        The part of the answer's sum that is its own doing: ``Fund``, ``Asset``, ``Hedges``.
    plural
        Whether a sentence takes it as several things.
    """

    noun: str
    called: str
    title: str
    doing: str
    done: str
    part: str = PARTS["fund"]
    plural: bool = False

    @property
    def itself(self) -> str:
        """It alone: ``SOXS itself``, ``bills themselves``."""
        return f"{self.called} {'themselves' if self.plural else 'itself'}"

    @property
    def possessive(self) -> str:
        """Of it: ``SOXS's``, ``bills'``."""
        return f"{self.called}'{'' if self.called.endswith(('bills', 'hedges')) else 's'}"

    @property
    def enter(self) -> str:
        """What an order to put it on does: ``buy SOXS``, ``sell SOXX short``."""
        return f"sell {self.noun.removesuffix(' sold short')} short" if self._short else f"buy {self.called}"

    @property
    def leave(self) -> str:
        """What an order to take it off does: ``sell all SOXS``, ``sell the MODELLED put``, ``buy the short back``."""
        whole = "" if self.called.startswith("the ") else "all "
        return f"buy {self.called} back" if self._short else f"sell {whole}{self.called}"

    @property
    def state(self) -> str:
        """What is on or off: ``SOXS hedge``, ``Bills``, ``The MODELLED put``."""
        return f"{self.called} hedge" if self.title == f"{self.called} hedge" else capital(self.called)

    @property
    def _short(self) -> bool:
        return self.part == PARTS["short"]

    @property
    def was(self) -> str:
        """The verb that follows it."""
        return "were" if self.plural else "was"

    @property
    def pronoun(self) -> str:
        """What stands for it as an object."""
        return "them" if self.plural else "it"

    @property
    def hedge(self) -> str:
        """What a sentence calls it that needs no more: ``the hedge``, ``the MODELLED hedge``."""
        return f"the {MODELLED} hedge" if self.modelled else "the hedge"

    @property
    def modelled(self) -> bool:
        """Whether anything of it is priced by a formula."""
        return MODELLED in self.noun

    @property
    def only_sells(self) -> bool:
        """Whether it is nothing but selling core: bills alone."""
        return self.part == PARTS["cash"]


def bought(instrument: str, part: str = PARTS["fund"]) -> HedgeName:
    """Return what a fund or another listed instrument is called."""
    return _hedging(instrument, instrument, f"{instrument} hedge", part)


def hedge_name(config: RunConfig) -> HedgeName:
    """Return what all hedges of a run that may be held are called together."""
    names = tuple(_name_of(leg, config) for leg in config.held)
    nouns = tuple(dict.fromkeys(name.noun for name in names))
    if len(nouns) == 1:  # of one instrument in two legs too
        return names[0]
    return _together(nouns, tuple(dict.fromkeys(name.called for name in names)))


def _together(nouns: tuple[str, ...], called: tuple[str, ...]) -> HedgeName:
    """Return what several hedges are called: by their names, or by their number where there are more than two."""
    noun, priced = joined(nouns), any(MODELLED in noun for noun in nouns)
    mark = f", {MODELLED}" if priced else ""
    if len(nouns) > 2:
        few, number = f"the {MODELLED} hedges" if priced else "the hedges", NUMBERS.get(len(nouns), str(len(nouns)))
        title = f"{number} hedges{mark}"
    else:
        few, title = joined(called), capital(noun.replace(f"a {MODELLED} ", "")) + (mark or " hedge")
    return HedgeName(noun, few, title, f"hedging with {noun}", f"hedged with {noun}", SEVERAL, plural=True)


def kept_names(settings: Mapping[str, Any]) -> RunConfig:
    """Return what a kept run's settings say of its hedges; its source may be one that no config names."""
    named = ("portfolio", "underlying", "hedge", "hedges", "execution")
    return RunConfig.model_validate({key: settings[key] for key in named if key in settings})


def hedge_names(config: RunConfig) -> tuple[HedgeName, ...]:
    """Return what each hedge of a run is called, in the order of its config."""
    return tuple(_name_of(leg, config) for leg in config.legs)


def traded_name(role: HedgeRole, roles: Roles) -> str:
    """Return what a person calls an instrument that is traded as a hedge: a contract of an option's by its name."""
    if role.kind == "cash":
        return "Bills"
    if role.kind == "short":
        return f"{roles.underlying} sold short"
    sold = " sold" if role.side < 0 else ""
    return f"{role.instrument}{sold}, {MODELLED}" if role.kind == "option" else role.instrument


def modelled(config: RunConfig) -> bool:
    """Return whether anything that is traded is priced by a formula."""
    return any(leg.kind == "option" for leg in config.legs)


def run_title(name: str, settings: Mapping[str, Any]) -> str:
    """Return what a kept run is called: MODELLED where an option of its is priced by a formula."""
    return f"{name}, {MODELLED}" if modelled(kept_names(settings)) else name


def modelled_note(config: RunConfig, tried: Mapping[Keys, Sequence[Any] | None] = NOTHING) -> str:
    """Return by what options are priced, a sentence; nothing without one.

    Parameters
    ----------
    tried
        The values that keys are given in its place; options that differ by them go without a name.
    """
    options = [leg.option for leg in config.legs if leg.option is not None]
    varied = {below_leg(keys)[:1]: values or () for keys, values in tried.items()}
    if not options and "option" not in varied.get(("kind",), ()):
        return ""
    volatility = "VIX" if config.read == "SPY" else f"VIX times {config.read}'s realised volatility over SPY's"
    named, skew = "options", ""
    if not varied.keys() & {("kind",), ("option",)}:
        named = joined(dict.fromkeys(f"the {option_name(option)}" for option in options))
        skews = joined(dict.fromkeys(f"{option.skew:g}" for option in options))
        skew = f", with a skew of {skews} volatility points per 10 % of moneyness"
    return (
        f"{MODELLED}: prices of {named} are a formula's, Black-Scholes-Merton at {volatility}{skew}; nobody's quotes"
        " are read."
    )


def bills_of(config: RunConfig) -> str:
    """Return what the run's cash is called by what it earns."""
    return "bills" if config.execution.cash_rate in BILL_RATES else "cash"


def joined(words: Sequence[str] | dict[str, None]) -> str:
    """Join words as a sentence lists them."""
    every = list(words)
    return " and ".join(part for part in (", ".join(every[:-1]), every[-1]) if part)


def option_name(option: OptionConfig) -> str:
    """Return what an option is called: ``95 % put``, ``three-month 95-110 collar``."""
    strikes = f"{option.strike:g} %" if option.structure == "put" else f"{option.strike:g}-{option.sold:g}"
    return f"{MONTHS[option.tenor]}{strikes} {option.structure.replace('_', ' ')}"


def _name_of(leg: HedgeConfig, config: RunConfig) -> HedgeName:
    read, held = config.read, list(config.portfolio.core)
    if leg.kind == "cash":
        cash = bills_of(config)
        title = f"Sold into {cash}"
        plural = cash == BILLS.lower()
        return HedgeName(cash, cash, title, f"selling into {cash}", title.lower(), PARTS["cash"], plural)
    if leg.kind == "short":
        return _hedging(f"{read} sold short", "the short", f"{read} short hedge", PARTS["short"])
    if leg.option is None:
        return bought(leg.instrument, PARTS[leg.kind])
    name, on = option_name(leg.option), "" if held == [read] else f" on {read}"
    kind = leg.option.structure.replace("_", " ")
    title = f"{capital(name)}{on}, {MODELLED}"
    return _hedging(f"a {MODELLED} {name}{on}", f"the {MODELLED} {kind}", title, PARTS["option"])


def _hedging(noun: str, called: str, title: str, part: str) -> HedgeName:
    return HedgeName(noun, called, title, f"hedging with {noun}", f"hedged with {noun}", part)

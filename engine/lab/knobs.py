"""What can be turned of a run: every key that changes its book, with range, unit and a sentence, and its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from data.format import capital
from data.ranges import ANY, Range
from engine.config import RunConfig
from engine.config_types import ConfigSection
from engine.hedge_config import HedgeConfig, StrategyConfig
from engine.hedge_names import hedge_names
from engine.keys import at
from engine.lab.usual import FIELDS, Field, usual_range
from strategies import parameters
from strategies.composite import CompositeHedge
from strategies.load import kind, strategy_class
from strategies.parameters import Parameter, unit_of
from strategies.rules import KEYS, OWN, Rule, rule_of
from strategies.signals.catalogue import SIGNALS

NUMBER, CHOICE, DATE, SWITCH, TEXT = "number", "choice", "date", "switch", "text"
STOPS = ("stop_loss", "take_profit")
LISTS = {(False, True): "no", (True, False): "list", (True, True): "either"}
"""How many a text may hold, by whether its type has a list and whether it has one text."""
PARTS = ("of equity", "of the core", "of its price", "a year")
"""Units of fractions."""
Held = Sequence[Sequence[str]]


@dataclass(frozen=True, kw_only=True)
class Knob(Field):
    """A key of a run that a person can turn.

    Parameters
    ----------
    group
        Under what it stands.
    kind
        `NUMBER`, `CHOICE`, `DATE`, `SWITCH` or `TEXT`.
    value
        What it is set to, plain.
    low, high, whole
        Of a number: between what it may lie, both ends included, and whether it is a whole one.
    choices
        Of a choice: what it may be; of a text, names that it may hold.
    optional
        Whether it may be none.
    lists
        Of a text: ``no`` where it is one, ``list`` where it is several, ``either`` where it may be both.
    """

    group: str
    kind: str
    value: Any
    low: float = 0.0
    high: float = 0.0
    whole: bool = False
    choices: tuple[Any, ...] = ()
    optional: bool = False
    lists: str = "no"

    @property
    def percent(self) -> bool:
        """Whether it is a fraction that people read in percent."""
        return self.kind == NUMBER and self.unit in PARTS


def knobs_of(config: RunConfig, held: Held = ()) -> tuple[Knob, ...]:
    """Return what can be turned of a run, in the order in which a person looks for it.

    Parameters
    ----------
    config
        The run, checked.
    held
        Names of what the data hold, kind by kind, instruments first: what a hedge may be, and what a name may become.
    """
    tree = config.model_dump(mode="json")
    return (*_of_hedges(config, tree, held), *_of_strategies(config, tree, held), *_of_run(config, tree))


def _of_hedges(config: RunConfig, tree: Mapping[str, Any], held: Held) -> Iterator[Knob]:
    asked = kind(strategy_class(config.strategy.named)) != "intensity"
    for k, (leg, name) in enumerate(zip(config.legs, hedge_names(config), strict=True)):
        place = f"hedges.{k}" if config.hedges else "hedge"
        group = f"Hedge {k + 1}: {name.called}" if config.hedges else "Hedge"
        for field in FIELDS:
            below = field.key.partition(".")
            if below[0] != "hedge" or not _applies(field, config, leg, first=not k, asked=asked):
                continue
            knob = _knob(field, tree, group, f"{place}.{below[2]}")
            if below[2] == "instrument":
                free = [each for each in (held[0] if held else ()) if each not in config.portfolio.core]
                knob = replace(knob, choices=tuple(dict.fromkeys((leg.instrument, *free))))
            if below[2] == "option.sold_strike" and leg.option is not None:
                knob = replace(knob, value=leg.option.sold, optional=False)
            yield knob
        if leg.policy is not None and not asked:
            yield from _of_policy(config, tree, f"{place}.policy", f"{group}, when")


def _applies(field: Field, config: RunConfig, leg: HedgeConfig, *, first: bool, asked: bool) -> bool:
    """Return whether a key means anything for a hedge as it is; `asked` where the strategy gives the weight."""
    name = field.key.removeprefix("hedge.")
    if name in ("funding", "buffer") and not first:
        return False
    if name in ("kind", "instrument") and leg.instrument in config.data.extend:  # its history is made for it
        return False
    if name == "leverage":  # that of a listed fund is what its history says
        return leg.instrument in config.data.extend or f"{leg.instrument}-follows" in config.data.accept
    if asked and name in ("weight", "sizing", "rebalance", "cover", "lookback"):
        return False
    return all(str(attrgetter(other)(leg)) in values for other, values in field.when.items())


def _of_strategies(config: RunConfig, tree: Mapping[str, Any], held: Held) -> Iterator[Knob]:
    yield from _of_strategy(config.strategy, "strategy", "Signal", held)
    if kind(strategy_class(config.strategy.named)) == "intensity":
        yield from _of_policy(config, tree, "policy", "When")
    for k, leg in enumerate(config.legs):
        if leg.strategy is not None:
            place = f"hedges.{k}" if config.hedges else "hedge"
            yield from _of_strategy(leg.strategy, f"{place}.strategy", f"Signal of {leg.instrument}", held)


def _of_policy(config: RunConfig, tree: Mapping[str, Any], place: str, group: str) -> Iterator[Knob]:
    stops = all(leg.kind != "option" for leg in config.legs)  # an option has no level to be stopped at
    for field in FIELDS:
        above, _dot, name = field.key.partition(".")
        if above == "policy" and (stops or name not in STOPS):
            yield _knob(field, tree, group, f"{place}.{name}")


def _of_run(config: RunConfig, tree: Mapping[str, Any]) -> Iterator[Knob]:
    groups = {"start": "Dates", "end": "Dates", "execution": "Costs", "portfolio": "Holdings"}
    for field in FIELDS:
        group, value = groups.get(field.key.partition(".")[0]), at(tree, tuple(field.key.split(".")))
        named = field.key == "execution.cash_rate" and isinstance(value, str)
        if group and not isinstance(value, dict) and not named:
            yield _knob(field, tree, group)
    cores = config.portfolio.core
    for name, weight in cores.items() if len(cores) > 1 else ():
        about = f"How much of the core is {name}; the others make room for it."
        field = Field(f"portfolio.core.{name}", name, "of the core", about, (0.01, 0.99, 0.01))
        yield Knob(**vars(field), group="Holdings", kind=NUMBER, value=weight, low=1e-6, high=1.0)


def _knob(field: Field, tree: Mapping[str, Any], group: str, key: str = "") -> Knob:
    """Return a key of the config's as a knob; `key` is where the run has it, if not where the model has it."""
    within, whole, choices, optional, dated = _typed(field.key)
    value = at(tree, tuple((key or field.key).split(".")))
    given = {**vars(field), "key": key or field.key, "group": group, "value": value, "optional": optional}
    if choices or field.key.endswith(".instrument"):
        return Knob(**given, kind=CHOICE, choices=choices)
    if dated:
        return Knob(**given, kind=DATE)
    number = value if isinstance(value, int | float) else field.usual[0] if field.usual else within.low
    low, high, step = field.usual or usual_range(float(number), within, whole=whole)
    if within.apart:  # on its own side of 0
        low, high = (max(low, step), high) if number > 0.0 else (low, min(high, -step))
    given["usual"] = (min(low, number), max(high, number), step)
    return Knob(**given, kind=NUMBER, low=within.low, high=within.high, whole=whole)


def _typed(key: str) -> tuple[Range, bool, tuple[Any, ...], bool, bool]:
    """Return of a key of the model: its range, whether whole, its words, whether it may be none, whether a date."""
    import datetime as dt

    section: type[ConfigSection] = RunConfig
    *above, last = key.split(".")
    for name in above:
        section = _section(section.model_fields[name].annotation)
    field = section.model_fields[last]
    parts = list(_parts(field.annotation))
    notes = [note for part in parts for note in (*get_args(part)[1:], *field.metadata) if isinstance(note, Range)]
    notes += [note for note in field.metadata if isinstance(note, Range)]
    kinds = [get_args(part)[0] if hasattr(part, "__metadata__") else part for part in parts]
    words = tuple(word for part in kinds if get_origin(part) is Literal for word in get_args(part))
    whole = int in kinds and float not in kinds
    return notes[0] if notes else ANY, whole, words, NoneType in kinds, dt.date in kinds


def _parts(annotation: Any) -> Iterator[Any]:
    """Yield what a type may be, one by one."""
    if get_origin(annotation) in (Union, UnionType):
        for part in get_args(annotation):
            yield from _parts(part)
        return
    yield annotation
    if hasattr(annotation, "__metadata__"):
        yield from _parts(get_args(annotation)[0])


def _section(annotation: Any) -> type[ConfigSection]:
    return next(part for part in _parts(annotation) if isinstance(part, type) and issubclass(part, ConfigSection))


def _of_strategy(section: StrategyConfig, place: str, group: str, held: Held) -> Iterator[Knob]:
    cls, params = strategy_class(section.named), section.params
    if kind(cls) == "backtrader":
        for name, value in dict(cls.params._getitems()).items():  # noqa: SLF001  # how backtrader tells them
            known = Parameter(name, type(value), value)
            yield from _parameter(known, params.get(name, value), f"{place}.params", group, "", held)
        return
    said = parameters.explained(cls)
    for known in parameters.describe(cls):
        value = params.get(known.name, known.default)
        if issubclass(cls, CompositeHedge) and known.name == "signals":
            for name, written in value.items():
                yield from _of_rule(name, written, f"{place}.params.signals", group, held)
        else:
            yield from _parameter(known, value, f"{place}.params", group, said.get(known.name, ""), held)


def _of_rule(name: str, written: Mapping[str, Any], place: str, group: str, held: Held) -> Iterator[Knob]:
    """Yield what is set of a rule: what is none would change what the rule is."""
    found = SIGNALS[written["signal"]]
    sides, unit = [Parameter(key, float, None) for key in KEYS], rule_of(written, name).unit
    fed = [Parameter(feed.key, tuple[str, ...] | str, None) for feed in found.feeds.values() if feed.key]
    said = parameters.explained(Rule) | parameters.explained(found.function) | dict.fromkeys(KEYS, found.about)
    for known in (*found.parameters, *sides, *OWN, *fed):
        if written.get(known.name) is not None:
            about = said.get(known.name, "")
            for knob in _parameter(known, written[known.name], f"{place}.{name}", group, about, held):
                shown = replace(knob, label=f"{capital(name)}: {knob.label.lower()}")
                yield replace(shown, unit=unit) if known.name in (*KEYS, "release") else shown


def _parameter(known: Parameter, value: Any, place: str, group: str, about: str, held: Held) -> Iterator[Knob]:
    """Yield a strategy's parameter as a knob; a map can't be turned.

    A name that the data hold may become another of its kind; any other text is written, and checked by the run itself.
    """
    kinds = set(_parts(known.type))
    field = Field(f"{place}.{known.name}", capital(known.name.replace("_", " ")), _unit(known, about), about, main=True)
    given = {**vars(field), "group": group, "value": value, "optional": NoneType in kinds}
    words, number = parameters.choices(known.type), isinstance(value, int | float) and bool({int, float} & kinds)
    lists = any(each in (tuple, list) or get_origin(each) in (tuple, list) for each in kinds)
    first = (value[:1] or [""])[0] if isinstance(value, list | tuple) else value
    names = next((names for names in held if first in names), ())
    if isinstance(value, bool):
        yield Knob(**given, kind=SWITCH)
    elif number:
        whole, (low, high, _apart) = float not in kinds, known.range
        given["usual"] = usual_range(float(value), known.range, whole=whole)
        yield Knob(**given, kind=NUMBER, low=low, high=high, whole=whole)
    elif words or (names and isinstance(value, str) and not lists):
        yield Knob(**given, kind=CHOICE, choices=words or tuple(names))
    elif lists or str in kinds:
        yield Knob(**given, kind=TEXT, choices=tuple(names), lists=LISTS[lists, str in kinds])


def _unit(known: Parameter, about: str) -> str:
    """Return the unit of a parameter: what its text begins with, or how its name ends where it says none."""
    last = known.name.rpartition("_")[2]
    named = {"days": "sessions", "memory": "sessions", "within": "sessions", "over": "sessions"}.get(last, "")
    unit = unit_of(about) or named
    return {"fraction a year": "a year", "in the unit of": ""}.get(unit, unit)

"""What can be turned of a run: every key that changes its book, with range, unit and a sentence, and its parameters."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin

from data.format import capital
from data.ranges import ANY, Range
from engine.config import RunConfig
from engine.config_types import ConfigSection
from engine.hedge_config import HedgeConfig
from engine.hedge_names import hedge_names
from engine.keys import at
from engine.lab.usual import FIELDS, Field, usual_range
from strategies import parameters
from strategies.composite import WAYS, CompositeHedge
from strategies.load import kind, strategy_class
from strategies.parameters import Parameter, unit_of
from strategies.rules import KEYS, OWN, Rule, rule_of
from strategies.signals.catalogue import SIGNALS

NUMBER, CHOICE, DATE, SWITCH = "number", "choice", "date", "switch"
PARTS = ("of equity", "of the core", "of its price", "a year")
"""Units of fractions."""


@dataclass(frozen=True)
class Knob:
    """A key of a run that a person can turn.

    Parameters
    ----------
    key
        Dotted, such as ``hedge.weight`` or ``strategy.params.trend_days``.
    group, label, unit, about
        Under what it stands, what it is called, in what it is given, and what it does, in a sentence.
    kind
        `NUMBER`, `CHOICE`, `DATE` or `SWITCH`.
    value
        What it is set to, plain.
    low, high, whole
        Of a number: between what it may lie, both ends included, and whether it is a whole one.
    usual
        Of a number: where a slider begins and ends, and its step.
    choices
        Of a choice: what it may be.
    optional
        Whether it may be none, and what that is called; empty where it may not.
    main
        Whether it is among the first that a person looks for.
    """

    key: str
    group: str
    label: str
    unit: str
    about: str
    kind: str
    value: Any
    low: float = 0.0
    high: float = 0.0
    whole: bool = False
    usual: tuple[float, float, float] = (0.0, 1.0, 0.01)
    choices: tuple[str, ...] = ()
    optional: str = ""
    main: bool = False

    @property
    def percent(self) -> bool:
        """Whether it is a fraction that people read in percent."""
        return self.kind == NUMBER and self.unit in PARTS


def knobs_of(config: RunConfig, instruments: Sequence[str] = ()) -> tuple[Knob, ...]:
    """Return what can be turned of a run, in the order in which a person looks for it.

    Parameters
    ----------
    config
        The run, checked.
    instruments
        What the data hold bars of: what a hedge may be.
    """
    tree = config.model_dump(mode="json")
    return (*_of_hedges(config, tree, instruments), *_of_strategies(config, tree), *_of_run(config, tree))


def _of_hedges(config: RunConfig, tree: Mapping[str, Any], instruments: Sequence[str]) -> Iterator[Knob]:
    asked = kind(strategy_class(config.strategy.named)) != "intensity"
    for k, (leg, name) in enumerate(zip(config.legs, hedge_names(config), strict=True)):
        place = f"hedges.{k}" if config.hedges else "hedge"
        group = f"Hedge {k + 1}: {name.called}" if config.hedges else "Hedge"
        for field in FIELDS:
            below = field.key.partition(".")
            if below[0] != "hedge" or not _applies(field, leg, first=not k, asked=asked):
                continue
            knob = _knob(replace(field, key=f"{place}.{below[2]}", group=group), field.key, tree)
            if below[2] == "instrument":
                knob = replace(knob, choices=tuple(dict.fromkeys((leg.instrument, *instruments))))
            yield knob
        if leg.policy is not None and not asked:
            yield from _of_policy(tree, f"{place}.policy", f"{group}, when")


def _applies(field: Field, leg: HedgeConfig, *, first: bool, asked: bool) -> bool:
    """Return whether a key means anything for a hedge as it is; `asked` where the strategy gives the weight."""
    name = field.key.removeprefix("hedge.")
    if name in ("funding", "buffer") and not first:
        return False
    if asked and name in ("weight", "sizing", "rebalance", "cover", "lookback"):
        return False
    return all(str(getattr(leg, other)) in values for other, values in field.when.items())


def _of_strategies(config: RunConfig, tree: Mapping[str, Any]) -> Iterator[Knob]:
    yield from _of_strategy(config.strategy.named, config.strategy.params, "strategy", "Signal")
    if kind(strategy_class(config.strategy.named)) == "intensity":
        yield from _of_policy(tree, "policy", "When")
    for k, leg in enumerate(config.legs):
        if leg.strategy is not None:
            place = f"hedges.{k}" if config.hedges else "hedge"
            group = f"Signal of {leg.instrument}"
            yield from _of_strategy(leg.strategy.named, leg.strategy.params, f"{place}.strategy", group)


def _of_policy(tree: Mapping[str, Any], place: str, group: str) -> Iterator[Knob]:
    for field in FIELDS:
        if field.key.startswith("policy."):
            yield _knob(replace(field, key=f"{place}.{field.key.partition('.')[2]}", group=group), field.key, tree)


def _of_run(config: RunConfig, tree: Mapping[str, Any]) -> Iterator[Knob]:
    for field in FIELDS:
        if field.key.partition(".")[0] in ("hedge", "policy"):
            continue
        value = at(tree, tuple(field.key.split(".")))
        if not isinstance(value, dict) and not (field.key.endswith("cash_rate") and isinstance(value, str)):
            yield _knob(field, field.key, tree)
    cores = config.portfolio.core
    if len(cores) > 1:
        for name, weight in cores.items():
            yield Knob(
                f"portfolio.core.{name}",
                "Holdings",
                name,
                "of the core",
                f"How much of the core is {name}; all parts sum to 1.",
                NUMBER,
                weight,
                1e-6,
                1.0,
                usual=(0.0, 1.0, 0.01),
            )


def _knob(field: Field, of: str, tree: Mapping[str, Any]) -> Knob:
    """Return a key of the config's as a knob; `of` is the key by which the model knows it."""
    value = at(tree, tuple(field.key.split(".")))
    within, whole, choices, optional, dated = _typed(of)
    shown = Knob(field.key, field.group, field.label, field.unit, field.about, CHOICE, value, main=field.main)
    shown = replace(shown, optional=field.none if optional else "")
    if choices or field.key.endswith(".instrument"):
        return replace(shown, choices=choices)
    if dated:
        return replace(shown, kind=DATE)
    number = replace(shown, kind=NUMBER, low=within.low, high=within.high, whole=whole)
    given = value if isinstance(value, int | float) else field.usual[0] if field.usual else within.low
    low, high, step = field.usual or usual_range(float(given), within, whole=whole)
    return replace(number, usual=(min(low, given), max(high, given), step))


def _typed(key: str) -> tuple[Range, bool, tuple[str, ...], bool, bool]:
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
    words = tuple(str(word) for part in kinds if get_origin(part) is Literal for word in get_args(part))
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


def _of_strategy(named: str, params: Mapping[str, Any], place: str, group: str) -> Iterator[Knob]:
    cls = strategy_class(named)
    if kind(cls) == "backtrader":
        for name, value in dict(cls.params._getitems()).items():  # noqa: SLF001  # how backtrader tells them
            known = Parameter(name, type(value), value)
            yield from _parameter(known, params.get(name, value), f"{place}.params", group, "")
        return
    said = parameters.explained(cls)
    for known in parameters.describe(cls):
        value = params.get(known.name, known.default)
        if issubclass(cls, CompositeHedge) and known.name == "combine":
            yield _chosen(f"{place}.params.combine", group, "Combine", said.get("combine", ""), value, WAYS)
        elif issubclass(cls, CompositeHedge) and known.name == "signals":
            for name, written in value.items():
                yield from _of_rule(name, written, f"{place}.params.signals", group)
        else:
            yield from _parameter(known, value, f"{place}.params", group, said.get(known.name, ""))


def _of_rule(name: str, written: Mapping[str, Any], place: str, group: str) -> Iterator[Knob]:
    """Yield the numbers of a rule that are set; what is none would change what the rule is."""
    found = SIGNALS[written["signal"]]
    sides, unit = [Parameter(key, float, None) for key in KEYS], rule_of(written, name).unit
    said = parameters.explained(Rule) | parameters.explained(found.function) | dict.fromkeys(KEYS, found.about)
    for known in (*found.parameters, *sides, *OWN):
        if written.get(known.name) is not None:
            about = said.get(known.name, "")
            for knob in _parameter(known, written[known.name], f"{place}.{name}", group, about):
                shown = replace(knob, label=f"{capital(name)}: {knob.label.lower()}")
                yield replace(shown, unit=unit) if known.name in (*KEYS, "release") else shown


def _parameter(known: Parameter, value: Any, place: str, group: str, about: str) -> Iterator[Knob]:
    """Yield a strategy's parameter as a knob where it is a number, or true or false; text can't be turned."""
    label, key = capital(known.name.replace("_", " ")), f"{place}.{known.name}"
    kinds = set(_parts(known.type))
    shown = Knob(key, group, label, _unit(known, about), about, SWITCH, value, main=True)
    if isinstance(value, bool):
        yield shown
    elif isinstance(value, int | float) and {int, float} & kinds:
        whole = float not in kinds
        usual = usual_range(float(value), known.range, whole=whole)
        low, high, _apart = known.range
        yield replace(
            shown,
            kind=NUMBER,
            low=low,
            high=high,
            whole=whole,
            usual=usual,
            optional="none" if NoneType in kinds else "",
        )


def _chosen(key: str, group: str, label: str, about: str, value: str, choices: Sequence[str]) -> Knob:
    return Knob(key, group, label, "", about, CHOICE, value, choices=tuple(choices), main=True)


def _unit(known: Parameter, about: str) -> str:
    """Return the unit of a parameter: what its text begins with, or how its name ends where it says none."""
    last = known.name.rpartition("_")[2]
    named = {"days": "sessions", "memory": "sessions", "within": "sessions", "over": "sessions"}.get(last, "")
    unit = unit_of(about) or named
    return {"fraction a year": "a year", "in the unit of": ""}.get(unit, unit)

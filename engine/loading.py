"""From a YAML file and --set values to a RunConfig; every error in one line with file, line and key."""

from __future__ import annotations

import copy
import inspect
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from data.errors import LONGEST, ConfigError, StrategyError, cut, did_you_mean, quoted
from data.sources.choose import data_named
from engine.config import DataConfig, RunConfig
from engine.hedge_config import StrategyConfig
from engine.keys import as_written, at, fields_at, in_tree, leg_of, put, told_in_full
from engine.plain import Keys, PlainYaml, plain
from strategies import parameters
from strategies.base import CloseStrategy, Strategy
from strategies.load import RUNS, fault_in, fresh, full_name, kind, strategy_class
from strategies.reload import texts

LARGEST = 1_000_000
"""Bytes of YAML above which a file is no run."""

KEYS_AND_VALUES = "has to hold keys and values"
HAS_TO = {
    "date_type": "has to be a date, YYYY-MM-DD",
    "dict_type": KEYS_AND_VALUES,
    "float_type": "has to be a number",
    "invalid_key": "has to be text",
    "int_from_float": "has to be a whole number",
    "int_type": "has to be a whole number",
    "list_type": "has to be a list",
    "model_type": KEYS_AND_VALUES,
    "string_type": "has to be text",
}
"""What pydantic's kinds of error ask for."""

Folders = tuple[Path, ...]

Config = RunConfig | Mapping[str, Any] | str | os.PathLike[str]
"""A run: checked already, as a mapping of what its YAML would hold, or its file, or the name of a shipped one."""


def find_run(file: str) -> tuple[Path, bool]:
    """Find a run's YAML: the path as given, else a shipped run of that name.

    Returns
    -------
    Path, bool
        The file, and whether a shipped one was taken for want of a local one.
    """
    given = Path(file)
    if given.is_file():
        return given, False
    shipped = RUNS / given.name
    if given.parent == Path() and shipped.is_file() and shipped.suffix == ".yaml":
        return shipped, True
    known = [path.name for path in (*given.parent.glob("*.yaml"), *RUNS.glob("*.yaml"))]
    hint = did_you_mean(given.name, known) or f": these ship: {', '.join(sorted(p.name for p in RUNS.glob('*.yaml')))}"
    raise ConfigError(f"{file}: no such file{hint}")


def load_config(path: Path, settings: Sequence[str] = ()) -> RunConfig:
    """Read a run's YAML, apply settings, and check everything; a strategy's own file is read here, and not again.

    Parameters
    ----------
    path
        The YAML file.
    settings
        ``key=value`` texts as given to --set: a full key, or a strategy's parameter alone.

    Raises
    ------
    ConfigError
        With file, line and key, or the setting, and what to do.
    """
    texts().take({})
    tree, lines = _read(path)
    return build_config(tree, settings, lines, path.name, path.parent)


def build_config(
    tree: Mapping[str, Any],
    settings: Sequence[str] = (),
    lines: Mapping[Keys, int] | None = None,
    file: str = "run",
    folder: Path | None = None,
) -> RunConfig:
    """Build a checked RunConfig from nested keys and settings; a strategy's file is looked for in `folder`."""
    merged = copy.deepcopy(dict(tree))
    origin = _Origin(file, dict(lines or {}), merged, (*((folder,) if folder else ()), Path()))
    for setting in sorted(settings, key=_turn):
        keys, value = _setting(setting)
        if keys[0] not in RunConfig.model_fields:
            keys = _parameter_keys(keys, merged, origin.folders, _named(setting))
        keys = in_tree(merged, keys, _named(setting))
        if keys == ("hedges",):
            merged.pop("hedge", None)
        put(merged, keys, value, _named(setting), origin.settings)
        origin.set(keys, setting)
    try:
        config = RunConfig.model_validate(merged)
    except ValidationError as error:
        raise ConfigError(_first(error, origin)) from None
    return _with_strategies(config, origin)


def config_from(given: Config) -> RunConfig:
    """Return the config that was given, checked.

    Raises
    ------
    ConfigError
        What is wrong, by its key; of a file, its line too.
    """
    if isinstance(given, RunConfig):
        return given
    if isinstance(given, Mapping):
        try:
            return build_config(plain(given), file="config")
        except RecursionError:
            raise ConfigError("config: is nested too deep: a run has three levels of keys") from None
    if isinstance(given, str | os.PathLike):
        path, _shipped = find_run(os.fspath(given))
        return load_config(path)
    raise ConfigError(f"a run is a file, a mapping or a RunConfig, not {type(given).__name__}")


def data_of(file: str) -> DataConfig:
    """Return the data section of a run's YAML, a file or one that ships; the strategy that it names isn't executed.

    Raises
    ------
    ConfigError
        With file, line and key; of what only the strategy could tell nothing is said.
    """
    path, _shipped = find_run(file)
    tree, lines = _read(path)
    try:
        return RunConfig.model_validate(tree).data
    except ValidationError as error:
        raise ConfigError(_first(error, _Origin(path.name, lines, tree))) from None


def full_keys(config: RunConfig, key: str, where: str) -> Keys:
    """Return the keys of a full key, or of a strategy's parameter named alone; raises ConfigError beginning `where`."""
    keys = tuple(key.split("."))
    tree = config.model_dump(mode="python")
    if keys[0] not in RunConfig.model_fields:
        alone, keys = len(keys) == 1, _parameter_keys(keys, tree, (Path(),), where)
        if alone:
            return keys
    keys = in_tree(tree, keys, where)
    leg = leg_of(keys)
    for depth, part in enumerate(keys):
        if leg and depth in range(1, len(leg)):
            continue
        if depth == 2 and len(keys) == 3 and _is_map(config, keys[:2]):  # such as data.lag: it may have any name
            break
        node = at(tree, keys[:depth])
        if node is None and leg:  # a hedge's own policy begins as the run's
            node = at(tree, keys[len(leg) : depth])
        below = list(node) if isinstance(node, dict) else []
        siblings = fields_at(keys[:depth]) or below
        if part not in siblings and part not in below:
            raise ConfigError(f"{where}: {key} is unknown{_hint(part, keys[:depth], siblings)}")
    return keys


def _hint(part: str, above: Keys, known: Sequence[str]) -> str:
    return did_you_mean(part, known) or f": {'.'.join(above) or 'a run'} has {', '.join(known)}"


def _is_map(config: RunConfig, keys: Keys) -> bool:
    """Return whether a section's key holds a map by names of one's own; a strategy's parameters are none."""
    return keys[0] != "strategy" and isinstance(getattr(getattr(config, keys[0]), keys[1], None), dict)


def read_value(text: str, where: str) -> Any:
    """Return a YAML value as plain Python; raises ConfigError that begins with `where`."""
    return PlainYaml(text, lambda _line: where).tree


def with_data(config: RunConfig, given: str) -> RunConfig:
    """Return the config with ``--data`` in it: a source by its name, else source csv with that folder."""
    source, path = data_named(given)
    data = config.data.model_copy(update={"source": source, "path": path})
    return config.model_copy(update={"data": data})


class _Origin:
    """Where each key of a tree was written, for messages, and the folders in which strategies' files are looked for."""

    def __init__(self, file: str, lines: dict[Keys, int], tree: Mapping[str, Any], folders: Folders = ()) -> None:
        self.file, self.lines, self.tree, self.folders = file, lines, tree, folders
        self.settings: dict[Keys, str] = {}

    def set(self, keys: Keys, setting: str) -> None:
        """Note that a setting wrote a key, in place of all that the file had below it."""
        self.lines = {written: line for written, line in self.lines.items() if written[: len(keys)] != keys}
        self.settings |= {keys[:length]: _named(setting) for length in range(1, len(keys) + 1)}

    def of(self, keys: Keys) -> str:
        """Return the place of a key, or of the nearest one above it that was written."""
        for length in range(len(keys), -1, -1):
            if keys[:length] in self.settings:
                return self.settings[keys[:length]]
            if keys[:length] in self.lines:
                return f"{self.file}:{self.lines[keys[:length]]}"
        return self.file

    def named_in(self, words: str, keys: Keys) -> str:
        """Return the place of the first key that a message names, of those that were set or written; else of `keys`."""
        named = [tuple(word.strip(",:").split(".")) for word in words.split()]
        given = [key for known in (self.settings, self.lines) for key in named if key in known]
        return self.of(given[0] if given else keys)


def _read(path: Path) -> tuple[dict[str, Any], dict[Keys, int]]:
    try:
        if path.stat().st_size > LARGEST:
            raise ConfigError(f"{path.name}: is larger than a run's YAML can be ({LARGEST} bytes)")
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise ConfigError(f"{path.name}: is no text: save it as UTF-8") from None
    except OSError as error:
        raise ConfigError(f"{path}: can't be read: {error.strerror}") from None
    read = PlainYaml(text, lambda line: f"{path.name}:{line}")
    if read.tree is None:
        raise ConfigError(f"{path.name}: is empty: backtest init writes a file to start from")
    if not isinstance(read.tree, dict):
        raise ConfigError(f"{path.name}:1: has to hold keys and values, such as name: hedge_soxs")
    return read.tree, read.lines


def _named(setting: str) -> str:
    """Return a setting as messages name it."""
    return f"--set {cut(setting, 2 * LONGEST)}"


def _setting(setting: str) -> tuple[Keys, Any]:
    """Split ``key=value``."""
    key, equals, text = setting.partition("=")
    key = key.strip()
    if not equals or not re.fullmatch(r"[\w^=-]+(\.[\w^=-]+)*", key):
        raise ConfigError(f"{_named(setting)}: write key=value, such as hedge.weight=0.1")
    return tuple(key.split(".")), PlainYaml(text, lambda _line: _named(setting)).tree


def _parameter_keys(keys: Keys, tree: Mapping[str, Any], folders: Folders, where: str) -> Keys:
    """Return the full keys of a strategy's parameter named alone, or with keys below it; else the keys as given."""
    section, key = tree.get("strategy"), keys[0]
    named = section.get("class", "WeaknessHedge") if isinstance(section, dict) else "WeaknessHedge"
    full = ("strategy", "params", *keys)
    try:
        cls = strategy_class(str(named), folders)
        known = [key] if kind(cls) == "backtrader" else [parameter.name for parameter in parameters.describe(cls)]
    except StrategyError:  # told by _with_strategy, with its line
        return full
    if key not in known and len(keys) > 1:
        return keys
    if key not in known:
        full_names = [f"{name}.{inner}" for name in RunConfig.model_fields for inner in fields_at((name,))]
        suffix = next((name for name in full_names if name.endswith(f".{key}")), None)
        near = did_you_mean(key, (*known, *full_names, *RunConfig.model_fields))
        hint = f": write {suffix} in full" if suffix else near or f": it has {', '.join(known) or 'no parameters'}"
        raise ConfigError(f"{where}: {cls.__name__} has no parameter {key}{hint}")
    return full


def _turn(setting: str) -> int:
    """Return when a setting is applied: a class before its parameters, a hedge's own policy after the run's."""
    key = setting.partition("=")[0].strip()
    own = re.match(r"hedges?\.([0-9]+\.)?(policy|strategy)\.", key)
    return (2 if own else 0) + (not key.endswith("strategy.class"))


def _first(failed: ValidationError, origin: _Origin) -> str:
    """Return the first error in one line."""
    error = failed.errors(include_url=False)[0]
    keys = as_written(origin.tree, tuple(str(part) for part in error["loc"] if part != "[key]"))
    where, given = origin.of(keys), quoted(error["input"])
    named = ".".join(cut(key if key.isprintable() else repr(key)) for key in keys)
    if error["type"] == "extra_forbidden":
        return f"{where}: {named} is unknown{_hint(keys[-1], keys[:-1], fields_at(keys[:-1]))}"
    said = error["msg"].removeprefix("Value error, ")
    if error["type"] == "value_error" and not said.startswith("has to"):  # it is about several keys, and names them
        said = told_in_full(origin.tree, said, leg_of(keys))
        return f"{origin.named_in(said, keys)}: {said}"
    said = HAS_TO.get(error["type"]) or said.replace("Input should be", "has to be")
    return f"{where}: {named} {said}, not {given}"


def _with_strategies(config: RunConfig, origin: _Origin) -> RunConfig:
    """Check the run's strategy and its hedges' own; write every parameter out, and each class's file in full."""
    resolved = config.model_copy(update={"strategy": _with_strategy(config.strategy, (), config, origin)})
    if not any(leg.strategy for leg in config.legs):
        return resolved
    legs = list(config.legs)
    for k, leg in enumerate(legs):
        if leg.strategy is not None:
            above = as_written(origin.tree, ("hedges", str(k)) if config.hedges else ("hedge",))
            own = _with_strategy(leg.strategy, above, config, origin)
            legs[k] = leg.model_copy(update={"strategy": own})
    return resolved.with_legs(legs)


def _with_strategy(section: StrategyConfig, above: Keys, config: RunConfig, origin: _Origin) -> StrategyConfig:
    """Check a strategy's class and parameters, which stand under some keys; write them out in full."""
    keys = (*above, "strategy")
    try:
        cls = strategy_class(section.named, origin.folders)
    except StrategyError as error:
        raise ConfigError(f"{origin.of((*keys, 'class'))}: {error}") from None
    known: dict[str, Any] = {"named": full_name(section.named, origin.folders)}
    if above and kind(cls) != "intensity":
        where = origin.of((*keys, "class"))
        raise ConfigError(f"{where}: {cls.__name__} gives no intensity, which a hedge's own strategy has to")
    if kind(cls) == "backtrader":
        _check_backtrader(cls, config, origin)
    else:
        try:
            known["params"] = _resolved(cls, known["named"], section.params)
        except StrategyError as error:
            parameter = getattr(error, "parameter", None)
            where = origin.of((*keys, "params", *parameter.split(".")) if parameter else (*keys, "class"))
            raise ConfigError(f"{where}: {error}") from None
        except Exception as error:  # whatever a __post_init__ of the user's does wrong
            said = fault_in(error, inspect.getsourcefile(cls))
            raise ConfigError(f"{origin.of(keys)}: {cls.__name__} can't be made: {said}") from error
    return section.model_copy(update=known)


def with_params(section: StrategyConfig, given: Mapping[str, Any]) -> StrategyConfig:
    """Return a checked strategy with other parameters, every one written out; raises what its class raises."""
    return section.model_copy(update={"params": _resolved(strategy_class(section.named), section.named, given)})


def _resolved(cls: Any, named: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return every parameter; a class that does something of its own when it is made is loaded afresh for that."""
    if cls.__post_init__ in (Strategy.__post_init__, CloseStrategy.__post_init__):
        return parameters.resolved(cls, given)
    with fresh(named) as made:
        return parameters.resolved(made, given)


def _check_backtrader(cls: Any, config: RunConfig, origin: _Origin) -> None:
    """Refuse what a backtrader.Strategy would let pass: a mistyped parameter, a fill that isn't its broker's."""
    known = list(cls.params._getkeys())  # noqa: SLF001  # how backtrader tells them
    for name in config.strategy.params:
        if name not in known:
            hint = did_you_mean(name, known) or f": it has {', '.join(known) or 'none'}"
            raise ConfigError(
                f"{origin.of(('strategy', 'params', name))}: {cls.__name__} has no parameter {name}{hint}"
            )
    if why := config.untraded:
        why = told_in_full(origin.tree, why, ())
        raise ConfigError(f"{origin.named_in(why, ('strategy', 'class'))}: {cls.__name__} trades feeds, and {why}")
    if config.execution.fill != "next_open":
        where = origin.of(("execution", "fill"))
        raise ConfigError(
            f"{where}: {cls.__name__} fills at the next open, as backtrader does: set execution.fill to it"
        )

"""From a YAML file and --set values to a RunConfig; every fault in one line with file, line and key."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from data.errors import ConfigError, StrategyError, did_you_mean
from engine.config import RunConfig
from strategies import parameters
from strategies.load import RUNS, kind, strategy_class

LARGEST = 1_000_000
"""Bytes of YAML above which a file is no run."""

Keys = tuple[str, ...]


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
    known = [path.name for path in (*Path().glob("*.yaml"), *RUNS.glob("*.yaml"))]
    hint = did_you_mean(given.name, known) or f": these ship: {', '.join(sorted(p.name for p in RUNS.glob('*.yaml')))}"
    raise ConfigError(f"{file}: no such file{hint}")


def load_config(path: Path, settings: Sequence[str] = ()) -> RunConfig:
    """Read a run's YAML, apply settings, and check everything.

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
    origin = _Origin(file, dict(lines or {}))
    merged = _plain(tree)
    for setting in settings:
        keys, value = _setting(setting, merged)
        _put(merged, keys, value, setting)
        origin.settings[keys] = f"--set {setting}"
    try:
        config = RunConfig.model_validate(merged)
    except ValidationError as fault:
        raise ConfigError(_first(fault, origin)) from None
    return _with_strategy(config, origin, folder)


def set_path(config: RunConfig, folder: str) -> RunConfig:
    """Return the config with ``--data DIR`` in it: source csv with that folder, made absolute."""
    data = config.data.model_copy(update={"source": "csv", "path": str(Path(folder).expanduser().resolve())})
    return config.model_copy(update={"data": data})


class _Origin:
    """Where each key was written, for messages."""

    def __init__(self, file: str, lines: dict[Keys, int]) -> None:
        self.file, self.lines = file, lines
        self.settings: dict[Keys, str] = {}

    def of(self, keys: Keys) -> str:
        for length in range(len(keys), -1, -1):
            if keys[:length] in self.settings:
                return self.settings[keys[:length]]
            if keys[:length] in self.lines:
                return f"{self.file}:{self.lines[keys[:length]]}"
        return self.file


def _read(path: Path) -> tuple[dict[str, Any], dict[Keys, int]]:
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    try:
        if path.stat().st_size > LARGEST:
            raise ConfigError(f"{path.name}: is larger than a run's YAML can be ({LARGEST} bytes)")
        tree = YAML(typ="rt").load(path.read_text(encoding="utf-8-sig"))
    except (YAMLError, RecursionError) as fault:
        mark = getattr(fault, "problem_mark", None) or getattr(fault, "context_mark", None)
        line = f":{mark.line + 1}" if mark else ""
        problem = getattr(fault, "problem", None) or str(fault).splitlines()[0]
        raise ConfigError(f"{path.name}{line}: is no YAML: {problem}") from None
    except (OSError, UnicodeDecodeError) as fault:
        raise ConfigError(f"{path}: can't be read: {fault}") from None
    if tree is None:
        raise ConfigError(f"{path.name}: is empty: backtest init writes a file to start from")
    if not isinstance(tree, dict):
        raise ConfigError(f"{path.name}:1: has to hold keys and values, such as name: hedge_soxs")
    lines: dict[Keys, int] = {}
    return _walk(tree, (), lines, path.name), lines


def _walk(node: Any, keys: Keys, lines: dict[Keys, int], file: str) -> Any:
    """Return plain Python of ruamel's tree, noting each key's line; a tag, which could ask for code, is refused."""
    if len(keys) > 8:  # deeper than any key, and than a YAML that contains itself should go
        raise ConfigError(f"{file}: is nested too deep at {'.'.join(keys)}")
    tag = getattr(getattr(node, "tag", None), "value", None)
    if tag is not None and not str(tag).startswith("tag:yaml.org"):
        raise ConfigError(f"{_Origin(file, lines).of(keys)}: the tag {tag} is refused: write plain values")
    if isinstance(node, dict):
        plain = {}
        for key, value in node.items():
            here = (*keys, str(key))
            lines[here] = node.lc.key(key)[0] + 1  # type: ignore[attr-defined]  # ruamel's own dict has it
            plain[str(key)] = _walk(value, here, lines, file)
        return plain
    if isinstance(node, list):
        return [_walk(value, keys, lines, file) for value in node]
    return _scalar(node)


def _plain(node: Any) -> Any:
    if isinstance(node, Mapping):
        return {str(key): _plain(value) for key, value in node.items()}
    return [_plain(value) for value in node] if isinstance(node, list) else _scalar(node)


def _scalar(node: Any) -> Any:
    """Return plain Python of ruamel's subclasses of int, float, str and bool."""
    for plain in (bool, int, float, str):
        if isinstance(node, plain):
            return plain(node)
    return bool(node) if type(node).__name__ == "ScalarBoolean" else node


def _setting(setting: str, tree: Mapping[str, Any]) -> tuple[Keys, Any]:
    """Split ``key=value``; a strategy's parameter named alone gets its full key."""
    from ruamel.yaml import YAML
    from ruamel.yaml.error import YAMLError

    key, equals, text = setting.partition("=")
    key = key.strip()
    if not equals or not re.fullmatch(r"[\w^=.-]+", key):
        raise ConfigError(f"--set {setting}: write key=value, such as hedge.weight=0.1")
    try:
        value = YAML(typ="safe", pure=True).load(text)
    except (YAMLError, RecursionError):
        raise ConfigError(f"--set {setting}: the value is no YAML: quote it, or correct it") from None
    keys = tuple(key.split("."))
    if len(keys) == 1 and key not in RunConfig.model_fields:
        keys = _parameter_keys(key, tree, setting)
    return keys, value


def _parameter_keys(key: str, tree: Mapping[str, Any], setting: str) -> Keys:
    section = tree.get("strategy") or {}
    named = section.get("class", "WeaknessHedge") if isinstance(section, Mapping) else "WeaknessHedge"
    full = [f"{name}.{inner}" for name, inners in _known_keys().items() for inner in inners]
    suffix = [one for one in full if one.endswith(f".{key}")]
    params = section.get("params") if isinstance(section, Mapping) else None
    known = set(params or ())
    if ":" not in str(named):
        known |= {parameter.name for parameter in parameters.describe(strategy_class(str(named)))}
    if suffix and key not in known:
        raise ConfigError(f"--set {setting}: {key} is no parameter of {named}: write {suffix[0]} in full")
    if ":" not in str(named) and key not in known:
        near = difflib.get_close_matches(key, [*known, *full, *RunConfig.model_fields], n=1, cutoff=0.5)
        hint = f", did you mean {near[0]}?" if near else f": it has {', '.join(sorted(known))}"
        raise ConfigError(f"--set {setting}: {named} has no parameter {key}{hint}")
    return ("strategy", "params", key)


def _put(tree: dict[str, Any], keys: Keys, value: Any, setting: str) -> None:
    node = tree
    for depth, key in enumerate(keys[:-1], start=1):
        inner = node.get(key)
        if inner is None:
            inner = node[key] = {}
        if not isinstance(inner, dict):
            raise ConfigError(f"--set {setting}: {'.'.join(keys[:depth])} is a value, it holds no keys")
        node = inner
    node[keys[-1]] = value


def _known_keys() -> dict[str, list[str]]:
    """Return the keys under each section of the config, as they are written."""
    known = {}
    for name, field in RunConfig.model_fields.items():
        fields = getattr(field.annotation, "model_fields", {})
        known[name] = [inner.alias or inner_name for inner_name, inner in fields.items()]
    return known


def _first(fault: ValidationError, origin: _Origin) -> str:
    """Put the first fault into one line."""
    error = fault.errors(include_url=False)[0]
    keys = tuple(str(part) for part in error["loc"] if part != "[key]")
    named = ".".join(keys)
    where = origin.of(keys)
    if error["type"] == "extra_forbidden":
        siblings = _known_keys().get(keys[0], []) if len(keys) > 1 else list(RunConfig.model_fields)
        hint = did_you_mean(keys[-1], siblings) or f": {'.'.join(keys[:-1]) or 'a run'} has {', '.join(siblings)}"
        return f"{where}: {named} is unknown{hint}"
    said = error["msg"].removeprefix("Value error, ")
    if not keys or said.startswith((f"{keys[0]}.", "data.path")):
        culprit = tuple(said.split()[0].split("."))
        return f"{origin.of(culprit if culprit in {*origin.lines, *origin.settings} else keys)}: {said}"
    if error["type"] in {"model_type", "dict_type"}:
        return f"{where}: {named} has to hold keys and values, not {_shown(error['input'])}"
    said = re.sub(r"^Input should be (a valid )?", "has to be ", said)
    said = said.replace("unable to parse string as ", "").replace("has to be integer", "has to be a whole number")
    return f"{where}: {named} {said}, not {_shown(error['input'])}"


def _shown(value: Any) -> str:
    text = "null" if value is None else repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."  # one line


def _with_strategy(config: RunConfig, origin: _Origin, folder: Path | None) -> RunConfig:
    """Check class and parameters; write every parameter out, and the class's file in full."""
    folders = (*((folder,) if folder else ()), Path())
    try:
        cls = strategy_class(config.strategy.named, folders)
    except StrategyError as fault:
        raise ConfigError(f"{origin.of(('strategy', 'class'))}: {fault}") from None
    named = config.strategy.named
    if named.partition(":")[0].endswith(".py") or ".py:" in named:
        place, _, name = named.rpartition(":")
        found = next(base / place for base in folders if (base / place).is_file())
        named = f"{found.resolve()}:{name}"
    given = config.strategy.params
    if kind(cls) == "backtrader":
        return config.model_copy(update={"strategy": config.strategy.model_copy(update={"named": named})})
    try:
        made = parameters.make(cls, given)
    except StrategyError as fault:
        culprit = next((name for name in given if re.search(rf"\b{re.escape(name)}\b", str(fault))), None)
        where = origin.of(("strategy", "params", culprit) if culprit else ("strategy",))
        raise ConfigError(f"{where}: {fault}") from None
    except TypeError as fault:
        raise ConfigError(f"{origin.of(('strategy',))}: {cls.__name__} can't be made: {fault}") from None
    params = {known.name: getattr(made, known.name) for known in parameters.describe(cls)}
    section = config.strategy.model_copy(update={"named": named, "params": params})
    return config.model_copy(update={"strategy": section})

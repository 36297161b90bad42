"""What the shell completes: runs' YAMLs, keys with what they may be, kept runs, strategies, signals."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

from typer import Context  # read where a function's parameters are looked at

MOST = 500
"""Names that are proposed at most."""
Proposal = tuple[str, str]
"""What is completed, and what it is."""
Key = tuple[str, tuple[str, tuple[str, ...]]]
"""A key, what it means, and the words that it takes."""


def files(incomplete: str) -> list[Proposal]:
    """Return the YAMLs in a folder, and those that ship."""
    from strategies.load import RUNS

    folder = Path(incomplete).parent if "/" in incomplete else Path()
    here = [(str(path), "") for path in _sorted(folder, "*.y*ml")]
    shipped = [(path.name, "ships") for path in _sorted(RUNS, "*.yaml")]
    return _fitting([*here, *shipped], incomplete)


def settings(context: Context, incomplete: str) -> list[Proposal]:
    """Return the keys of a run and the parameters of its strategy with ``=``; behind that, the words a key takes."""
    file = context.params.get("file") or next(iter(context.args), None)  # an argument that stands before isn't read yet
    known = dict(_keys(file))
    key, given, _ = incomplete.partition("=")
    if not given:
        return _fitting(((f"{name}=", about) for name, (about, _words) in known.items()), incomplete)
    words = known.get(key, ("", ()))[1]
    return _fitting(((f"{key}={word}", "") for word in words), incomplete)


def kept_runs(incomplete: str) -> list[Proposal]:
    """Return runs that are kept in ``runs``, and YAMLs."""
    from engine.runs.folder import RUN

    folders = [(path.name, "kept") for path in _sorted(Path("runs"), "*") if RUN.fullmatch(path.name)]
    return _fitting(folders, incomplete) + files(incomplete)


def strategies(incomplete: str) -> list[Proposal]:
    """Return the strategies that ship, with what each does."""
    from strategies.load import SHIPPED, strategy_class

    return _fitting(((name, _first(strategy_class(name))) for name in SHIPPED), incomplete)


def signals(incomplete: str) -> list[Proposal]:
    """Return the signals that YAML can put together, with what each is."""
    from strategies.signals.catalogue import SIGNALS

    return _fitting(((name, signal.about) for name, signal in SIGNALS.items()), incomplete)


def _keys(file: Any) -> Iterator[Key]:
    """Yield every key that ``--set`` takes with its meaning and its words, those of the file's strategy first."""
    from data.errors import UserError
    from engine.config import RunConfig
    from engine.loading import find_run, load_config
    from strategies.load import strategy_class
    from strategies.parameters import describe, explained

    named = RunConfig().strategy.named
    if isinstance(file, str):
        with suppress(UserError):
            named = load_config(find_run(file)[0]).strategy.named
    if ":" not in named:  # a file of somebody's own isn't executed for a completion
        said = explained(strategy_class(named))
        for parameter in describe(strategy_class(named)):
            yield parameter.name, (said.get(parameter.name, ""), ())
    schema = RunConfig.model_json_schema()
    yield from _properties(schema, schema.get("$defs", {}), "")


def _properties(node: dict[str, Any], sections: dict[str, Any], path: str) -> Iterator[Key]:
    for name, child in node.get("properties", {}).items():
        section = sections.get(str(child.get("$ref", "")).rpartition("/")[2])
        if section is not None:
            yield from _properties(section, sections, f"{path}{name}.")
        else:
            yield f"{path}{name}", (str(child.get("description", "")), tuple(_words(child)))


def _words(node: dict[str, Any]) -> Iterator[str]:
    yield from map(str, node.get("enum", ()))
    for each in node.get("anyOf", ()):
        yield from _words(each)


def _sorted(folder: Path, pattern: str) -> list[Path]:
    try:
        return sorted(folder.glob(pattern))[:MOST]
    except OSError:
        return []


def _first(cls: type) -> str:
    return (cls.__doc__ or "").strip().partition("\n")[0]


def _fitting(proposals: Iterable[Proposal], incomplete: str) -> list[Proposal]:
    return [(name, about) for name, about in proposals if name.startswith(incomplete)][:MOST]

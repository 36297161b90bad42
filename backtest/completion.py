"""What the shell completes: runs' YAMLs, keys with what they may be, kept runs, strategies, signals."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from typer import Context  # read where a function's parameters are looked at

if TYPE_CHECKING:
    from engine.config import RunConfig

MOST = 500
"""Names that are proposed at most."""
Proposal = tuple[str, str]
"""What is completed, and what it is."""
Key = tuple[str, tuple[str, tuple[str, ...]]]
"""A key, what it means, and the words that it takes."""

BASH = r"""
%(complete_func)s() {
    local IFS=$'\n' typed="${COMP_LINE:0:COMP_POINT}" words word before
    IFS=' ' read -ra words <<< "$typed"
    [[ $typed == *' ' ]] && words+=('')
    word="${words[-1]}"
    COMPREPLY=( $( env COMP_WORDS="$typed" COMP_CWORD=$(( ${#words[@]} - 1 )) \
                   %(autocomplete_var)s=complete_bash "$1" ) )
    if [[ $word == *[=:]* ]]; then
        before="${word%%"${word##*[=:]}"}"
        COMPREPLY=( "${COMPREPLY[@]#"$before"}" )
        compopt +o default
    fi
    [[ ${#COMPREPLY[@]} -eq 1 && ${COMPREPLY[0]} == *= ]] && compopt -o nospace
    return 0
}

complete -o default -F %(complete_func)s %(prog_name)s
"""
"""Bash's script. Bash takes ``key=value`` for three words, and of an answer what comes behind the ``=``."""


def prepare() -> None:
    """Have typer give bash our script, and take the shell's name: what it would find may be another one."""
    from typer import _completion_classes, _completion_shared

    os.environ["_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION"] = "1"  # of typer's two ways the one with a name
    _completion_classes.BashComplete.source_template = BASH
    _completion_shared._completion_scripts["bash"] = BASH  # noqa: SLF001  # typer has no way to give it one


def files(incomplete: str) -> list[Proposal]:
    """Return the YAMLs in a folder, and those that ship."""
    from strategies.load import RUNS

    folder = Path(incomplete).parent if "/" in incomplete else Path()
    here = [(str(path), "") for path in _sorted(folder, "*.y*ml")]
    shipped = [(path.name, "ships") for path in _sorted(RUNS, "*.yaml")]
    return _fitting([*here, *shipped], incomplete)


def settings(context: Context, incomplete: str) -> list[Proposal]:
    """Return the keys of a run and the parameters of its strategy with ``=``; behind that, the words a key takes."""
    known = dict(_keys(_config_of(context)))
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


def words(*known: str) -> Callable[[str], list[Proposal]]:
    """Return what completes an option that takes one of a few words."""

    def fitting(incomplete: str) -> list[Proposal]:
        return _fitting(((word, "") for word in known), incomplete)

    return fitting


def sources(incomplete: str) -> list[Proposal]:
    """Return the sources of history that have names, and folders."""
    before = incomplete.rpartition("/")[0]
    folders = [(f"{path}/", "") for path in _sorted(Path(before or "."), "[!.]*") if path.is_dir()]
    return _fitting([("demo", "a made-up market"), ("embedded", "the Nasdaq's, installed"), *folders], incomplete)


def columns(incomplete: str) -> list[Proposal]:
    """Return the columns of a sweep, with what each is."""
    from engine.analytics.measure import AGAINST, MEASURES, base_of
    from engine.research.columns import columns_of

    titles = {name: MEASURES[base_of(name)].title for name in columns_of(answer=True)}
    said = ((name, f"{title}{', less unhedged' if AGAINST in name else ''}") for name, title in titles.items())
    return _fitting(said, incomplete)


def holdings(context: Context, incomplete: str) -> list[Proposal]:
    """Return what a run holds with ``=``, what stands before the last comma left as it is."""
    from engine.config import RunConfig

    config = _config_of(context) or RunConfig()
    before, comma, begun = incomplete.rpartition(",")
    names = dict.fromkeys([*config.portfolio.core, *(leg.instrument for leg in config.legs if leg.of_own_bars), "cash"])
    return _fitting(((f"{before}{comma}{name}=", "") for name in names), f"{before}{comma}{begun}")


def strategies(incomplete: str) -> list[Proposal]:
    """Return the strategies that ship, with what each does."""
    from strategies.load import SHIPPED, strategy_class

    return _fitting(((name, _first(strategy_class(name))) for name in SHIPPED), incomplete)


def signals(incomplete: str) -> list[Proposal]:
    """Return the signals that YAML can put together, with what each is."""
    from strategies.signals.catalogue import SIGNALS

    return _fitting(((name, signal.about) for name, signal in SIGNALS.items()), incomplete)


def _config_of(context: Context) -> RunConfig | None:
    """Return the config of the file that was typed; ``None`` where there is none that can be read."""
    from data.errors import UserError
    from engine.loading import find_run, load_config

    file = context.params.get("file") or next(iter(context.args), None)  # an argument that stands before isn't read yet
    if isinstance(file, str):
        with suppress(UserError):
            return load_config(find_run(file)[0])
    return None


def _keys(config: RunConfig | None) -> Iterator[Key]:
    """Yield every key that ``--set`` takes with its meaning and its words, those of the run's strategy first."""
    from engine.config import RunConfig
    from strategies.load import SHIPPED, strategy_class
    from strategies.parameters import describe, explained

    named = (config or RunConfig()).strategy.named
    if ":" not in named:  # a file of somebody's own isn't executed for a completion
        said = explained(strategy_class(named))
        for parameter in describe(strategy_class(named)):
            yield parameter.name, (said.get(parameter.name, ""), ())
    schema = RunConfig.model_json_schema()
    for key, (about, known) in _properties(schema, schema.get("$defs", {}), ""):
        yield key, (about, tuple(SHIPPED) if key.endswith("strategy.class") else known)


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

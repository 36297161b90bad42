"""What ``backtest init`` writes: a commented YAML and a ten-line strategy."""

from __future__ import annotations

import json
import re
from functools import partial
from pathlib import Path

from data.errors import UserError
from data.files import write_whole
from engine.runs.schema import run_schema
from strategies.load import RUNS

STRATEGY = '''from dataclasses import dataclass

from backtest import Strategy, parameter


@dataclass(frozen=True)
class {cls}(Strategy):
    """Hedge (1) while the sector is more than `fall` below its highest close of the last `days` sessions."""

    days: int = parameter(60, at_least=2)
    fall: float = parameter(0.10, at_least=0, at_most=1)

    def intensity(self, market):
        level = market.total_return()
        highs = [max(level[max(0, i - self.days + 1) : i + 1]) for i in range(len(level))]
        return [float(now < (1 - self.fall) * high) for now, high in zip(level, highs, strict=True)]
'''

SCHEMA = "backtest.schema.json"
EDITORS = f"# yaml-language-server: $schema={SCHEMA}\n"
"""What editors with the YAML language server read: keys, strategies and ranges, completed and checked."""

PARAMS = """  params:
    days: 60                      # sessions behind the high
    fall: 0.10                    # a fraction below it
"""


def write_starter(name: str, folder: Path) -> tuple[Path, Path]:
    """Write ``NAME.yaml`` and ``NAME.py``, both or none, and return their paths; nothing that exists is overwritten.

    Beside them the YAML's JSON schema, by which editors complete and check it, unless one stands there.

    Raises
    ------
    UserError
        The name can't be a file's and a class's, or a file of that name exists.
    """
    if not re.fullmatch(r"[a-z][a-z0-9_]*", name):
        raise UserError(f"{name!r} can't be a name: small letters, digits and _, such as my_hedge")
    run, code = folder / f"{name}.yaml", folder / f"{name}.py"
    for path in (run, code):
        if path.exists():
            raise UserError(f"{path} exists: choose another name, or remove it")
    cls = "".join(part.capitalize() for part in name.split("_"))
    texts = {code: STRATEGY.format(cls=cls), run: _run_yaml(name, cls)}
    if not (folder / SCHEMA).exists():
        texts[folder / SCHEMA] = json.dumps(run_schema(), indent=2) + "\n"
    try:
        for path, text in texts.items():
            write_whole(path, partial(Path.write_text, data=text, encoding="utf-8"))
    except BaseException as error:  # an interrupt too: half of it would be in the way of the next one
        for written in texts:
            written.unlink(missing_ok=True)
        if isinstance(error, OSError):
            raise UserError(f"{name}: can't be written: {error.strerror or error}") from error
        raise
    return run, code


def _run_yaml(name: str, cls: str) -> str:
    """Return the shipped run with another strategy in it, its comments kept."""
    text = (RUNS / "hedge_soxs.yaml").read_text(encoding="utf-8")
    body = text[text.index("name:") :].replace("name: hedge_soxs", f"name: {name}", 1)
    head, _, tail = body.partition("strategy:\n")
    _, _, rest = tail.partition("\npolicy:")
    strategy = f"strategy:\n  class: {name}.py:{cls}\n{PARAMS}"
    return f"{EDITORS}# Hold SOXX; hedge in SOXS when {name}.py says so.\n{head}{strategy}\npolicy:{rest}"

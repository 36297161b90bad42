"""What a function of the Python API takes for a run: a file, a mapping, or a RunConfig."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from data.errors import ConfigError
from engine.config import RunConfig
from engine.loading import build_config, find_run, load_config
from engine.plain_python import plain

Config = RunConfig | Mapping[str, Any] | str | os.PathLike[str]
"""A run: checked already, as a mapping of what its YAML would hold, or its file, or the name of a shipped one."""


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
        return build_config(plain(given), file="config")
    if isinstance(given, str | os.PathLike):
        path, _shipped = find_run(os.fspath(given))
        return load_config(path)
    raise ConfigError(f"a run is a file, a mapping or a RunConfig, not {type(given).__name__}")

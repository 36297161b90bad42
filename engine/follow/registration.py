"""The registration of a followed run: the first line of its log, with all that later closes are held against."""

from __future__ import annotations

import datetime as dt
import platform
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

from data.errors import ConfigError
from data.sources import Source
from data.version import VERSION, code_version
from engine.config import RunConfig
from engine.follow.books import BOOKS, book_entry, day_entry, ground_of, set_book, standing, terms_entry
from engine.follow.log import read_log
from engine.follow.present import Present, following, is_late
from engine.follow.promise import promised, scales
from engine.follow.shape import check_lines
from engine.kernel.loop import ledger_on
from engine.runs.folder import RUN, id_of, quoted
from engine.runs.identity import digest, identity, known_config
from engine.runs.origin import flat, shown
from engine.runs.record import own_files
from strategies.load import source_hash
from strategies.reload import texts

MOST_KEYS = 4
"""Keys that a refusal names."""
NAMED = ("core", "lag", "extend", "_bps", "_per_share")
"""How sections end whose keys are a user's names."""
LIBRARIES = ("numpy", "numba", "backtrader")
"""Whose versions are told when they change."""


def followed_config(config: RunConfig, source: str) -> dict[str, Any]:
    """Return a config as it counts for what is followed: without the audit's findings that are accepted.

    One that comes up later has to be accepted to go on; it changes what the run is told, and nothing that it does.
    """
    known = known_config(config, source)
    del known["data"]["accept"]
    return known


def folder_name(config: RunConfig, source: str, *, simulated: bool) -> str:
    """Return the name of a followed run's folder: the config's name, and an id of all that the config says."""
    marked = "-SIMULATED" if simulated else ""
    return f"{config.name}{marked}-{identity(followed_config(config, source))}"


def folder_of(config: RunConfig, fed: Source, out: Path) -> Path:
    """Return where a config is followed, or will be: one config by each name.

    What was tried on a simulated market doesn't stand in the way of following the same on a real one.

    Raises
    ------
    ConfigError
        Another config is followed under this name; names the keys that differ.
    """
    now = flat(followed_config(config, fed.name))
    for folder in sorted(path for path in out.iterdir() if RUN.fullmatch(path.name)):
        if folder.name[: -len(id_of(folder.name)) - 1].removesuffix("-SIMULATED") != config.name:
            continue
        entries = check_lines(read_log(folder)).entries
        if not entries or (entries[0]["simulated"] and not fed.simulated):
            continue
        was = flat(entries[0]["config"])
        grown = added_keys(was, now, entries[0]["made_with"], made_with(config))
        keys = [key for key in sorted({*was, *now}) if key not in grown and was.get(key, "") != now.get(key, "")]
        if not keys:
            return folder
        told = [f"{key} is {_value(now, key)} and was {_value(was, key)}" for key in keys[:MOST_KEYS]]
        more = f" and {len(keys) - MOST_KEYS} keys more" if len(keys) > MOST_KEYS else ""
        raise ConfigError(
            f"{config.name} is followed in {quoted(folder)} with another config: {', '.join(told)}{more}: put that"
            " back, or set another name to follow it anew"
        )
    return out / folder_name(config, fed.name, simulated=fed.simulated)


def added_keys(
    was: Mapping[str, Any], now: Mapping[str, Any], code: Mapping[str, str], other: Mapping[str, str]
) -> list[str]:
    """Return the keys that other code has beside those of a registration, which holds every default of its own.

    Nobody could set them before. What a user names, such as holdings and hedges, isn't among them.
    """
    if (code["code"], code["strategy"]) == (other["code"], other["strategy"]):
        return []
    sections = {key.rpartition(".")[0] for key in was}
    new = (key for key in now if key not in was and key.rpartition(".")[0] in sections)
    return [key for key in sorted(new) if not key.rpartition(".")[0].endswith(NAMED)]


def _value(values: Mapping[str, Any], key: str) -> str:
    return shown(values[key]) if key in values else "not there"


def made_with(config: RunConfig, added: str = "") -> dict[str, str]:
    """Return what a line is made with: hashes of our code and the strategies', versions, findings that are accepted.

    Parameters
    ----------
    added
        Keys of the config that the registration's code didn't know, with their values.
    """
    own = [source_hash(each.named) for each in config.strategies]
    return {
        "hedge-backtest": VERSION,
        "code": code_version(),
        "strategy": own[0] if len(own) == 1 else digest(own),
        "python": platform.python_version(),
        **{name: version(name) for name in LIBRARIES},
        "accepted": ", ".join(sorted(config.data.accept)),
        "added": added,
    }


def made_since(config: RunConfig, registered: Mapping[str, Any]) -> dict[str, str]:
    """Return what a line is made with now, and which keys are new since the registration."""
    was, now = flat(registered["config"]), flat(followed_config(config, registered["source"]))
    keys = added_keys(was, now, registered["made_with"], made_with(config))
    return made_with(config, ", ".join(f"{key}: {shown(now[key])}" for key in keys))


def registration(config: RunConfig, present: Present, written: str) -> dict[str, Any]:
    """Return the first line of a log: the run, what it was made of, its books at the last close, what it promised."""
    market, setup, t = present.market, present.setup, len(present.sessions) - 1
    known, labels, last = followed_config(config, market.source.name), setup.legs.columns, present.sessions[t]
    own = own_files(Path(), config.model_dump(mode="python"))
    entry = {
        "kind": "registration",
        "written": written,
        "name": config.name,
        "strategy": present.label,
        "guest": present.guest,
        "simulated": market.simulated,
        "source": market.source.name,
        "synthetic": {name: str(first) for name, first in market.synthetic.items()},
        "config": known,
        "config_hash": digest(known),
        "made_with": made_with(config),
        "strategy_files": {path.name: texts().text(str(path)).decode() for path in own},
        "first": str(present.sessions[0]),
        "date": str(last),
        "next": str(following(last)),
        "late": not market.simulated and is_late(last, dt.datetime.fromisoformat(written)),
        "instruments": list(labels),
        "underlying": market.underlying,
        "terms": terms_entry(setup),
        **day_entry(setup, t),
        **present.signal(t),
        "held_less": present.share,
        "exposure": {
            "unhedged": float(present.ledgers["unhedged"].core[0]),
            "sold_at_entry": float(present.ledgers["derisk_entry"].core[t - 1]),
        },
        "inputs": present.inputs(last),
        "promised": promised(present),
        "scales": scales(present),
    }
    return entry | {"books": _books(entry, present, t)}


def _books(entry: Mapping[str, Any], present: Present, t: int) -> dict[str, Any]:
    """Return where each recorded book stands at the last close, and its order."""
    ground, books = ground_of(entry, [entry]), dict[str, Any]()
    for name in BOOKS:
        of, book = present.ledgers[name], ledger_on(ground.prices)
        shares = dict(zip(ground.labels, of.shares[t].tolist(), strict=True))
        set_book(ground, book, 0, {"cash": of.cash[t], "equity": of.equity[t], "shares": shares})
        alive = t <= of.last and of.equity[t] > 0.0
        books[name] = book_entry(ground, book, 0, order_now(present, name, t)) if alive else None
    return books


def order_now(present: Present, name: str, t: int) -> dict[str, Any] | None:
    """Return the order that a book of the run gives at the close of t; None where it gives none."""
    ledger = present.ledgers[name]
    if present.guest and name == "hedged":
        over = ledger.last < t or ledger.equity[t] <= 0.0
        trade = None if over else present.trade(t)
        return None if trade is None else {"trade": trade}
    return standing(ledger, t, present.setup.legs.columns)

"""What the lab does for its page: moves, answers, kept runs, texts to copy; it knows nothing of how a page asks."""

from __future__ import annotations

import hashlib
import multiprocessing
import threading
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from data.errors import UserError, cut
from data.processes import without_main
from engine.config import RunConfig
from engine.lab.given import COUPLED, AskedError, Strategies, completed, config_given, tree_of
from engine.lab.knobs import Knob, knobs_of
from engine.lab.move import MoveEngine
from engine.research.cache import Recent
from engine.runs.execute import run
from engine.runs.folder import kept_folders
from engine.runs.index import run_rows
from engine.runs.origin import flat, origin_of
from engine.runs.record import config_yaml
from engine.runs.run import Run
from reports.lab import answer_data, kept_data, knob_data, lab_page, move_data
from reports.naming import as_yaml
from strategies.load import kind, strategy_class

ANSWERS, TABS = 24, 64
"""How many answers are remembered, and how many pages are told apart."""
MOST_KEYS = 200
"""Keys that a page may set at once."""
MOST_STEPS = 100_000
"""Of a slider."""

Asked = Mapping[str, Any]
"""What a page asks, as JSON holds it."""


class SupersededError(UserError):
    """An answer that nobody waits for any more: its page has moved on."""


@dataclass(frozen=True)
class LabFile:
    """A run that the lab starts from.

    Parameters
    ----------
    file
        As it was typed, or the name of one that ships.
    configure
        Gives its config; raises UserError.
    command
        The command that runs it with further settings.
    """

    file: str
    configure: Callable[[], RunConfig]
    command: Callable[[Sequence[str]], str]


class LabDesk:
    """Answers a page's questions; every method takes what JSON holds, gives what it may hold, and raises UserError.

    Parameters
    ----------
    files
        The runs that a page may start from, the first of them first.
    given
        The configs of those whose strategies a page may name.
    out
        Where runs are kept.
    """

    def __init__(self, files: Sequence[LabFile], given: Sequence[RunConfig], out: Path) -> None:
        short = Counter(Path(file.file).name for file in files)
        self._files = {Path(file.file).name if short[Path(file.file).name] == 1 else file.file: file for file in files}
        self._strategies, self._out = Strategies.of(given), out
        self._bases: dict[str, RunConfig] = {}
        self._engine, self._answers = MoveEngine(), Recent(ANSWERS)
        self._asking, self._keeping, self._turning = threading.Lock(), threading.Lock(), threading.Lock()
        self._latest = Recent(TABS)

    def page(self, nonce: str) -> str:
        """Return the page."""
        return lab_page({"runs": [*self._files], "out": str(self._out)}, nonce)

    def move(self, asked: Asked) -> dict[str, Any]:
        """Return what a move comes to, with the run's keys as they now stand, and its knobs where they are others.

        A slider that is drawn to where the run can't be, `slid` with its step and where it was, goes as far as it can.
        """
        try:
            return self._moved(asked)
        except UserError as refused:
            nearest = self._nearest(asked, refused)
            if nearest is None:
                raise
            key, value = nearest["moves"][-1]
            return {**self._moved(nearest), "stopped": {"key": key, "value": value, "why": str(refused)}}

    def _nearest(self, asked: Asked, refused: UserError) -> dict[str, Any] | None:
        """Return a question with its slider drawn back to the nearest step that is taken; None where it has none."""
        match asked.get("slid"), asked.get("moves"):
            case [int() | float() as step, int() | float() as was], [*others, [key, int() | float() as to]]:
                pass
            case _:
                return None
        steps = round(abs(to - was) / step) if step > 0.0 else 0
        if not 0 < steps <= MOST_STEPS:
            return None

        def at(count: int) -> dict[str, Any]:
            value = was + count * (step if to > was else -step)
            return {**asked, "moves": [*others, [key, round(value) if isinstance(was, int) else round(value, 9)]]}

        def taken(count: int) -> bool:
            try:
                _file, config = self._config(at(count))
                if not isinstance(refused, AskedError):  # the data refused it
                    self._engine.move(config)
            except UserError:
                return False
            return True

        good = bisect_left(range(1, steps), 1, key=lambda count: not taken(count))
        return at(good) if good or taken(0) else None

    def _moved(self, asked: Asked) -> dict[str, Any]:
        file, config = self._config(asked)
        move = self._engine.move(config)
        knobs = knobs_of(config, self._engine.names(config))
        shape = _shape(knobs)
        return {
            "run": next(name for name, one in self._files.items() if one is file),
            "tree": tree_of(config, self._strategies),
            "shape": shape,
            **({"knobs": None} if asked.get("shape") == shape else self._knobs(file, knobs)),
            "values": {knob.key: knob.value for knob in knobs},
            "wait": kind(strategy_class(config.strategy.named)) != "intensity",
            **move_data(move, phone=bool(asked.get("phone"))),
        }

    def _knobs(self, file: LabFile, knobs: Sequence[Knob]) -> dict[str, Any]:
        """Return what controls are made of, and what each was in the file."""
        return {"knobs": knob_data(knobs), "was": {knob.key: knob.value for knob in knobs_of(self._base(file))}}

    def answer(self, asked: Asked) -> dict[str, Any]:
        """Return the whole answer of a run; raises SupersededError where its page has asked for another since."""
        _file, config = self._config(asked)
        tab, key = str(asked.get("tab", ""))[:40], repr(config)
        turn = object()
        with self._turning:
            latest = self._latest.get(tab, dict[str, object])
            latest["turn"] = turn
        with self._asking:
            if latest["turn"] is not turn:
                raise SupersededError("another answer is asked for")
            engine = "compiled"
            if (of := kind(strategy_class(config.strategy.named))) != "intensity":
                engine = "backtrader" if of == "backtrader" else "python"
            found: dict[str, Any] = self._answers.get(key, lambda: answer_data(run(config, engine=engine)))
            return found

    def copy(self, asked: Asked) -> dict[str, Any]:
        """Return a run's YAML, and the command that runs it."""
        file, config = self._config(asked)
        return {"yaml": config_yaml(config), "command": file.command(self._settings(file, config))}

    def keep(self, asked: Asked) -> dict[str, Any]:
        """Run a config in backtrader and write its folder, as `backtest run` does, in a process of its own."""
        _file, config = self._config(asked)
        with self._keeping:
            return {"folder": _kept_beside(config, self._out)}

    def kept(self) -> list[dict[str, Any]]:
        """Return the runs that are kept, the newest first: folder, name, verdict, and what tells each apart."""
        found = []
        for row, metrics in run_rows(self._out, lambda _damaged: None)[::-1]:
            if row["older"]:
                continue
            origin = origin_of(self._out / row["folder"], list(self._bases.values()))
            changes = {} if origin is None else origin.changes
            found.append(
                {
                    "folder": row["folder"],
                    "name": row["name"],
                    "verdict": row["verdict"] or "",
                    "changes": ", ".join(f"{key} {value}" for key, value in changes.items()),
                    "span": f"{str(row['first'])[:4]} to {str(row['last'])[:4]}",
                    "simulated": bool(metrics["simulated"]),
                }
            )
        return found

    def book(self, asked: Asked) -> dict[str, Any]:
        """Return the lines of a kept run, by its folder's name, which has to be one that is listed."""
        folder = asked.get("folder")
        if folder not in kept_folders(self._out):
            raise UserError(f"no run {cut(str(folder))} is kept any more")
        run = Run.load(self._out / str(folder))
        return kept_data(run, self._engine.net_beta(run))

    def _base(self, file: LabFile) -> RunConfig:
        if file.file not in self._bases:
            self._bases[file.file] = file.configure()
        return self._bases[file.file]

    def _config(self, asked: Asked) -> tuple[LabFile, RunConfig]:
        """Return the file that a page started from, and the run that it asks for."""
        named, tree, moves = asked.get("run") or next(iter(self._files)), asked.get("tree"), asked.get("moves") or []
        if not isinstance(named, str) or named not in self._files:
            raise AskedError(f"the lab wasn't started with {cut(str(named))}: {', '.join(self._files)} are there")
        pairs = isinstance(moves, list) and all(isinstance(move, list) and len(move) == 2 for move in moves)
        if not (tree is None or isinstance(tree, dict)) or not pairs or len(moves) > MOST_KEYS:
            raise AskedError("a page asks with a run, its keys, and keys with values")
        file = self._files[named]
        base, turned = self._base(file), [(key, value) for key, value in moves]
        if any(isinstance(key, str) and COUPLED.fullmatch(key) for key, _value in turned):
            begun = config_given(base, self._strategies, tree)
            turned = completed(turned, begun, self._engine.names(begun)[0])
        return file, config_given(base, self._strategies, tree, turned)

    def _settings(self, file: LabFile, config: RunConfig) -> list[str]:
        """Return by which --set a file's run becomes another."""
        base, now = (_written(one) for one in (self._base(file), config))
        if base.get("strategy.class") != now.get("strategy.class"):
            base = {key: value for key, value in base.items() if not key.startswith("strategy.params.")}
        changed = {key: value for key, value in now.items() if key not in base or base[key] != value}
        gone = [key for key in base if key not in now and not any(other.startswith(f"{key}.") for other in now)]
        own = ("kind", "class")  # before what belongs to them
        order = sorted(changed, key=lambda key: key.rpartition(".")[2] not in own)
        return [f"{key}={as_yaml(changed[key])}" for key in order] + [f"{key}=null" for key in gone]


def _written(config: RunConfig) -> dict[str, Any]:
    """Return a run's keys on one level, but for those that follow from others: what names itself, no part of a kind."""
    tree = config.model_dump(mode="json")
    found = {key: value for key, value in flat(tree).items() if key.partition(".")[0] not in ("data", "sweep")}
    for place, leg in enumerate(config.legs):
        above = f"hedges.{place}" if config.hedges else "hedge"
        if not leg.of_own_bars:
            found.pop(f"{above}.instrument", None)
        if leg.kind != "fund":
            found.pop(f"{above}.leverage", None)
        if leg.option is None:
            found.pop(f"{above}.option", None)
    return found


def _shape(knobs: Sequence[Knob]) -> str:
    """Return by what a set of knobs is known, whatever they are set to."""
    parts = [(knob.key, knob.group, knob.label, knob.kind, knob.choices, knob.high) for knob in knobs]
    return hashlib.sha256(repr(parts).encode()).hexdigest()[:16]


def _kept_beside(config: RunConfig, out: Path) -> str:
    """Run a config and write its folder in a process of its own, so that moves go on; return the folder."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_keep, args=(config, out, theirs))  # no daemon: it is waited for at the end
    with without_main():
        process.start()
    theirs.close()
    try:
        told, text = ours.recv()
    except EOFError:
        told, text = False, "the run ended before its folder was written"
    finally:
        ours.close()
    process.join()
    if not told:
        raise UserError(text)
    return text


def _keep(config: RunConfig, out: Path, pipe: Connection) -> None:
    from backtest.api import write_run
    from backtest.options import quietly

    try:
        with quietly():
            told, text = True, str(write_run(run(config), out))
    except UserError as error:
        told, text = False, str(error)
    try:
        pipe.send((told, text))
    except OSError:  # the lab has ended: the folder stands
        return

"""Promises under fire: every kind of file that is kept is damaged in every way, and the commands that read it are run.

    make fire                                  # all of it: some minutes
    make fire ARGS="--only 'sweep: manifest'"  # the kinds whose name holds that
    make fire ARGS="--seed 2 --jobs 1"         # other bytes are flipped, one command at a time

A command holds when it puts out the undisturbed bytes, or one line that names the file, with status 2; one that lists
what is kept may leave out what is damaged, if it names the file. A traceback, other numbers, and something that is
missing in silence do not. `data check` holds when a finding names the file. One line for each that doesn't hold; exit
status 1 where there is any.

Commands run in processes forked from this one, in a folder of their own, with a store of their own. Pages are written
without the scripts and pictures in them: no command reads a page.
"""

from __future__ import annotations

import argparse
import hashlib
import importlib
import json
import os
import pkgutil
import random
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from benchmarks.fire_plan import DAMAGES, KEPT, KILLED, MADE, KeptFile, without, write_files
from benchmarks.pins_compare import CLOCKED, PAGES, Sameness

PATIENCE = 120
"""Seconds after which a command hangs."""
SAME, REFUSED, LEFT_OUT, FOUND = "undisturbed", "refused", "left out", "found"
HELD = (SAME, REFUSED, LEFT_OUT, FOUND)
"""What a command may do: as if nothing were damaged; a line that names the file; the rest and a line; a finding."""


INTERRUPTED, REFUSAL, FINDINGS = 130, 2, 3
WRITE = ("run", "sweep", "walkforward", "search")
"""Commands that make something that is kept."""


class CommandAnswer(NamedTuple):
    """What a command gave back, and the hashes of the files it is to make."""

    status: int
    out: str
    err: str
    made: dict[str, str]

    def but(self, files: set[str]) -> CommandAnswer:
        """Return the same without some files that it made."""
        return self._replace(made={name: content for name, content in self.made.items() if name not in files})


class Shot(NamedTuple):
    """What a command did with a damaged file."""

    kind: str
    damage: str
    command: str
    result: str


@dataclass(frozen=True)
class FiringRange:
    """Where commands are run.

    Parameters
    ----------
    scratch
        A folder of its own.
    seed
        Of the bytes that are flipped.
    forks
        Whether each command has a process of its own.
    """

    scratch: Path
    seed: int = 0
    forks: bool = True

    @property
    def sound(self) -> Path:
        """What is kept, undamaged."""
        return self.scratch / "sound"

    def build(
        self, made: Iterable[str] = MADE, killed: Iterable[tuple[str, str]] = KILLED, cold: Iterable[str] = ()
    ) -> None:
        """Make all that is kept, in this process: what its forks need is loaded once; `cold` commands fill a cache."""
        write_files(self.sound)
        for command, kill in [*((command, "") for command in made), *((command, kill) for kill, command in killed)]:
            status = self._status(shlex.split(command), self.sound, kill)
            if status != (INTERRUPTED if kill else 0):
                sys.exit(
                    f"fire: backtest {command}: status {status}: {(self.sound / 'err').read_text(encoding='utf-8')}"
                )
        for command in cold:
            run_cold(shlex.split(command), self.sound)
            shutil.rmtree(self.sound / "fresh", ignore_errors=True)

    def answer(
        self,
        command: str,
        makes: str = "",
        change: Callable[[Path], object] = lambda _folder: None,
        *,
        cold: bool = False,
    ) -> CommandAnswer:
        """Run a command on a copy of what is kept, which `change` may damage first."""
        with tempfile.TemporaryDirectory(dir=self.scratch) as copied:
            folder = Path(shutil.copytree(self.sound, Path(copied) / "kept"))
            words = [_found(word, folder) for word in shlex.split(command)]
            change(folder)
            status = run_cold(words, folder) if cold else self._status(words, folder)
            out, err = ((folder / name).read_text(encoding="utf-8", errors="replace") for name in ("out", "err"))
            makes = makes if words[0] in WRITE else ""
            made = {path.relative_to(folder).as_posix(): _hash(path) for path in files_below(folder, makes)}
            return CommandAnswer(status, *(_timeless(text.replace(str(folder), "HERE")) for text in (out, err)), made)

    def try_damage(self, kept: KeptFile, damage: str, sound: dict[str, CommandAnswer]) -> list[Shot]:
        """Damage a file in one way, and run every command that reads it."""
        target = min(self.sound.glob(kept.file), key=lambda path: path.stat().st_mtime_ns)  # the one made first
        place = target.relative_to(self.sound)

        def damaged(folder: Path) -> None:
            DAMAGES[damage](folder / place, random.Random(self.seed))  # noqa: S311  # no secret

        def rest(command: str) -> CommandAnswer:
            return self.answer(command, kept.makes, lambda folder: without(folder, folder / place), cold=kept.cold)

        found = {command: self.answer(command, kept.makes, damaged, cold=kept.cold) for command in kept.commands}
        left = {place.as_posix()}
        for command in found.keys() & set(kept.beside):
            found[command], sound[command] = found[command].but(left), sound[command].but(left)
        return [
            Shot(kept.name, damage, command, judge(target.name, answer, sound[command], lambda c=command: rest(c)))
            for command, answer in found.items()
        ]

    def _status(self, words: Sequence[str], folder: Path, kill: str = "") -> int:
        if self.forks and (kill or folder != self.sound):
            return os.waitstatus_to_exitcode(os.waitpid(forked(lambda: run_command(words, folder, kill)), 0)[1])
        return status_here(words, folder)


def judge(name: str, found: CommandAnswer, sound: CommandAnswer, rest: Callable[[], CommandAnswer]) -> str:
    """Return which of `HELD` a command did, else what is wrong with what it did.

    Parameters
    ----------
    name
        The damaged file's.
    found, sound
        What the command gave back, and what it gives where nothing is damaged.
    rest
        Gives what it gives where all that the file belongs to is gone.
    """
    lines, named = found.err.splitlines(), name in found.err
    if "Traceback" in found.err:
        return f"traceback: {lines[-1]}"
    if (found.status, found.out, found.made) == (sound.status, sound.out, sound.made):
        return SAME
    if found.status == REFUSAL and named and not found.out and len(lines) == 1:
        return REFUSED
    if found.status == FINDINGS and name in found.out:  # of data check, whose findings are its output
        return FOUND
    if not named:
        return f"status {found.status}, the file isn't named: {_difference(found, sound)}; {found.err}"
    left = rest()
    as_rest = found[:2] == left[:2] and left.made.items() <= found.made.items()
    return LEFT_OUT if as_rest else f"status {found.status}, other output: {_difference(found, left)}; {found.err}"


def _difference(found: CommandAnswer, sound: CommandAnswer) -> str:
    if files := sorted(name for name in {*found.made, *sound.made} if found.made.get(name) != sound.made.get(name)):
        return f"files {files}"
    at = next((i for i, (a, b) in enumerate(zip(found.out, sound.out, strict=False)) if a != b), 0)
    near = slice(max(0, at - 40), at + 60)
    return f"{found.out[near]!r} for {sound.out[near]!r}"


def run_command(words: Sequence[str], folder: Path, kill: str = "") -> None:
    """Run ``backtest ...`` in a folder, in this process; `kill` is a function at which it is interrupted."""
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    signal.alarm(PATIENCE)
    os.chdir(folder)
    os.environ["BACKTEST_DATA"] = "store"
    for number, name in ((1, "out"), (2, "err")):
        os.dup2(os.open(name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), number)
    if kill:
        module, _, function = kill.rpartition(".")
        setattr(importlib.import_module(module), function, _interrupted)
    sys.argv = ["backtest", *words]
    importlib.import_module("backtest.cli").main()


def run_cold(words: Sequence[str], folder: Path) -> int:
    """Run ``backtest ...`` in a folder, by a Python and with a cache of its own; return its status."""
    house = Path(__file__).resolve().parents[1]
    own = {"PYTHONPATH": str(house), "BACKTEST_DATA": "store", "XDG_CACHE_HOME": str(folder / "cache")}
    command = [sys.executable, "-P", "-m", "backtest", *words]
    with (folder / "out").open("wb") as out, (folder / "err").open("wb") as err:
        done = subprocess.run(command, cwd=folder, env={**os.environ, **own}, stdout=out, stderr=err, check=False)
    return done.returncode


def status_here(words: Sequence[str], folder: Path) -> int:
    """Run ``backtest ...`` in a folder and come back; return its status."""
    before, streams = Path.cwd(), [(folder / name).open("w", encoding="utf-8") for name in ("out", "err")]
    os.chdir(folder)
    os.environ["BACKTEST_DATA"], sys.argv = "store", ["backtest", *words]
    try:
        with streams[0], streams[1], redirect_stdout(streams[0]), redirect_stderr(streams[1]):
            importlib.import_module("backtest.cli").main()
    except SystemExit as end:
        return int(end.code or 0)
    except Exception:  # noqa: BLE001  # what a process prints when it ends by an exception
        (folder / "err").write_text(traceback.format_exc(), encoding="utf-8")
        return 1
    finally:
        os.chdir(before)
    return 0


def _interrupted(*_given: Any, **_named: Any) -> None:
    raise KeyboardInterrupt


def forked(work: Callable[[], object]) -> int:
    """Return the process that does some work; it ends as a Python process does."""
    sys.stdout.flush()
    sys.stderr.flush()
    if pid := os.fork():
        return pid
    status = 1
    try:
        work()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:  # noqa: BLE001  # what a process prints when it ends by an exception
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def side_by_side(works: Iterable[Callable[[], object]], jobs: int) -> None:
    """Do pieces of work in processes of their own, so many at once."""
    running: set[int] = set()
    for work in works:
        if len(running) >= jobs:
            running.discard(os.wait()[0])
        running.add(forked(work))
    for pid in running:
        os.waitpid(pid, 0)


def _found(word: str, folder: Path) -> str:
    """Return a word of a command; a pattern becomes the first path below the folder that fits."""
    pattern = "*" in word and " " not in word
    return min(folder.glob(word)).relative_to(folder).as_posix() if pattern else word


def files_below(folder: Path, pattern: str) -> list[Path]:
    """Return the files below what fits a pattern; none where there is no pattern."""
    tops = folder.glob(pattern) if pattern else ()
    paths = (path for top in tops for path in (top, *top.rglob("*")))
    return [path for path in paths if path.is_file() and path.suffix not in (".pyc", *PAGES)]


def _hash(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _timeless(text: str) -> str:
    """Return a text without seconds, and without how many trials a call of a search made."""
    return Sameness().text(re.sub(r'"made": \d+', '"made": N', CLOCKED.sub(r"\1 T", text)))


def plain_pages() -> None:
    """Have pages be written without scripts and pictures, which take most of the time."""
    get_data, sheets = pkgutil.get_data, importlib.import_module("backtest.api")
    pkgutil.get_data = lambda package, name: b"" if package == "plotly" else get_data(package, name)
    sheets.draw_tearsheet = lambda _result, path, *_name, report, **_more: path.write_text(str(report), "utf-8")


def fire(target: FiringRange, kinds: Sequence[KeptFile], damages: Iterable[str], jobs: int) -> list[Shot]:
    """Try every damage on every kind; return what each command did."""
    plain_pages()
    target.build(cold={command for kept in kinds if kept.cold for command in kept.commands})
    asked = dict.fromkeys((command, kept.makes, kept.cold) for kept in kinds for command in kept.commands)
    answers, outcomes = target.scratch / "answers", target.scratch / "outcomes"
    for place in (answers, outcomes):
        place.mkdir()

    def keep_answer(number: int, command: str, makes: str, cold: bool) -> None:  # noqa: FBT001  # of a tuple
        answer = target.answer(command, makes, cold=cold)
        (answers / str(number)).write_text(json.dumps(answer), encoding="utf-8")

    side_by_side((lambda n=n, each=each: keep_answer(n, *each) for n, each in enumerate(asked)), jobs)
    sound = {
        each: CommandAnswer(*json.loads((answers / str(n)).read_text(encoding="utf-8"))) for n, each in enumerate(asked)
    }
    if bad := [f"{each[0]}: {answer.err}" for each, answer in sound.items() if answer.status]:
        sys.exit(f"fire: fails undisturbed: {bad[0]}")

    def keep_outcomes(kept: KeptFile, damage: str) -> None:
        own = {command: sound[command, kept.makes, kept.cold] for command in kept.commands}
        for outcome in target.try_damage(kept, damage, own):
            with (outcomes / f"{kept.name} {damage}".replace("/", "_")).open("a", encoding="utf-8") as file:
                file.write(json.dumps(outcome) + "\n")

    cases = [(kept, damage) for damage in damages for kept in kinds]
    side_by_side((lambda case=case: keep_outcomes(*case) for case in cases), jobs)
    lines = [line for path in outcomes.iterdir() for line in path.read_text(encoding="utf-8").splitlines()]
    found = [Shot(*json.loads(line)) for line in lines]
    if len(found) != (expected := sum(len(kept.commands) for kept, _damage in cases)):
        sys.exit(f"fire: {expected - len(found)} commands were not judged")
    return found


def main() -> None:
    """Run what the command line asks for, and print what held."""
    parser = argparse.ArgumentParser(prog="make fire", description=str(__doc__).partition("\n")[0])
    parser.add_argument("--only", default="", help="kinds whose name holds this")
    parser.add_argument("--damage", default="", help="damages whose name holds this")
    parser.add_argument("--seed", type=int, default=0, help="of the bytes that are flipped")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    began = time.perf_counter()
    kinds = [kept for kept in KEPT if given.only in kept.name]
    damages = [name for name in DAMAGES if given.damage in name and (name != "forbidden" or os.geteuid())]
    with tempfile.TemporaryDirectory(prefix="backtest-fire-") as scratch:
        found = fire(FiringRange(Path(scratch), given.seed), kinds, damages, given.jobs)
    for each in found:
        if each.result not in HELD:
            print(f"{each.kind}, {each.damage}: backtest {each.command}: {' '.join(each.result.split())}")
    for kept in kinds:
        results = Counter(each.result if each.result in HELD else "failed" for each in found if each.kind == kept.name)
        print(f"{kept.name:<36} {results.total():>4}  " + ", ".join(f"{name} {n}" for name, n in results.items()))
    held, seconds = sum(each.result in HELD for each in found), time.perf_counter() - began
    print(f"{len(kinds)} kinds of file, {len(damages)} damages: tried {len(found)}, held {held}, in {seconds:.0f} s")
    sys.exit(held < len(found))


if __name__ == "__main__":
    main()

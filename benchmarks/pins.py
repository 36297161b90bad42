"""Compare what the working tree puts out with what another commit puts out, file by file, byte for byte.

    make pins BASE=e9eef1b                               # the whole plan, on BACKTEST_TEST_MARKET or the demo data
    python -m benchmarks.pins e9eef1b --data DIR         # on real history
    python -m benchmarks.pins e9eef1b --only sweep       # the entries whose name holds "sweep"
    python -m benchmarks.pins e9eef1b --ids-changed      # ids of runs and sweeps may differ
    python -m benchmarks.pins e9eef1b --list             # the plan

Both trees are copied to folders whose paths have the same length, so that a line that holds one breaks at the same
word. The plan (``pins_plan.py``) is run in each: runs, sweeps, a walk-forward, a search, and every command's plain
text and ``--json``. The text of every error that the sources raise is compared as well. What BASE puts out is kept
in ``--cache`` and computed once. The working tree's folder is kept where something differs; its name is printed.

One line a difference, with the first line, JSON path or column that differs; exit status 1 where there is any, 2 for
a mistake. Files that only the working tree writes are listed as added, and are no difference. Pages are listed by
name: only a page that is missing is a difference. What may differ is replaced first: see ``NORMAL``, ``CLOCK`` and
``IDS`` in ``pins_compare.py``. The hash of the sources, a part of every id, is fixed while the plan runs, and a shipped
strategy is known by its file in BASE.
"""

from __future__ import annotations

import argparse
import ast
import atexit
import fcntl
import hashlib
import importlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout, suppress
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parent
HOUSE = HERE.parent
NAMES = 8  # characters of a side's folder, the same for both so that paths in texts have one length


# Running the plan


def serve(order: Path) -> None:
    """Run entries in a tree, several at once, each command in a process forked from this one: imports are paid once."""
    told = json.loads(order.read_text(encoding="utf-8"))
    tree, out = Path(told["tree"]), Path(told["out"])
    os.nice(10)
    sys.path.insert(0, str(tree))
    _fix_the_code_version(tree)
    _fix_the_shipped_strategies(Path(told["base"]))
    for library in ("pandas", "pyarrow.parquet", "numba", "pydantic", "rich.table", "typer", "exchange_calendars"):
        importlib.import_module(library)
    loaded = importlib.import_module("backtest.cli")
    if not Path(str(loaded.__file__)).is_relative_to(tree):
        sys.exit(f"{loaded.__file__} was loaded, not {tree}")
    _warm_up(told["warm_up"])
    running: dict[int, str] = {}
    waiting = list(told["entries"])
    while waiting or running:
        while waiting and len(running) < told["jobs"]:
            entry = waiting.pop(0)
            running[_forked(lambda entry=entry: _run_entry(entry, out))] = entry["name"]
        pid, status = os.wait()
        if pid in running and (name := running.pop(pid)) and status:
            sys.exit(f"{name}: the entry itself failed, status {status}")


def _warm_up(arguments: Sequence[str]) -> None:
    """Run once before forking, so that entries don't import and compile the same again: 0.7 s a run, not 3.3 s."""
    with (
        tempfile.TemporaryDirectory() as scratch,
        Path(os.devnull).open("w", encoding="utf-8") as nowhere,
        redirect_stdout(nowhere),
        redirect_stderr(nowhere),
        suppress(SystemExit),
    ):
        sys.argv = ["backtest", *arguments, "--out", scratch]
        importlib.import_module("backtest.cli").main()


def _fix_the_code_version(tree: Path) -> None:
    """Have the hash of the sources be the same for both trees: it is part of every id and of every manifest."""
    for path in tree.rglob("*.py"):
        if "def code_version" in path.read_text(encoding="utf-8") and "tests" not in path.parts:
            module = importlib.import_module(".".join(path.relative_to(tree).with_suffix("").parts))
            module.code_version = lambda: "0.0.0+000000000000"
            return
    sys.exit("no function code_version in the tree: its hash can't be left out")


def _fix_the_shipped_strategies(base: Path) -> None:
    """Have a shipped strategy be known by its file in the base: that is one of the sources, and a part of every id."""
    load = importlib.import_module("strategies.load")
    source_hash = load.source_hash
    text = (base / "strategies" / "load.py").read_text(encoding="utf-8")
    assigned = [node for node in ast.parse(text).body if isinstance(node, ast.Assign)]
    modules = next(ast.literal_eval(node.value) for node in assigned if ast.unparse(node.targets[0]) == "SHIPPED")
    files = {name: base / f"{module.replace('.', '/')}.py" for name, module in modules.items()}
    known = {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in files.items()}
    # the base's takes the class, not its name
    load.source_hash = lambda of: known.get(getattr(of, "__name__", of)) or source_hash(of)


def _forked(work: Any) -> int:
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
    except BaseException as fault:  # noqa: BLE001  # a fault of the tree's is what it puts out; its lines may move
        print(*traceback.format_exception_only(fault), sep="", file=sys.stderr)
    finally:
        atexit._run_exitfuncs()  # noqa: SLF001  # executors stop their workers there
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(status)


def _run_entry(entry: dict[str, Any], out: Path) -> None:
    began, folder = time.perf_counter(), out / entry["name"]
    shutil.rmtree(folder, ignore_errors=True)
    (console := folder / "console").mkdir(parents=True)
    for name, text in entry["files"].items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    os.chdir(folder)
    sys.path.append(str(folder))  # an axis of classes names them by module: a file's path would be part of the id
    os.environ |= {"BACKTEST_DATA": str(folder / "store")}
    for number, words in enumerate(entry["commands"]):
        arguments = [_newest(word) for word in words]
        name = f"{number:02}-{arguments[0]}"
        suffix = ".json" if "--json" in arguments or arguments[0] == "schema" else ".txt"
        streams = (console / f"{name}{suffix}", console / f"{name}.err")
        _, status = os.waitpid(_forked(lambda given=arguments, to=streams: _command(given, to)), 0)
        with streams[1].open("a", encoding="utf-8") as err:
            err.write(f"exit {os.waitstatus_to_exitcode(status)}\n")
    (out / f"{entry['name']}.done").write_text(entry["digest"], encoding="utf-8")
    print(f"  {entry['name']} {time.perf_counter() - began:.1f} s", file=sys.stderr, flush=True)


def _newest(word: str) -> str:
    """Return an argument with the folder that ``glob:runs/*`` finds in its place, ids not being known beforehand."""
    if not word.startswith("glob:"):
        return word
    return next((str(path) for path in sorted(Path().glob(word.removeprefix("glob:")))), "nothing-was-written")


def _command(arguments: Sequence[str], streams: tuple[Path, Path]) -> None:
    for number, path in enumerate(streams, 1):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(descriptor, number)
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    sys.argv = ["backtest", *arguments]
    if arguments[0] == "python":  # a snippet for the API instead of a command
        sys.path.insert(0, "")
        exec(compile(Path(arguments[1]).read_text(encoding="utf-8"), arguments[1], "exec"), {"__name__": "pinned"})  # noqa: S102
        return
    importlib.import_module("backtest.cli").main()


def run_side(side: Path, entries: Sequence[dict[str, Any]], jobs: int, data: str, base: Path) -> None:
    """Run entries in a side's tree; raises SystemExit where that can't be done."""
    from benchmarks.pins_plan import warm_up

    order, out = side / "order.json", side / "out"
    told = {"tree": str(side / "tree"), "base": str(base / "tree"), "out": str(out), "jobs": jobs, "entries": entries}
    told["warm_up"] = warm_up(data)
    order.write_text(json.dumps(told), encoding="utf-8")
    fixed = {"COLUMNS": "100", "PYTHONHASHSEED": "0", "TZ": "UTC", "TERM": "dumb", "PYTHONDONTWRITEBYTECODE": "1"}
    left_out = {"BACKTEST_DATA", "BACKTEST_TEST_MARKET", "PYTHONPATH", "NO_COLOR", "FORCE_COLOR"}
    environment = {key: value for key, value in os.environ.items() if key not in left_out}
    environment |= {**fixed, "PYTHONPATH": str(side / "tree")}  # for processes that the tree starts
    command = [sys.executable, "-P", str(HERE / "pins.py"), "--serve", str(order)]
    if status := subprocess.run(command, check=False, env=environment, cwd=side).returncode:
        sys.exit(status)


# The two sides


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], cwd=HOUSE, check=False, capture_output=True, text=True)
    if done.returncode:
        print(f"pins: {done.stderr.strip()}", file=sys.stderr)
        sys.exit(2)
    return done.stdout


def commit_of(named: str) -> str:
    """Return the hash of a commit; one that isn't there ends the process with status 2."""
    return _git("rev-parse", "--verify", f"{named}^{{commit}}").strip()


def copy_commit(commit: str, to: Path) -> None:
    """Copy a commit's tree; the clone's own list of worktrees is left alone."""
    to.mkdir(parents=True)
    packed = subprocess.Popen(["git", "archive", commit], cwd=HOUSE, stdout=subprocess.PIPE)
    subprocess.run(["tar", "-x", "-C", str(to)], stdin=packed.stdout, check=True)
    if packed.wait():
        sys.exit(2)


def copy_working_tree(to: Path) -> None:
    """Copy the working tree as it stands, without what git ignores: it may be edited while the plan runs."""
    for name in _git("ls-files", "-z", "--cached", "--others", "--exclude-standard").split("\0"):
        if name and (path := HOUSE / name).is_file():
            (to / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to / name)


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    """Hold a lock: two comparisons that share a cache compute the base once."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def prepare_base(commit: str, cache: Path, data: str, entries: list[dict[str, Any]], jobs: int) -> Path:
    """Return the base's side, its entries computed where they aren't kept."""
    # Named by the plan too: trees whose plans differ share a cache, and none may write anew what another reads.
    side = cache / commit[:NAMES] / _digest(list(_plan(data, "")))[:NAMES]
    side.mkdir(parents=True, exist_ok=True)
    with _locked(side / "lock"):
        if not (side / "tree.done").exists():
            shutil.rmtree(side / "tree", ignore_errors=True)
            copy_commit(commit, side / "tree")
            (side / "tree.done").touch()
        lacking = [entry for entry in entries if _kept(side / "out" / f"{entry['name']}.done") != entry["digest"]]
        if lacking:
            print(f"{commit[:10]}: {len(lacking)} entries to compute", file=sys.stderr)
            run_side(side, lacking, jobs, data, side)
    return side


def _kept(path: Path) -> str:
    return path.read_text(encoding="utf-8") if path.exists() else ""


def _digest(told: Any) -> str:
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()


def _plan(data: str, only: str) -> list[dict[str, Any]]:
    from benchmarks.pins_plan import plan

    entries = []
    for name, (commands, files) in plan(data).items():
        digest = _digest([commands, files, data])
        if only in name:
            entries.append({"name": name, "commands": commands, "files": files, "digest": digest})
    return entries


def _arguments() -> argparse.Namespace:
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("base", nargs="?", help="the commit to compare with")
    asked.add_argument("--data", metavar="DIR", default=os.environ.get("BACKTEST_TEST_MARKET", ""), help="real history")
    asked.add_argument("--cache", metavar="DIR", type=Path, default=Path(tempfile.gettempdir()) / "backtest-pins")
    asked.add_argument("--only", metavar="TEXT", default="", help="entries whose name holds it")
    asked.add_argument("--jobs", type=int, default=2, help="entries at once")
    asked.add_argument("--ids-changed", action="store_true", help="ids of runs and sweeps may differ")
    asked.add_argument("--list", action="store_true", help="print the plan")
    asked.add_argument("--serve", type=Path, help=argparse.SUPPRESS)
    return asked.parse_args()


def main() -> int:
    """Compare; 1 where anything differs."""
    given = _arguments()
    if given.serve:
        serve(given.serve)
        return 0
    given.data = data = str(Path(given.data).resolve()) if given.data else ""
    entries = _plan(data, given.only)
    if given.list:
        for entry in entries:
            print(entry["name"], *(f"    {' '.join(words)}" for words in entry["commands"]), sep="\n")
        print("errors\n    the text of every error that the sources raise")
        return 0
    if not given.base:
        print("pins: name the commit to compare with, as in make pins BASE=main", file=sys.stderr)
        return 2
    commit = commit_of(given.base)
    cache = given.cache.resolve()
    base = prepare_base(commit, cache, data, entries, given.jobs)
    ours = cache / f"w{os.urandom(NAMES).hex()}"[:NAMES] / base.name
    return _judge(base, ours, entries, given)


def _sources(tree: Path) -> list[str]:
    """Return the sources of every package of the product."""
    outside = {"tests", "benchmarks", "docs"}
    paths = (path for path in sorted(tree.rglob("*.py")) if path.relative_to(tree).parts[0] not in outside)
    return [path.read_text(encoding="utf-8") for path in paths]


def _judge(base: Path, ours: Path, entries: list[dict[str, Any]], given: argparse.Namespace) -> int:
    """Run the working tree's side and print how it differs."""
    copy_working_tree(ours / "tree")
    (ours / "out").mkdir()
    if entries:
        run_side(ours, entries, given.jobs, given.data, base)
    from benchmarks.pins_compare import PAGES, Sameness, compare, compare_texts, files_of, own

    same = Sameness(ids_changed=given.ids_changed)
    found, added = [], []
    for name in (entry["name"] for entry in entries):
        owned = own(base, name), own(ours, name)
        differing, more = compare(base / "out" / name, ours / "out" / name, same, owned)
        found += [f"{name}/{line}" for line in differing]
        added += [f"{name}/{file}" for file in more]
    if given.only in "errors":
        found += compare_texts(_sources(base / "tree"), _sources(ours / "tree"))
    print(*(f"added {name}" for name in added), *found, sep="\n", end="\n" if added or found else "")
    pages = sum(
        Path(name).suffix in PAGES for entry in entries for name in files_of(base / "out" / entry["name"], same)
    )
    print(f"{len(entries)} entries, {len(added)} files added, {pages} pages not compared: {len(found)} differences")
    if found:
        print(f"theirs {base / 'out'}\nours   {ours / 'out'}")
        return 1
    shutil.rmtree(ours.parent)
    return 0


if __name__ == "__main__":
    sys.exit(main())

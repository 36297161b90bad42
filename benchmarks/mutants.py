"""Change one thing in the code at a time and see whether the tests notice: `make mutants`.

What is changed, and the tests that have to notice, stand in mutants.toml. Cosmic-ray changes a copy of the tree under
build/, never the tree; what is finished is kept there, so that a run that was stopped goes on. Every mutant that no
test noticed has to be explained in docs/mutants.md, or a test has to be written.
"""

from __future__ import annotations

import argparse
import ast
import hashlib
import json
import os
import random
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cosmic_ray.work_db import WorkDB, WorkResultStorage, use_db
from cosmic_ray.work_item import MutationSpec, TestOutcome, WorkerOutcome, WorkResult

from benchmarks.pins import copy_working_tree
from data.files import locked

ROOT = Path(__file__).resolve().parents[1]
BUILD = ROOT / "build" / "mutants"
COPY = BUILD / "tree"
CONFIG = tomllib.loads((ROOT / "benchmarks" / "mutants.toml").read_text(encoding="utf-8"))
EXPLAINED = ROOT / "docs" / "mutants.md"
PYTEST = (
    *("-m", "pytest", "-q", "-x", "-o", "addopts=--import-mode=importlib", "-p", "no:cacheprovider"),
    *("-p", "_hypothesis_pytestplugin", "--hypothesis-profile=mutants"),
)
"""One process and the one plugin that these tests need: most of what a mutant takes is to start."""


def main() -> None:
    """Test the mutants of every module asked for; exit with 1 where one survived that isn't explained."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("modules", nargs="*", default=[""], help="parts of the names of the modules to change")
    parser.add_argument("--sample", type=int, metavar="N", help="N mutants of each module, drawn at random, seed 0")
    parser.add_argument("--again", action="store_true", help="test what survived once more, after a change of tests")
    options = parser.parse_args()
    chosen = [
        name for name in CONFIG["modules"] if not options.modules or any(part in name for part in options.modules)
    ]
    BUILD.mkdir(parents=True, exist_ok=True)
    try:
        with locked(BUILD, wait=False):
            left = [try_mutants(module, tests_of(module), options.sample, again=options.again) for module in chosen]
    except BlockingIOError:
        raise SystemExit("make mutants runs already: there is one copy of the tree") from None
    sys.exit(1 if sum(left) else 0)


def tests_of(module: str) -> list[str]:
    """Return the files of the tests that have to notice a module's mutants."""
    return [f"tests/{Path(module).parent.as_posix()}/{name}" for name in CONFIG["modules"][module]]


def try_mutants(module: str, tests: list[str], sample: int | None, *, again: bool) -> int:
    """Test the mutants of a module that are left, print what came of all, return how many survived unexplained."""
    shutil.rmtree(COPY, ignore_errors=True)
    copy_working_tree(COPY)
    check_copy(module, tests)
    source = (ROOT / module).read_bytes()
    name = f"{module.removesuffix('.py').replace('/', '-')}-{hashlib.sha256(source).hexdigest()[:12]}"
    session, config = BUILD / f"{name}.sqlite", BUILD / f"{name}.toml"
    config.write_text(cosmic_ray_config(module, tests), encoding="utf-8")
    if not session.exists():
        made = session.with_suffix(".new")
        cosmic_ray("init", config, made)
        made.rename(session)
    with use_db(session, WorkDB.Mode.open) as work:
        choose(work, module, sample, again=again)
    cosmic_ray("exec", config, session)
    with use_db(session, WorkDB.Mode.open) as work:
        return report(work, module)


def check_copy(module: str, tests: list[str]) -> None:
    """Run the tests on the unchanged copy: they have to pass, and to import the copy's module."""
    name = module.removesuffix(".py").replace("/", ".")

    def ran(*words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, *words]
        return subprocess.run(command, cwd=COPY, check=False, capture_output=True, text=True, env=environment())

    found = ran("-c", f"import {name} as found; print(found.__file__)")
    found.check_returncode()
    if Path(found.stdout.strip()) != COPY / module:
        raise SystemExit(f"{name} is imported from {found.stdout.strip()}, not from the copy")
    passed = ran(*PYTEST, *tests)
    if passed.returncode:
        raise SystemExit(f"the tests of {module} fail before anything is changed:\n{passed.stdout}")
    for cached in (COPY / module).parent.glob(f"__pycache__/{Path(module).stem}.*"):
        cached.unlink()  # else it would stand for a mutant of the same size and second


def environment() -> dict[str, str]:
    """Return what the tests run under: their own cache of compiled code, which mutants may add to."""
    return os.environ | {"XDG_CACHE_HOME": str(BUILD / "cache"), "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}


def cosmic_ray(command: str, *arguments: Path) -> None:
    """Run a command of cosmic-ray in the copy."""
    tool = Path(sys.executable).with_name("cosmic-ray")
    subprocess.run([tool, command, *arguments], cwd=COPY, check=True, env=environment())


def cosmic_ray_config(module: str, tests: list[str]) -> str:
    """Return cosmic-ray's configuration of one module."""
    command = json.dumps(shlex.join([sys.executable, *PYTEST, *tests]))
    return (
        f'[cosmic-ray]\nmodule-path = "{module}"\ntimeout = {CONFIG["timeout"]}\nexcluded-modules = []\n'
        f'test-command = {command}\ndistributor.name = "local"\n'
    )


def choose(work: WorkDB, module: str, sample: int | None, *, again: bool) -> None:
    """Set aside the mutants that aren't tested this time, and put back those that are."""
    wanted = re.compile("|".join(f"core/(?:{pattern})$" for pattern in CONFIG["operators"]))
    hidden = list(annotations((ROOT / module).read_text(encoding="utf-8")))
    testable = sorted(
        (item for item in work.work_items if is_testable(item.mutations[0], wanted, hidden)),
        key=lambda item: place(item.mutations[0]),
    )
    chosen = random.Random(0).sample(testable, min(sample or len(testable), len(testable)))  # noqa: S311
    ids = {item.job_id for item in chosen}
    done = dict(work.results)
    retried = {job for job, result in done.items() if again and result.test_outcome is TestOutcome.SURVIVED}
    put_back = {job for job, result in done.items() if result.worker_outcome is WorkerOutcome.SKIPPED} & ids
    forget(work, (retried & ids) | put_back)
    aside = [item.job_id for item in work.work_items if item.job_id not in ids | done.keys()]
    work.set_multiple_results(aside, WorkResult(WorkerOutcome.SKIPPED))


def forget(work: WorkDB, jobs: set[str]) -> None:
    """Delete results, so that these mutants are tested."""
    with work._session_maker.begin() as session:  # noqa: SLF001  # it has no public way to
        for job in jobs:
            session.query(WorkResultStorage).filter_by(job_id=job).delete()


def is_testable(mutation: MutationSpec, wanted: re.Pattern[str], hidden: list[tuple[Any, Any]]) -> bool:
    """Return whether a mutant's operator is wanted and what it changes is run: an annotation never is."""
    start, end = mutation.start_pos, mutation.end_pos
    return bool(wanted.match(mutation.operator_name)) and not any(a <= start and end <= b for a, b in hidden)


def annotations(source: str) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Yield where annotations begin and end, as line and column."""
    for node in ast.walk(ast.parse(source)):
        for note in (getattr(node, "annotation", None), getattr(node, "returns", None)):
            if isinstance(note, ast.expr):
                yield (note.lineno, note.col_offset), (note.end_lineno or 0, note.end_col_offset or 0)


def place(mutation: MutationSpec) -> tuple[Any, ...]:
    """Return what mutants are sorted by."""
    return mutation.start_pos, mutation.operator_name, mutation.occurrence


def report(work: WorkDB, module: str) -> int:
    """Print a module's counts and what survived; return how many of those docs/mutants.md doesn't explain."""
    explained = EXPLAINED.read_text(encoding="utf-8").partition(f"### {module}\n")[2].partition("\n### ")[0]
    tested = [
        (item.mutations[0], result)
        for item, result in work.completed_work_items
        if result.worker_outcome is not WorkerOutcome.SKIPPED
    ]
    counts = Counter(result.test_outcome for _, result in tested)
    survived = sorted((m for m in tested if m[1].test_outcome is TestOutcome.SURVIVED), key=lambda m: place(m[0]))
    lines = [(mutation, changed(result.diff or "")) for mutation, result in survived]
    unexplained = [(mutation, line) for mutation, line in lines if line not in explained]
    print(
        f"{module}: {len(tested)} mutants, {counts[TestOutcome.KILLED] + counts[TestOutcome.INCOMPETENT]} killed,"
        f" {len(survived)} survived, {len(unexplained)} of them unexplained",
        flush=True,
    )
    for mutation, line in unexplained:
        print(f"  {module}:{mutation.start_pos[0]} {line}")
    return len(unexplained)


def changed(diff: str) -> str:
    """Return what a mutant changes, on one line: ``a < b`` becomes ``a <= b``."""
    lines = [line for line in diff.splitlines() if not line.startswith(("---", "+++", "@@"))]
    before, after = (" ".join(line[1:].strip() for line in lines if line.startswith(sign)) for sign in "-+")
    return f"`{before}` -> `{after}`"


if __name__ == "__main__":
    main()

"""The compiled twins do what the plain functions do, to the last bit of every order."""

import ast
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from worlds import laid_out, source
from worlds import settings as drawn_settings

from data.cache import DiskCache
from engine.kernel import compiled as kernel
from engine.kernel import decisions, loop
from engine.kernel.compiled import SOURCES, compiled, twin


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_the_compiled_run_is_the_plain_run(keys, seed):
    setup = laid_out(keys, source(seed))

    ours = loop.run_policy(setup.prices, setup.terms, setup.plan)
    twins = compiled().run_policy(setup.prices, setup.terms, setup.plan)
    again = compiled().replay(setup.prices, setup.terms, ours)

    for theirs in (twins, again):
        assert theirs.last == ours.last
        np.testing.assert_allclose(theirs.equity, ours.equity, rtol=1e-12)
        np.testing.assert_array_equal(np.sign(theirs.traded), np.sign(ours.traded))
        np.testing.assert_array_equal(theirs.ordered, ours.ordered)
    np.testing.assert_array_equal(twins.actions[:, -1], ours.actions[:, -1])


@settings(max_examples=60, deadline=None)
@given(keys=drawn_settings(), seed=st.integers(0, 10_000))
def test_decisions_without_a_book_are_those_with_one(keys, seed):
    setup = laid_out(keys | {"hedge.rebalance": "weekly"}, source(seed))
    ledger = loop.run_policy(setup.prices, setup.terms, setup.plan)

    plan, none = setup.plan, np.zeros((1, 4), np.int64)
    rows = [np.ascontiguousarray(values.T) for values in (plan.intensity, plan.size, plan.hedge_due)]
    for decide in (decisions.decisions, compiled().decisions):
        found = decide(setup.prices, plan, *rows, none)
        at, on = found.at[0, : found.orders[0]], found.on[0, : found.orders[0]]
        kept = at < ledger.last
        assert at[kept].tolist() == np.flatnonzero(ledger.ordered[: ledger.last]).tolist()
        held = ledger.hedges[at[kept & on]]
        assert (held > 0).all() or setup.plan.size.min() <= 0 or np.isnan(setup.plan.size).any()
        if ledger.last == len(ledger.equity) - 1:
            assert found.entries[0] == np.count_nonzero(ledger.actions[:, -1] == 1)


@pytest.mark.parametrize("module", SOURCES)
def test_what_is_compiled_is_kept_by_the_bytes_of_all_that_it_takes_in(module):
    """Constants are compiled in: of rooms with rules, nothing may be imported that isn't a source itself."""
    tree = ast.parse(Path(module.__file__).read_text(encoding="utf-8"))
    imported = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}

    assert {name for name in imported if name.startswith(("engine", "strategies"))} <= {one.__name__ for one in SOURCES}


def test_no_twin_is_kept_by_numba_itself():
    """Its own cache falls back to a folder beside the source, and there goes by one source alone."""
    assert {type(made._cache) for made in compiled()} == {kernel.MachineCode}


def test_another_byte_of_a_source_is_another_folder(tmp_path, monkeypatch):
    source, folders = ModuleType("source"), []
    source.__file__ = str(tmp_path / "source.py")
    monkeypatch.setattr(kernel, "SOURCES", (*SOURCES, source))
    for text in ("LEAST = 1", "LEAST = 2"):
        Path(source.__file__).write_text(text, encoding="utf-8")
        folders.append(kernel._folder())

    assert folders[0] != folders[1]


# Kept on disk


def replay(values):
    """Stand for a function that Python calls: its twin gets a wrapper by its name."""
    total = 0.0
    for value in values:
        total += value
    return total


@pytest.fixture
def sums(tmp_path, monkeypatch):
    """The sum of 1.5 and 2.5 as a new process has it compiled, with how often it found the code in the cache."""
    monkeypatch.setattr(kernel, "user_cache", lambda: DiskCache(tmp_path / "cache"))

    def of():
        made = twin(replay, {}, "kernel-0")
        return made(np.array([1.5, 2.5])), sum(made._cache_hits.values())

    return of


def test_machine_code_is_read_where_it_was_kept(sums):
    assert [sums(), sums()] == [(4.0, 0), (4.0, 1)]


SWEEP = """
import sys
from backtest.cli import main
try:
    main()
finally:
    from numba.core.runtime import rtsys
    print("compiler:", rtsys._init or "numba.np.linalg" in sys.modules)
"""


def test_what_is_kept_runs_where_nothing_is_compiled(tmp_path):
    """A name that loaded code needs, and that isn't known, ends the process."""
    asked = "sweep", "hedge_soxs.yaml", "--data", "demo", "--param", "hedge.weight=0.1,0.2", "--answer"
    first, again = (
        subprocess.run(
            [sys.executable, "-c", SWEEP, *asked, "--out", str(tmp_path / out)],
            check=False,
            capture_output=True,
            text=True,
        )
        for out in ("first", "again")
    )

    assert (first.returncode, again.returncode) == (0, 0), first.stderr + again.stderr
    assert again.stdout.splitlines()[-1] == "compiler: False"
    (one,), (other,) = (sorted((tmp_path / out).glob("*/results.parquet")) for out in ("first", "again"))
    assert one.read_bytes() == other.read_bytes()


@pytest.mark.parametrize("damage", ["empty", "cut", "flipped", "garbage", "another's"])
def test_damaged_machine_code_is_made_again(sums, tmp_path, damage):
    sums()
    (file,) = (tmp_path / "cache" / "kernel-0").iterdir()
    whole = file.read_bytes()
    flipped = np.frombuffer(whole, np.uint8).copy()
    flipped[np.random.default_rng(5).integers(0, len(whole), 100)] ^= 0xFF
    file.write_bytes(
        {"empty": b"", "cut": whole[: len(whole) // 2], "flipped": flipped.tobytes(), "garbage": b"garbage" * 9}.get(
            damage, whole[:32] + b"another's"
        )
    )

    assert [sums(), sums()] == [(4.0, 0), (4.0, 1)]


def test_without_a_cache_it_is_compiled_and_nothing_is_kept_beside_the_sources(sums, tmp_path, capsys):
    (tmp_path / "cache").write_text("a file where the folder should be")

    assert [sums(), sums()] == [(4.0, 0), (4.0, 0)]
    assert "can't be used as a cache" in capsys.readouterr().err
    assert [*Path(__file__).parent.rglob("*.nb[ic]")] == []


def test_code_for_other_types_is_another_file(sums, tmp_path):
    sums()
    twin(replay, {}, "kernel-0")(np.array([1, 2]))
    assert len([*(tmp_path / "cache" / "kernel-0").iterdir()]) == 2

"""The same bytes on every processor: BLAS and numpy are made to take another one's way, in processes of their own."""

import contextlib
import hashlib
import io
import os
import subprocess
import sys
import tempfile
from functools import lru_cache
from pathlib import Path

import numpy as np
import pytest
from numpy._core import _multiarray_umath as umath

from backtest.cli import app

ROOT = Path(__file__).resolve().parents[2]
MACHINES = {
    "of 2004": ("Prescott", ("SSE3",), ()),
    "of 2011": ("Sandybridge", ("AVX",), ()),
    "of 2013": ("Haswell", ("AVX2", "FMA3"), ("AVX", "AVX2", "FMA3", "F16C", "X86_V3")),
    "of 2017": ("SkylakeX", ("AVX512F",), umath.__cpu_dispatch__),
}
"""OpenBLAS's kernel; what a processor has to have for it; and by which of its own instructions numpy still goes."""

CHOSEN = ("OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES")
"""Some machines come with one of these set."""

SPAN = ("--start", "2018-01-02", "--end", "2020-12-31")
BOOK = ("--set", "portfolio.core={SOXX: 0.5, CHIP01: 0.3, CHIP02: 0.2}", "--set", "hedge.sizing=volatility_target")
COMMANDS = (
    ("run", "hedge_soxs_volatility.yaml", *SPAN, *BOOK, "--no-tearsheet", "--no-report", "--out", "runs"),
    (
        "sweep",
        "hedge_soxs.yaml",
        *SPAN,
        "--param",
        "hedge.weight=0.05:0.4:0.05",
        "--param",
        "policy.min_hold=0,5",
        "--out",
        "sweeps",
    ),
    ("study", "hedge_soxs.yaml", *SPAN, "--json"),
)


def digests():
    """Return the hash of what each command prints, and of each file that it leaves, where ids hold no path."""
    told = []
    for words in COMMANDS:
        with contextlib.redirect_stdout(io.StringIO()) as out, contextlib.redirect_stderr(io.StringIO()):
            app(words, standalone_mode=False)
        if "--json" in words:
            told.append(f"{words[0]} {hashlib.sha256(out.getvalue().encode()).hexdigest()}")
    files = sorted(path for path in Path().rglob("*") if path.suffix in (".parquet", ".csv", ".json", ".yaml"))
    told.extend(f"{path.as_posix()} {hashlib.sha256(path.read_bytes()).hexdigest()}" for path in files)
    return told


def digests_elsewhere(**environment):
    """Return them of a process of its own, which runs this file."""
    kept = {name: value for name, value in os.environ.items() if name not in CHOSEN}
    ran = subprocess.run(
        [sys.executable, "-P", "-W", "ignore", __file__],
        env={**kept, "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


@lru_cache(maxsize=1)
def digests_here():
    return digests_elsewhere()


def test_what_is_compared_is_there():
    assert sum("runs/" in line for line in digests_here()) >= 6
    assert any("results.parquet" in line for line in digests_here())


@pytest.mark.parametrize("machine", MACHINES)
def test_no_processor_changes_a_byte(machine):
    kernel, needed, used = MACHINES[machine]
    blas = np.show_config(mode="dicts")["Build Dependencies"]["blas"]["name"]
    if "openblas" not in blas.lower():
        pytest.skip(f"numpy's BLAS is {blas}, which takes no kernel by name")
    if not all(umath.__cpu_features__.get(feature) for feature in needed):
        pytest.skip(f"this processor lacks {' or '.join(needed)}")
    newer = [one for one in umath.__cpu_dispatch__ if umath.__cpu_features__.get(one) and one not in used]

    assert digests_elsewhere(OPENBLAS_CORETYPE=kernel, NPY_DISABLE_CPU_FEATURES=" ".join(newer)) == digests_here()


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as folder, contextlib.chdir(folder):
        print("\n".join(digests()))

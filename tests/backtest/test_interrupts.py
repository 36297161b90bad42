"""SIGINT and SIGTERM end a command with status 130 and one line, whatever code they come upon."""

import os
import signal
import subprocess
import sys
import time

import pytest
from command import ROOT, Answer, ended, started

LINE = "interrupted: nothing was left half-written\n"
OURS = """\
import os, signal, sys, time
from pathlib import Path
from backtest import interrupts
from data.files import write_whole

def interrupt():
    os.kill(os.getpid(), signal.{number})
    time.sleep(0.05)

with interrupts.interruptible():
"""
"""What a command is: the last thing a process does."""


def answer(body, number="SIGINT", before=None):
    indented = "".join(f"    {line}\n" for line in body.splitlines())
    done = subprocess.run(
        [sys.executable, "-c", OURS.format(number=number) + indented],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
        preexec_fn=before,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


SWALLOWED = "try:\n    interrupt()\nexcept:\n    pass\n"
DESTRUCTOR = """\
class Library:
    def __del__(self):
        interrupt()
Library()
time.sleep(5)
"""


@pytest.mark.parametrize("number", ["SIGINT", "SIGTERM"])
@pytest.mark.parametrize(
    "body",
    {
        "it comes through": "interrupt()",
        "a library swallows it": SWALLOWED,
        "a library makes another error of it": "try:\n    interrupt()\nexcept:\n    raise RuntimeError('odd')",
        "Python swallows it": DESTRUCTOR,
        "it comes twice": "try:\n    interrupt()\nfinally:\n    interrupt()",
        "the command has its own way to end": f"{SWALLOWED}sys.exit(2)",
        "the command told of it": f"sys.stderr.write({LINE!r})\ntry:\n    interrupt()\nexcept:\n    sys.exit(130)",
    }.values(),
)
def test_it_ends_with_130_and_one_line(body, number):
    assert answer(body, number) == Answer(130, "", LINE)


def test_it_ends_with_130_as_a_module_too(tmp_path):
    """Of ``python -m``, Python kills itself by SIGINT at its end where the interrupt came while text was executed."""
    (tmp_path / "fired.py").write_text(f"{OURS.format(number='SIGTERM')}    exec('interrupt()')\n")
    path = os.pathsep.join([str(tmp_path), str(ROOT)])
    done = subprocess.run(
        [sys.executable, "-m", "fired"],
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert Answer(done.returncode, done.stdout, done.stderr) == Answer(130, "", LINE)


def test_it_ends_where_nobody_reads_the_error_stream():
    assert answer("sys.stderr.close()\ninterrupt()").status == 130


def test_one_that_goes_on_regardless_ends_when_its_grace_is_over():
    began = time.perf_counter()
    assert answer(f"interrupts.GRACE = 0.3\n{SWALLOWED}time.sleep(20)") == Answer(130, "", LINE)
    assert time.perf_counter() - began < 10


def test_what_was_made_after_it_was_swallowed_is_not_published(tmp_path):
    publish = f"write_whole(Path({str(tmp_path / 'file')!r}), lambda path: path.write_text('less'))"
    assert answer(f"{SWALLOWED}{publish}\nprint('published')") == Answer(130, "", LINE)
    assert [*tmp_path.iterdir()] == []


def test_what_libraries_say_of_such_an_exit_is_not_shown(tmp_path):
    closing = f"def close():\n    Path({str(tmp_path / 'closed')!r}).touch()\n    raise RuntimeError('not begun')\n"
    assert answer(f"import atexit\n{closing}atexit.register(close)\nprint('begun')\ninterrupt()") == Answer(
        130, "begun\n", LINE
    )
    assert (tmp_path / "closed").exists()


def test_after_its_end_a_command_is_not_interrupted():
    assert answer("import atexit\natexit.register(interrupt)\nprint('done')") == Answer(0, "done\n", "")


def test_what_was_started_to_ignore_ctrl_c_ignores_it():
    def ignore():
        signal.signal(signal.SIGINT, signal.SIG_IGN)

    assert answer("interrupt()\nprint('done')", before=ignore) == Answer(0, "done\n", "")
    assert answer("interrupt()\nprint('done')", "SIGTERM", before=ignore) == Answer(130, "", LINE)


def test_other_errors_are_what_they_were():
    failed = answer("1 / 0")
    assert failed.status == 1
    assert failed.err.splitlines()[-1] == "ZeroDivisionError: division by zero"
    assert "Exception ignored" in answer("class Odd:\n    def __del__(self):\n        1 / 0\nOdd()").err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM], ids=lambda number: number.name)
def test_the_command_is_interrupted_while_it_is_imported(number):
    code = "import os\nclass Importing:\n    def find_spec(self, name, *_):\n"
    code += f"        if name == 'typer': os.kill(os.getpid(), {int(number)})\nsys.meta_path.insert(0, Importing())"
    assert ended(started("--version", before=code)) == Answer(130, "", LINE)

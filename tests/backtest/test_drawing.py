"""Tear-sheets by a second process: the same bytes, whatever becomes of it; its errors are a page's own."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from command import ROOT, command

from backtest.drawing import Beside, Here, drawn_beside
from data.errors import UserError
from reports import tearsheet

SESSIONS = np.busday_offset("2015-01-02", np.arange(300), roll="forward").astype("datetime64[D]")


def charts(seed=3, **words):
    """The charts of two made-up books."""
    hedged, benchmark = 0.01 * np.random.default_rng(seed).standard_normal((2, len(SESSIONS))) + 0.0005
    named = {"title": "A run", "name": "Hedge", "benchmark_name": "Unhedged", "cash_rate": 0.01}
    rest = {"sessions_a_year": 252.0, "synthetic": None}
    return {"sessions": SESSIONS, "hedged": hedged, "benchmark": benchmark, **named, **rest, **words}


def never(*_given, **_page):
    raise AssertionError("drawn in this process")


def test_pages_are_the_same_bytes_as_drawn_here(tmp_path, monkeypatch):
    """The first has its charts drawn ahead; the second has the same names but another book."""
    pages = [(charts(), {"verdict": "It paid.", "report": "report.html"}), (charts(4), {"notes": ["SIMULATED"]})]
    for i, (charted, words) in enumerate(pages):
        Here().draw(tmp_path / f"here{i}.html", **charted, **words)
    monkeypatch.setattr(tearsheet, "write_tearsheet", never)
    monkeypatch.chdir(tmp_path)  # the process was started elsewhere
    with drawn_beside() as drawing:
        assert isinstance(drawing, Beside)
        drawing.ahead(**charts())
        for i, (charted, words) in enumerate(pages):
            drawing.draw(Path(f"beside{i}.html"), **charted, **words)
        drawing.begin()
        drawing.finish()
    assert drawing.process.exitcode == -signal.SIGKILL  # to end by itself would take it half a second
    for i in range(2):
        assert (tmp_path / f"beside{i}.html").read_bytes() == (tmp_path / f"here{i}.html").read_bytes()


def test_what_a_killed_process_left_is_drawn_here(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(tearsheet, "write_tearsheet", lambda path, **_page: drawn.append(path.name))
    with drawn_beside() as drawing:
        drawing.process.kill()
        drawing.process.join()
        drawing.ahead(**charts())
        drawing.draw(tmp_path / "page.html", **charts())
        drawing.begin()
        drawing.finish()
    assert drawn == ["page.html"]


def test_what_is_wrong_with_a_page_is_raised_here(tmp_path):
    none = {"sessions": SESSIONS[:0], "hedged": np.empty(0), "benchmark": np.empty(0)}
    with drawn_beside() as drawing:
        drawing.ahead(**charts(**none))
        drawing.draw(tmp_path / "page.html", **charts(**none))
        drawing.begin()
        with pytest.raises(UserError, match="needs two sessions or more"):
            drawing.finish()
    assert not [*tmp_path.iterdir()]


def test_an_error_ends_the_process():
    kept = []

    def run():
        with drawn_beside() as drawing:
            kept.append(drawing)
            raise ValueError("the run")

    with pytest.raises(ValueError, match="the run"):
        run()
    (drawing,) = kept
    assert drawing.process.exitcode == -signal.SIGKILL


def test_where_no_process_can_be_started_pages_are_drawn_here(monkeypatch):
    def refuse(_process):
        raise BlockingIOError("no more processes")

    monkeypatch.setattr("multiprocessing.context.SpawnProcess.start", refuse)
    with drawn_beside() as drawing:
        assert isinstance(drawing, Here)


def test_a_mistake_in_the_run_is_its_one_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    answer = command("run", "nowhere.yaml")
    assert (answer.status, answer.err.count("\n")) == (2, 1)


@pytest.mark.skipif(os.name == "nt", reason="sends a signal to a group of processes")
def test_ctrl_c_ends_both_processes_with_one_line(tmp_path):
    """It reaches the whole group; only the command says something of it."""
    before = "import engine.runs.execute as e, os, signal\n"
    before += "e.evaluate = lambda *_: os.killpg(0, signal.SIGINT)"
    code = f"import sys\nfrom backtest.__main__ import main\n{before}\nmain()"
    typed = ("run", "hedge_soxs.yaml", "--start", "2020-01-01", "--end", "2020-06-30")
    done = subprocess.run(
        [sys.executable, "-P", "-c", code, *typed],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        start_new_session=True,
    )
    assert (done.returncode, done.stderr) == (130, "interrupted: nothing was left half-written\n")
    assert not [*tmp_path.rglob("*.html")]

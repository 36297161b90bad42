"""A run that is killed goes on where it was, to the same page whoever computes."""

import json
import math

import numpy as np
import pytest

from benchmarks.calibration import plan
from benchmarks.calibration.page import Origin, page
from benchmarks.calibration.plan import Row, chunks_of, rows_of, with_fund, with_timing
from benchmarks.calibration.planted import Design
from benchmarks.calibration.returns import REAL, Moves, Pool
from benchmarks.calibration.run import cache_folder, finish, finished, history, keep, kept
from benchmarks.calibration.trial import FEW, FULL, NO_VERDICT, judged, trial
from engine.research.executors import Processes, Threads

ROWS = {Row(Design(years=8), NO_VERDICT): 7, Row(Design("clustered", "trend", years=8), NO_VERDICT): 6}
CHUNKS = chunks_of(ROWS)


class Killed:
    """Computes so many chunks and is gone."""

    def __init__(self, after):
        self.after, self.computed = after, 0

    def run(self, job, chunks):
        answer = job.open(1)
        for chunk in chunks:
            if self.computed == self.after:
                raise KeyboardInterrupt
            self.computed += 1
            yield chunk, answer(chunk)


def test_chunks_are_of_one_row_and_all_rows_come_as_far():
    assert [len(chunk) for chunk in CHUNKS] == [5, 5, 2, 1]
    assert all(len({(design, effort) for design, _number, effort in chunk}) == 1 for chunk in CHUNKS)
    assert [chunk[0][1] for chunk in CHUNKS] == [0, 0, 5, 5]


def test_rows_that_differ_in_the_fund_alone_go_together_and_share_their_timing():
    rows = {Row(with_fund(Design(years=8), size), NO_VERDICT): 2 for size in (-0.02, 0.02)}
    rows[Row(with_timing(Design(years=8), 0.02), NO_VERDICT)] = 1
    together, alone = chunks_of(rows)
    known = {}
    trials = [trial(None, *market, known) for market in together]

    assert [(design.fund, number) for design, number, _effort in together] == [
        (-0.02, 0),
        (0.02, 0),
        (-0.02, 1),
        (0.02, 1),
    ]
    assert [design.timing for design, _number, _effort in alone] == [0.02]
    assert len(known) == 2
    assert repr(judged(None, together)) == repr(trials) == repr([trial(None, *market) for market in together])
    assert trials[0].fund != trials[1].fund


def test_a_killed_run_goes_on_where_it_was(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        finish(CHUNKS, None, Killed(2), tmp_path)
    reached = finished(ROWS, tmp_path)
    rest = Killed(99)
    finish(CHUNKS, None, rest, tmp_path)
    whole = finished(ROWS, tmp_path)
    finish(CHUNKS, None, Killed(0), tmp_path)  # nothing is left to compute

    assert [len(trials) for trials in reached.values()] == [5, 5]
    assert rest.computed == len(CHUNKS) - 2
    for row, trials in whole.items():
        assert repr(trials) == repr([trial(None, row.design, number, row.effort) for number in range(ROWS[row])])


def test_a_page_is_the_same_whoever_computes(tmp_path):
    design = Design(rebalance="never")
    rows = {
        Row(design, FEW): 6,
        Row(design, NO_VERDICT): 2,
        Row(plan.AGREE_IN[0], FULL): 1,
        Row(plan.AGREE_IN[0], FEW): 1,
    }
    pages = []
    for name, executor in (("threads", Threads(1)), ("processes", Processes(2))):
        finish(chunks_of(rows), None, executor, tmp_path / name)
        pages.append(page(finished(rows, tmp_path / name), Origin("code", "", "none", rows)))

    assert pages[0] == pages[1]
    assert "| independent | random spells | never | 6 |" in pages[0]


def test_what_lies_behind_a_gap_waits(tmp_path):
    for chunk in (CHUNKS[0], CHUNKS[3]):
        keep(tmp_path, chunk, [trial(None, *one) for one in chunk])

    assert {row.design.signal: len(trials) for row, trials in finished(ROWS, tmp_path).items()} == {"random": 5}


def test_figures_keep_every_bit(tmp_path):
    trials = [trial(None, *one) for one in CHUNKS[3]]
    keep(tmp_path, CHUNKS[3], trials)

    assert math.isnan(trials[0].gap)
    assert repr(kept(tmp_path, CHUNKS[3])) == repr(trials)
    assert len(json.loads(next(tmp_path.glob("*.json")).read_text())) == 1
    assert kept(tmp_path, CHUNKS[2]) is None


def test_without_history_real_rows_are_left_out_and_it_is_said(tmp_path):
    (tmp_path / "bars").mkdir()
    pool, lacking = history(str(tmp_path))

    assert pool is None
    assert "SOXX" in lacking
    assert str(tmp_path) not in lacking
    assert not any(row.design.returns == REAL for row in rows_of(4, 2, 10, real=False))
    assert any(row.design.returns == REAL for row in rows_of(4, 2, 10, real=True))


def test_the_plan_is_the_one_promised():
    rows = rows_of(plan.MARKETS, plan.POWER_MARKETS, plan.AGREE_MARKETS, real=True)
    full = [count for row, count in rows.items() if row.effort == FULL]

    assert {count for row, count in rows.items() if row.design in plan.NULLS and row.effort == FEW} == {800}
    assert {count for row, count in rows.items() if row.effort == NO_VERDICT} == {200}
    assert sum(full) == 50


def test_other_history_is_another_folder(monkeypatch, tmp_path):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))

    pools = [None, *(Pool(Moves(np.zeros(3), np.zeros(3)), "", digest) for digest in ("a", "b"))]

    assert len({cache_folder(pool) for pool in pools}) == 3
    assert all(cache_folder(pool).parent.parent == tmp_path for pool in pools)

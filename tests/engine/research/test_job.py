"""Parts that were cut short, or changed since they were written, are computed again; whole ones are kept."""

from pathlib import Path
from threading import Thread

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from backtest import load_config
from data.files import CHECKSUMS
from engine.research import combinations
from engine.research.executors import Threads
from engine.research.grid import grid_of
from engine.research.job import MANIFEST, Parts, join
from engine.research.overfitting.findings import FILE
from engine.research.sweep import sweep
from engine.runs.results import RESULTS

AXES = ["trend_days=10:80:10", "hedge.weight=0.1,0.3"]


def flipped(content):
    """Change one bit in the middle, which Parquet reads without complaint."""
    at = len(content) // 2
    return content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :]


DAMAGES = {"cut short": lambda content: content[:-20], "changed": flipped, "emptied": lambda _content: b""}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_part_that_is_not_what_was_written_is_not_found(tmp_path, damage):
    parts = Parts(tmp_path)
    paths = [parts.write(f"00000{k}", pa.table({"failed": [None, f"why {k}"]})) for k in range(2)]
    paths[0].write_bytes(damage(paths[0].read_bytes()))

    assert parts.finished() == {"000001": paths[1]}
    assert not paths[0].exists()


@pytest.mark.parametrize("put", [Path.mkdir, lambda path: path.symlink_to(path.name)], ids=["a folder", "a loop"])
def test_what_cannot_be_read_in_place_of_a_part_is_removed(tmp_path, put):
    parts = Parts(tmp_path)
    part = parts.write("000000", pa.table({"failed": [None]}))
    part.unlink()
    put(part)

    assert parts.finished() == {}
    assert parts.write("000000", pa.table({"failed": [None]})) == part


def test_a_part_under_another_parts_name_is_not_found(tmp_path):
    parts = Parts(tmp_path)
    first = parts.write("000000", pa.table({"failed": [None]}))
    first.rename(tmp_path / first.name.replace("000000", "000001"))

    assert parts.finished() == {}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_a_damaged_part_alone_is_computed_again(tmp_path, monkeypatch, damage):
    monkeypatch.setattr(combinations, "CHUNK", 4)
    config = load_config("hedge_soxs.yaml", ["start=2020-01-02", "end=2020-12-31"])
    grid, computed = grid_of(config, AXES), []

    class Noting(Threads):
        def run(self, job, asked):
            for chunk, answer in super().run(job, asked):
                computed.append(chunk.number)
                yield chunk, answer

    def stopping(_rows):
        if len(computed) == 3:
            raise KeyboardInterrupt

    whole = sweep(config, grid, tmp_path / "whole").results.read_bytes()
    with pytest.raises(KeyboardInterrupt):
        sweep(config, grid, tmp_path / "cut", progress=stopping, executor=Noting(1))
    (part,) = tmp_path.glob("cut/*/parts/000001-*.parquet")
    part.write_bytes(damage(part.read_bytes()))

    again = sweep(config, grid, tmp_path / "cut", executor=Noting(1))

    assert computed == [0, 1, 2, 1, 3]
    assert again.results.read_bytes() == whole


@pytest.mark.parametrize("name", [RESULTS, FILE, MANIFEST])
def test_a_finished_sweep_whose_file_has_changed_is_computed_again(tmp_path, name):
    config = load_config("hedge_soxs.yaml", ["start=2020-01-02", "end=2020-12-31"])
    grid = grid_of(config, AXES)
    whole = sweep(config, grid, tmp_path).folder / name
    content = whole.read_bytes()
    whole.write_bytes(flipped(content))

    sweep(config, grid, tmp_path)

    assert whole.read_bytes() == content


def test_a_sweep_without_its_checksums_is_computed_again(tmp_path):
    config = load_config("hedge_soxs.yaml", ["start=2020-01-02", "end=2020-12-31"])
    grid = grid_of(config, AXES)
    result = sweep(config, grid, tmp_path)
    content = result.results.read_bytes()
    for name in (CHECKSUMS, RESULTS):
        (result.folder / name).unlink()

    assert sweep(config, grid, tmp_path).results.read_bytes() == content


def test_what_a_killed_sweep_left_half_written_is_gone_when_it_has_gone_on(tmp_path):
    config, axes = load_config("hedge_soxs.yaml", ["start=2020-01-02", "end=2020-06-30"]), ["trend_days=10,20"]
    folder = sweep(config, grid_of(config, axes), tmp_path, executor=Threads(1)).folder
    whole = {path.name for path in folder.iterdir()}
    (folder / MANIFEST).unlink()
    (folder / f".{RESULTS}.0123abcd.tmp").write_bytes(b"half")

    sweep(config, grid_of(config, axes), tmp_path, executor=Threads(1))

    assert {path.name for path in folder.iterdir()} == whole


def test_the_second_of_two_sweeps_waits_for_the_first(tmp_path, monkeypatch):
    monkeypatch.setattr(combinations, "CHUNK", 4)
    config = load_config("hedge_soxs.yaml", ["start=2020-01-02", "end=2020-12-31"])
    grid, counts, seconds = grid_of(config, AXES), [], []
    second = Thread(target=lambda: seconds.append(sweep(config, grid, tmp_path, progress=counts.append)))

    def start_second(_rows):
        if second.ident is None:
            second.start()

    first = sweep(config, grid, tmp_path, progress=start_second)
    second.join()

    assert seconds[0].results == first.results
    assert counts == [len(grid)]  # it found the other's


def test_parts_are_joined_into_row_groups_behind_what_their_rows_share(tmp_path):
    parts, columns = Parts(tmp_path), {"failed": [None, "no data"], "blocks": [1.0, 2.0]}
    files = [parts.write(str(k), pa.table({"key": [k, k], **columns})) for k in range(3)]

    join([({"fold": 1}, files[:2]), ({"fold": 2}, files[2:])], tmp_path / "table")

    table = pq.ParquetFile(tmp_path / "table")
    assert table.num_row_groups == 2
    assert table.read().to_pydict() == {
        "fold": [1, 1, 1, 1, 2, 2],
        "key": [0, 0, 1, 1, 2, 2],
        "failed": [None, "no data"] * 3,
    }

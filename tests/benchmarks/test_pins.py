import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from benchmarks.pins_compare import Sameness, compare, compare_texts, difference, first_path
from benchmarks.pins_plan import plan

SAME, CHANGED = Sameness(), Sameness(ids_changed=True)
NOTHING = ((), ())


@pytest.fixture
def sides(tmp_path):
    """Return a function that writes a file into both sides, and compares them."""

    def written(name, base, ours, same=SAME, owned=NOTHING):
        for side, content in (("base", base), ("ours", ours)):
            path = tmp_path / side / name
            path.parent.mkdir(parents=True, exist_ok=True)
            if isinstance(content, dict) and path.suffix == ".parquet":
                pq.write_table(pa.table(content), path)
            else:
                path.write_text(content if isinstance(content, str) else json.dumps(content))
        return difference(tmp_path / "base" / name, tmp_path / "ours" / name, same, owned)

    return written


def test_a_line_that_differs_is_named(sides):
    assert sides("a.txt", "one\ntwo\n", "one\ntwo\n") is None
    assert sides("a.txt", "one\ntwo\n", "one\n2\n") == "line 2: 'two' is now '2'"
    assert sides("a.txt", "one\n", "one\n\n") == "2 lines are now 3"


def test_the_json_path_that_differs_is_named(sides):
    assert sides("a.json", {"a": [1, {"b": 2.0}]}, {"a": [1, {"b": 2.5}]}) == "$.a[1].b: '2.0' is now '2.5'"
    assert sides("a.json", {"a": 1, "b": 2}, {"b": 2, "a": 1}) == "$: its keys stand in another order"
    assert sides("a.json", '{"a": 1}', '{"a":1}') is not None  # laid out differently
    assert first_path({"a": 1}, {"a": 1.0}) == "$.a: '1' is now '1.0'"
    assert first_path({"a": True}, {"a": 1}) is not None


def test_the_time_that_it_took_is_no_difference_and_what_stands_beside_it_is(sides):
    assert sides("a.json", {"wall_seconds": 1.5, "rows": 3}, {"wall_seconds": 2e-07, "rows": 3}) is None
    assert sides("a.json", {"wall_seconds": 1.5, "rows": 3}, {"wall_seconds": 1.5, "rows": 4}) is not None
    assert sides("a.txt", "24 rows in 1.2 s", "24 rows in 3.4 s") is None


def test_a_column_and_its_row_are_named(sides):
    table = {"day": ["a", "b"], "equity": [1.0, 2.0]}
    assert sides("a.parquet", table, table) is None
    assert sides("a.parquet", table, table | {"equity": [1.0, 2.5]}) == "column equity, row 1: 2.0 is now 2.5"
    assert sides("a.parquet", table, {"day": ["a", "b"]}) == "columns gone ['equity'], new []"
    assert sides("a.parquet", table, table | {"equity": [1, 2]}) == "column equity: double is now int64"
    assert sides("a.parquet", {"equity": [0.0]}, {"equity": [-0.0]}) is not None


def test_a_side_s_own_folder_is_no_difference(sides):
    owned = ((("/side/one", "SIDE"),), (("/side/two", "SIDE"),))
    assert sides("a.txt", "Files: /side/one/runs", "Files: /side/two/runs", owned=owned) is None
    assert sides("a.txt", "Files: /side/one/runs", "Files: /side/two/runs") is not None


def test_when_it_was_computed_is_no_difference(sides):
    owned = ((("2026-11-26", "TODAY"),), (("2026-11-27", "TODAY"),))
    assert sides("a.txt", "at 2026-11-26T16:58:18Z", "at 2026-11-27T01:02:03Z", owned=owned) is None
    assert sides("a.txt", "read 2026-11-26", "read 2026-11-27", owned=owned) is None
    assert sides("a.txt", "read 2026-11-25", "read 2026-11-27", owned=owned) is not None


def test_ids_may_change_where_that_is_said(sides):
    old, new = "Files: runs/hedge-7ae1a82349", "Files: runs/hedge-01a3456789"
    assert sides("a.txt", old, new) is not None
    assert sides("a.txt", old, new, CHANGED) is None
    assert sides("a.txt", old, new.replace("hedge", "wedge"), CHANGED) is not None
    assert sides("a.json", {"equity": 1234567890.5}, {"equity": 1234567891.5}, CHANGED) is not None
    assert sides("a.parquet", {"run": ["7ae1a82349"]}, {"run": ["01a3456789"]}, CHANGED) is None


def test_a_missing_file_differs_an_added_one_is_told_and_a_page_is_not_read(tmp_path):
    for side, files in (("base", ("a.txt", "gone.txt", "b.html")), ("ours", ("a.txt", "ledger.parquet", "b.html"))):
        (tmp_path / side).mkdir()
        for name in files:
            (tmp_path / side / name).write_text(side if name == "b.html" else "")

    assert compare(tmp_path / "base", tmp_path / "ours", SAME, NOTHING) == (["gone.txt: missing"], ["ledger.parquet"])


def test_errors_are_compared_by_their_texts_wherever_they_stand():
    base = [
        'class Bad(UserError): pass\ndef f(x):\n    raise Bad(f"{x} is bad: " f"choose {x + 1}")\n',
        'raise UserError("a")\nraise UserError("a")\n',
    ]
    moved = [
        'class Worse(UserError): pass\nclass Bad(Worse): pass\ntext = "a"\nraise UserError(text)\n',
        'raise Bad(f"{y!r} is bad: choose {y}")\n',
    ]

    assert compare_texts(base, moved) == []
    assert compare_texts(base, [moved[1], 'raise UserError("b")']) == ["errors: gone 'a'", "errors: new 'b'"]


def test_every_entry_of_the_plan_has_commands_and_its_files():
    for data in ("", "history"):
        for commands, files in plan(data).values():
            assert all(commands)
            assert "patient.py" in files

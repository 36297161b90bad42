"""`backtest stress`, as a person types it: on made-up history, in JSON, with a page, and what is wrong in one line."""

import json
import webbrowser

import pytest
from command import command

DEMO = ("hedge_soxs.yaml", "--set", "data.source=demo", "--start", "2021-01-04")
FEW = ("--paths", "6", "--horizon", "21")
STILL = ("--scenario", "nothing", "--paths", "0", "--horizon", "10")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_it_prints_the_answer_in_80_columns_of_ascii_and_writes_nothing(tmp_path):
    answer = command("stress", *DEMO, *FEW, "--scenario", "2022", "--scenario", "nothing")

    flat = " ".join(answer.out.split())
    assert (answer.status, answer.err) == (0, "")
    assert max(map(len, answer.out.splitlines())) <= 80
    assert answer.out.isascii()
    assert "SIMULATED market: it shows the machine and says nothing about SOXS." in flat
    assert "hedge_soxs, WeaknessHedge; last close 2026-06-30; hedge off" in flat
    assert "SIMULATED, SYNTHETIC: AHEAD IN " in flat
    assert "At the low of a fall the hedge was ahead of doing nothing in " in flat
    for words in (
        "low -",
        "no price moves",
        "half end above",
        "end behind doing nothing",
        "Nothing here is a",
    ):
        assert words in flat, words
    assert flat.count("behind doing nothing") == 3  # the lead, the table of paths, the reverse
    assert list(tmp_path.iterdir()) == []


def test_as_json_it_has_every_book_of_every_scenario():
    answer = command("stress", *DEMO, *FEW, "--scenario", "2022", "--scenario", "2023-03", "--json", "--fall", "-0.05")
    told = json.loads(answer.out)

    assert (answer.status, told["synthetic"], told["simulated"], told["horizon"]) == (0, True, True, 21)
    rows = {(row["scenario"], row["book"]) for row in told["scenarios"]}
    scenarios = {name for name, _book in rows}
    assert "2023-03" in scenarios
    assert scenarios - {"2023-03"}
    assert all(name.startswith("2022-") for name in scenarios - {"2023-03"})
    assert len(rows) == len(scenarios) * len({book for _name, book in rows})
    for row in told["scenarios"]:
        assert row["end_value"] == pytest.approx(told["equity"] * (1.0 + row["end"]))
    assert {row["count"] for row in told["paths"] if row["paths"] == "all"} == {6}
    assert {row["kind"] for row in told["reverse"]} == {"fall", "chop"}


def test_a_page_is_written_where_one_is_asked_for_and_named_last(tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)

    answer = command("stress", *DEMO, *STILL, "--page", "mine.html")
    assert answer.out.splitlines()[-1] == "Page: mine.html"
    assert command("stress", *DEMO, *STILL, "--open", "--json").status == 0

    assert opened == [(tmp_path / "hedge_soxs-stress.html").as_uri()]
    assert sorted(file.name for file in tmp_path.iterdir()) == ["hedge_soxs-stress.html", "mine.html"]
    pages = [file.read_bytes() for file in tmp_path.iterdir()]
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("--fall", "30"), "fall 30 is no fall: give a fraction between -1 and 0, such as -0.3"),
        (("--fall", "-30"), "fall -30 is no fall: give a fraction between -1 and 0, such as -0.3"),
        (("--fall", "nan"), "fall nan is no fall: "),
        (("--fall", "deep"), "Invalid value for '--fall': "),
        (("--paths", "-1"), "Invalid value for '--paths': has to be a whole number from 0 to 25,200, not -1"),
        (("--horizon", "1"), "Invalid value for '--horizon': has to be a whole number from 2 to 25,200, not 1"),
        (("--workers", "0"), "Invalid value for '--workers': has to be a whole number from 1 to 1,024, not 0"),
        (("--scenario", "nothin", "--paths", "0"), "there is no scenario nothin, did you mean nothing?"),
        (("--scenario", "1931-05", "--paths", "0"), "1931-05: 126 sessions from there are not in the history"),
        ((*STILL, "--page", "there"), "there: can't be written: Is a directory: choose another with --page"),
        (("--set", "hedge.weigth=1"), "--set hedge.weigth=1: hedge.weigth is unknown, did you mean weight?"),
    ],
)
def test_what_is_wrong_is_one_line_and_leaves_nothing_behind(typed, told, tmp_path):
    (tmp_path / "there").mkdir()

    answer = command("stress", *DEMO, *typed)

    assert answer.status == 2
    assert answer.err.startswith(f"backtest: {told}"), answer.err
    assert answer.err.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["there"]

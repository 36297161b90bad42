"""`backtest frontier`, as a person types it: on made-up history, in JSON, and what is wrong in one line."""

import json
import shlex

import pytest
from command import command

from engine.research.frontier import RISKS

DEMO = ("hedge_soxs.yaml", "--start", "2024-01-02", "--set", "data.source=demo")


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def test_it_prints_the_finding_and_says_where_the_page_is(tmp_path):
    answer = command("frontier", *DEMO, "--with", "cash,put:always", "--weights", "0.3,0.1,0.3", "--top", "5")

    said = " ".join(answer.out.split())
    assert (answer.status, answer.err) == (0, "")
    assert "SIMULATED market: it shows the machine and says nothing about a hedge." in said
    assert "cheaper than holding less SOXX: a point of safety cost" in said
    assert "6 books are judged at 98 % each" in said
    table = answer.out.partition("SIMULATED  ")[2].partition("Cheapest first")[0]
    assert len([line for line in table.splitlines()[1:] if line[:1].strip()]) >= 5
    assert said.endswith("Page: hedge_soxs-SIMULATED-frontier.html")
    assert [file.name for file in tmp_path.iterdir()] == ["hedge_soxs-SIMULATED-frontier.html"]
    assert "<title>SIMULATED Ways to be safer than SOXX" in next(tmp_path.iterdir()).read_text()


def test_a_dot_s_command_typed_as_it_stands_has_the_dot_s_book():
    typed = ("frontier", *DEMO, "--set", "trend_days=20", "--with", "sold,VIXY,collar", "--weights", "0.2", "--json")
    told = json.loads(command(*typed).out)

    for way in told["ways"]:
        (point,) = way["points"]
        program, *words = shlex.split(point["command"])
        again = command(*words, "--no-tearsheet", "--json")
        assert (program, again.status) == ("backtest", 0), again.err
        book = json.loads(again.out)
        book = book if way["book"] == "hedged" else book["controls"][way["book"]]
        assert book["final_equity"] == pytest.approx(point["final_equity"], rel=1e-9)
        assert set(point["cost_per_point"]) == set(RISKS)
    assert [way["modelled"] for way in told["ways"]] == [False, False, False, True]
    assert (told["simulated"], told["held_less"][-1]["share"]) == (True, 1.0)


def test_the_same_command_writes_the_same_bytes(tmp_path):
    typed = ("frontier", *DEMO, "--with", "short", "--weights", "0.2", "--json", "--page")
    first, second = (command(*typed, str(tmp_path / name)).out for name in ("a.html", "b.html"))

    assert first == second
    assert (tmp_path / "a.html").read_bytes() == (tmp_path / "b.html").read_bytes()


@pytest.mark.parametrize(
    ("typed", "told"),
    [
        (("--with", "GDL"), "--with GDL: the data hold no GDL, did you mean GLD?"),
        (("--with", "cash", "--weights", "0.1,much"), "--weights 'much': has to be a number, such as 0.1"),
        (("--with", "cash", "--weights", "0"), "--weights '0': has to be a number from 0.001 to 10, such as 0.1"),
        (("--with", "cash", "--weights", "nan"), "--weights 'nan': has to be a number from 0.001 to 10"),
        (("--with", "cash", "--weights", "2"), "no way could be run: bills on the signal, 200 %, is left out: hedge."),
        (("--with", "put:never"), "--with put:never: :never isn't known: put, or put:always"),
        (("hedge_qqq.yaml",), "hedge_qqq has another portfolio than hedge_soxs: a frontier is of one core"),
        (("--start", "2026-05-01", "--with", "cash"), "2026-05-01 to 2026-06-30: the run is too short: fewer than 252"),
        (("--with", "cash", "--weights", "0.1", "--page", "there"), "there: can't be written: Is a directory"),
        (("nothing.yaml",), "nothing.yaml: no such file"),
    ],
)
def test_what_is_wrong_is_one_line_and_leaves_nothing_behind(typed, told, tmp_path):
    (tmp_path / "there").mkdir()

    answer = command("frontier", *DEMO, *typed)

    assert (answer.status, answer.out) == (2, "")
    assert answer.err.startswith(f"backtest: {told}"), answer.err
    assert answer.err.count("\n") == 1
    assert [file.name for file in tmp_path.iterdir()] == ["there"]

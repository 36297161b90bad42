"""The `backtest data` commands, as typed: list, import, check, repair, undo, remove, fund."""

import json
from pathlib import Path

import pytest
from command import command, write_history

FALSE_STEP = "SOXS-step-2024-05-28"
SHORT = ("--start", "2023-06-01", "--no-tearsheet", "--set", "controls=off", "--json")


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTEST_DATA", str(tmp_path / "store"))


@pytest.fixture
def history():
    return write_history(Path("history"), "2022-06-01", "2025-06-30")


@pytest.fixture
def broken(history):
    """The same, but SOXS is 15 times too high before 28 May 2024."""
    path = history / "bars" / "SOXS.csv"
    head, *rows = path.read_text().splitlines()
    scaled = []
    for row in rows:
        date, *prices, volume, dividend, split = row.split(",")
        if date < "2024-05-28":
            prices, dividend = [repr(15 * float(price)) for price in prices], repr(15 * float(dividend))
        scaled.append(",".join([date, *prices, volume, dividend, split]))
    path.write_text("\n".join([head, *scaled, ""]))
    return history


def final(*typed):
    answer = command("run", "hedge_soxs.yaml", *SHORT, *typed)
    assert (answer.status, answer.err) == (0, "")
    return json.loads(answer.out)["final_equity"]


def test_an_empty_store_says_what_to_do():
    assert command("data", "list").out.startswith("the store is empty (")
    assert command("data", "path").out.strip().endswith("store")
    for words in (["check"], ["pull"]):
        answer = command("data", *words)
        assert answer.status == 2
        assert "backtest data pull SOXS SOXX" in answer.err


def test_what_is_imported_is_listed_run_on_and_removed(history):
    on_folder = final("--data", "history")
    answer = command("data", "import", "history")
    assert answer.status == 0
    assert "Nothing is paid out" not in answer.err
    listed = json.loads(command("data", "list", "--json").out)
    assert [(each["kind"], each["name"]) for each in listed] == [("bars", "SOXS"), ("bars", "SOXX"), ("series", "IRX")]
    assert all(each["origin"]["source"] == "import" for each in listed)
    assert "SOXX" in command("data", "list").out

    assert final() == on_folder

    assert command("data", "remove", "SOXX").out == "removed SOXX\n"
    answer = command("run", "hedge_soxs.yaml", *SHORT)
    assert (answer.status, answer.err) == (2, "backtest: the store lacks bars of SOXX: backtest data pull SOXX\n")
    assert "the store has no SOXQ" in command("data", "remove", "SOXQ").err


def test_a_file_with_a_fault_is_told_and_the_others_go_on(history):
    path = history / "bars" / "SOXX.csv"
    path.write_text(path.read_text().replace("2024-01-02,", "2024-01-02,-"))
    answer = command("data", "import", "history")
    assert answer.status == 2
    assert "bars/SOXX.csv:" in answer.err
    assert "2024-01-02" in answer.err
    assert "the other 2 went well" in answer.err
    assert [each["name"] for each in json.loads(command("data", "list", "--json").out)] == ["SOXS", "IRX"]


def test_what_has_two_meanings_is_refused_by_the_option_that_decides():
    Path("pe.csv").write_text('date,value\n01/02/2016,"0,500"\n01/03/2016,"1,250"\n', encoding="utf-8")
    said = command("data", "import", "pe.csv")
    assert (said.status, said.err.count("\n")) == (2, 1)
    assert said.err.endswith('2016-02-01 or 2016-01-02: give --dates "%d/%m/%Y" or --dates "%m/%d/%Y"\n')
    said = command("data", "import", "pe.csv", "--dates", "%d/%m/%Y")
    assert said.err == (
        "backtest: pe.csv:2: 2016-02-01: value is '0,500', which is 500 or 0.5: give --decimal . or --decimal ,\n"
    )
    (done,) = json.loads(command("data", "import", "pe.csv", "--dates", "%d/%m/%Y", "--decimal", ",", "--json").out)
    assert (done["first"], done["last"], done["error"]) == ("2016-02-01", "2016-03-01", "")
    assert command("data", "import", "pe.csv", "--decimal", ";").err == (
        "backtest: --decimal ;: is no decimal mark: give . or ,\n"
    )


@pytest.mark.parametrize("kept", ["folder", "store"])
def test_a_false_step_stops_a_run_is_mended_and_undone(broken, history, kept):
    right = 0.0
    where = ("--data", "history") if kept == "folder" else ()
    if kept == "store":
        assert command("data", "import", "history").status == 0

    answer = command("run", "hedge_soxs.yaml", *SHORT, *where)
    assert answer.status == 2
    assert answer.err.startswith("backtest: SOXS 2024-05-28: ")
    assert "15 times too high" in answer.err
    assert f"data.accept=[{FALSE_STEP}]" in answer.err

    accepted = command("run", "hedge_soxs.yaml", *SHORT[:-1], *where, "--set", f"data.accept=[{FALSE_STEP}]")
    assert accepted.status == 0
    assert f"Accepted, {FALSE_STEP}:" in accepted.out

    found = command("data", "check", *where, "--json")
    assert found.status == 3
    (error,) = [one for one in json.loads(found.out) if one["severity"] == "error"]
    assert (error["id"], error["dates"], error["repairable"]) == (FALSE_STEP, ["2024-05-28"], True)
    assert error["factor"] == pytest.approx(15, rel=0.02)

    assert f"mended: {FALSE_STEP}" in command("data", "check", *where, "--repair").out
    right = final(*where)
    Path("again").mkdir()
    assert right == pytest.approx(final("--data", str(write_history(Path("again"), "2022-06-01", "2025-06-30"))))
    if kept == "store":
        assert f"repaired: {FALSE_STEP}" in command("data", "list").out

    undone = command("data", "check", *where, "--undo", FALSE_STEP)
    assert undone.status == 3
    assert f"taken back: {FALSE_STEP}" in undone.out
    assert command("run", "hedge_soxs.yaml", *SHORT, *where).status == 2


def spoil(path, date, **times):
    """Put a day's range elsewhere in a file: ``high=0.97`` makes its high 0.97 times the higher of open and close."""
    head, *rows = path.read_text().splitlines()
    for at, row in enumerate(rows):
        cells = dict(zip(head.split(","), row.split(","), strict=True))
        if cells["date"] == date:
            inner = [float(cells["open"]), float(cells["close"])]
            of = {"high": max(inner), "low": min(inner)}
            rows[at] = ",".join((cells | {name: repr(by * of[name]) for name, by in times.items()}).values())
    path.write_text("\n".join([head, *rows, ""]))


@pytest.mark.parametrize(
    ("name", "date", "times", "by"),
    [
        ("SOXS", "2024-05-28", {"high": 0.97}, "3.1 %"),
        ("SOXS", "2023-06-01", {"low": 1.02}, "2.0 %"),  # the first session
        ("SOXS", "2024-05-28", {"low": 1 + 1.1e-6}, "0.0 %"),  # the least that isn't rounding
        ("SOXX", "2025-06-30", {"high": 1 - 1.1e-6}, "0.0 %"),  # the last session
        ("SOXX", "2022-08-01", {"low": 1.02}, "2.0 %"),  # signals warm up on it
    ],
)
def test_a_range_that_excludes_its_open_or_close_stops_a_run_that_trades_it(history, name, date, times, by):
    spoil(history / "bars" / f"{name}.csv", date, **times)
    where, before = ("--data", "history"), sorted(Path().rglob("*"))
    answer = command("run", "hedge_soxs.yaml", *SHORT, *where)
    assert (answer.status, answer.out) == (2, "")
    assert answer.err == (
        f"backtest: {name} {date}: high below, or low above, the day's other prices on 1 session: {date} "
        f"(by up to {by}): backtest data check {name} --data {Path('history').resolve()} --repair widens the "
        "day's range to its open and close, "
        f"or go on with --set data.accept=[{name}-range]\n"
    )
    assert sorted(Path().rglob("*")) == before


def test_a_range_that_excludes_its_open_or_close_is_accepted_or_mended(history):
    where, clean = ("--data", "history"), final("--data", "history")
    spoil(history / "bars" / "SOXS.csv", "2024-05-28", high=0.97)
    assert final(*where, "--set", "data.accept=[SOXS-range]") == clean
    assert "mended: SOXS-range" in command("data", "check", *where, "--repair").out
    assert final(*where) == clean


def test_a_run_that_reads_the_closes_alone_goes_on_whatever_their_range(history):
    """Chip makers are members whose closes breadth counts; the same bars stop the run once they are its underlying."""
    for name in ("AMD", "INTC", "KLAC", "MU", "NVDA"):
        (history / "bars" / f"{name}.csv").write_text((history / "bars" / "SOXX.csv").read_text())

    def said(*typed):
        return command("run", "hedge_soxs_breadth.yaml", *SHORT, "--data", "history", *typed)

    clean = json.loads(said().out)
    assert clean["episodes"] > 0
    for name in ("AMD", "KLAC"):
        spoil(history / "bars" / f"{name}.csv", "2024-05-28", high=0.97, low=1.02)
    answer = said()
    assert (answer.status, answer.err) == (0, "")
    assert json.loads(answer.out) == clean
    found = command("data", "check", "--data", "history", "--json")
    assert found.status == 3
    errors = [one for one in json.loads(found.out) if one["severity"] == "error"]
    assert [(one["id"], one["dates"]) for one in errors] == [
        (f"{name}-range", ["2024-05-28"]) for name in ("AMD", "KLAC")
    ]

    ranged = "strategy={class: CompositeHedge, params: {signals: {a: {signal: parkinson, of: KLAC, above: 1}}}}"
    for traded in ("hedge.underlying=KLAC", "portfolio.core={KLAC: 1}", ranged):
        answer = said("--set", traded)
        assert (answer.status, answer.out) == (2, "")
        assert answer.err.startswith("backtest: KLAC 2024-05-28: high below, or low above, ")


def test_a_check_writes_its_page(broken):
    answer = command("data", "check", "SOXS", "--data", "history", "--page", "check.html")
    assert answer.status == 3
    assert FALSE_STEP in Path("check.html").read_text(encoding="utf-8")


def test_a_fund_is_fitted_and_drawn(history):
    answer = command("data", "fund", "SOXS", "--data", "history", "--json")
    assert answer.status == 0
    fitted = json.loads(answer.out)
    assert fitted["whole"]["slope"] == pytest.approx(-3, abs=0.02)
    assert fitted["spread"] == pytest.approx(0.01, abs=0.02)
    assert "SOXS" in Path("fund.html").read_text(encoding="utf-8")
    assert "fitted spread" in command("data", "fund", "SOXS", "--data", "history").out


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        (("fund", "ABC"), "what ABC is a multiple of isn't known: name it with --underlying"),
        (("check", "--data", "history", "--start", "May"), "--start May: has to be a date, YYYY-MM-DD"),
        (("check", "--data", "history", "--fund", "SQQQ"), "--fund SQQQ: write FUND=UNDERLYING:LEVERAGE"),
        (("import", "nowhere"), "nowhere"),
        (("check", "--data", "nowhere"), "nowhere: no such folder"),
    ],
)
def test_what_is_mistyped_is_told_in_one_line(history, typed, said):
    answer = command("data", *typed)
    assert answer.status == 2
    assert said in answer.err
    assert answer.err.count("\n") == 1

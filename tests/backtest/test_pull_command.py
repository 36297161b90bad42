"""`backtest data pull`, as typed: what its words mean, who asks the SEC, and what it says of what failed."""

from __future__ import annotations

import json
import pickle
from collections.abc import Iterator
from pathlib import Path

import pytest
from agency_server import AgencyServer, company_facts
from command import SHORT, command, write_history

import data.pull
from backtest.pull_command import _failures, companies_after
from data.pull import Pulled
from data.sources import sec
from engine.loading import build_config, load_config
from engine.runs.identity import id_of, known_config
from engine.runs.record import config_yaml

WHO = "Ada Lovelace ada@example.com"
TAKING = ("--from", "--identity", "--config")


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[AgencyServer]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("BACKTEST_DATA", str(tmp_path / "store"))
    monkeypatch.delenv("SEC_IDENTITY", raising=False)
    with AgencyServer() as server:
        for address, here in server.patches.items():
            monkeypatch.setattr(address, here)
        monkeypatch.setattr(sec, "APART", 0.0)
        monkeypatch.setattr(data.pull, "WAITS", ())
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        for k, name in enumerate(("NVDA", "AVGO", "AMD")):
            server.lists(name, 100 + k, company_facts(100 + k, [1.0, 2.0]))
        for year in range(2002, 2040):
            server.publishes(year, [4, 13], {f"{year}-01-03": (1.0, 1.1), f"{year}-01-04": (1.2, 1.3)})
        yield server


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("NVDA AVGO", "NVDA AVGO"),
        ("--filings NVDA AVGO", "--filings sec:NVDA sec:AVGO"),
        ("SOXX --filings NVDA --from 2020-01-02 AVGO", "SOXX --filings sec:NVDA --from 2020-01-02 sec:AVGO"),
        ("--from --filings NVDA", "--from --filings NVDA"),
        ("--filings --json --identity me NVDA", "--filings --json --identity me sec:NVDA"),
        ("--filings --from=2020-01-02 NVDA", "--filings --from=2020-01-02 sec:NVDA"),
        ("--filings NVDA ^VIX fred:DGS10 sec:AMD", "--filings sec:NVDA ^VIX fred:DGS10 sec:AMD"),
    ],
)
def test_filings_are_of_the_symbols_after_the_flag(typed: str, meant: str) -> None:
    assert companies_after(typed.split(), TAKING) == meant.split()


def test_filings_and_other_symbols_in_one_command(server: AgencyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEC_IDENTITY", WHO)
    answer = command("data", "pull", "treasury:IRX", "--filings", "NVDA", "AVGO", "--json")
    assert (answer.status, answer.err) == (0, "")
    assert [(each["symbol"], each["name"], each["kind"]) for each in json.loads(answer.out)] == [
        ("treasury:IRX", "IRX", "series"), ("sec:NVDA", "NVDA", "filings"), ("sec:AVGO", "AVGO", "filings"),
    ]  # fmt: skip
    assert [each["lag"] for each in json.loads(command("data", "list", "--json").out) if each["name"] == "IRX"] == [1]


def test_all_that_is_kept_is_pulled_again(server: AgencyServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEC_IDENTITY", WHO)
    command("data", "pull", "treasury:4W", "sec:NVDA")
    server.lists("NVDA", 100, company_facts(100, [1.0, 2.0, 3.0]))
    answer = command("data", "pull")
    assert answer.status == 0
    assert "2 new facts, the last filing 10-Q of 2020-11-09" in answer.out
    assert "nothing new" in answer.out


def test_without_an_identity_one_line_says_what_to_set_and_the_rest_is_pulled(server: AgencyServer) -> None:
    answer = command("data", "pull", "treasury:IRX", "--filings", "NVDA", "AVGO")
    assert answer.status == 2
    first, second = answer.err.splitlines()
    assert first.startswith('backtest: sec:NVDA, sec:AVGO: the SEC answers only who says who asks: set SEC_IDENTITY="')
    assert second == "backtest: the other 1 went well"
    assert {each.path[:5] for each in server.asked} == {"/dail"}


def test_flag_without_companies(server: AgencyServer) -> None:
    for typed in (["--filings"], ["NVDA", "--filings"], ["--filings", "^VIX"]):
        answer = command("data", "pull", *typed)
        assert answer.err == (
            "backtest: name companies after --filings, such as: backtest data pull --filings NVDA AVGO\n"
        )


def test_the_option_the_run_and_the_environment_say_who_asks(
    server: AgencyServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "mine.py").write_text("raise SystemExit('executed')\n")
    written = "data: {sec_identity: Run run@example.com}\nstrategy: {class: 'mine.py:Mine'}\n"
    (tmp_path / "run.yaml").write_text(written)
    monkeypatch.setenv("SEC_IDENTITY", "Env env@example.com")
    pulled = ("data", "pull", "sec:CIK100")
    assert command(*pulled).status == 0
    assert command(*pulled, "--config", "run.yaml").status == 0
    assert command(*pulled, "--config", "run.yaml", "--identity", WHO).status == 0
    assert [each.headers["User-Agent"] for each in server.asked] == [
        "Env env@example.com", "Run run@example.com", WHO,
    ]  # fmt: skip


def test_a_run_that_names_nobody_leaves_it_to_the_environment(
    server: AgencyServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "run.yaml").write_text("name: mine\n")
    monkeypatch.setenv("SEC_IDENTITY", WHO)
    assert command("data", "pull", "sec:CIK100", "--config", "run.yaml").status == 0


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("data: {sec_identity: 5}\n", "run.yaml:1: data.sec_identity has to be text, not 5"),
        ("data: {sec_identify: me}\n", "run.yaml:1: data.sec_identify is unknown, did you mean sec_identity?"),
        (None, "run.yaml: no such file"),
    ],
)
def test_a_run_with_a_fault_is_told(server: AgencyServer, tmp_path: Path, written: str | None, said: str) -> None:
    if written is not None:
        (tmp_path / "run.yaml").write_text(written)
    answer = command("data", "pull", "sec:NVDA", "--config", "run.yaml")
    assert answer.status == 2
    assert answer.err.startswith(f"backtest: {said}")
    assert not server.asked


# The identity is no part of a run


def test_an_identity_changes_nothing_of_a_run_and_stands_nowhere(tmp_path: Path) -> None:
    (tmp_path / "run.yaml").write_text(f"data: {{sec_identity: {WHO}, lag: {{IRX: 1}}}}\n")
    named, plain = load_config(tmp_path / "run.yaml"), build_config({"data": {"lag": {"IRX": 1}}})
    assert named.data.sec_identity == WHO
    assert known_config(named, "demo") == known_config(plain, "demo")
    assert id_of(named, "demo", {}, "loop") == id_of(plain, "demo", {}, "loop")
    assert config_yaml(named) == config_yaml(plain)
    assert pickle.loads(pickle.dumps(named)) == plain  # noqa: S301  # our own
    for text in (repr(named), repr(named.data), str(named.model_dump()), named.model_dump_json(), config_yaml(named)):
        assert "ada" not in text.lower()
    assert b"ada@" not in pickle.dumps(named)


def test_a_run_with_an_identity_writes_it_into_no_file(server: AgencyServer, tmp_path: Path) -> None:
    history = write_history(tmp_path / "history", "2019-01-02", "2020-06-30")
    folders = []
    for name, more in (("named", f", sec_identity: {WHO}"), ("plain", "")):
        (tmp_path / "run.yaml").write_text(f"data: {{source: {history}{more}}}\n")
        answer = command("run", "run.yaml", *SHORT, "--out", name, "--json")
        assert answer.status == 0, answer.err
        (folder,) = (path for path in Path(name).iterdir() if path.is_dir())
        folders.append(folder)
        assert not [path for path in folder.rglob("*") if path.is_file() and b"ada@example" in path.read_bytes()]
    assert folders[0].name == folders[1].name
    shown = command("show", "run.yaml", "--set", f"data.sec_identity={WHO}").out
    assert "data:" in shown
    assert "ada@" not in shown


def test_what_failed_names_each_symbol_once_and_says_the_same_once() -> None:
    refused = [Pulled(f"sec:{name}", name, "filings", error=f"sec:{name}: refused: try again") for name in ("A", "B")]
    unknown = Pulled("sec:NOPE", "NOPE", "", error="NOPE: is no ticker that the SEC lists")
    good = Pulled("SOXX", "SOXX", "bars")
    assert _failures([*refused, good, unknown]) == [
        "sec:A, sec:B: refused: try again",
        "sec:NOPE: is no ticker that the SEC lists",
    ]

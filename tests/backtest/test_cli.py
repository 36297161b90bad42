"""Every command as a user types it: what it answers, what it writes, and what can't disturb it."""

import dataclasses
import json
import re
import subprocess
import sys
import webbrowser
from pathlib import Path

import pytest
from command import ROOT, SHORT, Answer, command, ended, started, write_history
from ruamel.yaml import YAML

import backtest.api
from backtest.cli import app
from data.files import write_whole
from data.version import VERSION
from strategies.load import RUNS, SHIPPED, strategy_class
from strategies.parameters import describe

COMMANDS = [one.name for one in app.registered_commands]
MINE = """\
from dataclasses import dataclass

import numpy as np

from backtest import Strategy, parameter

print("reading mine.py")


@dataclass(frozen=True)
class Mine(Strategy):
    \"\"\"Hedge every other month.\"\"\"

    months: int = parameter(2, at_least=1, at_most=12)

    def intensity(self, market):
        print("asked")
        return market.sessions.astype("datetime64[M]").astype(int) % self.months == 0
"""
FIELDS = """\
    fall: float
    named: str = "null"
    both: tuple[str, ...] = ("a, b", "c")
    kind: object = int
    below: dict = dataclasses.field(default_factory=lambda: {"z": [], "a": 1e-6})
"""
INTERRUPTED = MINE.replace('print("asked")', "raise KeyboardInterrupt")
DISTURBING = ["backtest.py", "data/__init__.py", "engine.py", "reports/__init__.py", "strategies.py", "typing_.py"]

EDITABLE = f"""
from importlib.machinery import PathFinder

class Editable:  # as setuptools makes one: it is asked after every folder on the path
    @staticmethod
    def find_spec(name, path=None, target=None):
        return PathFinder.find_spec(name, [{str(ROOT)!r}]) if path is None else None

sys.path[:] = [folder for folder in sys.path if folder != {str(ROOT)!r}]
sys.meta_path.append(Editable)
"""


@pytest.fixture(autouse=True)
def _folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setattr(sys, "path", [*sys.path])


def short(*typed):
    """Run the shipped hedge on half a year, without a page; it has to go well."""
    answer = command("run", "hedge_soxs.yaml", *SHORT, *typed)
    assert (answer.status, answer.err) == (0, "")
    return answer


def only_run(out="runs"):
    (found,) = Path(out).iterdir()
    return found


def kept(folder, name="metrics.json"):
    return json.loads((folder / name).read_text(encoding="utf-8"))


# run


def test_a_run_shows_three_books_and_says_what_the_hedge_does():
    out = short().out
    lines = [" ".join(line.split()) for line in out.splitlines()]
    metrics = kept(only_run())
    unhedged = metrics["controls"]["unhedged"]
    assert lines[:2] == ["hedge_soxs WeaknessHedge", "SOXX, hedged with SOXS when it is weak and restless"]
    assert "2020-01-02 to 2020-06-30, 125 sessions, SIMULATED market" in lines
    assert "Did hedging with SOXS on this signal pay? NO VERDICT: THE MARKET IS SIMULATED." in lines
    assert "SIMULATED a year points became" in lines
    for name, book in (("100 % SOXX, do nothing", unhedged), ("SOXS hedge", metrics)):
        row = next(line for line in lines if line.startswith(name))
        assert row.startswith(f"{name} {100 * book['cagr']:.1f} % ")
        assert row.endswith(f"${book['final_equity']:,.0f}")
    assert "15 % in SOXS takes net exposure from 1.00 to 0.40 while hedged" in " ".join(lines)
    assert lines[-1] == f"Files: {only_run()}"


def test_the_last_line_is_the_page_to_open():
    answer = command("run", "hedge_soxs.yaml", "--start", "2019-01-02", "--end", "2020-12-31", "--no-tearsheet")
    assert answer.out.splitlines()[-1] == f"Page: {only_run()}/report.html"
    assert (only_run() / "report.html").is_file()


def test_no_line_but_a_path_is_wider_than_the_terminal():
    lines = short("--set", "name=" + "n" * 80).out.splitlines()
    assert [line for line in lines if len(line) > 80 and not line.startswith(("Files: ", "nnn"))] == []


def test_a_simulated_run_says_so_wherever_it_shows():
    out = short().out
    folder = only_run()
    sentence = "SIMULATED market: it shows the machine and says nothing about SOXS."
    assert sentence in out.splitlines()
    assert folder.name.startswith("hedge_soxs-SIMULATED-")
    metrics, manifest = kept(folder), kept(folder, "manifest.json")
    assert (metrics["simulated"], metrics["source"], metrics["notes"][0]) == (True, "demo", sentence)
    assert (manifest["simulated"], manifest["source"], manifest["notes"][0]) == (True, "demo", sentence)
    assert "--data DIR" in out


def test_a_run_on_history_is_not_called_simulated():
    write_history(Path("history"), "2019-06-03", "2020-12-31")
    out = short("--data", "history").out
    folder = only_run()
    assert "SIMULATED" not in out
    assert "--data DIR" not in out
    assert "SIMULATED" not in folder.name
    assert (kept(folder)["simulated"], kept(folder)["source"]) == (False, "csv")
    config = YAML(typ="safe").load(folder / "config.yaml")
    path = str(Path("history").resolve())
    assert config["data"] == {"source": "csv", "path": path, "lag": {}, "accept": [], "extend": {}}


def test_json_is_the_metrics_file_and_nothing_else():
    out = short("--json").out
    assert out == (only_run() / "metrics.json").read_text(encoding="utf-8")
    assert json.loads(out)["fills"] > 0


def test_what_a_strategy_prints_does_not_get_into_the_answer():
    Path("mine.py").write_text(MINE)
    answer = command("run", "hedge_soxs.yaml", *SHORT, "--json", "--set", "strategy={class: 'mine.py:Mine'}")
    assert answer.status == 0
    assert json.loads(answer.out)["strategy"] == "Mine"
    assert answer.err == "reading mine.py\nasked\n"


def test_the_tear_sheet_is_drawn_unless_left_out_and_a_name_stands_in_it_as_text():
    name = "<script>alert(1)"
    short("--set", f"name={name}")
    folder = only_run()
    assert folder.name.startswith(f"{name}-SIMULATED-")
    assert not (folder / "tearsheet.html").exists()
    drawn = [option for option in SHORT if option != "--no-tearsheet"]
    answer = command("run", "hedge_soxs.yaml", *drawn, "--set", f"name={name}")
    assert answer.status == 0
    assert name in answer.out
    page = (only_run() / "tearsheet.html").read_text(encoding="utf-8")
    assert "&lt;script&gt;alert(1)" in page
    assert name not in page
    assert kept(only_run())["name"] == name


def test_markup_in_a_name_stands_as_text():
    assert short("--set", "name='[bold]x'").out.startswith("[bold]x  WeaknessHedge\n")


def test_the_page_opens_in_a_browser(monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    monkeypatch.setattr(backtest.api, "draw_tearsheet", lambda _result, path, *_how, **_more: path.write_text("page"))
    answer = command("run", "hedge_soxs.yaml", *SHORT[:-1], "--open")
    assert (answer.status, answer.err) == (0, "")
    assert opened == [(only_run().resolve() / "tearsheet.html").as_uri()]


def test_the_output_folder_is_made_where_it_is_wanted():
    answer = short("--out", "some/where")
    assert f"Files: {only_run('some/where')}" in answer.out
    assert not Path("runs").exists()


def test_start_and_end_are_short_for_settings():
    short()
    answer = command(
        *("run", "hedge_soxs.yaml", "--no-tearsheet", "--set", "start=2020-01-01", "--set", "end=2020-06-30"),
        *("--set", "controls=off", "--json"),
    )
    assert answer.status == 0
    assert only_run().is_dir()  # of the same id


def test_settings_change_the_run():
    plain, more = json.loads(short("--json").out), json.loads(short("--json", "--set", "hedge.weight=0.3").out)
    assert plain["controls"]["unhedged"] == more["controls"]["unhedged"]
    assert plain["final_equity"] != more["final_equity"]
    none = json.loads(short("--json", "--set", "hedge.weight=0").out)
    assert none["final_equity"] == none["controls"]["unhedged"]["final_equity"]
    assert (none["fills"], none["episodes"], none["sessions_hedged"]) == (1, 0, 0)


def test_a_run_that_was_never_hedged_says_so():
    assert "The hedge was never ordered on." in short("--set", "volatility_floor=9").out


def test_a_shipped_run_says_that_it_was_taken_and_ones_own_does_not():
    said = "hedge_soxs.yaml is a run that ships"
    assert said in short().out
    Path("hedge_soxs.yaml").write_text("name: mine\n")
    answer = short()
    assert said not in answer.out
    assert answer.out.startswith("mine  WeaknessHedge")


def test_an_interrupt_leaves_nothing_and_says_so_in_one_line():
    Path("mine.py").write_text(INTERRUPTED)
    answer = command("run", "hedge_soxs.yaml", *SHORT, "--set", "strategy={class: 'mine.py:Mine'}")
    assert (answer.status, answer.out) == (130, "")
    assert answer.err.splitlines()[-1] == "interrupted: nothing was left half-written"
    assert not Path("runs").exists()


def test_a_fault_of_ours_is_no_users_mistake(monkeypatch):
    def broken(*_args, **_kwargs):
        raise ZeroDivisionError

    monkeypatch.setattr("engine.runs.execute.run", broken)
    with pytest.raises(ZeroDivisionError):  # python then prints the traceback, and leaves with 1
        command("run", "hedge_soxs.yaml", *SHORT)


# validate, show


def test_validate_reads_everything_and_writes_nothing():
    answer = command("validate", "hedge_soxs.yaml", *SHORT[:-1])
    assert answer == Answer(0, "hedge_soxs.yaml is fine: 125 sessions, 2020-01-02 to 2020-06-30, SIMULATED\n", "")
    assert list(Path().iterdir()) == []


def test_validate_asks_the_strategy():
    Path("mine.py").write_text(MINE.replace("% self.months == 0", "+ self.months"))
    answer = command("validate", "hedge_soxs.yaml", "--set", "strategy={class: 'mine.py:Mine'}")
    assert answer.status == 2
    assert "return values between 0 and 1" in answer.err


@pytest.mark.parametrize("run", [*(path.name for path in sorted(RUNS.glob("*.yaml"))), "mine.yaml"])
def test_what_show_prints_runs_to_the_same_id(run):
    Path("sub").mkdir()
    Path("sub/mine.py").write_text(MINE)
    Path("sub/mine.yaml").write_text("strategy: {class: 'mine.py:Mine', params: {months: 3}}\n")
    file = "sub/mine.yaml" if run == "mine.yaml" else run
    of_2016 = [word.replace("2020", "2016") for word in SHORT]  # the embedded market ends with 2018
    typed = of_2016 if run == "hedge_nasdaq.yaml" else SHORT
    shown = command("show", file, *typed[:-1])
    assert shown.status == 0
    Path("again.yaml").write_text(shown.out)
    assert command("run", file, *typed).status == 0
    assert command("run", "again.yaml", "--no-tearsheet").status == 0
    assert command("show", "again.yaml").out == shown.out
    assert only_run().is_dir()  # both wrote the same


def test_show_writes_every_default_out():
    shown = YAML(typ="safe").load(command("show", "hedge_soxs_valuation.yaml").out)
    known = json.loads(command("schema").out)
    assert list(shown) == [key for key in known["properties"] if key != "hedges"]  # it has one, in hedge
    for section in ("data", "portfolio", "hedge", "strategy", "policy", "execution"):
        reference = known["properties"][section]["$ref"].rpartition("/")[2]
        keys = known["$defs"][reference]["properties"].items()
        assert list(shown[section]) == [key for key, told in keys if not told.get("writeOnly")]  # a person's e-mail
    assert shown["strategy"]["params"]["turn_days"] == 50


# strategies, runs, schema


def test_strategies_lists_each_with_its_parameters_defaults_and_ranges():
    answer = command("strategies")
    assert (answer.status, answer.err) == (0, "")
    lines = [" ".join(line.split()) for line in answer.out.splitlines()]
    for name in SHIPPED:
        assert any(line.startswith(f"{name} Hedge ") for line in lines)
    assert "trend_days 50 2 to 25,200 Sessions in the moving average, at" in lines
    assert any(line.startswith("stretched 0.8 0.01 to 1 A fraction of") for line in lines)


def test_strategies_shows_defaults_as_yaml_writes_them():
    yaml, shown = YAML(typ="safe"), {}
    for block in command("strategies").out.strip().split("\n\n"):
        rows = [row for row in block.partition("  parameter ")[2].splitlines()[1:] if row[2:3].strip()]
        shown[block.split()[0]] = {name: default for name, default, *_ in (re.split(" {2,}", row[2:]) for row in rows)}
    assert shown["ValuationHedge"]["valuation"] == "null"
    assert shown["VolatilityHedge"]["vix_curve"] == "true"
    assert shown["RotationHedge"]["defensives"] == "[XLP, XLU, XLV]"
    assert shown["SeriesHedge"]["series"] == "VIX"
    for name, defaults in shown.items():
        read = {key: yaml.load(f"[{text}]")[0] for key, text in defaults.items()}
        plain = {one.name: one.default for one in describe(strategy_class(name))}
        assert read == {key: list(value) if isinstance(value, tuple) else value for key, value in plain.items()}
    assert list(shown) == list(SHIPPED)


def test_strategies_shows_ones_own_defaults_whatever_they_are():
    Path("mine.py").write_text("import dataclasses\n" + MINE.replace("    months", FIELDS + "    months", 1))
    lines = [" ".join(line.split()) for line in command("strategies", "mine.py:Mine").out.splitlines()]
    assert lines[3:8] == [
        "fall (needed)",
        "named 'null'",
        "both ['a, b', c]",
        "kind <class 'int'>",
        "below {z: [], a: 1e-06}",
    ]


def test_strategies_lists_ones_own():
    Path("mine.py").write_text(MINE)
    lines = [" ".join(line.split()) for line in command("strategies", "mine.py:Mine").out.splitlines()]
    assert "Mine Hedge every other month." in lines
    assert "months 2 1 to 12" in lines
    assert not any(name in " ".join(lines) for name in SHIPPED)


def test_runs_lists_what_is_kept(monkeypatch):
    monkeypatch.setenv("COLUMNS", "120")
    nothing = command("runs")
    assert nothing == Answer(0, "no runs in runs: backtest run hedge_soxs.yaml makes one\n", "")
    short()
    short("--set", "name=other")
    (Path("runs") / f".{only('hedge_soxs').name}.0123abcd.tmp").mkdir()
    answer = command("runs")
    assert (answer.status, answer.err) == (0, "")
    lines = answer.out.splitlines()
    assert max(map(len, lines)) <= 120
    rows = [line for line in lines[1:] if not line.startswith("  ")]
    for name, row in zip(("hedge_soxs", "other"), rows, strict=True):
        made = kept(only(name))
        identity = only(name).name.rpartition("-")[2]
        assert row.split()[:4] == [name, identity, "SIMULATED", f"{made['cagr']:.1%}"]
        assert row.endswith("not judged: controls are off")
    assert "start=2020-01-01 end=2020-06-30 controls=off" in answer.out
    listed = json.loads(command("runs", "--json").out)
    assert listed == [{"folder": only(name).name, **kept(only(name))} for name in ("hedge_soxs", "other")]


def only(name):
    (found,) = Path("runs").glob(f"{name}-*")
    return found


def test_the_schema_knows_every_key_of_every_shipped_run_and_is_closed_to_others():
    schema = json.loads(command("schema").out)
    assert schema["additionalProperties"] is False
    for path in RUNS.glob("*.yaml"):
        for key, value in YAML(typ="safe").load(path).items():
            known = schema["properties"][key]
            if isinstance(value, dict):
                section = schema["$defs"][known["$ref"].rpartition("/")[2]]
                assert section["additionalProperties"] is False
                assert set(value) <= set(section["properties"])
    assert schema["$defs"]["HedgeConfig"]["properties"]["funding"]["enum"] == ["sell_core", "cash_buffer", "margin"]


def test_the_schema_has_words_for_every_key():
    schema = json.loads(command("schema").out)
    sections = {"": schema, **schema["$defs"]}
    keys = [
        (f"{name}.{key}", known)
        for name, section in sections.items()
        for key, known in section.get("properties", {}).items()
    ]
    assert len(keys) > 60
    assert [key for key, known in keys if not known.get("description") and "$ref" not in known] == []


def test_the_metrics_schema_knows_what_metrics_json_holds():
    schema = json.loads(command("schema", "metrics").out)
    metrics = json.loads(short("--json").out)
    assert sorted(schema["properties"]) == sorted(metrics) == sorted(schema["required"])
    book = schema["properties"]["controls"]["additionalProperties"]["properties"]
    assert sorted(book) == sorted(metrics["controls"]["unhedged"]) == sorted(metrics["controls"]["derisk_entry"])
    assert book["cagr"]["unit"]
    assert metrics["verdict"] is None  # with controls: off, as the tests' short runs have it

    judged = json.loads(short("--json", "--set", "controls=on").out)
    assert sorted(judged) == sorted(metrics)
    assert judged["verdict"]["label"] == "withheld"
    for part in ("attribution", "bridge"):
        assert sorted(schema["properties"][part]["properties"]) == sorted(judged[part])


# The front door


def test_the_version():
    assert command("--version") == Answer(0, f"{VERSION}\n", "")


def test_help_lists_every_command_and_says_what_each_does():
    answer = command("--help")
    assert (answer.status, answer.err) == (0, "")
    assert {"run", "validate", "show", "init", "strategies", "runs", "schema"} <= set(COMMANDS)
    for one in app.registered_commands:
        first = one.callback.__doc__.splitlines()[0]
        assert len(first) > 20
        assert f"│ {one.name} " in answer.out
        assert first.split()[0] in answer.out


@pytest.mark.parametrize("name", COMMANDS)
def test_every_option_and_argument_has_help(name):
    from typer.main import get_command

    for parameter in get_command(app).commands[name].params:
        assert parameter.help, parameter.name
    answer = command(name, "--help")
    assert answer.status == 0
    assert f"Usage: backtest {name} " in answer.out


@pytest.mark.parametrize("typed", [[], ["--"], ["-h"]])
def test_nothing_typed_is_answered_with_help(typed):
    assert command(*typed) == command("--help")


def test_a_reader_that_stops_reading_is_no_fault():
    process = started("strategies")
    process.stdout.close()
    error = process.stderr.read()
    process.stderr.close()
    assert process.wait(timeout=60) in {0, 1}
    assert error == ""


# What stands in the user's folder


@pytest.mark.parametrize("installed", ["", EDITABLE], ids=["on the path", "editable"])
def test_a_folder_with_modules_named_as_ours_disturbs_nothing(installed, tmp_path):
    for name in DISTURBING:
        path = Path("mine") / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"raise SystemExit('imported {name}')\n")
    Path("mine/levels.py").write_text("MONTHS = 2\n")
    Path("mine/mine.py").write_text(f"from levels import MONTHS\n{MINE}".replace("parameter(2,", "parameter(MONTHS,"))
    Path("mine/mine.yaml").write_text("name: mine\nstrategy: {class: 'mine.py:Mine'}\n")
    script = tmp_path / "bin" / "backtest"
    script.parent.mkdir()
    script.write_text(f"import sys\n{installed}\nfrom backtest.__main__ import main\nsys.exit(main())\n")
    answer = subprocess.run(
        [sys.executable, script, "run", "mine.yaml", *SHORT],
        cwd="mine",
        env={"PYTHONPATH": str(ROOT), "PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert answer.stderr == "reading mine.py\nasked\n"
    assert answer.returncode == 0
    assert answer.stdout.startswith("mine  Mine\n")
    assert (only_run("mine/runs") / "equity.parquet").is_file()


def test_the_installed_command_is_this_one():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"backtest": "backtest.__main__:main"}
    assert project["version"] == VERSION


def test_of_a_file_that_cannot_be_replaced_its_own_name_is_printed(tmp_path, monkeypatch):
    kept = tmp_path / "kept.json"
    kept.mkdir()
    monkeypatch.setattr("backtest.cli.app", lambda **_options: write_whole(kept, Path.touch))
    assert command("runs") == Answer(2, "", f"backtest: {kept}: Is a directory\n")


def test_a_run_of_its_own_process_answers_as_one_of_this():
    there = ended(started("run", "hedge_soxs.yaml", *SHORT))
    folder = only_run()
    assert dataclasses.replace(there, err="") == short()
    assert there.err == ""
    assert only_run() == folder


@pytest.mark.parametrize("name", ["run", "show", "validate", "signal", "study", "lookahead", "parity", "sweep"])
def test_help_says_what_is_executed(name):
    assert "The strategy file it names is executed." in " ".join(command(name, "--help").out.replace("│", " ").split())


@pytest.mark.parametrize("words", [("explain",), ("compare",), ("walkforward",), ("strategies",), ("data", "check")])
def test_the_help_of_other_commands_says_it_too(words):
    assert "executed" in command(*words, "--help").out

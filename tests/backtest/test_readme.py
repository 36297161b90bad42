"""README and docs can't drift: their commands run, their code runs, what they name exists."""

import re
import shlex
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from command import command
from filed_world import INCOME, YEAR_BEFORE, filings

from backtest import load_config, load_market, run, write_run
from data.importing import import_files
from data.sources import BARS, SERIES
from data.store import Origin, Store

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
USAGE = (ROOT / "docs" / "usage.md").read_text(encoding="utf-8")
STRATEGIES = (ROOT / "docs" / "strategies.md").read_text(encoding="utf-8")
DATA = (ROOT / "docs" / "data.md").read_text(encoding="utf-8")
TUTORIAL = (ROOT / "docs" / "tutorial.md").read_text(encoding="utf-8")


def commands(page):
    blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
    return [line.partition(" #")[0].strip() for block in blocks for line in block.splitlines()]


COMMANDS = [*commands(README), *commands(USAGE)]
BACKTEST = [
    command
    for command in dict.fromkeys((*COMMANDS, *commands(DATA), *commands(TUTORIAL)))
    if command.startswith("backtest ")
    and not command.startswith("backtest data pull")  # goes online; tests/data/test_pull.py has it on loopback
    and not command.startswith("backtest lab")  # serves until it is interrupted; test_lab.py has it
]
SHORT = ["--start", "2020-01-01", "--end", "2020-12-31"]
SHORTLY = ["start=2020-01-01", "end=2020-12-31", "controls=off"]
EXTRA = {
    "run": [*SHORT, "--no-tearsheet", "--set", "controls=off"],
    "compare": SHORT,
    "frontier": SHORT,
    "stress": ["--scenario", "nothing", "--horizon", "5", "--paths", "0"],
    "explain": SHORT,
    "follow": ["--set", "start=2020-01-02"],
    "sweep": SHORT,
    "lookahead": ["--cuts", "4"],
    "walkforward": [*SHORT, "--train", "6m", "--test", "3m"],
}
"""What makes a command quick; what it leaves out has tests of its own."""


def code(text, start):
    return next(block for block in re.findall(r"```python\n(.*?)```", text, re.DOTALL) if block.startswith(start))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A user's folder, with the README's strategy in it and a little history of their own."""
    tmp_path = tmp_path_factory.mktemp("made")
    (tmp_path / "my_hedge.py").write_text(code(USAGE, "# my_hedge.py"))
    (tmp_path / "history" / "bars").mkdir(parents=True)
    (tmp_path / "history" / "series").mkdir()
    market = load_market(load_config("hedge_soxs.yaml", ["start=2020-01-02", "end=2020-12-31"]))
    for name in ("SOXX", "SOXS", "SPY", "TLT", "VIXY"):
        bars = market.source.read(BARS, name)
        rows = [
            f"{d},{o},{h},{lo},{c},{v},{p},{s}"
            for d, o, h, lo, c, v, p, s in zip(
                bars.dates,
                bars.open,
                bars.high,
                bars.low,
                bars.close,
                bars.volume,
                bars.dividend,
                bars.split,
                strict=True,
            )
        ]
        (tmp_path / "history" / "bars" / f"{name}.csv").write_text(
            "\n".join(["date,open,high,low,close,volume,dividend,split", *rows])
        )
    for name in ("IRX", "VIX"):
        held = market.source.read(SERIES, name)
        rows = [f"{d},{v}" for d, v in zip(held.dates, held.values, strict=True)]
        (tmp_path / "history" / "series" / f"{name}.csv").write_text("\n".join(["date,value", *rows]))
    return tmp_path


@pytest.fixture(scope="module")
def stored(made, tmp_path_factory):
    """The same history in the user's store, with what docs/data.md names beside it."""
    folder = tmp_path_factory.mktemp("stored") / "folder"
    shutil.copytree(made, folder)
    (folder / "DIR").symlink_to("history")
    (folder / "pe.csv").write_text("date,value\n2008-12-31,20\n")
    (folder / "events").mkdir()
    (folder / "events" / "fomc_dates.csv").write_text("date\n2020-01-29\n")
    (folder / "mine.csv").write_text("date,symbol\n2020-01-28,AMD\n")
    (folder / "soxx_pe.csv").write_text("date,value,known\n2008-12-31,20,2009-01-15\n")
    for name, text in re.findall(r"```csv (\S+)\n(.*?)```", DATA, re.DOTALL):
        (folder / name).write_text(text, encoding="utf-8")
    for name, fund in (("QQQ", "SOXX"), ("SQQQ", "SOXS")):
        shutil.copyfile(folder / "history" / "bars" / f"{fund}.csv", folder / "history" / "bars" / f"{name}.csv")
    store = Store(folder / "store")
    import_files(store, folder / "history")
    soxx = store.read(BARS, "SOXX")  # in whole cents, as prices are traded: others are no price of a valuation
    cents = {name: np.round(getattr(soxx, name), 2) for name in ("open", "high", "low", "close")}
    store.put(replace(soxx, instrument="NVDA", **cents), Origin("import", "NVDA.csv", "a test", "2026-08-21T20:15:00Z"))
    store.put(
        filings("NVDA", INCOME["NVDA"], YEAR_BEFORE["NVDA"]), Origin("import", "", "a test", "2026-08-21T20:15:00Z")
    )
    return folder


@pytest.fixture
def folder(made, tmp_path, monkeypatch):
    """Such a folder of the test's own."""
    shutil.copytree(made, tmp_path, dirs_exist_ok=True)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def store(stored, tmp_path, monkeypatch):
    """Such a folder of the test's own, and its store."""
    shutil.copytree(stored, tmp_path, symlinks=True, dirs_exist_ok=True)
    monkeypatch.setenv("BACKTEST_DATA", str(tmp_path / "store"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("typed", BACKTEST)
def test_a_command_of_the_docs_runs(typed, store):
    _, *words = shlex.split(typed)
    extra = EXTRA.get(words[0], [])
    extra = extra[2:] if "--start" in words or "hedge_nasdaq.yaml" in words else extra  # that history ends in 2018
    if words[0] == "query":  # there has to be something to ask
        write_run(run(load_config("hedge_soxs.yaml", SHORTLY)), tearsheet=False, report=False)

    done = command(*words, *extra)

    assert (done.status, re.sub("Page: .*\n", "", done.err)) == (0, "")
    assert done.out
    if words[0] == "run":
        assert list(store.glob("runs/*/metrics.json"))


def test_every_make_target_that_is_named_exists():
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    told = README + (ROOT / "CONTRIBUTING.md").read_text()

    assert set(re.findall(r"^\s*make (\w+)", told, re.MULTILINE)) <= targets
    assert "make test" in COMMANDS


def test_the_readmes_strategy_is_ten_lines_and_hedges(folder):
    body = [line for line in code(USAGE, "# my_hedge.py").splitlines()[1:] if line]
    result = run(
        load_config("hedge_soxs.yaml", ["strategy.class=my_hedge.py:MyHedge", "start=2019-01-02", "end=2020-12-31"])
    )

    assert len(body) <= 10
    assert result.figures["episodes"] > 3


def test_the_readmes_python_runs(folder, capsys):
    short = '{"name": "hedge_soxs", "data": {"source": "demo"}, "start": "2024-01-02"}'
    exec(code(USAGE, "import backtest").replace('"hedge_soxs.yaml"', short), {})

    figures, *table = capsys.readouterr().out.splitlines()
    hedged, derisked = (float(word) for word in figures.split())
    assert hedged != derisked
    assert "gap_to_held_less" in table[0]
    assert len(list(folder.glob("runs/hedge_soxs-SIMULATED-*/tearsheet.html"))) == 1


def test_the_docs_close_strategy_runs(folder):
    (folder / "patient.py").write_text(code(STRATEGIES, "# patient.py"))
    result = run(
        load_config(
            "hedge_soxs.yaml", ["strategy.class=patient.py:Patient", "fall=0.05", "start=2019-01-02", "end=2020-12-31"]
        )
    )

    assert result.figures["episodes"] > 0
    assert result.figures["sessions_hedged"] > 5


def test_the_docs_strategy_that_shares_signals_runs(folder):
    text = code(STRATEGIES, "# my_trend.py")
    (folder / "my_trend.py").write_text(text)
    result = run(
        load_config("hedge_soxs.yaml", ["strategy.class=my_trend.py:Trend", "start=2019-01-02", "end=2020-12-31"])
    )

    assert result.figures["episodes"] > 0


def test_the_docs_cerebro_takes_our_strategy():
    exec(code(STRATEGIES, "import backtrader as bt"), {})


def test_links_between_pages_lead_somewhere():
    for page in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]:
        for target in re.findall(r"\]\((?!http)([^)#]+)\)", page.read_text(encoding="utf-8")):
            assert (page.parent / target).exists(), f"{page.name} links to {target}"

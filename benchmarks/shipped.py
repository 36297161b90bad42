"""Every run that ships and names no source, on real history: verdict, sum and tests. Writes docs/results.md.

`hedge_nasdaq.yaml` names the embedded market, other years of another core: it has no place among them.
"""

from __future__ import annotations

import argparse
import hashlib
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from backtest.api import load_config, run, write_run
from backtest.console import console, steps
from benchmarks.results_page import BY_PRICE, Shipped, page, write_picture
from data.arrays import day as course_of
from data.errors import UserError
from data.market import Market
from data.sources.choose import open_source
from data.sources.valued import valued_in
from engine.config import RunConfig
from engine.hedge_names import run_title
from engine.inspection.explain import explain
from engine.inspection.session import Day
from engine.runs.run import Run
from engine.validation.prove import prove
from strategies.base import Strategy
from strategies.load import RUNS, strategy_class
from strategies.parameters import make
from strategies.signals.feeds import valuation_of

DOCS = Path(__file__).parents[1] / "docs"
PAGE, PICTURE = DOCS / "results.md", DOCS / "results.svg"
ARTICLE, ARTICLE_DAY = "hedge_soxs_article", "2026-01-07"
"""The run whose article tells of a day, and that day."""
PRICED = {ARTICLE: "signals.dear.signal=price_to_trend", "hedge_soxs_valuation": "valuation=proxy"}
"""Runs that go by a valuation of filings, where there are any, and what makes each go by prices alone."""


def tried(file: Path, settings: Sequence[str], folder: str | None) -> Iterator[tuple[str, RunConfig]]:
    """Yield a shipped run by its name; one that goes by a valuation of filings by prices alone too."""
    config = load_config(file, settings, folder)
    yield file.stem, config
    if file.stem in PRICED and valued_in(open_source(config.data.source, config.data.path)) is not None:
        yield f"{file.stem}{BY_PRICE}", load_config(file, [*settings, PRICED[file.stem]], folder)


def made(config: RunConfig, folder: Path, say: Callable[[str], None]) -> Shipped:
    """Run a shipped run, keep it, read it back, and prove that it doesn't look ahead."""
    say(f"{config.name}: running")
    result = run(config)
    kept = Run.load(write_run(result, folder, tearsheet=False, report=False))
    strategy: Strategy = make(strategy_class(config.strategy.named), config.strategy.params)
    say(f"{config.name}: proving that it doesn't look ahead")
    proof = prove(config)
    remarks, since = tuple(strategy.remarks(result.market)), ranked_from(strategy, result.market)
    return Shipped(kept, remarks, "a leak" if proof.leaks else "none", since)


def ranked_from(strategy: Strategy, market: Market) -> str | None:
    """Return the session from which on a strategy knows the rank of a valuation; None of one that reads none."""
    name = valuation_of(market)
    for each in strategy.inputs(market):
        known = np.flatnonzero(~np.isnan(each.values))
        if name is not None and each.ranked is not None and each.ranked[0] == name and len(known):
            return str(market.sessions[known[0]])
    return None


def day_of_the_article(config: RunConfig, kept: Run) -> Day | None:
    """Return the day of the article as its run explains it, None where it isn't among the run's sessions."""
    when = course_of(ARTICLE_DAY)
    return explain(config, when) if when in kept.sessions[1:] else None


def data_hash(runs: Sequence[Run]) -> str:
    """Return the hash of everything that runs were fed."""
    fed = {name: digest for one in runs for name, digest in one.manifest["data"].items()}
    return hashlib.sha256(repr(sorted(fed.items())).encode()).hexdigest()[:16]


def write(shipped: Mapping[str, Shipped], command: str, lacking: Sequence[str], day: Day | None) -> None:
    """Write the page and its picture."""
    runs = {run_title(name, one.run.settings): one.run for name, one in shipped.items()}
    write_picture(PICTURE, runs)
    hashed = data_hash(list(runs.values()))
    told = page(shipped, command=command, hashed=hashed, picture=PICTURE.name, lacking=lacking, day=day)
    PAGE.write_text(told, encoding="utf-8")


def main() -> int:
    """Run everything that ships and write the page; 2 where no run could be made."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", metavar="DIR", help="a folder of real history; else the store")
    asked.add_argument("--start", default="2010-06-01")
    asked.add_argument("--end", default=None)
    given = asked.parse_args()
    settings = [
        f"start={given.start}",
        *([f"end={given.end}"] if given.end else []),
        *([] if given.data else ["data.source=store"]),
    ]
    files = [file for file in sorted(RUNS.glob("*.yaml")) if load_config(file).data.source == "auto"]
    shipped: dict[str, Shipped] = {}
    lacking: list[str] = []
    day = None
    with TemporaryDirectory() as scratch, steps(2 * (len(files) + len(PRICED))) as say:
        for file in files:
            try:
                for name, config in tried(file, settings, given.data):
                    shipped[name] = made(config, Path(scratch), say)
                    if name == ARTICLE:
                        day = day_of_the_article(config, shipped[ARTICLE].run)
            except UserError as fault:
                lacking.append(f"`{file.stem}` is left out: {fault}")
    for sentence in lacking:
        print(sentence, file=sys.stderr)
    if not shipped:
        return 2
    anywhere = [sentence.replace(f"{given.data}/", "DIR/") for sentence in lacking]  # a page names no machine's folders
    write(shipped, "make results" + (" DATA=DIR" if given.data else ""), anywhere, day)
    console().print(PAGE.read_text(encoding="utf-8"))
    return 0


if __name__ == "__main__":
    sys.exit(main())

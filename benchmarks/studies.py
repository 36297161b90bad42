"""Four studies on real history, each a question that is asked of hedging with SOXS. Writes docs/study_*.md."""

from __future__ import annotations

import argparse
import datetime as dt
import hashlib
import shlex
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from textwrap import fill

import backtest
from backtest.console import steps
from benchmarks.results_page import WIDTH, table
from data.errors import UserError
from data.format import percent, points
from engine.analytics.answer.digits import printed_gap
from engine.analytics.answer.variations import Alternative
from engine.config import RunConfig
from engine.hedge_names import joined
from engine.runs.run import Run
from engine.stress.books import figures
from engine.stress.results import Replayed
from engine.stress.stress import stress
from strategies.load import RUNS

DOCS = Path(__file__).parents[1] / "docs"
RUN = "hedge_soxs.yaml"
EXTENDED = ("data.extend={SOXX: {underlying: SOX, leverage: 1}, SOXS: {underlying: SOX}}", "start=1994-05-31")
"""The fund model before inception: the index in SOXX's place, and SOXS made of it."""
WEIGHTS = (0.0, 0.025, 0.05, 0.075, 0.10, 0.125, 0.15, 0.175, 0.20, 0.225, 0.25)
CRISES = ("2001-04", "2001-10", "2002-10", "2008-11")
"""The falls of 2000 to 2002 and of 2008, by the month of their lows."""

Configure = Callable[..., RunConfig]


def rebalancing(configure: Configure) -> str:
    """Return the study of how often a hedge is restored to its weight."""
    result = backtest.run(configure(RUN), engine="compiled")
    answer, found = _answered(result)
    rows = [each for each in found if each.kind == "rebalance"]
    never = next(each for each in rows if _how(each) == "never")
    own = next(each for each in rows if each.own)
    best = max(rows, key=lambda each: each.dot.cagr)
    shown = table(
        ("rebalanced", "growth a year", "gap", "bad quarter", "fills", "closes net short"),
        (
            (
                _how(each),
                percent(each.dot.cagr),
                points(each.dot.gap),
                points(each.dot.bad_quarter),
                f"{each.fills:,}",
                f"{each.net_short:,}",
            )
            for each in rows
        ),
    )
    above = [_how(each) for each in rows if each.dot.gap > 0.0]
    words = (
        f"Never, the hedge grew {percent(never.dot.cagr)} a year and was net short on {never.net_short:,} closes; "
        f"{_how(own)}, {percent(own.dot.cagr)}; the most, {percent(best.dot.cagr)}, {_how(best)}. A hedge that is left"
        " alone grows in a fall until the book is short at the bottom, and pays for it in the rebound: that is *drift*,"
        " and no property of the fund. "
        f"{f'Above holding less stand: {joined(above)}.' if above else 'None of these stands above holding less'}"
        f"{'' if above else f', {percent(answer)} a year at the same safety as the run as it ships.'}"
    )
    return _page(
        "How often to rebalance a hedge",
        "The same signal and weight, the hedge restored to its weight never, by calendar, or when it leaves a band.",
        words,
        shown,
        result,
        f"backtest run {RUN}     # Size and rebalancing in its report",
    )


def which_signal(configure: Configure) -> str:
    """Return the study of the signals that ship."""
    kept, lacking = dict[str, Run](), list[str]()
    for file in sorted(RUNS.glob("hedge_soxs*.yaml")):
        try:
            config = configure(file.name)
            if not config.hedges:
                kept[file.stem] = backtest.run(config, engine="compiled")
        except UserError as error:
            lacking.append(f"`{file.stem}` is left out: {error}")
    rows = []
    for name, result in kept.items():
        answer = result.evaluation.answer if result.evaluation else None
        if answer is not None:
            quarter = answer.insurance.quarter
            rows.append((name, result.figures["cagr"], quarter, answer.timing, answer.insurance.label))
    rows.sort(key=lambda row: -row[2].gap)
    shown = table(
        ("signal", "growth a year", "as safe, held", "gap", "98 % interval", "verdict", "timing"),
        (
            (
                f"`{name}`",
                percent(cagr),
                percent(quarter.share, 0),
                points(printed_gap(quarter) / 100.0),
                f"{points(quarter.interval[0])} to {points(quarter.interval[1])}",
                label,
                timing.label or "",
            )
            for name, cagr, quarter, timing, label in rows
        ),
    )
    first, last = rows[0], rows[-1]
    paid, widest = sum(row[4] == "paid" for row in rows), max(row[2].interval[1] - row[2].interval[0] for row in rows)
    apart = first[2].gap - last[2].gap
    high, low = (f"{points(printed_gap(row[2]) / 100.0)} (`{row[0]}`)" for row in (first, last))
    words = (
        f"Of {len(rows)} signals {paid or 'none'} paid. Their gaps to holding less: {high} to {low} points a year;"
        f" the widest interval of one of them is {100 * widest:.1f} points wide, their range {100 * apart:.1f}"
        f"{', so this history can not rank them' if widest > apart else ''}. Adjusted for all tries, p-values of timing"
        " stand in [results.md](results.md). Choose a signal for what you can stick to, not for its place here."
    )
    page = _page(
        "Which signal",
        "Every signal that ships, with its own parameters, none tuned, at the same weight and rebalancing.",
        words,
        shown,
        next(iter(kept.values())),
        "make studies DATA=DIR",
    )
    return page + "".join(f"\n- {line}" for line in lacking) + ("\n" if lacking else "")


def how_much(configure: Configure) -> str:
    """Return the study of the hedge's weight."""
    config = configure(RUN)
    frame = backtest.sweep(config, {"hedge.weight": list(WEIGHTS)}, answer=True)
    result = backtest.run(config, engine="compiled")
    rows = frame.to_dict("records")
    nothing, most = rows[0], rows[-1]
    shown = table(
        ("weight of SOXS", "growth a year", "bad quarter", "worst fall", "gap to holding less", "exposure", "timing"),
        (
            (
                percent(row["hedge.weight"]),
                percent(row["cagr"]),
                points(row["bad_quarter"]),
                percent(row["max_drawdown"]),
                points(row["gap_to_held_less"]),
                points(row["exposure"]) if row["exposure"] == row["exposure"] else "",  # NaN
                points(row["timing"]) if row["timing"] == row["timing"] else "",
            )
            for row in rows
        ),
    )
    least = max(rows, key=lambda row: row["bad_quarter"])
    further = ", and no milder beyond: a larger hedge turns a fall into a bet" if least is not most else ""
    bad, without = points(least["bad_quarter"]), points(nothing["bad_quarter"])
    words = (
        f"From {percent(nothing['cagr'])} a year without SOXS to {percent(most['cagr'])} at"
        f" {percent(most['hedge.weight'], 0)}: each point of weight takes four points of exposure off while it is"
        f" on, and growth with them. The bad quarter gets milder up to {percent(least['hedge.weight'])}, where it is"
        f" {bad} points from an average one, {without} without a hedge{further}. At the largest the gap to holding less"
        f" is {points(most['gap_to_held_less'])} points a year. A weight that gives no more safety than a smaller one"
        " is wrong for anybody; among the others it is a question of what you can bear."
    )
    return _page(
        "How much",
        "The reference run at eleven weights; everything else as it ships.",
        words,
        shown,
        result,
        f"backtest sweep {RUN} --param hedge.weight=0:0.25:0.025 --answer",
    )


def before_2010(configure: Configure) -> str:
    """Return the study of the years before SOXS was there."""
    result = backtest.run(configure(RUN, *EXTENDED), engine="compiled")
    evaluation = result.evaluation
    assert evaluation is not None  # noqa: S101  # the run has its controls on
    now = stress(configure(RUN), scenarios=list(CRISES), paths=0)
    shown = table(
        ("fall", "SOXX", "doing nothing", "holding less", "selling instead", "the hedge"),
        (
            (
                f"{each.title}, {when}",
                percent(_moved(each, when)),
                *(percent(_came(each, book, when)) for book in BOOKS),
            )
            for each in now.replays
            for when in ("low", "end")
        ),
    )
    ahead = {
        when: sum(_came(each, "hedged", when) > _came(each, "held_less", when) for each in now.replays) for when in WHEN
    }
    of, said = len(now.replays), evaluation.verdict.sentence
    words = (
        f"SYNTHETIC throughout. A run from 1994, the years before inception made by the fund model: {said} Below,"
        f" today's book in the falls of 2000 to 2002 and of 2008, day for day: ahead of holding less at"
        f" {ahead['low']} of {of} lows, and at {ahead['end']} of {of} ends."
    )
    return _page(
        "2000 to 2002, and 2008",
        "SOXS began in 2010. What would it have done in the two great falls before? By its model, and on today's book.",
        words,
        shown,
        result,
        f"backtest run {RUN} {' '.join(f'--set {shlex.quote(each)}' for each in EXTENDED)}\n"
        f"backtest stress {RUN} {' '.join(f'--scenario {name}' for name in CRISES)} --paths 0",
    )


BOOKS, WHEN = ("unhedged", "held_less", "derisk_entry", "hedged"), ("low", "end")
STUDIES = {
    "study_rebalancing": rebalancing,
    "study_signals": which_signal,
    "study_weight": how_much,
    "study_2000_and_2008": before_2010,
}
"""The pages, and what makes each."""


def _answered(result: Run) -> tuple[float, tuple[Alternative, ...]]:
    """Return what holding less grew, and the run's other rebalancings and sizes."""
    evaluation = result.evaluation
    assert evaluation is not None  # noqa: S101  # the run has its controls on
    assert evaluation.answer is not None  # noqa: S101  # and an answer, on real history
    return evaluation.answer.insurance.quarter.cagr, evaluation.alternatives


def _how(each: Alternative) -> str:
    return each.dot.title.removeprefix("rebalanced ")


def _moved(each: Replayed, when: str) -> float:
    return each.move if when == "low" else float(each.books.underlying[-1] - 1.0)


def _came(each: Replayed, book: str, when: str) -> float:
    came = figures(each.books.growth[book], each.turn)
    return came.turn if when == "low" else came.end


def _page(title: str, about: str, words: str, table: str, result: Run, command: str) -> str:
    sessions = result.market.run_sessions
    hashed = hashlib.sha256(repr(result.manifest["data"]).encode()).hexdigest()[:16]
    span = f"{sessions[0]} to {sessions[-1]}, {len(sessions):,} sessions"
    made = f"Made on {dt.date.today()} by `make studies DATA=DIR`; {span}; data {hashed}."  # noqa: DTZ011  # the writer's day
    parts = (f"# {title}", fill(about, WIDTH), fill(words, WIDTH), table, f"```sh\n{command}\n```", fill(made, WIDTH))
    return "\n\n".join(parts) + "\n"


def main() -> int:
    """Write the studies; 2 where one can't be made."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--data", metavar="DIR", help="a folder of real history; else the store")
    asked.add_argument("--only", choices=STUDIES, help="this one alone")
    given = asked.parse_args()
    chosen = {name: study for name, study in STUDIES.items() if given.only in (None, name)}

    def configure(file: str, *settings: str) -> RunConfig:
        return backtest.load_config(file, settings, given.data or "store")

    with steps(len(chosen)) as say:
        for name, study in chosen.items():
            say(name)
            try:
                (DOCS / f"{name}.md").write_text(partial(study, configure)(), encoding="utf-8")
            except UserError as error:
                print(f"{name}: {error}", file=sys.stderr)  # a command of this folder
                return 2
    return 0


if __name__ == "__main__":
    sys.exit(main())

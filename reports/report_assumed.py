"""What the hedge report says of a run's rules, data and statistics, and of the words it uses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from data.audit.finding import ERROR, INFO, WARNING, Finding
from data.format import counted, dollars, number, percent, points
from data.sources.embedded import EmbeddedSource
from data.version import code_version
from engine.analytics.answer.answer import Answer
from engine.analytics.answer.words import Names, Piece, names_of
from engine.analytics.evaluate import Evaluation
from engine.analytics.evidence import LEVEL
from engine.config import RunConfig
from engine.hedge_names import joined
from engine.runs.identity import as_run
from engine.runs.record import config_yaml
from engine.runs.run import Run
from reports.document import Code, Column, Details, Glossary, Heading, Items, Part, Row, Section, Table
from reports.frontier_picture import title_of
from reports.glossary import words_of
from reports.hedge_rules import attributed, hedges, paid
from reports.hedge_words import exposure
from strategies.load import kind, strategy_class

FILLED = {"next_open": "the next session's open", "next_close": "the next session's close"}
MADE_UP, AS_TRADED = "simulated: made up by this program", "as traded, split by split"
INSTALLED = "price indices as the package arch has them in its files"
ENGINES = {"backtrader": "backtrader's broker", "compiled": "the compiled loop", "python": "the plain loop"}


def assumptions(result: Run, evaluation: Evaluation) -> Section:
    """Return what was assumed: rules, history, statistics, notes, findings of the audit, and the configuration."""
    config, found = result.config, result.market.findings
    lists = {
        "Rules": [strategy(config, result.label), exposure(result), *rules(config)],
        "History": history(result),
        "Statistics": statistics(config, evaluation),
    }
    parts: list[Part] = [part for title, texts in lists.items() for part in (Heading(title), Items(texts))]
    if result.notes:
        parts += [Heading("Notes of the run"), Items(result.notes, id="notes")]
    if found:
        items = [_finding(finding) for finding in found]
        parts.append(Details(f"Findings of the audit ({len(found)})", [Items(items)]))
    shown = Code(config_yaml(as_run(config, result.market.source.name)))
    parts.append(Details("The run's configuration, as it runs again", [shown]))
    return Section("assumed-part", "What was assumed", parts, "Assumptions")


def _finding(finding: Finding) -> list[Piece]:
    """Return what the audit found; an error that a run goes on with was accepted."""
    severity = "accepted error" if finding.severity == ERROR else finding.severity
    many = f"{len(finding.dates):,} sessions, {finding.dates[0]} to {finding.dates[-1]}"
    text = f" {finding.instrument}, {finding.dates[0] if len(finding.dates) == 1 else many}: {finding.message} "
    return [Piece(severity, "strong"), Piece(text), Piece(finding.id, "code")]


def vocabulary(answer: Answer | None, config: RunConfig) -> Section:
    """Return the words of the page, and the books of the first screen in full."""
    parts: list[Part] = [Glossary(words_of(config))]
    if answer is not None:
        parts = [Heading("The books of the first screen, exactly"), _exact(answer, names_of(config)), *parts]
    return Section("words-part", "Words on this page", parts, "Words")


def _exact(answer: Answer, names: Names) -> Table:
    columns = [
        *(Column("", align="left"), Column("Growth a year (CAGR)", format=partial(percent, places=2))),
        *(Column(head, unit="points", format=partial(points, places=2)) for head in ("To holding less", "Bad quarter")),
        *(Column("Worst fall", format=percent), Column("Volatility a year", format=percent)),
        Column("End value", format=dollars),
    ]
    keys = ("cagr", "gap", "bad_quarter", "max_drawdown", "volatility", "final_equity")
    rows = [Row([title_of(dot, names), *(getattr(dot, key) for key in keys)]) for dot in answer.frontier.dots]
    return Table("exact", columns, rows)


def rules(config: RunConfig) -> list[str]:
    """Return by which rules money moved, a sentence each."""
    execution = config.execution
    filled = f"What is decided at a close is filled at {FILLED[execution.fill]}, in {execution.shares} shares."
    decided = {
        "intensity": [*hedges(config), filled],
        "on_close": [
            f"The strategy gives the hedge's weight itself, at each close; it is paid for {paid(config)}.",
            filled,
        ],
        "backtrader": ["The strategy orders by itself, and backtrader's broker fills it."],
    }
    return [_core(config), *decided[kind(strategy_class(config.strategy.named))], _costs(config), _cash(config)]


def _core(config: RunConfig) -> str:
    portfolio = config.portfolio
    core = ", ".join(f"{percent(weight, 0)} {name}" for name, weight in portfolio.core.items())
    restated = "never rebalanced" if portfolio.rebalance == "never" else f"rebalanced {portfolio.rebalance}"
    dividends = "reinvested free of cost" if portfolio.dividends == "reinvest" else "kept as cash"
    return f"The core is {core}, {restated}; dividends are {dividends}."


def _costs(config: RunConfig) -> str:
    execution = config.execution
    commission, slippage = _amount(execution.commission_bps), _amount(execution.slippage_bps)
    a_share = {"commission": execution.commission_per_share, "slippage": execution.slippage_per_share}
    per_share = [f"${_amount(cost)} of {name} a share" for name, cost in a_share.items() if cost]
    more = f", and {' and '.join(per_share)}" if per_share else ""
    return f"A fill costs, in basis points, {commission} of commission and {slippage} of slippage{more}."


def _cash(config: RunConfig) -> str:
    rate, spread = config.execution.cash_rate, config.execution.margin_spread_bps
    known = f"the rate of series {rate}, as known the day before"
    earned = known if isinstance(rate, str) else f"{percent(rate, 2)} a year"
    owed = f"; borrowed cash costs {spread:g} basis points more" if config.hedge.funding == "margin" else ""
    return f"Cash earns {earned}{owed}."


def _amount(cost: float | Mapping[str, float]) -> str:
    if isinstance(cost, Mapping):
        return ", ".join(f"{value:g} ({name})" for name, value in cost.items())
    return f"{cost:g}"


def strategy(config: RunConfig, label: str) -> str:
    """Return what a strategy does, in its own words, with its parameters."""
    about = (strategy_class(config.strategy.named).__doc__ or "").strip().splitlines()
    values = ", ".join(f"{name} {value}" for name, value in config.strategy.params.items())
    return f"{label}{f' ({values})' if values else ''}{f': {about[0]}' if about else ''}".removesuffix(".") + "."


def statistics(config: RunConfig, evaluation: Evaluation) -> list[str]:
    """Return how the attribution and the intervals were made, a sentence each."""
    evidence = evaluation.evidence
    block = number(evidence.block, 1)
    resampled = (
        f"Intervals are those of {evidence.draws:,} draws of the stationary bootstrap over {evidence.returns:,} daily"
        f" returns, in blocks of {block} sessions on average, seed {evidence.seed}; they cover {100 * LEVEL:.0f} %."
    )
    return [*attributed(config), resampled]


def history(result: Run) -> list[str]:
    """Return where the history comes from and what the audit found in it, a sentence each."""
    market = result.market
    names = {ERROR: "accepted error", WARNING: "warning", INFO: "remark"}
    counts = {name: sum(item.severity == severity for item in market.findings) for severity, name in names.items()}
    found = ", ".join(counted(count, name) for name, count in counts.items() if count)
    made = MADE_UP if market.simulated else INSTALLED if market.source.name == EmbeddedSource.name else AS_TRADED
    return [
        f"History comes from source {market.source.name}, {made}.",
        f"The audit of it found: {found or 'nothing'}." if not market.simulated else "It was not audited.",
        f"The hedged book was run by {ENGINES[result.engine]}, hedge-backtest {code_version()}.",
    ]


def synthetic(metrics: Mapping[str, Any]) -> str | None:
    """Return between what the run ends at both edges of the synthetic history's error band; None where all is real."""
    made = metrics["synthetic"]
    if made is None:
        return None
    low, high = (dollars(value) for value in made["final_equity"])
    lowest, highest = (dollars(value) for value in made["unhedged_final_equity"])
    what = f"{made['sessions']:,} of {metrics['sessions']:,} sessions come"
    if made["before"] and all(first > metrics["last"] for first in made["before"].values()):
        what = f"all bars of {joined(made['before'])} come"
    unhedged = "" if lowest == highest else f", the unhedged one between {lowest} and {highest}"
    return (
        f"SYNTHETIC: {what} from the fund model. Within its error band the hedged book ends between {low} and"
        f" {high}{unhedged}."
    )

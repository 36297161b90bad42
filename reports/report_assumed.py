"""What the hedge report says of a run's rules, data and statistics, and of the words it uses."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from typing import Any

from data.audit.finding import ERROR, INFO, WARNING, Finding
from data.format import counted, dollars, number, percent, points
from data.fund import FEE, SPREAD
from data.version import code_version
from engine.analytics.answer.answer import Answer
from engine.analytics.answer.words import Names, Piece
from engine.analytics.evaluate import Evaluation
from engine.analytics.evidence import LEVEL
from engine.config import RunConfig
from engine.hedge_config import HedgeConfig
from engine.runs.identity import as_run
from engine.runs.record import config_yaml
from engine.runs.run import Run
from reports.document import Code, Column, Details, Glossary, Heading, Items, Part, Row, Section, Table
from reports.frontier_picture import title_of
from reports.hedge_words import exposure
from strategies.load import kind, strategy_class
from strategies.sizing import METHODS

FUNDING = {
    "sell_core": "by selling core",
    "cash_buffer": "out of a cash buffer of {buffer} of equity, kept unhedged too",
    "margin": "with borrowed cash, the core staying whole",
}
REBALANCED = {
    "never": "not rebalanced while it is held",
    "daily": "rebalanced at every close while it is held",
    "weekly": "rebalanced at the first close of a week while it is held",
    "monthly": "rebalanced at the first close of a month while it is held",
    "band": "rebalanced when its weight is more than {band} away from what was last ordered",
}

FILLED = {"next_open": "the next session's open", "next_close": "the next session's close"}
ENGINES = {"backtrader": "backtrader's broker", "compiled": "the compiled loop", "python": "the plain loop"}

WORDS = (
    (
        "Bad quarter",
        "How far the worst 5 % of 3-month returns fall short of an average one, in points: mean less mean.",
    ),
    ("As safe", "A bad quarter of both books falls as far short of an average one."),
    ("Doing nothing", "The same core without any hedge."),
    ("Holding less", "A part of the core and the rest in bills, all the time, restored monthly: no signal, no fund."),
    ("Exposure", "What holding less of the core on any dates, as much and as long as the hedge did, does on average."),
    ("Timing", "What the run's own dates did better or worse than random ones."),
    ("Drift", "What came of letting the hedge move between its orders, beside keeping the exposure ordered."),
    ("Fund", "What the fund did beside selling core, day by day, to the very same exposure."),
    ("Random dates", "The run's own orders moved around the calendar, by every number of sessions there is."),
    ("Core", "What the book holds for its own sake."),
    ("Hedge, sleeve", "The fund that is bought against the core, and the part of the book that is in it."),
    ("Underlying", "What the fund is a multiple of, day by day."),
    ("Session", "A trading day."),
    ("Episode", "From the fill that buys the hedge to being flat again."),
    ("Beta, exposure", "How much of equity moves with the underlying: 1 is all of it, once."),
    ("Net beta", "The book's exposure: core times its beta, and the hedge times its leverage. Net short: below 0."),
    (
        "Sold at entry",
        "Core sold, when the hedge is ordered, down to the exposure the hedged book then has; the rest in cash.",
    ),
    (
        "Sold daily",
        "Core sold or bought whenever the fund resets, to the exposure the hedged book then has; the rest in cash.",
    ),
    ("Decay", "What the fund itself takes: fee, swap spread and tracking, set against the interest it earns."),
    (
        "Path effect",
        "What daily reset makes beside a position that is left alone: a gain in a trend, a loss in a chop.",
    ),
    ("Fall", "From a peak of the core to a new peak, or to a rise of 40 % from the low, which begins another."),
    ("Recovery", "The close at which a fall is over."),
    ("Worst fall", "The deepest fall of a book from its highest equity so far."),
    ("Cluster", "Episodes with fewer than 21 sessions between them."),
    ("N_eff", "How many clusters of one size would weigh as much: few where a few make most of what differs."),
    ("Smallest effect", "What would be found in four of five histories like this one, at 5 %, two-sided."),
    ("p", "How often random dates are as far out as the run's own."),
    ("Log growth", "The logarithm of what a dollar became, a year: it adds up over time, where a CAGR doesn't."),
    ("CAGR", "The yearly rate that compounds from the first equity to the last."),
    ("Sharpe", "Mean daily return over that of cash, over its standard deviation, a year."),
    ("95 % interval", "Between what the figure lies in 95 % of histories drawn from this one's sessions, in blocks."),
)


def assumptions(result: Run, evaluation: Evaluation) -> Section:
    """Return what was assumed: rules, history, statistics, notes, findings of the audit, and the configuration."""
    config, found = result.config, result.market.findings
    lists = {
        "Rules": [strategy(config, result.label), exposure(result), *rules(config)],
        "History": history(result),
        "Statistics": statistics(evaluation),
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


def vocabulary(answer: Answer | None, names: Names) -> Section:
    """Return the words of the page, and the books of the first screen in full."""
    parts: list[Part] = [Glossary(WORDS)]
    if answer is not None:
        parts = [Heading("The books of the first screen, exactly"), _exact(answer, names), *parts]
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
    hedge, execution = config.hedge, config.execution
    paid, held = _words(hedge, FUNDING[hedge.funding]), _words(hedge, REBALANCED[hedge.rebalance])
    filled = f"What is decided at a close is filled at {FILLED[execution.fill]}, in {execution.shares} shares."
    decided = {
        "intensity": [f"The hedge is {_sized(hedge)}, paid for {paid}, {held}.", _policy(config), filled],
        "on_close": [f"The strategy gives the hedge's weight itself, at each close; it is paid for {paid}.", filled],
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


def _sized(hedge: HedgeConfig) -> str:
    return f"{_words(hedge, METHODS[hedge.sizing].words)} in {hedge.instrument}, at most {percent(hedge.max_weight, 0)}"


def _words(hedge: HedgeConfig, text: str) -> str:
    return text.format(
        weight=percent(hedge.weight),
        buffer=percent(hedge.buffer, 0),
        cover=percent(hedge.cover, 0),
        target=percent(hedge.target_volatility, 0),
        band=percent(hedge.band),
    )


def _policy(config: RunConfig) -> str:
    policy = config.policy
    clauses = [
        f"It is entered when the signal reaches {policy.enter:g} and left when it is below {policy.exit:g}",
        f"after {counted(policy.confirm, 'close')} in a row" if policy.confirm > 1 else "",
        f"held for at least {counted(policy.min_hold, 'session')}" if policy.min_hold else "",
        f"held for at most {counted(policy.max_hold, 'session')}" if policy.max_hold else "",
        f"not entered for {counted(policy.cooldown, 'session')} after an exit" if policy.cooldown else "",
        f"left at a loss of {percent(policy.stop_loss)} of the fund" if policy.stop_loss else "",
        f"left at a gain of {percent(policy.take_profit)} of the fund" if policy.take_profit else "",
    ]
    return ", ".join(part for part in clauses if part) + "."


def _amount(cost: float | Mapping[str, float]) -> str:
    if isinstance(cost, Mapping):
        return ", ".join(f"{value:g} ({name})" for name, value in cost.items())
    return f"{cost:g}"


def strategy(config: RunConfig, label: str) -> str:
    """Return what a strategy does, in its own words, with its parameters."""
    about = (strategy_class(config.strategy.named).__doc__ or "").strip().splitlines()
    values = ", ".join(f"{name} {value}" for name, value in config.strategy.params.items())
    return f"{label}{f' ({values})' if values else ''}{f': {about[0]}' if about else ''}".removesuffix(".") + "."


def statistics(evaluation: Evaluation) -> list[str]:
    """Return how the attribution and the intervals were made, a sentence each."""
    evidence = evaluation.evidence
    fee, spread, block = percent(FEE, 2), percent(SPREAD, 2), number(evidence.block, 1)
    attributed = f"Attribution takes {fee} a year for the fund's fee and {spread} a year for the spread on its swaps."
    resampled = (
        f"Intervals are those of {evidence.draws:,} draws of the stationary bootstrap over {evidence.returns:,} daily"
        f" returns, in blocks of {block} sessions on average, seed {evidence.seed}; they cover {100 * LEVEL:.0f} %."
    )
    return [attributed, resampled]


def history(result: Run) -> list[str]:
    """Return where the history comes from and what the audit found in it, a sentence each."""
    market = result.market
    names = {ERROR: "accepted error", WARNING: "warning", INFO: "remark"}
    counts = {name: sum(item.severity == severity for item in market.findings) for severity, name in names.items()}
    found = ", ".join(counted(count, name) for name, count in counts.items() if count)
    made = "simulated: made up by this program" if market.simulated else "as traded, split by split"
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
    return (
        f"SYNTHETIC: {made['sessions']:,} of {metrics['sessions']:,} sessions come from the fund model. Within its"
        f" error band the hedged book ends between {low} and {high}, the unhedged one between {lowest} and {highest}."
    )

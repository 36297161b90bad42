"""How the commands' help is laid out: in which group each stands, and what to type, for example."""

from __future__ import annotations

OWN = "Of your own"
GROUPS: dict[str, tuple[str, ...]] = {
    "Does it pay?": ("first", "run", "compare", "frontier", "explain", "study", "lookahead"),
    "Today, and from here on": ("signal", "stress", "follow", "lab"),
    "Many at once": ("sweep", "walkforward", "search"),
    "What is kept": ("runs", "sweeps", "query"),
    OWN: ("init", "validate", "show", "strategies", "catalogue", "schema", "parity"),
    "History": ("data",),
}
"""Commands by the heading that they stand under, in order."""

EXAMPLES: dict[str, tuple[str, ...]] = {
    "run": (
        "backtest run hedge_soxs.yaml --open",
        "backtest run hedge_soxs.yaml --data DIR --set hedge.weight=0.1 --set hedge.rebalance=monthly",
        "backtest run my_hedge.yaml --start 2015-01-02 --xlsx my_hedge.xlsx",
    ),
    "compare": ("backtest compare hedge_soxs.yaml hedge_soxs_fatigue.yaml --open",),
    "frontier": ("backtest frontier hedge_soxs.yaml --with cash,put --weights 0.1,0.2",),
    "explain": ("backtest explain hedge_soxs.yaml 2020-03-16",),
    "study": ("backtest study hedge_soxs.yaml --every signal --from close",),
    "lookahead": ("backtest lookahead my_hedge.yaml",),
    "signal": (
        "backtest signal hedge_soxs.yaml --equity 250000",
        "backtest signal hedge_soxs.yaml --hold SOXX=500,SOXS=0,cash=12000",
    ),
    "stress": (
        "backtest stress hedge_soxs.yaml --open",
        "backtest stress hedge_soxs.yaml --scenario 2008 --scenario 2000-09 --paths 0",
    ),
    "follow": ("backtest follow hedge_soxs.yaml", "backtest follow hedge_soxs.yaml --report"),
    "lab": ("backtest lab hedge_soxs.yaml --open",),
    "sweep": ("backtest sweep hedge_soxs.yaml --param trend_days=20:200:20 --param hedge.weight=0.05,0.1,0.15",),
    "walkforward": ("backtest walkforward hedge_soxs.yaml --param trend_days=20,50,100 --train 4y --test 1y",),
    "search": ("backtest search hedge_soxs.yaml --param trend_days=10:200 --trials 50",),
    "runs": ("backtest runs --name hedge_soxs",),
    "query": ("backtest query 'select name, cagr from runs order by cagr desc'",),
    "init": ("backtest init my_hedge", "backtest run my_hedge.yaml"),
    "show": ("backtest show hedge_soxs.yaml --set hedge.weight=0.1 > mine.yaml",),
    "strategies": ("backtest strategies WeaknessHedge",),
    "catalogue": ("backtest catalogue rsi drawdown",),
    "schema": ("backtest schema > backtest.schema.json",),
}
"""What to type, by command."""


def group_of(command: str) -> str:
    """Return the heading that a command stands under; one that none lists is of your own."""
    return next((heading for heading, commands in GROUPS.items() if command in commands), OWN)


def epilog_of(command: str) -> str | None:
    """Return a command's examples as its help ends with them; None where there are none.

    Help folds lines; an empty one between keeps each by itself.
    """
    typed = EXAMPLES.get(command, ())
    return "\n\n".join(("For example:", *typed)) if typed else None

"""The keys of a run that can be turned: what they are called, in what unit, and where a slider begins and ends."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field

from data.ranges import Range

SIZED = ("fixed", "proportional")
SHARES = ("fund", "asset", "cash", "short")


@dataclass(frozen=True)
class Field:
    """A key of the config as a person turns it.

    Parameters
    ----------
    key
        Dotted; those of a hedge begin with ``hedge``.
    label, unit, about
        What it is called, in what it is given, and what it does, in a sentence.
    usual
        Where a slider begins and ends, and its step; ``None`` where these follow from the value.
    none
        What it is called to have none.
    when
        Of a hedge: other keys of it with the values for which this one means anything.
    main
        Whether it is among the first that a person looks for.
    """

    key: str
    label: str
    unit: str
    about: str
    usual: tuple[float, float, float] | None = None
    none: str = "none"
    when: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    main: bool = False


# fmt: off
FIELDS = (
    Field("hedge.weight", "Weight", "of equity",
          "How much of the book is moved into the hedge while the signal is on.", (0, 0.5, 0.01),
          when={"kind": SHARES, "sizing": SIZED}, main=True),
    Field("hedge.cover", "Cover", "",
          "The share of the book's exposure that is taken away; of options, contracts a share of the core.",
          (0.05, 2, 0.05), when={"kind": (*SHARES, "option"), "sizing": ("beta",)}, main=True),
    Field("hedge.cover", "Cover", "contracts a share", "How many contracts are held for each share of the core.",
          (0.05, 2, 0.05), when={"kind": ("option",), "sizing": SIZED}, main=True),
    Field("hedge.sizing", "Sizing", "",
          "How the weight is found: as above, times the signal, by the book's beta, by volatility, or by variance.",
          when={"kind": SHARES}, main=True),
    Field("hedge.target_volatility", "Target volatility", "a year",
          "The volatility that the hedge brings the book down to.", (0.05, 0.6, 0.01),
          when={"kind": SHARES, "sizing": ("volatility_target",)}, main=True),
    Field("hedge.lookback", "Lookback", "sessions",
          "How many sessions of returns an estimate of beta or volatility is made from.", (5, 252, 1),
          when={"kind": SHARES, "sizing": ("beta", "volatility_target", "minimum_variance")}),
    Field("hedge.rebalance", "Rebalancing", "",
          "How often the hedge is brought back to its weight while it is held; left alone, it may outgrow the core.",
          main=True),
    Field("hedge.band", "Band", "of equity",
          "How far the hedge may drift from its weight before it is brought back.", (0.01, 0.3, 0.01),
          when={"rebalance": ("band",)}, main=True),
    Field("hedge.funding", "Paid from", "",
          "Where the money for the hedge comes from: core that is sold, cash kept aside, or a loan.",
          when={"kind": ("fund", "asset", "short", "option")}, main=True),
    Field("hedge.buffer", "Buffer", "of equity", "The cash that is kept aside for the hedge all the time.",
          (0, 0.6, 0.01), when={"funding": ("cash_buffer",)}, main=True),
    Field("hedge.max_weight", "Weight at most", "of equity", "No order makes the hedge larger than this.",
          (0, 1, 0.01), when={"kind": SHARES}),
    Field("hedge.kind", "Kind", "",
          "A leveraged fund, another asset, bills (which sells core), the underlying sold short, or an option."),
    Field("hedge.instrument", "Instrument", "", "What is bought.", when={"kind": ("fund", "asset")}),
    Field("hedge.leverage", "Leverage", "times", "The fund's multiple of the underlying's daily move.",
          (-4, 4, 0.5), when={"kind": ("fund",)}),
    Field("hedge.option.structure", "Structure", "",
          "A put alone, a put with a lower one sold, or a put paid for by a call.", when={"kind": ("option",)},
          main=True),
    Field("hedge.option.strike", "Strike", "% of the price", "Of the put that is bought, at each roll.",
          (70, 105, 1), when={"kind": ("option",)}, main=True),
    Field("hedge.option.sold_strike", "Strike sold", "% of the price",
          "Of the lower put, or of the call, that is sold to pay for it.", (50, 150, 1),
          when={"kind": ("option",), "option.structure": ("put_spread", "collar")}, main=True),
    Field("hedge.option.tenor", "Tenor", "months", "How long from one roll to the next.", when={"kind": ("option",)}),
    Field("hedge.option.skew", "Skew", "points", "How much more volatility a strike costs that lies 10 % lower.",
          (0, 12, 0.5), when={"kind": ("option",)}),
    Field("hedge.option.bid_ask", "Bid to ask", "% of the premium", "Half of it is lost at each trade.",
          (0, 30, 1), when={"kind": ("option",)}),
    Field("policy.enter", "Enter from", "signal", "The hedge is bought when the signal, 0 to 1, reaches this.",
          (0, 1, 0.05)),
    Field("policy.exit", "Leave below", "signal", "The hedge is sold when the signal falls below this.",
          (0, 1, 0.05)),
    Field("policy.confirm", "Confirm", "closes",
          "How many closes in a row the signal has to be there before the hedge is bought.", (1, 20, 1), main=True),
    Field("policy.min_hold", "Hold at least", "sessions", "The signal can't end the hedge before this.", (0, 63, 1),
          main=True),
    Field("policy.max_hold", "Hold at most", "sessions", "The hedge is sold after this.", (1, 252, 1),
          none="no limit"),
    Field("policy.cooldown", "Wait after", "sessions", "No new hedge for this long after one ended.", (0, 63, 1)),
    Field("policy.stop_loss", "Stop loss", "of its price",
          "The hedge is sold when it lost this much since it was bought.", (0.01, 0.5, 0.01)),
    Field("policy.take_profit", "Take profit", "of its price",
          "The hedge is sold when it gained this much since it was bought.", (0.01, 2, 0.01)),
    Field("start", "From", "", "The first session; the signals read what is before.", main=True),
    Field("end", "To", "", "The last session.", none="the end of the data", main=True),
    Field("execution.commission_bps", "Commission", "basis points", "Of every order, a side.", (0, 50, 0.5),
          main=True),
    Field("execution.slippage_bps", "Slippage", "basis points",
          "How much worse than the price an order fills, a side.", (0, 50, 0.5), main=True),
    Field("execution.cash_rate", "Cash earns", "a year", "The yield of cash, the same in every year.",
          (0, 0.08, 0.0025)),
    Field("execution.margin_spread_bps", "Loans cost", "basis points", "Over the cash rate, on borrowed cash.",
          (0, 500, 10)),
    Field("execution.fill", "Orders fill", "", "At the next session's open, or at its close."),
    Field("execution.shares", "Shares", "", "Fractions of a share, or whole ones."),
    Field("portfolio.cash", "Cash at the start", "dollars", "What the book begins with.", (10_000, 1_000_000, 10_000)),
    Field("portfolio.dividends", "Dividends", "", "Reinvested on the day, or kept as cash."),
    Field("portfolio.rebalance", "Core rebalancing", "", "How often the core's holdings go back to their weights."),
)
# fmt: on
"""In the order in which a person looks for them; of a hedge's, `when` tells which apply."""


def usual_range(value: float, within: Range, *, whole: bool) -> tuple[float, float, float]:
    """Return where a slider of a number begins and ends, and its step: the whole range where that is small.

    A wide range tells nothing of what is usual; the slider then reaches from the low end, or 0, to four times the
    value. A text box beside it takes the rest.
    """
    low, high, _apart = within
    least = 20.0 if whole else 0.5
    reach = max(4.0 * abs(value), least) if whole or not value else 4.0 * abs(value)
    if high - low > 8.0 * reach:
        low, high = max(low, 0.0 if value > 0.0 else -reach), min(high, 0.0 if value < 0.0 else reach)
    if whole:
        return float(math.ceil(low)), float(math.floor(high)), 1.0
    return low, high, _step((high - low) / 100.0)


def _step(rough: float) -> float:
    """Return a step of 1, 2 or 5 times a power of ten that is near a rough one."""
    power = 10.0 ** math.floor(math.log10(rough)) if rough > 0.0 else 0.01
    return next(round(factor * power, 12) for factor in (1.0, 2.0, 5.0, 10.0) if factor * power >= rough * 0.999)

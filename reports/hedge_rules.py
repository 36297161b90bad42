"""By which rules each hedge of a run is sized, paid for, rebalanced, entered and left, in words."""

from __future__ import annotations

from data.format import counted, percent
from data.fund import FEE, SPREAD
from engine.config import RunConfig
from engine.hedge_config import HedgeConfig, OptionConfig, PolicyConfig
from engine.hedge_names import MODELLED, hedge_names, joined, option_name
from engine.setup import BORROW_FEE
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
NTH = {1: "first", 2: "second", 3: "third", 4: "fourth"}
DAYS = {"Mon": "Monday", "Tue": "Tuesday", "Wed": "Wednesday", "Thu": "Thursday", "Fri": "Friday"}


def paid(config: RunConfig) -> str:
    """Return out of which money the hedges are paid."""
    return _words(config.hedge, FUNDING[config.hedge.funding])


def hedges(config: RunConfig) -> list[str]:
    """Return how each hedge is sized, paid for and rebalanced, and when it is held, a sentence or two each."""
    return [sentence for k in range(len(config.legs)) for sentence in _hedge(config, k)]


def _hedge(config: RunConfig, k: int) -> list[str]:
    leg, several = config.legs[k], len(config.legs) > 1
    own = leg.strategy is not None or leg.policy is not None
    start = f"Hedge {k + 1} of {len(config.legs)}" if several else "The hedge"
    held, money = _words(leg, REBALANCED[leg.rebalance]), f"paid for {paid(config)}"
    costs = own_costs(leg)
    if leg.option is not None:
        sentences = [f"{start} is {_covering(config, k)}, {money}, {held}{costs}.", terms(config, leg.option)]
    elif leg.kind == "short":
        lent = f"it takes no money out of the core, its proceeds are cash; its lender gets {percent(BORROW_FEE)} a year"
        sentences = [f"{start} is {_sized(config, k)}, {held}{costs}: {lent}, and dividends."]
    else:
        sentences = [f"{start} is {_sized(config, k)}, {money}, {held}{costs}."]
    if own and leg.strategy is not None:
        values = ", ".join(f"{name} {value}" for name, value in leg.strategy.params.items())
        sentences.append(f"Its strategy is its own: {leg.strategy.named}{f' ({values})' if values else ''}.")
    if own or k == len(config.legs) - 1:
        called = "the fund" if leg.kind == "fund" else hedge_names(config)[k].called
        sentences.append(policy(leg.policy or config.policy, called, several=several and not own))
    return sentences


def _sized(config: RunConfig, k: int) -> str:
    leg = config.legs[k]
    most = f"at most {percent(leg.max_weight, 0)}"
    size = _words(leg, METHODS[leg.sizing].words)
    if leg.kind == "short":
        return f"{size} of {config.read} sold short, {most}"
    noun = hedge_names(config)[k].noun
    counts = "" if leg.kind != "asset" else ", whose beta is estimated"
    return f"{size} in {noun}{counts}, {most}"


def _covering(config: RunConfig, k: int) -> str:
    leg, name = config.legs[k], hedge_names(config)[k].noun
    size = "" if leg.sizing == "fixed" else " times the signal"
    return f"{name} on {percent(leg.cover, 0)} of the core{size}"


def terms(config: RunConfig, option: OptionConfig) -> str:
    """Return an option's contract terms and its model, a sentence."""
    month = "each month" if option.tenor == 1 else f"each {option.tenor} months"
    sold = {
        "put": "",
        "put_spread": f", one at {option.sold:g} % sold",
        "collar": f", a call at {option.sold:g} % sold",
    }
    volatility = "VIX" if config.read == "SPY" else f"VIX times {config.read}'s realised volatility over SPY's"
    return (
        f"{MODELLED}: the {option_name(option)} is a put struck at {option.strike:g} % of {config.read} at the roll"
        f"{sold[option.structure]}, European, rolled {month} at the close of the {NTH[option.roll_week]}"
        f" {DAYS[option.roll_weekday]}; Black-Scholes-Merton at {volatility}, a skew of {option.skew:g} volatility"
        f" points per 10 % of moneyness, half of {option.bid_ask:g} % of the premium lost at each trade."
    )


def own_costs(leg: HedgeConfig) -> str:
    """Return what a hedge costs to trade that isn't execution's."""
    found = {"commission": leg.commission_bps, "slippage": leg.slippage_bps}
    own = [f"{cost:g} of {name}" for name, cost in found.items() if cost is not None]
    return f", at costs of its own, in basis points: {joined(own)}" if own else ""


def policy(rules: PolicyConfig, called: str, *, several: bool = False) -> str:
    """Return when a hedge is entered and left."""
    start = "They are" if several else "It is"
    if rules.enter <= 0.0:
        return f"{start} held all the time: policy.enter is 0."
    clauses = [
        f"{start} entered when the signal reaches {rules.enter:g} and left when it is below {rules.exit:g}",
        f"after {counted(rules.confirm, 'close')} in a row" if rules.confirm > 1 else "",
        f"held for at least {counted(rules.min_hold, 'session')}" if rules.min_hold else "",
        f"held for at most {counted(rules.max_hold, 'session')}" if rules.max_hold else "",
        f"not entered for {counted(rules.cooldown, 'session')} after an exit" if rules.cooldown else "",
        f"left at a loss of {percent(rules.stop_loss)} of {called}" if rules.stop_loss else "",
        f"left at a gain of {percent(rules.take_profit)} of {called}" if rules.take_profit else "",
    ]
    return ", ".join(part for part in clauses if part) + "."


def attributed(config: RunConfig) -> list[str]:
    """Return by what assumptions what hedges made is split, a sentence a kind."""
    kinds = {leg.kind for leg in config.legs}
    whose = "the fund's" if kinds == {"fund"} else "a fund's"
    sentences = [
        f"Attribution takes {percent(FEE, 2)} a year for {whose} fee and {percent(SPREAD, 2)} a year for the spread on"
        " its swaps."
        if "fund" in kinds
        else ""
    ]
    sentences += [
        f"{leg.instrument}'s beta to {config.read} is estimated at each close from the daily returns of the"
        f" {counted(leg.lookback, 'session')} to it. Where it errs, what moves with {config.read} counts as"
        f" {leg.instrument}'s own, or the other way round."
        for leg in config.legs
        if leg.kind == "asset"
    ]
    if "option" in kinds:
        sentences.append("An option counts by its delta at each close, MODELLED as its price is.")
    return [sentence for sentence in dict.fromkeys(sentences) if sentence]


def _words(hedge: HedgeConfig, text: str) -> str:
    return text.format(
        weight=percent(hedge.weight),
        buffer=percent(hedge.buffer, 0),
        cover=percent(hedge.cover, 0),
        target=percent(hedge.target_volatility, 0),
        band=percent(hedge.band),
    )

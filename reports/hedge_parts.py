"""What each part of what hedges made is called and means, by kind: a fund has seven, anything else fewer."""

from __future__ import annotations

from data.format import capital, percent
from data.fund import FEE, SPREAD
from data.roles import Roles
from engine.analytics.attribution import SLEEVE, SPANS
from engine.setup import BORROW_FEE

TITLES = {
    "core": "Core not held",
    "interest": "Interest on cash",
    "direction": "Direction",
    "compounding": "Path effect",
    "financing": "Financing earned",
    "fee": "Fund's fee",
    "spread": "Swap spread",
    "tracking": "Tracking",
    "costs": "Costs of trading",
    "hedge_costs": "Costs of trading",
}
OF_A_FUND = ("compounding", "financing", "spread")
"""Parts that nothing but a fund has."""


Kinds = frozenset[str]
"""The kinds of hedges, of a run or of several."""
ALL_FUNDS: Kinds = frozenset({"fund"})


def kinds_of(roles: Roles) -> Kinds:
    """Return the kinds of a run's hedges."""
    return frozenset(hedge.kind for hedge in roles.hedges)


def sleeve_parts(kinds: Kinds) -> tuple[str, ...]:
    """Return the parts of what the sleeve made that hedges of these kinds have."""
    return tuple(name for name in SLEEVE if _has(kinds, name))


def spans_of(kinds: Kinds) -> tuple[str, ...]:
    """Return the bridge's steps that hedges of these kinds have."""
    return tuple(name for name in SPANS if _has(kinds, name))


def _has(kinds: Kinds, name: str) -> bool:
    if name in OF_A_FUND:
        return "fund" in kinds
    return name != "fee" or bool(kinds & {"fund", "short"})


def titles_of(kinds: Kinds) -> dict[str, str]:
    """Return what each part is called."""
    own = {ALL_FUNDS: TITLES["tracking"], frozenset({"cash"}): "Interest on bills"}
    fees = {True: {True: "Fees", False: TITLES["fee"]}, False: {True: "Borrow fee", False: TITLES["fee"]}}
    return TITLES | {"tracking": own.get(kinds, "Own return"), "fee": fees["fund" in kinds]["short" in kinds]}


def abouts(roles: Roles) -> dict[str, str]:
    """Return what each step of the bridge and of the sleeve is."""
    fee, spread, what = percent(FEE, 2), percent(SPREAD, 2), "the fund" if roles.one_fund else "hedges"
    common = {
        "core": "What the core would have made that was sold, or held less of, than unhedged.",
        "interest": "On the book's cash, or on what it owes.",
        "costs": f"Commission and slippage on {what} and the core.",
        "hedge_costs": f"Commission and slippage on {what}.",
    }
    if not roles.one_fund:
        return common | abouts_of_kinds(kinds_of(roles), roles.underlying)
    b, way = roles.leverage, "short" if roles.leverage < 0 else "long"
    return common | {
        "direction": f"What {abs(b):g} times as much {roles.underlying} {way}, set when the fund was bought and then"
        " left alone, would have made.",
        "compounding": f"What the fund's daily reset to {b:g} times added to that or took: a path effect,"
        " good in a trend and bad in a chop.",
        "financing": f"Interest on the fund's own cash, {1 - b:g} times its worth, at the bill rate.",
        "fee": f"The fund's expense ratio, {fee} a year.",
        "spread": f"What its swaps cost above the bill rate, {spread} a year on {abs(b):g} times its worth.",
        "tracking": f"The fund's own return less all of the above: how {roles.hedge} kept to its model.",
    }


def abouts_of_kinds(kinds: Kinds, underlying: str) -> dict[str, str]:
    """Return what each part is of hedges of these kinds, that hedge an underlying."""
    fee, spread, borrowed = percent(FEE, 2), percent(SPREAD, 2), percent(BORROW_FEE)
    direction = {
        "fund": "of a fund by its multiple, set when it was bought and then left alone",
        "asset": "of an asset by its beta of the sessions before, as estimated then",
        "cash": "bills have none of it",
        "short": "of a short by the whole",
        "option": "of an option by its delta at the close before",
    }
    own = {
        "fund": "a fund's return less its model's",
        "asset": "what an asset made beside its beta times the move",
        "cash": "interest on the bills",
        "short": "nothing of a short but dividends it owed between fills",
        "option": "what an option made beside its delta: premium lost to time, its curve, and volatility, MODELLED",
    }
    fees = {
        "fund": f"A fund's expense ratio, {fee} a year.",
        "short": f"What a lender of shares takes, {borrowed} a year.",
    }
    there = [kind for kind in direction if kind in kinds]
    return {
        "direction": f"What moves of {underlying} brought: {'; '.join(direction[kind] for kind in there)}.",
        "compounding": "What a fund's daily reset added to that or took: a path effect, bad in a chop.",
        "financing": "Interest on a fund's own cash, at the bill rate.",
        "fee": " ".join(fees[kind] for kind in there if kind in fees),
        "spread": f"What a fund's swaps cost above the bill rate, {spread} a year.",
        "tracking": f"{capital('; '.join(own[kind] for kind in there))}.",
    }

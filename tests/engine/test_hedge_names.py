"""What people call the hedges of a run, alone and together."""

from __future__ import annotations

import re

import pytest

from engine.hedge_names import MODELLED, bought, hedge_name, hedge_names, modelled_note, traded_name
from engine.hedges import roles_of
from engine.loading import build_config

PUT = {"kind": "option"}
COLLAR = {"kind": "option", "option": {"structure": "collar", "tenor": 3}}
SPREAD = {"kind": "option", "option": {"structure": "put_spread"}}
KINDS = {
    "fund": ({}, "SOXS", "SOXS", "SOXS hedge", "Fund"),
    "asset": ({"kind": "asset", "instrument": "TLT"}, "TLT", "TLT", "TLT hedge", "Asset"),
    "cash": ({"kind": "cash"}, "bills", "bills", "Sold into bills", "Bills"),
    "short": ({"kind": "short"}, "SOXX sold short", "the short", "SOXX short hedge", "Short"),
    "put": (PUT, "a MODELLED 95 % put", "the MODELLED put", "95 % put, MODELLED", "Option"),
    "spread": (
        *(SPREAD, "a MODELLED 95-85 put spread", "the MODELLED put spread"),
        *("95-85 put spread, MODELLED", "Option"),
    ),
    "collar": (
        *(COLLAR, "a MODELLED three-month 95-110 collar", "the MODELLED collar"),
        *("Three-month 95-110 collar, MODELLED", "Option"),
    ),
}


def config(*hedges, **keys):
    return build_config({**keys, "hedges": list(hedges)}, [])


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_has_its_names(kind):
    hedge, noun, called, title, part = KINDS[kind]
    name = hedge_name(config(hedge))
    assert (name.noun, name.called, name.title, name.part) == (noun, called, title, part)
    assert name.modelled == (MODELLED in title) == (name.hedge == "the MODELLED hedge")
    assert name.doing == (f"selling into {noun}" if kind == "cash" else f"hedging with {noun}")
    assert name.only_sells == (kind == "cash")
    if kind == "fund":
        assert name == bought("SOXS")


def test_bills_are_several_and_a_fund_is_one():
    bills, fund = hedge_name(config({"kind": "cash"})), hedge_name(config({}))
    assert (bills.itself, bills.was, bills.pronoun, bills.possessive) == ("bills themselves", "were", "them", "bills'")
    assert (fund.itself, fund.was, fund.pronoun, fund.possessive) == ("SOXS itself", "was", "it", "SOXS's")


ORDERS = {
    "fund": ("SOXS hedge", "buy SOXS", "sell all SOXS"),
    "cash": ("Bills", "buy bills", "sell all bills"),
    "short": ("The short", "sell SOXX short", "buy the short back"),
    "option": ("The MODELLED put", "buy the MODELLED put", "sell the MODELLED put"),
}


@pytest.mark.parametrize("kind", ORDERS)
def test_an_order_says_what_is_done(kind):
    name = hedge_name(config({"kind": kind}))
    assert (name.state, name.enter, name.leave) == ORDERS[kind]


def test_cash_that_earns_a_number_is_no_bills():
    name = hedge_name(config({"kind": "cash"}, execution={"cash_rate": 0.02}))
    assert (name.noun, name.title, name.itself) == ("cash", "Sold into cash", "cash itself")


def test_several_are_named_together():
    two = hedge_name(config({"weight": 0.1}, {"kind": "asset", "instrument": "TLT", "weight": 0.2}))
    assert (two.noun, two.title, two.itself, two.part) == (
        *("SOXS and TLT", "SOXS and TLT hedge"),
        *("SOXS and TLT themselves", "Hedges"),
    )
    priced = hedge_name(config({"weight": 0.1}, PUT))
    assert (priced.noun, priced.title) == ("SOXS and a MODELLED 95 % put", "SOXS and 95 % put, MODELLED")
    assert priced.called == "SOXS and the MODELLED put"


def test_more_than_two_are_counted():
    three = hedge_name(config({"weight": 0.1}, {"kind": "short", "weight": 0.1}, {"kind": "cash", "weight": 0.2}))
    assert three.noun == "SOXS, SOXX sold short and bills"
    assert (three.called, three.title, three.possessive) == ("the hedges", "Three hedges", "the hedges'")
    with_put = hedge_name(config({"weight": 0.1}, {"kind": "short", "weight": 0.1}, PUT))
    assert (with_put.called, with_put.title) == ("the MODELLED hedges", "Three hedges, MODELLED")


def test_one_instrument_in_two_legs_is_one():
    halves = config({"weight": 0.05}, {"weight": 0.1, "rebalance": "monthly"})
    assert hedge_name(halves) == bought("SOXS")
    assert [name.noun for name in hedge_names(halves)] == ["SOXS", "SOXS"]


def test_an_option_on_something_else_than_the_core_says_on_what():
    other = config(PUT, portfolio={"core": {"SMH": 1.0}})
    assert hedge_name(other).noun == "a MODELLED 95 % put on SOXX"


def test_every_contract_that_is_traded_says_modelled():
    roles = roles_of(config(COLLAR, {"kind": "short", "weight": 0.1}, {"kind": "cash", "weight": 0.1}))
    assert [traded_name(role, roles) for role in roles.hedges] == [
        *("SOXX-PUT95-3M, MODELLED", "SOXX-CALL110-3M sold, MODELLED"),
        *("SOXX sold short", "Bills"),
    ]


def test_the_note_tells_the_model_where_there_is_an_option():
    assert modelled_note(config({})) == ""
    note = modelled_note(config(COLLAR, PUT))
    assert note.startswith("MODELLED: prices of the three-month 95-110 collar and the 95 % put are a formula's")
    assert "VIX times SOXX's realised volatility over SPY's, with a skew of 4 volatility points" in note
    spy = modelled_note(config(PUT, underlying="SPY", portfolio={"core": {"SPY": 1.0}}))
    assert re.search(r"Merton at VIX, with", spy)


def test_the_note_names_no_option_that_differs_from_row_to_row():
    strikes = {("hedges", "0", "option", "strike"): (90, 95)}
    assert modelled_note(config(COLLAR), strikes).startswith("MODELLED: prices of options are a formula's, Black-")
    assert modelled_note(config({}), {("hedge", "kind"): ("fund", "option")}).startswith("MODELLED: prices of options")
    assert modelled_note(config({}), {("hedge", "kind"): ("fund", "asset"), ("policy", "enter"): None}) == ""
    assert "95 % put" in modelled_note(config(PUT), {("hedge", "weight"): (0.1, 0.2)})

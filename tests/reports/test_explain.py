"""What a day, explained, says in the terminal."""

import io
import re
from dataclasses import replace

import numpy as np
from rich.console import Console
from worlds import configured, source

from engine.inspection.explain import explain
from reports.explain import show_day

WORLD = source(10, 45, missing=False)
SESSIONS = WORLD.read("bars", "HHH").dates[30:]
KEYS = {"strategy.class": "told_signal:ToldSignal", "controls": "off"}
DAY = explain(configured(KEYS), SESSIONS[20], WORLD)


def said(day, width=100):
    out = io.StringIO()
    show_day(Console(file=out, width=width, highlight=False), day)
    return out.getvalue()


def squeezed(text):
    return [" ".join(line.split()) for line in text.splitlines()]


def test_inputs_policy_order_bars_dollars_and_books_are_shown():
    text = said(DAY)
    lines = squeezed(text)
    assert lines[0] == "hedge_soxs ToldSignal: Hedge as the series says."
    assert DAY.headline in " ".join(text.split())
    assert f"close of {DAY.closes[0].date} close of {DAY.date}" in lines
    before, now = (close.inputs[0] for close in DAY.closes)
    assert f"the signal {before.value:.2f} points {now.value:.2f} points" in lines
    assert f"speaks for hedging when at most {before.threshold:.2f} points {now.threshold:.2f} points" in lines
    assert f"Intensity, 0 to 1 {DAY.closes[0].intensity:.4g} {DAY.closes[1].intensity:.4g}" in lines
    assert any(line.startswith("Policy, on from 0.5, off below 0.5 ") for line in lines)
    assert any(line.startswith("HHH ") and line.endswith(f"{DAY.bars[-1].made:+.2%}") for line in lines)
    total = sum(DAY.attribution.values())
    assert any(line.startswith(f"In all {total:+,.2f} ") for line in lines)
    assert any(line.startswith(f"Unhedged ${DAY.books[1].equity:,.0f} ") for line in lines)
    assert lines[-1].startswith("SIMULATED market")


def test_several_hedges_have_a_line_each():
    hedges = [
        {"instrument": "HHH", "leverage": -3.0, "underlying": "AAA", "weight": 0.1},
        {"kind": "cash", "weight": 0.3, "policy": {"enter": 0.1, "exit": 0.1}},
    ]
    day = explain(configured(KEYS | {"hedges": hedges}), SESSIONS[20], WORLD)
    lines = squeezed(said(day))
    for name, read in zip(("HHH", "cash"), day.closes[1].hedges, strict=True):
        assert any(line.startswith(f"{name}: intensity, 0 to 1 ") for line in lines)
        on = "on" if read.policy.after.on else "off"
        assert any(re.match(f"{name}: policy (on|off).* {on} since", line) for line in lines)
        assert f"{name}: {read.why}" in day.closes[1].why
    assert re.match("HHH was .*, cash was .* on ", day.headline)


def test_an_order_and_its_fills_are_shown():
    day = next(day for t in range(2, 40) if (day := explain(configured(KEYS), SESSIONS[t], WORLD)).closes[-1].fills)
    lines = squeezed(said(day))
    order = next(line for line in lines if line.startswith("Order "))
    assert order.endswith(f"switch: core {day.closes[-1].core:.1%}, HHH {day.closes[-1].hedge:.1%}")
    for fill in day.closes[-1].fills:
        wanted = f"{fill.filled} {fill.side} {fill.instrument} {fill.shares:,.2f} ${fill.price:,.2f} ${fill.value:,.0f}"
        assert any(line.startswith(wanted) for line in lines)


def test_what_is_not_known_is_said_and_markup_is_text():
    (read,) = DAY.closes[0].inputs
    unknown = replace(read, name="[bold]x[/]", value=None, fired=False)
    (hedge,) = DAY.closes[0].hedges
    closes = tuple(replace(close, inputs=(unknown,), hedges=(replace(hedge, policy=None),)) for close in DAY.closes)
    text = said(replace(DAY, closes=closes))
    assert "[bold]x[/]" in text
    assert re.search(r"not known yet +not known yet", text)
    assert "Policy, on from" not in text


def test_it_keeps_to_the_width_of_the_terminal():
    for t in np.arange(0, 45, 9):
        day = explain(configured(KEYS | {"policy.confirm": 2, "policy.cooldown": 3}), SESSIONS[t], WORLD)
        assert max(map(len, said(day, 80).splitlines())) <= 80

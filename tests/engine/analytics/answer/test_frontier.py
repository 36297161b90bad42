"""The frontier: every figure of every dot by numpy, and who has a place."""

from dataclasses import asdict

import numpy as np
import pytest
from less import gap_by_hand, shortfall

from engine.analytics.answer.frontier import frontier_of, place
from engine.analytics.controls import Control
from engine.analytics.derisk import GRID
from engine.kernel.loop import empty_ledger

SESSIONS = 401
YEARS = 400 / 252


def ledger(equity):
    book = empty_ledger(len(equity), 2)
    book.equity[:] = equity
    return book


def walk(seed, daily=0.0005, sd=0.02):
    rng = np.random.default_rng(seed)
    return 1000.0 * np.cumprod(np.append(1.0, 1.0 + rng.normal(daily, sd, SESSIONS - 1)))


def control(name, equity):
    return Control(name, name.title(), "about it", None if equity is None else ledger(equity), None, None)


def grid_of(core):
    return tuple(ledger(1000.0 * (1.0 - share) + share * core) for share in GRID)


def is_by_hand(dot, equity):
    returns = equity[1:] / equity[:-1] - 1.0
    assert dot.cagr == pytest.approx((equity[-1] / equity[0]) ** (1 / YEARS) - 1.0, abs=1e-12)
    assert dot.bad_quarter == pytest.approx(shortfall(equity), abs=1e-12)
    assert dot.max_drawdown == pytest.approx((equity / np.maximum.accumulate(equity)).min() - 1.0, abs=1e-12)
    assert dot.volatility == pytest.approx(np.std(returns, ddof=1) * np.sqrt(252), rel=1e-12)
    assert dot.final_equity == equity[-1]


def test_the_line_has_a_dot_a_share_and_no_gap():
    core = walk(1)
    found = frontier_of(ledger(walk(2)), {}, grid_of(core), YEARS)

    assert [dot.name for dot in found.line[:3]] == ["held_0", "held_5", "held_10"]
    assert [dot.title for dot in (found.line[0], found.line[11], found.line[20])] == ["0 %", "55 %", "100 %"]
    assert [dot.share for dot in found.line] == GRID.tolist()
    assert [dot.gap for dot in found.line] == [0.0] * 21
    for dot, book in zip(found.line[1:], grid_of(core)[1:], strict=True):
        is_by_hand(dot, book.equity)


def test_the_hedged_book_comes_first_and_its_controls_in_their_order():
    core, grid = walk(1), grid_of(walk(1))
    books = {"hedged": walk(2, sd=0.01), "derisk": walk(3, sd=0.012), "unhedged": core}
    controls = {name: control(name, equity) for name, equity in books.items() if name != "hedged"}
    found = frontier_of(ledger(books["hedged"]), controls, grid, YEARS)

    assert [(dot.name, dot.title) for dot in found.dots] == [
        ("hedged", "hedge"),
        ("derisk", "Derisk"),
        ("unhedged", "Unhedged"),
    ]
    for dot in found.dots:
        is_by_hand(dot, books[dot.name])
        assert dot.share is None
        assert dot.gap == pytest.approx(gap_by_hand(books[dot.name], [one.equity for one in grid], YEARS), abs=1e-9)


def test_who_was_ruined_or_could_not_run_or_is_on_the_line_has_no_place():
    core, ruined = walk(1), walk(4)
    ruined[300] = 0.0
    controls = {
        "held_less": control("held_less", walk(5)),
        "short": control("short", ruined),
        "put": control("put", None),
        "small": control("small", walk(6) / 1e4),
    }
    found = frontier_of(ledger(walk(2)), controls, grid_of(core), YEARS)

    assert [dot.name for dot in found.dots] == ["hedged", "small"]


def test_as_plain_values_it_holds_every_dot():
    core = walk(1)
    found = frontier_of(ledger(walk(2)), {"unhedged": control("unhedged", core)}, grid_of(core), YEARS).as_dict()

    assert [len(found["line"]), len(found["dots"])] == [21, 2]
    assert found["line"][20] == {
        **asdict(place("held_100", "100 %", core, [core], YEARS, 1.0)),
        "cagr": pytest.approx((core[-1] / core[0]) ** (1 / YEARS) - 1.0),
    }
    assert found["dots"][1]["name"] == "unhedged"
    assert found["dots"][1]["final_equity"] == core[-1]

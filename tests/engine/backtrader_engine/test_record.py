"""How the orders of somebody's own strategy ended: told first, and too many rejected withhold the verdict."""

import json
import textwrap

import backtrader as bt
import pytest
from command import command, write_history
from worlds import laid_out, source

from engine.backtrader_engine.execute import run_backtrader_strategy
from engine.backtrader_engine.record import order_remarks, withheld_because

SESSIONS = 45


class Some(bt.Strategy):
    """Buys a share a session; `greedy` of the orders ask for more than there is, `low` for a price that never comes."""

    params = (("greedy", 0), ("low", 0), ("valid", 0), ("orders", 20))

    def next(self):
        number = len(self)
        if number <= self.p.greedy:
            self.buy(self.data, size=1e9)
        elif number <= self.p.greedy + self.p.low:
            valid = self.data.datetime.datetime() + bt.datetime.timedelta(days=3) if number <= self.p.valid else None
            self.buy(self.data, size=1, exectype=bt.Order.Limit, price=1e-6, valid=valid)
        elif number <= self.p.orders:
            self.buy(self.data, size=0.01)


class OnlyOpen(bt.Strategy):
    def next_open(self):
        self.buy(self.data, size=1)


def ended(cls=Some, **params):
    return run_backtrader_strategy(laid_out({}, source(5, SESSIONS, missing=False)), cls, params)[1]


def remarks(cls=Some, **params):
    return list(order_remarks(cls, ended(cls, **params), SESSIONS))


def test_nothing_is_said_where_every_order_fills():
    assert remarks() == []


def test_rejected_orders_are_counted_with_the_first():
    (said,) = remarks(greedy=1)
    assert said.startswith("ORDERS: 1 of 20 orders were rejected for want of cash, the first of 2019-")
    assert "to buy 1e+09 AAA: leave cash" in said


def test_limits_that_never_fill_are_counted_by_how_they_ended():
    assert remarks(low=3) == ["ORDERS: 3 of 20 orders never filled: 3 still waited at the end."]
    (said,) = remarks(low=3, valid=2)
    assert said == "ORDERS: 3 of 20 orders never filled: 2 expired, 1 still waited at the end."


def test_an_order_of_the_last_close_isnt_missed():
    assert ended(orders=SESSIONS)[-1].status in ("Submitted", "Accepted")
    assert remarks(orders=SESSIONS) == []


def test_a_next_open_that_is_never_called_is_told():
    assert remarks(OnlyOpen) == [
        "ORDERS: OnlyOpen.next_open is never called: what is ordered in next fills at the next open.",
        "ORDERS: OnlyOpen placed none.",
    ]


@pytest.mark.parametrize(("greedy", "withheld"), [(0, False), (2, False), (3, True), (20, True)])
def test_more_than_a_tenth_rejected_withholds_the_verdict(greedy, withheld):
    reason = withheld_because(ended(greedy=greedy))
    assert bool(reason) == withheld
    if withheld:
        assert reason == f"{greedy} of the strategy's 20 orders were rejected, so that this isn't the book it meant"


GREEDY = """
    import backtrader as bt

    class Greedy(bt.Strategy):
        params = (("every", 2),)

        def next(self):
            fund = self.getdatabyname("SOXS")
            if len(self) == 1:
                self.order_target_percent(self.getdatabyname("SOXX"), 0.5)
            elif len(self) % self.p.every == 0:
                self.buy(fund, size=1e9)
            elif self.getposition(fund).size:
                self.close(fund)
            else:
                self.order_target_percent(fund, 0.1)

        def next_open(self):
            pass
"""


@pytest.fixture
def greedy(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "greedy.py").write_text(textwrap.dedent(GREEDY))
    (tmp_path / "greedy.yaml").write_text(
        "data: {source: demo}\nstart: 2020-01-02\nend: 2020-06-30\nstrategy: {class: greedy.py:Greedy}\n"
    )
    return tmp_path


def test_a_run_tells_it_first_in_the_terminal_and_in_its_report(greedy):
    history = write_history(greedy / "mine", "2019-06-03", "2020-06-30")
    answer = command("run", "greedy.yaml", "--data", str(history), "--no-tearsheet", "--out", "kept")

    out = " ".join(answer.out.split())
    assert answer.status in (None, 0)
    assert out.index("ORDERS: Greedy.next_open is never called") < out.index("NO VERDICT:") < out.index("growth")
    assert out.index("orders were rejected for want of cash, the first of 2020-01-03") < out.index("NO VERDICT:")
    assert out.count("for want of cash") == 1
    (folder,) = (greedy / "kept").glob("*/metrics.json")
    metrics = json.loads(folder.read_text())
    assert metrics["verdict"]["outcome"] == "withheld"
    assert "orders were rejected, so that this isn't the book it meant" in metrics["verdict"]["sentence"]
    assert metrics["notes"][0].startswith("ORDERS: Greedy.next_open")
    page = (folder.parent / "report.html").read_text()
    assert page.index("ORDERS: Greedy.next_open") < page.index('id="headline"')


@pytest.mark.parametrize("typed", [("signal",), ("explain", "2020-03-02"), ("study",)])
def test_the_other_commands_tell_it_too(greedy, typed):
    name, *more = typed
    answer = command(name, "greedy.yaml", *more)
    assert "ORDERS: Greedy.next_open is never called" in " ".join(answer.out.split())

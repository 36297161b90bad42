"""The valuation of a day: its value, percentiles and companies, counted another way from closes and what was filed."""

import numpy as np
import pytest
from filed_world import INCOME, RUN, SHARES, YEAR_BEFORE, filed_world
from worlds import configured

from data.sources import BARS
from engine.inspection.explain import explain

WORLD = filed_world()
SESSIONS = WORLD.read(BARS, "SOXX").dates
FILED = np.datetime64("2019-03-15")
DEAR = {"signal": "valuation", "percentile_over": 20, "at_least": 0.8}
RULES = RUN | {"strategy.class": "CompositeHedge", "strategy.params": {"signals": {"dear": DEAR}}, "controls": "off"}


def day(date, **keys):
    return explain(configured(RULES | keys), date, WORLD)


def ratio(session):
    """Price/earnings of both at a close: of 2018's last quarter only from the session after its filing on."""
    income = {name: [*YEAR_BEFORE[name], *INCOME[name]] for name in SHARES}
    last = -1 if session > FILED else -2
    earned = sum(sum(each[len(each) + last - 3 : len(each) + last + 1]) for each in income.values())
    row = int(np.flatnonzero(session == SESSIONS)[0])
    return sum(SHARES[name] * WORLD.read(BARS, name).close[row] for name in SHARES) / earned


@pytest.mark.parametrize("date", [SESSIONS[35], FILED, SESSIONS[np.flatnonzero(SESSIONS > FILED)[0]], SESSIONS[-1]])
def test_the_basket_and_its_percentiles_are_what_closes_and_filings_come_to(date):
    (read,) = day(date).valuations
    row = int(np.flatnonzero(date == SESSIONS)[0])
    every = [ratio(session) for session in SESSIONS[: row + 1]]
    assert (read.name, read.figure, [close.date for close in read.closes]) == (
        "CHIPS_PE",
        "PE",
        [str(SESSIONS[row - 1]), str(date)],
    )
    for close, past in zip(read.closes, (every[:-1], every), strict=True):
        assert close.value == pytest.approx(past[-1])
        (rank,) = close.lookbacks
        assert (rank.sessions, rank.since) == (20, str(SESSIONS[len(past) - 20]))
        assert rank.share == pytest.approx(sum(each <= past[-1] for each in past[-20:]) / 20)
        assert (close.past.sessions, close.past.since) == (len(past), str(SESSIONS[0]))
        assert close.past.share == pytest.approx(sum(each <= past[-1] for each in past) / len(past))
        assert (close.companies, close.changed) == (2, "")


def test_the_companies_are_those_of_the_close_with_what_each_stands_on():
    (read,) = day(FILED).valuations
    row = int(np.flatnonzero(SESSIONS == FILED)[0])
    worth = {name: SHARES[name] * WORLD.read(BARS, name).close[row] for name in SHARES}
    assert [each.ticker for each in read.companies] == sorted(worth, key=worth.get, reverse=True)
    found = {each.ticker: each for each in read.companies}
    assert {name: each.market_value for name, each in found.items()} == pytest.approx(worth)
    assert found["AMD"].net_income == sum((*YEAR_BEFORE["AMD"][-1:], *INCOME["AMD"][:3]))
    assert found["AMD"].price_earnings is None
    assert found["NVDA"].price_earnings == pytest.approx(worth["NVDA"] / 8e9)
    assert {(each.filed, each.quarters_to) for each in read.companies} == {("2018-11-02", "2018-09-30")}
    assert (read.behind, read.left_out) == ((), ("TSM",))


def test_what_is_old_is_named_and_as_json_each_company_has_its_ratio():
    """The quarters to September, after which nothing is filed here, are old from the third of April on."""
    stopped = filed_world(until="2019-03-15")
    found = [explain(configured(RULES), np.datetime64(date), stopped) for date in ("2019-04-02", "2019-04-03")]
    assert [day.valuations[0].behind for day in found] == [(), ("AMD", "NVDA")]
    (read,), (plain,) = found[1].valuations, found[1].as_dict()["valuations"]
    assert [each["price_earnings"] for each in plain["companies"]] == [each.price_earnings for each in read.companies]
    assert plain["closes"][-1]["past"]["share"] == read.closes[-1].past.share


def test_a_lag_moves_the_companies_with_the_value():
    lagged = day(SESSIONS[40], **{"data.lag": {"CHIPS_PE": 3}}).valuations[0]
    plain = day(SESSIONS[37]).valuations[0]
    assert lagged.closes[-1].value == plain.closes[-1].value
    assert [each.market_value for each in lagged.companies] == [each.market_value for each in plain.companies]


def test_a_named_company_is_read_alone_and_a_series_of_ones_own_is_not_shown():
    alone = {"strategy.class": "ValuationHedge", "strategy.params": {"valuation": "NVDA_PE", "lookback": 20}}
    (read,) = day(SESSIONS[50], **alone).valuations
    assert (read.name, [each.ticker for each in read.companies], read.left_out) == ("NVDA_PE", ["NVDA"], ())
    assert [rank.sessions for rank in read.closes[-1].lookbacks] == [20]
    other = {"strategy.class": "ValuationHedge", "strategy.params": {"valuation": "SIGNAL", "lookback": 20}}
    assert day(SESSIONS[50], **other).valuations == ()


def test_without_filings_one_line_says_that_the_proxy_stood_in():
    said = "Valuation is a price-to-trend proxy: no earnings are in it"
    config = configured(RUN | {"strategy.class": "ValuationHedge", "controls": "off"})
    bare = explain(config, SESSIONS[50], WORLD.source)
    assert bare.valuations == ()
    assert [note.startswith(said) for note in bare.notes].count(True) == 1
    assert not any(note.startswith(said) for note in explain(config, SESSIONS[50], WORLD).notes)
    forced = configured(RUN | {"strategy.class": "ValuationHedge", "strategy.params": {"valuation": "proxy"}})
    assert not any(note.startswith(said) for note in explain(forced, SESSIONS[50], WORLD.source).notes)


def test_before_it_is_known_there_is_no_percentile():
    """The first session has one value; twenty are wanted."""
    config = configured(RULES | {"start": str(SESSIONS[5])})
    (read,) = explain(config, SESSIONS[10], WORLD).valuations
    assert [rank.share for close in read.closes for rank in close.lookbacks] == [None, None]
    assert read.closes[-1].past.sessions == 11

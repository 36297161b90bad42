"""Companies' worth as rows: at the ends of months that are over, and on one day."""

import numpy as np
import pytest
from companyfacts import filings, quarterly
from markets import make_bars, nyse

from data.errors import DataError
from data.filings.table import WORTH, as_row, month_ends, row_of, worth
from data.filings.valuation import company, group

DATES = nyse("2020-02-03", 60)
"""To 28 April 2020."""
NVDA = filings(quarterly(25e6, 100e6, 1e8, 2019, 2019), "NVDA")


def of(*filed, dates=DATES):
    bars = make_bars("X", dates, np.full(len(dates), 20.0))
    return group([company(each, bars, dates) for each in filed], dates)


def test_rows_are_the_ends_of_months_that_are_over():
    """April has two sessions to come; a month that ends on a week-end is over on its last session."""
    assert [str(DATES[row]) for row in month_ends(of(NVDA))] == ["2020-02-28", "2020-03-31"]
    whole = nyse("2020-02-03", 82)
    assert str(whole[month_ends(of(NVDA, dates=whole))[-1]]) == "2020-05-29"


def test_a_row_tells_what_was_known_and_what_it_stands_on():
    (row,) = worth(of(NVDA), month_ends(of(NVDA))[:1])
    assert dict(zip(WORTH, as_row(row), strict=True)) == {
        "date": "2020-02-28",
        "ticker": "NVDA",
        "market_value": 2e9,
        "net_income": 100e6,
        "sales": 400e6,
        "filed": "2020-02-20",
        "close": 20.0,
        "shares": 1e8,
        "quarters_to": "2019-12-31",
    }


def test_what_isn_t_known_yet_is_nothing():
    """On 14 February the shares of November are known, and three quarters."""
    (row,) = worth(of(NVDA), row_of(DATES, np.datetime64("2020-02-15")))
    assert (row.date, row.shares, row.net_income, row.quarters_to) == ("2020-02-14", 1e8, None, None)
    assert row.filed == "2019-11-10"


def test_a_day_far_from_any_bar_has_no_row():
    for day in ("2020-01-31", "2020-05-09"):
        with pytest.raises(DataError, match="there is no bar near that day: they are of 2020-02-03 to 2020-04-28"):
            row_of(DATES, np.datetime64(day))


def test_where_nothing_is_ever_known_that_is_told():
    with pytest.raises(DataError) as caught:
        month_ends(of(filings("Revenues 2019-01-01..2019-03-31 5 2020-02-20", "NVDA")))
    assert str(caught.value) == (
        "NVDA: at no month's end were shares or four quarters known: pull or import more filings, or bars"
    )

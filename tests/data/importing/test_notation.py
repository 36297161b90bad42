"""How a file writes dates and numbers: read where it shows that itself or is told, refused where two are meant."""

import pytest

from data.errors import DataError
from data.importing import import_files
from data.importing.notation import Notation
from data.sources import SERIES
from data.store import Store

MONTHLY = [f"01/{month:02}/2016" for month in range(1, 13)]
DAY_FIRST = '2016-02-01 or 2016-01-02: give --dates "%d/%m/%Y" or --dates "%m/%d/%Y"'


@pytest.fixture
def take(tmp_path):
    """Import a series of these rows; return its first and last day and its values, or what was said."""

    def taken(header, *rows, **told):
        path, store = tmp_path / "AAA.csv", Store(tmp_path / "store")
        path.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
        (done,) = import_files(store, path, notation=Notation(**told))
        return done.error or (done.first, done.last, list(store.read(SERIES, "AAA").values))

    return taken


def test_months_by_the_day_are_not_read_as_days_of_january(take):
    rows = [f"{date},1" for date in MONTHLY]
    assert take("date,value", *rows) == f"AAA.csv:3: date is '01/02/2016', which is {DAY_FIRST}"
    assert take("date,value", *rows, dates="%d/%m/%Y")[:2] == ("2016-01-01", "2016-12-01")
    assert take("date,value", *rows, dates="%m/%d/%Y")[:2] == ("2016-01-01", "2016-01-12")


def test_another_column_of_dates_decides(take):
    rows = [f"{date},1,{15 + at}/12/2016" for at, date in enumerate(MONTHLY)]
    assert take("date,value,known", *rows)[:2] == ("2016-01-01", "2016-12-01")
    same = [f"{date},1,{date}" for date in MONTHLY]
    assert take("date,value,known", *same).startswith("AAA.csv:3: date is '01/02/2016', which is")


@pytest.mark.parametrize(
    ("dates", "said"),
    [
        (["2016-01-04", "01/15/2016"], "AAA.csv:3: date is '01/15/2016', though the first is '2016-01-04'"),
        (["01/15/2016", "16.01.2016"], "AAA.csv:3: date is '16.01.2016', though the first is '01/15/2016'"),
        (["01/04/2016", "01/15/2016", "16/01/2016"], "AAA.csv:4: date is '16/01/2016', which is no month/day/year"),
        (["15/01/2016", "31/02/2016"], "AAA.csv:3: date is '31/02/2016', not a date by %d/%m/%Y: correct it"),
        (["01/04/16"], "AAA.csv:2: date is '01/04/16', not a date: write it as YYYY-MM-DD, or give its form, such as"),
        (["20160104"], "AAA.csv:2: date is '20160104', not a date: write it as YYYY-MM-DD, or give its form"),
        (["42373"], "AAA.csv:2: date is '42373', a day as Excel counts it (2016-01-04 where it counts from 1900)"),
        (["1451865600"], "AAA.csv:2: date is '1451865600', unix seconds (2016-01-04 00:00 UTC)"),
        (["1451865600000"], "AAA.csv:2: date is '1451865600000', unix milliseconds"),
    ],
)
def test_mixed_and_other_forms_are_refused_with_their_line(take, dates, said):
    assert take("date,value", *(f"{date},1" for date in dates)).startswith(said)


@pytest.mark.parametrize(
    ("form", "date"),
    [
        ("%d.%m.%y", "04.01.16"),
        ("%Y%m%d", "20160104"),
        ("%d-%b-%Y", "04-Jan-2016"),
        ("%d/%m/%Y %H:%M", "04/01/2016 16:00"),
    ],
)
def test_a_form_that_is_told_is_read(take, form, date):
    assert take("date,value", f"{date},1", dates=form)[0] == "2016-01-04"
    assert take("date,value", f"{date},1", "2016-01-05,1", dates=form) == (
        f"AAA.csv:3: date is '2016-01-05', not a date by {form}: correct it"
    )


def test_a_year_in_two_digits_is_no_year_of_the_next_century(take):
    said = "AAA.csv:3: date is '02/01/55', not a date by %d/%m/%y: correct it"
    assert take("date,value", "04/01/49,1", "02/01/55,1", dates="%d/%m/%y") == said
    assert take("date,value", "04/01/70,1", "05/01/70,1", dates="%d/%m/%y")[0] == "1970-01-04"


@pytest.mark.parametrize(
    ("told", "said"),
    [
        ({"dates": "%d/%m"}, "--dates %d/%m: names no whole day: give one such as %d/%m/%Y or %Y%m%d"),
        ({"dates": "DD/MM/YYYY"}, "--dates DD/MM/YYYY: names no whole day: give one such as %d/%m/%Y or %Y%m%d"),
        ({"decimal": ";"}, "--decimal ;: is no decimal mark: give . or ,"),
    ],
)
def test_a_notation_that_is_none_is_refused(told, said):
    with pytest.raises(DataError) as caught:
        Notation(**told)
    assert str(caught.value) == said


def test_a_number_with_two_meanings_is_refused_and_read_as_it_is_told(take):
    rows = ['2016-01-04,"0,500"', '2016-01-05,"1,510"']
    assert take("date,value", *rows) == (
        "AAA.csv:2: 2016-01-04: value is '0,500', which is 500 or 0.5: give --decimal . or --decimal ,"
    )
    assert take("date,value", *rows, decimal=",")[2] == [0.5, 1.51]
    assert take("date,value", rows[1], decimal=".")[2] == [1510.0]


@pytest.mark.parametrize(
    ("cells", "said"),
    [
        (["1.5", "1,5"], "AAA.csv:3: 2016-01-05: value is '1,5', which is 1.5: give --decimal ,"),
        (["1.500", "1,510"], "AAA.csv:3: 2016-01-05: value is '1,510', which is 1510 or 1.51"),
        (["0.990", "1,010"], "AAA.csv:3: 2016-01-05: value is '1,010', which is 1010 or 1.01"),
        (["1.234", "12,5"], "AAA.csv:2: 2016-01-04: value is '1.234', which is 1.234 or 1234"),
        (["1.234", "1.234,5"], "AAA.csv:2: 2016-01-04: value is '1.234', which is 1.234 or 1234"),
        (["1 234,5", "2"], "AAA.csv:2: 2016-01-04: value is '1 234,5', which is 1234.5: give --decimal ,"),
        (["1'234.5", "2"], 'AAA.csv:2: 2016-01-04: value is "1\'234.5", which is 1234.5: give --decimal .'),
    ],
)
def test_mixed_numbers_are_refused_with_their_line(take, cells, said):
    rows = [f'2016-01-0{4 + at},"{cell}"' for at, cell in enumerate(cells)]
    assert take("date,value", *rows).startswith(said)


def test_a_column_that_is_passed_over_shows_the_decimal_comma_too(take):
    assert take("date,value,change", '2016-01-04,1.234,"0,5"').startswith("AAA.csv:2: 2016-01-04: value is '1.234'")
    assert take("date,value,change", "2016-01-04,1.234,0.5")[2] == [1.234]
    assert take("date,value,change", '2016-01-04,"1,234",0.5')[2] == [1234.0]
    assert take("date,value,change", '2016-01-04,"1,234",5').startswith("AAA.csv:2: 2016-01-04: value is '1,234'")


def test_quoted_decimal_commas_are_read_where_nothing_has_two_readings(take):
    assert take("date,value", '2016-01-04,"1,23"', '2016-01-05,"12,5"', "2016-01-06,7")[2] == [1.23, 12.5, 7.0]
    assert take("date,value", '2016-01-04,"1,23"', '2016-01-05,"12,500"').startswith(
        "AAA.csv:2: 2016-01-04: value is '1,23', which is 1.23: give --decimal ,"
    )


def test_one_that_is_told_a_comma_reads_no_point(take):
    assert take("date,value", "2016-01-04,1.5", decimal=",") == (
        "AAA.csv:2: 2016-01-04: value is '1.5', not a number: correct it"
    )

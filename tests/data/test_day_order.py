"""Days and months before their year are read where the column shows which comes first, and refused else."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from data.day_order import ORDERS, form_of, parsed

DAYS = st.lists(st.dates(dt.date(1950, 1, 1), dt.date(2100, 1, 1)), min_size=1, max_size=30)


@settings(deadline=None)  # strptime is slow the first time
@given(days=DAYS, order=st.sampled_from(sorted(ORDERS)), mark=st.sampled_from("/-"), padded=st.booleans())
def test_days_and_months_are_read_where_a_day_past_the_12th_shows_them_and_refused_else(days, order, mark, padded):
    pad = "02" if padded else ""
    day_first = order.startswith("day")
    parts = [(day.day, day.month) if day_first else (day.month, day.day) for day in days]
    texts = [f"{a:{pad}}{mark}{b:{pad}}{mark}{day.year}" for (a, b), day in zip(parts, days, strict=True)]
    if any(day.day > 12 for day in days) or all(day.day == day.month for day in days):
        assert [parsed(text, form_of(texts, [])[0]) for text in texts] == [str(day) for day in days]
    else:
        with pytest.raises(ValueError, match="which is"):
            form_of(texts, [])


@given(days=DAYS, padded=st.booleans())
def test_with_points_between_the_day_comes_first(days, padded):
    pad = "02" if padded else ""
    texts = [f"{day.day:{pad}}.{day.month:{pad}}.{day.year}" for day in days]
    form, note = form_of(texts, [])
    assert [parsed(text, form) for text in texts] == [str(day) for day in days]
    assert note.startswith("Dates ")
    assert form_of(["01.31.2016", "02.01.2016"], [])[0] == "%m.%d.%Y"


@given(days=DAYS)
def test_iso_is_never_doubtful(days):
    assert form_of([str(day) for day in days], []) == ("", "")

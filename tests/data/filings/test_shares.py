"""Shares as filings count them: which count comes first, and counts that are off by powers of a thousand."""

import numpy as np
import pytest
from companyfacts import COVER, DILUTED, filings
from hypothesis import given
from hypothesis import strategies as st

from data.filings.facts import SHARES, Fact, make_filings
from data.filings.shares import shares

BALANCE = SHARES[1]
OWN = "NetIncomeLoss 2019-01-01..2019-12-31 1 2020-02-01"


def counted(text):
    """What was filed when: day of filing, shares, the day they are of, the day whose splits they know."""
    found = shares(filings(f"{text}\n{OWN}"))
    rows = zip(found.filed, found.value, found.of, found.basis, strict=True)
    return [(str(filed), value, str(of), str(basis)) for filed, value, of, basis in rows]


def values(text):
    return [value for _, value, _, _ in counted(text)]


def test_the_cover_counts_on_its_own_day():
    assert counted(f"{COVER} 2020-05-15 615000000 2020-05-21\n{COVER} 2020-08-14 617000000 2020-08-19") == [
        ("2020-05-21", 615e6, "2020-05-15", "2020-05-15"),
        ("2020-08-19", 617e6, "2020-08-14", "2020-08-14"),
    ]


def test_the_cover_comes_before_the_balance_sheet_and_that_before_a_mean():
    """The others know the splits up to their filing: they are told anew in it."""
    text = f"{BALANCE} 2020-04-26 614000000 2020-05-21\n{DILUTED} 2020-01-27..2020-04-26 622000000 2020-05-21"
    assert counted(text) == [("2020-05-21", 614e6, "2020-04-26", "2020-05-21")]
    assert values(f"{text}\n{COVER} 2020-05-15 615000000 2020-05-21") == [615e6]
    assert counted(text.split("\n")[1]) == [("2020-05-21", 622e6, "2020-04-26", "2020-05-21")]


def test_a_count_two_quarters_behind_another_gives_way():
    """A cover of 1 May stands beside a mean of 30 September, and no more beside one of 31 December."""
    text = f"""
    {COVER} 2020-05-01 600000000 2020-05-10
    {DILUTED} 2020-07-01..2020-09-30 620000000 2020-11-01
    {DILUTED} 2020-10-01..2020-12-31 630000000 2021-02-01
    {COVER} 2021-05-01 640000000 2021-05-10
    """
    assert [(filed, value) for filed, value, _, _ in counted(text)] == [
        ("2020-05-10", 600e6),
        ("2021-02-01", 630e6),
        ("2021-05-10", 640e6),
    ]


def test_of_a_quarter_and_a_year_to_date_the_quarter_counts():
    text = (
        f"{DILUTED} 2020-01-01..2020-06-30 610000000 2020-08-01\n{DILUTED} 2020-04-01..2020-06-30 620000000 2020-08-01"
    )
    assert values(text) == [620e6]


def test_what_was_first_filed_of_a_day_counts_and_an_older_day_never():
    text = f"""
    {COVER} 2020-05-01 600000000 2020-05-10
    {COVER} 2020-05-01 900000000 2020-06-10 10-Q/A
    {COVER} 2020-02-01 590000000 2020-07-10 10-K/A
    """
    assert counted(text) == [("2020-05-10", 600e6, "2020-05-01", "2020-05-01")]


@pytest.mark.parametrize(
    ("name", "before", "filed", "expected"),
    [
        ("AMD", 698_000_000, 708_000_000e6, 708e6),
        ("QCOM", 1_640_000_000, 1_660_000_000e3, 1660e6),
        ("SWKS", 184_000_000, 186_000_000e3, 186e6),
        ("STX", 326_000_000, 317_000_000e6, 317e6),
        ("thousands", 560_000_000, 561_000, 561e6),
        ("millions", 1_260_000_000, 1_258, 1258e6),
        ("a fall to a third", 560_000_000, 190_000_000, 190e6),
        ("a fall to a third, in thousands", 560_000_000, 190_000, 190e6),
        ("ten for one", 2_460_000_000, 24_530_000_000, 24_530e6),
        ("twenty for one", 500_000_000, 10_000_000_000, 10_000e6),
        ("fifty for one", 60_000_000, 3_000_000_000, 3_000e6),
        ("one for ten", 2_000_000_000, 200_000_000, 200e6),
        ("one for a hundred", 2_000_000_000, 20_000_000, 20e6),
    ],
)
def test_a_count_off_by_a_power_of_a_thousand_is_mended_and_a_split_is_none(name, before, filed, expected):
    """Oddity 8, the companies' own; afterwards all goes on from what was mended."""
    text = f"{COVER} 2012-05-01 {before:.0f} 2012-05-10\n{COVER} 2012-08-01 {filed:.0f} 2012-08-02"
    after = f"{COVER} 2012-11-01 {expected * 1.01:.0f} 2012-11-02"
    assert values(f"{text}\n{after}") == pytest.approx([before, expected, expected * 1.01], rel=1e-12), name


@pytest.mark.parametrize("nothing", ["0", "-5", "0.5", "1e-320"])
def test_no_shares_is_no_count(nothing):
    """Oddity 8: SNPS 2011 had none."""
    assert values(f"{COVER} 2011-02-18 148000000 2011-02-25\n{COVER} 2011-05-20 {nothing} 2011-05-27") == [148e6]
    assert values(f"{COVER} 2011-05-20 {nothing} 2011-05-27") == []


@pytest.mark.parametrize(("filed", "expected"), [("547800", 547.8e6), ("547.8", 547.8e6), ("708e12", 708e6)])
def test_the_first_count_is_what_a_listed_company_can_have(filed, expected):
    assert values(f"{COVER} 2012-05-01 {filed} 2012-05-10") == [expected]


@pytest.mark.parametrize("mean", ["1230", "1230000", "1230000000"])
def test_the_first_mean_is_brought_to_the_scale_of_the_cover(mean):
    """Oddity 8: TXN's mean in millions, NVDA's in thousands, once the cover's count isn't told any more."""
    text = f"""
    {COVER} 2010-05-01 1240000000 2010-05-05
    {DILUTED} 2010-01-01..2010-03-31 {mean} 2010-05-05
    {DILUTED} 2010-10-01..2010-12-31 1200000000 2011-02-05
    """
    assert values(text) == [1240e6, 1200e6]
    assert values(text.replace("1200000000", "1200")) == [1240e6, 1200e6]


def test_nothing_filed_is_no_count():
    found = shares(filings(OWN))
    assert (len(found.filed), found.filed.dtype, found.basis.dtype) == (0, "datetime64[D]", "datetime64[D]")


COUNTS = st.tuples(
    st.sampled_from(SHARES),
    st.integers(0, 900),
    st.integers(0, 90),
    st.integers(10**7, 10**10),
    st.sampled_from([1, 1, 1, 1e3, 1e6, 1e-3, 0]),
)


@given(st.lists(COUNTS, min_size=1, max_size=20), st.integers(0, 1000))
def test_what_is_filed_later_changes_no_count_before(drawn, after):
    day = np.datetime64("2012-01-01")
    facts = [
        Fact(name, None if name != DILUTED else day + end - 90, day + end, count * scale, day + end + late, "10-Q", "1")
        for name, end, late, count, scale in drawn
    ]
    whole, at = make_filings("X", 1, facts), day + after
    upto = shares(whole.up_to(at))
    for found in (shares(whole), shares(whole.with_values(np.where(whole.filed < at, 1.0, 2.7) * whole.value))):
        known = found.filed < at
        for column in ("filed", "value", "basis", "of"):
            np.testing.assert_array_equal(getattr(found, column)[known], getattr(upto, column))
    assert (np.diff(upto.filed) > np.timedelta64(0, "D")).all()
    assert (upto.basis <= upto.filed).all()
    assert (upto.value > 0).all()

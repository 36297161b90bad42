"""A companyfacts file: what is read of it, what is passed over, and one line for whatever is wrong with it."""

import json
from dataclasses import replace

import numpy as np
import pytest
from companyfacts import companyfacts, filings, tickers
from hypothesis import given
from hypothesis import strategies as st
from markets import days

from data.errors import DataError
from data.filings.facts import (
    COLUMNS,
    Fact,
    cik_of,
    file_of,
    joined,
    make_filings,
    read_companyfacts,
    tickers_in,
)

TEXT = """
NetIncomeLoss 2020-01-27..2020-04-26 917 2020-05-21
NetIncomeLoss 2020-01-27..2020-04-26 917 2021-05-26
NetIncomeLoss 2020-01-27..2021-01-31 4332 2021-02-26 10-K
EntityCommonStockSharesOutstanding 2020-05-15 615000000 2020-05-21
EarningsPerShareDiluted 2020-01-27..2020-04-26 1.47 2020-05-21
"""


def tree(text=TEXT):
    return json.loads(companyfacts(text))


def read(found, name="ACME"):
    return read_companyfacts(json.dumps(found).encode(), "filings/CIK.json", name)


def said_of(data):
    with pytest.raises(DataError) as caught:
        read_companyfacts(data if isinstance(data, bytes) else json.dumps(data).encode(), "filings/CIK.json", "ACME")
    said = str(caught.value)
    assert said.isprintable()
    return said


def first(found):
    """The first fact of net income, to change it."""
    return found["facts"]["us-gaap"]["NetIncomeLoss"]["units"]["USD"][0]


# What is read


def test_a_fact_is_a_row_by_concept_span_and_day_of_filing():
    found = filings(TEXT)
    assert (found.name, found.cik, len(found)) == ("ACME", 1045810, 5)
    income = ["NetIncomeLoss"] * 3
    assert found.concept.tolist() == ["EarningsPerShareDiluted", "EntityCommonStockSharesOutstanding", *income]
    np.testing.assert_array_equal(found.start, days("2020-01-27", "NaT", *["2020-01-27"] * 3))
    np.testing.assert_array_equal(found.end, days("2020-04-26", "2020-05-15", "2020-04-26", "2020-04-26", "2021-01-31"))
    assert found.value.tolist() == [1.47, 615e6, 917, 917, 4332]
    np.testing.assert_array_equal(found.filed, days(*["2020-05-21"] * 3, "2021-05-26", "2021-02-26"))
    assert found.form.tolist() == ["10-Q", "10-Q", "10-Q", "10-Q", "10-K"]
    assert found.accession.tolist()[0] == "0000-2020-05-21"
    for name in COLUMNS:
        with pytest.raises(ValueError, match="read-only"):
            getattr(found, name)[0] = getattr(found, name)[0]


def test_what_says_of_a_filing_what_it_seems_to_say_of_a_span_is_passed_over():
    """Oddities 2 and 3: fy and fp are the filing's, the frame is on the last filed alone and moves."""
    plain = tree()
    for concept in (each for taxonomy in plain["facts"].values() for each in taxonomy.values()):
        for fact in (each for facts in concept["units"].values() for each in facts):
            fact |= {"fy": None, "fp": "Q2"}
            fact.pop("frame", None)
    assert list(read(plain).lines()) == list(filings(TEXT).lines())


def test_of_several_units_the_right_one_counts():
    found = filings("Revenues 2020-01-01..2020-03-31 5 2020-05-01\nRevenues[AFN] 2020-01-01..2020-03-31 7 2020-05-01")
    assert found.value.tolist() == [5.0]


def test_other_concepts_and_taxonomies_are_passed_over():
    found = filings(f"{TEXT}Assets 2020-04-26 9 2020-05-21\nifrs-full:Revenue 2020-01-01..2020-03-31 9 2020-05-21")
    assert list(found.lines()) == list(filings(TEXT).lines())


def test_every_form_counts():
    """Oddity 11: amendments, and an 8-K that recasts an old year, each by its day."""
    text = "\n".join(f"NetIncomeLoss 2020-01-01..2020-12-31 {at} 2021-03-0{at} {form}" for at, form in enumerate(
        ("10-K/A", "8-K", "20-F/A", "DEF_14A"), 1))  # fmt: skip
    assert filings(text).form.tolist() == ["10-K/A", "8-K", "20-F/A", "DEF_14A"]


def test_what_stands_twice_is_one_row_and_two_values_are_two():
    again = "NetIncomeLoss 2020-01-27..2020-04-26 917 2020-05-21\n"
    assert list(filings(TEXT + again).lines()) == list(filings(TEXT).lines())
    assert filings(TEXT + again.replace("917", "918")).of("NetIncomeLoss").value.tolist()[:2] == [917, 918]


@given(st.permutations(TEXT.split("\n")))
def test_the_order_of_a_file_says_nothing(lines):
    assert list(filings("\n".join(lines)).lines()) == list(filings(TEXT).lines())


@pytest.mark.parametrize(
    "changes",
    [
        {"val": None},
        {"filed": "2020-04-25"},  # before the span is over
        {"start": "2020-05-01"},  # after its end
        {"end": "2202-04-26", "filed": "2202-05-21"},
        {"start": "1002-01-27"},
    ],
)
def test_what_has_no_value_or_days_that_can_t_be_is_left_out(changes):
    found = tree()
    first(found).update(changes)
    assert len(read(found)) == len(filings(TEXT)) - 1


@pytest.mark.parametrize(("form", "expected"), [(None, ""), ("10-Q/A", "10-Q/A")])
def test_a_form_may_be_missing(form, expected):
    found = tree()
    first(found)["form"] = form
    assert read(found).of("NetIncomeLoss").form.tolist()[0] == expected
    first(found).pop("form")
    assert read(found).of("NetIncomeLoss").form.tolist()[0] == ""


# What is wrong


@pytest.mark.parametrize(
    "changes",
    [
        *({"val": value} for value in (True, "917", "", [917], {}, float("nan"), float("inf"), 1e19, 10**400)),
        *({"end": day} for day in (None, "", "today", "NaT", "2020-04", 20200426, True, "2020-04-31", "26.04.2020")),
        *({"filed": day} for day in (None, "now", "2020-05-21T16:05", "2020-05-21Z", ["2020-05-21"])),
        *({"start": day} for day in ("", 0, False, "yesterday")),
        {"form": "\ud800"},
        {"accn": "\ud800"},
    ],
    ids=str,
)
def test_a_fact_that_can_t_be_read_is_named(changes):
    found = tree()
    first(found).update(changes)
    said = said_of(found)
    assert said.startswith("filings/CIK.json: NetIncomeLoss has a fact that can't be read: {'start': ")
    assert said.endswith(": fetch the file again")


@pytest.mark.parametrize("fact", [None, 5, "val", ["val"], {}, {"val": 5}, {"val": 5, "end": "2020-04-26"}])
def test_what_is_no_fact_is_named(fact):
    found = tree()
    found["facts"]["us-gaap"]["NetIncomeLoss"]["units"]["USD"][1] = fact
    assert f"NetIncomeLoss has a fact that can't be read: {fact}: fetch" in said_of(found)


NO_FILE = "filings/CIK.json: is no companyfacts file of the SEC: it has no cik and facts"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (b"", "can't be read as JSON: Expecting value: line 1 column 1 (char 0): fetch it again"),
        (companyfacts(TEXT)[:-400], "can't be read as JSON: "),
        (b"<!DOCTYPE html>\n<p>Your Request Originates from an Undeclared Automated Tool", "can't be read as JSON: "),
        (b"\xff\xfe\xfa", "can't be read as JSON: "),
        (b"[" * 100_000, "can't be read as JSON: "),
        (b"[]", "is no file of the SEC: it holds list, not an object"),
        (b"5", "is no file of the SEC: it holds int, not an object"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "is a git LFS pointer"),
        (b"\x1f\x8b\x08", "is compressed: "),
    ],
    ids=["empty", "cut short", "a page", "no text", "deep", "a list", "a number", "a pointer", "compressed"],
)
def test_what_is_no_file_of_the_sec_is_told_in_a_line(data, said):
    assert said_of(data).startswith(f"filings/CIK.json: {said}")


def test_a_list_of_submissions_has_the_same_name():
    submissions = {"cik": "0001045810", "filings": {"recent": {"accessionNumber": []}, "files": []}}
    assert said_of(submissions) == (
        "filings/CIK.json: is the SEC's list of a company's submissions: its companyfacts file has its figures"
    )
    assert said_of(submissions["filings"]["recent"]) == NO_FILE  # its older part, CIK..-submissions-001.json


@pytest.mark.parametrize("cik", [None, True, "", "²", "12345678901", -5, 10.0, [1], "CIK5"])
def test_a_company_without_a_number_is_none(cik):
    assert said_of(tree() | {"cik": cik}) == NO_FILE


def test_a_number_may_be_text():
    assert read(tree() | {"cik": "0001045810"}).cik == 1045810


LEVELS = ("facts", "us-gaap", "NetIncomeLoss", "units", "USD")


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize("other", [5, "text", None, [], {}], ids=str)
def test_a_level_that_is_another_thing_is_told(level, other):
    if isinstance(other, list if level == "USD" else dict):
        return  # an empty one
    found = node = tree()
    for name in LEVELS[: LEVELS.index(level)]:
        node = node[name]
    node[level] = other
    said = "filings/CIK.json: us-gaap NetIncomeLoss isn't as companyfacts files have it: fetch it again"
    assert said_of(found) == (NO_FILE if level == "facts" else said)


def test_a_file_without_dollars_of_us_gaap_is_told():
    """Oddity 12's neighbours: who files by IFRS, or in another currency, has shares on the cover all the same."""
    cover = "EntityCommonStockSharesOutstanding 2020-12-31 25930000000 2021-04-16 20-F"
    said = "filings/CIK.json: holds no net income or sales in dollars by US GAAP: "
    ifrs = companyfacts(f"{cover}\nifrs-full:Revenue[TWD] 2020-01-01..2020-12-31 1339 2021-04-16 20-F")
    assert said_of(ifrs) == f"{said}its figures are in ifrs-full: leave it out"
    assert said_of(companyfacts(f"{cover}\nRevenues[EUR] 2020-01-01..2020-12-31 9 2021-02-10 20-F")) == (
        f"{said}leave it out"
    )
    assert said_of({"cik": 1, "facts": {}}) == f"{said}leave it out"


# What is known when


def test_a_filing_is_known_the_session_after_its_day():
    found = filings(TEXT)
    assert len(found.up_to(np.datetime64("2020-05-21"))) == 0
    assert len(found.up_to(np.datetime64("2020-05-22"))) == 3
    assert len(found.up_to(np.datetime64("2021-05-27"))) == 5


def test_two_downloads_are_joined_and_nothing_is_lost():
    """The SEC's file of later on may lack what it held: a restatement takes its frame, never its row, but who knows."""
    lines = TEXT.strip().split("\n")
    older, newer = filings("\n".join(lines[:3]), "ACME"), filings("\n".join(lines[1:]), "NEW")
    both = joined(older, newer)
    assert list(both.lines()) == list(filings(TEXT).lines())
    assert both.name == "NEW"
    assert list(joined(both, older).lines()) == list(both.lines())


def test_a_line_of_text_tells_every_column():
    found = filings(TEXT)
    lines = set(found.lines())
    assert len(lines) == 1 + len(found)
    for name in COLUMNS:
        changed = getattr(found, name).copy()
        changed[-1] = days("2020-01-28")[0] if changed.dtype.kind == "M" else "X" if changed.dtype.kind == "U" else 0.5
        assert set(replace(found, **{name: changed}).lines()) != lines, name
    assert set(replace(found, cik=5).lines()) != lines


def test_no_fact_at_all_makes_filings_too():
    found = make_filings("ACME", 5, [])
    assert (len(found), found.start.dtype, found.of("Revenues").value.dtype) == (0, "datetime64[D]", np.float64)
    fact = Fact("Revenues", None, *days("2020-03-31"), 5.0, *days("2020-05-01"), "10-Q", "1")
    assert len(joined(found, make_filings("ACME", 5, [fact, fact]))) == 1


# Whose they are


def test_tickers_are_read_of_the_sec_s_list():
    assert tickers_in(tickers({"nvda": 1045810, "BRK-B": 1067983}), "x") == {"NVDA": 1045810, "BRK-B": 1067983}


@pytest.mark.parametrize(
    "held",
    [{"0": {"ticker": "A"}}, {"0": {"cik_str": 5}}, {"0": "A"}, {"0": None}, {"fields": [], "data": [[5, "A"]]}]
    + [{"0": {"ticker": "A", "cik_str": cik}} for cik in (None, "five", [5], float("inf"))],
    ids=str,
)
def test_what_is_no_list_of_tickers_is_told(held):
    with pytest.raises(DataError) as caught:
        tickers_in(json.dumps(held).encode(), "filings/company_tickers.json")
    assert str(caught.value) == (
        "filings/company_tickers.json: is no list of tickers as the SEC's company_tickers.json has it"
    )


def test_a_company_has_a_number_and_a_file():
    assert cik_of("NVDA", {"NVDA": 1045810}) == 1045810
    assert file_of(1045810) == "CIK0001045810.json"
    with pytest.raises(DataError, match=r"^NVDIA: is no ticker that the SEC lists, did you mean NVDA\?$"):
        cik_of("NVDIA", {"NVDA": 1045810})

"""The page says what the trials say, and the one in docs/ is such a page."""

import re
from pathlib import Path

import pytest

from benchmarks.calibration import plan
from benchmarks.calibration.labels import FUND, TIMING, VERDICT, nulls_of, pooled, rates_at_null
from benchmarks.calibration.page import Origin, page
from benchmarks.calibration.plan import Row, with_fund, with_timing
from benchmarks.calibration.planted import Design
from benchmarks.calibration.power import least, shares_of
from benchmarks.calibration.rates import Rate
from benchmarks.calibration.trial import FEW, FULL, NO_VERDICT, Trial

PAGE = Path(__file__).resolve().parents[3] / "docs" / "calibration.md"
WIDE = Trial(0.5, 0.5, 0.01, 0.0, -0.001, 0.001, False, 0.8, 0.0, -0.03, 0.03, -0.03, 0.03)
HELPED = WIDE._replace(p_low=1.0, p_high=0.01)
PAID = WIDE._replace(gap=0.05, low=0.01, high=0.09, fall_low=0.01, fall_high=0.09)
DESIGN = Design()
ORIGIN = Origin("abc", "SOXX, some days", "", {})


def of(*trials, design=DESIGN, effort=FEW):
    return {Row(design, effort): trials}


def row(text, *cells):
    """Return the cells of the first row of a table that begins so."""
    start = f"| {' | '.join(cells)} |"
    line = next(line for line in text.splitlines() if line.startswith(start))
    return [cell.strip() for cell in line.strip("|").split("|")]


def section(text, title):
    return text.partition(f"## {title}\n")[2].partition("\n## ")[0]


def test_a_rate_above_its_aim_is_bold_and_said_to_be():
    text = page(of(*[HELPED] * 3, *[WIDE] * 7), ORIGIN)
    timing = section(text, "How often a label is wrong").partition("### Fund")[0]

    assert row(timing, "independent")[5:] == ["30.0 ± 13.6 %", "0.0 ± 8.0 %", "**30.0 ± 13.6 %**"]
    assert "In 1 of 1 rows it is above: independent, random spells, weekly." in timing.replace("\n", " ")
    assert "it is more in 1 of 1 rows" in section(text, "In short").replace("\n", " ")


def test_a_label_that_is_no_mistake_is_in_brackets_and_counts_not():
    crashes = Design("crashes", "trend")
    found = of(*[HELPED] * 10, design=crashes) | of(*[WIDE] * 10)
    text = page(found, ORIGIN)

    assert row(text, "rare crashes", "trend")[5] == "(100.0 ± 8.0 %)"
    assert list(rates_at_null(TIMING, nulls_of(found))) == [Design()]
    assert set(rates_at_null(VERDICT, nulls_of(found))) == {Design(), crashes}


def test_the_middle_is_taken_off_the_fund_and_the_verdict_and_not_off_timing():
    trials = [PAID] * 10

    assert VERDICT.wrong(trials) == (Rate(0, 10), Rate(0, 10))
    assert TIMING.wrong([HELPED] * 10) == (Rate(10, 10), Rate(0, 10))
    assert FUND.wrong([WIDE._replace(fund=0.01, fund_low=0.009, fund_high=0.011)] * 10) == (Rate(0, 10), Rate(0, 10))
    assert row(page(of(*trials), ORIGIN).partition("### Verdict")[2], "independent")[-2:] == [
        "100.0 ± 8.0 %",
        "0.0 ± 8.0 %",
    ]


def test_one_market_doesn_t_move_the_middle_of_the_fund_s_part():
    trials = [*[WIDE] * 9, WIDE._replace(fund=0.5, fund_low=0.4, fund_high=0.6)]
    text = page(of(*trials), ORIGIN).partition("### Fund")[2]

    assert FUND.wrong(trials) == (Rate(1, 10), Rate(0, 10))
    assert row(text, "independent")[4:6] == ["+5.000 ± 5.000", "+0.000"]
    assert (
        "one market alone has +50.00 points a year; read around the mean, a label comes out there in 100.0"
        in " ".join(text.split())
    )


def test_rows_are_pooled():
    found = of(*[HELPED] * 2, *[WIDE] * 8) | of(*[WIDE] * 30, design=Design("clustered"))

    assert pooled(rates_at_null(TIMING, nulls_of(found))) == [Rate(2, 40)]


def test_power_is_by_size_and_side():
    found = {
        Row(with_timing(Design(), size), NO_VERDICT): [HELPED] * k + [WIDE] * (4 - k)
        for k, size in enumerate(plan.TIMING)
    }
    found |= of(WIDE, WIDE)
    better = WIDE._replace(fund_low=0.001, fund_high=0.002)
    worse = WIDE._replace(fund_low=-0.002, fund_high=-0.001)
    found |= {
        Row(with_fund(Design(), size), NO_VERDICT): [better if size > 0 else worse] * 2
        for size in plan.both_sides(plan.FUND)
    }
    text = section(page(found, ORIGIN), "What is found")

    assert shares_of(TIMING, found, Design(), plan.TIMING) == [0.0, 0.25, 0.5, 0.75]
    assert row(text, "independent")[3:10] == ["16", "4", "0 %", "25 %", "50 %", "75 %", "-"]
    assert row(text.partition("### A fund")[2], "independent")[5:] == [*["100 %"] * 6, "-1.0", "1.0"]
    assert row(text.partition("### A gap")[2], "independent")[5:] == [
        "100 %",
        "100 %",
        *["0 %"] * 4,
        "100 %",
        "100 %",
        "-3.6",
        "3.6",
    ]
    assert shares_of(TIMING, found, Design("clustered"), plan.TIMING) is None


def test_a_size_found_is_told_on_its_side():
    assert least([0.01, 0.02], [0.5, 0.9]) == "1.8"
    assert least([-0.02, -0.01], [0.9, 0.5]) == "-1.8"
    assert least([-0.02, -0.01], [0.7, 0.5]) == "-"


def test_full_rules_are_held_against_few_draws():
    design = plan.AGREE_IN[0]
    found = of(WIDE, HELPED, PAID, design=design) | of(WIDE, WIDE, PAID, design=design, effort=FULL)
    table = section(page(found, ORIGIN), "Few draws against full")

    assert "3 markets of 10 kinds" in table
    assert row(table, "Timing")[1:] == ["2 of 3", "0", "1", f"{(1.0 - 0.02) / 3:.3f}"]
    assert row(table, "Verdict")[1:] == ["3 of 3", "1", "1", "0.000"]


@pytest.mark.parametrize(("markets", "said"), [(plan.MARKETS, False), (10, True)])
def test_a_page_of_fewer_markets_says_so(markets, said):
    found = of(*[WIDE] * markets) | of(
        *[WIDE] * plan.POWER_MARKETS, design=with_fund(Design(), 0.01), effort=NO_VERDICT
    )
    text = page(
        found, Origin("abc", "", "the store has no bars of SOXX", {row: len(trials) for row, trials in found.items()})
    )

    assert ("fewer markets than `make calibrate` takes" in text.replace("\n", " ")) == said
    assert "left out, for want of real history: the store has no bars of SOXX" in text.replace("\n  ", " ")
    assert "It was stopped" not in text
    assert "It was stopped at" in page(found, Origin("abc", "", "", {Row(Design(), FEW): markets + 300}))


def test_the_page_in_the_docs_is_made():
    text = PAGE.read_text(encoding="utf-8")
    wrong = section(text, "How often a label is wrong")

    assert re.search(r"Written by `make\s+calibrate`, by\s+code [0-9a-f]{16}\.", text)
    assert "SIMULATED markets" in text
    assert "Not measured" not in text
    for title in ("Timing", "Fund", "Verdict"):
        table = wrong.partition(f"### {title}\n")[2].partition("\n### ")[0]
        assert len([line for line in table.splitlines() if line.startswith("|")]) == 2 + len(plan.NULLS) + len(
            plan.USUAL
        )


def test_the_page_in_the_docs_says_of_its_tables_what_is_true():
    wrong = section(PAGE.read_text(encoding="utf-8"), "How often a label is wrong")
    for title in ("Timing", "Fund", "Verdict"):
        part = wrong.partition(f"### {title}\n")[2].partition("\n### ")[0]
        bold = {
            line.strip("| ").partition(" |")[0] for line in part.splitlines() if line.startswith("|") and "**" in line
        }
        told = " ".join(part.split())

        assert bool(bold) == bool(re.search(r"In \d+ of \d+ rows it is above", told))
        assert all(name in told for name in bold)

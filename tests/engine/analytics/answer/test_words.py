"""The answer in words: plain, true in every case, and never more than the label claims."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from engine.analytics.answer import digits, words
from engine.analytics.answer.answer import Answer, NetShort
from engine.analytics.answer.decompose import Sum, in_cagr
from engine.analytics.answer.frontier import Dot, Frontier
from engine.analytics.answer.fund_part import FundPart
from engine.analytics.answer.insurance import Insurance, Match
from engine.analytics.answer.timing import Shifts, Timing
from engine.hedge_names import bought
from engine.loading import build_config

NAMES = words.Names("SOXX", bought("SOXS"))
SEVERAL = words.Names(None, bought("SOXS"), cash="cash")
NONE = np.empty(0)
BOTH = "Most of the 9.7 points went on holding less SOXX and its dates, not on SOXS itself"
LUCK = "can't tell if the gap is luck: {}"


def dot(name, share, cagr, quarter):
    return Dot(name, name, share, cagr, quarter, -0.4, 0.3, 1e6, 0.0)


def made(
    *,
    label="can't tell",
    share=0.86,
    cagr=0.225,
    gap=-0.051,
    interval=(-0.105, 0.007),
    with_fall=(-0.1, 0.007),
    parts=(-0.028, -0.031, -0.01, -0.002),
    better=0.93,
    fund="can't tell",
    closes=0,
):
    match = Match(share, cagr, gap, interval)
    known = [part for part in parts if part is not None]
    logs = Sum(sum(known) if len(known) == 4 else -0.071, *parts)
    line = tuple(dot("line", c, 0.25 * c, -0.26 * c) for c in (0.0, 0.5, 1.0))
    return Answer(
        0.22,
        logs,
        in_cagr(logs, 0.22),
        Timing("no sign", 0.3, 0.15, 0.85, 0.19, 0.2, 0.02, (0.17, 0.23), 0.06, better, 4000),
        FundPart(fund, parts[-1], (-0.003, 0.0), 16.0, (), (), -0.0014),
        Insurance(label, match, match, match, with_fall, -0.224),
        Shifts(NONE.astype(int), NONE, NONE),
        NetShort(closes, 0.0),
        {},
        (),
        Frontier(line, (dot("hedged", None, 0.174, -0.224),)),
        np.array([], dtype="datetime64[D]"),
    )


@pytest.mark.parametrize(
    ("label", "gap", "said"),
    [
        ("paid", 0.03, "It paid."),
        ("did not pay", -0.03, "It did not pay."),
        ("can't tell", -0.03, "No sign that it did."),
        ("can't tell", 0.03, "Perhaps; can't tell."),
        ("can't tell", 0.0, "Perhaps; can't tell."),
    ],
)
def test_the_first_words_claim_no_more_than_the_label(label, gap, said):
    assert words.headline(made(label=label, gap=gap), NAMES) == said
    assert len(said.split()) < 6


@pytest.mark.parametrize("label", ["paid", "did not pay", "can't tell"])
def test_of_a_fund_of_which_no_bar_is_real_they_are_synthetic(label):
    answer = made(label=label)
    said = words.headline(answer, NAMES)
    synthetic = replace(answer, fund=replace(answer.fund, label="as modelled"))
    assert words.headline(synthetic, NAMES) == f"SYNTHETIC: {said[0].lower()}{said[1:]}"
    assert words.fund_words(synthetic) == "as modelled"  # also where that is what was known in advance


@pytest.mark.parametrize(
    ("share", "names", "said"),
    [
        (0.861, NAMES, "Holding 86 % SOXX and the rest in bills all the time was as safe"),
        (0.861, SEVERAL, "Holding 86 % of the core and the rest in cash all the time was as safe"),
        (0.997, NAMES, "Holding 99.7 % SOXX and the rest in bills all the time was as safe"),
        (0.0, NAMES, "Holding nothing but bills all the time was as safe"),
        (1.0, NAMES, "It protected from nothing: all of SOXX, all the time, was safer"),
        (1.0, SEVERAL, "It protected from nothing: all of the core, all the time, was safer"),
    ],
)
def test_the_sentence_that_carries_it(share, names, said):
    assert words.plain(words.lead(made(share=share), names)) == f"{said} and grew 22.5 % a year; the hedge grew 17.4 %."


@pytest.mark.parametrize(
    ("label", "interval", "with_fall", "said"),
    [
        ("can't tell", (-0.105, 0.007), (-0.1, 0.007), "can't tell if the gap is luck: {} -10.5 to +0.7."),
        ("can't tell", (-0.12, 0.001), (-0.1, 0.0), LUCK + " -12.0 to +0.1, just reaching zero."),
        (
            "can't tell",
            (-0.12, -0.001),
            (-0.11, 0.003),
            "can't tell if the gap is luck: {} -12.0 to -0.1, but up to +0.3 with the worst fall once more.",
        ),
        (
            "did not pay",
            (-0.141, -0.02),
            (-0.139, -0.024),
            "did not pay, and more than luck: {} -14.1 to -2.0, and so with the worst fall once more.",
        ),
        ("paid", (0.01, 0.05), (0.02, 0.05), "paid, and more than luck: {} +1.0 to +5.0."),
        ("paid", (0.0004, 0.05), (-0.02, 0.05), "paid, and more than luck: {} 0.0 to +5.0, just above zero."),
        (
            "did not pay",
            (-0.141, -0.001),
            (-0.139, -0.001),
            "did not pay, and more than luck: {} -14.1 to -0.1, just below zero, and so with the worst fall once more.",
        ),
    ],
)
def test_the_label_comes_with_its_interval(label, interval, with_fall, said):
    answer = made(label=label, interval=interval, with_fall=with_fall)
    assert words.label_sentence(answer.insurance) == said.format("-5.1 points a year, 98 % interval")


def test_the_printed_gap_is_the_difference_of_the_printed_growths():
    answer = made(cagr=0.23674, gap=-0.04034)
    assert "-4.1 points a year" in words.label_line(answer.insurance)
    assert words.plain(words.lead(answer, NAMES)).endswith("grew 23.7 % a year; the hedge grew 19.6 %.")


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((-0.06, -0.01, -0.01, -0.001), "Most of the 9.7 points went on holding less SOXX, not on SOXS itself"),
        ((-0.03, -0.03, -0.02, -0.001), BOTH),
        ((-0.01, 0.001, -0.01, -0.06), "Most of the 9.5 points went on SOXS itself"),
        ((0.001, 0.04, -0.001, -0.001), "Most of the 5.0 points came from its dates, not from SOXS itself"),
        ((-0.14, 0.03, -0.03, 0.12), "Holding less SOXX cost 17.3 points, SOXS itself brought 14.8"),
        ((0.0, 0.0, 0.0, 0.0), "The hedge changed nothing"),
        ((-0.02, 0.02, 0.0, 0.0), "The parts cancel out"),
        ((None, None, -0.01, -0.001), "The parts can't be told: a book of them was ruined"),
    ],
)
def test_the_finding_names_the_largest_parts(parts, said):
    assert words.finding(made(parts=parts), NAMES) == said


def test_the_sum_in_a_sentence():
    assert words.sum_words(made(closes=24), NAMES) == (
        "Against doing nothing the hedge cost 8.5 points a year: 3.4 for holding less SOXX, 3.7 for when (no sign:"
        " 93 % of random dates did better), 1.2 for letting it move until the book was short,"
        " 0.2 for SOXS instead of selling (as known in advance)."
    )
    mixed = words.sum_words(made(parts=(-0.03, 0.001, -0.01, 0.0), better=0.2), SEVERAL)
    assert "-3.7 for holding less of the core, +0.1 for when (no sign: 80 % of random dates did worse)" in mixed
    ruined = words.sum_words(made(parts=(None, None, -0.01, -0.001)), NAMES)
    assert ruined.endswith("; the parts can't be told, because a book of them was ruined.")
    assert "(the same book)" in words.sum_words(made(fund=None), NAMES)


@pytest.mark.parametrize("parts", [(-0.0281, -0.0309, -0.0104, -0.0016), (0.011, -0.0333, 0.02, 0.00004)])
def test_printed_parts_add_up_to_the_printed_total(parts):
    printed = digits.printed_sum(made(parts=parts))
    assert sum(printed.parts) == pytest.approx(printed.total)
    assert printed.total == pytest.approx(printed.hedged - printed.unhedged)


@pytest.mark.parametrize(
    ("share", "gap", "said"),
    [
        (0.9, -0.03, "For the same safety, holding less SOXX grew more"),
        (0.9, 0.03, "For the same safety, the hedge grew more"),
        (0.9, 0.0, "For the same safety, both grew alike"),
        (1.0, -0.03, "All of SOXX was safer than the hedge and grew more"),
        (1.0, 0.03, "All of SOXX was safer than the hedge and grew less"),
    ],
)
def test_the_frontier_s_title(share, gap, said):
    assert words.frontier_finding(made(share=share, gap=gap), NAMES) == said


def test_names_follow_the_run():
    tree = {"portfolio": {"core": {"A": 0.5, "B": 0.5}}, "execution": {"cash_rate": 0.0}}
    assert words.names_of(build_config(tree, [])) == words.Names(None, bought("SOXS"), "cash", 1.0, more=False)
    config = build_config({}, ["hedge.leverage=2", "hedge.funding=cash_buffer", "hedge.buffer=0.2"])
    assert words.names_of(config) == words.Names("SOXX", bought("SOXS"), "bills", 0.8, more=True)
    assert (words.names_of(config).less, words.names_of(config).selling) == ("more SOXX", "buying")


def test_dates_that_made_no_difference_are_not_told_as_worse():
    """A path that never varies: no date did better, and none did worse."""
    answer = made(better=0.0)
    alike = replace(answer, timing=replace(answer.timing, deviation=5.6e-17))

    assert words.dates_words(alike) == "all dates came to the same"
    assert "(no sign: all dates came to the same)" in words.sum_words(alike, NAMES)
    assert words.dates_words(answer) == "100 % of random dates did worse"


# Where one word becomes another


@pytest.mark.parametrize(
    ("better", "said"),
    [
        (0.494, "51 % of random dates did worse"),
        (0.5, "50 % of random dates did better"),
        (0.506, "51 % of random dates did better"),
        (0.99, "99 % of random dates did better"),
        (0.9996, "over 99 % of random dates did better"),
        (1.0, "100 % of random dates did better"),
        (0.0004, "over 99 % of random dates did worse"),
        (0.0, "100 % of random dates did worse"),
    ],
)
def test_random_dates_are_told_by_the_side_that_most_are_on(better, said):
    assert words.dates_words(made(better=better)) == said


@pytest.mark.parametrize(
    ("label", "estimate", "said"),
    [
        ("can't tell", -0.0014 - 0.0019, "as known in advance"),
        ("worse", -0.0014 + 0.0019, "worse, as known in advance"),
        ("can't tell", -0.0014 - 0.0021, "can't tell"),
        ("better", -0.0014 + 0.0021, "better"),
        (None, 0.0, "the same book"),
        (None, None, "can't be told"),
        ("as modelled", -0.0014 + 0.0021, "as modelled"),
    ],
)
def test_the_fund_s_part_is_as_known_to_a_fifth_of_a_point(label, estimate, said):
    answer = made()
    answer = replace(answer, fund=replace(answer.fund, label=label, estimate=estimate))

    assert words.fund_words(answer) == said
    assert words.as_known(answer) == ("known" in said or said == "the same book")
    assert not words.as_known(replace(answer, fund=replace(answer.fund, estimate=0.002, expected=0.0)))


@pytest.mark.parametrize(
    ("settings", "more"),
    [
        (["hedge.leverage=1.5"], True),
        (["hedge.leverage=1"], False),
        (["hedge.leverage=0.5"], False),
        (["hedge.leverage=0.5", "hedge.funding=margin"], True),
        (["hedge.leverage=-0.5", "hedge.funding=margin"], False),
    ],
)
def test_a_hedge_adds_where_it_rises_more_than_what_pays_for_it(settings, more):
    names = words.names_of(build_config({}, settings))

    assert (names.more, names.held) == (more, 1.0)
    assert words.Names("SOXX", bought("SOXS")).held == 1.0


def test_a_reason_is_told_to_its_colon():
    assert words.no_headline("the run is too short: fewer than 252 sessions") == "No verdict: the run is too short."
    assert words.no_headline("controls are off") == "No verdict: controls are off."


@pytest.mark.parametrize(
    ("high", "end"), [(0.0, ", just reaching zero."), (0.0049, ", just reaching zero."), (0.005, " to +0.5.")]
)
def test_an_interval_that_hardly_reaches_zero_says_so(high, end):
    assert words.label_line(made(interval=(-0.12, high)).insurance).endswith(end)


def test_in_what_both_books_are_as_safe():
    as_safe = "As safe: a bad quarter of either fell 22.4 points short of an average one."
    fell = "fell 26.0 points short of an average one, the hedge's 22.4 points."

    assert words.safe_line(made(share=0.99), NAMES) == as_safe
    assert words.safe_line(made(share=1.0), NAMES) == f"Safer: a bad quarter of SOXX {fell}"
    assert words.safe_line(made(share=1.0), SEVERAL) == f"Safer: a bad quarter of the core {fell}"


def printed(monkeypatch, *parts):
    """Have a sum print these parts, in points."""
    total = round(sum(parts), 1)
    monkeypatch.setattr(words, "printed_sum", lambda _answer: digits.Printed(20.0, 20.0 + total, total, parts))
    return made()


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        ((0.1, 0.2, 0.1, 0.1), "gained 0.5 points a year: 0.1 for holding less SOXX, 0.2 for when"),
        ((-0.1, -0.2, -0.1, -0.1), "cost 0.5 points a year: 0.1 for holding less SOXX, 0.2 for when"),
        ((0.0, 0.0, 0.0, 0.0), "cost 0.0 points a year: 0.0 for holding less SOXX, 0.0 for when"),
        ((0.3, 0.0, 0.0, 0.0), "gained 0.3 points a year: 0.3 for holding less SOXX, 0.0 for when"),
        ((-0.3, 0.0, 0.0, 0.0), "cost 0.3 points a year: 0.3 for holding less SOXX, 0.0 for when"),
        ((-0.3, 0.5, 0.0, 0.0), "gained 0.2 points a year: -0.3 for holding less SOXX, +0.5 for when"),
    ],
)
def test_parts_have_signs_only_where_they_differ(monkeypatch, parts, said):
    assert words.sum_words(printed(monkeypatch, *parts), NAMES).startswith(f"Against doing nothing the hedge {said}")


MOST = "Most of the {} points {}"


@pytest.mark.parametrize(
    ("parts", "said"),
    [
        # whichever way it went, however little
        ((0.5, 0.0, 0.0, 0.0), MOST.format(0.5, "came from holding less SOXX, not from SOXS itself")),
        ((-0.5, 0.0, 0.0, 0.0), MOST.format(0.5, "went on holding less SOXX, not on SOXS itself")),
        # half of the total won back is not much of it, more is
        ((-3.0, 1.0, 0.0, 0.0), MOST.format(2.0, "went on holding less SOXX, not on SOXS itself")),
        ((-3.0, 0.8, 0.0, 0.0), MOST.format(2.2, "went on holding less SOXX, not on SOXS itself")),
        ((3.0, -0.9, 0.0, 0.0), MOST.format(2.1, "came from holding less SOXX, not from SOXS itself")),
        ((-3.0, 1.2, 0.0, 0.0), "Holding less SOXX cost 3.0 points, its dates brought 1.2"),
        ((-1.6, 0.0, 0.6, 0.0), "Holding less SOXX cost 1.6 points, letting SOXS move brought 0.6"),
        ((-4.0, -0.9, 1.7, 0.0), "Holding less SOXX cost 4.0 points, letting SOXS move brought 1.7"),
        ((-6.0, 5.0, 0.0, 0.0), "Holding less SOXX cost 6.0 points, its dates brought 5.0"),
        # the fewest that make more than half
        ((-3.0, -1.0, -1.0, 0.0), MOST.format(5.0, "went on holding less SOXX, not on SOXS itself")),
        ((-2.5, -1.5, 0.0, -1.0), MOST.format(5.0, "went on holding less SOXX and its dates, not on SOXS itself")),
        ((-2.0, -1.0, -1.0, -2.0), MOST.format(6.0, "went on holding less SOXX and SOXS itself")),
        ((-2.3, -1.2, -0.9, -0.6), MOST.format(5.0, "went on holding less SOXX and its dates, not on SOXS itself")),
        ((2.0, 1.0, 1.1, 1.9), MOST.format(6.0, "came from holding less SOXX and SOXS itself")),
    ],
)
def test_the_finding_at_its_edges(monkeypatch, parts, said):
    assert words.finding(printed(monkeypatch, *parts), NAMES) == said


@pytest.mark.parametrize(
    ("share", "gap", "said"),
    [
        (0.9, 0.005, "For the same safety, the hedge grew more"),
        (0.9, -0.005, "For the same safety, holding less SOXX grew more"),
        (1.0, 0.005, "All of SOXX was safer than the hedge and grew less"),
        (1.0, -0.005, "All of SOXX was safer than the hedge and grew more"),
        (1.0, 0.0, "All of SOXX was safer than the hedge and grew alike"),
    ],
)
def test_the_frontier_s_title_of_half_a_point(share, gap, said):
    assert words.frontier_finding(made(share=share, cagr=0.2, gap=gap), NAMES) == said

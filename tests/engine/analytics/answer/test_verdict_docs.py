"""docs/verdict.md says the numbers that the code has."""

from __future__ import annotations

from pathlib import Path

from engine.analytics import bootstrap, drawdowns, episode_stats, evidence, hedge_metrics
from engine.analytics.answer import fund_part, insurance, timing, variations
from engine.kernel import tails

DOCS = (Path(__file__).resolve().parents[4] / "docs" / "verdict.md").read_text(encoding="utf-8")


def test_the_documents_numbers_are_the_codes():
    flat = " ".join(DOCS.split())
    said = (
        f"where p is below {timing.LEVEL:g}.",
        f"{timing.SMALLEST:g} standard deviations of the shifts",
        f"Episodes with fewer than {fund_part.APART} sessions between them",
        f"that of {fund_part.DRAWS:,} draws of clusters, {100 * fund_part.LEVEL:.0f} %",
        f"all its {tails.WINDOW}-session returns less the mean of their worst {100 * tails.TAIL:.0f} %",
        f"that of {insurance.DRAWS:,} draws of the stationary bootstrap",
        f"mean block {insurance.BLOCK} sessions, c found anew in each draw, {100 * insurance.LEVEL:.0f} %",
        f"fewer than {2 * insurance.FALL} sessions",
        "slippage {:g} and {:g} basis points higher".format(*variations.SLIPPAGE),
        f"by 1 to {variations.MONTHS} months; the weight {100 * variations.STEP:g} points up",
        f"rise of {100 * drawdowns.RISE:.0f} % from its low",
        f"Those by more than {100 * drawdowns.DEEP:.0f} %",
        f"those of {bootstrap.DRAWS:,} draws of the stationary bootstrap, each as `arch` draws it",
        f"with {100 * evidence.LEVEL:.0f} % intervals; above 0",
        f"core's {hedge_metrics.WINDOWS} worst windows of {hedge_metrics.WINDOW} sessions",
        f"losing episodes of fewer than {episode_stats.SHORT} sessions",
    )
    assert [one for one in said if one not in flat] == []
    assert fund_part.LARGEST == 0.25  # "a quarter of all that differs"


def test_the_documents_labels_are_the_codes():
    rows = [line for line in DOCS.splitlines() if line.startswith("| ")]
    told = [row.rsplit("|", 2)[1].strip() for row in rows]
    start = told.index("label") + 1
    assert told[start : start + 3] == [insurance.PAID, insurance.NOT_PAID, insurance.CANT_TELL]
    for labels, where in (
        ((timing.HELPED, timing.HURT, timing.NO_SIGN), "**Timing: {}, {} or {}.**"),
        ((fund_part.BETTER, fund_part.WORSE, fund_part.CANT_TELL), "**Fund: {}, {} or {}.**"),
    ):
        assert where.format(*labels) in DOCS

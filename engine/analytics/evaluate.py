"""The evaluation of a run, whole: its controls, the attribution, the evidence, the answer, and the verdict."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np

from data.arrays import Floats
from data.shown import screen
from engine.analytics.answer.answer import Answer, answer_of, no_answer
from engine.analytics.answer.variations import Alternative, Variation, VariedRun, alternatives_of, variations_of
from engine.analytics.answer.words import names_of
from engine.analytics.attribution import Attribution, Bridge, attribute, bridge
from engine.analytics.carino import scalars
from engine.analytics.cascade import Cascade, cascades
from engine.analytics.controls import Case, Control, controls_of
from engine.analytics.derisk import entry_orders
from engine.analytics.episode_stats import Figure
from engine.analytics.episodes import Episode, episodes_of
from engine.analytics.event_study import EventStudy, event_study
from engine.analytics.evidence import Evidence, evidence_of
from engine.analytics.hedge_metrics import HedgeMetrics, hedge_metrics, sale_cost_at_par
from engine.analytics.verdict import JUDGE, WITHHELD, Verdict, verdict_of, withheld
from engine.evaluate_strategy import PreparedRun
from engine.kernel.compiled import compiled
from engine.kernel.loop import Ledger
from engine.setup import Setup, run_beta

SEED = 0
"""Of every bootstrap."""


@dataclass(frozen=True, repr=False)
class Evaluation:
    """The evaluation of a hedged run.

    Parameters
    ----------
    controls
        By name, in the order to show them.
    attribution, bridge
        Where the hedged book's dollars came from, and its difference to the unhedged book's.
    episodes, cascades
        Oldest first, one cascade an episode; none where the hedge isn't one leveraged fund.
    measures
        What protection cost and caught.
    evidence
        The paired differences to each control.
    answer
        The sum, the three tests, and holding less; ``None`` where there is none.
    why
        Why there is none; ``None`` where there is one.
    variations, alternatives
        The answer when one thing is changed, and the same signal with other sizes and rebalancings; none without one.
    verdict
        In words.
    study
        What the hedge and the underlying did after each entry was ordered.
    """

    controls: Mapping[str, Control]
    attribution: Attribution
    bridge: Bridge
    episodes: tuple[Episode, ...]
    cascades: tuple[Cascade, ...]
    measures: HedgeMetrics
    evidence: Evidence
    answer: Answer | None
    why: str | None
    variations: tuple[Variation, ...]
    alternatives: tuple[Alternative, ...]
    verdict: Verdict
    study: EventStudy

    def __repr__(self) -> str:
        parts = ", ".join(field.name for field in fields(self))
        reasons = self.verdict.reasons if self.verdict.outcome != WITHHELD else ()
        return screen(f"Evaluation: {self.verdict.sentence}", *reasons, f"parts: {parts}")

    def as_dict(self) -> dict[str, Any]:
        """Return what metrics.json holds of it: the verdict first."""
        return {
            "verdict": self.verdict.as_dict(),
            "answer": None if self.answer is None else self.answer.as_dict(),
            "answer_why": self.why,
            "variations": [asdict(each) for each in self.variations],
            "alternatives": [asdict(each) for each in self.alternatives],
            "attribution": {
                name: value if math.isfinite(value) else None for name, value in scalars(self.attribution).items()
            },
            "bridge": {name: float(dollars[self.attribution.last]) for name, dollars in self.bridge.carried.items()},
            "measures": self.measures.as_dict(),
            "evidence": self.evidence.as_dict(),
            "study": self.study.as_dict(),
        }


def evaluate(prepared: PreparedRun, hedged: Ledger, withheld_because: str = "") -> Evaluation:
    """Evaluate a hedged run against its controls.

    Parameters
    ----------
    prepared
        The run, laid out.
    hedged
        What it did.
    withheld_because
        Why nothing can be concluded from what it did; empty where something can.
    """
    config, setup = prepared.config, prepared.setup
    beta = run_beta(config, setup.market)
    case = Case(config, setup, hedged, beta)
    controls = dict(controls_of(case))
    episodes = episodes_of(setup, hedged)
    unhedged = controls["unhedged"].book
    why = withheld_because or no_answer(setup, hedged, unhedged, episodes)
    years = (len(hedged.equity) - 1) / setup.market.sessions_a_year
    answer = None if why else answer_of(case, controls, episodes, years)
    controls |= {} if answer is None else answer.held
    varied = None if answer is None else VariedRun(prepared, hedged, answer.grid, controls["derisk_daily"].book)
    books = {name: control.ledger for name, control in controls.items() if control.ledger is not None}
    ours = attribute(setup, hedged)
    measures = hedge_metrics(setup, hedged, unhedged, episodes)
    price, sale_cost = measures.price, _sale_cost(setup, hedged, beta)
    names = names_of(config)
    return Evaluation(
        controls,
        ours,
        bridge(ours, attribute(setup, unhedged)),
        episodes,
        cascades(setup, hedged, episodes),
        measures,
        evidence_of(
            hedged.equity,
            {name: book.equity for name, book in books.items()},
            setup.terms.cash_accrual,
            JUDGE,
            SEED,
            a_year=setup.market.sessions_a_year,
        ),
        answer,
        why,
        () if varied is None else variations_of(varied),
        () if varied is None else alternatives_of(varied),
        withheld(why or "", names.hedge.called, price, sale_cost)
        if answer is None
        else verdict_of(answer, names, price, sale_cost),
        event_study(setup, hedged, seed=SEED),
    )


def _sale_cost(setup: Setup, hedged: Ledger, beta: Floats) -> Figure:
    """Return at what cost of selling core the hedged book and the one sold at entry end alike."""
    sold = entry_orders(setup, hedged, beta)

    def ends(rate: float) -> tuple[float, float]:
        levy = np.full(len(setup.terms.levy), rate)
        levy[setup.legs.of_hedges] = 0.0
        terms = setup.terms._replace(levy=levy)
        books = [compiled().replay(setup.prices, terms, orders) for orders in (hedged, sold)]
        return float(books[0].equity[books[0].last]), float(books[1].equity[books[1].last])

    return sale_cost_at_par(ends)

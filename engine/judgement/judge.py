"""The judgement of a run, whole: its controls, what decay took, the evidence, and the verdict."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np

from data.shown import screen
from engine.asking import Asked
from engine.config import RunConfig
from engine.episodes import Episode, episodes_of
from engine.judgement.attribution import Attribution, attribute
from engine.judgement.bridge import Bridge, bridge
from engine.judgement.cascade import Cascade, cascades
from engine.judgement.controls import Control, controls_of
from engine.judgement.evidence import Evidence, evidence_of
from engine.judgement.linking import scalars
from engine.judgement.measures import sale_cost_at_par
from engine.judgement.placebo import Placebo, placebo_of
from engine.judgement.sensitivity import sensitivity
from engine.judgement.studied import Study
from engine.judgement.study import study
from engine.judgement.summary import HedgeMeasures, core_sales, measure
from engine.judgement.verdict import JUDGE, WITHHELD, Case, Verdict, verdict_of
from engine.kernel.loop import Ledger
from engine.setup import run_beta

SEED = 0
"""Of the bootstrap and the placebo."""


@dataclass(frozen=True, repr=False)
class Judgement:
    """What is to be said of a hedged run.

    Parameters
    ----------
    controls
        By name, in the order to show them.
    attribution, bridge
        Where the hedged book's dollars came from, and its difference to the unhedged book's.
    episodes, cascades
        Oldest first, one cascade an episode.
    measures
        What protection cost and caught.
    evidence
        The paired differences to each control.
    placebo
        The run's timing against the same path on other days; ``None`` where there is none to test.
    verdict
        By the rules of docs/verdict.md.
    study
        What the fund and the underlying did after each entry was ordered.
    """

    controls: Mapping[str, Control]
    attribution: Attribution
    bridge: Bridge
    episodes: tuple[Episode, ...]
    cascades: tuple[Cascade, ...]
    measures: HedgeMeasures
    evidence: Evidence
    placebo: Placebo | None
    verdict: Verdict
    study: Study

    def __repr__(self) -> str:
        parts = ", ".join(field.name for field in fields(self))
        told = self.verdict.reasons if self.verdict.outcome != WITHHELD else ()
        return screen(f"Judgement: {self.verdict.sentence}", *told, f"parts: {parts}")

    def as_dict(self) -> dict[str, Any]:
        """Return what metrics.json holds of it: the verdict first."""
        return {
            "verdict": self.verdict.as_dict(),
            "attribution": scalars(self.attribution),
            "bridge": {name: float(dollars[self.attribution.last]) for name, dollars in self.bridge.carried.items()},
            "measures": self.measures.as_dict(),
            "evidence": self.evidence.as_dict(),
            "placebo": None if self.placebo is None else _told(self.placebo),
            "study": self.study.as_dict(),
        }


def judge(config: RunConfig, asked: Asked, hedged: Ledger, withheld: str = "") -> Judgement:
    """Judge a hedged run by its controls.

    Parameters
    ----------
    config, asked
        The run, laid out.
    hedged
        What it did.
    withheld
        Why nothing can be concluded from what it did; empty where something can.
    """
    setup = asked.setup
    beta = run_beta(config, setup.market)
    controls = controls_of(config, setup, hedged, beta)
    books = {name: one.ledger for name, one in controls.items() if one.ledger is not None}
    episodes = episodes_of(setup, hedged)
    ours = attribute(setup, hedged)
    measures = measure(setup, hedged, books["unhedged"], episodes)
    evidence = evidence_of(
        hedged.equity,
        {name: book.equity for name, book in books.items()},
        setup.terms.earned,
        JUDGE,
        SEED,
        a_year=setup.market.sessions_a_year,
    )
    judged_by = evidence.against.get(JUDGE)
    case = Case(
        setup.market.hedge,
        setup.market.simulated,
        None if judged_by is None else judged_by.growth,
        bool(hedged.equity[hedged.last] <= 0.0),
        len(episodes),
        len(measures.triggers),
        sensitivity(config, asked),
        measures.price,
        sale_cost_at_par(core_sales(setup, hedged), core_sales(setup, books[JUDGE])),
        withheld,
    )
    return Judgement(
        controls,
        ours,
        bridge(ours, attribute(setup, books["unhedged"])),
        episodes,
        cascades(setup, hedged, episodes),
        measures,
        evidence,
        placebo_of(setup, hedged, beta, seed=SEED),
        verdict_of(case),
        study(setup, hedged, seed=SEED),
    )


def _told(placebo: Placebo) -> dict[str, Any]:
    """Return a placebo's figures: daily means as fractions a year would be misread, so they stay a session's."""
    within = placebo.by_tercile
    return {
        "statistic": placebo.statistic,
        "placebos": len(placebo.draws),
        "mean": float(np.mean(placebo.draws[np.isfinite(placebo.draws)])) if len(placebo.draws) else None,
        "p": placebo.p,
        "p_growth": placebo.p_growth,
        "p_within_terciles": None if within is None else within.p,
    }

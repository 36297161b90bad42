"""The proof on valuations: what goes by filings as they were known passes, whatever reads one too early is caught."""

from dataclasses import replace
from functools import lru_cache

import numpy as np
import pytest
from companyfacts import COVER, filings
from history import FOLDER, needs_history
from leaks import write_strategy
from markets import nyse, random_bars, source_of
from worlds import configured

from data.filings.trailing import first_filed
from data.sources.choose import open_source
from data.sources.valued import ValuedSource
from engine.loading import find_run, load_config
from engine.validation.prove import prove

DATES = nyse("2018-01-02", 330)
PARAMS = {"lookback": 25, "stretched": 0.7, "memory": 8, "turn_days": 5}
ENDS = ("03-31", "06-30", "09-30", "12-31")
FILED = ("05-10", "08-10", "11-09", "02-20")


def restating(rng, shares):
    """Filings of a company whose quarters differ; each tells the quarter of a year before anew, by half more."""
    lines, last = [], dict.fromkeys(ENDS)
    for year in (2016, 2017, 2018, 2019):
        for quarter, (end, filed) in enumerate(zip(ENDS, FILED, strict=True)):
            day = f"{year + (quarter == 3)}-{filed}"
            income, sold = rng.uniform(10e6, 90e6), rng.uniform(200e6, 300e6)
            spans = {f"{year}-{3 * quarter + 1:02d}-01..{year}-{end}": (income, sold)}
            if last[end]:
                spans |= {span: (1.5 * a, 1.5 * b) for span, (a, b) in last[end].items()}
            for span, (a, b) in spans.items():
                lines += [f"NetIncomeLoss {span} {a:.0f} {day}", f"Revenues {span} {b:.0f} {day}"]
            lines.append(f"{COVER} {day} {shares:.0f} {day}")
            last[end] = {f"{year}-{3 * quarter + 1:02d}-01..{year}-{end}": (income, sold)}
    return "\n".join(lines)


@lru_cache
def made_up():
    rng = np.random.default_rng(5)
    core = random_bars("SOXX", DATES, rng)
    core = replace(core, dividend=np.zeros(len(DATES)))
    fund = random_bars("SOXS", DATES, rng, follows=core, beta=-3.0)
    held = [core, replace(fund, dividend=np.zeros(len(DATES)))]
    for name in ("AMD", "NVDA"):
        held += [random_bars(name, DATES, rng, follows=core), filings(restating(rng, 1e8), name)]
    return source_of(*held)


@pytest.fixture
def as_they_are(monkeypatch):
    """Take bars for as traded, as they are: made-up prices tell no lattice."""
    monkeypatch.setattr("data.sources.valued.as_traded", lambda bars: bars)


def proved(named="ValuationHedge", cuts=12, source=None, **keys):
    given = {
        "start": str(DATES[40]),
        "portfolio.core": {"SOXX": 1.0},
        "hedge.instrument": "SOXS",
        "hedge.underlying": "SOXX",
        "strategy.class": named,
    }
    return prove(configured(given | keys), source or ValuedSource(made_up()), cuts)


def outcomes(proof):
    return {check.name: check.outcome for check in proof.checks}


@pytest.mark.usefixtures("as_they_are")
@pytest.mark.parametrize("valuation", [None, "NVDA_PS", "CHIPS_EARNINGS_YIELD"])
def test_a_hedge_by_valuations_passes(valuation):
    proof = proved(**{"strategy.params": PARAMS | {"valuation": valuation}, "data.lag": {"CHIPS_EARNINGS_YIELD": 2}})
    assert proof.strategy == f"ValuationHedge ({valuation or 'CHIPS_PE'})"
    assert {name for name, outcome in outcomes(proof).items() if outcome != "passed"} == {"lag"}
    (publication,) = [check for check in proof.checks if check.name == "publication"]
    late = "known 2 sessions after its date" if valuation == "CHIPS_EARNINGS_YIELD" else "known at the close of its own"
    assert f"series {valuation or 'CHIPS_PE'} ({late}" in publication.sentence


def last_filed(found):
    """Return of each span the value that was filed last, by the day of the first: what goes by the SEC's frames has."""
    first = first_filed(found)
    last = {row[:3]: row[3] for row in zip(found.concept, found.start.astype(str), found.end, found.value, strict=True)}
    spans = zip(first.concept, first.start.astype(str), first.end, strict=True)
    return first.with_values(np.array([last[span] for span in spans]))


@pytest.mark.usefixtures("as_they_are")
def test_trailing_figures_that_are_restated_are_caught(monkeypatch):
    """Each span's last value from its first day on: every figure of a year before the next filing is another."""
    monkeypatch.setattr("data.filings.trailing.first_filed", last_filed)
    proof = proved(**{"strategy.params": PARAMS})
    assert {name for name, outcome in outcomes(proof).items() if outcome == "leak"} == {"truncation", "poison"}
    assert any("(filings)" in read for leak in proof.leaks for read in leak.reads)


@pytest.mark.usefixtures("as_they_are")
def test_a_filing_that_is_known_on_its_own_day_is_caught(monkeypatch):
    """As if what is filed on a day were known at its close."""
    import data.filings.valuation as own

    known, early = own._known, np.timedelta64(1, "D")
    monkeypatch.setattr(own, "_known", lambda steps, sessions, *lasts: known(steps, sessions + early, *lasts))
    proof = proved(cuts=80, **{"strategy.params": PARAMS})
    assert "leak" in outcomes(proof).values()


STRATEGIES = {
    "OnItsDay": """
@dataclass(frozen=True)
class OnItsDay(Strategy):
    def intensity(self, market):
        filed = market.source.read("filings", "NVDA").of("NetIncomeLoss")
        order = np.argsort(filed.filed, kind="stable")
        seen = np.searchsorted(filed.filed[order], market.sessions, side="right")
        return (filed.value[order][seen - 1] > 60e6).astype(float)
""",
    "Restated": """
@dataclass(frozen=True)
class Restated(Strategy):
    def intensity(self, market):
        filed = market.source.read("filings", "NVDA").of("NetIncomeLoss")
        last = {end: value for end, value in zip(filed.end, filed.value)}
        ends = np.array(list(last))
        at = np.searchsorted(ends, market.sessions - np.timedelta64(60, "D"), side="right") - 1
        return (np.array(list(last.values()))[np.maximum(at, 0)] > 60e6).astype(float)
""",
    "Raw": """
@dataclass(frozen=True)
class Raw(Strategy):
    def intensity(self, market):
        raw = market.source.read("series", "CHIPS_PE")
        at = np.searchsorted(raw.dates, market.sessions, side="right")
        ratio = raw.values[np.minimum(at, len(raw.values) - 1)]
        return (ratio > np.nanmedian(raw.values[:40])).astype(float)
""",
}
"""What reads a filing on its day, what reads the value filed last, what reads tomorrow's valuation."""


@pytest.mark.usefixtures("as_they_are")
@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_that_reads_a_filing_too_early_is_caught(tmp_path, name):
    proof = proved(write_strategy(tmp_path, name, STRATEGIES[name]), 30)
    assert not proof.stands
    assert {"truncation", "poison"} & {check for check, outcome in outcomes(proof).items() if outcome == "leak"}
    reads = {read for leak in proof.leaks for read in leak.reads}
    assert reads == {"series CHIPS_PE"} if name == "Raw" else {"NVDA (filings)"}
    assert all(leak.sentence.isprintable() for leak in proof.leaks)


@needs_history
@pytest.mark.skipif(not (FOLDER / "filings").is_dir(), reason="no real filings: filings/ beside bars/")
def test_the_shipped_run_passes_on_real_filings(tmp_path):
    """Of three companies, for speed: what is read of all is the same code."""
    companies = {"MU": "CIK0000723125", "NVDA": "CIK0001045810", "QCOM": "CIK0000804328"}
    kept = [f"bars/{name}.csv" for name in ("SOXX", "SOXS", *companies)]
    kept += ["series/IRX.csv", "filings/company_tickers.json", *(f"filings/{cik}.json" for cik in companies.values())]
    for name in kept:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).symlink_to(FOLDER / name)
    config = load_config(find_run("hedge_soxs_valuation.yaml")[0], ["start=2017-01-03", "end=2019-12-31"])
    proof = prove(config, open_source("csv", str(tmp_path)), 4)
    assert proof.strategy == "ValuationHedge (CHIPS_PE)"
    assert proof.stands
    assert not proof.leaks

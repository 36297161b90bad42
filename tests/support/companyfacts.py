"""Companyfacts files made of a few lines, as the SEC writes them: a line a fact.

``NetIncomeLoss 2024-01-29..2024-04-28 14881 2024-05-29 10-Q``: a concept, the span it is of (or a day), the value, the
day it was filed, and perhaps the form. A concept may name its taxonomy before, ``ifrs-full:Revenue``, and its unit
after it, ``Revenues[AFN]``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from data.filings.facts import UNITS, Filings, read_companyfacts

LINE = re.compile(r"(?:(?P<taxonomy>[\w-]+):)?(?P<concept>\w+)(?:\[(?P<unit>[^]]+)\])?$")
COVER, DILUTED = "EntityCommonStockSharesOutstanding", "WeightedAverageNumberOfDilutedSharesOutstanding"


def companyfacts(text: str, cik: int = 1045810) -> bytes:
    """Return a file of these facts, with what misleads: fy and fp of the filing, a frame on the last filed alone."""
    taxonomies: dict[str, dict[str, Any]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        named, span, value, filed, *form = line.split()
        said = LINE.match(named)
        assert said is not None, line
        concept, start, end = said["concept"], *span.rpartition("..")[::2]
        unit = said["unit"] or UNITS.get(concept, "USD")
        taxonomy = said["taxonomy"] or ("dei" if concept.startswith("Entity") else "us-gaap")
        held = taxonomies.setdefault(taxonomy, {}).setdefault(
            concept, {"label": None, "description": None, "units": {}}
        )
        number = float(value)
        fact = {"start": start} if start else {}
        fact |= {"end": end, "val": int(number) if number.is_integer() else number, "accn": f"0000-{filed}"}
        fact |= {"fy": int(filed[:4]), "fp": "FY", "form": form[0] if form else "10-Q", "filed": filed}
        facts = held["units"].setdefault(unit, [])
        for other in facts:
            if (other.get("start"), other["end"]) == (fact.get("start"), end):
                other.pop("frame", None)
        facts.append(fact | {"frame": f"CY{end[:4]}"})
    return json.dumps({"cik": cik, "entityName": "ACME INC", "facts": taxonomies}, separators=(",", ":")).encode()


def filings(text: str, name: str = "ACME") -> Filings:
    """Return what is read of a file of these facts."""
    return read_companyfacts(companyfacts(text), "CIK.json", name)


def tickers(numbers: Mapping[str, int]) -> bytes:
    """Return the SEC's list of these tickers."""
    rows = {str(at): {"cik_str": cik, "ticker": name, "title": name} for at, (name, cik) in enumerate(numbers.items())}
    return json.dumps(rows).encode()


def write_filings(folder: Path, texts: Mapping[str, str]) -> Path:
    """Write each company's facts, and the list of their tickers, into a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    numbers = {name: 100 + at for at, name in enumerate(texts)}
    for name, cik in numbers.items():
        (folder / f"CIK{cik:010d}.json").write_bytes(companyfacts(texts[name], cik))
    (folder / "company_tickers.json").write_bytes(tickers(numbers))
    return folder


def quarterly(income: float, sales: float, shares: float, first: int = 2018, last: int = 2021) -> str:
    """Return the filings of a company of calendar years that always earns, sells and counts the same a quarter.

    A quarter is filed on the 10th of the second month after it, the last of a year within the year, on 20 February.
    """
    lines = []
    for year in range(first, last + 1):
        for end, filed in (("03-31", "05-10"), ("06-30", "08-10"), ("09-30", "11-10")):
            start = f"{year}-{int(end[:2]) - 2:02d}-01"
            lines += _filing(f"{start}..{year}-{end}", income, sales, shares, f"{year}-{filed} 10-Q")
        lines += _filing(f"{year}-01-01..{year}-12-31", 4 * income, 4 * sales, shares, f"{year + 1}-02-20 10-K")
    return "\n".join(lines)


def _filing(span: str, income: float, sales: float, shares: float, filed: str) -> list[str]:
    day = filed[:8] + "01"
    return [
        f"NetIncomeLoss {span} {income:g} {filed}",
        f"Revenues {span} {sales:g} {filed}",
        f"{COVER} {day} {shares:.0f} {filed}",
    ]
